"""What the notebook for people shows: tables and figures of groups, each as one HTML fragment."""

from html import escape
from typing import Any

import pandas as pd
from IPython.display import HTML

from src.reports.figures import BLUE, GREY, draw
from src.reports.text import MISSING, say_count, say_share, write_paragraph, write_table

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
            f"{say_share(row.rate_low)} to {say_share(row.rate_high)}",
        ]
        for row in rates.itertuples()
    ]
    head = [name.capitalize(), "Leads", "Conversions", "Rate", "Interval"]
    return HTML(PAPER.format(draw_rates(rates, name, aim)) + write_table(head, rows, f"Rate of {aim} by {name}"))


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
        axes.set(xlabel=f"rate of {aim} (%)")

    alternative = (
        f"Rate of {aim} by {name}: highest for {best['group']}, {say_share(best['rate'])} of "
        f"{say_count(best['leads'])} leads, lowest for {worst['group']}, {say_share(worst['rate'])} of "
        f"{say_count(worst['leads'])}; {say_share(overall)} of all."
    )
    return draw(alternative, plot, "Points: rates with their intervals. Dashed: the rate of all.")


def show_activity_counts(counts: pd.Series) -> HTML:
    """Return a figure of how many activities the leads have."""
    limit, median = int(counts.quantile(0.99)), counts.median()
    # Bars of equally many whole numbers, at most about forty of them.
    width = limit // 40 + 1

    def plot(axes: Any) -> None:
        axes.hist(counts[counts <= limit], bins=range(0, limit + width + 1, width), color=BLUE)
        axes.set(xlabel="activities of a lead", ylabel="leads")

    alternative = (
        f"Distribution of the activities of a lead: half of {say_count(len(counts))} leads have at most "
        f"{say_count(median)}, one in a hundred more than {say_count(limit)}, and "
        f"{say_share((counts == 0).mean())} have none."
    )
    return HTML(PAPER.format(draw(alternative, plot, "Activities of a lead; the highest hundredth is not drawn.")))


def say(text: str) -> HTML:
    """Return a sentence."""
    return HTML(write_paragraph(text))


def show_heading(title: str) -> HTML:
    return HTML(f"<h3>{escape(title)}</h3>")
