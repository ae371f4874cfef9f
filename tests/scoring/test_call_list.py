import stat
import zipfile
from datetime import datetime

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from src.scoring.call_list import CONTACT_FOLDER, arrange_rows, write_contact, write_workbook
from src.scoring.lists import COLUMNS

ROWS = [
    {"lead_id": "a", "route": "sales", "probability": 0.58, "probability_low": 0.39, "probability_high": 0.75},
    {"lead_id": "=1+1", "route": "sales", "probability": 0.4, "probability_low": 0.2, "probability_high": 0.6},
    {"lead_id": "c", "route": "quarantine", "reasons": "gibberish name"},
    {"lead_id": "d", "route": "sales", "probability": 0.9, "standing": "in hand"},
]
PEOPLE = {
    "lead_id": ["=1+1", "a", "c", "d"],
    "created_at": pd.to_datetime(["2026-07-01 10:00", *["2026-01-01 10:00"] * 3]),
    "first_name": ["=HYPERLINK(1)", "Ana", None, None],
    "phone": ["+34 600 000 000", "0034600000001", None, None],
    "email": [None] * 4,
}


@pytest.fixture
def scores():
    rows = pd.DataFrame(ROWS).reindex(columns=list(COLUMNS)).assign(age_days=[2.04, 3.0, 1.0, 1.0], fit_grade="A")
    texts = [
        "lead_id",
        "route",
        "standing",
        "fit_grade",
        "engagement_grade",
        "reasons_for",
        "reasons_against",
        "reasons",
    ]
    return rows.astype(dict.fromkeys(texts, "str")).assign(engagement_grade=["1", "2", None, "1"])


@pytest.fixture
def leads():
    return pd.DataFrame(PEOPLE).astype({"first_name": "str", "phone": "str", "email": "str"})


def read_sheet(path, name):
    return CalamineWorkbook.from_path(path).get_sheet_by_name(name).to_python()


def test_each_route_is_a_sheet_with_numbers_and_local_times(scores, leads, tmp_path):
    """Check both sheets cell by cell: no personal column, summer and winter in Madrid, and no formula."""
    path = tmp_path / "list.xlsx"
    write_workbook(arrange_rows(scores, leads, "Europe/Madrid", ()), path)
    assert CalamineWorkbook.from_path(path).sheet_names == ["call now", "in hand", "set apart"]
    header, first, second = read_sheet(path, "call now")
    assert header == ["lead", "probability", "low", "high", "grade", "came", "waits days", "why", "why not"]
    assert first[:7] == ["a", 0.58, 0.39, 0.75, "A1", datetime(2026, 1, 1, 11), 2.0]
    assert second[0] == "=1+1"
    with zipfile.ZipFile(path) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if "worksheets/" in name]
    assert not any(b"<f>" in sheet or b"<hyperlink" in sheet for sheet in sheets)
    assert second[5] == datetime(2026, 7, 1, 12)
    assert read_sheet(path, "set apart")[1][7] == "gibberish name"


def test_the_same_list_is_the_same_file(scores, leads, tmp_path):
    for name in ("one.xlsx", "two.xlsx"):
        write_workbook(arrange_rows(scores, leads, "UTC", ()), tmp_path / name)
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


def test_contact_data_are_readable_by_their_owner_alone(scores, leads, tmp_path, monkeypatch):
    """Check modes, names and phones as text, and that a field that nobody gave is no column."""
    monkeypatch.chdir(tmp_path)
    assert write_contact({"sale-a": scores}, leads, "UTC") == CONTACT_FOLDER
    path = CONTACT_FOLDER / "sale-a.xlsx"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(CONTACT_FOLDER.stat().st_mode) == 0o700
    header, first, second = read_sheet(path, "call now")
    assert header[:4] == ["lead", "first name", "phone", "probability"]
    assert first[1:3] == ["Ana", "0034600000001"]
    assert second[1:3] == ["=HYPERLINK(1)", "+34 600 000 000"]


def test_a_list_without_leads_is_an_empty_sheet(scores, leads, tmp_path):
    path = tmp_path / "list.xlsx"
    write_workbook(arrange_rows(scores.head(0), leads, "UTC", ()), path)
    assert [row[:2] for row in read_sheet(path, "call now")] == [["lead", "probability"]]
