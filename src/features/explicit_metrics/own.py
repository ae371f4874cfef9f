"""The columns of a source that the canonical tables do not know, each by its declared type."""

import re
from typing import Literal

import pandas as pd

from src.data.declarations import OwnColumn
from src.data.sources import Source
from src.features.catalogue import Metric
from src.features.explicit_metrics.rules import load_terms
from src.features.explicit_metrics.values import clean_categories, map_distinct
from src.features.text import fold_text


def measure_own(
    leads: pd.DataFrame,
    own: dict[str, OwnColumn],
    kind: Literal["explicit", "implicit"],
    group: str,
    taken: frozenset[str] = frozenset(),
) -> tuple[pd.DataFrame, list[Metric]]:
    """Return the values and metrics of the `own` columns; names in `taken` are avoided."""
    values, metrics = {}, []
    for column, declared in own.items():
        metric = describe_own(column, declared, kind, group, taken | values.keys())
        values[metric.name] = read_own(leads[column], declared.type, leads["created_at"])
        metrics.append(metric)
    return pd.DataFrame(values, index=leads.index), metrics


def describe_own(
    column: str,
    declared: OwnColumn,
    kind: Literal["explicit", "implicit"],
    group: str,
    taken: frozenset[str] | set[str],
) -> Metric:
    """Return the metric of an own column under a name that is not `taken`."""
    name, unit = {
        "number": (column, "as in the source"),
        "category": (column, "name"),
        "flag": (column, "yes/no"),
        "text": (f"{column}_length", "characters"),
        "date": (f"days_since_{column}", "days"),
    }[declared.type]
    while name in taken:
        name = f"own_{name}"
    meaning = {
        "text": f"Length of the source's column {declared.column}.",
        "date": f"Days from the source's column {declared.column} to the creation of the lead.",
    }.get(declared.type, f"The source's column {declared.column}.")
    type_ = "category" if declared.type == "category" else "number"
    return Metric(name, kind, group, type_, unit, meaning, column)


def read_own(values: pd.Series, type_: str, created_at: pd.Series) -> pd.Series:
    """Return the values of an own column as its feature."""
    if type_ == "category":
        return clean_categories(values)
    if type_ == "flag":
        return map_distinct(values, read_flag, "float64")
    if type_ == "text":
        return values.str.len().astype(float)
    if type_ == "date":
        return (created_at - values) / pd.Timedelta(days=1)
    return values.astype(float)


def read_flag(text: str) -> float | None:
    """Return 1 for yes, 0 for no, nothing for anything else.

    >>> read_flag("Sí"), read_flag("FALSE"), read_flag("quizá")
    (1.0, 0.0, None)
    """
    words = load_terms("yes_no")
    folded = re.sub(r"[.!]+$", "", fold_text(text))
    if folded in words["yes"]:
        return 1.0
    return 0.0 if folded in words["no"] else None


def select_own(source: Source, known: str) -> dict[str, OwnColumn]:
    own = source.leads.own.items()
    return {name: column for name, column in own if column.known == known and not column.protected}
