import json
import shutil
import subprocess
import sys
from pathlib import Path
from unittest import mock

import numba
import numpy as np
import pandas as pd

from src.features import compiled
from src.features.compiled import compile_loop, write_loop
from src.features.implicit import measure_group
from src.features.implicit_metrics import METRICS, counts
from src.features.implicit_metrics.base import Lead, Log
from src.features.implicit_metrics.counts import measure_first
from src.features.implicit_metrics.visits import measure_rhythm
from src.features.implicit_plan import plan_metrics
from src.params import load_params

MINUTE = 60_000_000
DAY = 24 * 60
FEW = [measure for measure in METRICS if measure.function in (measure_first, measure_rhythm)]
"""When the first activity was, and the rhythm: one and three columns."""

SMALL = """
from numba import njit
{imports}


@njit(cache=True)
def measure(lead, snapshot, setup, edges, out):
    for i in range(len(snapshot)):
        row = out[i]
{calls}
"""
"""A loop over one lead, which is compiled in a second: for what is remembered it is as good as the real one."""


def measure_small(cache: Path) -> list[float]:
    """Return when the first activity of a lead was, at 49 and at 50 minutes."""
    at, kind = np.array([0, 10], np.int64) * MINUTE, np.array([0, 1], np.int32)
    lead = Lead(at, kind, kind, kind, kind, kind.astype(np.int8))
    out = np.empty((2, 1))
    with mock.patch.object(compiled, "LOOP", SMALL):
        loop = compile_loop([measure for measure in FEW if measure.function is measure_first], cache)
    loop.measure(lead, np.array([49, 50], np.int64) * MINUTE, 0, np.array([0, 1]), out)
    return out[:, 0].tolist()


def test_the_loop_gives_each_metric_its_columns_and_what_was_done_by_the_snapshot():
    """Check values by hand: an activity at the snapshot counts, one a minute later does not.

    An e-mail sent is a first activity but no rhythm; the visit at 50 minutes is a second one. Lead 0 has three
    activities and is seen at 49 and 50 minutes, lead 1 has one.
    """
    codes = pd.DataFrame({"column": "kind", "code": [0, 1], "value": ["email_sent", "page_viewed"]})
    always = pd.DataFrame({"kind": [], "covered_from": pd.Series(dtype="datetime64[us]")})
    plan = plan_metrics(codes, always, np.zeros(0, np.int64), [], load_params().implicit)
    none = np.full(4, -1, np.int32)
    log = Log(np.array([0, 10, 50, 20], np.int64) * MINUTE, np.array([0, 1, 1, 1], np.int32), none, none, none)
    lead_key, log_key = np.array([0, 0, 1], np.int32), np.array([0, 0, 0, 1], np.int32)
    snapshot = np.array([49, 50, 60], np.int64) * MINUTE
    values = measure_group(lead_key, snapshot, log_key, log, plan.setup, plan.edges, plan.loop)
    names = [column.metric.name for column in plan.columns]
    columns = ["days_since_first_activity", "count_sessions", "count_active_days", "longest_gap_days"]
    expected = [[49 / DAY, 1, 1, np.nan], [50 / DAY, 2, 1, 40 / DAY], [40 / DAY, 1, 1, np.nan]]
    np.testing.assert_allclose(values[:, [names.index(name) for name in columns]], expected, rtol=1e-12)


def test_a_second_program_finds_the_machine_code_and_the_same_numbers(tmp_path):
    """Check that the folder is named once, filled once, and loads to equal values."""
    assert measure_small(tmp_path) == [49 / DAY, 50 / DAY]
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    assert {path.suffix for path in before} >= {".py", ".nbi", ".nbc"}
    assert run_in(PROJECT, tmp_path) == [49 / DAY, 50 / DAY]
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
import json
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import test_compiled as tests
assert tests.compiled.__file__.startswith(sys.argv[2])
print(json.dumps(tests.measure_small(Path(sys.argv[3]))))
"""


def run_in(project: Path, cache: Path) -> list[float]:
    """Return what another program measures with the code of a `project`."""
    command = [sys.executable, "-c", RUN, str(Path(__file__).parent), str(project), str(cache)]
    done = subprocess.run(command, check=True, cwd=project, capture_output=True, text=True)
    return json.loads(done.stdout)


def test_an_edited_metric_gives_its_new_value_in_a_second_program(tmp_path):
    """Check, in a copy of the project, that neither a metric nor what it calls is remembered."""
    project, cache = tmp_path / "project", tmp_path / "cache"
    shutil.copytree(PROJECT / "src", project / "src", ignore=shutil.ignore_patterns("__pycache__"))
    package = project / "src" / "features" / "implicit_metrics"
    assert run_in(project, cache) == [49 / DAY, 50 / DAY]
    replace_text(package / "counts.py", "days(snapshot - lead.at[0])", "7.0 + days(snapshot - lead.at[0])")
    assert run_in(project, cache) == [7 + 49 / DAY, 7 + 50 / DAY]
    replace_text(package / "base.py", "return microseconds / MICROSECONDS_A_DAY", "return 0.0 * microseconds")
    assert run_in(project, cache) == [7.0, 7.0]


def replace_text(path: Path, old: str, new: str) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count(old) == 1
    path.write_text(source.replace(old, new), encoding="utf-8")
