"""Raw activity logs to one canonical log of integers, in buckets of leads."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from src.data.canonical import (
    count_by_file,
    count_rows,
    count_unread,
    find_faults,
    find_mixed_signs,
    find_raw,
    find_thousands,
    find_where,
    list_doubted,
    list_optional,
    list_signed,
    name_points,
    name_sign,
    name_unread,
    select_values,
)
from src.data.cells import Value, clean_text, make_number, make_text, make_time, name_text
from src.data.columns import Constant
from src.data.declarations import Activities, OutcomesFromActivities
from src.data.kinds import list_texts, map_kinds
from src.data.log import CODED, code_log, find_coverage, join_logs
from src.data.matching import check_several, find_near_matches, link_rows, make_keys
from src.data.quoting import quote, quote_text
from src.data.read import REJECTED_COLUMNS, RawTable, number_file, place_rejects, scan_raw
from src.data.rejects import add_found, check_rejected, describe_files
from src.data.sources import Source
from src.data.tables import VALUE_PREFIX
from src.params import Intake
from src.stage import InputError


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
        name = f"log_{len(parts)}"
        rows = read_log(db, name, declared.find_files(folder), declared, source, workshop)
        view, descriptions, lost = check_log(db, rows, declared, source, intake)
        parts.append((view, declared))
        described += descriptions
        rejected.append(lost)
    join_logs(db, [view for view, _ in parts], list_value_columns(source))
    codes = code_log(db, list_named_kinds(source))
    return Log(codes, find_coverage(db, parts, codes, source), described), pd.concat(rejected, ignore_index=True)


@dataclass(frozen=True)
class LogRows:
    """The rows of raw logs of one form, as views.

    View ``raw.name`` has each row once and view ``<name>_all`` once for each of its leads, where it may be
    of several; `values` say how the rows were read.
    """

    raw: RawTable
    values: list[Value]
    may_be_several: bool

    def name_all(self) -> str:
        return f"{self.raw.name}_all"


def read_log(
    db: duckdb.DuckDBPyConnection, name: str, files: list[Path], declared: Activities, source: Source, workshop: Path
) -> LogRows:
    """Write the checked rows of raw logs of one form to `workshop`, as views; those of no lead keep its id."""
    columns, nested = find_raw(files[0], declared, declared.list_columns())
    values = list_activity_values(declared, source)
    kept = select_log(values, declared, source)
    may_be_several = make_keys(db, f"{name}_keys", declared)
    targets = []

    def store(query: str, number: int) -> None:
        targets.append(quote_text(str(workshop / f"{name}_{number:05d}.parquet")))
        rows = link_rows(select_values(query, columns, values, nested), f"{name}_keys", declared, may_be_several)
        db.execute(f"COPY (SELECT {kept} FROM ({rows})) TO {targets[-1]} (FORMAT parquet)")
        written = f"read_parquet([{', '.join(targets)}])"
        # A row of several leads stands there as often, and is one row of the file.
        once = f"(SELECT DISTINCT ON (row) * FROM {written} ORDER BY row, lead_key)"
        db.execute(f"CREATE OR REPLACE VIEW {name}_all AS FROM {written}")
        db.execute(f"CREATE OR REPLACE VIEW {name} AS FROM {once if may_be_several else written}")

    raw = scan_raw(db, name, files, declared, columns, store)
    empty = next((file for file in raw.files if file.rows_read == 0), None)
    if empty is not None and not declared.may_be_empty:
        message = "the activity log is empty; if it may be, declare may_be_empty: true"
        raise InputError("no_rows", message, empty.path)
    return LogRows(raw, values, may_be_several)


def select_log(values: list[Value], declared: Activities, source: Source) -> str:
    """Return SQL for what is kept of a log's rows; what this log does not have is NULL."""
    names = [value.name for value in values]
    given = {column: "VARCHAR" for column in ("activity_id", *CODED)}
    given |= {column: "DOUBLE" for column in list_value_columns(source)}
    columns = [
        quote(column) if column in names else f"NULL::{kind} AS {quote(column)}" for column, kind in given.items()
    ]
    columns += [name_unread(value) for value in list_optional(values)]
    columns += [name_points(value) for value in list_doubted(values)]
    columns += [name_sign(value) for value in list_signed(values)]
    return (
        "row, fault, lead_key, if(lead_key IS NULL, lead_id, NULL) AS lead_id, matches, occurred_at, "
        "occurred_at < created_at AS is_early, kind AS raw_kind, "
        f"{map_kinds('kind', declared.kinds, 'kind')} AS kind, {', '.join(columns)}"
    )


