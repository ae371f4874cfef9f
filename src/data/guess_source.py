"""What a source seems to be, from the profiles of its files: leads, their own columns, activities and outcomes."""

from dataclasses import dataclass, field
from typing import Any

import duckdb
import pandas as pd

from src.data.doubts import find_late_name
from src.data.guess import (
    Link,
    Words,
    find_link,
    is_flag,
    is_named,
    list_kind_columns,
    looks_like_titles,
    map_kinds,
    match_names,
    read_words,
    tell_role,
)
from src.data.profile import PAIR_SHARE, ColumnProfile, FileProfile, simplify
from src.data.quoting import name_raw, quote_text
from src.data.sources import name_column
from src.data.times import parse_time
from src.stage import InputError

HORIZONS = (7, 14, 30, 45, 60, 90, 120, 180, 270, 365)

USUAL_SHARE = 0.9
"""So many of the known conversions come within the proposed horizon."""

FILLED_APART = 0.3
"""By so much a column is filled more often for winners than for others where sales filled it in."""

MOST_CATEGORIES = 60


@dataclass
class OwnGuess:
    """A column of the leads' own: its type, when it is known, and why that is thought."""

    column: str
    type: str
    known: str
    why: str
    format: str | None = None
    separator: str | None = None


@dataclass
class EventsGuess:
    file: FileProfile
    link: Link
    columns: dict[str, str]
    kinds: dict[str, str]


@dataclass
class OutcomeGuess:
    """Outcomes of a file of deals (`file`, `link`), or of columns of the leads."""

    words: Words | None
    columns: dict[str, str]
    file: FileProfile | None = None
    link: Link | None = None
    has_gaps: bool = False
    only_without: str | None = None
    date_kind: str | None = None


@dataclass
class Guess:
    """All that is proposed, and what a person should know of it."""

    leads: FileProfile
    columns: dict[str, str]
    own: dict[str, OwnGuess]
    missing: list[str]
    events: list[EventsGuess]
    outcomes: list[OutcomeGuess]
    as_of: str | None
    timezone: str
    horizon_days: int | None
    ignored: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    zoned: bool = False


def guess_source(db: duckdb.DuckDBPyConnection, files: list[FileProfile]) -> Guess:
    """Return what the files of a source seem to be."""
    roles = [tell_role(file) for file in files]
    candidates = [file for file, role in zip(files, roles, strict=True) if role == "leads"]
    if not candidates:
        names = ", ".join(file.path.name for file in files)
        message = (
            f"no file has an id, a creation date and an e-mail, phone or name of leads: {names}; see _template.yaml"
        )
        raise InputError("no_leads", message)
    leads = max(candidates, key=lambda file: file.rows)
    columns = match_lead_columns(leads)
    keys = find_keys(leads, columns)
    guess = Guess(leads, columns, {}, find_missing_words(leads), [], [], None, "UTC", None)
    for file, role in zip(files, roles, strict=True):
        if file is leads:
            continue
        if role == "events":
            add_events(db, guess, file, keys)
        elif role == "deals":
            add_deals(db, guess, file, keys)
        else:
            guess.ignored.append(f"{name_file(file)}: neither leads, nor activities, nor deals")
    if not guess.outcomes:
        guess.outcomes = guess_lead_outcomes(leads)
    if not guess.outcomes:
        guess.missed.append("an outcome: no deals, no date of becoming a customer, no column with a word for won")
    guess.own = guess_own_columns(db, guess, keys)
    guess.timezone, guess.zoned = guess_zone(guess)
    guess.as_of = find_newest(db, guess)
    guess.horizon_days = guess_horizon(db, guess)
    guess.questions = list_questions(guess)
    return guess


def name_file(file: FileProfile) -> str:
    return file.path.name + (f" ({file.declared.sheet})" if file.declared.sheet else "")


def match_lead_columns(leads: FileProfile) -> dict[str, str]:
    """Return which column of the leads is which canonical one; of an Odoo pair the name in it."""
    found = match_names(leads, "leads")
    title = next((name for name in leads.columns if simplify(name) == "title"), None)
    if title and "job_title" not in found and looks_like_titles(leads.columns[title]):
        found["job_title"] = title
    if leads.columns[found["created_at"]].time is None:
        raise InputError(
            "no_leads", "its creation dates are in no form that is known", leads.path, None, found["created_at"]
        )
    return {name: name_field(leads.columns[column]) for name, column in found.items()}


def name_field(column: ColumnProfile) -> str:
    return f"{column.name}.1" if column.pairs > PAIR_SHARE else column.name


def find_keys(leads: FileProfile, columns: dict[str, str]) -> dict[str, str]:
    """Return the columns of the leads by which another file may name them, by their name in the declaration."""
    keys = {name: columns[name] for name in ("lead_id", "email") if name in columns}
    return keys | {name: column for name, column in match_names(leads, "keys").items() if column not in keys.values()}


