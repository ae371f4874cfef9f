"""Compiles the metrics into one loop over snapshots, and keeps the machine code.

numba's cache does not notice that a *called* function has changed and would silently return
old numbers, so the folder of the cache is named by a hash of the metrics' source and numba's
version: another source, another folder.
"""

import hashlib
import importlib.util
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import numba

from src import paths
from src.features import implicit_metrics
from src.features.implicit_metrics import Measure
from src.files import write_text

LOOP = '''"""Generated: calls each metric on each lead's activities up to each snapshot."""
from numba import njit

from src.features.implicit_metrics import Lead, {names}


@njit(cache=True)
def measure(start, stop, snapshot, log, setup, edges, out):
    for i in range(len(snapshot)):
        end = start[i]
        while end < stop[i] and log.at[end] <= snapshot[i]:
            end += 1
        seen = slice(start[i], end)
        lead = Lead(
            log.at[seen], log.kind[seen], log.asset[seen], log.campaign[seen], log.channel[seen]
        )
{calls}
'''


def write_loop(measures: Sequence[Measure]) -> str:
    """Return the source of the loop that calls the `measures` one after the other."""
    names = [measure.function.__name__ for measure in measures]
    calls = [
        f"        {name}(lead, snapshot[i], setup, out[i, edges[{number}] : edges[{number + 1}]])"
        for number, name in enumerate(names)
    ]
    return LOOP.format(names=", ".join(names), calls="\n".join(calls))


def compile_loop(measures: Sequence[Measure], cache: Path = paths.CACHE) -> Callable:
    """Return the loop over `measures`, compiled now or by an earlier run of the same sources."""
    loop = write_loop(measures)
    source = Path(implicit_metrics.__file__).read_text(encoding="utf-8")
    digest = hashlib.sha256("\n".join([source, loop, numba.__version__]).encode()).hexdigest()[:16]
    path = cache / "implicit" / digest / "loop.py"
    if not path.is_file():
        write_text(loop, path)
    return load_module(path).measure


def load_module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"implicit_loop_{path.parent.name}", path)
    module = importlib.util.module_from_spec(spec)
    # numba finds cached machine code by the module's name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
