"""Raw files to canonical tables, worked out by hand; and what ends the stage with one line."""

import contextlib
import csv
import gzip
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from src import paths
from src.data import ingest
from src.data.activities import ingest_activities
from src.data.leads import ingest_leads
from src.data.log import write_buckets
from src.data.persons import hash_values
from src.data.read import make_workshop, open_database
from src.data.tables import ACTIVITY_COLUMNS
from src.files import read_json, read_table
from src.params import Intake
from src.stage import InputError

LOG = {
    "file": "log-*.csv",
    "columns": {"activity_id": "n", "lead_id": "lead", "occurred_at": "at", "kind": "what", "asset": "page"},
    "kinds": {"open": "email_opened", "view": "page_viewed"},
}
OUTCOMES = {
    "file": "outcomes.csv",
    "columns": {"lead_id": "lead", "kind": "what", "occurred_at": "at", "amount": "euros"},
    "kinds": {"sold": "won", "gone": "lost"},
}


def list_rows(frame, *columns):
    """Return the columns of a table as tuples, with None for what is missing."""
    chosen = frame[list(columns)].astype(object)
    return list(chosen.where(frame[list(columns)].notna(), None).itertuples(index=False, name=None))


def read_leads(*columns):
    return list_rows(read_table(paths.LEADS), *columns)


def read_rejects(*columns):
    return list_rows(read_table(paths.REJECTED), *(columns or ("file", "line", "column", "value", "reason")))


def read_log():
    """Return (lead_id, occurred_at, kind, asset) of each activity, from all buckets in order."""
    parts = [read_table(path) for path in sorted(paths.ACTIVITIES.iterdir())]
    log = pd.concat(parts, ignore_index=True)
    codes = read_table(paths.CODES)
    for column in ("kind", "asset"):
        named = codes[codes["column"] == column].set_index("code")["value"]
        log[column] = log[column].map(named)
    log["lead_id"] = log["lead_key"].map(read_table(paths.LEADS).set_index("lead_key")["lead_id"])
    log["occurred_at"] = pd.to_datetime(log["occurred_at"], unit="us").dt.strftime("%Y-%m-%d %H:%M:%S")
    return list_rows(log, "lead_id", "occurred_at", "kind", "asset")


def check_sums():
    """Return the intake of the files by name, once rows read are kept, rejected or duplicates."""
    files = read_json(paths.INTAKE)["files"]
    rejects = read_table(paths.REJECTED)
    for file in files:
        assert file["rows_read"] == file["rows_kept"] + file["rows_rejected"] + file["duplicates"]
        assert file["rows_rejected"] == (rejects["file"] == file["file"]).sum()
        assert file["rows_rejected"] == sum(file["rejected_by_reason"].values())
    return {file["file"]: file for file in files}


def ingest_times(project, column, values, **changes):
    """Ingest leads created at `values` and return the time of each, or None if it was rejected."""
    project.allow_rejects()
    columns = {"lead_id": "id", "created_at": column}
    leads = {"columns": columns, "own": {}}
    project.declare(leads=leads, **changes)
    rows = "".join(f'{number},"{value}",1\n' for number, value in enumerate(values))
    project.write("leads.csv", f"id,created,result\n{rows}last,2020-01-01 12:00,1\n")
    if isinstance(column, dict):
        example = pd.Timestamp("2020-01-01 12:00")
        last = {"epoch_s": "1577880000", "epoch_ms": "1577880000000", "epoch_us": "1577880000000000"}
        text = last.get(column["format"]) or example.strftime(column["format"])
        project.write("leads.csv", f"id,created,result\n{rows}last,{text},1\n")
    ingest.main()
    times = dict(read_leads("lead_id", "created_at"))
    return [str(times[str(number)]) if str(number) in times else None for number in range(len(values))]


