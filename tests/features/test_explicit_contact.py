import pandas as pd
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from src.features.explicit_metrics import contact
from src.features.explicit_metrics.contact import (
    METRICS,
    is_named_after,
    mark_roles,
    measure_contact,
    parse_phone,
    read_emails,
    read_phones,
)


def to_text(*values):
    return pd.Series(values, dtype="str")


@pytest.mark.parametrize(
    ("address", "kind", "domain"),
    [
        ("ana@gmail.com", "free", "gmail.com"),
        (" ANA@GMAIL.COM ", "free", "gmail.com"),
        ("\tana@gmail.com\n", "free", "gmail.com"),
        ("ana@hotmail.es", "free", "hotmail.es"),
        ("ana@movistar.es", "free", "movistar.es"),
        ("ana@privaterelay.appleid.com", "free", "privaterelay.appleid.com"),
        ("ana@relay.firefox.com", "free", "relay.firefox.com"),
        ("ana@mozmail.com", "free", "mozmail.com"),
        ("ana@duck.com", "free", "duck.com"),
        ("ana@ymail.com", "free", "ymail.com"),
        ("ana@yahoo.fr", "free", "yahoo.fr"),
        ("ana@hotmail.cl", "free", "hotmail.cl"),
        ("ana@gmial.com", "misspelt", "gmial.com"),
        ("ana@hotmial.com", "misspelt", "hotmial.com"),
        ("ana@hotmai.com", "misspelt", "hotmai.com"),
        ("ana@gmail.con", "misspelt", "gmail.con"),
        ("ana@gmail.es", "misspelt", "gmail.es"),
        ("ana@gmai.com", "misspelt", "gmai.com"),
        ("ana@gamil.com", "misspelt", "gamil.com"),
        ("ana@gmail.co", "misspelt", "gmail.co"),
        ("ana@gmail.comm", "misspelt", "gmail.comm"),
        ("ana@gmail.com.mx", "misspelt", "gmail.com.mx"),
        ("ana@hotmail.con", "misspelt", "hotmail.con"),
        ("ana@outlok.com", "misspelt", "outlok.com"),
        ("ana@yaho.es", "misspelt", "yaho.es"),
        ("ana@yahoo.con", "misspelt", "yahoo.con"),
        ("ana@icloud.co", "misspelt", "icloud.co"),
        ("ana@line.com", "corporate", "line.com"),
        ("ana@gmail.acme.com", "corporate", "gmail.acme.com"),
        ("ana@tmail.com", "disposable", "tmail.com"),
        ("ana@acme.com", "corporate", "acme.com"),
        ("ana+cursos@tienda.acme.es", "corporate", "tienda.acme.es"),
        ("josé@acme.com", "corporate", "acme.com"),
        ("ana@España.es", "corporate", "xn--espaa-rta.es"),
        ("ana@mailinator.com", "disposable", "mailinator.com"),
        ("ana@x.yopmail.com", "disposable", "x.yopmail.com"),
        ("ana@", "invalid", None),
        ("ana", "invalid", None),
        ("ana@@gmail.com", "invalid", None),
        ("ana@gmail", "invalid", None),
        ("ana@gmail..com", "invalid", None),
        (".ana@gmail.com", "invalid", None),
        ("ana maria@gmail.com", "invalid", None),
        ("Ana <ana@gmail.com>", "invalid", None),
        ("a" * 10_000 + "@gmail.com", "invalid", None),
        ("a" * 244 + "@gmail.com", "free", "gmail.com"),
        ("a" * 245 + "@gmail.com", "invalid", None),
        ("", "invalid", None),
        (None, None, None),
    ],
)
def test_an_address_is_of_someone(address, kind, domain):
    """Check that an address is of a free provider or a slip of it, of a throw-away, of a company or none."""
    read = read_emails(to_text(address)).astype(object)
    assert read.where(read.notna(), None).to_dict("records") == [{"kind": kind, "domain": domain}]


ATEXT = "abcXYZ019._%+-'!#$&*/=?^`{|}~ \t\"<>@ñ"
HOSTS = "abcXYZ019.-_ ñé。xn"
ADDRESSES = (
    st.emails()
    | st.text(max_size=40)
    | st.builds(
        "{}@{}{}".format,
        st.text(ATEXT, max_size=70),
        st.text(HOSTS, max_size=70),
        st.sampled_from(["", ".com", ".ES", ".test", ".c0", ".", ".xn--p1ai"]),
    )
)


@given(st.lists(ADDRESSES, max_size=8))
def test_the_verdict_on_an_address_is_that_of_the_library(addresses):
    """Check that every address is valid, and at that domain, if and only if email-validator says so."""
    domains = []
    for address in addresses:
        try:
            domains.append(validate_email(address.strip(), check_deliverability=False).ascii_domain)
        except (EmailNotValidError, ValueError):
            domains.append(None)
    read = read_emails(to_text(*addresses))
    assert read["domain"].astype(object).where(read["domain"].notna(), None).tolist() == domains
    assert (read["kind"] == "invalid").tolist() == [domain is None for domain in domains]


