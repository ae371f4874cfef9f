"""When the request came in, by the clock of the place the lead is at."""

import numpy as np
import pandas as pd

from src.features.explicit_metrics.values import list_metrics

METRICS = list_metrics(
    "form",
    [
        ("hour_of_day", "number", "hours", "Hour of the creation, in the lead's own time.", "created_at, place"),
        (
            "weekday",
            "category",
            "name",
            "Day of the week, in the lead's own time.",
            "created_at, place",
        ),
        (
            "is_office_hours",
            "number",
            "yes/no",
            "Created from Monday to Friday between 9:00 and 18:00, in the lead's own time.",
            "created_at, place",
        ),
    ],
)

OFFICE_OPENS, OFFICE_CLOSES = 9, 18
SATURDAY = 5


def measure_moment(created_at: pd.Series, zones: pd.Series) -> pd.DataFrame:
    """Return hour, weekday and office hours of naive UTC times, each in its own time zone.

    Parameters
    ----------
    created_at : Series of datetime64, shape (n,)
        Naive, in UTC; missing in a source without dates.
    zones : Series of str, shape (n,)
        The IANA name of the time zone of each lead, e.g. ``Europe/Madrid``.
    """
    local = find_local_time(created_at, zones).dt
    is_office = (local.day_of_week < SATURDAY) & (local.hour >= OFFICE_OPENS) & (local.hour < OFFICE_CLOSES)
    is_known = created_at.notna()
    return pd.DataFrame(
        {
            "hour_of_day": local.hour.astype(float),
            "weekday": map_weekdays(local.day_of_week),
            "is_office_hours": is_office.astype(float).where(is_known),
        }
    )


def find_local_time(created_at: pd.Series, zones: pd.Series) -> pd.Series:
    """Return naive UTC times as the naive local times of their zones, converted once a zone."""
    utc = created_at.to_numpy()
    local = utc.copy()
    for zone, rows in zones.groupby(zones.to_numpy()).indices.items():
        local[rows] = pd.DatetimeIndex(utc[rows], tz="UTC").tz_convert(zone).tz_localize(None).to_numpy()
    return pd.Series(local, index=created_at.index)


def map_weekdays(day_of_week: pd.Series) -> pd.Series:
    names = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    at = day_of_week.fillna(len(names)).to_numpy(dtype=int)
    return pd.Series(np.array([*names, None], dtype=object)[at], index=day_of_week.index, dtype="object")
