"""The stage as a program, on a tiny project of forty leads."""

import shutil
import sys
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
import yaml

from src import paths
from src.features.catalogue import Metric, write_catalogue
from src.files import read_json, write_json, write_table
from src.models.manifest import write_manifest
from src.models.saved import FORWARD, MODEL, save_not_applicable
from src.policies import compare
from src.stage import InputError
from src.strict import read_yaml
from tests.policies.make import describe_scenario

FAR = {"metric": "km_to_site", "at_most": 100, "routes": ["sales"], "why": "Too far."}
KM = Metric("km_to_site", "explicit", "location", "number", "km", "Made.", "city")
ODD = Metric("is_odd", "implicit", "numbers", "number", "yes/no", "Made.", "number")
AGES = {"1d": 1, "7d": 7}
SAVED = {
    "source": "sample",
    "applicable": True,
    "family": "base_rate",
    "made_of": {"log_odds": -2.0},
    "calibrator": {"kind": "none", "intercept": 0.0, "slope": 1.0},
    "max_age_days": 1.0,
    "rounds": 0,
    "recentring": 0.0,
    "usual": {"means": {}, "cuts": {"1.0": {"fit": [-1.0, 0.0, 0.5], "engagement": [-0.5, 0.0, 1.0]}}, "levels": {}},
}


def make_leads(begin: str | None, fold: str) -> pd.DataFrame:
    """Return forty leads at two ages, one in two of which converts, a day apart or without dates."""
    number = np.arange(40)
    leads = pd.DataFrame({"lead_id": [f"{fold}{n:02d}" for n in number], "sequence": number})
    leads["person"] = leads["lead_id"]
    leads["label"], leads["probability"] = (number % 2).astype(float), 0.05 + 0.9 * (number % 2 + number / 40) / 2
    created = pd.Series(pd.NaT if begin is None else pd.Timestamp(begin) + pd.to_timedelta(number, unit="D"), number)
    ages = AGES if begin else {"0h": 0}
    return pd.concat(
        [leads.assign(age=age, snapshot_at=(created + pd.Timedelta(days=days)).astype("datetime64[us]"))
         for age, days in ages.items()],
        ignore_index=True,
    )  # fmt: skip


def write_project(is_dated: bool = True, **keys) -> None:
    """Write what the stage reads, for the scenario `tried` of a sale."""
    params = read_yaml(paths.PARAMS)
    params["scenarios"] = {"tried": describe_scenario(**keys)}
    points = [{"metric": name, "equals": 1, "points": 5} for name in ("is_odd", "elsewhere")]
    paths.PARAMS.write_text(yaml.safe_dump(params), encoding="utf-8")
    paths.POINTS.write_text(yaml.safe_dump({"points": points}), encoding="utf-8")
    forward = make_leads("2025-01-01" if is_dated else None, "history")
    test = make_leads("2025-06-01" if is_dated else None, "test")
    write_table(forward, paths.model_folder("sale") / FORWARD)
    write_json(SAVED | {"catalogue": [asdict(KM), asdict(ODD)]}, paths.model_folder("sale") / MODEL)
    write_manifest(paths.model_folder("sale"))
    write_table(test.assign(age_days=1.0, fit=test["label"], engagement=-test["label"]), paths.predictions("sale"))
    both = pd.concat([forward, test], ignore_index=True)
    features = {"km_to_site": np.arange(len(both)) % 200.0, "is_odd": both["sequence"] % 2.0}
    write_table(both.assign(**features), paths.processed("sale"))
    truth = test[["lead_id", "snapshot_at", "probability"]].assign(objective="sale")
    write_table(truth if is_dated else truth.head(0), paths.TRUTH)
    write_catalogue([KM], paths.EXPLICIT_CATALOGUE)


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    shutil.copy(paths.PARAMS, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["compare", "tried"])


def read_result() -> dict:
    return read_json(paths.policy("sale", "tried"))


