"""Who meets a condition on a metric, of whom nobody can know it, and the condition in words."""

import numpy as np
import pandas as pd

from src.params import Condition


def find_matches(features: pd.DataFrame, condition: Condition) -> np.ndarray:
    """Return who meets the condition; a metric that is missing meets none."""
    values = features[condition.metric]
    if condition.among is not None:
        return values.isin(condition.among).to_numpy(bool)
    if condition.equals is not None:
        return (values == condition.equals).fillna(False).to_numpy(bool)
    if condition.at_least is not None:
        return (values >= condition.at_least).to_numpy(bool)
    return (values <= condition.at_most).to_numpy(bool)


def find_missing(features: pd.DataFrame, condition: Condition) -> np.ndarray:
    """Return of whom nobody knows whether they could meet the condition: the field was not given.

    That is where the metric is missing, or says itself that the field was not given (``has_...``).
    """
    values = features[condition.metric]
    if condition.metric.startswith("has_"):
        return (values.isna() | (values == 0)).to_numpy(bool)
    return values.isna().to_numpy(bool)


def describe_condition(condition: Condition) -> str:
    """Return the condition in words, e.g. ``km_to_site at most 60``."""
    if condition.among is not None:
        return f"{condition.metric} among {', '.join(condition.among)}"
    way = next(way for way in ("equals", "at_least", "at_most") if getattr(condition, way) is not None)
    value = getattr(condition, way)
    shown = value if isinstance(value, str) else f"{value:g}"
    return f"{condition.metric} {way.replace('_', ' ')} {shown}"
