import hashlib
import re

import pytest

from src.data import check
from src.data.doubts import find_late_name
from src.data.examine import examine_source
from src.data.read import open_database
from src.data.sources import load_source
from src.params import load_params
from src.stage import InputError

LOG = {
    "file": "log.csv",
    "columns": {"lead_id": "lead", "occurred_at": "at", "kind": "what"},
    "kinds": {"open": "email_opened", "click": "email_clicked"},
}
OUTCOMES = {
    "file": "outcomes.csv",
    "columns": {"lead_id": "lead", "kind": "what", "occurred_at": "at"},
    "kinds": {"sold": "won"},
}


@pytest.fixture
def examine(project):
    """Return what declares the source and examines it."""

    def examine(**changes):
        project.declare(**changes)
        return examine_source(open_database(1), "mine", load_source("mine"), load_params())

    return examine


@pytest.fixture
def run(monkeypatch, capsys):
    """Return what runs the program in this process; the text it shows and its last sentence."""

    def run(name="mine"):
        monkeypatch.setattr("sys.argv", ["check", name])
        try:
            last = check.main()
        except InputError as error:
            last = str(error)
        return capsys.readouterr().out, last

    return run


def test_what_a_source_holds_is_counted(project, examine):
    """Check leads, persons, kinds, outcomes and base rates worked out by hand."""
    project.write(
        "leads.csv",
        "id,created,country,size,result,mail,colour\n"
        "a,2026-01-01,ES,1,,ana@acme.es,red\n"
        "b,2026-01-02,ES,1,,Ana@acme.es,\n"
        "c,2026-01-29,ES,1,,,\n"
        "d,2026-01-03,ES,1,,,\n",
    )
    project.write("log.csv", "lead,at,what\na,2026-01-05,open\na,2026-01-06,open\nb,2026-01-07,Own\n")
    project.write("outcomes.csv", "lead,what,at\na,sold,2026-01-04\nb,sold,2026-01-20\n")
    columns = {"lead_id": "id", "created_at": "created", "email": "mail"}
    result = examine(
        leads={"columns": columns},
        activities=[LOG],
        outcomes=[OUTCOMES],
        objectives={"sale": {"converted": ["won"], "horizon_days": 10}},
    )
    contents = result["contents"]
    assert result["faults"] == []
    assert (contents["leads"], contents["persons"], contents["leads_without_outcome"]) == (4, 3, 2)
    assert contents["leads_at"] == ("2026-01-01 00:00:00", "2026-01-29 00:00:00")
    assert contents["activities_at"] == ("2026-01-05 00:00:00", "2026-01-07 00:00:00")
    assert contents["outcomes"] == {"won": 2}
    assert contents["kinds"] == [
        {"raw": "open", "kind": "email_opened", "is_canonical": True, "rows": 2},
        {"raw": "Own", "kind": "Own", "is_canonical": False, "rows": 1},
    ]
    assert contents["objectives"]["sale"] == {
        "horizon_days": 10.0,
        "converted": 2,
        "closed": 0,
        "open": 2,
        "is_closed_by_outcomes": False,
        "converted_without_time": 0,
        "mature": 3,
        "converted_in_time": 1,
    }
    assert result["files"][0]["undeclared"] == ["country", "result", "colour"]
    assert result["files"][0]["columns"]["created_at"] == "created (iso)"
    assert result["doubts"] == [
        "kinds of activity mapped to nothing canonical: Own (1)",
        "declared kinds of activity that never occur: click",
        "sale: of 1 conversions about 1 are of the history, or fewer; no model is trained on fewer than 50 "
        "(folds.min_conversions), and the run stops there",
        "size has one value in all leads: it tells nothing apart and is no feature",
    ]


