"""Where the rows of a CSV begin and what its columns are called: as declared, as its first lines say, or one fault."""

import difflib
import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from src.data import split
from src.data.columns import ROW_NUMBER
from src.data.declarations import File
from src.data.opening import find_encoding, read_text
from src.stage import InputError

DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
HEAD_BYTES = 1 << 20
MAX_ABOVE = 50
"""Lines in which a header is looked for that is not where it should be."""

MAX_NAMES = 60
"""Names of columns that a message lists."""

LOOKS_LIKE_DATA = re.compile(r"\d+([.,:/ T-]\d+)*Z?|\S+@\S+\.\S+|\+[\d ()-]{6,}")
SEPARATOR_LINE = re.compile(rb'"?sep=(.)"?(\r\n|\n|\r)', re.IGNORECASE)


@dataclass(frozen=True)
class Layout:
    """How a CSV is to be split.

    `begin` and `line` are where its rows begin, behind the header: the byte of its text as UTF-8, and the physical
    line. `width` is how many fields a row has: one more than `names` where every row ends in a delimiter. `notes` says
    what was found and not declared.
    """

    encoding: str
    delimiter: int
    escape: int
    names: list[str]
    width: int
    begin: int
    line: int
    notes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Head:
    """The first bytes of a file's text, and whether that is all of it."""

    text: bytes
    is_last: bool


@dataclass(frozen=True)
class Record:
    """A record of the head: its physical line, its bytes, its fields (none where it is broken)."""

    line: int
    begin: int
    end: int
    fields: list[str]


def find_layout(path: Path, declared: File, columns: list[str]) -> Layout:
    """Return the layout of a CSV that has the `columns`, or raise the first of the faults that keep it from that."""
    layout, faults = examine_layout(path, declared, columns)
    if faults:
        raise faults[0]
    return layout


def examine_layout(path: Path, declared: File, columns: list[str]) -> tuple[Layout, list[InputError]]:
    """Return the layout of a CSV and a fault for each of `columns` that it does not have."""
    encoding = find_encoding(path, declared)
    head = read_head(path, declared, encoding)
    delimiter, begin, line = read_separator_line(path, declared, head)
    if declared.skip:
        begin, line = skip_lines(head, begin, line, declared.skip)
    escape = split.BACKSLASH if declared.escape == "backslash" else -1
    wanted = [column for column in columns if column != ROW_NUMBER]
    records = read_records(head, begin, line, delimiter, escape, MAX_ABOVE)
    if not records and not head.is_last:
        raise InputError("line_too_long", f"the line goes on for more than {HEAD_BYTES:,} bytes", path, line)
    if not records:
        raise InputError("no_header", "it has no line with the names of the columns", path, line)
    header, notes = records[0], {}
    if not has_all(header, wanted):
        found = next((record for record in records[1:] if has_all(record, wanted)), None)
        if found is None or declared.skip is not None:
            faults = explain_header(path, declared, head, records, found, wanted, delimiter, escape)
            return make_layout(path, head, encoding, delimiter, escape, header, [], notes), faults
        header, notes = found, {"lines_above_header": found.line - 1}
    check_quotes(path, header)
    check_repeated(path, header, wanted)
    return make_layout(path, head, encoding, delimiter, escape, header, wanted, notes), []


def read_head(path: Path, declared: File, encoding: str) -> Head:
    text, blocks = b"", read_text(path, declared, encoding)
    for block in blocks:
        text += block
        if len(text) >= HEAD_BYTES:
            return Head(text, False)
    return Head(text, True)


def read_separator_line(path: Path, declared: File, head: Head) -> tuple[str, int, int]:
    """Return the delimiter, and the byte and the line behind a first line such as ``sep=;``, if there is one."""
    found = SEPARATOR_LINE.match(head.text)
    if found is None:
        return declared.delimiter or ",", 0, 1
    delimiter = found[1].decode("latin-1")
    if declared.delimiter not in (None, delimiter):
        message = f"its first line says that {name_delimiter(delimiter)} parts the fields; declare that"
        raise InputError("wrong_delimiter", message, path, 1)
    if delimiter not in DELIMITERS:
        message = "its first line says sep= and a sign that is none of , ; tab |"
        raise InputError("wrong_delimiter", message, path, 1)
    return delimiter, found.end(), 2


def skip_lines(head: Head, begin: int, line: int, count: int) -> tuple[int, int]:
    """Return the byte and the line behind the first `count` lines of a file."""
    while line <= count and begin < len(head.text):
        begin, line = split.skip_line(head.text, begin, len(head.text)), line + 1
    return begin, line


def read_records(head: Head, begin: int, line: int, delimiter: str, escape: int, room: int) -> list[Record]:
    """Return the first `room` records from a byte of the head on."""
    data, end = head.text, len(head.text)
    found, fields = np.empty((room, 6), np.int64), np.empty((end - begin + 1, 2), np.int32)
    ends = np.zeros(3, np.int64)
    arguments = (data, begin, end, head.is_last, ord(delimiter), escape, 0, line, found, fields, ends)
    _, _, count, _ = split.split_records(*arguments)
    return [read_fields(data, record, fields) for record in found[:count]]


