"""The parts of the report on a model that are about what leads do: each turns results into one HTML fragment."""

from typing import Any

from src.reports.fragments import section, write_list, write_paragraph, write_table
from src.reports.language import mark, say, write_digits
from src.reports.metric_words import say_stored
from src.reports.text import MISSING, PERCENT, say_age, say_count, say_decimal, say_share, say_value

PARTS = {"explicit": mark("Told"), "implicit": mark("Did"), "both": mark("Both")}

OPENS = {
    "all": mark("All metrics"),
    "without_false": mark("Without counts that hold machines' opens"),
    "without_any": mark("Without anything from opens"),
}

NEWSLETTERS = {"(other)": mark("All others"), "(unknown)": mark("Without a name")}


def write_parts_by_age(results: dict[str, Any]) -> str:
    """Return what explicit and implicit metrics contribute at each age of a lead."""
    metrics = results["metrics"]
    head = [
        say("Age when scored"),
        *(f"{say(name)}: {what}" for name in PARTS.values() for what in ("ROC-AUC", say("log loss"))),
    ]
    head += [
        say("Log loss that what they did saves"),
        say("{confidence} interval", confidence=say_share(results["confidence"], 0)),
    ]
    rows = []
    for age, figures in metrics["features_by_age"].items():
        cells = [text for part in PARTS for text in say_measures(figures[part])]
        gain = figures["gain"]
        cells += [say_decimal(gain["loss_difference"], 4), say_interval(gain, "loss_difference", 4)]
        rows.append([say_age(age, metrics["data"]["is_dated"]).capitalize(), *cells])
    caption = say("The same at each age: what leads told us, what they did, and both")
    return write_table(head, rows, caption, is_ordered=True)


def say_measures(figures: dict[str, Any]) -> list[str]:
    return [say_decimal(figures["roc_auc"], 3), say_decimal(figures["log_loss"], 4)]


def say_interval(figures: dict[str, Any], name: str, digits: int) -> str:
    return say(
        "{low} to {high}",
        low=say_decimal(figures[f"{name}_low"], digits),
        high=say_decimal(figures[f"{name}_high"], digits),
    )


def write_groups(results: dict[str, Any], groups: list[dict[str, Any]], caption: str) -> str:
    """Return the table of what each of the `groups` of metrics saves; the first row is with all of them."""
    both = results["metrics"]["features"]["both"]
    rows = [[say("None"), "0", *say_measures(both), MISSING, MISSING]]
    rows += [
        [
            say_stored(row["group"]).capitalize(),
            say_count(row["metrics"]),
            *say_measures(row),
            say_decimal(row["loss_difference"], 4),
            say_interval(row, "loss_difference", 4),
        ]
        for row in groups
    ]
    head = [say("Group left out"), say("Metrics"), "ROC-AUC", say("Log loss"), say("Log loss it saves")]
    head += [say("{confidence} interval", confidence=say_share(results["confidence"], 0))]
    return write_table(head, rows, caption, marked=[0])


@section("half-lives", "How fast behaviour fades")
def show_half_lives(results: dict[str, Any]) -> str:
    """Return which half-life of the decayed counts the data prefer to the one that people guess."""
    rows = results["half_lives"]
    if not rows:
        return write_paragraph(say("There are no decayed counts of two half-lives to compare."))
    cells = [
        [
            say("{half_life} days", half_life=say_half_life(row["half_life"])),
            say_decimal(row["roc_auc"], 3),
            say_decimal(row["log_loss"], 5),
            MISSING if row["is_guessed"] else say_decimal(row["loss_difference"], 5),
            MISSING if row["is_guessed"] else say_interval(row, "loss_difference", 5),
        ]
        for row in rows
    ]
    guessed = next(row for row in rows if row["is_guessed"])
    head = [
        say("Half-life"),
        "ROC-AUC",
        say("Log loss"),
        say("More log loss than with {half_life} days", half_life=say_half_life(guessed["half_life"])),
    ]
    head += [say("{confidence} interval", confidence=say_share(results["confidence"], 0))]
    caption = say("The model learned with the decayed counts of one half-life alone, on the history's later leads")
    marked = [number for number, row in enumerate(rows) if row["is_preferred"]]
    legend = say(
        "After a half-life an activity counts half. Each row has all other metrics but counts in "
        "windows, which would stand in for the half-lives. Learned and compared forward in time within "
        "the history, as every choice is; marked: the lowest log loss."
    )
    return (
        write_paragraph(say_preference(rows))
        + write_table(head, cells, caption, marked)
        + write_paragraph(legend, "note")
    )


def say_half_life(days: float) -> str:
    return write_digits(format(days, "g"))


