"""How logs and deals find their leads, outcomes in dates, and leads that are the company's own."""

from pathlib import Path

import pandas as pd
import pytest

from src import paths
from src.data import ingest
from src.data.log import MOST_OWN_KINDS
from src.files import read_json, read_table
from src.stage import InputError

COLUMNS = {"lead_id": "id", "created_at": "created", "email": "mail"}
OWN = {"firm": {"column": "firm", "type": "category", "known": "creation"}}
LEADS = (
    "id,created,mail,firm,closed\n"
    "1,2026-01-01,ana@x.es,f,\n"
    "2,2026-01-10,Ana@X.es,f,2026-01-20\n"
    "3,2026-01-10,eva@y.es,g,\n"
    "4,2026-01-11,me@ours.es,h,\n"
)
LOG = {
    "file": "log.csv",
    "columns": {"lead_id": {"column": "recipient", "by": "email"}, "occurred_at": "at", "kind": "what"},
}
DEALS = {
    "file": "deals.csv",
    "columns": {"lead_id": {"column": "company", "by": "firm"}, "kind": "what", "occurred_at": "at"},
    "kinds": {"Won": "won"},
}
BY_DATE = {"date_of_leads": "closed", "kind": "won"}


@pytest.fixture
def mine(project):
    """Return what declares a source with these leads and ingests it."""

    def run(log="", deals="", **changes):
        project.declare(**({"leads": {"columns": COLUMNS, "own": OWN}, "outcomes": [BY_DATE]} | changes))
        project.write("leads.csv", LEADS)
        project.write("log.csv", f"recipient,at,what,seconds\n{log}")
        project.write("deals.csv", f"company,what,at\n{deals}")
        ingest.main()
        return read_table(paths.OUTCOMES)

    return run


def read_log(*columns):
    """Return (lead_id, time and further columns) of each activity."""
    log = pd.concat([read_table(path) for path in sorted(paths.ACTIVITIES.iterdir())], ignore_index=True)
    lead = log["lead_key"].map(read_table(paths.LEADS).set_index("lead_key")["lead_id"])
    at = pd.to_datetime(log["occurred_at"], unit="us").dt.strftime("%m-%d %H:%M")
    return list(zip(lead, at, *(log[column] for column in columns), strict=True))


@pytest.mark.parametrize(
    ("several", "found"),
    [
        ("all", [("1", "01-05 09:00"), ("1", "01-15 09:00"), ("2", "01-05 09:00"), ("2", "01-15 09:00")]),
        ("newest", [("1", "01-05 09:00"), ("2", "01-15 09:00")]),
        ("none", []),
    ],
)
def test_a_log_that_names_its_leads_by_email(mine, several, found):
    """Check capitals, and which of two leads of one address has an activity: by default it must be said."""
    log = "ANA@x.es,2026-01-05T09:00,open,1\nana@x.es,2026-01-15T09:00,open,1\neva@y.es,2026-01-15T09:00,open,1\n"
    mine(log, activities=[LOG | {"several": several}])
    assert read_log() == [*found, ("3", "01-15 09:00")]
    file = read_json(paths.INTAKE)["files"][1]
    assert file["rows_read"] == file["rows_kept"] + file["rows_rejected"] == 3
    with pytest.raises(InputError, match=r"several_leads.*log\.csv, line 2, column 'recipient': 2 rows mean several"):
        mine(log, activities=[LOG])


def test_a_deal_of_a_company_is_its_contacts(mine):
    """Check a deal that names its leads by an own column, and that one from before a contact is not that one's."""
    outcomes = mine(deals="f,won,2026-01-05\n", outcomes=[DEALS | {"several": "all"}])
    assert list(zip(outcomes["lead_id"], outcomes["kind"], strict=True)) == [("1", "won"), ("2", "unreadable")]


def test_a_log_in_utc_beside_leads_in_local_time(mine):
    """Check that a file's zone is its own, and that a column's comes first."""
    log = "3,2026-01-15T09:00,open,1\n"
    columns = {"lead_id": "recipient", "occurred_at": "at", "kind": "what"}
    mine(log, timezone="Europe/Madrid", activities=[LOG | {"columns": columns, "timezone": "UTC"}])
    assert read_log() == [("3", "01-15 09:00")]
    assert read_table(paths.LEADS)["created_at"].max() == pd.Timestamp("2026-01-10 23:00")
    own = columns | {"occurred_at": {"column": "at", "timezone": "America/Lima"}}
    mine(log, timezone="Europe/Madrid", activities=[LOG | {"columns": own, "timezone": "UTC"}])
    assert read_log() == [("3", "01-15 14:00")]


