"""What a source seems to be, from the profiles of its files: leads, their own columns, activities and outcomes."""

from typing import Any

import duckdb
import pandas as pd

from src.data.guess import (
    EventsGuess,
    Guess,
    OutcomeGuess,
    find_link,
    is_flag,
    is_named,
    list_kind_columns,
    looks_like_titles,
    map_kinds,
    match_names,
    name_field,
    read_words,
    tell_role,
)
from src.data.guess_own import guess_own_columns
from src.data.profile import FileProfile, simplify
from src.data.quoting import name_raw, quote_text
from src.data.times import parse_time
from src.stage import InputError

HORIZONS = (7, 14, 30, 45, 60, 90, 120, 180, 270, 365)

USUAL_SHARE = 0.9
"""So many of the known conversions come within the proposed horizon."""


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
            what = "more leads: if they are others, list both files" if role == "leads" else "nothing that is known"
            guess.ignored.append(f"{name_file(file)}: {what}")
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


def find_keys(leads: FileProfile, columns: dict[str, str]) -> dict[str, str]:
    """Return the columns of the leads by which another file may name them, by their name in the declaration."""
    keys = {name: columns[name] for name in ("lead_id", "email") if name in columns}
    return keys | {name: column for name, column in match_names(leads, "keys").items() if column not in keys.values()}


def find_missing_words(leads: FileProfile) -> list[str]:
    """Return the words that mean no value in any column; a false does so in some alone, and is said there."""
    words = {word for column in leads.columns.values() for word in column.missing}
    return sorted(word for word in words if word.casefold() != "false")


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
