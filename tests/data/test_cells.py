"""Numbers, times, flags, lists and nested fields as they are written: read as meant, or missing and counted."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.data.flags import parse_flag, read_flag
from src.data.lists import extract_field, parse_list
from src.data.matching import normalise_id
from src.data.numbers import parse_number
from src.data.patterns import check_format, check_moment
from src.data.read import open_database
from src.data.shown import show_value
from src.data.times import parse_day_end, parse_time


@pytest.fixture(scope="module")
def read():
    """Return what works out SQL over the text ``x``."""
    db = open_database(threads=1)
    return lambda sql, text: read_all(db, sql, [text])[0]


def read_all(db, sql, texts):
    """Return what SQL over the text ``x`` makes of each text."""
    query = (
        f"SELECT {sql} FROM (SELECT unnest(?::VARCHAR[]) AS x, generate_subscripts(?::VARCHAR[], 1) AS n) ORDER BY n"
    )
    return [row[0] for row in db.execute(query, [texts, texts]).fetchall()]


@pytest.mark.parametrize(
    ("marks", "text", "number"),
    [
        ((",",), "€ 1.500,00", 1500.0),
        ((",",), "1.500,00\u00a0€", 1500.0),
        ((",",), "-1.500,00 €", -1500.0),
        ((",",), "(1.500,00 €)", -1500.0),
        ((".",), "35 %", 35.0),
        ((".",), "$1500", 1500.0),
        ((".",), "EUR 5", 5.0),
        ((".", ","), "$1,500.00", 1500.0),
        ((".", ","), "12,34,567", 1234567.0),
        ((",", " "), "1\u202f500,5", 1500.5),
        ((".", "'"), "CHF 1’500.-", 1500.0),
        ((".", None), "5-", -5.0),
        ((".", None, "EUR"), "5 €", 5.0),
        ((".", None, "EUR"), "5 $", None),
        ((".", ","), "1,5", None),
        ((",", " "), "1 50", None),
        ((".",), "0x10", None),
        ((".",), "12 €/h", None),
        ((".",), "--5", None),
        ((".",), "(5", None),
    ],
)
def test_a_number_between_signs_is_the_number(read, marks, text, number):
    """Check currencies, per cent, brackets, minus behind, and each mark of thousands."""
    assert read(parse_number("x", *marks), text) == number


MARKS = [(".", None), (".", ","), (".", "'"), (".", " "), (",", "."), (",", " "), (",", "")]


@settings(deadline=None, max_examples=10)
@given(
    st.lists(st.integers(-(10**12), 10**12), min_size=20, max_size=20),
    st.sampled_from(MARKS),
    st.sampled_from(["{}", "€ {}", "{} €", "{} %", "USD {}"]),
)
def test_numbers_written_in_a_declared_form_read_back(cents, marks, around):
    """Check that whatever is written with the declared marks is the same number again."""
    decimal, thousands = marks
    texts = [
        f"{abs(n) / 100:,.2f}".replace(",", "~").replace(".", decimal).replace("~", thousands or "") for n in cents
    ]
    texts = [("-" if n < 0 else "") + around.format(text) for n, text in zip(cents, texts, strict=True)]
    found = read_all(open_database(threads=1), parse_number("x", decimal, thousands), texts)
    assert found == pytest.approx([n / 100 for n in cents], rel=1e-12)


@pytest.mark.parametrize(
    ("pattern", "language", "text", "utc"),
    [
        ("iso", None, "2025-01-06 10:00:00 UTC", "2025-01-06 10:00:00"),
        ("iso", None, "2025-01-06 10:00:00.123456 UTC", "2025-01-06 10:00:00.123456"),
        ("iso", None, "2025-01-06 10:00:00 +0200", "2025-01-06 08:00:00"),
        ("iso", None, "2025-01-06T10:00:00.1234567Z", "2025-01-06 10:00:00.123456"),
        ("iso", None, "2025-01-06 10:00 CET", None),
        ("%d/%m/%Y %H:%M:%S%z", None, "06/07/2025 09:00:00-05:00", "2025-07-06 14:00:00"),
        ("%d/%m/%Y %H:%M:%S%z", None, "06/07/2025 09:00:00+0000", "2025-07-06 09:00:00"),
        ("%d/%m/%Y %H:%M:%S%z", None, "06/07/2025 09:00:00Z", "2025-07-06 09:00:00"),
        ("%d/%m/%Y %H:%M:%S %Z", None, "06/07/2025 09:00:00 CEST", "2025-07-06 07:00:00"),
        ("%d/%m/%Y %H:%M:%S %Z", None, "06/07/2025 09:00:00 America/Lima", "2025-07-06 14:00:00"),
        ("%d/%m/%Y %H:%M:%S %Z", None, "06/07/2025 09:00:00 BST", None),
        ("%d/%m/%YT%H:%M:%SZ", None, "06/07/2025T09:00:00Z", "2025-07-06 09:00:00"),
        ("%d/%m/%Y %H:%M UTC", None, "06/07/2025 09:00 UTC", "2025-07-06 09:00:00"),
        ("%d/%m/%Y %H:%M", None, "06/07/2025 09:00", "2025-07-06 07:00:00"),
        ("%d/%m/%Y %I:%M %p", None, "06/01/2025 09:24 p. m.", "2025-01-06 20:24:00"),
        ("%d/%m/%Y %I:%M %p", None, "06/01/2025 09:24 p.\u00a0m.", "2025-01-06 20:24:00"),
        ("%d/%m/%Y %I:%M %p", None, "06/01/2025 12:24\u202fa.\u202fm.", "2025-01-05 23:24:00"),
        ("%d/%m/%Y %I:%M %p", None, "06/01/2025 09:24 PM", "2025-01-06 20:24:00"),
        ("%d de %B de %Y", "es", "6 de Enero de 2025", "2025-01-05 23:00:00"),
        ("%d-%b-%Y", "es", "06-sep.-2025", "2025-09-05 22:00:00"),
        ("%A, %d %b %Y", "es", "lunes, 6 ene 2025", "2025-01-05 23:00:00"),
        ("%d %b %Y", "fr", "6 févr. 2025", "2025-02-05 23:00:00"),
        ("%d. %B %Y", "de", "6. März 2025", "2025-03-05 23:00:00"),
        ("%Y年%m月%d日 %p%I:%M", "ja", "2025年1月6日 午後3:00", "2025-01-06 14:00:00"),
        ("%d %B %Y", "es", "6 smarch 2025", None),
        ("epoch_ms", None, "1736172000000", "2025-01-06 14:00:00"),
        ("epoch_s", None, "1736172000.25", "2025-01-06 14:00:00.250000"),
        ("epoch_ms", None, "1.73617E+12", None),
        ("epoch_ms", None, "0x10", None),
    ],
)
def test_a_time_is_read_in_its_own_zone_and_words(read, pattern, language, text, utc):
    """Check that an offset is applied once, whatever Madrid's is, and months and halves of the day in other words."""
    time = read(parse_time("x", pattern, "Europe/Madrid", language), text)
    assert (None if time is None else str(time)) == utc


