"""Everything a report shows, computed once as one dictionary; rendering never computes."""

from typing import Any

import pandas as pd

from src import paths
from src.files import read_json
from src.params import Params, load_params

POLICY_NAMES = {
    "two_cuts": "The two cuts",
    "call_everyone": "Call everyone",
    "call_no_one": "Do nothing",
    "nurture_everyone": "Nurture everyone",
    "newest_first": "Call the newest, as many as the cuts",
    "top_20_percent": "Call the top 20 %",
    "top_30_percent": "Call the top 30 %",
    "top_50_percent": "Call the top 50 %",
}

OBJECTIVE_NAMES = {"sale": "a sale", "accepted": "acceptance by the client"}


def collect_results(name: str) -> dict[str, Any]:
    """Return what the report of the scenario `name` shows.

    Returns
    -------
    dict
        ``scenario``, ``source`` and ``is_applicable``; if it is, also ``policy`` (the figures of
        the policies), ``metrics`` (of the probabilities), ``intake``, ``thresholds``,
        ``calibration`` and ``gains`` (tables).
    """
    params = load_params()
    scenario = params.get_scenario(name)
    policy = read_json(paths.policy(scenario.objective, name))
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
    plots = paths.plots(scenario.objective)
    return results | {
        "policy": policy,
        "metrics": read_json(paths.metrics(scenario.objective)),
        "intake": read_json(paths.INTAKE),
        "thresholds": pd.read_csv(paths.thresholds(scenario.objective, name)),
        "calibration": pd.read_csv(plots / "calibration.csv"),
        "gains": pd.read_csv(plots / "gains.csv"),
        "rows": list_policy_rows(policy),
    }


def name_objective(objective: str) -> str:
    return OBJECTIVE_NAMES.get(objective, objective.replace("_", " "))


def list_policy_rows(policy: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the policies side by side, the chosen one first, the others by profit."""
    others = sorted(policy["baselines"].items(), key=lambda item: -item[1]["profit"])
    return [
        {"policy": POLICY_NAMES[name], "is_chosen": name == "two_cuts", **figures}
        for name, figures in [("two_cuts", policy["test"]), *others]
    ]


def collect_overview() -> dict[str, Any]:
    """Return what the landing page shows: the data, each objective and each scenario."""
    params = load_params()
    objectives = {name: read_json(paths.metrics(name)) for name in params.objectives}
    scenarios = {
        name: {
            "title": scenario.title,
            "objective": scenario.objective,
            "link": paths.report(scenario.objective, name).relative_to(paths.INDEX.parent).as_posix(),
            "policy": read_json(paths.policy(scenario.objective, name)),
        }
        for name, scenario in params.scenarios.items()
    }
    return {
        "source": params.source,
        "intake": read_json(paths.INTAKE),
        "objectives": objectives,
        "scenarios": scenarios,
        "alerts": list_alerts(objectives, params),
    }


def list_alerts(objectives: dict[str, Any], params: Params) -> list[str]:
    """Return what a reader must know about the data before believing a figure."""
    alerts = []
    for name, figures in objectives.items():
        if not figures["applicable"]:
            alerts.append(f"{params.source} does not say which leads end in {name_objective(name)}: not applicable.")
            continue
        alerts += list_data_alerts(name_objective(name), figures)
    return alerts


def list_data_alerts(objective: str, figures: dict[str, Any]) -> list[str]:
    data, test, alerts = figures["data"], figures["test"], []
    if not data["is_dated"]:
        alerts.append(
            "The source has no dates: leads are ordered by number, and totals of what they did "
            "may include what happened after the decision."
        )
    if data["horizon_days"] is None:
        undecided = data["leads"].get("censored", 0)
        alerts.append(f"Labels for {objective} are those of the extraction; {undecided:,} leads were undecided.")
    if not test["is_calibration_assessable"]:
        alerts.append(f"Only {test['conversions']:,} conversions in the test: calibration is not assessable.")
    before, after = data["base_rate_history"], data["base_rate_test"]
    if not 2 / 3 < after / before < 1.5:
        alerts.append(f"The rate of {objective} moved from {before:.1%} in the history to {after:.1%} in the test.")
    return alerts
