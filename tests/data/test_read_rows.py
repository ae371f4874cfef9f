"""Workbooks, JSON lines and zip archives: the same leads as from a CSV, or one line."""

import datetime as dt
import json
import subprocess
import zipfile

import openpyxl
import pandas as pd
import pytest
from openpyxl.styles import Font

from src import paths
from src.data import ingest
from src.files import read_json, read_table
from src.stage import InputError
from tests.data.conftest import LEADS

HEADER = ["id", "created", "country", "size", "result"]
ROWS = [["a", dt.datetime(2026, 1, 1), "ES", 1, 1], ["b", dt.datetime(2026, 1, 2), "NA", 2.5, 0]]


def read_leads(project, file, **leads):
    project.declare(leads={"file": file} | leads)
    ingest.main()
    return read_table(paths.LEADS)


def save_workbook(project, sheets, name="leads.xlsx", merge=()):
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for title, rows in sheets.items():
        sheet = workbook.create_sheet(title)
        for row in rows:
            sheet.append(row)
        for cells in merge:
            sheet.merge_cells(cells)
        sheet["A1"].font = Font(bold=True)
    workbook.save(project.raw / name)


@pytest.fixture
def leads(project):
    """Return the leads as the CSV gives them."""
    return read_leads(project, "leads.csv")


def test_a_workbook_gives_the_leads_of_its_csv(project, leads):
    """Check dates, integers beside decimals and the name Namibia has, from a sheet below a title."""
    save_workbook(project, {"Leads": [["Report of January"], [], HEADER, *ROWS]}, merge=["A1:E1"])
    pd.testing.assert_frame_equal(read_leads(project, "leads.xlsx"), leads)
    file = read_json(paths.INTAKE)["files"][0]
    assert (file["rows_read"], file["lines_above_header"]) == (2, 2)


def test_json_lines_give_the_leads_of_their_csv(project, leads):
    """Check numbers, an object as a field, keys that come late and a blank line."""
    rows = [dict(zip(HEADER, ["a", "2026-01-01", "ES", 1, 1], strict=True)), {}]
    rows[1] = {"extra": {"x": 1}} | dict(zip(HEADER, ["b", "2026-01-02", "NA", 2.5, 0], strict=True))
    project.write("leads.jsonl", "\n\n".join(map(json.dumps, rows)))
    pd.testing.assert_frame_equal(read_leads(project, "leads.jsonl"), leads)
    assert read_json(paths.INTAKE)["files"][0]["undeclared_columns"] == ["extra"]


