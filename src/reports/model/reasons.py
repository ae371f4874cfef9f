"""The parts of the report on a model that are about its intervals and its reasons: each one HTML fragment."""

from typing import Any

from src.reports.figures import BLUE, draw
from src.reports.text import (
    MISSING,
    PERCENT,
    say_count,
    say_decimal,
    say_share,
    section,
    write_list,
    write_paragraph,
    write_table,
)

TOLERANCE = 0.02
"""A coverage this near to the nominal one is as promised."""

KINDS = {"explicit": "told", "implicit": "did"}

PANELS = 2
"""Panels of the small multiples side by side."""

LONGEST_LABEL = 14
"""Characters of a category's value at an axis."""


@section("intervals", "How sure each probability is")
def show_intervals(results: dict[str, Any]) -> str:
    """Return how wide the intervals of single probabilities are and, where the truth is known, what they hold."""
    figures = results["metrics"]["intervals"]
    is_known = "coverage" in figures
    head = ["Probability", "Moments scored", "Median width, in points", *(["Held the truth"] if is_known else [])]
    rows = [["All", *list_cells(figures, is_known)]]
    rows += [[say_band(band), *list_cells(band, is_known)] for band in figures["bands"]]
    caption = f"The {say_share(figures['confidence'], 0)} intervals of single probabilities, on the test leads"
    note = (
        "An interval says how far the probability might be from where it should be, had the model and its calibration "
        f"been learned from other persons ({say_decimal(figures['sampling_error'], 2)} in log-odds, the median), and "
        "by how much a model of another form knew better on the history's later leads "
        f"({say_decimal(figures['form_error'], 2)}). It is not about the lead itself, which converts or does not."
    )
    return (
        write_list(list_coverage(figures))
        + write_table(head, rows, caption, marked=[0])
        + write_paragraph(note, "note")
    )


def list_cells(figures: dict[str, Any], is_known: bool) -> list[str]:
    cells = [say_count(figures["rows"]), say_decimal(figures["median_width"] * 100, 1)]
    return cells + ([say_share(figures["coverage"])] if is_known else [])


def say_band(band: dict[str, Any]) -> str:
    low, high = (say_share(band[end], 0) for end in ("from", "to"))
    if band["from"] == 0:
        return f"Under {high}"
    return f"{low} and more" if band["to"] == 1 else f"{low.removesuffix(PERCENT)} to {high}"


def list_coverage(figures: dict[str, Any]) -> list[str]:
    """Return whether the intervals hold what they promise and, if not, what they cannot know of."""
    width = f"Half of the intervals are wider than {say_decimal(figures['median_width'] * 100, 1)} percentage points"
    if "coverage" not in figures:
        return [f"{width}. Whether they hold the true probabilities cannot be checked: nobody knows those."]
    confidence, coverage = figures["confidence"], figures["coverage"]
    start = (
        f"The {say_share(confidence, 0)} intervals hold the true probability, which only made-up data can know, in "
        f"{say_share(coverage)} of the moments scored"
    )
    if coverage > confidence + TOLERANCE:
        return [f"{start}: they are wider than need be. {width}."]
    if coverage >= confidence - TOLERANCE:
        return [f"{start}: as they promise. {width}."]
    return [f"{start}: they are too narrow. {width}.", say_error(figures["error"])]


def say_error(error: dict[str, float]) -> str:
    """Return why intervals are too narrow: what part of the error nothing that was learned could foretell."""
    rest = max(0.0, 1 - error["share_of_sampling"] - error["share_of_form"])
    alone = say_share(error["coverage_of_sampling"])
    return (
        f"A probability is {say_decimal(error['log_odds'], 2)} from the truth in log-odds (root mean square). Of the "
        f"square of that, {say_share(error['share_of_sampling'], 0)} is the chance of which persons were learned from "
        f"(alone it would make intervals that hold the truth in {alone}), {say_share(error['share_of_form'], 0)} is "
        f"what another form of model foretold, and {say_share(rest, 0)} is neither: the model is misspecified rather "
        "than uncertain. Patterns that no candidate expresses with these metrics are in no interval, and more leads of "
        "the same kind would not show them."
    )


