import pandas as pd
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from src.features.explicit_metrics.contact import (
    classify_email,
    is_role_address,
    measure_contact,
    parse_phone,
)


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("ana@gmail.com", "free"),
        (" ANA@GMAIL.COM ", "free"),
        ("ana@hotmail.es", "free"),
        ("ana@movistar.es", "free"),
        ("ana@acme.com", "corporate"),
        ("ana@tienda.acme.es", "corporate"),
        ("ana@mailinator.com", "disposable"),
        ("ana@x.yopmail.com", "disposable"),
        ("ana@", "invalid"),
        ("ana", "invalid"),
        ("ana@@gmail.com", "invalid"),
        ("ana@gmail", "invalid"),
        ("ana maria@gmail.com", "invalid"),
        ("a" * 10_000 + "@gmail.com", "invalid"),
        ("", "invalid"),
    ],
)
def test_an_address_is_of_someone(address, kind):
    """Check that an address is of a free provider, of a throw-away, of a company or none."""
    assert classify_email(address) == kind


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        ("info@acme.com", 1),
        ("VENTAS@acme.com", 1),
        ("ventas2@acme.com", 1),
        ("compras.madrid@acme.com", 1),
        ("ana@acme.com", 0),
        ("informatica.perez@acme.com", 1),
        ("infante@acme.com", 0),
        ("acme", None),
    ],
)
def test_an_address_of_a_post_is_told_from_a_persons(address, answer):
    """Check that the name before the @ is looked up as a whole and by its first word."""
    assert is_role_address(address) == answer


@pytest.mark.parametrize(
    ("text", "region", "answer"),
    [
        ("612 345 678", "ES", ("mobile", "ES")),
        ("612-345-678", "ES", ("mobile", "ES")),
        ("+34612345678", "FR", ("mobile", "ES")),
        ("0034 612345678", "ES", ("mobile", "ES")),
        ("34612345678", "ES", ("mobile", "ES")),
        ("612345678.0", "ES", ("mobile", "ES")),
        ("(+34) 612.345.678", "ES", ("mobile", "ES")),
        ("91 234 56 78", "ES", ("landline", "ES")),
        ("+33 1 42 68 53 00", "ES", ("landline", "FR")),
        ("900 123 456", "ES", ("other", "ES")),
        ("+1 202 456 1111", "ES", ("mobile or landline", "US")),
        ("123456", "ES", ("invalid", None)),
        ("666666666", "ES", ("invalid", None)),
        ("0000000000", "ES", ("invalid", None)),
        ("12345678901234567", "ES", ("invalid", None)),
        ("no tengo", "ES", ("invalid", None)),
        ("6" * 10_000, "ES", ("invalid", None)),
    ],
)
def test_a_phone_tells_its_line_and_country(text, region, answer):
    """Check that phones are read in every notation, and refused where they cannot exist."""
    assert parse_phone(text, region) == answer


def test_a_phone_is_compared_with_the_country_given():
    """Check that a number without prefix is one of the lead's country, else of the default."""
    leads = pd.DataFrame({"phone": ["612345678", "612345678", "+34612345678", None], "email": None})
    measured = measure_contact(leads.astype("str"), pd.Series(["ES", None, "FR", "ES"]), "ES")
    assert measured["is_phone_of_country"].fillna(-1).tolist() == [1, -1, 0, -1]
    assert measured["is_phone_valid"].fillna(-1).tolist() == [1, 1, 1, -1]
    assert measured["has_phone"].tolist() == [1, 1, 1, 0]


@given(st.text(max_size=30), st.sampled_from(["ES", "MX", "US", "XK"]))
def test_any_text_may_stand_for_an_address_or_a_phone(text, region):
    """Check that no text raises an error."""
    assert classify_email(text) in ("free", "corporate", "disposable", "invalid")
    assert is_role_address(text) in (None, 0, 1)
    kind, country = parse_phone(text, region)
    assert (kind == "invalid") == (country is None)


@given(st.from_regex(r"[a-zA-Z0-9._%+-]{1,12}@[a-z0-9.-]{1,12}", fullmatch=True) | st.emails())
def test_the_verdict_on_an_address_is_that_of_the_library(address):
    """Check that an address is invalid if and only if email-validator says so."""
    try:
        validate_email(address, check_deliverability=False)
        is_valid = len(address) <= 254
    except EmailNotValidError:
        is_valid = False
    assert (classify_email(address) != "invalid") == is_valid
