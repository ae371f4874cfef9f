"""Whether a name was typed at random: how surprising its pairs of letters are beside real names'.

The pairs are of names of sixty countries, written in Latin letters; names in other scripts
are never judged. Table and threshold: ``rules/build_letter_pairs.py``.
"""

import csv
import re
from functools import cache, lru_cache
from itertools import pairwise

from src.features.explicit_metrics.rules import FOLDER

PAIRS = FOLDER / "letter_pairs.csv"
EDGE = "_"
"""Stands for the beginning and the end of a word in the table."""

SHORTEST_WORD = 5
"""Letters: shorter words may be initials or abbreviations (JMGR, Mtnz)."""

SHORTEST_VOWELLESS = 6
"""Letters: no name of five or more in the table's source, nor in a census, has no vowel."""

MOST_SURPRISE = 4.0
"""Nats a letter. Of names the table was not made from, none of 7,900 held out is above it, 1 of
78,000 of the US census of 1990 and 2 of 15,000 of @faker-js/faker; of seven letters at random 60 %."""

SEPARATORS = re.compile(r"[\s'-]+")
VOWELS = re.compile("[aeiouy]")
# Letters that Unicode does not take apart into a plain one and an accent.
PLAIN_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "þ": "th", "æ": "ae", "œ": "oe"})


def has_gibberish(name: str, runs: frozenset[str] = frozenset()) -> bool:
    """Say whether any word of a folded name looks typed at random or is one of the `runs` of a keyboard.

    >>> has_gibberish("maria bcdfghj"), has_gibberish("szczesny-wrzesniewski"), has_gibberish("qwe", frozenset(["qwe"]))
    (True, False, True)
    """
    return any(word in runs or is_random(word) for word in split_words(name))


def split_words(name: str) -> list[str]:
    """Return the words of a folded name that are of Latin letters alone.

    >>> split_words("angeles o'brien, bjørn j.carlos 王伟")
    ['angeles', 'o', 'brien', 'bjorn']
    """
    plain = name if name.isascii() else name.translate(PLAIN_LETTERS)
    words = (word if word.isalpha() else word.strip('.,;:!?()"') for word in SEPARATORS.split(plain))
    return [word for word in words if word.isascii() and word.isalpha()]


@lru_cache(maxsize=100_000)  # millions of names are made of few words
def is_random(word: str) -> bool:
    if len(word) < SHORTEST_WORD:
        return False
    if len(word) >= SHORTEST_VOWELLESS and not VOWELS.search(word):
        return True
    return measure_surprise(word, load_pairs()) > MOST_SURPRISE


def measure_surprise(word: str, pairs: dict[tuple[str, str], float]) -> float:
    """Return the mean surprise of a word's pairs of letters, its two edges included."""
    edged = EDGE + word + EDGE
    return sum(map(pairs.__getitem__, pairwise(edged))) / (len(edged) - 1)


@cache
def load_pairs() -> dict[tuple[str, str], float]:
    """Return the surprise (minus the natural logarithm of the probability) of a letter after another."""
    (_, *after), *rows = csv.reader(PAIRS.read_text(encoding="utf-8").splitlines())
    return {(first, second): float(value) for first, *row in rows for second, value in zip(after, row, strict=True)}
