"""Test leads as the policies leave them, and a scenario for them, made by hand or drawn."""

from typing import Any

import numpy as np
import pandas as pd

from src.params import Scenario

ECONOMICS = {
    "objective": "sale",
    "title": "Try it",
    "value": 300.0,
    "cost": {"sales": 18.0, "nurture": 1.5, "discard": 0.0},
    "factor": {"sales": 1.0, "nurture": 0.35, "discard": 0.0, "why": "A guess."},
    "capacity_per_week": None,
    "decide_at": "1d",
    "eligibility": [],
    "review": {"leads_per_week": 0, "cost": 0.0},
    "required_precision": None,
    "required_recall": None,
    "sources": [],
}


def make_scenario(**values: Any) -> Scenario:
    return Scenario.model_validate(ECONOMICS | values)


def make_leads(probability: list[float], label: list[int], **columns: Any) -> pd.DataFrame:
    """Return leads of one week, all alike and without limit but for the `columns`."""
    rest = {"relative_value": 1.0, "may_sales": True, "may_nurture": True, "team": "all", "capacity": np.inf}
    return pd.DataFrame({"probability": probability, "label": label} | rest | {"group": 0} | columns)


def draw_leads(count: int, seed: int = 7, capacities: dict[str, float] | None = None) -> pd.DataFrame:
    """Return leads of ten weeks and two values, some of which may not take a route, in teams."""
    rng = np.random.default_rng(seed)
    probability = np.clip(rng.beta(0.8, 6, count), 0.002, 0.97)
    limits = capacities or {"all": np.inf}
    team = rng.choice(list(limits), count)
    week = np.arange(count) * 10 // max(count, 1)
    return make_leads(
        probability.tolist(),
        (rng.random(count) < probability).astype(int).tolist(),
        relative_value=rng.choice([1.0, 1.5], count),
        may_sales=rng.random(count) < 0.9,
        may_nurture=rng.random(count) < 0.8,
        team=team,
        capacity=[limits[name] for name in team],
        group=pd.factorize(pd.MultiIndex.from_arrays([week, team]))[0],
    )
