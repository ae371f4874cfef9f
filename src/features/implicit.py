"""Stage `implicit`: what each lead had done by each snapshot."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from src import paths
from src.data.sources import load_source
from src.data.tables import ACTIVITY_COLUMNS, NO_CODE, VALUE_PREFIX
from src.features.catalogue import Metric, write_catalogue
from src.features.implicit_metrics.base import MICROSECONDS_A_DAY, Log, Setup
from src.features.implicit_plan import ABSENT, ALWAYS, VIEW, Plan, count_microseconds, plan_metrics
from src.features.implicit_rates import RATES, TOTALS, Everybody, sum_days
from src.features.implicit_values import Values, measure_values
from src.features.snapshots import build_spine
from src.files import read_table, replacing
from src.params import Implicit, load_params
from src.stage import InputError, run_stage

PART_ROWS = 1_000_000
"""So many activities are held at a time: 30 MB, and enough to work on without a pause."""

KEYS = ("lead_id", "snapshot_at", "age", "age_days")


def main() -> str:
    params = load_params()
    source = load_source(params.source)
    leads = read_table(paths.LEADS, ["lead_key", "lead_id", "created_at"]).sort_values("lead_key", ignore_index=True)
    codes, coverage = read_table(paths.CODES), read_table(paths.COVERAGE)
    buckets = read_buckets(paths.ACTIVITIES, params.intake.bucket_leads)

    plan = plan_metrics(codes, coverage, count_views(buckets, codes), list_values(buckets), params.implicit)
    tables = choose_engine(params.implicit)(
        lambda first, last: build_spine(take_leads(leads, first, last), source), buckets, plan
    )

    with replacing(paths.IMPLICIT) as path:
        catalogue = write_tables(tables, plan, path)
    write_catalogue(catalogue, paths.IMPLICIT_CATALOGUE)
    return f"{len(catalogue)} metrics of the snapshots of {len(leads)} leads"


def choose_engine(params: Implicit) -> Callable[..., Iterator[pa.Table]]:
    """Return what feeds the compiled functions, a function like `build_tables`."""
    if params.engine == "local":
        return build_tables
    # What only a cluster needs is not loaded without one.
    from src.features.spark import build_tables_with_spark

    return partial(build_tables_with_spark, master=params.spark_master, folder=paths.IMPLICIT.parent)


@dataclass(frozen=True)
class Part:
    """All activities of the leads from `first_key` to `last_key`, ordered by lead and time."""

    first_key: int
    last_key: int
    log_key: np.ndarray
    log: Log
    values: Values = ()


@dataclass(frozen=True)
class Bucket:
    """The file of the activities of the leads from `first_key` to `last_key`, ordered by lead and time."""

    first_key: int
    last_key: int
    path: Path

    def list_values(self) -> list[str]:
        """Return the names of the numbers that activities have, as declared."""
        names = pq.ParquetFile(self.path).schema_arrow.names
        return [name.removeprefix(VALUE_PREFIX) for name in names if name.startswith(VALUE_PREFIX)]

    def read_parts(self, part_rows: int = PART_ROWS) -> Iterator[Part]:
        """Return the bucket in parts of about `part_rows` activities; no lead is in two parts."""
        first, held = self.first_key, None
        names = [*ACTIVITY_COLUMNS, *(VALUE_PREFIX + name for name in self.list_values())]
        for batch in pq.ParquetFile(self.path).iter_batches(part_rows, columns=names):
            if not batch.num_rows:
                continue
            arrays = [column.to_numpy(zero_copy_only=False) for column in batch.columns]
            if held is not None:
                arrays = [np.concatenate(pair) for pair in zip(held, arrays, strict=True)]
            keys = arrays[0]
            # The last lead of a batch may go on in the next.
            cut = np.searchsorted(keys, keys[-1])
            if cut:
                yield make_part(first, int(keys[-1]) - 1, [array[:cut] for array in arrays])
                first = int(keys[-1])
            held = [array[cut:] for array in arrays]
        yield make_part(first, self.last_key, held or [np.empty(0, find_type(name)) for name in names])


def make_part(first_key: int, last_key: int, arrays: list[np.ndarray]) -> Part:
    """Return a part from its columns: those of `ACTIVITY_COLUMNS`, then the values."""
    log_key, *log = arrays[: len(ACTIVITY_COLUMNS)]
    return Part(first_key, last_key, log_key, Log(*log), tuple(arrays[len(ACTIVITY_COLUMNS) :]))


def find_type(column: str) -> type:
    """Return the type of a column of the log."""
    return np.float64 if column.startswith(VALUE_PREFIX) else np.int64 if column == "occurred_at" else np.int32


def read_buckets(folder: Path, bucket_leads: int) -> list[Bucket]:
    """Return the buckets that ingest wrote, `bucket_leads` leads each."""
    paths_ = sorted(folder.glob("*.parquet"))
    starts = [int(path.stem) * bucket_leads for path in paths_]
    return [Bucket(start, start + bucket_leads - 1, path) for start, path in zip(starts, paths_, strict=True)]


def count_views(buckets: list[Bucket], codes: pd.DataFrame) -> np.ndarray:
    """Return how often each asset was viewed as a page, by any lead at any time, in the order of its codes."""
    views = np.zeros((codes["column"] == "asset").sum(), np.int64)
    view = codes.loc[(codes["column"] == "kind") & (codes["value"] == VIEW), "code"]
    for bucket in buckets:
        for batch in pq.ParquetFile(bucket.path).iter_batches(PART_ROWS, columns=["kind", "asset"]):
            kind, asset = (column.to_numpy() for column in batch.columns)
            views += np.bincount(asset[np.isin(kind, view) & (asset != NO_CODE)], minlength=len(views))
    return views


def list_values(buckets: list[Bucket]) -> list[str]:
    """Return the names of the numbers that activities have; all buckets have the same."""
    return buckets[0].list_values() if buckets else []


def take_leads(leads: pd.DataFrame, first_key: int, last_key: int) -> pd.DataFrame:
    """Return the rows of the leads from `first_key` to `last_key`; they are ordered by ``lead_key``."""
    first, last = np.searchsorted(leads["lead_key"].to_numpy(), [first_key, last_key + 1])
    return leads.iloc[first:last].reset_index(drop=True)


def build_implicit(
    spine: pd.DataFrame, codes: pd.DataFrame, coverage: pd.DataFrame, buckets: list[Bucket], params: Implicit
) -> tuple[pd.DataFrame, list[Metric]]:
    """Return the implicit features of every snapshot of the `spine`, and their catalogue.

    Parameters
    ----------
    spine : DataFrame
        ``lead_key, lead_id, created_at, snapshot_at, age, age_days``, ordered by lead and time.
    codes : DataFrame
        ``column, code, value`` of the integers in the log.
    coverage : DataFrame
        ``kind, covered_from``: since when the log has all activities of a kind; NaT is always.
    buckets : list of Bucket
    params : Implicit

    Returns
    -------
    features : DataFrame
        ``lead_id, snapshot_at, age, age_days`` and one column a metric; one row a snapshot.
    catalogue : list of Metric
    """
    plan = plan_metrics(codes, coverage, count_views(buckets, codes), list_values(buckets), params)
    if not plan.columns:
        return spine[list(KEYS)], []
    table = pa.concat_tables(build_tables(lambda first, last: take_leads(spine, first, last), buckets, plan))
    constant = list_constant(table, table, [column.metric.name for column in plan.columns])
    return table.drop_columns(constant).to_pandas(), list_entries(plan, constant)


def list_entries(plan: Plan, constant: list[str]) -> list[Metric]:
    """Return the catalogue but for the `constant` columns, which say nothing."""
    return [column.metric for column in plan.columns if column.metric.name not in constant]


def build_tables(
    get_spine: Callable[[int, int], pd.DataFrame], buckets: list[Bucket], plan: Plan
) -> Iterator[pa.Table]:
    """Return the keys and all columns of the plan, a part of the log at a time.

    Parameters
    ----------
    get_spine : callable
        Returns the spine of the leads from a first to a last key.
    """
    everybody = count_everybody(buckets, plan)
    for bucket in buckets:
        for part in bucket.read_parts():
            spine = get_spine(part.first_key, part.last_key)
            snapshot = count_microseconds(spine["snapshot_at"])
            values = measure_part(spine["lead_key"].to_numpy(), snapshot, part, plan)
            yield build_table(spine, values, everybody, plan)


def measure_part(lead_key: np.ndarray, snapshot: np.ndarray, part: Part, plan: Plan) -> np.ndarray:
    """Return what `measure_group` and, after its columns, `measure_values` say of the snapshots of a part."""
    measured = measure_group(lead_key, snapshot, part.log_key, part.log, plan.setup, plan.edges, plan.loop)
    if not part.values:
        return measured
    values = measure_values(lead_key, snapshot, part.log_key, part.log.at, part.values, plan.setup.windows)
    return np.asfortranarray(np.hstack([measured, values]))


def measure_group(
    lead_key: np.ndarray,
    snapshot: np.ndarray,
    log_key: np.ndarray,
    log: Log,
    setup: Setup,
    edges: np.ndarray,
    loop: ModuleType,
) -> np.ndarray:
    """Return the metrics of a group of leads, all snapshots of a lead in one go.

    Parameters
    ----------
    lead_key, snapshot : ndarray of int, shape (snapshots,)
        The lead and time (microseconds since 1970, UTC) of each snapshot, ordered by both.
    log_key : ndarray of int32, shape (activities,)
        The lead of each activity.
    log : Log
        All activities of these leads, ordered by lead, time and the other columns.
    setup : Setup
    edges : ndarray of int, shape (metrics + 1,)
        Where the columns of each metric begin and end.
    loop : module
        What `compile_loop` returned.

    Returns
    -------
    ndarray of float64, shape (snapshots, columns)
        Column by column in memory. Codes of categories are numbers; nothing is blanked yet.

    Raises
    ------
    InputError
        If snapshots or activities are out of order, or a snapshot stands twice.
    """
    check_order("spine", lead_key, snapshot, least_step=1)
    check_order("log", log_key, log.at, least_step=0)
    values = np.empty((edges[-1], len(lead_key))).T
    loop.measure(fix(lead_key), fix(snapshot), *fix_log(log_key, log), setup, edges, values)
    return values


def fix_log(log_key: np.ndarray, log: Log) -> tuple[np.ndarray, Log]:
    return fix(log_key), Log(*map(fix, log))


def fix(array: np.ndarray) -> np.ndarray:
    """Return the array as the loop is compiled for: contiguous and read-only, which those of files are."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


