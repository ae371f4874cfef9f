"""How much of what people write is understood, by language, on texts that were frozen before the rules were made."""

import csv
from collections import defaultdict
from pathlib import Path

import pytest

from src.features.explicit_metrics.company import read_employees
from src.features.explicit_metrics.job_title import find_function, find_seniority
from src.features.explicit_metrics.places import find_given_country
from src.features.explicit_metrics.sector import find_section

FOLDER = Path(__file__).parent / "understanding"


def read_texts(name):
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_size(answer):
    """Return the size that a range such as ``10-49`` stands for, as the metric defines it."""
    if not answer:
        return None
    low, _, high = answer.partition("-")
    return (float(low) * float(high or low)) ** 0.5


def measure(rows, group, answer, find):
    """Return for each group its texts, the share right, the share wrong and the texts that are wrong."""
    groups = defaultdict(list)
    for row in rows:
        groups[group(row)].append((row, find(row), answer(row)))
    measured = {}
    for name, found in groups.items():
        wrong = [row for row, got, expected in found if got is not None and got != expected]
        right = sum(got == expected for _, got, expected in found)
        measured[name] = (len(found), right / len(found), len(wrong) / len(found), wrong)
        print(f"{name}: {len(found)} texts, {right / len(found):.1%} right, {len(wrong) / len(found):.1%} wrong")
    return measured


TITLES = [row | {"seniority": row["seniority"].replace("unknown", "")} for row in read_texts("titles")]
"""Titles with their language, seniority and function."""

MEASURES = {
    "seniority": (TITLES, "language", lambda row: row["seniority"], lambda row: find_seniority(row["title"])),
    "function": (
        TITLES,
        "language",
        lambda row: row["function"].replace("unknown", ""),
        lambda row: find_function(row["title"]),
    ),
    "size": (
        read_texts("sizes"),
        "language",
        lambda row: read_size(row["employees"]),
        lambda row: read_employees(row["text"]),
    ),
    "sector": (read_texts("sectors"), "list", lambda row: row["section"], lambda row: find_section(row["text"])),
    "country": (
        read_texts("countries"),
        "kind",
        lambda row: row["code"],
        lambda row: find_given_country(row["text"], "ES"),
    ),
}


LEAST_RIGHT = {
    "seniority": {"de": 0.90, None: 0.95},
    "function": {"de": 0.90, None: 0.95},
    "size": {None: 0.97},
    "sector": {None: 0.93},
    "country": {"short": 0.99, "official": 0.99, "translation": 0.90, "spelling": 0.65},
}
"""The least share right, of each list or of those that are not named.

Most "other spellings" that are missed are native names in Latin letters (al-Jumhūriyyah), which forms do not hold."""

MOST_WRONG = 0.01


@pytest.mark.parametrize("name", MEASURES)
def test_what_people_write_is_understood_and_hardly_ever_misunderstood(name):
    """Check the shares right and wrong of each list; unknown is better than wrong."""
    rows, column, answer, find = MEASURES[name]
    measured = measure(rows, lambda row: row[column], lambda row: answer(row) or None, find)
    assert sum(figures[0] for figures in measured.values()) == len(rows) >= 200
    for group, (_, right, wrong, texts) in measured.items():
        least = LEAST_RIGHT[name].get(group, LEAST_RIGHT[name].get(None))
        assert wrong <= MOST_WRONG, (group, texts)
        assert right >= least, (group, right)
