import copy

import pytest

from src.reports.model import maturity
from tests.reports.test_model import read


def make_horizon(days: float, caught: float, mature: int, censored: int, **more) -> dict:
    row = {"days": days, "is_declared": False, "is_recommended": False}
    row |= {"converted": caught / 8, "converted_low": caught / 8 - 0.01, "converted_high": caught / 8 + 0.01}
    row |= {"caught": caught, "caught_low": caught - 0.02, "caught_high": caught + 0.02}
    return row | {"mature": mature, "censored": censored, "base_rate": 0.1, "conversions": 90, "roc_auc": 0.8} | more


def make_results() -> dict:
    horizons = {
        "14": make_horizon(14.0, 0.5, 980, 20, roc_auc=0.79),
        "45": make_horizon(45.0, 0.8, 950, 50, is_declared=True),
        "62": make_horizon(62.0, 0.9, 931, 69, is_recommended=True, roc_auc=None),
    }
    figures = {
        "applicable": True,
        "horizon_days": 45.0,
        "bounds": {"leads": 1000, "undecided": 40, "rate_if_none": 0.1, "rate_if_all": 0.14},
        "leads": 1000,
        "conversions": 120,
        "followed_days": 519,
        "curve": {"days": [0.0, 60, 120], "converted": [0.0, 0.1, 0.12], "low": [0.0, 0.09, 0.11]},
        "caught_share": 0.9,
        "recommended_days": 62,
        "recommended_days_low": 57.0,
        "recommended_days_high": 69.025,
        "horizons": horizons,
        "censored": {"snapshots": 50, "leads": 30, "converted": 5, "closed": 10, "open": 35},
    }
    figures["curve"]["high"] = [0.0, 0.11, 0.13]
    return {"metrics": {"maturity": figures}, "confidence": 0.95, "is_applicable": True}


@pytest.fixture
def results():
    return make_results()


def test_too_short_a_horizon_is_said_with_its_price(results):
    """Check what is caught, which horizon catches enough, and the 69 - 50 = 19 moments of 950 that it costs."""
    text = read(maturity.show_maturity(results))
    assert "The declared horizon, 45 days, catches 80.0 % (78.0 to 82.0) of the conversions. The shortest" in text
    assert "catches 90 % is 62 days (interval 57 to 69). It would make 19 more of the newest scored moments" in text
    assert "2.0 % of those that teach or test today" in text


def test_table_marks_the_declared_horizon(results):
    """Check the row of the declared horizon cell by cell, and that what is unknown is a dash."""
    text = read(maturity.show_maturity(results))
    cells = "<td>10.0 % (9.0 to 11.0)</td><td>80.0 % (78.0 to 82.0)</td><td>950</td><td>10.0 %</td><td>50</td>"
    assert f'<tr class="marked"><th scope="row">45 days (declared)</th>{cells}<td>0.800</td></tr>' in text
    assert "62 days (recommended)" in text
    assert "<td>69</td><td>–</td></tr>" in text


def test_censored_and_undecided_are_counted(results):
    """Check that moments that wait are not called lost, and between which rates the base rate lies."""
    text = read(maturity.show_maturity(results))
    assert "50 scored moments of 30 leads are too new" in text
    assert (
        "The leads of 5 of these moments have converted already, those of 10 are closed, those of 35 are open" in text
    )
    assert "40 of 1,000 leads are undecided. If none of them converted, 10.0 % of all leads would have" in text
    assert "if all did, 14.0 %" in text


def test_figure_can_be_read_without_seeing_it(results):
    """Check that the alternative text has the curve at each horizon."""
    text = read(maturity.show_maturity(results))
    assert "after 45 days 10.0 % (declared); after 62 days 11.2 % (recommended)." in text


def test_order_is_said_as_it_was_measured(results):
    """Check the range of the horizons that could be judged, and what is said where none could."""
    figures = results["metrics"]["maturity"]
    assert "between 0.790 and 0.800" in maturity.say_order(figures)
    for row in figures["horizons"].values():
        row["roc_auc"] = None
    assert "Too few test leads" in maturity.say_order(figures)


def declare(results: dict, caught: float, **more) -> dict:
    figures = copy.deepcopy(results["metrics"]["maturity"])
    figures["horizons"]["45"] = make_horizon(45.0, caught, 950, 50, is_declared=True, **more)
    return figures


def test_horizon_within_the_interval_can_stay(results):
    """Check 89 %, whose interval holds 90 %, and a declared horizon that is the recommended one."""
    text = maturity.say_recommendation(declare(results, 0.89)).replace("\u00a0", " ")
    assert text.endswith("about the 90 % that are wanted. It can stay.")
    assert "It can stay" in maturity.say_recommendation(declare(results, 0.95, is_recommended=True))


def test_longer_horizon_than_needed_is_said(results):
    """Check that a shorter horizon would let 50 - 20 = 30 more moments teach."""
    figures = declare(results, 0.99)
    figures["horizons"]["62"] = make_horizon(30.0, 0.9, 980, 20, is_recommended=True)
    figures["recommended_days"] = 30
    text = maturity.say_recommendation(figures).replace("\u00a0", " ")
    assert "catches 99.0 % (97.0 to 101.0) of the conversions, more than the 90 % that are wanted. 30 days" in text
    assert "30 more of the newest scored moments could teach already" in text


def test_undeclared_horizon_is_recommended_all_the_same(results):
    """Check an objective without a horizon, whose censored moments are those without an outcome."""
    results["metrics"]["maturity"]["horizon_days"] = None
    results["metrics"]["maturity"]["horizons"]["45"]["is_declared"] = False
    text = read(maturity.show_maturity(results))
    assert "No horizon is declared" in text
    assert "69 scored moments would then still have to wait" in text
    assert "too new" not in text


def test_horizon_longer_than_the_data_is_not_judged(results):
    """Check that no share caught is claimed."""
    figures = results["metrics"]["maturity"] | {"horizon_days": 900.0}
    figures["horizons"].pop("45")
    assert "what it catches cannot be told" in maturity.say_recommendation(figures)
    assert "900 days" in maturity.say_recommendation(figures)
    assert maturity.draw_maturity(figures, 0.95)


def test_without_times_only_the_bounds_are_shown():
    """Check that no curve and no table stand there, and that decided leads leave nothing to wait for."""
    bounds = {"leads": 9, "undecided": 0, "rate_if_none": 0.385, "rate_if_all": 0.385}
    figures = {"applicable": False, "horizon_days": None, "bounds": bounds}
    text = read(maturity.show_maturity({"metrics": {"maturity": figures}, "confidence": 0.95, "is_applicable": True}))
    assert "Not applicable: the conversions of this source have no times" in text
    assert "No lead is undecided: the base rate, 38.5 %" in text
    assert "<table>" not in text
    assert "<figure>" not in text


def test_nothing_is_shown_of_what_is_not_an_objective():
    """Check that the section is empty then."""
    assert maturity.show_maturity({"is_applicable": False}).data == ""