def test_three_files_become_the_canonical_tables(project):
    """Check leads, log, outcomes, codes and intake of a source worked out by hand."""
    project.declare(
        timezone="Europe/Madrid",
        leads={"columns": {"lead_id": "id", "created_at": "created", "email": "mail", "country": "country"}},
        activities=[LOG],
        outcomes=[OUTCOMES],
    )
    project.write(
        "leads.csv",
        "country,mail,created,id,size,colour\n"
        "NA,ANA@x.es,2026-01-03 12:00:00,00123,7,red\n"
        ",,2026-01-01 12:00:00Z,b,,\n"
        'ES," ana@x.es ",2026-01-02 12:00:00,12E5,1.5,blue\n',
    )
    project.write("log-1.csv", "n,lead,at,what,page\n1,b,2026-01-05,view,/price\n2,b,2026-01-04,open,\n")
    project.write("log-2.csv", "n,lead,at,what,page\n3,00123,2025-12-31 23:00,Own kind!,/about\n")
    project.write(
        "outcomes.csv", 'lead,what,at,euros\nb,sold,2026-01-10,"99.5"\nb,sold,2026-01-08,10\n12E5,gone,2026-01-09,\n'
    )
    # Conversions have times: that no horizon is declared is doubted.
    said = "3 leads from 9 rows in 4 files, 0 rows rejected; look at 1 things (python -m src.data.check mine)"
    assert ingest.main() == said

    shared, alone = hash_values(pd.Series(["00123", "b"]))
    assert read_leads("lead_key", "lead_id", "created_at", "country", "size", "person", "sequence") == [
        (0, "b", pd.Timestamp("2026-01-01 12:00"), None, None, alone, 0),
        (1, "12E5", pd.Timestamp("2026-01-02 11:00"), "ES", 1.5, shared, 1),
        (2, "00123", pd.Timestamp("2026-01-03 11:00"), "NA", 7.0, shared, 2),
    ]
    assert read_log() == [
        ("b", "2026-01-03 23:00:00", "email_opened", None),
        ("b", "2026-01-04 23:00:00", "page_viewed", "/price"),
        ("00123", "2025-12-31 22:00:00", "own_kind", "/about"),
    ]
    assert list_rows(read_table(paths.OUTCOMES), "lead_id", "kind", "occurred_at", "amount") == [
        ("12E5", "lost", pd.Timestamp("2026-01-09 22:59:59"), None),
        ("b", "won", pd.Timestamp("2026-01-08 22:59:59"), 10.0),
    ]
    files = check_sums()
    assert files["leads.csv"]["undeclared_columns"] == ["colour"]
    assert files["log-2.csv"]["before_creation"] == 1
    intake = read_json(paths.INTAKE)
    assert {key: intake[key] for key in ("source", "as_of", "leads", "persons", "activities", "outcomes")} == {
        "source": "mine",
        "as_of": "2026-01-31 22:59:59",
        "leads": 3,
        "persons": 2,
        "activities": 3,
        "outcomes": {"lost": 1, "won": 1},
    }
    assert (intake["first_lead_at"], intake["last_lead_at"]) == ("2026-01-01 12:00:00", "2026-01-03 11:00:00")


def test_ids_and_words_stay_text(project):
    """Check leading zeros, exponents, ids above 2^53 beside blanks, and Namibia."""
    ids = ["00123", "12E5", "9007199254740993", "9007199254740992", "NA", "null"]
    rows = "".join(f"{value},2026-01-01,NA,,1\n" for value in ids)
    project.write("leads.csv", f"id,created,country,size,result\n{rows}")
    ingest.main()
    assert read_leads("lead_id", "country") == [(value, "NA") for value in sorted(ids)]


def test_missing_words_are_missing_where_they_are_declared(project):
    """Check that only the declared words and empty or blank cells are missing."""
    project.declare(leads={"missing": ["Select", "-"]})
    project.write(
        "leads.csv", "id,created,country,size,result\na,2026-01-01,Select,-,1\nb,2026-01-02, ,,0\nc,2026-01-03,NA,1,-\n"
    )
    ingest.main()
    assert read_leads("country", "size") == [(None, None), (None, None), ("NA", 1.0)]
    assert list_rows(read_table(paths.OUTCOMES), "lead_id", "kind") == [("a", "won"), ("b", "lost")]


@pytest.mark.parametrize(
    ("decimal", "numbers"),
    [
        (".", {"1.5": 1.5, "-2e3": -2000.0, ".5": 0.5, "+7": 7.0}),
        (".", dict.fromkeys(["1,5", "1_000", "0x10", "inf", "nan", "1e400", "true", "abc", "1 000", "-"])),
        (",", {"1,5": 1.5, "1.234.567,5": 1234567.5, "1.234": 1234.0, "-7": -7.0}),
        (",", dict.fromkeys(["1.5", "1,2,3", "12.34,5", "1.2345", "inf"])),
    ],
)
def test_a_number_is_read_as_declared_or_missing_and_counted(project, decimal, numbers):
    """Check decimal signs, thousands, and what is no finite number: it costs no lead, and is counted."""
    project.declare(leads={"decimal": decimal})
    rows = "".join(f'"{text}",2026-01-01,ES,"{text}",1\n' for text in numbers)
    project.write("leads.csv", f"id,created,country,size,result\n{rows}last,2026-01-01,ES,1,1\n")
    ingest.main()
    found = dict(read_leads("lead_id", "size"))
    assert {text: found[text] for text in numbers} == numbers
    counted = [(entry["column"], entry["rows"]) for entry in check_sums()["leads.csv"]["not_understood"]]
    assert counted == [("size", len(numbers))] * (None in numbers.values())


def test_a_type_that_changes_late_in_the_file_is_missing_there(project):
    """Check that no sample of the first rows decides what a column is."""
    rows = "".join(f"i{n},2026-01-01,ES,{n},1\n" for n in range(60_000))
    project.write("leads.csv", f"id,created,country,size,result\n{rows}z,2026-01-01,ES,many,1\n")
    ingest.main()
    assert check_sums()["leads.csv"]["not_understood"] == [
        {"column": "size", "as": "size", "rows": 1, "forms": ["xxxx"]}
    ]


