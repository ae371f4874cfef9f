import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.features.explicit_metrics.rules import FOLDER, compile_words, load_rules, load_terms
from src.features.explicit_metrics.text import fold_text
from src.features.explicit_metrics.values import group_rare, is_placeholder, map_distinct
from src.params import read_yaml


@pytest.mark.parametrize(
    ("words", "text", "is_found"),
    [
        (["jef*"], "jefa de sala", True),
        (["jef*"], "el jefe", True),
        (["it"], "italia", False),
        (["it"], "director it", True),
        (["head of *"], "head of sales", True),
        (["rr hh"], "rr.hh", True),
        (["=gerente*"], "gerente", True),
        (["=gerente*"], "gerente de ventas", False),
        (["Dirección"], "direccion", True),
        (["i+d"], "jefe de i+d", True),
    ],
)
def test_words_are_found_as_the_rules_write_them(words, text, is_found):
    """Check whole words, the star for an ending and the equals sign for a whole text."""
    assert bool(compile_words(words).search(text)) == is_found


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_rules_file_can_be_read(path):
    """Check that all lists of words are rules or terms, in the declared form."""
    load = load_rules if "rules" in read_yaml(path) else load_terms
    assert load(path.stem)


@pytest.mark.parametrize(
    ("text", "folded"),
    [("  Ñandú\tAZUL ", "nandu azul"), ("STRASSE", "strasse"), ("Straße", "strasse"), ("a\u200bb", "ab")],
)
def test_folded_text_is_comparable(text, folded):
    """Check that accents, capitals, blanks and invisible characters do not matter."""
    assert fold_text(text) == folded


@pytest.mark.parametrize(
    ("text", "answer"), [("-", True), ("N/A", True), ("...", True), ("Ninguna", True), ("NA", False), ("3", False)]
)
def test_a_placeholder_is_no_answer(text, answer):
    """Check what people type into fields that they do not answer."""
    assert is_placeholder(text) == answer


def test_each_distinct_value_is_looked_at_once():
    """Check that the function is called once a value and never for missing ones."""
    seen = []
    values = pd.Series(["a", "b", None, "a"], dtype="str")
    assert map_distinct(values, lambda text: seen.append(text) or (text, 1)).tolist() == [
        ("a", 1),
        ("b", 1),
        None,
        ("a", 1),
    ]
    assert seen == ["a", "b"]


def test_rare_categories_become_other():
    """Check by hand that a value counts as frequent by the rows up to its own."""
    values = pd.Series(["a", "a", "b", "c", "c", "c", "b", None])
    # c is level with b at its first row, ahead of it from its second.
    expected = ["a", "a", "b", "other", "c", "c", "other", None]
    assert group_rare(values, 2).tolist() == expected


@given(st.lists(st.sampled_from("abcdef"), max_size=30), st.integers(1, 4), st.integers(0, 30))
def test_later_rows_never_change_the_grouping_of_earlier_ones(values, most, length):
    """Check that the first rows are grouped alike with and without those that follow."""
    whole = group_rare(pd.Series(values, dtype="object"), most).tolist()
    assert group_rare(pd.Series(values[:length], dtype="object"), most).tolist() == whole[:length]
