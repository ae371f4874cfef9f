"""Time the implicit metrics against reading, SQL and pandas: ``python -m benchmarks.implicit [10k] [100k] [1m]``.

For each size a log is made in a temporary copy of the project. The stage runs there as DVC runs
it, and so do, as processes of their own on the same files, DuckDB reading five columns, DuckDB SQL
and pandas computing the same metrics for one snapshot a lead. All values must agree. The figures are
printed and written to ``benchmarks/results.json``.
"""

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pyarrow.parquet as pq

from benchmarks.explicit import time_process
from benchmarks.logs import AS_OF, END, make_log, write_raw
from benchmarks.pipeline import ROOT, copy_project
from src import paths
from src.data.choose import replace_source
from src.files import read_json, read_table, write_json, write_text
from src.params import load_params

SIZES = {"10k": 10_000, "100k": 100_000, "1m": 1_000_000}
RESULTS = ROOT / "benchmarks" / "results.json"

REPEATED_UP_TO = 100_000
"""Small sizes are run three times, in turn, and the least counts: others use the machine too."""

DISK_BYTES_A_LEAD = 20_000
PANDAS_BYTES_A_LEAD = 15_000
"""What a lead with 50 activities needs of the disk in all, and of memory in pandas."""

TOLERANCE = 1e-9
"""Relative: sums of decayed counts are taken in different orders."""

KEYS = ("lead_id", "snapshot_at", "age", "age_days")
"""The columns of the stage's table that are no metrics."""

ONE_SNAPSHOT = ["9999d"]
"""No lead reaches this age, so that its only snapshot is the one at the end of the data."""

FOUR_SNAPSHOTS = ["7d", "30d", "90d"]
"""With the one at the end."""

SOURCE = """\
description: A log for the bench.
as_of: "{as_of}"
ages: [{ages}]
leads: {{file: leads.parquet, columns: {{lead_id: lead_id, created_at: created_at}}}}
activities:
  - file: activities.parquet
    columns:
      {{lead_id: lead_id, occurred_at: occurred_at, kind: kind, asset: asset, campaign: campaign, channel: channel}}
outcomes:
  - {{file: outcomes.csv, columns: {{lead_id: lead_id, kind: kind}}, kinds: {{won: won}}}}
objectives:
  sale: {{converted: [won], horizon_days: 45}}
"""

READING = """
import duckdb
columns = ("lead_key", "occurred_at", "kind", "asset", "channel")
sums = ", ".join(f"sum({{name}})" for name in columns)
duckdb.sql("SET enable_progress_bar = false")
duckdb.sql(f"SELECT {{sums}} FROM '{activities}/*.parquet'").fetchall()
"""


def main() -> None:
    names = check_names(sys.argv[1:] or list(SIZES))
    found = read_json(RESULTS) if RESULTS.is_file() else {}
    sizes = found.get("implicit", {})
    with tempfile.TemporaryDirectory() as folder:
        copy_project(Path(folder))
        shutil.copytree(ROOT / "benchmarks", Path(folder) / "benchmarks")
        os.chdir(folder)
        sizes["compiling"] = measure_compiling(200)
        for name in names:
            sizes[name] = measure_size(SIZES[name])
            # Also of those measured before: a larger size is compared with this one.
            for measured in SIZES.keys() & sizes.keys():
                sizes[measured] |= compare_growth(measured, sizes)
            print_size(name, sizes[name])
            save_results(found | {"implicit": sizes})
            sizes[name] |= measure_ingest(sizes[name])
            save_results(found | {"implicit": sizes})


def save_results(results: dict[str, Any]) -> None:
    write_json(sort_keys(results | {"machine": describe_machine()}), RESULTS)


def check_names(names: list[str]) -> list[str]:
    unknown = [name for name in names if name not in SIZES]
    if unknown:
        raise SystemExit(f"there is no size {unknown[0]!r}; known are {', '.join(SIZES)}")
    return names


@dataclass(frozen=True)
class Cost:
    """What a process and its children took."""

    cpu_s: float
    wall_s: float
    peak_mb: float


def measure_compiling(leads: int) -> dict[str, Any]:
    """Return what a small run takes when the metrics are compiled in it, and when they already are."""
    make_project_log(leads)
    cold, warm = measure_cost(run_stage()), measure_cost(run_stage())
    return {"leads": leads, "compiling": round_cost(cold), "compiled": round_cost(warm)}


