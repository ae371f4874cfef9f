"""Stage `audit`: which columns know the outcome, before any model learns from them."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from src import paths
from src.data.sources import Source, load_source
from src.evaluation.columns import DATED, SEVERAL, audit_metrics, read_declared
from src.evaluation.refits import measure_probabilities
from src.evaluation.verdicts import VERDICTS, say_reasons
from src.features.catalogue import Metric, read_catalogue
from src.files import read_json, read_table, write_metrics
from src.models.encoding import AGE
from src.models.folds import ForwardFold, list_forward_folds
from src.models.forward import fit_family, run_together
from src.models.measures import to_probability
from src.models.train import read_features
from src.params import Model, load_params
from src.stage import InputError, read_item, run_stage

MOST_GAINS = 10
"""Columns whose gain over all others is measured, each at the price of a fit."""


def main() -> str:
    params = load_params()
    name = params.check_objective(read_item())
    if not read_json(paths.folds(name))["applicable"]:
        write_metrics({"source": params.source, "applicable": False}, paths.audit(name))
        return f"{name} is not an objective of {params.source}: not applicable"
    source = load_source(params.source)
    dataset = read_table(paths.processed(name))
    used = [metric for metric in read_features() if metric.name != AGE.name]
    after = read_catalogue(paths.AFTER_OUTCOME_CATALOGUE)
    dataset = dataset.merge(read_table(paths.AFTER_OUTCOME), on="lead_id", how="left", validate="many_to_one")

    history = dataset[dataset["fold"] == "history"].reset_index(drop=True)
    declared = read_declared([*used, *after], source)
    metrics = audit_metrics(history, find_open(dataset), [*used, *after], declared, params.folds.cuts, params.audit)
    figures = measure_figures(history, metrics, used, params.folds.cuts, params.model)
    metrics = rank_metrics(refuse_stronger(metrics, figures))
    columns = summarise_columns(metrics, source, params.audit.accept)
    refused = [column for column in columns if column["is_refused"]]

    write_metrics(
        {
            "source": params.source,
            "applicable": True,
            "leads": int(history["lead_id"].nunique()),
            "conversions": int(history.loc[history["label"] == 1, "lead_id"].nunique()),
            **round_figures({"columns": columns, "metrics": metrics, "figures": figures}),
        },
        paths.audit(name),
    )
    check_refused(refused, params.source)
    return describe(name, columns)


def find_open(dataset: pd.DataFrame) -> pd.DataFrame:
    """Return the leads that came before the test and are undecided at the end of the data, one row each."""
    test_from = dataset.loc[dataset["fold"] == "test", "sequence"].min()
    is_open = dataset["is_current"].astype(bool) & ~dataset["is_quarantined"] & ~(dataset["sequence"] >= test_from)
    return dataset[is_open].drop_duplicates("lead_id")


def measure_figures(
    history: pd.DataFrame, metrics: list[dict[str, Any]], used: list[Metric], cuts: list[float], params: Model
) -> dict[str, Any]:
    """Return the forward figures of a logistic regression with and without what is suspect.

    Returns
    -------
    dict
        ``with`` and ``without`` (roc_auc and log_loss of all forward rows), ``suspects`` (names) and ``gains``: of
        the most telling of them, by how much it alone raises the ROC-AUC of all unsuspected metrics on the last
        fold. Only ``suspects`` where nothing is suspect,
        and in a history too short for forward folds.
    """
    doubted = [figures for figures in metrics if figures["verdict"] != "keep" and figures["is_used"]]
    suspects = [figures["name"] for figures in sorted(doubted, key=lambda figures: -figures["auc"])]
    if not suspects:
        return {"suspects": []}
    folds = list_forward_folds(history, cuts)
    if not folds:
        # Too few are known to learn from by any cut date: what each column tells alone still counts.
        return {"suspects": suspects}
    kept = [AGE, *(metric for metric in used if metric.name not in suspects)]
    added = {metric.name: [*kept, metric] for metric in used if metric.name in suspects[:MOST_GAINS]}
    tried = [(names, fold) for names in ([AGE, *used], kept) for fold in folds]
    tried += [(names, folds[-1]) for names in added.values()]
    predicted = run_together(
        [partial(predict_logistic, history, fold, names, params) for names, fold in tried], params.threads
    )
    label = np.concatenate([history.loc[fold.predict, "label"].to_numpy(float) for fold in folds])
    with_all, without = predicted[: len(folds)], predicted[len(folds) : 2 * len(folds)]
    newest = label[-len(without[-1]) :]
    base = measure_probabilities(newest, without[-1])["roc_auc"]
    gains = {
        name: measure_probabilities(newest, p)["roc_auc"] - base
        for name, p in zip(added, predicted[2 * len(folds) :], strict=True)
    }
    return {
        "suspects": suspects,
        "with": measure_probabilities(label, np.concatenate(with_all)),
        "without": measure_probabilities(label, np.concatenate(without)),
        "gains": gains,
    }


def predict_logistic(history: pd.DataFrame, fold: ForwardFold, catalogue: list[Metric], params: Model) -> np.ndarray:
    """Return the probabilities of a fold's later rows, learned from its earlier ones."""
    fitted = fit_family("logistic", history[fold.fit], catalogue, params)
    return to_probability(fitted.predict(history[fold.predict]))


