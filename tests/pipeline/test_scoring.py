"""New leads get their lists from files, by the models of a finished chain and without running it."""

import csv
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
