"""What a feature is called, what it measures and where it comes from."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from src.files import read_json, write_json


@dataclass(frozen=True)
class Metric:
    """One column of the features.

    Attributes
    ----------
    name : str
        The column's name.
    kind : {"explicit", "implicit"}
        What the lead told us, or what the lead did.
    group : str
        The family a marketer knows it by, e.g. ``job title`` or ``e-mail``.
    type : {"number", "category"}
        Numbers are float64 with NaN for unknown, categories text with None for unknown.
    unit : str
        Unit of the values, e.g. ``days``, ``activities``, ``yes/no``.
    meaning : str
        One sentence.
    origin : str
        The canonical columns or kinds of activity it comes from.
    """

    name: str
    kind: Literal["explicit", "implicit"]
    group: str
    type: Literal["number", "category"]
    unit: str
    meaning: str
    origin: str


def check_features(features: pd.DataFrame, catalogue: list[Metric]) -> pd.DataFrame:
    """Return the `features` in catalogue order, as float64 or text; each has its entry."""
    names = [metric.name for metric in catalogue]
    keys = [column for column in ("lead_id", "snapshot_at") if column in features]
    odd = set(features.columns) ^ {*names, *keys}
    if odd or len(set(names)) != len(names):
        raise AssertionError(f"features and catalogue differ: {sorted(odd) or 'a name stands twice'}")
    types = {metric.name: float if metric.type == "number" else "str" for metric in catalogue}
    return features[[*keys, *names]].astype(types)


def write_catalogue(catalogue: list[Metric], path: Path) -> None:
    write_json({"metrics": [asdict(metric) for metric in catalogue]}, path)


def read_catalogue(path: Path) -> list[Metric]:
    entries: list[dict[str, Any]] = read_json(path)["metrics"]
    return [Metric(**entry) for entry in entries]
