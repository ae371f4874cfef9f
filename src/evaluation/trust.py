"""What follows from the figures of a model's test: how much it knows, and in which ways its probabilities fail."""

import math
from typing import Any

THIRD = 1.22
"""So many times as wide as at 95 % is an interval that errs a third as often (2.39 against 1.96 normal errors)."""


def measure_baseline(learned_rate: float, rate: float) -> float:
    """Return the log loss of giving every row the `learned_rate` where the `rate` converts.

    >>> round(measure_baseline(0.5, 0.1), 4)
    0.6931
    """
    return -(rate * math.log(learned_rate) + (1 - rate) * math.log(1 - learned_rate))


def find_share_known(metrics: dict[str, Any], baseline_loss: float) -> float | None:
    """Return which share of what can be known the model knows; None where the truth is unknown.

    What can be known is the distance from the log loss of one rate for everybody to that of the
    true probabilities; by chance a model may seem to know more than all of it, or less than nothing.
    """
    if "truth" not in metrics or metrics["truth"]["log_loss"] >= baseline_loss:
        return None
    share = (baseline_loss - metrics["test"]["log_loss"]) / (baseline_loss - metrics["truth"]["log_loss"])
    return min(max(share, 0.0), 1.0)


def find_faults(test: dict[str, Any]) -> list[str]:
    """Return in which ways the probabilities fail beyond chance.

    Three looks are taken, so each has a third of the chance of a false alarm.

    Returns
    -------
    list of {"too_low", "too_high", "too_bold", "too_timid", "uneven"}
        On the whole (the intercept's interval is beside 0), in their spread (the slope's is
        beside 1), and by the mean gap (more than perfect probabilities would show by chance).
    """
    faults = []
    if side := find_side(test, "calibration_intercept", 0, THIRD):
        faults.append("too_low" if side > 0 else "too_high")
    if side := find_side(test, "calibration_slope", 1, THIRD):
        faults.append("too_timid" if side > 0 else "too_bold")
    if test["ece"] > test["ece_if_calibrated_98"]:
        faults.append("uneven")
    return faults


def find_side(figures: dict[str, Any], name: str, value: float, wider: float = 1.0) -> int:
    """Return 1 if the interval of a figure, made so many times `wider`, is above `value`, -1 if below, else 0."""
    middle, low, high = (figures.get(f"{name}{end}") for end in ("", "_low", "_high"))
    if low is None or high is None:
        return 0
    low, high = (middle + wider * (end - middle) for end in (low, high))
    return int(low > value) - int(high < value)
