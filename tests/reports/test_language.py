"""Sentences have their translations, and pages no words that nobody can translate."""

import re

import pytest
from babel.messages.pofile import read_po

from src.reports.language import HERE, LOCALES, gettext, ngettext, read_catalogue, use_language
from src.reports.messages import list_messages

TRANSLATED = sorted(set(LOCALES) - {"en"})


@pytest.fixture
def spanish():
    use_language("es")
    yield
    use_language("en")


def read_entries(name):
    """Return the texts of each sentence and the file that has them."""
    found = []
    for path in sorted(HERE.glob(f"*/{name}.po")):
        with path.open("rb") as file:
            entries = read_po(file, locale=name, abort_invalid=True)
            found += [(entry.id, entry.string, path.parent.name) for entry in entries if entry.id]
    return found


@pytest.mark.parametrize("name", TRANSLATED)
def test_every_sentence_has_a_translation_where_it_is_said(name):
    """Check that templates, code and catalogues hold the same sentences, each in one file, none of them empty."""
    entries = read_entries(name)
    assert {(message, folder) for message, _, folder in entries} == set(list_messages().items())
    empty = [message for message, texts, _ in entries if not all([texts] if isinstance(texts, str) else texts)]
    assert empty == []


@pytest.mark.parametrize("name", TRANSLATED)
def test_translations_have_the_places_of_their_sentence(name):
    """Check that no value is lost or asked for that nobody gives."""
    for message, texts, _ in read_entries(name):
        pairs = zip(message, texts, strict=True) if isinstance(message, tuple) else [(message, texts)]
        for one, other in pairs:
            places = [sorted(re.findall(r"%\(\w+\)s|\{\w+\}|%%", text)) for text in (one, other)]
            assert places[0] == places[1], one


def test_plural_follows_the_count(spanish):
    """Check that one day is one day, and that English needs no catalogue."""
    assert ngettext("%(number)s day", "%(number)s days", 1) == "%(number)s día"
    assert ngettext("%(number)s day", "%(number)s days", 2) == "%(number)s días"
    assert gettext("nothing like it") == "nothing like it"
    assert read_catalogue("en") == {}
