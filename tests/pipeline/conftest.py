"""Whole projects in temporary folders, run with DVC as a user would."""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from dvc.utils.serialize import modify_yaml

from benchmarks.pipeline import copy_project
from src import paths
from src.strict import read_yaml

ROOT = Path(__file__).parents[2]
PUBLIC_DATA = ROOT.parent / "shared" / "data"

SMALL = {
    "intake.bucket_leads": 1000,
    "folds.min_conversions": 20,
    "model.threads": 1,
    "model.boosting.max_rounds": 60,
    "evaluation.bootstrap": 20,
    "evaluation.refit_every": 0.5,
    "model.refits": 5,
    "model.boosting.search": [{"num_leaves": 8, "min_data_in_leaf": 30}],
}
"""Parameters with which a run takes seconds; nothing of the chain is left out."""


class Project:
    """A copy of the project that tests may change and run."""

    def __init__(self, folder: Path):
        self.folder = folder

    def set_values(self, file: str, values: dict[str, object]) -> None:
        """Set values in a YAML file by dotted keys, as DVC does: all else stays as it is."""
        with modify_yaml(self.folder / file) as content:
            for key, value in values.items():
                *parents, last = key.split(".")
                part = content
                for parent in parents:
                    part = part[parent]
                part[last] = value

    @contextlib.contextmanager
    def changed(self, file: str, values: dict[str, object]) -> Iterator[None]:
        """Set values for a while; afterwards the file has the bytes it had."""
        path = self.folder / file
        before = path.read_bytes()
        try:
            self.set_values(file, values)
            yield
        finally:
            path.write_bytes(before)

    def keep_scenarios(self, *names: str) -> None:
        """Leave out all scenarios but these: a run is shorter, no stage is left out."""
        path = self.folder / "params.yaml"
        content = read_yaml(path)
        content["scenarios"] = {name: content["scenarios"][name] for name in names}
        path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess:
        """Run a command in the project, with its own sources and the environment's programs."""
        environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(self.folder),
            "DVC_NO_ANALYTICS": "1",
        }
        environment.pop("DVC_STAGE", None)
        result = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False, timeout=900
        )
        if check and result.returncode:
            raise AssertionError(f"{command} ended with {result.returncode}\n{result.stdout}\n{result.stderr}")
        return result

    def use_public_data(self, source: str) -> None:
        """Put a public data set in its place and choose it."""
        self.run(sys.executable, "-m", "src.data.fetch", source, "--from", str(PUBLIC_DATA))
        self.run(sys.executable, "-m", "src.data.choose", source)

    def commit(self) -> None:
        """Commit everything that git does not ignore."""
        self.run("git", "add", "--all")
        name = ("-c", "user.name=test", "-c", "user.email=test@example.org")
        self.run("git", *name, "commit", "--quiet", "--message", "as it is", "--allow-empty")

    def read_bytes(self, *patterns: str) -> dict[str, bytes]:
        files = [path for pattern in patterns for path in sorted(self.folder.glob(pattern)) if path.is_file()]
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in files}


def need_public_data(source: str) -> None:
    """Skip a test whose public data set is not here."""
    if not (PUBLIC_DATA / source).is_dir():
        pytest.skip(f"the public data set {source} is not on this machine (see docs/sources.md)")


def share_compiled(folder: Path) -> None:
    """Let a project find the compiled metrics of this one: other sources have another folder there."""
    shared = ROOT / paths.CACHE / "implicit"
    shared.mkdir(parents=True, exist_ok=True)
    own = folder / paths.CACHE / "implicit"
    own.parent.mkdir()
    own.symlink_to(shared)


def make_copy(folder: Path) -> Project:
    """Copy the project into `folder` and put it under git, as a clone is."""
    copy_project(folder)
    share_compiled(folder)
    project = Project(folder)
    project.run("git", "init", "--quiet")
    project.run("dvc", "init", "--quiet")
    project.run("dvc", "config", "core.analytics", "false")
    return project


@pytest.fixture(scope="session")
def make_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Project]:
    """Return a function that makes a project with small parameters, others set as given."""

    def make(**values: object) -> Project:
        project = make_copy(tmp_path_factory.mktemp("project"))
        project.set_values("params.yaml", SMALL | values)
        project.set_values("data/sources/sample.yaml", {"generate.leads": 2500})
        return project

    return make


@pytest.fixture(scope="session")
def finished_run(make_project: Callable[..., Project], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which the whole chain has run on a small sample: the worker that needs it first makes it."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    finished = shared / "finished_run"
    with (shared / "finished_run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not finished.is_dir():
            project = make_project()
            project.run("dvc", "repro")
            project.commit()
            project.folder.rename(finished)
    return finished


@pytest.fixture(scope="session")
def sample_run(finished_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a copy of the finished run, which a worker's tests may change if they put it back."""
    folder = tmp_path_factory.mktemp("sample") / "run"
    shutil.copytree(finished_run, folder, symlinks=True)
    return Project(folder)
