"""What a papermill notebook declares, and what is refused because it does not."""

from pathlib import Path

import nbformat
import pytest

from src.reports.render import SCENARIO, check_parameters, render_notebook
from src.stage import InputError

CELL = """\
share = 0.5
count: int = 3
title = "x"  # type: str
routes = ["sales"]
"""


@pytest.fixture(scope="module")
def declared(tmp_path_factory):
    """What papermill finds in a notebook with a decimal, a whole number, a text and a list."""
    import papermill

    path = tmp_path_factory.mktemp("notebook") / "made.ipynb"
    cell = nbformat.v4.new_code_cell(CELL, metadata={"tags": ["parameters"]})
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=kernel), path)
    return papermill.inspect_notebook(str(path))


@pytest.mark.parametrize(
    "given",
    [{}, {"share": 0.1}, {"share": 1}, {"count": 4, "title": "y"}, {"routes": []}],
    ids=["nothing", "decimal", "whole number for a decimal", "annotated", "list"],
)
def test_declared_parameters_are_accepted(declared, given):
    """Check that names and types that the notebook declares raise nothing."""
    check_parameters(given, declared, Path("made.ipynb"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"share": "0.1"}, "declares share as float, and '0.1' is str"),
        ({"share": True}, "declares share as float, and True is bool"),
        ({"share": None}, "declares share as float, and None is NoneType"),
        ({"count": 4.0}, "declares count as int, and 4.0 is float"),
        ({"count": True}, "declares count as int, and True is bool"),
        ({"title": 4}, "declares title as str, and 4 is int"),
        ({"routes": "sales"}, "declares routes as list, and 'sales' is str"),
    ],
)
def test_parameters_of_another_type_are_refused(declared, given, message):
    """Check that the message names the parameter, its type and what came instead."""
    with pytest.raises(InputError, match=message) as refused:
        check_parameters(given, declared, Path("made.ipynb"))
    assert refused.value.code == "wrong_type"
    assert "made.ipynb" in str(refused.value)


def test_undeclared_parameters_are_refused(declared):
    """Check that a name the notebook lacks is an error before its type is looked at."""
    with pytest.raises(InputError, match=r"declares no \['colour'\]"):
        check_parameters({"share": "0.1", "colour": 1}, declared, Path("made.ipynb"))


def test_a_report_refuses_a_number_for_a_name():
    """Check that the notebooks of the project are checked when they are rendered."""
    with pytest.raises(InputError, match="declares scenario as str, and 3 is int"):
        render_notebook(SCENARIO, {"scenario": 3}, "Title")
