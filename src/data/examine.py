"""What a source would give if it were ingested, as one dictionary; nothing is written."""

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from src import paths
from src.data.activities import ingest_activities
from src.data.canonical import find_raw
from src.data.columns import Column, Constant, RowNumber
from src.data.declarations import (
    Cells,
    Outcomes,
    OutcomesFromActivities,
    OutcomesFromDates,
    OutcomesFromFile,
    OutcomesFromLeads,
)
from src.data.doubts import list_doubts
from src.data.fetch import hash_file
from src.data.ingest import read_truth
from src.data.leads import ingest_leads, list_lead_columns
from src.data.objectives import describe_objective
from src.data.outcomes import check_some_convert, ingest_outcomes
from src.data.quoting import quote
from src.data.read import examine_columns, make_workshop
from src.data.rejects import check_rejected_share
from src.data.shown import show_value
from src.data.sources import Source
from src.data.suspicions import count_rare_kinds, examine_cells
from src.data.tables import ACTIVITY_KINDS
from src.params import Intake, Params
from src.stage import InputError

EXAMPLES = 3
"""Rejected rows shown of each reason."""


def examine_source(db: duckdb.DuckDBPyConnection, name: str, source: Source, params: Params) -> dict[str, Any]:
    """Return what would be read, its faults (it cannot be ingested) and doubts (it should be looked at)."""
    folder = paths.raw_folder(name)
    result = {"source": name, "description": source.description, "folder": str(folder)}
    result["files"] = [examine_file(*declared) for declared in list_inputs(source, folder)]
    result["outcomes"] = [describe_outcomes(outcome) for outcome in source.outcomes]
    result["checksums"] = compare_checksums(source, folder)
    result["faults"] = [fault for file in result["files"] for fault in file["faults"]]
    result["contents"] = None
    if not result["faults"]:
        contents, faults = examine_rows(db, source, folder, params)
        result |= {"contents": contents, "faults": faults}
    result["doubts"] = list_doubts(source, params, result)
    return result


def list_inputs(source: Source, folder: Path) -> list[tuple[str, Path, Cells, list[str]]]:
    """Return (what it holds, path, declaration, raw columns that are used) for each raw file."""
    columns = list_lead_columns(source)
    inputs = [("leads", path, source.leads, columns) for path in source.leads.find_files(folder)]
    for log in source.activities:
        inputs += [("activities", path, log, log.list_columns()) for path in log.find_files(folder)]
    for outcome in source.outcomes:
        if isinstance(outcome, OutcomesFromFile):
            files = outcome.find_files(folder)
            inputs += [("outcomes", path, outcome, outcome.list_columns()) for path in files]
    if source.merged:
        files = source.merged.find_files(folder)
        inputs += [("merged ids", path, source.merged, source.merged.list_columns()) for path in files]
    return inputs


def examine_file(what: str, path: Path, declared: Cells, columns: list[str]) -> dict[str, Any]:
    """Return how a file's columns would be used, and all that keeps it from being read."""
    try:
        columns, _ = find_raw(path, declared, columns)
        found, missing = examine_columns(path, declared, columns)
        faults = [str(fault) for fault in missing]
    except InputError as fault:
        found, faults = [], [str(fault) + list_neighbours(path, fault)]
    return {
        "file": str(path),
        "what": what,
        "columns": describe_columns(declared),
        # Without a header its first row would be shown.
        "undeclared": [] if faults else [column for column in found if column not in columns],
        "faults": faults,
    }


def list_neighbours(path: Path, fault: InputError) -> str:
    if fault.code != "missing_file":
        return ""
    names = sorted(other.name for other in path.parent.glob("*") if other.is_file())
    return f"; {path.parent} has {', '.join(names[:20]) or 'no files'}"


def describe_columns(declared: Cells) -> dict[str, str]:
    """Return for each column that a file gives how it is read: the raw column and its form."""
    columns = {}
    for name, column in declared.columns.items():
        columns[name] = describe_column(column, name in ("created_at", "occurred_at"))
    for name, column in getattr(declared, "own", {}).items():
        form = f", {column.format}" if column.type == "date" else ""
        columns[name] = f"{column.column} ({column.type}{form}, known: {column.known})"
    return columns


def describe_column(column: Column | RowNumber | Constant, is_time: bool) -> str:
    if not isinstance(column, Column):
        return column.get_name()
    by = "" if column.by == "lead_id" else f", by {column.by}"
    return f"{column.get_name()}{by}" + (f" ({column.format})" if is_time else "")


def describe_outcomes(outcome: Outcomes) -> str:
    """Return where outcomes are read and which value means which."""
    if isinstance(outcome, OutcomesFromDates):
        at = describe_column(outcome.date_of_leads, True)
        return f"column {at} of the leads: a time is {outcome.kind}"
    if isinstance(outcome, OutcomesFromActivities):
        origin, kinds = "kinds of activity", outcome.kinds_of_activity
    elif isinstance(outcome, OutcomesFromLeads):
        time = f", at {describe_column(outcome.occurred_at, True)}" if outcome.occurred_at else ""
        origin, kinds = f"column {outcome.column_of_leads!r} of the leads{time}", outcome.kinds
    else:
        origin, kinds = ", ".join(outcome.list_names()), outcome.map_kinds()
    return f"{origin}: {', '.join(f'{raw} is {kind}' for raw, kind in kinds.items())}"


def compare_checksums(source: Source, folder: Path) -> dict[str, str]:
    """Return for each file with a declared checksum whether it is the published one."""
    result = {}
    for name, declared in source.checksums.items():
        path = folder / name
        if path.is_file():
            result[name] = "as declared" if hash_file(path) == declared else "not as declared"
        else:
            result[name] = "the file is missing"
    return result


