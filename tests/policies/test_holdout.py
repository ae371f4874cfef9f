import numpy as np
import pytest

from src.policies.holdout import count_leads, find_alternative, plan_hold_outs
from tests.policies.make import make_rows, make_scenario


def test_a_hold_out_of_that_size_tells_the_factors_apart_as_often_as_promised():
    """Check the power by simulation: the assumed ratio is refused in about 80 % when it is a fifth larger."""
    p, factor = 0.2, 0.35
    leads = count_leads(p, factor, factor * 1.2)
    generator = np.random.default_rng(3)
    called = generator.binomial(leads, p, 4000) / leads
    routed = generator.binomial(leads, p * factor * 1.2, 4000) / leads
    error = np.sqrt((1 - called) / called / leads + (1 - routed) / routed / leads)
    is_refused = np.abs(np.log(routed / called / factor)) > 1.96 * error
    # A larger factor has more conversions, so slightly more power than planned.
    assert 0.78 < is_refused.mean() < 0.88


def test_a_factor_of_zero_is_told_from_a_fifth_of_nurtures():
    """Check the size by hand: (1.96 + 0.8416)^2 x 0.99 / 0.01."""
    assert find_alternative("discard", make_scenario((10, 1, 0), (0.5, 0.0))) == pytest.approx(0.1)
    assert count_leads(0.1, 0.0, 0.1) == np.ceil(7.8489 * 99)
    assert find_alternative("nurture", make_scenario()) == pytest.approx(0.48)


@pytest.mark.parametrize(("rate", "factor", "alternative"), [(0.0, 0.4, 0.48), (1.0, 1.0, 1.2), (0.1, 0.0, 0.0)])
def test_what_cannot_be_measured_has_no_size(rate, factor, alternative):
    """Check that there is none without conversions, and none between equal factors."""
    assert count_leads(rate, factor, alternative) is None


def test_rarer_conversions_and_smaller_factors_need_more_leads():
    """Check the direction of both."""
    assert count_leads(0.05, 0.4, 0.48) > count_leads(0.1, 0.4, 0.48) > count_leads(0.1, 0.8, 0.96)


def test_a_hold_out_takes_the_weeks_that_its_calls_take():
    """Check ten equal leads a week and two calls: two are called, two drawn for the route, six are nurtured."""
    rows = make_rows([0.5] * 20, label=[1, 0] * 10, week=[0] * 10 + [1] * 10, capacity=2)
    discard, nurture = plan_hold_outs(rows, make_scenario(capacity_per_week=2))
    assert nurture["weeks"] == pytest.approx(nurture["leads"] / 2)
    # Whoever is drawn to be nurtured would be nurtured anyway, and equal leads are called as before.
    assert nurture["cost"] == pytest.approx(0)
    assert discard["cost"] == pytest.approx(discard["leads"] * 19)


def test_the_plan_says_how_long_and_what_it_costs():
    """Check ten leads a week, half of each route: only those that may take both are drawn."""
    rows = make_rows([0.5] * 20 + [0.5], label=[1, 0] * 10 + [1], week=[0] * 10 + [1] * 10 + [1])
    rows["may_nurture"] = [True] * 20 + [False]
    discard, nurture = plan_hold_outs(rows, make_scenario())
    assert (discard["route"], nurture["route"], nurture["base_rate"]) == ("discard", "nurture", 0.5)
    assert nurture["weeks"] == pytest.approx(2 * nurture["leads"] / 10)
    # The cuts call everyone (40); nurturing earns 19, discarding 0.
    assert nurture["cost"] == pytest.approx(nurture["leads"] * 21)
    assert discard["cost"] == pytest.approx(discard["leads"] * 40)
