"""Each column and metric of the history measured for whether it knows the outcome."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from src.data.sources import Source
from src.data.tables import LEAD_COLUMNS
from src.evaluation.leakage import (
    Cell,
    Twin,
    compare_twins,
    encode_values,
    find_certain,
    list_cells,
    list_frequent,
    measure_alone,
    measure_certain,
    measure_filled,
    measure_future,
    measure_growth,
    measure_unexplained,
    measure_within,
    number_parts,
    take_order_away,
)
from src.evaluation.verdicts import find_outliers, find_signs, judge, say_reasons
from src.features.catalogue import Metric
from src.models.folds import list_forward_folds
from src.params import Audit

DATED, SEVERAL = "as of each snapshot", "from several columns"
"""When a metric is known that is of the dated log, and that of no single column."""


@dataclass(frozen=True)
class Declared:
    """What the source declares of its columns.

    Attributes
    ----------
    known : dict of str to str
        Of each metric since when its column is known: ``creation``, ``later``, ``after_outcome``,
        or `DATED` or `SEVERAL`.
    dates : frozenset of str
        Metrics that are days from a date to the creation.
    as_of : Timestamp or None
        The end of the data.
    """

    known: dict[str, str]
    dates: frozenset[str] = frozenset()
    as_of: pd.Timestamp | None = None


def read_declared(catalogue: list[Metric], source: Source) -> Declared:
    own = source.leads.own
    dates = [metric.name for metric in catalogue if metric.origin in own and own[metric.origin].type == "date"]
    return Declared(
        known={metric.name: find_known(metric, source) for metric in catalogue},
        dates=frozenset(dates),
        as_of=source.get_as_of() if source.is_dated() else None,
    )


def find_known(metric: Metric, source: Source) -> str:
    """Return since when a metric's column is declared to be known, or that it is of no single column."""
    if metric.origin in source.leads.own:
        return source.leads.own[metric.origin].known
    if metric.kind == "implicit":
        return DATED
    return "creation" if metric.origin in LEAD_COLUMNS else SEVERAL


def audit_metrics(
    history: pd.DataFrame,
    open_leads: pd.DataFrame,
    catalogue: list[Metric],
    declared: Declared,
    cuts: list[float],
    params: Audit,
) -> list[dict[str, Any]]:
    """Return what was measured of each metric, with its signs, its verdict and the reasons.

    Parameters
    ----------
    history : DataFrame
        Rows that may be learned from, with all features, in order of creation.
    open_leads : DataFrame
        Leads that came before the test and are still undecided, one row each, with all features.
    catalogue : list of Metric
        What a model would learn from, and what is declared as known only after the outcome.
    declared : Declared
    cuts : list of float
        Shares of the history's leads at which forward folds begin.
    params : Audit

    Returns
    -------
    list of dict
        Empty where the history is too short to measure anything forward in time.
    """
    cells = list_cells(history, list_forward_folds(history, cuts))
    if not cells:
        return []
    first = history.iloc[cells[0].rows]
    leads = place_leads(first, open_leads)
    measured = []
    for metric in catalogue:
        known = declared.known[metric.name]
        figures = {"name": metric.name, "column": metric.origin, "known": known}
        figures["is_used"] = known != "after_outcome"
        figures |= measure_metric(history[metric.name], cells if known == DATED else cells[:1], params)
        if known not in (DATED, SEVERAL):
            figures |= measure_column(first, leads, metric.name)
        if metric.name in declared.dates:
            figures["future"] = measure_future(first["created_at"], first[metric.name], declared.as_of)
        measured.append(figures)
    twins, together = find_twins(first, measured), find_together(first, measured, params)
    found = [
        figures | {"twin": twins.get(figures["name"]), "together": together.get(figures["name"], 0.0)}
        for figures in measured
    ]
    return judge_all(found, params)


def judge_all(measured: list[dict[str, Any]], params: Audit) -> list[dict[str, Any]]:
    """Return the metrics with signs, verdicts and reasons, each compared with those that may be used.

    Columns declared away do not count in the comparison, and what is refused does not either: many columns that know
    the outcome would raise the median and hide each other. So all are judged again until nothing more is refused.
    """
    refused: set[str] = set()
    while True:
        usable = [figures["auc"] for figures in measured if figures["is_used"] and figures["name"] not in refused]
        outliers = find_outliers([figures["auc"] for figures in measured], usable)
        judged = [
            conclude(figures | {"outlier": outlier}, params)
            for figures, outlier in zip(measured, outliers, strict=True)
        ]
        found = refused | {figures["name"] for figures in judged if figures["verdict"] == "refuse"}
        if found == refused:
            return judged
        refused = found


