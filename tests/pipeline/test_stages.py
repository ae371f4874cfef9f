"""DVC does not see Python's imports: what a stage runs must stand among its deps."""

from pathlib import Path

import pytest
import yaml

from tests.pipeline.imports import close_imports

ROOT = Path(__file__).parents[2]
FILES = ("dvc.yaml", "data/sample/dvc.yaml", "data/complete_journey/dvc.yaml")


def list_stages() -> list[tuple[str, dict]]:
    stages = []
    for file in FILES:
        content = yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))
        stages += [(f"{file}:{name}", stage.get("do", stage)) for name, stage in content["stages"].items()]
    return stages


STAGES = list_stages()


def list_code_deps(stage: dict) -> list[str]:
    return [dep for dep in stage["deps"] if dep.startswith(("src/", "notebooks/"))]


def find_imports(stage: dict) -> set[str]:
    module = stage["cmd"].split()[2]
    starts = [ROOT / (module.replace(".", "/") + ".py")]
    starts += [ROOT / dep for dep in stage["deps"] if dep.endswith(".ipynb")]
    return close_imports(ROOT, *starts)


def covers(dep: str, file: str) -> bool:
    return file == dep or file.startswith(f"{dep}/")


@pytest.mark.parametrize(("name", "stage"), STAGES, ids=[name for name, _ in STAGES])
def test_a_stage_depends_on_every_local_file_it_imports(name: str, stage: dict):
    """Check that no edit of a helper leaves a stage stale."""
    missing = [file for file in find_imports(stage) if not any(covers(dep, file) for dep in list_code_deps(stage))]
    assert not missing, f"{name} runs {missing} without depending on them"


@pytest.mark.parametrize(("name", "stage"), STAGES, ids=[name for name, _ in STAGES])
def test_a_stage_depends_on_no_module_it_does_not_import(name: str, stage: dict):
    """Check that no edit elsewhere reruns a stage."""
    imported = find_imports(stage)
    idle = [dep for dep in list_code_deps(stage) if dep.endswith(".py") and dep not in imported]
    assert not idle, f"{name} depends on {idle} without running them"


@pytest.mark.parametrize(("name", "stage"), STAGES, ids=[name for name, _ in STAGES])
def test_a_folder_stands_for_modules_most_of_which_are_run(name: str, stage: dict):
    """Check that a package is named as a whole only where at least half of it is run: each dep costs time."""
    imported = find_imports(stage)
    for folder in (dep for dep in list_code_deps(stage) if (ROOT / dep).is_dir()):
        modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*.py")}
        modules = {module for module in modules if not module.endswith("__init__.py")}
        run = modules & imported
        assert not run or len(run) >= len(modules) / 2, f"{name} depends on {folder} and runs {sorted(run)} of it"


def test_the_index_depends_on_the_figures_of_every_objective():
    """Check that an objective added to params.yaml is not forgotten by the landing page."""
    index = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]["index"]
    objectives = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["objectives"]
    figures = {dep for dep in index["deps"] if dep.startswith("metrics/") and dep.endswith(".json")}
    assert figures == {f"metrics/{objective}.json" for objective in objectives}


@pytest.mark.parametrize(("name", "stage"), STAGES, ids=[name for name, _ in STAGES])
def test_no_command_holds_a_name_from_params(name: str, stage: dict):
    """Check that a name in params.yaml cannot become a command of the shell."""
    assert "${" not in stage["cmd"]
    assert stage["desc"]
