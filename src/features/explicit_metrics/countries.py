"""Country names in many languages to their ISO 3166 code, after Unicode's CLDR (Babel) and ISO (pycountry)."""

import re
from functools import cache, lru_cache

import pandas as pd

from src.features.explicit_metrics.rules import load_terms
from src.features.explicit_metrics.values import map_distinct
from src.features.text import fold_text

LANGUAGES = ("es", "en")
"""Languages in which any country is looked for first."""

OTHER_LANGUAGES = ("pt", "fr", "it", "de", "ca", "pt_PT", "nl", "pl")
"""Languages in which any country may be named too; the rest only name their own countries."""

# A code and a hyphen in front of one word, "es-madrid", unless it is the article of Arabic names.
SEPARATORS = re.compile(r"[()\[\]/|,;:]|\s-\s|-(?=[a-z]{2}$)|(?<=^(?!a[dlnrstz])[a-z]{2})-(?=\S+$)")
SHORTEST_MISSPELT = 5
"""Letters of the names of countries that may be misspelt: Iran and Iraq differ by one."""

SHORTEST_PLAIN = 4
"""Letters of a name without its kind of state: shorter ones would be codes."""

PUNCTUATION = re.compile(r"[^\w\s]")
APOSTROPHES = re.compile("['`\u02bb\u02be\u02bf\u2018]")
SAINT = re.compile(r"\bst(?= [a-z]{3})")


def find_countries(values: pd.Series) -> pd.Series:
    """Return the ISO 3166 alpha-2 code of each country named, missing where none is known."""
    return map_distinct(values, find_country)


def find_country(text: str) -> str | None:
    """Return the code of the country that `text` names, as a whole or in one of its parts.

    >>> find_country("ESPAÑA"), find_country("Deutschland"), find_country("fra"), find_country("Republic of Mali")
    ('ES', 'DE', 'FR', 'ML')
    """
    folded = fold_text(text)
    whole, *parts = [simplify_country(candidate) for candidate in (folded, *SEPARATORS.split(folded))]
    head, _, tail = folded.partition(",")  # "Congo, Democratic Republic of the"
    plain = remove_polity(whole)
    names = [whole, simplify_country(f"{tail} {head}"), plain, *([] if is_shared(whole) else parts)]
    for known in (list_common_names, list_other_names):
        codes = [known()[name] for name in names if name in known()]
        if codes:
            return codes[0]
    return None


@lru_cache(maxsize=100_000)
def find_misspelt_country(name: str) -> str | None:
    """Return the code of the one country whose name differs by a letter, or two that changed places.

    Only plain names are compared: "Republic of Iceland" is as near to Ireland as a word can be.

    >>> find_misspelt_country("germnay"), find_misspelt_country("nigera")
    ('DE', None)
    """
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import extract

    plain = remove_polity(simplify_country(name))
    near = extract(plain, list_plain_names(), scorer=OSA.distance, score_cutoff=1, limit=None)
    codes = {list_common_names()[spelling] for spelling, _, _ in near}
    return next(iter(codes)) if len(codes) == 1 and len(plain) >= SHORTEST_MISSPELT else None


def remove_polity(name: str) -> str:
    """Return a simplified name without what kind of state it is; what tells two states apart stays as it is.

    >>> remove_polity("bundesrepublik deutschland"), remove_polity("republic of korea")
    ('deutschland', 'republic of korea')
    """
    plain = drop_polity(name)
    return name if is_shared(name) or len(plain) < SHORTEST_PLAIN else plain


def drop_polity(name: str) -> str:
    return " ".join(word for word in name.split() if word not in load_terms("polity")["words"])


def is_shared(name: str) -> bool:
    """Say whether a name is of several states but for what kind of state each is, as of Korea and Congo."""
    plain = drop_polity(name)
    return plain != name and plain in list_shared_words()


