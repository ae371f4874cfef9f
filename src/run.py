"""Program: run the chain as ``dvc repro`` does, and say how far it is; ``make repro`` calls it.

The environment's ``SOURCE``, if any, becomes the source first; the package that a source comes from is installed.
"""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TextIO

from src import paths
from src.data.choose import choose_source, read_source
from src.data.pull import pull_tables
from src.data.sources import load_source
from src.install import install
from src.stage import InputError, run_stage

STAGE = re.compile(
    r"Running stage '(?P<runs>.+)':|Stage '(?P<cached>.+)' is cached - .+|(?:Stage )?'(?P<same>.+)' didn't change, .+"
)
NOISE = re.compile(r"|[>\t].*|(Updating|Generating) lock file.*|To (track|enable auto).*, run:|Use `dvc push`.*")
"""What DVC says beside: empty lines, commands, and how to commit, stage and push."""


def main() -> str:
    if name := os.environ.get("SOURCE"):
        choose_source(name)
    fill_raw_folder(read_source())
    pull_missing_tables(read_source())
    if status := run_chain(["dvc", "repro"]):
        sys.exit(status)
    return f"the reports begin at {paths.INDEX.resolve()}"


def fill_raw_folder(source: str) -> None:
    """Install the package that a source comes from, if it is one, and export its files where there are none."""
    needed, exporter = Path(f"requirements-{source}.txt"), Path(f"src/data/{source}.py")
    if needed.is_file() and exporter.is_file():
        install([needed])
        if not paths.raw_folder(source).is_dir():
            subprocess.run([sys.executable, "-m", f"src.data.{source}"], check=True)


def pull_missing_tables(source: str) -> None:
    """Read the tables of a source's database, if it has one, where their files are not there."""
    database = load_source(source).database
    if database and not all((paths.raw_folder(source) / file).is_file() for file in database.tables):
        pull_tables(source, database)


def run_chain(command: list[str]) -> int:
    """Run DVC to its end and return its status; what it and the stages say is shown by `Progress`."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8", "errors": "replace"}
    process, said, progress = subprocess.Popen(command, **streams), queue.SimpleQueue(), Progress()
    for stream in (process.stdout, process.stderr):
        threading.Thread(target=read_lines, args=(stream, said), daemon=True).start()
    ended = 0
    try:
        while ended < 2:
            try:
                stream, line = said.get(timeout=1)
            except queue.Empty:
                progress.tick()
                continue
            if line is None:
                ended += 1
            elif stream is process.stdout:
                progress.tell(line)
            else:
                progress.write(line, sys.stderr)
    finally:
        # An interrupt reached DVC and the stage too: they put away what is not complete, unseen.
        process.wait()
        progress.end_line()
    if process.returncode < 0:
        name = signal.Signals(-process.returncode).name
        raise InputError("killed", f"DVC was ended by {name}; run it again to go on from there")
    return process.returncode


def read_lines(stream: TextIO, said: queue.SimpleQueue) -> None:
    for line in stream:
        said.put((stream, line.rstrip("\n")))
    said.put((stream, None))


class Progress:
    """One line a stage as it begins, with its number; on a terminal with its seconds, too."""

    def __init__(self):
        self.stages, self.seen, self.line, self.begun, self.is_open = set(), set(), "", 0.0, False

    def tell(self, line: str) -> None:
        """Show a line that DVC or a stage wrote to its standard output, unless it says nothing new."""
        if match := STAGE.fullmatch(line):
            stage = match[match.lastgroup]
            self.seen.add(stage)
            if match.lastgroup != "same":
                self.begin(stage, " (as it was before)" if match.lastgroup == "cached" else "")
        elif not NOISE.fullmatch(line):
            self.write(line, sys.stdout)

    def begin(self, stage: str, remark: str) -> None:
        self.end_line()
        self.stages = self.stages or list_stages()
        total = f"/{len(self.stages | self.seen)}" if self.stages else ""
        name = stage.rpartition(":")[2].replace("@", " ")
        self.line, self.begun = f"[{len(self.seen)}{total}] {name}{remark}", time.monotonic()
        self.show("")

    def tick(self) -> None:
        if self.line and sys.stdout.isatty():
            self.show(f" … {time.monotonic() - self.begun:.0f} s")

    def show(self, seconds: str) -> None:
        is_terminal = sys.stdout.isatty()
        print(f"\r{self.line}{seconds}" if is_terminal else self.line, end="" if is_terminal else "\n", flush=True)
        self.is_open = is_terminal

    def write(self, line: str, target: TextIO) -> None:
        self.end_line()
        print(line, file=target, flush=True)

    def end_line(self) -> None:
        if self.is_open:
            print(flush=True)
        self.is_open = False


def list_stages() -> set[str]:
    """Return the stages of ``dvc.yaml``; those of other files that come before are known when they begin."""
    done = subprocess.run(["dvc", "stage", "list", "--name-only"], capture_output=True, text=True, check=False)
    return set(done.stdout.split()) if done.returncode == 0 else set()


if __name__ == "__main__":
    run_stage(main)
