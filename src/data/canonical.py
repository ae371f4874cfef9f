"""Queries that turn raw text into canonical values, and the rows where that fails into rejects."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from src.data.errors import describe_value, find_remedy
from src.data.read import RawFile, RawTable, find_file_numbers, name_raw, number_file, place_rejects, quote, quote_text
from src.data.sources import Source
from src.stage import InputError

ID_COLUMNS = ("lead_id", "activity_id", "person")
INVISIBLE = r"[\x{00AD}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2064}\x{FEFF}]"
"""Characters of no width or that turn the direction: two ids may look equal and differ."""


@dataclass(frozen=True)
class Value:
    """A canonical column: the expression for it and the raw columns it comes from."""

    name: str
    sql: str
    raw: str
    required: bool = False
    parsed: bool = False


def clean_text(column: str, missing: list[str]) -> str:
    """Return SQL for trimmed, composed text; empty text and the `missing` words are NULL."""
    raw = name_raw(column)
    # Looking whether there is anything to trim takes a tenth of the time of trimming.
    is_wide = f"{raw}[1] <= ' ' OR {raw}[-1] <= ' ' OR contains({raw}, chr(160))"
    trimmed = f"CASE WHEN {is_wide} THEN trim({raw}, ' \t\r\n' || chr(160)) ELSE {raw} END"
    text = f"nfc_normalize({trimmed})"
    words = ", ".join(quote_text(word) for word in ["", *missing])
    return f"CASE WHEN {text} IN ({words}) THEN NULL ELSE {text} END"


def parse_number(text: str, decimal: str) -> str:
    """Return SQL for a finite number; with a decimal comma, points must part thousands."""
    if decimal == ",":
        shape = r"[+-]?(\d+|\d{1,3}(\.\d{3})+)?(,\d*)?([eE][+-]?\d+)?"
        plain = f"replace(replace({text}, '.', ''), ',', '.')"
    else:
        shape, plain = r"[+-]?\d*(\.\d*)?([eE][+-]?\d+)?", text
    number = f"try_cast({plain} AS DOUBLE)"
    return f"CASE WHEN regexp_full_match({text}, '{shape}') AND isfinite({number}) THEN {number} END"


def parse_time(text: str, pattern: str, zone: str) -> str:
    """Return SQL for a UTC timestamp; a local time that never was (spring) is NULL.

    A local time that was twice (autumn) is taken as the later one, in winter time. A time
    before 1900 is a slip, such as a year of two digits read with ``%Y``.
    """
    time = parse_any_time(text, pattern, zone)
    return f"CASE WHEN {time} >= TIMESTAMP '1900-01-01' THEN {time} END"


def parse_outcome_time(text: str, pattern: str, source: Source) -> str:
    """Return SQL for the time of an outcome; of a day without a time, the end of that day.

    So an outcome is never known before it was, and one of the day on which the lead came in does
    not come before the lead. The end of the data is the latest.
    """
    time = parse_time(text, pattern, source.timezone)
    if pattern.startswith("epoch_") or not source.is_dated():
        return time
    is_day = f"length({text}) = 10" if pattern == "iso" else str("%H" not in pattern and "%I" not in pattern)
    latest = f"greatest({time}, TIMESTAMP '{source.get_as_of()}')"
    return f"CASE WHEN {is_day} THEN least({time} + INTERVAL 86399 SECOND, {latest}) ELSE {time} END"


def parse_any_time(text: str, pattern: str, zone: str) -> str:
    if pattern.startswith("epoch_"):
        factor = {"epoch_s": 1_000_000, "epoch_ms": 1000, "epoch_us": 1}[pattern]
        return f"try(make_timestamp(try_cast({text} AS BIGINT) * {factor}))"
    if pattern != "iso":
        return place_local(f"try_strptime({text}, {quote_text(pattern)})", zone)
    # The whole text must be a time: DuckDB reads over the name of a zone, and takes it for local.
    shape = r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d(:?\d\d)?)?)?"
    utc = f"try_cast({text} AS TIMESTAMP)"
    aware = f"try_cast({text} AS TIMESTAMPTZ) AT TIME ZONE 'UTC'"
    time = (
        f"CASE WHEN {text}[-1] IN ('Z', 'z') THEN {utc} WHEN regexp_matches({text}[12:], '[+-]') THEN {aware} "
        f"ELSE {place_local(utc, zone)} END"
    )
    return f"CASE WHEN regexp_full_match({text}, '{shape}') THEN {time} END"


def place_local(local: str, zone: str) -> str:
    if zone == "UTC":
        return f"({local})::TIMESTAMP"
    aware = f"timezone({quote_text(zone)}, ({local})::TIMESTAMP)"
    back = f"timezone({quote_text(zone)}, {aware})"
    return f"CASE WHEN {back} = ({local})::TIMESTAMP THEN {aware} AT TIME ZONE 'UTC' END"


def canonicalise(db: duckdb.DuckDBPyConnection, raw: RawTable, name: str, values: list[Value]) -> pd.DataFrame:
    """Create table `name` with `row` and the canonical `values`; return the rejected rows."""
    query = select_values(f"SELECT * FROM {raw.name}", raw.columns, raw.declared.missing, values)
    db.execute(f"CREATE OR REPLACE TABLE {name} AS {query}")
    rejected = reject_rows(db, name, find_faults(db, name))
    db.execute(f"ALTER TABLE {name} DROP COLUMN fault")
    return rejected


def select_values(query: str, columns: list[str], missing: list[str], values: list[Value]) -> str:
    """Return a query for `row`, the canonical `values` and `fault`, what is wrong with the row if anything is.

    A row is at fault where a text hides characters or ends early, a required value is missing or
    a value that is there cannot be understood; the first such column is named.

    Parameters
    ----------
    query : str
        Gives `row` and the raw `columns`, as text.
    missing : list of str
        The words that mean there is no value.
    """
    raw = ", ".join(map(name_raw, columns))
    canonical = ", ".join(f"{value.sql} AS {quote(value.name)}" for value in values)
    names = ", ".join(quote(value.name) for value in values)
    faults = " ".join([*list_unreadable(columns, values), *list_unusable(missing, values)])
    return f"SELECT row, {names}, CASE {faults} END AS fault FROM (SELECT row, {raw}, {canonical} FROM ({query}))"


def tell_fault(when: str, column: str, reason: str) -> str:
    """Return the SQL of one case of a fault: its column, the raw value and the reason."""
    fault = f"'column': {quote_text(column)}, 'value': {name_raw(column)}, 'reason': {reason}"
    return f"WHEN {when} THEN {{{fault}}}"


def list_unreadable(columns: list[str], values: list[Value]) -> Iterable[str]:
    """Yield the faults of characters that hide or that end a text."""
    for column in columns:
        yield tell_fault(f"contains({name_raw(column)}, chr(0))", column, "'nul_character'")
    for value in values:
        if value.name in ID_COLUMNS:
            raw = name_raw(value.raw)
            # All of them are several bytes long: of plain text only the length is looked at.
            is_hiding = f"strlen({raw}) > length({raw}) AND regexp_matches({raw}, '{INVISIBLE}')"
            yield tell_fault(is_hiding, value.raw, "'invisible_character'")


def list_unusable(missing: list[str], values: list[Value]) -> Iterable[str]:
    """Yield the faults of values that are missing or not understood."""
    for value in values:
        is_null, is_missing = f"{quote(value.name)} IS NULL", f"{clean_text(value.raw, missing)} IS NULL"
        if value.required:
            reason = f"CASE WHEN {is_missing} THEN 'missing_value' ELSE 'not_understood' END"
            yield tell_fault(is_null, value.raw, reason)
        elif value.parsed:
            yield tell_fault(f"{is_null} AND NOT {is_missing}", value.raw, "'not_understood'")


def find_faults(db: duckdb.DuckDBPyConnection, name: str) -> pd.DataFrame:
    """Return the rows (row, column, value, reason) of `name` that are at fault, in their order."""
    return db.sql(f"SELECT row, unnest(fault) FROM {name} WHERE fault IS NOT NULL ORDER BY row").df()


def reject_rows(db: duckdb.DuckDBPyConnection, name: str, found: pd.DataFrame) -> pd.DataFrame:
    """Take the rows of `found` (row, column, value, reason) out of table `name`."""
    if len(found):
        gone = found[["row"]]  # noqa: F841  (DuckDB reads it by name)
        db.execute(f"DELETE FROM {name} WHERE row IN (SELECT row FROM gone)")
    return found


def find_where(
    db: duckdb.DuckDBPyConnection, name: str, column: str, where: str, reason: str, named: str | None = None
) -> pd.DataFrame:
    """Return the rows (row, column, value, reason) of `name` that meet the condition `where`, in their order.

    `column` is the canonical column at fault; `named` is what to call it, if not that.
    """
    frame = db.sql(f"SELECT row, {quote(column)}::VARCHAR AS value FROM {name} WHERE {where} ORDER BY row").df()
    return frame.assign(column=named or column, reason=reason)[["row", "column", "value", "reason"]]


def reject_where(
    db: duckdb.DuckDBPyConnection, name: str, column: str, where: str, reason: str, named: str | None = None
) -> pd.DataFrame:
    """Take the rows that `find_where` finds out of table `name`."""
    return reject_rows(db, name, find_where(db, name, column, where, reason, named))


def drop_repeats(db: duckdb.DuckDBPyConnection, name: str, columns: list[str]) -> int:
    """Keep the first of the rows that agree in all `columns`; return how many were dropped."""
    before = count_rows(db, name)
    keys = ", ".join(quote(column) for column in columns)
    db.execute(f"DELETE FROM {name} WHERE row NOT IN (SELECT min(row) FROM {name} GROUP BY {keys})")
    return before - count_rows(db, name)


def count_rows(db: duckdb.DuckDBPyConnection, name: str) -> int:
    return db.sql(f"SELECT count(*) FROM {name}").fetchall()[0][0]


def check_rejected(raw: RawTable, rejected: list[pd.DataFrame], limit: float) -> None:
    """Stop where more than a share `limit` of a file's rows was rejected."""
    if sum(len(frame) for frame in rejected) > limit * raw.rows_read:
        check_rejected_share(raw.path.parent, raw.rows_read, place_rejects(raw, rejected), limit)