def test_what_happened_under_a_merged_id_is_the_new_lead_s(mine, project):
    """Check a chain of mergers, that each row is counted, and that a circle is refused."""
    merged = {"file": "merged.csv", "columns": {"old_id": "from", "new_id": "to"}}
    columns = {"lead_id": "recipient", "occurred_at": "at", "kind": "what"}
    project.write("merged.csv", "from,to\n90,91\n91,3\n")
    mine("90,2026-01-15T09:00,open,1\n", merged=merged, activities=[LOG | {"columns": columns}])
    assert read_log() == [("3", "01-15 09:00")]
    project.allow_rejects()
    project.write("merged.csv", "from,to\n90,3\n90,3\n92,1\n92,2\n,3\n")
    mine(
        "90,2026-01-15T09:00,open,1\n92,2026-01-15T09:00,open,1\n",
        merged=merged,
        activities=[LOG | {"columns": columns, "tolerate": {"unknown_lead": 1}}],
    )
    assert read_log() == [("3", "01-15 09:00")]
    file = next(file for file in read_json(paths.INTAKE)["files"] if file["file"] == "merged.csv")
    assert [file[key] for key in ("rows_read", "rows_kept", "rows_rejected", "duplicates")] == [5, 1, 3, 1]
    assert file["rejected_by_reason"] == {"conflicting_duplicate": 2, "missing_value": 1}
    project.write("merged.csv", "from,to\n90,91\n91,90\n")
    with pytest.raises(InputError, match="merged_in_a_circle"):
        mine("90,2026-01-15T09:00,open,1\n", merged=merged, activities=[LOG | {"columns": columns}])


def test_leads_of_the_company_itself_are_set_apart(mine):
    """Check own domains and test addresses, and that their activities are of leads that are not kept."""
    columns = {"lead_id": "recipient", "occurred_at": "at", "kind": "what"}
    company = {"own_domains": ["OURS.es"], "test_addresses": ["eva@y.es"], "currency": "USD"}
    mine("4,2026-01-15T09:00,open,1\n", company=company, activities=[LOG | {"columns": columns}])
    assert read_table(paths.LEADS)["lead_id"].tolist() == ["1", "2"]
    intake = read_json(paths.INTAKE)
    files = intake["files"]
    assert intake["currency"] == "USD"
    assert files[0]["rejected_by_reason"] == {"own_domain": 1, "test_address": 1}
    assert files[1]["rejected_by_reason"] == {"lead_not_kept": 1}


def test_a_date_that_is_filled_in_is_an_outcome(mine):
    """Check that a day is known at its end."""
    outcomes = mine()
    assert outcomes[["lead_id", "kind", "occurred_at"]].to_numpy().tolist() == [
        ["2", "won", pd.Timestamp("2026-01-20 23:59:59")]
    ]


def test_numbers_of_activities_are_kept_in_the_log(mine):
    """Check a number, one that is missing, and one that cannot be read, which costs no activity."""
    columns = {"lead_id": "recipient", "occurred_at": "at", "kind": "what"}
    log = "3,2026-01-15T09:00,view,12.5\n3,2026-01-16T09:00,view,\n3,2026-01-17T09:00,view,long\n"
    mine(log, activities=[LOG | {"columns": columns, "values": {"seconds": "seconds"}}])
    first, *others = (value for *_, value in read_log("value_seconds"))
    assert first == 12.5
    assert pd.isna(others).all()
    assert read_json(paths.INTAKE)["files"][1]["not_understood"] == [
        {"column": "seconds", "as": "value_seconds", "rows": 1, "forms": []}
    ]


def test_many_kinds_of_activity_are_those_that_occur_most_and_the_others(mine):
    """Check that the rarest are one kind, that it is said, and that no activity is lost."""
    columns = {"lead_id": "recipient", "occurred_at": "at", "kind": "what"}
    rows = [f"3,2026-01-15T09:{minute:02d},kind {n},1\n" for n in range(50) for minute in range(60 - n)]
    mine("".join(rows), activities=[LOG | {"columns": columns}])
    codes = read_table(paths.CODES)
    kinds = codes.loc[codes["column"] == "kind", "value"].tolist()
    assert len(kinds) == MOST_OWN_KINDS + 1
    assert ("kind_0" in kinds, "kind_49" in kinds, "other_kinds" in kinds) == (True, False, True)
    assert len(read_log()) == len(rows)
    assert any(
        doubt.startswith("10 kinds of activity that occur most rarely") for doubt in read_json(paths.INTAKE)["doubts"]
    )
    assert Path("data/interim/coverage.parquet").is_file()
