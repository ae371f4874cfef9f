"""How the files of a source and their columns are declared; `src.data.sources` says what a source is."""

from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from src.data.patterns import check_format, check_language, check_moment, check_zone
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
    "given_id",
    "row",
    "fault",
)
"""Names of the dataset's own columns, which no column of a source may take."""

TOLERABLE = ("before_creation", "unknown_lead", "after_as_of", "several_leads", "unknown_kind")
"""Reasons that need not mean a wrong declaration; how often they may occur can be declared."""

FORMS = ("case", "decimals", "zeros", "salesforce", "punctuation")
"""In what two ids may differ that mean one lead."""


def check_file_name(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not name.endswith((".csv", ".csv.gz", ".parquet")):
        raise ValueError("must be a .csv, .csv.gz or .parquet file inside data/raw/<source>/")
    return name


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
    return {"column": value} if isinstance(value, str | list) else value


FileName = Annotated[str, AfterValidator(check_file_name)]
QuotedTime = Annotated[str, AfterValidator(check_time), BeforeValidator(check_quoted)]
Zone = Annotated[str, AfterValidator(check_zone)]
Language = Annotated[str, AfterValidator(check_language)]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
Thousands = Literal["", ".", ",", " ", "'"]
ColumnName = Annotated[str, Field(min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]


class Written(Strict):
    """How the cells of a column are written; what it leaves out, its file says."""

    format: Annotated[str, AfterValidator(check_format)] = "iso"
    timezone: Zone | None = None
    language: Language | None = None
    decimal: Literal[".", ","] | None = None
    thousands: Thousands | None = None
    currency: Currency | None = None
    missing: list[str] = []

    @model_validator(mode="after")
    def check_marks(self) -> "Written":
        if self.decimal is not None and self.decimal == self.thousands:
            raise ValueError("decimal and thousands are the same sign")
        return self


class Column(Written):
    """A raw column, or several that make one text; a key may say which column of the leads it is of (`by`)."""

    column: ColumnName | Annotated[list[ColumnName], Field(min_length=1)]
    by: str = "lead_id"

    def list_raw(self) -> list[str]:
        return [self.column] if isinstance(self.column, str) else self.column

    def get_name(self) -> str:
        return " / ".join(self.list_raw())


class OwnColumn(Written):
    """A column the canonical tables do not know: its type and when its value is known."""

    column: ColumnName
    type: Literal["number", "category", "text", "flag", "date", "list"]
    known: Literal["creation", "later", "after_outcome"]
    protected: bool = False
    separator: Annotated[str, Field(min_length=1)] | None = None
    yes_words: list[str] = []
    no_words: list[str] = []

    @model_validator(mode="after")
    def check_type(self) -> "OwnColumn":
        if self.separator is not None and self.type != "list":
            raise ValueError("separator is for the type list")
        if (self.yes_words or self.no_words) and self.type != "flag":
            raise ValueError("yes_words and no_words are for the type flag")
        return self

    def list_raw(self) -> list[str]:
        return [self.column]


AnyColumn = Annotated[Column, BeforeValidator(expand_column)]


class File(Strict):
    """A raw file and how it is written; the last four keys do not apply to Parquet."""

    file: FileName
    encoding: Literal["utf-8", "utf-16", "latin-1"] = "utf-8"
    delimiter: Literal[",", ";", "\t", "|"] = ","
    decimal: Literal[".", ","] = "."
    missing: list[str] = []


class Cells(File):
    """How the cells of a file are written where their columns do not say it, and what is tolerated in it.

    `tolerate` has the share of rows that may be rejected for a reason before the declaration is
    taken for wrong.
    """

    timezone: Zone | None = None
    language: Language | None = None
    thousands: Thousands | None = None
    currency: Currency | None = None
    tolerate: dict[Literal[TOLERABLE], Share] = {}

    @model_validator(mode="after")
    def check_marks(self) -> "Cells":
        if "decimal" in self.model_fields_set and self.decimal == self.thousands:
            raise ValueError("decimal and thousands are the same sign")
        return self


class Linked(Cells):
    """A file whose rows name leads: how their ids are compared, and what becomes of several in one row."""

    match: list[Literal[FORMS]] = []
    split: Annotated[str, Field(min_length=1)] | None = None
    several: Literal["all", "newest", "none"] | None = None


class Leads(Cells):
    columns: dict[str, AnyColumn]
    own: dict[Name, OwnColumn] = {}
    protected: list[Literal[LEAD_COLUMNS]] = []

    @model_validator(mode="after")
    def check_columns(self) -> "Leads":
        check_known(self.columns, ("lead_id", "created_at", "sequence", "person", *LEAD_COLUMNS))
        check_required(self.columns, ("lead_id",))
        check_parts(self.columns, ("created_at",))
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
        protected = self.list_protected()
        hidden = {raw: name for name in protected for raw in declared[name].list_raw()}
        # The same values under another name would be a feature after all.
        open_columns = {name: column for name, column in declared.items() if name not in protected}
        shown = [(name, raw) for name, column in open_columns.items() for raw in column.list_raw() if raw in hidden]
        if shown:
            other = hidden[shown[0][1]]
            raise ValueError(f"{shown[0][0]} reads the same column as {other}, which is protected")
        return self

    def list_protected(self) -> list[str]:
        """Return the names of the columns, canonical and own, that are never features."""
        return [*self.protected, *(name for name, column in self.own.items() if column.protected)]


class Activities(Linked):
    columns: dict[str, AnyColumn]
    values: dict[Name, AnyColumn] = {}
    kinds: dict[str, Name] = {}
    may_be_empty: bool = False
    covered_from: QuotedTime | None = None
    kept_days: Positive | None = None

    @model_validator(mode="after")
    def check_columns(self) -> "Activities":
        check_known(self.columns, ("activity_id", "lead_id", *ACTIVITY_COLUMNS[1:]))
        check_required(self.columns, ("lead_id", "occurred_at", "kind"))
        check_parts(self.columns, ("occurred_at", "kind"))
        return self

    def find_files(self, folder: Path) -> list[Path]:
        """Return the files of the log in `folder`: one, or those that a pattern with ``*`` finds."""
        return find_files(folder, self.file)

    def get_kind_columns(self) -> list[str]:
        return self.columns["kind"].list_raw()

    def list_columns(self) -> list[str]:
        """Return the raw columns that are declared, each once."""
        return list_raw([*self.columns.values(), *self.values.values()])


class Merged(Cells):
    """A file of records that were merged into others: activities and outcomes of the old id are the new one's."""

    columns: dict[Literal["old_id", "new_id"], AnyColumn]

    @model_validator(mode="after")
    def check_columns(self) -> "Merged":
        check_required(self.columns, ("old_id", "new_id"))
        return self

    def list_columns(self) -> list[str]:
        """Return the raw columns that are declared, each once."""
        return list_raw(list(self.columns.values()))


class OutcomesFromFile(Linked):
    columns: dict[str, AnyColumn]
    kinds: dict[str, Literal[OUTCOME_KINDS]]
    undecided: list[str] = []
    recorded_from: QuotedTime | None = None

    @model_validator(mode="after")
    def check_columns(self) -> "OutcomesFromFile":
        check_known(self.columns, OUTCOME_COLUMNS)
        check_required(self.columns, ("lead_id", "kind"))
        check_parts(self.columns, ("occurred_at",))
        return self

    def list_columns(self) -> list[str]:
        """Return the raw columns that are declared, each once."""
        return list_raw(list(self.columns.values()))


class OutcomesFromLeads(Strict):
    """A column of the leads whose values say what became of them, with or without a time."""

    column_of_leads: ColumnName
    kinds: dict[str, Literal[OUTCOME_KINDS]]
    undecided: list[str] = []
    missing: list[str] = []
    occurred_at: AnyColumn | None = None
    recorded_from: QuotedTime | None = None

    def list_columns(self) -> list[str]:
        return [self.column_of_leads, *(self.occurred_at.list_raw() if self.occurred_at else [])]


class OutcomesFromDates(Strict):
    """A column of the leads with the time of an outcome: where it is filled in, that is what became of them."""

    date_of_leads: AnyColumn
    kind: Literal[OUTCOME_KINDS]
    recorded_from: QuotedTime | None = None

    def list_columns(self) -> list[str]:
        return self.date_of_leads.list_raw()


class OutcomesFromActivities(Strict):
    """Kinds of activity that are outcomes; the first of each outcome counts."""

    kinds_of_activity: dict[str, Literal[OUTCOME_KINDS]]
    recorded_from: QuotedTime | None = None


OUTCOME_FORMS = ("file", "column_of_leads", "date_of_leads", "kinds_of_activity")


def tell_outcomes_apart(value: Any) -> str | None:
    """Return which of the three forms a declaration of outcomes has, so that its faults are named."""
    keys = value if isinstance(value, dict) else ()
    return next((key for key in OUTCOME_FORMS if key in keys), None)


Outcomes = Annotated[
    Annotated[OutcomesFromFile, Tag("file")]
    | Annotated[OutcomesFromLeads, Tag("column_of_leads")]
    | Annotated[OutcomesFromDates, Tag("date_of_leads")]
    | Annotated[OutcomesFromActivities, Tag("kinds_of_activity")],
    Discriminator(
        tell_outcomes_apart,
        custom_error_type="unknown_outcomes",
        custom_error_message="needs one of file, column_of_leads, date_of_leads and kinds_of_activity",
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


def check_parts(columns: dict[str, Column], joined: tuple[str, ...]) -> None:
    """Check that only the `joined` columns are put together from several, and that moments have a day."""
    apart = [name for name, column in columns.items() if isinstance(column.column, list) and name not in joined]
    if apart:
        raise ValueError(f"columns.{apart[0]} cannot be put together from several columns")
    for name in ("created_at", "occurred_at"):
        if name in columns:
            try:
                check_moment(columns[name].format)
            except ValueError as error:
                raise ValueError(f"columns.{name}.format: {error}") from None


def list_raw(columns: list[Column]) -> list[str]:
    """Return the raw columns of some declared ones, each once."""
    return list(dict.fromkeys(raw for column in columns for raw in column.list_raw()))
