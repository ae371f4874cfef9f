"""Time the models of large sources: ``python -m benchmarks.model [truth] [rows]``.

``truth``: the sample with 200,000 leads, from raw files to the frozen model: how near its probabilities come to the
true ones when there is more to learn from. ``rows``: a million snapshots of 250,000 made-up leads with 100 features,
trained, calibrated, refitted step by step and evaluated. The stages run as DVC runs them; the figures are written
to ``benchmarks/results.json``.
"""

import os
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.explicit import time_process
from benchmarks.implicit import RESULTS, save_results, write_source
from benchmarks.logs import AS_OF
from benchmarks.pipeline import copy_project
from src import paths
from src.data.sources import Objective
from src.evaluation.evaluate import measure_truth, predict_test
from src.evaluation.figures import measure_rows
from src.features.catalogue import Metric, write_catalogue
from src.files import read_json, read_table, write_json, write_table, write_text
from src.models.dataset import fold_rows
from src.models.measures import to_probability
from src.models.saved import load_model
from src.params import load_params

TRUTH_LEADS = 200_000

LEADS = 250_000
AGES_DAYS = (0, 1, 7, 30)
FEATURES = 100
KNOWN = 20
"""So many of the features say something of the outcome, a third of them not on a line."""

CATEGORIES, LEVELS = 10, 30
"""So many of the features are categories, of so many values each."""

DAYS, HORIZON_DAYS = 1_000, 45
BEGIN = (pd.Timestamp(AS_OF) - pd.Timedelta(days=DAYS)).as_unit("us")
BASE_LOG_ODDS = -2.5
SEED = 11


def main() -> None:
    parts = {"truth": measure_large_sample, "rows": measure_made_rows}
    names = sys.argv[1:] or list(parts)
    unknown = [name for name in names if name not in parts]
    if unknown:
        raise SystemExit(f"there is no part {unknown[0]!r}; known are {', '.join(parts)}")
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            copy_project(Path(folder))
            os.chdir(folder)
            figures = parts[name]()
        print(f"{name}: {figures}")
        found = read_json(RESULTS)
        save_results(found | {"model": found.get("model", {}) | {name: figures}})


def measure_large_sample() -> dict[str, Any]:
    """Return how the probabilities of a large sample compare with the true ones, by objective."""
    source = paths.source_file("sample")
    text, changed = re.subn(r"(?m)^  leads: \d+$", f"  leads: {TRUTH_LEADS}", source.read_text(encoding="utf-8"))
    if changed != 1:
        raise SystemExit(f"{source} does not say how many leads to generate")
    write_text(text, source)
    figures: dict[str, Any] = {"leads": TRUTH_LEADS}
    for module in ("src.data.sample.generate", "src.data.ingest", "src.features.explicit", "src.features.implicit"):
        time_process([sys.executable, "-m", module])
    for objective in load_params().objectives:
        costs = time_stages(objective, ["src.models.dataset", "src.evaluation.audit", "src.models.train"])
        figures[objective] = costs | measure_distance(objective)
    return figures


def measure_distance(objective: str) -> dict[str, Any]:
    """Return the frozen model's figures on the test fold beside those of the true probabilities."""
    model, dataset = load_model(paths.model_folder(objective)), read_table(paths.processed(objective))
    truth = read_table(paths.TRUTH)
    test = dataset[dataset["fold"] == "test"].reset_index(drop=True)
    predictions = predict_test(model, test, truth[truth["objective"] == objective])
    evaluation = load_params().evaluation
    found = measure_rows(predictions, evaluation, load_params().model.seed)
    best = measure_truth(predictions)
    return {
        "champion": model.family,
        "roc_auc": round(found["roc_auc"], 4),
        "roc_auc_of_truth": round(best["roc_auc"], 4),
        "log_loss": round(found["log_loss"], 5),
        "log_loss_of_truth": round(best["log_loss"], 5),
        "log_loss_above_truth": round(found["log_loss"] / best["log_loss"] - 1, 4),
        "calibration_slope": [round(found[f"calibration_slope{end}"], 3) for end in ("", "_low", "_high")],
    }


def measure_made_rows() -> dict[str, Any]:
    """Return what training and evaluating on a million snapshots take."""
    write_made_dataset()
    figures = {"leads": LEADS, "snapshots": LEADS * len(AGES_DAYS), "features": FEATURES}
    found = time_stages("sale", ["src.models.train", "src.evaluation.rolling", "src.evaluation.evaluate"])
    return figures | found | {"champion": read_json(paths.metrics("sale"))["champion"]}


