"""What the model's reasons are worth: how stable they are, and what its metrics do on the test fold."""

from typing import Any

import numpy as np
import pandas as pd

from src.evaluation.refits import measure_difference
from src.features.catalogue import Metric
from src.models.candidates import FittedAverage, take_trees
from src.models.encoding import AGE
from src.models.measures import draw_weights, find_interval, measure_losses, to_probability
from src.models.reasons import (
    GRADES,
    add_up_groups,
    choose_strongest,
    grade_leads,
    name_family,
    take_evenly,
)
from src.models.resampling import Refits, contribute_together
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
    rows, usual = (model.limit_age(take_evenly(part, COMPARED_ROWS)) for part in (test, history))
    champion = compare_with_usual(model, *(next(contribute_together([model.fitted], part)) for part in (rows, usual)))
    changes: dict[str, list[dict[str, float]]] = {"for": [], "against": []}
    contributions = (contribute_together(refits.fitted, part) for part in (rows, usual))
    for refit, here, there in zip(refits.list_models(model), *contributions, strict=True):
        other = compare_with_usual(refit, here, there).reindex(columns=champion.columns, fill_value=0.0)
        for side, sign in (("for", 1), ("against", -1)):
            changes[side].append(compare_reasons(sign * champion.to_numpy(), sign * other.to_numpy()))
    means = {side: pd.DataFrame(found).mean().to_dict() for side, found in changes.items()}
    return {"rows": len(rows), "refits": len(refits.fitted), **means}


def compare_with_usual(model: SavedModel, parts: pd.DataFrame, usual: pd.DataFrame) -> pd.DataFrame:
    """Return what each group of metrics adds to the rows' log-odds beyond what it adds to the usual rows' on average.

    Parameters
    ----------
    model : SavedModel
    parts, usual : DataFrame
        What each feature contributes to the rows and to the usual rows, before calibration.
    """
    values = model.calibrator.slope * (parts - usual.mean()).drop(columns=AGE.name, errors="ignore")
    return pd.DataFrame(add_up_groups(model, values), index=values.index)


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


class Exchange:
    """Rows whose probabilities are asked for again and again, each time with other values of some features.

    Where log-odds are a sum over features (``lines``), other values are other contributions; ``trees`` are asked
    again, with rows that are encoded once. An average has both.
    """

    def __init__(self, model: SavedModel, rows: pd.DataFrame):
        self.model, self.log_odds, self.trees = model, model.predict_log_odds(rows), take_trees(model.fitted)
        self.values = self.read(rows)
        if self.trees is not None:
            share = model.fitted.weight if isinstance(model.fitted, FittedAverage) else 1.0
            self.booster, self.slope = self.trees.load(), share * model.calibrator.slope
            self.asked = self.booster.predict(self.values["trees"].to_numpy(), raw_score=True)

    def read(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return what is exchanged of rows: contributions by feature, encoded values by feature, or both."""
        if self.trees is None:
            return pd.concat({"lines": self.model.contribute(rows)[1]}, axis=1)
        aged, found = self.model.limit_age(rows), {}
        if isinstance(self.model.fitted, FittedAverage):
            lines = self.model.fitted.logistic.contribute(aged)[1].set_axis(rows.index)
            found["lines"] = lines * (self.model.calibrator.slope * (1 - self.model.fitted.weight))
        encoding = self.trees.encoding
        found["trees"] = pd.DataFrame(encoding.transform(aged), rows.index, encoding.list_origins())
        return pd.concat(found, axis=1)

    def predict(self, names: list[str], values: pd.DataFrame) -> np.ndarray:
        """Return the rows' probabilities with the features `names` as in `values`: one row for each, or for all."""
        log_odds = self.log_odds
        if "lines" in values:
            lines = [name for name in names if name in values["lines"]]
            given, own = values["lines"][lines].to_numpy(), self.values["lines"][lines].to_numpy()
            log_odds = log_odds + (given - own).sum(axis=1)
        if self.trees is not None:
            encoded = self.values["trees"].to_numpy(copy=True)
            encoded[:, self.values["trees"].columns.get_indexer(names)] = values["trees"][names].to_numpy()
            log_odds = log_odds + self.slope * (self.booster.predict(encoded, raw_score=True) - self.asked)
        return to_probability(log_odds)


class Permutation:
    """The test rows dealt out anew within each age, once for all metrics so that these can be compared."""

    def __init__(self, model: SavedModel, rows: pd.DataFrame, params: Params):
        self.exchange, self.confidence = Exchange(model, rows), params.evaluation.confidence
        self.label = rows["label"].to_numpy()
        self.losses = measure_losses(self.label, to_probability(self.exchange.log_odds))
        self.weights = draw_weights(rows["person"], params.evaluation.bootstrap, params.model.seed)
        generator = np.random.default_rng(params.model.seed)
        order = np.arange(len(rows))
        for positions in rows.groupby("age", sort=True).indices.values():
            order[positions] = generator.permutation(positions)
        self.dealt = self.exchange.values.iloc[order]

    def measure(self, names: list[str]) -> dict[str, float]:
        """Return the increase of the log loss when the metrics `names` come from other rows, together."""
        p = self.exchange.predict(names, self.dealt)
        return measure_difference(measure_losses(self.label, p) - self.losses, self.weights, self.confidence)


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
    exchange, found = Exchange(model, rows), []
    for metric in (metrics[name] for name in names):
        values = choose_values(metric, rows[metric.name], model.usual.levels.get(metric.name, []))
        given = exchange.read(rows.iloc[[0] * len(values)].assign(**{metric.name: values}))
        found.append(
            {
                "name": metric.name,
                "group": metric.group,
                "type": metric.type,
                "unit": metric.unit,
                "values": values,
                "probabilities": [
                    float(exchange.predict([metric.name], given.iloc[[place]]).mean()) for place in range(len(values))
                ],
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
