"""What gives a column away that knows the outcome: each sign measured on the history, forward in time.

None of the signs knows a column by its name. Values are compared as small whole numbers, the `codes`: twentieths
of a number, the values of a category, and one code of its own for a missing value.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import bdtrc, ndtri

from src.models.champion import measure_auc_error
from src.models.folds import ForwardFold

BINS = 20
"""Parts a number is cut into: fine enough for any shape, coarse enough for a rate in each."""

PRIOR_LEADS = 10.0
"""A value's rate leans to everybody's as if so many more leads had it."""

BLOCKS = 5
"""Parts the history is cut into by order of creation, where older and newer leads are compared."""

FEWEST = 20
"""Leads of a value, or conversions of a comparison: below, nothing is said about it."""

FEWEST_PERSONS = 5
"""Persons who convert, and others, in a comparison: few make intervals wide, and a leak shows all the same."""

ERRORS = float(ndtri(0.975))
"""Standard errors from a figure to the lower end of its 95 % interval."""

STRONGEST = 16.0
"""Times everybody's odds: what the best twentieth of an honest number of ROC-AUC .85 reaches."""

SURE_ERRORS = 4.0
"""Standard errors from which a difference is no chance, however many columns are looked at."""


@dataclass(frozen=True)
class Cell:
    """The history's rows of one age: one row a lead, in order of creation.

    Attributes
    ----------
    rows : ndarray of int
        Their places in the history.
    label : ndarray of float
    person : ndarray of int
        Codes of whose leads they are.
    folds : list of ForwardFold
        Over these rows alone.
    persons : tuple of int
        See `count_persons`; of the predicted rows.
    """

    rows: np.ndarray
    label: np.ndarray
    person: np.ndarray
    folds: list[ForwardFold]
    persons: tuple[int, int]


def list_cells(history: pd.DataFrame, folds: list[ForwardFold]) -> list[Cell]:
    """Return a cell for each age with enough conversions, the youngest first."""
    cells, person = [], pd.factorize(history["person"])[0]
    for _, positions in history.assign(place=range(len(history))).groupby("age_days", dropna=False)["place"]:
        rows = positions.to_numpy()
        label = history["label"].to_numpy(float)[rows]
        inner = [ForwardFold(fold.fit[rows], fold.predict[rows]) for fold in folds]
        inner = [fold for fold in inner if fold.fit.any() and fold.predict.any()]
        predicted = np.logical_or.reduce([fold.predict for fold in inner]) if inner else np.zeros(len(rows), bool)
        persons = count_persons(label[predicted], person[rows][predicted])
        if min(persons) >= FEWEST_PERSONS:
            cells.append(Cell(rows, label, person[rows], inner, persons))
    return cells


def encode_values(values: pd.Series) -> np.ndarray:
    """Return the code of each value, shape (rows,); the last code is that of missing values.

    A number with few distinct values has a code for each, others for each twentieth of the known values.
    """
    if not pd.api.types.is_numeric_dtype(values):
        codes, distinct = pd.factorize(values, sort=True)
        return np.where(codes < 0, len(distinct), codes)
    numbers = values.to_numpy(float)
    known = np.unique(numbers[~np.isnan(numbers)])
    if len(known) > BINS:
        known = np.unique(np.nanquantile(numbers, np.linspace(0, 1, BINS + 1)[1:], method="lower"))
    # NaN sorts behind every number: its place is the last.
    return np.searchsorted(known, numbers)


def measure_order(score: np.ndarray, label: np.ndarray) -> float:
    """Return the ROC-AUC of the scores; ties count half, nan where one class is missing."""
    return measure_ranks(np.unique(score, return_inverse=True)[1], label)


def measure_ranks(ranks: np.ndarray, label: np.ndarray) -> float:
    """Return the ROC-AUC of whole numbers from 0, without sorting the rows."""
    converted = np.bincount(ranks, weights=label)
    other = np.bincount(ranks, weights=1 - label)
    if not converted.sum() or not other.sum():
        return float("nan")
    below = np.cumsum(other) - other
    return float(converted @ (below + other / 2) / converted.sum() / other.sum())


def count_persons(label: np.ndarray, person: np.ndarray) -> tuple[int, int]:
    """Return of how many persons the conversions are, and of how many the other rows.

    All leads of one person may be no more news than one of them.
    """
    conversions, others = (len(np.unique(person[label == outcome])) for outcome in (1, 0))
    return conversions, others


def find_rates(codes: np.ndarray, label: np.ndarray, count: int) -> np.ndarray:
    """Return the smoothed rate of each of `count` codes, as learned from these rows."""
    size, converted = np.bincount(codes, minlength=count), np.bincount(codes, weights=label, minlength=count)
    return (converted + PRIOR_LEADS * label.mean()) / (size + PRIOR_LEADS)


