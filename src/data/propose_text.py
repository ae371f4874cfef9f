"""A proposed declaration as YAML with a comment on each guess, and as a summary for the terminal."""

import json
import re

from src.data.database import Table
from src.data.guess import EventsGuess, Guess, Link, OutcomeGuess, OwnGuess
from src.data.guess_source import describe_fields, name_file
from src.data.profile import FileProfile

PLAIN = re.compile(r"[A-Za-z][\w ./()%-]*[\w)%]|[A-Za-z]")
SAID_OTHERWISE = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


def write_scalar(text: str) -> str:
    """Return a text as YAML, in quotes where it could mean something else.

    >>> write_scalar("Create Date"), write_scalar("1"), write_scalar("No"), write_scalar("%d/%m/%Y")
    ('Create Date', '"1"', '"No"', '"%d/%m/%Y"')
    """
    is_plain = PLAIN.fullmatch(text) and text.casefold() not in SAID_OTHERWISE and "  " not in text
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def write_list(texts: list[str]) -> str:
    return f"[{', '.join(map(write_scalar, texts))}]"


def write_declaration(name: str, guess: Guess, database: tuple[str, dict[str, Table]] | None) -> str:
    """Return the declaration of a source as it is proposed."""
    lines = [
        f"# Proposed by `python -m src.data.propose {name}`: a guess is a line, and its ground the comment beside it.",
        "# _template.yaml explains every key. Look at these first; the answers are the defaults:",
        *(f"#   {number}. {question}" for number, question in enumerate(guess.questions, 1)),
        f"description: Leads of {', '.join(dict.fromkeys(list_file_names(guess)))}.",
    ]
    if database is not None:
        lines += ["database:", f"  dsn: {database[0]}", "  tables:"]
        lines += [f"    {file}: {{table: {write_scalar(table.table)}}}" for file, table in database[1].items()]
    zone = "every time says its own" if guess.zoned else "of times without an offset: a guess"
    lines += [f"timezone: {guess.timezone}  # {zone}"]
    lines += [f'as_of: "{guess.as_of}"  # the end of the newest record\'s day']
    lines += [f"ages: {'[0h, 1d, 7d]' if guess.events else '[0h]'}", "", "leads:"]
    lines += write_file(guess.leads, 2)
    if guess.missing:
        lines.append(f"  missing: {write_list(guess.missing)}  # these words stand where there is no value")
    lines.append("  columns:")
    lines += [
        f"    {key}: {write_column(guess.leads, column, key == 'created_at')}" for key, column in guess.columns.items()
    ]
    if guess.own:
        lines.append("  own:")
        lines += [f"    {key}: {write_own(own)}  # {own.why}" for key, own in guess.own.items()]
    if guess.events:
        lines += ["", "activities:"]
        for events in guess.events:
            lines += write_events(events)
    lines += ["", "outcomes:"]
    for outcome in guess.outcomes:
        lines += write_outcome(guess, outcome)
    if not guess.outcomes:
        lines += ["  # Nothing says what became of the leads: name the column or the file that does."]
    horizon = (
        "" if guess.horizon_days is None else f" {guess.horizon_days}  # nine of ten known conversions came by then"
    )
    closed = ["    closed: [lost]"] if has_lost(guess) else []
    lines += ["", "objectives:", "  sale:", "    converted: [won]", *closed, f"    horizon_days:{horizon}"]
    return "\n".join(lines) + "\n"


def has_lost(guess: Guess) -> bool:
    kinds = {kind for outcome in guess.outcomes if outcome.words for kind in outcome.words.kinds.values()}
    return "lost" in kinds | {outcome.date_kind for outcome in guess.outcomes}


def list_file_names(guess: Guess) -> list[str]:
    files = [guess.leads, *(events.file for events in guess.events)]
    files += [outcome.file for outcome in guess.outcomes if outcome.file is not None]
    return [file.path.name for file in files]


def write_file(file: FileProfile, indent: int) -> list[str]:
    pad = " " * indent
    settings = file.list_settings()
    texts = {key: value if isinstance(value, int) else write_scalar(value) for key, value in settings.items()}
    return [f"{pad}file: {write_scalar(file.path.name)}", *(f"{pad}{key}: {text}" for key, text in texts.items())]


def write_column(file: FileProfile, column: str, is_time: bool = False) -> str:
    profile = file.columns[column.removesuffix(".1") if column not in file.columns else column]
    parts = [f"column: {write_scalar(column)}"]
    parts += [f"format: {write_scalar(profile.time)}"] if is_time and profile.time not in (None, "iso") else []
    parts += write_false(profile.missing)
    return f"{{{', '.join(parts)}}}" if len(parts) > 1 else write_scalar(column)


def write_false(missing: list[str]) -> list[str]:
    words = [word for word in missing if word.casefold() == "false"]
    return [f"missing: {write_list(words)}"] if words else []


