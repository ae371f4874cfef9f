"""The parts of a scenario's report about the leads: who takes which route, who is left out, who could be won over."""

from typing import Any

from src.reports.figures import draw
from src.reports.text import (
    MISSING,
    say_amount,
    say_condition,
    say_count,
    say_decision,
    say_leads,
    say_names,
    say_price,
    say_quarantine,
    say_share,
    say_value,
    section,
    write_details,
    write_list,
    write_paragraph,
    write_table,
)

ROUTES = {"sales": "called", "nurture": "nurtured", "discard": "discarded"}
"""What a route does to a lead, the dearest first."""

COLOURS = {"sales": ("#0b5fa5", "#ffffff"), "nurture": ("#f0b27a", "#1b1b1b"), "discard": ("#d5d8dd", "#1b1b1b")}
"""Of each route, as everywhere on the page, and of what is written on it."""

FITS, ENGAGEMENTS = "ABCD", "1234"


@section("grid", "Fit and engagement")
def show_grid(results: dict[str, Any]) -> str:
    """Return the routes by what the leads told us and by what they did."""
    grid = results["grid"]
    if not grid:
        return write_paragraph(
            "There is no grid: nobody may be called, or all are alike in what they told us or in what they did."
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
    head = ["Cell", "Leads", *(name.capitalize() for name in ROUTES.values()), "Converted"]
    caption = "The cells of fit and engagement, of the test leads that may be called"
    note = (
        "Fit, A to D, is what explicit metrics (what a lead told us) contribute to its probability; engagement, 1 to "
        "4, what implicit ones (what it did) do. Each letter and each number is a quarter of the history's rows, the "
        "best first; the route follows from the probability, not from the cell."
    )
    return (
        write_paragraph(say_grid(grid))
        + draw_grid(grid)
        + write_details(f"All {len(rows)} cells", write_table(head, rows, caption))
        + write_paragraph(note, "note")
    )


def say_grid(grid: list[dict[str, Any]]) -> str:
    cells = {cell["fit"] + cell["engagement"]: cell for cell in grid}
    split = sum(len([count for count in cell["routes"].values() if count]) > 1 for cell in grid)
    text = f"{say_count(split)} of {len(grid)} cells hold leads of several routes"
    if "A4" in cells and "D1" in cells:
        quiet, eager = (share_called(cells[name]) for name in ("A4", "D1"))
        text += (
            f": of the leads that fit best and did least {say_share(quiet, 0)} are called, of those that fit least and "
            f"did most {say_share(eager, 0)}"
        )
    return f"{text}."


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
            text = f"{share_called(cell) * 100:.0f} % called\nof {say_count(cell['leads'])}"
            axes.text(x, y, text, ha="center", va="center", color=ink, fontsize=8.5)
        axes.set(xlim=(-0.5, 3.5), ylim=(3.5, -0.5), xlabel="engagement", ylabel="fit")
        axes.set_xticks(range(4), ENGAGEMENTS)
        axes.set_yticks(range(4), FITS)
        axes.grid(visible=False)

    called, nurtured, discarded = (
        [cell["fit"] + cell["engagement"] for cell in grid if find_main_route(cell) == route] for route in ROUTES
    )
    found = zip(ROUTES.values(), (called, nurtured, discarded), strict=True)
    parts = [f"{', '.join(cells)} mostly {name}" for name, cells in found if cells]
    alternative = f"Fit (A best) against engagement (1 best), {len(grid)} cells: {'; '.join(parts)}."
    caption = "Colour: the most frequent route of the cell (blue called, orange nurtured, grey discarded)."
    return draw(alternative, plot, caption)


def find_main_route(cell: dict[str, Any]) -> str:
    return max(ROUTES, key=lambda route: cell["routes"][route])


@section("profile", "Who takes which route")
def show_profile(results: dict[str, Any]) -> str:
    """Return the explicit values that differ most between the routes."""
    profile = results["profile"]
    if not profile["values"]:
        return write_paragraph("Nothing to compare: too few leads take a second route, or no explicit metric differs.")
    counts = profile["leads"]
    head = ["What the leads told us", "All", *(f"{name.capitalize()}" for name in ROUTES.values())]
    rows = [
        [
            f"{entry['metric'].replace('_', ' ')}: {say_value(entry['value'])}",
            say_share(entry["all"], 0),
            *(say_share(entry[route], 0) for route in ROUTES),
        ]
        for entry in profile["values"]
    ]
    numbers = say_names([f"{say_count(counts[route])} {name}" for route, name in ROUTES.items()])
    note = (
        "The share of the leads of each route with the value. Of each group of explicit metrics the value that differs "
        "most; numbers are parted at their median. What differs is not necessarily what decides: the report on the "
        "model says that."
    )
    return (
        write_paragraph(say_profile(profile["values"][0]))
        + write_table(head, rows, f"The test leads that may be called, by their routes: {numbers}")
        + write_paragraph(note, "note")
    )


def say_profile(first: dict[str, Any]) -> str:
    known = {name: first[route] for route, name in ROUTES.items() if first[route] is not None}
    shares = say_names([f"{say_share(share, 0)} of the {name}" for name, share in known.items()])
    what = f"“{first['metric'].replace('_', ' ')}: {say_value(first['value'])}”"
    return f"The routes differ most in {what}: it holds for {shares}."


@section("excluded", "Who is left out, and why")
def show_excluded(results: dict[str, Any]) -> str:
    """Return whom the conditions keep from a route and what that costs, and what was not tested at all."""
    eligibility = results["policy"]["eligibility"]
    table = write_conditions(eligibility["conditions"])
    lacking = eligibility["without_metric"]
    note = ""
    if lacking:
        names = say_names([name.replace("_", " ") for name in lacking])
        note = write_paragraph(
            f"The source does not know {names}: what the scenario says of it is not applied.", "note"
        )
    return write_paragraph(say_eligibility(results)) + table + note + write_list(list_exclusions(results))


def say_eligibility(results: dict[str, Any]) -> str:
    eligibility, leads = results["policy"]["eligibility"], results["policy"]["test"]["leads"]
    if not eligibility["leads"]:
        return "No condition keeps a lead of the test from a route."
    return (
        f"The conditions keep {say_count(eligibility['leads'])} of the {say_count(leads)} test leads, of which "
        f"{say_count(eligibility['conversions'])} converted, from a route; without any condition the cuts would have "
        f"earned {say_amount(eligibility['forgone'])} more, capacity not counted."
    )


def write_conditions(conditions: list[dict[str, Any]]) -> str:
    """Return each condition with whom it keeps from which route."""
    if not conditions:
        return ""
    rows = []
    for entry in conditions:
        row = [
            say_condition(entry["when"]),
            say_names([{"sales": "calls"}.get(name, name) for name in entry["routes"]]),
        ]
        if entry["applies"]:
            row += [say_count(entry[name]) for name in ("leads", "missing", "only", "conversions")]
            row.append(say_amount(entry["forgone"]))
        else:
            row += [MISSING] * 5
        rows.append([*row, entry["why"]])
    head = ["Condition", "Needed for", "Leads that fail it", "Of these, field not given", "Fail only this"]
    head += ["Converted all the same", "Forgone by it", "Why"]
    return write_table(head, rows, "The conditions of the scenario on the test leads", texts=(1, 7))


def list_exclusions(results: dict[str, Any]) -> list[str]:
    data, intake, leads = results["metrics"]["data"], results["intake"], results["metrics"]["data"]["leads"]
    learned, tested, decided = leads.get("history", 0), leads.get("test", 0), results["policy"]["test"]["leads"]
    rejected = say_count(results["rows_rejected"])
    sentences = [
        f"Read: {say_count(intake['leads'])} leads of {say_count(intake['persons'])} persons and "
        f"{say_count(intake['activities'])} activities. "
        + (f"{rejected} rows could not be used and are kept apart with their reasons." if rejected != "0" else ""),
        f"Learned from {say_count(learned)} leads, tested on the {say_count(tested)} newest"
        + (f", of which {say_count(decided)} were still open {say_decision(results)}." if decided < tested else "."),
    ]
    if data["horizon_days"] and leads.get("censored"):
        sentences.append(
            f"Of {say_count(leads['censored'])} leads an outcome is not known yet: what is unknown is left out, not "
            "counted as lost."
        )
    if leads.get("embargoed"):
        sentences.append(
            f"Of {say_count(leads['embargoed'])} earlier leads an outcome came after the test began: the model has "
            "not learned from it."
        )
    return [*sentences, say_quarantine(data["quarantine"], results["objective"])]


@section("missing", "Worth a call, if only one field were given")
def show_missing(results: dict[str, Any]) -> str:
    """Return the leads that one more field would make worth a call: what nurturing can ask for."""
    fields = results["policy"]["missing_fields"]
    if not fields:
        return write_paragraph(
            "No lead would become worth a call by giving one field more: nothing depends on a field."
        )
    rows = [
        [
            entry["metric"].replace("_", " "),
            say_condition(entry["when"]),
            say_count(entry["leads"]),
            say_share(entry["share_that_meets"], 0),
            say_amount(entry["expected"]),
        ]
        for entry in fields
    ]
    head = ["Field", "What it must be", "Leads", "Of those who give it, meet it", "Expected to add, if all gave it"]
    note = "The probability is left as it is, though who answers is likely to have a higher one."
    caption = "Partly filled leads of the test that one field would make worth a call"
    table = write_table(head, rows, caption, texts=(1,))
    return write_paragraph(say_missing(fields[0], results["calls_per_week"])) + table + write_paragraph(note, "note")


def say_missing(first: dict[str, Any], calls_per_week: int | None) -> str:
    """Return the finding: what it would be worth if all gave the field that adds most."""
    name = first["metric"].replace("_", " ")
    if not first["share_that_meets"]:
        return f"No field is worth asking for: of those who give {name} none meets the condition."
    within = " within the calls that can be made" if calls_per_week else ""
    if first["expected"] <= 0:
        return f"No field is worth asking for: if all gave {name}, that would be expected to add nothing{within}."
    return (
        f"{say_leads(first['leads'])} would be worth a call if they gave {name} and met the condition, as "
        f"{say_share(first['share_that_meets'], 0)} of those do who give it: if all gave it, that would be expected to "
        f"be worth {say_amount(first['expected'])}{within}, less what asking costs."
    )


@section("review", "In doubt")
def show_review(results: dict[str, Any]) -> str:
    """Return how many leads are too near a cut to be sure, and what a look could save."""
    return write_paragraph(say_review(results["policy"]["review"], results["policy"]["test"]["leads"]))


def say_review(review: dict[str, Any], leads: int) -> str:
    if not review["has_intervals"]:
        return "Which leads are in doubt is not known: the probabilities have no intervals."
    doubt = (
        f"For {say_count(review['in_doubt'])} of the {say_count(leads)} leads the interval of the probability has a "
        "cut inside. Knowing the probability of all of them exactly is expected to save "
        f"{say_amount(review['could_save_all'])}; a look saves at most its part of that."
    )
    if not review["leads_per_week"]:
        return f"{doubt} The scenario has no budget to look at any by hand."
    budget = f"{say_count(review['leads_per_week'])} looks a week, at {say_price(review['cost'])} each"
    if not review["leads"]:
        return f"{doubt} No look pays at its cost: of the budget of {budget}, none is used."
    return (
        f"{doubt} With a budget of {budget}, {say_leads(review['leads'])} would be reviewed, for whom a look may be "
        f"worth its cost: that costs {say_amount(review['total_cost'])} and is expected to save at most "
        f"{say_amount(review['could_save'])}. No profit in this report includes it."
    )
