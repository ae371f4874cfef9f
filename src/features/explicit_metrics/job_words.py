"""Words of job titles as rules know them: no endings of both genders, no typing errors."""

import re
from functools import cache, lru_cache
from itertools import chain

from rapidfuzz import process
from rapidfuzz.distance import OSA

from src.features.explicit_metrics.rules import Levels, Rules, compile_words, load_terms, read_rules
from src.features.text import fold_text

INITIALS = re.compile(r"\b(\w{1,2})\.\s?(?=\w{1,2}(?:\.|$))")

# "jefe/a", "técnico (a)", "director/ra", "abogad@s": one word in both genders.
BOTH_GENDERS = re.compile(r"(?<=\w{3})\s?(?:/\s?-?|\(-?|-)(?:[aeo]s?|[rst]?[oa]ra?s?|es)\)?(?![\w-])")
# "Einkäufer:in", "Einkäufer*innen", "Vendeur·euse", and what advertisements add: "(m/w/d)", "H/F".
OTHER_GENDER = re.compile(r"(?<=\w{3})(?:[:*_·]|/-?|\(|\.)(?:in|innen|euse|rice|trice|ere|iere|ne|e)\)?(?![\w-])")
ANY_GENDER = re.compile(r"\(?\b(?:m/w/d|w/m/d|m/w|w/m|m/f/d|h/f|f/h|m/f|f/m|h/m|m/h)\b\)?")
NEITHER_GENDER = re.compile(r"(?<=\w{3})@(s?)(?!\w)")

# "Directora en Construcciones del Sur S.L.": what a company is called says nothing about the job.
COMPANY = re.compile(r"\s(?:@\s?.*|(?:en|at)\s.*\s(?:s\s?l\s?[lpu]?|s\s?a\s?u?|s\s?c\s?p?|inc|ltd|llc|gmbh))$")

WORD = re.compile(r"[^\W\d_]+")

SHORTEST_WORD = 6
"""Letters: shorter words have too many neighbours to tell which was meant."""

LONG_WORD = 10
"""Letters from which a word may differ in two places instead of one."""

LONGEST_VAGUE_STEM = 4
"""Letters before a star: too much begins like "rep*" for any such word to be a known one."""

# Endings that a word written with a star may have, to be compared with what was typed.
ENDINGS_OF_VOWELS = ("", "s")
ENDINGS_OF_CONSONANTS = ("", "a", "as", "es", "o", "os", "s")


def simplify_title(text: str) -> str:
    """Return a folded title as rules expect it.

    Full stops and the ending of the other gender are gone, initials are joined, the name of the
    company after "at" is cut off and words that are hardly misspelt are put right.

    >>> simplify_title("Resp.RR.HH."), simplify_title("C.E.O."), simplify_title("Gernete/a de ventas")
    ('resp rrhh', 'ceo', 'gerente de ventas')
    """
    joined = INITIALS.sub(r"\1", OTHER_GENDER.sub("", ANY_GENDER.sub(" ", fold_text(text))))
    plain = " ".join(joined.replace(".", " ").split())
    plain = NEITHER_GENDER.sub(r"o\1", BOTH_GENDERS.sub("", plain))
    return WORD.sub(lambda match: correct_word(match[0]), COMPANY.sub("", plain))


# Bounded: titles come from strangers, and what they type has no end.
@lru_cache(maxsize=100_000)
def correct_word(word: str) -> str:
    """Return the word of the rules that a folded `word` is a misspelling of, or else the word itself.

    Only words that neither the rules nor the list of ordinary words know are looked at, and only
    a word with the same first letter that is near enough is taken. How near two words are is
    their optimal string alignment distance: two letters that changed places count once.

    >>> correct_word("reponsable"), correct_word("enginer"), correct_word("cantador")
    ('responsable', 'engineer', 'cantador')
    """
    if len(word) < SHORTEST_WORD or is_known(word):
        return word
    limit = 1 if len(word) < LONG_WORD else 2
    nearest = process.extractOne(word, list_spellings().get(word[0], ()), scorer=OSA.distance, score_cutoff=limit)
    return nearest[0] if nearest else word


def is_known(word: str) -> bool:
    return word in load_terms("ordinary_words")["words"] or bool(compile_vocabulary().fullmatch(word))


@cache
def read_vocabulary() -> frozenset[str]:
    """Return the single words of the rules for titles, with the star that stands for any letters."""
    rules = [
        *read_rules("seniority", Rules).rules,
        *chain.from_iterable(read_rules("job_function", Levels).levels),
    ]
    words = (fold_text(word.lstrip("=^")).split() for rule in rules for word in rule.words)
    return frozenset(chain.from_iterable(words)) - {"*"}


@cache
def compile_vocabulary() -> re.Pattern[str]:
    words = sorted(read_vocabulary())
    return compile_words([word for word in words if "*" not in word or len(word) > LONGEST_VAGUE_STEM + 1])


@cache
def list_spellings() -> dict[str, list[str]]:
    """Return the spellings that a typed word is compared with, by their first letter."""
    spellings: dict[str, list[str]] = {}
    for spelling in sorted(set(chain.from_iterable(spell_word(word) for word in read_vocabulary()))):
        if len(spelling) >= SHORTEST_WORD:
            spellings.setdefault(spelling[0], []).append(spelling)
    return spellings


def spell_word(word: str) -> list[str]:
    """Return what a word of the rules may look like: a star at its end stands for the usual endings."""
    stem = word.removesuffix("*")
    if stem == word or not stem:
        return [stem]
    return [stem + ending for ending in (ENDINGS_OF_VOWELS if stem[-1] in "aeio" else ENDINGS_OF_CONSONANTS)]
