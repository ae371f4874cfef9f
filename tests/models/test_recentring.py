import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.models.calibration import Calibrator
from src.models.recentring import Recentring, choose_recentring, find_newest, fit_shift, judge_recentring

START = pd.Timestamp("2026-01-01")
HORIZON = pd.Timedelta(days=10)


def make_forward(labels: list[list[int]], days: list[int]) -> pd.DataFrame:
    """Return folds of one-row leads at log-odds 0, all of a fold scored on one day, when the fold began."""
    parts = [
        pd.DataFrame({"label": label, "fold": number, "fold_from": START + pd.Timedelta(days=day)})
        for number, (label, day) in enumerate(zip(labels, days, strict=True))
    ]
    rows = pd.concat(parts, ignore_index=True).assign(log_odds=0.0)
    rows["label"] = rows["label"].astype(float)
    rows["lead_id"] = rows["person"] = [f"lead{number}" for number in range(len(rows))]
    rows["snapshot_at"] = rows["fold_from"]
    return rows.assign(label_known_at=rows["snapshot_at"] + HORIZON)


def test_shift_by_hand():
    """Check that three of four at even odds ask for log 3, and one of four at odds of 1 to 3 for nothing."""
    assert fit_shift(np.array([1, 1, 1, 0.0]), np.zeros(4)) == pytest.approx(np.log(3))
    assert fit_shift(np.array([1, 0, 0, 0.0]), np.full(4, -np.log(3))) == pytest.approx(0, abs=1e-9)


@given(st.lists(st.tuples(st.booleans(), st.floats(-5, 5)), min_size=2, max_size=30))
def test_after_the_shift_the_mean_promise_is_the_rate(pairs):
    label, z = (np.array(values, float) for values in zip((True, 0.0), (False, 0.0), *pairs, strict=True))
    p = 1 / (1 + np.exp(-z - fit_shift(label, z)))
    assert p.mean() == pytest.approx(label.mean(), abs=1e-6)


def test_newest_outcomes_are_those_of_a_month():
    """Check that labels known 0, 30 and 31 days before the last one known are in, in and out."""
    known = make_forward([[1, 0], [1, 0], [1, 0]], days=[0, 1, 31])
    assert find_newest(known, 2)["fold"].tolist() == [1, 1, 2, 2]


def test_newest_outcomes_go_back_until_enough_converted():
    """Check that three conversions need all three folds, that four cannot be had, and that leads count, not rows."""
    known = make_forward([[1, 0], [1, 0], [1, 0]], days=[0, 100, 200])
    assert len(find_newest(known, 1)) == 2
    assert len(find_newest(known, 3)) == 6
    assert find_newest(known, 4).empty
    assert find_newest(known.assign(lead_id="same"), 2).empty


def test_newest_outcomes_of_one_class_say_nothing():
    """Check that a window in which everybody converted gives no shift."""
    assert find_newest(make_forward([[0, 0], [1, 1]], days=[0, 100]), 1).empty


def test_shifts_are_judged_on_the_next_fold():
    """Check the loss saved on the second fold by the shift log 3 of the first: even odds become 3 to 1."""
    forward = make_forward([[1, 1, 1, 0], [1, 0]], days=[0, 20])
    saved = judge_recentring(forward, "none", 1)
    assert saved.index.tolist() == [4, 5]
    assert saved.tolist() == pytest.approx([np.log(0.75 / 0.5), np.log(0.25 / 0.5)])


def test_a_label_that_was_not_known_shifts_nothing():
    """Check that a fold has no shift where it begins before the labels of the fold before it are known."""
    assert judge_recentring(make_forward([[1, 1, 1, 0], [1, 0]], days=[0, 9]), "none", 1).empty


def test_each_fold_is_judged_by_the_newest_labels_before_it():
    """Check that the second and the third of three folds are, by shifts of log 3 up and then down."""
    forward = make_forward([[1, 1, 1, 0], [1, 0, 0, 0], [1, 0]], days=[0, 40, 80])
    saved = judge_recentring(forward, "none", 1)
    up, down = np.log(0.75 / 0.5), np.log(0.25 / 0.5)
    assert saved.index.tolist() == [4, 5, 6, 7, 8, 9]
    assert saved.tolist() == pytest.approx([up, down, down, down, down, up])


def test_a_lasting_change_is_followed():
    """Check shift, gain and what is said of the newest outcomes where three of four convert in every fold."""
    forward = make_forward([[1, 1, 1, 0]] * 3, days=[0, 40, 80])
    found = choose_recentring(forward, Calibrator("none"), 3)
    # On each judged row either log 1.5 is saved or log 2 lost.
    saved = np.array([np.log(1.5)] * 3 + [-np.log(2)])
    assert found.gain == pytest.approx(saved.mean())
    assert found.error == pytest.approx(np.sqrt(2 * ((saved - saved.mean()) ** 2).sum()) / 8)
    assert (found.is_used, found.shift, found.amount) == (False, pytest.approx(np.log(3)), 0.0)
    assert (found.rows, found.conversions, found.rate, found.promised) == (4, 3, 0.75, 0.5)
    assert found.since == found.until == START + pd.Timedelta(days=80)
    more = choose_recentring(make_forward([[1, 1, 1, 0] * 5] * 3, days=[0, 40, 80]), Calibrator("none"), 3)
    assert more.amount == more.shift == pytest.approx(np.log(3))


def test_the_shift_comes_after_calibration():
    """Check that a calibrator that already promises three of four leaves nothing to shift."""
    forward = make_forward([[1, 1, 1, 0]] * 3, days=[0, 40, 80])
    found = choose_recentring(forward, Calibrator("sigmoid", float(np.log(3)), 1.0), 3)
    assert found.shift == pytest.approx(0, abs=1e-6)
    assert found.promised == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("gain", "error", "is_used"),
    [(None, None, False), (0.02, 0.01, True), (0.01, 0.01, True), (0.009, 0.01, False), (0.0, 0.0, False)],
)
def test_a_shift_is_used_from_one_standard_error_on(gain, error, is_used):
    """Check both sides of the limit, and that nothing gained is nothing."""
    found = Recentring(shift=0.5, gain=gain, error=error)
    assert (found.is_used, found.amount) == (is_used, 0.5 if is_used else 0.0)


def test_too_few_conversions_are_not_followed():
    """Check that nothing is said of the newest outcomes where they are too few."""
    assert choose_recentring(make_forward([[1, 0], [1, 0]], days=[0, 40]), Calibrator("none"), 3) == Recentring()
