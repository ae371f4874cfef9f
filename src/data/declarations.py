"""How the files of a source and their columns are declared; `src.data.sources` says what a source is."""

import glob
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from src.data.columns import (
    AnyColumn,
    ColumnName,
    Constant,
    Currency,
    Language,
    LeadColumn,
    LinkedColumn,
    OwnColumn,
    RowNumber,
    Thousands,
    Zone,
    check_constants,
    check_known,
    check_parts,
    check_required,
    list_raw,
)
from src.data.tables import ACTIVITY_COLUMNS, LEAD_COLUMNS, OUTCOME_COLUMNS, OUTCOME_KINDS
from src.strict import Name, NotNegativeCount, Positive, Strict

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
"""Names of the dataset's own columns and of rows at fault, which no column of a source may take."""

TOLERABLE = ("before_creation", "unknown_lead", "after_as_of", "several_leads", "unknown_kind", "missing_value")
"""Reasons that need not mean a wrong declaration; how often they may occur can be declared."""

FORMS = ("case", "decimals", "zeros", "salesforce", "punctuation")
"""In what two ids may differ that mean one lead."""


ENDINGS = (".csv", ".csv.gz", ".parquet", ".xlsx", ".ods", ".jsonl", ".jsonl.gz", ".zip")
"""Of the names of raw files."""


def check_file_name(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not name.endswith(ENDINGS):
        raise ValueError(f"must be a file inside data/raw/<source>/ that ends in {', '.join(ENDINGS)}")
    return name


def check_file_names(names: str | list[str]) -> str | list[str]:
    if not names:
        raise ValueError("needs a file")
    for name in [names] if isinstance(names, str) else names:
        check_file_name(name)
    return names


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


FileName = Annotated[str, AfterValidator(check_file_name)]
QuotedTime = Annotated[str, AfterValidator(check_time), BeforeValidator(check_quoted)]
Share = Annotated[float, Field(ge=0, le=1)]


class File(Strict):
    """Raw files of one form and how they are split into cells; most is for CSV alone, `sheet` for workbooks."""

    file: Annotated[str | list[str], AfterValidator(check_file_names)]
    encoding: Literal["utf-8", "utf-16", "windows-1252", "latin-1"] = "utf-8"
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    escape: Literal["quote", "backslash"] = "quote"
    skip: NotNegativeCount | None = None
    footer: NotNegativeCount = 0
    sheet: Annotated[str, Field(min_length=1)] | None = None
    max_gigabytes: Positive = 20.0

    def list_names(self) -> list[str]:
        """Return the declared names, each once; one with a ``*`` is a pattern."""
        return list(dict.fromkeys([self.file] if isinstance(self.file, str) else self.file))

    def find_files(self, folder: Path) -> list[Path]:
        """Return the files in `folder` that the names mean, those of a pattern in order of name."""
        return list(dict.fromkeys(path for name in self.list_names() for path in find_files(folder, name)))


class Cells(File):
    """How the cells of a file are written where their columns do not say it, and what is tolerated in it.

    `tolerate` has the share of rows that may be rejected for a reason before the declaration is
    taken for wrong.
    """

    decimal: Literal[".", ","] = "."
    missing: list[str] = []
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
    columns: dict[str, LeadColumn]
    continued_rows: bool = False
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
    columns: dict[str, LinkedColumn]
    values: dict[Name, AnyColumn] = {}
    kinds: dict[str, Name] = {}
    may_be_empty: bool = False
    covered_from: QuotedTime | None = None
    kept_days: Positive | None = None

    @model_validator(mode="after")
    def check_columns(self) -> "Activities":
        check_known(self.columns, ("activity_id", "lead_id", *ACTIVITY_COLUMNS[1:]))
        check_required(self.columns, ("lead_id", "occurred_at", "kind"))
        check_constants(self.columns)
        check_parts(self.columns, ("occurred_at", "kind"))
        return self

    def get_kind_columns(self) -> list[str]:
        """Return the columns that say what an activity was; none where all of the file are of one kind."""
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
        return list_raw(self.columns.values())


class OutcomesFromFile(Linked):
    columns: dict[str, LinkedColumn]
    kinds: dict[str, Literal[OUTCOME_KINDS]] = {}
    undecided: list[str] = []
    only_without: ColumnName | None = None
    recorded_from: QuotedTime | None = None

    @model_validator(mode="after")
    def check_columns(self) -> "OutcomesFromFile":
        check_known(self.columns, OUTCOME_COLUMNS)
        check_required(self.columns, ("lead_id", "kind"))
        check_constants(self.columns)
        check_parts(self.columns, ("occurred_at",))
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

    def list_kinds(self) -> list[str]:
        """Return the outcomes that this file has."""
        return list(self.map_kinds().values())

    def list_columns(self) -> list[str]:
        """Return the raw columns that are declared, each once."""
        without = [] if self.only_without is None else [self.only_without]
        return list(dict.fromkeys([*list_raw(self.columns.values()), *without]))


class OutcomesFromLeads(Strict):
    """A column of the leads whose values say what became of them, with or without a time."""

    column_of_leads: ColumnName
    kinds: dict[str, Literal[OUTCOME_KINDS]]
    undecided: list[str] = []
    missing: list[str] = []
    occurred_at: AnyColumn | None = None
    recorded_from: QuotedTime | None = None

    def list_kinds(self) -> list[str]:
        return list(self.kinds.values())

    def list_columns(self) -> list[str]:
        return [self.column_of_leads, *(self.occurred_at.list_raw() if self.occurred_at else [])]


class OutcomesFromDates(Strict):
    """A column of the leads with the time of an outcome: where it is filled in, that is what became of them."""

    date_of_leads: AnyColumn
    kind: Literal[OUTCOME_KINDS]
    recorded_from: QuotedTime | None = None

    def list_kinds(self) -> list[str]:
        return [self.kind]

    def list_columns(self) -> list[str]:
        return self.date_of_leads.list_raw()


class OutcomesFromActivities(Strict):
    """Kinds of activity that are outcomes; the first of each outcome counts."""

    kinds_of_activity: dict[str, Literal[OUTCOME_KINDS]]
    recorded_from: QuotedTime | None = None

    def list_kinds(self) -> list[str]:
        return list(self.kinds_of_activity.values())


OUTCOME_FORMS = ("file", "column_of_leads", "date_of_leads", "kinds_of_activity")


def tell_outcomes_apart(value: Any) -> str | None:
    """Return which of the `OUTCOME_FORMS` a declaration of outcomes has, so that its faults are named."""
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
    """Return the files that a declared name means: one, or those that a pattern with ``*`` finds.

    Nothing but ``*`` makes a pattern: browsers call a second download ``log[1].csv``.
    """
    if "*" not in name:
        return [folder / name]
    return sorted(folder.glob(glob.escape(name).replace("[*]", "*"))) or [folder / name]
