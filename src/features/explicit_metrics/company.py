"""The organisation the lead works for: whether there is one, how large, in which sector."""

import math
import re

import numpy as np
import pandas as pd

from src.data.company import Company
from src.features.explicit_metrics import sector
from src.features.explicit_metrics.rules import find_rule, load_rules
from src.features.explicit_metrics.values import list_metrics, map_distinct, mark_given
from src.features.text import fold_text

GROUP = "company"
METRICS = [
    *list_metrics(
        GROUP,
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
        ],
    ),
    *list_metrics(GROUP, sector.ROWS),
]

MOST_EMPLOYEES = 5_000_000  # the largest employer there is has about half of them
BANDS = ("self-employed", "micro", "small", "medium", "large")
BAND_STARTS = (1 + 1e-9, 10, 50, 250)  # who counts 1-2 is no longer alone

MONTHS = {
    name: str(number)
    for number, names in enumerate(
        ("ene jan", "feb", "mar", "abr apr", "may", "jun", "jul", "ago aug", "sep sept", "oct", "nov", "dic dec"),
        start=1,
    )
    for name in names.split()
}

UNITS = {"k": 1e3, "mil": 1e3, "mila": 1e3, "mille": 1e3, "thousand": 1e3, "tausend": 1e3, "tsd": 1e3, "m": 1e6}
UNITS |= dict.fromkeys(("millon", "millones", "million", "millionen", "millions", "milhao", "milhoes", "milioni"), 1e6)
GROUPED = r"\d{1,3}(?:[., ']\d{3})+"
NUMBERS = re.compile(rf"(?<!\w)(?<!\d[.,])({GROUPED}|\d+(?:[.,]\d{{1,2}})?)\s*({'|'.join(UNITS)})?(?!\w|[.,]\d)")
# What counts people: behind a number, with a word between them ("20 full-time employees").
COUNTED = (
    r"(?:emplead[oa]s?|empleats?|empregad[oa]s?|personas?|personnes?|persone|personen|pessoas|trabajador(?:e|a)?s?"
    r"|trabalhador(?:e|a)?s?|people|persons?|employees?|workers?|staff|funcionari[oa]s?|colaborador(?:e|a)?s?"
    r"|salaries?|salariees?|employe[es]?s?|collaborateurs?|collaboratori|dipendent[ei]|addett[oi]|impiegati|membri"
    r"|mitarbeiter(?:n|innen)?|mitarbeitenden?|beschaftigten?|angestellten?|kopfe)(?!\w)"
)
PEOPLE = re.compile(rf"\W*(?:[^\W\d][\w-]*\s+)?{COUNTED}")
# What joins two numbers to a range, and what does so only behind "between".
RANGE = re.compile(
    rf"\s*\+?\s*(?:[-~/]|\.\.+|(?:{COUNTED}\s*)?(?:a|al|to|up to|hasta|o|or|ou|oder|ate|bis|bis zu|au|jusqu'a)(?!\w)"
    r"|(?:(?:y|and)\s)?\s*(?:[<≤]|(?:menos de|less than|fewer than|under)(?!\w)))\s*"
)
BETWEEN = re.compile(r"(?<!\w)(?:entre|between|tra|fra|zwischen)\W*\Z")
AND = re.compile(rf"\s*(?:{COUNTED}\s*)?(?:y|e|et|und|and)\s+")
FEWER = re.compile(
    r"[<≤]|(?<!\w)(?:menos|menor|inferior|less|fewer|under|below|hasta|maximo|max|up to|at most|como mucho"
    r"|no mas de|no more than|moins|inferieur|jusqu'a|au plus|maximum|meno|inferiore|fino a[d]?|al massimo|massimo"
    r"|ate|abaixo|no maximo|weniger|unter|bis|bis zu|hochstens|maximal)(?!\w)"
)
UNDERSCORE = re.compile(r"(?<=\d)_(?=\d)")
# Spreadsheets take 1-10 and 11-50 for days of a year and months of a century.
MONTH_NAME = re.compile(rf"(?<!\w)({'|'.join(MONTHS)})(?=\.?[-/ ]\d)|(?<=\d[-/ ])({'|'.join(MONTHS)})(?!\w)")
DATE = re.compile(r"(?:(\d{4})[-/](\d\d?)[-/](\d\d?)|(\d\d?)[-/](\d\d?)[-/](\d{4}))(?:[ t][\d:.]+)?")
# A year of foundation; whoever counts people names them, or rounds.
YEAR = re.compile(r"(?:\D* )?(?!..[05]0)(?:19[5-9]|20[0-4])\d")
# Money, shares, hours, ages, addresses, and the -1 of some systems: figures, but not of people.
NO_COUNT = re.compile(
    r"[%€$@]|\d:\d|(?<!\w)(?:eur|euros|factura\w*|revenue|anos|years|ans|anni|jahre|umsatz|fatturato|chiffre|http\w*|www)(?!\w)|\A-\d+\Z"
)


