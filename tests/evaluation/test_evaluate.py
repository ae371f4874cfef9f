import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from src.evaluation.evaluate import (
    draw_curves,
    drop_unknown,
    list_groups,
    measure_forward,
    measure_leakage,
    measure_rows,
    measure_test,
    predict_test,
)
from src.evaluation.refits import (
    measure_probabilities,
    measure_without,
    predict_champion,
    predict_parts,
    share_refits,
)
from src.features.catalogue import Metric
from src.models.calibration import Calibrator
from src.models.candidates import FAMILIES
from src.models.forward import fit_family
from src.models.saved import SavedModel
from src.models.train import train
from src.params import load_params

EVALUATION = load_params().evaluation.model_copy(update={"bootstrap": 40, "assessable_conversions": 50})
CUTS = [0.4, 0.6, 0.8]
NO_TRUTH = pd.DataFrame({"lead_id": [], "snapshot_at": [], "probability": []}).astype(
    {"lead_id": "str", "snapshot_at": "datetime64[us]", "probability": float}
)


@pytest.fixture(scope="module")
def params(model_params):
    return load_params().model_copy(update={"model": model_params, "evaluation": EVALUATION})


def split(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the first two thirds of the leads and the last one."""
    is_test = rows["sequence"] >= rows["sequence"].max() * 2 / 3
    return rows[~is_test].reset_index(drop=True), rows[is_test].reset_index(drop=True)


@pytest.fixture(scope="module")
def parts(make_history):
    return split(make_history(360, seed=9))


@pytest.fixture(scope="module")
def model(parts, catalogue, model_params):
    fitted = fit_family("logistic", parts[0], catalogue, model_params, 10)
    return SavedModel("logistic", fitted, Calibrator("temperature", 0.2, 0.9), catalogue, 7.0, 10)


@pytest.fixture(scope="module")
def predictions(model, parts):
    return predict_test(model, parts[1], NO_TRUTH)


def test_predictions_are_the_models_and_carry_no_feature(model, parts, predictions):
    """Check probabilities, that parts are their log-odds, and that no feature has come along."""
    assert predictions["probability"].tolist() == model.predict(parts[1]).tolist()
    log_odds = np.log(predictions["probability"] / (1 - predictions["probability"]))
    assert predictions[["base", "fit", "engagement"]].sum(axis=1).to_numpy() == pytest.approx(log_odds, abs=1e-9)
    assert not {"budget", "colour", "visits"} & set(predictions)
    assert predictions["true_probability"].isna().all()


def test_figures_count_rows_leads_and_conversions(predictions, parts):
    """Check the counts over all rows and by age, and that ages come in their order."""
    figures = measure_test(predictions, EVALUATION, seed=1)["test"]
    label = parts[1]["label"]
    assert (figures["n"], figures["leads"], figures["conversions"]) == (240, 120, label.sum())
    assert list(figures["by_age"]) == ["0h", "7d"]
    for age, found in figures["by_age"].items():
        rows = predictions[predictions["age"] == age]
        assert (found["n"], found["leads"]) == (120, 120)
        assert found["roc_auc"] == pytest.approx(roc_auc_score(rows["label"], rows["probability"]))
        assert found["roc_auc_low"] <= found["roc_auc"] <= found["roc_auc_high"]
    assert figures["base_rate"] == label.mean()


def test_calibration_is_assessable_from_enough_conversions(predictions):
    """Check the flag just below and at the limit, and what perfect probabilities would show."""
    conversions = predictions.loc[predictions["label"] == 1, "lead_id"].nunique()
    for limit, expected in ((conversions, True), (conversions + 1, False)):
        params = EVALUATION.model_copy(update={"assessable_conversions": limit})
        assert measure_rows(predictions, params, seed=1)["is_calibration_assessable"] is expected
    figures = measure_rows(predictions, EVALUATION, seed=1)
    assert 0 < figures["ece_if_calibrated"] < figures["ece_if_calibrated_95"]


def test_the_truth_is_measured_where_every_row_has_one(model, parts):
    """Check the truth's figures on the same rows, and none where one row has no truth."""
    test = parts[1]
    truth = test[["lead_id", "snapshot_at"]].assign(probability=0.1 + 0.8 * test["label"])
    figures = measure_test(predict_test(model, test, truth), EVALUATION, seed=1)
    assert figures["truth"]["roc_auc"] == 1
    assert figures["truth"]["log_loss"] == pytest.approx(-np.log(0.9))
    assert figures["truth"]["brier"] == pytest.approx(0.01)
    assert list(figures["truth"]["by_age"]) == ["0h", "7d"]
    some = measure_test(predict_test(model, test, truth.iloc[1:]), EVALUATION, seed=1)
    assert "truth" not in some


def test_what_each_kind_of_metric_gives(model, parts, params):
    """Check that figures of one kind do not move with the other kind, and that both are the champion's."""
    test = parts[1]
    shuffled = [rows.assign(visits=rows["visits"].to_numpy()[::-1]) for rows in parts]
    found, again = (
        {
            part: measure_probabilities(test["label"].to_numpy(), p)
            for part, p in predict_parts(model, later, share_refits(model, fit, later, params.model)).items()
        }
        for fit, later in (parts, shuffled)
    )
    # The age hardly matters here: rows of one lead come in either order.
    assert again["explicit"] == pytest.approx(found["explicit"], abs=2e-3)
    assert again["implicit"]["log_loss"] > found["implicit"]["log_loss"] + 0.01
    assert found["both"]["roc_auc"] == pytest.approx(roc_auc_score(test["label"], model.predict(test)))
    assert found["both"]["log_loss"] < min(found["explicit"]["log_loss"], found["implicit"]["log_loss"])


def test_each_group_of_explicit_metrics_is_left_out_in_turn(model, parts, params, catalogue):
    """Check groups, figures and paired difference, and that a group of noise is worth nothing."""
    noise = np.random.default_rng(4).normal(size=len(parts[0]) + len(parts[1]))
    history = parts[0].assign(noise=noise[: len(parts[0])])
    test = parts[1].assign(noise=noise[len(parts[0]) :])
    entry = Metric("noise", "explicit", "noise", "number", "none", "Nothing.", "none")
    fitted = fit_family("logistic", history, [*catalogue, entry], params.model, 10)
    model = SavedModel("logistic", fitted, Calibrator("none"), [*catalogue, entry], 7.0, 10)
    refit = share_refits(model, history, test, params.model, fitted)
    left_out = list_groups(model.catalogue)
    found = measure_without(model.catalogue, test, predict_champion(model, test), left_out, refit, params)
    assert list(found) == ["form", "noise"]
    assert (found["form"]["metrics"], found["noise"]["metrics"]) == (2, 1)
    without = fit_family("logistic", history, [m for m in model.catalogue if m.group != "form"], params.model)
    p = 1 / (1 + np.exp(-without.predict(test)))
    assert found["form"]["roc_auc"] == pytest.approx(roc_auc_score(test["label"], p))
    both = measure_probabilities(test["label"].to_numpy(), predict_champion(model, test))
    assert found["form"]["loss_difference"] == pytest.approx(found["form"]["log_loss"] - both["log_loss"])
    assert 0 < found["form"]["loss_difference_low"] < found["form"]["loss_difference"]
    assert found["noise"]["loss_difference_low"] < 0.002


def test_columns_filled_in_after_the_outcome_flatter(model, parts, params):
    """Check that a column that says what became of a lead shows, at the first age only."""
    history, test = parts
    both = pd.concat(parts)
    stage = both[both["age"] == "0h"][["lead_id", "label"]].assign(
        stage=lambda rows: rows["label"].map({0: "x", 1: "y"})
    )
    entry = Metric("stage", "explicit", "after the outcome", "category", "name", "What became of it.", "stage")
    found = measure_leakage(model, history, test, stage[["lead_id", "stage"]], [entry], params)
    assert (found["columns"], found["age"]) == (["stage"], "0h")
    assert found["roc_auc"] > 0.97
    assert measure_leakage(model, history, test, stage[["lead_id"]], [], params) == {}


@pytest.mark.parametrize("family", ["logistic", "boosting"])
def test_permuted_labels_cannot_be_predicted(family, make_history, catalogue, model_params):
    """Check that the AUC's interval covers 0.5 when labels say nothing, and does not when they do.

    Eight permutations: 95 % intervals cover six times or more but for six times in a thousand.
    """
    history, test = split(make_history(360, seed=10))
    generator = np.random.default_rng(1)

    def find_interval(history: pd.DataFrame, test: pd.DataFrame) -> tuple[float, float]:
        fitted = fit_family(family, history, catalogue, model_params, 15)
        model = SavedModel(family, fitted, Calibrator("none"), catalogue, 7.0, 15)
        found = measure_test(predict_test(model, test, NO_TRUTH), EVALUATION, seed=1)["test"]
        return found["roc_auc_low"], found["roc_auc_high"]

    def permute(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(label=generator.permutation(rows["label"]))

    intervals = [find_interval(permute(history), permute(test)) for _ in range(8)]
    assert sum(low <= 0.5 <= high for low, high in intervals) >= 6
    assert find_interval(history, test)[0] > 0.6


def test_the_whole_procedure_finds_nothing_in_permuted_labels(make_history, catalogue, model_params):
    """Check the same from the choice of the champion to the figures of the test."""
    history, test = split(make_history(360, seed=11))
    generator = np.random.default_rng(2)
    history, test = (rows.assign(label=generator.permutation(rows["label"])) for rows in (history, test))
    model, forward = train(history, catalogue, CUTS, model_params)
    found = measure_test(predict_test(model, test, NO_TRUTH), EVALUATION, seed=1)["test"]
    assert found["roc_auc_low"] <= 0.5 <= found["roc_auc_high"]
    forward_figures = measure_forward(forward, model.family)
    assert list(forward_figures)[: len(FAMILIES)] == list(FAMILIES)
    assert list(forward_figures)[-1] == "champion"
    assert forward_figures["champion"]["log_loss"] == pytest.approx(forward_figures["base_rate"]["log_loss"], abs=0.02)


def test_curves_by_hand():
    """Check gains and ROC of four rows, and the calibration of one bin a row."""
    rows = pd.DataFrame({"label": [0.0, 1, 1, 0], "probability": [0.1, 0.9, 0.4, 0.6]})
    curves = draw_curves(rows)
    assert curves["gains.csv"].to_numpy().tolist() == [[0.25, 0.5], [0.5, 0.5], [0.75, 1], [1, 1]]
    assert curves["roc.csv"].to_numpy().tolist() == [[0, 0.5], [0.5, 0.5], [0.5, 1], [1, 1]]
    assert curves["calibration.csv"].to_numpy().tolist() == [[0.1, 0, 1], [0.4, 1, 1], [0.6, 0, 1], [0.9, 1, 1]]


def test_curves_of_many_rows_are_thinned_out_and_keep_their_ends():
    """Check that five thousand rows are drawn with at most two hundred points, the last one included."""
    generator = np.random.default_rng(0)
    rows = pd.DataFrame({"label": generator.integers(0, 2, 5000).astype(float), "probability": generator.random(5000)})
    curves = draw_curves(rows)
    for name in ("gains.csv", "roc.csv"):
        assert len(curves[name]) <= 200
        assert curves[name].iloc[-1].tolist() == [1, 1]
    assert curves["calibration.csv"]["rows"].tolist() == [500] * 10


def test_curves_of_nothing_are_empty():
    """Check the tables of an objective that is not applicable."""
    empty = pd.DataFrame({"label": [], "probability": []}, dtype=float)
    assert all(table.empty for table in draw_curves(empty).values())


def test_what_could_not_be_computed_is_written_as_nothing():
    """Check that nested figures without a value become null, and others stay."""
    figures = {"a": float("nan"), "b": {"c": np.float64("inf"), "d": 0.5, "e": None}, "f": ["x"], 7: True}
    assert json.loads(json.dumps(drop_unknown(figures), allow_nan=False)) == {
        "a": None,
        "b": {"c": None, "d": 0.5, "e": None},
        "f": ["x"],
        "7": True,
    }