def examine_rows(
    db: duckdb.DuckDBPyConnection, source: Source, folder: Path, params: Params
) -> tuple[dict[str, Any] | None, list[str]]:
    """Return what the canonical tables would hold, and the faults that only the rows show."""
    # With every row allowed to fail all faults are seen, not only the first file's.
    lenient = params.intake.model_copy(update={"max_rejected_share": 1.0})
    with make_workshop(db) as workshop:
        return examine_tables(db, source, folder, lenient, params.intake.max_rejected_share, workshop)


def examine_tables(
    db: duckdb.DuckDBPyConnection, source: Source, folder: Path, lenient: Intake, limit: float, workshop: Path
) -> tuple[dict[str, Any] | None, list[str]]:
    try:
        leads, files, rejected = ingest_leads(db, source, folder, lenient)
        log, log_rejected = ingest_activities(db, source, folder, lenient, workshop)
        outcomes, more_files, outcomes_rejected = ingest_outcomes(db, source, folder, lenient)
        read_truth(db, source, folder)
    except InputError as fault:
        return None, [str(fault)]
    files = [*files, *log.intake, *more_files]
    rejected = pd.concat([rejected, log_rejected, outcomes_rejected], ignore_index=True)
    faults = list_failing_files(files, rejected, list_inputs(source, folder), limit)
    try:
        check_some_convert(outcomes, source, folder)
    except InputError as fault:
        faults.append(str(fault))
    return describe_contents(db, source, leads, outcomes, files, rejected), faults


def list_failing_files(
    files: list[dict[str, Any]],
    rejected: pd.DataFrame,
    inputs: list[tuple[str, Path, Cells, list[str]]],
    limit: float,
) -> list[str]:
    """Return a fault for each file of which too large a share would be rejected."""
    declared = {path.name: (path, cells) for _, path, cells, _ in inputs}
    faults = []
    for file in files:
        path, cells = declared[file["file"]]
        rows = rejected[rejected["file"] == file["file"]]
        try:
            check_rejected_share(path, file["rows_read"], rows, limit, cells, file.get("near_matches", []))
        except InputError as fault:
            faults.append(str(fault))
    return faults


def describe_contents(
    db: duckdb.DuckDBPyConnection,
    source: Source,
    leads: pd.DataFrame,
    outcomes: pd.DataFrame,
    files: list[dict[str, Any]],
    rejected: pd.DataFrame,
) -> dict[str, Any]:
    return {
        "files": files,
        "examples": list_examples(rejected),
        "newest_rejected": find_newest_rejected(rejected),
        "leads": len(leads),
        "persons": int(leads["person"].nunique()),
        "misread_texts": count_misread_texts(db),
        "leads_at": describe_range(leads["created_at"]),
        "activities_at": describe_range(
            db.sql("SELECT unnest([min(occurred_at), max(occurred_at)]) FROM log").df().iloc[:, 0]
        ),
        "outcomes_at": describe_range(outcomes["occurred_at"]),
        "kinds": list_kinds(db),
        "columns": examine_cells(db, source),
        "rare_kinds": count_rare_kinds(db),
        "outcomes": outcomes["kind"].value_counts().sort_index().to_dict(),
        "leads_without_outcome": int((~leads["lead_id"].isin(outcomes["lead_id"])).sum()),
        "objectives": {
            name: describe_objective(source, objective, leads, outcomes)
            for name, objective in source.objectives.items()
        },
    }


def list_examples(rejected: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the first rejected rows of each file and reason, with how many there are."""
    examples = []
    for (file, reason), rows in rejected.groupby(["file", "reason"], sort=False):
        first = rows.sort_values("line").head(EXAMPLES)
        shown = first[["line", "column", "value"]].astype(object).where(first.notna(), None)
        forms = [show_value(row.value, row.column, reason) for row in shown.itertuples()]
        shown = shown.drop(columns="value").assign(form=forms)
        examples.append({"file": file, "reason": reason, "rows": len(rows), "first": shown.to_dict("records")})
    return examples


def find_newest_rejected(rejected: pd.DataFrame) -> str | None:
    late = rejected.loc[rejected["reason"] == "after_as_of", "value"]
    return None if late.empty else str(late.max())


def describe_range(times: pd.Series) -> tuple[str, str] | None:
    """Return the first and the last of `times`, or None where there are none."""
    times = pd.to_datetime(times)
    return None if times.isna().all() else (str(times.min()), str(times.max()))


def count_misread_texts(db: duckdb.DuckDBPyConnection) -> int:
    """Return the leads with a text such as ``JosÃ©``: UTF-8 that was once read as Latin-1."""
    names = [row[0] for row in db.sql("DESCRIBE raw_leads").fetchall() if row[0] != "row"]
    text = ", ".join(quote(name) for name in names)
    misread = rf"regexp_matches(concat_ws(' ', {text}), '[ÃÂ][\x{{80}}-\x{{BF}}]')"
    return db.sql(f"SELECT count(*) FROM raw_leads WHERE {misread}").fetchall()[0][0]


def list_kinds(db: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Return each raw kind of activity with the kind it becomes and how often it occurs."""
    rows = db.sql("SELECT raw_kind, kind, count(*) FROM log GROUP BY ALL ORDER BY 3 DESC, 1").fetchall()
    return [
        {"raw": raw, "kind": kind, "is_canonical": kind in ACTIVITY_KINDS, "rows": count} for raw, kind, count in rows
    ]
