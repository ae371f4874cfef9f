import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from src.models.measures import to_log_odds, to_probability
from src.models.newton import (
    BLOCK,
    differentiate,
    fit_coefficients,
    fit_parts,
    measure_curvature,
    measure_gradients,
    predict_log_odds,
)


def draw(rows: int, count: int, seed: int, strength: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return correlated columns and labels that follow them, both outcomes among them."""
    generator = np.random.default_rng(seed)
    columns = generator.standard_normal((rows, count)) @ (np.eye(count) + 0.3)
    truth = strength * generator.standard_normal(count)
    label = (generator.random(rows) < to_probability(columns @ truth - 1)).astype(float)
    label[:2] = 0, 1
    return columns, label


def fit_by_others(columns: np.ndarray, label: np.ndarray, penalty: float) -> np.ndarray:
    model = LogisticRegression(C=1 / penalty, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(columns, label)
    return np.append(model.intercept_, model.coef_[0])


def fit_all_parts(columns, label, is_used, penalties, start) -> np.ndarray:
    curvature = measure_curvature(columns, predict_log_odds(columns, start))
    return fit_parts(columns, label, np.array(is_used), np.array(penalties), start, curvature)


def begin(label: np.ndarray, columns: np.ndarray) -> np.ndarray:
    return np.append(to_log_odds(label.mean()), np.zeros(columns.shape[1]))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("penalty", [0.5, 20.0])
def test_coefficients_are_those_of_scikit_learn(dtype, penalty):
    """Check every coefficient and the intercept against its own Newton solver, run to its end."""
    columns, label = draw(3000, 12, seed=1)
    found = fit_coefficients(columns.astype(dtype), label, penalty, begin(label, columns))
    assert found == pytest.approx(fit_by_others(columns, label, penalty), abs=2e-5)


@pytest.mark.parametrize("start", [0.0, 3.0, -8.0])
def test_where_it_begins_does_not_decide_where_it_ends(start):
    """Check starts so far off that a whole step of Newton's would overshoot."""
    columns, label = draw(800, 5, seed=2)
    found = fit_coefficients(columns, label, 1.0, np.full(6, start))
    assert found == pytest.approx(fit_by_others(columns, label, 1.0), abs=2e-5)


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), rows=st.integers(5, 60), count=st.integers(1, 8), strength=st.floats(0, 30))
def test_no_direction_lowers_the_loss_of_any_fit(seed, rows, count, strength):
    """Check the derivative on small tables, also where columns set the outcomes wholly apart."""
    columns, label = draw(rows, count, seed, strength)
    found = fit_coefficients(columns, label, 0.3, begin(label, columns))
    slope = differentiate(columns, to_probability(predict_log_odds(columns, found)) - label)
    slope[1:] += 0.3 * found[1:]
    # What a step could still gain, and so the slope, is bounded by the tolerance a row.
    assert np.abs(slope).max() < 1e-4 * rows


def test_one_column_by_hand():
    """Check that without a penalty worth the name 3 of 4 and 1 of 4 are fitted exactly: log-odds of +-log 3."""
    columns, label = np.array([[0.0]] * 4 + [[1.0]] * 4), np.array([1.0, 1, 1, 0, 1, 0, 0, 0])
    found = fit_coefficients(columns, label, 1e-9, np.zeros(2))
    assert found == pytest.approx([np.log(3), -2 * np.log(3)], abs=2e-5)


def test_a_heavy_penalty_leaves_the_rate_alone():
    """Check that the intercept has no penalty: with columns held at 0 it is the log-odds of the rate."""
    columns, label = draw(500, 3, seed=3)
    found = fit_coefficients(columns, label, 1e9, np.zeros(4))
    assert found == pytest.approx(begin(label, columns), abs=2e-5)


def test_derivatives_are_those_of_the_loss_over_more_than_a_block():
    """Check slope and curvature against differences of the loss, on rows that fill two blocks and a part."""
    columns, label = draw(2 * BLOCK + 17, 3, seed=4)
    at = np.array([-0.5, 0.2, -0.1, 0.3])

    def slope(at: np.ndarray) -> np.ndarray:
        return differentiate(columns, to_probability(predict_log_odds(columns, at)) - label)

    def loss(at: np.ndarray) -> float:
        z = predict_log_odds(columns, at)
        return float((np.logaddexp(0, z) - label * z).sum())

    moves = 1e-5 * np.eye(4)
    assert slope(at) == pytest.approx([(loss(at + move) - loss(at - move)) / 2e-5 for move in moves], rel=1e-5)
    differences = [(slope(at + move) - slope(at - move)) / 2e-5 for move in moves]
    curvature = measure_curvature(columns, predict_log_odds(columns, at))
    assert curvature == pytest.approx(np.array(differences), rel=1e-5)
    both = measure_gradients(columns, label, np.column_stack([at, 2 * at]))
    assert both == pytest.approx(np.column_stack([slope(at), slope(2 * at)]), rel=1e-9)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_parts_are_the_fits_on_their_own_columns(dtype):
    """Check parts with nearly all columns, with few, and with none, each with a penalty of its own."""
    columns, label = draw(3000, 10, seed=5)
    whole = fit_by_others(columns, label, 2.0)
    is_used = np.array([[True] * 9 + [False], [True, False] * 5, [False] * 9 + [True], [False] * 10])
    penalties = [2.0, 1.0, 0.5, 0.5]
    found = fit_all_parts(columns.astype(dtype), label, is_used, penalties, whole)
    for part, used, penalty in zip(found[:3], is_used, penalties, strict=False):
        alone = fit_by_others(columns[:, used], label, penalty)
        assert part[np.append(True, used)] == pytest.approx(alone, abs=2e-5)
        assert not part[1:][~used].any()
    assert found[3] == pytest.approx(begin(label, columns), abs=2e-5)


def test_a_part_far_from_the_whole_is_fitted_by_itself():
    """Check that the curvature of a start that is sure of itself leads no part astray."""
    columns, label = draw(2000, 4, seed=6)
    found = fit_all_parts(columns, label, [[True] * 4], [1.0], np.array([0.0, 4, -4, 4, 4]))
    assert found[0] == pytest.approx(fit_by_others(columns, label, 1.0), abs=2e-5)


@pytest.mark.parametrize("outcome", [0.0, 1.0])
def test_rows_of_one_outcome_are_refused(outcome):
    columns = draw(50, 2, seed=7)[0]
    with pytest.raises(ValueError, match="both outcomes"):
        fit_coefficients(columns, np.full(50, outcome), 1.0, np.zeros(3))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_refused(value):
    """Check that nothing is returned that only looks like a fit."""
    columns, label = draw(50, 2, seed=8)
    columns[3, 1] = value
    with np.errstate(invalid="ignore"), pytest.raises(ValueError, match="infs or NaNs"):
        fit_coefficients(columns, label, 1.0, np.zeros(3))
