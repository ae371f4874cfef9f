"""Makes letter_pairs.csv, how surprising a letter is after another in names, and measures it.

Run by hand, where the package Faker is installed besides (no stage needs it, nor this program):

    python -m src.features.rules.build_letter_pairs

The names are those of all locales of Faker 40.54 that are written in Latin letters, each name
once a locale. Faker is under the MIT licence, (c) 2012 Daniele Faraglia; the table holds no names,
only how often letters follow one another in them.
"""

import hashlib
import importlib
import math
import pkgutil
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise, product
from string import ascii_lowercase

from src.features.explicit_metrics.gibberish import (
    EDGE,
    MOST_SURPRISE,
    PAIRS,
    SHORTEST_WORD,
    measure_surprise,
    split_words,
)
from src.features.text import fold_text
from src.files import write_text

LETTERS = EDGE + ascii_lowercase
UNSEEN = 5
"""Times that every pair counts more than it was seen: eight in a hundred pairs are in no name."""


def main() -> str:
    names = read_names()
    held_out = {word for _, word in names if is_held_out(word)}
    judged = [word for word in sorted(held_out) if len(word) >= SHORTEST_WORD]

    trial = measure_pairs(word for _, word in names if word not in held_out)
    pairs = measure_pairs(word for _, word in names)
    above = sum(measure_surprise(word, trial) > MOST_SURPRISE for word in judged)

    write_text(write_pairs(pairs), PAIRS)
    return f"{len(names)} names; of {len(judged)} held out {above} are above {MOST_SURPRISE}"


def read_names() -> list[tuple[str, str]]:
    """Return (locale, word) of all names, each once and in order."""
    from faker.providers import person

    names = set()
    for module in pkgutil.iter_modules(person.__path__):
        provider = importlib.import_module(f"{person.__name__}.{module.name}").Provider
        for attribute, values in vars(provider).items():
            if "name" in attribute and isinstance(values, list | tuple | set | dict):
                texts = [text for text in values if isinstance(text, str) and "{{" not in text]
                names |= {(module.name, word) for text in texts for word in split_words(fold_text(text))}
    return sorted(names)


def is_held_out(word: str) -> bool:
    """Choose one word in five, always the same ones."""
    return hashlib.sha256(word.encode()).digest()[0] % 5 == 0


def measure_pairs(words: Iterable[str]) -> dict[tuple[str, str], float]:
    counts = Counter(pair for word in words for pair in pairwise(EDGE + word + EDGE))
    totals = {first: sum(counts[first, second] + UNSEEN for second in LETTERS) for first in LETTERS}
    return {
        (first, second): -math.log((counts[first, second] + UNSEEN) / totals[first])
        for first, second in product(LETTERS, LETTERS)
    }


def write_pairs(pairs: dict[tuple[str, str], float]) -> str:
    """Return the table: a row for each letter, a column for each that may follow."""
    lines = [",".join(["letter", *LETTERS])]
    lines += [",".join([first, *(f"{pairs[first, second]:.2f}" for second in LETTERS)]) for first in LETTERS]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(main())
