"""How good probabilities are: measures under row weights, and their intervals by resampled leads.

Every measure takes the labels `y` (0 or 1), the probabilities `p` and the weights `w` of the
rows; a bootstrap resample of leads is one vector of weights.
"""

import math
from collections.abc import Callable

import numpy as np
import pandas as pd

TINY = 1e-6
"""Probabilities are kept this far from 0 and 1 where a logarithm is taken."""

BINS = 10


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
        ordered = w[self.order]
        converted = np.cumsum(ordered * self.y)[self.ends]
        return converted, np.cumsum(ordered)[self.ends] - converted

    def measure_roc_auc(self, w: np.ndarray) -> float:
        """Return the chance that a conversion ranks above another lead; ties count half."""
        converted, other = self.cumulate(w)
        if converted[-1] == 0 or other[-1] == 0:
            return float("nan")
        area = np.trapezoid(np.append(0, converted), np.append(0, other))
        return float(area / converted[-1] / other[-1])

    def measure_average_precision(self, w: np.ndarray) -> float:
        converted, other = self.cumulate(w)
        if converted[-1] == 0:
            return float("nan")
        # Rows that a resample left out weigh nothing, also at the very top.
        precision = converted / np.maximum(converted + other, TINY)
        return float(np.sum(np.diff(converted, prepend=0) * precision) / converted[-1])

    def measure_lift(self, w: np.ndarray, share: float) -> float:
        """Return the rate in the top `share` over the rate of all, equal ranks shared evenly."""
        converted, other = self.cumulate(w)
        total = converted + other
        if converted[-1] == 0:
            return float("nan")
        reached = np.interp(share * total[-1], np.append(0, total), np.append(0, converted))
        return float(reached / share / converted[-1])


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
    intercept, slope = start
    for _ in range(25):
        p = to_probability(intercept + slope * z)
        v = w * p * (1 - p)
        residual = w * (y - p)
        gradient = np.array([residual.sum(), (residual * z).sum()])
        hessian = np.array([[v.sum(), (v * z).sum()], [(v * z).sum(), (v * z * z).sum()]])
        used = np.array([with_intercept, with_slope])
        if not used.any() or np.linalg.cond(hessian[np.ix_(used, used)]) > 1e12:
            break
        step = np.zeros(2)
        step[used] = np.linalg.solve(hessian[np.ix_(used, used)], gradient[used])
        step = np.clip(step, -2, 2)
        intercept, slope = intercept + step[0], slope + step[1]
        if np.abs(step).max() < 1e-6:
            break
    return float(intercept), float(slope)


def build_measures(y: np.ndarray, p: np.ndarray) -> Callable[[np.ndarray], dict[str, float]]:
    """Return a function from row weights to every measure of the probabilities `p`."""
    ranking, bins, z, ones = Ranking(y, p), bin_rows(p), to_log_odds(p), np.ones(len(y))
    # Resamples differ little from the whole: starting there saves most of Newton's steps.
    line = fit_line(y, z, ones)
    level = fit_line(y, z, ones, with_slope=False)
    losses, squares = measure_losses(y, p), (y - p) ** 2
    has_slope = bool(len(z)) and np.ptp(z) > 0

    def measure(w: np.ndarray) -> dict[str, float]:
        # Of one class, or one probability, there is no line to fit: Newton's last step is no figure.
        has_classes = 0 < w @ y < w.sum()
        return {
            "base_rate": float(np.average(y, weights=w)),
            "mean_probability": float(np.average(p, weights=w)),
            "roc_auc": ranking.measure_roc_auc(w),
            "average_precision": ranking.measure_average_precision(w),
            "log_loss": float(np.average(losses, weights=w)),
            "brier": float(np.average(squares, weights=w)),
            "ece": measure_ece(y, p, w, bins),
            # Slope of the recalibration; intercept with the slope held at 1, so that it says
            # how far all log-odds are too low (Van Calster et al. 2019).
            "calibration_slope": fit_line(y, z, w, start=line)[1] if has_classes and has_slope else math.nan,
            "calibration_intercept": fit_line(y, z, w, with_slope=False, start=level)[0] if has_classes else math.nan,
            "lift_at_10": ranking.measure_lift(w, 0.10),
        }

    return measure


def draw_weights(cluster: pd.Series, count: int, seed: int) -> np.ndarray:
    """Return row weights of `count` bootstrap resamples of the clusters, shape (count, rows).

    Rows of one person (all leads, all snapshots) come together or not at all.
    """
    codes, persons = pd.factorize(cluster)
    generator = np.random.default_rng(seed)
    draws = generator.integers(0, len(persons), size=(count, len(persons)))
    weights = np.stack([np.bincount(draw, minlength=len(persons)) for draw in draws])
    return weights[:, codes].astype(float)


def measure_with_intervals(y: np.ndarray, p: np.ndarray, weights: np.ndarray, confidence: float) -> dict[str, float]:
    """Return every measure and, as ``<name>_low`` and ``<name>_high``, its percentile interval."""
    measure = build_measures(y, p)
    figures = measure(np.ones(len(y)))
    resampled = pd.DataFrame([measure(w) for w in weights])
    for name in list(figures):
        # What a resample without conversions leaves undefined is passed over.
        ends = find_interval(resampled[name].dropna().to_numpy(), confidence)
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
