import pytest

from src.reports.scenario import policies
from src.reports.scenario.results import collect_results
from tests.reports.project import change
from tests.reports.test_thresholds import read


@pytest.fixture
def results(project):
    return collect_results("open")


def test_policies_stand_side_by_side(results):
    """Check that each policy has profit, interval, difference and volumes, also where nothing is done or lost."""
    table = read(policies.show_policies(results))
    assert (
        '<tr class="marked"><th scope="row">The two cuts</th><td>€16,000 <span class="interval">(€13,700 to €18,300)'
        "</span></td><td>–</td><td>400</td>" in table
    )
    assert (
        '<th scope="row">Do nothing</th><td>€0</td><td>€16,000 <span class="interval">(€15,100 to €16,900)</span></td>'
        "<td>0</td><td>0</td><td>–</td>" in table
    )
    assert "<td>−€500 <span" in table
    assert "known only in hindsight, would have earned €16,400, €400 more. The true probabilities" in table
    assert "earned €20,000: the two cuts earn 80.0 % of that, and 97.0 % if every lead converted" in table


def test_truth_that_earns_nothing_is_no_measure(results):
    """Check that no share is taken of nothing."""
    text = policies.say_truth({"profit": 0.0, "profit_of_truth": 0.0, "expected": {"chosen": 0.0, "truth": 0.0}})
    assert text.endswith("would have earned €0.")


def test_ranking_names_the_best_of_the_others(results):
    """Check that the first sentence compares with the best of the others, whoever is ahead."""
    text = read(policies.show_policies(results))
    assert "Of these 4 policies the two cuts earned most, €16,000." in text
    assert "“Call everyone”, would have earned €4,000 less (interval €3,100 to €4,900)." in text
    behind = [row | {"profit": 1.0} if row["is_chosen"] else row for row in results["rows"]]
    assert "the two cuts are not the best, they earned €0." in policies.say_ranking(behind)


def test_alternatives_say_their_cut_and_aim(results):
    """Check that a cut out of reach is said, one within reach has its interval, and aims have the scenario's shares."""
    text = read(policies.show_alternatives(results))
    assert '<th scope="row">The highest F1</th><td>25 % <span class="interval">(20 % to 30 %)</span></td>' in text
    assert '<th scope="row">The recall asked for</th><td>out of reach</td>' in text
    assert "80 % of all conversions are reached" in text
    assert "The precision asked for" not in text


def test_no_alternative_is_said(results):
    """Check that a scenario in which nobody may be called says so."""
    results["alternatives"] = results["alternatives"][:1]
    assert "nobody may be called" in policies.show_alternatives(results).data


def test_cuts_follow_from_the_amounts(results):
    """Check that the origin of the cuts and the check on the history are said."""
    text = read(policies.show_cuts(results))
    assert "nurturing a lead begins to pay at a probability of 1.4 % and calling one at 10 %." in text
    assert "earned most there, €31,000, has its cuts at 2.0 % and 12 %" in text
    assert "the lower between 1.0 % and 3.0 % and the upper between 8.0 % and 15 %. Pairs chosen" in text
    assert "<table>" not in text


def test_history_that_speaks_for_other_cuts_is_said(results):
    """Check that the cuts are judged by a difference of profit, never by the interval of the best pair."""
    check = results["policy"]["forward"]
    far = check | {"best_cuts_low": {"discard": 0.5, "sales": 0.6}, "best_cuts_high": {"discard": 0.7, "sales": 0.8}}
    calm = policies.say_check(results["policy"] | {"forward": far}).replace("\u00a0", " ")
    assert "earned −€200 (−€900 to €400) more than the chosen cuts: the history does not speak against them." in calm
    better = {"best_more": 700.0, "best_more_low": 100.0, "best_more_high": 1300.0}
    assert "the history speaks for other cuts" in policies.say_best_more(check | better)


def test_history_that_earns_nothing_checks_nothing(results):
    """Check that no interval is judged where no lead may take a route."""
    results["policy"]["forward"] |= {"profit": 0.0, "best_profit": 0.0}
    assert "cannot check them" in policies.show_cuts(results).data


def test_policy_that_earns_the_same_is_said(results):
    """Check that no difference is made of none."""
    same = {"chosen_more": 0.0, "chosen_more_low": 0.0, "chosen_more_high": 0.0}
    rows = [results["rows"][0], results["rows"][1] | same]
    assert "“Call everyone”, would have earned the same." in policies.say_ranking(rows)


def test_cuts_that_never_pay_are_said(results):
    """Check that no cut is given where no route pays."""
    results["policy"]["cuts_without_limit"] = {"discard": 1.0, "sales": 1.0}
    assert "no route pays at any probability" in policies.say_origin(results)


def test_teams_and_values_have_their_tables(project):
    """Check that each team has where its week ends, and each class of values its cuts."""
    by_value = [{"when": None, "value": 300.0, "discard": 1 / 70, "sales": 0.1, "leads": 600}]
    by_value.append({"when": "sector among <b>", "value": 600.0, "discard": 1 / 140, "sales": 0.05, "leads": 400})
    change(project / "metrics/policies/sale-limited.json", cuts_by_value=by_value)
    text = read(policies.show_cuts(collect_results("limited")))
    assert '<th scope="row">sector: &lt;b&gt;</th><td>€600</td><td>400</td><td>0.71 %</td><td>5.0 %</td>' in text
    assert '<th scope="row">All together</th><td>40</td><td>20 %</td><td>18 % to 22 %</td><td>24 %</td>' in text
    assert "nurturing a lead of the default value begins to pay" in text
