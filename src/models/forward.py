"""Forward predictions within the history: each candidate as it would have been run at the time."""

import logging

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
    parts, boosters = [], []
    for number, fold in enumerate(folds):
        fit, predict = history[fold.fit], history[fold.predict]
        label = fit["label"].to_numpy()
        logging.info("forward fold %d: fit on %d rows, predict %d", number + 1, len(fit), len(predict))
        later = (predict, predict["label"].to_numpy())
        boosters.append(train_booster(fit, label, catalogue, params, params.boosting.max_rounds, later))
        part = predict[list(FORWARD_COLUMNS)].assign(fold=number, fold_from=predict["created_at"].min())
        part["base_rate"] = fit_base_rate(label).predict(predict)
        part["logistic"] = fit_logistic(fit, label, catalogue, params).predict(predict)
        parts.append(part)
    rounds = choose_rounds([booster.curve for booster in boosters], [len(part) for part in parts])
    for part, booster, fold in zip(parts, boosters, folds, strict=True):
        part["boosting"] = predict_with(booster, history[fold.predict], rounds)
    return pd.concat(parts, ignore_index=True), rounds


def predict_with(booster: Booster, rows: pd.DataFrame, rounds: int) -> np.ndarray:
    # A booster that stopped before `rounds` has only the trees it has.
    return booster.predict(rows, min(rounds, len(booster.curve)))


def fit_family(family: str, rows: pd.DataFrame, catalogue: list[Metric], params: Model, rounds: int) -> Fitted:
    """Fit a candidate of one of the families on `rows`."""
    label = rows["label"].to_numpy()
    if family == "base_rate":
        return fit_base_rate(label)
    if family == "logistic":
        return fit_logistic(rows, label, catalogue, params)
    return finish_booster(train_booster(rows, label, catalogue, params, rounds))
