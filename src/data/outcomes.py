"""What became of the leads: from a file of its own, a column of the leads, or the log."""

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from src.data.canonical import (
    canonicalise,
    count_by_file,
    count_unread,
    find_mixed_signs,
    find_raw,
    find_thousands,
    reject_rows,
    reject_where,
)
from src.data.cells import Value, make_number, make_text, make_time
from src.data.declarations import (
    OutcomesFromActivities,
    OutcomesFromDates,
    OutcomesFromFile,
    OutcomesFromLeads,
)
from src.data.kinds import is_undecided, list_texts, map_kinds
from src.data.lists import add_nested
from src.data.matching import check_several, find_near_matches, link_rows, make_keys
from src.data.quoting import name_raw, quote
from src.data.read import REJECTED_COLUMNS, RawTable, place_rejects, read_raw
from src.data.rejects import add_found, check_rejected, describe_files
from src.data.shown import is_word
from src.data.sources import Source
from src.data.tables import OUTCOME_COLUMNS, UNREADABLE
from src.params import Intake
from src.stage import InputError


def ingest_outcomes(
    db: duckdb.DuckDBPyConnection, source: Source, folder: Path, intake: Intake
) -> tuple[pd.DataFrame, list[dict[str, Any]], pd.DataFrame]:
    """Return the canonical outcomes, the intake of their files and the rejected rows.

    Needs the tables ``leads``, ``lead_keys``, ``other_leads`` and ``log``.
    """
    frames, described, rejected = [], [], [pd.DataFrame(columns=list(REJECTED_COLUMNS))]
    for number, declared in enumerate(source.outcomes):
        if isinstance(declared, OutcomesFromFile):
            frame, descriptions, lost = read_outcomes(db, declared, source, folder, intake)
            described += descriptions
            rejected.append(lost)
        elif isinstance(declared, OutcomesFromActivities):
            frame = take_from_log(db, declared)
        else:
            frame = take_from_leads(db, number, declared, source, folder)
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
    files, kinds = declared.find_files(folder), declared.map_kinds()
    columns, nested = find_raw(files[0], declared, declared.list_columns())
    raw = read_raw(db, "raw_outcomes", files, declared, columns)
    elsewhere = leave_out_named(db, raw, declared)
    values = list_outcome_values(declared, source)
    rejected = [raw.rejected, canonicalise(db, raw, "part", values, nested)]
    undecided = reject_where(db, "part", "kind", is_undecided("kind", kinds, declared.undecided), "undecided")
    unknown_kind = f"{map_kinds('kind', kinds)} IS NULL"
    rejected.append(reject_where(db, "part", "kind", unknown_kind, "unknown_kind"))
    folded = count_by_file(db, "part", [f"kind NOT IN ({list_texts(kinds)})"])
    if "occurred_at" in declared.columns:
        if declared.undecided:
            unread = quote("not understood occurred_at")
            rejected.append(reject_where(db, "part", "occurred_at", unread, "not_understood"))
        rejected.append(reject_where(db, "part", "occurred_at", "occurred_at IS NULL", "missing_value"))
        late = f"occurred_at > TIMESTAMP '{source.get_as_of()}'"
        rejected.append(reject_where(db, "part", "occurred_at", late, "after_as_of"))
    early, unknown, near = link_outcomes(db, declared, raw)
    rejected += [early, unknown]
    check_rejected(raw, rejected, intake.max_rejected_share, near)
    unread = count_unread(db, "part", values, add_nested(f"SELECT * FROM {raw.name}", nested))
    frame = db.sql(select_outcomes(declared)).df()
    lost = pd.concat(rejected[1:], ignore_index=True)
    frame = pd.concat([frame, take_unreadable(db, raw, declared, lost, nested)], ignore_index=True)
    rejected += [undecided, elsewhere]
    described = describe_files(db, raw, "linked", rejected)
    found = {"thousands": find_thousands(db, "part", values), "mixed_signs": find_mixed_signs(db, "part", values)}
    described = add_found(described, near, not_understood=unread, **found)
    described = [file | {"kinds_in_other_letters": folded.get(number, [0])[0]} for number, file in enumerate(described)]
    return frame, described, place_rejects(raw, rejected)


