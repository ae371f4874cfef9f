"""Stage `policies`: what each policy would have earned on the test fold, for one scenario."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from src import paths
from src.data.sources import parse_age
from src.files import read_table, write_json, write_text
from src.models.measures import draw_weights, find_interval
from src.models.saved import FORWARD, is_applicable
from src.params import Evaluation, Scenario, load_params
from src.policies.economics import (
    DISCARD,
    NURTURE,
    ROUTES,
    SALES,
    Cuts,
    find_best_cuts,
    find_cuts,
    keep_capacity,
    measure_profits,
    rank_within,
    route_by_cuts,
    route_without_sales,
)
from src.policies.table import build_threshold_table
from src.stage import read_item, run_stage

TOP_SHARES = (0.2, 0.3, 0.5)
UNAIDED = ("call_everyone", "call_no_one", "nurture_everyone", "newest_first")
"""The baselines that need no probability; the top shares use the same one as the two cuts."""


def main() -> str:
    params = load_params()
    name = read_item()
    scenario = params.get_scenario(name)
    objective, folder = scenario.objective, paths.model_folder(scenario.objective)
    if not is_applicable(folder):
        write_json({"source": params.source, "applicable": False}, paths.policy(objective, name))
        write_text("share,profit_sales\n", paths.thresholds(objective, name))
        return f"{name}: {objective} is not an objective of {params.source}: not applicable"
    forward, test = read_table(folder / FORWARD), read_table(paths.predictions(objective))
    truth = read_table(paths.TRUTH)

    age = choose_age(test["age"].unique(), scenario.decide_at)
    forward, test = take_decisions(forward, age), take_decisions(test, age)
    truth = truth[truth["objective"] == objective]

    result = compare_policies(forward, test, truth, scenario, params.evaluation, params.model.seed)
    table = build_threshold_table(test["label"].to_numpy(), test["probability"].to_numpy(), scenario)

    context = {"source": params.source, "applicable": True, "objective": objective, "scenario": name}
    write_json(context | {"decide_at": age} | result, paths.policy(objective, name))
    write_text(table.to_csv(index=False), paths.thresholds(objective, name))
    return f"{name}: {describe(result)}"


def choose_age(ages: Iterable[str], wanted: str) -> str:
    """Return the last of the ages that is not after the wanted one, else the first."""
    ordered = sorted(ages, key=parse_age)
    earlier = [age for age in ordered if parse_age(age) <= parse_age(wanted)]
    return earlier[-1] if earlier else ordered[0]


def take_decisions(rows: pd.DataFrame, age: str) -> pd.DataFrame:
    """Return one row a lead, at the age of the decision, with the ``week`` it falls in.

    In a source without dates there are no weeks: each hundred leads in order of creation stand
    in for one.
    """
    rows = rows[rows["age"] == age].sort_values("sequence", ignore_index=True)
    if rows["snapshot_at"].isna().any():
        return rows.assign(week=rows["sequence"] // 100)
    # Monday 1970-01-05 began an ISO week.
    days = (rows["snapshot_at"] - pd.Timestamp("1970-01-05")) // pd.Timedelta(days=1)
    return rows.assign(week=days // 7)


def compare_policies(
    forward: pd.DataFrame,
    test: pd.DataFrame,
    truth: pd.DataFrame,
    scenario: Scenario,
    evaluation: Evaluation,
    seed: int,
) -> dict[str, Any]:
    """Return the chosen policy, the baselines and what they earn on the test fold.

    Parameters
    ----------
    forward : DataFrame
        The history's forward predictions, one row a lead: ``person, label, probability, week``.
    test : DataFrame
        The same of the test fold.
    truth : DataFrame
        ``lead_id, snapshot_at, probability``, or no rows.
    scenario : Scenario
    evaluation : Evaluation
    seed : int

    Returns
    -------
    dict
        ``cuts`` from the scenario and, under capacity, from the history; ``forward``, their
        check on the history; ``test``; ``baselines``; ``difference`` to the best of them, and
        ``difference_unaided`` to the best that needs no probability.
    """
    cuts = find_cuts(scenario)
    effective = find_effective_cuts(forward, cuts, scenario)
    weights = draw_weights(test["person"], evaluation.bootstrap, seed)
    routes = {"two_cuts": route_leads(test, cuts, scenario), **list_baselines(forward, test, cuts, scenario)}
    earned = {policy: take_routes(test, route, scenario) for policy, route in routes.items()}
    chosen = earned.pop("two_cuts")
    figures = {
        policy: measure_policy(test, routes[policy], profit, weights, evaluation.confidence)
        for policy, profit in {"two_cuts": chosen, **earned}.items()
    }
    best = max(earned, key=lambda policy: earned[policy].sum())
    unaided = max(UNAIDED, key=lambda policy: earned[policy].sum())
    result = figures.pop("two_cuts") | measure_bounds(test, truth, cuts, scenario)
    result["share_above_cut"] = float((test["probability"] >= effective.sales).mean())
    return {
        "cuts": asdict(effective),
        "cuts_without_limit": asdict(cuts),
        "forward": check_cuts(forward, cuts, scenario),
        "test": result,
        "baselines": figures,
        "difference": compare_profits(best, chosen, earned[best], weights, evaluation.confidence),
        "difference_unaided": compare_profits(unaided, chosen, earned[unaided], weights, evaluation.confidence),
    }


def measure_bounds(test: pd.DataFrame, truth: pd.DataFrame, cuts: Cuts, scenario: Scenario) -> dict[str, float]:
    """Return what could have been earned: by the best cuts in hindsight and, where known, by the truth."""
    bounds = {"profit_in_hindsight": find_best_cuts(test["probability"].to_numpy(), cap_profits(test, scenario))[1]}
    known = test.merge(truth, on=["lead_id", "snapshot_at"], suffixes=("", "_true"))
    if len(known) == len(test) > 0:
        as_truth = known.assign(probability=known["probability_true"])
        bounds["profit_of_truth"] = float(take_routes(known, route_leads(as_truth, cuts, scenario), scenario).sum())
    return bounds


def route_leads(rows: pd.DataFrame, cuts: Cuts, scenario: Scenario) -> np.ndarray:
    """Return the routes by the cuts; under capacity the most probable of each week are called."""
    p, week = rows["probability"].to_numpy(), rows["week"].to_numpy()
    fallback = route_without_sales(p, scenario)
    return keep_capacity(route_by_cuts(p, cuts), p, week, fallback, scenario.capacity_per_week)


def list_baselines(forward: pd.DataFrame, test: pd.DataFrame, cuts: Cuts, scenario: Scenario) -> dict[str, np.ndarray]:
    """Return the routes of the policies that need no cut to be thought about.

    All of them respect the capacity, and do with the leads they do not call what earned more on
    the history: nurture them or nothing. So the two cuts are not ahead just because they nurture.
    ``newest_first`` calls as many leads in each week as the two cuts do, the newest ones. The top
    shares are cut at the history's quantiles of the same probability.
    """
    count, p, week = len(test), test["probability"].to_numpy(), test["week"].to_numpy()
    earned = measure_profits(forward["label"].to_numpy(), scenario).sum(axis=0)
    rest = np.full(count, NURTURE if earned[NURTURE] > earned[DISCARD] else DISCARD)
    capacity, everybody = scenario.capacity_per_week, np.full(count, SALES)
    oldest_first, newest_first = -np.arange(count), np.arange(count)
    codes = pd.factorize(week)[0]
    contacts = np.bincount(codes, weights=route_leads(test, cuts, scenario) == SALES)
    is_newest = rank_within(week, newest_first) < contacts[codes]
    baselines = {
        "call_everyone": keep_capacity(everybody, oldest_first, week, rest, capacity),
        "call_no_one": np.full(count, DISCARD),
        "nurture_everyone": np.full(count, NURTURE),
        "newest_first": np.where(is_newest, SALES, rest),
    }
    for share in TOP_SHARES:
        level = forward["probability"].quantile(1 - share)
        route = np.where(p >= level, SALES, rest)
        baselines[f"top_{share * 100:.0f}_percent"] = keep_capacity(route, p, week, rest, capacity)
    return baselines


def take_routes(rows: pd.DataFrame, route: np.ndarray, scenario: Scenario) -> np.ndarray:
    """Return the profit of each lead on its route."""
    profits = measure_profits(rows["label"].to_numpy(), scenario)
    return profits[np.arange(len(rows)), route]


def cap_profits(rows: pd.DataFrame, scenario: Scenario) -> np.ndarray:
    """Return the profit of each lead below, between and above the cuts, shape (leads, 3).

    A lead for whom its week has no capacity, whatever the cut, earns what it does without sales.
    """
    profits = measure_profits(rows["label"].to_numpy(), scenario)
    if scenario.capacity_per_week is not None:
        p = rows["probability"].to_numpy()
        is_over = rank_within(rows["week"].to_numpy(), p) >= scenario.capacity_per_week
        fallback = route_without_sales(p, scenario)[is_over]
        profits[is_over, SALES] = profits[is_over, fallback]
    return profits


def find_effective_cuts(forward: pd.DataFrame, cuts: Cuts, scenario: Scenario) -> Cuts:
    """Return the cuts as they are felt: under capacity, where calling ended in a median week.

    A week of the history with fewer leads worth calling than the capacity ends at the cut
    without limits.
    """
    if scenario.capacity_per_week is None:
        return cuts
    is_called = route_leads(forward, cuts, scenario) == SALES
    is_wanted = route_by_cuts(forward["probability"].to_numpy(), cuts) == SALES
    called = forward["probability"].where(is_called)
    by_week = called.groupby(forward["week"]).min().fillna(cuts.sales)
    is_full = pd.Series(is_wanted & ~is_called).groupby(forward["week"].to_numpy()).any()
    level = by_week.where(is_full, cuts.sales).median()
    return Cuts(cuts.discard, max(cuts.sales, float(level)))


def check_cuts(forward: pd.DataFrame, cuts: Cuts, scenario: Scenario) -> dict[str, Any]:
    """Return what the cuts earn on the history's forward rows, and the pair that earned most there."""
    profit = float(take_routes(forward, route_leads(forward, cuts, scenario), scenario).sum())
    best, best_profit = find_best_cuts(forward["probability"].to_numpy(), cap_profits(forward, scenario))
    return {"leads": len(forward), "profit": profit, "best_cuts": asdict(best), "best_profit": best_profit}


def measure_policy(
    test: pd.DataFrame, route: np.ndarray, profit: np.ndarray, weights: np.ndarray, confidence: float
) -> dict[str, Any]:
    """Return volumes, precision, recall and profit of a policy, with the profit's interval."""
    label = test["label"].to_numpy()
    contacts = int((route == SALES).sum())
    reached = float(label[route == SALES].sum())
    low, high = find_interval(weights @ profit, confidence)
    return {
        "leads": len(test),
        "conversions": int(label.sum()),
        "routes": {name: int((route == position).sum()) for position, name in enumerate(ROUTES)},
        "contacts": contacts,
        "conversions_reached": int(reached),
        "precision": reached / contacts if contacts else None,
        "recall": reached / float(label.sum()) if label.any() else None,
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


def describe(result: dict[str, Any]) -> str:
    test, cuts = result["test"], result["cuts"]
    return (
        f"cuts {cuts['discard']:.3f} and {cuts['sales']:.3f}, profit {test['profit']:,.0f} on {test['leads']} leads, "
        f"{result['difference']['profit']:+,.0f} against {result['difference']['baseline']}"
    )


if __name__ == "__main__":
    run_stage(main)
