"""Where each lead is: country, region, city and time zone, given or deduced from the other fields."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from src.features.explicit_metrics.countries import (
    SEPARATORS,
    find_country,
    find_misspelt_country,
    list_codes,
    list_common_names,
)
from src.features.explicit_metrics.gazetteer import (
    SMALLEST_MISSPELT,
    City,
    Region,
    find_misspelt,
    find_region_code,
    load_cities,
    load_main_zones,
    load_regions,
    lookup_cities,
    lookup_regions,
    select_country,
    simplify_place,
    simplify_region,
)
from src.features.explicit_metrics.rules import load_terms
from src.features.explicit_metrics.values import clean_category, map_distinct
from src.features.text import fold_text

POSTAL_COUNTRY = "ES"
# The provinces in the order of the first two digits of their postal codes, 01 to 52.
POSTAL_PROVINCES = [
    "VI", "AB", "A", "AL", "AV", "BA", "PM", "B", "BU", "CC", "CA", "CS", "CR", "CO", "C", "CU", "GI", "GR",
    "GU", "SS", "H", "HU", "J", "LE", "L", "LO", "LU", "M", "MA", "MU", "NA", "OR", "O", "P", "GC", "PO",
    "SA", "TF", "S", "SG", "SE", "SO", "T", "TE", "TO", "V", "VA", "BI", "ZA", "Z", "CE", "ML",
]  # fmt: skip
# Spreadsheets cut a leading zero and add ".0"; "114 55" is Swedish and "110 00" Czech.
POSTAL_CODE = re.compile(r"(\D*?)(\d{1,2})[ .]?\d{3}(?:[.,]0)?(\D*)")
POSTAL_WORDS = {"", "cp", "c p", "e", "codigo postal"}

LONGEST_POSTAL = 60
"""Characters of the field of the postal code that are looked at."""

CLEAR_MARGIN = 5
"""How many times as large as the next a city must be, for its name alone to tell the country."""

FAR_SMALLER = 100
"""How many times as large a city abroad makes a town of the default country improbable."""

HINT_MARGIN = 10
"""The same for the country that the phone or the e-mail hints at."""

SHORTEST_COUNTRY = 4
"""Letters of a country's name that may stand in another field: codes are ambiguous there."""

SMALLEST_ABROAD = 500_000
"""Inhabitants of a town abroad that may stand where a country should: smaller ones are names of something else too."""

NO_COUNTRY = ""
"""Stands for the default country where none is expected."""

NOWHERE = (float("nan"), float("nan"))


class Clues(NamedTuple):
    """What the fields of a lead say about its place, cleaned; anything may be missing."""

    country: str | None
    is_elsewhere: bool
    """A country was given that is not known: there is no reason to expect the lead in the default one."""
    region: str | None
    city: str | None
    postal: str | None
    phone: str | None
    email: str | None


class Place(NamedTuple):
    """One row of `find_places`."""

    country: str | None
    country_from: str | None
    region: str | None
    city: str | None
    latitude: float
    longitude: float
    place_from: str | None
    zone: str | None


