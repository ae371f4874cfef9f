from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from src.evaluation.reasons import (
    Exchange,
    choose_values,
    compare_reasons,
    measure_dependence,
    measure_grid,
    measure_importances,
    measure_reasons,
    measure_stability,
)
from src.features.catalogue import Metric
from src.models.calibration import Calibrator
from src.models.forward import fit_family
from src.models.reasons import learn_usual
from src.models.resampling import Refits
from src.models.saved import SavedModel
from src.params import load_params

FAMILIES = ["base_rate", "logistic", "boosting"]


@pytest.fixture(scope="module")
def params(model_params):
    return load_params().model_copy(update={"model": model_params})


@pytest.fixture(scope="module")
def parts(make_history):
    rows = make_history(400, seed=41)
    is_test = rows["sequence"] >= 250
    return rows[~is_test].reset_index(drop=True), rows[is_test].reset_index(drop=True)


@pytest.fixture(scope="module")
def make_model(parts, catalogue, model_params):
    def make(family: str, rows: pd.DataFrame = parts[0]) -> SavedModel:
        fitted = fit_family(family, rows, catalogue, model_params, 10)
        return learn_usual(SavedModel(family, fitted, Calibrator("none"), catalogue, 7.0, 10), rows, 5)

    return make


@pytest.fixture(scope="module")
def make_refits(parts, make_model):
    def make(family: str) -> Refits:
        halves = (parts[0][parts[0]["sequence"] % 2 == half] for half in (0, 1))
        return Refits([make_model(family, rows).fitted for rows in halves], [Calibrator("none")] * 2, 1, {"any": 0.0})

    return make


def test_reasons_are_compared_by_hand():
    """Check three leads and four groups, of which three at most are told.

    The first keeps its three reasons in another order. The second exchanges one of three. The third
    has no reason at first and is not counted.
    """
    first = np.array([[4.0, 3.0, 2.0, 1.0], [4.0, 3.0, 2.0, 1.0], [0.0, 0.0, 0.0, -1.0]])
    second = np.array([[2.0, 3.0, 4.0, 1.0], [4.0, 3.0, 1.0, 2.0], [1.0, 0.0, 0.0, 0.0]])
    found = compare_reasons(first, second)
    assert found == {"changed": 0.5, "first_changed": 0.5, "kept": pytest.approx((1 + 2 / 3) / 2)}


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_model_again_tells_the_same_reasons(family, parts, make_model):
    """Check that refits which are the champion change nothing, and that a rate for all has no reasons."""
    model = make_model(family)
    found = measure_stability(model, Refits([model.fitted] * 3, [model.calibrator] * 3, 1, {"any": 0.0}), *parts)
    assert (found["rows"], found["refits"]) == (300, 3)
    for side in ("for", "against"):
        if family == "base_rate":
            assert np.isnan([found[side]["changed"], found[side]["kept"]]).all()
        else:
            assert found[side] == {"changed": 0.0, "first_changed": 0.0, "kept": 1.0}


def test_refits_on_other_persons_change_some_reasons(parts, make_model, make_refits):
    """Check that reasons learned from half of the persons differ for some leads, and not for all."""
    found = measure_stability(make_model("logistic"), make_refits("logistic"), *parts)
    for side in ("for", "against"):
        assert 0 < found[side]["changed"] < 1
        assert found[side]["first_changed"] <= 1
        assert 1 - found[side]["changed"] <= found[side]["kept"] <= 1


def test_grid_parts_the_test_rows(parts, params, make_model):
    """Check sixteen cells in order, whose rows and conversions are those of the test, A1 above D4."""
    test = parts[1]
    cells = measure_grid(make_model("logistic"), test, params)
    assert [cell["fit"] + cell["engagement"] for cell in cells] == [fit + number for fit in "ABCD" for number in "1234"]
    assert sum(cell["rows"] for cell in cells) == len(test)
    assert sum(cell["conversions"] for cell in cells) == test["label"].sum()
    best, worst = cells[0], cells[-1]
    assert best["rate"] == pytest.approx(best["conversions"] / best["rows"])
    assert best["rate_low"] <= best["rate"] <= best["rate_high"]
    assert best["rate"] > 2 * worst["rate"]
    assert best["leads"] <= best["rows"]


def test_no_grid_of_leads_that_are_all_alike(parts, params, make_model):
    """Check that one rate for everybody has no grid."""
    assert measure_grid(make_model("base_rate"), parts[1], params) == []


