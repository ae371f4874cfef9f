import importlib.util
import shutil
import sys
from collections.abc import Iterator
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from src.data.tables import ACTIVITY_KINDS
from src.features.implicit import Bucket, build_tables, read_buckets, take_leads
from src.features.implicit_plan import plan_metrics
from src.features.spark import (
    SNAPSHOT,
    build_tables_with_spark,
    describe_rows,
    open_spark,
    read_values,
    split_rows,
    sum_answers,
    write_values,
)
from src.params import load_params
from src.stage import InputError

ROWS = describe_rows(["seconds"])
HAS_SPARK = importlib.util.find_spec("pyspark") is not None and shutil.which("java") is not None
needs_spark = pytest.mark.skipif(not HAS_SPARK, reason="PySpark (requirements-spark.txt) or Java is missing")

LEADS, BUCKET_LEADS = 250, 100
HOUR, DAY = 3_600_000_000, 86_400_000_000
START = 20_000 * DAY
ASSETS = ["/curso/ia", "/precios", "newsletter-1", "newsletter-2", "safelinks scan"]
CHANNELS = ["ads", "email", "mimecast"]


def draw_log() -> pd.DataFrame:
    """Return 6000 activities in no order; every third lead has none, and many happen at the same second."""
    rng = np.random.default_rng(7)
    size = 6000
    lead = rng.integers(0, LEADS, size)
    columns = {
        "lead_key": np.where(lead % 3 == 0, lead + 1, lead) % LEADS,
        "occurred_at": START + rng.integers(0, 40, size) * DAY + rng.integers(0, 4, size) * 10_000_000,
        "kind": rng.integers(0, len(ACTIVITY_KINDS), size),
        "asset": rng.integers(-1, len(ASSETS), size),
        "campaign": rng.integers(-1, 2, size),
        "channel": rng.integers(-1, len(CHANNELS), size),
        "value_seconds": np.where(rng.random(size) < 0.3, np.nan, rng.gamma(2.0, 10.0, size)),
    }
    return pd.DataFrame(columns)


def list_codes() -> pd.DataFrame:
    values = {"kind": ACTIVITY_KINDS, "asset": ASSETS, "campaign": ["autumn", "spring"], "channel": CHANNELS}
    rows = [(column, code, value) for column, texts in values.items() for code, value in enumerate(texts)]
    return pd.DataFrame(rows, columns=["column", "code", "value"])


def make_spine(snapshot_days: tuple[int, ...] = (0, 7, 30)) -> pd.DataFrame:
    """Return snapshots of each lead at such ages; one in ten activities happens exactly at one."""
    key = np.repeat(np.arange(LEADS, dtype=np.int32), len(snapshot_days))
    created = START + (key % 10).astype(np.int64) * DAY
    age = np.tile(snapshot_days, LEADS)
    columns = {"lead_key": key, "lead_id": [f"lead{number:03d}" for number in key]}
    columns |= {"created_at": created.astype("datetime64[us]")}
    columns |= {"snapshot_at": (created + age * DAY + 10_000_000).astype("datetime64[us]")}
    return pd.DataFrame(columns | {"age": [f"{days}d" for days in age], "age_days": age.astype(float)})


