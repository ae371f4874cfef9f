"""Exports as people have them, with invented values: each is read right, or what is wrong is said in one line."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

from src import paths
from src.data import ingest
from src.data.sources import load_source
from src.files import read_json, read_table
from src.stage import InputError

CASES = Path(__file__).parent / "cases"
DAYS = [("a", "2026-01-01"), ("b", "yesterday"), ("c", "2026-01-03")]


@pytest.fixture
def case(project):
    """Return what ingests a case, its declaration changed at dotted keys, and gives its leads and outcomes."""

    def run(name, **changes):
        for path in (CASES / name).glob("*.csv"):
            shutil.copy(path, project.raw)
        declared = yaml.safe_load((CASES / name / "source.yaml").read_text(encoding="utf-8"))
        for key, value in changes.items():
            *parents, last = key.split("__")
            target = declared
            for parent in parents:
                target = target[int(parent) if parent.isdecimal() else parent]
            target[last] = value
        text = yaml.safe_dump(declared, allow_unicode=True, sort_keys=False)
        Path("data/sources/mine.yaml").write_text(text, encoding="utf-8")
        load_source("mine")
        ingest.main()
        return read_table(paths.LEADS).set_index("lead_id"), read_table(paths.OUTCOMES)

    return run


def list_doubts():
    return read_json(paths.INTAKE)["doubts"]


def count_kinds(outcomes):
    return outcomes["kind"].value_counts().to_dict()


def test_a_date_and_a_time_apart_are_one_time(case):
    """Check that both columns of the leads make the moment, in Madrid's zone."""
    leads, _ = case("date-and-time-apart")
    assert leads["created_at"]["100001"] == pd.Timestamp("2025-01-06 08:00:00")
    assert leads["created_at"]["100004"] == pd.Timestamp("2025-01-17 23:00:00")


def test_halves_of_the_day_in_spanish_are_understood(case):
    """Check that nine in the evening is 21 in Madrid, and twelve at night midnight."""
    leads, _ = case("spanish-am-pm")
    assert leads["created_at"]["100005"] == pd.Timestamp("2025-01-21 20:00:00")
    assert leads["created_at"]["100004"] == pd.Timestamp("2025-01-17 23:00:00")


def test_an_offset_in_a_pattern_is_applied_once(case):
    """Check that nine o'clock five hours behind UTC is 14 in UTC, whatever the source's zone."""
    for zone in ("America/Lima", "Europe/Madrid"):
        leads, _ = case("strptime-offset", timezone=zone)
        assert leads["created_at"]["100001"] == pd.Timestamp("2025-01-06 14:00:00")


def test_a_slip_in_a_pattern_is_named_by_file_and_key(case):
    """Check one line that says which key of which file has it."""
    with pytest.raises(InputError) as caught:
        case("strptime-typo")
    assert "data/sources/mine.yaml: leads.columns.created_at.format: " in str(caught.value)
    assert "%Q is no strptime directive" in str(caught.value)


def test_epochs_that_a_spreadsheet_shortened_are_refused(case):
    """Check that rounded times are no times, and that the reason is said."""
    with pytest.raises(
        InputError, match=r"acts\.csv, line 2, column 'when': 88 of 88 .* scientific_notation .* digits"
    ):
        case("epoch-scientific")


def test_amounts_with_a_currency_are_read_and_cost_no_deal(case):
    """Check euros in Spanish, and that every deal is there even where its amount cannot be read."""
    _, outcomes = case("euro-amounts")
    amounts = outcomes.set_index("lead_id")["amount"]
    assert (amounts["100003"], amounts["100015"]) == (900.0, 1500.0)
    assert count_kinds(outcomes) == {"lost": 12, "won": 8}
    assert list_doubts() == []
    path = paths.raw_folder("mine") / "deals.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("€", "US$", 1), encoding="utf-8")
    ingest.main()
    assert [doubt for doubt in list_doubts() if "stand US$, €, and they are taken for one unit" in doubt]
    _, outcomes = case("euro-amounts", outcomes__0__currency="USD")
    assert count_kinds(outcomes) == {"lost": 12, "won": 8}
    assert outcomes["amount"].isna().all()
    assert read_json(paths.INTAKE)["files"][1]["not_understood"][0]["rows"] == 8


