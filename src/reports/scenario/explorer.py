"""The explorer of a scenario: two handles on the page that recompute what the cuts would have earned.

`build_explorer` makes the table of the leads, `explorer.js` counts it again at every move. The
figures of the chosen cuts and a table of others stand there for readers without JavaScript.
"""

from decimal import ROUND_HALF_UP, Decimal
from html import escape
from pathlib import Path
from typing import Any

from src.policies.decisions import OTHER
from src.policies.economics import DISCARD, NURTURE, SALES
from src.reports.fragments import section, write_paragraph, write_table
from src.reports.language import mark, say, translate, write_digits
from src.reports.scenario.explorer_table import pack_json
from src.reports.text import MISSING, PERCENT

SCRIPT = Path(__file__).parents[1] / "template" / "explorer.js"

TICKS = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)

WORDS = {
    "euros": mark("€{number}"),
    "from": mark("from {cut}"),
    "finding": (
        mark(
            "Calls: {contacts}; of these {precision} convert. Leads that convert: {conversions}; {reached} called, "
            "{nurtured} nurtured, {lost} discarded. Profit {profit}{difference}."
        )
    ),
    "difference": mark(", {difference} against the chosen cuts"),
    "over": mark("Leads worth a call by the cut, but not called for want of capacity: {over}."),
    "best": (
        mark(
            "The line shows the profit if calls began at each probability: highest, {profit}, from {cut}. That is "
            "known in hindsight only."
        )
    ),
    "alone": (
        mark(
            "Leads that may not be nurtured are called from {cut}, which moves with the other cut. Where calls are "
            "limited, whose turn it is follows from the amounts of the scenario."
        )
    ),
}
"""The sentences of the page; `explorer.js` fills them again."""

BANDS = {"discard": mark("discard"), "nurture": mark("nurture"), "sales": mark("sales")}
ROUTE_NAMES = {SALES: mark("Sales"), NURTURE: mark("Nurture"), DISCARD: mark("Discard")}


@section("explorer", "Try other cuts")
def show_explorer(results: dict[str, Any]) -> str:
    """Return the handles, the assumptions and what they give; `results["explorer"]` is of `build_explorer`."""
    explorer = results["explorer"]
    if explorer is None:
        return write_paragraph(
            say(
                "There are too many leads under a weekly capacity to count them again on a page. The tables "
                "before and after this section hold the figures."
            )
        )
    figures = say_figures(explorer["chosen"], explorer["table"])
    routes = f'<div id="explorer-routes" data-fixed>{write_routes(explorer)}</div>'
    sentences = [f'<p id="explorer-finding">{escape(say_words("finding", **figures))}</p>']
    sentences += [f'<p class="note" id="explorer-{name}" hidden></p>' for name in ("over", "alone", "best")]
    return (
        write_paragraph(say_purpose(explorer["table"]))
        + write_form(explorer)
        + "".join(sentences)
        + routes
        + f"<noscript>{write_choices(explorer)}</noscript>"
        + write_scripts(explorer)
    )


def say_purpose(table: dict[str, Any]) -> str:
    """Return what the handles are for, and what they mean where values differ."""
    text = say(
        "Move the cuts or change what is assumed, and see what the test leads would have earned. The "
        "cuts in the report were chosen on earlier leads; those that look best here were chosen with the "
        "outcomes in sight."
    )
    if has_values(table):
        text += say(" A cut is that of a lead of the default value: for one worth twice as much it is half as high.")
    return text


def has_values(table: dict[str, Any]) -> bool:
    """Return whether conversions of different leads are worth different amounts."""
    return len({relative_value for relative_value, *_ in table["kinds"]}) > 1


def write_form(explorer: dict[str, Any]) -> str:
    """Return the handles and the assumptions, hidden until the script shows them."""
    return (
        '<form id="explorer-form" autocomplete="off" hidden>'
        + write_handles(explorer["table"])
        + '<fieldset class="fields"><legend>'
        + say("What is assumed")
        + f'</legend>{write_fields(explorer)}</fieldset><p class="buttons"><button type="button" id="explorer-imply">'
        + say("Cuts that these amounts call for")
        + '</button> <button type="reset">'
        + say("Back to the chosen cuts")
        + '</button></p><p class="unseen" role="status" id="explorer-said"></p></form>'
    )


