import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from src.models.candidates import (
    FAMILIES,
    build_tree_data,
    choose_rounds,
    finish_booster,
    fit_weighted,
    narrow_search,
    restore,
    take_rounds,
    train_booster,
)
from src.models.candidates.logistic import FittedLogistic, take_coefficients
from src.models.encoding import AGE, LinearEncoding, code_metrics, fit_linear_encoding
from src.models.forward import fit_family
from src.models.measures import to_probability
from src.params import Trees


def train_trees(rows, catalogue, params, rounds, later=None):
    data = build_tree_data(rows, code_metrics(rows, catalogue), params)
    if later is not None:
        later = data.encoding.transform(later), later["label"].to_numpy()
    return train_booster(data, params, rounds, later)


@pytest.fixture(scope="module")
def rows(make_history):
    return make_history(200, seed=1)


@pytest.fixture(scope="module")
def unseen(make_history):
    """Return other rows, some with a colour or a number that no row of the fit had, or without."""
    unseen = make_history(30, seed=2)
    unseen.loc[unseen.index[:10], "colour"] = "ultraviolet"
    unseen.loc[unseen.index[5:15], ["budget", "visits"]] = np.nan
    unseen.loc[unseen.index[15:20], ["budget", "visits"]] = 1e6
    unseen.loc[unseen.index[18:22], "colour"] = None
    return unseen


@pytest.fixture(scope="module")
def fitted(rows, catalogue, model_params):
    return {family: fit_family(family, rows, catalogue, model_params, rounds=15) for family in FAMILIES}


@pytest.mark.parametrize("family", FAMILIES)
def test_contributions_add_up_to_the_log_odds(family, fitted, unseen):
    """Check base plus parts of each row, also of values never seen and missing."""
    base, parts = fitted[family].contribute(unseen)
    log_odds = fitted[family].predict(unseen)
    assert base.shape == log_odds.shape == (len(unseen),)
    assert np.abs(base + parts.sum(axis=1).to_numpy() - log_odds).max() < 1e-9
    assert np.isfinite(log_odds).all()


@pytest.mark.parametrize("family", ["naive_bayes", "logistic", "boosting"])
def test_each_feature_has_its_contribution(family, fitted, unseen, catalogue):
    """Check that parts are named by feature, and move with that feature alone."""
    _, parts = fitted[family].contribute(unseen)
    assert set(parts) == {metric.name for metric in catalogue}
    if family != "boosting":
        _, moved = fitted[family].contribute(unseen.assign(colour="red"))
        same = [name for name in parts if name != "colour"]
        pd.testing.assert_frame_equal(moved[same], parts[same])
        assert moved["colour"].nunique() == 1


@pytest.mark.parametrize("family", FAMILIES)
def test_a_candidate_is_restored_from_plain_values(family, fitted, unseen):
    """Check that predictions are bit-equal after the way through a dictionary and a text."""
    candidate = fitted[family]
    again = restore(family, candidate.to_dict(), candidate.text if family == "boosting" else None)
    assert again.predict(unseen).tobytes() == candidate.predict(unseen).tobytes()


def test_the_logistic_regression_is_the_regularised_one(fitted, rows, catalogue, model_params):
    """Check the coefficients against scikit-learn's general solver in double precision; 5.0 is the whole variance."""
    values = fit_linear_encoding(rows, catalogue, 5).transform(rows)
    model = LogisticRegression(C=5.0 / values.shape[1], tol=1e-10, max_iter=1000).fit(values, rows["label"])
    assert fitted["logistic"].coefficients == pytest.approx(model.coef_[0].tolist(), abs=1e-3)
    assert fitted["logistic"].intercept == pytest.approx(model.intercept_[0], abs=1e-3)


def test_a_regression_without_a_column_is_the_base_rate(rows, model_params):
    """Check that where every metric is constant, as the age of leads scored at one, the rate of all is promised."""
    one_age = rows.assign(age_days=0.0)
    fitted = fit_family("logistic", one_age, [AGE], model_params)
    assert fitted.coefficients == []
    assert to_probability(fitted.predict(one_age.head(3))) == pytest.approx([rows["label"].mean()] * 3)
    base, parts = fitted.contribute(one_age.head(3))
    assert base + parts.sum(axis=1).to_numpy() == pytest.approx(fitted.predict(one_age.head(3)))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_second_fit_and_another_thread_give_the_same_bytes(family, fitted, rows, catalogue, model_params):
    """Check that what would be saved is the same twice, and with one or two threads."""
    for threads in (1, 2):
        params = model_params.model_copy(update={"threads": threads})
        again = fit_family(family, rows, catalogue, params, rounds=15)
        assert again.to_dict() == fitted[family].to_dict()
        if family == "boosting":
            assert again.text == fitted[family].text


def test_the_saved_text_does_not_say_how_it_was_run(fitted):
    """Check that thread counts are gone from LightGBM's text and the other parameters are not."""
    assert "num_threads" not in fitted["boosting"].text
    assert "[learning_rate: 0.2]" in fitted["boosting"].text


def test_the_text_predicts_what_was_trained(rows, unseen, catalogue, model_params):
    """Check that the model file loses no digit of the trees."""
    trained = train_trees(rows, catalogue, model_params, rounds=15)
    assert finish_booster(trained).predict(unseen).tolist() == trained.predict(unseen, 15).tolist()


