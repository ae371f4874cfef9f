from itertools import product

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from src.features.explicit_metrics.contact import read_emails, read_phones
from src.features.explicit_metrics.gibberish import EDGE, has_gibberish, load_pairs
from src.features.explicit_metrics.spam import (
    METRICS,
    REASONS,
    build_quarantine,
    find_repeats,
    find_signs,
    is_impossible,
    list_reasons,
    load_spam_rules,
    measure_spam,
)

TEXTS = ("email", "phone", "first_name", "last_name", "form", "message", "honeypot")
LONG = "Quisiera recibir información del curso"


def make_leads(*rows: dict[str, str]) -> pd.DataFrame:
    """Return leads a, b, c… with what the `rows` give; a minute apart unless ``at`` is given."""
    start = pd.Timestamp("2026-01-01")
    leads = pd.DataFrame([{"at": start + pd.Timedelta(minutes=n), **row} for n, row in enumerate(rows)])
    leads = leads.reindex(columns=["at", *TEXTS]).astype(dict.fromkeys(TEXTS, "str"))
    leads["created_at"] = pd.to_datetime(leads.pop("at")).astype("datetime64[us]")
    return leads.assign(lead_id=pd.Series([f"lead {n}" for n in range(len(leads))], dtype="str"))


def sign(leads: pd.DataFrame) -> pd.DataFrame:
    """Return the signs of leads from Spain."""
    country = pd.Series("ES", index=leads.index, dtype="str")
    return find_signs(leads, read_emails(leads["email"]), read_phones(leads["phone"], country), find_repeats(leads))


def list_signs(**lead: str) -> list[str]:
    """Return the names of the signs that one lead shows."""
    signs = sign(make_leads(lead)).iloc[0]
    return [name for name in REASONS if signs[name]]


REAL_NAMES = """Ng|Nguyen|Krzysztof|Schwartz|Szczęsny|Bjørn|Xiomara|Wrzesniewski|Hrvoje|Ekwueme|Ntsiki|Y|JJ|Mª Ángeles|
Sra.|Fdez.|J. M.|JMGRS-P|王伟|Владимир|محمد|Þórður|Łukasz Brzęczyszczykiewicz|Dvořák|Strnad|Mhlanga|Nkrumah|Iñaki
Etxeberria|Rhys Llwyd|Zbyšek|Nguyễn Thị|Vlk|Çağrı Yılmaz|Ndongo|Mbappé|Xiaoyu Zhang|Goytisolo|O’Shaughnessy""".replace(
    "\n", " "
).split("|")


@pytest.mark.parametrize("name", REAL_NAMES)
def test_real_names_are_not_gibberish(name):
    """Check names of many languages, abbreviations, initials and other scripts, as first and last name."""
    assert list_signs(first_name=name) == []
    assert list_signs(last_name=name.upper()) == []


@pytest.mark.parametrize(
    "name",
    [
        "bcdfghj",
        "sdfjkl",
        "qwrtpsd",
        "ASDFGH",
        "xkqzvw",
        "kjhgf dsa",
        "María Xkqzvw",
        "qwe",
        "Asdf",
        "lkjhgf, Ana",
        "mckrrj",
        "xkqøzvw",
    ],
)
def test_letters_at_random_are_gibberish(name):
    """Check consonants, even likely ones, runs of the keyboard, and one such word beside a real name."""
    assert list_signs(first_name=name) == ["gibberish_name"]
    assert list_signs(first_name="Ana", last_name=name) == ["gibberish_name"]


def test_only_words_of_letters_are_judged():
    """Check that an address or a number in the field of a name is not read as a name."""
    assert not any(map(has_gibberish, ["bcdfghj@gmail.com", "xkq23zvw", "bcdf"]))


def test_the_table_holds_probabilities():
    """Check that what may follow a letter adds up to one, but for the rounding to two decimals."""
    letters = [EDGE, *"abcdefghijklmnopqrstuvwxyz"]
    pairs = load_pairs()
    sums = [sum(2.718281828 ** -pairs[first, second] for second in letters) for first in letters]
    assert sums == pytest.approx([1.0] * 27, abs=0.01)


