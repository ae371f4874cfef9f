import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.features.explicit_metrics.form import (
    clean_address,
    find_intent,
    find_intents,
    measure_moment,
    read_consent,
    share_asked,
)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Quisiera más información, gracias", "information"),
        ("¿Qué horarios tiene la oferta formativa?", "information"),
        ("Por favor no me llaméis, prefiero un e-mail", "information"),
        ("Please don't call me", "information"),
        ("Please don\u2019t call me", "information"),
        ("¿Cuánto cuesta el curso?", "quote"),
        ("Solicito presupuesto para 20 personas", "quote"),
        ("Quiero matricularme ya", "purchase"),
        ("How do I enrol?", "purchase"),
        ("Llámenme por la tarde", "call"),
        ("call me back", "call"),
        ("¿Hay algún descuento?", "discount"),
        ("Feel free to write", None),
        ("Adjunto mi CV, quiero trabajar con vosotros", "job"),
        ("Quiero poner una reclamación", "complaint"),
        ("solicitud_informacion", "information"),
        ("Hola", None),
        ("", None),
    ],
)
def test_a_message_tells_what_its_lead_wants(text, intent):
    """Check that intents are found in Spanish and English, and negations are not taken for them."""
    assert find_intent(text) == intent


def test_the_form_speaks_where_the_message_does_not():
    """Check that the message goes before the form's name."""
    message = pd.Series(["Quiero matricularme", None, "Hola", None])
    form = pd.Series(["Te llamamos", "Te llamamos", "Te llamamos", "API"])
    assert find_intents(message, form).tolist() == ["purchase", "call", "call", None]


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("https://www.Acme.com/Cursos/?email=ana@x.com#top", "acme.com/cursos"),
        ("/cursos", "/cursos"),
        ("/", "/"),
        ("https://acme.com/?utm_source=x", "acme.com"),
        ("acme.com/u/ana@x.com", None),
        ("", "/"),
    ],
)
def test_a_page_loses_what_may_name_a_person(address, page):
    """Check that query, fragment and addresses never reach the features."""
    assert clean_address(address) == page


def test_a_form_asks_what_its_earlier_leads_gave():
    """Check the share of fields given, worked out by hand, form by form."""
    given_fields = pd.DataFrame(
        {
            "email": [True, True, False, True, True],
            "phone": [False, True, False, False, True],
        }
    )
    form = pd.Series(["a", "a", "a", "b", "a"])
    # The first of each form knows nothing; the second of "a" was only seen to be asked an e-mail.
    shares = share_asked(given_fields, form).fillna(-1).tolist()
    assert shares == [-1, 1, 0, -1, 1]


@pytest.mark.parametrize(
    ("utc", "hour", "weekday", "is_office"),
    [
        ("2026-01-05 08:30", 9, "monday", 1),  # winter: one hour ahead
        ("2026-07-06 07:30", 9, "monday", 1),  # summer: two
        ("2026-07-06 06:59", 8, "monday", 0),
        ("2026-07-06 16:00", 18, "monday", 0),
        ("2026-07-10 22:30", 0, "saturday", 0),
        ("2026-07-11 10:00", 12, "saturday", 0),
    ],
)
def test_the_moment_is_local(utc, hour, weekday, is_office):
    """Check hour, weekday and office hours in Madrid, over the change of the clocks."""
    moment = measure_moment(pd.Series(pd.to_datetime([utc])), "Europe/Madrid")
    assert [value.iloc[0] for value in moment.values()] == [hour, weekday, is_office]


def test_an_unknown_moment_is_missing():
    """Check that a source without dates has no hours."""
    moment = measure_moment(pd.Series([pd.NaT], dtype="datetime64[us]"), "UTC")
    assert all(value.isna().all() for value in moment.values())


@pytest.mark.parametrize(
    ("text", "consent"), [("Sí", "yes"), ("TRUE", "yes"), ("0", "no"), ("Solo e-mail", "solo e-mail")]
)
def test_consent_is_yes_or_no_or_as_given(text, consent):
    """Check that the many ways to say yes and no are two categories."""
    assert read_consent(text) == consent


@given(st.text(max_size=200))
def test_any_text_may_stand_in_a_form(text):
    """Check that no message, address or consent raises an error."""
    find_intent(text)
    read_consent(text)
    assert "?" not in (clean_address(text) or "")
