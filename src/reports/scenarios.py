"""What each scenario comes to, in a sentence and in a row: for the pages that show several."""

from html import escape
from typing import Any

from src.reports.results import can_call, list_unmet, name_objective
from src.reports.rolling import list_drift_alerts
from src.reports.text import (
    say_count,
    say_names,
    say_probability,
    say_profit,
    say_share,
    write_table,
)


def name_scenario(name: str) -> str:
    """Return the short name of a scenario, which is its key in ``params.yaml``.

    >>> name_scenario("call_centre")
    'Call centre'
    """
    return name.replace("_", " ").capitalize()


def take_applicable(results: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: entry for name, entry in results["scenarios"].items() if entry["policy"]["applicable"]}


def list_verdict(scenarios: dict[str, dict[str, Any]]) -> list[str]:
    """Return how the two cuts do against the best simple rule of each scenario, the finding first."""
    differences = [(f"“{entry['label']}”", entry["policy"]["difference"]) for entry in scenarios.values()]
    ahead = [label for label, figures in differences if figures["profit_low"] > 0]
    behind = [label for label, figures in differences if figures["profit_high"] < 0]
    unsure = [label for label, _ in differences if label not in (*ahead, *behind)]
    unaided = sum(entry["policy"]["difference_unaided"]["profit_low"] > 0 for entry in scenarios.values())
    sentences = []
    if behind and ahead:
        sentences.append(f"The cuts earn more than the best simple rule, beyond chance, in {say_names(ahead)}.")
    if behind and unsure:
        sentences.append(f"In {say_names(unsure)} the two cannot be told apart.")
    sentences.append(
        "Against the best rule that ranks by no probability the cuts earn more, beyond chance, in "
        f"{unaided} of {len(scenarios)}."
    )
    return [say_choice(ahead, unsure, behind), *sentences]


def say_choice(ahead: list[str], unsure: list[str], behind: list[str]) -> str:
    """Return whether to use the two cuts: no more than where they, or a simple rule, earn more beyond chance."""
    count = len(ahead) + len(unsure) + len(behind)
    if behind:
        return f"Do not use the two cuts everywhere: a simple rule earns more beyond chance in {say_names(behind)}."
    if not ahead:
        where = "" if count == 1 else f" in any of the {count} scenarios"
        return f"A tie: beyond chance the two cuts earn neither more nor less than the best simple rule tried{where}."
    if unsure:
        return f"Use the two cuts in {say_names(ahead)}; in {say_names(unsure)} the best simple rule ties with them."
    where = "" if count == 1 else f" in all {count} scenarios"
    return f"Use the two cuts: they earn more, beyond chance, than the best simple rule tried{where}."


def write_scenarios(results: dict[str, Any]) -> str:
    """Return one entry a scenario: its name, its report and what to do under it."""
    items = []
    for entry in results["scenarios"].values():
        link = f'<a href="{escape(entry["link"], quote=True)}">{escape(entry["title"])}</a>'
        items.append(f"<li><strong>{escape(entry['label'])}</strong>: {link}.<br>{escape(say_standing(entry))}</li>")
    return f"<ul>{''.join(items)}</ul>"


def say_standing(entry: dict[str, Any]) -> str:
    """Return what to do under a scenario, and whether a simple rule would do as well."""
    policy = entry["policy"]
    if not policy["applicable"]:
        return "Not applicable to this source."
    rule, difference = f"{say_rule(policy, entry['capacity'])}.", policy["difference"]
    if difference["profit_low"] > 0:
        return f"{rule} That earns more, beyond chance, than the best of {say_compared(policy)}."
    if difference["profit_high"] < 0:
        return f"{rule} “{entry['best_rule']}” earns more: use it instead."
    return f"{rule} It is a tie with “{entry['best_rule']}”, the best of {say_compared(policy)}."


def say_compared(policy: dict[str, Any]) -> str:
    return f"the {len(policy['baselines'])} simple rules tried"


def write_profits(results: dict[str, Any]) -> str:
    """Return one row a scenario: its profit, the truth's share where it is known, and the best simple rule."""
    scenarios = take_applicable(results)
    has_truth = any("profit_of_truth" in entry["policy"]["test"] for entry in scenarios.values())
    interval = f"{say_share(results['confidence'], 0)} interval"
    head = ["Scenario", "Test leads", "Profit", interval, *(["Of the truth’s profit"] if has_truth else [])]
    head += ["Best simple rule", "The cuts earn more by", interval]
    rows = []
    for entry in scenarios.values():
        test = entry["policy"]["test"]
        truth = [say_share(find_share_of_truth(test))] if has_truth else []
        more = say_profit(entry["policy"]["difference"])
        rows.append([entry["label"], say_count(test["leads"]), *say_profit(test), *truth, entry["best_rule"], *more])
    return write_table(head, rows, "What the two cuts of each scenario earn", texts=(len(head) - 3,))