def test_a_day_begins_with_its_first_moment_and_ends_with_its_last(read):
    """Check a midnight that was skipped, a day that never was, and the days of 23 hours."""
    first = parse_time("x", "iso", "America/Sao_Paulo")
    assert str(read(first, "2017-10-15")) == "2017-10-15 03:00:00"
    assert read(first, "2017-10-15 00:00") is None
    assert read(parse_time("x", "iso", "Pacific/Apia"), "2011-12-30") is None
    end = parse_day_end("x", "%d/%m/%Y", "Europe/Madrid", None, "2030-01-01")
    assert str(read(end, "30/03/2025")) == "2025-03-30 21:59:59"


ZONES = ["UTC", "Europe/Madrid", "America/Lima", "Asia/Kolkata"]
WRITTEN = {
    "%Y-%m-%d %H:%M:%S": None,
    "%d/%m/%y %I:%M:%S %p": None,
    "%d.%m.%Y %H:%M:%S %z": "offset",
    "%m/%d/%Y %H:%M:%S UTC": "utc",
}


@settings(deadline=None, max_examples=10)
@given(
    st.lists(st.datetimes(dt.datetime(2001, 1, 1), dt.datetime(2030, 1, 1)), min_size=20, max_size=20),
    st.sampled_from(ZONES),
    st.sampled_from(sorted(WRITTEN)),
)
def test_times_written_in_a_declared_form_read_back(moments, zone, pattern):
    """Check each pattern against Python's own, for times that the clocks had once."""
    utc = [moment.replace(microsecond=0, tzinfo=dt.UTC) for moment in moments]
    shown = dt.UTC if WRITTEN[pattern] == "utc" else ZoneInfo(zone)
    utc = [moment for moment in utc if is_once(moment.astimezone(shown))]
    texts = [moment.astimezone(shown).strftime(pattern) for moment in utc]
    found = read_all(open_database(threads=1), parse_time("x", pattern, zone), texts)
    assert found == [moment.replace(tzinfo=None) for moment in utc]


