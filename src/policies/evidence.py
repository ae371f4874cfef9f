"""What the test's decisions say about the thresholds, beyond what each policy earned: pure functions of the leads.

The leads are the test's decisions with their ``probability``, ``label`` and what the scenario says of each
(`assess_leads`), in order of creation; nothing here was used to choose a threshold.
"""

from typing import Any

import numpy as np
import pandas as pd

from src.features.catalogue import Metric
from src.models.measures import find_interval
from src.params import Scenario
from src.policies.economics import ROUTES, SALES, find_crossing, find_levels, measure_profits
from src.policies.routing import count_routes, measure_gain, measure_outcomes, measure_worth, route_rest

CURVE_POINTS = 60

NEAR_SHARE, NEAR_LEAST = 0.1, 100
"""The leads near a threshold: the tenth of all that is nearest, at least so many; fewer say nothing."""

MOST_PROFILED = 8
"""Values in the profile of the routes, one of each group of metrics: two of a group say much the same."""

LEAST_SHARE, LEAST_SPREAD, LEAST_LEADS = 0.05, 0.05, 50
"""A value is named where so large a share of the leads has it, but not all, and differs so much between the
routes; a route is compared from so many leads on."""

CALL_POINTS = 50
"""Numbers of calls at which the curve of the value is drawn."""


def measure_net_benefit(
    leads: pd.DataFrame, scenario: Scenario, weights: np.ndarray, confidence: float
) -> dict[str, Any]:
    """Return the decision curve: the net benefit of calling by the probability, everybody and nobody.

    Parameters
    ----------
    leads : DataFrame
    scenario : Scenario
    weights : ndarray, shape (resamples, leads)
    confidence : float

    Returns
    -------
    dict
        ``curve``, rows of ``threshold``, ``model`` and ``everyone``; ``at``: the same at the
        thresholds of the scenario (``alone``: a call pays against doing nothing; ``sales``: against
        nurturing), each with what the model has ``more`` than the better of the other two, its
        interval (``more_low``, ``more_high``), the name of the ``other``, and ``calls_saved``: how many
        calls in a hundred leads it saves against calling everybody at no loss of conversions.

    Notes
    -----
    Net benefit at the threshold t is TP / n - FP / n x t / (1 - t): conversions reached a lead, less the
    useless calls at the price at which t is where a call begins to pay (Vickers and Elkin 2006). Where
    the value varies a conversion counts with its value over the default, v, and leads are called from
    the worth t on: the mean of (v y - t) / (1 - t) over all leads, of the called ones; for v = 1 the
    two are the same. Leads that may not be called are left out; calling nobody has 0.
    """
    is_open = leads["may_sales"].to_numpy(bool)
    rows, weights = leads[is_open], weights[:, is_open]
    if rows.empty:
        return {"curve": [], "at": []}
    outcome = (rows["label"] * rows["relative_value"]).to_numpy()
    worth = measure_worth(rows)
    levels = {"alone": find_crossing(scenario, "discard", "sales"), "sales": find_levels(scenario).sales}
    levels = {name: level for name, level in levels.items() if 0 < level < 1}
    # Beyond the threshold a useless call costs ever more: near 1 nothing else could be seen.
    highest = max(levels.values(), default=0.0)
    top = min(2.5 * max(highest, float(outcome.mean())), (1 + highest) / 2)
    curve = [
        {
            "threshold": float(t),
            "model": float(benefit[worth >= t].sum() / len(rows)),
            "everyone": float(benefit.mean()),
        }
        for t in np.linspace(0, top, CURVE_POINTS + 1)
        for benefit in [(outcome - t) / (1 - t)]
    ]
    at = [
        {"name": name, "threshold": level} | compare_benefits(outcome, worth, level, weights, confidence)
        for name, level in levels.items()
    ]
    return {"curve": curve, "at": at}


def compare_benefits(
    outcome: np.ndarray, worth: np.ndarray, threshold: float, weights: np.ndarray, confidence: float
) -> dict[str, Any]:
    everyone = (outcome - threshold) / (1 - threshold)
    model = np.where(worth >= threshold, everyone, 0.0)
    is_everyone = everyone.mean() > 0
    more = model - everyone if is_everyone else model
    low, high = find_interval(weights @ more / np.maximum(weights.sum(axis=1), 1), confidence)
    return {
        "model": float(model.mean()),
        "everyone": float(everyone.mean()),
        "other": "everyone" if is_everyone else "nobody",
        "more": float(more.mean()),
        "more_low": low,
        "more_high": high,
        "calls_saved": float((model - everyone).mean() * (1 - threshold) / threshold * 100),
    }


def measure_near(
    leads: pd.DataFrame, scenario: Scenario, weights: np.ndarray, confidence: float
) -> list[dict[str, Any]]:
    """Return predicted and observed conversions of the leads near each threshold.

    Near are those whose worth is, as a ratio, nearest to the threshold, of the leads that may take the route
    that begins there. Nothing is said of a threshold that is never or always, or near which too few leads are.

    Returns
    -------
    list of dict
        For each its ``route`` and ``threshold``, ``leads``, the ``lowest`` and ``highest`` probability of
        these, the mean probability (``predicted``) and the rate of conversion (``observed``), with its interval
        over resampled persons (``observed_low``, ``observed_high``).
    """
    found, levels = [], find_levels(scenario)
    for route, level in (("nurture", levels.discard), ("sales", levels.sales)):
        # Where nurturing never pays both thresholds are the same: nobody is nurtured.
        is_real = 0 < level < 1 and not (route == "nurture" and levels.discard >= levels.sales)
        at = np.flatnonzero(leads[f"may_{route}"])
        count = min(max(round(NEAR_SHARE * len(at)), NEAR_LEAST), len(at))
        if not is_real or count < NEAR_LEAST:
            continue
        away = np.abs(np.log(np.maximum(measure_worth(leads)[at], 1e-12) / level))
        near = at[np.argsort(away, kind="stable")[:count]]
        p, label, drawn = leads["probability"].to_numpy()[near], leads["label"].to_numpy()[near], weights[:, near]
        low, high = find_interval(drawn @ label / np.maximum(drawn.sum(axis=1), 1), confidence)
        entry = {
            "route": route,
            "threshold": level,
            "leads": count,
            "lowest": float(p.min()),
            "highest": float(p.max()),
        }
        entry |= {"predicted": float(p.mean()), "observed": float(label.mean())}
        found.append(entry | {"observed_low": low, "observed_high": high})
    return found


