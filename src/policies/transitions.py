"""How leads move between routes as they grow older, and so how often to score them again."""

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from src.data.sources import parse_age
from src.models.measures import draw_weights, find_interval
from src.params import Evaluation, Scenario
from src.policies.economics import NURTURE, ROUTES, SALES
from src.policies.routing import measure_outcomes, route_unlimited


def describe_transitions(
    rows: pd.DataFrame, decide_at: str, scenario: Scenario, evaluation: Evaluation, seed: int
) -> dict[str, Any]:
    """Return how the leads that may be called move between routes from one age to the next, without capacity.

    Parameters
    ----------
    rows : DataFrame
        The test's rows of all ages, as of `assess_leads`.
    decide_at : str
        The age of the first decision.
    scenario : Scenario
    evaluation : Evaluation
    seed : int

    Returns
    -------
    dict
        ``steps``: for each pair of ages that follow each other the leads by their routes
        (``from``, ``to``, ``leads``; ``to`` is ``gone`` where the lead was decided by then or its
        label is not known yet); ``nurtured``: what becomes of those nurtured at the first
        decision (`describe_crossings`), with ``profit``, ``profit_low`` and ``profit_high`` of calling
        them from where they cross over nurturing them on (`measure_switches`).
    """
    ages = sorted(rows["age"].unique(), key=parse_age)
    rows = rows.assign(route=route_unlimited(rows, scenario))[rows["may_sales"]]
    routes = rows.pivot(index="lead_id", columns="age", values="route").reindex(columns=ages)
    steps = [
        {"from_age": first, "to_age": second, "moves": count_moves(routes[first], routes[second])}
        for first, second in pairwise(ages)
    ]
    crossings = find_crossings(rows, routes, decide_at)
    nurtured = rows[(rows["age"] == decide_at) & (rows["route"] == NURTURE)]
    gain = nurtured["lead_id"].map(measure_switches(crossings, scenario)).fillna(0.0).to_numpy()
    weights = draw_weights(nurtured["person"], evaluation.bootstrap, seed) if len(nurtured) else np.zeros((1, 0))
    low, high = find_interval(weights @ gain, evaluation.confidence)
    profit = {"profit": float(gain.sum()), "profit_low": low, "profit_high": high}
    return {"steps": steps, "nurtured": describe_crossings(routes, crossings, decide_at) | profit}


def count_moves(first: pd.Series, second: pd.Series) -> list[dict[str, Any]]:
    """Return the leads by their route at two ages, of those that were there at the first."""
    known = first.notna()
    names = dict(enumerate(ROUTES))
    pairs = pd.DataFrame({"from": first[known].map(names), "to": second[known].map(names).fillna("gone")})
    counts = pairs.value_counts().sort_index()
    return [{"from": origin, "to": target, "leads": int(count)} for (origin, target), count in counts.items()]


def find_crossings(rows: pd.DataFrame, routes: pd.DataFrame, decide_at: str) -> pd.DataFrame:
    """Return the row at which each lead nurtured at the first decision is first worth a call."""
    nurtured = routes.index[routes[decide_at] == NURTURE]
    hours = rows["age"].map(parse_age).astype(float)
    is_crossing = rows["lead_id"].isin(nurtured) & (hours > parse_age(decide_at)) & (rows["route"] == SALES)
    return rows.assign(hours=hours)[is_crossing].sort_values("hours").drop_duplicates("lead_id")


def measure_switches(crossings: pd.DataFrame, scenario: Scenario) -> pd.Series:
    """Return, by lead, what calling it where it crosses brings over nurturing it on: nurturing is paid by then."""
    outcomes = measure_outcomes(crossings, scenario)
    more = outcomes[:, SALES] - outcomes[:, NURTURE] - scenario.cost.nurture
    return pd.Series(more, index=crossings["lead_id"])


def describe_crossings(routes: pd.DataFrame, crossings: pd.DataFrame, decide_at: str) -> dict[str, Any]:
    """Return how many nurtured leads cross the sales cut later, and when that is seen.

    Returns
    -------
    dict
        ``leads`` nurtured at the first decision; ``seen_again``: of them still open at a later age;
        ``crossed``: of these worth a call at one; ``share``; ``by_age``: the age at which that was first
        seen (they may have crossed any time since the age before); ``half_first_seen_at``: the age by which
        that was seen of half of them; ``conversions`` after it.
    """
    nurtured = routes.index[routes[decide_at] == NURTURE]
    later = [age for age in routes if parse_age(age) > parse_age(decide_at)]
    seen = int(routes.loc[nurtured, later].notna().any(axis=1).sum())
    # They are in order of age.
    half = crossings["age"].iloc[(len(crossings) - 1) // 2] if len(crossings) else None
    return {
        "leads": len(nurtured),
        "seen_again": seen,
        "crossed": len(crossings),
        "share": len(crossings) / seen if seen else None,
        "by_age": {age: int((crossings["age"] == age).sum()) for age in later},
        "half_first_seen_at": half,
        "conversions": int(crossings["label"].sum()),
    }