def check_order(name: str, key: np.ndarray, at: np.ndarray, least_step: int) -> None:
    """Refuse what is not ordered by lead and, `least_step` microseconds apart, by time."""
    is_next_lead = key[1:] > key[:-1]
    is_ordered = is_next_lead | ((key[1:] == key[:-1]) & (at[1:] - at[:-1] >= least_step))
    if not is_ordered.all():
        row = int(np.argmin(is_ordered)) + 1
        raise InputError("unordered", f"the {name} must be ordered by lead and time, but row {row} comes too late")


def build_table(spine: pd.DataFrame, values: np.ndarray, everybody: Everybody, plan: Plan) -> pa.Table:
    """Return keys, metrics and rates as a table; what the log does not cover is missing."""
    snapshot, created = count_microseconds(spine["snapshot_at"]), count_microseconds(spine["created_at"])
    arrays = [values[:, number] for number in range(values.shape[1])]
    own = {column.metric.name: array for column, array in zip(plan.columns, arrays, strict=False)}
    for rate in RATES[: len(plan.columns) - len(arrays)]:
        counts = own[rate.happened], own[rate.tried]
        arrays.append(everybody.smooth(rate, snapshot, *counts, plan.rate_prior_emails))
    keys = pa.Table.from_pandas(spine[list(KEYS)], preserve_index=False)
    metrics = [column.metric for column in plan.columns]
    blank_uncovered(arrays, snapshot, created, plan)
    columns = [encode_column(metric, array, plan.codes) for metric, array in zip(metrics, arrays, strict=True)]
    return pa.table([*keys.columns, *columns], [*KEYS, *(metric.name for metric in metrics)])


