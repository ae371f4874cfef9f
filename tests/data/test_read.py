"""Raw files to text: structure, encodings, damage, and the physical line of every rejected row."""

import gzip
import os
import subprocess
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src import paths
from src.data import opening, read, read_csv, split
from src.data.canonical import canonicalise
from src.data.cells import make_number, make_text
from src.data.columns import ROW_NUMBER, Column
from src.data.declarations import Cells
from src.data.read import make_workshop, open_database, place_rejects, read_raw
from src.data.split_plain import split_plain
from src.stage import InputError

HEADER = "id,n,note\n"
ROWS = "a,1,x\nb,2,y\n"


@pytest.fixture(scope="module")
def db():
    return open_database(threads=1)


@pytest.fixture
def load(db, tmp_path):
    """Return what writes a file and loads its columns; the rows as tuples and the RawTable."""

    def load(content, name="f.csv", columns=("id", "n", "note"), **declared):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        raw = read_raw(db, "raw_test", [path], Cells(file=name, **declared), list(columns))
        return db.sql("SELECT * EXCLUDE row FROM raw_test ORDER BY row").fetchall(), raw

    return load


def list_values(raw):
    """Return how ``id``, a text, and ``n``, a number, are read; a row needs both."""
    text = make_text("id", Column(column="id"), raw.declared, required=True)
    return [text, make_number("n", Column(column="n"), raw.declared, required=True)]


def list_rejects(db, raw):
    """Return (line, column, reason) of what is rejected where ``n`` must be a number."""
    placed = place_rejects(raw, [raw.rejected, canonicalise(db, raw, "test", list_values(raw), {})])
    placed = placed.astype(object).where(placed.notna(), None).sort_values("line")
    return list(placed[["line", "column", "reason"]].itertuples(index=False, name=None))


GOOD = [("a", "1", "x"), ("b", "2", "y")]


@pytest.mark.parametrize(
    ("content", "declared"),
    [
        (HEADER + ROWS, {}),
        ((HEADER + ROWS).encode("utf-8-sig"), {}),
        ((HEADER + ROWS).replace("\n", "\r\n"), {}),
        (HEADER + ROWS.rstrip(), {}),
        ((HEADER + ROWS).replace(",", ";"), {"delimiter": ";"}),
        ((HEADER + ROWS).replace(",", "\t"), {"delimiter": "\t"}),
        ((HEADER + ROWS).replace(",", "|"), {"delimiter": "|"}),
        ((HEADER + ROWS).encode("utf-16"), {"encoding": "utf-16"}),
        ("note,id,n\nx,a,1\ny,b,2\n", {}),
        ("id,n,other,note\na,1,?,x\nb,2,?,y\n", {}),
        (HEADER + '"a","1","x"\n"b",2,y\n', {}),
        (HEADER + "\na,1,x\n\n\nb,2,y\n\n", {}),
    ],
)
def test_the_same_table_however_it_is_written(load, content, declared):
    """Check marks, line ends, delimiters, encodings, order of columns, quotes and blank lines."""
    rows, raw = load(content, **declared)
    assert rows == GOOD
    assert raw.rows_read == 2
    assert not raw.files[0].notes.get("has_mixed_line_ends")


@pytest.mark.parametrize("header_end", ["\n", "\r\n"])
def test_mixed_line_ends_are_read_as_one_and_said(db, load, header_end):
    """Check lines that end in LF and in CR LF, packed or not, with the line of a rejected row."""
    content = f"id,n,note{header_end}a,1,x\nb,2,y\r\nc,?,z\n".encode()
    for name, packed in (("f.csv", content), ("f.csv.gz", gzip.compress(content))):
        rows, raw = load(packed, name=name)
        assert rows == [*GOOD, ("c", "?", "z")]
        assert raw.files[0].notes.get("has_mixed_line_ends")
        assert list_rejects(db, raw) == [(4, "n", "not_understood")]


