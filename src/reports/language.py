"""The words of the reports: English in the code, every other language in its catalogue.

A message is an English text with named places: ``say("{calls} of {leads}", calls="7", leads="90")``. It is
looked up first and filled afterwards, so a translation may put its values in another order. Values are
words already: numbers come from `src.reports.text`, which writes them as the language does.
"""

from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path

from babel.core import Locale
from babel.dates import format_date, format_skeleton
from babel.lists import format_list
from babel.messages.pofile import read_po

CATALOGUES = Path(__file__).with_name("languages")
LOCALES = {"en": "en_GB", "es": "es"}
"""Whose forms of numbers, dates and lists each language has (CLDR)."""

Catalogue = dict[str, str | tuple[str, str]]

_spoken = ["en"]


def use_language(language: str) -> None:
    """Write whatever follows in `language`: a page is made by a process of its own, in one language."""
    _spoken[0] = language


def get_language() -> str:
    return _spoken[0]


@cache
def read_catalogue(language: str) -> Catalogue:
    """Return the translation of each message, of one with a plural both forms by that for one; English has none."""
    if language == "en":
        return {}
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        entries = read_po(file, locale=language, abort_invalid=True)
    return {entry.id if isinstance(entry.id, str) else entry.id[0]: entry.string for entry in entries if entry.id}


def translate(message: str) -> str:
    """Return a message with its places open, in the language of the page; in English where it has no translation."""
    return read_catalogue(get_language()).get(message, message)


def say(message: str, /, **values: str) -> str:
    """Return a message in the language of the page, filled.

    >>> say("{calls} of {leads}", calls="7", leads="1,234")
    '7 of 1,234'
    """
    return translate(message).format(**values)


def say_plural(one: str, many: str, count: float, /, **values: str) -> str:
    """Return the message for one or that for several; English and Spanish part them alike.

    >>> say_plural("{leads} lead", "{leads} leads", 1, leads="1")
    '1 lead'
    """
    first, second = read_catalogue(get_language()).get(one, (one, many))
    return (first if count == 1 else second).format(**values)


def mark(message: str) -> str:
    """Return a message as it is: set where the language is not known yet, it is said where it is shown."""
    return message


def write_digits(text: str) -> str:
    """Return a number that is written ``1,234.5`` with the separators of the language."""
    symbols = Locale.parse(LOCALES[get_language()]).number_symbols["latn"]
    return text.translate({ord(","): symbols["group"], ord("."): symbols["decimal"]})


def write_date(day: date) -> str:
    return format_date(day, "long", locale=LOCALES[get_language()])


def write_month(day: date) -> str:
    return format_skeleton("yMMMM", day, locale=LOCALES[get_language()])


def write_names(names: Sequence[str]) -> str:
    """Return names as words of a sentence."""
    return format_list(list(names), locale=LOCALES[get_language()])
