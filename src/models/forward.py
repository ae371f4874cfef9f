"""Forward predictions within the history: each candidate as it would have been run at the time."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from src.features.catalogue import Metric
from src.models.candidates import (
    Booster,
    Fitted,
    choose_rounds,
    finish_booster,
    fit_base_rate,
    fit_logistic,
    train_booster,
)
from src.models.folds import ForwardFold
from src.params import Model

FORWARD_COLUMNS = ("lead_id", "person", "sequence", "snapshot_at", "age", "label", "label_known_at")


def predict_forward(
    history: pd.DataFrame, folds: list[ForwardFold], catalogue: list[Metric], params: Model
) -> tuple[pd.DataFrame, int]:
    """Return the forward log-odds of every candidate and the rounds that boosting needs.

    Parameters
    ----------
    history : DataFrame
        Rows of the history with their features, in order of creation.
    folds : list of ForwardFold
    catalogue : list of Metric
        The features to use.
    params : Model

    Returns
    -------
    forward : DataFrame
        The predicted rows: `FORWARD_COLUMNS`, ``fold`` (its number), ``fold_from`` (time it
        began) and a column of log-odds for each family of candidates.
    rounds : int
        The number of trees with the lowest loss over all the predicted rows.
    """
    tasks = []
    for number, fold in enumerate(folds):
        logging.info("forward fold %d: fit on %d rows, predict %d", number + 1, fold.fit.sum(), fold.predict.sum())
        fit, predict = history[fold.fit], history[fold.predict]
        tasks += [
            partial(train_until, fit, predict, catalogue, params),
            partial(fit_family, "logistic", fit, catalogue, params),
        ]
    fitted = run_together(tasks, params.threads)
    boosters, logistics = fitted[::2], fitted[1::2]
    rounds = choose_rounds([booster.curve for booster in boosters], [int(fold.predict.sum()) for fold in folds])
    parts = []
    for number, fold in enumerate(folds):
        fit, predict = history[fold.fit], history[fold.predict]
        part = predict[list(FORWARD_COLUMNS)].assign(fold=number, fold_from=predict["created_at"].min())
        part["base_rate"] = fit_family("base_rate", fit, catalogue, params).predict(predict)
        part["logistic"] = logistics[number].predict(predict)
        part["boosting"] = predict_with(boosters[number], predict, rounds)
        parts.append(part)
    return pd.concat(parts, ignore_index=True), rounds


def train_until(fit: pd.DataFrame, later: pd.DataFrame, catalogue: list[Metric], params: Model) -> Booster:
    """Train trees on the rows `fit` until the loss on the `later` rows no longer falls."""
    label, later_label = fit["label"].to_numpy(), later["label"].to_numpy()
    return train_booster(fit, label, catalogue, params, params.boosting.max_rounds, (later, later_label))


def predict_with(booster: Booster, rows: pd.DataFrame, rounds: int) -> np.ndarray:
    # A booster that stopped before `rounds` has only the trees it has.
    return booster.predict(rows, min(rounds, len(booster.curve)))


def fit_family(family: str, rows: pd.DataFrame, catalogue: list[Metric], params: Model, rounds: int = 0) -> Fitted:
    """Fit a candidate of one of the families on `rows`; `rounds` is the number of trees of boosting."""
    label = rows["label"].to_numpy()
    if family == "base_rate":
        return fit_base_rate(label)
    if family == "logistic":
        return fit_logistic(rows, label, catalogue, params)
    return finish_booster(train_booster(rows, label, catalogue, params, rounds))


def run_together(fits: list[Callable[[], Any]], threads: int) -> list[Any]:
    """Return the results of the `fits`, run at the same time, each on a thread of its own.

    No fit uses more than one thread itself, so that their number changes no result: sums are
    always taken in the same order.
    """
    # What is imported only inside a fit would escape the limit.
    import sklearn.linear_model  # noqa: F401
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1), ThreadPoolExecutor(threads) as pool:
        return [running.result() for running in [pool.submit(fit) for fit in fits]]
