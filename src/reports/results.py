"""Everything a report shows, computed once as one dictionary; rendering never computes."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from src import paths
from src.files import read_json
from src.params import Params, load_params
from src.stage import InputError

POLICY_NAMES = {
    "two_cuts": "The two cuts",
    "call_everyone": "Call everyone",
    "call_no_one": "Do nothing",
    "nurture_everyone": "Nurture everyone",
    "newest_first": "Call as many, the newest",
}

OBJECTIVE_NAMES = {"sale": "a sale", "accepted": "acceptance by the client"}


def collect_results(name: str) -> dict[str, Any]:
    """Return what the report of the scenario `name` shows.

    Returns
    -------
    dict
        ``name``, ``scenario``, ``source``, ``confidence``, ``objective`` and ``is_applicable``; if
        it is, also ``policy`` (the figures of the policies), ``rows`` (the policies side by
        side), ``best_rule`` (the best simple one), ``metrics`` (of the probabilities), ``intake``,
        ``rows_rejected``, ``thresholds``, ``calibration`` and ``gains`` (tables), ``curve`` (what
        stands out in the thresholds), ``reached_at_fifth`` and ``alerts``.
    """
    params = load_params()
    scenario = params.get_scenario(name)
    policy = read_figures(paths.policy(scenario.objective, name), params.source)
    results = {
        "name": name,
        "scenario": scenario.model_dump(),
        "source": params.source,
        "confidence": params.evaluation.confidence,
        "objective": name_objective(scenario.objective),
        "is_applicable": policy["applicable"],
    }
    if not policy["applicable"]:
        return results
    plots, capacity = paths.plots(scenario.objective), scenario.capacity_per_week
    metrics = read_figures(paths.metrics(scenario.objective), params.source)
    intake = read_json(paths.INTAKE)
    thresholds, gains = pd.read_csv(paths.thresholds(scenario.objective, name)), pd.read_csv(plots / "gains.csv")
    return results | {
        "policy": policy,
        "rows": list_policy_rows(policy, capacity),
        "best_rule": name_policy(policy["difference"]["baseline"], capacity),
        "best_unaided": name_policy(policy["difference_unaided"]["baseline"], capacity),
        "metrics": metrics,
        "intake": intake,
        "rows_rejected": sum(file["rows_rejected"] for file in intake["files"]),
        "thresholds": thresholds,
        "curve": describe_curve(thresholds, policy["cuts"]["sales"], policy["test"]["share_above_cut"]),
        "calibration": pd.read_csv(plots / "calibration.csv"),
        "gains": gains,
        "reached_at_fifth": find_reached(gains, 0.2),
        "alerts": list_data_alerts(results["objective"], metrics),
    }


def read_figures(path: Path, source: str) -> dict[str, Any]:
    """Return the figures in `path`, which must be of the `source` that is reported.

    Raises
    ------
    InputError
        ``stale_figures`` where they are of another source: a report would mix the two.
    """
    figures = read_json(path)
    if figures["source"] != source:
        raise InputError("stale_figures", f"these are of {figures['source']}, not of {source}; run dvc repro", path)
    return figures


def name_objective(objective: str) -> str:
    return OBJECTIVE_NAMES.get(objective, objective.replace("_", " "))


def name_policy(policy: str, capacity: int | None) -> str:
    """Return a policy in words, with the `capacity` a week that cuts it short.

    The newest are as many as the two cuts call anyway.
    """
    top = re.fullmatch(r"top_(\d+)_percent", policy)
    limit = f", up to {capacity} a week" if capacity and (top or policy == "call_everyone") else ""
    return (f"Call the top {top[1]}\u00a0%" if top else POLICY_NAMES[policy]) + limit


def list_policy_rows(policy: dict[str, Any], capacity: int | None) -> list[dict[str, Any]]:
    """Return the policies side by side, the chosen one first, the others by profit."""
    others = sorted(policy["baselines"].items(), key=lambda item: -item[1]["profit"])
    return [
        {"policy": name_policy(name, capacity), "is_chosen": name == "two_cuts", **figures}
        for name, figures in [("two_cuts", policy["test"]), *others]
    ]


def describe_curve(thresholds: pd.DataFrame, sales_cut: float, share_above_cut: float) -> dict[str, Any]:
    """Return the row with the highest profit of calling, and what lies above the sales cut.

    Returns
    -------
    dict
        ``best`` (a row), ``cut_row`` (the position of the last row above the cut, or None) and
        ``share_called`` (the share of leads above the cut, or None where there is none).
    """
    above = np.flatnonzero(thresholds["threshold"] >= sales_cut)
    return {
        "best": thresholds.loc[thresholds["profit_sales"].idxmax()].to_dict(),
        "cut_row": int(above[-1]) if len(above) else None,
        "share_called": share_above_cut or None,
    }


def find_reached(gains: pd.DataFrame, share: float) -> float:
    """Return the share of conversions among the most probable `share` of the rows."""
    return float(gains.loc[(gains["share_of_leads"] - share).abs().idxmin(), "share_of_conversions"])


def collect_overview() -> dict[str, Any]:
    """Return what the landing page shows: the data, each objective with its model's report, each scenario."""
    params = load_params()
    objectives = {name: read_figures(paths.metrics(name), params.source) for name in params.objectives}
    scenarios = {}
    for name, scenario in params.scenarios.items():
        policy = read_figures(paths.policy(scenario.objective, name), params.source)
        scenarios[name] = {
            "title": scenario.title,
            "objective": scenario.objective,
            "capacity": scenario.capacity_per_week,
            "link": paths.report(scenario.objective, name).relative_to(paths.INDEX.parent).as_posix(),
            "policy": policy,
        }
        if policy["applicable"]:
            scenarios[name]["best_rule"] = name_policy(policy["difference"]["baseline"], scenario.capacity_per_week)
    return {
        "source": params.source,
        "confidence": params.evaluation.confidence,
        "intake": read_json(paths.INTAKE),
        "objectives": objectives,
        "scenarios": scenarios,
        "models": {
            name: paths.report(name, "model").relative_to(paths.INDEX.parent).as_posix() for name in params.objectives
        },
        "alerts": list_alerts(objectives, params),
    }


