"""Names of parameters are text: none becomes a command."""

import sys
from collections.abc import Callable

import pytest

from src.strict import read_yaml
from tests.pipeline.conftest import Project


@pytest.fixture(scope="module")
def refused(make_project: Callable[..., Project]) -> Project:
    """Return a project of which no stage has run."""
    return make_project()


@pytest.mark.parametrize("name", ["x; touch PWNED", "$(touch PWNED)", "`touch PWNED`", "../x", "a b"])
def test_a_name_that_could_be_a_command_is_refused(refused: Project, name: str):
    """Check that a scenario's name reaches no shell and is refused when params are read."""
    scenario = read_yaml(refused.folder / "params.yaml")["scenarios"]["small_team"]
    with refused.changed("params.yaml", {"scenarios": {name: scenario}}):
        refused.run("dvc", "repro", check=False)
        result = refused.run(sys.executable, "-m", "src.data.ingest", check=False)
    assert result.returncode == 1
    assert result.stderr.startswith("src.data.ingest: [invalid_value] params.yaml: scenarios.")
    assert list(refused.folder.rglob("PWNED")) == []