def find_share_of_truth(test: dict[str, Any]) -> float | None:
    """Return which share of the profit of the true probabilities was earned; None where it is not known."""
    truth = test.get("profit_of_truth", 0)
    return test["profit"] / truth if truth > 0 else None


def say_best_rule() -> str:
    """Return what the table of profits compares with, and what it does not."""
    return (
        "Best simple rule: the one that earned most on these leads, which flatters it, of those that call everybody, "
        "nobody, the newest, by points or a top share. Profits of different scenarios follow from different values "
        "and costs: a higher one is not a better policy."
    )


def say_truth(results: dict[str, Any]) -> str:
    """Return what the truth's profit is, and which share of it is earned but for luck, where it is known."""
    shares = [
        f"{say_share(expected['chosen'] / expected['truth'])} in “{entry['label']}”"
        for entry in take_applicable(results).values()
        for expected in [entry["policy"]["test"].get("expected")]
        if expected and expected["truth"] > 0
    ]
    if not shares:
        return ""
    return (
        "Of the truth’s profit: what the same rule earns on the true probabilities, which only made-up data can know. "
        f"If every lead converted with its true probability, the cuts would earn {say_names(shares)} of it."
    )


def say_rule(policy: dict[str, Any], capacity: int | None) -> str:
    """Return whom to call and whom to nurture, e.g. ``Call from a probability of 10 %, nurture from 1.4 %``."""
    sales, nurture = find_cuts_felt(policy, "sales"), find_cuts_felt(policy, "discard")
    if sales[0] >= 1 or not can_call(policy):
        call = "Call nobody"
    else:
        limit = f"Call up to {say_count(capacity)} a week; in a usual week calls end at" if capacity else "Call from"
        call = f"{limit} a probability of {say_cut(policy, 'sales')}{say_reasons(policy)}"
    if nurture[0] >= min(sales[0], 1):
        return call
    whom = "all others" if nurture[1] <= 0 else f"from {say_cut(policy, 'discard')}"
    return f"{call}, nurture {whom}"


def find_cuts_felt(policy: dict[str, Any], cut: str) -> tuple[float, float]:
    """Return the lowest and the highest probability at which a cut lies, over the values and teams of the leads.

    Parameters
    ----------
    policy : dict
        The figures of a scenario. ``cuts_by_team`` are of a usual week, and of a lead of the default
        value: that of one worth twice as much lies at half the probability.
    cut : {"sales", "discard"}
    """
    values = [entry["value"] for entry in policy["cuts_by_value"]]
    teams = policy["cuts_by_team"] if cut == "sales" else {}
    levels = [team["sales"] for team in teams.values()] or [policy["cuts"][cut]]
    return tuple(min(end(levels) * values[0] / other(values), 1.0) for end, other in ((min, max), (max, min)))


def say_cut(policy: dict[str, Any], cut: str) -> str:
    """Return the probability at which a cut lies, or between which ones.

    >>> say_cut({"cuts": {"sales": 0.2}, "cuts_by_team": {}, "cuts_by_value": [{"value": 1}, {"value": 2}]}, "sales")
    '10\\xa0% to 20\\xa0%'
    """
    low, high = find_cuts_felt(policy, cut)
    if low >= 1:
        return "never"
    ends = [say_probability(end) for end in (low, high)]
    return ends[0] if ends[0] == ends[1] else " to ".join(ends)


def say_reasons(policy: dict[str, Any]) -> str:
    """Return on what it depends where between two probabilities the sales cut of a lead lies."""
    reasons = [
        what for what, parts in (("value", policy["cuts_by_value"]), ("team", policy["cuts_by_team"])) if len(parts) > 1
    ]
    return f" (by {' and '.join(reasons)})" if reasons else ""


def list_warnings(overview: dict[str, Any]) -> list[str]:
    """Return the alerts of the data of all objectives, what no lead meets, and base rates that moved beyond chance."""
    unmet = [
        f"{name_scenario(name)}: {alert[0].lower()}{alert[1:]}"
        for name, scenario in overview["scenarios"].items()
        if scenario["policy"]["applicable"]
        for alert in list_unmet(scenario["policy"])
    ]
    drift = [
        f"{name_objective(name).capitalize()}: {alert[0].lower()}{alert[1:]}"
        for name, figures in overview["objectives"].items()
        if figures["applicable"]
        for alert in list_drift_alerts(figures["rolling"])
    ]
    return [*overview["alerts"], *unmet, *drift]