@pytest.mark.parametrize(
    ("message", "signs"),
    [
        ("Mirad http://win.example/x", ["link_in_message"]),
        ("WWW.GANA.EXAMPLE", ["link_in_message"]),
        ("oferta [url=gana.example]aquí[/url]", ["link_in_message"]),
        ("gana.com/alta ya", ["link_in_message"]),
        ("ved bit.ly/3xYz", ["link_in_message", "short_link"]),
        ("http://linkedin.com:x@gana.example", ["link_in_message"]),
        ("http://notlinkedin.com", ["link_in_message"]),
        ("https://es.linkedin.com/in/ana y http://gana.example", ["link_in_message"]),
        ("Mi perfil: https://es.linkedin.com/in/ana", []),
        ("Trabajo en Acme.com con node.js y ASP.NET/C#", []),
        ("Node.js/React y de 10.000/mes o dpto.compras/ventas", []),
        ("Escribidme a ana@acme.com/ana.perez@acme.com", []),
        ("precio/hora, sí [urgente] <3", []),
    ],
)
def test_links_in_a_message(message, signs):
    """Check marked links, addresses with a path, the trusted site, and what only looks like a link."""
    assert list_signs(message=message) == signs


def test_a_link_to_the_own_site_is_no_sign():
    """Check the domain of a company's address; a free provider's site is nobody's own."""
    message = "Somos https://www.acme.com/equipo"
    assert list_signs(message=message, email="ana@acme.com") == []
    assert list_signs(message=message, email="ana@other.com") == ["link_in_message"]
    assert list_signs(message="http://gmail.com/x", email="ana@gmail.com") == ["link_in_message"]


@pytest.mark.parametrize(
    ("name", "has_link"),
    [
        ("http://gana.example", True),
        ("Gana en casino-win.com", True),
        ("www.gana.example", True),
        ("Ana (ana@acme.com)", False),
        ("Fco.de Borja", False),
        ("Mª.Carmen", False),
        ("J.R.R. Pérez", False),
    ],
)
def test_links_in_a_name(name, has_link):
    """Check web addresses in a name; abbreviations and an e-mail address are none."""
    assert ("link_in_name" in list_signs(last_name=name)) == has_link


@pytest.mark.parametrize(
    ("phone", "expected"),
    [
        ("000000000", True),
        ("+34 999 999 999", True),
        ("123456789", True),
        ("+34987654321", True),
        ("12345", True),
        ("12345678901234567", True),
        ("999999999.0", True),
        ("61234567", True),
        ("61224567", False),
        ("+34 512 345 670", False),
        ("612345670 / 912345670", False),
        ("612435687 911234567", False),
        ("612 43 56 87 - 91 123 45 67", False),
        ("000000000 999999999", True),
        ("612435687 911234567 1", True),
        ("por la tarde", False),
        ("", False),
    ],
)
def test_impossible_phones(phone, expected):
    """Check one digit, counts, lengths; a slip, two numbers and words are not impossible."""
    assert is_impossible(phone) == expected


def test_a_phone_that_can_exist_is_no_sign():
    """Check a real number that counts up: only invalid ones are looked at."""
    assert list_signs(phone="612345678") == []
    assert list_signs(phone="111111111") == ["impossible_phone"]


@pytest.mark.parametrize(
    ("lead", "signs"),
    [
        ({"email": "ana@mailinator.com"}, ["disposable_email"]),
        ({"email": "ana@gmial.com"}, []),
        ({"email": "ana@hotmai.com"}, []),
        ({"email": "noemail@noemail.com"}, ["placeholder_email"]),
        ({"email": " Test@acme.com"}, ["placeholder_email"]),
        ({"email": "testa@acme.com"}, []),
        ({"first_name": "Test", "last_name": "PRUEBA"}, ["placeholder_name"]),
        ({"first_name": "Ana", "last_name": "Testa"}, []),
        ({"honeypot": "http://x"}, ["honeypot"]),
        ({"honeypot": "true"}, ["honeypot"]),
        ({"honeypot": "False"}, []),
        ({"honeypot": "0"}, []),
        ({}, []),
    ],
)
def test_other_signs(lead, signs):
    """Check throw-away addresses, stand-ins, the hidden field and a lead that gave nothing."""
    assert list_signs(**lead) == signs


