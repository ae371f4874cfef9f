"""The average of a regression's and of boosting's log-odds, which is itself a sum over features."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from src.models.candidates.boosting import FittedBoosting
from src.models.candidates.logistic import FittedLogistic


@dataclass(frozen=True)
class FittedAverage:
    """The two families err differently, so that their average errs less than either.

    Attributes
    ----------
    weight : float
        Of boosting; the regression has the rest.
    """

    weight: float
    logistic: FittedLogistic
    boosting: FittedBoosting

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        return self.join(self.logistic.predict(features), self.boosting.predict(features))

    def join(self, logistic: np.ndarray, boosting: np.ndarray) -> np.ndarray:
        return (1 - self.weight) * logistic + self.weight * boosting

    def contribute(self, features: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
        return self.join_parts(self.logistic.contribute(features), self.boosting.contribute(features))

    def join_parts(
        self, logistic: tuple[np.ndarray, pd.DataFrame], boosting: tuple[np.ndarray, pd.DataFrame]
    ) -> tuple[np.ndarray, pd.DataFrame]:
        """Return base and contributions from those of the two families; boosting has every feature."""
        parts = boosting[1] * self.weight
        linear = logistic[1].reindex(columns=parts.columns, fill_value=0.0).astype(float)
        return self.join(logistic[0], boosting[0]), parts + (1 - self.weight) * linear

    def to_dict(self) -> dict[str, Any]:
        return {"weight": self.weight, "logistic": self.logistic.to_dict(), "boosting": self.boosting.to_dict()}


def average_families(families: dict[str, Any], weight: float) -> Any:
    """Return the average of two of the fitted families, or the one of them that has all the weight."""
    if weight in (0.0, 1.0):
        return families["boosting" if weight else "logistic"]
    return FittedAverage(weight, families["logistic"], families["boosting"])


def take_regression(fitted: Any) -> FittedLogistic | None:
    """Return the regression that a fitted candidate is made of, or None."""
    fitted = fitted.logistic if isinstance(fitted, FittedAverage) else fitted
    return fitted if isinstance(fitted, FittedLogistic) else None


def take_trees(fitted: Any) -> FittedBoosting | None:
    """Return the trees that a fitted candidate is made of, or None."""
    fitted = fitted.boosting if isinstance(fitted, FittedAverage) else fitted
    return fitted if isinstance(fitted, FittedBoosting) else None
