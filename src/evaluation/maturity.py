"""How long conversions take: what a horizon catches, what waiting for it costs, and what is still undecided."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from src.data.sources import Objective, Source
from src.features.snapshots import CURRENT
from src.models.dataset import Moments, decide_moments
from src.models.measures import Ranking, draw_weights, find_interval
from src.params import Evaluation

DAY = pd.Timedelta(days=1)

POINTS = 121
"""Points of the curve that are kept: more would not be seen."""


@dataclass(frozen=True)
class ConversionCurve:
    """The share of all leads that had converted, at each distinct time (days) at which any did."""

    days: np.ndarray
    converted: np.ndarray

    def read(self, days: np.ndarray) -> np.ndarray:
        """Return the share that had converted by each of the `days`."""
        passed = np.searchsorted(self.days, days, side="right")
        return np.append(0.0, self.converted)[passed]

    def find_day(self, share: float) -> float:
        """Return the first time by which a `share` of all leads, which is reached, had converted."""
        return float(self.days[np.searchsorted(self.converted, share, side="left")])


def estimate_conversion_curve(
    duration_days: np.ndarray, has_converted: np.ndarray, weight: np.ndarray | None = None
) -> ConversionCurve:
    """Estimate the share of leads that convert within a time: one minus Kaplan and Meier (1958).

    Parameters
    ----------
    duration_days : ndarray, shape (leads,)
        Days until the conversion; of a lead without one, days until the end of the data. So that a
        lead closed as lost counts as one that does not convert, it stays among those who might have
        until then: as every lead's end of the data is known, this is the share among *all* leads,
        lost ones included (the cumulative incidence under the competing loss; Fine and Gray 1999).
    has_converted : ndarray of bool, shape (leads,)
    weight : ndarray, optional
        How often each lead counts in a resample.
    """
    weight = np.ones(len(duration_days)) if weight is None else weight
    days = np.unique(duration_days[has_converted])
    # How many of the times each lead was still watched at; who leaves at one of them counts there.
    watched = np.searchsorted(days, duration_days, side="right")
    converting = np.bincount(watched[has_converted] - 1, weight[has_converted], len(days))
    at_risk = weight.sum() - np.cumsum(np.bincount(watched, weight, len(days) + 1))[:-1]
    hazard = np.divide(converting, at_risk, out=np.zeros(len(days)), where=at_risk > 0)
    return ConversionCurve(days, 1 - np.cumprod(1 - hazard))


def measure_maturity(
    rows: pd.DataFrame,
    predictions: pd.DataFrame,
    outcomes: pd.DataFrame,
    source: Source,
    objective: Objective,
    params: Evaluation,
    seed: int,
) -> dict[str, Any]:
    """Return how long conversions take, what horizons catch and cost, and what the undecided could change.

    Parameters
    ----------
    rows : DataFrame
        The dataset of the objective: ``lead_id, person, snapshot_at, age, label, is_mature,
        label_known_at, is_quarantined``.
    predictions : DataFrame
        The test rows: ``lead_id, snapshot_at, probability``.
    outcomes : DataFrame
        The canonical outcomes.
    source, objective
        What they declare: the end of the data, the ages, the horizon.
    params : Evaluation
    seed : int
        Of the resamples of persons.

    Returns
    -------
    dict
        ``applicable`` (whether conversions have times), ``horizon_days`` (None where none is declared)
        and ``bounds`` (`bound_undecided`). If applicable also ``leads``, ``conversions``,
        ``followed_days`` (the median follow-up, to which the curve is read), ``curve`` (lists ``days``,
        ``converted``, ``low``, ``high``), ``recommended_days`` with its ends, ``caught_share`` (what it
        is recommended for), ``horizons`` (`tabulate_horizons`) and ``censored`` (`count_censored`).
    """
    rows = rows[(rows["age"] != CURRENT) & ~rows["is_quarantined"]]
    lead_id = rows["lead_id"].drop_duplicates()
    moments = decide_moments(lead_id, outcomes, objective, source.ages)
    figures = {"horizon_days": objective.horizon_days, "bounds": bound_undecided(rows, moments, source)}
    has_no_times = moments.converted_at[moments.has_converted].isna().any()
    first = rows[rows["age"] == source.ages[0]]
    if not source.is_dated() or has_no_times or not first["lead_id"].map(moments.has_converted).any():
        return {"applicable": False, **figures}
    as_of = source.get_as_of()
    converted_at = first["lead_id"].map(moments.converted_at)
    followed = ((as_of - first["snapshot_at"]) / DAY).to_numpy()
    has_converted = converted_at.notna().to_numpy()
    duration = np.where(has_converted, (converted_at - first["snapshot_at"]) / DAY, followed)
    weights = draw_weights(first["person"], params.bootstrap, seed)
    curves = [estimate_conversion_curve(duration, has_converted, w) for w in [None, *weights]]
    # In whole days, as horizons are; where conversions are later still, at least until the first.
    followed_days = max(math.floor(np.median(followed)), math.ceil(curves[0].days[0]))
    figures |= describe_curves(curves, followed_days, objective.horizon_days, params)
    horizons = tabulate_horizons(rows, moments.converted_at, as_of, figures["horizons"])
    order = measure_order(predictions, moments.converted_at, as_of, [horizon["days"] for horizon in horizons])
    return {
        "applicable": True,
        "leads": len(first),
        "conversions": int(has_converted.sum()),
        **figures,
        # By name, and not a list: what could not be computed is taken out of dictionaries.
        "horizons": {
            f"{horizon['days']:g}": horizon | {"roc_auc": auc} for horizon, auc in zip(horizons, order, strict=True)
        },
        "censored": count_censored(rows, moments),
    }


def describe_curves(
    curves: list[ConversionCurve], followed_days: int, horizon_days: float | None, params: Evaluation
) -> dict[str, Any]:
    """Return the first of the `curves`, its recommended horizon and what horizons catch, with intervals.

    The others are of resamples. Beyond the median follow-up fewer than half of the leads were watched,
    so the conversions that "will come" are those that come until then.
    """
    # What a resample without conversions leaves undefined is passed over.
    curves = curves[:1] + [curve for curve in curves[1:] if curve.read(followed_days) > 0]
    recommended = [math.ceil(curve.find_day(params.caught_share * curve.read(followed_days))) for curve in curves]
    listed = {*params.horizons_days, horizon_days, recommended[0]} - {None}
    days = np.array(sorted(day for day in listed if day <= followed_days))
    until = min(followed_days, 2.0 * max(days))
    grid = np.linspace(0, until, POINTS)
    drawn = [curve.read(grid) for curve in curves]
    ends = [find_interval(np.array(values), params.confidence) for values in zip(*drawn[1:], strict=True)]
    converted = [curve.read(days) for curve in curves]
    caught = [shares / curve.read(followed_days) for shares, curve in zip(converted, curves, strict=True)]
    low, high = find_interval(np.array(recommended[1:]), params.confidence)
    return {
        "followed_days": followed_days,
        "curve": {
            "days": round_all(grid),
            "converted": round_all(drawn[0]),
            "low": round_all([end[0] for end in ends]),
            "high": round_all([end[1] for end in ends]),
        },
        "caught_share": params.caught_share,
        "recommended_days": recommended[0],
        "recommended_days_low": low,
        "recommended_days_high": high,
        "horizons": [
            {
                "days": float(day),
                "is_declared": bool(day == horizon_days),
                "is_recommended": bool(day == recommended[0]),
            }
            | summarise("converted", [shares[n] for shares in converted], params.confidence)
            | summarise("caught", [shares[n] for shares in caught], params.confidence)
            for n, day in enumerate(days)
        ],
    }


def round_all(values: Any) -> list[float]:
    return [round(float(value), 6) for value in values]


def summarise(name: str, values: list[float], confidence: float) -> dict[str, float]:
    """Return the first value as `name` and the interval of the others, its resamples."""
    low, high = find_interval(np.array(values[1:]), confidence)
    return {name: float(values[0]), f"{name}_low": low, f"{name}_high": high}


def tabulate_horizons(
    rows: pd.DataFrame, converted_at: pd.Series, as_of: pd.Timestamp, horizons: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the `horizons` with how many snapshots each would leave ``mature`` and ``censored``.

    Also ``base_rate``: the share of the mature ones that converted within it, and ``conversions``,
    the leads that did. `converted_at` is by lead; snapshots of all ages count, as in training.
    """
    converts = rows["lead_id"].map(converted_at)
    tabulated = []
    for horizon in horizons:
        known_at = rows["snapshot_at"] + horizon["days"] * DAY
        is_mature = known_at <= as_of
        is_conversion = is_mature & (converts <= known_at)
        tabulated.append(
            horizon
            | {
                "mature": int(is_mature.sum()),
                "censored": int((~is_mature).sum()),
                "base_rate": float(is_conversion.sum() / is_mature.sum()) if is_mature.any() else None,
                "conversions": int(rows.loc[is_conversion, "lead_id"].nunique()),
            }
        )
    return tabulated


