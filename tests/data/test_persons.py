import hashlib

import pandas as pd
import pytest

from src.data.persons import derive_persons, normalise_email, normalise_phone


def make_leads(*rows):
    return pd.DataFrame(rows, columns=["lead_id", "email", "phone"], dtype="str")


def group(leads):
    """Return the lead_ids of each person."""
    return sorted(leads["lead_id"].groupby(derive_persons(leads)).apply(list).tolist())


@pytest.mark.parametrize(
    ("email", "normal"),
    [(" Ana@X.ES ", "ana@x.es"), ("no at", None), ("", None), (None, None)],
)
def test_an_email_is_compared_without_case_and_blanks(email, normal):
    """Check that what has no at sign links nobody."""
    found = normalise_email(pd.Series([email], dtype="str"))[0]
    assert found == normal if normal else pd.isna(found)


@pytest.mark.parametrize(
    ("phone", "normal"),
    [
        ("+34 600 123 456", "600123456"),
        ("0034600123456", "600123456"),
        ("600-123-456", "600123456"),
        ("123", None),
        ("000000000", None),
        ("999 999 999", None),
        ("1234567890123456", None),
        (None, None),
    ],
)
def test_a_phone_is_compared_by_its_last_nine_digits(phone, normal):
    """Check prefixes, numbers too short or too long, and fillers of one digit."""
    found = normalise_phone(pd.Series([phone], dtype="str"))[0]
    assert found == normal if normal else pd.isna(found)


def test_leads_that_share_an_email_or_a_phone_are_one_person():
    """Check that links chain: a and b share an e-mail, b and c a phone; d is alone."""
    leads = make_leads(
        ["a", "ana@x.es", None],
        ["b", "ANA@x.es", "600123456"],
        ["c", None, "+34600123456"],
        ["d", "eva@x.es", "611222333"],
    )
    assert group(leads) == [["a", "b", "c"], ["d"]]


def test_leads_without_data_are_persons_of_their_own():
    """Check that missing and unusable values link nobody."""
    assert group(make_leads(["a", None, None], ["b", None, None], ["c", "none", "000"])) == [["a"], ["b"], ["c"]]


def test_the_person_is_a_hash_that_does_not_depend_on_the_order_of_rows():
    """Check the value itself: of the smallest lead_id, sixteen digits, no personal data."""
    leads = make_leads(["b", "ana@x.es", None], ["a", "ana@x.es", None])
    expected = hashlib.sha256(b"a").hexdigest()[:16]
    assert derive_persons(leads).tolist() == [expected, expected]
    assert derive_persons(leads[::-1].reset_index(drop=True)).tolist() == [expected, expected]
