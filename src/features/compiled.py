"""Compiles the metrics into one loop over snapshots, and keeps the machine code.

numba's cache does not notice that a *called* function has changed and would silently return
old numbers, so the folder of the cache is named by a hash of the metrics' sources and numba's
version: another source, another folder. For the same reason all that is compiled is called from
the generated file.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import numba

from src import paths
from src.features import implicit_metrics
from src.features.implicit_metrics.base import Measure
from src.files import write_text

LOOP = '''"""Generated: calls each metric on each lead's activities up to each snapshot."""
import numpy as np
from numba import njit

from src.features.implicit_metrics.base import Lead
from src.features.implicit_metrics.emails import count_email_days, judge_log
{imports}


@njit(cache=True, nogil=True)
def measure(lead_key, snapshot, log_key, log, setup, edges, out):
    reason, known_from = judge_log(log_key, log, setup)
    doubt = np.zeros(len(log_key), np.int8)
    row = np.empty(edges[-1])
    start, end = 0, 0
    for i in range(len(lead_key)):
        if i == 0 or lead_key[i] != lead_key[i - 1]:
            start = end
            while start < len(log_key) and log_key[start] < lead_key[i]:
                start += 1
            end = start
        while end < len(log_key) and log_key[end] == lead_key[i] and log.at[end] <= snapshot[i]:
            end += 1
        for j in range(start, end):
            doubt[j] = reason[j] if known_from[j] <= snapshot[i] else 0
        seen = slice(start, end)
        lead = Lead(
            log.at[seen], log.kind[seen], log.asset[seen], log.campaign[seen], log.channel[seen], doubt[seen]
        )
{calls}
        out[i] = row


@njit(cache=True, nogil=True)
def count_emails(log_key, log, setup, first_day, out):
    count_email_days(log_key, log, setup, first_day, out)
'''


def write_loop(measures: Sequence[Measure]) -> str:
    """Return the source of the loop that calls the `measures` one after the other."""
    functions = [measure.function for measure in measures]
    imports = [f"from {function.__module__} import {function.__name__}" for function in functions]
    calls = [
        f"        {function.__name__}(lead, snapshot[i], setup, row[edges[{number}] : edges[{number + 1}]])"
        for number, function in enumerate(functions)
    ]
    return LOOP.format(imports="\n".join(imports), calls="\n".join(calls))


def compile_loop(measures: Sequence[Measure], cache: Path = paths.CACHE) -> ModuleType:
    """Return the module of the loop over `measures`, compiled now or by an earlier run of the same sources.

    Its functions are ``measure(lead_key, snapshot, log_key, log, setup, edges, out)`` and
    ``count_emails(log_key, log, setup, first_day, out)``; both fill `out`.
    """
    loop = write_loop(measures)
    digest = hashlib.sha256("\n".join([*read_sources(measures), loop, numba.__version__]).encode()).hexdigest()[:16]
    path = cache / "implicit" / digest / "loop.py"
    if not path.is_file():
        write_text(loop, path)
    with contextlib.suppress(OSError), path.open() as file:
        # If `src.features.prepare` is compiling it right now, its machine code is worth waiting for.
        fcntl.flock(file, fcntl.LOCK_SH)
    return load_module(path)


@contextlib.contextmanager
def compiling(loop: ModuleType) -> Iterator[None]:
    """Make whoever else wants the `loop` wait until it is compiled here."""
    with Path(loop.__file__).open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def read_sources(measures: Sequence[Measure]) -> list[str]:
    """Return the sources of all metrics, and of those of the `measures` that stand elsewhere."""
    files = set(Path(implicit_metrics.__file__).parent.glob("*.py"))
    files |= {Path(sys.modules[measure.function.__module__].__file__) for measure in measures}
    return [path.read_text(encoding="utf-8") for path in sorted(files)]


def load_module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"implicit_loop_{path.parent.name}", path)
    module = importlib.util.module_from_spec(spec)
    # numba finds cached machine code by the module's name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
