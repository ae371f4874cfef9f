"""What a job title says: how senior the lead is, what it works on and what it may decide."""

import re
from functools import cache
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from src.data.company import Company
from src.features.explicit_metrics.job_words import simplify_title
from src.features.explicit_metrics.rules import FOLDER, find_first, find_rule, load_levels, load_rules, read_rules
from src.features.explicit_metrics.values import list_metrics, map_distinct, mark_given
from src.stage import InputError
from src.strict import Count, Strict

UNKNOWN = "unknown"
"""A rule of this name says that nothing is known: a retired teacher teaches nobody."""

# "CEO y fundadora", "Head of IT / Sistemas": what stands on both sides is a title of its own.
BETWEEN_TITLES = re.compile(r"[,;:/|&+()\[\]·•]|\s-+\s|\b(?:y|e|i|o|and|or|und|et)\b")

Power = Annotated[int, Field(ge=0, le=4)]

METRICS = list_metrics(
    "job title",
    [
        ("has_job_title", "number", "yes/no", "The lead told its job title.", "job_title"),
        (
            "job_seniority",
            "category",
            "student, staff, specialist, manager, director, executive, owner",
            "How senior the job is, the highest of several (rules/seniority.yaml).",
            "job_title",
        ),
        (
            "job_function",
            "category",
            "name",
            "What the job is about, the first of several (rules/job_function.yaml).",
            "job_title",
        ),
        (
            "decision_power",
            "number",
            "0 to 4",
            "What the lead has to say about a purchase: 0 nothing, 1 uses it, 2 advises, 3 decides with others, "
            "4 decides; more in a small company (rules/decision_power.yaml).",
            "job_title, company_size",
        ),
        (
            "buying_power",
            "number",
            "points",
            "The budget the lead is likely to decide on: decision_power times the digits of the company's size, "
            "log10(1 + employees).",
            "job_title, company_size",
        ),
        (
            "is_target_function",
            "number",
            "yes/no",
            "The job is one of those the offers are for (company.target_functions).",
            "job_title",
        ),
    ],
)


class SmallCompany(Strict):
    fewer_than: Count
    power: dict[str, Power]


class DecisionPower(Strict):
    """Power by seniority, which stands in order: the more senior never has less."""

    power: Annotated[dict[str, Power], Field(min_length=1)]
    small_company: SmallCompany

    @model_validator(mode="after")
    def check_order(self) -> "DecisionPower":
        small = self.small_company.power
        if list(small) != list(self.power):
            raise ValueError("both tables must hold the same seniorities in the same order")
        for powers in (list(self.power.values()), list(small.values())):
            if sorted(powers) != powers:
                raise ValueError("who is more senior must not have less power")
        if any(small[name] < power for name, power in self.power.items()):
            raise ValueError("nobody may have less power in a small company")
        return self


def check_target_functions(company: Company, path: Path) -> None:
    """Refuse a target function that no rule for titles has; `path` declares the `company`.

    Raises
    ------
    InputError
        It names the key, the wrong name and the names there are.
    """
    known = list_functions()
    for name in company.target_functions:
        if name not in known:
            message = f"company.target_functions: no job function {name!r}; there are {', '.join(known)}"
            raise InputError("unknown_function", message, path)


def measure_job_title(leads: pd.DataFrame, employees: pd.Series, company: Company) -> pd.DataFrame:
    """Return the job title metrics of `leads`.

    Parameters
    ----------
    leads : DataFrame
        The canonical leads.
    employees : Series of float
        How many work in the lead's company, NaN where that is unknown; indexed as `leads`.
    company : Company
        ``target_functions`` says whom the offers are for.
    """
    title = leads["job_title"]
    seniority = map_distinct(title, find_seniority)
    function = map_distinct(title, find_function)
    power = measure_decision_power(seniority, employees)
    return pd.DataFrame(
        {
            "has_job_title": mark_given(title),
            "job_seniority": seniority,
            "job_function": function,
            "decision_power": power,
            "buying_power": measure_buying_power(power, employees),
            "is_target_function": mark_target(function, company.target_functions),
        }
    )


def find_seniority(text: str) -> str | None:
    """Return how senior a job title is, the highest where it names several, missing where no rule knows it.

    >>> find_seniority("CEO y fundadora"), find_seniority("Jefe/a de compras"), find_seniority("?")
    ('owner', 'manager', None)
    """
    rules = load_rules("seniority")
    found = {find_rule(rules, part.strip()) for part in BETWEEN_TITLES.split(simplify_title(text))}
    return None if UNKNOWN in found else next((name for name in rank_seniorities() if name in found), None)


def find_function(text: str) -> str | None:
    """Return what a job title is about, missing where no rule knows it.

    >>> find_function("Head of Sales"), find_function("Resp. RR.HH."), find_function("Jefa")
    ('sales', 'HR', None)
    """
    name = find_first(load_levels("job_function"), simplify_title(text))
    return None if name == UNKNOWN else name


@cache
def load_power() -> DecisionPower:
    power = read_rules("decision_power", DecisionPower)
    lacking = {name for name, _ in load_rules("seniority")} - {UNKNOWN, *power.power}
    if lacking:
        message = f"power: no entry for {', '.join(sorted(lacking))}, which rules/seniority.yaml names"
        raise InputError("missing_seniority", message, FOLDER / "decision_power.yaml")
    return power


@cache
def rank_seniorities() -> tuple[str, ...]:
    """Return the names of seniority, the highest first."""
    return tuple(reversed(load_power().power))


@cache
def list_functions() -> tuple[str, ...]:
    """Return the names of the functions that rules can find, in alphabetical order."""
    names = {name for level in load_levels("job_function") for name, _ in level}
    return tuple(sorted(names - {UNKNOWN}, key=str.casefold))


def measure_decision_power(seniority: pd.Series, employees: pd.Series) -> pd.Series:
    rules = load_power()
    small = seniority.map(rules.small_company.power).astype(float)
    usual = seniority.map(rules.power).astype(float)
    return usual.where(~(employees < rules.small_company.fewer_than), small)


def measure_buying_power(power: pd.Series, employees: pd.Series) -> pd.Series:
    """Return ``power * log10(1 + employees)``: budgets grow with companies, but far less than their size."""
    size = employees.astype(float).where(np.isfinite(employees) & (employees >= 0))
    return power * np.log10(1 + size)


def mark_target(function: pd.Series, targets: list[str]) -> pd.Series:
    """Return 1 for the functions in `targets` and 0 for others, NaN where either is unknown."""
    return function.isin(targets).astype(float).where(function.notna() & bool(targets))
