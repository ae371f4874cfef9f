"""What all rooms share: categories, distinct values, and which columns become features."""

import re
from collections.abc import Callable, Iterable
from typing import Any, Literal

import numpy as np
import pandas as pd

from src.features.catalogue import Metric
from src.features.explicit_metrics.rules import load_terms
from src.features.explicit_metrics.text import fold_text

LONGEST_CATEGORY = 80
"""Characters of a category's name that are kept."""

LONGEST_PLACEHOLDER = 20
"""Characters: longer texts say something, which spares looking at them."""

# Someone's address or number typed into the wrong field must not become a category.
CONTACT_DATA = re.compile(r"@|\d(?:[ .-]?\d){5}")


def map_distinct(values: pd.Series, function: Callable[[str], Any], dtype: str = "object") -> pd.Series:
    """Return ``function(value)`` for each value, called once a distinct value; missing stays missing."""
    codes, distinct = pd.factorize(values)  # missing has the code -1: the last answer, None
    answers = np.full(len(distinct) + 1, None, dtype=object)
    answers[:-1] = [function(value) for value in distinct]
    return pd.Series(answers[codes], index=values.index, dtype=dtype)


def clean_category(text: str) -> str | None:
    """Return the comparable name of a category; what holds an e-mail address is missing."""
    name = fold_text(text)[:LONGEST_CATEGORY].strip()
    return name if name and "@" not in name else None


def clean_place(text: str) -> str | None:
    """Return the comparable name of something typed freely; contact data in it is missing."""
    name = clean_category(text)
    return None if name is None or CONTACT_DATA.search(name) else name


def is_placeholder(text: str) -> bool:
    """Say whether a text stands for no answer.

    >>> is_placeholder(" N/A "), is_placeholder("--"), is_placeholder("Nadal S.L.")
    (True, True, False)
    """
    if len(text) > LONGEST_PLACEHOLDER:
        return False
    return not any(map(str.isalnum, text)) or fold_text(text) in load_terms("placeholders")["placeholders"]


def drop_placeholders(leads: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """Return `leads` with what stands for no answer in the text `columns` missing."""
    answers = {
        name: map_distinct(leads[name], lambda text: None if is_placeholder(text) else text, "str") for name in columns
    }
    return leads.assign(**answers)


def clean_categories(values: pd.Series) -> pd.Series:
    return map_distinct(values, clean_category)


def mark_given(values: pd.Series) -> pd.Series:
    """Return 1 where there is a value and 0 where there is none."""
    return values.notna().astype(float)


def mark_equal(values: pd.Series, wanted: Any) -> pd.Series:
    """Return 1 where the value is `wanted`, 0 where it is another one, NaN where it is missing."""
    return (values == wanted).astype(float).where(values.notna())


def list_metrics(
    group: str,
    rows: list[tuple[str, Literal["number", "category"], str, str, str]],
    kind: Literal["explicit", "implicit"] = "explicit",
) -> list[Metric]:
    """Return the metrics of a group from rows (name, type, unit, meaning, origin)."""
    return [Metric(name, kind, group, type_, unit, meaning, origin) for name, type_, unit, meaning, origin in rows]


def collect_features(
    lead_id: pd.Series, values: pd.DataFrame, metrics: list[Metric]
) -> tuple[pd.DataFrame, list[Metric]]:
    """Return the features (lead_id first) and the metrics of those columns that tell leads apart.

    A column with one value only, missing counted as a value, is no feature. Categories keep all
    their values, however rare: which of them teach something only a fit can say.
    """
    columns, kept = {"lead_id": lead_id}, []
    for metric in metrics:
        column = values[metric.name]
        if column.nunique(dropna=False) > 1:
            columns[metric.name] = to_type(column, metric.type)
            kept.append(metric)
    return pd.DataFrame(columns), kept


def to_type(column: pd.Series, type_: str) -> pd.Series:
    """Return numbers as finite float64, categories as text."""
    if type_ == "category":
        return column.astype("str")
    return column.astype(float).replace([np.inf, -np.inf], np.nan)
