import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from src.models.measures import (
    Ranking,
    bin_rows,
    build_measures,
    compare_losses,
    draw_weights,
    fit_line,
    measure_ece,
    measure_with_intervals,
    simulate_ece,
    to_log_odds,
    to_probability,
)

# Few different probabilities and weights, so that ties and rows without weight are met often.
WEIGHTED_ROWS = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from([0.01, 0.2, 0.2, 0.5, 0.75, 0.99]), st.integers(0, 3)),
    min_size=2,
    max_size=30,
).filter(lambda rows: {y for y, _, w in rows if w} == {0, 1})


@given(WEIGHTED_ROWS)
@settings(max_examples=100)
def test_measures_agree_with_scikit_learn(rows):
    """Check each measure that scikit-learn has too, under weights and ties."""
    y, p, w = (np.array(column, float) for column in zip(*rows, strict=True))
    found = build_measures(y, p)(w)
    assert found["roc_auc"] == pytest.approx(roc_auc_score(y, p, sample_weight=w))
    assert found["average_precision"] == pytest.approx(average_precision_score(y, p, sample_weight=w))
    assert found["log_loss"] == pytest.approx(log_loss(y, p, sample_weight=w))
    assert found["brier"] == pytest.approx(brier_score_loss(y, p, sample_weight=w))
    assert found["base_rate"] == pytest.approx(np.repeat(y, w.astype(int)).mean())
    assert found["mean_probability"] == pytest.approx(np.repeat(p, w.astype(int)).mean())


@given(WEIGHTED_ROWS)
@settings(max_examples=60)
def test_a_weight_of_two_is_a_row_twice(rows):
    """Check that ranking measures of weighted rows are those of repeated rows."""
    y, p, w = (np.array(column, float) for column in zip(*rows, strict=True))
    again_y, again_p = np.repeat(y, w.astype(int)), np.repeat(p, w.astype(int))
    weighted, repeated = Ranking(y, p), Ranking(again_y, again_p)
    ones = np.ones(len(again_y))
    assert weighted.measure_lift(w, 0.1) == pytest.approx(repeated.measure_lift(ones, 0.1))
    assert weighted.measure_roc_auc(w) == pytest.approx(repeated.measure_roc_auc(ones))


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_one_class_has_no_ranking(label):
    """Check that the area under the curve is unknown then, not a number that looks like one."""
    figures = build_measures(np.full(4, label), np.array([0.1, 0.2, 0.3, 0.4]))(np.ones(4))
    assert np.isnan(figures["roc_auc"])
    assert np.isnan(figures["lift_at_10"]) == (label == 0)


def test_lift_shares_a_tie_evenly():
    """Check that half of a tie of two rows, one of which converts, holds half a conversion."""
    ranking = Ranking(np.array([1.0, 0, 1, 0]), np.array([0.9, 0.5, 0.5, 0.1]))
    # The top half: the first row and one of the tie, 1.5 conversions of 2.
    assert ranking.measure_lift(np.ones(4), 0.5) == pytest.approx((1.5 / 2) / 0.5)
    assert ranking.measure_lift(np.ones(4), 0.25) == pytest.approx((1 / 1) / 0.5)
    assert ranking.measure_lift(np.ones(4), 1.0) == pytest.approx(1)


def test_expected_calibration_error_by_hand():
    """Check twenty rows in ten bins of two: gaps of 0.1 in one bin and of 0.3 in another."""
    p = np.repeat(np.arange(10) / 10, 2)
    y, w = p.copy(), np.ones(20)
    y[4:6] = 0.3  # The bin of probability 0.2.
    y[12:14] = [0.8, 1.0]  # The bin of probability 0.6.
    shuffled = np.random.default_rng(0).permutation(20)
    bins = bin_rows(p[shuffled])
    assert np.bincount(bins).tolist() == [2] * 10
    assert measure_ece(y[shuffled], p[shuffled], w, bins) == pytest.approx((0.1 + 0.3) / 10)
    # Errors within a bin cancel: it is the mean that is compared.
    y[4:6] = [0.1, 0.3]
    assert measure_ece(y[shuffled], p[shuffled], w, bins) == pytest.approx(0.3 / 10)


def test_weights_count_in_the_calibration_error():
    """Check that a bin without weight says nothing, and a heavy one more."""
    y, p = np.array([1.0, 0.0]), np.array([0.6, 0.2])
    bins = np.array([9, 0])
    assert measure_ece(y, p, np.array([1.0, 0.0]), bins) == pytest.approx(0.4)
    assert measure_ece(y, p, np.array([1.0, 3.0]), bins) == pytest.approx((0.4 + 3 * 0.2) / 4)


