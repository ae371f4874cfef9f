"""How much each of the learned families has to say in the model, and how exactly that can be told."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from src.models.calibration import fit_slope
from src.models.candidates import FAMILIES
from src.models.measures import Ranking, measure_losses, to_probability
from src.params import Model

WEIGHTS = tuple(np.linspace(0, 1, 11).round(1).tolist())
"""Weights of boosting that are tried; the regression has the rest."""

EQUAL, WEIGHT_SPREAD = 0.5, 0.25
"""Mean and standard deviation of the weight's prior: one family alone needs clear evidence."""


@dataclass(frozen=True)
class Champion:
    """The model is the average of the log-odds of regression and boosting, times a slope.

    Attributes
    ----------
    weight : float
        Of boosting.
    slope : float
        Of the calibration (`fit_slope`).
    """

    weight: float
    slope: float

    @property
    def family(self) -> str:
        return {0.0: "logistic", 1.0: "boosting"}.get(self.weight, "average")


def choose_champion(forward: pd.DataFrame, rows: int, params: Model) -> Champion:
    """Return the weight and the slope that are most probable after the out-of-fold outcomes.

    Rules set by hand, one rate and naive Bayes are baselines and never the model: what keeps a model quiet where
    little can be told is its slope. With fewer leads that convert than `min_forward_conversions` nothing is learned:
    both families count the same, and the slope is the expected one.

    Parameters
    ----------
    forward : DataFrame
        ``lead_id, fold, learned, label`` and the log-odds of each family.
    rows : int
        What the model that is shipped learns from.
    params : Model
    """
    covariance = measure_covariance(forward)
    if count_conversions(forward) < params.min_forward_conversions:
        return Champion(EQUAL, expect_slope(covariance, EQUAL))
    found = {
        weight: fit_slope(forward, average(forward, weight), rows, expect_slope(covariance, weight))
        for weight in WEIGHTS
    }
    best = max(found, key=lambda weight: found[weight].score - ((weight - EQUAL) / WEIGHT_SPREAD) ** 2 / 2)
    return Champion(best, found[best].value)


def average(log_odds: pd.DataFrame | dict[str, np.ndarray], weight: float) -> np.ndarray:
    """Return the mean of the two families' log-odds, boosting with the `weight`."""
    return (1 - weight) * np.asarray(log_odds["logistic"]) + weight * np.asarray(log_odds["boosting"])


def measure_covariance(forward: pd.DataFrame) -> np.ndarray:
    """Return the covariance of the two families' log-odds within folds, shape (2, 2)."""
    fold = pd.factorize(forward["fold"])[0]
    z = forward[["logistic", "boosting"]].to_numpy(float)
    count = np.bincount(fold)
    means = np.column_stack([np.bincount(fold, column) / count for column in z.T])
    apart = z - means[fold]
    return apart.T @ apart / len(z)


def expect_slope(covariance: np.ndarray, weight: float) -> float:
    """Return the slope that the average of two calibrated families needs: an average varies less than its parts.

    If the true log-odds follow each family with slope 1, their covariance with the average is the average of the
    families' variances, and the slope is this over the variance of the average. Labels have no part in it.
    """
    weights = np.array([1 - weight, weight])
    own = max(float(weights @ covariance @ weights), 1e-9)
    return max(float(weights @ np.diag(covariance)), 1e-9) / own


def list_log_odds(forward: pd.DataFrame, champion: str) -> dict[str, np.ndarray]:
    """Return the forward log-odds of each family, the simplest first, and those of an average that was chosen."""
    log_odds = {family: forward[family].to_numpy() for family in FAMILIES}
    return log_odds | ({"average": forward["log_odds"].to_numpy()} if champion == "average" else {})


def measure_families(forward: pd.DataFrame, champion: str) -> dict[str, np.ndarray]:
    """Return the log loss of each forward row by each family (`list_log_odds`)."""
    label = forward["label"].to_numpy()
    return {name: measure_losses(label, to_probability(z)) for name, z in list_log_odds(forward, champion).items()}


def count_conversions(rows: pd.DataFrame) -> int:
    """Return how many leads convert, each counted once."""
    return int(rows.loc[rows["label"] == 1, "lead_id"].nunique())


def measure_power(rows: pd.DataFrame, confidence: float) -> dict[str, float]:
    """Return how many leads convert and how exactly they can measure the order of the probabilities.

    Parameters
    ----------
    rows : DataFrame
        ``lead_id, person, label, probability``.
    confidence : float
        Of the margin.

    Returns
    -------
    dict
        ``leads``, ``conversions`` (leads), ``roc_auc`` and ``roc_auc_margin``: half its interval, as
        if each person had one row, since the leads and moments of one tell hardly more than one of them.
    """
    label, p = rows["label"].to_numpy(), rows["probability"].to_numpy()
    auc = Ranking(label, p).measure_roc_auc(np.ones(len(rows)))
    leads, conversions = int(rows["lead_id"].nunique()), count_conversions(rows)
    converted, others = (max(rows.loc[rows["label"] == outcome, "person"].nunique(), 1) for outcome in (1, 0))
    error = measure_auc_error(auc, converted, others)
    margin = ndtri((1 + confidence) / 2) * error
    return {"leads": leads, "conversions": conversions, "roc_auc": auc, "roc_auc_margin": float(margin)}


def measure_auc_error(auc: float, converted: int, others: int) -> float:
    """Return the standard error of a ROC-AUC measured on so many leads (Hanley & McNeil 1982).

    >>> round(measure_auc_error(0.8, 120, 1080), 4)
    0.0249
    """
    both_converted, both_others = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc)
    variance += (converted - 1) * (both_converted - auc**2) + (others - 1) * (both_others - auc**2)
    return float(np.sqrt(variance / (converted * others)))
