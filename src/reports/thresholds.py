"""The parts of a scenario's report: each turns the results into one HTML fragment."""

from collections.abc import Callable
from functools import wraps
from html import escape
from typing import Any

import numpy as np
from IPython.display import HTML

from src.reports.figures import draw_calibration, draw_gains, draw_profit
from src.reports.results import list_data_alerts
from src.reports.text import (
    say_age,
    say_amount,
    say_count,
    say_date,
    say_figure,
    say_probability,
    say_share,
    write_list,
    write_paragraph,
    write_table,
)


def section(title: str) -> Callable:
    """Make a function that returns HTML text show it under `title`, or nothing if not applicable."""

    def decorate(write: Callable[[dict[str, Any]], str]) -> Callable[[dict[str, Any]], HTML]:
        @wraps(write)
        def show(results: dict[str, Any]) -> HTML:
            return HTML(f"<h2>{title}</h2>\n{write(results)}" if results["is_applicable"] else "")

        return show

    return decorate


def show_verdict(results: dict[str, Any]) -> HTML:
    """Return title and verdict: where the cuts lie, what they earn, how sure that is."""
    scenario = results["scenario"]
    title = f"<h1>{escape(scenario['title'])}</h1>"
    if not results["is_applicable"]:
        text = (
            f"Not applicable: the source {results['source']} does not say which leads end in "
            f"{results['objective']}, so no threshold can be chosen for it."
        )
        return HTML(title + write_paragraph(text, "verdict"))
    sentences = [say_cuts(results), say_profit(results), say_comparison(results)]
    return HTML(title + write_paragraph(" ".join(sentences), "verdict"))


def say_cuts(results: dict[str, Any]) -> str:
    policy, scenario = results["policy"], results["scenario"]
    cuts, capacity = policy["cuts"], scenario["capacity_per_week"]
    horizon = results["metrics"]["data"]["horizon_days"]
    within = f" within {horizon:g} days" if horizon else ""
    aim = f"{results['objective']}{within}"
    sentence = f"Call a lead whose probability of {aim} is at least {say_probability(cuts['sales'])}"
    if capacity and cuts["sales"] > policy["cuts_without_limit"]["sales"]:
        worth = say_probability(policy["cuts_without_limit"]["sales"])
        sentence += f" (where {capacity} calls a week usually end; calling pays from {worth})"
    if cuts["discard"] < cuts["sales"]:
        return sentence + f", nurture it from {say_probability(cuts['discard'])}, and spend nothing on the others."
    return sentence + ", and spend nothing on the others; nurturing never pays here."


def say_profit(results: dict[str, Any]) -> str:
    test, data = results["policy"]["test"], results["metrics"]["data"]
    when = f", {say_date(data['test_from'])} to {say_date(data['test_until'])}" if data["test_from"] else ""
    age = results["policy"]["decide_at"]
    decided = "decided at once" if say_age(age) == "at once" else f"decided {say_age(age)} after they came in"
    if not data["is_dated"]:
        decided = "scored at the extraction"
    return (
        f"On the {say_count(test['leads'])} newest leads, which no choice has seen{when}, {decided}, this would have "
        f"earned {say_amount(test['profit'])} ({say_share(results['confidence'], 0)} interval "
        f"{say_amount(test['profit_low'])} to {say_amount(test['profit_high'])}) with {say_count(test['contacts'])} "
        f"calls that reach {say_count(test['conversions_reached'])} of {say_count(test['conversions'])} conversions."
    )


def say_comparison(results: dict[str, Any]) -> str:
    difference = results["policy"]["difference"]
    name = next(row["policy"] for row in results["rows"][1:])
    low, high = difference["profit_low"], difference["profit_high"]
    interval = f"(interval {say_amount(low)} to {say_amount(high)})"
    amount = say_amount(abs(difference["profit"]))
    if low > 0:
        return f"The best simple rule, “{name}”, earns {amount} less {interval}."
    if high < 0:
        return f"The simple rule “{name}” earns {amount} more {interval}: use it instead."
    more = "less" if difference["profit"] >= 0 else "more"
    return f"The best simple rule, “{name}”, earns {amount} {more} {interval}: the two cannot be told apart."


