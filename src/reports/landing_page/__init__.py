"""The landing page: whether the model is worth its calls, what to do in each scenario, and what to be wary of."""

from src.reports.landing_page.sections import Basis, Probabilities, Scenarios, Summary

__all__ = ["Basis", "Probabilities", "Scenarios", "Summary"]
