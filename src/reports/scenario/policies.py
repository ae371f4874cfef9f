"""The parts of a scenario's report that compare policies, and say where the cuts lie and why."""

from typing import Any

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
    section,
    write_list,
    write_paragraph,
    write_table,
)

MEASURES = "Precision: how many of the called convert. Recall: how many of all conversions are among the called."


@section("policies", "The policies side by side")
def show_policies(results: dict[str, Any]) -> str:
    """Return the chosen policy and the simple rules side by side."""
    rows = results["rows"]
    caption = f"What each policy would have earned on the {say_count(results['policy']['test']['leads'])} test leads"
    marked = [number for number, row in enumerate(rows) if row["is_chosen"]]
    return (
        write_paragraph(say_ranking(rows))
        + write_table(list_head(results), [list_figures(row) for row in rows], caption, marked, folded=(1, 2))
        + write_paragraph(f"{MEASURES} {say_bounds(results)}", "note")
    )


def list_head(results: dict[str, Any]) -> list[str]:
    interval = f"{say_share(results['confidence'], 0)} interval"
    head = ["Policy", f"Profit ({interval})", f"The two cuts earn more ({interval})", "Calls", "Nurtured"]
    return [*head, "Precision", "Recall", "Conversions lost"]


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
    place = "earned most," if chosen["profit"] >= other["profit"] else "are not the best, they earned"
    ends = {"profit": "chosen_more", "profit_low": "chosen_more_low", "profit_high": "chosen_more_high"}
    difference = {end: other[key] for end, key in ends.items()}
    start = f"Of these {len(rows)} policies the two cuts {place} {say_profit(chosen)[0]}."
    return f"{start} {say_difference(difference, 'The best of the others', other['policy'])}"


def say_bounds(results: dict[str, Any]) -> str:
    """Return what could have been earned at most: in hindsight and, if it is known, with the truth."""
    test = results["policy"]["test"]
    text = (
        "All respect capacity and conditions. The rules that call do with all others what paid more on the history, "
        "nurturing or nothing; the top shares use the same probability as the cuts, and the newest are as many in each "
        "week as the cuts call. With these probabilities the best "
        f"pair of cuts, known only in hindsight, would have earned {say_amount(test['profit_in_hindsight'])}, "
        f"{say_amount(test['regret'])} more."
    )
    if "profit_of_truth" in test:
        text += f" {say_truth(test)}"
    return text


def say_truth(test: dict[str, Any]) -> str:
    """Return what the true probabilities would have earned, and how much of it the cuts do, with and without luck."""
    expected = test["expected"]
    text = (
        f"The true probabilities, which only made-up data can know, would have earned "
        f"{say_amount(test['profit_of_truth'])}"
    )
    if test["profit_of_truth"] <= 0 or expected["truth"] <= 0:
        return f"{text}."
    return (
        f"{text}: the two cuts earn {say_share(test['profit'] / test['profit_of_truth'])} of that, and "
        f"{say_share(expected['chosen'] / expected['truth'])} if every lead converted just as often as is true of it."
    )


@section("alternatives", "Other ways to choose whom to call")
def show_alternatives(results: dict[str, Any]) -> str:
    """Return the policies that aim at precision, recall or F1, or decide each lead when it comes."""
    rows, cuts = results["alternatives"], results["policy"]["alternative_cuts"]
    if len(rows) < 2:
        return write_paragraph("There is no other way: nobody may be called.")
    head = list_head(results)
    head.insert(1, "Calls from")
    body = []
    for row in rows:
        figures = list_figures(row)
        figures.insert(1, say_cut(cuts.get(row["key"])))
        body.append(figures)
    caption = "The two cuts, and policies that aim at something else than profit or know less, on the test leads"
    return (
        write_paragraph(say_ranking(rows))
        + write_table(head, body, caption, [0], folded=(1, 2, 3))
        + write_list(list_aims(results))
        + write_paragraph(
            "Their cuts were chosen on the history. In brackets: how they move over resampled persons.", "note"
        )
    )


def say_cut(found: dict[str, Any] | None) -> str:
    """Return the cut of an alternative with its interval over resampled persons."""
    if found is None:
        return MISSING
    if found["cut"] is None:
        return "out of reach"
    text = say_probability(found["cut"])
    if "cut_low" not in found:
        return text
    return f"{text} ({say_probability(found['cut_low'])} to {say_probability(found['cut_high'])})"


