import copy
from typing import Any

import pytest

from src.reports import rolling as report
from tests.reports.made import make_change, make_loss_difference, make_period, make_rolling
from tests.reports.test_model import read


@pytest.fixture
def results() -> dict[str, Any]:
    return copy.deepcopy({"is_applicable": True, "metrics": {"rolling": make_rolling()}})


def test_each_step_says_what_was_chosen_promised_and_happened(results):
    """Check a row of each kind, and that names are words."""
    text = read(report.show_rolling(results))
    assert (
        '<th scope="row">1 June 2025</th><td>500</td><td>3,000</td><td class="text">naive bayes'
        '</td><td class="text">no</td><td>–</td><td>11.0 %</td><td>10.0 %</td><td>0.2500</td><td>0.2600</td>' in text
    )
    assert '<td class="text">boosting, 1,200 trees</td><td class="text">sigmoid</td><td>0.81</td>' in text
    assert "Not refitted, on the same leads: ROC-AUC 0.800 (0.700 to 0.900), log loss 0.2520 (0.1520 to 0.3520)" in text
    assert "all 4,000 leads whose outcome is known: boosting of 1,200 trees." in text
    assert "extraction" not in text


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        ((-0.002, -0.003, -0.001), "Refit the model as outcomes come in: refitted 2 times it saves 0.0020 of log loss"),
        ((0.002, 0.001, 0.003), "Refitting harmed: refitted 2 times the model loses 0.0020 of log loss"),
        ((-0.002, -0.005, 0.001), "The model ages slowly: refitted 2 times it saves 0.0020 of log loss"),
        ((0.002, -0.001, 0.005), "The model ages slowly: refitted 2 times it loses 0.0020 of log loss"),
    ],
)
def test_the_finding_is_no_surer_than_its_interval(results, difference, said):
    """Check what is said when refits surely save, surely harm, or neither."""
    results["metrics"]["rolling"]["difference"] = make_loss_difference(*difference)
    text = report.say_refits(results["metrics"]["rolling"])
    assert text.startswith(said)
    assert text.endswith("cannot be told from nothing.") == (difference[1] < 0 < difference[2])


def test_the_interval_is_of_what_is_saved(results):
    """Check that a difference of -0.003 to -0.001 is a saving of 0.001 to 0.003."""
    assert "0.0010 to 0.0030" in report.say_refits(results["metrics"]["rolling"])


def test_a_steady_rate_gives_no_warning(results):
    """Check what is said where both intervals hold 1, and that the last third alone is named."""
    text = read(report.show_drift(results))
    assert "The base rate has not moved by more than chance. In the last third of the leads 10.5 % converted" in text
    assert "1.05 (0.90 to 1.20) times the 10.0 % of before." in text
    assert "newest step 9.0 %" not in text
    assert 'class="verdict"' not in text
    assert report.list_drift_alerts(results["metrics"]["rolling"]) == []


def test_a_rate_that_moved_is_a_warning(results):
    """Check that a newest step beyond chance is named with what was promised there."""
    rolling = results["metrics"]["rolling"]
    rolling["drift"]["newest_step"] = make_change(0.15, 1.5, 1.2, 1.8)
    (alert,) = report.list_drift_alerts(rolling)
    assert alert.startswith("The base rate has moved by more than chance. In the last third of the leads")
    said = read(report.show_drift(results))
    assert "In the newest step 15.0 % converted, 1.50 (1.20 to 1.80) times the 10.0 % of before." in said
    assert "the refitted model promised 11.0 %, the model that was not refitted 12.0 %, and 10.0 % converted" in said
    assert 'class="verdict"' not in said


@pytest.mark.parametrize("change", [(0.3, 3.0, 2.5, 3.5), (0.03, 0.3, 0.2, 0.4)])
def test_a_rate_that_tripled_is_a_strong_warning(results, change):
    """Check that it stands out, says how far, and what does not hold any more."""
    results["metrics"]["rolling"]["drift"]["last_third"] = make_change(*change)
    text = read(report.show_drift(results))
    assert '<p class="verdict"><strong>The base rate is another one than the history&#x27;s.</strong>' in text
    assert f"{change[1]:.2f} ({change[2]:.2f} to {change[3]:.2f}) times the 10.0 % of before" in text
    assert "What was learned of how many convert does not hold any more" in text


def test_a_rate_that_cannot_be_told(results):
    """Check that figures that could not be computed are no fault and no warning."""
    for name in ("last_third", "newest_step"):
        results["metrics"]["rolling"]["drift"][name] = make_change(0.0, None, None, None)
    assert "Whether the base rate has moved cannot be told." in read(report.show_drift(results))
    assert report.list_drift_alerts(results["metrics"]["rolling"]) == []


def test_the_figure_can_be_read_without_seeing_it(results):
    """Check that its alternative text holds the first and the last promise."""
    text = read(report.show_drift(results))
    assert "In its first month (2025-06) 12.0 % were promised and 11.0 % converted" in text
    assert "in its last (2025-07) 13.0 % and 9.0 %." in text


def test_recentring_says_what_it_gained_and_assumes(results):
    """Check today's shift, how often it was used, and the signs of what it gained."""
    text = read(report.show_drift(results))
    assert "Today it is used, by 0.81 log-odds; over the last third it was used at 1 of 2 steps." in text
    assert "As it was used it saved 0.0030 of log loss (interval of what it saved 0.0010 to 0.0050)." in text
    assert "Used at every step it would have cost 0.0010 of log loss (interval of what it saved −0.0020 to 0.00" in text
    assert "1 August 2025 to 30 September 2025: what came of later ones is not known yet" in text
    assert "promised 10.0 % before any shift, and 20.0 % converted" in text


def test_without_a_horizon_nothing_is_recentred(results):
    """Check that both sections say so."""
    rolling = results["metrics"]["rolling"]
    rolling["recentring"]["has_times"] = False
    rolling["current"]["newest"] = None
    assert "not re-centred on the newest outcomes: without a horizon" in read(report.show_drift(results))
    assert "Labels are those of the extraction" in read(report.show_rolling(results))


def test_without_dates_the_order_of_the_source_is_said_to_be_an_assumption(results):
    """Check that no date is needed and that the rates stand there."""
    results["metrics"]["rolling"]["current"]["newest"] |= {"since": None, "until": None}
    text = read(report.show_drift(results))
    assert "order, as if their outcomes had been known before" in text
    assert "made" not in text.partition("Leads have no dates")[2].partition("converted")[0]


def test_too_few_conversions_are_said(results):
    results["metrics"]["rolling"]["current"]["newest"] = None
    assert "not re-centred: too few conversions are known" in read(report.show_drift(results))


def test_a_source_without_dates_has_steps_for_months(results):
    """Check that no date is shown and that the figure is by step."""
    rolling = results["metrics"]["rolling"]
    for step in rolling["steps"]:
        step["from"] = None
    rolling["drift"]["periods"] = [make_period("1", 0.1, 0.11), make_period("2", 0.1, 0.12)]
    assert '<th scope="row">Step 1</th>' in read(report.show_rolling(results))
    assert "In its first step (1) 11.0 % were promised" in read(report.show_drift(results))


def test_nothing_is_shown_where_the_objective_is_not_applicable():
    """Check both sections."""
    results = {"is_applicable": False}
    assert report.show_rolling(results).data == report.show_drift(results).data == ""
