"""Features as the columns that a model is fitted on, learned from the rows it may see."""

import re
from collections import defaultdict
from collections.abc import Container, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from src.features.catalogue import Metric

AGE = Metric("age_days", "implicit", "age", "number", "days", "Age of the lead at the snapshot.", "created_at")
"""The age serves every model as a feature; in a score it belongs to the base, not to engagement."""

ROUNDING = 1e-9
"""The deviation of equal numbers is seldom exactly 0: below this they count as constant."""

SKEWED = 1.0
"""A number whose skewness is greater, as that of most counts and days is, is compressed; others stay as they are."""

WORD_END = re.compile(r"(?<=[^\W_])[\W_]")
"""The sign or blank right after a word, in any script."""


def compress(values: np.ndarray) -> np.ndarray:
    """Return sign(x) log(1 + |x|): counts and days differ by factors, not by differences."""
    return np.sign(values) * np.log1p(np.abs(values))


def is_skewed(values: np.ndarray) -> bool:
    """Say whether some numbers are far greater, or far less, than most: then a line in their logarithm fits better.

    >>> is_skewed(np.array([0.0, 0, 1, 1, 2, 50])), is_skewed(np.array([-2.0, -1, 0, 1, 2, np.nan]))
    (True, False)
    """
    apart = values - np.nanmean(values)
    scale = np.nanstd(values)
    return bool(scale > ROUNDING and abs(np.nanmean((apart / scale) ** 3)) > SKEWED)


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
    """Return the levels of a category (`choose_levels`) whose values stand in a column, one a lead."""
    return choose_levels(values.value_counts().to_dict(), len(values), min_leads)


def choose_levels(counts: dict[str, int], leads: int, min_leads: int) -> list[str]:
    """Return the levels of a category: values, and beginnings that rarer values share.

    Campaigns and pages are often one name with a date or a number behind: alone each is too rare to
    learn from, together they are not. Beginnings end in the sign after a word and are chosen longest
    first, so that every level has `min_leads` of its own, and there are never more than leads / `min_leads`.

    Parameters
    ----------
    counts : dict of str to int
        How many leads have each value.
    leads : int
        How many leads there are, with those where the value is missing.
    min_leads : int
    """
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
    sizes = dict.fromkeys(levels, 0)
    for value, count in counts.items():
        level = find_level(value, levels)
        if level is not None:
            sizes[level] += count
    # What all leads have in common tells none of them apart.
    return [level for level in sorted(levels) if sizes[level] < leads]


@dataclass(frozen=True)
class LinearEncoding:
    """Standardised numbers, a column where a number may be missing, a column a level.

    Attributes
    ----------
    means, scales : dict of str to float
        Of the numbers that were known, compressed if they are.
    compressed : list of str
        Numbers that differ by factors, see `is_skewed`.
    missing : list of str
        Numbers that were missing on some rows and known on others.
    levels : dict of str to list of str
        Levels of each category with enough leads, see `list_levels`; other values have no column.
    """

    means: dict[str, float]
    scales: dict[str, float]
    compressed: list[str]
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
        compressed = [name for name in self.compressed if name in names]
        return LinearEncoding(means, {name: self.scales[name] for name in means}, compressed, missing, levels)

    def transform(self, features: pd.DataFrame, dtype: type = np.float64) -> np.ndarray:
        """Return the columns, shape (rows, columns)."""
        numbers = list(dict.fromkeys([*self.means, *self.missing]))
        return self.encode(code_rows(features, numbers, list(self.levels)), dtype)

    def encode(self, rows: "CodedRows", dtype: type = np.float64) -> np.ndarray:
        """Return the columns of rows that were read with these features or more, shape (rows, columns)."""
        values = np.zeros((len(rows.numbers), len(self.list_columns())), dtype)
        for column, (name, mean) in enumerate(self.means.items()):
            known = rows.get_number(name)
            known = compress(known) if name in self.compressed else known
            standard = (known - mean) / self.scales[name]
            values[:, column] = np.nan_to_num(standard, copy=False, nan=0.0)
        for column, name in enumerate(self.missing, start=len(self.means)):
            values[:, column] = np.isnan(rows.get_number(name))
        first = len(self.means) + len(self.missing)
        for name, levels in self.levels.items():
            codes = rows.find_codes(name, levels)
            known = np.flatnonzero(codes >= 0)
            values[known, first + codes[known]] = 1.0
            first += len(levels)
        return values

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class CodedRows:
    """Features of rows as arrays, read once for all fits on parts of these rows.

    Nothing is learned here: which values are levels is up to the rows of each fit (`choose_coded_levels`).

    Attributes
    ----------
    names : list of str
        Of the columns of `numbers`.
    numbers : ndarray, shape (rows, numbers)
        Column by column in memory, since fits read one at a time.
    values : dict of str to list of str
        The distinct values of each category.
    codes : ndarray, shape (rows, categories)
        The position of each category among its `values`; -1 where it is missing.
    """

    names: list[str]
    numbers: np.ndarray
    values: dict[str, list[str]]
    codes: np.ndarray

    def take(self, rows: np.ndarray) -> "CodedRows":
        """Return some of the rows, by position or as booleans."""
        return replace(self, numbers=self.numbers.T[:, rows].T, codes=self.codes[rows])

    def get_number(self, name: str) -> np.ndarray:
        """Return a number's values, shape (rows,)."""
        return self.numbers[:, self.names.index(name)]

    def get_codes(self, name: str) -> np.ndarray:
        """Return the position of each row's value among a category's `values`, shape (rows,); -1 is missing."""
        return self.codes[:, list(self.values).index(name)]

    def find_codes(self, name: str, levels: list[str]) -> np.ndarray:
        """Return the position of a category's level among the `levels`, shape (rows,); -1 is none of them."""
        positions = {level: position for position, level in enumerate(levels)}
        found = [positions.get(find_level(value, positions), -1) for value in self.values[name]]
        # A missing value has the code -1: the last position.
        return np.array([*found, -1])[self.get_codes(name)]