def check_rejected_share(folder: Path, rows_read: int, rejected: pd.DataFrame, limit: float) -> None:
    if len(rejected) > limit * rows_read:
        first = rejected.iloc[0]
        form = describe_value(first["value"], first["column"], first["reason"])
        raise InputError(
            "too_many_rejected",
            f"{len(rejected)} of {rows_read} rows cannot be used (intake.max_rejected_share), the first for "
            f"{first['reason']}{form}; {find_remedy(first['reason'])}",
            folder / first["file"],
            int(first["line"]),
            first["column"],
        )


def describe_files(
    db: duckdb.DuckDBPyConnection, raw: RawTable, kept: str, rejected: list[pd.DataFrame], duplicates: int = 0
) -> list[dict[str, Any]]:
    """Return what became of each file's rows; read = kept + rejected + duplicates.

    Parameters
    ----------
    kept : str
        The table or view of what is left, by ``row``.
    rejected : list of DataFrame
        Frames of (row, column, value, reason).
    duplicates : int
        How many rows of all files were dropped as repeats of others.
    """
    counts = dict(db.sql(f"SELECT {number_file()}, count(*) FROM {kept} GROUP BY ALL").fetchall())
    reasons = pd.concat([frame[["row", "reason"]] for frame in rejected if len(frame)] or rejected[:1])
    numbers = find_file_numbers(reasons["row"])
    described = [
        describe_file(file, counts.get(number, 0), reasons.loc[numbers == number, "reason"])
        for number, file in enumerate(raw.files)
    ]
    if sum(file["duplicates"] for file in described) != duplicates:
        raise AssertionError(f"{raw.path}: {raw.rows_read} rows do not add up")
    return described


def describe_file(file: RawFile, kept: int, reasons: pd.Series) -> dict[str, Any]:
    return {
        "file": file.path.name,
        "rows_read": file.rows_read,
        "rows_kept": kept,
        "rows_rejected": len(reasons),
        "duplicates": file.rows_read - kept - len(reasons),
        "rejected_by_reason": reasons.value_counts().to_dict(),
        "undeclared_columns": file.undeclared,
        **file.notes,
    }
