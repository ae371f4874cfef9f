"""What scenarios come to, made by hand: for the pages that show several."""

from typing import Any

import pandas as pd


def make_policy(**changes: Any) -> dict[str, Any]:
    """Return a policy that calls 400 of 1,000 leads and earns 16,000, 4,000 more than the best simple rule."""
    policy = {
        "applicable": True,
        "decide_at": "1d",
        "cuts": {"discard": 0.02, "sales": 0.1},
        "cuts_without_limit": {"discard": 0.02, "sales": 0.1},
        "cuts_by_value": [{"when": None, "value": 300.0}],
        "cuts_by_team": {},
        "values_without_leads": [],
        "capacity": None,
        "eligibility": {"leads": 0, "conditions": []},
        "baselines": {"call_everyone": {"contacts": 1000}, "call_no_one": {"contacts": 0}},
        "alternatives": {},
        "test": {
            "leads": 1000,
            "conversions": 100,
            "routes": {"discard": 100, "nurture": 500, "sales": 400},
            "contacts": 400,
            "conversions_reached": 75,
            "precision": 0.1875,
            "recall": 0.75,
            "profit": 16000.0,
            "profit_low": 13700.0,
            "profit_high": 18300.0,
        },
        "difference": {"baseline": "call_everyone", "profit": 4000.0, "profit_low": 3100.0, "profit_high": 4900.0},
        "difference_unaided": {"baseline": "call_everyone", "profit": 1.0, "profit_low": 0.5, "profit_high": 1.5},
    }
    return policy | changes


def make_difference(low: float, high: float) -> dict[str, Any]:
    return {"baseline": "call_everyone", "profit": (low + high) / 2, "profit_low": low, "profit_high": high}


def make_entry(label: str = "Open", objective: str = "sale", **changes: Any) -> dict[str, Any]:
    """Return a scenario of the comparison, whose calls alone earn most, 15,000, at half of the leads."""
    thresholds = pd.DataFrame(
        {"share": [0.1, 0.5, 1.0], "leads": [100, 500, 1000], "profit_sales": [8000.0, 15000.0, 12000.0]}
    )
    return {
        "label": label,
        "title": f"The case of {label}",
        "objective": objective,
        "capacity": None,
        "link": f"{objective}/{label.lower()}.html",
        "best_rule": "Call everyone",
        "policy": make_policy(),
        "thresholds": thresholds,
    } | changes


def make_results(*entries: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "source": "tiny",
        "confidence": 0.95,
        "is_applicable": True,
        "scenarios": {entry["label"].lower(): entry for entry in entries},
        "moves": [],
        "pairs": [],
        "alerts": [],
    } | changes
