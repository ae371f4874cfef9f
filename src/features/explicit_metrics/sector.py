"""The sector of the company: a section of the European classification of activities.

Sections are those of NACE Rev. 2 (A to U), which the national codes in most exports follow
(CNAE-2009 in Spain). Rev. 2.1, in use since 2025, splits section J and moves the later letters
on by one, but leaves nearly all divisions: codes of either are read by their division.
"""

import re
from collections.abc import Collection

import pandas as pd

from src.features.explicit_metrics.rules import find_rule, load_rules
from src.features.explicit_metrics.values import clean_place, map_distinct
from src.features.text import fold_text

ROWS = [
    (
        "sector",
        "category",
        "section of NACE Rev. 2",
        "What the company does, by codes and synonyms (rules/sector.yaml).",
        "sector",
    ),
    (
        "sector_given",
        "category",
        "name",
        "The lead's own words for the sector, which also tell what no rule knows.",
        "sector",
    ),
    (
        "is_target_sector",
        "number",
        "yes/no",
        "The section is one the offers are for (company.target_sectors).",
        "sector",
    ),
]

SECTIONS = {
    "A": "agriculture, forestry and fishing",
    "B": "mining and quarrying",
    "C": "manufacturing",
    "D": "electricity and gas",
    "E": "water and waste",
    "F": "construction",
    "G": "wholesale and retail trade",
    "H": "transportation and storage",
    "I": "accommodation and food",
    "J": "information and communication",
    "K": "finance and insurance",
    "L": "real estate",
    "M": "professional, scientific and technical",
    "N": "administrative and support",
    "O": "public administration and defence",
    "P": "education",
    "Q": "health and social work",
    "R": "arts, entertainment and recreation",
    "S": "other services",
    "T": "households as employers",
    "U": "extraterritorial organisations",
}

DIVISIONS = {
    division: letter
    for letter, first, last in [
        ("A", 1, 3),
        ("B", 5, 9),
        ("C", 10, 33),
        ("D", 35, 35),
        ("E", 36, 39),
        ("F", 41, 43),
        ("G", 45, 47),
        ("H", 49, 53),
        ("I", 55, 56),
        ("J", 58, 63),
        ("K", 64, 66),
        ("L", 68, 68),
        ("M", 69, 75),
        ("N", 77, 82),
        ("O", 84, 84),
        ("P", 85, 85),
        ("Q", 86, 88),
        ("R", 90, 93),
        ("S", 94, 96),
        ("T", 97, 98),
        ("U", 99, 99),
    ]
    for division in range(first, last + 1)
}

# A code is announced, or stands in front with a letter, a point or all of its four digits: a
# bare 50 may as well count employees, and 2020 be a year.
SCHEME = r"(?:cnae|nace)(?:[ -]*rev[ .]*2(?:[.]1)?|[ -]*(?:93|2009|2025))?"
CODES = re.compile(
    rf"(?<!\w){SCHEME}\W*(?:[a-u]\W*)?(\d\d)[.,]?\d{{0,2}}(?!\d)"
    r"|\A(?:[a-u][ .-]?(\d\d)(?:[.,]?\d{1,2})?|(\d\d)[.,]\d\d?|(?!19|20[0-4])(\d\d)\d\d)(?![\w%]|[.,]\d)"
)
LETTER = re.compile(rf"(?:(?:{SCHEME}|seccion|section)\W+)?([a-u])(?:(?: -|[:.)]) [^\d\W]{{3}}.*|\W*)")


UNKNOWN = "unknown"
"""The rule of names that stand for several sections at once."""


def measure_sector(sector: pd.Series, targets: Collection[str]) -> dict[str, pd.Series]:
    """Return the sector metrics of each lead; `targets` are letters of sections, none where nothing is sought."""
    section = map_distinct(sector, find_section)
    return {
        "sector": section.map(lambda letter: f"{letter} {SECTIONS[letter]}", na_action="ignore"),
        "sector_given": map_distinct(sector, clean_place),
        "is_target_sector": section.isin(list(targets)).astype(float).where(section.notna() & bool(targets)),
    }


def find_section(text: str) -> str | None:
    """Return the letter of the section that a text tells by a code or in words, missing where none.

    >>> find_section("CNAE 6201"), find_section("COMPUTER_SOFTWARE"), find_section("Hostelería"), find_section("50")
    ('J', 'J', 'I', None)
    """
    folded = fold_text(text).replace("_", " ")
    if code := CODES.search(folded):
        return DIVISIONS.get(int(next(filter(None, code.groups()))))
    if (letter := LETTER.fullmatch(folded)) and letter[1].upper() in text:  # a small one was typed in haste
        return letter[1].upper()
    section = find_rule(load_rules("sector"), folded)
    return None if section == UNKNOWN else section
