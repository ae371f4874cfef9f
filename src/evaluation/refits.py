"""The champion's family learned again on other metrics: what metrics are worth, before calibration."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from src.features.catalogue import Metric
from src.models.candidates.logistic import FittedLogistic, fit_columns, share_variance
from src.models.encoding import AGE, LinearEncoding, fit_linear_encoding
from src.models.forward import predict_family, run_together
from src.models.measures import (
    Ranking,
    draw_weights,
    find_interval,
    measure_log_loss,
    measure_losses,
    to_probability,
)
from src.models.newton import fit_parts, measure_curvature, predict_log_odds
from src.models.saved import SavedModel
from src.params import Model, Params

Refit = Callable[[Sequence[list[Metric]]], list[np.ndarray]]
"""From catalogues, parts of the champion's, to the log-odds of later rows by its family fitted on each."""

DIGITS = 10
"""Decimals of log-odds that are kept: far more than they are known to."""


@dataclass(frozen=True)
class SharedRows:
    """Rows that regressions on parts of the columns are fitted on, and later ones that they predict, encoded once.

    Attributes
    ----------
    encoding : LinearEncoding
        Of all columns.
    values, later_values : ndarray, shape (rows, columns)
    label : ndarray, shape (rows,)
    start : ndarray, shape (1 + columns,)
        Intercept and coefficients of the regression on all columns.
    curvature : ndarray, shape (1 + columns, 1 + columns)
        That of its loss (`measure_curvature`).
    """

    encoding: LinearEncoding
    values: np.ndarray
    later_values: np.ndarray
    label: np.ndarray
    start: np.ndarray
    curvature: np.ndarray


def share_refits(
    model: SavedModel, fit: pd.DataFrame, later: pd.DataFrame, params: Model, whole: FittedLogistic | None = None
) -> Refit:
    """Return what predicts the `later` rows by the champion's family fitted on parts of its metrics.

    Regressions share the encoded rows and one curvature, that of the `whole` regression: on all metrics of the
    rows `fit`, which is fitted where it is not given.
    """
    later = model.limit_age(later)
    if model.family != "logistic":
        return partial(predict_each, model, fit, later, params)
    label = fit["label"].to_numpy()
    encoding = whole.encoding if whole else fit_linear_encoding(fit, model.catalogue, params.min_category_leads)
    values = encoding.transform(fit, np.float32)
    whole = whole or fit_columns(encoding, values, label, params)
    start = np.array([whole.intercept, *whole.coefficients])
    with threadpool_limits(limits=1):
        curvature = measure_curvature(values, predict_log_odds(values, start))
    return partial(
        predict_shared, SharedRows(encoding, values, encoding.transform(later), label, start, curvature), params
    )


def predict_each(
    model: SavedModel, fit: pd.DataFrame, later: pd.DataFrame, params: Model, catalogues: Sequence[list[Metric]]
) -> list[np.ndarray]:
    """Return the log-odds of the later rows by the family fitted on each of the catalogues from the beginning."""
    fits = [
        partial(predict_family, model.family, fit, later, catalogue, params, model.rounds) for catalogue in catalogues
    ]
    return run_together(fits, params.threads)


def predict_shared(rows: SharedRows, params: Model, catalogues: Sequence[list[Metric]]) -> list[np.ndarray]:
    """Return the log-odds of the later rows by the regression on each of the catalogues."""
    names = [{metric.name for metric in catalogue} for catalogue in catalogues]
    origins = rows.encoding.list_origins()
    is_used = np.array([[origin in part for origin in origins] for part in names]).reshape(len(names), len(origins))
    penalties = np.array([1 / share_variance(max(count, 1), params) for count in is_used.sum(axis=1)])
    # One BLAS thread: sums are always taken in one order.
    with threadpool_limits(limits=1):
        found = fit_parts(rows.values, rows.label, is_used, penalties, rows.start, rows.curvature)
        # Rows that are alike stay so: a product of matrices may sum them in different orders.
        return list(np.round(predict_log_odds(rows.later_values, found.T).T, DIGITS))


def predict_champion(model: SavedModel, test: pd.DataFrame) -> np.ndarray:
    """Return the test probabilities of the champion itself, before calibration."""
    return to_probability(model.fitted.predict(model.limit_age(test)))


def measure_probabilities(label: np.ndarray, p: np.ndarray) -> dict[str, float]:
    """Return ROC-AUC and log loss."""
    ones = np.ones(len(label))
    return {"roc_auc": Ranking(label, p).measure_roc_auc(ones), "log_loss": measure_log_loss(label, p, ones)}


def predict_parts(model: SavedModel, test: pd.DataFrame, refit: Refit) -> dict[str, np.ndarray]:
    """Return the test probabilities of the family on explicit, on implicit and on both metrics.

    All three before calibration, so that they can be compared; each knows the lead's age.
    """
    explicit = [metric for metric in model.catalogue if metric.kind == "explicit"]
    implicit = [metric for metric in model.catalogue if metric.kind == "implicit" and metric.name != AGE.name]
    log_odds = refit([[AGE, *explicit], [AGE, *implicit]])
    predicted = {part: to_probability(z) for part, z in zip(("explicit", "implicit"), log_odds, strict=True)}
    return predicted | {"both": predict_champion(model, test)}


def measure_without(
    catalogue: list[Metric],
    test: pd.DataFrame,
    with_all: np.ndarray,
    left_out: dict[str, set[str]],
    refit: Refit,
    params: Params,
) -> dict[str, dict[str, float]]:
    """Return the test figures of the family learned again without some metrics.

    Parameters
    ----------
    catalogue : list of Metric
        The champion's.
    test : DataFrame
        What is measured.
    with_all : ndarray, shape (rows,)
        Its probabilities by the champion (`predict_champion`).
    left_out : dict of str to set of str
        The names of the metrics that each refit does without, by the name of the refit.
    refit : Refit
        What predicts the test (`share_refits`).
    params : Params

    Returns
    -------
    dict of str to dict
        Of each refit ``metrics`` (how many are left out), ``roc_auc``, ``log_loss`` and
        ``loss_difference``: the log loss without the metrics less that with them, with its
        interval, resampled by person.
    """
    kept = [[metric for metric in catalogue if metric.name not in names] for names in left_out.values()]
    label = test["label"].to_numpy()
    weights = draw_weights(test["person"], params.evaluation.bootstrap, params.model.seed)
    losses = measure_losses(label, with_all)
    figures = {}
    for name, log_odds in zip(left_out, refit(kept), strict=True):
        p = to_probability(log_odds)
        figures[name] = {
            "metrics": len(left_out[name]),
            **measure_probabilities(label, p),
            **measure_difference(measure_losses(label, p) - losses, weights, params.evaluation.confidence),
        }
    return figures


def measure_difference(difference: np.ndarray, weights: np.ndarray, confidence: float) -> dict[str, float]:
    """Return the mean of the rows' differences of losses, with its interval over the resamples' `weights`."""
    low, high = find_interval(weights @ difference / weights.sum(axis=1), confidence)
    return {
        "loss_difference": float(difference.mean()),
        "loss_difference_low": low,
        "loss_difference_high": high,
    }