def test_every_missing_file_and_column_is_said_at_once(project, examine):
    """Check that the first fault does not hide the others, and that near names are told."""
    project.write("leads.csv", "ID,made,country,size,result\na,2026-01-01,ES,1,1\n")
    result = examine(activities=[LOG], outcomes=[OUTCOMES])
    assert result["contents"] is None
    assert result["faults"] == [
        "[missing_column] data/raw/mine/leads.csv, line 1, column 'id': the file has no such column; is it 'ID'?",
        "[missing_column] data/raw/mine/leads.csv, line 1, column 'created': the file has no such column; the file "
        "has ID, made, country, size, result",
        "[missing_file] data/raw/mine/log.csv: there is no such file; put it there (see make data); data/raw/mine has "
        "leads.csv",
        "[missing_file] data/raw/mine/outcomes.csv: there is no such file; put it there (see make data); "
        "data/raw/mine has leads.csv",
    ]
    project.write("leads.csv", "id,create,country,sizes,result\na,2026-01-01,ES,1,1\n")
    hints = [re.search("is it '(.*)'", fault)[1] for fault in examine()["faults"]]
    assert hints == ["create", "sizes"]


def test_every_file_with_too_many_rejected_rows_is_a_fault(project, examine):
    """Check that bad rows of the leads do not hide those of the outcomes, with examples of both."""
    project.write("leads.csv", "id,created,country,size,result\na,2026-01-01,ES,1,1\nb,?,ES,1,1\nc,??,ES,1,1\n")
    project.write("outcomes.csv", "lead,what,at\na,sold,2026-01-04\na,lent,2026-01-20\n")
    result = examine(outcomes=[OUTCOMES])
    assert [fault.split(" cannot")[0] for fault in result["faults"]] == [
        "[too_many_rejected] data/raw/mine/leads.csv, line 3, column 'created': 2 of 3 rows",
        "[too_many_rejected] data/raw/mine/outcomes.csv, line 3, column 'kind': 1 of 2 rows",
    ]
    assert result["contents"]["examples"][0] == {
        "file": "leads.csv",
        "reason": "not_understood",
        "rows": 2,
        "first": [{"line": 3, "column": "created", "form": "?"}, {"line": 4, "column": "created", "form": "??"}],
    }


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ("a,2026-01-01,ES,1,0\n", "[no_conversion] data/raw/mine"),
        ("a,2026-01-01,ES,1,1\nb,2026-01-01,ES,1,soon\n", "[unknown_kind] data/raw/mine/leads.csv, column 'result'"),
        ("", "[no_rows] data/raw/mine/leads.csv"),
    ],
)
def test_faults_that_only_the_rows_show_are_found(project, examine, rows, fault):
    """Check no conversion, an outcome nobody declared and a header without leads."""
    project.write("leads.csv", "id,created,country,size,result\n" + rows)
    faults = examine()["faults"]
    assert len(faults) == 1
    assert faults[0].startswith(fault)


def doubt(examine, part, **changes):
    """Return the doubts that have `part` in them."""
    return [sentence for sentence in examine(**changes)["doubts"] if part in sentence]


def test_an_end_that_does_not_fit_the_records_is_doubted(project, examine):
    """Check an `as_of` before the newest record, one long after it, and a time of another epoch."""
    assert doubt(examine, "as_of", as_of="2026-01-03") == []
    assert doubt(examine, "as_of", as_of="2026-03-01") == [
        "as_of is 2026-03-01 00:00:00 UTC, but nothing is newer than 2026-01-02 00:00:00 UTC: do the data go so far?"
    ]
    assert doubt(examine, "as_of", as_of="2026-01-01T12:00:00") == [
        "as_of is 2026-01-01 12:00:00 UTC, but the newest record is of 2026-01-02 00:00:00 UTC"
    ]
    project.write("leads.csv", "id,created,country,size,result\na,1970-01-21,ES,1,1\n")
    assert doubt(examine, "oldest") == [
        "the oldest record is of 1970-01-21 00:00:00 UTC: is its format declared rightly?"
    ]


