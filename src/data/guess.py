"""What raw files are to each other: which has the leads, which names them, and what its columns and words mean."""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import duckdb

from src.data.profile import FLAGS, PAIR_SHARE, ColumnProfile, FileProfile, make_key, simplify
from src.data.quoting import name_raw
from src.strict import read_yaml

KNOWN = Path(__file__).parent / "known_names.yaml"

CONTACT = ("email", "phone", "first_name", "last_name", "company", "job_title", "country")
"""Columns of which at least two make a file one of leads."""

LEAST_OVERLAP = 0.3
"""Of the different ids of a file so many must be of known leads, for two columns to be taken for one key."""

FORMS = {
    "": "{v}",
    "case": "lower({v})",
    "decimals": "regexp_replace({v}, '\\.0+$', '')",
    "salesforce": "left({v}, 15)",
}
"""How ids may have to be written to mean the same lead, as `match` declares it: SQL."""

WON_PARTS = ("closed won", "closedwon", "ganad", "cerrado ganado")
LOST_PARTS = ("closed lost", "closedlost", "perdid", "descalific", "disqualif", "unqualif")


@dataclass
class Link:
    """How the rows of a file name leads: by which column, and how ids have to be compared."""

    column: str
    by: str
    overlap: float
    match: str = ""
    split: bool = False
    is_shared: bool = False
    """Whether one id means several leads."""


@dataclass
class Words:
    """Which values of a column mean which outcome."""

    column: str
    kinds: dict[str, str] = field(default_factory=dict)
    undecided: list[str] = field(default_factory=list)


@dataclass
class OwnGuess:
    """A column of the leads' own: its type, when it is known, and why that is thought."""

    column: str
    type: str
    known: str
    why: str
    format: str | None = None
    separator: str | None = None
    missing: list[str] = field(default_factory=list)
    is_protected: bool = False


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


@cache
def load_known() -> dict[str, dict[str, list[str]] | list[str]]:
    """Return the names that tools give their columns, simplified."""
    known = read_yaml(KNOWN)
    return {
        key: {name: [make_key(word) for word in words] for name, words in value.items()}
        if isinstance(value, dict)
        else [make_key(word) for word in value]
        for key, value in known.items()
    }


def match_names(file: FileProfile, section: str) -> dict[str, str]:
    """Return which column of a file holds which canonical column of a section; each column once."""
    simple: dict[str, str] = {}
    for name, column in file.columns.items():
        if column.filled:
            simple.setdefault(make_key(name), name)
    found: dict[str, str] = {}
    for canonical, names in load_known()[section].items():
        column = next((simple[name] for name in names if name in simple and simple[name] not in found.values()), None)
        if column is not None:
            found[canonical] = column
    return found


def is_named(name: str, section: str) -> bool:
    return make_key(name) in load_known()[section]


def tell_role(file: FileProfile) -> str:
    """Return what a file holds: leads, deals, events, or nothing that is known."""
    events, deals, leads = (match_names(file, section) for section in ("events", "deals", "leads"))
    if {"kind", "occurred_at"} <= events.keys() and share_known_kinds(file.columns[events["kind"]]) >= 0.3:
        return "events"
    if "created_at" in leads and "lead_id" in leads and len(leads.keys() & set(CONTACT)) >= 2:
        return "leads"
    if "kind" in deals and {"deal_id", "contacts", "companies"} & deals.keys() and has_won(file, deals):
        return "deals"
    return "leads" if {"lead_id", "created_at"} <= leads.keys() and "email" in leads else "unknown"


def has_won(file: FileProfile, deals: dict[str, str]) -> bool:
    return any("won" in read_words(file.columns[name]).kinds.values() for name in list_kind_columns(file, deals))


def list_kind_columns(file: FileProfile, deals: dict[str, str]) -> list[str]:
    """Return the columns that may say what became of a deal, the one with most to say first."""
    names = load_known()["deals"]["kind"]
    columns = [name for name in file.columns if make_key(name) in names]
    return sorted(columns, key=lambda name: (is_flag(file.columns[name]), names.index(make_key(name))))