@section("grid", "Fit and engagement")
def show_grid(results: dict[str, Any]) -> str:
    """Return the conversion rates of the test leads by fit and engagement, A1 to D4."""
    cells = results["metrics"]["reasons"]["grid"]
    if not cells:
        return write_paragraph("The model gives all leads the same fit or the same engagement: there is no grid.")
    by_grade = {(cell["fit"], cell["engagement"]): cell for cell in cells}
    fits, engagements = (sorted({cell[part] for cell in cells}) for part in ("fit", "engagement"))
    rows = [[f"Fit {fit}", *(say_cell(by_grade[fit, engagement]) for engagement in engagements)] for fit in fits]
    head = ["Fit", *(f"Engagement {engagement}" for engagement in engagements)]
    caption = f"Share that converts, its {say_share(results['confidence'], 0)} interval and leads, on the test leads"
    note = (
        "Fit is what a lead told, engagement what it did, both as the model weighs them. A and 1 are the highest "
        "quarter of the history, D and 4 the lowest; a lead may change its cell as it grows older, and counts in each."
    )
    return write_paragraph(say_corners(by_grade)) + write_table(head, rows, caption) + write_paragraph(note, "note")


def say_cell(cell: dict[str, Any]) -> str:
    if cell["rate"] is None:
        return MISSING
    low, high = (say_share(cell[end]).removesuffix(PERCENT) for end in ("rate_low", "rate_high"))
    return f"{say_share(cell['rate'])} ({low} to {high}); {say_count(cell['leads'])}"


def say_corners(by_grade: dict[tuple[str, str], dict[str, Any]]) -> str:
    """Return how the four corners of the grid convert, beginning with the best and the worst."""
    rates = {"".join(grade): say_share(cell["rate"]) for grade, cell in by_grade.items()}
    return (
        f"Of the leads in A1, high in both, {rates['A1']} convert; of those in D4, low in both, {rates['D4']}. With "
        f"high fit alone (A4) it is {rates['A4']}, with high engagement alone (D1) {rates['D1']}."
    )


@section("importances", "What the probabilities rest on")
def show_importances(results: dict[str, Any]) -> str:
    """Return by how much the log loss grows when a group of metrics, or one, is dealt out anew."""
    importances = results["metrics"]["reasons"]["importances"]
    groups, metrics = importances["groups"], importances["metrics"]
    if not groups:
        return write_paragraph("The model uses no metrics: every lead has the same probability.")
    caption = "Log loss that is lost when the {} dealt out anew among the test leads of the same age"
    note = (
        f"On {say_count(importances['rows'])} moments of the test, evenly over its time; by how much the log loss "
        "grows when each is given the values of another lead, and its interval over persons. Unlike in learning again "
        "without a group, the model goes on trusting what is now wrong: this is what it rests on, not what could "
        "replace it. Metrics that say the same share what they are worth."
    )
    return (
        write_paragraph(say_importance(groups))
        + write_importances(results, groups, caption.format("metrics of a group are"))
        + write_importances(results, metrics, caption.format("values of one metric are"))
        + write_paragraph(note, "note")
    )


def say_importance(groups: list[dict[str, Any]]) -> str:
    """Return which groups matter most, and how many cannot be told from nothing."""
    sure = [row for row in groups if row["loss_difference_low"] > 0]
    if not sure:
        return "On these test leads no group of metrics can be told from none."
    first = ", ".join(f"{row['name']} ({say_decimal(row['loss_difference'], 4)})" for row in sure[:3])
    rest = len(groups) - len(sure)
    doubt = f" Of {say_count(rest)} of the {say_count(len(groups))} groups nothing is sure." if rest else ""
    return f"The probabilities rest most on {first}.{doubt}"


def write_importances(results: dict[str, Any], rows: list[dict[str, Any]], caption: str) -> str:
    cells = [
        [
            say_name(row["name"]),
            KINDS[row["kind"]],
            say_decimal(row["loss_difference"], 4),
            f"{say_decimal(row['loss_difference_low'], 4)} to {say_decimal(row['loss_difference_high'], 4)}",
        ]
        for row in rows
    ]
    head = ["Metrics", "Told or did", "Log loss it costs", f"{say_share(results['confidence'], 0)} interval"]
    return write_table(head, cells, caption, texts=[1])


def say_name(name: str) -> str:
    """Return a metric's name in words, as reasons tell it."""
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


