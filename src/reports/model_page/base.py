"""What the sections of a model's page have in common."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from src.reports.results import ModelResults
from src.reports.section import Section


class ModelSection(Section):
    folder = "model_page"
    results: ModelResults

    @property
    def metrics(self) -> Any:
        return self.results.metrics


def tabulate(rows: Iterable[Mapping[str, Any]] | Mapping[str, Mapping[str, Any]], key: str = "name") -> pd.DataFrame:
    """Return figures as a frame: of a list one row each, of a mapping with the name of each under `key`."""
    if isinstance(rows, Mapping):
        rows = [{key: name, **row} for name, row in rows.items()]
    return pd.DataFrame([dict(row) for row in rows])
