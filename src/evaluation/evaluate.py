"""Stage `evaluate`: the figures of the test fold, forward in time, with their intervals."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from src import paths
from src.data.sources import load_source
from src.evaluation.behaviour import list_opens, measure_half_lives, measure_parts_by_age
from src.evaluation.calibration import measure_calibration
from src.evaluation.candidates import measure_candidates
from src.evaluation.fairness import measure_fairness
from src.evaluation.figures import drop_unknown, measure_rows
from src.evaluation.intervals import measure_intervals
from src.evaluation.maturity import measure_maturity
from src.evaluation.reasons import measure_reasons
from src.evaluation.refits import measure_probabilities, measure_without, predict_parts, share_refits
from src.evaluation.selection import measure_selection, read_contacts
from src.features.catalogue import Metric, read_catalogue
from src.files import read_json, read_table, write_metrics, write_numbers, write_table
from src.models.candidates import FittedLogistic, narrow_search
from src.models.champion import list_log_odds
from src.models.forward import load_search, predict_family, run_together
from src.models.measures import (
    bin_rows,
    build_measures,
    to_probability,
)
from src.models.resampling import load_refits, predict_interval
from src.models.saved import FORWARD, SavedModel, get_weight, is_applicable, load_families, load_model, take_member
from src.params import Evaluation, Params, load_params
from src.stage import read_item, run_stage

PREDICTION_COLUMNS = ("lead_id", "person", "sequence", "created_at", "snapshot_at", "age", "age_days", "label")


def main() -> str:
    params = load_params()
    name = params.check_objective(read_item())
    folder = paths.model_folder(name)
    if not is_applicable(folder):
        write_nothing(name, params.source)
        return f"{name} is not an objective of {params.source}: not applicable"
    model, search, forward = load_model(folder), load_search(folder), read_table(folder / FORWARD)
    refits = load_refits(model, folder)
    # All that is learned again here has the trees that were chosen.
    params = params.model_copy(update={"model": narrow_search(params.model, search.trees)})
    source = load_source(params.source)
    dataset = read_table(paths.processed(name))
    truth, outcomes, protected = (read_table(path) for path in (paths.TRUTH, paths.OUTCOMES, paths.PROTECTED))
    after_outcome = read_table(paths.AFTER_OUTCOME), read_catalogue(paths.AFTER_OUTCOME_CATALOGUE)
    contacts = read_contacts(source)

    history = dataset[dataset["fold"] == "history"].reset_index(drop=True)
    test = dataset[dataset["fold"] == "test"].reset_index(drop=True)
    interval = predict_interval(model, refits, test, params.evaluation.confidence)
    predictions = pd.concat([predict_test(model, test, truth[truth["objective"] == name]), interval], axis=1)
    channel = test.get("channel", test.get("source"))
    figures = {"source": params.source, "applicable": True, "champion": model.family}
    figures |= {
        "weight": get_weight(model),
        "calibration": model.calibrator.kind,
        "forward": measure_forward(forward, model.family),
    }
    seed = params.model.seed
    figures |= measure_test(predictions, params.evaluation, seed)
    checked = (predictions, channel, forward, model.calibrator.kind)
    matured = (dataset, predictions, outcomes, source, source.objectives[name])
    measures = {
        "worth": partial(measure_worth, take_member(model), history, test, params),
        "candidates": partial(measure_candidates, model, load_families(folder), search, forward, history, test, params),
        "leakage": partial(measure_leakage, take_member(model), history, test, *after_outcome, params),
        "intervals": partial(measure_intervals, predictions, params.evaluation.confidence),
        "reasons": partial(measure_reasons, model, refits, history, test, params),
        "calibration_checks": partial(measure_calibration, *checked, params.evaluation, seed),
        "fairness": partial(measure_fairness, predictions, protected, params.evaluation, seed),
        "maturity": partial(measure_maturity, *matured, params.evaluation, seed),
        "selection": partial(measure_selection, dataset, predictions, contacts, model.catalogue, source, params),
    }
    found = dict(zip(measures, run_together(list(measures.values()), params.model.threads), strict=True))
    figures |= found.pop("worth") | found
    figures |= {"rolling": read_json(paths.rolling(name))["rolling"], "data": read_json(paths.folds(name))}

    write_table(predictions, paths.predictions(name))
    write_metrics(drop_unknown(figures), paths.metrics(name))
    write_plots(predictions, name)
    return f"{name}: {describe(figures)}"


def write_nothing(name: str, source: str) -> None:
    write_table(pd.DataFrame(), paths.predictions(name))
    write_metrics({"source": source, "applicable": False}, paths.metrics(name))
    write_plots(pd.DataFrame({"label": [], "probability": []}, dtype=float), name)


def predict_test(model: SavedModel, test: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Return the test rows with ``probability``, its parts, and the truth where there is one."""
    predictions = test[list(PREDICTION_COLUMNS)].assign(probability=model.predict(test))
    predictions = pd.concat([predictions, model.explain(test)], axis=1)
    known = truth[["lead_id", "snapshot_at", "probability"]].rename(columns={"probability": "true_probability"})
    return predictions.merge(known, on=["lead_id", "snapshot_at"], how="left", validate="one_to_one")


