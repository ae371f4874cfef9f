"""Logistic regressions with a Gaussian prior on their coefficients, by Newton's method.

The columns are a matrix without one for the intercept, whose coefficient comes first and has no penalty.
Products with the columns are taken in their own precision, sums over blocks of rows and all that is solved
in double precision.
"""

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from src.models.measures import to_probability

TOLERANCE = 1e-10
"""A fit ends where the next step lowers the loss by less than this a row: no digit that is shown moves."""

SLOW = 0.25
"""The curvature is measured anew once a step promises more than this part of what the step before did.

Measuring it costs as much as about six steps with an old one, which end at the same coefficients.
"""

ROUNDING = 1e-6
"""A step is not halved for a loss that is higher by less than this a row: single precision cannot tell."""

MOST_STEPS = 100

BLOCK = 4096
"""Rows whose columns are held a second time, scaled, while the curvature is added up."""


def fit_coefficients(columns: np.ndarray, label: np.ndarray, penalty: float, start: np.ndarray) -> np.ndarray:
    """Return the intercept and the coefficients with the lowest penalised loss, shape (1 + columns,).

    The loss is the sum of the rows' log losses and half the `penalty` times the sum of squared coefficients.

    Parameters
    ----------
    columns : ndarray, shape (rows, columns)
    label : ndarray, shape (rows,)
        0 or 1; both must occur.
    penalty : float
    start : ndarray, shape (1 + columns,)
        Where to begin: it decides how many steps are needed, not where they end.

    Raises
    ------
    ValueError
        One of the outcomes does not occur, so that there is no lowest loss.
    FloatingPointError
        A value of the columns is not finite.
    """
    if not 0 < label.sum() < len(label):
        raise ValueError("a logistic regression needs rows of both outcomes")
    held = spread_penalty(penalty, len(start))
    at, log_odds = start, predict_log_odds(columns, start)
    factor, fall = None, np.inf
    for _ in range(MOST_STEPS):
        gradient = differentiate(columns, to_probability(log_odds) - label) + held * at
        step = None if factor is None else cho_solve(factor, gradient)
        if step is None or gradient @ step > SLOW * fall:
            factor = cho_factor(measure_curvature(columns, log_odds) + np.diag(held))
            step = cho_solve(factor, gradient)
        fall = gradient @ step
        if fall <= TOLERANCE * len(label):
            return at - step
        at, log_odds = descend(columns, label, held, at, step)
    raise FloatingPointError(f"a logistic regression did not settle in {MOST_STEPS} steps")


def descend(
    columns: np.ndarray, label: np.ndarray, held: np.ndarray, at: np.ndarray, step: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the coefficients after the `step`, halved until it raises the loss no more, and their log-odds."""

    def measure_loss(at: np.ndarray, log_odds: np.ndarray) -> float:
        return (np.logaddexp(0, log_odds) - label * log_odds).sum() + held @ at**2 / 2

    bound = measure_loss(at, predict_log_odds(columns, at)) + ROUNDING * len(label)
    for share in 0.5 ** np.arange(30):
        reached = at - share * step
        log_odds = predict_log_odds(columns, reached)
        if measure_loss(reached, log_odds) <= bound:
            return reached, log_odds
    raise FloatingPointError("no step lowers the loss of a logistic regression")


def fit_parts(
    columns: np.ndarray,
    label: np.ndarray,
    is_used: np.ndarray,
    penalties: np.ndarray,
    start: np.ndarray,
    curvature: np.ndarray,
) -> np.ndarray:
    """Return the fits on parts of the columns, shape (parts, 1 + columns), 0 where a column is not used.

    All parts step with one `curvature`: such steps are cheap, since one pass over the rows serves every part,
    and end at each part's own lowest loss. A part for which they shrink too slowly goes on by itself.

    Parameters
    ----------
    columns, label
        See `fit_coefficients`.
    is_used : ndarray of bool, shape (parts, columns)
    penalties : ndarray, shape (parts,)
    start : ndarray, shape (1 + columns,)
        The fit on all columns, or one near it.
    curvature : ndarray, shape (1 + columns, 1 + columns)
        What `measure_curvature` finds there.
    """
    places = [np.append(0, 1 + np.flatnonzero(used)) for used in is_used]
    held = [spread_penalty(penalty, len(place)) for penalty, place in zip(penalties, places, strict=True)]
    factors = [
        cho_factor(curvature[np.ix_(place, place)] + np.diag(part)) for place, part in zip(places, held, strict=True)
    ]
    at = np.zeros((len(is_used), len(start)))
    for part, place in enumerate(places):
        at[part, place] = start[place]
    falls, going, slow = np.full(len(at), np.inf), list(range(len(at))), []
    while going:
        gradients = measure_gradients(columns, label, at[going].T)
        for part, gradient in zip(list(going), gradients.T, strict=True):
            place = places[part]
            downhill = gradient[place] + held[part] * at[part, place]
            step = cho_solve(factors[part], downhill)
            fall = downhill @ step
            if not fall <= SLOW * falls[part]:
                slow.append(part)
                going.remove(part)
                continue
            at[part, place] -= step
            falls[part] = fall
            if fall <= TOLERANCE * len(label):
                going.remove(part)
    for part in slow:
        used, place = is_used[part], places[part]
        at[part, place] = fit_coefficients(columns[:, used], label, penalties[part], at[part, place])
    return at


def spread_penalty(penalty: float, count: int) -> np.ndarray:
    """Return the penalty of each of so many coefficients: none of the intercept, which comes first."""
    return np.append(0.0, np.full(count - 1, penalty))


def predict_log_odds(columns: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return the rows' log-odds, shape (rows,), or (rows, fits) for coefficients of shape (1 + columns, fits)."""
    return at[0] + columns @ at[1:].astype(columns.dtype)


def differentiate(columns: np.ndarray, residual: np.ndarray) -> np.ndarray:
    """Return the derivative of the summed log loss by each coefficient; a residual is probability less label."""
    return np.concatenate([[residual.sum(axis=0)], columns.T @ residual.astype(columns.dtype)])


def measure_gradients(columns: np.ndarray, label: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return the derivatives of the summed log loss of several fits, shape (1 + columns, fits) as `at` is."""
    gradients = np.zeros(at.shape)
    for first in range(0, len(columns), BLOCK):
        block = columns[first : first + BLOCK]
        p = to_probability(predict_log_odds(block, at))
        gradients += differentiate(block, p - label[first : first + BLOCK, None])
    return gradients


def measure_curvature(columns: np.ndarray, log_odds: np.ndarray) -> np.ndarray:
    """Return the second derivative of the summed log loss, shape (1 + columns, 1 + columns)."""
    p = to_probability(log_odds)
    weight = p * (1 - p)
    count = columns.shape[1]
    curvature = np.zeros((1 + count, 1 + count))
    for first in range(0, len(columns), BLOCK):
        block, w = columns[first : first + BLOCK], weight[first : first + BLOCK]
        scaled = block * np.sqrt(w).astype(columns.dtype)[:, None]
        curvature[1:, 1:] += scaled.T @ scaled
        curvature[0, 1:] += block.T @ w.astype(columns.dtype)
    curvature[1:, 0], curvature[0, 0] = curvature[0, 1:], weight.sum()
    return curvature
