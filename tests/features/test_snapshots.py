import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from src.data.sources import Source
from src.features.snapshots import build_spine

AS_OF = pd.Timestamp("2026-03-31 12:00")


def make_source(ages: list[str] | None = None, is_dated: bool = True) -> Source:
    order = {"created_at": "Created"} if is_dated else {"sequence": "Number"}
    return Source.model_validate(
        {
            "description": "Made by hand.",
            "as_of": str(AS_OF) if is_dated else None,
            "ages": ages or ["0h"],
            "leads": {"file": "leads.csv", "columns": {"lead_id": "Id", **order}},
            "outcomes": [{"column_of_leads": "Won", "kinds": {"1": "won"}}],
            "objectives": {"sale": {"converted": ["won"], "horizon_days": None}},
        }
    )


def make_leads(created_at: list[pd.Timestamp]) -> pd.DataFrame:
    leads = pd.DataFrame({"lead_key": range(len(created_at))})
    leads["lead_id"] = [f"lead{key}" for key in leads["lead_key"]]
    return leads.assign(created_at=pd.Series(created_at, dtype="datetime64[us]"))


def test_a_lead_is_scored_at_each_age_it_has_reached_and_at_the_end():
    """Check the snapshots of an old and of a young lead."""
    leads = make_leads([pd.Timestamp("2026-03-01 12:00"), pd.Timestamp("2026-03-31 00:00")])
    spine = build_spine(leads, make_source(["0h", "12h", "7d", "60d"]))
    assert list(zip(spine["lead_id"], spine["age"], spine["age_days"], strict=True)) == [
        ("lead0", "0h", 0),
        ("lead0", "12h", 0.5),
        ("lead0", "7d", 7),
        ("lead0", "now", 30),
        ("lead1", "0h", 0),
        ("lead1", "12h", 0.5),
    ]
    assert spine["snapshot_at"].tolist()[1:4] == [
        pd.Timestamp("2026-03-02 00:00"),
        pd.Timestamp("2026-03-08 12:00"),
        AS_OF,
    ]


def test_an_age_reached_a_moment_after_the_end_is_no_snapshot():
    """Check that nothing is scored in the future."""
    leads = make_leads([AS_OF - pd.Timedelta(hours=12) + pd.Timedelta(microseconds=1)])
    assert build_spine(leads, make_source(["0h", "12h"]))["age"].tolist() == ["0h", "now"]


def test_a_lead_of_the_last_moment_has_one_snapshot():
    """Check that creation and end at the same time are one snapshot, under the age's name."""
    assert build_spine(make_leads([AS_OF]), make_source(["0h", "7d"]))["age"].tolist() == ["0h"]


def test_without_dates_the_extraction_is_the_only_snapshot():
    """Check that time and age of the snapshot are unknown."""
    spine = build_spine(make_leads([pd.NaT, pd.NaT]), make_source(is_dated=False))
    assert spine["lead_id"].tolist() == ["lead0", "lead1"]
    assert spine["age"].tolist() == ["0h", "0h"]
    assert spine[["snapshot_at", "age_days"]].isna().all(axis=None)
    assert spine["snapshot_at"].dtype == "datetime64[us]"


@given(st.lists(st.integers(0, 100 * 24), min_size=1, max_size=8))
@settings(max_examples=50)
def test_every_lead_has_its_snapshots_once_and_in_order(hours_before):
    """Check key, order, the end at `as_of` and that age and time agree."""
    leads = make_leads([AS_OF - pd.Timedelta(hours=hours) for hours in hours_before])
    spine = build_spine(leads, make_source(["0h", "1d", "30d"]))
    assert not spine.duplicated(["lead_key", "snapshot_at"]).any()
    assert spine.sort_values(["lead_key", "snapshot_at"]).index.equals(spine.index)
    assert (spine.groupby("lead_key")["snapshot_at"].max() == AS_OF).all()
    assert len(spine.groupby("lead_key")) == len(leads)
    created_at = spine["lead_key"].map(leads["created_at"])
    assert ((spine["snapshot_at"] - created_at) / pd.Timedelta(days=1) - spine["age_days"]).abs().max() < 1e-9
