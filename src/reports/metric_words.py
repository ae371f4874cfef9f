"""What the figures bring along in English, in the language of the page: the words of metrics and of their audit.

The stages before the reports know of no language: the catalogue of the metrics and the reasons of the audit
are English texts, many of them made of a pattern, which `metric_texts` repeats as messages. A text is
matched against them, and what stood in the places is put into the translation; what matches none, such as
a name that a source brings along, is shown as it is.
"""

import re
from functools import cache
from string import Formatter

from src.reports.language import translate, write_digits
from src.reports.metric_texts import TEMPLATES, TOLD_BY_RULES, WORD_PLACES, WORDS

NUMBER = re.compile(r"\d+(\.\d+)?(\u00a0%)?")


def say_stored(text: str) -> str:
    """Return a text of the figures in the language of the page, or as it is where nobody knows it.

    >>> say_stored("How often: email sent."), say_stored("first_name, colour")
    ('How often: email sent.', 'first_name, colour')
    """
    for template, values in match_templates(text):
        return translate(template).format(**{name: say_place(name, value) for name, value in values.items()})
    return say_words(text)


def match_templates(text: str) -> list[tuple[str, dict[str, str]]]:
    """Return the patterns that the whole text follows, each with what stands in its places."""
    found = [(template, compile_template(template).fullmatch(text)) for template in TEMPLATES]
    return [(template, match.groupdict()) for template, match in found if match]


@cache
def compile_template(template: str) -> re.Pattern[str]:
    parts = Formatter().parse(template)
    return re.compile("".join(re.escape(text) + (f"(?P<{name}>.+?)" if name else "") for text, name, _, _ in parts))


def say_place(name: str, value: str) -> str:
    if name in WORD_PLACES:
        return say_word(value)
    return write_digits(value) if NUMBER.fullmatch(value) else value


def say_words(text: str) -> str:
    return "".join(say_word(part) for part in split_words(text))


def split_words(text: str) -> list[str]:
    """Return the words of a text and the commas between them.

    >>> split_words("person, or email and phone; created_at")
    ['person', ', ', 'or email and phone', '; ', 'created_at']
    """
    return re.split(r"([,;] )", text)


def say_word(word: str) -> str:
    """Return a word of the figures in the language of the page; without a translation a name stays as written."""
    words = word.replace("_", " ")
    said = translate(words) if words in WORDS else words
    return word if said == words else said


def say_category(metric: str, value: str) -> str:
    """Return values of a category in the language of the page, if they are the rules' and not the data's.

    >>> say_category("weekday", "monday"), say_category("city", "nothing")
    ('monday', 'nothing')
    """
    return say_words(value) if metric in TOLD_BY_RULES else value
