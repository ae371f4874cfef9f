"""The chain on the sample's own files in another order, from a source of one's own to the scores."""

import gzip
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import yaml

from src.strict import read_yaml
from tests.pipeline.conftest import Project


def test_another_order_of_rows_and_columns_gives_the_same_scores(
    make_project: Callable[..., Project], sample_run: Project
):
    """Check that a shuffled export, brought in as a source of one's own, changes no number."""
    # Its own name is none of those that scenarios of the sample are for.
    for_any = {f"scenarios.{name}.sources": [] for name in ("client_leads", "two_cities", "phone_leads")}
    project = make_project(source="shuffled", **for_any)
    raw = project.folder / "data/raw/shuffled"
    raw.mkdir(parents=True)
    shuffle_files(sample_run, raw)
    declared = read_yaml(project.folder / "data/sources/sample.yaml")
    del declared["generate"]
    declared["activities"][0]["file"] = "activities.csv"
    (project.folder / "data/sources/shuffled.yaml").write_text(yaml.safe_dump(declared, sort_keys=False))
    project.run("dvc", "repro", "score")
    same = ("data/scored/*", "models/*/boosting.txt", "models/*/forward.parquet", "data/features/*.parquet")
    first, second = sample_run.read_bytes(*same), project.read_bytes(*same)
    assert {name: second[name] == first[name] for name in second} == dict.fromkeys(second, True)
    assert any(name.startswith("data/scored") for name in second)


def shuffle_files(origin: Project, raw: Path) -> None:
    """Write the sample's raw files with rows and columns in another order."""
    folder = origin.folder / "data/raw/sample"
    generator = random.Random(5)
    for name, delimiter in (("leads.csv", ";"), ("outcomes.csv", ",")):
        table = pd.read_csv(folder / name, sep=delimiter, dtype=str, keep_default_na=False, on_bad_lines="skip")
        columns = generator.sample(list(table.columns), len(table.columns))
        table.sample(frac=1, random_state=5)[columns].to_csv(raw / name, sep=delimiter, index=False)
    with gzip.open(folder / "activities-001.csv.gz", "rt", encoding="utf-8") as file:
        header, *rows = file.read().splitlines()
    generator.shuffle(rows)
    (raw / "activities.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    shutil.copy(folder / "truth.parquet", raw)
