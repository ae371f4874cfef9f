"""Whom the company contacted: how the probabilities hold for those leads and the others, and what nobody saw.

Contact comes after a lead is scored. It is read here, from what the source declares under ``contacted``,
to judge the model; nothing that learns or scores reads it.
"""

from typing import Any

import numpy as np
import pandas as pd

from src import paths
from src.data.flags import read_flag
from src.data.sources import Source
from src.features.catalogue import Metric
from src.files import read_table
from src.models.candidates import fit_logistic
from src.models.encoding import AGE
from src.models.measures import (
    Ranking,
    draw_weights,
    find_interval,
    fit_line,
    measure_with_intervals,
    to_log_odds,
    to_probability,
)
from src.params import Params

RARE = 0.05
"""Leads whose propensity lies this near to 0 or 1 have next to nobody to be compared with."""

MEASURED = ("base_rate", "mean_probability", "roc_auc", "log_loss", "calibration_slope", "calibration_intercept")


def read_contacts(source: Source) -> pd.DataFrame:
    """Return one row a contact that the source declares: ``lead_id`` and ``contacted_at`` (UTC).

    The time is missing where a column says who was contacted. No rows where nothing is declared.
    """
    if source.contacted is None:
        return pd.DataFrame({"lead_id": pd.Series(dtype="str"), "contacted_at": pd.Series(dtype="datetime64[us]")})
    if source.contacted.column:
        leads = read_table(paths.LEADS, ["lead_id", source.contacted.column])
        is_contacted = leads[source.contacted.column].map(read_flag, na_action="ignore") == 1
        return leads.loc[is_contacted, ["lead_id"]].assign(contacted_at=pd.NaT).reset_index(drop=True)
    codes = read_table(paths.CODES)
    is_contact = (codes["column"] == "kind") & codes["value"].isin(source.contacted.kinds)
    kinds = codes.loc[is_contact, "code"].tolist()
    columns = ["lead_key", "occurred_at"]
    log = pd.read_parquet(paths.ACTIVITIES, columns=columns, filters=[("kind", "in", kinds)]) if kinds else None
    leads = read_table(paths.LEADS, ["lead_key", "lead_id"]).set_index("lead_key")["lead_id"]
    log = pd.DataFrame(columns=columns, dtype="int64") if log is None else log
    contacted_at = pd.to_datetime(log["occurred_at"], unit="us").astype("datetime64[us]")
    return pd.DataFrame({"lead_id": log["lead_key"].map(leads), "contacted_at": contacted_at}).reset_index(drop=True)


def choose_age(history: pd.DataFrame, contacts: pd.DataFrame) -> str:
    """Return the first age of a lead by which half of those that are ever contacted have been.

    Whom to compare is only clear at such a moment: counted until the end, a lead that converts before
    anybody can call it would be one of the others, and these would seem to convert better than they do
    (immortal time; Anderson, Cain and Gelber 1983). Where contacts have no times it is the first age.

    Parameters
    ----------
    history : DataFrame
        ``lead_id, created_at, age, age_days``.
    contacts : DataFrame
        ``lead_id, contacted_at``.
    """
    ages = history.groupby("age_days", dropna=False)["age"].first()
    created_at = history.drop_duplicates("lead_id").set_index("lead_id")["created_at"]
    waited = (contacts["contacted_at"] - contacts["lead_id"].map(created_at)) / pd.Timedelta(days=1)
    median = waited[waited > 0].groupby(contacts["lead_id"]).min().median()
    return ages.iloc[0] if np.isnan(median) else next(iter(ages[ages.index >= median]), ages.iloc[-1])


