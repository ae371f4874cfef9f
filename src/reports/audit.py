"""The part of the report on a model that is about columns which may know the outcome."""

from typing import Any

from src.reports.text import (
    MISSING,
    say_count,
    say_decimal,
    say_value,
    section,
    write_list,
    write_paragraph,
    write_table,
)

MOST_ROWS = 20
"""Metrics that are shown, the most suspicious first."""

KNOWN = {"creation": "when a lead comes in", "later": "later", "after_outcome": "after the outcome"}
VERDICTS = {"keep": "Keep", "suspect": "Suspect", "refuse": "Refuse"}


@section("audit", "Does any column know the outcome?")
def show_audit(results: dict[str, Any]) -> str:
    """Return which columns may know the outcome, why, and what the figures are without them."""
    audit = results["audit"]
    if not audit["metrics"]:
        return write_paragraph("The history is too short to say whether a column knows the outcome.")
    legend = (
        "AUC alone: how often a metric by itself puts a lead that converts before one that does not, learned on "
        "earlier leads and measured on later ones of the history; 0.5 is a coin. Filled in: the same for whether it "
        "has a value at all. The test has no part in this. A leak that shows none of these signs is not found: whoever "
        "exports the data must say since when each column is known."
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
        return f"These columns know too much: {name_columns(refused)}."
    if suspects:
        return f"These columns may know too much: {name_columns(suspects)}."
    checked = sum(metric["is_used"] for metric in audit["metrics"])
    return f"Nothing here looks like a leak: of {say_count(checked)} metrics none shows that it knows the outcome."


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
        sentences.append(f"Less sure, but worth asking about: {name_columns(suspects)}.")
    if accepted:
        sentences.append(f"Used because params.yaml accepts them by name: {name_columns(accepted)}.")
    if audit["figures"]["suspects"]:
        sentences.append(say_figures(audit["figures"]))
    if kept_out:
        found = sum(column["verdict"] != "keep" for column in kept_out)
        names = name_columns([column["name"] for column in kept_out])
        sentences.append(
            f"Declared as known only after the outcome, so never used: {names}. By itself the audit finds "
            f"{say_count(found)} of these {say_count(len(kept_out))}."
        )
    return sentences


def say_figures(figures: dict[str, Any]) -> str:
    """Return what a model is worth with and without the suspects."""
    pairs = [
        f"ROC-AUC {say_decimal(part['roc_auc'], 3)} and log loss {say_decimal(part['log_loss'], 3)}"
        for part in (figures["with"], figures["without"])
    ]
    return (
        f"On later leads of the history a logistic regression shows {pairs[0]} with all metrics and {pairs[1]} without "
        "the suspects: the difference is what would be lost, or was never there, if they prove to be leaks."
    )


def write_metrics(audit: dict[str, Any]) -> str:
    """Return the table of the most suspicious metrics with their verdicts and the reasons."""
    accepted = {column["name"] for column in audit["columns"] if column["is_accepted"]}
    gains = audit["figures"].get("gains", {})
    rows = [
        [
            metric["name"],
            KNOWN.get(metric["known"], metric["known"]),
            say_decimal(metric["auc"], 3),
            say_decimal(metric.get("missing_auc"), 3) if metric.get("share_missing") else MISSING,
            say_decimal(gains.get(metric["name"]), 3),
            say_metric_verdict(metric, accepted),
            "; ".join(metric["reasons"]) or MISSING,
        ]
        for metric in audit["metrics"][:MOST_ROWS]
    ]
    head = ["Metric", "Known", "AUC alone", "Filled in, AUC", "AUC it adds to the rest", "Verdict", "Why"]
    marked = [number for number, row in enumerate(rows) if row[5].startswith("Refuse")]
    caption = f"The {len(rows)} most suspicious of {say_count(len(audit['metrics']))} metrics"
    return write_table(head, rows, caption, marked, texts=(1, 5, 6))


def say_metric_verdict(metric: dict[str, Any], accepted: set[str]) -> str:
    """Return the verdict on a metric, or why it has no consequence."""
    verdict = VERDICTS[metric["verdict"]]
    if not metric["is_used"]:
        return f"{verdict} (not used)"
    return f"{verdict} (accepted)" if metric["verdict"] != "keep" and metric["column"] in accepted else verdict