def measure_alone(codes: Sequence[np.ndarray], cells: Sequence[Cell]) -> tuple[float, float]:
    """Return the forward ROC-AUC of a feature alone and the lower end of its interval.

    Each value's rate is learned on a fold's earlier rows and ranks its later ones; ages and folds are averaged by
    their conversions, so that the age itself ranks nothing.

    Parameters
    ----------
    codes : sequence of ndarray
        The codes of each cell's rows.
    cells : sequence of Cell
    """
    measured = [measure_cell(code, cell) for code, cell in zip(codes, cells, strict=True)]
    known = [(area, cell) for area, cell in zip(measured, cells, strict=True) if not np.isnan(area)]
    if not known:
        return 0.5, 0.0
    auc = float(np.average([area for area, _ in known], weights=[cell.persons[0] for _, cell in known]))
    # Ages are the same leads again: they are no more sure together than the surest of them.
    return auc, auc - ERRORS * min(measure_auc_error(auc, *cell.persons) for _, cell in known)


def measure_cell(codes: np.ndarray, cell: Cell) -> float:
    """Return the mean forward ROC-AUC of the folds of a cell, weighted by their conversions."""
    areas, weights = [], []
    for fold in cell.folds:
        rates = find_rates(codes[fold.fit], cell.label[fold.fit], codes.max() + 1)
        ranks = np.unique(rates, return_inverse=True)[1]
        label = cell.label[fold.predict]
        area = measure_ranks(ranks[codes[fold.predict]], label)
        if not np.isnan(area):
            areas.append(area)
            weights.append(label.sum())
    return float(np.average(areas, weights=weights)) if areas else float("nan")


def measure_within(
    ranks: np.ndarray, label: np.ndarray, stratum: np.ndarray, person: np.ndarray
) -> tuple[float, float]:
    """Return the ROC-AUC of whole numbers among rows of one stratum, and the lower end of its interval.

    Leads are compared with those of their own form, or of their own time: that one form asks less and converts less
    is known at creation. The direction is the better one, hence at least 0.5.
    """
    areas, pairs = [], []
    for code in np.unique(stratum):
        here = stratum == code
        area = measure_ranks(ranks[here], label[here])
        if not np.isnan(area):
            areas.append(area)
            pairs.append(label[here].sum() * (1 - label[here]).sum())
    if not areas:
        return 0.5, 0.0
    auc = float(np.average(areas, weights=pairs))
    auc = max(auc, 1 - auc)
    return auc, auc - ERRORS * measure_auc_error(auc, *count_persons(label, person))


def find_certain(codes: np.ndarray, label: np.ndarray, certain_rate: float) -> np.ndarray:
    """Say with which codes practically all leads convert, beyond chance (exact binomial).

    Their rate is above `certain_rate`, and their odds are at least `STRONGEST` times everybody's: where most convert
    anyway, honest values come near to certainty too.
    """
    size, converted = np.bincount(codes), np.bincount(codes, weights=label)
    odds = STRONGEST * label.mean() / max(1 - label.mean(), 1e-9)
    level = max(certain_rate, odds / (1 + odds))
    chance = bdtrc(converted - 1, size, level)
    return (size >= FEWEST) & (chance < 0.05 / max((size >= FEWEST).sum(), 1))


def measure_certain(codes: np.ndarray, label: np.ndarray, certain_rate: float) -> float:
    """Return the share of the conversions that have a value with which practically all convert."""
    is_certain = find_certain(codes, label, certain_rate)[codes]
    return float(label[is_certain].sum() / label.sum())


def measure_filled(is_missing: np.ndarray) -> tuple[float, float]:
    """Return the shares filled in: the best of the history's older parts, and the newest part's."""
    parts = [1 - part.mean() for part in np.array_split(is_missing, BLOCKS)]
    return float(max(parts)), float(parts[-1])


def measure_growth(values: np.ndarray) -> float:
    """Return the chance that a lead of the oldest part has a higher number than one of the newest."""
    oldest, *_, newest = np.array_split(values, BLOCKS)
    both = np.concatenate([oldest, newest])
    is_old = np.repeat([1.0, 0.0], [len(oldest), len(newest)])
    is_known = ~np.isnan(both)
    return measure_order(both[is_known], is_old[is_known])


def number_parts(count: int) -> np.ndarray:
    """Return the part of the history that each of `count` rows in order of creation lies in."""
    return np.repeat(np.arange(BLOCKS), [len(part) for part in np.array_split(np.arange(count), BLOCKS)])


