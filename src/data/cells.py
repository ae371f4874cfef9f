"""SQL that reads a declared column: its text, and the time, number, flag or list that it stands for."""

from dataclasses import dataclass

from src.data.columns import ROW_NUMBER, Column, Constant, OwnColumn, RowNumber
from src.data.declarations import Cells
from src.data.flags import parse_flag
from src.data.lists import parse_list
from src.data.numbers import parse_number
from src.data.quoting import name_raw, quote, quote_text
from src.data.times import SCIENTIFIC, parse_day_end, parse_time

ID_COLUMNS = ("lead_id", "activity_id", "person")

AnyColumn = Column | OwnColumn | RowNumber | Constant


@dataclass(frozen=True)
class Value:
    """A canonical column: the text behind it, what it stands for, and the raw column to name.

    Attributes
    ----------
    text : str
        SQL over raw columns; NULL where there is no value.
    sql : str
        SQL over the text, which is the column `name_text` of the name.
    required : bool
        A row without it is rejected.
    parsed : bool
        A text may be there and not be understood: that costs a row if the value is `required`, or
        else is counted.
    is_doubted : bool
        A number whose points might part thousands, since nobody said what they do.
    has_any_sign : bool
        A number beside which the sign of any currency may stand, since none is declared.
    """

    name: str
    text: str
    sql: str
    raw: str
    required: bool = False
    parsed: bool = False
    is_doubted: bool = False
    has_any_sign: bool = False


def name_text(name: str) -> str:
    """Return the quoted name of the text behind a canonical column."""
    return quote(f"text of {name}")


def clean_text(column: str, missing: list[str]) -> str:
    """Return SQL for trimmed, composed text; empty text and the `missing` words are NULL."""
    raw = name_raw(column)
    # Looking whether there is anything to trim takes a tenth of the time of trimming.
    is_wide = f"{raw}[1] <= ' ' OR {raw}[-1] <= ' ' OR contains({raw}, chr(160))"
    trimmed = f"CASE WHEN {is_wide} THEN trim({raw}, ' \t\r\n' || chr(160)) ELSE {raw} END"
    text = f"nfc_normalize({trimmed})"
    words = ", ".join(quote_text(word) for word in ["", *missing])
    return f"CASE WHEN {text} IN ({words}) THEN NULL ELSE {text} END"


def read_text(column: AnyColumn, declared: Cells) -> str:
    """Return SQL for the text of a column, or of several joined by blanks, which are missing with the first."""
    if isinstance(column, Constant):
        return quote_text(column.constant)
    if isinstance(column, RowNumber):
        return name_raw(ROW_NUMBER)
    missing = [*declared.missing, *column.missing]
    first, *others = (clean_text(name, missing) for name in column.list_raw())
    if not others:
        return first
    return f"CASE WHEN {first} IS NOT NULL THEN concat_ws(' ', {first}, {', '.join(others)}) END"


def make_text(name: str, column: AnyColumn, declared: Cells, required: bool = False) -> Value:
    raw = next(iter(column.list_raw()), None)
    # A constant is never missing.
    return Value(name, read_text(column, declared), name_text(name), raw or name, required and raw is not None)


def make_time(
    name: str, column: AnyColumn, declared: Cells, zone: str, required: bool = False, day_ends_by: str | None = None
) -> Value:
    """Return how a time is read: in the zone of its column, of its file or `zone`, the source's.

    A day without a time is its first moment or, where `day_ends_by` is given, its last: that of an outcome.
    """
    zone = column.timezone or declared.timezone or zone
    language = column.language or declared.language
    sql = parse_time(name_text(name), column.format, zone, language)
    if day_ends_by is not None:
        sql = parse_day_end(name_text(name), column.format, zone, language, day_ends_by)
    return Value(name, read_text(column, declared), sql, column.list_raw()[0], required, parsed=True)


def make_number(name: str, column: AnyColumn, declared: Cells, required: bool = False) -> Value:
    if isinstance(column, RowNumber):
        return Value(name, read_text(column, declared), f"{name_text(name)}::DOUBLE", ROW_NUMBER, required, True)
    decimal, thousands = find_marks(column, declared)
    currency = column.currency or declared.currency
    sql = parse_number(name_text(name), decimal, thousands, currency)
    is_doubted = not are_marks_declared(column, declared)
    return Value(name, read_text(column, declared), sql, column.list_raw()[0], required, True, is_doubted, not currency)


def find_marks(column: AnyColumn, declared: Cells) -> tuple[str, str | None]:
    """Return the declared marks of decimals and of thousands; a point that parts thousands leaves the comma."""
    thousands = declared.thousands if column.thousands is None else column.thousands
    if column.decimal is not None:
        return column.decimal, thousands
    if "decimal" in declared.model_fields_set:
        return declared.decimal, thousands
    return ("," if thousands == "." else declared.decimal), thousands


def are_marks_declared(column: AnyColumn, declared: Cells) -> bool:
    """Say whether anything says how the numbers of a column are written."""
    return (
        column.decimal is not None
        or "decimal" in declared.model_fields_set
        or find_marks(column, declared)[1] is not None
    )


def make_phone(name: str, column: AnyColumn, declared: Cells) -> Value:
    """Return how a phone is read: one that a spreadsheet shortened, with fewer digits than it had, is missing."""
    text = name_text(name)
    given = rf"length(regexp_extract({text}, '[.,](\d+)', 1))"
    needed = rf"try_cast(regexp_extract({text}, '(\d+)$', 1) AS INTEGER)"
    is_cut = f"regexp_full_match({text}, '{SCIENTIFIC}') AND {given} < {needed}"
    sql = f"CASE WHEN {is_cut} THEN NULL ELSE {text} END"
    return Value(name, read_text(column, declared), sql, column.list_raw()[0], parsed=True)


def make_own(name: str, column: OwnColumn, declared: Cells, zone: str) -> Value:
    """Return how an own column is read, by its type."""
    if column.type == "number":
        return make_number(name, column, declared)
    if column.type == "date":
        return make_time(name, column, declared, zone)
    value = make_text(name, column, declared)
    if column.type == "flag":
        sql = parse_flag(value.sql, column.yes_words, column.no_words)
        return Value(name, value.text, sql, value.raw, parsed=True)
    if column.type == "list":
        return Value(name, value.text, parse_list(value.sql, column.separator), value.raw, parsed=True)
    return value
