"""What a source declares in ``data/sources/<source>.yaml``; ``_template.yaml`` explains each key."""

import re
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
from pydantic import Field, model_validator

from src import paths
from src.data.columns import Zone
from src.data.company import Company
from src.data.database import Database
from src.data.declarations import (
    Activities,
    FileName,
    Leads,
    Merged,
    Outcomes,
    OutcomesFromFile,
    QuotedTime,
    place_time,
)
from src.data.tables import OUTCOME_KINDS
from src.stage import InputError
from src.strict import Age, Name, Positive, Strict, read_yaml, validate

SOURCE_NAME = "[a-z][a-z0-9_]{0,39}"
TEMPLATE = "_template"


def check_local_time(source: "Source") -> None:
    try:
        source.get_as_of()
    except ValueError as error:
        raise ValueError(f"as_of: {error}") from None


def check_coverage(source: "Source") -> None:
    for number, log in enumerate(source.activities):
        try:
            begin = source.find_covered_from(log)
        except ValueError as error:
            raise ValueError(f"activities.{number}.covered_from: {error}") from None
        if begin is not None and begin > source.get_as_of():
            raise ValueError(f"activities.{number}.covered_from is after as_of: nothing would be covered")


class Objective(Strict):
    """What counts as a conversion, what ends the wait for one, and how long we wait."""

    converted: Annotated[list[Literal[OUTCOME_KINDS]], Field(min_length=1)]
    closed: list[Literal[OUTCOME_KINDS]] = []
    horizon_days: Positive | None


class Contacted(Strict):
    """How it is known whom the company contacted: by kinds of activity, or by a flag among the own columns."""

    kinds: list[Name] = []
    column: Name | None = None

    @model_validator(mode="after")
    def check_one_form(self) -> "Contacted":
        if bool(self.kinds) == (self.column is not None):
            raise ValueError("needs either kinds (of activity) or column (an own flag of the leads)")
        return self


class Generate(Strict):
    """The size and seed of the generated sample."""

    leads: Annotated[int, Field(ge=500)]
    months: Annotated[int, Field(ge=12)]
    seed: Annotated[int, Field(ge=0)]


