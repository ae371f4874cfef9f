"""Raw files to text: structure, encodings, damage, and the physical line of every rejected row."""

import gzip

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.data import read
from src.data.canonical import canonicalise
from src.data.cells import make_number, make_text
from src.data.declarations import Cells, Column
from src.data.read import open_database, place_rejects, read_raw
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
        raw = read_raw(db, "raw_test", path, Cells(file=name, **declared), list(columns))
        return db.sql("SELECT * EXCLUDE row FROM raw_test ORDER BY row").fetchall(), raw

    return load


def list_rejects(db, raw):
    """Return (line, column, reason) of what is rejected where ``n`` must be a number."""
    values = [make_text("id", Column(column="id"), raw.declared, required=True)]
    values.append(make_number("n", Column(column="n"), raw.declared, required=True))
    placed = place_rejects(raw, [raw.rejected, canonicalise(db, raw, "test", values, {})])
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
    assert not raw.has_mixed_line_ends


@pytest.mark.parametrize("header_end", ["\n", "\r\n"])
def test_mixed_line_ends_are_read_as_one_and_said(db, load, header_end):
    """Check lines that end in LF and in CR LF, packed or not, with the line of a rejected row."""
    content = f"id,n,note{header_end}a,1,x\nb,2,y\r\nc,?,z\n".encode()
    for name, packed in (("f.csv", content), ("f.csv.gz", gzip.compress(content))):
        rows, raw = load(packed, name=name)
        assert rows == [*GOOD, ("c", "?", "z")]
        assert raw.has_mixed_line_ends
        assert list_rejects(db, raw) == [(4, "n", "not_understood")]


def test_latin_1_is_read_where_it_is_declared(load):
    """Check that the declared encoding is used, and that without it the byte is named."""
    content = (HEADER + "a,1,España\n").encode("latin-1")
    assert load(content, encoding="latin-1")[0] == [("a", "1", "España")]
    with pytest.raises(InputError, match=r"line 2: invalid encoding at byte 18 \(declare its encoding\)"):
        load(content)


def test_values_stay_text(load):
    """Check ids and words that a guess would turn into numbers, dates or nothing."""
    values = ["00123", "12E5", "9007199254740993", "NA", "null", "None", "nan", "TRUE", "01/02/2026", " padded "]
    rows, _ = load("id,n\n" + "".join(f"{value},1\n" for value in values), columns=("id", "n"))
    assert [row[0] for row in rows] == values


def test_undeclared_columns_are_listed(load):
    """Check that a column nobody asked for is named, also one whose header is empty."""
    _, raw = load("id,extra,n,note,\na,?,1,x,\n")
    assert raw.undeclared == ["extra", "(column 5)"]


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
        fields = ["i", "?" if kind == "bad number" else "1", '"' + note.replace('"', '""') + '"']
        fields = {"too many": [*fields, "extra"], "too few": fields[1:], "blank": []}.get(kind, fields)
        if kind not in ("good", "blank"):
            expected.append((text.count("\n") + 1, reasons.get(kind, "too_few_fields")))
        text += ",".join(fields) + end
    path = tmp_path_factory.getbasetemp() / "rows.csv"
    path.write_bytes(text.encode())
    raw = read_raw(db, "raw_test", path, Cells(file="f.csv"), ["id", "n", "note"])
    assert [(line, reason) for line, _, reason in list_rejects(db, raw)] == expected


def pack(content):
    return gzip.compress(content, mtime=0)


PACKED = pack((HEADER + ROWS).encode())


@pytest.mark.parametrize(
    ("content", "name", "code", "message"),
    [
        (b"", "f.csv", "empty_file", "f.csv: the file has no bytes"),
        (b"\n", "f.csv", "missing_column", "line 1, column 'id'"),
        ("id,n\na,1\n", "f.csv", "missing_column", "line 1, column 'note': the file has no such column; the file"),
        ("id,n,Note\na,1,x\n", "f.csv", "missing_column", "column 'note': the file has no such column; is it 'Note'?"),
        ((HEADER + ROWS).replace(",", ";"), "f.csv", "missing_column", "the file has id;n;note"),
        ("Report of leads\n\n" + HEADER + ROWS, "f.csv", "missing_column", "the file has Report of leads"),
        ("\ufeff\ufeff" + HEADER + ROWS, "f.csv", "missing_column", "is it '\\ufeffid'?"),
        ("id,n,note,n\na,1,x,2\n", "f.csv", "repeated_column", "line 1, column 'n': the header names it twice"),
        ("id,n,note,N\na,1,x,2\n", "f.csv", "repeated_column", "column 'n': the header names it twice"),
        ((HEADER + ROWS).replace("\n", "\r"), "f.csv", "unreadable_header", "must end in LF or CR LF"),
        ((HEADER + ROWS).encode("utf-16"), "f.csv", "wrong_encoding", "declare encoding: utf-16"),
        (HEADER + 'a,"1\n2",x\nb,"2,y\nc,3,z\n', "f.csv", "broken_row", "f.csv, line 4: unquoted value"),
        (HEADER + 'a,1,x\nb,"2"2,y\n', "f.csv", "broken_row", "f.csv, line 3: unquoted value"),
        (
            (HEADER + 'a,"\n",x\nb,1,ñ\n').encode("latin-1"),
            "f.csv",
            "broken_row",
            "line 4: invalid encoding at byte 22",
        ),
        (PACKED[:-12], "f.csv.gz", "damaged_gzip", "fetch the file again"),
        (PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:], "f.csv.gz", "damaged_gzip", "CRC check failed"),
        (PACKED + b"garbage", "f.csv.gz", "damaged_gzip", "fetch the file again"),
        (b"id,n,note\n", "f.csv.gz", "damaged_gzip", "Not a gzipped file"),
        (pack(b"a" * 20_000_000), "f.csv.gz", "gzip_bomb", "it grows more than 200 times"),
        (b"PAR1" + bytes(100) + b"PAR1", "f.parquet", "unreadable_file", "f.parquet"),
        (b"id,n,note\n", "f.parquet", "unreadable_file", "f.parquet"),
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


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-8"])
def test_declared_utf_16_must_be_that(load, encoding):
    """Check a file without the mark, one of the other byte order, and one that is UTF-8."""
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    with pytest.raises(InputError, match="wrong_encoding"):
        load((mark + HEADER + ROWS).encode(encoding), encoding="utf-16")


def test_a_file_that_is_not_there_is_said(db, tmp_path):
    """Check a missing file and a folder of its name."""
    (tmp_path / "folder.csv").mkdir()
    for name in ("none.csv", "folder.csv"):
        with pytest.raises(InputError, match=rf"\[missing_file\] .*{name}"):
            read_raw(db, "raw_test", tmp_path / name, Cells(file=name), ["id"])


def test_a_file_that_is_replaced_while_it_is_read_is_refused(load, monkeypatch):
    """Check that half of one file and half of another is never taken for a table."""
    original = read.load_csv

    def replace_and_load(db, path, *rest):
        loaded = original(db, path, *rest)
        path.write_bytes(b"id,n,note\n")
        return loaded

    monkeypatch.setattr(read, "load_csv", replace_and_load)
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
    raw = read_raw(db, "raw_test", path, Cells(file="f.parquet"), ["id", "at", "n"])
    assert db.sql('SELECT id, "at" FROM raw_test ORDER BY row').fetchall() == [
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
    with pytest.raises(InputError, match=r"\[unreadable_file\].*f.parquet"):
        load(bytes(content), name="f.parquet", columns=("id",))
