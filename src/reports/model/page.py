"""The parts of the report on an objective's model: each turns the results into one HTML fragment."""

from html import escape
from typing import Any

from IPython.display import HTML

from src.features.catalogue import Metric
from src.reports.fragments import (
    section,
    write_list,
    write_not_applicable,
    write_paragraph,
    write_reproduction,
    write_table,
    write_verdict,
)
from src.reports.language import mark, say
from src.reports.measures import say_leakage, say_quarantine, write_ages, write_parts
from src.reports.metric_words import say_stored
from src.reports.model.behaviour import write_groups, write_parts_by_age
from src.reports.text import (
    MISSING,
    say_count,
    say_date,
    say_decimal,
    say_figure,
    say_leads,
    say_quoted,
    say_share,
    say_value,
    upper_first,
)

FOLDS = {
    "history": mark("Learned from"),
    "embargoed": mark("Earlier, decided after the test began"),
    "test": mark("Tested on, the newest"),
    "censored": mark("Not decided yet"),
    "quarantined": mark("Set apart as spam"),
}

FAULTS = {
    "too_low": mark("on the whole they are too low"),
    "too_high": mark("on the whole they are too high"),
    "too_bold": mark("the high ones are too high and the low ones too low"),
    "too_timid": mark("the high ones are too low and the low ones too high"),
    "uneven": mark("the gaps between what they promise and what happens are larger than by chance"),
}

KINDS = {"explicit": mark("What leads tell us"), "implicit": mark("What leads do")}


def show_verdict(results: dict[str, Any]) -> HTML:
    """Return title and verdict: whether the probabilities hold and how much they know."""
    title = (
        "<h1>" + say("How good are the probabilities of {objective}?", objective=escape(results["objective"])) + "</h1>"
    )
    if not results["is_applicable"]:
        return HTML(title + write_not_applicable(results, say("there is no model of it")))
    rest = " ".join([say_promise(results), say_knowledge(results), say_order(results["metrics"])])
    link = say('<a href="../index.html">the reports of the scenarios</a>')
    note = '<p class="note">' + say("What to do with them, and what that earns: {link}.", link=link) + "</p>"
    return HTML(title + write_verdict(say_belief(results), rest) + note)


def say_belief(results: dict[str, Any]) -> str:
    """Return whether the probabilities can be believed, and if not why."""
    what, faults = say("probabilities of {objective}", objective=results["objective"]), results["faults"]
    test = results["metrics"]["test"]
    if not test["is_calibration_assessable"]:
        if test["base_rate_high"] is not None and test["base_rate_high"] < test["mean_probability"]:
            return say("Do not rely on the {what}: far fewer leads convert than they promised.", what=what)
        return say("Whether the {what} can be believed is not known: too few leads of the test convert.", what=what)
    if not faults:
        return say("The {what} can be believed.", what=what)
    reasons = say(", and ").join(say(FAULTS[fault]) for fault in faults)
    if {"too_low", "too_high"} & set(faults):
        return say("Read the {what} with care: {reasons}.", what=what, reasons=reasons)
    gap = say("the mean gap is {ece} percentage points", ece=say_decimal(test["ece"] * 100, 1))
    return say(
        "The {what} hold on the whole, but not everywhere ({gap}): {reasons}.", what=what, gap=gap, reasons=reasons
    )


def say_promise(results: dict[str, Any]) -> str:
    """Return what the probabilities promised of the test leads and what happened."""
    test, data = results["metrics"]["test"], results["metrics"]["data"]
    when = (
        say(
            " ({test_from} to {test_until})",
            test_from=say_date(data["test_from"]),
            test_until=say_date(data["test_until"]),
        )
        if data["test_from"]
        else ""
    )
    ages = (
        say(", each scored at up to {count_by_age} ages", count_by_age=len(test["by_age"]))
        if len(test["by_age"]) > 1
        else ""
    )
    return say(
        "On the {leads} newest leads{when}{ages}, from which nothing was learned, they promised "
        "{mean_probability} on average, and {base_rate} of these moments led to it ({confidence} "
        "interval {base_rate_low} to {base_rate_high}).",
        leads=say_count(test["leads"]),
        when=when,
        ages=ages,
        mean_probability=say_share(test["mean_probability"]),
        base_rate=say_share(test["base_rate"]),
        confidence=say_share(results["confidence"], 0),
        base_rate_low=say_share(test["base_rate_low"]),
        base_rate_high=say_share(test["base_rate_high"]),
    )


