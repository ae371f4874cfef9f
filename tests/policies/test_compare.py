import numpy as np
import pytest

from src.policies.compare import compare_policies, describe_cuts, list_cuts_by_value, route_policies, take_curve
from src.policies.figures import measure_bounds
from tests.policies.make import EVALUATION, NO_TRUTH, make_rows, make_scenario


def compare(forward, test, scenario=None, truth=NO_TRUTH):
    scenario = scenario or make_scenario()
    cuts = describe_cuts(forward, test, scenario, EVALUATION, seed=1)
    policies = route_policies(forward, test, cuts, scenario)
    return cuts | compare_policies(test, truth, policies, scenario, EVALUATION, seed=1)


def test_profits_by_hand():
    """Check all figures of five leads, three of which convert, without limits."""
    test = make_rows([0.5, 0.5, 0.1, 0.1, 0.01], label=[1, 0, 1, 0, 1])
    result = compare(make_rows([0.2] * 10), test)
    assert result["cuts"] == result["cuts_without_limit"] == {"discard": pytest.approx(0.025), "sales": 0.15}
    found = result["test"]
    assert (found["leads"], found["conversions"], found["contacts"], found["conversions_reached"]) == (5, 3, 2, 1)
    assert found["conversions_lost"] == 2
    assert found["routes"] == {"discard": 1, "nurture": 2, "sales": 2}
    assert (found["precision"], found["recall"]) == (0.5, pytest.approx(1 / 3))
    # Called: 90 and -10. Nurtured: 39 and -1.
    assert found["profit"] == 118
    assert found["profit_low"] <= 118 <= found["profit_high"]
    assert result["baselines"]["call_everyone"]["profit"] == 300 - 50
    assert result["baselines"]["nurture_everyone"]["profit"] == pytest.approx(120 - 5)
    assert result["baselines"]["call_no_one"]["profit"] == 0
    assert result["baselines"]["call_no_one"]["precision"] is None
    assert result["baselines"]["call_no_one"]["chosen_more"] == 118
    assert (result["difference"]["baseline"], result["difference"]["profit"]) == ("call_everyone", 118 - 250)
    # With hindsight: call all five.
    assert (found["profit_in_hindsight"], found["regret"]) == (250, 250 - 118)
    assert "profit_of_truth" not in found


def test_baselines_and_other_ways_to_cut_stand_apart():
    """Check which policies there are with a capacity and what is required, and that all are measured."""
    rows = make_rows([0.9, 0.2, 0.5], label=[1, 0, 1], capacity=1)
    result = compare(rows, rows, make_scenario(required_precision=0.5, required_recall=0.5))
    assert set(result["alternatives"]) == {
        "as_they_come",
        "as_they_come_best",
        "highest_f1",
        "required_precision",
        "required_recall",
    }
    assert "call_everyone" in result["baselines"]
    for figures in (result["test"], *result["baselines"].values(), *result["alternatives"].values()):
        assert figures["conversions_reached"] + figures["conversions_lost"] == 2
        assert figures["contacts"] <= 1
    assert set(compare(rows.assign(capacity=np.inf), rows.assign(capacity=np.inf))["alternatives"]) == {"highest_f1"}


def test_points_need_no_probability():
    """Check that hand-set points are among the rules that the two cuts are compared with unaided."""
    rows = make_rows([0.1, 0.2, 0.3], label=[1, 0, 0]).assign(points=[9.0, 0.0, 0.0])
    result = compare(rows, rows)
    assert result["difference_unaided"]["baseline"] == result["difference"]["baseline"] == "points"


def test_the_truth_earns_what_its_own_probabilities_say():
    """Check the profit of true probabilities by the same cuts, and none where a row has no truth."""
    test = make_rows([0.5, 0.01], label=[0, 1])
    truth = test[["lead_id", "snapshot_at"]].assign(probability=[0.001, 0.9])
    found = compare(test, test, truth=truth)["test"]
    assert (found["profit"], found["profit_of_truth"], found["less_than_truth"]["profit"]) == (-10, 90, -100)
    # By the truth itself the calls earn 100 x .001 - 10 and 100 x .9 - 10.
    assert found["expected"]["chosen"] == pytest.approx(-9.9)
    assert found["expected"]["truth"] == pytest.approx(80)
    assert "profit_of_truth" not in compare(test, test, truth=truth.head(1))["test"]


