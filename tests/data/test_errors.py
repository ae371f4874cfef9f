"""The table of errors is whole, and its page is what the table says."""

import ast
from pathlib import Path

from src.data.errors import ERRORS, PAGE, REASONS, find_remedy, write_page

ROOT = Path(__file__).parents[2]


def list_raised():
    """Return the codes of all errors that modules of ``src/data`` raise, and whether each is a text."""
    codes = []
    for path in sorted((ROOT / "src/data").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "InputError":
                codes.append(node.args[0].value)
    return codes


def test_every_code_that_is_raised_is_in_the_table_once_and_no_other_is():
    """Check the codes of the sources against the table."""
    listed = [code for faults in ERRORS.values() for code in faults]
    assert sorted(set(list_raised())) == sorted(listed)


def test_the_page_is_current():
    """Check that `python -m src.data.errors` would change nothing."""
    assert (ROOT / PAGE).read_text(encoding="utf-8") == write_page()


def test_every_fault_has_a_meaning_an_example_and_a_remedy():
    """Check that no cell of the tables is empty or breaks them."""
    faults = [fault for faults in ERRORS.values() for fault in faults.values()] + list(REASONS.values())
    texts = [text for fault in faults for text in (fault.meaning, fault.example, fault.remedy)]
    assert all(texts)
    assert not any("|" in text or "\n" in text for text in texts)
    assert find_remedy("after_as_of") == "mend as_of or the format"