def take_order_away(values: np.ndarray) -> np.ndarray | None:
    """Return what is left of a number that is counted up lead by lead, or None if it is no such number.

    Identifiers are numbered in time: their order says when, which the earlier leads cannot teach about the later.
    What is left is how far the number is ahead of its place: leads renumbered when they convert are.
    """
    is_known = ~np.isnan(values)
    if is_known.sum() < FEWEST or len(np.unique(values[is_known])) < 0.9 * is_known.sum():
        return None
    rank = pd.Series(values).rank().to_numpy()
    place = np.where(is_known, np.cumsum(is_known), np.nan)
    if abs(np.corrcoef(rank[is_known], place[is_known])[0, 1]) < 0.7:
        return None
    return rank - place


def measure_unexplained(codes: np.ndarray, label: np.ndarray, is_open: np.ndarray) -> float:
    """Return the share of the open leads whose values neither winners nor losers of their time have.

    What was known at creation is the same whether a lead is decided yet or not, so open leads are a mixture of
    later winners and losers. Decided leads are weighted to the open leads' times of creation; only values whose
    excess is beyond chance count.

    Parameters
    ----------
    codes : ndarray of int
        Of decided and open leads in order of creation.
    label : ndarray of float
        Missing for open leads.
    is_open : ndarray of bool
    """
    if is_open.sum() < 5 * FEWEST:
        return 0.0
    count = codes.max() + 1
    block = np.searchsorted(np.quantile(np.flatnonzero(is_open), [0.2, 0.4, 0.6, 0.8]), np.arange(len(codes)))
    found = np.bincount(codes[is_open], minlength=count) / is_open.sum()
    highest, fewest = np.zeros(count), len(codes)
    for outcome in (0.0, 1.0):
        of_class = ~is_open & (label == outcome)
        opened, decided = (np.bincount(block[which], minlength=5) for which in (is_open, of_class))
        if (decided < FEWEST).any():
            return 0.0
        weights = (opened / decided)[block[of_class]]
        highest = np.maximum(highest, np.bincount(codes[of_class], weights, minlength=count) / weights.sum())
        fewest = min(fewest, of_class.sum())
    error = np.sqrt(np.maximum(highest, 1 / fewest) * (1 / is_open.sum() + 1 / fewest))
    excess = found - highest
    return float(excess[excess > SURE_ERRORS * error].sum())


@dataclass(frozen=True)
class Twin:
    """Two columns with the same values that do not agree: one of them has been kept up to date."""

    other: str
    share_different: float
    rate_different: float
    rate_equal: float


def list_frequent(values: pd.Series) -> set[str]:
    """Return the values of a category that five rows or more have."""
    counts = values.value_counts(sort=False)
    return set(counts.index[counts >= 5])


def compare_twins(
    first: pd.Series, second: pd.Series, shared: set[str], label: np.ndarray
) -> tuple[float, float, float] | None:
    """Return share of leads on which two columns differ, and the rates where they differ and are equal.

    None unless five values or more are `shared` and on most leads of both, the columns mostly agree, and they differ
    where the outcome differs, beyond chance.
    """
    if len(shared) < 5 or min(first.isin(shared).mean(), second.isin(shared).mean()) < 0.5:
        return None
    both = (first.notna() & second.notna()).to_numpy()
    differs = (first != second).to_numpy() & both
    equal = both & ~differs
    if differs.sum() < FEWEST or equal.sum() < both.sum() / 3:
        return None
    rates = label[differs].mean(), label[equal].mean()
    pooled = label[both].mean()
    error = np.sqrt(pooled * (1 - pooled) * (1 / differs.sum() + 1 / equal.sum()))
    if abs(rates[0] - rates[1]) < max(SURE_ERRORS * error, 0.2 * pooled):
        return None
    return float(differs.sum() / both.sum()), float(rates[0]), float(rates[1])


def measure_future(created_at: pd.Series, days_since: pd.Series, as_of: pd.Timestamp | None) -> float:
    """Return the share of the known dates that lie more than a day after the lead was created.

    None do of a column that holds plans, such as the day a course begins: those go beyond the end of the data,
    which nothing that has happened can.

    Parameters
    ----------
    created_at : Series of datetime64
    days_since : Series of float
        Days from the date to the creation; negative where it came later.
    as_of : Timestamp or None
        The end of the data.
    """
    known = days_since.dropna()
    dates = created_at[known.index] - pd.to_timedelta(known, unit="D")
    if not len(known) or as_of is None or (dates > as_of + pd.Timedelta(days=1)).any():
        return 0.0
    return float((known < -1).mean())
