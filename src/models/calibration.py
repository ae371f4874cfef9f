"""The champion's calibration: a line on its log-odds, so that contributions still add up."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from src.models.measures import compare_losses, fit_line, measure_losses, to_probability


@dataclass(frozen=True)
class Calibrator:
    """Calibrated log-odds are ``intercept + slope * log-odds``."""

    kind: Literal["none", "temperature", "sigmoid"]
    intercept: float = 0.0
    slope: float = 1.0

    def calibrate(self, log_odds: np.ndarray) -> np.ndarray:
        return self.intercept + self.slope * log_odds


KINDS = ("none", "temperature", "sigmoid")
"""From the simplest to the least simple."""


def fit_calibrator(kind: str, label: np.ndarray, log_odds: np.ndarray) -> Calibrator:
    """Fit a calibrator of one `kind`: nothing, a slope, or a slope and an intercept."""
    if kind == "none":
        return Calibrator("none")
    intercept, slope = fit_line(label, log_odds, np.ones(len(label)), with_intercept=kind == "sigmoid")
    return Calibrator(kind, intercept, slope)


def choose_calibrator(forward: pd.DataFrame) -> tuple[Calibrator, dict[str, float]]:
    """Return the calibrator chosen forward in time and each kind's log loss when it was chosen.

    Parameters
    ----------
    forward : DataFrame
        Forward predictions of the champion: ``fold`` (its number), ``fold_from`` (when the fold
        began), ``label_known_at``, ``label``, ``log_odds``, ``person``.

    Returns
    -------
    Calibrator
        Fitted on all rows; the simplest kind within a standard error of the best, where each
        kind was fitted on what was known when a fold began, and judged on that fold.
    losses : dict of str to float
        Empty where there is only one fold to judge on.
    """
    judged = {kind: judge_kind(kind, forward) for kind in KINDS}
    rows = judged["none"].index
    if not len(rows):
        return fit_calibrator("none", forward["label"].to_numpy(), forward["log_odds"].to_numpy()), {}
    kind = choose_simplest({kind: loss.to_numpy() for kind, loss in judged.items()}, forward.loc[rows, "person"])
    chosen = fit_calibrator(kind, forward["label"].to_numpy(), forward["log_odds"].to_numpy())
    return chosen, {kind: float(loss.mean()) for kind, loss in judged.items()}


def judge_kind(kind: str, forward: pd.DataFrame) -> pd.Series:
    """Return the loss of each row of the second and later folds, calibrated on what was known."""
    losses = [pd.Series(dtype=float)]
    for number, rows in forward.groupby("fold"):
        known = forward[(forward["fold"] < number) & ~(forward["label_known_at"] > rows["fold_from"].iloc[0])]
        if known["label"].nunique() < 2:
            continue
        calibrator = fit_calibrator(kind, known["label"].to_numpy(), known["log_odds"].to_numpy())
        p = to_probability(calibrator.calibrate(rows["log_odds"].to_numpy()))
        losses.append(pd.Series(measure_losses(rows["label"].to_numpy(), p), index=rows.index))
    return pd.concat([part for part in losses if len(part)] or losses)


def choose_simplest(losses: dict[str, np.ndarray], cluster: pd.Series) -> str:
    """Return the first of the kinds, simplest first, within one standard error of the best.

    The error is of the paired difference of losses, clustered.
    """
    best = min(losses, key=lambda kind: losses[kind].mean())
    for kind, loss in losses.items():
        mean, error = compare_losses(loss, losses[best], cluster)
        if kind == best or mean <= error:
            return kind
    raise AssertionError("the best is among the kinds")
