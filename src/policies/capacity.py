"""Week by week: what each policy does, how much of the capacity it uses, and what is left uncalled."""

from typing import Any

import numpy as np
import pandas as pd

from src.models.measures import draw_weights, find_interval
from src.params import Evaluation, Scenario
from src.policies.decisions import find_whole_weeks, move_capacity, name_week
from src.policies.economics import SALES
from src.policies.routing import measure_gain, route_leads, route_unlimited, take_routes

CAPACITIES = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
"""Times the scenario's capacity: what fewer or more callers would earn."""

WEEK_COLUMNS = (
    "week",
    "policy",
    "is_whole",
    "leads",
    "contacts",
    "conversions",
    "conversions_reached",
    "profit",
    "capacity_used",
)


def tabulate_weeks(
    test: pd.DataFrame, routes: dict[str, np.ndarray], limits: dict[str, float], scenario: Scenario
) -> pd.DataFrame:
    """Return one row a policy and week of the test, `WEEK_COLUMNS`, in order of both.

    ``capacity_used`` is the share of all teams' calls a week; missing without limit. A week that
    is not ``is_whole`` is cut off at an end of the test: it has fewer leads, and as many calls.
    """
    total = sum(limits.values())
    names = {week: name_week(week, test["snapshot_at"].notna().all()) for week in sorted(test["week"].unique())}
    is_whole = pd.Series(find_whole_weeks(test)).groupby(test["week"].to_numpy()).first().to_numpy()
    parts = []
    for policy, route in routes.items():
        is_called = route == SALES
        by_lead = pd.DataFrame(
            {
                "leads": 1,
                "contacts": is_called.astype(int),
                "conversions": test["label"].astype(int),
                "conversions_reached": (test["label"] * is_called).astype(int),
                "profit": take_routes(test, route, scenario),
            }
        )
        part = by_lead.groupby(test["week"].to_numpy()).sum().rename(index=names)
        part["is_whole"] = is_whole
        part["capacity_used"] = part["contacts"] / total if np.isfinite(total) else np.nan
        parts.append(part.rename_axis("week").reset_index().assign(policy=policy))
    return pd.concat(parts, ignore_index=True)[list(WEEK_COLUMNS)].round({"profit": 2, "capacity_used": 4})


def describe_capacity(
    forward: pd.DataFrame,
    test: pd.DataFrame,
    limits: dict[str, float],
    scenario: Scenario,
    evaluation: Evaluation,
    seed: int,
) -> dict[str, Any] | None:
    """Return what the capacity does to the chosen policy on the test, or None without one.

    Returns
    -------
    dict
        ``teams`` (calls a week of each) and ``met_by`` (the leads of each in ``history`` and ``test``);
        of the ``weeks`` that are whole the share of calls ``used`` (None without one) and ``full_weeks``,
        in which some team left a lead out that is worth a call; ``one_more``: what one more call of each team in
        every week would have brought for each call; ``backlog`` (`measure_backlog`);
        ``by_capacity``: contacts and profit with fewer and more calls.
    """
    if not np.isfinite(sum(limits.values())):
        return None
    weights = draw_weights(test["person"], evaluation.bootstrap, seed)
    is_called = route_leads(test, scenario) == SALES
    is_left_out = (route_unlimited(test, scenario) == SALES) & ~is_called
    is_whole = find_whole_weeks(test)
    weeks = int(test.loc[is_whole, "week"].nunique())
    return {
        "teams": limits,
        "met_by": count_by_team(forward, test, limits),
        "used": float((is_called & is_whole).sum() / (sum(limits.values()) * weeks)) if weeks else None,
        "weeks": weeks,
        "full_weeks": int(test.loc[is_left_out & is_whole, "week"].nunique()),
        "one_more": measure_one_more(test, scenario, weights, evaluation.confidence),
        "backlog": measure_backlog(test, is_left_out, scenario),
        "by_capacity": [measure_share(test, share, scenario) for share in CAPACITIES],
    }


def count_by_team(forward: pd.DataFrame, test: pd.DataFrame, teams: dict[str, float]) -> dict[str, dict[str, int]]:
    """Return the leads of each team in the history and in the test: a name that is misspelt has none."""
    return {
        team: {name: int((rows["team"] == team).sum()) for name, rows in (("history", forward), ("test", test))}
        for team in teams
    }


def measure_one_more(
    test: pd.DataFrame, scenario: Scenario, weights: np.ndarray, confidence: float
) -> dict[str, float | int | None]:
    """Return what one more call a week of each team brings: expected, and as it turned out.

    A call that nobody is left for is not made; the figures are of each call made.
    """
    now, more = (route_leads(rows, scenario) for rows in (test, test.assign(capacity=test["capacity"] + 1)))
    is_added = (more == SALES) & (now != SALES)
    count = int(is_added.sum())
    if not count:
        return {"calls": 0, "expected": None, "profit": None, "profit_low": None, "profit_high": None}
    difference = take_routes(test, more, scenario) - take_routes(test, now, scenario)
    made = np.maximum(weights @ is_added, 1)
    low, high = find_interval(weights @ difference / made, confidence)
    return {
        "calls": count,
        "expected": float(measure_gain(test, scenario)[is_added].mean()),
        "profit": float(difference.sum() / count),
        "profit_low": low,
        "profit_high": high,
    }


def measure_backlog(test: pd.DataFrame, is_left_out: np.ndarray, scenario: Scenario) -> dict[str, Any]:
    """Return the leads worth a call that are not called, by the end, and what calling them is expected to bring.

    They are not carried over: in the following week they do not compete with the new leads. What
    would pile up if nobody ever dropped one is ``by_week``, cumulated, in order of the weeks.
    """
    by_week = pd.Series(is_left_out.astype(int)).groupby(test["week"].to_numpy()).sum()
    return {
        "leads": int(is_left_out.sum()),
        "conversions": int(test["label"][is_left_out].sum()),
        "expected_gain": float(measure_gain(test, scenario)[is_left_out].sum()),
        "by_week": by_week.cumsum().tolist(),
    }


def measure_share(test: pd.DataFrame, share: float, scenario: Scenario) -> dict[str, float]:
    """Return contacts and profit of the chosen policy with a share of every team's capacity."""
    rows = test.assign(capacity=move_capacity(test["capacity"], share))
    route = route_leads(rows, scenario)
    return {
        "share": share,
        "contacts": int((route == SALES).sum()),
        "profit": float(take_routes(test, route, scenario).sum()),
    }
