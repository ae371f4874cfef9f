"""Raw activity logs to one canonical log of integers, in buckets of leads."""

import math
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from src.data.canonical import (
    Value,
    check_rejected,
    clean_text,
    count_rows,
    describe_files,
    find_faults,
    find_where,
    parse_time,
    select_values,
)
from src.data.declarations import Activities, OutcomesFromActivities
from src.data.read import REJECTED_COLUMNS, RawTable, number_file, place_rejects, quote, quote_text, scan_raw
from src.data.sources import Source, name_column
from src.data.tables import ACTIVITY_COLUMNS, ACTIVITY_KINDS, NO_CODE
from src.params import Intake
from src.stage import InputError

CODED = ("asset", "campaign", "channel")
LOG_COLUMNS = {"lead_key": "INTEGER", "occurred_at": "TIMESTAMP", "raw_kind": "VARCHAR", "kind": "VARCHAR"} | {
    column: "VARCHAR" for column in CODED
}


@dataclass
class Log:
    """The codes of the log's text values (column, code, value), its coverage and the intake of its files.

    ``coverage`` has for each kind from when on the log has all of it (kind, covered_from), missing
    where that is always.
    """

    codes: pd.DataFrame
    coverage: pd.DataFrame
    intake: list[dict[str, Any]]


def ingest_activities(
    db: duckdb.DuckDBPyConnection, source: Source, folder: Path, intake: Intake, workshop: Path
) -> tuple[Log, pd.DataFrame]:
    """Create view ``activities`` of integers; return its codes, coverage and intake, and what was rejected.

    A raw file is read once, into a Parquet file in `workshop` that has its rows checked and the
    keys of their leads; views take them from there, so that nothing grows with the log in memory.
    """
    parts, described, rejected = [], [], [pd.DataFrame(columns=list(REJECTED_COLUMNS))]
    for declared in source.activities:
        name = f"log_{len(parts)}"
        raw = read_log(db, name, declared.find_files(folder), declared, source, workshop)
        view, descriptions, lost = check_log(db, raw, declared, source, intake)
        parts.append((view, declared))
        described += descriptions
        rejected.append(lost)
    join_logs(db, [view for view, _ in parts])
    codes = code_log(db)
    return Log(codes, find_coverage(db, parts, codes, source), described), pd.concat(rejected, ignore_index=True)


def read_log(
    db: duckdb.DuckDBPyConnection, name: str, files: list[Path], declared: Activities, source: Source, workshop: Path
) -> RawTable:
    """Write the checked rows of raw logs of one form to `workshop`, as view `name`; those of no lead keep its id."""
    columns = declared.list_columns()
    values = list_activity_values(declared, source.timezone)
    names = [value.name for value in values]
    texts = ", ".join(quote(column) if column in names else f"NULL::VARCHAR AS {column}" for column in CODED)
    identity = "activity_id" if "activity_id" in names else "NULL::VARCHAR AS activity_id"
    targets = []

    def store(query: str, number: int) -> None:
        targets.append(quote_text(str(workshop / f"{name}_{number:05d}.parquet")))
        rows = select_values(query, columns, declared.missing, values)
        db.execute(
            f"COPY (SELECT row, fault, {identity}, lead_key, if(lead_key IS NULL, lead_id, NULL) AS lead_id, "
            f"occurred_at, occurred_at < created_at AS is_early, kind AS raw_kind, {rename_kinds(declared)} AS kind, "
            f"{texts} FROM ({rows}) LEFT JOIN lead_keys USING (lead_id)) TO {targets[-1]} (FORMAT parquet)"
        )
        db.execute(f"CREATE OR REPLACE VIEW {name} AS FROM read_parquet([{', '.join(targets)}])")

    raw = scan_raw(db, name, files, declared, columns, store)
    empty = next((file for file in raw.files if file.rows_read == 0), None)
    if empty is not None and not declared.may_be_empty:
        message = "the activity log is empty; if it may be, declare may_be_empty: true"
        raise InputError("no_rows", message, empty.path)
    return raw