def test_a_log_that_does_not_fit_the_leads_is_doubted(project, examine):
    """Check ids that match nothing, activities before the lead and rows that repeat."""
    project.write(
        "log.csv", "lead,at,what\nz,2026-01-05,open\na,2025-01-05,open\na,2025-01-05,open\nb,2026-01-05,open\n"
    )
    doubts = doubt(examine, "log.csv", activities=[LOG])
    assert [sentence.split(":")[1].strip() for sentence in doubts] == [
        "1 of 4 rows are of leads that are not there",
        "2 of 4 activities are older than their lead",
        "1 rows repeat another in every column",
    ]


def test_a_log_that_begins_late_is_doubted_unless_it_says_so(project, examine, run):
    """Check a log in two files that begins 31 days after the leads, one that begins after 30, and a declared one."""
    leads = "id,created,country,size,result\na,2025-12-01,ES,1,1\nb,2025-12-20,ES,1,0\n"
    project.write("leads.csv", leads)
    project.write("log-1.csv", "lead,at,what\na,2026-01-01T00:00:01,open\n")
    project.write("log-2.csv", "lead,at,what\na,2026-01-20,click\n")
    log = LOG | {"file": "log-*.csv"}
    assert doubt(examine, "covered_from", activities=[log]) == [
        "log-*.csv: leads come in from 2025-12-01 00:00:00 UTC on, the log begins at 2026-01-01 00:00:01 UTC: if "
        'earlier activities are lost, declare covered_from: "2026-01-01T00:00:01Z"'
    ]
    assert doubt(examine, "covered_from", activities=[log | {"covered_from": "2026-01-01T00:00:01Z"}]) == []
    assert "    what was done before 2026-01-01 00:00:01 UTC is taken for unknown" in run()[0].splitlines()
    project.write("log-1.csv", "lead,at,what\na,2025-12-31,open\n")
    assert doubt(examine, "covered_from", activities=[log]) == []


def test_a_checksum_is_compared_where_it_is_declared(project, examine):
    """Check the right one, a wrong one and a file that is not there."""
    right = hashlib.sha256((project.raw / "leads.csv").read_bytes()).hexdigest()
    assert examine(checksums={"leads.csv": right})["checksums"] == {"leads.csv": "as declared"}
    wrong = examine(checksums={"leads.csv": "0" * 64, "gone.csv": "0" * 64})
    assert wrong["checksums"] == {"leads.csv": "not as declared", "gone.csv": "the file is missing"}
    assert [sentence for sentence in wrong["doubts"] if "checksum" in sentence] == [
        "leads.csv: its checksum is not as declared",
        "gone.csv: its checksum is not as declared",
    ]


def test_texts_read_in_a_wrong_encoding_are_counted(project, examine):
    """Check mojibake; letters that only look like it are not counted."""
    project.write(
        "leads.csv", "id,created,country,size,result\na,2026-01-01,EspaÃ±a,1,1\nb,2026-01-01,São Tomé Ãrea,1,1\n"
    )
    assert doubt(examine, "encoding") == ["1 leads have texts such as JosÃ©: they were read in a wrong encoding"]


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("Lifecycle Stage", "lifecycle stage"),
        ("Close Date", "close date"),
        ("IsConverted", "is converted"),
        ("automated_probability", "probability"),
        ("stage_id", "stage"),
        ("Recent Deal Amount", "deal amount"),
        ("Last Activity Date", "last activity"),
        ("Contact owner", "owner"),
        ("Create Date", None),
        ("What is your current occupation", None),
        ("Original Traffic Source", None),
        ("Postage", None),
    ],
)
def test_names_of_columns_that_are_known_late_are_told(column, words):
    """Check CRMs' own names in their ways of writing, and harmless ones."""
    assert find_late_name(column) == words


def test_only_columns_declared_at_creation_are_doubted(project, examine):
    """Check that the same column declared as known later raises no doubt."""
    project.write("leads.csv", "id,created,country,size,result,Lead Status\na,2026-01-01,ES,1,1,x\n")
    own = {"status": {"column": "Lead Status", "type": "category", "known": "creation"}}
    assert len(doubt(examine, "Lead Status", leads={"own": own})) == 1
    own["status"]["known"] = "after_outcome"
    assert doubt(examine, "Lead Status", leads={"own": own}) == []


