"""The threshold table: what lies above each probability, from the highest to the lowest."""

import numpy as np
import pandas as pd

from src.params import Scenario
from src.policies.economics import NURTURE, SALES, measure_profits

SHARES = tuple(np.round(np.arange(0.05, 1.0001, 0.05), 2))


def build_threshold_table(
    label: np.ndarray, p: np.ndarray, relative_value: np.ndarray, scenario: Scenario
) -> pd.DataFrame:
    """Return one row a threshold, each twentieth of the leads.

    Parameters
    ----------
    label : ndarray, shape (leads,)
        1 where the lead converted.
    p : ndarray, shape (leads,)
        Calibrated probabilities.
    relative_value : ndarray, shape (leads,)
        What a conversion of each lead is worth, over the scenario's default value.
    scenario : Scenario

    Returns
    -------
    DataFrame
        ``threshold``; ``share`` and ``leads`` at or above it; ``precision``, ``recall``, ``f1`` and
        ``lift`` of calling them; expected profit if they are called or nurtured
        (``expected_profit_sales``, ``expected_profit_nurture``), and what calling them would have
        earned (``profit_sales``). No capacity.
    """
    order = np.argsort(-p, kind="stable")
    y, ordered, ratio = label[order], p[order], relative_value[order]
    expected, realised = measure_profits(ordered * ratio, scenario), measure_profits(y * ratio, scenario)
    # Nobody converting is no reason to fail: then precision, recall and lift are 0.
    conversions = max(y.sum(), 1)
    rows = []
    for share in SHARES:
        threshold = ordered[max(round(share * len(p)), 1) - 1]
        count = int(np.searchsorted(-ordered, -threshold, side="right"))
        precision, recall = y[:count].mean(), y[:count].sum() / conversions
        rows.append(
            {
                "threshold": threshold,
                "share": count / len(p),
                "leads": count,
                "conversions": int(y[:count].sum()),
                "precision": precision,
                "recall": recall,
                "f1": 2 * precision * recall / (precision + recall) if precision + recall else 0.0,
                "lift": precision / (conversions / len(y)),
                "expected_profit_sales": expected[:count, SALES].sum(),
                "expected_profit_nurture": expected[:count, NURTURE].sum(),
                "profit_sales": realised[:count, SALES].sum(),
            }
        )
    return pd.DataFrame(rows).drop_duplicates("threshold").round(6)