def blank_uncovered(arrays: list[np.ndarray], snapshot: np.ndarray, created: np.ndarray, plan: Plan) -> None:
    """Make missing, in place, what looks back to before its kinds of activity are covered."""
    for column, array, known_from in zip(plan.columns, arrays, plan.known_from, strict=True):
        if known_from != ALWAYS:
            begins = created if column.window_days is None else snapshot - to_microseconds(column.window_days)
            array[begins < known_from] = np.nan


def to_microseconds(days: float) -> int:
    return int(days * MICROSECONDS_A_DAY)


def encode_column(metric: Metric, values: np.ndarray, codes: dict[str, list[str]]) -> pa.Array:
    """Return numbers as they are, NaN for unknown, and categories as their texts, null for unknown."""
    if metric.type == "number":
        return pa.array(values)
    texts = pa.array(codes[metric.origin], pa.large_string())
    return texts.take(pa.array(values, from_pandas=True).cast(pa.int32()))


def count_everybody(buckets: list[Bucket], plan: Plan) -> Everybody:
    """Return how many e-mails all leads had been sent, and had read and followed, by each day."""
    has_emails = plan.setup.sent != ABSENT
    parts = (part for bucket in buckets if has_emails for part in bucket.read_parts())
    return sum_days([count_emails(part.log_key, part.log, plan) for part in parts if len(part.log_key)])


