"""The parts of a scenario's report about the leads: who takes which route, who is left out, who could be won over."""

from typing import Any

from src.reports.figures import draw
from src.reports.fragments import section, write_details, write_list, write_paragraph, write_table
from src.reports.language import mark, say, say_plural
from src.reports.measures import say_quarantine
from src.reports.metric_words import say_category
from src.reports.text import (
    MISSING,
    say_amount,
    say_condition,
    say_count,
    say_decision,
    say_leads,
    say_metric,
    say_names,
    say_price,
    say_quoted,
    say_share,
    say_value,
)

ROUTES = {"sales": mark("called"), "nurture": mark("nurtured"), "discard": mark("discarded")}
"""What a route does to a lead, the dearest first."""

NEEDED = {"sales": mark("calls"), "nurture": mark("nurture"), "discard": mark("discard")}
"""For what a condition is needed."""

COLOURS = {"sales": ("#0b5fa5", "#ffffff"), "nurture": ("#f0b27a", "#1b1b1b"), "discard": ("#d5d8dd", "#1b1b1b")}
"""Of each route, as everywhere on the page, and of what is written on it."""

FITS, ENGAGEMENTS = "ABCD", "1234"


@section("grid", "Fit and engagement")
def show_grid(results: dict[str, Any]) -> str:
    """Return the routes by what the leads told us and by what they did."""
    grid = results["grid"]
    if not grid:
        return write_paragraph(
            say("There is no grid: nobody may be called, or all are alike in what they told us or in what they did.")
        )
    rows = [
        [
            f"{cell['fit']}{cell['engagement']}",
            say_count(cell["leads"]),
            *(say_share(cell["routes"][route] / cell["leads"], 0) for route in ROUTES),
            say_share(cell["converted"]),
        ]
        for cell in grid
    ]
    head = [say("Cell"), say("Leads"), *(say(name).capitalize() for name in ROUTES.values()), say("Converted")]
    caption = say("The cells of fit and engagement, of the test leads that may be called")
    note = say(
        "Fit, A to D, is what explicit metrics (what a lead told us) contribute to its probability; "
        "engagement, 1 to 4, what implicit ones (what it did) do. Each letter and each number is a "
        "quarter of the history's rows, the best first; the route follows from the probability, not from "
        "the cell."
    )
    return (
        write_paragraph(say_grid(grid))
        + draw_grid(grid)
        + write_details(
            say("All {count_rows} cells", count_rows=say_count(len(rows))), write_table(head, rows, caption)
        )
        + write_paragraph(note, "note")
    )


def say_grid(grid: list[dict[str, Any]]) -> str:
    cells = {cell["fit"] + cell["engagement"]: cell for cell in grid}
    split = sum(len([count for count in cell["routes"].values() if count]) > 1 for cell in grid)
    counts = {"split": say_count(split), "count": say_count(len(grid))}
    found = say_plural(
        "{split} of {count} cells holds leads of several routes",
        "{split} of {count} cells hold leads of several routes",
        split,
        **counts,
    )
    if "A4" not in cells or "D1" not in cells:
        return f"{found}."
    return say(
        "{found}: of the leads that fit best and did least {quiet} are called, of those that fit least and did most "
        "{eager}.",
        found=found,
        quiet=say_share(share_called(cells["A4"]), 0),
        eager=say_share(share_called(cells["D1"]), 0),
    )


def share_called(cell: dict[str, Any]) -> float:
    return cell["routes"]["sales"] / cell["leads"]


