"""The parts of a scenario's report: each turns the results into one HTML fragment."""

from html import escape
from typing import Any

from IPython.display import HTML

from src.reports.figures import draw_calibration, draw_gains, draw_profit
from src.reports.text import (
    list_measures,
    say_age,
    say_amount,
    say_count,
    say_date,
    say_decimal,
    say_difference,
    say_leakage,
    say_price,
    say_probability,
    say_profit,
    say_quarantine,
    say_share,
    section,
    write_ages,
    write_list,
    write_not_applicable,
    write_paragraph,
    write_parts,
    write_table,
    write_verdict,
)

MODEL_PAGE = "model.html"
"""Beside the reports of the objective's scenarios."""


def show_verdict(results: dict[str, Any]) -> HTML:
    """Return title and verdict: where the cuts lie, what they earn, how sure that is."""
    title = f"<h1>{escape(results['scenario']['title'])}</h1>"
    if not results["is_applicable"]:
        return HTML(title + write_not_applicable(results, "no threshold can be chosen for this scenario"))
    difference = say_difference(results["policy"]["difference"], "The best simple rule", results["best_rule"])
    if results["policy"]["difference_unaided"]["baseline"] != results["policy"]["difference"]["baseline"]:
        unaided = results["policy"]["difference_unaided"], "The best that needs no probability", results["best_unaided"]
        difference += " " + say_difference(*unaided)
    verdict = write_verdict(say_cuts(results), f"{say_limit(results)}{say_earnings(results)} {difference}")
    count = len(results["alerts"])
    what = "one thing" if count == 1 else f"{count} things"
    link = f'<p class="note">Before you rely on it, read <a href="#basis">{what} about the data</a>.</p>'
    return HTML(title + verdict + (link if count else ""))


def say_cuts(results: dict[str, Any]) -> str:
    """Return what to do with a lead, by its probability.

    Under a capacity the cut is where calling begins to pay: `say_limit` says where it ends.
    """
    cuts = results["policy"]["cuts_without_limit"]
    sales, discard, capacity = cuts["sales"], cuts["discard"], results["scenario"]["capacity_per_week"]
    horizon = results["metrics"]["data"]["horizon_days"]
    within = f" within {horizon:g} days" if horizon else ""
    aim = f"whose probability of {results['objective']}{within}"
    if sales >= 1 and discard >= 1:
        return f"Spend nothing: no route pays, whatever the probability of {results['objective']}{within}."
    if sales >= 1:
        return f"Call nobody; nurture the leads {aim} is {say_probability(discard)} or more."
    whom = f"Each week call the {capacity} most probable of the leads" if capacity else "Call the leads"
    call = f"{whom} {aim} is {say_probability(sales)} or more"
    if discard >= sales:
        return f"{call}, and spend nothing on the others; nurturing never pays here."
    if discard <= 0:
        return f"{call}, and nurture all the others."
    return f"{call}, nurture the others from {say_probability(discard)}, and spend nothing on the rest."


def say_limit(results: dict[str, Any]) -> str:
    """Return where the calls of a usual week end, if the capacity ends them."""
    policy = results["policy"]
    if policy["cuts"]["sales"] <= policy["cuts_without_limit"]["sales"]:
        return ""
    return f"In a usual week the calls are used up at about {say_probability(policy['cuts']['sales'])}. "


def say_earnings(results: dict[str, Any]) -> str:
    test, data = results["policy"]["test"], results["metrics"]["data"]
    when = f" ({say_date(data['test_from'])} to {say_date(data['test_until'])})" if data["test_from"] else ""
    profit, interval = say_profit(test)
    return (
        f"Tried on the {say_count(test['leads'])} newest leads{when}, from which nothing was learned, each decided "
        f"{say_decision(results)}, this would have earned {profit} ({say_share(results['confidence'], 0)} interval "
        f"{interval}). It takes {say_count(test['contacts'])} calls and reaches "
        f"{say_count(test['conversions_reached'])} of the {say_count(test['conversions'])} leads that convert."
    )


def say_decision(results: dict[str, Any]) -> str:
    """Return when the decision falls, e.g. ``1 day after coming in``."""
    age = say_age(results["policy"]["decide_at"], results["metrics"]["data"]["is_dated"])
    return age if age.startswith("at ") else f"{age} after coming in"


@section("policies", "The policies side by side")
def show_policies(results: dict[str, Any]) -> str:
    """Return the policies side by side."""
    head = ["Policy", "Profit", f"{say_share(results['confidence'], 0)} interval", "Calls", "Nurtured"]
    head += ["Convert when called", "Conversions reached"]
    rows = [
        [
            row["policy"],
            *say_profit(row),
            say_count(row["contacts"]),
            say_count(row["routes"]["nurture"]),
            say_share(row["precision"]),
            say_share(row["recall"]),
        ]
        for row in results["rows"]
    ]
    marked = [number for number, row in enumerate(results["rows"]) if row["is_chosen"]]
    caption = f"What each policy would have earned on the {say_count(results['policy']['test']['leads'])} test leads"
    return write_table(head, rows, caption, marked) + write_paragraph(say_bounds(results), "note")


