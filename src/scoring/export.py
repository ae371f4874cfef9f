"""Program: a scenario's list as a file that a CRM imports, each lead with score, grade, route and reasons."""

import argparse
from pathlib import Path

import pandas as pd

from src import paths
from src.data.sources import load_source
from src.files import read_table, write_text
from src.params import Params, load_params
from src.scoring.new import FOLDER
from src.stage import InputError, run_stage
from src.strict import Strict, read_yaml, validate

FORMS = Path(__file__).with_name("crm.yaml")

MOST_REASONS = 255
"""Characters that a text field of every one of these CRMs holds."""


class Columns(Strict):
    score: str
    grade: str
    route: str
    reasons: str
    day: str


class Form(Strict):
    """What the import of a CRM calls the columns, and how it writes a day."""

    key: str
    columns: Columns
    day: str


class Forms(Strict):
    hubspot: Form
    salesforce: Form
    odoo: Form
    mautic: Form


def main() -> str:
    params = load_params()
    given = read_arguments(params)
    scenario = params.get_scenario(given.scenario)
    listed = paths.scored(scenario.objective, given.scenario)
    zone = load_source(params.source).timezone
    scores = read_table(given.lists / listed.name)
    if scores.empty:
        raise InputError("no_rows", "the list has no leads: nothing to import", given.lists / listed.name)

    form = getattr(load_forms(), given.to)
    path = FOLDER / f"{given.to}-{listed.stem}.csv"
    write_text(write_import(scores, form, zone), path)
    return f"{len(scores)} leads in {path}, found again by {form.key}"


def read_arguments(params: Params) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m src.scoring.export", description=__doc__)
    parser.add_argument("--to", choices=list(Forms.model_fields), required=True, help="whose import it is for")
    parser.add_argument("--scenario", choices=list(params.scenarios), required=True, help="whose list")
    parser.add_argument("--lists", type=Path, default=paths.SCORED, metavar="FOLDER", help="where the lists are")
    return parser.parse_args()


def load_forms() -> Forms:
    return validate(Forms, read_yaml(FORMS), FORMS)


def write_import(scores: pd.DataFrame, form: Form, zone: str) -> str:
    """Return the CSV (RFC 4180, UTF-8) of a list in the `form` of a CRM's import.

    The score is the probability in hundredths, without one for leads in quarantine. The day is that of the snapshot
    in the source's `zone`.
    """
    local = scores["snapshot_at"].dt.tz_localize("UTC").dt.tz_convert(zone)
    names = form.columns
    told = {
        form.key: scores["lead_id"],
        names.score: (100 * scores["probability"].astype(float)).round().astype("Int64"),
        names.grade: scores["fit_grade"].fillna("") + scores["engagement_grade"].fillna(""),
        names.route: scores["route"],
        names.reasons: scores["reasons_for"].fillna(scores["reasons"]).str[:MOST_REASONS],
        names.day: local.dt.strftime(form.day),
    }
    return pd.DataFrame(told).to_csv(index=False, lineterminator="\r\n")


if __name__ == "__main__":
    run_stage(main)
