"""Scores leads that came after the models were learned, without training: from their files to the lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from src import paths
from src.data.arrivals import Arrivals, load_history, read_arrivals
from src.data.declarations import place_time
from src.data.sources import Source, load_source
from src.features.arrivals import Features, measure_arrivals
from src.features.catalogue import Metric
from src.files import read_table, replacing, write_table
from src.models.resampling import Refits, load_refits
from src.models.saved import SavedModel, is_applicable, load_model
from src.params import Params, load_params
from src.scoring.call_list import arrange_rows, write_contact, write_workbook
from src.scoring.lists import OpenLeads, list_leads, save_scores, score_leads, set_apart
from src.stage import InputError

FOLDER = Path("data/lists")
"""Where the lists are written unless another folder is named; no stage makes it."""


@dataclass(frozen=True)
class InForce:
    """The model of an objective that scores, with what its intervals need."""

    model: SavedModel
    refits: Refits


def score_files(
    leads: Sequence[Path], activities: Sequence[Path], as_of: str | None, folder: Path, with_contact: bool = False
) -> str:
    """Write the lists of all scenarios for the leads of some files into a folder; return what was done.

    Of a lead that stands in several files the last one counts. Contact data come to stand in `CONTACT_FOLDER` alone.
    """
    params = load_params()
    source = load_source(params.source)
    end = find_end(source, as_of)
    models = load_models(params)
    outcomes = read_table(paths.OUTCOMES)

    raw = paths.raw_folder(params.source)
    arrivals = read_arrivals(load_history(), source, raw, leads, activities, as_of, params.intake)
    features = measure_arrivals(arrivals, outcomes, join_catalogues(models), source, end, params)
    confidence = params.evaluation.confidence
    open_leads = {
        name: take_open(model, features, find_decided(source, name, arrivals, outcomes))
        for name, model in models.items()
    }
    scored = {
        name: score_leads(leads.model, leads.refits, leads.current, confidence) for name, leads in open_leads.items()
    }
    lists = {
        name: list_leads(scored.get(scenario.objective), open_leads.get(scenario.objective), scenario, confidence)
        for name, scenario in params.scenarios.items()
        if scenario.is_for(params.source)
    }

    named = {paths.scored(params.scenarios[name].objective, name).stem: scores for name, scores in lists.items()}
    with replacing(folder) as temporary:
        for name, scores in named.items():
            save_scores(scores, temporary / f"{name}.parquet")
            write_workbook(arrange_rows(scores, arrivals.leads, source.timezone, ()), temporary / f"{name}.xlsx")
        write_table(arrivals.rejected, temporary / paths.REJECTED.name)
    said = describe_run(arrivals, lists, folder)
    return f"{said} and {write_contact(named, arrivals.leads, source.timezone)}" if with_contact else said


def write_open_lists(with_contact: bool) -> str:
    """Write the lists that the chain made of today's open leads as workbooks; return where they are."""
    params = load_params()
    source = load_source(params.source)
    names = [paths.scored(scenario.objective, name) for name, scenario in params.scenarios.items()]
    lists = {path.stem: read_table(path) for path in names}
    leads = read_table(paths.LEADS)
    if with_contact:
        return f"{len(lists)} lists with contact data in {write_contact(lists, leads, source.timezone)}"
    with replacing(FOLDER) as temporary:
        temporary.mkdir()
        for name, scores in lists.items():
            write_workbook(arrange_rows(scores, leads, source.timezone, ()), temporary / f"{name}.xlsx")
    return f"{len(lists)} lists in {FOLDER}"


def find_end(source: Source, as_of: str | None) -> pd.Timestamp:
    """Return until when the files go, in UTC; NaT in a source without dates."""
    if not source.is_dated():
        return pd.NaT
    if as_of is None:
        raise InputError("missing_argument", "say until when the files go: --as-of TIME")
    try:
        return place_time(as_of, source.timezone)
    except ValueError as error:
        raise InputError("invalid_value", f"--as-of: {error}") from None


def load_models(params: Params) -> dict[str, InForce]:
    """Return the model in force of each objective that a scenario has and the source knows."""
    found = {}
    for objective in dict.fromkeys(scenario.objective for scenario in params.scenarios.values()):
        folder = paths.current_model_folder(objective)
        if is_applicable(folder):
            model = load_model(folder)
            found[objective] = InForce(model, load_refits(model, folder))
    return found


def join_catalogues(models: dict[str, InForce]) -> list[Metric]:
    """Return the metrics that any of the models learned from, each once."""
    return list({metric.name: metric for found in models.values() for metric in found.model.catalogue}.values())


def find_decided(source: Source, objective: str, arrivals: Arrivals, outcomes: pd.DataFrame) -> pd.Series:
    """Return the ids of the leads that converted or closed for an objective, by the history or by the files."""
    declared, known = source.objectives[objective], pd.concat([outcomes[["lead_id", "kind"]], arrivals.decided])
    return known.loc[known["kind"].isin([*declared.converted, *declared.closed]), "lead_id"]


def take_open(found: InForce, features: Features, decided: pd.Series) -> OpenLeads:
    """Return the leads that are still open, those in quarantine apart."""
    rows = features.rows[~features.rows["lead_id"].isin(decided)]
    is_apart = rows["lead_id"].isin(features.quarantine["lead_id"])
    apart = set_apart(rows[is_apart], features.quarantine)
    return OpenLeads(rows[~is_apart].reset_index(drop=True), apart, found.model, found.refits)


def describe_run(arrivals: Arrivals, lists: dict[str, pd.DataFrame], folder: Path) -> str:
    parts = [f"{int(arrivals.is_asked.sum())} leads read"]
    parts += (
        [f"{len(arrivals.rejected)} rows rejected ({folder / paths.REJECTED.name})"] if len(arrivals.rejected) else []
    )
    parts += [f"{arrivals.known_again} activities left out that the history has"] if arrivals.known_again else []
    routes = [f"{name}: {describe_routes(scores)}" for name, scores in lists.items()]
    return "; ".join(parts) + "\n" + "\n".join(routes) + f"\nlists in {folder}"


def describe_routes(scores: pd.DataFrame) -> str:
    counts = scores["route"].value_counts()
    return ", ".join(f"{count} {route}" for route, count in counts.items()) or "nobody is open"
