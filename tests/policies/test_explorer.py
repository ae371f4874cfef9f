import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.policies import explorer
from src.policies.explorer import (
    DIGITS,
    Places,
    build_explorer,
    list_steps,
    measure_routes,
    route_by_places,
)
from src.policies.routing import route_leads, take_routes
from tests.reports.leads import draw_leads, make_leads, make_scenario

AMOUNTS = st.floats(0, 50).map(lambda value: round(value, 2))


@pytest.fixture(scope="module")
def four():
    """Two leads above the sales cut, 8.46 %, one between it and 1.43 %, one below."""
    return make_leads([0.005, 0.5, 0.04, 0.2], [0, 1, 1, 0])


def read_queues(table):
    """Return ``(team, step, label, kind)`` of each lead in the table, read with another hand."""
    width, leads = (3 if len(table["kinds"]) > 1 else 2), []
    for team, text in table["queues"]:
        for digits in re.findall("." * width, text):
            first, second, *third = (DIGITS.index(digit) for digit in digits)
            leads.append((team, (64 * first + second) // 2, second % 2, *(third or [0])))
    return leads


def test_chosen_cuts_earn_what_is_worked_out_by_hand(four):
    """Check 300 - 2 x 18 by calls, 0.35 x 300 - 1.5 by nurturing, and nothing by doing nothing."""
    built = build_explorer(four, make_scenario())
    assert built["chosen"] == {"leads": [1, 1, 2], "conversions": [0, 1, 1], "profit": [0.0, 103.5, 264.0]}


def test_steps_are_round_and_part_the_leads(four):
    """Check that steps increase, hold the closed form to the last bit, and end where no lead is."""
    steps, chosen = list_steps(four, make_scenario())
    assert (np.diff(steps) > 0).all()
    assert steps[0] == 0
    assert steps[-1] == 1
    assert steps[chosen.discard] == 1.5 / (300 * 0.35)
    assert steps[chosen.sales] == (18.0 - 1.5) / (300 * (1 - 0.35))
    assert {0.01, 0.02, 0.05, 0.1, 0.105, 0.2, 0.5} < set(steps.tolist())


def test_steps_go_on_above_one_where_a_lead_is_worth_more():
    """Check that a lead of thrice the value has a step of its own and one beyond it."""
    leads = make_leads([0.9, 0.1], [1, 0], relative_value=[3.0, 1.0])
    steps, _ = list_steps(leads, make_scenario())
    assert steps[-2] <= 0.9 * 3 < steps[-1]


def test_table_holds_every_lead_in_the_order_of_the_calls(four):
    """Check step, label and order of the leads: the most probable first."""
    table = build_explorer(four, make_scenario())["table"]
    held = [(table["steps"][step], label) for _, step, label, _ in read_queues(table)]
    assert held == [(0.5, 1), (0.2, 0), (0.04, 1), (0.0, 0)]
    assert table["counts"] == []
    assert table["most_calls"] is None


def test_leads_who_may_not_be_called_are_only_counted():
    """Check that they stand in no queue, and that no team's calls bear on them."""
    leads = make_leads([0.3, 0.3, 0.2], [1, 1, 0], may_sales=[False, False, True], team=["b", "a", "b"])
    table = build_explorer(leads, make_scenario())["table"]
    assert [(team, label) for team, _, label, _ in read_queues(table)] == [(1, 0)]
    assert [row[2:] for row in table["counts"]] == [[0, 2, 2]]


@settings(max_examples=60)
@given(st.integers(0, 80), st.integers(0, 1000), AMOUNTS, AMOUNTS, st.floats(0, 1), st.sampled_from([1, 3, np.inf]))
def test_chosen_places_are_the_chosen_policy(count, seed, sales, nurture, factor, capacity):
    """Check, whatever the amounts, that the steps change no lead's route under the chosen cuts."""
    leads = draw_leads(count, seed, {"a": capacity, "b": 2})
    # Nurturing is never dearer than a call: such a scenario is refused.
    scenario = make_scenario(
        cost={"sales": max(sales, nurture), "nurture": min(sales, nurture), "discard": 0.0},
        factor={"sales": 1.0, "nurture": factor, "discard": 0.0, "why": "A guess."},
    )
    steps, chosen = list_steps(leads, scenario)
    route = route_by_places(leads, steps, chosen, scenario)
    assert route.tolist() == route_leads(leads, scenario).tolist()
    figures = measure_routes(leads, route, scenario)
    assert sum(figures["profit"]) == pytest.approx(take_routes(leads, route, scenario).sum(), abs=1e-6)
    assert sum(figures["leads"]) == count


def test_hidden_cuts_move_with_their_handles():
    """Check that they keep their distance, stop at the ends and follow a handle that calls nobody."""
    chosen = Places(discard=10, sales=30, rest=10, alone=25)
    assert explorer.move_places(chosen, 12, 40, 99) == Places(12, 40, 12, 35)
    assert explorer.move_places(chosen, 0, 2, 99) == Places(0, 2, 0, 0)
    assert explorer.move_places(chosen, 10, 99, 99) == Places(10, 99, 10, 99)
    never = Places(discard=30, sales=30, rest=99, alone=30)
    assert explorer.move_places(never, 20, 20, 99) == Places(20, 20, 99, 20)


def test_many_leads_are_kept_as_far_as_calls_can_part_them(monkeypatch):
    """Check that the rest is counted by step: no lead and no conversion is lost."""
    leads = draw_leads(3000, capacities={"a": 5, "b": np.inf})
    monkeypatch.setattr(explorer, "MOST_RANKED_BYTES", 900)
    table = build_explorer(leads, make_scenario())["table"]
    held, counted = read_queues(table), np.array(table["counts"])
    assert 5 <= table["most_calls"] < 50
    assert 0 < len(held) <= 300
    assert len(held) + counted[:, 3].sum() == 3000
    assert sum(lead[2] for lead in held) + counted[:, 4].sum() == leads["label"].sum()


def test_table_stays_small_with_very_many_leads():
    """Check that 60,000 leads take no more than 50 KB."""
    count = 60_000
    probability = np.random.default_rng(3).beta(1, 9, count)
    leads = make_leads(probability.tolist(), [0] * count, group=np.arange(count) // 1500)
    table = build_explorer(leads, make_scenario())["table"]
    assert len(json.dumps(table, separators=(",", ":"))) < 50_000
    assert table["most_calls"] >= 400


def test_more_calls_than_a_page_can_hold_are_not_offered(monkeypatch):
    """Check that the section says so rather than showing figures that are not exact."""
    monkeypatch.setattr(explorer, "MOST_RANKED_BYTES", 900)
    leads = draw_leads(3000, capacities={"a": 200})
    assert build_explorer(leads, make_scenario()) is None