def test_points_that_may_part_thousands_are_doubted_and_declarable(case):
    """Check the doubt under the default, its absence once decimals are declared, and both ways to declare thousands."""
    leads, _ = case("thousands-points")
    assert leads["budget"]["100002"] == 12.0
    assert [doubt.split(":")[0] for doubt in list_doubts()] == ["leads.csv", "deals.csv"]
    assert "every point in 'budget' (28 rows) has three digits behind it" in list_doubts()[0]
    leads, _ = case("thousands-points", leads__decimal=".", outcomes__0__decimal=".")
    assert (leads["budget"]["100002"], list_doubts()) == (12.0, [])
    own = {"column": "budget", "type": "number", "known": "creation", "thousands": "."}
    leads, outcomes = case("thousands-points", leads__own={"budget": own}, outcomes__0__decimal=",")
    assert (leads["budget"]["100002"], leads["budget"]["100004"], list_doubts()) == (12000.0, 1200.0, [])
    assert outcomes.set_index("lead_id")["amount"]["100015"] == 1500.0


def test_flags_of_spreadsheets_and_forms_are_understood(case):
    """Check German, French and ticked boxes, and that what is no flag is counted and said."""
    leads, _ = case("flags-not-understood")
    assert leads.loc[["100001", "100002"], ["optin", "nl", "gdpr", "called"]].to_numpy().tolist() == [
        ["no", "no", "no", "yes"],
        ["yes", "yes", "yes", "no"],
    ]
    own = {"column": "country", "type": "flag", "known": "creation"}
    case("flags-not-understood", leads__own={"abroad": own}, contacted=None)
    assert "40 of 40 values of 'country' are not understood and missing" in list_doubts()[0]
    assert "abroad has one value in all leads" in list_doubts()[1]


def test_a_field_within_json_is_a_column(case):
    """Check the page among a GA4 event's parameters, and the doubt where nobody declares it."""
    case("ga4-event-params", activities__0__columns__asset="event_params.page_location")
    codes = read_table(paths.CODES)
    assert codes.loc[codes["column"] == "asset", "value"].tolist() == ["https://www.example.com/precios"]
    assert list_doubts() == []
    case("ga4-event-params")
    assert "88 values look like JSON" in list_doubts()[0]
    assert "event_params.page_location" in list_doubts()[0]


def test_contacts_imported_after_they_bought_stop_nothing(case):
    """Check that they are counted and of unknown fate, and that a file may tolerate fewer of them."""
    _, outcomes = case("imported-contacts")
    assert count_kinds(outcomes) == {"lost": 22, "won": 15, "unreadable": 3}
    assert read_json(paths.INTAKE)["files"][1]["rejected_by_reason"] == {"before_creation": 3}
    with pytest.raises(InputError, match=r"too_many_rejected.* 3 of 40 .* tolerate: \{before_creation: …\}"):
        case("imported-contacts", outcomes__0__tolerate={"before_creation": 0.05})


def test_a_deal_of_several_contacts_is_the_outcome_of_all_or_as_declared(case):
    """Check the doubt at one row in forty, the refusal where nobody says what several mean, and each way to say it."""
    _, outcomes = case("deal-of-several-contacts")
    assert not outcomes["lead_id"].isin(["100013", "100014"]).any()
    assert "1 rows are of unknown leads; known they would be 1 with split: ';'" in list_doubts()[0]
    with pytest.raises(InputError, match=r"several_leads.* 1 rows mean several leads"):
        case("deal-of-several-contacts", outcomes__0__split=";")
    found = {}
    for several in ("all", "newest", "none"):
        _, outcomes = case("deal-of-several-contacts", outcomes__0__split=";", outcomes__0__several=several)
        found[several] = outcomes.loc[outcomes["lead_id"].isin(["100013", "100014"]), "lead_id"].tolist()
        file = read_json(paths.INTAKE)["files"][1]
        assert file["rows_read"] == file["rows_kept"] + file["rows_rejected"]
    assert found == {"all": ["100013", "100014"], "newest": ["100014"], "none": ["100013", "100014"]}
    assert set(outcomes.loc[outcomes["lead_id"].isin(["100013", "100014"]), "kind"]) == {"unreadable"}