def measure_size(leads: int) -> dict[str, Any]:
    """Return every figure of a log of so many leads; fail if two ways disagree on a value."""
    check_disk(leads)
    activities = make_project_log(leads)
    has_pandas = psutil.virtual_memory().available > leads * PANDAS_BYTES_A_LEAD
    costs = measure_least(list_commands(has_pandas), repeats=3 if leads <= REPEATED_UP_TO else 1)
    compared = compare_all(["duckdb_sql", "pandas"] if has_pandas else ["duckdb_sql"])
    return summarise(leads, activities, costs) | compared


def measure_ingest(figures: dict[str, Any]) -> dict[str, Any]:
    """Return what ingest takes to make the same log from an export of it, and its share of both stages."""
    write_raw(paths.raw_folder("bench"))
    cost = measure_cost([sys.executable, "-m", "src.data.ingest"])
    share = cost.cpu_s / (cost.cpu_s + figures["cpu_s"])
    print(f"ingest: {cost.cpu_s:.2f} CPU s, {cost.wall_s:.2f} wall s, peak {cost.peak_mb:.0f} MB; ", end="")
    print(f"{share:.0%} of the processor time of ingest and implicit together")
    return {"ingest": round_cost(cost), "ingest_share_of_cpu": round(share, 3)}


def compare_growth(name: str, sizes: dict[str, Any]) -> dict[str, float]:
    """Return how many times the stage's processor time is that of a tenth of the leads, if that is measured."""
    tenth = sizes.get({"100k": "10k", "1m": "100k"}.get(name))
    return {"cpu_vs_tenth": round(sizes[name]["cpu_s"] / tenth["cpu_s"], 2)} if tenth else {}


def check_disk(leads: int) -> None:
    free, needed = shutil.disk_usage(".").free, leads * DISK_BYTES_A_LEAD
    if free < needed:
        raise SystemExit(
            f"{needed / 1e9:.0f} GB of disk are needed in {tempfile.gettempdir()}, {free / 1e9:.0f} are free"
        )


def make_project_log(leads: int) -> int:
    """Make the log in the project of the current folder, in place of an earlier one."""
    shutil.rmtree("data/interim", ignore_errors=True)
    write_source(ONE_SNAPSHOT)
    return make_log(leads, load_params().intake.bucket_leads)


def write_source(ages: Sequence[str]) -> None:
    """Declare the bench's source with such ages, and choose it."""
    write_text(SOURCE.format(as_of=AS_OF.isoformat(), ages=", ".join(ages)), paths.source_file("bench"))
    paths.PARAMS.write_bytes(replace_source(paths.PARAMS.read_bytes(), "bench"))


def run_stage() -> list[str]:
    return [sys.executable, "-m", "src.features.implicit"]


def list_commands(has_pandas: bool) -> dict[str, list[str]]:
    """Return the command of each thing that is measured; the stage's with one snapshot leaves the features."""
    commands = {
        "reading": [sys.executable, "-c", READING.format(activities=paths.ACTIVITIES)],
        "four_snapshots": run_stage(),
        "stage": run_stage(),
        "duckdb_sql": [sys.executable, "-m", "benchmarks.implicit_sql", str(END), "duckdb_sql.parquet"],
    }
    if has_pandas:
        commands["pandas"] = [sys.executable, "-m", "benchmarks.implicit_pandas", str(END), "pandas.parquet"]
    return commands


def measure_least(commands: dict[str, list[str]], repeats: int) -> dict[str, Cost]:
    """Run the commands in turn, so often, and return the least time and the highest peak of each."""
    runs = {name: [] for name in commands}
    for _ in range(repeats):
        for name, command in commands.items():
            write_source(FOUR_SNAPSHOTS if name == "four_snapshots" else ONE_SNAPSHOT)
            runs[name].append(measure_cost(command))
    return {name: join_costs(costs) for name, costs in runs.items()}


def measure_cost(command: list[str]) -> Cost:
    wall, cpu, peak = time_process(command)
    return Cost(cpu, wall, peak * 1000)


def join_costs(costs: Sequence[Cost]) -> Cost:
    return Cost(min(c.cpu_s for c in costs), min(c.wall_s for c in costs), max(c.peak_mb for c in costs))


def compare_all(names: Sequence[str]) -> dict[str, Any]:
    """Compare the stage's features with the others' metrics; return how many, and which are the stage's alone."""
    stage = list_columns(paths.IMPLICIT)[len(KEYS) :]
    compared = set()
    for name in names:
        other = Path(f"{name}.parquet")
        both = [column for column in stage if column in list_columns(other)]
        compare_values(paths.IMPLICIT, other, both)
        compared |= set(both)
    alone = [column for column in stage if column not in compared]
    return {"metrics": len(stage), "metrics_compared": len(compared), "metrics_not_in_sql": alone}


