"""A tiny project folder with every file that the reports read, made by hand."""

import json
import shutil
from pathlib import Path
from typing import Any

from src.policies.explorer import build_explorer
from src.strict import read_yaml
from tests.reports.leads import draw_leads, make_scenario
from tests.reports.made import make_checks, make_fairness, make_rolling, make_trust
from tests.reports.made_candidates import make_candidates
from tests.reports.made_policy import LIMITED_WEEKS, WEEKS, make_capacity, make_reasoning

ROOT = Path(__file__).parents[2]

THRESHOLDS = (
    "threshold,share,leads,conversions,precision,recall,f1,lift,"
    "expected_profit_sales,expected_profit_nurture,profit_sales"
    """
0.4,0.05,50,30,0.6,0.3,0.4,6.0,7500.0,2600.0,8100.0
0.1,0.5,500,80,0.16,0.8,0.266667,1.6,14100.0,6900.0,15000.0
0.005,1.0,1000,100,0.1,1.0,0.181818,1.0,11400.0,8700.0,12000.0
"""
)
CALIBRATION = "probability,rate,rows\n0.01,0.02,1000\n0.2,0.19,1000\n"
CALLS = "calls,value,expected,worth\n0,3000,2900,\n400,16100,15000,0.1\n1000,12000,11500,0.001\n"


def make_project(folder: Path) -> Path:
    """Fill `folder` with a source that has dates, two scenarios of a sale and one not applicable."""
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    for name in ("dvc.yaml", "points.yaml"):
        shutil.copy(ROOT / name, folder)
    params = read_yaml(ROOT / "params.yaml")
    economics = {
        "value": 300.0,
        "cost": {"sales": 18.0, "nurture": 1.5, "discard": 0.0},
        "factor": {"sales": 1.0, "nurture": 0.35, "discard": 0.0, "why": "A guess."},
        "decide_at": "1d",
        "eligibility": [],
        "review": {"leads_per_week": 0, "cost": 0.0},
        "required_precision": None,
        "required_recall": 0.8,
        "sources": [],
    }
    params |= {
        "source": "tiny",
        "objectives": ["sale", "accepted"],
        "scenarios": {
            "open": {"objective": "sale", "title": "Call all", "capacity_per_week": None, **economics},
            "limited": {"objective": "sale", "title": "Few calls", "capacity_per_week": 40, **economics},
            "client": {"objective": "accepted", "title": "A client", "capacity_per_week": None, **economics},
        },
    }
    params["evaluation"]["confidence"] = 0.95
    write(folder / "params.yaml", params)
    write(folder / "data/interim/intake.json", INTAKE)
    write(folder / "data/interim/understood.json", UNDERSTOOD)
    for kind, metrics in CATALOGUES.items():
        write(folder / f"data/features/{kind}_catalogue.json", {"metrics": metrics})
    write(folder / "metrics/sale.json", make_metrics())
    write(folder / "metrics/newsletters.json", make_newsletters())
    audit = {"columns": [], "metrics": [], "figures": {"suspects": []}}
    write(folder / "metrics/audit/sale.json", {"source": "tiny", "applicable": True} | audit)
    write(folder / "metrics/objectives.json", {"source": "tiny", "applicable": False, "pairs": []})
    write(folder / "metrics/accepted.json", {"source": "tiny", "applicable": False})
    write(folder / "metrics/plots/sale/calibration.csv", CALIBRATION)
    for name, cut in {"open": 0.1, "limited": 0.2}.items():
        write(folder / f"metrics/policies/sale-{name}.json", make_policy(cut))
        write(folder / f"metrics/plots/policies/sale-{name}.csv", THRESHOLDS)
        write(folder / f"metrics/plots/policies/sale-{name}-weeks.csv", LIMITED_WEEKS if name == "limited" else WEEKS)
        write(folder / f"metrics/plots/policies/sale-{name}-calls.csv", CALLS)
        leads = draw_leads(300, capacities={"all": 4.0 if name == "limited" else float("inf")})
        write(folder / f"data/decisions/sale-{name}.json", {"explorer": build_explorer(leads, make_scenario())})
    team = {"all": {"sales": 0.2, "sales_low": 0.18, "sales_high": 0.22, "sales_as_they_come": 0.24}}
    change(folder / "metrics/policies/sale-limited.json", capacity=make_capacity(), cuts_by_team=team)
    write(folder / "metrics/policies/accepted-client.json", {"source": "tiny", "applicable": False})
    write(folder / "metrics/comparison.json", {"source": "tiny", "moves": [make_move("open", "limited", 300, 40)]})
    return folder