def find_together(first: pd.DataFrame, measured: list[dict[str, Any]], params: Audit) -> dict[str, float]:
    """Return the share of a class that columns hold together which are filled in for that class alone, by metric.

    What is filled in after the outcome often comes as a set of fields, each for some of the leads: alone each holds
    too little to be told from chance. Only columns are looked at of which whether they are filled in can be blamed.
    """
    label, found = first["label"].to_numpy(float), {}
    filled = {
        figures["name"]: first[figures["name"]].notna().to_numpy()
        for figures in measured
        if "share_missing" in figures and figures["is_used"] and 0 < figures["share_missing"] < 1
    }
    for outcome in (label, 1 - label):
        alone = [name for name, codes in filled.items() if find_certain(codes * 1, outcome, params.certain_rate)[1]]
        if not alone:
            continue
        held = np.logical_or.reduce([filled[name] for name in alone])
        share = float(outcome[held].sum() / outcome.sum())
        found |= {name: max(share, found.get(name, 0.0)) for name in alone}
    return found


def place_leads(first: pd.DataFrame, open_leads: pd.DataFrame) -> pd.DataFrame:
    """Return the leads' first rows and the leads still open, each once, in order of creation, with ``is_open``."""
    decided = first[~first["lead_id"].isin(open_leads["lead_id"])].assign(is_open=False)
    both = pd.concat([decided, open_leads.assign(is_open=True)]) if len(open_leads) else decided
    return both.sort_values("sequence", ignore_index=True)


def conclude(figures: dict[str, Any], params: Audit) -> dict[str, Any]:
    """Return the figures of a metric with the signs they show, the verdict and its reasons."""
    signs = {"signs": find_signs(figures, params)}
    # The log was known at the snapshot, and what is made of several columns is not the one to blame.
    verdict = judge(figures | signs, params, can_refuse=figures["known"] not in (DATED, SEVERAL))
    return figures | signs | {"verdict": verdict, "reasons": say_reasons(figures | signs)}


def measure_metric(values: pd.Series, cells: Sequence[Cell], params: Audit) -> dict[str, Any]:
    """Return what a metric alone tells: forward ROC-AUC, and the conversions that it makes certain."""
    parts = [values.iloc[cell.rows] for cell in cells]
    is_number = pd.api.types.is_numeric_dtype(values)
    left = take_order_away(parts[0].to_numpy(float)) if is_number and len(parts) == 1 else None
    codes = [encode_values(part) for part in parts] if left is None else [encode_values(pd.Series(left))]
    auc, low = measure_alone(codes, cells)
    certain = [
        measure_certain(code[first], cell.label[first], params.certain_rate)
        for code, cell in zip(codes, cells, strict=True)
        for first in [np.unique(cell.person, return_index=True)[1]]
    ]
    return {"auc": auc, "auc_low": low, "is_counted_up": left is not None, "certain": max(certain)}


def measure_column(first: pd.DataFrame, leads: pd.DataFrame, name: str) -> dict[str, Any]:
    """Return what only a column of the leads can show: how it goes with outcome, time and being open.

    Parameters
    ----------
    first : DataFrame
        The first row of each lead of the history.
    leads : DataFrame
        See `place_leads`.
    name : str
        The column.
    """
    values, first_label = first[name], first["label"].to_numpy(float)
    person = pd.factorize(first["person"])[0]
    is_missing = values.isna().to_numpy()
    forms = encode_values(first["form"]) if "form" in first else np.zeros(len(first), int)
    missing, missing_low = measure_within(is_missing.astype(int), first_label, forms, person)
    older, newest = measure_filled(is_missing)
    label, is_open = leads["label"].to_numpy(float), leads["is_open"].to_numpy(bool)
    growth, within_time = 0.5, 0.0
    if pd.api.types.is_numeric_dtype(values):
        growth = measure_growth(values.to_numpy(float))
        within_time = measure_within(encode_values(values), first_label, number_parts(len(first)), person)[1]
    return {
        "share_missing": float(is_missing.mean()),
        "missing_auc": missing,
        "missing_auc_low": missing_low,
        "has_forms": "form" in first,
        "filled_older": older,
        "filled_newest": newest,
        "unexplained": measure_unexplained(encode_values(leads[name]), label, is_open),
        "growth": growth,
        "within_time_auc_low": within_time,
    }


def find_twins(first: pd.DataFrame, measured: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return of each category that has a `Twin` what it is, by the metric's name."""
    columns = {
        figures["name"]: figures["column"]
        for figures in measured
        if "share_missing" in figures and not pd.api.types.is_numeric_dtype(first[figures["name"]])
    }
    frequent = {name: list_frequent(first[name]) for name in columns}
    label, twins = first["label"].to_numpy(float), {}
    for one, other in combinations(columns, 2):
        if columns[one] == columns[other]:
            continue
        found = compare_twins(first[one], first[other], frequent[one] & frequent[other], label)
        if found is not None:
            twins[one], twins[other] = asdict(Twin(other, *found)), asdict(Twin(one, *found))
    return twins