def test_roles_are_told_from_persons():
    """Check that the name before the @ is looked up as a whole and by its first word."""
    roles = ["info@acme.com", "VENTAS@acme.com", "ventas2@acme.com", "compras.madrid@acme.com", "no-reply@acme.com"]
    persons = ["ana@acme.com", "infante@acme.com", "ana.info@acme.com"]
    assert mark_roles(to_text(*roles, *persons)).tolist() == [1] * 5 + [0] * 3


@pytest.mark.parametrize(
    ("domain", "company", "answer"),
    [
        ("velmar.example", "Talleres Velmar S.L.", 1),
        ("talleres-velmar.es", "Talleres Velmar S.L.", 1),
        ("velmargroup.com", "VELMAR", 1),
        ("ventas.velmar.com.mx", "Velmar, S.A. de C.V.", 1),
        ("telefonica.com", "Telefónica S. A.", 1),
        ("hm.com", "H&M", 1),
        ("pwc.com", "Price Waterhouse Coopers", 1),
        ("us.es", "Universidad de Sevilla", 1),
        ("bbva.es", "BBVA", 1),
        ("servicioslumari.es", "Servicios Lumari", 1),
        ("grupo-servicios.es", "Grupo Servicios", 1),
        ("talleres.es", "Talleres Velmar", 0),
        ("consultinglumari.es", "Velmar Consulting", 0),
        ("lumari.es", "Talleres Velmar S.L.", 0),
        ("sl.es", "Velmar S.L.", 0),
        ("velmar.es", "三菱", None),
        ("velmar.es", "-", None),
        ("velmar.es", "x" * 10_000, 0),
    ],
)
def test_a_domain_is_named_after_a_company(domain, company, answer):
    """Check that the company's own words, all its words or their initials are found in the domain."""
    assert is_named_after(domain, company) == answer


@pytest.mark.parametrize(
    ("text", "region", "answer"),
    [
        ("612 345 678", "ES", ("mobile", "ES", False)),
        ("612-345-678", "ES", ("mobile", "ES", False)),
        ("６１２３４５６７８", "ES", ("mobile", "ES", False)),
        ("+34612345678", "FR", ("mobile", "ES", True)),
        ("0034 612345678", "ES", ("mobile", "ES", True)),
        ("0034 612345678", "US", ("mobile", "ES", True)),
        ("34612345678", "ES", ("mobile", "ES", True)),
        ("612345678.0", "ES", ("mobile", "ES", False)),
        ("34612345678.0", "ES", ("mobile", "ES", True)),
        ("6.12345678E+08", "ES", ("mobile", "ES", False)),
        ("6.12E+08", "ES", ("invalid", None, False)),
        ("(+34) 612.345.678", "ES", ("mobile", "ES", True)),
        ("91 234 56 78", "ES", ("landline", "ES", False)),
        ("+33 1 42 68 53 00", "ES", ("landline", "FR", True)),
        ("+33 1 42 68 53 00", "ZZ", ("landline", "FR", True)),
        ("612345678", "ZZ", ("invalid", None, False)),
        ("900 123 456", "ES", ("other", "ES", False)),
        ("+1 202 456 1111", "ES", ("mobile or landline", "US", True)),
        ("+34 123456", "ES", ("invalid", None, False)),
        ("123456", "ES", ("invalid", None, False)),
        ("666666666", "ES", ("invalid", None, False)),
        ("0000000000", "ES", ("invalid", None, False)),
        ("12345678901234567", "ES", ("invalid", None, False)),
        ("612435687 (tardes)", "ES", ("mobile", "ES", False)),
        ("+34 612435687 (Ana)", "FR", ("mobile", "ES", True)),
        ("Tel. 612435687 mañanas", "ES", ("mobile", "ES", False)),
        ("+34 (0)612435687", "ES", ("mobile", "ES", True)),
        ("+44 (0)20 7946 0958", "ES", ("landline", "GB", True)),
        ("+521 55 4356 8729", "ES", ("mobile or landline", "MX", True)),
        ("5215543568729", "MX", ("mobile or landline", "MX", True)),
        ("612435687 / 911234567", "ES", ("mobile", "ES", False)),
        ("911234567-612435687", "ES", ("landline", "ES", False)),
        ("612 43 56 87 91 123 45 67", "ES", ("mobile", "ES", False)),
        ("+34 612435687 +33 1 42 68 53 00", "ES", ("mobile", "ES", True)),
        ("6.12435687E+09", "ES", ("invalid", None, False)),
        ("000000000 / 666666666", "ES", ("invalid", None, False)),
        ("C/ Mayor 3, 28013 Madrid", "ES", ("invalid", None, False)),
        ("no tengo", "ES", ("invalid", None, False)),
        ("", "ES", ("invalid", None, False)),
        ("6" * 10_000, "ES", ("invalid", None, False)),
    ],
)
def test_a_phone_tells_its_line_and_country(text, region, answer):
    """Check that phones are read in every notation, and refused where they cannot exist."""
    assert parse_phone(text, region) == answer


