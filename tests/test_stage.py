import os
import subprocess
import sys
from pathlib import Path

import pytest

from src.stage import InputError, read_item

ROOT = Path(__file__).parents[1]


def run_program(folder, body):
    """Run a program whose `main` has the given body."""
    text = f"from src.stage import InputError, run_stage\ndef main():\n    {body}\nrun_stage(main)\n"
    (folder / "program.py").write_text(text)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "program"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ({}, "[code] what is wrong"),
        ({"file": "a.csv"}, "[code] a.csv: what is wrong"),
        ({"file": "a.csv", "line": 3, "column": "id"}, "[code] a.csv, line 3, column 'id': what is wrong"),
    ],
)
def test_an_error_is_one_line_that_says_where(where, message):
    """Check the message, its line breaks and blanks included."""
    error = InputError("code", "what\n is \twrong", **where)
    assert (str(error), error.code) == (message, "code")


@pytest.mark.parametrize(
    ("body", "status", "line"),
    [
        ("return 'all is well'", 0, "program: all is well"),
        ("raise InputError('code', 'no', 'a.csv', 2)", 1, "program: [code] a.csv, line 2: no"),
        ("import os; os.kill(os.getpid(), 2)", 130, "program: [interrupted] stopped; run it again"),
        ("import os; os.kill(os.getpid(), 15)", 143, "program: [interrupted] stopped; run it again"),
        ("import os; os.kill(os.getpid(), 1)", 129, "program: [interrupted] stopped; run it again"),
        ("raise MemoryError", 1, "program: [out_of_memory] not enough memory; run it again with more"),
        ("open('missing')", 1, "program: [missing_file] missing: no such file"),
        ("raise OSError(28, 'No space left on device', 'out.parquet')", 1, "program: [os_error] out.parquet: No space"),
    ],
)
def test_a_program_ends_with_one_line(tmp_path, body, status, line):
    """Check the exit status and that standard error has one line and no traceback."""
    done = run_program(tmp_path, body)
    assert done.returncode == status
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_an_error_that_a_library_makes_of_an_interrupt_is_none(tmp_path):
    """Check a library that catches the interrupt and raises something else."""
    body = "import os\n    try: os.kill(os.getpid(), 2)\n    except KeyboardInterrupt: raise RuntimeError('query')"
    done = run_program(tmp_path, body)
    assert done.returncode == 130
    assert done.stderr == "program: [interrupted] stopped; run it again\n"


def test_a_fault_of_the_program_itself_keeps_its_traceback(tmp_path):
    """Check that a bug is not dressed up as an error of the user."""
    done = run_program(tmp_path, "raise ZeroDivisionError")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_the_item_is_the_argument_or_what_stands_behind_the_at_sign(monkeypatch):
    """Check the ways a program learns which objective or scenario it is for, or that it is for all, and none."""
    monkeypatch.setenv("DVC_STAGE", "train@sale")
    monkeypatch.setattr(sys, "argv", ["train", "accepted"])
    assert read_item() == "accepted"
    monkeypatch.setattr(sys, "argv", ["train"])
    assert read_item() == "sale"
    monkeypatch.setenv("DVC_STAGE", "comparison")
    assert read_item() == "comparison"
    monkeypatch.delenv("DVC_STAGE")
    with pytest.raises(InputError, match="missing_argument"):
        read_item()