def write_files(log: pd.DataFrame, folder, keys: np.ndarray) -> list[Bucket]:
    """Write the rows of the log to the file of the bucket that `keys` say."""
    folder.mkdir()
    for number in range(-(-LEADS // BUCKET_LEADS)):
        rows = pa.Table.from_pandas(log[keys // BUCKET_LEADS == number], ROWS, preserve_index=False)
        pq.write_table(rows, folder / f"{number:05d}.parquet")
    return read_buckets(folder, BUCKET_LEADS)


def make_plan():
    covered = pd.to_datetime(["2024-10-10"] * 3 + [None] * (len(ACTIVITY_KINDS) - 3))
    coverage = pd.DataFrame({"kind": ACTIVITY_KINDS, "covered_from": covered})
    return plan_metrics(list_codes(), coverage, np.arange(len(ASSETS)), ["seconds"], load_params().implicit)


def list_bytes(table: pa.Table) -> dict[str, object]:
    """Return each column so that two are equal only if they are bit by bit, missing values too."""
    numbers = {name for name in table.column_names if pa.types.is_floating(table[name].type)}
    return {name: table[name].to_numpy().tobytes() if name in numbers else table[name] for name in table.column_names}


@needs_spark
def test_spark_gives_every_value_of_the_local_engine(tmp_path):
    """Check all metrics bit by bit, though Spark gets the log in no order and spread over its files."""
    log, plan, get_spine = draw_log(), make_plan(), partial(take_leads, make_spine())
    ordered = log.sort_values(ROWS.names)
    local = write_files(ordered, tmp_path / "ordered", ordered["lead_key"].to_numpy())
    spread = write_files(log, tmp_path / "spread", np.arange(len(log)) % LEADS)

    expected = pa.concat_tables(build_tables(get_spine, local, plan))
    found = pa.concat_tables(build_tables_with_spark(get_spine, spread, plan, "local[2]", tmp_path))

    assert found.schema == expected.schema
    assert list_bytes(found) == list_bytes(expected)
    assert len(found) == 3 * LEADS
    assert found.num_columns > 100
    assert {"sum_seconds", "max_seconds", "sum_seconds_7d"} <= set(found.column_names)
    # Nothing stays but the log.
    assert {path.name for path in tmp_path.iterdir()} == {"ordered", "spread"}


@needs_spark
def test_what_a_worker_refuses_is_told_in_one_line(tmp_path):
    """Check that a snapshot that stands twice is refused, with the worker's own words."""
    buckets = write_files(draw_log(), tmp_path / "log", np.arange(6000) % LEADS)
    get_spine = partial(take_leads, make_spine((7, 7)))
    with pytest.raises(InputError, match=r"\[spark_failed\] Spark at local\[2\] failed: .*\[unordered\].*spine"):
        next(build_tables_with_spark(get_spine, buckets, make_plan(), "local[2]", tmp_path))


def test_without_pyspark_the_command_that_installs_it_is_told(monkeypatch):
    """Check the message where the extra is not installed."""
    for name in ("pyspark", "pyspark.errors", "pyspark.sql"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(InputError, match=r"pip install .*requirements-spark\.txt"), open_spark("local[2]"):
        pass


@needs_spark
def test_without_java_it_is_told(monkeypatch):
    """Check the message where neither PATH nor JAVA_HOME has Java."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(InputError, match="Java 17"), open_spark("local[2]"):
        pass


def yield_batches(rows: list[list[int]]) -> Iterator[pa.RecordBatch]:
    columns = zip(*rows, strict=True)
    yield pa.RecordBatch.from_arrays(
        [pa.array(column, field.type) for column, field in zip(columns, ROWS, strict=True)], schema=ROWS
    )


def test_snapshots_and_activities_are_told_apart():
    """Check by hand: lead 4 has a snapshot at 15, between two activities, and lead 5 only one."""
    here = [4, 15, SNAPSHOT, -1, -1, -1, None]
    rows = [[4, 10, 2, 7, -1, 0, 2.5], here, [4, 20, 3, 8, 1, 0, None], [5, 12, SNAPSHOT, -1, -1, -1, None]]
    lead_key, snapshot, part = split_rows(yield_batches(rows), ROWS)
    assert lead_key.tolist() == [4, 5]
    assert snapshot.tolist() == [15, 12]
    assert part.log_key.tolist() == [4, 4]
    assert [column.tolist() for column in part.log] == [[10, 20], [2, 3], [7, 8], [-1, 1], [0, 0]]
    np.testing.assert_array_equal(part.values, [[2.5, np.nan]])


def test_a_partition_without_rows_has_neither():
    lead_key, snapshot, part = split_rows(iter([]), ROWS)
    assert [len(array) for array in (lead_key, snapshot, part.log_key, *part.log, *part.values)] == [0] * 9


def test_values_come_back_bit_by_bit(tmp_path):
    """Check the missing value, the negative zero and the smallest number."""
    values = np.array([[1.5, np.nan, -0.0], [5e-324, 2.0, 3.0]])
    write_values(values, tmp_path / "values.parquet")
    assert np.ascontiguousarray(read_values(tmp_path / "values.parquet")).tobytes() == values.tobytes()


def test_e_mails_of_all_buckets_are_added_day_by_day():
    """Check by hand: days 10 and 11 of one bucket, day 11 of another, and one without any."""
    answers = [
        {"first_day": 10, "emails": [4.0, 1.0, 0.0, 2.0, 2.0, 1.0]},
        {"first_day": 0, "emails": []},
        {"first_day": 11, "emails": [5.0, 0.0, 0.0]},
    ]
    everybody = sum_answers(answers)
    assert everybody.first_day == 10
    assert everybody.totals.tolist() == [[0, 0, 0], [4, 1, 0], [11, 3, 1]]
