import pandas as pd
import pytest

from src.params import load_params
from src.reports.results import (
    collect_overview,
    list_data_alerts,
    name_objective,
    name_policy,
)
from src.reports.scenario.results import collect_results, describe_curve, find_reached, list_policy_rows, take_whole
from src.stage import InputError
from tests.reports.project import change, make_metrics, make_policy, remove_dates


def test_results_hold_all_that_a_report_shows(project):
    """Check that the results of a scenario are its figures and what follows from them."""
    results = collect_results("limited")
    assert results["is_applicable"]
    assert results["objective"] == "a sale"
    assert results["confidence"] == 0.95
    assert results["rows_rejected"] == 15
    assert results["best_rule"] == "Call everyone, the first 40 of each week"
    assert results["curve"]["cut_row"] == 0
    assert results["reached_at_fifth"] == 0.55
    assert results["alerts"] == []


def test_results_of_a_scenario_that_is_not_applicable(project):
    """Check that nothing but the scenario is read where its objective is unknown to the source."""
    results = collect_results("client")
    assert not results["is_applicable"]
    assert "policy" not in results


def test_unknown_scenario_is_refused(project):
    """Check that a scenario that params.yaml lacks is named in the error."""
    with pytest.raises(InputError, match="no scenario 'nobody'"):
        collect_results("nobody")


def test_policies_are_ordered_by_profit_after_the_chosen_one():
    """Check that the two cuts come first, even where a baseline earns more."""
    policy = make_policy(0.1)
    policy["test"]["profit"] = 1.0
    rows = list_policy_rows(policy["test"], policy["baselines"], None)
    assert [row["policy"] for row in rows] == ["The two cuts", "Call everyone", "Do nothing", "Call the top 20\u00a0%"]
    assert [row["is_chosen"] for row in rows] == [True, False, False, False]


def test_capacity_stands_in_the_names_it_cuts_short():
    """Check that a limit is said where it matters, and only there."""
    assert name_policy("call_everyone", 40) == "Call everyone, the first 40 of each week"
    assert name_policy("call_everyone", None) == "Call everyone"
    assert name_policy("nurture_everyone", 40) == "Nurture everyone"
    assert name_policy("required_precision", 40) == "The precision asked for, up to 40 a week"
    assert name_policy("as_they_come", 40) == "Call as they come, from where a usual week ends"


def test_results_hold_the_evidence_of_the_decisions(project):
    """Check that grades, profile, net benefit and weeks are those of the test's leads."""
    results = collect_results("open")
    assert [cell["fit"] + cell["engagement"] for cell in results["grid"]] == ["A4", "D1"]
    assert sum(cell["leads"] for cell in results["grid"]) == sum(results["profile"]["leads"].values()) < 300
    assert [entry["name"] for entry in results["net_benefit"]["at"]] == ["alone", "sales"]
    assert results["weeks"]["contacts"].tolist() == [20, 40, 30]
    assert {entry["route"] for entry in results["at_cuts"]} == {"nurture", "sales"}


def test_decisions_of_other_predictions_are_refused(project):
    """Check that a report never mixes decisions with predictions that were made again since."""
    rows = pd.read_parquet(project / "data/processed/sale-predictions.parquet")
    rows.assign(probability=0.5).to_parquet(project / "data/processed/sale-predictions.parquet")
    with pytest.raises(InputError, match="stale_figures"):
        collect_results("open")


def test_capacity_of_teams_is_that_of_all_together(project):
    """Check that the landing page gets a number where the scenario has a table."""
    teams = {"by": "region", "values": {"ES-M": 30}, "other": 12}
    change(project / "params.yaml", scenarios__limited__capacity_per_week=teams)
    assert collect_overview()["scenarios"]["limited"]["capacity"] == 42
    assert collect_results("limited")["calls_per_week"] == 42


def test_objective_without_a_name_keeps_its_own():
    """Check that an objective that is not one of the common two is still readable."""
    assert name_objective("seat_in_course") == "seat in course"


@pytest.mark.parametrize(("cut", "row", "share"), [(0.3, 0, 0.13), (0.1, 1, 0.52), (0.0, 2, 1.0), (0.9, None, None)])
def test_curve_names_the_last_row_above_the_cut(cut, row, share):
    """Check that the cut's row is the last with a threshold at or above it, if there is one."""
    table = pd.DataFrame({"threshold": [0.4, 0.1, 0.01], "share": [0.1, 0.5, 1.0], "profit_sales": [5.0, 9.0, 7.0]})
    curve = describe_curve(table, make_cut(cut, share or 0.0))
    assert (curve["cut_row"], curve["share_called"]) == (row, share)
    assert curve["best"]["profit_sales"] == 9.0


