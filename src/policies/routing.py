"""Which route each lead takes under the chosen policy, the baselines and other ways to cut.

The rows are those of `assess_leads`, in order of creation, with their ``probability``. A lead
whose conversion is worth twice the default is taken for one of the default value and twice the
probability: its *worth*. So one pair of levels of the worth serves leads of all values.
"""

import numpy as np
import pandas as pd

from src.params import Scenario
from src.policies.economics import (
    DISCARD,
    NURTURE,
    ROUTES,
    SALES,
    Cuts,
    find_best_cuts,
    find_crossing,
    find_levels,
    keep_capacity,
    measure_profits,
    rank_within,
    route_by_cuts,
    route_without_sales,
)

TOP_SHARES = (0.2, 0.3, 0.5)
UNAIDED = ("call_everyone", "call_no_one", "nurture_everyone", "newest_first", "points")
"""The baselines that rank nobody by a probability; the top shares use the same one as the two cuts."""


def measure_worth(rows: pd.DataFrame) -> np.ndarray:
    """Return probability x value / default value of each lead."""
    return rows["probability"].to_numpy() * rows["relative_value"].to_numpy()


def route_leads(rows: pd.DataFrame, scenario: Scenario) -> np.ndarray:
    """Return the routes of the chosen policy: the best one of each lead, the best calls of each week.

    Under capacity those are called of whom a call is expected to earn most on top of the next
    best route; of equal ones the earlier.
    """
    route = route_unlimited(rows, scenario)
    return limit_calls(route, measure_gain(rows, scenario), rows, route_rest(rows, scenario))


def route_unlimited(rows: pd.DataFrame, scenario: Scenario) -> np.ndarray:
    """Return the route with the highest expected profit of those each lead may take."""
    worth = measure_worth(rows)
    route = route_by_cuts(worth, find_levels(scenario))
    # Whom nobody may nurture is called from where a call beats doing nothing.
    without_nurture = np.where(worth >= find_crossing(scenario, "discard", "sales"), SALES, DISCARD)
    route = np.where(rows["may_nurture"], route, without_nurture)
    return np.where(rows["may_sales"], route, route_rest(rows, scenario))


def route_rest(rows: pd.DataFrame, scenario: Scenario) -> np.ndarray:
    """Return the best route of each lead if it is not called."""
    return np.where(rows["may_nurture"], route_without_sales(measure_worth(rows), scenario), DISCARD)


def measure_gain(rows: pd.DataFrame, scenario: Scenario) -> np.ndarray:
    """Return what a call of each lead is expected to earn on top of its best other route."""
    expected = measure_profits(measure_worth(rows), scenario)
    return expected[:, SALES] - expected[np.arange(len(rows)), route_rest(rows, scenario)]


def limit_calls(route: np.ndarray, score: np.ndarray, rows: pd.DataFrame, rest: np.ndarray) -> np.ndarray:
    """Return the routes with the calls of each team's week cut to its capacity, the highest scores first."""
    return keep_capacity(route, score, rows["group"].to_numpy(), rest, rows["capacity"].to_numpy())


def bar_routes(route: np.ndarray, rows: pd.DataFrame, rest: np.ndarray) -> np.ndarray:
    """Return the routes of a rule with those taken away that a lead may not take."""
    route = np.where(~rows["may_sales"] & (route == SALES), rest, route)
    return np.where(~rows["may_nurture"] & (route == NURTURE), DISCARD, route)


def list_baselines(forward: pd.DataFrame, test: pd.DataFrame, scenario: Scenario) -> dict[str, np.ndarray]:
    """Return the routes of the policies that need no cut to be thought about.

    All of them respect capacity and eligibility, and do with the leads they do not call what earned
    more on the history: nurture them or nothing. So the two cuts are not ahead just because they
    nurture. ``newest_first`` calls as many leads in each week as the two cuts do, the newest ones. The
    top shares are cut at the history's quantiles of the same probability. ``points`` are hand-set.
    """
    count, p, group = len(test), test["probability"].to_numpy(), test["group"].to_numpy()
    is_nurtured = find_better_rest(forward, scenario) == NURTURE
    rest = np.where(test["may_nurture"] & is_nurtured, NURTURE, DISCARD)
    everybody = bar_routes(np.full(count, SALES), test, rest)
    contacts = np.bincount(group, weights=route_leads(test, scenario) == SALES)
    newest_first = np.where(test["may_sales"], np.arange(count), -1)
    is_newest = rank_within(group, newest_first) < contacts[group]
    baselines = {
        "call_everyone": limit_calls(everybody, -np.arange(count), test, rest),
        "call_no_one": np.full(count, DISCARD),
        "nurture_everyone": bar_routes(np.full(count, NURTURE), test, rest),
        "newest_first": np.where(is_newest, SALES, rest),
    }
    for share in TOP_SHARES:
        level = forward["probability"].quantile(1 - share)
        route = bar_routes(np.where(p >= level, SALES, rest), test, rest)
        baselines[f"top_{share * 100:.0f}_percent"] = limit_calls(route, p, test, rest)
    if "points" in forward and "points" in test:
        baselines["points"] = route_by_points(forward, test, is_nurtured, scenario)
    return baselines


