"""The whole chain on a small sample, run with DVC as a user would."""

import json
import re

import pandas as pd
import pytest

from src.models.candidates import LEARNED
from tests.pipeline.conftest import Project

TEST_FIGURES = {"n", "leads", "conversions", "base_rate", "mean_probability", "roc_auc", "average_precision"} | {
    "log_loss", "brier", "ece", "calibration_slope", "calibration_intercept", "lift_at_10"
}  # fmt: skip
SCENARIOS = {
    "call_centre": "sale",
    "small_team": "sale",
    "client_leads": "accepted",
    "two_cities": "sale",
    "phone_leads": "accepted",
}


def read_json(project: Project, name: str) -> dict:
    return json.loads((project.folder / name).read_text(encoding="utf-8"))


def test_a_second_run_does_nothing_and_says_so(sample_run: Project):
    """Check that nothing is run twice without a reason; that Python compiled a module is none."""
    compiled = sample_run.folder / "src/policies/__pycache__/another.cpython-311.pyc"
    compiled.parent.mkdir(exist_ok=True)
    compiled.write_bytes(b"compiled")
    result = sample_run.run("dvc", "repro")
    assert "up to date" in result.stdout + result.stderr
    assert "Running stage" not in result.stdout


@pytest.mark.parametrize("objective", ["sale", "accepted"])
def test_the_figures_stand_under_their_fixed_keys(sample_run: Project, objective: str):
    """Check the contract of metrics/<objective>.json."""
    figures = read_json(sample_run, f"metrics/{objective}.json")
    assert figures["source"] == "sample"
    assert figures["applicable"] is True
    assert figures["champion"] in (*LEARNED, "average")
    assert set(figures["features"]) == {"explicit", "implicit", "both"}
    assert set(figures["truth"]) >= {"roc_auc", "log_loss"}
    assert list(figures["test"]["by_age"]) == ["0h", "1d", "7d", "30d", "90d"]
    for test in (figures["test"], *figures["test"]["by_age"].values()):
        assert set(test) >= TEST_FIGURES
        assert set(test) >= {"roc_auc_low", "roc_auc_high", "log_loss_low", "log_loss_high"}


@pytest.mark.parametrize(("scenario", "objective"), SCENARIOS.items())
def test_each_scenario_has_its_figures_report_and_scores(sample_run: Project, scenario: str, objective: str):
    """Check the contract of metrics/policies and that report and scored leads are there."""
    policy = read_json(sample_run, f"metrics/policies/{objective}-{scenario}.json")
    assert set(policy["cuts"]) == {"discard", "sales"}
    wanted = {"leads", "profit", "profit_low", "profit_high", "profit_in_hindsight", "profit_of_truth"}
    assert set(policy["test"]) >= wanted | {"contacts", "conversions_reached"}
    assert all("profit" in baseline for baseline in policy["baselines"].values())
    assert policy["test"]["profit"] <= policy["test"]["profit_in_hindsight"]
    assert (sample_run.folder / f"reports/{objective}/{scenario}.html").is_file()
    scored = pd.read_parquet(sample_run.folder / f"data/scored/{objective}-{scenario}.parquet")
    assert len(scored) > 0
    assert set(scored["route"]) <= {"sales", "nurture", "discard", "review", "quarantine"}
    assert scored.loc[scored["route"] == "quarantine", "reasons"].notna().all()
    assert scored.loc[scored["route"] != "quarantine", "probability"].notna().all()
    export = pd.read_csv(sample_run.folder / f"data/scored/{objective}-{scenario}.csv")
    assert export["lead_id"].tolist() == scored["lead_id"].tolist()


def test_no_estimate_beats_the_truth_by_more_than_chance(sample_run: Project):
    """Check that the features do not know more than the truth does: that would be a leak."""
    for objective in ("sale", "accepted"):
        figures = read_json(sample_run, f"metrics/{objective}.json")
        assert figures["test"]["log_loss"] > figures["truth"]["log_loss"] * 0.99
        assert figures["test"]["roc_auc"] > 0.6


def test_the_counts_of_the_intake_add_up(sample_run: Project):
    """Check that every row read is kept, rejected or a duplicate, and each rejected row is there."""
    intake = read_json(sample_run, "data/interim/intake.json")
    rejected = pd.read_parquet(sample_run.folder / "data/interim/rejected.parquet")
    for file in intake["files"]:
        assert file["rows_read"] == file["rows_kept"] + file["rows_rejected"] + file["duplicates"]
        assert (rejected["file"] == file["file"]).sum() == file["rows_rejected"]
    assert rejected["reason"].notna().all()
    assert intake["leads"] > 2400


