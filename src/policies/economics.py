"""What a route earns, and the two cuts on the probability that follow from it."""

from dataclasses import dataclass

import numpy as np

from src.params import Scenario

ROUTES = ("discard", "nurture", "sales")
"""From the cheapest to the dearest; a policy gives each lead the position of its route."""

DISCARD, NURTURE, SALES = range(3)


@dataclass(frozen=True)
class Cuts:
    """Below `discard` nothing is spent, from `sales` on the lead is called, between it is nurtured."""

    discard: float
    sales: float


def measure_profits(outcome: np.ndarray, scenario: Scenario) -> np.ndarray:
    """Return the profit of each lead on each route, shape (leads, 3), in the currency of the source.

    Profit is value x factor(route) x outcome - cost(route). With probabilities in place of
    outcomes it is the expected profit. The value is the scenario's default: where it varies, give
    outcomes (or probabilities) times the lead's value over the default.
    """
    factor = np.array([getattr(scenario.factor, route) for route in ROUTES])
    cost = np.array([getattr(scenario.cost, route) for route in ROUTES])
    return scenario.default_value * factor * np.asarray(outcome, float)[:, None] - cost


def find_cuts(scenario: Scenario, relative_value: float = 1.0) -> Cuts:
    """Return the cuts that maximise expected profit without limits, in closed form.

    Each route's expected profit is a line in the probability; the best route is their upper
    envelope. Where nurturing is never the best, both cuts are where calling begins to pay. They
    are inversely proportional to the value: `relative_value` is a lead's over the default.
    """
    levels = find_levels(scenario)
    return Cuts(limit(levels.discard / relative_value), limit(levels.sales / relative_value))


def find_levels(scenario: Scenario) -> Cuts:
    """Return the cuts at the default value, beyond 0 and 1 where a route pays always or never."""
    nurture_from = find_crossing(scenario, "discard", "nurture")
    sales_over_nurture = find_crossing(scenario, "nurture", "sales")
    if nurture_from < sales_over_nurture:
        return Cuts(nurture_from, sales_over_nurture)
    sales_from = find_crossing(scenario, "discard", "sales")
    return Cuts(sales_from, sales_from)


def find_crossing(scenario: Scenario, cheap: str, dear: str) -> float:
    """Return the probability from which the route `dear` earns more than `cheap`."""
    cost = getattr(scenario.cost, dear) - getattr(scenario.cost, cheap)
    gain = scenario.default_value * (getattr(scenario.factor, dear) - getattr(scenario.factor, cheap))
    if gain == 0:
        return -np.inf if cost < 0 else np.inf
    return cost / gain


def limit(probability: float) -> float:
    return float(np.clip(probability, 0.0, 1.0))


def route_by_cuts(p: np.ndarray, cuts: Cuts) -> np.ndarray:
    """Return the route of each lead, as its position in `ROUTES`."""
    return np.where(p >= cuts.sales, SALES, np.where(p >= cuts.discard, NURTURE, DISCARD))


def route_without_sales(p: np.ndarray, scenario: Scenario) -> np.ndarray:
    """Return the route of leads for whom there is no capacity: nurtured where that pays by itself."""
    return np.where(p >= find_crossing(scenario, "discard", "nurture"), NURTURE, DISCARD)


def rank_within(groups: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Return each lead's rank within its group, 0 for the highest score; ties keep their order."""
    order = np.lexsort((np.arange(len(score)), -score, groups))
    ordered = groups[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])
    counted = np.arange(len(ordered)) - np.repeat(starts, np.diff(np.append(starts, len(ordered))))
    rank = np.empty(len(score), np.int64)
    rank[order] = counted
    return rank


def keep_capacity(
    route: np.ndarray,
    score: np.ndarray,
    week: np.ndarray,
    fallback: np.ndarray,
    capacity: int | np.ndarray | None,
) -> np.ndarray:
    """Return the routes with at most `capacity` leads a week on sales, the highest scores first.

    Parameters
    ----------
    route : ndarray of int
        The routes without limits.
    score : ndarray
        What decides who is called when not all can be.
    week : ndarray
        The week of each lead's decision; where there are teams, its week of its team.
    fallback : ndarray of int
        The route of a lead for whom there is no capacity.
    capacity : int, ndarray or None
        Sales contacts a week, of all leads or of each lead's team; none is without limit.
    """
    if capacity is None:
        return route
    wanted = np.where(route == SALES, score, -np.inf)
    is_over = (route == SALES) & (rank_within(week, wanted) >= capacity)
    return np.where(is_over, fallback, route)


def find_best_cuts(p: np.ndarray, profits: np.ndarray) -> tuple[Cuts, float]:
    """Return the pair of cuts with the highest total profit on these leads, and that profit.

    Parameters
    ----------
    p : ndarray, shape (leads,)
    profits : ndarray, shape (leads, 3)
        What each lead earns below, between and above the cuts.

    Notes
    -----
    With the leads in order of probability the total is a sum of three cumulated sums, so the
    best of all pairs is found in one pass. Equal probabilities are never parted.
    """
    order = np.argsort(p, kind="stable")
    ordered = p[order]
    total = np.vstack([np.zeros(3), np.cumsum(profits[order], axis=0)])
    allowed = np.append(True, np.append(np.diff(ordered) > 0, True)) if len(p) else np.array([True])
    below = np.where(allowed, total[:, DISCARD] - total[:, NURTURE], -np.inf)
    best_below = np.maximum.accumulate(below)
    above = np.where(allowed, total[:, NURTURE] - total[:, SALES], -np.inf)
    sales_at = int(np.argmax(best_below + above))
    discard_at = int(np.argmax(below[: sales_at + 1]))
    # Above all of them nobody is called: 1, or more where a value above the default lifts leads over it.
    levels = np.append(ordered, np.nextafter(ordered[-1], np.inf) if len(p) and ordered[-1] >= 1 else 1.0)
    profit = below[discard_at] + above[sales_at] + total[-1, SALES]
    return Cuts(float(levels[discard_at]), float(levels[sales_at])), float(profit)
