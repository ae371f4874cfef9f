import numpy as np
import pandas as pd
import pytest

from src import paths
from src.data.sources import Source
from src.evaluation.selection import (
    bound_selection,
    choose_age,
    mark_contacted,
    measure_group,
    measure_propensity,
    measure_selection,
    read_contacts,
)
from src.files import write_table
from src.params import load_params

START = pd.Timestamp("2026-01-01")


@pytest.fixture(scope="module")
def params(model_params):
    values = load_params()
    evaluation = values.evaluation.model_copy(update={"bootstrap": 20, "confidence": 0.95})
    return values.model_copy(update={"model": model_params, "evaluation": evaluation})


def make_source(contacted: dict | None) -> Source:
    return Source.model_validate(
        {
            "description": "Made by hand.",
            "as_of": "2026-12-31T00:00:00",
            "ages": ["0h", "7d"],
            "leads": {
                "file": "leads.csv",
                "columns": {"lead_id": "ID", "created_at": "Created"},
                "own": {"called": {"column": "Called", "type": "flag", "known": "after_outcome"}},
            },
            "activities": [{"file": "log.csv", "columns": {"lead_id": "l", "occurred_at": "o", "kind": "k"}}],
            "outcomes": [{"column_of_leads": "Won", "kinds": {"yes": "won"}}],
            "objectives": {"sale": {"converted": ["won"], "horizon_days": 10}},
            "contacted": contacted,
        }
    )


def make_contacts(**days: float) -> pd.DataFrame:
    """Return contacts so many days after the start, by lead."""
    at = START + pd.to_timedelta(list(days.values()), unit="D")
    return pd.DataFrame({"lead_id": list(days), "contacted_at": at})


def make_rows(lead_id: str = "abcd", age: str = "7d", age_days: float = 7.0) -> pd.DataFrame:
    rows = pd.DataFrame({"lead_id": list(lead_id), "created_at": START, "age": age, "age_days": age_days})
    return rows.assign(snapshot_at=rows["created_at"] + pd.Timedelta(days=age_days))


def test_contacted_is_who_was_by_the_snapshot():
    """Check contact just after creation and on the moment itself, and that earlier and later ones do not count."""
    contacts = make_contacts(a=0.01, b=7, c=-1, d=7.01)
    assert mark_contacted(make_rows(), contacts).tolist() == [True, True, False, False]


def test_second_contact_counts_where_the_first_does_not():
    """Check a lead called before it came (from an older list) and again after; and the order of the rows."""
    contacts = pd.concat([make_contacts(a=-1), make_contacts(a=2), make_contacts(a=9)])
    assert mark_contacted(make_rows("ba").set_axis([7, 3]), contacts).tolist() == [False, True]


def test_contact_without_a_time_counts():
    """Check the form that a column of the leads gives."""
    contacts = pd.DataFrame({"lead_id": ["b"], "contacted_at": pd.Series([pd.NaT], dtype="datetime64[us]")})
    assert mark_contacted(make_rows("ab"), contacts).tolist() == [False, True]


@pytest.mark.parametrize(
    ("contacts", "age"),
    [
        # Median of 1 and 2 days, the second call of a counting for nothing: reached at 7 days.
        (pd.concat([make_contacts(a=1, b=2), make_contacts(a=99)]), "7d"),
        (make_contacts(a=7), "7d"),
        (make_contacts(a=20), "30d"),
        (make_contacts(a=99), "30d"),
        # Before the lead came it was no contact.
        (make_contacts(a=-3), "0h"),
        (pd.DataFrame({"lead_id": ["a"], "contacted_at": pd.to_datetime([None])}), "0h"),
    ],
)
def test_age_is_when_half_of_the_contacted_have_been(contacts, age):
    """Check the age at which leads are compared, and the first where contacts have no time."""
    history = pd.concat([make_rows("ab", name, days) for name, days in {"0h": 0, "7d": 7, "30d": 30}.items()])
    assert choose_age(history, contacts) == age


def test_bounds_by_hand(params):
    """Check two contacted leads of which one converts, and two others of which one does.

    None: 1/4; as seen: 2/4; all: 3/4. With one probability for all, the others would convert as one of
    two contacted ones did: (1 + 2 x 1/2) / 4.
    """
    test = pd.DataFrame({"label": [1.0, 0, 1, 0], "is_contacted": [True, True, False, False], "first": 0.2})
    found = bound_selection(test.assign(person=list("abcd")), params)
    values = [found[name] for name in ("if_none", "as_seen", "like_contacted", "if_all")]
    assert values == pytest.approx([0.25, 0.5, 0.5, 0.75])
    assert found["if_none_low"] <= found["if_none"] <= found["if_none_high"]


def test_like_contacted_follows_the_probability(params):
    """Check that others who are less probable would convert less often than contacted leads do.

    Contacted leads convert as often as they promise, one in two at 1/2 and one in five at 1/5, so the
    other two, at 1/5, are expected to convert at 1/5.
    """
    label = [1.0, 0.0, 1.0, 0, 0, 0, 0, 0.0, 0.0]
    first = [0.5, 0.5, *[0.2] * 5, 0.2, 0.2]
    test = pd.DataFrame({"label": label, "first": first, "is_contacted": [True] * 7 + [False] * 2})
    found = bound_selection(test.assign(person=list("abcdefghi")), params)
    assert found["like_contacted"] == pytest.approx((2 + 2 * 0.2) / 9, abs=1e-6)


