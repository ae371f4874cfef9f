"""The champion learned again on resampled persons: how far each probability may be from where it should be."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit
from threadpoolctl import threadpool_limits

from src.files import write_json, write_text
from src.models.calibration import Calibrator, fit_slope
from src.models.candidates import (
    FAMILIES,
    Fitted,
    FittedAverage,
    FittedBoosting,
    FittedLogistic,
    build_tree_data,
    fit_weighted,
    take_regression,
)
from src.models.candidates.logistic import share_variance
from src.models.checks import RefitsFile, check_length, check_object, read_object
from src.models.encoding import AGE, LinearEncoding, code_metrics
from src.models.forward import fit_family, run_together
from src.models.manifest import write_manifest
from src.models.measures import draw_weights, measure_losses, to_log_odds, to_probability
from src.models.newton import differentiate, measure_curvature, predict_log_odds, spread_penalty
from src.models.saved import SavedModel, restore_checked
from src.params import Model

REFITS = "refits.json"

ANY = "any"
"""The form's error where the age is unknown, or was not looked at."""

MOST_ROWS = 20_000
"""A family that is fitted again as a whole learns from a part of the persons with at most so many rows."""

DIGITS = 6
"""Significant figures of a refit's coefficients: more change no end of an interval that is shown."""


@dataclass(frozen=True)
class Refits:
    """The champion learned again on resampled persons, each time calibrated again.

    Attributes
    ----------
    fitted : list of Fitted
    calibrators : list of Calibrator
    parts : int
        Each refit saw one of so many parts of the persons, so that it strays by their root too far.
    form_errors : dict of str to float
        By age in days how much, in log-odds, the champion's form is wrong on top of that (`measure_form_errors`);
        ``any`` is for rows of unknown age.
    """

    fitted: list[Fitted]
    calibrators: list[Calibrator]
    parts: int
    form_errors: dict[str, float]

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        """Return calibrated log-odds, shape (rows, refits), before re-centring."""
        log_odds = predict_together(self.fitted, features)
        return np.column_stack(
            [calibrator.calibrate(z) for calibrator, z in zip(self.calibrators, log_odds.T, strict=True)]
        )

    def find_form_errors(self, ages: pd.Series) -> np.ndarray:
        """Return the error of the form at each age in days; between two ages that were learned it goes over evenly."""
        known = sorted((float(age), error) for age, error in self.form_errors.items() if age != ANY)
        if not known:
            return np.full(len(ages), self.form_errors[ANY])
        at, errors = np.array(known).T
        found = np.interp(np.log1p(ages.to_numpy(float)), np.log1p(at), errors)
        return np.where(ages.isna(), self.form_errors[ANY], found)

    def list_models(self, model: SavedModel) -> list[SavedModel]:
        """Return the champion `model` as it would be with each refit."""
        pairs = zip(self.fitted, self.calibrators, strict=True)
        return [replace(model, fitted=fitted, calibrator=calibrator) for fitted, calibrator in pairs]


