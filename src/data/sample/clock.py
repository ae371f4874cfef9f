"""Time in which people live: activity time runs fast by day and slowly by night.

Processes are drawn in activity days (a week has seven) and mapped to seconds. The map is
increasing and the same for every lead, so a likelihood written in activity days is exact.
Log-logistic delays, whose distribution and its inverse are closed forms, live here too.
"""

import numpy as np

from src.data.sample import design

WEEK = 7 * design.DAY
FIRST_MONDAY = 4 * design.DAY  # 1970-01-05
EDGES = np.arange(7 * 24 + 1) * 3600.0
WEIGHTS = np.outer(design.WEEKDAY_ACTIVITY, design.HOUR_ACTIVITY).ravel()
ELAPSED = np.append(0.0, np.cumsum(WEIGHTS) / WEIGHTS.sum()) * 7  # activity days since Monday


def to_activity_days(seconds: np.ndarray) -> np.ndarray:
    """Return activity days since a Monday in 1970 of UTC seconds."""
    week, second = np.divmod(np.asarray(seconds, dtype=np.float64) - FIRST_MONDAY, WEEK)
    return week * 7 + np.interp(second, EDGES, ELAPSED)


def to_seconds(activity_days: np.ndarray) -> np.ndarray:
    """Return the first whole UTC second at or after `activity_days`."""
    week, day = np.divmod(activity_days, 7)
    return np.ceil(week * WEEK + np.interp(day, ELAPSED, EDGES) + FIRST_MONDAY).astype(np.int64)


def share_by(elapsed: np.ndarray, median: np.ndarray | float, shape: float) -> np.ndarray:
    """Return the log-logistic distribution function: the share of delays up to `elapsed`."""
    ratio = np.maximum(np.asarray(elapsed, dtype=np.float64), 0.0) / median
    power = ratio**shape
    return power / (1 + power)


def draw_delay(uniform: np.ndarray, median: np.ndarray | float, shape: float) -> np.ndarray:
    """Return log-logistic delays: the inverse of `share_by`."""
    return median * (uniform / (1 - uniform)) ** (1 / shape)
