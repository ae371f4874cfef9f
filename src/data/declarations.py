"""How the files of a source and their columns are declared; `src.data.sources` says what a source is."""

from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from src.data.tables import ACTIVITY_COLUMNS, LEAD_COLUMNS, OUTCOME_COLUMNS, OUTCOME_KINDS
from src.strict import Name, Positive, Strict

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
    protected: bool = False


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
    protected: list[Literal[LEAD_COLUMNS]] = []

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

    @model_validator(mode="after")
    def check_protected(self) -> "Leads":
        undeclared = [name for name in self.protected if name not in self.columns]
        if undeclared:
            raise ValueError(f"protected.{undeclared[0]} is none of the declared columns")
        declared = {**self.columns, **self.own}
        hidden = {declared[name].column: name for name in self.list_protected()}
        # The same values under another name would be a feature after all.
        shown = [name for name in declared if declared[name].column in hidden and name not in self.list_protected()]
        if shown:
            other = hidden[declared[shown[0]].column]
            raise ValueError(f"{shown[0]} reads the same column as {other}, which is protected")
        return self

    def list_protected(self) -> list[str]:
        """Return the names of the columns, canonical and own, that are never features."""
        return [*self.protected, *(name for name, column in self.own.items() if column.protected)]


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
