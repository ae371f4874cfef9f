"""Whom the conditions keep from a route, what that costs, and which missing field would open it."""

from typing import Any

import numpy as np
import pandas as pd

from src.features.conditions import describe_condition, find_matches, find_missing
from src.params import Condition, Eligibility, Scenario
from src.policies.decisions import assess_leads, list_value_rules
from src.policies.economics import SALES, measure_profits
from src.policies.metrics import list_conditions
from src.policies.routing import measure_worth, route_leads, route_unlimited, take_routes

DRAWS = 50
"""Times that chance decides who meets a condition: with fewer, what a field adds under capacity is not sure to 1 %."""


def describe_eligibility(
    test: pd.DataFrame, features: pd.DataFrame, known: pd.DataFrame, scenario: Scenario, lacking: list[str]
) -> dict[str, Any]:
    """Return whom the conditions keep from a route on the test, and what they would have earned.

    Returns
    -------
    dict
        ``conditions``: of each its ``when``, ``why`` and ``routes``, whether it ``applies`` (the
        source has the metric), the leads of the ``history`` (`known`) and the ``test`` it is
        ``met_by`` (nobody meets a value that is misspelt), the ``leads`` that fail it, their
        ``conversions``, how many of them lack the field (``missing``), how many fail it alone
        (``only``), and ``forgone``: what these would have earned more without the condition, no
        capacity counted. ``leads`` and ``forgone`` of all conditions together; ``without_metric``: what
        the source lacks.
    """
    barred = ~(test["may_sales"] & test["may_nurture"]).to_numpy()
    applicable = [condition for condition in scenario.eligibility if condition.metric not in lacking]
    failing = {id(condition): ~find_matches(features, condition) for condition in applicable}
    count = np.sum([*failing.values(), np.zeros(len(test), int)], axis=0)
    entries = [
        describe_failing(test, features, known, condition, failing.get(id(condition)), count, scenario)
        for condition in scenario.eligibility
    ]
    everything = scenario.model_copy(update={"eligibility": []})
    return {
        "conditions": entries,
        "leads": int(barred.sum()),
        "conversions": int(test["label"][barred].sum()),
        "forgone": measure_forgone(test, features, everything, scenario),
        "without_metric": lacking,
    }


def describe_failing(
    test: pd.DataFrame,
    features: pd.DataFrame,
    known: pd.DataFrame,
    condition: Eligibility,
    is_failing: np.ndarray | None,
    count: np.ndarray,
    scenario: Scenario,
) -> dict[str, Any]:
    entry = {"when": describe_condition(condition), "metric": condition.metric, "why": condition.why}
    entry |= {"routes": condition.routes, "applies": is_failing is not None}
    if is_failing is None:
        return entry
    others = [other for other in scenario.eligibility if other is not condition]
    return entry | {
        "met_by": {"history": int(find_matches(known, condition).sum()), "test": int((~is_failing).sum())},
        "leads": int(is_failing.sum()),
        "conversions": int(test["label"][is_failing].sum()),
        "missing": int((is_failing & find_missing(features, condition)).sum()),
        "only": int((is_failing & (count == 1)).sum()),
        "forgone": measure_forgone(test, features, scenario.model_copy(update={"eligibility": others}), scenario),
    }


def measure_forgone(test: pd.DataFrame, features: pd.DataFrame, without: Scenario, scenario: Scenario) -> float:
    """Return what the leads of the test would have earned more in the scenario `without` a condition."""
    routes = [route_unlimited(assess_leads(test, features, case), scenario) for case in (without, scenario)]
    earned = [take_routes(test, route, scenario).sum() for route in routes]
    return float(earned[0] - earned[1])


