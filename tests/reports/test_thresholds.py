import copy

import pytest

from src import paths
from src.reports.scenario import assumptions, benefit, people, policies, thresholds, weeks
from src.reports.scenario.results import collect_results
from src.reports.scenario.verdict import say_waiting
from tests.reports.project import change, remove_dates


def read(html):
    """Return the text of a fragment with plain spaces."""
    return html.data.replace("\u00a0", " ")


@pytest.fixture
def results(project):
    return collect_results("open")


def test_nobody_to_call_is_said(results):
    """Check that no cut is given where no lead meets the conditions for a call."""
    results["policy"]["baselines"]["call_everyone"]["contacts"] = 0
    assert "Call nobody: no lead of the test may be called; nurture from 1.4 %." in read(
        thresholds.show_verdict(results)
    )
    assert "No lead may be called; what follows is as if all could be." in read(thresholds.show_thresholds(results))


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
    assert "From the newest leads nothing was learned; each is decided at the extraction." in verdict
    assert "in a usual week" not in verdict
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
    sections = list_sections()
    assert len(sections) == 18
    assert {show(results).data for show in sections} == {""}


def test_threshold_table_marks_the_cut(results):
    """Check that the last row above the sales cut is marked and the caption says so."""
    table = read(thresholds.show_thresholds(results))
    assert '<tr class="marked"><th scope="row">10 %</th><td>500</td><td>50 %</td>' in table
    assert "(marked: the last row above; calls pay from 10 %)" in table


def test_threshold_table_without_a_lead_above_the_cut_has_no_mark(project):
    """Check that nothing is marked, and no cut drawn, where no lead reaches it."""
    change(project / "metrics/policies/sale-open.json", cuts__sales=0.95, test__share_above_cut=0.0)
    table = thresholds.show_thresholds(collect_results("open")).data
    assert "marked" not in table
    assert "No lead lies above" in table
    assert "of the leads lie above" not in table


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


def test_caveats_hold_what_is_assumed(results):
    """Check that economics and assumptions are listed, with the reason the scenario gives."""
    text = read(thresholds.show_caveats(results))
    assert "A conversion is worth €300. A call costs €18, nurturing a lead €1.50, discarding it €0." in text
    assert "a nurtured lead keeps 35 % of its probability" in text
    assert "was worked on by sales. A guess." in text


def test_order_of_the_calls_has_its_price(results):
    """Check that what the calls earn as they come is said where there is a capacity."""
    assert "as they come in" not in read(thresholds.show_caveats(results))
    assert "as they come" not in read(thresholds.show_verdict(results))
    figures = {"profit": 14000.0, "chosen_more": 2000.0, "chosen_more_low": 1500.0, "chosen_more_high": 2500.0}
    results["policy"]["alternatives"]["as_they_come_best"] = figures
    results["calls_per_week"] = 40
    text = read(thresholds.show_caveats(results))
    assert "“Call everyone” makes them in order of arrival." in text
    assert "would have earned €14,000, €2,000 (€1,500 to €2,500) less." in text
    verdict = say_waiting(results)
    assert "chosen when all its leads are known; called as they come, from the cut that earned most" in verdict
    assert verdict.endswith("would have earned €14,000, €2,000 (€1,500 to €2,500) less.")


def test_curve_says_what_lies_above_the_cut(results):
    """Check that the first sentence says how many are called, how many convert and where calling earns most."""
    text = read(thresholds.show_thresholds(results))
    assert (
        "Calls pay from 10 %. Down to 10 %, the last row above, stand 50 % of the leads that may be called: 16.0 % of "
        "them convert, and they are 80.0 % of the conversions. Calling alone, the others left, would have earned most, "
        "€15,000, from 10 % on." in text
    )
    assert "hold 30 % of the conversions, and 60 % of them convert; of all leads 10 % do" in text
    assert "the most probable 5 % of the leads convert 6.0 times as often as all" in text


def test_curve_of_varying_values_says_why_no_cut_is_marked(project):
    """Check that neither a row, a line nor a sentence parts the called by probability alone where values vary."""
    by_value = [{"when": None, "value": 300.0, "discard": 1 / 70, "sales": 0.1, "leads": 600}]
    by_value.append({"when": "km_to_site at most 30", "value": 600.0, "discard": 1 / 140, "sales": 0.05, "leads": 400})
    change(project / "metrics/policies/sale-open.json", cuts_by_value=by_value)
    text = read(thresholds.show_thresholds(collect_results("open")))
    assert "No cut is marked: the leads stand in order of their probability, and who is called follows from" in text
    assert 'class="marked"' not in text
    assert "vertical:" not in text
    assert "of the leads lie above" not in text


def list_sections():
    """Return every part of the report but the verdict."""
    modules = (assumptions, benefit, people, policies, thresholds, weeks)
    names = [(module, name) for module in modules for name in dir(module) if name.startswith("show_")]
    return [getattr(module, name) for module, name in names if name != "show_verdict"]


@pytest.mark.parametrize("name", ["open", "limited"])
def test_showing_changes_nothing(project, name):
    """Check that rendering leaves the results as they were."""
    results = collect_results(name)
    before = copy.deepcopy({key: value for key, value in results.items() if isinstance(value, dict | list | str)})
    before["net_benefit"]["curve"] = before["net_benefit"]["curve"].to_dict()
    for show in [thresholds.show_verdict, *list_sections()]:
        assert show(results).data
    results["net_benefit"]["curve"] = results["net_benefit"]["curve"].to_dict()
    assert {key: results[key] for key in before} == before


@pytest.mark.parametrize("name", ["open", "limited"])
def test_every_section_begins_with_a_sentence(project, name):
    """Check that what was found stands before figures and tables."""
    results = collect_results(name)
    for show in list_sections():
        fragment = show(results).data.partition("</h2>")[2].lstrip()
        assert fragment.startswith(("<p>", "<ul>")), show.__name__
