"""One decision is one lead: its row at the age of the decision, and what the scenario says about it."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from src.data.sources import parse_age
from src.features.conditions import describe_condition, find_matches
from src.models.candidates.rules import give_points
from src.params import Capacities, Point, Scenario, Values

KEY = ["lead_id", "snapshot_at"]

ALL, OTHER = "all", "other"
"""The one team where capacity is not told by team, and the team of whoever has none of their own."""

FIRST_MONDAY = pd.Timestamp("1970-01-05")
"""It began an ISO week."""

LEADS_INSTEAD = 100
"""Leads that stand in for a week where there are no dates."""


def choose_age(ages: Iterable[str], wanted: str) -> str:
    """Return the last of the ages that is not after the wanted one, else the first."""
    ordered = sorted(ages, key=parse_age)
    earlier = [age for age in ordered if parse_age(age) <= parse_age(wanted)]
    return earlier[-1] if earlier else ordered[0]


def take_decisions(rows: pd.DataFrame, age: str) -> pd.DataFrame:
    """Return one row a lead, at the age of the decision, in order of creation, with its ``week``.

    In a source without dates there are no weeks: each hundred leads in order of creation stand
    in for one.
    """
    return add_week(rows[rows["age"] == age].sort_values("sequence", ignore_index=True))


def add_week(rows: pd.DataFrame) -> pd.DataFrame:
    if rows["snapshot_at"].isna().any():
        return rows.assign(week=rows["sequence"] // LEADS_INSTEAD)
    days = (rows["snapshot_at"] - FIRST_MONDAY) // pd.Timedelta(days=1)
    return rows.assign(week=days // 7)


def find_whole_weeks(rows: pd.DataFrame) -> np.ndarray:
    """Return which rows are of a week that is not cut off: the first and the last of all begin or end within."""
    return rows["week"].between(rows["week"].min(), rows["week"].max(), inclusive="neither").to_numpy(bool)


def name_week(week: int, is_dated: bool) -> str:
    """Return the name of a week, e.g. ``2026-W05``, or the leads that stand in for it."""
    if not is_dated:
        return f"leads {week * LEADS_INSTEAD} to {(week + 1) * LEADS_INSTEAD - 1}"
    year, number, _ = (FIRST_MONDAY + pd.Timedelta(weeks=int(week))).isocalendar()
    return f"{year}-W{number:02d}"


def take_features(rows: pd.DataFrame, dataset: pd.DataFrame) -> pd.DataFrame:
    """Return the features of each row, in the rows' order, from the table of all snapshots."""
    joined = rows[KEY].merge(dataset, on=KEY, how="left", validate="many_to_one")
    return joined.drop(columns=KEY).set_axis(rows.index)


def prepare_leads(rows: pd.DataFrame, dataset: pd.DataFrame, scenario: Scenario) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows with what the scenario says about each, and the metrics that it names."""
    features = take_features(rows, dataset)
    return assess_leads(rows, features, scenario), features


def assess_leads(rows: pd.DataFrame, features: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Return the rows with what the scenario says about each lead.

    Parameters
    ----------
    rows : DataFrame
        ``week`` and what else there is.
    features : DataFrame
        The same leads in the same order: the metrics that the scenario names, but those that the
        source lacks. A condition on such a metric does not apply.
    scenario : Scenario

    Returns
    -------
    DataFrame
        The rows with ``value_class`` (position of the rule, from 1; 0 for none),
        ``relative_value`` (its value over the default), ``may_sales`` and ``may_nurture``,
        ``team``, ``capacity`` (calls a week of that team; infinite without limit) and ``group``
        (a number for each team's week).
    """
    value_class = find_value_classes(features, scenario)
    values = np.array([scenario.default_value, *(rule.value for rule in list_value_rules(scenario))])
    team, capacity = find_teams(features, scenario)
    return rows.assign(
        value_class=value_class,
        relative_value=values[value_class] / scenario.default_value,
        may_sales=find_allowed(features, scenario, "sales"),
        may_nurture=find_allowed(features, scenario, "nurture"),
        team=team,
        capacity=capacity,
        group=pd.factorize(pd.MultiIndex.from_arrays([rows["week"], team]))[0],
    )


def add_points(rows: pd.DataFrame, features: pd.DataFrame, points: list[Point]) -> pd.DataFrame:
    """Return the rows with the sum of their hand-set `points`, as they are where there are none."""
    return rows.assign(points=sum(give_points(features, points).values())) if points else rows


def list_value_rules(scenario: Scenario) -> list[Any]:
    return scenario.value.by if isinstance(scenario.value, Values) else []


def find_value_classes(features: pd.DataFrame, scenario: Scenario) -> np.ndarray:
    """Return the position of the first rule of values that each lead meets, from 1, else 0."""
    found = np.zeros(len(features), int)
    for position, rule in enumerate(list_value_rules(scenario), start=1):
        if rule.metric in features:
            found[(found == 0) & find_matches(features, rule)] = position
    return found


def describe_value_classes(scenario: Scenario) -> list[dict[str, Any]]:
    """Return ``when`` and ``value`` of each class of values, the default first."""
    rules = [{"when": describe_condition(rule), "value": rule.value} for rule in list_value_rules(scenario)]
    return [{"when": None, "value": scenario.default_value}, *rules]


def find_allowed(features: pd.DataFrame, scenario: Scenario, route: str) -> np.ndarray:
    """Return who may take the route: who meets every condition on it that the source can check."""
    allowed = np.ones(len(features), bool)
    for condition in scenario.eligibility:
        if route in condition.routes and condition.metric in features:
            allowed &= find_matches(features, condition)
    return allowed


def find_teams(features: pd.DataFrame, scenario: Scenario) -> tuple[np.ndarray, np.ndarray]:
    """Return the team of each lead and its calls a week.

    Where the source lacks the metric that parts the teams, all together are one.
    """
    limits = list_capacities(scenario, list(features))
    if list(limits) == [ALL]:
        return np.full(len(features), ALL, dtype=object), np.full(len(features), limits[ALL])
    given = features[scenario.capacity_per_week.by].astype(object)
    team = given.where(given.isin(list(limits)), OTHER).to_numpy(object)
    return team, np.array([limits[name] for name in team], float)


def move_capacity(calls: np.ndarray, share: float) -> np.ndarray:
    """Return a share of the calls a week of each team, rounded: half a call cannot be made."""
    return np.floor(np.asarray(calls, float) * share + 0.5)


def list_capacities(scenario: Scenario, metrics: list[str]) -> dict[str, float]:
    """Return the calls a week of each team; infinite where there is no limit."""
    capacity = scenario.capacity_per_week
    if isinstance(capacity, Capacities) and capacity.by in metrics:
        return {name: float(limit) for name, limit in capacity.values.items()} | {OTHER: float(capacity.other)}
    calls = scenario.calls_per_week
    return {ALL: np.inf if calls is None else float(calls)}
