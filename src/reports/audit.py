"""The part of the report on a model that is about columns which may know the outcome."""

from typing import Any

from src.reports.fragments import section, write_list, write_paragraph, write_table
from src.reports.language import mark, say
from src.reports.metric_words import say_stored
from src.reports.text import MISSING, say_count, say_decimal, say_value

MOST_ROWS = 20
"""Metrics that are shown, the most suspicious first."""

KNOWN = {
    "creation": mark("when a lead comes in"),
    "later": mark("later"),
    "after_outcome": mark("after the outcome"),
    "as of each snapshot": mark("as of each snapshot"),
    "from several columns": mark("from several columns"),
}
VERDICTS = {"keep": mark("Keep"), "suspect": mark("Suspect"), "refuse": mark("Refuse")}


@section("audit", "Does any column know the outcome?")
def show_audit(results: dict[str, Any]) -> str:
    """Return which columns may know the outcome, why, and what the figures are without them."""
    audit = results["audit"]
    if not audit["metrics"]:
        return write_paragraph(say("The history is too short to say whether a column knows the outcome."))
    legend = say(
        "AUC alone: how often a metric by itself puts a lead that converts before one that does not, "
        "learned on earlier leads and measured on later ones of the history; 0.5 is a coin. Filled in: "
        "the same for whether it has a value at all. The test has no part in this. A leak that shows "
        "none of these signs is not found: whoever exports the data must say since when each column is "
        "known."
    )
    return (
        write_paragraph(say_verdict(audit))
        + write_list(list_findings(audit))
        + write_metrics(audit)
        + write_paragraph(legend, "note")
    )


def say_verdict(audit: dict[str, Any]) -> str:
    """Return the one sentence that matters: which of the used columns know too much."""
    refused, suspects = (find_doubted(audit, verdict) for verdict in ("refuse", "suspect"))
    if refused:
        return say("These columns know too much: {refused}.", refused=name_columns(refused))
    if suspects:
        return say("These columns may know too much: {suspects}.", suspects=name_columns(suspects))
    checked = sum(metric["is_used"] for metric in audit["metrics"])
    return say(
        "Nothing here looks like a leak: of {checked} metrics none shows that it knows the outcome.",
        checked=say_count(checked),
    )


def find_doubted(audit: dict[str, Any], verdict: str) -> list[str]:
    """Return the used columns of a verdict, and the metrics that are made of several columns and have it."""
    columns = {column["name"] for column in audit["columns"]}
    doubted = [column["name"] for column in audit["columns"] if column["is_used"] and column["verdict"] == verdict]
    return doubted + [
        metric["name"]
        for metric in audit["metrics"]
        if metric["column"] not in columns and metric["verdict"] == verdict
    ]


def name_columns(names: list[str]) -> str:
    return ", ".join(say_value(name.replace("_", " ")) for name in names)


def list_findings(audit: dict[str, Any]) -> list[str]:
    """Return what else there is to know: lesser suspects, accepted columns, those kept out, and the figures."""
    used = [column for column in audit["columns"] if column["is_used"]]
    kept_out = [column for column in audit["columns"] if not column["is_used"]]
    accepted = [column["name"] for column in used if column["is_accepted"]]
    suspects = find_doubted(audit, "suspect")
    sentences = []
    if find_doubted(audit, "refuse") and suspects:
        sentences.append(say("Less sure, but worth asking about: {suspects}.", suspects=name_columns(suspects)))
    if accepted:
        sentences.append(
            say("Used because params.yaml accepts them by name: {accepted}.", accepted=name_columns(accepted))
        )
    if "with" in audit["figures"]:
        sentences.append(say_figures(audit["figures"]))
    if kept_out:
        found = sum(column["verdict"] != "keep" for column in kept_out)
        names = name_columns([column["name"] for column in kept_out])
        sentences.append(
            say(
                "Declared as known only after the outcome, so never used: {names}. By itself the audit finds "
                "{count} of these {count_kept_out}.",
                names=names,
                count=say_count(found),
                count_kept_out=say_count(len(kept_out)),
            )
        )
    return sentences


def say_figures(figures: dict[str, Any]) -> str:
    """Return what a model is worth with and without the suspects."""
    pairs = [
        say(
            "ROC-AUC {roc_auc} and log loss {log_loss}",
            roc_auc=say_decimal(part["roc_auc"], 3),
            log_loss=say_decimal(part["log_loss"], 3),
        )
        for part in (figures["with"], figures["without"])
    ]
    return say(
        "On later leads of the history a logistic regression shows {with_all} with all metrics and "
        "{without} without the suspects: the difference is what would be lost, or was never there, if "
        "they prove to be leaks.",
        with_all=pairs[0],
        without=pairs[1],
    )


def write_metrics(audit: dict[str, Any]) -> str:
    """Return the table of the most suspicious metrics with their verdicts and the reasons."""
    accepted = {column["name"] for column in audit["columns"] if column["is_accepted"]}
    gains = audit["figures"].get("gains", {})
    rows = [
        [
            metric["name"],
            say(KNOWN[metric["known"]]),
            say_decimal(metric["auc"], 3),
            say_decimal(metric.get("missing_auc"), 3) if metric.get("share_missing") else MISSING,
            say_decimal(gains.get(metric["name"]), 3),
            say_metric_verdict(metric, accepted),
            "; ".join(map(say_stored, metric["reasons"])) or MISSING,
        ]
        for metric in audit["metrics"][:MOST_ROWS]
    ]
    head = [
        say("Metric"),
        say("Known"),
        say("AUC alone"),
        say("Filled in, AUC"),
        say("AUC it adds to the rest"),
        say("Verdict"),
        say("Why"),
    ]
    shown = audit["metrics"][:MOST_ROWS]
    marked = [number for number, metric in enumerate(shown) if metric["verdict"] == "refuse"]
    caption = say(
        "The {count_rows} most suspicious of {count_metrics} metrics",
        count_rows=len(rows),
        count_metrics=say_count(len(audit["metrics"])),
    )
    return write_table(head, rows, caption, marked, texts=(1, 5, 6))


def say_metric_verdict(metric: dict[str, Any], accepted: set[str]) -> str:
    """Return the verdict on a metric, or why it has no consequence."""
    verdict = say(VERDICTS[metric["verdict"]])
    if not metric["is_used"]:
        return say("{verdict} (not used)", verdict=verdict)
    return (
        say("{verdict} (accepted)", verdict=verdict)
        if metric["verdict"] != "keep" and metric["column"] in accepted
        else verdict
    )
