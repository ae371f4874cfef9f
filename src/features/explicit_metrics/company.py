"""The organisation the lead works for: whether there is one, how large, in which sector."""

import math
import re

import numpy as np
import pandas as pd

from src.features.explicit_metrics.rules import find_rule, load_rules
from src.features.explicit_metrics.text import fold_text
from src.features.explicit_metrics.values import (
    clean_place,
    list_metrics,
    map_distinct,
    mark_given,
)

METRICS = list_metrics(
    "company",
    [
        ("has_company", "number", "yes/no", "The lead named a company.", "company"),
        (
            "count_employees",
            "number",
            "employees",
            "Employees of the company; of a range its geometric mean, of an open one its bound.",
            "company_size",
        ),
        (
            "company_size_band",
            "category",
            "self-employed, micro, small, medium, large",
            "The size by the bands of EU Recommendation 2003/361: 1, below 10, 50 and 250, above.",
            "company_size",
        ),
        (
            "sector",
            "category",
            "name",
            "Sector by synonyms (rules/sector.yaml), else the lead's own words.",
            "sector",
        ),
    ],
)

MOST_EMPLOYEES = 5_000_000  # the largest employer there is has about half of them
BANDS = ("self-employed", "micro", "small", "medium", "large")
BAND_STARTS = (2, 10, 50, 250)

MONTHS = {
    name: str(number)
    for number, names in enumerate(
        ("ene jan", "feb", "mar", "abr apr", "may", "jun", "jul", "ago aug", "sep sept", "oct", "nov", "dic dec"),
        start=1,
    )
    for name in names.split()
}

NUMBER = r"(\d{1,3}(?:[., ]\d{3})+|\d+(?:[.,]\d{1,2})?)\s*(k|mil|thousand)?(?!\w)"
NUMBERS = re.compile(rf"(?<![\w]){NUMBER}")
FEWER = re.compile(r"<|(?<!\w)(?:menos|menor|inferior|less|fewer|under|below|hasta|maximo|up to)(?!\w)")
# Spreadsheets take 1-10 and 11-50 for days of a year and months of a century.
DATE_LIKE = re.compile(rf"(?<!\w)({'|'.join(MONTHS)})(?=\.?[-/ ]\d)|(?<=\d[-/ ])({'|'.join(MONTHS)})(?!\w)")


def measure_company(leads: pd.DataFrame) -> pd.DataFrame:
    """Return the company metrics of `leads`."""
    employees = map_distinct(leads["company_size"], read_employees, "float64")
    return pd.DataFrame(
        {
            "has_company": mark_given(leads["company"]),
            "count_employees": employees,
            "company_size_band": find_bands(employees),
            "sector": map_distinct(leads["sector"], find_sector),
        }
    )


def read_employees(text: str) -> float | None:
    """Return the number of employees that a text tells, in figures or in words.

    >>> read_employees("1.000+"), read_employees("de 10 a 40"), read_employees("autónomo")
    (1000.0, 20.0, 1.0)
    """
    folded = DATE_LIKE.sub(lambda match: MONTHS[match.group()], fold_text(text))
    numbers = [read_figure(*match) for match in NUMBERS.findall(folded)]
    if not numbers:
        word = find_rule(load_rules("company_size"), folded)
        numbers = [] if word is None else [float(bound) for bound in word.split("-")]
    elif len(numbers) == 1 and FEWER.search(folded):
        numbers = [1.0, numbers[0]]
    return average_range(numbers)


def read_figure(figure: str, unit: str) -> float:
    """Return a figure in which blanks, and points before three digits, only group the digits.

    >>> read_figure("1.000", ""), read_figure("2,5", "k"), read_figure("12.0", "")
    (1000.0, 2500.0, 12.0)
    """
    if re.fullmatch(r"\d{1,3}([., ]\d{3})+", figure):
        figure = re.sub(r"[., ]", "", figure)
    return float(figure.replace(",", ".")) * (1000 if unit in ("k", "mil", "thousand") else 1)


def average_range(numbers: list[float]) -> float | None:
    """Return the geometric mean of one or two numbers: sizes of companies differ by factors."""
    if not 1 <= len(numbers) <= 2 or not all(1 <= number <= MOST_EMPLOYEES for number in numbers):
        return None
    return math.sqrt(numbers[0] * numbers[-1])


def find_bands(employees: pd.Series) -> pd.Series:
    at = np.searchsorted(BAND_STARTS, employees.to_numpy(), side="right")
    return pd.Series(np.array(BANDS, dtype=object)[at], index=employees.index).where(employees.notna())


def find_sector(text: str) -> str | None:
    """Return the sector's name in the rules, or the comparable text where none applies."""
    return find_rule(load_rules("sector"), fold_text(text)) or clean_place(text)
