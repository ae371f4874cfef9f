"""The leads' raw file to the canonical leads, in order of creation."""

import re
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from src.data.canonical import (
    canonicalise,
    count_by_file,
    count_unread,
    drop_repeats,
    find_mixed_signs,
    find_raw,
    find_thousands,
    reject_where,
)
from src.data.cells import Value, make_number, make_own, make_phone, make_text, make_time
from src.data.columns import Column, list_raw
from src.data.declarations import OutcomesFromDates, OutcomesFromLeads
from src.data.flags import read_flag
from src.data.identity import name_merged, number_personal_ids, read_merged
from src.data.kinds import is_undecided, list_texts
from src.data.lists import add_nested
from src.data.own_addresses import set_apart
from src.data.persons import derive_persons, hash_values
from src.data.quoting import name_raw, quote
from src.data.read import place_rejects, read_raw
from src.data.rejects import add_found, check_rejected, describe_files
from src.data.sources import Source
from src.data.tables import LEAD_COLUMNS
from src.params import Intake
from src.stage import InputError

NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")

OutcomesOfLeads = OutcomesFromLeads | OutcomesFromDates


def ingest_leads(
    db: duckdb.DuckDBPyConnection, source: Source, folder: Path, intake: Intake
) -> tuple[pd.DataFrame, list[dict[str, Any]], pd.DataFrame]:
    """Return the canonical leads, the intake of their files and of merged ids, and the rejected rows of these.

    Also creates table ``lead_keys``, by which the activities and the outcomes find their leads:
    ``lead_id`` as given, ``lead_key``, ``created_at``, ``id`` as in the canonical tables,
    ``is_merged`` and the columns by which other files name leads.
    """
    declared = source.leads
    files = declared.find_files(folder)
    columns, nested = find_raw(files[0], declared, list_lead_columns(source))
    raw = read_raw(db, "raw_leads", files, declared, columns, find_key(source, nested))
    if raw.rows_read == 0:
        raise InputError("no_rows", "the file has a header and no leads", raw.path)
    values = list_lead_values(source)
    rejected = [raw.rejected, canonicalise(db, raw, "leads", values, nested)]
    names = [value.name for value in values]
    duplicates = drop_repeats(db, "leads", names)
    rejected += reject_outcomes(db, source)
    conflicting = "lead_id IN (SELECT lead_id FROM leads GROUP BY lead_id HAVING count(*) > 1)"
    rejected.append(reject_where(db, "leads", "lead_id", conflicting, "conflicting_duplicate"))
    if source.is_dated():
        late = f"created_at > TIMESTAMP '{source.get_as_of()}'"
        rejected.append(reject_where(db, "leads", "created_at", late, "after_as_of"))
    check_rejected(raw, rejected, intake.max_rejected_share)
    rejected += set_apart(db, source)
    described = describe_files(db, raw, "leads", rejected, duplicates)
    leads = finish_leads(db, source)
    rows = add_nested(f"SELECT * FROM {raw.name}", nested)
    became, described_merged, rejected_merged = read_merged(db, source, folder, intake)
    make_lead_keys(db, source, leads, became, f"SELECT {values[0].text} AS lead_id FROM ({rows})")
    described = add_found(
        described,
        not_understood=count_unread(db, "leads", values, rows),
        thousands=find_thousands(db, "leads", values),
        mixed_signs=find_mixed_signs(db, "leads", values),
        emptied=count_emptied(db, source, rows),
    )
    if "given_id" in leads:
        described = [file | {"ids_numbered": True} for file in described]
    return leads, [*described, *described_merged], pd.concat([place_rejects(raw, rejected), rejected_merged])


def find_key(source: Source, nested: dict[str, Any]) -> str | None:
    """Return the raw column without which a row goes on with the lead above it; None where all rows are leads."""
    if not source.leads.continued_rows:
        return None
    key = source.leads.columns["lead_id"].list_raw()[0]
    return nested[key][0] if key in nested else key


def make_lead_keys(
    db: duckdb.DuckDBPyConnection, source: Source, leads: pd.DataFrame, became: dict[str, str], ids: str
) -> None:
    """Create table ``lead_keys``, and ``other_leads`` of the ids of rows that are no leads.

    `became` has the ids that were merged into others, and `ids` is a query for the ``lead_id`` of each row of the file.
    """
    given = "given_id" if "given_id" in leads else "lead_id"
    frame = pd.DataFrame({"lead_id": leads[given], "id": leads["lead_id"]} | dict(leads[["lead_key", "created_at"]]))
    db.register("lead_frame", frame)
    named = [f"leads.{quote(name)}" for name in source.list_linked_columns() if name != "lead_id"]
    columns = ", ".join(["lead_frame.*", *named, "false AS is_merged"])
    keys = db.sql(f"SELECT {columns} FROM lead_frame JOIN leads USING (lead_id) ORDER BY lead_key").df()
    keys = pd.concat([keys, name_merged(keys, became)], ignore_index=True)
    db.execute("CREATE OR REPLACE TABLE lead_keys AS FROM keys")
    db.execute(
        "CREATE OR REPLACE TABLE other_leads AS "
        f"SELECT DISTINCT lead_id FROM ({ids}) WHERE lead_id NOT IN (SELECT lead_id FROM lead_keys)"
    )


