"""Cities and regions of the gazetteer by the names under which people know them.

The data and their licences are in ``src/features/gazetteer``. A key is a comparable name; several
cities or regions may share one, the more important ones of a country first.
"""

import lzma
import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path
from typing import Literal, NamedTuple

from src.features.explicit_metrics.countries import SEPARATORS, simplify_name
from src.features.explicit_metrics.rules import compile_words, load_terms
from src.features.text import fold_text

FOLDER = Path(__file__).parent.parent / "gazetteer"
CITIES = FOLDER / "cities.tsv.xz"
REGIONS = FOLDER / "regions.tsv.xz"

# Official lists write "Coruña, A" and "Palmas, Las".
INVERTED = re.compile(r"(.+?)\s*[,(]\s*(a|o|as|os|el|la|las|los|les|els|l'|the)\s*\)?")
ABBREVIATIONS = {
    "cd": "ciudad",
    "cdad": "ciudad",
    "ft": "fort",
    "mt": "mount",
    "pto": "puerto",
    "st": "saint",
    "sta": "santa",
    "ste": "sainte",
    "sto": "santo",
}

# What a region is, before or after its name: "provincia de Sevilla", "Toledo province".
KIND_BEFORE = re.compile(
    r"(?:the )?(?:provincia|province|provinz|provincia autonoma|region|regione|comunidad(?: autonoma)?|principado"
    r"|estado|state|departamento|depto|dpto|departement|county|condado|canton|kanton|regiao|distrito|district|governorate"
    r"|prov|land|republic|republica)(?: del| de la| de los| de| do| da| di| du| des| of(?: the)?|) "
)
KIND_AFTER = re.compile(
    r" (?:provincia|province|region|state|county|department|canton|district|governorate|prefecture|oblast|krai|kray"
    r"|voivodeship|municipality|autonomous community|capital)"
)

AND = re.compile(r"\s?&\s?|\s(?:and|y|e|i)\s")
POSTAL_CODE = re.compile(r"(?<!\w)\d{4,5}(?!\w)")

SHORTEST_MISSPELT = 6
LONG_NAME = 9
"""Letters from which a name may have two wrong ones."""

SMALLEST_MISSPELT = 15_000
"""Inhabitants of the cities whose names may be misspelt."""


class City(NamedTuple):
    country: str
    name: str
    region: str | None
    latitude: float
    longitude: float
    population: int
    zone: str


class Region(NamedTuple):
    """An ISO 3166-2 region; its point, zone and population are those of its largest city."""

    code: str
    parents: frozenset[str]
    latitude: float
    longitude: float
    population: int
    zone: str | None

    @property
    def country(self) -> str:
        return self.code[:2]


def simplify_place(text: str) -> str:
    """Return the comparable name of a place.

    >>> simplify_place("Coruña, A"), simplify_place("L'Hospitalet"), simplify_place("Sta. Cruz de Tenerife")
    ('a coruna', 'lhospitalet', 'santa cruz de tenerife')
    """
    folded = fold_text(text)
    if inverted := INVERTED.fullmatch(folded):
        folded = f"{inverted[2]} {inverted[1]}"
    return " ".join(ABBREVIATIONS.get(word, word) for word in simplify_name(folded).split())


def simplify_region(text: str) -> str:
    """Return the comparable name of a region without the word for what it is.

    >>> simplify_region("Provincia de Sevilla"), simplify_region("Toledo Province"), simplify_region("Región")
    ('sevilla', 'toledo', 'region')
    """
    name = simplify_place(text)
    if before := KIND_BEFORE.match(name):
        name = name[before.end() :]
    after = KIND_AFTER.search(name)
    return name[: after.start()] if after and after.end() == len(name) and after.start() else name


def read_lines(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in lzma.decompress(path.read_bytes()).decode().splitlines()]


@cache
def load_cities() -> dict[str, list[City]]:
    """Return the cities by key; those of one country stand in order of importance."""
    synonyms = load_terms("cities")
    found: dict[str, list[City]] = {}
    for country, name, region, latitude, longitude, population, zone, others in read_lines(CITIES):
        code = f"{country}-{region}" if region else None
        city = City(country, name, code, float(latitude), float(longitude), int(population), zone)
        keys = [name, *others.split("|")] if others else [name]
        for key in dict.fromkeys(keys):
            found.setdefault(key, []).append(city)
        for synonym in synonyms.get(f"{code} {name}", ()):  # ours go before what GeoNames means by them
            found.setdefault(simplify_place(synonym), []).insert(0, city)
    return found


