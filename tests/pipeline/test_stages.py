"""DVC does not see Python's imports: what a stage runs must stand among its deps."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from src.data.inputs import list_starts, name_code, read_needs

ROOT = Path(__file__).parents[2]
FILES = ("dvc.yaml", "data/sample/dvc.yaml")
CODE = "data/inputs/code/"
FIRST = "inputs"
"""The stage that writes the fingerprints depends on the whole of src itself."""


def list_stages() -> dict[str, dict]:
    stages = {}
    for file in FILES:
        content = YAML(typ="safe").load(ROOT / file)
        stages |= {name: stage.get("do", stage) for name, stage in content["stages"].items()}
    return stages


STAGES = list_stages()


def list_programs(stage: dict) -> set[str]:
    return {word.removeprefix("src.") for word in stage["cmd"].split() if word.startswith("src.")} - {"together"}


def list_code_deps(stage: dict) -> set[str]:
    return {dep.removeprefix(CODE).removesuffix(".txt") for dep in stage["deps"] if dep.startswith(CODE)}


@pytest.mark.parametrize("name", [name for name in STAGES if name != FIRST])
def test_a_stage_depends_on_the_code_of_the_programs_it_runs(name: str):
    """Check that no edit of a helper leaves a stage stale, and no edit elsewhere reruns one."""
    deps = list_code_deps(STAGES[name])
    assert {dep for dep in deps if not dep.startswith("notebooks.")} == list_programs(STAGES[name])
    assert not [dep for dep in STAGES[name]["deps"] if dep.startswith(("src/", "notebooks/"))]


def test_a_stage_that_renders_depends_on_a_notebook():
    """Check that each report's notebook is a dependency of exactly one stage."""
    notebooks = sorted(
        dep for stage in STAGES.values() for dep in list_code_deps(stage) if dep.startswith("notebooks.")
    )
    assert notebooks == [f"notebooks.{path.stem}" for path in sorted((ROOT / "notebooks").glob("report_*.ipynb"))]


def test_every_program_of_a_stage_has_a_fingerprint(monkeypatch):
    """Check that what `inputs` takes for programs are those that stages run, and some more."""
    monkeypatch.chdir(ROOT)
    assert set.union(*map(list_programs, STAGES.values())) <= {name_code(start) for start in list_starts()}


def test_every_file_of_data_among_the_code_has_a_reader(monkeypatch):
    """Check that an edit of a rule, a template or a translation reruns some stage."""
    monkeypatch.chdir(ROOT)
    reached = set(read_needs(list_starts()))
    files = [path for path in Path("src").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert {path for path in files if path.suffix != ".py"} - reached == set()


def test_stages_across_objectives_depend_on_every_objective():
    """Check that an objective added to params.yaml is not forgotten by the stages that compare them."""
    objectives = YAML(typ="safe").load(ROOT / "params.yaml")["objectives"]
    for name, pattern in (
        ("comparison", r"metrics/([a-z]+)\.json"),
        ("objectives", r"data/processed/(\w+)-predictions\.parquet"),
        ("score", r"models/(\w+)-current"),
        ("score", r"data/processed/(\w+)\.parquet"),
    ):
        found = [match[1] for dep in STAGES[name]["deps"] if (match := re.fullmatch(pattern, dep))]
        assert sorted(set(found) - {"objectives"}) == sorted(objectives), name


@pytest.mark.parametrize("name", STAGES)
def test_no_command_holds_a_name_from_params(name: str):
    """Check that a name in params.yaml cannot become a command of the shell."""
    assert "${" not in STAGES[name]["cmd"]
    assert STAGES[name]["desc"]
