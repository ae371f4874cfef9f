"""Rows of a CSV as batches of text columns, each row with its physical line; what is no row of it is rejected."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from src.data import split
from src.data.columns import ROW_NUMBER
from src.data.declarations import File
from src.data.layout import Layout
from src.data.opening import drop_last_lines, is_packed, read_text
from src.data.split_plain import split_plain
from src.stage import InputError

COMPILED_FROM = 1 << 20
"""Bytes of a file with quotes from which on loading machine code takes less time than running without it."""

PACKED_FROM = 1 << 17

REASONS = {
    split.STRAY_QUOTE: "stray_quote",
    split.BROKEN_QUOTE: "broken_quote",
    split.UNCLOSED_QUOTE: "unclosed_quote",
}


ESCAPED = {-1: '"(")()', split.BACKSLASH: r'\\(["\\])|"(")'}
"""By the escape: what stands in quotes for one character, which the groups hold."""


@dataclass
class Tally:
    """What became of a file's records: rows read so far, rejected ones (line, text, reason), rows that go on."""

    rows_read: int = 0
    rejected: list[tuple[int, str, str]] = field(default_factory=list)
    continued: int = 0
    has_begun: bool = False
    ends: np.ndarray = field(default_factory=lambda: np.zeros(3, np.int64))


@dataclass(frozen=True)
class Block:
    """A stretch of text with its records and fields; see `split.split_records`."""

    data: bytes
    records: np.ndarray
    fields: np.ndarray


def choose_code(path: Path) -> ModuleType:
    """Return the functions of `split`, as machine code for a file that is long enough."""
    is_long = path.stat().st_size >= (PACKED_FROM if is_packed(path) else COMPILED_FROM)
    return split.load_compiled() if is_long else split


def read_batches(
    path: Path, declared: File, layout: Layout, columns: list[str], key: str | None, first_row: int, tally: Tally
) -> Iterator[pa.RecordBatch]:
    """Yield ``row`` and the `columns` of a CSV, named by their place, and keep account in `tally`.

    Parameters
    ----------
    key : str or None
        A column without which a row goes on with the one above it and is left out.
    first_row : int
        Is added to the physical line of a row to give its number.
    """
    places = {column: layout.names.index(column) for column in columns if column != ROW_NUMBER}
    for block in read_blocks(path, declared, layout, tally.ends):
        whole = check_records(block, layout, tally)
        numbers = tally.rows_read + 1 + np.flatnonzero(whole)
        tally.rows_read += len(block.records)
        records = block.records if whole.all() else block.records[whole]
        if key is not None:
            is_own = find_own(block, records, places[key], tally)
            records, numbers = records[is_own], numbers[is_own]
        arrays = dict(zip(places, copy_columns(block, records, list(places.values()), layout.escape), strict=True))
        if ROW_NUMBER in columns:
            arrays[ROW_NUMBER] = pa.array(numbers).cast(pa.string())
        rows = pa.array(records[:, split.LINE] + first_row)
        yield pa.RecordBatch.from_arrays([rows, *(arrays[column] for column in columns)], schema=make_schema(columns))


def make_schema(columns: list[str]) -> pa.Schema:
    names = [pa.field(name_place(number), pa.string()) for number in range(len(columns))]
    return pa.schema([pa.field("row", pa.int64()), *names])


def name_place(number: int) -> str:
    return f"column {number}"


def read_blocks(path: Path, declared: File, layout: Layout, ends: np.ndarray) -> Iterator[Block]:
    """Yield the records of a CSV behind its header, some at a time; `ends` counts how their lines end."""
    texts = read_text(path, declared, layout.encoding)
    if declared.footer:
        texts = drop_last_lines(texts, declared.footer)
    rest, skipped, line, is_last = b"", layout.begin, layout.line, False
    while not is_last:
        text = next(texts, None)
        is_last, text = text is None, text or b""
        data = rest + text[skipped:]
        skipped = max(0, skipped - len(text))
        position, line, block = split_block(path, data, 0, is_last, layout, line, ends)
        rest = data[position:]
        if len(rest) > split.MAX_RECORD:
            message = f"the line goes on for more than {split.MAX_RECORD:,} bytes; is this a CSV?"
            raise InputError("line_too_long", message, path, line)
        if len(block.records):
            yield block


