"""Forms of exports that people write about, with invented values: each is read right, or refused in one line."""

import contextlib
import csv
import random
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

from src import paths
from src.data import ingest
from src.data.examine import examine_source
from src.data.read import open_database
from src.data.sources import load_source
from src.files import read_json, read_table
from src.params import load_params
from src.stage import InputError

CASES = Path(__file__).parent / "cases"


@pytest.fixture
def lay_out(project):
    """Return what puts a case into the project, with changes of its declaration of the leads."""

    def lay_out(name, share=1.0, **leads):
        for path in (CASES / name).iterdir():
            shutil.copy(path, project.raw / path.name)
        declared = yaml.safe_load((CASES / name / "source.yaml").read_text(encoding="utf-8"))
        declared["leads"] |= leads
        (project.folder / "data/sources/mine.yaml").write_text(yaml.dump(declared), encoding="utf-8")
        project.allow_rejects(share)
        return project

    return lay_out


@pytest.fixture
def ingest_case(lay_out):
    """Return what ingests a case and gives its leads, the intake by file and the rejects."""

    def ingest_case(name, **leads):
        lay_out(name, **leads)
        ingest.main()
        files = {file["file"]: file for file in read_json(paths.INTAKE)["files"]}
        return read_table(paths.LEADS).set_index("lead_id"), files, list_rejects()

    return ingest_case


def list_rejects():
    rejected = read_table(paths.REJECTED)
    return list(rejected[["file", "line", "reason"]].itertuples(index=False, name=None))


def read_log():
    """Return (lead, kind, asset) of each activity."""
    log = pd.concat([read_table(path) for path in sorted(paths.ACTIVITIES.iterdir())], ignore_index=True)
    codes = read_table(paths.CODES)
    named = {name: part.set_index("code")["value"] for name, part in codes.groupby("column")}
    leads = read_table(paths.LEADS).set_index("lead_key")["lead_id"]
    assets = log["asset"].map(named["asset"]) if "asset" in named else [None] * len(log)
    return list(zip(log["lead_key"].map(leads), log["kind"].map(named["kind"]), assets, strict=True))


def test_an_activity_id_in_two_files_of_a_pattern_counts_once(ingest_case):
    """Check that ids 7, 8 and 9 are three activities."""
    _, files, _ = ingest_case("activity-id-across-files")
    assert [row[0] for row in read_log()] == ["a", "a", "a"]
    assert [(file["rows_read"], file["rows_kept"], file["duplicates"]) for file in files.values()] == [
        (2, 2, 0),
        (3, 2, 1),
        (2, 1, 1),
        (2, 2, 0),
    ]


def test_backslash_quotes_are_read_where_they_are_declared(ingest_case):
    """Check messages of two lines, and what the file costs without the declaration."""
    leads, _, rejects = ingest_case("backslash-quotes")
    assert (len(leads), rejects) == (40, [])
    assert leads.loc["100001", "message"] == 'Hola,\nquiero "información", gracias'
    leads, _, rejects = ingest_case("backslash-quotes", escape="quote")
    assert 0 < len(leads) < 40
    assert set(leads["message"].dropna()) == set()
    assert {reason for _, _, reason in rejects if reason != "unknown_lead"} <= {
        "broken_quote",
        "stray_quote",
        "too_few_fields",
    }


def test_a_blank_extra_field_costs_its_row_alone(ingest_case):
    """Check the row with one blank too many."""
    leads, _, rejects = ingest_case("blank-extra-field")
    assert rejects == [("leads.csv", 2, "too_many_fields"), ("outcomes.csv", 2, "unknown_lead")]
    assert len(leads) == 201


def test_brackets_in_a_file_name_are_brackets(ingest_case):
    """Check that each file of the pattern is read, and none twice."""
    ingest_case("file-name-with-brackets")
    assert sorted(read_log()) == [("a", "open", "/one"), ("b", "click", "/bracket")]


@pytest.mark.parametrize("name", ["gzip-called-csv", "gzip-padded-with-zeros"])
def test_a_packed_file_is_read_whatever_its_name_and_padding(ingest_case, name):
    """Check the two leads."""
    leads, _, _ = ingest_case(name)
    assert leads["message"].to_dict() == {"a": "x", "b": "y"}


