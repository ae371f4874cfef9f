"""Raw files into DuckDB as text, every row accounted for: kept, or rejected with its place."""

import codecs
import csv
import difflib
import gzip
import io
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pandas as pd

from src.data.sources import File
from src.stage import InputError

REJECTED_COLUMNS = ("file", "line", "column", "value", "reason")
MAX_GZIP_RATIO = 200
"""A log shrinks 5 to 30 times; a file that grows more than this when unpacked is a bomb."""

STRUCTURAL_REASONS = {"TOO MANY COLUMNS": "too_many_fields", "MISSING COLUMNS": "too_few_fields"}


@dataclass
class RawTable:
    """A raw file in DuckDB: table `name` has text columns and `row`, counted from 1.

    `broken` has the numbers of the rows with too many or too few fields, where the header is 1
    and a row is counted once however many lines it spans.
    """

    name: str
    path: Path
    declared: File
    columns: list[str]
    undeclared: list[str]
    rows_read: int
    rejected: pd.DataFrame
    broken: list[int] = field(default_factory=list)

    def is_parquet(self) -> bool:
        return self.path.suffix == ".parquet"


def open_database(threads: int = 2) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB in memory that keeps the order of rows and thinks in UTC."""
    db = duckdb.connect(config={"threads": threads})
    db.execute("SET TimeZone = 'UTC'")
    return db


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def read_raw(db: duckdb.DuckDBPyConnection, name: str, path: Path, declared: File, columns: list[str]) -> RawTable:
    """Load the `columns` of a raw file as text into table `name`."""
    if not path.is_file():
        raise InputError("missing_file", "there is no such file; put it there (see make data)", path)
    if path.stat().st_size == 0:
        raise InputError("empty_file", "the file has no bytes", path)
    found = find_columns(db, path, declared)
    check_columns(path, found, columns)
    undeclared = [column for column in found if column not in columns]
    if path.suffix == ".parquet":
        rejected, broken = load_parquet(db, name, path, columns), []
    else:
        rejected, broken = load_csv(db, name, path, declared, found, columns)
    kept = db.sql(f"SELECT count(*) FROM {name}").fetchall()[0][0]
    return RawTable(name, path, declared, columns, undeclared, kept + len(rejected), rejected, broken)


def find_columns(db: duckdb.DuckDBPyConnection, path: Path, declared: File) -> list[str]:
    """Return the names of the columns of a raw file, in its order."""
    if path.suffix == ".parquet":
        try:
            rows = db.sql(f"DESCRIBE FROM read_parquet({quote_text(str(path))})").fetchall()
        except duckdb.Error as error:
            raise InputError("unreadable_file", str(error), path) from None
        return [row[0] for row in rows]
    header = read_header(path, declared)
    repeated = [column for column in header if column and header.count(column) > 1]
    if repeated:
        raise InputError("repeated_column", "the header names it twice", path, 1, repeated[0])
    return [column or f"(column {number})" for number, column in enumerate(header, 1)]


def read_header(path: Path, declared: File) -> list[str]:
    """Return the first row of a CSV, checking a gzip file's checksum on the way."""
    if path.suffix == ".gz":
        check_gzip(path)
    with open_bytes(path) as stream:
        start = stream.read(1 << 20)
    if declared.encoding == "utf-8" and start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError("wrong_encoding", "the file is UTF-16: declare encoding: utf-16", path)
    encoding = "utf-8-sig" if declared.encoding == "utf-8" else declared.encoding
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(start)
    return next(csv.reader(io.StringIO(text), delimiter=declared.delimiter), [])


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


def check_columns(path: Path, found: list[str], columns: list[str]) -> None:
    for column in columns:
        if column not in found:
            near = difflib.get_close_matches(column, found, n=1)
            hint = f"; is it {near[0]!r}?" if near else f"; the file has {', '.join(found[:60])}"
            raise InputError("missing_column", f"the file has no such column{hint}", path, 1, column)


def load_parquet(db: duckdb.DuckDBPyConnection, name: str, path: Path, columns: list[str]) -> pd.DataFrame:
    selected = ", ".join(f"{quote(column)}::VARCHAR AS {quote(column)}" for column in columns)
    db.execute(
        f"CREATE OR REPLACE TABLE {name} AS SELECT row_number() OVER () AS row, {selected} "
        f"FROM read_parquet({quote_text(str(path))})"
    )
    return pd.DataFrame(columns=list(REJECTED_COLUMNS))


