"""The sentences of a scenario's verdict: what to do, what that earns and how sure it is, and what stands behind it."""

from typing import Any

from src.policies.decisions import OTHER
from src.reports.language import say, say_plural, write_digits
from src.reports.results import can_call
from src.reports.text import (
    has_varying_values,
    say_amount,
    say_condition,
    say_count,
    say_date,
    say_decision,
    say_difference,
    say_gain,
    say_leads,
    say_names,
    say_probability,
    say_profit,
    say_share,
)


def say_cuts(results: dict[str, Any]) -> str:
    """Return what to do with a lead, by its probability.

    Under a capacity the cut is where calling begins to pay: `say_limit` says where it ends. Where values
    vary the cuts of the other classes stand in brackets.
    """
    policy, cuts = results["policy"], results["policy"]["cuts_without_limit"]
    discard_level = {"discard": say_level(policy, "discard")}
    if not can_call(policy):
        if policy["test"]["routes"]["nurture"]:
            return say("Call nobody: no lead of the test may be called; nurture from {discard}.", **discard_level)
        return say("Call nobody: no lead of the test may be called.")
    classes = [cuts, *policy["cuts_by_value"][1:]]
    sales, discard = (min(cut[name] for cut in classes) for name in ("sales", "discard"))
    outcome = say_outcome(results)
    if sales >= 1 and discard >= 1:
        return say("Spend nothing: no route pays, whatever the probability of {outcome}.", outcome=outcome)
    if sales >= 1:
        return say(
            "Call nobody; nurture the leads whose probability of {outcome} is {discard} or more.",
            outcome=outcome,
            **discard_level,
        )
    return say_rest(say_call(results, outcome), policy, is_nurturing=discard < sales)


def say_rest(call: str, policy: dict[str, Any], is_nurturing: bool) -> str:
    """Return who is called, and what becomes of the others."""
    if not is_nurturing:
        return say("{call}, and spend nothing on the others; nurturing never pays here.", call=call)
    if policy["cuts_without_limit"]["discard"] <= 0:
        return say("{call}, and nurture all the others.", call=call)
    return say(
        "{call}, nurture the others from {discard}, and spend nothing on the rest.",
        call=call,
        discard=repeat_level(policy, "discard"),
    )


def say_outcome(results: dict[str, Any]) -> str:
    """Return of what there is a probability, e.g. ``a sale within 90 days``."""
    horizon = results["metrics"]["data"]["horizon_days"]
    if not horizon:
        return results["objective"]
    days = write_digits(format(horizon, "g"))
    return say_plural(
        "{objective} within {days} day",
        "{objective} within {days} days",
        horizon,
        objective=results["objective"],
        days=days,
    )


def say_level(policy: dict[str, Any], cut: str) -> str:
    """Return a cut at the default value, and those of other values: ``12 % (8.5 % with …)``."""
    level = say_probability(policy["cuts_without_limit"][cut])
    others = [
        say("{probability} with {when}", probability=say_probability(entry[cut]), when=say_condition(entry["when"]))
        for entry in policy["cuts_by_value"][1:]
    ]
    return f"{level} ({'; '.join(others)})" if others else level


def repeat_level(policy: dict[str, Any], cut: str) -> str:
    """Return a cut like `say_level`, after a sentence that has named the other values: ``1.9 % (1.4 %)``."""
    classes = [policy["cuts_without_limit"], *policy["cuts_by_value"][1:]]
    level, *others = (say_probability(entry[cut]) for entry in classes)
    return f"{level} ({'; '.join(others)})" if others else level


def say_call(results: dict[str, Any], outcome: str) -> str:
    """Return who is called: the leads above the cut or as many as there are calls, of one team or of several."""
    calls, policy = results["calls_per_week"], results["policy"]
    values = {"outcome": outcome, "sales": say_level(policy, "sales")}
    if not calls:
        return say("Call the leads whose probability of {outcome} is {sales} or more", **values)
    if len(policy["capacity"]["teams"]) == 1 and len(policy["cuts_by_value"]) == 1:
        return say(
            "Each week call the {calls} most probable of the leads whose probability of {outcome} is {sales} or more",
            calls=say_count(calls),
            **values,
        )
    return say(
        "Each week make the {calls} calls that add most, to leads whose probability of {outcome} is {sales} or more",
        calls=say_count(calls),
        **values,
    )


def name_team(team: str) -> str:
    return say("others") if team == OTHER else team


def say_limit(results: dict[str, Any]) -> str:
    """Return where the calls of a usual week end, if the capacity ends them."""
    policy = results["policy"]
    begins, by_team = policy["cuts_without_limit"]["sales"], policy["cuts_by_team"]
    found = [
        say_probability(cuts["sales"]) + ("" if len(by_team) == 1 else f" ({name_team(team)})")
        for team, cuts in by_team.items()
        if cuts["sales"] > begins
    ]
    if not found:
        return ""
    if has_varying_values(policy):
        return say("In a usual week calls end at {ends}, at the default value.", ends=say_names(found))
    return say("In a usual week calls end at {ends}.", ends=say_names(found))


