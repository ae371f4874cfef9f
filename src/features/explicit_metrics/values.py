"""What all rooms share: categories, distinct values, and which columns become features."""

import re
from collections.abc import Callable, Iterable
from typing import Any, Literal
from urllib.parse import unquote

import numpy as np
import pandas as pd

from src.features.catalogue import Metric
from src.features.explicit_metrics.rules import load_terms
from src.features.text import LONGEST_TEXT, fold_text

LONGEST_CATEGORY = 80
"""Characters of a category's name that are kept."""

LONGEST_PLACEHOLDER = 20
"""Characters: longer texts say something, which spares looking at them."""

LONGEST_FREE_TEXT = 40
"""Characters of what is typed freely: whoever writes more writes sentences, and perhaps who they are."""

MOST_WORDS = 5
"""The same in words."""

# Someone's address or number typed into the wrong field must not become a category. No telephone
# number that can be called from elsewhere has fewer than seven digits; signs may stand between them.
CONTACT_DATA = re.compile(r"@|[(\[{] ?(?:at|arroba) ?[)\]}]|\barroba\b|\d(?:[\W_]{0,2}\d){6}")

# In what a website sets only what can be nothing else is somebody's.
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.\w+")
CALLABLE = re.compile(r"(?:\+|00)\d[\d\s().-]{7,}")

# What campaigns and lists of answers hold instead: days, school years, and ranges such as "1.000-5.000".
DAY, MONTH, YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:20\d\d)"
AMOUNT = r"(?:\d{1,3}[.,]\d{3}(?:[.,]000)*|\d{1,3}[05]00)"
NO_CONTACT_DATA = re.compile(
    rf"(?<!\d)(?:{YEAR}([-_./ ]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])|{DAY}([-_./ ]){MONTH}\2{YEAR}"
    rf"|{YEAR} ?[-_/] ?{YEAR}|{AMOUNT} ?- ?{AMOUNT})(?!\d)"
)


def map_distinct(values: pd.Series, function: Callable[[str], Any], dtype: str = "object") -> pd.Series:
    """Return ``function(value)`` for each value, called once a distinct value; missing stays missing."""
    codes, distinct = pd.factorize(values)  # missing has the code -1: the last answer, None
    answers = np.full(len(distinct) + 1, None, dtype=object)
    answers[:-1] = [function(value) for value in distinct]
    return pd.Series(answers[codes], index=values.index, dtype=dtype)


def clean_category(text: str) -> str | None:
    """Return the comparable name of a category; what holds contact data is missing.

    >>> clean_category("Becas 2025-11-23"), clean_category("Ana (612) 345-679"), clean_category("ana%40planted.com")
    ('becas 2025-11-23', None, None)
    """
    name = decode_text(text)
    if CONTACT_DATA.search(NO_CONTACT_DATA.sub(" date ", name)):
        return None
    return name[:LONGEST_CATEGORY].strip() or None


def clean_label(text: str) -> str | None:
    """Return the comparable name of what a website or a source sets; only an address or number alone is missing.

    There digits are an id and nobody's telephone, and half of all ids have seven of them.

    >>> clean_label("120210000000000000"), clean_label("lp/612345678-B"), clean_label("Feria-2026")
    ('120210000000000000', 'lp/612345678-b', 'feria-2026')
    >>> clean_label("newsletter ana@planted.com"), clean_label("+34 612 345 678")
    (None, None)
    """
    name = decode_text(text)
    if ADDRESS.search(name) or CALLABLE.fullmatch(name):
        return None
    return name[:LONGEST_CATEGORY].strip() or None


def clean_place(text: str) -> str | None:
    """Return the comparable name of something typed freely; sentences and contact data are missing.

    >>> clean_place("Venta de coches"), clean_place("Hola, soy Juan Plantado y quiero información")
    ('venta de coches', None)
    """
    name = clean_category(text)
    return name if name and len(name) <= LONGEST_FREE_TEXT and len(name.split()) <= MOST_WORDS else None


def decode_text(text: str, longest: int = LONGEST_TEXT) -> str:
    """Return `text` folded, with what addresses write as ``%40`` as the sign it is, however often encoded."""
    folded = fold_text(text, longest)
    while "%" in folded and (decoded := fold_text(unquote(folded), longest)) != folded:
        folded = decoded
    return folded


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


def clean_labels(values: pd.Series) -> pd.Series:
    return map_distinct(values, clean_label)


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
