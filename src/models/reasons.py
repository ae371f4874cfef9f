"""Why a lead has its probability: what each group of metrics adds to the log-odds of the usual lead."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from src.features.catalogue import Metric
from src.models.encoding import AGE, find_level, list_levels
from src.models.saved import PARTS, SavedModel, Usual

MOST_ROWS = 5_000
"""Rows of the history that say what is usual: enough for means and quartiles."""

REASONS = 3
"""So many reasons for, and as many against, are told of a lead."""

WEAKEST = 0.05
"""Log-odds that are worth telling: at 10 %, less moves a probability by under half a point."""

LONGEST_VALUE = 40
"""Characters of a value that are shown."""

TOLD_AS = {"counts": "how often", "last": "how often", "decayed": "how often", "false": "e-mail"}
"""By its first word, the groups that are told as one: they count the same in several ways, and one
takes back what another gives."""

QUARTILES = [0.25, 0.5, 0.75]

GRADES = {"fit": "DCBA", "engagement": "4321"}
"""From the lowest quarter of the history to the highest."""


def learn_usual(model: SavedModel, history: pd.DataFrame, min_leads: int) -> SavedModel:
    """Return the model with what is usual in the `history`: mean contributions, quartiles, values to name.

    Parameters
    ----------
    model : SavedModel
    history : DataFrame
        The rows it was learned from.
    min_leads : int
        A value of a category is named where at least so many leads share it.
    """
    rows = take_evenly(history, MOST_ROWS)
    model = centre_model(model, rows)
    explained = model.explain(rows)
    # By age: a lead is engaged or not beside others as old, who had as long to do something.
    ages = rows[AGE.name].fillna(0.0)
    cuts = {
        f"{age:g}": {part: np.quantile(explained.loc[ages == age, part], QUARTILES).tolist() for part in GRADES}
        for age in sorted(ages.unique())
    }
    leads = history.drop_duplicates("lead_id")
    levels = {
        metric.name: list_levels(leads[metric.name], min_leads)
        for metric in model.catalogue
        if metric.type == "category"
    }
    return replace(model, usual=replace(model.usual, cuts=cuts, levels=levels))


def centre_model(model: SavedModel, rows: pd.DataFrame) -> SavedModel:
    """Return the model with the mean contributions over these `rows` as usual."""
    _, parts = model.fitted.contribute(model.limit_age(rows))
    return replace(model, usual=Usual({name: float(parts[name].mean()) for name in parts if name != AGE.name}))


def take_evenly(rows: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return at most so many rows, evenly over the order they come in."""
    return rows.iloc[:: max(1, -(-len(rows) // most))]


def name_family(group: str) -> str:
    """Return what a group of metrics is told as: all counts, in whatever window, go together.

    >>> name_family("last 7 days"), name_family("decayed, half-life 2 days"), name_family("recency")
    ('how often', 'how often', 'recency')
    """
    return TOLD_AS.get(group.replace(",", " ").split()[0], group)


def explain_leads(model: SavedModel, features: pd.DataFrame) -> pd.DataFrame:
    """Return what each group of metrics adds to a lead's log-odds, beyond what it adds to the usual lead's.

    Returns
    -------
    DataFrame
        One row a lead. Columns of two levels, ``part`` and ``group``: ``("base", "base")``, then
        ``fit`` and ``engagement`` with the groups that the model uses. A row adds up to the
        calibrated log-odds.
    """
    base, values = model.contribute(features)
    table = pd.DataFrame({("base", "base"): base, **add_up_groups(model, values)}, index=features.index)
    return table.set_axis(pd.MultiIndex.from_tuples(table.columns, names=["part", "group"]), axis=1)


def add_up_groups(model: SavedModel, values: pd.DataFrame) -> dict[tuple[str, str], np.ndarray]:
    """Return the sum of the features' contributions `values` by part and group, each of shape (rows,)."""
    table, groups = values.to_numpy(), list_groups(model, values)
    return {group: table[:, values.columns.get_indexer(names)].sum(axis=1) for group, names in groups.items()}


def list_groups(model: SavedModel, values: pd.DataFrame) -> dict[tuple[str, str], list[str]]:
    """Return the features of each part and group among the columns of `values`."""
    metrics = {metric.name: metric for metric in model.catalogue}
    groups: dict[tuple[str, str], list[str]] = {}
    for name in values:
        groups.setdefault((PARTS[metrics[name].kind], name_family(metrics[name].group)), []).append(name)
    return groups


def list_reasons(model: SavedModel, features: pd.DataFrame) -> pd.DataFrame:
    """Return the strongest reasons for and against each lead as texts, ``reasons_for`` and ``reasons_against``.

    A reason is a group of metrics, what it adds in log-odds beyond the usual, and the metric of the
    group that moved it most: ``job title: job seniority = manager (+0.62)``. Several are parted by
    semicolons; a lead without any has none (missing).
    """
    _, values = model.contribute(features)
    metrics = {metric.name: metric for metric in model.catalogue}
    given = {name: features[name].to_numpy(object) for name in values}
    reasons: dict[str, list[str | None]] = {}
    for side, sign in (("for", 1), ("against", -1)):
        strengths, leading = [], []
        for names in list_groups(model, values).values():
            parts = sign * values[names].to_numpy()
            strengths.append(parts.sum(axis=1))
            leading.append(np.array(names, dtype=object)[parts.argmax(axis=1)] if len(parts) else [])
        told = [[] for _ in range(len(features))] if strengths else [[]] * len(features)
        chosen = choose_strongest(np.column_stack(strengths)) if strengths else []
        for row, group in chosen:
            metric = metrics[leading[group][row]]
            value = say_value(metric, given[metric.name][row], model.usual.levels.get(metric.name, ()))
            strength = sign * strengths[group][row]
            told[row].append(f"{name_family(metric.group)}: {say_name(metric)} = {value} ({strength:+.2f})")
        reasons[f"reasons_{side}"] = ["; ".join(texts) if texts else None for texts in told]
    return pd.DataFrame(reasons, index=features.index, dtype="str")


def choose_strongest(strengths: np.ndarray) -> list[tuple[int, int]]:
    """Return (row, group) of the strongest groups of each row, the strongest first; weak ones are left out."""
    order = np.argsort(-strengths, axis=1, kind="stable")[:, :REASONS]
    return [
        (row, int(group)) for row, groups in enumerate(order) for group in groups if strengths[row, group] >= WEAKEST
    ]


def say_name(metric: Metric) -> str:
    return metric.name.replace("_", " ")


def say_value(metric: Metric, value: float | str | None, levels: Sequence[str]) -> str:
    """Return a value in short; of a category only what enough leads share is named."""
    if pd.isna(value):
        return "unknown"
    if metric.type == "category":
        level = find_level(str(value), levels)
        return "a rare one" if level is None else shorten(level)
    if metric.unit == "yes/no" and value in (0, 1):
        return "yes" if value else "no"
    return f"{value:,.0f}" if abs(value) >= 100 or value == round(value) else f"{value:.2g}"


def shorten(text: str) -> str:
    """Return a text in one line, without what is invisible and without semicolons, which part reasons."""
    shown = "".join(letter if letter.isprintable() and letter != ";" else " " for letter in text[:LONGEST_VALUE])
    return " ".join(shown.split())


def grade_leads(model: SavedModel, explained: pd.DataFrame, age_days: pd.Series) -> pd.DataFrame:
    """Return ``fit_grade`` A to D and ``engagement_grade`` 1 to 4, the best first.

    Quarters of the leads of the history at the same age, or the last age before. Where these are all
    alike in a part, as with one rate for everybody, there is no grade (missing).
    """
    ages = np.array([float(age) for age in model.usual.cuts])
    place = np.maximum(np.searchsorted(ages, age_days.fillna(0.0), side="right") - 1, 0)
    grades = {}
    for part, names in GRADES.items():
        cuts = np.array([by_part[part] for by_part in model.usual.cuts.values()])[place]
        quarter = (cuts < explained[part].to_numpy()[:, None]).sum(axis=1)
        graded = np.array(list(names), dtype=object)[quarter]
        grades[f"{part}_grade"] = np.where(cuts[:, 0] < cuts[:, -1], graded, None) if len(cuts) else []
    return pd.DataFrame(grades, index=explained.index, dtype="str")
