"""Lists of words a marketer can edit, and the first of them that a text holds.

A rules file is a list of rules ``{name: …, words: […]}`` in order of precedence. Words are
written without accents; ``*`` stands for any further letters, a blank for whatever stands
between two words, and ``=`` in front means that the whole text must be that word.
"""

import re
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from src.features.explicit_metrics.text import fold_text
from src.params import Strict, read_yaml, validate

FOLDER = Path(__file__).parent.parent / "rules"

Words = Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]


class Rule(Strict):
    name: Annotated[str, Field(min_length=1)]
    words: Words


class Rules(Strict):
    rules: Annotated[list[Rule], Field(min_length=1)]


class Terms(Strict):
    """Named lists of words that are not in any order."""

    terms: Annotated[dict[str, Words], Field(min_length=1)]


@cache
def load_rules(name: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return the rules of ``rules/<name>.yaml`` as (name, pattern), in order of precedence."""
    path = FOLDER / f"{name}.yaml"
    rules = validate(Rules, read_yaml(path), path).rules
    return tuple((rule.name, compile_words(rule.words)) for rule in rules)


@cache
def load_terms(name: str) -> dict[str, frozenset[str]]:
    """Return the named lists of ``rules/<name>.yaml`` as folded words."""
    path = FOLDER / f"{name}.yaml"
    terms = validate(Terms, read_yaml(path), path).terms
    return {key: frozenset(fold_text(word) for word in words) for key, words in terms.items()}


def compile_words(words: list[str]) -> re.Pattern[str]:
    """Return one pattern for folded text that holds any of the `words`."""
    whole = [write_pattern(word.removeprefix("=")) for word in words if word.startswith("=")]
    within = [write_pattern(word) for word in words if not word.startswith("=")]
    # The condition stands once in front, so that most places of a long text are left at once.
    patterns = [rf"(?<!\w)(?:{'|'.join(within)})(?!\w)"] if within else []
    patterns += [rf"\A\W*(?:{'|'.join(whole)})\W*\Z"] if whole else []
    return re.compile("|".join(patterns))


def write_pattern(word: str) -> str:
    parts = fold_text(word).split()
    return r"\W+".join(re.escape(part).replace(r"\*", r"\w*") for part in parts)


def find_rule(rules: tuple[tuple[str, re.Pattern[str]], ...], text: str) -> str | None:
    """Return the name of the first rule whose words stand in the folded `text`."""
    return next((name for name, pattern in rules if pattern.search(text)), None)
