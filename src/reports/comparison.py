"""The parts of the report across scenarios and objectives: each turns the results into one HTML fragment."""

from html import escape
from typing import Any

from IPython.display import HTML

from src.reports.figures import BLUE, ORANGE, draw, write_whole_ticks
from src.reports.fragments import section, write_list, write_paragraph, write_reproduction, write_table, write_verdict
from src.reports.language import say, say_plural
from src.reports.objectives import list_findings
from src.reports.render import COMPARED_TITLE
from src.reports.results import name_objective
from src.reports.scenarios import (
    find_cuts_felt,
    list_verdict,
    say_best_rule,
    say_cut,
    say_end,
    say_truth,
    say_worth,
    take_applicable,
    write_profits,
    write_scenarios,
)
from src.reports.text import say_amount, say_count, say_gain, say_leads, say_names, say_share

NEARLY = 0.95
"""Share of the highest profit of calling that is as good as all of it."""


def show_verdict(results: dict[str, Any]) -> HTML:
    """Return title and verdict: where the two cuts hold against simple rules, and how much the scenario matters."""
    title = f"<h1>{say(COMPARED_TITLE)}</h1>"
    if not results["is_applicable"]:
        nothing = say("The source “{source}” knows the objective of no scenario.", source=results["source"])
        return HTML(title + write_verdict(say("Not applicable."), nothing))
    first, *rest = list_verdict(take_applicable(results))
    verdict = write_verdict(first, " ".join([*rest, *list_choice(results)]))
    return HTML(
        title + verdict + ('<p class="note">' + say('All reports: <a href="index.html">the landing page</a>.') + "</p>")
    )


def list_choice(results: dict[str, Any]) -> list[str]:
    """Return how much depends on which scenario is one's own."""
    if not results["moves"] or not results["moves"][0]["changed"]:
        return []
    most = results["moves"][0]
    return [
        say(
            "Which scenario is yours matters: {share} of the same leads take another route in “{second}” than in "
            "“{first}”.",
            share=say_share(most["changed"] / most["leads"], 0),
            **name_pair(results, most),
        )
    ]


def name_pair(results: dict[str, Any], move: dict[str, Any]) -> dict[str, str]:
    return {place: results["scenarios"][move[place]]["label"] for place in ("first", "second")}


@section("scenarios", "Scenario by scenario")
def show_scenarios(results: dict[str, Any]) -> str:
    """Return the verdict on each scenario in a line, and their volumes and profits side by side."""
    tables = write_volumes(results) + write_profits(results)
    notes = [say_best_rule(), say_barred(take_applicable(results)), say_truth(results)]
    note = write_paragraph(" ".join(filter(None, notes)), "note")
    return write_scenarios(results) + tables + note + say_waiting(take_applicable(results))


def say_barred(scenarios: dict[str, dict[str, Any]]) -> str:
    """Return how many leads the conditions of each scenario keep from a route, if any do."""
    barred = {entry["label"]: entry["policy"]["eligibility"]["leads"] for entry in scenarios.values()}
    kept = [
        say("{leads} in “{label}”", leads=say_leads(leads), label=label) for label, leads in barred.items() if leads
    ]
    return say("Conditions keep {kept} from a route, whatever the probability.", kept=say_names(kept)) if kept else ""


def say_waiting(scenarios: dict[str, dict[str, Any]]) -> str:
    """Return what it costs not to wait for the end of the week, where calls are limited."""
    costs = [
        say(
            "{chosen_more} in “{label}”",
            chosen_more=say_gain(entry["policy"]["alternatives"]["as_they_come_best"], "chosen_more"),
            label=entry["label"],
        )
        for entry in scenarios.values()
        if entry["capacity"] and "as_they_come_best" in entry["policy"]["alternatives"]
    ]
    if not costs:
        return ""
    text = say(
        "Where calls are limited these profits are of the best calls of each week, chosen when all its "
        "leads are known. Calling them as they come instead, from a higher cut, would have cost {costs}.",
        costs=say_names(costs),
    )
    return write_paragraph(text)


