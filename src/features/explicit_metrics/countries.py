"""Country names in many languages to their ISO 3166 code, after Unicode's CLDR (Babel)."""

import re
from functools import cache, lru_cache

import pandas as pd

from src.features.explicit_metrics.rules import load_terms
from src.features.explicit_metrics.values import map_distinct
from src.features.text import fold_text

LANGUAGES = ("es", "en")
"""Languages in which any country may be named; the others only name their own countries."""

SEPARATORS = re.compile(r"[()\[\]/|,;:]|\s-\s|-(?=[a-z]{2}$)|(?<=^[a-z]{2})-")
SHORTEST_MISSPELT = 5
"""Letters of the names of countries that may be misspelt: Iran and Iraq differ by one."""

PUNCTUATION = re.compile(r"[^\w\s]")


def find_countries(values: pd.Series) -> pd.Series:
    """Return the ISO 3166 alpha-2 code of each country named, missing where none is known."""
    return map_distinct(values, find_country)


def find_country(text: str) -> str | None:
    """Return the code of the country that `text` names, as a whole or in one of its parts.

    >>> find_country("ESPAÑA"), find_country("Deutschland"), find_country("fra")
    ('ES', 'DE', 'FR')
    """
    folded = fold_text(text)
    candidates = [folded, *SEPARATORS.split(folded)]
    names = [simplify_name(candidate) for candidate in candidates]
    for known in (list_common_names, list_own_names):
        codes = [known()[name] for name in names if name in known()]
        if codes:
            return codes[0]
    return None


@lru_cache(maxsize=100_000)
def find_misspelt_country(name: str) -> str | None:
    """Return the code of the one country whose name differs by a letter, or two that changed places.

    >>> find_misspelt_country("germnay"), find_misspelt_country("nigera")
    ('DE', None)
    """
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import extract

    spellings = [spelling for spelling in list_common_names() if len(spelling) >= SHORTEST_MISSPELT]
    near = extract(name, spellings, scorer=OSA.distance, score_cutoff=1, limit=None)
    codes = {list_common_names()[spelling] for spelling, _, _ in near}
    return next(iter(codes)) if len(codes) == 1 and len(name) >= SHORTEST_MISSPELT else None


def simplify_name(name: str) -> str:
    """Return a folded name without punctuation, ``&`` and ``the``.

    >>> simplify_name("the u.s.a."), simplify_name("trinidad & tobago")
    ('usa', 'trinidad and tobago')
    """
    plain = PUNCTUATION.sub(" ", re.sub(r"[.']", "", name.replace("&", " and ")))
    return " ".join(plain.split()).removeprefix("the ")


@cache
def list_codes() -> frozenset[str]:
    """Return the alpha-2 codes that are countries or territories, without regions such as EU."""
    from babel.localedata import load

    codes = load("en")["territories"]
    return frozenset(code for code in codes if len(code) == 2 and code.isalpha()) - NO_COUNTRIES


NO_COUNTRIES = {"EU", "EZ", "UN", "ZZ", "XA", "XB", "QO", "IC", "EA", "AC", "CP", "CQ", "DG", "TA"}
"""Groups of countries, placeholders, and parts of a country that have a code of their own."""


@cache
def list_common_names() -> dict[str, str]:
    """Return names in Spanish and English, codes of two and three letters, and synonyms."""
    from babel.core import get_global

    names: dict[str, str] = {}
    for language in LANGUAGES:
        names |= list_names(language, list_codes())
    names |= {code.casefold(): code for code in list_codes()}
    for alias, codes in get_global("territory_aliases").items():
        # Three letters or three digits; the two-letter aliases are countries that are gone.
        if len(alias) == 3 and len(codes) == 1 and codes[0] in list_codes():
            names[alias.casefold()] = codes[0]
    for code, synonyms in load_terms("countries").items():
        names |= {simplify_name(synonym): code for synonym in synonyms}
    return names


@cache
def list_own_names() -> dict[str, str]:
    """Return the names of countries in their own official languages (half a second, so on demand)."""
    from babel.languages import get_official_languages

    countries: dict[str, set[str]] = {}
    for code in sorted(list_codes()):
        for language in get_official_languages(code, regional=True, de_facto=True):
            countries.setdefault(language, set()).add(code)
    names: dict[str, str] = {}
    for language in sorted(countries):
        names |= list_names(language, frozenset(countries[language]))
    return names


def list_names(language: str, codes: frozenset[str]) -> dict[str, str]:
    """Return the simplified names of the countries `codes` in a language, with their short forms."""
    from babel import localedata

    if not localedata.exists(language):
        return {}
    names: dict[str, str] = {}
    # With `merge_inherited=False` Babel would remember a part of the language as all of it, for the whole process.
    for code, name in localedata.load(language)["territories"].items():
        if code in codes and isinstance(name, str):
            names[simplify_name(fold_text(name))] = code
            # CLDR writes "Hong Kong SAR China" and "Myanmar (Burma)".
            names.setdefault(simplify_name(fold_text(name.split("(")[0])), code)
    return names
