"""Files as they must not break the project, by the number of the fault: refused in one line, rejected, or read.

The structure of files, encodings and damage have more tests in ``tests/data/test_read.py`` and ``test_file_cases.py``.
"""

import gzip
import zipfile

import pandas as pd
import pytest

from src import paths
from src.data import ingest, read
from src.files import read_json, read_table
from src.stage import InputError

HEADER = "id,created,country,size,result\n"
GOOD = "a,2026-01-01,ES,1,1\nb,2026-01-02,FR,2,0\n"
PACKED = gzip.compress((HEADER + GOOD).encode(), mtime=0)
LOG = {"file": "log*.parquet", "columns": {"lead_id": "lead", "occurred_at": "at", "kind": "what"}}


def write_bytes(content):
    return content if isinstance(content, bytes) else content.encode()


@pytest.mark.parametrize(
    ("number", "content", "name", "code", "said"),
    [
        (1, b"", "leads.csv", "empty_file", "leads.csv"),
        (2, HEADER, "leads.csv", "no_rows", "leads.csv"),
        (3, PACKED[:-9], "leads.csv.gz", "damaged_gzip", "leads.csv.gz"),
        (4, PACKED[:-8] + bytes(4) + PACKED[-4:], "leads.csv.gz", "damaged_gzip", "checksum"),
        (5, PACKED + b"x", "leads.csv.gz", "damaged_gzip", "follows"),
        (6, gzip.compress(bytes(100_000_000)), "leads.csv.gz", "line_too_long", "line 1"),
        (8, b"PAR1" + bytes(99) + b"PAR1", "leads.parquet", "damaged_parquet", "leads.parquet"),
        (14, (HEADER + GOOD).encode("utf-16"), "leads.csv", "wrong_encoding", "declare encoding: utf-16"),
        (15, (HEADER + GOOD).replace("ES", "ñ").encode("latin-1"), "leads.csv", "invalid_byte", "line 2: byte 44 "),
        (21, HEADER + GOOD.replace("\n", ",x\n"), "leads.csv", "too_many_rejected", "line 2: 2 of 2 rows"),
        (25, (HEADER + GOOD).replace(",", ";"), "leads.csv", "wrong_delimiter", "line 1: a semicolon"),
        (25, (HEADER + GOOD).replace(",", "\t"), "leads.csv", "wrong_delimiter", "line 1: a tab"),
        (25, (HEADER + GOOD).replace(",", "|"), "leads.csv", "wrong_delimiter", "line 1: a bar"),
        (28, HEADER.replace("\n", ",id\n") + GOOD, "leads.csv", "repeated_column", "line 1, column 'id'"),
        (31, HEADER.replace("size", "sise") + GOOD, "leads.csv", "missing_column", "column 'size'"),
        (78, HEADER.replace("size", 'a "size" b') + GOOD, "leads.csv", "broken_header", "line 1"),
    ],
)
def test_a_file_is_refused_in_one_line_and_nothing_is_written(project, number, content, name, code, said):
    """Check the code and the place of each; the number is only there to be found."""
    (project.raw / "leads.csv").unlink()
    project.declare(leads={"file": name})
    project.write(name, write_bytes(content))
    before = project.list_files()
    with pytest.raises(InputError) as caught:
        ingest.main()
    assert caught.value.code == code
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert project.list_files() == before


@pytest.mark.parametrize(
    ("number", "content", "declared", "rejects"),
    [
        (12, (HEADER + GOOD).encode("utf-8-sig"), {}, []),
        (13, ("\ufeff\ufeff" + HEADER + GOOD).encode(), {}, []),
        (14, (HEADER + GOOD).encode("utf-16"), {"encoding": "utf-16"}, []),
        (15, (HEADER + GOOD).encode("latin-1"), {"encoding": "latin-1"}, []),
        (17, HEADER + "c\0,2026-01-01,ES,1,1\n" + GOOD, {}, [(2, "nul_character")]),
        (19, HEADER + "c\u200b,2026-01-01,ES,1,1\n" + GOOD, {}, [(2, "invisible_character")]),
        (20, HEADER + "c,2026-01-01,ES,1,1,\n" + GOOD, {}, [(2, "too_many_fields")]),
        (22, HEADER + "c,2026-01-01,ES,1\n" + GOOD, {}, [(2, "too_few_fields")]),
        (23, HEADER + 'c,2026-01-01,"ES,1,1\n' + GOOD, {}, [(2, "unclosed_quote")]),
        (24, HEADER + 'c,?,"E\nS",1,1\nd,?,ES,1,1\n' + GOOD, {}, [(2, "not_understood"), (4, "not_understood")]),
        (25, (HEADER + GOOD).replace(",", ";"), {"delimiter": ";"}, []),
        (26, (HEADER + "c,?,ES,1,1\n" + GOOD).replace("\n", "\r"), {}, [(2, "not_understood")]),
        (27, (HEADER + GOOD).replace("1\n", "1\r\n"), {}, []),
        (29, HEADER + GOOD[:20] + HEADER + GOOD[20:], {}, [(3, "repeated_header")]),
        (30, "Leads\n\n" + HEADER + GOOD, {}, []),
        (30, "Leads\n\n" + HEADER + GOOD, {"skip": 2}, []),
        (32, "result,size,id,country,created\n1,1,a,ES,2026-01-01\n0,2,b,FR,2026-01-02\n", {}, []),
        (77, HEADER + "c,2026-01-01,Acme, SL,1,\n" + GOOD, {}, [(2, "too_many_fields")]),
        (79, HEADER + 'c,2026-01-01"ES",1,1\n' + GOOD, {}, [(2, "stray_quote")]),
    ],
)
def test_the_two_good_leads_are_kept_and_the_others_rejected(project, number, content, declared, rejects):
    """Check leads, lines and reasons, and that rows read are kept, rejected or duplicates."""
    project.allow_rejects()
    project.declare(leads=declared)
    project.write("leads.csv", write_bytes(content))
    ingest.main()
    leads = read_table(paths.LEADS)
    kept = leads[["lead_id", "country", "size"]].itertuples(index=False, name=None)
    assert list(kept) == [("a", "ES", 1.0), ("b", "FR", 2.0)]
    rejected = read_table(paths.REJECTED)
    assert list(rejected[["line", "reason"]].itertuples(index=False, name=None)) == rejects
    file = read_json(paths.INTAKE)["files"][0]
    assert file["rows_read"] == file["rows_kept"] + file["rows_rejected"] + file["duplicates"] == 2 + len(rejects)


