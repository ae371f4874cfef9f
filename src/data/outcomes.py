"""What became of the leads: from a file of its own, a column of the leads, or the log."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from src.data.canonical import (
    Value,
    canonicalise,
    check_rejected,
    clean_text,
    describe_files,
    parse_number,
    parse_outcome_time,
    reject_where,
)
from src.data.declarations import Constant, OutcomesFromActivities, OutcomesFromFile, OutcomesFromLeads
from src.data.read import REJECTED_COLUMNS, RawTable, place_rejects, quote, quote_text, read_raw
from src.data.sources import Source
from src.data.tables import OUTCOME_COLUMNS, UNREADABLE
from src.params import Intake
from src.stage import InputError


def ingest_outcomes(
    db: duckdb.DuckDBPyConnection, source: Source, folder: Path, intake: Intake
) -> tuple[pd.DataFrame, list[dict[str, Any]], pd.DataFrame]:
    """Return the canonical outcomes, the intake of their files and the rejected rows.

    Needs the tables ``leads``, ``lead_keys`` and ``log``.
    """
    frames, described, rejected = [], [], [pd.DataFrame(columns=list(REJECTED_COLUMNS))]
    for number, declared in enumerate(source.outcomes):
        if isinstance(declared, OutcomesFromFile):
            frame, descriptions, lost = read_outcomes(db, declared, source, folder, intake)
            described += descriptions
            rejected.append(lost)
        elif isinstance(declared, OutcomesFromLeads):
            frame = take_from_leads(db, number, declared, source, folder)
        else:
            frame = take_from_log(db, declared)
        frames.append(frame.reindex(columns=OUTCOME_COLUMNS))
    outcomes = keep_first(pd.concat(frames, ignore_index=True))
    return outcomes, described, pd.concat(rejected, ignore_index=True)


def read_outcomes(
    db: duckdb.DuckDBPyConnection,
    declared: OutcomesFromFile,
    source: Source,
    folder: Path,
    intake: Intake,
) -> tuple[pd.DataFrame, list[dict[str, Any]], pd.DataFrame]:
    raw = read_raw(db, "raw_outcomes", declared.find_files(folder), declared, declared.list_columns())
    rejected = [raw.rejected, canonicalise(db, raw, "part", list_outcome_values(declared, source))]
    undecided = reject_where(db, "part", "kind", f"kind IN ({list_texts(declared.undecided)})", "undecided")
    rejected.append(
        reject_where(db, "part", "kind", f"kind NOT IN ({list_texts(declared.map_kinds())})", "unknown_kind")
    )
    if "occurred_at" in declared.columns:
        rejected.append(reject_where(db, "part", "occurred_at", "occurred_at IS NULL", "missing_value"))
        late = f"occurred_at > TIMESTAMP '{source.get_as_of()}'"
        rejected.append(reject_where(db, "part", "occurred_at", late, "after_as_of"))
        early = "row IN (SELECT row FROM part JOIN lead_keys USING (lead_id) WHERE occurred_at < created_at)"
        rejected.append(reject_where(db, "part", "occurred_at", early, "before_creation"))
    check_rejected(raw, rejected, intake.max_rejected_share)
    unreadable = take_unreadable(db, raw, declared, pd.concat(rejected[1:], ignore_index=True))
    unknown = "lead_id NOT IN (SELECT lead_id FROM lead_keys)"
    rejected += [undecided, reject_where(db, "part", "lead_id", unknown, "unknown_lead")]
    described = describe_files(db, raw, "part", rejected)
    frame = db.sql(f"SELECT * EXCLUDE row REPLACE ({map_kinds('kind', declared.map_kinds())} AS kind) FROM part").df()
    frame = pd.concat([frame, unreadable], ignore_index=True)
    return frame, described, place_rejects(raw, rejected)


def take_unreadable(
    db: duckdb.DuckDBPyConnection, raw: RawTable, declared: OutcomesFromFile, rejected: pd.DataFrame
) -> pd.DataFrame:
    """Return the known leads of rejected rows: something became of them, and nobody can say what.

    An outcome after the end of the data is no such case, by then the lead was open; nor is one of
    a kind that the source does not declare.
    """
    is_lost = ~rejected["reason"].isin(["after_as_of", "unknown_kind"])
    gone = rejected.loc[is_lost, ["row"]].astype({"row": "int64"})
    db.register("gone_outcomes", gone)
    text = clean_text(declared.columns["lead_id"].column, declared.missing)
    return db.sql(
        f"SELECT DISTINCT {text} AS lead_id, '{UNREADABLE}' AS kind FROM {raw.name} "
        f"WHERE row IN (SELECT row FROM gone_outcomes) AND {text} IN (SELECT lead_id FROM lead_keys)"
    ).df()


def list_outcome_values(declared: OutcomesFromFile, source: Source) -> list[Value]:
    values = []
    for name, column in declared.columns.items():
        if isinstance(column, Constant):
            values.append(Value(name, quote_text(column.constant), name))
            continue
        text = clean_text(column.column, declared.missing)
        if name == "occurred_at":
            sql = parse_outcome_time(text, column.format, source)
            # Of a row without an outcome yet the time may be missing: see `read_outcomes`.
            values.append(Value(name, sql, column.column, required=not declared.undecided, parsed=True))
        elif name == "amount":
            values.append(Value(name, parse_number(text, declared.decimal), column.column, parsed=True))
        else:
            values.append(Value(name, text, column.column, required=name in ("lead_id", "kind")))
    return values


def list_texts(texts: Iterable[str]) -> str:
    """Return texts as the list of an SQL ``IN``; no text is equal to NULL, so none gives no row."""
    return ", ".join(map(quote_text, texts)) or "NULL"


def map_kinds(column: str, kinds: dict[str, str]) -> str:
    cases = " ".join(f"WHEN {quote_text(raw)} THEN '{kind}'" for raw, kind in kinds.items())
    return f"CASE {column} {cases} END"


def take_from_leads(
    db: duckdb.DuckDBPyConnection, number: int, declared: OutcomesFromLeads, source: Source, folder: Path
) -> pd.DataFrame:
    """Return the outcomes of the source's declaration `number`, a column of the leads."""
    kind = quote(f"outcome {number}")
    time = "NULL::TIMESTAMP" if declared.occurred_at is None else quote(f"time {number}")
    known = ", ".join(quote_text(raw) for raw in declared.kinds)
    unknown = db.sql(
        f"SELECT {kind}, count(*) FROM leads WHERE {kind} NOT IN ({known}) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10"
    ).fetchall()
    if unknown:
        values = ", ".join(f"{value!r} ({count})" for value, count in unknown)
        raise InputError(
            "unknown_kind",
            f"values that are not among the declared kinds {sorted(declared.kinds)}, with their rows: {values}; "
            "one that is no outcome (yet) belongs under missing",
            source.leads.find_files(folder)[0],
            column=declared.column_of_leads,
        )
    return db.sql(
        f"SELECT lead_id, {map_kinds(kind, declared.kinds)} AS kind, {time} AS occurred_at "
        f"FROM leads WHERE {kind} IS NOT NULL"
    ).df()


