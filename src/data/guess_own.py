"""Which of the leads' other columns can be used, of which type they are, and when their values were known."""

import duckdb

from src.data.declarations import RESERVED
from src.data.doubts import find_late_name
from src.data.guess import Guess, OwnGuess, is_flag, is_named, name_field
from src.data.profile import ColumnProfile, simplify
from src.data.quoting import name_raw, quote_text
from src.data.sources import name_column
from src.data.tables import LEAD_COLUMNS

FILLED_APART = 0.3
"""By so much a column is filled more often for winners than for others where sales filled it in."""

MOST_CATEGORIES = 60


def guess_own_columns(db: duckdb.DuckDBPyConnection, guess: Guess, keys: dict[str, str]) -> dict[str, OwnGuess]:
    """Return the other columns of the leads that can be used, or whose leak the audit can show."""
    taken = {name.removesuffix(".1") for name in guess.columns.values()} | list_outcome_columns(guess)
    winners = select_winners(guess)
    own: dict[str, OwnGuess] = {}
    for section_name, column in keys.items():
        if section_name not in ("lead_id", "email"):
            own[section_name] = OwnGuess(column, "text", "after_outcome", "other files name leads by it")
            taken.add(column)
    for name, column in guess.leads.columns.items():
        if name in taken:
            continue
        kind = guess_type(column)
        if not column.filled or is_named(name, "ignored") or kind is None:
            guess.ignored.append(f"{guess.leads.path.name}: {name}" + ("" if column.filled else " (empty)"))
            continue
        known, why = tell_known(db, guess, column, winners)
        own[make_own_name(name, own)] = OwnGuess(
            name_field(column),
            kind,
            known,
            why,
            column.time if kind == "date" else None,
            ";" if kind == "list" else None,
            column.missing,
            is_named(name, "protected"),
        )
    return own


def list_outcome_columns(guess: Guess) -> set[str]:
    columns = set()
    for outcome in guess.outcomes:
        if outcome.file is None:
            columns |= {name.removesuffix(".1") for name in outcome.columns.values()}
            columns |= {outcome.words.column.removesuffix(".1")} if outcome.words else set()
    return columns


def make_own_name(name: str, taken: dict[str, OwnGuess]) -> str:
    base = name_column(simplify(name))[:40].strip("_") or "column"
    base = base if base[0].isalpha() else f"c_{base}"
    base = f"own_{base}" if base in (*RESERVED, *LEAD_COLUMNS) else base
    candidates = [base, *(f"{base}_{number}" for number in range(2, 1000))]
    return next(candidate for candidate in candidates if candidate not in taken)


def guess_type(column: ColumnProfile) -> str | None:
    """Return the type of a column, none for free texts and keys, which are no features."""
    if column.time:
        return "date"
    if is_flag(column):
        return "flag"
    if column.numbers > 0.98:
        return "number"
    if column.lists > 0.05 and column.longest < 300:
        return "list"
    return "category" if column.distinct <= MOST_CATEGORIES and column.distinct * 3 <= column.filled else None


def select_winners(guess: Guess) -> str | None:
    """Return a query for the ids (``v``) of the leads that won, where a file of deals or a column tells."""
    leads, key = guess.leads.table, name_raw(guess.columns["lead_id"])
    for outcome in guess.outcomes:
        if outcome.words is None:
            at = name_raw(outcome.columns["occurred_at"])
            return f"SELECT {key} AS v FROM {leads} WHERE trim({at}) <> ''" if outcome.date_kind == "won" else None
        won = ", ".join(quote_text(value) for value, kind in outcome.words.kinds.items() if kind == "won")
        if outcome.file is None:
            column = name_raw(outcome.words.column.removesuffix(".1"))
            value = (
                f"json_extract_string({column}, '$[1]')" if outcome.words.column.endswith(".1") else f"trim({column})"
            )
            return f"SELECT {key} AS v FROM {leads} WHERE {value} IN ({won})"
        if outcome.link.by == "lead_id" and not outcome.link.match:
            ids = f"unnest(string_split({name_raw(outcome.link.column)}, ';'))"
            word = f"trim({name_raw(outcome.words.column)})"
            return f"SELECT trim({ids}) AS v FROM {outcome.file.table} WHERE {word} IN ({won})"
    return None


def tell_known(
    db: duckdb.DuckDBPyConnection, guess: Guess, column: ColumnProfile, winners: str | None
) -> tuple[str, str]:
    """Return when the values of a column were known, and why that is thought: by its name, or by who has one."""
    if is_named(column.name, "after_outcome"):
        return "after_outcome", "sales keep it up to date"
    if is_named(column.name, "later"):
        return "later", "it grows after the lead came in"
    if is_named(column.name, "won_dates") or is_named(column.name, "lost_dates"):
        return "after_outcome", "it tells the outcome"
    if late := find_late_name(column.name):
        return "after_outcome", f"its name has {late!r}"
    if winners is not None:
        there, key = f"trim({name_raw(column.name)}) <> ''", name_raw(guess.columns["lead_id"])
        won, others = db.sql(
            f"SELECT avg(CASE WHEN {there} THEN 1 ELSE 0 END) FILTER (w), avg(CASE WHEN {there} THEN 1 ELSE 0 END) "
            f"FILTER (NOT w) FROM (SELECT *, {key} IN (SELECT v FROM ({winners})) AS w FROM {guess.leads.table})"
        ).fetchall()[0]
        if won is not None and others is not None and won - others > FILLED_APART:
            return "after_outcome", f"{won:.0%} of the leads that won have it and {others:.0%} of the others"
    return "creation", "nothing says otherwise"
