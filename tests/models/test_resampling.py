from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from src.features.catalogue import Metric
from src.models.calibration import Calibrator
from src.models.candidates import FAMILIES, FittedAverage
from src.models.forward import fit_family
from src.models.measures import draw_weights, to_log_odds, to_probability
from src.models.resampling import (
    Refits,
    carry_weights,
    fit_again,
    load_refits,
    measure_form_error,
    measure_form_errors,
    measure_spread,
    predict_interval,
    recalibrate,
    resample_model,
    save_refits,
)
from src.models.saved import SavedModel, load_model, save_model

SIGMOID = Calibrator("temperature", -0.1, 0.9)


def make_forward(rows: pd.DataFrame, log_odds: np.ndarray) -> pd.DataFrame:
    """Return forward rows on which all families agree."""
    families = {family: log_odds for family in FAMILIES}
    p = to_probability(SIGMOID.calibrate(log_odds))
    known = rows[["lead_id", "person", "label", "age_days"]].assign(fold=0, learned=len(rows))
    return known.assign(**families, log_odds=log_odds, probability=p)


def make_model(family: str, rows: pd.DataFrame, catalogue, params) -> SavedModel:
    return SavedModel(family, fit_family(family, rows, catalogue, params, 10), SIGMOID, catalogue, 7.0, 10)


@pytest.fixture(scope="module")
def history(make_history):
    return make_history(300, seed=21)


@pytest.fixture(scope="module", params=["base_rate", "logistic", "boosting"])
def resampled(request, history, catalogue, model_params):
    """Return a model, its refits and its forward rows: the later half of the history."""
    model = make_model(request.param, history, catalogue, model_params)
    later = history[300:]
    forward = make_forward(later, model.fitted.predict(later))
    return model, resample_model(model, history, forward, model_params), forward


def test_there_are_as_many_refits_as_asked_for_and_they_differ(resampled, history):
    """Check the shape of the log-odds, that no two refits agree, and that their mean is near the champion."""
    model, refits, _ = resampled
    log_odds = refits.predict(history[:50])
    assert log_odds.shape == (50, 5)
    assert len(np.unique(log_odds[0])) == 5
    assert np.abs(log_odds.mean(axis=1) - model.predict_log_odds(history[:50])).mean() < 0.5


def test_refits_are_loaded_as_they_were_saved(resampled, history, tmp_path):
    """Check bit-equal log-odds, an equal model, and the same bytes for a second time; nothing is pickled."""
    model, refits, forward = resampled
    for folder in (tmp_path / "first", tmp_path / "second"):
        save_model(model, forward, "made_up", folder)
        save_refits(refits, folder)
    loaded = load_refits(load_model(tmp_path / "first"), tmp_path / "first")
    assert loaded.predict(history).tobytes() == refits.predict(history).tobytes()
    assert loaded == refits
    names = sorted(path.name for path in (tmp_path / "first").iterdir())
    assert {path.suffix for path in (tmp_path / "first").iterdir()} <= {".json", ".txt", ".parquet"}
    assert names == sorted(path.name for path in (tmp_path / "second").iterdir())
    for name in names:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_same_seed_gives_the_same_refits_on_any_number_of_threads(resampled, history, model_params):
    """Check that fits at the same time change nothing, and that another seed does."""
    model, refits, forward = resampled
    again = resample_model(model, history, forward, model_params.model_copy(update={"threads": 2}))
    assert again.predict(history).tobytes() == refits.predict(history).tobytes()
    other = resample_model(model, history, forward, model_params.model_copy(update={"seed": 8}))
    assert other.predict(history).tobytes() != refits.predict(history).tobytes()


def test_order_of_the_rows_changes_nothing(resampled, history, model_params):
    """Check that shuffled rows of the history give the same refits."""
    model, refits, forward = resampled
    again = resample_model(model, history.sample(frac=1, random_state=3), forward, model_params)
    assert again.predict(history).tobytes() == refits.predict(history).tobytes()


def test_older_leads_are_as_sure_as_those_of_the_last_trained_age(resampled, history):
    """Check that the interval of a lead of 7 days and of 700 is the same."""
    model, refits, _ = resampled
    ends = [predict_interval(model, refits, history.assign(age_days=days), 0.9) for days in (7.0, 700.0)]
    pd.testing.assert_frame_equal(*ends)