def leave_out_named(db: duckdb.DuckDBPyConnection, raw: RawTable, declared: OutcomesFromFile) -> pd.DataFrame:
    """Take the rows that another declaration reads, since they name a lead in another column, out of a table."""
    if declared.only_without is None:
        return pd.DataFrame(columns=["row", "column", "value", "reason"])
    where = f"trim({name_raw(declared.only_without)}) <> ''"
    rows = db.sql(f"SELECT row FROM {raw.name} WHERE {where} ORDER BY row").df()
    db.execute(f"DELETE FROM {raw.name} WHERE {where}")
    return rows.assign(column=declared.only_without, value=None, reason="named_elsewhere")


def link_outcomes(
    db: duckdb.DuckDBPyConnection, declared: OutcomesFromFile, raw: RawTable
) -> tuple[pd.DataFrame, pd.DataFrame, list[dict[str, Any]]]:
    """Create table ``linked``, the rows of ``part`` with their leads.

    Returns
    -------
    early, unknown : DataFrame
        The rows (row, column, value, reason) of outcomes from before all of their leads, and of those
        without a lead or with more than one where that is not wanted.
    near : list of dict
        In which other form the unknown ids would be known.
    """
    may_be_several = make_keys(db, "outcome_keys", declared)
    at = "occurred_at" if "occurred_at" in declared.columns else "NULL::TIMESTAMP AS occurred_at"
    rows = f"SELECT row, lead_id, {at} FROM part"
    db.execute(f"CREATE OR REPLACE TABLE linked AS {link_rows(rows, 'outcome_keys', declared, may_be_several)}")
    check_several(db, "linked", declared, raw)
    near = find_near_matches(db, f"SELECT row, lead_id FROM linked WHERE lead_key IS NULL AND {NOT_OTHER}", declared)
    found = [find_unlinked(db, where, reason) for where, reason in UNLINKED]
    if declared.several == "none":
        found.append(find_unlinked(db, "matches > 1", "several_leads"))
    unknown = reject_rows(db, "linked", pd.concat(found, ignore_index=True))
    early = find_unlinked(
        db, "row NOT IN (SELECT row FROM linked WHERE (occurred_at < created_at) IS NOT TRUE)", "before_creation"
    )
    db.execute("CREATE OR REPLACE TABLE early_links AS FROM linked WHERE occurred_at < created_at")
    db.execute("DELETE FROM linked WHERE occurred_at < created_at")
    return early, unknown, near


NOT_OTHER = "lead_id NOT IN (SELECT lead_id FROM other_leads)"
UNLINKED = (
    (f"lead_key IS NULL AND {NOT_OTHER}", "unknown_lead"),
    ("lead_key IS NULL AND lead_id IN (SELECT lead_id FROM other_leads)", "lead_not_kept"),
)


def find_unlinked(db: duckdb.DuckDBPyConnection, where: str, reason: str) -> pd.DataFrame:
    column = "occurred_at" if reason == "before_creation" else "lead_id"
    query = f"SELECT DISTINCT row, {column}::VARCHAR AS value FROM linked WHERE {where} ORDER BY row"
    return db.sql(query).df().assign(column=column, reason=reason)[["row", "column", "value", "reason"]]


def select_outcomes(declared: OutcomesFromFile) -> str:
    given = [name for name in ("amount", "client", "reason") if name in declared.columns]
    at = ["part.occurred_at"] if "occurred_at" in declared.columns else []
    columns = ", ".join([f"{map_kinds('kind', declared.map_kinds())} AS kind", *at, *given])
    return f"SELECT id AS lead_id, {columns} FROM part JOIN linked USING (row) JOIN {LEAD_NAMES} USING (lead_key)"


LEAD_NAMES = "(SELECT lead_key, id FROM lead_keys WHERE NOT is_merged)"


