import pytest

from src.reports.scenario import assumptions
from src.reports.scenario.results import collect_results
from tests.reports.project import remove_dates
from tests.reports.test_thresholds import read


@pytest.fixture
def results(project):
    return collect_results("open")


def test_sensitivity_says_what_an_error_costs_and_what_moves_each_cut(results):
    """Check that the dearest error, 15,000 - 14,600 with a dearer call, is the finding."""
    text = read(assumptions.show_sensitivity(results))
    assert "lost at most €400, 2.7 % of what could then be earned (if it is the cost of a call). At most 40" in text
    assert "At most 40 calls would change (if it is the cost of a call)." in text
    assert (
        "The probability from which calls pay depends most on the cost of a call: a fifth less or more moves it "
        "between 8.0 % and 12 %." in text
    )
    assert "The probability from which nurturing pays depends most on the share that nurturing keeps" in text
    assert (
        '<th scope="row">Cost of a call: €21.60</th><td>1.4 %</td><td>12 %</td><td>40</td><td>€14,600</td><td>€400</td>'
        in text
    )
    assert "<td>−€100</td>" in text


def test_tornado_leaves_out_what_does_not_move_the_cut(results):
    """Check that the cost of a call is not drawn beside the discard cut, and nothing where nothing moves it."""
    entries = results["policy"]["sensitivity"]["assumptions"]
    drawn = assumptions.draw_tornado(entries, "discard", 0.0143)
    assert "each of 1 assumptions" in drawn
    assert "to 1.8\u00a0% if lower, to 1.2\u00a0% if higher" in drawn
    assert assumptions.draw_tornado(entries[:1], "discard", 0.0143) == ""


def test_under_a_capacity_the_calls_that_change_are_drawn(project):
    """Check that no assumption is said to move where the calls end, and that the capacity is one of them."""
    results = collect_results("limited")
    case = {"cuts": {"discard": 0.0143, "sales": 0.1}, "profit": 9000.0, "profit_if_kept": 8000.0}
    low, high = case | {"value": 32.0, "calls_changed": 60}, case | {"value": 48.0, "calls_changed": 70}
    entries = results["policy"]["sensitivity"]["assumptions"]
    entries.append({"name": "capacity", "value": 40.0, "low": low, "high": high})
    text = read(assumptions.show_sensitivity(results))
    assert "Most do with the number of calls a week: 60 if lower, 70 if higher." in text
    assert "The probability from which calls pay, 10 %, if each" not in text
    assert '<th scope="row">Number of calls a week: 48</th><td>1.4 %</td><td>10 %</td><td>70</td>' in text
    assert assumptions.draw_changes([]) == ""


def test_assumptions_that_matter_alike_are_both_named(results):
    """Check that a tie is said as one."""
    tie = results["policy"]["sensitivity"] | {
        "most_for_sales": ["cost.sales", "factor.nurture"],
        "most_for_discard": [],
    }
    first, second = assumptions.list_leverage(tie)
    assert "depends most on these alike: the cost of a call and the share that nurturing keeps" in first
    assert second == "Nothing moves the probability from which nurturing pays."


def test_nothing_lost_is_said(results):
    """Check that no loss is invented where keeping the cuts earned more."""
    policy = results["policy"]
    policy["sensitivity"]["assumptions"] = policy["sensitivity"]["assumptions"][1:]
    assert "nothing is lost" in assumptions.say_cost_of_error(policy)


def test_hold_outs_say_their_size_and_what_hangs_on_them(results):
    """Check that nurture comes first, and that a hold-out of no size is said to be none."""
    text = read(assumptions.show_hold_outs(results))
    assert (
        "keeps 35 % of its probability; to measure that to a fifth, 6,909 leads would have to take it at random" in text
    )
    assert (
        "118 weeks of all leads. If it is a fifth more, calling begins to pay at 11 % and nurturing at 1.2 %." in text
    )
    assert '<th scope="row">Discard</th><td>0 %</td><td>7 %</td><td>–</td><td>–</td><td>–</td>' in text
    plan = results["policy"]["hold_outs"][0]
    assert "no hold-out of any size" in assumptions.say_plan(plan, results["policy"]["sensitivity"])


def test_transitions_say_when_to_score_again(results):
    """Check that those who cross, when and for how much are said, with the moves beneath."""
    text = read(assumptions.show_transitions(results))
    assert (
        "Of 460 nurtured leads that were scored again 60 (13.0 %) became worth a call; of half of them that was first "
        "seen at 7 days, when between is not known. 9 converted." in text
    )
    assert "earns €700 (−€100 to €1,500) more: whether scoring them again pays cannot be told." in text
    assert "within" not in text.partition("<details>")[0]
    assert '<td class="text">Nurture</td><td>500</td><td>60</td><td>400</td><td>0</td><td>40</td>' in text


def test_transitions_without_crossings_or_ages_say_so(results, project):
    """Check that nothing is recommended where nobody crosses, and nothing claimed without ages."""
    nurtured = results["policy"]["transitions"]["nurtured"]
    assert "brings nothing here" in assumptions.say_crossings(nurtured | {"crossed": 0, "half_first_seen_at": None})
    assert assumptions.say_crossings(nurtured | {"profit_low": 1.0}).endswith("more: score them again.")
    assert assumptions.say_crossings(nurtured | {"profit": -9.0, "profit_high": -5.0}).endswith("more: do not.")
    remove_dates(project)
    assert "one moment only" in assumptions.show_transitions(collect_results("open")).data