def test_local_times_become_utc(project):
    """Check winter, summer, the hour that never was, the hour that was twice, and offsets."""
    times = {
        "2025-01-01 12:00:00": "2025-01-01 11:00:00",
        "2025-07-01 12:00": "2025-07-01 10:00:00",
        "2025-07-01": "2025-06-30 22:00:00",
        "2025-03-30 02:30:00": None,
        "2025-03-30 03:00:00": "2025-03-30 01:00:00",
        "2025-10-26 02:30:00": "2025-10-26 01:30:00",
        "2025-10-26 02:30:00+02:00": "2025-10-26 00:30:00",
        "2025-07-01T12:00:00Z": "2025-07-01 12:00:00",
        "2025-07-01T12:00:00.250-0500": "2025-07-01 17:00:00.250000",
    }
    assert ingest_times(project, "created", times, timezone="Europe/Madrid") == list(times.values())


def test_what_is_no_iso_time_is_rejected(project):
    """Check days and months that could be swapped, Excel's serials, names of zones and impossible dates."""
    times = [
        "01/02/2025",
        "45678",
        "2025-13-01",
        "2025-02-29",
        "2025-01-01 10:00 Europe/Madrid",
        "infinity",
        "now",
        "2025-01-01x",
        "0025-01-01",
    ]
    assert ingest_times(project, "created", times) == [None] * len(times)
    assert read_rejects("line", "value", "reason") == [
        (line, time, "not_understood") for line, time in enumerate(times, 2)
    ]


@pytest.mark.parametrize(
    ("pattern", "times"),
    [
        ("%d/%m/%Y", {"01/02/2025": "2025-02-01 00:00:00", "13/01/2025": "2025-01-13 00:00:00"}),
        ("%d/%m/%Y", {"01/13/2025": None, "1/2/25": None, "2025-02-01": None}),
        ("%m/%d/%Y %I:%M %p", {"02/01/2025 01:30 PM": "2025-02-01 13:30:00", "13/01/2025 01:30 PM": None}),
        ("epoch_s", {"1735689600": "2025-01-01 00:00:00", "2025-01-01": None, "9" * 19: None, "9" * 25: None}),
        ("epoch_ms", {"1735689600123": "2025-01-01 00:00:00.123000"}),
        ("epoch_us", {"1735689600123456": "2025-01-01 00:00:00.123456"}),
    ],
)
def test_a_declared_format_is_the_only_one(project, pattern, times):
    """Check strptime patterns and epochs, and that another way of writing is rejected."""
    assert ingest_times(project, {"column": "created", "format": pattern}, times) == list(times.values())


def test_seconds_declared_for_milliseconds_end_after_the_data(project):
    """Check that a wrong epoch does not pass silently."""
    column = {"column": "created", "format": "epoch_s"}
    assert ingest_times(project, column, ["1735689600123"]) == [None]
    assert read_rejects("reason") == [("after_as_of",)]


def test_identical_rows_are_one_lead_and_conflicting_ones_none(project):
    """Check that a conflict in any declared column, the outcome included, rejects both rows."""
    project.allow_rejects()
    project.declare(leads={"columns": {"lead_id": "id", "created_at": "created", "country": "country"}})
    project.write(
        "leads.csv",
        "id,created,country,size,result,colour\n"
        "a,2026-01-01,ES,1,1,red\n"
        "a,2026-01-01, ES ,1.0,1,blue\n"
        "b,2026-01-01,ES,1,1,\n"
        "b,2026-01-01,FR,1,1,\n"
        "c,2026-01-01,ES,1,1,\n"
        "c,2026-01-01,ES,1,0,\n",
    )
    ingest.main()
    assert read_leads("lead_id") == [("a",)]
    assert check_sums()["leads.csv"]["duplicates"] == 1
    assert read_rejects("line", "reason") == [(line, "conflicting_duplicate") for line in (4, 5, 6, 7)]


def test_ids_that_only_look_different_are_one(project):
    """Check that composed and decomposed letters and blanks around an id make no second lead."""
    project.write(
        "leads.csv", "id,created,country,size,result\ncafé,2026-01-01,ES,1,1\n cafe\u0301 ,2026-01-01,ES,1,1\n"
    )
    ingest.main()
    assert read_leads("lead_id") == [("café",)]
    assert check_sums()["leads.csv"]["duplicates"] == 1


def test_a_lead_that_cannot_be_used_is_rejected_with_its_place(project):
    """Check the reason, the line and the column of each; the other leads stay."""
    faults = [
        ("c\u200b,2026-01-01,ES,1,1", "id", "invisible_character"),
        ("\u202ec,2026-01-01,ES,1,1", "id", "invisible_character"),
        ("c\0,2026-01-01,ES,1,1", "id", "nul_character"),
        ("c,2026-01-01,E\0S,1,1", "country", "nul_character"),
        (",2026-01-01,ES,1,1", "id", "missing_value"),
        ("c,,ES,1,1", "created", "missing_value"),
        ("id,created,country,size,result", None, "repeated_header"),
        ("c,2026-02-01,ES,1,1", "created_at", "after_as_of"),
        ("c,2026-01-01,ES", None, "too_few_fields"),
    ]
    project.allow_rejects()
    rows = "".join(f"{row}\n" for row, *_ in faults)
    project.write(
        "leads.csv", f"id,created,country,size,result\na,2026-01-01,ES,1,1\n{rows}b,2026-01-01,E\u200bS,1,0\n"
    )
    ingest.main()
    assert read_leads("lead_id") == [("a",), ("b",)]
    expected = [("leads.csv", line, column, reason) for line, (_, column, reason) in enumerate(faults, 3)]
    assert sorted(read_rejects("file", "line", "column", "reason"), key=lambda row: row[1]) == expected
    check_sums()


