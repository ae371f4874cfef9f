"""Stage `score`: today's open leads with probability, interval and reasons, and the route in each scenario.

With files named, as in ``python -m src.scoring.score --leads FILE --as-of TIME``, it scores the leads of these
instead, by the models in force and without training.
"""

import importlib
import sys
from functools import partial

import pandas as pd

from src import paths
from src.files import read_table, replacing
from src.models.resampling import load_refits
from src.models.saved import is_applicable, load_model
from src.params import load_params
from src.policies.economics import ROUTES
from src.policies.review import REVIEW
from src.scoring.lists import QUARANTINE, OpenLeads, list_leads, save_scores, score_leads, set_apart
from src.stage import run_stage

COMMAND = "src.scoring.command"
"""What scores files. The stage never runs it, so it is loaded by name and not among the code that the stage is of."""


def main() -> str:
    params = load_params()
    confidence = params.evaluation.confidence
    objectives = dict.fromkeys(scenario.objective for scenario in params.scenarios.values())
    open_leads = {objective: load_open_leads(objective) for objective in objectives}

    scored = {
        objective: None if leads is None else score_leads(leads.model, leads.refits, leads.current, confidence)
        for objective, leads in open_leads.items()
    }
    lists = {
        name: list_leads(scored[scenario.objective], open_leads[scenario.objective], scenario, confidence)
        if scenario.is_for(params.source)
        else list_leads(None, None, scenario, confidence)
        for name, scenario in params.scenarios.items()
    }

    with replacing(paths.SCORED) as folder:
        for name, scores in lists.items():
            save_scores(scores, folder / paths.scored(params.scenarios[name].objective, name).name)
    return "\n".join(f"{name}: {describe(scores)}" for name, scores in lists.items())


def load_open_leads(objective: str) -> OpenLeads | None:
    """Return the open leads of an objective; None where the source does not have it."""
    folder = paths.current_model_folder(objective)
    if not is_applicable(folder):
        return None
    rows, model = read_table(paths.processed(objective), where="is_current"), load_model(folder)
    is_apart = rows["is_quarantined"]
    apart = set_apart(rows[is_apart], read_table(paths.QUARANTINE))
    return OpenLeads(rows[~is_apart].reset_index(drop=True), apart, model, load_refits(model, folder))


def describe(scores: pd.DataFrame) -> str:
    if scores.empty:
        return "no lead is open at the end of the data; the file has no rows"
    counts = scores["route"].value_counts()
    routes = (*ROUTES[::-1], REVIEW, QUARANTINE)
    return f"{len(scores)} open leads: " + ", ".join(f"{counts.get(route, 0)} {route}" for route in routes)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main = partial(importlib.import_module(COMMAND).run_command, sys.argv[1:])
    run_stage(main)
