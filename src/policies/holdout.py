"""How large a random hold-out would measure what the scenario assumes about a route."""

from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from src.params import Scenario
from src.policies.economics import ROUTES, SALES, measure_profits
from src.policies.routing import measure_worth, route_leads, route_rest

PRECISION = 0.2
"""A factor is measured if one that is this share larger would be told from it."""

POWER = 0.8
SIGNIFICANCE = 0.05
"""Two-sided."""


def plan_hold_outs(forward: pd.DataFrame, scenario: Scenario) -> list[dict[str, Any]]:
    """Return the hold-out that would measure the factor of each route but sales, which is the measure.

    Parameters
    ----------
    forward : DataFrame
        The history's decisions; only leads that may be called and nurtured can be randomised.
    scenario : Scenario

    Returns
    -------
    list of dict
        ``route``, its ``factor``, the ``alternative`` it is to be told from, ``leads`` on the route and as
        many called, drawn at random from all; ``weeks`` that takes if every lead is randomised, or
        all calls are of such leads; ``cost``: what these weeks are expected to earn less than by the
        chosen policy. ``leads`` is None where nobody converts or the alternative is the same factor.
    """
    rows = forward[forward["may_sales"] & forward["may_nurture"]]
    base_rate = float(rows["label"].mean()) if len(rows) else 0.0
    a_week = len(rows) / max(rows["week"].nunique(), 1)
    expected = measure_profits(measure_worth(rows), scenario)
    earned, rest = (
        expected[np.arange(len(rows)), route].mean() if len(rows) else 0.0
        for route in (route_leads(rows, scenario), route_rest(rows, scenario))
    )
    plans = []
    for route in ROUTES[:SALES]:
        factor = getattr(scenario.factor, route)
        alternative = find_alternative(route, scenario)
        leads = count_leads(base_rate, factor, alternative)
        plan = {"route": route, "factor": factor, "alternative": alternative, "base_rate": base_rate, "leads": leads}
        if leads is not None:
            weeks = max(2 * leads / a_week, leads / (scenario.calls_per_week or np.inf))
            drawn = leads * float(expected[:, ROUTES.index(route)].mean() + expected[:, SALES].mean())
            # While all calls are of drawn leads, nobody calls the others.
            others = weeks * a_week - 2 * leads
            plan |= {"weeks": weeks, "cost": float(weeks * a_week * earned - drawn - others * rest)}
        plans.append(plan)
    return plans


def find_alternative(route: str, scenario: Scenario) -> float:
    """Return the factor that a hold-out should tell from the assumed one.

    It is a fifth larger. Nothing is a fifth larger than 0: then it is a fifth of nurture's.
    """
    factor = getattr(scenario.factor, route)
    return factor * (1 + PRECISION) if factor else scenario.factor.nurture * PRECISION


def count_leads(base_rate: float, factor: float, alternative: float) -> int | None:
    """Return the leads on each of two random routes that tell a factor from another one.

    The rates of two equal groups are compared on the scale of their logarithms: of n leads called
    and n on the route, the estimated ratio has the variance ((1 - p) / p + (1 - q) / q) / n for rates p
    (called) and q = factor x p (delta method; Katz et al. 1978), and n is where (z of the
    significance + z of the power) standard errors are the logarithm of alternative / factor. The
    logarithm of 0 does not exist: a factor of 0 is told from the alternative by the difference
    of two rates of which one is 0: n = z^2 x q (1 - q) / q^2 with q = alternative x p.
    """
    p, q = base_rate, base_rate * alternative
    if not 0 < q < 1 or not 0 < p < 1 or alternative == factor:
        return None
    z = NormalDist().inv_cdf(1 - SIGNIFICANCE / 2) + NormalDist().inv_cdf(POWER)
    if factor == 0:
        return int(np.ceil(z**2 * (1 - q) / q))
    assumed = base_rate * factor
    variance = (1 - p) / p + (1 - assumed) / assumed
    return int(np.ceil(z**2 * variance / np.log(alternative / factor) ** 2))
