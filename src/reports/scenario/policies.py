"""The parts of a scenario's report that compare policies, and say where the cuts lie and why."""

from typing import Any

from src.reports.fragments import section, write_list, write_paragraph, write_table
from src.reports.language import mark, say
from src.reports.text import (
    MISSING,
    has_varying_values,
    say_amount,
    say_condition,
    say_count,
    say_difference,
    say_gain,
    say_names,
    say_price,
    say_probability,
    say_profit,
    say_share,
)

MEASURES = mark("Precision: how many of the called convert. Recall: how many of all conversions are among the called.")


@section("policies", "The policies side by side")
def show_policies(results: dict[str, Any]) -> str:
    """Return the chosen policy and the simple rules side by side."""
    rows = results["rows"]
    caption = say(
        "What each policy would have earned on the {leads} test leads",
        leads=say_count(results["policy"]["test"]["leads"]),
    )
    marked = [number for number, row in enumerate(rows) if row["is_chosen"]]
    return (
        write_paragraph(say_ranking(rows))
        + write_table(list_head(results), [list_figures(row) for row in rows], caption, marked, folded=(1, 2))
        + write_paragraph(f"{say(MEASURES)} {say_bounds(results)}", "note")
    )


def list_head(results: dict[str, Any]) -> list[str]:
    confidence = say_share(results["confidence"], 0)
    head = [
        say("Policy"),
        say("Profit ({confidence} interval)", confidence=confidence),
        say("The two cuts earn more ({confidence} interval)", confidence=confidence),
        say("Calls"),
        say("Nurtured"),
    ]
    return [*head, say("Precision"), say("Recall"), say("Conversions lost")]


def list_figures(row: dict[str, Any]) -> list[str]:
    return [
        row["policy"],
        say_gain(row, "profit"),
        MISSING if row["is_chosen"] else say_gain(row, "chosen_more"),
        say_count(row["contacts"]),
        say_count(row["routes"]["nurture"]),
        say_share(row["precision"]),
        say_share(row["recall"]),
        say_count(row["conversions_lost"]),
    ]


def say_ranking(rows: list[dict[str, Any]]) -> str:
    """Return how the two cuts, the first row, compare with the best of the others, the second."""
    chosen, other = rows[0], rows[1]
    ends = {"profit": "chosen_more", "profit_low": "chosen_more_low", "profit_high": "chosen_more_high"}
    difference = {end: other[key] for end, key in ends.items()}
    values = {"count": say_count(len(rows)), "profit": say_profit(chosen)[0]}
    start = (
        say("Of these {count} policies the two cuts earned most, {profit}.", **values)
        if chosen["profit"] >= other["profit"]
        else say("Of these {count} policies the two cuts are not the best, they earned {profit}.", **values)
    )
    return f"{start} " + say_difference(difference, say("The best of the others"), other["policy"])


def say_bounds(results: dict[str, Any]) -> str:
    """Return what could have been earned at most: in hindsight and, if it is known, with the truth."""
    test = results["policy"]["test"]
    text = say(
        "All respect capacity and conditions. The rules that call do with all others what paid more on "
        "the history, nurturing or nothing; the top shares use the same probability as the cuts, and the "
        "newest are as many in each week as the cuts call. With these probabilities the best pair of "
        "cuts, known only in hindsight, would have earned {profit_in_hindsight}, {regret} more.",
        profit_in_hindsight=say_amount(test["profit_in_hindsight"]),
        regret=say_amount(test["regret"]),
    )
    if "profit_of_truth" in test:
        text += f" {say_truth(test)}"
    return text


def say_truth(test: dict[str, Any]) -> str:
    """Return what the true probabilities would have earned, and how much of it the cuts do, with and without luck."""
    expected = test["expected"]
    text = say(
        "The true probabilities, which only made-up data can know, would have earned {profit_of_truth}",
        profit_of_truth=say_amount(test["profit_of_truth"]),
    )
    if test["profit_of_truth"] <= 0 or expected["truth"] <= 0:
        return f"{text}."
    return say(
        "{text}: the two cuts earn {profit} of that, and {chosen} if every lead converted just as often "
        "as is true of it.",
        text=text,
        profit=say_share(test["profit"] / test["profit_of_truth"]),
        chosen=say_share(expected["chosen"] / expected["truth"]),
    )


