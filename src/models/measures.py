"""How good probabilities are: measures under row weights, and their intervals by resampled leads.

Every measure takes the labels `y` (0 or 1), the probabilities `p` and the weights `w` of the
rows; a bootstrap resample of leads is one vector of weights. Weights of shape (resamples, rows) give
each measure with shape (resamples,).
"""

import math
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

TINY = 1e-6
"""Probabilities are kept this far from 0 and 1 where a logarithm is taken."""

BINS = 10

MOST_AT_ONCE = 200_000
"""Rows times resamples that are measured together: more do not stay near the processor."""


SETTLED = 1e-4
"""Newton's last step of a line is smaller: what is left is of the order of its square."""


def to_log_odds(p: np.ndarray) -> np.ndarray:
    p = np.clip(p, TINY, 1 - TINY)
    return np.log(p / (1 - p))


def to_probability(log_odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-log_odds))


def measure_losses(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Return the log loss of each row."""
    p = np.clip(p, TINY, 1 - TINY)
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))


def measure_log_loss(y: np.ndarray, p: np.ndarray, w: np.ndarray) -> float:
    return float(np.average(measure_losses(y, p), weights=w))


class Ranking:
    """The rows from the highest probability to the lowest, sorted once for all resamples."""

    def __init__(self, y: np.ndarray, p: np.ndarray):
        self.order = np.argsort(-p, kind="stable")
        self.y = y[self.order]
        ordered = p[self.order]
        # Rows with equal probabilities share a rank: `ends` are where the ranks end.
        self.ends = np.append(np.flatnonzero(np.diff(ordered)), len(p) - 1)

    def cumulate(self, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return cumulated weight of conversions and of the others, at each distinct probability."""
        ordered = w[..., self.order]
        converted = np.cumsum(ordered * self.y, axis=-1)[..., self.ends]
        return converted, np.cumsum(ordered, axis=-1)[..., self.ends] - converted

    def measure_roc_auc(self, w: np.ndarray) -> float | np.ndarray:
        """Return the chance that a conversion ranks above another lead; ties count half."""
        return measure_in_parts(lambda part: compute_roc_auc(*self.cumulate(part)), w)

    def measure_average_precision(self, w: np.ndarray) -> float | np.ndarray:
        return measure_in_parts(lambda part: compute_average_precision(*self.cumulate(part)), w)

    def measure_lift(self, w: np.ndarray, share: float) -> float | np.ndarray:
        """Return the rate in the top `share` over the rate of all, equal ranks shared evenly."""
        return measure_in_parts(lambda part: compute_lift(*self.cumulate(part), share), w)


def measure_in_parts(measure: Callable[[np.ndarray], np.ndarray], w: np.ndarray) -> float | np.ndarray:
    """Return a measure under weights of shape (rows,) or (resamples, rows), a few resamples at a time."""
    if w.ndim == 1:
        return float(measure(w[None])[0])
    return np.concatenate([measure(part) for part in split_resamples(w)])


def split_resamples(w: np.ndarray) -> Iterator[np.ndarray]:
    """Return the weights of a few resamples at a time."""
    at_once = max(MOST_AT_ONCE // max(w.shape[1], 1), 1)
    return (w[first : first + at_once] for first in range(0, len(w), at_once))


def compute_roc_auc(converted: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the area from cumulated weights (`Ranking.cumulate`), shape (resamples,); nan for one class."""
    steps = np.diff(other, axis=1, prepend=0)
    area = (steps * converted).sum(axis=1) - (steps * np.diff(converted, axis=1, prepend=0)).sum(axis=1) / 2
    return divide(area, converted[:, -1] * other[:, -1])


def compute_average_precision(converted: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the average precision from cumulated weights, shape (resamples,); nan without conversions."""
    # Rows that a resample left out weigh nothing, also at the very top.
    precision = converted / np.maximum(converted + other, TINY)
    return divide((np.diff(converted, axis=1, prepend=0) * precision).sum(axis=1), converted[:, -1])


def compute_lift(converted: np.ndarray, other: np.ndarray, share: float) -> np.ndarray:
    """Return the lift from cumulated weights, shape (resamples,); nan without conversions."""
    total = converted + other
    reached = [
        np.interp(share * below[-1], np.append(0, below), np.append(0, found))
        for below, found in zip(total, converted, strict=True)
    ]
    return divide(np.array(reached) / share, converted[:, -1])


def divide(value: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Return the ratio, nan where it is by 0."""
    return np.divide(value, by, out=np.full(len(value), math.nan), where=by != 0)


def bin_rows(p: np.ndarray) -> np.ndarray:
    """Return the bin of each row: equal counts from the lowest to the highest probability.

    Equal probabilities are in one bin, that of the middle of them: parted, they would be binned by
    the order of the rows, which is that of time.
    """
    ordered = np.sort(p)
    middle = (np.searchsorted(ordered, p, "left") + np.searchsorted(ordered, p, "right") - 1) // 2
    return middle * BINS // max(len(p), 1)


def measure_ece(y: np.ndarray, p: np.ndarray, w: np.ndarray, bins: np.ndarray) -> float:
    """Return the expected calibration error: mean gap of rate and probability over `bins`."""
    gap = np.bincount(bins, weights=w * (y - p), minlength=BINS)
    return float(np.abs(gap).sum() / w.sum())


def fit_line(
    y: np.ndarray,
    z: np.ndarray,
    w: np.ndarray,
    with_slope: bool = True,
    with_intercept: bool = True,
    start: tuple[float, float] = (0.0, 1.0),
) -> tuple[float, float]:
    """Return (intercept, slope) of the logistic regression of `y` on log-odds `z`, by Newton.

    What is not fitted stays as in `start`.
    """
    intercepts, slopes = fit_lines(y, z, w[None], with_slope, with_intercept, start)
    return float(intercepts[0]), float(slopes[0])


def fit_lines(
    y: np.ndarray,
    z: np.ndarray,
    weights: np.ndarray,
    with_slope: bool = True,
    with_intercept: bool = True,
    start: tuple[float, float] = (0.0, 1.0),
) -> tuple[np.ndarray, np.ndarray]:
    """Return what `fit_line` does for each resample of `weights`: intercepts and slopes, shape (resamples,)."""
    line = np.tile(np.array(start, float), (len(weights), 1))
    used = np.array([with_intercept, with_slope], float)
    going = np.arange(len(weights)) if used.any() else np.array([], int)
    for turn in range(25):
        if not len(going):
            break
        # All begin on one line: there the sums are one product of matrices.
        at = line[going] if turn else line[:1]
        p = to_probability(at[:, :1] + at[:, 1:] * z)
        gradient, curvature = sum_derivatives(y, z, weights[going], p)
        step = np.clip(solve_pairs(gradient * used, curvature, used), -2, 2)
        line[going] += step
        going = going[np.abs(step).max(axis=1) >= SETTLED]
    return line[:, 0], line[:, 1]


def sum_derivatives(y: np.ndarray, z: np.ndarray, weights: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the derivative of the log-likelihood by intercept and slope, and the sums of its curvature.

    Parameters
    ----------
    p : ndarray, shape (resamples, rows) or (1, rows)

    Returns
    -------
    gradient : ndarray, shape (resamples, 2)
    curvature : ndarray, shape (resamples, 3)
        Weighted sums of p (1 - p) times 1, z and z squared.
    """
    residual, variance, powers = y - p, p * (1 - p), np.column_stack([np.ones(len(z)), z, z * z])
    if len(p) == 1 < len(weights):
        sums = weights @ np.hstack([residual.T * powers[:, :2], variance.T * powers])
        return sums[:, :2], sums[:, 2:]
    return (weights * residual) @ powers[:, :2], (weights * variance) @ powers


def solve_pairs(gradient: np.ndarray, curvature: np.ndarray, used: np.ndarray) -> np.ndarray:
    """Return Newton's steps of intercepts and slopes, shape (resamples, 2); none where there is no line to find."""
    first, mixed, last = curvature.T
    if not used.all():
        own = np.column_stack([first, last])
        return np.divide(gradient, own, out=np.zeros(gradient.shape), where=(own > 0) & (used > 0))
    determinant = first * last - mixed**2
    crossed = np.column_stack([last, first]) * gradient - mixed[:, None] * gradient[:, ::-1]
    has_line = (determinant > 1e-12 * first * last)[:, None]
    return np.divide(crossed, determinant[:, None], out=np.zeros(gradient.shape), where=has_line)


def build_measures(
    y: np.ndarray, p: np.ndarray
) -> Callable[[np.ndarray], dict[str, float]] | Callable[[np.ndarray], dict[str, np.ndarray]]:
    """Return a function from weights to every measure of the probabilities `p`.

    Of weights of shape (rows,) each measure is a number, of (resamples, rows) an array.
    """
    ranking, bins, z, ones = Ranking(y, p), bin_rows(p), to_log_odds(p), np.ones(len(y))
    # Resamples differ little from the whole: starting there saves most of Newton's steps.
    line = fit_line(y, z, ones)
    level = fit_line(y, z, ones, with_slope=False)
    means = np.column_stack([y, p, measure_losses(y, p), (y - p) ** 2])
    has_slope = bool(len(z)) and np.ptp(z) > 0

    def measure_part(w: np.ndarray) -> dict[str, np.ndarray]:
        base_rate, mean_probability, log_loss, brier = (w @ means / w.sum(axis=1)[:, None]).T
        converted, other = ranking.cumulate(w)
        # Of one class, or one probability, there is no line to fit: Newton's last step is no figure.
        has_classes = (converted[:, -1] > 0) & (other[:, -1] > 0)
        return {
            "base_rate": base_rate,
            "mean_probability": mean_probability,
            "roc_auc": compute_roc_auc(converted, other),
            "average_precision": compute_average_precision(converted, other),
            "log_loss": log_loss,
            "brier": brier,
            "ece": np.array([measure_ece(y, p, part, bins) for part in w]),
            # Slope of the recalibration; intercept with the slope held at 1, so that it says
            # how far all log-odds are too low (Van Calster et al. 2019).
            "calibration_slope": np.where(has_classes & has_slope, fit_lines(y, z, w, start=line)[1], math.nan),
            "calibration_intercept": np.where(
                has_classes, fit_lines(y, z, w, with_slope=False, start=level)[0], math.nan
            ),
            "lift_at_10": compute_lift(converted, other, 0.10),
        }

    def measure(w: np.ndarray) -> dict[str, float] | dict[str, np.ndarray]:
        if w.ndim == 1:
            return {name: float(values[0]) for name, values in measure_part(w[None]).items()}
        found = [measure_part(part) for part in split_resamples(w)]
        return {name: np.concatenate([part[name] for part in found]) for name in found[0]}

    return measure


def draw_weights(cluster: pd.Series, count: int, seed: int) -> np.ndarray:
    """Return row weights of `count` bootstrap resamples of the clusters, shape (count, rows).

    Rows of one person (all leads, all snapshots) come together or not at all.
    """
    codes, persons = pd.factorize(cluster)
    generator = np.random.default_rng(seed)
    draws = generator.integers(0, len(persons), size=(count, len(persons)))
    weights = np.stack([np.bincount(draw, minlength=len(persons)) for draw in draws]).astype(float)
    return weights[:, codes]


def measure_with_intervals(y: np.ndarray, p: np.ndarray, weights: np.ndarray, confidence: float) -> dict[str, float]:
    """Return every measure and, as ``<name>_low`` and ``<name>_high``, its percentile interval."""
    measure = build_measures(y, p)
    figures = measure(np.ones(len(y)))
    for name, resampled in measure(weights).items():
        # What a resample without conversions leaves undefined is passed over.
        ends = find_interval(resampled[~np.isnan(resampled)], confidence)
        figures[f"{name}_low"], figures[f"{name}_high"] = ends
    # Resampling adds noise to every gap, so that the percentiles of the ECE lie above it; what it may
    # be by chance says `simulate_ece`.
    return {name: value for name, value in figures.items() if name not in ("ece_low", "ece_high")}


def find_interval(resampled: np.ndarray, confidence: float) -> tuple[float, float]:
    """Return the percentile interval of a figure from its resampled values."""
    if not len(resampled):
        return float("nan"), float("nan")
    tail = (1 - confidence) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail])
    return float(low), float(high)


def simulate_ece(p: np.ndarray, lead: pd.Series, seed: int, count: int = 200) -> dict[str, float]:
    """Return mean, 95th and 98th percentile of the ECE that perfectly calibrated `p` would show.

    The rows of one `lead` share their luck: a lead that converts does so at all its ages.
    """
    generator = np.random.default_rng(seed)
    bins, w, codes = bin_rows(p), np.ones(len(p)), pd.factorize(lead)[0]
    luck = (generator.random(len(p))[codes] for _ in range(count))
    drawn = [measure_ece((draw < p).astype(float), p, w, bins) for draw in luck]
    return {
        "ece_if_calibrated": float(np.mean(drawn)),
        "ece_if_calibrated_95": float(np.quantile(drawn, 0.95)),
        "ece_if_calibrated_98": float(np.quantile(drawn, 0.98)),
    }


def compare_losses(first: np.ndarray, second: np.ndarray, cluster: pd.Series) -> tuple[float, float]:
    """Return the mean of `first - second` over rows and its standard error, clustered.

    The error treats the sums by cluster as independent (sandwich estimate of a ratio).
    """
    difference = first - second
    mean = difference.mean()
    by_cluster = pd.Series(difference - mean).groupby(pd.factorize(cluster)[0]).sum()
    return float(mean), float(np.sqrt((by_cluster**2).sum()) / len(difference))
