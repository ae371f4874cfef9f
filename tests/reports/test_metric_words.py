import importlib
import pkgutil

import pytest

from src.data.columns import OwnColumn
from src.data.tables import ACTIVITY_KINDS
from src.evaluation.verdicts import say_reasons
from src.features import explicit_metrics
from src.features.explicit_metrics.own import describe_own
from src.features.explicit_metrics.rules import load_levels, load_rules
from src.features.explicit_metrics.spam import REASONS
from src.features.implicit_metrics import METRICS
from src.features.implicit_metrics.base import Vocabulary
from src.features.implicit_rates import RATES
from src.models.reasons import name_family
from src.params import load_params
from src.reports.language import use_language
from src.reports.metric_texts import WORDS
from src.reports.metric_words import match_templates, say_category, say_stored, split_words
from src.reports.text import say_condition, say_metric
from tests.reports.project import ROOT

OWN_GROUPS = ("own columns", "totals", "after the outcome")

FIGURES = {
    "auc": 0.9876,
    "certain": 0.4,
    "future": 0.99,
    "unexplained": 0.5912,
    "missing_auc": 0.75,
    "filled_older": 0.9,
    "filled_newest": 0.1,
    "twin": {"other": "Total, 2", "share_different": 0.2, "rate_different": 0.3, "rate_equal": 0.04},
}


@pytest.fixture
def spanish():
    use_language("es")
    yield
    use_language("en")


@pytest.fixture(scope="module")
def explicit():
    """Every metric of what leads tell."""
    names = [module.name for module in pkgutil.iter_modules(explicit_metrics.__path__, f"{explicit_metrics.__name__}.")]
    modules = [importlib.import_module(name) for name in names]
    return [metric for module in modules for metric in getattr(module, "METRICS", [])]


@pytest.fixture(scope="module")
def catalogue(explicit):
    """Every metric there is: of each module of what leads tell, kind of activity and type of own column."""
    params = load_params(ROOT / "params.yaml").implicit
    vocabulary = Vocabulary(ACTIVITY_KINDS, ("home", "our_prices"))
    columns = [column for measure in METRICS for column in measure.describe(vocabulary, params)]
    implicit = [column.metric for column in (*columns, *(rate.column for rate in RATES))]
    own = [
        describe_own("colour", OwnColumn(column="Farbe (2)", type=type_, known="creation"), "explicit", group, set())
        for type_ in ("number", "category", "flag", "text", "date")
        for group in OWN_GROUPS
    ]
    return [*explicit, *implicit, *own]


def list_unknown(texts):
    """Return the texts that are neither made of known words nor follow just one pattern."""
    return sorted(text for text in set(texts) if not has_words(text) and len(match_templates(text)) != 1)


def has_words(text):
    return {part.replace("_", " ") for part in split_words(text)[::2]} <= WORDS


def test_whole_catalogue_is_there(catalogue):
    """Check that metrics of both kinds were found, so that the tests below look at something."""
    names = {metric.name for metric in catalogue}
    assert {
        "km_to_site",
        "spam_score",
        "count_email_sent_7d",
        "open_rate",
        "leaves_out_phone",
        "colour_length",
    } <= names


@pytest.mark.parametrize("part", ["group", "unit", "meaning"])
def test_every_word_of_the_catalogue_is_known(catalogue, part):
    """Check that each text follows one pattern or is made of known words: a new metric cannot be forgotten."""
    assert list_unknown(getattr(metric, part) for metric in catalogue) == []


def test_every_origin_is_known(catalogue):
    """Check the columns and kinds of activity that metrics come from; an own column is a name."""
    assert list_unknown(metric.origin for metric in catalogue) == ["colour"]


def test_no_text_is_both_words_and_a_pattern(catalogue):
    texts = {text for metric in catalogue for text in (metric.group, metric.unit, metric.meaning, metric.origin)}
    assert [text for text in texts if has_words(text) and match_templates(text)] == []


def test_what_groups_are_told_as_is_known(catalogue):
    """Check the names of the groups in the reasons."""
    assert list_unknown(name_family(metric.group) for metric in catalogue) == []


