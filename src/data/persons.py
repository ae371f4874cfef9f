"""Which leads are one person: those that share a normalised e-mail or phone."""

import hashlib

import numpy as np
import pandas as pd

PHONE_DIGITS = 9
"""Fewer digits do not tell a subscriber apart."""

MOST_DIGITS = 15
"""A number with its country has at most fifteen digits (E.164)."""

# What tells a subscriber apart is the national number: nine digits or the last ten. The country's
# code is written in many ways or left out; it is dropped, with the 0 of national calls, where
# enough digits follow it: 1 and 7 stand before ten, the codes of two and of three digits before nine.
THREE_DIGIT_CODE = r"(?:2[1-69]|3[578]|42|5[09]|6[7-9]|8[0578]|9[679])\d"
SUBSCRIBER = rf"^0*(?:(?:[17](?=\d{{10}}$)|{THREE_DIGIT_CODE}(?=\d{{9}})|\d\d(?=\d{{9}}))0?)?\d*?(\d{{9,10}})$"

# Numbers of people who will not give theirs: one digit repeated, after the first at the latest, or a count.
REPEATED_DIGIT = r"\d(\d)\1*"
UP = "01234567890123456789"
COUNTS = frozenset(
    digits[start : start + length] for digits in (UP, UP[::-1]) for length in (9, 10) for start in range(10)
)

# Strangers share the addresses of those who will not give theirs, at whatever domain.
PLACEHOLDERS = (
    r"123(?:4(?:56?)?)?|123456789|abcd?|asd|asdasd|asdfg?h?|ejemplo|example|fake|falso|nada|nadie|ninguno"
    r"|no|none|no-?e?mail|nobody|no-?tengo|notiene|noaplica|null|pruebas?\d{0,3}|qwe|qwer|qwerty|sin"
    r"|sin(?:correo|e?mail)|test\d{0,3}|tester|testing"
)
# "no@no.es", but not the address of a company that is named like its domain ("velmar@velmar.es").
SAME_TWICE = r"([^@]{1,4})@\1\..*"
REPEATED_LETTER = r"(.)\1{2,}@.*"


def fold_email(email: pd.Series) -> pd.Series:
    """Return e-mails in lower case without blanks; what has no ``@`` is missing."""
    text = email.str.strip().str.casefold()
    return text.where(text.str.contains("@", na=False))


def normalise_email(email: pd.Series) -> pd.Series:
    """Return folded e-mails that tell a person; what cannot be one, or stands for none, is missing."""
    text = fold_email(email)
    can_be = text.str.fullmatch(r"[^@]+@[^@.]+(?:\.[^@.]+)+", na=False)
    for form in (rf"(?:{PLACEHOLDERS})@.*", SAME_TWICE, REPEATED_LETTER):
        can_be &= ~text.str.fullmatch(form, na=False)
    return text.where(can_be)


def normalise_phone(phone: pd.Series) -> pd.Series:
    """Return the national numbers of phones, at most ten digits; what cannot be one, or stands for none, is missing.

    The nine digits of a Spanish number are the same with and without its country; the ten of an
    American, Mexican or Indian one keep the area, which nine would lose.
    """
    digits = phone.str.replace(r"\D", "", regex=True)
    usable = digits.str.removeprefix("00").str.len().between(PHONE_DIGITS, MOST_DIGITS)
    number = digits.str.extract(SUBSCRIBER, expand=False)
    return number.where(usable & ~number.str.fullmatch(REPEATED_DIGIT, na=False) & ~number.isin(COUNTS))


def derive_persons(leads: pd.DataFrame) -> pd.Series:
    """Return a hashed person for each lead: leads linked by e-mail or phone share one.

    Parameters
    ----------
    leads : DataFrame
        One row a lead, with ``lead_id``, ``email`` and ``phone`` (text, may be missing).

    Returns
    -------
    Series of str
        Sixteen hexadecimal digits of the SHA-256 of the smallest ``lead_id`` of the person.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = [link_equal(normalise_email(leads["email"])), link_equal(normalise_phone(leads["phone"]))]
    first, second = np.concatenate(links, axis=1)
    graph = coo_array((np.ones(len(first), "int8"), (first, second)), shape=(len(leads),) * 2)
    component = connected_components(graph, directed=False)[1]
    smallest = leads["lead_id"].groupby(component).transform("min")
    return hash_values(smallest)


def link_equal(values: pd.Series) -> np.ndarray:
    """Return pairs (position, position of the first with the same value), shape (2, n)."""
    codes = pd.factorize(values)[0]
    at = np.flatnonzero(codes >= 0)
    first = pd.Series(at).groupby(codes[at]).transform("min").to_numpy()
    return np.stack([at, first]) if len(at) else np.empty((2, 0), dtype=np.int64)


def hash_values(values: pd.Series) -> pd.Series:
    codes, distinct = pd.factorize(values)
    hashes = pd.array([hashlib.sha256(value.encode()).hexdigest()[:16] for value in distinct], dtype="str")
    return pd.Series(hashes.take(codes), index=values.index, name=values.name)
