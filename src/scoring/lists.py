"""The list of a scenario: open leads with probability, interval, reasons and route."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from src.files import write_table, write_text
from src.models.reasons import grade_leads, list_reasons
from src.models.resampling import Refits, predict_interval
from src.models.saved import SavedModel
from src.params import Scenario
from src.policies.decisions import assess_leads
from src.policies.economics import ROUTES
from src.policies.review import measure_reach, name_routes
from src.policies.routing import route_leads

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
    "standing",
    "reasons_for",
    "reasons_against",
    "reasons",
)
"""One row a lead open at the end of the data; base + fit + engagement are the log-odds.

A lead that somebody looks at first has the ``route`` review; ``route_without_review`` is what it takes if nobody
does, and of all others the same route again.

Its ``standing`` says what a route does not know: that the lead is in hand already, or has no number to call.

Leads in quarantine come last: without a probability, with the ``reasons`` they were set apart for.
"""

IN_HAND, NO_NUMBER = "in hand", "no number"

ANSWERS = ("days_since_call_answered", "days_since_meeting_booked")
"""The metrics that say when a lead last spoke with sales, or was to."""

IN_HAND_DAYS = 14
"""So long after a conversation or an appointment somebody is at it."""

TEXTS = ("lead_id", "reasons_for", "reasons_against", "reasons")
"""The columns that hold something a lead or a source may have written."""


@dataclass(frozen=True)
class OpenLeads:
    """The leads open for an objective at the end of the data, and the model of everything known.

    Attributes
    ----------
    current : DataFrame
        The newest snapshot of each open lead that can be scored.
    apart : DataFrame
        Those in quarantine, as `set_apart` lists them.
    model : SavedModel
    refits : Refits
    """

    current: pd.DataFrame
    apart: pd.DataFrame
    model: SavedModel
    refits: Refits


def score_leads(model: SavedModel, refits: Refits, current: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Return the open leads in their order with probability, interval, grades and reasons: all but the route."""
    scores = current[["lead_id", "snapshot_at", "age_days"]].assign(
        beyond_trained_age=current["age_days"] > model.max_age_days, probability=model.predict(current)
    )
    explained = model.explain(current)
    interval = predict_interval(model, refits, current, confidence)
    grades, reasons = grade_leads(model, explained, current["age_days"]), list_reasons(model, current)
    standing = find_standing(current)
    return pd.concat([scores, interval, explained, grades, standing, reasons], axis=1)


def find_standing(current: pd.DataFrame) -> pd.Series:
    """Return whether each lead is in hand already, or else has no number that could be called; missing if neither.

    A source that does not tell of calls and appointments has nobody in hand, and one without phones misses none.
    """
    answers = [name for name in ANSWERS if name in current]
    standing = pd.Series(None, current.index, "str", name="standing")
    if "is_phone_valid" in current:
        standing[current["is_phone_valid"] != 1] = NO_NUMBER
    standing[(current[answers] <= IN_HAND_DAYS).any(axis=1)] = IN_HAND
    return standing


def list_leads(
    scores: pd.DataFrame | None, leads: OpenLeads | None, scenario: Scenario, confidence: float
) -> pd.DataFrame:
    """Return the list of a scenario, `COLUMNS`; without rows where the source does not have its objective."""
    if scores is None or leads is None:
        return pd.DataFrame(columns=list(COLUMNS))
    reach = measure_reach(confidence, len(leads.refits.fitted))
    return pd.concat([route_scores(scores, leads.current, scenario, reach), leads.apart], ignore_index=True)


def route_scores(scores: pd.DataFrame, current: pd.DataFrame, scenario: Scenario, reach: float) -> pd.DataFrame:
    """Return the scored leads from the most to the least probable, each with the route that a scenario gives it.

    All open leads are taken for one week's: under capacity those are called, in each team, for whom a call
    is expected to add most. With one value, one team and no conditions these are the most probable.
    """
    scores = scores.assign(week=0)
    assessed = assess_leads(scores, current, scenario)
    route = route_leads(assessed, scenario)
    scores["route"] = name_routes(assessed, route, scenario, reach)
    scores["route_without_review"] = np.array(ROUTES, dtype=object)[route]
    order = scores.sort_values(["probability", "lead_id"], ascending=[False, True], ignore_index=True)
    return order.assign(reasons=pd.Series(pd.NA, order.index, "str"))[list(COLUMNS)]


def save_scores(scores: pd.DataFrame, path: Path) -> None:
    """Write the list of a scenario as Parquet, and beside it as CSV for a spreadsheet."""
    write_table(scores, path)
    # RFC 4180. With these ends of lines a return within a text is quoted too, and begins no row.
    export = scores.assign(**{name: neutralise(scores[name]) for name in TEXTS})
    write_text(export.to_csv(index=False, lineterminator="\r\n"), path.with_suffix(".csv"))


def set_apart(current: pd.DataFrame, quarantine: pd.DataFrame) -> pd.DataFrame:
    """Return the open leads in quarantine, in order of key, with the reasons in place of a score."""
    leads = current[["lead_id", "snapshot_at", "age_days"]].merge(quarantine[["lead_id", "reasons"]], on="lead_id")
    leads = leads.assign(route=QUARANTINE, route_without_review=QUARANTINE, beyond_trained_age=False)
    return leads.sort_values("lead_id", ignore_index=True).reindex(columns=list(COLUMNS))


def neutralise(text: pd.Series) -> pd.Series:
    """Return text that a spreadsheet does not take for a formula, also after blanks or with a full-width sign."""
    formula = r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]"
    return text.where(~text.astype("str").str.match(formula), "'" + text.astype("str"))