def say_preference(rows: list[dict[str, Any]]) -> str:
    """Return which half-life the data prefer, and whether the difference is more than noise."""
    guessed = next(row for row in rows if row["is_guessed"])
    preferred = next(row for row in rows if row["is_preferred"])
    if preferred is guessed:
        sure = [row for row in rows if row["side"] > 0]
        if len(sure) == len(rows) - 1:
            return say(
                "The data prefer {half_life} days, as people guess: the others are measurably worse.",
                half_life=say_half_life(guessed["half_life"]),
            )
        return say(
            "The data prefer {half_life} days, as people guess, but not every other half-life can be told "
            "from it: the differences may be chance.",
            half_life=say_half_life(guessed["half_life"]),
        )
    start = say(
        "The data prefer a half-life of {half_life} days to {guessed_half_life}, the guess",
        half_life=say_half_life(preferred["half_life"]),
        guessed_half_life=say_half_life(guessed["half_life"]),
    )
    saved = say("{loss_difference} of log loss", loss_difference=say_decimal(-preferred["loss_difference"], 5))
    if preferred["side"] < 0:
        return say("{start}: it saves {saved}, more than chance would.", start=start, saved=saved)
    return say("{start}, but the {saved} that it saves may be chance.", start=start, saved=saved)


@section("opens", "With and without e-mail opens")
def show_opens(results: dict[str, Any]) -> str:
    """Return what the metrics of e-mail opens are worth, with and without those of machines."""
    rows = results["opens"]
    if not rows:
        return write_paragraph(say("This source has no e-mail opens."))
    cells = [
        [
            say(OPENS[row["name"]]),
            *say_measures(row),
            say_decimal(row["loss_difference"], 4) if "loss_difference" in row else MISSING,
            say_interval(row, "loss_difference", 4) if "loss_difference" in row else MISSING,
        ]
        for row in rows
    ]
    head = [say("Learned from"), "ROC-AUC", say("Log loss"), say("Log loss they save")]
    head += [say("{confidence} interval", confidence=say_share(results["confidence"], 0))]
    caption = say("The model learned again without e-mail opens, on the test leads, before calibration")
    note = say(
        "Mail programs that load every picture and scanners that follow every link open e-mails that "
        "nobody reads. Counts over all kinds of activity stay in every row, and hold opens too."
    )
    return (
        write_paragraph(say_opens(rows)) + write_table(head, cells, caption, marked=[0]) + write_paragraph(note, "note")
    )


def say_opens(rows: list[dict[str, Any]]) -> str:
    """Return whether opens help, as far as it can be told."""
    return {
        1: say("E-mail opens help: without them the model is measurably worse."),
        0: say("Whether e-mail opens help cannot be told from chance, the other metrics being there."),
        -1: say("E-mail opens harm: without them the model is measurably better."),
    }[rows[-1]["side"]]


@section("newsletters", "The list as a whole")
def show_newsletters(results: dict[str, Any]) -> str:
    """Return who opened and clicked, by month and by newsletter, and who converted afterwards."""
    newsletters = results["newsletters"]
    if not newsletters:
        return write_paragraph(say("The log of this source has no e-mails sent."))
    aim = results["objective"]
    note = say(
        "By people: without opens and clicks within seconds of the delivery, in bursts, or under a "
        "scanner's name. Converted: of the e-mails to leads that were still open for {aim} and whose "
        "outcome is known, the share after which it came within the horizon, with its {confidence} "
        "interval. A lead counts once for each e-mail, so true intervals are somewhat wider. Who clicks "
        "wanted more to begin with: the difference is not what the click does. Few: under {few} e-mails.",
        aim=aim,
        confidence=say_share(results["confidence"], 0),
        few=say_count(newsletters["few"]),
    )
    return (
        write_list(list_whole(newsletters["all"], aim))
        + write_emails(say("Month"), newsletters["months"], say("The last twelve months in which e-mails were sent"))
        + write_emails(say("Newsletter"), newsletters["newsletters"], say("The largest newsletters, by name"))
        + write_paragraph(note, "note")
    )


def list_whole(row: dict[str, Any], aim: str) -> list[str]:
    """Return what became of all e-mails together."""
    sentences = [
        say(
            "Of {emails} e-mails {opened} were opened, {opened_by_people} by people; {clicked} were clicked, "
            "{clicked_by_people} by people.",
            emails=say_count(row["emails"]),
            opened=say_share(row["opened"]),
            opened_by_people=say_share(row["opened_by_people"]),
            clicked=say_share(row["clicked"]),
            clicked_by_people=say_share(row["clicked_by_people"]),
        )
    ]
    clicked, others = row["converted"]["clicked"], row["converted"]["others"]
    if clicked["rate"] is not None and others["rate"] is not None:
        sentences.append(
            say(
                "After {clicked} of the e-mails that a person clicked {aim} followed, after {others} of the others.",
                clicked=say_rate(clicked),
                aim=aim,
                others=say_rate(others),
            )
        )
    return sentences


def write_emails(what: str, rows: list[dict[str, Any]], caption: str) -> str:
    head = [
        what,
        say("E-mails"),
        say("Opened"),
        say("By people"),
        say("Clicked"),
        say("By people"),
        say("Converted after a click"),
        say("Without one"),
    ]
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
    name = say(NEWSLETTERS[row["name"]]) if row["name"] in NEWSLETTERS else say_value(row["name"])
    return say("{name} (few)", name=name) if row.get("is_few") else name


def say_rate(figures: dict[str, Any]) -> str:
    """Return a rate with its interval, e.g. ``18.4 % (17.4 to 19.5)``."""
    if figures["rate"] is None:
        return MISSING
    low, high = (say_share(figures[end]).removesuffix(PERCENT) for end in ("rate_low", "rate_high"))
    return say("{value} ({low} to {high})", value=say_share(figures["rate"]), low=low, high=high)