def time_stages(objective: str, stages: Sequence[str]) -> dict[str, Any]:
    """Run the stages of an objective; return what each took."""
    costs = {}
    for stage in stages:
        wall, cpu, peak = time_process([sys.executable, "-m", stage, objective])
        costs[stage.split(".")[-1]] = {"wall_s": round(wall, 1), "cpu_s": round(cpu, 1), "peak_mb": round(peak * 1000)}
    return {"stages": costs}


def write_made_dataset() -> None:
    """Write the dataset of made-up leads in place of what the stages before would write."""
    write_source(["0h", "1d", "7d", "30d"])
    generator = np.random.default_rng(SEED)
    features, log_odds = draw_features(generator)
    leads = pd.DataFrame(
        {
            "lead_id": [f"l{number:06d}" for number in range(LEADS)],
            "person": [f"p{number:06d}" for number in range(LEADS)],
            "sequence": np.arange(LEADS),
            "created_at": BEGIN + pd.to_timedelta(np.arange(LEADS) * (DAYS / LEADS), "D").round("s"),
        }
    )
    # Three of four conversions come within 28 days.
    converts = generator.random(LEADS) < to_probability(log_odds)
    # Those that never do convert, as far as this history is concerned, in a lifetime.
    converts_after = np.where(converts, generator.exponential(20, LEADS), 30_000.0)
    rows = pd.concat([take_snapshots(leads, converts_after, days) for days in AGES_DAYS], ignore_index=True)
    none = pd.DataFrame({"lead_id": [], "reasons": []}, dtype="str")
    objective = Objective(converted=["won"], horizon_days=HORIZON_DAYS)
    rows, summary = fold_rows(rows, none, objective, load_params().folds)
    summary["quarantine"] = {"leads": 0, "decided": 0, "conversions": 0, "reasons": {}}
    write_table(rows.merge(features.assign(lead_id=leads["lead_id"]), on="lead_id"), paths.processed("sale"))
    write_json({"source": "bench", "applicable": True, **summary}, paths.folds("sale"))
    won = leads.assign(kind="won", occurred_at=leads["created_at"] + pd.to_timedelta(converts_after, "D"))
    write_table(won.loc[converts, ["lead_id", "kind", "occurred_at"]], paths.OUTCOMES)
    write_table(leads[["lead_id"]], paths.PROTECTED)
    write_table(pd.DataFrame({"lead_id": [], "snapshot_at": [], "objective": [], "probability": []}), paths.TRUTH)
    write_table(leads[["lead_id"]], paths.AFTER_OUTCOME)
    write_catalogue([describe_feature(name) for name in features], paths.EXPLICIT_CATALOGUE)
    for path in (paths.TOTALS_CATALOGUE, paths.IMPLICIT_CATALOGUE, paths.AFTER_OUTCOME_CATALOGUE):
        write_catalogue([], path)


def draw_features(generator: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the features of all leads and the log-odds that they convert at all."""
    numbers = {f"number_{place}": generator.normal(size=LEADS) for place in range(FEATURES - CATEGORIES)}
    codes = {f"category_{place}": generator.integers(0, LEVELS, LEADS) for place in range(CATEGORIES)}
    log_odds = np.full(LEADS, BASE_LOG_ODDS)
    for place in range(KNOWN):
        values = numbers[f"number_{place}"]
        log_odds += 0.3 * (np.abs(values) if place % 3 == 0 else values)
    log_odds += generator.normal(0, 0.5, LEVELS)[codes["category_0"]]
    texts = {name: np.array([f"v{level}" for level in range(LEVELS)])[values] for name, values in codes.items()}
    return pd.DataFrame(numbers | texts), log_odds


def describe_feature(name: str) -> Metric:
    kind = "category" if name.startswith("category") else "number"
    return Metric(name, "explicit", "made up", kind, "none", "A made-up feature.", name)


def take_snapshots(leads: pd.DataFrame, converts_after: np.ndarray, days: int) -> pd.DataFrame:
    """Return the leads that are still open at an age, with what `label_rows` would say of them."""
    rows = leads.assign(
        snapshot_at=leads["created_at"] + pd.Timedelta(days=days),
        age=f"{days}d" if days else "0h",
        age_days=float(days),
    )
    known_at = rows["snapshot_at"] + pd.Timedelta(days=HORIZON_DAYS)
    is_mature = known_at <= BEGIN + pd.Timedelta(days=DAYS)
    label = pd.Series((converts_after <= days + HORIZON_DAYS).astype(float)).where(is_mature)
    rows = rows.assign(label=label, is_mature=is_mature, label_known_at=known_at, is_current=False)
    return rows[converts_after > days]


if __name__ == "__main__":
    main()
