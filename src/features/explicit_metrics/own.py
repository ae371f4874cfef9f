"""The columns of a source that the canonical tables do not know, each by its declared type."""

import json
from typing import Literal

import pandas as pd

from src.data.columns import OwnColumn
from src.data.flags import read_flag
from src.data.sources import Source, name_column
from src.features.catalogue import Metric
from src.features.explicit_metrics.values import clean_label, clean_labels, map_distinct

MOST_LISTED = 20
"""Values of a list that become features, those that most leads have."""

LONGEST_NAME = 80


def measure_own(
    leads: pd.DataFrame,
    own: dict[str, OwnColumn],
    kind: Literal["explicit", "implicit"],
    group: str,
    taken: frozenset[str] = frozenset(),
    most_listed: int | None = MOST_LISTED,
) -> tuple[pd.DataFrame, list[Metric]]:
    """Return the values and metrics of the `own` columns; names in `taken` are avoided.

    Of a list so many values become features, or all.
    """
    values, metrics = {}, []
    for column, declared in own.items():
        if declared.type == "list":
            names = taken | values.keys()
            found, described = measure_list(leads[column], column, declared, kind, group, names, most_listed)
            values |= found
            metrics += described
            continue
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
        return clean_labels(values)
    if type_ == "flag":
        return map_distinct(values, read_flag, "float64")
    if type_ == "text":
        return values.str.len().astype(float)
    if type_ == "date":
        return (created_at - values) / pd.Timedelta(days=1)
    return values.astype(float)


def measure_list(
    values: pd.Series,
    column: str,
    declared: OwnColumn,
    kind: Literal["explicit", "implicit"],
    group: str,
    taken: frozenset[str] | set[str],
    most_listed: int | None,
) -> tuple[dict[str, pd.Series], list[Metric]]:
    """Return how many values a list has, and for each of the most frequent ones whether it is there.

    Parameters
    ----------
    values : Series of str
        JSON arrays of different texts, as ingest writes them; missing where nothing was given.
    """
    items = map_distinct(values, lambda text: tuple(dict.fromkeys(filter(None, map(clean_label, json.loads(text))))))
    given = items.dropna()
    counts = given.explode().dropna().value_counts()
    frequent = sorted(counts.index, key=lambda item: (-counts[item], item))[:most_listed]
    name = f"count_{column}"
    measured = {name: given.map(len).reindex(values.index).astype(float)}
    metrics = [
        Metric(name, kind, group, "number", "values", f"Values in the source's column {declared.column}.", column)
    ]
    for item in frequent:
        name = f"{column}_{name_column(item)}"[:LONGEST_NAME]
        while name in taken or name in measured:
            name = f"own_{name}"[:LONGEST_NAME]
        measured[name] = given.map(lambda found, item=item: float(item in found)).reindex(values.index).astype(float)
        meaning = f"Whether the source's column {declared.column} has {item}."
        metrics.append(Metric(name, kind, group, "number", "yes/no", meaning, column))
    return measured, metrics


def select_own(source: Source, known: str) -> dict[str, OwnColumn]:
    own = source.leads.own.items()
    return {name: column for name, column in own if column.known == known and not column.protected}
