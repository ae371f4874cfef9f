"""How the files of a source and their columns are declared; `src.data.sources` says what a source is."""

import glob
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from src.data.tables import ACTIVITY_COLUMNS, LEAD_COLUMNS, OUTCOME_COLUMNS, OUTCOME_KINDS
from src.strict import Name, NotNegativeCount, Positive, Strict

RESERVED = (
    "row",
    "fault",
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
"""Names of the dataset's own columns and of rows at fault, which no column of a source may take."""

TIME_FORMATS = ("iso", "epoch_s", "epoch_ms", "epoch_us")
"""Named formats of a time; anything else with a ``%`` is a strptime pattern."""


ROW_NUMBER = "(row number)"
"""Stands for a column of the file where a row is known by its place alone."""


def check_file_name(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not name.endswith((".csv", ".csv.gz", ".parquet")):
        raise ValueError("must be a .csv, .csv.gz or .parquet file inside data/raw/<source>/")
    return name


def check_file_names(names: str | list[str]) -> str | list[str]:
    if not names:
        raise ValueError("needs a file")
    for name in [names] if isinstance(names, str) else names:
        check_file_name(name)
    return names


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


class RowNumber(Strict):
    """The place of a row in its file, from 1, where no column has a key or an order."""

    row_number: Literal[True]

    @property
    def column(self) -> str:
        return ROW_NUMBER


class Constant(Strict):
    """One value for every row of a file, such as the kind of a file that holds one kind."""

    constant: Annotated[str, Field(min_length=1)]


def tell_columns_apart(value: Any) -> str:
    """Return which form a declared column has, so that its faults are named."""
    keys = value if isinstance(value, dict) else ()
    forms = ["(list)"] if isinstance(value, list) else [f"({key})" for key in ("row_number", "constant") if key in keys]
    return next(iter(forms), "(column)")


LeadColumn = Annotated[
    Annotated[AnyColumn, Tag("(column)")] | Annotated[RowNumber, Tag("(row_number)")],
    Discriminator(tell_columns_apart),
]
ActivityColumn = Annotated[
    Annotated[AnyColumn, Tag("(column)")]
    | Annotated[Constant, Tag("(constant)")]
    | Annotated[list[str], Field(min_length=1), Tag("(list)")],
    Discriminator(tell_columns_apart),
]
OutcomeColumn = Annotated[
    Annotated[AnyColumn, Tag("(column)")] | Annotated[Constant, Tag("(constant)")],
    Discriminator(tell_columns_apart),
]


class File(Strict):
    """Raw files of one form and how they are written; all but `file` and `missing` are for CSV alone."""

    file: Annotated[str | list[str], AfterValidator(check_file_names)]
    encoding: Literal["utf-8", "utf-16", "windows-1252", "latin-1"] = "utf-8"
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    escape: Literal["quote", "backslash"] = "quote"
    skip: NotNegativeCount | None = None
    footer: NotNegativeCount = 0
    max_gigabytes: Positive = 20.0
    decimal: Literal[".", ","] = "."
    missing: list[str] = []

    def list_names(self) -> list[str]:
        """Return the declared names, each once; one with a ``*`` is a pattern."""
        return list(dict.fromkeys([self.file] if isinstance(self.file, str) else self.file))

    def find_files(self, folder: Path) -> list[Path]:
        """Return the files in `folder` that the names mean, those of a pattern in order of name."""
        return list(dict.fromkeys(path for name in self.list_names() for path in find_files(folder, name)))


class Leads(File):
    columns: dict[str, LeadColumn]
    continued_rows: bool = False
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
    def check_row_numbers(self) -> "Leads":
        numbered = [name for name, column in self.columns.items() if isinstance(column, RowNumber)]
        if set(numbered) - {"lead_id", "sequence"}:
            raise ValueError(f"columns.{numbered[0]}: only lead_id and sequence can be a row_number")
        if "lead_id" in numbered and (self.continued_rows or len(self.list_names()) > 1 or "*" in self.list_names()[0]):
            raise ValueError("columns.lead_id: a row_number is no key of several files or of continued_rows")
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
    columns: dict[str, ActivityColumn]
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
        check_constants(self.columns)
        return self

    def get_kind_columns(self) -> list[str]:
        """Return the columns that say what an activity was; none where all of the file are of one kind."""
        kind = self.columns["kind"]
        if isinstance(kind, Constant):
            return []
        return kind if isinstance(kind, list) else [kind.column]

    def list_columns(self) -> list[str]:
        """Return the raw columns that are declared, each once."""
        columns = [column.column for name, column in self.columns.items() if name != "kind"]
        return list(dict.fromkeys(columns + self.get_kind_columns()))


class OutcomesFromFile(File):
    columns: dict[str, OutcomeColumn]
    kinds: dict[str, Literal[OUTCOME_KINDS]] = {}
    undecided: list[str] = []

    @model_validator(mode="after")
    def check_columns(self) -> "OutcomesFromFile":
        check_known(self.columns, OUTCOME_COLUMNS)
        check_required(self.columns, ("lead_id", "kind"))
        check_constants(self.columns)
        kind = self.columns["kind"]
        if isinstance(kind, Constant) and kind.constant not in self.map_kinds():
            raise ValueError(f"columns.kind: {kind.constant!r} is none of {', '.join(OUTCOME_KINDS)} nor among kinds")
        if not self.map_kinds():
            raise ValueError("kinds is missing: say which of your words is which outcome")
        return self

    def map_kinds(self) -> dict[str, str]:
        """Return which outcome each word of the file is; a constant may be the outcome itself."""
        kind = self.columns["kind"]
        if isinstance(kind, Constant) and kind.constant in OUTCOME_KINDS:
            return {kind.constant: kind.constant} | self.kinds
        return self.kinds

    def list_columns(self) -> list[str]:
        """Return the raw columns that are declared, each once."""
        columns = [column.column for column in self.columns.values() if not isinstance(column, Constant)]
        return list(dict.fromkeys(columns))


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
    """Return the files that a declared name means: one, or those that a pattern with ``*`` finds.

    Nothing but ``*`` makes a pattern: browsers call a second download ``log[1].csv``.
    """
    if "*" not in name:
        return [folder / name]
    return sorted(folder.glob(glob.escape(name).replace("[*]", "*"))) or [folder / name]


def check_constants(columns: dict[str, Any]) -> None:
    constants = [name for name, column in columns.items() if isinstance(column, Constant) and name != "kind"]
    if constants:
        raise ValueError(f"columns.{constants[0]}: only kind can be a constant")


def check_known(columns: dict[str, Any], known: tuple[str, ...]) -> None:
    unknown = [name for name in columns if name not in known]
    if unknown:
        raise ValueError(f"columns.{unknown[0]} is none of the canonical columns ({', '.join(known)})")


def check_required(columns: dict[str, Any], required: tuple[str, ...]) -> None:
    missing = [name for name in required if name not in columns]
    if missing:
        raise ValueError(f"columns.{missing[0]} is required")
