"""Queries that turn raw text into canonical values, and the rows where that fails into rejects."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from src.data.cells import ID_COLUMNS, Value, name_raw, name_text
from src.data.declarations import Cells
from src.data.lists import add_nested, find_nested
from src.data.read import RawTable, find_columns, place_rejects, quote, quote_text
from src.data.shown import READ, show_value, write_shape
from src.data.times import SCIENTIFIC
from src.stage import InputError

INVISIBLE = r"[\x{00AD}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2064}\x{FEFF}]"
"""Characters of no width or that turn the direction: two ids may look equal and differ."""

TOLERATED = {"before_creation": 0.2, "unknown_lead": 0.5, "after_as_of": 0.0, "several_leads": 1.0, "unknown_kind": 0.0}
"""Shares of a file's rows that may be rejected for a reason that need not mean a wrong declaration, if more
than `intake.max_rejected_share`: contacts are imported after they bought, and an export has other contacts, too.
"""

EXPECTED = ("undecided", "lead_not_kept", "own_domain", "test_address")
"""Reasons that are as they should be, at any share."""

SHAPES = 3
"""Forms shown of the values of a column that were not understood."""

AT_ONCE = 40
"""Columns that are read in one query."""

DIGITS_LOST = "digits_lost"
"""The reason of an id as a spreadsheet shortens long numbers: with any of them the column cannot be trusted."""


def canonicalise(
    db: duckdb.DuckDBPyConnection, raw: RawTable, name: str, values: list[Value], nested: dict[str, Any]
) -> pd.DataFrame:
    """Create table `name` with ``row``, the canonical `values` and what is not understood; return the rejected rows."""
    create_parts(db, raw, name, values, nested)
    rejected = reject_rows(db, name, find_faults(db, name))
    db.execute(f"ALTER TABLE {name} DROP COLUMN fault")
    return rejected


def create_parts(
    db: duckdb.DuckDBPyConnection, raw: RawTable, name: str, values: list[Value], nested: dict[str, Any]
) -> None:
    """Create table `name` of ``row``, the canonical `values` and ``fault``, `AT_ONCE` columns at a time.

    DuckDB keeps a buffer for every step of every expression of a query: hundreds of columns at once would
    need gigabytes, however few the rows.
    """
    query, names, faults = f"SELECT * FROM {raw.name}", [], []
    columns = [*raw.columns, *nested]
    for number, start in enumerate(range(0, max(len(values), len(columns)), AT_ONCE)):
        end = start + AT_ONCE
        part = select_values(query, raw.columns, values[start:end], nested, columns[start:end])
        names.append(f"{name}_{number}")
        faults.append(f"{names[-1]}.fault")
        db.execute(f"CREATE OR REPLACE TEMP TABLE {names[-1]} AS {part}")
    others = "".join(f", {part}.* EXCLUDE (row, fault)" for part in names[1:])
    joined = " POSITIONAL JOIN ".join(names)
    db.execute(
        f"CREATE OR REPLACE TABLE {name} AS SELECT {names[0]}.* EXCLUDE fault{others}, "
        f"coalesce({', '.join(faults)}) AS fault FROM {joined}"
    )
    for part in names:
        db.execute(f"DROP TABLE {part}")


def find_raw(
    db: duckdb.DuckDBPyConnection, path: Path, declared: Cells, columns: list[str]
) -> tuple[list[str], dict[str, Any]]:
    """Return the raw columns to read for the declared `columns`, and those that are fields within one.

    Only where a declared name has a point, such as ``event_params.page``, is the header looked at.
    """
    if not any("." in column for column in columns):
        return columns, {}
    nested = find_nested(columns, find_columns(db, path, declared))
    return list(dict.fromkeys(nested[column][0] if column in nested else column for column in columns)), nested


def select_values(
    query: str, columns: list[str], values: list[Value], nested: dict[str, Any], checked: list[str] | None = None
) -> str:
    """Return a query for ``row``, the canonical `values` and ``fault``, what is wrong with the row if anything is.

    A row is at fault where a text hides characters or ends early, or a required value is missing or
    cannot be understood; the first such column is named. An optional value that is there and cannot
    be understood is missing, and its column ``not understood <name>`` says so.

    Parameters
    ----------
    query : str
        Gives ``row`` and the raw `columns`, as text.
    nested : dict
        The fields within raw columns, from `find_raw`.
    checked : list of str, optional
        The columns whose texts must not end early; by default all.
    """
    columns = [*columns, *nested]
    raw = [f"{quote(column)} AS {name_raw(column)}" for column in columns]
    # Texts are made once, in a query of their own: an expression is worked out wherever it stands.
    texts = [f"{value.text} AS {name_text(value.name)}" for value in values]
    canonical = [f"{value.sql} AS {quote(value.name)}" for value in values]
    shown = [quote(value.name) for value in values]
    shown += [f"{is_unread(value)} AS {name_unread(value)}" for value in list_optional(values)]
    shown += [f"{find_points(value)} AS {name_points(value)}" for value in list_doubted(values)]
    cases = [*list_unreadable(columns if checked is None else checked, values), *list_unusable(values)]
    fault = f"CASE {' '.join(cases)} END" if cases else "NULL"
    inner = f"SELECT {', '.join(['row', *raw, *texts])} FROM ({add_nested(query, nested)})"
    middle = f"SELECT {', '.join(['*', *canonical])} FROM ({inner})"
    return f"SELECT {', '.join(['row', *shown, f'{fault} AS fault'])} FROM ({middle})"


def list_optional(values: list[Value]) -> list[Value]:
    """Return the values that may be there and not be understood without a cost."""
    return [value for value in values if value.parsed and not value.required]


def is_unread(value: Value) -> str:
    return f"({quote(value.name)} IS NULL AND {name_text(value.name)} IS NOT NULL)"


def name_unread(value: Value) -> str:
    return quote(f"not understood {value.name}")


def list_doubted(values: list[Value]) -> list[Value]:
    return [value for value in values if value.is_doubted]


def find_points(value: Value) -> str:
    """Return SQL for what a point in a number does: 1 it may part thousands, 2 it does not, 0 there is none."""
    text = name_text(value.name)
    threes = rf"regexp_full_match({text}, '[^0-9.]*[1-9]\d{{0,2}}(\.\d{{3}})+[^0-9.]*')"
    return f"(CASE WHEN contains({text}, '.') THEN if({threes}, 1, 2) ELSE 0 END)::TINYINT"


def name_points(value: Value) -> str:
    return quote(f"points of {value.name}")


def find_thousands(db: duckdb.DuckDBPyConnection, name: str, values: list[Value]) -> list[dict[str, Any]]:
    """Return the columns in which every point has three digits behind it, as if it parted thousands."""
    doubted = list_doubted(values)
    if not doubted:
        return []
    counts = ", ".join(
        f"count(*) FILTER ({name_points(v)} = 1), count(*) FILTER ({name_points(v)} = 2)" for v in doubted
    )
    found = db.sql(f"SELECT {counts} FROM {name}").fetchall()[0]
    pairs = zip(doubted, found[::2], found[1::2], strict=True)
    return [{"column": value.raw, "rows": threes} for value, threes, others in pairs if threes and not others]


def tell_fault(when: str, column: str, reason: str) -> str:
    """Return the SQL of one case of a fault: its column, the raw value and the reason."""
    fault = f"'column': {quote_text(column)}, 'value': {name_raw(column)}, 'reason': {reason}"
    return f"WHEN {when} THEN {{{fault}}}"


def list_unreadable(columns: list[str], values: list[Value]) -> Iterable[str]:
    """Yield the faults of characters that hide or that end a text, and of ids whose digits are lost."""
    for column in columns:
        yield tell_fault(f"contains({name_raw(column)}, chr(0))", column, "'nul_character'")
    for value in values:
        if value.name in ID_COLUMNS:
            raw = name_raw(value.raw)
            # All of them are several bytes long: of plain text only the length is looked at.
            is_hiding = f"strlen({raw}) > length({raw}) AND regexp_matches({raw}, '{INVISIBLE}')"
            yield tell_fault(is_hiding, value.raw, "'invisible_character'")
            # 12E5 may be anybody's id, 1.2E+05 is a number that a spreadsheet shortened.
            is_cut = f"contains({raw}, '+') AND regexp_full_match(trim({raw}), '{SCIENTIFIC}')"
            yield tell_fault(is_cut, value.raw, f"'{DIGITS_LOST}'")


def list_unusable(values: list[Value]) -> Iterable[str]:
    """Yield the faults of required values that are missing or not understood."""
    for value in values:
        if value.required:
            text = name_text(value.name)
            reason = (
                f"CASE WHEN {text} IS NULL THEN 'missing_value' "
                f"WHEN regexp_full_match({text}, '{SCIENTIFIC}') THEN 'scientific_notation' ELSE 'not_understood' END"
            )
            yield tell_fault(f"{quote(value.name)} IS NULL", value.raw, reason)


def find_faults(db: duckdb.DuckDBPyConnection, name: str) -> pd.DataFrame:
    """Return the rows (row, column, value, reason) of `name` that are at fault, in their order."""
    return db.sql(f"SELECT row, unnest(fault) FROM {name} WHERE fault IS NOT NULL ORDER BY row").df()


def count_unread(
    db: duckdb.DuckDBPyConnection, name: str, values: list[Value], raw: str | None
) -> list[dict[str, Any]]:
    """Return for each column with values that were not understood how many, and the forms they have.

    `raw` is a query of ``row`` and the raw columns, None where it is gone.
    """
    optional = list_optional(values)
    if not optional:
        return []
    counts = ", ".join(f"count(*) FILTER ({name_unread(value)})" for value in optional)
    found = db.sql(f"SELECT {counts} FROM {name}").fetchall()[0]
    return [
        {
            "column": value.raw,
            "as": value.name,
            "rows": rows,
            "forms": [] if raw is None else list_forms(db, name, value, raw),
        }
        for value, rows in zip(optional, found, strict=True)
        if rows
    ]


def list_forms(db: duckdb.DuckDBPyConnection, name: str, value: Value, raw: str) -> list[str]:
    texts = f"SELECT row, {value.text} AS text FROM ({raw})"
    rows = db.sql(
        f"SELECT text, count(*) FROM ({texts}) WHERE row IN (SELECT row FROM {name} WHERE {name_unread(value)}) "
        "GROUP BY text ORDER BY 2 DESC, 1 LIMIT 1000"
    ).fetchall()
    shapes: dict[str, int] = {}
    for text, count in rows:
        shapes[write_shape(text)] = shapes.get(write_shape(text), 0) + count
    return sorted(shapes, key=lambda shape: (-shapes[shape], shape))[:SHAPES]


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


def check_rejected(raw: RawTable, rejected: list[pd.DataFrame], limit: float, hint: str = "") -> None:
    """Stop where more of a file's rows were rejected than is tolerated: a share `limit`, or that of a reason."""
    found = pd.concat(rejected, ignore_index=True)
    if list_intolerable(found["reason"], raw.rows_read, limit, raw.declared.tolerate):
        check_rejected_share(raw.path, raw.rows_read, place_rejects(raw, rejected), limit, raw.declared, hint)


