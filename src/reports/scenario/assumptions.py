"""The parts of a scenario's report about what it assumes: what hangs on it, what would measure it, and time."""

from typing import Any

from src.reports.figures import BLUE, GREY, ORANGE, draw
from src.reports.fragments import section, write_details, write_list, write_paragraph, write_table
from src.reports.language import mark, say, say_plural
from src.reports.text import (
    MISSING,
    lower_first,
    say_age,
    say_amount,
    say_count,
    say_decimal,
    say_gain,
    say_names,
    say_price,
    say_probability,
    say_share,
    upper_first,
)

NAMES = {
    "value": mark("value of a conversion"),
    "cost.sales": mark("cost of a call"),
    "cost.nurture": mark("cost of nurturing"),
    "cost.discard": mark("cost of discarding"),
    "factor.nurture": mark("share that nurturing keeps"),
    "factor.discard": mark("share that discarding keeps"),
    "capacity": mark("number of calls a week"),
}

IN_SENTENCES = {
    "value": mark("the value of a conversion"),
    "cost.sales": mark("the cost of a call"),
    "cost.nurture": mark("the cost of nurturing"),
    "cost.discard": mark("the cost of discarding"),
    "factor.nurture": mark("the share that nurturing keeps"),
    "factor.discard": mark("the share that discarding keeps"),
    "capacity": mark("the number of calls a week"),
}

CUTS = {"sales": mark("probability from which calls pay"), "discard": mark("probability from which nurturing pays")}

SIDES = (("low", BLUE, "", mark("a fifth lower")), ("high", ORANGE, "//", mark("a fifth higher")))
"""How the bars of an assumption look that is lower or higher than assumed."""

MOVES = {"sales": mark("Worth a call"), "nurture": mark("Nurture"), "discard": mark("Discard"), "gone": mark("Gone")}