def find_missing_words(leads: FileProfile) -> list[str]:
    """Return the words that stand where the leads have no value."""
    return sorted({word for column in leads.columns.values() for word in column.missing})


def add_events(db: duckdb.DuckDBPyConnection, guess: Guess, file: FileProfile, keys: dict[str, str]) -> None:
    columns = match_names(file, "events")
    named = [columns[name] for name in ("lead_id", "email", "user") if name in columns]
    link = find_link(db, file, named, guess.leads, {name: key for name, key in keys.items() if "." not in key})
    if link is None or file.columns[columns["occurred_at"]].time is None:
        guess.ignored.append(f"{name_file(file)}: it names no leads of {guess.leads.path.name}, or has no times")
        return
    used = {
        name: columns[name] for name in ("activity_id", "occurred_at", "kind", "asset", "campaign") if name in columns
    }
    guess.events.append(EventsGuess(file, link, used, map_kinds(file.columns[columns["kind"]])))


def add_deals(db: duckdb.DuckDBPyConnection, guess: Guess, file: FileProfile, keys: dict[str, str]) -> None:
    """Add the outcomes of a file of deals: by contact, else by an opportunity's id, else by company."""
    columns = match_names(file, "deals")
    words = next(
        words
        for name in list_kind_columns(file, columns)
        if "won" in (words := read_words(file.columns[name])).kinds.values()
    )
    used = {name: columns[name] for name in ("occurred_at", "amount", "reason") if name in columns}
    if "occurred_at" in used and file.columns[used["occurred_at"]].time is None:
        del used["occurred_at"]
    persons = {name: key for name, key in keys.items() if name in ("lead_id", "email")}
    links = [
        find_link(db, file, [columns["contacts"]], guess.leads, persons) if "contacts" in columns else None,
        find_link(db, file, [columns["deal_id"]], guess.leads, {"opportunity_key": keys["opportunity_key"]})
        if "deal_id" in columns and "opportunity_key" in keys
        else None,
        find_link(db, file, [columns["companies"]], guess.leads, {"company_key": keys["company_key"]})
        if "companies" in columns and "company_key" in keys
        else None,
    ]
    links = [link for link in links if link is not None]
    if not links:
        guess.ignored.append(f"{name_file(file)}: it names no leads of {guess.leads.path.name}")
        return
    by_company = [link for link in links if link.by == "company_key"]
    direct = [link for link in links if link.by != "company_key"][:1]
    gaps = bool(direct) and file.columns[direct[0].column].filled < file.rows
    for link in direct + (by_company if gaps or not direct else []):
        has_gaps = file.columns[link.column].filled < file.rows
        without = direct[0].column if direct and link.by == "company_key" else None
        guess.outcomes.append(OutcomeGuess(words, used, file, link, has_gaps, without))


def guess_lead_outcomes(leads: FileProfile) -> list[OutcomeGuess]:
    """Return the outcomes that the leads' own columns tell: a date of becoming a customer, or a word."""
    found = []
    for section, kind in (("won_dates", "won"), ("lost_dates", "lost")):
        names = [name for name, column in leads.columns.items() if is_named(name, section) and column.time]
        found += [OutcomeGuess(None, {"occurred_at": name}, date_kind=kind) for name in names[:1]]
    if found:
        return found
    closed = [name for name, column in leads.columns.items() if is_close_date(name) and column.time]
    candidates = [column for name, column in leads.columns.items() if is_named(name, "after_outcome")]
    for column in sorted(candidates, key=is_flag):
        words = read_words(column)
        if "won" in words.kinds.values():
            words.column = name_field(column)
            return [OutcomeGuess(words, {"occurred_at": closed[0]} if closed else {})]
    return []


def is_close_date(name: str) -> bool:
    return simplify(name) in (
        "close date",
        "closedate",
        "date closed",
        "fecha de cierre",
        "converted date",
        "closed date",
    )


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
    from src.data.declarations import RESERVED
    from src.data.tables import LEAD_COLUMNS

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


def list_times(guess: Guess) -> list[tuple[FileProfile, str]]:
    """Return the files and columns with the times of leads, activities and outcomes."""
    times = [(guess.leads, guess.columns["created_at"])]
    times += [(events.file, events.columns["occurred_at"]) for events in guess.events]
    for outcome in guess.outcomes:
        if "occurred_at" in outcome.columns:
            times.append((outcome.file or guess.leads, outcome.columns["occurred_at"]))
    return times


def guess_zone(guess: Guess) -> tuple[str, bool]:
    """Return the zone of the source, and whether every time says its own."""
    times = [(file.columns[name], file.columns[name].time) for file, name in list_times(guess)]
    zoned = all(
        form.startswith("epoch")
        or all(value.endswith("Z") or "+" in value or "UTC" in value for value, _ in column.top[:5])
        for column, form in times
    )
    is_spanish = any(
        word in simplify(name).split() for name in guess.leads.columns for word in ("fecha", "correo", "nombre")
    )
    return ("Europe/Madrid" if is_spanish else "UTC"), zoned


