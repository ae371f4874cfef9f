import numpy as np
import pandas as pd
import pytest

from src.evaluation.intervals import measure_intervals


def make_predictions(true_probability) -> pd.DataFrame:
    """Return a row of 2 % and two of a half, with intervals by hand: half widths 0.01, 0.25 and 0.25."""
    return pd.DataFrame(
        {
            "probability": [0.02, 0.5, 0.5],
            "age": ["0h", "0h", "7d"],
            "sampling_error": [0.2, 0.3, 0.4],
            "form_error": 0.1,
            "probability_low": [0.01, 0.25, 0.25],
            "probability_high": [0.03, 0.75, 0.75],
            "true_probability": true_probability,
        }
    )


def test_coverage_and_width_by_band():
    """Check that 2 % holds 2.9 %, that of the halves one truth lies outside, and that empty bands are left out."""
    found = measure_intervals(make_predictions([0.029, 0.75, 0.2]), confidence=0.9)
    assert found["confidence"] == 0.9
    assert (found["rows"], found["sampling_error"], found["coverage"]) == (3, 0.3, pytest.approx(2 / 3))
    assert found["median_width"] == pytest.approx(0.5)
    rare, half = found["bands"]
    assert rare == {"from": 0.0, "to": 0.05, "rows": 1, "median_width": pytest.approx(0.02), "coverage": 1.0}
    assert half == {"from": 0.4, "to": 1.0, "rows": 2, "median_width": pytest.approx(0.5), "coverage": 0.5}
    assert {age: part["coverage"] for age, part in found["by_age"].items()} == {"0h": 1.0, "7d": 0.0}


def test_bands_begin_at_their_lower_end():
    """Check that 5 % is in the band from 5 to 10 %."""
    rows = make_predictions(np.nan).assign(probability=[0.05, 0.1, 0.4])
    assert [band["from"] for band in measure_intervals(rows, 0.9)["bands"]] == [0.05, 0.1, 0.4]


@pytest.mark.parametrize("truth", [[np.nan] * 3, [0.02, 0.5, np.nan]])
def test_without_the_truth_nothing_is_said_of_it(truth):
    """Check that a truth that is not known of every row is not used."""
    found = measure_intervals(make_predictions(truth), confidence=0.9)
    assert "coverage" not in found
    assert "error" not in found
    assert all("coverage" not in band for band in found["bands"])


def test_error_is_parted_by_its_sources():
    """Check rows at a half with the truth one log-odd away: sampling 0.6 is 36 % of the square, form 0.3 is 9 %.

    The interval reaches 1.1; of that sampling alone is 0.6 / root 0.45, and does not reach the truth.
    """
    low, away, high = (1 / (1 + np.exp(-z)) for z in (-1.1, 1.0, 1.1))
    rows = pd.DataFrame({"probability": [0.5] * 4, "sampling_error": 0.6, "form_error": 0.3, "probability_low": low})
    rows = rows.assign(age="0h", probability_high=high, true_probability=away)
    found = measure_intervals(rows, confidence=0.9)
    assert found["coverage"] == 1.0
    assert found["error"] == {
        "log_odds": pytest.approx(1.0),
        "share_of_sampling": pytest.approx(0.36),
        "share_of_form": pytest.approx(0.09),
        "coverage_of_sampling": 0.0,
    }