@section("The policies side by side")
def show_policies(results: dict[str, Any]) -> str:
    """Return the policies side by side."""
    head = ["Policy", "Calls", "Nurtured", "Precision", "Recall", "Profit", "Interval"]
    rows = [
        [
            row["policy"],
            say_count(row["contacts"]),
            say_count(row["routes"]["nurture"]),
            say_share(row["precision"]),
            say_share(row["recall"]),
            say_amount(row["profit"]),
            f"{say_amount(row['profit_low'])} to {say_amount(row['profit_high'])}",
        ]
        for row in results["rows"]
    ]
    marked = [number for number, row in enumerate(results["rows"]) if row["is_chosen"]]
    test = results["policy"]["test"]
    hindsight = say_amount(test["profit_in_hindsight"])
    notes = [f"With these probabilities the best pair of cuts in hindsight earns {hindsight}."]
    if "profit_of_truth" in test:
        notes.append(f"The true probabilities under the same rule earn {say_amount(test['profit_of_truth'])}.")
    caption = "What each policy would have earned on the test fold"
    return write_table(head, rows, caption, marked) + write_paragraph(" ".join(notes))


@section("Where the cut lies")
def show_thresholds(results: dict[str, Any]) -> str:
    """Return the threshold table and the profit curve."""
    table = results["thresholds"]
    head = ["Probability from", "Leads", "Share", "Precision", "Recall", "F1", "Lift"]
    head += ["Profit called", "expected", "expected if nurtured"]
    rows = [
        [
            say_probability(row.threshold),
            say_count(row.leads),
            say_share(row.share, 0),
            say_share(row.precision),
            say_share(row.recall),
            f"{row.f1:.2f}",
            f"{row.lift:.1f}",
            say_amount(row.profit_sales),
            say_amount(row.expected_profit_sales),
            say_amount(row.expected_profit_nurture),
        ]
        for row in table.itertuples()
    ]
    sales = results["policy"]["cuts"]["sales"]
    above = np.flatnonzero(table["threshold"] >= sales)
    marked = [int(above[-1])] if len(above) else []
    caption = "What lies above each threshold on the test fold (marked: the last row above the sales cut)"
    return draw_profit(table, sales) + write_table(head, rows, caption, marked)


@section("Can the probabilities be believed?")
def show_probabilities(results: dict[str, Any]) -> str:
    """Return how good the probabilities are: figures, calibration, gains, by age."""
    test = results["metrics"]["test"]
    assessable = "" if test["is_calibration_assessable"] else " (too few conversions to assess calibration)"
    sentence = (
        f"ROC-AUC {say_figure(test, 'roc_auc', 3)}, log loss {say_figure(test, 'log_loss', 3)}, lift in the top tenth "
        f"{say_figure(test, 'lift_at_10', 1)}. Calibration slope {say_figure(test, 'calibration_slope', 2)}, "
        f"intercept {say_figure(test, 'calibration_intercept', 2)}; calibration error {test['ece']:.3f}, where perfect "
        f"probabilities would show up to {test['ece_if_calibrated_95']:.3f} by chance{assessable}. The model is "
        f"{say_family(results['metrics'])}."
    )
    figures = draw_calibration(results["calibration"]) + draw_gains(results["gains"])
    pair = f'<div class="pair">{figures}</div>'
    return write_paragraph(sentence) + pair + write_ages(results) + write_parts(results)


def say_family(metrics: dict[str, Any]) -> str:
    names = {
        "base_rate": "the base rate alone: nothing measured better",
        "logistic": "a regularised logistic regression",
        "boosting": "gradient boosting with small trees",
    }
    calibration = metrics["calibration"]
    return names[metrics["champion"]] + (
        ", not recalibrated" if calibration == "none" else f", recalibrated by {calibration}"
    )


