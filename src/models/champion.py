"""Which candidate is taken, and how much the rows that choose among them can tell."""

import numpy as np
import pandas as pd
from scipy.special import ndtri

from src.models.calibration import choose_simplest
from src.models.candidates import FAMILIES
from src.models.measures import Ranking, compare_losses, measure_losses, to_probability
from src.params import Model


def choose_champion(forward: pd.DataFrame, params: Model) -> str:
    """Return the family to use: the simplest within a standard error of the lowest forward loss.

    With fewer leads that convert than `min_forward_conversions` the lowest loss is a matter of
    luck: then it is the simplest family that beats the base rate by a standard error, or the base
    rate itself.

    Parameters
    ----------
    forward : DataFrame
        ``lead_id, person, label`` and the log-odds of each family.
    params : Model
    """
    losses = measure_families(forward)
    if count_conversions(forward) >= params.min_forward_conversions:
        return choose_simplest(losses, forward["person"])
    for family in FAMILIES[1:]:
        gain, error = compare_losses(losses["base_rate"], losses[family], forward["person"])
        if gain > error:
            return family
    return "base_rate"


def measure_families(forward: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the log loss of each forward row by each family."""
    label = forward["label"].to_numpy()
    return {family: measure_losses(label, to_probability(forward[family].to_numpy())) for family in FAMILIES}


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