def draw_grid(grid: list[dict[str, Any]]) -> str:
    """Draw each cell in the colour of its most frequent route, with the share called and its leads."""

    def plot(axes: Any) -> None:
        from matplotlib.patches import Rectangle

        for cell in grid:
            x, y = ENGAGEMENTS.index(cell["engagement"]), FITS.index(cell["fit"])
            paper, ink = COLOURS[find_main_route(cell)]
            axes.add_patch(Rectangle((x - 0.48, y - 0.48), 0.96, 0.96, facecolor=paper))
            text = say(
                "{cell} % called\nof {leads}", cell=say_count(share_called(cell) * 100), leads=say_count(cell["leads"])
            )
            axes.text(x, y, text, ha="center", va="center", color=ink, fontsize=8.5)
        axes.set(xlim=(-0.5, 3.5), ylim=(3.5, -0.5), xlabel=say("engagement"), ylabel=say("fit"))
        axes.set_xticks(range(4), ENGAGEMENTS)
        axes.set_yticks(range(4), FITS)
        axes.grid(visible=False)

    called, nurtured, discarded = (
        [cell["fit"] + cell["engagement"] for cell in grid if find_main_route(cell) == route] for route in ROUTES
    )
    found = zip(ROUTES.values(), (called, nurtured, discarded), strict=True)
    parts = [say("{cells} mostly {name}", cells=", ".join(cells), name=say(name)) for name, cells in found if cells]
    alternative = say(
        "Fit (A best) against engagement (1 best), {count} cells: {parts}.",
        count=say_count(len(grid)),
        parts="; ".join(parts),
    )
    caption = say("Colour: the most frequent route of the cell (blue called, orange nurtured, grey discarded).")
    return draw(alternative, plot, caption)


def find_main_route(cell: dict[str, Any]) -> str:
    return max(ROUTES, key=lambda route: cell["routes"][route])


@section("profile", "Who takes which route")
def show_profile(results: dict[str, Any]) -> str:
    """Return the explicit values that differ most between the routes."""
    profile = results["profile"]
    if not profile["values"]:
        return write_paragraph(
            say("Nothing to compare: too few leads take a second route, or no explicit metric differs.")
        )
    counts = profile["leads"]
    head = [say("What the leads told us"), say("All"), *(say(name).capitalize() for name in ROUTES.values())]
    rows = [
        [
            say_metric_value(entry),
            say_share(entry["all"], 0),
            *(say_share(entry[route], 0) for route in ROUTES),
        ]
        for entry in profile["values"]
    ]
    numbers = say_names([f"{say_count(counts[route])} {say(name)}" for route, name in ROUTES.items()])
    note = say(
        "The share of the leads of each route with the value. Of each group of explicit metrics the "
        "value that differs most; numbers are parted at their median. What differs is not necessarily "
        "what decides: the report on the model says that."
    )
    return (
        write_paragraph(say_profile(profile["values"][0]))
        + write_table(head, rows, say("The test leads that may be called, by their routes: {numbers}", numbers=numbers))
        + write_paragraph(note, "note")
    )


def say_metric_value(entry: dict[str, Any]) -> str:
    return f"{say_metric(entry['metric'])}: {say_value(say_category(entry['metric'], entry['value']))}"


def say_profile(first: dict[str, Any]) -> str:
    known = {name: first[route] for route, name in ROUTES.items() if first[route] is not None}
    shares = say_names(
        [say("{share} of the {name}", share=say_share(share, 0), name=say(name)) for name, share in known.items()]
    )
    what = say_quoted(say_metric_value(first))
    return say("The routes differ most in {what}: it holds for {shares}.", what=what, shares=shares)


@section("excluded", "Who is left out, and why")
def show_excluded(results: dict[str, Any]) -> str:
    """Return whom the conditions keep from a route and what that costs, and what was not tested at all."""
    eligibility = results["policy"]["eligibility"]
    table = write_conditions(eligibility["conditions"])
    lacking = eligibility["without_metric"]
    note = ""
    if lacking:
        names = say_names([say_metric(name) for name in lacking])
        note = write_paragraph(
            say("The source does not know {names}: what the scenario says of it is not applied.", names=names), "note"
        )
    return write_paragraph(say_eligibility(results)) + table + note + write_list(list_exclusions(results))


