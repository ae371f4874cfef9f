"""Lists of words a marketer can edit, and the first of them that a text holds.

A rules file is a list of rules ``{name: …, words: […]}`` in order of precedence. Words are
written without accents; ``*`` stands for any further letters, a blank for whatever stands
between two words, ``=`` in front means that the whole text must be that word and ``^`` that the
text must begin with it. In a file of levels, each level is such a list, and within a level not
the order of the rules decides but which word stands first in the text.
"""

import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field

from src import paths
from src.features.text import fold_text
from src.files import write_text
from src.strict import Strict, read_yaml, validate

FOLDER = Path(__file__).parent.parent / "rules"

Words = Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]


class Rule(Strict):
    name: Annotated[str, Field(min_length=1)]
    words: Words


class Rules(Strict):
    rules: Annotated[list[Rule], Field(min_length=1)]


class Levels(Strict):
    levels: Annotated[list[Annotated[list[Rule], Field(min_length=1)]], Field(min_length=1)]


class Terms(Strict):
    """Named lists of words that are not in any order."""

    terms: Annotated[dict[str, Words], Field(min_length=1)]


@cache
def load_rules(name: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return the rules of ``rules/<name>.yaml`` as (name, pattern), in order of precedence."""
    return compile_rules(read_rules(name, Rules).rules)


@cache
def load_levels(name: str) -> tuple[tuple[tuple[str, re.Pattern[str]], ...], ...]:
    """Return the levels of ``rules/<name>.yaml``, each as its rules (name, pattern)."""
    return tuple(compile_rules(rules) for rules in read_rules(name, Levels).levels)


def read_rules(name: str, model: type[BaseModel]) -> Any:
    path = FOLDER / f"{name}.yaml"
    return validate(model, read_words(path), path)


def read_words(path: Path) -> Any:
    """Return what a rules file says; once read, it is kept as JSON, which is read a hundred times as fast."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    kept = paths.CACHE / "rules" / f"{digest}.json"
    if kept.is_file():
        return json.loads(kept.read_text(encoding="utf-8"))
    words = read_yaml(path)
    text = json.dumps(words, ensure_ascii=False)
    if json.loads(text) == words:
        write_text(text, kept)
    return words


@cache
def load_terms(name: str) -> dict[str, frozenset[str]]:
    """Return the named lists of ``rules/<name>.yaml`` as folded words."""
    terms = read_rules(name, Terms).terms
    return {key: frozenset(fold_text(word) for word in words) for key, words in terms.items()}


def compile_rules(rules: list[Rule]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((rule.name, compile_words(rule.words)) for rule in rules)


def compile_words(words: list[str]) -> re.Pattern[str]:
    """Return one pattern for folded text that holds any of the `words`."""
    whole = [write_pattern(word.removeprefix("=")) for word in words if word.startswith("=")]
    first = [write_pattern(word.removeprefix("^")) for word in words if word.startswith("^")]
    within = [write_pattern(word) for word in words if not word.startswith(("=", "^"))]
    # The condition stands once in front, so that most places of a long text are left at once.
    patterns = [rf"(?<!\w){join_patterns(within)}(?!\w)"] if within else []
    patterns += [rf"\A\W*{join_patterns(whole)}\W*\Z"] if whole else []
    patterns += [rf"\A\W*{join_patterns(first)}(?!\w)"] if first else []
    return re.compile("|".join(patterns))


def join_patterns(patterns: list[str]) -> str:
    """Return the pattern of any of the `patterns`, longer ones first.

    Those that begin alike stand together behind their first letter: a program that tries
    hundreds of words at each place of a text spends its time on the wrong ones.
    """
    heads: dict[str, list[str]] = {}
    for pattern in sorted(patterns, key=len, reverse=True):
        cut = 1 if pattern[:1].isalnum() else len(pattern)  # never within an escaped character
        heads.setdefault(pattern[:cut], []).append(pattern[cut:])
    return f"(?:{'|'.join(head + '(?:' + '|'.join(tails) + ')' for head, tails in heads.items())})"


def write_pattern(word: str) -> str:
    parts = fold_text(word).split()
    return r"\W+".join(re.escape(part).replace(r"\*", r"\w*") for part in parts)


def find_rule(rules: tuple[tuple[str, re.Pattern[str]], ...], text: str) -> str | None:
    """Return the name of the first rule whose words stand in the folded `text`."""
    return next((name for name, pattern in rules if pattern.search(text)), None)


def find_first(levels: tuple[tuple[tuple[str, re.Pattern[str]], ...], ...], text: str) -> str | None:
    """Return the rule whose word stands first in the folded `text`, of the first level that has any.

    Of words that begin at the same place the longest decides, then the order of the rules.
    """
    for rules in levels:
        found = [(match, name) for name, pattern in rules if (match := pattern.search(text))]
        if found:
            return min(found, key=lambda pair: (pair[0].start(), -pair[0].end()))[1]
    return None