def test_latin_1_is_read_where_it_is_declared(load):
    """Check that the declared encoding is used, and that without it the byte is named."""
    content = (HEADER + "a,1,España\n").encode("latin-1")
    assert load(content, encoding="latin-1")[0] == [("a", "1", "España")]
    with pytest.raises(InputError, match=r"line 2: byte 18 \(0xF1\) is not UTF-8; declare its encoding"):
        load(content)


def test_values_stay_text(load):
    """Check ids and words that a guess would turn into numbers, dates or nothing."""
    values = ["00123", "12E5", "9007199254740993", "NA", "null", "None", "nan", "TRUE", "01/02/2026", " padded "]
    rows, _ = load("id,n\n" + "".join(f"{value},1\n" for value in values), columns=("id", "n"))
    assert [row[0] for row in rows] == values


def test_undeclared_columns_are_listed(load):
    """Check that a column nobody asked for is named, also one whose header is empty."""
    _, raw = load("id,extra,n,note,\na,?,1,x,\n")
    assert raw.files[0].undeclared == ["extra", "(column 5)"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [("c,3,z,extra", "too_many_fields"), ("c,3", "too_few_fields"), ("   ", "too_few_fields")],
)
def test_a_row_with_too_many_or_too_few_fields_is_rejected(db, load, row, reason):
    """Check that it is rejected first, in the middle or last, and that the others stay."""
    good = ROWS.splitlines(keepends=True)
    for position in range(3):
        lines = [*good[:position], row + "\n", *good[position:]]
        rows, raw = load(HEADER + "".join(lines))
        assert rows == GOOD
        assert raw.rows_read == 3
        assert list_rejects(db, raw) == [(position + 2, None, reason)]
        assert raw.rejected["value"].tolist() == [row]


def test_lines_are_counted_as_an_editor_counts_them(db, load):
    """Check rows after quoted line breaks, blank lines and broken rows, in a file worked out by hand."""
    lines = [
        "id,n,note",  # 1
        'a,1,"x',  # 2
        'x"',
        "b,?,y",  # 4
        "",
        'c,3,"z',  # 6
        'z",extra',
        "d,4",  # 8
        "",
        'e,?,"',  # 10
        "",
        '"',
        "f,?,y",  # 13
    ]
    expected = [
        (4, "n", "not_understood"),
        (6, None, "too_many_fields"),
        (8, None, "too_few_fields"),
        (10, "n", "not_understood"),
        (13, "n", "not_understood"),
    ]
    for end in ("\n", "\r\n"):
        _, raw = load(end.join(lines) + end)
        assert list_rejects(db, raw) == expected
    text = "\n".join(lines) + "\n"
    _, raw = load(text.encode("utf-16"), encoding="utf-16")
    assert list_rejects(db, raw) == expected
    _, raw = load(gzip.compress(text.encode()), name="f.csv.gz")
    assert list_rejects(db, raw) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16"])
@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("a,1,x\nb,?,ñ\nc,3,z\n", 3),
        ("a,1,x\nb,?,ñ", 3),
        ("a,1,x\n\nb,?,ñ\n", 4),
        ("a,1,x\n\nb,?,ñ", 4),
        ('"a\n",1,x\nb,?,ñ\n', 4),
        ("a,1,x\r\n\r\nb,?,ñ\r\n", 4),
    ],
)
def test_a_rejected_row_of_a_plain_file_has_its_line(db, load, content, line, encoding):
    """Check files whose lines are rows, and those whose blank or quoted lines are not, however they end."""
    header = HEADER.replace("\n", "\r\n") if "\r" in content else HEADER
    for name, pack_as in (("f.csv", bytes), ("f.csv.gz", gzip.compress)):
        _, raw = load(pack_as((header + content).encode(encoding)), name=name, encoding=encoding)
        assert list_rejects(db, raw) == [(line, "n", "not_understood")]


