import os
import subprocess
import sys
from pathlib import Path
from unittest import mock

import numba
import numpy as np

from src.features import compiled
from src.features.compiled import compile_loop, write_loop
from src.features.implicit_metrics import METRICS, Lead, Setup

MINUTE = 60_000_000
FEW = METRICS[4:6]
"""When the first activity was, and the rhythm: one and three columns."""


def make_log() -> Lead:
    at = np.array([0, 10, 50, 20], np.int64) * MINUTE
    kind = np.array([0, 1, 1, 1], np.int32)
    none = np.full(4, -1, np.int32)
    return Lead(at, kind, none, none, none)


def make_setup() -> Setup:
    empty = np.empty(0, np.int64)
    kinds = {"sent": 0, "delivered": -2, "opened": -2, "clicked": -2}
    return Setup(2, empty, empty.astype(float), 30 * MINUTE, 0, np.empty(0, bool), **kinds)


def run_loop(cache: Path) -> np.ndarray:
    """Return the metrics of lead 0 (three activities) at 49 and 50 minutes, and of lead 1."""
    start, stop = np.array([0, 0, 3]), np.array([3, 3, 4])
    snapshot, out = np.array([49, 50, 60]) * MINUTE, np.empty((3, 4))
    compile_loop(FEW, cache)(start, stop, snapshot, make_log(), make_setup(), np.array([0, 1, 4]), out)
    return out


DAY = 24 * 60
EXPECTED = np.array([[49 / DAY, 1, 1, np.nan], [50 / DAY, 2, 1, 40 / DAY], [40 / DAY, 1, 1, np.nan]])
"""An e-mail sent is a first activity but no rhythm; the visit at 50 minutes is a second one."""


def test_the_loop_gives_each_metric_its_columns_and_what_was_done_by_the_snapshot(tmp_path):
    """Check values by hand: an activity at the snapshot counts, one a minute later does not."""
    np.testing.assert_allclose(run_loop(tmp_path), EXPECTED, rtol=1e-12)


def test_a_second_program_finds_the_machine_code_and_the_same_numbers(tmp_path):
    """Check that the folder is named once, filled once, and loads to bit-equal values."""
    first = run_loop(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    assert {path.suffix for path in before} >= {".py", ".nbi", ".nbc"}
    code = (
        "import sys, numpy as np; from pathlib import Path; sys.path.insert(0, sys.argv[1]); "
        "import test_compiled as tests; np.save(sys.argv[3], tests.run_loop(Path(sys.argv[2])))"
    )
    arguments = [str(Path(__file__).parent), str(tmp_path), str(tmp_path / "second.npy")]
    subprocess.run([sys.executable, "-c", code, *arguments], check=True, env=os.environ)
    assert first.tobytes() == np.load(tmp_path / "second.npy").tobytes()
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(list((tmp_path / "implicit").iterdir())) == 1


def list_folders(cache: Path) -> set[str]:
    return {path.name for path in (cache / "implicit").iterdir()}


def test_another_source_another_folder(tmp_path):
    """Check that a changed metric, another choice of metrics or another numba never share code."""
    with mock.patch.object(compiled, "load_module"):
        compile_loop(FEW, tmp_path)
        first = list_folders(tmp_path)
        compile_loop(FEW, tmp_path)
        assert list_folders(tmp_path) == first
        compile_loop(METRICS, tmp_path)
        assert len(list_folders(tmp_path)) == 2
        with mock.patch.object(numba, "__version__", "0.0"):
            compile_loop(FEW, tmp_path)
        assert len(list_folders(tmp_path)) == 3
        changed = tmp_path / "changed.py"
        source = Path(compiled.implicit_metrics.__file__).read_text(encoding="utf-8")
        changed.write_text(source + "\n# Another source.\n", encoding="utf-8")
        with mock.patch.object(compiled.implicit_metrics, "__file__", str(changed)):
            compile_loop(FEW, tmp_path)
        assert len(list_folders(tmp_path)) == 4


def test_the_generated_loop_calls_every_metric_once():
    """Check that each function is imported and given its own columns."""
    source = write_loop(METRICS)
    for number, measure in enumerate(METRICS):
        call = f"{measure.function.__name__}(lead, snapshot[i], setup, out[i, edges[{number}] : edges[{number + 1}]])"
        assert source.count(call) == 1
