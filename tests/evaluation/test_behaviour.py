import numpy as np
import pandas as pd
import pytest

from src.evaluation.behaviour import (
    compare_half_lives,
    find_half_lives,
    is_of_opens,
    keep_half_life,
    list_opens,
    measure_half_lives,
    measure_parts_by_age,
)
from src.evaluation.refits import measure_without, predict_champion, share_refits
from src.features.catalogue import Metric
from src.models.calibration import Calibrator
from src.models.encoding import AGE
from src.models.forward import fit_family
from src.models.saved import SavedModel
from src.params import load_params

CUTS = [0.4, 0.6, 0.8]


def describe(name: str, group: str = "counts", origin: str = "page_viewed", kind: str = "implicit") -> Metric:
    return Metric(name, kind, group, "number", "activities", "What was done.", origin)


DECAYS = [
    describe("decayed_page_viewed_0.5d", "decayed, half-life 0.5 days"),
    describe("decayed_page_viewed_7d", "decayed, half-life 7 days"),
    describe("decayed_high_intent_7d", "high intent"),
    describe("decayed_page_viewed_17d", "decayed, half-life 17 days"),
]
OTHERS = [AGE, describe("count_page_viewed"), describe("days_since_page_viewed", "recency")]
IN_WINDOWS = [describe("count_page_viewed_7d", "last 7 days"), describe("weekly_trend", "rhythm")]


@pytest.fixture(scope="module")
def params(model_params):
    values = load_params()
    folds = values.folds.model_copy(update={"cuts": CUTS})
    evaluation = values.evaluation.model_copy(update={"bootstrap": 40, "confidence": 0.95})
    return values.model_copy(update={"model": model_params, "folds": folds, "evaluation": evaluation})


