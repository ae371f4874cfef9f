"""Stage `explicit`: what each lead told us and what follows from it.

Explicit metrics are known when the lead comes in and do not move afterwards, so the table has
one row a lead, keyed ``lead_id``, which `dataset` joins to all snapshots of the lead. Beside
them the stage types two kinds of own columns that must not be mixed with them: the totals of a
source without dates (implicit metrics), and what was filled in after the outcome (no metrics:
only the audit reads them). It also lists the leads that are spam, and counts what it could not
make sense of. What a source declares protected is hidden before anything is measured, and kept
apart in groups for the report on how leads are treated.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from src import paths
from src.data.sources import Source, load_source
from src.data.tables import EXPLICIT, check_key
from src.features.catalogue import Metric, check_features, write_catalogue
from src.features.explicit_metrics import (
    company,
    contact,
    form,
    job_title,
    location,
    offer,
    own,
    person,
    places,
    protected,
    spam,
)
from src.features.explicit_metrics.understood import count_masked, count_understood
from src.features.explicit_metrics.values import collect_features, drop_placeholders
from src.files import read_table, write_json, write_table
from src.params import Explicit, load_params
from src.stage import run_stage

NAMES = ("first_name", "last_name")

METRICS = [
    *location.METRICS,
    *offer.METRICS,
    *job_title.METRICS,
    *company.METRICS,
    *contact.METRICS,
    *form.METRICS,
    *person.METRICS,
    *spam.METRICS,
]
"""Those of all sources, in the order of the catalogue; a source's own columns follow."""

TAKEN = frozenset(metric.name for metric in METRICS)


@dataclass(frozen=True)
class Built:
    """The explicit features and their catalogue, the leads set apart, and what became of the fields.

    ``understood`` and ``masked`` count leads by field; ``vanished`` are own columns that tell no leads apart.
    """

    features: pd.DataFrame
    catalogue: list[Metric]
    quarantine: pd.DataFrame
    understood: list[dict[str, Any]]
    masked: list[dict[str, Any]]
    vanished: list[str]


def main() -> str:
    params = load_params()
    source = load_source(params.source)
    job_title.check_target_functions(source.company, paths.SOURCES / f"{params.source}.yaml")
    leads = sort_leads(read_table(paths.LEADS))
    outcomes = read_table(paths.OUTCOMES)

    groups = protected.group_protected(leads, source)
    leads = protected.hide_protected(leads, source)
    built = build_explicit(leads, outcomes, source, params.explicit)
    totals = build_totals(leads, source)
    after_outcome = build_after_outcome(leads, source)

    write_features(built.features, built.catalogue, paths.EXPLICIT, paths.EXPLICIT_CATALOGUE)
    write_features(*totals, paths.TOTALS, paths.TOTALS_CATALOGUE)
    write_features(*after_outcome, paths.AFTER_OUTCOME, paths.AFTER_OUTCOME_CATALOGUE)
    write_table(built.quarantine, paths.QUARANTINE)
    write_table(groups, paths.PROTECTED)
    write_json(
        {"source": params.source, "fields": built.understood, "masked": built.masked, "vanished": built.vanished},
        paths.UNDERSTOOD,
    )
    return (
        f"{len(built.catalogue)} explicit metrics and {len(totals[1])} totals of {len(leads)} leads, "
        f"{len(built.quarantine)} of them in quarantine; {len(after_outcome[1])} columns known only after the outcome"
        + say_counts("; contact data left out of", {entry["field"]: entry["leads"] for entry in built.masked})
        + (f"; own columns that tell no leads apart: {', '.join(built.vanished)}" if built.vanished else "")
    )


def say_counts(what: str, counts: dict[str, int]) -> str:
    """Return counts as the end of a sentence; nothing without any.

    >>> say_counts("; contact data left out of", {"form": 3, "campaign": 1})
    '; contact data left out of form (3), campaign (1)'
    """
    return f"{what} {', '.join(f'{name} ({count})' for name, count in counts.items())}" if counts else ""


@dataclass(frozen=True)
class Measured:
    """Leads without what stands for no answer, their explicit metrics, and their signs of spam."""

    leads: pd.DataFrame
    values: pd.DataFrame
    metrics: list[Metric]
    signs: pd.DataFrame


