"""A trained model as files that can be read by eye: JSON, and LightGBM's own text."""

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from src.features.catalogue import Metric
from src.files import replacing, write_json, write_table, write_text
from src.models.calibration import Calibrator
from src.models.candidates import FAMILIES, Fitted, FittedAverage, restore, take_trees
from src.models.checks import ModelFile, check_family, check_object, check_trees, read_object
from src.models.encoding import AGE
from src.models.manifest import check_manifest, write_manifest
from src.models.measures import to_probability

MODEL, TREES, FORWARD = "model.json", "boosting.txt", "forward.parquet"
CANDIDATES, CANDIDATE_TREES = "candidates.json", "candidates-boosting.txt"

PARTS = {"explicit": "fit", "implicit": "engagement"}
"""What each kind of metric contributes to the log-odds; the age belongs to the base."""


@dataclass(frozen=True)
class Usual:
    """The usual lead of the history, with which a lead is compared when it is explained.

    Attributes
    ----------
    means : dict of str to float
        The mean contribution of each feature, in log-odds before calibration.
    cuts : dict of str to dict of str to list of float
        By age in days the quartiles of ``fit`` and of ``engagement``.
    levels : dict of str to list of str
        The values, or beginnings of values, of each category that enough leads share to be named.
    """

    means: dict[str, float] = field(default_factory=dict)
    cuts: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    levels: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class SavedModel:
    """A calibrated champion: the average of a regression and of boosting, or one of them.

    Log-odds are base (intercept, calibration, re-centring, age, and what the usual lead has) + fit
    (explicit metrics) + engagement (implicit metrics), exactly. Fit and engagement are what a lead
    has beyond the `usual` one.
    """

    family: str
    fitted: Fitted
    calibrator: Calibrator
    catalogue: list[Metric]
    max_age_days: float
    rounds: int
    recentring: float = 0.0
    usual: Usual = field(default_factory=Usual)

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        """Return calibrated probabilities, shape (rows,)."""
        return to_probability(self.predict_log_odds(features))

    def predict_log_odds(self, features: pd.DataFrame) -> np.ndarray:
        """Return calibrated log-odds, shape (rows,)."""
        return self.calibrator.calibrate(self.fitted.predict(self.limit_age(features))) + self.recentring

    def contribute(self, features: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
        """Return the base, shape (rows,), and what each feature adds to it, in calibrated log-odds.

        The age adds to the base, as does what every feature contributes for the usual lead.
        """
        base, parts = self.fitted.contribute(self.limit_age(features))
        values = parts.drop(columns=AGE.name, errors="ignore").set_axis(features.index)
        usual = np.array([self.usual.means.get(name, 0.0) for name in values])
        if AGE.name in parts:
            base = base + parts[AGE.name].to_numpy()
        slope = self.calibrator.slope
        base = self.calibrator.intercept + self.recentring + slope * (base + usual.sum())
        return base, slope * (values - usual)

    def explain(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return ``base``, ``fit`` and ``engagement`` in calibrated log-odds, one row each."""
        base, values = self.contribute(features)
        part = {metric.name: PARTS[metric.kind] for metric in self.catalogue}
        sums = {
            name: values[[feature for feature in values if part[feature] == name]].sum(axis=1)
            for name in PARTS.values()
        }
        return pd.DataFrame({"base": base, **sums}, index=features.index)

    def limit_age(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the features with older leads at the last age that was trained."""
        return features.assign(age_days=features[AGE.name].clip(upper=self.max_age_days))


MOSTLY = 2 / 3
"""With more of the weight than this, boosting stands for the average; the regression, which costs less, else."""


def get_weight(model: SavedModel) -> float:
    """Return the weight of boosting in the model; the regression has the rest."""
    return model.fitted.weight if isinstance(model.fitted, FittedAverage) else float(model.family == "boosting")


def take_member(model: SavedModel) -> SavedModel:
    """Return the model with one family in place of an average of two: the one that says what metrics are worth."""
    if not isinstance(model.fitted, FittedAverage):
        return model
    family = "boosting" if model.fitted.weight > MOSTLY else "logistic"
    return replace(model, family=family, fitted=getattr(model.fitted, family))


def save_model(model: SavedModel, forward: pd.DataFrame, source: str, folder: Path) -> None:
    """Write the model and its forward predictions on the history into `folder`."""
    with replacing(folder) as temporary:
        temporary.mkdir()
        trees = take_trees(model.fitted)
        if trees is not None:
            write_text(trees.text, temporary / TREES)
        write_table(forward, temporary / FORWARD)
        made_of = {
            "source": source,
            "applicable": True,
            "family": model.family,
            "made_of": model.fitted.to_dict(),
            "calibrator": asdict(model.calibrator),
            "catalogue": [asdict(metric) for metric in model.catalogue],
            "max_age_days": model.max_age_days,
            "rounds": model.rounds,
            "recentring": model.recentring,
            "usual": asdict(model.usual),
        }
        write_json(made_of, temporary / MODEL)
        write_manifest(temporary)


def save_families(families: dict[str, Fitted], folder: Path) -> None:
    """Write every family as it was fitted on the whole history beside the model in `folder`."""
    write_json({family: fitted.to_dict() for family, fitted in families.items()}, folder / CANDIDATES)
    write_text(families["boosting"].text, folder / CANDIDATE_TREES)
    write_manifest(folder)


def load_families(folder: Path) -> dict[str, Fitted]:
    """Return the families that `save_families` wrote, the simplest first."""
    saved = read_object(folder / CANDIDATES)
    return {
        family: restore_checked(family, saved.get(family), folder / CANDIDATES, folder / CANDIDATE_TREES)
        for family in FAMILIES
    }


def restore_checked(family: str, made_of: Any, path: Path, trees: Path) -> Fitted:
    """Return a fitted candidate from values of the file `path` and its trees, or one error that names the file."""
    check_family(family, made_of, path)
    text = None
    if family in ("boosting", "average"):
        text = trees.read_text(encoding="utf-8")
        encoding = made_of["encoding"] if family == "boosting" else made_of["boosting"]["encoding"]
        check_trees(text, len(encoding["numbers"]) + len(encoding["levels"]), trees)
    return restore(family, made_of, text)


def save_not_applicable(source: str, folder: Path) -> None:
    with replacing(folder) as temporary:
        temporary.mkdir()
        write_json({"source": source, "applicable": False}, temporary / MODEL)
        write_manifest(temporary)


def is_applicable(folder: Path) -> bool:
    """Say whether there is a model for the source, whose files are as they were saved."""
    check_manifest(folder)
    return bool(read_object(folder / MODEL).get("applicable"))


def load_model(folder: Path) -> SavedModel:
    saved = read_object(folder / MODEL)
    check_object(ModelFile, saved, folder / MODEL)
    return SavedModel(
        family=saved["family"],
        fitted=restore_checked(saved["family"], saved["made_of"], folder / MODEL, folder / TREES),
        calibrator=Calibrator(**saved["calibrator"]),
        catalogue=[Metric(**metric) for metric in saved["catalogue"]],
        max_age_days=saved["max_age_days"],
        rounds=saved["rounds"],
        recentring=saved["recentring"],
        usual=Usual(**saved["usual"]),
    )