def test_phones_keep_their_rows():
    """Check that each row gets its own phone's answer, and a missing phone none."""
    phone = to_text("612345678", None, "+33142685300", "612345678").set_axis([7, 5, 3, 1])
    region = pd.Series(["ES", "ES", None, None], dtype=object, index=phone.index)
    read = read_phones(phone, region)
    assert read.index.tolist() == [7, 5, 3, 1]
    assert read["kind"].tolist() == ["mobile", None, "landline", "invalid"]
    assert read["country"].tolist() == ["ES", None, "FR", None]
    assert read["has_prefix"].tolist() == [False, False, True, False]
    assert read["has_prefix"].dtype == bool


def test_many_phones_are_read_as_few_are(monkeypatch):
    """Check that two processes give the answers of one, in its order."""
    phone = to_text(*(f"6{number:08d}" for number in range(60)), None, "+33142685300", "x")
    region = pd.Series("ES", index=phone.index)
    few = read_phones(phone, region)
    monkeypatch.setattr(contact, "MANY_PHONES", 10)
    monkeypatch.setattr(contact, "PHONES_AT_ONCE", 7)
    assert_frame_equal(read_phones(phone, region), few)


def measure(leads, country, default="ES"):
    country = pd.Series(country, dtype=object)
    leads = leads.reindex(columns=["email", "phone", "company"]).astype("str")
    phones = read_phones(leads["phone"], country.fillna(default))
    return measure_contact(leads, read_emails(leads["email"]), phones, country)


def test_a_phone_is_compared_with_the_country_given():
    """Check that a number without prefix is one of the lead's country, else of the default."""
    leads = pd.DataFrame({"phone": ["612345678", "612345678", "+34612345678", None]})
    measured = measure(leads, ["ES", None, "FR", "ES"])
    assert measured["is_phone_of_country"].fillna(-1).tolist() == [1, -1, 0, -1]
    assert measured["is_phone_valid"].fillna(-1).tolist() == [1, 1, 1, -1]
    assert measured["has_phone"].tolist() == [1, 1, 1, 0]


def test_a_channel_can_be_used_where_it_is_valid():
    """Check that throw-away and misspelt addresses and impossible numbers reach nobody."""
    email = ["ana@velmar.es", "ana@gmail.com", "ana@yopmail.com", "ana@yopmail.com", "ana@gmial.com", "ana@", None]
    phone = ["612345678", "123", "912345678", "666666666", "612345678", "612345678", None]
    reachable = ["e-mail and phone", "e-mail", "phone", "nothing", "phone", "phone", "nothing"]
    measured = measure(pd.DataFrame({"email": email, "phone": phone}), ["ES"] * 7)
    assert measured["is_email_valid"].fillna(-1).tolist() == [1, 1, 1, 1, 1, 0, -1]
    assert measured["reachable_by"].tolist() == reachable


def test_what_is_unknown_of_an_address_is_missing():
    """Check that only corporate addresses of leads with a company are compared with it."""
    email = ["info@velmar.es", "info@velmar.es", "info@gmail.com", "info@", None]
    company = ["Velmar", None, "Velmar", "Velmar", "Velmar"]
    measured = measure(pd.DataFrame({"email": email, "company": company}), ["ES"] * 5)
    assert measured["is_email_of_company"].fillna(-1).tolist() == [1, -1, -1, -1, -1]
    assert measured["is_email_role"].fillna(-1).tolist() == [1, 1, 1, -1, -1]
    assert measured["is_email_valid"].fillna(-1).tolist() == [1, 1, 1, 0, -1]


@given(
    st.lists(st.tuples(*[st.none() | st.text(max_size=30)] * 3), max_size=4),
    st.sampled_from(["ES", "MX", "US", "XK", "AQ", None]),
)
def test_any_text_may_stand_for_an_address_a_phone_or_a_company(rows, country):
    """Check that no text raises an error and that every row has its metrics, of the declared types."""
    leads = pd.DataFrame(rows, columns=["email", "phone", "company"])
    measured = measure(leads, [country] * len(rows))
    assert list(measured) == [metric.name for metric in METRICS]
    assert len(measured) == len(rows)
    for metric in METRICS:
        assert (measured[metric.name].dtype == float) == (metric.type == "number")
