"""Gradient boosting with small, strongly regularised trees, by LightGBM."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from src.features.catalogue import Metric
from src.models.encoding import TreeEncoding, fit_tree_encoding
from src.params import Model, Trees

MAX_BIN = 63
"""Bins a number is cut into: on lead tables finer ones cost time and gain nothing."""

MOST_ONE_AGAINST_REST = 1_000_000
"""Up to so many levels a split of a category sets one level apart: subsets of levels overfit."""

PATIENCE = 40
"""Rounds without a gain on later rows after which boosting stops."""


@dataclass(frozen=True)
class FittedBoosting:
    encoding: TreeEncoding
    text: str = field(repr=False)

    def load(self) -> Any:
        import lightgbm

        return lightgbm.Booster(model_str=self.text)

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        return self.load().predict(self.encoding.transform(features), raw_score=True)

    def contribute(self, features: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
        origins = self.encoding.list_origins()
        if not len(features):
            # LightGBM divides by the number of rows here.
            return np.empty(0), pd.DataFrame(np.empty((0, len(origins))), columns=origins)
        parts = self.load().predict(self.encoding.transform(features), pred_contrib=True)
        return parts[:, -1], pd.DataFrame(parts[:, :-1], columns=origins)

    def to_dict(self) -> dict[str, Any]:
        return {"encoding": self.encoding.to_dict()}


def narrow_search(params: Model, trees: Trees) -> Model:
    """Return the parameters with one size of trees to try: the one that was chosen."""
    boosting = params.boosting.model_copy(update={"search": [trees]})
    return params.model_copy(update={"boosting": boosting})


@dataclass(frozen=True)
class Booster:
    """A LightGBM model and the encoding of its rows, with the loss of each round on later rows."""

    encoding: TreeEncoding
    booster: Any
    curve: list[float]

    def predict(self, features: pd.DataFrame, rounds: int) -> np.ndarray:
        values = self.encoding.transform(features)
        return self.booster.predict(values, raw_score=True, num_iteration=rounds)


def train_booster(
    features: pd.DataFrame,
    label: np.ndarray,
    catalogue: list[Metric],
    params: Model,
    rounds: int,
    later: tuple[pd.DataFrame, np.ndarray] | None = None,
) -> Booster:
    """Train at most `rounds` trees of the search's first size (see `narrow_search`).

    With `later` rows, stop when their loss stops falling.
    """
    import lightgbm

    encoding = fit_tree_encoding(features, catalogue, params.min_category_leads)
    columns = encoding.list_origins()
    categories = list(range(len(encoding.numbers), len(columns)))
    options = list_options(params)
    names = ("verbosity", "num_threads", "max_bin")
    data = lightgbm.Dataset(
        encoding.transform(features),
        label,
        categorical_feature=categories,
        params={name: options[name] for name in names},
    )
    curve: dict[str, dict[str, list[float]]] = {}
    callbacks, valid = [], []
    if later is not None:
        valid = [data.create_valid(encoding.transform(later[0]), later[1])]
        callbacks = [
            lightgbm.record_evaluation(curve),
            lightgbm.early_stopping(PATIENCE, verbose=False),
        ]
    # Without keep_training_booster only the trees up to the lowest loss on the later rows would be
    # left, and that number is chosen over all folds together (`choose_rounds`), not by each for itself.
    booster = lightgbm.train(
        options, data, num_boost_round=rounds, valid_sets=valid, callbacks=callbacks, keep_training_booster=True
    )
    losses = curve["valid_0"]["binary_logloss"] if later is not None else []
    return Booster(encoding, booster, losses)


def list_options(params: Model) -> dict[str, Any]:
    """Return LightGBM's options: its results depend on nothing but these and the rows."""
    return {
        "objective": "binary",
        "verbosity": -1,
        "num_threads": 1,
        "seed": params.seed,
        "deterministic": True,
        "force_col_wise": True,
        "max_bin": MAX_BIN,
        "max_cat_to_onehot": MOST_ONE_AGAINST_REST,
        **params.boosting.model_dump(exclude={"max_rounds", "search"}),
        **params.boosting.search[0].model_dump(),
    }


def finish_booster(trained: Booster) -> FittedBoosting:
    """Return the trained booster as text, without the parameters that only say how it was run."""
    lines = trained.booster.model_to_string(num_iteration=-1).split("\n")
    run_only = ("[num_threads:", "[num_machines:", "[machines:")
    return FittedBoosting(trained.encoding, "\n".join(line for line in lines if not line.startswith(run_only)))


def choose_rounds(curves: Sequence[list[float]], counts: Sequence[int]) -> int:
    """Return the number of rounds with the lowest loss over all later rows together.

    A curve that stopped early goes on at its last value.

    >>> choose_rounds([[0.5, 0.4, 0.45], [0.5, 0.45]], counts=[10, 10])
    2
    """
    longest = max(map(len, curves))
    filled = [np.pad(curve, (0, longest - len(curve)), mode="edge") for curve in curves]
    return int(np.argmin(np.average(filled, axis=0, weights=counts))) + 1
