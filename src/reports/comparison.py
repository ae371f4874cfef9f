"""The parts of the report across scenarios and objectives: each turns the results into one HTML fragment."""

from html import escape
from typing import Any

from IPython.display import HTML

from src.reports.figures import BLUE, ORANGE, draw
from src.reports.objectives import list_findings
from src.reports.render import COMPARED_TITLE
from src.reports.results import name_objective
from src.reports.scenarios import (
    find_cuts_felt,
    list_verdict,
    say_best_rule,
    say_cut,
    say_truth,
    take_applicable,
    write_profits,
    write_scenarios,
)
from src.reports.text import (
    say_amount,
    say_count,
    say_gain,
    say_names,
    say_share,
    section,
    write_list,
    write_paragraph,
    write_reproduction,
    write_table,
    write_verdict,
)

NEARLY = 0.95
"""Share of the highest profit of calling that is as good as all of it."""


def show_verdict(results: dict[str, Any]) -> HTML:
    """Return title and verdict: where the two cuts hold against simple rules, and how much the scenario matters."""
    title = f"<h1>{COMPARED_TITLE}</h1>"
    if not results["is_applicable"]:
        nothing = f"The source “{results['source']}” knows the objective of no scenario."
        return HTML(title + write_verdict("Not applicable.", nothing))
    first, *rest = list_verdict(take_applicable(results))
    verdict = write_verdict(first, " ".join([*rest, *list_choice(results)]))
    return HTML(title + verdict + '<p class="note">All reports: <a href="index.html">the landing page</a>.</p>')


def list_choice(results: dict[str, Any]) -> list[str]:
    """Return how much depends on which scenario is one's own."""
    if not results["moves"] or not results["moves"][0]["changed"]:
        return []
    most = results["moves"][0]
    share, where = say_share(most["changed"] / most["leads"], 0), name_pair(results, most)
    return [f"Which scenario is yours matters: {share} of the same leads take another route in {where}."]


def name_pair(results: dict[str, Any], move: dict[str, Any], between: str = " than in ") -> str:
    first, second = (results["scenarios"][move[place]]["label"] for place in ("first", "second"))
    return f"“{second}”{between}“{first}”"


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
    kept = [f"{say_count(leads)} leads in “{label}”" for label, leads in barred.items() if leads]
    return f"Conditions keep {say_names(kept)} from a route, whatever the probability." if kept else ""


def say_waiting(scenarios: dict[str, dict[str, Any]]) -> str:
    """Return what it costs not to wait for the end of the week, where calls are limited."""
    costs = [
        f"{say_gain(entry['policy']['alternatives']['as_they_come_best'], 'chosen_more')} in “{entry['label']}”"
        for entry in scenarios.values()
        if entry["capacity"] and "as_they_come_best" in entry["policy"]["alternatives"]
    ]
    if not costs:
        return ""
    text = (
        "Where calls are limited these profits are of the best calls of each week, chosen when all its leads are "
        f"known. Calling them as they come instead, from a higher cut, would have cost {say_names(costs)}."
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
                say_cut(policy, "sales"),
                say_cut(policy, "discard") if is_nurtured else "never",
                f"{say_count(test['contacts'])} of {say_count(test['leads'])}",
                say_count(test["routes"]["nurture"]),
                f"{say_share(test['recall'])} "
                f"({say_count(test['conversions_reached'])} of {say_count(test['conversions'])})",
                say_share(test["precision"]),
            ]
        )
    head = ["Scenario", "Calls pay from, or end at", "Nurture from", "Calls", "Nurtured", "Recall", "Precision"]
    caption = "The cuts of each scenario, and whom they send where; two figures: by the lead’s value or the team"
    return write_table(head, rows, caption)


@section("routes", "The same leads under other scenarios")
def show_routes(results: dict[str, Any]) -> str:
    """Return how many leads change route between two scenarios, and which cut moves most."""
    if not results["moves"]:
        return write_paragraph("No two scenarios decide on the same leads: they differ in objective or in age.")
    rows = [list_move(results, move) for move in results["moves"]]
    head = ["Scenarios", "Take another route", "Share", "One alone closes a route", "Cross the sales cut"]
    head += ["Cross the discard cut"]
    note = (
        "Compared are scenarios of one objective that decide at the same age. Closed: eligibility differs, whatever "
        "the probability. Of the others, who is called in one alone crosses the sales cut, who is left alone in one "
        "alone the discard cut; capacity and values move the cuts too."
    )
    table = write_table(head, rows, "Leads that take another route, each pair of scenarios")
    findings = [say_move(results, move) for move in take_first_by_objective(results)]
    return write_list(findings) + table + write_paragraph(note, "note")