def write_handles(table: dict[str, Any]) -> str:
    """Return the two handles on one track, above it the line of the profit."""
    last = len(table["steps"]) - 1
    handles = [
        f'<input type="range" id="cut-{name}" min="0" max="{last}" step="1" value="{table["places"][position]}" '
        f'aria-labelledby="cut-{name}-label" aria-valuetext="{escape(table["names"][table["places"][position]])}">'
        for position, name in enumerate(("discard", "sales"))
    ]
    labels = [
        f'<label for="cut-{name}"><span id="cut-{name}-label">{label}</span> '
        f'<output id="cut-{name}-name" for="cut-{name}">{escape(table["names"][table["places"][position]])}</output>'
        "</label>"
        for position, (name, label) in enumerate(
            (("discard", say("Nurture from")), ("sales", say("Worth a call from")))
        )
    ]
    bands = "".join(f'<span class="band {name}">{escape(say(label))}</span>' for name, label in BANDS.items())
    return (
        f'<div class="labels">{"".join(labels)}</div>'
        '<div class="dials"><svg id="explorer-curve" viewBox="0 0 1000 100" preserveAspectRatio="none" '
        'aria-hidden="true"><path class="leads"/><path class="zero"/><path class="cuts"/><path class="profit"/></svg>'
        f'<div class="track"><div class="bands" aria-hidden="true">{bands}</div>{"".join(handles)}</div>'
        f'<div class="ticks" aria-hidden="true">{write_ticks(table["steps"])}</div></div>'
    )


def write_ticks(steps: list[float]) -> str:
    """Return the probabilities beneath the track, at the steps that are them."""
    places = {step: place for place, step in enumerate(steps)}
    last = len(steps) - 1
    return "".join(
        f'<span style="left:{100 * places[tick] / last:.2f}%">{say_tick(tick)}</span>'
        for tick in TICKS
        if 0 < places.get(tick, 0) < last
    )


def say_tick(tick: float) -> str:
    return write_digits(f"{tick * 100:g}") + PERCENT


def write_fields(explorer: dict[str, Any]) -> str:
    """Return one number field for each assumption, with its unit."""
    table = explorer["table"]
    value = say("Value of a conversion, by default (€)") if has_values(table) else say("Value of a conversion (€)")
    fields = [
        ("value", value, table["value"], ""),
        ("cost-2", say("Cost of a call (€)"), table["cost"][SALES], ""),
        ("cost-1", say("Cost of nurturing a lead (€)"), table["cost"][NURTURE], ""),
        ("cost-0", say("Cost of discarding a lead (€)"), table["cost"][DISCARD], ""),
        (
            "factor-1",
            say("A nurtured lead keeps of its probability ({percent})", percent=PERCENT.strip()),
            table["factor"][NURTURE],
            "100",
        ),
        (
            "factor-0",
            say("A discarded lead keeps of it ({percent})", percent=PERCENT.strip()),
            table["factor"][DISCARD],
            "100",
        ),
    ]
    written = [
        write_field(name, label, f"{value * 100 if most else value:.10g}", most) for name, label, value, most in fields
    ]
    most = "" if table["most_calls"] is None else str(table["most_calls"])
    for place, (team, capacity) in enumerate(zip(explorer["teams"], table["capacity"], strict=True)):
        label = (
            say("Calls a week, {team} (empty: no limit)", team=say("other") if team == OTHER else team)
            if len(explorer["teams"]) > 1
            else say("Calls a week (empty: no limit)")
        )
        written.append(write_field(f"capacity-{place}", label, "" if capacity is None else str(capacity), most, "1"))
    return "".join(written)


def write_field(name: str, label: str, value: str, most: str, step: str = "any") -> str:
    limit = f' max="{most}"' if most else ""
    return (
        f'<label for="assumed-{name}">{escape(label)}<input type="number" id="assumed-{name}" min="0"{limit} '
        f'step="{step}" inputmode="decimal" value="{value}"></label>'
    )


