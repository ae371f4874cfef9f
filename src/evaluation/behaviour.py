"""What leads' behaviour is worth: by age, without e-mail opens, and with which half-life."""

import math
import re
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from src.evaluation.refits import measure_difference, measure_probabilities, share_refits
from src.features.catalogue import Metric
from src.models.folds import ForwardFold, list_forward_folds
from src.models.forward import run_together
from src.models.measures import compare_losses, draw_weights, measure_losses, to_probability
from src.models.saved import SavedModel
from src.params import Model, Params

GUESSED_HALF_LIFE = 7.0
"""Days: what people guess, and so what the other half-lives are compared with."""

DECAYED = re.compile(r"^decayed_.*_(?P<days>[\d.]+)d$")
SPAN = re.compile(r"_(trend|[\d.]+d)$")
"""How the names of what looks back over a time of its own end."""

OPENED = "email_opened"
BY_PEOPLE = "e-mail"
"""The group of the metrics that leave false opens and clicks out."""


def measure_parts_by_age(
    parts: dict[str, np.ndarray], test: pd.DataFrame, params: Params
) -> dict[str, dict[str, dict[str, float]]]:
    """Return what explicit and implicit metrics give at each age of a lead.

    Parameters
    ----------
    parts : dict of str to ndarray
        The test probabilities ``explicit``, ``implicit`` and ``both``.
    test : DataFrame
        ``label, person, age, age_days``.
    params : Params

    Returns
    -------
    dict of str to dict
        By age, in their order: of each part ``roc_auc`` and ``log_loss``; under ``gain`` the log
        loss of explicit metrics alone less that of both, with its interval.
    """
    figures = {}
    for age in test.groupby("age_days", dropna=False)["age"].first():
        at_age = (test["age"] == age).to_numpy()
        label = test.loc[at_age, "label"].to_numpy()
        figures[age] = {part: measure_probabilities(label, p[at_age]) for part, p in parts.items()}
        weights = draw_weights(test.loc[at_age, "person"], params.evaluation.bootstrap, params.model.seed)
        explicit, both = (measure_losses(label, parts[part][at_age]) for part in ("explicit", "both"))
        figures[age]["gain"] = measure_difference(explicit - both, weights, params.evaluation.confidence)
    return figures


def list_opens(catalogue: list[Metric]) -> dict[str, set[str]]:
    """Return the metrics of e-mail opens to do without, so that they show what opens are worth.

    Returns
    -------
    dict of str to set of str
        ``without_false``: the metrics that count opens by machines as well, and ``without_any``: all
        that come from opens. Empty where the source has no opens. Counts over all kinds of activity
        are not among them; they hold opens too.
    """
    opens = [metric for metric in catalogue if is_of_opens(metric)]
    if not opens:
        return {}
    return {
        "without_false": {metric.name for metric in opens if metric.group != BY_PEOPLE},
        "without_any": {metric.name for metric in opens},
    }


def is_of_opens(metric: Metric) -> bool:
    return metric.kind == "implicit" and OPENED in re.split(r"\W+", metric.origin)


def measure_half_lives(model: SavedModel, history: pd.DataFrame, params: Params) -> dict[str, Any]:
    """Return how well each half-life alone predicts the history's forward rows.

    The champion's family is fitted with the decayed counts of one half-life, and without any count
    in a window, which would stand in for the others. The test has no part in it: half-lives are a choice.

    Returns
    -------
    dict
        ``guessed``: the half-life (days) nearest to what people guess; ``rows``: how many were
        predicted; ``half_lives``: of each ``roc_auc``, ``log_loss`` and ``loss_difference``, its
        log loss less that of the guessed one, with an interval whose error is clustered by person.
        Empty where fewer than two half-lives are known.
    """
    half_lives = find_half_lives(model.catalogue)
    folds = list_forward_folds(history, params.folds.cuts)
    if len(half_lives) < 2 or not folds:
        return {}
    predicted = history[np.logical_or.reduce([fold.predict for fold in folds])]
    catalogues = [keep_half_life(model.catalogue, half_life) for half_life in half_lives]
    # The last fold has most to learn from: begun first, no core waits for it at the end.
    fits = [partial(predict_fold, model, history, fold, catalogues, params.model) for fold in reversed(folds)]
    log_odds = np.concatenate(run_together(fits, params.model.threads)[::-1], axis=1)
    label = predicted["label"].to_numpy()
    p = {half_life: to_probability(z) for half_life, z in zip(half_lives, log_odds, strict=True)}
    guessed = min(half_lives, key=lambda half_life: abs(math.log(half_life / GUESSED_HALF_LIFE)))
    return {
        "guessed": guessed,
        "rows": len(predicted),
        "half_lives": compare_half_lives(label, p, guessed, predicted["person"], params.evaluation.confidence),
    }


def predict_fold(
    model: SavedModel, history: pd.DataFrame, fold: ForwardFold, catalogues: list[list[Metric]], params: Model
) -> np.ndarray:
    """Return the log-odds of a fold's rows by the family fitted on each of the catalogues, shape (catalogues, rows)."""
    return np.array(share_refits(model, history[fold.fit], history[fold.predict], params)(catalogues))


def find_half_lives(catalogue: list[Metric]) -> list[float]:
    """Return the half-lives (days) of the catalogue's decayed counts, the shortest first."""
    found = [DECAYED.match(metric.name) for metric in catalogue if metric.kind == "implicit"]
    return sorted({float(match["days"]) for match in found if match})


def keep_half_life(catalogue: list[Metric], half_life: float) -> list[Metric]:
    """Return the metrics without counts in windows and without those that decay with another half-life."""

    def is_kept(metric: Metric) -> bool:
        decayed = DECAYED.match(metric.name)
        return float(decayed["days"]) == half_life if decayed else not SPAN.search(metric.name)

    return [metric for metric in catalogue if metric.kind != "implicit" or is_kept(metric)]


def compare_half_lives(
    label: np.ndarray, p: dict[float, np.ndarray], guessed: float, person: pd.Series, confidence: float
) -> dict[str, dict[str, float]]:
    """Return the figures of each half-life's probabilities beside those of the `guessed` one."""
    z = ndtri((1 + confidence) / 2)
    reference = measure_losses(label, p[guessed])
    figures = {}
    for half_life, values in p.items():
        difference, error = compare_losses(measure_losses(label, values), reference, person)
        figures[f"{half_life:g}"] = {
            **measure_probabilities(label, values),
            "loss_difference": difference,
            "loss_difference_low": difference - z * error,
            "loss_difference_high": difference + z * error,
        }
    return figures
