"""The language of the pages: prose by its English sentence, codes by their key, numbers and dates as CLDR has them.

Sentences stand in templates (``{% trans %}``) and, for the words of a figure, in ``_("…")``; their translations are
in ``<language>.po`` beside what says them: in a page's folder or, for what several pages say, in ``languages/``.
What the data bring along as a code (a metric, a route, a rule's value) is in ``words.ini``, a line a code.
"""

from collections.abc import Iterable
from configparser import ConfigParser
from datetime import date
from functools import cache
from pathlib import Path

import pandas as pd
from babel.core import Locale
from babel.dates import format_date, format_skeleton
from babel.lists import format_list
from babel.messages.pofile import read_po

HERE = Path(__file__).parent
CATALOGUES = "languages"
WORDS = "words.ini"
LOCALES = {"en": "en_GB", "es": "es"}

_used = {"language": "en", "currency": "EUR"}


def use_language(language: str, currency: str = "EUR") -> None:
    """Write whatever follows in `language`, amounts in `currency`: a page is made by a process of its own."""
    _used.update(language=language, currency=currency)


def get_language() -> str:
    return _used["language"]


def get_currency() -> str:
    return _used["currency"]


def get_locale() -> Locale:
    return Locale.parse(LOCALES[get_language()])


@cache
def read_catalogue(language: str) -> dict[str, str | tuple[str, ...]]:
    """Return the translation of each sentence, of one with a plural all its forms; English has none."""
    found: dict[str, str | tuple[str, ...]] = {}
    for path in sorted(HERE.glob(f"*/{language}.po")):
        with path.open("rb") as file:
            for entry in read_po(file, locale=language, abort_invalid=True):
                if entry.id:
                    found[entry.id if isinstance(entry.id, str) else entry.id[0]] = entry.string
    return found


def gettext(sentence: str) -> str:
    """Return a sentence in the language of the page, its places open; in English where it has no translation."""
    found = read_catalogue(get_language()).get(sentence)
    return found if isinstance(found, str) and found else sentence


def ngettext(one: str, many: str, count: float) -> str:
    """Return the sentence for one or that for several; English and Spanish part them alike."""
    found = read_catalogue(get_language()).get(one)
    first, second = found if isinstance(found, tuple) and all(found) else (one, many)
    return first if count == 1 else second


@cache
def read_words() -> dict[str, dict[str, list[str]]]:
    """Return the words of each code, in the order of the languages, by the kind of code."""
    parser = ConfigParser(interpolation=None, delimiters=("=",), comment_prefixes=("#",))
    parser.optionxform = str
    parser.read(HERE / WORDS, encoding="utf-8")
    return {
        kind: {code: [text.strip() for text in texts.split("|")] for code, texts in parser.items(kind)}
        for kind in parser.sections()
    }


def find_word(kind: str, code: str) -> str | None:
    """Return the words of a code of a kind in the language of the page; None where nobody wrote any."""
    found = read_words()[kind].get(code)
    return found[list(LOCALES).index(get_language())] if found else None


def word(code: str, kind: str) -> str:
    """Return the words of a code, or its own letters where it has none.

    >>> word("sales", "route"), word("seat_in_course", "objective")
    ('called', 'seat in course')
    """
    found = find_word(kind, str(code))
    return str(code).replace("_", " ") if found is None else found


def write_date(moment: str | date | pd.Timestamp) -> str:
    return format_date(pd.Timestamp(moment), "long", locale=get_locale())


def write_month(moment: str | date | pd.Timestamp) -> str:
    return format_skeleton("yMMMM", pd.Timestamp(moment), locale=get_locale())


def write_list(names: Iterable[str]) -> str:
    """Return names as words of a sentence.

    >>> write_list(["value", "cost", "factor"])
    'value, cost and factor'
    """
    return format_list(list(names), locale=get_locale())
