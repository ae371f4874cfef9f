"""The checked rows of all logs as one log of integers, in buckets of leads, and since when it has all of each kind."""

import math
import shutil
from pathlib import Path

import duckdb
import pandas as pd

from src.data.declarations import Activities
from src.data.quoting import quote, quote_text
from src.data.sources import Source, name_column
from src.data.tables import ACTIVITY_COLUMNS, ACTIVITY_KINDS, NO_CODE, OTHER_KINDS, VALUE_PREFIX

CODED = ("asset", "campaign", "channel")
LOG_COLUMNS = {"lead_key": "INTEGER", "occurred_at": "TIMESTAMP", "raw_kind": "VARCHAR", "kind": "VARCHAR"} | {
    column: "VARCHAR" for column in CODED
}

MOST_OWN_KINDS = 40
"""Kinds of a source's own that are kept apart, those that occur most: each makes about five features, and what
happens more rarely than the fortieth kind teaches little. The others are one kind together.
"""


def join_logs(db: duckdb.DuckDBPyConnection, views: list[str], value_columns: list[str]) -> None:
    """Create view ``log``, what can be used of all raw logs."""
    types = LOG_COLUMNS | {quote(column): "DOUBLE" for column in value_columns}
    none = ", ".join(f"NULL::{kind} AS {column}" for column, kind in types.items())
    logs = [f"SELECT {none} WHERE false", *(f"SELECT {', '.join(types)} FROM {view}" for view in views)]
    db.execute(f"CREATE OR REPLACE VIEW log AS {' UNION ALL '.join(logs)}")


def name_kinds(db: duckdb.DuckDBPyConnection, log: str) -> dict[str, str]:
    """Return for each kind in a log the name under which it appears in features, in order."""
    kinds = [row[0] for row in db.sql(f"SELECT DISTINCT kind FROM {log} ORDER BY kind").fetchall()]
    return {kind: kind if kind in ACTIVITY_KINDS else name_column(kind) for kind in kinds}


def name_kept_kinds(db: duckdb.DuckDBPyConnection, kept: list[str]) -> dict[str, str]:
    """Return what `name_kinds` does of the log, with the rare ones of a source's own kinds as one.

    Those in `kept` stay, and so do the `MOST_OWN_KINDS` that occur most.
    """
    counts = dict(db.sql("SELECT kind, count(*) FROM log GROUP BY kind ORDER BY kind").fetchall())
    named = {kind: kind if kind in ACTIVITY_KINDS else name_column(kind) for kind in counts}
    total: dict[str, int] = {}
    for kind, name in named.items():
        total[name] = total.get(name, 0) + counts[kind]
    own = sorted(set(total) - {*ACTIVITY_KINDS, *kept}, key=lambda name: (-total[name], name))
    rare = set(own[MOST_OWN_KINDS:])
    return {kind: OTHER_KINDS if name in rare else name for kind, name in named.items()}


def code_log(db: duckdb.DuckDBPyConnection, kept: list[str]) -> pd.DataFrame:
    """Create view ``activities`` with integer codes for text; return (column, code, value)."""
    named = name_kept_kinds(db, kept)
    present = [kind for kind in ACTIVITY_KINDS if kind in named.values()]
    present += sorted(set(named.values()) - set(ACTIVITY_KINDS))
    code = {kind: number for number, kind in enumerate(present)}
    kind_codes = pd.DataFrame({"value": list(named), "code": [code[kind] for kind in named.values()]})
    kind_codes = kind_codes.astype({"value": "str", "code": "int32"})
    db.execute("CREATE OR REPLACE TABLE codes_kind AS FROM kind_codes")
    names = pd.DataFrame({"name": list(code), "code": list(code.values())}).astype({"name": "str"})  # noqa: F841
    db.execute("CREATE OR REPLACE TABLE codes_named AS FROM names")
    parts = [pd.DataFrame({"column": "kind", "code": list(code.values()), "value": list(code)})]
    for column in CODED:
        db.execute(
            f"CREATE OR REPLACE TABLE codes_{column} AS SELECT {column} AS value, "
            f"(row_number() OVER (ORDER BY {column}) - 1)::INTEGER AS code "
            f"FROM (SELECT DISTINCT {column} FROM log WHERE {column} IS NOT NULL)"
        )
        table = db.sql(f"SELECT '{column}' AS column, code, value FROM codes_{column} ORDER BY code")
        parts.append(table.df())
    columns = ["kind", *CODED]
    codes = ", ".join(f"coalesce(codes_{column}.code, {NO_CODE})::INTEGER AS {column}" for column in columns)
    numbers = "".join(f", log.{quote(column)}" for column in list_values(db, "log"))
    joins = " ".join(f"LEFT JOIN codes_{column} ON log.{column} = codes_{column}.value" for column in columns)
    db.execute(
        "CREATE OR REPLACE VIEW activities AS "
        f"SELECT lead_key, epoch_us(occurred_at) AS occurred_at, {codes}{numbers} FROM log {joins}"
    )
    return pd.concat(parts, ignore_index=True).astype({"column": "str", "code": "int32", "value": "str"})


def list_values(db: duckdb.DuckDBPyConnection, view: str) -> list[str]:
    """Return the columns of numbers that activities have."""
    return [row[0] for row in db.sql(f"DESCRIBE {view}").fetchall() if row[0].startswith(VALUE_PREFIX)]


def find_coverage(
    db: duckdb.DuckDBPyConnection, views: list[tuple[str, Activities]], codes: pd.DataFrame, source: Source
) -> pd.DataFrame:
    """Return for each kind of activity since when the log has all of it: the latest of its files."""
    covered_from = dict.fromkeys(codes.loc[codes["column"] == "kind", "value"], pd.NaT)
    for view, declared in views:
        begin = source.find_covered_from(declared)
        if begin is not None:
            for name in name_kinds(db, view).values():
                kind = name if name in covered_from else OTHER_KINDS
                covered_from[kind] = begin if pd.isna(covered_from[kind]) else max(begin, covered_from[kind])
    coverage = pd.DataFrame({"kind": list(covered_from), "covered_from": list(covered_from.values())})
    return coverage.astype({"kind": "str", "covered_from": "datetime64[us]"})


def write_buckets(db: duckdb.DuckDBPyConnection, folder: Path, count_leads: int, bucket_leads: int) -> None:
    """Write the activities in Parquet files of `bucket_leads` leads each, in total order.

    They are coded and parted into buckets in one pass, and each bucket is sorted alone.
    """
    order = ", ".join([*ACTIVITY_COLUMNS, *map(quote, list_values(db, "activities"))])
    unsorted = folder / "unsorted"
    unsorted.mkdir(parents=True)
    db.execute(
        f"COPY (SELECT {order}, lead_key // {bucket_leads} AS bucket FROM activities) "
        f"TO {quote_text(str(unsorted))} (FORMAT parquet, PARTITION_BY (bucket), OVERWRITE_OR_IGNORE)"
    )
    for number in range(max(1, math.ceil(count_leads / bucket_leads))):
        part = unsorted / f"bucket={number}"
        pattern = quote_text(f"{part}/*.parquet")
        rows = f"read_parquet({pattern})" if part.is_dir() else "activities WHERE false"
        path = quote_text(str(folder / f"{number:05d}.parquet"))
        db.execute(f"COPY (SELECT {order} FROM {rows} ORDER BY {order}) TO {path} (FORMAT parquet)")
    shutil.rmtree(unsorted)
