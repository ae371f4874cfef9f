"""Stage `train`: the champion among the candidates, calibrated, refitted on the whole history."""

import numpy as np
import pandas as pd

from src import paths
from src.features.catalogue import Metric, read_catalogue
from src.files import read_json, read_table
from src.models.candidates import LEARNED, Fitted, average_families, narrow_search, take_rounds
from src.models.champion import average, choose_champion, count_conversions, measure_power
from src.models.encoding import AGE
from src.models.folds import describe_shortage, list_forward_folds
from src.models.forward import Search, fit_families, predict_forward, save_search
from src.models.measures import measure_losses, to_probability
from src.models.reasons import learn_usual
from src.models.recentring import settle_level
from src.models.resampling import resample_model, save_refits
from src.models.saved import SavedModel, save_families, save_model, save_not_applicable
from src.params import Model, load_params
from src.stage import InputError, read_item, run_stage


def main() -> str:
    params = load_params()
    name = params.check_objective(read_item())
    folder = paths.model_folder(name)
    if not read_json(paths.folds(name))["applicable"]:
        save_not_applicable(params.source, folder)
        return f"{name} is not an objective of {params.source}: not applicable"
    history = read_table(paths.processed(name)).loc[lambda rows: rows["fold"] == "history"].reset_index(drop=True)
    catalogue = read_features()

    forward, search = search_forward(history, catalogue, params.folds.cuts, params.model)
    families = fit_families(history, catalogue, search, params.model)
    model, forward = choose_model(history, forward, search, families, catalogue, params.model)
    model = learn_usual(model, history, params.model.min_category_leads)
    refits = resample_model(model, history, forward, narrow_search(params.model, search.trees))

    save_model(model, forward, params.source, folder)
    save_families(families, folder)
    save_search(search, folder)
    save_refits(refits, folder)
    return f"{name}: {describe(model, forward, params.evaluation.confidence)}"


def read_features() -> list[Metric]:
    """Return the catalogue of everything a model may see, the age first."""
    files = (paths.EXPLICIT_CATALOGUE, paths.TOTALS_CATALOGUE, paths.IMPLICIT_CATALOGUE)
    return [AGE, *(metric for path in files for metric in read_catalogue(path))]


def train(
    history: pd.DataFrame, catalogue: list[Metric], cuts: list[float], params: Model
) -> tuple[SavedModel, pd.DataFrame]:
    """Return the calibrated champion and its calibrated forward predictions on the history.

    Parameters
    ----------
    history : DataFrame
        Rows that may be learned from, in any order, with ``label`` and features.
    catalogue : list of Metric
        The features to use.
    cuts : list of float
        Shares of the history's leads at which forward folds begin.
    params : Model

    Returns
    -------
    model : SavedModel
    forward : DataFrame
        The predicted rows of the history with every candidate's log-odds, and the champion's
        ``log_odds`` and calibrated ``probability``.
    """
    forward, search = search_forward(history, catalogue, cuts, params)
    families = fit_families(history, catalogue, search, params)
    return choose_model(history, forward, search, families, catalogue, params)


def search_forward(
    history: pd.DataFrame, catalogue: list[Metric], cuts: list[float], params: Model
) -> tuple[pd.DataFrame, Search]:
    """Return the forward predictions of every candidate and what boosting was found to need.

    See `train` for the parameters and `predict_forward` for what is returned.

    Raises
    ------
    InputError
        No fold can be made, or the predicted rows do not hold both outcomes.
    """
    # Subsamples of trees and sums depend on the order of rows: it is always that of creation.
    history = history.sort_values(["sequence", "snapshot_at"], kind="stable", ignore_index=True)
    folds = list_forward_folds(history, cuts)
    if not folds:
        raise InputError("too_short_history", describe_shortage(history, cuts))
    predicted = history[np.logical_or.reduce([fold.predict for fold in folds])]
    if predicted["label"].nunique() < 2:
        raise InputError(
            "one_class",
            f"of the {predicted['lead_id'].nunique()} leads after the first cut date {count_conversions(predicted)} "
            "convert; to choose a model at least 1 must and 1 must not (folds.cuts)",
        )
    return predict_forward(history, folds, catalogue, params)


def choose_model(
    history: pd.DataFrame,
    forward: pd.DataFrame,
    search: Search,
    families: dict[str, Fitted],
    catalogue: list[Metric],
    params: Model,
) -> tuple[SavedModel, pd.DataFrame]:
    """Return the fitted `families` averaged as the `forward` rows say, and calibrated by them."""
    # Which rows are the newest, and the order of sums, depend on the order of rows: it is always that of creation.
    history = history.sort_values(["sequence", "snapshot_at"], kind="stable", ignore_index=True)
    champion = choose_champion(forward, len(history), params)
    fitted = average_families(
        {family: take_rounds(families[family], search.rounds) for family in LEARNED}, champion.weight
    )
    calibrator, recentring = settle_level(history, fitted.predict(history), champion.slope)
    forward = forward.assign(log_odds=average(forward, champion.weight))
    forward["probability"] = to_probability(calibrator.calibrate(forward["log_odds"].to_numpy()))
    model = SavedModel(
        family=champion.family,
        fitted=fitted,
        calibrator=calibrator,
        catalogue=catalogue,
        max_age_days=float(history["age_days"].max()) if history["age_days"].notna().any() else 0.0,
        rounds=search.rounds,
        recentring=recentring.amount,
    )
    return model, forward


def describe(model: SavedModel, forward: pd.DataFrame, confidence: float) -> str:
    """Return what was chosen, and how exactly so few or so many conversions can measure it."""
    label, p = forward["label"].to_numpy(), forward["probability"].to_numpy()
    power = measure_power(forward, confidence)
    return (
        f"{model.family}, calibration slope {model.calibrator.slope:.2f}, "
        f"forward log loss {measure_losses(label, p).mean():.4f}; "
        f"{power['conversions']} conversions: ROC-AUC {power['roc_auc']:.3f} ± {power['roc_auc_margin']:.3f}"
    )


if __name__ == "__main__":
    run_stage(main)