def say_eligibility(results: dict[str, Any]) -> str:
    eligibility, leads = results["policy"]["eligibility"], results["policy"]["test"]["leads"]
    if not eligibility["leads"]:
        return say("No condition keeps a lead of the test from a route.")
    return say(
        "The conditions keep {leads} of the {tested} test leads, of which {conversions} converted, from "
        "a route; without any condition the cuts would have earned {forgone} more, capacity not counted.",
        leads=say_count(eligibility["leads"]),
        tested=say_count(leads),
        conversions=say_count(eligibility["conversions"]),
        forgone=say_amount(eligibility["forgone"]),
    )


def write_conditions(conditions: list[dict[str, Any]]) -> str:
    """Return each condition with whom it keeps from which route."""
    if not conditions:
        return ""
    rows = []
    for entry in conditions:
        row = [
            say_condition(entry["when"]),
            say_names([say(NEEDED[name]) for name in entry["routes"]]),
        ]
        if entry["applies"]:
            row += [say_count(entry[name]) for name in ("leads", "missing", "only", "conversions")]
            row.append(say_amount(entry["forgone"]))
        else:
            row += [MISSING] * 5
        rows.append([*row, entry["why"]])
    head = [
        say("Condition"),
        say("Needed for"),
        say("Leads that fail it"),
        say("Of these, field not given"),
        say("Fail only this"),
    ]
    head += [say("Converted all the same"), say("Forgone by it"), say("Why")]
    return write_table(head, rows, say("The conditions of the scenario on the test leads"), texts=(1, 7))


def list_exclusions(results: dict[str, Any]) -> list[str]:
    """Return what was read, what of it taught and tested, and what was set apart and why."""
    data, leads = results["metrics"]["data"], results["metrics"]["data"]["leads"]
    sentences = [say_read(results), say_learned(results)]
    if data["horizon_days"] and leads.get("censored"):
        sentences.append(
            say(
                "Of {leads} an outcome is not known yet: what is unknown is left out, not counted as lost.",
                leads=say_leads(leads["censored"]),
            )
        )
    if leads.get("embargoed"):
        sentences.append(
            say_plural(
                "Of {embargoed} earlier lead an outcome came after the test began: the model has not learned from it.",
                "Of {embargoed} earlier leads an outcome came after the test began: the model has not learned from it.",
                leads["embargoed"],
                embargoed=say_count(leads["embargoed"]),
            )
        )
    return [*sentences, say_quarantine(data["quarantine"], results["objective"])]


def say_read(results: dict[str, Any]) -> str:
    """Return how much was read, and how many rows could not be."""
    intake, rejected = results["intake"], results["rows_rejected"]
    read = say(
        "Read: {leads} leads of {persons} persons and {activities} activities. ",
        leads=say_count(intake["leads"]),
        persons=say_count(intake["persons"]),
        activities=say_count(intake["activities"]),
    )
    if not rejected:
        return read
    return read + say_plural(
        "{rejected} row could not be used and is kept apart with its reason.",
        "{rejected} rows could not be used and are kept apart with their reasons.",
        rejected,
        rejected=say_count(rejected),
    )


def say_learned(results: dict[str, Any]) -> str:
    """Return how many leads taught and tested the model, and how many of these were decided on."""
    leads, decided = results["metrics"]["data"]["leads"], results["policy"]["test"]["leads"]
    learned, tested = leads.get("history", 0), leads.get("test", 0)
    text = say(
        "Learned from {learned} leads, tested on the {tested} newest",
        learned=say_count(learned),
        tested=say_count(tested),
    )
    if decided >= tested:
        return f"{text}."
    still_open = say(
        ", of which {decided} were still open {decision}.", decided=say_count(decided), decision=say_decision(results)
    )
    return text + still_open


