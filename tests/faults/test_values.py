"""What must not break it: values and identity (faults 33 to 52, 81 to 86, 90), each named by its number."""

import re

import pandas as pd
import pytest

from src import paths
from src.data import check, ingest
from src.features.explicit_metrics.form import clean_address
from src.features.explicit_metrics.values import clean_label
from src.files import read_json, read_table
from src.stage import InputError
from tests.data.conftest import project  # noqa: F401

LOG = {
    "file": "log-*.csv",
    "columns": {"lead_id": "lead", "occurred_at": "at", "kind": "what"},
    "kinds": {"open": "email_opened"},
}
OUTCOMES = {
    "file": "deals.csv",
    "columns": {"lead_id": "lead", "kind": "what", "occurred_at": "at", "amount": "euros"},
    "kinds": {"Won": "won", "Lost": "lost"},
}
HEADER = "id,created,country,size,result\n"


@pytest.fixture
def mine(project):  # noqa: F811
    """Return the project with rejects allowed, whose leads are those of the test."""
    project.allow_rejects()
    return project


def read_leads(column="lead_id"):
    frame = read_table(paths.LEADS)
    return frame[column].astype(object).where(frame[column].notna(), None).tolist()


def list_rejects():
    rejects = read_table(paths.REJECTED)
    return list(zip(rejects["line"].tolist(), rejects["reason"], strict=True))


def get_file(number=0):
    return read_json(paths.INTAKE)["files"][number]


def ingest_leads(mine, rows, **changes):
    mine.declare(**changes)
    mine.write("leads.csv", HEADER + rows)
    ingest.main()


def test_33_34_35_36_ids_and_words_stay_text(mine):
    """Check 00123, 12E5, ids above 2^53 beside blanks, Namibia and null."""
    ids = ["00123", "12E5", "9007199254740992", "9007199254740993", "NA", "null"]
    ingest_leads(mine, "".join(f"{lead},2026-01-01,NA,,1\n" for lead in ids))
    assert (read_leads(), set(read_leads("country"))) == (ids, {"NA"})


def test_37_38_39_numbers_that_are_none_are_missing_and_counted(mine):
    """Check a decimal comma nobody declared, infinities, and a word where numbers were."""
    ingest_leads(
        mine, "".join(f'i{n},2026-01-01,ES,"{x}",1\n' for n, x in enumerate(["1,5", "inf", "nan", "1e400", "w"]))
    )
    assert read_leads("size") == [None] * 5
    forms = ["xxx", "9,9", "9x999"]
    assert get_file()["not_understood"] == [{"column": "size", "as": "size", "rows": 5, "forms": forms}]


def test_40_41_42_dates_in_another_form_are_rejected(mine):
    """Check days before months, both at once, and a spreadsheet's serial number."""
    ingest_leads(mine, "a,01/02/2026,ES,1,1\nb,2026-01-02,ES,1,1\nc,46024,ES,1,1\n")
    assert (read_leads(), list_rejects()) == (["b"], [(2, "not_understood"), (4, "not_understood")])


def test_43_44_45_times_with_and_without_offsets_in_a_zone(mine):
    """Check both in one column, the hour that was twice, and the one that never was."""
    rows = "a,2025-10-26 02:30,ES,1,1\nb,2025-10-26 02:30+02:00,ES,1,1\nc,2025-03-30 02:30,ES,1,1\n"
    ingest_leads(mine, rows, timezone="Europe/Madrid")
    assert read_leads("created_at") == [pd.Timestamp("2025-10-26 00:30"), pd.Timestamp("2025-10-26 01:30")]
    assert list_rejects() == [(4, "not_understood")]


def test_46_47_48_activities_and_outcomes_out_of_their_time(mine):
    """Check what is after the end, an activity before its lead, and an outcome before it."""
    mine.declare(activities=[LOG], outcomes=[OUTCOMES])
    mine.write("leads.csv", HEADER + "a,2026-01-05,ES,1,\nb,2026-01-05,ES,1,\n")
    mine.write("log-1.csv", "lead,at,what\na,2026-02-05,open\na,2026-01-01,open\n")
    mine.write("deals.csv", "lead,what,at,euros\na,Won,2026-01-09,1\nb,Won,2026-01-01,1\n")
    ingest.main()
    assert list_rejects() == [(2, "after_as_of"), (3, "before_creation")]
    assert get_file(1)["before_creation"] == 1


def test_49_50_duplicates_of_leads(mine):
    """Check that identical rows are one lead, and that of conflicting ones none is."""
    ingest_leads(mine, "a,2026-01-01,ES,1,1\na,2026-01-01,ES,1,1\nb,2026-01-01,ES,1,1\nb,2026-01-01,FR,1,1\n")
    assert (read_leads(), get_file()["duplicates"]) == (["a"], 1)
    assert list_rejects() == [(4, "conflicting_duplicate"), (5, "conflicting_duplicate")]


