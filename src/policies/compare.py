"""Stage `policies`: what each policy would have earned on the test fold, for one scenario."""

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from src import paths
from src.features.catalogue import Metric, read_catalogue
from src.files import read_json, read_table, write_json, write_metrics, write_numbers, write_table, write_text
from src.models.candidates.rules import keep_known
from src.models.measures import draw_weights
from src.models.reasons import grade_leads
from src.models.saved import FORWARD, MODEL, is_applicable, load_model
from src.params import Evaluation, Scenario, load_params
from src.policies.capacity import WEEK_COLUMNS, describe_capacity, tabulate_weeks
from src.policies.decisions import (
    KEY,
    add_points,
    add_week,
    choose_age,
    describe_value_classes,
    list_capacities,
    prepare_leads,
    take_decisions,
    take_features,
)
from src.policies.economics import find_cuts
from src.policies.eligibility import describe_eligibility, list_missing_fields
from src.policies.evidence import (
    measure_grid,
    measure_near,
    measure_net_benefit,
    measure_value_by_calls,
    profile_routes,
)
from src.policies.explorer import build_explorer
from src.policies.figures import compare_profits, measure_bounds, measure_policies, measure_policy
from src.policies.history import (
    check_cuts,
    choose_alternative_cuts,
    describe_team_cuts,
    find_effective_cuts,
)
from src.policies.holdout import plan_hold_outs
from src.policies.metrics import find_lacking, list_metrics
from src.policies.results import PolicyResults
from src.policies.review import describe_review, measure_reach
from src.policies.routing import (
    UNAIDED,
    list_baselines,
    route_as_they_come,
    route_from,
    route_leads,
    take_routes,
)
from src.policies.sensitivity import measure_sensitivity
from src.policies.table import build_threshold_table
from src.policies.transitions import describe_transitions
from src.stage import read_item, run_stage

CHOSEN = "two_cuts"
"""The name of the chosen policy."""

DECISION_COLUMNS = (
    "label",
    "probability",
    "relative_value",
    "may_sales",
    "may_nurture",
    "team",
    "capacity",
    "group",
)
"""One row a test lead, in order of creation: what its route follows from, and nothing that names it."""

FORWARD_COLUMNS = (*KEY, "person", "sequence", "age", "label", "probability")
"""What is read of the history's forward rows: of all candidates the champion's calibrated probability."""


def main() -> str:
    params, name = load_params(), read_item()
    scenario, evaluation, seed = params.get_scenario(name), params.evaluation, params.model.seed
    objective, folder = scenario.objective, paths.model_folder(scenario.objective)
    if not is_applicable(folder):
        save_not_applicable(params.source, objective, name)
        return f"{name}: {objective} is not an objective of {params.source}: not applicable"
    if not scenario.is_for(params.source):
        save_not_applicable(params.source, objective, name)
        return f"{name} is a scenario of {', '.join(scenario.sources)}: not applicable to {params.source}"
    catalogue = read_catalogue(paths.EXPLICIT_CATALOGUE)
    lacking = find_lacking(scenario, catalogue)
    metrics = [metric for metric in list_metrics(scenario) if metric not in lacking]
    points = keep_known(params.model.points, [Metric(**entry) for entry in read_json(folder / MODEL)["catalogue"]])
    told = [metric.name for metric in catalogue]
    columns = dict.fromkeys([*KEY, *metrics, *(point.metric for point in points), *told])
    dataset = read_table(paths.processed(objective), list(columns))
    forward, predictions = read_table(folder / FORWARD, list(FORWARD_COLUMNS)), read_table(paths.predictions(objective))
    truth = read_table(paths.TRUTH)

    age = choose_age(predictions["age"].unique(), scenario.decide_at)
    forward, known = prepare_leads(take_decisions(forward, age), dataset, scenario)
    test, features = prepare_leads(take_decisions(predictions, age), dataset, scenario)
    forward, test = add_points(forward, known, points), add_points(test, features, points)
    older, _ = prepare_leads(add_week(predictions), dataset, scenario)
    cuts = describe_cuts(forward, test, scenario, evaluation, seed)
    policies = route_policies(forward, test, cuts, scenario)
    truth, limits = truth[truth["objective"] == objective], list_capacities(scenario, metrics)
    result = cuts | compare_policies(test, truth, policies, scenario, evaluation, seed)
    result["test"]["share_above_cut"] = measure_share_above(test, result["cuts"]["sales"])
    result["capacity"] = describe_capacity(forward, test, limits, scenario, evaluation, seed)
    result["review"] = describe_review(test, scenario, measure_reach(evaluation.confidence, params.model.refits))
    result |= explain_eligibility(test, features, known, scenario, lacking, seed)
    result |= explain_assumptions(forward, test, limits, scenario)
    result["transitions"] = describe_transitions(older, age, scenario, evaluation, seed)
    grades = grade_leads(load_model(folder), test, test["age_days"])
    result |= explain_routes(test, take_features(test, dataset[[*KEY, *told]]), grades, catalogue, scenario)
    result |= explain_thresholds(test, scenario, evaluation, seed)

    context = {"source": params.source, "applicable": True, "objective": objective, "scenario": name}
    checked = PolicyResults.model_validate(context | {"decide_at": age} | result)
    write_metrics(checked.model_dump(by_alias=True, exclude_unset=True), paths.policy(objective, name))
    write_numbers(measure_value_by_calls(test, scenario), paths.calls(objective, name))
    write_json({"explorer": build_explorer(test, scenario)}, paths.explorer(objective, name))
    table = build_threshold_table(*take_curve(test), scenario)
    write_numbers(table, paths.thresholds(objective, name))
    routes = {name: route for group in policies.values() for name, route in group.items()}
    weeks = tabulate_weeks(test, routes, limits, scenario)
    write_numbers(weeks, paths.weeks(objective, name))
    write_table(test[list(DECISION_COLUMNS)], paths.decisions(objective, name))
    return f"{name}: {describe(result)}"