def write_time(file: FileProfile, name: str, zone: str) -> str:
    return parse_time(f"trim({name_raw(name)})", file.columns[name].time, zone)


def find_newest(db: duckdb.DuckDBPyConnection, guess: Guess) -> str | None:
    """Return the end of the day of the newest lead, activity or decided deal, in the zone of the source."""
    newest = []
    for file, name in list_times(guess):
        decided = ""
        for outcome in guess.outcomes:
            if outcome.file is file and outcome.words:
                # Open deals have a date on which they are expected to close.
                words = ", ".join(map(quote_text, outcome.words.kinds))
                decided = f" WHERE trim({name_raw(outcome.words.column)}) IN ({words})"
        newest.append(
            db.sql(f"SELECT max({write_time(file, name, guess.timezone)}) FROM {file.table}{decided}").fetchall()[0][0]
        )
    newest = max((time for time in newest if time is not None), default=None)
    if newest is None:
        return None
    local = pd.Timestamp(newest).tz_localize("UTC").tz_convert(guess.timezone)
    return f"{local:%Y-%m-%d}T23:59:59"


def guess_horizon(db: duckdb.DuckDBPyConnection, guess: Guess) -> int | None:
    """Return the days within which most known conversions came, none where they have no time."""
    timed = [outcome for outcome in guess.outcomes if "occurred_at" in outcome.columns and not outcome.only_without]
    days = [measure_days(db, guess, outcome) for outcome in timed]
    days = [value for value in days if value is not None]
    if not days:
        return None
    return next((horizon for horizon in HORIZONS if horizon >= max(days)), HORIZONS[-1])


def measure_days(db: duckdb.DuckDBPyConnection, guess: Guess, outcome: OutcomeGuess) -> float | None:
    created = write_time(guess.leads, guess.columns["created_at"], guess.timezone)
    if outcome.file is None:
        closed = write_time(guess.leads, outcome.columns["occurred_at"], guess.timezone)
        query = f"SELECT {created} AS c, {closed} AS o FROM {guess.leads.table}"
    else:
        key = find_key_column(guess, outcome.link.by)
        closed = write_time(outcome.file, outcome.columns["occurred_at"], guess.timezone)
        won = ", ".join(quote_text(value) for value, kind in outcome.words.kinds.items() if kind == "won")
        ids = f"left(trim(unnest(string_split({name_raw(outcome.link.column)}, ';'))), 15)"
        word = f"trim({name_raw(outcome.words.column)})"
        deals = f"SELECT {ids} AS v, {closed} AS o FROM {outcome.file.table} WHERE {word} IN ({won})"
        query = (
            f"SELECT {created} AS c, o FROM {guess.leads.table} JOIN ({deals}) ON left(trim({name_raw(key)}), 15) = v"
        )
    days = "date_diff('second', c, o) / 86400.0"
    return db.sql(f"SELECT quantile_cont({days}, {USUAL_SHARE}) FROM ({query}) WHERE o >= c").fetchall()[0][0]


def find_key_column(guess: Guess, by: str) -> str:
    return guess.columns[by] if by in guess.columns else guess.own[by].column


def list_questions(guess: Guess) -> list[str]:
    """Return what only a person can answer, at most five, each with its default."""
    zone = "" if guess.zoned else f", and in which zone are its times? timezone: {guess.timezone}"
    questions = [f"When was the export made{zone or '?'} as_of: {guess.as_of}, the end of the newest record's day."]
    ambiguous = [name for file, name in list_times(guess) if file.columns[name].is_day_ambiguous]
    if ambiguous:
        questions[0] += f" In {', '.join(ambiguous)} the day is first."
    horizon = "none, the eventual outcome" if guess.horizon_days is None else f"{guess.horizon_days} days"
    questions.append(f"Within how many days does a conversion have to come? {horizon}.")
    questions.append(
        "What is a conversion worth, and what do a call and an e-mail cost? value and cost of call_centre and "
        "small_team in params.yaml: 300, 18 and 1.50."
    )
    if any(o.link is not None and (o.link.split or o.link.is_shared) for o in guess.outcomes):
        questions.append(
            "Whose is a deal of several contacts, or of a company alone? All contacts'; of a company the newest lead's."
        )
    created = [own.column for own in guess.own.values() if own.known == "creation"]
    if created:
        shown = ", ".join(created[:8]) + ("…" if len(created) > 8 else "")
        questions.append(f"Were these filled in when the lead came in, and not changed since? Yes: {shown}.")
    return questions


def describe_fields(guess: Guess) -> dict[str, Any]:
    """Return what was matched, for the terminal: canonical column by file and column."""
    return {name: f"{name_file(guess.leads)}: {column}" for name, column in guess.columns.items()}
