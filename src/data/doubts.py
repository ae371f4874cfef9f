"""What looks wrong in a source that can be read: sentences for its owner to judge."""

from pathlib import Path
from typing import Any

import pandas as pd

from src.data.cell_doubts import list_cell_doubts
from src.data.declarations import OutcomesFromActivities
from src.data.profile import simplify
from src.data.sources import Source
from src.params import Folds, Params

LATE_NAMES = (
    "lifecycle stage",
    "close date",
    "date closed",
    "closed",
    "stage",
    "status",
    "sales stage",
    "associated deals",
    "deal amount",
    "likelihood to close",
    "probability",
    "predictive",
    "score",
    "points",
    "lead quality",
    "leadqualitycode",
    "salesstage",
    "is converted",
    "converted",
    "won",
    "lost",
    "owner",
    "last activity",
    "last modified",
    "last contacted",
    "recent",
    "etapa del ciclo de vida",
    "etapa del negocio",
    "etapa",
    "fase",
    "estado del lead",
    "estado del contacto",
    "fecha de cierre",
    "cerrado",
    "negocios asociados",
    "importe del negocio",
    "ingresos",
    "probabilidad",
    "puntuacion",
    "puntos",
    "calidad del lead",
    "convertido",
    "ganado",
    "perdido",
    "motivo de perdida",
    "propietario",
    "comercial asignado",
    "ultima actividad",
    "ultima modificacion",
    "ultimo contacto",
    "ultima visita",
    "reciente",
)
"""Words of columns that CRMs keep up to date: their value at the export says what became of a lead."""

SMALL_SHARE = 0.05
"""Stray records of unknown leads or from before the creation are usual; more are a wrong key or zone."""

QUIET_DAYS = 14
"""So long without a record before `as_of` and the data probably end earlier than declared."""

LATE_DAYS = 30
"""So long without an activity after the first lead and the log probably begins later than the leads."""

OLDEST = pd.Timestamp("1990-01-01")


def list_doubts(source: Source, params: Params, result: dict[str, Any]) -> list[str]:
    """Return a sentence for each thing in the examined source that looks wrong."""
    doubts = doubt_checksums(result["checksums"]) + doubt_columns(source) + doubt_objective_names(source, params)
    contents = result["contents"]
    if contents is not None:
        doubts += (
            doubt_times(source, contents) + doubt_files(contents) + doubt_coverage(source, contents, result["folder"])
        )
        doubts += doubt_kinds(source, contents)
        doubts += doubt_objectives(contents, params.folds)
        doubts += list_cell_doubts(*(contents[key] for key in ("files", "columns", "objectives", "rare_kinds")))
    return doubts


def doubt_checksums(checksums: dict[str, str]) -> list[str]:
    return [f"{name}: its checksum is not as declared" for name, is_as in checksums.items() if is_as[:2] != "as"]


def doubt_columns(source: Source) -> list[str]:
    """Return a doubt for each column said to be known at creation whose name says otherwise."""
    columns = {name: column.get_name() for name, column in source.leads.columns.items()}
    columns |= {name: column.column for name, column in source.leads.own.items() if column.known == "creation"}
    late = {name: raw for name, raw in columns.items() if name != "created_at" and find_late_name(raw)}
    return [
        f"{name} ({raw!r}) is declared as known at creation: {find_late_name(raw)!r} is usually known later"
        for name, raw in late.items()
    ]


def find_late_name(column: str) -> str | None:
    """Return the words in a column's name that sound as if it were known late.

    >>> find_late_name("IsConverted"), find_late_name("What is your current age"), find_late_name("Última visita")
    ('is converted', None, 'ultima visita')
    """
    words = f" {simplify(column)} "
    return next((name for name in LATE_NAMES if f" {name} " in words), None)


def doubt_objective_names(source: Source, params: Params) -> list[str]:
    unknown = [name for name in source.objectives if name not in params.objectives]
    return [f"objective {name!r} is not among the objectives of params.yaml: nothing will use it" for name in unknown]