def test_conversions_without_a_time_and_unused_objectives_are_doubted(examine):
    """Check what later stages would refuse or pass over."""
    objectives = {
        "sale": {"converted": ["won"], "horizon_days": 10},
        "rent": {"converted": ["won"], "horizon_days": None},
    }
    doubts = examine(objectives=objectives)["doubts"]
    assert any(sentence.startswith("sale: 1 conversions have no time") for sentence in doubts)
    assert any(sentence.startswith("objective 'rent' is not among the objectives") for sentence in doubts)


def test_the_text_shows_all_of_it_and_nothing_is_written(project, run):
    """Check the lines a reader looks for, on a source with one rejected row."""
    project.allow_rejects(0.5)
    project.declare(leads={"missing": ["open"]}, checksums={"leads.csv": "0" * 64})
    long = "7" * 200
    project.write(
        "leads.csv",
        f'id,created,country,size,result,colour\na,2026-01-01,"E\nS",1,1,red\nb,{long},ES,1,1,\nc,2026-01-02,ES,1,open,\n',
    )
    before = project.list_files()
    text, last = run()
    assert project.list_files() == before
    assert last == "mine can be ingested; things to look at: 5"
    for line in (
        "data/raw/mine/leads.csv (leads)",
        "  lead_id     <- id",
        "  size        <- size (number, known: creation)",
        "  not declared, not used: colour",
        "  column 'result' of the leads: 1 is won, 0 is lost",
        "  leads.csv: not as declared",
        "  leads.csv: 3 read = 2 kept + 1 rejected + 0 identical duplicates",
        "    1 not_understood",
        f"      line 4, column 'created': {'9' * 40}…",
        "  2 leads of 2 persons, 2026-01-01 00:00:00 to 2026-01-02 00:00:00",
        "  outcomes: 1 won",
        "  1 leads without any outcome",
        "  objective sale: 1 of 2 leads converted (50.0%), 0 closed otherwise, 1 open",
        "  none: it can be ingested",
    ):
        assert line in text.splitlines()


def test_a_source_of_every_kind_is_shown(project, run):
    """Check the text of a source without dates, and of one with a log and outcomes in it."""
    project.declare(leads={"columns": {"lead_id": "id", "sequence": "size"}, "own": {}}, as_of=None)
    assert "  2 leads of 2 persons" in run()[0].splitlines()
    project.declare(activities=[LOG], outcomes=[{"kinds_of_activity": {"signed": "won"}}])
    project.write("log.csv", "lead,at,what\na,2026-01-05,open\na,2026-01-06,signed\n")
    text = run()[0].splitlines()
    assert "  kinds of activity: signed is won" in text
    assert "  open            1  email_opened" in text
    assert "  signed          1  (a kind of its own)" in text


@pytest.mark.parametrize(
    ("name", "code"), [("_template", "not_a_source"), ("x; touch PWNED", "invalid_name"), ("yours", "unknown_source")]
)
def test_a_name_that_is_no_source_is_refused(project, run, name, code):
    """Check that the template is refused politely, and anything that is no name."""
    text, last = run(name)
    assert text == ""
    assert last.startswith(f"[{code}] ")


def test_the_program_ends_with_status_zero_or_one(project):
    """Check the real program on a good source and on one with two faults."""
    done = project.run("src.data.check", "mine")
    assert done.returncode == 0
    assert done.stderr == "src.data.check: mine can be ingested; things to look at: 3\n"
    project.declare(activities=[LOG], outcomes=[OUTCOMES])
    before = project.list_files()
    done = project.run("src.data.check", "mine")
    assert done.returncode == 1
    assert done.stderr == (
        "src.data.check: [cannot_be_ingested] data/sources/mine.yaml: it cannot be ingested; faults, listed above: 2\n"
    )
    assert done.stdout.split("Faults\n")[1].count("\n") == 2
    assert "Traceback" not in done.stdout
    assert project.list_files() == before
