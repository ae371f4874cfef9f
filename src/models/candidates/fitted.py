"""What every fitted candidate can do."""

from typing import Any, Protocol

import numpy as np
import pandas as pd


class Fitted(Protocol):
    """A candidate that was fitted."""

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        """Return log-odds, shape (rows,)."""

    def contribute(self, features: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
        """Return the base, shape (rows,), and the contribution of each feature, in log-odds."""

    def to_dict(self) -> dict[str, Any]:
        """Return what the candidate is made of, as plain values."""
