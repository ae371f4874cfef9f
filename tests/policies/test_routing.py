from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.policies.economics import DISCARD, NURTURE, SALES, measure_profits
from src.policies.routing import (
    list_baselines,
    route_as_they_come,
    route_from,
    route_leads,
    route_unlimited,
    take_routes,
)
from tests.policies.make import make_rows, make_scenario

SCENARIO = make_scenario()
"""Nurturing pays from 0.025, calling from 0.15."""


def test_under_capacity_the_most_probable_of_each_week_are_called():
    """Check the routes of two weeks with room for one call; those left out are nurtured if that pays."""
    rows = make_rows([0.5, 0.9, 0.02, 0.3, 0.01], week=[1, 1, 1, 2, 2], capacity=1)
    assert route_leads(rows, SCENARIO).tolist() == [NURTURE, SALES, DISCARD, SALES, DISCARD]


def test_leads_without_capacity_are_not_nurtured_at_a_loss():
    """Check that where nurturing does nothing, whoever cannot be called is left alone."""
    routes = route_leads(make_rows([0.5, 0.9, 0.2], capacity=1), make_scenario((10, 1, 0), (0.0, 0.0)))
    assert routes.tolist() == [DISCARD, SALES, DISCARD]


def test_each_team_has_its_own_calls():
    """Check a week with one call in Madrid and two elsewhere."""
    rows = make_rows([0.5, 0.9, 0.3, 0.2, 0.6], team=["M", "M", "x", "x", "x"], capacity=[1, 1, 2, 2, 2])
    assert np.flatnonzero(route_leads(rows, SCENARIO) == SALES).tolist() == [1, 2, 4]


def test_a_lead_worth_twice_as_much_needs_half_the_probability():
    """Check the cuts 0.075 and 0.0125 of leads worth twice the default, below and from them on."""
    rows = make_rows([0.074, 0.076, 0.012, 0.013], relative_value=2.0)
    assert route_unlimited(rows, SCENARIO).tolist() == [NURTURE, SALES, DISCARD, NURTURE]


def test_a_sure_lead_of_high_value_is_not_called_where_that_never_pays():
    """Check a call that costs more than the default value but not more than twice of it."""
    scenario = make_scenario((150, 1, 0), (0.0, 0.0))
    assert route_unlimited(make_rows([1.0, 1.0, 0.7], relative_value=[1, 2, 2.0]), scenario).tolist() == [
        DISCARD,
        SALES,
        DISCARD,
    ]


def test_who_may_not_take_a_route_takes_the_best_of_the_others():
    """Check each of four bars at three probabilities: nurture pays from 0.025, a call on its own from 0.1."""
    p = [0.01, 0.12, 0.5]
    expected = {
        (True, True): [DISCARD, NURTURE, SALES],
        (False, True): [DISCARD, NURTURE, NURTURE],
        (True, False): [DISCARD, SALES, SALES],
        (False, False): [DISCARD, DISCARD, DISCARD],
    }
    for (sales, nurture), routes in expected.items():
        assert route_leads(make_rows(p, may_sales=sales, may_nurture=nurture), SCENARIO).tolist() == routes


LEADS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.03, 0.12, 0.2, 0.2, 0.7]),
        st.sampled_from([1.0, 1.0, 0.5, 3.0]),
        st.sampled_from([True, True, False]),
        st.sampled_from([True, True, False]),
        st.integers(0, 1),
    ),
    min_size=1,
    max_size=5,
)
ECONOMICS = st.sampled_from(
    [
        ((10, 1, 0), (0.4, 0)),
        ((10, 5, 0), (0.1, 0)),
        ((10, 1, 0), (0, 0)),
        ((10, 0, 0), (1, 0)),
        ((10, 1, 2), (0.5, 0.1)),
    ]
)


@given(LEADS, st.sampled_from([np.inf, 1, 2]), ECONOMICS)
@settings(max_examples=100)
def test_no_other_routes_within_the_limits_are_expected_to_earn_more(leads, capacity, economics):
    """Check values, bars and calls of a week against every possible choice of routes for up to five leads."""
    p, value, sales, nurture, week = (np.array(column) for column in zip(*leads, strict=True))
    scenario = make_scenario(*economics)
    rows = make_rows(p, week=week, relative_value=value, may_sales=sales, may_nurture=nurture, capacity=capacity)
    expected = measure_profits(p * value, scenario)

    def is_allowed(routes):
        called = np.array(routes) == SALES
        is_open = (sales | ~called).all() and (nurture | (np.array(routes) != NURTURE)).all()
        return is_open and all(called[week == w].sum() <= capacity for w in (0, 1))

    every = filter(is_allowed, product(range(3), repeat=len(p)))
    best = max(sum(expected[lead, route] for lead, route in enumerate(routes)) for routes in every)
    found = route_leads(rows, scenario)
    assert is_allowed(found)
    assert expected[np.arange(len(p)), found].sum() == pytest.approx(best)


