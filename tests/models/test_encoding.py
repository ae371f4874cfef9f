import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.features.catalogue import Metric
from src.models.encoding import (
    TreeEncoding,
    code_metrics,
    code_rows,
    compress,
    find_level,
    fit_linear_encoding,
    fit_tree_encoding,
    list_beginnings,
    list_levels,
)


def describe(name: str, type_: str) -> Metric:
    return Metric(name, "explicit", "form", type_, "", "Made by hand.", name)


VISITS, COLOUR = describe("visits", "number"), describe("colour", "category")


def make_rows(visits, colour) -> pd.DataFrame:
    rows = pd.DataFrame({"lead_id": [f"lead{number}" for number in range(len(visits))]})
    return rows.assign(visits=np.array(visits, float), colour=pd.Series(colour, dtype="str"))


def find_codes(values, levels):
    return code_rows(pd.DataFrame({"campaign": values}), [], ["campaign"]).find_codes("campaign", levels)


def encode_for_trees(rows: pd.DataFrame, catalogue: list[Metric], min_leads: int) -> TreeEncoding:
    return fit_tree_encoding(code_metrics(rows, catalogue), rows["lead_id"], min_leads)


def test_numbers_are_compressed_and_standardised_by_hand():
    """Check a column of 0 and e - 1, a missing value, and the column that says it is missing."""
    rows = make_rows([0, np.e - 1, np.nan, np.nan], ["a", "a", "b", None])
    encoding = fit_linear_encoding(rows, [VISITS, COLOUR], min_leads=1)
    assert encoding.list_origins() == ["visits", "visits", "colour", "colour"]
    # Compressed 0 and 1: mean 0.5, deviation 0.5.
    assert encoding.transform(rows).tolist() == [[-1, 0, 1, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 1, 0, 0]]


def test_a_number_without_long_tails_stays_as_it_is():
    """Check an even number by hand, mean 2 and deviation root 2, beside counts of which one is far above the rest."""
    even, counts = np.array([0.0, 1, 2, 3, 4]), np.array([0.0, 0, 0, 1, 100])
    rows = pd.DataFrame({"even": even, "counts": counts, "lead_id": range(5)})
    catalogue = [Metric(name, "explicit", "form", "number", "points", "", name) for name in ("even", "counts")]
    encoding = fit_linear_encoding(rows, catalogue, 1)
    assert encoding.compressed == ["counts"]
    assert encoding.transform(rows)[:, 0] == pytest.approx((even - 2) / np.sqrt(2))
    assert encoding.means["counts"] == pytest.approx((np.log(2) + np.log(101)) / 5)


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
    """Check order and codes; new, missing and rare levels are missing."""
    rows = make_rows([1, np.nan, 3, 4, 5], ["red", "blue", "red", "blue", "green"])
    encoding = encode_for_trees(rows, [COLOUR, VISITS], min_leads=2)
    assert encoding.list_origins() == ["visits", "colour"]
    new = make_rows([7, np.nan, 0, 1, 2], ["red", "blue", "green", None, "unheard of"])
    np.testing.assert_equal(encoding.transform(new), [[7, 1], [np.nan, 0], [0, np.nan], [1, np.nan], [2, np.nan]])


def test_rows_coded_together_are_encoded_as_if_each_part_were_alone():
    """Check a part of the rows: other rows give it no level, and new, missing and rare values are missing."""
    rows = make_rows([1, np.nan, 3, 4, 5, 6], ["red", "blue", "red", "late", "late", None])
    coded, part = code_metrics(rows, [COLOUR, VISITS]), np.array([True, True, True, False, False, False])
    encoding = fit_tree_encoding(coded.take(part), rows["lead_id"][part], min_leads=2)
    assert encoding == encode_for_trees(rows[part], [COLOUR, VISITS], min_leads=2)
    assert encoding.levels == {"colour": ["red"]}
    expected = [[1, 0], [np.nan, np.nan], [3, 0], [4, np.nan], [5, np.nan], [6, np.nan]]
    np.testing.assert_equal(encoding.encode(coded), expected)
    np.testing.assert_equal(encoding.transform(rows), expected)


def test_a_level_of_trees_needs_leads_not_snapshots():
    """Check that the four rows of one lead count once."""
    rows = make_rows([0] * 6, ["red", "red", "red", "red", "blue", "blue"])
    rows["lead_id"] = ["x", "x", "x", "x", "y", "z"]
    assert encode_for_trees(rows, [COLOUR], min_leads=2).levels == {"colour": ["blue"]}


