"""Compare the model of `bpi2012` by its protocol: ``python -m benchmarks.bpi2012``, after the stages of features.

The protocol (docs/sources.md) is of the eventual outcome: one cut by registration, decided cases still open at the
snapshot, no horizon. The source itself has a horizon, since its outcomes have times; its figures are not mixed with
these. The figures are written to ``benchmarks/results.json``.
"""

from typing import Any

import numpy as np
import pandas as pd

from benchmarks.implicit import RESULTS, save_results
from src import paths
from src.data.sources import load_source
from src.features.catalogue import read_catalogue
from src.files import read_json, read_table
from src.models.dataset import decide_moments, drop_unknown, join_features, label_rows
from src.models.encoding import AGE
from src.models.folds import assign_folds
from src.models.measures import build_measures
from src.models.train import train
from src.params import load_params

CUT = pd.Timestamp("2012-01-14")


def main() -> None:
    figures = measure_protocol(label_eventually("bpi2012"))
    for age, found in figures.items():
        print(f"{age:4} {found['log_loss']:.3f} {found['roc_auc']:.3f}")
    save_results(read_json(RESULTS) | {"bpi2012": figures})


def label_eventually(name: str) -> pd.DataFrame:
    """Return the decided snapshots of a source with their features and the eventual outcome, in order of creation."""
    source = load_source(name)
    objective = source.objectives["sale"].model_copy(update={"horizon_days": None})
    leads = read_table(paths.LEADS, ["lead_id", "person", "sequence", "created_at"])
    outcomes, implicit = read_table(paths.OUTCOMES), read_table(paths.IMPLICIT)
    leads = drop_unknown(leads, outcomes, None)
    moments = decide_moments(leads["lead_id"], outcomes, objective, source.ages)
    rows = label_rows(implicit[["lead_id", "snapshot_at", "age", "age_days"]], leads, moments, objective, source)
    rows = rows.sort_values(["sequence", "snapshot_at"], ignore_index=True)
    return join_features(rows, implicit, [read_table(path) for path in (paths.EXPLICIT, paths.TOTALS)])


def measure_protocol(rows: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return log loss and ROC-AUC by age, trained on what was registered before the cut."""
    first = rows[(rows["age"] == "0h") & rows["is_mature"].astype(bool)]
    rows["is_quarantined"] = False
    rows["fold"] = assign_folds(rows, (first["created_at"] >= CUT).mean())
    history, test = (rows[rows["fold"] == fold].reset_index(drop=True) for fold in ("history", "test"))
    if not history["created_at"].max() < CUT <= test["created_at"].min():
        raise AssertionError("history and test do not meet at the cut")
    params = load_params()
    files = (paths.EXPLICIT_CATALOGUE, paths.TOTALS_CATALOGUE, paths.IMPLICIT_CATALOGUE)
    catalogue = [AGE, *(metric for path in files for metric in read_catalogue(path))]
    model, _ = train(history, catalogue, params.folds.cuts, params.model)
    p, figures = model.predict(test), {}
    for age in source_ages(test):
        at_age = (test["age"] == age).to_numpy()
        measured = build_measures(test.loc[at_age, "label"].to_numpy(), p[at_age])(np.ones(at_age.sum()))
        figures[age] = {name: measured[name] for name in ("log_loss", "roc_auc")}
    return figures


def source_ages(rows: pd.DataFrame) -> list[str]:
    return rows[["age", "age_days"]].drop_duplicates().sort_values("age_days")["age"].tolist()


if __name__ == "__main__":
    main()
