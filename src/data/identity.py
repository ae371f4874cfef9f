"""Ids of leads that must not be shown, and ids that became others."""

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from src.data.canonical import canonicalise, drop_repeats, reject_where
from src.data.cells import make_text
from src.data.columns import list_raw
from src.data.declarations import Leads
from src.data.read import place_rejects, read_raw
from src.data.rejects import check_rejected, describe_files
from src.data.sources import Source
from src.params import Intake
from src.stage import InputError

PERSONAL_ID = r".*@.*|\+\d[\d\s().-]{6,}"
"""An e-mail address, or a telephone number with its prefix."""


def number_personal_ids(leads: pd.DataFrame, declared: Leads) -> pd.DataFrame:
    """Return the leads, which are in order, with numbers for ids where those given are e-mails or phones.

    What was given stays in the leads' column ``given_id``, which no later stage takes along.
    """
    raw = declared.columns["lead_id"].list_raw()
    contact = list_raw([declared.columns[name] for name in ("email", "phone") if name in declared.columns])
    is_personal = bool(set(raw) & set(contact)) or leads["lead_id"].str.fullmatch(PERSONAL_ID).any()
    if not is_personal:
        return leads
    number = pd.Series(range(1, len(leads) + 1), index=leads.index).astype("str")
    return leads.assign(given_id=leads["lead_id"], lead_id=number.astype(leads["lead_id"].dtype))


def read_merged(
    db: duckdb.DuckDBPyConnection, source: Source, folder: Path, intake: Intake
) -> tuple[dict[str, str], list[dict[str, Any]], pd.DataFrame]:
    """Return what each merged id became in the end, the intake of their files and the rejected rows.

    A record may have been merged several times in turn, but not into two others.
    """
    if source.merged is None:
        return {}, [], pd.DataFrame()
    declared = source.merged
    raw = read_raw(db, "raw_merged", declared.find_files(folder), declared, declared.list_columns())
    values = [make_text(name, column, declared, required=True) for name, column in declared.columns.items()]
    rejected = [raw.rejected, canonicalise(db, raw, "merged", values, {})]
    duplicates = drop_repeats(db, "merged", [value.name for value in values])
    conflicting = "old_id IN (SELECT old_id FROM merged GROUP BY old_id HAVING count(*) > 1)"
    rejected.append(reject_where(db, "merged", "old_id", conflicting, "conflicting_duplicate"))
    check_rejected(raw, rejected, intake.max_rejected_share)
    became = dict(db.sql("SELECT old_id, new_id FROM merged ORDER BY row").fetchall())
    ends = {old: follow(old, became, raw.path) for old in became}
    return ends, describe_files(db, raw, "merged", rejected, duplicates), place_rejects(raw, rejected)


def name_merged(keys: pd.DataFrame, became: dict[str, str]) -> pd.DataFrame:
    """Return rows like `keys` for ids that became those of leads; an id that is a lead stays one."""
    known = set(keys["lead_id"])
    ends = {old: new for old, new in became.items() if old not in known}
    table = pd.DataFrame({"old": list(ends), "lead_id": list(ends.values())}, dtype="str")
    found = table.merge(keys, on="lead_id").assign(is_merged=True)
    return found.assign(lead_id=found["old"])[list(keys)]


def follow(old: str, became: dict[str, str], path: Path) -> str:
    """Return what an id became in the end."""
    seen = {old}
    while old in became:
        old = became[old]
        if old in seen:
            raise InputError("merged_in_a_circle", "ids were merged into each other in a circle; mend the file", path)
        seen.add(old)
    return old
