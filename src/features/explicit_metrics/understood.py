"""What the lead filled in and the rules could not make sense of: for whoever edits the rules."""

from typing import Any

import pandas as pd

from src.data.tables import PERSONAL_COLUMNS
from src.features.explicit_metrics.form import clean_address
from src.features.explicit_metrics.values import clean_category, clean_label, map_distinct

MOST_FREQUENT = 10

FEWEST_PERSONS = 3
"""A text that fewer persons typed may be someone's name in the wrong field: it is counted, not shown."""

TYPED_FIELDS = ("region", "city", "sector")
LABELS = ("form", "channel", "source", "campaign", "landing_page", "offer")
"""Fields that become categories: what people type, and what a website or a source sets."""

METRICS_OF_FIELDS = (
    ("country", "country_from"),
    ("region", "region"),
    ("city", "place_from"),
    ("postal_code", "place_from"),
    ("job_title", "job_seniority"),
    ("job_title", "job_function"),
    ("company_size", "count_employees"),
    ("sector", "sector"),
    ("email", "is_email_valid"),
    ("phone", "is_phone_valid"),
    ("message", "message_language"),
    ("message", "stated_intent"),
    ("form", "form_kind"),
)
"""Which metric tells whether a field was understood."""

TOLD_BY = {"country": "given", "city": "city"}
"""What the metric of a field says where the field itself told it, and no other was asked instead."""


def count_understood(leads: pd.DataFrame, metrics: pd.DataFrame) -> list[dict[str, Any]]:
    """Return for each field how many leads gave it and of how many it was understood.

    Parameters
    ----------
    leads : DataFrame
        What was given, placeholders such as "n/a" already missing, and ``person``.
    metrics : DataFrame
        The explicit metrics of the same leads.

    Returns
    -------
    list of dict
        ``field, metric, given, understood`` and ``unknown``: the most frequent values that were
        not, each ``value, leads``. Fields that may hold personal data list no values, nor do others
        what only one or two persons typed, however often.
    """
    return [
        count_field(field, metric, leads[[field, "person"]], find_understood(field, metric, metrics[metric]))
        for field, metric in METRICS_OF_FIELDS
        if leads[field].notna().any()
    ]


def count_masked(leads: pd.DataFrame, own_categories: list[str]) -> list[dict[str, Any]]:
    """Return for each field that becomes categories how many leads wrote contact data there, which is left out."""
    cleaned = dict.fromkeys(TYPED_FIELDS, clean_category) | dict.fromkeys([*LABELS, *own_categories], clean_label)
    # What may follow in an address is cut off without being a category.
    cleaned["landing_page"] = clean_address
    masked = {
        field: int((leads[field].notna() & map_distinct(leads[field], clean).isna()).sum())
        for field, clean in cleaned.items()
    }
    return [{"field": field, "leads": count} for field, count in masked.items() if count]


def find_understood(field: str, metric: str, values: pd.Series) -> pd.Series:
    """Say of which leads the field behind a metric was understood; an invalid address is not."""
    if field in TOLD_BY:
        return values == TOLD_BY[field]
    return values == 1 if metric in ("is_email_valid", "is_phone_valid") else values.notna()


def count_field(field: str, metric: str, leads: pd.DataFrame, is_understood: pd.Series) -> dict[str, Any]:
    is_given = leads[field].notna()
    unknown = leads[is_given & ~is_understood]
    if field in PERSONAL_COLUMNS:
        unknown = unknown.head(0)
    # Someone's address typed into the wrong field is left out (clean_category).
    names = map_distinct(unknown[field], clean_category)
    counts = unknown.groupby(names)["person"].agg(leads="size", persons="nunique").rename_axis("value").reset_index()
    counts = counts[counts["persons"] >= FEWEST_PERSONS].sort_values(["leads", "value"], ascending=[False, True])
    return {
        "field": field,
        "metric": metric,
        "given": int(is_given.sum()),
        "understood": int((is_given & is_understood).sum()),
        "unknown": [{"value": row.value, "leads": int(row.leads)} for row in counts.head(MOST_FREQUENT).itertuples()],
    }
