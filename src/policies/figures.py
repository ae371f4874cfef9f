"""What a policy earned on the test fold: volumes, profit with its interval, and what could have been earned."""

from typing import Any

import numpy as np
import pandas as pd

from src.models.measures import find_interval
from src.params import Scenario
from src.policies.economics import SALES
from src.policies.routing import (
    cap_profits,
    count_routes,
    find_cuts_that_earn,
    route_leads,
    take_routes,
)


def measure_policies(
    test: pd.DataFrame,
    routes: dict[str, np.ndarray],
    chosen: np.ndarray,
    scenario: Scenario,
    weights: np.ndarray,
    confidence: float,
) -> dict[str, dict[str, Any]]:
    """Return the figures of each policy, with what the chosen one earns more (`compare_profits`)."""
    earned = take_routes(test, chosen, scenario)
    figures = {}
    for name, route in routes.items():
        profit = take_routes(test, route, scenario)
        more = compare_profits(name, earned, profit, weights, confidence)
        figures[name] = measure_policy(test, route, profit, weights, confidence) | {
            "chosen_more": more["profit"],
            "chosen_more_low": more["profit_low"],
            "chosen_more_high": more["profit_high"],
        }
    return figures


def measure_policy(
    test: pd.DataFrame, route: np.ndarray, profit: np.ndarray, weights: np.ndarray, confidence: float
) -> dict[str, Any]:
    """Return volumes, precision, recall and profit of a policy, with the profit's interval."""
    label = test["label"].to_numpy()
    contacts = int((route == SALES).sum())
    reached, conversions = int(label[route == SALES].sum()), int(label.sum())
    low, high = find_interval(weights @ profit, confidence)
    return {
        "leads": len(test),
        "conversions": conversions,
        "routes": count_routes(route),
        "contacts": contacts,
        "conversions_reached": reached,
        "conversions_lost": conversions - reached,
        "precision": reached / contacts if contacts else None,
        "recall": reached / conversions if conversions else None,
        "profit": float(profit.sum()),
        "profit_low": low,
        "profit_high": high,
    }


def compare_profits(
    name: str, chosen: np.ndarray, baseline: np.ndarray, weights: np.ndarray, confidence: float
) -> dict[str, Any]:
    """Return the paired difference of profit to a baseline, with its interval."""
    low, high = find_interval(weights @ (chosen - baseline), confidence)
    return {"baseline": name, "profit": float((chosen - baseline).sum()), "profit_low": low, "profit_high": high}


def measure_bounds(
    test: pd.DataFrame, truth: pd.DataFrame, scenario: Scenario, weights: np.ndarray, confidence: float
) -> dict[str, Any]:
    """Return what could have been earned: by the best cuts in hindsight and, where known, by the truth.

    Returns
    -------
    dict
        ``profit_in_hindsight``, ``cuts_in_hindsight`` and ``regret`` (what the chosen policy earned
        less). With the truth: ``profit_of_truth``, of the same rule on the true probabilities, and
        ``expected``, which is free of the luck of these leads: what each would earn if every lead
        converted with its true probability.
    """
    profit = take_routes(test, route_leads(test, scenario), scenario)
    cuts, best = find_cuts_that_earn(test, cap_profits(test, scenario))
    bounds: dict[str, Any] = {
        "profit_in_hindsight": best,
        "cuts_in_hindsight": {"discard": cuts.discard, "sales": cuts.sales},
        "regret": best - float(profit.sum()),
    }
    known = test.merge(truth, on=["lead_id", "snapshot_at"], suffixes=("", "_true"))
    if len(known) < len(test) or known.empty:
        return bounds
    true = known["probability_true"]
    routes = {"chosen": route_leads(known, scenario), "truth": route_leads(known.assign(probability=true), scenario)}
    of_truth = take_routes(known, routes["truth"], scenario)
    less = compare_profits("truth", profit, of_truth, weights, confidence)
    as_expected = known.assign(label=true)
    expected = {name: float(take_routes(as_expected, route, scenario).sum()) for name, route in routes.items()}
    expected["of_best_cuts"] = find_cuts_that_earn(known, cap_profits(as_expected, scenario))[1]
    return bounds | {
        "profit_of_truth": float(of_truth.sum()),
        "less_than_truth": {key: less[key] for key in ("profit", "profit_low", "profit_high")},
        "expected": expected,
    }
