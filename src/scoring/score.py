"""Stage `score`: today's open leads with probability, interval, route and reasons, for one scenario."""

import numpy as np
import pandas as pd

from src import paths
from src.files import read_table, write_table, write_text
from src.models.reasons import grade_leads, list_reasons
from src.models.resampling import Refits, load_refits, predict_interval
from src.models.saved import SavedModel, is_applicable, load_model
from src.params import Scenario, load_params
from src.policies.decisions import assess_leads
from src.policies.economics import ROUTES
from src.policies.review import REVIEW, measure_reach, name_routes
from src.policies.routing import route_leads
from src.stage import read_item, run_stage

QUARANTINE = "quarantine"
"""The route of spam."""

COLUMNS = (
    "lead_id",
    "snapshot_at",
    "age_days",
    "beyond_trained_age",
    "probability",
    "probability_low",
    "probability_high",
    "base",
    "fit",
    "engagement",
    "fit_grade",
    "engagement_grade",
    "route",
    "route_without_review",
    "reasons_for",
    "reasons_against",
    "reasons",
)
"""One row a lead open at the end of the data; base + fit + engagement are the log-odds.

A lead that somebody looks at first has the ``route`` review; ``route_without_review`` is what it takes if nobody
does, and of all others the same route again.

Leads in quarantine come last: without a probability, with the ``reasons`` they were set apart for.
"""

TEXTS = ("lead_id", "reasons_for", "reasons_against", "reasons")
"""The columns that hold something a lead or a source may have written."""


def main() -> str:
    params = load_params()
    name = read_item()
    scenario = params.get_scenario(name)
    objective, folder = scenario.objective, paths.current_model_folder(scenario.objective)
    applicable = is_applicable(folder)
    if applicable:
        current = read_table(paths.processed(objective), where="is_current")
        is_apart = current["is_quarantined"]
        model = load_model(folder)
        refits, confidence = load_refits(model, folder), params.evaluation.confidence
        scores = score_leads(model, refits, current[~is_apart].reset_index(drop=True), scenario, confidence)
        scores = pd.concat([scores, set_apart(current[is_apart], read_table(paths.QUARANTINE))], ignore_index=True)
    else:
        scores = pd.DataFrame(columns=list(COLUMNS))

    write_table(scores, paths.scored(objective, name))
    # RFC 4180. With these ends of lines a return within a text is quoted too, and begins no row.
    export = scores.assign(**{name: neutralise(scores[name]) for name in TEXTS}).to_csv(
        index=False, lineterminator="\r\n"
    )
    write_text(export, paths.scored(objective, name).with_suffix(".csv"))
    if not applicable:
        return f"{name}: {objective} is not an objective of {params.source}: not applicable"
    return f"{name}: {describe(scores)}"


def score_leads(
    model: SavedModel, refits: Refits, current: pd.DataFrame, scenario: Scenario, confidence: float
) -> pd.DataFrame:
    """Return the open leads from the most to the least probable, each with its interval, route and reasons.

    All open leads are taken for one week's: under capacity those are called, in each team, for whom a call
    is expected to add most. With one value, one team and no conditions these are the most probable.
    """
    scores = current[["lead_id", "snapshot_at", "age_days"]].assign(
        beyond_trained_age=current["age_days"] > model.max_age_days, probability=model.predict(current), week=0
    )
    explained = model.explain(current)
    interval = predict_interval(model, refits, current, confidence)
    scores = pd.concat(
        [scores, interval, explained, grade_leads(model, explained, current["age_days"]), list_reasons(model, current)],
        axis=1,
    )
    assessed = assess_leads(scores, current, scenario)
    route, reach = route_leads(assessed, scenario), measure_reach(confidence, len(refits.fitted))
    scores["route"] = name_routes(assessed, route, scenario, reach)
    scores["route_without_review"] = np.array(ROUTES, dtype=object)[route]
    order = scores.sort_values(["probability", "lead_id"], ascending=[False, True], ignore_index=True)
    return order.assign(reasons=pd.Series(pd.NA, order.index, "str"))[list(COLUMNS)]


def set_apart(current: pd.DataFrame, quarantine: pd.DataFrame) -> pd.DataFrame:
    """Return the open leads in quarantine, in order of key, with the reasons in place of a score."""
    leads = current[["lead_id", "snapshot_at", "age_days"]].merge(quarantine, on="lead_id")
    leads = leads.assign(route=QUARANTINE, route_without_review=QUARANTINE, beyond_trained_age=False)
    return leads.sort_values("lead_id", ignore_index=True).reindex(columns=list(COLUMNS))


def neutralise(text: pd.Series) -> pd.Series:
    """Return text that a spreadsheet does not take for a formula."""
    return text.where(~text.astype("str").str.match(r"[=+\-@\t\r]"), "'" + text.astype("str"))


def describe(scores: pd.DataFrame) -> str:
    if scores.empty:
        return "no lead is open at the end of the data; the file has no rows"
    counts = scores["route"].value_counts()
    routes = (*ROUTES[::-1], REVIEW, QUARANTINE)
    return f"{len(scores)} open leads: " + ", ".join(f"{counts.get(route, 0)} {route}" for route in routes)


if __name__ == "__main__":
    run_stage(main)
