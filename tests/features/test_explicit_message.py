from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.features.explicit_metrics.message import find_intent, find_intents, find_language, measure_message

MESSAGES = Path(__file__).parent / "messages.csv"
INTENTS = (None, "job", "complaint", "discount", "purchase", "call", "quote", "information", "none")


@pytest.fixture(scope="module")
def messages() -> pd.DataFrame:
    """Hand-written messages as leads write them, with their language and, in two languages, their intent."""
    return pd.read_csv(MESSAGES, keep_default_na=False)


def test_most_messages_tell_what_their_lead_wants(messages):
    """Check the intents of all Spanish and English messages; "none" is one that wants nothing."""
    judged = messages[messages["intent"] != ""]
    told = judged["text"].map(find_intent).fillna("none")
    assert len(judged) >= 150
    assert (told == judged["intent"]).mean() >= 0.97


def test_languages_are_told_where_they_can_be(messages):
    """Check that nearly all short messages have a language, and that it is the right one."""
    told = messages["text"].map(find_language)
    assert told.notna().mean() >= 0.93
    assert (told == messages["language"])[told.notna()].mean() >= 0.99


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Quisiera recibir más información, gracias", "es"),
        ("QUISIERA RECIBIR MÁS INFORMACIÓN", "es"),
        ("I would like to know the price", "en"),
        ("Gostaria de saber os horários", "pt"),
        ("Je voudrais m'inscrire au cours", "fr"),
        ("Ich möchte mich anmelden", "de"),
        ("Vorrei ricevere informazioni", "it"),
        ("Voldria rebre informació sobre el curs", "ca"),
        ("Привет, сколько стоит курс?", "ru"),
        ("我想了解更多信息", "zh"),
        ("ok", None),
        ("600 123 456", None),
        ("🙂", None),
        ("", None),
    ],
)
def test_the_language_of_a_message(text, language):
    """Check languages of several scripts, and that nothing is told of what is too short."""
    assert find_language(text) == language


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Quisiera más información, gracias", "information"),
        ("¿Qué horarios tiene la oferta formativa?", "information"),
        ("Por favor no me llaméis, prefiero un e-mail", "information"),
        ("Please don't call me", "information"),
        ("Please don\u2019t call me", "information"),
        ("¿Admiten perros?", "information"),
        ("https://a.example/?b=c", None),
        ("¿Cuánto cuesta el curso?", "quote"),
        ("¿Cuánto cuesta la inscripción?", "quote"),
        ("Solicito presupuesto para 20 personas", "quote"),
        ("Quiero matricularme ya", "purchase"),
        ("How do I enrol?", "purchase"),
        ("Llámenme por la tarde", "call"),
        ("Me llamo Ana", None),
        ("call me back", "call"),
        ("¿Hay algún descuento?", "discount"),
        ("Feel free to write", None),
        ("Adjunto mi CV, quiero trabajar con vosotros", "job"),
        ("Quiero poner una reclamación", "complaint"),
        ("No me llamaron, quiero darme de baja", "complaint"),
        ("solicitud_informacion", "information"),
        ("No quiero comprar nada, solo información", "information"),
        ("No quiero contratar nada", "information"),
        ("I do not want to buy anything", "information"),
        ("No necesito descuento", "information"),
        ("No me interesa", "none"),
        ("Not interested", "none"),
        ("No me interesa ese, ¿hay otro?", "information"),
        ("Mi jefe me ha pedido presupuesto", "quote"),
        ("He pedido cita", None),
        ("Me han pedido un curso", None),
        ("Quiero hacer un pedido", "purchase"),
        ("Ya estoy matriculado y no me llega el material", "complaint"),
        ("He comprado el curso y no puedo acceder", "complaint"),
        ("I am enrolled already", "information"),
        ("¿Incluye bolsa de trabajo?", "information"),
        ("Necesito el curso para trabajar de vigilante", "information"),
        ("¿Cuál es la política de devolución?", "information"),
        ("Promoción 2024 de la universidad", None),
        ("¿Hay alguna promoción?", "discount"),
        ("I am applying for the position of teacher", "job"),
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
    ("form", "intent"),
    [
        ("Inscripción curso", "purchase"),
        ("Newsletter signup", None),
        ("Inscripción newsletter", None),
        ("Book a meeting", None),
        ("Free trial", None),
        ("Prueba gratis", None),
        ("Descarga de la guía", None),
    ],
)
def test_the_name_of_a_form_is_no_word_of_the_lead(form, intent):
    """Check that a newsletter, an appointment, a demo and a download are no stated intent."""
    assert find_intents(pd.Series([None], dtype="str"), pd.Series([form])).tolist() == [intent]


def test_who_wants_nothing_wants_nothing_of_the_form():
    """Check that the form does not speak for a lead that is not interested."""
    assert find_intents(pd.Series(["Not interested"]), pd.Series(["Te llamamos"])).tolist() == [None]


def test_a_lead_without_a_message_has_none_of_its_metrics():
    """Check that no message is of length 0, in no language and without an intent."""
    metrics = measure_message(pd.Series([None, "Quiero comprar"], dtype="str"), pd.Series([None, None], dtype="str"))
    assert metrics["message_length"].tolist() == [0, 14]
    assert metrics["message_language"].tolist() == [None, "es"]
    assert metrics["stated_intent"].tolist() == [None, "purchase"]


@given(st.text(max_size=200))
def test_any_text_may_be_a_message(text):
    """Check that no message raises an error, and that only known names come out of it."""
    assert find_intent(text) in INTENTS
    assert len(find_language(text) or "xx") == 2


@pytest.mark.parametrize("part", ["quiero ", "?", "ñ́", "@", "\x00", "llevo "])
def test_a_very_long_message_is_read(part):
    """Check that ten thousand characters of anything are read, and give finite numbers."""
    metrics = measure_message(pd.Series([part * 10_000]), pd.Series([part * 10_000]))
    assert np.isfinite(metrics["message_length"]).all()
