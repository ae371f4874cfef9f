"""What a person looks at before any model: what came in, and how often groups of leads convert."""

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from src.data.tables import NO_CODE
from src.features.catalogue import Metric
from src.models.measures import Ranking

UNKNOWN = "(unknown)"
OTHER = "(other)"

FEWEST_LEADS = 3
"""Leads of a category that is shown by its name: what fewer have may be someone's name in the wrong field."""


def tabulate_files(intake: dict[str, Any]) -> pd.DataFrame:
    """Return one row a raw file: rows read, kept, rejected, and declared duplicates."""
    columns = ["file", "rows_read", "rows_kept", "rows_rejected", "duplicates"]
    return pd.DataFrame(intake["files"], columns=columns)


def count_rejections(rejected: pd.DataFrame) -> pd.DataFrame:
    """Return one row a file, column and reason with its ``count``, the most frequent first."""
    keys = ["file", "column", "reason"]
    counts = rejected[keys].fillna("(whole row)").groupby(keys).size().rename("count").reset_index()
    return counts.sort_values(["count", *keys], ascending=[False, True, True, True], ignore_index=True)


def measure_interval(conversions: np.ndarray, count: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of Wilson's score interval of a rate (Wilson 1927), also for 0 of n.

    Parameters
    ----------
    conversions, count : ndarray
        Of each group; a group of none has the interval from 0 to 1.
    confidence : float
    """
    conversions, count = np.asarray(conversions, float), np.asarray(count, float)
    z = ndtri((1 + confidence) / 2)
    centre = (conversions + z**2 / 2) / (count + z**2)
    rate = conversions / np.maximum(count, 1)
    half = z / (count + z**2) * np.sqrt(conversions * (1 - rate) + z**2 / 4)
    # The rate lies within: rounding must not put it a hair outside where all or none converted.
    return np.clip(centre - half, 0, rate), np.clip(centre + half, rate, 1)


def measure_rates(label: pd.Series, group: pd.Series, confidence: float) -> pd.DataFrame:
    """Return one row a group: ``group, leads, conversions, rate, rate_low, rate_high``.

    Parameters
    ----------
    label : Series
        1 where the lead converted, 0 where it did not; one row a lead.
    group : Series
        The same rows' group; missing is a group of its own, the last. Ordered categories keep
        their order, other groups are ordered by name.
    confidence : float
    """
    is_known = group.notna()
    known = label[is_known].groupby(group[is_known], observed=True).agg(["size", "sum"])
    parts = [known.set_axis(known.index.astype(str), axis=0)]
    if not is_known.all():
        missing = label[~is_known]
        parts.append(pd.DataFrame({"size": [len(missing)], "sum": [missing.sum()]}, index=[UNKNOWN]))
    rates = pd.concat(parts)
    low, high = measure_interval(rates["sum"], rates["size"], confidence)
    return pd.DataFrame(
        {
            "group": rates.index,
            "leads": rates["size"].to_numpy(int),
            "conversions": rates["sum"].to_numpy(int),
            "rate": (rates["sum"] / rates["size"]).to_numpy(float),
            "rate_low": low,
            "rate_high": high,
        }
    )


def keep_frequent(values: pd.Series, count: int, fewest: int = FEWEST_LEADS) -> pd.Series:
    """Return the categories with all beyond the `count` most frequent as one, and those of less than `fewest` rows.

    What is missing stays missing.
    """
    ranked = values.value_counts(sort=False).rename_axis("value").reset_index(name="rows")
    ranked = ranked[ranked["rows"] >= fewest]
    frequent = ranked.sort_values(["rows", "value"], ascending=[False, True])["value"].head(count)
    return values.where(values.isin(frequent) | values.isna(), OTHER)


def cut_deciles(values: pd.Series) -> pd.Series:
    """Return the tenth each value lies in as an ordered category such as ``over 2 to 5``.

    The edges are rounded to three figures. Where one value fills several tenths, such as a count
    of nothing, they are one group.
    """
    quantiles = values.quantile(np.linspace(0.1, 0.9, 9)).dropna()
    edges = sorted({float(f"{edge:.3g}") for edge in quantiles})
    said = [f"{edge:,.10g}" for edge in edges]
    between = [f"over {low} to {high}" for low, high in pairwise(said)]
    names = [f"up to {said[0]}", *between, f"over {said[-1]}"] if said else []
    codes = np.where(values.notna(), np.searchsorted(edges, values), -1)
    deciles = pd.Series(pd.Categorical.from_codes(codes, names, ordered=True), index=values.index)
    return deciles.cat.remove_unused_categories()


def group_metric(values: pd.Series, most: int) -> pd.Series:
    """Return the groups in which a metric is shown: tenths of a number, the `most` frequent names."""
    return cut_deciles(values) if pd.api.types.is_numeric_dtype(values) else keep_frequent(values, most)


def measure_flags(label: pd.Series, flags: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Return the rates, as `measure_rates` does, of those with and without each yes/no metric.

    Leads of whom a metric says neither are left out of its two groups.
    """
    parts = [
        measure_rates(label, flags[name].map({1.0: f"{name}: yes", 0.0: f"{name}: no"}), confidence) for name in flags
    ]
    rates = pd.concat(parts, ignore_index=True)
    return rates[rates["group"] != UNKNOWN].reset_index(drop=True)


def tabulate_understood(fields: list[dict[str, Any]]) -> pd.DataFrame:
    """Return one row a field and metric: leads that gave it, share understood, what was not."""
    return pd.DataFrame(
        {
            "field": field["field"],
            "metric": field["metric"],
            "given": field["given"],
            "understood": f"{field['understood'] / field['given']:.1%}",
            "most_frequent_not_understood": ", ".join(
                f"{unknown['value']} ({unknown['leads']})" for unknown in field["unknown"]
            ),
        }
        for field in fields
    )


def decode(codes: pd.Series, column: str, names: pd.DataFrame) -> pd.Series:
    """Return the texts of a column of integer codes; `names` holds ``column, code, value``."""
    texts = names[names["column"] == column].set_index("code")["value"]
    return codes.where(codes != NO_CODE).map(texts)


def count_kinds(activities: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """Return one row a kind of activity: how many there are, and of how many leads."""
    by_kind = activities.groupby("kind")["lead_key"].agg(activities="size", leads="nunique").reset_index()
    by_kind["kind"] = decode(by_kind["kind"], "kind", names)
    return by_kind.sort_values(["activities", "kind"], ascending=[False, True], ignore_index=True)


def count_per_lead(activities: pd.DataFrame, leads: pd.DataFrame) -> pd.Series:
    """Return how many activities each lead has, by ``lead_key``; most logs lack some leads."""
    return activities.groupby("lead_key").size().reindex(leads["lead_key"], fill_value=0)


def find_typical(counts: pd.Series) -> int:
    """Return the key of the first lead whose count is nearest to the median of those that have any."""
    active = counts[counts > 0]
    return int((active - active.median()).abs().idxmin())


def tell_timeline(activities: pd.DataFrame, outcomes: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """Return what one lead did and what became of it, in order: ``at, what, detail``.

    Parameters
    ----------
    activities, outcomes : DataFrame
        Those of the lead; outcomes without a time come last.
    names : DataFrame
        ``column, code, value`` of the codes in `activities`.
    """
    did = pd.DataFrame(
        {
            "at": pd.to_datetime(activities["occurred_at"], unit="us"),
            "what": decode(activities["kind"], "kind", names),
            "detail": decode(activities["asset"], "asset", names),
        }
    )
    became = pd.DataFrame({"at": outcomes["occurred_at"], "what": "outcome: " + outcomes["kind"], "detail": None})
    parts = [part.astype({"at": "datetime64[us]", "what": "str", "detail": "str"}) for part in (did, became)]
    return pd.concat(parts).sort_values("at", kind="stable", ignore_index=True)


def tabulate_snapshots(features: pd.DataFrame, metrics: list[Metric]) -> pd.DataFrame:
    """Return the metrics of one lead, one row a metric and one column a snapshot, the earliest first.

    Parameters
    ----------
    features : DataFrame
        The lead's rows: ``age, snapshot_at`` and the metrics.
    metrics : list of Metric
        Those to show, in this order.
    """
    ordered = features.sort_values("snapshot_at")
    values = ordered[[metric.name for metric in metrics]].T.set_axis(ordered["age"], axis=1)
    values.insert(0, "metric", [f"{metric.name} ({metric.unit})" for metric in metrics])
    return values.reset_index(drop=True).rename_axis(columns=None)


def rank_metrics(label: pd.Series, features: pd.DataFrame, metrics: list[Metric]) -> pd.DataFrame:
    """Return how well each number alone puts leads in order, the best first.

    ``roc_auc`` is 0.5 where it says nothing; below that, fewer is better. What is missing ranks lowest.
    """
    rows = [
        {"metric": metric, "roc_auc": measure_order(label, features[metric.name])}
        for metric in metrics
        if metric.type == "number"
    ]
    ranked = pd.DataFrame(rows, columns=["metric", "roc_auc"])
    order = (ranked["roc_auc"] - 0.5).abs().sort_values(ascending=False, kind="stable").index
    return ranked.loc[order].reset_index(drop=True)


def measure_order(label: pd.Series, values: pd.Series) -> float:
    ranks = values.rank(method="dense", na_option="top")
    return Ranking(label.to_numpy(), ranks.to_numpy()).measure_roc_auc(np.ones(len(label)))


def pick_best(ranked: pd.DataFrame, count: int) -> list[Metric]:
    """Return the best metrics, `count` at most and one of each origin, in the order of `rank_metrics`."""
    best: dict[str, Metric] = {}
    for metric in ranked["metric"]:
        best.setdefault(metric.origin, metric)
    return list(best.values())[:count]


def decay(days: np.ndarray, half_life: float) -> np.ndarray:
    """Return what an activity counts after some days.

    >>> decay(np.array([0.0, 7.0, 14.0]), 7.0).tolist()
    [1.0, 0.5, 0.25]
    """
    return 0.5 ** (days / half_life)
