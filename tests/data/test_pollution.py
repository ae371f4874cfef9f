"""Clean tables with delimiters, quotes, line ends, headers and fields put in or taken out at several places.

Either a file is refused in one line, or every row that is kept says what stands in the file from its line on, and
what was not touched is as it was.
"""

import contextlib
import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.data.declarations import Cells
from src.data.read import open_database, read_raw
from src.stage import InputError

NAMES = ["id", "at", "n", "note", "more", "last"]
"""Six columns and texts of four signs: no line of a text is itself a row, which nobody could tell from one."""

TEXT = st.lists(st.sampled_from(["x", " y", ",", '"', "\n", "ñ"]), max_size=4).map("".join)
PLAIN_TEXT = st.lists(st.sampled_from(["x", " y", ",", "\n", "ñ"]), max_size=4).map("".join)
PLAIN_TABLE = st.lists(st.tuples(PLAIN_TEXT, PLAIN_TEXT, st.sampled_from(["", "z"])), min_size=1, max_size=8)
TABLE = st.lists(st.tuples(TEXT, TEXT, st.sampled_from(["", "z"])), min_size=1, max_size=8)
SIGN = st.sampled_from([",", ",,", '"', '""', "\n", "\r\n", "\r", ";", "\0", ",".join(NAMES) + "\n", "x,"])
CHANGE = st.tuples(st.floats(0, 1, exclude_max=True), st.one_of(st.just(None), SIGN))


@pytest.fixture(scope="module")
def db():
    return open_database(threads=1)


def write_table(rows, quoting, end):
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator=end, quoting=quoting)
    writer.writerows([NAMES, *rows])
    return stream.getvalue()


def pollute(text, changes):
    """Return `text` with signs put in, or taken out (None), and where that was."""
    places = []
    for share, sign in changes:
        place = int(share * len(text))
        moved = len(sign) if sign is not None else -1
        places = [other + moved if other >= place else other for other in places]
        text = text[:place] + (sign or "") + text[place + (sign is None) :]
        places += [place, place + max(0, moved - 1)]
    return text, places


def read(db, folder, text):
    """Return the rows that are kept, by the line on which they begin."""
    (folder / "f.csv").write_bytes(text.encode())
    read_raw(db, "raw_test", [folder / "f.csv"], Cells(file="f.csv"), NAMES)
    return {row[0]: tuple(cell or "" for cell in row[1:]) for row in db.sql("FROM raw_test ORDER BY row").fetchall()}


def find_lines(text):
    """Return where each physical line begins."""
    begins, place = [], 0
    for line in io.StringIO(text, newline=""):
        begins.append(place)
        place += len(line)
    return begins


def parse_strictly(text):
    """Return the first record of a text by Python's strict reader, and how many characters it takes."""
    stream = io.StringIO(text, newline="")
    row = next(csv.reader(stream, strict=True))
    return tuple(row), stream.tell()


def is_alike(cell, strict):
    """Return whether a cell says what the strict reader says; blanks around quotes are no part of a text."""
    return cell == strict or (strict.strip(" ").startswith('"') and strict.strip(" ")[1:-1] == cell)


def says(row, strict):
    """Return whether a row has the cells of a strict one in their order; a polluted header may leave some out."""
    rest = iter(strict)
    return all(any(is_alike(cell, other) for other in rest) for cell in row)


@settings(max_examples=300, deadline=None)
@given(
    table=TABLE,
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n"]),
    changes=st.lists(CHANGE, min_size=1, max_size=3),
)
def test_no_row_is_silently_another(db, tmp_path_factory, table, quoting, end, changes):
    """Check rows against Python's strict reader from their line on, and untouched ones against the clean table."""
    clean = [(f"i{number}", "2026-01-01", str(number), *texts) for number, texts in enumerate(table)]
    text, places = pollute(write_table(clean, quoting, end), changes)
    kept = {}
    with contextlib.suppress(InputError):
        kept = read(db, tmp_path_factory.getbasetemp(), text)
    begins = find_lines(text)
    for line, row in kept.items():
        begin = begins[line - 1]
        try:
            strict, length = parse_strictly(text[begin:])
        except csv.Error:
            strict, length = (), 0
        assert says(row, strict) or row in clean
        if length and not any(begin - 1 <= place <= begin + length for place in places):
            assert row in clean


@settings(max_examples=200, deadline=None)
@given(
    table=PLAIN_TABLE,
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    share=st.floats(0, 1, exclude_max=True),
    sign=st.sampled_from(['"', ",", ";", None]),
)
def test_one_wrong_sign_costs_one_row(db, tmp_path_factory, table, quoting, share, sign):
    """Check that the other rows stay, of texts without quotes of their own, which can close what a wrong one opened."""
    clean = [(f"i{number}", "2026-01-01", str(number), *texts) for number, texts in enumerate(table)]
    whole = write_table(clean, quoting, "\n")
    header, rows = whole[: whole.index("\n") + 1], whole[whole.index("\n") + 1 :]
    text = header + pollute(rows, [(share, sign)])[0]
    if text.count("\n") != whole.count("\n"):
        return
    with contextlib.suppress(InputError):
        kept = read(db, tmp_path_factory.getbasetemp(), text)
        lost = [row for row in clean if row not in kept.values()]
        swallowed = [row for row in kept.values() if "2026-01-01" in row[3] + row[4] + row[5]]
        assert len(lost) <= 1 + len(swallowed) * len(clean)
