import pandas as pd

from src.features.explicit_metrics.person import measure_person


def make_leads(*rows: tuple[str, str | None, str | None, str]) -> pd.DataFrame:
    """Return leads from (day, e-mail, phone, person)."""
    leads = pd.DataFrame(rows, columns=["created_at", "email", "phone", "person"])
    leads["created_at"] = pd.to_datetime(leads["created_at"], format="ISO8601")
    return leads.astype({"email": "str", "phone": "str", "person": "str"})


def test_earlier_requests_are_counted():
    """Check the count and the days since the latest, for a person who asks three times."""
    leads = make_leads(
        ("2026-01-01", "ana@x.com", None, "p"),
        ("2026-01-02", "eva@x.com", None, "q"),
        ("2026-01-03", " ANA@x.com", None, "p"),
        ("2026-01-06 12:00", "ana@x.com", None, "p"),
    )
    measured = measure_person(leads, is_person_declared=False)
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
    measured = measure_person(leads, is_person_declared=False)
    assert measured["count_earlier_requests"].tolist() == [0, 0, 2, 3]
    assert measured["days_since_earlier_request"].fillna(-1).tolist() == [-1, -1, 1, 1]


def test_a_declared_person_is_believed():
    """Check that where the source says who is who, equal e-mails do not matter."""
    leads = make_leads(
        ("2026-01-01", "shop@x.com", None, "p"),
        ("2026-01-02", "shop@x.com", None, "q"),
        ("2026-01-03", None, None, "p"),
    )
    measured = measure_person(leads, is_person_declared=True)
    assert measured["count_earlier_requests"].tolist() == [0, 0, 1]


def test_without_contact_data_the_person_counts():
    """Check that leads with neither e-mail nor phone fall back to the person."""
    leads = make_leads(("2026-01-01", None, None, "p"), ("2026-01-02", None, None, "q"))
    assert measure_person(leads, False)["count_earlier_requests"].tolist() == [0, 0]


def test_requests_without_dates_are_only_counted():
    """Check that the days are missing in a source without dates."""
    leads = make_leads(("2026-01-01", "a@x.com", None, "p"), ("2026-01-02", "a@x.com", None, "p"))
    measured = measure_person(leads.assign(created_at=pd.NaT), False)
    assert measured["count_earlier_requests"].tolist() == [0, 1]
    assert measured["days_since_earlier_request"].isna().all()
