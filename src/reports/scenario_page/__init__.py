"""The page of a scenario: what to do, what it brings, how sure that is, and what it rests on."""

from src.reports.scenario_page.decision import Decision, Policies
from src.reports.scenario_page.explorer import Explorer
from src.reports.scenario_page.leads import Leads
from src.reports.scenario_page.rest import Assumptions, Basis, Probabilities
from src.reports.scenario_page.weeks import Weeks

__all__ = ["Assumptions", "Basis", "Decision", "Explorer", "Leads", "Policies", "Probabilities", "Weeks"]
