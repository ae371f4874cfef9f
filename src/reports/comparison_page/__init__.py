"""The page that compares the scenarios: their thresholds and value, the same leads under each, and the objectives."""

from src.reports.comparison_page.sections import Basis, Objectives, Routes, Side, Thresholds

__all__ = ["Basis", "Objectives", "Routes", "Side", "Thresholds"]