def write_csv_scan(path: Path, declared: File, found: list[str]) -> str:
    """Return the call that reads a CSV as text against its own header, keeping the rejects."""
    columns = ", ".join(f"{quote_text(column)}: 'VARCHAR'" for column in found)
    return (
        f"read_csv({quote_text(str(path))}, columns = {{{columns}}}, header = true, "
        f"auto_detect = false, delim = {quote_text(declared.delimiter)}, quote = '\"', "
        f"escape = '\"', encoding = '{declared.encoding}', null_padding = false, "
        "max_line_size = 10000000, store_rejects = true)"
    )


def load_csv(
    db: duckdb.DuckDBPyConnection,
    name: str,
    path: Path,
    declared: File,
    found: list[str],
    columns: list[str],
) -> tuple[pd.DataFrame, list[int]]:
    """Load a CSV; return its broken rows and their numbers."""
    selected = ", ".join(quote(column) for column in columns)
    try:
        db.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
        db.execute(
            f"CREATE OR REPLACE TABLE {name} AS SELECT row_number() OVER () AS row, {selected} "
            f"FROM {write_csv_scan(path, declared, found)}"
        )
        errors = db.sql(
            "SELECT line, min(error_type::VARCHAR) AS kind, min(csv_line) AS text "
            "FROM reject_errors GROUP BY line ORDER BY line"
        ).df()
    except duckdb.Error as error:
        raise InputError("unreadable_file", str(error).split("\n\n")[0], path) from None
    fatal = errors[~errors["kind"].isin(STRUCTURAL_REASONS)]
    if len(fatal):
        kind = fatal["kind"].iloc[0].lower()
        raise InputError("broken_row", f"{kind}; mend the file", path, int(fatal["line"].iloc[0]))
    broken = errors["line"].tolist()
    # The good rows before the n-th broken one: its number less the header and the broken ones.
    before = pd.Series([line - 2 - number for number, line in enumerate(broken)], dtype="int64")
    breaks = count_breaks(db, path, declared, before) if broken else {}
    rejected = pd.DataFrame(
        {
            "file": path.name,
            "line": errors["line"].astype("int64") + before.map(breaks).astype("int64"),
            "column": None,
            "value": errors["text"].str.rstrip("\r\n"),
            "reason": errors["kind"].map(STRUCTURAL_REASONS),
        }
    )
    return rejected, broken


def locate_rows(db: duckdb.DuckDBPyConnection, raw: RawTable, rows: pd.Series) -> pd.Series:
    """Return the physical line of each row number; a Parquet file's rows are its lines."""
    if raw.is_parquet() or not len(rows):
        return rows.astype("int64")
    breaks = count_breaks(db, raw.path, raw.declared, rows - 1)
    return rows.map(lambda row: place_row(row, raw.broken) + breaks[row - 1]).astype("int64")


def count_breaks(db: duckdb.DuckDBPyConnection, path: Path, declared: File, rows: pd.Series) -> dict[int, int]:
    """Return how many line breaks stand inside the fields of the good rows up to each of `rows`.

    DuckDB counts a row whose quoted text spans two lines once, people count lines: the file is
    read again for the breaks, and only when something was rejected.
    """
    found = find_columns(db, path, declared)
    breaks = " + ".join(f"coalesce(length({quote(c)}) - length(replace({quote(c)}, chr(10), '')), 0)" for c in found)
    wanted = pd.DataFrame({"row": rows.unique()})  # noqa: F841  (DuckDB reads it by name)
    counted = db.sql(
        "SELECT row, breaks FROM (SELECT row_number() OVER () AS row, sum(breaks) OVER "
        "(ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)::BIGINT AS breaks FROM "
        f"(SELECT {breaks} AS breaks FROM {write_csv_scan(path, declared, found)})) "
        "SEMI JOIN wanted USING (row)"
    ).df()
    return {0: 0} | dict(zip(counted["row"], counted["breaks"], strict=True))


def place_row(row: int, broken_lines: list[int]) -> int:
    """Return the line of the `row`-th good row where the header is line 1 and some are broken.

    >>> place_row(2, broken_lines=[3])
    4
    """
    line = row + 1
    for broken in broken_lines:
        line += broken <= line
    return line
