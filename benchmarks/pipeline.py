"""Time the loop of work on the sample: ``python -m benchmarks.pipeline [--against REVISION]``.

Timed are a run from scratch, a run with nothing to do, ``dvc status``, and the way from a changed scenario and
from a changed word to the page. The project is copied to a temporary folder without caches or outputs, so that
generating the sample is part of the first. Compiling the implicit metrics is part of the set-up and timed apart;
in older revisions, in which the run did it, it is part of the run. With ``--against`` an older revision is
timed in the same run, and each figure is compared with its own. Figures are printed and written to
``benchmarks/results.json``.
"""

import argparse
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from src.files import read_json, write_json

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results.json"
COPIED = (
    "src",
    "notebooks",
    "data/sources",
    "data/sample",
    "params.yaml",
    "points.yaml",
    "dvc.yaml",
    ".dvcignore",
    ".gitignore",
    "requirements.txt",
)
PAGES = ("scenario@call_centre", "report@call_centre")
"""What the stage of a scenario's page is or was called."""

REPEATS = 3


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pipeline", description=__doc__)
    parser.add_argument("--against", metavar="REVISION", help="an older commit, timed in the same run")
    revision = parser.parse_args().against
    figures = {"now": time_project(ROOT)}
    if revision:
        with tempfile.TemporaryDirectory() as folder:
            archive = subprocess.run(["git", "archive", revision], cwd=ROOT, capture_output=True, check=True).stdout
            subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
            figures[revision] = time_project(Path(folder))
        figures["ratio"] = {
            name: round(value / figures[revision][name], 3)
            for name, value in figures["now"].items()
            if figures[revision][name]
        }
    for name in figures["now"]:
        print(f"{name:24}" + "".join(f"{of.get(name, 0):10.2f} {column}" for column, of in figures.items()))
    write_json(read_json(RESULTS) | {"pipeline": figures}, RESULTS)


def time_project(origin: Path) -> dict[str, float]:
    """Return wall and processor seconds of the loop of the project in `origin`, copied."""
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as empty:
        folder = Path(name)
        copy_project(folder, origin)
        for project in (name, empty):
            subprocess.run(["dvc", "init", "--no-scm", "--quiet"], cwd=project, check=True)
        _, compiling, _ = time_call(lambda: compile_metrics(folder))
        wall, processor, stages = time_call(lambda: run_chain(folder))
        for stage, seconds in stages:
            print(f"{seconds:7.1f} s  {stage}", flush=True)
        page = find_page(folder)
        return {
            "from_scratch_s": wall,
            "from_scratch_cpu_s": processor,
            "compiling_cpu_s": compiling,
            "stages": len(stages),
            "nothing_to_do_s": time_often(["dvc", "repro", "--quiet"], folder),
            "status_s": time_often(["dvc", "status", "--quiet"], folder),
            "status_of_nothing_s": time_often(["dvc", "status", "--quiet"], Path(empty)),
            "scenario_to_page_s": time_change(folder, "params.yaml", change_value, page),
            "word_to_page_s": time_change(folder, find_words(folder), change_word, page),
        }


def copy_project(folder: Path, origin: Path = ROOT) -> None:
    for name in COPIED:
        source, target = origin / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "dvc.lock"))
        elif source.is_file():
            shutil.copy(source, target)


def time_call(call: Callable[[], list[tuple[str, float]]]) -> tuple[float, float, list[tuple[str, float]]]:
    """Return wall and processor seconds of a call and of the processes it started, and what it returned."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    returned = call()
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return round(wall, 2), round(processor, 2), returned


def time_often(command: list[str], folder: Path) -> float:
    """Return the median wall seconds of a command."""

    def run() -> list[tuple[str, float]]:
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        return []

    return round(statistics.median(time_call(run)[0] for _ in range(REPEATS)), 2)


def time_change(folder: Path, file: str, change: Callable[[str], str], stage: str) -> float:
    """Return the wall seconds from a changed file to the page of a stage."""
    path = folder / file
    before = path.read_text(encoding="utf-8")
    after = change(before)
    if after == before:
        raise SystemExit(f"nothing to change in {file}")
    path.write_text(after, encoding="utf-8")
    started = time.perf_counter()
    subprocess.run(["dvc", "repro", "--quiet", stage], cwd=folder, check=True, capture_output=True)
    return round(time.perf_counter() - started, 2)


def change_value(text: str) -> str:
    """Return the parameters with another value in the first scenario."""
    return re.sub(r"(  call_centre:\n(?:.*\n)*?    value: )300\.0", r"\g<1>310.0", text, count=1)


def change_word(text: str) -> str:
    return text.replace(" would have earned ", " would have brought in ", 1).replace("Which leads", "What leads", 1)


def find_words(folder: Path) -> str:
    """Return the file that has a sentence of a scenario's page; an older revision has it in a module."""
    places = ("src/reports/scenario_page/leads.html", "src/reports/scenario/verdict.py")
    return next(place for place in places if (folder / place).is_file())


def find_page(folder: Path) -> str:
    done = subprocess.run(
        ["dvc", "stage", "list", "--name-only"], cwd=folder, check=True, capture_output=True, text=True
    )
    return next(name for name in PAGES if name in done.stdout.split())


def compile_metrics(folder: Path) -> list[tuple[str, float]]:
    """Do what the set-up does in the project before its first run."""
    if (folder / "src/features/prepare.py").is_file():
        subprocess.run([sys.executable, "-m", "src.features.prepare"], cwd=folder, check=True, capture_output=True)
    return []


def run_chain(folder: Path) -> list[tuple[str, float]]:
    """Run ``dvc repro`` and return the wall seconds of each stage, its bookkeeping included."""
    process = subprocess.Popen(
        ["dvc", "repro"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    begun = []
    for line in process.stdout:
        if match := re.match(r"Running stage '(?:.*:)?(.+)'", line):
            begun.append((match[1], time.perf_counter()))
    if process.wait():
        raise SystemExit("the run failed; see `dvc repro`")
    ends = [moment for _, moment in begun[1:]] + [time.perf_counter()]
    return [(name, end - start) for (name, start), end in zip(begun, ends, strict=True)]


if __name__ == "__main__":
    main()
