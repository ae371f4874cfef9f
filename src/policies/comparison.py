"""Stage `comparison`, first program: how many leads take another route in one scenario than in another."""

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from src import paths
from src.files import read_json, read_table, write_metrics
from src.params import Scenario, load_params
from src.policies.economics import DISCARD, SALES
from src.policies.routing import route_leads
from src.stage import run_stage


def main() -> str:
    params = load_params()
    read = {name: read_json(paths.policy(each.objective, name)) for name, each in params.scenarios.items()}
    applicable = {name: params.scenarios[name] for name, figures in read.items() if figures["applicable"]}
    moves = list_moves(applicable, {name: read[name]["decide_at"] for name in applicable})
    write_metrics({"source": params.source, "moves": moves}, paths.COMPARISON)
    return f"{len(moves)} pairs of scenarios decide on the same leads"


def list_moves(scenarios: dict[str, Scenario], ages: dict[str, str]) -> list[dict[str, Any]]:
    """Return how many leads change route between two scenarios, for each pair that decides on the same leads.

    A lead is the same in two scenarios of one objective that decide at the same age: the rows are
    then those of the same test, in order of creation. Pairs with the most changes come first.
    """
    decisions = {name: read_table(paths.decisions(scenario.objective, name)) for name, scenario in scenarios.items()}
    routes = {name: route_leads(decisions[name], scenario) for name, scenario in scenarios.items()}
    moves = [
        {"first": first, "second": second}
        | compare_routes(decisions[first], decisions[second], routes[first], routes[second])
        for first, second in combinations(scenarios, 2)
        if scenarios[first].objective == scenarios[second].objective and ages[first] == ages[second]
    ]
    return sorted(moves, key=lambda move: -move["changed"])


def compare_routes(
    first: pd.DataFrame, second: pd.DataFrame, first_route: np.ndarray, second_route: np.ndarray
) -> dict[str, Any]:
    """Return how many of the same leads take another route in the second of two scenarios.

    Parameters
    ----------
    first, second : DataFrame
        The decisions of both: ``may_sales`` and ``may_nurture`` of the same leads in the same order.
    first_route, second_route : ndarray
        Their routes, positions in `ROUTES`.

    Returns
    -------
    dict
        ``leads``; ``changed``, those with another route, of which ``closed`` are those to whom one
        scenario alone closes a route; of the others ``sales`` are called and ``discard`` are
        discarded in one alone (who goes from sales to discard counts in both); and ``most``, the one
        of these two with more leads, or None where neither has.
    """
    is_changed = first_route != second_route
    allowed = ["may_sales", "may_nurture"]
    is_closed = (first[allowed].to_numpy() != second[allowed].to_numpy()).any(axis=1) & is_changed
    is_moved = is_changed & ~is_closed
    alone = {
        "sales": int((is_moved & ((first_route == SALES) != (second_route == SALES))).sum()),
        "discard": int((is_moved & ((first_route == DISCARD) != (second_route == DISCARD))).sum()),
    }
    return {
        "leads": len(first),
        "changed": int(is_changed.sum()),
        "closed": int(is_closed.sum()),
        **alone,
        "most": None if alone["sales"] == alone["discard"] else max(alone, key=alone.__getitem__),
    }


if __name__ == "__main__":
    run_stage(main)
