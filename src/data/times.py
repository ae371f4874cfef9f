"""SQL that reads times as UTC: ISO, epochs, and strptime patterns in the words of a language."""

import re
import unicodedata
from collections.abc import Callable
from functools import cache

from src.data.patterns import TIME_FORMATS, has_any, is_day, is_in_utc
from src.data.quoting import quote_text

OLDEST = "TIMESTAMP '1900-01-01'"

BLANKS = r"[\s\x{00A0}\x{2007}\x{2009}\x{202F}]"
"""Blanks that exports write, those that do not break included."""

ODD_BLANKS = "\u00a0\u2007\u2009\u202f"

OFFSETS = {
    "UTC": 0,
    "GMT": 0,
    "WET": 0,
    "WEST": 1,
    "CET": 1,
    "CEST": 2,
    "EET": 2,
    "EEST": 3,
    "EST": -5,
    "EDT": -4,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
}
"""Hours of the abbreviations of zones that mean one thing; BST and IST mean several, and are not read."""

# A fraction has any length; blanks may stand before the zone, which may be a name of UTC.
ISO = (
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?"
    rf"(?:{BLANKS}?(?:[Zz]|UTC|GMT|[+-]\d\d(?::?\d\d)?))?)?"
)
EPOCH = r"[+-]?\d+(\.\d+)?"
SERIAL = r"\d{5}(?:[.,]\d+)?"
"""How a workbook counts days, from the end of 1899: five digits are 1927 to 2173."""

SCIENTIFIC = r"[+-]?\d([.,]\d+)?[eE]\+?\d{2,}"
"""How a spreadsheet shows a long number: its last digits are lost."""

NOT_LATER = "INTERVAL 0 DAY"
EPOCH_FACTORS = {"epoch_s": 1_000_000, "epoch_ms": 1000, "epoch_us": 1}
SHORTEST_MONTH = 3


def parse_time(text: str, pattern: str, zone: str, language: str | None = None) -> str:
    """Return SQL for a UTC timestamp; a local time that never was (spring) is NULL.

    A local time that was twice (autumn) is taken as the later one, in winter time; a day without a
    time is its first moment, also where its midnight was skipped. A time before 1900 is a slip, such
    as a year of two digits read with ``%Y``.

    Parameters
    ----------
    text : str
        SQL for the text.
    pattern : str
        One of `TIME_FORMATS` or a strptime pattern.
    zone : str
        Of times that name none.
    language : str, optional
        Whose names of months, days and halves of the day the text has (a locale of CLDR).
    """
    return drop_ancient(parse_any_time(text, pattern, zone, language, NOT_LATER))


def parse_day_end(text: str, pattern: str, zone: str, language: str | None, latest: str) -> str:
    """Return SQL for a time as `parse_time` does; of a day without a time, its last second.

    So an outcome is never known before it was, and one of the day on which the lead came in does
    not come before the lead. The end of the data, `latest`, ends the day that it is in.
    """
    time = parse_time(text, pattern, zone, language)
    if pattern in EPOCH_FACTORS or (pattern not in TIME_FORMATS and not is_day(pattern)):
        return time
    next_day = drop_ancient(parse_any_time(text, pattern, zone, language, "INTERVAL 1 DAY"))
    written = write_serial(text) if pattern == "excel" else text
    is_whole_day = f"length({written}) = 10" if pattern in ("iso", "excel") else "true"
    end = f"least({next_day} - INTERVAL 1 SECOND, greatest({time}, TIMESTAMP '{latest}'))"
    return f"CASE WHEN {is_whole_day} THEN {end} ELSE {time} END"


def drop_ancient(time: str) -> str:
    return f"CASE WHEN {time} >= {OLDEST} THEN {time} END"


def parse_any_time(text: str, pattern: str, zone: str, language: str | None, later: str) -> str:
    if pattern in EPOCH_FACTORS:
        return parse_epoch(text, EPOCH_FACTORS[pattern])
    if pattern == "excel":
        return parse_iso(write_serial(text), zone, later)
    if pattern == "iso":
        return parse_iso(text, zone, later)
    return parse_pattern(text, pattern, zone, language, later)


def parse_epoch(text: str, factor: int) -> str:
    """Return SQL for so many of `factor` microseconds since 1970, written in full."""
    count = f"try_cast({text} AS DECIMAL(28, 6)) * {factor}"
    return f"CASE WHEN regexp_full_match({text}, '{EPOCH}') THEN try(make_timestamp(({count})::BIGINT)) END"