def take_unreadable(
    db: duckdb.DuckDBPyConnection,
    raw: RawTable,
    declared: OutcomesFromFile,
    rejected: pd.DataFrame,
    nested: dict[str, Any],
) -> pd.DataFrame:
    """Return the known leads of rejected rows: something became of them, and nobody can say what.

    An outcome after the end of the data is no such case, by then the lead was open; nor is one of
    a kind that the source does not declare.
    """
    is_lost = ~rejected["reason"].isin(["after_as_of", "unknown_kind", "unknown_lead", "lead_not_kept"])
    gone = rejected.loc[is_lost, ["row"]].astype({"row": "int64"})
    db.register("gone_outcomes", gone)
    lead_id = make_text("lead_id", declared.columns["lead_id"], declared).text
    rows = (
        f"SELECT row, {lead_id} AS lead_id, NULL::TIMESTAMP AS occurred_at FROM "
        f"({add_nested(f'SELECT * FROM {raw.name}', nested)}) WHERE row IN (SELECT row FROM gone_outcomes)"
    )
    # Of a row that cannot be read all leads that it may mean are of unknown fate.
    everybody = declared.model_copy(update={"several": "all"})
    links = link_rows(rows, "outcome_keys", everybody, True)
    return db.sql(
        f"SELECT DISTINCT id AS lead_id, '{UNREADABLE}' AS kind FROM (SELECT lead_key FROM ({links}) "
        f"UNION ALL SELECT lead_key FROM early_links) JOIN {LEAD_NAMES} USING (lead_key)"
    ).df()


def list_outcome_values(declared: OutcomesFromFile, source: Source) -> list[Value]:
    values = []
    for name, column in declared.columns.items():
        if name == "occurred_at":
            # Of a row without an outcome yet the time may be missing: see `read_outcomes`.
            required = not declared.undecided
            values.append(make_time(name, column, declared, source.timezone, required, source.find_end()))
        elif name == "amount":
            values.append(make_number(name, column, declared))
        else:
            values.append(make_text(name, column, declared, required=name in ("lead_id", "kind")))
    return values


def take_from_leads(
    db: duckdb.DuckDBPyConnection,
    number: int,
    declared: OutcomesFromLeads | OutcomesFromDates,
    source: Source,
    folder: Path,
) -> pd.DataFrame:
    """Return the outcomes of the source's declaration `number`, a column of the leads."""
    names = "(SELECT lead_id AS given, id FROM lead_keys WHERE NOT is_merged) ON lead_id = given"
    if isinstance(declared, OutcomesFromDates):
        time = quote(f"time {number}")
        return db.sql(
            f"SELECT id AS lead_id, '{declared.kind}' AS kind, {time} AS occurred_at FROM leads JOIN {names} "
            f"WHERE {time} IS NOT NULL"
        ).df()
    kind = quote(f"outcome {number}")
    time = "NULL::TIMESTAMP" if declared.occurred_at is None else quote(f"time {number}")
    undecided = is_undecided(kind, declared.kinds, declared.undecided)
    meaning = f"CASE WHEN NOT {undecided} THEN {map_kinds(kind, declared.kinds)} END"
    unknown = db.sql(
        f"SELECT {kind}, count(*) FROM leads WHERE {kind} IS NOT NULL AND {meaning} IS NULL "
        f"AND NOT {undecided} GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchall()
    if unknown:
        raise InputError(
            "unknown_kind",
            f"values that are not among the declared kinds {sorted(declared.kinds)}, with their rows: "
            f"{list_words(unknown)}; one that is no outcome (yet) belongs under undecided",
            source.leads.find_files(folder)[0],
            column=declared.column_of_leads,
        )
    columns = f"id AS lead_id, {meaning} AS kind, {time} AS occurred_at"
    return db.sql(f"SELECT {columns} FROM leads JOIN {names} WHERE {meaning} IS NOT NULL").df()


MOST_WORDS = 10
MOST_KINDS = 30


def list_words(found: list[tuple[str, int]]) -> str:
    """Return the most frequent words with their rows; of a column of many or long texts only how many there are."""
    if len(found) > MOST_KINDS or not all(is_word(word) for word, _ in found):
        return f"{len(found)} different texts ({sum(count for _, count in found)})"
    return ", ".join(f"{word!r} ({count})" for word, count in found[:MOST_WORDS])


def take_from_log(db: duckdb.DuckDBPyConnection, declared: OutcomesFromActivities) -> pd.DataFrame:
    meaning = map_kinds("raw_kind", declared.kinds_of_activity)
    return db.sql(
        f"SELECT id AS lead_id, {meaning} AS kind, occurred_at FROM log JOIN {LEAD_NAMES} USING (lead_key) "
        f"WHERE {meaning} IS NOT NULL"
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
