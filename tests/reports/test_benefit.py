import pandas as pd
import pytest

from src.reports.scenario import benefit
from src.reports.scenario.results import collect_results
from tests.reports.test_thresholds import read


@pytest.fixture
def results(project):
    results = collect_results("open")
    entry = {"name": "sales", "threshold": 0.1, "model": 0.05, "everyone": 0.02, "other": "everyone", "more": 0.03}
    entry |= {"more_low": 0.021, "more_high": 0.039, "calls_saved": 27.0}
    curve = pd.DataFrame({"threshold": [0.0, 0.2], "model": [0.1, 0.04], "everyone": [0.1, -0.05]})
    results["net_benefit"] = {"curve": curve, "at": [entry]}
    return results


def test_net_benefit_is_said_with_its_interval(results):
    """Check that finding, table and alternative text hold the figures in conversions of 100 leads."""
    text = read(benefit.show_net_benefit(results))
    assert "calling by probability beats calling everybody: a net benefit of 3.0 (2.1 to 3.9) conversions" in text
    assert "<td>10 %</td><td>5.00</td><td>2.00</td><td>3.0 (2.1 to 3.9)</td><td>27.0</td>" in text
    assert "a net benefit of 5.00 conversions in 100 leads, calling everybody 2.00, calling nobody 0." in text


@pytest.mark.parametrize(
    ("low", "high", "other", "text"),
    [
        (-0.01, 0.039, "nobody", "cannot be told from calling nobody"),
        (-0.02, -0.01, "everyone", "calling everybody beats calling by probability"),
    ],
)
def test_net_benefit_that_is_not_better_is_said(results, low, high, other, text):
    """Check that a model is not praised where its interval holds 0 or lies below it."""
    entry = results["net_benefit"]["at"][0] | {"more_low": low, "more_high": high, "other": other}
    assert text in benefit.say_net_benefit(entry, "conversions", 0.95)


def test_threshold_that_decides_is_taken_by_name(results):
    """Check that the order of the thresholds does not matter, and one that is alone is not called another."""
    entry = results["net_benefit"]["at"][0]
    alone = entry | {"name": "alone", "threshold": 0.06}
    assert benefit.take_deciding([entry, alone]) == entry
    results["net_benefit"]["at"] = [alone]
    text = read(benefit.show_net_benefit(results))
    assert "At the probability from which a call pays against doing nothing, calling by probability beats" in text
    assert "At the probability from which calls pay" not in text


def test_net_benefit_of_varying_values_has_its_unit(results):
    """Check that conversions of different values are not counted as conversions."""
    results["policy"]["cuts_by_value"] *= 2
    text = read(benefit.show_net_benefit(results))
    assert "a net benefit of 3.0 (2.1 to 3.9) conversions of the default value in 100 leads more" in text


def test_nothing_to_compare_is_said(results):
    """Check that a scenario without a threshold has no curve."""
    results["net_benefit"]["at"] = []
    assert "Nothing to compare" in benefit.show_net_benefit(results).data


def test_cuts_where_the_probabilities_hold_and_where_they_do_not(results):
    """Check that a promise outside the interval names the side on which the cut errs."""
    near = {"route": "sales", "cut": 0.1, "leads": 120, "lowest": 0.09, "highest": 0.11, "promised": 0.1}
    near |= {"converted": 0.15, "converted_low": 0.12, "converted_high": 0.18}
    lower = near | {"route": "nurture", "converted": 0.11, "converted_low": 0.08, "converted_high": 0.13}
    results["at_cuts"] = [lower, near]
    text = read(benefit.show_at_cuts(results))
    assert (
        "Near the probability from which nurturing pays the probabilities hold, as far as 120 leads can tell." in text
    )
    assert (
        "Near the probability from which calls pay more leads convert than promised (15.0 % against 10.0 %): the cut "
        "is too high there." in text
    )
    assert '<th scope="row">Calls pay from 10 %</th><td>120</td><td>9.0 % to 11 %</td><td>10.0 %</td>' in text
    fewer = near | {"converted": 0.05, "converted_low": 0.03, "converted_high": 0.07}
    assert "fewer leads convert than promised" in benefit.say_near(fewer)
    assert "too low" in benefit.say_near(fewer)
    results["at_cuts"] = []
    assert "Not to be judged" in benefit.show_at_cuts(results).data
