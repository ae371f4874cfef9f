"""Words of a source for what happened, as its declaration maps them."""

from collections.abc import Iterable

from src.data.quoting import quote_text

BLANKS = r"[\s\x{00A0}]+"


def list_texts(texts: Iterable[str]) -> str:
    """Return texts as the list of an SQL ``IN``; no text is equal to NULL, so none gives no row."""
    return ", ".join(map(quote_text, texts)) or "NULL"


def fold_kind(word: str) -> str:
    """Return a word without capitals and double blanks.

    >>> fold_kind(" Closed  Won")
    'closed won'
    """
    return " ".join(word.lower().split())


def fold_column(column: str) -> str:
    """Return SQL that folds a column as `fold_kind` does."""
    lower = f"lower({column})"
    # Words with more than single plain blanks are few, and looking for them is cheap.
    is_wide = f"contains({column}, '  ') OR strlen({column}) > length({column}) OR contains({column}, chr(9))"
    return f"CASE WHEN {is_wide} THEN trim(regexp_replace({lower}, '{BLANKS}', ' ', 'g')) ELSE {lower} END"


def fold_kinds(kinds: dict[str, str]) -> dict[str, str]:
    """Return what folded words mean, without those that stand for two things.

    >>> fold_kinds({"Won": "won", "WON": "lost", "Gone": "lost"})
    {'gone': 'lost'}
    """
    meanings: dict[str, set[str]] = {}
    for word, kind in kinds.items():
        meanings.setdefault(fold_kind(word), set()).add(kind)
    return {word: next(iter(found)) for word, found in meanings.items() if len(found) == 1}


def map_kinds(column: str, kinds: dict[str, str], otherwise: str = "NULL") -> str:
    """Return SQL for what the words in a column mean: as they are written, or else in other capitals and blanks."""
    if not kinds:
        return otherwise
    exact = " ".join(f"WHEN {quote_text(word)} THEN {quote_text(kind)}" for word, kind in kinds.items())
    folded = " ".join(f"WHEN {quote_text(word)} THEN {quote_text(kind)}" for word, kind in fold_kinds(kinds).items())
    inexact = f"CASE {fold_column(column)} {folded} ELSE {otherwise} END" if folded else otherwise
    return f"CASE {column} {exact} ELSE {inexact} END"


def is_undecided(column: str, kinds: dict[str, str], words: list[str]) -> str:
    """Return SQL that says whether a column has one of the `words` for no outcome yet.

    In other capitals and blanks it is one, too, unless it is one of the `kinds` as it is written.
    """
    if not words:
        return "false"
    folded = f"{fold_column(column)} IN ({list_texts(map(fold_kind, words))}) AND {column} NOT IN ({list_texts(kinds)})"
    return f"coalesce({column} IN ({list_texts(words)}) OR ({folded}), false)"