def say_knowledge(results: dict[str, Any]) -> str:
    """Return how much the model knows, between one rate for everybody and the truth or certainty."""
    metrics, baseline, known = results["metrics"], results["baseline_loss"], results["share_known"]
    loss = say("log loss {log_loss}", log_loss=say_figure(metrics["test"], "log_loss", 3))
    start = say("against {baseline} if every lead is given the history's rate", baseline=say_decimal(baseline, 3))
    gain = 1 - metrics["test"]["log_loss"] / baseline
    if gain <= 0:
        return say("The model knows no more than the history's rate: its {loss}, {start}.", loss=loss, start=start)
    if known is None:
        return say(
            "The model takes away {gain} of the uncertainty: {loss}, {start}.",
            gain=say_share(gain, 0),
            loss=loss,
            start=start,
        )
    truth = say_decimal(metrics["truth"]["log_loss"], 3)
    return say(
        "The model knows about {known} of what can be known: {loss}, {start} and {truth} with the true "
        "probabilities, which only made-up data can know.",
        known=say_share(known, 0),
        loss=loss,
        start=start,
        truth=truth,
    )


def say_order(metrics: dict[str, Any]) -> str:
    """Return how often the model puts two leads in the right order."""
    test = metrics["test"]
    truth = (
        say("; the true probabilities reach {roc_auc}", roc_auc=say_decimal(metrics["truth"]["roc_auc"], 3))
        if "truth" in metrics
        else ""
    )
    return say(
        "Of one lead that converts and one that does not, it gives the first the higher probability "
        "{roc_auc} times in 100: ROC-AUC {test_roc_auc}{truth}.",
        roc_auc=say_count(test["roc_auc"] * 100),
        test_roc_auc=say_figure(test, "roc_auc", 3),
        truth=truth,
    )