@pytest.mark.parametrize("declared", [{}, {"skip": 3}])
def test_lines_above_the_header_are_left_out(ingest_case, declared):
    """Check that they are found and said, or declared."""
    leads, files, rejects = ingest_case("lines-above-header", **declared)
    assert (len(leads), rejects) == (40, [])
    assert files["leads.csv"].get("lines_above_header") == (None if declared else 3)


def test_leads_a_month_a_file_are_one_table(ingest_case):
    """Check all leads of both files."""
    leads, files, rejects = ingest_case("leads-in-several-files")
    assert (len(leads), rejects) == (40, [])
    assert [(name, file["rows_kept"]) for name, file in files.items()][:2] == [
        ("leads-2025-01.csv", 20),
        ("leads-2025-02.csv", 20),
    ]


def test_rows_without_an_id_go_on_with_the_lead_above(ingest_case):
    """Check that they are counted and no leads."""
    leads, files, rejects = ingest_case("odoo-continued-rows")
    assert (len(leads), rejects) == (40, [])
    assert files["leads.csv"]["continued_rows"] == 10
    assert leads.loc["100001", "email"] == "persona0@empresa0.es"


def test_a_file_may_hold_one_kind(ingest_case):
    """Check that every row is that kind."""
    leads, _, rejects = ingest_case("one-file-a-kind")
    assert (len(leads), rejects) == (40, [])
    assert {kind for _, kind, _ in read_log()} == {"email_opened"}
    assert len(read_log()) == 36


def test_an_own_column_called_like_one_of_ours_is_refused_by_name(lay_out):
    """Check that it is not filled with row numbers."""
    lay_out("own-column-named-row")
    with pytest.raises(InputError, match=r"own\.row is a name that the pipeline uses itself"):
        ingest.main()


def test_a_raw_column_called_like_one_of_ours_is_read(ingest_case):
    """Check that its own values arrive."""
    leads, _, _ = ingest_case("raw-column-called-row")
    assert leads["line_of_crm"].to_dict() == {"a": 77.0, "b": 88.0}


def test_a_first_line_that_names_the_separator_is_no_header(ingest_case):
    """Check the 40 leads."""
    leads, _, rejects = ingest_case("sep-line")
    assert (len(leads), rejects) == (40, [])


def test_a_stray_quote_in_a_header_is_refused_on_its_line(lay_out):
    """Check that no row is lost without a word."""
    lay_out("stray-quote-in-header-loses-every-row")
    with pytest.raises(InputError, match=r"\[broken_header\] data/raw/mine/lost.csv, line 1: "):
        ingest.main()


def test_a_row_shifted_by_a_separator_is_rejected_though_its_last_field_is_empty(ingest_case):
    """Check that Madrid is not a consent."""
    leads, _, rejects = ingest_case("unquoted-delimiter-last-column-empty")
    assert rejects[0] == ("leads.csv", 3, "too_many_fields")
    assert leads["company"].to_dict() == {"a": "Acme SL"}


def test_utf_16_has_emoji(ingest_case):
    """Check letters beyond the first plane."""
    leads, _, _ = ingest_case("utf16-with-emoji")
    assert leads["message"].to_dict() == {"a": "x 😀 y", "b": "x"}


@pytest.mark.parametrize("encoding", ["latin-1", "windows-1252"])
def test_windows_1252_has_the_signs_of_excel(ingest_case, encoding):
    """Check quotes, dashes and the euro, whichever of the two names is declared."""
    leads, _, _ = ingest_case("windows-1252", encoding=encoding)
    assert leads.loc["100001", "job_title"] == "Responsable de “Formación” – RR.HH."
    assert leads.loc["100001", "plan"] == "Más de 5.000 €"


