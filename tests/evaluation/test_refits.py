import numpy as np
import pytest

from src.evaluation.refits import measure_difference, measure_without, predict_champion, predict_parts, share_refits
from src.models.calibration import Calibrator
from src.models.forward import fit_family, predict_family
from src.models.saved import SavedModel
from src.params import load_params


@pytest.fixture(scope="module")
def params(model_params):
    return load_params().model_copy(update={"model": model_params})


@pytest.fixture(scope="module")
def parts(make_history):
    rows = make_history(360, seed=9)
    is_test = rows["sequence"] >= 240
    return rows[~is_test].reset_index(drop=True), rows[is_test].reset_index(drop=True)


@pytest.fixture(scope="module")
def model(parts, catalogue, model_params):
    fitted = fit_family("logistic", parts[0], catalogue, model_params, 10)
    return SavedModel("logistic", fitted, Calibrator("temperature", 0.2, 0.9), catalogue, 7.0, 10)


def test_nothing_left_out_is_the_champion_itself(model, parts, params):
    """Check that the refit without no metric differs in nothing from the champion."""
    refit = share_refits(model, *parts, params.model, model.fitted)
    with_all = predict_champion(model, parts[1])
    found = measure_without(model.catalogue, parts[1], with_all, {"nothing": set()}, refit, params)["nothing"]
    differences = (found["loss_difference"], found["loss_difference_low"], found["loss_difference_high"])
    assert differences == pytest.approx((0, 0, 0), abs=1e-6)
    assert found["metrics"] == 0


def test_champion_is_compared_before_calibration(model, parts):
    """Check that the sigmoid 0.2 + 0.9 z is taken back."""
    z = np.log(model.predict(parts[1]) / (1 - model.predict(parts[1])))
    p = predict_champion(model, parts[1])
    assert np.log(p / (1 - p)) == pytest.approx((z - 0.2) / 0.9)


def test_parts_know_their_own_kind_alone(model, parts, params):
    """Check that explicit metrics do not see visits, and implicit ones do not see the form."""

    def predict(**values: float | str) -> dict[str, np.ndarray]:
        history, test = (rows.assign(**values) for rows in parts)
        return predict_parts(model, test, share_refits(model, history, test, params.model))

    before, without_visits, without_form = predict(), predict(visits=0.0), predict(budget=0.0, colour="red")
    assert before["explicit"] == pytest.approx(without_visits["explicit"], abs=1e-5)
    assert before["implicit"] == pytest.approx(without_form["implicit"], abs=1e-5)
    assert np.abs(before["implicit"] - without_visits["implicit"]).max() > 0.01


def test_difference_by_hand():
    """Check the mean of (0.1, 0.3) and its interval over two resamples: each row twice."""
    weights = np.array([[2.0, 0.0], [0.0, 2.0]])
    found = measure_difference(np.array([0.1, 0.3]), weights, 0.5)
    assert found["loss_difference"] == pytest.approx(0.2)
    assert (found["loss_difference_low"], found["loss_difference_high"]) == pytest.approx((0.15, 0.25))


@pytest.mark.parametrize("is_whole_known", [True, False])
def test_regressions_that_share_rows_are_those_fitted_alone(is_whole_known, model, parts, catalogue, params):
    """Check the log-odds of two lists of metrics against the family fitted on each by itself."""
    catalogues = [catalogue[:2], catalogue]
    shared = share_refits(model, *parts, params.model, model.fitted if is_whole_known else None)(catalogues)
    for found, metrics in zip(shared, catalogues, strict=True):
        alone = predict_family("logistic", *parts, metrics, params.model)
        assert found == pytest.approx(alone, abs=1e-4)


def test_other_families_are_fitted_on_each_list_of_metrics(parts, catalogue, params):
    """Check a family that shares nothing, in the order of the lists."""
    fitted = fit_family("naive_bayes", parts[0], catalogue, params.model)
    model = SavedModel("naive_bayes", fitted, Calibrator("none"), catalogue, 7.0, 10)
    catalogues = [catalogue[:2], catalogue]
    found = share_refits(model, *parts, params.model)(catalogues)
    alone = [predict_family("naive_bayes", *parts, metrics, params.model) for metrics in catalogues]
    assert [z.tolist() for z in found] == [z.tolist() for z in alone]
