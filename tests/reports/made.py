"""Made figures of what the reports say about calibration, protected columns and other objectives."""

from typing import Any


def make_cell(name: str, ratio: float, spread: float, verdict: str, **more: Any) -> dict[str, Any]:
    """Return a cell of 400 leads to whom 10 % was promised, of whom `ratio` times as many convert."""
    cell = {"name": name, "n": 800, "leads": 400, "converted_leads": round(40 * ratio), "mean_probability": 0.1}
    for figure, scale in (("base_rate", 0.1), ("observed_to_expected", 1.0)):
        cell |= {figure: scale * ratio, f"{figure}_low": scale * (ratio - spread)}
        cell |= {f"{figure}_high": scale * (ratio + spread)}
    return cell | {"verdict": verdict, "stands_out": False} | more


def make_checks() -> dict[str, Any]:
    """Return the checks of which one cell in four is too low, and that beyond so many looks."""
    return {
        "all": make_cell("all", 1.05, 0.04, "too_low"),
        "curve": [
            make_cell("0", 0.9, 0.3, "not_assessable", mean_probability=0.08),
            make_cell("1", 1.1, 0.05, "too_low", mean_probability=0.2),
        ],
        "cells": {
            "month": [make_cell("2025-03", 1.0, 0.4, "not_assessable"), make_cell("2025-04", 1.0, 0.1, "holds")],
            "quarter": [make_cell("2025-Q2", 1.3, 0.1, "too_low", stands_out=True)],
            "channel": [
                make_cell("<b>fairs</b>", 0.8, 0.1, "too_high"),
                make_cell("(other)", 1.0, 0.4, "not_assessable"),
                make_cell("(unknown)", 1.0, 0.1, "holds"),
            ],
            "age": [make_cell("0h", 1.0, 0.1, "holds"), make_cell("1d", 1.0, 0.1, "holds")],
            "band": [make_cell("0-0.01", 1.0, 0.9, "not_assessable"), make_cell("0.5-1", 1.0, 0.9, "not_assessable")],
        },
        "fewest_conversions": 200,
        "assessable": 6,
        "off": 2,
        "standing_out": 1,
        "off_by_chance": 0.3,
        "comparison": {
            "rows": 900,
            "conversions": 90,
            "last_rows": 450,
            "calibrators": [
                make_calibrator("none", 0.0012, 0.0005, 450),
                make_calibrator("temperature", 0.0002, 0.0005, 450),
                make_calibrator("sigmoid", 0.0, 0.0, 450) | {"is_chosen": True},
                make_calibrator("isotonic", 0.0031, 0.001, 38),
                make_calibrator("venn_abers", 0.0001, 0.001, 120),
            ],
        },
    }


def make_calibrator(name: str, difference: float, spread: float, distinct: int) -> dict[str, Any]:
    return {
        "name": name,
        "is_chosen": False,
        "log_loss": 0.26 + difference,
        "loss_difference": difference,
        "loss_difference_low": difference - spread,
        "loss_difference_high": difference + spread,
        "distinct": distinct,
    }


def make_fairness() -> dict[str, list[dict[str, Any]]]:
    """Return a protected column of whose two values one is chosen more often than the other."""
    return {
        "age_group": [
            make_cell("over 45", 1.0, 0.1, "holds", leads_at_first=380, selected=select(0.02, 1)),
            make_cell("<i>young</i>", 1.2, 0.1, "too_low", leads_at_first=20, selected=select(-0.1, -1)),
        ]
    }


def select(more: float, side: int) -> dict[str, dict[str, Any]]:
    return {
        percent: {
            "share": share + more,
            "share_low": share + more - 0.01,
            "share_high": share + more + 0.01,
            "side": side,
        }
        for percent, share in (("20", 0.2), ("30", 0.3), ("50", 0.5))
    }


def make_pair() -> dict[str, Any]:
    """Return how a sale and acceptance agree on 1,000 leads, 100 of which are good for both."""
    shares = {"both": 0.1, "first": 0.2, "second": 0.2, "neither": 0.5}
    return {
        "objectives": ["sale", "accepted"],
        "top": 0.3,
        "leads": 1000,
        "correlation": 0.123,
        "correlation_low": 0.1,
        "correlation_high": 0.14,
        "table": {
            name: {"leads": round(share * 1000), "share": share, "converts_first": 0.25, "converts_second": None}
            for name, share in shares.items()
        },
        "examples": {
            "first": [{"lead_id": "L<1>", "p_first": 0.41, "p_second": 0.02}],
            "second": [{"lead_id": "L2", "p_first": 0.03, "p_second": 0.7}],
        },
    }


def make_loss_difference(value: float, low: float, high: float) -> dict[str, float]:
    return {"loss_difference": value, "loss_difference_low": low, "loss_difference_high": high}


def make_change(rate: float, ratio: float, low: float, high: float) -> dict[str, float]:
    return {"rate": rate, "ratio": ratio, "ratio_low": low, "ratio_high": high}