@cache
def load_regions() -> dict[str, list[Region]]:
    """Return the regions by key, the wider ones first."""
    synonyms = load_terms("regions")
    found: dict[str, list[Region]] = {}
    for region, names in sorted(list_regions().values(), key=lambda entry: len(entry[0].parents)):
        code = region.code.casefold().replace("-", " ")
        for key in {*names, *map(simplify_place, synonyms.get(region.code, ())), code}:
            found.setdefault(key, []).append(region)
    return found


@cache
def list_regions() -> dict[str, tuple[Region, list[str]]]:
    """Return each region and its names, by ISO 3166-2 code."""
    regions = {}
    for code, parents, latitude, longitude, population, zone, names in read_lines(REGIONS):
        point = (float(latitude), float(longitude), int(population)) if zone else (float("nan"), float("nan"), 0)
        regions[code] = Region(code, frozenset(parents.split()), *point, zone or None), names.split("|")
    return regions


def find_region_code(code: str | None) -> Region | None:
    """Return the region of an ISO 3166-2 code."""
    entry = list_regions().get(code or "")
    return entry and entry[0]


@cache
def load_main_zones() -> dict[str, str]:
    """Return the time zone of each country's largest city."""
    largest: dict[str, City] = {}
    for city in chain.from_iterable(load_cities().values()):
        if city.country not in largest or city.population > largest[city.country].population:
            largest[city.country] = city
    return {country: city.zone for country, city in largest.items()}


def select_country(places: Iterable, country: str) -> list:
    return [place for place in places if place.country == country]


@lru_cache(maxsize=100_000)
def lookup_cities(text: str) -> Sequence[City]:
    """Return the cities, of any country, that a text names as a whole or in its first known part."""
    for name in list_candidates(text):
        if name in load_cities():
            return load_cities()[name]
        if name in load_regions():  # before León, of Castilla y León
            return ()
    return ()


@lru_cache(maxsize=100_000)
def lookup_regions(text: str | None) -> Sequence[Region]:
    """Return the regions, of any country, that a text names as a whole or in its first known part."""
    names = [key for name in list_candidates(text or "") for key in (name, simplify_region(name))]
    return next((load_regions()[name] for name in names if name in load_regions()), ())


def list_candidates(text: str) -> list[str]:
    """Return the comparable names in a text: the whole, without what surrounds it, and its parts.

    >>> list_candidates("thane & outskirts")
    ['thane and outskirts', 'thane and', 'thane', 'outskirts']
    """
    parts = [text, *SEPARATORS.split(text), *AND.split(text)]
    bare = [compile_noise().sub(" ", POSTAL_CODE.sub(" ", part)) for part in parts]
    names = map(simplify_place, [text, bare[0], *parts, *bare])
    return [name for name in dict.fromkeys(names) if name]


@cache
def compile_noise() -> re.Pattern[str]:
    return compile_words(sorted(load_terms("places")["noise"], key=lambda word: (-len(word), word)))


@lru_cache(maxsize=100_000)
def find_misspelt(name: str, country: str, kind: Literal["city", "region"]) -> list:
    """Return the city or region of a country whose name differs by a letter or two, if it is one.

    >>> [city.name for city in find_misspelt("barcelna", "ES", "city")], find_misspelt("barcelna", "FR", "city")
    (['barcelona'], [])
    """
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import extract

    if len(name) < SHORTEST_MISSPELT or any(map(str.isdigit, name)):
        return []
    most = 2 if len(name) >= LONG_NAME else 1
    spellings = list_spellings(country, kind).get(name[0], {})
    near = extract(name, list(spellings), scorer=OSA.distance, score_cutoff=most, limit=None)
    best = min((distance for _, distance, _ in near), default=None)
    places = {spellings[spelling] for spelling, distance, _ in near if distance == best}
    return list(places) if len(places) == 1 else []


@cache
def list_spellings(country: str, kind: Literal["city", "region"]) -> dict[str, dict[str, City | Region]]:
    """Return what may be misspelt, by name and by its first letter, in which few people err."""
    spellings: dict[str, dict[str, City | Region]] = {}
    for name, places in (load_cities() if kind == "city" else load_regions()).items():
        place = next(iter(select_country(places, country)), None)
        if place is not None and len(name) >= SHORTEST_MISSPELT and (kind == "region" or is_well_known(place, name)):
            spellings.setdefault(name[0], {})[name] = place
    return spellings


def is_well_known(city: City, name: str) -> bool:
    """Say whether people err about a city's name: villages and rare short names would attract others."""
    return city.population >= SMALLEST_MISSPELT and (len(name) >= LONG_NAME or name == city.name)
