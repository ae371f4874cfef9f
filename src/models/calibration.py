"""The calibration of the champion: a positive slope on its log-odds, so that contributions still add up."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from src.models.measures import fit_line, to_probability

SLOPE_SPREAD = 0.3
"""Standard deviation of the prior of the slope: half to one and a half of what is expected, before any outcome."""

LEVEL_SPREAD = 1.0
"""Standard deviation, in log-odds, of how far the rate of a fold is from what the fold's model knew of it."""

SHORT, SHORT_SPREAD = 0.03, 0.04
"""Mean and standard deviation of the prior of what a fold's slope loses if it learned from half as many rows."""

LEAST_SLOPE = 0.01
"""What contradicts its order tells next to nothing, but it is never turned round."""

SETTLED = 1e-6
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
    slope and be counted twice, since the model that is shipped is refitted and knows the new rate. And the fewer rows
    a fold's models had, the more they took chance for knowledge: the slope falls with ``rows / learned - 1``.

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
    label, fold = forward["label"].to_numpy(), pd.factorize(forward["fold"])[0]
    share = count_shares(forward["lead_id"]) * (1.0 if w is None else w)
    short = np.maximum(rows / forward["learned"].to_numpy(float) - 1, 0)
    columns, prior = np.column_stack([log_odds, -short * log_odds]), np.array([expected, SHORT])
    precision, least = 1 / np.array([SLOPE_SPREAD, SHORT_SPREAD]) ** 2, np.array([LEAST_SLOPE, 0.0])
    levels, line = np.zeros(fold.max() + 1), np.maximum(prior, least)
    for _ in range(100):
        p = to_probability(levels[fold] + columns @ line)
        residual, variance = share * (label - p), share * p * (1 - p)
        upward = np.bincount(fold, residual) - levels / LEVEL_SPREAD**2
        held = np.bincount(fold, variance) + 1 / LEVEL_SPREAD**2
        mixed = np.array([np.bincount(fold, variance * column) for column in columns.T])
        curvature = (columns.T * variance) @ columns + np.diag(precision) - (mixed / held) @ mixed.T
        gradient = columns.T @ residual - precision * (line - prior) - mixed @ (upward / held)
        step = step_within(gradient, curvature, least - line)
        moves = np.clip((upward - step @ mixed) / held, -2, 2)
        line, levels = line + step, levels + moves
        if max(np.abs(step).max(), np.abs(moves).max()) < SETTLED:
            break
    z = levels[fold] + columns @ line
    fit = share @ (label * z - np.logaddexp(0, z)) - levels @ levels / LEVEL_SPREAD**2 / 2
    return Slope(float(line[0]), float(fit - precision @ (line - prior) ** 2 / 2))


def step_within(gradient: np.ndarray, curvature: np.ndarray, least: np.ndarray) -> np.ndarray:
    """Return Newton's step of two values, neither below its `least`: where one ends there, the other's own step."""
    step = np.clip(np.linalg.solve(curvature, gradient), -0.5, 0.5)
    for bound, other in ((0, 1), (1, 0)):
        if step[bound] < least[bound]:
            step[bound] = least[bound]
            own = (gradient[other] - curvature[other, bound] * step[bound]) / curvature[other, other]
            step[other] = max(float(np.clip(own, -0.5, 0.5)), least[other])
    return step


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