def write_serial(text: str) -> str:
    """Return SQL for the ISO time of a workbook's number of days, a day alone where it is whole."""
    days = f"try_cast(replace({text}, ',', '.') AS DOUBLE)"
    time = f"TIMESTAMP '1899-12-30' + to_seconds(round({days} * 86400)::BIGINT)"
    written = f"if({days} = trunc({days}), strftime({time}, '%Y-%m-%d'), strftime({time}, '%Y-%m-%d %H:%M:%S'))"
    return f"CASE WHEN regexp_full_match({text}, '{SERIAL}') THEN {written} END"


def parse_iso(text: str, zone: str, later: str) -> str:
    # The whole text must be a time: DuckDB reads over the name of a zone, and takes it for local.
    local = f"try_cast({text} AS TIMESTAMP)"
    clock = f"try_cast(regexp_extract({text}, '^[-0-9T:. ]+') AS TIMESTAMP)"
    aware = f"try_cast(regexp_replace({text}, '{BLANKS}([+-])', '\\1') AS TIMESTAMPTZ) AT TIME ZONE 'UTC'"
    local = local if later == NOT_LATER else f"{local} + {later}"
    time = (
        f"CASE WHEN {text}[-1] IN ('Z', 'z', 'C', 'T') THEN {clock} "
        f"WHEN regexp_matches({text}[12:], '[+-]') THEN {aware} "
        f"ELSE {place_local(local, zone, f'length({text}) = 10')} END"
    )
    return f"CASE WHEN regexp_full_match({text}, '{ISO}') THEN {time} END"


def parse_pattern(text: str, pattern: str, zone: str, language: str | None, later: str) -> str:
    """Return SQL for a time in a strptime pattern; an offset or zone in it is applied, and no other."""
    plain, odd = "".join(" " for _ in ODD_BLANKS), quote_text(ODD_BLANKS)
    # All of them are several bytes long: of plain text only the length is looked at.
    text = f"CASE WHEN strlen({text}) > length({text}) THEN translate({text}, {odd}, '{plain}') ELSE {text} END"
    text, pattern = translate_words(text, pattern.translate(dict.fromkeys(map(ord, ODD_BLANKS), " ")), language)
    if has_any(pattern, "zZ"):
        return bind(text, "spelt", lambda spelt: f"({parse_with_zone(spelt, pattern)} AT TIME ZONE 'UTC')")
    time = f"try_strptime({text}, {quote_text(pattern)})::TIMESTAMP"
    if is_in_utc(pattern):
        return time
    if not is_day(pattern):
        return bind(time, "local", lambda local: place_local(local, zone))
    return bind(f"{time} + {later}", "local", lambda local: place_local(local, zone, "true"))


def bind(sql: str, name: str, use: Callable[[str], str]) -> str:
    """Return SQL that works `sql` out once and uses it under a name.

    Elsewhere an expression is worked out wherever it stands, and one within another grows like a power.
    """
    return f"list_transform([{sql}], lambda {name}: {use(name)})[1]"


def parse_with_zone(text: str, pattern: str) -> str:
    """Return SQL for a time whose pattern has an offset (``%z``, or ``Z``) or the name of a zone (``%Z``)."""
    if has_any(pattern, "z"):
        return strptime(rf"regexp_replace({text}, '[Zz]\s*$', '+00:00')", pattern)
    names = "|".join(sorted(OFFSETS, key=len, reverse=True))
    found = rf"regexp_extract({text}, '\b(?:{names}|Z)\b')"
    cases = " ".join(f"WHEN '{name}' THEN '{hours:+03d}:00'" for name, hours in OFFSETS.items())
    spelt = f"replace({text}, {found}, CASE {found} {cases} ELSE '+00:00' END)"
    # A region (Europe/Madrid) is known by its slash; other names DuckDB reads as it likes (BST: Dhaka).
    return (
        f"CASE WHEN {found} <> '' THEN {strptime(spelt, pattern.replace('%Z', '%z'))} "
        f"WHEN regexp_matches({text}, '[A-Za-z]/[A-Za-z]') THEN {strptime(text, pattern)} END"
    )


def strptime(text: str, pattern: str) -> str:
    return f"try_strptime({text}, {quote_text(pattern)})::TIMESTAMPTZ"


def place_local(local: str, zone: str, is_day: str = "false") -> str:
    """Return SQL for a local time in UTC, NULL where the clocks skipped it.

    Of a day (where `is_day` holds) whose midnight was skipped it is the first moment.
    """
    if zone == "UTC":
        return f"({local})::TIMESTAMP"
    aware = f"timezone({quote_text(zone)}, ({local})::TIMESTAMP)"
    back = f"timezone({quote_text(zone)}, {aware})"
    was = f"{back} = ({local})::TIMESTAMP"
    was += "" if is_day == "false" else f" OR ({is_day} AND {back}::DATE = ({local})::DATE)"
    return f"CASE WHEN {was} THEN {aware} AT TIME ZONE 'UTC' END"


