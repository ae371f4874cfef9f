"""Stage `rolling`: the procedure as it would have been run over the last third, and the model of today."""

from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from src import paths
from src.evaluation.drift import measure_drift
from src.evaluation.figures import drop_unknown, measure_rows
from src.evaluation.refits import measure_difference, measure_probabilities
from src.evaluation.walk import Choice, Step, list_steps, predict_steps, walk_steps
from src.files import read_table, write_metrics, write_table
from src.models.candidates import LEARNED, Fitted, average_families, narrow_search, take_regression
from src.models.champion import average
from src.models.encoding import code_metrics
from src.models.forward import FORWARD_COLUMNS, fit_family, load_search, run_together, save_search
from src.models.measures import draw_weights, measure_losses, to_probability
from src.models.reasons import learn_usual
from src.models.recentring import Recentring, settle_level
from src.models.resampling import resample_model, save_refits
from src.models.saved import (
    FORWARD,
    SavedModel,
    is_applicable,
    load_families,
    load_model,
    save_model,
    save_not_applicable,
)
from src.params import Evaluation, Model, load_params
from src.stage import read_item, run_stage

KNOWN = ("history", "embargoed", "test")
"""The folds of which outcomes are known at the end of the data."""

ROLLED_COLUMNS = (*FORWARD_COLUMNS, "created_at", "step", "family", "calibrated", "shift", "recentring")


def main() -> str:
    params = load_params()
    name = params.check_objective(read_item())
    folder = paths.model_folder(name)
    if not is_applicable(folder):
        write_nothing(name, params.source)
        return f"{name} is not an objective of {params.source}: not applicable"
    rows = take_known(read_table(paths.processed(name)))
    frozen, forward, search = load_model(folder), read_table(folder / FORWARD), load_search(folder)
    fitting = narrow_search(params.model, search.trees)

    steps = list_steps(rows, params.evaluation.refit_every)
    blocks = predict_steps(rows, steps, frozen, load_families(folder), fitting)
    predicted, choices = walk_steps(forward, steps, blocks, search.rounds, params)
    model, known, choices[-1] = fit_current(rows, predicted, choices[-1], frozen, fitting)
    model = learn_usual(model, rows, params.model.min_category_leads)
    refits = resample_model(model, rows, known, fitting)
    rolled = take_rolled(predicted, rows, frozen)
    figures = measure_rolling(rolled, params.evaluation, params.model.seed)
    figures["steps"] = list_figures(rolled, steps, choices)
    figures["current"] = describe_choice(choices[-1]) | count_rows(rows)
    figures["drift"] = measure_drift(rows, rolled, params.evaluation, params.model.seed)

    save_model(model, known, params.source, paths.current_model_folder(name))
    save_search(replace(search, rounds=model.rounds), paths.current_model_folder(name))
    save_refits(refits, paths.current_model_folder(name))
    write_table(rolled, paths.rolling_predictions(name))
    write_metrics({"source": params.source, "applicable": True, "rolling": drop_unknown(figures)}, paths.rolling(name))
    return f"{name}: {describe(figures)}"


def write_nothing(name: str, source: str) -> None:
    save_not_applicable(source, paths.current_model_folder(name))
    write_table(pd.DataFrame(), paths.rolling_predictions(name))
    write_metrics({"source": source, "applicable": False}, paths.rolling(name))


def take_known(dataset: pd.DataFrame) -> pd.DataFrame:
    """Return the rows whose outcome is known at the end of the data, in order of creation."""
    rows = dataset[dataset["fold"].isin(KNOWN)]
    return rows.sort_values(["sequence", "snapshot_at"], kind="stable", ignore_index=True)


def fit_current(
    rows: pd.DataFrame, predicted: pd.DataFrame, choice: Choice, frozen: SavedModel, params: Model
) -> tuple[SavedModel, pd.DataFrame, Choice]:
    """Return the model of everything known, the forward predictions its choices were made by, and the whole choice.

    The ``probability`` of the predictions is calibrated but not re-centred: the shift is for the time after them.
    """
    fitted = fit_average(rows, choice, frozen, params)
    calibrator, recentring = settle_level(rows, fitted.predict(rows), choice.calibrator.slope)
    known = predicted[[*FORWARD_COLUMNS, "fold", "fold_from", "learned", *LEARNED]]
    known = known.assign(log_odds=average(predicted, choice.weight))
    known["probability"] = to_probability(calibrator.calibrate(known["log_odds"].to_numpy()))
    model = SavedModel(
        family=choice.family,
        fitted=fitted,
        calibrator=calibrator,
        catalogue=frozen.catalogue,
        max_age_days=float(rows["age_days"].max()) if rows["age_days"].notna().any() else 0.0,
        rounds=choice.rounds,
        recentring=recentring.amount,
    )
    return model, known, replace(choice, calibrator=calibrator, recentring=recentring)


def fit_average(rows: pd.DataFrame, choice: Choice, frozen: SavedModel, params: Model) -> Fitted:
    """Return what the model of everything known is made of; a regression starts from that of the history."""
    coded, start = code_metrics(rows, frozen.catalogue), take_regression(frozen.fitted)
    members = [family for family in LEARNED if choice.family in (family, "average")]
    fits = [
        partial(fit_family, family, rows, frozen.catalogue, params, choice.rounds, start, coded) for family in members
    ]
    return average_families(dict(zip(members, run_together(fits, params.threads), strict=True)), choice.weight)


