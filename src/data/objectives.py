"""How many leads convert, close otherwise or are open, for an objective of a source."""

from typing import Any

import pandas as pd

from src.data.sources import Objective, Source


def describe_objective(
    source: Source, objective: Objective, leads: pd.DataFrame, outcomes: pd.DataFrame
) -> dict[str, Any]:
    """Return how many leads convert, close otherwise or are open, and how many in time.

    Leads from before outcomes were recorded are left out: nobody knows what became of them.
    """
    begin = source.find_recorded_from(objective)
    if begin is not None:
        leads = leads[leads["created_at"] >= begin]
        outcomes = outcomes[outcomes["lead_id"].isin(leads["lead_id"])]
    converted = outcomes[outcomes["kind"].isin(objective.converted)]
    closed = outcomes[outcomes["kind"].isin(objective.closed) & ~outcomes["lead_id"].isin(converted["lead_id"])]
    described = {
        "horizon_days": objective.horizon_days,
        "converted": converted["lead_id"].nunique(),
        "closed": closed["lead_id"].nunique(),
        "open": len(leads) - converted["lead_id"].nunique() - closed["lead_id"].nunique(),
        "is_closed_by_outcomes": bool(objective.closed),
        "converted_without_time": int(converted["occurred_at"].isna().sum()),
    }
    if objective.horizon_days is None or not source.is_dated():
        return described
    horizon = pd.Timedelta(days=objective.horizon_days)
    mature = leads.loc[leads["created_at"] + horizon <= source.get_as_of(), ["lead_id", "created_at"]]
    first = converted.groupby("lead_id")["occurred_at"].min()
    # Not `map`: from no conversions at all it would try to make numbers.
    in_time = first.reindex(mature["lead_id"]).to_numpy() - mature["created_at"] <= horizon
    return described | {"mature": len(mature), "converted_in_time": int(in_time.sum())}
