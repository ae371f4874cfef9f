"""Sums and maxima of the numbers that activities have: seconds on a page, the amount of a basket."""

from collections.abc import Sequence

import numpy as np

from src.features.implicit_metrics.base import Column, describe
from src.params import Implicit

Values = tuple[np.ndarray, ...]
"""The numbers of activities, a float64 array for each of their names; NaN where an activity has none."""


def describe_values(names: Sequence[str], params: Implicit) -> list[Column]:
    """Return the columns that `measure_values` fills, in order."""
    columns = []
    for name in names:
        said = name.replace("_", " ")
        columns += [
            describe(f"sum_{name}", "values", "as declared", f"Sum of {said} of all activities.", name),
            describe(f"max_{name}", "values", "as declared", f"Largest {said} of an activity.", name),
        ]
        columns += [
            describe(
                f"sum_{name}_{days}d",
                "values",
                "as declared",
                f"Sum of {said} in the last {days} days.",
                name,
                window_days=days,
            )
            for days in params.windows_days
        ]
    return columns


def measure_values(
    lead_key: np.ndarray,
    snapshot: np.ndarray,
    log_key: np.ndarray,
    at: np.ndarray,
    values: Values,
    windows: np.ndarray,
) -> np.ndarray:
    """Return sums and maxima of `values` up to each snapshot.

    Parameters
    ----------
    lead_key, snapshot : ndarray of int, shape (snapshots,)
        The lead and time (microseconds since 1970, UTC) of each snapshot, ordered by both.
    log_key, at : ndarray of int, shape (activities,)
        The lead and time of each activity, ordered by both.
    values : tuple of ndarray of float64, shape (activities,)
    windows : ndarray of int64
        How far back the sums look, in microseconds; the beginning of a window is outside.

    Returns
    -------
    ndarray of float64, shape (snapshots, (2 + windows) * values)
        A sum of nothing is 0, a maximum of nothing is missing.
    """
    end = find_place(lead_key, snapshot, log_key, at)
    begins = [np.searchsorted(log_key, lead_key)]
    begins += [find_place(lead_key, snapshot - window, log_key, at) for window in windows]
    columns = []
    for numbers in values:
        sums = [sum_between(numbers, begin, end) for begin in begins]
        columns += [sums[0], find_largest(numbers, begins[0], end), *sums[1:]]
    return np.column_stack(columns) if columns else np.empty((len(lead_key), 0))


def find_place(lead_key: np.ndarray, until: np.ndarray, log_key: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return for each row the number of activities of earlier leads, and of its own lead `until` a time, together."""
    # Activities before rows of the same moment, so that what happens at the snapshot is known by it.
    order = np.lexsort((np.repeat([0, 1], [len(at), len(until)]), np.append(at, until), np.append(log_key, lead_key)))
    is_row = order >= len(at)
    places = np.empty(len(until), np.int64)
    places[order[is_row] - len(at)] = np.cumsum(~is_row)[is_row]
    return places


def sum_between(numbers: np.ndarray, begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the sum of ``numbers[begin:end]`` for each pair, missing numbers left out.

    Each sum is of its own numbers alone: a difference of running sums would carry the digits of others.
    """
    known = np.append(np.nan_to_num(numbers), 0.0)
    pairs = np.column_stack([begin, end]).ravel()
    sums = np.add.reduceat(known, pairs)[::2] if len(pairs) else np.empty(0)
    return np.where(end > begin, sums, 0.0)


def find_largest(numbers: np.ndarray, begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the largest of ``numbers[begin:end]`` for each pair, NaN where none is known."""
    known = np.append(np.where(np.isnan(numbers), -np.inf, numbers), -np.inf)
    pairs = np.column_stack([begin, end]).ravel()
    largest = np.maximum.reduceat(known, pairs)[::2] if len(pairs) else np.empty(0)
    return np.where((end > begin) & np.isfinite(largest), largest, np.nan)
