import numpy as np
import pandas as pd
import pytest

from src.evaluation.candidates import (
    measure_can_tell,
    measure_candidates,
    measure_random_split,
    measure_side_by_side,
)
from src.models.calibration import Calibrator
from src.models.candidates import FAMILIES
from src.models.forward import Search, fit_families, fit_family
from src.models.saved import SavedModel
from src.models.train import search_forward
from src.params import load_params


def make_model(catalogue) -> SavedModel:
    """Return a champion of which nothing but its catalogue is asked."""
    return SavedModel("logistic", None, Calibrator("none"), catalogue, 7.0, 5)


@pytest.fixture(scope="module")
def params(model_params):
    params = load_params()
    evaluation = params.evaluation.model_copy(update={"bootstrap": 40, "confidence": 0.9})
    return params.model_copy(update={"model": model_params, "evaluation": evaluation})


@pytest.fixture(scope="module")
def parts(make_history):
    rows = make_history(300, seed=9)
    is_test = rows["sequence"] >= 200
    return rows[~is_test].reset_index(drop=True), rows[is_test].reset_index(drop=True)


@pytest.fixture(scope="module")
def found(parts, catalogue, params):
    history, test = parts
    forward, search = search_forward(history, catalogue, [0.4, 0.6, 0.8], params.model)
    fitted = fit_family("logistic", history, catalogue, params.model)
    model = SavedModel("logistic", fitted, Calibrator("temperature", 0.2, 0.9), catalogue, 7.0, search.rounds)
    forward["probability"] = 1 / (1 + np.exp(-forward["logistic"]))
    families = fit_families(history, catalogue, search, params.model)
    return measure_candidates(model, families, search, forward, history, test, params), model, search, forward


def measure_loss(label, z):
    p = 1 / (1 + np.exp(-z))
    return -np.log(np.where(label == 1, p, 1 - p)).mean()


def test_forward_figures_are_of_the_forward_rows(found):
    """Check each family's log loss, and its difference to the champion's."""
    figures, _, _, forward = found
    label = forward["label"].to_numpy()
    loss = {family: measure_loss(label, forward[family].to_numpy()) for family in FAMILIES}
    assert list(figures["forward"]) == list(FAMILIES)
    for family, row in figures["forward"].items():
        assert row["log_loss"] == pytest.approx(loss[family])
        assert row["loss_difference"] == pytest.approx(loss[family] - loss["logistic"])
        assert row["log_loss_low"] <= row["log_loss"] <= row["log_loss_high"]


def test_test_figures_are_of_families_that_learned_from_the_whole_history(found, parts, catalogue, params):
    """Check the log loss on the test of each family fitted on all of the history, before calibration."""
    (history, test), (figures, _, search, _) = parts, found
    for family in FAMILIES:
        z = fit_family(family, history, catalogue, params.model, search.rounds).predict(test)
        expected = measure_loss(test["label"].to_numpy(), z)
        assert figures["test"][family]["log_loss"] == pytest.approx(expected)


def test_the_champion_is_compared_with_whatever_is_best_on_the_test(found):
    """Check that the best there is named, and the paired difference is its loss taken from the champion's."""
    figures = found[0]
    best = min(FAMILIES, key=lambda family: figures["test"][family]["log_loss"])
    expected = figures["test"]["logistic"]["log_loss"] - figures["test"][best]["log_loss"]
    assert figures["best_on_test"] == best
    assert figures["champion_difference"]["loss_difference"] == pytest.approx(expected)
    assert expected >= 0


def test_the_champion_differs_in_nothing_from_itself(found):
    """Check that its own paired difference is 0 with an interval of 0, on either rows."""
    for rows in ("forward", "test"):
        row = found[0][rows]["logistic"]
        assert [row[f"loss_difference{end}"] for end in ("", "_low", "_high")] == [0, 0, 0]


