"""The implicit metrics on Spark: another way to feed the same compiled functions.

Spark brings the activities and the snapshots of a bucket of leads together on one worker and in
order; there they are measured by the function that the local engine calls, so every value is the
same. All machines of a cluster must see the project's folder under one path: they find the code,
the log and the compiled functions in it, and write what they measured beside the features.
"""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from src.data.tables import ACTIVITY_COLUMNS, NO_CODE, VALUE_PREFIX
from src.features.compiled import load_module
from src.features.implicit import (
    Bucket,
    Part,
    build_table,
    count_emails,
    find_type,
    list_values,
    make_part,
    measure_part,
)
from src.features.implicit_plan import ABSENT, Plan, count_microseconds
from src.features.implicit_rates import TOTALS, Everybody, sum_days
from src.stage import InputError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

PROJECT = Path(__file__).parents[2]

SNAPSHOT = -3
"""The kind of a row that is no activity but the moment of a snapshot; no activity has it."""

ANSWER = "bucket bigint, file string, first_day bigint, emails array<double>"
"""What a worker says of a bucket: the file of its snapshots' metrics, and all leads' `TOTALS` by day."""

GetSpine = Callable[[int, int], pd.DataFrame]
Batches = Iterator[pa.RecordBatch]


def build_tables_with_spark(
    get_spine: GetSpine, buckets: list[Bucket], plan: Plan, master: str, folder: Path
) -> Iterator[pa.Table]:
    """Return what `build_tables` returns, a bucket at a time, measured by the workers of a Spark cluster.

    Parameters
    ----------
    get_spine : callable
        Returns the spine of the leads from a first to a last key.
    buckets : list of Bucket
        The leads of each are measured together; which file has which activities, in which order, is free.
    plan : Plan
    master : str
        The URL of the cluster, or ``local[2]`` for two cores of this machine.
    folder : Path
        Where workers may leave files until the tables are read.

    Raises
    ------
    InputError
        If PySpark or Java is missing, or Spark fails.
    """
    with tempfile.TemporaryDirectory(prefix=".spark.", dir=folder.resolve()) as name:
        scratch = Path(name)
        schema = describe_rows(list_values(buckets))
        write_snapshots(get_spine, buckets, schema, scratch / "snapshots.parquet")
        answers = measure_on_workers(buckets, plan, master, scratch, schema)
        everybody = sum_answers(answers)
        for bucket, answer in zip(buckets, answers, strict=True):
            spine = get_spine(bucket.first_key, bucket.last_key)
            yield build_table(spine, read_values(Path(answer["file"])), everybody, plan)


def describe_rows(values: list[str]) -> pa.Schema:
    """Return the columns of a log whose activities have these `values`."""
    columns = [*ACTIVITY_COLUMNS, *(VALUE_PREFIX + name for name in values)]
    return pa.schema([(name, pa.from_numpy_dtype(find_type(name))) for name in columns])


def write_snapshots(get_spine: GetSpine, buckets: list[Bucket], schema: pa.Schema, path: Path) -> None:
    """Write the snapshots as rows of the log, so that Spark brings them to where the activities are."""
    with pq.ParquetWriter(path, schema) as writer:
        for bucket in buckets:
            spine = get_spine(bucket.first_key, bucket.last_key)
            same = {"kind": SNAPSHOT, "asset": NO_CODE, "campaign": NO_CODE, "channel": NO_CODE}
            rows = spine[["lead_key"]].assign(occurred_at=count_microseconds(spine["snapshot_at"]), **same)
            rows = rows.reindex(columns=schema.names)
            writer.write_table(pa.Table.from_pandas(rows, schema, preserve_index=False))


def measure_on_workers(
    buckets: list[Bucket], plan: Plan, master: str, scratch: Path, schema: pa.Schema
) -> list[dict[str, Any]]:
    """Have each bucket measured by a worker, and return the answers in the order of the buckets."""
    # A module cannot be sent: the workers load the loop from the file that this program wrote.
    loop = Path(plan.loop.__file__).resolve()
    measure = partial(measure_bucket, plan=replace(plan, loop=None), loop=loop, scratch=scratch, schema=schema)
    with open_spark(master) as spark:
        rows = bring_together(spark, buckets, schema, scratch / "snapshots.parquet")
        answers = rows.mapInArrow(measure, ANSWER).toArrow()
    return sorted(answers.to_pylist(), key=lambda answer: answer["bucket"])


