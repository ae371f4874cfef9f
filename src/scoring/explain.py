"""Program: why a lead has its probability - what was known when, at each age, and its route in each scenario."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
import pyarrow.parquet as pq

from src import paths
from src.data.sources import Source, load_source
from src.features.snapshots import CURRENT
from src.files import read_table
from src.models.reasons import list_reasons
from src.models.resampling import load_refits, predict_interval
from src.models.saved import is_applicable, load_model
from src.params import Params, load_params
from src.stage import InputError, run_stage

MOST_ACTIVITIES = 30
"""The newest that are told; of the others only how many there are."""


@dataclass(frozen=True)
class Explained:
    """A lead at each age, for one objective.

    Attributes
    ----------
    rows : DataFrame
        ``snapshot_at, age, probability, probability_low, probability_high, reasons_for, reasons_against``.
    routes : dict of str to str
        The route in each scenario, where the lead is open.
    """

    rows: pd.DataFrame
    routes: dict[str, str]


def main() -> str:
    parser = argparse.ArgumentParser(prog="python -m src.scoring.explain", description=__doc__)
    parser.add_argument("lead", help="its id, as it stands in the lists")
    lead_id = parser.parse_args().lead
    params = load_params()
    source = load_source(params.source)
    lead = find_lead(lead_id)
    explained = {name: explain(lead_id, name, params) for name in params.objectives if name in source.objectives}
    outcomes = read_table(paths.OUTCOMES)

    activities = read_activities(int(lead["lead_key"]))
    lines = [
        *say_lead(lead, source),
        *say_activities(activities, source.timezone),
        *say_outcomes(outcomes[outcomes["lead_id"] == lead_id], source.timezone),
    ]
    for name, found in explained.items():
        lines += say_objective(name, found, source.timezone)
    print("\n".join(lines))
    return f"{lead_id}: {len(activities)} activities, {len(explained)} objectives"


def find_lead(lead_id: str) -> pd.Series:
    """Return the lead's row; its personal columns are not read."""
    leads = read_table(paths.LEADS, ["lead_key", "lead_id", "created_at"])
    found = leads[leads["lead_id"] == lead_id]
    if found.empty:
        raise InputError("unknown_lead", "there is no lead of this id; ids stand as in data/scored", paths.LEADS)
    return found.iloc[0]


def read_activities(lead_key: int) -> pd.DataFrame:
    """Return what a lead did, in order of time: ``occurred_at``, ``kind`` and ``asset``."""
    codes = read_table(paths.CODES)
    files = sorted(paths.ACTIVITIES.glob("*.parquet"))
    columns = ["occurred_at", "kind", "asset"]
    parts = [pq.read_table(path, columns=columns, filters=[("lead_key", "==", lead_key)]).to_pandas() for path in files]
    log = pd.concat([pd.DataFrame(columns=columns, dtype="int64"), *parts], ignore_index=True)
    named = {name: part.set_index("code")["value"] for name, part in codes.groupby("column")}
    told = {name: log[name].map(named[name]) if name in named else None for name in ("kind", "asset")}
    at = pd.to_datetime(log["occurred_at"].astype("int64"), unit="us")
    return pd.DataFrame({"occurred_at": at, **told}).sort_values("occurred_at", kind="stable", ignore_index=True)


def explain(lead_id: str, objective: str, params: Params) -> Explained:
    """Return the probability of a lead at each of its ages by the model in force, why, and its routes."""
    rows = read_table(paths.processed(objective))
    rows = rows[rows["lead_id"] == lead_id].sort_values("age_days", ignore_index=True)
    folder = paths.current_model_folder(objective)
    if rows.empty or not is_applicable(folder):
        return Explained(pd.DataFrame(), {})
    model = load_model(folder)
    interval = predict_interval(model, load_refits(model, folder), rows, params.evaluation.confidence)
    told = rows[["snapshot_at", "age", "is_current"]].assign(probability=model.predict(rows))
    return Explained(
        pd.concat([told, interval, list_reasons(model, rows)], axis=1), find_routes(lead_id, objective, params)
    )


def find_routes(lead_id: str, objective: str, params: Params) -> dict[str, str]:
    """Return the route that each scenario of the objective gives the lead; none where it is not open."""
    routes = {}
    for name, scenario in params.scenarios.items():
        if scenario.objective == objective:
            scores = read_table(paths.scored(objective, name), ["lead_id", "route"])
            routes.update((name, route) for route in scores.loc[scores["lead_id"] == lead_id, "route"])
    return routes


def say_lead(lead: pd.Series, source: Source) -> Iterator[str]:
    """Yield when the lead came and what it told, without what is personal: the features, and no raw field."""
    came = f", came {say_time(lead['created_at'], source.timezone)}" if source.is_dated() else ""
    yield f"Lead {lead['lead_id']}{came}"
    features = read_table(paths.EXPLICIT)
    told = features[features["lead_id"] == lead["lead_id"]].drop(columns="lead_id").iloc[0].dropna()
    yield "What it told"
    # What it has not, did not leave out or gave no sign of goes without saying.
    told = told[told != 0]
    yield from (f"  {name.replace('_', ' ')}: {say_value(value)}" for name, value in told.items())


def say_activities(activities: pd.DataFrame, zone: str) -> Iterator[str]:
    yield f"What it did ({len(activities)})"
    if len(activities) > MOST_ACTIVITIES:
        yield f"  {len(activities) - MOST_ACTIVITIES} earlier ones"
    for row in activities.tail(MOST_ACTIVITIES).itertuples():
        asset = "" if pd.isna(row.asset) else f"  {row.asset}"
        yield f"  {say_time(row.occurred_at, zone)}  {row.kind.replace('_', ' ')}{asset}"


def say_outcomes(outcomes: pd.DataFrame, zone: str) -> Iterator[str]:
    yield "What became of it" + ("" if len(outcomes) else ": nothing yet")
    for row in outcomes.sort_values("occurred_at").itertuples():
        yield f"  {'at an unknown time' if pd.isna(row.occurred_at) else say_time(row.occurred_at, zone)}  {row.kind}"


def say_objective(name: str, found: Explained, zone: str) -> Iterator[str]:
    """Yield the probability at each age, the reasons for the newest, and the routes."""
    if found.rows.empty:
        yield f"{name}: it was never open for this"
        return
    yield f"{name}, by the model in force"
    for row in found.rows.itertuples():
        when = "now" if row.age == CURRENT or row.is_current else f"at {row.age}"
        at = "" if pd.isna(row.snapshot_at) else f" ({say_time(row.snapshot_at, zone)})"
        yield f"  {when}{at}: {row.probability:.0%}, {row.probability_low:.0%} to {row.probability_high:.0%}"
    for side in ("for", "against"):
        reasons = found.rows.iloc[-1][f"reasons_{side}"]
        yield f"  {side}: {'nothing beyond the usual' if pd.isna(reasons) else reasons}"
    yield from (f"  {scenario}: {route}" for scenario, route in found.routes.items())


def say_time(at: pd.Timestamp, zone: str) -> str:
    return at.tz_localize("UTC").tz_convert(zone).strftime("%Y-%m-%d %H:%M")


def say_value(value: float | str) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    run_stage(main)
