"""Run stage programs one after another in one process, e.g. ``python -m src.together src.models.dataset …``.

A process costs a second or two of imports, and a stage a second of DVC's bookkeeping, before either does
anything: small programs that always run after each other are one stage. Each stays a program of its own.
"""

import importlib
import sys

from src.stage import run_stage


def main(programs: list[str]) -> None:
    # Each program reads the objective or scenario from DVC, and no name of another program.
    sys.argv = sys.argv[:1]
    for program in programs:
        run_stage(importlib.import_module(program).main, program)


if __name__ == "__main__":
    main(sys.argv[1:])
