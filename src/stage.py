"""How every stage program begins and ends: one line of log, one clear line on an error."""

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

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


def run_stage(main: Callable[[], str], name: str | None = None) -> None:
    """Run `main` as a program; log the sentence it returns, or one line on an error.

    It is known by `name`; by default that of the module that Python was started with.
    """
    name = name or sys.modules["__main__"].__spec__.name
    logging.basicConfig(format="%(message)s", level=logging.INFO, stream=sys.stderr)
    try:
        # One BLAS thread: sums are always taken in the same order, whatever the machine has.
        with threadpool_limits(limits=1):
            logging.info("%s: %s", name, main())
    except InputError as error:
        sys.exit(f"{name}: {error}")
    except KeyboardInterrupt:
        sys.exit(f"{name}: [interrupted] stopped; run it again")
    except MemoryError:
        sys.exit(f"{name}: [out_of_memory] not enough memory; run it again with more")
    except FileNotFoundError as error:
        # pyarrow names the file in its message alone.
        sys.exit(f"{name}: [missing_file] {error.filename or error}: no such file; `dvc repro` makes what stages read")
    except OSError as error:
        sys.exit(f"{name}: [os_error] {error.filename or ''}: {error.strerror or error}")


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