def take_first_by_objective(results: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the pair of scenarios with the most changes of each objective."""
    first: dict[str, dict[str, Any]] = {}
    for move in results["moves"]:
        first.setdefault(results["scenarios"][move["first"]]["objective"], move)
    return list(first.values())


def say_move(results: dict[str, Any], move: dict[str, Any]) -> str:
    """Return the finding of a pair: how many leads, why, and over which cut."""
    if not move["changed"]:
        return f"No lead takes another route in {name_pair(results, move)}."
    share = f"{say_count(move['changed'])} of {say_count(move['leads'])} leads"
    sentence = f"{share} take another route in {name_pair(results, move)}"
    if move["closed"]:
        sentence += f", {say_count(move['closed'])} of them because one of the two closes a route to them"
    if move["most"] is None:
        return f"{sentence}."
    crossing = say_count(move[move["most"]])
    return f"{sentence}. Of the two cuts it is the {move['most']} cut that moves most: {crossing} cross it."


def list_move(results: dict[str, Any], move: dict[str, Any]) -> list[str]:
    first, second = (results["scenarios"][move[place]]["label"] for place in ("first", "second"))
    return [
        f"{first} → {second}",
        f"{say_count(move['changed'])} of {say_count(move['leads'])}",
        say_share(move["changed"] / move["leads"]),
        say_count(move["closed"]),
        say_count(move["sales"]) + (" (most)" if move["most"] == "sales" else ""),
        say_count(move["discard"]) + (" (most)" if move["most"] == "discard" else ""),
    ]


@section("objectives", "Good for one objective, bad for another")
def show_objectives(results: dict[str, Any]) -> str:
    """Return how far the leads that are good for each pair of objectives are the same."""
    if not results["pairs"]:
        return write_paragraph("There are no two objectives whose leads can be compared.")
    return "".join(write_pair(pair, results["confidence"]) for pair in results["pairs"])


def write_pair(pair: dict[str, Any], confidence: float) -> str:
    names = dict(zip(("first", "second"), map(name_objective, pair["objectives"]), strict=True))
    links = " and ".join(
        f'<a href="{escape(objective, quote=True)}/model.html#objectives">{escape(names[place])}</a>'
        for place, objective in zip(names, pair["objectives"], strict=True)
    )
    more = f"<p>Which leads are farthest apart stands in the reports on the models of {links}.</p>"
    return write_list([*list_findings(pair, names, confidence), say_groups(pair, names)]) + more


def say_groups(pair: dict[str, Any], names: dict[str, str]) -> str:
    """Return what became of the leads that are good for one objective alone."""
    ended = [
        f"of those good for {names[place]} alone {say_share(pair['table'][place]['converts_first'])} ended in "
        f"{names['first']} and {say_share(pair['table'][place]['converts_second'])} in {names['second']}"
        for place in ("first", "second")
    ]
    both, neither = (pair["table"][group] for group in ("both", "neither"))
    return (
        f"What became of them: {'; '.join(ended)}. Of those good for both it was {say_share(both['converts_first'])} "
        f"and {say_share(both['converts_second'])}, of the {say_count(neither['leads'])} good for neither "
        f"{say_share(neither['converts_first'])} and {say_share(neither['converts_second'])}."
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
    note = (
        "Line: what the test leads would have earned if every lead above a threshold were called, the most probable "
        "first. Dot: what the two cuts earned, with nurturing, values and limits as they are. Where conditions keep "
        "leads from calls, shares are of those that may be called. Scenarios of one objective have one scale."
    )
    return write_paragraph(say_reach(scenarios)) + f'<div class="pair">{figures}</div>' + write_paragraph(note, "note")


def say_reach(scenarios: dict[str, dict[str, Any]]) -> str:
    """Return how few calls earn nearly all that calling can, in the scenarios where it is the fewest and the most."""
    shares = {entry["label"]: find_reach(entry) for entry in scenarios.values()}
    ends = dict.fromkeys([min(shares, key=shares.__getitem__), max(shares, key=shares.__getitem__)])
    reached = [f"{say_share(shares[label], 0)} of the leads called in “{label}”" for label in ends]
    return (
        f"If the others were left alone and calls had no limit, {say_share(NEARLY, 0)} of the most that calling could "
        f"have earned was reached with {say_names(reached)}."
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
        axes.plot(table["share"] * 100, table["profit_sales"], color=BLUE, label="calling alone")
        axes.plot([called * 100], [test["profit"]], "o", color=ORANGE, markersize=9, label="the two cuts")
        low, high = ends
        room = (high - low) * 0.08 or 1.0
        axes.set(xlim=(0, 102), ylim=(low - (room if low < 0 else 0), high + room))
        axes.set(xlabel="leads called, the most probable first (%)", ylabel="profit (€)")
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.legend(loc="lower right")

    alternative = (
        f"{entry['label']}: profit against the share of leads called. Calling alone earns most, "
        f"{say_amount(peak['profit_sales'])}, with {say_share(peak['share'], 0)} called; the two cuts call "
        f"{say_share(called, 0)} and earn {say_amount(test['profit'])}."
    )
    return draw(alternative, plot, f"{entry['label']} ({name_objective(entry['objective'])})")


@section("basis", "What this rests on")
def show_caveats(results: dict[str, Any]) -> str:
    """Return what to be wary of when scenarios are compared."""
    sentences = [
        "Scenarios differ in what is assumed, not in what is known: all are tried on the newest leads, from which "
        "nothing was learned, with the probabilities of the same model for each objective.",
        "What a route does to the probability is an assumption of each scenario; its report says which one and how "
        "far the cuts depend on it.",
        "Intervals say how the figures would differ with other test leads. Those of two scenarios are of the same "
        "leads, so that they may overlap although one is surely ahead.",
    ]
    return write_list([*results["alerts"], *sentences])


@section("again", "Make it again")
def show_reproduction(results: dict[str, Any]) -> str:
    """Return how to make this report again."""
    return write_reproduction(results["source"], "all scenarios of params.yaml. Add a scenario there, or change one,")
