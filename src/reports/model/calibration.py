"""The part of the report on a model that says whether its probabilities hold, and where they do not."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from src.reports.figures import BLUE, GREY, draw
from src.reports.text import (
    list_measures,
    say_age,
    say_count,
    say_decimal,
    say_figure,
    say_share,
    say_value,
    section,
    write_list,
    write_paragraph,
    write_table,
)

PARTS = {
    "month": "Month of creation",
    "quarter": "Quarter of creation",
    "channel": "Channel",
    "age": "Age when scored",
    "band": "Probability",
}

QUARTERS = {"1": "First quarter", "2": "Second quarter", "3": "Third quarter", "4": "Fourth quarter"}

VERDICTS = {"holds": "holds", "too_low": "too low", "too_high": "too high", "not_assessable": "not assessable"}

CALIBRATORS = {
    "none": "Not recalibrated",
    "temperature": "Temperature: a slope",
    "sigmoid": "Sigmoid: a slope and an intercept",
    "isotonic": "Isotonic: steps",
    "venn_abers": "Venn-Abers: steps, smoothed",
}

GROUPS = {"(other)": "All others", "(unknown)": "Not given"}


@section("calibration", "What was promised and what happened")
def show_calibration(results: dict[str, Any]) -> str:
    """Return the calibration figure, each measure, the probabilities part by part and other calibrators."""
    checks = results["metrics"]["calibration_checks"]
    parts = [
        write_paragraph(say_whole(checks["all"], results["confidence"])),
        draw_curve(checks["curve"], results["confidence"]),
        write_list(list_measures(results["metrics"])),
        "<h3>Part by part</h3>",
        write_paragraph(say_cells(checks, results["confidence"])),
        *(write_part(results, part) for part in PARTS if part in checks["cells"]),
        "<h3>Other ways to recalibrate</h3>",
        write_comparison(checks["comparison"], results["confidence"]),
    ]
    return "".join(parts)


def say_whole(cell: dict[str, Any], confidence: float) -> str:
    """Return how many conversions came for those that were promised."""
    meaning = {
        "holds": "the interval holds 1: on the whole the probabilities are as they should be",
        "too_low": "more than were promised: on the whole the probabilities are too low",
        "too_high": "fewer than were promised: on the whole the probabilities are too high",
        "not_assessable": "too few convert to judge it",
    }[cell["verdict"]]
    return (
        f"For every conversion that the probabilities promised, {say_figure(cell, 'observed_to_expected', 2)} came "
        f"({say_share(confidence, 0)} interval, resampled by person); {meaning}."
    )


def draw_curve(curve: Sequence[dict[str, Any]], confidence: float) -> str:
    """Draw the conversion rate of ten equal groups, with its interval, against their mean probability."""
    table = pd.DataFrame(curve)
    low, high = table["base_rate"] - table["base_rate_low"], table["base_rate_high"] - table["base_rate"]
    is_judged = table["verdict"] != "not_assessable"
    largest = float(table[["mean_probability", "base_rate_high"]].max().max()) * 105

    def plot(axes: Any) -> None:
        axes.plot([0, largest], [0, largest], color=GREY, linewidth=1, linestyle="--", label="as promised")
        for rows, fill, label in ((is_judged, BLUE, "test leads"), (~is_judged, "white", "too few convert to judge")):
            if rows.any():
                x, y = table.loc[rows, "mean_probability"] * 100, table.loc[rows, "base_rate"] * 100
                ends = [low[rows] * 100, high[rows] * 100]
                axes.errorbar(x, y, yerr=ends, fmt="o", color=BLUE, markerfacecolor=fill, linewidth=1, label=label)
        axes.set(xlabel="mean probability (%)", ylabel="converted (%)", xlim=(0, largest), ylim=(0, largest))
        axes.legend(loc="upper left")

    inside = int(
        (
            (table["base_rate_low"] <= table["mean_probability"])
            & (table["mean_probability"] <= table["base_rate_high"])
        ).sum()
    )
    top = curve[-1]
    alternative = (
        f"Conversion rate against probability in {len(curve)} equal groups. In {inside} of them the interval of the "
        f"rate holds the mean probability. In the highest group the model said {say_share(top['mean_probability'])} "
        f"and {say_share(top['base_rate'])} converted; in the lowest it said "
        f"{say_share(curve[0]['mean_probability'])} and {say_share(curve[0]['base_rate'])} converted."
    )
    caption = (
        "Do the probabilities hold? On the dashed line they hold exactly; the bars are the "
        f"{say_share(confidence, 0)} intervals of what converted."
    )
    return draw(alternative, plot, caption)


def say_cells(checks: dict[str, Any], confidence: float) -> str:
    """Return how many cells can be judged, how many are off, and how many would be by chance alone."""
    total = sum(len(cells) for cells in checks["cells"].values())
    fewest = say_count(checks["fewest_conversions"])
    start = f"The test leads were cut into {say_count(total)} parts in {say_count(len(checks['cells']))} ways."
    if not checks["assessable"]:
        return f"{start} None has the {fewest} leads that convert which it takes to judge it."
    surely = checks["standing_out"]
    after = "none stands" if not surely else f"{say_count(surely)} {'stands' if surely == 1 else 'stand'}"
    off = checks["off"]
    return (
        f"{start} {say_count(checks['assessable'])} have the {fewest} leads that convert which it takes to judge one: "
        f"{'none is' if not off else f'{say_count(off)} is' if off == 1 else f'{say_count(off)} are'} off, one by one "
        f"at {say_share(confidence, 0)}, where {say_decimal(checks['off_by_chance'], 1)} would be by chance if every "
        f"probability held; {after} out even after so many looks. The parts overlap."
    )


def write_part(results: dict[str, Any], part: str) -> str:
    """Return the finding on one way to cut the leads, and its table."""
    cells = results["metrics"]["calibration_checks"]["cells"][part]
    is_dated = results["metrics"]["data"]["is_dated"]
    names = {
        "month": lambda name: f"{pd.Timestamp(name):%B %Y}",
        "quarter": lambda name: f"{QUARTERS[name[-1]]} of {name[:4]}",
        "channel": say_group,
        "age": lambda name: say_age(name, is_dated).capitalize(),
        "band": say_band,
    }
    caption = f"By {PARTS[part][:1].lower()}{PARTS[part][1:]}: what was promised and what happened, on the test leads"
    return write_paragraph(say_part(cells, names[part])) + write_cells(
        cells, PARTS[part], names[part], caption, results["confidence"]
    )


def say_part(cells: Sequence[dict[str, Any]], say_name: Callable[[str], str]) -> str:
    """Return of which cells the probabilities hold, are too low, too high, or cannot be judged."""
    judged = [cell for cell in cells if cell["verdict"] != "not_assessable"]
    if not judged:
        return f"None of these {say_count(len(cells))} can be judged: too few convert in each."
    rest = len(cells) - len(judged)
    unknown = f" {say_count(rest)} cannot be judged." if rest else ""
    off = [
        f"{VERDICTS[verdict]} for {', '.join(say_name(cell['name']) for cell in judged if cell['verdict'] == verdict)}"
        for verdict in ("too_low", "too_high")
        if any(cell["verdict"] == verdict for cell in judged)
    ]
    if off:
        return f"Of {say_count(len(judged))} that can be judged, the probabilities are {' and '.join(off)}.{unknown}"
    held = "the one" if len(judged) == 1 else f"all {say_count(len(judged))}"
    return f"The probabilities hold in {held} that can be judged.{unknown}"


def write_cells(
    cells: Sequence[dict[str, Any]], head: str, say_name: Callable[[str], str], caption: str, confidence: float
) -> str:
    """Return the table of some cells: leads, promised, converted, and the verdict."""
    interval = f"({say_share(confidence, 0)} interval)"
    rows = [
        [
            say_name(cell["name"]),
            say_count(cell["leads"]),
            say_count(cell["converted_leads"]),
            say_share(cell["mean_probability"]),
            say_rate(cell, "base_rate"),
            say_figure(cell, "observed_to_expected", 2),
            VERDICTS[cell["verdict"]] + (", beyond so many looks" if cell["stands_out"] else ""),
        ]
        for cell in cells
    ]
    columns = ["Leads", "That convert", "Promised", f"Converted {interval}", f"For each promised {interval}", "Verdict"]
    return write_table([head, *columns], rows, caption, texts=[6])


def say_rate(figures: dict[str, Any], name: str) -> str:
    """Return a share with its interval, e.g. ``9.8 % (9.2 % to 10.4 %)``."""
    value, low, high = (say_share(figures[f"{name}{end}"]) for end in ("", "_low", "_high"))
    return f"{value} ({low} to {high})"


def say_group(name: str) -> str:
    return GROUPS.get(name) or say_value(name)


def say_band(name: str) -> str:
    """Return a band of the probability in words.

    >>> say_band("0.01-0.02").replace("\\xa0", " "), say_band("0.5-1").replace("\\xa0", " ")
    ('1 % to 2 %', '50 % and more')
    """
    low, high = (say_share(float(end), 0) for end in name.split("-"))
    return (
        f"below {high}" if name.startswith("0-") else f"{low} and more" if name.endswith("-1") else f"{low} to {high}"
    )


def write_comparison(comparison: dict[str, Any], confidence: float) -> str:
    """Return what the other calibrators would have given, on rows that none of them had seen."""
    if not comparison:
        return write_paragraph("Too little of the history can judge a calibrator that an earlier part of it fitted.")
    rows, marked = [], []
    for number, row in enumerate(comparison["calibrators"]):
        interval = [say_decimal(row[f"loss_difference{end}"], 4) for end in ("", "_low", "_high")]
        rows.append(
            [
                CALIBRATORS[row["name"]],
                say_decimal(row["log_loss"], 4),
                "" if row["is_chosen"] else f"{interval[0]} ({interval[1]} to {interval[2]})",
                say_count(row["distinct"]),
            ]
        )
        marked += [number] if row["is_chosen"] else []
    head = ["Calibrator", "Log loss", f"Above the chosen one's ({say_share(confidence, 0)} interval)"]
    head += [f"Different probabilities of {say_count(comparison['last_rows'])}"]
    caption = "Calibrators, each fitted on what was known and judged on what came later (marked: the chosen one)"
    legend = (
        "Judged forward in time within the history, not on the test. Isotonic regression and Venn-Abers are shown for "
        "comparison alone: they give many leads the same probability, and the parts of a lead's log-odds would no "
        "longer add up."
    )
    return (
        write_paragraph(say_comparison(comparison["calibrators"]))
        + write_table(head, rows, caption, marked)
        + write_paragraph(legend, "note")
    )


def say_comparison(calibrators: Sequence[dict[str, Any]]) -> str:
    """Return which of the other calibrators are surely better or worse than the chosen one."""
    others = [row for row in calibrators if not row["is_chosen"]]
    better = [CALIBRATORS[row["name"]].split(":")[0] for row in others if row["loss_difference_high"] < 0]
    worse = [CALIBRATORS[row["name"]].split(":")[0] for row in others if row["loss_difference_low"] > 0]
    chosen = next((CALIBRATORS[row["name"]] for row in calibrators if row["is_chosen"]), "").split(":")[0]
    if better:
        first = f"The chosen way ({chosen}) is surely worse than {', '.join(better)}"
    else:
        first = f"None is surely better than the chosen way ({chosen})"
    return f"{first}; surely worse: {', '.join(worse)}." if worse else f"{first}."
