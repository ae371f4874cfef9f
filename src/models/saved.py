"""A trained model as files that can be read by eye: JSON, and LightGBM's own text."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from src.features.catalogue import Metric
from src.files import read_json, replacing, write_json, write_table, write_text
from src.models.calibration import Calibrator
from src.models.candidates import Fitted, FittedBoosting, restore
from src.models.encoding import AGE
from src.models.measures import to_probability

MODEL, TREES, FORWARD = "model.json", "boosting.txt", "forward.parquet"


@dataclass(frozen=True)
class SavedModel:
    """A calibrated champion.

    Log-odds are base (intercept, calibration, age) + fit (explicit metrics) + engagement
    (implicit metrics), exactly.
    """

    family: str
    fitted: Fitted
    calibrator: Calibrator
    catalogue: list[Metric]
    max_age_days: float
    rounds: int

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        """Return calibrated probabilities, shape (rows,)."""
        return to_probability(self.calibrator.calibrate(self.fitted.predict(self.limit_age(features))))

    def explain(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return ``base``, ``fit`` and ``engagement`` in calibrated log-odds, one row each."""
        base, parts = self.fitted.contribute(self.limit_age(features))
        kinds = {metric.name: metric.kind for metric in self.catalogue if metric.name != AGE.name}
        fit = parts[[name for name in parts if kinds.get(name) == "explicit"]].sum(axis=1)
        engagement = parts[[name for name in parts if kinds.get(name) == "implicit"]].sum(axis=1)
        age = parts.get(AGE.name, 0.0)
        slope = self.calibrator.slope
        return pd.DataFrame(
            {
                "base": self.calibrator.intercept + slope * (base + age),
                "fit": slope * fit,
                "engagement": slope * engagement,
            }
        ).set_axis(features.index)

    def limit_age(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the features with older leads at the last age that was trained."""
        return features.assign(age_days=features[AGE.name].clip(upper=self.max_age_days))


def save_model(model: SavedModel, forward: pd.DataFrame, source: str, folder: Path) -> None:
    """Write the model and its forward predictions on the history into `folder`."""
    with replacing(folder) as temporary:
        temporary.mkdir()
        if isinstance(model.fitted, FittedBoosting):
            write_text(model.fitted.text, temporary / TREES)
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
        }
        write_json(made_of, temporary / MODEL)


def save_not_applicable(source: str, folder: Path) -> None:
    with replacing(folder) as temporary:
        temporary.mkdir()
        write_json({"source": source, "applicable": False}, temporary / MODEL)


def is_applicable(folder: Path) -> bool:
    return read_json(folder / MODEL)["applicable"]


def load_model(folder: Path) -> SavedModel:
    saved = read_json(folder / MODEL)
    text = (folder / TREES).read_text(encoding="utf-8") if saved["family"] == "boosting" else None
    return SavedModel(
        family=saved["family"],
        fitted=restore(saved["family"], saved["made_of"], text),
        calibrator=Calibrator(**saved["calibrator"]),
        catalogue=[Metric(**metric) for metric in saved["catalogue"]],
        max_age_days=saved["max_age_days"],
        rounds=saved["rounds"],
    )
