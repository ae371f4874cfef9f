"""What each scenario comes to, in a sentence and in a row: for the pages that show several."""

from html import escape
from typing import Any

from src.reports.fragments import write_table
from src.reports.language import say, say_plural
from src.reports.results import can_call, list_unmet, name_objective
from src.reports.rolling import list_drift_alerts
from src.reports.text import MISSING, say_count, say_names, say_probability, say_profit, say_quoted, say_share


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
    differences = [(say_quoted(entry["label"]), entry["policy"]["difference"]) for entry in scenarios.values()]
    ahead = [label for label, figures in differences if figures["profit_low"] > 0]
    behind = [label for label, figures in differences if figures["profit_high"] < 0]
    unsure = [label for label, _ in differences if label not in (*ahead, *behind)]
    unaided = sum(entry["policy"]["difference_unaided"]["profit_low"] > 0 for entry in scenarios.values())
    sentences = []
    if behind and ahead:
        sentences.append(
            say("The cuts earn more than the best simple rule, beyond chance, in {ahead}.", ahead=say_names(ahead))
        )
    if behind and unsure:
        sentences.append(say("In {unsure} the two cannot be told apart.", unsure=say_names(unsure)))
    sentences.append(
        say(
            "Against the best rule that ranks by no probability the cuts earn more, beyond chance, in "
            "{unaided} of {count_scenarios}.",
            unaided=say_count(unaided),
            count_scenarios=say_count(len(scenarios)),
        )
    )
    return [say_choice(ahead, unsure, behind), *sentences]


def say_choice(ahead: list[str], unsure: list[str], behind: list[str]) -> str:
    """Return whether to use the two cuts: no more than where they, or a simple rule, earn more beyond chance."""
    count = say_count(len(ahead) + len(unsure) + len(behind))
    if behind:
        return say(
            "Do not use the two cuts everywhere: a simple rule earns more beyond chance in {behind}.",
            behind=say_names(behind),
        )
    if not ahead:
        return say_plural(
            "A tie: beyond chance the two cuts earn neither more nor less than the best simple rule tried.",
            "A tie: beyond chance the two cuts earn neither more nor less than the best simple rule tried in any of "
            "the {count} scenarios.",
            len(unsure),
            count=count,
        )
    if unsure:
        return say(
            "Use the two cuts in {ahead}; in {unsure} the best simple rule ties with them.",
            ahead=say_names(ahead),
            unsure=say_names(unsure),
        )
    return say_plural(
        "Use the two cuts: they earn more, beyond chance, than the best simple rule tried.",
        "Use the two cuts: they earn more, beyond chance, than the best simple rule tried in all {count} scenarios.",
        len(ahead),
        count=count,
    )


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
        return say("Not applicable to this source.")
    rule, difference = f"{say_rule(policy, entry['capacity'])}.", policy["difference"]
    if difference["profit_low"] > 0:
        return say(
            "{rule} That earns more, beyond chance, than the best of {compared}.",
            rule=rule,
            compared=say_compared(policy),
        )
    if difference["profit_high"] < 0:
        return say("{rule} “{best_rule}” earns more: use it instead.", rule=rule, best_rule=entry["best_rule"])
    return say(
        "{rule} It is a tie with “{best_rule}”, the best of {compared}.",
        rule=rule,
        best_rule=entry["best_rule"],
        compared=say_compared(policy),
    )


def say_compared(policy: dict[str, Any]) -> str:
    return say("the {count_baselines} simple rules tried", count_baselines=say_count(len(policy["baselines"])))


def write_profits(results: dict[str, Any]) -> str:
    """Return one row a scenario: its profit, the truth's share where it is known, and the best simple rule."""
    scenarios = take_applicable(results)
    has_truth = any("profit_of_truth" in entry["policy"]["test"] for entry in scenarios.values())
    interval = say("{confidence} interval", confidence=say_share(results["confidence"], 0))
    head = [
        say("Scenario"),
        say("Test leads"),
        say("Profit"),
        interval,
        *([say("Of the truth’s profit")] if has_truth else []),
    ]
    head += [say("Best simple rule"), say("The cuts earn more by"), interval]
    rows = []
    for entry in scenarios.values():
        test = entry["policy"]["test"]
        truth = [say_share(find_share_of_truth(test))] if has_truth else []
        more = say_profit(entry["policy"]["difference"])
        rows.append([entry["label"], say_count(test["leads"]), *say_profit(test), *truth, entry["best_rule"], *more])
    return write_table(head, rows, say("What the two cuts of each scenario earn"), texts=(len(head) - 3,))


def find_share_of_truth(test: dict[str, Any]) -> float | None:
    """Return which share of the profit of the true probabilities was earned; None where it is not known."""
    truth = test.get("profit_of_truth", 0)
    return test["profit"] / truth if truth > 0 else None


