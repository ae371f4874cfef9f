"""The part of the report on a model that says whether its probabilities hold, and where they do not."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from src.reports.figures import BLUE, GREY, draw
from src.reports.fragments import section, write_list, write_paragraph, write_table
from src.reports.language import mark, say, say_plural
from src.reports.measures import list_measures
from src.reports.text import (
    lower_first,
    say_age,
    say_count,
    say_decimal,
    say_figure,
    say_month,
    say_names,
    say_share,
    say_value,
)

PARTS = {
    "month": mark("Month of creation"),
    "quarter": mark("Quarter of creation"),
    "channel": mark("Channel"),
    "age": mark("Age when scored"),
    "band": mark("Probability"),
}

QUARTERS = {
    "1": mark("First quarter"),
    "2": mark("Second quarter"),
    "3": mark("Third quarter"),
    "4": mark("Fourth quarter"),
}

VERDICTS = {
    "holds": mark("holds"),
    "too_low": mark("too low"),
    "too_high": mark("too high"),
    "not_assessable": mark("not assessable"),
}

CALIBRATORS = {
    "none": mark("Not recalibrated"),
    "temperature": mark("Temperature: a slope"),
    "sigmoid": mark("Sigmoid: a slope and an intercept"),
    "isotonic": mark("Isotonic: steps"),
    "venn_abers": mark("Venn-Abers: steps, smoothed"),
}

GROUPS = {"(other)": mark("All others"), "(unknown)": mark("Not given")}


@section("calibration", "What was promised and what happened")
def show_calibration(results: dict[str, Any]) -> str:
    """Return the calibration figure, each measure, the probabilities part by part and other calibrators."""
    checks = results["metrics"]["calibration_checks"]
    parts = [
        write_paragraph(say_whole(checks["all"], results["confidence"])),
        draw_curve(checks["curve"], results["confidence"]),
        write_list(list_measures(results["metrics"])),
        ("<h3>" + say("Part by part") + "</h3>"),
        write_paragraph(say_cells(checks, results["confidence"])),
        *(write_part(results, part) for part in PARTS if part in checks["cells"]),
        ("<h3>" + say("Other ways to recalibrate") + "</h3>"),
        write_comparison(checks["comparison"], results["confidence"]),
    ]
    return "".join(parts)


def say_whole(cell: dict[str, Any], confidence: float) -> str:
    """Return how many conversions came for those that were promised."""
    meaning = {
        "holds": say("the interval holds 1: on the whole the probabilities are as they should be"),
        "too_low": say("more than were promised: on the whole the probabilities are too low"),
        "too_high": say("fewer than were promised: on the whole the probabilities are too high"),
        "not_assessable": say("too few convert to judge it"),
    }[cell["verdict"]]
    return say(
        "For every conversion that the probabilities promised, {observed_to_expected} came ({confidence} "
        "interval, resampled by person); {meaning}.",
        observed_to_expected=say_figure(cell, "observed_to_expected", 2),
        confidence=say_share(confidence, 0),
        meaning=meaning,
    )


def draw_curve(curve: Sequence[dict[str, Any]], confidence: float) -> str:
    """Draw the conversion rate of ten equal groups, with its interval, against their mean probability."""
    table = pd.DataFrame(curve)
    low, high = table["base_rate"] - table["base_rate_low"], table["base_rate_high"] - table["base_rate"]
    is_judged = table["verdict"] != "not_assessable"
    largest = float(table[["mean_probability", "base_rate_high"]].max().max()) * 105

    def plot(axes: Any) -> None:
        axes.plot([0, largest], [0, largest], color=GREY, linewidth=1, linestyle="--", label=say("as promised"))
        for rows, fill, label in (
            (is_judged, BLUE, say("test leads")),
            (~is_judged, "white", say("too few convert to judge")),
        ):
            if rows.any():
                x, y = table.loc[rows, "mean_probability"] * 100, table.loc[rows, "base_rate"] * 100
                ends = [low[rows] * 100, high[rows] * 100]
                axes.errorbar(x, y, yerr=ends, fmt="o", color=BLUE, markerfacecolor=fill, linewidth=1, label=label)
        axes.set(xlabel=say("mean probability (%)"), ylabel=say("converted (%)"), xlim=(0, largest), ylim=(0, largest))
        axes.legend(loc="upper left")

    caption = say(
        "Do the probabilities hold? On the dashed line they hold exactly; the bars are the {confidence} "
        "intervals of what converted.",
        confidence=say_share(confidence, 0),
    )
    return draw(say_curve(table), plot, caption)


def say_curve(table: pd.DataFrame) -> str:
    """Return in words what the curve of the groups shows."""
    inside = table["mean_probability"].between(table["base_rate_low"], table["base_rate_high"]).sum()
    lowest, top = table.iloc[0], table.iloc[-1]
    return say(
        "Conversion rate against probability in {count_curve} equal groups. In {inside} of them the "
        "interval of the rate holds the mean probability. In the highest group the model said "
        "{mean_probability} and {base_rate} converted; in the lowest it said {curve_mean_probability} "
        "and {curve_base_rate} converted.",
        count_curve=say_count(len(table)),
        inside=say_count(inside),
        mean_probability=say_share(top["mean_probability"]),
        base_rate=say_share(top["base_rate"]),
        curve_mean_probability=say_share(lowest["mean_probability"]),
        curve_base_rate=say_share(lowest["base_rate"]),
    )


def say_cells(checks: dict[str, Any], confidence: float) -> str:
    """Return how many cells can be judged, how many are off, and how many would be by chance alone."""
    total = sum(len(cells) for cells in checks["cells"].values())
    fewest = say_count(checks["fewest_conversions"])
    start = say(
        "The test leads were cut into {total} parts in {count_cells} ways.",
        total=say_count(total),
        count_cells=say_count(len(checks["cells"])),
    )
    if not checks["assessable"]:
        return say(
            "{start} None has the {fewest} leads that convert which it takes to judge it.", start=start, fewest=fewest
        )
    return say_plural(
        "{start} {assessable} has the {fewest} leads that convert which it takes to judge one: {off}; {after}. The "
        "parts overlap.",
        "{start} {assessable} have the {fewest} leads that convert which it takes to judge one: {off}; {after}. The "
        "parts overlap.",
        checks["assessable"],
        start=start,
        assessable=say_count(checks["assessable"]),
        fewest=fewest,
        off=say_off(checks, confidence),
        after=say_standing_out(checks["standing_out"]),
    )


def say_off(checks: dict[str, Any], confidence: float) -> str:
    """Return how many cells are off one by one, and how many would be by chance."""
    values = {"confidence": say_share(confidence, 0), "by_chance": say_decimal(checks["off_by_chance"], 1)}
    if not checks["off"]:
        return say(
            "none is off, one by one at {confidence}, where {by_chance} would be by chance if every probability held",
            **values,
        )
    return say_plural(
        "{off} is off, one by one at {confidence}, where {by_chance} would be by chance if every probability held",
        "{off} are off, one by one at {confidence}, where {by_chance} would be by chance if every probability held",
        checks["off"],
        off=say_count(checks["off"]),
        **values,
    )


def say_standing_out(count: int) -> str:
    if not count:
        return say("none stands out even after so many looks")
    return say_plural(
        "{count} stands out even after so many looks",
        "{count} stand out even after so many looks",
        count,
        count=say_count(count),
    )


def write_part(results: dict[str, Any], part: str) -> str:
    """Return the finding on one way to cut the leads, and its table."""
    cells = results["metrics"]["calibration_checks"]["cells"][part]
    is_dated = results["metrics"]["data"]["is_dated"]
    names = {
        "month": say_month,
        "quarter": lambda name: say("{quarters} of {name}", quarters=say(QUARTERS[name[-1]]), name=name[:4]),
        "channel": say_group,
        "age": lambda name: say_age(name, is_dated).capitalize(),
        "band": say_band,
    }
    caption = say(
        "By {part}: what was promised and what happened, on the test leads",
        part=lower_first(say(PARTS[part])),
    )
    is_ordered = part != "channel"
    return write_paragraph(say_part(cells, names[part])) + write_cells(
        cells, say(PARTS[part]), names[part], caption, results["confidence"], is_ordered
    )


def say_part(cells: Sequence[dict[str, Any]], say_name: Callable[[str], str]) -> str:
    """Return of which cells the probabilities hold, are too low, too high, or cannot be judged."""
    judged = [cell for cell in cells if cell["verdict"] != "not_assessable"]
    if not judged:
        return say_plural(
            "The only one cannot be judged: too few convert in it.",
            "None of these {count_cells} can be judged: too few convert in each.",
            len(cells),
            count_cells=say_count(len(cells)),
        )
    rest = len(cells) - len(judged)
    unknown = say(" {rest} cannot be judged.", rest=say_count(rest)) if rest else ""
    low, high = (
        ", ".join(say_name(cell["name"]) for cell in judged if cell["verdict"] == verdict)
        for verdict in ("too_low", "too_high")
    )
    off = [say("too low for {names}", names=low)] if low else []
    off += [say("too high for {names}", names=high)] if high else []
    count = say_count(len(judged))
    if off:
        found = say_plural(
            "In the one that can be judged the probabilities are off: {off}.",
            "Of {count} that can be judged, the probabilities are {off}.",
            len(judged),
            count=count,
            off=say_names(off),
        )
    else:
        found = say_plural(
            "The probabilities hold in the one that can be judged.",
            "The probabilities hold in all {count} that can be judged.",
            len(judged),
            count=count,
        )
    return found + unknown


def write_cells(
    cells: Sequence[dict[str, Any]],
    head: str,
    say_name: Callable[[str], str],
    caption: str,
    confidence: float,
    is_ordered: bool = False,
) -> str:
    """Return the table of some cells: leads, promised, converted, and the verdict."""
    interval = say("({confidence} interval)", confidence=say_share(confidence, 0))
    rows = [
        [
            say_name(cell["name"]),
            say_count(cell["leads"]),
            say_count(cell["converted_leads"]),
            say_share(cell["mean_probability"]),
            say_rate(cell, "base_rate"),
            say_figure(cell, "observed_to_expected", 2),
            say(VERDICTS[cell["verdict"]]) + (say(", beyond so many looks") if cell["stands_out"] else ""),
        ]
        for cell in cells
    ]
    columns = [
        say("Leads"),
        say("That convert"),
        say("Promised"),
        say("Converted {interval}", interval=interval),
        say("For each promised {interval}", interval=interval),
        say("Verdict"),
    ]
    return write_table([head, *columns], rows, caption, texts=[6], is_ordered=is_ordered)


def say_rate(figures: dict[str, Any], name: str) -> str:
    """Return a share with its interval, e.g. ``9.8 % (9.2 % to 10.4 %)``."""
    value, low, high = (say_share(figures[f"{name}{end}"]) for end in ("", "_low", "_high"))
    return say("{value} ({low} to {high})", value=value, low=low, high=high)


def say_group(name: str) -> str:
    return say(GROUPS[name]) if name in GROUPS else say_value(name)


def say_band(name: str) -> str:
    """Return a band of the probability in words.

    >>> say_band("0.01-0.02").replace("\\xa0", " "), say_band("0.5-1").replace("\\xa0", " ")
    ('1 % to 2 %', '50 % and more')
    """
    low, high = (say_share(float(end), 0) for end in name.split("-"))
    return (
        say("below {high}", high=high)
        if name.startswith("0-")
        else say("{low} and more", low=low)
        if name.endswith("-1")
        else say("{low} to {high}", low=low, high=high)
    )


def write_comparison(comparison: dict[str, Any], confidence: float) -> str:
    """Return what the other calibrators would have given, on rows that none of them had seen."""
    if not comparison:
        return write_paragraph(
            say("Too little of the history can judge a calibrator that an earlier part of it fitted.")
        )
    rows = [
        [
            say(CALIBRATORS[row["name"]]),
            say_decimal(row["log_loss"], 4),
            "" if row["is_chosen"] else say_figure(row, "loss_difference", 4),
            say_count(row["distinct"]),
        ]
        for row in comparison["calibrators"]
    ]
    marked = [number for number, row in enumerate(comparison["calibrators"]) if row["is_chosen"]]
    head = [
        say("Calibrator"),
        say("Log loss"),
        say("Above the chosen one's ({confidence} interval)", confidence=say_share(confidence, 0)),
    ]
    head += [say("Different probabilities of {last_rows}", last_rows=say_count(comparison["last_rows"]))]
    caption = say("Calibrators, each fitted on what was known and judged on what came later (marked: the chosen one)")
    legend = say(
        "Judged forward in time within the history, not on the test. Isotonic regression and Venn-Abers "
        "are shown for comparison alone: they give many leads the same probability, and the parts of a "
        "lead's log-odds would no longer add up."
    )
    return (
        write_paragraph(say_comparison(comparison["calibrators"]))
        + write_table(head, rows, caption, marked)
        + write_paragraph(legend, "note")
    )


def say_comparison(calibrators: Sequence[dict[str, Any]]) -> str:
    """Return which of the other calibrators are surely better or worse than the chosen one."""
    others = [row for row in calibrators if not row["is_chosen"]]
    better = [say(CALIBRATORS[row["name"]]).split(":")[0] for row in others if row["loss_difference_high"] < 0]
    worse = [say(CALIBRATORS[row["name"]]).split(":")[0] for row in others if row["loss_difference_low"] > 0]
    chosen = next((say(CALIBRATORS[row["name"]]) for row in calibrators if row["is_chosen"]), "").split(":")[0]
    if better:
        first = say("The chosen way ({chosen}) is surely worse than {better}", chosen=chosen, better=", ".join(better))
    else:
        first = say("None is surely better than the chosen way ({chosen})", chosen=chosen)
    return say("{first}; surely worse: {worse}.", first=first, worse=", ".join(worse)) if worse else f"{first}."
