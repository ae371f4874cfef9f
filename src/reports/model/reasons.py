"""The parts of the report on a model that are about its intervals and its reasons: each one HTML fragment."""

from typing import Any

from src.reports.figures import BLUE, draw
from src.reports.fragments import section, write_list, write_paragraph, write_table
from src.reports.language import mark, say, write_digits
from src.reports.metric_words import say_category, say_stored
from src.reports.text import MISSING, PERCENT, say_count, say_decimal, say_share, upper_first

TOLERANCE = 0.02
"""A coverage this near to the nominal one is as promised."""

KINDS = {"explicit": mark("told"), "implicit": mark("did")}
SIDES = {"for": mark("Reasons for"), "against": mark("Reasons against")}

PANELS = 2
"""Panels of the small multiples side by side."""

LONGEST_LABEL = 14
"""Characters of a category's value at an axis."""


@section("intervals", "How sure each probability is")
def show_intervals(results: dict[str, Any]) -> str:
    """Return how wide the intervals of single probabilities are and, where the truth is known, what they hold."""
    figures = results["metrics"]["intervals"]
    is_known = "coverage" in figures
    head = [
        say("Probability"),
        say("Moments scored"),
        say("Median width, in points"),
        *([say("Held the truth")] if is_known else []),
    ]
    rows = [[say("All"), *list_cells(figures, is_known)]]
    rows += [[say_band(band), *list_cells(band, is_known)] for band in figures["bands"]]
    caption = say(
        "The {confidence} intervals of single probabilities, on the test leads",
        confidence=say_share(figures["confidence"], 0),
    )
    note = say(
        "An interval says how far the probability might be from where it should be, had the model and "
        "its calibration been learned from other persons ({sampling_error} in log-odds, the median), and "
        "by how much a model of another form knew better on the history's later leads ({form_error}). It "
        "is not about the lead itself, which converts or does not.",
        sampling_error=say_decimal(figures["sampling_error"], 2),
        form_error=say_decimal(figures["form_error"], 2),
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
        return say("Under {high}", high=high)
    return (
        say("{low} and more", low=low)
        if band["to"] == 1
        else say("{low} to {high}", low=low.removesuffix(PERCENT), high=high)
    )


def list_coverage(figures: dict[str, Any]) -> list[str]:
    """Return whether the intervals hold what they promise and, if not, what they cannot know of."""
    width = say(
        "Half of the intervals are wider than {median_width} percentage points",
        median_width=say_decimal(figures["median_width"] * 100, 1),
    )
    if "coverage" not in figures:
        return [
            say("{width}. Whether they hold the true probabilities cannot be checked: nobody knows those.", width=width)
        ]
    confidence, coverage = figures["confidence"], figures["coverage"]
    start = say(
        "The {confidence} intervals hold the true probability, which only made-up data can know, in "
        "{coverage} of the moments scored",
        confidence=say_share(confidence, 0),
        coverage=say_share(coverage),
    )
    if coverage > confidence + TOLERANCE:
        return [say("{start}: they are wider than need be. {width}.", start=start, width=width)]
    if coverage >= confidence - TOLERANCE:
        return [say("{start}: as they promise. {width}.", start=start, width=width)]
    return [say("{start}: they are too narrow. {width}.", start=start, width=width), say_error(figures["error"])]


def say_error(error: dict[str, float]) -> str:
    """Return why intervals are too narrow: what part of the error nothing that was learned could foretell."""
    rest = max(0.0, 1 - error["share_of_sampling"] - error["share_of_form"])
    alone = say_share(error["coverage_of_sampling"])
    return say(
        "A probability is {log_odds} from the truth in log-odds (root mean square). Of the square of "
        "that, {share_of_sampling} is the chance of which persons were learned from (alone it would make "
        "intervals that hold the truth in {alone}), {share_of_form} is what another form of model "
        "foretold, and {rest} is neither: the model is misspecified rather than uncertain. Patterns that "
        "no candidate expresses with these metrics are in no interval, and more leads of the same kind "
        "would not show them.",
        log_odds=say_decimal(error["log_odds"], 2),
        share_of_sampling=say_share(error["share_of_sampling"], 0),
        alone=alone,
        share_of_form=say_share(error["share_of_form"], 0),
        rest=say_share(rest, 0),
    )


@section("grid", "Fit and engagement")
def show_grid(results: dict[str, Any]) -> str:
    """Return the conversion rates of the test leads by fit and engagement, A1 to D4."""
    cells = results["metrics"]["reasons"]["grid"]
    if not cells:
        return write_paragraph(say("The model gives all leads the same fit or the same engagement: there is no grid."))
    by_grade = {(cell["fit"], cell["engagement"]): cell for cell in cells}
    fits, engagements = (sorted({cell[part] for cell in cells}) for part in ("fit", "engagement"))
    rows = [
        [say("Fit {fit}", fit=fit), *(say_cell(by_grade[fit, engagement]) for engagement in engagements)]
        for fit in fits
    ]
    head = [say("Fit"), *(say("Engagement {engagement}", engagement=engagement) for engagement in engagements)]
    caption = say(
        "Share that converts, its {confidence} interval and leads, on the test leads",
        confidence=say_share(results["confidence"], 0),
    )
    note = say(
        "Fit is what a lead told, engagement what it did, both as the model weighs them. A and 1 are the "
        "highest quarter of the history, D and 4 the lowest; a lead may change its cell as it grows "
        "older, and counts in each."
    )
    return write_paragraph(say_corners(by_grade)) + write_table(head, rows, caption) + write_paragraph(note, "note")


def say_cell(cell: dict[str, Any]) -> str:
    if cell["rate"] is None:
        return MISSING
    low, high = (say_share(cell[end]).removesuffix(PERCENT) for end in ("rate_low", "rate_high"))
    return say(
        "{rate} ({low} to {high}); {leads}",
        rate=say_share(cell["rate"]),
        low=low,
        high=high,
        leads=say_count(cell["leads"]),
    )


def say_corners(by_grade: dict[tuple[str, str], dict[str, Any]]) -> str:
    """Return how the four corners of the grid convert, beginning with the best and the worst."""
    rates = {"".join(grade): say_share(cell["rate"]) for grade, cell in by_grade.items()}
    return say(
        "Of the leads in A1, high in both, {both} convert; of those in D4, low in both, {neither}. With "
        "high fit alone (A4) it is {fit}, with high engagement alone (D1) {engagement}.",
        both=rates["A1"],
        neither=rates["D4"],
        fit=rates["A4"],
        engagement=rates["D1"],
    )


@section("importances", "What the probabilities rest on")
def show_importances(results: dict[str, Any]) -> str:
    """Return by how much the log loss grows when a group of metrics, or one, is dealt out anew."""
    importances = results["metrics"]["reasons"]["importances"]
    groups = [row | {"name": say_stored(row["name"])} for row in importances["groups"]]
    metrics = importances["metrics"]
    if not groups:
        return write_paragraph(say("The model uses no metrics: every lead has the same probability."))
    captions = (
        say(
            "Log loss that is lost when the metrics of a group are dealt out anew among the test leads of the same age"
        ),
        say(
            "Log loss that is lost when the values of one metric are dealt out anew among the test leads of the same "
            "age"
        ),
    )
    note = say(
        "On {rows} moments of the test, evenly over its time; by how much the log loss grows when each "
        "is given the values of another lead, and its interval over persons. Unlike in learning again "
        "without a group, the model goes on trusting what is now wrong: this is what it rests on, not "
        "what could replace it. Metrics that say the same share what they are worth.",
        rows=say_count(importances["rows"]),
    )
    return (
        write_paragraph(say_importance(groups))
        + write_importances(results, groups, captions[0])
        + write_importances(results, metrics, captions[1])
        + write_paragraph(note, "note")
    )


def say_importance(groups: list[dict[str, Any]]) -> str:
    """Return which groups matter most, and how many cannot be told from nothing."""
    sure = [row for row in groups if row["loss_difference_low"] > 0]
    if not sure:
        return say("On these test leads no group of metrics can be told from none.")
    first = ", ".join(f"{row['name']} ({say_decimal(row['loss_difference'], 4)})" for row in sure[:3])
    rest = len(groups) - len(sure)
    doubt = (
        say(
            " Of {rest} of the {count_groups} groups nothing is sure.",
            rest=say_count(rest),
            count_groups=say_count(len(groups)),
        )
        if rest
        else ""
    )
    return say("The probabilities rest most on {first}.{doubt}", first=first, doubt=doubt)


def write_importances(results: dict[str, Any], rows: list[dict[str, Any]], caption: str) -> str:
    cells = [
        [
            upper_first(row["name"].replace("_", " ")),
            say(KINDS[row["kind"]]),
            say_decimal(row["loss_difference"], 4),
            say(
                "{low} to {high}",
                low=say_decimal(row["loss_difference_low"], 4),
                high=say_decimal(row["loss_difference_high"], 4),
            ),
        ]
        for row in rows
    ]
    head = [
        say("Metrics"),
        say("Told or did"),
        say("Log loss it costs"),
        say("{confidence} interval", confidence=say_share(results["confidence"], 0)),
    ]
    return write_table(head, cells, caption, texts=[1])


@section("dependence", "How the probability moves with the main metrics")
def show_dependence(results: dict[str, Any]) -> str:
    """Return the mean probability at several values of the main metrics, as small multiples."""
    dependence = [row for row in results["metrics"]["reasons"]["dependence"] if len(row["values"]) > 1]
    if not dependence:
        return write_paragraph(say("The model has no metric whose values could be changed."))
    note = say(
        "Each lead keeps all its other values, also where they do not go together with the one that is "
        "changed: what counts the same in another way stays as it was, so that these steps are smaller "
        "than those between leads. They say what the model does with a metric, not what would happen if "
        "somebody changed it."
    )
    return write_paragraph(say_widest(dependence)) + draw_dependence(dependence) + write_paragraph(note, "note")


def say_widest(dependence: list[dict[str, Any]]) -> str:
    """Return which metric moves the mean probability most, and from where to where."""
    widest = max(dependence, key=lambda row: max(row["probabilities"]) - min(row["probabilities"]))
    return say(
        "The mean probability moves most with {name}: from {low} to {high}, all else being as it is.",
        name=widest["name"].replace("_", " "),
        low=say_share(min(widest["probabilities"])),
        high=say_share(max(widest["probabilities"])),
    )


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
        figure.supylabel(say("mean probability (%)"), fontsize=10)

    told = "; ".join(
        say(
            "{name}: {probabilities} at {values}, {row_probabilities} at {row_values}",
            name=row["name"].replace("_", " "),
            probabilities=say_share(row["probabilities"][0]),
            values=say_label(row["name"], row["values"][0]),
            row_probabilities=say_share(row["probabilities"][-1]),
            row_values=say_label(row["name"], row["values"][-1]),
        )
        for row in dependence
    )
    caption = say("The mean probability of the test leads if all had one value of a metric, for the main ones.")
    return draw(
        say(
            "Mean probability against the values of {count_dependence} metrics. {told}.",
            count_dependence=len(dependence),
            told=told,
        ),
        plot,
        caption,
    )


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
    labels = [say_label(row["name"], value) for value in row["values"]]
    panel.set_xticks(positions, labels, rotation=40, ha="right", fontsize=7, parse_math=False)


def say_label(metric: str, value: float | str) -> str:
    """Return a value of a metric for an axis: of a category as much as has room."""
    if isinstance(value, str):
        said = say_category(metric, value)
        shown = "".join(letter if letter.isprintable() else " " for letter in said[:LONGEST_LABEL])
        return f"{shown}…" if len(said) > LONGEST_LABEL else shown
    return write_digits(f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2g}")


@section("stability", "How stable the reasons are")
def show_stability(results: dict[str, Any]) -> str:
    """Return how often a lead would be told other reasons, had the model learned from other persons."""
    stability = results["metrics"]["reasons"]["stability"]
    sides = [side for side in ("for", "against") if stability[side]["kept"] is not None]
    if not sides:
        return write_paragraph(say("The model tells no reasons: every lead has the same probability."))
    rows = [
        [
            say(SIDES[side]),
            *(say_share(stability[side][name], 0) for name in ("kept", "first_changed", "changed")),
        ]
        for side in sides
    ]
    head = [say("Side"), say("Told again"), say("Another is the strongest"), say("At least one of the three differs")]
    caption = say("The three strongest reasons of each lead, in the champion and in its refits")
    note = say(
        "{refits} refits on resampled persons, {rows} moments of the test. A reason is a group of "
        "metrics, compared with the usual lead. Where groups are about as strong, small changes swap "
        "them: read the strongest reason, and the third with care.",
        refits=say_count(stability["refits"]),
        rows=say_count(stability["rows"]),
    )
    return (
        write_paragraph(say_stability(stability[sides[0]], sides[0]))
        + write_table(head, rows, caption)
        + write_paragraph(note, "note")
    )


def say_stability(figures: dict[str, float], side: str) -> str:
    values = {name: say_share(figures[name], 0) for name in ("kept", "first_changed", "changed")}
    if side == "for":
        return say(
            "Had the model learned from other persons, {kept} of the reasons for a lead would be told again; for "
            "{first_changed} of the leads the strongest would be another one, and for {changed} at least one of the "
            "three.",
            **values,
        )
    return say(
        "Had the model learned from other persons, {kept} of the reasons against a lead would be told again; for "
        "{first_changed} of the leads the strongest would be another one, and for {changed} at least one of the "
        "three.",
        **values,
    )