def resample_model(model: SavedModel, history: pd.DataFrame, forward: pd.DataFrame, params: Model) -> Refits:
    """Refit the champion's family and its calibrator on resampled persons.

    Parameters
    ----------
    model : SavedModel
        The champion.
    history : DataFrame
        The rows it was learned from.
    forward : DataFrame
        Forward predictions of persons of the history: ``person, label``, a column for each family,
        the champion's ``log_odds`` before and ``probability`` after calibration.
    params : Model
        With the size of trees that was chosen (`narrow_search`).

    Returns
    -------
    Refits
        The regression takes one Newton step from the champion; of an average the trees stay as they are, since
        what the two families make of the same persons stands for what either would make of others
        (`measure_distance`). Trees alone are fitted again. Number of trees and weight stay as they were chosen.
    """
    # Who is drawn depends on the order of persons: it is always that of creation.
    history = history.sort_values(["sequence", "snapshot_at"], kind="stable", ignore_index=True)
    is_stepped, count = take_regression(model.fitted) is not None, len(history)
    parts = 1 if is_stepped else -(-len(history) // MOST_ROWS)
    codes, persons = pd.factorize(history["person"])
    history = history[codes % parts == 0].reset_index(drop=True)
    forward = forward[forward["person"].isin(persons[::parts])]
    weights = draw_weights(history["person"], params.refits, params.seed)
    return Refits(
        fitted=step_model(model, history, weights, params)
        if is_stepped
        else fit_again(model, history, weights, params),
        calibrators=[
            recalibrate(model.calibrator, forward, count, w)
            for w in carry_weights(weights, history["person"], forward["person"])
        ],
        parts=parts,
        form_errors=measure_form_errors(forward, model),
    )


def carry_weights(weights: np.ndarray, persons: pd.Series, others: pd.Series) -> np.ndarray:
    """Return the weights of `others`' rows: those of the same persons' rows, shape (resamples, rows)."""
    is_first = ~persons.duplicated().to_numpy()
    position = pd.Series(np.flatnonzero(is_first), index=persons[is_first])
    return weights[:, position[others].to_numpy()]


def step_model(model: SavedModel, history: pd.DataFrame, weights: np.ndarray, params: Model) -> list[Fitted]:
    """Return the regression on each resample, or what it makes of the average that it is a part of."""
    steps = step_logistic(take_regression(model.fitted), history, weights, params)
    return [replace(model.fitted, logistic=step) for step in steps] if model.family == "average" else steps


def step_logistic(
    champion: FittedLogistic, history: pd.DataFrame, weights: np.ndarray, params: Model
) -> list[FittedLogistic]:
    """Return the regression one Newton step from the champion towards each resample's own.

    All steps share the curvature of the whole history, so that they cost one pass over it (k-step
    bootstrap, Andrews 2002, with the score bootstrap's curvature, Kline and Santos 2012). On the
    sample complete refits spread as far to within two hundredths and cost fifty times as much.
    """
    at = np.array([champion.intercept, *champion.coefficients])
    held = spread_penalty(1 / share_variance(max(len(at) - 1, 1), params), len(at))
    # Single precision, as the champion itself was fitted; one BLAS thread keeps the order of sums.
    columns = champion.encoding.transform(history, np.float32)
    with threadpool_limits(limits=1):
        log_odds = predict_log_odds(columns, at)
        residuals = weights * (to_probability(log_odds) - history["label"].to_numpy())
        gradients = differentiate(columns, residuals.T) + (held * at)[:, None]
        steps = np.linalg.solve(measure_curvature(columns, log_odds) + np.diag(held), gradients)
    found = [[float(f"{value:.{DIGITS}g}") for value in at - step] for step in steps.T]
    return [FittedLogistic(champion.encoding, intercept, rest) for intercept, *rest in found]


def fit_again(model: SavedModel, history: pd.DataFrame, weights: np.ndarray, params: Model) -> list[Fitted]:
    """Return the family fitted on each resample, a person's rows as often as it was drawn.

    Trees share the bins and the levels of all these rows; any other family learns its own anew.
    """
    if model.family == "boosting":
        data = build_tree_data(history, code_metrics(history, model.catalogue), params)
        return run_together([partial(fit_weighted, data, w, params, model.rounds) for w in weights], params.threads)
    drawn = [np.repeat(np.arange(len(history)), w.astype(int)) for w in weights]
    fits = [partial(fit_resample, model, history, rows, params) for rows in drawn]
    return run_together(fits, params.threads)


def fit_resample(model: SavedModel, history: pd.DataFrame, rows: np.ndarray, params: Model) -> Fitted:
    return fit_family(model.family, history.iloc[rows], model.catalogue, params, model.rounds)


def recalibrate(calibrator: Calibrator, forward: pd.DataFrame, rows: int, w: np.ndarray) -> Calibrator:
    """Return the calibrator with the slope that the forward rows ask for under the weights `w`.

    All log-odds turn about those of the rows' mean probability: the level is that of the rows learned from.
    """
    log_odds = forward["log_odds"].to_numpy()
    slope = fit_slope(forward, log_odds, rows, calibrator.slope, w).value
    middle = float(np.average(log_odds, weights=w * forward["probability"].to_numpy()))
    return replace(calibrator, intercept=calibrator.intercept + (calibrator.slope - slope) * middle, slope=slope)


def measure_form_errors(forward: pd.DataFrame, model: SavedModel) -> dict[str, float]:
    """Return by how much, in log-odds, the champion's form is wrong, by age in days and for ``any`` age.

    An average already holds what either family knows, so that neither can say what it lacks. How far the two are
    apart does (`share_distance`), age by age: where leads seldom convert, families agree on little.
    """
    if not isinstance(model.fitted, FittedAverage):
        return {ANY: measure_form_error(forward, model.family)}
    p = forward["probability"]
    distance = share_distance(model, (forward["logistic"] - forward["boosting"]).to_numpy())
    squares = pd.DataFrame({"square": p * (1 - p) * distance**2, "by": p * (1 - p)})
    ages = forward["age_days"].round(6) if "age_days" in forward else pd.Series(np.nan, forward.index)
    by_age = squares.groupby(ages).sum()
    found = {ANY: squares.sum()} | {f"{age:g}": row for age, row in by_age.iterrows()}
    return {age: float(np.sqrt(row["square"] / row["by"])) for age, row in found.items()}


def measure_form_error(forward: pd.DataFrame, family: str) -> float:
    """Return the root mean square, in log-odds, of what another family knows better than the champion.

    With z the champion's log-odds, t the true ones and d the distance from z to those of the best
    other family, E[d (y - p)] is about E[v d (t - z)] with v = p (1 - p). If the two families erred
    independently, this over E[v] would be the champion's mean squared error; they share metrics and
    rows and err alike, so that it is less. Only labels of rows predicted forward in time are used.
    On made-up data bent in a way that no regression follows, intervals of 95 % held the truth in 82
    to 92 % of the rows with it and in 39 to 55 % without; where the regression was nearly right, in 91 to
    99 % and in 76 to 93 %.
    """
    label, p = forward["label"].to_numpy(), forward["probability"].to_numpy()
    others = {name: forward[name].to_numpy() for name in FAMILIES if name in forward and name != family}
    best = min(others, key=lambda name: measure_losses(label, to_probability(others[name])).mean())
    distance = others[best] - to_log_odds(p)
    square = np.sum(distance * (label - p)) / np.sum(p * (1 - p))
    return float(np.sqrt(max(square, 0.0)))


def predict_together(fitted: list[Fitted], features: pd.DataFrame) -> np.ndarray:
    """Return the log-odds of all refits, shape (rows, refits); what they share is encoded and asked once."""
    if isinstance(fitted[0], FittedAverage):
        trees = fitted[0].boosting.predict(features)[:, None]
        return fitted[0].join(predict_together([refit.logistic for refit in fitted], features), trees)
    if not isinstance(fitted[0], FittedLogistic):
        return np.column_stack([refit.predict(features) for refit in fitted])
    coefficients = np.array([refit.coefficients for refit in fitted])
    return fitted[0].encoding.transform(features) @ coefficients.T + np.array([refit.intercept for refit in fitted])


def contribute_together(fitted: list[Fitted], features: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Return what each feature contributes by each refit; what they share is encoded and asked once."""
    if isinstance(fitted[0], FittedAverage):
        trees = fitted[0].boosting.contribute(features)
        base, lines = np.zeros(len(features)), contribute_together([refit.logistic for refit in fitted], features)
        return (refit.join_parts((base, line), trees)[1] for refit, line in zip(fitted, lines, strict=True))
    if not isinstance(fitted[0], FittedLogistic):
        return (refit.contribute(features)[1] for refit in fitted)
    values = fitted[0].encoding.transform(features)
    return (refit.contribute_columns(values)[1] for refit in fitted)


def measure_spread(model: SavedModel, refits: Refits, features: pd.DataFrame) -> np.ndarray:
    """Return by how much the champion's log-odds would vary with the persons learned from, shape (rows,).

    Of an average only the regression is fitted again: its trees, which learned from the same persons, are taken to
    vary as it does, and how far the two are apart on a row is added.
    """
    aged = model.limit_age(features)
    spread = refits.predict(aged).std(axis=1, ddof=1) / np.sqrt(refits.parts)
    if not isinstance(model.fitted, FittedAverage):
        return spread
    apart = model.fitted.logistic.predict(aged) - model.fitted.boosting.predict(aged)
    return np.hypot(spread / (1 - model.fitted.weight), share_distance(model, apart))


def share_distance(model: SavedModel, apart: np.ndarray) -> np.ndarray:
    """Return the standard error that the distance of two averaged families shows, in calibrated log-odds.

    Two measurements of one thing that err independently differ by d; their average, with weights w and 1 - w, then
    errs by about d times the root of w (1 - w).
    """
    weight = model.fitted.weight
    return model.calibrator.slope * np.sqrt(weight * (1 - weight)) * np.abs(apart)


def predict_interval(model: SavedModel, refits: Refits, features: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Return ``sampling_error``, ``form_error`` (log-odds), ``probability_low`` and ``probability_high`` of each row.

    The interval is symmetric in log-odds around the champion's, by Student's t since the spread is
    known from a few refits only; to what varies with the persons the error of the form is added.
    Percentiles of so few refits were tried: they are a tenth too seldom right.
    """
    log_odds, spread = model.predict_log_odds(features), measure_spread(model, refits, features)
    form = refits.find_form_errors(features[AGE.name])
    reach = stdtrit(len(refits.fitted) - 1, (1 + confidence) / 2) * np.hypot(spread, form)
    ends = {"probability_low": to_probability(log_odds - reach), "probability_high": to_probability(log_odds + reach)}
    return pd.DataFrame({"sampling_error": spread, "form_error": form, **ends}, index=features.index)


def save_refits(refits: Refits, folder: Path) -> None:
    """Write the refits as plain text beside their model."""
    made_of = pack([take_regression(fitted) or fitted for fitted in refits.fitted])
    for number, fitted in enumerate(refits.fitted):
        if isinstance(fitted, FittedBoosting):
            write_text(fitted.text, folder / name_trees(number))
    calibrators = [asdict(calibrator) for calibrator in refits.calibrators]
    saved = {"parts": refits.parts, "form_errors": refits.form_errors, "calibrators": calibrators, **made_of}
    write_json(saved, folder / REFITS)
    write_manifest(folder)


def pack(fitted: list[Fitted]) -> dict[str, Any]:
    """Return what the refits are made of; regressions share their encoding."""
    if isinstance(fitted[0], FittedLogistic):
        lines = [[refit.intercept, *refit.coefficients] for refit in fitted]
        return {"encoding": fitted[0].encoding.to_dict(), "lines": lines}
    return {"made_of": [refit.to_dict() for refit in fitted]}


def load_refits(model: SavedModel, folder: Path) -> Refits:
    """Return the refits that were saved beside the `model`."""
    path = folder / REFITS
    saved = read_object(path)
    check_object(RefitsFile, saved, path)
    if "lines" in saved:
        for _, *rest in saved["lines"]:
            check_length(saved["encoding"], rest, path)
        encoding = LinearEncoding(**saved["encoding"])
        fitted = [FittedLogistic(encoding, intercept, rest) for intercept, *rest in saved["lines"]]
        if isinstance(model.fitted, FittedAverage):
            fitted = [replace(model.fitted, logistic=line) for line in fitted]
    else:
        fitted = [
            restore_checked(model.family, made_of, path, folder / name_trees(number))
            for number, made_of in enumerate(saved["made_of"])
        ]
    calibrators = [Calibrator(**calibrator) for calibrator in saved["calibrators"]]
    return Refits(fitted, calibrators, saved["parts"], saved["form_errors"])


def name_trees(number: int) -> str:
    return f"refit-{number:03d}.txt"
