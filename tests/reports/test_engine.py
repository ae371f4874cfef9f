"""What a cell can do to the process that runs it, and what of that may remain: nothing."""

import builtins
import os
import sys
import warnings
from pathlib import Path

import matplotlib
import nbformat
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from matplotlib import pyplot

from src.reports.render import MODEL, execute_notebook, export_page
from src.stage import InputError
from tests.reports.project import change

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A function that runs cells as one notebook and returns the outputs of each."""
    monkeypatch.chdir(tmp_path)

    def run_cells(*sources: str) -> list[list[nbformat.NotebookNode]]:
        parameters = nbformat.v4.new_code_cell("rate = 0.5", metadata={"tags": ["parameters"]})
        cells = [parameters, *map(nbformat.v4.new_code_cell, sources)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), "made.ipynb")
        executed = execute_notebook(Path("made.ipynb"), {"rate": 0.25})
        # The first two cells are the parameters: declared, and given.
        return [cell.outputs for cell in executed.cells[2:]]

    return run_cells


def read_shown(outputs: list[nbformat.NotebookNode]) -> list[str]:
    return [output.data.get("text/html", output.data["text/plain"]) for output in outputs if "data" in output]


def test_page_is_that_of_a_kernel(project, monkeypatch):
    """Check that each byte of a page with tables and figures is as if a kernel had run the notebook."""
    import papermill

    change(project / "metrics/sale.json", leakage__columns=["<b>status</b>"])
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    parameters = {"objective": "sale"}
    kernel = papermill.execute_notebook(str(MODEL), None, parameters, progress_bar=False)
    page = export_page(execute_notebook(MODEL, parameters), "Title")
    assert page == export_page(kernel, "Title")
    assert page.count("<img") == 7


def test_cells_show_what_they_show_in_a_kernel(run):
    """Check last expressions, `display`, a semicolon, what is printed, and the value of the parameter."""
    outputs = run(
        "from IPython.display import HTML\nHTML('<p>1</p>')\nHTML('<p>2</p>')",
        "display(HTML('<p>3</p>'))\nHTML('<p>4</p>')",
        "HTML('<p>5</p>');",
        "import sys\nprint('6')\nprint('7', file=sys.stderr)\nNone",
        "rate",
        "_ + 1",
    )
    assert [read_shown(cell) for cell in outputs] == [
        ["<p>2</p>"],
        ["<p>3</p>", "<p>4</p>"],
        [],
        [],
        ["0.25"],
        ["1.25"],
    ]
    assert [(stream.name, stream.text) for stream in outputs[3]] == [("stdout", "6\n"), ("stderr", "7\n")]


def test_error_tells_notebook_cell_and_line(run):
    """Check that an error arrives as it is, with the cell and the line as the notebook counts them."""
    with pytest.raises(KeyError, match="'b'") as caught:
        run("def look(values):\n    return values['b']", "\n\nvalues = {'a': 1}\nlook(values)")
    assert caught.value.__notes__ == ["made.ipynb, cell 3, line 4"]
    with pytest.raises(ZeroDivisionError) as caught:
        run("1", "\n\nrate = 1\nrate / 0")
    assert caught.value.__notes__ == ["made.ipynb, cell 3, line 4"]
    with pytest.raises(SyntaxError) as caught:
        run("rate = 1\nrate = = 2")
    assert caught.value.__notes__ == ["made.ipynb, cell 2, line 2"]


def test_error_of_the_input_stays_one_line(run):
    """Check that what the user can mend is said as everywhere else."""
    with pytest.raises(InputError) as caught:
        run("from src.stage import InputError\nraise InputError('stale', 'run dvc repro', 'a.json')")
    assert str(caught.value) == "[stale] a.json: run dvc repro"


@pytest.mark.filterwarnings("ignore:To exit")
@pytest.mark.parametrize("end", ["sys.exit()", "sys.exit(0)", "raise SystemExit('done')"])
def test_cell_that_exits_is_an_error(run, end):
    """Check that a notebook that stops half way neither ends the stage as if all were well nor gives a page."""
    with pytest.raises(InputError, match=r"notebook_exits\] made.ipynb, cell 2, line 2: "):
        run(f"import sys\n{end}", "1")


def test_interrupt_interrupts(run):
    """Check that Ctrl-C in a cell stops the stage."""
    with pytest.raises(KeyboardInterrupt):
        run("raise KeyboardInterrupt")


def test_question_is_an_error(run):
    """Check that a cell that asks for input does not wait for somebody at the keyboard."""
    with pytest.raises(EOFError):
        run("input()")


def test_update_of_an_output_is_refused(run):
    """Check that a display that would replace an earlier one is not shown beside it."""
    with pytest.raises(NotImplementedError, match="shows each output once"):
        run("shown = display('a', display_id=True)\nshown.update('b')")


LEAK = """
import os, sys, warnings, builtins
import numpy as np, matplotlib
from matplotlib import pyplot
os.makedirs('elsewhere', exist_ok=True); os.chdir('elsewhere'); os.environ['LEAKED'] = 'yes'
sys.path.insert(0, 'leaked'); warnings.simplefilter('ignore'); np.seterr(all='raise')
matplotlib.rcParams['font.size'] = 99; pyplot.figure()
leaked = 1
"""


@pytest.mark.parametrize("end", ["", "1 / 0"])
def test_nothing_leaks(run, end):
    """Check that folder, environment, warnings, settings, figures and names are as before, after an error too."""
    own = pyplot.figure()
    before = take_state()
    for _ in range(2):
        if end:
            with pytest.raises(ZeroDivisionError):
                run(LEAK + end)
        else:
            run(LEAK)
        assert take_state() == before
    assert pyplot.fignum_exists(own.number)
    pyplot.close(own)
    with pytest.raises(NameError):
        run("leaked")


def take_state() -> list[object]:
    """Return whatever a notebook could change of the process."""
    main, names = sys.modules["__main__"], {name: hasattr(builtins, name) for name in ("display", "get_ipython")}
    streams = (sys.stdin, sys.stdout, sys.stderr, sys.displayhook, sys.excepthook)
    settings = (np.geterr(), dict(matplotlib.rcParams), pyplot.get_fignums())
    shell = (InteractiveShell.initialized(), main, names)
    return [Path.cwd(), dict(os.environ), list(sys.path), list(warnings.filters), streams, settings, shell]


def test_figure_opens_no_window(run):
    """Check that a notebook that chooses no backend draws without a screen."""
    assert read_shown(run("import matplotlib\nmatplotlib.get_backend()")[0]) == ["'Agg'"]