def write_routes(explorer: dict[str, Any]) -> str:
    """Return one row a route and one of all leads, at the chosen cuts."""
    table, figures = explorer["table"], explorer["chosen"]
    whole = {name: sum(values) for name, values in figures.items()}
    discard, sales = (table["names"][place] for place in table["places"][:2])
    cuts = {SALES: say_words("from", cut=sales), NURTURE: say_words("from", cut=discard), DISCARD: say("the rest")}
    rows = [
        [say(name), cuts[route], *say_row({key: values[route] for key, values in figures.items()}, whole)]
        for route, name in ROUTE_NAMES.items()
    ]
    rows.append([say("All"), MISSING, *say_row(whole, whole)])
    head = [
        say("Route"),
        say("Probability"),
        say("Leads"),
        say("Share of leads"),
        say("Convert"),
        say("Conversions"),
        say("Share of them"),
        say("Profit"),
    ]
    return write_table(head, rows, say("Who takes which route, and what it earns, on the test leads"), marked=[3])


def say_row(part: dict[str, float], whole: dict[str, float]) -> list[str]:
    """Return the cells of a route: leads, conversions and profit, with their shares."""
    return [
        say_exact(part["leads"]),
        say_ratio(part["leads"], whole["leads"]),
        say_ratio(part["conversions"], part["leads"]),
        say_exact(part["conversions"]),
        say_ratio(part["conversions"], whole["conversions"]),
        say_exact_euros(part["profit"]),
    ]


def say_figures(figures: dict[str, list[float]], table: dict[str, Any]) -> dict[str, str]:
    """Return the figures of the finding in words."""
    leads, conversions = figures["leads"], figures["conversions"]
    return {
        "contacts": say_exact(leads[SALES]),
        "precision": say_ratio(conversions[SALES], leads[SALES]),
        "reached": say_exact(conversions[SALES]),
        "conversions": say_exact(sum(conversions)),
        "nurtured": say_exact(conversions[NURTURE]),
        "lost": say_exact(conversions[DISCARD]),
        "profit": say_exact_euros(sum(figures["profit"])),
        "difference": "",
    }


def say_words(name: str, **values: str) -> str:
    return say(WORDS[name], **values)


def say_exact(value: float, digits: int = 0) -> str:
    """Return a number as `explorer.js` writes it: exactly rounded, halves away from zero.

    >>> say_exact(-1234.5)
    '−1,235'
    """
    text = f"{Decimal(abs(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):,}"
    return ("−" if value < 0 and any(digit in "123456789" for digit in text) else "") + write_digits(text)


def say_exact_euros(value: float) -> str:
    text = say_exact(value)
    sign = "−" if text.startswith("−") else ""
    return sign + say_words("euros", number=text.removeprefix("−"))


def say_ratio(part: float, whole: float) -> str:
    return say_exact(part / whole * 100, 1) + PERCENT if whole else MISSING


def write_choices(explorer: dict[str, Any]) -> str:
    """Return what other sales cuts would have earned, for readers without JavaScript."""
    rows = [
        [
            row["cut"],
            say_exact(row["leads"][SALES]),
            say_ratio(row["conversions"][SALES], row["leads"][SALES]),
            say_exact(row["conversions"][SALES]),
            say_exact(sum(row["conversions"]) - row["conversions"][SALES]),
            say_exact(row["leads"][NURTURE]),
            say_exact_euros(sum(row["profit"])),
        ]
        for row in explorer["cuts"]
    ]
    head = [
        say("Worth a call from"),
        say("Calls"),
        say("Precision"),
        say("Conversions called"),
        say("Not called"),
        say("Nurtured"),
        say("Profit"),
    ]
    marked = [number for number, row in enumerate(explorer["cuts"]) if row["is_chosen"]]
    table, places = explorer["table"], explorer["table"]["places"]
    caption = say(
        "Other sales cuts, the others nurtured from {discard} (marked: the chosen one)",
        discard=table["names"][places[0]],
    )
    finding = say(
        "With JavaScript the cuts and amounts can be moved here. Without it, this is what other sales cuts earn."
    )
    return write_paragraph(finding) + write_table(head, rows, caption, marked)


def write_scripts(explorer: dict[str, Any]) -> str:
    """Return the table of the leads and the program that counts it."""
    words = {name: translate(message) for name, message in WORDS.items()} | {"digits": write_digits("1,234.5")}
    data = pack_json(explorer["table"] | {"words": words})
    script = SCRIPT.read_text(encoding="utf-8")
    return f'<script type="application/json" id="explorer-table">{data}</script><script>{script}</script>'
