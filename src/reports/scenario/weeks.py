"""The part of a scenario's report about its weeks: calls against capacity, and what is left uncalled."""

import re
from typing import Any

import pandas as pd

from src.reports.figures import BLUE, ORANGE, draw
from src.reports.fragments import section, write_details, write_list, write_paragraph, write_table
from src.reports.language import say, say_plural
from src.reports.text import say_amount, say_count, say_gain, say_leads, say_share

LABELS = 4
"""So many weeks are named below a figure: more would run into each other."""


@section("weeks", "Week by week")
def show_weeks(results: dict[str, Any]) -> str:
    """Return the calls of each week against the capacity, the backlog, and what more callers would earn."""
    weeks, capacity = results["weeks"], results["policy"]["capacity"]
    if not weeks["contacts"].any():
        return write_paragraph(say("Nobody is called in any week.")) + write_every_week(results)
    figures = draw_contacts(weeks, results["whole_weeks"], results["calls_per_week"])
    if capacity:
        figures = f'<div class="pair">{figures}{draw_backlog(weeks, capacity["backlog"])}</div>'
    more = write_list(list_marginal(capacity)) + write_capacities(capacity) if capacity else ""
    return write_paragraph(say_weeks(results)) + figures + more + write_every_week(results)


def say_weeks(results: dict[str, Any]) -> str:
    """Return the finding: how busy the weeks are, and what the capacity leaves out."""
    capacity, contacts = results["policy"]["capacity"], results["whole_weeks"]["contacts"]
    if not capacity:
        return say_plural(
            "The cuts ask for {median_contacts} call in the median week, from {min_contacts} to "
            "{max_contacts}; who can make {quantile_contacts} has enough in nine weeks of ten.",
            "The cuts ask for {median_contacts} calls in the median week, from {min_contacts} to "
            "{max_contacts}; who can make {quantile_contacts} has enough in nine weeks of ten.",
            contacts.median(),
            median_contacts=say_count(contacts.median()),
            min_contacts=say_count(contacts.min()),
            max_contacts=say_count(contacts.max()),
            quantile_contacts=say_count(contacts.quantile(0.9)),
        )
    backlog = capacity["backlog"]
    if not backlog["leads"]:
        return say(
            "The capacity suffices: in no week more leads were worth a call, and {used}.", used=say_used(capacity)
        )
    return say(
        "In {full_weeks} of {count} weeks more leads were worth a call than could be called: {used}, and "
        "{leads} worth one, of which {conversions} converted, got none.",
        full_weeks=say_count(capacity["full_weeks"]),
        count=say_count(capacity["weeks"]),
        used=say_used(capacity),
        leads=say_leads(backlog["leads"]),
        conversions=say_count(backlog["conversions"]),
    )


def say_used(capacity: dict[str, Any]) -> str:
    if capacity["used"] is None:
        return say("no week of the test is whole")
    return say("{used} of all calls of whole weeks were used", used=say_share(capacity["used"], 0))


def list_marginal(capacity: dict[str, Any]) -> list[str]:
    """Return what one more call is worth, and what the backlog would have brought."""
    more, backlog = capacity["one_more"], capacity["backlog"]
    has_teams = len(capacity["teams"]) > 1
    if not more["calls"]:
        return [
            say("One more call a week of each team would have found nobody worth it.")
            if has_teams
            else say("One more call a week would have found nobody worth it.")
        ]
    gains = {"expected": say_amount(more["expected"]), "profit": say_gain(more, "profit")}
    return [
        say(
            "One more call a week of each team was expected to add {expected} for each such call, its cost "
            "deducted; it would have added {profit}. More than that it is not worth to pay on top.",
            **gains,
        )
        if has_teams
        else say(
            "One more call a week was expected to add {expected} for each such call, its cost deducted; it "
            "would have added {profit}. More than that it is not worth to pay on top.",
            **gains,
        ),
        say(
            "Calling all who were left out was expected to add {expected_gain}. They are not carried over "
            "into the next week, as if they had gone cold.",
            expected_gain=say_amount(backlog["expected_gain"]),
        ),
    ]


def write_capacities(capacity: dict[str, Any]) -> str:
    rows = [
        [say_share(entry["share"], 0), say_count(entry["contacts"]), say_amount(entry["profit"])]
        for entry in capacity["by_capacity"]
    ]
    marked = [number for number, entry in enumerate(capacity["by_capacity"]) if entry["share"] == 1]
    caption = say("What fewer and more callers would have earned (marked: the scenario's capacity)")
    return write_table([say("Share of the calls a week"), say("Calls made"), say("Profit")], rows, caption, marked)


