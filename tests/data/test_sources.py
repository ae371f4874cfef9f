from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from src.data.columns import Column, Constant, OwnColumn, RowNumber
from src.data.declarations import (
    Activities,
    Leads,
    Merged,
    OutcomesFromActivities,
    OutcomesFromDates,
    OutcomesFromFile,
    OutcomesFromLeads,
    find_files,
)
from src.data.sources import (
    Company,
    Generate,
    Objective,
    Source,
    check_source,
    list_sources,
    load_source,
    name_column,
    parse_age,
)
from src.data.tables import ACTIVITY_COLUMNS, ACTIVITY_KINDS, LEAD_COLUMNS, OUTCOME_COLUMNS, OUTCOME_KINDS
from src.stage import InputError

SOURCES = Path(__file__).parents[2] / "data/sources"
TEMPLATE = (SOURCES / "_template.yaml").read_text(encoding="utf-8")
LOG = {"file": "a.csv", "columns": {"lead_id": "l", "occurred_at": "o", "kind": "k"}}
MODELS = (
    Source,
    Generate,
    Leads,
    Column,
    RowNumber,
    Constant,
    OwnColumn,
    Activities,
    OutcomesFromFile,
    OutcomesFromLeads,
    OutcomesFromActivities,
    Objective,
    OutcomesFromDates,
    Merged,
    Company,
)

LEADS = {"lead_id": "id", "created_at": "created"}
LOG_COLUMNS = {"lead_id": "id", "occurred_at": "at", "kind": "what"}


def test_the_template_is_a_valid_declaration():
    """Check that what is copied as a start can be loaded and shows all four forms of outcomes."""
    source = load_source("_template", SOURCES)
    assert {type(outcome) for outcome in source.outcomes} == {
        OutcomesFromFile,
        OutcomesFromLeads,
        OutcomesFromDates,
        OutcomesFromActivities,
    }


@pytest.mark.parametrize("model", MODELS)
def test_the_template_mentions_every_key(model):
    """Check that no key of a declaration is left unexplained."""
    assert [key for key in model.model_fields if f"{key}:" not in TEMPLATE] == []


def test_the_template_names_every_canonical_column_and_kind():
    """Check that what can be mapped to can be found in the template."""
    names = {*LEAD_COLUMNS, *ACTIVITY_COLUMNS[1:], *OUTCOME_COLUMNS, *ACTIVITY_KINDS, *OUTCOME_KINDS}
    assert sorted(name for name in names if name not in TEMPLATE) == []


