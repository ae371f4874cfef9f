import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.models.calibration import Calibrator
from src.models.candidates import FittedAverage
from src.models.checks import check_trees, is_tree
from src.models.forward import fit_family
from src.models.manifest import MANIFEST, write_manifest
from src.models.resampling import Refits, load_refits, save_refits
from src.models.saved import SavedModel, is_applicable, load_model, save_model
from src.stage import InputError


@pytest.fixture(scope="module")
def model(make_history, catalogue, model_params):
    """Return an average of a regression and of eight trees."""
    rows = make_history(200, seed=4)
    fits = [fit_family(family, rows, catalogue, model_params, 8) for family in ("logistic", "boosting")]
    return SavedModel("average", FittedAverage(0.4, *fits), Calibrator("temperature", 0.1, 0.9), catalogue, 7.0, 8)


@pytest.fixture
def folder(model, make_history, tmp_path):
    """Return the folder of the model and of two refits, as they were saved."""
    folder = tmp_path / "model"
    save_model(model, make_history(5, seed=1)[["lead_id"]], "made_up", folder)
    fits = [replace(model.fitted, logistic=replace(model.fitted.logistic, intercept=at)) for at in (-1.0, -1.2)]
    save_refits(Refits(fits, [model.calibrator] * 2, 1, {"any": 0.1}), folder)
    return folder


def load(folder):
    assert is_applicable(folder)
    found = load_model(folder)
    return found, load_refits(found, folder)


def refuse(folder, match: str) -> None:
    """Check that loading ends in one line which names the file and the remedy."""
    with pytest.raises(InputError, match=match) as refusal:
        load(folder)
    assert refusal.value.code == "damaged_model"
    assert "dvc repro" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_model_of_two_families_is_loaded_as_it_was_saved(model, folder, make_history):
    """Check bit-equal probabilities, the same model, and refits that share its trees."""
    rows = make_history(40, seed=5)
    found, refits = load(folder)
    assert found == model
    assert found.predict(rows).tobytes() == model.predict(rows).tobytes()
    assert [refit.logistic.intercept for refit in refits.fitted] == [-1.0, -1.2]
    assert refits.fitted[0].boosting == model.fitted.boosting


@pytest.mark.parametrize("name", ["model.json", "boosting.txt", "forward.parquet", "refits.json", MANIFEST])
def test_a_file_that_is_missing_is_named(folder, name):
    """Check every file."""
    (folder / name).unlink()
    refuse(folder, f"{name}: the model's file is missing")


@pytest.mark.parametrize("name", ["model.json", "boosting.txt", "forward.parquet", "refits.json"])
def test_a_file_that_was_changed_is_named(folder, name):
    """Check that one byte more is noticed in every file."""
    (folder / name).write_bytes((folder / name).read_bytes() + b" ")
    refuse(folder, f"{name}: it is not as it was")


def test_a_file_that_nobody_wrote_down_is_named(folder):
    """Check a pickle that was put beside the model."""
    (folder / "model.pkl").write_bytes(b"x")
    refuse(folder, "model.pkl: manifest.json does not list it")


def change(folder, name: str, keys: list, value) -> None:
    """Write a value into a file of the model, and its checksum into the manifest; None takes the key away."""
    saved = json.loads((folder / name).read_text())
    part = saved
    for key in keys[:-1]:
        part = part[key]
    if value is None:
        del part[keys[-1]]
    else:
        part[keys[-1]] = value
    (folder / name).write_text(json.dumps(saved))
    write_manifest(folder)