def test_80_a_long_file_with_line_breaks_in_quotes_is_read_whole(project):
    """Check every message of 49 MB, in which texts look like rows."""
    phrases = ["Buenos días,", "Somos 20 empleados, más o menos.", "a,2026-01-01,x,y", "", 'Di "sí"', "¿Cuánto cuesta?"]
    draw = random.Random(1)
    messages = ["\n".join(draw.choices(phrases, k=draw.randint(2, 24))) for _ in range(200_000)]
    with (project.raw / "leads.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["id", "created", "email", "message"])
        writer.writerows((f"r{n}", "2026-01-11", f"p{n}@x.example", text) for n, text in enumerate(messages))
    assert (project.raw / "leads.csv").stat().st_size > 40_000_000
    project.write("outcomes.csv", "id,what\nr1,won\n")
    project.declare(
        leads={"columns": {"lead_id": "id", "created_at": "created", "message": "message"}, "own": {}},
        outcomes=[{"file": "outcomes.csv", "columns": {"lead_id": "id", "kind": "what"}, "kinds": {"won": "won"}}],
    )
    ingest.main()
    kept = read_table(paths.LEADS).set_index("lead_id")["message"].reindex([f"r{n}" for n in range(200_000)])
    assert kept.tolist() == [text.strip() or None for text in messages] or compare_texts(kept, messages)
    assert list_rejects() == []


def compare_texts(kept, messages):
    expected = pd.Series([text.strip(" \t\r\n") for text in messages], index=kept.index)
    return kept.fillna("").tolist() == expected.tolist()


MARK = "zqx"
"""Stands in every cell of a personal or undeclared column, and in no declared name."""


def mark(number):
    return f"{MARK}{number}@{MARK}.example {MARK} 600{number:06d}"


ROW = "{id},2026-01-0{n},{mark},{mark},{n}\n"
HEADER = "id,created,mail,other,result\n"


def write_rows(*, header=HEADER, rows=None):
    rows = rows or [ROW.format(id=f"{MARK}-{n}", n=n, mark=mark(n)) for n in range(1, 5)]
    return header + "".join(rows)


@pytest.mark.parametrize(
    "content",
    [
        write_rows(),
        write_rows(header=""),
        write_rows(header="", rows=[f"{MARK},{MARK} {MARK},{MARK}\n"] * 3),
        write_rows(header=HEADER.replace("created", "made")),
        write_rows(header=HEADER.replace(",", ";")),
        write_rows(header=HEADER.replace("mail", '"mail')),
        write_rows(header=HEADER.replace("result", "created")),
        write_rows().replace("2026-01-0", "01/0"),
        write_rows().replace("2026-01-0", f"{MARK} "),
        write_rows().replace(f"{MARK}-", ","),
        write_rows().replace(",1\n", f',"{MARK}\n'),
        write_rows().replace(f",{MARK}", f',{MARK}"'),
        write_rows().replace(f",{MARK}", f',"{MARK}"{MARK}'),
        write_rows().replace(f"{MARK}-", f"{MARK}\0"),
        write_rows().replace(f"{MARK}-", f"{MARK}\u200b"),
        write_rows().replace("2026-01-0", "2027-01-0"),
        re.sub(rf"{MARK}-\d", f"{MARK}-1", write_rows()),
        write_rows().encode().replace(MARK.encode(), MARK.encode() + b"\xf1"),
        write_rows().encode("utf-16"),
        b"\x1f\x8b" + write_rows().encode(),
        b"PK\x03\x04" + write_rows().encode(),
        f"{MARK}" * 3_000_000,
    ],
)
def test_no_message_and_no_count_repeats_a_cell_of_a_person(project, capsys, caplog, content):
    """Check what ingest and check say of marked values, whatever is wrong with the file."""
    project.declare(leads={"columns": {"lead_id": "id", "created_at": "created", "email": "mail"}, "own": {}})
    project.write("leads.csv", content)
    said = []
    with contextlib.suppress(InputError):
        said.append(ingest.main())
    try:
        ingest.main()
    except InputError as error:
        said.append(str(error))
    from src.data.check import render_result

    result = examine_source(open_database(1), "mine", load_source("mine"), load_params())
    said.append(render_result(result))
    if paths.INTAKE.is_file():
        said.append(paths.INTAKE.read_text(encoding="utf-8"))
    assert [text for text in said if MARK in text] == []
    assert MARK not in "".join(capsys.readouterr()) + caplog.text
