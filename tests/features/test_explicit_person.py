import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.features.explicit_metrics.person import METRICS, measure_person

OUTCOMES = ["count_earlier_won", "count_earlier_lost", "count_earlier_accepted", "count_earlier_refused"]


def make_outcomes(*rows: tuple[str, str, str | None]) -> pd.DataFrame:
    """Return outcomes from (lead_id, kind, day)."""
    outcomes = pd.DataFrame(rows, columns=["lead_id", "kind", "occurred_at"])
    outcomes["occurred_at"] = pd.to_datetime(outcomes["occurred_at"], format="ISO8601").astype("datetime64[us]")
    return outcomes.astype({"lead_id": "str", "kind": "str"})


NO_OUTCOMES = make_outcomes()


def make_leads(*rows: tuple[str, str | None, str | None, str]) -> pd.DataFrame:
    """Return leads a, b, c… from (day, e-mail, phone, person)."""
    leads = pd.DataFrame(rows, columns=["created_at", "email", "phone", "person"])
    leads["created_at"] = pd.to_datetime(leads["created_at"], format="ISO8601").astype("datetime64[us]")
    leads["lead_id"] = [chr(ord("a") + row) for row in range(len(leads))]
    return leads.astype({"lead_id": "str", "email": "str", "phone": "str", "person": "str"})


def test_earlier_requests_are_counted():
    """Check the count and the days since the latest, for a person who asks three times."""
    leads = make_leads(
        ("2026-01-01", "ana@x.com", None, "p"),
        ("2026-01-02", "eva@x.com", None, "q"),
        ("2026-01-03", " ANA@x.com", None, "p"),
        ("2026-01-06 12:00", "ana@x.com", None, "p"),
    )
    measured = measure_person(leads, NO_OUTCOMES, is_person_declared=False)
    assert measured["count_earlier_requests"].tolist() == [0, 0, 1, 2]
    assert measured["days_since_earlier_request"].fillna(-1).tolist() == [-1, -1, 2, 3.5]


def test_a_link_made_later_joins_nothing_before_it():
    """Check that two leads are strangers until a third one has the e-mail of one, the phone of other."""
    leads = make_leads(
        ("2026-01-01", "ana@x.com", None, "p"),
        ("2026-01-02", None, "612345678", "p"),
        ("2026-01-03", "ana@x.com", "+34 612 345 678", "p"),
        ("2026-01-04", None, "612345678", "p"),
    )
    measured = measure_person(leads, NO_OUTCOMES, is_person_declared=False)
    assert measured["count_earlier_requests"].tolist() == [0, 0, 2, 3]
    assert measured["days_since_earlier_request"].fillna(-1).tolist() == [-1, -1, 1, 1]


@pytest.mark.parametrize(
    ("email", "phone"),
    [("test@test.com", "600000000"), ("noemail@noemail.com", "123456789"), ("sin@correo", "987654321")],
)
def test_who_will_not_give_theirs_has_no_earlier_requests(email, phone):
    """Check strangers with the same made-up address and number."""
    leads = make_leads(("2026-01-01", email, phone, "p"), ("2026-01-02", email, phone, "q"))
    assert measure_person(leads, NO_OUTCOMES, False)["count_earlier_requests"].tolist() == [0, 0]


def test_a_declared_person_is_believed():
    """Check that where the source says who is who, equal e-mails do not matter."""
    leads = make_leads(
        ("2026-01-01", "shop@x.com", None, "p"),
        ("2026-01-02", "shop@x.com", None, "q"),
        ("2026-01-03", None, None, "p"),
    )
    measured = measure_person(leads, NO_OUTCOMES, is_person_declared=True)
    assert measured["count_earlier_requests"].tolist() == [0, 0, 1]


def test_without_contact_data_the_person_counts():
    """Check that leads with neither e-mail nor phone fall back to the person."""
    leads = make_leads(("2026-01-01", None, None, "p"), ("2026-01-02", None, None, "q"))
    assert measure_person(leads, NO_OUTCOMES, False)["count_earlier_requests"].tolist() == [0, 0]


def test_requests_without_dates_are_only_counted():
    """Check that the days are missing in a source without dates."""
    leads = make_leads(("2026-01-01", "a@x.com", None, "p"), ("2026-01-02", "a@x.com", None, "p"))
    measured = measure_person(leads.assign(created_at=pd.NaT), NO_OUTCOMES, False)
    assert measured["count_earlier_requests"].tolist() == [0, 1]
    assert measured["days_since_earlier_request"].isna().all()


def make_asks(*days: str, person: str = "p") -> pd.DataFrame:
    """Return the leads of one person, one for each of the `days`."""
    return make_leads(*((day, "ana@x.com", None, person) for day in days))


