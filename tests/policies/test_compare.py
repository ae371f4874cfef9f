from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.params import Scenario, load_params
from src.policies.compare import (
    cap_profits,
    choose_age,
    compare_policies,
    find_effective_cuts,
    list_baselines,
    route_leads,
    take_decisions,
    take_routes,
)
from src.policies.economics import DISCARD, NURTURE, SALES, Cuts, find_best_cuts, find_cuts, measure_profits

EVALUATION = load_params().evaluation.model_copy(update={"bootstrap": 100, "confidence": 0.9})
NO_TRUTH = pd.DataFrame({"lead_id": [], "snapshot_at": [], "probability": []}).astype(
    {"lead_id": "str", "snapshot_at": "datetime64[us]", "probability": float}
)


def make_scenario(capacity: int | None = None, nurture: tuple[float, float] = (1.0, 0.4)) -> Scenario:
    """Return a scenario in which a sale brings 100 and a call costs 10; cost and factor of nurture."""
    return Scenario.model_validate(
        {
            "objective": "sale",
            "title": "Made by hand",
            "value": 100.0,
            "cost": {"sales": 10.0, "nurture": nurture[0], "discard": 0.0},
            "factor": {"sales": 1.0, "nurture": nurture[1], "discard": 0.0},
            "capacity_per_week": capacity,
            "decide_at": "1d",
        }
    )


def make_rows(probability, label=None, week=None) -> pd.DataFrame:
    """Return one row a lead, oldest first."""
    count = len(probability)
    rows = pd.DataFrame({"probability": np.asarray(probability, float)})
    rows["label"] = np.zeros(count) if label is None else np.asarray(label, float)
    rows["week"] = np.zeros(count, int) if week is None else week
    rows["lead_id"] = rows["person"] = [f"lead{number}" for number in range(count)]
    snapshots = pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(count), unit="h")
    return rows.assign(snapshot_at=pd.Series(snapshots, dtype="datetime64[us]"))


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


def test_without_dates_a_hundred_leads_are_a_week():
    """Check the weeks that stand in where nobody knows when leads came."""
    rows = pd.DataFrame({"sequence": [0, 99, 100, 250], "age": "0h", "snapshot_at": pd.Series([pd.NaT] * 4)})
    assert take_decisions(rows, "0h")["week"].tolist() == [0, 0, 1, 2]


def test_under_capacity_the_most_probable_of_each_week_are_called():
    """Check the routes of two weeks with room for one call; those left out are nurtured if that pays."""
    rows = make_rows([0.5, 0.9, 0.02, 0.3, 0.01], week=[1, 1, 1, 2, 2])
    routes = route_leads(rows, find_cuts(make_scenario()), make_scenario(capacity=1))
    assert routes.tolist() == [NURTURE, SALES, DISCARD, SALES, DISCARD]


def test_leads_without_capacity_are_not_nurtured_at_a_loss():
    """Check that where nurturing does nothing, whoever cannot be called is left alone."""
    scenario = make_scenario(capacity=1, nurture=(1.0, 0.0))
    routes = route_leads(make_rows([0.5, 0.9, 0.2]), find_cuts(scenario), scenario)
    assert routes.tolist() == [DISCARD, SALES, DISCARD]


SIX = st.lists(st.tuples(st.sampled_from([0.0, 0.03, 0.12, 0.2, 0.2, 0.7]), st.integers(0, 1)), min_size=1, max_size=6)


@given(SIX, st.sampled_from([None, 1, 2]), st.sampled_from([(1.0, 0.4), (5.0, 0.1), (1.0, 0.0), (0.0, 1.0)]))
@settings(max_examples=100, deadline=None)
def test_no_other_routes_within_capacity_are_expected_to_earn_more(leads, capacity, nurture):
    """Check the routes against every possible choice of routes for up to six leads in two weeks."""
    p, week = (np.array(column) for column in zip(*leads, strict=True))
    scenario = make_scenario(capacity, nurture)
    expected = measure_profits(p, scenario)
    best = max(
        sum(expected[lead, route] for lead, route in enumerate(routes))
        for routes in product(range(3), repeat=len(p))
        if capacity is None or all(sum(np.array(routes)[week == w] == SALES) <= capacity for w in (0, 1))
    )
    rows = make_rows(p, week=week)
    found = route_leads(rows, find_cuts(scenario), scenario)
    assert expected[np.arange(len(p)), found].sum() == pytest.approx(best)


def test_baselines_by_hand():
    """Check who is called by each rule: six leads in two weeks, two calls a week."""
    forward = make_rows(np.arange(1, 11) / 10)
    test = make_rows([0.9, 0.05, 0.8, 0.7, 0.01, 0.95], week=[0, 0, 0, 0, 1, 1])
    baselines = list_baselines(forward, test, find_cuts(make_scenario()), make_scenario(capacity=2))
    called = {name: np.flatnonzero(route == SALES).tolist() for name, route in baselines.items()}
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
        assert not (baselines[name] == NURTURE).any()