def test_repeated_activity_ids_count_once_and_without_ids_repeats_are_told(project):
    """Check a log that is delivered twice, with ids and without."""
    rows = "1,a,2026-01-05,view,/x\n2,a,2026-01-06,view,/x\n"
    project.write("log-1.csv", f"n,lead,at,what,page\n{rows}{rows}")
    project.declare(activities=[LOG])
    ingest.main()
    assert len(read_log()) == 2
    assert check_sums()["log-1.csv"]["duplicates"] == 2
    columns = {key: column for key, column in LOG["columns"].items() if key != "activity_id"}
    project.declare(activities=[LOG | {"columns": columns}])
    ingest.main()
    assert len(read_log()) == 4
    assert check_sums()["log-1.csv"]["look_repeated"] == 2


def test_activities_without_an_id_are_no_repeats_of_each_other(project):
    """Check that only ids that are there make duplicates, and that the first row with one is kept."""
    rows = "1,a,2026-01-05,view,/first\n,a,2026-01-06,view,/x\n,a,2026-01-07,view,/x\n1,b,2026-01-04,view,/second\n"
    project.write("log-1.csv", f"n,lead,at,what,page\n{rows}")
    project.declare(activities=[LOG])
    ingest.main()
    assert read_log() == [
        ("a", "2026-01-05 00:00:00", "page_viewed", "/first"),
        ("a", "2026-01-06 00:00:00", "page_viewed", "/x"),
        ("a", "2026-01-07 00:00:00", "page_viewed", "/x"),
    ]
    assert check_sums()["log-1.csv"]["duplicates"] == 1


def test_an_unreadable_row_with_a_repeated_id_takes_nothing_with_it(project):
    """Check that a row that is rejected is not the first of its id, and that a late one is."""
    project.allow_rejects()
    rows = "1,a,?,view,/x\n1,a,2026-01-05,view,/x\n2,a,2026-03-01,view,/x\n2,a,2026-01-06,view,/x\n"
    project.write("log-1.csv", f"n,lead,at,what,page\n{rows}")
    project.declare(activities=[LOG])
    ingest.main()
    assert [row[1] for row in read_log()] == ["2026-01-05 00:00:00"]
    assert read_rejects("line", "reason") == [(2, "not_understood"), (4, "after_as_of")]
    assert check_sums()["log-1.csv"]["duplicates"] == 1


def test_each_kind_is_covered_from_the_latest_beginning_of_its_files(project):
    """Check kinds of one file, of both, of one's own, and of a file that has all."""
    web, mail = {"lead_id": "lead", "occurred_at": "at", "kind": "what"}, LOG | {"file": "mail.csv"}
    logs = [
        {"file": "web-*.csv", "columns": web, "kinds": {"view": "page_viewed"}, "covered_from": "2025-12-01"},
        mail | {"kept_days": 10},
        {"file": "calls.csv", "columns": web},
    ]
    project.declare(activities=logs, as_of="2026-01-31")
    project.write("web-1.csv", "lead,at,what\na,2026-01-05,view\n")
    project.write("web-2.csv", "lead,at,what\na,2026-01-05,Own one\nb,2026-01-05,call_made\n")
    project.write(
        "mail.csv", "n,lead,at,what,page\n1,b,2026-01-25,view,/x\n2,b,2026-01-26,open,\n3,z,2026-01-26,ring,\n"
    )
    project.write("calls.csv", "lead,at,what\na,2026-01-05,call_made\na,2026-01-06,meeting_booked\n")
    project.allow_rejects()
    ingest.main()
    assert list_rows(read_table(paths.COVERAGE), "kind", "covered_from") == [
        ("email_opened", pd.Timestamp("2026-01-21")),
        ("page_viewed", pd.Timestamp("2026-01-21")),
        ("call_made", pd.Timestamp("2025-12-01")),
        ("meeting_booked", None),
        ("own_one", pd.Timestamp("2025-12-01")),
    ]
    assert read_table(paths.COVERAGE)["covered_from"].dtype == "datetime64[us]"
    told = {
        name: (file["first_activity_at"], file["covered_from"])
        for name, file in check_sums().items()
        if "covered_from" in file
    }
    assert told == {
        "web-1.csv": ("2026-01-05 00:00:00", "2025-12-01 00:00:00"),
        "web-2.csv": ("2026-01-05 00:00:00", "2025-12-01 00:00:00"),
        "mail.csv": ("2026-01-25 00:00:00", "2026-01-21 00:00:00"),
        "calls.csv": ("2026-01-05 00:00:00", None),
    }


def test_a_source_without_activities_covers_no_kind(project):
    """Check that the table is there, empty and typed."""
    ingest.main()
    coverage = read_table(paths.COVERAGE)
    assert len(coverage) == 0
    assert dict(coverage.dtypes.astype(str)) == {"kind": "str", "covered_from": "datetime64[us]"}