@pytest.mark.parametrize(
    ("name", "keys", "value", "match"),
    [
        ("model.json", ["calibrator", "slope"], float("nan"), "calibrator.slope"),
        ("model.json", ["calibrator", "slope"], -1.0, "calibrator.slope"),
        ("model.json", ["calibrator", "slope"], 0, "calibrator.slope"),
        ("model.json", ["calibrator", "intercept"], "0.1", "model.json"),
        ("model.json", ["calibrator"], None, "calibrator: Field required"),
        ("model.json", ["recentring"], float("inf"), "recentring"),
        ("model.json", ["family"], "oracle", "there is no family 'oracle'"),
        ("model.json", ["family"], "logistic", "encoding: Field required"),
        ("model.json", ["made_of", "weight"], 1.5, "weight"),
        ("model.json", ["made_of", "logistic", "coefficients", 0], float("nan"), "logistic.coefficients.0"),
        ("model.json", ["made_of", "logistic", "coefficients"], [0.1], "1 coefficients do not fit"),
        ("model.json", ["made_of", "boosting", "encoding", "numbers"], ["visits"], "boosting.txt: its trees"),
        ("model.json", ["catalogue", 0, "kind"], "guessed", "catalogue.0.kind"),
        ("refits.json", ["calibrators", 1, "slope"], -0.5, "calibrators.1.slope"),
        ("refits.json", ["lines", 0], [0.0], "0 coefficients do not fit"),
        ("refits.json", ["form_errors", "any"], -1.0, "form_errors.any"),
    ],
)
def test_a_value_that_cannot_be_is_named(folder, name, keys, value, match):
    """Check numbers, types, keys and lengths, also under a manifest that was made to fit."""
    change(folder, name, keys, value)
    if match == "model.json":
        # A number in quotes is read as a number: what is used is checked, not how it is written.
        assert load(folder)
        return
    refuse(folder, match)


def test_a_file_that_is_no_json_is_named(folder):
    """Check half an object."""
    (folder / "model.json").write_text('{"source": "made')
    write_manifest(folder)
    refuse(folder, "model.json: it is no JSON")


def count_features(model) -> int:
    return len(model.fitted.boosting.encoding.list_origins())


def test_whole_trees_pass(model, tmp_path):
    """Check the text that LightGBM wrote, and the one of no tree."""
    check_trees(model.fitted.boosting.text, count_features(model), tmp_path)
    check_trees(model.fitted.boosting.truncate(3).text, count_features(model), tmp_path)


@given(share=st.floats(0, 0.99))
def test_trees_that_are_cut_off_are_refused(model, share):
    """Check a cut anywhere before the end of the trees: LightGBM would end the process."""
    text = model.fitted.boosting.text
    text = text[: text.index("end of trees")]
    with pytest.raises(InputError, match="its trees are not whole"):
        check_trees(text[: int(share * len(text))], count_features(model), "boosting.txt")


TREE = """Tree=0
num_leaves=3
num_cat=1
split_feature=1 0
threshold=0.5 0
decision_type=2 1
left_child=1 -1
right_child=-3 -2
leaf_value=0.1 -0.2 0.3
cat_boundaries=0 1
cat_threshold=5
"""


def test_a_tree_is_read_by_hand():
    """Check two nodes: the first parts column 1, with the second to its left, which parts column 0."""
    assert is_tree(0, TREE, 2)
    assert is_tree(0, "Tree=0\nnum_leaves=1\nnum_cat=0\nleaf_value=0.1\n", 2)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("Tree=0", "Tree=1"),
        ("split_feature=1 0", "split_feature=2 0"),
        ("split_feature=1 0", "split_feature=1"),
        ("left_child=1 -1", "left_child=7 -1"),
        ("left_child=1 -1", "left_child=0 -1"),
        ("right_child=-3 -2", "right_child=-3 -3"),
        ("leaf_value=0.1 -0.2 0.3", "leaf_value=0.1 nan 0.3"),
        ("leaf_value=0.1 -0.2 0.3", "leaf_value=0.1 inf 0.3"),
        ("leaf_value=0.1 -0.2 0.3", "leaf_value=0.1 -0.2"),
        ("num_leaves=3", "num_leaves=4"),
        ("threshold=0.5 0", "threshold=0.5"),
        ("cat_boundaries=0 1", "cat_boundaries=0 9"),
        ("cat_boundaries=0 1", "cat_boundaries=0"),
    ],
)
def test_trees_with_nodes_that_cannot_be_are_refused(right, wrong):
    """Check columns, children, values and categories that LightGBM would look for outside of the tree."""
    assert not is_tree(0, TREE.replace(right, wrong), 2)


def test_numbers_of_the_trees_are_kept(model, make_history):
    """Check that what passes predicts as before."""
    rows = make_history(20, seed=2)
    assert np.isfinite(model.fitted.boosting.predict(rows)).all()
