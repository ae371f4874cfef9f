"""Naive Bayes on frequencies, as CRM systems have it: each value's share among winners and losers.

Frequencies and smoothing are Odoo's. It multiplies them as if metrics knew nothing of each other; of
two hundred that say the same in many ways its probabilities are 0 or 1 and cost more than one rate for
everybody. So a line is fitted from the sum of the log ratios to the log-odds, as for hand-set points.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from src.features.catalogue import Metric
from src.models.candidates.rules import fit_rising_line
from src.models.encoding import CodedRows, choose_coded_levels, code_metrics, code_rows

SMOOTHING = 0.1
"""Added to each count, as Odoo's predictive lead scoring does."""

BINS = 5
"""Bins of equal counts that a number is cut into; where values repeat there are fewer."""


@dataclass(frozen=True)
class FittedNaiveBayes:
    """Log-odds are a base and, for each feature, the slope times the weight of its value.

    Attributes
    ----------
    log_odds, slope : float
        The line from the sum of weights to log-odds.
    cuts : dict of str to list of float
        Where the bins of each number end: a bin holds what is at most its end.
    levels : dict of str to list of str
        Levels of each category, see `list_levels`.
    weights : dict of str to list of float
        Log ratios of each feature's values, first for missing; then a number's bins, or a category's
        rare values and its levels.
    """

    log_odds: float
    slope: float
    cuts: dict[str, list[float]]
    levels: dict[str, list[str]]
    weights: dict[str, list[float]]

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        base, parts = self.contribute(features)
        return base + parts.sum(axis=1).to_numpy()

    def contribute(self, features: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
        coded = code_rows(features, list(self.cuts), list(self.levels))
        parts = {
            name: self.slope * np.array(weights)[find_values(coded, name, self.cuts.get(name), self.levels.get(name))]
            for name, weights in self.weights.items()
        }
        return np.full(len(features), self.log_odds), pd.DataFrame(parts, index=range(len(features)))

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def fit_naive_bayes(
    features: pd.DataFrame,
    label: np.ndarray,
    catalogue: list[Metric],
    min_leads: int,
    coded: CodedRows | None = None,
) -> FittedNaiveBayes:
    """Count the values of each feature among the rows that convert and among the others.

    A level of a category needs `min_leads` leads (``lead_id``). `coded` are the features of the same rows, where
    they have been read before.
    """
    coded = coded or code_metrics(features, catalogue)
    cuts = {name: cut_number(coded.get_number(name)) for name in coded.names}
    levels, weights = choose_coded_levels(coded, features["lead_id"], min_leads), {}
    total = np.zeros(len(features))
    for name in (metric.name for metric in catalogue):
        codes = find_values(coded, name, cuts.get(name), levels.get(name))
        ratios = weigh_values(codes, label, 2 + len(levels.get(name, cuts.get(name))))
        total += ratios[codes]
        weights[name] = ratios.tolist()
    return FittedNaiveBayes(*fit_rising_line(label, total), cuts, levels, weights)


def cut_number(values: np.ndarray) -> list[float]:
    """Return where bins of equal counts end, the last of them excepted."""
    known = values[~np.isnan(values)]
    if not len(known):
        return []
    return np.unique(np.quantile(known, np.arange(1, BINS) / BINS, method="lower")).tolist()


def find_values(rows: CodedRows, name: str, cuts: list[float] | None, levels: list[str] | None) -> np.ndarray:
    """Return the position of each row's value among its feature's weights, shape (rows,)."""
    if levels is None:
        values = rows.get_number(name)
        return np.where(np.isnan(values), 0, np.searchsorted(cuts, values) + 1)
    return np.where(rows.get_codes(name) < 0, 0, rows.find_codes(name, levels) + 2)


def weigh_values(codes: np.ndarray, label: np.ndarray, count: int) -> np.ndarray:
    """Return the log of each value's share among winners over that among losers, shape (count,).

    A value that no row has weighs nothing: nobody knows which way.
    """
    converted = np.bincount(codes, weights=label, minlength=count)
    other = np.bincount(codes, weights=1 - label, minlength=count)
    is_seen = converted + other > 0
    shares = [(counts + SMOOTHING) / (counts[is_seen] + SMOOTHING).sum() for counts in (converted, other)]
    return np.where(is_seen, np.log(shares[0] / shares[1]), 0.0)
