import pandas as pd
import pytest

from src.features.explicit_metrics.moment import measure_moment

MADRID = "Europe/Madrid"


@pytest.mark.parametrize(
    ("utc", "zone", "hour", "weekday", "is_office"),
    [
        ("2026-01-05 08:30", MADRID, 9, "monday", 1),  # winter: one hour ahead
        ("2026-07-06 07:30", MADRID, 9, "monday", 1),  # summer: two
        ("2026-07-06 06:59", MADRID, 8, "monday", 0),
        ("2026-07-06 16:00", MADRID, 18, "monday", 0),
        ("2026-07-10 22:30", MADRID, 0, "saturday", 0),
        ("2026-07-11 10:00", MADRID, 12, "saturday", 0),
        ("2026-03-29 00:59:59", MADRID, 1, "sunday", 0),  # the second before the clocks change
        ("2026-03-29 01:00", MADRID, 3, "sunday", 0),
        ("2026-07-06 07:30", "Atlantic/Canary", 8, "monday", 0),
        ("2026-07-06 03:00", "America/Mexico_City", 21, "sunday", 0),
        ("2026-07-06 03:30", "Asia/Kolkata", 9, "monday", 1),
    ],
)
def test_the_moment_is_local(utc, zone, hour, weekday, is_office):
    """Check hour, weekday and office hours at the lead's place, over the change of the clocks."""
    moment = measure_moment(pd.Series(pd.to_datetime([utc])), pd.Series([zone]))
    assert moment.iloc[0].tolist() == [hour, weekday, is_office]


def test_each_lead_has_its_own_zone():
    """Check that zones are not mixed up, in rows of any index."""
    created_at = pd.Series(pd.to_datetime(["2026-07-06 22:30"] * 4), index=[9, 3, 5, 7])
    zones = pd.Series([MADRID, "UTC", "America/Bogota", MADRID], index=created_at.index)
    moment = measure_moment(created_at, zones)
    assert moment["hour_of_day"].to_dict() == {9: 0, 3: 22, 5: 17, 7: 0}
    assert moment["weekday"].tolist() == ["tuesday", "monday", "monday", "tuesday"]


@pytest.mark.parametrize("unit", ["ns", "us", "s"])
def test_an_unknown_moment_is_missing(unit):
    """Check that a source without dates has no hours, in dates of any precision."""
    moment = measure_moment(pd.Series([pd.NaT], dtype=f"datetime64[{unit}]"), pd.Series(["UTC"]))
    assert moment.isna().all(axis=None)
    assert moment["hour_of_day"].dtype == moment["is_office_hours"].dtype == float


def test_no_leads_have_no_moments():
    """Check that an empty source is measured."""
    assert measure_moment(pd.Series([], dtype="datetime64[us]"), pd.Series([], dtype="str")).shape == (0, 3)