def test_one_newton_step_is_nearly_a_complete_refit(history, catalogue, model_params):
    """Check the regression's steps against fits of the same resamples, which they are to stand in for."""
    model = make_model("logistic", history, catalogue, model_params)
    many = model_params.model_copy(update={"refits": 40})
    forward = make_forward(history, model.fitted.predict(history))
    stepped = resample_model(model, history, forward, many)
    weights = draw_weights(history["person"], 40, many.seed)
    whole = Refits(fit_again(model, history, weights, many), stepped.calibrators, 1, {"any": 0.0})
    steps, fits = (measure_spread(model, refits, history) for refits in (stepped, whole))
    assert np.median(steps) == pytest.approx(np.median(fits), rel=0.1)
    assert np.corrcoef(stepped.predict(history).ravel(), whole.predict(history).ravel())[0, 1] > 0.99


def draw_line(leads: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Return leads of persons of their own and their true log-odds: a line in three metrics."""
    generator = np.random.default_rng(seed)
    values = pd.DataFrame(generator.normal(0, 2, (leads, 3)), columns=["one", "two", "three"])
    one, two, three = values.to_numpy().T / 2
    log_odds = -1 + one - 0.7 * two + 0.4 * three
    rows = values.assign(person=[f"person{n}" for n in range(leads)], lead_id=[f"lead{n}" for n in range(leads)])
    rows["label"] = (generator.random(leads) < to_probability(log_odds)).astype(float)
    return rows.assign(sequence=range(leads), snapshot_at=pd.Timestamp("2026-01-01"), age_days=0.0), log_odds


def cover(seed: int, params) -> float:
    """Return the share of new leads whose true probability lies in its interval, the model being a line."""
    catalogue = [Metric(name, "explicit", "form", "number", "points", "One.", name) for name in ("one", "two", "three")]
    history, _ = draw_line(1500, seed)
    later, truth = draw_line(1000, seed + 100)
    fitted = fit_family("logistic", history, catalogue, params)
    model = SavedModel("logistic", fitted, Calibrator("none"), catalogue, 0.0, 0)
    forward = make_forward(later, fitted.predict(later)).assign(probability=model.predict(later))
    interval = predict_interval(
        model, resample_model(model, history, forward, params.model_copy(update={"seed": seed})), later, 0.9
    )
    return float(
        pd.Series(to_probability(truth)).between(interval["probability_low"], interval["probability_high"]).mean()
    )


def test_intervals_cover_the_truth_where_the_form_is_right(model_params):
    """Check that intervals of 90 % hold about 90 % of the true probabilities of a line, over twenty histories.

    One history's coverage strays by about 0.2, the mean of twenty by 0.05.
    """
    many = model_params.model_copy(update={"refits": 20})
    assert np.mean([cover(seed, many) for seed in range(20)]) == pytest.approx(0.9, abs=0.08)


def test_interval_by_hand():
    """Check a row of which two refits say -1 and 1: deviation root 2, and Student's t with one degree is 1 at 50 %.

    With a form that is wrong by root 2 as well, the reach is 2; four parts halve the deviation.
    """
    fits = [Constant(-1.0), Constant(1.0)]
    model = SavedModel("base_rate", Constant(0.0), Calibrator("none"), [], 9.0, 0)
    rows = pd.DataFrame({"age_days": [0.0]}, index=[5])
    for parts, form_error, reach in ((1, 0.0, 2**0.5), (1, 2**0.5, 2.0), (4, 0.0, 0.5**0.5)):
        refits = Refits(fits, [Calibrator("none")] * 2, parts, {"any": form_error})
        found = predict_interval(model, refits, rows, 0.5)
        assert list(found.index) == [5]
        low, high = to_log_odds(found[["probability_low", "probability_high"]].to_numpy()[0])
        assert (low, high) == pytest.approx((-reach, reach))
    assert t.ppf(0.75, 1) == pytest.approx(1)


class Constant:
    """A fitted candidate that gives every lead the same log-odds."""

    def __init__(self, log_odds: float):
        self.log_odds = log_odds

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        return np.full(len(features), self.log_odds)


def test_recentring_moves_the_interval_with_the_probability():
    """Check that both ends move by the shift in log-odds."""
    refits = Refits([Constant(-1.0), Constant(1.0)], [Calibrator("none")] * 2, 1, {"any": 0.0})
    model = SavedModel("base_rate", Constant(0.0), Calibrator("none"), [], 9.0, 0)
    rows = pd.DataFrame({"age_days": [0.0]})
    before, after = (predict_interval(shown, refits, rows, 0.5) for shown in (model, replace(model, recentring=0.7)))
    names = ["probability_low", "probability_high"]
    np.testing.assert_allclose(to_log_odds(after[names].to_numpy()), to_log_odds(before[names].to_numpy()) + 0.7)


def test_weights_go_with_the_person():
    """Check that a person's forward row has the weight of its rows in the history."""
    weights = np.array([[2.0, 2.0, 0.0, 1.0], [0.0, 0.0, 3.0, 1.0]])
    found = carry_weights(weights, pd.Series(["a", "a", "b", "c"]), pd.Series(["c", "b", "a"], index=[7, 8, 9]))
    assert found.tolist() == [[1.0, 0.0, 2.0], [1.0, 3.0, 0.0]]


def test_calibrators_are_fitted_again_under_the_weights():
    """Check that weights which make the order right steepen the slope, and leave the mean probability's log-odds."""
    forward = pd.DataFrame({"label": [1.0, 0.0, 1.0, 0.0] * 20, "log_odds": [1.0, 1.0, -1.0, -1.0] * 20})
    forward = forward.assign(lead_id=range(80), fold=0, learned=80, probability=0.5)
    steep = recalibrate(Calibrator("temperature", 0.4, 1.0), forward, 80, np.tile([3.0, 1.0, 1.0, 3.0], 20))
    flat = recalibrate(Calibrator("temperature", 0.4, 1.0), forward, 80, np.tile([1.0, 1.0, 1.0, 1.0], 20))
    assert steep.slope > 1 > flat.slope > 0
    assert (steep.intercept, flat.intercept) == (0.4, 0.4)


def test_an_average_errs_as_its_families_are_apart_by_age():
    """Check by hand: apart by 2 at one age and by 4 at another, at equal weights and slope 1, it errs by half of it."""
    forward = pd.DataFrame(
        {"age_days": [0.0, 7.0], "probability": 0.5, "logistic": [1.0, 2.0], "boosting": [-1.0, -2.0]}
    )
    model = SavedModel("average", FittedAverage(0.5, None, None), Calibrator("none"), [], 7.0, 0)
    found = measure_form_errors(forward, model)
    assert found == {"any": pytest.approx(np.sqrt(2.5)), "0": pytest.approx(1.0), "7": pytest.approx(2.0)}
    refits = Refits([], [], 1, found)
    ages = pd.Series([0.0, 7.0, 90.0, np.sqrt(8) - 1, np.nan])
    assert refits.find_form_errors(ages) == pytest.approx([1, 2, 2, 1.5, np.sqrt(2.5)])


def make_rivals(log_odds: list[float], label: list[float]) -> pd.DataFrame:
    """Return forward rows where the regression gives a half and boosting gives the `log_odds`."""
    families = {family: np.full(len(label), 9.0) for family in FAMILIES} | {"logistic": 0.0, "boosting": log_odds}
    return pd.DataFrame({"label": label, "probability": 0.5} | families)


def test_form_error_by_hand():
    """Check four rows of which boosting knows two apart by 1 and -1.

    The mean of d (y - p) is (0.5 + 0.5 + 0 + 0) / 4 and that of p (1 - p) a quarter: a square of 1.
    """
    forward = make_rivals([1.0, -1.0, 0.0, 0.0], [1.0, 0.0, 1.0, 0.0])
    assert measure_form_error(forward, "logistic") == pytest.approx(1.0)


def test_form_error_is_the_distance_to_a_family_that_knows_the_truth():
    """Check leads that are 0.5 above or below the champion in log-odds, as another family says."""
    generator = np.random.default_rng(5)
    truth = generator.choice([-0.5, 0.5], 40_000)
    label = (generator.random(40_000) < to_probability(truth)).astype(float)
    assert measure_form_error(make_rivals(truth, label), "logistic") == pytest.approx(0.5, abs=0.05)


def test_another_family_that_knows_less_foretells_no_error():
    """Check that a family which strays from the champion the wrong way adds nothing."""
    forward = make_rivals([-0.1, 0.1, 0.0, 0.0], [1.0, 0.0, 1.0, 0.0])
    assert measure_form_error(forward, "logistic") == 0.0


def test_large_histories_are_learned_in_parts(monkeypatch, history, catalogue, model_params):
    """Check that refits see every third person, that the spread allows for it, and that persons stay whole."""
    monkeypatch.setattr("src.models.resampling.MOST_ROWS", 200)
    seen = []
    monkeypatch.setattr(
        "src.models.resampling.fit_family", lambda family, rows, *rest: seen.append(rows) or Constant(len(seen))
    )
    model = make_model("naive_bayes", history, catalogue, model_params)
    refits = resample_model(model, history, make_forward(history, np.zeros(len(history))), model_params)
    assert refits.parts == 3
    kept = set(pd.unique(history["person"])[::3])
    assert len(seen) == 5
    assert all(set(rows["person"]) <= kept for rows in seen)
    whole = history["person"].value_counts()
    for rows in seen:
        times = rows["person"].value_counts() / whole[rows["person"].unique()]
        assert (times.dropna() % 1 == 0).all()
    spread = np.std([calibrator.calibrate(n + 1.0) for n, calibrator in enumerate(refits.calibrators)], ddof=1)
    assert measure_spread(model, refits, history[:1])[0] == pytest.approx(spread / 3**0.5)
