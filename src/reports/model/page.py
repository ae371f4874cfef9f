"""The parts of the report on an objective's model: each turns the results into one HTML fragment."""

from html import escape
from typing import Any

from IPython.display import HTML

from src.features.catalogue import Metric
from src.reports.model.behaviour import write_groups, write_parts_by_age
from src.reports.text import (
    MISSING,
    say_count,
    say_date,
    say_decimal,
    say_figure,
    say_leads,
    say_leakage,
    say_quarantine,
    say_share,
    say_value,
    section,
    write_ages,
    write_list,
    write_not_applicable,
    write_paragraph,
    write_parts,
    write_reproduction,
    write_table,
    write_verdict,
)

FOLDS = {
    "history": "Learned from",
    "embargoed": "Earlier, decided after the test began",
    "test": "Tested on, the newest",
    "censored": "Not decided yet",
    "quarantined": "Set apart as spam",
}

FAULTS = {
    "too_low": "on the whole they are too low",
    "too_high": "on the whole they are too high",
    "too_bold": "the high ones are too high and the low ones too low",
    "too_timid": "the high ones are too low and the low ones too high",
    "uneven": "the gaps between what they promise and what happens are larger than by chance",
}

KINDS = {"explicit": "What leads tell us", "implicit": "What leads do"}


def show_verdict(results: dict[str, Any]) -> HTML:
    """Return title and verdict: whether the probabilities hold and how much they know."""
    title = f"<h1>How good are the probabilities of {escape(results['objective'])}?</h1>"
    if not results["is_applicable"]:
        return HTML(title + write_not_applicable(results, "there is no model of it"))
    rest = " ".join([say_promise(results), say_knowledge(results), say_order(results["metrics"])])
    link = '<a href="../index.html">the reports of the scenarios</a>'
    note = f'<p class="note">What to do with them, and what that earns: {link}.</p>'
    return HTML(title + write_verdict(say_belief(results), rest) + note)


def say_belief(results: dict[str, Any]) -> str:
    """Return whether the probabilities can be believed, and if not why."""
    what, faults = f"probabilities of {results['objective']}", results["faults"]
    test = results["metrics"]["test"]
    if not test["is_calibration_assessable"]:
        if test["base_rate_high"] is not None and test["base_rate_high"] < test["mean_probability"]:
            return f"Do not rely on the {what}: far fewer leads convert than they promised."
        return f"Whether the {what} can be believed is not known: too few leads of the test convert."
    if not faults:
        return f"The {what} can be believed."
    reasons = ", and ".join(FAULTS[fault] for fault in faults)
    if {"too_low", "too_high"} & set(faults):
        return f"Read the {what} with care: {reasons}."
    gap = f"the mean gap is {say_decimal(test['ece'] * 100, 1)} percentage points"
    return f"The {what} hold on the whole, but not everywhere ({gap}): {reasons}."


def say_promise(results: dict[str, Any]) -> str:
    """Return what the probabilities promised of the test leads and what happened."""
    test, data = results["metrics"]["test"], results["metrics"]["data"]
    when = f" ({say_date(data['test_from'])} to {say_date(data['test_until'])})" if data["test_from"] else ""
    ages = f", each scored at up to {len(test['by_age'])} ages" if len(test["by_age"]) > 1 else ""
    return (
        f"On the {say_count(test['leads'])} newest leads{when}{ages}, from which nothing was learned, they promised "
        f"{say_share(test['mean_probability'])} on average, and {say_share(test['base_rate'])} of these moments "
        f"led to it "
        f"({say_share(results['confidence'], 0)} interval {say_share(test['base_rate_low'])} to "
        f"{say_share(test['base_rate_high'])})."
    )


