"""Raw files into DuckDB as text, every row accounted for: kept, or rejected with its place."""

import codecs
import contextlib
import csv
import difflib
import gzip
import io
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from src import paths
from src.data.declarations import File
from src.stage import InputError

REJECTED_COLUMNS = ("file", "line", "column", "value", "reason")
MAX_GZIP_RATIO = 200
"""A log shrinks 5 to 30 times; a file that grows more than this when unpacked is a bomb."""

MAX_LINE_SIZE = 10_000_000
"""Bytes of the longest row: a quote that is never closed ends here."""

MEMORY = "1500MB"
"""What DuckDB may hold; beyond it, it spills to disk. The leads in pandas need as much again."""

STRUCTURAL_REASONS = {"TOO MANY COLUMNS": "too_many_fields", "MISSING COLUMNS": "too_few_fields"}


@dataclass
class RawTable:
    """A raw file in DuckDB: table `name` has what was made of its rows, by `row`, counted from 1.

    `rejected` has the rows with too many or too few fields, in their order; they have no `row`.
    """

    name: str
    path: Path
    declared: File
    columns: list[str]
    undeclared: list[str]
    rows_read: int
    rejected: pd.DataFrame
    has_mixed_line_ends: bool = False

    def is_parquet(self) -> bool:
        return self.path.suffix == ".parquet"


def open_database(threads: int = 2) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB in memory that keeps the order of rows and thinks in UTC."""
    db = duckdb.connect(config={"threads": threads, "memory_limit": MEMORY})
    db.execute("SET TimeZone = 'UTC'")
    # DuckDB guesses that a CSV has some forty rows and would keep all of a log to look up its
    # leads: what is written on the right of a join is the smaller side.
    db.execute("SET disabled_optimizers = 'build_side_probe_side'")
    return db


@contextlib.contextmanager
def make_workshop(db: duckdb.DuckDBPyConnection) -> Iterator[Path]:
    """Yield a folder for what is larger than the memory; it is gone afterwards."""
    paths.CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ingest-", dir=paths.CACHE) as folder:
        db.execute(f"SET temp_directory = {quote_text(f'{folder}/spill')}")
        yield Path(folder)


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def read_raw(db: duckdb.DuckDBPyConnection, name: str, path: Path, declared: File, columns: list[str]) -> RawTable:
    """Load the `columns` of a raw file as text into table `name`."""

    def store(query: str) -> None:
        db.execute(f"CREATE OR REPLACE TABLE {name} AS {query}")

    return scan_raw(db, name, path, declared, columns, store)


def scan_raw(
    db: duckdb.DuckDBPyConnection,
    name: str,
    path: Path,
    declared: File,
    columns: list[str],
    store: Callable[[str], None],
) -> RawTable:
    """Hand the query that gives `row` and the `columns` of a raw file, as text, to `store`.

    `store` runs it once and keeps one row for each of its rows under `name`: a file of any length
    is read in one pass.
    """
    found = find_columns(db, path, declared)
    before = path.stat()
    for fault in list_missing_columns(path, found, columns):
        raise fault
    undeclared = [column for column in found if column not in columns]
    mixed = False
    if path.suffix == ".parquet":
        rejected = load_parquet(path, columns, store)
    else:
        rejected, mixed = load_csv(db, path, declared, found, columns, store)
    after = path.stat()
    if (before.st_size, before.st_mtime_ns, before.st_ino) != (after.st_size, after.st_mtime_ns, after.st_ino):
        raise InputError("changed_file", "the file was replaced while it was read; run again", path)
    kept = db.sql(f"SELECT count(*) FROM {name}").fetchall()[0][0]
    return RawTable(name, path, declared, columns, undeclared, kept + len(rejected), rejected, mixed)


def find_columns(db: duckdb.DuckDBPyConnection, path: Path, declared: File) -> list[str]:
    """Return the names of the columns of a raw file, in its order."""
    if not path.is_file():
        raise InputError("missing_file", "there is no such file; put it there (see make data)", path)
    if path.stat().st_size == 0:
        raise InputError("empty_file", "the file has no bytes", path)
    if path.suffix == ".parquet":
        try:
            rows = db.sql(f"DESCRIBE FROM read_parquet({quote_text(str(path))})").fetchall()
        except duckdb.Error as error:
            raise InputError("unreadable_file", str(error), path) from None
        return [row[0] for row in rows]
    header = read_header(path, declared)
    # DuckDB does not tell columns apart by case.
    names = [column.casefold() for column in header]
    repeated = [column for column in header if column and names.count(column.casefold()) > 1]
    if repeated:
        raise InputError("repeated_column", "the header names it twice", path, 1, repeated[0])
    return [column or f"(column {number})" for number, column in enumerate(header, 1)]


def read_header(path: Path, declared: File) -> list[str]:
    """Return the first row of a CSV, checking a gzip file's checksum on the way."""
    if path.suffix == ".gz":
        check_gzip(path)
    with open_bytes(path) as stream:
        start = stream.read(1 << 20)
    check_encoding(path, declared, start)
    encoding = "utf-8-sig" if declared.encoding == "utf-8" else declared.encoding
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(start)
    try:
        return next(csv.reader(io.StringIO(text), delimiter=declared.delimiter), [])
    except csv.Error:
        message = "the header cannot be read: its lines must end in LF or CR LF, not in CR alone"
        raise InputError("unreadable_header", message, path, 1) from None