def make_cut(cut, share, values=1, pays_from=0.0):
    classes = [{"when": None}] * values
    cuts = {"cuts": {"sales": cut}, "cuts_without_limit": {"sales": pays_from}, "cuts_by_value": classes}
    return cuts | {"test": {"share_above_cut": share}}


def test_curve_says_which_cut_it_marks():
    """Check that a cut above where calls pay from is called their end."""
    table = pd.DataFrame({"threshold": [0.4, 0.1], "share": [0.1, 1.0], "profit_sales": [5.0, 9.0]})
    assert describe_curve(table, make_cut(0.2, 0.3, pays_from=0.1))["mark"] == "calls end at 20\u00a0%"
    assert describe_curve(table, make_cut(0.2, 0.3, pays_from=0.2))["mark"] == "calls pay from 20\u00a0%"


def test_curve_of_varying_values_has_no_cut():
    """Check that no row or line is marked where the order of the probability is not that of the calls."""
    table = pd.DataFrame({"threshold": [0.4, 0.1], "share": [0.1, 1.0], "profit_sales": [5.0, 9.0]})
    curve = describe_curve(table, make_cut(0.2, 0.3, values=2))
    assert (curve["mark"], curve["cut_row"], curve["share_called"]) == (None, None, None)


def test_weeks_that_an_end_cuts_off_are_left_out():
    """Check that only whole weeks are taken, and all where none is whole."""
    weeks = pd.DataFrame({"week": ["a", "b", "c"], "is_whole": [False, True, False]})
    assert take_whole(weeks)["week"].tolist() == ["b"]
    assert len(take_whole(weeks.assign(is_whole=False))) == 3


def test_reached_takes_the_nearest_point():
    """Check that the gains are read where a point of the curve is nearest."""
    gains = pd.DataFrame({"share_of_leads": [0.05, 0.19, 0.4], "share_of_conversions": [0.2, 0.5, 0.8]})
    assert find_reached(gains, 0.2) == 0.5


def test_alerts_say_what_is_wrong_with_the_data():
    """Check that no dates, no horizon, few conversions and a moved rate are each said."""
    figures = make_metrics()
    assert list_data_alerts("a sale", figures) == []
    figures["data"] |= {
        "is_dated": False,
        "horizon_days": None,
        "base_rate_if_lost": 0.1,
        "base_rate_if_won": 0.2,
        "base_rate_history": 0.3,
    }
    figures["test"]["is_calibration_assessable"] = False
    text = " ".join(list_data_alerts("a sale", figures))
    assert "no dates" in text
    assert "the 300 leads undecided by then are left out" in text
    assert "10.0\u00a0% if all of them were lost and 20.0\u00a0% if all were won" in text
    assert "Only 200 scored moments" in text
    assert "moved from 30.0\u00a0% in the history to 10.0\u00a0% in the test" in text


def test_overview_holds_every_objective_and_scenario(project):
    """Check that the landing page gets all scenarios, also those that are not applicable."""
    overview = collect_overview()
    assert list(overview["scenarios"]) == list(load_params().scenarios)
    assert overview["scenarios"]["open"]["link"] == "sale/open.html"
    assert overview["scenarios"]["open"]["best_rule"] == "Call everyone"
    assert "best_rule" not in overview["scenarios"]["client"]
    assert overview["alerts"] == [
        "tiny does not say which leads end in acceptance by the client: not applicable.",
    ]


def test_overview_says_once_what_holds_for_the_source(project):
    """Check that two objectives without dates give one alert about dates."""
    remove_dates(project)
    (project / "metrics/accepted.json").write_bytes((project / "metrics/sale.json").read_bytes())
    alerts = collect_overview()["alerts"]
    assert sum("no dates" in alert for alert in alerts) == 1


def test_changed_figures_reach_the_results(project):
    """Check that results come from the files, not from anything remembered."""
    change(project / "metrics/policies/sale-open.json", cuts__sales=0.4)
    assert collect_results("open")["curve"]["cut_row"] == 0


def test_figures_of_another_source_are_refused(project):
    """Check that a report never mixes the intake of one source with the figures of another."""
    change(project / "metrics/sale.json", source="elsewhere")
    with pytest.raises(InputError, match=r"\[stale_figures\] metrics/sale.json: these are of elsewhere, not of tiny"):
        collect_results("open")
