import copy

import pytest

from src import paths
from src.reports import thresholds
from src.reports.results import collect_results
from tests.reports.project import change, remove_dates


def read(html):
    """Return the text of a fragment with plain spaces."""
    return html.data.replace("\u00a0", " ")


@pytest.fixture
def results(project):
    return collect_results("open")


def test_verdict_is_enough_to_decide(results):
    """Check that cuts, earnings with their interval and the best simple rule stand in one paragraph."""
    assert read(thresholds.show_verdict(results)) == (
        '<h1>Call all</h1><p class="verdict"><strong>Call the leads whose probability of a sale within 45 days is '
        "10 % or more, nurture the others from 1.4 %, and spend nothing on the rest.</strong> Tried on the 1,000 "
        "newest leads (2 March 2025 to 16 November 2025), from which nothing was learned, each decided 1 day after "
        "coming in, this would have earned €16,000 (95 % interval €13,700 to €18,300). It takes 400 calls and reaches "
        "75 of the 100 leads that convert. The best simple rule, “Call everyone”, would have earned €4,000 less "
        "(interval €3,100 to €4,900).</p>"
    )


def test_verdict_under_a_capacity_says_where_the_calls_end(project):
    """Check that with a capacity the verdict names it, where calling pays and where it usually ends."""
    verdict = read(thresholds.show_verdict(collect_results("limited")))
    assert "Each week call the 40 most probable of the leads whose probability" in verdict
    assert "is 10 % or more" in verdict
    assert "In a usual week the calls are used up at about 20 %." in verdict


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
    assert text in thresholds.say_cuts(results).replace("\u00a0", " ")


def test_verdict_points_to_what_is_wrong_with_the_data(project):
    """Check that alerts are linked beside the verdict and stand first in the caveats."""
    change(project / "metrics/sale.json", data__base_rate_history=0.5)
    results = collect_results("open")
    assert '<a href="#basis">one thing about the data</a>' in thresholds.show_verdict(results).data
    caveats = thresholds.show_caveats(results).data
    assert caveats.startswith('<h2 id="basis">')
    assert caveats.index("moved from") < caveats.index("A conversion is worth")


def test_source_without_dates_speaks_of_the_extraction(project):
    """Check that no age, date or horizon is claimed where the source has none."""
    remove_dates(project)
    results = collect_results("open")
    verdict = read(thresholds.show_verdict(results))
    assert "probability of a sale is 10 %" in verdict
    assert "Tried on the 1,000 newest leads, from which nothing was learned, each decided at the extraction" in verdict
    probabilities = read(thresholds.show_probabilities(results))
    assert "At the extraction" in probabilities
    assert "At once" not in probabilities
    assert "true probabilities" not in probabilities
    assert "The source has no dates" in read(thresholds.show_caveats(results))
    assert "no weeks" not in read(thresholds.show_caveats(results))
    assert "each hundred leads" in read(thresholds.show_caveats(collect_results("limited")))


def test_scenario_that_is_not_applicable_says_so_and_no_more(project):
    """Check that only the verdict speaks where the source does not know the objective."""
    results = collect_results("client")
    assert "Not applicable." in thresholds.show_verdict(results).data
    assert "which leads end in acceptance by the client" in thresholds.show_verdict(results).data
    sections = [name for name in dir(thresholds) if name.startswith("show_") and name != "show_verdict"]
    assert len(sections) == 5
    assert {getattr(thresholds, name)(results).data for name in sections} == {""}


def test_policies_stand_side_by_side(results):
    """Check that each policy has profit, interval and volumes, also where nothing is done or lost."""
    table = read(thresholds.show_policies(results))
    assert '<tr class="marked"><th scope="row">The two cuts</th><td>€16,000</td><td>€13,700 to €18,300</td>' in table
    assert '<th scope="row">Do nothing</th><td>€0</td><td>€0 to €0</td><td>0</td><td>0</td><td>–</td>' in table
    assert "<td>−€500</td><td>−€2,800 to €1,800</td>" in table
    assert "known only in hindsight, would have earned €16,400. The true probabilities" in table