def read_fields(data: bytes, record: np.ndarray, fields: np.ndarray) -> Record:
    texts = []
    if record[split.FAULT] == split.WHOLE:
        for begin, finish in fields[record[split.FIRST] : record[split.FIRST] + record[split.COUNT]].tolist():
            text = data[begin : abs(finish)].decode("utf-8")
            texts.append(text.replace('""', '"').replace('\\"', '"') if finish < 0 else text)
    return Record(int(record[split.LINE]), int(record[split.BEGIN]), int(record[split.END]), texts)


def has_all(record: Record, columns: list[str]) -> bool:
    return set(columns) <= set(record.fields)


def check_quotes(path: Path, header: Record) -> None:
    if not header.fields:
        message = "a quote in the header is not closed, or stands inside a name; mend that line"
        raise InputError("broken_header", message, path, header.line)


def check_repeated(path: Path, header: Record, columns: list[str]) -> None:
    """Stop where a column that is used could be one of two."""
    counts = Counter(header.fields)
    for column in columns:
        if counts[column] > 1:
            raise InputError("repeated_column", "the header names it twice; rename one", path, header.line, column)


def make_layout(
    path: Path,
    head: Head,
    encoding: str,
    delimiter: str,
    escape: int,
    header: Record,
    columns: list[str],
    notes: dict[str, Any],
) -> Layout:
    after = split.skip_line(head.text, header.end, len(head.text))
    line = header.line + split.count_ends(head.text, header.begin, after)
    names = [name or f"(column {number})" for number, name in enumerate(header.fields, 1)]
    width, byte = len(names), ord(delimiter)
    if columns and has_trailing_delimiters(head, after, delimiter, escape, width):
        width, notes = width + 1, {**notes, "rows_end_in_a_delimiter": True}
    return Layout(encoding, byte, escape, names, width, after, line, notes)


def has_trailing_delimiters(head: Head, begin: int, delimiter: str, escape: int, width: int) -> bool:
    """Return whether every row of the head has one field more than the header, an empty one."""
    records = read_records(head, begin, 1, delimiter, escape, 1000)
    if len(records) < 2:
        return False
    return all(len(record.fields) == width + 1 and not record.fields[-1] for record in records)


def explain_header(
    path: Path,
    declared: File,
    head: Head,
    records: list[Record],
    found: Record | None,
    columns: list[str],
    delimiter: str,
    escape: int,
) -> list[InputError]:
    """Return why a file does not have the `columns`: it is parted otherwise, begins elsewhere, or lacks them."""
    header = records[0]
    if found is not None:
        message = f"the header stands on this line: declare skip: {found.line - 1}"
        return [InputError("wrong_skip", message, path, found.line)]
    other = find_other_delimiter(head, header, columns, delimiter, escape)
    if other is not None:
        message = f"{name_delimiter(other)} parts the fields: declare delimiter: {other!r}".replace("'", '"')
        return [InputError("wrong_delimiter", message, path, header.line)]
    check_quotes(path, header)
    folded = {name.strip().casefold() for name in header.fields}
    if not any(column.strip().casefold() in folded for column in columns):
        return [describe_unknown_header(path, header, columns)]
    return list_missing_columns(path, header.fields, columns, header.line)


def find_other_delimiter(head: Head, header: Record, columns: list[str], delimiter: str, escape: int) -> str | None:
    """Return the delimiter with which the first lines hold most of the `columns`, if it is another one."""

    def count(other: str) -> int:
        records = read_records(head, header.begin, header.line, other, escape, MAX_ABOVE)
        return max((len(set(columns) & set(record.fields)) for record in records), default=0)

    counts = {other: count(other) for other in (delimiter, *DELIMITERS)}
    best = max(counts, key=counts.get)
    return best if counts[best] > max(1, counts[delimiter]) else None


def name_delimiter(delimiter: str) -> str:
    return DELIMITERS.get(delimiter, "another sign")


def describe_unknown_header(path: Path, header: Record, columns: list[str]) -> InputError:
    """Return the fault of a first line without any declared name; it may be a lead, so nothing of it is repeated."""
    declared = ", ".join(map(repr, islice(columns, 3)))
    what = f"none of its {len(header.fields)} fields is a declared column such as {declared}"
    if any(LOOKS_LIKE_DATA.fullmatch(name.strip()) for name in header.fields):
        message = f"{what}, and it looks like data: the file has no header; put the names of the columns above it"
        return InputError("no_header", message, path, header.line)
    message = f"{what}; declare the names as the file writes them, or skip: the lines above the header"
    return InputError("unknown_header", message, path, header.line)


def list_missing_columns(path: Path, found: list[str], columns: list[str], line: int | None = 1) -> list[InputError]:
    """Return a fault for each of `columns` that a file does not have, with the nearest name it has."""
    has, faults = set(found), []
    folded = {name.strip().casefold(): name for name in found}
    for column in columns:
        if column not in has:
            near = [folded[key] for key in [column.strip().casefold()] if key in folded]
            if not near and len(found) <= 10 * MAX_NAMES and len(faults) < MAX_NAMES:
                near = difflib.get_close_matches(column, found, n=1)
            more = f" and {len(found) - MAX_NAMES} more" if len(found) > MAX_NAMES else ""
            hint = f"; is it {near[0]!r}?" if near else f"; the file has {', '.join(found[:MAX_NAMES])}{more}"
            faults.append(InputError("missing_column", f"the file has no such column{hint}", path, line, column))
    return faults