@section("dependence", "How the probability moves with the main metrics")
def show_dependence(results: dict[str, Any]) -> str:
    """Return the mean probability at several values of the main metrics, as small multiples."""
    dependence = [row for row in results["metrics"]["reasons"]["dependence"] if len(row["values"]) > 1]
    if not dependence:
        return write_paragraph("The model has no metric whose values could be changed.")
    note = (
        "Each lead keeps all its other values, also where they do not go together with the one that is changed: what "
        "counts the same in another way stays as it was, so that these steps are smaller than those between leads. "
        "They say what the model does with a metric, not what would happen if somebody changed it."
    )
    return write_paragraph(say_widest(dependence)) + draw_dependence(dependence) + write_paragraph(note, "note")


def say_widest(dependence: list[dict[str, Any]]) -> str:
    """Return which metric moves the mean probability most, and from where to where."""
    widest = max(dependence, key=lambda row: max(row["probabilities"]) - min(row["probabilities"]))
    ends = " to ".join(say_share(end(widest["probabilities"])) for end in (min, max))
    name = widest["name"].replace("_", " ")
    return f"The mean probability moves most with {name}: from {ends}, all else being as it is."


def draw_dependence(dependence: list[dict[str, Any]]) -> str:
    """Draw the mean probability against the values of each metric, all on one scale."""

    def plot(axes: Any) -> None:
        figure, count = axes.figure, -(-len(dependence) // PANELS)
        axes.remove()
        figure.set_size_inches(figure.get_figwidth(), 1.7 * count)
        panels = figure.subplots(count, PANELS, sharey=True, squeeze=False).ravel()
        for panel, row in zip(panels, dependence, strict=False):
            plot_panel(panel, row)
        for panel in panels[len(dependence) :]:
            panel.set_visible(False)
        figure.supylabel("mean probability (%)", fontsize=10)

    told = "; ".join(
        f"{row['name'].replace('_', ' ')}: {say_share(row['probabilities'][0])} at {say_label(row['values'][0])}, "
        f"{say_share(row['probabilities'][-1])} at {say_label(row['values'][-1])}"
        for row in dependence
    )
    caption = "The mean probability of the test leads if all had one value of a metric, for the main ones."
    return draw(f"Mean probability against the values of {len(dependence)} metrics. {told}.", plot, caption)


def plot_panel(panel: Any, row: dict[str, Any]) -> None:
    percent = [p * 100 for p in row["probabilities"]]
    # A name from the data may hold signs that would be set as a formula.
    panel.set_title(row["name"].replace("_", " "), fontsize=9, parse_math=False)
    panel.tick_params(labelsize=8)
    if row["type"] == "number":
        panel.plot(row["values"], percent, "o-", color=BLUE, markersize=3)
        return
    positions = range(len(percent))
    panel.plot(positions, percent, "o", color=BLUE, markersize=4)
    labels = [say_label(value) for value in row["values"]]
    panel.set_xticks(positions, labels, rotation=40, ha="right", fontsize=7, parse_math=False)


def say_label(value: float | str) -> str:
    if isinstance(value, str):
        shown = "".join(letter if letter.isprintable() else " " for letter in value[:LONGEST_LABEL])
        return f"{shown}…" if len(value) > LONGEST_LABEL else shown
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2g}"


@section("stability", "How stable the reasons are")
def show_stability(results: dict[str, Any]) -> str:
    """Return how often a lead would be told other reasons, had the model learned from other persons."""
    stability = results["metrics"]["reasons"]["stability"]
    sides = [side for side in ("for", "against") if stability[side]["kept"] is not None]
    if not sides:
        return write_paragraph("The model tells no reasons: every lead has the same probability.")
    rows = [
        [f"Reasons {side}", *(say_share(stability[side][name], 0) for name in ("kept", "first_changed", "changed"))]
        for side in sides
    ]
    head = ["Side", "Told again", "Another is the strongest", "At least one of the three differs"]
    caption = "The three strongest reasons of each lead, in the champion and in its refits"
    note = (
        f"{say_count(stability['refits'])} refits on resampled persons, {say_count(stability['rows'])} moments of the "
        "test. A reason is a group of metrics, compared with the usual lead. Where groups are about as strong, small "
        "changes swap them: read the strongest reason, and the third with care."
    )
    return (
        write_paragraph(say_stability(stability[sides[0]], sides[0]))
        + write_table(head, rows, caption)
        + write_paragraph(note, "note")
    )


def say_stability(figures: dict[str, float], side: str) -> str:
    return (
        f"Had the model learned from other persons, {say_share(figures['kept'], 0)} of the reasons {side} a lead would "
        f"be told again; for {say_share(figures['first_changed'], 0)} of the leads the strongest would be another one, "
        f"and for {say_share(figures['changed'], 0)} at least one of the three."
    )