def test_contacted_of_one_class_promise_nothing(params):
    """Check that no rate is made up where no contacted lead converts, and that nobody contacted gives no bound."""
    test = pd.DataFrame({"label": [0.0, 1.0], "is_contacted": [True, False], "first": 0.5, "person": ["a", "b"]})
    assert "like_contacted" not in bound_selection(test, params)
    assert bound_selection(test.assign(is_contacted=False), params) == {}


def test_group_of_one_class_is_only_counted(params):
    """Check that neither an order nor a calibration is claimed."""
    rows = pd.DataFrame({"label": [0.0, 0.0], "probability": [0.1, 0.2], "person": ["a", "b"]})
    assert measure_group(rows, params) == {"leads": 2, "conversions": 0, "is_assessable": False}


def test_propensity_finds_who_is_called(make_history, catalogue, params):
    """Check that calls by colour are foretold surely, calls by lot not at all, and calls of all not asked about."""
    rows = make_history(400, seed=3).query("age == '0h'").reset_index(drop=True)
    by_colour = rows.assign(is_contacted=rows["colour"].to_numpy() == "red")
    by_lot = rows.assign(is_contacted=np.random.default_rng(0).random(len(rows)) < 0.5)

    def measure(rows):
        return measure_propensity(rows[:250], rows[250:].reset_index(drop=True), catalogue, params)

    sure, blind = measure(by_colour), measure(by_lot)
    assert sure["roc_auc"] > 0.95
    assert sure["share_below"] + sure["share_above"] > 0.5
    assert blind["roc_auc_low"] < 0.5 < blind["roc_auc_high"]
    assert blind["share_below"] + blind["share_above"] < 0.05
    assert measure(rows.assign(is_contacted=True)) == {}


def test_behaviour_does_not_foretell_contact(make_history, catalogue, params):
    """Check that only what is known at creation is used: visits that give the calls away change nothing."""
    rows = make_history(400, seed=3).query("age == '7d'").reset_index(drop=True)
    rows["is_contacted"] = np.random.default_rng(0).random(len(rows)) < 0.5
    rows["visits"] = rows["is_contacted"].astype(float)
    found = measure_propensity(rows[:250], rows[250:].reset_index(drop=True), catalogue, params)
    assert found["roc_auc_high"] < 0.8


def test_groups_are_of_leads_still_open(make_history, catalogue, params):
    """Check that groups are formed at 7 days, from the test alone, by the probabilities of that age."""
    rows = make_history(300, seed=5)
    rows["fold"] = np.where(rows["sequence"] < 200, "history", "test")
    contacted = rows[(rows["sequence"] % 2 == 0) & (rows["age"] == "0h")]
    contacts = pd.DataFrame({"lead_id": contacted["lead_id"], "contacted_at": contacted["created_at"]})
    contacts["contacted_at"] += pd.Timedelta(days=1)
    test = rows[rows["fold"] == "test"]
    predictions = test[["lead_id", "age"]].assign(probability=np.where(test["age"] == "7d", 0.4, 0.3))
    source = make_source({"kinds": ["call_made"]})
    found = measure_selection(rows, predictions, contacts, catalogue, source, params)
    assert (found["age"], found["leads"], found["share_contacted"]) == ("7d", 100, 0.5)
    assert found["groups"]["contacted"]["leads"] == 50
    assert found["groups"]["others"]["mean_probability"] == pytest.approx(0.4)
    at_seven_days = test[test["age"] == "7d"]["label"]
    assert found["bounds"]["as_seen"] == pytest.approx(at_seven_days.mean())


def test_nothing_declared_is_said_so(params):
    """Check that nothing is measured, and that no file is read."""
    source = make_source(None)
    assert len(read_contacts(source)) == 0
    assert measure_selection(None, None, None, [], source, params) == {"is_declared": False}


@pytest.fixture
def tables(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    leads = pd.DataFrame({"lead_key": [0, 1, 2], "lead_id": list("abc"), "called": ["Sí", None, "No"]})
    write_table(leads, paths.LEADS)
    codes = {"column": ["kind", "kind", "asset"], "code": [3, 4, 4], "value": ["page_viewed", "call_made", "call_made"]}
    write_table(pd.DataFrame(codes), paths.CODES)
    log = pd.DataFrame({"lead_key": [0, 1, 1], "kind": [3, 4, 3]}).astype("int32")
    log["occurred_at"] = pd.Series([1, 86_400_000_000, 2], dtype="int64")
    write_table(log, paths.ACTIVITIES / "0.parquet")


def test_contacts_are_read_from_the_log(tables):
    """Check that only the declared kind counts, with its time: a day after 1970 began."""
    found = read_contacts(make_source({"kinds": ["call_made"]}))
    assert found["lead_id"].tolist() == ["b"]
    assert found["contacted_at"].tolist() == [pd.Timestamp("1970-01-02")]


def test_contacts_are_read_from_a_column(tables):
    """Check that yes is contact without a time, and that no and a blank are none."""
    found = read_contacts(make_source({"column": "called"}))
    assert found["lead_id"].tolist() == ["a"]
    assert found["contacted_at"].isna().all()


def test_kind_that_never_occurs_is_no_contact(tables):
    """Check that a kind which the log does not know gives no contacts, and no error."""
    assert len(read_contacts(make_source({"kinds": ["smoke_signal"]}))) == 0
