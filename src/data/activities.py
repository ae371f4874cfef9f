"""Raw activity logs to one canonical log of integers, in buckets of leads."""

import math
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from src.data.canonical import (
    check_rejected,
    count_rows,
    count_unread,
    describe_file,
    find_faults,
    find_raw,
    find_thousands,
    find_where,
    list_doubted,
    list_optional,
    name_points,
    name_unread,
    select_values,
)
from src.data.cells import Value, clean_text, make_number, make_text, make_time, name_text
from src.data.declarations import Activities, OutcomesFromActivities
from src.data.kinds import list_texts, map_kinds
from src.data.matching import check_several, find_near_matches, link_rows, make_keys, tell_near
from src.data.read import REJECTED_COLUMNS, RawTable, place_rejects, quote, quote_text, scan_raw
from src.data.sources import Source, name_column
from src.data.tables import ACTIVITY_COLUMNS, ACTIVITY_KINDS, NO_CODE, OTHER_KINDS, VALUE_PREFIX
from src.params import Intake
from src.stage import InputError

CODED = ("asset", "campaign", "channel")
LOG_COLUMNS = {"lead_key": "INTEGER", "occurred_at": "TIMESTAMP", "raw_kind": "VARCHAR", "kind": "VARCHAR"} | {
    column: "VARCHAR" for column in CODED
}

