from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from src.files import read_json
from src.models.calibration import Calibrator
from src.models.candidates import FAMILIES
from src.models.forward import fit_family
from src.models.saved import (
    SavedModel,
    Usual,
    is_applicable,
    load_families,
    load_model,
    save_families,
    save_model,
    save_not_applicable,
)

CALIBRATORS = {
    "base_rate": Calibrator("none"),
    "newest": Calibrator("none"),
    "points": Calibrator("temperature", 0.0, 0.7),
    "naive_bayes": Calibrator("temperature", 0.1, 0.6),
    "logistic": Calibrator("temperature", -0.3, 0.8),
    "boosting": Calibrator("temperature", 0.0, 1.2),
}


@pytest.fixture(scope="module")
def models(make_history, catalogue, model_params):
    """Return a calibrated model of each family."""
    rows = make_history(200, seed=4)
    return {
        family: SavedModel(
            family, fit_family(family, rows, catalogue, model_params, 10), CALIBRATORS[family], catalogue, 7.0, 10
        )
        for family in FAMILIES
    }


@pytest.fixture
def rows(make_history):
    """Return rows not in order of their index, some with values that no model has seen."""
    rows = make_history(40, seed=5).sample(frac=1, random_state=1)
    rows.loc[rows.index[:9], "colour"] = "ultraviolet"
    rows.loc[rows.index[4:12], ["visits", "budget"]] = np.nan
    rows["age_days"] = rows["age_days"] * 3
    return rows


@pytest.mark.parametrize("family", FAMILIES)
def test_a_model_is_loaded_as_it_was_saved(family, models, rows, tmp_path):
    """Check that probabilities and explanations are bit-equal, and nothing else has changed."""
    model, folder = models[family], tmp_path / "model"
    save_model(model, rows[["lead_id", "label"]], "made_up", folder)
    loaded = load_model(folder)
    assert loaded.predict(rows).tobytes() == model.predict(rows).tobytes()
    pd.testing.assert_frame_equal(loaded.explain(rows), model.explain(rows), check_exact=True)
    assert loaded == model
    assert is_applicable(folder)
    assert read_json(folder / "model.json")["source"] == "made_up"


@pytest.mark.parametrize("family", FAMILIES)
def test_the_files_are_text_and_a_table_never_a_pickle(family, models, rows, tmp_path):
    """Check the names in the folder, that text is text, and the same bytes for a second time."""
    written = []
    for name in ("first", "second"):
        save_model(models[family], rows[["lead_id", "label"]], "made_up", tmp_path / name)
        written.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})
    trees = {"boosting.txt"} if family == "boosting" else set()
    assert set(written[0]) == {"model.json", "forward.parquet", "manifest.json"} | trees
    assert written[0] == written[1]
    for name in set(written[0]) - {"forward.parquet"}:
        assert written[0][name].decode("utf-8").replace("\n", "").isprintable()
    assert written[0]["forward.parquet"].startswith(b"PAR1")


def test_an_older_model_leaves_no_file_behind(models, rows, tmp_path):
    """Check that a regression saved over trees has no trees in its folder."""
    folder = tmp_path / "model"
    for family in ("boosting", "logistic"):
        save_model(models[family], rows[["lead_id"]], "made_up", folder)
    assert sorted(path.name for path in folder.iterdir()) == ["forward.parquet", "manifest.json", "model.json"]


def test_all_families_are_loaded_as_they_were_saved(models, rows, tmp_path):
    """Check that log-odds are bit-equal, and names and order those of the candidates."""
    families = {family: models[family].fitted for family in FAMILIES}
    save_families(families, tmp_path)
    loaded = load_families(tmp_path)
    assert list(loaded) == list(FAMILIES)
    for family, fitted in families.items():
        assert loaded[family].predict(rows).tobytes() == fitted.predict(rows).tobytes()


def test_an_objective_the_source_does_not_know_has_no_model(tmp_path):
    """Check that the folder says so, and whose it is."""
    save_not_applicable("made_up", tmp_path / "model")
    assert not is_applicable(tmp_path / "model")
    assert read_json(tmp_path / "model" / "model.json") == {"source": "made_up", "applicable": False}


@pytest.mark.parametrize("family", FAMILIES)
def test_base_fit_and_engagement_are_the_log_odds(family, models, rows):
    """Check the sum of each row, in the order and with the index of the rows."""
    explained, p = models[family].explain(rows), models[family].predict(rows)
    assert explained.index.equals(rows.index)
    assert np.abs(explained.sum(axis=1) - np.log(p / (1 - p))).max() < 1e-9


@pytest.mark.parametrize("family", ["logistic", "boosting"])
def test_what_a_lead_told_is_fit_and_what_it_did_is_engagement(family, models, rows):
    """Check that an explicit feature moves the fit, an implicit one the engagement, the age the base.

    Trees share what features do together, so that this holds exactly for the regression alone.
    """
    model = models[family]
    before = model.explain(rows)
    for columns, part in (({"budget": 50.0, "colour": "red"}, "fit"), ({"visits": 9.0}, "engagement")):
        after = model.explain(rows.assign(**columns))
        assert not np.allclose(after[part], before[part])
        if family == "logistic":
            rest = ["base", *({"fit", "engagement"} - {part})]
            np.testing.assert_allclose(after[rest], before[rest], rtol=0, atol=1e-12)
    if family == "logistic":
        aged = model.explain(rows.assign(age_days=3.0))
        np.testing.assert_allclose(aged[["fit", "engagement"]], before[["fit", "engagement"]], rtol=0, atol=1e-12)
        assert not np.allclose(aged["base"], before["base"])


def test_what_is_usual_belongs_to_the_base(models, rows):
    """Check that means in the usual lead move log-odds to the base, times the slope, and change no probability."""
    model = models["logistic"]
    centred = replace(model, usual=Usual({"budget": 0.5, "visits": -2.0}))
    before, after = model.explain(rows), centred.explain(rows)
    np.testing.assert_allclose(after["fit"], before["fit"] - 0.8 * 0.5, rtol=0, atol=1e-12)
    np.testing.assert_allclose(after["engagement"], before["engagement"] + 0.8 * 2.0, rtol=0, atol=1e-12)
    np.testing.assert_allclose(after["base"], before["base"] + 0.8 * (0.5 - 2.0), rtol=0, atol=1e-12)
    assert (centred.predict(rows) == model.predict(rows)).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_older_leads_are_scored_at_the_last_trained_age(family, models, rows):
    """Check that a lead of 7 days, of 8 and of 1,000 has the same probability, and the rows stay."""
    at = {days: rows.assign(age_days=float(days)) for days in (7, 8, 1000)}
    found = {days: models[family].predict(old).tolist() for days, old in at.items()}
    assert found[7] == found[8] == found[1000]
    assert (at[1000]["age_days"] == 1000).all()


def test_an_unknown_age_stays_unknown(models, rows):
    """Check that a source without dates can be scored."""
    p = models["boosting"].predict(rows.assign(age_days=np.nan))
    assert np.isfinite(p).all()