def say_knowledge(results: dict[str, Any]) -> str:
    """Return how much the model knows, between one rate for everybody and the truth or certainty."""
    metrics, baseline, known = results["metrics"], results["baseline_loss"], results["share_known"]
    loss = f"log loss {say_figure(metrics['test'], 'log_loss', 3)}"
    start = f"against {say_decimal(baseline, 3)} if every lead is given the history's rate"
    gain = 1 - metrics["test"]["log_loss"] / baseline
    if gain <= 0:
        return f"The model knows no more than the history's rate: its {loss}, {start}."
    if known is None:
        return f"The model takes away {say_share(gain, 0)} of the uncertainty: {loss}, {start}."
    truth = say_decimal(metrics["truth"]["log_loss"], 3)
    return (
        f"The model knows about {say_share(known, 0)} of what can be known: {loss}, {start} and {truth} with the true "
        "probabilities, which only made-up data can know."
    )


def say_order(metrics: dict[str, Any]) -> str:
    """Return how often the model puts two leads in the right order."""
    test = metrics["test"]
    truth = (
        f"; the true probabilities reach {say_decimal(metrics['truth']['roc_auc'], 3)}" if "truth" in metrics else ""
    )
    return (
        f"Of one lead that converts and one that does not, it gives the first the higher probability "
        f"{say_count(test['roc_auc'] * 100)} times in 100: ROC-AUC {say_figure(test, 'roc_auc', 3)}{truth}."
    )


@section("ages", "At each age of a lead")
def show_ages(results: dict[str, Any]) -> str:
    """Return the figures at each age."""
    legend = (
        f"In brackets the {say_share(results['confidence'], 0)} interval. Leads that are still open at an age are "
        "scored at it: the older, the fewer and the less likely to convert."
    )
    return write_ages(results["metrics"]) + write_paragraph(legend, "note")


@section("kinds", "What each kind of metric contributes")
def show_kinds(results: dict[str, Any]) -> str:
    """Return what explicit and implicit metrics contribute, over all and at each age."""
    return write_parts(results["metrics"]) + write_parts_by_age(results)


@section("groups", "What each group of explicit metrics contributes")
def show_groups(results: dict[str, Any]) -> str:
    """Return the ablation: the model learned again without each group of explicit metrics."""
    groups = results["groups"]
    if not groups:
        return write_paragraph("This source has no explicit metrics.")
    caption = "The model learned again without one group of metrics at a time, on the test leads, before calibration"
    return write_list(list_sides(groups)) + write_groups(results, groups, caption)


def list_sides(groups: list[dict[str, Any]]) -> list[str]:
    """Return which groups help, which harm, and of which neither can be told, on these test leads."""
    starts = {
        1: "On these test leads the model is better, by more than their chance, with",
        0: "No difference can be told from chance, the others being there, with",
        -1: "On these test leads the model is worse, by more than their chance, with",
    }
    sentences = []
    for side, start in starts.items():
        names = [row["group"] for row in groups if row["side"] == side]
        sentences += [f"{start} {', '.join(names)}."] if names else []
    return [
        *sentences,
        "Groups overlap: what one says another may say too, so what they save does not add up. Each interval is of one "
        "fit on other test leads; of many groups some seem to matter by chance.",
    ]


@section("leakage", "What would have flattered")
def show_leakage(results: dict[str, Any]) -> str:
    """Return what columns filled in too late would have faked."""
    if not results["metrics"]["leakage"]:
        return write_paragraph("No column of this source is declared as filled in after the outcome.")
    return write_paragraph(say_leakage(results["metrics"]))


@section("data", "The leads behind it")
def show_data(results: dict[str, Any]) -> str:
    """Return what to be wary of, how many leads and persons there are, and where they went."""
    rows = [
        [
            FOLDS[row["fold"]],
            say_count(row["leads"]),
            say_count(row["rows"]),
            say_count(row["conversions"]) if row["conversions"] is not None else MISSING,
        ]
        for row in results["folds"]
    ]
    head = ["Used as", "Leads", "Scored moments", "Leads that convert"]
    table = write_table(head, rows, "Where the leads went")
    note = "A lead that is scored at several ages may stand in two rows: its later moments are decided later."
    return write_list([*results["alerts"], *list_counts(results)]) + table + write_paragraph(note, "note")