def build_explicit(leads: pd.DataFrame, outcomes: pd.DataFrame, source: Source, params: Explicit) -> Built:
    """Return the explicit features, one row a lead in order of creation, and what goes with them.

    Parameters
    ----------
    leads : DataFrame
        The canonical leads, in order of creation.
    outcomes : DataFrame
        The canonical outcomes: of a person's earlier leads, what was known by then.
    source : Source
        What the source declares: its own columns, its company and its time zone.
    params : Explicit
        The parameters under ``explicit``.
    """
    measured = measure_leads(leads, outcomes, source)
    leads, declared = measured.leads, own.select_own(source, "creation")
    features, catalogue = finish_features(leads, measured.values, measured.metrics)
    quarantine = spam.build_quarantine(leads, measured.signs, params.quarantine_from)
    masked = count_masked(leads, [name for name, column in declared.items() if column.type == "category"])
    told = {metric.origin for metric in catalogue}
    vanished = [name for name in declared if name not in told]
    return Built(features, catalogue, quarantine, count_understood(leads, measured.values), masked, vanished)


def measure_leads(
    leads: pd.DataFrame, outcomes: pd.DataFrame, source: Source, is_asked: np.ndarray | None = None
) -> Measured:
    """Return the explicit metrics of the leads that `is_asked` marks, or of all.

    The others are those before them: what a form asks, who had asked before, and what comes too often is known from
    all `leads`, which are in order of creation. Everything else is told by a lead alone.
    """
    declared = own.select_own(source, "creation")
    own_fields = [name for name, column in declared.items() if column.type != "flag"]
    texts = [name for name, column in declared.items() if column.type in ("category", "text")]
    leads = drop_placeholders(leads, [name for name in (*form.FILLED_IN, *texts) if name not in NAMES])
    # Whoever writes "asdf" for a name has given a sign, and no name.
    named, leads = leads, drop_placeholders(leads, NAMES)
    repeats, answers = spam.find_repeats(named), form.measure_answers(leads, own_fields)
    persons = person.measure_person(leads, outcomes, "person" in source.leads.columns)
    # A model may know a value that is not among the most frequent any more.
    most_listed = own.MOST_LISTED if is_asked is None else None
    own_values, own_metrics = own.measure_own(leads, declared, "explicit", "own columns", TAKEN, most_listed)
    if is_asked is not None:
        named, leads, repeats, answers, persons, own_values = (
            table[is_asked] for table in (named, leads, repeats, answers, persons, own_values)
        )

    home = source.company.country or places.NO_COUNTRY
    given = places.find_given_countries(leads["country"], home)
    dialled_in = given.fillna(home) if home else given
    emails, phones = contact.read_emails(leads["email"]), contact.read_phones(leads["phone"], dialled_in)
    signs = spam.find_signs(named, emails, phones, repeats)
    found = places.find_places(leads, emails, phones, home)
    where = location.measure_location(found, source.company)
    companies = company.measure_company(leads, source.company)
    # A country that the phone itself told says nothing about the phone.
    country = found["country"].where(found["country_from"] != "phone")
    zones = found["zone"].fillna(source.timezone)
    parts = [
        where,
        offer.measure_offer(leads, where["km_to_site"]),
        job_title.measure_job_title(leads, companies["count_employees"], source.company),
        companies,
        contact.measure_contact(leads, emails, phones, country),
        form.measure_form(leads, answers, zones),
        persons,
        spam.measure_spam(signs),
        own_values,
    ]
    # A protected place may be told by other columns: no metric of its name then.
    metrics = [metric for metric in (*METRICS, *own_metrics) if metric.name not in source.leads.protected]
    return Measured(leads, pd.concat(parts, axis=1), metrics, signs)


def build_totals(leads: pd.DataFrame, source: Source) -> tuple[pd.DataFrame, list[Metric]]:
    """Return the totals of what leads did, one row a lead: implicit metrics known at extraction.

    Only a source without dates has any: in the others such columns became known at some time
    after the creation, and no snapshot may use them.
    """
    declared = {} if source.is_dated() else own.select_own(source, "later")
    return finish_features(leads, *own.measure_own(leads, declared, "implicit", "totals"))


def build_after_outcome(leads: pd.DataFrame, source: Source) -> tuple[pd.DataFrame, list[Metric]]:
    """Return the columns filled in after the outcome, one row a lead: never features."""
    declared = own.select_own(source, "after_outcome")
    return finish_features(leads, *own.measure_own(leads, declared, "explicit", "after the outcome"))


def sort_leads(leads: pd.DataFrame) -> pd.DataFrame:
    return leads.sort_values("sequence", ignore_index=True)


def finish_features(
    leads: pd.DataFrame, values: pd.DataFrame, metrics: list[Metric]
) -> tuple[pd.DataFrame, list[Metric]]:
    features, kept = collect_features(leads["lead_id"], values, metrics)
    return check_features(features, kept), kept


def write_features(features: pd.DataFrame, catalogue: list[Metric], table: Path, entries: Path) -> None:
    write_table(check_key(features, EXPLICIT), table)
    write_catalogue(catalogue, entries)


if __name__ == "__main__":
    run_stage(main)