def test_a_header_of_two_lines_counts(db, load):
    """Check a column whose name has a line break."""
    _, raw = load('id,n,"no\nte"\na,?,x\n', columns=("id", "n"))
    assert list_rejects(db, raw) == [(3, "n", "not_understood")]


ROW = st.tuples(
    st.sampled_from(["good", "bad number", "too many", "too few", "blank"]),
    st.lists(st.sampled_from(["x", " ", ",", '"', "\n", "ñ"]), max_size=4).map("".join),
)


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(ROW, min_size=1, max_size=12), end=st.sampled_from(["\n", "\r\n"]))
def test_every_rejected_row_has_the_line_where_it_begins(db, tmp_path_factory, rows, end):
    """Check the lines against those counted while the file is written, for any mix of rows."""
    text, expected, reasons = HEADER.strip() + end, [], {"bad number": "not_understood", "too many": "too_many_fields"}
    for kind, note in rows:
        # In a row of another width a text that ends in a delimiter may as well be one that a quote never closed.
        text_of_note = note.rstrip(",") if kind in ("too many", "too few") else note
        fields = ["i", "?" if kind == "bad number" else "1", '"' + text_of_note.replace('"', '""') + '"']
        fields = {"too many": [*fields, "extra"], "too few": fields[1:], "blank": []}.get(kind, fields)
        if kind not in ("good", "blank"):
            expected.append((text.count("\n") + 1, reasons.get(kind, "too_few_fields")))
        text += ",".join(fields) + end
    path = tmp_path_factory.getbasetemp() / "rows.csv"
    path.write_bytes(text.encode())
    raw = read_raw(db, "raw_test", [path], Cells(file="f.csv"), ["id", "n", "note"])
    assert [(line, reason) for line, _, reason in list_rejects(db, raw)] == expected


def pack(content):
    return gzip.compress(content, mtime=0)


PACKED = pack((HEADER + ROWS).encode())


