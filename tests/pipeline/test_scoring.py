"""New leads get their lists from files, by the models of a finished chain and without running it."""

import csv
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from src.scoring.lists import COLUMNS
from tests.pipeline.conftest import Project

SAMPLE = Path("data/raw/sample")
AS_OF = "2026-08-02T09:00:00"


@pytest.fixture(scope="module")
def later(sample_run: Project, tmp_path_factory) -> Path:
    """Return a folder with the sample's newest leads once more under new ids, a day after its end, and their log."""
    folder = tmp_path_factory.mktemp("later")
    with (sample_run.folder / SAMPLE / "leads.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file, delimiter=";")
    lead, created = header.index("ID"), header.index("Fecha creación")
    for number, row in enumerate(rows[-30:]):
        row[lead], row[created] = f"NEW-{number:02d}", "01/08/2026 10:00:00"
    with (folder / "leads.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows([header, *rows[-30:]])
    log = "id_actividad,id_lead,fecha,evento,recurso,campana,canal\n"
    log += "".join(f"n{number},NEW-07,2026-08-01T1{number}:00:00Z,pagina_vista,/precios,,\n" for number in range(3))
    (folder / "log.csv").write_text(log + "x,NOBODY,2026-08-01T10:00:00Z,apertura,,,\n", encoding="utf-8")
    return folder


def score(project: Project, *arguments: str, check: bool = True):
    return project.run("python", "-m", "src.scoring.score", *arguments, check=check)


def test_new_leads_are_listed_in_every_scenario(sample_run, later):
    """Check the lists, that activity moves a lead, that nothing personal is in them and that the chain is untouched."""
    before = sample_run.read_bytes("data/scored/*", "models/**/*", "data/interim/*")
    files = ("--leads", str(later / "leads.csv"), "--as-of", AS_OF)
    said = score(sample_run, *files, "--activities", str(later / "log.csv"), "--to", "data/lists").stderr
    assert "30 leads read; 1 rows rejected (data/lists/rejected.parquet)" in said
    lists = sorted(path.stem for path in (sample_run.folder / "data/lists").glob("*.csv"))
    assert lists == sorted(path.stem for path in (sample_run.folder / "data/scored").glob("*.csv"))
    with_log = read_list(sample_run, "data/lists", "sale-call_centre")
    assert with_log.columns.tolist() == list(COLUMNS[1:])
    assert len(with_log) >= 25
    assert (with_log["age_days"].round(3) == round(23 / 24, 3)).all()
    score(sample_run, *files, "--to", "data/without")
    without = read_list(sample_run, "data/without", "sale-call_centre")
    moved = with_log["probability"] != without["probability"].reindex(with_log.index)
    assert moved.loc["NEW-07"]
    assert with_log.loc["NEW-07", "probability"] > without.loc["NEW-07", "probability"]
    text = (later / "leads.csv").read_text(encoding="utf-8")
    emails = {word for word in text.replace(";", " ").split() if "@" in word}
    written = b"".join(sample_run.read_bytes("data/lists/*").values())
    assert emails
    assert not any(email.encode() in written for email in emails)
    assert sample_run.read_bytes("data/scored/*", "models/**/*", "data/interim/*") == before


def read_list(project: Project, folder: str, name: str) -> pd.DataFrame:
    return pd.read_parquet(project.folder / folder / f"{name}.parquet").set_index("lead_id")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--leads", "gone.csv", "--as-of", AS_OF), "gone.csv: there is no such file"),
        (("--leads", "{later}/leads.csv"), "[missing_argument] say until when the files go: --as-of TIME"),
        (("--leads", "{later}/leads.csv", "--as-of", "soon"), "[invalid_value] --as-of"),
        (("--leads", "{later}/log.csv", "--as-of", AS_OF), "[unknown_header]"),
    ],
)
def test_what_cannot_be_scored_is_said_in_one_line(sample_run, later, arguments, message):
    """Check the message, and that nothing is written."""
    given = [argument.replace("{later}", str(later)) for argument in arguments]
    result = score(sample_run, *given, "--to", "data/nothing", check=False)
    assert result.returncode == 1
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not (sample_run.folder / "data/nothing").exists()


