"""Stage `newsletters`: who opens and clicks what the list is sent, by newsletter and month, and converts."""

from typing import Any

import numpy as np
import pandas as pd

from src import paths
from src.data.sources import Objective, Source, load_source
from src.data.tables import ACTIVITY_COLUMNS
from src.evaluation.explore import OTHER, UNKNOWN, decode, keep_frequent, measure_interval
from src.features.implicit import Part, read_buckets
from src.features.implicit_metrics.base import NO_DOUBT, Setup
from src.features.implicit_metrics.emails import judge_log
from src.features.implicit_plan import build_setup
from src.files import read_table, write_metrics
from src.models.dataset import decide_moments, drop_unknown
from src.params import load_params
from src.stage import run_stage

FEW_EMAILS = 30
"""A share of fewer e-mails says little: such months are joined to one, or marked."""

MOST_NEWSLETTERS = 10
"""So many of the largest have a row of their own in the table of newsletters."""

KEPT_APART = 40
"""So many are told apart month by month; many tools name every e-mail anew."""

ACTIONS = ("opened", "opened_by_people", "clicked", "clicked_by_people")
"""What a subscriber did with an e-mail; by people: not what a machine or a scanner did."""


def main() -> str:
    params = load_params()
    source = load_source(params.source)
    codes = read_table(paths.CODES)
    texts = {name: codes.loc[codes["column"] == name, "value"] for name in ACTIVITY_COLUMNS[2:]}
    if "email_sent" not in set(texts["kind"]):
        write_metrics({"source": params.source, "applicable": False}, paths.NEWSLETTERS)
        return f"the log of {params.source} has no e-mails sent: not applicable"
    leads = read_table(paths.LEADS, ["lead_key", "lead_id"])
    outcomes = read_table(paths.OUTCOMES)
    setup = build_setup(texts, params.implicit)
    buckets = read_buckets(paths.ACTIVITIES, params.intake.bucket_leads)

    emails = pd.concat([list_emails(part, setup) for bucket in buckets for part in bucket.read_parts()])
    emails = name_emails(emails, codes)
    objectives = {name: source.objectives[name] for name in params.objectives if name in source.objectives}
    decided = {
        name: decide_emails(emails, leads, outcomes, objective, source) for name, objective in objectives.items()
    }
    figures = summarise_list(emails, decided, params.evaluation.confidence)

    write_metrics({"source": params.source, "applicable": True, **figures}, paths.NEWSLETTERS)
    return f"{len(emails)} e-mails of {emails['newsletter'].nunique()} newsletters"


def list_emails(part: Part, setup: Setup) -> pd.DataFrame:
    """Return one row an e-mail sent, with what its lead did with it.

    An open or click belongs to the last e-mail of its name that the lead had been sent before it.

    Returns
    -------
    DataFrame
        ``lead_key, asset, sent_at`` (microseconds), `ACTIONS` as booleans and ``followed_at``: when a
        person first clicked, missing where nobody did.
    """
    reason, _ = judge_log(part.log_key, part.log, setup)
    log = pd.DataFrame({"lead_key": part.log_key, "asset": part.log.asset, "kind": part.log.kind, "at": part.log.at})
    by_people = reason == NO_DOUBT
    log["opened"], log["clicked"] = log["kind"] == setup.opened, log["kind"] == setup.clicked
    log["opened_by_people"], log["clicked_by_people"] = log["opened"] & by_people, log["clicked"] & by_people
    log["followed_at"] = log["at"].where(log["clicked_by_people"])
    log = log[log["opened"] | log["clicked"] | (log["kind"] == setup.sent)]
    number = (log["kind"] == setup.sent).groupby([log["lead_key"], log["asset"]]).cumsum().rename("number")
    known = log[number > 0]
    grouped = known.groupby(["lead_key", "asset", number[number > 0]])
    emails = grouped.agg(sent_at=("at", "min"), followed_at=("followed_at", "min"), **{a: (a, "max") for a in ACTIONS})
    return emails.reset_index().drop(columns="number")


def name_emails(emails: pd.DataFrame, codes: pd.DataFrame) -> pd.DataFrame:
    """Return the e-mails with ``newsletter``, ``month`` of sending (UTC) and times as times."""
    sent_at = pd.to_datetime(emails["sent_at"], unit="us")
    named = {
        "newsletter": decode(emails["asset"], "asset", codes).fillna(UNKNOWN),
        "month": sent_at.dt.strftime("%Y-%m"),
        "sent_at": sent_at,
        "followed_at": pd.to_datetime(emails["followed_at"], unit="us"),
    }
    return emails.assign(**named).drop(columns="asset").reset_index(drop=True)