def check_encoding(path: Path, declared: File, start: bytes) -> None:
    """Stop where the first bytes say that the file is not written as declared."""
    if declared.encoding == "utf-16":
        if not start.startswith(codecs.BOM_UTF16_LE):
            message = "UTF-16 is read as little endian with a byte order mark; this is not: save it as UTF-8"
            raise InputError("wrong_encoding", message, path)
    elif start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError("wrong_encoding", "the file is UTF-16: declare encoding: utf-16", path)


def open_bytes(path: Path) -> io.BufferedIOBase:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


def check_gzip(path: Path) -> None:
    """Unpack a gzip file once without keeping it: DuckDB does not check its checksum."""
    limit = max(path.stat().st_size * MAX_GZIP_RATIO, 1 << 20)
    size = 0
    try:
        with gzip.open(path) as stream:
            while block := stream.read(1 << 20):
                size += len(block)
                if size > limit:
                    raise InputError("gzip_bomb", f"it grows more than {MAX_GZIP_RATIO} times", path)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError("damaged_gzip", f"{error}; fetch the file again", path) from None


def list_missing_columns(path: Path, found: list[str], columns: list[str]) -> list[InputError]:
    """Return a fault for each of `columns` that a file does not have, with the nearest name it has."""
    faults = []
    for column in columns:
        if column not in found:
            near = difflib.get_close_matches(column, found, n=1)
            hint = f"; is it {near[0]!r}?" if near else f"; the file has {', '.join(found[:60])}"
            faults.append(InputError("missing_column", f"the file has no such column{hint}", path, 1, column))
    return faults


def write_text(column: str) -> str:
    """Return SQL for a value of Parquet as text: lists, structs and maps as JSON, all others as they are shown."""
    is_nested = rf"regexp_matches(typeof({column}), '\[|^STRUCT|^MAP')"
    return f"CASE WHEN {is_nested} THEN to_json({column})::VARCHAR ELSE {column}::VARCHAR END"


def load_parquet(path: Path, columns: list[str], store: Callable[[str], None]) -> pd.DataFrame:
    selected = ", ".join(f"{write_text(quote(column))} AS {quote(column)}" for column in columns)
    scan = f"read_parquet({quote_text(str(path))}, file_row_number = true)"
    try:
        store(f"SELECT file_row_number + 1 AS row, {selected} FROM {scan}")
    except duckdb.Error as error:
        raise InputError("unreadable_file", str(error), path) from None
    return pd.DataFrame(columns=["row", "column", "value", "reason"])


def write_csv_scan(path: Path, declared: File, found: list[str]) -> str:
    """Return the call that reads a CSV as text against its own header, keeping the rejects."""
    columns = ", ".join(f"{quote_text(column)}: 'VARCHAR'" for column in found)
    return (
        f"read_csv({quote_text(str(path))}, columns = {{{columns}}}, header = true, "
        f"auto_detect = false, delim = {quote_text(declared.delimiter)}, quote = '\"', "
        f"escape = '\"', encoding = '{declared.encoding}', null_padding = false, "
        f"max_line_size = {MAX_LINE_SIZE}, store_rejects = true)"
    )


def load_csv(
    db: duckdb.DuckDBPyConnection,
    path: Path,
    declared: File,
    found: list[str],
    columns: list[str],
    store: Callable[[str], None],
) -> tuple[pd.DataFrame, bool]:
    """Load a CSV; return its broken rows and whether its lines end in more than one way."""
    try:
        try:
            errors, mixed = scan_csv(db, path, declared, found, columns, store), False
        except duckdb.InvalidInputException as error:
            # DuckDB gives up where some lines end in LF and others in CR LF.
            if "invalid state" not in str(error) or declared.encoding == "utf-16":
                raise
            with tempfile.TemporaryDirectory() as folder:
                copy = unify_line_ends(path, Path(folder))
                errors, mixed = scan_csv(db, copy, declared, found, columns, store), True
    except duckdb.Error as error:
        raise InputError("unreadable_file", str(error).split("\n\n")[0], path) from None
    fatal = errors[~errors["kind"].isin(STRUCTURAL_REASONS)]
    if len(fatal):
        raise describe_fatal(path, declared, fatal.iloc[0])
    broken = {"row": None, "column": None, "value": errors["text"].str.strip("\r\n")}
    return pd.DataFrame({**broken, "reason": errors["kind"].map(STRUCTURAL_REASONS)}), mixed


