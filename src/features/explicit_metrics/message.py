"""What the message says: how much, in which language, and what its lead wants."""

import re
from functools import cache
from typing import TYPE_CHECKING

import pandas as pd

from src.features.explicit_metrics.rules import find_rule, load_rules, load_terms
from src.features.explicit_metrics.values import list_metrics, map_distinct
from src.features.text import fold_text

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

METRICS = list_metrics(
    "form",
    [
        ("message_length", "number", "characters", "Length of the message; 0 without one.", "message"),
        (
            "message_language",
            "category",
            "ISO 639-1 code",
            "Language of the message (rules/languages.yaml); missing where it is too short to tell.",
            "message",
        ),
        (
            "stated_intent",
            "category",
            "job, complaint, discount, purchase, call, quote, information",
            "What the lead says it wants, in the message or else in the form's name (rules/intent.yaml).",
            "message, form",
        ),
    ],
)

LONGEST_MESSAGE = 4000
"""Characters searched for an intent."""

LONGEST_SAMPLE = 40
"""Characters whose language is told: many messages begin alike, and further ones make no answer better."""

MIN_CONFIDENCE = 0.5
"""Of the hand-written messages of the tests, 99 in 100 answers above this are right; a greeting is below."""

NOTHING = "none"
"""A rule of this name says that the lead wants nothing; that is an answer, and the form adds none to it."""

UNSTATED = ("newsletter", "appointment", "demo", "download")
"""Kinds of forms (rules/form_kind.yaml) whose names hold words of an intent that nobody stated ("free trial")."""

QUESTION = re.compile(r"[?؟](?!\w)")  # what follows the ? of an address is no blank


def measure_message(message: pd.Series, form: pd.Series) -> pd.DataFrame:
    """Return the metrics of each message, and of its form where the message wants nothing."""
    return pd.DataFrame(
        {
            "message_length": message.str.len().fillna(0).astype(float),
            "message_language": map_distinct(message.str[:LONGEST_SAMPLE], find_language),
            "stated_intent": find_intents(message, form),
        }
    )


def find_language(text: str) -> str | None:
    """Return the ISO 639-1 code of the language of a text, missing where it is too short to tell.

    >>> find_language("¿Cuánto cuesta el curso?"), find_language("Quanto costa il corso?"), find_language("ok")
    ('es', 'it', None)
    """
    language, _ = load_identifier().classify(text[:LONGEST_SAMPLE])
    return None if language == "und" else language


@cache
def load_identifier() -> "LanguageIdentifier":
    """Return the model that tells languages: an n-gram model that its package brings along."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True, min_confidence=MIN_CONFIDENCE)
    identifier.set_languages(load_terms("languages")["languages"])
    return identifier


def find_intents(message: pd.Series, form: pd.Series) -> pd.Series:
    """Return what each message says that its lead wants, or else what the form's name says."""
    said = map_distinct(message, find_intent)
    intents = said.where(said.notna(), map_distinct(form, find_form_intent))
    return intents.where(intents != NOTHING, None)


def find_form_intent(name: str) -> str | None:
    """Return what a form's name asks for, missing where its kind says what it is for and not what its lead wants.

    >>> find_form_intent("Inscripción curso"), find_form_intent("Inscripción newsletter")
    ('purchase', None)
    """
    kind = find_rule(load_rules("form_kind"), fold_text(name).replace("_", " "))
    return None if kind in UNSTATED else find_intent(name)


def find_intent(text: str) -> str | None:
    """Return what a text asks for, missing where no rule knows it and it is no question.

    >>> find_intent("Llamadme por la tarde"), find_intent("Adjunto mi CV"), find_intent("Hola")
    ('call', 'job', None)
    """
    folded = fold_text(text, LONGEST_MESSAGE).replace("_", " ")
    name = find_rule(load_rules("intent"), folded)
    return "information" if name in (None, NOTHING) and QUESTION.search(folded) else name