def test_51_52_activities_of_unknown_leads_and_logs_delivered_twice(mine):
    """Check that both are counted, and that rows of a lead that was rejected are told apart."""
    mine.declare(activities=[LOG])
    mine.write("leads.csv", HEADER + "a,2026-01-01,ES,1,1\nb,yesterday,ES,1,1\n")
    mine.write(
        "log-1.csv", "lead,at,what\na,2026-01-05,open\na,2026-01-05,open\nz,2026-01-05,open\nb,2026-01-05,open\n"
    )
    ingest.main()
    assert get_file(1)["rejected_by_reason"] == {"unknown_lead": 1, "lead_not_kept": 1}
    assert get_file(1)["look_repeated"] == 1


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("%d/%m/%Y %H:%M:%S%z", "06/07/2025 09:00:00-05:00"),
        ("%d/%m/%Y %H:%M:%S %Z", "06/07/2025 14:00:00 UTC"),
        ("%d/%m/%YT%H:%M:%SZ", "06/07/2025T14:00:00Z"),
        ("%d/%m/%Y %H:%M:%S UTC", "06/07/2025 14:00:00 UTC"),
        ("iso", "2025-07-06 14:00:00 UTC"),
    ],
)
def test_81_an_offset_in_a_declared_pattern_is_applied_once(mine, pattern, text):
    """Check 14 o'clock in UTC written in each way, in a source of Madrid."""
    columns = {"lead_id": "id", "created_at": {"column": "created", "format": pattern}}
    ingest_leads(mine, f"a,{text},ES,1,1\n", timezone="Europe/Madrid", leads={"columns": columns, "own": {}})
    assert read_leads("created_at") == [pd.Timestamp("2025-07-06 14:00")]


def test_82_numbers_that_a_spreadsheet_shortened_are_no_ids_phones_or_times(project):  # noqa: F811
    """Check that one such id refuses the file, and that such a time is rejected with its reason."""
    project.write(
        "leads.csv",
        HEADER + "".join(f"{n},2026-01-01,ES,1,1\n" for n in range(200)) + "1.73616E+12,2026-01-01,ES,1,1\n",
    )
    with pytest.raises(InputError, match=r"line 202, column 'id': 1 of 201 .* digits_lost \('9\.99999x\+99'"):
        ingest.main()
    columns = {"lead_id": "id", "created_at": {"column": "created", "format": "epoch_ms"}}
    project.declare(leads={"columns": columns, "own": {}})
    project.write("leads.csv", HEADER + "a,1736172000000,ES,1,1\n" * 1 + "b,1.73617E+12,ES,1,1\n")
    with pytest.raises(InputError, match=r"1 of 2 rows .* scientific_notation"):
        ingest.main()


def test_82_a_phone_without_its_last_digits_is_missing_and_counted(mine):
    """Check a phone that a spreadsheet shortened beside one that it only wrote in its way."""
    columns = {"lead_id": "id", "created_at": "created", "phone": "tel"}
    mine.declare(leads={"columns": columns, "own": {}})
    mine.write("leads.csv", "id,created,tel,result\na,2026-01-01,3.46E+10,1\nb,2026-01-01,6.12345678E+08,1\n")
    ingest.main()
    assert read_leads("phone") == [None, "6.12345678E+08"]
    assert get_file()["not_understood"][0]["rows"] == 1


def test_83_of_an_activity_in_two_files_of_a_pattern_the_first_counts(mine):
    """Check overlapping monthly exports: the repeat is a duplicate of its file, and counted."""
    mine.declare(activities=[LOG | {"columns": {**LOG["columns"], "activity_id": "n"}}])
    mine.write("log-1.csv", "n,lead,at,what\n7,a,2026-01-05,open\n8,a,2026-01-06,open\n")
    mine.write("log-2.csv", "n,lead,at,what\n8,a,2026-01-06,open\n9,a,2026-01-07,open\n")
    ingest.main()
    assert read_json(paths.INTAKE)["activities"] == 3
    assert [get_file(number)["duplicates"] for number in (1, 2)] == [0, 1]


@pytest.mark.parametrize("name", ["row", "fault", "lead_key"])
def test_84_an_own_column_named_like_one_of_ours_is_refused_by_name(mine, name):
    """Check that it is refused, and not filled with our numbers."""
    with pytest.raises(InputError, match=rf"own\.{name} is a name that the pipeline uses itself"):
        mine.declare(leads={"own": {name: {"column": "size", "type": "number", "known": "creation"}}})


