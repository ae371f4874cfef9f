import pytest

from src.reports.scenarios import find_cuts_felt, list_warnings, say_choice, say_cut, say_end, say_rule, say_worth
from tests.reports.compared import make_policy

TABLES = {
    "cuts": {"discard": 0.04, "sales": 0.2},
    "cuts_by_value": [{"when": None, "value": 100.0}, {"when": "near", "value": 200.0}],
    "cuts_by_team": {"north": {"sales": 0.2}, "south": {"sales": 0.4}},
}


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_a_cut_lies_between_two_probabilities():
    """Check that twice the value halves a cut, that each team has its own, and that none is above 1."""
    policy = make_policy(**TABLES)
    assert find_cuts_felt(policy, "sales") == (0.1, 0.4)
    # Teams limit calls alone.
    assert find_cuts_felt(policy, "discard") == (0.02, 0.04)
    cheap = make_policy(**TABLES | {"cuts_by_value": [{"value": 100.0}, {"value": 10.0}], "cuts_by_team": {}})
    assert find_cuts_felt(cheap, "sales") == (0.2, 1.0)
    assert plain(say_cut(cheap, "discard")) == "4.0 % to 40 %"


def test_what_is_worth_a_call_is_no_matter_of_capacity():
    """Check that calls are worth it from the cut of the amounts, and end where those of a full team do."""
    limited = make_policy(**TABLES, cuts_without_limit={"discard": 0.04, "sales": 0.2})
    assert plain(say_worth(limited)) == "10 % to 20 %"
    # The north has calls left at 20 %; the south ends at 40 %, for leads worth twice as much at 20 %.
    assert plain(say_end(limited)) == "20 % to 40 %"
    assert say_end(make_policy()) == "–"


@pytest.mark.parametrize(
    ("discard", "sales", "capacity", "said"),
    [
        (0.02, 0.1, None, "Call from a probability of 10 %, nurture from 2.0 %"),
        (
            0.02,
            0.1,
            1200,
            "Call up to 1,200 a week; in a usual week calls end at a probability of 10 %, nurture from 2.0 %",
        ),
        (0.0, 0.1, None, "Call from a probability of 10 %, nurture all others"),
        (0.1, 0.1, None, "Call from a probability of 10 %"),
        (0.02, 1.0, None, "Call nobody, nurture from 2.0 %"),
        (1.0, 1.0, None, "Call nobody"),
    ],
)
def test_a_rule_says_whom_to_call_and_whom_to_nurture(discard, sales, capacity, said):
    """Check each kind of rule, those under which a route never pays included."""
    assert plain(say_rule(make_policy(cuts={"discard": discard, "sales": sales}), capacity)) == said


def test_nobody_is_called_where_nobody_may_be():
    """Check that the landing page does not name a cut where even who calls everyone makes no call."""
    closed = make_policy(baselines={"call_everyone": {"contacts": 0}})
    assert plain(say_rule(closed, None)) == "Call nobody, nurture from 2.0 %"


@pytest.mark.parametrize(
    ("ahead", "unsure", "behind", "said"),
    [
        (["A"], [], [], "Use the two cuts: they earn more, beyond chance, than the best simple rule tried."),
        (["A"], ["B"], [], "Use the two cuts in A; in B the best simple rule ties with them."),
        ([], ["A", "B"], [], "A tie: beyond chance the two cuts earn neither more nor less"),
        (["A"], ["B"], ["C"], "Do not use the two cuts everywhere"),
    ],
)
def test_a_tie_is_no_reason_to_use_the_cuts(ahead, unsure, behind, said):
    """Check that the cuts lead the page only where they earn more than the best simple rule."""
    assert say_choice(ahead, unsure, behind).startswith(said)


def test_what_no_lead_meets_is_a_warning_of_its_scenario():
    """Check that conditions, values and teams without a lead are named, what applies to no field is not."""
    nobody, old = {"met_by": {"history": 0, "test": 0}}, {"met_by": {"history": 5, "test": 0}}
    some = {"met_by": {"history": 5, "test": 3}}
    conditions = [
        {"when": "consent equals Yes", "applies": True, **nobody},
        {"when": "region equals north", "applies": True, **some},
        {"when": "sector equals toys", "applies": False},
    ]
    policy = make_policy(
        eligibility={"leads": 0, "conditions": conditions},
        values_without_leads=[{"when": "km_to_site at most 3", **old}],
        capacity={"met_by": {"Madrid": nobody["met_by"], "other": nobody["met_by"], "ES-M": some["met_by"]}},
    )
    warnings = list_warnings({"objectives": {}, "alerts": [], "scenarios": {"two_cities": {"policy": policy}}})
    assert warnings == [
        "Two cities: no lead meets “consent: Yes”: is it written as in the data?",
        "Two cities: no lead of the test meets the value of “km to site at most 3”.",
        "Two cities: no lead meets the team “Madrid”: is it written as in the data?",
    ]


def test_a_rule_says_what_its_cut_depends_on():
    """Check that a table of values and teams is named, and never printed."""
    said = plain(say_rule(make_policy(**TABLES), 18))
    assert said == (
        "Call up to 18 a week; in a usual week calls end at a probability of 10 % to 40 % (by value and team), "
        "nurture from 2.0 % to 4.0 %"
    )


def test_a_moved_base_rate_is_a_warning_of_its_objective():
    """Check that the alerts of the data come first and drift names the objective, if there is any."""
    step = {"mean_probability": 0.1, "frozen_mean_probability": 0.1, "base_rate": 0.3}
    moved = {"rate": 0.3, "ratio": 1.5, "ratio_low": 1.3, "ratio_high": 1.7}
    still = {"rate": 0.2, "ratio": 1.0, "ratio_low": 0.9, "ratio_high": 1.1}
    objectives = {
        name: {
            "applicable": True,
            "rolling": {"steps": [step], "drift": {"before": 0.2, "last_third": last, "newest_step": last}},
        }
        for name, last in {"sale": moved, "accepted": still}.items()
    }
    objectives["seat"] = {"applicable": False}
    warnings = list_warnings({"objectives": objectives, "alerts": ["No dates."], "scenarios": {}})
    assert warnings[0] == "No dates."
    assert len(warnings) == 2
    assert plain(warnings[1]).startswith("A sale: the base rate has moved by more than chance. In the last third")
