"""Whether the probabilities hold, part by part: by month, channel, age and band; and other calibrators beside."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from src.evaluation.explore import OTHER, UNKNOWN, keep_frequent, measure_interval
from src.evaluation.refits import measure_difference
from src.models.calibration import KINDS, fit_calibrator
from src.models.measures import TINY, bin_rows, draw_weights, find_interval, measure_losses, to_probability
from src.params import Evaluation

FEWEST_LEADS = 20
"""Groups of fewer leads are joined: of so few nothing can be said, and a rare value may point at a person."""

MOST_GROUPS = 8
"""So many of the most frequent groups are shown by their names."""

BAND_EDGES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
"""Where the bands of the probability begin, about twice as high each."""

OTHER_CALIBRATORS = ("isotonic", "venn_abers")
"""Shown for comparison alone: with them log-odds would no longer add up."""


def measure_calibration(
    predictions: pd.DataFrame,
    channel: pd.Series | None,
    forward: pd.DataFrame,
    chosen: str,
    params: Evaluation,
    seed: int,
) -> dict[str, Any]:
    """Return how well what was promised agrees with what happened, on the whole and part by part.

    Parameters
    ----------
    predictions : DataFrame
        The test rows: ``lead_id, person, created_at, age, age_days, label, probability``.
    channel : Series or None
        The channel of each of these rows, with the same index; None where it is no feature.
    forward : DataFrame
        The champion's forward predictions (`choose_calibrator`), of the history.
    chosen : str
        The kind of the champion's calibrator.
    params : Evaluation
    seed : int
        Of the resamples of persons.

    Returns
    -------
    dict
        ``all`` and ``curve`` (ten equal groups from the lowest probability to the highest): see
        `measure_cells`; ``cells``: the same by ``month`` and ``quarter`` of creation, ``channel``,
        ``age`` and ``band``, those that there are; ``fewest_conversions`` that a cell is judged by;
        ``assessable``, ``off`` and ``standing_out``: how many of these cells are judged, are off
        one by one, and are off even after so many looks (`mark_standing_out`);
        ``off_by_chance``: how many would be off one by one if every probability held;
        ``comparison``: see `compare_calibrators`.
    """
    parts = list_parts(predictions, channel)
    curve = pd.Series(bin_rows(predictions["probability"].to_numpy()), index=predictions.index).astype("category")
    whole = pd.Series("all", index=predictions.index, dtype="category")
    measured = measure_cells(predictions, {"all": whole, "curve": curve, **parts}, params, seed)
    cells = {name: measured[name] for name in parts}
    judged = [cell for part in cells.values() for cell in part if cell["verdict"] != "not_assessable"]
    return {
        "all": measured["all"][0],
        "curve": measured["curve"],
        "cells": cells,
        "fewest_conversions": params.assessable_conversions,
        "assessable": len(judged),
        "off": sum(cell["verdict"] != "holds" for cell in judged),
        "standing_out": sum(cell["stands_out"] for cell in judged),
        "off_by_chance": len(judged) * (1 - params.confidence),
        "comparison": compare_calibrators(forward, chosen, params, seed),
    }


def list_parts(predictions: pd.DataFrame, channel: pd.Series | None) -> dict[str, pd.Series]:
    """Return the cell of each row by month and quarter of creation, channel, age and band, as ordered categories."""
    parts = {}
    if predictions["created_at"].notna().all():
        months = predictions["created_at"].dt
        parts["month"] = months.strftime("%Y-%m").astype("category")
        # Few months hold enough conversions to be judged.
        parts["quarter"] = (months.year.astype("str") + "-Q" + months.quarter.astype("str")).astype("category")
    if channel is not None:
        parts["channel"] = join_rare(channel, predictions["lead_id"])
    ages = predictions[["age", "age_days"]].drop_duplicates().sort_values("age_days")["age"]
    if len(ages) > 1:
        parts["age"] = pd.Series(pd.Categorical(predictions["age"], ages), index=predictions.index)
    parts["band"] = cut_bands(predictions["probability"])
    return parts


def cut_bands(probability: pd.Series) -> pd.Series:
    """Return the band each probability lies in, as ``<from>-<below>``."""
    edges = [0.0, *BAND_EDGES, 1.0]
    names = [f"{low:g}-{high:g}" for low, high in pairwise(edges)]
    codes = np.searchsorted(BAND_EDGES, probability.to_numpy(), side="right")
    return pd.Series(pd.Categorical.from_codes(codes, names), index=probability.index).cat.remove_unused_categories()


def join_rare(values: pd.Series, lead: pd.Series, most: int = MOST_GROUPS) -> pd.Series:
    """Return values with rare ones joined, the most frequent first, then all others and those without any.

    Parameters
    ----------
    values : Series of str
        One a row; the same for all rows of a lead.
    lead : Series of str
        The rows' leads, which are counted.

    Returns
    -------
    Series of category
        No group but the last has fewer than `FEWEST_LEADS` leads, unless there is no other.
    """
    of_leads = values[~lead.duplicated()].astype("str").fillna(UNKNOWN)
    groups = keep_frequent(of_leads, most, FEWEST_LEADS)
    sizes = groups.value_counts(sort=False)
    named = sorted(set(sizes.index) - {OTHER}, key=lambda name: (-sizes[name], name))
    # Too few others would still point at somebody: the least frequent of the named join them.
    while named and 0 < len(of_leads) - sizes[named].sum() < FEWEST_LEADS:
        named.pop()
    filled = values.astype("str").fillna(UNKNOWN)
    order = [*(name for name in named if name != UNKNOWN), OTHER, *([UNKNOWN] if UNKNOWN in named else [])]
    joined = pd.Categorical(filled.where(filled.isin(named), OTHER), order)
    return pd.Series(joined, index=values.index).cat.remove_unused_categories()


def measure_cells(
    rows: pd.DataFrame, parts: dict[str, pd.Series], params: Evaluation, seed: int
) -> dict[str, list[dict[str, Any]]]:
    """Return for each cell of each of the `parts` what was promised and what happened.

    Parameters
    ----------
    rows : DataFrame
        ``lead_id, person, label, probability``.
    parts : dict of str to Series of category
        The cell of each row, none missing, all with the index of `rows`.
    params : Evaluation
    seed : int

    Returns
    -------
    dict of str to list of dict
        Of each cell, in the order of the categories: ``name``, ``n`` (rows), ``leads``,
        ``converted_leads``, ``mean_probability``, ``base_rate`` with its interval,
        ``observed_to_expected`` (O:E, conversions for each one promised) with its interval,
        resampled by person, ``verdict`` (`judge_cell`) and ``stands_out`` (`mark_standing_out`,
        over all `parts`).
    """
    person = pd.factorize(rows["person"])[0]
    weights = draw_weights(pd.Series(range(person.max() + 1)), params.bootstrap, seed)
    cells, found = [], {}
    for name, cell in parts.items():
        figures, gaps = measure_part(rows, cell, person, weights, params)
        found[name] = figures
        cells += list(zip(figures, gaps.T, strict=True))
    judged = [(cell, gaps) for cell, gaps in cells if cell["verdict"] != "not_assessable"]
    marks = mark_standing_out([gaps for _, gaps in judged], params.confidence)
    for (cell, _), stands_out in zip(judged, marks, strict=True):
        cell["stands_out"] = stands_out
    return found


def measure_part(
    rows: pd.DataFrame, cell: pd.Series, person: np.ndarray, weights: np.ndarray, params: Evaluation
) -> tuple[list[dict[str, Any]], np.ndarray]:
    """Return the figures of the cells of one part (`measure_cells`) and their gaps.

    Parameters
    ----------
    person : ndarray of int
        The number of each row's person.
    weights : ndarray, shape (resamples, persons)

    Returns
    -------
    figures : list of dict
    gaps : ndarray, shape (1 + resamples, cells)
        Rate less mean probability, first of the rows themselves, then of each resample.
    """
    codes, names = cell.cat.codes.to_numpy(), list(cell.cat.categories)

    def add_up(values: np.ndarray) -> np.ndarray:
        place = person * len(names) + codes
        by_person = np.bincount(place, values, weights.shape[1] * len(names)).reshape(-1, len(names))
        return np.vstack([by_person.sum(axis=0), weights @ by_person])

    label, p = rows["label"].to_numpy(float), rows["probability"].to_numpy(float)
    count, observed, expected = add_up(np.ones(len(rows))), add_up(label), add_up(p)
    # A resample may leave a small cell out.
    with np.errstate(invalid="ignore"):
        rate, mean = observed / count, expected / count
    units = pd.DataFrame({"cell": codes, "lead": rows["lead_id"].to_numpy(), "person": person})
    leads, persons = (units.groupby("cell")[name].nunique() for name in ("lead", "person"))
    converted = units[label > 0].groupby("cell")["lead"].nunique().reindex(leads.index, fill_value=0)
    figures = [
        {"name": str(name), "n": int(count[0, at]), "leads": int(leads[at]), "converted_leads": int(converted[at])}
        | summarise_cell(rate[:, at], mean[:, at], int(converted[at]), int(persons[at]), params)
        for at, name in enumerate(names)
    ]
    return figures, rate - mean


def summarise_cell(
    rate: np.ndarray, mean: np.ndarray, converted: int, persons: int, params: Evaluation
) -> dict[str, Any]:
    """Return what a cell promised, what happened, and the verdict; `rate` and `mean` probability, then resampled.

    Assessable it is by the leads that convert: a lead that does so at five ages is one event. Where
    they are too few the resampled interval of the rate is too narrow, of none it has no width at
    all: there it is Wilson's, as if each person were one row, also for O:E.
    """
    is_assessable = converted >= params.assessable_conversions
    expected = max(float(mean[0]), TINY)
    if is_assessable:
        drawn = np.isfinite(rate[1:])
        low, high = find_interval(rate[1:][drawn], params.confidence)
        ratio_low, ratio_high = find_interval(rate[1:][drawn] / mean[1:][drawn], params.confidence)
    else:
        low, high = map(float, measure_interval(rate[0] * persons, persons, params.confidence))
        ratio_low, ratio_high = low / expected, high / expected
    return {
        "mean_probability": expected,
        "base_rate": float(rate[0]),
        "base_rate_low": low,
        "base_rate_high": high,
        "observed_to_expected": float(rate[0] / expected),
        "observed_to_expected_low": ratio_low,
        "observed_to_expected_high": ratio_high,
        "verdict": judge_cell(ratio_low, ratio_high) if is_assessable else "not_assessable",
        "stands_out": False,
    }


def judge_cell(low: float, high: float) -> str:
    """Return what the interval of O:E says of the probabilities: "holds", "too_low" or "too_high".

    >>> judge_cell(0.9, 1.1), judge_cell(1.02, 1.3), judge_cell(0.7, 0.98)
    ('holds', 'too_low', 'too_high')
    """
    return "too_low" if low > 1 else "too_high" if high < 1 else "holds"


def mark_standing_out(gaps: Sequence[np.ndarray], confidence: float) -> list[bool]:
    """Say of which cells the gap is larger than the largest of all of them would be by chance.

    Parameters
    ----------
    gaps : sequence of ndarray, shape (1 + resamples,)
        Of each cell: the gap itself, then its resamples.
    confidence : float

    Notes
    -----
    Resampled max-t (Westfall and Young, *Resampling-Based Multiple Testing*, 1993): cells overlap,
    and the resamples know how. If all probabilities held, any cell at all would stand out in
    ``1 - confidence`` of such tables.
    """
    if not gaps:
        return []
    table = np.array(gaps)
    error = np.maximum(np.nanstd(table[:, 1:], axis=1), TINY)
    # A resample that leaves a cell out says nothing of it.
    largest = np.nan_to_num(np.abs(table[:, 1:] - table[:, :1]) / error[:, None]).max(axis=0)
    return (np.abs(table[:, 0]) / error > np.quantile(largest, confidence)).tolist()


def compare_calibrators(forward: pd.DataFrame, chosen: str, params: Evaluation, seed: int) -> dict[str, Any]:
    """Return what each calibrator would have given forward in time, fitted on what was known and judged later.

    Parameters
    ----------
    forward : DataFrame
        ``fold, fold_from, label_known_at, label, log_odds, person``.
    chosen : str
        The kind that the others are compared with.

    Returns
    -------
    dict
        Nothing where no fold can be judged; else ``rows`` and ``conversions`` that judge, and
        ``calibrators``: of each ``name``, ``log_loss``, ``loss_difference`` (less the chosen
        one's, with its interval by person), and ``distinct`` of ``last_rows``: how many different
        probabilities it leaves in the last fold.
    """
    judged = [judge_fold(forward, rows) for _, rows in forward.groupby("fold")]
    judged = [fold for fold in judged if len(fold)]
    if not judged:
        return {}
    p = pd.concat(judged)
    rows = forward.loc[p.index]
    losses = {name: measure_losses(rows["label"].to_numpy(), p[name].to_numpy()) for name in p}
    weights = draw_weights(rows["person"], params.bootstrap, seed)
    calibrators = [
        {"name": name, "is_chosen": name == chosen, "log_loss": float(loss.mean())}
        | measure_difference(loss - losses[chosen], weights, params.confidence)
        | {"distinct": int(judged[-1][name].nunique())}
        for name, loss in losses.items()
    ]
    return {
        "rows": len(rows),
        "conversions": int(rows["label"].sum()),
        "last_rows": len(judged[-1]),
        "calibrators": calibrators,
    }


def judge_fold(forward: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the probabilities each calibrator gives the `rows` of a fold, fitted on what was known as it began.

    Without rows where not both classes were known.
    """
    known = forward[(forward["fold"] < rows["fold"].iloc[0]) & ~(forward["label_known_at"] > rows["fold_from"].iloc[0])]
    if known["label"].nunique() < 2:
        return pd.DataFrame(columns=[*KINDS, *OTHER_CALIBRATORS], dtype=float)
    label, log_odds, later = known["label"].to_numpy(), known["log_odds"].to_numpy(), rows["log_odds"].to_numpy()
    p = {kind: to_probability(fit_calibrator(kind, known).calibrate(later)) for kind in KINDS}
    p |= {
        "isotonic": predict_isotonic(label, log_odds, later),
        "venn_abers": predict_venn_abers(label, log_odds, later),
    }
    return pd.DataFrame(p, index=rows.index)


def predict_isotonic(label: np.ndarray, score: np.ndarray, later: np.ndarray) -> np.ndarray:
    """Return the isotonic regression at the `later` scores, linear between the known ones and level beyond them."""
    blocks = IsotonicBlocks(label, score)
    return np.interp(later, blocks.scores, blocks.list_values())


def predict_venn_abers(label: np.ndarray, score: np.ndarray, later: np.ndarray) -> np.ndarray:
    """Return the probabilities of `later` scores by inductive Venn-Abers calibration.

    Each later row is added to the known ones, once as not converted and once as converted, and the
    isotonic regression of both gives p0 and p1; the probability with the least regret in log loss
    is p1 / (1 - p0 + p1) (Vovk, Petej and Fedorova, *Large-scale probabilistic predictors*, 2015).
    """
    blocks = IsotonicBlocks(label, score)
    distinct, place = np.unique(later, return_inverse=True)
    p0, p1 = (blocks.fit_with(distinct, added) for added in (0.0, 1.0))
    return (p1 / (1 - p0 + p1))[place]


class IsotonicBlocks:
    """Known labels by score, from which the isotonic fit of one more row follows without fitting again.

    ``weight`` and ``total`` are rows and conversions before each distinct score; ``after`` and
    ``before`` say where the block of equal values ends that begins at a place in what follows it,
    and begins that ends there (pool adjacent violators, from the right and from the left).
    """

    def __init__(self, label: np.ndarray, score: np.ndarray):
        self.scores, place = np.unique(score, return_inverse=True)
        self.weight = np.append(0, np.cumsum(np.bincount(place))).tolist()
        self.total = np.append(0, np.cumsum(np.bincount(place, label))).tolist()
        last = len(self.scores)
        self.after, self.before = [last] * (last + 1), [0] * (last + 1)
        for at in reversed(range(last)):
            end = at + 1
            while end < last and self.average(end, self.after[end]) <= self.average(at, end):
                end = self.after[end]
            self.after[at] = end
        for at in range(1, last + 1):
            start = at - 1
            while start > 0 and self.average(self.before[start], start) >= self.average(start, at):
                start = self.before[start]
            self.before[at] = start

    def average(self, start: int, end: int) -> float:
        return (self.total[end] - self.total[start]) / (self.weight[end] - self.weight[start])

    def list_values(self) -> list[float]:
        """Return the value of isotonic regression at each distinct score."""
        values: list[float] = []
        while (at := len(values)) < len(self.scores):
            values += [self.average(at, self.after[at])] * (self.after[at] - at)
        return values

    def fit_with(self, scores: np.ndarray, added: float) -> np.ndarray:
        """Return the value of isotonic regression at each of the `scores` once a row there, labelled `added`, is in."""
        weight, total, after, before = map(np.array, (self.weight, self.total, self.after, self.before))
        start, end = (np.searchsorted(self.scores, scores, side) for side in ("left", "right"))
        going, values, last = np.arange(len(scores)), np.empty(len(scores)), len(self.scores)
        while len(going):
            # A block takes in its neighbour to the right, or else to the left, that is not on its side in order.
            first, until = start[going], end[going]
            own = (total[until] - total[first] + added) / (weight[until] - weight[first] + 1)
            values[going] = own
            beyond, prior = after[until], before[first]
            with np.errstate(invalid="ignore"):
                right = (total[beyond] - total[until]) / (weight[beyond] - weight[until])
                left = (total[first] - total[prior]) / (weight[first] - weight[prior])
            is_right = (until < last) & (right <= own)
            is_left = ~is_right & (first > 0) & (left >= own)
            end[going] = np.where(is_right, beyond, until)
            start[going] = np.where(is_left, prior, first)
            going = going[is_right | is_left]
        return values
