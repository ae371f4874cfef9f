"""The list of a scenario as a workbook for who calls: a sheet a route, what to know of each lead in a row."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd

from src.files import replacing
from src.policies.review import REVIEW
from src.scoring.lists import IN_HAND, NO_NUMBER, QUARANTINE

CONTACT = ("first_name", "last_name", "company", "phone", "email")
"""What is personal: only in workbooks that ask for it."""

CONTACT_FOLDER = Path("data/contact")
"""Ignored by git and by DVC; the one place beside ``data/raw`` and ``data/interim`` that holds personal data."""

SHEETS = {
    "sales": "call now",
    REVIEW: "look first",
    IN_HAND: "in hand",
    NO_NUMBER: "no number to call",
    "nurture": "nurture",
    "discard": "leave",
    QUARANTINE: "set apart",
}
"""The sheet of each route, in their order; whom nobody should or can call now is not among those to call."""

WIDTHS = {"lead": 14, "why": 60, "why not": 40, "came": 16, **dict.fromkeys(CONTACT, 20)}
NARROW = 11

MADE = datetime(2000, 1, 1)
"""When every workbook says that it was made: the same list is the same file."""


def write_contact(lists: dict[str, pd.DataFrame], leads: pd.DataFrame, zone: str) -> Path:
    """Write a workbook with contact data for each list where nobody else on this machine can read it; return where.

    Parameters
    ----------
    lists : dict of str to DataFrame
        By the name of their file, `src.scoring.lists.COLUMNS`.
    leads : DataFrame
        ``lead_id``, ``created_at`` (UTC) and those of `CONTACT` that the source has.
    zone : str
        The time zone in which the times are told.
    """
    with replacing(CONTACT_FOLDER) as temporary:
        temporary.mkdir(mode=0o700)
        for name, scores in lists.items():
            path = temporary / f"{name}.xlsx"
            path.touch(mode=0o600)
            write_workbook(arrange_rows(scores, leads, zone, list_contact(leads)), path)
    return CONTACT_FOLDER


def list_contact(leads: pd.DataFrame) -> list[str]:
    """Return which contact data there are."""
    return [name for name in CONTACT if name in leads and leads[name].notna().any()]


def arrange_rows(scores: pd.DataFrame, leads: pd.DataFrame, zone: str, contact: Sequence[str]) -> pd.DataFrame:
    """Return what a caller is told of each lead, the likeliest first, with its ``route``."""
    rows = scores.merge(leads[["lead_id", "created_at", *contact]], on="lead_id", how="left", validate="one_to_one")
    came = rows["created_at"].dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)
    grade = rows["fit_grade"].fillna("") + rows["engagement_grade"].fillna("")
    told = {
        "route": rows["route"].mask(rows["route"].isin(["sales", REVIEW]) & rows["standing"].notna(), rows["standing"]),
        "lead": rows["lead_id"],
        **{name.replace("_", " "): rows[name] for name in contact},
        "probability": rows["probability"].astype(float),
        "low": rows["probability_low"].astype(float),
        "high": rows["probability_high"].astype(float),
        "grade": grade.where(grade != ""),
        "came": came,
        "waits days": rows["age_days"].astype(float).round(1),
        "why": rows["reasons_for"].fillna(rows["reasons"]),
        "why not": rows["reasons_against"],
    }
    return pd.DataFrame(told)


def write_workbook(rows: pd.DataFrame, path: Path) -> None:
    """Write a sheet for each route that has leads; of none there is one empty sheet."""
    from xlsxwriter import Workbook

    # Whatever a lead wrote is text: a cell of a workbook says so itself, and is no formula and no link.
    settings = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(path, settings | {"default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        book.set_properties({"created": MADE})
        forms = {"head": book.add_format({"bold": True, "bottom": 1}), "share": book.add_format({"num_format": "0 %"})}
        by_route = {route: rows[rows["route"] == route].drop(columns="route") for route in SHEETS}
        found = {route: part for route, part in by_route.items() if len(part)} or {"sales": by_route["sales"]}
        for route, part in found.items():
            fill_sheet(book.add_worksheet(SHEETS[route]), part, forms)


def fill_sheet(sheet, rows: pd.DataFrame, forms: dict) -> None:
    """Write the rows under a frozen header with a filter, numbers and times as such."""
    columns = list(rows)
    for place, name in enumerate(columns):
        is_share = name in ("probability", "low", "high")
        sheet.set_column(place, place, WIDTHS.get(name, NARROW), forms["share"] if is_share else None)
        sheet.write_string(0, place, name, forms["head"])
        for row, value in enumerate(rows[name], start=1):
            if pd.notna(value):
                sheet.write(row, place, value.to_pydatetime() if isinstance(value, pd.Timestamp) else value)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(len(rows), 1), len(columns) - 1)
    sheet.set_landscape()
    sheet.repeat_rows(0)
    sheet.fit_to_pages(1, 0)