def split(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    is_test = rows["sequence"] >= rows["sequence"].max() * 2 / 3
    return rows[~is_test].reset_index(drop=True), rows[is_test].reset_index(drop=True)


def fit(history: pd.DataFrame, catalogue: list[Metric], params) -> SavedModel:
    fitted = fit_family("logistic", history, catalogue, params.model, 10)
    return SavedModel("logistic", fitted, Calibrator("none"), catalogue, 7.0, 10)


def test_one_half_life_is_kept_with_what_no_window_counts():
    """Check that 7 days keep both their decays, that 17 and windows go, and that totals and recency stay."""
    kept = keep_half_life([*OTHERS, *DECAYS, *IN_WINDOWS], 7.0)
    assert [metric.name for metric in kept] == [*(metric.name for metric in OTHERS), DECAYS[1].name, DECAYS[2].name]


def test_explicit_metric_with_a_name_like_a_window_stays():
    """Check that only behaviour is taken away."""
    told = describe("budget_30d", kind="explicit")
    assert keep_half_life([told], 7.0) == [told]


def test_half_lives_are_those_of_the_catalogue():
    """Check that each is found once, in order, and that windows are none."""
    assert find_half_lives([*OTHERS, *DECAYS, *IN_WINDOWS]) == [0.5, 7.0, 17.0]
    assert find_half_lives(OTHERS) == []


def test_half_lives_are_compared_by_hand():
    """Check mean and clustered error of two persons' losses, -ln 0.8 and -ln 0.4 against -ln 0.5 twice.

    The differences are d = -0.4700 and 0.2231, their mean -0.1234; deviations -0.3466 and 0.3466 give
    the error sqrt(2 x 0.3466^2) / 2 = 0.2451, and 1.96 times it is 0.4803.
    """
    p = {2.0: np.array([0.8, 0.4]), 7.0: np.array([0.5, 0.5])}
    found = compare_half_lives(np.array([1.0, 1.0]), p, 7.0, pd.Series(["a", "b"]), 0.95)
    ends = [found["2"][f"loss_difference{end}"] for end in ("", "_low", "_high")]
    assert ends == pytest.approx([-0.1234, -0.6037, 0.3569], abs=1e-4)
    assert [found["7"][f"loss_difference{end}"] for end in ("", "_low", "_high")] == [0, 0, 0]


def test_data_prefer_the_half_life_that_carries_the_signal(make_history, params):
    """Check that counts that say what converts beat noise surely, learned and measured in the history alone."""
    history = make_history(360, seed=9)
    noise = np.random.default_rng(1).normal(size=len(history))
    history["decayed_page_viewed_2d"], history["decayed_page_viewed_7d"] = history["visits"], noise
    metrics = [AGE, describe("decayed_page_viewed_2d"), describe("decayed_page_viewed_7d")]
    found = measure_half_lives(fit(history, metrics, params), history, params)
    assert found["guessed"] == 7.0
    assert found["rows"] == (history["sequence"] >= 144).sum()
    assert list(found["half_lives"]) == ["2", "7"]
    assert found["half_lives"]["2"]["loss_difference_high"] < 0


def test_one_half_life_has_nothing_to_be_compared_with(make_history, params):
    """Check that no figure is made up."""
    history = make_history(60, seed=1).assign(decayed_page_viewed_2d=1.0)
    model = fit(history, [AGE, describe("decayed_page_viewed_2d")], params)
    assert measure_half_lives(model, history, params) == {}


def test_each_age_is_measured_on_its_own_rows(params):
    """Check the loss at an age by hand: the explicit part errs by -ln 0.5, both by -ln 0.8, at one day only."""
    test = pd.DataFrame({"person": ["a", "b", "a", "b"], "age": ["0h", "0h", "1d", "1d"], "age_days": [0.0, 0, 1, 1]})
    test["label"] = [1.0, 0.0, 1.0, 0.0]
    half = np.full(4, 0.5)
    parts = {"explicit": half, "implicit": half, "both": np.array([0.5, 0.5, 0.8, 0.2])}
    found = measure_parts_by_age(parts, test, params)
    assert list(found) == ["0h", "1d"]
    assert found["0h"]["both"] == {"roc_auc": 0.5, "log_loss": pytest.approx(0.6931, abs=1e-4)}
    assert found["1d"]["both"] == {"roc_auc": 1.0, "log_loss": pytest.approx(0.2231, abs=1e-4)}
    assert found["0h"]["gain"]["loss_difference"] == 0
    assert found["1d"]["gain"]["loss_difference"] == pytest.approx(0.4700, abs=1e-4)
    assert found["1d"]["gain"]["loss_difference_low"] == pytest.approx(0.4700, abs=1e-4)


def test_opens_are_known_by_their_origin():
    """Check whole names of kinds among several, and that explicit metrics and longer names are none."""
    assert is_of_opens(describe("a", origin="email_opened"))
    assert is_of_opens(describe("a", origin="email_sent, email_opened"))
    assert not is_of_opens(describe("a", origin="email_opened_twice"))
    assert not is_of_opens(describe("a", origin="email_clicked"))
    assert not is_of_opens(describe("a", origin="email_opened", kind="explicit"))


def test_opens_are_left_out_with_and_without_the_false_ones(make_history, params, catalogue):
    """Check that metrics of people's opens stay in the first step and go in the second."""
    rows = make_history(360, seed=9)
    rows = rows.assign(count_email_opened=rows["sequence"] % 5 + 0.0, count_emails_read=rows["visits"])
    history, test = split(rows.drop(columns="visits"))
    raw, read = (
        describe("count_email_opened", origin="email_opened"),
        describe("count_emails_read", "e-mail", "email_opened"),
    )
    model = fit(history, [*catalogue[:3], raw, read], params)
    refit = share_refits(model, history, test, params.model)
    left_out = list_opens(model.catalogue)
    found = measure_without(model.catalogue, test, predict_champion(model, test), left_out, refit, params)
    assert {name: row["metrics"] for name, row in found.items()} == {"without_false": 1, "without_any": 2}
    assert found["without_false"]["loss_difference"] == pytest.approx(0, abs=0.005)
    assert found["without_any"]["loss_difference_low"] > 0.01


def test_source_without_opens_is_not_measured(catalogue):
    """Check that nothing is refitted without cause."""
    assert list_opens(catalogue) == {}
