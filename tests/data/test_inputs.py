"""The fingerprints of code that stages depend on, on a small tree of modules."""

import json
from pathlib import Path

import pytest

from src.data.inputs import close_imports, fingerprint_code, list_starts

MODULES = {
    "src/room/first.py": "from src.room.helper import help\n\ndef main(): ...\n\nif 1:\n    run_stage(main)\n",
    "src/room/second.py": "def main():\n    import src.other.deep\n\nif 1:\n    run_stage(main)\n",
    "src/room/helper.py": "from pathlib import Path\nRULES = Path(__file__).with_name('rules')\nimport numpy\n",
    "src/room/rules/a.yaml": "a: 1\n",
    "src/room/rules/deeper/b.csv": "b\n",
    "src/room/unread/c.yaml": "c: 1\n",
    "src/other/__init__.py": "from src.other.wide import everything\n",
    "src/other/wide.py": "",
    "src/other/deep.py": "from src import other\n",
}


@pytest.fixture(autouse=True)
def tree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, code in MODULES.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(code, encoding="utf-8")
    cells = [("code", "from src.room.second import main\n"), ("markdown", "import src.room.first"), ("code", "main()")]
    notebook = {"cells": [{"cell_type": kind, "source": [text]} for kind, text in cells]}
    Path("notebooks").mkdir()
    Path("notebooks/report_room.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def list_reached(start: str) -> list[str]:
    return sorted(path.as_posix() for path in close_imports(Path(start)))


def test_programs_and_notebooks_are_found():
    """Check that a module without an end as a program is none."""
    names = ["src/room/first.py", "src/room/second.py", "notebooks/report_room.ipynb"]
    assert [path.as_posix() for path in list_starts()] == names


def test_data_that_a_module_names_is_part_of_its_code():
    """Check a folder of rules with all that is in it, and that a folder that nobody names is left out."""
    rules = ["src/room/rules/a.yaml", "src/room/rules/deeper/b.csv"]
    assert list_reached("src/room/first.py") == ["src/room/first.py", "src/room/helper.py", *rules]


def test_imports_inside_functions_and_of_packages_count():
    """Check an import in a function, and what a package's ``__init__`` imports."""
    deep = ["src/other/__init__.py", "src/other/deep.py", "src/other/wide.py"]
    assert list_reached("src/room/second.py") == [*deep, "src/room/second.py"]


def test_a_notebook_runs_what_its_code_cells_import():
    """Check that text is no code."""
    deep = ["src/other/__init__.py", "src/other/deep.py", "src/other/wide.py"]
    expected = ["notebooks/report_room.ipynb", *deep, "src/room/second.py"]
    assert list_reached("notebooks/report_room.ipynb") == expected


@pytest.mark.parametrize(
    ("edited", "changed"),
    [
        ("src/room/helper.py", {"src/room/first.py"}),
        ("src/room/rules/deeper/b.csv", {"src/room/first.py"}),
        ("src/other/wide.py", {"src/room/second.py", "notebooks/report_room.ipynb"}),
        ("src/room/unread/c.yaml", set()),
    ],
)
def test_an_edit_changes_the_fingerprints_of_what_runs_it_alone(edited: str, changed: set[str]):
    """Check each program and notebook before and after."""
    before = {start.as_posix(): fingerprint_code(start) for start in list_starts()}
    Path(edited).write_text(Path(edited).read_text(encoding="utf-8") + "# more\n", encoding="utf-8")
    after = {start.as_posix(): fingerprint_code(start) for start in list_starts()}
    assert {name for name in before if before[name] != after[name]} == changed