def say_earnings(results: dict[str, Any]) -> str:
    """Return on how many leads the cuts were tried, what they take and earn there, and whether a simple rule does."""
    policy = results["policy"]
    test, nurtured = policy["test"], policy["test"]["routes"]["nurture"]
    profit, interval = say_profit(test)
    return say(
        "On the {leads} newest leads{barred}, {calls}{weekly} and {nurtured} would have earned {profit} ({confidence} "
        "interval {interval}){standing}.",
        leads=say_count(test["leads"]),
        barred=say_barred(policy["eligibility"]),
        calls=say_plural("{calls} call", "{calls} calls", test["contacts"], calls=say_count(test["contacts"])),
        weekly=say_weekly(results),
        nurtured=say_plural("{leads} lead nurtured", "{leads} leads nurtured", nurtured, leads=say_count(nurtured)),
        profit=profit,
        confidence=say_share(results["confidence"], 0),
        interval=interval,
        standing=say_standing(policy["difference"], results["best_rule"]),
    )


def say_barred(eligibility: dict[str, Any]) -> str:
    """Return how many leads the scenario's conditions keep from a route, where they do."""
    barred = eligibility["leads"]
    return say(" (conditions bar {barred} from a route)", barred=say_count(barred)) if barred else ""


def say_weekly(results: dict[str, Any]) -> str:
    """Return the calls of a usual week, where no capacity says them and there are weeks."""
    if results["calls_per_week"] or not results["metrics"]["data"]["is_dated"]:
        return ""
    return say(" ({contacts} in a usual week)", contacts=say_count(results["whole_weeks"]["contacts"].median()))


def say_standing(difference: dict[str, Any], best_rule: str) -> str:
    """Return whether the best simple rule does as well: where it does better, that it is the one to use."""
    if difference["profit_low"] > 0:
        return say(", beyond chance more than the best simple rule")
    if difference["profit_high"] < 0:
        return say("; “{best_rule}” earns more, beyond chance: use it instead", best_rule=best_rule)
    return say("; the best simple rule ties with that")


def list_grounds(results: dict[str, Any]) -> list[str]:
    """Return what stands behind the verdict: the leads, the other rules and ways, and what was left out of it."""
    difference, unaided = (results["policy"][f"difference{kind}"] for kind in ("", "_unaided"))
    compared = [say_difference(difference, say("The best simple rule"), results["best_rule"])]
    if unaided["baseline"] != difference["baseline"]:
        compared.append(say_difference(unaided, say("The best that ranks by no probability"), results["best_unaided"]))
    found = [say_trial(results), say_reached(results["policy"]["test"]), say_teams(results["policy"])]
    return [sentence for sentence in [*found, say_alone(results), *compared, say_waiting(results)] if sentence]


def say_trial(results: dict[str, Any]) -> str:
    """Return which leads the cuts were tried on, and when each is decided."""
    data, decision = results["metrics"]["data"], say_decision(results)
    if not data["test_from"]:
        return say("From the newest leads nothing was learned; each is decided {decision}.", decision=decision)
    return say(
        "The newest leads are those from {test_from} to {test_until}, from which nothing was learned; each is decided "
        "{decision}.",
        test_from=say_date(data["test_from"]),
        test_until=say_date(data["test_until"]),
        decision=decision,
    )


def say_reached(test: dict[str, Any]) -> str:
    return say(
        "The calls reach {reached} of the {conversions} leads that convert; nothing is spent on {discard}.",
        reached=say_count(test["conversions_reached"]),
        conversions=say_count(test["conversions"]),
        discard=say_leads(test["routes"]["discard"]),
    )


def say_teams(policy: dict[str, Any]) -> str:
    """Return the calls of each team, where there are several."""
    teams = policy["capacity"]["teams"] if policy["capacity"] else {}
    if len(teams) < 2:
        return ""
    parts = [f"{say_count(count)} {name_team(team)}" for team, count in teams.items()]
    return say("The calls of a week: {teams}.", teams=", ".join(parts))


def say_alone(results: dict[str, Any]) -> str:
    """Return from where leads are called that may not be nurtured, if that is not where the others are."""
    alone, sales = results["alone"], results["policy"]["cuts_without_limit"]["sales"]
    if not alone["leads"] or say_probability(alone["cut"]) == say_probability(sales):
        return ""
    values = {"leads": say_leads(alone["leads"]), "cut": say_probability(alone["cut"])}
    if has_varying_values(results["policy"]):
        return say(
            "For the {leads} that may be called but not nurtured, calls pay from {cut} on, at the default value.",
            **values,
        )
    return say("For the {leads} that may be called but not nurtured, calls pay from {cut} on.", **values)


def say_waiting(results: dict[str, Any]) -> str:
    """Return that under a capacity the profit is of calls chosen when the week is known, and what it is without."""
    figures = results["policy"]["alternatives"].get("as_they_come_best")
    if not results["calls_per_week"] or figures is None:
        return ""
    return say(
        "The calls are the best of each week, chosen when all its leads are known; called as they "
        "come, from the cut that earned most on the history, they would have earned {profit}, "
        "{chosen_more} less.",
        profit=say_amount(figures["profit"]),
        chosen_more=say_gain(figures, "chosen_more"),
    )