def measure_test(predictions: pd.DataFrame, params: Evaluation, seed: int) -> dict[str, Any]:
    """Return the figures of all test rows, of each age, and of the truth on the same rows."""
    figures: dict[str, Any] = {"test": measure_rows(predictions, params, seed)}
    ages = predictions.groupby("age_days", dropna=False)["age"].first()
    figures["test"]["by_age"] = {
        age: measure_rows(predictions[predictions["age"] == age], params, seed) for age in ages
    }
    known = predictions[predictions["true_probability"].notna()]
    if len(known) == len(predictions):
        figures["truth"] = measure_truth(known)
        figures["truth"]["by_age"] = {age: measure_truth(known[known["age"] == age]) for age in ages}
    return figures


def measure_truth(rows: pd.DataFrame) -> dict[str, float]:
    figures = build_measures(rows["label"].to_numpy(), rows["true_probability"].to_numpy())(np.ones(len(rows)))
    return {name: figures[name] for name in ("roc_auc", "log_loss", "brier")}


def measure_worth(model: SavedModel, history: pd.DataFrame, test: pd.DataFrame, params: Params) -> dict[str, Any]:
    """Return what kinds, groups, opens and half-lives of metrics are worth."""
    whole = model.fitted if isinstance(model.fitted, FittedLogistic) else None
    refit = share_refits(model, history, test, params.model, whole)
    parts = predict_parts(model, test, refit)
    label = test["label"].to_numpy()
    groups, opens = (
        measure_without(model.catalogue, test, parts["both"], left_out, refit, params)
        for left_out in (list_groups(model.catalogue), list_opens(model.catalogue))
    )
    return {
        "features": {part: measure_probabilities(label, p) for part, p in parts.items()},
        "features_by_age": measure_parts_by_age(parts, test, params),
        "groups": groups,
        "opens": opens,
        "decay": measure_half_lives(model, history, params),
    }


def list_groups(catalogue: list[Metric]) -> dict[str, set[str]]:
    """Return the names of the explicit metrics of each group."""
    groups: dict[str, set[str]] = {}
    for metric in catalogue:
        if metric.kind == "explicit":
            groups.setdefault(metric.group, set()).add(metric.name)
    return groups


def measure_leakage(
    model: SavedModel,
    history: pd.DataFrame,
    test: pd.DataFrame,
    after: pd.DataFrame,
    after_catalogue: list[Metric],
    params: Params,
) -> dict[str, Any]:
    """Return the figures that columns filled in after the outcome would have given at the first age.

    They flatter: nobody knows these columns when a lead must be scored. ``without`` are those of
    the same rows and the same family without the columns. Empty where the source declares none.
    """
    if not after_catalogue:
        return {}
    age = test.loc[test["age_days"].fillna(0).idxmin(), "age"]
    fit, later = (rows[rows["age"] == age].merge(after, on="lead_id", how="left") for rows in (history, test))
    catalogues = [[*model.catalogue, *after_catalogue], model.catalogue]
    fits = [
        partial(predict_family, model.family, fit, later, found, params.model, model.rounds) for found in catalogues
    ]
    log_odds = run_together(fits, params.model.threads)
    figures, honest = (measure_probabilities(later["label"].to_numpy(), to_probability(z)) for z in log_odds)
    return {"columns": [metric.name for metric in after_catalogue], "age": age, **figures, "without": honest}


def measure_forward(forward: pd.DataFrame, family: str) -> dict[str, dict[str, float]]:
    """Return each candidate's figures on the history's forward rows, and the calibrated champion's."""
    label = forward["label"].to_numpy()
    p = {name: to_probability(z) for name, z in list_log_odds(forward, family).items()}
    p["champion"] = forward["probability"].to_numpy()
    return {name: measure_probabilities(label, values) for name, values in p.items()}


def write_plots(predictions: pd.DataFrame, name: str) -> None:
    """Write the tables behind ``dvc plots``: calibration, ROC and gains of the test fold."""
    for file, table in draw_curves(predictions).items():
        write_numbers(table, paths.plots(name) / file)


def draw_curves(predictions: pd.DataFrame) -> dict[str, pd.DataFrame]:
    y, p = predictions["label"].to_numpy(float), predictions["probability"].to_numpy(float)
    bins = pd.DataFrame({"bin": bin_rows(p), "probability": p, "rate": y})
    calibration = bins.groupby("bin").agg(
        probability=("probability", "mean"), rate=("rate", "mean"), rows=("rate", "size")
    )
    order = np.argsort(-p, kind="stable")
    share = np.arange(1, len(p) + 1) / max(len(p), 1)
    reached = np.cumsum(y[order]) / max(y.sum(), 1)
    other = np.cumsum(1 - y[order]) / max((1 - y).sum(), 1)
    # A few hundred points draw the same curve as all of them.
    keep = np.unique(np.linspace(0, max(len(p) - 1, 0), 200).astype(int))[: len(p)]
    return {
        "calibration.csv": calibration.reset_index(drop=True),
        "gains.csv": pd.DataFrame({"share_of_leads": share[keep], "share_of_conversions": reached[keep]}),
        "roc.csv": pd.DataFrame({"false_positive_rate": other[keep], "true_positive_rate": reached[keep]}),
    }


def describe(figures: dict[str, Any]) -> str:
    test = figures["test"]
    text = f"{figures['champion']}, test ROC-AUC {test['roc_auc']:.3f}, log loss {test['log_loss']:.4f}"
    if "truth" in figures:
        text += f"; true probabilities {figures['truth']['roc_auc']:.3f}, {figures['truth']['log_loss']:.4f}"
    return text


if __name__ == "__main__":
    run_stage(main)