def write_ages(results: dict[str, Any]) -> str:
    by_age, truth = results["metrics"]["test"]["by_age"], results["metrics"].get("truth", {})
    head = ["Age at the snapshot", "Leads", "Converted", "Mean probability", "ROC-AUC", "Log loss"]
    head += ["Log loss of the truth"] if truth else []
    rows = []
    for age, figures in by_age.items():
        row = [
            say_age(age),
            say_count(figures["leads"]),
            say_share(figures["base_rate"]),
            say_share(figures["mean_probability"]),
            say_figure(figures, "roc_auc", 3),
            say_figure(figures, "log_loss", 3),
        ]
        rows.append(row + ([f"{truth['by_age'][age]['log_loss']:.3f}"] if truth else []))
    return write_table(head, rows, "The probabilities at each age of a lead, on the test fold")


def write_parts(results: dict[str, Any]) -> str:
    names = {"explicit": "what the leads told us", "implicit": "what they did", "both": "both"}
    rows = [
        [f"Only {name}" if part != "both" else "Both", f"{figures['roc_auc']:.3f}", f"{figures['log_loss']:.3f}"]
        for part, name in names.items()
        for figures in [results["metrics"]["features"][part]]
    ]
    leakage = results["metrics"]["leakage"]
    if leakage:
        label = f"With the {len(leakage['columns'])} columns filled in after the outcome (flattering, never used)"
        rows.append([label, f"{leakage['roc_auc']:.3f}", f"{leakage['log_loss']:.3f}"])
    return write_table(["Metrics", "ROC-AUC", "Log loss"], rows, "What explicit and implicit metrics contribute")


@section("What this rests on")
def show_caveats(results: dict[str, Any]) -> str:
    """Return what the figures rest on: assumptions, what was left out, what to be wary of."""
    alerts = list_data_alerts(results["objective"], results["metrics"])
    return write_list([*list_assumptions(results), *list_exclusions(results), *alerts])


def list_assumptions(results: dict[str, Any]) -> list[str]:
    scenario = results["scenario"]
    cost, factor = scenario["cost"], scenario["factor"]
    return [
        f"A conversion is worth {say_amount(scenario['value'])}; a call costs {say_amount(cost['sales'])}, nurturing "
        f"{say_amount(cost['nurture'])}, a discarded lead {say_amount(cost['discard'])}.",
        f"Assumed, not measured: a nurtured lead keeps {say_share(factor['nurture'], 0)} of its probability, a "
        f"discarded one {say_share(factor['discard'], 0)}. The history counts as leads that sales worked on.",
    ]


def list_exclusions(results: dict[str, Any]) -> list[str]:
    data, intake = results["metrics"]["data"], results["intake"]
    leads, rejected = data["leads"], sum(file["rows_rejected"] for file in intake["files"])
    sentences = [
        f"Read: {say_count(intake['leads'])} leads of {say_count(intake['persons'])} persons and "
        f"{say_count(intake['activities'])} activities; {say_count(rejected)} rows could not be used and are kept "
        "apart with their reasons.",
        f"Learned from {say_count(leads.get('history', 0))} leads, tested on the "
        f"{say_count(leads.get('test', 0))} newest.",
    ]
    if leads.get("censored"):
        sentences.append(
            f"{say_count(leads['censored'])} leads have a snapshot whose outcome is not known yet: they are "
            "left out, not counted as lost."
        )
    if leads.get("embargoed"):
        sentences.append(
            f"{say_count(leads['embargoed'])} earlier leads have a snapshot whose outcome came after the test began: "
            "the model has not learned from it."
        )
    return sentences


@section("Make it again")
def show_reproduction(results: dict[str, Any]) -> str:
    """Return how to make this report again."""
    text = (
        f"Source {results['source']}, scenario {results['name']} in params.yaml. Change a value there and run "
        "“dvc repro”: what depends on it is made again."
    )
    return write_paragraph(text)
