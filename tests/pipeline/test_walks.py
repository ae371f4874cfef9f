"""The walks of docs/your-data.md, from files as a CRM exports them, each command as the page has it."""

import json
import os
import re
import sys
from collections.abc import Callable, Iterator

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest

from tests.data.exports import make_hubspot, make_mautic, make_odoo, make_salesforce, save_csv, save_lines
from tests.data.server import run_server
from tests.pipeline.conftest import ROOT, Project

PAGE = ROOT / "docs/your-data.md"
FEATURES = ("data/features/explicit.parquet", "data/features/implicit.parquet")
TO_FEATURES = ("src.data.inputs", "src.data.ingest", "src.features.explicit", "src.features.implicit")
"""The programs of the first stages, which one process runs in a third of the time that DVC takes."""
COUNT = 1200


def read_commands(title: str) -> list[str]:
    """Return the commands of a walk, as its section of the page has them."""
    section = re.search(rf"^## {title}$(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    block = re.search(r"```bash\n(.*?)```", section[1], re.DOTALL)
    return [line.split("  #")[0].strip() for line in block[1].splitlines() if line.strip()]


def follow(project: Project, title: str) -> None:
    """Run the commands of a walk; of the chain its stages to the features."""
    commands = read_commands(title)
    assert len(commands) <= 6
    for command in commands:
        program, *arguments = command.split()
        if program == "make":
            project.run(sys.executable, "-m", "src.data.choose", arguments[1].removeprefix("SOURCE="))
            project.run(sys.executable, "-m", "src.together", *TO_FEATURES)
        elif program == "python":
            project.run(sys.executable, *arguments)
        else:
            assert program == "export"


def read_features(project: Project) -> list[pd.DataFrame]:
    return [pd.read_parquet(project.folder / path) for path in FEATURES]


@pytest.fixture(scope="module")
def project(make_project: Callable[..., Project]) -> Project:
    project = make_project()
    project.keep_scenarios("call_centre", "two_cities")
    return project


@pytest.fixture(scope="module")
def hubspot(project: Project) -> dict[str, pd.DataFrame]:
    tables = make_hubspot(COUNT)
    save_csv(tables, project.folder / "exports")
    return tables


@pytest.fixture(scope="module")
def hubspot_features(project: Project, hubspot: dict[str, pd.DataFrame]) -> list[pd.DataFrame]:
    """Follow the walk to its features."""
    follow(project, "HubSpot")
    features = read_features(project)
    assert len(features[0]) == COUNT
    return features


def test_a_workbook_gives_the_features_of_its_csv(
    project: Project, hubspot: dict[str, pd.DataFrame], hubspot_features: list[pd.DataFrame]
):
    """Check three sheets of one xlsx: numbers are numbers and dates are dates there."""
    folder = project.folder / "exports-xlsx"
    folder.mkdir()
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, table in hubspot.items():
        sheet = workbook.create_sheet(name)
        sheet.append(list(table))
        for row in table.itertuples(index=False):
            sheet.append([write_typed(name, value) for name, value in zip(table, row, strict=True)])
    workbook.save(folder / "hubspot.xlsx")
    follow(project, "HubSpot, from a workbook")
    for mine, expected in zip(read_features(project), hubspot_features, strict=True):
        pd.testing.assert_frame_equal(mine, expected)


def write_typed(column: str, value: str) -> object:
    """Return a cell as a person's workbook has it."""
    if not value:
        return None
    if column in ("Create Date", "Close Date"):
        return pd.Timestamp(value).to_pydatetime()
    return int(value) if value.isdigit() else value


@pytest.fixture(scope="module")
def database(hubspot: dict[str, pd.DataFrame]) -> Iterator[None]:
    """Put the tables of HubSpot into a server, with types of their own."""
    import adbc_driver_postgresql.dbapi as driver

    with run_server() as dsn, driver.connect(dsn, autocommit=True) as connection, connection.cursor() as cursor:
        for name, table in hubspot.items():
            typed = table.replace("", None)
            for column in ("Create Date", "Close Date"):
                if column in typed:
                    typed[column] = pd.to_datetime(typed[column], utc=True)
            cursor.adbc_ingest(name.replace("-", "_"), pa.Table.from_pandas(typed, preserve_index=False), mode="create")
        os.environ["CRM_DSN"] = dsn
        yield
        del os.environ["CRM_DSN"]


def test_a_database_gives_the_features_of_its_csv(
    project: Project, database: None, hubspot_features: list[pd.DataFrame]
):
    """Check tables with times that have a zone."""
    follow(project, "HubSpot, from PostgreSQL")
    for mine, expected in zip(read_features(project), hubspot_features, strict=True):
        pd.testing.assert_frame_equal(mine, expected)


@pytest.mark.parametrize("title", ["Salesforce", "Odoo", "Mautic"])
def test_other_crms_come_to_their_features(project: Project, title: str):
    """Check that each walk has a row of features for each lead."""
    folder = project.folder / "exports" / title.lower()
    if title == "Odoo":
        save_lines(make_odoo(COUNT), folder / "crm.jsonl")
    elif title == "Mautic":
        save_csv(make_mautic(COUNT), folder, ";")
    else:
        save_csv(make_salesforce(COUNT), folder)
    follow(project, title)
    explicit = pd.read_parquet(project.folder / FEATURES[0])
    assert len(explicit) == COUNT
    assert explicit["job_function"].notna().mean() > 0.4


def test_hubspot_comes_to_its_pages(project: Project, hubspot_features: list[pd.DataFrame], monkeypatch):
    """Check the last command of the walk: pages, probabilities better than chance, and whose a scenario is."""
    monkeypatch.setenv("SOURCE", "hubspot")
    project.run(sys.executable, "-m", "src.run")
    assert (project.folder / "reports/index.html").is_file()
    figures = json.loads((project.folder / "metrics/sale.json").read_text(encoding="utf-8"))
    assert figures["applicable"]
    assert figures["test"]["roc_auc"] > 0.6
    page = (project.folder / "reports/sale/two_cities.html").read_text(encoding="utf-8")
    assert "This scenario is for sample" in page
