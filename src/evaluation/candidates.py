"""The candidates side by side: forward in time, on the test fold, and as a random split would show them."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from src.evaluation.refits import measure_difference, measure_probabilities
from src.features.catalogue import Metric
from src.models.candidates import FAMILIES, Fitted, FittedAverage, narrow_search, take_rounds
from src.models.champion import list_log_odds, measure_families, measure_power
from src.models.encoding import code_metrics
from src.models.forward import Search, predict_family, run_together
from src.models.measures import (
    Ranking,
    compare_losses,
    draw_weights,
    find_interval,
    measure_log_loss,
    measure_losses,
    to_probability,
)
from src.models.saved import SavedModel
from src.params import Model, Params


def measure_candidates(
    model: SavedModel,
    families: dict[str, Fitted],
    search: Search,
    forward: pd.DataFrame,
    history: pd.DataFrame,
    test: pd.DataFrame,
    params: Params,
) -> dict[str, Any]:
    """Return what each family of candidates is worth, on whatever rows one may look at it.

    Parameters
    ----------
    model : SavedModel
        The calibrated champion.
    families : dict of str to Fitted
        Every family as it was fitted on the whole history (`load_families`).
    search : Search
        What boosting was found to need (`load_search`).
    forward : DataFrame
        The forward rows of the history: ``lead_id, person, label``, each family's log-odds and the
        champion's ``probability``.
    history, test : DataFrame
        What is learned from and what is measured.
    params : Params

    Returns
    -------
    dict
        ``forward`` and ``test``: see `measure_side_by_side`, each family before calibration; on the
        test as it was fitted on the whole history. ``random``: the same for a random split of the same
        leads, see `measure_random_split`. ``best_on_test``: the family with the lowest log loss there,
        and ``champion_difference``: the champion's loss less its, before calibration, with interval.
        ``search``: see `Search`. ``can_tell``: see `measure_can_tell`.
    """
    settings = narrow_search(params.model, search.trees)
    aged = model.limit_age(test)
    z = {family: take_rounds(fitted, search.rounds).predict(aged) for family, fitted in families.items()}
    z |= average_members(model, z)
    on_test = measure_side_by_side(test, z, model.family, params)
    best = min(on_test, key=lambda family: on_test[family]["log_loss"])
    share = test["lead_id"].nunique() / (history["lead_id"].nunique() + test["lead_id"].nunique())
    return {
        "forward": measure_side_by_side(forward, list_log_odds(forward, model.family), model.family, params),
        "test": on_test,
        "best_on_test": best,
        "champion_difference": turn_difference(on_test[best]),
        "random": measure_random_split(
            pd.concat([history, test], ignore_index=True), share, model, settings, search.rounds
        ),
        "search": asdict(search) | {"trees": search.trees.model_dump()},
        "can_tell": measure_can_tell(model, forward, test, params),
    }


def turn_difference(figures: dict[str, float]) -> dict[str, float]:
    """Return a paired difference with its interval as seen from the other side."""
    value, low, high = (figures[f"loss_difference{end}"] for end in ("", "_low", "_high"))
    # Not -0.0 where both are the same.
    return {"loss_difference": 0 - value, "loss_difference_low": 0 - high, "loss_difference_high": 0 - low}


def predict_families(
    families: Sequence[str],
    fit: pd.DataFrame,
    later: pd.DataFrame,
    catalogue: list[Metric],
    params: Model,
    rounds: int,
) -> dict[str, np.ndarray]:
    """Return the log-odds of the `later` rows by each of the `families` fitted on the rows `fit`."""
    # The slowest, which come last, begin first, so that the others fill the gaps.
    coded = code_metrics(fit, catalogue)
    fits = [
        partial(predict_family, family, fit, later, catalogue, params, rounds, coded) for family in reversed(families)
    ]
    return dict(zip(families, reversed(run_together(fits, params.threads)), strict=True))


def measure_side_by_side(
    rows: pd.DataFrame, log_odds: dict[str, np.ndarray], champion: str, params: Params
) -> dict[str, dict[str, float]]:
    """Return each family's figures on the same rows, resampled by person.

    Returns
    -------
    dict of str to dict
        By family ``roc_auc``, ``log_loss``, and ``loss_difference``: its loss less that of the
        `champion`'s family, paired; each with its interval.
    """
    evaluation, label = params.evaluation, rows["label"].to_numpy()
    weights = draw_weights(rows["person"], evaluation.bootstrap, params.model.seed)
    losses = {family: measure_losses(label, to_probability(z)) for family, z in log_odds.items()}
    return {
        family: measure_order_and_size(label, z, weights, evaluation.confidence)
        | measure_difference(losses[family] - losses[champion], weights, evaluation.confidence)
        for family, z in log_odds.items()
    }


def measure_order_and_size(
    label: np.ndarray, log_odds: np.ndarray, weights: np.ndarray, confidence: float
) -> dict[str, float]:
    """Return ROC-AUC and log loss with their intervals over the resamples' `weights`."""
    p, ones = to_probability(log_odds), np.ones(len(label))
    ranking, losses = Ranking(label, p), measure_losses(label, p)
    resampled = {
        "roc_auc": ranking.measure_roc_auc(weights),
        "log_loss": weights @ losses / weights.sum(axis=1),
    }
    figures = {"roc_auc": ranking.measure_roc_auc(ones), "log_loss": measure_log_loss(label, p, ones)}
    for name, values in resampled.items():
        ends = find_interval(values[~np.isnan(values)], confidence)
        figures[f"{name}_low"], figures[f"{name}_high"] = ends
    return figures


