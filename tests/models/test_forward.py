import numpy as np
import pandas as pd
import pytest

from src.models.candidates import FAMILIES, fit_base_rate, fit_logistic
from src.models.folds import list_forward_folds
from src.models.forward import fit_family, load_search, predict_forward, save_search, search_boosting
from src.params import Trees


@pytest.fixture(scope="module")
def history(make_history):
    return make_history(240, seed=3)


@pytest.fixture(scope="module")
def folds(history):
    return list_forward_folds(history, [0.4, 0.6, 0.8])


@pytest.fixture(scope="module")
def forward(history, folds, catalogue, model_params):
    return predict_forward(history, folds, catalogue, model_params)


def test_every_row_after_the_first_cut_is_predicted_once(history, forward):
    """Check rows, fold numbers and when each fold began."""
    rows, _ = forward
    expected = history[history["sequence"] >= 0.4 * 240]
    assert (
        rows[["lead_id", "snapshot_at"]].to_numpy().tolist() == expected[["lead_id", "snapshot_at"]].to_numpy().tolist()
    )
    assert rows.groupby("fold")["sequence"].agg(["min", "max"]).to_numpy().tolist() == [
        [96, 143],
        [144, 191],
        [192, 239],
    ]
    created_at = history.drop_duplicates("sequence").set_index("sequence")["created_at"]
    assert rows.groupby("fold")["fold_from"].unique().tolist() == [[created_at[start]] for start in (96, 144, 192)]


def test_predictions_are_those_of_candidates_fitted_on_what_was_known(history, folds, forward, catalogue, model_params):
    """Check each family's log-odds of the second fold against a fit of its own."""
    rows, search = forward
    fit, predict = history[folds[1].fit], history[folds[1].predict]
    label = fit["label"].to_numpy()
    found = rows[rows["fold"] == 1]
    assert found["base_rate"].tolist() == fit_base_rate(label).predict(predict).tolist()
    assert found["logistic"].tolist() == fit_logistic(fit, label, catalogue, model_params).predict(predict).tolist()
    boosting = fit_family("boosting", fit, catalogue, model_params, search.rounds)
    assert found["boosting"].to_numpy() == pytest.approx(boosting.predict(predict), abs=1e-12)
    for family in ("newest", "points", "naive_bayes"):
        assert found[family].tolist() == fit_family(family, fit, catalogue, model_params).predict(predict).tolist()


def test_labels_not_known_when_a_fold_began_change_nothing(history, forward, catalogue, model_params):
    """Check that turning the labels of embargoed rows around leaves all but the trees as they were.

    The number of rounds is chosen on all predicted rows, so boosting is compared in the next test.
    """
    (first, *_), (before, _) = list_forward_folds(history, [0.4, 0.6, 0.8]), forward
    start = before.loc[before["fold"] == 0, "fold_from"].iloc[0]
    is_unknown = (history["label_known_at"] > start).to_numpy()
    turned = history.assign(label=np.where(is_unknown, 1 - history["label"], history["label"]))
    after, _ = predict_forward(turned, [first], catalogue, model_params)
    rows = before["fold"] == 0
    assert is_unknown[~first.predict].any()
    for family in FAMILIES[:-1]:
        assert after[family].tolist() == before.loc[rows, family].tolist()


def test_features_of_later_rows_change_nothing(history, catalogue, model_params):
    """Check that with other numbers and new levels in all rows after a fold's, its predictions are the same.

    Neither the bins of the trees nor the levels of a category are learned from what comes later.
    """
    first, *_ = list_forward_folds(history, [0.4, 0.6, 0.8])
    is_later = ~first.fit & ~first.predict
    changed = history.assign(
        budget=history["budget"].mask(is_later, history["budget"] ** 2 + 1000),
        visits=history["visits"].mask(is_later, -history["visits"]),
        colour=history["colour"].mask(is_later, "teal"),
    )
    before, after = (predict_forward(rows, [first], catalogue, model_params)[0] for rows in (history, changed))
    assert is_later.any()
    for family in FAMILIES:
        assert after[family].tolist() == before[family].tolist()


def test_trees_of_a_fold_never_saw_its_labels(history, catalogue, model_params):
    """Check that the first round's trees are the same whatever became of the predicted rows."""
    params = model_params.model_copy(update={"boosting": model_params.boosting.model_copy(update={"max_rounds": 1})})
    (fold,) = list_forward_folds(history, [0.6])
    turned = history.assign(label=np.where(fold.predict, 1 - history["label"], history["label"]))
    first, second = (predict_forward(rows, [fold], catalogue, params)[0] for rows in (history, turned))
    assert first["boosting"].tolist() == second["boosting"].tolist()
    assert (first["label"] == 1 - second["label"]).all()


def test_a_signal_is_found_forward_in_time(forward):
    """Check that regression and boosting beat the base rate where features say something."""
    rows, search = forward
    p = {family: 1 / (1 + np.exp(-rows[family])) for family in FAMILIES}
    loss = {family: -np.log(np.where(rows["label"] == 1, p[family], 1 - p[family])).mean() for family in FAMILIES}
    assert max(loss[family] for family in FAMILIES[2:]) < loss["base_rate"]
    assert 1 <= search.rounds <= 30


class Constant:
    """Stands for the trees of one fold: it says the same of all rows."""

    def __init__(self, log_odds, curve):
        self.log_odds, self.curve = log_odds, curve

    def predict(self, rows, rounds):
        return np.array(self.log_odds) + (rounds - 1)


def test_the_search_keeps_its_first_size_unless_another_is_clearly_better(model_params):
    """Check what is kept, and the table of what was tried.

    Two rows convert and two do not. Log-odds of 0 cost log 2 a row. The other trees are 1 too high on the
    rows that convert and 1 too low on the rest, and so better on each; or on one row only.
    """
    sizes = [Trees(num_leaves=8, min_data_in_leaf=30), Trees(num_leaves=4, min_data_in_leaf=30)]
    params = model_params.model_copy(update={"boosting": model_params.boosting.model_copy(update={"search": sizes})})
    forward = pd.DataFrame({"label": [1.0, 1.0, 0.0, 0.0], "person": ["a", "b", "c", "d"]})
    first = [Constant([0.0, 0.0], [0.7, 0.8]), Constant([0.0, 0.0], [0.7, 0.8])]
    for second, kept in (([1.0, 1.0, -1.0, -1.0], 1), ([1.0, 0.0, 0.0, 0.0], 0)):
        other = [Constant(second[:2], [0.7]), Constant(second[2:], [0.7])]
        log_odds, search = search_boosting(forward, [first, other], [forward[:2], forward[2:]], params)
        assert search.trees == sizes[kept]
        assert search.rounds == 1
        assert log_odds.tolist() == (second if kept else [0.0] * 4)
        assert [row["num_leaves"] for row in search.tried] == [8, 4]
        loss = np.log(1 + np.exp(-np.abs(second))).mean()
        assert [row["log_loss"] for row in search.tried] == pytest.approx([np.log(2), loss])
        assert search.tried[kept]["loss_difference"] == search.tried[kept]["loss_error"] == 0


def test_a_search_is_loaded_as_it_was_saved(forward, tmp_path):
    """Check sizes, rounds and what was tried after the way through the file."""
    save_search(forward[1], tmp_path)
    assert load_search(tmp_path) == forward[1]
