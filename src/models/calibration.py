"""The calibration of the champion: a positive slope on its log-odds, so that contributions still add up."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from src.models.measures import fit_line, to_probability

SLOPE_SCALE, SLOPE_TAILS = 0.1, 2.0
"""Scale and degrees of freedom of the slope's prior, Student's t: near the expected one unless outcomes are clear."""

FOLD_SPREAD = 0.1
"""Standard deviation of how the slope differs from fold to fold, beside chance: few folds, if large, leave doubt."""

CELL = 0.02
"""Rows of a fold whose log-odds are nearer than this are taken together: their loss differs by a millionth."""

LEVEL_SPREAD = 1.0
"""Standard deviation, in log-odds, of how far the rate of a fold is from what the fold's model knew of it."""

SHORT, SHORT_SPREAD = 0.03, 0.02
"""Mean and standard deviation of the prior of what a fold's slope loses if it learned from half as many rows."""

LEAST_SLOPE = 0.01
"""What contradicts its order tells next to nothing, but it is never turned round."""

SETTLED, MOST_STEPS = 1e-6, 200
"""Newton's last step is smaller."""


@dataclass(frozen=True)
class Calibrator:
    """Calibrated log-odds are ``intercept + slope * log-odds``; the slope is positive."""

    kind: Literal["none", "temperature"]
    intercept: float = 0.0
    slope: float = 1.0

    def calibrate(self, log_odds: np.ndarray) -> np.ndarray:
        return self.intercept + self.slope * log_odds


KINDS = ("none", "temperature")
"""From the simplest to the least simple."""


@dataclass(frozen=True)
class Slope:
    """The slope that is most probable after the outcomes, and the log of its posterior, but for a constant."""

    value: float
    score: float


def fit_slope(
    forward: pd.DataFrame, log_odds: np.ndarray, rows: int, expected: float = 1.0, w: np.ndarray | None = None
) -> Slope:
    """Return the slope of out-of-fold log-odds for a model of the same kind, fitted on so many `rows`.

    Each fold has an intercept. A rate that rises from fold to fold is taken up by them; else it would go into the
    slope and be counted twice, since the model that is shipped is refitted and knows the new rate. The fewer rows
    a fold's models had, the more they took chance for knowledge: the slope falls with ``rows / learned - 1``. And
    slopes differ from fold to fold by more than chance.

    Parameters
    ----------
    forward : DataFrame
        Rows predicted forward in time: ``fold, learned`` (rows that the fold's models were fitted on), ``label,
        lead_id``.
    log_odds : ndarray, shape (rows,)
    rows : int
    expected : float
        Mean of the slope's prior.
    w : ndarray, shape (rows,), optional
        Weights of the rows.

    Notes
    -----
    The rows of a lead share its outcome, so that all of them count as one.
    """
    share = count_shares(forward["lead_id"]) * (1.0 if w is None else w)
    fold, label, z, share, learned = join_cells(forward, log_odds, share)
    short = np.maximum(rows / learned - 1, 0)
    own = z[:, None] * (fold[:, None] == np.arange(fold.max() + 1))
    return climb(fold, label, np.column_stack([z, -short * z, own]), share, expected)