MOST_OWN_KINDS = 40
"""Kinds of a source's own that are kept apart, those that occur most: each makes about five features, and what
happens more rarely than the fortieth kind teaches little. The others are one kind together.
"""


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
    keys of their leads; views take it from there, so that nothing grows with the log in memory.
    """
    parts, described, rejected = [], [], [pd.DataFrame(columns=list(REJECTED_COLUMNS))]
    for declared in source.activities:
        views = []
        for path in declared.find_files(folder):
            name = f"log_{len(parts)}"
            raw, values, may_be_several = read_log(db, name, path, declared, source, workshop)
            view, description, lost = check_log(db, raw, declared, source, intake, values, views, may_be_several)
            views.append(f"{name}_whole")
            parts.append((view, declared))
            described.append(description)
            rejected.append(lost)
    join_logs(db, [view for view, _ in parts], list_value_columns(source))
    codes = code_log(db, list_named_kinds(source))
    return Log(codes, find_coverage(db, parts, codes, source), described), pd.concat(rejected, ignore_index=True)


def read_log(
    db: duckdb.DuckDBPyConnection, name: str, path: Path, declared: Activities, source: Source, workshop: Path
) -> tuple[RawTable, list[Value], bool]:
    """Write the checked rows of one raw log to `workshop`, as view `name`; those of no lead keep its id.

    Returns also how its values are read, and whether a row may be of several leads.
    """
    columns, nested = find_raw(db, path, declared, declared.list_columns())
    values = list_activity_values(declared, source)
    names = [value.name for value in values]
    texts = ", ".join(quote(column) if column in names else f"NULL::VARCHAR AS {column}" for column in CODED)
    numbers = "".join(
        f", {quote(column)}" if column in names else f", NULL::DOUBLE AS {quote(column)}"
        for column in list_value_columns(source)
    )
    unread = "".join(f", {name_unread(value)}" for value in list_optional(values))
    unread += "".join(f", {name_points(value)}" for value in list_doubted(values))
    identity = "activity_id" if "activity_id" in names else "NULL::VARCHAR AS activity_id"
    target = quote_text(str(workshop / f"{name}.parquet"))
    may_be_several = make_keys(db, f"{name}_keys", declared)

    def store(query: str) -> None:
        rows = link_rows(select_values(query, columns, values, nested), f"{name}_keys", declared, may_be_several)
        db.execute(
            f"COPY (SELECT row, fault, {identity}, lead_key, if(lead_key IS NULL, lead_id, NULL) AS lead_id, matches, "
            f"occurred_at, occurred_at < created_at AS is_early, kind AS raw_kind, "
            f"{map_kinds('kind', declared.kinds, 'kind')} AS kind, {texts}{numbers}{unread} "
            f"FROM ({rows})) TO {target} (FORMAT parquet)"
        )
        # A row of several leads stands there as often, and is one row of the file.
        once = f"(SELECT DISTINCT ON (row) * FROM read_parquet({target}) ORDER BY row, lead_key)"
        db.execute(f"CREATE OR REPLACE VIEW {name}_all AS FROM read_parquet({target})")
        db.execute(f"CREATE OR REPLACE VIEW {name} AS FROM {once if may_be_several else f'read_parquet({target})'}")

    raw = scan_raw(db, name, path, declared, columns, store)
    if raw.rows_read == 0 and not declared.may_be_empty:
        raise InputError("no_rows", "the activity log is empty; if it may be, declare may_be_empty: true", path)
    return raw, values, may_be_several


def check_log(
    db: duckdb.DuckDBPyConnection,
    raw: RawTable,
    declared: Activities,
    source: Source,
    intake: Intake,
    values: list[Value],
    earlier: list[str],
    may_be_several: bool,
) -> tuple[str, dict[str, Any], pd.DataFrame]:
    """Return the view of the rows of a log that can be used, the intake of its file and the rejected rows.

    `earlier` are the views of the files read before by the same declaration: of repeated ids theirs count.
    """
    rejected = [raw.rejected, find_faults(db, raw.name)]
    view = narrow_view(db, raw.name, "whole", "fault IS NULL")
    count = count_rows(db, view)
    view = drop_repeated_ids(db, view, earlier) if "activity_id" in declared.columns else view
    duplicates = count - count_rows(db, view)
    late = f"occurred_at > TIMESTAMP '{source.get_as_of()}'"
    rejected.append(find_where(db, view, "occurred_at", late, "after_as_of"))
    view = narrow_view(db, view, "on_time", f"NOT {late}")
    rejected.append(find_early_outcomes(db, view, source))
    view = drop_rows(db, view, "possible", rejected[-1])
    check_several(db, f"{raw.name}_all", declared, raw.path)
    near, unlinked = find_unlinked(db, view, declared)
    rejected += unlinked
    check_rejected(raw, rejected, intake.max_rejected_share, tell_near(near))
    known = "lead_key IS NOT NULL" + (" AND matches = 1" if declared.several == "none" else "")
    view = narrow_view(db, view, "known", known)
    rejected = place_rejects(raw, rejected)
    kept = count_rows(db, view)
    repeated = 0 if "activity_id" in declared.columns else count_repeats(db, view)
    more = describe_log(db, view, declared, source.find_covered_from(declared)) | {"look_repeated": repeated}
    more |= {"not_understood": count_unread(db, view, values, None), "near_matches": near}
    more["thousands"] = find_thousands(db, view, values)
    if may_be_several:
        view = spread_leads(db, raw.name, view)
    return view, describe_file(raw, kept, rejected, duplicates, **more), rejected


def spread_leads(db: duckdb.DuckDBPyConnection, name: str, view: str) -> str:
    """Create a view of the rows of `view` with all of their leads, of which it has one each; return its name."""
    db.execute(f"CREATE OR REPLACE VIEW {view}_leads AS FROM {name}_all SEMI JOIN {view} USING (row)")
    return f"{view}_leads"


def find_unlinked(
    db: duckdb.DuckDBPyConnection, view: str, declared: Activities
) -> tuple[list[dict[str, Any]], list[pd.DataFrame]]:
    """Return in which form the ids of no lead would be known, and the rows of no lead or of several, as rejected."""
    not_kept = "lead_id IN (SELECT lead_id FROM other_leads)"
    unknown = f"lead_key IS NULL AND NOT ({not_kept})"
    near = find_near_matches(db, f"SELECT lead_id FROM {view} WHERE {unknown}", declared)
    found = [
        find_where(db, view, "lead_id", unknown, "unknown_lead"),
        find_where(db, view, "lead_id", f"lead_key IS NULL AND {not_kept}", "lead_not_kept"),
    ]
    if declared.several == "none":
        found.append(find_where(db, view, "lead_id", "matches > 1", "several_leads"))
    return near, found


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


def drop_repeated_ids(db: duckdb.DuckDBPyConnection, view: str, earlier: list[str]) -> str:
    """Create a view of the first of the rows of `view` with one ``activity_id``, and those without any.

    Ids that a view of `earlier` has were there before.
    """
    # Equal ids have equal hashes: to group numbers takes a third of the time and memory of texts.
    hashes = f"SELECT hash(activity_id) AS mark FROM {view} GROUP BY mark HAVING count(*) > 1"
    db.execute(
        f"CREATE OR REPLACE TABLE {view}_repeated AS SELECT activity_id, min(row) AS first_row FROM {view} "
        f"WHERE activity_id IS NOT NULL AND hash(activity_id) IN ({hashes}) GROUP BY activity_id HAVING count(*) > 1"
    )
    repeats = f"SELECT row FROM {view} JOIN {view}_repeated USING (activity_id) WHERE row > first_row"
    if earlier:
        known = " UNION ALL ".join(f"SELECT activity_id FROM {other}" for other in earlier)
        repeats += f" UNION SELECT row FROM {view} SEMI JOIN ({known}) USING (activity_id)"
    return drop_rows(db, view, "unique", db.sql(repeats).df())


def find_early_outcomes(db: duckdb.DuckDBPyConnection, view: str, source: Source) -> pd.DataFrame:
    """Return the activities of `view` that are outcomes of a lead before it was created, as rejected rows."""
    declared = [outcome for outcome in source.outcomes if isinstance(outcome, OutcomesFromActivities)]
    decided = [f"{map_kinds('raw_kind', outcome.kinds_of_activity)} IS NOT NULL" for outcome in declared]
    if not decided:
        return pd.DataFrame(columns=["row", "column", "value", "reason"])
    return find_where(db, view, "occurred_at", f"is_early AND ({' OR '.join(decided)})", "before_creation")


def describe_log(
    db: duckdb.DuckDBPyConnection, view: str, declared: Activities, covered_from: pd.Timestamp | None
) -> dict[str, Any]:
    """Return what the intake says of a log alone: its first time, its coverage and what is older than its lead."""
    in_other_letters = f"kind <> raw_kind AND raw_kind NOT IN ({list_texts(declared.kinds)})"
    first, early, folded = db.sql(
        f"SELECT min(occurred_at), count(*) FILTER (is_early), count(*) FILTER ({in_other_letters}) FROM {view}"
    ).fetchall()[0]
    return {
        "first_activity_at": None if first is None else str(first),
        "covered_from": None if covered_from is None else str(covered_from),
        "before_creation": early,
        "kinds_in_other_letters": folded,
    }


def list_activity_values(declared: Activities, source: Source) -> list[Value]:
    values = []
    for name, column in declared.columns.items():
        if name == "kind":
            missing = [*declared.missing, *column.missing]
            texts = [clean_text(c, missing) for c in declared.get_kind_columns()]
            text = f"nullif(concat_ws('/', {', '.join(texts)}), '')"
            values.append(Value(name, text, name_text(name), declared.get_kind_columns()[0], required=True))
        elif name == "occurred_at":
            values.append(make_time(name, column, declared, source.timezone, required=True))
        else:
            values.append(make_text(name, column, declared, required=name == "lead_id"))
    return values + [make_number(VALUE_PREFIX + name, column, declared) for name, column in declared.values.items()]


def list_value_columns(source: Source) -> list[str]:
    """Return the columns of the numbers that the source's activities have, by name."""
    return sorted({VALUE_PREFIX + name for log in source.activities for name in log.values})


def list_named_kinds(source: Source) -> list[str]:
    """Return the kinds that the source names for a purpose, and that so are kept however rare they are."""
    declared = [kind for log in source.activities for kind in log.kinds.values()]
    return [*declared, *(source.contacted.kinds if source.contacted else [])]


def count_repeats(db: duckdb.DuckDBPyConnection, view: str) -> int:
    """Return how many rows of `view` agree with an earlier one in every column."""
    # Few leads do two things in one moment: only those are compared in full.
    moments = f"(SELECT lead_key, occurred_at FROM {view} GROUP BY ALL HAVING count(*) > 1)"
    columns = ", ".join(["lead_key", "occurred_at", "raw_kind", *CODED])
    rows = f"SELECT {columns} FROM {view} SEMI JOIN {moments} USING (lead_key, occurred_at)"
    return count_rows(db, f"({rows})") - count_rows(db, f"(SELECT DISTINCT * FROM ({rows}))")


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
