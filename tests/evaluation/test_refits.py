import numpy as np
import pytest

from src.evaluation.refits import list_refits, measure_difference, measure_without, predict_champion, predict_parts
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
    return SavedModel("logistic", fitted, Calibrator("sigmoid", 0.2, 0.9), catalogue, 7.0, 10)


def test_nothing_left_out_is_the_champion_itself(model, parts, params):
    """Check that the refit without no metric differs in nothing from the champion."""
    found = measure_without(model, *parts, {"nothing": set()}, params)["nothing"]
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
    history, test = parts
    before = predict_parts(model, history, test, params)
    without_visits = predict_parts(model, history.assign(visits=0.0), test.assign(visits=0.0), params)
    without_form = predict_parts(model, *(rows.assign(budget=0.0, colour="red") for rows in parts), params)
    assert before["explicit"].tolist() == without_visits["explicit"].tolist()
    assert before["implicit"].tolist() == without_form["implicit"].tolist()
    assert before["implicit"].tolist() != without_visits["implicit"].tolist()


def test_difference_by_hand():
    """Check the mean of (0.1, 0.3) and its interval over two resamples: each row twice."""
    weights = np.array([[2.0, 0.0], [0.0, 2.0]])
    found = measure_difference(np.array([0.1, 0.3]), weights, 0.5)
    assert found["loss_difference"] == pytest.approx(0.2)
    assert (found["loss_difference_low"], found["loss_difference_high"]) == pytest.approx((0.15, 0.25))


def test_regressions_that_share_an_encoding_are_those_fitted_alone(model, parts, catalogue, params):
    """Check the log-odds of two lists of metrics against the family fitted on each by itself."""
    catalogues = [catalogue[:2], catalogue]
    shared = [refit() for refit in list_refits(model, *parts, catalogues, params.model)]
    for found, metrics in zip(shared, catalogues, strict=True):
        alone = predict_family("logistic", *parts, metrics, params.model)
        assert found == pytest.approx(alone, abs=1e-4)
