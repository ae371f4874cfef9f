"""Stage `explicit`: what each lead told us and what follows from it.

Explicit metrics are known when the lead comes in and do not move afterwards, so the table has
one row a lead, keyed ``lead_id``, which `dataset` joins to all snapshots of the lead. Beside
them the stage types two kinds of own columns that must not be mixed with them: the totals of a
source without dates (implicit metrics), and what was filled in after the outcome (no metrics:
only the audit reads them).
"""

import pandas as pd

from src import paths
from src.data.sources import Source, load_source
from src.data.tables import EXPLICIT, check_key
from src.features.catalogue import Metric, check_features, write_catalogue
from src.features.explicit_metrics import company, contact, form, job_title, location, own, person
from src.features.explicit_metrics.countries import find_countries
from src.features.explicit_metrics.values import collect_features, drop_placeholders
from src.files import read_table, write_table
from src.params import Explicit, load_params
from src.stage import run_stage

OUTPUTS = (
    (paths.EXPLICIT, paths.EXPLICIT_CATALOGUE),
    (paths.TOTALS, paths.TOTALS_CATALOGUE),
    (paths.AFTER_OUTCOME, paths.AFTER_OUTCOME_CATALOGUE),
)


def main() -> str:
    params = load_params()
    source = load_source(params.source)
    leads = read_table(paths.LEADS)

    built = (
        build_explicit(leads, source, params.explicit),
        build_totals(leads, source, params.explicit),
        build_after_outcome(leads, source, params.explicit),
    )

    for (features, metrics), (table_path, catalogue_path) in zip(built, OUTPUTS, strict=True):
        write_table(check_key(features, EXPLICIT), table_path)
        write_catalogue(metrics, catalogue_path)
    return describe(*(metrics for _, metrics in built), leads=len(leads))


def build_explicit(leads: pd.DataFrame, source: Source, params: Explicit) -> tuple[pd.DataFrame, list[Metric]]:
    """Return the explicit features, one row a lead in order of creation, and their catalogue.

    Parameters
    ----------
    leads : DataFrame
        The canonical leads, in any order.
    source : Source
        What the source declares: its own columns and its time zone.
    params : Explicit
        The parameters under ``explicit``.
    """
    declared = own.select_own(source, "creation")
    own_fields = [name for name, column in declared.items() if column.type != "flag"]
    texts = [name for name, column in declared.items() if column.type in ("category", "text")]
    leads = drop_placeholders(sort_leads(leads), [*form.FILLED_IN, *texts])
    country = find_countries(leads["country"])
    rooms = [
        (location.measure_location(leads, country, params.default_country), location.METRICS),
        (job_title.measure_job_title(leads), job_title.METRICS),
        (company.measure_company(leads), company.METRICS),
        (contact.measure_contact(leads, country, params.default_country), contact.METRICS),
        (form.measure_form(leads, own_fields, source.timezone), form.METRICS),
        (person.measure_person(leads, "person" in source.leads.columns), person.METRICS),
    ]
    taken = frozenset(metric.name for _, metrics in rooms for metric in metrics)
    rooms.append(own.measure_own(leads, declared, "explicit", "own columns", taken))
    values = pd.concat([frame for frame, _ in rooms], axis=1)
    metrics = [metric for _, metrics in rooms for metric in metrics]
    return finish_features(leads, values, metrics, params)


def build_totals(leads: pd.DataFrame, source: Source, params: Explicit) -> tuple[pd.DataFrame, list[Metric]]:
    """Return the totals of what leads did, one row a lead: implicit metrics known at extraction.

    Only a source without dates has any: in the others such columns became known at some time
    after the creation, and no snapshot may use them.
    """
    leads = sort_leads(leads)
    declared = {} if source.is_dated() else own.select_own(source, "later")
    return finish_features(leads, *own.measure_own(leads, declared, "implicit", "totals"), params)


def build_after_outcome(leads: pd.DataFrame, source: Source, params: Explicit) -> tuple[pd.DataFrame, list[Metric]]:
    """Return the columns filled in after the outcome, one row a lead: never features."""
    leads = sort_leads(leads)
    declared = own.select_own(source, "after_outcome")
    return finish_features(leads, *own.measure_own(leads, declared, "explicit", "after the outcome"), params)


def sort_leads(leads: pd.DataFrame) -> pd.DataFrame:
    return leads.sort_values("sequence", ignore_index=True)


def finish_features(
    leads: pd.DataFrame, values: pd.DataFrame, metrics: list[Metric], params: Explicit
) -> tuple[pd.DataFrame, list[Metric]]:
    features, kept = collect_features(leads["lead_id"], values, metrics, params.max_categories)
    return check_features(features, kept), kept


def describe(explicit: list[Metric], totals: list[Metric], after_outcome: list[Metric], *, leads: int) -> str:
    return (
        f"{len(explicit)} explicit metrics and {len(totals)} totals of {leads} leads, "
        f"{len(after_outcome)} columns known only after the outcome"
    )


if __name__ == "__main__":
    run_stage(main)
