"""Everything a scenario's report shows, computed once as one dictionary; rendering never computes."""

from typing import Any

import numpy as np
import pandas as pd

from src import paths
from src.features.catalogue import read_catalogue
from src.files import read_json, read_table
from src.models.measures import draw_weights
from src.models.reasons import GRADES, grade_leads
from src.models.saved import load_model
from src.params import Params, Scenario, load_params
from src.policies.decisions import take_decisions, take_features
from src.policies.economics import find_crossing
from src.policies.routing import route_leads
from src.reports.language import say
from src.reports.results import list_data_alerts, list_unmet, name_objective, name_policy, read_figures
from src.reports.scenario.evidence import join_leads, measure_at_cuts, measure_grid, measure_net_benefit, profile_routes
from src.reports.scenario.explorer_table import build_explorer
from src.reports.text import has_varying_values, say_probability


def collect_results(name: str) -> dict[str, Any]:
    """Return what the report of the scenario `name` shows.

    Returns
    -------
    dict
        ``name``, ``scenario``, ``default_value`` and ``calls_per_week`` (of its tables), ``source``,
        ``confidence``, ``objective``, ``is_applicable`` and ``is_meant`` (whether it is for this source); if
        it is applicable, also what `collect_figures` returns.
    """
    params = load_params()
    scenario = params.get_scenario(name)
    policy = read_figures(paths.policy(scenario.objective, name), params.source)
    results = {
        "name": name,
        "scenario": scenario.model_dump(),
        "default_value": scenario.default_value,
        "calls_per_week": scenario.calls_per_week,
        "source": params.source,
        "confidence": params.evaluation.confidence,
        "objective": name_objective(scenario.objective),
        "is_applicable": policy["applicable"],
        "is_meant": scenario.is_for(params.source),
    }
    if not policy["applicable"]:
        return results
    return results | collect_figures(name, scenario, policy, params)


def collect_figures(name: str, scenario: Scenario, policy: dict[str, Any], params: Params) -> dict[str, Any]:
    """Return the figures and tables of a scenario that applies.

    Returns
    -------
    dict
        ``policy`` (the figures of the policies), ``rows`` and ``alternatives`` (the policies side by side),
        ``best_rule`` (the best simple one) and ``best_unaided``, ``metrics`` (of the probabilities),
        ``intake``, ``rows_rejected``, ``thresholds``, ``calibration`` and ``gains`` (tables), ``curve`` (what
        stands out in the thresholds), ``reached_at_fifth``, ``alone`` (`describe_alone`), ``weeks`` (a
        table, of the chosen policy) and ``whole_weeks`` (of them), ``weekly_profits`` (one row a week, one
        column a policy), what `collect_evidence` returns, ``explorer`` (`build_explorer`) and ``alerts``.
    """
    plots, capacity = paths.plots(scenario.objective), scenario.calls_per_week
    metrics = read_figures(paths.metrics(scenario.objective), params.source)
    intake = read_json(paths.INTAKE)
    thresholds, gains = pd.read_csv(paths.thresholds(scenario.objective, name)), pd.read_csv(plots / "gains.csv")
    decisions = read_table(paths.decisions(scenario.objective, name))
    weekly = pd.read_csv(paths.weeks(scenario.objective, name))
    weeks = weekly[weekly["policy"] == "two_cuts"].reset_index(drop=True)
    return {
        "policy": policy,
        "rows": list_policy_rows(policy["test"], policy["baselines"], capacity),
        "alternatives": list_policy_rows(policy["test"], policy["alternatives"], capacity),
        "best_rule": name_policy(policy["difference"]["baseline"], capacity),
        "best_unaided": name_policy(policy["difference_unaided"]["baseline"], capacity),
        "metrics": metrics,
        "intake": intake,
        "rows_rejected": sum(file["rows_rejected"] for file in intake["files"]),
        "thresholds": thresholds,
        "curve": describe_curve(thresholds, policy),
        "calibration": pd.read_csv(plots / "calibration.csv"),
        "gains": gains,
        "reached_at_fifth": find_reached(gains, 0.2),
        "alone": describe_alone(decisions, scenario),
        "weeks": weeks,
        "whole_weeks": take_whole(weeks),
        "weekly_profits": weekly.pivot(index="week", columns="policy", values="profit").loc[weekly["week"].unique()],
        **collect_evidence(decisions, policy["decide_at"], scenario, params),
        "explorer": build_explorer(decisions, scenario),
        "alerts": [*list_data_alerts(name_objective(scenario.objective), metrics), *list_unmet(policy)],
    }


