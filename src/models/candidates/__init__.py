"""The candidates, simplest first: each is fitted on rows, predicts log-odds and explains them.

A fitted candidate's log-odds are a base plus one contribution per feature, exactly. What it is
made of can be written as plain text: nothing is pickled.
"""

from typing import Any

from src.models.candidates.average import FittedAverage, average_families, take_regression, take_trees
from src.models.candidates.boosting import (
    Booster,
    FittedBoosting,
    TreeData,
    build_tree_data,
    choose_rounds,
    finish_booster,
    fit_boosting,
    fit_weighted,
    narrow_search,
    take_rounds,
    train_booster,
)
from src.models.candidates.fitted import Fitted
from src.models.candidates.logistic import FittedLogistic, fit_logistic
from src.models.candidates.naive_bayes import FittedNaiveBayes, fit_naive_bayes
from src.models.candidates.rules import (
    FittedBaseRate,
    FittedNewest,
    FittedPoints,
    fit_base_rate,
    fit_newest,
    fit_points,
)
from src.models.encoding import LinearEncoding, TreeEncoding
from src.params import Point

__all__ = [
    "FAMILIES",
    "LEARNED",
    "Booster",
    "Fitted",
    "FittedAverage",
    "FittedBoosting",
    "FittedLogistic",
    "TreeData",
    "average_families",
    "build_tree_data",
    "choose_rounds",
    "finish_booster",
    "fit_base_rate",
    "fit_boosting",
    "fit_logistic",
    "fit_naive_bayes",
    "fit_newest",
    "fit_points",
    "fit_weighted",
    "narrow_search",
    "restore",
    "take_regression",
    "take_rounds",
    "take_trees",
    "train_booster",
]

FAMILIES = ("base_rate", "newest", "points", "naive_bayes", "logistic", "boosting")
"""From the simplest to the least simple."""

LEARNED = ("logistic", "boosting")
"""Those that the model is made of; the others are baselines, which it is compared with."""


def restore(family: str, made_of: dict[str, Any], text: str | None) -> Fitted:
    """Return a fitted candidate from its plain values and, for boosting, its model file."""
    if family == "points":
        points = [Point.model_validate(point) for point in made_of["points"]]
        return FittedPoints(made_of["log_odds"], made_of["slope"], points)
    if family == "logistic":
        encoding = LinearEncoding(**made_of["encoding"])
        return FittedLogistic(encoding, made_of["intercept"], made_of["coefficients"])
    if family == "average":
        members = {member: restore(member, made_of[member], text) for member in LEARNED}
        return FittedAverage(made_of["weight"], **members)
    if family == "boosting":
        return FittedBoosting(TreeEncoding(**made_of["encoding"]), text)
    plain = {"base_rate": FittedBaseRate, "newest": FittedNewest, "naive_bayes": FittedNaiveBayes}
    return plain[family](**made_of)