def measure_grid(leads: pd.DataFrame, grades: pd.DataFrame, route: np.ndarray) -> list[dict[str, Any]]:
    """Return each cell of fit and engagement: its leads, their routes and how many convert.

    Parameters
    ----------
    leads : DataFrame
    grades : DataFrame
        ``fit_grade`` and ``engagement_grade`` of the same leads (`grade_leads`).
    route : ndarray of int

    Returns
    -------
    list of dict
        ``fit``, ``engagement``, ``leads``, ``routes`` and ``converted`` (a rate), the best cell first;
        empty where there are no grades.
    """
    if grades.isna().any(axis=None):
        return []
    label = leads["label"].to_numpy()
    cells = grades.reset_index(drop=True).groupby(["fit_grade", "engagement_grade"]).indices
    return [
        {
            "fit": fit,
            "engagement": engagement,
            "leads": len(at),
            "routes": count_routes(route[at]),
            "converted": float(label[at].mean()),
        }
        for (fit, engagement), at in sorted(cells.items())
    ]


def profile_routes(features: pd.DataFrame, catalogue: list[Metric], route: np.ndarray) -> dict[str, Any]:
    """Return the explicit values whose shares differ most between the routes.

    Parameters
    ----------
    features : DataFrame
        The explicit metrics of the leads.
    catalogue : list of Metric
    route : ndarray of int

    Returns
    -------
    dict
        ``leads`` of each route; ``values``: a ``metric``, the ``way`` in which its ``value`` is held (``equals``,
        ``at_least``, or ``missing`` without a value), and the share of the leads that do, of ``all`` and of each
        route (missing where a route has too few leads), in order of the difference between the highest and the
        lowest, one of each group of metrics.
    """
    counts = count_routes(route)
    compared = [name for name in ROUTES if counts[name] >= LEAST_LEADS]
    if len(compared) < 2:
        return {"leads": counts, "values": []}
    best: dict[str, dict[str, Any]] = {}
    for metric in catalogue:
        for (way, value), is_held in list_values(features[metric.name], metric).items():
            shares = {name: float(is_held[route == ROUTES.index(name)].mean()) for name in compared}
            spread = max(shares.values()) - min(shares.values())
            if spread > best.get(metric.group, {"spread": LEAST_SPREAD})["spread"]:
                entry = {"metric": metric.name, "way": way, "value": value, "all": float(is_held.mean())}
                best[metric.group] = entry | dict.fromkeys(ROUTES) | shares | {"spread": spread}
    return {"leads": counts, "values": sorted(best.values(), key=lambda entry: -entry["spread"])[:MOST_PROFILED]}


def list_values(values: pd.Series, metric: Metric) -> dict[tuple[str, Any], np.ndarray]:
    """Return who holds each value that enough leads share; a number is parted at its median."""
    held: dict[tuple[str, Any], np.ndarray] = {("missing", None): values.isna().to_numpy()}
    if metric.type == "category":
        texts = values.astype(object)
        levels = sorted(texts.dropna().unique(), key=str)
        held |= {("equals", str(level)): (texts == level).to_numpy(bool) for level in levels}
    elif metric.unit == "yes/no":
        held |= {("equals", 1.0): (values == 1).to_numpy()}
    elif values.notna().any():
        median = float(values.median())
        held |= {("at_least", median): (values >= median).to_numpy()}
    return {key: is_held for key, is_held in held.items() if LEAST_SHARE <= is_held.mean() <= 1 - LEAST_SHARE}


def measure_value_by_calls(leads: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Return what calling more and more leads would have brought, in order of preference.

    The leads that may be called are called in order of what a call is expected to add over their next-best
    route; all others take that route. No capacity.

    Returns
    -------
    DataFrame
        One row a number of ``calls``, from none to all: the ``value`` on the outcomes as they came, what was
        ``expected`` on the probabilities, and the lowest ``worth`` (probability x value / default value) called.
    """
    order = np.flatnonzero(leads["may_sales"])
    order = order[np.argsort(-measure_gain(leads, scenario)[order], kind="stable")]
    rest, worth = route_rest(leads, scenario), measure_worth(leads)
    sums = {}
    for name, earned in (("value", measure_outcomes(leads, scenario)), ("expected", measure_profits(worth, scenario))):
        without = earned[np.arange(len(leads)), rest]
        sums[name] = without.sum() + np.append(0.0, np.cumsum((earned[:, SALES] - without)[order]))
    calls = np.unique(np.linspace(0, len(order), CALL_POINTS + 1).round().astype(int))
    lowest = np.append(np.nan, worth[order])[calls]
    return pd.DataFrame({"calls": calls, **{name: total[calls] for name, total in sums.items()}, "worth": lowest})
