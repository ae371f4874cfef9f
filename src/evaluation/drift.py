"""How far the base rate has moved, and whether what was promised followed: a lead counts once, at its first age."""

from typing import Any

import numpy as np
import pandas as pd

from src.models.measures import draw_weights, find_interval
from src.params import Evaluation

MONTHS = 24
"""So many of the last months are given."""


def measure_drift(rows: pd.DataFrame, rolled: pd.DataFrame, params: Evaluation, seed: int) -> dict[str, Any]:
    """Return the base rate before the last third, how it changed, and by period promised and happened.

    Parameters
    ----------
    rows : DataFrame
        Mature rows in order of creation: ``lead_id, person, snapshot_at, label, fold``.
    rolled : DataFrame
        The test rows in the same order with ``step, probability, frozen_probability``.

    Returns
    -------
    dict
        ``before`` (rate), ``last_third`` and ``newest_step`` (see `measure_change`) and ``periods``
        (see `list_periods`).
    """
    promised = rolled[["lead_id", "step", "probability", "frozen_probability"]].drop_duplicates("lead_id")
    first = rows[["lead_id", "person", "snapshot_at", "label", "fold"]].drop_duplicates("lead_id")
    first = first.merge(promised, on="lead_id", how="left", validate="one_to_one")
    weights = draw_weights(first["person"], params.bootstrap, seed)
    is_test = (first["fold"] == "test").to_numpy()
    is_newest = (first["step"] == first["step"].max()).to_numpy()
    return {
        "before": float(first["label"][~is_test].mean()),
        "last_third": measure_change(first["label"].to_numpy(), ~is_test, is_test, weights, params.confidence),
        "newest_step": measure_change(first["label"].to_numpy(), ~is_test, is_newest, weights, params.confidence),
        "periods": list_periods(first, weights, params.confidence),
    }


def measure_change(
    label: np.ndarray, before: np.ndarray, after: np.ndarray, weights: np.ndarray, confidence: float
) -> dict[str, float]:
    """Return the rate of the rows `after` and its ratio to that of those `before`, with its interval."""

    def divide(w: np.ndarray) -> float:
        rates = [(w * label)[is_in].sum() / w[is_in].sum() if w[is_in].any() else np.nan for is_in in (after, before)]
        return rates[0] / rates[1] if rates[1] > 0 else np.nan

    resampled = np.array([divide(w) for w in weights])
    low, high = find_interval(resampled[np.isfinite(resampled)], confidence)
    rate = float(label[after].mean())
    return {"rate": rate, "ratio": float(divide(np.ones(len(label)))), "ratio_low": low, "ratio_high": high}


def list_periods(first: pd.DataFrame, weights: np.ndarray, confidence: float) -> list[dict[str, Any]]:
    """Return leads, rate with its interval, and what was promised, by month or, without dates, by step.

    The month in which the last third begins stands twice: before it nothing was promised (None).
    """
    is_test = first["fold"] == "test"
    # Without dates the leads before the last third have no period, and groups leave them out.
    has_dates = first["snapshot_at"].notna().any()
    period = first["snapshot_at"].dt.strftime("%Y-%m") if has_dates else first["step"].astype("Int64").astype("string")
    periods = []
    for (is_later, name), part in first.groupby([is_test, period]):
        w, label = weights[:, part.index], part["label"].to_numpy()
        total = w.sum(axis=1)
        low, high = find_interval((w @ label)[total > 0] / total[total > 0], confidence)
        periods.append(
            {
                "period": name,
                "is_test": bool(is_later),
                "leads": len(part),
                "rate": float(label.mean()),
                "rate_low": low,
                "rate_high": high,
                "promised": float(part["probability"].mean()) if is_later else None,
                "frozen_promised": float(part["frozen_probability"].mean()) if is_later else None,
            }
        )
    return periods[-MONTHS:]
