"""What a data scientist changes and compares: the README's experiments, and DVC's own comparisons."""

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.pipeline.conftest import Project

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXPERIMENTS = [shlex.split(line, comments=True) for line in re.findall(r"^dvc exp run .*$", README, re.MULTILINE)]


def list_changes(project: Project) -> list[str]:
    """Return the lines of params.yaml that are not as committed, and check that as many went."""
    rows = project.run("git", "diff", "--unified=0", "params.yaml").stdout.splitlines()
    added = [row[1:].strip() for row in rows if row.startswith("+") and not row.startswith("+++")]
    removed = [row for row in rows if row.startswith("-") and not row.startswith("---")]
    assert len(added) == len(removed)
    return added


@pytest.fixture
def project(sample_run: Project):
    """Return the project with its finished run; afterwards it is as it was committed."""
    sample_run.commit()
    yield sample_run
    sample_run.run("git", "checkout", "--quiet", ".")
    sample_run.run("dvc", "checkout", "--quiet", "--force")


def test_the_readme_has_experiments():
    """Check that the tests below try something."""
    assert len(EXPERIMENTS) >= 2


@pytest.mark.parametrize("command", EXPERIMENTS, ids=" ".join)
def test_an_experiment_changes_its_lines_alone(project: Project, command: list[str]):
    """Check each override of the README through DVC: the first stage reads what DVC wrote."""
    project.run(*command, "inputs")
    overrides = [word.rpartition(".")[2].split("=") for word in command if "=" in word]
    assert sorted(list_changes(project)) == sorted(f"{key}: {value}" for key, value in overrides)


def test_an_experiment_with_a_scenario_runs_its_stages(project: Project):
    """Check a whole experiment, and that its figures differ from the committed ones under the same keys."""
    before = json.loads((project.folder / "metrics/policies/sale-small_team.json").read_text(encoding="utf-8"))
    said = project.run("dvc", "exp", "run", "-S", "scenarios.small_team.capacity_per_week=7").stdout
    assert set(re.findall(r"Running stage '(.*)'", said)) == {"scenario@small_team", "score", "comparison"}
    after = json.loads((project.folder / "metrics/policies/sale-small_team.json").read_text(encoding="utf-8"))
    assert after["test"]["contacts"] < before["test"]["contacts"]
    assert set(after) == set(before)
    shown = project.run("dvc", "exp", "show", "--only-changed", "--csv").stdout.splitlines()[0].split(",")
    assert "scenarios.small_team.capacity_per_week" in shown
    assert not [column for column in shown if column.startswith(("source.", "data/sources"))]


def test_a_changed_source_is_one_line_of_the_parameters(project: Project):
    """Check `dvc params diff` after another source was chosen."""
    with project.changed("params.yaml", {}):
        path = project.folder / "params.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace("source: sample", "source: bpi2012"), encoding="utf-8")
        difference = project.run("dvc", "params", "diff").stdout.splitlines()
    assert [row for row in difference if "bpi2012" in row]
    assert len(difference) <= 4
    assert max(map(len, difference)) <= 80


def test_nothing_is_stale_after_a_run(project: Project):
    """Check that `dvc status` names no stage of any source."""
    assert json.loads(project.run("dvc", "status", "--json").stdout) == {}


def test_plots_are_compared_with_the_last_commit(project: Project):
    """Check that DVC can draw every plot of the workspace beside the committed one."""
    done = project.run("dvc", "plots", "diff", "--out", "dvc_plots", "HEAD")
    assert "failed" not in (done.stdout + done.stderr).lower()
    assert (project.folder / "dvc_plots/index.html").is_file()