def write_log(project, name, **columns):
    table = {"lead": ["a"], "at": ["2026-01-05"], "what": ["view"]} | columns
    pd.DataFrame(table).to_parquet(project.raw / name)


def test_9_parquet_files_of_other_types_are_refused_by_name(project):
    """Check ids that are texts in one month and floats in the next: they would vanish as unknown leads."""
    project.declare(activities=[LOG])
    write_log(project, "log1.parquet")
    write_log(project, "log2.parquet", lead=[1.0])
    with pytest.raises(InputError, match=r"\[different_types\] .*log2.parquet, column 'lead': it is a number"):
        ingest.main()


def test_9_ids_that_are_floats_are_the_integers_they_were(project):
    """Check 7.0 of a log against 7 of the leads, and a column that one file has nothing in."""
    project.declare(activities=[LOG | {"columns": LOG["columns"] | {"asset": "page"}}])
    project.write("leads.csv", HEADER + GOOD.replace("a,", "7,"))
    write_log(project, "log1.parquet", lead=[7.0], page=["/x"])
    write_log(project, "log2.parquet", lead=[7.0], page=[None])
    ingest.main()
    assert read_json(paths.INTAKE)["activities"] == 2


def test_10_a_folder_in_place_of_a_file_is_refused(project):
    """Check that it is called one."""
    (project.raw / "leads.csv").unlink()
    (project.raw / "leads.csv").mkdir()
    with pytest.raises(InputError, match=r"\[not_a_file\] data/raw/mine/leads.csv: it is a folder"):
        ingest.main()


def test_31_undeclared_columns_are_listed(project):
    """Check the intake."""
    project.write("leads.csv", HEADER.replace("\n", ",colour,colour\n") + GOOD.replace("\n", ",red,blue\n"))
    ingest.main()
    assert read_json(paths.INTAKE)["files"][0]["undeclared_columns"] == ["colour", "colour"]


@pytest.mark.parametrize("name", ["leads[1].csv", "lead?.csv", "[l]eads.csv"])
def test_76_a_file_name_is_read_literally(project, name):
    """Check names that are patterns of the file beside them."""
    project.declare(leads={"file": name})
    project.write("leads1.csv", HEADER + GOOD.replace("a,", "wrong,"))
    project.write(name, HEADER + GOOD)
    ingest.main()
    assert read_table(paths.LEADS)["lead_id"].tolist() == ["a", "b"]


@pytest.mark.parametrize("name", ["row", "fault", "file_row_number", "lead_key", "raw id"])
def test_84_a_raw_column_is_called_like_one_of_ours(project, name):
    """Check that its values arrive under the declared name."""
    project.declare(leads={"own": {"mine": {"column": name, "type": "number", "known": "creation"}}})
    project.write("leads.csv", HEADER.replace("size", name) + GOOD)
    ingest.main()
    assert read_table(paths.LEADS)["mine"].tolist() == [1.0, 2.0]


def test_7_a_member_that_leads_out_of_its_archive_is_refused(project):
    """Check that nothing is written beside the archive either."""
    with zipfile.ZipFile(project.raw / "leads.zip", "w") as archive:
        archive.writestr("../leads.csv", HEADER + GOOD)
    (project.raw / "leads.csv").unlink()
    project.declare(leads={"file": "leads.zip"})
    before = project.list_files()
    with pytest.raises(InputError, match=r"leads\.zip"):
        ingest.main()
    assert project.list_files() == before


def test_11_a_file_that_is_replaced_while_it_is_read_is_refused(project, monkeypatch):
    """Check a file of the same length that comes in its place once its rows are read."""
    path = project.raw / "leads.csv"
    check_stored = read.check_stored

    def replace(*arguments):
        check_stored(*arguments)
        project.write("new.csv", HEADER + GOOD.replace("ES", "PT"))
        (project.raw / "new.csv").replace(path)

    monkeypatch.setattr(read, "check_stored", replace)
    with pytest.raises(InputError, match=r"\[changed_file\] data/raw/mine/leads\.csv"):
        ingest.main()


def test_16_texts_read_in_a_wrong_encoding_are_kept_as_they_are(project):
    """Check that nothing mends them; `check` counts them."""
    project.write("leads.csv", HEADER + GOOD.replace("ES", "EspaÃ±a"))
    ingest.main()
    assert read_table(paths.LEADS)["country"].tolist() == ["EspaÃ±a", "FR"]


def test_18_ids_that_are_equal_once_normalised_are_one(project):
    """Check a letter with its accent in one sign and in two: the identical rows are one lead."""
    one, two = "caf\u00e9,2026-01-01,ES,1,1\n", "cafe\u0301,2026-01-01,ES,1,1\n"
    project.write("leads.csv", HEADER + one + two + GOOD)
    ingest.main()
    assert read_table(paths.LEADS)["lead_id"].tolist() == ["a", "caf\u00e9", "b"]
    assert read_json(paths.INTAKE)["files"][0]["duplicates"] == 1
