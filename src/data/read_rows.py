"""Workbooks (xlsx, ods) and JSON lines as rows of texts, each with its place in the file."""

import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa

from src.data.columns import ROW_NUMBER
from src.data.declarations import File
from src.data.layout import MAX_ABOVE, list_missing_columns
from src.data.opening import GIGABYTE, find_encoding, read_text
from src.data.read_csv import Tally, make_schema
from src.data.split import MAX_RECORD
from src.stage import InputError

WORKBOOKS = (".xlsx", ".ods")

BATCH = 50_000
"""Rows that are handed on at a time."""

LARGEST = 1 << 53
"""Up to here a float is every integer."""


@dataclass(frozen=True)
class Rows:
    """The rows of a file behind its header, each with its line (of a workbook, the number that it shows)."""

    names: list[str]
    rows: Iterator[tuple[int, list[str]]]
    notes: dict[str, Any] = field(default_factory=dict)


def has_rows(path: Path) -> bool:
    """Say whether a file is read row by row, as its name says."""
    return path.suffix in WORKBOOKS or path.name.endswith((".jsonl", ".jsonl.gz"))


def open_rows(path: Path, declared: File, columns: list[str]) -> Rows:
    """Return the names of the columns of a file and its rows; `columns` tell the header and the sheet."""
    wanted = [column for column in columns if column != ROW_NUMBER]
    return open_sheet(path, declared, wanted) if path.suffix in WORKBOOKS else open_lines(path, declared, wanted)


def find_missing(path: Path, names: list[str], columns: list[str]) -> list[InputError]:
    """Return a fault for each of `columns` that a file lacks or has twice."""
    counts, wanted = Counter(names), [column for column in columns if column != ROW_NUMBER]
    twice = [column for column in wanted if counts[column] > 1]
    message = "the header names it twice; rename one"
    repeated = [InputError("repeated_column", message, path, None, column) for column in twice]
    return repeated + list_missing_columns(path, names, wanted, None)


def read_row_batches(
    path: Path, opened: Rows, columns: list[str], key: str | None, first_row: int, tally: Tally
) -> Iterator[pa.RecordBatch]:
    """Yield ``row`` and the `columns` of a file, named by their place, and keep account in `tally`."""
    names = opened.names
    places = [None if column == ROW_NUMBER else names.index(column) for column in columns]
    key_place = None if key is None or key == ROW_NUMBER else names.index(key)
    kept: list[tuple[int, int, list[str]]] = []
    for line, texts in opened.rows:
        tally.rows_read += 1
        if key_place is not None and not texts[key_place].strip() and tally.has_begun:
            tally.continued += 1
            continue
        tally.has_begun = tally.has_begun or key_place is None or bool(texts[key_place].strip())
        kept.append((line + first_row, tally.rows_read, texts))
        if len(kept) == BATCH:
            yield make_batch(kept, places, columns)
            kept = []
    yield make_batch(kept, places, columns)


def make_batch(kept: list[tuple[int, int, list[str]]], places: list[int | None], columns: list[str]) -> pa.RecordBatch:
    arrays = [pa.array([row for row, _, _ in kept], pa.int64())]
    for place in places:
        texts = [str(number) if place is None else texts[place] or None for _, number, texts in kept]
        arrays.append(pa.array(texts, pa.string()))
    return pa.RecordBatch.from_arrays(arrays, schema=make_schema(columns))


def open_sheet(path: Path, declared: File, wanted: list[str]) -> Rows:
    """Return the rows of the declared sheet of a workbook, or of the only one that has the wanted columns."""
    check_unpacked_size(path, declared)
    sheets = {name: read_sheet(path, name) for name in choose_sheets(path, declared)}
    headers = {name: find_header(rows, wanted, declared.skip) for name, rows in sheets.items()}
    fitting = [name for name, header in headers.items() if header is not None]
    if len(fitting) != 1 and len(sheets) > 1:
        what = "several sheets have" if fitting else "none of its sheets has"
        message = f"{what} the declared columns: declare sheet: one of {', '.join(map(repr, sheets))}"
        raise InputError("unknown_sheet", message, path)
    name = fitting[0] if fitting else next(iter(sheets))
    rows, header = sheets[name], headers[name] if fitting else find_header(sheets[name], [], declared.skip)
    if header is None:
        raise InputError("no_header", "it has no row with the names of the columns", path)
    width = len(rows[header])
    names = [text or f"(column {number})" for number, text in enumerate(rows[header], 1)]
    below = [(number + 1, row) for number, row in enumerate(rows) if number > header and any(row)]
    below = below[: len(below) - declared.footer] if declared.footer else below
    notes = {"lines_above_header": header} if header else {}
    return Rows(names, ((line, row[:width]) for line, row in below), notes)


