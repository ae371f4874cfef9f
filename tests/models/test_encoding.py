import numpy as np
import pandas as pd
import pytest

from src.features.catalogue import Metric
from src.models.encoding import compress, fit_linear_encoding, fit_tree_encoding


def describe(name: str, type_: str) -> Metric:
    return Metric(name, "explicit", "form", type_, "", "Made by hand.", name)


VISITS, COLOUR = describe("visits", "number"), describe("colour", "category")


def make_rows(visits, colour) -> pd.DataFrame:
    rows = pd.DataFrame({"lead_id": [f"lead{number}" for number in range(len(visits))]})
    return rows.assign(visits=np.array(visits, float), colour=pd.Series(colour, dtype="str"))


def test_numbers_are_compressed_and_standardised_by_hand():
    """Check a column of 0 and e - 1, a missing value, and the column that says it is missing."""
    rows = make_rows([0, np.e - 1, np.nan, np.nan], ["a", "a", "b", None])
    encoding = fit_linear_encoding(rows, [VISITS, COLOUR], min_leads=1)
    assert encoding.list_origins() == ["visits", "visits", "colour", "colour"]
    # Compressed 0 and 1: mean 0.5, deviation 0.5.
    assert encoding.transform(rows).tolist() == [[-1, 0, 1, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 1, 0, 0]]


def test_compression_keeps_the_sign():
    """Check zero, and that a number and its opposite are compressed alike."""
    assert compress(np.array([-3.0, 0, 3])).tolist() == pytest.approx([-np.log(4), 0, np.log(4)])


def test_a_level_needs_leads_not_snapshots():
    """Check that the four rows of one lead count once, and that a rare or new level has no column."""
    rows = make_rows([1, 2, 3, 4, 5, 6], ["red", "red", "red", "red", "blue", "blue"])
    rows["lead_id"] = ["x", "x", "x", "x", "y", "z"]
    encoding = fit_linear_encoding(rows, [COLOUR], min_leads=2)
    assert encoding.levels == {"colour": ["blue"]}
    new = make_rows([0] * 4, ["blue", "red", "unheard of", None])
    assert encoding.transform(new).tolist() == [[1], [0], [0], [0]]


@pytest.mark.parametrize("value", [0.0, 0.1, 1.0, 7.0, 1e6])
@pytest.mark.parametrize("count", [3, 10, 1000])
def test_what_is_constant_has_no_column(value, count):
    """Check that no rounding error is taken for a spread: another value would be worth billions."""
    rows = make_rows([value] * count, ["a"] * count)
    assert fit_linear_encoding(rows, [VISITS, COLOUR], min_leads=1).list_origins() == []


def test_a_constant_that_is_sometimes_missing_says_only_that():
    """Check that the column of the missing is kept without the constant, and neither if all miss."""
    encoding = fit_linear_encoding(make_rows([0.1, 0.1, 0.1, np.nan], ["a"] * 4), [VISITS], min_leads=1)
    assert (encoding.means, encoding.missing) == ({}, ["visits"])
    assert fit_linear_encoding(make_rows([np.nan] * 3, ["a"] * 3), [VISITS], min_leads=1).list_origins() == []


def test_trees_get_numbers_as_they_are_and_levels_as_codes():
    """Check order and codes; new and missing levels are missing, and rare ones are kept."""
    rows = make_rows([1, np.nan, 3], ["red", "blue", "red"])
    encoding = fit_tree_encoding(rows, [COLOUR, VISITS])
    assert encoding.list_origins() == ["visits", "colour"]
    new = make_rows([7, np.nan, 0, 1], ["red", "blue", "green", None])
    np.testing.assert_equal(encoding.transform(new), [[7, 1], [np.nan, 0], [0, np.nan], [1, np.nan]])


def test_no_metrics_are_no_columns():
    """Check the shape where a source has nothing to learn from."""
    rows = make_rows([1, 2], ["a", "b"])
    assert fit_tree_encoding(rows, []).transform(rows).shape == (2, 0)
    assert fit_linear_encoding(rows, [], 1).transform(rows).shape == (2, 0)