@pytest.mark.parametrize("name", list_sources(SOURCES))
def test_every_source_of_the_project_loads(name):
    """Check the declarations in git."""
    assert load_source(name, SOURCES).description


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"colour": "red"}, "colour: unknown key"),
        ({"leads": {"colums": {}}}, "leads.colums: unknown key"),
        ({"as_of": None}, "as_of is missing"),
        ({"as_of": "yesterday"}, "as_of: "),
        ({"as_of": "2026-03-29T02:30:00", "timezone": "Europe/Madrid"}, "never was in Europe/Madrid"),
        ({"timezone": "Madrid"}, "timezone: Value error, must be a time zone such as Europe/Madrid"),
        ({"timezone": "../../etc/passwd"}, "timezone: "),
        ({"ages": ["7d", "1d"]}, "ages must increase"),
        ({"ages": []}, "ages: "),
        ({"leads": {"file": "../leads.csv"}}, "leads.file: Value error, must be a file inside"),
        ({"leads": {"file": "a/../../leads.csv"}}, "leads.file: "),
        ({"leads": {"file": "/etc/leads.csv"}}, "leads.file: "),
        ({"leads": {"file": "leads.xls"}}, "leads.file: "),
        ({"leads": {"file": []}}, "leads.file: "),
        ({"leads": {"file": ["leads.csv", "../leads.csv"]}}, "leads.file: "),
        ({"leads": {"columns": LEADS | {"email": {"row_number": True}}}}, "only lead_id and sequence can be a row_"),
        ({"leads": {"file": "a-*.csv", "columns": LEADS | {"lead_id": {"row_number": True}}}}, "is no key of several"),
        ({"leads": {"columns": LEADS | {"lead_id": {"row_number": False}}}}, "leads.columns.lead_id.row_number"),
        ({"leads": {"own": {"row": {"column": "x", "type": "number", "known": "creation"}}}}, "own.row is a name"),
        (
            {"activities": [{"file": "a.csv", "columns": LOG_COLUMNS | {"lead_id": {"constant": "x"}}}]},
            "only kind can be a const",
        ),
        (
            {"outcomes": [{"file": "a.csv", "columns": {"lead_id": "a", "kind": {"constant": "sold"}}}]},
            "'sold' is none",
        ),
        ({"outcomes": [{"file": "a.csv", "columns": {"lead_id": "a", "kind": "b"}}]}, "kinds is missing"),
        ({"truth": "truth-*.parquet"}, "truth: "),
        ({"checksums": {"../a.csv": "0" * 64}}, "checksums"),
        ({"checksums": {"a.csv": "123"}}, "checksums.a.csv: "),
        ({"truth": "../truth.parquet"}, "truth: "),
        ({"leads": {"columns": {"lead_id": "id"}}}, "either created_at or"),
        ({"leads": {"columns": {"created_at": "c"}}}, "columns.lead_id is required"),
        ({"leads": {"columns": {"lead_id": "i", "created_at": "c", "title": "t"}}}, "columns.title is none of"),
        ({"leads": {"columns": {"lead_id": "i", "created_at": {"column": "c", "format": "dmy"}}}}, "strptime pattern"),
        ({"leads": {"own": {"email": {"column": "e", "type": "text", "known": "creation"}}}}, "own.email is a name"),
        ({"leads": {"own": {"x": {"column": "e", "type": "text", "known": "never"}}}}, "leads.own.x.known: "),
        ({"leads": {"own": {"x y": {"column": "e", "type": "text", "known": "later"}}}}, "leads.own.x y"),
        ({"leads": {"encoding": "cp1252"}}, "leads.encoding: "),
        ({"leads": {"delimiter": "::"}}, "leads.delimiter: "),
        ({"outcomes": []}, "outcomes: "),
        (
            {"outcomes": [{"column": "x"}]},
            "outcomes.0: needs one of file, column_of_leads, date_of_leads and kinds_of_activity",
        ),
        ({"outcomes": [{"column_of_leads": "x", "kinds": {"1": "sold"}}]}, "kinds.1: "),
        ({"outcomes": [{"column_of_leads": "x", "kind": {"1": "won"}}]}, "outcomes.0.column_of_leads.kinds: missing"),
        ({"objectives": {}}, "objectives: "),
        ({"objectives": {"x; touch PWNED": {"converted": ["won"], "horizon_days": 1}}}, "objectives.x; touch PWNED"),
        ({"objectives": {"sale": {"converted": ["won"]}}}, "objectives.sale.horizon_days: missing key"),
        ({"objectives": {"sale": {"converted": ["won"], "horizon_days": 0}}}, "objectives.sale.horizon_days: "),
        ({"activities": [{"file": "a.csv", "columns": {"lead_id": "l", "kind": "k"}}]}, "occurred_at is required"),
        (
            {"activities": [{"file": "a.csv", "columns": {"lead_id": ["l"], "occurred_at": "o", "kind": "k"}}]},
            "columns.lead_id cannot be put together",
        ),
        (
            {"activities": [{"file": "a.csv", "columns": {"lead_id": "l", "occurred_at": "o", "kind": []}}]},
            "activities.0.columns.kind",
        ),
        ({"activities": [LOG | {"covered_from": "spring"}]}, "activities.0.covered_from: "),
        ({"activities": [LOG | {"covered_from": date(2026, 1, 1)}]}, "activities.0.covered_from: Value error, must be"),
        ({"activities": [LOG | {"kept_days": 0}]}, "activities.0.kept_days: "),
        (
            {"activities": [LOG, LOG | {"covered_from": "2025-03-30T02:30"}], "timezone": "Europe/Madrid"},
            "activities.1.covered_from: 2025-03-30T02:30 never was in Europe/Madrid",
        ),
        ({"activities": [LOG | {"covered_from": "2026-02-01"}]}, "activities.0.covered_from is after as_of"),
    ],
)
def test_a_fault_in_a_declaration_is_named(project, changes, message):
    """Check that the refusal is one line with the file and the key."""
    with pytest.raises(InputError) as caught:
        project.declare(**changes)
    assert str(caught.value).startswith("[invalid_value] data/sources/mine.yaml: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_source_without_dates_has_neither_activities_nor_timed_outcomes(project):
    """Check that what needs a date of creation is refused where there is none."""
    undated = {"columns": {"lead_id": "id", "sequence": "n"}}
    assert not project.declare(leads=undated, as_of=None).is_dated()
    log = [{"file": "a.csv", "columns": {"lead_id": "l", "occurred_at": "o", "kind": "k"}}]
    timed = [{"file": "o.csv", "columns": {"lead_id": "l", "kind": "k", "occurred_at": "o"}, "kinds": {"1": "won"}}]
    for changes in ({"activities": log}, {"ages": ["0h", "1d"]}, {"outcomes": timed}):
        with pytest.raises(InputError, match=r"without leads\.columns\.created_at"):
            project.declare(leads=undated, as_of=None, **changes)


def test_a_date_without_quotes_is_refused(project):
    """Check the mistake that YAML invites: DVC cannot keep dates in its lock file."""
    path = Path("data/sources/mine.yaml")
    path.write_text(path.read_text().replace("'2026-01-31T23:59:59'", "2026-01-31"))
    with pytest.raises(InputError, match="as_of: Value error, must be in quotes"):
        load_source("mine")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("!!python/object/apply:os.system ['touch PWNED']", "unreadable_yaml"),
        ("a: &a [x]\nb: [*a, *a]", "unreadable_yaml"),
        ("description: x\ndescription: y", "unreadable_yaml"),
        ("as_of: 2026-99-99", "unreadable_yaml"),
        ("", "invalid_value"),
    ],
)
def test_a_declaration_of_more_than_plain_values_is_refused(project, text, code):
    """Check objects, alias bombs, repeated keys, impossible dates and an empty file."""
    Path("data/sources/mine.yaml").write_text(text)
    with pytest.raises(InputError, match=r"data/sources/mine\.yaml") as caught:
        load_source("mine")
    assert caught.value.code == code
    assert not Path("PWNED").exists()