@section("sensitivity", "What hangs on each assumption")
def show_sensitivity(results: dict[str, Any]) -> str:
    """Return how cuts and profit move when each assumption is a fifth lower or higher."""
    sensitivity = results["policy"]["sensitivity"]
    entries = sensitivity["assumptions"]
    rows = [
        [f"{say(NAMES[entry['name']]).capitalize()}: {say_assumption(entry['name'], case['value'])}", *list_case(case)]
        for entry in entries
        for case in (entry["low"], entry["high"])
    ]
    head = [
        say("If it is"),
        say("Nurture from"),
        say("Worth a call from"),
        say("Calls that change"),
        say("Profit, routes kept"),
        say("Lost by that"),
    ]
    cuts = results["policy"]["cuts_without_limit"]
    # With a limit calls end elsewhere, which no assumption moves: what moves is who is called.
    sales = draw_changes(entries) if results["calls_per_week"] else draw_tornado(entries, "sales", cuts["sales"])
    pair = sales + draw_tornado(entries, "discard", cuts["discard"])
    note = say(
        "Each assumption that is not 0 a fifth lower and higher, the others as they are. Calls that "
        "change: leads called in one case only. Profit on the test leads, if the moved assumption is the "
        "true one and everybody takes the route chosen now."
    )
    return (
        write_paragraph(f"{say_cost_of_error(results['policy'])} {say_changes(results['policy'])}")
        + write_list(list_leverage(sensitivity))
        + f'<div class="pair">{pair}</div>'
        + write_table(head, rows, say("The cuts and the profit if one assumption is a fifth off"))
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
        return say("On these leads nothing is lost by keeping the routes if one assumption is a fifth off.")
    if case["profit"] <= 0:
        return say(
            "Keeping the routes although one assumption is a fifth off would have lost at most {lost} (if it is "
            "{name}).",
            lost=say_amount(lost),
            name=name,
        )
    return say(
        "Keeping the routes although one assumption is a fifth off would have lost at most {lost}, {share} of what "
        "could then be earned (if it is {name}).",
        lost=say_amount(lost),
        share=say_share(lost / case["profit"]),
        name=name,
    )


def say_changes(policy: dict[str, Any]) -> str:
    """Return how many calls change at most if one assumption is a fifth off."""
    name, case = max(list_cases(policy), key=lambda found: found[1]["calls_changed"])
    if not case["calls_changed"]:
        return say("Nobody would be called instead.")
    return say_plural(
        "At most {calls_changed} call would change (if it is {name}).",
        "At most {calls_changed} calls would change (if it is {name}).",
        case["calls_changed"],
        calls_changed=say_count(case["calls_changed"]),
        name=name,
    )


def list_cases(policy: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return each assumption in words with what follows if it is lower, and if it is higher."""
    entries = policy["sensitivity"]["assumptions"]
    return [(say(IN_SENTENCES[entry["name"]]), entry[side]) for entry in entries for side in ("low", "high")]


def list_leverage(sensitivity: dict[str, Any]) -> list[str]:
    """Return which assumption each cut depends on most, and how far it moves with it."""
    entries, sentences = {entry["name"]: entry for entry in sensitivity["assumptions"]}, []
    for cut, words in CUTS.items():
        names, word = sensitivity[f"most_for_{cut}"], say(words)
        if not names:
            sentences.append(say("Nothing moves the {word}.", word=word))
            continue
        low, high = sorted(entries[names[0]][side]["cuts"][cut] for side in ("low", "high"))
        values = {
            "word": word,
            "which": say_names([say(IN_SENTENCES[name]) for name in names]),
            "low": say_probability(low),
            "high": say_probability(high),
        }
        sentences.append(
            say("The {word} depends most on {which}: a fifth less or more moves it between {low} and {high}.", **values)
            if len(names) == 1
            else say(
                "The {word} depends most on these alike: {which}: a fifth less or more moves it between {low} and "
                "{high}.",
                **values,
            )
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
            style = {"color": colour, "hatch": hatch, "edgecolor": "white", "label": say(label)}
            axes.barh(range(len(ordered)), widths, left=now * 100, **style)
        axes.axvline(now * 100, color=GREY, linewidth=1)
        axes.set_yticks(range(len(ordered)), [say(NAMES[entry["name"]]) for entry in ordered])
        axes.set_xlabel({"sales": say("calls pay from (%)"), "discard": say("nurturing pays from (%)")}[cut])
        axes.grid(visible=False, axis="y")
        axes.set_axisbelow(True)
        axes.figure.legend(loc="outside upper center", ncols=2)

    widest = ordered[-1]
    ends = [say_probability(widest[side]["cuts"][cut]) for side in ("low", "high")]
    alternative = say(
        "The {cuts}, {now}, if each of {count_ordered} assumptions is a fifth lower or higher. "
        "{name} moves it most: to {low} if lower, to {high} if higher.",
        cuts=say(CUTS[cut]),
        now=say_probability(now),
        count_ordered=say_count(len(ordered)),
        name=upper_first(say(IN_SENTENCES[widest["name"]])),
        low=ends[0],
        high=ends[1],
    )
    return draw(alternative, plot, say("How far each assumption moves the {cuts}.", cuts=say(CUTS[cut])))


def draw_changes(entries: list[dict[str, Any]]) -> str:
    """Draw how many calls change with each assumption, to the left if it is lower, to the right if it is higher."""

    def count_changes(entry: dict[str, Any]) -> int:
        return max(entry[side]["calls_changed"] for side in ("low", "high"))

    ordered = sorted((entry for entry in entries if count_changes(entry)), key=count_changes)
    if not ordered:
        return ""

    def plot(axes: Any) -> None:
        for (side, colour, hatch, label), sign in zip(SIDES, (-1, 1), strict=True):
            style = {"color": colour, "hatch": hatch, "edgecolor": "white", "label": say(label)}
            axes.barh(range(len(ordered)), [sign * entry[side]["calls_changed"] for entry in ordered], **style)
        axes.axvline(0, color=GREY, linewidth=1)
        axes.set_yticks(range(len(ordered)), [say(NAMES[entry["name"]]) for entry in ordered])
        axes.set_xlabel(say("calls that change"))
        axes.xaxis.set_major_formatter(lambda value, _: say_count(abs(value)))
        axes.grid(visible=False, axis="y")
        axes.set_axisbelow(True)
        axes.figure.legend(loc="outside upper center", ncols=2)

    widest = ordered[-1]
    lower, higher = (say_count(widest[side]["calls_changed"]) for side in ("low", "high"))
    alternative = say(
        "How many calls change if each of {count_ordered} assumptions is a fifth lower or higher. Most "
        "do with {name}: {lower} if lower, {higher} if higher.",
        count_ordered=say_count(len(ordered)),
        name=say(IN_SENTENCES[widest["name"]]),
        lower=lower,
        higher=higher,
    )
    return draw(alternative, plot, say("How many calls each assumption changes, of those that can be made."))


@section("hold-outs", "What would tell us more")
def show_hold_outs(results: dict[str, Any]) -> str:
    """Return how large a random hold-out would have to be to measure what is assumed about the routes."""
    plans = sorted(results["policy"]["hold_outs"], key=lambda plan: plan["route"] != "nurture")
    rows = [
        [
            say(MOVES[plan["route"]]),
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
    head = [
        say("Route"),
        say("Assumed to keep"),
        say("To be told from"),
        say("Leads on it, and as many called"),
        say("Weeks, with all leads"),
    ]
    note = say(
        "What a route keeps of the probability is the rate on that route over the rate of the called, if "
        "chance decides who is on which. So many leads tell the assumed share from another in 80\xa0% of "
        "such trials, at 5\xa0% two-sided. A share of 0 cannot be a fifth larger: it is told from a fifth "
        "of what nurturing keeps. Cost: what so many leads routed at random are expected to earn less "
        "than by the cuts."
    )
    return (
        write_paragraph(say_plan(plans[0], results["policy"]["sensitivity"]))
        + write_table([*head, say("Expected cost")], rows, say("Random hold-outs that would measure what is assumed"))
        + write_paragraph(note, "note")
    )


def say_plan(plan: dict[str, Any], sensitivity: dict[str, Any]) -> str:
    """Return the finding: what it takes to measure the factor of a route, and what hangs on it."""
    what = say(
        "that a lead on the route “{route}” keeps {factor} of its probability",
        route=lower_first(say(MOVES[plan["route"]])),
        factor=say_share(plan["factor"], 0),
    )
    if plan["leads"] is None:
        return say("It is assumed {what}; no hold-out of any size could tell that from another share here.", what=what)
    text = say(
        "It is assumed {what}; to measure that to a fifth, {leads} leads would have to take it at random "
        "and as many be called, {weeks} weeks of all leads.",
        what=what,
        leads=say_count(plan["leads"]),
        weeks=say_decimal(plan["weeks"], 0),
    )
    moved = [entry for entry in sensitivity["assumptions"] if entry["name"] == f"factor.{plan['route']}"]
    for entry in moved:
        cuts = entry["high"]["cuts"]
        text += say(
            " If it is a fifth more, calling begins to pay at {sales} and nurturing at {discard}.",
            sales=say_probability(cuts["sales"]),
            discard=say_probability(cuts["discard"]),
        )
    return text


@section("later", "As the leads grow older")
def show_transitions(results: dict[str, Any]) -> str:
    """Return how leads move between routes from one age to the next, and so how often to score again."""
    transitions = results["policy"]["transitions"]
    if not transitions["steps"]:
        return write_paragraph(
            say("The source knows each lead at one moment only: nothing can be said about later ones.")
        )
    rows = []
    for step in transitions["steps"]:
        for origin in ("sales", "nurture", "discard"):
            moves = {move["to"]: move["leads"] for move in step["moves"] if move["from"] == origin}
            if moves:
                ages = say("{low} to {high}", low=say_age(step["from_age"]), high=say_age(step["to_age"])).capitalize()
                counts = [say_count(moves.get(target, 0)) for target in MOVES]
                rows.append([ages, say(MOVES[origin]), say_count(sum(moves.values())), *counts])
    head = [
        say("Age"),
        say("From"),
        say("Leads"),
        *(say("To {name}", name=say(name).lower()) for name in MOVES.values()),
    ]
    caption = say("How the test leads move between routes from one age to the next")
    note = say(
        "Routes by the cuts without capacity, of the leads that may be called. Gone: decided by then, or "
        "too young for the outcome to be known. In the profits of this report every lead is routed once."
    )
    return (
        write_paragraph(say_crossings(transitions["nurtured"]))
        + write_details(say("All moves"), write_table(head, rows, caption, texts=(1,), is_ordered=True))
        + write_paragraph(note, "note")
    )


def say_crossings(nurtured: dict[str, Any]) -> str:
    """Return the finding: how many nurtured leads become worth a call, when, and how often to score."""
    seen, crossed = nurtured["seen_again"], nurtured["crossed"]
    if not crossed:
        return say(
            "None of the {seen} nurtured leads that were scored again became worth a call: scoring them "
            "again brings nothing here.",
            seen=say_count(seen),
        )
    # Who crossed between two ages is only known at the second.
    text = say(
        "Of {seen} nurtured leads that were scored again {crossed} ({share}) became worth a call; of "
        "half of them that was first seen at {half_first_seen_at}, when between is not known. "
        "{conversions} converted. Calling them from then on instead of nurturing them on earns {profit} "
        "more",
        seen=say_count(seen),
        crossed=say_count(crossed),
        share=say_share(nurtured["share"]),
        half_first_seen_at=say_age(nurtured["half_first_seen_at"]),
        conversions=say_count(nurtured["conversions"]),
        profit=say_gain(nurtured, "profit"),
    )
    if nurtured["profit_low"] > 0:
        return say("{text}: score them again.", text=text)
    if nurtured["profit_high"] < 0:
        return say("{text}: do not.", text=text)
    return say("{text}: whether scoring them again pays cannot be told.", text=text)
