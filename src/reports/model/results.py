"""Everything the report on an objective's model shows, computed once as one dictionary."""

import math
from typing import Any

from src import paths
from src.features.catalogue import Metric, read_catalogue
from src.files import read_json
from src.params import load_params
from src.reports.results import list_data_alerts, name_objective, read_figures
from src.reports.rolling import list_drift_alerts

CATALOGUES = (paths.EXPLICIT_CATALOGUE, paths.IMPLICIT_CATALOGUE, paths.TOTALS_CATALOGUE)

THIRD = 1.22
"""So many times as wide as at 95 % is an interval that errs a third as often (2.39 against 1.96 normal errors)."""

MONTHS = 12
"""So many of the last months are shown."""

FOLDS = ("history", "embargoed", "test", "censored", "quarantined")
"""In the order of the table; the last may be missing, as may any without leads."""


def collect_model_results(name: str) -> dict[str, Any]:
    """Return what the report on the model of the objective `name` shows.

    Returns
    -------
    dict
        ``name``, ``objective``, ``source``, ``confidence`` and ``is_applicable``; if it is, also
        ``metrics`` (of the probabilities), ``baseline_loss`` and ``share_known`` (see the functions),
        ``faults`` (of the calibration), ``groups``, ``half_lives``, ``opens`` and
        ``folds`` (rows of tables), ``audit``, ``objectives`` and ``newsletters`` (as their stages wrote
        them), ``intake``, ``rows_rejected``, ``understood`` (one entry a field and metric), ``catalogue``
        and ``alerts``.
    """
    params = load_params()
    metrics = read_figures(paths.metrics(params.check_objective(name)), params.source)
    results = {
        "name": name,
        "objective": name_objective(name),
        "source": params.source,
        "confidence": params.evaluation.confidence,
        "is_applicable": metrics["applicable"],
    }
    if not metrics["applicable"]:
        return results
    intake = read_json(paths.INTAKE)
    baseline_loss = measure_baseline(metrics["data"]["base_rate_history"], metrics["test"]["base_rate"])
    return results | {
        "metrics": metrics,
        "baseline_loss": baseline_loss,
        "share_known": find_share_known(metrics, baseline_loss),
        "faults": find_faults(metrics["test"]),
        "groups": list_groups(metrics["groups"]),
        "half_lives": list_half_lives(metrics["decay"]),
        "opens": list_opens(metrics),
        "audit": read_figures(paths.audit(name), params.source),
        "objectives": read_figures(paths.OBJECTIVES, params.source),
        "newsletters": take_newsletters(read_figures(paths.NEWSLETTERS, params.source), name),
        "folds": list_folds(metrics["data"]),
        "intake": intake,
        "rows_rejected": sum(file["rows_rejected"] for file in intake["files"]),
        "understood": read_figures(paths.UNDERSTOOD, params.source)["fields"],
        "catalogue": read_catalogues(),
        "alerts": [*list_data_alerts(results["objective"], metrics), *list_drift_alerts(metrics["rolling"])],
    }


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


def list_groups(groups: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return groups of metrics, first what helps most; ``side`` says what is sure.

    ``side`` is 1 where the group helps, -1 where it harms, and 0 where neither can be told.
    """
    rows = [{"group": name, "side": find_side(row, "loss_difference", 0), **row} for name, row in groups.items()]
    # What could not be computed comes last.
    return sorted(rows, key=lambda row: math.inf if row["loss_difference"] is None else -row["loss_difference"])


def list_half_lives(decay: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the half-lives, the shortest first, with ``is_guessed``, ``is_preferred`` and ``side``.

    Preferred is the lowest log loss; ``side`` is 1 where a half-life is surely worse than the guessed
    one, -1 where it is surely better, and 0 where neither can be told.
    """
    figures = {float(days): row for days, row in decay["half_lives"].items()} if decay else {}
    preferred = min(figures, key=lambda days: figures[days]["log_loss"], default=None)
    return [
        {
            "half_life": days,
            "is_guessed": days == decay["guessed"],
            "is_preferred": days == preferred,
            "side": find_side(row, "loss_difference", 0),
            **row,
        }
        for days, row in sorted(figures.items())
    ]


def list_opens(metrics: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the figures with all metrics, then without those of opens; ``side`` is as in `list_groups`."""
    if not metrics["opens"]:
        return []
    rows = [
        {"name": name, "side": find_side(row, "loss_difference", 0), **row} for name, row in metrics["opens"].items()
    ]
    return [{"name": "all", **metrics["features"]["both"]}, *rows]


def take_newsletters(figures: dict[str, Any], name: str) -> dict[str, Any]:
    """Return ``few``, ``all``, the last ``months`` and the ``newsletters``; nothing where there are none.

    Under ``converted`` each row has the rates of the objective `name` alone.
    """
    if not figures["applicable"]:
        return {}

    def take(row: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in row.items() if key != "conversions"} | {
            "converted": row["conversions"][name]
        }

    return {
        "few": figures["few"],
        "all": take(figures["all"]),
        "months": [take(row) for row in figures["months"][-MONTHS:]],
        "newsletters": [take(row) for row in figures["newsletters"]],
    }


def list_folds(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return leads, scored moments and conversions of each fold that holds any."""
    return [
        {
            "fold": fold,
            "leads": data["leads"][fold],
            "rows": data["rows"][fold],
            # Nobody knows what becomes of a censored lead; elsewhere what is not counted is none.
            "conversions": None if fold == "censored" else data["conversions"].get(fold, 0),
        }
        for fold in FOLDS
        if fold in data["leads"]
    ]


def read_catalogues() -> list[Metric]:
    """Return every metric that the source has, explicit ones first."""
    return [metric for path in CATALOGUES for metric in read_catalogue(path)]
