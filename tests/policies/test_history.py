import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.policies.economics import SALES, Cuts, find_cuts
from src.policies.history import (
    check_cuts,
    choose_alternative_cuts,
    describe_team_cuts,
    find_effective_cuts,
    find_team_cuts,
    find_team_cuts_that_earn,
)
from src.policies.routing import cap_profits, find_cuts_that_earn, route_as_they_come, route_leads, take_routes
from tests.policies.make import make_rows, make_scenario

SCENARIO = make_scenario()


def test_the_cut_that_is_felt_under_capacity():
    """Check that it is where calling ended in the median week: at 0.8, 0.6 and, not full, at the cut."""
    p, week = [0.8, 0.7, 0.6, 0.5, 0.4], [0, 0, 1, 1, 2]
    assert find_effective_cuts(make_rows(p, week=week, capacity=1), SCENARIO) == Cuts(pytest.approx(0.025), 0.6)
    assert find_effective_cuts(make_rows(p, week=week), SCENARIO) == find_cuts(SCENARIO)
    # Where most weeks are not full the cut without limits is felt.
    assert find_effective_cuts(make_rows([0.4], capacity=1), SCENARIO) == find_cuts(SCENARIO)


def test_each_team_has_its_cut():
    """Check a team that is full in its only week and one that is not; then the headline is without limits."""
    rows = make_rows([0.8, 0.7, 0.6, 0.5], team=["M", "M", "x", "x"], capacity=[1, 1, 5, 5])
    assert find_team_cuts(rows, SCENARIO) == {"M": 0.8, "x": pytest.approx(0.15)}
    assert find_effective_cuts(rows, SCENARIO) == find_cuts(SCENARIO)


def test_a_team_without_calls_has_no_cut():
    """Check a team of none beside one that is full at 0.6, and that its leads are never called."""
    rows = make_rows([0.8, 0.7, 0.6, 0.5], team=["M", "M", "x", "x"], capacity=[0, 0, 1, 1])
    assert list(describe_team_cuts(rows, SCENARIO, 20, 1, 0.9)) == ["x"]
    assert find_team_cuts(rows, SCENARIO) == {"x": 0.6}
    assert find_effective_cuts(rows, SCENARIO) == find_cuts(SCENARIO)
    called = [route_as_they_come(rows, {"x": 0.6}, SCENARIO), route_leads(rows, SCENARIO)]
    assert [np.flatnonzero(route == SALES).tolist() for route in called] == [[2], [2]]


def test_a_higher_cut_keeps_calls_for_better_leads():
    """Check a busy week among quiet ones with one call each, in which the lead that converts comes last."""
    rows = make_rows([0.3, 0.3, 0.9, 0.3, 0.3], label=[0, 0, 1, 0, 0], week=[0, 0, 0, 1, 2], capacity=1)
    found = find_team_cuts_that_earn(rows, SCENARIO)
    assert 0.3 < found["all"] <= 0.9
    before = take_routes(rows, route_as_they_come(rows, find_team_cuts(rows, SCENARIO), SCENARIO), SCENARIO).sum()
    assert take_routes(rows, route_as_they_come(rows, found, SCENARIO), SCENARIO).sum() > before


def choose(rows, **required):
    return choose_alternative_cuts(rows, make_scenario(**required), np.ones((2, len(rows))), 0.9)


def test_the_cuts_for_precision_recall_and_f1_by_hand():
    """Check five leads, three of which convert: precision is 1, .5, .67, .75 and .6 from the top."""
    rows = make_rows([0.9, 0.8, 0.7, 0.6, 0.5], label=[1, 0, 1, 1, 0])
    found = choose(rows, required_precision=0.7, required_recall=0.6)
    expected = {"cut": 0.6, "precision": 0.75, "recall": 1, "f1": 6 / 7, "cut_low": 0.6, "cut_high": 0.6}
    assert found["required_precision"] == pytest.approx(expected)
    assert found["required_recall"]["cut"] == 0.7
    assert found["highest_f1"]["cut"] == 0.6
    # Nothing that is not asked for.
    assert list(choose(rows)) == ["highest_f1"]


def test_what_no_cut_reaches_is_said():
    """Check that a lead that may not be called is reached by no cut."""
    rows = make_rows([0.9, 0.8], label=[1, 1], may_sales=[True, False])
    assert choose(rows, required_recall=0.9)["required_recall"] == {"cut": None}
    assert choose(make_rows([0.9], label=[1], may_sales=False), required_recall=0.9) == {}


