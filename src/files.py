"""Reading and writing files so that a reader never sees half of one."""

import contextlib
import glob
import json
import math
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

DIGITS = 6
"""Significant digits of what is in git: another processor's arithmetic moves later ones, and no sample tells them."""


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, renamed to `path` if the block succeeds.

    Works for a file and for a folder. On an error or an interrupt the temporary path is
    removed and whatever was at `path` before is still there. What a killed process left is removed by the next.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.partial"):
        if not is_running(left.name.split(".")[-2]):
            remove(left)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield temporary
        if path.is_dir():
            shutil.rmtree(path)
        temporary.replace(path)
    finally:
        remove(temporary)


def remove(path: Path) -> None:
    """Remove a file or a folder, if it is there."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def is_running(process: str) -> bool:
    """Say whether a process of this number is there; what else stands for a number is nobody's to remove."""
    if not process.isdigit():
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True


def write_table(table: pd.DataFrame, path: Path) -> None:
    with replacing(path) as temporary:
        table.to_parquet(temporary, index=False)


def read_table(path: Path, columns: list[str] | None = None, where: str | None = None) -> pd.DataFrame:
    """Return a table, or only some of its columns, or the rows alone `where` a column is true."""
    return pd.read_parquet(path, columns=columns, filters=[(where, "==", True)] if where else None)


def write_text(text: str, path: Path) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(value: dict[str, Any], path: Path) -> None:
    """Write `value`, keys in their order; numbers that are not finite are refused."""
    write_text(json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False) + "\n", path)


def write_metrics(value: dict[str, Any], path: Path) -> None:
    """Write the numbers of an evaluation to the `DIGITS` that mean something."""
    write_json(round_numbers(value), path)


def write_numbers(table: pd.DataFrame, path: Path) -> None:
    """Write a table of an evaluation as CSV, to the `DIGITS` that mean something."""
    numbers = {name: table[name].map(round_numbers) for name in table.select_dtypes("floating")}
    write_text(table.assign(**numbers).to_csv(index=False), path)


def round_numbers(value: Any) -> Any:
    """Return nested values with every number rounded to `DIGITS` significant digits, but no coarser than to ones.

    >>> round_numbers({"log_loss": [0.123456789, 1234567.8, 7]})
    {'log_loss': [0.123457, 1234568.0, 7]}
    """
    if isinstance(value, dict):
        return {key: round_numbers(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [round_numbers(inner) for inner in value]
    if not isinstance(value, float) or not math.isfinite(value):
        return value
    return float(f"{value:.{DIGITS}g}") if abs(value) < 10**DIGITS else float(round(value))


def read_json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))
