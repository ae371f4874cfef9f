import numpy as np
import pytest

from src.policies.table import build_threshold_table
from tests.policies.make import make_scenario

SCENARIO = make_scenario()


def test_the_table_by_hand():
    """Check what lies above each threshold of four leads, two of them equally probable."""
    table = build_threshold_table(np.array([0.0, 1, 0, 1]), np.array([0.1, 0.5, 0.2, 0.2]), np.ones(4), SCENARIO)
    assert table["threshold"].tolist() == [0.5, 0.2, 0.1]
    assert table["leads"].tolist() == [1, 3, 4]
    assert table["share"].tolist() == [0.25, 0.75, 1]
    assert table["conversions"].tolist() == [1, 2, 2]
    assert table["precision"].tolist() == pytest.approx([1, 2 / 3, 0.5], abs=1e-6)
    assert table["recall"].tolist() == [0.5, 1, 1]
    assert table["f1"].tolist() == pytest.approx([2 / 3, 0.8, 2 / 3], abs=1e-6)
    assert table["lift"].tolist() == pytest.approx([2, 4 / 3, 1], abs=1e-6)
    assert table["expected_profit_sales"].tolist() == pytest.approx([40, 40 + 10 + 10, 60 + 0])
    assert table["expected_profit_nurture"].tolist() == pytest.approx([19, 19 + 7 + 7, 33 + 3])
    assert table["profit_sales"].tolist() == pytest.approx([90, 90 + 90 - 10, 170 - 10])


def test_every_twentieth_of_the_leads_has_its_threshold():
    """Check that a hundred different probabilities give twenty rows of five leads more each."""
    p = np.arange(1, 101) / 101
    label = (p > 0.7).astype(float)
    table = build_threshold_table(label, p, np.ones(100), SCENARIO)
    assert table["leads"].tolist() == list(range(5, 101, 5))
    assert table["threshold"].is_monotonic_decreasing
    assert table["recall"].is_monotonic_increasing
    assert all((p >= row.threshold - 1e-6).sum() == row.leads for row in table.itertuples())


def test_a_top_without_conversions_has_no_f1():
    """Check that thresholds above which nobody converts have measures of zero."""
    first = build_threshold_table(np.array([0.0, 1]), np.array([0.9, 0.1]), np.ones(2), SCENARIO).iloc[0]
    assert (first["precision"], first["recall"], first["f1"], first["lift"]) == (0, 0, 0, 0)


def test_the_curve_is_of_each_leads_own_value():
    """Check that a lead worth three times as much is below one that is more probable, and brings more."""
    table = build_threshold_table(np.array([1.0, 1]), np.array([0.5, 0.4]), np.array([1.0, 3.0]), SCENARIO)
    assert table["threshold"].tolist() == [0.5, 0.4]
    assert table["expected_profit_sales"].tolist() == pytest.approx([40, 40 + 110])
    assert table["profit_sales"].tolist() == pytest.approx([90, 90 + 290])