def doubt_times(source: Source, contents: dict[str, Any]) -> list[str]:
    if not source.is_dated():
        return []
    as_of, doubts = source.get_as_of(), []
    if contents["newest_rejected"] is not None:
        doubts.append(f"as_of is {as_of} UTC, but the newest record is of {contents['newest_rejected']} UTC")
    ranges = [contents[name] for name in ("leads_at", "activities_at", "outcomes_at") if contents[name] is not None]
    newest = max((pd.Timestamp(last) for _, last in ranges), default=as_of)
    if as_of - newest > pd.Timedelta(days=QUIET_DAYS):
        doubts.append(f"as_of is {as_of} UTC, but nothing is newer than {newest} UTC: do the data go so far?")
    oldest = min((pd.Timestamp(first) for first, _ in ranges), default=as_of)
    if oldest < OLDEST:
        doubts.append(f"the oldest record is of {oldest} UTC: is its format declared rightly?")
    return doubts


def doubt_files(contents: dict[str, Any]) -> list[str]:
    """Return doubts about keys that do not match, wrong zones, repeated deliveries and encodings."""
    doubts = []
    for file in contents["files"]:
        rows = max(file["rows_read"], 1)
        unknown = file["rejected_by_reason"].get("unknown_lead", 0)
        if unknown > SMALL_SHARE * rows:
            doubts.append(
                f"{file['file']}: {unknown} of {rows} rows are of leads that are not there: is lead_id right?"
            )
        if file.get("before_creation", 0) > SMALL_SHARE * rows:
            doubts.append(
                f"{file['file']}: {file['before_creation']} of {rows} activities are older than their lead: "
                "are the zone and the format right?"
            )
        if file.get("look_repeated", 0):
            doubts.append(
                f"{file['file']}: {file['look_repeated']} rows repeat another in every column: delivered twice?"
            )
    if contents["misread_texts"]:
        doubts.append(f"{contents['misread_texts']} leads have texts such as JosÃ©: they were read in a wrong encoding")
    return doubts


def doubt_coverage(source: Source, contents: dict[str, Any], folder: str) -> list[str]:
    """Return a doubt for each log that begins long after the leads and does not say since when it has all."""
    doubts = []
    for log in source.activities:
        names = {path.name for path in log.find_files(Path(folder))}
        covered_from = source.find_covered_from(log)
        files = [file for file in contents["files"] if file["file"] in names]
        firsts = [file["first_activity_at"] for file in files if file.get("first_activity_at")]
        if not firsts:
            continue
        first, first_lead = pd.Timestamp(min(firsts)), pd.Timestamp(contents["leads_at"][0])
        if covered_from is None and first - first_lead > pd.Timedelta(days=LATE_DAYS):
            doubts.append(
                f"{', '.join(log.list_names())}: leads come in from {first_lead} UTC on, the log begins at {first} "
                f'UTC: if earlier activities are lost, declare covered_from: "{first.isoformat()}Z"'
            )
    return doubts


def doubt_kinds(source: Source, contents: dict[str, Any]) -> list[str]:
    """Return a doubt for kinds that nothing canonical stands for, and for declared ones never seen."""
    outcomes = [outcome for outcome in source.outcomes if isinstance(outcome, OutcomesFromActivities)]
    decided = {kind for outcome in outcomes for kind in outcome.kinds_of_activity}
    declared = {kind for log in source.activities for kind in log.kinds} | decided
    own = [kind for kind in contents["kinds"] if not kind["is_canonical"] and kind["raw"] not in decided]
    unseen = sorted(declared - {kind["raw"] for kind in contents["kinds"]})
    doubts = []
    if own:
        names = ", ".join(f"{kind['raw']} ({kind['rows']})" for kind in own[:30])
        doubts.append(f"kinds of activity mapped to nothing canonical: {names}")
    if unseen:
        doubts.append(f"declared kinds of activity that never occur: {', '.join(unseen)}")
    return doubts


def doubt_objectives(contents: dict[str, Any], folds: Folds) -> list[str]:
    doubts = []
    for name, objective in contents["objectives"].items():
        count = objective.get("converted_in_time", objective["converted"])
        in_history = round(count * (1 - folds.test_share))
        if in_history < folds.min_conversions:
            doubts.append(
                f"{name}: of {count} conversions about {in_history} are of the history, or fewer; no model is "
                f"trained on fewer than {folds.min_conversions} (folds.min_conversions), and the run stops there"
            )
        if objective["horizon_days"] is not None and objective["converted_without_time"]:
            doubts.append(
                f"{name}: {objective['converted_without_time']} conversions have no time, which a horizon needs: "
                "declare occurred_at, or horizon_days empty"
            )
    return doubts
