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
    [
        (" Ana@X.ES ", "ana@x.es"),
        ("velmar@velmar.es", "velmar@velmar.es"),
        ("testa@x.es", "testa@x.es"),
        ("a@velmar.es", "a@velmar.es"),
        ("no at", None),
        ("sin@correo", None),
        ("ana@velmar", None),
        ("ana@velmar.", None),
        ("ana@@velmar.es", None),
        ("Test@test.com", None),
        ("test@velmar.es", None),
        ("noemail@noemail.com", None),
        ("no@no.es", None),
        ("x@x.com", None),
        ("asdf@asdf.com", None),
        ("aaa@gmail.com", None),
        ("", None),
        (None, None),
    ],
)
def test_an_email_is_compared_without_case_and_blanks(email, normal):
    """Check that what cannot be an address, and what stands for none, links nobody."""
    found = normalise_email(pd.Series([email], dtype="str"))[0]
    assert found == normal if normal else pd.isna(found)


@pytest.mark.parametrize(
    ("phone", "normal"),
    [
        ("+34 600 123 456", "600123456"),
        ("0034600123456", "600123456"),
        ("600-123-456", "600123456"),
        ("34600123456", "600123456"),
        ("+34 (0)600 123 456", "600123456"),
        ("+33 6 12 34 57 89", "612345789"),
        ("06 12 34 57 89", "612345789"),
        ("+1 212 555 2368", "2125552368"),
        ("+1 312 555 2368", "3125552368"),
        ("(212) 555-2368", "2125552368"),
        ("+91 98765 43210", None),
        ("+91 98765 43211", "9876543211"),
        ("+91 88765 43211", "8876543211"),
        ("+521 55 4356 8729", "5543568729"),
        ("55 4356 8729", "5543568729"),
        ("+351 912 345 679", "912345679"),
        ("+503 7123 4568", "371234568"),
        ("+506 7123 4568", "671234568"),
        ("02 123 45 67", "021234567"),
        ("123", None),
        ("000000000", None),
        ("600000000", None),
        ("+34 600 000 000", None),
        ("123456789", None),
        ("0123456789", None),
        ("987654321", None),
        ("1234567890", None),
        ("999 999 999", None),
        ("1234567890123456", None),
        (None, None),
    ],
)
def test_a_phone_is_compared_by_its_national_number(phone, normal):
    """Check prefixes, areas of three digits, numbers too short or too long, and fillers."""
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


def test_strangers_who_will_not_give_theirs_are_no_person():
    """Check two leads with the same made-up address and number, and two areas of one country."""
    leads = make_leads(
        ["a", "test@test.com", "600000000"],
        ["b", "test@test.com", "600000000"],
        ["c", None, "+1 212 555 2368"],
        ["d", None, "+1 312 555 2368"],
    )
    assert group(leads) == [["a"], ["b"], ["c"], ["d"]]


def test_the_person_is_a_hash_that_does_not_depend_on_the_order_of_rows():
    """Check the value itself: of the smallest lead_id, sixteen digits, no personal data."""
    leads = make_leads(["b", "ana@x.es", None], ["a", "ana@x.es", None])
    expected = hashlib.sha256(b"a").hexdigest()[:16]
    assert derive_persons(leads).tolist() == [expected, expected]
    assert derive_persons(leads[::-1].reset_index(drop=True)).tolist() == [expected, expected]
