"""What the Makefile does with names that it is given, and what `make clean` leaves."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from src import run
from src.stage import InputError

ROOT = Path(__file__).parents[1]

TRIES = [
    "$(touch PWNED)",
    "`touch PWNED`",
    'x"; touch PWNED; "',
    "x'; touch PWNED; '",
    "x; touch PWNED",
    "x\ntouch PWNED",
    "$(shell touch PWNED)",
    "${shell touch PWNED}",
    "$$(touch PWNED)",
    '"$(shell touch PWNED)"',
    "$(eval $(shell touch PWNED))",
    "$(touch PWNED) # $(shell touch PWNED)",
]

STUB = '#!/bin/sh\nprintf "%s\\0" "$SOURCE" "$FROM" "$@" > called\n'


@pytest.fixture
def project(tmp_path):
    """Return a folder with the Makefile and a .venv whose Python writes down what it is given."""
    for name in ("Makefile", ".gitignore", "requirements.txt", "requirements-setup.txt", "pyproject.toml"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(STUB)
    python.chmod(0o755)
    (tmp_path / ".venv" / ".ready").touch()
    return tmp_path


def make(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    inherited = {name: value for name, value in os.environ.items() if name not in ("SOURCE", "FROM", "MAKEFLAGS")}
    return subprocess.run(
        ["make", *arguments], cwd=folder, env=inherited | environment, capture_output=True, text=True, check=False
    )


def read_call(folder: Path) -> list[str]:
    """Return SOURCE, FROM and the arguments that Python was given."""
    return (folder / "called").read_bytes().decode().split("\0")[:-1]


@pytest.mark.parametrize("text", TRIES)
def test_what_the_caller_says_is_text(project, text):
    """Check that Python gets it letter by letter, from the command line and from the environment."""
    for arguments, environment in ([f"SOURCE={text}"], {}), ([], {"SOURCE": text}):
        make(project, "repro", *arguments, **environment)
        assert read_call(project) == [text, "", "-m", "src.run"]
    for arguments, environment in ([f"FROM={text}"], {}), ([], {"FROM": text}):
        make(project, "data", *arguments, **environment)
        assert read_call(project) == ["", text, "-m", "src.data.fetch", f"--from={text}"]
    assert not (project / "PWNED").exists()


@pytest.mark.parametrize("text", TRIES)
def test_a_python_that_is_none_is_refused(project, text):
    """Check that PYTHON is the name of a program and nothing else."""
    (project / ".venv" / ".ready").unlink()
    for arguments, environment in ([f"PYTHON={text}"], {}), ([], {"PYTHON": text}):
        done = make(project, "setup", *arguments, **environment)
        assert done.returncode != 0
        assert "Python 3.11, 3.12 or 3.13 is needed" in done.stderr
    assert not (project / "called").exists()
    assert not (project / "PWNED").exists()


@pytest.mark.parametrize("text", TRIES)
def test_what_stands_in_params_is_text(project, text):
    """Check every target that does not need more than a name, with the name in params.yaml."""
    (project / "params.yaml").write_text(f"source: {text}\n")
    for target in ("help", "repro", "clean", "lint"):
        make(project, target)
    assert read_call(project) == ["", "", "-m", "src.run"]
    assert not (project / "PWNED").exists()


@pytest.mark.parametrize("text", TRIES)
@pytest.mark.parametrize("where", ["params.yaml", "SOURCE"])
def test_a_name_that_is_no_source_is_refused_and_nothing_is_run(tmp_path, monkeypatch, text, where):
    """Check the program behind `make repro`: one line, and neither DVC nor an installer is called."""
    (tmp_path / "data" / "sources").mkdir(parents=True)
    shutil.copyfile(ROOT / "data/sources/sample.yaml", tmp_path / "data/sources/sample.yaml")
    (tmp_path / "params.yaml").write_text(f"source: {text}\n" if where == "params.yaml" else "source: sample\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE", text if where == "SOURCE" else "")
    monkeypatch.setattr(subprocess, "Popen", lambda *command, **_: pytest.fail(f"ran {command}"))
    with pytest.raises(InputError, match=r"^\[(invalid_name|unknown_source)\] [^\n]+$"):
        run.main()
    assert not (tmp_path / "PWNED").exists()


def test_the_versions_of_python_are_those_of_the_project():
    """Check that what `make setup` accepts is what pyproject.toml says."""
    required = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert required == ">=3.11,<3.14"
    assert "(3, 11) <= sys.version_info[:2] <= (3, 13)" in (ROOT / "Makefile").read_text()


def list_made() -> list[str]:
    """Return what the chain leaves and git does not keep: outputs of dvc.yaml in DVC's cache."""
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    entries = [out for stage in stages.values() for out in stage.get("do", stage).get("outs", [])]
    return [out for out in entries if isinstance(out, str)]


def test_clean_removes_what_is_made_and_nothing_else(project):
    """Check each output of the chain and the caches; what people put there stays."""
    made = [name.split("$")[0].rstrip("/") or name for name in list_made()]
    assert len(made) > 10
    kept = ["data/raw/mine/leads.csv", ".dvc/cache/files/md5/ab/c", "data/sources/mine.yaml", "src/models/train.py"]
    kept += [".venv/bin/python", "notes/reports/mine.txt", "metrics/sale.json"]
    for name in [*(f"{name}/x" for name in made), ".cache/implicit/x", ".hypothesis/x", *kept]:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).touch()
    assert make(project, "clean").returncode == 0
    assert [name for name in kept if not (project / name).exists()] == []
    assert [name for name in [*made, ".cache", ".hypothesis"] if (project / name).exists()] == []


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_nothing_in_git_is_ignored():
    """Check that what `make clean` goes by names nothing that is in git."""
    tracked = subprocess.run(
        ["git", "ls-files", "-ci", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert tracked.stdout == ""


@pytest.mark.parametrize("user", [0, 1000])
def test_jupyter_is_told_when_it_is_root(project, user):
    """Check that JupyterLab, which refuses root, is allowed it only then."""
    for name, script in {"id": f"#!/bin/sh\necho {user}\n", "jupyter": '#!/bin/sh\necho "$@" > called\n'}.items():
        (project / ".venv" / "bin" / name).write_text(script)
        (project / ".venv" / "bin" / name).chmod(0o755)
    assert make(project, "lab").returncode == 0
    assert (project / "called").read_text() == "lab --notebook-dir=.{}\n".format("" if user else " --allow-root")


def test_a_half_written_file_is_none_of_dvcs():
    """Check that DVC leaves out what `replacing` has not finished."""
    names = ["data/raw/mine/.leads.csv.1.partial", "data/raw/mine/leads.csv"]
    dvc = Path(sys.executable).with_name("dvc")
    done = subprocess.run([dvc, "check-ignore", *names], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.split() == names[:1]
