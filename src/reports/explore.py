"""What the notebook for people shows: tables and figures of groups, each as one HTML fragment."""

from html import escape
from typing import Any

import numpy as np
import pandas as pd
from IPython.display import HTML

from src.evaluation.explore import decay
from src.reports.figures import BLUE, GREY, ORANGE, draw
from src.reports.fragments import write_list, write_paragraph, write_table
from src.reports.language import say, write_digits
from src.reports.model.behaviour import list_whole, write_emails
from src.reports.text import MISSING, say_count, say_decimal, say_share

PAPER = '<div style="background: white; color: black; max-width: 34rem">{}</div>'
"""The figures are drawn for a light page; a notebook's may be dark."""


def show_table(table: pd.DataFrame, caption: str) -> HTML:
    """Return a table as it is: counts with separators, the first column as names."""
    head = [name.replace("_", " ").capitalize() for name in table.columns]
    rows = [[say_cell(cell) for cell in row] for row in table.itertuples(index=False)]
    return HTML(write_table(head, rows, caption))


def say_cell(cell: Any) -> str:
    if pd.isna(cell):
        return MISSING
    return str(cell) if isinstance(cell, str | pd.Timestamp) else say_count(cell)


def show_rates(rates: pd.DataFrame, name: str, aim: str) -> HTML:
    """Return the rates of conversion of groups, as a figure with intervals and as a table.

    Parameters
    ----------
    rates : DataFrame
        ``group, leads, conversions, rate, rate_low, rate_high``.
    name : str
        What the groups are, e.g. ``channel``.
    aim : str
        What the leads convert to, e.g. ``a sale``.
    """
    rows = [
        [
            row.group,
            say_count(row.leads),
            say_count(row.conversions),
            say_share(row.rate),
            say("{low} to {high}", low=say_share(row.rate_low), high=say_share(row.rate_high)),
        ]
        for row in rates.itertuples()
    ]
    head = [name.capitalize(), say("Leads"), say("Conversions"), say("Rate"), say("Interval")]
    return HTML(
        PAPER.format(draw_rates(rates, name, aim))
        + write_table(head, rows, say("Rate of {aim} by {name}", aim=aim, name=name))
    )


def draw_rates(rates: pd.DataFrame, name: str, aim: str) -> str:
    """Draw the rate of each group with its interval, and the rate of all."""
    overall = rates["conversions"].sum() / rates["leads"].sum()
    best, worst = rates.loc[rates["rate"].idxmax()], rates.loc[rates["rate"].idxmin()]

    def plot(axes: Any) -> None:
        axes.figure.set_figheight(max(1.6, 0.8 + 0.26 * len(rates)))
        places = range(len(rates))
        spread = [(rates["rate"] - rates["rate_low"]) * 100, (rates["rate_high"] - rates["rate"]) * 100]
        # At a rate of 0 or 1 an end of the interval may lie a rounding error inside it.
        spread = [end.clip(lower=0) for end in spread]
        axes.axvline(overall * 100, color=GREY, linewidth=1, linestyle="--")
        axes.errorbar(rates["rate"] * 100, places, xerr=spread, fmt="o", color=BLUE, elinewidth=1.5)
        # Text from the data: a dollar sign is not mathematics.
        axes.set_yticks(places, [group[:30].replace("$", r"\$") for group in rates["group"]])
        axes.invert_yaxis()
        axes.set(xlabel=say("rate of {aim} (%)", aim=aim))

    alternative = say(
        "Rate of {aim} by {name}: highest for {group}, {rate} of {leads} leads, lowest for "
        "{worst_group}, {worst_rate} of {worst_leads}; {overall} of all.",
        aim=aim,
        name=name,
        group=best["group"],
        rate=say_share(best["rate"]),
        leads=say_count(best["leads"]),
        worst_group=worst["group"],
        worst_rate=say_share(worst["rate"]),
        worst_leads=say_count(worst["leads"]),
        overall=say_share(overall),
    )
    return draw(alternative, plot, say("Points: rates with their intervals. Dashed: the rate of all."))