def list_called(forward, test):
    baselines = list_baselines(forward, test, SCENARIO)
    return baselines, {name: np.flatnonzero(route == SALES).tolist() for name, route in baselines.items()}


def test_baselines_by_hand():
    """Check who is called by each rule: six leads in two weeks, two calls a week."""
    forward = make_rows(np.arange(1, 11) / 10)
    test = make_rows([0.9, 0.05, 0.8, 0.7, 0.01, 0.95], week=[0, 0, 0, 0, 1, 1], capacity=2)
    baselines, called = list_called(forward, test)
    assert called == {
        "call_everyone": [0, 1, 4, 5],
        "call_no_one": [],
        "nurture_everyone": [],
        # As many as the two cuts call: two of the first week, one of the second.
        "newest_first": [2, 3, 5],
        # From 0.82, 0.73 and 0.55 on the history.
        "top_20_percent": [0, 5],
        "top_30_percent": [0, 2, 5],
        "top_50_percent": [0, 2, 5],
    }
    assert (baselines["nurture_everyone"] == NURTURE).all()
    for name in set(baselines) - {"nurture_everyone"}:
        # Nobody of the history converts: nurturing them earned less than nothing.
        assert not (baselines[name] == NURTURE).any()


def test_without_limits_everyone_is_called():
    """Check that no capacity means none, also for the rules."""
    baselines, _ = list_called(make_rows([0.5]), make_rows([0.1] * 5))
    assert (baselines["call_everyone"] == SALES).all()
    assert (baselines["newest_first"] == DISCARD).all()


def test_no_rule_takes_a_route_that_a_lead_may_not_take():
    """Check bars of each route against every baseline, where nurturing paid on the history."""
    forward = make_rows([0.2, 0.9], label=[1, 1])
    test = make_rows([0.9, 0.8, 0.7, 0.6], may_sales=[True, False, True, False], may_nurture=[True, True, False, False])
    baselines, called = list_called(forward, test)
    assert called["call_everyone"] == called["newest_first"] == called["top_50_percent"] == [0, 2]
    assert baselines["nurture_everyone"].tolist() == [NURTURE, NURTURE, DISCARD, DISCARD]
    assert baselines["call_everyone"].tolist() == [SALES, NURTURE, SALES, DISCARD]


def test_points_are_called_from_where_they_earned_most_on_the_history():
    """Check that the cut lies at 3 points, whatever the probabilities, and that without points there is no rule."""
    forward = make_rows([0.5] * 4, label=[0, 0, 1, 1]).assign(points=[1.0, 2.0, 3.0, 4.0])
    test = make_rows([0.9, 0.1, 0.1]).assign(points=[2.9, 3.0, 5.0])
    assert list_called(forward, test)[1]["points"] == [1, 2]
    assert "points" not in list_called(forward, test.drop(columns="points"))[0]


def test_as_they_come_the_first_above_the_cut_are_called():
    """Check two weeks with two calls and the cut 0.3: the better lead that comes third finds no call left."""
    rows = make_rows([0.4, 0.2, 0.5, 0.9, 0.2, 0.31], week=[0, 0, 0, 0, 1, 1], capacity=2)
    routes = route_as_they_come(rows, {"all": 0.3}, SCENARIO)
    assert routes.tolist() == [SALES, NURTURE, SALES, NURTURE, NURTURE, SALES]


def test_one_cut_on_the_probability():
    """Check that who lies below is nurtured where it pays, and who may not be called is not."""
    rows = make_rows([0.5, 0.4, 0.3, 0.01], may_sales=[True, False, True, True])
    assert route_from(rows, 0.4, SCENARIO).tolist() == [SALES, NURTURE, NURTURE, DISCARD]
    assert not (route_from(rows, np.inf, SCENARIO) == SALES).any()


def test_profit_is_of_the_route_and_the_leads_own_value():
    """Check three leads that convert or do not, one of them worth twice as much."""
    rows = make_rows([0.5] * 3, label=[1, 0, 1], relative_value=[1, 1, 2.0])
    assert take_routes(rows, np.array([SALES, SALES, NURTURE]), SCENARIO).tolist() == [90, -10, 79]
