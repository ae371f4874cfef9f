from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.policies.economics import (
    DISCARD,
    NURTURE,
    SALES,
    Cuts,
    find_best_cuts,
    find_cuts,
    keep_capacity,
    measure_profits,
    rank_within,
    route_by_cuts,
)
from tests.policies.make import make_scenario


def test_profit_is_value_times_factor_less_cost():
    """Check the three routes of a lead that converts, one that does not, and one that may."""
    assert measure_profits(np.array([1, 0, 0.5]), make_scenario()).tolist() == [
        [0, 39, 90],
        [0, -1, -10],
        [0, 19, 40],
    ]


def test_cuts_by_hand():
    """Check that nurturing pays from 1 / 40, and calling on top of it from 9 / 60."""
    assert find_cuts(make_scenario()) == Cuts(pytest.approx(0.025), pytest.approx(0.15))


def test_nurture_is_left_out_where_it_never_pays():
    """Check that both cuts are where calling pays when nurturing costs half as much and does a tenth."""
    assert find_cuts(make_scenario(cost=(10, 5, 0), factor=(0.1, 0))) == Cuts(0.1, 0.1)
    assert find_cuts(make_scenario(factor=(0, 0))) == Cuts(0.1, 0.1)


def test_equal_factors_leave_the_cheaper_route():
    """Check that calling never pays where nurturing does as much, and that of two free routes one is left."""
    assert find_cuts(make_scenario(factor=(1, 0))) == Cuts(0.01, 1)
    assert find_cuts(make_scenario(cost=(10, 0, 0), factor=(0.5, 0.5))) == Cuts(pytest.approx(0.2), pytest.approx(0.2))
    # Doing nothing costs something here: nobody is discarded.
    assert find_cuts(make_scenario(cost=(10, 1, 2), factor=(0.5, 0.5))).discard == 0


AMOUNT = st.sampled_from([0.0, 0.5, 1.0, 2.0, 10.0, 30.0])
FACTORS = st.lists(st.sampled_from([0.0, 0.05, 0.3, 0.5, 0.9, 1.0]), min_size=2, max_size=2).map(
    lambda pair: tuple(sorted(pair, reverse=True))
)
# A call is never cheaper than nurturing.
COSTS = st.tuples(AMOUNT, AMOUNT, AMOUNT).map(lambda costs: (*sorted(costs[:2], reverse=True), costs[2]))


@given(st.sampled_from([5.0, 25.0, 300.0]), COSTS, FACTORS)
@settings(max_examples=300)
def test_no_route_has_a_higher_expected_profit_than_the_cuts(value, cost, factor):
    """Check the closed form against the best of the three routes at each of a thousand probabilities."""
    scenario = make_scenario(cost, factor, value=value)
    p = np.arange(1000) / 1000 + 1e-7
    expected = measure_profits(p, scenario)
    found = expected[np.arange(len(p)), route_by_cuts(p, find_cuts(scenario))]
    np.testing.assert_allclose(found, expected.max(axis=1), rtol=0, atol=1e-4)
    cuts = find_cuts(scenario)
    assert 0 <= cuts.discard <= cuts.sales <= 1


def test_a_lead_at_a_cut_is_above_it():
    """Check the routes at and just below the two cuts."""
    p = np.array([0.1, 0.2, 0.29, 0.3, 0.9])
    assert route_by_cuts(p, Cuts(0.2, 0.3)).tolist() == [DISCARD, NURTURE, NURTURE, SALES, SALES]


ROWS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.1, 0.1, 0.3, 0.6, 0.99]),
        st.tuples(*[st.integers(-5, 5).map(float)] * 3),
    ),
    min_size=1,
    max_size=9,
)


@given(ROWS)
@settings(max_examples=300)
def test_the_best_cuts_earn_what_the_best_of_all_pairs_earns(rows):
    """Check the one pass against all pairs of cuts, also with equal probabilities."""
    p, profits = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    levels = [*sorted(set(p)), 1.0]
    best = max(
        profits[np.arange(len(p)), route_by_cuts(p, Cuts(discard, sales))].sum()
        for discard in levels
        for sales in levels
        if discard <= sales
    )
    cuts, profit = find_best_cuts(p, profits)
    assert profit == pytest.approx(best)
    assert profits[np.arange(len(p)), route_by_cuts(p, cuts)].sum() == pytest.approx(best)
    assert cuts.discard <= cuts.sales


def test_no_leads_earn_nothing():
    """Check that an empty list has cuts, and no profit."""
    cuts, profit = find_best_cuts(np.array([]), np.empty((0, 3)))
    assert (cuts, profit) == (Cuts(1, 1), 0)


def test_ranks_within_groups_by_hand():
    """Check that the highest score is first, and of equal ones the earlier."""
    groups, score = np.array([7, 3, 7, 7, 3]), np.array([1.0, 5, 2, 2, 9])
    assert rank_within(groups, score).tolist() == [2, 1, 0, 1, 0]
    assert rank_within(np.array([], int), np.array([])).tolist() == []


LEADS = st.lists(
    st.tuples(
        st.integers(0, 2), st.sampled_from([0.0, 0.2, 0.5, 0.5, 0.8]), st.sampled_from([DISCARD, NURTURE, SALES])
    ),
    min_size=1,
    max_size=20,
)


@given(LEADS, st.integers(1, 5))
@settings(max_examples=150)
def test_no_week_has_more_calls_than_capacity_and_the_best_are_kept(leads, capacity):
    """Check each week: as many calls as fit, none worse than one left out, the others untouched."""
    week, score, route = (np.array(column) for column in zip(*leads, strict=True))
    fallback = np.where(score >= 0.5, NURTURE, DISCARD)
    kept = keep_capacity(route, score, week, fallback, capacity)
    for number in set(week):
        wanted, called = (route == SALES) & (week == number), (kept == SALES) & (week == number)
        assert called.sum() == min(wanted.sum(), capacity)
        assert not (called & ~wanted).any()
        left_out = wanted & ~called
        assert score[called].min(initial=1) >= score[left_out].max(initial=0)
        assert (kept[left_out] == fallback[left_out]).all()
    assert (kept[route != SALES] == route[route != SALES]).all()
    assert keep_capacity(route, score, week, fallback, None).tolist() == route.tolist()


def test_more_value_or_less_cost_never_calls_fewer():
    """Check the direction of the cuts along a row of values and of costs."""
    by_value = [find_cuts(make_scenario(value=value)).sales for value in (20, 50, 100, 1000)]
    by_cost = [find_cuts(make_scenario(cost=(cost, 1, 0))).sales for cost in (20, 10, 5, 2)]
    assert all(later < earlier for cuts in (by_value, by_cost) for earlier, later in pairwise(cuts))