def route_by_points(forward: pd.DataFrame, test: pd.DataFrame, is_nurtured: bool, scenario: Scenario) -> np.ndarray:
    """Return the routes by hand-set points, called from the points that earned most on the history."""
    rest = [np.where(rows["may_nurture"] & is_nurtured, NURTURE, DISCARD) for rows in (forward, test)]
    called = [
        bar_routes(np.full(len(rows), SALES), rows, other) for rows, other in zip((forward, test), rest, strict=True)
    ]
    points = forward["points"].to_numpy()
    within = limit_calls(called[0], points, forward, rest[0])
    profits = measure_outcomes(forward, scenario)
    earned = profits[np.arange(len(forward)), rest[0]], profits[np.arange(len(forward)), within]
    cut = find_best_cuts(points, np.column_stack([earned[0], earned[0], earned[1]]))[0].sales
    route = np.where(test["points"].to_numpy() >= cut, called[1], rest[1])
    return limit_calls(route, test["points"].to_numpy(), test, rest[1])


def find_better_rest(forward: pd.DataFrame, scenario: Scenario) -> int:
    """Return what earned more on the history with all leads that may be nurtured: that, or nothing."""
    outcome = forward["label"] * forward["relative_value"]
    earned = measure_profits(outcome[forward["may_nurture"]].to_numpy(), scenario).sum(axis=0)
    return NURTURE if earned[NURTURE] > earned[DISCARD] else DISCARD


def route_from(rows: pd.DataFrame, cut: float, scenario: Scenario) -> np.ndarray:
    """Return the routes if every lead from one cut on the probability is called, within its capacity."""
    rest = route_rest(rows, scenario)
    p = rows["probability"].to_numpy()
    return limit_calls(bar_routes(np.where(p >= cut, SALES, rest), rows, rest), p, rows, rest)


def route_as_they_come(rows: pd.DataFrame, cuts: dict[str, float], scenario: Scenario) -> np.ndarray:
    """Return the routes if each lead is decided when it comes, until its team's week is full.

    Parameters
    ----------
    rows : DataFrame
    cuts : dict
        The worth from which each team calls.
    scenario : Scenario
    """
    level = rows["team"].map(cuts).to_numpy(float)
    route, rest = route_unlimited(rows, scenario), route_rest(rows, scenario)
    route = np.where((route == SALES) & (measure_worth(rows) < level), rest, route)
    return limit_calls(route, -np.arange(len(rows)), rows, rest)


def take_routes(rows: pd.DataFrame, route: np.ndarray, scenario: Scenario) -> np.ndarray:
    """Return the profit of each lead on its route, in the currency of the source."""
    return measure_outcomes(rows, scenario)[np.arange(len(rows)), route]


def measure_outcomes(rows: pd.DataFrame, scenario: Scenario) -> np.ndarray:
    """Return the profit of each lead on each route, shape (leads, 3)."""
    return measure_profits((rows["label"] * rows["relative_value"]).to_numpy(), scenario)


def cap_profits(rows: pd.DataFrame, scenario: Scenario) -> np.ndarray:
    """Return the profit of each lead below, between and above the cuts, shape (leads, 3).

    A lead that may not take a route, or for whom its week has no capacity whatever the cut, earns
    there what it does without that route.
    """
    profits = measure_outcomes(rows, scenario)
    rest = route_rest(rows, scenario)
    gain = np.where(rows["may_sales"], measure_gain(rows, scenario), -np.inf)
    is_over = rank_within(rows["group"].to_numpy(), gain) >= rows["capacity"].to_numpy()
    is_closed = is_over | ~rows["may_sales"].to_numpy()
    profits[is_closed, SALES] = profits[is_closed, rest[is_closed]]
    is_barred = ~rows["may_nurture"].to_numpy()
    profits[is_barred, NURTURE] = profits[is_barred, DISCARD]
    return profits


def find_cuts_that_earn(rows: pd.DataFrame, profits: np.ndarray) -> tuple[Cuts, float]:
    """Return the pair of cuts on the worth that earns most on these rows, and what it earns with them.

    Leads that may not be nurtured have one cut of their own, as under the chosen policy; so no pair is
    said to earn less than it. The cuts returned are those of the others, where there are others.
    """
    worth, is_open = measure_worth(rows), rows["may_nurture"].to_numpy(bool)
    parts = [find_best_cuts(worth[of], profits[of]) for of in (is_open, ~is_open)]
    return parts[0 if is_open.any() else 1][0], parts[0][1] + parts[1][1]


def take_best_cuts(rows: pd.DataFrame, profits: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return what each lead earns with the cuts of `find_cuts_that_earn` of the rows under a weight."""
    worth, is_open, earned = measure_worth(rows), rows["may_nurture"].to_numpy(bool), np.zeros(len(rows))
    for of in (is_open, ~is_open):
        cuts, _ = find_best_cuts(worth[of], profits[of] * weight[of, None])
        earned[of] = profits[of][np.arange(of.sum()), route_by_cuts(worth[of], cuts)]
    return earned


def count_routes(route: np.ndarray) -> dict[str, int]:
    return {name: int((route == position).sum()) for position, name in enumerate(ROUTES)}
