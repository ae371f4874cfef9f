"""The features of leads that came after the model was learned, by the functions that made those it learned from."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from src.data.arrivals import Arrivals
from src.data.sources import Source
from src.data.tables import ACTIVITY_COLUMNS, VALUE_PREFIX
from src.features.catalogue import Metric
from src.features.explicit import measure_leads
from src.features.explicit_metrics import own, spam
from src.features.explicit_metrics.values import to_type
from src.features.implicit import build_table, count_emails, make_part, measure_part
from src.features.implicit_plan import ABSENT, Plan, count_microseconds, plan_metrics
from src.features.implicit_rates import sum_days
from src.features.sections import name_section
from src.features.snapshots import CURRENT
from src.params import Params
from src.stage import InputError

PAGES = "count_pages_"
"""The names of metrics of the sections of the site begin so."""


@dataclass(frozen=True)
class Features:
    """Features of the leads that are asked about: their newest snapshot and every metric there is.

    Attributes
    ----------
    rows : DataFrame
        ``lead_id, created_at, snapshot_at, age, age_days`` and a column a metric; one row a lead.
    quarantine : DataFrame
        Those that are spam by their signs, with the reasons.
    """

    rows: pd.DataFrame
    quarantine: pd.DataFrame


def measure_arrivals(
    arrivals: Arrivals,
    outcomes: pd.DataFrame,
    catalogue: list[Metric],
    source: Source,
    end: pd.Timestamp,
    params: Params,
) -> Features:
    """Return the features of the leads that are asked about, as known at the `end` of their files.

    Parameters
    ----------
    arrivals : Arrivals
    outcomes : DataFrame
        The outcomes of the history.
    catalogue : list of Metric
        What the models learned from, of all objectives.
    source : Source
    end : Timestamp
        In UTC; NaT in a source without dates.
    params : Params
    """
    measured = measure_leads(arrivals.leads, outcomes, source, arrivals.is_asked)
    quarantine = spam.build_quarantine(measured.leads, measured.signs, params.explicit.quarantine_from)
    spine = make_spine(measured.leads, end)
    parts = [spine.drop(columns="lead_key"), measured.values.reset_index(drop=True)]
    if source.is_dated():
        plan = plan_arrivals(arrivals, catalogue, params)
        parts.append(measure_implicit(arrivals.log, spine, plan))
    else:
        later = own.select_own(source, "later")
        parts.append(
            own.measure_own(measured.leads, later, "implicit", "totals", most_listed=None)[0].reset_index(drop=True)
        )
    rows = pd.concat(parts, axis=1)
    return Features(select_metrics(rows, catalogue), quarantine)


def make_spine(leads: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    """Return the keys of one snapshot a lead, at the `end`."""
    at = pd.Series(end, index=leads.index, dtype="datetime64[us]")
    age = (at - leads["created_at"]) / pd.Timedelta(days=1)
    spine = leads[["lead_key", "lead_id", "created_at"]].assign(snapshot_at=at, age=CURRENT, age_days=age)
    return spine.reset_index(drop=True)


def plan_arrivals(arrivals: Arrivals, catalogue: list[Metric], params: Params) -> Plan:
    """Return the plan of the implicit metrics, with the sections of the site that the models know."""
    texts = arrivals.codes.loc[arrivals.codes["column"] == "asset", "value"]
    known = {metric.name.removeprefix(PAGES) for metric in catalogue if metric.name.startswith(PAGES)}
    # What is viewed most decides which sections there are: those that are known are, and no others.
    views = texts.map(name_section).isin(known).to_numpy().astype(np.int64)
    values = [name.removeprefix(VALUE_PREFIX) for name in arrivals.log if name.startswith(VALUE_PREFIX)]
    return plan_metrics(arrivals.codes, arrivals.coverage, views, values, params.implicit)


def measure_implicit(log: pd.DataFrame, spine: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Return the implicit metrics of the snapshots of the `spine`; the log is of all leads, in order."""
    if not plan.columns:
        return pd.DataFrame(index=spine.index)
    columns = [*ACTIVITY_COLUMNS, *(name for name in log if name.startswith(VALUE_PREFIX))]
    everyone = make_part(0, -1, [log[name].to_numpy() for name in columns])
    has_emails = plan.setup.sent != ABSENT and len(log)
    everybody = sum_days([count_emails(everyone.log_key, everyone.log, plan)] if has_emails else [])
    is_asked = np.isin(log["lead_key"].to_numpy(), spine["lead_key"].to_numpy())
    asked = make_part(0, -1, [log[name].to_numpy()[is_asked] for name in columns])
    values = measure_part(spine["lead_key"].to_numpy(), count_microseconds(spine["snapshot_at"]), asked, plan)
    table = build_table(spine, values, everybody, plan).to_pandas()
    return table[[column.metric.name for column in plan.columns]]


def select_metrics(rows: pd.DataFrame, catalogue: list[Metric]) -> pd.DataFrame:
    """Return the keys and the metrics of the `catalogue`, typed as the models know them."""
    missing = [metric.name for metric in catalogue if metric.name not in rows]
    if missing:
        message = f"the model needs {missing[0]}, which this source does not give any more; retrain with `make repro`"
        raise InputError("stale_model", message)
    keys = rows[["lead_id", "created_at", "snapshot_at", "age", "age_days"]]
    # The age is learned from, too.
    columns = [to_type(rows[metric.name], metric.type) for metric in catalogue if metric.name not in keys]
    return pd.concat([keys, *columns], axis=1)