def collect_evidence(decisions: pd.DataFrame, decide_at: str, scenario: Scenario, params: Params) -> dict[str, Any]:
    """Return ``net_benefit``, ``at_cuts``, ``grid`` and ``profile`` of the test's decisions (`evidence`).

    The last two are of the leads that may be called: the others have a section of their own.
    """
    objective, catalogue = scenario.objective, read_catalogue(paths.EXPLICIT_CATALOGUE)
    columns = ["lead_id", "snapshot_at", "person", "sequence", "age", "age_days", "probability", *GRADES]
    leads = join_leads(decisions, take_decisions(read_table(paths.predictions(objective), columns), decide_at))
    metrics = [metric.name for metric in catalogue]
    dataset = read_table(paths.processed(objective), ["lead_id", "snapshot_at", *metrics])
    weights = draw_weights(leads["person"], params.evaluation.bootstrap, params.model.seed)
    route, confidence = route_leads(leads, scenario), params.evaluation.confidence
    grades = grade_leads(load_model(paths.model_folder(objective)), leads, leads["age_days"])
    features = take_features(leads, dataset)
    is_open = leads["may_sales"].to_numpy(bool)
    return {
        "net_benefit": measure_net_benefit(leads, scenario, weights, confidence),
        "at_cuts": measure_at_cuts(leads, scenario, weights, confidence),
        "grid": measure_grid(leads[is_open], grades[is_open], route[is_open]),
        "profile": profile_routes(features[is_open], catalogue, route[is_open]),
    }


def take_whole(weeks: pd.DataFrame) -> pd.DataFrame:
    """Return the weeks that no end of the test cuts off; all where there is no other."""
    return weeks[weeks["is_whole"]] if weeks["is_whole"].any() else weeks


def describe_alone(decisions: pd.DataFrame, scenario: Scenario) -> dict[str, Any]:
    """Return how many ``leads`` may be called but not nurtured, and from which worth they are (``cut``)."""
    is_alone = decisions["may_sales"] & ~decisions["may_nurture"]
    return {"leads": int(is_alone.sum()), "cut": find_crossing(scenario, "discard", "sales")}


def list_policy_rows(
    chosen: dict[str, Any], others: dict[str, dict[str, Any]], capacity: int | None
) -> list[dict[str, Any]]:
    """Return the policies side by side, the `chosen` one first, the others by profit."""
    ordered = sorted(others.items(), key=lambda item: -item[1]["profit"])
    return [
        {"key": key, "policy": name_policy(key, capacity), "is_chosen": key == "two_cuts", **figures}
        for key, figures in [("two_cuts", chosen), *ordered]
    ]


def describe_curve(thresholds: pd.DataFrame, policy: dict[str, Any]) -> dict[str, Any]:
    """Return the row with the highest profit of calling, and what lies above the cut that ends the calls.

    Returns
    -------
    dict
        ``best`` (a row), ``mark`` (what the cut is: where calls pay from or, with a limit, end),
        ``cut_row`` (the position of the last row above it, or None) and ``share_called`` (the share of
        leads above the cut, or None where there is none). Where values vary there is no such cut: the
        table is in order of the probability, and who is called follows from probability times value.
    """
    best = thresholds.loc[thresholds["profit_sales"].idxmax()].to_dict()
    if has_varying_values(policy):
        return {"best": best, "mark": None, "cut_row": None, "share_called": None}
    cut = policy["cuts"]["sales"]
    is_limited, level = cut > policy["cuts_without_limit"]["sales"], say_probability(cut)
    above = np.flatnonzero(thresholds["threshold"] >= cut)
    return {
        "best": best,
        "mark": say("calls end at {level}", level=level) if is_limited else say("calls pay from {level}", level=level),
        "cut_row": int(above[-1]) if len(above) else None,
        "share_called": policy["test"]["share_above_cut"] or None,
    }


def find_reached(gains: pd.DataFrame, share: float) -> float:
    """Return the share of conversions among the most probable `share` of the rows."""
    return float(gains.loc[(gains["share_of_leads"] - share).abs().idxmin(), "share_of_conversions"])