def test_dvc_shows_metrics_and_plots(sample_run: Project):
    """Check that the commands a data scientist compares runs with work."""
    shown = sample_run.run("dvc", "metrics", "show", "--json").stdout
    headline = json.loads(shown)[""]["data"]["metrics/headline.json"]["data"]
    assert headline["sale"]["roc_auc"] == read_json(sample_run, "metrics/sale.json")["test"]["roc_auc"]
    plots = sample_run.run("dvc", "plots", "show", "--out", "plots").stdout
    assert "index.html" in plots
    page = (sample_run.folder / "plots/index.html").read_text(encoding="utf-8")
    assert "Calibration on the test fold" in page


def test_a_report_is_byte_identical_when_made_again(sample_run: Project):
    """Check that no clock, path or random id is in a report."""
    before = sample_run.read_bytes("reports/**/*.html")
    sample_run.run("dvc", "repro", "--force", "--single-item", "scenario@small_team", "comparison")
    assert sample_run.read_bytes("reports/**/*.html") == before


PAGES = {f"scenario@{name}" for name in SCENARIOS} | {"model@sale", "model@accepted", "comparison"}


@pytest.mark.parametrize(
    ("key", "value", "stages"),
    [
        (
            "scenarios.small_team.cost.sales",
            20.0,
            {"scenario@small_team", "score", "comparison"},
        ),
        ("report.language", "es", PAGES),
    ],
)
def test_a_changed_parameter_reruns_only_what_depends_on_it(sample_run: Project, key, value, stages):
    """Check by DVC's own account which stages another cost or language makes stale."""
    with sample_run.changed("params.yaml", {key: value}):
        stale = set(json.loads(sample_run.run("dvc", "status", "--json").stdout))
    assert stale == stages


def test_a_page_in_spanish_has_the_same_figures(sample_run: Project):
    """Check the numbers of all tables of a scenario's page against those of the English one."""
    page = sample_run.folder / "reports/sale/small_team.html"
    english = page.read_text(encoding="utf-8")
    try:
        with sample_run.changed("params.yaml", {"report.language": "es"}):
            sample_run.run("python", "-m", "src.reports.render", "small_team")
        spanish = page.read_text(encoding="utf-8")
    finally:
        page.write_text(english, encoding="utf-8")
    assert '<html lang="es">' in spanish
    turned = str.maketrans(",.", ".,")
    numbers = [re.findall(r"\d[\d.,]*", cell) for cell in re.findall(r"<td.*?</td>", english)]
    assert [re.findall(r"\d[\d.,]*", cell) for cell in re.findall(r"<td.*?</td>", spanish)] == [
        [number.translate(turned) for number in cell] for cell in numbers
    ]
    assert sum(map(len, numbers)) > 100


def test_personal_data_stops_at_the_interim_tables(sample_run: Project):
    """Check that no e-mail, phone, name, company or message stands in any file made after ingest."""
    leads = pd.read_parquet(sample_run.folder / "data/interim/leads.parquet")
    planted = set()
    for column in ("email", "phone", "message", "company"):
        values = leads[column].dropna()
        planted |= set(values[values.str.len() >= 9])
    names = (leads["first_name"] + " " + leads["last_name"]).dropna()
    planted |= set(names)
    found = [(name, value) for name, text in list_texts(sample_run) for value in planted & set(text)]
    assert len(planted) > 3000
    assert found == []
    everything = "\n".join(
        content.decode(errors="replace")
        for content in sample_run.read_bytes(
            "models/**/*", "metrics/**/*", "reports/**/*", "data/scored/*.csv"
        ).values()
    )
    # One letter before the sign is enough: pages hold pictures as one long word.
    assert re.findall(r"[\w.+-]@(?:gmail|hotmail|yahoo|outlook|icloud)\.\w+", everything) == []


def list_texts(project: Project) -> list[tuple[str, list[str]]]:
    """Return every text value of every table made after ingest, with the table's name."""
    texts = []
    for path in sorted(project.folder.glob("**/*.parquet")):
        name = path.relative_to(project.folder).as_posix()
        if name.startswith(("data/features", "data/processed", "data/decisions", "data/scored", "models")):
            table = pd.read_parquet(path)
            texts += [(f"{name}:{c}", table[c].dropna().unique().tolist()) for c in table.select_dtypes("str")]
    assert texts
    return texts
