"""The parts of the report on a model that are about what leads do: each turns results into one HTML fragment."""

from typing import Any

from src.reports.text import (
    MISSING,
    PERCENT,
    say_age,
    say_count,
    say_decimal,
    say_share,
    say_value,
    section,
    write_list,
    write_paragraph,
    write_table,
)

PARTS = {"explicit": "Told", "implicit": "Did", "both": "Both"}

OPENS = {
    "all": "All metrics",
    "without_false": "Without counts that hold machines' opens",
    "without_any": "Without anything from opens",
}

NEWSLETTERS = {"(other)": "All others", "(unknown)": "Without a name"}


def write_parts_by_age(results: dict[str, Any]) -> str:
    """Return what explicit and implicit metrics contribute at each age of a lead."""
    metrics = results["metrics"]
    head = ["Age when scored", *(f"{name}: {what}" for name in PARTS.values() for what in ("ROC-AUC", "log loss"))]
    head += ["Log loss that what they did saves", f"{say_share(results['confidence'], 0)} interval"]
    rows = []
    for age, figures in metrics["features_by_age"].items():
        cells = [text for part in PARTS for text in say_measures(figures[part])]
        gain = figures["gain"]
        cells += [say_decimal(gain["loss_difference"], 4), say_interval(gain, "loss_difference", 4)]
        rows.append([say_age(age, metrics["data"]["is_dated"]).capitalize(), *cells])
    caption = "The same at each age: what leads told us, what they did, and both"
    return write_table(head, rows, caption)


def say_measures(figures: dict[str, Any]) -> list[str]:
    return [say_decimal(figures["roc_auc"], 3), say_decimal(figures["log_loss"], 4)]


def say_interval(figures: dict[str, Any], name: str, digits: int) -> str:
    return f"{say_decimal(figures[f'{name}_low'], digits)} to {say_decimal(figures[f'{name}_high'], digits)}"


def write_groups(results: dict[str, Any], groups: list[dict[str, Any]], caption: str) -> str:
    """Return the table of what each of the `groups` of metrics saves; the first row is with all of them."""
    both = results["metrics"]["features"]["both"]
    rows = [["None", "0", *say_measures(both), MISSING, MISSING]]
    rows += [
        [
            row["group"].capitalize(),
            say_count(row["metrics"]),
            *say_measures(row),
            say_decimal(row["loss_difference"], 4),
            say_interval(row, "loss_difference", 4),
        ]
        for row in groups
    ]
    head = ["Group left out", "Metrics", "ROC-AUC", "Log loss", "Log loss it saves"]
    head += [f"{say_share(results['confidence'], 0)} interval"]
    return write_table(head, rows, caption, marked=[0])


@section("half-lives", "How fast behaviour fades")
def show_half_lives(results: dict[str, Any]) -> str:
    """Return which half-life of the decayed counts the data prefer to the one that people guess."""
    rows = results["half_lives"]
    if not rows:
        return write_paragraph("There are no decayed counts of two half-lives to compare.")
    cells = [
        [
            f"{row['half_life']:g} days",
            say_decimal(row["roc_auc"], 3),
            say_decimal(row["log_loss"], 5),
            MISSING if row["is_guessed"] else say_decimal(row["loss_difference"], 5),
            MISSING if row["is_guessed"] else say_interval(row, "loss_difference", 5),
        ]
        for row in rows
    ]
    guessed = next(row for row in rows if row["is_guessed"])
    head = ["Half-life", "ROC-AUC", "Log loss", f"More log loss than with {guessed['half_life']:g} days"]
    head += [f"{say_share(results['confidence'], 0)} interval"]
    caption = "The model learned with the decayed counts of one half-life alone, on the history's later leads"
    marked = [number for number, row in enumerate(rows) if row["is_preferred"]]
    legend = (
        "After a half-life an activity counts half. Each row has all other metrics but counts in windows, which would "
        "stand in for the half-lives. Learned and compared forward in time within the history, as every choice is; "
        "marked: the lowest log loss."
    )
    return (
        write_paragraph(say_preference(rows))
        + write_table(head, cells, caption, marked)
        + write_paragraph(legend, "note")
    )


def say_preference(rows: list[dict[str, Any]]) -> str:
    """Return which half-life the data prefer, and whether the difference is more than noise."""
    guessed = next(row for row in rows if row["is_guessed"])
    preferred = next(row for row in rows if row["is_preferred"])
    if preferred is guessed:
        sure = [row for row in rows if row["side"] > 0]
        if len(sure) == len(rows) - 1:
            return f"The data prefer {guessed['half_life']:g} days, as people guess: the others are measurably worse."
        return (
            f"The data prefer {guessed['half_life']:g} days, as people guess, but not every other half-life can be "
            "told from it: the differences may be chance."
        )
    start = f"The data prefer a half-life of {preferred['half_life']:g} days to {guessed['half_life']:g}, the guess"
    saved = f"{say_decimal(-preferred['loss_difference'], 5)} of log loss"
    if preferred["side"] < 0:
        return f"{start}: it saves {saved}, more than chance would."
    return f"{start}, but the {saved} that it saves may be chance."


