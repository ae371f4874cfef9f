"""Stage `dataset`: features, label, maturity and fold of every snapshot still open for an objective."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from src import paths
from src.data.objectives import needs_horizon, propose_horizon
from src.data.sources import Objective, Source, load_source
from src.data.tables import SNAPSHOTS, UNREADABLE, check_key
from src.features.snapshots import CURRENT
from src.files import read_table, write_json, write_table
from src.models.folds import assign_folds
from src.params import Folds, load_params
from src.stage import InputError, read_item, run_stage

ROW_COLUMNS = ("lead_id", "person", "sequence", "created_at", "snapshot_at", "age", "age_days")
"""What identifies a row of the dataset, before its label, its fold and its features."""


def main() -> str:
    params = load_params()
    name = params.check_objective(read_item())
    source = load_source(params.source)
    objective = source.objectives.get(name)
    if objective is None:
        write_table(pd.DataFrame(), paths.processed(name))
        write_json({"source": params.source, "applicable": False}, paths.folds(name))
        return f"{name} is not an objective of {params.source}: not applicable"
    leads = read_table(paths.LEADS, ["lead_id", "person", "sequence", "created_at"])
    outcomes = read_table(paths.OUTCOMES)
    implicit = read_table(paths.IMPLICIT)
    constant = [read_table(path) for path in (paths.EXPLICIT, paths.TOTALS)]
    quarantine = read_table(paths.QUARANTINE)

    leads = drop_unknown(leads, outcomes, source.find_recorded_from(objective))
    check_horizon(source, objective, leads, outcomes, paths.source_file(params.source))
    moments = decide_moments(leads["lead_id"], outcomes, objective, source.ages)
    rows = label_rows(implicit[["lead_id", "snapshot_at", "age", "age_days"]], leads, moments, objective, source)
    quarantine = quarantine[quarantine["lead_id"].isin(leads["lead_id"])]
    rows, summary = fold_rows(rows, quarantine, objective, params.folds)
    summary["quarantine"] = count_quarantine(rows, quarantine, moments.has_converted)
    dataset = join_features(rows, implicit, constant)

    write_table(check_key(dataset, SNAPSHOTS), paths.processed(name))
    write_json({"source": params.source, "applicable": True, **summary}, paths.folds(name))
    return f"{name}: " + ", ".join(f"{count} {fold}" for fold, count in summary["rows"].items()) + " rows"


def drop_unknown(leads: pd.DataFrame, outcomes: pd.DataFrame, recorded_from: pd.Timestamp | None) -> pd.DataFrame:
    """Return the leads but those whose fate is unknown.

    Of an outcome that could not be read nobody knows whether it was won or lost, and of leads from before outcomes
    were recorded what became of them at first.
    """
    unreadable = outcomes.loc[outcomes["kind"] == UNREADABLE, "lead_id"]
    is_before = leads["created_at"] < recorded_from if recorded_from is not None else False
    return leads[~(leads["lead_id"].isin(unreadable) | is_before)]


def check_horizon(
    source: Source, objective: Objective, leads: pd.DataFrame, outcomes: pd.DataFrame, file: Path
) -> None:
    """Raise an error where a horizon can be declared and is not (`needs_horizon`); it proposes one."""
    if not needs_horizon(source, objective, outcomes):
        return
    converted = outcomes[outcomes["kind"].isin(objective.converted) & outcomes["lead_id"].isin(leads["lead_id"])]
    days = propose_horizon(leads, converted, source.get_as_of())
    proposed = f": {days} days would catch nine in ten of the conversions" if days else ""
    raise InputError(
        "no_horizon",
        "its conversions have times, so that it needs a horizon: leads that are never closed would be taken for none. "
        f"Declare horizon_days{proposed}",
        file,
        column="horizon_days",
    )


@dataclass(frozen=True)
class Moments:
    """When each lead converted and when its wait ended, as Series by ``lead_id``.

    ``has_converted`` and ``is_decided`` hold also where the source gives no times.
    """

    has_converted: pd.Series
    is_decided: pd.Series
    converted_at: pd.Series
    decided_at: pd.Series


def decide_moments(lead_id: pd.Series, outcomes: pd.DataFrame, objective: Objective, ages: list[str]) -> Moments:
    converted = outcomes[outcomes["kind"].isin(objective.converted)]
    decided = outcomes[outcomes["kind"].isin([*objective.converted, *objective.closed])]
    converted_at = converted.groupby("lead_id")["occurred_at"].min()
    decided_at = decided.groupby("lead_id")["occurred_at"].min()
    if objective.horizon_days is not None and converted["occurred_at"].isna().any():
        raise InputError(
            "no_times",
            "a horizon needs outcomes with times; without them declare horizon_days empty",
            paths.OUTCOMES,
            column="occurred_at",
        )
    # Without its time nobody knows at which ages a conversion was still to come.
    if ages != ["0h"] and converted["occurred_at"].isna().any():
        raise InputError(
            "no_times",
            "conversions without times allow no age but 0h; give their times or declare ages: [0h]",
            paths.OUTCOMES,
            column="occurred_at",
        )
    return Moments(
        has_converted=lead_id.isin(converted_at.index).set_axis(lead_id),
        is_decided=lead_id.isin(decided_at.index).set_axis(lead_id),
        converted_at=converted_at.reindex(lead_id),
        decided_at=decided_at.reindex(lead_id),
    )


def label_rows(
    spine: pd.DataFrame, leads: pd.DataFrame, moments: Moments, objective: Objective, source: Source
) -> pd.DataFrame:
    """Return the snapshots still open for the objective, with ``label`` and ``is_mature``.

    With a horizon the label says whether the lead converts in (snapshot, snapshot + horizon],
    and is known once that has passed; without, whether it ever converts, known once decided.
    ``label_known_at`` is when the row could be learned from (missing where there is no horizon).
    """
    rows = spine.merge(leads, on="lead_id", how="inner", validate="many_to_one")
    decided_at = rows["lead_id"].map(moments.decided_at)
    rows = rows[~(decided_at <= rows["snapshot_at"])].reset_index(drop=True)
    as_of = source.get_as_of() if source.is_dated() else pd.NaT
    if objective.horizon_days is None:
        is_mature = rows["lead_id"].map(moments.is_decided)
        converts = rows["lead_id"].map(moments.has_converted)
        known_at = pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us]")
    else:
        known_at = rows["snapshot_at"] + pd.Timedelta(days=objective.horizon_days)
        is_mature = known_at <= as_of
        converts = rows["lead_id"].map(moments.converted_at) <= known_at
    # Whatever was decided, also at a time nobody wrote down, had been by the end of the data.
    is_open = ~rows["lead_id"].map(moments.is_decided)
    is_current = is_open & (rows["snapshot_at"] == as_of) if source.is_dated() else is_open
    label = converts.astype(float).where(is_mature)
    rows = rows.assign(label=label, is_mature=is_mature, label_known_at=known_at, is_current=is_current)
    is_kept = is_current | (rows["age"] != CURRENT)
    return rows.loc[is_kept, [*ROW_COLUMNS, "label", "is_mature", "label_known_at", "is_current"]]


def fold_rows(
    rows: pd.DataFrame, quarantine: pd.DataFrame, objective: Objective, folds: Folds
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the rows in order of creation with their ``fold``, and what the folds hold.

    Leads in `quarantine` (``lead_id, reasons``) are in no fold that teaches or tests.
    """
    rows = rows.sort_values(["sequence", "snapshot_at"], ignore_index=True)
    rows["is_quarantined"] = rows["lead_id"].isin(quarantine["lead_id"])
    rows["fold"] = assign_folds(rows, folds.test_share)
    history, test = rows[rows["fold"] == "history"], rows[rows["fold"] == "test"]
    conversions = history.loc[history["label"] == 1, "lead_id"].nunique()
    if conversions < folds.min_conversions:
        remedy = tell_remedy(rows, history, objective)
        raise InputError(
            "too_few_conversions",
            f"the history has {conversions} leads that convert; {folds.min_conversions} are needed "
            f"(folds.min_conversions), {folds.min_conversions - conversions} more: {remedy}",
        )
    if test["label"].nunique() < 2 or history["label"].nunique() < 2:
        raise InputError("one_class", "history and test each need leads that convert and leads that do not")
    return rows, summarise_folds(rows, history, test, objective) | {"persons": count_persons(rows)}