def save_not_applicable(source: str, objective: str, name: str) -> None:
    """Write empty tables in place of those of a scenario that is of other sources, or of an objective that it lacks."""
    write_metrics({"source": source, "applicable": False}, paths.policy(objective, name))
    write_text("share,profit_sales\n", paths.thresholds(objective, name))
    write_text(",".join(WEEK_COLUMNS) + "\n", paths.weeks(objective, name))
    write_text("calls,value\n", paths.calls(objective, name))
    write_json({"explorer": None}, paths.explorer(objective, name))
    write_table(pd.DataFrame(columns=list(DECISION_COLUMNS)), paths.decisions(objective, name))


def describe_cuts(
    forward: pd.DataFrame, test: pd.DataFrame, scenario: Scenario, evaluation: Evaluation, seed: int
) -> dict[str, Any]:
    """Return where all cuts lie and how surely; nothing of the test is used but how many leads each class has.

    Returns
    -------
    dict
        ``cuts`` as they are felt in a usual week, ``cuts_without_limit`` of the closed form,
        ``cuts_by_value`` and ``values_without_leads`` (`list_cuts_by_value`), ``cuts_by_team``,
        ``alternative_cuts`` (for precision, recall and F1) and ``forward``, the check of the closed form
        on the history.
    """
    count, confidence = evaluation.bootstrap, evaluation.confidence
    weights = draw_weights(forward["person"], count, seed)
    return {
        "cuts": asdict(find_effective_cuts(forward, scenario)),
        "cuts_without_limit": asdict(find_cuts(scenario)),
        **list_cuts_by_value(forward, test, scenario),
        "cuts_by_team": describe_team_cuts(forward, scenario, count, seed, confidence),
        "alternative_cuts": choose_alternative_cuts(forward, scenario, weights, confidence),
        "forward": check_cuts(forward, scenario, weights, confidence),
    }


def route_policies(
    forward: pd.DataFrame, test: pd.DataFrame, cuts: dict[str, Any], scenario: Scenario
) -> dict[str, dict[str, np.ndarray]]:
    """Return the routes of the test's leads: ``chosen``, ``baselines`` and ``alternatives`` by name.

    The alternatives use the ``cuts`` of `describe_cuts`. What cannot be reached is tried with no call.
    """
    alternatives = {}
    for name, key in (("as_they_come", "sales"), ("as_they_come_best", "sales_as_they_come")):
        levels = {team: found[key] for team, found in cuts["cuts_by_team"].items()}
        if levels:
            alternatives[name] = route_as_they_come(test, levels, scenario)
    for name, found in cuts["alternative_cuts"].items():
        alternatives[name] = route_from(test, np.inf if found["cut"] is None else found["cut"], scenario)
    return {
        "chosen": {CHOSEN: route_leads(test, scenario)},
        "baselines": list_baselines(forward, test, scenario),
        "alternatives": alternatives,
    }


def compare_policies(
    test: pd.DataFrame,
    truth: pd.DataFrame,
    policies: dict[str, dict[str, np.ndarray]],
    scenario: Scenario,
    evaluation: Evaluation,
    seed: int,
) -> dict[str, Any]:
    """Return what the chosen policy and the others earn on the test fold.

    Parameters
    ----------
    test : DataFrame
        One row a lead as of `assess_leads`: ``person, label, probability``.
    truth : DataFrame
        ``lead_id, snapshot_at, probability``, or no rows.
    policies : dict
        As of `route_policies`.
    scenario : Scenario
    evaluation : Evaluation
    seed : int

    Returns
    -------
    dict
        ``test``, the figures of the chosen policy; those of ``baselines`` and ``alternatives``;
        ``difference`` to the best of the baselines, and ``difference_unaided`` to the best that
        needs no probability.
    """
    confidence = evaluation.confidence
    weights = draw_weights(test["person"], evaluation.bootstrap, seed)
    chosen, baselines = policies["chosen"][CHOSEN], policies["baselines"]
    earned = take_routes(test, chosen, scenario)
    unaided = {name: route for name, route in baselines.items() if name in UNAIDED}
    others = {
        kind: measure_policies(test, policies[kind], chosen, scenario, weights, confidence)
        for kind in ("baselines", "alternatives")
    }
    return {
        "test": measure_policy(test, chosen, earned, weights, confidence)
        | measure_bounds(test, truth, scenario, weights, confidence),
        **others,
        "difference": compare_to_best(test, earned, baselines, scenario, weights, confidence),
        "difference_unaided": compare_to_best(test, earned, unaided, scenario, weights, confidence),
    }