@section("opens", "With and without e-mail opens")
def show_opens(results: dict[str, Any]) -> str:
    """Return what the metrics of e-mail opens are worth, with and without those of machines."""
    rows = results["opens"]
    if not rows:
        return write_paragraph("This source has no e-mail opens.")
    cells = [
        [
            OPENS[row["name"]],
            *say_measures(row),
            say_decimal(row["loss_difference"], 4) if "loss_difference" in row else MISSING,
            say_interval(row, "loss_difference", 4) if "loss_difference" in row else MISSING,
        ]
        for row in rows
    ]
    head = ["Learned from", "ROC-AUC", "Log loss", "Log loss they save"]
    head += [f"{say_share(results['confidence'], 0)} interval"]
    caption = "The model learned again without e-mail opens, on the test leads, before calibration"
    note = (
        "Mail programs that load every picture and scanners that follow every link open e-mails that nobody reads. "
        "Counts over all kinds of activity stay in every row, and hold opens too."
    )
    return (
        write_paragraph(say_opens(rows)) + write_table(head, cells, caption, marked=[0]) + write_paragraph(note, "note")
    )


def say_opens(rows: list[dict[str, Any]]) -> str:
    """Return whether opens help, as far as it can be told."""
    return {
        1: "E-mail opens help: without them the model is measurably worse.",
        0: "Whether e-mail opens help cannot be told from chance, the other metrics being there.",
        -1: "E-mail opens harm: without them the model is measurably better.",
    }[rows[-1]["side"]]


@section("newsletters", "The list as a whole")
def show_newsletters(results: dict[str, Any]) -> str:
    """Return who opened and clicked, by month and by newsletter, and who converted afterwards."""
    newsletters = results["newsletters"]
    if not newsletters:
        return write_paragraph("The log of this source has no e-mails sent.")
    aim = results["objective"]
    note = (
        "By people: without opens and clicks within seconds of the delivery, in bursts, or under a scanner's name. "
        f"Converted: of the e-mails to leads that were still open for {aim} and whose outcome is known, the share "
        f"after which it came within the horizon, with its {say_share(results['confidence'], 0)} interval. A lead "
        "counts once for each e-mail, so true intervals are somewhat wider. Who clicks wanted more to begin with: the "
        f"difference is not what the click does. Few: under {say_count(newsletters['few'])} e-mails."
    )
    return (
        write_list(list_whole(newsletters["all"], aim))
        + write_emails("Month", newsletters["months"], "The last twelve months in which e-mails were sent")
        + write_emails("Newsletter", newsletters["newsletters"], "The largest newsletters, by name")
        + write_paragraph(note, "note")
    )


def list_whole(row: dict[str, Any], aim: str) -> list[str]:
    """Return what became of all e-mails together."""
    sentences = [
        f"Of {say_count(row['emails'])} e-mails {say_share(row['opened'])} were opened, "
        f"{say_share(row['opened_by_people'])} by people; {say_share(row['clicked'])} were clicked, "
        f"{say_share(row['clicked_by_people'])} by people."
    ]
    clicked, others = row["converted"]["clicked"], row["converted"]["others"]
    if clicked["rate"] is not None and others["rate"] is not None:
        sentences.append(
            f"After {say_rate(clicked)} of the e-mails that a person clicked {aim} followed, after {say_rate(others)} "
            "of the others."
        )
    return sentences


def write_emails(what: str, rows: list[dict[str, Any]], caption: str) -> str:
    head = [what, "E-mails", "Opened", "By people", "Clicked", "By people", "Converted after a click", "Without one"]
    cells = [
        [
            name_row(row),
            say_count(row["emails"]),
            *(say_share(row[action]) for action in ("opened", "opened_by_people", "clicked", "clicked_by_people")),
            say_rate(row["converted"]["clicked"]),
            say_rate(row["converted"]["others"]),
        ]
        for row in rows
    ]
    return write_table(head, cells, caption)


def name_row(row: dict[str, Any]) -> str:
    name = NEWSLETTERS.get(row["name"]) or say_value(row["name"])
    return f"{name} (few)" if row.get("is_few") else name


def say_rate(figures: dict[str, Any]) -> str:
    """Return a rate with its interval, e.g. ``18.4 % (17.4 to 19.5)``."""
    if figures["rate"] is None:
        return MISSING
    low, high = (say_share(figures[end]).removesuffix(PERCENT) for end in ("rate_low", "rate_high"))
    return f"{say_share(figures['rate'])} ({low} to {high})"
