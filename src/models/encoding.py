"""Features as the columns that a model is fitted on, learned from the rows it may see."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from src.features.catalogue import Metric

AGE = Metric("age_days", "implicit", "age", "number", "days", "Age of the lead at the snapshot.", "created_at")
"""The age serves every model as a feature; in a score it belongs to the base, not to engagement."""

ROUNDING = 1e-9
"""The deviation of equal numbers is seldom exactly 0: below this they count as constant."""


def compress(values: np.ndarray) -> np.ndarray:
    """Return sign(x) log(1 + |x|): counts and days differ by factors, not by differences."""
    return np.sign(values) * np.log1p(np.abs(values))


@dataclass(frozen=True)
class LinearEncoding:
    """Standardised numbers, a column where a number may be missing, a column a frequent level.

    Attributes
    ----------
    means, scales : dict of str to float
        Of the compressed numbers that were known.
    missing : list of str
        Numbers that were missing on some rows and known on others.
    levels : dict of str to list of str
        Levels of each category with enough rows; all others, and missing, have no column.
    """

    means: dict[str, float]
    scales: dict[str, float]
    missing: list[str]
    levels: dict[str, list[str]]

    def list_origins(self) -> list[str]:
        """Return the feature that each column comes from."""
        origins = [*self.means, *self.missing]
        return origins + [name for name, levels in self.levels.items() for _ in levels]

    def transform(self, features: pd.DataFrame) -> np.ndarray:
        """Return the columns, shape (rows, columns), float64."""
        values = np.zeros((len(features), len(self.list_origins())), order="F")
        for column, (name, mean) in enumerate(self.means.items()):
            standard = (compress(features[name].to_numpy(float)) - mean) / self.scales[name]
            values[:, column] = np.nan_to_num(standard, nan=0.0)
        for column, name in enumerate(self.missing, start=len(self.means)):
            values[:, column] = features[name].isna()
        first = len(self.means) + len(self.missing)
        for name, levels in self.levels.items():
            codes = pd.Index(levels, dtype="str").get_indexer(features[name].astype("str"))
            known = np.flatnonzero(codes >= 0)
            values[known, first + codes[known]] = 1.0
            first += len(levels)
        return values

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def fit_linear_encoding(features: pd.DataFrame, catalogue: list[Metric], min_leads: int) -> LinearEncoding:
    """Learn the encoding for a linear model; what is constant on these rows has no column.

    A level of a category needs `min_leads` leads (``lead_id``), however many snapshots each has.
    """
    means, scales, missing, levels = {}, {}, [], {}
    leads = features.drop_duplicates("lead_id")
    for metric in catalogue:
        column = features[metric.name]
        share_missing = column.isna().mean()
        if metric.type == "category":
            counts = leads[metric.name].value_counts()
            frequent = sorted(counts.index[(counts >= min_leads) & (counts < len(leads))])
            levels |= {metric.name: frequent} if frequent else {}
            continue
        values = compress(column.to_numpy(float))
        scale = np.nanstd(values) if share_missing < 1 else 0.0
        if scale > ROUNDING:
            means[metric.name], scales[metric.name] = float(np.nanmean(values)), float(scale)
        if 0 < share_missing < 1:
            missing.append(metric.name)
    return LinearEncoding(means, scales, missing, levels)


@dataclass(frozen=True)
class TreeEncoding:
    """Numbers as they are and categories as codes of the levels seen; all others are missing."""

    numbers: list[str]
    levels: dict[str, list[str]]

    def list_origins(self) -> list[str]:
        return [*self.numbers, *self.levels]

    def transform(self, features: pd.DataFrame) -> np.ndarray:
        """Return the columns, shape (rows, columns), float64."""
        columns = [features[name].to_numpy(float) for name in self.numbers]
        for name, levels in self.levels.items():
            codes = pd.Index(levels, dtype="str").get_indexer(features[name].astype("str"))
            columns.append(np.where(codes >= 0, codes, np.nan))
        return np.column_stack(columns) if columns else np.empty((len(features), 0))

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def fit_tree_encoding(features: pd.DataFrame, catalogue: list[Metric]) -> TreeEncoding:
    numbers = [metric.name for metric in catalogue if metric.type == "number"]
    levels = {
        metric.name: sorted(features[metric.name].dropna().unique())
        for metric in catalogue
        if metric.type == "category"
    }
    return TreeEncoding(numbers, levels)