@pytest.mark.parametrize(
    ("form", "lead", "written"),
    [
        ({"match": ["case"]}, "ANA@x.es", "ana@X.es"),
        ({"match": ["decimals"]}, "101", "101.0"),
        ({"match": ["zeros"]}, "101", "00101"),
        ({"match": ["salesforce"]}, "00Q5e00000AbCdE", "00Q5e00000AbCdEFGH"),
        ({"split": ";", "several": "all"}, "101", "101;999"),
    ],
)
def test_85_ids_in_another_form_are_joined_as_declared_or_said(mine, form, lead, written):
    """Check that they are unknown and said at one row in fifty, and known where the form is declared."""
    others = "".join(f"x{n},2026-01-01,ES,1,0\n" for n in range(49))
    mine.write("leads.csv", f"{HEADER}{lead},2026-01-01,ES,1,1\n{others}")
    log = "".join(f"x{n},2026-01-05,open\n" for n in range(49))
    mine.write("log-1.csv", f"lead,at,what\n{written},2026-01-05,open\n{log}")
    mine.declare(activities=[LOG])
    ingest.main()
    assert read_json(paths.INTAKE)["activities"] == 49
    key = next(iter(form))
    near = [entry["declare"] for entry in get_file(1)["near_matches"]]
    assert (f"{key}: {form[key]}" if key == "match" else f"{key}: {form[key]!r}").replace("'", "") in [
        text.replace("'", "") for text in near
    ]
    assert any("1 rows are of unknown leads" in doubt for doubt in read_json(paths.INTAKE)["doubts"])
    mine.declare(activities=[LOG | form])
    ingest.main()
    assert read_json(paths.INTAKE)["activities"] == 50


MARKED = "Zq9secreto"


def write_marked(mine, **cells):
    """Write a file of leads with a marked value in every personal and every undeclared column."""
    good = {
        "id": "a",
        "created": "2026-01-01",
        "size": "1",
        "result": "1",
        "mail": f"{MARKED}@x.es",
        "tel": f"6123456789{MARKED}",
    }
    good |= {"name": MARKED, "text": f"{MARKED} hola", "undeclared": MARKED}
    rows = [good, good | {"id": "b", "result": "0"}, good | {"id": "c"} | cells]
    lines = [",".join(good), *(",".join(row.values()) for row in rows)]
    mine.write("leads.csv", "\n".join(lines) + "\n")


PERSONAL = {"email": "mail", "phone": "tel", "first_name": "name", "message": "text"}


@pytest.mark.parametrize(
    ("cells", "columns"),
    [
        ({"created": MARKED}, {}),
        ({"created": ""}, {}),
        ({"id": f"{MARKED}\u200b"}, {}),
        ({"id": "a"}, {}),
        ({"undeclared": f"{MARKED},{MARKED}"}, {}),
        ({"undeclared": f'"{MARKED}'}, {}),
        ({"size": MARKED}, {}),
        ({"result": MARKED * 4}, {}),
        ({"text": f"{MARKED}\0"}, {}),
        ({}, {"lead_id": "nothing"}),
        ({}, {"created_at": "mail"}),
        ({}, {"lead_id": "mail"}),
    ],
)
def test_86_no_message_repeats_a_cell_of_a_personal_or_undeclared_column(project, cells, columns, capsys):  # noqa: F811
    """Check what ingest and check say of each fault, and the counts of the intake."""
    named = {"lead_id": "id", "created_at": "created"} | PERSONAL | columns
    project.declare(leads={"columns": named})
    write_marked(project, **cells)
    said = ""
    try:
        said += ingest.main()
        said += paths.INTAKE.read_text(encoding="utf-8")
    except InputError as fault:
        said += str(fault)
    done = project.run("src.data.check", "mine")
    said += done.stdout + done.stderr
    assert said
    assert MARKED.casefold() not in said.casefold()


def test_86_ids_that_are_addresses_become_numbers(mine):
    """Check that the tables have numbers, outcomes the same ones, and the intake no address."""
    mine.declare(
        leads={"columns": {"lead_id": "mail", "created_at": "created", "email": "mail"}, "own": {}},
        outcomes=[OUTCOMES | {"match": ["case"]}],
    )
    mine.write("leads.csv", "mail,created\nb@x.es,2026-01-02\na@x.es,2026-01-01\n")
    mine.write("deals.csv", "lead,what,at,euros\nB@X.es,won,2026-01-09,1\nq@x.es,Won,2026-01-09,1\n")
    ingest.main()
    assert read_leads() == ["1", "2"]
    assert read_leads("given_id") == ["a@x.es", "b@x.es"]
    assert read_table(paths.OUTCOMES)["lead_id"].tolist() == ["2"]
    assert "x.es" not in paths.INTAKE.read_text(encoding="utf-8")
    assert get_file(1)["kinds_in_other_letters"] == 1


def test_90_an_identifier_of_digits_is_a_category(mine):
    """Check pages, campaigns and own categories, and that addresses of people are none."""
    assert clean_address("https://acme.com/lp/20240611234-b") == "acme.com/lp/20240611234-b"
    assert clean_label("Campaign 120210000000000") == "campaign 120210000000000"
    assert clean_label("ana@x.es") is None
    assert not re.search(r"@", str(clean_address("https://acme.com/@ana")))


def test_check_is_a_program_that_shows_forms(mine, capsys):
    """Check that an example of a rejected row has its line and the form of its value."""
    mine.write("leads.csv", HEADER + "a,2026-01-01,ES,1,1\nb,32/13/2026,ES,1,0\n")
    done = mine.run("src.data.check", "mine")
    assert "line 3, column 'created': 99/99/9999" in done.stdout
    assert check.__doc__
