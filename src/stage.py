"""How every stage program begins and ends: one line of log, one clear line on an error."""

import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from threadpoolctl import threadpool_limits


class InputError(Exception):
    """Something the user gave cannot be used; the message is one line that says what to do.

    Parameters
    ----------
    code : str
        A short stable name of the fault, e.g. ``missing_column``.
    message : str
        What is wrong and the remedy.
    file, line, column : optional
        Where. `line` is the physical line of the file, counted from 1.
    """

    def __init__(
        self,
        code: str,
        message: str,
        file: Path | str | None = None,
        line: int | None = None,
        column: str | None = None,
    ):
        where = [str(file)] if file is not None else []
        where += [f"line {line}"] if line is not None else []
        where += [f"column {column!r}"] if column is not None else []
        text = ", ".join(where) + (": " if where else "") + message
        super().__init__(f"[{code}] {' '.join(text.split())}")
        self.code = code


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Those by which a person, a scheduler or a closed terminal asks a program to end."""


def run_stage(main: Callable[[], str], name: str | None = None) -> None:
    """Run `main` as a program; log the sentence it returns, or one line on an error.

    It is known by `name`; by default that of the module that Python was started with. The status is 1 on an error and,
    as a shell has it, 128 and the signal's number where one ended the program.
    """
    name = name or sys.modules["__main__"].__spec__.name
    logging.basicConfig(format="%(message)s", level=logging.INFO, stream=sys.stderr)
    received: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        received.append(number)
        raise KeyboardInterrupt

    for number in SIGNALS:
        # Who starts a program with nohup wants it to go on.
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, stop)
    try:
        # One BLAS thread: sums are always taken in the same order, whatever the machine has.
        with threadpool_limits(limits=1):
            logging.info("%s: %s", name, main())
    except BaseException as error:
        # A library that is interrupted may make an error of its own of it.
        message = "[interrupted] stopped; run it again" if received else describe_end(error)
        if message is None:
            raise
        logging.error("%s: %s", name, message)
        sys.exit(128 + received[0] if received else 1)


def describe_end(error: BaseException) -> str | None:
    """Return in one line what ended a program; None for what is a fault of the program itself."""
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, MemoryError):
        return "[out_of_memory] not enough memory; run it again with more"
    if isinstance(error, FileNotFoundError):
        # pyarrow names the file in its message alone.
        return f"[missing_file] {error.filename or error}: no such file; `dvc repro` makes what stages read"
    if isinstance(error, OSError):
        return f"[os_error] {error.filename or ''}: {error.strerror or error}"
    return None


def read_item() -> str:
    """Return the objective or scenario this run is for.

    It is the program's argument or, under DVC, what stands behind ``@`` in the stage's name,
    which DVC puts into the environment: so a name from ``params.yaml`` never reaches a shell.
    A stage across all of them is asked for by its own name.
    """
    if len(sys.argv) > 1:
        return sys.argv[1]
    stage, _, item = os.environ.get("DVC_STAGE", "").partition("@")
    if not (item or stage):
        raise InputError("missing_argument", "name the objective or scenario to run for")
    return item or stage
