"""The frame of a scenario's report: verdict, thresholds, probabilities, what it rests on.

Each part turns the results into one HTML fragment; the others stand in `policies`, `benefit`, `weeks`,
`people` and `assumptions`, the sentences of the verdict in `verdict`.
"""

from html import escape
from typing import Any

import pandas as pd
from IPython.display import HTML

from src.reports.figures import draw_calibration, draw_gains, draw_lift, draw_profit, draw_volumes
from src.reports.fragments import (
    section,
    write_list,
    write_not_applicable,
    write_paragraph,
    write_reproduction,
    write_table,
    write_verdict,
)
from src.reports.language import say
from src.reports.measures import list_measures, say_leakage, write_ages, write_parts
from src.reports.results import can_call
from src.reports.scenario.verdict import list_grounds, say_cuts, say_earnings, say_limit
from src.reports.text import (
    has_varying_values,
    say_amount,
    say_condition,
    say_count,
    say_decimal,
    say_gain,
    say_price,
    say_probability,
    say_share,
)

MODEL_PAGE = "model.html"
"""Beside the reports of the objective's scenarios."""


def show_verdict(results: dict[str, Any]) -> HTML:
    """Return title and verdict: where the cuts lie, what they earn, how sure that is."""
    title = f"<h1>{escape(results['scenario']['title'])}</h1>"
    if not results["is_meant"]:
        sources = ", ".join(results["scenario"]["sources"])
        meant = say(
            "This scenario is for {sources}, and the source is “{source}”.", sources=sources, source=results["source"]
        )
        return HTML(title + write_verdict(say("Not applicable."), meant))
    if not results["is_applicable"]:
        return HTML(title + write_not_applicable(results, say("no threshold can be chosen for this scenario")))
    verdict = write_verdict(say_cuts(results), " ".join(filter(None, [say_limit(results), say_earnings(results)])))
    grounds = write_paragraph(" ".join(list_grounds(results)))
    count = len(results["alerts"])
    what = say("one thing") if count == 1 else say("{count} things", count=say_count(count))
    link = (
        '<p class="note">'
        + say('Before you rely on it, read <a href="#basis">{what} about the data</a>.', what=what)
        + "</p>"
    )
    return HTML(title + verdict + grounds + (link if count else ""))


@section("cut", "What lies above each threshold")
def show_thresholds(results: dict[str, Any]) -> str:
    """Return the threshold table, the profit curve, and precision, recall and lift by volume."""
    table, curve = results["thresholds"], results["curve"]
    legend = say(
        "Precision: how many of these leads convert. Recall: how many of all conversions are among them. "
        "F1: the harmonic mean of the two. Lift: how many times as often they convert as the average "
        "lead. Expected: what the probabilities promise."
    )
    return (
        write_paragraph(say_curve(results))
        + draw_profit(table, curve)
        + f'<div class="pair">{draw_volumes(table, curve)}{draw_lift(table, curve)}</div>'
        + write_thresholds(table, curve)
        + write_paragraph(legend, "note")
    )


def write_thresholds(table: pd.DataFrame, curve: dict[str, Any]) -> str:
    """Return one row a threshold: the leads above it, how many of them convert, and what they earn by route."""
    head = [say("Probability from"), say("Leads"), say("Share of leads"), say("Precision"), say("Recall"), "F1"]
    head += [say("Lift"), say("Earned if called"), say("Expected if called"), say("Expected if nurtured")]
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
        for row in table.itertuples()
    ]
    marked = [] if curve["cut_row"] is None else [curve["cut_row"]]
    caption = say("What lies above each threshold, on the test leads") + (
        say(" (marked: the last row above; {mark})", mark=curve["mark"]) if marked else ""
    )
    return write_table(head, rows, caption, marked)


