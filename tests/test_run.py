"""Progress of the chain, with a program in DVC's place that says what DVC says."""

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from src import run as program

ROOT = Path(__file__).parents[1]

FAKE = r"""#!/bin/sh
if [ "$1" = stage ]; then printf 'ingest\ntrain@sale\nindex\n'; exit 0; fi
echo "Running stage 'data/sample/dvc.yaml:generate':"
echo "> python -m src.data.sample.generate"
echo "src.data.sample.generate: 100 leads" >&2
echo "Updating lock file 'data/sample/dvc.lock'"
echo
echo "Stage 'ingest' didn't change, skipping"
echo "Running stage 'train@sale':"
echo "> python -m src.models.train"
{training}
echo "Updating lock file 'dvc.lock'"
echo
echo "Stage 'index' is cached - skipping run, checking out outputs"
echo
echo "To track the changes with git, run:"
echo
printf '\tgit add dvc.lock data/sample/dvc.lock\n'
echo
echo "To enable auto staging, run:"
echo
printf '\tdvc config core.autostage true\n'
echo 'Use `dvc push` to send your updates to remote storage.'
"""

NOTHING = """#!/bin/sh
echo "Stage 'ingest' didn't change, skipping"
echo "Data and pipelines are up to date."
"""


@pytest.fixture
def project(tmp_path):
    """Return a folder with a source and a `dvc` of its own."""
    (tmp_path / "data" / "sources").mkdir(parents=True)
    for name in ("sample", "bpi2012"):
        shutil.copyfile(ROOT / f"data/sources/{name}.yaml", tmp_path / f"data/sources/{name}.yaml")
    (tmp_path / "params.yaml").write_text("source: sample\n")
    return tmp_path


def start(folder: Path, script: str, **options) -> subprocess.Popen:
    """Start the program in `folder` with `script` as its DVC."""
    dvc = folder / "bin" / "dvc"
    dvc.parent.mkdir()
    dvc.write_text(script)
    dvc.chmod(0o755)
    path = os.pathsep.join([str(dvc.parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "SOURCE": options.pop("source", "")}
    return subprocess.Popen([sys.executable, "-m", "src.run"], cwd=folder, env=environment, **options)


def run(folder: Path, script: str, **options) -> tuple[str, str, int]:
    process = start(folder, script, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    output, errors = process.communicate(timeout=60)
    return output, errors, process.returncode


def test_a_stage_is_a_line_with_its_number(project):
    """Check number and count (a stage of another file counts too), and that DVC's advice is left out."""
    training = """echo "'a': b"; echo 'src.models.train: done' >&2"""
    output, errors, status = run(project, FAKE.replace("{training}", training))
    assert output.splitlines() == ["[1/4] generate", "[3/4] train sale", "'a': b", "[4/4] index (as it was before)"]
    reports = f"src.run: the reports begin at {project.resolve()}/reports/index.html"
    assert errors.splitlines() == ["src.data.sample.generate: 100 leads", "src.models.train: done", reports]
    assert status == 0


def test_an_error_is_shown_in_full_and_its_status_kept(project):
    """Check that nothing of what stands on standard error is left out, empty lines and all."""
    failing = "printf 'Traceback\\n\\n\\t> x\\nERROR: no\\n' >&2; exit 7"
    output, errors, status = run(project, FAKE.replace("{training}", failing))
    assert output.splitlines() == ["[1/4] generate", "[3/4] train sale"]
    assert errors == "src.data.sample.generate: 100 leads\nTraceback\n\n\t> x\nERROR: no\n"
    assert status == 7


def test_nothing_to_do_is_said(project):
    output, errors, status = run(project, NOTHING, source="bpi2012")
    assert output == "Data and pipelines are up to date.\n"
    assert errors.count("\n") == 1
    assert status == 0
    assert (project / "params.yaml").read_text() == "source: bpi2012\n"


def test_a_killed_dvc_is_said(project):
    output, errors, status = run(project, "#!/bin/sh\nkill -TERM $$\n")
    assert errors == "src.run: [killed] DVC was ended by SIGTERM; run it again to go on from there\n"
    assert (output, status) == ("", 1)


def test_an_interrupt_is_one_line(project):
    """Check Ctrl-C, which reaches every process of the terminal: no traceback, nothing of DVC's."""
    script = FAKE.replace("{training}", "trap 'echo ERROR: failed >&2; exit 1' INT; sleep 30")
    process = start(project, script, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    lines = [process.stdout.readline(), process.stdout.readline()]
    assert lines == ["[1/4] generate\n", "[3/4] train sale\n"]
    time.sleep(0.2)
    os.killpg(process.pid, signal.SIGINT)
    output, errors = process.communicate(timeout=20)
    assert output == ""
    expected = ["src.data.sample.generate: 100 leads", "src.run: [interrupted] stopped; run it again"]
    assert [line for line in errors.splitlines() if line] == expected
    assert process.returncode == 130


def test_a_terminal_shows_seconds(project):
    """Check that the line of a stage that takes a while is written again in its place."""
    mine, other = pty.openpty()
    script = "echo \"Running stage 'train@sale':\"; sleep 2.5"
    process = start(project, "#!/bin/sh\n[ $1 = repro ] || exit 1\n" + script, stdout=other, stderr=other)
    os.close(other)
    shown = b""
    while True:
        try:
            shown += os.read(mine, 4096)
        except OSError:  # the other end is closed
            break
    assert process.wait(timeout=20) == 0
    assert re.match(r"\r\[1\] train sale\r\[1\] train sale … 1 s\r\[1\] train sale … 2 s.*\r\n", shown.decode())


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["requirements-mine.txt", "src/data/mine.py"], ["requirements-mine.txt", "src.data.mine"]),
        (["requirements-mine.txt", "src/data/mine.py", "data/raw/mine/leads.csv"], ["requirements-mine.txt"]),
        (["requirements-mine.txt"], []),
        (["src/data/mine.py"], []),
    ],
)
def test_a_source_from_a_package_is_installed_and_exported_once(tmp_path, monkeypatch, names, expected):
    """Check that a source named like another requirements file installs nothing, and that files stay."""
    monkeypatch.chdir(tmp_path)
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("")
    done = []
    monkeypatch.setattr(program, "install", lambda files: done.extend(map(str, files)))
    monkeypatch.setattr(program.subprocess, "run", lambda command, check: done.append(command[-1]))
    program.fill_raw_folder("mine")
    assert done == expected
