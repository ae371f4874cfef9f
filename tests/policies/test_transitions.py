import pandas as pd
import pytest

from src.policies.transitions import describe_transitions
from tests.policies.make import EVALUATION, make_rows, make_scenario

AGES = ["1d", "7d", "30d"]


def make_ages(by_lead, label=None, **columns):
    """Return the rows of leads at up to three ages, by the probabilities they have there (None: gone)."""
    rows = [
        (f"lead{lead}", age, p, 0 if label is None else label[lead])
        for lead, probabilities in enumerate(by_lead)
        for age, p in zip(AGES, probabilities, strict=True)
        if p is not None
    ]
    table = pd.DataFrame(rows, columns=["lead_id", "age", "probability", "label"])
    return make_rows(table["probability"], table["label"], **columns).assign(lead_id=table["lead_id"], age=table["age"])


def describe(rows, decide_at="1d", scenario=None):
    return describe_transitions(rows, decide_at, scenario or make_scenario(), EVALUATION, seed=1)


def test_moves_between_routes_by_hand():
    """Check four leads: one wakes up, one falls asleep, one stays, one is gone."""
    rows = make_ages([(0.1, 0.5, 0.5), (0.5, 0.1, 0.01), (0.1, 0.1, 0.1), (0.5, None, None)])
    first, second = describe(rows)["steps"]
    assert (first["from_age"], first["to_age"], second["to_age"]) == ("1d", "7d", "30d")
    moves = {(move["from"], move["to"]): move["leads"] for move in first["moves"]}
    assert moves == {
        ("nurture", "sales"): 1,
        ("nurture", "nurture"): 1,
        ("sales", "nurture"): 1,
        ("sales", "gone"): 1,
    }
    assert {("sales", "sales"), ("nurture", "discard")} <= {(move["from"], move["to"]) for move in second["moves"]}


def test_nurtured_leads_that_become_worth_a_call():
    """Check two that cross, at 7 and at 30 days, of three nurtured that were seen again, and what calls then bring."""
    rows = make_ages(
        [(0.1, 0.5, 0.5), (0.1, 0.1, 0.5), (0.1, 0.1, None), (0.1, None, None), (0.5, 0.5, 0.5)], label=[1, 0, 0, 1, 1]
    )
    found = describe(rows)["nurtured"]
    assert (found["leads"], found["seen_again"], found["crossed"]) == (4, 3, 2)
    assert found["share"] == pytest.approx(2 / 3)
    assert found["by_age"] == {"7d": 1, "30d": 1}
    assert found["half_first_seen_at"] == "7d"
    # A call adds 0.6 x 100 for the one that converts, and costs 10 each: nurturing was paid before.
    assert (found["conversions"], found["profit"]) == (1, 60 - 20)


def test_what_calling_them_brings_has_an_interval_over_persons():
    """Check three nurtured leads, one of which crosses and converts: of one person a point, of three 0 to 3 x 50."""
    rows = make_ages([(0.1, 0.5, 0.5), (0.1, 0.1, 0.1), (0.1, 0.1, 0.1)], label=[1, 0, 0])
    one = describe(rows.assign(person="one"))["nurtured"]
    assert (one["profit_low"], one["profit"], one["profit_high"]) == (50, 50, 50)
    three = describe(rows.assign(person=rows["lead_id"]))["nurtured"]
    assert (three["profit_low"], three["profit"]) == (0, 50)
    assert three["profit_high"] in (100, 150)


def test_a_source_with_one_age_has_no_transitions():
    """Check leads that were scored once only, and a scenario in which nobody may be called."""
    once = describe(make_rows([0.1, 0.5]).assign(age="0h"), "0h")
    assert once["steps"] == []
    assert (once["nurtured"]["crossed"], once["nurtured"]["share"], once["nurtured"]["half_first_seen_at"]) == (
        0,
        None,
        None,
    )
    nobody = describe(make_ages([(0.1, 0.5, 0.5)], may_sales=False))
    assert nobody["nurtured"]["leads"] == 0