def measure_order(
    predictions: pd.DataFrame, converted_at: pd.Series, as_of: pd.Timestamp, days: list[float]
) -> list[float | None]:
    """Return the ROC-AUC of the model's probabilities for conversion within each of the horizons.

    All on the same test rows, those that are mature under the longest; None where these are of one class.
    The model is not fitted again: this says whether another horizon would put other leads first.
    """
    rows = predictions[predictions["snapshot_at"] + max(days) * DAY <= as_of]
    converts, p = rows["lead_id"].map(converted_at), rows["probability"].to_numpy()
    order = []
    for day in days:
        label = (converts <= rows["snapshot_at"] + day * DAY).to_numpy(float)
        order.append(Ranking(label, p).measure_roc_auc(np.ones(len(p))) if 0 < label.sum() < len(p) else None)
    return order


def count_censored(rows: pd.DataFrame, moments: Moments) -> dict[str, int]:
    """Return the snapshots (and their leads) whose label is not known yet, and what their leads have done so far."""
    censored = rows[~rows["is_mature"].astype(bool)]
    has_converted = censored["lead_id"].map(moments.has_converted).astype(bool)
    is_closed = censored["lead_id"].map(moments.is_decided).astype(bool) & ~has_converted
    return {
        "snapshots": len(censored),
        "leads": int(censored["lead_id"].nunique()),
        "converted": int(has_converted.sum()),
        "closed": int(is_closed.sum()),
        "open": int((~has_converted & ~is_closed).sum()),
    }


def bound_undecided(rows: pd.DataFrame, moments: Moments, source: Source) -> dict[str, Any]:
    """Return the base rate at the first age if none and if all of the undecided leads convert.

    Undecided are leads that have neither converted nor been closed and whose label is not known yet.

    Parameters
    ----------
    rows : DataFrame
        Snapshots, in no quarantine.
    moments : Moments
    source : Source

    Returns
    -------
    dict
        ``leads`` and ``undecided`` (counts), ``rate_if_none`` and ``rate_if_all`` (Manski 1989).
    """
    first = rows[rows["age"] == source.ages[0]]
    has_converted = first["lead_id"].map(moments.has_converted).astype(bool)
    is_decided = first["lead_id"].map(moments.is_decided).astype(bool) | first["is_mature"].astype(bool)
    # Once mature the label is what counts: a conversion after the horizon is none.
    converted = first["label"].where(first["is_mature"].astype(bool), has_converted.astype(float)).astype(float)
    undecided = int((~is_decided).sum())
    return {
        "leads": len(first),
        "undecided": undecided,
        "rate_if_none": float(converted.sum() / len(first)) if len(first) else None,
        "rate_if_all": float((converted.sum() + undecided) / len(first)) if len(first) else None,
    }
