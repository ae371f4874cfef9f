import numpy as np
import pandas as pd
import pytest

from src.models.calibration import Calibrator, choose_calibrator, choose_simplest, fit_calibrator, judge_kind
from src.models.measures import measure_losses, to_probability

START = pd.Timestamp("2026-01-01")
DAY = pd.Timedelta(days=1)


def make_forward(intercept: float, slope: float, rows: int = 3000, seed: int = 0) -> pd.DataFrame:
    """Return forward predictions of three folds, a month each, that need this line on their log-odds."""
    generator = np.random.default_rng(seed)
    z = generator.normal(-1, 1.5, rows)
    label = (generator.random(rows) < to_probability(intercept + slope * z)).astype(float)
    fold = np.arange(rows) * 3 // rows
    forward = pd.DataFrame({"fold": fold, "label": label, "log_odds": z, "person": np.arange(rows)})
    forward["fold_from"] = START + fold * 30 * DAY
    return forward.assign(label_known_at=forward["fold_from"] + 20 * DAY)


def test_a_calibrator_is_a_line_on_log_odds():
    """Check the calibrated log-odds of two rows by hand."""
    assert Calibrator("sigmoid", -1.0, 0.5).calibrate(np.array([0.0, 4.0])).tolist() == [-1, 1]
    assert Calibrator("none").calibrate(np.array([0.3])).tolist() == [0.3]


@pytest.mark.parametrize(
    ("kind", "intercept", "slope"), [("none", 0, 1), ("temperature", 0, 0.6), ("sigmoid", -0.8, 0.6)]
)
def test_a_known_line_is_found_by_the_simplest_kind_that_holds_it(kind, intercept, slope):
    """Check kind, intercept and slope on labels drawn by that line."""
    found, losses = choose_calibrator(make_forward(intercept, slope, rows=6000))
    assert found.kind == kind
    assert (found.intercept, found.slope) == pytest.approx((intercept, slope), abs=0.12)
    assert list(losses) == ["none", "temperature", "sigmoid"]


def test_a_temperature_has_no_intercept():
    """Check that half odds stay half odds, and that no calibration changes nothing."""
    forward = make_forward(-0.8, 0.6)
    label, z = forward["label"].to_numpy(), forward["log_odds"].to_numpy()
    assert fit_calibrator("temperature", label, z).intercept == 0
    assert fit_calibrator("none", label, z) == Calibrator("none", 0, 1)


@pytest.mark.parametrize("kind", ["none", "temperature", "sigmoid"])
def test_a_fold_is_judged_by_what_was_known_when_it_began(kind):
    """Check that labels known later, of whatever fold, never move a fold's losses."""
    forward = make_forward(-0.5, 0.7, rows=600)
    # One row in three of each fold becomes known only after the last fold began.
    is_late = np.arange(len(forward)) % 3 == 0
    forward.loc[is_late, "label_known_at"] = START + 61 * DAY
    before = judge_kind(kind, forward)
    changed = forward.assign(label=forward["label"].where(~is_late, 1 - forward["label"]))
    after = judge_kind(kind, changed)
    assert before.index.tolist() == list(range(200, 600))
    same = before.index[~is_late[before.index]]
    pd.testing.assert_series_equal(before[same], after[same], check_exact=True)


def test_a_fold_is_judged_by_the_earlier_ones():
    """Check the losses of the second fold against a line fitted on the first alone, by hand."""
    forward = make_forward(-0.5, 0.7, rows=600)
    first, second = (forward[forward["fold"] == number] for number in (0, 1))
    line = fit_calibrator("sigmoid", first["label"].to_numpy(), first["log_odds"].to_numpy())
    p = to_probability(line.calibrate(second["log_odds"].to_numpy()))
    expected = measure_losses(second["label"].to_numpy(), p)
    assert judge_kind("sigmoid", forward)[second.index].tolist() == expected.tolist()


def test_a_label_known_at_the_very_start_of_a_fold_is_used():
    """Check the boundary: known at the start teaches, known a moment later does not."""
    forward = make_forward(-0.5, 0.7, rows=600)
    at_start = forward.assign(label_known_at=forward["fold_from"] + 30 * DAY)
    pd.testing.assert_series_equal(judge_kind("sigmoid", at_start), judge_kind("sigmoid", forward), check_exact=True)
    later = at_start.assign(label_known_at=at_start["label_known_at"] + pd.Timedelta(microseconds=1))
    # Then nothing is known when the second fold begins, and the third has only the first to learn from.
    assert judge_kind("sigmoid", later).index.tolist() == list(range(400, 600))


def test_without_times_earlier_folds_teach():
    """Check that folds in order of creation are enough where no label has a time."""
    forward = make_forward(0, 0.5)
    dated, _ = choose_calibrator(forward)
    forward[["fold_from", "label_known_at"]] = pd.NaT
    assert choose_calibrator(forward)[0] == dated


def test_one_fold_cannot_be_judged():
    """Check that probabilities are left as they are where nothing earlier is known."""
    forward = make_forward(-1, 0.5).query("fold == 0")
    assert choose_calibrator(forward) == (Calibrator("none"), {})


def test_the_simplest_within_one_error_of_the_best_by_hand():
    """Check three kinds on four persons: the error of each difference to the best is known."""
    best = np.array([1.0, 1, 1, 1])
    # Mean difference 0.5, deviations -0.5, 0.5, -0.5, 0.5: error 1 / 4.
    clear = best + np.array([0, 1, 0, 1])
    # Mean difference 0.25, deviations 1.25, -0.75, 1.25, -1.75: error sqrt(6.75) / 4.
    unclear = best + np.array([1.5, -0.5, 1.5, -1.5])
    persons = pd.Series(range(4))
    assert choose_simplest({"a": clear, "b": best}, persons) == "b"
    assert choose_simplest({"a": unclear, "b": best}, persons) == "a"
    assert choose_simplest({"a": clear, "b": unclear, "c": best}, persons) == "b"
    assert choose_simplest({"a": best, "b": best}, persons) == "a"


def test_rows_of_one_person_are_one_piece_of_evidence():
    """Check that a difference that is clear over rows is not so over two persons."""
    best = np.ones(8)
    shifted = best + np.array([1.0, 1, 1, 1, 0, 0, 0, 0])
    # Mean 0.5; error over rows sqrt(8 * 0.25) / 8 = 0.18, over persons sqrt(2 * 4) / 8 = 0.35.
    assert choose_simplest({"a": shifted, "b": best}, pd.Series(range(8))) == "b"
    nearly = best + np.array([1.0, 1, 1, 1, -0.3, -0.3, -0.3, -0.3])
    # Mean 0.35; error over rows 0.23, over persons 0.46.
    assert choose_simplest({"a": nearly, "b": best}, pd.Series(range(8))) == "b"
    assert choose_simplest({"a": nearly, "b": best}, pd.Series([0, 0, 0, 0, 1, 1, 1, 1])) == "a"
