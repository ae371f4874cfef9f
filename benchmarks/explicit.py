"""Time the explicit metrics of a large source: ``python -m benchmarks.explicit [leads]``.

The leads are the sample's, a million by default: with e-mails, phones and messages of their own,
while job titles, places and sectors repeat as they do in a company's export. Only the stage is
timed; making the leads takes longer.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.pipeline import copy_project
from src import paths
from src.data.leads import ingest_leads
from src.data.outcomes import ingest_outcomes
from src.data.read import open_database
from src.data.sample.generate import append_csv, append_leads, generate_chunks
from src.data.sources import load_source
from src.files import write_table
from src.params import load_params

LEADS = 1_000_000


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else LEADS
    with tempfile.TemporaryDirectory() as folder:
        copy_project(Path(folder))
        os.chdir(folder)
        make_leads(count)
        wall, cpu, peak = time_process([sys.executable, "-m", "src.features.explicit"])
    print(f"explicit metrics of {count:,} leads: {wall:.1f} s wall, {cpu:.1f} s of processor, peak {peak:.2f} GB")


def make_leads(count: int) -> None:
    """Write the canonical leads and outcomes of a sample of `count` leads."""
    source, params, raw = load_source("sample"), load_params(), paths.raw_folder("sample")
    raw.mkdir(parents=True)
    for tables in generate_chunks(count, source.generate.seed, source.generate.months):
        append_leads(tables["leads"], tables["unreadable"], raw / "leads.csv")
        append_csv(tables["outcomes"], raw / "outcomes.csv")
    db = open_database()
    write_table(ingest_leads(db, source, raw, params.intake)[0], paths.LEADS)
    write_table(ingest_outcomes(db, source, raw, params.intake)[0], paths.OUTCOMES)


def time_process(command: list[str]) -> tuple[float, float, float]:
    """Return wall seconds, processor seconds and peak memory (GB) of a command and its children.

    Memory is what they hold together, pages they share counted once (PSS), looked at often.
    """
    started, before, peak = time.perf_counter(), os.times(), 0
    process = subprocess.Popen(command)
    while process.poll() is None:
        peak = max(peak, measure_memory(process.pid))
        time.sleep(0.1)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - started, cpu, peak / 1e9


def measure_memory(pid: int) -> int:
    """Return the bytes that a process and its children hold together."""
    try:
        process = psutil.Process(pid)
        return sum(each.memory_full_info().pss for each in [process, *process.children(recursive=True)])
    except psutil.Error:  # it has just ended
        return 0


if __name__ == "__main__":
    main()