@pytest.mark.parametrize(
    ("as_of", "zone", "expected"),
    [
        ("2026-07-31T23:59:59", "Europe/Madrid", "2026-07-31 21:59:59"),
        ("2026-07-31T23:59:59+00:00", "Europe/Madrid", "2026-07-31 23:59:59"),
        ("2026-07-31", "UTC", "2026-07-31 00:00:00"),
        ("2026-10-25T02:30:00", "Europe/Madrid", "2026-10-25 01:30:00"),
    ],
)
def test_the_end_of_the_data_is_in_utc(project, as_of, zone, expected):
    """Check local times, an offset, a date, and the hour that was twice: the later one."""
    assert project.declare(as_of=as_of, timezone=zone).get_as_of() == pd.Timestamp(expected)


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ({}, None),
        ({"covered_from": "2025-07-01"}, "2025-06-30 22:00:00"),
        ({"covered_from": "2025-07-01T00:00:00Z"}, "2025-07-01 00:00:00"),
        ({"kept_days": 90}, "2025-11-02 23:00:00"),
        ({"kept_days": 0.5}, "2026-01-31 11:00:00"),
        ({"kept_days": 90, "covered_from": "2025-07-01"}, "2025-11-02 23:00:00"),
        ({"kept_days": 90, "covered_from": "2025-12-01"}, "2025-11-30 23:00:00"),
    ],
)
def test_a_log_is_covered_from_the_later_of_its_beginnings(project, declared, expected):
    """Check a local time, one with an offset, days before the end of the data, and both."""
    source = project.declare(as_of="2026-02-01", timezone="Europe/Madrid", activities=[LOG | declared])
    expected = None if expected is None else pd.Timestamp(expected)
    assert source.find_covered_from(source.activities[0]) == expected


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("x; touch PWNED", "invalid_name"),
        ("..", "invalid_name"),
        ("_template", "not_a_source"),
        ("my", "unknown_source"),
    ],
)
def test_a_name_that_is_no_source_is_refused(project, name, code):
    """Check the name that a user gives to a program."""
    with pytest.raises(InputError) as caught:
        check_source(name)
    assert caught.value.code == code
    assert check_source("mine") == "mine"


def test_a_pattern_finds_the_parts_of_a_log_in_order(tmp_path):
    """Check that a name without parts is itself, there or not."""
    for name in ("log-2.csv", "log-1.csv", "other.csv"):
        (tmp_path / name).touch()
    assert [path.name for path in find_files(tmp_path, "log-*.csv")] == ["log-1.csv", "log-2.csv"]
    assert find_files(tmp_path, "none-*.csv") == [tmp_path / "none-*.csv"]


def test_names_and_ages_are_read():
    """Check the name of a kind of one's own and an age in hours."""
    assert [name_column(raw) for raw in ("W_Nabellen offertes", "page/view", "¿?")] == [
        "w_nabellen_offertes",
        "page_view",
        "unnamed",
    ]
    assert [parse_age(age) for age in ("0h", "12h", "7d")] == [0, 12, 168]