def measure_random_split(
    rows: pd.DataFrame, share: float, model: SavedModel, params: Model, rounds: int
) -> dict[str, Any]:
    """Return what a random split of the same leads would have shown, as a warning.

    Parameters
    ----------
    rows : DataFrame
        History and test together.
    share : float
        Share of the leads that are measured, drawn without a look at time; the others are learned from.
    model : SavedModel
        The champion, whose catalogue and weights are taken.
    params : Model
    rounds : int
        Trees of boosting.

    Returns
    -------
    dict
        By family ``roc_auc`` and ``log_loss``; under ``chosen`` the one with the lowest loss on this split.
    """
    leads = np.sort(rows["lead_id"].unique())
    drawn = np.random.default_rng(params.seed).permutation(leads)[: round(share * len(leads))]
    is_measured = rows["lead_id"].isin(drawn)
    fit, measured = rows[~is_measured], rows[is_measured]
    z = predict_families(FAMILIES, fit, measured, model.catalogue, params, rounds)
    z |= average_members(model, z)
    label = measured["label"].to_numpy()
    figures = {family: measure_probabilities(label, to_probability(values)) for family, values in z.items()}
    return {**figures, "chosen": min(figures, key=lambda family: figures[family]["log_loss"])}


def average_members(model: SavedModel, log_odds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the average of the families' log-odds as the champion weighs them; nothing where it is one of them."""
    if not isinstance(model.fitted, FittedAverage):
        return {}
    return {model.family: model.fitted.join(log_odds["logistic"], log_odds["boosting"])}


def measure_can_tell(model: SavedModel, forward: pd.DataFrame, test: pd.DataFrame, params: Params) -> dict[str, Any]:
    """Return how much so many conversions can tell.

    Returns
    -------
    dict
        ``forward`` and ``test``: see `measure_power`. ``needed``: conversions among the forward rows
        from which weights and slope are learned; ``is_enough``. ``rival``: the family that came next
        forward, and ``loss_margin``: half the interval of the difference of log losses to it there;
        smaller differences cannot be told from chance.
    """
    confidence = params.evaluation.confidence
    losses = measure_families(forward, model.family)
    rival = min((family for family in losses if family != model.family), key=lambda family: losses[family].mean())
    _, error = compare_losses(losses[model.family], losses[rival], forward["person"])
    on_forward = measure_power(forward, confidence)
    needed = params.model.min_forward_conversions
    return {
        "forward": on_forward,
        "test": measure_power(test.assign(probability=model.predict(test)), confidence),
        "needed": needed,
        "is_enough": on_forward["conversions"] >= needed,
        "rival": rival,
        "loss_margin": float(ndtri((1 + confidence) / 2) * error),
    }
