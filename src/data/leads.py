"""The leads' raw file to the canonical leads, in order of creation."""

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
    drop_repeats,
    parse_number,
    parse_outcome_time,
    parse_time,
    reject_where,
)
from src.data.declarations import OutcomesFromLeads
from src.data.persons import derive_persons, hash_values
from src.data.read import place_rejects, quote, read_raw
from src.data.sources import Source
from src.data.tables import LEAD_COLUMNS
from src.params import Intake
from src.stage import InputError


def ingest_leads(
    db: duckdb.DuckDBPyConnection, source: Source, folder: Path, intake: Intake
) -> tuple[pd.DataFrame, list[dict[str, Any]], pd.DataFrame]:
    """Return the canonical leads, the intake of their file and its rejected rows.

    Also creates table ``lead_keys`` (lead_id, lead_key, created_at), which the activities and
    the outcomes join.
    """
    declared = source.leads
    key = declared.columns["lead_id"].column if declared.continued_rows else None
    raw = read_raw(db, "raw_leads", declared.find_files(folder), declared, list_lead_columns(source), key)
    if raw.rows_read == 0:
        raise InputError("no_rows", "the file has a header and no leads", raw.path)
    values = list_lead_values(source)
    rejected = [raw.rejected, canonicalise(db, raw, "leads", values)]
    names = [value.name for value in values]
    duplicates = drop_repeats(db, "leads", names)
    rejected += reject_outcomes(db, source)
    conflicting = "lead_id IN (SELECT lead_id FROM leads GROUP BY lead_id HAVING count(*) > 1)"
    rejected.append(reject_where(db, "leads", "lead_id", conflicting, "conflicting_duplicate"))
    if source.is_dated():
        late = f"created_at > TIMESTAMP '{source.get_as_of()}'"
        rejected.append(reject_where(db, "leads", "created_at", late, "after_as_of"))
    check_rejected(raw, rejected, intake.max_rejected_share)
    described = describe_files(db, raw, "leads", rejected, duplicates)
    rejected = place_rejects(raw, rejected)
    leads = finish_leads(db, source)
    db.register("lead_frame", leads[["lead_id", "lead_key", "created_at"]])
    db.execute("CREATE OR REPLACE TABLE lead_keys AS FROM lead_frame")
    return leads, described, rejected


def list_lead_columns(source: Source) -> list[str]:
    """Return the raw columns of the leads' file that something declares, each once."""
    columns = [column.column for column in source.leads.columns.values()]
    columns += [column.column for column in source.leads.own.values()]
    for outcome in source.outcomes:
        if isinstance(outcome, OutcomesFromLeads):
            columns += [outcome.column_of_leads]
            columns += [outcome.occurred_at.column] if outcome.occurred_at else []
    return list(dict.fromkeys(columns))


def list_outcome_values(source: Source) -> list[Value]:
    """Return the outcomes that stand in columns of the leads: what, when as written, and when.

    Their names in table ``leads`` have a blank, which no other column's name has.
    """
    values = []
    for number, outcome in list_outcomes(source):
        kind = clean_text(outcome.column_of_leads, source.leads.missing)
        values.append(Value(f"outcome {number}", kind, outcome.column_of_leads))
        if outcome.occurred_at is not None:
            column = outcome.occurred_at
            text = clean_text(column.column, source.leads.missing)
            time = parse_outcome_time(text, column.format, source)
            values.append(Value(f"text {number}", text, column.column))
            values.append(Value(f"time {number}", time, column.column))
    return values


def list_outcomes(source: Source) -> list[tuple[int, OutcomesFromLeads]]:
    """Return the outcomes that are read from columns of the leads, each with its place."""
    return [(n, outcome) for n, outcome in enumerate(source.outcomes) if isinstance(outcome, OutcomesFromLeads)]


def reject_outcomes(db: duckdb.DuckDBPyConnection, source: Source) -> list[pd.DataFrame]:
    """Take the leads out whose outcome has a time that cannot be: a lead of unknown fate teaches nothing."""
    rejected = []
    for number, outcome in list_outcomes(source):
        if outcome.occurred_at is None:
            continue
        kind, text, time = (f'"{part} {number}"' for part in ("outcome", "text", "time"))
        faults = {"not_understood": f"{text} IS NOT NULL AND {time} IS NULL"}
        if source.is_dated():
            faults["after_as_of"] = f"{time} > TIMESTAMP '{source.get_as_of()}'"
            faults["before_creation"] = f"{time} < created_at"
        for reason, fault in faults.items():
            where, named = f"{kind} IS NOT NULL AND {fault}", outcome.occurred_at.column
            rejected.append(reject_where(db, "leads", f"text {number}", where, reason, named))
    return rejected


def list_lead_values(source: Source) -> list[Value]:
    """Return how each canonical and each own column of the leads is read."""
    declared, values = source.leads, []
    for name, column in declared.columns.items():
        text = clean_text(column.column, declared.missing)
        if name == "created_at":
            sql = parse_time(text, column.format, source.timezone)
            values.append(Value(name, sql, column.column, required=True, parsed=True))
        elif name == "sequence":
            sql = parse_number(text, declared.decimal)
            values.append(Value(name, sql, column.column, required=True, parsed=True))
        else:
            values.append(Value(name, text, column.column, required=name == "lead_id"))
    for name, column in declared.own.items():
        text = clean_text(column.column, declared.missing)
        if column.type == "number":
            sql = parse_number(text, declared.decimal)
        elif column.type == "date":
            sql = parse_time(text, column.format, source.timezone)
        else:
            sql = text
        values.append(Value(name, sql, column.column, parsed=column.type in ("number", "date")))
    return values + list_outcome_values(source)


def finish_leads(db: duckdb.DuckDBPyConnection, source: Source) -> pd.DataFrame:
    """Return the leads in order of creation with their key, person and every canonical column."""
    order = "created_at" if source.is_dated() else "sequence"
    columns = [quote(name) for name in [*source.leads.columns, *source.leads.own]]
    leads = db.sql(f"SELECT {', '.join(columns)} FROM leads ORDER BY {order}, lead_id").df()
    for column in LEAD_COLUMNS:
        if column not in leads:
            leads[column] = None
    leads[list(LEAD_COLUMNS)] = leads[list(LEAD_COLUMNS)].astype("str")
    if "person" in leads:
        leads["person"] = hash_values(leads["person"].fillna(leads["lead_id"]))
    else:
        leads["person"] = derive_persons(leads)
    if not source.is_dated():
        leads["created_at"] = pd.NaT
    leads["created_at"] = leads["created_at"].astype("datetime64[us]")
    leads["sequence"] = range(len(leads))
    leads.insert(0, "lead_key", pd.RangeIndex(len(leads)).astype("int32"))
    return leads
