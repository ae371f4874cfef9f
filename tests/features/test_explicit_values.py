import pandas as pd
import pytest

from src.features.explicit_metrics.rules import FOLDER, compile_words, load_levels, load_rules, load_terms
from src.features.explicit_metrics.values import clean_category, clean_place, is_placeholder, map_distinct
from src.features.text import fold_text
from src.strict import read_yaml


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


LOADERS = {"rules": load_rules, "levels": load_levels, "terms": load_terms}
OF_ONE_ROOM = {"decision_power", "spam"}
"""Files of another form, which the room that reads them tests."""


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_rules_file_can_be_read(path):
    """Check that all lists of words are rules, levels or terms, in the declared form."""
    key = next(iter(read_yaml(path)))
    if path.stem not in OF_ONE_ROOM:
        assert LOADERS[key](path.stem)


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


@pytest.mark.parametrize(
    "text",
    [
        "ana@planted.com",
        "ana%40planted.com",
        "ana%2540planted.com",
        "ana(at)planted.com",
        "ana[at]planted.com",
        "ana arroba planted.com",
        "612345679",
        "612/345/679",
        "612_345_679",
        "(612)345679",
        "612.345.679",
        "+34 612 34 56 79",
        "612+345+679",
        "12/03/1985",
        "x" * 90 + "ana@planted.com",
    ],
)
def test_contact_data_is_no_category(text):
    """Check the ways to write an address and a number, and that what is cut off was looked at."""
    assert clean_category(text) is None
    assert clean_place(text) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("2025-11-23", "2025-11-23"),
        ("20251123_1200", "20251123_1200"),
        ("23/11/2025", "23/11/2025"),
        ("Curso 2025-2026", "curso 2025-2026"),
        ("utm_123456", "utm_123456"),
        ("1.000-5.000", "1.000-5.000"),
        ("1000 - 5000", "1000 - 5000"),
        ("Becas%20Madrid", "becas madrid"),
        ("50% de descuento", "50% de descuento"),
        ("", None),
    ],
)
def test_days_years_amounts_and_short_ids_are_categories(text, name):
    """Check what campaigns and lists of answers hold that has many digits, too."""
    assert clean_category(text) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Venta de Coches", "venta de coches"),
        ("Hola soy Juan Plantado y quiero información, gracias", None),
        ("soy Ana y no lo sé", None),
        ("x" * 41, None),
    ],
)
def test_sentences_are_no_category(text, name):
    """Check that of what is typed freely only a few words are kept."""
    assert clean_place(text) == name


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
