"""Stage `ingest`: a source's raw files to the canonical tables, every row accounted for."""

import re
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from src import paths
from src.data.activities import ingest_activities
from src.data.canonical import count_rows
from src.data.cell_doubts import list_cell_doubts
from src.data.leads import ingest_leads
from src.data.log import write_buckets
from src.data.objectives import describe_objective
from src.data.outcomes import check_some_convert, ingest_outcomes
from src.data.quoting import quote_text
from src.data.read import make_workshop, open_database
from src.data.sources import Source, load_source
from src.data.suspicions import count_rare_kinds, examine_cells
from src.data.tables import LEADS, OUTCOMES, check_key
from src.files import replacing, write_json, write_table
from src.params import Params, load_params
from src.stage import InputError, run_stage


def main() -> str:
    try:
        return ingest()
    except duckdb.Error as error:
        raise describe_database_error(error) from None


def describe_database_error(error: duckdb.Error) -> InputError:
    """Return an error of DuckDB without what it quotes: that may be a cell of a file."""
    words = re.sub(r"'.*?'|\".*?\"", "…", str(error).splitlines()[0])
    return InputError("database", f"{words}; if the disk has room, report this")


def ingest() -> str:
    params = load_params()
    source = load_source(params.source)
    folder = paths.raw_folder(params.source)
    db = open_database()
    with make_workshop(db) as workshop:
        return ingest_source(db, params, source, folder, workshop)


def ingest_source(db: duckdb.DuckDBPyConnection, params: Params, source: Source, folder: Path, workshop: Path) -> str:
    leads, intake, rejected = ingest_leads(db, source, folder, params.intake)
    log, log_rejected = ingest_activities(db, source, folder, params.intake, workshop)
    outcomes, outcomes_intake, outcomes_rejected = ingest_outcomes(db, source, folder, params.intake)
    check_some_convert(outcomes, source, folder)
    truth = read_truth(db, source, folder)
    leads, outcomes = check_key(leads, LEADS), check_key(outcomes, OUTCOMES)

    write_table(leads, paths.LEADS)
    write_table(outcomes, paths.OUTCOMES)
    write_table(log.codes, paths.CODES)
    write_table(log.coverage, paths.COVERAGE)
    with replacing(paths.ACTIVITIES) as temporary:
        write_buckets(db, temporary, len(leads), params.intake.bucket_leads)
    write_table(pd.concat([rejected, log_rejected, outcomes_rejected]), paths.REJECTED)
    write_table(truth, paths.TRUTH)
    files = [*intake, *log.intake, *outcomes_intake]
    summary = summarise(params.source, source, leads, outcomes, db, files)
    write_json(summary, paths.INTAKE)
    return describe(leads, files, params.source, len(summary["doubts"]))


def read_truth(db: duckdb.DuckDBPyConnection, source: Source, folder: Path) -> pd.DataFrame:
    """Return the true probabilities where the source has them, else a table without rows."""
    columns = "lead_id, snapshot_at::TIMESTAMP AS snapshot_at, objective, probability::DOUBLE AS probability"
    if source.truth is None:
        dtypes = {"lead_id": "str", "snapshot_at": "datetime64[us]", "objective": "str"}
        return pd.DataFrame(columns=[*dtypes, "probability"]).astype({**dtypes, "probability": float})
    path = folder / source.truth
    if not path.is_file():
        raise InputError("missing_file", "the source declares it as its truth", path)
    try:
        return db.sql(f"SELECT {columns} FROM read_parquet({quote_text(str(path))})").df()
    except duckdb.Error:
        raise InputError("unreadable_file", "it cannot be read as a table of probabilities", path) from None


def summarise(
    name: str,
    source: Source,
    leads: pd.DataFrame,
    outcomes: pd.DataFrame,
    db: duckdb.DuckDBPyConnection,
    files: list[dict[str, Any]],
) -> dict[str, Any]:
    """Return the intake: what was read, what was kept, what the tables hold."""
    dated = source.is_dated()
    return {
        "source": name,
        "currency": source.company.currency,
        "as_of": str(source.get_as_of()) if dated else None,
        "files": files,
        "leads": len(leads),
        "persons": int(leads["person"].nunique()),
        "first_lead_at": str(leads["created_at"].min()) if dated else None,
        "last_lead_at": str(leads["created_at"].max()) if dated else None,
        "activities": count_rows(db, "log"),
        "outcomes": outcomes["kind"].value_counts().sort_index().to_dict(),
        "doubts": list_cell_doubts(
            files,
            examine_cells(db, source),
            {key: describe_objective(source, goal, leads, outcomes) for key, goal in source.objectives.items()},
            count_rare_kinds(db),
        ),
    }


def describe(leads: pd.DataFrame, files: list[dict[str, Any]], name: str, doubts: int) -> str:
    rejected = sum(file["rows_rejected"] for file in files)
    read = sum(file["rows_read"] for file in files)
    return f"{len(leads)} leads from {read} rows in {len(files)} files, {rejected} rows rejected" + (
        f"; look at {doubts} things (python -m src.data.check {name})" if doubts else ""
    )


if __name__ == "__main__":
    run_stage(main)
