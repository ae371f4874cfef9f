import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from src import paths
from src.evaluation import rolling
from src.evaluation.rolling import fit_current, list_figures, measure_rolling
from src.evaluation.walk import Choice, Step
from src.files import read_json, read_table, write_table
from src.models.calibration import Calibrator
from src.models.candidates import LEARNED
from src.models.folds import assign_folds
from src.models.forward import fit_families, load_search, save_search
from src.models.recentring import Recentring
from src.models.saved import FORWARD, load_model, save_families, save_model, save_not_applicable
from src.models.train import choose_model, search_forward
from src.params import load_params

CUTS = [0.4, 0.6, 0.8]


@pytest.fixture(scope="module")
def params(model_params):
    params = load_params()
    evaluation = params.evaluation.model_copy(update={"bootstrap": 20, "assessable_conversions": 40})
    return params.model_copy(update={"model": model_params, "evaluation": evaluation})


@pytest.fixture(scope="module")
def rows(make_history):
    rows = make_history(240, seed=6)
    return rows.assign(fold=assign_folds(rows, 1 / 3), is_current=False)


@pytest.fixture(scope="module")
def searched(rows, catalogue, model_params):
    return search_forward(rows[rows["fold"] == "history"], catalogue, CUTS, model_params)


@pytest.fixture(scope="module")
def families(rows, searched, catalogue, model_params):
    return fit_families(rows[rows["fold"] == "history"], catalogue, searched[1], model_params)


@pytest.fixture(scope="module")
def trained(rows, searched, families, catalogue, model_params):
    return choose_model(rows[rows["fold"] == "history"], *searched, families, catalogue, model_params)


