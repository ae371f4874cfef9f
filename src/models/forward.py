"""Forward predictions within the history: each candidate as it would have been run at the time."""

import logging
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from src.features.catalogue import Metric
from src.files import write_json
from src.models.candidates import (
    FAMILIES,
    Booster,
    Fitted,
    FittedLogistic,
    build_tree_data,
    choose_rounds,
    fit_base_rate,
    fit_boosting,
    fit_logistic,
    fit_naive_bayes,
    fit_newest,
    fit_points,
    narrow_search,
    train_booster,
)
from src.models.candidates.library import load_lightgbm
from src.models.checks import check_object, read_object
from src.models.encoding import CodedRows, code_metrics
from src.models.folds import ForwardFold
from src.models.manifest import write_manifest
from src.models.measures import compare_losses, measure_losses, to_probability
from src.params import Model, Trees
from src.strict import NotNegativeCount, Strict

FORWARD_COLUMNS = ("lead_id", "person", "sequence", "snapshot_at", "age", "age_days", "label", "label_known_at")
SEARCH = "search.json"

LONGER = 1.1
"""So many times the trees that were chosen are grown where a later step may choose to use more."""

CLEARLY = 2
"""Standard errors of the paired difference by which another size of trees must be better."""


@dataclass(frozen=True)
class Search:
    """What was tried of boosting on the forward rows, and what was chosen.

    Attributes
    ----------
    trees : Trees
        The size of the trees: the first of the search, or one that is clearly better.
    rounds : int
        Their number with the lowest forward loss.
    tried : list of dict
        Of each size ``num_leaves``, ``min_data_in_leaf``, ``rounds``, the forward ``log_loss``, and
        ``loss_difference``: that loss less the chosen one's, with its standard error, clustered by
        person, as ``loss_error``.
    """

    trees: Trees
    rounds: int
    tried: list[dict[str, float]]


def predict_forward(
    history: pd.DataFrame, folds: list[ForwardFold], catalogue: list[Metric], params: Model
) -> tuple[pd.DataFrame, Search]:
    """Return the forward log-odds of every candidate and what boosting was found to need.

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
        began), ``learned`` (rows its models were fitted on) and a column of log-odds for each family of candidates.
    search : Search
        The size and the number of trees that do best over all the predicted rows.
    """
    parts, tasks = [], []
    coded = code_metrics(history, catalogue)
    for number, fold in enumerate(folds):
        logging.info("forward fold %d: fit on %d rows, predict %d", number + 1, fold.fit.sum(), fold.predict.sum())
        fit, predict = history[fold.fit], history[fold.predict]
        began = {"fold": number, "fold_from": predict["created_at"].min(), "learned": len(fit)}
        parts.append(predict[list(FORWARD_COLUMNS)].assign(**began))
        known = coded.take(fold.fit)
        tasks += [
            partial(predict_family, family, fit, predict, catalogue, params, coded=known) for family in FAMILIES[:-1]
        ]
        tasks.append(partial(train_sizes, fit, predict, known, coded.take(fold.predict), params))
    # The last fold has most to learn from: begun first, no core waits for it at the end.
    done = run_together(tasks[::-1], params.threads)[::-1]
    forward = pd.concat(parts, ignore_index=True)
    for place, family in enumerate(FAMILIES[:-1]):
        forward[family] = np.concatenate(done[place :: len(FAMILIES)])
    boosters = [list(tried) for tried in zip(*done[len(FAMILIES) - 1 :: len(FAMILIES)], strict=True)]
    forward["boosting"], search = search_boosting(forward, boosters, [history[fold.predict] for fold in folds], params)
    return forward, search


def predict_family(
    family: str,
    fit: pd.DataFrame,
    later: pd.DataFrame,
    catalogue: list[Metric],
    params: Model,
    rounds: int = 0,
    coded: CodedRows | None = None,
) -> np.ndarray:
    """Return the log-odds of the `later` rows by a family fitted on the rows `fit` (see `fit_family`)."""
    return fit_family(family, fit, catalogue, params, rounds, coded=coded).predict(later)


def search_boosting(
    forward: pd.DataFrame, boosters: list[list[Booster]], predicted: list[pd.DataFrame], params: Model
) -> tuple[np.ndarray, Search]:
    """Return the forward log-odds of the chosen size of trees, and what was tried.

    The first size stays unless another one is clearly better: each size more is one more chance to be
    lucky, and what is lucky here would also win the comparison with simpler candidates.

    Parameters
    ----------
    forward : DataFrame
        ``label, person`` of all predicted rows.
    boosters : list of list of Booster
        For each size of trees of the search, those of each fold.
    predicted : list of DataFrame
        The predicted rows of each fold.
    params : Model
    """
    label, counts = forward["label"].to_numpy(), [len(rows) for rows in predicted]
    rounds = [choose_rounds([booster.curve for booster in tried], counts) for tried in boosters]
    log_odds = [
        np.concatenate([predict_with(booster, rows, count) for booster, rows in zip(tried, predicted, strict=True)])
        for tried, count in zip(boosters, rounds, strict=True)
    ]
    losses = [measure_losses(label, to_probability(values)) for values in log_odds]
    gains = [compare_losses(losses[0], loss, forward["person"]) for loss in losses]
    clear = [place for place, (gain, error) in enumerate(gains) if gain > CLEARLY * error]
    chosen = min(clear, key=lambda place: losses[place].mean(), default=0)
    tried = []
    for trees, count, loss in zip(params.boosting.search, rounds, losses, strict=True):
        difference, error = compare_losses(loss, losses[chosen], forward["person"])
        measured = {"log_loss": float(loss.mean()), "loss_difference": difference, "loss_error": error}
        tried.append(trees.model_dump() | {"rounds": count} | measured)
    return log_odds[chosen], Search(params.boosting.search[chosen], rounds[chosen], tried)


