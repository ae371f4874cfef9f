"""Parquet files as queries for text columns; what they hold is compared before any of it is read."""

import glob
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from src.data.columns import ROW_NUMBER
from src.data.quoting import name_raw, quote, quote_text
from src.stage import InputError

PLACE = "file_row_number"
"""What DuckDB calls the number of a row in its file, from 0."""

LARGEST = 1 << 53
"""Up to here a float is every integer; beyond it, digits are lost."""


def read_schema(path: Path) -> pa.Schema:
    """Return the names and types of the columns of a Parquet file."""
    try:
        return pq.read_schema(path)
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise describe_damage(path, error) from None


def describe_damage(path: Path, error: Exception) -> InputError:
    what = type(error).__name__
    return InputError("damaged_parquet", f"it cannot be read ({what}): fetch it, or write it, again", path)


def check_names(path: Path, names: list[str], columns: list[str]) -> None:
    """Stop where a column that is used could be one of two."""
    for column in columns:
        if names.count(column) > 1:
            raise InputError("repeated_column", "the file has it twice; rename one", path, None, column)


def check_same_types(paths: list[Path], columns: list[str]) -> None:
    """Stop where a column of one file is of another type than in the first: ids 1 and 1.0 would not be the same."""
    first: dict[str, tuple[str, Path]] = {}
    for path in paths:
        schema = read_schema(path)
        for column in columns:
            kind = None if column not in schema.names else name_type(schema.field(schema.names.index(column)).type)
            if kind in (None, "null"):
                continue
            known, other = first.setdefault(column, (kind, path))
            if kind != known:
                message = f"it is {kind} here and {known} in {other.name}; write both alike"
                raise InputError("different_types", message, path, None, column)


def name_type(kind: pa.DataType) -> str:
    """Return a name for types whose values are written alike."""
    if pa.types.is_dictionary(kind):
        return name_type(kind.value_type)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return "text"
    if pa.types.is_integer(kind):
        return "an integer"
    if pa.types.is_timestamp(kind):
        return "a time with a zone" if kind.tz else "a time"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "a number with decimals"
    return str(kind)


def write_query(
    db: duckdb.DuckDBPyConnection, path: Path, schema: pa.Schema, columns: list[str], first_row: int
) -> str:
    """Return the query for ``row`` and the raw `columns` as text."""
    # DuckDB renames columns whose names repeat; their order tells which is which.
    has_place = any(name.casefold() == PLACE for name in schema.names)
    option = "" if has_place else f", {PLACE} = true"
    place = "row_number() OVER ()" if has_place else f"{PLACE} + 1"
    # DuckDB takes the name for a pattern.
    literal = quote_text(glob.escape(str(path)))
    scan = f"read_parquet({literal}{option})"
    names = [row[0] for row in db.sql(f"DESCRIBE FROM read_parquet({literal})").fetchall()]
    texts = [f"{place} + {first_row} AS row"]
    for column in columns:
        if column == ROW_NUMBER:
            texts.append(f"({place})::VARCHAR AS {name_raw(column)}")
        else:
            number = schema.names.index(column)
            texts.append(f"{write_text(names[number], schema.field(number).type)} AS {name_raw(column)}")
    return f"SELECT {', '.join(texts)} FROM {scan}"


def write_text(name: str, kind: pa.DataType) -> str:
    """Return SQL for the text of a column; 1.0 is written 1, as pandas makes floats of integers beside blanks.

    Lists, structs and maps are written as JSON.
    """
    value = quote(name)
    if pa.types.is_nested(kind):
        return f"to_json({value})::VARCHAR"
    if not (pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        return f"{value}::VARCHAR"
    is_integer = f"abs({value}) < {LARGEST} AND {value} = trunc({value})"
    return f"CASE WHEN {is_integer} THEN {value}::BIGINT::VARCHAR ELSE {value}::VARCHAR END"