def test_threshold_table_marks_the_cut(results):
    """Check that the last row above the sales cut is marked and the caption says so."""
    table = read(thresholds.show_thresholds(results))
    assert '<tr class="marked"><th scope="row">10 %</th><td>500</td><td>50 %</td>' in table
    assert "(marked: the last row above the sales cut, 10 %)" in table


def test_threshold_table_without_a_lead_above_the_cut_has_no_mark(project):
    """Check that nothing is marked, and no cut drawn, where no lead reaches it."""
    change(project / "metrics/policies/sale-open.json", cuts__sales=0.95, test__share_above_cut=0.0)
    table = thresholds.show_thresholds(collect_results("open")).data
    assert "marked" not in table
    assert "The sales cut" not in table


def test_figures_say_their_finding_in_words(results):
    """Check that the alternative texts hold the findings, not the kind of the figure alone."""
    profit = read(thresholds.show_thresholds(results))
    assert "It is highest, €15,000, when 50 % of the leads are called, those with a probability of 10 %" in profit
    evidence = read(thresholds.show_probabilities(results))
    assert "In the highest group the model said 20.0 % and 19.0 % converted" in evidence
    assert "The most probable fifth of the scored moments holds 55 % of the conversions." in evidence


def test_probabilities_explain_their_measures(results):
    """Check that each measure comes with what it means, and an unknown one as missing."""
    text = read(thresholds.show_probabilities(results))
    assert "ROC-AUC 0.800 (0.790 to 0.810), the chance that" in text
    assert "log loss 0.250 (0.240 to 0.260), the mean penalty" in text
    assert "The mean gap is 0.6 percentage points; perfect probabilities would show up to 0.7 by chance" in text
    assert "Slope –, below 1" in text
    assert "intercept −0.04 (−0.05 to −0.03)" in text
    assert "a regularised logistic regression, recalibrated by sigmoid" in text
    assert "columns filled in after the outcome (status, last owner)" in text
    assert "ROC-AUC 0.999 and log loss 0.070 instead of 0.700 and 0.300" in text


def test_report_links_to_the_one_on_the_model(results):
    """Check that the model's report is linked where it lies, beside this one."""
    assert paths.report("sale", "open").with_name(thresholds.MODEL_PAGE) == paths.report("sale", "model")
    assert '<a href="model.html">' in thresholds.show_probabilities(results).data


def test_too_few_conversions_are_said_beside_the_calibration(results):
    """Check that calibration is not praised where there is too little to judge it by."""
    results["metrics"]["test"]["is_calibration_assessable"] = False
    assert "Too few convert to judge this." in thresholds.show_probabilities(results).data


def test_caveats_hold_assumptions_and_what_was_left_out(results):
    """Check that economics, assumptions and counts of the data are listed."""
    text = read(thresholds.show_caveats(results))
    assert "A conversion is worth €300. A call costs €18, nurturing a lead €1.50, discarding it €0." in text
    assert "a nurtured lead keeps 35 % of its probability" in text
    assert "3,000 leads of 2,900 persons and 9,000 activities. 15 rows could not be used" in text
    assert "tested on the 1,010 newest, of which 1,000 were still open 1 day after coming in." in text
    assert "Of 300 leads an outcome is not known yet" in text
    assert "Of 200 earlier leads an outcome came after the test began" in text
    assert "40 leads. Of the 31 whose outcome is known 2 ended in a sale" in text


def test_showing_changes_nothing(results):
    """Check that rendering leaves the results as they were."""
    before = copy.deepcopy({key: value for key, value in results.items() if isinstance(value, dict | list | str)})
    for name in dir(thresholds):
        if name.startswith("show_"):
            getattr(thresholds, name)(results)
    assert {key: results[key] for key in before} == before