def say_best_rule() -> str:
    """Return what the table of profits compares with, and what it does not."""
    return say(
        "Best simple rule: the one that earned most on these leads, which flatters it, of those that "
        "call everybody, nobody, the newest, by points or a top share. Profits of different scenarios "
        "follow from different values and costs: a higher one is not a better policy."
    )


def say_truth(results: dict[str, Any]) -> str:
    """Return what the truth's profit is, and which share of it is earned but for luck, where it is known."""
    shares = [
        say("{chosen} in “{label}”", chosen=say_share(expected["chosen"] / expected["truth"]), label=entry["label"])
        for entry in take_applicable(results).values()
        for expected in [entry["policy"]["test"].get("expected")]
        if expected and expected["truth"] > 0
    ]
    if not shares:
        return ""
    return say(
        "Of the truth’s profit: what the same rule earns on the true probabilities, which only made-up "
        "data can know. If every lead converted with its true probability, the cuts would earn {shares} "
        "of it.",
        shares=say_names(shares),
    )


def say_rule(policy: dict[str, Any], capacity: int | None) -> str:
    """Return whom to call and whom to nurture, e.g. ``Call from a probability of 10 %, nurture from 1.4 %``."""
    sales, nurture = find_cuts_felt(policy, "sales"), find_cuts_felt(policy, "discard")
    values = {"sales": say_span(sales), "reasons": say_reasons(policy)}
    if sales[0] >= 1 or not can_call(policy):
        call = say("Call nobody")
    elif capacity:
        call = say(
            "Call up to {count} a week; in a usual week calls end at a probability of {sales}{reasons}",
            count=say_count(capacity),
            **values,
        )
    else:
        call = say("Call from a probability of {sales}{reasons}", **values)
    if nurture[0] >= min(sales[0], 1):
        return call
    if nurture[1] <= 0:
        return say("{call}, nurture all others", call=call)
    return say("{call}, nurture from {discard}", call=call, discard=say_span(nurture))


def find_cuts_felt(policy: dict[str, Any], cut: str) -> tuple[float, float]:
    """Return the lowest and the highest probability at which a cut lies, over the values and teams of the leads.

    Parameters
    ----------
    policy : dict
        The figures of a scenario. ``cuts_by_team`` are of a usual week, and of a lead of the default
        value: that of one worth twice as much lies at half the probability.
    cut : {"sales", "discard"}
    """
    teams = policy["cuts_by_team"] if cut == "sales" else {}
    return spread_by_value(policy, [team["sales"] for team in teams.values()] or [policy["cuts"][cut]])


def spread_by_value(policy: dict[str, Any], levels: list[float]) -> tuple[float, float]:
    """Return the lowest and the highest of some cuts of the default value, for leads of all values."""
    values = [entry["value"] for entry in policy["cuts_by_value"]]
    return tuple(min(end(levels) * values[0] / other(values), 1.0) for end, other in ((min, max), (max, min)))


def say_cut(policy: dict[str, Any], cut: str) -> str:
    """Return the probability at which a cut lies, or between which ones.

    >>> say_cut({"cuts": {"sales": 0.2}, "cuts_by_team": {}, "cuts_by_value": [{"value": 1}, {"value": 2}]}, "sales")
    '10\\xa0% to 20\\xa0%'
    """
    return say_ends(*find_cuts_felt(policy, cut))


def say_worth(policy: dict[str, Any]) -> str:
    """Return from which probability a lead is worth a call, whether or not there are calls left for it."""
    return say_ends(*spread_by_value(policy, [policy["cuts_without_limit"]["sales"]]))


def say_end(policy: dict[str, Any]) -> str:
    """Return at which probability the calls of a usual week end, where there are fewer than leads worth one."""
    worth = policy["cuts_without_limit"]["sales"]
    ends = [team["sales"] for team in policy["cuts_by_team"].values() if team["sales"] > worth]
    return say_ends(*spread_by_value(policy, ends)) if ends else MISSING


def say_ends(low: float, high: float) -> str:
    if low >= 1:
        return say("never")
    ends = [say_probability(end) for end in (low, high)]
    return ends[0] if ends[0] == ends[1] else say("{low} to {high}", low=ends[0], high=ends[1])


def say_span(ends: tuple[float, float]) -> str:
    """Return the probabilities between which a cut lies, for a sentence that says from which one leads are called."""
    low, high = (say_probability(end) for end in ends)
    return low if low == high else say("{lowest} to {highest}", lowest=low, highest=high)


def say_reasons(policy: dict[str, Any]) -> str:
    """Return on what it depends where between two probabilities the sales cut of a lead lies."""
    by_value, by_team = (len(policy[f"cuts_by_{what}"]) > 1 for what in ("value", "team"))
    if by_value and by_team:
        return say(" (by value and team)")
    if by_value:
        return say(" (by value)")
    return say(" (by team)") if by_team else ""


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
