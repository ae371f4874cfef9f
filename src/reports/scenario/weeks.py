"""The part of a scenario's report about its weeks: calls against capacity, and what is left uncalled."""

from typing import Any

import pandas as pd

from src.reports.figures import BLUE, ORANGE, draw
from src.reports.text import (
    say_amount,
    say_count,
    say_gain,
    say_leads,
    say_share,
    section,
    write_details,
    write_list,
    write_paragraph,
    write_table,
)

LABELS = 4
"""So many weeks are named below a figure: more would run into each other."""


@section("weeks", "Week by week")
def show_weeks(results: dict[str, Any]) -> str:
    """Return the calls of each week against the capacity, the backlog, and what more callers would earn."""
    weeks, capacity = results["weeks"], results["policy"]["capacity"]
    if not weeks["contacts"].any():
        return write_paragraph("Nobody is called in any week.") + write_every_week(results)
    figures = draw_contacts(weeks, results["whole_weeks"], results["calls_per_week"])
    if capacity:
        figures = f'<div class="pair">{figures}{draw_backlog(weeks, capacity["backlog"])}</div>'
    more = write_list(list_marginal(capacity)) + write_capacities(capacity) if capacity else ""
    return write_paragraph(say_weeks(results)) + figures + more + write_every_week(results)


def say_weeks(results: dict[str, Any]) -> str:
    """Return the finding: how busy the weeks are, and what the capacity leaves out."""
    capacity, contacts = results["policy"]["capacity"], results["whole_weeks"]["contacts"]
    if not capacity:
        return (
            f"The cuts ask for {say_count(contacts.median())} calls in the median week, from "
            f"{say_count(contacts.min())} to {say_count(contacts.max())}; who can make "
            f"{say_count(contacts.quantile(0.9))} has enough in nine weeks of ten."
        )
    backlog = capacity["backlog"]
    if not backlog["leads"]:
        return f"The capacity suffices: in no week more leads were worth a call, and {say_used(capacity)}."
    return (
        f"In {say_count(capacity['full_weeks'])} of {say_count(capacity['weeks'])} weeks more leads were worth a call "
        f"than could be called: {say_used(capacity)}, and {say_leads(backlog['leads'])} worth one, of which "
        f"{say_count(backlog['conversions'])} converted, got none."
    )


def say_used(capacity: dict[str, Any]) -> str:
    if capacity["used"] is None:
        return "no week of the test is whole"
    return f"{say_share(capacity['used'], 0)} of all calls of whole weeks were used"


def list_marginal(capacity: dict[str, Any]) -> list[str]:
    """Return what one more call is worth, and what the backlog would have brought."""
    more, backlog = capacity["one_more"], capacity["backlog"]
    teams = " of each team" if len(capacity["teams"]) > 1 else ""
    if not more["calls"]:
        return [f"One more call a week{teams} would have found nobody worth it."]
    return [
        f"One more call a week{teams} was expected to add {say_amount(more['expected'])} for each such call, its cost "
        f"deducted; it would have added {say_gain(more, 'profit')}. More than that it is not worth to pay on top.",
        f"Calling all who were left out was expected to add {say_amount(backlog['expected_gain'])}. They are not "
        "carried over into the next week, as if they had gone cold.",
    ]


def write_capacities(capacity: dict[str, Any]) -> str:
    rows = [
        [say_share(entry["share"], 0), say_count(entry["contacts"]), say_amount(entry["profit"])]
        for entry in capacity["by_capacity"]
    ]
    marked = [number for number, entry in enumerate(capacity["by_capacity"]) if entry["share"] == 1]
    caption = "What fewer and more callers would have earned (marked: the scenario's capacity)"
    return write_table(["Share of the calls a week", "Calls made", "Profit"], rows, caption, marked)