def mark_contacted(rows: pd.DataFrame, contacts: pd.DataFrame) -> np.ndarray:
    """Say which rows' leads had been contacted by the snapshot, since they were created.

    Parameters
    ----------
    rows : DataFrame
        ``lead_id, created_at, snapshot_at``.
    contacts : DataFrame
        ``lead_id, contacted_at``; a contact without a time counts whenever it was.

    Returns
    -------
    ndarray of bool, shape (rows,)
    """
    moments = rows[["lead_id", "created_at", "snapshot_at"]].assign(row=np.arange(len(rows)))
    pairs = moments.merge(contacts, on="lead_id")
    is_other = (pairs["contacted_at"] <= pairs["created_at"]) | (pairs["contacted_at"] > pairs["snapshot_at"])
    return moments["row"].isin(pairs.loc[~is_other, "row"]).to_numpy()


def measure_selection(
    dataset: pd.DataFrame,
    predictions: pd.DataFrame,
    contacts: pd.DataFrame,
    catalogue: list[Metric],
    source: Source,
    params: Params,
) -> dict[str, Any]:
    """Return how the model holds for contacted and other leads, and what contacting all might have changed.

    Parameters
    ----------
    dataset : DataFrame
        The dataset of the objective, of which the history and the test are used.
    predictions : DataFrame
        The test rows: ``lead_id, age, probability``.
    contacts : DataFrame
        `read_contacts`.
    catalogue : list of Metric
        The model's; its explicit metrics, known at creation, predict who is contacted.
    source, params

    Returns
    -------
    dict
        ``is_declared``; if so ``by`` (kinds of activity, or the column), ``is_timed``, ``is_dated``, ``age``
        (`choose_age`: one row a lead) and of the test leads still open at that age ``leads``, ``share_contacted``,
        ``groups`` (`measure_group`, of ``contacted`` and ``others``), ``propensity`` (`measure_propensity`) and
        ``bounds`` (`bound_selection`).
    """
    if source.contacted is None:
        return {"is_declared": False}
    folded = dataset[dataset["fold"].isin(["history", "test"])]
    # An age at which no test lead was measured has nothing to show.
    is_tested = folded["age"].isin(predictions["age"])
    age = choose_age(folded[(folded["fold"] == "history") & is_tested], contacts)
    rows = folded[folded["age"] == age]
    rows = rows.assign(is_contacted=mark_contacted(rows, contacts))
    history, test = (rows[rows["fold"] == fold].reset_index(drop=True) for fold in ("history", "test"))
    p = predictions.pivot(index="lead_id", columns="age", values="probability")
    test = test.assign(probability=test["lead_id"].map(p[age]), first=test["lead_id"].map(p[source.ages[0]]))
    return {
        "is_declared": True,
        "by": source.contacted.kinds or [source.contacted.column],
        "is_timed": source.contacted.column is None,
        "is_dated": source.is_dated(),
        "age": age,
        "leads": len(test),
        "share_contacted": float(test["is_contacted"].mean()),
        "groups": {
            "contacted": measure_group(test[test["is_contacted"]], params),
            "others": measure_group(test[~test["is_contacted"]], params),
        },
        "propensity": measure_propensity(history, test, catalogue, params),
        "bounds": bound_selection(test, params),
    }


def measure_group(rows: pd.DataFrame, params: Params) -> dict[str, Any]:
    """Return the counts of one group, and its measures with intervals where both classes are there."""
    label, p = rows["label"].to_numpy(), rows["probability"].to_numpy()
    figures: dict[str, Any] = {"leads": len(rows), "conversions": int(label.sum())}
    figures["is_assessable"] = bool(label.sum() >= params.evaluation.assessable_conversions)
    if not 0 < label.sum() < len(rows):
        return figures
    weights = draw_weights(rows["person"], params.evaluation.bootstrap, params.model.seed)
    measures = measure_with_intervals(label, p, weights, params.evaluation.confidence)
    return figures | {f"{name}{end}": measures[f"{name}{end}"] for name in MEASURED for end in ("", "_low", "_high")}