@pytest.mark.parametrize(
    ("content", "name", "code", "message"),
    [
        (b"", "f.csv", "empty_file", "f.csv: the file has no bytes"),
        (b"\n", "f.csv", "no_header", "line 1: it has no line with the names"),
        ("id,n\na,1\n", "f.csv", "missing_column", "line 1, column 'note': the file has no such column; the file"),
        ("id,n,Note\na,1,x\n", "f.csv", "missing_column", "column 'note': the file has no such column; is it 'Note'?"),
        (
            (HEADER + ROWS).replace(",", ";"),
            "f.csv",
            "wrong_delimiter",
            'a semicolon parts the fields: declare delimiter: ";"',
        ),
        (
            (HEADER + ROWS).replace(",", "\t"),
            "f.csv",
            "wrong_delimiter",
            'a tab parts the fields: declare delimiter: "\\t"',
        ),
        ("Report\n\n" + (HEADER + ROWS).replace(",", "|"), "f.csv", "wrong_delimiter", 'delimiter: "|"'),
        ("id,n,note,n\na,1,x,2\n", "f.csv", "repeated_column", "line 1, column 'n': the header names it twice"),
        ('id,n,"a "b" c",note\na,1,x,2\n', "f.csv", "broken_header", "line 1: a quote in the header"),
        ('id,n,note,"b\na,1,x,2\n', "f.csv", "broken_header", "line 1: a quote in the header"),
        ('id,n,no"te\na,1,x\n', "f.csv", "broken_header", "line 1: a quote in the header"),
        ("a,1,x\nb,2,y\n", "f.csv", "no_header", "line 1: none of its 3 fields is a declared column"),
        ("name,what,where\na,1,x\n", "f.csv", "unknown_header", "line 1: none of its 3 fields"),
        ((HEADER + ROWS).encode("utf-16"), "f.csv", "wrong_encoding", "declare encoding: utf-16"),
        ((HEADER + ROWS).encode("utf-16-be"), "f.csv", "wrong_encoding", "declare encoding: utf-16"),
        ((HEADER + ROWS).encode("utf-32"), "f.csv", "wrong_encoding", "save it as UTF-8"),
        (
            (HEADER + 'a,"\n",x\nb,1,ñ\n').encode("latin-1"),
            "f.csv",
            "invalid_byte",
            "line 4: byte 22 (0xF1) is not UTF-8",
        ),
        (PACKED[:-12], "f.csv.gz", "damaged_gzip", "it ends in the middle; fetch the file again"),
        (PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:], "f.csv.gz", "damaged_gzip", "its checksum is wrong"),
        (PACKED + b"garbage", "f.csv.gz", "damaged_gzip", "something else follows"),
        (b"id,n,note\n", "f.csv.gz", "damaged_gzip", "it is not packed with gzip"),
        (pack(b"a" * 20_000_000), "f.csv.gz", "line_too_long", "line 1: the line goes on"),
        (pack(HEADER.encode() + b"a" * 20_000_000), "f.csv.gz", "line_too_long", "line 2: the line goes on"),
        (b"PK\x03\x04 leads", "f.csv", "not_csv", "xlsx"),
        (b"PAR1", "f.csv", "not_csv", "name it .parquet"),
        (b"<html><table>", "f.csv", "not_csv", "web page"),
        (b"PAR1" + bytes(100) + b"PAR1", "f.parquet", "damaged_parquet", "f.parquet"),
        (b"id,n,note\n", "f.parquet", "not_parquet", "f.parquet"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused(load, content, name, code, message):
    """Check that the error is one line with the code, the file and the place."""
    with pytest.raises(InputError) as caught:
        load(content, name=name)
    assert caught.value.code == code
    assert message in str(caught.value)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "name", "declared", "notes"),
    [
        (PACKED, "f.csv", {}, {}),
        (PACKED + bytes(512), "f.csv.gz", {}, {}),
        (PACKED + pack(b""), "f.csv.gz", {}, {}),
        ("\ufeff\ufeff" + HEADER + ROWS, "f.csv", {}, {}),
        ((HEADER + ROWS).replace("\n", "\r"), "f.csv", {}, {}),
        ((HEADER + ROWS).replace("x\n", "x\r"), "f.csv", {}, {"has_mixed_line_ends": True}),
        ("Report of leads\nMade,today\n\n" + HEADER + ROWS, "f.csv", {}, {"lines_above_header": 3}),
        ("Report of leads\nMade,today\n\n" + HEADER + ROWS, "f.csv", {"skip": 3}, {}),
        ("sep=;\r\n" + (HEADER + ROWS).replace(",", ";"), "f.csv", {}, {}),
        ("\ufeffsep=,\n" + HEADER + ROWS, "f.csv", {"delimiter": ","}, {}),
        (HEADER + ROWS + "Total,2\n\nEnd of report\n\n", "f.csv", {"footer": 3}, {}),
        (HEADER + ROWS + "End", "f.csv", {"footer": 1}, {}),
        (HEADER + ROWS.replace("\n", ",\n"), "f.csv", {}, {"rows_end_in_a_delimiter": True}),
        ((HEADER + ROWS).replace("\n", ",\n"), "f.csv", {}, {}),
        ("id,n,note,N,,other,other\na,1,x,?,?,?,?\nb,2,y,?,?,?,?\n", "f.csv", {}, {}),
        (HEADER + 'a, "1" ,x\nb,2, "y"\n', "f.csv", {}, {}),
        ((HEADER + ROWS).encode("utf-16-le"), "f.csv", {"encoding": "utf-16"}, {}),
        ((HEADER + ROWS).encode("utf-16-be"), "f.csv", {"encoding": "utf-16"}, {}),
        (("\ufeff" + HEADER + ROWS).encode("utf-16-be"), "f.csv", {"encoding": "utf-16"}, {}),
    ],
)
def test_what_tools_write_around_a_table_is_read_and_said(load, content, name, declared, notes):
    """Check packing, marks, line ends, lines above and below, delimiters behind rows, names nobody uses."""
    rows, raw = load(content, name=name, **declared)
    assert rows == GOOD
    assert raw.rows_read == 2
    assert raw.files[0].notes == notes