def list_alerts(objectives: dict[str, Any], params: Params) -> list[str]:
    """Return what a reader must know about the data before believing a figure."""
    alerts = []
    for name, figures in objectives.items():
        objective = name_objective(name)
        if not figures["applicable"]:
            alerts.append(f"{params.source} does not say which leads end in {objective}: not applicable.")
            continue
        alerts += list_data_alerts(objective, figures)
    # What holds for the whole source is said once.
    return list(dict.fromkeys(alerts))


def list_data_alerts(objective: str, figures: dict[str, Any]) -> list[str]:
    data, test, alerts = figures["data"], figures["test"], []
    if not data["is_dated"]:
        alerts.append(
            "The source has no dates: leads are ordered by number, and totals of what they did "
            "may include what happened after the decision."
        )
    if data["horizon_days"] is None:
        undecided = data["leads"].get("censored", 0)
        bounds = f"{data['base_rate_if_lost'] * 100:.1f}\u00a0% if all of them were lost and "
        bounds += f"{data['base_rate_if_won'] * 100:.1f}\u00a0% if all were won"
        left_out = f"; the {undecided:,} leads undecided by then are left out (the rate of all would be {bounds})"
        alerts.append(
            f"Whether a lead ends in {objective} is taken from the end of the data, also where it was decided after "
            f"the test began{left_out if undecided else ''}."
        )
    if not test["is_calibration_assessable"]:
        alerts.append(
            f"Only {test['conversions']:,} scored moments of the test end in {objective}: too few to judge "
            "whether the probabilities hold."
        )
    before, after = data["base_rate_history"], data["base_rate_test"]
    if not 2 / 3 < after / before < 1.5:
        alerts.append(
            f"The rate of {objective} moved from {before * 100:.1f}\u00a0% in the history to "
            f"{after * 100:.1f}\u00a0% in the test."
        )
    return alerts
