"""The frame of a scenario's report: verdict, thresholds, probabilities, what it rests on.

Each part turns the results into one HTML fragment; the others stand in `policies`, `benefit`, `weeks`,
`people` and `assumptions`.
"""

from html import escape
from typing import Any

from IPython.display import HTML

from src.reports.figures import draw_calibration, draw_gains, draw_lift, draw_profit, draw_volumes
from src.reports.results import can_call
from src.reports.text import (
    has_varying_values,
    list_measures,
    say_amount,
    say_condition,
    say_count,
    say_date,
    say_decimal,
    say_decision,
    say_difference,
    say_gain,
    say_leads,
    say_leakage,
    say_names,
    say_price,
    say_probability,
    say_profit,
    say_share,
    section,
    write_ages,
    write_list,
    write_not_applicable,
    write_paragraph,
    write_parts,
    write_reproduction,
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
    difference, unaided = (results["policy"][f"difference{kind}"] for kind in ("", "_unaided"))
    compared = [say_difference(difference, "The best simple rule", results["best_rule"])]
    if unaided["baseline"] != difference["baseline"]:
        compared.append(say_difference(unaided, "The best that ranks by no probability", results["best_unaided"]))
    found = [say_limit(results), say_alone(results), say_earnings(results), *compared, say_waiting(results)]
    verdict = write_verdict(say_cuts(results), " ".join(filter(None, found)))
    count = len(results["alerts"])
    what = "one thing" if count == 1 else f"{count} things"
    link = f'<p class="note">Before you rely on it, read <a href="#basis">{what} about the data</a>.</p>'
    return HTML(title + verdict + (link if count else ""))


def say_cuts(results: dict[str, Any]) -> str:
    """Return what to do with a lead, by its probability.

    Under a capacity the cut is where calling begins to pay: `say_limit` says where it ends. Where values
    vary the cuts of the other classes stand in brackets.
    """
    policy, cuts = results["policy"], results["policy"]["cuts_without_limit"]
    if not can_call(policy):
        nurtured = f"; nurture from {say_level(policy, 'discard')}" if policy["test"]["routes"]["nurture"] else ""
        return f"Call nobody: no lead of the test may be called{nurtured}."
    classes = [cuts, *policy["cuts_by_value"][1:]]
    sales, discard = (min(cut[name] for cut in classes) for name in ("sales", "discard"))
    horizon = results["metrics"]["data"]["horizon_days"]
    within = f" within {horizon:g} days" if horizon else ""
    aim = f"whose probability of {results['objective']}{within}"
    if sales >= 1 and discard >= 1:
        return f"Spend nothing: no route pays, whatever the probability of {results['objective']}{within}."
    if sales >= 1:
        return f"Call nobody; nurture the leads {aim} is {say_level(policy, 'discard')} or more."
    call = f"{say_whom(results)} {aim} is {say_level(policy, 'sales')} or more"
    if discard >= sales:
        return f"{call}, and spend nothing on the others; nurturing never pays here."
    if cuts["discard"] <= 0:
        return f"{call}, and nurture all the others."
    return f"{call}, nurture the others from {say_level(policy, 'discard')}, and spend nothing on the rest."


def say_level(policy: dict[str, Any], cut: str) -> str:
    """Return a cut at the default value, and those of other values: ``12 % (8.5 % with …)``."""
    level = say_probability(policy["cuts_without_limit"][cut])
    others = [
        f"{say_probability(entry[cut])} with {say_condition(entry['when'])}" for entry in policy["cuts_by_value"][1:]
    ]
    return f"{level} ({'; '.join(others)})" if others else level


def say_whom(results: dict[str, Any]) -> str:
    """Return of whom as many are called as there are calls, of one team or of several."""
    calls, policy = results["calls_per_week"], results["policy"]
    if not calls:
        return "Call the leads"
    teams = policy["capacity"]["teams"]
    if len(teams) == 1 and len(policy["cuts_by_value"]) == 1:
        return f"Each week call the {calls} most probable of the leads"
    parts = [f"{count:.0f} {'others' if team == 'other' else team}" for team, count in teams.items()]
    of_teams = f" ({', '.join(parts)})" if len(teams) > 1 else ""
    return f"Each week make the {calls} calls{of_teams} that add most, to leads"


def say_limit(results: dict[str, Any]) -> str:
    """Return where the calls of a usual week end, if the capacity ends them."""
    policy = results["policy"]
    begins, by_team = policy["cuts_without_limit"]["sales"], policy["cuts_by_team"]
    ends = [
        say_probability(found["sales"]) + ("" if len(by_team) == 1 else f" ({'others' if team == 'other' else team})")
        for team, found in by_team.items()
        if found["sales"] > begins
    ]
    whose = ", for a lead of the default value" if has_varying_values(policy) else ""
    return f"In a usual week the calls end at {say_names(ends)}{whose}." if ends else ""


def say_alone(results: dict[str, Any]) -> str:
    """Return from where leads are called that may not be nurtured, if that is not where the others are."""
    alone, sales = results["alone"], results["policy"]["cuts_without_limit"]["sales"]
    if not alone["leads"] or say_probability(alone["cut"]) == say_probability(sales):
        return ""
    whose = ", at the default value" if has_varying_values(results["policy"]) else ""
    cut = f"{say_probability(alone['cut'])} on{whose}"
    return f"For the {say_leads(alone['leads'])} that may be called but not nurtured, calls pay from {cut}."


def say_waiting(results: dict[str, Any]) -> str:
    """Return that under a capacity the profit is of calls chosen when the week is known, and what it is without."""
    figures = results["policy"]["alternatives"].get("as_they_come_best")
    if not results["calls_per_week"] or figures is None:
        return ""
    return (
        "These are the best calls of each week, chosen when all its leads are known; called as they come, from the "
        f"cut that earned most on the history, they would have earned {say_amount(figures['profit'])}, "
        f"{say_gain(figures, 'chosen_more')} less."
    )


def say_earnings(results: dict[str, Any]) -> str:
    test, data = results["policy"]["test"], results["metrics"]["data"]
    when = f" ({say_date(data['test_from'])} to {say_date(data['test_until'])})" if data["test_from"] else ""
    profit, interval = say_profit(test)
    return (
        f"Tried on the {say_count(test['leads'])} newest leads{when}, from which nothing was learned, each decided "
        f"{say_decision(results)}, this would have earned {profit} ({say_share(results['confidence'], 0)} interval "
        f"{interval}). {say_volumes(results)}{say_barred(results['policy']['eligibility'])}"
    )


def say_volumes(results: dict[str, Any]) -> str:
    """Return how many leads take each route, in all and in a usual week, and how many conversions the calls reach."""
    test, is_dated = results["policy"]["test"], results["metrics"]["data"]["is_dated"]
    weekly = f" ({say_count(results['whole_weeks']['contacts'].median())} in a usual week)" if is_dated else ""
    routes = test["routes"]
    return (
        f"It takes {say_count(test['contacts'])} calls{weekly}, which reach {say_count(test['conversions_reached'])} "
        f"of the {say_count(test['conversions'])} leads that convert; {say_count(routes['nurture'])} leads are "
        f"nurtured and {say_count(routes['discard'])} left alone."
    )


def say_barred(eligibility: dict[str, Any]) -> str:
    """Return how many leads the scenario's conditions keep from a route, where they do."""
    barred = eligibility["leads"]
    return f" The scenario’s conditions keep {say_leads(barred)} from a route." if barred else ""


@section("cut", "What lies above each threshold")
def show_thresholds(results: dict[str, Any]) -> str:
    """Return the threshold table, the profit curve, and precision, recall and lift by volume."""
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
    curve = results["curve"]
    marked = [] if curve["cut_row"] is None else [curve["cut_row"]]
    caption = "What lies above each threshold, on the test leads" + (
        f" (marked: the last row above; {curve['mark']})" if marked else ""
    )
    legend = (
        "Precision: how many of these leads convert. Recall: how many of all conversions are among them. F1: the "
        "harmonic mean of the two. Lift: how many times as often they convert as the average lead. Expected: what the "
        "probabilities promise."
    )
    table = results["thresholds"]
    more = f'<div class="pair">{draw_volumes(table, curve)}{draw_lift(table, curve)}</div>'
    return (
        write_paragraph(say_curve(results))
        + draw_profit(table, curve)
        + more
        + write_table(head, rows, caption, marked)
        + write_paragraph(legend, "note")
    )


def say_curve(results: dict[str, Any]) -> str:
    """Return the finding: what lies above the cut, and where calling alone would have earned most."""
    curve, table = results["curve"], results["thresholds"]
    best = (
        f"Calling alone, the others left, would have earned most, {say_amount(curve['best']['profit_sales'])}, from "
        f"{say_probability(curve['best']['threshold'])} on."
    )
    if not can_call(results["policy"]):
        return f"No lead may be called; what follows is as if all could be. {best}"
    if has_varying_values(results["policy"]):
        return (
            f"{best} No cut is marked: the leads stand in order of their probability, and who is called follows from "
            "probability times value, so that no probability parts the called from the others."
        )
    if curve["cut_row"] is None:
        return f"No lead lies above ({curve['mark']}). {best}"
    row = table.iloc[curve["cut_row"]]
    return (
        f"{curve['mark'].capitalize()}. Down to {say_probability(row['threshold'])}, the last row above, stand "
        f"{say_share(row['share'], 0)} of the leads that may be called: {say_share(row['precision'])} of them convert, "
        f"and they are {say_share(row['recall'])} of the conversions. {best}"
    )


@section("probabilities", "Can the probabilities be believed?")
def show_probabilities(results: dict[str, Any]) -> str:
    """Return how good the probabilities are: figures, calibration, gains, by age and kind of metric."""
    metrics = results["metrics"]
    figures = draw_calibration(results["calibration"]) + draw_gains(results["gains"], results["reached_at_fifth"])
    pair = f'<div class="pair">{figures}</div>'
    leakage = write_paragraph(say_leakage(metrics), "note") if metrics["leakage"] else ""
    more = f'<p>More on the model stands in <a href="{MODEL_PAGE}">its own report</a>.</p>'
    return (
        write_paragraph(say_belief(metrics, results["objective"]))
        + write_list(list_measures(metrics))
        + pair
        + write_ages(metrics)
        + write_parts(metrics)
        + leakage
        + more
    )


def say_belief(metrics: dict[str, Any], objective: str) -> str:
    """Return the finding: whether the probabilities hold on the whole, and how well they order."""
    test = metrics["test"]
    return (
        f"Of the scored test leads {say_share(test['mean_probability'])} were promised to end in {objective} and "
        f"{say_share(test['base_rate'])} did; in {say_share(test['roc_auc'], 0)} of all pairs of one that does and one "
        "that does not the first has the higher probability."
    )


@section("basis", "What this rests on")
def show_caveats(results: dict[str, Any]) -> str:
    """Return what the figures rest on: what to be wary of, and what is assumed."""
    return write_list([*results["alerts"], *list_assumptions(results)])


def list_assumptions(results: dict[str, Any]) -> list[str]:
    scenario, policy = results["scenario"], results["policy"]
    cost, factor = scenario["cost"], scenario["factor"]
    sentences = [
        f"A conversion is worth {say_values(results)}. A call costs {say_price(cost['sales'])}, nurturing a "
        f"lead {say_price(cost['nurture'])}, discarding it {say_price(cost['discard'])}.",
        f"Assumed, not measured: a nurtured lead keeps {say_share(factor['nurture'], 0)} of its probability, a "
        f"discarded one {say_share(factor['discard'], 0)}; and every lead of the history was worked on by sales. "
        f"{factor['why']}",
        "Intervals say how these figures would differ with other test leads, the model being what it is.",
        "The scored leads are all that are still open, of every age; who of them was called already is not known.",
    ]
    if "as_they_come_best" in policy["alternatives"]:
        sentences.append(say_order_of_calls(policy["alternatives"]["as_they_come_best"]))
    if results["calls_per_week"] and not results["metrics"]["data"]["is_dated"]:
        sentences.append("Without dates there are no weeks: each hundred leads in their order stand in for one.")
    return sentences


def say_values(results: dict[str, Any]) -> str:
    """Return what a conversion is worth, and with which leads another amount."""
    others = results["policy"]["cuts_by_value"][1:]
    text = say_price(results["default_value"])
    if not others:
        return text
    amounts = [f"{say_price(entry['value'])} with {say_condition(entry['when'])}" for entry in others]
    return f"{text} ({'; '.join(amounts)})"


def say_order_of_calls(figures: dict[str, Any]) -> str:
    return (
        "The calls of a week are taken to be made once all its leads are known; “Call everyone” makes them in order of "
        "arrival. Who calls leads as they come in, from the cut that earned most on the history, would have earned "
        f"{say_amount(figures['profit'])}, {say_gain(figures, 'chosen_more')} less."
    )


@section("again", "Make it again")
def show_reproduction(results: dict[str, Any]) -> str:
    """Return how to make this report again."""
    return write_reproduction(results["source"], f"scenario “{results['name']}” in params.yaml. Change a value there")
