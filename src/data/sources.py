"""What a source declares in ``data/sources/<source>.yaml``; ``_template.yaml`` explains each key."""

import re
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

import pandas as pd
from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from src import paths
from src.data.tables import ACTIVITY_COLUMNS, LEAD_COLUMNS, OUTCOME_COLUMNS, OUTCOME_KINDS
from src.params import Age, Name, Positive, Strict, read_yaml, validate
from src.stage import InputError

SOURCE_NAME = "[a-z][a-z0-9_]{0,39}"
TEMPLATE = "_template"

RESERVED = (
    "lead_key",
    "lead_id",
    "person",
    "sequence",
    "created_at",
    "snapshot_at",
    "age",
    "age_days",
    "label",
    "is_mature",
    "is_quarantined",
    "label_known_at",
    "is_current",
    "fold",
)
"""Names of the dataset's own columns, which no column of a source may take."""

TIME_FORMATS = ("iso", "epoch_s", "epoch_ms", "epoch_us")
"""Named formats of a time; anything else with a ``%`` is a strptime pattern."""


def check_file_name(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not name.endswith((".csv", ".csv.gz", ".parquet")):
        raise ValueError("must be a .csv, .csv.gz or .parquet file inside data/raw/<source>/")
    return name


def check_format(value: str) -> str:
    if value not in TIME_FORMATS and "%" not in value:
        raise ValueError(f"must be one of {', '.join(TIME_FORMATS)} or a strptime pattern")
    return value


def check_zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("must be a time zone such as Europe/Madrid")
    return value


def check_quoted(value: Any) -> Any:
    # YAML makes a date of what is not quoted, and DVC cannot keep dates in its lock file.
    if isinstance(value, date):
        raise ValueError('must be in quotes, such as "2026-07-31T23:59:59"')
    return value


def check_time(value: str) -> str:
    datetime.fromisoformat(value)
    return value


def place_time(text: str, zone: str) -> pd.Timestamp:
    """Return a time in UTC without a zone; without an offset it is in `zone`."""
    time = pd.Timestamp(text)
    try:
        # As in the files: a time that was twice, in autumn, is the later one.
        time = time.tz_localize(zone, ambiguous=False) if time.tzinfo is None else time
    except ValueError:
        raise ValueError(f"{text} never was in {zone}: the clocks skipped it") from None
    return time.tz_convert("UTC").tz_localize(None)


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


def expand_column(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


FileName = Annotated[str, AfterValidator(check_file_name)]
QuotedTime = Annotated[str, AfterValidator(check_time), BeforeValidator(check_quoted)]


class Column(Strict):
    """A raw column; for times also how they are written."""

    column: Annotated[str, Field(min_length=1)]
    format: Annotated[str, AfterValidator(check_format)] = "iso"


class OwnColumn(Strict):
    """A column the canonical tables do not know: its type and when its value is known."""

    column: Annotated[str, Field(min_length=1)]
    type: Literal["number", "category", "text", "flag", "date"]
    known: Literal["creation", "later", "after_outcome"]
    format: Annotated[str, AfterValidator(check_format)] = "iso"


AnyColumn = Annotated[Column, BeforeValidator(expand_column)]


class File(Strict):
    """A raw file and how it is written; the last four keys do not apply to Parquet."""

    file: FileName
    encoding: Literal["utf-8", "utf-16", "latin-1"] = "utf-8"
    delimiter: Literal[",", ";", "\t", "|"] = ","
    decimal: Literal[".", ","] = "."
    missing: list[str] = []


class Leads(File):
    columns: dict[str, AnyColumn]
    own: dict[Name, OwnColumn] = {}

    @model_validator(mode="after")
    def check_columns(self) -> "Leads":
        check_known(self.columns, ("lead_id", "created_at", "sequence", "person", *LEAD_COLUMNS))
        check_required(self.columns, ("lead_id",))
        if ("created_at" in self.columns) == ("sequence" in self.columns):
            raise ValueError("columns needs either created_at or, in a source without dates, sequence")
        repeated = set(self.own) & {*self.columns, *LEAD_COLUMNS, *RESERVED}
        if repeated:
            raise ValueError(f"own.{sorted(repeated)[0]} is a name that the pipeline uses itself")
        return self


class Activities(File):
    columns: dict[str, AnyColumn | Annotated[list[str], Field(min_length=1)]]
    kinds: dict[str, Name] = {}
    may_be_empty: bool = False
    covered_from: QuotedTime | None = None
    kept_days: Positive | None = None

    @model_validator(mode="after")
    def check_columns(self) -> "Activities":
        check_known(self.columns, ("activity_id", "lead_id", *ACTIVITY_COLUMNS[1:]))
        check_required(self.columns, ("lead_id", "occurred_at", "kind"))
        lists = [name for name, column in self.columns.items() if isinstance(column, list)]
        if set(lists) - {"kind"}:
            raise ValueError("only kind can be put together from several columns")
        return self

    def find_files(self, folder: Path) -> list[Path]:
        """Return the files of the log in `folder`: one, or those that a pattern with ``*`` finds."""
        return find_files(folder, self.file)

    def get_kind_columns(self) -> list[str]:
        kind = self.columns["kind"]
        return kind if isinstance(kind, list) else [kind.column]

    def list_columns(self) -> list[str]:
        """Return the raw columns that are declared, each once."""
        columns = [column.column for name, column in self.columns.items() if name != "kind"]
        return list(dict.fromkeys(columns + self.get_kind_columns()))


class OutcomesFromFile(File):
    columns: dict[str, AnyColumn]
    kinds: dict[str, Literal[OUTCOME_KINDS]]
    undecided: list[str] = []

    @model_validator(mode="after")
    def check_columns(self) -> "OutcomesFromFile":
        check_known(self.columns, OUTCOME_COLUMNS)
        check_required(self.columns, ("lead_id", "kind"))
        return self

    def list_columns(self) -> list[str]:
        """Return the raw columns that are declared, each once."""
        return list(dict.fromkeys(column.column for column in self.columns.values()))


class OutcomesFromLeads(Strict):
    """A column of the leads whose values say what became of them, with or without a time."""

    column_of_leads: str
    kinds: dict[str, Literal[OUTCOME_KINDS]]
    occurred_at: AnyColumn | None = None


class OutcomesFromActivities(Strict):
    """Kinds of activity that are outcomes; the first of each outcome counts."""

    kinds_of_activity: dict[str, Literal[OUTCOME_KINDS]]


def tell_outcomes_apart(value: Any) -> str | None:
    """Return which of the three forms a declaration of outcomes has, so that its faults are named."""
    keys = value if isinstance(value, dict) else ()
    return next((key for key in ("file", "column_of_leads", "kinds_of_activity") if key in keys), None)


Outcomes = Annotated[
    Annotated[OutcomesFromFile, Tag("file")]
    | Annotated[OutcomesFromLeads, Tag("column_of_leads")]
    | Annotated[OutcomesFromActivities, Tag("kinds_of_activity")],
    Discriminator(
        tell_outcomes_apart,
        custom_error_type="unknown_outcomes",
        custom_error_message="needs one of file, column_of_leads and kinds_of_activity",
    ),
]


class Objective(Strict):
    """What counts as a conversion, what ends the wait for one, and how long we wait."""

    converted: Annotated[list[Literal[OUTCOME_KINDS]], Field(min_length=1)]
    closed: list[Literal[OUTCOME_KINDS]] = []
    horizon_days: Positive | None


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
    timezone: Annotated[str, AfterValidator(check_zone)] = "UTC"
    as_of: QuotedTime | None = None
    ages: Annotated[list[Age], Field(min_length=1)] = ["0h"]
    leads: Leads
    activities: list[Activities] = []
    outcomes: Annotated[list[Outcomes], Field(min_length=1)]
    objectives: Annotated[dict[Name, Objective], Field(min_length=1)]
    truth: FileName | None = None

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
    def check_patterns(self) -> "Source":
        logs = [log.file for log in self.activities]
        patterns = [name for name in self.get_files() if "*" in name and name not in logs]
        if patterns:
            raise ValueError(f"{patterns[0]}: only the file of an activity log may have a *")
        return self

    @model_validator(mode="after")
    def check_timed_outcomes(self) -> "Source":
        timed = [o for o in self.outcomes if isinstance(o, OutcomesFromFile) and "occurred_at" in o.columns]
        if timed and not self.is_dated():
            raise ValueError("without leads.columns.created_at outcomes can have no occurred_at")
        return self

    def is_dated(self) -> bool:
        return "created_at" in self.leads.columns

    def get_as_of(self) -> pd.Timestamp:
        """Return the end of the data in UTC; without an offset it is in the source's zone."""
        return place_time(self.as_of, self.timezone)

    def find_covered_from(self, log: Activities) -> pd.Timestamp | None:
        """Return since when (UTC) a log has all activities; None if it always did."""
        times = [] if log.covered_from is None else [place_time(log.covered_from, self.timezone)]
        times += [] if log.kept_days is None else [self.get_as_of() - pd.Timedelta(days=log.kept_days)]
        return max(times, default=None)

    def get_files(self) -> list[str]:
        """Return the raw files that are declared, each once, in order."""
        files = [self.leads.file, *(log.file for log in self.activities)]
        files += [o.file for o in self.outcomes if isinstance(o, OutcomesFromFile)]
        files += [self.truth] if self.truth else []
        return list(dict.fromkeys(files))


def find_files(folder: Path, name: str) -> list[Path]:
    """Return the files that a declared name means: one, or those that a pattern with ``*`` finds."""
    return sorted(folder.glob(name)) or [folder / name]


def check_known(columns: dict[str, Any], known: tuple[str, ...]) -> None:
    unknown = [name for name in columns if name not in known]
    if unknown:
        raise ValueError(f"columns.{unknown[0]} is none of the canonical columns ({', '.join(known)})")


def check_required(columns: dict[str, Any], required: tuple[str, ...]) -> None:
    missing = [name for name in required if name not in columns]
    if missing:
        raise ValueError(f"columns.{missing[0]} is required")


def parse_age(age: str) -> float:
    """Return an age such as ``7d`` or ``12h`` in hours."""
    return float(age[:-1]) * {"h": 1.0, "d": 24.0}[age[-1]]


def name_kind(raw: str) -> str:
    """Return the name under which a source's own kind of activity appears in features.

    >>> name_kind("W_Nabellen offertes")
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