@pytest.fixture
def project(tmp_path, monkeypatch, params, rows, searched, families, trained):
    """Make the working folder one with a dataset and its trained model; the rolling stage is for `sale`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["rolling", "sale"])
    monkeypatch.setattr(rolling, "load_params", lambda: params)
    write_table(rows, paths.processed("sale"))
    save_model(*trained, "made_up", paths.model_folder("sale"))
    save_families(families, paths.model_folder("sale"))
    save_search(searched[1], paths.model_folder("sale"))
    return tmp_path


def read_outputs(folder: Path) -> dict[str, bytes]:
    files = [*paths.current_model_folder("sale").iterdir(), paths.rolling("sale"), paths.rolling_predictions("sale")]
    return {file.name: (folder / file).read_bytes() for file in files}


def test_the_stage_writes_figures_predictions_and_the_model_of_today(project, rows):
    """Check the three outputs: their keys, one row a test row, and a model that predicts."""
    assert "refitted 6 times" in rolling.main()
    figures = read_json(paths.rolling("sale"))
    assert (figures["source"], figures["applicable"]) == ("sample", True)
    test = rows[rows["fold"] == "test"]
    found = figures["rolling"]
    assert (found["n"], found["leads"], found["base_rate"]) == (len(test), 80, test["label"].mean())
    assert len(found["steps"]) == 6
    assert found["log_loss_low"] < found["log_loss"] < found["log_loss_high"]
    assert found["difference"]["loss_difference"] == pytest.approx(
        found["log_loss"] - found["frozen"]["log_loss"], abs=1e-6
    )
    rolled, key = read_table(paths.rolling_predictions("sale")), ["lead_id", "snapshot_at"]
    assert rolled[key].to_numpy().tolist() == test[key].to_numpy().tolist()
    frozen = load_model(paths.model_folder("sale"))
    assert rolled["frozen_probability"].to_numpy() == pytest.approx(frozen.predict(test))
    current = load_model(paths.current_model_folder("sale"))
    assert found["current"]["family"] == current.family
    assert found["current"]["rows"] == len(rows)
    assert np.isfinite(current.predict(rows)).all()
    assert load_search(paths.current_model_folder("sale")).rounds == current.rounds


def test_the_same_files_come_out_of_one_thread_and_of_two(project, params, monkeypatch):
    """Check every byte."""
    rolling.main()
    first = read_outputs(project)
    model = params.model.model_copy(update={"threads": 2})
    monkeypatch.setattr(rolling, "load_params", lambda: params.model_copy(update={"model": model}))
    rolling.main()
    assert read_outputs(project) == first


def test_the_model_of_today_carries_all_forward_predictions(project, rows, trained):
    """Check those of the history, of the leads that waited when the test began, and of the test."""
    rolling.main()
    forward = read_table(paths.current_model_folder("sale") / FORWARD)
    baselines = ("base_rate", "newest", "points", "naive_bayes")
    assert list(forward) == [column for column in trained[1] if column not in baselines]
    assert len(forward) > len(trained[1]) + (rows["fold"] == "test").sum()
    before = forward.iloc[: len(trained[1])]
    assert before[list(LEARNED)].to_numpy().tolist() == trained[1][list(LEARNED)].to_numpy().tolist()


def test_an_objective_that_the_source_does_not_know(project):
    """Check that every output is there and says so."""
    save_not_applicable("made_up", paths.model_folder("sale"))
    assert rolling.main().endswith("not applicable")
    assert json.loads(paths.rolling("sale").read_text())["applicable"] is False
    assert read_json(paths.current_model_folder("sale") / "model.json")["applicable"] is False
    assert read_table(paths.rolling_predictions("sale")).empty


def test_the_model_of_today_is_fitted_on_everything_and_promises_its_rate(rows, trained, params):
    """Check weights, slope and mean of the model, and that forward probabilities have its line without the shift."""
    model, forward = trained
    choice = Choice("average", 0.3, 5, Calibrator("temperature", 0.0, 1.2), Recentring())
    current, known, settled = fit_current(rows, forward, choice, model, params.model)
    assert (current.family, current.fitted.weight, current.calibrator.slope, current.max_age_days) == (
        "average",
        0.3,
        1.2,
        7,
    )
    assert replace(current, recentring=0.0).predict(rows).mean() == pytest.approx(rows["label"].mean(), abs=1e-4)
    assert settled.calibrator == current.calibrator
    assert settled.recentring.amount == current.recentring
    z = 0.7 * forward["logistic"] + 0.3 * forward["boosting"]
    assert known["log_odds"].to_numpy() == pytest.approx(z.to_numpy())
    assert known["probability"].to_numpy() == pytest.approx(1 / (1 + np.exp(-current.calibrator.calibrate(z))))


@pytest.fixture
def rolled():
    """Two steps of two leads each: at even odds before a shift of log 3 at the second, frozen at one in four."""
    rows = pd.DataFrame({"lead_id": list("abcd"), "label": [1.0, 0, 1, 1], "step": [1, 1, 2, 2]})
    rows["person"] = rows["lead_id"]
    rows["created_at"] = pd.date_range("2026-01-01", periods=4)
    rows["label_known_at"] = rows["created_at"] + pd.Timedelta(days=10)
    rows["calibrated"], rows["shift"] = 0.0, np.log(3)
    rows["recentring"] = np.where(rows["step"] == 2, np.log(3), 0)
    return rows.assign(probability=[0.5, 0.5, 0.75, 0.75], frozen_probability=0.25)


def test_figures_beside_the_frozen_model(rolled, params):
    """Check log losses by hand, their difference, and what shifts gained as decided and if always used."""
    found = measure_rolling(rolled, params.evaluation, seed=3)
    loss = -(2 * np.log(0.5) + 2 * np.log(0.75)) / 4
    frozen = -(3 * np.log(0.25) + np.log(0.75)) / 4
    assert found["log_loss"] == pytest.approx(loss)
    assert found["frozen"]["log_loss"] == pytest.approx(frozen)
    assert found["difference"]["loss_difference"] == pytest.approx(loss - frozen)
    recentring = found["recentring"]
    assert recentring["used"]["loss_difference"] == pytest.approx(-np.log(0.5) - loss)
    always = -(3 * np.log(0.75) + np.log(0.25)) / 4
    assert recentring["always"]["loss_difference"] == pytest.approx(-np.log(0.5) - always)
    assert (recentring["has_times"], recentring["steps_used"]) == (True, 1)


def test_each_step_says_what_it_promised(rolled):
    """Check times, counts and rates of both steps, and that only boosting has a number of trees."""
    nothing, everything = np.zeros(9, bool), np.ones(9, bool)
    steps = [Step(rolled["created_at"][0], everything, nothing), Step(rolled["created_at"][2], everything, nothing)]
    none = Calibrator("none")
    choices = [Choice("logistic", 0.0, 20, none, Recentring()), Choice("boosting", 1.0, 20, none, Recentring())]
    first, second = list_figures(rolled, steps, choices)
    assert (first["from"], first["until"]) == ("2026-01-01 00:00:00", "2026-01-02 00:00:00")
    assert (first["base_rate"], first["mean_probability"]) == (0.5, 0.5)
    assert (second["base_rate"], second["mean_probability"], second["frozen_mean_probability"]) == (1, 0.75, 0.25)
    assert (first["rounds"], second["rounds"]) == (None, 20)
    assert (first["learned_rows"], first["newest"]) == (9, None)
