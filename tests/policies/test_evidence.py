import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.features.catalogue import Metric
from src.policies.evidence import (
    list_values,
    measure_grid,
    measure_near,
    measure_net_benefit,
    measure_value_by_calls,
    profile_routes,
)
from src.policies.routing import route_leads, take_routes
from tests.reports.leads import draw_leads, make_leads, make_scenario

ALONE, SALES = 0.06, 16.5 / 195
"""Where a call begins to pay in the made scenario: 18 / 300, and (18 - 1.5) / (300 x 0.65)."""


def weigh(leads, count=20, seed=1):
    return np.random.default_rng(seed).poisson(1.0, (count, len(leads))).astype(float)


def make_metric(name, group, kind="category", unit="name"):
    return Metric(name=name, kind="explicit", group=group, type=kind, unit=unit, meaning="Made.", origin="made")


def find_at(benefit, name):
    return next(entry for entry in benefit["at"] if entry["name"] == name)


def test_net_benefit_is_that_of_vickers_and_elkin():
    """Check TP / n - FP / n x t / (1 - t), by hand at the threshold 0.06: four called, two of them convert."""
    leads = make_leads([0.9, 0.5, 0.2, 0.06, 0.01], [1, 0, 1, 0, 1])
    found = find_at(measure_net_benefit(leads, make_scenario(), weigh(leads), 0.9), "alone")
    odds = 0.06 / 0.94
    assert found["threshold"] == pytest.approx(ALONE)
    assert found["model"] == pytest.approx((2 - 2 * odds) / 5)
    assert found["everyone"] == pytest.approx((3 - 2 * odds) / 5)
    assert found["other"] == "everyone"
    assert found["more"] == pytest.approx(-1 / 5)
    assert found["calls_saved"] == pytest.approx(-1 / 5 / odds * 100)


def test_net_benefit_is_compared_with_nobody_where_everybody_loses():
    """Check that the better of everybody and nobody is the measure."""
    leads = make_leads([0.5] + [0.01] * 99, [1] + [0] * 99)
    found = find_at(measure_net_benefit(leads, make_scenario(), weigh(leads), 0.9), "sales")
    assert found["other"] == "nobody"
    assert found["everyone"] < 0 < found["more"] == found["model"] == pytest.approx(0.01)


def test_net_benefit_counts_values_and_leaves_out_who_may_not_be_called():
    """Check that a conversion of twice the value counts twice and is called from half the probability."""
    leads = make_leads([0.04, 0.04, 0.9], [1, 0, 1], relative_value=[2.0, 1.0, 1.0], may_sales=[True, True, False])
    found = find_at(measure_net_benefit(leads, make_scenario(), weigh(leads), 0.9), "alone")
    assert found["model"] == pytest.approx((2 - 0.06) / 0.94 / 2)


@given(st.integers(0, 2**32 - 1))
def test_net_benefit_times_leads_is_profit(seed):
    """Check that where a call alone begins to pay the net benefit is the profit, in units of a conversion."""
    rng = np.random.default_rng(seed)
    p = rng.random(40)
    leads = make_leads(p.tolist(), (rng.random(40) < p).astype(int).tolist(), relative_value=rng.choice([1.0, 1.5], 40))
    found = find_at(measure_net_benefit(leads, make_scenario(), weigh(leads), 0.9), "alone")
    called = p * leads["relative_value"] >= ALONE
    profit = (300 * leads["label"] * leads["relative_value"] - 18)[called].sum()
    assert found["model"] * 40 * (300 - 18) == pytest.approx(profit)


def test_net_benefit_of_a_call_that_always_pays_has_no_threshold():
    """Check that where a call costs nothing there is a curve, and nothing on it to compare at."""
    leads = make_leads([0.2, 0.1], [1, 0])
    free = make_scenario(cost={"sales": 0.0, "nurture": 0.0, "discard": 0.0})
    found = measure_net_benefit(leads, free, weigh(leads), 0.9)
    assert found["at"] == []
    assert found["curve"][-1]["threshold"] == 0.5


def test_net_benefit_of_nobody_to_call_is_empty():
    """Check that nothing is claimed where no lead may be called."""
    leads = make_leads([0.5, 0.1], [1, 0], may_sales=False)
    found = measure_net_benefit(leads, make_scenario(), weigh(leads), 0.9)
    assert found["at"] == []
    assert found["curve"] == []


def test_curve_begins_with_everybody():
    """Check that at the threshold 0 the model calls everybody, and the curve is of even steps."""
    leads = make_leads([0.3, 0.1], [1, 0])
    curve = measure_net_benefit(leads, make_scenario(), weigh(leads), 0.9)["curve"]
    assert curve[0] == {"threshold": 0.0, "model": 0.5, "everyone": 0.5}
    assert np.diff([point["threshold"] for point in curve]) == pytest.approx(curve[1]["threshold"])


def test_leads_near_a_cut_are_its_nearest_tenth():
    """Check that the hundred leads at the sales cut are found among a thousand, with their rate."""
    p = [0.3] * 450 + [SALES] * 100 + [0.001] * 450
    label = [1] * 450 + [1] * 20 + [0] * 80 + [0] * 450
    leads = make_leads(p, label)
    found = {entry["route"]: entry for entry in measure_near(leads, make_scenario(), weigh(leads), 0.9)}
    near = found["sales"]
    assert (near["leads"], near["lowest"], near["highest"]) == (100, SALES, SALES)
    assert near["predicted"] == pytest.approx(SALES)
    assert near["observed"] == pytest.approx(0.2)
    assert near["observed_low"] < 0.2 < near["observed_high"]


