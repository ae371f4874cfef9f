"""What several reports show: names, alerts on the data, and the overview for the landing page."""

import re
from pathlib import Path
from typing import Any

from src import paths
from src.files import read_json
from src.params import Params, load_params
from src.reports.language import mark, say, say_plural
from src.reports.text import say_condition, say_count, say_quoted, say_share
from src.stage import InputError

POLICY_NAMES = {
    "two_cuts": mark("The two cuts"),
    "call_everyone": mark("Call everyone"),
    "call_no_one": mark("Do nothing"),
    "nurture_everyone": mark("Nurture everyone"),
    "newest_first": mark("Call as many as the two cuts, the newest"),
    "points": mark("Call by hand-set points"),
    "as_they_come": mark("Call as they come, from where a usual week ends"),
    "as_they_come_best": mark("Call as they come, from the cut that earned most"),
    "required_precision": mark("The precision asked for"),
    "required_recall": mark("The recall asked for"),
    "highest_f1": mark("The highest F1"),
}

CUT_SHORT = re.compile("top_.*|points|required_.*|highest_f1")
"""The policies that would call more than the capacity allows."""

OBJECTIVE_NAMES = {"sale": mark("a sale"), "accepted": mark("acceptance by the client")}


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
    return say(OBJECTIVE_NAMES[objective]) if objective in OBJECTIVE_NAMES else objective.replace("_", " ")


def name_policy(policy: str, capacity: int | None) -> str:
    """Return a policy in words, with the `capacity` a week that cuts it short.

    Everyone is called in order of arrival, until the week's calls are used up. The newest are as many as
    the two cuts call anyway.
    """
    calls = say_count(capacity) if capacity else ""
    if calls and policy == "call_everyone":
        return say("Call everyone, the first {capacity} of each week", capacity=calls)
    top = re.fullmatch(r"top_(\d+)_percent", policy)
    limit = say(", up to {capacity} a week", capacity=calls) if calls and CUT_SHORT.fullmatch(policy) else ""
    return (
        say("Call the top {top}", top=say_share(int(top[1]) / 100, 0)) if top else say(POLICY_NAMES[policy])
    ) + limit


def can_call(policy: dict[str, Any]) -> bool:
    """Return whether any lead of the test may be called: else even who calls everyone makes no call."""
    return policy["baselines"]["call_everyone"]["contacts"] > 0


def list_unmet(policy: dict[str, Any]) -> list[str]:
    """Return the conditions, values and teams of a scenario that no lead has: perhaps they are misspelt."""
    conditions = [entry for entry in policy["eligibility"]["conditions"] if entry["applies"]]
    named = [(say_quoted(say_condition(entry["when"])), entry) for entry in conditions]
    named += [
        (say("the value of “{when}”", when=say_condition(entry["when"])), entry)
        for entry in policy["values_without_leads"]
    ]
    teams = policy["capacity"]["met_by"] if policy["capacity"] else {}
    named += [
        (say("the team “{team}”", team=team), {"met_by": counts}) for team, counts in teams.items() if team != "other"
    ]
    alerts = []
    for what, entry in named:
        if not any(entry["met_by"].values()):
            alerts.append(say("No lead meets {what}: is it written as in the data?", what=what))
        elif not entry["met_by"]["test"]:
            alerts.append(say("No lead of the test meets {what}.", what=what))
    return alerts


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
            "capacity": scenario.calls_per_week,
            "link": paths.report(scenario.objective, name).relative_to(paths.INDEX.parent).as_posix(),
            "policy": policy,
        }
        if policy["applicable"]:
            scenarios[name]["best_rule"] = name_policy(policy["difference"]["baseline"], scenario.calls_per_week)
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
            alerts.append(
                say(
                    "{source} does not say which leads end in {objective}: not applicable.",
                    source=params.source,
                    objective=objective,
                )
            )
            continue
        alerts += list_data_alerts(objective, figures)
    # What holds for the whole source is said once.
    return list(dict.fromkeys(alerts))


def list_data_alerts(objective: str, figures: dict[str, Any]) -> list[str]:
    """Return what a reader must know about the data of one objective."""
    data, test, alerts = figures["data"], figures["test"], []
    if not data["is_dated"]:
        alerts.append(
            say(
                "The source has no dates: leads are ordered by number, and totals of what they did may include "
                "what happened after the decision."
            )
        )
    if data["horizon_days"] is None:
        alerts.append(say_hindsight(objective, data))
    if not test["is_calibration_assessable"]:
        alerts.append(
            say_plural(
                "Only {conversions} scored moment of the test ends in {objective}: too few to judge whether the "
                "probabilities hold.",
                "Only {conversions} scored moments of the test end in {objective}: too few to judge whether the "
                "probabilities hold.",
                test["conversions"],
                conversions=say_count(test["conversions"]),
                objective=objective,
            )
        )
    before, after = data["base_rate_history"], data["base_rate_test"]
    if not 2 / 3 < after / before < 1.5:
        alerts.append(
            say(
                "The rate of {objective} moved from {before} in the history to {after} in the test.",
                objective=objective,
                before=say_share(before),
                after=say_share(after),
            )
        )
    return alerts


def say_hindsight(objective: str, data: dict[str, Any]) -> str:
    """Return that outcomes are known from the end of the data alone, and what the undecided leads could change."""
    undecided = data["leads"].get("censored", 0)
    known = say(
        "Whether a lead ends in {objective} is taken from the end of the data, also where it was decided "
        "after the test began",
        objective=objective,
    )
    if not undecided:
        return f"{known}."
    return say_plural(
        "{known}; the {undecided} lead undecided by then is left out (the rate of all would be {if_lost} if it was "
        "lost and {if_won} if it was won).",
        "{known}; the {undecided} leads undecided by then are left out (the rate of all would "
        "be {if_lost} if all of them were lost and {if_won} if all were won).",
        undecided,
        known=known,
        undecided=say_count(undecided),
        if_lost=say_share(data["base_rate_if_lost"]),
        if_won=say_share(data["base_rate_if_won"]),
    )
