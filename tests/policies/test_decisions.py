import numpy as np
import pandas as pd
import pytest

from src.params import Point
from src.policies.decisions import (
    add_points,
    assess_leads,
    choose_age,
    describe_value_classes,
    find_whole_weeks,
    list_capacities,
    name_week,
    take_decisions,
    take_features,
)
from tests.policies.make import make_scenario

SCENARIO = make_scenario(
    value={
        "default": 10.0,
        "by": [
            {"metric": "has_phone", "equals": 1, "value": 30.0},
            {"metric": "km_to_site", "at_most": 50, "value": 20.0},
        ],
    },
    capacity_per_week={"by": "region", "values": {"ES-M": 7, "ES-SE": 0}, "other": 2},
    eligibility=[
        {"metric": "km_to_site", "at_most": 100, "routes": ["sales", "nurture"], "why": "Far."},
        {"metric": "consent", "equals": "yes", "routes": ["nurture"], "why": "Asked."},
    ],
)
FEATURES = pd.DataFrame(
    {
        "has_phone": [1.0, 0, 0, 1],
        "km_to_site": [20.0, 40, 80, np.nan],
        "region": pd.array(["ES-M", "ES-SE", "ES-B", None], dtype="str"),
        "consent": pd.array(["yes", "no", "yes", "yes"], dtype="str"),
    }
)
ROWS = pd.DataFrame({"week": [3, 3, 4, 4]})


@pytest.mark.parametrize(("wanted", "age"), [("1d", "1d"), ("3d", "1d"), ("90d", "7d"), ("0h", "12h")])
def test_the_age_of_the_decision_is_the_last_one_not_after_the_wanted(wanted, age):
    """Check that it is the first of all where none is early enough, and that hours are less than days."""
    assert choose_age(["7d", "12h", "1d"], wanted) == age


def test_a_lead_is_decided_once_in_the_week_of_its_snapshot():
    """Check that a week goes from Monday to Sunday, over the turn of the year, and rows are by age."""
    at = pd.to_datetime(
        ["2027-01-04 00:00", "2027-01-03 23:59", "2026-12-28 00:00", "2026-12-27 23:59", "2026-12-28 00:00"]
    )
    rows = pd.DataFrame({"snapshot_at": at, "sequence": [3, 2, 1, 0, 1], "age": ["1d"] * 4 + ["7d"]})
    decided = take_decisions(rows, "1d")
    assert decided["sequence"].tolist() == [0, 1, 2, 3]
    assert np.diff(decided["week"]).tolist() == [1, 0, 1]
    assert [name_week(week, True) for week in decided["week"]] == ["2026-W52", "2026-W53", "2026-W53", "2027-W01"]


def test_the_first_and_the_last_week_are_cut_off():
    """Check four weeks, rows in any order, and that one week alone is not said to be whole."""
    assert find_whole_weeks(pd.DataFrame({"week": [3, 1, 2, 2, 4]})).tolist() == [True, False, True, True, False]
    assert find_whole_weeks(pd.DataFrame({"week": [7, 7]})).tolist() == [False, False]


def test_without_dates_a_hundred_leads_are_a_week():
    """Check the weeks that stand in where nobody knows when leads came."""
    rows = pd.DataFrame({"sequence": [0, 99, 100, 250], "age": "0h", "snapshot_at": pd.Series([pd.NaT] * 4)})
    assert take_decisions(rows, "0h")["week"].tolist() == [0, 0, 1, 2]
    assert name_week(2, False) == "leads 200 to 299"


def test_what_the_scenario_says_about_each_lead():
    """Check value, routes, team and calls of four leads; of two rules the first counts."""
    found = assess_leads(ROWS, FEATURES, SCENARIO)
    assert found["value_class"].tolist() == [1, 2, 0, 1]
    assert found["relative_value"].tolist() == [3, 2, 1, 3]
    # Whose distance nobody knows cannot be told near.
    assert found["may_sales"].tolist() == [True, True, True, False]
    assert found["may_nurture"].tolist() == [True, False, True, False]
    assert found["team"].tolist() == ["ES-M", "ES-SE", "other", "other"]
    assert found["capacity"].tolist() == [7, 0, 2, 2]
    assert found["group"].tolist() == [0, 1, 2, 2]


def test_what_the_source_lacks_does_not_apply():
    """Check that without any of the metrics all leads are worth the default, eligible and of one team."""
    found = assess_leads(ROWS, FEATURES[[]], SCENARIO)
    assert found["relative_value"].tolist() == [1] * 4
    assert found["may_sales"].all()
    assert found["may_nurture"].all()
    assert found["team"].tolist() == ["all"] * 4
    assert found["capacity"].tolist() == [9] * 4
    assert list_capacities(SCENARIO, []) == {"all": 9}
    assert list_capacities(SCENARIO, ["region"]) == {"ES-M": 7, "ES-SE": 0, "other": 2}
    assert list_capacities(make_scenario(), []) == {"all": np.inf}


def test_value_classes_are_told_in_words():
    """Check the default and the rules in their order."""
    assert describe_value_classes(SCENARIO) == [
        {"when": None, "value": 10},
        {"when": "has_phone equals 1", "value": 30},
        {"when": "km_to_site at most 50", "value": 20},
    ]


@pytest.mark.parametrize("is_dated", [True, False])
def test_features_are_those_of_the_leads_own_snapshot(is_dated):
    """Check the join in the rows' order, with times and in a source without."""
    at = pd.to_datetime(["2026-01-02", "2026-01-01", "2026-01-01"]) if is_dated else [pd.NaT] * 3
    dataset = pd.DataFrame({"lead_id": ["a", "a" if is_dated else "c", "b"], "snapshot_at": at, "km": [1.0, 2.0, 3.0]})
    rows = dataset[["lead_id", "snapshot_at"]].iloc[[2, 0]]
    found = take_features(rows, dataset)
    assert found["km"].tolist() == [3, 1]
    assert list(found) == ["km"]
    assert found.index.tolist() == [2, 0]


def test_points_are_summed_for_each_lead():
    """Check two conditions, one of which a lead without the metric does not meet, and no points at all."""
    features = pd.DataFrame({"has_phone": [1.0, 0.0], "km_to_site": [5.0, np.nan]})
    points = [Point(metric="has_phone", equals=1, points=5), Point(metric="km_to_site", at_most=10, points=-2)]
    rows = pd.DataFrame({"lead_id": ["a", "b"]})
    assert add_points(rows, features, points)["points"].tolist() == [3, 0]
    assert list(add_points(rows, features, [])) == ["lead_id"]