def write_weeks(weeks: pd.DataFrame) -> str:
    """Return every week of the chosen policy, folded up."""
    has_capacity = weeks["capacity_used"].notna().any()
    rows = [
        [
            str(week.week),
            say_count(week.leads),
            say_count(week.contacts),
            say_count(week.conversions_reached),
            say_count(week.conversions),
            say_amount(week.profit),
            *([say_share(week.capacity_used, 0)] if has_capacity else []),
        ]
        for week in weeks.itertuples()
    ]
    head = ["Week", "Leads", "Calls", "Conversions reached", "Conversions", "Profit"]
    table = write_table([*head, *(["Capacity used"] if has_capacity else [])], rows, "The two cuts in each week")
    return write_details(f"All {len(rows)} weeks", table)


def write_every_week(results: dict[str, Any]) -> str:
    """Return how steadily the cuts beat the best of the simple rules, and folded up every week of every policy."""
    profits, rows = results["weekly_profits"], results["rows"]
    chosen, other = rows[0], rows[1]
    ahead = int((profits[chosen["key"]] >= profits[other["key"]]).sum())
    finding = (
        f"In {say_count(ahead)} of {say_count(len(profits))} weeks the two cuts would have earned at least as much as "
        f"the best of the simple rules, “{other['policy']}”."
    )
    shown = profits[[row["key"] for row in rows]]
    body = [[str(week), *map(say_amount, amounts)] for week, *amounts in shown.itertuples()]
    table = write_table(["Week", *(row["policy"] for row in rows)], body, "The profit of each policy in each week")
    details = write_weeks(results["weeks"]) + write_details("All policies in each week", table)
    return write_paragraph(finding) + details


def draw_contacts(weeks: pd.DataFrame, whole: pd.DataFrame, calls_per_week: int | None) -> str:
    """Draw the calls of each week, and the capacity as a line."""

    def plot(axes: Any) -> None:
        axes.bar(range(len(weeks)), weeks["contacts"], color=BLUE, width=0.8)
        if calls_per_week:
            axes.axhline(calls_per_week, color=ORANGE, linestyle="--", label="capacity")
            axes.set_ylim(top=max(calls_per_week, weeks["contacts"].max()) * 1.25)
            axes.legend(loc="upper left")
        name_weeks(axes, weeks)
        axes.set_ylabel("calls")
        # The lines of the grid stay behind the bars.
        axes.set_axisbelow(True)
        axes.yaxis.get_major_locator().set_params(integer=True)

    low, high = whole["contacts"].min(), whole["contacts"].max()
    alternative = f"Calls in each of {len(weeks)} weeks of the test; in whole weeks between {say_count(low)} "
    alternative += f"and {say_count(high)}"
    alternative += (
        f", against a capacity of {say_count(calls_per_week)} a week." if calls_per_week else ", without limit."
    )
    return draw(alternative, plot, "Calls that the two cuts make in each week.")


def draw_backlog(weeks: pd.DataFrame, backlog: dict[str, Any]) -> str:
    """Draw the leads worth a call that nobody called, summed up."""
    total = backlog["by_week"]

    def plot(axes: Any) -> None:
        axes.plot(range(len(total)), total, color=BLUE)
        name_weeks(axes, weeks)
        axes.set_ylabel("leads worth a call, not called")
        axes.set_ylim(bottom=0)

    alternative = (
        f"Leads worth a call that nobody called, summed up over {len(total)} weeks: {say_count(total[-1])} at the end."
    )
    return draw(alternative, plot, "What would pile up if no lead that is left out were ever dropped.")


def name_weeks(axes: Any, weeks: pd.DataFrame) -> None:
    """Name a few weeks below the axis, the last of them in short."""
    places = list(range(0, len(weeks), max(-(-len(weeks) // LABELS), 1)))
    # A source without dates has leads instead: "leads 100 to 199".
    names = [str(name).removeprefix("leads ").partition(" to ")[0] for name in weeks["week"].iloc[places]]
    is_dated = "W" in names[0] if names else True
    axes.set_xticks(places, names)
    axes.set_xlabel("week" if is_dated else "hundred leads, from number")
    axes.grid(visible=False, axis="x")
