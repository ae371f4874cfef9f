import pytest

from src.reports.model.results import collect_model_results
from src.reports.objectives import show_objectives
from tests.reports.made import make_pair
from tests.reports.test_calibration import read


@pytest.fixture
def results(project):
    return collect_model_results("sale") | {"objectives": {"pairs": [make_pair()]}}


def test_leads_good_for_one_alone_are_counted_and_shown(results):
    """Check 200 + 200 of 1,000 leads good for one alone, 90 good for both by chance, rates and examples."""
    text = read(show_objectives(results))
    assert (
        "Of the 1,000 test leads scored for both, 400 (40 %) are among the 30 % most probable of one objective alone, "
        "and 100 of both; were the two unrelated it would be 90 of both." in text
    )
    assert "correlate by 0.12 (0.10 to 0.14) (95 % interval)" in text
    assert '<th scope="row">A sale alone</th><td>200</td><td>20.0 %</td><td>25.0 %</td><td>–</td>' in text
    assert '<th scope="row">L&lt;1&gt;</th><td>41 %</td><td>2.0 %</td>' in text


def test_a_single_objective_says_so(results):
    """Check that pairs of other objectives are not shown, and that there may be none."""
    other = make_pair() | {"objectives": ["accepted", "seat"]}
    for pairs in ([], [other]):
        text = read(show_objectives(results | {"objectives": {"pairs": pairs}}))
        assert "A sale is the only objective of this source whose leads can be compared" in text
        assert "<table" not in text
