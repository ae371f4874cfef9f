"""How many leads convert, close otherwise or are open, for an objective of a source."""

import math
from typing import Any

import pandas as pd

from src.data.sources import Objective, Source

CAUGHT = 0.9
"""Share of the conversions that come while leads can be followed which the proposed horizon catches."""


def needs_horizon(source: Source, objective: Objective, outcomes: pd.DataFrame) -> bool:
    """Say whether leads and all conversions have times, but the objective has no horizon.

    Then who is decided already depends on what became of it: losers that are closed late, or never, are missing from
    what is learned, and from the test too, so that nobody would notice.
    """
    converted = outcomes.loc[outcomes["kind"].isin(objective.converted), "occurred_at"]
    is_dated = source.is_dated() and len(converted) > 0 and bool(converted.notna().all())
    return objective.horizon_days is None and is_dated


def propose_horizon(leads: pd.DataFrame, converted: pd.DataFrame, as_of: pd.Timestamp) -> int | None:
    """Return the whole days within which most conversions have come, or None where there are none to tell by.

    Looked at are the leads that came at the median time or before, and their conversions as long after the creation
    as all of these leads can be followed: what came later of the oldest alone would make the wait longer.

    Parameters
    ----------
    leads : DataFrame
        ``lead_id, created_at``.
    converted : DataFrame
        The conversions: ``lead_id, occurred_at``.
    as_of : Timestamp
        The end of the data.
    """
    created_at = leads.set_index("lead_id")["created_at"]
    followed = as_of - created_at.quantile(0.5)
    first = converted.groupby("lead_id")["occurred_at"].min()
    waits = (first - created_at.reindex(first.index))[created_at.reindex(first.index) <= as_of - followed]
    waits = waits[(waits > pd.Timedelta(0)) & (waits <= followed)]
    if waits.empty:
        return None
    return max(math.ceil(waits.quantile(CAUGHT) / pd.Timedelta(days=1)), 1)


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
    if needs_horizon(source, objective, outcomes):
        proposed = propose_horizon(leads, converted, source.get_as_of())
        return described | ({} if proposed is None else {"proposed_horizon_days": proposed})
    if objective.horizon_days is None or not source.is_dated():
        return described
    horizon = pd.Timedelta(days=objective.horizon_days)
    mature = leads.loc[leads["created_at"] + horizon <= source.get_as_of(), ["lead_id", "created_at"]]
    first = converted.groupby("lead_id")["occurred_at"].min()
    # Not `map`: from no conversions at all it would try to make numbers.
    in_time = first.reindex(mature["lead_id"]).to_numpy() - mature["created_at"] <= horizon
    return described | {"mature": len(mature), "converted_in_time": int(in_time.sum())}