def list_columns(path: Path) -> list[str]:
    return pq.read_schema(path).names


def compare_values(stage: Path, other: Path, columns: Sequence[str]) -> None:
    """Check that both files have the same value of every lead, column by column to save memory."""
    leads = read_table(paths.LEADS, ["lead_key", "lead_id"])
    aligned = read_table(stage, ["lead_id"])["lead_id"].equals(leads["lead_id"])
    if not aligned or not read_table(other, ["lead_key"])["lead_key"].equals(leads["lead_key"]):
        raise SystemExit(f"{stage} and {other} are not about the same leads")
    for column in columns:
        mine, theirs = (read_table(path, [column])[column] for path in (stage, other))
        differs = find_differences(mine, theirs)
        if differs.any():
            at = int(differs.argmax())
            raise SystemExit(
                f"{column} differs from {other.stem} for {differs.sum()} leads: {leads['lead_id'][at]} has "
                f"{mine[at]!r} and {theirs[at]!r}"
            )


def find_differences(mine: pd.Series, theirs: pd.Series) -> np.ndarray:
    """Return where two columns differ; missing equals missing, numbers may differ in their last digits."""
    if not pd.api.types.is_numeric_dtype(mine):
        return ~((mine == theirs) | (mine.isna() & theirs.isna())).to_numpy(bool)
    pair = (values.to_numpy(float, na_value=np.nan) for values in (mine, theirs))
    return ~np.isclose(*pair, rtol=TOLERANCE, atol=0, equal_nan=True)


def summarise(leads: int, activities: int, costs: dict[str, Cost]) -> dict[str, Any]:
    """Return the stage's figures, their ratios to the others' and the others' own."""
    stage = costs["stage"]
    ratios = {
        f"cpu_vs_{name}": round(stage.cpu_s / costs[name].cpu_s, 3)
        for name in ("reading", "duckdb_sql", "pandas")
        if name in costs
    }
    return {
        "leads": leads,
        "activities": activities,
        "activities_per_cpu_s": int(activities / stage.cpu_s) // 1000 * 1000,
        "four_snapshots_cpu_vs_one": round(costs["four_snapshots"].cpu_s / stage.cpu_s, 3),
        **round_cost(stage),
        **ratios,
        **{name: round_cost(cost) for name, cost in costs.items() if name != "stage"},
    }


def round_cost(cost: Cost) -> dict[str, float]:
    return {"cpu_s": round(cost.cpu_s, 2), "wall_s": round(cost.wall_s, 2), "peak_mb": round(cost.peak_mb)}


def print_size(name: str, figures: dict[str, Any]) -> None:
    print(f"\n{name}: {figures['leads']:,} leads, {figures['activities']:,} activities")
    print(f"{'':24}{'CPU s':>9}{'wall s':>9}{'peak MB':>9}{'CPU of the stage':>18}")
    ratios = {"four_snapshots": 1 / figures["four_snapshots_cpu_vs_one"]}
    for part in ("stage", "four_snapshots", "reading", "duckdb_sql", "pandas"):
        cost = figures if part == "stage" else figures.get(part)
        if cost:
            ratio = figures.get(f"cpu_vs_{part}", ratios.get(part))
            shown = f"{ratio:17.2f}x" if ratio else ""
            print(f"{part:24}{cost['cpu_s']:9.2f}{cost['wall_s']:9.2f}{cost['peak_mb']:9}{shown}")
    if "cpu_vs_tenth" in figures:
        print(f"{figures['cpu_vs_tenth']} times the processor time of a tenth of the leads")
    print(f"{figures['activities_per_cpu_s']:,} activities a second of processor")
    print(f"{figures['metrics_compared']} of {figures['metrics']} metrics agree in every value", end="")
    print(f"; not compared: {', '.join(figures['metrics_not_in_sql'])}" if figures["metrics_not_in_sql"] else "")


def describe_machine() -> dict[str, Any]:
    """Return what the figures depend on: the kind of machine and the versions, no names."""
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9),
        "processor": read_processor(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("duckdb", "numba", "numpy", "pandas", "pyarrow")},
    }


def read_processor() -> str:
    """Return the processor's model, family and model number as Linux tells them."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    told = {}
    for line in lines:
        key, _, value = line.partition(":")
        told.setdefault(key.strip(), value.strip())
    return f"{told.get('model name', platform.machine())}, family {told.get('cpu family')}, model {told.get('model')}"


def sort_keys(value: Any) -> Any:
    return {key: sort_keys(value[key]) for key in sorted(value)} if isinstance(value, dict) else value


if __name__ == "__main__":
    main()