def test_the_true_probabilities_change_no_choice():
    """Check that cuts, routes and baselines are the same whatever the truth says."""
    test = make_rows([0.5, 0.01], label=[0, 1])
    truth = test[["lead_id", "snapshot_at"]].assign(probability=[0.001, 0.9])
    with_it, without = compare(test, test, truth=truth), compare(test, test)
    for name in ("profit_of_truth", "less_than_truth", "expected"):
        del with_it["test"][name]
    assert with_it == without


def test_a_persons_leads_are_resampled_together():
    """Check that the interval of ten leads of one person is one point, and of ten persons is not."""
    rows = make_rows([0.5] * 10, label=[1, 0] * 5)
    for person, is_point in (("one", True), (rows["person"], False)):
        found = compare(rows, rows.assign(person=person))["test"]
        assert (found["profit_low"] == found["profit_high"]) == is_point


def test_cuts_are_stated_for_each_class_of_values():
    """Check that cuts halve where the value doubles, with the leads of each class."""
    by = [{"metric": "has_phone", "equals": 1, "value": 200.0}]
    scenario = make_scenario(value={"default": 100.0, "by": by})
    rows = make_rows([0.1] * 3, value_class=[0, 1, 1])
    result = list_cuts_by_value(rows.head(2), rows, scenario)
    found, met_by = result["cuts_by_value"], {"history": 1, "test": 1}
    default = {"when": None, "value": 100, "discard": pytest.approx(0.025), "sales": 0.15, "leads": 1, "met_by": met_by}
    assert found[0] == default
    assert found[1]["met_by"] == {"history": 1, "test": 2}
    assert result["values_without_leads"] == []
    assert (found[1]["when"], found[1]["leads"]) == ("has_phone equals 1", 2)
    assert (found[1]["discard"], found[1]["sales"]) == (pytest.approx(0.0125), 0.075)


def test_values_that_no_lead_has_have_no_cut():
    """Check a rule that holds for the history only: it is named apart; the default stays, others refer to it."""
    by = [{"metric": "has_phone", "equals": 1, "value": 200.0}, {"metric": "consent", "equals": "Yes", "value": 300.0}]
    scenario = make_scenario(value={"default": 100.0, "by": by})
    history, test = make_rows([0.1] * 2, value_class=[1, 2]), make_rows([0.1], value_class=[1])
    result = list_cuts_by_value(history, test, scenario)
    assert [(entry["when"], entry["leads"]) for entry in result["cuts_by_value"]] == [
        (None, 0),
        ("has_phone equals 1", 1),
    ]
    (apart,) = result["values_without_leads"]
    assert (apart["when"], apart["met_by"]) == ("consent equals Yes", {"history": 1, "test": 0})


def test_nobody_eligible_is_no_error():
    """Check that where no lead may take any route all policies earn nothing, and the curve is of all leads."""
    rows = make_rows([0.9, 0.2], label=[1, 0], may_sales=False, may_nurture=False, capacity=3)
    result = compare(rows, rows)
    profits = [figures["profit"] for figures in [result["test"], *result["baselines"].values()]]
    assert profits == [0] * len(profits)
    assert result["test"]["profit_in_hindsight"] == 0
    assert len(take_curve(rows)[0]) == 2
    assert len(take_curve(rows.assign(may_sales=[True, False]))[0]) == 1


def test_bounds_of_an_empty_truth():
    """Check that hindsight is there without a truth."""
    rows = make_rows([0.5], label=[1])
    assert set(measure_bounds(rows, NO_TRUTH, make_scenario(), np.ones((2, 1)), 0.9)) == {
        "profit_in_hindsight",
        "cuts_in_hindsight",
        "regret",
    }
