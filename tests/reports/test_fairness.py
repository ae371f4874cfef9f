import pytest

from src.reports.model.fairness import say_selection, show_fairness
from src.reports.model.results import collect_model_results
from tests.reports.made import make_fairness
from tests.reports.test_calibration import read


@pytest.fixture
def results(project):
    results = collect_model_results("sale")
    results["metrics"]["fairness"] = make_fairness()
    return results


def test_selection_and_calibration_stand_by_value(results):
    """Check who is chosen more often, of whom too little is promised, and both tables with their intervals."""
    text = read(show_fairness(results))
    assert "Age group: among the 30 % most probable leads: \u2068over 45\u2069 more often than the average; " in text
    assert "the probabilities are too low for \u2068&lt;i&gt;young&lt;/i&gt;\u2069." in text
    assert "<td>380</td><td>22.0 % (21.0 % to 23.0 %)</td><td>32.0 % (31.0 % to 33.0 %)</td>" in text
    assert "<td>1.20 (1.10 to 1.30)</td>" in text
    assert "<i>young" not in text


def test_without_protected_columns_one_sentence_says_so(results):
    """Check that nothing declared is no praise."""
    results["metrics"]["fairness"] = {}
    text = read(show_fairness(results))
    assert "No column of this source is declared protected" in text
    assert "<table" not in text


def test_no_sure_difference_is_said(results):
    """Check the sentence where all intervals hold the average."""
    cells = make_fairness()["age_group"]
    for cell in cells:
        cell["selected"]["30"]["side"] = 0
    assert say_selection(cells, ["20", "30", "50"]).startswith("no group is surely more or less often")
