"""How cuts and profit move when each assumption of the scenario is a fifth lower or higher."""

from typing import Any

import numpy as np
import pandas as pd

from src.params import Scenario, Values
from src.policies.decisions import move_capacity
from src.policies.economics import SALES, find_cuts
from src.policies.routing import limit_calls, route_leads, route_rest, take_routes

STEP = 0.2
"""What each assumption moves by: a fifth of itself."""

ASSUMPTIONS = (
    ("value",),
    ("cost", "sales"),
    ("cost", "nurture"),
    ("cost", "discard"),
    ("factor", "nurture"),
    ("factor", "discard"),
)


def measure_sensitivity(test: pd.DataFrame, limits: dict[str, float], scenario: Scenario) -> dict[str, Any]:
    """Return what each assumption does to the cuts and to the profit on the test.

    Returns
    -------
    dict
        ``assumptions``: for each that is not 0 its ``name``, its ``value`` and, ``low`` and ``high``: the
        ``value`` moved, the ``cuts`` that follow (without capacity), the ``profit`` if it is known and the
        routes follow, ``profit_if_kept`` if it holds while the routes stay as they are, and how many leads
        are then routed (``routes_changed``) and called or not (``calls_changed``) differently; in order of
        how far they move the sales cut. With a capacity the last is ``capacity``, which moves none
        (`describe_capacity_case`). ``most_for_sales`` and ``most_for_discard``: the names of those that
        move each cut most, none where nothing moves it.
    """
    kept = route_leads(test, scenario)
    entries = []
    for path in ASSUMPTIONS:
        value = read_assumption(scenario, path)
        if value:
            low, high = (describe_case(test, kept, scenario, path, factor) for factor in (1 - STEP, 1 + STEP))
            entries.append({"name": ".".join(path), "value": value, "low": low, "high": high})
    if np.isfinite(sum(limits.values())):
        low, high = (describe_capacity_case(test, kept, limits, scenario, factor) for factor in (1 - STEP, 1 + STEP))
        entries.append({"name": "capacity", "value": sum(limits.values()), "low": low, "high": high})
    swings = {cut: {entry["name"]: measure_swing(entry, cut) for entry in entries} for cut in ("discard", "sales")}
    most = {f"most_for_{cut}": list_largest(swing) for cut, swing in swings.items()}
    return {"assumptions": sorted(entries, key=lambda entry: -swings["sales"][entry["name"]]), **most}


def list_largest(swing: dict[str, float]) -> list[str]:
    """Return the names with the largest swing: the discard cut depends as much on value as on factor."""
    largest = max(swing.values())
    return [name for name, value in swing.items() if largest > 0 and value > largest * (1 - 1e-9)]


def measure_swing(entry: dict[str, Any], cut: str) -> float:
    return abs(entry["high"]["cuts"][cut] - entry["low"]["cuts"][cut])


def read_assumption(scenario: Scenario, path: tuple[str, ...]) -> float:
    return scenario.default_value if path == ("value",) else getattr(getattr(scenario, path[0]), path[1])


def describe_case(
    test: pd.DataFrame, kept: np.ndarray, scenario: Scenario, path: tuple[str, ...], factor: float
) -> dict[str, Any]:
    case = move_assumption(scenario, path, factor)
    return {"value": read_assumption(case, path)} | compare_routes(test, route_leads(test, case), kept, case)


def describe_capacity_case(
    test: pd.DataFrame, kept: np.ndarray, limits: dict[str, float], scenario: Scenario, factor: float
) -> dict[str, Any]:
    """Return the case of another number of calls a week, of every team.

    Who keeps to the plan with fewer calls makes them as the leads come, until they are used up; with more
    leaves the others unused.
    """
    rows = test.assign(capacity=move_capacity(test["capacity"], factor))
    kept = limit_calls(kept, -np.arange(len(rows)), rows, route_rest(rows, scenario))
    value = float(move_capacity(list(limits.values()), factor).sum())
    return {"value": value} | compare_routes(rows, route_leads(rows, scenario), kept, scenario)


def compare_routes(rows: pd.DataFrame, route: np.ndarray, kept: np.ndarray, case: Scenario) -> dict[str, Any]:
    """Return cuts and profit of a case, the profit of other routes in it, and how many leads are routed differently."""
    cuts = find_cuts(case)
    return {
        "cuts": {"discard": cuts.discard, "sales": cuts.sales},
        "profit": float(take_routes(rows, route, case).sum()),
        "profit_if_kept": float(take_routes(rows, kept, case).sum()),
        "routes_changed": int((route != kept).sum()),
        "calls_changed": int(((route == SALES) != (kept == SALES)).sum()),
    }


def move_assumption(scenario: Scenario, path: tuple[str, ...], factor: float) -> Scenario:
    """Return the scenario with one assumption times `factor`; a route's factor is never above 1."""
    if path == ("value",):
        return scenario.model_copy(update={"value": scale_value(scenario.value, factor)})
    group, route = path
    roof = 1.0 if group == "factor" else np.inf
    moved = min(getattr(getattr(scenario, group), route) * factor, roof)
    return scenario.model_copy(update={group: getattr(scenario, group).model_copy(update={route: moved})})


def scale_value(value: float | Values, factor: float) -> float | Values:
    if not isinstance(value, Values):
        return value * factor
    rules = [rule.model_copy(update={"value": rule.value * factor}) for rule in value.by]
    return value.model_copy(update={"default": value.default * factor, "by": rules})
