"""The spine: every moment at which a lead is, or would have been, scored."""

import pandas as pd

from src.data.sources import Source, parse_age

CURRENT = "now"
"""The age of the snapshot taken at the end of the data, at which open leads are scored."""


def build_spine(leads: pd.DataFrame, source: Source) -> pd.DataFrame:
    """Return one row a lead and moment of scoring: each age reached by `as_of`, and `as_of`.

    Parameters
    ----------
    leads : DataFrame
        The canonical leads.
    source : Source
        Its ``ages`` and ``as_of`` are used.

    Returns
    -------
    DataFrame
        ``lead_key``, ``lead_id``, ``created_at``, ``snapshot_at``, ``age`` (as declared, or
        ``now``) and ``age_days``, ordered by lead and time. A source without dates has one snapshot a lead,
        the extraction, at an unknown time and at its first age.
    """
    base = leads[["lead_key", "lead_id", "created_at"]]
    if not source.is_dated():
        unknown = pd.Series(pd.NaT, index=leads.index, dtype="datetime64[us]")
        return base.assign(snapshot_at=unknown, age=source.ages[0], age_days=float("nan"))
    as_of = source.get_as_of()
    parts = [
        base.assign(
            snapshot_at=leads["created_at"] + pd.Timedelta(hours=parse_age(age)),
            age=age,
            age_days=parse_age(age) / 24,
        )
        for age in source.ages
    ]
    days_to_end = (as_of - leads["created_at"]) / pd.Timedelta(days=1)
    parts.append(base.assign(snapshot_at=as_of, age=CURRENT, age_days=days_to_end))
    spine = pd.concat(parts, ignore_index=True)
    spine = spine[spine["snapshot_at"] <= as_of]
    spine["snapshot_at"] = spine["snapshot_at"].astype("datetime64[us]")
    # A lead that reaches an age exactly at as_of has that snapshot once, under the age's name.
    spine = spine.drop_duplicates(["lead_key", "snapshot_at"])
    return spine.sort_values(["lead_key", "snapshot_at"], ignore_index=True)