def test_a_list_in_a_cell_is_its_values(case):
    """Check that order does not matter where it is declared, and that it is doubted where not."""
    own = {"column": "interests", "type": "list", "separator": ";", "known": "creation"}
    leads, _ = case("multi-values", leads__own={"interests": own})
    assert leads["interests"]["100001"] == leads["interests"]["100002"] == '["Excel","Power BI"]'
    case("multi-values")
    assert "interests: 30 values look like lists of values with ';' between" in list_doubts()[0]


def test_no_outcome_yet_belongs_to_the_outcome_alone(case):
    """Check that a zero is a number and a no elsewhere, and that a file's word that empties them is doubted."""
    leads, outcomes = case("zero-under-missing", leads__missing=[], outcomes__0__undecided=["0"])
    assert leads.loc["100001", ["visits", "optout"]].tolist() == [0.0, "yes"]
    assert leads.loc["100002", ["visits", "optout"]].tolist() == [1.0, "no"]
    assert set(outcomes["kind"]) == {"won"}
    case("zero-under-missing")
    assert ["the words under missing empty" in doubt for doubt in list_doubts()][:2] == [True, True]
    with pytest.raises(InputError, match=r"'0' \(\d+\); one that is no outcome \(yet\) belongs under undecided"):
        case("zero-under-missing", leads__missing=[])


def test_lists_and_structs_of_parquet_are_read_like_their_json(case, project):
    """Check a list and a field of a struct that a Parquet file holds, and whole numbers as they are."""
    columns = ["id", "created", "email", "country", "title", "size", "interests"]
    leads = pd.read_csv(CASES / "multi-values/leads.csv", dtype=str)[columns]
    leads["interests"] = leads["interests"].str.split(";")
    leads["params"] = [{"page": "/p", "n": 7}] * len(leads)
    leads.assign(id=leads["id"].astype("int64")).to_parquet(project.raw / "leads.parquet")
    own = {
        "interests": {"column": "interests", "type": "list", "known": "creation"},
        "page": {"column": "params.page", "type": "category", "known": "creation"},
        "n": {"column": "params.n", "type": "number", "known": "creation"},
    }
    leads, _ = case("multi-values", leads__file="leads.parquet", leads__own=own)
    assert leads.loc["100001", ["interests", "page", "n"]].tolist() == ['["Excel","Power BI"]', "/p", 7.0]


def test_a_file_of_many_columns_keeps_each_row_together(project):
    """Check columns beyond those read at once, a row that is rejected, and a value that is not understood."""
    own = {f"c{n}": {"column": f"c{n}", "type": "number", "known": "creation"} for n in range(90)}
    project.allow_rejects()
    project.declare(leads={"own": own})
    rows = [[lead, day, "ES", "1", *(f"{row * 100 + n}" for n in range(90))] for row, (lead, day) in enumerate(DAYS)]
    rows[2][-1] = "many"
    header = ["id", "created", "country", "result", *own]
    project.write("leads.csv", "\n".join(",".join(row) for row in [header, *rows]) + "\n")
    ingest.main()
    leads = read_table(paths.LEADS).set_index("lead_id")
    assert leads.loc[["a", "c"], ["c0", "c45", "c88"]].to_numpy().tolist() == [[0, 45, 88], [200, 245, 288]]
    assert (leads.index.tolist(), leads["c89"].isna().tolist()) == (["a", "c"], [False, True])
    assert read_json(paths.INTAKE)["files"][0]["not_understood"][0]["column"] == "c89"