def write_weeks(weeks: pd.DataFrame) -> str:
    """Return every week of the chosen policy, folded up."""
    has_capacity = weeks["capacity_used"].notna().any()
    rows = [
        [
            say_week(week.week),
            say_count(week.leads),
            say_count(week.contacts),
            say_count(week.conversions_reached),
            say_count(week.conversions),
            say_amount(week.profit),
            *([say_share(week.capacity_used, 0)] if has_capacity else []),
        ]
        for week in weeks.itertuples()
    ]
    head = [say("Week"), say("Leads"), say("Calls"), say("Conversions reached"), say("Conversions"), say("Profit")]
    table = write_table(
        [*head, *([say("Capacity used")] if has_capacity else [])], rows, say("The two cuts in each week")
    )
    return write_details(say("All {count_rows} weeks", count_rows=say_count(len(rows))), table)


def write_every_week(results: dict[str, Any]) -> str:
    """Return how steadily the cuts beat the best of the simple rules, and folded up every week of every policy."""
    profits, rows = results["weekly_profits"], results["rows"]
    chosen, other = rows[0], rows[1]
    ahead = int((profits[chosen["key"]] >= profits[other["key"]]).sum())
    finding = say(
        "In {ahead} of {count_profits} weeks the two cuts would have earned at least as much as the best "
        "of the simple rules, “{policy}”.",
        ahead=say_count(ahead),
        count_profits=say_count(len(profits)),
        policy=other["policy"],
    )
    shown = profits[[row["key"] for row in rows]]
    body = [[say_week(week), *map(say_amount, amounts)] for week, *amounts in shown.itertuples()]
    table = write_table(
        [say("Week"), *(row["policy"] for row in rows)], body, say("The profit of each policy in each week")
    )
    details = write_weeks(results["weeks"]) + write_details(say("All policies in each week"), table)
    return write_paragraph(finding) + details


def say_week(name: str) -> str:
    """Return the name of a week as it is; without dates that of a hundred leads, in words.

    >>> say_week("2025-W12"), say_week("leads 100 to 199")
    ('2025-W12', 'leads 100 to 199')
    """
    ends = re.fullmatch(r"leads (\d+) to (\d+)", name)
    return say("leads {first} to {last}", first=ends[1], last=ends[2]) if ends else name


def draw_contacts(weeks: pd.DataFrame, whole: pd.DataFrame, calls_per_week: int | None) -> str:
    """Draw the calls of each week, and the capacity as a line."""

    def plot(axes: Any) -> None:
        axes.bar(range(len(weeks)), weeks["contacts"], color=BLUE, width=0.8)
        if calls_per_week:
            axes.axhline(calls_per_week, color=ORANGE, linestyle="--", label=say("capacity"))
            axes.set_ylim(top=max(calls_per_week, weeks["contacts"].max()) * 1.25)
            axes.legend(loc="upper left")
        name_weeks(axes, weeks)
        axes.set_ylabel(say("calls"))
        # The lines of the grid stay behind the bars.
        axes.set_axisbelow(True)
        axes.yaxis.get_major_locator().set_params(integer=True)

    low, high = whole["contacts"].min(), whole["contacts"].max()
    values = {"weeks": say_count(len(weeks)), "low": say_count(low), "high": say_count(high)}
    alternative = (
        say(
            "Calls in each of {weeks} weeks of the test; in whole weeks between {low} and {high}, against a capacity "
            "of {capacity} a week.",
            capacity=say_count(calls_per_week),
            **values,
        )
        if calls_per_week
        else say(
            "Calls in each of {weeks} weeks of the test; in whole weeks between {low} and {high}, without limit.",
            **values,
        )
    )
    return draw(alternative, plot, say("Calls that the two cuts make in each week."))


def draw_backlog(weeks: pd.DataFrame, backlog: dict[str, Any]) -> str:
    """Draw the leads worth a call that nobody called, summed up."""
    total = backlog["by_week"]

    def plot(axes: Any) -> None:
        axes.plot(range(len(total)), total, color=BLUE)
        name_weeks(axes, weeks)
        axes.set_ylabel(say("leads worth a call, not called"))
        axes.set_ylim(bottom=0)

    alternative = say(
        "Leads worth a call that nobody called, summed up over {count_total} weeks: {total} at the end.",
        count_total=say_count(len(total)),
        total=say_count(total[-1]),
    )
    return draw(alternative, plot, say("What would pile up if no lead that is left out were ever dropped."))


def name_weeks(axes: Any, weeks: pd.DataFrame) -> None:
    """Name a few weeks below the axis, the last of them in short."""
    places = list(range(0, len(weeks), max(-(-len(weeks) // LABELS), 1)))
    # A source without dates has leads instead: "leads 100 to 199".
    names = [str(name).removeprefix("leads ").partition(" to ")[0] for name in weeks["week"].iloc[places]]
    is_dated = "W" in names[0] if names else True
    axes.set_xticks(places, names)
    axes.set_xlabel(say("week") if is_dated else say("hundred leads, from number"))
    axes.grid(visible=False, axis="x")
