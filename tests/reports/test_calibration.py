import copy

import pytest

from src.reports.model.calibration import (
    say_band,
    say_cells,
    say_comparison,
    say_part,
    say_whole,
    show_calibration,
)
from src.reports.model.results import collect_model_results
from tests.reports.made import make_cell, make_checks

MARKUP = "<b>fairs</b>"


def read(html) -> str:
    """Return the text of a fragment with plain spaces and without places to break."""
    return html.data.replace("\u00a0", " ").replace("<wbr>", "")


@pytest.fixture
def results(project):
    results = collect_model_results("sale")
    results["metrics"]["calibration_checks"] = make_checks()
    return results


def test_the_section_says_first_what_was_found(results):
    """Check the whole, the count of what is off beside chance, and the finding before each table."""
    text = read(show_calibration(results))
    assert "For every conversion that the probabilities promised, 1.05 (1.01 to 1.09) came (95 % interval" in text
    assert (
        "The test leads were cut into 10 parts in 5 ways. 6 have the 200 leads that convert which it takes to judge "
        "one: 2 are off, one by one at 95 %, where 0.3 would be by chance if every probability held; 1 stands out even "
        "after so many looks. The parts overlap." in text
    )
    assert "Of 2 that can be judged, the probabilities are too high for" in text
    assert '<td>1.30 (1.20 to 1.40)</td><td class="text">too low, beyond so many looks</td>' in text
    assert text.index("The probabilities hold in all 2 that can be judged.") < text.index("By age when scored:")
    assert '<th scope="row">First quarter of 2025' not in text
    assert "Second quarter of 2025" in text
    assert "April 2025" in text


def test_a_cell_with_few_conversions_has_no_verdict(results):
    """Check that its rate stands there and the verdict says why it is none."""
    text = read(show_calibration(results))
    row = text[text.index("March 2025") :].split("</tr>")[0]
    assert "10.0 % (6.0 % to 14.0 %)" in row
    assert row.endswith('<td class="text">not assessable</td>')
    assert "None of these 2 can be judged: too few convert in each." in text


def test_values_from_the_data_are_inert(results):
    """Check that a channel's name is no markup, and what is joined or missing has a name."""
    text = read(show_calibration(results))
    assert MARKUP not in text
    assert "&lt;b&gt;fairs&lt;/b&gt;" in text
    assert "All others" in text
    assert "Not given" in text


def test_the_figure_says_what_it_shows(results):
    """Check the alternative text: 8 % lies in 6 to 12 %, and 20 % not in 10.5 to 11.5 %."""
    text = read(show_calibration(results))
    assert "in 2 equal groups. In 1 of them the interval of the rate holds the mean probability." in text
    assert "In the highest group the model said 20.0 % and 11.0 % converted" in text


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        ([make_cell("a", 1.0, 0.1, "holds")], "The probabilities hold in the one that can be judged."),
        (
            [make_cell("a", 1.3, 0.1, "too_low"), make_cell("b", 0.7, 0.1, "too_high"), make_cell("c", 1, 1, "holds")],
            "Of 3 that can be judged, the probabilities are too low for a and too high for b.",
        ),
        (
            [make_cell("a", 1.0, 0.1, "holds"), make_cell("b", 1, 1, "not_assessable")],
            "The probabilities hold in the one that can be judged. 1 cannot be judged.",
        ),
    ],
)
def test_what_is_off_is_named(cells, text):
    """Check the sentence on one way to cut the leads."""
    assert say_part(cells, str) == text


def test_the_whole_has_a_meaning_for_each_verdict():
    """Check that too few conversions neither praise nor blame."""
    assert "too few convert to judge it" in say_whole(make_cell("all", 1.0, 0.5, "not_assessable"), 0.95)
    assert "on the whole the probabilities are too high" in say_whole(make_cell("all", 0.8, 0.1, "too_high"), 0.95)


def test_nothing_to_judge_is_said():
    """Check small data: no cell has enough conversions."""
    checks = make_checks() | {"assessable": 0, "off": 0, "standing_out": 0}
    assert say_cells(checks, 0.95).endswith("None has the 200 leads that convert which it takes to judge it.")


def test_bands_are_named_in_percent():
    """Check the lowest, a middle and the highest band."""
    said = [say_band(name).replace("\u00a0", " ") for name in ("0-0.01", "0.05-0.1", "0.5-1")]
    assert said == ["below 1 %", "5 % to 10 %", "50 % and more"]


def test_calibrators_are_compared_with_the_chosen_one():
    """Check what is surely worse, what is surely better, and what cannot be told apart is not said to be either."""
    calibrators = make_checks()["comparison"]["calibrators"]
    assert say_comparison(calibrators) == (
        "None is surely better than the chosen way (Sigmoid); surely worse: Not recalibrated, Isotonic."
    )
    better = copy.deepcopy(calibrators)
    better[1] |= {"loss_difference_low": -0.002, "loss_difference_high": -0.001}
    assert say_comparison(better).startswith("The chosen way (Sigmoid) is surely worse than Temperature")


def test_distinct_probabilities_stand_beside_the_loss(results):
    """Check that isotonic regression leaves 38 of 450, and that without folds to judge on nothing is claimed."""
    text = read(show_calibration(results))
    assert "Different probabilities of 450" in text
    assert "<td>0.2631</td><td>0.0031 (0.0021 to 0.0041)</td><td>38</td>" in text
    results["metrics"]["calibration_checks"]["comparison"] = {}
    assert "Too little of the history can judge a calibrator" in read(show_calibration(results))
