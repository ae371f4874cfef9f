"""Features as the columns that a model is fitted on, learned from the rows it may see."""

import re
from collections import defaultdict
from collections.abc import Container, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from src.features.catalogue import Metric

AGE = Metric("age_days", "implicit", "age", "number", "days", "Age of the lead at the snapshot.", "created_at")
"""The age serves every model as a feature; in a score it belongs to the base, not to engagement."""

ROUNDING = 1e-9
"""The deviation of equal numbers is seldom exactly 0: below this they count as constant."""

WORD_END = re.compile(r"(?<=[^\W_])[\W_]")
"""The sign or blank right after a word, in any script."""


def compress(values: np.ndarray) -> np.ndarray:
    """Return sign(x) log(1 + |x|): counts and days differ by factors, not by differences."""
    return np.sign(values) * np.log1p(np.abs(values))


def list_beginnings(value: str) -> Iterator[str]:
    """Return what a category's value begins with, by whole words, the longest first.

    >>> list(list_beginnings("spring-sale_83"))
    ['spring-sale_', 'spring-']
    """
    return (value[: end.end()] for end in reversed(list(WORD_END.finditer(value))))


def find_level(value: str, levels: Container[str]) -> str | None:
    """Return the level that a value belongs to: itself, or its longest beginning among the `levels`."""
    if value in levels:
        return value
    return next((beginning for beginning in list_beginnings(value) if beginning in levels), None)


def list_levels(values: pd.Series, min_leads: int) -> list[str]:
    """Return the levels of a category: values, and beginnings that rarer values share.

    Campaigns and pages are often one name with a date or a number behind: alone each is too rare to
    learn from, together they are not. Beginnings end in the sign after a word and are chosen longest
    first, so that every level has `min_leads` of its own, and there are never more than leads / `min_leads`.

    Parameters
    ----------
    values : Series of str
        One a lead.
    """
    counts = values.value_counts().to_dict()
    levels = {value for value, count in counts.items() if count >= min_leads}
    rare: defaultdict[str, list[str]] = defaultdict(list)
    for value in counts:
        if value in levels:
            continue
        for beginning in list_beginnings(value):
            rare[beginning].append(value)
    joined: set[str] = set()
    for beginning in sorted(rare, key=len, reverse=True):
        joining = [value for value in rare[beginning] if value not in joined]
        if beginning in levels or sum(counts[value] for value in joining) >= min_leads:
            levels.add(beginning)
            joined.update(joining)
    sizes = np.bincount(find_codes(values, sorted(levels)) + 1, minlength=len(levels) + 1)[1:]
    # What all leads have in common tells none of them apart.
    return [level for level, size in zip(sorted(levels), sizes, strict=True) if size < len(values)]


def find_codes(values: pd.Series, levels: list[str]) -> np.ndarray:
    """Return the position of each value's level among the `levels`, shape (rows,); -1 is none of them."""
    positions = {level: position for position, level in enumerate(levels)}
    codes, distinct = pd.factorize(values.astype("str"))  # missing has the code -1: the last position
    found = [positions.get(find_level(value, positions), -1) for value in distinct]
    return np.array([*found, -1])[codes]


@dataclass(frozen=True)
class LinearEncoding:
    """Standardised numbers, a column where a number may be missing, a column a level.

    Attributes
    ----------
    means, scales : dict of str to float
        Of the compressed numbers that were known.
    missing : list of str
        Numbers that were missing on some rows and known on others.
    levels : dict of str to list of str
        Levels of each category with enough leads, see `list_levels`; other values have no column.
    """

    means: dict[str, float]
    scales: dict[str, float]
    missing: list[str]
    levels: dict[str, list[str]]

    def list_columns(self) -> list[tuple[str, str]]:
        """Return the feature that each column comes from, and what of it the column says."""
        numbers = [(name, "value") for name in self.means] + [(name, "missing") for name in self.missing]
        return numbers + [(name, f"is {level}") for name, levels in self.levels.items() for level in levels]

    def list_origins(self) -> list[str]:
        """Return the feature that each column comes from."""
        return [name for name, _ in self.list_columns()]

    def select(self, names: Container[str]) -> "LinearEncoding":
        """Return the encoding of the features `names` alone: the same columns in the same order."""
        means = {name: mean for name, mean in self.means.items() if name in names}
        levels = {name: found for name, found in self.levels.items() if name in names}
        missing = [name for name in self.missing if name in names]
        return LinearEncoding(means, {name: self.scales[name] for name in means}, missing, levels)

    def transform(self, features: pd.DataFrame, dtype: type = np.float64) -> np.ndarray:
        """Return the columns, shape (rows, columns)."""
        values = np.zeros((len(features), len(self.list_columns())), dtype)
        for column, (name, mean) in enumerate(self.means.items()):
            standard = (compress(features[name].to_numpy(float)) - mean) / self.scales[name]
            values[:, column] = np.nan_to_num(standard, nan=0.0)
        for column, name in enumerate(self.missing, start=len(self.means)):
            values[:, column] = features[name].isna()
        first = len(self.means) + len(self.missing)
        for name, levels in self.levels.items():
            codes = find_codes(features[name], levels)
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
            frequent = list_levels(leads[metric.name], min_leads)
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
    """Numbers as they are and categories as codes of the levels with enough leads; all others are missing."""

    numbers: list[str]
    levels: dict[str, list[str]]

    def list_origins(self) -> list[str]:
        return [*self.numbers, *self.levels]

    def transform(self, features: pd.DataFrame) -> np.ndarray:
        """Return the columns, shape (rows, columns), float64."""
        columns = [features[name].to_numpy(float) for name in self.numbers]
        for name, levels in self.levels.items():
            codes = find_codes(features[name], levels)
            columns.append(np.where(codes >= 0, codes, np.nan))
        return np.column_stack(columns) if columns else np.empty((len(features), 0))

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def fit_tree_encoding(features: pd.DataFrame, catalogue: list[Metric], min_leads: int) -> TreeEncoding:
    """Learn the encoding for trees; a level of a category needs `min_leads` leads (``lead_id``)."""
    leads = features.drop_duplicates("lead_id")
    numbers = [metric.name for metric in catalogue if metric.type == "number"]
    levels = {
        metric.name: list_levels(leads[metric.name], min_leads) for metric in catalogue if metric.type == "category"
    }
    return TreeEncoding(numbers, levels)
