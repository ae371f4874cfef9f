import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.models.calibration import (
    LEAST_SLOPE,
    SHORT,
    Calibrator,
    fit_calibrator,
    fit_slope,
    solve_intercept,
)
from src.models.measures import to_probability


def make_forward(slope: float, levels=(0.0, 0.0, 0.0), rows: int = 9000, seed: int = 0) -> pd.DataFrame:
    """Return three folds of leads whose outcomes need this slope on their log-odds, and a level in each fold."""
    generator = np.random.default_rng(seed)
    z = generator.normal(-1, 1.5, rows)
    fold = np.arange(rows) * 3 // rows
    label = (generator.random(rows) < to_probability(np.array(levels)[fold] + slope * z)).astype(float)
    return pd.DataFrame({"lead_id": np.arange(rows), "fold": fold, "learned": rows, "label": label, "log_odds": z})


def find_slope(forward: pd.DataFrame, **options) -> float:
    return fit_slope(forward, forward["log_odds"].to_numpy(), int(forward["learned"].max()), **options).value


def test_a_calibrator_is_a_line_on_log_odds():
    """Check the calibrated log-odds of two rows by hand."""
    assert Calibrator("temperature", -1.0, 0.5).calibrate(np.array([0.0, 4.0])).tolist() == [-1, 1]
    assert Calibrator("none").calibrate(np.array([0.3])).tolist() == [0.3]


@pytest.mark.parametrize("slope", [0.4, 1.0, 1.4])
def test_a_known_slope_is_found(slope):
    """Check the slope on labels drawn by it."""
    assert find_slope(make_forward(slope)) == pytest.approx(slope, abs=0.06)


def test_a_rate_that_rises_from_fold_to_fold_is_no_slope():
    """Check that levels of each fold leave the slope, which one level for all would flatten or steepen."""
    rising = make_forward(0.9, levels=(-0.5, 0.5, 1.5))
    assert find_slope(rising) == pytest.approx(0.9, abs=0.06)


def test_an_order_that_is_wrong_is_never_turned_round():
    """Check that labels against the order leave the least slope, not a negative one."""
    assert find_slope(make_forward(-1.0)) == LEAST_SLOPE


def test_without_outcomes_that_tell_the_slope_is_the_expected_one():
    """Check that log-odds without differences say nothing: the prior stays, whatever it is."""
    forward = make_forward(1.0).assign(log_odds=0.0)
    assert find_slope(forward, expected=1.1) == pytest.approx(1.1)


def test_a_slope_leans_to_the_expected_one_the_more_the_fewer_leads():
    """Check that of fifty leads less of the distance to the prior is left than of nine thousand."""
    many = find_slope(make_forward(0.3))
    few = np.mean([find_slope(make_forward(0.3, rows=60, seed=seed)) for seed in range(20)])
    assert many == pytest.approx(0.3, abs=0.05)
    assert 0.4 < few < 0.8


def test_the_rows_of_a_lead_count_as_one():
    """Check that a lead with four equal rows says no more than one with a single row."""
    forward = make_forward(0.3, rows=300)
    again = pd.concat([forward] * 4, ignore_index=True)
    assert find_slope(again) == pytest.approx(find_slope(forward), abs=1e-6)


def test_a_fold_that_learned_from_less_asks_for_less_slope():
    """Check that folds which had half the rows lose about `SHORT`, which the shipped model does not."""
    forward = make_forward(1.0).assign(learned=4500)
    found = fit_slope(forward, forward["log_odds"].to_numpy(), 9000).value
    same = fit_slope(forward, forward["log_odds"].to_numpy(), 4500).value
    assert 0.3 * SHORT < found - same < 2 * SHORT


def test_folds_that_differ_leave_doubt():
    """Check that nine thousand leads in three folds do not move a slope of 1.3 all the way from the expected one."""
    assert 1.1 < find_slope(make_forward(1.3)) < 1.3


@given(st.lists(st.tuples(st.booleans(), st.floats(-4, 4), st.integers(0, 2)), min_size=1, max_size=30))
def test_every_slope_is_positive_and_finite(rows):
    """Check any labels and log-odds, also folds of one class and single rows."""
    label, z, fold = zip(*rows, strict=True)
    forward = pd.DataFrame({"lead_id": range(len(rows)), "fold": fold, "learned": 10, "label": np.array(label, float)})
    assert LEAST_SLOPE <= fit_slope(forward, np.array(z), 20).value < 5


def test_the_intercept_promises_the_rate():
    """Check by hand: at log-odds 0 and a rate of a quarter it is minus the log of three."""
    assert solve_intercept(np.array([1.0, 0, 0, 0]), np.zeros(4)) == pytest.approx(-np.log(3))


def test_no_calibration_changes_nothing():
    """Check the kind that the others are compared with, and that a slope has its own intercept."""
    forward = make_forward(0.5, levels=(1.0, 1.0, 1.0))
    assert fit_calibrator("none", forward) == Calibrator("none", 0, 1)
    found = fit_calibrator("temperature", forward)
    assert (found.intercept, found.slope) == pytest.approx((1.0, 0.5), abs=0.08)
