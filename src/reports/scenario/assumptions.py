"""The parts of a scenario's report about what it assumes: what hangs on it, what would measure it, and time."""

from typing import Any

from src.reports.figures import BLUE, GREY, ORANGE, draw
from src.reports.text import (
    MISSING,
    say_age,
    say_amount,
    say_count,
    say_decimal,
    say_gain,
    say_names,
    say_price,
    say_probability,
    say_share,
    section,
    write_details,
    write_list,
    write_paragraph,
    write_table,
)

NAMES = {
    "value": "value of a conversion",
    "cost.sales": "cost of a call",
    "cost.nurture": "cost of nurturing",
    "cost.discard": "cost of discarding",
    "factor.nurture": "share that nurturing keeps",
    "factor.discard": "share that discarding keeps",
    "capacity": "number of calls a week",
}

CUTS = {"sales": "probability from which calls pay", "discard": "probability from which nurturing pays"}

SIDES = (("low", BLUE, "", "a fifth lower"), ("high", ORANGE, "//", "a fifth higher"))
"""How the bars of an assumption look that is lower or higher than assumed."""

MOVES = {"sales": "Worth a call", "nurture": "Nurture", "discard": "Discard", "gone": "Gone"}


@section("sensitivity", "What hangs on each assumption")
def show_sensitivity(results: dict[str, Any]) -> str:
    """Return how cuts and profit move when each assumption is a fifth lower or higher."""
    sensitivity = results["policy"]["sensitivity"]
    entries = sensitivity["assumptions"]
    rows = [
        [f"{NAMES[entry['name']].capitalize()}: {say_assumption(entry['name'], case['value'])}", *list_case(case)]
        for entry in entries
        for case in (entry["low"], entry["high"])
    ]
    head = ["If it is", "Nurture from", "Calls pay from", "Calls that change", "Profit, routes kept", "Lost by that"]
    cuts = results["policy"]["cuts_without_limit"]
    # With a limit calls end elsewhere, which no assumption moves: what moves is who is called.
    sales = draw_changes(entries) if results["calls_per_week"] else draw_tornado(entries, "sales", cuts["sales"])
    pair = sales + draw_tornado(entries, "discard", cuts["discard"])
    note = (
        "Each assumption that is not 0 a fifth lower and higher, the others as they are. Calls that change: leads "
        "called in one case only. Profit on the test leads, if the moved assumption is the true one and everybody "
        "takes the route chosen now."
    )
    return (
        write_paragraph(f"{say_cost_of_error(results['policy'])} {say_changes(results['policy'])}")
        + write_list(list_leverage(sensitivity))
        + f'<div class="pair">{pair}</div>'
        + write_table(head, rows, "The cuts and the profit if one assumption is a fifth off")
        + write_paragraph(note, "note")
    )


def list_case(case: dict[str, Any]) -> list[str]:
    return [
        say_probability(case["cuts"]["discard"]),
        say_probability(case["cuts"]["sales"]),
        say_count(case["calls_changed"]),
        say_amount(case["profit_if_kept"]),
        say_amount(case["profit"] - case["profit_if_kept"]),
    ]


def say_assumption(name: str, value: float) -> str:
    if name == "capacity":
        return say_count(value)
    return say_share(value, 0) if name.startswith("factor") else say_price(round(value, 2))


def say_cost_of_error(policy: dict[str, Any]) -> str:
    """Return the finding: what is lost if the cuts stay while an assumption is a fifth off."""
    name, case = max(list_cases(policy), key=lambda found: found[1]["profit"] - found[1]["profit_if_kept"])
    lost = case["profit"] - case["profit_if_kept"]
    if lost <= 0:
        return "On these leads nothing is lost by keeping the routes if one assumption is a fifth off."
    share = f", {say_share(lost / case['profit'])} of what could then be earned" if case["profit"] > 0 else ""
    return (
        f"Keeping the routes although one assumption is a fifth off would have lost at most {say_amount(lost)}{share} "
        f"(if it is the {name})."
    )


def say_changes(policy: dict[str, Any]) -> str:
    """Return how many calls change at most if one assumption is a fifth off."""
    name, case = max(list_cases(policy), key=lambda found: found[1]["calls_changed"])
    if not case["calls_changed"]:
        return "Nobody would be called instead."
    return f"At most {say_count(case['calls_changed'])} calls would change (if it is the {name})."


