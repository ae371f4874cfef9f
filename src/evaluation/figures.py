"""The figures of predicted rows, with their intervals: the same for the test fold and for the rolling walk."""

from typing import Any

import numpy as np
import pandas as pd

from src.models.champion import count_conversions, measure_power
from src.models.measures import draw_weights, measure_with_intervals, simulate_ece
from src.params import Evaluation

FEWEST = 20
"""Leads that convert from which resampling tells how far a ROC-AUC is known: of one, it would say it is sure."""


def measure_rows(rows: pd.DataFrame, params: Evaluation, seed: int) -> dict[str, Any]:
    """Return every measure of these rows with its interval, resampled by person.

    Parameters
    ----------
    rows : DataFrame
        ``lead_id, person, label, probability``.
    """
    label, p = rows["label"].to_numpy(), rows["probability"].to_numpy()
    weights = draw_weights(rows["person"], params.bootstrap, seed)
    figures = {
        "n": len(rows),
        "leads": int(rows["lead_id"].nunique()),
        "conversions": int(label.sum()),
        **measure_with_intervals(label, p, weights, params.confidence),
    }
    figures |= simulate_ece(p, rows["lead_id"], seed)
    # One lead that converts at five ages is one event.
    figures["is_calibration_assessable"] = count_conversions(rows) >= params.assessable_conversions
    if count_conversions(rows) < FEWEST:
        margin = measure_power(rows, params.confidence)["roc_auc_margin"]
        figures["roc_auc_low"] = max(figures["roc_auc"] - margin, 0.0)
        figures["roc_auc_high"] = min(figures["roc_auc"] + margin, 1.0)
    return figures


def drop_unknown(value: Any) -> Any:
    """Return nested figures with None in place of what could not be computed."""
    if isinstance(value, dict):
        return {str(key): drop_unknown(part) for key, part in value.items()}
    if isinstance(value, list):
        return [drop_unknown(part) for part in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
