from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from src.data.sources import Source
from src.evaluation.columns import DATED, SEVERAL, Declared, audit_metrics, find_known, place_leads, read_declared
from src.features.catalogue import Metric
from src.params import load_params
from tests.evaluation.made_leaks import LEAKS, make_leads

CUTS = [0.4, 0.6, 0.8]


@pytest.fixture(scope="module")
def limits():
    return load_params().audit


def audit(made, limits):
    found = audit_metrics(made.history, made.open_leads, made.catalogue, made.declared, CUTS, limits)
    return {figures["name"]: figures for figures in found}


def test_planted_leaks_are_found_and_strong_honest_columns_are_not(limits):
    """Check that of 20 made histories nine of ten leaks are found, and of 440 honest columns hardly any suspected.

    Two honest columns of each are as strong as ROC-AUC .85; see docs/audit.md for what is planted.
    """
    hits, false_alarms = Counter(), []
    for seed in range(20):
        found = audit(make_leads(seed), limits)
        hits.update(name for name in LEAKS if found[name]["verdict"] != "keep")
        false_alarms += [name for name in found if name not in LEAKS and found[name]["verdict"] != "keep"]
    assert hits.total() >= 90
    assert min(hits[name] for name in LEAKS) >= 16
    assert len(false_alarms) <= 4


def plant_copies(made, count: int, seed: int):
    """Return the history with so many numbers that hold the outcome, each with a ROC-AUC of .96 or more."""
    generator, won = np.random.default_rng(seed), made.history["label"].to_numpy()
    copies = {f"copy_{number}": generator.normal(won * generator.uniform(2.7, 6)) for number in range(count)}
    catalogue = [Metric(name, "explicit", "own", "number", "", "", name) for name in copies]
    known = made.declared.known | dict.fromkeys(copies, "creation")
    return replace(
        made,
        history=made.history.assign(**copies),
        open_leads=made.open_leads.assign(**dict.fromkeys(copies, np.nan)),
        catalogue=[*made.catalogue, *catalogue],
        declared=replace(made.declared, known=known),
    )


@pytest.mark.parametrize("count", [1, 5, 15])
def test_leaks_do_not_hide_each_other(count, limits):
    """Check that sets of one to fifteen are refused as a whole, and no honest column with them."""
    for seed in range(4):
        found = audit(plant_copies(make_leads(seed, leaks=()), count, seed), limits)
        refused = {name for name, figures in found.items() if figures["verdict"] == "refuse"}
        assert refused == {f"copy_{number}" for number in range(count)}


def test_leaks_that_are_declared_away_hide_none(limits):
    """Check that of fifteen leaks the one that was forgotten is refused after the others were declared."""
    made = plant_copies(make_leads(2, leaks=()), 15, 2)
    away = {f"copy_{number}": "after_outcome" for number in range(1, 15)}
    found = audit(replace(made, declared=replace(made.declared, known=made.declared.known | away)), limits)
    usable = [name for name, figures in found.items() if figures["is_used"] and figures["verdict"] == "refuse"]
    assert usable == ["copy_0"]


def test_fields_of_one_outcome_are_found_together(limits):
    """Check ten fields, each filled in for one winner in twelve and nobody else: alone none is a tenth of them."""
    made, generator = make_leads(4, leaks=()), np.random.default_rng(1)
    won = made.history["label"].to_numpy() == 1
    fields = {
        f"field_{number}": pd.Series("x", made.history.index).where(won & (generator.random(len(won)) < 1 / 12))
        for number in range(10)
    }
    catalogue = [Metric(name, "explicit", "own", "category", "", "", name) for name in fields]
    known = made.declared.known | dict.fromkeys(fields, "creation")
    open_leads = made.open_leads.assign(**dict.fromkeys(fields, None)).astype(dict.fromkeys(fields, "str"))
    made = replace(made, history=made.history.assign(**fields), catalogue=[*made.catalogue, *catalogue])
    made = replace(made, open_leads=open_leads, declared=replace(made.declared, known=known))
    found = audit(made, limits)
    assert {name for name, figures in found.items() if figures["verdict"] == "refuse"} == set(fields)
    assert found["field_0"]["certain"] < 0.15
    assert "together" in found["field_0"]["signs"]


def test_labels_by_lot_raise_no_alarm(limits):
    """Check that with permuted labels nothing tells the outcome."""
    made = make_leads(4, leaks=())
    label = np.random.default_rng(5).permutation(made.history["label"])
    history = made.history.assign(label=label)
    found = audit_metrics(history, made.open_leads.head(0), made.catalogue, made.declared, CUTS, limits)
    assert [figures["signs"] for figures in found if figures["signs"]] == []
    assert all(figures["auc_low"] < 0.52 for figures in found)


