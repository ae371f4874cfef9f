"""What the sections of a scenario's page have in common."""

import pandas as pd

from src.reports.results import ScenarioResults
from src.reports.section import Section


class ScenarioSection(Section):
    folder = "scenario_page"
    results: ScenarioResults


def tabulate(rows: list, **more: list) -> pd.DataFrame:
    """Return typed results as a frame, one row each, nested ones as columns such as ``routes_sales``."""
    records = [each.model_dump(by_alias=True) for each in rows]
    return pd.json_normalize(records, sep="_").assign(**more) if records else pd.DataFrame()