class Source(Strict):
    description: str
    published: str = ""
    checksums: dict[FileName, Annotated[str, Field(pattern="^[0-9a-f]{64}$")]] = {}
    generate: Generate | None = None
    database: Database | None = None
    timezone: Zone = "UTC"
    as_of: QuotedTime | None = None
    ages: Annotated[list[Age], Field(min_length=1)] = ["0h"]
    leads: Leads
    activities: list[Activities] = []
    outcomes: Annotated[list[Outcomes], Field(min_length=1)]
    objectives: Annotated[dict[Name, Objective], Field(min_length=1)]
    merged: Merged | None = None
    company: Company = Company()
    contacted: Contacted | None = None
    truth: Annotated[FileName, Field(pattern=r"^[^*]+$")] | None = None

    @model_validator(mode="after")
    def check_times(self) -> "Source":
        if self.is_dated() and self.as_of is None:
            raise ValueError("as_of is missing: say until when the data goes")
        if not self.is_dated() and (self.activities or self.ages != ["0h"]):
            raise ValueError("without leads.columns.created_at there can be no activities and no ages")
        hours = [parse_age(age) for age in self.ages]
        if sorted(set(hours)) != hours:
            raise ValueError("ages must increase")
        if self.is_dated():
            check_local_time(self)
            check_coverage(self)
        return self

    @model_validator(mode="after")
    def check_timed_outcomes(self) -> "Source":
        timed = [o for o in self.outcomes if isinstance(o, OutcomesFromFile) and "occurred_at" in o.columns]
        if timed and not self.is_dated():
            raise ValueError("without leads.columns.created_at outcomes can have no occurred_at")
        return self

    @model_validator(mode="after")
    def check_contacted(self) -> "Source":
        if self.contacted and self.contacted.kinds and not self.activities:
            raise ValueError("contacted.kinds needs activities")
        if self.contacted and self.contacted.column:
            own = self.leads.own.get(self.contacted.column)
            if own is None or (own.type, own.known) != ("flag", "after_outcome"):
                raise ValueError("contacted.column must be one of leads.own, of type flag and known: after_outcome")
        return self

    @model_validator(mode="after")
    def check_links(self) -> "Source":
        known = [*self.leads.columns, *self.leads.own]
        for link in self.list_linked():
            if link.columns["lead_id"].by not in known:
                names = ", ".join(link.list_names())
                raise ValueError(f"{names}: columns.lead_id.by must be one of the columns of the leads")
        return self

    @model_validator(mode="after")
    def check_company(self) -> "Source":
        named = self.company.own_domains or self.company.test_addresses
        if named and "email" not in self.leads.columns:
            raise ValueError("company.own_domains and test_addresses need leads.columns.email")
        return self

    def is_dated(self) -> bool:
        return "created_at" in self.leads.columns

    def get_as_of(self) -> pd.Timestamp:
        """Return the end of the data in UTC; without an offset it is in the source's zone."""
        return place_time(self.as_of, self.timezone)

    def find_end(self) -> str | None:
        """Return the end of the data in UTC as text; None where they have no dates."""
        return str(self.get_as_of()) if self.is_dated() else None

    def find_covered_from(self, log: Activities) -> pd.Timestamp | None:
        """Return since when (UTC) a log has all activities; None if it always did."""
        zone = log.timezone or self.timezone
        times = [] if log.covered_from is None else [place_time(log.covered_from, zone)]
        times += [] if log.kept_days is None else [self.get_as_of() - pd.Timedelta(days=log.kept_days)]
        return max(times, default=None)

    def find_recorded_from(self, objective: Objective) -> pd.Timestamp | None:
        """Return since when (UTC) all outcomes that decide an objective are recorded; None if they always were."""
        decisive = {*objective.converted, *objective.closed}
        recorded = [declared for declared in self.outcomes if declared.recorded_from is not None]
        begins = [declared.recorded_from for declared in recorded if decisive & {*declared.list_kinds()}]
        return max((place_time(begin, self.timezone) for begin in begins), default=None)

    def list_linked(self) -> list[Activities | OutcomesFromFile]:
        """Return the declared files whose rows name leads."""
        return [*self.activities, *(o for o in self.outcomes if isinstance(o, OutcomesFromFile))]

    def list_linked_columns(self) -> list[str]:
        """Return the columns of the leads by which other files name them, or might: texts, numbers aside."""
        own = [name for name, column in self.leads.own.items() if column.type in ("category", "text")]
        named = [link.columns["lead_id"].by for link in self.list_linked()]
        contact = [name for name in ("email", "phone") if name in self.leads.columns]
        return list(dict.fromkeys([*named, *contact, *own]))

    def get_files(self) -> list[str]:
        """Return the raw files that are declared, each once, in order."""
        merged = [self.merged] if self.merged else []
        files = [name for file in [self.leads, *self.list_linked(), *merged] for name in file.list_names()]
        files += [self.truth] if self.truth else []
        return list(dict.fromkeys(files))


def parse_age(age: str) -> float:
    """Return an age such as ``7d`` or ``12h`` in hours."""
    return float(age[:-1]) * {"h": 1.0, "d": 24.0}[age[-1]]


def name_column(raw: str) -> str:
    """Return the name under which a text of a source, such as its own kind of activity, appears in features.

    >>> name_column("W_Nabellen offertes")
    'w_nabellen_offertes'
    """
    return re.sub(r"[^0-9a-z]+", "_", raw.casefold()).strip("_") or "unnamed"


def list_sources(folder: Path = paths.SOURCES) -> list[str]:
    """Return the names of the declared sources; the template is none."""
    return sorted(path.stem for path in folder.glob("*.yaml") if re.fullmatch(SOURCE_NAME, path.stem))


def check_source(name: str, folder: Path = paths.SOURCES) -> str:
    """Return `name` if a source of that name is declared."""
    if name == TEMPLATE:
        message = f"{TEMPLATE}.yaml explains a declaration and is no source: copy it to a name of your own"
        raise InputError("not_a_source", message, folder / f"{TEMPLATE}.yaml")
    if not re.fullmatch(SOURCE_NAME, name):
        message = f"{name!r} cannot be the name of a source: up to 40 of a-z, 0-9 and _, a letter first"
        raise InputError("invalid_name", message)
    declared = list_sources(folder)
    if name not in declared:
        raise InputError(
            "unknown_source", f"no such source; declared are {', '.join(declared)}", folder / f"{name}.yaml"
        )
    return name


def load_source(name: str, folder: Path = paths.SOURCES) -> Source:
    path = folder / f"{name}.yaml"
    return validate(Source, read_yaml(path), path)
