"""Which leads somebody should look at before they are routed, because their probability is not sure enough."""

from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from src.models.measures import to_log_odds, to_probability
from src.params import Scenario
from src.policies.economics import NURTURE, ROUTES, SALES, measure_profits, rank_within
from src.policies.routing import route_unlimited

REVIEW = "review"
"""The route of a lead that waits for a look; its other route is what it takes without one."""

BOUNDS = ["probability_low", "probability_high"]

STEPS = 40
"""Equally likely probabilities of each lead over which the loss is averaged."""


def measure_reach(confidence: float, refits: int) -> float:
    """Return how many standard errors of the log-odds an interval of `predict_interval` reaches to each side."""
    return float(stdtrit(refits - 1, (1 + confidence) / 2))


def find_reviews(rows: pd.DataFrame, scenario: Scenario, reach: float) -> np.ndarray:
    """Return which leads are reviewed: in each week those with the highest expected loss, within the budget.

    A lead is a candidate if the interval of its probability lies on both sides of a cut, and what
    a look could save is more than the look costs. Nobody is reviewed where the predictions have no
    intervals.
    """
    # Most scenarios review nobody: they need not wait for the losses.
    if not set(BOUNDS) <= set(rows) or not scenario.review.leads_per_week:
        return np.zeros(len(rows), bool)
    loss = measure_losses_of_doubt(rows, scenario, reach)
    is_candidate = find_straddling(rows, scenario) & (loss > scenario.review.cost)
    rank = rank_within(rows["week"].to_numpy(), np.where(is_candidate, loss, -np.inf))
    return is_candidate & (rank < scenario.review.leads_per_week)


def find_straddling(rows: pd.DataFrame, scenario: Scenario) -> np.ndarray:
    """Return whose interval lies on both sides of a cut: the best of the lead's routes differs at its ends."""
    low, high = (route_unlimited(rows.assign(probability=rows[bound]), scenario) for bound in BOUNDS)
    return low != high


def measure_losses_of_doubt(rows: pd.DataFrame, scenario: Scenario, reach: float) -> np.ndarray:
    """Return the expected value of perfect information on each lead's probability (Raiffa and Schlaifer 1961).

    That is the mean of what the best route earns at each probability, less what the route earns that is
    best on the mean. The log-odds are taken to be normal around the centre of the lead's interval,
    which is symmetric in them and reaches `reach` standard errors to each side.
    """
    low, high = (to_log_odds(rows[bound].to_numpy()) for bound in BOUNDS)
    centre, error, normal = (low + high) / 2, (high - low) / 2 / reach, NormalDist()
    best, by_route = np.zeros(len(rows)), np.zeros((len(rows), len(ROUTES)))
    for step in range(STEPS):
        p = to_probability(centre + error * normal.inv_cdf((step + 0.5) / STEPS))
        expected = measure_profits(p * rows["relative_value"].to_numpy(), scenario)
        expected[~rows["may_sales"].to_numpy(), SALES] = -np.inf
        expected[~rows["may_nurture"].to_numpy(), NURTURE] = -np.inf
        best += expected.max(axis=1)
        by_route += expected
    return (best - by_route.max(axis=1)) / STEPS


def describe_review(test: pd.DataFrame, scenario: Scenario, reach: float) -> dict[str, Any]:
    """Return how many leads of the test are in doubt and reviewed, what that costs and could save at most.

    A look is assumed to change nothing by itself: no profit of a policy includes it. ``could_save``
    is what a look that told the probability exactly is expected to save.
    """
    budget = {"leads_per_week": scenario.review.leads_per_week, "cost": scenario.review.cost}
    if not set(BOUNDS) <= set(test):
        return budget | {"has_intervals": False, "in_doubt": None, "leads": 0, "total_cost": 0.0, "could_save": 0.0}
    is_reviewed, loss = find_reviews(test, scenario, reach), measure_losses_of_doubt(test, scenario, reach)
    is_in_doubt = find_straddling(test, scenario)
    return budget | {
        "has_intervals": True,
        "in_doubt": int(is_in_doubt.sum()),
        "leads": int(is_reviewed.sum()),
        "total_cost": float(is_reviewed.sum() * scenario.review.cost),
        "could_save": float(loss[is_reviewed].sum()),
        "could_save_all": float(loss[is_in_doubt].sum()),
    }


def name_routes(rows: pd.DataFrame, route: np.ndarray, scenario: Scenario, reach: float) -> np.ndarray:
    """Return the name of each lead's route, `REVIEW` where somebody looks at it first."""
    return np.where(find_reviews(rows, scenario, reach), REVIEW, np.array(ROUTES, dtype=object)[route])