def count_emptied(db: duckdb.DuckDBPyConnection, source: Source, rows: str) -> dict[int, list[dict[str, Any]]]:
    """Return by file how many numbers and flags its words for missing emptied that are values elsewhere, such as 0.

    `rows` is a query of ``row`` and the raw columns.
    """
    words = [word for word in source.leads.missing if read_flag(word) is not None or NUMBER.fullmatch(word)]
    own = [column for column in source.leads.own.values() if column.type in ("number", "flag")]
    raw = [column.column for column in own if words]
    found = count_by_file(db, f"({rows})", [f"trim({name_raw(column)}) IN ({list_texts(words)})" for column in raw])
    return {
        number: [{"column": column, "rows": count} for column, count in zip(raw, counts, strict=True) if count]
        for number, counts in found.items()
    }


def list_lead_columns(source: Source) -> list[str]:
    """Return the raw columns of the leads' file that something declares, each once."""
    columns = list_raw([*source.leads.columns.values(), *source.leads.own.values()])
    columns += [raw for _, outcome in list_outcomes(source) for raw in outcome.list_columns()]
    return list(dict.fromkeys(columns))


def list_outcome_values(source: Source) -> list[Value]:
    """Return the outcomes that stand in columns of the leads: what, when as written, and when.

    Their names in table ``leads`` have a blank, which no other column's name has.
    """
    values = []
    for number, outcome in list_outcomes(source):
        if isinstance(outcome, OutcomesFromLeads):
            column = Column(column=outcome.column_of_leads, missing=outcome.missing)
            values.append(make_text(f"outcome {number}", column, source.leads))
        at = get_time_column(outcome)
        if at is not None:
            values.append(make_text(f"text {number}", at, source.leads))
            time = make_time(f"time {number}", at, source.leads, source.timezone, day_ends_by=source.find_end())
            # What cannot be read is the fault of a lead that has an outcome, and of no other.
            values.append(Value(time.name, time.text, time.sql, time.raw))
    return values


def get_time_column(outcome: OutcomesOfLeads) -> Column | None:
    return outcome.date_of_leads if isinstance(outcome, OutcomesFromDates) else outcome.occurred_at


def list_outcomes(source: Source) -> list[tuple[int, OutcomesOfLeads]]:
    """Return the outcomes that are read from columns of the leads, each with its place."""
    return [(number, outcome) for number, outcome in enumerate(source.outcomes) if isinstance(outcome, OutcomesOfLeads)]


def reject_outcomes(db: duckdb.DuckDBPyConnection, source: Source) -> list[pd.DataFrame]:
    """Take the leads out whose outcome has a time that cannot be: a lead of unknown fate teaches nothing."""
    rejected = []
    for number, outcome in list_outcomes(source):
        at = get_time_column(outcome)
        if at is None:
            continue
        text, time = (f'"{part} {number}"' for part in ("text", "time"))
        has_outcome = f"{text} IS NOT NULL"
        if isinstance(outcome, OutcomesFromLeads):
            kind = f'"outcome {number}"'
            has_outcome = f"{kind} IS NOT NULL AND NOT {is_undecided(kind, outcome.kinds, outcome.undecided)}"
        faults = {"not_understood": f"{text} IS NOT NULL AND {time} IS NULL"}
        if source.is_dated():
            faults["after_as_of"] = f"{time} > TIMESTAMP '{source.get_as_of()}'"
            faults["before_creation"] = f"{time} < created_at"
        for reason, fault in faults.items():
            where, named = f"{has_outcome} AND {fault}", at.list_raw()[0]
            rejected.append(reject_where(db, "leads", f"text {number}", where, reason, named))
    return rejected


def list_lead_values(source: Source) -> list[Value]:
    """Return how each canonical and each own column of the leads is read, the id first."""
    declared = source.leads
    values = [make_text("lead_id", declared.columns["lead_id"], declared, required=True)]
    for name, column in declared.columns.items():
        if name == "created_at":
            values.append(make_time(name, column, declared, source.timezone, required=True))
        elif name == "sequence":
            values.append(make_number(name, column, declared, required=True))
        elif name == "phone":
            values.append(make_phone(name, column, declared))
        elif name != "lead_id":
            values.append(make_text(name, column, declared))
    values += [make_own(name, column, declared, source.timezone) for name, column in declared.own.items()]
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
    leads = number_personal_ids(leads, source.leads)
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
