"""Whether the same person had asked before."""

import pandas as pd

from src.features.explicit_metrics.values import list_metrics

METRICS = list_metrics(
    "person",
    [
        (
            "count_earlier_requests",
            "number",
            "leads",
            "Earlier leads of the same person.",
            "person, created_at",
        ),
        (
            "days_since_earlier_request",
            "number",
            "days",
            "Days since the person's latest earlier lead; missing for the first.",
            "person, created_at",
        ),
    ],
)


def measure_person(leads: pd.DataFrame) -> pd.DataFrame:
    """Return the earlier requests of each lead's person; `leads` are in order of creation."""
    persons = leads.groupby("person", sort=False)
    earlier = persons["created_at"].shift()
    return pd.DataFrame(
        {
            "count_earlier_requests": persons.cumcount().astype(float),
            "days_since_earlier_request": (leads["created_at"] - earlier) / pd.Timedelta(days=1),
        }
    )