@pytest.mark.parametrize("more", [{}, {"has_forms": True}])
@pytest.mark.parametrize(
    "sign",
    [
        "too_good",
        "certain",
        "future",
        "counted_up",
        "unexplained",
        "twin",
        "missing",
        "emptier",
        "growth",
        "later",
        "stronger",
    ],
)
def test_every_reason_of_the_audit_is_known(sign, more):
    """Check that the sentence of each sign follows one pattern."""
    (reason,) = say_reasons(FIGURES | more | {"signs": [sign]})
    assert len(match_templates(reason)) == 1


def test_every_sign_of_spam_is_known():
    assert list_unknown(REASONS.values()) == []


@pytest.mark.parametrize("rules", ["seniority", "form_kind", "offer_place", "intent"])
def test_every_value_of_the_rules_is_known(rules):
    """Check the values that a rule gives; two of the names say that there is none."""
    assert {name for name, _ in load_rules(rules)} - WORDS <= {"unknown", "none"}


def test_every_area_of_a_job_is_known():
    names = {name for level in load_levels("job_function") for name, _ in level}
    assert names - WORDS == {"unknown"}


def test_text_is_said_with_what_stands_in_its_places(spanish):
    """Check that words in a place are translated too, and numbers written as the language does."""
    assert say_stored("How often in the 7 days before the snapshot: email sent.") == (
        "Cuántas veces en los 7 días anteriores al momento puntuado: correo enviado."
    )
    assert say_stored("decayed, half-life 2.5 days") == "con decaimiento, semivida de 2,5 días"
    assert (
        say_stored("The form asks for the job title and the lead did not give it; missing where the form does not ask.")
        == "El formulario pide «puesto» y el lead no lo indicó; sin dato si el formulario no lo pide."
    )
    assert say_stored("59\u00a0% of its dates lie after the lead came in") == (
        "el 59\u00a0% de sus fechas es posterior a la entrada del lead"
    )


def test_lists_are_said_word_by_word(spanish):
    """Check that each word between commas is translated and that a name in between stays."""
    assert say_stored("person, or email and phone; created_at") == "persona, o correo y teléfono; fecha de entrada"
    assert say_stored("job_title, last_owner") == "puesto, last_owner"


def test_names_of_the_source_stay(spanish):
    """Check that a column is shown as the source calls it, also if it is called like a word, or holds braces."""
    assert say_stored("The source's column offer.") == "La columna offer de la fuente."
    assert say_stored("The source's column {x} 1.5.") == "La columna {x} 1.5 de la fuente."
    assert say_stored("How often: tried on.") == "Cuántas veces: tried on."


def test_english_is_as_it_was(catalogue):
    """Check that in English every text is shown as it is stored, underscores and all."""
    texts = [text for metric in catalogue for text in (metric.group, metric.unit, metric.meaning, metric.origin)]
    assert [say_stored(text) for text in texts] == texts


def test_values_of_rules_are_words_and_those_of_data_are_not(spanish):
    """Check that a channel of the data is not taken for an answer of the rules."""
    assert say_category("weekday", "monday") == "lunes"
    assert say_category("reachable_by", "e-mail and phone, phone") == "correo y teléfono, teléfono"
    assert say_category("channel", "phone") == "phone"


def test_every_metric_of_what_leads_tell_has_a_name(spanish, explicit):
    """Check that a new metric cannot stand in a scenario's report as its column is called."""
    unnamed = {metric.name for metric in explicit if say_metric(metric.name) == metric.name.replace("_", " ")}
    assert unnamed == {"sector"}


def test_metric_of_the_source_keeps_its_name(spanish):
    assert say_metric("is_phone_valid") == "teléfono válido"
    assert say_metric("total_visits") == "total visits"


def test_condition_is_said_in_the_language(spanish):
    """Check flags, bounds with their decimals, and answers."""
    assert say_condition("has_company equals 0") == "empresa: no"
    assert say_condition("km_to_site at most 30.5") == "km hasta la sede: 30,5 como máximo"
    assert say_condition("decision_power at least 2") == "poder de decisión: 2 o más"
    assert say_condition("reachable_by among e-mail, phone") == "medios de contacto: correo, teléfono"