def decide_emails(
    emails: pd.DataFrame, leads: pd.DataFrame, outcomes: pd.DataFrame, objective: Objective, source: Source
) -> pd.DataFrame:
    """Return the e-mails after which it is known whether the lead converted within the horizon.

    Only those sent to leads that were still open for the objective count. A click counts as one only
    before the conversion and within the horizon: who buys and clicks afterwards was not led by the click.

    Returns
    -------
    DataFrame
        ``newsletter, month, has_clicked, has_converted``; the index is that of the `emails`.
    """
    leads = drop_unknown(leads, outcomes, source.find_recorded_from(objective))
    moments = decide_moments(leads["lead_id"], outcomes, objective, source.ages)
    known = emails[emails["lead_key"].isin(leads["lead_key"])]

    def find(values: pd.Series) -> pd.Series:
        return known["lead_key"].map(values.set_axis(leads["lead_key"]))

    converted_at = find(moments.converted_at)
    if objective.horizon_days is None:
        until = pd.Series(source.get_as_of(), index=known.index)
        is_mature, has_converted = find(moments.is_decided), find(moments.has_converted)
    else:
        until = known["sent_at"] + pd.Timedelta(days=objective.horizon_days)
        is_mature, has_converted = until <= source.get_as_of(), converted_at <= until
    has_clicked = (known["followed_at"] <= until) & ~(known["followed_at"] >= converted_at)
    decided = known[["newsletter", "month"]].assign(has_clicked=has_clicked, has_converted=has_converted)
    return decided[is_mature & ~(find(moments.decided_at) <= known["sent_at"])]


def summarise_list(emails: pd.DataFrame, decided: dict[str, pd.DataFrame], confidence: float) -> dict[str, Any]:
    """Return the figures of the list as a whole, by month, by newsletter, and by both.

    Returns
    -------
    dict
        ``all``: see `summarise_emails`; ``months`` and ``newsletters``: the same by ``name``, months
        in order with ``is_few``, the largest newsletters first and all others as one;
        ``newsletter_months``: counts alone, months with few e-mails of a newsletter as one.
    """
    months = [
        row | {"is_few": row["emails"] < FEW_EMAILS} for row in summarise_by("month", emails, decided, confidence)
    ]
    largest = keep_frequent(emails["newsletter"], MOST_NEWSLETTERS, fewest=1)
    renamed = emails.assign(newsletter=largest)
    known = {name: rows.assign(newsletter=largest[rows.index]) for name, rows in decided.items()}
    newsletters = summarise_by("newsletter", renamed, known, confidence)
    return {
        "few": FEW_EMAILS,
        "all": summarise_emails(emails, decided, confidence),
        "months": months,
        "newsletters": sorted(newsletters, key=lambda row: (row["name"] == OTHER, -row["emails"], row["name"])),
        "newsletter_months": count_newsletter_months(emails, decided),
    }


def summarise_by(
    column: str, emails: pd.DataFrame, decided: dict[str, pd.DataFrame], confidence: float
) -> list[dict[str, Any]]:
    """Return `summarise_emails` of each value of a column, by ``name``, in their order."""
    parts = {name: dict(tuple(rows.groupby(column))) for name, rows in decided.items()}
    return [
        {"name": value}
        | summarise_emails(rows, {name: parts[name].get(value, decided[name].iloc[:0]) for name in decided}, confidence)
        for value, rows in emails.groupby(column)
    ]


def summarise_emails(emails: pd.DataFrame, decided: dict[str, pd.DataFrame], confidence: float) -> dict[str, Any]:
    """Return how many e-mails there are, the share of each of `ACTIONS`, and who converted.

    Returns
    -------
    dict
        ``emails``; each action as a share with ``_low`` and ``_high``; and under ``conversions``, by
        objective, the rates of those who ``clicked`` and of the ``others``.
    """
    figures: dict[str, Any] = {"emails": len(emails)}
    for action in ACTIONS:
        share = summarise_rate(int(emails[action].sum()), len(emails), confidence)
        figures |= {f"{action}{end}": share[f"rate{end}"] for end in ("", "_low", "_high")}
    figures["conversions"] = {
        name: {
            group: {"emails": len(part), "conversions": int(part["has_converted"].sum())}
            | summarise_rate(int(part["has_converted"].sum()), len(part), confidence)
            for group, part in (("clicked", rows[rows["has_clicked"]]), ("others", rows[~rows["has_clicked"]]))
        }
        for name, rows in decided.items()
    }
    return figures


def summarise_rate(count: int, total: int, confidence: float) -> dict[str, float | None]:
    """Return a rate with its interval (`measure_interval`), missing where there is nothing."""
    if not total:
        return {"rate": None, "rate_low": None, "rate_high": None}
    low, high = measure_interval(np.array(count), np.array(total), confidence)
    return {"rate": count / total, "rate_low": float(low), "rate_high": float(high)}


def count_newsletter_months(emails: pd.DataFrame, decided: dict[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """Return counts of each newsletter and month; months with few e-mails are one, `OTHER`."""
    newsletter = keep_frequent(emails["newsletter"], KEPT_APART, fewest=1)
    size = emails.groupby([newsletter, emails["month"]])["month"].transform("size")
    place = [newsletter, emails["month"].where(size >= FEW_EMAILS, OTHER)]
    counts = emails[list(ACTIONS)].groupby(place).sum().astype(int)
    counts.insert(0, "emails", emails.groupby(place).size())
    for name, rows in decided.items():
        where = [key.loc[rows.index] for key in place]
        clicked = rows["has_clicked"]
        counts[f"{name}_clicked"] = clicked.groupby(where).sum()
        counts[f"{name}_clicked_conversions"] = (clicked & rows["has_converted"]).groupby(where).sum()
        counts[f"{name}_others"] = (~clicked).groupby(where).sum()
        counts[f"{name}_others_conversions"] = (~clicked & rows["has_converted"]).groupby(where).sum()
    return counts.fillna(0).astype(int).reset_index().to_dict("records")


if __name__ == "__main__":
    run_stage(main)
