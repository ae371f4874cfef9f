"""Time a run from scratch on the sample: ``python -m benchmarks.pipeline``.

The project is copied to a temporary folder without caches or outputs, so that generating the
sample and compiling the metrics are part of the time.
"""

import re
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
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


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        copy_project(Path(folder))
        subprocess.run(["dvc", "init", "--no-scm", "--quiet"], cwd=folder, check=True)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.perf_counter()
        stages = run_chain(Path(folder))
        wall = time.perf_counter() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    for name, seconds in stages:
        print(f"{seconds:7.1f} s  {name}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{wall:7.1f} s  wall in all, {cpu:.1f} s of processor, peak of one process {after.ru_maxrss / 1024:.0f} MB")


def copy_project(folder: Path) -> None:
    for name in COPIED:
        origin, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if origin.is_dir():
            shutil.copytree(origin, target, ignore=shutil.ignore_patterns("__pycache__", "dvc.lock"))
        else:
            shutil.copy(origin, target)


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