def test_a_zip_with_one_csv_gives_its_leads(project, leads):
    """Check that what macOS adds does not count."""
    with zipfile.ZipFile(project.raw / "leads.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("export/leads.csv", LEADS)
        archive.writestr("__MACOSX/export/._leads.csv", b"\0")
    pd.testing.assert_frame_equal(read_leads(project, "leads.zip"), leads)


def write_cell(value):
    kind, said = "string", ""
    if isinstance(value, dt.datetime):
        kind, said = "date", f' office:date-value="{value:%Y-%m-%d}"'
    elif isinstance(value, int | float):
        kind, said = "float", f' office:value="{value}"'
    return f'<table:table-cell office:value-type="{kind}"{said}><text:p>{value}</text:p></table:table-cell>'


def test_an_open_document_gives_the_leads_of_its_csv(project, leads):
    """Check a sheet of LibreOffice, written by hand: dates and numbers have types of their own."""
    rows = "".join(f"<table:table-row>{''.join(map(write_cell, row))}</table:table-row>" for row in [HEADER, *ROWS])
    spaces = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<office:document-content xmlns:office="{spaces}:office:1.0" xmlns:table="{spaces}:table:1.0" '
        f'xmlns:text="{spaces}:text:1.0"><office:body><office:spreadsheet><table:table table:name="Leads">{rows}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(project.raw / "leads.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", f'<manifest:manifest xmlns:manifest="{spaces}:manifest:1.0"/>')
    pd.testing.assert_frame_equal(read_leads(project, "leads.ods"), leads)


def test_of_several_sheets_the_one_with_the_columns_is_read(project, leads):
    """Check that a sheet of notes does not matter, and that of two that fit one must be declared."""
    save_workbook(project, {"Notes": [["Ask Ana"]], "Leads": [HEADER, *ROWS]})
    pd.testing.assert_frame_equal(read_leads(project, "leads.xlsx"), leads)
    save_workbook(project, {"2025": [HEADER, ROWS[0]], "2026": [HEADER, *ROWS]})
    with pytest.raises(InputError, match=r"\[unknown_sheet\] .*several sheets .*'2025', '2026'"):
        read_leads(project, "leads.xlsx")
    pd.testing.assert_frame_equal(read_leads(project, "leads.xlsx", sheet="2026"), leads)


def test_cells_merged_down_the_rows_are_of_each_row(project):
    """Check a country over both leads."""
    rows = [HEADER, ROWS[0], [*ROWS[1][:2], None, *ROWS[1][3:]]]
    save_workbook(project, {"Leads": rows}, merge=["C2:C3"])
    assert read_leads(project, "leads.xlsx")["country"].tolist() == ["ES", "ES"]


def test_a_date_that_is_a_number_is_declared_as_such(project, leads):
    """Check a workbook's count of days, whole and with a time, in the zone of the source."""
    save_workbook(project, {"Leads": [HEADER, ["a", 46023, "ES", 1, 1], ["b", 46024.75, "NA", 2.5, 0]]})
    columns = {"lead_id": "id", "created_at": {"column": "created", "format": "excel"}, "country": "country"}
    read = read_leads(project, "leads.xlsx", columns=columns)
    assert read["created_at"].astype(str).tolist() == ["2026-01-01 00:00:00", "2026-01-02 18:00:00"]


def test_a_number_that_is_no_date_is_rejected_with_its_row_of_the_sheet(project):
    """Check the place of a cell that cannot be read, below a title."""
    save_workbook(project, {"Leads": [["Title"], HEADER, ROWS[0], ["b", "soon", "NA", 2.5, 0]]})
    project.allow_rejects()
    read_leads(project, "leads.xlsx")
    rejected = read_table(paths.REJECTED)
    assert rejected[["line", "column", "reason"]].to_numpy().tolist() == [[4, "created", "not_understood"]]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("leads.xlsx", b"PK\x03\x04 cut off", "damaged_workbook"),
        ("leads.xlsx", LEADS.encode(), "damaged_zip"),
        ("leads.zip", b"PK\x03\x04 cut off", "damaged_zip"),
        ("leads.csv", b"PK\x03\x04 cut off", "not_csv.* name it .zip, .xlsx or .ods"),
        ("leads.jsonl", b'{"id": "a"}\n[1, 2]\n', r"not_json_lines\] data/raw/mine/leads.jsonl, line 2"),
        ("leads.jsonl", b'{"id": "a"}\n', "missing_column"),
        ("leads.jsonl", b"\n", "no_header"),
    ],
)
def test_a_damaged_file_is_refused_in_one_line(project, name, content, message):
    """Check that the line has a code, and nothing of the content."""
    project.write(name, content)
    with pytest.raises(InputError, match=message) as caught:
        read_leads(project, name)
    assert "cut off" not in str(caught.value)


@pytest.mark.parametrize("names", [["a.csv", "b.csv"], ["../leads.csv"], ["leads.pdf"], []])
def test_a_zip_with_anything_but_one_csv_is_refused(project, names):
    """Check several members, one that would lie elsewhere, another kind and none."""
    with zipfile.ZipFile(project.raw / "leads.zip", "w") as archive:
        archive.comment = b"not empty"
        for name in names:
            archive.writestr(name, LEADS)
    with pytest.raises(InputError, match=r"several_in_zip|damaged_zip"):
        read_leads(project, "leads.zip")


def test_a_bomb_is_refused_by_its_size(project):
    """Check 20 MB of zeros in a zip and in a workbook, where less is declared; memory is bounded by a block."""
    with zipfile.ZipFile(project.raw / "leads.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("leads.csv", LEADS + "0" * 20_000_000)
    with zipfile.ZipFile(project.raw / "leads.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sheet.xml", "0" * 20_000_000)
    for name in ("leads.zip", "leads.xlsx"):
        with pytest.raises(InputError, match="file_too_large"):
            read_leads(project, name, max_gigabytes=0.005)


def test_check_lists_the_columns_of_a_workbook(project):
    """Check that a dry run names the sheet's columns that are not used, and one that is missing."""
    save_workbook(project, {"Leads": [[*HEADER, "Owner"], *[[*row, "Eva"] for row in ROWS]]})
    project.declare(leads={"file": "leads.xlsx"})
    done: subprocess.CompletedProcess = project.run("src.data.check", "mine")
    assert done.returncode == 0, done.stderr
    assert "not declared, not used: Owner" in done.stdout
    project.declare(leads={"file": "leads.xlsx", "columns": {"lead_id": "id", "created_at": "creado"}})
    done = project.run("src.data.check", "mine")
    assert "column 'creado': the file has no such column; is it 'created'?" in done.stdout