@section("ages", "At each age of a lead")
def show_ages(results: dict[str, Any]) -> str:
    """Return the figures at each age."""
    legend = say(
        "In brackets the {confidence} interval. Leads that are still open at an age are scored at it: "
        "the older, the fewer and the less likely to convert.",
        confidence=say_share(results["confidence"], 0),
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
        return write_paragraph(say("This source has no explicit metrics."))
    caption = say(
        "The model learned again without one group of metrics at a time, on the test leads, before calibration"
    )
    return write_list(list_sides(groups)) + write_groups(results, groups, caption)


def list_sides(groups: list[dict[str, Any]]) -> list[str]:
    """Return which groups help, which harm, and of which neither can be told, on these test leads."""
    messages = {
        1: mark("On these test leads the model is better, by more than their chance, with {names}."),
        0: mark("No difference can be told from chance, the others being there, with {names}."),
        -1: mark("On these test leads the model is worse, by more than their chance, with {names}."),
    }
    names = {side: ", ".join(say_stored(row["group"]) for row in groups if row["side"] == side) for side in messages}
    return [
        *(say(message, names=names[side]) for side, message in messages.items() if names[side]),
        say(
            "Groups overlap: what one says another may say too, so what they save does not add up. Each "
            "interval is of one fit on other test leads; of many groups some seem to matter by chance."
        ),
    ]


@section("leakage", "What would have flattered")
def show_leakage(results: dict[str, Any]) -> str:
    """Return what columns filled in too late would have faked."""
    if not results["metrics"]["leakage"]:
        return write_paragraph(say("No column of this source is declared as filled in after the outcome."))
    return write_paragraph(say_leakage(results["metrics"]))


@section("data", "The leads behind it")
def show_data(results: dict[str, Any]) -> str:
    """Return what to be wary of, how many leads and persons there are, and where they went."""
    rows = [
        [
            say(FOLDS[row["fold"]]),
            say_count(row["leads"]),
            say_count(row["rows"]),
            say_count(row["conversions"]) if row["conversions"] is not None else MISSING,
        ]
        for row in results["folds"]
    ]
    head = [say("Used as"), say("Leads"), say("Scored moments"), say("Leads that convert")]
    table = write_table(head, rows, say("Where the leads went"))
    note = say("A lead that is scored at several ages may stand in two rows: its later moments are decided later.")
    return write_list([*results["alerts"], *list_counts(results)]) + table + write_paragraph(note, "note")


def list_counts(results: dict[str, Any]) -> list[str]:
    """Return how much was read, and how many persons the leads are of."""
    intake, persons = results["intake"], results["metrics"]["data"]["persons"]
    sentences = [
        say(
            "Read: {leads} and {activities} activities; {rows_rejected} rows could not be used and are kept "
            "apart with their reasons.",
            leads=say_leads(intake["leads"]),
            activities=say_count(intake["activities"]),
            rows_rejected=say_count(results["rows_rejected"]),
        ),
        say(
            "The {leads} that were looked at are of {persons} persons; {leads_of_returning_persons} came "
            "from somebody who had asked before.",
            leads=say_leads(persons["leads"]),
            persons=say_count(persons["persons"]),
            leads_of_returning_persons=say_count(persons["leads_of_returning_persons"]),
        ),
    ]
    if persons["kept_out_of_history"]:
        sentences.append(
            say(
                "Kept out of learning because the same person is in the test: {kept_out_of_history}.",
                kept_out_of_history=say_leads(persons["kept_out_of_history"]),
            )
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
    rows = [[upper_first(say_stored(reason)), say_count(leads)] for reason, leads in reasons]
    caption = say("Why they are set apart; a lead may have several reasons")
    return text + write_table([say("Reason"), say("Leads")], rows, caption)


@section("understood", "What could not be understood")
def show_understood(results: dict[str, Any]) -> str:
    """Return of how many leads each field was understood, and the most frequent values that were not."""
    fields = results["understood"]
    if not fields:
        return write_paragraph(say("The leads of this source fill in no field that has to be understood."))
    rows = [
        [
            f"{name_field(field)}: {field['metric']}",
            say_count(field["given"]),
            say_count(field["given"] - field["understood"]),
            say_share(field["understood"] / field["given"] if field["given"] else None),
        ]
        for field in fields
    ]
    head = [
        say("Field, and the metric it becomes"),
        say("Leads that gave it"),
        say("Not understood"),
        say("Understood"),
    ]
    note = say(
        "Of fields that may hold personal data no value is listed. What is worth knowing can be added to the rules."
    )
    return (
        write_table(head, rows, say("The fields that rules make sense of"))
        + write_list([say_unknown(field) for field in fields if field["unknown"]])
        + write_paragraph(note, "note")
    )


def say_unknown(field: dict[str, Any]) -> str:
    values = ", ".join(
        f"{say_quoted(say_value(entry['value']))} ({say_count(entry['leads'])})" for entry in field["unknown"]
    )
    return say(
        "{field}, not understood as {metric}: {values}", field=name_field(field), metric=field["metric"], values=values
    )


def name_field(field: dict[str, Any]) -> str:
    return say_stored(field["field"].replace("_", " ")).capitalize()


@section("catalogue", "Every metric")
def show_catalogue(results: dict[str, Any]) -> str:
    """Return the catalogue, folded away: name, group, unit, meaning and source of every metric."""
    catalogue = results["catalogue"]
    tables = [
        write_metrics([metric for metric in catalogue if metric.kind == kind], say(title))
        for kind, title in KINDS.items()
    ]
    count = say(
        "{count_catalogue} metrics: name, group, unit, meaning and source", count_catalogue=say_count(len(catalogue))
    )
    note = say("Beside them every model knows how old the lead is when it is scored.")
    return f"<details><summary>{count}</summary>{''.join(tables)}</details>{write_paragraph(note, 'note')}"


def write_metrics(metrics: list[Metric], title: str) -> str:
    if not metrics:
        return ""
    rows = [
        [metric.name, *map(say_stored, (metric.group, metric.unit, metric.meaning, metric.origin))]
        for metric in metrics
    ]
    caption = say("{title}: {count_metrics} metrics", title=title, count_metrics=say_count(len(metrics)))
    return write_table(
        [say("Name"), say("Group"), say("Unit"), say("Meaning"), say("Source")], rows, caption, texts=range(1, 5)
    )


@section("again", "Make it again")
def show_reproduction(results: dict[str, Any]) -> str:
    """Return how to make this report again."""
    change = say("objective “{name}” in params.yaml. Change a value there", name=results["name"])
    return write_reproduction(results["source"], change)