def test_a_source_without_a_trap_traps_nobody():
    """Check that the column may be missing."""
    leads = make_leads({"first_name": "Ana"}).drop(columns="honeypot")
    assert sign(leads)["honeypot"].tolist() == [0]


def test_the_fifth_same_address_within_an_hour_is_a_sign():
    """Check minutes 0, 1, 2, 3, 60 and 62: the fifth has four within its hour, the sixth only three."""
    minutes = (0, 1, 2, 3, 60, 62)
    at = [pd.Timestamp("2026-01-01") + pd.Timedelta(minutes=minute) for minute in minutes]
    leads = make_leads(*({"at": moment, "email": "ana@acme.com"} for moment in at))
    assert sign(leads)["repeated_email"].tolist() == [0, 0, 0, 0, 1, 0]


def make_senders(count: int, message: str = LONG, **lead: str) -> list[dict[str, str]]:
    return [{"email": f"p{n}@acme.com", "message": message, **lead} for n in range(count)]


def make_others(count: int) -> list[dict[str, str]]:
    """Return leads of the form whose messages all differ."""
    return [{"email": f"q{n}@acme.com", "message": f"Una pregunta distinta, número {n}"} for n in range(count)]


def mark_messages(*rows: dict[str, str]) -> list[int]:
    return sign(make_leads(*rows))["repeated_message"].tolist()


def test_the_fifth_sender_of_a_message_is_a_sign():
    """Check that capitals do not matter, and that the same four senders may repeat themselves."""
    others, senders = make_others(60), make_senders(4)
    assert mark_messages(*others, *senders, *senders) == [0] * 68
    assert mark_messages(*others, *senders, {"email": "z@acme.com", "message": LONG.upper()}) == [0] * 64 + [1]


def test_a_short_message_or_the_usual_one_of_the_form_is_no_sign():
    """Check "Información", and a text that is a tenth of the form's messages: the website's own."""
    assert sum(mark_messages(*make_others(60), *make_senders(9, "Información"))) == 0
    assert sum(mark_messages(*make_others(45), *make_senders(5))) == 0  # 5 of 50
    assert sum(mark_messages(*make_others(46), *make_senders(5))) == 1  # 5 of 51


def test_the_usual_message_of_one_form_is_not_that_of_another():
    """Check the same text on a form of its own and on another's."""
    other = {"email": "z@acme.com", "message": LONG}  # one of 61 messages of its form, one of 70 of all
    assert mark_messages(*make_others(60), *make_senders(9, form="own"), other) == [0] * 69 + [1]


def test_without_times_nothing_comes_in_a_short_time():
    """Check a source without dates."""
    leads = make_leads(*make_others(60), *make_senders(6), *[{"email": "ana@acme.com"}] * 6)
    signs = sign(leads.assign(created_at=pd.Series(pd.NaT, index=leads.index, dtype="datetime64[us]")))
    assert signs[["repeated_email", "repeated_message"]].sum().tolist() == [0, 0]


def test_points_are_added_up():
    """Check 0.5 for gibberish, 0.5 for the link and 0.2 for the phone; and no points for no sign."""
    leads = make_leads(
        {"first_name": "bcdfghj", "message": "http://gana.example", "phone": "000000000"}, {"first_name": "Ana"}
    )
    measured = measure_spam(sign(leads))
    assert list(measured) == [metric.name for metric in METRICS]
    assert measured["spam_score"].tolist() == [1.2, 0]
    assert measured["has_gibberish_name"].tolist() == [1, 0]
    assert measured["has_link"].tolist() == [1, 0]
    assert set(measured.dtypes.astype(str)) == {"float64"}