def test_a_declared_skip_that_is_wrong_is_refused(load):
    """Check that the right one is named."""
    with pytest.raises(InputError, match=r"\[wrong_skip\].*line 3: .*declare skip: 2"):
        load("Report\nMade today\n" + HEADER + ROWS, skip=1)


def test_a_separator_line_that_is_not_as_declared_is_refused(load):
    """Check a file that says otherwise than its declaration."""
    with pytest.raises(InputError, match=r"\[wrong_delimiter\].*line 1: its first line says that a semicolon"):
        load("sep=;\n" + (HEADER + ROWS).replace(",", ";"), delimiter=",")


def test_windows_1252_is_what_excel_writes(load):
    """Check quotes, dashes and the euro sign, also where the file is called Latin-1, and a byte that is nothing."""
    text = "“Formación” – 5 €"
    for encoding in ("windows-1252", "latin-1"):
        assert load((HEADER + f"a,1,{text}\n").encode("cp1252"), encoding=encoding)[0] == [("a", "1", text)]
    with pytest.raises(InputError, match=r"\[invalid_byte\].*line 3: byte 20 \(0x81\) is not WINDOWS-1252"):
        load((HEADER + "a,1,x\nb,1,").encode() + b"\x81\n", encoding="windows-1252")


def test_utf_16_has_letters_beyond_its_first_plane(load):
    """Check an emoji, and a half of one, with its place."""
    text = "precio 🙂"
    assert load((HEADER + f"a,1,{text}\n").encode("utf-16"), encoding="utf-16")[0] == [("a", "1", text)]
    broken = (HEADER + "a,1,x\nb,1,").encode("utf-16") + b"\x00\xd8y\x00\n\x00"
    with pytest.raises(InputError, match=r"\[invalid_byte\].*line 3: byte 42"):
        load(broken, encoding="utf-16")
    with pytest.raises(InputError, match=r"\[invalid_byte\].*line 4: byte 46"):
        load((HEADER + "a,1,x\nb,1,y\n").encode("utf-16")[:-2] + b"\n\x00y", encoding="utf-16")


def test_backslashes_escape_quotes_where_that_is_declared(load):
    """Check quotes, backslashes and line breaks in quotes; without the declaration the rows are rejected."""
    content = HEADER + 'a,1,"say \\"yes\\", or ""no"""\nb,2,"C:\\dir\\\\\n\\"x\\""\n'
    rows, raw = load(content, escape="backslash")
    assert rows == [("a", "1", 'say "yes", or "no"'), ("b", "2", 'C:\\dir\\\n"x"')]
    assert len(raw.rejected) == 0
    rows, raw = load(content)
    assert rows == []
    assert set(raw.rejected["reason"]) <= {"broken_quote", "stray_quote", "too_few_fields"}


@pytest.mark.parametrize(
    ("broken", "lost"),
    [
        ('b,"2,y', 1),
        ('b,2,"y', 1),
        ('b,2",y', 1),
        ('b,"2"2,y', 1),
        ('b,2,y"', 1),
        ('b,2"y"', 1),
        ('"b,2,y', 1),
        ('b,2"y', 1),
        ('b,"2","y\nmore, of it\nand more"x,z', 3),
        ('b,2"y, of\nmore lines\nand the last"', 3),
        ('b,2,"y\n",z', 2),
        ("b,2,y,", 1),
        ("b,,2,y", 1),
        ("b,2,y, ", 1),
        (HEADER.strip(), 1),
    ],
)
@pytest.mark.parametrize("quoted", ["{}", '"{}"'])
def test_a_broken_row_costs_itself_alone(load, broken, lost, quoted):
    """Check rows before, between and behind, with quotes and without; the value is what stands in the file."""
    good = [[cell, number, "x"] for cell, number in (("a", "1"), ("c", "3"), ("d", "4"))]
    lines = [",".join(quoted.format(cell) for cell in row) for row in good]
    expected = [tuple(row) for row in good]
    for place in range(4):
        for end in ("\n", "\r\n"):
            text = end.join(["id,n,note", *lines[:place], broken, *lines[place:]])
            rows, raw = load(text)
            assert rows == expected
            assert raw.rejected["value"].tolist() == [broken]
            assert raw.rejected["row"].tolist() == [place + 2]


