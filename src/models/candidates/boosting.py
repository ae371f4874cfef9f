"""Gradient boosting with small, strongly regularised trees, by LightGBM."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from src.models.candidates.fitted import Fitted
from src.models.candidates.library import load_lightgbm
from src.models.encoding import CodedRows, TreeEncoding, fit_tree_encoding
from src.params import Model, Trees

MAX_BIN = 63
"""Bins a number is cut into: on lead tables finer ones cost time and gain nothing."""

MOST_ONE_AGAINST_REST = 1_000_000
"""Up to so many levels a split of a category sets one level apart: subsets of levels overfit."""

PATIENCE = 20
"""Rounds without a gain on later rows after which boosting stops."""


@dataclass(frozen=True)
class FittedBoosting:
    encoding: TreeEncoding
    text: str = field(repr=False)

    def load(self) -> Any:
        return load_lightgbm().Booster(model_str=self.text)

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        return self.load().predict(self.encoding.transform(features), raw_score=True)

    def contribute(self, features: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
        origins = self.encoding.list_origins()
        if not len(features):
            # LightGBM divides by the number of rows here.
            return np.empty(0), pd.DataFrame(np.empty((0, len(origins))), columns=origins)
        parts = self.load().predict(self.encoding.transform(features), pred_contrib=True)
        return parts[:, -1], pd.DataFrame(parts[:, :-1], columns=origins)

    def truncate(self, rounds: int) -> "FittedBoosting":
        """Return the model of the first `rounds` trees: what training would have ended with after so many."""
        return FittedBoosting(self.encoding, write_trees(self.load(), rounds))

    def to_dict(self) -> dict[str, Any]:
        return {"encoding": self.encoding.to_dict()}


def take_rounds(fitted: Fitted, rounds: int) -> Fitted:
    """Return a candidate that has, if it is one of trees, only the first `rounds` of them."""
    return fitted.truncate(rounds) if isinstance(fitted, FittedBoosting) else fitted


def narrow_search(params: Model, trees: Trees) -> Model:
    """Return the parameters with one size of trees to try: the one that was chosen."""
    boosting = params.boosting.model_copy(update={"search": [trees]})
    return params.model_copy(update={"boosting": boosting})


@dataclass(frozen=True)
class TreeData:
    """Rows cut into bins, and the encoding learned from them: trees of every size and all refits share both."""

    encoding: TreeEncoding
    bins: Any


@dataclass(frozen=True)
class Booster:
    """A LightGBM model and the encoding of its rows, with the loss of each round on later rows."""

    encoding: TreeEncoding
    booster: Any
    curve: list[float]

    def predict(self, features: pd.DataFrame, rounds: int) -> np.ndarray:
        values = self.encoding.transform(features)
        return self.booster.predict(values, raw_score=True, num_iteration=rounds)


def build_tree_data(rows: pd.DataFrame, coded: CodedRows, params: Model) -> TreeData:
    """Cut the features into bins, learned from the rows themselves: what comes later moves no bin and no level.

    Parameters
    ----------
    rows : DataFrame
        ``lead_id, label``.
    coded : CodedRows
        The features of the same rows.
    params : Model
    """
    lightgbm = load_lightgbm()

    encoding = fit_tree_encoding(coded, rows["lead_id"], params.min_category_leads)
    bins = lightgbm.Dataset(
        encoding.encode(coded),
        rows["label"].to_numpy(),
        categorical_feature=list(range(len(encoding.numbers), len(encoding.list_origins()))),
        params=list_bin_options(params),
    )
    return TreeData(encoding, bins.construct())


def train_booster(
    data: TreeData, params: Model, rounds: int, later: tuple[np.ndarray, np.ndarray] | None = None
) -> Booster:
    """Train at most `rounds` trees of the search's first size (see `narrow_search`).

    With `later` rows (encoded, and their labels), stop when their loss stops falling.
    """
    lightgbm = load_lightgbm()

    curve: dict[str, dict[str, list[float]]] = {}
    callbacks, valid = [], []
    if later is not None:
        valid = [data.bins.create_valid(*later)]
        callbacks = [
            lightgbm.record_evaluation(curve),
            lightgbm.early_stopping(PATIENCE, verbose=False),
        ]
    # Without keep_training_booster only the trees up to the lowest loss on the later rows would be
    # left, and that number is chosen over all folds together (`choose_rounds`), not by each for itself.
    booster = lightgbm.train(
        list_options(params),
        data.bins,
        num_boost_round=rounds,
        valid_sets=valid,
        callbacks=callbacks,
        keep_training_booster=True,
    )
    losses = curve["valid_0"]["binary_logloss"] if later is not None else []
    return Booster(data.encoding, booster, losses)


def fit_boosting(rows: pd.DataFrame, coded: CodedRows, params: Model, rounds: int) -> FittedBoosting:
    """Fit so many trees of the search's first size on rows with these features (see `build_tree_data`)."""
    return finish_booster(train_booster(build_tree_data(rows, coded, params), params, rounds))


def fit_weighted(data: TreeData, weights: np.ndarray, params: Model, rounds: int) -> FittedBoosting:
    """Fit trees where each row counts as often as its weight says, a whole number.

    A row that was drawn three times is one row of a leaf's least, not three; in all sums it is three.
    """
    drawn = np.flatnonzero(weights)
    bins = data.bins.subset(drawn).construct().set_weight(weights[drawn])
    return finish_booster(train_booster(TreeData(data.encoding, bins), params, rounds))


def list_bin_options(params: Model) -> dict[str, Any]:
    """Return LightGBM's options for cutting rows into bins, the same for every size of the search."""
    return {
        "verbosity": -1,
        "num_threads": 1,
        "seed": params.seed,
        "max_bin": MAX_BIN,
        # No column is left out that the smallest leaves of the search could part.
        "min_data_in_leaf": min(trees.min_data_in_leaf for trees in params.boosting.search),
    }


def list_options(params: Model) -> dict[str, Any]:
    """Return LightGBM's options: its results depend on nothing but these and the rows."""
    return {
        **list_bin_options(params),
        "objective": "binary",
        "deterministic": True,
        "force_col_wise": True,
        "max_cat_to_onehot": MOST_ONE_AGAINST_REST,
        **params.boosting.model_dump(exclude={"max_rounds", "search"}),
        **params.boosting.search[0].model_dump(),
    }


def finish_booster(trained: Booster) -> FittedBoosting:
    """Return the trained booster as text."""
    return FittedBoosting(trained.encoding, write_trees(trained.booster))


def write_trees(booster: Any, rounds: int = -1) -> str:
    """Return the first trees of LightGBM's booster, or all, without the parameters that only say how it was run."""
    lines = booster.model_to_string(num_iteration=rounds).split("\n")
    run_only = ("[num_threads:", "[num_machines:", "[machines:")
    return "\n".join(line for line in lines if not line.startswith(run_only))


def choose_rounds(curves: Sequence[list[float]], counts: Sequence[int]) -> int:
    """Return the number of rounds with the lowest loss over all later rows together.

    A curve that stopped early goes on at its last value.

    >>> choose_rounds([[0.5, 0.4, 0.45], [0.5, 0.45]], counts=[10, 10])
    2
    """
    longest = max(map(len, curves))
    filled = [np.pad(curve, (0, longest - len(curve)), mode="edge") for curve in curves]
    return int(np.argmin(np.average(filled, axis=0, weights=counts))) + 1