def translate_words(text: str, pattern: str, language: str | None) -> tuple[str, str]:
    """Return SQL and pattern in which names of months are their numbers, and halves of a day AM and PM.

    ``a. m.`` and ``p. m.``, with whatever blanks and points, need no language; the names of days are
    left out, since the date says what day it is.
    """
    if has_any(pattern, "p"):
        text = translate_halves(text, list_halves(language))
    if language is None:
        return text, pattern
    if has_any(pattern, "bB"):
        text = replace_word(text, list_months(language))
        pattern = re.sub("%[bB]", "%m", pattern)
    if has_any(pattern, "aA"):
        text = replace_word(text, dict.fromkeys(list_days(language), "Mon"))
        pattern = pattern.replace("%A", "%a")
    return text, pattern


def translate_halves(text: str, halves: dict[str, str]) -> str:
    """Return SQL in which each half of the day is AM or PM, however its letters are parted."""
    blank = "[ .]*"
    spelt = {half: blank.join(map(re.escape, half)) + "[.]?" for half in halves}

    def translate(text: str) -> str:
        translated = text
        for half in sorted(halves, key=len, reverse=True):
            pattern = quote_text(rf"(?i)(^|[^\p{{L}}]){spelt[half]}($|[^\p{{L}}])")
            translated = f"regexp_replace({translated}, {pattern}, '\\1{halves[half]}\\2')"
        # Most exports write it in one way, which needs no search.
        return f"CASE WHEN {text}[-3:] IN (' AM', ' PM', ' am', ' pm') THEN {text} ELSE {translated} END"

    return bind(text, "written", translate)


def replace_word(text: str, words: dict[str, str]) -> str:
    """Return SQL in which the first of some `words` (as keys, in small letters) stands as its value."""
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    pattern = quote_text("(?:^|[^\\p{L}])(" + "|".join(map(re.escape, longest_first)) + ")[.]?(?:$|[^\\p{L}])")
    cases = " ".join(f"WHEN {quote_text(word)} THEN {quote_text(meaning)}" for word, meaning in words.items())

    def replace_found(plain: str) -> str:
        found = f"regexp_extract({plain}, {pattern}, 1)"
        replaced = f"replace(replace({plain}, found || '.', found), found, CASE found {cases} END)"
        return bind(found, "found", lambda found: f"CASE WHEN {found} <> '' THEN {replaced} END")

    return bind(f"lower({text})", "plain", replace_found)


@cache
def list_halves(language: str | None) -> dict[str, str]:
    """Return AM or PM for each way to write a half of the day, in small letters without points and blanks."""
    halves = {"am": "AM", "pm": "PM"}
    if language is not None:
        for widths in load_locale(language).day_periods.values():
            for names in widths.values():
                halves |= {strip_points(names[half]): half.upper() for half in ("am", "pm") if half in names}
    # One letter alone (English narrow: a, p) might be anything.
    return {half: meaning for half, meaning in halves.items() if len(half) > 1}


@cache
def list_months(language: str) -> dict[str, str]:
    """Return the number, of two digits, of each name of a month: in full, short, and what begins it alone.

    >>> [list_months("es")[name] for name in ("enero", "sept", "sep", "dic")], "ju" in list_months("es")
    (['01', '09', '09', '12'], False)
    """
    locale, names = load_locale(language), {}
    wide = {number: spell(locale.months["format"]["wide"][number]) for number in range(1, 13)}
    for number, forms in wide.items():
        others = [form for other, found in wide.items() if other != number for form in found]
        for form in forms:
            begun = (form[:end] for end in range(SHORTEST_MONTH, len(form) + 1))
            names |= {begin: f"{number:02d}" for begin in begun if not any(o.startswith(begin) for o in others)}
    for context in locale.months.values():
        for number, name in context["abbreviated"].items():
            names |= {form: f"{number:02d}" for form in spell(name)}
    return {name: number for name, number in names.items() if not name.isdecimal()}


@cache
def list_days(language: str) -> list[str]:
    contexts = load_locale(language).days.values()
    names = [context[width][day] for context in contexts for width in ("wide", "abbreviated") for day in range(7)]
    return sorted({form for name in names for form in spell(name)})


def spell(name: str) -> set[str]:
    """Return a name in small letters without its point, with and without accents and what leads to it (Catalan de).

    >>> sorted(spell("févr.")), sorted(spell("de març"))
    (['fevr', 'févr'], ['marc', 'març'])
    """
    plain = re.sub(r"^(?:de |d['’])", "", name.lower()).rstrip(".").strip()
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(sign))
    return {plain, bare}


def strip_points(text: str) -> str:
    return re.sub(r"[\s.]", "", text).lower()


def load_locale(language: str):
    from babel import Locale

    return Locale.parse(language, sep="-" if "-" in language else "_")