def say_bounds(results: dict[str, Any]) -> str:
    """Return what could have been earned at most: in hindsight and, if it is known, with the truth."""
    test = results["policy"]["test"]
    hindsight = say_amount(test["profit_in_hindsight"])
    text = (
        "The rules that call do with all others what paid more on the history, nurturing or nothing; the top shares "
        "use the same probability as the cuts. "
        f"With these probabilities the best pair of cuts, known only in hindsight, would have earned {hindsight}."
    )
    if "profit_of_truth" in test:
        truth = say_amount(test["profit_of_truth"])
        text += f" The true probabilities, which only made-up data can know, would have earned {truth}."
    return text


@section("cut", "Where the cut lies")
def show_thresholds(results: dict[str, Any]) -> str:
    """Return the threshold table and the profit curve."""
    head = ["Probability from", "Leads", "Share of leads", "Precision", "Recall", "F1", "Lift"]
    head += ["Earned if called", "Expected if called", "Expected if nurtured"]
    rows = [
        [
            say_probability(row.threshold),
            say_count(row.leads),
            say_share(row.share, 0),
            say_share(row.precision),
            say_share(row.recall),
            say_decimal(row.f1, 2),
            say_decimal(row.lift, 1),
            say_amount(row.profit_sales),
            say_amount(row.expected_profit_sales),
            say_amount(row.expected_profit_nurture),
        ]
        for row in results["thresholds"].itertuples()
    ]
    curve, cut = results["curve"], results["policy"]["cuts"]["sales"]
    marked = [] if curve["cut_row"] is None else [curve["cut_row"]]
    caption = "What lies above each threshold, on the test leads" + (
        f" (marked: the last row above the sales cut, {say_probability(cut)})" if marked else ""
    )
    legend = (
        "Precision: how many of these leads convert. Recall: how many of all conversions are among them. F1: the "
        "harmonic mean of the two. Lift: how many times as often they convert as the average lead. Expected: what the "
        "probabilities promise."
    )
    figure = draw_profit(results["thresholds"], curve, cut)
    return figure + write_table(head, rows, caption, marked) + write_paragraph(legend, "note")


@section("probabilities", "Can the probabilities be believed?")
def show_probabilities(results: dict[str, Any]) -> str:
    """Return how good the probabilities are: figures, calibration, gains, by age and kind of metric."""
    metrics = results["metrics"]
    figures = draw_calibration(results["calibration"]) + draw_gains(results["gains"], results["reached_at_fifth"])
    pair = f'<div class="pair">{figures}</div>'
    leakage = write_paragraph(say_leakage(metrics), "note") if metrics["leakage"] else ""
    more = f'<p>More on the model stands in <a href="{MODEL_PAGE}">its own report</a>.</p>'
    return write_list(list_measures(metrics)) + pair + write_ages(metrics) + write_parts(metrics) + leakage + more


@section("basis", "What this rests on")
def show_caveats(results: dict[str, Any]) -> str:
    """Return what the figures rest on: what to be wary of, assumptions, what was left out."""
    return write_list([*results["alerts"], *list_assumptions(results), *list_exclusions(results)])


def list_assumptions(results: dict[str, Any]) -> list[str]:
    scenario = results["scenario"]
    cost, factor = scenario["cost"], scenario["factor"]
    sentences = [
        f"A conversion is worth {say_price(scenario['value'])}. A call costs {say_price(cost['sales'])}, nurturing a "
        f"lead {say_price(cost['nurture'])}, discarding it {say_price(cost['discard'])}.",
        f"Assumed, not measured: a nurtured lead keeps {say_share(factor['nurture'], 0)} of its probability, a "
        f"discarded one {say_share(factor['discard'], 0)}; and every lead of the history was worked on by sales.",
        "Intervals say how these figures would differ with other test leads, the model being what it is.",
        "The scored leads are all that are still open, of every age; who of them was called already is not known.",
    ]
    if scenario["capacity_per_week"]:
        sentences.append(
            "The calls of a week are taken to be made once all its leads are known. Who calls them as they come in, "
            "by the probability at which a usual week ends, earns less."
        )
    if scenario["capacity_per_week"] and not results["metrics"]["data"]["is_dated"]:
        sentences.append("Without dates there are no weeks: each hundred leads in their order stand in for one.")
    return sentences


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


@section("again", "Make it again")
def show_reproduction(results: dict[str, Any]) -> str:
    """Return how to make this report again."""
    text = (
        f"Source “{results['source']}”, scenario “{results['name']}” in params.yaml. Change a value there and run "
        "“dvc repro”: what depends on it is made again."
    )
    return write_paragraph(text)