def test_two_broken_rows_leave_the_one_between(load):
    """Check quotes that are opened in two rows."""
    rows, raw = load(HEADER + 'a,1,x\nb,"2,y\nc,3,z\nd,"4,z\ne,5,z\n')
    assert rows == [("a", "1", "x"), ("c", "3", "z"), ("e", "5", "z")]
    assert raw.rejected["value"].tolist() == ['b,"2,y', 'd,"4,z']


def test_long_files_are_read_as_short_ones(load, monkeypatch):
    """Check machine code and many blocks against plain Python and one, with everything that can be in a row."""
    pieces = [
        "a,1,x\n",
        'b,"2","say ""yes"""\r\n',
        'c,3,"two\nlines"\n',
        "d,4\n",
        'e,"5,x\n',
        "ñ,6,🙂\n",
        "\n",
        'f,7"8",x\n',
    ]
    content = HEADER + "".join(pieces[number % 8] for number in range(400))
    rows, raw = load(content)
    monkeypatch.setattr(read_csv, "COMPILED_FROM", 0)
    monkeypatch.setattr(opening, "BLOCK", 61)
    again, raw_again = load(content)
    assert again == rows
    assert len(rows) == 200
    pd.testing.assert_frame_equal(raw_again.rejected, raw.rejected)


PLAIN = st.lists(st.sampled_from(["a", "ñ", ",", "\n", "\r", "\r\n", " ", "x,y,z\n"]), max_size=30).map("".join)


@settings(max_examples=200, deadline=None)
@given(text=PLAIN, is_last=st.booleans())
def test_text_without_quotes_is_split_at_once_as_it_is_byte_by_byte(text, is_last):
    """Check records, fields, lines and line ends of any text against the loop."""
    data = b"skipped" + text.encode()
    records, fields = np.empty((len(data), 6), np.int64), np.empty((len(data) + 1, 2), np.int32)
    ends, ends_at_once = np.zeros(3, np.int64), np.zeros(3, np.int64)
    arguments = (7, len(data), is_last, ord(","), -1, 3, 5, records, fields, ends)
    position, line, count, _ = split.split_records(data, *arguments)
    at_once = split_plain(data, 7, is_last, ord(","), 5, ends_at_once)
    assert at_once[:2] == (position, line)
    assert ends_at_once.tolist() == ends.tolist()
    expected = [(list(r[[0, 1, 2, 4, 5]]), fields[r[3] : r[3] + r[4]].tolist()) for r in records[:count]]
    _, _, records, fields = at_once
    assert [(list(r[[0, 1, 2, 4, 5]]), fields[r[3] : r[3] + r[4]].tolist()) for r in records] == expected


def test_rows_without_a_key_go_on_with_the_lead_above(db, tmp_path):
    """Check continued rows, and that a first row without a key is none."""
    (tmp_path / "f.csv").write_text(HEADER + ",9,w\na,1,x\n,,tag\n ,,tag\nb,2,y\n,,tag\n")
    raw = read_raw(db, "raw_test", [tmp_path / "f.csv"], Cells(file="f.csv"), ["id", "n"], key="id")
    assert db.sql("SELECT * FROM raw_test ORDER BY row").fetchall() == [(2, None, "9"), (3, "a", "1"), (6, "b", "2")]
    assert (raw.rows_read, raw.files[0].notes) == (3, {"continued_rows": 3})