def test_order_of_columns_does_not_matter(limits):
    """Check that a reversed catalogue gives the same figures."""
    made = make_leads(2)
    reversed_ = audit_metrics(made.history, made.open_leads, made.catalogue[::-1], made.declared, CUTS, limits)
    assert {figures["name"]: figures for figures in reversed_} == audit(made, limits)


def test_short_history_is_not_judged(limits):
    """Check that with fewer conversions than say anything there is no verdict, rather than a wrong one."""
    made = make_leads(1)
    few = made.history.head(60).assign(label=[1.0, *[0.0] * 59])
    assert audit_metrics(few, made.open_leads, made.catalogue, made.declared, CUTS, limits) == []


def test_echo_in_the_log_is_suspect_but_never_refused(make_history, limits):
    """Check a signature that every winner has given at the snapshot a week later, known by then."""
    rows = make_history(600, seed=3)
    rows["count_signed"] = rows["label"].where(rows["age"] == "7d", 0.0)
    metric = Metric("count_signed", "implicit", "counts", "number", "activities", "", "signed")
    own = Metric("signed", "explicit", "own", "number", "", "", "signed_flag")
    rows["signed"] = rows["label"]
    declared = Declared({"count_signed": DATED, "signed": "creation"})
    of_log, of_lead = audit_metrics(rows, rows.head(0), [metric, own], declared, CUTS, limits)
    assert of_log["verdict"] == "suspect"
    assert "certain" in of_log["signs"]
    assert of_lead["verdict"] == "refuse"


def test_form_completeness_is_not_blamed_for_its_columns(limits):
    """Check that a count over all columns that nearly gives the outcome away is suspect, not refused."""
    made = make_leads(3, leaks=("status",))
    declared = Declared(made.declared.known | {"status": SEVERAL})
    found = audit_metrics(made.history, made.open_leads, made.catalogue, declared, CUTS, limits)
    assert {figures["name"]: figures["verdict"] for figures in found}["status"] == "suspect"


def test_date_of_the_last_change_is_refused(limits):
    """Check that a date that winners get after they came in is found, and a planned one is not."""
    made = make_leads(0, leaks=())
    label = made.history["label"].to_numpy()
    days = np.where(label == 1, -20.0, 3.0)
    history = made.history.assign(days_since_change=days, days_since_start=np.where(label == 1, -500.0, 3.0))
    names = ("days_since_change", "days_since_start")
    dates = [Metric(name, "explicit", "own", "number", "days", "", name) for name in names]
    declared = Declared(dict.fromkeys(names, "creation"), frozenset(names), made.declared.as_of)
    change, start = audit_metrics(history, made.open_leads.head(0), dates, declared, CUTS, limits)
    assert "future" in change["signs"]
    assert change["verdict"] == "refuse"
    assert "future" not in start["signs"]


def describe_source(**leads):
    """Return the declaration of a source without dates, as it stands in its file."""
    declared = {"file": "leads.csv", "columns": {"lead_id": "id", "sequence": "nr"}} | leads
    objective = {"converted": ["won"], "horizon_days": None}
    outcome = {"column_of_leads": "result", "kinds": {"1": "won"}}
    return {"description": "", "leads": declared, "outcomes": [outcome], "objectives": {"sale": objective}}


def make_source(**leads):
    return Source.model_validate(describe_source(**leads))


def test_what_is_declared_is_known_of_each_metric():
    """Check an own column, a canonical one, a kind of activity, a metric of several columns, and a date."""
    source = make_source(own={"tags": {"column": "Tags", "type": "date", "known": "later"}})
    metrics = [
        Metric("days_since_tags", "implicit", "totals", "number", "days", "", "tags"),
        Metric("city", "explicit", "location", "category", "name", "", "city"),
        Metric("visits", "implicit", "counts", "number", "visits", "", "page_viewed"),
        Metric("share_given", "explicit", "form", "number", "share", "", "every column a lead fills in, form"),
    ]
    assert [find_known(metric, source) for metric in metrics] == ["later", "creation", DATED, SEVERAL]
    declared = read_declared(metrics, source)
    assert declared.dates == {"days_since_tags"}
    assert declared.as_of is None


def test_open_leads_stand_once_beside_the_decided():
    """Check that a lead that has a row in the history and is still open counts as open."""
    first = pd.DataFrame({"lead_id": ["a", "b"], "sequence": [0, 2], "label": [1.0, 0.0]})
    still_open = pd.DataFrame({"lead_id": ["b", "c"], "sequence": [2, 1], "label": [np.nan, np.nan]})
    leads = place_leads(first, still_open)
    assert leads[["lead_id", "is_open"]].to_numpy().tolist() == [["a", False], ["c", True], ["b", True]]
    assert not place_leads(first, still_open.head(0))["is_open"].any()
