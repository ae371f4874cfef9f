import ast
import re
from html import unescape
from html.parser import HTMLParser
from string import Formatter

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from src.reports import audit, comparison, index, language, objectives, rolling
from src.reports.comparison_results import collect_comparison
from src.reports.language import CATALOGUES, LOCALES, read_catalogue, say, say_plural, use_language, write_digits
from src.reports.model import behaviour, calibration, candidates, fairness, maturity, page, reasons, selection
from src.reports.model.results import collect_model_results
from src.reports.scenario import assumptions, benefit, explorer, people, policies, thresholds, weeks
from src.reports.scenario.results import collect_results
from src.reports.text import (
    say_age,
    say_amount,
    say_condition,
    say_date,
    say_leads,
    say_month,
    say_names,
    say_probability,
    say_quoted,
)
from tests.reports.project import ROOT

KEYWORDS = {"say": None, "mark": None, "say_plural": (1, 2), "section": (2,)}
"""The functions that take messages, as Babel wants them: which of their arguments those are."""

TRANSLATED = sorted(set(LOCALES) - {"en"})


def list_messages():
    """Return every message of the code: a text, or that for one and that for several."""
    found = extract_from_dir(ROOT / "src/reports", [("**.py", "python")], keywords=KEYWORDS)
    return {message for _, _, message, _, _ in found}


def read_entries(name):
    """Return the texts of a catalogue by message."""
    with (CATALOGUES / f"{name}.po").open("rb") as file:
        return {entry.id: entry.string for entry in read_po(file, locale=name, abort_invalid=True) if entry.id}


def list_places(text):
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


@pytest.fixture
def spanish():
    use_language("es")
    yield
    use_language("en")


@pytest.mark.parametrize("name", TRANSLATED)
def test_every_message_has_a_translation_and_every_translation_a_message(name):
    """Check that code and catalogue hold the same messages, none of them empty."""
    entries, messages = read_entries(name), list_messages()
    assert sorted(map(str, messages - set(entries))) == []
    assert sorted(map(str, set(entries) - messages)) == []
    assert [
        message for message, texts in entries.items() if not all([texts] if isinstance(texts, str) else texts)
    ] == []


@pytest.mark.parametrize("name", TRANSLATED)
def test_translations_have_the_places_of_their_message(name):
    """Check that no value is lost or asked for that nobody gives, and that what is around it is the translation's."""
    for message, texts in read_entries(name).items():
        pairs = zip(message, texts, strict=True) if isinstance(message, tuple) else [(message, texts)]
        for one, other in pairs:
            assert list_places(one) == list_places(other), one
            assert re.findall(r"<[^>]*>", one) == re.findall(r"<[^>]*>", other), one
            assert [bool(re.match(r"\s", text)) for text in (one, one[::-1])] == [
                bool(re.match(r"\s", text)) for text in (other, other[::-1])
            ], one


def test_messages_have_plain_places():
    """Check that a place is a name: formats and expressions belong to the value."""
    for message in list_messages():
        for text in (message,) if isinstance(message, str) else message:
            assert all(
                not spec and not conversion and (name is None or name.isidentifier())
                for _, name, spec, conversion in Formatter().parse(text)
            ), text