def say_curve(results: dict[str, Any]) -> str:
    """Return the finding: what lies above the cut, and where calling alone would have earned most."""
    curve, table = results["curve"], results["thresholds"]
    best = say(
        "Calling alone, the others left, would have earned most, {profit_sales}, from {threshold} on.",
        profit_sales=say_amount(curve["best"]["profit_sales"]),
        threshold=say_probability(curve["best"]["threshold"]),
    )
    if not can_call(results["policy"]):
        return say("No lead may be called; what follows is as if all could be. {best}", best=best)
    if has_varying_values(results["policy"]):
        return say(
            "{best} No cut is marked: the leads stand in order of their probability, and who is called "
            "follows from probability times value, so that no probability parts the called from the others.",
            best=best,
        )
    if curve["cut_row"] is None:
        return say("No lead lies above ({mark}). {best}", mark=curve["mark"], best=best)
    row = table.iloc[curve["cut_row"]]
    return say(
        "{mark}. Down to {threshold}, the last row above, stand {share} of the leads that may be called: "
        "{precision} of them convert, and they are {recall} of the conversions. {best}",
        mark=curve["mark"].capitalize(),
        threshold=say_probability(row["threshold"]),
        share=say_share(row["share"], 0),
        precision=say_share(row["precision"]),
        recall=say_share(row["recall"]),
        best=best,
    )


@section("probabilities", "Can the probabilities be believed?")
def show_probabilities(results: dict[str, Any]) -> str:
    """Return how good the probabilities are: figures, calibration, gains, by age and kind of metric."""
    metrics = results["metrics"]
    figures = draw_calibration(results["calibration"]) + draw_gains(results["gains"], results["reached_at_fifth"])
    pair = f'<div class="pair">{figures}</div>'
    leakage = write_paragraph(say_leakage(metrics), "note") if metrics["leakage"] else ""
    more = (
        "<p>"
        + say('More on the model stands in <a href="{model_page}">its own report</a>.', model_page=MODEL_PAGE)
        + "</p>"
    )
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
    return say(
        "Of the scored test leads {mean_probability} were promised to end in {objective} and {base_rate} "
        "did; in {roc_auc} of all pairs of one that does and one that does not the first has the higher "
        "probability.",
        mean_probability=say_share(test["mean_probability"]),
        objective=objective,
        base_rate=say_share(test["base_rate"]),
        roc_auc=say_share(test["roc_auc"], 0),
    )


@section("basis", "What this rests on")
def show_caveats(results: dict[str, Any]) -> str:
    """Return what the figures rest on: what to be wary of, and what is assumed."""
    return write_list([*results["alerts"], *list_assumptions(results)])


def list_assumptions(results: dict[str, Any]) -> list[str]:
    scenario, policy = results["scenario"], results["policy"]
    cost, factor = scenario["cost"], scenario["factor"]
    sentences = [
        say(
            "A conversion is worth {values}. A call costs {sales}, nurturing a lead {nurture}, discarding it "
            "{discard}.",
            values=say_values(results),
            sales=say_price(cost["sales"]),
            nurture=say_price(cost["nurture"]),
            discard=say_price(cost["discard"]),
        ),
        say(
            "Assumed, not measured: a nurtured lead keeps {nurture} of its probability, a discarded one "
            "{discard}; and every lead of the history was worked on by sales. {why}",
            nurture=say_share(factor["nurture"], 0),
            discard=say_share(factor["discard"], 0),
            why=factor["why"],
        ),
        say("Intervals say how these figures would differ with other test leads, the model being what it is."),
        say("The scored leads are all that are still open, of every age; who of them was called already is not known."),
    ]
    if "as_they_come_best" in policy["alternatives"]:
        sentences.append(say_order_of_calls(policy["alternatives"]["as_they_come_best"]))
    if results["calls_per_week"] and not results["metrics"]["data"]["is_dated"]:
        sentences.append(say("Without dates there are no weeks: each hundred leads in their order stand in for one."))
    return sentences


def say_values(results: dict[str, Any]) -> str:
    """Return what a conversion is worth, and with which leads another amount."""
    others = results["policy"]["cuts_by_value"][1:]
    text = say_price(results["default_value"])
    if not others:
        return text
    amounts = [
        say("{value} with {when}", value=say_price(entry["value"]), when=say_condition(entry["when"]))
        for entry in others
    ]
    return f"{text} ({'; '.join(amounts)})"


def say_order_of_calls(figures: dict[str, Any]) -> str:
    return say(
        "The calls of a week are taken to be made once all its leads are known; “Call everyone” makes "
        "them in order of arrival. Who calls leads as they come in, from the cut that earned most on the "
        "history, would have earned {profit}, {chosen_more} less.",
        profit=say_amount(figures["profit"]),
        chosen_more=say_gain(figures, "chosen_more"),
    )


@section("again", "Make it again")
def show_reproduction(results: dict[str, Any]) -> str:
    """Return how to make this report again."""
    change = say("scenario “{name}” in params.yaml. Change a value there", name=results["name"])
    return write_reproduction(results["source"], change)
