"""What of a value may stand in a message: nothing that could tell who somebody is."""

import re

LONGEST = 40
"""Characters of a form that are shown."""

READ = ("after_as_of", "before_creation")
"""Reasons of times that were understood: they tell nobody."""

DIGITS = re.compile(r"\d")
LETTERS = re.compile(r"[^\W\d_]")


def write_shape(value: str) -> str:
    """Return a value with every letter as x and every digit as 9, cut where it is long.

    >>> write_shape("ana@x.es"), write_shape("€ 1.500,00")
    ('xxx@x.xx', '€ 9.999,99')
    """
    shape = LETTERS.sub("x", DIGITS.sub("9", value[:LONGEST]))
    return shape + ("…" if len(value) > LONGEST else "")


def show_value(value: str, reason: str) -> str:
    """Return what a message may say of a value that was rejected for a `reason`: its form, or a time that was read."""
    return value if reason in READ else write_shape(value)
