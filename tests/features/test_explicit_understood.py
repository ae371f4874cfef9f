import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.data.tables import PERSONAL_COLUMNS
from src.features.explicit_metrics.understood import METRICS_OF_FIELDS, count_understood, find_understood

FIELDS = {field for field, _ in METRICS_OF_FIELDS}
METRICS = {metric for _, metric in METRICS_OF_FIELDS}


def make(given: dict[str, list], found: dict[str, list]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return leads and metrics with these columns; all others are missing."""
    count = len(next(iter(given.values())))
    columns = sorted({*FIELDS, "person"})
    leads = pd.DataFrame({"person": range(count)} | given, index=range(count)).reindex(columns=columns).astype("str")
    return leads, pd.DataFrame(found, index=range(count)).reindex(columns=sorted(METRICS))


def test_what_was_not_understood_is_listed_the_most_frequent_first():
    """Check counts and values of a field that twelve leads gave, two of them in words that are known."""
    titles = ["CEO", "Jefaza", "jefaza ", "Ana Perez", None, "Gerente", *["ana@x.com"] * 3, *["mago"] * 3, "JEFAZA"]
    seniority = ["executive", *[None] * 4, "executive", *[None] * 7]
    leads, metrics = make({"job_title": titles}, {"job_seniority": seniority})
    found = next(field for field in count_understood(leads, metrics) if field["metric"] == "job_seniority")
    assert found == {
        "field": "job_title",
        "metric": "job_seniority",
        "given": 12,
        "understood": 2,
        # Addresses and names in the wrong field are counted and not shown.
        "unknown": [{"value": "jefaza", "leads": 3}, {"value": "mago", "leads": 3}],
    }


def test_what_one_person_typed_again_and_again_is_not_shown():
    """Check that persons are counted: two of them asked four times."""
    cities = {"city": ["Juan Plantado"] * 4 + ["Narnia"] * 3, "person": ["a", "a", "a", "b", "a", "b", "c"]}
    found = count_understood(*make(cities, {}))
    assert found[0]["unknown"] == [{"value": "narnia", "leads": 3}]


def test_an_invalid_address_is_not_understood_and_never_shown():
    """Check a field with personal data."""
    leads, metrics = make({"email": ["ana@x.com", "ana@", None]}, {"is_email_valid": [1.0, 0.0, None]})
    assert count_understood(leads, metrics) == [
        {"field": "email", "metric": "is_email_valid", "given": 2, "understood": 1, "unknown": []}
    ]


@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=20), st.sampled_from(sorted(FIELDS)))
def test_values_are_few_and_never_personal(values, field):
    """Check that whatever was typed, at most ten values are listed, and none of a personal field."""
    leads, metrics = make({field: values}, {})
    for found in count_understood(leads, metrics):
        assert len(found["unknown"]) <= (0 if field in PERSONAL_COLUMNS else 10)
        assert all(unknown["leads"] >= 3 for unknown in found["unknown"])
        assert found["understood"] <= found["given"] == len(values)
        assert all("@" not in unknown["value"] for unknown in found["unknown"])


@pytest.mark.parametrize("field", sorted(FIELDS))
def test_a_field_nobody_filled_in_is_not_listed(field):
    """Check that an empty column has no row."""
    leads, metrics = make({field: [None, None]}, {})
    assert count_understood(leads, metrics) == []


def test_what_another_field_told_is_no_field_understood():
    """Check a country that the e-mail told, and a city whose place is that of the postal code."""
    told = [("country", "country_from", ["given", "e-mail", None], 1), ("city", "place_from", ["city", "region"], 1)]
    for field, metric, values, understood in told:
        assert int(find_understood(field, metric, pd.Series(values, dtype="str")).sum()) == understood
    assert find_understood("region", "region", pd.Series(["ES-M", None], dtype="str")).tolist() == [True, False]