def scan_csv(
    db: duckdb.DuckDBPyConnection,
    path: Path,
    declared: File,
    found: list[str],
    columns: list[str],
    store: Callable[[str], None],
) -> pd.DataFrame:
    """Store the good rows of a CSV; return the others (line, start, kind, text) in their order."""
    selected = ", ".join(quote(column) for column in columns)
    db.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
    store(f"SELECT row_number() OVER () AS row, {selected} FROM {write_csv_scan(path, declared, found)}")
    return db.sql(
        "SELECT line, min(line_byte_position) AS start, min(error_type::VARCHAR) AS kind, min(csv_line) AS text "
        "FROM reject_errors GROUP BY line ORDER BY line"
    ).df()


def unify_line_ends(path: Path, folder: Path) -> Path:
    """Copy a CSV into `folder`, unpacked, with every line ending in LF alone."""
    copy = folder / path.name.removesuffix(".gz")
    with open_bytes(path) as stream, copy.open("wb") as unified:
        for line in stream:
            unified.write(line[:-2] + b"\n" if line.endswith(b"\r\n") else line)
    return copy


def describe_fatal(path: Path, declared: File, error: pd.Series) -> InputError:
    """Return the fault of a row after which nothing can be trusted, with its physical line."""
    kind, line, place = error["kind"].lower(), int(error["line"]), ""
    if declared.encoding == "utf-8":
        at = find_bad_byte(path)
        if at is not None:
            line, place = at[0], f" at byte {at[1]} (declare its encoding)"
        else:
            line = count_lines(path, int(error["start"]))
    return InputError("broken_row", f"{kind}{place}; mend the file", path, line)


def find_bad_byte(path: Path) -> tuple[int, int] | None:
    """Return the physical line and the offset, from 0, of the first byte that is not UTF-8."""
    offset = 0
    with open_bytes(path) as stream:
        for number, line in enumerate(stream, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                return number, offset + error.start
            offset += len(line)
    return None


def count_lines(path: Path, offset: int) -> int:
    """Return the physical line on which the byte at `offset` stands."""
    lines = 1
    with open_bytes(path) as stream:
        while offset > 0 and (block := stream.read(min(offset, 1 << 20))):
            lines += block.count(b"\n")
            offset -= len(block)
    return lines


def place_rejects(raw: RawTable, rejected: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the rejected rows of a file with its name and the physical line where each begins.

    Parameters
    ----------
    rejected : list of DataFrame
        ``raw.rejected`` first, then frames of (row, column, value, reason).
    """
    found = pd.concat(rejected, ignore_index=True)
    line = found["row"] if raw.is_parquet() or found.empty else locate_rows(raw, found["row"])
    return found.assign(file=raw.path.name, line=line.astype("int64"))[list(REJECTED_COLUMNS)]


def locate_rows(raw: RawTable, rows: pd.Series) -> pd.Series:
    """Return the physical line of each good row number, and of the broken rows, which have none.

    DuckDB counts a row once whose quoted text spans two lines, and blank lines not at all, people
    count lines: the file is read again for them, and only when something was rejected.
    """
    if raw.rejected.empty and has_a_line_per_row(raw):
        return rows + 1
    wanted, whole, broken, number = set(rows.dropna()), {}, [], 0
    for line, is_whole in walk_rows(raw):
        number += is_whole
        if not is_whole:
            broken.append(line)
        elif number in wanted:
            whole[number] = line
    if len(broken) != len(raw.rejected) or len(whole) != len(wanted):
        raise InputError("broken_row", "its quotes can be read in two ways; mend the file", raw.path)
    lines = iter(broken)
    return rows.map(lambda row: next(lines) if pd.isna(row) else whole[row])


def has_a_line_per_row(raw: RawTable) -> bool:
    """Return whether a file without broken rows has as many lines as rows, and so no quoted or blank ones.

    To count bytes takes a tenth of the time of `walk_rows`, which most logs do not need.
    """
    lines, last = 0, b""
    with open_bytes(raw.path) as stream:
        while block := stream.read(1 << 20):
            if b'"' in block:
                return False
            lines, last = lines + block.count(b"\n"), block[-1:]
    return lines + (last != b"\n") == raw.rows_read + 1


def walk_rows(raw: RawTable) -> Iterator[tuple[int, bool]]:
    """Yield for each row after the header the line where it begins and whether it can be used.

    As for DuckDB, blank lines are no rows and empty fields beyond the last column do not count.
    """
    csv.field_size_limit(MAX_LINE_SIZE)
    encoding = "utf-8-sig" if raw.declared.encoding == "utf-8" else raw.declared.encoding
    count, end = len(raw.columns) + len(raw.undeclared), 0
    with io.TextIOWrapper(open_bytes(raw.path), encoding=encoding, newline="") as stream:
        rows = csv.reader(stream, delimiter=raw.declared.delimiter, skipinitialspace=True)
        try:
            for fields in rows:
                begin, end = end + 1, rows.line_num
                if fields and begin > 1:
                    yield begin, len(fields) >= count and not any(fields[count:])
        except (csv.Error, UnicodeDecodeError) as error:
            raise InputError("broken_row", f"{error}; mend the file", raw.path, end + 1) from None
