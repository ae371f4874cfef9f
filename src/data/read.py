"""Raw files into DuckDB as text, every row accounted for: kept, or rejected with its place."""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from src import paths
from src.data.columns import ROW_NUMBER
from src.data.declarations import Cells, File
from src.data.layout import examine_layout, find_layout, list_missing_columns
from src.data.opening import check_file, check_kind
from src.data.quoting import name_raw, quote, quote_text
from src.data.read_csv import Tally, make_schema, name_place, read_batches
from src.data.read_parquet import check_names, check_same_types, describe_damage, read_schema, write_query
from src.data.read_rows import find_missing, has_rows, open_rows, read_row_batches
from src.files import is_running, remove
from src.stage import InputError

REJECTED_COLUMNS = ("file", "line", "column", "value", "reason")

MEMORY = "1500MB"
"""What DuckDB may hold; beyond it, it spills to disk. The leads in pandas need as much again."""

FILE_BITS = 40
"""A row's number holds its file above these bits and its physical line below them."""

LINE_MASK = (1 << FILE_BITS) - 1

STREAM = "rows of a csv"


@dataclass
class RawFile:
    """What was read of one raw file; `notes` are for the intake, of what was found and not declared."""

    path: Path
    undeclared: list[str]
    rows_read: int = 0
    notes: dict[str, Any] = field(default_factory=dict)

    def is_parquet(self) -> bool:
        return self.path.suffix == ".parquet"


@dataclass
class RawTable:
    """Raw files of one form in DuckDB: table `name` has their good rows by number, ``row``.

    A row's number says its file and its physical line (of a Parquet, its place from 1). `rejected` has the rows that
    are none (row, column, value, reason), in their order.
    """

    name: str
    declared: Cells
    columns: list[str]
    files: list[RawFile]
    rejected: pd.DataFrame

    @property
    def path(self) -> Path:
        return self.files[0].path

    @property
    def rows_read(self) -> int:
        return sum(file.rows_read for file in self.files)

    def find_place(self, row: int) -> tuple[Path, int]:
        """Return the file and the physical line of a row's number."""
        return self.files[row >> FILE_BITS].path, row & LINE_MASK


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
    # It holds ids: what a killed run left does not stay.
    for left in paths.CACHE.glob("ingest-*"):
        if not is_running(left.name.split("-")[1]):
            remove(left)
    with tempfile.TemporaryDirectory(prefix=f"ingest-{os.getpid()}-", dir=paths.CACHE) as folder:
        db.execute(f"SET temp_directory = {quote_text(f'{folder}/spill')}")
        yield Path(folder)


def read_raw(
    db: duckdb.DuckDBPyConnection,
    name: str,
    files: list[Path],
    declared: Cells,
    columns: list[str],
    key: str | None = None,
) -> RawTable:
    """Load the `columns` of raw files as text into table `name`."""

    def store(query: str, number: int) -> None:
        db.execute(f"INSERT INTO {name} {query}" if number else f"CREATE OR REPLACE TABLE {name} AS {query}")

    return scan_raw(db, name, files, declared, columns, store, key)


def scan_raw(
    db: duckdb.DuckDBPyConnection,
    name: str,
    files: list[Path],
    declared: Cells,
    columns: list[str],
    store: Callable[[str, int], None],
    key: str | None = None,
) -> RawTable:
    """Hand the query that gives ``row`` and the `columns` of a raw file, as text, to `store`, with the file's number.

    `store` runs it once, and keeps one row for each of its rows: a file of any length is read in one pass. `key` is a
    column without which a row goes on with the one above it and is left out.
    """
    for path in files:
        check_file(path)
        check_kind(path)
    check_same_types([path for path in files if path.suffix == ".parquet"], columns)
    read, rejected = [], [pd.DataFrame(columns=["row", "column", "value", "reason"])]
    for number, path in enumerate(files):
        before = identify(path)
        if path.suffix == ".parquet":
            read.append(scan_parquet(db, path, columns, store, number, key))
        else:
            scan = scan_rows if has_rows(path) else scan_csv
            file, lost = scan(db, path, declared, columns, store, number, key)
            read.append(file)
            rejected.append(lost)
        check_stored(db, name, read, sum(map(len, rejected)))
        if identify(path) != before:
            raise InputError("changed_file", "the file was replaced while it was read; run again", path)
    return RawTable(name, declared, columns, read, pd.concat(rejected, ignore_index=True))


def check_stored(db: duckdb.DuckDBPyConnection, name: str, files: list[RawFile], rejected: int) -> None:
    """Hold that what was read of the `files` and not rejected is stored, no more and no less."""
    stored, path = db.sql(f"SELECT count(*) FROM {name}").fetchall()[0][0], files[-1].path
    if stored + rejected == sum(file.rows_read for file in files):
        return
    if files[-1].is_parquet():
        raise InputError("damaged_parquet", "it has not as many rows as it says: fetch it, or write it, again", path)
    raise AssertionError(f"{path}: {stored} rows are stored and {rejected} rejected, not as many as were read")


