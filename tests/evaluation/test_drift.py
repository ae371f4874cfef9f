import numpy as np
import pandas as pd
import pytest

from src.evaluation.drift import list_periods, measure_change, measure_drift
from src.params import load_params

EVALUATION = load_params().evaluation.model_copy(update={"bootstrap": 40})


def make_rows(months: list[int], label: list[int], fold: list[str]) -> pd.DataFrame:
    """Return leads of 2026 scored in these months, each at once and, never converting, three days later."""
    first = pd.DataFrame({"label": np.array(label, float), "fold": fold})
    first["lead_id"] = first["person"] = [f"lead{number}" for number in range(len(first))]
    moments = [pd.Timestamp("2026-01-05") + pd.DateOffset(months=month - 1) for month in months]
    first["snapshot_at"] = pd.to_datetime(moments)
    later = first.assign(snapshot_at=first["snapshot_at"] + pd.Timedelta(days=3), label=0.0)
    return pd.concat([first, later]).sort_values(["lead_id", "snapshot_at"], ignore_index=True)


@pytest.fixture
def rows():
    folds = ["history"] * 3 + ["embargoed"] + ["test"] * 4
    return make_rows([1, 1, 2, 2, 2, 2, 3, 3], [1, 0, 0, 0, 1, 0, 1, 1], folds)


@pytest.fixture
def rolled(rows):
    test = rows[rows["fold"] == "test"].reset_index(drop=True)
    steps = [1, 1, 1, 1, 2, 2, 2, 2]
    return test.assign(step=steps, probability=np.tile([0.3, 0.9], 4), frozen_probability=np.tile([0.2, 0.9], 4))


def test_a_lead_counts_once_at_its_first_age(rows, rolled):
    """Check rates of one in four before, three in four in the last third and two in two at its last step."""
    found = measure_drift(rows, rolled, EVALUATION, seed=1)
    assert found["before"] == 0.25
    assert (found["last_third"]["rate"], found["last_third"]["ratio"]) == (0.75, 3)
    assert (found["newest_step"]["rate"], found["newest_step"]["ratio"]) == (1, 4)


def test_the_month_in_which_the_last_third_begins_stands_twice(rows, rolled):
    """Check that nothing is promised before it, and what happened and was promised after."""
    periods = measure_drift(rows, rolled, EVALUATION, seed=1)["periods"]
    shown = [(row["period"], row["is_test"], row["leads"], row["rate"], row["promised"]) for row in periods]
    assert shown == [
        ("2026-01", False, 2, 0.5, None),
        ("2026-02", False, 2, 0.0, None),
        ("2026-02", True, 2, 0.5, pytest.approx(0.3)),
        ("2026-03", True, 2, 1.0, pytest.approx(0.3)),
    ]
    assert [row["frozen_promised"] for row in periods] == [None, None, pytest.approx(0.2), pytest.approx(0.2)]
    assert all(row["rate_low"] <= row["rate"] <= row["rate_high"] for row in periods)


def test_without_dates_the_periods_are_the_steps(rows, rolled):
    """Check that only the last third has periods."""
    rows, rolled = (part.assign(snapshot_at=pd.NaT) for part in (rows, rolled))
    periods = measure_drift(rows, rolled, EVALUATION, seed=1)["periods"]
    assert [(row["period"], row["leads"], row["rate"]) for row in periods] == [("1", 2, 0.5), ("2", 2, 1.0)]


def test_change_by_hand():
    """Check the ratio of 1/1 to 1/2, and its interval over two resamples: 1/1 to 1/2 and 1/1 to 2/3."""
    label, before = np.array([1.0, 0, 1]), np.array([True, True, False])
    weights = np.array([[1, 1, 1], [2, 1, 3.0]])
    found = measure_change(label, before, ~before, weights, 0.5)
    assert (found["rate"], found["ratio"]) == (1, 2)
    assert (found["ratio_low"], found["ratio_high"]) == (pytest.approx(1.625), pytest.approx(1.875))


def test_resamples_without_a_conversion_before_are_passed_over():
    """Check that a ratio to nothing is none."""
    label, before = np.array([1.0, 0, 1]), np.array([True, True, False])
    found = measure_change(label, before, ~before, np.array([[1, 1, 1], [0, 2, 1], [1, 2, 0.0]]), 0.5)
    assert found["ratio_low"] == found["ratio_high"] == 2


def test_only_the_last_months_are_listed():
    """Check that 30 months leave the last 24."""
    rows = make_rows(list(range(1, 31)), [0, 1] * 15, ["test"] * 30)
    first = rows.drop_duplicates("lead_id").assign(step=1, probability=0.5, frozen_probability=0.5)
    first = first.reset_index(drop=True)
    assert len(list_periods(first, np.ones((3, 30)), 0.9)) == 24