def share_known_kinds(column: ColumnProfile) -> float:
    kinds = {word for words in load_known()["kinds"].values() for word in words}
    known = sum(count for value, count in column.top if make_key(value) in kinds)
    return known / max(1, sum(count for _, count in column.top))


def map_kinds(column: ColumnProfile) -> dict[str, str]:
    """Return which canonical kind each value of a column is that is known."""
    kinds = {word: kind for kind, words in load_known()["kinds"].items() for word in words}
    return {value: kinds[make_key(value)] for value, _ in column.top if make_key(value) in kinds}


def is_flag(column: ColumnProfile) -> bool:
    return 0 < column.distinct <= 3 and all(value.casefold() in FLAGS for value, _ in column.top)


def read_words(column: ColumnProfile) -> Words:
    """Return which values of a column are an outcome; all others are undecided."""
    known, found = load_known(), Words(column.name)
    if column.distinct > len(column.top):
        return found
    flags = is_flag(column)
    for value, _ in column.top:
        word, key = simplify(value), make_key(value)
        is_plain_flag = value.casefold() in FLAGS
        if is_plain_flag and not flags:
            found.undecided.append(value)
        elif key in known["won"] or any(part in word for part in WON_PARTS):
            found.kinds[value] = "won"
        elif key in known["lost"] or any(part in word for part in LOST_PARTS):
            found.kinds[value] = "lost"
        else:
            found.undecided.append(value)
    return found


def find_link(
    db: duckdb.DuckDBPyConnection, file: FileProfile, columns: list[str], leads: FileProfile, keys: dict[str, str]
) -> Link | None:
    """Return by which of its columns a file names leads, if one does: the one with most ids of known leads.

    Parameters
    ----------
    keys : dict
        Columns of the leads that can be a key, by their name in the declaration.
    """
    found = []
    for column in columns:
        for by, key in keys.items():
            for form in FORMS:
                overlap, has_lists = measure_overlap(db, file.table, column, leads.table, key, form)
                found.append(Link(column, by, overlap, form, has_lists))
    # Of links as good the first counts: a key before an e-mail, an id as it is before one that is changed.
    best = max(found, key=lambda link: round(link.overlap, 2), default=None)
    if best is None or best.overlap < LEAST_OVERLAP:
        return None
    best.is_shared = (
        best.by != "lead_id" and leads.columns[keys[best.by]].distinct < leads.columns[keys[best.by]].filled
    )
    return best


def measure_overlap(
    db: duckdb.DuckDBPyConnection, table: str, column: str, leads: str, key: str, form: str
) -> tuple[float, bool]:
    """Return the share of a column's different ids that are of leads, and whether cells hold several."""
    apart = f"unnest(string_split({name_raw(column)}, ';'))"
    ids = f"SELECT DISTINCT trim({apart}) AS v FROM {table} WHERE trim({name_raw(column)}) <> ''"
    mine = f"SELECT DISTINCT {FORMS[form].format(v='v')} AS v FROM ({ids}) WHERE v <> ''"
    theirs = f"SELECT DISTINCT {FORMS[form].format(v=f'trim({name_raw(key)})')} AS v FROM {leads}"
    total, known = db.sql(
        f"SELECT count(*), count_if(v IN (SELECT v FROM ({theirs}) WHERE v IS NOT NULL)) FROM ({mine})"
    ).fetchall()[0]
    lists = db.sql(f"SELECT count_if({name_raw(column)} LIKE '%;%') > 0 FROM {table}").fetchall()[0][0]
    return (known / total if total else 0.0), bool(lists)


def looks_like_titles(column: ColumnProfile) -> bool:
    """Say whether a column called title has jobs, as Salesforce's, and not forms of address."""
    return column.distinct > 12 and not re.search(
        r"\b(mr|mrs|ms|sr|sra|dr)\b", simplify(" ".join(v for v, _ in column.top))
    )


def name_field(column: ColumnProfile) -> str:
    return f"{column.name}.1" if column.pairs > PAIR_SHARE else column.name
