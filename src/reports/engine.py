"""A papermill engine that runs a notebook's cells in this process: a kernel takes longer to start than a page to make.

A kernel keeps what a notebook does to itself. Here `isolate` puts back what a cell may change of the process:
the folder, warnings, numpy's handling of errors, matplotlib's settings and open figures.
"""

import atexit
import builtins
import contextlib
import io
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from traceback import walk_tb
from typing import Any

import nbformat
import numpy as np
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from papermill.engines import Engine, NotebookExecutionManager
from traitlets.config import Config

from src.stage import InputError

INJECTED = "injected-parameters"
"""The tag of the cell that papermill adds, which the file does not have."""


class Hook(DisplayHook):
    """Keeps what the last expression of a cell shows."""

    def __call__(self, result: Any = None) -> None:
        if result is None or self.semicolon_at_end_of_expression(self.shell.cell):
            return
        self.update_user_ns(result)
        self.shell.show(*self.shell.display_formatter.format(result))


class Publisher(DisplayPublisher):
    """Keeps what `display` shows."""

    def publish(self, data: dict, metadata: dict | None = None, *, update: bool = False, **_: Any) -> None:
        if update:
            raise NotImplementedError("a page shows each output once: `display` may not update one")
        self.shell.show(data, metadata)

    def clear_output(self, wait: bool = False) -> None:
        self.shell.outputs.clear()


class Shell(InteractiveShell):
    """IPython without a terminal, a kernel, a history or an own profile: it keeps the outputs of the cell that runs."""

    displayhook_class = Hook
    display_pub_class = Publisher

    def __init__(self, **options: Any):
        self.cell, self.outputs, self.failed = "", [], None
        super().__init__(**options)

    def show(self, data: dict[str, Any], metadata: dict[str, Any] | None) -> None:
        if data:
            self.outputs.append(nbformat.v4.new_output("display_data", data=data, metadata=metadata or {}))

    def showtraceback(self, exc_tuple: tuple[Any, ...] | None = None, *_: Any, **__: Any) -> None:
        """Show nothing, and keep the error of something that cannot show itself: whoever runs the cell raises it."""
        if exc_tuple is not None:
            self.failed = exc_tuple[1]


class InProcessEngine(Engine):
    """Runs the cells one after another and raises the first error, with a note that says where it came from."""

    name = "in_process"

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: NotebookExecutionManager, kernel_name: str, input_path: str = "", **_: Any
    ) -> None:
        number = 0
        with isolate(), open_shell() as shell:
            for index, cell in enumerate(nb_man.nb.cells):
                number += INJECTED not in cell.metadata.get("tags", [])
                if cell.cell_type == "code":
                    nb_man.cell_start(cell, index)
                    cell.outputs = run_cell(shell, cell.source, f"{input_path}, cell {number}")
                    nb_man.cell_complete(cell, index)


@contextlib.contextmanager
def isolate() -> Iterator[None]:
    """Put back at the end what a notebook may change of the process and nobody else expects to change."""
    import matplotlib

    # Without a choice matplotlib might take a backend that opens windows.
    matplotlib.use("Agg")
    figures, environment, path = list_figures(), dict(os.environ), list(sys.path)
    names = {name: vars(builtins).get(name) for name in ("display", "__IPYTHON__")}
    try:
        with contextlib.chdir("."), warnings.catch_warnings(), np.errstate(), matplotlib.rc_context():
            yield
    finally:
        for number in list_figures() - figures:
            sys.modules["matplotlib.pyplot"].close(number)
        sys.path[:] = path
        os.environ.clear()
        os.environ.update(environment)
        for name, value in names.items():
            vars(builtins).pop(name, None) if value is None else setattr(builtins, name, value)


def list_figures() -> set[int]:
    """Return the numbers of the open figures; without pyplot, which most pages do not import, there are none."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    return set(pyplot.get_fignums()) if pyplot else set()


@contextlib.contextmanager
def open_shell() -> Iterator[Shell]:
    """Yield a shell with a namespace of its own, which `display` and `get_ipython` find while it is open."""
    config = Config()
    config.HistoryManager.enabled = False
    # Where somebody makes a page from within Jupyter, its shell is the one that `display` finds.
    outer = InteractiveShell._instance
    InteractiveShell.clear_instance()
    # Neither the profile nor the start-up files of the person who runs it.
    with tempfile.TemporaryDirectory() as folder:
        shell = Shell.instance(config=config, ipython_dir=folder)
        try:
            yield shell
        finally:
            shell.restore_sys_module_state()
            atexit.unregister(shell.atexit_operations)
            Shell.clear_instance()
            InteractiveShell._instance = outer


def run_cell(shell: Shell, source: str, place: str) -> list[nbformat.NotebookNode]:
    """Run a cell and return its outputs; an error is raised as it is, with a note of the place and the line.

    Raises
    ------
    InputError
        ``notebook_exits`` where the cell ends the program: there would be a page without its rest, or none.
    """
    shell.cell, shell.outputs, shell.failed = source, [], None
    streams = {"stdout": io.StringIO(), "stderr": io.StringIO()}
    keyboard, sys.stdin = sys.stdin, io.StringIO()
    try:
        with contextlib.redirect_stdout(streams["stdout"]), contextlib.redirect_stderr(streams["stderr"]):
            result = shell.run_cell(source)
    finally:
        sys.stdin = keyboard
    error = result.error_before_exec or result.error_in_exec or shell.failed
    if error is not None:
        place = f"{place}, line {find_line(error, shell, source)}"
        if isinstance(error, SystemExit):
            raise InputError("notebook_exits", "the cell ends the program; let it raise an error instead", place)
        error.add_note(place)
        raise error
    texts = {name: stream.getvalue() for name, stream in streams.items()}
    printed = [nbformat.v4.new_output("stream", name=name, text=text) for name, text in texts.items() if text]
    return [*printed, *shell.outputs]


def find_line(error: BaseException, shell: Shell, source: str) -> int:
    """Return the line of a cell that an error comes from, counted from 1 as the notebook shows it."""
    # Of the cell itself: a function that it calls may be that of another cell.
    own = (at for frame, at in walk_tb(error.__traceback__) if frame.f_globals is shell.user_global_ns)
    line = next(own, getattr(error, "lineno", None) or 1)
    # IPython drops the empty lines at the beginning.
    return line + source[: len(source) - len(source.lstrip())].count("\n")