def check_log(
    db: duckdb.DuckDBPyConnection, rows: LogRows, declared: Activities, source: Source, intake: Intake
) -> tuple[str, list[dict[str, Any]], pd.DataFrame]:
    """Return the view of the rows of a log that can be used, the intake of its files and the rejected rows."""
    raw, values = rows.raw, rows.values
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
    check_several(db, rows.name_all(), declared, raw)
    near, unlinked = find_unlinked(db, view, declared)
    rejected += unlinked
    check_rejected(raw, rejected, intake.max_rejected_share, near)
    view = narrow_view(
        db, view, "known", "lead_key IS NOT NULL" + (" AND matches = 1" if declared.several == "none" else "")
    )
    described = describe_files(db, raw, view, rejected, duplicates)
    told = describe_logs(db, view, declared, len(raw.files), source.find_covered_from(declared))
    described = [file | said for file, said in zip(described, told, strict=True)]
    unread, thousands = count_unread(db, view, values, None), find_thousands(db, view, values)
    signs = find_mixed_signs(db, view, values)
    described = add_found(described, near, not_understood=unread, thousands=thousands, mixed_signs=signs)
    if rows.may_be_several:
        view = spread_leads(db, rows.name_all(), view)
    return view, described, place_rejects(raw, rejected)


def spread_leads(db: duckdb.DuckDBPyConnection, whole: str, view: str) -> str:
    """Create a view of the rows of `view` with all of their leads, of which it has one each; return its name."""
    db.execute(f"CREATE OR REPLACE VIEW {view}_leads AS FROM {whole} SEMI JOIN {view} USING (row)")
    return f"{view}_leads"


def find_unlinked(
    db: duckdb.DuckDBPyConnection, view: str, declared: Activities
) -> tuple[list[dict[str, Any]], list[pd.DataFrame]]:
    """Return in which form the ids of no lead would be known, and the rows of no lead or of several, as rejected."""
    not_kept = "lead_id IN (SELECT lead_id FROM other_leads)"
    unknown = f"lead_key IS NULL AND NOT ({not_kept})"
    near = find_near_matches(db, f"SELECT row, lead_id FROM {view} WHERE {unknown}", declared)
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
    decided = [f"{map_kinds('raw_kind', outcome.kinds_of_activity)} IS NOT NULL" for outcome in declared]
    if not decided:
        return pd.DataFrame(columns=["row", "column", "value", "reason"])
    return find_where(db, view, "occurred_at", f"is_early AND ({' OR '.join(decided)})", "before_creation")


def describe_logs(
    db: duckdb.DuckDBPyConnection,
    view: str,
    declared: Activities,
    count_files: int,
    covered_from: pd.Timestamp | None,
) -> list[dict[str, Any]]:
    """Return what the intake says of logs alone, by file: first time, coverage, and what is odd in its rows."""
    first = dict(db.sql(f"SELECT {number_file()}, min(occurred_at) FROM {view} GROUP BY ALL").fetchall())
    folded = f"kind <> raw_kind AND raw_kind NOT IN ({list_texts(declared.kinds)})"
    counts = count_by_file(db, view, ["is_early", folded])
    repeated = {} if "activity_id" in declared.columns else count_repeats(db, view)
    return [
        {
            "first_activity_at": str(first[number]) if number in first else None,
            "covered_from": None if covered_from is None else str(covered_from),
            "before_creation": counts.get(number, [0, 0])[0],
            "kinds_in_other_letters": counts.get(number, [0, 0])[1],
            "look_repeated": repeated.get(number, 0),
        }
        for number in range(count_files)
    ]


def list_activity_values(declared: Activities, source: Source) -> list[Value]:
    values = []
    for name, column in declared.columns.items():
        if name == "kind" and not isinstance(column, Constant):
            values.append(make_kind(declared))
        elif name == "occurred_at":
            values.append(make_time(name, column, declared, source.timezone, required=True))
        else:
            values.append(make_text(name, column, declared, required=name == "lead_id"))
    return values + [make_number(VALUE_PREFIX + name, column, declared) for name, column in declared.values.items()]


def make_kind(declared: Activities) -> Value:
    """Return how the kind of an activity is read that one column says, or several together."""
    columns = declared.get_kind_columns()
    missing = [*declared.missing, *declared.columns["kind"].missing]
    text = f"nullif(concat_ws('/', {', '.join(clean_text(column, missing) for column in columns)}), '')"
    return Value("kind", text, name_text("kind"), columns[0], required=True)


def list_value_columns(source: Source) -> list[str]:
    """Return the columns of the numbers that the source's activities have, by name."""
    return sorted({VALUE_PREFIX + name for log in source.activities for name in log.values})


def list_named_kinds(source: Source) -> list[str]:
    """Return the kinds that the source names for a purpose, and that so are kept however rare they are."""
    declared = [kind for log in source.activities for kind in log.kinds.values()]
    return [*declared, *(source.contacted.kinds if source.contacted else [])]


def count_repeats(db: duckdb.DuckDBPyConnection, view: str) -> dict[int, int]:
    """Return by file how many rows of `view` agree with an earlier one in every column."""
    # Few leads do two things in one moment: only those are compared in full.
    moments = f"(SELECT lead_key, occurred_at FROM {view} GROUP BY ALL HAVING count(*) > 1)"
    columns = ", ".join(["lead_key", "occurred_at", "raw_kind", *CODED])
    rows = f"SELECT {columns}, row FROM {view} SEMI JOIN {moments} USING (lead_key, occurred_at)"
    later = f"SELECT row, row_number() OVER (PARTITION BY {columns} ORDER BY row) AS place FROM ({rows})"
    return dict(db.sql(f"SELECT {number_file()}, count(*) FROM ({later}) WHERE place > 1 GROUP BY ALL").fetchall())