def find_cause(error: Exception) -> str:
    """Return the line of a worker's traceback that says what went wrong, or else the first that Spark says."""
    lines = str(error).strip().splitlines()
    return lines[-1] if "Traceback" in str(error) else " ".join(lines[:2])


@contextlib.contextmanager
def open_spark(master: str) -> Iterator["SparkSession"]:
    """Yield a session whose workers run this interpreter and find this project; say in one line what fails."""
    try:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ModuleNotFoundError:
        remedy = "python -m pip install --require-hashes --no-deps -r requirements-spark.txt"
        raise InputError("missing_pyspark", f"engine: spark needs PySpark; install it with `{remedy}`") from None
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise InputError("missing_java", "engine: spark needs Java 17 or later, on the PATH or under JAVA_HOME")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    settings = {
        "spark.executorEnv.PYTHONPATH": str(PROJECT),
        # The partitions are the buckets; none is to be joined with another.
        "spark.sql.adaptive.enabled": "false",
        "spark.ui.enabled": "false",
        "spark.log.level": "ERROR",
    }
    try:
        with SparkSession.builder.master(master).appName("implicit").config(map=settings).getOrCreate() as spark:
            yield spark
    except (PySparkException, Py4JError) as error:
        raise InputError("spark_failed", f"Spark at {master} failed: {find_cause(error)}") from error


def bring_together(spark: "SparkSession", buckets: list[Bucket], schema: pa.Schema, snapshots: Path) -> "DataFrame":
    """Return activities and snapshots, each bucket of leads a partition of its own in the order of the log."""
    from pyspark.sql.functions import expr

    bucket_leads = buckets[0].last_key - buckets[0].first_key + 1
    files = [path.resolve().as_uri() for path in (snapshots, *(bucket.path for bucket in buckets))]
    rows = spark.read.parquet(*files).select(*schema.names)
    number = expr(f"CAST(lead_key DIV {bucket_leads} AS INT)")
    return rows.repartitionById(len(buckets), number).sortWithinPartitions(*schema.names)


def measure_bucket(batches: Batches, plan: Plan, loop: Path, scratch: Path, schema: pa.Schema) -> Batches:
    """Write the metrics of one partition's snapshots, on a worker, and return one row: the `ANSWER`."""
    from pyspark import TaskContext

    task = TaskContext.get()
    plan = replace(plan, loop=load_module(loop))
    lead_key, snapshot, part = split_rows(batches, schema)
    values = measure_part(lead_key, snapshot, part, plan)
    # Spark may run a task a second time; the file of each run is its own.
    file = scratch / f"{task.taskAttemptId()}.parquet"
    write_values(values, file)
    has_emails = plan.setup.sent != ABSENT and len(part.log_key)
    first_day, emails = count_emails(part.log_key, part.log, plan) if has_emails else (0, np.empty((0, len(TOTALS))))
    answer = {"bucket": task.partitionId(), "file": str(file), "first_day": first_day, "emails": emails.ravel()}
    yield pa.RecordBatch.from_pylist([answer])


def split_rows(batches: Batches, schema: pa.Schema) -> tuple[np.ndarray, np.ndarray, Part]:
    """Return lead and time of the snapshots, and the activities."""
    rows = pa.Table.from_batches(batches, schema)
    is_snapshot = pc.equal(rows["kind"], SNAPSHOT)
    snapshots, log = rows.filter(is_snapshot), rows.filter(pc.invert(is_snapshot))
    lead_key = snapshots["lead_key"].to_numpy()
    first, last = (int(lead_key[0]), int(lead_key[-1])) if len(lead_key) else (0, -1)
    part = make_part(first, last, [column.to_numpy() for column in log.columns])
    return lead_key, snapshots["occurred_at"].to_numpy(), part


def write_values(values: np.ndarray, path: Path) -> None:
    names = [str(number) for number in range(values.shape[1])]
    pq.write_table(pa.table(list(values.T), names), path, use_dictionary=False, write_statistics=False)


def read_values(path: Path) -> np.ndarray:
    table = pq.read_table(path)
    values = np.empty((table.num_columns, len(table))).T
    for number, column in enumerate(table.columns):
        values[:, number] = column.to_numpy()
    return values


def sum_answers(answers: list[dict[str, Any]]) -> Everybody:
    """Return the running totals of all e-mails; they are whole numbers, so their order does not matter."""
    counts = [(answer["first_day"], np.reshape(answer["emails"], (-1, len(TOTALS)))) for answer in answers]
    return sum_days([(first_day, days) for first_day, days in counts if len(days)])