def write_volumes(results: dict[str, Any]) -> str:
    """Return one row a scenario: its cuts, and how many leads are called and how many convert."""
    rows = []
    for entry in take_applicable(results).values():
        policy, test = entry["policy"], entry["policy"]["test"]
        is_nurtured = find_cuts_felt(policy, "discard")[0] < find_cuts_felt(policy, "sales")[0]
        rows.append(
            [
                entry["label"],
                say_worth(policy),
                say_end(policy),
                say_cut(policy, "discard") if is_nurtured else say("never"),
                say("{contacts} of {leads}", contacts=say_count(test["contacts"]), leads=say_count(test["leads"])),
                say_count(test["routes"]["nurture"]),
                say(
                    "{recall} ({conversions_reached} of {conversions})",
                    recall=say_share(test["recall"]),
                    conversions_reached=say_count(test["conversions_reached"]),
                    conversions=say_count(test["conversions"]),
                ),
                say_share(test["precision"]),
            ]
        )
    head = [
        say("Scenario"),
        say("Worth a call from"),
        say("Calls end at, in a usual week"),
        say("Nurture from"),
        say("Calls"),
        say("Nurtured"),
        say("Recall"),
        say("Precision"),
    ]
    caption = say("The cuts of each scenario, and whom they send where; two figures: by the lead’s value or the team")
    return write_table(head, rows, caption)


@section("routes", "The same leads under other scenarios")
def show_routes(results: dict[str, Any]) -> str:
    """Return how many leads change route between two scenarios, and which cut moves most."""
    if not results["moves"]:
        return write_paragraph(say("No two scenarios decide on the same leads: they differ in objective or in age."))
    rows = [list_move(results, move) for move in results["moves"]]
    head = [
        say("Scenarios"),
        say("Take another route"),
        say("Share"),
        say("One alone closes a route"),
        say("Called in one alone"),
    ]
    head += [say("Discarded in one alone")]
    note = say(
        "Compared are scenarios of one objective that decide at the same age. Closed: eligibility "
        "differs, whatever the probability. The last two columns are of the others, whom cuts, values "
        "and capacity move: who is called in one and discarded in the other counts in both."
    )
    table = write_table(head, rows, say("Leads that take another route, each pair of scenarios"))
    findings = [say_move(results, move) for move in take_first_by_objective(results)]
    return write_list(findings) + table + write_paragraph(note, "note")