def test_the_first_trees_are_those_of_a_shorter_training(fitted, rows, unseen, catalogue, model_params):
    """Check that fifteen trees cut down to four predict what four do, and that other candidates stay."""
    four = fit_family("boosting", rows, catalogue, model_params, rounds=4)
    assert take_rounds(fitted["boosting"], 4).predict(unseen).tolist() == four.predict(unseen).tolist()
    assert take_rounds(fitted["boosting"], 15).text == fitted["boosting"].text
    assert take_rounds(fitted["logistic"], 4) is fitted["logistic"]


def test_a_row_of_weight_two_counts_as_two_rows(rows, unseen, catalogue, model_params):
    """Check trees of weighted rows beside those of repeated ones, where leaves may be small and bins are the same."""
    params = narrow_search(model_params, Trees(num_leaves=4, min_data_in_leaf=1))
    few = [metric for metric in catalogue if metric.name != "budget"]
    weights = np.random.default_rng(3).poisson(1, len(rows))
    repeated = rows.iloc[np.repeat(np.arange(len(rows)), weights)]
    weighted = fit_weighted(build_tree_data(rows, code_metrics(rows, few), params), weights, params, 15)
    expected = fit_family("boosting", repeated, few, params, rounds=15)
    assert weighted.predict(unseen) == pytest.approx(expected.predict(unseen), abs=1e-6)
    level = fit_family("boosting", rows, few, params, rounds=15)
    assert np.abs(weighted.predict(unseen) - level.predict(unseen)).max() > 0.1


def test_training_stops_when_later_rows_gain_nothing(rows, catalogue, model_params):
    """Check that the curve holds the loss on the later rows, one a round, and that it ends early."""
    later = rows.assign(label=1 - rows["label"])
    trained = train_trees(rows, catalogue, model_params, 500, later)
    # The opposite labels: the first round is the best, and patience is twenty.
    assert len(trained.curve) == 21
    p = 1 / (1 + np.exp(-trained.predict(later, 1)))
    y = later["label"].to_numpy()
    assert trained.curve[0] == pytest.approx(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))


def test_trees_know_no_level_of_few_leads(rows, catalogue, model_params):
    """Check that four leads of a colour are too few for it where five are asked for."""
    few = rows["lead_id"].isin(rows["lead_id"].unique()[:4])
    trained = train_trees(rows.assign(colour=rows["colour"].mask(few, "teal")), catalogue, model_params, rounds=1)
    assert trained.encoding.levels == {"colour": ["blue", "green", "red"]}


def test_trees_have_the_size_that_was_chosen(rows, catalogue, model_params):
    """Check that the parameters narrowed to one size grow trees of it, and are left as they were."""
    two = narrow_search(model_params, Trees(num_leaves=2, min_data_in_leaf=40))
    trained = train_trees(rows, catalogue, two, rounds=3)
    leaves = trained.booster.trees_to_dataframe().query("left_child.isna()")
    assert leaves.groupby("tree_index").size().tolist() == [2, 2, 2]
    assert leaves["count"].min() >= 40
    assert model_params.boosting.search == [Trees(num_leaves=4, min_data_in_leaf=10)]


def test_trees_set_one_level_apart(rows, catalogue, model_params):
    """Check that no split gathers several levels, as LightGBM's own would with twenty colours."""
    colours = pd.Series([f"colour{number % 20}" for number in pd.factorize(rows["lead_id"])[0]], dtype="str")
    trained = train_trees(rows.assign(colour=colours.to_numpy()), catalogue, model_params, rounds=15)
    splits = trained.booster.trees_to_dataframe().query("decision_type == '=='")
    assert len(splits)
    assert not splits["threshold"].str.contains("||", regex=False).any()


def test_the_number_of_rounds_by_hand():
    """Check the lowest mean of two curves, one of which ended early, weighted by their rows."""
    assert choose_rounds([[0.5, 0.4, 0.45], [0.5, 0.45]], counts=[10, 10]) == 2
    assert choose_rounds([[0.5, 0.4, 0.3], [0.1, 0.3]], counts=[10, 100]) == 1
    assert choose_rounds([[0.5, 0.4, 0.3], [0.4, 0.3]], counts=[10, 100]) == 3


def test_a_regression_ends_where_it_would_whatever_it_starts_from(rows, catalogue, model_params, unseen):
    """Check the probabilities after a start from other rows and fewer columns, and that it does start there."""
    cold = fit_family("logistic", rows, catalogue, model_params)
    other = fit_family("logistic", rows.iloc[::2], catalogue[1:], model_params)
    warm = fit_family("logistic", rows, catalogue, model_params, start=other)
    p = [to_probability(fitted.predict(unseen)) for fitted in (cold, warm)]
    assert p[1] == pytest.approx(p[0], abs=1e-3)
    assert warm.coefficients != cold.coefficients


def test_coefficients_are_taken_over_by_what_a_column_says():
    """Check that colour = a keeps its coefficient in another place and that visits, unknown before, get 0."""
    fitted = FittedLogistic(LinearEncoding({}, {}, [], [], {"colour": ["a", "b"]}), 0.1, [0.2, 0.3])
    encoding = LinearEncoding({"visits": 0.0}, {"visits": 1.0}, [], [], {"colour": ["b", "a"]})
    assert take_coefficients(fitted, encoding) == [0.0, 0.3, 0.2]
