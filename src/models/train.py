"""Stage `train`: the champion among the candidates, calibrated, refitted on the whole history."""

import pandas as pd

from src import paths
from src.features.catalogue import Metric, read_catalogue
from src.files import read_json, read_table
from src.models.calibration import choose_calibrator, choose_simplest
from src.models.candidates import FAMILIES
from src.models.encoding import AGE
from src.models.folds import list_forward_folds
from src.models.forward import fit_family, predict_forward
from src.models.measures import measure_losses, to_probability
from src.models.saved import SavedModel, save_model, save_not_applicable
from src.params import Model, load_params
from src.stage import InputError, read_item, run_stage


def main() -> str:
    params = load_params()
    name = params.check_objective(read_item())
    folder = paths.model_folder(name)
    if not read_json(paths.folds(name))["applicable"]:
        save_not_applicable(params.source, folder)
        return f"{name} is not an objective of {params.source}: not applicable"
    dataset = read_table(paths.processed(name))
    history = dataset[dataset["fold"] == "history"].reset_index(drop=True)
    catalogue = read_features()

    model, forward = train(history, catalogue, params.folds.cuts, params.model)

    save_model(model, forward, params.source, folder)
    loss = measure_losses(forward["label"].to_numpy(), forward["probability"].to_numpy()).mean()
    return f"{name}: {model.family}, calibration {model.calibrator.kind}, forward log loss {loss:.4f}"


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
        Rows that may be learned from, in order of creation, with ``label`` and features.
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
    folds = list_forward_folds(history, cuts)
    if not folds:
        raise InputError("too_short_history", "no cut date leaves known conversions before it (folds.cuts)")
    forward, rounds = predict_forward(history, folds, catalogue, params)
    label = forward["label"].to_numpy()
    losses = {family: measure_losses(label, to_probability(forward[family].to_numpy())) for family in FAMILIES}
    family = choose_simplest(losses, forward["person"])
    forward["log_odds"] = forward[family]
    calibrator, _ = choose_calibrator(forward)
    forward["probability"] = to_probability(calibrator.calibrate(forward["log_odds"].to_numpy()))
    model = SavedModel(
        family=family,
        fitted=fit_family(family, history, catalogue, params, rounds),
        calibrator=calibrator,
        catalogue=catalogue,
        max_age_days=float(history["age_days"].max()) if history["age_days"].notna().any() else 0.0,
        rounds=rounds,
    )
    return model, forward


if __name__ == "__main__":
    run_stage(main)