def list_counts(results: dict[str, Any]) -> list[str]:
    """Return how much was read, and how many persons the leads are of."""
    intake, persons = results["intake"], results["metrics"]["data"]["persons"]
    sentences = [
        f"Read: {say_leads(intake['leads'])} and {say_count(intake['activities'])} activities; "
        f"{say_count(results['rows_rejected'])} rows could not be used and are kept apart with their reasons.",
        f"The {say_leads(persons['leads'])} that were looked at are of {say_count(persons['persons'])} persons; "
        f"{say_count(persons['leads_of_returning_persons'])} came from somebody who had asked before.",
    ]
    if persons["kept_out_of_history"]:
        sentences.append(
            f"Kept out of learning because the same person is in the test: {say_leads(persons['kept_out_of_history'])}."
        )
    return sentences


@section("spam", "Set apart as spam")
def show_quarantine(results: dict[str, Any]) -> str:
    """Return how many leads are set apart, for which reasons, and what that would have cost."""
    quarantine = results["metrics"]["data"]["quarantine"]
    text = write_paragraph(say_quarantine(quarantine, results["objective"]))
    if not quarantine["reasons"]:
        return text
    reasons = sorted(quarantine["reasons"].items(), key=lambda reason: (-reason[1], reason[0]))
    rows = [[reason[:1].upper() + reason[1:], say_count(leads)] for reason, leads in reasons]
    caption = "Why they are set apart; a lead may have several reasons"
    return text + write_table(["Reason", "Leads"], rows, caption)


@section("understood", "What could not be understood")
def show_understood(results: dict[str, Any]) -> str:
    """Return of how many leads each field was understood, and the most frequent values that were not."""
    fields = results["understood"]
    if not fields:
        return write_paragraph("The leads of this source fill in no field that has to be understood.")
    rows = [
        [
            f"{name_field(field)}: {field['metric']}",
            say_count(field["given"]),
            say_count(field["given"] - field["understood"]),
            say_share(field["understood"] / field["given"] if field["given"] else None),
        ]
        for field in fields
    ]
    head = ["Field, and the metric it becomes", "Leads that gave it", "Not understood", "Understood"]
    note = "Of fields that may hold personal data no value is listed. What is worth knowing can be added to the rules."
    return (
        write_table(head, rows, "The fields that rules make sense of")
        + write_list([say_unknown(field) for field in fields if field["unknown"]])
        + write_paragraph(note, "note")
    )


def say_unknown(field: dict[str, Any]) -> str:
    values = ", ".join(f"“{say_value(entry['value'])}” ({say_count(entry['leads'])})" for entry in field["unknown"])
    return f"{name_field(field)}, not understood as {field['metric']}: {values}"


def name_field(field: dict[str, Any]) -> str:
    return field["field"].replace("_", " ").capitalize()


@section("catalogue", "Every metric")
def show_catalogue(results: dict[str, Any]) -> str:
    """Return the catalogue, folded away: name, group, unit, meaning and source of every metric."""
    catalogue = results["catalogue"]
    tables = [
        write_metrics([metric for metric in catalogue if metric.kind == kind], title) for kind, title in KINDS.items()
    ]
    count = f"{say_count(len(catalogue))} metrics: name, group, unit, meaning and source"
    note = "Beside them every model knows how old the lead is when it is scored."
    return f"<details><summary>{count}</summary>{''.join(tables)}</details>{write_paragraph(note, 'note')}"


def write_metrics(metrics: list[Metric], title: str) -> str:
    if not metrics:
        return ""
    rows = [[metric.name, metric.group, metric.unit, metric.meaning, metric.origin] for metric in metrics]
    caption = f"{title}: {say_count(len(metrics))} metrics"
    return write_table(["Name", "Group", "Unit", "Meaning", "Source"], rows, caption, texts=range(1, 5))


@section("again", "Make it again")
def show_reproduction(results: dict[str, Any]) -> str:
    """Return how to make this report again."""
    return write_reproduction(results["source"], f"objective “{results['name']}” in params.yaml. Change a value there")
