import json

import numpy as np
import pandas as pd
import pytest
import yaml

from src import paths
from src.data.tables import LEAD_COLUMNS
from src.evaluation.audit import (
    check_refused,
    describe,
    find_open,
    main,
    measure_figures,
    rank_metrics,
    refuse_stronger,
    round_figures,
    summarise_columns,
)
from src.evaluation.columns import DATED, SEVERAL
from src.features.catalogue import Metric, write_catalogue
from src.files import read_json, write_json, write_table
from src.stage import InputError
from src.strict import read_yaml
from tests.evaluation.made_leaks import make_leads
from tests.evaluation.test_columns import describe_source, make_source

CUTS = [0.4, 0.6, 0.8]


def make_figures(name, verdict="keep", signs=(), **values):
    figures = {"name": name, "column": name, "known": "creation", "is_used": True, "verdict": verdict, "auc": 0.6}
    return figures | {"auc_low": 0.55, "signs": list(signs), "reasons": [f"it shows {sign}" for sign in signs]} | values


def test_open_leads_are_older_than_the_test():
    """Check that of four leads only the undecided one before the test counts, and that spam does not."""
    rows = pd.DataFrame(
        {
            "lead_id": ["a", "a", "b", "c", "d"],
            "sequence": [0, 0, 1, 2, 3],
            "fold": ["history", "current", "quarantined", "test", "current"],
            "is_current": [False, True, True, False, True],
            "is_quarantined": [False, False, True, False, False],
        }
    )
    assert find_open(rows)["lead_id"].tolist() == ["a"]


def test_most_suspicious_come_first():
    """Check the order: refused, then more signs, then the higher ROC-AUC."""
    metrics = [
        make_figures("honest", auc=0.8),
        make_figures("one", "suspect", ["missing"], auc=0.7),
        make_figures("two", "suspect", ["missing", "emptier"], auc=0.6),
        make_figures("other", "suspect", ["twin"], auc=0.75),
        make_figures("worst", "refuse", ["certain"], auc=0.5),
    ]
    assert [figures["name"] for figures in rank_metrics(metrics)] == ["worst", "two", "other", "one", "honest"]


def test_column_has_the_verdict_of_its_worst_metric():
    """Check the raw name, the worst metric, what is accepted, and that a metric of several columns is no column."""
    own = {"tags": {"column": "Tags", "type": "category", "known": "creation"}}
    source = make_source(own=own | {"stage": {"column": "Stage", "type": "category", "known": "after_outcome"}})
    metrics = [
        make_figures("tags", "refuse", ["certain"]),
        make_figures("stage", "refuse", ["certain"], known="after_outcome", is_used=False),
        make_figures("tags_length", column="tags"),
        make_figures("count_fields", "suspect", ["certain"], known=SEVERAL),
        make_figures("visits", known=DATED, column="page_viewed"),
    ]
    tags, stage, visits = summarise_columns(metrics, source, [])
    assert (tags["name"], tags["raw"], tags["verdict"], tags["is_refused"]) == ("tags", "Tags", "refuse", True)
    assert (stage["verdict"], stage["is_refused"]) == ("refuse", False)
    assert (visits["name"], visits["raw"], visits["verdict"]) == ("page_viewed", None, "keep")
    accepted = summarise_columns(metrics, source, ["tags"])[0]
    assert (accepted["is_accepted"], accepted["is_refused"], accepted["verdict"]) == (True, False, "refuse")


def test_refused_columns_stop_the_run_with_the_remedy():
    """Check that the error names each column, its reasons, where to declare it and how to accept it."""
    refused = [{"name": "tags", "reasons": ["it shows certain"]}, {"name": "stage", "reasons": ["a", "b"]}]
    with pytest.raises(InputError) as caught:
        check_refused(refused, "leads_of_ours")
    for words in ("tags (it shows certain); stage (a, b)", "data/sources/leads_of_ours.yaml", "known: after_outcome"):
        assert words in str(caught.value)
    assert "audit.accept in params.yaml" in str(caught.value)
    check_refused([], "leads_of_ours")


def test_stronger_than_all_the_rest_is_refused():
    """Check that too good at .87 is refused beside a model of .80 without it, and not beside one of .88."""
    metrics = [make_figures("tags", "suspect", ["too_good"], auc_low=0.87), make_figures("other", auc_low=0.87)]
    tags, other = refuse_stronger(metrics, {"without": {"roc_auc": 0.8}})
    assert (tags["verdict"], tags["signs"], other["verdict"]) == ("refuse", ["too_good", "stronger"], "keep")
    assert refuse_stronger(metrics, {"without": {"roc_auc": 0.88}}) == metrics
    assert refuse_stronger(metrics, {"suspects": []}) == metrics


