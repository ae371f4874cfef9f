"""The parts of a scenario's figures beside what its policies earn, made by hand."""

from typing import Any

WEEKS = """week,policy,is_whole,leads,contacts,conversions,conversions_reached,profit,capacity_used
2025-W10,two_cuts,True,500,20,60,40,9000.0,
2025-W11,two_cuts,True,300,40,30,30,6000.0,
2025-W12,two_cuts,True,200,30,10,5,1000.0,
2025-W10,call_everyone,True,500,500,60,60,9500.0,
2025-W11,call_everyone,True,300,300,30,30,2000.0,
2025-W12,call_everyone,True,200,200,10,10,500.0,
2025-W10,call_no_one,True,500,0,60,0,0.0,
2025-W11,call_no_one,True,300,0,30,0,0.0,
2025-W12,call_no_one,True,200,0,10,0,0.0,
2025-W10,top_20_percent,True,500,100,60,10,-500.0,
2025-W11,top_20_percent,True,300,60,30,1,0.0,
2025-W12,top_20_percent,True,200,40,10,1,0.0,
"""

LIMITED_WEEKS = (
    WEEKS.replace(",9000.0,", ",9000.0,0.5").replace(",6000.0,", ",6000.0,1.0").replace("00.0,\n", "00.0,1\n")
)

MET_BY = {"history": 2000, "test": 1000}


def make_reasoning() -> dict[str, Any]:
    """Return what is said about the cuts of a policy without capacity, conditions and values."""
    return {
        "cuts_by_value": [
            {"when": None, "value": 300.0, "discard": 1 / 70, "sales": 0.1, "leads": 1000, "met_by": MET_BY}
        ],
        "values_without_leads": [],
        "cuts_by_team": {},
        "alternative_cuts": {
            "highest_f1": {"cut": 0.25, "precision": 0.4, "recall": 0.4, "f1": 0.4, "cut_low": 0.2, "cut_high": 0.3},
            "required_recall": {"cut": None},
        },
        "forward": {
            "leads": 2000,
            "profit": 30000.0,
            "best_cuts": {"discard": 0.02, "sales": 0.12},
            "best_profit": 31000.0,
            "best_cuts_low": {"discard": 0.01, "sales": 0.08},
            "best_cuts_high": {"discard": 0.03, "sales": 0.15},
            "best_more": -200.0,
            "best_more_low": -900.0,
            "best_more_high": 400.0,
        },
        "capacity": None,
        "review": {
            "leads_per_week": 10,
            "cost": 4.0,
            "has_intervals": True,
            "in_doubt": 90,
            "leads": 30,
            "total_cost": 120.0,
            "could_save": 200.0,
            "could_save_all": 260.0,
        },
        "eligibility": {"conditions": [], "leads": 0, "conversions": 0, "forgone": 0.0, "without_metric": []},
        "missing_fields": [],
        "hold_outs": [
            {"route": "discard", "factor": 0.0, "alternative": 0.07, "base_rate": 0.1, "leads": None},
            {
                "route": "nurture",
                "factor": 0.35,
                "alternative": 0.42,
                "base_rate": 0.1,
                "leads": 6909,
                "weeks": 118.1,
                "cost": 116311.0,
            },
        ],
        "sensitivity": make_sensitivity(),
        "transitions": make_transitions(),
        "grid": [
            {"fit": "A", "engagement": "4", "leads": 50, "routes": {"discard": 0, "nurture": 25, "sales": 25}}
            | {"converted": 0.2},
            {"fit": "D", "engagement": "1", "leads": 40, "routes": {"discard": 30, "nurture": 0, "sales": 10}}
            | {"converted": 0.05},
        ],
        "profile": {
            "leads": {"discard": 100, "nurture": 500, "sales": 400},
            "values": [
                {"metric": "job_seniority", "way": "equals", "value": "manager", "all": 0.25, "spread": 0.3}
                | {"discard": 0.1, "nurture": None, "sales": 0.4}
            ],
        },
        "net_benefit": {
            "curve": [{"threshold": t, "model": 0.1 - t / 2, "everyone": 0.1 - t} for t in (0.0, 0.05, 0.1, 0.2)],
            "at": [
                {"name": "alone", "threshold": 0.06, "model": 0.07, "everyone": 0.04, "other": "everyone"}
                | {"more": 0.03, "more_low": 0.02, "more_high": 0.04, "calls_saved": 47.0},
            ],
        },
        "near": [
            make_near("nurture", 1 / 70, 0.015, 0.02, 0.018, 0.022),
            make_near("sales", 0.1, 0.1, 0.1, 0.08, 0.12),
        ],
    }


def make_sensitivity() -> dict[str, Any]:
    """Return a dearer call, which moves the sales cut only, and a better route, which moves both."""
    return {
        "assumptions": [
            {
                "name": "cost.sales",
                "value": 18.0,
                "low": make_case(14.4, 0.0143, 0.08, 17000.0, 16900.0, 30),
                "high": make_case(21.6, 0.0143, 0.12, 15000.0, 14600.0, 40),
            },
            {
                "name": "factor.nurture",
                "value": 0.35,
                "low": make_case(0.28, 0.0179, 0.09, 15500.0, 15600.0, 12),
                "high": make_case(0.42, 0.0119, 0.11, 16500.0, 16500.0, 0),
            },
        ],
        "most_for_sales": ["cost.sales"],
        "most_for_discard": ["factor.nurture"],
    }


def make_case(value: float, discard: float, sales: float, profit: float, kept: float, calls: int) -> dict[str, Any]:
    cuts, changed = {"discard": discard, "sales": sales}, {"routes_changed": calls + 5, "calls_changed": calls}
    return {"value": value, "cuts": cuts, "profit": profit, "profit_if_kept": kept} | changed


def make_transitions() -> dict[str, Any]:
    moves = [("nurture", "nurture", 400), ("nurture", "sales", 60), ("nurture", "gone", 40), ("sales", "sales", 300)]
    step = [{"from": origin, "to": target, "leads": leads} for origin, target, leads in moves]
    return {
        "steps": [{"from_age": "1d", "to_age": "7d", "moves": step}],
        "nurtured": {
            "leads": 500,
            "seen_again": 460,
            "crossed": 60,
            "share": 60 / 460,
            "by_age": {"7d": 60},
            "half_first_seen_at": "7d",
            "conversions": 9,
            "profit": 700.0,
            "profit_low": -100.0,
            "profit_high": 1500.0,
        },
    }


def make_capacity() -> dict[str, Any]:
    """Return a capacity of 40 calls a week, full in two of three weeks."""
    return {
        "teams": {"all": 40.0},
        "met_by": {"all": {"history": 2000, "test": 1000}},
        "used": 0.75,
        "weeks": 3,
        "full_weeks": 2,
        "one_more": {"calls": 2, "expected": 10.8, "profit": 7.9, "profit_low": -11.9, "profit_high": 32.3},
        "backlog": {"leads": 25, "conversions": 3, "expected_gain": 210.0, "by_week": [10, 25, 25]},
        "by_capacity": [
            {"share": 0.5, "contacts": 50, "profit": 9000.0},
            {"share": 1.0, "contacts": 90, "profit": 16000.0},
        ],
    }


def make_near(
    route: str, threshold: float, predicted: float, observed: float, low: float, high: float
) -> dict[str, Any]:
    """Return predicted and observed conversions of a hundred leads near a threshold."""
    near = {"route": route, "threshold": threshold, "leads": 100, "lowest": threshold * 0.9, "highest": threshold * 1.1}
    return near | {"predicted": predicted, "observed": observed, "observed_low": low, "observed_high": high}