def find_places(leads: pd.DataFrame, emails: pd.DataFrame, phones: pd.DataFrame, default_country: str) -> pd.DataFrame:
    """Return where each lead is, one row a lead.

    Parameters
    ----------
    leads : DataFrame
        With ``country``, ``region``, ``city`` and ``postal_code`` as they were typed.
    emails : DataFrame
        With ``kind`` and ``domain`` (ASCII) of each lead's address; index as `leads`.
    phones : DataFrame
        With ``country`` (ISO code) and ``has_prefix`` (typed with an international prefix) of each
        lead's number; index as `leads`.
    default_country : str
        Where a lead is expected to be when the name of its city exists in several countries; `NO_COUNTRY`
        where none is expected.

    Returns
    -------
    DataFrame
        ``country`` (ISO 3166-1) and ``country_from`` (given, city, region, phone, e-mail, postal
        code: the first of these that tells it); ``region`` (ISO 3166-2); ``city`` (comparable name);
        ``latitude``, ``longitude`` (degrees, of the city, else the largest city of the province or
        region) and ``place_from`` (city, postal code, region); ``zone`` (IANA time zone).
    """
    country = find_given_countries(leads["country"], default_country)
    domains = emails["domain"].where(emails["kind"].isin(["corporate", "free"]))
    clues = pd.DataFrame(
        {
            "country": country,
            "is_elsewhere": leads["country"].notna() & country.isna(),
            "region": map_distinct(leads["region"], clean_category),
            "city": map_distinct(leads["city"], clean_category),
            "postal": map_distinct(leads["postal_code"], find_postal_prefix),
            "phone": phones["country"].where(phones["has_prefix"] & phones["country"].isin(list_codes())),
            "email": map_distinct(domains, find_domain_country),
        }
    )
    codes, distinct = number_rows(clues)
    places = [find_place(Clues(*row), default_country) for row in distinct]
    answers = pd.DataFrame(places, columns=list(Place._fields), dtype=object)
    return answers.astype({"latitude": float, "longitude": float}).take(codes).set_axis(leads.index)


def number_rows(frame: pd.DataFrame) -> tuple[np.ndarray, list[tuple]]:
    """Return the number of each row among the distinct ones, and the distinct rows, missing as None."""
    numbers = np.zeros(len(frame), dtype=np.int64)
    for name in frame:
        codes, values = pd.factorize(frame[name])  # missing has the code -1
        numbers = pd.factorize(numbers * (len(values) + 1) + codes + 1)[0]
    first = ~pd.Series(numbers).duplicated().to_numpy()
    rows = frame[first].astype(object)
    return numbers, list(rows.where(rows.notna(), None).itertuples(index=False, name=None))


def find_given_countries(values: pd.Series, default_country: str) -> pd.Series:
    """Return the ISO code of what stands in each country's field, missing where it is not understood."""
    return map_distinct(values, lambda text: find_given_country(text, default_country))


def find_given_country(text: str, default_country: str) -> str | None:
    """Return the country that a text names or misspells, or of the region or city it names instead.

    >>> [find_given_country(text, "ES") for text in ("Spain", "Germnay", "Cataluña", "ESPAÑA-MADRID", "Narnia")]
    ['ES', 'DE', 'ES', 'ES', None]
    """
    folded = fold_text(text)
    parts = [part for part in folded.split("-") if SHORTEST_COUNTRY <= len(part) < len(folded)]
    whole = find_country(folded) or find_country_of_place(folded, default_country) or find_misspelt_country(folded)
    named = {code for code in map(find_country, parts) if code}
    return whole or (named.pop() if len(named) == 1 else None)


def find_country_of_place(text: str, default_country: str) -> str | None:
    """Return the country of a region or a town that stands where a country should; villages are no countries."""
    name = simplify_place(text)
    towns = [
        city
        for city in load_cities().get(name, ())
        if city.population >= (SMALLEST_MISSPELT if city.country == default_country else SMALLEST_ABROAD)
    ]
    regions = load_regions().get(name) or load_regions().get(simplify_region(text), ())
    return choose_country(measure_countries([*regions, *towns]), default_country, [])


def find_postal_prefix(text: str) -> str | None:
    """Return the digits of the province in what can be a Spanish postal code.

    A code of four digits has lost its zero: then it is one digit.

    >>> find_postal_prefix("28013"), find_postal_prefix("8001"), find_postal_prefix("75001")
    ('28', '8', None)
    >>> find_postal_prefix("C.P. 28013"), find_postal_prefix("28013 Madrid"), find_postal_prefix("Berlin 10115")
    ('28', '28', None)
    """
    found = POSTAL_CODE.fullmatch(text.strip()[:LONGEST_POSTAL])
    if not found or not found[2].isascii() or not 1 <= int(found[2]) <= len(POSTAL_PROVINCES):
        return None
    return found[2] if all(stands_beside_code(words) for words in (found[1], found[3])) else None


