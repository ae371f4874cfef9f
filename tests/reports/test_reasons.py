import re

import pytest

from src.reports.model import reasons
from tests.reports.made import make_trust
from tests.reports.test_model import MARKUP, read

SECTIONS = [name for name in dir(reasons) if name.startswith("show_")]


@pytest.fixture
def results():
    return {"is_applicable": True, "confidence": 0.95, "metrics": make_trust()}


def test_too_narrow_intervals_are_called_so_with_the_reason(results):
    """Check the verdict, that what is left of the error is 1 - 0.2 - 0.1, and the table by band."""
    text = read(reasons.show_intervals(results))
    assert "in 80.0 % of the moments scored: they are too narrow. Half of the intervals are wider than 9.1" in text
    assert "0.50 from the truth in log-odds" in text
    assert "20 % is the chance of which persons were learned from (alone it would make intervals that hold" in text
    assert "in 61.0 %), 10 % is what another form of model foretold, and 70 % is neither" in text
    assert "misspecified rather than uncertain" in text
    for name in ("Under 5 %", "5 to 10 %", "40 % and more"):
        assert f'<th scope="row">{name}</th><td>600</td><td>4.0</td><td>90.0 %</td>' in text


@pytest.mark.parametrize(("coverage", "said"), [(0.94, "as they promise"), (0.99, "wider than need be")])
def test_intervals_that_hold_the_truth_are_not_blamed(results, coverage, said):
    """Check that a coverage near the nominal one is as promised, and that nothing is said of a wrong form."""
    results["metrics"]["intervals"]["coverage"] = coverage
    text = read(reasons.show_intervals(results))
    assert said in text
    assert "misspecified" not in text


def test_coverage_of_an_unknown_truth_is_not_made_up(results):
    """Check that without true probabilities there is no column of them, and that this is said."""
    figures = results["metrics"]["intervals"]
    for row in (figures, *figures["bands"]):
        del row["coverage"]
    del figures["error"]
    text = read(reasons.show_intervals(results))
    assert "cannot be checked: nobody knows those." in text
    assert "Held the truth" not in text


def test_grid_has_a_row_a_fit_and_begins_with_its_corners(results):
    """Check the sentence, a cell with its interval and leads, and the order of rows."""
    text = read(reasons.show_grid(results))
    assert "in A1, high in both, 40.0 % convert; of those in D4, low in both, 0.5 %. With high fit alone (A4)" in text
    assert '<th scope="row">Fit B</th><td>20.0 % (19.0 to 21.0); 90</td><td>10.0 % (9.0 to 11.0); 90</td>' in text
    assert text.index("Fit A") < text.index("Fit D")


def test_an_empty_cell_has_no_rate(results):
    """Check a cell without leads, whose figures could not be computed."""
    results["metrics"]["reasons"]["grid"][0] |= {"rate": None, "rate_low": None, "rate_high": None, "leads": 0}
    text = read(reasons.show_grid(results))
    assert '<th scope="row">Fit A</th><td>–</td>' in text
    assert "high in both, – convert" in text


def test_importances_name_what_is_sure(results):
    """Check that the group whose interval holds 0 is not named, and is counted."""
    text = read(reasons.show_importances(results))
    assert "rest most on high intent (0.0300), form (0.0200). Of 1 of the 3 groups nothing is sure." in text
    assert "Days since page viewed</th>" in text
    assert '<td class="text">told</td><td>0.0200</td><td>0.0100 to 0.0300</td>' in text


def test_no_importance_is_sure(results):
    """Check what is said when every interval holds 0."""
    for row in results["metrics"]["reasons"]["importances"]["groups"]:
        row["loss_difference_low"] = -0.01
    assert "no group of metrics can be told from none" in read(reasons.show_importances(results))


def test_dependence_is_drawn_with_its_text(results):
    """Check the widest metric, 10 to 20 %, and that the alternative text has both ends of each metric."""
    text = read(reasons.show_dependence(results))
    assert "moves most with colour: from 10.0 % to 20.0 %, all else being as it is." in text
    alternative = re.search(r'alt="([^"]*)"', text)[1]
    assert "days since page viewed: 12.0 % at 0.5, 8.0 % at 1,200" in alternative
    assert "20.0 % at a $very$ long …" in alternative
    assert reasons.show_dependence(results).data == reasons.show_dependence(results).data


def test_a_metric_of_one_value_is_not_drawn(results):
    """Check that nothing to draw is said."""
    for row in results["metrics"]["reasons"]["dependence"]:
        row["values"], row["probabilities"] = row["values"][:1], row["probabilities"][:1]
    text = read(reasons.show_dependence(results))
    assert "no metric whose values could be changed" in text
    assert "<img" not in text


def test_stability_says_how_much_would_change(results):
    """Check the sentence and the row of each side."""
    text = read(reasons.show_stability(results))
    assert "80 % of the reasons for a lead would be told again; for 20 % of the leads the strongest" in text
    assert '<th scope="row">Reasons against</th><td>70 %</td><td>20 %</td><td>50 %</td>' in text


def test_a_model_without_metrics_says_so(results):
    """Check the sections of one rate for everybody: no grid, no metrics, no reasons."""
    nothing = {"changed": None, "first_changed": None, "kept": None}
    results["metrics"]["reasons"] = {
        "grid": [],
        "importances": {"rows": 500, "groups": [], "metrics": []},
        "dependence": [],
        "stability": {"rows": 400, "refits": 20, "for": nothing, "against": nothing},
    }
    for name in set(SECTIONS) - {"show_intervals"}:
        assert "<table" not in read(getattr(reasons, name)(results))


def test_names_from_the_data_are_escaped(results):
    """Check that markup in the names of metrics and values never reaches the page."""
    parts = results["metrics"]["reasons"]
    for row in (*parts["importances"]["groups"], *parts["importances"]["metrics"], *parts["dependence"]):
        row["name"] = MARKUP
    parts["dependence"][1]["values"][0] = MARKUP
    for name in SECTIONS:
        assert MARKUP not in getattr(reasons, name)(results).data


@pytest.mark.parametrize("name", SECTIONS)
def test_a_report_that_is_not_applicable_has_no_section(name):
    """Check that nothing is shown."""
    assert getattr(reasons, name)({"is_applicable": False}).data == ""