def take_from_log(db: duckdb.DuckDBPyConnection, declared: OutcomesFromActivities) -> pd.DataFrame:
    kinds = ", ".join(quote_text(kind) for kind in declared.kinds_of_activity)
    return db.sql(
        f"SELECT lead_id, {map_kinds('raw_kind', declared.kinds_of_activity)} AS kind, occurred_at "
        f"FROM log JOIN lead_keys USING (lead_key) WHERE raw_kind IN ({kinds})"
    ).df()


def keep_first(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Return one row a lead and kind: the first in time."""
    outcomes = outcomes.astype(
        {"lead_id": "str", "kind": "str", "occurred_at": "datetime64[us]", "amount": float}
        | {"client": "str", "reason": "str"}
    )
    order = ["lead_id", "kind", "occurred_at", "amount", "client", "reason"]
    return outcomes.sort_values(order).drop_duplicates(["lead_id", "kind"]).reset_index(drop=True)


def check_some_convert(outcomes: pd.DataFrame, source: Source, folder: Path) -> None:
    converting = {kind for objective in source.objectives.values() for kind in objective.converted}
    if not outcomes["kind"].isin(converting).any():
        raise InputError(
            "no_conversion",
            f"not one lead has any of the outcomes {sorted(converting)}; there is nothing to learn",
            folder,
        )