@pytest.mark.parametrize("content", ["1,a,2026-01-05,view,/x\n", "1,a,?,view,/x\n"])
def test_nothing_is_left_of_what_ingest_wrote_on_its_way(project, content):
    """Check a run that succeeds and one that stops in the middle of the log."""
    project.declare(activities=[LOG])
    project.write("log-1.csv", f"n,lead,at,what,page\n{content}")
    with contextlib.suppress(InputError):
        ingest.main()
    assert list(paths.CACHE.iterdir()) == []
    assert [path.name for path in Path("data").rglob("*") if "unsorted" in path.name or "partial" in path.name] == []


ACTIVITY = st.tuples(
    st.sampled_from(["", "1", "2", "3", "4"]),
    st.sampled_from(["a", "b", "c", "z"]),
    st.sampled_from(["2025-12-31", "2026-01-05", "2026-01-05T10:00:00", "2026-02-01", "?"]),
    st.sampled_from(["open", "view", "own", ""]),
    st.sampled_from(["/x", "/y", "", "/a,b"]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ACTIVITY, min_size=1, max_size=12), threads=st.integers(1, 3), size=st.integers(1, 3))
def test_any_log_becomes_what_plain_python_makes_of_it(project, rows, threads, size):
    """Check log, rejects with their lines and duplicates against a loop over the rows, in buckets of any size."""
    with (project.raw / "log-1.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([("n", "lead", "at", "what", "page"), *rows])
    project.write("leads.csv", "id,created,country,size,result\na,2026-01-01,,,1\nb,2026-01-02,,,1\nc,2026-01-03,,,0\n")
    source = project.declare(activities=[LOG])
    log, rejected, duplicates, seen = [], [], 0, set()
    for line, (number, lead, at, kind, page) in enumerate(rows, 2):
        if at == "?" or not kind:
            rejected.append((line, "not_understood" if at == "?" else "missing_value"))
        elif number and number in seen:
            duplicates += 1
        elif at == "2026-02-01":
            rejected.append((line, "after_as_of"))
        elif lead == "z":
            rejected.append((line, "unknown_lead"))
        else:
            log.append((lead, pd.Timestamp(at), LOG["kinds"].get(kind, kind), page or None))
        if at != "?" and kind:
            seen.add(number)

    db = open_database(threads)
    intake = Intake(max_rejected_share=1.0, bucket_leads=size)
    with make_workshop(db) as workshop:
        leads, *_ = ingest_leads(db, source, project.raw, intake)
        found, lost = ingest_activities(db, source, project.raw, intake, workshop)
        shutil.rmtree("buckets", ignore_errors=True)
        write_buckets(db, Path("buckets"), len(leads), size)
    buckets = [read_table(path) for path in sorted(Path("buckets").iterdir())]
    names = {
        column: found.codes[found.codes["column"] == column].set_index("code")["value"] for column in ("kind", "asset")
    }
    kept = [
        (leads["lead_id"][key], pd.Timestamp(at, unit="us"), names["kind"][kind], names["asset"].get(asset))
        for key, at, kind, asset, *_ in pd.concat(buckets).itertuples(index=False)
    ]
    assert sorted(kept, key=str) == sorted(log, key=str)
    assert [bucket["lead_key"].between(n * size, n * size + size - 1).all() for n, bucket in enumerate(buckets)] == [
        True
    ] * -(-3 // size)
    assert all(bucket.equals(bucket.sort_values(list(ACTIVITY_COLUMNS), ignore_index=True)) for bucket in buckets)
    assert sorted(list_rows(lost, "line", "reason")) == sorted(rejected)
    assert found.intake[0]["duplicates"] == duplicates


def test_activities_of_unknown_leads_and_after_the_end_are_rejected(project):
    """Check that those before the creation are kept and counted, and that unknown leads never stop the stage."""
    project.allow_rejects(0.34)
    project.declare(activities=[LOG])
    project.write(
        "log-1.csv",
        "n,lead,at,what,page\n"
        "1,z,2026-01-05,view,/x\n"
        "2,a,2026-02-05,view,/x\n"
        "3,a,2025-01-05,view,/x\n"
        "4,a,2026-01-05,,/x\n"
        "5,a,2026-01-05,view,/x\n"
        "6,z,2026-01-05,view,/x\n",
    )
    ingest.main()
    assert [row[1] for row in read_log()] == ["2025-01-05 00:00:00", "2026-01-05 00:00:00"]
    assert sorted(read_rejects("line", "reason")) == [
        (2, "unknown_lead"),
        (3, "after_as_of"),
        (5, "missing_value"),
        (7, "unknown_lead"),
    ]
    assert check_sums()["log-1.csv"]["before_creation"] == 1


def test_a_kind_may_be_put_together_from_several_columns(project):
    """Check that the parts are joined, that a missing one is left out, and that none is a missing kind."""
    project.allow_rejects()
    columns = {"lead_id": "lead", "occurred_at": "at", "kind": ["what", "page"]}
    project.declare(activities=[{"file": "log-1.csv", "columns": columns, "kinds": {"mail/open": "email_opened"}}])
    rows = "a,2026-01-05,mail,open\na,2026-01-06,mail,\na,2026-01-07,,\n"
    project.write("log-1.csv", f"lead,at,what,page\n{rows}")
    ingest.main()
    assert [row[2] for row in read_log()] == ["email_opened", "mail"]
    assert read_rejects("line", "reason") == [(4, "missing_value")]


def test_activities_are_written_in_buckets_of_leads(project):
    """Check that each bucket has its leads only, and that a bucket without activities is written."""
    path = Path("params.yaml")
    path.write_text(path.read_text().replace("bucket_leads: 50000", "bucket_leads: 1"))
    project.declare(activities=[LOG])
    project.write("log-1.csv", "n,lead,at,what,page\n1,b,2026-01-05,view,/x\n")
    ingest.main()
    assert [len(read_table(path)) for path in sorted(paths.ACTIVITIES.iterdir())] == [0, 1]


def test_an_outcome_of_a_day_is_known_at_its_end(project):
    """Check that a date without a time comes after a lead of that day, and not after the data's end."""
    project.declare(outcomes=[OUTCOMES], as_of="2026-01-31T12:00:00")
    project.write("leads.csv", "id,created,country,size,result\na,2026-01-05T09:30:00,ES,1,\nb,2026-01-06,ES,1,\n")
    project.write("outcomes.csv", "lead,what,at,euros\na,sold,2026-01-05,1\nb,gone,2026-01-31,\n")
    ingest.main()
    assert list_rows(read_table(paths.OUTCOMES), "lead_id", "occurred_at") == [
        ("a", pd.Timestamp("2026-01-05 23:59:59")),
        ("b", pd.Timestamp("2026-01-31 12:00:00")),
    ]


def test_rows_without_an_outcome_yet_are_left_out_and_counted(project):
    """Check that open deals need no time, stop nothing and leave their leads open."""
    project.declare(outcomes=[OUTCOMES | {"undecided": ["talking"]}])
    project.write("outcomes.csv", "lead,what,at,euros\na,sold,2026-01-05T10:00:00,1\nb,talking,,\n")
    ingest.main()
    assert list_rows(read_table(paths.OUTCOMES), "lead_id", "kind") == [("a", "won")]
    assert read_rejects("line", "reason") == [(3, "undecided")]
    check_sums()


def test_outcomes_of_a_file_are_mapped_and_the_impossible_rejected(project):
    """Check unknown kinds and leads, and times after the data or before the lead."""
    project.allow_rejects()
    project.declare(outcomes=[OUTCOMES])
    project.write(
        "outcomes.csv",
        "lead,what,at,euros\n"
        "a,sold,2026-01-05,1\n"
        "a,maybe,2026-01-05,1\n"
        "b,sold,2026-02-05,1\n"
        "b,sold,2026-01-01,1\n"
        "z,sold,2026-01-05,1\n"
        "b,gone,,1\n"
        "b,gone,2026-01-05,lots\n",
    )
    ingest.main()
    # Something became of b, and nobody can say what: it is neither won nor lost.
    # An amount that is no number costs no outcome.
    assert list_rows(read_table(paths.OUTCOMES), "lead_id", "kind") == [
        ("a", "won"),
        ("b", "lost"),
        ("b", "unreadable"),
    ]
    assert sorted(read_rejects("line", "reason")) == [
        (3, "unknown_kind"),
        (4, "after_as_of"),
        (5, "before_creation"),
        (6, "unknown_lead"),
        (7, "missing_value"),
    ]
    assert check_sums()["outcomes.csv"]["not_understood"] == [
        {"column": "euros", "as": "amount", "rows": 1, "forms": ["xxxx"]}
    ]


def test_outcomes_in_a_column_of_the_leads_have_the_time_of_another(project):
    """Check that a lead whose outcome has an impossible time is rejected, and that open leads are not."""
    project.allow_rejects()
    outcome = {"column_of_leads": "result", "kinds": {"1": "won", "0": "lost"}, "occurred_at": "closed"}
    project.declare(outcomes=[outcome])
    project.write(
        "leads.csv",
        "id,created,country,size,result,closed\n"
        "a,2026-01-02,ES,1,1,2026-01-05\n"
        "b,2026-01-02,ES,1,1,soon\n"
        "c,2026-01-02,ES,1,1,2026-02-05\n"
        "d,2026-01-02,ES,1,0,2026-01-01\n"
        "e,2026-01-02,ES,1,,soon\n"
        "f,2026-01-02,ES,1,0,\n",
    )
    ingest.main()
    assert read_leads("lead_id") == [("a",), ("e",), ("f",)]
    assert list_rows(read_table(paths.OUTCOMES), "lead_id", "kind", "occurred_at") == [
        ("a", "won", pd.Timestamp("2026-01-05 23:59:59")),
        ("f", "lost", None),
    ]
    assert read_rejects() == [
        ("leads.csv", 3, "closed", "soon", "not_understood"),
        ("leads.csv", 4, "closed", "2026-02-05", "after_as_of"),
        ("leads.csv", 5, "closed", "2026-01-01", "before_creation"),
    ]
    assert set(read_table(paths.LEADS).columns) & {"result", "closed", "outcome 0", "text 0", "time 0"} == set()
    check_sums()


def test_outcomes_among_the_activities_are_the_first_of_their_kind(project):
    """Check that one before the creation of its lead is rejected, and that the log keeps the others."""
    project.allow_rejects()
    project.declare(activities=[LOG], outcomes=[{"kinds_of_activity": {"signed": "won", "ended": "lost"}}])
    project.write(
        "log-1.csv",
        "n,lead,at,what,page\n"
        "1,a,2026-01-09,signed,\n"
        "2,a,2026-01-05,signed,\n"
        "3,b,2026-01-01,ended,\n"
        "4,b,2026-01-01,view,\n",
    )
    ingest.main()
    outcomes = list_rows(read_table(paths.OUTCOMES), "lead_id", "kind", "occurred_at")
    assert outcomes == [("a", "won", pd.Timestamp("2026-01-05"))]
    assert [row[2] for row in read_log()] == ["signed", "signed", "page_viewed"]
    assert read_rejects("line", "column", "reason") == [(4, "occurred_at", "before_creation")]
    check_sums()


def test_a_source_without_dates_is_in_order_of_its_sequence(project):
    """Check that the order is that of the number, not of the text or the file."""
    project.declare(leads={"columns": {"lead_id": "id", "sequence": "n"}, "own": {}}, as_of=None)
    project.write("leads.csv", "id,n,result\na,10,1\nb,9,0\nc,9,1\n")
    ingest.main()
    assert read_leads("lead_id", "sequence", "created_at") == [("b", 0, None), ("c", 1, None), ("a", 2, None)]
    intake = read_json(paths.INTAKE)
    assert (intake["as_of"], intake["first_lead_at"], intake["activities"]) == (None, None, 0)


def test_a_declared_person_is_hashed(project):
    """Check that leads of one person share a value, and that one without is a person of its own."""
    project.declare(leads={"columns": {"lead_id": "id", "created_at": "created", "person": "who"}, "own": {}})
    project.write("leads.csv", "id,created,who,result\na,2026-01-01,p,1\nb,2026-01-01,p,1\nc,2026-01-01,,1\n")
    ingest.main()
    shared, alone = hash_values(pd.Series(["p", "c"]))
    assert read_leads("person") == [(shared,), (shared,), (alone,)]


def test_parquet_gives_the_same_tables_as_csv(project):
    """Check leads and log read from Parquet against the same rows in CSV."""
    project.write("log-1.csv", "n,lead,at,what,page\n1,a,2026-01-05 10:00:00,view,/x\n2,b,2026-01-06,open,\n")
    project.declare(activities=[LOG])
    ingest.main()
    expected = read_table(paths.LEADS), read_log()
    leads = pd.read_csv(project.raw / "leads.csv", parse_dates=["created"], keep_default_na=False)
    leads.to_parquet(project.raw / "leads.parquet")
    log = pd.read_csv(project.raw / "log-1.csv", dtype=str)
    log.assign(at=pd.to_datetime(log["at"], format="ISO8601")).to_parquet(project.raw / "log.parquet")
    project.declare(leads={"file": "leads.parquet"}, activities=[LOG | {"file": "log.parquet"}])
    ingest.main()
    pd.testing.assert_frame_equal(read_table(paths.LEADS), expected[0])
    assert read_log() == expected[1]


def test_a_packed_log_with_columns_in_another_order_gives_the_same_bytes(project):
    """Check that neither packing nor the order of columns and rows reaches the tables."""
    project.write("log-1.csv", "n,lead,at,what,page\n1,a,2026-01-05,view,/x\n2,b,2026-01-06,open,/y\n")
    project.declare(activities=[LOG])
    ingest.main()
    before = {path: path.read_bytes() for path in paths.ACTIVITIES.iterdir()}
    content = b"page,what,n,at,lead\n/y,open,2,2026-01-06,b\n/x,view,1,2026-01-05,a\n"
    project.write("log.csv.gz", gzip.compress(content))
    project.write("leads.csv", "result,size,country,created,id\n0,2.5,NA,2026-01-02,b\n1,1,ES,2026-01-01,a\n")
    project.declare(activities=[LOG | {"file": "log.csv.gz"}])
    ingest.main()
    assert {path: path.read_bytes() for path in paths.ACTIVITIES.iterdir()} == before


def test_true_probabilities_are_read_where_the_source_has_them(project):
    """Check that they are kept as they are, and that a file without the columns is refused."""
    truth = pd.DataFrame({"lead_id": ["a"], "snapshot_at": [pd.Timestamp("2026-01-01")]})
    truth = truth.assign(objective="sale", probability=0.25)
    truth.to_parquet(project.raw / "truth.parquet")
    project.declare(truth="truth.parquet")
    ingest.main()
    assert list_rows(read_table(paths.TRUTH), "lead_id", "objective", "probability") == [("a", "sale", 0.25)]
    truth.drop(columns="probability").to_parquet(project.raw / "truth.parquet")
    with pytest.raises(InputError, match=r"\[unreadable_file\] data/raw/mine/truth\.parquet"):
        ingest.main()
    (project.raw / "truth.parquet").unlink()
    with pytest.raises(InputError, match="missing_file"):
        ingest.main()


def break_leads(content):
    return lambda project: project.write("leads.csv", content)


def break_log(content):
    def write(project):
        project.declare(activities=[LOG])
        project.write("log-1.csv", content)

    return write


def lose_leads(project):
    (project.raw / "leads.csv").unlink()


HEADER = "id,created,country,size,result\n"
LOG_HEADER = "n,lead,at,what,page\n"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lose_leads, "[missing_file] data/raw/mine/leads.csv: there is no such file"),
        (break_leads(b""), "[empty_file] data/raw/mine/leads.csv: the file has no bytes"),
        (break_leads(HEADER), "[no_rows] data/raw/mine/leads.csv: the file has a header and no leads"),
        (
            break_leads("id,created\na,2026-01-01\n"),
            "[missing_column] data/raw/mine/leads.csv, line 1, column 'country'",
        ),
        (
            break_leads(HEADER + "a,2026-01-01,ES,1,1\n\nb,01/02/2026,ES,1,1\n"),
            "[too_many_rejected] data/raw/mine/leads.csv, line 4, column 'created': 1 of 2 rows cannot be used, "
            "the first for not_understood ('99/99/9999', where x is a letter and 9 a digit); declare its format",
        ),
        (
            break_leads(HEADER + "a,2026-01-01,ES,1,1,\nb,2026-01-01,ES,1,1,x\n"),
            "[too_many_rejected] data/raw/mine/leads.csv, line 2: 2 of 2 rows cannot be used, the first for "
            "too_many_fields; let the export quote texts, or take another delimiter (intake.max_rejected_share)",
        ),
        (
            break_leads(HEADER + "a,2026-01-01,ES,1,0\n"),
            "[no_conversion] data/raw/mine: not one lead has any of the outcomes ['won']",
        ),
        (
            break_leads(
                HEADER + "a,2026-01-01,ES,1,1\nb,2026-01-01,ES,1,x\nc,2026-01-01,ES,1,x\nd,2026-01-01,ES,1,y\n"
            ),
            "[unknown_kind] data/raw/mine/leads.csv, column 'result': values that are not among the declared kinds "
            "['0', '1'], with their rows: 'x' (2), 'y' (1)",
        ),
        (break_log(LOG_HEADER), "[no_rows] data/raw/mine/log-1.csv: the activity log is empty"),
        (break_log("n,lead,when\n"), "[missing_column] data/raw/mine/log-1.csv, line 1, column 'at'"),
        (
            break_log(LOG_HEADER + "1,a,2026-01-05,view,/x\n2,a,?,view,/x\n"),
            "[too_many_rejected] data/raw/mine/log-1.csv, line 3, column 'at': 1 of 2 rows",
        ),
    ],
)
def test_bad_input_ends_in_one_line_and_changes_nothing(project, spoil, message):
    """Check the message, and that what an earlier run wrote is still there, byte for byte."""
    for path in (paths.LEADS, paths.INTAKE, paths.ACTIVITIES / "00000.parquet"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"old")
    spoil(project)
    before = project.list_files()
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        ingest.main()
    assert "\n" not in str(caught.value)
    assert project.list_files() == before


