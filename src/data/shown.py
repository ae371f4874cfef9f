"""What of a value may stand in a message: nothing that could tell who somebody is."""

import re

LONGEST = 40
"""Characters of a form that are shown."""

LONGEST_WORD = 30
MOST_DIGITS = 5

READ = ("after_as_of", "before_creation")
"""Reasons of times that were understood: they tell nobody."""

WORDS = ("unknown_kind",)
"""Reasons of words that must be known to be declared."""

DIGITS = re.compile(r"\d")
LETTERS = re.compile(r"[^\W\d_]")


def write_shape(value: str) -> str:
    """Return a value with every letter as x and every digit as 9, cut where it is long.

    >>> write_shape("ana@x.es"), write_shape("€ 1.500,00")
    ('xxx@x.xx', '€ 9.999,99')
    """
    shape = LETTERS.sub("x", DIGITS.sub("9", value[:LONGEST]))
    shape = "".join(letter if letter.isprintable() else "·" for letter in shape)
    return shape + ("…" if len(value) > LONGEST else "")


def is_word(text: str) -> bool:
    """Say whether a text may be a word for what happened: it is short, no address and no number.

    >>> is_word("Closed won"), is_word("ana@x.es"), is_word("+34 612 345 678")
    (True, False, False)
    """
    return len(text) <= LONGEST_WORD and "@" not in text and len(DIGITS.findall(text)) <= MOST_DIGITS


def is_shown(value: str, reason: str) -> bool:
    """Say whether a value that was rejected for a `reason` stands in messages as it is: a time, or a word."""
    return reason in READ or (reason in WORDS and is_word(value) and value.isprintable())


def show_value(value: str | None, column: str | None, reason: str) -> str | None:
    """Return what a message may say of a value that was rejected for a `reason`, mostly its form.

    Nothing of a row that could not be taken apart, which has no column.

    >>> show_value("31/12/2025", "created", "not_understood"), show_value("a,b,c", None, "too_many_fields")
    ('99/99/9999', None)
    """
    if not isinstance(column, str) or not isinstance(value, str) or not value:
        return None
    return value if is_shown(value, reason) else write_shape(value)


def tell_value(value: str | None, column: str | None, reason: str) -> str:
    """Return what `show_value` does as a part of a sentence, in brackets."""
    shown = show_value(value, column, reason)
    legend = "" if shown is None or is_shown(value, reason) else ", where x is a letter and 9 a digit"
    return "" if shown is None else f" ({shown!r}{legend})"
