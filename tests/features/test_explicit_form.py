import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.features.explicit_metrics.form import (
    FILLED_IN,
    METRICS,
    clean_address,
    find_kind,
    find_kinds,
    measure_answers,
    measure_form,
    read_consent,
)

TEXTS = (*FILLED_IN, "form", "channel", "source", "campaign", "landing_page", "consent")


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("https://www.Acme.com/Cursos/?email=ana@x.com#top", "acme.com/cursos"),
        ("/cursos", "/cursos"),
        ("/", "/"),
        ("https://acme.com/?utm_source=x", "acme.com"),
        ("acme.com/u/ana@x.com", None),
        ("acme.com/u/ana%40x.com", None),
        ("acme.com/u/612345679", "acme.com/u/612345679"),
        ("/&email=ana%40x.com", "/"),
        ("acme.com/cursos%3Femail=ana%40x.com", "acme.com/cursos"),
        ("acme.com/2025/11/23/becas%20madrid", "acme.com/2025/11/23/becas madrid"),
        ("", "/"),
    ],
)
def test_a_page_loses_what_may_name_a_person(address, page):
    """Check that query, fragment and addresses never reach the features."""
    assert clean_address(address) == page


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Solicitud de información", "information"),
        ("Solicitud de información y presupuesto", "quote"),
        ("Solicitud de inscripción", "purchase"),
        ("Matrícula online 2026", "purchase"),
        ("SignUp", "purchase"),
        ("Presupuesto empresas", "quote"),
        ("get_a_quote_v3", "quote"),
        ("Te llamamos", "call"),
        ("Click-to-call", "call"),
        ("Calle Mayor 3", None),
        ("Descarga de guía", "download"),
        ("ebook_lp_form_v2", "download"),
        ("CompanyQuote", "quote"),
        ("Alta boletín", "newsletter"),
        ("Newsletter footer", "newsletter"),
        ("Webinar: registro", "event"),
        ("Jornada de puertas abiertas", "event"),
        ("Request a demo", "demo"),
        ("Pide tu cita", "appointment"),
        ("Contact Us", "contact"),
        ("formulario_contacto", "contact"),
        ("Trabaja con nosotros", "job"),
        ("Soporte técnico", "support"),
        ("Olark Chat", "chat"),
        ("Facebook Lead Ads", "lead ad"),
        ("LinkedIn Lead Gen Form", "lead ad"),
        ("Lead Add Form", "import"),
        ("Lead Import", "import"),
        ("API", "import"),
        ("Landing Page Submission", None),
        ("Form 12", None),
        ("", None),
        ("🙂", None),
    ],
)
def test_a_form_is_of_a_kind(name, kind):
    """Check names in Spanish and English, and as programs that build forms write them."""
    assert find_kind(name) == kind


def test_the_page_tells_the_kind_where_the_form_does_not():
    """Check that the form's name goes before the page, and that the website's own name tells nothing."""
    form = pd.Series(["Newsletter", None, "Form 12", "Form 12", None, None])
    page = pd.Series(["/ebook", "/ebook", "guias.example.com/contacto", "guias.example.com", "ebook-guia", None])
    assert find_kinds(form, page).tolist() == ["newsletter", "download", "contact", None, "download", None]


@pytest.mark.parametrize(
    ("text", "consent"),
    [
        ("Sí", "yes"),
        ("TRUE", "yes"),
        ("Sí, acepto", "yes"),
        ("Opt-in", "yes"),
        ("0", "no"),
        ("No acepto", "no"),
        ("Unsubscribed", "no"),
        ("Solo e-mail", "solo e-mail"),
    ],
)
def test_consent_is_yes_or_no_or_as_given(text, consent):
    """Check that the many ways to say yes and no are two categories."""
    assert read_consent(text) == consent


def make_leads(**columns: list) -> pd.DataFrame:
    """Return two leads that gave nothing but the `columns`."""
    empty = {name: pd.Series([None, None], dtype="str") for name in TEXTS}
    leads = pd.DataFrame(empty | {"created_at": pd.Series([pd.NaT] * 2, dtype="datetime64[us]")})
    return leads.assign(**columns)


def measure(leads, own_fields, zones):
    return measure_form(leads, measure_answers(leads, own_fields), zones)


def test_leads_that_gave_nothing_are_measured():
    """Check that every metric stands there, and is unknown or zero, for leads without any field or date."""
    values = measure(make_leads(), [], pd.Series(["UTC", "UTC"]))
    assert values.columns.tolist() == [metric.name for metric in METRICS]
    assert values[["count_fields_given", "message_length"]].eq(0).all(axis=None)
    assert values.drop(columns=["count_fields_given", "message_length"]).isna().all(axis=None)


def test_fields_of_the_source_count_as_given():
    """Check that own columns are fields, and that flags and the website's fields are none."""
    leads = make_leads(email=["a@x.com", "b@x.com"], form=["a", "b"], salary=[None, 20_000.0])
    values = measure(leads, ["salary"], pd.Series(["UTC", "UTC"]))
    assert values["count_fields_given"].tolist() == [1, 2]


@given(st.text(max_size=200), st.text(max_size=200))
@settings(max_examples=40)
def test_what_a_person_wrote_is_never_repeated(text, other):
    """Check that any text may stand in any field, and that of a person's own fields only names of lists come out."""
    everywhere = make_leads(**{name: [text, "1"] for name in TEXTS})
    assert len(measure(everywhere, [], pd.Series(["UTC", "Europe/Madrid"]))) == 2
    personal = make_leads(**{name: [text, other] for name in FILLED_IN})
    values = measure(personal, [], pd.Series(["UTC", "Europe/Madrid"]))
    names = [metric.name for metric in METRICS if metric.type == "category"]
    assert set(values[names].columns[values[names].notna().any()]) <= {"message_language", "stated_intent"}


@given(st.text(max_size=200))
def test_any_text_may_be_an_address(text):
    """Check that no page keeps a query or an e-mail address."""
    assert not set(clean_address(text) or "") & set("?#@")
