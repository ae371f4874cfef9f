"""The champion's family learned again on other metrics: what metrics are worth, before calibration."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd

from src.features.catalogue import Metric
from src.models.candidates.logistic import FittedLogistic, fit_columns
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
from src.models.saved import SavedModel
from src.params import Model, Params


def list_refits(
    model: SavedModel,
    fit: pd.DataFrame,
    later: pd.DataFrame,
    catalogues: Sequence[list[Metric]],
    params: Model,
    start: FittedLogistic | None = None,
) -> list[Callable[[], np.ndarray]]:
    """Return what gives the log-odds of the `later` rows by the champion's family fitted on each catalogue.

    All catalogues are parts of the model's. Regressions encode the rows once for all of them and may
    begin at the coefficients of `start`, a regression on all metrics of the same rows.
    """
    later = model.limit_age(later)
    if model.family != "logistic":
        return [
            partial(predict_family, model.family, fit, later, catalogue, params, model.rounds)
            for catalogue in catalogues
        ]
    encoding = fit_linear_encoding(fit, model.catalogue, params.min_category_leads)
    values, later_values = encoding.transform(fit, np.float32), encoding.transform(later)
    label = fit["label"].to_numpy()
    return [
        partial(
            predict_part, encoding, values, later_values, label, {metric.name for metric in catalogue}, params, start
        )
        for catalogue in catalogues
    ]


def predict_part(
    encoding: LinearEncoding,
    values: np.ndarray,
    later_values: np.ndarray,
    label: np.ndarray,
    names: set[str],
    params: Model,
    start: FittedLogistic | None,
) -> np.ndarray:
    """Return the log-odds of later rows by a regression on the columns of the features `names`."""
    is_kept = np.array([origin in names for origin in encoding.list_origins()], bool)
    fitted = fit_columns(encoding.select(names), values[:, is_kept], label, params, start)
    return fitted.predict_columns(later_values[:, is_kept])


def predict_champion(model: SavedModel, test: pd.DataFrame) -> np.ndarray:
    """Return the test probabilities of the champion itself, before calibration."""
    return to_probability(model.fitted.predict(model.limit_age(test)))


def measure_probabilities(label: np.ndarray, p: np.ndarray) -> dict[str, float]:
    """Return ROC-AUC and log loss."""
    ones = np.ones(len(label))
    return {"roc_auc": Ranking(label, p).measure_roc_auc(ones), "log_loss": measure_log_loss(label, p, ones)}


def predict_parts(
    model: SavedModel, history: pd.DataFrame, test: pd.DataFrame, params: Params
) -> dict[str, np.ndarray]:
    """Return the test probabilities of the family on explicit, on implicit and on both metrics.

    All three before calibration, so that they can be compared; each knows the lead's age.
    """
    explicit = [metric for metric in model.catalogue if metric.kind == "explicit"]
    implicit = [metric for metric in model.catalogue if metric.kind == "implicit" and metric.name != AGE.name]
    parts = {"explicit": [AGE, *explicit], "implicit": [AGE, *implicit]}
    refits = list_refits(model, history, test, list(parts.values()), params.model)
    log_odds = run_together(refits, params.model.threads)
    predicted = {part: to_probability(z) for part, z in zip(parts, log_odds, strict=True)}
    return predicted | {"both": predict_champion(model, test)}


def measure_without(
    model: SavedModel, history: pd.DataFrame, test: pd.DataFrame, left_out: dict[str, set[str]], params: Params
) -> dict[str, dict[str, float]]:
    """Return the test figures of the family learned again without some metrics.

    Parameters
    ----------
    model : SavedModel
    history, test : DataFrame
        What is learned from and what is measured.
    left_out : dict of str to set of str
        The names of the metrics that each refit does without, by the name of the refit.
    params : Params

    Returns
    -------
    dict of str to dict
        Of each refit ``metrics`` (how many are left out), ``roc_auc``, ``log_loss`` and
        ``loss_difference``: the log loss without the metrics less that with them, with its
        interval, resampled by person.
    """
    kept = [[metric for metric in model.catalogue if metric.name not in names] for names in left_out.values()]
    start = model.fitted if isinstance(model.fitted, FittedLogistic) else None
    refits = list_refits(model, history, test, kept, params.model, start)
    label = test["label"].to_numpy()
    weights = draw_weights(test["person"], params.evaluation.bootstrap, params.model.seed)
    with_all = measure_losses(label, predict_champion(model, test))
    figures = {}
    for name, log_odds in zip(left_out, run_together(refits, params.model.threads), strict=True):
        p = to_probability(log_odds)
        difference = measure_losses(label, p) - with_all
        figures[name] = {
            "metrics": len(left_out[name]),
            **measure_probabilities(label, p),
            **measure_difference(difference, weights, params.evaluation.confidence),
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