def test_why_a_lead_has_its_probability_is_told(sample_run):
    """Check that the newest probability and the routes are those of the lists, and that nothing personal is told."""
    scores = pd.read_parquet(sample_run.folder / "data/scored/sale-call_centre.parquet")
    lead = scores.loc[scores["route"] == "sales"].iloc[0]
    told = sample_run.run("python", "-m", "src.scoring.explain", lead["lead_id"]).stdout
    assert told.startswith(f"Lead {lead['lead_id']}, came 202")
    sale = told[told.index("\nsale, by the model in force") :]
    assert f": {lead['probability']:.0%}, {lead['probability_low']:.0%} to {lead['probability_high']:.0%}" in sale
    assert f"  for: {lead['reasons_for']}\n" in sale
    assert "  call_centre: sales\n" in sale
    people = pd.read_parquet(sample_run.folder / "data/interim/leads.parquet").set_index("lead_id").loc[lead["lead_id"]]
    assert not any(people[name] in told for name in ("email", "phone", "message") if isinstance(people[name], str))
    refused = sample_run.run("python", "-m", "src.scoring.explain", "nobody", check=False)
    assert "[unknown_lead]" in refused.stderr


def test_a_list_is_written_for_the_import_of_a_crm(sample_run):
    """Check the command, and that a scenario that does not exist is refused."""
    sample_run.run("python", "-m", "src.scoring.export", "--to", "hubspot", "--scenario", "small_team")
    file = pd.read_csv(sample_run.folder / "data/lists/hubspot-sale-small_team.csv", dtype=str)
    scores = pd.read_parquet(sample_run.folder / "data/scored/sale-small_team.parquet")
    assert file["Record ID"].tolist() == scores["lead_id"].tolist()
    assert file["lead_score"].dropna().astype(int).between(0, 100).all()
    refused = sample_run.run("python", "-m", "src.scoring.export", "--to", "odoo", "--scenario", "none", check=False)
    assert refused.returncode == 2


def test_a_killed_watch_loses_no_lead_and_repeats_none(sample_run, later, tmp_path):
    """Check that files that arrive one after the other, around a kill, end in a list of all their leads, each once."""
    inbox = tmp_path / "inbox"
    for name in ("leads", "activities"):
        (inbox / name).mkdir(parents=True)
    with (later / "leads.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file, delimiter=";")
    parts = [write_rows([header, *rows[start : start + 10]]) for start in (0, 10, 20)]
    watched = [sys.executable, "-m", "src.scoring.score", "--watch", str(inbox), "--as-of", AS_OF, "--to", "data/inbox"]
    environment = os.environ | {"PYTHONPATH": str(sample_run.folder)}
    process = subprocess.Popen(watched, cwd=sample_run.folder, env=environment, stderr=subprocess.DEVNULL)
    try:
        (inbox / "leads/1.csv").write_text(parts[0], encoding="utf-8")
        listed = sample_run.folder / "data/inbox/sale-call_centre.parquet"
        wait_until(listed.is_file)
        first = pd.read_parquet(listed)
        (inbox / "leads/2.csv").write_text(parts[1], encoding="utf-8")
        time.sleep(3)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    # What is still being written is left alone.
    (inbox / "leads/3.csv.partial").write_text(parts[2][:200], encoding="utf-8")
    (inbox / "leads/3.csv.partial").rename(inbox / "leads/3.csv")
    (inbox / "leads/3.csv").write_text(parts[2], encoding="utf-8")
    (inbox / "leads/4.csv.partial").write_text("half a li", encoding="utf-8")
    time.sleep(2.1)
    score(sample_run, "--watch", str(inbox), "--once", "--as-of", AS_OF, "--to", "data/inbox")
    found = pd.read_parquet(listed)["lead_id"]
    assert found.is_unique
    assert set(first["lead_id"]) <= set(found)
    assert len(found) == len(read_list(sample_run, "data/without", "sale-call_centre"))


def write_rows(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows(rows)
    return text.getvalue()


def wait_until(is_so, seconds=120):
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.2)