def check_log(
    db: duckdb.DuckDBPyConnection, raw: RawTable, declared: Activities, source: Source, intake: Intake
) -> tuple[str, list[dict[str, Any]], pd.DataFrame]:
    """Return the view of the rows of a log that can be used, the intake of its files and the rejected rows."""
    rejected = [raw.rejected, find_faults(db, raw.name)]
    view = narrow_view(db, raw.name, "whole", "fault IS NULL")
    count = count_rows(db, view)
    view = drop_repeated_ids(db, view) if "activity_id" in declared.columns else view
    duplicates = count - count_rows(db, view)
    late = f"occurred_at > TIMESTAMP '{source.get_as_of()}'"
    rejected.append(find_where(db, view, "occurred_at", late, "after_as_of"))
    view = narrow_view(db, view, "on_time", f"NOT {late}")
    rejected.append(find_early_outcomes(db, view, source))
    view = drop_rows(db, view, "possible", rejected[-1])
    check_rejected(raw, rejected, intake.max_rejected_share)
    rejected.append(find_where(db, view, "lead_id", "lead_key IS NULL", "unknown_lead"))
    view = narrow_view(db, view, "known", "lead_key IS NOT NULL")
    described = describe_files(db, raw, view, rejected, duplicates)
    told = describe_logs(db, view, len(raw.files), source.find_covered_from(declared))
    repeated = {} if "activity_id" in declared.columns else count_repeats(db, view)
    described = [
        file | said | {"look_repeated": repeated.get(number, 0)}
        for number, (file, said) in enumerate(zip(described, told, strict=True))
    ]
    return view, described, place_rejects(raw, rejected)


def narrow_view(db: duckdb.DuckDBPyConnection, view: str, name: str, where: str) -> str:
    """Create a view of the rows of `view` that meet the condition `where`; return its name."""
    narrowed = f"{view}_{name}"
    db.execute(f"CREATE OR REPLACE VIEW {narrowed} AS FROM {view} WHERE {where}")
    return narrowed


def drop_rows(db: duckdb.DuckDBPyConnection, view: str, name: str, found: pd.DataFrame) -> str:
    """Create a view of the rows of `view` without those of `found`; return its name."""
    if found.empty:
        return view
    gone = found[["row"]].astype("int64")  # noqa: F841  (DuckDB reads it by name)
    db.execute(f"CREATE OR REPLACE TABLE {view}_gone AS FROM gone")
    return narrow_view(db, view, name, f"row NOT IN (FROM {view}_gone)")


def drop_repeated_ids(db: duckdb.DuckDBPyConnection, view: str) -> str:
    """Create a view of the first of the rows of `view` with one ``activity_id``, and those without any."""
    # Equal ids have equal hashes: to group numbers takes a third of the time and memory of texts.
    hashes = f"SELECT hash(activity_id) AS mark FROM {view} GROUP BY mark HAVING count(*) > 1"
    db.execute(
        f"CREATE OR REPLACE TABLE {view}_repeated AS SELECT activity_id, min(row) AS first_row FROM {view} "
        f"WHERE activity_id IS NOT NULL AND hash(activity_id) IN ({hashes}) GROUP BY activity_id HAVING count(*) > 1"
    )
    repeats = db.sql(f"SELECT row FROM {view} JOIN {view}_repeated USING (activity_id) WHERE row > first_row").df()
    return drop_rows(db, view, "unique", repeats)


def find_early_outcomes(db: duckdb.DuckDBPyConnection, view: str, source: Source) -> pd.DataFrame:
    """Return the activities of `view` that are outcomes of a lead before it was created, as rejected rows."""
    declared = [outcome for outcome in source.outcomes if isinstance(outcome, OutcomesFromActivities)]
    kinds = ", ".join(quote_text(kind) for outcome in declared for kind in outcome.kinds_of_activity)
    if not kinds:
        return pd.DataFrame(columns=["row", "column", "value", "reason"])
    return find_where(db, view, "occurred_at", f"is_early AND raw_kind IN ({kinds})", "before_creation")


def describe_logs(
    db: duckdb.DuckDBPyConnection, view: str, count_files: int, covered_from: pd.Timestamp | None
) -> list[dict[str, Any]]:
    """Return what the intake says of logs alone: first time, coverage and what is older than its lead, by file."""
    query = f"SELECT {number_file()}, min(occurred_at), count(*) FILTER (is_early) FROM {view} GROUP BY ALL"
    told = {number: (str(first), early) for number, first, early in db.sql(query).fetchall()}
    described = []
    for number in range(count_files):
        first, early = told.get(number, (None, 0))
        since = None if covered_from is None else str(covered_from)
        described.append({"first_activity_at": first, "covered_from": since, "before_creation": early})
    return described


def list_activity_values(declared: Activities, zone: str) -> list[Value]:
    values = []
    for name, column in declared.columns.items():
        if name == "kind":
            values.append(read_kind(declared))
        elif name == "occurred_at":
            sql = parse_time(clean_text(column.column, declared.missing), column.format, zone)
            values.append(Value(name, sql, column.column, required=True, parsed=True))
        else:
            text = clean_text(column.column, declared.missing)
            values.append(Value(name, text, column.column, required=name == "lead_id"))
    return values


