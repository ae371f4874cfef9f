import numpy as np
import pytest

from src.models.measures import to_log_odds, to_probability
from src.policies.economics import NURTURE, SALES
from src.policies.review import describe_review, find_reviews, measure_losses_of_doubt, measure_reach, name_routes
from tests.policies.make import make_rows, make_scenario

REACH = 2.0


def make_doubtful(probability, low, high, **columns):
    return make_rows(probability, **columns).assign(probability_low=low, probability_high=high)


def make_symmetric(probability, half_width):
    """Return leads whose intervals are symmetric in log-odds."""
    ends = (to_probability(to_log_odds(np.array(probability)) + side * half_width) for side in (-1, 1))
    return make_doubtful(probability, *ends)


def make_budget(leads, cost=0.0):
    return make_scenario(review={"leads_per_week": leads, "cost": cost})


def test_how_far_an_interval_reaches():
    """Check Student's t of the tables: 95 % with nineteen degrees of freedom, and 90 % with four."""
    assert measure_reach(0.95, 20) == pytest.approx(2.093, abs=0.001)
    assert measure_reach(0.9, 5) == pytest.approx(2.132, abs=0.001)


def test_the_widest_expected_loss_is_looked_at_first():
    """Check a cut at 0.15: the wider of two intervals across it, and not the one that lies above."""
    rows = make_doubtful([0.16, 0.16, 0.5], [0.14, 0.05, 0.2], [0.18, 0.3, 0.9])
    assert find_reviews(rows, make_budget(1), REACH).tolist() == [False, True, False]
    assert find_reviews(rows, make_budget(5), REACH).tolist() == [True, True, False]
    assert not find_reviews(rows, make_budget(0), REACH).any()


def test_the_budget_is_of_each_week():
    """Check one look a week in two weeks."""
    rows = make_doubtful([0.16] * 3, [0.1, 0.05, 0.1], 0.3, week=[0, 0, 1])
    assert find_reviews(rows, make_budget(1), REACH).tolist() == [False, True, True]


def test_the_loss_of_a_lead_on_the_cut():
    """Check the normal loss: at 0.15 with a standard error of 0.05 in log-odds, p errs by 0.15 x 0.85 x 0.05.

    A call earns 60 (p - 0.15) more than nurturing: knowing p saves 60 x 0.006375 x 0.3989 (the density at 0).
    """
    for half_width, reach in ((0.05, 1.0), (0.1, 2.0)):
        loss = measure_losses_of_doubt(make_symmetric([0.15], half_width), make_scenario(), reach)
        assert loss == pytest.approx([0.1526], rel=0.04)
    # Of twice the value the cut lies at 0.075: the call is right all over.
    rows = make_symmetric([0.15], 0.05).assign(relative_value=2.0)
    assert measure_losses_of_doubt(rows, make_scenario(), 1.0) == pytest.approx([0], abs=1e-9)


def test_a_look_is_compared_with_the_best_route_without_one():
    """Check a lead that is almost as likely 0 as 1: calling it at once loses 10 in half of the cases.

    Its own route at 0.1, nurturing, would lose 1 in the one half and 51 in the other.
    """
    loss = measure_losses_of_doubt(make_symmetric([0.1], 1.0), make_scenario(), 0.01)
    assert loss == pytest.approx([5], abs=0.1)


def test_a_look_that_costs_more_than_it_could_save_is_not_taken():
    """Check the lead on the cut, whose doubt is worth 0.153, at two prices."""
    rows = make_symmetric([0.15], 0.05)
    assert find_reviews(rows, make_budget(1, cost=0.14), 1.0).tolist() == [True]
    assert find_reviews(rows, make_budget(1, cost=0.16), 1.0).tolist() == [False]


def test_the_cut_is_that_between_the_routes_a_lead_may_take():
    """Check intervals across 0.15, 0.1 and 0.025: sales or nurture, sales or nothing, nurture or nothing."""
    doubts = make_doubtful([0.16, 0.11, 0.03], [0.12, 0.09, 0.02], [0.2, 0.12, 0.04])
    cases = {
        (True, True): [True, False, True],
        (True, False): [False, True, False],
        (False, True): [False, False, True],
        (False, False): [False, False, False],
    }
    for (sales, nurture), reviewed in cases.items():
        rows = doubts.assign(may_sales=sales, may_nurture=nurture)
        assert find_reviews(rows, make_budget(3), REACH).tolist() == reviewed


def test_review_takes_the_place_of_the_route_in_words_only():
    """Check the names of the routes."""
    rows = make_doubtful([0.2, 0.5, 0.1], [0.1, 0.4, 0.09], [0.2, 0.6, 0.11])
    assert name_routes(rows, np.array([SALES, SALES, NURTURE]), make_budget(2), REACH).tolist() == [
        "review",
        "sales",
        "nurture",
    ]


def test_what_review_costs_and_could_save_is_said():
    """Check the sums, and that without intervals nobody is reviewed and that is said."""
    rows = make_symmetric([0.15, 0.15, 0.5], 0.05)
    found = describe_review(rows, make_budget(1, cost=0.1), 1.0)
    assert (found["has_intervals"], found["in_doubt"], found["leads"], found["total_cost"]) == (True, 2, 1, 0.1)
    assert found["could_save"] == pytest.approx(0.1526, rel=0.04)
    assert found["could_save_all"] == pytest.approx(2 * 0.1526, rel=0.04)
    without = describe_review(make_rows([0.2]), make_budget(1, cost=0.5), 1.0)
    assert (without["has_intervals"], without["leads"], without["total_cost"]) == (False, 0, 0)
