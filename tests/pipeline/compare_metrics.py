"""Compare the figures of a run with those in git: ``python -m tests.pipeline.compare_metrics``."""

import json
import math
import subprocess
import sys
from typing import Any

TOLERANCE = 1e-3
"""Relative: another processor's arithmetic moves the fifth digit of a figure, a bug moves more."""


def list_differences(old: Any, new: Any, key: str = "") -> list[str]:
    """Return the keys at which two nested values differ by more than arithmetic."""
    if isinstance(old, dict) and isinstance(new, dict):
        keys = [*old, *(name for name in new if name not in old)]
        return [row for name in keys for row in list_differences(old.get(name), new.get(name), f"{key}.{name}")]
    if isinstance(old, float) and isinstance(new, float):
        return [] if math.isclose(old, new, rel_tol=TOLERANCE, abs_tol=1e-4) else [f"{key}: {old} is now {new}"]
    return [] if old == new else [f"{key}: {old} is now {new}"]


def main() -> None:
    names = subprocess.run(
        ["git", "ls-files", "metrics/*.json"], capture_output=True, text=True, check=True
    ).stdout.split()
    if not names:
        sys.exit("no metrics are in git")
    found = []
    for name in names:
        old = subprocess.run(["git", "show", f"HEAD:{name}"], capture_output=True, text=True, check=True).stdout
        with open(name, encoding="utf-8") as file:
            found += [f"{name}{row}" for row in list_differences(json.loads(old), json.load(file))]
    if found:
        sys.exit("figures differ from those in git:\n" + "\n".join(found[:40]))
    print(f"the figures of {len(names)} files are those in git")


if __name__ == "__main__":
    main()
