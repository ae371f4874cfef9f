"""How many rows of a file may be rejected, and what the intake says became of each file's rows."""

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from src.data.declarations import Cells
from src.data.errors import find_remedy
from src.data.read import RawFile, RawTable, find_file_numbers, number_file, place_rejects
from src.data.shown import tell_value
from src.stage import InputError

TOLERATED = {"before_creation": 0.2, "unknown_lead": 0.5, "after_as_of": 0.0, "several_leads": 1.0, "unknown_kind": 0.0}
"""Shares of a file's rows that may be rejected for a reason that need not mean a wrong declaration, if more
than `intake.max_rejected_share`: contacts are imported after they bought, and an export has other contacts, too.
"""

EXPECTED = ("undecided", "named_elsewhere", "lead_not_kept", "own_domain", "test_address")
"""Reasons that are as they should be, at any share."""

DIGITS_LOST = "digits_lost"
"""The reason of an id as a spreadsheet shortens long numbers: with any of them the column cannot be trusted."""


def check_rejected(
    raw: RawTable, rejected: list[pd.DataFrame], limit: float, near: list[dict[str, Any]] | None = None
) -> None:
    """Stop where more of one file's rows were rejected than is tolerated: a share `limit`, or that of a reason.

    `near` is what `find_near_matches` found.
    """
    found = pd.concat([frame for frame in rejected if len(frame)] or rejected[:1], ignore_index=True)
    numbers = find_file_numbers(found["row"])
    for number, file in enumerate(raw.files):
        rows = found[numbers == number]
        if list_intolerable(rows["reason"], file.rows_read, limit, raw.declared.tolerate):
            entries = take_file(near or [], number)
            check_rejected_share(file.path, file.rows_read, place_rejects(raw, [rows]), limit, raw.declared, entries)


def list_intolerable(reasons: pd.Series, rows_read: int, limit: float, tolerate: dict[str, float]) -> list[str]:
    """Return the reasons for which more rows were rejected than is tolerated."""
    counts = reasons[~reasons.isin(EXPECTED)].value_counts()
    own = {reason: tolerate.get(reason, max(share, limit)) for reason, share in TOLERATED.items()}
    own |= {reason: share for reason, share in tolerate.items() if reason not in own}
    own[DIGITS_LOST] = 0.0 if limit < 1 else 1.0
    too_many = [reason for reason in counts.index if reason in own and counts[reason] > own[reason] * rows_read]
    others = [reason for reason in counts.index if reason not in own]
    return too_many + (others if counts[others].sum() > limit * rows_read else [])


def check_rejected_share(
    path: Path, rows_read: int, rejected: pd.DataFrame, limit: float, declared: Cells, near: list[dict[str, Any]]
) -> None:
    """Stop as `check_rejected` does, naming the first of a file's rows; `rejected` has their places."""
    reasons = list_intolerable(rejected["reason"], rows_read, limit, declared.tolerate)
    if not reasons:
        return
    counted = rejected[rejected["reason"].isin(reasons)]
    first = counted.iloc[0]
    raise InputError(
        "too_many_rejected",
        f"{len(counted)} of {rows_read} rows cannot be used, the first for {first['reason']}"
        f"{tell_value(first['value'], first['column'], first['reason'])}; {find_remedy(first['reason'])}"
        f"{tell_near(near)} ({tell_limit(reasons, counted)})",
        path,
        int(first["line"]),
        first["column"],
    )


def tell_limit(reasons: list[str], rejected: pd.DataFrame) -> str:
    own = [reason for reason in reasons if reason in TOLERATED]
    if own and len(own) == len(reasons):
        return f"or declare for this file tolerate: {{{', '.join(f'{reason}: …' for reason in own)}}}"
    return "intake.max_rejected_share"


def tell_near(near: list[dict[str, Any]]) -> str:
    """Return what to try, where ids that are unknown would be known in another form."""
    if not near:
        return ""
    return f"; {near[0]['rows']} rows would be known if their ids were declared with {near[0]['declare']}"


def take_file(near: list[dict[str, Any]], number: int) -> list[dict[str, Any]]:
    """Return what `find_near_matches` found in one of several files, most rows first."""
    found = [
        {"declare": entry["declare"], "form": entry["form"], "rows": entry["rows"][number]}
        for entry in near
        if number in entry["rows"]
    ]
    return sorted(found, key=lambda entry: -entry["rows"])


def describe_files(
    db: duckdb.DuckDBPyConnection, raw: RawTable, kept: str, rejected: list[pd.DataFrame], duplicates: int = 0
) -> list[dict[str, Any]]:
    """Return what became of each file's rows; read = kept + rejected + duplicates.

    Parameters
    ----------
    kept : str
        The table or view of what is left, by ``row``.
    rejected : list of DataFrame
        Frames of (row, column, value, reason).
    duplicates : int
        How many rows of all files were dropped as repeats of others.
    """
    counts = dict(db.sql(f"SELECT {number_file()}, count(DISTINCT row) FROM {kept} GROUP BY ALL").fetchall())
    reasons = pd.concat([frame[["row", "reason"]] for frame in rejected if len(frame)] or rejected[:1])
    numbers = find_file_numbers(reasons["row"])
    described = [
        describe_file(file, counts.get(number, 0), reasons.loc[numbers == number, "reason"])
        for number, file in enumerate(raw.files)
    ]
    if sum(file["duplicates"] for file in described) != duplicates:
        raise AssertionError(f"{raw.path}: {raw.rows_read} rows do not add up")
    return described


def describe_file(file: RawFile, kept: int, reasons: pd.Series) -> dict[str, Any]:
    return {
        "file": file.path.name,
        "rows_read": file.rows_read,
        "rows_kept": kept,
        "rows_rejected": len(reasons),
        "duplicates": file.rows_read - kept - len(reasons),
        "rejected_by_reason": reasons.value_counts().to_dict(),
        "undeclared_columns": file.undeclared,
        **file.notes,
    }


def add_found(
    described: list[dict[str, Any]], near: list[dict[str, Any]] | None = None, **found: dict[int, list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Return the intake of files with what was found in each; `found` has lists by the place of the file."""
    if near is not None:
        found["near_matches"] = {number: take_file(near, number) for number in range(len(described))}
    return [
        file | {name: by_file.get(number, []) for name, by_file in found.items()}
        for number, file in enumerate(described)
    ]