def take_first_by_objective(results: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the pair of scenarios with the most changes of each objective."""
    first: dict[str, dict[str, Any]] = {}
    for move in results["moves"]:
        first.setdefault(results["scenarios"][move["first"]]["objective"], move)
    return list(first.values())


def say_move(results: dict[str, Any], move: dict[str, Any]) -> str:
    """Return the finding of a pair: how many leads, why, and into which route."""
    names = name_pair(results, move)
    if not move["changed"]:
        return say("No lead takes another route in “{second}” than in “{first}”.", **names)
    sentence = say_plural(
        "{changed} of {leads} leads takes another route in “{second}” than in “{first}”{closed}.",
        "{changed} of {leads} leads take another route in “{second}” than in “{first}”{closed}.",
        move["changed"],
        changed=say_count(move["changed"]),
        leads=say_count(move["leads"]),
        closed=say_closed(move["closed"]),
        **names,
    )
    if move["most"] is None:
        return sentence
    sales, discard = (say_count(move[name]) for name in ("sales", "discard"))
    return f"{sentence} " + (
        say(
            "More are called in one alone ({sales}) than discarded in one alone ({discard}).",
            sales=sales,
            discard=discard,
        )
        if move["most"] == "sales"
        else say(
            "More are discarded in one alone ({discard}) than called in one alone ({sales}).",
            sales=sales,
            discard=discard,
        )
    )


def say_closed(count: int) -> str:
    """Return how many of the leads of a pair move because one of the two scenarios closes a route to them."""
    return say(", {count} of them because one of the two closes a route", count=say_count(count)) if count else ""


def list_move(results: dict[str, Any], move: dict[str, Any]) -> list[str]:
    first, second = (results["scenarios"][move[place]]["label"] for place in ("first", "second"))
    return [
        f"{first} → {second}",
        say("{changed} of {leads}", changed=say_count(move["changed"]), leads=say_count(move["leads"])),
        say_share(move["changed"] / move["leads"]),
        say_count(move["closed"]),
        say_count(move["sales"]) + (say(" (most)") if move["most"] == "sales" else ""),
        say_count(move["discard"]) + (say(" (most)") if move["most"] == "discard" else ""),
    ]


@section("objectives", "Good for one objective, bad for another")
def show_objectives(results: dict[str, Any]) -> str:
    """Return how far the leads that are good for each pair of objectives are the same."""
    if not results["pairs"]:
        return write_paragraph(say("There are no two objectives whose leads can be compared."))
    return "".join(write_pair(pair, results["confidence"]) for pair in results["pairs"])


def write_pair(pair: dict[str, Any], confidence: float) -> str:
    names = dict(zip(("first", "second"), map(name_objective, pair["objectives"]), strict=True))
    links = say_names(
        [
            f'<a href="{escape(objective, quote=True)}/model.html#objectives">{escape(names[place])}</a>'
            for place, objective in zip(names, pair["objectives"], strict=True)
        ]
    )
    more = (
        "<p>"
        + say("Which leads are farthest apart stands in the reports on the models of {links}.", links=links)
        + "</p>"
    )
    return write_list([*list_findings(pair, names, confidence), say_groups(pair, names)]) + more


def say_groups(pair: dict[str, Any], names: dict[str, str]) -> str:
    """Return what became of the leads that are good for one objective alone."""
    ended = [
        say(
            "of those good for {names} alone {converts_first} ended in {first} and {converts_second} in {second}",
            names=names[place],
            converts_first=say_share(pair["table"][place]["converts_first"]),
            first=names["first"],
            converts_second=say_share(pair["table"][place]["converts_second"]),
            second=names["second"],
        )
        for place in ("first", "second")
    ]
    both, neither = (pair["table"][group] for group in ("both", "neither"))
    return say(
        "What became of them: {ended}. Of those good for both it was {converts_first} and "
        "{converts_second}, of the {leads} good for neither {neither_converts_first} and "
        "{neither_converts_second}.",
        ended="; ".join(ended),
        converts_first=say_share(both["converts_first"]),
        converts_second=say_share(both["converts_second"]),
        leads=say_count(neither["leads"]),
        neither_converts_first=say_share(neither["converts_first"]),
        neither_converts_second=say_share(neither["converts_second"]),
    )


@section("profit", "Profit by how many are called")
def show_profit(results: dict[str, Any]) -> str:
    """Return the profit curve of each scenario, those of one objective on one scale."""
    scenarios = take_applicable(results)
    ends: dict[str, tuple[float, float]] = {}
    for entry in scenarios.values():
        low, high = ends.get(entry["objective"], (0.0, 0.0))
        earned = [*entry["thresholds"]["profit_sales"], entry["policy"]["test"]["profit"]]
        ends[entry["objective"]] = min(low, *earned), max(high, *earned)
    figures = "".join(draw_scenario(entry, ends[entry["objective"]]) for entry in scenarios.values())
    note = say(
        "Line: what the test leads would have earned if every lead above a threshold were called, the "
        "most probable first. Dot: what the two cuts earned, with nurturing, values and limits as they "
        "are. Where conditions keep leads from calls, shares are of those that may be called. Scenarios "
        "of one objective have one scale."
    )
    return write_paragraph(say_reach(scenarios)) + f'<div class="pair">{figures}</div>' + write_paragraph(note, "note")


def say_reach(scenarios: dict[str, dict[str, Any]]) -> str:
    """Return how few calls earn nearly all that calling can, in the scenarios where it is the fewest and the most."""
    shares = {entry["label"]: find_reach(entry) for entry in scenarios.values()}
    ends = dict.fromkeys([min(shares, key=shares.__getitem__), max(shares, key=shares.__getitem__)])
    reached = [
        say("{shares} of the leads called in “{label}”", shares=say_share(shares[label], 0), label=label)
        for label in ends
    ]
    return say(
        "If the others were left alone and calls had no limit, {nearly} of the most that calling could "
        "have earned was reached with {reached}.",
        nearly=say_share(NEARLY, 0),
        reached=say_names(reached),
    )


def find_reach(entry: dict[str, Any]) -> float:
    """Return the smallest share of the leads whose calls earn nearly as much as calling can.

    Where calling most earns lies somewhere on a flat top, and chance alone says where.
    """
    table, most = entry["thresholds"], find_peak(entry)["profit_sales"]
    return float(table.loc[table["profit_sales"] >= most - (1 - NEARLY) * abs(most), "share"].min())


def find_peak(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the row of the threshold table at which calling earns most."""
    table = entry["thresholds"]
    return table.loc[table["profit_sales"].idxmax()].to_dict()


def draw_scenario(entry: dict[str, Any], ends: tuple[float, float]) -> str:
    """Draw one scenario's profit of calling, and its two cuts as a dot, between the `ends` of the profit axis."""
    table, test, peak = entry["thresholds"], entry["policy"]["test"], find_peak(entry)
    callable_leads = int(table["leads"].iloc[-1])
    called = test["contacts"] / callable_leads

    def plot(axes: Any) -> None:
        axes.plot(table["share"] * 100, table["profit_sales"], color=BLUE, label=say("calling alone"))
        axes.plot([called * 100], [test["profit"]], "o", color=ORANGE, markersize=9, label=say("the two cuts"))
        low, high = ends
        room = (high - low) * 0.08 or 1.0
        axes.set(xlim=(0, 102), ylim=(low - (room if low < 0 else 0), high + room))
        axes.set(xlabel=say("leads called, the most probable first (%)"), ylabel=say("profit (€)"))
        write_whole_ticks(axes.yaxis)
        axes.legend(loc="lower right")

    alternative = say(
        "{label}: profit against the share of leads called. Calling alone earns most, {profit_sales}, "
        "with {share} called; the two cuts call {called} and earn {profit}.",
        label=entry["label"],
        profit_sales=say_amount(peak["profit_sales"]),
        share=say_share(peak["share"], 0),
        called=say_share(called, 0),
        profit=say_amount(test["profit"]),
    )
    return draw(alternative, plot, f"{entry['label']} ({name_objective(entry['objective'])})")


@section("basis", "What this rests on")
def show_caveats(results: dict[str, Any]) -> str:
    """Return what to be wary of when scenarios are compared."""
    sentences = [
        say(
            "Scenarios differ in what is assumed, not in what is known: all are tried on the newest leads, "
            "from which nothing was learned, with the probabilities of the same model for each objective."
        ),
        say(
            "What a route does to the probability is an assumption of each scenario; its report says which "
            "one and how far the cuts depend on it."
        ),
        say(
            "Intervals say how the figures would differ with other test leads. Those of two scenarios are of "
            "the same leads, so that they may overlap although one is surely ahead."
        ),
    ]
    return write_list([*results["alerts"], *sentences])


@section("again", "Make it again")
def show_reproduction(results: dict[str, Any]) -> str:
    """Return how to make this report again."""
    change = say("all scenarios of params.yaml. Add a scenario there, or change one,")
    return write_reproduction(results["source"], change)