def test_a_cut_for_precision_moves_with_the_rows():
    """Check that with the last lead drawn twice, and the second not at all, only those above it are precise enough."""
    rows = make_rows([0.9, 0.8, 0.7], label=[1, 1, 0])
    weights = np.array([[1.0, 1, 1], [1, 0, 2]])
    found = choose_alternative_cuts(rows, make_scenario(required_precision=0.6), weights, 0.999999)
    assert found["required_precision"]["cut"] == 0.7
    assert found["required_precision"]["cut_high"] == pytest.approx(0.8, abs=1e-4)


def test_the_cuts_of_teams_have_intervals_over_weeks():
    """Check weeks that end at 0.8 and 0.4, a team that ends always at 0.6, and none without a capacity."""
    rows = make_rows(
        [0.8, 0.7, 0.4, 0.3, 0.6, 0.5], week=[0, 0, 1, 1, 0, 0], team=["M", "M", "M", "M", "x", "x"], capacity=1
    )
    found = describe_team_cuts(rows, SCENARIO, 200, 1, 0.9)
    assert (found["M"]["sales"], found["M"]["sales_low"], found["M"]["sales_high"]) == (pytest.approx(0.6), 0.4, 0.8)
    assert found["x"]["sales_low"] == found["x"]["sales_high"] == 0.6
    assert describe_team_cuts(rows.assign(capacity=np.inf), SCENARIO, 200, 1, 0.9) == {}


def test_the_interval_of_the_best_cuts_moves_with_the_rows():
    """Check ten leads at 0.3, one of which converts: too few to call, but more in many resamples."""
    rows = make_rows([0.3] * 10 + [0.7] * 10, label=[1] + [0] * 9 + [1] * 10)
    weights = np.random.default_rng(1).multinomial(20, [1 / 20] * 20, size=50).astype(float)
    found = check_cuts(rows, SCENARIO, weights, 0.9)
    assert found["best_cuts"]["sales"] == found["best_cuts_high"]["sales"] == 0.7
    assert found["best_cuts_low"]["sales"] == 0.3
    once = check_cuts(rows, SCENARIO, np.ones((3, 20)), 0.9)
    assert once["best_cuts_low"] == once["best_cuts_high"] == once["best_cuts"]


def test_the_best_cuts_are_judged_on_other_persons():
    """Check ten leads of 0.3, one of which converts: nurturing all of them earned 30 more than calling.

    Chosen without one that does not convert, nurturing saves 9 on each; chosen without the one that does,
    nobody is worth anything, which loses its 90: 9 x 9 - 90.
    """
    rows = make_rows([0.3] * 10, label=[1] + [0] * 9)
    found = check_cuts(rows, SCENARIO, np.ones((3, 10)), 0.9)
    assert (found["profit"], found["best_profit"]) == (0, 30)
    assert found["best_more"] == found["best_more_low"] == found["best_more_high"] == -9
    weights = np.stack([np.ones(10), np.array([0.0] + [1] * 8 + [2])])
    assert check_cuts(rows, SCENARIO, weights, 0.999999)["best_more_high"] == pytest.approx(90, abs=0.01)


def test_cuts_that_are_wrong_are_found_out():
    """Check forty leads of 0.3 that do not convert, beside forty of 0.7 that do: not to call pays 10 each."""
    rows = make_rows([0.3] * 40 + [0.7] * 40, label=[0] * 40 + [1] * 40)
    weights = np.random.default_rng(1).multinomial(80, [1 / 80] * 80, size=50).astype(float)
    found = check_cuts(rows, SCENARIO, weights, 0.9)
    assert found["best_more"] == 400
    assert 0 < found["best_more_low"] < 400 < found["best_more_high"]


ROWS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.03, 0.12, 0.2, 0.7]),
        st.integers(0, 1),
        st.integers(0, 2),
        st.sampled_from([1.0, 0.5, 4.0]),
        st.sampled_from([True, True, False]),
        st.sampled_from([True, True, False]),
    ),
    min_size=1,
    max_size=12,
)


@given(ROWS, st.sampled_from([np.inf, 1, 3]), st.sampled_from([0.4, 0.0]))
@settings(max_examples=80)
def test_hindsight_is_never_worse_than_the_cuts(leads, capacity, factor):
    """Check that the best pair earns at least what the chosen one earned, whatever leads are worth and may take."""
    p, label, week, value, sales, nurture = zip(*leads, strict=True)
    rows = make_rows(p, label, np.array(week), relative_value=value, capacity=capacity)
    rows = rows.assign(may_sales=sales, may_nurture=nurture)
    scenario = make_scenario((10, 1, 0), (factor, 0))
    earned = take_routes(rows, route_leads(rows, scenario), scenario).sum()
    _, best = find_cuts_that_earn(rows, cap_profits(rows, scenario))
    assert best >= earned - 1e-9
