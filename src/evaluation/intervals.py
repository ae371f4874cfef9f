"""How wide the probabilities' intervals are and, where the truth is known, how often they hold it."""

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from src.models.measures import to_log_odds, to_probability

BANDS = (0.0, 0.05, 0.1, 0.2, 0.4, 1.0)
"""Ends of the bands of probability: a rare conversion doubles from one to the next."""


def measure_intervals(predictions: pd.DataFrame, confidence: float) -> dict[str, Any]:
    """Return the width of the intervals and their coverage of the true probability.

    Parameters
    ----------
    predictions : DataFrame
        ``probability, age, sampling_error, form_error, probability_low, probability_high`` and
        ``true_probability``, which is missing where the source does not know it.
    confidence : float
        The nominal coverage.

    Returns
    -------
    dict
        ``confidence``, ``form_error`` and ``sampling_error`` (medians, in log-odds), ``rows``,
        ``median_width`` and the same two under ``bands``, each ``from`` one probability ``to``
        the next, and ``by_age``. Where the truth is known also ``coverage``, overall and by band, and ``error``
        (see `measure_error`).
    """
    is_known = bool(len(predictions)) and predictions["true_probability"].notna().all()
    band = np.digitize(predictions["probability"], BANDS[1:-1])
    figures = {
        "confidence": confidence,
        "form_error": float(predictions["form_error"].median()),
        "sampling_error": float(predictions["sampling_error"].median()),
        **measure_rows(predictions, is_known),
        "bands": [
            {"from": low, "to": high, **measure_rows(predictions[band == number], is_known)}
            for number, (low, high) in enumerate(pairwise(BANDS))
            if (band == number).any()
        ],
        "by_age": {age: measure_rows(rows, is_known) for age, rows in predictions.groupby("age", sort=False)},
    }
    return figures | ({"error": measure_error(predictions)} if is_known else {})


def measure_rows(rows: pd.DataFrame, is_known: bool) -> dict[str, float]:
    low, high = rows["probability_low"], rows["probability_high"]
    figures = {"rows": len(rows), "median_width": float((high - low).median())}
    return figures | ({"coverage": float(rows["true_probability"].between(low, high).mean())} if is_known else {})


def measure_error(predictions: pd.DataFrame) -> dict[str, float]:
    """Return how far the probabilities are from the truth, and how much of that the intervals knew of.

    Returns
    -------
    dict of str to float
        ``log_odds``: root mean square of the distance to the truth; ``share_of_sampling`` and
        ``share_of_form``: of its square, what refits on other persons and what the other family
        foretold; ``coverage_of_sampling``: the coverage with the first alone. What is left, the
        model cannot see.
    """
    log_odds = to_log_odds(predictions["probability"].to_numpy())
    truth = predictions["true_probability"].to_numpy()
    sampling, form_error = predictions["sampling_error"].to_numpy(), predictions["form_error"].to_numpy()
    square = np.mean((to_log_odds(truth) - log_odds) ** 2)
    half_width = (to_log_odds(predictions["probability_high"].to_numpy()) - log_odds) * (
        sampling / np.hypot(sampling, form_error)
    )
    low, high = to_probability(log_odds - half_width), to_probability(log_odds + half_width)
    return {
        "log_odds": float(np.sqrt(square)),
        "share_of_sampling": float(np.mean(sampling**2) / square),
        "share_of_form": float(np.mean(form_error**2) / square),
        "coverage_of_sampling": float(np.mean((low <= truth) & (truth <= high))),
    }
