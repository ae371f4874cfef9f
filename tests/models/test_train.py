import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from src.models.measures import to_probability
from src.models.saved import save_model
from src.models.train import train
from src.stage import InputError

CUTS = [0.4, 0.6, 0.8]


@pytest.fixture(scope="module")
def history(make_history):
    return make_history(240, seed=6)


@pytest.fixture(scope="module")
def trained(history, catalogue, model_params):
    return train(history, catalogue, CUTS, model_params)


def test_the_champion_is_fitted_on_the_whole_history(history, trained, catalogue):
    """Check family, catalogue and the oldest age, and that the history has not been changed."""
    model, forward = trained
    assert model.family in ("logistic", "boosting")
    assert model.catalogue == catalogue
    assert model.max_age_days == 7
    assert "base_rate" not in history
    assert len(forward) == 2 * 240 * 0.6


def test_forward_probabilities_are_the_champions_calibrated_ones(trained):
    """Check that log-odds are those of its family, and probabilities those after the line."""
    model, forward = trained
    assert forward["log_odds"].tolist() == forward[model.family].tolist()
    line = model.calibrator
    expected = to_probability(line.intercept + line.slope * forward["log_odds"].to_numpy())
    assert forward["probability"].tolist() == expected.tolist()


@pytest.mark.parametrize("threads", [1, 2])
def test_the_same_history_gives_the_same_bytes(threads, history, trained, catalogue, model_params, tmp_path):
    """Check every file of the model, fitted again with one thread and with two."""
    params = model_params.model_copy(update={"threads": threads})
    again = train(history.copy(), catalogue, CUTS, params)
    for name, (model, forward) in (("first", trained), ("second", again)):
        save_model(model, forward, "made_up", tmp_path / name)
    first, second = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("first", "second")
    )
    assert first == second


def test_nothing_is_better_than_the_base_rate_where_features_say_nothing(make_history, catalogue, model_params):
    """Check that with labels drawn without a look at the features the simplest candidate wins."""
    model, forward = train(make_history(240, seed=8, signal=0.0), catalogue, CUTS, model_params)
    assert model.family == "base_rate"
    assert forward["log_odds"].nunique() == 3


def test_a_history_without_dates_can_be_learned_from(history, catalogue, model_params):
    """Check that creation order is enough, and an unknown age no obstacle."""
    undated = history[history["age"] == "0h"].reset_index(drop=True).assign(age_days=np.nan)
    undated[["created_at", "snapshot_at", "label_known_at"]] = pd.NaT
    model, forward = train(undated, catalogue, CUTS, model_params)
    assert model.max_age_days == 0
    assert np.isfinite(model.predict(undated)).all()
    assert len(forward) == 240 * 0.6


def test_the_names_of_leads_do_not_matter(history, trained, catalogue, model_params):
    """Check that other keys give the same predictions: nothing is learned from them."""
    renamed = history.assign(lead_id="x" + history["lead_id"], person="y" + history["person"])
    _, forward = train(renamed, catalogue, CUTS, model_params)
    numbers = ["label", "base_rate", "logistic", "boosting", "probability"]
    assert_frame_equal(forward[numbers], trained[1][numbers])


def test_a_history_too_short_for_its_horizon_is_refused(history, catalogue, model_params):
    """Check the message where no cut date leaves known conversions before it."""
    unknown = history.assign(label_known_at=history["label_known_at"] + pd.Timedelta(days=400))
    with pytest.raises(InputError, match=r"\[too_short_history\].*folds\.cuts"):
        train(unknown, catalogue, CUTS, model_params)