def check_unpacked_size(path: Path, declared: File) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except zipfile.BadZipFile:
        raise InputError("damaged_workbook", "it cannot be unpacked: save it again", path) from None
    if size > declared.max_gigabytes * GIGABYTE:
        message = f"it has more than {declared.max_gigabytes:g} GB unpacked; declare max_gigabytes if that is right"
        raise InputError("file_too_large", message, path)


def choose_sheets(path: Path, declared: File) -> list[str]:
    names = [name for name in open_workbook(path).sheet_names]
    if declared.sheet is None:
        return names
    if declared.sheet not in names:
        message = f"it has no sheet {declared.sheet!r}; there are {', '.join(map(repr, names))}"
        raise InputError("unknown_sheet", message, path)
    return [declared.sheet]


def open_workbook(path: Path) -> Any:
    # A tenth of a second that other files need not spend.
    from python_calamine import CalamineError, load_workbook

    try:
        return load_workbook(str(path))
    except (CalamineError, OSError, ValueError):
        raise InputError("damaged_workbook", "it cannot be read, or has a password: save it again", path) from None


def read_sheet(path: Path, name: str) -> list[list[str]]:
    """Return the cells of a sheet as texts; every cell of a merged range has its value."""
    from python_calamine import CalamineError

    try:
        sheet = open_workbook(path).get_sheet_by_name(name)
        rows = [[write_cell(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
        merged = sheet.merged_cell_ranges or []
    except (CalamineError, ValueError):
        raise InputError("damaged_workbook", f"its sheet {name!r} cannot be read: save it again", path) from None
    for (top, left), (bottom, right) in merged:
        # Merged across columns is a title; down the rows it is the value of each row.
        for row in rows[top : bottom + 1] if left == right else []:
            row[left] = rows[top][left]
    return rows


def write_cell(cell: Any) -> str:
    """Return the text of a cell as a CSV would have it.

    >>> write_cell(7.0), write_cell(datetime(2026, 1, 31, 10)), write_cell(date(2026, 1, 31)), write_cell(True)
    ('7', '2026-01-31 10:00:00', '2026-01-31', 'true')
    """
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < LARGEST:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "microseconds" if cell.microsecond else "seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell.total_seconds())
    return "" if cell is None else str(cell)


def find_header(rows: list[list[str]], wanted: list[str], skip: int | None) -> int | None:
    """Return the number of the row that has all `wanted` names: the first that is filled in, or one below."""
    filled = [number for number, row in enumerate(rows) if number >= (skip or 0) and any(row)][:MAX_ABOVE]
    candidates = filled if skip is None else filled[:1]
    return next((number for number in candidates if set(wanted) <= set(rows[number])), None)


def open_lines(path: Path, declared: File, wanted: list[str]) -> Rows:
    """Return the rows of a file of one JSON object a line; its columns are the keys of all lines, in order."""
    names = dict.fromkeys(key for _, found in read_objects(path, declared) for key in found)
    if not names:
        raise InputError("no_header", "it has no line with a JSON object", path)
    listed = list(names)
    rows = ((line, [write_value(found.get(name)) for name in listed]) for line, found in read_objects(path, declared))
    return Rows(listed, rows)


def read_objects(path: Path, declared: File) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the objects of a file of JSON lines with their lines; a line that is none stops the reading."""
    rest, line = b"", 0
    for text in chain(read_text(path, declared, find_encoding(path, declared)), [b"\n"]):
        *lines, rest = (rest + text).split(b"\n")
        if len(rest) > MAX_RECORD:
            raise InputError("line_too_long", f"the line goes on for more than {MAX_RECORD:,} bytes", path, line + 1)
        for written in lines:
            line += 1
            if written.strip():
                yield line, read_object(path, line, written)


def read_object(path: Path, line: int, text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        message = "the line is no JSON object: one object a line, without commas between them"
        raise InputError("not_json_lines", message, path, line)
    return found


def write_value(value: Any) -> str:
    """Return the text of a JSON value; objects and arrays are JSON again."""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return write_cell(value)