def measure_propensity(
    history: pd.DataFrame, test: pd.DataFrame, catalogue: list[Metric], params: Params
) -> dict[str, Any]:
    """Return how far what is known at creation tells who will be contacted.

    The propensity (Rosenbaum and Rubin 1983) is a logistic regression on the explicit metrics, learned from
    the history and read on the test.

    Returns
    -------
    dict
        ``roc_auc`` with its interval, the shares of test leads whose propensity is ``share_below`` or
        ``share_above`` the rare ends (`RARE`), and ``rate_below`` and ``rate_above``, how often those
        leads converted. Empty where everybody or nobody was contacted.
    """
    learned, tested = (rows["is_contacted"].to_numpy(float) for rows in (history, test))
    if len(np.unique(learned)) < 2 or len(np.unique(tested)) < 2:
        return {}
    told = [metric for metric in catalogue if metric.kind == "explicit" and metric.name != AGE.name]
    p = to_probability(fit_logistic(history, learned, told, params.model).predict(test))
    ranking = Ranking(tested, p)
    weights = draw_weights(test["person"], params.evaluation.bootstrap, params.model.seed)
    low, high = find_interval(ranking.measure_roc_auc(weights), params.evaluation.confidence)
    figures = {
        "roc_auc": ranking.measure_roc_auc(np.ones(len(p))),
        "roc_auc_low": low,
        "roc_auc_high": high,
        "rare": RARE,
    }
    label = test["label"].to_numpy()
    for end, is_rare in {"below": p < RARE, "above": p > 1 - RARE}.items():
        figures[f"share_{end}"] = float(is_rare.mean())
        figures[f"rate_{end}"] = float(label[is_rare].mean()) if is_rare.any() else None
    return figures


def bound_selection(test: pd.DataFrame, params: Params) -> dict[str, Any]:
    """Return the base rate that the test leads might have had, had all of them been contacted.

    What leads that nobody contacted would have done then was never seen: none of them might have
    converted, or all (Manski 1990). Between these lie what they did, which assumes that contact changes nothing,
    and the rate of contacted leads with the same probability at the first age, which assumes that contacted
    leads differ from the others in nothing else.

    Parameters
    ----------
    test : DataFrame
        ``label, is_contacted, person`` and ``first``, the probability at the first age, before any contact.
    params : Params

    Returns
    -------
    dict
        ``if_none``, ``as_seen``, ``like_contacted`` and ``if_all``, with intervals resampled by person;
        ``like_contacted`` is missing where contacted leads are of one class. Empty where nobody was contacted.
    """
    test = test[test["first"].notna()]
    label, is_contacted = test["label"].to_numpy(), test["is_contacted"].to_numpy()
    if not is_contacted.any():
        return {}
    z = to_log_odds(test["first"].to_numpy())
    y, contacted_z = label[is_contacted], z[is_contacted]
    # Where all leads have one probability there is no slope to be found.
    has_both, with_slope = len(np.unique(y)) == 2, bool(np.ptp(contacted_z) > 0)
    start = fit_line(y, contacted_z, np.ones(len(y)), with_slope) if has_both else (0.0, 1.0)

    def bound(w: np.ndarray) -> dict[str, float]:
        rates = {
            "if_none": np.average(label * is_contacted, weights=w),
            "as_seen": np.average(label, weights=w),
            "if_all": np.average(np.where(is_contacted, label, 1.0), weights=w),
        }
        if has_both:
            intercept, slope = fit_line(y, contacted_z, w[is_contacted], with_slope, start=start)
            expected = to_probability(intercept + slope * z)
            rates["like_contacted"] = np.average(np.where(is_contacted, label, expected), weights=w)
        return {name: float(rate) for name, rate in rates.items()}

    weights = draw_weights(test["person"], params.evaluation.bootstrap, params.model.seed)
    figures, resampled = bound(np.ones(len(label))), pd.DataFrame([bound(w) for w in weights])
    for name in list(figures):
        ends = find_interval(resampled[name].to_numpy(), params.evaluation.confidence)
        figures[f"{name}_low"], figures[f"{name}_high"] = ends
    return figures
