import os
import shutil
import subprocess
import sys
from pathlib import Path
from unittest import mock

import numba
import numpy as np

from src.features import compiled
from src.features.compiled import compile_loop, write_loop
from src.features.implicit import measure_group
from src.features.implicit_metrics import METRICS, counts
from src.features.implicit_metrics.base import Log, Setup
from src.features.implicit_metrics.counts import measure_first
from src.features.implicit_metrics.visits import measure_rhythm

MINUTE = 60_000_000
FEW = [measure for measure in METRICS if measure.function in (measure_first, measure_rhythm)]
"""When the first activity was, and the rhythm: one and three columns."""


def make_log() -> Log:
    at = np.array([0, 10, 50, 20], np.int64) * MINUTE
    kind = np.array([0, 1, 1, 1], np.int32)
    none = np.full(4, -1, np.int32)
    return Log(at, kind, none, none, none)


def make_setup() -> Setup:
    nowhere, is_second = np.zeros(1, bool), np.array([False, True])
    times = {"windows": np.empty(0, np.int64), "decay_rates": np.empty(0), "session_gap": 30 * MINUTE}
    false = {"machine": 0, "burst": 0, "burst_clicks": 3}
    assets = {
        "is_high_intent": nowhere,
        "is_scanner_asset": nowhere,
        "is_scanner_channel": nowhere,
        "section": np.array([-1]),
    }
    roles = {"is_passive": ~is_second, "is_outreach": ~is_second, "is_reply": is_second & False}
    codes = dict.fromkeys(["delivered", "opened", "clicked", "bounced", "unsubscribed", "viewed"], -2)
    return Setup(kinds=2, sent=0, **times, **false, **assets, **roles, **codes)


def run_loop(cache: Path) -> np.ndarray:
    """Return the metrics of lead 0 (three activities) at 49 and 50 minutes, and of lead 1."""
    lead_key, log_key = np.array([0, 0, 1], np.int32), np.array([0, 0, 0, 1], np.int32)
    snapshot = np.array([49, 50, 60], np.int64) * MINUTE
    loop = compile_loop(FEW, cache)
    return measure_group(lead_key, snapshot, log_key, make_log(), make_setup(), np.array([0, 1, 4]), loop)


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
        package = tmp_path / "implicit_metrics"
        shutil.copytree(Path(counts.__file__).parent, package)
        for number, name in enumerate(["base.py", "counts.py", "emails.py", "visits.py"]):
            (package / name).write_text((package / name).read_text(encoding="utf-8") + "# Changed.\n", encoding="utf-8")
            with mock.patch.object(compiled.implicit_metrics, "__file__", str(package / "__init__.py")):
                compile_loop(FEW, tmp_path)
            assert len(list_folders(tmp_path)) == 4 + number


def test_the_generated_loop_calls_every_metric_once():
    """Check that each function is imported and given its own columns."""
    source = write_loop(METRICS)
    for number, measure in enumerate(METRICS):
        call = f"{measure.function.__name__}(lead, snapshot[i], setup, row[edges[{number}] : edges[{number + 1}]])"
        assert source.count(call) == 1


PROJECT = Path(compiled.__file__).parents[2]
RUN = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import test_compiled as tests
assert tests.compiled.__file__.startswith(sys.argv[2])
print(tests.run_loop(Path(sys.argv[3]))[1].tolist())
"""


def run_in(project: Path, cache: Path) -> str:
    arguments = [str(Path(__file__).parent), str(project), str(cache)]
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments], check=True, cwd=project, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_an_edited_metric_gives_its_new_value_in_a_second_program(tmp_path):
    """Check, in a copy of the project, that neither a metric nor what it calls is remembered."""
    project, cache = tmp_path / "project", tmp_path / "cache"
    shutil.copytree(PROJECT / "src", project / "src", ignore=shutil.ignore_patterns("__pycache__"))
    package = project / "src" / "features" / "implicit_metrics"
    assert run_in(project, cache) == str(EXPECTED[1].tolist())
    replace_text(package / "counts.py", "days(snapshot - lead.at[0])", "7.0 + days(snapshot - lead.at[0])")
    first = 7 + 50 / DAY
    assert run_in(project, cache) == str([first, *EXPECTED[1, 1:].tolist()])
    replace_text(package / "base.py", "return microseconds / MICROSECONDS_A_DAY", "return 0.0 * microseconds")
    assert run_in(project, cache) == "[7.0, 2.0, 1.0, 0.0]"


def replace_text(path: Path, old: str, new: str) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count(old) == 1
    path.write_text(source.replace(old, new), encoding="utf-8")
