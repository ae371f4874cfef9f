"""Ids of leads that must not be shown, and ids that became others."""

from pathlib import Path

import duckdb
import pandas as pd

from src.data.canonical import canonicalise
from src.data.cells import make_text
from src.data.columns import list_raw
from src.data.declarations import Leads
from src.data.read import read_raw
from src.data.rejects import check_rejected
from src.data.sources import Source
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


def read_merged(db: duckdb.DuckDBPyConnection, source: Source, folder: Path, keys: pd.DataFrame) -> pd.DataFrame:
    """Return rows like `keys` for ids that were merged into those of leads; an id that is a lead stays one.

    A record may have been merged several times in turn.
    """
    if source.merged is None:
        return keys.head(0)
    declared = source.merged
    raw = read_raw(db, "raw_merged", declared.find_files(folder), declared, declared.list_columns())
    values = [make_text(name, column, declared, required=True) for name, column in declared.columns.items()]
    rejected = [raw.rejected, canonicalise(db, raw, "merged", values, {})]
    check_rejected(raw, rejected, 0.01)
    pairs = db.sql("SELECT old_id, new_id FROM merged ORDER BY row").df().drop_duplicates("old_id")
    became = dict(zip(pairs["old_id"], pairs["new_id"], strict=True))
    known = set(keys["lead_id"])
    ends = {old: follow(old, became, raw.path) for old in became if old not in known}
    table = pd.DataFrame({"old": list(ends), "lead_id": list(ends.values())})
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