@pytest.mark.parametrize(
    ("value", "beginnings"),
    [
        ("spring sale", ["spring "]),
        ("/courses/python/madrid", ["/courses/python/", "/courses/"]),
        ("--a__b", ["--a_"]),
        ("año-2026", ["año-"]),
        ("курс_83", ["курс_"]),
        ("a-", ["a-"]),
        ("plain", []),
        ("--", []),
        ("", []),
    ],
)
def test_beginnings_are_whole_words(value, beginnings):
    """Check that a beginning ends in the sign after a word, in any script, and holds a word."""
    assert list(list_beginnings(value)) == beginnings


def test_rare_values_share_the_longest_beginning_with_enough_leads():
    """Check three leads a level: two names with dates behind, one of them in two places."""
    madrid = ["expo-madrid-1", "expo-madrid-2", "expo-madrid-3"]
    elsewhere = ["expo-lugo-1", "expo-bilbao-1", "expo-bilbao-2"]  # three only where the place does not matter
    values = pd.Series([*madrid, *elsewhere, "call-1", "call-2", "direct", "direct", "direct"], dtype="str")
    levels = list_levels(values, 3)
    assert levels == ["direct", "expo-", "expo-madrid-"]
    new = ["expo-madrid-9", "expo-oslo-1", "expo", "call-1", "direct", "direct-2", None, "expo-"]
    new = pd.Series(new, dtype="str")
    assert find_codes(new, levels).tolist() == [2, 1, -1, -1, 0, -1, -1, 1]


def test_a_beginning_counts_only_those_without_a_longer_one():
    """Check that three leads under expo-madrid- do not also make a level of expo-."""
    values = pd.Series(["expo-madrid-1", "expo-madrid-2", "expo-madrid-3", "expo-lugo-1", "web"], dtype="str")
    assert list_levels(values, 3) == ["expo-madrid-"]


def test_a_page_stands_for_the_rare_pages_under_it():
    """Check that a frequent value that ends like a beginning takes the rare ones, and no level is left over."""
    values = pd.Series(["/es/courses/"] * 3 + ["/es/courses/law", "/es/courses/art", "/es/team", "web"], dtype="str")
    assert list_levels(values, 3) == ["/es/courses/"]
    assert find_level("/es/courses/law", ["/es/courses/"]) == "/es/courses/"


def test_what_all_leads_share_is_no_level():
    """Check a beginning that every lead has, and that one lead without it makes it a level."""
    assert list_levels(pd.Series(["utm-1", "utm-2", "utm-3"], dtype="str"), 2) == []
    assert list_levels(pd.Series(["utm-1", "utm-2", None], dtype="str"), 2) == ["utm-"]


def test_a_batch_with_nothing_known_has_no_level():
    """Check that a column of missing values alone, whatever its type, is encoded."""
    for column in (pd.Series([None, None], dtype="str"), pd.Series([np.nan, np.nan]), pd.Series([None, None])):
        assert find_codes(column, ["red"]).tolist() == [-1, -1]
        assert list_levels(column, 1) == []


VALUES = st.lists(st.none() | st.text(alphabet="ab-_ é", max_size=6) | st.text(max_size=200), max_size=40)


@given(values=VALUES, min_leads=st.integers(1, 5))
def test_every_level_has_its_leads_whatever_was_typed(values, min_leads):
    """Check that levels have enough leads of their own and that the order of rows changes nothing."""
    column = pd.Series(values, dtype="object").astype("str")
    levels = list_levels(column, min_leads)
    codes = find_codes(column, levels)
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    assert all(min_leads <= count < len(column) for count in counts)
    assert list_levels(column.iloc[::-1], min_leads) == levels


def test_fifty_thousand_levels_make_a_few_columns():
    """Check that campaigns with a number of their own each are not a column each."""
    values = pd.Series([f"{'spring' if n % 2 else 'autumn'}-{n}" for n in range(50_000)], dtype="str")
    assert list_levels(values, 50) == ["autumn-", "spring-"]
    assert list_levels(pd.Series([f"click{n}" for n in range(50_000)], dtype="str"), 50) == []


def test_no_metrics_are_no_columns():
    """Check the shape where a source has nothing to learn from."""
    rows = make_rows([1, 2], ["a", "b"])
    assert encode_for_trees(rows, [], 1).transform(rows).shape == (2, 0)
    assert fit_linear_encoding(rows, [], 1).transform(rows).shape == (2, 0)


def test_a_selection_has_the_same_columns():
    """Check that the encoding of one feature gives that feature's columns of the whole encoding."""
    rows = make_rows([1.0, 3.0, np.nan, 5.0], ["a", "a", "b", "b"])
    encoding = fit_linear_encoding(rows, [VISITS, COLOUR], min_leads=1)
    assert encoding.list_origins() == ["visits", "visits", "colour", "colour"]
    for name, places in (("visits", [0, 1]), ("colour", [2, 3])):
        selected = encoding.select({name})
        assert selected.list_columns() == [encoding.list_columns()[place] for place in places]
        assert selected.transform(rows).tolist() == encoding.transform(rows)[:, places].tolist()