@section("alternatives", "Other ways to choose whom to call")
def show_alternatives(results: dict[str, Any]) -> str:
    """Return the policies that aim at precision, recall or F1, or decide each lead when it comes."""
    rows, cuts = results["alternatives"], results["policy"]["alternative_cuts"]
    if len(rows) < 2:
        return write_paragraph(say("There is no other way: nobody may be called."))
    head = list_head(results)
    head.insert(1, say("Calls from"))
    body = []
    for row in rows:
        figures = list_figures(row)
        figures.insert(1, say_cut(cuts.get(row["key"])))
        body.append(figures)
    caption = say("The two cuts, and policies that aim at something else than profit or know less, on the test leads")
    return (
        write_paragraph(say_ranking(rows))
        + write_table(head, body, caption, [0], folded=(1, 2, 3))
        + write_list(list_aims(results))
        + write_paragraph(
            say("Their cuts were chosen on the history. In brackets: how they move over resampled persons."), "note"
        )
    )


def say_cut(found: dict[str, Any] | None) -> str:
    """Return the cut of an alternative with its interval over resampled persons."""
    if found is None:
        return MISSING
    if found["cut"] is None:
        return say("out of reach")
    text = say_probability(found["cut"])
    if "cut_low" not in found:
        return text
    return say(
        "{value} ({low} to {high})",
        value=text,
        low=say_probability(found["cut_low"]),
        high=say_probability(found["cut_high"]),
    )


def list_aims(results: dict[str, Any]) -> list[str]:
    """Return what each of the alternatives aims at."""
    scenario, keys = results["scenario"], {row["key"] for row in results["alternatives"]}
    precision, recall = (say_share(scenario[f"required_{name}"], 0) for name in ("precision", "recall"))
    aims = {
        "required_precision": say(
            "The precision asked for: of those called {precision} convert; called from the lowest "
            "probability at which that held on the history.",
            precision=precision,
        ),
        "required_recall": say(
            "The recall asked for: {recall} of all conversions are reached; called from the highest "
            "probability at which that held on the history.",
            recall=recall,
        ),
        "highest_f1": say("The highest F1: the harmonic mean of precision and recall, which knows no amounts."),
        "as_they_come": say(
            "As they come: the two cuts know all leads of a week before the first call. These decide each "
            "lead when it comes, from where a usual week ends or from the cut that earned most on the "
            "history, until the week's calls are used up."
        ),
    }
    return [text for key, text in aims.items() if key in keys]


@section("why", "Why the cuts lie there")
def show_cuts(results: dict[str, Any]) -> str:
    """Return from what the cuts follow, those of each value and team, and what the history says of them."""
    is_varying = has_varying_values(results["policy"])
    tables = write_values(results["policy"]["cuts_by_value"]) if is_varying else ""
    tables += write_teams(results) if results["policy"]["cuts_by_team"] else ""
    return write_paragraph(say_origin(results)) + tables + write_paragraph(say_check(results["policy"]))


def say_origin(results: dict[str, Any]) -> str:
    cuts, is_varying = results["policy"]["cuts_without_limit"], has_varying_values(results["policy"])
    discard, sales = (say_probability(cuts[name]) for name in ("discard", "sales"))
    pays = []
    if cuts["discard"] < cuts["sales"]:
        pays.append(
            say("nurturing a lead of the default value begins to pay at a probability of {discard}", discard=discard)
            if is_varying
            else say("nurturing a lead begins to pay at a probability of {discard}", discard=discard)
        )
    if cuts["sales"] < 1:
        pays.append(
            say("calling one of the default value at {sales}", sales=sales)
            if is_varying and not pays
            else say("calling one at {sales}", sales=sales)
        )
    if not pays:
        return say("The cuts follow from the amounts of the scenario alone: no route pays at any probability.")
    return say(
        "The cuts follow from the amounts of the scenario alone, not from the leads: {pays}.", pays=say_names(pays)
    )


