"""Scenarios and leads made by hand."""

from typing import Any

import numpy as np
import pandas as pd

from src.params import Scenario, load_params

EVALUATION = load_params().evaluation.model_copy(update={"bootstrap": 100, "confidence": 0.9})

NO_TRUTH = pd.DataFrame({"lead_id": [], "snapshot_at": [], "probability": []}).astype(
    {"lead_id": "str", "snapshot_at": "datetime64[us]", "probability": float}
)


def describe_scenario(
    cost: tuple[float, float, float] = (10.0, 1.0, 0.0), factor: tuple[float, float] = (0.4, 0.0), **keys: Any
) -> dict[str, Any]:
    """Return what params.yaml would say: costs of sales, nurture and discard, factors of nurture and discard."""
    return {
        "objective": "sale",
        "title": "Made by hand",
        "value": 100.0,
        "cost": dict(zip(("sales", "nurture", "discard"), cost, strict=True)),
        "factor": {"sales": 1.0, "nurture": factor[0], "discard": factor[1], "why": "Because."},
        "capacity_per_week": None,
        "decide_at": "1d",
        "eligibility": [],
        "review": {"leads_per_week": 0, "cost": 0.0},
        "required_precision": None,
        "required_recall": None,
        "sources": [],
    } | keys


def make_scenario(*economics: Any, **keys: Any) -> Scenario:
    """Return a scenario: by default a sale brings 100, a call costs 10, and nurturing costs 1 and keeps 0.4."""
    return Scenario.model_validate(describe_scenario(*economics, **keys))


def make_rows(probability: Any, label: Any = None, week: Any = 0, **columns: Any) -> pd.DataFrame:
    """Return one row a lead, oldest first, of a scenario without rules and limits but those in `columns`."""
    count = len(probability)
    rows = pd.DataFrame({"probability": np.asarray(probability, float)})
    rows["label"] = np.zeros(count) if label is None else np.asarray(label, float)
    rows["lead_id"] = rows["person"] = [f"lead{number}" for number in range(count)]
    rows["sequence"] = np.arange(count)
    snapshots = pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(count), unit="h")
    rows["snapshot_at"] = pd.Series(snapshots, dtype="datetime64[us]")
    rows = rows.assign(
        week=week, value_class=0, relative_value=1.0, may_sales=True, may_nurture=True, team="all", capacity=np.inf
    ).assign(**columns)
    return rows.assign(group=pd.factorize(pd.MultiIndex.from_frame(rows[["week", "team"]]))[0])
