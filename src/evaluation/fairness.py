"""Who is chosen and whether the probabilities hold, by columns that are protected and never features."""

from typing import Any

import numpy as np
import pandas as pd

from src.evaluation.calibration import join_rare, measure_cells
from src.evaluation.explore import measure_interval
from src.evaluation.top import select_top
from src.params import Evaluation

SHARES = (0.2, 0.3, 0.5)
"""The most probable leads that are looked at: where the cuts lie is a matter of the scenarios."""


def measure_fairness(
    predictions: pd.DataFrame, protected: pd.DataFrame, params: Evaluation, seed: int
) -> dict[str, list[dict[str, Any]]]:
    """Return selection rates and calibration by the values of each protected column.

    Parameters
    ----------
    predictions : DataFrame
        The test rows: ``lead_id, person, age_days, label, probability``.
    protected : DataFrame
        One row a lead: ``lead_id`` and a column of names for each protected column.
    params : Evaluation
    seed : int
        Of the resamples of persons.

    Returns
    -------
    dict of str to list of dict
        Of each protected column its values, the most frequent first, rare ones joined
        (`join_rare`): what `measure_cells` says of the rows, ``leads_at_first`` (leads at their
        first scored moment) and under ``selected`` the share of these that are among the most
        probable ``20``, ``30`` and ``50`` percent of all leads (`measure_selection`). Empty where
        nothing is protected.
    """
    known = protected.set_index("lead_id")
    # Leads whose values nobody read would not be among the known; there are none.
    values = {name: known[name].reindex(predictions["lead_id"]).set_axis(predictions.index) for name in known}
    groups = {name: join_rare(column, predictions["lead_id"]) for name, column in values.items()}
    if not groups:
        return {}
    cells = measure_cells(predictions, groups, params, seed)
    first = predictions.loc[find_first(predictions)]
    for name, group in groups.items():
        selected = select_values(first, group[first.index], params.confidence)
        cells[name] = [cell | selected[cell["name"]] for cell in cells[name]]
    return cells


def find_first(predictions: pd.DataFrame) -> pd.Index:
    """Return the rows at which each lead was scored first: one decision is one lead."""
    return predictions.sort_values("age_days", kind="stable").drop_duplicates("lead_id").index.sort_values()


def select_values(first: pd.DataFrame, group: pd.Series, confidence: float) -> dict[str, dict[str, Any]]:
    """Return ``leads_at_first`` and ``selected``, by share in percent, of each value of `group`.

    Parameters
    ----------
    first : DataFrame
        One row a lead: ``person, probability``.
    group : Series of category
        The value of each lead.
    """
    chosen = {f"{share:.0%}"[:-1]: select_top(first["probability"].to_numpy(), share) for share in SHARES}
    found: dict[str, dict[str, Any]] = {}
    # Šidák: with so many values looked at, each is called sure more seldom.
    surely = confidence ** (1 / max(len(group.cat.categories), 1))
    for name in group.cat.categories:
        is_there = (group == name).to_numpy()
        persons = first.loc[is_there, "person"].nunique()
        selected = {
            percent: measure_selection(weights[is_there], persons, weights.mean(), confidence, surely)
            for percent, weights in chosen.items()
        }
        found[str(name)] = {"leads_at_first": int(is_there.sum()), "selected": selected}
    return found


def measure_selection(
    weights: np.ndarray, persons: int, usual: float, confidence: float, surely: float
) -> dict[str, Any]:
    """Return the share of some leads that is selected, with Wilson's interval, as if each person were one lead.

    ``side`` is 1 where the interval at the confidence `surely` lies above the `usual` share, -1 below, and 0 where
    neither is sure.
    """
    share = float(weights.mean()) if len(weights) else None
    low, high = map(float, measure_interval((share or 0.0) * persons, persons, confidence))
    least, most = map(float, measure_interval((share or 0.0) * persons, persons, surely))
    return {"share": share, "share_low": low, "share_high": high, "side": int(least > usual) - int(most < usual)}
