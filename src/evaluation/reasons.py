"""What the model's reasons are worth: how stable they are, and what its metrics do on the test fold."""

from typing import Any

import numpy as np
import pandas as pd

from src.evaluation.refits import measure_difference
from src.features.catalogue import Metric
from src.models.encoding import AGE
from src.models.measures import draw_weights, find_interval, measure_losses
from src.models.reasons import (
    GRADES,
    centre_model,
    choose_strongest,
    explain_leads,
    grade_leads,
    name_family,
    take_evenly,
)
from src.models.resampling import Refits
from src.models.saved import SavedModel
from src.params import Params

PERMUTED_ROWS, DEPENDENCE_ROWS, COMPARED_ROWS = 10_000, 2_000, 600
"""Rows, evenly over their time, that are predicted or explained again and again: enough for means."""

METRICS, DEPENDENCES, POINTS = 15, 6, 8
"""Metrics that are permuted one by one, metrics whose dependence is drawn, and values of each."""


def measure_reasons(
    model: SavedModel, refits: Refits, history: pd.DataFrame, test: pd.DataFrame, params: Params
) -> dict[str, Any]:
    """Return ``stability``, ``grid``, ``importances`` and ``dependence`` (see the functions)."""
    importances = measure_importances(model, test, params)
    return {
        "stability": measure_stability(model, refits, history, test),
        "grid": measure_grid(model, test, params),
        "importances": importances,
        "dependence": measure_dependence(model, test, [row["name"] for row in importances["metrics"][:DEPENDENCES]]),
    }


def measure_stability(model: SavedModel, refits: Refits, history: pd.DataFrame, test: pd.DataFrame) -> dict[str, Any]:
    """Return how often leads would be told other reasons, had the model learned from other persons.

    Returns
    -------
    dict
        ``rows`` of the test and ``refits`` looked at; under ``for`` and ``against``, as shares over
        rows with a reason and refits: ``changed`` (the three strongest are not the same set),
        ``first_changed`` (the strongest is another one) and ``kept`` (of the champion's reasons,
        those that a refit tells too).
    """
    rows, usual = take_evenly(test, COMPARED_ROWS), take_evenly(history, COMPARED_ROWS)
    champion = explain_leads(centre_model(model, usual), rows).drop(columns="base", level="part")
    changes: dict[str, list[dict[str, float]]] = {"for": [], "against": []}
    for refit in refits.list_models(model):
        other = explain_leads(centre_model(refit, usual), rows).reindex(columns=champion.columns, fill_value=0.0)
        for side, sign in (("for", 1), ("against", -1)):
            changes[side].append(compare_reasons(sign * champion.to_numpy(), sign * other.to_numpy()))
    means = {side: pd.DataFrame(found).mean().to_dict() for side, found in changes.items()}
    return {"rows": len(rows), "refits": len(refits.fitted), **means}


def compare_reasons(first: np.ndarray, second: np.ndarray) -> dict[str, float]:
    """Return how the strongest reasons of the rows differ between two models' contributions by group."""
    told, told_again = mark_strongest(first), mark_strongest(second)
    has_reason = told.any(axis=1)
    if not has_reason.any():
        return {"changed": np.nan, "first_changed": np.nan, "kept": np.nan}
    told, told_again, first, second = (values[has_reason] for values in (told, told_again, first, second))
    return {
        "changed": float((told != told_again).any(axis=1).mean()),
        "first_changed": float((first.argmax(axis=1) != second.argmax(axis=1)).mean()),
        "kept": float(((told & told_again).sum(axis=1) / told.sum(axis=1)).mean()),
    }


def mark_strongest(strengths: np.ndarray) -> np.ndarray:
    """Say which groups are among the reasons of each row, shape (rows, groups)."""
    is_told = np.zeros(strengths.shape, bool)
    for row, group in choose_strongest(strengths):
        is_told[row, group] = True
    return is_told


def measure_grid(model: SavedModel, test: pd.DataFrame, params: Params) -> list[dict[str, Any]]:
    """Return each cell of fit by engagement, from A1: rows, leads, conversions and rate with its interval.

    Empty where the model grades nothing.
    """
    grades = grade_leads(model, model.explain(test), test[AGE.name])
    if grades.isna().any(axis=None):
        return []
    label = test["label"].to_numpy()
    weights = draw_weights(test["person"], params.evaluation.bootstrap, params.model.seed)
    cells = []
    for fit in GRADES["fit"][::-1]:
        for engagement in GRADES["engagement"][::-1]:
            is_in = ((grades["fit_grade"] == fit) & (grades["engagement_grade"] == engagement)).to_numpy()
            drawn, converted = weights[:, is_in].sum(axis=1), weights[:, is_in] @ label[is_in]
            low, high = find_interval((converted / np.maximum(drawn, 1))[drawn > 0], params.evaluation.confidence)
            cells.append(
                {
                    "fit": fit,
                    "engagement": engagement,
                    "rows": int(is_in.sum()),
                    "leads": int(test.loc[is_in, "lead_id"].nunique()),
                    "conversions": int(label[is_in].sum()),
                    "rate": float(label[is_in].mean()) if is_in.any() else float("nan"),
                    "rate_low": low,
                    "rate_high": high,
                }
            )
    return cells


