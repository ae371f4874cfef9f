"""Raw files looked at before anything is declared: how they are written, and what each column seems to hold."""

import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from src.data.columns import ROW_NUMBER
from src.data.declarations import Cells
from src.data.layout import read_head, read_records
from src.data.opening import check_file, check_kind, find_encoding
from src.data.quoting import name_raw, quote_text
from src.data.read import examine_columns, read_raw
from src.data.read_rows import WORKBOOKS, has_rows, open_workbook, read_sheet
from src.data.times import parse_time
from src.stage import InputError

ENCODINGS = ("utf-8", "utf-16", "windows-1252")
DELIMITERS = (",", ";", "\t", "|")

HEAD_RECORDS = 60

TIME_SHARE = 0.98
"""So many of a column's values must be times of one form."""

PAIR_SHARE = 0.5

CLOCKS = ("", " %H:%M", " %H:%M:%S", ", %H:%M", ", %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
DAYS_FIRST = tuple(f"%d{sign}%m{sign}%Y{clock}" for sign in "/-." for clock in CLOCKS)
MONTHS_FIRST = tuple(f"%m/%d/%Y{clock}" for clock in CLOCKS)
OTHERS = tuple(f"%Y/%m/%d{clock}" for clock in CLOCKS)
EPOCHS = {"epoch_s": (1e9, 2.2e9), "epoch_ms": (1e12, 2.2e12), "epoch_us": (1e15, 2.2e15)}

MISSING_WORDS = ("(No value)", "(Sin valor)", "Select", "Seleccionar", "-", "--", "n/a", "N/A", "null", "NULL", "None")

FLAGS = frozenset(
    [
        "0",
        "1",
        "true",
        "false",
        "yes",
        "no",
        "si",
        "y",
        "n",
        "t",
        "f",
        "on",
        "off",
        "checked",
        "unchecked",
        "verdadero",
        "falso",
    ]
)

EMAIL = r"[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}"
NUMBER = r"[+-]?([0-9]{1,3}([.][0-9]{3})+|[0-9]+)([.,][0-9]+)?"
COMMA = r"[+-]?[0-9.]+,[0-9]+"
"""A number whose decimal sign is a comma."""


@dataclass
class ColumnProfile:
    """What a column of a file seems to hold; shares are of the values that are there."""

    name: str
    filled: int
    distinct: int
    time: str | None = None
    is_day_ambiguous: bool = False
    emails: float = 0.0
    numbers: float = 0.0
    lists: float = 0.0
    pairs: float = 0.0
    commas: float = 0.0
    longest: int = 0
    top: list[tuple[str, int]] = field(default_factory=list)
    """The most frequent values with their counts."""
    missing: list[str] = field(default_factory=list)
    """Words in it that mean that there is no value; they do not count as filled."""


@dataclass
class FileProfile:
    """A file as it lies there: how it has to be declared to be read, and its columns in order."""

    path: Path
    table: str
    declared: Cells
    rows: int
    columns: dict[str, ColumnProfile]

    def list_settings(self) -> dict[str, Any]:
        """Return the keys of the declaration that differ from what is usual."""
        found = self.declared.model_dump(exclude_unset=True)
        settings = {key: found[key] for key in ("sheet", "encoding", "delimiter", "skip") if found.get(key)}
        numbers = [column for column in self.columns.values() if column.numbers > TIME_SHARE]
        return settings | ({"decimal": ","} if any(column.commas for column in numbers) else {})


def profile_path(db: duckdb.DuckDBPyConnection, path: Path, number: int) -> list[FileProfile]:
    """Return what a file holds, of a workbook each of its sheets; the rows stay in tables of the database."""
    check_file(path)
    check_kind(path)
    forms = find_sheets(path) if path.suffix in WORKBOOKS else [find_form(path)]
    return [profile_file(db, path, declared, f"profiled_{number}_{place}") for place, declared in enumerate(forms)]


def find_sheets(path: Path) -> list[Cells]:
    """Return how each sheet of a workbook that has rows has to be declared; its header is the first full row."""
    sheets = {name: read_sheet(path, name) for name in open_workbook(path).sheet_names}
    forms = []
    for name, rows in sheets.items():
        filled = [sum(map(bool, row)) for row in rows[:HEAD_RECORDS]]
        header = next((number for number, count in enumerate(filled) if count > 1 and 2 * count > max(filled)), None)
        if header is not None and len(rows) > header + 1:
            skip = {"skip": header} if header else {}
            forms.append(Cells(file=path.name, **({"sheet": name} if len(sheets) > 1 else {}), **skip))
    return forms


def profile_file(db: duckdb.DuckDBPyConnection, path: Path, declared: Cells, table: str) -> FileProfile:
    names, faults = examine_columns(path, declared, [])
    if faults:
        raise faults[0]
    usable = [name for name in dict.fromkeys(names) if names.count(name) == 1 and name.strip()]
    usable = [name for name in usable if name != ROW_NUMBER and not name.startswith("(column ")]
    raw = read_raw(db, table, [path], declared, usable)
    columns = {name: profile_column(db, table, name) for name in usable}
    return FileProfile(path, table, declared, raw.rows_read, columns)


def find_form(path: Path) -> Cells:
    """Return how a file has to be declared: the encoding it has, and the delimiter that makes most fields."""
    if path.suffix == ".parquet" or has_rows(path):
        return Cells(file=path.name)
    for encoding in ENCODINGS:
        try:
            declared = Cells(file=path.name, **({} if encoding == "utf-8" else {"encoding": encoding}))
            head = read_head(path, declared, find_encoding(path, declared))
            break
        except InputError as fault:
            if fault.code not in ("wrong_encoding", "invalid_byte") or encoding == ENCODINGS[-1]:
                raise
    delimiter, header = choose_delimiter(head)
    settings = declared.model_dump(exclude_unset=True)
    settings |= {"delimiter": delimiter} if delimiter != "," else {}
    settings |= {"skip": header - 1} if header > 1 else {}
    return Cells(**settings)


def choose_delimiter(head: Any) -> tuple[str, int]:
    """Return the delimiter with which most records have equally many fields, and the line of the header."""
    best = (-1, ",", 1)
    for delimiter in DELIMITERS:
        records = read_records(head, 0, 1, delimiter, -1, HEAD_RECORDS)
        widths = [len(record.fields) for record in records]
        usual = max(set(widths), key=lambda width: (widths.count(width), width), default=0)
        header = next((record for record in records if len(record.fields) == usual), None)
        if header is not None and usual > 1:
            best = max(best, (usual * widths.count(usual), delimiter, header.line), key=lambda found: found[0])
    return best[1], best[2]


def profile_column(db: duckdb.DuckDBPyConnection, table: str, name: str) -> ColumnProfile:
    value = f"trim({name_raw(name)})"
    there = f"FROM {table} WHERE {value} <> ''"
    top = db.sql(f"SELECT {value} AS v, count(*) AS n {there} GROUP BY v ORDER BY n DESC, v LIMIT 60").fetchall()
    if left_out := [word for word, _ in top if is_missing(word, top)]:
        there += f" AND {value} NOT IN ({', '.join(map(quote_text, left_out))})"
        top = [found for found in top if found[0] not in left_out]
    filled, distinct, emails, numbers, lists, pairs, commas, longest = db.sql(
        f"SELECT count(*), count(DISTINCT {value}), count_if(regexp_full_match({value}, '{EMAIL}')), "
        f"count_if(regexp_full_match({value}, '{NUMBER}')), count_if({value} LIKE '%;%'), "
        f"count_if(regexp_full_match({value}, '\\[[0-9]+, *\".*\"\\]')), "
        f"count_if(regexp_full_match({value}, '{COMMA}')), coalesce(max(length({value})), 0) {there}"
    ).fetchall()[0]
    counts = (emails, numbers, lists, pairs, commas)
    emails, numbers, lists, pairs, commas = (count or 0 for count in counts)
    share = max(filled, 1)
    found = ColumnProfile(name, filled, distinct, None, False, emails / share, numbers / share, lists / share)
    found.pairs, found.longest, found.top, found.missing = pairs / share, longest, top, left_out
    found.commas = commas / share
    if found.pairs > PAIR_SHARE:
        found.top = [(cut_pair(value), count) for value, count in top]
    found.time, found.is_day_ambiguous = find_time_format(db, table, name, found)
    return found


def cut_pair(value: str) -> str:
    """Return the name in a pair of an id and a name, as Odoo gives them.

    >>> cut_pair('[4, "Won"]')
    'Won'
    """
    return value.partition(",")[2].strip(' "]')


def is_missing(word: str, top: list[tuple[str, int]]) -> bool:
    """Say whether a word means no value: Odoo writes False in columns that are no flags, or have nothing else."""
    if word.casefold() == "false":
        return len(top) == 1 or not all(value.casefold() in FLAGS for value, _ in top)
    return word in MISSING_WORDS


def find_time_format(
    db: duckdb.DuckDBPyConnection, table: str, name: str, found: ColumnProfile
) -> tuple[str | None, bool]:
    """Return the form of the times in a column, if they are times, and whether day and month could change places."""
    if not found.filled or found.emails > 0 or found.longest > 40:
        return None, False
    if found.numbers > TIME_SHARE:
        return find_number_format(db, table, name), False
    if count_shaped(db, table, name) < TIME_SHARE:
        return None, False
    shares = {pattern: measure_format(db, table, name, pattern) for pattern in ("iso", *DAYS_FIRST, *OTHERS)}
    shares |= {pattern: measure_format(db, table, name, pattern) for pattern in MONTHS_FIRST}
    fitting = [pattern for pattern, share in shares.items() if share >= TIME_SHARE]
    ambiguous = any(p in MONTHS_FIRST for p in fitting) and any(p in DAYS_FIRST for p in fitting)
    return (fitting[0] if fitting else None), ambiguous


def count_shaped(db: duckdb.DuckDBPyConnection, table: str, name: str) -> float:
    """Return the share of a column's different values that begin like a date, of those that are tried."""
    shaped = r"regexp_matches(v, '^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}')"
    return db.sql(f"SELECT count_if({shaped}) / count(*) FROM ({sample_values(table, name)})").fetchall()[0][0] or 0.0


def sample_values(table: str, name: str) -> str:
    value = f"trim({name_raw(name)})"
    words = ", ".join(map(quote_text, ("false", "False", *MISSING_WORDS)))
    where = f"{value} <> '' AND {value} NOT IN ({words})"
    return f"SELECT DISTINCT {value} AS v FROM {table} WHERE {where} ORDER BY hash(v), v LIMIT 1000"


def measure_format(db: duckdb.DuckDBPyConnection, table: str, name: str, pattern: str) -> float:
    """Return the share of a column's values, of the first thousand different ones, that are times of a form."""
    sample = sample_values(table, name)
    if pattern != "iso":
        signs = re.sub(r"%[a-zA-Z]", "", pattern)[:1]
        first = db.sql(f"SELECT count_if(contains(v, {quote_text(signs)})) / count(*) FROM ({sample})").fetchall()[0][0]
        if (first or 0) < TIME_SHARE:
            return 0.0
    time = parse_time("v", pattern, "UTC")
    return db.sql(f"SELECT count_if(({time}) IS NOT NULL) / count(*) FROM ({sample})").fetchall()[0][0] or 0.0


def find_number_format(db: duckdb.DuckDBPyConnection, table: str, name: str) -> str | None:
    number = f"try_cast(trim({name_raw(name)}) AS DOUBLE)"
    low, high = db.sql(f"SELECT min({number}), max({number}) FROM {table}").fetchall()[0]
    fitting = [form for form, (least, most) in EPOCHS.items() if low is not None and least <= low <= high <= most]
    return fitting[0] if fitting else None


def simplify(name: str) -> str:
    """Return a column's name for comparison.

    >>> simplify("Fecha de Creación (UTC)"), simplify("IsWon"), simplify("email_from")
    ('fecha de creacion', 'is won', 'email from')
    """
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", re.sub(r"\([^)]*\)", " ", name))
    plain = unicodedata.normalize("NFKD", apart).encode("ascii", "ignore").decode().casefold().replace("'", "")
    return " ".join(re.findall(r"[a-z0-9]+", plain))


def make_key(name: str) -> str:
    """Return what two spellings of one name share.

    >>> make_key("StageName") == make_key("stage_name") == make_key("Stage name")
    True
    """
    return simplify(name).replace(" ", "")
