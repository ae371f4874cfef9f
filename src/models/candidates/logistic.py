"""Regularised logistic regression on standardised columns."""

from contextlib import nullcontext
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from src.features.catalogue import Metric
from src.models.encoding import CodedRows, LinearEncoding, code_metrics, fit_linear_encoding
from src.models.measures import to_log_odds
from src.models.newton import fit_coefficients
from src.params import Model

MOST_AT_ONCE = 100_000_000
"""Rows times columns above which regressions wait for each other: two of them at once need not fit into memory."""

ONE_AFTER_ANOTHER = Lock()


@dataclass(frozen=True)
class FittedLogistic:
    encoding: LinearEncoding
    intercept: float
    coefficients: list[float]

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        return self.predict_columns(self.encoding.transform(features))

    def predict_columns(self, values: np.ndarray) -> np.ndarray:
        """Return the log-odds of rows that are encoded, shape (rows, columns)."""
        return self.intercept + values @ np.array(self.coefficients, dtype=values.dtype)

    def contribute(self, features: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
        return self.contribute_columns(self.encoding.transform(features))

    def contribute_columns(self, values: np.ndarray) -> tuple[np.ndarray, pd.DataFrame]:
        """Return what `contribute` does for rows that are encoded, shape (rows, columns)."""
        codes, names = pd.factorize(np.array(self.encoding.list_origins(), dtype=object))
        parts = np.zeros((len(values), len(names)), values.dtype)
        for column, (code, coefficient) in enumerate(zip(codes, self.coefficients, strict=True)):
            parts[:, code] += values[:, column] * coefficient
        return np.full(len(values), self.intercept), pd.DataFrame(parts, columns=names)

    def to_dict(self) -> dict[str, Any]:
        return {
            "encoding": self.encoding.to_dict(),
            "intercept": self.intercept,
            "coefficients": self.coefficients,
        }


def share_variance(columns: int, params: Model) -> float:
    """Return the prior variance of each of so many standardised coefficients: all share what is allowed in sum.

    A penalty of one size would hold a short list of columns as tightly as a long one.
    """
    return params.logistic.prior_variance / columns


def fit_logistic(
    features: pd.DataFrame,
    label: np.ndarray,
    catalogue: list[Metric],
    params: Model,
    start: FittedLogistic | None = None,
    coded: CodedRows | None = None,
) -> FittedLogistic:
    """Fit an L2-regularised logistic regression on standardised columns.

    For `start` see `fit_columns`; `coded` are the features of the same rows, where they have been read before.
    """
    coded = coded or code_metrics(features, catalogue)
    encoding = fit_linear_encoding(features, catalogue, params.min_category_leads, coded)
    is_large = len(features) * len(encoding.list_columns()) > MOST_AT_ONCE
    with ONE_AFTER_ANOTHER if is_large else nullcontext():
        # Single precision is enough for standardised columns under this penalty (probabilities differ
        # in the fourth digit) and halves the time.
        return fit_columns(encoding, encoding.encode(coded, np.float32), label, params, start)


def fit_columns(
    encoding: LinearEncoding,
    values: np.ndarray,
    label: np.ndarray,
    params: Model,
    start: FittedLogistic | None = None,
) -> FittedLogistic:
    """Fit the regression on rows that are encoded already, `values` of shape (rows, columns).

    To `start` at the coefficients of a regression on similar columns or rows saves half of Newton's steps;
    it ends where it would have from nothing, but for the solver's tolerance.
    """
    columns = values.shape[1]
    begin = np.append(to_log_odds(label.mean()), np.zeros(columns))
    if not columns:
        return FittedLogistic(encoding, float(begin[0]), [])
    if start is not None:
        begin = np.array([start.intercept, *take_coefficients(start, encoding)])
    # One BLAS thread: sums are always taken in one order.
    with threadpool_limits(limits=1):
        intercept, *coefficients = fit_coefficients(values, label, 1 / share_variance(columns, params), begin).tolist()
    return FittedLogistic(encoding, intercept, coefficients)


def take_coefficients(fitted: FittedLogistic, encoding: LinearEncoding) -> list[float]:
    """Return the coefficients of a regression for the columns of another encoding; 0 where it has none."""
    known = dict(zip(fitted.encoding.list_columns(), fitted.coefficients, strict=True))
    return [known.get(column, 0.0) for column in encoding.list_columns()]
