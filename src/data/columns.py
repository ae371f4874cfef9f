"""How the columns of a file are declared: as raw columns, as the number of the row, or as one value for all rows."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from src.data.patterns import check_format, check_language, check_moment, check_zone
from src.strict import Strict

ROW_NUMBER = "(row number)"
"""Stands for a column of the file where a row is known by its place alone."""

Zone = Annotated[str, AfterValidator(check_zone)]
Language = Annotated[str, AfterValidator(check_language)]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
Thousands = Literal["", ".", ",", " ", "'"]
ColumnName = Annotated[str, Field(min_length=1)]


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

    def get_name(self) -> str:
        return self.column


class RowNumber(Strict):
    """The place of a row in its file, from 1, where no column has a key or an order."""

    row_number: Literal[True]

    def list_raw(self) -> list[str]:
        return [ROW_NUMBER]

    def get_name(self) -> str:
        return ROW_NUMBER


class Constant(Strict):
    """One value for every row of a file, such as the kind of a file that holds one kind."""

    constant: Annotated[str, Field(min_length=1)]

    def list_raw(self) -> list[str]:
        return []

    def get_name(self) -> str:
        return f"always {self.constant}"


def expand_column(value: Any) -> Any:
    return {"column": value} if isinstance(value, str | list) else value


def tell_columns_apart(value: Any) -> str:
    """Return which form a declared column has, so that its faults are named."""
    keys = value if isinstance(value, dict) else ()
    return next((f"({key})" for key in ("row_number", "constant") if key in keys), "(column)")


AnyColumn = Annotated[Column, BeforeValidator(expand_column)]
LeadColumn = Annotated[
    Annotated[AnyColumn, Tag("(column)")] | Annotated[RowNumber, Tag("(row_number)")],
    Discriminator(tell_columns_apart),
]
LinkedColumn = Annotated[
    Annotated[AnyColumn, Tag("(column)")] | Annotated[Constant, Tag("(constant)")],
    Discriminator(tell_columns_apart),
]


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


def check_parts(columns: dict[str, Any], joined: tuple[str, ...]) -> None:
    """Check that only the `joined` columns are put together from several, and that moments have a day."""
    given = {name: column for name, column in columns.items() if isinstance(column, Column)}
    apart = [name for name, column in given.items() if isinstance(column.column, list) and name not in joined]
    if apart:
        raise ValueError(f"columns.{apart[0]} cannot be put together from several columns")
    for name in ("created_at", "occurred_at"):
        if name in given:
            try:
                check_moment(given[name].format)
            except ValueError as error:
                raise ValueError(f"columns.{name}.format: {error}") from None


def list_raw(columns: Iterable[Any]) -> list[str]:
    """Return the raw columns of some declared ones, each once."""
    return list(dict.fromkeys(raw for column in columns for raw in column.list_raw()))
