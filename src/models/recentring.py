"""The level of the shipped model: the rate of the rows it learned from, moved towards that of the newest ones.

The intercept is solved so that the calibrated model promises the rate of the rows it was fitted on. What is left
over on the newest of these rows, beyond the mix of leads that the model sees, is drift: the level is followed by a
local-level model (a Kalman filter; Durbin and Koopman 2012), whose pace is learned from how well the level known so
far predicted the outcomes that came next. A model that sees the drift leaves nothing over and is not moved twice.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from src.models.calibration import Calibrator, solve_intercept
from src.models.champion import count_conversions
from src.models.measures import to_probability

PARTS = 40
"""The rows are followed in so many parts, equally many rows each, or in fewer (`PART_CONVERSIONS`)."""

PART_CONVERSIONS = 4
"""Conversions that a part has on average, at least."""

PACES = (0.0, 0.03, 0.06, 0.12, 0.25, 0.5)
"""By how much, in log-odds, the level may move from one part to the next (standard deviation)."""

STILL = 0.5
"""Probability, before any outcome, that the level does not move at all; the other paces share the rest."""


@dataclass(frozen=True)
class Recentring:
    """How the level of the newest rows differs from that of all rows the model learned from.

    Attributes
    ----------
    amount : float
        What is added to the log-odds: the level followed at each pace, weighted by how probable the pace is.
    shift : float
        What the rows of the newest month, or part, ask for by themselves, not shrunken.
    gain, error : float or None
        Log loss a row that following the level would have saved so far, and its standard error.
    rows, conversions : int
        Newest rows, and leads among them that converted.
    rate, promised : float or None
        Of these rows, what happened and what the model says without the shift.
    since, until : Timestamp
        Their first and last snapshot; NaT where there are none.
    """

    amount: float = 0.0
    shift: float = 0.0
    gain: float | None = None
    error: float | None = None
    rows: int = 0
    conversions: int = 0
    rate: float | None = None
    promised: float | None = None
    since: pd.Timestamp = pd.NaT
    until: pd.Timestamp = pd.NaT

    @property
    def is_used(self) -> bool:
        """Whether the level is moved by as much as a reader would notice."""
        return abs(self.amount) >= 0.005


def settle_level(rows: pd.DataFrame, log_odds: np.ndarray, slope: float) -> tuple[Calibrator, Recentring]:
    """Return the calibrator with the intercept that the rows ask for which were learned from, and their drift.

    Parameters
    ----------
    rows : DataFrame
        What the model was fitted on: ``lead_id, sequence, created_at, snapshot_at, label_known_at, label``.
    log_odds : ndarray, shape (rows,)
        What the model says of them, before calibration.
    slope : float
    """
    intercept = solve_intercept(rows["label"].to_numpy(), slope * log_odds)
    calibrator = Calibrator("temperature", intercept, slope)
    return calibrator, follow_level(rows, calibrator.calibrate(log_odds))


def follow_level(rows: pd.DataFrame, log_odds: np.ndarray) -> Recentring:
    """Return the drift of the rows' level, relative to the calibrated log-odds of the model that learned from them.

    There is none where leads have dates and outcomes no horizon: those decided first are not like the others.
    """
    has_times = rows["label_known_at"].notna().all()
    conversions = count_conversions(rows)
    count = min(PARTS, conversions // PART_CONVERSIONS)
    if count < 4 or not (has_times or rows["created_at"].isna().all()):
        return Recentring()
    order = np.argsort(rows["snapshot_at" if has_times else "sequence"].to_numpy(), kind="stable")
    parts = np.array_split(order, count)
    label = rows["label"].to_numpy()
    share = rows["lead_id"].nunique() / len(rows)
    outcomes = [(label[part], log_odds[part]) for part in parts]
    levels = np.array([filter_level(outcomes, share, pace) for pace in PACES])
    losses = np.array([judge_levels(outcomes, path) for path in levels])
    chances = weigh_paces(losses.sum(axis=1) * share)
    newest = rows.iloc[np.concatenate(parts[-max(count // 10, 1) :])]
    z = log_odds[np.concatenate(parts[-max(count // 10, 1) :])]
    saved = losses[0] - chances @ losses
    mean = saved.sum() / len(rows)
    return Recentring(
        amount=float(chances @ levels[:, -1]),
        shift=solve_intercept(newest["label"].to_numpy(), z) if newest["label"].nunique() == 2 else 0.0,
        gain=float(mean),
        error=float(np.sqrt(np.sum((saved - saved.mean()) ** 2)) / len(rows)),
        rows=len(newest),
        conversions=count_conversions(newest),
        rate=float(newest["label"].mean()),
        promised=float(to_probability(z).mean()),
        since=newest["snapshot_at"].min(),
        until=newest["snapshot_at"].max(),
    )


def filter_level(outcomes: list[tuple[np.ndarray, np.ndarray]], share: float, pace: float) -> np.ndarray:
    """Return the level after each part at one pace, in log-odds beside the model's.

    Parameters
    ----------
    outcomes : list of (labels, log-odds)
        Of each part, in order of time.
    share : float
        What a row's outcome counts: leads over rows.
    pace : float
    """
    level, variance, path = 0.0, 10 * pace**2, np.zeros(len(outcomes))
    for number, (label, log_odds) in enumerate(outcomes if pace else []):
        variance += pace**2
        before = level
        for _ in range(4):
            p = to_probability(log_odds + level)
            held = share * np.sum(p * (1 - p)) + 1 / variance
            level += float(np.clip((share * np.sum(label - p) - (level - before) / variance) / held, -1, 1))
        variance = 1 / held
        path[number] = level
    return path


def judge_levels(outcomes: list[tuple[np.ndarray, np.ndarray]], path: np.ndarray) -> np.ndarray:
    """Return the log loss of each part's rows at the level that was known after the part before, shape (parts,)."""
    known = np.append(0.0, path[:-1])
    return np.array(
        [np.sum(np.logaddexp(0, z + at) - label * (z + at)) for (label, z), at in zip(outcomes, known, strict=True)]
    )


def weigh_paces(losses: np.ndarray) -> np.ndarray:
    """Return how probable each pace is after the losses of what it foretold, shape (paces,)."""
    prior = np.array([STILL, *[(1 - STILL) / (len(PACES) - 1)] * (len(PACES) - 1)])
    weights = prior * np.exp(losses.min() - losses)
    return weights / weights.sum()