def take_rolled(predicted: pd.DataFrame, rows: pd.DataFrame, frozen: SavedModel) -> pd.DataFrame:
    """Return the test rows with the probability promised at their step and that of the `frozen` model."""
    rolled = predicted.loc[predicted["is_test"].eq(True), list(ROLLED_COLUMNS)].reset_index(drop=True)
    test = rows[rows["fold"] == "test"]
    return rolled.assign(
        step=rolled["step"].astype(int),
        probability=to_probability((rolled["calibrated"] + rolled["recentring"]).to_numpy()),
        frozen_probability=frozen.predict(test),
    )


def measure_rolling(rolled: pd.DataFrame, params: Evaluation, seed: int) -> dict[str, Any]:
    """Return the pooled figures, those of the frozen model on the same rows, and what re-centring gained.

    Differences of log loss have intervals resampled by person: ``difference`` is rolling less frozen,
    ``recentring.used`` and ``recentring.always`` are without less with it, as decided at each step
    and always.
    """
    label = rolled["label"].to_numpy()
    weights = draw_weights(rolled["person"], params.bootstrap, seed)
    calibrated = rolled["calibrated"].to_numpy()
    losses = {
        "rolling": measure_losses(label, rolled["probability"].to_numpy()),
        "frozen": measure_losses(label, rolled["frozen_probability"].to_numpy()),
        "without": measure_losses(label, to_probability(calibrated)),
        "always": measure_losses(label, to_probability(calibrated + rolled["shift"].to_numpy())),
    }

    def compare(first: str, second: str) -> dict[str, float]:
        return measure_difference(losses[first] - losses[second], weights, params.confidence)

    return {
        **measure_rows(rolled, params, seed),
        "frozen": measure_rows(rolled.assign(probability=rolled["frozen_probability"]), params, seed),
        "difference": compare("rolling", "frozen"),
        "recentring": {
            "has_times": bool(rolled["label_known_at"].notna().any()),
            "steps_used": int(rolled.groupby("step")["recentring"].first().ne(0).sum()),
            "used": compare("without", "rolling"),
            "always": compare("without", "always"),
        },
    }


def list_figures(rolled: pd.DataFrame, steps: list[Step], choices: list[Choice]) -> list[dict[str, Any]]:
    """Return for each step when it was, what it chose, and what it promised and what happened."""
    found = []
    for number, (step, choice) in enumerate(zip(steps, choices, strict=False), start=1):
        part = rolled[rolled["step"] == number]
        label = part["label"].to_numpy()
        found.append(
            {
                "step": number,
                "from": say_time(part["created_at"].min()),
                "until": say_time(part["created_at"].max()),
                "rows": len(part),
                "leads": int(part["lead_id"].nunique()),
                "learned_rows": int(step.fit.sum()),
                **describe_choice(choice),
                "base_rate": float(label.mean()),
                "mean_probability": float(part["probability"].mean()),
                **measure_probabilities(label, part["probability"].to_numpy()),
                "frozen_mean_probability": float(part["frozen_probability"].mean()),
                "frozen_log_loss": float(measure_losses(label, part["frozen_probability"].to_numpy()).mean()),
            }
        )
    return found


def describe_choice(choice: Choice) -> dict[str, Any]:
    return {
        "family": choice.family,
        "weight": choice.weight,
        "rounds": choice.rounds if choice.weight else None,
        "calibrator": choice.calibrator.kind,
        "slope": choice.calibrator.slope,
        "recentring": choice.recentring.amount,
        "newest": describe_newest(choice.recentring),
    }


def describe_newest(recentring: Recentring) -> dict[str, Any] | None:
    """Return what the newest known outcomes ask for and whether such shifts have paid; None if they are too few."""
    if not recentring.rows:
        return None
    return {
        "since": say_time(recentring.since),
        "until": say_time(recentring.until),
        "rows": recentring.rows,
        "conversions": recentring.conversions,
        "rate": recentring.rate,
        "promised": recentring.promised,
        "shift": recentring.shift,
        "gain": recentring.gain,
        "error": recentring.error,
        "is_used": recentring.is_used,
    }


def say_time(moment: pd.Timestamp) -> str | None:
    return None if pd.isna(moment) else str(moment)


def count_rows(rows: pd.DataFrame) -> dict[str, int]:
    return {
        "rows": len(rows),
        "leads": int(rows["lead_id"].nunique()),
        "conversions": int(rows.loc[rows["label"] == 1, "lead_id"].nunique()),
    }


def describe(figures: dict[str, Any]) -> str:
    current, frozen = figures["current"], figures["frozen"]
    return (
        f"refitted {len(figures['steps'])} times ROC-AUC {figures['roc_auc']:.3f}, log loss {figures['log_loss']:.4f}; "
        f"frozen {frozen['roc_auc']:.3f}, {frozen['log_loss']:.4f}; now {current['family']}, "
        f"calibration {current['calibrator']}, re-centring {current['recentring']:+.2f}"
    )


if __name__ == "__main__":
    run_stage(main)
