"""Time Spark against the local engine on the same log: ``python -m benchmarks.spark [10k] [100k] [1m]``.

For each size a log is made in a temporary copy of the project and the stage runs there twice, as DVC
runs it: with the local engine and with Spark on this machine. Every value must be the same, bit by
bit. The figures are printed and written to ``benchmarks/results.json``.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.explicit import measure_memory
from benchmarks.implicit import RESULTS, SIZES, Cost, make_project_log, round_cost, run_stage, sort_keys, write_source
from benchmarks.pipeline import copy_project
from src import paths
from src.files import read_json, write_json

FOUR_SNAPSHOTS = ["7d", "30d", "90d"]
"""With the one at the end."""

LOCAL, SPARK = Path("local.parquet"), Path("spark.parquet")


def main() -> None:
    names = sys.argv[1:] or ["10k", "100k"]
    with tempfile.TemporaryDirectory() as folder:
        copy_project(Path(folder))
        os.chdir(folder)
        make_project_log(200)
        measure_engine("local", LOCAL)  # compiles
        sizes = {name: measure_size(SIZES[name]) for name in names}
    found = read_json(RESULTS) if RESULTS.is_file() else {}
    write_json(sort_keys(found | {"spark": found.get("spark", {}) | sizes}), RESULTS)


def measure_size(leads: int) -> dict[str, Any]:
    """Return the figures of both engines on a log of so many leads; fail if a value differs."""
    activities = make_project_log(leads)
    figures = {"leads": leads, "activities": activities}
    for name, ages in (("one_snapshot", ["9999d"]), ("four_snapshots", FOUR_SNAPSHOTS)):
        write_source(ages)
        local, spark = measure_engine("local", LOCAL), measure_engine("spark", SPARK)
        compare_files(LOCAL, SPARK)
        figures[name] = {"local": round_cost(local), "spark": round_cost(spark)}
        figures[name]["cpu_vs_local"] = round(spark.cpu_s / local.cpu_s, 2)
        for engine, cost in (("local", local), ("spark", spark)):
            print(f"{leads:>9,} leads, {name:14} {engine:5} {cost.cpu_s:7.1f} s of processor, ", end="")
            print(f"{cost.wall_s:6.1f} s wall, peak {cost.peak_mb:5.0f} MB")
    return figures


def measure_engine(engine: str, features: Path) -> Cost:
    """Run the stage with the `engine`, keep its features under that name, and return what it took."""
    params = paths.PARAMS.read_text(encoding="utf-8")
    paths.PARAMS.write_text(re.sub(r"(?m)^  engine: \w+", f"  engine: {engine}", params), encoding="utf-8")
    cost = time_tree(run_stage())
    shutil.move(paths.IMPLICIT, features)
    return cost


def time_tree(command: list[str]) -> Cost:
    """Return what a command and all it starts took, looked at ten times a second.

    The system counts the time of children only for who waits for them, and nobody waits for Java.
    """
    started, peak, seconds = time.perf_counter(), 0, {}
    process = subprocess.Popen(command)
    while process.poll() is None:
        peak = max(peak, measure_memory(process.pid))
        seconds |= dict(list_seconds(process.pid))
        time.sleep(0.1)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    return Cost(sum(seconds.values()), time.perf_counter() - started, peak / 1e6)


def list_seconds(pid: int) -> Iterator[tuple[tuple[int, float], float]]:
    """Return the processor seconds of a process and of each it started, by its number and birth."""
    try:
        process = psutil.Process(pid)
        for each in [process, *process.children(recursive=True)]:
            times = each.cpu_times()
            yield (each.pid, each.create_time()), times.user + times.system
    except psutil.Error:  # it has just ended
        return


def compare_files(first: Path, second: Path) -> None:
    """Check column by column that both tables have the same values, bit by bit."""
    schema = pq.read_schema(first)
    if not schema.equals(pq.read_schema(second)):
        raise SystemExit(f"{first} and {second} have other columns")
    for name in schema.names:
        mine, theirs = (pq.read_table(path, columns=[name])[name] for path in (first, second))
        if not is_same(mine, theirs):
            raise SystemExit(f"{name} differs between {first} and {second}")


def is_same(first: pa.ChunkedArray, second: pa.ChunkedArray) -> bool:
    if pa.types.is_floating(first.type):
        # As whole numbers, so that a missing value equals itself.
        return np.array_equal(first.to_numpy().view(np.int64), second.to_numpy().view(np.int64))
    return first.equals(second)


if __name__ == "__main__":
    main()