def test_an_outcome_counts_from_its_second_on():
    """Check a sale a moment after the second request, at the third and long before the fourth."""
    leads = make_asks("2026-01-01", "2026-01-05", "2026-01-05 00:00:01", "2026-02-01")
    outcomes = make_outcomes(("a", "won", "2026-01-05 00:00:01"), ("b", "lost", "2026-02-01 00:00:01"))
    measured = measure_person(leads, outcomes, False)
    assert measured["count_earlier_won"].tolist() == [0, 0, 1, 1]
    assert measured["count_earlier_lost"].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("kinds", "counted"),
    [
        (["won"], [1, 0, 0, 0]),
        (["lost"], [0, 1, 0, 0]),
        (["accepted"], [0, 0, 1, 0]),
        (["rejected"], [0, 0, 0, 1]),
        (["returned"], [0, 0, 0, 1]),
        (["rejected", "returned"], [0, 0, 0, 1]),
        (["accepted", "returned", "won"], [1, 0, 1, 1]),
        (["unreadable"], [0, 0, 0, 0]),
    ],
)
def test_each_kind_of_outcome_has_its_count(kinds, counted):
    """Check that what the client sent back counts once, and what cannot be read not at all."""
    outcomes = make_outcomes(*(("a", kind, "2026-01-02") for kind in kinds))
    measured = measure_person(make_asks("2026-01-01", "2026-01-03"), outcomes, False)
    assert measured[OUTCOMES].iloc[1].tolist() == counted


def test_a_lead_does_not_know_its_own_outcome():
    """Check an outcome noted before its lead came in: the next lead is the first to know."""
    leads = make_asks("2026-01-05", "2026-01-05", "2026-01-05")
    measured = measure_person(leads, make_outcomes(("a", "lost", "2025-12-31"), ("c", "won", "2026-01-05")), False)
    assert measured["count_earlier_lost"].tolist() == [0, 1, 1]
    assert measured["count_earlier_won"].tolist() == [0, 0, 0]


def test_an_outcome_at_an_unknown_time_does_not_count():
    """Check that without a time nobody can say that it was known; nor is a stranger's counted."""
    outcomes = make_outcomes(("a", "won", None), ("z", "won", "2026-01-01"))
    measured = measure_person(make_asks("2026-01-01", "2026-03-01"), outcomes, False)
    assert measured["count_earlier_won"].tolist() == [0, 0]


def test_a_link_brings_the_outcomes_of_both():
    """Check two strangers, one won and one lost, whom a third lead joins."""
    leads = make_leads(
        ("2026-01-01", "ana@x.com", None, "p"),
        ("2026-01-02", None, "612345678", "p"),
        ("2026-01-08", None, "612345678", "p"),
        ("2026-01-09", "ana@x.com", "612345678", "p"),
    )
    outcomes = make_outcomes(("a", "won", "2026-01-03"), ("b", "lost", "2026-01-04"))
    measured = measure_person(leads, outcomes, False)
    assert measured[["count_earlier_won", "count_earlier_lost"]].to_numpy().tolist() == [[0, 0], [0, 0], [0, 1], [1, 1]]


def test_outcomes_without_dates_of_leads_are_unknown():
    """Check that the counts of outcomes are missing, and the requests are not."""
    leads = make_asks("2026-01-01", "2026-01-02").assign(created_at=pd.Series([pd.NaT] * 2, dtype="datetime64[us]"))
    measured = measure_person(leads, make_outcomes(("a", "won", "2026-01-01")), False)
    assert measured["count_earlier_requests"].tolist() == [0, 1]
    assert measured[OUTCOMES].isna().all(axis=None)


def test_no_lead_is_measured_too():
    """Check an empty history: all columns, as numbers."""
    measured = measure_person(make_leads(), NO_OUTCOMES, False)
    assert list(measured) == [metric.name for metric in METRICS]
    assert set(measured.dtypes.astype(str)) == {"float64"}


def count_by_hand(leads: pd.DataFrame, outcomes: pd.DataFrame, row: int) -> list[int]:
    """Return requests, won and refused of the earlier leads that can be reached from a row, step by step."""
    reached = {row}
    while True:
        known = leads.iloc[sorted(reached)]
        near = leads["email"].isin(known["email"].dropna()) | leads["phone"].isin(known["phone"].dropna())
        more = {int(at) for at in near[near].index if at <= row} | reached
        if more == reached:
            break
        reached = more
    earlier = leads.iloc[sorted(reached - {row})]
    seen = outcomes[outcomes["occurred_at"] <= leads["created_at"][row]]
    won = earlier["lead_id"].isin(seen.loc[seen["kind"] == "won", "lead_id"]).sum()
    refused = earlier["lead_id"].isin(seen.loc[seen["kind"].isin(["rejected", "returned"]), "lead_id"]).sum()
    return [len(earlier), int(won), int(refused)]


HISTORY = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["a@x.es", "b@x.es", "c@x.es", None]),
        st.sampled_from(["612345678", "612345679", "612345670", None]),
        st.lists(st.tuples(st.sampled_from(["won", "rejected", "returned"]), st.integers(0, 9)), max_size=2),
    ),
    min_size=1,
    max_size=16,
)


@given(HISTORY)
@settings(max_examples=50)
def test_earlier_leads_are_those_that_can_be_reached(history):
    """Check any small history against a search, lead by lead, that sees only what was there by then."""
    start = pd.Timestamp("2026-01-01")
    day, rows, happened = 0, [], []
    for number, (days, email, phone, outcomes) in enumerate(history):
        day += days
        rows.append((str(start + pd.Timedelta(days=day)), email, phone, f"p{number}"))
        lead_id = chr(ord("a") + number)
        happened += [(lead_id, kind, str(start + pd.Timedelta(days=day + later))) for kind, later in outcomes]
    leads, outcomes = make_leads(*rows), make_outcomes(*happened)
    measured = measure_person(leads, outcomes, False)
    found = measured[["count_earlier_requests", "count_earlier_won", "count_earlier_refused"]].to_numpy().tolist()
    assert found == [count_by_hand(leads, outcomes, row) for row in range(len(leads))]