def test_leads_of_another_value_are_near_their_own_cut():
    """Check that a lead worth twice as much is near where its probability is half the cut."""
    leads = make_leads([SALES / 2] * 100 + [0.9] * 900, [0] * 1000, relative_value=[2.0] * 100 + [1.0] * 900)
    near = measure_near(leads, make_scenario(), weigh(leads), 0.9)[-1]
    assert near["highest"] == pytest.approx(SALES / 2)


def test_nothing_is_said_near_a_cut_without_leads():
    """Check that too few leads, or a route that is never best, give no figure."""
    few = make_leads([0.1] * 99, [0] * 99)
    assert measure_near(few, make_scenario(), weigh(few), 0.9) == []
    many = make_leads([0.1] * 200, [0] * 200)
    dear = make_scenario(cost={"sales": 18.0, "nurture": 17.0, "discard": 0.0})
    assert [entry["route"] for entry in measure_near(many, dear, weigh(many), 0.9)] == ["sales"]


def test_grid_counts_routes_and_conversions_of_each_cell():
    """Check that each cell holds its leads, the best first, and none that nobody is in."""
    leads = make_leads([0.5, 0.4, 0.1], [1, 0, 0])
    grades = pd.DataFrame({"fit_grade": ["B", "B", "A"], "engagement_grade": ["1", "1", "4"]})
    grid = measure_grid(leads, grades, np.array([2, 1, 0]))
    assert [(cell["fit"], cell["engagement"], cell["leads"], cell["converted"]) for cell in grid] == [
        ("A", "4", 1, 0.0),
        ("B", "1", 2, 0.5),
    ]
    assert grid[1]["routes"] == {"discard": 0, "nurture": 1, "sales": 1}
    assert measure_grid(leads, grades.assign(fit_grade=None), np.array([2, 1, 0])) == []


def test_profile_takes_the_value_that_parts_the_routes_most():
    """Check that of a group the value with the widest spread is kept, and what differs little is not."""
    route = np.repeat([2, 1], 60)
    features = pd.DataFrame(
        {
            "sector": ["mining"] * 50 + ["retail"] * 10 + ["mining"] * 10 + ["retail"] * 50,
            "size": ["big"] * 60 + ["small"] * 60,
            "hour": [9.0, 15.0] * 60,
        }
    )
    metrics = [
        make_metric("sector", "company"),
        make_metric("size", "company"),
        make_metric("hour", "form", "number", "h"),
    ]
    profile = profile_routes(features, metrics, route)
    assert profile["leads"] == {"discard": 0, "nurture": 60, "sales": 60}
    assert [(entry["metric"], entry["sales"], entry["nurture"]) for entry in profile["values"]] == [("size", 1.0, 0.0)]
    assert profile["values"][0]["discard"] is None


def test_profile_needs_two_routes():
    """Check that there is nothing to compare where all leads take one route."""
    features = pd.DataFrame({"sector": ["mining", "retail"] * 50})
    assert profile_routes(features, [make_metric("sector", "company")], np.full(100, 2))["values"] == []


def test_values_are_levels_yes_and_halves():
    """Check that a category has its levels, a flag yes, a number its median, and each what was not given."""
    category = list_values(pd.Series(["a", "a", "b", None]), make_metric("x", "g"))
    assert {key: held.tolist() for key, held in category.items()} == {
        ("missing", None): [False, False, False, True],
        ("equals", "a"): [True, True, False, False],
        ("equals", "b"): [False, False, True, False],
    }
    flag = list_values(pd.Series([1.0, 0.0]), make_metric("x", "g", "number", "yes/no"))
    assert list(flag) == [("equals", 1.0)]
    number = list_values(pd.Series([1.0, 3.0, 8.0]), make_metric("x", "g", "number", "km"))
    assert list(number) == [("at_least", 3.0)]
    assert list_values(pd.Series([None, None], dtype=float), make_metric("x", "g", "number", "km")) == {}


def test_value_by_calls_follows_the_order_of_preference():
    """Check three leads by hand: the two calls that add most first, the last at a loss, who may not be called never."""
    leads = make_leads([0.5, 0.01, 0.9, 0.8], [0, 0, 1, 1], may_sales=[True, True, True, False])
    alone = make_scenario(factor={"sales": 1.0, "nurture": 0.0, "discard": 0.0, "why": "None."})
    curve = measure_value_by_calls(leads, alone)
    assert curve["calls"].tolist() == [0, 1, 2, 3]
    # 300 for the conversion less 18 a call; the fourth lead converts uncalled and brings nothing.
    assert curve["value"].tolist() == [0.0, 282.0, 264.0, 246.0]
    assert curve["worth"].tolist()[1:] == [0.9, 0.5, 0.01]
    assert curve["expected"].tolist() == pytest.approx([0.0, 252.0, 384.0, 369.0])


@given(st.integers(0, 2**32 - 1))
def test_value_by_calls_holds_the_chosen_policy(seed):
    """Check that without limits the curve at the chosen number of calls is what the chosen policy brings."""
    leads = draw_leads(50, seed)
    scenario = make_scenario()
    route = route_leads(leads, scenario)
    curve = measure_value_by_calls(leads.assign(capacity=np.inf), scenario).set_index("calls")
    assert curve.loc[int((route == 2).sum()), "value"] == pytest.approx(take_routes(leads, route, scenario).sum())