def show_activity_counts(counts: pd.Series) -> HTML:
    """Return a figure of how many activities the leads have."""
    limit, median = int(counts.quantile(0.99)), counts.median()
    # Bars of equally many whole numbers, at most about forty of them.
    width = limit // 40 + 1

    def plot(axes: Any) -> None:
        axes.hist(counts[counts <= limit], bins=range(0, limit + width + 1, width), color=BLUE)
        axes.set(xlabel=say("activities of a lead"), ylabel=say("leads"))

    alternative = say(
        "Distribution of the activities of a lead: half of {count_counts} leads have at most {median}, "
        "one in a hundred more than {limit}, and {mean_counts} have none.",
        count_counts=say_count(len(counts)),
        median=say_count(median),
        limit=say_count(limit),
        mean_counts=say_share((counts == 0).mean()),
    )
    return HTML(PAPER.format(draw(alternative, plot, say("Activities of a lead; the highest hundredth is not drawn."))))


def show_values(table: pd.DataFrame, caption: str) -> HTML:
    """Return a table of numbers with two decimals where they need them; the first column holds names."""
    rows = [[row[0], *(say_cell_value(value) for value in row[1:])] for row in table.itertuples(index=False, name=None)]
    return HTML(write_table(list(table.columns), rows, caption))


def say_cell_value(value: Any) -> str:
    if pd.isna(value):
        return MISSING
    return value if isinstance(value, str) else say_count(value) if value == round(value) else say_decimal(value, 2)


def show_ranking(ranked: pd.DataFrame, count: int, aim: str) -> HTML:
    """Return the `count` metrics that tell most by themselves (``metric, roc_auc``)."""
    rows = [
        [row.metric.name, row.metric.group, say_decimal(row.roc_auc, 3), row.metric.meaning]
        for row in ranked.head(count).itertuples()
    ]
    caption = say("The behaviours that alone tell most about {aim}", aim=aim)
    return HTML(write_table([say("Metric"), say("Group"), "ROC-AUC", say("Meaning")], rows, caption, texts=(1, 3)))


def show_decays(half_lives: list[float], until: int) -> HTML:
    """Return a figure of what an activity counts as the days go by, `until` so many, for each half-life."""
    days = np.linspace(0, until, 200)
    styles = [(BLUE, "-"), (ORANGE, "--"), (GREY, ":"), (BLUE, "-."), (ORANGE, ":"), (GREY, "--")]

    def plot(axes: Any) -> None:
        for number, half_life in enumerate(half_lives):
            color, line = styles[number % len(styles)]
            axes.plot(
                days,
                decay(days, half_life),
                color=color,
                linestyle=line,
                label=say("{half_life} days", half_life=write_digits(format(half_life, "g"))),
            )
        axes.set(xlabel=say("days since the activity"), ylabel=say("what it counts"), xlim=(0, until), ylim=(0, 1.02))
        axes.legend(title=say("half-life"))

    said = ", ".join(
        say(
            "{np} at {half_life} days",
            np=say_decimal(decay(np.array(7.0), half_life), 2),
            half_life=write_digits(format(half_life, "g")),
        )
        for half_life in half_lives
    )
    alternative = say("What an activity of a week ago counts, by half-life: {said}.", said=said)
    return HTML(PAPER.format(draw(alternative, plot, say("After each half-life an activity counts half as much."))))


def show_emails(newsletters: dict[str, Any], aim: str) -> HTML:
    """Return who opened and clicked what the list was sent, and converted, by month and by newsletter."""
    whole = write_list(list_whole(newsletters["all"], aim))
    months = write_emails(say("Month"), newsletters["months"], say("E-mails by month, and {aim} afterwards", aim=aim))
    return HTML(
        whole + months + write_emails(say("Newsletter"), newsletters["newsletters"], say("The largest newsletters"))
    )


def show_sentence(text: str) -> HTML:
    """Return a sentence."""
    return HTML(write_paragraph(text))


def show_heading(title: str) -> HTML:
    return HTML(f"<h3>{escape(title)}</h3>")