def simplify_name(name: str) -> str:
    """Return a folded name without punctuation, ``&`` and ``the``.

    >>> simplify_name("the u.s.a."), simplify_name("trinidad & tobago")
    ('usa', 'trinidad and tobago')
    """
    plain = PUNCTUATION.sub(" ", re.sub(r"[.']", "", name.replace("&", " and ")))
    return " ".join(plain.split()).removeprefix("the ")


def simplify_country(name: str) -> str:
    """Return a name of a country in comparable form, with "Saint" written out.

    >>> simplify_country("St. Kitts & Nevis")
    'saint kitts and nevis'
    """
    return SAINT.sub("saint", simplify_name(APOSTROPHES.sub("", fold_text(name))))


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
    """Return names in Spanish and English, short and official, codes of two and three letters, and synonyms."""
    from babel.core import get_global

    names = list_iso_names()
    for language in LANGUAGES:
        names |= list_names(language, list_codes())
    names |= {code.casefold(): code for code in list_codes()}
    for alias, codes in get_global("territory_aliases").items():
        # Three letters or three digits; the two-letter aliases are countries that are gone.
        if len(alias) == 3 and len(codes) == 1 and codes[0] in list_codes():
            names[alias.casefold()] = codes[0]
    for code, synonyms in load_terms("countries").items():
        names |= {simplify_country(synonym): code for synonym in synonyms}
    return names


@cache
def list_plain_names() -> list[str]:
    """Return the names of `list_common_names` that are long enough to be misspelt and name no kind of state."""
    names = list_common_names()
    return [name for name in names if len(name) >= SHORTEST_MISSPELT and remove_polity(name) == name]


@cache
def list_shared_words() -> frozenset[str]:
    """Return the words that stand in the names of several countries."""
    countries: dict[str, set[str]] = {}
    for names in (list_common_names(), list_other_names()):
        for name, code in names.items():
            for word in name.split():
                countries.setdefault(word, set()).add(code)
    return frozenset(word for word, codes in countries.items() if len(codes) > 1)


def list_iso_names() -> dict[str, str]:
    """Return the short and official names of ISO 3166-1 in English and Spanish, simplified."""
    import gettext

    import pycountry

    spanish = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=["es"])
    names: dict[str, str] = {}
    for country in pycountry.countries:
        for kind in ("official_name", "common_name", "name"):
            if name := getattr(country, kind, None):
                for text in (name, spanish.gettext(name)):
                    head, _, tail = text.partition(", ")
                    names |= dict.fromkeys(
                        (simplify_country(text), simplify_country(f"{tail} {head}")), country.alpha_2
                    )
    return names


@cache
def list_other_names() -> dict[str, str]:
    """Return the names of all countries in other languages and of each in its own (a second, so on demand).

    A name that means one country in one language and another in the next is none.
    """
    from babel.languages import get_official_languages

    countries: dict[str, set[str]] = {language: set(list_codes()) for language in OTHER_LANGUAGES}
    for code in sorted(list_codes()):
        for language in get_official_languages(code, regional=True, de_facto=True):
            countries.setdefault(language, set()).add(code)
    found: dict[str, set[str]] = {}
    for language, codes in countries.items():
        for name, code in list_names(language, frozenset(codes)).items():
            found.setdefault(name, set()).add(code)
    return {name: next(iter(codes)) for name, codes in found.items() if len(codes) == 1}


def list_names(language: str, codes: frozenset[str]) -> dict[str, str]:
    """Return the simplified names of the countries `codes` in a language, with their short forms."""
    from babel import localedata

    if not localedata.exists(language):
        return {}
    names: dict[str, str] = {}
    # With `merge_inherited=False` Babel would remember a part of the language as all of it, for the whole process.
    for code, name in localedata.load(language)["territories"].items():
        if code in codes and isinstance(name, str):
            names[simplify_country(name)] = code
            # CLDR writes "Hong Kong SAR China" and "Myanmar (Burma)".
            names.setdefault(simplify_country(name.split("(")[0]), code)
    return names