@section("missing", "Worth a call, if only one field were given")
def show_missing(results: dict[str, Any]) -> str:
    """Return the leads that one more field would make worth a call: what nurturing can ask for."""
    fields = results["policy"]["missing_fields"]
    if not fields:
        return write_paragraph(
            say("No lead would become worth a call by giving one field more: nothing depends on a field.")
        )
    rows = [
        [
            say_metric(entry["metric"]),
            say_condition(entry["when"]),
            say_count(entry["leads"]),
            say_share(entry["share_that_meets"], 0),
            say_amount(entry["expected"]),
        ]
        for entry in fields
    ]
    head = [
        say("Field"),
        say("What it must be"),
        say("Leads"),
        say("Of those who give it, meet it"),
        say("Expected to add, if all gave it"),
    ]
    note = say("The probability is left as it is, though who answers is likely to have a higher one.")
    caption = say("Partly filled leads of the test that one field would make worth a call")
    table = write_table(head, rows, caption, texts=(1,))
    return write_paragraph(say_missing(fields[0], results["calls_per_week"])) + table + write_paragraph(note, "note")


def say_missing(first: dict[str, Any], calls_per_week: int | None) -> str:
    """Return the finding: what it would be worth if all gave the field that adds most."""
    name = say_metric(first["metric"])
    if not first["share_that_meets"]:
        return say("No field is worth asking for: of those who give {name} none meets the condition.", name=name)
    if first["expected"] <= 0:
        return (
            say(
                "No field is worth asking for: if all gave {name}, that would be expected to add nothing within the "
                "calls that can be made.",
                name=name,
            )
            if calls_per_week
            else say(
                "No field is worth asking for: if all gave {name}, that would be expected to add nothing.", name=name
            )
        )
    values = {
        "leads": say_leads(first["leads"]),
        "name": name,
        "share": say_share(first["share_that_meets"], 0),
        "expected": say_amount(first["expected"]),
    }
    if calls_per_week:
        return say(
            "{leads} would be worth a call if they gave {name} and met the condition, as {share} of those do who "
            "give it: if all gave it, that would be expected to be worth {expected} within the calls that can be "
            "made, less what asking costs.",
            **values,
        )
    return say(
        "{leads} would be worth a call if they gave {name} and met the condition, as {share} of those do who give "
        "it: if all gave it, that would be expected to be worth {expected}, less what asking costs.",
        **values,
    )


@section("review", "In doubt")
def show_review(results: dict[str, Any]) -> str:
    """Return how many leads are too near a cut to be sure, and what a look could save."""
    return write_paragraph(say_review(results["policy"]["review"], results["policy"]["test"]["leads"]))


def say_review(review: dict[str, Any], leads: int) -> str:
    if not review["has_intervals"]:
        return say("Which leads are in doubt is not known: the probabilities have no intervals.")
    doubt = say(
        "For {in_doubt} of the {leads} leads the interval of the probability has a cut inside. Knowing "
        "the probability of all of them exactly is expected to save {could_save_all}; a look saves at "
        "most its part of that.",
        in_doubt=say_count(review["in_doubt"]),
        leads=say_count(leads),
        could_save_all=say_amount(review["could_save_all"]),
    )
    if not review["leads_per_week"]:
        return say("{doubt} The scenario has no budget to look at any by hand.", doubt=doubt)
    budget = say(
        "{leads_per_week} looks a week, at {cost} each",
        leads_per_week=say_count(review["leads_per_week"]),
        cost=say_price(review["cost"]),
    )
    if not review["leads"]:
        return say(
            "{doubt} No look pays at its cost: of the budget of {budget}, none is used.", doubt=doubt, budget=budget
        )
    return say(
        "{doubt} With a budget of {budget}, {leads} would be reviewed, for whom a look may be worth its "
        "cost: that costs {total_cost} and is expected to save at most {could_save}. No profit in this "
        "report includes it.",
        doubt=doubt,
        budget=budget,
        leads=say_leads(review["leads"]),
        total_cost=say_amount(review["total_cost"]),
        could_save=say_amount(review["could_save"]),
    )
