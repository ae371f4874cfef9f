import numpy as np
import pytest

from src.policies.sensitivity import measure_sensitivity
from tests.policies.make import make_rows, make_scenario

NO_LIMIT = {"all": np.inf}


def find(result, name):
    return next(entry for entry in result["assumptions"] if entry["name"] == name)


def test_each_assumption_moves_the_cuts_by_hand():
    """Check the closed form a fifth lower and higher; what is zero does not move."""
    result = measure_sensitivity(make_rows([0.5], label=[1]), NO_LIMIT, make_scenario())
    assert {entry["name"] for entry in result["assumptions"]} == {
        "value",
        "cost.sales",
        "cost.nurture",
        "factor.nurture",
    }
    value, sales = find(result, "value"), find(result, "cost.sales")
    assert value["low"]["cuts"] == {"discard": pytest.approx(1 / 32), "sales": pytest.approx(9 / 48)}
    assert sales["high"]["cuts"] == {"discard": pytest.approx(1 / 40), "sales": pytest.approx(11 / 60)}
    # A call of a lead that converts.
    assert (value["high"]["profit"], sales["low"]["profit"]) == (pytest.approx(110), pytest.approx(92))


def test_the_assumption_on_which_each_cut_depends_most():
    """Check the swings: 0.0667 for the cost of a call; the discard cut is cost / (value x factor), so both do."""
    result = measure_sensitivity(make_rows([0.5], label=[1]), NO_LIMIT, make_scenario())
    assert result["most_for_sales"] == ["cost.sales"]
    assert result["assumptions"][0]["name"] == "cost.sales"
    assert result["most_for_discard"] == ["value", "factor.nurture"]


def test_keeping_the_cuts_where_an_assumption_was_wrong():
    """Check a lead of 0.16 that converts: called as things are, nurtured if a call costs a fifth more."""
    high = find(measure_sensitivity(make_rows([0.16], label=[1]), NO_LIMIT, make_scenario()), "cost.sales")["high"]
    assert (high["profit"], high["profit_if_kept"]) == (39, 88)
    assert (high["routes_changed"], high["calls_changed"]) == (1, 1)


def test_under_capacity_the_calls_hardly_change_with_the_cuts():
    """Check one call, of a lead of 0.5: it stays if a call costs a fifth more, though the cut moves past 0.16."""
    rows = make_rows([0.5, 0.16], label=[1, 0], capacity=1)
    result = measure_sensitivity(rows, {"all": 1.0}, make_scenario())
    sales, nurture = find(result, "cost.sales")["high"], find(result, "cost.nurture")["high"]
    assert sales["cuts"]["sales"] == pytest.approx(11 / 60)
    assert (sales["routes_changed"], sales["calls_changed"]) == (0, 0)
    assert (nurture["routes_changed"], nurture["calls_changed"]) == (0, 0)


def test_a_fifth_fewer_or_more_calls_by_hand():
    """Check five calls for six leads worth one, the best and only conversion of which comes last.

    Of four calls the best are known to be the last four: 90 - 3 x 10 - 2. Kept to, those of the plan are
    used up before the last comes, which is nurtured: 39 - 4 x 10 - 1.
    """
    rows = make_rows([0.3, 0.4, 0.5, 0.6, 0.7, 0.8], label=[0, 0, 0, 0, 0, 1], capacity=5)
    result = measure_sensitivity(rows, {"all": 5.0}, make_scenario())
    entry = find(result, "capacity")
    assert (entry["value"], entry["low"]["value"], entry["high"]["value"]) == (5, 4, 6)
    assert (entry["low"]["profit"], entry["low"]["profit_if_kept"]) == (58, -2)
    assert (entry["low"]["routes_changed"], entry["low"]["calls_changed"]) == (2, 2)
    assert (entry["high"]["profit"], entry["high"]["profit_if_kept"]) == (90 - 50, 90 - 40 - 1)
    assert (entry["high"]["routes_changed"], entry["high"]["calls_changed"]) == (1, 1)
    assert result["assumptions"][-1] == entry
    without = measure_sensitivity(rows.assign(capacity=np.inf), NO_LIMIT, make_scenario())
    assert "capacity" not in {each["name"] for each in without["assumptions"]}


def test_a_factor_does_not_grow_above_one_and_all_values_move_together():
    """Check a factor of 0.9, and a scenario whose values vary."""
    scenario = make_scenario((10, 1, 0), (0.9, 0.0))
    assert find(measure_sensitivity(make_rows([0.5]), NO_LIMIT, scenario), "factor.nurture")["high"]["value"] == 1
    by = [{"metric": "has_phone", "equals": 1, "value": 200.0}]
    scenario = make_scenario(value={"default": 100.0, "by": by})
    case = find(measure_sensitivity(make_rows([0.5], label=[1], relative_value=2.0), NO_LIMIT, scenario), "value")[
        "low"
    ]
    assert (case["value"], case["profit"]) == (80, 150)


def test_the_scenario_itself_stays_as_it_was():
    """Check that nothing is changed on the way."""
    scenario = make_scenario()
    before = scenario.model_dump()
    measure_sensitivity(make_rows([0.5]), NO_LIMIT, scenario)
    assert scenario.model_dump() == before
