"""Public data sets, where they are on this machine: figures that were reached before."""

import json
import sys
from collections.abc import Callable

import pandas as pd
import pytest
import yaml

from benchmarks.bpi2012 import label_eventually, measure_protocol
from src.strict import read_yaml
from tests.pipeline.conftest import Project, need_public_data

FULL = {
    "model.boosting.max_rounds": 600,
    "model.threads": 2,
    "evaluation.bootstrap": 20,
    "folds.min_conversions": 50,
}


@pytest.fixture(scope="module")
def xeducation(make_project: Callable[..., Project]) -> Project:
    need_public_data("xeducation")
    project = make_project(**FULL)
    project.use_public_data("xeducation")
    project.keep_scenarios("call_centre", "client_leads")
    project.run("dvc", "repro")
    return project


def test_xeducation_reaches_the_reference(xeducation: Project):
    """Check the last third by sequence with all columns but the eight filled in by sales."""
    figures = json.loads((xeducation.folder / "metrics/sale.json").read_text(encoding="utf-8"))
    assert figures["test"]["leads"] == 3080
    assert figures["test"]["roc_auc"] >= 0.885
    assert figures["test"]["log_loss"] <= 0.415
    # Without what was known only later the figures are far lower, and both ends are reported.
    assert figures["features"]["explicit"]["roc_auc"] < figures["test"]["roc_auc"] - 0.05
    assert len(figures["leakage"]["columns"]) == 8
    assert figures["leakage"]["roc_auc"] > 0.97


def test_an_objective_the_source_does_not_know_is_not_applicable(xeducation: Project):
    """Check that the chain succeeds and says so in figures, report and scores."""
    assert json.loads((xeducation.folder / "metrics/accepted.json").read_text()) == {
        "source": "xeducation",
        "applicable": False,
    }
    policy = json.loads((xeducation.folder / "metrics/policies/accepted-client_leads.json").read_text())
    assert policy == {"source": "xeducation", "applicable": False}
    report = (xeducation.folder / "reports/accepted/client_leads.html").read_text(encoding="utf-8")
    assert "Not applicable" in report
    assert len(pd.read_parquet(xeducation.folder / "data/scored/accepted-client_leads.parquet")) == 0
    # No lead of the source is undecided: nobody is left to score.
    assert len(pd.read_parquet(xeducation.folder / "data/scored/sale-call_centre.parquet")) == 0


def test_xeducation_declared_naively_is_refused(make_project: Callable[..., Project]):
    """Check that the columns filled in by sales, taken as known at creation, are singled out and stop the run."""
    need_public_data("xeducation")
    project = make_project(**FULL)
    project.use_public_data("xeducation")
    path = project.folder / "data/sources/xeducation.yaml"
    declared = read_yaml(path)
    leaking = [name for name, column in declared["leads"]["own"].items() if column["known"] == "after_outcome"]
    for column in declared["leads"]["own"].values():
        column["known"] = "creation"
    path.write_text(yaml.safe_dump(declared, sort_keys=False), encoding="utf-8")
    for stage in ("data.ingest", "features.explicit", "features.implicit"):
        project.run(sys.executable, "-m", f"src.{stage}")
    project.run(sys.executable, "-m", "src.models.dataset", "sale")
    refused = project.run(sys.executable, "-m", "src.evaluation.audit", "sale", check=False)
    assert refused.returncode != 0
    assert "[leaking_columns]" in refused.stderr
    assert "tags" in refused.stderr
    audit = json.loads((project.folder / "metrics/audit/sale.json").read_text(encoding="utf-8"))
    verdicts = {column["name"]: column["verdict"] for column in audit["columns"]}
    assert {name: verdicts[name] for name in leaking if verdicts[name] == "keep"} == {}
    assert audit["figures"]["with"]["roc_auc"] > audit["figures"]["without"]["roc_auc"] + 0.1


BOOSTING_REFERENCE = {
    "0h": (0.452, 0.627),
    "1h": (0.547, 0.706),
    "1d": (0.629, 0.684),
    "3d": (0.641, 0.667),
    "7d": (0.607, 0.715),
    "14d": (0.526, 0.802),
}
"""Log loss and ROC-AUC of default boosting on 36 hand-made features, by age (docs/sources.md)."""


def test_bpi2012_reaches_the_reference_at_each_age(make_project: Callable[..., Project], monkeypatch):
    """Check one cut by registration at 2012-01-14, decided cases still open, eventual outcome."""
    need_public_data("bpi2012")
    project = make_project(**FULL)
    project.use_public_data("bpi2012")
    for stage in ("data.ingest", "features.explicit", "features.implicit"):
        project.run(sys.executable, "-m", f"src.{stage}")
    monkeypatch.chdir(project.folder)
    rows = label_eventually("bpi2012")
    assert (~rows.drop_duplicates("lead_id")["is_mature"].astype(bool)).sum() == 399
    figures = measure_protocol(rows)
    for age, (log_loss, roc_auc) in BOOSTING_REFERENCE.items():
        assert figures[age]["log_loss"] <= log_loss, age
        assert figures[age]["roc_auc"] >= roc_auc - 0.01, age