def test_an_empty_log_is_allowed_where_it_is_declared(project):
    """Check a header without rows in a log that may be empty."""
    project.declare(activities=[LOG | {"may_be_empty": True}])
    project.write("log-1.csv", LOG_HEADER)
    ingest.main()
    assert read_log() == []


def test_the_program_says_what_it_did_in_one_line(project):
    """Check the program itself on good files, and that a second run gives the same bytes."""
    done = project.run("src.data.ingest")
    assert (done.returncode, done.stdout) == (0, "")
    # Both leads are decided: nobody is open, which is doubted.
    said = "2 leads from 2 rows in 1 files, 0 rows rejected; look at 1 things (python -m src.data.check mine)"
    assert done.stderr == f"src.data.ingest: {said}\n"
    outputs = project.list_files()
    ingest.main()
    assert project.list_files() == outputs


def damage_gzip(project):
    project.write("leads.csv.gz", gzip.compress(b"id,created\na,2026-01-01\n")[:-9])
    project.declare(leads={"file": "leads.csv.gz"})


def write_object(project):
    Path("data/sources/mine.yaml").write_text("!!python/object/apply:os.system ['touch PWNED']\n")


def choose_command(project):
    path = Path("params.yaml")
    path.write_text(path.read_text(encoding="utf-8").replace("source: mine", "source: 'x; touch PWNED'"))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            break_leads(HEADER + "a,2026-01-01,ES,1,1\nb,?,ES,1,1\n"),
            "[too_many_rejected] data/raw/mine/leads.csv, line 3",
        ),
        (damage_gzip, "[damaged_gzip] data/raw/mine/leads.csv.gz"),
        (write_object, "[unreadable_yaml] data/sources/mine.yaml"),
        (choose_command, "[invalid_value] params.yaml: source"),
    ],
)
def test_the_program_ends_bad_input_with_status_one_and_one_line(project, spoil, message):
    """Check standard error of the program: one line, no traceback; no file written, no command run."""
    spoil(project)
    before = project.list_files()
    done = project.run("src.data.ingest")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"src.data.ingest: {message}")
    assert done.stderr.count("\n") == 1
    assert project.list_files() == before
