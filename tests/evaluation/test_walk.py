import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from src.evaluation import walk as walk_module
from src.evaluation.walk import (
    Block,
    choose_rounds,
    fit_step,
    list_steps,
    predict_by_rounds,
    predict_steps,
    walk_steps,
)
from src.models.candidates import LEARNED, take_regression
from src.models.encoding import code_metrics
from src.models.folds import assign_folds, list_forward_folds
from src.models.forward import fit_families, fit_family
from src.models.train import choose_model, search_forward
from src.params import load_params

CUTS = [0.4, 0.6, 0.8]
ENOUGH = 30
EVERY_SIXTH = 1 / 6


def fold(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with their folds, the last third for the test."""
    return rows.assign(fold=assign_folds(rows, 1 / 3))


def walk(rows, catalogue, params, every=EVERY_SIXTH):
    """Return the frozen model, the steps and what the walk over them predicted and chose."""
    history = rows[rows["fold"] == "history"].reset_index(drop=True)
    forward, search = search_forward(history, catalogue, CUTS, params)
    families = fit_families(history, catalogue, search, params)
    model, forward = choose_model(history, forward, search, families, catalogue, params)
    steps = list_steps(rows, every)
    blocks = predict_steps(rows, steps, model, families, params)
    everything = load_params()
    evaluation = everything.evaluation.model_copy(update={"assessable_conversions": ENOUGH})
    everything = everything.model_copy(update={"model": params, "evaluation": evaluation})
    return model, steps, walk_steps(forward, steps, blocks, model.rounds, everything)


@pytest.fixture(scope="module")
def rows(make_history):
    return fold(make_history(360, seed=9))


@pytest.fixture(scope="module")
def walked(rows, catalogue, model_params):
    return walk(rows, catalogue, model_params)


def test_every_test_row_is_predicted_at_one_step(rows):
    """Check that 120 test leads make six steps of twenty leads, in order of creation."""
    steps = list_steps(rows, EVERY_SIXTH)
    found = [rows[step.predict & (rows["fold"] == "test")] for step in steps]
    assert [(part["sequence"].min(), part["sequence"].max()) for part in found] == [
        (240 + 20 * number, 259 + 20 * number) for number in range(6)
    ]
    assert pd.concat(found).index.tolist() == rows.index[rows["fold"] == "test"].tolist()


def test_a_step_learns_from_what_was_known(rows):
    """Check that the first step learns from the history, and each from all labels known when it began."""
    steps = list_steps(rows, EVERY_SIXTH)
    assert steps[0].fit.tolist() == (rows["fold"] == "history").tolist()
    for step in steps:
        began_at = rows.loc[step.predict & (rows["fold"] == "test"), "created_at"].min()
        assert step.began_at == began_at
        assert step.fit.tolist() == (rows["label_known_at"] <= began_at).tolist()


def test_leads_waiting_for_their_outcome_are_predicted_by_the_first_step(rows):
    """Check that these are the leads of the ten days before the test, and that none taught the step."""
    first, second, *_ = list_steps(rows, EVERY_SIXTH)
    waiting = rows[first.predict & (rows["fold"] != "test")]
    began_at = rows.loc[rows["sequence"] == 240, "created_at"].iloc[0]
    assert (waiting["created_at"] > began_at - pd.Timedelta(days=10)).all()
    assert waiting["sequence"].unique().tolist() == list(range(201, 240))
    assert not set(waiting["lead_id"]) & set(rows.loc[first.fit, "lead_id"])
    assert not (second.predict & (rows["fold"] != "test")).any()


@pytest.mark.parametrize(("every", "count"), [(1 / 6, 6), (0.25, 4), (0.3, 4), (0.999, 2)])
def test_as_many_steps_as_the_share_asks_for(rows, every, count):
    """Check that a share that is not of a whole number leaves a smaller last step."""
    assert len(list_steps(rows, every)) == count


def test_leads_of_one_moment_are_predicted_at_one_step(make_history):
    """Check that all leads of the test in two moments make two steps."""
    rows = make_history(360, seed=9)
    start = pd.Timestamp("2026-01-01")
    months = pd.to_timedelta(30 * (rows["sequence"] // 60), unit="D")
    late = months + pd.to_timedelta(rows["age_days"], unit="D")
    rows = fold(
        rows.assign(
            created_at=start + months, snapshot_at=start + late, label_known_at=start + late + pd.Timedelta(days=10)
        )
    )
    steps = list_steps(rows, EVERY_SIXTH)
    found = [rows[step.predict & (rows["fold"] == "test")]["sequence"].unique() for step in steps]
    assert [(part.min(), part.max()) for part in found] == [(240, 299), (300, 359)]


def test_nobody_learns_from_a_person_it_predicts_without_dates(rows):
    """Check that without dates a person of the predicted leads is in no row that teaches."""
    undated = rows.assign(created_at=pd.NaT, snapshot_at=pd.NaT, label_known_at=pd.NaT, person="p" + rows["colour"])
    undated.loc[undated["sequence"] < 100, "person"] = undated["lead_id"]
    steps = list_steps(undated, EVERY_SIXTH)
    for step in steps:
        assert not set(undated.loc[step.fit, "person"]) & set(undated.loc[step.predict, "person"])
        assert step.predict[(undated["fold"] != "test").to_numpy()].sum() == 0


def test_the_first_step_is_the_frozen_model(rows, walked):
    """Check that its log-odds on the first block, calibrated and shifted, are those of the model of the history."""
    model, steps, (predicted, choices) = walked
    first = predicted[(predicted["step"] == 1) & predicted["is_test"].eq(True)]
    expected = model.predict(rows[steps[0].predict & (rows["fold"] == "test")])
    log_odds = (first["calibrated"] + first["recentring"]).to_numpy()
    assert 1 / (1 + np.exp(-log_odds)) == pytest.approx(expected, abs=1e-5)
    assert (choices[0].family, choices[0].rounds) == (model.family, model.rounds)
    assert choices[0].calibrator.slope == pytest.approx(model.calibrator.slope)
    assert choices[0].calibrator.intercept == pytest.approx(model.calibrator.intercept, abs=1e-5)


def test_what_was_fitted_on_the_history_is_not_fitted_again(rows, catalogue, model_params, monkeypatch):
    """Check that five of six steps fit their families, and that the first says what such a fit would have said."""
    fitted = []
    monkeypatch.setattr(walk_module, "fit_step", lambda *given: fitted.append(fit_step(*given)) or fitted[-1])
    model, steps, (predicted, _) = walk(rows, catalogue, model_params)
    assert len(fitted) == 5
    coded = code_metrics(rows, catalogue)
    families = {"logistic": take_regression(model.fitted)}
    again = fit_step(rows, steps[0], coded, catalogue, families, model.rounds, model_params)
    first = predicted[predicted["step"] == 1]
    for family in LEARNED:
        expected = again[family].predict(rows[steps[0].predict])
        assert first[family].to_numpy() == pytest.approx(expected, abs=1e-3)


def test_a_history_that_a_step_does_not_share_is_fitted_again(rows, catalogue, model_params, monkeypatch):
    """Check that a first step that knows one row less than the history fits all six."""
    fitted = []
    monkeypatch.setattr(walk_module, "fit_step", lambda *given: fitted.append(given) or fit_step(*given))
    less = rows.assign(fold=rows["fold"].where(rows.index != 0, "embargoed"))
    walk(less, catalogue, model_params)
    assert len(fitted) == 6


def test_no_step_knows_what_comes_later(rows, walked, catalogue, model_params):
    """Check that turning every label not known when the fourth step began changes nothing up to it.

    Compared are the predictions of both families at the first four steps and what these chose.
    """
    _, steps, (predicted, choices) = walked
    is_later = (rows["label_known_at"] > steps[3].began_at).to_numpy()
    turned = rows.assign(label=np.where(is_later, 1 - rows["label"], rows["label"]))
    _, _, (again, chosen_again) = walk(turned, catalogue, model_params)
    assert is_later[steps[2].predict].any()
    columns = [*LEARNED, "step", "family", "calibrated", "shift", "recentring"]
    is_early = ~(predicted["step"] > 4)
    assert_frame_equal(again.loc[is_early, columns], predicted.loc[is_early, columns])
    assert chosen_again[:4] == choices[:4]
    assert not again["label"].equals(predicted["label"])


def test_all_predictions_come_out_with_their_folds(rows, walked):
    """Check that folds go on from those of the history and begin with the steps."""
    _, steps, (predicted, choices) = walked
    count = len(list_forward_folds(rows[rows["fold"] == "history"], CUTS))
    assert predicted["fold"].unique().tolist() == list(range(count + 6))
    begun = predicted.dropna(subset="step").groupby("step")["fold_from"].unique()
    assert [moments.tolist() for moments in begun] == [[step.began_at] for step in steps]
    assert len(choices) == 7
    assert not predicted.duplicated(["lead_id", "snapshot_at"]).any()


def test_log_odds_by_number_of_trees(rows, catalogue, model_params):
    """Check against the trees' own predictions with as many of them."""
    fitted = fit_family("boosting", rows, catalogue, model_params, 12)
    found = predict_by_rounds(fitted, rows, [3, 10, 12])
    booster, values = fitted.load(), fitted.encoding.transform(rows)
    for column, count in enumerate((3, 10, 12)):
        expected = booster.predict(values, raw_score=True, num_iteration=count)
        assert found[:, column] == pytest.approx(expected, abs=1e-12)
    assert found[:, -1] == pytest.approx(fitted.predict(rows), abs=1e-12)


def make_block(known_days: list[int], label: list[float], by_rounds: list[list[float]]) -> Block:
    known_at = pd.Timestamp("2026-01-01") + pd.to_timedelta(known_days, unit="D")
    rows = pd.DataFrame({"lead_id": range(len(label)), "label": label, "label_known_at": known_at})
    return Block(rows, {"boosting": np.array(by_rounds)}, rows, {}, [5, 10, 20])


def test_rounds_are_chosen_by_what_was_known():
    """Check that a row whose label comes later does not count, and that too few conversions choose nothing."""
    block = make_block([1, 1, 9], [1, 0, 1], [[0, 2, 9], [0, -2, 9], [0, -9, 9]])
    early, late = pd.Timestamp("2026-01-02"), pd.Timestamp("2026-01-31")
    assert choose_rounds([block], early, 7, 1) == 10
    assert choose_rounds([block], early, 7, 2) == 7
    assert choose_rounds([block], late, 7, 2) == 5
    assert choose_rounds([block], pd.NaT, 7, 2) == 5
    assert choose_rounds([], late, 7, 0) == 7
    second = make_block([1], [1], [[0, 1, 9]])
    assert choose_rounds([block, second], early, 7, 2) == 10


def drift(rows: pd.DataFrame, jump: float, more: float, seed: int) -> pd.DataFrame:
    """Return the rows with new labels; in the last third log-odds are higher by `jump` and there are `more` visits."""
    is_late = rows["sequence"] >= rows["sequence"].max() * 2 / 3
    rows = rows.assign(budget=rows["budget"].fillna(10), visits=rows["visits"] + np.where(is_late, more, 0))
    z = -2.7 + 0.08 * (rows["budget"] - 10) + 0.3 * (rows["visits"] - 3) + np.where(is_late, jump, 0)
    luck = np.random.default_rng(seed).random(len(rows))
    return rows.assign(label=(luck < 1 / (1 + np.exp(-z))).astype(float))


@pytest.fixture(scope="module")
def drifting(make_history, catalogue, model_params):
    """Walk over two histories of 2,400 leads: the rate triples without and with a reason that features see."""
    rows = fold(make_history(2400, seed=14))
    walks = {}
    for name, change in (("unseen", {"jump": 1.8, "more": 0.0}), ("seen", {"jump": 0.0, "more": 6.0})):
        changed = drift(rows, **change, seed=2)
        walks[name] = changed, walk(changed, catalogue, model_params)
    return walks


def measure_steps(predicted: pd.DataFrame) -> pd.DataFrame:
    """Return by step the shift used, what happened, and what was promised with and without it."""
    rolled = predicted[predicted["is_test"].eq(True)]
    p, without = (1 / (1 + np.exp(-z)) for z in (rolled["calibrated"] + rolled["recentring"], rolled["calibrated"]))
    return rolled.assign(p=p, without=without).groupby("step")[["recentring", "label", "p", "without"]].mean()


def test_probabilities_follow_a_rate_that_triples_unseen(drifting):
    """Check that from the fourth step on log-odds are shifted, promises are near the rate, and would not be without."""
    rows, (_, _, (predicted, _)) = drifting["unseen"]
    rate = rows.groupby(rows["fold"] == "test")["label"].mean()
    assert rate[True] > 2.8 * rate[False]
    steps = measure_steps(predicted)
    assert steps.loc[1, "p"] < 0.5 * steps.loc[1, "label"]
    assert (steps["recentring"].loc[4:] > 0).all()
    late = steps.loc[4:].mean()
    assert late["p"] == pytest.approx(late["label"], rel=0.2)
    assert late["without"] < 0.8 * late["label"]


def test_a_rate_that_triples_for_a_reason_needs_no_shift(drifting):
    """Check that promises follow by themselves, from the first step on, and are hardly shifted."""
    rows, (_, _, (predicted, _)) = drifting["seen"]
    rate = rows.groupby(rows["fold"] == "test")["label"].mean()
    assert rate[True] > 2.8 * rate[False]
    steps = measure_steps(predicted)
    assert steps["recentring"].abs().max() < 0.15
    assert steps["p"].mean() == pytest.approx(steps["label"].mean(), rel=0.15)
    assert steps.loc[1, "p"] == pytest.approx(steps.loc[1, "label"], rel=0.25)


def test_without_a_horizon_nothing_is_embargoed_or_recentred(make_history, catalogue, model_params):
    """Check that each step learns from all leads before it, and that shifts are 0 though the rate triples."""
    rows = drift(make_history(600, seed=12), 1.45, 0.0, seed=2).assign(label_known_at=pd.NaT)
    rows = fold(rows.astype({"label_known_at": "datetime64[us]"}))
    _, steps, (predicted, choices) = walk(rows, catalogue, model_params)
    assert steps[0].fit.sum() == 800
    assert steps[5].fit.sum() == 2 * (400 + 167)
    assert {choice.recentring.amount for choice in choices} == {0.0}
    assert predicted["shift"].dropna().eq(0).all()


def test_a_source_without_dates_can_be_walked(rows, catalogue, model_params):
    """Check that order alone is enough."""
    undated = rows[rows["age"] == "0h"].reset_index(drop=True).assign(age_days=np.nan)
    undated[["created_at", "snapshot_at", "label_known_at"]] = pd.NaT
    undated = fold(undated.astype({"label_known_at": "datetime64[us]"}))
    _, steps, (predicted, choices) = walk(undated, catalogue, model_params)
    assert len(steps) == 6
    assert np.isfinite(predicted.loc[predicted["is_test"].eq(True), "calibrated"].astype(float)).all()
    assert choices[-1].recentring.amount == 0