def count_emails(log_key: np.ndarray, log: Log, plan: Plan) -> tuple[int, np.ndarray]:
    """Return the first day of a part of the log, and `TOTALS` of each of its days."""
    first, last = (int(at) // MICROSECONDS_A_DAY for at in (log.at.min(), log.at.max()))
    counts = np.zeros((last - first + 1, len(TOTALS)))
    plan.loop.count_emails(*fix_log(log_key, log), plan.setup, first, counts)
    return first, counts


def write_tables(tables: Iterator[pa.Table], plan: Plan, path: Path) -> list[Metric]:
    """Write the tables to one Parquet file without the columns that tell nothing apart; return the others' entries.

    Which those are is known at the end: only if there are any, the file is written again without them.
    """
    first = next(tables)
    constant = [column.metric.name for column in plan.columns]
    with open_writer(first.schema, path) as writer:
        for table in itertools.chain([first], tables):
            constant = list_constant(table, first, constant)
            writer.write_table(table)
    if constant:
        drop_columns(path, constant)
    return list_entries(plan, constant)


def open_writer(schema: pa.Schema, path: Path) -> pq.ParquetWriter:
    # Counts have few different values; a dictionary of the others is as long as they are.
    repeating = [name for name in schema.names if name.startswith("count_") or name == "age"]
    return pq.ParquetWriter(path, schema, use_dictionary=repeating, write_statistics=False)


def list_constant(table: pa.Table, first: pa.Table, names: list[str]) -> list[str]:
    """Return those of the columns `names` that are in all rows what they are in the first row of `first`."""
    return [name for name in names if not len(table) or is_all(table[name].to_numpy(), first[name][0].as_py())]


def is_all(values: np.ndarray, value: float | str | None) -> bool:
    is_same = pd.isna(values) if pd.isna(value) else values == value
    return bool(is_same.all())


def drop_columns(path: Path, names: list[str]) -> None:
    file = pq.ParquetFile(path)
    kept = [name for name in file.schema_arrow.names if name not in names]
    with (
        replacing(path) as smaller,
        open_writer(pa.schema([file.schema_arrow.field(name) for name in kept]), smaller) as writer,
    ):
        for group in range(file.num_row_groups):
            writer.write_table(file.read_row_group(group, kept))


if __name__ == "__main__":
    run_stage(main)