def test_model_is_measured_with_and_without_suspects(make_history, catalogue, model_params):
    """Check that a copy of the label is worth nearly all, alone and in the model, and what is left without it."""
    history = make_history(300, seed=2)
    history["stage"] = history["label"]
    used = [*catalogue[1:], Metric("stage", "explicit", "own", "number", "", "", "stage")]
    metrics = [make_figures(metric.name) for metric in used[:-1]] + [make_figures("stage", "refuse", ["too_good"])]
    figures = measure_figures(history, metrics, used, CUTS, model_params)
    assert figures["suspects"] == ["stage"]
    assert figures["with"]["roc_auc"] > 0.98
    assert 0.9 > figures["without"]["roc_auc"] > 0.6
    assert figures["gains"]["stage"] == pytest.approx(
        figures["with"]["roc_auc"] - figures["without"]["roc_auc"], abs=0.1
    )
    assert measure_figures(history, metrics[:-1], used[:-1], CUTS, model_params) == {"suspects": []}


def test_nothing_left_without_suspects_is_the_base_rate(make_history, catalogue, model_params):
    """Check that a source of which every column is suspect can still be measured."""
    history = make_history(300, seed=2).assign(age_days=np.nan)
    metrics = [make_figures("visits", "suspect", ["twin"])]
    figures = measure_figures(history, metrics, catalogue[-1:], CUTS, model_params)
    assert abs(figures["without"]["roc_auc"] - 0.5) < 0.05


def test_figures_are_plain_and_short():
    """Check that nested figures keep four decimals and can be written."""
    rounded = round_figures({"a": [0.123456, 1], "b": {"c": None, "d": "text", "e": True}})
    assert json.loads(json.dumps(rounded)) == {"a": [0.1235, 1], "b": {"c": None, "d": "text", "e": True}}


def test_stage_says_how_many_of_each_verdict():
    """Check that columns that are not used are not counted."""
    columns = [make_figures("a"), make_figures("b", "suspect"), make_figures("c", "refuse", is_used=False)]
    assert describe("sale", columns) == "sale: keep 1, suspect 1, refuse 0 columns"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Fill a folder with a made history as the stages before the audit leave it, a leak declared as honest."""
    made = make_leads(1, leaks=("status",))
    params = read_yaml(paths.PARAMS)
    own = {
        metric.name: {"column": metric.name.title(), "type": metric.type, "known": "creation"}
        for metric in made.catalogue
        if metric.name not in LEAD_COLUMNS
    }
    source = describe_source(own=own)
    monkeypatch.chdir(tmp_path)
    rows = made.history.assign(fold="history", is_current=False, is_quarantined=False)
    newest = rows.tail(100).assign(fold="test", sequence=rows["sequence"].tail(100) + 100)
    for path in (paths.PARAMS, paths.source_file("tiny")):
        path.parent.mkdir(parents=True, exist_ok=True)
    paths.PARAMS.write_text(yaml.safe_dump(params | {"source": "tiny"}))
    paths.POINTS.write_text("points: []\n")
    paths.source_file("tiny").write_text(yaml.safe_dump(source))
    write_json({"applicable": True}, paths.folds("sale"))
    write_json({"applicable": False}, paths.folds("accepted"))
    write_table(pd.concat([rows, newest]), paths.processed("sale"))
    write_table(pd.DataFrame({"lead_id": pd.Series(dtype="str")}), paths.AFTER_OUTCOME)
    write_catalogue(made.catalogue, paths.EXPLICIT_CATALOGUE)
    for path in (paths.TOTALS_CATALOGUE, paths.IMPLICIT_CATALOGUE, paths.AFTER_OUTCOME_CATALOGUE):
        write_catalogue([], path)
    return params


def test_stage_refuses_writes_and_accepts(project, monkeypatch):
    """Check that a refused column stops the run after its table is written, and not once it is accepted by name."""
    monkeypatch.setattr("sys.argv", ["audit", "sale"])
    with pytest.raises(InputError, match="status"):
        main()
    worst, *others = read_json(paths.audit("sale"))["columns"]
    assert (worst["name"], worst["raw"], worst["is_refused"]) == ("status", "Status", True)
    assert {column["verdict"] for column in others} == {"keep"}
    project["audit"]["accept"] = ["status"]
    paths.PARAMS.write_text(yaml.safe_dump(project | {"source": "tiny"}))
    assert main() == f"sale: keep {len(others)}, suspect 0, refuse 1 columns"


def test_stage_of_an_objective_that_is_none(project, monkeypatch):
    """Check that an objective that the source does not know succeeds and says so."""
    monkeypatch.setattr("sys.argv", ["audit", "accepted"])
    assert main().endswith("not applicable")
    assert read_json(paths.audit("accepted")) == {"source": "tiny", "applicable": False}