def tell_remedy(rows: pd.DataFrame, history: pd.DataFrame, objective: Objective) -> str:
    """Return what brings a history more conversions: more leads, or the horizon of those who convert later."""
    share = (history["label"] == 1).mean()
    more = f"wait for more leads, of which {share:.1%} convert" if share else "export an older history, too"
    waiting = rows.loc[rows["age"] == CURRENT, "lead_id"].nunique()
    if objective.horizon_days is None or not waiting:
        return more
    return (
        f"{more}, or declare another horizon_days than {objective.horizon_days:g}: a shorter one knows more of the "
        f"{waiting} that are still waited for, a longer one counts who converts later"
    )


def summarise_folds(
    rows: pd.DataFrame, history: pd.DataFrame, test: pd.DataFrame, objective: Objective
) -> dict[str, Any]:
    trained = rows[rows["age"] != CURRENT]
    usable = trained[~trained["is_quarantined"]]
    return {
        "horizon_days": objective.horizon_days,
        "is_dated": bool(rows["created_at"].notna().any()),
        "rows": trained["fold"].value_counts().sort_index().to_dict(),
        "leads": trained.groupby("fold")["lead_id"].nunique().to_dict(),
        "conversions": trained[trained["label"] == 1].groupby("fold")["lead_id"].nunique().to_dict(),
        "base_rate_history": float(history["label"].mean()),
        "base_rate_test": float(test["label"].mean()),
        **bound_base_rate(usable, objective),
        "open_leads": int((rows["is_current"] & ~rows["is_quarantined"]).sum()),
        "test_from": str(test["created_at"].min()) if test["created_at"].notna().any() else None,
        "test_until": str(test["created_at"].max()) if test["created_at"].notna().any() else None,
    }