def read_kind(declared: Activities) -> Value:
    """Return how the kind of an activity is read: one for the whole file, or put together from columns."""
    columns = declared.get_kind_columns()
    if not columns:
        return Value("kind", quote_text(declared.columns["kind"].constant), "kind")
    texts = [clean_text(column, declared.missing) for column in columns]
    return Value("kind", f"nullif(concat_ws('/', {', '.join(texts)}), '')", columns[0], required=True)


def rename_kinds(declared: Activities) -> str:
    """Return SQL for the canonical kind; a kind that is not mapped keeps its own raw name."""
    if not declared.kinds:
        return "kind"
    cases = " ".join(f"WHEN {quote_text(raw)} THEN '{kind}'" for raw, kind in declared.kinds.items())
    return f"CASE kind {cases} ELSE kind END"


def count_repeats(db: duckdb.DuckDBPyConnection, view: str) -> dict[int, int]:
    """Return by file how many rows of `view` agree with an earlier one in every column."""
    # Few leads do two things in one moment: only those are compared in full.
    moments = f"(SELECT lead_key, occurred_at FROM {view} GROUP BY ALL HAVING count(*) > 1)"
    columns = ", ".join(["lead_key", "occurred_at", "raw_kind", *CODED])
    rows = f"SELECT {columns}, row FROM {view} SEMI JOIN {moments} USING (lead_key, occurred_at)"
    later = f"SELECT row, row_number() OVER (PARTITION BY {columns} ORDER BY row) AS place FROM ({rows})"
    return dict(db.sql(f"SELECT {number_file()}, count(*) FROM ({later}) WHERE place > 1 GROUP BY ALL").fetchall())


def join_logs(db: duckdb.DuckDBPyConnection, views: list[str]) -> None:
    """Create view ``log``, what can be used of all raw logs."""
    none = ", ".join(f"NULL::{kind} AS {column}" for column, kind in LOG_COLUMNS.items())
    logs = [f"SELECT {none} WHERE false", *(f"SELECT {', '.join(LOG_COLUMNS)} FROM {view}" for view in views)]
    db.execute(f"CREATE OR REPLACE VIEW log AS {' UNION ALL '.join(logs)}")


def name_kinds(db: duckdb.DuckDBPyConnection, log: str) -> dict[str, str]:
    """Return for each kind in a log the name under which it appears in features, in order."""
    kinds = [row[0] for row in db.sql(f"SELECT DISTINCT kind FROM {log} ORDER BY kind").fetchall()]
    return {kind: kind if kind in ACTIVITY_KINDS else name_column(kind) for kind in kinds}


def code_log(db: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Create view ``activities`` with integer codes for text; return (column, code, value)."""
    named = name_kinds(db, "log")
    present = [kind for kind in ACTIVITY_KINDS if kind in named.values()]
    present += sorted(set(named.values()) - set(ACTIVITY_KINDS))
    code = {kind: number for number, kind in enumerate(present)}
    kind_codes = pd.DataFrame({"value": list(named), "code": [code[kind] for kind in named.values()]})
    kind_codes = kind_codes.astype({"value": "str", "code": "int32"})
    db.execute("CREATE OR REPLACE TABLE codes_kind AS FROM kind_codes")
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
    joins = " ".join(f"LEFT JOIN codes_{column} ON log.{column} = codes_{column}.value" for column in columns)
    db.execute(
        "CREATE OR REPLACE VIEW activities AS "
        f"SELECT lead_key, epoch_us(occurred_at) AS occurred_at, {codes} FROM log {joins}"
    )
    return pd.concat(parts, ignore_index=True).astype({"column": "str", "code": "int32", "value": "str"})


def find_coverage(
    db: duckdb.DuckDBPyConnection, views: list[tuple[str, Activities]], codes: pd.DataFrame, source: Source
) -> pd.DataFrame:
    """Return for each kind of activity since when the log has all of it: the latest of its files."""
    covered_from = dict.fromkeys(codes.loc[codes["column"] == "kind", "value"], pd.NaT)
    for view, declared in views:
        begin = source.find_covered_from(declared)
        if begin is not None:
            for kind in name_kinds(db, view).values():
                covered_from[kind] = begin if pd.isna(covered_from[kind]) else max(begin, covered_from[kind])
    coverage = pd.DataFrame({"kind": list(covered_from), "covered_from": list(covered_from.values())})
    return coverage.astype({"kind": "str", "covered_from": "datetime64[us]"})


def write_buckets(db: duckdb.DuckDBPyConnection, folder: Path, count_leads: int, bucket_leads: int) -> None:
    """Write the activities in Parquet files of `bucket_leads` leads each, in total order.

    They are coded and parted into buckets in one pass, and each bucket is sorted alone.
    """
    order = ", ".join(ACTIVITY_COLUMNS)
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