def stands_beside_code(text: str) -> bool:
    """Say whether a text may stand beside a Spanish postal code: the word for it, or a place in Spain."""
    if simplify_place(text) in POSTAL_WORDS or find_country(text) == POSTAL_COUNTRY:
        return True
    return bool(select_country([*lookup_cities(text), *lookup_regions(text)], POSTAL_COUNTRY))


def find_domain_country(domain: str) -> str | None:
    """Return the country a domain belongs to; what is sold to everybody tells none.

    >>> find_domain_country("acme.es"), find_domain_country("acme.co"), find_domain_country("acme.com.co")
    ('ES', None, 'CO')
    """
    *_, second, top = ["", *domain.casefold().split(".")]
    terms = load_terms("places")
    if top in terms["generic_domains"] and second not in terms["country_seconds"]:
        return None
    code = "GB" if top == "uk" else top.upper()
    return code if code in list_codes() else None


def find_place(clues: Clues, default_country: str) -> Place:
    """Return where a lead with these `clues` is."""
    country, source = find_country_of(clues, default_country)
    if country is None:
        return Place(None, None, None, keep_known(clues.city), *NOWHERE, None, None)
    given = find_region(clues.region, country)
    city = find_city(clues.city, country, given)
    named = find_named_region(clues.city, country) if city is None else None
    postal = find_province(clues.postal) if country == POSTAL_COUNTRY else None
    region = choose_region([given, find_region_code(city and city.region), named, postal])
    name = city.name if city else keep_known(clues.city)
    latitude, longitude, place_from = find_point(city, postal, region)
    zone = next((place.zone for place in (city, region) if place and place.zone), load_main_zones().get(country))
    return Place(country, source, region and region.code, name, latitude, longitude, place_from, zone)


def keep_known(text: str | None) -> str | None:
    """Return the name of a city if there is one of that name anywhere: other texts may name the person."""
    name = simplify_place(text or "")
    return name if name in load_cities() else None


def find_point(city: City | None, postal: Region | None, region: Region | None) -> tuple[float, float, str | None]:
    """Return latitude and longitude of the most exact place, and which it is."""
    places = (("city", city), ("postal code", postal), ("region", region))
    for source, place in places:
        if place and place.zone:  # a region without any known city has neither a zone nor a point
            return place.latitude, place.longitude, source
    return *NOWHERE, None


def choose_region(regions: list[Region | None]) -> Region | None:
    """Return the first region, or of those that lie in it (a province in its community) the first."""
    known = [region for region in regions if region]
    if not known:
        return None
    return next((region for region in known if known[0].code in region.parents), known[0])


def find_country_of(clues: Clues, default_country: str) -> tuple[str | None, str | None]:
    """Return the country and what tells it, in order of trust."""
    if clues.country:
        return clues.country, "given"
    if clues.is_elsewhere:
        default_country = NO_COUNTRY
    hints = [hint for hint in (clues.phone, clues.email) if hint]
    regions = measure_countries(lookup_regions(clues.region))
    if clues.city and (country := find_country_of_city(clues.city, regions, default_country, hints)):
        return country, "city"
    if clues.region and (country := find_country_of_region(clues.region, regions, default_country, hints)):
        return country, "region"
    if hints:
        return hints[0], "phone" if clues.phone else "e-mail"
    # Five digits are a postal code in many countries, so nothing else may be known.
    if clues.postal and len(clues.postal) == 2 and default_country == POSTAL_COUNTRY:
        return POSTAL_COUNTRY, "postal code"
    return None, None


def find_country_of_city(text: str, regions: dict[str, int], default_country: str, hints: list[str]) -> str | None:
    """Return the country of what stands in the city's field; `regions` are the countries of the region's."""
    sizes = measure_countries([*lookup_cities(text), *lookup_regions(text)])
    both = {country: size for country, size in sizes.items() if country in regions}
    country = choose_named_country(text, both or sizes, default_country, hints)
    if not country and not both:  # Porto is also what two other towns were once called
        own = [city for city in lookup_cities(text) if city.name == simplify_place(text)]
        country = choose_country(measure_countries(own), default_country, hints)
    if country or sizes:
        return country
    return next((country for country in (*hints, default_country) if find_city(text, country, None)), None)