def code_rows(features: pd.DataFrame, names: list[str], categories: list[str]) -> CodedRows:
    """Return the numbers `names` and the `categories` of the rows as arrays."""
    numbers = np.asfortranarray(features[names].to_numpy(float))
    codes = np.empty((len(features), len(categories)), np.int32)
    values = {}
    for column, name in enumerate(categories):
        codes[:, column], distinct = pd.factorize(features[name].astype("str"))
        values[name] = list(distinct)
    return CodedRows(names, numbers, values, codes)


def code_metrics(features: pd.DataFrame, catalogue: list[Metric]) -> CodedRows:
    """Return the features of the catalogue as arrays."""
    names, categories = (
        [metric.name for metric in catalogue if metric.type == type_] for type_ in ("number", "category")
    )
    return code_rows(features, names, categories)


def fit_linear_encoding(
    features: pd.DataFrame, catalogue: list[Metric], min_leads: int, coded: CodedRows | None = None
) -> LinearEncoding:
    """Learn the encoding for a linear model; what is constant on these rows has no column.

    A level of a category needs `min_leads` leads (``lead_id``), however many snapshots each has. `coded` are
    the features of the same rows, where they have been read before.
    """
    coded = coded or code_metrics(features, catalogue)
    means, scales, compressed, missing = {}, {}, [], []
    for name in coded.names:
        column = coded.get_number(name)
        share_missing = np.isnan(column).mean()
        is_compressed = share_missing < 1 and is_skewed(column)
        values = compress(column) if is_compressed else column
        scale = np.nanstd(values) if share_missing < 1 else 0.0
        if scale > ROUNDING:
            means[name], scales[name] = float(np.nanmean(values)), float(scale)
            compressed += [name] if is_compressed else []
        if 0 < share_missing < 1:
            missing.append(name)
    levels = choose_coded_levels(coded, features["lead_id"], min_leads)
    return LinearEncoding(means, scales, compressed, missing, {name: found for name, found in levels.items() if found})


@dataclass(frozen=True)
class TreeEncoding:
    """Numbers as they are and categories as codes of the levels with enough leads; all others are missing."""

    numbers: list[str]
    levels: dict[str, list[str]]

    def list_origins(self) -> list[str]:
        return [*self.numbers, *self.levels]

    def transform(self, features: pd.DataFrame) -> np.ndarray:
        """Return the columns, shape (rows, columns), float64."""
        return self.encode(code_rows(features, self.numbers, list(self.levels)))

    def encode(self, rows: CodedRows) -> np.ndarray:
        """Return the columns of rows that were read with the same features, shape (rows, columns), float64."""
        columns = np.empty((len(rows.numbers), len(self.list_origins())))
        columns[:, : len(self.numbers)] = rows.numbers
        for column, (name, levels) in enumerate(self.levels.items(), start=len(self.numbers)):
            codes = rows.find_codes(name, levels)
            columns[:, column] = np.where(codes < 0, np.nan, codes)
        return columns

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def fit_tree_encoding(rows: CodedRows, lead_id: pd.Series, min_leads: int) -> TreeEncoding:
    """Learn the encoding for trees; a level of a category needs `min_leads` leads, however many rows each has."""
    return TreeEncoding(rows.names, choose_coded_levels(rows, lead_id, min_leads))


def choose_coded_levels(rows: CodedRows, lead_id: pd.Series, min_leads: int) -> dict[str, list[str]]:
    """Return the levels of each category (`choose_levels`), counted at the first row of each lead."""
    is_first = ~lead_id.duplicated().to_numpy()
    leads = int(is_first.sum())
    levels = {}
    for column, (name, values) in enumerate(rows.values.items()):
        counts = np.bincount(rows.codes[is_first, column] + 1, minlength=len(values) + 1)[1:].tolist()
        known = {value: count for value, count in zip(values, counts, strict=True) if count}
        levels[name] = choose_levels(known, leads, min_leads)
    return levels
