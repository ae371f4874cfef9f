"""The small table from which the explorer of a page counts the test leads again, and its first figures.

The thresholds stand on the leads' worth: probability x value / default value.
"""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from src.params import Scenario
from src.policies.decisions import OTHER
from src.policies.economics import DISCARD, NURTURE, ROUTES, SALES, Cuts, find_crossing, find_levels, route_by_cuts
from src.policies.routing import limit_calls, measure_gain, measure_worth

MOST_BYTES = 50_000
"""Of the table in the page, and of its leads one by one (`MOST_RANKED_BYTES`)."""

MOST_RANKED_BYTES = 36_000

DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
"""Of the numbers in the table, of base 64: none means anything in HTML or JSON."""

LOWEST = 1e-4
"""The lowest probability at which a threshold can stand, beside 0."""

NUMBERS = (*range(100, 200, 5), *range(200, 500, 10), *range(500, 1000, 20))
"""The steps of a decade: round numbers, each 2 to 5 % above the one before."""

CHOICES = (0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
"""The thresholds for calls of the table for readers without JavaScript."""


@dataclass(frozen=True)
class Places:
    """Where the thresholds stand, as positions in the list of steps.

    Attributes
    ----------
    discard, sales : int
        The two handles.
    rest : int
        From where leads are nurtured that are not called for want of capacity or eligibility.
    alone : int
        From where leads are called that may not be nurtured.
    """

    discard: int
    sales: int
    rest: int
    alone: int


def build_explorer(leads: pd.DataFrame, scenario: Scenario) -> dict[str, Any] | None:
    """Return what the page needs to count the leads again, and the figures of the chosen thresholds.

    Parameters
    ----------
    leads : DataFrame
        The test leads of `assess_leads`, in order of creation: ``label, probability,
        relative_value, may_sales, may_nurture, team, capacity, group``.
    scenario : Scenario

    Returns
    -------
    dict or None
        ``table`` (what is embedded, under 50 KB as JSON), ``chosen`` (`measure_routes`), ``choices``
        (the rows of other thresholds for calls) and ``teams``. None where the page would become too large:
        with very many leads whose calls are limited.

    Notes
    -----
    The table is exact, not a sketch: leads are kept one by one as far as the capacity can part
    them, in the order in which they would be called, with the step of their worth; all others are
    counted by step. Any capacity up to ``most_calls`` can be tried.
    """
    steps, chosen = list_steps(leads, scenario)
    kinds, kind = find_kinds(leads)
    step = np.searchsorted(steps, measure_worth(leads), side="right") - 1
    width = 2 if len(kinds) == 1 else 3
    order, rank = rank_leads(leads, scenario)
    most_calls = find_most_calls(leads, width)
    limits = leads.groupby("team", sort=False)["capacity"].first()
    finite = limits[np.isfinite(limits)]
    is_ranked = leads["may_sales"].to_numpy() & (rank < (np.inf if most_calls is None else most_calls))
    teams = sorted(limits.index, key=lambda team: (team == OTHER, team))
    table = {
        "steps": steps.tolist(),
        "kinds": kinds,
        "queues": write_queues(leads, order[is_ranked[order]], step, kind, width, teams),
        "counts": count_others(leads, ~is_ranked, step, kind, teams),
        "most_calls": most_calls,
        "places": [chosen.discard, chosen.sales, chosen.rest, chosen.alone],
        "value": scenario.default_value,
        "cost": [getattr(scenario.cost, route) for route in ROUTES],
        "factor": [getattr(scenario.factor, route) for route in ROUTES],
        "capacity": [int(limits[team]) if np.isfinite(limits[team]) else None for team in teams],
    }
    is_short = most_calls is not None and len(finite) > 0 and finite.max() > most_calls
    if is_short or len(kinds) > len(DIGITS) or len(json.dumps(table, separators=(",", ":"))) > MOST_BYTES:
        return None
    return {
        "table": table,
        "chosen": measure_routes(leads, route_by_places(leads, steps, chosen, scenario), scenario),
        "choices": measure_choices(leads, steps, chosen, scenario),
        "teams": teams,
    }


def list_steps(leads: pd.DataFrame, scenario: Scenario) -> tuple[np.ndarray, Places]:
    """Return the levels at which a threshold can stand, and where the chosen ones do.

    They are 0, round numbers up to one that no lead reaches, and the levels of the closed form as
    they are.
    """
    worth = measure_worth(leads)
    lowest, highest = max(worth.min(initial=1), LOWEST), max(worth.max(initial=0), LOWEST)
    # By division the steps are the numbers that one would write.
    figures = [number / 10.0 ** (7 - decade) for decade in range(8) for number in NUMBERS]
    top = next(figure for figure in figures if figure >= 1 and figure > highest)
    levels = find_levels(scenario)
    rest, alone = (find_crossing(scenario, "discard", route) for route in ("nurture", "sales"))
    chosen = (levels.discard, levels.sales, rest, alone)
    steps = np.unique(
        [
            0.0,
            *(figure for figure in figures if lowest < figure <= top),
            *(level for level in chosen if 0 < level < top),
        ]
    )
    return steps, Places(*(find_place(steps, level) for level in chosen))


def find_place(steps: np.ndarray, level: float) -> int:
    """Return the first step at or above a level; the last one, which no lead reaches, beyond it."""
    return int(min(np.searchsorted(steps, level), len(steps) - 1))


def move_places(chosen: Places, discard: int, sales: int, last: int) -> Places:
    """Return where all thresholds stand when the handles do: the two hidden ones keep their distance."""

    def keep(handle: int, start: int, other: int) -> int:
        # What nobody reaches stays so, and a handle at its end takes the hidden threshold with it.
        return last if last in (handle, other) else max(0, min(last, handle + other - start))

    return Places(discard, sales, keep(discard, chosen.discard, chosen.rest), keep(sales, chosen.sales, chosen.alone))


def route_by_places(leads: pd.DataFrame, steps: np.ndarray, places: Places, scenario: Scenario) -> np.ndarray:
    """Return the routes with the thresholds at these places: at the chosen ones those of `route_leads`."""
    return route_by_levels(
        leads, steps[places.discard], steps[places.sales], steps[places.rest], steps[places.alone], scenario
    )


def route_by_levels(
    leads: pd.DataFrame, discard: float, sales: float, rest: float, alone: float, scenario: Scenario
) -> np.ndarray:
    """Return the routes with these thresholds on the worth.

    Under capacity the order of the calls is that of the scenario's own amounts.

    Parameters
    ----------
    leads : DataFrame
    discard, sales, rest, alone : float
        As the `Places` are called.
    scenario : Scenario
    """
    worth = measure_worth(leads)
    other = np.where(leads["may_nurture"] & (worth >= rest), NURTURE, DISCARD)
    route = route_by_cuts(worth, Cuts(discard, sales))
    route = np.where(leads["may_nurture"], route, np.where(worth >= alone, SALES, DISCARD))
    route = np.where(leads["may_sales"], route, other)
    return limit_calls(route, measure_gain(leads, scenario), leads, other)


def find_kinds(leads: pd.DataFrame) -> tuple[list[list[Any]], np.ndarray]:
    """Return the kinds of leads, ``[relative_value, may_sales, may_nurture]``, and that of each lead."""
    columns = leads[["relative_value", "may_sales", "may_nurture"]]
    codes, found = pd.factorize(pd.MultiIndex.from_frame(columns), sort=True)
    return [[float(value), bool(sales), bool(nurture)] for value, sales, nurture in found], codes


def rank_leads(leads: pd.DataFrame, scenario: Scenario) -> tuple[np.ndarray, np.ndarray]:
    """Return the order of the calls within each group, and each lead's rank among its like there.

    Those that may not be nurtured have ranks of their own: their threshold is another.
    """
    gain = measure_gain(leads, scenario)
    order = np.lexsort((np.arange(len(leads)), -gain, leads["group"]))
    ordered = leads.iloc[order]
    rank = np.empty(len(leads), int)
    rank[order] = ordered.groupby(["group", "may_sales", "may_nurture"]).cumcount().to_numpy()
    return order, rank


def find_most_calls(leads: pd.DataFrame, width: int) -> int | None:
    """Return how many leads of a group can be kept one by one, or None where all can."""
    sizes = leads[leads["may_sales"]].groupby(["group", "may_nurture"]).size().to_numpy()
    most = MOST_RANKED_BYTES // width
    if sizes.sum() <= most:
        return None
    return next(calls for calls in range(int(sizes.max()), -1, -1) if np.minimum(sizes, calls).sum() <= most)


def write_queues(
    leads: pd.DataFrame, order: np.ndarray, step: np.ndarray, kind: np.ndarray, width: int, teams: list[str]
) -> list[list[Any]]:
    """Return ``[team, leads]`` of each group: two or three digits a lead, in the order of the calls."""
    codes = step * 2 + leads["label"].to_numpy(int)
    texts = [
        DIGITS[codes[lead] // 64] + DIGITS[codes[lead] % 64] + (DIGITS[kind[lead]] if width == 3 else "")
        for lead in order
    ]
    written = pd.Series(texts, dtype=object).groupby(leads["group"].to_numpy()[order]).agg("".join)
    team_of = leads.groupby("group")["team"].first()
    return [[teams.index(team_of[group]), text] for group, text in written.items()]


def count_others(
    leads: pd.DataFrame, is_other: np.ndarray, step: np.ndarray, kind: np.ndarray, teams: list[str]
) -> list[list[int]]:
    """Return ``[step, kind, team, leads, conversions]`` of the leads that are not kept one by one."""
    # Whoever may not be called waits for no team.
    team = np.where(leads["may_sales"], leads["team"].map({name: place for place, name in enumerate(teams)}), 0)
    cells = pd.DataFrame({"step": step, "kind": kind, "team": team.astype(int), "label": leads["label"].astype(int)})
    counted = cells[is_other].groupby(["step", "kind", "team"])["label"].agg(["size", "sum"]).reset_index()
    return counted.to_numpy().tolist()


def measure_routes(leads: pd.DataFrame, route: np.ndarray, scenario: Scenario) -> dict[str, list[float]]:
    """Return ``leads``, ``conversions`` and ``profit`` of each of the `ROUTES`.

    The profit is taken from the counts, in the order in which the page takes it: equal to the last
    bit, and to the sum over leads but for its rounding.
    """
    kinds, kind = find_kinds(leads)
    cell, label = route * len(kinds) + kind, leads["label"].to_numpy(float)
    counts = np.bincount(route, minlength=3)
    converted = np.bincount(cell, weights=label, minlength=3 * len(kinds)).reshape(3, len(kinds))
    profits = []
    for position, name in enumerate(ROUTES):
        earned = 0.0
        for (relative_value, *_), conversions in zip(kinds, converted[position].tolist(), strict=True):
            earned += scenario.default_value * relative_value * getattr(scenario.factor, name) * conversions
        profits.append(earned - getattr(scenario.cost, name) * int(counts[position]))
    return {"leads": counts.tolist(), "conversions": converted.sum(axis=1).astype(int).tolist(), "profit": profits}


def measure_choices(leads: pd.DataFrame, steps: np.ndarray, chosen: Places, scenario: Scenario) -> list[dict[str, Any]]:
    """Return the figures of other thresholds for calls and of the chosen one, ``is_chosen``, in their order."""
    last = len(steps) - 1
    places = sorted({chosen.sales, *(find_place(steps, cut) for cut in CHOICES)})
    rows = []
    for sales in places:
        moved = move_places(chosen, min(chosen.discard, sales), sales, last)
        route = route_by_places(leads, steps, moved, scenario)
        rows.append(
            {"threshold": float(steps[sales]), "is_chosen": sales == chosen.sales}
            | measure_routes(leads, route, scenario)
        )
    return rows
