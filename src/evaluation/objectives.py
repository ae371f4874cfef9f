"""Stage `objectives`: leads that are good for one objective and bad for another."""

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from src import paths
from src.evaluation.top import select_top
from src.files import read_table, write_metrics
from src.models.measures import draw_weights, find_interval
from src.params import Evaluation, load_params
from src.stage import run_stage

TOP = 0.3
"""Good for an objective is, here, to be among so many of its most probable leads."""

EXAMPLES = 5
KEYS = ["lead_id", "snapshot_at"]


def main() -> str:
    params = load_params()
    tables = {name: read_table(paths.predictions(name)) for name in params.objectives}
    # An objective that does not apply has a table without columns.
    tables = {name: table for name, table in tables.items() if "probability" in table}

    pairs = compare_objectives(tables, params.evaluation, params.model.seed)

    write_metrics({"source": params.source, "applicable": bool(pairs), "pairs": pairs}, paths.OBJECTIVES)
    return f"{len(tables)} objectives, {len(pairs)} pairs compared"


def compare_objectives(tables: dict[str, pd.DataFrame], params: Evaluation, seed: int) -> list[dict[str, Any]]:
    """Return for each pair of objectives how far the leads that are good for them are the same.

    Parameters
    ----------
    tables : dict of str to DataFrame
        The test predictions of each objective: ``lead_id, person, snapshot_at, age_days, label,
        probability``.
    params : Evaluation
    seed : int
        Of the resamples of persons.

    Returns
    -------
    list of dict
        See `compare_pair`; pairs without a common lead are left out.
    """
    pairs = ((first, second, join_tables(tables[first], tables[second])) for first, second in combinations(tables, 2))
    return [compare_pair(first, second, leads, params, seed) for first, second, leads in pairs if len(leads)]


def join_tables(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Return one row a lead that both tested: at the first moment at which both scored it.

    Returns
    -------
    DataFrame, in order of ``lead_id``
        ``lead_id, person``, and ``label_`` and ``p_`` with ``first`` and ``second``.
    """
    values = {"label": "label_{}", "probability": "p_{}"}
    left = first[[*KEYS, "person", "age_days", *values]].rename(
        columns={k: v.format("first") for k, v in values.items()}
    )
    right = second[[*KEYS, *values]].rename(columns={k: v.format("second") for k, v in values.items()})
    # Where a source has no dates, each lead has one moment, which is missing on both sides.
    both = left.merge(right, on=KEYS, validate="one_to_one").sort_values(["lead_id", "age_days"], kind="stable")
    return both.drop_duplicates("lead_id", ignore_index=True).drop(columns=["snapshot_at", "age_days"])


def compare_pair(first: str, second: str, leads: pd.DataFrame, params: Evaluation, seed: int) -> dict[str, Any]:
    """Return how two objectives agree on the same leads (`join_tables`).

    Returns
    -------
    dict
        ``objectives``, ``leads``, ``correlation`` (of the ranks, with its interval by person),
        ``table``: of the leads among the top of ``both``, of the ``first`` alone, of the
        ``second`` alone and of ``neither``, the ``share`` of all, how many ``leads`` that is, and
        the share that converts for each objective (None where there are none); and ``examples``
        of those good for one alone (`list_examples`).
    """
    ranks = [leads[f"p_{side}"].rank(pct=True).to_numpy() for side in ("first", "second")]
    weights = draw_weights(leads["person"], params.bootstrap, seed)
    resampled = np.array([correlate(*ranks, w) for w in weights])
    low, high = find_interval(resampled[np.isfinite(resampled)], params.confidence)
    tops = [select_top(leads[f"p_{side}"].to_numpy(), TOP) for side in ("first", "second")]
    return {
        "objectives": [first, second],
        "top": TOP,
        "leads": len(leads),
        "correlation": keep_finite(correlate(*ranks, np.ones(len(leads)))),
        "correlation_low": keep_finite(low),
        "correlation_high": keep_finite(high),
        "table": {name: describe_group(leads, part) for name, part in cross_tops(*tops).items()},
        "examples": {
            "first": list_examples(leads, ranks[0] - ranks[1]),
            "second": list_examples(leads, ranks[1] - ranks[0]),
        },
    }


def correlate(first: np.ndarray, second: np.ndarray, w: np.ndarray) -> float:
    """Return the correlation of two columns under row weights; of ranks it is Spearman's."""
    first, second = first - np.average(first, weights=w), second - np.average(second, weights=w)
    spread = np.sqrt((w * first**2).sum() * (w * second**2).sum())
    return float((w * first * second).sum() / spread) if spread > 0 else float("nan")


def keep_finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def cross_tops(first: np.ndarray, second: np.ndarray) -> dict[str, np.ndarray]:
    """Return which part of each lead is among the top of both, of one alone, of neither.

    >>> {name: part.tolist() for name, part in cross_tops(np.array([1.0, 0.5]), np.array([0.0, 1.0])).items()}
    {'both': [0.0, 0.5], 'first': [1.0, 0.0], 'second': [0.0, 0.5], 'neither': [0.0, 0.0]}
    """
    both = np.minimum(first, second)
    return {"both": both, "first": first - both, "second": second - both, "neither": 1 - np.maximum(first, second)}


def describe_group(leads: pd.DataFrame, part: np.ndarray) -> dict[str, Any]:
    total = float(part.sum())
    rates = {
        f"converts_{side}": float((part * leads[f"label_{side}"]).sum() / total) if total else None
        for side in ("first", "second")
    }
    return {"leads": round(total), "share": total / len(leads), **rates}


def list_examples(leads: pd.DataFrame, distance: np.ndarray) -> list[dict[str, Any]]:
    """Return the leads whose ranks are farthest apart, with both probabilities; ids and probabilities alone."""
    farthest = np.argsort(-distance, kind="stable")[:EXAMPLES]
    shown = leads.iloc[farthest[distance[farthest] > 0]]
    return shown[["lead_id", "p_first", "p_second"]].to_dict("records")


if __name__ == "__main__":
    run_stage(main)