def list_aims(results: dict[str, Any]) -> list[str]:
    """Return what each of the alternatives aims at."""
    scenario, keys = results["scenario"], {row["key"] for row in results["alternatives"]}
    precision, recall = (say_share(scenario[f"required_{name}"], 0) for name in ("precision", "recall"))
    aims = {
        "required_precision": f"The precision asked for: of those called {precision} convert; called from the lowest "
        "probability at which that held on the history.",
        "required_recall": f"The recall asked for: {recall} of all conversions are reached; called from the highest "
        "probability at which that held on the history.",
        "highest_f1": "The highest F1: the harmonic mean of precision and recall, which knows no amounts.",
        "as_they_come": "As they come: the two cuts know all leads of a week before the first call. These decide each "
        "lead when it comes, from where a usual week ends or from the cut that earned most on the history, until the "
        "week's calls are used up.",
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
    cuts = results["policy"]["cuts_without_limit"]
    whom = " of the default value" if has_varying_values(results["policy"]) else ""
    pays = []
    if cuts["discard"] < cuts["sales"]:
        pays.append(f"nurturing a lead{whom} begins to pay at a probability of {say_probability(cuts['discard'])}")
    if cuts["sales"] < 1:
        pays.append(f"calling one{whom if not pays else ''} at {say_probability(cuts['sales'])}")
    if not pays:
        return "The cuts follow from the amounts of the scenario alone: no route pays at any probability."
    return f"The cuts follow from the amounts of the scenario alone, not from the leads: {say_names(pays)}."


def write_values(by_value: list[dict[str, Any]]) -> str:
    """Return the cuts of each class of values."""
    rows = [
        [
            "all others" if entry["when"] is None else say_condition(entry["when"]),
            say_price(entry["value"]),
            say_count(entry["leads"]),
            say_probability(entry["discard"]),
            say_probability(entry["sales"]),
        ]
        for entry in [*by_value[1:], by_value[0]]
    ]
    head = ["Leads with", "Value of a conversion", "Test leads", "Nurture from", "Call from"]
    return write_table(head, rows, "The cuts by the value of a lead: twice the value, half the cut")


def write_teams(results: dict[str, Any]) -> str:
    """Return where the calls of each team end in its usual week."""
    policy = results["policy"]
    teams = policy["capacity"]["teams"]
    rows = [
        [
            say_team(team),
            say_count(teams[team]),
            say_probability(found["sales"]),
            f"{say_probability(found['sales_low'])} to {say_probability(found['sales_high'])}",
            say_probability(found["sales_as_they_come"]),
        ]
        for team, found in policy["cuts_by_team"].items()
    ]
    head = ["Team", "Calls a week", "Calls end at, in a usual week", f"{say_share(results['confidence'], 0)} interval"]
    head.append("Best cut if called as they come")
    caption = f"Where the calls end: they pay from {say_probability(policy['cuts_without_limit']['sales'])}"
    values = " of a lead of the default value" if has_varying_values(policy) else ""
    return write_table(head, rows, f"{caption}{values}")


def say_team(team: str) -> str:
    return {"all": "All together", "other": "All other leads"}.get(team, team)


def say_check(policy: dict[str, Any]) -> str:
    """Return what the history says about the cuts: the best pair there, and how much it moves."""
    check = policy["forward"]
    if check["profit"] == check["best_profit"] == 0:
        leads = say_count(check["leads"])
        return f"The {leads} leads of the history cannot check them: whatever the cuts, they earn nothing."
    ends = [
        f"the {word} between {say_probability(check['best_cuts_low'][name])} and "
        f"{say_probability(check['best_cuts_high'][name])}"
        for name, word in (("discard", "lower"), ("sales", "upper"))
    ]
    return (
        f"On the {say_count(check['leads'])} leads of the history they earn {say_amount(check['profit'])}; the pair "
        f"that earned most there, {say_amount(check['best_profit'])}, has its cuts at "
        f"{say_probability(check['best_cuts']['discard'])} and {say_probability(check['best_cuts']['sales'])}. Over "
        f"resampled persons that pair moves, as the profit is flat around its top: {' and '.join(ends)}. "
        f"{say_best_more(check)}"
    )


def say_best_more(check: dict[str, Any]) -> str:
    """Return whether pairs of cuts that earned most on some persons earn more than the chosen cuts on others."""
    text = (
        "Pairs chosen like that on a part of the persons and tried on the others earned "
        f"{say_gain(check, 'best_more')} more than the chosen cuts"
    )
    if check["best_more_low"] > 0:
        return f"{text}: the history speaks for other cuts, its probabilities or amounts do not quite hold there."
    return f"{text}: the history does not speak against them."