def write(path: Path, content: str | dict[str, Any]) -> None:
    """Write text, or values as JSON, which is YAML too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def change(path: Path, **values: Any) -> None:
    """Set values in a JSON or YAML file; double underscores part the keys on the way."""
    content = read_yaml(path)
    for key, value in values.items():
        *parents, last = key.split("__")
        part = content
        for parent in parents:
            part = part[parent]
        part[last] = value
    write(path, content)


def remove_dates(folder: Path) -> None:
    """Make the source of a project one without dates, horizon and activities."""
    change(folder / "data/interim/intake.json", first_lead_at=None, last_lead_at=None, activities=0)
    metrics = make_metrics()
    del metrics["truth"]
    metrics["leakage"] = {}
    metrics["test"]["by_age"] = {"0h": make_measures(1000)}
    metrics["data"] |= {
        "is_dated": False,
        "horizon_days": None,
        "base_rate_if_lost": 0.1,
        "base_rate_if_won": 0.2,
        "test_from": None,
        "test_until": None,
        "rows": {"history": 2000, "test": 1000},
        "leads": {"history": 2000, "test": 1000},
    }
    metrics["features_by_age"] = {"0h": metrics["features_by_age"]["0h"]}
    metrics |= {"opens": {}, "decay": {}}
    write(folder / "metrics/sale.json", metrics)
    write(folder / "metrics/newsletters.json", {"source": "tiny", "applicable": False})
    for name in ("open", "limited"):
        transitions = {"steps": [], "nurtured": {}}
        change(folder / f"metrics/policies/sale-{name}.json", decide_at="0h", transitions=transitions)


INTAKE = {
    "source": "tiny",
    "currency": "EUR",
    "files": [
        {"file": "leads.csv", "rows_read": 3012, "rows_kept": 3000, "rows_rejected": 12, "duplicates": 0},
        {"file": "activities.csv", "rows_read": 9003, "rows_kept": 9000, "rows_rejected": 3, "duplicates": 0},
    ],
    "leads": 3000,
    "persons": 2900,
    "first_lead_at": "2024-01-01 08:00:00",
    "last_lead_at": "2025-12-31 20:00:00",
    "activities": 9000,
}

UNDERSTOOD = {
    "source": "tiny",
    "fields": [
        {
            "field": "job_title",
            "metric": "job_seniority",
            "given": 800,
            "understood": 600,
            "unknown": [{"value": "wizard", "leads": 12}, {"value": "ninja", "leads": 3}],
        },
        {"field": "email", "metric": "is_email_valid", "given": 3000, "understood": 2990, "unknown": []},
    ],
}

CATALOGUES = {
    "explicit": [
        {
            "name": "job_seniority",
            "kind": "explicit",
            "group": "job title",
            "type": "category",
            "unit": "student, staff, manager",
            "meaning": "How senior the job is.",
            "origin": "job_title",
        }
    ],
    "implicit": [
        {
            "name": "count_pages",
            "kind": "implicit",
            "group": "counts",
            "type": "number",
            "unit": "pages",
            "meaning": "Pages looked at before the snapshot.",
            "origin": "page_viewed",
        }
    ],
    "totals": [],
}


def make_measures(count: int) -> dict[str, Any]:
    """Return the figures of `count` rows: some exact, one negative, one that could not be computed."""
    values = {"base_rate": 0.1, "mean_probability": 0.11, "roc_auc": 0.8, "log_loss": 0.25, "lift_at_10": 4.0}
    values |= {"ece": 0.006, "calibration_slope": None, "calibration_intercept": -0.04}
    figures: dict[str, Any] = {"n": count, "leads": min(count, 1000), "conversions": count // 10} | values
    for name, value in values.items():
        figures |= {f"{name}_low": None if value is None else value - 0.01}
        figures |= {f"{name}_high": None if value is None else value + 0.01}
    return figures | {"ece_if_calibrated_95": 0.007, "ece_if_calibrated_98": 0.008, "is_calibration_assessable": True}


def make_metrics() -> dict[str, Any]:
    truth = {"roc_auc": 0.82, "log_loss": 0.24}
    return {
        "source": "tiny",
        "applicable": True,
        "champion": "logistic",
        "calibration": "sigmoid",
        "test": make_measures(2000) | {"by_age": {"0h": make_measures(1000), "1d": make_measures(1000)}},
        "truth": truth | {"by_age": {"0h": truth, "1d": truth}},
        "forward": {
            "base_rate": {"roc_auc": 0.5, "log_loss": 0.33},
            "logistic": {"roc_auc": 0.79, "log_loss": 0.26},
            "boosting": {"roc_auc": 0.78, "log_loss": 0.2634},
            "champion": {"roc_auc": 0.79, "log_loss": 0.259},
        },
        "features": {part: {"roc_auc": 0.75, "log_loss": 0.27} for part in ("explicit", "implicit", "both")},
        "groups": {
            "form": make_group(3, -0.0002, 0.0006),
            "job title": make_group(5, 0.0021, 0.0006),
            "contact": make_group(4, -0.0015, 0.0006),
        },
        "features_by_age": {
            age: {part: {"roc_auc": 0.75, "log_loss": 0.27} for part in ("explicit", "implicit", "both")}
            | {"gain": {key: value for key, value in make_group(1, gain, 0.001).items() if "difference" in key}}
            for age, gain in (("0h", -0.0002), ("1d", 0.0359))
        },
        "opens": {"without_false": make_group(7, 0.0001, 0.0002), "without_any": make_group(10, 0.0024, 0.0006)},
        "decay": {
            "guessed": 7.0,
            "rows": 900,
            "half_lives": {
                "2": make_group(1, 0.0002, 0.0003),
                "7": make_group(1, 0.0, 0.0),
                "30": make_group(1, -0.00025, 0.0002),
            },
        },
        "candidates": make_candidates(),
        "calibration_checks": make_checks(),
        "fairness": make_fairness(),
        "rolling": make_rolling(),
        **make_trust(),
        "maturity": {
            "applicable": False,
            "horizon_days": None,
            "bounds": {"leads": 9, "undecided": 0, "rate_if_none": 0.1, "rate_if_all": 0.1},
        },
        "selection": {"is_declared": False},
        "leakage": {
            "columns": ["status", "last_owner"],
            "age": "0h",
            "roc_auc": 0.999,
            "log_loss": 0.07,
            "without": {"roc_auc": 0.7, "log_loss": 0.3},
        },
        "data": {
            "horizon_days": 45.0,
            "is_dated": True,
            "rows": {"censored": 500, "embargoed": 300, "history": 3900, "test": 2000},
            "leads": {"censored": 300, "embargoed": 200, "history": 2000, "test": 1010},
            "conversions": {"history": 190, "test": 101},
            "base_rate_history": 0.095,
            "base_rate_test": 0.1,
            "test_from": "2025-03-02 09:00:00",
            "test_until": "2025-11-16 18:00:00",
            "persons": {
                "leads": 2960,
                "persons": 2870,
                "leads_of_returning_persons": 90,
                "kept_out_of_history": 7,
            },
            "quarantine": {
                "leads": 40,
                "decided": 31,
                "conversions": 2,
                "reasons": {"disposable address": 12, "link in the message": 30},
            },
        },
    }


def make_group(count: int, difference: float, spread: float) -> dict[str, Any]:
    """Return the figures without a group of metrics, whose log loss grows by the `difference`."""
    return {
        "metrics": count,
        "roc_auc": 0.745,
        "log_loss": 0.27 + difference,
        "loss_difference": difference,
        "loss_difference_low": difference - spread,
        "loss_difference_high": difference + spread,
    }


def make_policy(sales_cut: float) -> dict[str, Any]:
    """Return a policy that earns 16,000, more than calling everyone, which earns 12,000."""
    return {
        "source": "tiny",
        "applicable": True,
        "decide_at": "1d",
        "cuts": {"discard": 1 / 70, "sales": sales_cut},
        "cuts_without_limit": {"discard": 1 / 70, "sales": 0.1},
        "objective": "sale",
        "scenario": "open",
        "test": take_figures(16000.0, 400, {"discard": 100, "nurture": 500, "sales": 400})
        | {"profit_in_hindsight": 16400.0, "regret": 400.0, "profit_of_truth": 20000.0, "share_above_cut": 0.4}
        | {"cuts_in_hindsight": {"discard": 0.02, "sales": 0.12}}
        | {"expected": {"chosen": 97.0, "truth": 100.0, "of_best_cuts": 98.0}},
        "baselines": {
            "call_no_one": take_figures(0.0, 0, {"discard": 1000, "nurture": 0, "sales": 0})
            | {"precision": None, "recall": 0.0, "profit_low": 0.0, "profit_high": 0.0},
            "call_everyone": take_figures(12000.0, 1000, {"discard": 0, "nurture": 0, "sales": 1000}),
            "top_20_percent": take_figures(-500.0, 200, {"discard": 800, "nurture": 0, "sales": 200}),
        },
        "alternatives": {
            "required_recall": take_figures(0.0, 0, {"discard": 1000, "nurture": 0, "sales": 0}),
            "highest_f1": take_figures(15000.0, 100, {"discard": 100, "nurture": 800, "sales": 100}),
        },
        **make_reasoning(),
        "difference": {
            "baseline": "call_everyone",
            "profit": 4000.0,
            "profit_low": 3100.0,
            "profit_high": 4900.0,
        },
        "difference_unaided": {
            "baseline": "call_everyone",
            "profit": 4000.0,
            "profit_low": 3100.0,
            "profit_high": 4900.0,
        },
    }


def make_move(first: str, second: str, leads: int, changed: int) -> dict[str, Any]:
    """Return how many leads take another route in the second of two scenarios, a quarter as it closes one."""
    move = {"first": first, "second": second, "leads": leads, "changed": changed, "closed": changed // 4}
    return move | {"sales": changed // 2, "discard": changed // 4, "most": "sales"}


def take_figures(profit: float, contacts: int, routes: dict[str, int]) -> dict[str, Any]:
    return {
        "leads": 1000,
        "conversions": 100,
        "routes": routes,
        "contacts": contacts,
        "conversions_reached": 75,
        "conversions_lost": 25,
        "precision": 0.1875,
        "recall": 0.75,
        "profit": profit,
        "profit_low": profit - 2340.0,
        "profit_high": profit + 2340.0,
        "chosen_more": 16000.0 - profit,
        "chosen_more_low": 16000.0 - profit - 900.0,
        "chosen_more_high": 16000.0 - profit + 900.0,
    }


def make_newsletters() -> dict[str, Any]:
    """Return the figures of fourteen months, the first with few e-mails, and of two newsletters."""
    months = [make_emails(f"2025-{month:02d}", 1000 + month) | {"is_few": False} for month in range(1, 13)]
    newsletters = [make_emails("welcome", 9000), make_emails("(other)", 3000)]
    few = make_emails("2024-11", 12) | {"is_few": True}
    return {
        "source": "tiny",
        "applicable": True,
        "few": 30,
        "all": make_emails("all", 12000),
        "months": [few, make_emails("2024-12", 1000) | {"is_few": False}, *months],
        "newsletters": newsletters,
        "newsletter_months": [],
    }


def make_emails(name: str, emails: int) -> dict[str, Any]:
    """Return the figures of e-mails of which half were opened; after a click one in five converted."""
    shares = {"opened": 0.5, "opened_by_people": 0.3, "clicked": 0.1, "clicked_by_people": 0.06}
    clicked = {"emails": 100, "conversions": 20, "rate": 0.2, "rate_low": 0.13, "rate_high": 0.29}
    others = {"emails": 0, "conversions": 0, "rate": None, "rate_low": None, "rate_high": None}
    return {"name": name, "emails": emails} | shares | {"conversions": {"sale": {"clicked": clicked, "others": others}}}