def write_values(by_value: list[dict[str, Any]]) -> str:
    """Return the cuts of each class of values."""
    rows = [
        [
            say("all others") if entry["when"] is None else say_condition(entry["when"]),
            say_price(entry["value"]),
            say_count(entry["leads"]),
            say_probability(entry["discard"]),
            say_probability(entry["sales"]),
        ]
        for entry in [*by_value[1:], by_value[0]]
    ]
    head = [
        say("Leads with"),
        say("Value of a conversion"),
        say("Test leads"),
        say("Nurture from"),
        say("Worth a call from"),
    ]
    return write_table(head, rows, say("The cuts by the value of a lead: twice the value, half the cut"))


def write_teams(results: dict[str, Any]) -> str:
    """Return where the calls of each team end in its usual week."""
    policy = results["policy"]
    teams = policy["capacity"]["teams"]
    rows = [
        [
            say_team(team),
            say_count(teams[team]),
            say_probability(found["sales"]),
            say(
                "{low} to {high}",
                low=say_probability(found["sales_low"]),
                high=say_probability(found["sales_high"]),
            ),
            say_probability(found["sales_as_they_come"]),
        ]
        for team, found in policy["cuts_by_team"].items()
    ]
    head = [
        say("Team"),
        say("Calls a week"),
        say("Calls end at, in a usual week"),
        say("{confidence} interval", confidence=say_share(results["confidence"], 0)),
    ]
    head.append(say("Best cut if called as they come"))
    sales = say_probability(policy["cuts_without_limit"]["sales"])
    caption = (
        say("Where the calls end: they pay from {sales} of a lead of the default value", sales=sales)
        if has_varying_values(policy)
        else say("Where the calls end: they pay from {sales}", sales=sales)
    )
    return write_table(head, rows, caption)


def say_team(team: str) -> str:
    return {"all": say("All together"), "other": say("All other leads")}.get(team, team)


def say_check(policy: dict[str, Any]) -> str:
    """Return what the history says about the cuts: the best pair there, and how much it moves."""
    check = policy["forward"]
    if check["profit"] == check["best_profit"] == 0:
        leads = say_count(check["leads"])
        return say(
            "The {leads} leads of the history cannot check them: whatever the cuts, they earn nothing.", leads=leads
        )
    low, high = check["best_cuts_low"], check["best_cuts_high"]
    moves = {
        f"{name}_{end}": say_probability(cuts[name])
        for name in ("discard", "sales")
        for end, cuts in (("low", low), ("high", high))
    }
    return say(
        "On the {leads} leads of the history they earn {profit}; the pair that earned most there, "
        "{best_profit}, has its cuts at {discard} and {sales}. Over resampled persons that pair moves, "
        "as the profit is flat around its top: the lower between {discard_low} and "
        "{discard_high} and the upper between {sales_low} and {sales_high}. {check}",
        leads=say_count(check["leads"]),
        profit=say_amount(check["profit"]),
        best_profit=say_amount(check["best_profit"]),
        discard=say_probability(check["best_cuts"]["discard"]),
        sales=say_probability(check["best_cuts"]["sales"]),
        **moves,
        check=say_best_more(check),
    )


def say_best_more(check: dict[str, Any]) -> str:
    """Return whether pairs of cuts that earned most on some persons earn more than the chosen cuts on others."""
    text = say(
        "Pairs chosen like that on a part of the persons and tried on the others earned {best_more} more "
        "than the chosen cuts",
        best_more=say_gain(check, "best_more"),
    )
    if check["best_more_low"] > 0:
        return say(
            "{text}: the history speaks for other cuts, its probabilities or amounts do not quite hold there.",
            text=text,
        )
    return say("{text}: the history does not speak against them.", text=text)