def write_own(own: OwnGuess) -> str:
    parts = [f"column: {write_scalar(own.column)}", f"type: {own.type}"]
    parts += [f"format: {write_scalar(own.format)}"] if own.format not in (None, "iso") else []
    parts += [f"separator: {write_scalar(own.separator)}"] if own.separator else []
    parts += write_false(own.missing)
    parts += [f"known: {own.known}", *(["protected: true"] if own.is_protected else [])]
    return f"{{{', '.join(parts)}}}"


def write_link(link: Link) -> str:
    return (
        write_scalar(link.column) if link.by == "lead_id" else f"{{column: {write_scalar(link.column)}, by: {link.by}}}"
    )


def write_link_settings(link: Link, indent: int) -> list[str]:
    pad = " " * indent
    lines = [f"{pad}match: [{link.match}]  # so more ids are known"] if link.match else []
    lines += [f'{pad}split: ";"  # a cell holds several ids'] if link.split else []
    if link.split or link.is_shared:
        several = "newest" if link.by == "company_key" else "all"
        lines.append(f"{pad}several: {several}")
    return lines


def write_events(events: EventsGuess) -> list[str]:
    first, *rest = write_file(events.file, 4)
    lines = [f"  - {first.strip()}", *rest, *write_link_settings(events.link, 4), "    columns:"]
    lines.append(f"      lead_id: {write_link(events.link)}  # {events.link.overlap:.0%} of its ids are of leads")
    lines += [
        f"      {key}: {write_column(events.file, column, key == 'occurred_at')}"
        for key, column in events.columns.items()
    ]
    if events.kinds:
        lines += ["    kinds:", *(f"      {write_scalar(value)}: {kind}" for value, kind in events.kinds.items())]
    return lines


def write_outcome(guess: Guess, outcome: OutcomeGuess) -> list[str]:
    if outcome.words is None:
        column = write_column(guess.leads, outcome.columns["occurred_at"], True)
        return [f"  - date_of_leads: {column}", f"    kind: {outcome.date_kind}"]
    kinds = [f"      {write_scalar(value)}: {kind}" for value, kind in outcome.words.kinds.items()]
    undecided = [value for value in outcome.words.undecided if value not in guess.missing]
    undecided = [f"    undecided: {write_list(undecided)}  # neither won nor lost"] if undecided else []
    if outcome.file is None:
        at = (
            [f"    occurred_at: {write_column(guess.leads, outcome.columns['occurred_at'], True)}"]
            if outcome.columns
            else []
        )
        profile = guess.leads.columns[outcome.words.column.removesuffix(".1")]
        missing = [f"    {part}" for part in write_false(profile.missing)]
        column = f"  - column_of_leads: {write_scalar(outcome.words.column)}"
        return [column, *missing, "    kinds:", *kinds, *undecided, *at]
    first, *rest = write_file(outcome.file, 4)
    lines = [f"  - {first.strip()}", *rest, *write_link_settings(outcome.link, 4)]
    gaps = {"missing_value": 1.0} if outcome.has_gaps or outcome.only_without else {}
    gaps |= {"unknown_lead": 1.0} if outcome.link.by == "company_key" else {}
    if gaps:
        lines.append(
            f"    tolerate: {{{', '.join(f'{key}: {value}' for key, value in gaps.items())}}}  # not all name one"
        )
    if outcome.only_without:
        lines.append(f"    only_without: {write_scalar(outcome.only_without)}  # the others stand above")
    lines += [
        "    columns:",
        f"      lead_id: {write_link(outcome.link)}  # {outcome.link.overlap:.0%} of its ids are of leads",
    ]
    lines.append(f"      kind: {write_scalar(outcome.words.column)}")
    lines += [
        f"      {key}: {write_column(outcome.file, column, key == 'occurred_at')}"
        for key, column in outcome.columns.items()
    ]
    return [*lines, "    kinds:", *kinds, *undecided]


def write_summary(guess: Guess) -> str:
    """Return what was matched, ignored and missed, the late columns and the questions, for a terminal."""
    fields = describe_fields(guess)
    width = max(map(len, fields))
    lines = ["Matched", *(f"  {name:<{width}}  <- {column}" for name, column in fields.items())]
    for events in guess.events:
        link = events.link
        lines.append(
            f"  activities of {name_file(events.file)}, by {link.column} ({link.by}): {len(events.kinds)} known kinds"
        )
    for outcome in guess.outcomes:
        where = name_file(outcome.file) if outcome.file else name_file(guess.leads)
        what = outcome.words.column if outcome.words else outcome.columns["occurred_at"]
        lines.append(f"  outcomes of {where}, column {what}" + (f", by {outcome.link.column}" if outcome.link else ""))
    late = [f"{own.column} ({own.known}): {own.why}" for own in guess.own.values() if own.known != "creation"]
    for title, found, nothing in (
        ("Ignored", guess.ignored, "nothing"),
        ("Missed", guess.missed, "nothing"),
        ("Looks as if sales filled it in, or as if it grew later", late, "nothing"),
        ("Only you can answer; the defaults stand in the declaration", guess.questions, "nothing"),
    ):
        lines += ["", title, *(f"  {sentence}" for sentence in found or [nothing])]
    return "\n".join(lines) + "\n"