def list_intolerable(reasons: pd.Series, rows_read: int, limit: float, tolerate: dict[str, float]) -> list[str]:
    """Return the reasons for which more rows were rejected than is tolerated."""
    counts = reasons[~reasons.isin(EXPECTED)].value_counts()
    own = {reason: tolerate.get(reason, max(share, limit)) for reason, share in TOLERATED.items()}
    own[DIGITS_LOST] = 0.0 if limit < 1 else 1.0
    too_many = [reason for reason in counts.index if reason in own and counts[reason] > own[reason] * rows_read]
    others = [reason for reason in counts.index if reason not in own]
    return too_many + (others if counts[others].sum() > limit * rows_read else [])


def check_rejected_share(
    path: Path, rows_read: int, rejected: pd.DataFrame, limit: float, declared: Cells, hint: str = ""
) -> None:
    """Stop as `check_rejected` does, naming the first of the rows; `rejected` has their places."""
    reasons = list_intolerable(rejected["reason"], rows_read, limit, declared.tolerate)
    if not reasons:
        return
    counted = rejected[rejected["reason"].isin(reasons)]
    first = counted.iloc[0]
    raise InputError(
        "too_many_rejected",
        f"{len(counted)} of {rows_read} rows cannot be used, the first for {first['reason']}"
        f"{tell_value(first)}{ADVICE.get(first['reason'], '')}{hint}; is the file declared rightly? "
        f"({tell_limit(reasons, counted)})",
        path,
        int(first["line"]),
        first["column"],
    )


SHORTENED = ": a spreadsheet shortened it and its last digits are lost; export the column as text"
ADVICE = {DIGITS_LOST: SHORTENED, "scientific_notation": SHORTENED}


def tell_value(rejected: pd.Series) -> str:
    """Return the form of the value of a rejected row, where it has a column: never what stands there."""
    if rejected["column"] is None or pd.isna(rejected["column"]) or pd.isna(rejected["value"]):
        return ""
    legend = "" if rejected["reason"] in READ else ", where x is a letter and 9 a digit"
    return f" ({show_value(rejected['value'], rejected['reason'])!r}{legend})"


def tell_limit(reasons: list[str], rejected: pd.DataFrame) -> str:
    own = [reason for reason in reasons if reason in TOLERATED]
    if own and len(own) == len(reasons):
        return f"or declare for this file tolerate: {{{', '.join(f'{reason}: …' for reason in own)}}}"
    return "intake.max_rejected_share"


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