def identify(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns, status.st_ino


def examine_columns(path: Path, declared: File, columns: list[str]) -> tuple[list[str], list[InputError]]:
    """Return the names of the columns of a raw file, in its order, and a fault for each of `columns` it lacks."""
    check_file(path)
    check_kind(path)
    if has_rows(path):
        names = open_rows(path, declared, columns).names
        return names, find_missing(path, names, columns)
    if path.suffix != ".parquet":
        layout, faults = examine_layout(path, declared, columns)
        return layout.names if not faults else [], faults
    names = read_schema(path).names
    check_names(path, names, columns)
    return names, list_missing_columns(path, names, [column for column in columns if column != ROW_NUMBER], None)


def scan_parquet(
    db: duckdb.DuckDBPyConnection,
    path: Path,
    columns: list[str],
    store: Callable[[str, int], None],
    number: int,
    key: str | None,
) -> RawFile:
    """Store the rows of a Parquet file."""
    found, faults = examine_columns(path, File(file="any.parquet"), columns)
    if faults:
        raise faults[0]
    first_row = number << FILE_BITS
    try:
        query = write_query(db, path, read_schema(path), columns, first_row)
        rows = db.sql(f"SELECT count(*) FROM ({query})").fetchall()[0][0]
        if key is not None:
            query = f"SELECT * FROM ({query}) WHERE trim({name_raw(key)}) <> '' OR row = {first_row + 1}"
            continued = rows - db.sql(f"SELECT count(*) FROM ({query})").fetchall()[0][0]
        store(query, number)
    except duckdb.Error as error:
        raise describe_damage(path, error) from None
    notes = {} if key is None else {"continued_rows": continued}
    return RawFile(path, list_undeclared(found, columns), rows - notes.get("continued_rows", 0), notes)


def scan_csv(
    db: duckdb.DuckDBPyConnection,
    path: Path,
    declared: File,
    columns: list[str],
    store: Callable[[str, int], None],
    number: int,
    key: str | None,
) -> tuple[RawFile, pd.DataFrame]:
    """Store the good rows of a CSV; return what was read and the rows that are none."""
    layout, tally, first_row = find_layout(path, declared, columns), Tally(), number << FILE_BITS
    store_batches(db, columns, read_batches(path, declared, layout, columns, key, first_row, tally), store, number)
    rejected = pd.DataFrame(tally.rejected, columns=["row", "value", "reason"]).assign(column=None)
    rejected["row"] += first_row
    notes = dict(layout.notes) | ({"continued_rows": tally.continued} if key is not None else {})
    if np.count_nonzero(tally.ends) > 1:
        notes["has_mixed_line_ends"] = True
    file = RawFile(path, list_undeclared(layout.names, columns), tally.rows_read - tally.continued, notes)
    return file, rejected[["row", "column", "value", "reason"]]


def scan_rows(
    db: duckdb.DuckDBPyConnection,
    path: Path,
    declared: File,
    columns: list[str],
    store: Callable[[str, int], None],
    number: int,
    key: str | None,
) -> tuple[RawFile, pd.DataFrame]:
    """Store the rows of a workbook or of JSON lines; none of them can be broken."""
    opened, tally = open_rows(path, declared, columns), Tally()
    if faults := find_missing(path, opened.names, columns):
        raise faults[0]
    batches = read_row_batches(path, opened, columns, key, number << FILE_BITS, tally)
    store_batches(db, columns, batches, store, number)
    notes = opened.notes | ({"continued_rows": tally.continued} if key is not None else {})
    file = RawFile(path, list_undeclared(opened.names, columns), tally.rows_read - tally.continued, notes)
    return file, pd.DataFrame(columns=["row", "column", "value", "reason"])


def store_batches(
    db: duckdb.DuckDBPyConnection,
    columns: list[str],
    batches: Iterator[pa.RecordBatch],
    store: Callable[[str, int], None],
    number: int,
) -> None:
    """Hand batches of ``row`` and the `columns`, named by their place, to `store`; a fault in them is raised here."""
    faults = []

    def read() -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except InputError as fault:
            faults.append(fault)

    db.register(STREAM, pa.RecordBatchReader.from_batches(make_schema(columns), read()))
    named = [f"{quote(name_place(place))} AS {name_raw(column)}" for place, column in enumerate(columns)]
    try:
        store(f"SELECT {', '.join(['row', *named])} FROM {quote(STREAM)}", number)
    finally:
        db.unregister(STREAM)
    if faults:
        raise faults[0]


def list_undeclared(found: list[str], columns: list[str]) -> list[str]:
    used = set(columns)
    return [column for column in found if column not in used]


def place_rejects(raw: RawTable, rejected: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the rejected rows of a table with the names of their files and the physical lines where they begin.

    Parameters
    ----------
    rejected : list of DataFrame
        ``raw.rejected`` first, then frames of (row, column, value, reason).
    """
    found = pd.concat([frame for frame in rejected if len(frame)] or rejected[:1], ignore_index=True)
    names = np.array([file.path.name for file in raw.files], dtype=object)
    lines = found["row"].astype("int64") & LINE_MASK
    return found.assign(file=names[find_file_numbers(found["row"])], line=lines)[list(REJECTED_COLUMNS)]


def find_file_numbers(rows: pd.Series) -> np.ndarray:
    """Return the place of each row's file among those of its table."""
    return rows.astype("int64").to_numpy() >> FILE_BITS


def number_file(row: str = "row") -> str:
    """Return SQL for the place of a row's file among those of its table."""
    return f"({row} >> {FILE_BITS})"
