"""Which leads are among the most probable."""

import numpy as np


def select_top(p: np.ndarray, share: float) -> np.ndarray:
    """Return which part of each row is among the `share` with the highest probability; ties are shared evenly.

    >>> select_top(np.array([0.9, 0.2, 0.2, 0.1]), 0.5).tolist()
    [1.0, 0.5, 0.5, 0.0]
    """
    _, place, count = np.unique(-p, return_inverse=True, return_counts=True)
    above = np.cumsum(count) - count
    return np.clip((share * len(p) - above) / count, 0, 1)[place]
