"""The page of an objective's model: whether its probabilities hold, how it was chosen, and what it rests on."""

from src.reports.model_page.behaviour import Kinds
from src.reports.model_page.choice import Candidates, Time, Verdict
from src.reports.model_page.leads import Leads, Leaks
from src.reports.model_page.trust import Features, Trust

__all__ = ["Candidates", "Features", "Kinds", "Leads", "Leaks", "Time", "Trust", "Verdict"]