def explain_eligibility(
    test: pd.DataFrame, features: pd.DataFrame, known: pd.DataFrame, scenario: Scenario, lacking: list[str], seed: int
) -> dict[str, Any]:
    """Return who is kept from a route, and which missing field would open it."""
    return {
        "eligibility": describe_eligibility(test, features, known, scenario, lacking),
        "missing_fields": list_missing_fields(test, features, known, scenario, seed),
    }


def explain_assumptions(
    forward: pd.DataFrame, test: pd.DataFrame, limits: dict[str, float], scenario: Scenario
) -> dict[str, Any]:
    """Return what would measure the assumptions, and what hangs on each."""
    return {"hold_outs": plan_hold_outs(forward, scenario), "sensitivity": measure_sensitivity(test, limits, scenario)}


def explain_routes(
    test: pd.DataFrame, told: pd.DataFrame, grades: pd.DataFrame, catalogue: list[Metric], scenario: Scenario
) -> dict[str, Any]:
    """Return the routes by fit and engagement (``grid``) and by what leads told (``profile``) of those that may be
    called: the others have a section of their own."""
    is_open, route = test["may_sales"].to_numpy(bool), route_leads(test, scenario)
    return {
        "grid": measure_grid(test[is_open], grades[is_open], route[is_open]),
        "profile": profile_routes(told[is_open], catalogue, route[is_open]),
    }


def explain_thresholds(test: pd.DataFrame, scenario: Scenario, evaluation: Evaluation, seed: int) -> dict[str, Any]:
    """Return the ``net_benefit`` of calling by the probability, and predicted and observed ``near`` the thresholds."""
    weights = draw_weights(test["person"], evaluation.bootstrap, seed)
    return {
        "net_benefit": measure_net_benefit(test, scenario, weights, evaluation.confidence),
        "near": measure_near(test, scenario, weights, evaluation.confidence),
    }


def compare_to_best(
    test: pd.DataFrame,
    chosen: np.ndarray,
    others: dict[str, np.ndarray],
    scenario: Scenario,
    weights: np.ndarray,
    confidence: float,
) -> dict[str, Any]:
    """Return the paired difference of the chosen policy's profits to those of the policy that earned most."""
    earned = {name: take_routes(test, route, scenario) for name, route in others.items()}
    best = max(earned, key=lambda name: earned[name].sum())
    return compare_profits(best, chosen, earned[best], weights, confidence)


def list_cuts_by_value(forward: pd.DataFrame, test: pd.DataFrame, scenario: Scenario) -> dict[str, list[Any]]:
    """Return both cuts on the probability without limits, of each class of values that test leads have.

    Returns
    -------
    dict
        ``cuts_by_value``: of each class its ``when``, ``value``, cuts, test ``leads`` and ``met_by``, the
        leads of ``history`` and ``test`` that it holds for. The default is the first also where it has no
        lead: the others are stated as multiples of it. ``values_without_leads``: the rules that hold
        for no lead of the test.
    """
    classes = describe_value_classes(scenario)
    counts = [np.bincount(rows["value_class"], minlength=len(classes)).tolist() for rows in (forward, test)]
    entries = [
        entry
        | asdict(find_cuts(scenario, entry["value"] / scenario.default_value))
        | {"leads": of_test, "met_by": {"history": of_history, "test": of_test}}
        for entry, of_history, of_test in zip(classes, *counts, strict=True)
    ]
    return {
        "cuts_by_value": [entry for entry in entries if entry["leads"] or entry["when"] is None],
        "values_without_leads": [entry for entry in entries if not entry["leads"] and entry["when"] is not None],
    }


def take_curve(test: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return label, probability and relative value of the leads that may be called, of all if none may."""
    rows = test[test["may_sales"]] if test["may_sales"].any() else test
    return tuple(rows[column].to_numpy() for column in ("label", "probability", "relative_value"))


def measure_share_above(test: pd.DataFrame, cut: float) -> float:
    """Return the share of the curve's leads whose probability is at or above a cut."""
    return float((take_curve(test)[1] >= cut).mean())


def describe(result: dict[str, Any]) -> str:
    test, cuts = result["test"], result["cuts"]
    return (
        f"cuts {cuts['discard']:.3f} and {cuts['sales']:.3f}, profit {test['profit']:,.0f} on {test['leads']} leads, "
        f"{result['difference']['profit']:+,.0f} against {result['difference']['baseline']}"
    )


if __name__ == "__main__":
    run_stage(main)
