"""Scores the leads of files as they arrive in a folder.

The lists are those of all files that lie there, written whole each time: what stopped in between loses no lead and
repeats none, and there is no state to keep.
"""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from src.data.sources import load_source
from src.params import load_params
from src.scoring.new import score_files
from src.stage import InputError

SECONDS = 5.0
"""Between two looks at the folder."""

SETTLED = 2.0
"""So many seconds without a change and a file is whole."""

UNFINISHED = (".partial", ".tmp", ".part", ".crdownload")
"""How names end of files that are still being written."""


@dataclass(frozen=True)
class Arrived:
    """The whole files of leads and of activities that lie in a folder, the oldest first."""

    leads: tuple[Path, ...]
    activities: tuple[Path, ...]


def watch(folder: Path, to: Path, as_of: str | None, once: bool) -> str:
    """Score what lies in a folder whenever there is something new; return what was done, once stopped."""
    for name in ("leads", "activities"):
        if not (folder / name).is_dir():
            raise InputError("missing_folder", f"there is no folder {name}/ in it; make it", folder)
    rounds = 0
    for arrived in watch_folder(folder, once):
        try:
            logging.info("%s", score_files(arrived.leads, arrived.activities, as_of or tell_time(), to))
        except InputError as error:
            if once:
                raise
            # The lists stay as they were until the file that is named is mended or taken out.
            logging.warning("%s; the lists in %s are not renewed until then", error, to)
        rounds += 1
    return f"{folder}: scored {rounds} times"


def tell_time() -> str | None:
    """Return the time as a declaration has it; None for a source without dates."""
    source = load_source(load_params().source)
    return pd.Timestamp.now(tz=source.timezone).isoformat(timespec="seconds") if source.is_dated() else None


def watch_folder(folder: Path, once: bool) -> Iterator[Arrived]:
    """Yield the files of the folder whenever there are others than before; with `once` at most one time."""
    before = None
    while True:
        arrived = Arrived(list_whole(folder / "leads"), list_whole(folder / "activities"))
        stamps = [(path, *stamp(path)) for path in (*arrived.leads, *arrived.activities)]
        if arrived.leads and stamps != before:
            before = stamps
            yield arrived
        if once:
            return
        time.sleep(SECONDS)


def list_whole(folder: Path) -> tuple[Path, ...]:
    """Return the files of a folder that nobody writes to any more, the oldest first."""
    now = time.time()
    files = [path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]
    whole = [path for path in files if not path.name.endswith(UNFINISHED) and now - path.stat().st_mtime >= SETTLED]
    return tuple(sorted(whole, key=lambda path: (path.stat().st_mtime_ns, path.name)))


def stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size