def make_pooled(loss: float) -> dict[str, Any]:
    figures = {"roc_auc": 0.8, "log_loss": loss, "calibration_slope": 1.0}
    ends = {
        f"{name}_{end}": value + by for name, value in figures.items() for end, by in (("low", -0.1), ("high", 0.1))
    }
    return figures | ends | {"mean_probability": 0.11, "base_rate": 0.1}


NEWEST = {
    "since": "2025-08-01 09:00:00",
    "until": "2025-09-30 18:00:00",
    "rows": 900,
    "conversions": 210,
    "rate": 0.2,
    "promised": 0.1,
    "shift": 0.81,
    "gain": 0.004,
    "error": 0.001,
    "is_used": True,
}


def make_step(number: int, **more: Any) -> dict[str, Any]:
    return {
        "step": number,
        "from": f"2025-0{number + 5}-01 09:00:00",
        "leads": 500,
        "learned_rows": 3000,
        "family": "naive_bayes",
        "rounds": None,
        "calibrator": "none",
        "recentring": 0.0,
        "base_rate": 0.1,
        "mean_probability": 0.11,
        "log_loss": 0.25,
        "frozen_mean_probability": 0.12,
        "frozen_log_loss": 0.26,
    } | more


def make_period(name: str, rate: float, promised: float | None) -> dict[str, Any]:
    period = {"period": name, "is_test": promised is not None, "leads": 250, "rate": rate}
    return period | {
        "rate_low": rate - 0.02,
        "rate_high": rate + 0.02,
        "promised": promised,
        "frozen_promised": promised,
    }


def make_rolling() -> dict[str, Any]:
    """Two refits that save .002 surely, with a shift of .81 at the second, and a rate that did not move."""
    return {
        **make_pooled(0.25),
        "frozen": make_pooled(0.252),
        "difference": make_loss_difference(-0.002, -0.003, -0.001),
        "recentring": {
            "has_times": True,
            "steps_used": 1,
            "used": make_loss_difference(0.003, 0.001, 0.005),
            "always": make_loss_difference(-0.001, -0.002, 0.0005),
        },
        "steps": [
            make_step(1),
            make_step(2, family="boosting", rounds=1200, calibrator="sigmoid", recentring=0.81),
        ],
        "current": {"family": "boosting", "rounds": 1200, "leads": 4000, "newest": NEWEST},
        "drift": {
            "before": 0.1,
            "last_third": make_change(0.105, 1.05, 0.9, 1.2),
            "newest_step": make_change(0.09, 0.9, 0.7, 1.1),
            "periods": [
                make_period("2025-05", 0.1, None),
                make_period("2025-06", 0.11, 0.12),
                make_period("2025-07", 0.09, 0.13),
            ],
        },
    }


def make_trust() -> dict[str, Any]:
    """Return intervals too narrow, and reasons: a grid, three groups of metrics, two dependences."""
    band = {"rows": 600, "median_width": 0.04, "coverage": 0.9}
    error = {"log_odds": 0.5, "share_of_sampling": 0.2, "share_of_form": 0.1, "coverage_of_sampling": 0.61}
    rates = {"A": 0.4, "B": 0.2, "C": 0.1, "D": 0.02}
    stability = {"changed": 0.5, "first_changed": 0.2, "kept": 0.8}
    return {
        "intervals": {
            "confidence": 0.95,
            "form_error": 0.27,
            "sampling_error": 0.24,
            "rows": 1000,
            "median_width": 0.091,
            "coverage": 0.8,
            "bands": [
                band | {"from": 0.0, "to": 0.05},
                band | {"from": 0.05, "to": 0.1},
                band | {"from": 0.4, "to": 1.0},
            ],
            "error": error,
        },
        "reasons": {
            "grid": [
                {"fit": fit, "engagement": str(number), "rows": 100, "leads": 90, "conversions": 9}
                | {"rate": rate / number, "rate_low": rate / number - 0.01, "rate_high": rate / number + 0.01}
                for fit, rate in rates.items()
                for number in (1, 2, 3, 4)
            ],
            "importances": {
                "rows": 500,
                "groups": [
                    make_importance("high intent", 0.03, 0.01),
                    make_importance("form", 0.02, 0.01, "explicit"),
                    make_importance("rhythm", 0.001, 0.01),
                ],
                "metrics": [make_importance("days_since_page_viewed", 0.01, 0.002)],
            },
            "dependence": [
                make_dependence("days_since_page_viewed", "number", [0.5, 1200.0], [0.12, 0.08]),
                make_dependence("colour", "category", ["red", "a $very$ long <one>"], [0.1, 0.2]),
            ],
            "stability": {"rows": 400, "refits": 20, "for": stability, "against": stability | {"kept": 0.7}},
        },
    }


def make_importance(name: str, difference: float, spread: float, kind: str = "implicit") -> dict[str, Any]:
    ends = {"loss_difference_low": difference - spread, "loss_difference_high": difference + spread}
    return {"name": name, "group": name, "kind": kind, "loss_difference": difference} | ends


def make_dependence(name: str, type_: str, values: list, probabilities: list[float]) -> dict[str, Any]:
    return {"name": name, "group": name, "type": type_, "unit": "u", "values": values, "probabilities": probabilities}