def test_rows_have_their_number_where_it_is_declared(load):
    """Check that it counts rows, not lines, the rejected ones too."""
    rows, _ = load(HEADER + 'a,1,"x\ny"\nb,2\nc,3,z\n', columns=(ROW_NUMBER, "id"))
    assert rows == [("1", "a"), ("3", "c")]


def test_several_files_are_one_table(db, tmp_path):
    """Check rows, rejects with file and line, and what is said of each file."""
    (tmp_path / "1.csv").write_text(HEADER + "a,1,x\nb\n")
    (tmp_path / "2.csv").write_text("n,id,note,more\n?,c,z,1\n")
    files = [tmp_path / "1.csv", tmp_path / "2.csv"]
    raw = read_raw(db, "raw_test", files, Cells(file="*.csv"), ["id", "n"])
    placed = place_rejects(raw, [raw.rejected, canonicalise(db, raw, "test", list_values(raw), {})])
    assert list(placed[["file", "line", "reason"]].itertuples(index=False, name=None)) == [
        ("1.csv", 3, "too_few_fields"),
        ("2.csv", 2, "not_understood"),
    ]
    assert [(file.path.name, file.rows_read, file.undeclared) for file in raw.files] == [
        ("1.csv", 2, ["note"]),
        ("2.csv", 1, ["note", "more"]),
    ]


@pytest.mark.parametrize("name", ["log[1].csv", "a?.csv", "[ab].csv", "log[1].parquet", "a?.parquet"])
def test_a_name_is_no_pattern(db, tmp_path, name):
    """Check brackets and question marks beside files that they would match as a pattern."""
    for other in ("log1", "ab", "a", "b"):
        write_any(tmp_path / f"{other}{Path(name).suffix}", "wrong")
    write_any(tmp_path / name, "right")
    declared = Cells(file=name)
    assert declared.find_files(tmp_path) == [tmp_path / name]
    read_raw(db, "raw_test", declared.find_files(tmp_path), declared, ["id"])
    assert db.sql('SELECT "raw id" FROM raw_test').fetchall() == [("right",)]


def write_any(path, value):
    frame = pd.DataFrame({"id": [value]})
    frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_csv(path, index=False)


def test_only_stars_find_several_files(tmp_path):
    """Check a pattern beside brackets, in order of name, and a list of names."""
    for name in ("log[1]-b.csv", "log[1]-a.csv", "log1-c.csv"):
        (tmp_path / name).write_text("x")
    assert Cells(file="log[1]-*.csv").find_files(tmp_path) == [tmp_path / "log[1]-a.csv", tmp_path / "log[1]-b.csv"]
    listed = Cells(file=["log1-c.csv", "log*-a.csv"]).find_files(tmp_path)
    assert listed == [tmp_path / "log1-c.csv", tmp_path / "log[1]-a.csv"]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("name", ["row", "ROW", "fault", "file_row_number", "raw id", "column 0", "value", "line"])
def test_a_raw_column_may_be_called_like_one_of_ours(db, tmp_path, name, suffix):
    """Check names that reading and rejecting use themselves, declared and not."""
    frame = pd.DataFrame({"id": ["a", "b"], name: ["77", "88"], "n": ["1", "2"]})
    path = tmp_path / f"f{suffix}"
    frame.to_parquet(path) if suffix == ".parquet" else frame.to_csv(path, index=False)
    for columns in (["id", name, "n"], ["id", "n"]):
        raw = read_raw(db, "raw_test", [path], Cells(file=path.name), columns)
        expected = frame[columns].itertuples(index=False, name=None)
        assert db.sql("SELECT * EXCLUDE row FROM raw_test ORDER BY row").fetchall() == list(expected)
        assert len(canonicalise(db, raw, "test", list_values(raw), {})) == 0