def climb(fold: np.ndarray, label: np.ndarray, columns: np.ndarray, share: np.ndarray, expected: float) -> Slope:
    """Return the most probable slope by Newton's method.

    Parameters
    ----------
    fold, label, share : ndarray, shape (cells,)
        See `join_cells`.
    columns : ndarray, shape (cells, 2 + folds)
        What has a coefficient: the log-odds, what they lose where fewer rows were learned from, and those of each fold.
    expected : float
        Mean of the slope's prior.
    """
    folds = columns.shape[1] - 2
    prior, levels = np.array([expected, SHORT, *np.zeros(folds)]), np.zeros(folds)
    precision = 1 / np.array([SLOPE_SCALE, SHORT_SPREAD, *np.full(folds, FOLD_SPREAD)]) ** 2
    line, least = prior.copy(), np.array([LEAST_SLOPE, 0.0])
    line[0] = max(expected, LEAST_SLOPE)
    for _ in range(MOST_STEPS):
        # The tails of Student's t: the farther the outcomes draw the slope away, the less the prior holds it.
        distance = ((line[0] - expected) / SLOPE_SCALE) ** 2
        precision[0] = (SLOPE_TAILS + 1) / (SLOPE_TAILS + distance) / SLOPE_SCALE**2
        p = to_probability(levels[fold] + columns @ line)
        residual, variance = share * (label - p), share * p * (1 - p)
        upward = np.bincount(fold, residual) - levels / LEVEL_SPREAD**2
        held = np.bincount(fold, variance) + 1 / LEVEL_SPREAD**2
        mixed = np.array([np.bincount(fold, variance * column) for column in columns.T])
        curvature = (columns.T * variance) @ columns + np.diag(precision) - (mixed / held) @ mixed.T
        gradient = columns.T @ residual - precision * (line - prior) - mixed @ (upward / held)
        step = step_within(gradient, curvature, least - line[:2])
        moves = np.clip((upward - step @ mixed) / held, -2, 2)
        line, levels = line + step, levels + moves
        if max(np.abs(step).max(), np.abs(moves).max()) < SETTLED:
            break
    z = levels[fold] + columns @ line
    held_back = precision[1:] @ (line - prior)[1:] ** 2 / 2 + levels @ levels / LEVEL_SPREAD**2 / 2
    held_back += (SLOPE_TAILS + 1) / 2 * np.log1p(((line[0] - expected) / SLOPE_SCALE) ** 2 / SLOPE_TAILS)
    return Slope(float(line[0]), float(share @ (label * z - np.logaddexp(0, z)) - held_back))


def join_cells(forward: pd.DataFrame, log_odds: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return fold, rate, mean log-odds, weight and learned rows of cells of rows that are alike (`CELL`)."""
    fold = pd.factorize(forward["fold"])[0]
    cell = np.round(log_odds / CELL).astype(np.int64)
    place = np.unique(fold * (np.ptp(cell) + 1) + cell - cell.min(), return_inverse=True)[1]
    weight = np.bincount(place, share)
    known = weight > 0
    means = [
        np.bincount(place, share * values)[known] / weight[known]
        for values in (fold, forward["label"].to_numpy(), log_odds, forward["learned"].to_numpy(float))
    ]
    return np.round(means[0]).astype(int), means[1], means[2], weight[known], means[3]


def step_within(gradient: np.ndarray, curvature: np.ndarray, least: np.ndarray) -> np.ndarray:
    """Return Newton's step, its first values not below `least`: where one would be, the others' step from there."""
    step = np.linalg.solve(curvature, gradient)
    fixed: list[int] = []
    for place, bound in enumerate(least):
        if step[place] < bound:
            fixed.append(place)
            step[fixed] = least[fixed]
            free = np.setdiff1d(np.arange(len(step)), fixed)
            rest = gradient[free] - curvature[np.ix_(free, fixed)] @ step[fixed]
            step[free] = np.linalg.solve(curvature[np.ix_(free, free)], rest)
    step[: len(least)] = np.maximum(step[: len(least)], least)
    return np.clip(step, np.append(np.maximum(least, -0.5), np.full(len(step) - len(least), -0.5)), 0.5)


def count_shares(lead_id: pd.Series) -> np.ndarray:
    """Return one over the mean number of rows a lead, for each row."""
    return np.full(len(lead_id), lead_id.nunique() / max(len(lead_id), 1))


def solve_intercept(label: np.ndarray, log_odds: np.ndarray) -> float:
    """Return what to add to the log-odds so that the mean probability is the rate of the labels."""
    return fit_line(label, log_odds, np.ones(len(label)), with_slope=False)[0]


def fit_calibrator(kind: str, forward: pd.DataFrame) -> Calibrator:
    """Return a calibrator fitted on rows that were predicted forward in time, for later ones by the same models.

    The intercept is that of all these rows: what is shipped has its own (`settle_level`).
    """
    log_odds, label = forward["log_odds"].to_numpy(), forward["label"].to_numpy()
    slope = fit_slope(forward, log_odds, int(forward["learned"].max())).value if kind == "temperature" else 1.0
    return Calibrator(kind, solve_intercept(label, slope * log_odds) if kind == "temperature" else 0.0, slope)
