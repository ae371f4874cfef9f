"""Which leads are one person: those that share a normalised e-mail or phone."""

import hashlib

import numpy as np
import pandas as pd

PHONE_DIGITS = 9
"""The last nine digits tell a subscriber apart; the prefix is written in many ways or left out."""

MOST_DIGITS = 15
"""A number with its country has at most fifteen digits (E.164)."""


def normalise_email(email: pd.Series) -> pd.Series:
    """Return e-mails in lower case without blanks; what has no ``@`` is missing."""
    text = email.str.strip().str.casefold()
    return text.where(text.str.contains("@", na=False))


def normalise_phone(phone: pd.Series) -> pd.Series:
    """Return the last nine digits of phones; what cannot be one, or repeats a digit, is missing."""
    digits = phone.str.replace(r"\D", "", regex=True)
    usable = digits.str.removeprefix("00").str.len().between(PHONE_DIGITS, MOST_DIGITS)
    subscriber = digits.str[-PHONE_DIGITS:]
    return subscriber.where(usable & ~subscriber.str.fullmatch(r"(\d)\1*", na=False))


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