@pytest.mark.parametrize("family", ["logistic", "boosting"])
def test_what_matters_costs_most_and_noise_nothing(family, make_history, catalogue, model_params, params):
    """Check that what moves the made outcome surely costs something, and a metric of noise next to nothing."""
    noise = Metric("noise", "implicit", "weather", "number", "degrees", "Nothing.", "none")
    rows = make_history(700, seed=42)
    rows["noise"] = np.random.default_rng(1).normal(size=len(rows))
    fitted = fit_family(family, rows[:900], [*catalogue, noise], model_params, 20)
    model = learn_usual(SavedModel(family, fitted, Calibrator("none"), [*catalogue, noise], 7.0, 20), rows[:900], 5)
    found = measure_importances(model, rows[900:], params)
    assert found["rows"] == 500
    groups = {row["name"]: row for row in found["groups"]}
    assert [row["name"] for row in found["groups"]] == ["form", "how often", "weather"]
    assert groups["how often"]["loss_difference_low"] > 0
    assert abs(groups["weather"]["loss_difference"]) < 0.02
    metrics = {row["name"]: row for row in found["metrics"]}
    assert set(metrics) <= {"visits", "budget", "colour", "noise"}
    # The group of counts has one metric: dealt out in the same order, it costs the same.
    assert metrics["visits"]["loss_difference"] == groups["how often"]["loss_difference"]
    assert (metrics["visits"]["kind"], metrics["visits"]["group"]) == ("implicit", "counts")


def test_values_are_dealt_out_within_an_age(parts, params, make_model):
    """Check that a metric which is the same for all leads of an age loses nothing."""
    test = parts[1].assign(visits=parts[1]["age_days"])
    found = measure_importances(make_model("logistic"), test, params)
    assert {row["name"]: row["loss_difference"] for row in found["groups"]}["how often"] == 0.0


def test_dependence_follows_the_coefficient(parts, make_model):
    """Check that the mean probability rises with visits, and the values of a category, the most frequent first."""
    found = measure_dependence(make_model("logistic"), parts[1], ["visits", "colour"])
    visits, colour = found
    assert visits["values"] == sorted(set(visits["values"]))
    assert np.all(np.diff(visits["probabilities"]) > 0)
    assert (visits["type"], visits["unit"], visits["group"]) == ("number", "visits", "counts")
    assert set(colour["values"]) == {"red", "blue", "green"}
    by_colour = dict(zip(colour["values"], colour["probabilities"], strict=True))
    assert by_colour["red"] > by_colour["green"] > by_colour["blue"]


@pytest.mark.parametrize("family", FAMILIES)
def test_exchanged_values_give_the_model_of_rows_that_have_them(family, parts, make_model):
    """Check two features taken from the rows in turned order, and one value for all, against the model itself."""
    rows = parts[1][:60].reset_index(drop=True)
    model = replace(make_model(family), calibrator=Calibrator("temperature", 0.2, 0.8), recentring=0.1)
    exchange = Exchange(model, rows)
    names = [name for name in ("visits", "colour") if name in exchange.values]
    turned = rows[::-1].reset_index(drop=True)
    expected = model.predict(rows.assign(**{name: turned[name] for name in names}))
    assert exchange.predict(names, exchange.values[::-1]) == pytest.approx(expected, abs=1e-12)
    for name, value in {"visits": 9.0, "colour": "red"}.items():
        given = exchange.read(rows[:1].assign(**{name: [value]}))
        if name in names:
            expected = model.predict(rows.assign(**{name: value}))
            assert exchange.predict([name], given) == pytest.approx(expected, abs=1e-12)


def test_what_few_leads_share_is_no_value():
    """Check that of a category only named levels are tried, and of a number known values alone."""
    text = Metric("city", "explicit", "location", "category", "name", "One.", "city")
    column = pd.Series(["Madrid", "Madrid", "Ada's village", "Sevilla", None])
    assert choose_values(text, column, ["Madrid", "Sevilla"]) == ["Madrid", "Sevilla"]
    number = Metric("km", "explicit", "location", "number", "km", "One.", "city")
    assert choose_values(number, pd.Series([np.nan, 2.0, 2.0, 2.0]), []) == [2.0]


@pytest.mark.parametrize("family", FAMILIES)
def test_all_is_measured_for_any_family_and_the_same_again(family, parts, params, make_model, make_refits):
    """Check the keys of the figures, and that nothing is left to chance."""
    model, refits = make_model(family), make_refits(family)
    first, second = (measure_reasons(model, refits, *parts, params) for _ in range(2))
    assert list(first) == ["stability", "grid", "importances", "dependence"]
    assert repr(first) == repr(second)
    if family == "base_rate":
        assert (first["grid"], first["importances"]["groups"], first["dependence"]) == ([], [], [])