def refuse_stronger(metrics: list[dict[str, Any]], model: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the metrics with those refused that alone tell more than all unsuspected ones together.

    Only what is too good anyway: where the honest columns tell nothing, one that tells something beats them.
    """
    rest = model.get("without", {}).get("roc_auc")
    judged = []
    for figures in metrics:
        is_stronger = rest is not None and "too_good" in figures["signs"] and figures["auc_low"] > rest
        if is_stronger and figures["known"] not in (DATED, SEVERAL):
            refused = figures | {"signs": [*figures["signs"], "stronger"], "verdict": "refuse"}
            judged.append(refused | {"reasons": say_reasons(refused)})
        else:
            judged.append(figures)
    return judged


def rank_metrics(metrics: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the metrics from the most to the least suspicious: verdict, number of signs, ROC-AUC alone."""
    return sorted(
        metrics, key=lambda figures: (-VERDICTS.index(figures["verdict"]), -len(figures["signs"]), -figures["auc"])
    )


def summarise_columns(metrics: list[dict[str, Any]], source: Source, accept: list[str]) -> list[dict[str, Any]]:
    """Return one row a column of the source or kind of activity, with the verdict on its worst metric."""
    columns: dict[str, dict[str, Any]] = {}
    for figures in metrics:  # the most suspicious first
        name = figures["column"]
        if figures["known"] == SEVERAL or name in columns:
            continue
        own = source.leads.own.get(name) or source.leads.columns.get(name)
        is_accepted = name in accept
        columns[name] = {
            "name": name,
            "raw": own.get_name() if own is not None else None,
            **{key: figures[key] for key in ("known", "is_used", "verdict", "auc", "auc_low", "reasons")},
            "metric": figures["name"],
            "is_accepted": is_accepted,
            "is_refused": figures["verdict"] == "refuse" and figures["is_used"] and not is_accepted,
        }
    return list(columns.values())


def round_figures(value: Any) -> Any:
    """Return nested figures with the four decimals that mean something."""
    if isinstance(value, dict):
        return {key: round_figures(part) for key, part in value.items()}
    if isinstance(value, list):
        return [round_figures(part) for part in value]
    return round(value, 4) if isinstance(value, float) else value


def check_refused(refused: list[dict[str, Any]], source: str) -> None:
    """Stop the run if columns are refused, with the reasons and the remedy."""
    if not refused:
        return
    named = "; ".join(f"{column['name']} ({', '.join(column['reasons'])})" for column in refused)
    raise InputError(
        "leaking_columns",
        f"these columns seem to know the outcome: {named}. Declare them under leads.own with known: after_outcome (or, "
        "where leads have dates, known: later), or name them under audit.accept in params.yaml if they are known when "
        "a lead is scored",
        paths.source_file(source),
    )


def describe(name: str, columns: list[dict[str, Any]]) -> str:
    if not columns:
        return f"{name}: too few persons convert, or do not, to look at any column; nothing was audited"
    counts = {
        verdict: sum(column["verdict"] == verdict and column["is_used"] for column in columns) for verdict in VERDICTS
    }
    return f"{name}: " + ", ".join(f"{verdict} {count}" for verdict, count in counts.items()) + " columns"


if __name__ == "__main__":
    run_stage(main)