def list_cases(policy: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return each assumption in words with what follows if it is lower, and if it is higher."""
    entries = policy["sensitivity"]["assumptions"]
    return [(NAMES[entry["name"]], entry[side]) for entry in entries for side in ("low", "high")]


def list_leverage(sensitivity: dict[str, Any]) -> list[str]:
    """Return which assumption each cut depends on most, and how far it moves with it."""
    entries, sentences = {entry["name"]: entry for entry in sensitivity["assumptions"]}, []
    for cut, word in CUTS.items():
        names = sensitivity[f"most_for_{cut}"]
        if not names:
            sentences.append(f"Nothing moves the {word}.")
            continue
        ends = sorted(entries[names[0]][side]["cuts"][cut] for side in ("low", "high"))
        which = say_names([f"the {NAMES[name]}" for name in names])
        depends = "depends most on" + (" these alike:" if len(names) > 1 else "")
        sentences.append(
            f"The {word} {depends} {which}: a fifth less or more moves it between "
            f"{say_probability(ends[0])} and {say_probability(ends[1])}."
        )
    return sentences


def draw_tornado(entries: list[dict[str, Any]], cut: str, now: float) -> str:
    """Draw between which values each assumption moves a cut, the widest at the top."""

    def measure_swing(entry: dict[str, Any]) -> float:
        return abs(entry["high"]["cuts"][cut] - entry["low"]["cuts"][cut])

    ordered = sorted((entry for entry in entries if measure_swing(entry)), key=measure_swing)
    if not ordered:
        return ""

    def plot(axes: Any) -> None:
        for side, colour, hatch, label in SIDES:
            widths = [(entry[side]["cuts"][cut] - now) * 100 for entry in ordered]
            style = {"color": colour, "hatch": hatch, "edgecolor": "white", "label": label}
            axes.barh(range(len(ordered)), widths, left=now * 100, **style)
        axes.axvline(now * 100, color=GREY, linewidth=1)
        axes.set_yticks(range(len(ordered)), [NAMES[entry["name"]] for entry in ordered])
        axes.set_xlabel({"sales": "calls pay from (%)", "discard": "nurturing pays from (%)"}[cut])
        axes.grid(visible=False, axis="y")
        axes.set_axisbelow(True)
        axes.figure.legend(loc="outside upper center", ncols=2)

    widest = ordered[-1]
    ends = [say_probability(widest[side]["cuts"][cut]) for side in ("low", "high")]
    alternative = (
        f"The {CUTS[cut]}, {say_probability(now)}, if each of {len(ordered)} assumptions is a fifth lower or "
        "higher. "
        f"The {NAMES[widest['name']]} moves it most: to {ends[0]} if lower, to {ends[1]} if higher."
    )
    return draw(alternative, plot, f"How far each assumption moves the {CUTS[cut]}.")


def draw_changes(entries: list[dict[str, Any]]) -> str:
    """Draw how many calls change with each assumption, to the left if it is lower, to the right if it is higher."""

    def count_changes(entry: dict[str, Any]) -> int:
        return max(entry[side]["calls_changed"] for side in ("low", "high"))

    ordered = sorted((entry for entry in entries if count_changes(entry)), key=count_changes)
    if not ordered:
        return ""

    def plot(axes: Any) -> None:
        for (side, colour, hatch, label), sign in zip(SIDES, (-1, 1), strict=True):
            style = {"color": colour, "hatch": hatch, "edgecolor": "white", "label": label}
            axes.barh(range(len(ordered)), [sign * entry[side]["calls_changed"] for entry in ordered], **style)
        axes.axvline(0, color=GREY, linewidth=1)
        axes.set_yticks(range(len(ordered)), [NAMES[entry["name"]] for entry in ordered])
        axes.set_xlabel("calls that change")
        axes.xaxis.set_major_formatter(lambda value, _: say_count(abs(value)))
        axes.grid(visible=False, axis="y")
        axes.set_axisbelow(True)
        axes.figure.legend(loc="outside upper center", ncols=2)

    widest = ordered[-1]
    lower, higher = (say_count(widest[side]["calls_changed"]) for side in ("low", "high"))
    alternative = (
        f"How many calls change if each of {len(ordered)} assumptions is a fifth lower or higher. Most do with the "
        f"{NAMES[widest['name']]}: {lower} if lower, {higher} if higher."
    )
    return draw(alternative, plot, "How many calls each assumption changes, of those that can be made.")


@section("hold-outs", "What would tell us more")
def show_hold_outs(results: dict[str, Any]) -> str:
    """Return how large a random hold-out would have to be to measure what is assumed about the routes."""
    plans = sorted(results["policy"]["hold_outs"], key=lambda plan: plan["route"] != "nurture")
    rows = [
        [
            plan["route"].capitalize(),
            say_share(plan["factor"], 0),
            say_share(plan["alternative"], 0),
            *(
                [MISSING] * 3
                if plan["leads"] is None
                else [say_count(plan["leads"]), say_decimal(plan["weeks"], 0), say_amount(plan["cost"])]
            ),
        ]
        for plan in plans
    ]
    head = ["Route", "Assumed to keep", "To be told from", "Leads on it, and as many called", "Weeks, with all leads"]
    note = (
        "What a route keeps of the probability is the rate on that route over the rate of the called, if chance "
        "decides who is on which. So many leads tell the assumed share from another in 80\u00a0% of such trials, at "
        "5\u00a0% two-sided. A share of 0 cannot be a fifth larger: it is told from a fifth of what nurturing keeps. "
        "Cost: what so many leads routed at random are expected to earn less than by the cuts."
    )
    return (
        write_paragraph(say_plan(plans[0], results["policy"]["sensitivity"]))
        + write_table([*head, "Expected cost"], rows, "Random hold-outs that would measure what is assumed")
        + write_paragraph(note, "note")
    )


def say_plan(plan: dict[str, Any], sensitivity: dict[str, Any]) -> str:
    """Return the finding: what it takes to measure the factor of a route, and what hangs on it."""
    what = f"that a lead on the route “{plan['route']}” keeps {say_share(plan['factor'], 0)} of its probability"
    if plan["leads"] is None:
        return f"It is assumed {what}; no hold-out of any size could tell that from another share here."
    text = (
        f"It is assumed {what}; to measure that to a fifth, {say_count(plan['leads'])} leads would have to take it at "
        f"random and as many be called, {say_decimal(plan['weeks'], 0)} weeks of all leads."
    )
    moved = [entry for entry in sensitivity["assumptions"] if entry["name"] == f"factor.{plan['route']}"]
    for entry in moved:
        cuts = entry["high"]["cuts"]
        text += (
            f" If it is a fifth more, calling begins to pay at {say_probability(cuts['sales'])} and nurturing at "
            f"{say_probability(cuts['discard'])}."
        )
    return text


@section("later", "As the leads grow older")
def show_transitions(results: dict[str, Any]) -> str:
    """Return how leads move between routes from one age to the next, and so how often to score again."""
    transitions = results["policy"]["transitions"]
    if not transitions["steps"]:
        return write_paragraph("The source knows each lead at one moment only: nothing can be said about later ones.")
    rows = []
    for step in transitions["steps"]:
        for origin in ("sales", "nurture", "discard"):
            moves = {move["to"]: move["leads"] for move in step["moves"] if move["from"] == origin}
            if moves:
                ages = f"{say_age(step['from_age'])} to {say_age(step['to_age'])}".capitalize()
                counts = [say_count(moves.get(target, 0)) for target in MOVES]
                rows.append([ages, MOVES[origin], say_count(sum(moves.values())), *counts])
    head = ["Age", "From", "Leads", *(f"To {name.lower()}" for name in MOVES.values())]
    caption = "How the test leads move between routes from one age to the next"
    note = (
        "Routes by the cuts without capacity, of the leads that may be called. Gone: decided by then, or too young for "
        "the outcome to be known. In the profits of this report every lead is routed once."
    )
    return (
        write_paragraph(say_crossings(transitions["nurtured"]))
        + write_details("All moves", write_table(head, rows, caption, texts=(1,)))
        + write_paragraph(note, "note")
    )


def say_crossings(nurtured: dict[str, Any]) -> str:
    """Return the finding: how many nurtured leads become worth a call, when, and how often to score."""
    seen, crossed = nurtured["seen_again"], nurtured["crossed"]
    if not crossed:
        return (
            f"None of the {say_count(seen)} nurtured leads that were scored again became worth a call: scoring them "
            "again brings nothing here."
        )
    # Who crossed between two ages is only known at the second.
    text = (
        f"Of {say_count(seen)} nurtured leads that were scored again {say_count(crossed)} "
        f"({say_share(nurtured['share'])}) became worth a call; of half of them that was first seen at "
        f"{say_age(nurtured['half_first_seen_at'])}, when between is not known. {say_count(nurtured['conversions'])} "
        f"converted. Calling them from then on instead of nurturing them on earns {say_gain(nurtured, 'profit')} more"
    )
    if nurtured["profit_low"] > 0:
        return f"{text}: score them again."
    if nurtured["profit_high"] < 0:
        return f"{text}: do not."
    return f"{text}: whether scoring them again pays cannot be told."