def find_country_of_region(text: str, sizes: dict[str, int], default_country: str, hints: list[str]) -> str | None:
    """Return the country of what stands in the region's field; `sizes` are those of `lookup_regions`."""
    country = choose_named_country(text, sizes, default_country, hints)
    if country or sizes:
        return country
    return default_country if find_misspelt(simplify_region(text), default_country, "region") else None


def measure_countries(places: Sequence[City | Region]) -> dict[str, int]:
    """Return for each country that has one of the `places` the inhabitants of its largest."""
    sizes: dict[str, int] = {}
    for place in places:
        sizes[place.country] = max(place.population, sizes.get(place.country, 0))
    return sizes


def choose_country(sizes: dict[str, int], default_country: str, hints: list[str]) -> str | None:
    """Return the country in which a place of that name is probably meant.

    >>> choose_country({"CO": 44_000, "ES": 690_000}, "ES", [])
    'ES'
    >>> choose_country({"CL": 4_800_000, "DO": 1_200_000}, "ES", []) is None
    True
    """
    if not sizes:
        return None
    ranked = sorted(sizes, key=lambda country: (-sizes[country], country))
    largest = sizes[ranked[0]]
    for hint in hints:
        if hint in sizes and sizes[hint] * HINT_MARGIN >= largest:
            return hint
    if default_country in sizes and sizes[default_country] * FAR_SMALLER >= largest:
        return default_country
    return ranked[0] if len(ranked) == 1 or largest > CLEAR_MARGIN * sizes[ranked[1]] else None


def choose_named_country(text: str, sizes: dict[str, int], default_country: str, hints: list[str]) -> str | None:
    """Return the country that a text names in full beside or instead of a place, else the probable one.

    >>> choose_named_country("valencia, venezuela", {"ES": 820_000, "VE": 1_600_000}, "ES", [])
    'VE'
    >>> choose_named_country("toledo, ohio", {"ES": 87_000, "US": 270_000}, "ES", [])
    'US'
    """
    *before, last = [simplify_place(part) for part in SEPARATORS.split(text) if part.strip()] or [""]
    named = list_common_names().get(last) if len(last) >= SHORTEST_COUNTRY else None
    # Georgia after Atlanta is no country, and Granada, the Spanish name of one, is a city first.
    is_alone = not before and default_country != NO_COUNTRY and default_country not in sizes
    if named and (named in sizes or not sizes or is_alone):
        return named
    regions = {region.country for region in lookup_regions(last)} if before else set()
    within = {country: size for country, size in sizes.items() if country in regions}
    return choose_country(within or sizes, default_country, hints)


def find_city(text: str | None, country: str, region: Region | None) -> City | None:
    """Return the city of a country, in the region if one has that name there, else the largest."""
    if not text:
        return None
    cities = select_country(lookup_cities(text), country)
    if not cities and not lookup_regions(text):
        cities = find_misspelt(simplify_place(text), country, "city")
    within = [city for city in cities if region and is_within(find_region_code(city.region), region)]
    return next(iter(within or cities), None)


def is_within(inner: Region | None, outer: Region) -> bool:
    return inner is not None and (inner == outer or outer.code in inner.parents)


def find_region(text: str | None, country: str) -> Region | None:
    """Return the region of a country that a text names, abbreviates as its code does, or misspells.

    A city in its stead counts as its region.
    """
    if not text:
        return None
    city = next(iter(select_country(lookup_cities(text), country)), None)
    return (
        find_named_region(text, country)
        or find_region_code(f"{country}-{text.upper()}")
        or find_region_code(city and city.region)
        or next(iter(find_misspelt(simplify_region(text), country, "region")), None)
    )


def find_named_region(text: str | None, country: str) -> Region | None:
    return next(iter(select_country(lookup_regions(text), country)), None)


def find_province(prefix: str | None) -> Region | None:
    return find_region_code(f"{POSTAL_COUNTRY}-{POSTAL_PROVINCES[int(prefix) - 1]}") if prefix else None