def read_weeks() -> pd.DataFrame:
    return pd.read_csv("metrics/plots/policies/sale-tried-weeks.csv")


def test_the_stage_writes_what_others_read():
    """Check the fixed keys, and that the weeks of each policy add up to its figures."""
    write_project(capacity_per_week=2, eligibility=[FAR], required_recall=0.5)
    assert compare.main().startswith("tried: cuts 0.025 and ")
    result = read_result()
    wanted = {"leads", "profit", "profit_low", "profit_high", "profit_in_hindsight", "profit_of_truth"}
    assert set(result["test"]) >= wanted | {"contacts", "conversions_reached", "share_above_cut"}
    assert result["decide_at"] == "1d"
    assert set(result) >= {"cuts", "cuts_without_limit", "forward", "baselines", "difference", "difference_unaided"}
    assert [entry["applies"] for entry in result["eligibility"]["conditions"]] == [True]
    assert len(result["transitions"]["steps"]) == 1
    weeks = read_weeks().groupby("policy")[["leads", "contacts", "conversions_reached", "profit"]].sum()
    named = {"two_cuts": result["test"]} | result["baselines"] | result["alternatives"]
    assert set(weeks.index) == set(named)
    for name, figures in named.items():
        assert weeks.loc[name].tolist() == pytest.approx([figures[column] for column in weeks])
    assert (read_weeks()["capacity_used"] <= 1).all()


def test_a_scenario_of_other_sources_is_not_applicable():
    """Check that it says so, and computes nothing; one that names the source is computed."""
    write_project(sources=["elsewhere"])
    assert compare.main() == "tried is a scenario of elsewhere: not applicable to sample"
    assert read_result() == {"source": "sample", "applicable": False}
    assert read_weeks().empty
    write_project(sources=["elsewhere", "sample"])
    compare.main()
    assert read_result()["applicable"]


def test_points_by_hand_are_among_the_baselines():
    """Check points for odd numbers, all of which convert: twenty of the forty are called, the others nurtured."""
    write_project()
    compare.main()
    points = read_result()["baselines"]["points"]
    assert (points["contacts"], points["conversions_reached"], points["conversions_lost"]) == (20, 20, 0)
    assert points["profit"] == 20 * 90 - 20


def test_a_second_run_writes_the_same_bytes():
    """Check that nothing depends on the clock or on chance."""
    write_project(capacity_per_week=2)
    files = [paths.policy("sale", "tried"), paths.thresholds("sale", "tried")]
    compare.main()
    before = [file.read_bytes() for file in files]
    compare.main()
    assert [file.read_bytes() for file in files] == before


def test_a_source_without_dates_has_hundreds_for_weeks():
    """Check names of weeks, that there is one age and no truth."""
    write_project(is_dated=False, eligibility=[FAR])
    compare.main()
    result = read_result()
    assert result["transitions"]["steps"] == []
    assert "profit_of_truth" not in result["test"]
    assert set(read_weeks()["week"]) == {"leads 0 to 99"}


def test_what_the_source_lacks_is_said_and_what_nobody_knows_refused():
    """Check a condition on the market, which this source has not, and on a name that is misspelt."""
    condition = {"metric": "is_in_market", "equals": 1, "routes": ["sales"], "why": "Not sold there."}
    write_project(eligibility=[condition])
    compare.main()
    assert read_result()["eligibility"]["without_metric"] == ["is_in_market"]
    assert read_result()["eligibility"]["conditions"][0]["applies"] is False
    paths.PARAMS.write_text(paths.PARAMS.read_text(encoding="utf-8").replace("is_in_market", "is_in_markt"))
    with pytest.raises(InputError, match="unknown_metric"):
        compare.main()


def test_an_objective_that_is_not_applicable_has_empty_tables():
    """Check that all three files are written."""
    write_project()
    save_not_applicable("sample", paths.model_folder("sale"))
    assert "not applicable" in compare.main()
    assert read_result() == {"source": "sample", "applicable": False}
    assert read_weeks().empty