def split_block(
    path: Path, data: bytes, position: int, is_last: bool, layout: Layout, line: int, ends: np.ndarray
) -> tuple[int, int, Block]:
    """Return records from a position of `data` on, as many as are whole, and the position and line behind them."""
    if data.find(b'"', position) < 0:
        position, line, records, fields = split_plain(data, position, is_last, layout.delimiter, line, ends)
        return position, line, Block(data, records, fields)
    code = choose_code(path)
    # A record takes two bytes at least. Memory is taken where it is written to: most of this never is.
    records = np.empty(((len(data) - position) // 2 + 1, 6), np.int64)
    fields = np.empty((len(data) - position + 1, 2), np.int32)
    text = data if code is split else np.frombuffer(data, np.uint8)
    arguments = (layout.delimiter, layout.escape, layout.width, line, records, fields, ends)
    position, line, count, filled = code.split_records(text, position, len(data), is_last, *arguments)
    return position, line, Block(data, records[:count].copy(), fields[:filled])


def check_records(block: Block, layout: Layout, tally: Tally) -> np.ndarray:
    """Return which records of a block are rows; the others are rejected in `tally`."""
    records, fields = block.records, block.fields
    whole = (records[:, split.FAULT] == split.WHOLE) & (records[:, split.COUNT] == layout.width)
    if layout.width > len(layout.names):
        last = fields[np.where(whole, records[:, split.FIRST] + layout.width - 1, 0)]
        whole &= last[:, 0] == last[:, 1]
    whole &= ~find_headers(block, layout)
    for number in np.flatnonzero(~whole).tolist():
        record = records[number].tolist()
        text = block.data[record[split.BEGIN] : record[split.END]].decode("utf-8").strip("\r\n")
        tally.rejected.append((record[split.LINE], text, tell_reason(record, layout)))
    return whole


def tell_reason(record: list[int], layout: Layout) -> str:
    if record[split.FAULT] != split.WHOLE:
        return REASONS[record[split.FAULT]]
    if record[split.COUNT] < layout.width:
        return "too_few_fields"
    return "repeated_header" if record[split.COUNT] == len(layout.names) else "too_many_fields"


def find_headers(block: Block, layout: Layout) -> np.ndarray:
    """Return which records say what the header says: files that were put together repeat it."""
    text, name = np.frombuffer(block.data, np.uint8), layout.names[0].encode()
    alike = block.records[:, split.COUNT] == len(layout.names)
    first = block.records[alike, split.FIRST]
    begins, finishes = block.fields[first, 0], np.abs(block.fields[first, 1])
    likely = np.flatnonzero(finishes - begins == len(name))
    likely = likely[(text[begins[likely]] == name[0]) & (text[finishes[likely] - 1] == name[-1])]
    found = np.zeros(len(alike), bool)
    for number in np.flatnonzero(alike)[likely].tolist():
        fields = block.fields[block.records[number, split.FIRST] :][: len(layout.names)].tolist()
        found[number] = [block.data[begin : abs(end)].decode() for begin, end in fields] == layout.names
    return found


def find_own(block: Block, records: np.ndarray, place: int, tally: Tally) -> np.ndarray:
    """Return which rows have a text in the column of a `place`; before the first such row all count as having."""
    fields = block.fields[records[:, split.FIRST] + place]
    texts = [block.data[begin : abs(end)] for begin, end in fields.tolist()]
    is_own = np.array([bool(text.strip()) for text in texts], bool)
    if not tally.has_begun:
        is_own[: int(np.argmax(is_own)) if is_own.any() else len(is_own)] = True
        tally.has_begun = bool(is_own.any())
    tally.continued += int((~is_own).sum())
    return is_own


def copy_columns(block: Block, records: np.ndarray, places: list[int], escape: int) -> list[pa.Array]:
    """Return the texts of the columns of `places`; an empty one is missing."""
    # Fields and what parts them take turns in the text, so every second piece of it is a field.
    pieces = np.abs(block.fields).ravel()
    buffers = [None, pa.py_buffer(pieces), pa.py_buffer(block.data)]
    texts = pa.Array.from_buffers(pa.string(), max(0, len(pieces) - 1), buffers)
    first, columns = records[:, split.FIRST], []
    # Where row follows row without a gap, a column is every so manieth field: no need to look each up.
    step = int(records[0, split.COUNT]) if len(records) else 1
    is_regular = len(records) > 0 and first[-1] - first[0] == step * (len(first) - 1)
    for place in places:
        number = first + place
        chosen = slice(int(number[0]), int(number[-1]) + 1, step) if is_regular else number
        begins, finishes = block.fields[chosen, 0], block.fields[chosen, 1]
        is_empty = begins == finishes
        column = texts.take(pa.array(2 * number, mask=is_empty if is_empty.any() else None))
        has_escapes = finishes < 0
        if has_escapes.any():
            plain = pc.replace_substring_regex(column.filter(pa.array(has_escapes)), ESCAPED[escape], r"\1\2")
            column = pc.replace_with_mask(column, pa.array(has_escapes), plain)
        columns.append(column)
    return columns
