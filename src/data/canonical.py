"""Queries that turn raw text into canonical values, and the rows where that fails into rejects."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from src.data.cells import ID_COLUMNS, Value, name_text
from src.data.declarations import Cells
from src.data.lists import add_nested, find_nested
from src.data.numbers import extract_sign
from src.data.quoting import name_raw, quote, quote_text
from src.data.read import RawTable, examine_columns, number_file
from src.data.rejects import DIGITS_LOST
from src.data.shown import write_shape
from src.data.times import SCIENTIFIC

INVISIBLE = r"[\x{00AD}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2064}\x{FEFF}]"
"""Characters of no width or that turn the direction: two ids may look equal and differ."""

SHAPES = 3
"""Forms shown of the values of a column that were not understood."""

AT_ONCE = 40
"""Columns that are read in one query."""


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


def find_raw(path: Path, declared: Cells, columns: list[str]) -> tuple[list[str], dict[str, Any]]:
    """Return the raw columns to read for the declared `columns`, and those that are fields within one.

    Only where a declared name has a point, such as ``event_params.page``, is the header looked at.
    """
    plain = [column for column in columns if "." not in column]
    if len(plain) == len(columns):
        return columns, {}
    # Where even these are missing, reading says so.
    found, _ = examine_columns(path, declared, plain)
    nested = find_nested(columns, found)
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
    # Texts are made once, in a query of their own: an expression is worked out wherever it stands.
    texts = [f"{value.text} AS {name_text(value.name)}" for value in values]
    canonical = [f"{value.sql} AS {quote(value.name)}" for value in values]
    shown = [quote(value.name) for value in values]
    shown += [f"{is_unread(value)} AS {name_unread(value)}" for value in list_optional(values)]
    shown += [f"{find_points(value)} AS {name_points(value)}" for value in list_doubted(values)]
    shown += [f"{extract_sign(name_text(value.name))} AS {name_sign(value)}" for value in list_signed(values)]
    cases = [*list_unreadable(columns if checked is None else checked, values), *list_unusable(values)]
    fault = f"CASE {' '.join(cases)} END" if cases else "NULL"
    inner = f"SELECT {', '.join(['row', *map(name_raw, columns), *texts])} FROM ({add_nested(query, nested)})"
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


def find_thousands(db: duckdb.DuckDBPyConnection, name: str, values: list[Value]) -> dict[int, list[dict[str, Any]]]:
    """Return by file the columns in which every point has three digits behind it, as if it parted thousands.

    What a point does is judged over all files of one form.
    """
    doubted = list_doubted(values)
    threes = count_by_file(db, name, [f"{name_points(value)} = 1" for value in doubted])
    others = count_by_file(db, name, [f"{name_points(value)} = 2" for value in doubted])
    is_odd = [not any(counts[place] for counts in others.values()) for place in range(len(doubted))]
    return {
        number: [
            {"column": value.raw, "rows": rows}
            for value, rows, odd in zip(doubted, counts, is_odd, strict=True)
            if rows and odd
        ]
        for number, counts in threes.items()
    }


def list_signed(values: list[Value]) -> list[Value]:
    return [value for value in values if value.has_any_sign]


def name_sign(value: Value) -> str:
    return quote(f"sign of {value.name}")


def find_mixed_signs(db: duckdb.DuckDBPyConnection, name: str, values: list[Value]) -> dict[int, list[dict[str, Any]]]:
    """Return, for the first file of one form, the columns of numbers with several signs beside them, and these."""
    signed = list_signed(values)
    if not signed:
        return {}
    lists = ", ".join(f"list(DISTINCT {name_sign(value)}) FILTER ({name_sign(value)} <> '')" for value in signed)
    found = db.sql(f"SELECT {lists} FROM {name}").fetchall()[0]
    columns = [(value.raw, sorted(signs or [])) for value, signs in zip(signed, found, strict=True)]
    return {0: [{"column": raw, "signs": signs} for raw, signs in columns if len(signs) > 1]}


def count_by_file(db: duckdb.DuckDBPyConnection, name: str, conditions: list[str]) -> dict[int, list[int]]:
    """Return for each file with rows in `name` how many of them meet each condition."""
    if not conditions:
        return {}
    counts = ", ".join(f"count(*) FILTER ({condition})" for condition in conditions)
    rows = db.sql(f"SELECT {number_file()}, {counts} FROM {name} GROUP BY 1 ORDER BY 1").fetchall()
    return {number: list(found) for number, *found in rows}


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
) -> dict[int, list[dict[str, Any]]]:
    """Return by file for each column with values that were not understood how many, and the forms they have.

    `raw` is a query of ``row`` and the raw columns, None where it is gone.
    """
    optional = list_optional(values)
    found = count_by_file(db, name, [name_unread(value) for value in optional])
    is_odd = [any(counts[place] for counts in found.values()) for place in range(len(optional))]
    forms = [
        list_forms(db, name, value, raw) if odd and raw is not None else []
        for value, odd in zip(optional, is_odd, strict=True)
    ]
    return {
        number: [
            {"column": value.raw, "as": value.name, "rows": rows, "forms": shown}
            for value, rows, shown in zip(optional, counts, forms, strict=True)
            if rows
        ]
        for number, counts in found.items()
    }


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