def test_points_are_added_up_exactly():
    """Check all combinations of signs: ten tenths are one, whatever a computer makes of a tenth."""
    signs = pd.DataFrame(list(product([0, 1], repeat=len(REASONS))), columns=list(REASONS))
    score = measure_spam(signs)["spam_score"]
    assert (score == score.round(1)).all()


def test_reasons_are_told_in_words():
    """Check two reasons, in order, and none."""
    leads = make_leads({"message": "http://gana.example", "first_name": "bcdfghj"}, {})
    assert list_reasons(sign(leads)).tolist() == ["gibberish name; link in the message", ""]


def test_no_sign_but_the_trap_sets_a_lead_apart():
    """Check the points as they are written: one sign, and an impossible phone with any other."""
    points = load_spam_rules().points.model_dump()
    assert list(points) == list(REASONS)
    assert points.pop("honeypot") >= 1
    assert max(points.values()) + points["impossible_phone"] < 1
    assert all(points[name] == 0.5 for name in ("gibberish_name", "link_in_message", "disposable_email"))


def test_the_quarantine_lists_leads_with_their_reasons():
    """Check a test by a colleague (0.4 + 0.4 + 0.2, exactly the limit) and a lead with one sign."""
    leads = make_leads(
        {"email": "ana@yopmail.com"}, {"email": "test@acme.com", "first_name": "Test", "phone": "111111111"}
    )
    apart = build_quarantine(leads, sign(leads), 1.0)
    assert apart.to_dict("records") == [
        {
            "lead_id": "lead 1",
            "spam_score": 1.0,
            "reasons": "name that stands for none; address that stands for none; impossible phone",
        }
    ]
    empty = build_quarantine(leads, sign(leads), 2.0)
    assert_frame_equal(empty, apart.iloc[:0])


def test_an_empty_history_has_no_signs():
    """Check no lead at all."""
    leads = make_leads({}).iloc[:0]
    assert sign(leads).shape == (0, len(REASONS))
    assert build_quarantine(leads, sign(leads), 1.0).empty


WORDS = st.sampled_from(
    ["Ana", "bcdfghj", "http://x.com/a", "www.", "[url=", "bit.ly/a", "@", "http://:", "ﷺ", LONG, "1"]
)
ANYTHING = st.none() | st.text(max_size=30) | st.lists(WORDS, max_size=3).map(" ".join)
LEADS = st.lists(st.fixed_dictionaries(dict.fromkeys(TEXTS, ANYTHING)), min_size=1, max_size=15)


@given(LEADS, LEADS)
@settings(max_examples=40)
def test_later_leads_change_no_sign(earlier, later):
    """Check any text in any field: nothing raises, and what comes later is not seen."""
    both = make_leads(*earlier, *later)
    signs = sign(both)
    assert signs.isin([0, 1]).all(axis=None)
    assert_frame_equal(signs.iloc[: len(earlier)], sign(both.iloc[: len(earlier)]))


@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 900)), min_size=10, max_size=60), st.integers(1, 59)
)
@settings(max_examples=30)
def test_later_repeats_change_no_sign(sent, cut):
    """Check repeated messages and addresses, in bursts, cut anywhere."""
    at = pd.Timestamp("2026-01-01") + pd.to_timedelta(sorted(minute for _, minute in sent), unit="min")
    rows = [
        {"at": moment, "email": f"{who}@acme.com", "message": f"{LONG} {minute % 3}"}
        for moment, (who, minute) in zip(at, sent, strict=True)
    ]
    leads = make_leads(*make_others(60), *rows)
    assert_frame_equal(sign(leads).iloc[: 60 + cut], sign(leads.iloc[: 60 + cut]))


@pytest.mark.parametrize("text", ["a" * 10_000, "a." * 5_000, "www." * 2_500, "http://" * 1_400, "<" * 10_000])
def test_absurdly_long_text_is_read_in_no_time(text):
    """Check that nothing raises or searches for ever."""
    assert sign(make_leads(dict.fromkeys(TEXTS, text))).shape == (1, len(REASONS))
