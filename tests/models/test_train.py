import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from src.data.sources import Objective
from src.models.candidates import FAMILIES
from src.models.dataset import fold_rows
from src.models.folds import describe_shortage
from src.models.measures import Ranking, draw_weights, find_interval, to_probability
from src.models.saved import save_model
from src.models.train import describe, search_forward, train
from src.params import Folds
from src.stage import InputError

ROOT = Path(__file__).parents[2]
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
    assert model.family in ("logistic", "average", "boosting")
    assert model.catalogue == catalogue
    assert model.max_age_days == 7
    assert "base_rate" not in history
    assert len(forward) == 2 * 240 * 0.6


def test_forward_probabilities_are_the_champions_calibrated_ones(trained):
    """Check that log-odds are the average of the families as it weighs them, and probabilities those after the line."""
    model, forward = trained
    joined = model.fitted.join(forward["logistic"], forward["boosting"])
    assert model.family == "average"
    assert forward["log_odds"].tolist() == joined.tolist()
    line = model.calibrator
    expected = to_probability(line.intercept + line.slope * forward["log_odds"].to_numpy())
    assert forward["probability"].tolist() == expected.tolist()


def read_saved(model, forward, folder):
    save_model(model, forward, "made_up", folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("threads", [1, 2])
def test_the_same_history_gives_the_same_bytes(threads, history, trained, catalogue, model_params, tmp_path):
    """Check every file of the model, fitted again with one thread and with two."""
    params = model_params.model_copy(update={"threads": threads})
    again = train(history.copy(), catalogue, CUTS, params)
    assert read_saved(*again, tmp_path / "again") == read_saved(*trained, tmp_path / "first")


def test_another_order_of_rows_gives_the_same_bytes(history, trained, catalogue, model_params, tmp_path):
    """Check every file of the model learned from shuffled rows and columns."""
    shuffled = history.sample(frac=1, random_state=3)[sorted(history, reverse=True)]
    again = train(shuffled, catalogue, CUTS, model_params)
    assert read_saved(*again, tmp_path / "again") == read_saved(*trained, tmp_path / "first")


PROGRAM = """
import sys
from pathlib import Path
from src.models.forward import fit_families, save_search
from src.models.saved import save_families, save_model
from src.models.train import choose_model, search_forward
from src.params import Model
from tests.conftest import CATALOGUE, draw_history

for threads in (1, 2):
    params = Model.model_validate_json(sys.argv[1]).model_copy(update={"threads": threads})
    history, folder = draw_history(160, seed=6), Path(sys.argv[2]) / str(threads)
    forward, search = search_forward(history, CATALOGUE, [0.4, 0.6, 0.8], params)
    families = fit_families(history, CATALOGUE, search, params)
    model, forward = choose_model(history, forward, search, families, CATALOGUE, params)
    save_model(model, forward, "made_up", folder)
    save_families(families, folder)
    save_search(search, folder)
"""


def test_threads_and_hash_seeds_change_no_byte(model_params, tmp_path):
    """Check every file that other processes save: two seeds of Python's hashes, one or two threads."""
    saved = []
    for seed in ("0", "1"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", PROGRAM, model_params.model_dump_json(), tmp_path / seed]
        subprocess.run(command, env=environment, cwd=ROOT, check=True)
        for folder in sorted((tmp_path / seed).iterdir()):
            saved.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert {"model.json", "forward.parquet", "search.json", "candidates.json"} <= set(saved[0])
    assert saved[1:] == saved[:1] * 3


@pytest.fixture(scope="module")
def dealt(history, catalogue, model_params):
    """Return forward predictions where the persons' labels were dealt out to others by chance."""
    persons, place = history["person"].unique(), history.groupby("person").cumcount()
    other = dict(zip(persons, np.random.default_rng(4).permutation(persons), strict=True))
    label = history.set_index(["person", place])["label"]
    keys = list(zip(history["person"].map(other), place, strict=True))
    return search_forward(history.assign(label=label.loc[keys].to_numpy()), catalogue, CUTS, model_params)[0]


@pytest.mark.parametrize("family", FAMILIES)
def test_permuted_labels_teach_nothing(family, dealt):
    """Check that the interval of no candidate's area under the curve leaves out 0.5."""
    ranking = Ranking(dealt["label"].to_numpy(), dealt[family].to_numpy())
    drawn = [ranking.measure_roc_auc(weights) for weights in draw_weights(dealt["person"], 200, seed=1)]
    low, high = find_interval(np.array(drawn), 0.95)
    assert low <= 0.5 <= high


def test_probabilities_are_hardly_apart_where_features_say_nothing(make_history, catalogue, model_params):
    """Check that with labels drawn without a look at the features new leads get about the rate, and no slope turns."""
    model, _ = train(make_history(240, seed=8, signal=0.0), catalogue, CUTS, model_params)
    later = make_history(240, seed=9, signal=0.0)
    rate = make_history(240, seed=8, signal=0.0)["label"].mean()
    assert model.calibrator.slope > 0
    assert np.abs(model.predict(later) - rate).mean() < 0.05


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
    numbers = ["label", *FAMILIES, "probability"]
    assert_frame_equal(forward[numbers], trained[1][numbers])


def test_a_history_too_short_for_its_horizon_is_refused(history, catalogue, model_params):
    """Check the message where no cut date leaves known conversions before it."""
    unknown = history.assign(label_known_at=history["label_known_at"] + pd.Timedelta(days=400))
    with pytest.raises(InputError, match=r"\[too_short_history\].*folds\.cuts.*declare a horizon_days shorter by \d+"):
        train(unknown, catalogue, CUTS, model_params)


def test_the_remedy_of_a_short_history_counts_its_days():
    """Check ten leads, one a day, known forty days later: the last cut is at the ninth, 32 days before the first.

    With a horizon of 40 - 33 days the first is known a day before that cut.
    """
    created = pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(10), unit="D")
    history = pd.DataFrame({"sequence": range(10), "created_at": created, "label": [1.0, 0.0] * 5})
    history["label_known_at"] = history["created_at"] + pd.Timedelta(days=40)
    said = describe_shortage(history, [0.5, 0.8])
    # The ninth lead came on 2026-01-09; the first failure is known on 2026-02-11, 33 days later.
    assert "by the last, 2026-01-09, no lead is known that does not convert; the first is known 34 days later" in said


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_one_class_after_the_first_cut_is_refused(label, history, catalogue, model_params):
    """Check that the message counts what there is and says what is needed."""
    first = history["sequence"] < 0.4 * 240
    one_class = history.assign(label=history["label"].where(first, label))
    count = int(label) * 144
    with pytest.raises(InputError, match=rf"\[one_class\] of the 144 leads .* {count} convert; .* at least 1 must"):
        train(one_class, catalogue, CUTS, model_params)


def test_few_conversions_are_refused_with_the_number_needed(make_history):
    """Check the refusal before any model is trained: how many convert and how many are needed.

    Of 90 leads, one each six hours, the test begins with the sixtieth; ten days earlier the twentieth came.
    Every tenth converts: those numbered 0, 10 and 20 are known.
    """
    rows = make_history(90, seed=1).drop(columns="is_quarantined")
    rows["label"], rows["is_current"] = (rows["sequence"] % 10 == 0).astype(float), False
    quarantine = pd.DataFrame({"lead_id": pd.Series([], dtype="str"), "reasons": pd.Series([], dtype="str")})
    folds = Folds(test_share=1 / 3, cuts=CUTS, min_conversions=50)
    for labels, count in ((rows["label"], 3), (0.0, 0)):
        with pytest.raises(
            InputError, match=rf"\[too_few_conversions\].*has {count} leads that convert; 50 are needed"
        ):
            fold_rows(rows.assign(label=labels), quarantine, Objective(converted=["won"], horizon_days=10), folds)


def test_the_stage_says_what_so_few_can_tell(trained):
    """Check that the line of log names the family, the conversions and the margin of the area."""
    conversions = trained[1].query("label == 1")["lead_id"].nunique()
    assert re.fullmatch(
        rf"{trained[0].family}, calibration slope \d\.\d\d, forward log loss 0\.\d{{4}}; {conversions} conversions: "
        r"ROC-AUC 0\.\d{3} ± 0\.\d{3}",
        describe(*trained, 0.95),
    )
