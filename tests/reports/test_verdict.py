import pytest

from src.reports.language import use_language
from src.reports.scenario import thresholds
from src.reports.scenario.results import collect_results
from src.reports.scenario.verdict import say_alone, say_cuts, say_standing
from tests.reports.project import change

VALUES = [
    {"when": None, "value": 300.0, "discard": 1 / 70, "sales": 0.1, "leads": 600},
    {"when": "km_to_site at most 30", "value": 600.0, "discard": 1 / 140, "sales": 0.05, "leads": 400},
]
TEAM = {"sales_low": 0.1, "sales_high": 0.2, "sales_as_they_come": 0.2}


@pytest.fixture
def results(project):
    return collect_results("open")


def read(results):
    """Return the verdict and the paragraph after it, with plain spaces."""
    verdict, _, grounds = thresholds.show_verdict(results).data.replace("\u00a0", " ").partition("</p>")
    return verdict.partition('<p class="verdict">')[2], grounds


def test_verdict_is_enough_to_decide(results):
    """Check that cuts, volumes, earnings with their interval and the standing of simple rules are in one paragraph."""
    verdict, grounds = read(results)
    assert verdict == (
        "<strong>Call the leads whose probability of a sale within 45 days is 10 % or more, nurture the others from "
        "1.4 %, and spend nothing on the rest.</strong> On the 1,000 newest leads, 400 calls (30 in a usual week) and "
        "500 leads nurtured would have earned €16,000 (95 % interval €13,700 to €18,300), beyond chance more than the "
        "best simple rule."
    )
    assert grounds == (
        "<p>The newest leads are those from 2 March 2025 to 16 November 2025, from which nothing was learned; each is "
        "decided 1 day after coming in. The calls reach 75 of the 100 leads that convert; nothing is spent on 100 "
        "leads. For the 53 leads that may be called but not nurtured, calls pay from 6.0 % on. The best simple rule, "
        "“Call everyone”, would have earned €4,000 less (interval €3,100 to €4,900).</p>"
    )


def test_verdict_under_a_capacity_says_where_the_calls_end(project):
    """Check that with a capacity the verdict names it, where calling pays and where it usually ends."""
    verdict, _ = read(collect_results("limited"))
    assert "Each week call the 40 most probable of the leads whose probability" in verdict
    assert "is 10 % or more" in verdict
    assert "In a usual week calls end at 20 %." in verdict
    # That many calls a week is what the capacity says.
    assert "calls (" not in verdict


def test_values_and_teams_stand_in_the_verdict(project):
    """Check that cuts of other values and where each team's calls end are said, in a paragraph that is not too long."""
    change(
        project / "metrics/policies/sale-limited.json",
        cuts_by_value=VALUES,
        capacity__teams={"ES-M": 30.0, "other": 10.0},
        cuts_by_team={"ES-M": {"sales": 0.15, **TEAM}, "other": {"sales": 0.1, **TEAM}},
        eligibility__leads=7,
    )
    results = collect_results("limited")
    verdict, grounds = read(results)
    assert "Each week make the 40 calls that add most, to leads whose" in verdict
    assert "is 10 % (5.0 % with km to site at most 30) or more" in verdict
    assert "nurture the others from 1.4 % (0.71 %)," in verdict
    assert "In a usual week calls end at 15 % (ES-M), at the default value." in verdict
    assert "On the 1,000 newest leads (conditions bar 7 from a route), " in verdict
    assert "The calls of a week: 30 ES-M, 10 others." in grounds
    assert len(verdict.replace(" %", "%").split()) <= 90
    assert "worth €300 (€600 with km to site at most 30)." in thresholds.show_caveats(results).data


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (1.0, 9.0, ", beyond chance more than the best simple rule"),
        (-1.0, 9.0, "; the best simple rule ties with that"),
        (0.0, 0.0, "; the best simple rule ties with that"),
        (-9.0, -1.0, "; “Call all” earns more, beyond chance: use it instead"),
    ],
)
def test_verdict_says_whether_a_simple_rule_would_do(low, high, text):
    """Check that the rule is named in the verdict where it is the one to use."""
    assert say_standing({"profit_low": low, "profit_high": high}, "Call all") == text


def test_one_call_is_one_call(results):
    """Check that a count of one stands with the singular."""
    results["policy"]["test"] |= {"contacts": 1, "routes": {"sales": 1, "nurture": 1, "discard": 1}}
    verdict, grounds = read(results)
    assert "1 call (30 in a usual week) and 1 lead nurtured would have earned" in verdict
    assert "nothing is spent on 1 lead." in grounds


def test_spanish_verdict_writes_numbers_as_spanish_does(project):
    """Check separators and the place of the euro, with a space that does not break, and of the quotation marks."""
    use_language("es")
    try:
        shown = thresholds.show_verdict(collect_results("open")).data
    finally:
        use_language("en")
    assert "16.000\u00a0€ (intervalo del 95\u00a0%: de 13.700\u00a0€ a 18.300\u00a0€)" in shown
    assert "«Llamar a todos»" in shown
    assert "“" not in shown


@pytest.mark.parametrize(
    ("discard", "sales", "text"),
    [
        (0.1, 0.1, "is 10 % or more, and spend nothing on the others; nurturing never pays here."),
        (0.0, 0.1, "is 10 % or more, and nurture all the others."),
        (0.1, 1.0, "Call nobody; nurture the leads whose probability of a sale within 45 days is 10 % or more."),
        (1.0, 1.0, "Spend nothing: no route pays, whatever the probability of a sale within 45 days."),
    ],
)
def test_cuts_at_the_edges_are_said_in_words(results, discard, sales, text):
    """Check that a route that never or always pays is not given a cut."""
    results["policy"]["cuts_without_limit"] = {"discard": discard, "sales": sales}
    assert text in say_cuts(results).replace("\u00a0", " ")


def test_leads_that_may_not_be_nurtured_have_their_own_cut(results):
    """Check that their cut is said in the verdict where it is another one, and only there."""
    assert "For the 53 leads" in say_alone(results)
    assert say_alone(results | {"alone": {"leads": 5, "cut": 0.1}}) == ""
    assert say_alone(results | {"alone": {"leads": 0, "cut": 0.06}}) == ""