def measure_company(leads: pd.DataFrame, company: Company) -> pd.DataFrame:
    """Return the company metrics of `leads`; ``company.target_sectors`` are those sought."""
    employees = map_distinct(leads["company_size"], read_employees, "float64")
    return pd.DataFrame(
        {
            "has_company": mark_given(leads["company"]),
            "count_employees": employees,
            "company_size_band": find_bands(employees),
            **sector.measure_sector(leads["sector"], company.target_sectors),
        }
    )


def read_employees(text: str) -> float | None:
    """Return the number of employees that a text tells, in figures or in words.

    >>> read_employees("1.000+"), read_employees("de 10 a 40"), read_employees("autónomo"), read_employees("bis 9")
    (1000.0, 20.0, 1.0, 3.0)
    """
    written = UNDERSCORE.sub("-", fold_text(text)).replace("_", " ")
    folded = MONTH_NAME.sub(lambda match: MONTHS[match.group()], written)
    if date := DATE.fullmatch(folded):
        return average_range(read_date(*(int(part) for part in date.groups() if part)))
    if NO_COUNT.search(folded) or YEAR.fullmatch(folded):
        return None
    counts = find_counts(folded)
    if not counts:
        word = find_rule(load_rules("company_size"), folded)
        return None if word is None else average_range([float(bound) for bound in word.split("-")])
    people = [count for count in counts if PEOPLE.match(folded, count[-1].end())]
    if len(counts) > 1 and not people:
        return None  # which of them counts people, nobody knows
    numbers = read_figures([figure.groups(default="") for figure in [*people, *counts][0]])
    if people and numbers == [0.0]:
        return 1.0  # nobody but the lead
    if len(numbers) == 1 and FEWER.search(folded):
        numbers = [1.0, *numbers]
    return average_range(numbers)


def find_counts(folded: str) -> list[list[re.Match[str]]]:
    """Return the numbers of a folded text, those together that are joined to a range.

    >>> [len(count) for count in find_counts("10-40 empleados, 3 oficinas")]
    [2, 1]
    """
    counts: list[list[re.Match[str]]] = []
    for figure in NUMBERS.finditer(folded):
        last = counts[-1][-1] if counts else None
        between = folded[last.end() : figure.start()] if last else ""
        if last and (RANGE.fullmatch(between) or (BETWEEN.search(folded[: last.start()]) and AND.fullmatch(between))):
            counts[-1].append(figure)
        else:
            counts.append([figure])
    return counts


def read_date(*parts: int) -> list[float]:
    """Return the range that a spreadsheet took for a date with these parts, the year first or last.

    >>> read_date(2024, 10, 1), read_date(1, 11, 1950)
    ([1.0, 10.0], [11.0, 50.0])
    """
    *days, year = sorted(parts)
    return [float(days[1]), float(year % 100)] if year < 2000 else [float(day) for day in days]


def read_figures(figures: list[tuple[str, str]]) -> list[float]:
    """Return the numbers of (figure, unit); a unit behind a range belongs to both its ends.

    >>> read_figures([("1", ""), ("5", "k")]), read_figures([("500", ""), ("1", "k")])
    ([1000.0, 5000.0], [500.0, 1000.0])
    """
    plain = [read_figure(figure) for figure, _ in figures]
    units = [UNITS.get(unit, 1.0) for _, unit in figures]
    return [number * (units[-1] if number < plain[-1] else unit) for number, unit in zip(plain, units, strict=True)]


def read_figure(figure: str) -> float:
    """Return a figure in which blanks, and points before three digits, only group the digits.

    >>> read_figure("1.000"), read_figure("2,5"), read_figure("12.0")
    (1000.0, 2.5, 12.0)
    """
    if re.fullmatch(GROUPED, figure):
        return float(re.sub(r"\D", "", figure))
    return float(figure.replace(",", "."))


def average_range(numbers: list[float]) -> float | None:
    """Return the geometric mean of one or two numbers: sizes of companies differ by factors."""
    if len(numbers) == 2:
        numbers = [max(number, 1.0) for number in numbers]  # 0-10
    if not 1 <= len(numbers) <= 2 or not all(1 <= number <= MOST_EMPLOYEES for number in numbers):
        return None
    return math.sqrt(numbers[0] * numbers[-1])


def find_bands(employees: pd.Series) -> pd.Series:
    at = np.searchsorted(BAND_STARTS, employees.to_numpy(), side="right")
    return pd.Series(np.array(BANDS, dtype=object)[at], index=employees.index).where(employees.notna(), None)
