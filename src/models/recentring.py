"""Re-centring: one shift of all log-odds, so that the newest known outcomes are promised as they came.

It is the prior correction of logistic regression (King and Zeng 2001; Saerens et al. 2002), with the
shift estimated as the intercept of a calibration whose slope is 1. It assumes that the mix of leads
may change, and how often they convert, but not what they are worth relative to each other. It helps a
model that cannot see why the base rate moved and harms one that can, so forward predictions decide.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from src.models.calibration import Calibrator, fit_calibrator
from src.models.champion import count_conversions
from src.models.measures import compare_losses, fit_line, measure_losses, to_probability

WINDOW = pd.Timedelta(days=30)
"""The newest outcomes are those of a month at least: a week may be one campaign's."""


@dataclass(frozen=True)
class Recentring:
    """The shift that the newest known outcomes ask for, and whether shifts have paid so far.

    Attributes
    ----------
    shift : float
        In log-odds, after calibration; 0 where the outcomes are too few.
    gain, error : float or None
        Log loss that the shifts of earlier folds saved on their rows, a row, and its standard error,
        clustered by person; None where there is no fold to judge on.
    rows, conversions : int
        Rows of the newest known outcomes, and leads among them that converted.
    rate, promised : float or None
        Of these rows, what happened and what the calibrated forward predictions had said.
    since, until : Timestamp
        Their first and last snapshot; NaT where there are none.
    """

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
        """Whether the shifts saved at least one standard error of log loss."""
        return self.gain is not None and self.gain > 0 and self.gain >= self.error

    @property
    def amount(self) -> float:
        """What is added to the log-odds."""
        return self.shift if self.is_used else 0.0


def choose_recentring(forward: pd.DataFrame, calibrator: Calibrator, min_conversions: int) -> Recentring:
    """Return the shift for what comes next, and whether such shifts have paid so far.

    Parameters
    ----------
    forward : DataFrame
        Forward predictions whose labels are known: ``lead_id, person, snapshot_at, fold`` (its
        number), ``fold_from`` (when it began), ``label_known_at``, ``label``, ``log_odds`` (of the
        champion's family, before calibration).
    calibrator : Calibrator
        The champion's.
    min_conversions : int
        The newest outcomes hold as many leads that converted, or there is no shift.
    """
    newest = find_newest(forward, min_conversions)
    if newest.empty:
        return Recentring()
    z, label = calibrator.calibrate(newest["log_odds"].to_numpy()), newest["label"].to_numpy()
    saved = judge_recentring(forward, calibrator.kind, min_conversions)
    gain = error = None
    if len(saved):
        gain, error = compare_losses(saved.to_numpy(), np.zeros(len(saved)), forward.loc[saved.index, "person"])
    return Recentring(
        shift=fit_shift(label, z),
        gain=gain,
        error=error,
        rows=len(newest),
        conversions=count_conversions(newest),
        rate=float(label.mean()),
        promised=float(to_probability(z).mean()),
        since=newest["snapshot_at"].min(),
        until=newest["snapshot_at"].max(),
    )


def find_newest(known: pd.DataFrame, min_conversions: int) -> pd.DataFrame:
    """Return the rows whose labels became known last: a month's, or more if they hold too few conversions.

    Empty where all of them together hold fewer leads that converted than `min_conversions`, or no other.
    """
    converted = known[known["label"] == 1].groupby("lead_id")["label_known_at"].max()
    if len(converted) < min_conversions:
        return known.iloc[:0]
    begin = known["label_known_at"].max() - WINDOW
    enough = converted.nlargest(min_conversions).min()
    newest = known[known["label_known_at"] >= min(begin, enough)]
    return newest if newest["label"].nunique() == 2 else known.iloc[:0]


def fit_shift(label: np.ndarray, log_odds: np.ndarray) -> float:
    """Return what to add to the log-odds so that the mean probability is the rate of the labels."""
    return fit_line(label, log_odds, np.ones(len(label)), with_slope=False)[0]


def judge_recentring(forward: pd.DataFrame, kind: str, min_conversions: int) -> pd.Series:
    """Return the loss that re-centring saves on each row of the folds before which enough was known.

    A fold's calibrator, of the given `kind`, and its shift are fitted on what was known when it began.
    All folds judge, also those of the history: the rows of a fold share one shift and the luck of their
    weeks, so that a few of the newest folds were taken in by chance where nothing had changed.
    """
    saved = [pd.Series(dtype=float)]
    for number, rows in forward.groupby("fold"):
        known = forward[(forward["fold"] < number) & ~(forward["label_known_at"] > rows["fold_from"].iloc[0])]
        newest = find_newest(known, min_conversions)
        if newest.empty:
            continue
        calibrator = fit_calibrator(kind, known["label"].to_numpy(), known["log_odds"].to_numpy())
        shift = fit_shift(newest["label"].to_numpy(), calibrator.calibrate(newest["log_odds"].to_numpy()))
        z, label = calibrator.calibrate(rows["log_odds"].to_numpy()), rows["label"].to_numpy()
        losses = [measure_losses(label, to_probability(log_odds)) for log_odds in (z, z + shift)]
        saved.append(pd.Series(losses[0] - losses[1], index=rows.index))
    return pd.concat([part for part in saved if len(part)] or saved)