def test_no_message_hides_in_a_value():
    """Check that no message stands inside an f-string, where extraction does not see it."""
    for path in sorted((ROOT / "src/reports").rglob("*.py")):
        for text in [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.JoinedStr)]:
            calls = [node for node in ast.walk(text) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
            hidden = [call for call in calls if call.func.id in KEYWORDS and isinstance(call.args[0], ast.Constant)]
            assert hidden == [], f"{path}:{text.lineno}"


def test_values_are_put_in_after_the_translation(spanish):
    """Check that braces of a value are not read as a place."""
    assert say("{age} after coming in", age="{number}") == "{number} después de entrar"


@pytest.mark.parametrize(("count", "text"), [(0, "0 días"), (1, "1 día"), (2, "2 días")])
def test_plural_follows_the_count(spanish, count, text):
    """Check that one day is one day."""
    assert say_plural("{number} day", "{number} days", count, number=str(count)) == text


def test_numbers_dates_and_lists_are_the_languages_own(spanish):
    """Check separators, the place of the euro, the names of months and the last comma."""
    assert write_digits("1,234.5") == "1.234,5"
    assert say_amount(-146858.4) == "−147.000\u00a0€"
    assert say_probability(0.014) == "1,4\u00a0%"
    assert say_date("2025-03-02 10:00:00") == "2 de marzo de 2025"
    assert say_month("2025-08") == "agosto de 2025"
    assert say_quoted("tres") == "«tres»"
    assert say_names(["valor", "coste", "factor"]) == "valor, coste y factor"
    assert say_age("1d") == "1 día"
    assert say_leads(1) == "1 lead"
    assert say_leads(2000) == "2.000 leads"


def test_language_without_translations_is_english():
    """Check that English needs no catalogue."""
    assert read_catalogue("en") == {}


class Words(HTMLParser):
    """What a page shows or reads out."""

    def __init__(self):
        super().__init__()
        self.texts = []

    def handle_starttag(self, tag, attributes):
        self.texts += [value for name, value in attributes if name in ("alt", "aria-label", "title")]

    def handle_data(self, data):
        self.texts.append(data)


def say_foreign(message):
    """Return a message in a language of capitals with a mark, which no text of the code is written in."""
    parts = re.split(r"(\{\w+\}|<[^>]*>)", message)
    return "".join(part if index % 2 else re.sub(r"[A-Za-z]", "¤", part) for index, part in enumerate(parts))


SCENARIO = (assumptions, benefit, explorer, people, policies, thresholds, weeks)
MODEL = (audit, behaviour, calibration, candidates, fairness, maturity, objectives, reasons, rolling, selection)
"""Not the page of the model: it shows the catalogue of the metrics, which is data."""

KNOWN = re.compile(
    r"ROC-AUC|F1|2025|W\d\d|leads \d+|\d+th|status|last owner|Call all|Few calls|A client|client|tiny|open"
    r"|limited|A guess"
    r"|job seniority|welcome|Age group|colour|days since page viewed|high intent|form|rhythm|red, |a \$very\$ long"
    r"|\u2068[^\u2069]*\u2069",
    re.IGNORECASE,
)
"""What is no message: terms without a translation, and data of the tiny project."""


@pytest.fixture
def foreign(project, monkeypatch):
    """Return every message in the made-up language, for the tiny project."""
    catalogue = {
        message if isinstance(message, str) else message[0]: say_foreign(message)
        if isinstance(message, str)
        else tuple(map(say_foreign, message))
        for message in list_messages()
    }
    monkeypatch.setattr(language, "read_catalogue", lambda _: catalogue)
    monkeypatch.setattr(language, "format_date", lambda *_, **__: "1")
    monkeypatch.setattr(language, "format_skeleton", lambda *_, **__: "1")
    monkeypatch.setattr(language, "format_list", lambda names, **_: ",".join(names))


def list_english(html):
    """Return the texts of a page that still hold words."""
    words = Words()
    words.feed(re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.DOTALL))
    return [text for text in words.texts if re.search("[A-Za-z]{2}", KNOWN.sub("", unescape(text)))]


def show_all(modules, results):
    """Return all parts of a page that the modules show."""
    return "".join(
        getattr(module, name)(results).data for module in modules for name in dir(module) if name.startswith("show_")
    )


@pytest.mark.parametrize("name", ["open", "limited"])
def test_no_word_of_a_scenario_is_left_in_the_code(foreign, name):
    """Check that what a page shows is said: in a made-up language no letter of English is left."""
    assert list_english(show_all(SCENARIO, collect_results(name))) == []


def test_no_word_of_a_model_is_left_in_the_code(foreign):
    assert list_english(show_all(MODEL, collect_model_results("sale"))) == []


def test_no_word_across_scenarios_is_left_in_the_code(foreign):
    assert list_english(show_all([comparison], collect_comparison())) == []
    assert list_english(index.write_body(index.collect_landing())) == []


def test_verdict_of_a_model_is_said(foreign):
    assert list_english(page.show_verdict(collect_model_results("sale")).data) == []


def test_english_condition_reads_as_before():
    """Check that bounds and flags of a condition are words."""
    assert say_condition("is_phone_valid equals 1") == "phone valid: yes"
    assert say_condition("km_to_site at most 30") == "km to site at most 30"
    assert say_condition("country among ES, PT") == "country: ES, PT"