def count_persons(rows: pd.DataFrame) -> dict[str, int]:
    """Return how many leads are of how many persons, and how many of the test's are of known ones."""
    leads = rows[~rows["is_quarantined"]].drop_duplicates("lead_id")
    learned = rows.loc[rows["fold"] == "history", "person"]
    tested = rows[rows["fold"] == "test"].drop_duplicates("lead_id")
    is_entangled = (rows["fold"] == "embargoed") & rows["created_at"].isna()
    return {
        "leads": len(leads),
        "persons": int(leads["person"].nunique()),
        "leads_of_returning_persons": int(leads["person"].duplicated().sum()),
        "test_leads_of_persons_in_history": int(tested["person"].isin(learned).sum()),
        "kept_out_of_history": int(rows.loc[is_entangled, "lead_id"].nunique()),
    }


def count_quarantine(rows: pd.DataFrame, quarantine: pd.DataFrame, has_converted: pd.Series) -> dict[str, Any]:
    """Return how many leads are set apart as spam and why, and how many of them converted at any time.

    ``decided`` are those that converted or whose time to convert is over.
    """
    converted = has_converted.reindex(quarantine["lead_id"]).to_numpy(bool)
    is_over = quarantine["lead_id"].isin(rows.loc[rows["is_mature"], "lead_id"])
    reasons = quarantine["reasons"].str.split("; ").explode()
    return {
        "leads": len(quarantine),
        "decided": int((converted | is_over).sum()),
        "conversions": int(converted.sum()),
        "reasons": {reason: int(count) for reason, count in reasons.value_counts().sort_index().items()},
    }


def bound_base_rate(rows: pd.DataFrame, objective: Objective) -> dict[str, float]:
    """Return the base rate at the first age with all undecided leads lost and with all won.

    Only for an objective without a horizon: with one, maturity does not depend on the outcome.
    """
    if objective.horizon_days is not None:
        return {}
    first = rows[rows["age"] != CURRENT].drop_duplicates("lead_id")["label"]
    return {"base_rate_if_lost": float(first.fillna(0).mean()), "base_rate_if_won": float(first.fillna(1).mean())}


def join_features(rows: pd.DataFrame, implicit: pd.DataFrame, constant: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows with every feature; what does not move between snapshots is repeated."""
    features = implicit.drop(columns=["age", "age_days"])
    if rows["snapshot_at"].notna().all():
        dataset = rows.merge(features, on=["lead_id", "snapshot_at"], how="left", validate="one_to_one")
    else:
        dataset = rows.merge(features.drop(columns="snapshot_at"), on="lead_id", how="left")
    for table in constant:
        dataset = dataset.merge(table, on="lead_id", how="left", validate="many_to_one")
    return dataset


if __name__ == "__main__":
    run_stage(main)
