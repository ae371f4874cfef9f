"""Regularised logistic regression on standardised columns."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from src.features.catalogue import Metric
from src.models.encoding import LinearEncoding, fit_linear_encoding
from src.models.measures import to_log_odds
from src.params import Model


@dataclass(frozen=True)
class FittedLogistic:
    encoding: LinearEncoding
    intercept: float
    coefficients: list[float]

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        return self.intercept + self.encoding.transform(features) @ np.array(self.coefficients)

    def contribute(self, features: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
        parts = pd.DataFrame(self.encoding.transform(features) * np.array(self.coefficients))
        by_feature = parts.T.groupby(np.array(self.encoding.list_origins(), dtype=object), sort=False).sum().T
        return np.full(len(features), self.intercept), by_feature

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


def fit_logistic(features: pd.DataFrame, label: np.ndarray, catalogue: list[Metric], params: Model) -> FittedLogistic:
    """Fit an L2-regularised logistic regression on standardised columns."""
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    encoding = fit_linear_encoding(features, catalogue, params.min_category_leads)
    columns = len(encoding.list_origins())
    if not columns:
        return FittedLogistic(encoding, float(to_log_odds(label.mean())), [])
    # Single precision is enough for standardised columns under this penalty (probabilities differ
    # in the fourth digit) and halves the time. One BLAS thread: sums are always taken in one order.
    values = encoding.transform(features).astype(np.float32, order="C")
    with threadpool_limits(limits=1):
        model = LogisticRegression(C=share_variance(columns, params), solver="newton-cholesky")
        model.fit(values, label.astype(np.float32))
    return FittedLogistic(encoding, float(model.intercept_[0]), model.coef_[0].tolist())