def train_sizes(
    fit: pd.DataFrame, predict: pd.DataFrame, known: CodedRows, later: CodedRows, params: Model
) -> list[Booster]:
    """Train trees of each size on the rows `fit` until the loss on the rows to `predict` no longer falls.

    `known` and `later` are the features of the two. Bins are cut once for all sizes.
    """
    data = build_tree_data(fit, known, params)
    judged = data.encoding.encode(later), predict["label"].to_numpy()
    return [
        train_booster(data, narrow_search(params, trees), params.boosting.max_rounds, judged)
        for trees in params.boosting.search
    ]


def predict_with(booster: Booster, rows: pd.DataFrame, rounds: int) -> np.ndarray:
    # A booster that stopped before `rounds` has only the trees it has.
    return booster.predict(rows, min(rounds, len(booster.curve)))


def fit_family(
    family: str,
    rows: pd.DataFrame,
    catalogue: list[Metric],
    params: Model,
    rounds: int = 0,
    start: Fitted | None = None,
    coded: CodedRows | None = None,
) -> Fitted:
    """Fit a candidate of one of the families on `rows`.

    Boosting has `rounds` trees of the search's first size: narrow the parameters to the one that
    was chosen with `narrow_search`. A regression may `start` from one fitted before (`fit_columns`).
    `coded` are the features of the same rows, where they have been read before.
    """
    start = start if isinstance(start, FittedLogistic) else None
    label = rows["label"].to_numpy()
    fits: dict[str, Callable[[], Fitted]] = {
        "base_rate": lambda: fit_base_rate(label),
        "newest": lambda: fit_newest(rows, label),
        "points": lambda: fit_points(rows, label, catalogue, params.points),
        "naive_bayes": lambda: fit_naive_bayes(rows, label, catalogue, params.min_category_leads, coded),
        "logistic": lambda: fit_logistic(rows, label, catalogue, params, start, coded),
        "boosting": lambda: fit_boosting(rows, coded or code_metrics(rows, catalogue), params, rounds),
    }
    return fits[family]()


def fit_families(history: pd.DataFrame, catalogue: list[Metric], search: Search, params: Model) -> dict[str, Fitted]:
    """Fit every family on the whole history, once for all that ask what it would have said.

    Boosting has the size of trees that was chosen and some more than were (`LONGER`): take as many as are needed.
    """
    history = history.sort_values(["sequence", "snapshot_at"], kind="stable", ignore_index=True)
    settings, longest = narrow_search(params, search.trees), count_longest(search.rounds, params)
    # The slowest, which come last, begin first, so that the others fill the gaps.
    coded = code_metrics(history, catalogue)
    fits = [
        partial(fit_family, family, history, catalogue, settings, longest, coded=coded) for family in reversed(FAMILIES)
    ]
    return dict(zip(FAMILIES, reversed(run_together(fits, params.threads)), strict=True))


def count_longest(rounds: int, params: Model) -> int:
    """Return how many trees are grown where a later choice among their numbers may take more than `rounds`."""
    return max(min(math.ceil(rounds * LONGER), params.boosting.max_rounds), rounds)


def run_together(fits: list[Callable[[], Any]], threads: int) -> list[Any]:
    """Return the results of the `fits`, run at the same time, each on a thread of its own.

    No fit uses more than one thread itself, so that their number changes no result: sums are
    always taken in the same order.
    """
    # What is loaded only inside a fit would escape the limit.
    load_lightgbm()
    # OpenMP's limit holds for one thread alone, so that each sets its own.
    each = partial(threadpool_limits, limits=1)
    with threadpool_limits(limits=1), ThreadPoolExecutor(threads, initializer=each) as pool:
        return [running.result() for running in [pool.submit(fit) for fit in fits]]


class SearchFile(Strict):
    trees: Trees
    rounds: NotNegativeCount
    tried: list[dict[str, float]]


def save_search(search: Search, folder: Path) -> None:
    """Write what was tried and chosen beside the model in `folder`."""
    write_json(asdict(search) | {"trees": search.trees.model_dump()}, folder / SEARCH)
    write_manifest(folder)


def load_search(folder: Path) -> Search:
    saved = read_object(folder / SEARCH)
    check_object(SearchFile, saved, folder / SEARCH)
    return Search(Trees.model_validate(saved["trees"]), saved["rounds"], saved["tried"])
