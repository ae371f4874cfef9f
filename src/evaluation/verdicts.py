"""From what was measured of a column to its signs, its verdict and the reasons in words."""

from typing import Any

import numpy as np

from src.params import Audit

VERDICTS = ("keep", "suspect", "refuse")
"""From the least to the most suspicious."""

DEVIATION = 1.4826
"""Median absolute deviations to the standard deviation of a normal distribution."""

LEAST_DEVIATION = 0.02
"""Of ROC-AUC: where nearly all columns tell nothing, chance alone parts them by as much."""


def find_outliers(aucs: list[float], usable: list[float]) -> list[float]:
    """Return by how many robust standard deviations each ROC-AUC is above the median of the `usable` ones.

    See Iglewicz and Hoaglin (1993). Where nothing is usable there is nothing to compare with.
    """
    if not usable:
        return [0.0] * len(aucs)
    middle = np.median(usable)
    deviation = max(DEVIATION * np.median(np.abs(np.array(usable) - middle)), LEAST_DEVIATION)
    return [float((auc - middle) / deviation) for auc in aucs]


def find_signs(figures: dict[str, Any], params: Audit) -> list[str]:
    """Return the names of the signs that a metric's figures show, the gravest first.

    Figures that were not measured of a metric (see `src.evaluation.audit.measure_column`) give no sign.
    """
    is_told = figures["auc_low"] >= params.told_auc
    # Above the absolute bound no comparison excuses a column.
    is_high = figures["auc_low"] >= params.suspect_auc and figures["outlier"] >= params.outlier
    is_high |= figures["auc_low"] >= params.refuse_auc
    signs = {
        "too_good": is_high and not figures["is_counted_up"],
        "certain": figures["certain"] >= params.suspect_certain,
        "together": figures.get("together", 0) >= params.suspect_certain,
        "future": figures.get("future", 0) >= params.future,
        "counted_up": figures["is_counted_up"] and is_told,
        "unexplained": figures.get("unexplained", 0) >= params.unexplained,
        "twin": figures["twin"] is not None,
        "missing": figures.get("missing_auc_low", 0) >= params.missing_auc,
        "emptier": is_emptier(figures, params),
        "growth": is_growing(figures, params) and not figures["is_counted_up"],
        "later": figures["known"] == "later" and is_told,
    }
    return [name for name, is_seen in signs.items() if is_seen]


def is_emptier(figures: dict[str, Any], params: Audit) -> bool:
    """Say whether a column that older leads have is filled in for less than half as many of the newest."""
    older, newest = figures.get("filled_older", 0), figures.get("filled_newest", 0)
    return older - newest >= params.emptier and newest < older / 2


def is_growing(figures: dict[str, Any], params: Audit) -> bool:
    """Say whether older leads have higher numbers and among leads of one time they go with the outcome."""
    is_told = figures.get("within_time_auc_low", 0) >= params.told_auc
    return figures.get("growth", 0.5) >= params.growth_auc and is_told


def judge(figures: dict[str, Any], params: Audit, can_refuse: bool) -> str:
    """Return the verdict on a metric with its ``signs``.

    What comes from a dated log was known at the snapshot, and what is made of several columns is not the
    one to blame: they are suspect at most.
    """
    if not figures["signs"]:
        return "keep"
    signs, is_graver = figures["signs"], figures["certain"] >= params.refuse_certain
    is_graver |= figures.get("together", 0) >= params.refuse_certain
    is_graver |= "too_good" in signs and figures["auc_low"] >= params.refuse_auc
    is_graver |= "future" in signs and figures["auc_low"] >= params.told_auc
    return "refuse" if can_refuse and is_graver else "suspect"


def say_reasons(figures: dict[str, Any]) -> list[str]:
    """Return a sentence without its full stop for each of a metric's ``signs``."""
    auc, other = f"AUC {figures['auc']:.2f}", figures.get("twin") or {}
    shares = {**figures, **other}
    words = {
        "too_good": "alone it ranks leads far better than the other columns do ({auc})",
        "together": "filled in for one outcome alone, like other columns with it: together they hold {together} of it",
        "certain": "{certain} of the conversions have values with which nearly all leads convert",
        "future": "{future} of its dates lie after the lead came in",
        "counted_up": "it is counted up lead by lead, and out of turn for those that convert ({auc})",
        "unexplained": "{unexplained} of the leads still open have values that neither winners nor losers of their "
        "time have",
        "twin": "it has the values of {other} but differs on {share_different} of the leads, of which {rate_different} "
        "convert and of the rest {rate_equal}: one of the two is kept up to date",
        "missing": "whether it is filled in tells by itself who converts{within} ({missing})",
        "emptier": "filled in for {filled_older} of older leads and {filled_newest} of the newest",
        "growth": "older leads have higher values: it may go on growing",
        "later": "declared as known later: it may hold what happened after the decision ({auc})",
        "stronger": "alone it ranks leads better than all unsuspected metrics together",
    }
    percents = {name: f"{value * 100:.0f}\u00a0%" for name, value in shares.items() if isinstance(value, float)}
    missing = f"AUC {figures.get('missing_auc', 0.5):.2f}"
    within = " even among leads of one form" if figures.get("has_forms") else ""
    filled = percents | {"auc": auc, "missing": missing, "within": within, "other": other.get("other")}
    return [words[sign].format(**filled) for sign in figures["signs"]]