def test_without_limits_everyone_is_called():
    """Check that no capacity means none, also for the rules."""
    baselines = list_baselines(make_rows([0.5]), make_rows([0.1] * 5), Cuts(0.2, 0.3), make_scenario())
    assert (baselines["call_everyone"] == SALES).all()
    assert (baselines["newest_first"] == DISCARD).all()


def test_profits_by_hand():
    """Check all figures of five leads, three of which convert, without limits."""
    test = make_rows([0.5, 0.5, 0.1, 0.1, 0.01], label=[1, 0, 1, 0, 1])
    result = compare_policies(make_rows([0.2] * 10), test, NO_TRUTH, make_scenario(), EVALUATION, seed=1)
    assert result["cuts"] == result["cuts_without_limit"] == {"discard": pytest.approx(0.025), "sales": 0.15}
    found = result["test"]
    assert (found["leads"], found["conversions"], found["contacts"], found["conversions_reached"]) == (5, 3, 2, 1)
    assert found["routes"] == {"discard": 1, "nurture": 2, "sales": 2}
    assert (found["precision"], found["recall"]) == (0.5, pytest.approx(1 / 3))
    # Called: 90 and -10. Nurtured: 39 and -1.
    assert found["profit"] == 118
    assert found["profit_low"] <= 118 <= found["profit_high"]
    assert result["baselines"]["call_everyone"]["profit"] == 300 - 50
    assert result["baselines"]["nurture_everyone"]["profit"] == pytest.approx(120 - 5)
    assert result["baselines"]["call_no_one"]["profit"] == 0
    assert result["baselines"]["call_no_one"]["precision"] is None
    assert (result["difference"]["baseline"], result["difference"]["profit"]) == ("call_everyone", 118 - 250)
    # With hindsight: call all five.
    assert found["profit_in_hindsight"] == 250
    assert "profit_of_truth" not in found


def test_the_truth_earns_what_its_own_probabilities_say():
    """Check the profit of true probabilities by the same cuts, and none where a row has no truth."""
    test = make_rows([0.5, 0.01], label=[0, 1])
    truth = test[["lead_id", "snapshot_at"]].assign(probability=[0.001, 0.9])
    arguments = (make_scenario(), EVALUATION, 1)
    assert compare_policies(test, test, truth, *arguments)["test"]["profit_of_truth"] == 90
    assert "profit_of_truth" not in compare_policies(test, test, truth.head(1), *arguments)["test"]


def test_a_persons_leads_are_resampled_together():
    """Check that the interval of ten leads of one person is one point, and of ten persons is not."""
    rows = make_rows([0.5] * 10, label=[1, 0] * 5)
    for person, is_point in (("one", True), (rows["person"], False)):
        test = rows.assign(person=person)
        found = compare_policies(rows, test, NO_TRUTH, make_scenario(), EVALUATION, seed=1)["test"]
        assert (found["profit_low"] == found["profit_high"]) == is_point


def test_the_cut_that_is_felt_under_capacity():
    """Check that it is where calling ended in the median week: at 0.8, 0.6 and, not full, at the cut."""
    cuts, scenario = Cuts(0.1, 0.3), make_scenario(capacity=1)
    rows = make_rows([0.8, 0.7, 0.6, 0.5, 0.4], week=[0, 0, 1, 1, 2])
    assert find_effective_cuts(rows, cuts, scenario) == Cuts(0.1, 0.6)
    assert find_effective_cuts(rows, cuts, make_scenario()) == cuts
    # Where most weeks are not full the cut without limits is felt.
    assert find_effective_cuts(rows.query("week == 2"), cuts, scenario) == cuts


ROWS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.03, 0.12, 0.2, 0.7]), st.integers(0, 1), st.integers(0, 2)),
    min_size=1,
    max_size=12,
)


@given(ROWS, st.sampled_from([None, 1, 3]), st.sampled_from([(1.0, 0.4), (1.0, 0.0)]))
@settings(max_examples=80, deadline=None)
def test_hindsight_is_never_worse_than_the_cuts(rows, capacity, nurture):
    """Check that the best pair on these leads earns at least what the chosen one earned."""
    p, label, week = zip(*rows, strict=True)
    frame, scenario = make_rows(p, label, np.array(week)), make_scenario(capacity, nurture)
    earned = take_routes(frame, route_leads(frame, find_cuts(scenario), scenario), scenario).sum()
    _, best = find_best_cuts(frame["probability"].to_numpy(), cap_profits(frame, scenario))
    assert best >= earned - 1e-9