def test_differences_and_areas_by_hand(params):
    """Check four leads: a sure candidate puts all in order, a level one costs log 2 a lead."""
    rows = pd.DataFrame({"label": [1.0, 0.0, 1.0, 0.0], "person": list("abcd")})
    sure = np.log(4) * np.array([1, -1, 1, -1])
    figures = measure_side_by_side(rows, {"level": np.zeros(4), "sure": sure}, "level", params)
    assert figures["level"]["roc_auc"] == 0.5
    assert figures["sure"]["roc_auc"] == 1
    assert figures["sure"]["log_loss"] == pytest.approx(np.log(1.25))
    # Each lead gains the same, so every resample does.
    gain = np.log(1.25) - np.log(2)
    ends = [figures["sure"][f"loss_difference{end}"] for end in ("", "_low", "_high")]
    assert ends == pytest.approx([gain] * 3)


def test_a_random_split_is_flattered_by_what_comes_and_goes(make_history, catalogue, model_params):
    """Check that a colour of each week, which says who converts, helps a random split alone.

    Forward in time the test's weeks are unknown, and their colours with them.
    """
    rows = make_history(400, seed=3, signal=0.0)
    week = rows["sequence"] // 20
    rows["colour"] = ("week" + week.astype(str)).astype("str")
    generator = np.random.default_rng(1)
    rows["label"] = (generator.random(len(rows)) < np.where(week % 2, 0.9, 0.1)).astype(float)
    history, test = rows[rows["sequence"] < 260], rows[rows["sequence"] >= 260]
    split = measure_random_split(rows, 0.35, make_model(catalogue), model_params, 30)
    z = fit_family("boosting", history, catalogue, model_params, 30).predict(test)
    assert split["boosting"]["log_loss"] < measure_loss(test["label"].to_numpy(), z) - 0.1
    assert split["chosen"] in FAMILIES[2:]


def test_a_random_split_measures_its_share_of_leads_and_keeps_them_whole(parts, catalogue, params, monkeypatch):
    """Check that no lead is learned from and measured, and that another order of rows changes nothing."""
    seen = []

    def spy(families, fit, later, *_):
        seen.append((set(fit["lead_id"]), set(later["lead_id"])))
        return {family: np.zeros(len(later)) for family in families}

    monkeypatch.setattr("src.evaluation.candidates.predict_families", spy)
    rows = pd.concat(parts, ignore_index=True)
    for order in (rows, rows.sample(frac=1, random_state=1)):
        measure_random_split(order, 1 / 3, make_model(catalogue), params.model, 5)
    assert seen[0] == seen[1]
    learned, measured = seen[0]
    assert not learned & measured
    assert (len(learned), len(measured)) == (200, 100)


@pytest.mark.parametrize(("needed", "is_enough"), [(1, True), (10_000, False)])
def test_what_can_be_told_says_whether_conversions_are_enough(needed, is_enough, found, parts, params):
    """Check conversions of forward and test rows, who came next, and the flag at its limit."""
    _, model, _, forward = found
    model_params = params.model.model_copy(update={"min_forward_conversions": needed})
    tell = measure_can_tell(model, forward, parts[1], params.model_copy(update={"model": model_params}))
    assert tell["is_enough"] is is_enough
    assert tell["forward"]["conversions"] == forward.loc[forward["label"] == 1, "lead_id"].nunique()
    assert tell["test"]["leads"] == 100
    losses = {family: measure_loss(forward["label"], forward[family]) for family in FAMILIES if family != "logistic"}
    assert tell["rival"] == min(losses, key=losses.get)
    assert tell["loss_margin"] > 0


def test_what_was_tried_is_passed_on(found):
    """Check that the sizes tried stand among the figures as plain values."""
    figures, _, search, _ = found
    assert isinstance(search, Search)
    assert figures["search"]["tried"] == search.tried
    assert figures["search"]["trees"] == {"num_leaves": 4, "min_data_in_leaf": 10}
    assert figures["search"]["rounds"] == search.rounds