def is_once(local):
    """Say whether a local time is the only one that is written so."""
    return local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("%d/%m/%Q", "%Q is no strptime directive"),
        ("%d/%M/%Y", "no month"),
        ("%d/%m", "no year"),
        ("%d/%m/%Y %I:%M", "%I counts twelve hours"),
        ("%d/%m/%Y %H:%M %p", "%H counts twenty-four hours"),
        ("dd/mm/yyyy", "must be one of"),
    ],
)
def test_a_slip_in_a_pattern_is_refused(value, message):
    """Check patterns that would read every time wrongly, or none."""
    with pytest.raises(ValueError, match=message):
        check_format(value)


def test_a_moment_needs_a_day():
    """Check that a month alone is a date of one's own and no time of a lead."""
    assert check_format("%m/%Y") == "%m/%Y"
    with pytest.raises(ValueError, match="no day"):
        check_moment("%m/%Y")


YES = ["Sí", "YES", "true", "1", "x", "WAHR", "VRAI", "Checked", "Sì", "Ja", "Oui", "Vero", "Sim", "✓", "verdadeiro"]
NO = ["No", "falso", "0", "FALSCH", "FAUX", "Unchecked", "Nein", "Non", "Não", "☐"]


@pytest.mark.parametrize(
    ("text", "answer"),
    [*((word, "yes") for word in YES), *((word, "no") for word in NO), ("maybe", None), ("dentro", "yes")],
)
def test_a_flag_is_yes_or_no_or_not_understood(read, text, answer):
    """Check the words of six languages and a source's own, in SQL and in Python alike."""
    assert read(parse_flag("x", ["Dentro"], ["fuera"]), text) == answer
    if text != "dentro":
        assert {1.0: "yes", 0.0: "no"}.get(read_flag(text)) == answer


@pytest.mark.parametrize(
    ("separator", "text", "values"),
    [
        (None, "Power BI; Excel;;Excel", '["Excel","Power BI"]'),
        ("|", "a|b", '["a","b"]'),
        (",", '["b, c", "a"]', '["a","b, c"]'),
        (None, " ; ", None),
    ],
)
def test_a_list_is_its_values_whatever_their_order(read, separator, text, values):
    """Check separators, JSON arrays, repeats and nothing."""
    assert read(parse_list("x", separator), text) == values


PARAMS = '[{"key":"page","value":{"string_value":"/p"}},{"key":"n","value":{"int_value":17}},{"key":"s","value":"v"}]'


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        (["a", "b"], '{"a": {"b": 5}}', "5"),
        (["page"], PARAMS, "/p"),
        (["n"], PARAMS, "17"),
        (["s"], PARAMS, "v"),
        (["other"], PARAMS, None),
        (["a"], "no json", None),
    ],
)
def test_a_field_within_a_column_is_found(read, path, text, value):
    """Check objects, and arrays of keys and values as analytics tools write them."""
    assert read(extract_field("x", path), text) == value


@pytest.mark.parametrize(
    ("forms", "first", "second"),
    [
        (["case"], "ANA@x.es", "ana@X.es"),
        (["decimals"], "101.0", "101"),
        (["zeros"], "00101", "101"),
        (["salesforce"], "00Q5e00000AbCdE", "00Q5e00000AbCdEFGH"),
        (["punctuation", "case"], "{9F-A1}", "9fa1"),
    ],
)
def test_ids_are_equal_in_a_declared_form_alone(read, forms, first, second):
    """Check each form, and that without it the two differ."""
    assert read(normalise_id("x", forms), first) == read(normalise_id("x", forms), second)
    assert read(normalise_id("x", []), first) != read(normalise_id("x", []), second)


@pytest.mark.parametrize(
    ("value", "column", "reason", "shown"),
    [
        ("31/12/2025 09:00", "created", "not_understood", "99/99/9999 99:99"),
        ("Ana García-López", "created", "not_understood", "xxx xxxxxx-xxxxx"),
        ("a\u200bb", "id", "invisible_character", "x·x"),
        ("é" * 50, "id", "not_understood", f"{'x' * 40}…"),
        ("a,b", None, "too_many_fields", None),
        (None, "id", "missing_value", None),
        ("2026-02-01 00:00:00", "created_at", "after_as_of", "2026-02-01 00:00:00"),
        ("Closed wonn", "kind", "unknown_kind", "Closed wonn"),
        ("ana@x.es", "kind", "unknown_kind", "xxx@x.xx"),
        ("612345678", "kind", "unknown_kind", "999999999"),
    ],
)
def test_the_form_of_a_cell_tells_how_it_is_written_and_not_what_it_says(value, column, reason, shown):
    """Check dates, names, signs that are not seen, long texts and whole rows; times that were read, and kinds."""
    assert show_value(value, column, reason) == shown
