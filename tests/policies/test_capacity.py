import numpy as np
import pytest

from src.policies.capacity import describe_capacity, tabulate_weeks
from src.policies.economics import DISCARD, NURTURE, SALES
from tests.policies.make import EVALUATION, make_rows, make_scenario

SCENARIO = make_scenario()
ROWS = make_rows([0.9, 0.5, 0.3, 0.2, 0.01], label=[1, 0, 1, 0, 0], week=[0, 0, 0, 1, 1], capacity=1)
"""A week with three leads worth a call and one with one, of one call a week."""


def test_weeks_add_up_to_the_policy():
    """Check contacts, conversions, profit and the calls used of two policies in two weeks."""
    routes = {
        "a": np.array([SALES, NURTURE, NURTURE, SALES, DISCARD]),
        "b": np.array([DISCARD] * 5),
    }
    table = tabulate_weeks(ROWS, routes, {"all": 2.0}, SCENARIO).set_index(["policy", "week"])
    assert table.index.tolist() == [(policy, week) for policy in "ab" for week in ("1970-W02", "1970-W03")]
    first = table.loc["a"].iloc[0]
    assert (first["leads"], first["contacts"], first["conversions"], first["conversions_reached"]) == (3, 1, 2, 1)
    assert first["profit"] == 90 - 1 + 39
    assert table.loc["a", "capacity_used"].tolist() == [0.5, 0.5]
    assert table.loc["b", ["contacts", "profit"]].to_numpy().sum() == 0
    without = tabulate_weeks(ROWS, routes, {"all": np.inf}, SCENARIO)
    assert without["capacity_used"].isna().all()


def test_what_one_more_call_brings_and_what_is_left():
    """Check that of the first week a lead of 0.5 would be called too, and the second has nobody left."""
    found = describe_capacity(ROWS, ROWS, {"all": 1.0}, SCENARIO, EVALUATION, seed=1)
    # Both weeks are at an end of the test: how full they are tells nothing.
    assert (found["used"], found["weeks"], found["full_weeks"]) == (None, 0, 0)
    # Expected: 100 x 0.5 - 10 less 40 x 0.5 - 1. As it turned out: -10 less -1.
    assert found["one_more"]["calls"] == 1
    assert found["one_more"]["expected"] == pytest.approx(40 - 19)
    assert found["one_more"]["profit"] == -9
    assert found["backlog"]["leads"] == 2
    assert found["backlog"]["conversions"] == 1
    assert found["backlog"]["by_week"] == [2, 2]
    assert found["backlog"]["expected_gain"] == pytest.approx(21 + 9)
    shares = {case["share"]: case for case in found["by_capacity"]}
    assert shares[1.0] == {"share": 1.0, "contacts": 2, "profit": 90 - 1 + 39 - 10}
    assert shares[2.0]["contacts"] == 3


def test_enough_capacity_leaves_nothing():
    """Check that there is no next call where everybody worth one is called, and no figures without a limit."""
    found = describe_capacity(ROWS, ROWS.assign(capacity=9), {"all": 9.0}, SCENARIO, EVALUATION, seed=1)
    assert found["one_more"]["calls"] == found["backlog"]["leads"] == found["full_weeks"] == 0
    assert describe_capacity(ROWS, ROWS, {"all": np.inf}, SCENARIO, EVALUATION, seed=1) is None


def test_weeks_that_are_cut_off_are_marked_and_not_summed():
    """Check two calls a week: the first and the last week, of one and of three leads, count in no share of calls."""
    rows = make_rows([0.9, 0.9, 0.8, 0.7, 0.5, 0.9, 0.8, 0.7], week=[0, 1, 1, 1, 2, 3, 3, 3], capacity=2)
    found = describe_capacity(rows, rows, {"all": 2.0}, SCENARIO, EVALUATION, seed=1)
    # Two calls and one of four; of the two weeks the first left somebody out.
    assert (found["used"], found["weeks"], found["full_weeks"]) == (0.75, 2, 1)
    assert found["backlog"]["by_week"] == [0, 1, 1, 2]
    table = tabulate_weeks(rows, {"a": np.array([SALES] * 8)}, {"all": 2.0}, SCENARIO)
    assert table["is_whole"].tolist() == [False, True, True, False]


def test_a_team_that_nobody_is_in_is_told():
    """Check a team whose name is misspelt: it has calls and no lead."""
    rows = make_rows([0.9, 0.5], team=["other", "other"], capacity=1)
    found = describe_capacity(rows, rows.head(1), {"Madrid": 4.0, "other": 1.0}, SCENARIO, EVALUATION, seed=1)
    assert found["met_by"] == {"Madrid": {"history": 0, "test": 0}, "other": {"history": 2, "test": 1}}