def measure_importances(model: SavedModel, test: pd.DataFrame, params: Params) -> dict[str, Any]:
    """Return by how much the log loss grows when metrics are dealt out anew among the test rows of one age.

    Returns
    -------
    dict
        ``rows``; ``groups`` and ``metrics``, the most important first: ``name``, ``group``,
        ``kind``, ``loss_difference`` and its interval, resampled by person. Of the metrics those
        whose contributions vary most are tried.
    """
    rows = take_evenly(test, PERMUTED_ROWS).reset_index(drop=True)
    _, contributions = model.contribute(rows)
    deviations = contributions.std().sort_values(ascending=False, kind="stable")
    metrics = {metric.name: metric for metric in model.catalogue}
    tried = [metrics[name] for name in deviations.index[deviations > 0]]
    families: dict[tuple[str, str], list[Metric]] = {}
    for metric in tried:
        families.setdefault((metric.kind, name_family(metric.group)), []).append(metric)
    measure = Permutation(model, rows, params)
    groups = [
        {"name": group, "group": group, "kind": kind, **measure.measure([metric.name for metric in members])}
        for (kind, group), members in families.items()
    ]
    single = [
        {"name": metric.name, "group": metric.group, "kind": metric.kind, **measure.measure([metric.name])}
        for metric in tried[:METRICS]
    ]
    return {"rows": len(rows), "groups": sort_rows(groups), "metrics": sort_rows(single)}


def sort_rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (-row["loss_difference"], row["name"]))


class Permutation:
    """The test rows dealt out anew within each age, once for all metrics so that these can be compared."""

    def __init__(self, model: SavedModel, rows: pd.DataFrame, params: Params):
        self.model, self.rows, self.confidence = model, rows, params.evaluation.confidence
        self.losses = measure_losses(rows["label"].to_numpy(), model.predict(rows))
        self.weights = draw_weights(rows["person"], params.evaluation.bootstrap, params.model.seed)
        generator = np.random.default_rng(params.model.seed)
        self.order = np.arange(len(rows))
        for positions in rows.groupby("age", sort=True).indices.values():
            self.order[positions] = generator.permutation(positions)

    def measure(self, names: list[str]) -> dict[str, float]:
        """Return the increase of the log loss when the metrics `names` come from other rows, together."""
        dealt = self.rows[names].iloc[self.order].set_axis(self.rows.index)
        p = self.model.predict(self.rows.assign(**{name: dealt[name] for name in names}))
        return measure_difference(
            measure_losses(self.rows["label"].to_numpy(), p) - self.losses, self.weights, self.confidence
        )


def measure_dependence(model: SavedModel, test: pd.DataFrame, names: list[str]) -> list[dict[str, Any]]:
    """Return the mean probability of the test rows if all had one value of a metric, for some values.

    Returns
    -------
    list of dict
        Of each metric ``name``, ``group``, ``type``, ``unit``, ``values`` and ``probabilities``.
        Numbers are taken at eight quantiles, of categories the most frequent values.
    """
    rows = take_evenly(test, DEPENDENCE_ROWS).reset_index(drop=True)
    metrics = {metric.name: metric for metric in model.catalogue if metric.name != AGE.name}
    found = []
    for metric in (metrics[name] for name in names):
        values = choose_values(metric, rows[metric.name], model.usual.levels.get(metric.name, []))
        found.append(
            {
                "name": metric.name,
                "group": metric.group,
                "type": metric.type,
                "unit": metric.unit,
                "values": values,
                "probabilities": [float(model.predict(rows.assign(**{metric.name: value})).mean()) for value in values],
            }
        )
    return found


def choose_values(metric: Metric, column: pd.Series, levels: list[str]) -> list[float] | list[str]:
    """Return the values of a metric at which its dependence is measured, in order."""
    known = column.dropna()
    if metric.type == "category":
        return known[known.isin(levels)].value_counts(sort=True).index[:POINTS].tolist()
    # From the first to the last twentieth: beyond it, few leads have such values.
    return sorted({float(value) for value in known.quantile(np.linspace(0.05, 0.95, POINTS), interpolation="nearest")})