def test_headers_of_ten_thousand_columns_are_read_at_once(tmp_path):
    """Check that the time grows with the columns, and not with their square."""
    names = [f"column number {number}" for number in range(10_000)]
    (tmp_path / "f.csv").write_text(",".join(names) + "\n" + ",".join("x" * 10_000) + "\n")
    begin = time.process_time()
    found, faults = read.examine_columns(tmp_path / "f.csv", Cells(file="f.csv"), names[:300])
    assert found == names
    _, faults = read.examine_columns(
        tmp_path / "f.csv", Cells(file="f.csv"), [*names[:300], *(f"no {n}" for n in range(300))]
    )
    assert len(faults) == 300
    assert time.process_time() - begin < 10


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_declared_utf_16_must_be_that(load, encoding):
    """Check files in which every letter is one byte."""
    with pytest.raises(InputError, match="wrong_encoding"):
        load((HEADER + ROWS).encode(encoding), encoding="utf-16")


def test_a_file_that_is_not_there_is_said(db, tmp_path):
    """Check a missing file and a folder of its name."""
    (tmp_path / "folder.csv").mkdir()
    for name, code in (("none.csv", "missing_file"), ("folder.csv", "not_a_file")):
        with pytest.raises(InputError, match=rf"\[{code}\] .*{name}"):
            read_raw(db, "raw_test", [tmp_path / name], Cells(file=name), ["id"])


def test_a_file_that_is_replaced_while_it_is_read_is_refused(load, monkeypatch):
    """Check that half of one file and half of another is never taken for a table."""
    original = read.scan_csv

    def scan_and_replace(db, path, *rest):
        scanned = original(db, path, *rest)
        path.write_bytes(b"id,n,note\n")
        return scanned

    monkeypatch.setattr(read, "scan_csv", scan_and_replace)
    with pytest.raises(InputError, match="changed_file"):
        load(HEADER + ROWS)


def test_parquet_is_read_as_text_with_its_rows_as_lines(db, tmp_path):
    """Check times with and without a zone, integers beside blanks, missing values, and a reject."""
    table = pd.DataFrame(
        {
            "id": pd.array([9007199254740993, None, 3], dtype="Int64"),
            "at": pd.to_datetime(["2026-01-01 10:00", "2026-01-02 00:00", None]).tz_localize("Europe/Madrid"),
            "n": ["1", "2", "?"],
        }
    )
    path = tmp_path / "f.parquet"
    table.to_parquet(path)
    raw = read_raw(db, "raw_test", [path], Cells(file="f.parquet"), ["id", "at", "n"])
    assert db.sql('SELECT "raw id", "raw at" FROM raw_test ORDER BY row').fetchall() == [
        ("9007199254740993", "2026-01-01 09:00:00+00"),
        (None, "2026-01-01 23:00:00+00"),
        ("3", None),
    ]
    assert list_rejects(db, raw) == [(2, "id", "missing_value"), (3, "n", "not_understood")]


def test_a_parquet_file_with_damaged_pages_is_refused(load, tmp_path):
    """Check damage behind a footer that can still be read."""
    pd.DataFrame({"id": [f"id {n}" for n in range(2000)]}).to_parquet(tmp_path / "ok.parquet")
    content = bytearray((tmp_path / "ok.parquet").read_bytes())
    content[4:400] = bytes(396)
    with pytest.raises(InputError, match=r"\[damaged_parquet\].*f.parquet"):
        load(bytes(content), name="f.parquet", columns=("id",))


def test_what_a_killed_run_left_in_the_cache_does_not_stay(tmp_path, monkeypatch):
    """Check a folder of a process that is gone, which holds ids, and one of a process that runs."""
    monkeypatch.chdir(tmp_path)
    gone = subprocess.Popen(["true"])
    gone.wait()
    for process in (gone.pid, os.getppid()):
        (paths.CACHE / f"ingest-{process}-abc").mkdir(parents=True)
    with make_workshop(open_database()) as workshop:
        assert {path.name for path in paths.CACHE.iterdir()} == {f"ingest-{os.getppid()}-abc", workshop.name}
    assert [path.name for path in paths.CACHE.iterdir()] == [f"ingest-{os.getppid()}-abc"]
