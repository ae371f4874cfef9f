"""Queries that turn raw text into canonical values, and the rows where that fails into rejects."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from src.data.read import RawTable, place_rejects, quote, quote_text
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
    text = f"nfc_normalize(trim({quote(column)}, ' \t\r\n' || chr(160)))"
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
    day, clock = r"\d{4}-\d\d-\d\d", r"[T ]\d\d:\d\d(:\d\d(\.\d+)?)?"
    offset = rf"regexp_full_match({text}, '{day}{clock}([Zz]|[+-]\d\d(:?\d\d)?)')"
    plain = rf"regexp_full_match({text}, '{day}({clock})?')"
    local = place_local(f"try_cast({text} AS TIMESTAMP)", zone)
    aware = f"try_cast({text} AS TIMESTAMPTZ) AT TIME ZONE 'UTC'"
    return f"CASE WHEN {offset} THEN {aware} WHEN {plain} THEN {local} END"


def place_local(local: str, zone: str) -> str:
    if zone == "UTC":
        return f"({local})::TIMESTAMP"
    aware = f"timezone({quote_text(zone)}, ({local})::TIMESTAMP)"
    back = f"timezone({quote_text(zone)}, {aware})"
    return f"CASE WHEN {back} = ({local})::TIMESTAMP THEN {aware} AT TIME ZONE 'UTC' END"


def canonicalise(db: duckdb.DuckDBPyConnection, raw: RawTable, name: str, values: list[Value]) -> pd.DataFrame:
    """Create table `name` with `row` and the canonical `values`; return the rejected rows.

    A row is rejected where a required value is missing or a value that is there cannot be
    understood; the first such column is named.
    """
    expressions = ", ".join(f"{value.sql} AS {quote(value.name)}" for value in values)
    db.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT row, {expressions} FROM {raw.name}")
    faults = [find_unreadable(db, raw, values)]
    faults += [find_faults(db, raw, name, value) for value in values if value.required or value.parsed]
    found = pd.concat(faults, ignore_index=True).drop_duplicates("row").sort_values("row", ignore_index=True)
    return reject_rows(db, name, found)


def find_unreadable(db: duckdb.DuckDBPyConnection, raw: RawTable, values: list[Value]) -> pd.DataFrame:
    """Return the rows (row, column, value, reason) with characters that hide or that end a text."""
    parts = [
        f"SELECT row, {quote_text(column)} AS column, {quote(column)} AS value, 'nul_character' AS reason "
        f"FROM {raw.name} WHERE contains({quote(column)}, chr(0))"
        for column in raw.columns
    ]
    parts += [
        f"SELECT row, {quote_text(value.raw)}, {quote(value.raw)}, 'invisible_character' "
        f"FROM {raw.name} WHERE regexp_matches({quote(value.raw)}, '{INVISIBLE}')"
        for value in values
        if value.name in ID_COLUMNS
    ]
    return db.sql(" UNION ALL ".join(parts)).df()


def find_faults(db: duckdb.DuckDBPyConnection, raw: RawTable, name: str, value: Value) -> pd.DataFrame:
    """Return the rows (row, column, value, reason) where a value is missing or not understood."""
    text = clean_text(value.raw, raw.declared.missing)
    frame = db.sql(
        f"SELECT row, {quote(value.raw)} AS value, {text} IS NULL AS is_missing FROM {raw.name} "
        f"WHERE row IN (SELECT row FROM {name} WHERE {quote(value.name)} IS NULL)"
    ).df()
    reason = frame["is_missing"].map({True: "missing_value", False: "not_understood"})
    faults = frame.assign(column=value.raw, reason=reason).drop(columns="is_missing")
    return faults if value.required else faults[reason == "not_understood"]


def reject_rows(db: duckdb.DuckDBPyConnection, name: str, found: pd.DataFrame) -> pd.DataFrame:
    """Take the rows of `found` (row, column, value, reason) out of table `name`."""
    if len(found):
        gone = found[["row"]]  # noqa: F841  (DuckDB reads it by name)
        db.execute(f"DELETE FROM {name} WHERE row IN (SELECT row FROM gone)")
    return found[["row", "column", "value", "reason"]]


def reject_where(
    db: duckdb.DuckDBPyConnection, name: str, column: str, where: str, reason: str, named: str | None = None
) -> pd.DataFrame:
    """Take the rows that meet the condition `where` out of `name`.

    `column` is the canonical column at fault; `named` is what to call it, if not that.
    """
    frame = db.sql(f"SELECT row, {quote(column)}::VARCHAR AS value FROM {name} WHERE {where}").df()
    found = frame.sort_values("row", ignore_index=True).assign(column=named or column, reason=reason)
    return reject_rows(db, name, found)


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
        check_rejected_share(raw.path, raw.rows_read, place_rejects(raw, rejected), limit)


def check_rejected_share(path: Path, rows_read: int, rejected: pd.DataFrame, limit: float) -> None:
    if len(rejected) > limit * rows_read:
        first = rejected.iloc[0]
        raise InputError(
            "too_many_rejected",
            f"{len(rejected)} of {rows_read} rows cannot be used, the first for "
            f"{first['reason']} ({first['value']!r}); is the file declared rightly? "
            "(intake.max_rejected_share)",
            path,
            int(first["line"]),
            first["column"],
        )


def describe_file(raw: RawTable, kept: int, rejected: pd.DataFrame, duplicates: int, **more: Any) -> dict[str, Any]:
    """Return what became of a file's rows; read = kept + rejected + duplicates."""
    if raw.rows_read != kept + len(rejected) + duplicates:
        raise AssertionError(f"{raw.path}: {raw.rows_read} rows do not add up")
    if raw.has_mixed_line_ends:
        more = {"has_mixed_line_ends": True, **more}
    return {
        "file": raw.path.name,
        "rows_read": raw.rows_read,
        "rows_kept": kept,
        "rows_rejected": len(rejected),
        "duplicates": duplicates,
        "rejected_by_reason": rejected["reason"].value_counts().to_dict(),
        "undeclared_columns": raw.undeclared,
        **more,
    }