def simulate(count: int, intercept: float, slope: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return labels, and log-odds that need this recalibration."""
    generator = np.random.default_rng(seed)
    z = generator.normal(-1, 1.5, count)
    return (generator.random(count) < to_probability(intercept + slope * z)).astype(float), z


@pytest.mark.parametrize(("intercept", "slope"), [(0.0, 1.0), (-1.0, 0.5), (0.7, 2.0)])
def test_the_line_is_that_of_a_logistic_regression(intercept, slope):
    """Check intercept and slope against scikit-learn without a penalty, under weights."""
    y, z = simulate(3000, intercept, slope)
    w = np.random.default_rng(1).integers(0, 3, len(y)).astype(float)
    model = LogisticRegression(C=np.inf, tol=1e-8).fit(z[:, None], y, sample_weight=w)
    assert fit_line(y, z, w) == pytest.approx((model.intercept_[0], model.coef_[0, 0]), abs=1e-4)
    assert fit_line(y, z, w) == pytest.approx((intercept, slope), abs=0.2)


def test_one_end_of_the_line_can_be_held():
    """Check the intercept at a slope of 1, and the slope at an intercept of 0, against scipy."""
    y, z = simulate(2000, 0.4, 1.3)
    w = np.ones(len(y))

    def measure_loss(intercept, slope):
        p = to_probability(intercept + slope * z)
        return -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p))

    intercept = minimize(lambda x: measure_loss(x[0], 1), [0.0]).x[0]
    slope = minimize(lambda x: measure_loss(0, x[0]), [1.0]).x[0]
    assert fit_line(y, z, w, with_slope=False) == (pytest.approx(intercept, abs=1e-4), 1)
    assert fit_line(y, z, w, with_intercept=False) == (0, pytest.approx(slope, abs=1e-4))
    figures = build_measures(y, to_probability(z))(w)
    assert figures["calibration_intercept"] == pytest.approx(intercept, abs=1e-4)
    assert figures["calibration_slope"] == pytest.approx(fit_line(y, z, w)[1], abs=1e-4)


def test_a_line_through_one_probability_stays_where_it_was():
    """Check that no slope is made up where all log-odds are the same."""
    assert fit_line(np.array([0.0, 1, 1]), np.full(3, -2.0), np.ones(3)) == (0, 1)


@given(st.floats(-13, 13))
def test_log_odds_and_probability_are_each_others_inverse(z):
    """Check it where nothing is clipped; beyond, log-odds stay finite."""
    assert to_log_odds(to_probability(np.array([z])))[0] == pytest.approx(z, abs=1e-6)
    assert np.isfinite(to_log_odds(np.array([0.0, 1.0]))).all()


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=12), st.integers(0, 5))
@settings(max_examples=30)
def test_a_persons_rows_are_resampled_together(persons, seed):
    """Check that rows of one person weigh the same, and as many persons are drawn as there are."""
    weights = draw_weights(pd.Series(persons), 20, seed)
    by_person = pd.DataFrame(weights.T).groupby(persons)
    assert (by_person.nunique() == 1).all(axis=None)
    assert (by_person.first().sum() == len(set(persons))).all()
    assert (weights == draw_weights(pd.Series(persons), 20, seed)).all()


def test_intervals_cover_the_truth_as_often_as_they_say():
    """Check 90 % intervals of a known base rate and Brier score on a hundred simulated tests.

    A hundred trials with a chance of 0.9 give 82 to 97 but for one time in a hundred.
    """
    p = np.linspace(0.05, 0.6, 150)
    covered = {"base_rate": 0, "brier": 0, "roc_auc": 0}
    truth = {"base_rate": p.mean(), "brier": (p * (1 - p)).mean()}
    chance = p[:, None] * (1 - p[None, :])
    above = np.where(p[:, None] > p[None, :], 1.0, np.where(p[:, None] == p[None, :], 0.5, 0.0))
    truth["roc_auc"] = (chance * above).sum() / chance.sum()
    generator = np.random.default_rng(5)
    for seed in range(100):
        # Rows are drawn anew as well, as in the resampling.
        drawn = generator.choice(p, len(p))
        y = (generator.random(len(p)) < drawn).astype(float)
        weights = draw_weights(pd.Series(range(len(p))), 60, seed)
        measure = measure_few(y, drawn)
        low, high = np.quantile(np.array([measure(w) for w in weights]), [0.05, 0.95], axis=0)
        for position, name in enumerate(covered):
            covered[name] += low[position] <= truth[name] <= high[position]
    assert all(80 <= count <= 98 for count in covered.values()), covered


def measure_few(y, p):
    """Return a function from weights to base rate, Brier score and ROC-AUC: the quick ones."""
    ranking = Ranking(y, p)
    return lambda w: (np.average(y, weights=w), np.average((y - p) ** 2, weights=w), ranking.measure_roc_auc(w))


def test_intervals_are_the_percentiles_of_the_resamples():
    """Check the interval of the base rate on four rows and five resamples, by hand."""
    y, p = np.array([1.0, 0, 0, 0]), np.array([0.6, 0.2, 0.3, 0.1])
    weights = np.array([[0, 2, 1, 1], [1, 1, 1, 1], [2, 0, 1, 1], [3, 1, 0, 0], [4, 0, 0, 0]], float)
    figures = measure_with_intervals(y, p, weights, confidence=0.5)
    # Base rates of the resamples: 0, 1/4, 2/4, 3/4, 1.
    assert (figures["base_rate"], figures["base_rate_low"], figures["base_rate_high"]) == (0.25, 0.25, 0.75)


def test_rows_of_one_person_widen_the_interval():
    """Check that ten snapshots of each lead are not ten times as much evidence."""
    y = np.repeat(simulate(60, 0, 1)[0], 10)
    spreads = []
    for cluster in (np.repeat(np.arange(60), 10), np.arange(600)):
        weights = draw_weights(pd.Series(cluster), 1000, seed=1)
        spreads.append(np.std(weights @ y / weights.sum(axis=1)))
    assert spreads[0] / spreads[1] == pytest.approx(np.sqrt(10), rel=0.15)


def test_the_error_of_perfect_probabilities_is_that_of_chance():
    """Check published magnitudes: base rate 9.7 %, ECE 0.021 of 1,000 rows, 0.009 of 5,000, 0.005 of 20,000."""
    for count, expected in ((1000, 0.021), (5000, 0.009), (20_000, 0.005)):
        p = np.random.default_rng(0).beta(0.9, 8.4, count)
        mean, limit, higher = simulate_ece(p, pd.Series(range(count)), seed=0, count=60).values()
        assert mean == pytest.approx(expected, rel=0.25)
        assert mean < limit <= higher < 2 * mean


def test_the_ages_of_one_lead_share_their_luck():
    """Check that five equal rows a lead are off by chance as a fifth of the rows would be."""
    p = np.random.default_rng(0).beta(0.9, 8.4, 1000)
    alone = simulate_ece(p, pd.Series(range(1000)), seed=0)["ece_if_calibrated"]
    repeated = simulate_ece(np.repeat(p, 5), pd.Series(np.repeat(range(1000), 5)), seed=0)["ece_if_calibrated"]
    assert repeated == pytest.approx(alone, rel=0.1)


def test_equal_probabilities_are_in_one_bin():
    """Check that of one probability for all, equal to the rate, the error is 0 however the rows are ordered."""
    p, y = np.full(40, 0.25), np.repeat([1.0, 0.0], [10, 30])
    assert len(set(bin_rows(p))) == 1
    assert measure_ece(y, p, np.ones(40), bin_rows(p)) == pytest.approx(0)
    assert bin_rows(np.arange(20) / 20).tolist() == np.repeat(np.arange(10), 2).tolist()


def test_no_line_is_fitted_where_there_is_none():
    """Check that one probability has no slope, one class no intercept, and that resamples like that are passed over."""
    flat = build_measures(np.array([1.0, 0, 0, 0]), np.full(4, 0.25))
    assert math.isnan(flat(np.ones(4))["calibration_slope"])
    assert flat(np.ones(4))["calibration_intercept"] == pytest.approx(0, abs=1e-6)
    assert math.isnan(flat(np.array([0.0, 1, 1, 1]))["calibration_intercept"])


def test_compared_losses_by_hand():
    """Check mean and clustered error: differences 1, 1 of one person and 0, 2 of two others."""
    first, second = np.array([2.0, 1, 1, 2]), np.array([1.0, 0, 1, 0])
    mean, error = compare_losses(first, second, pd.Series(["a", "a", "b", "c"]))
    # Deviations from the mean of 1 sum to 0, -1 and 1 by person.
    assert (mean, error) == (1, pytest.approx(np.sqrt(2) / 4))
    # All rows of one person: the error of one draw is not known to be anything.
    assert compare_losses(first, second, pd.Series(["a"] * 4)) == (1, 0)
    clustered = compare_losses(first, second, pd.Series(["b", "a", "b", "a"]))
    # Now -1 and 1 lie with persons b and a.
    assert clustered == (1, pytest.approx(np.sqrt(2) / 4))
    assert compare_losses(first, second, pd.Series(["a", "b", "c", "c"])) == (1, 0)