def list_missing_fields(
    test: pd.DataFrame, features: pd.DataFrame, known: pd.DataFrame, scenario: Scenario, seed: int
) -> list[dict[str, Any]]:
    """Return the partly filled leads that would be worth a call if only one field were given.

    Parameters
    ----------
    test : DataFrame
    features : DataFrame
        Of the test's leads.
    known : DataFrame
        Of the history's leads: who gave the field, and how many of them meet the condition.
    scenario : Scenario
    seed : int

    Returns
    -------
    list of dict
        For each condition on a field (of eligibility, or of a higher value): ``when``, ``metric``,
        ``leads``, ``share_that_meets`` (of the history's leads that gave the field) and
        ``expected``: what the field is expected to add in all within the capacity. The probability
        is left as it is, though a lead that gives more is likely to have a higher one.
    """
    entries = []
    for condition in list_conditions(scenario):
        if condition.metric not in features:
            continue
        opened, gain, is_opened = measure_opening(test, features, condition, scenario)
        share = measure_share_that_meets(known, condition)
        if is_opened.any():
            entries.append(
                {
                    "when": describe_condition(condition),
                    "metric": condition.metric,
                    "leads": int(is_opened.sum()),
                    "share_that_meets": share,
                    "expected": expect_addition(test, opened, gain, is_opened, share, scenario, seed),
                }
            )
    return sorted(entries, key=lambda entry: -entry["expected"])


def measure_opening(
    test: pd.DataFrame, features: pd.DataFrame, condition: Condition, scenario: Scenario
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return the leads as if all met the condition, what that adds to each, and to whom it would bring a call.

    No capacity is counted.
    """
    is_missing = find_missing(features, condition)
    now = test[["may_sales", "may_nurture", "relative_value", "probability"]]
    if isinstance(condition, Eligibility):
        others = [other for other in scenario.eligibility if other is not condition]
        case = scenario.model_copy(update={"eligibility": others})
        then = assess_leads(test, features, case)[list(now)]
    else:
        position = next(at for at, rule in enumerate(list_value_rules(scenario), start=1) if rule is condition)
        # A rule that stands before it still counts.
        is_earlier = (test["value_class"] > 0) & (test["value_class"] < position)
        value = test["relative_value"].where(is_earlier, condition.value / scenario.default_value)
        then = now.assign(relative_value=value)
    routes = [route_unlimited(rows, scenario) for rows in (now, then)]
    leads = np.arange(len(test))
    expected = [
        measure_profits(measure_worth(rows), scenario)[leads, route]
        for rows, route in zip((now, then), routes, strict=True)
    ]
    gain = expected[1] - expected[0]
    return then, gain, is_missing & (routes[0] != SALES) & (routes[1] == SALES) & (gain > 0)


def expect_addition(
    test: pd.DataFrame,
    opened: pd.DataFrame,
    gain: np.ndarray,
    is_opened: np.ndarray,
    share: float,
    scenario: Scenario,
    seed: int,
) -> float:
    """Return what it is expected to add if a `share` of the leads that a field would open met the condition.

    Under capacity these compete with each other and with those who are called now, so it depends on who
    of them does: that is drawn by chance. They stay with their team.
    """
    if not np.isfinite(test["capacity"]).any():
        return float(gain[is_opened].sum() * share)
    generator, then = np.random.default_rng(seed), []
    for _ in range(DRAWS):
        meets = is_opened & (generator.random(len(test)) < share)
        given = {column: np.where(meets, opened[column], test[column]) for column in opened}
        then.append(expect_profit(test.assign(**given), scenario))
    return float(np.mean(then) - expect_profit(test, scenario))


def expect_profit(rows: pd.DataFrame, scenario: Scenario) -> float:
    """Return the expected profit of the chosen policy."""
    route = route_leads(rows, scenario)
    return float(measure_profits(measure_worth(rows), scenario)[np.arange(len(rows)), route].sum())


def measure_share_that_meets(known: pd.DataFrame, condition: Condition) -> float:
    """Return the share of the leads that gave the field who meet the condition; 0 where nobody gave it."""
    is_given = ~find_missing(known, condition)
    return float(find_matches(known, condition)[is_given].mean()) if is_given.any() else 0.0
