"""Candidates without learning but a level or a line: base rate, newest first, hand-set points."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from src.features.catalogue import Metric
from src.features.conditions import find_matches
from src.models.encoding import AGE
from src.models.measures import fit_line, to_log_odds
from src.params import Point


def fit_rising_line(label: np.ndarray, rank: np.ndarray) -> tuple[float, float]:
    """Return intercept and slope of the log-odds on a rule's `rank`; the slope is never below 0.

    A rule says who comes first. Where the labels contradict it, or all ranks are equal, it knows
    nothing and promises the base rate: turned around it would be another rule.
    """
    level, scale = float(to_log_odds(label.mean())), rank.std()
    if scale == 0:
        return level, 0.0
    intercept, slope = fit_line(label, rank / scale, np.ones(len(label)), start=(level, 0.0))
    return (intercept, float(slope / scale)) if slope > 0 else (level, 0.0)


@dataclass(frozen=True)
class FittedBaseRate:
    log_odds: float

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        return np.full(len(features), self.log_odds)

    def contribute(self, features: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
        return self.predict(features), pd.DataFrame(index=range(len(features)))

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def fit_base_rate(label: np.ndarray) -> FittedBaseRate:
    return FittedBaseRate(float(to_log_odds(label.mean())))


@dataclass(frozen=True)
class FittedNewest:
    """Newest first: log-odds fall with the logarithm of the lead's age, or stay level.

    Attributes
    ----------
    log_odds : float
        At the usual age, and where the age is unknown.
    slope : float
        Lost with each unit of log(1 + days).
    usual : float
        Mean log(1 + days) of the fitted rows.
    """

    log_odds: float
    slope: float
    usual: float

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        return self.log_odds + self.weigh_age(features)

    def weigh_age(self, features: pd.DataFrame) -> np.ndarray:
        age = np.log1p(features[AGE.name].to_numpy(float))
        return np.nan_to_num(self.slope * (self.usual - age), nan=0.0)

    def contribute(self, features: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
        return np.full(len(features), self.log_odds), pd.DataFrame({AGE.name: self.weigh_age(features)})

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def fit_newest(features: pd.DataFrame, label: np.ndarray) -> FittedNewest:
    """Fit how fast leads cool down.

    At one moment the newest lead is the one with the least age, so the age is all that a probability
    can take from this rule: where every lead is scored at one age it promises the base rate.
    """
    age = np.log1p(features[AGE.name].to_numpy(float))
    known = ~np.isnan(age)
    usual = float(age[known].mean()) if known.any() else 0.0
    log_odds, slope = fit_rising_line(label, np.where(known, usual - age, 0.0))
    return FittedNewest(log_odds, slope, usual)


@dataclass(frozen=True)
class FittedPoints:
    """Hand-set points and the line from their sum to log-odds."""

    log_odds: float
    slope: float
    points: list[Point]

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        # Points are added up before anything else, so that equal sums stay equal to the last digit.
        return self.log_odds + self.slope * add_points(features, self.points)

    def contribute(self, features: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
        by_metric = {name: self.slope * values for name, values in give_points(features, self.points).items()}
        return np.full(len(features), self.log_odds), pd.DataFrame(by_metric, index=range(len(features)))

    def to_dict(self) -> dict[str, Any]:
        points = [point.model_dump(exclude_none=True) for point in self.points]
        return {"log_odds": self.log_odds, "slope": self.slope, "points": points}


def fit_points(features: pd.DataFrame, label: np.ndarray, catalogue: list[Metric], points: list[Point]) -> FittedPoints:
    """Fit the line from the sum of the `points` to log-odds; metrics the catalogue lacks give none."""
    known = keep_known(points, catalogue)
    return FittedPoints(*fit_rising_line(label, add_points(features, known)), known)


def keep_known(points: list[Point], catalogue: list[Metric]) -> list[Point]:
    """Return the points for metrics of the `catalogue`."""
    names = {metric.name for metric in catalogue}
    return [point for point in points if point.metric in names]


def add_points(features: pd.DataFrame, points: list[Point]) -> np.ndarray:
    """Return the sum of the points of each row."""
    return np.zeros(len(features)) + sum(give_points(features, points).values())


def give_points(features: pd.DataFrame, points: list[Point]) -> dict[str, np.ndarray]:
    """Return the points of each row by metric; a missing value gives none."""
    given: dict[str, np.ndarray] = {}
    for point in points:
        worth = point.points * find_matches(features, point)
        given[point.metric] = given.get(point.metric, np.zeros(len(features))) + worth
    return given
