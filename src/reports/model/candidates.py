"""The part of the report on a model that says how it was chosen, and what the others would have given."""

from typing import Any

from src.reports.text import (
    MISSING,
    say_count,
    say_decimal,
    say_figure,
    say_share,
    section,
    write_list,
    write_paragraph,
    write_table,
)

CANDIDATES = {
    "base_rate": "The same rate for everybody",
    "newest": "Newest first",
    "points": "Points by hand",
    "naive_bayes": "Naive Bayes",
    "logistic": "Logistic regression",
    "boosting": "Gradient boosting",
}


def name_candidate(family: str) -> str:
    return CANDIDATES.get(family, family.replace("_", " ").capitalize())


@section("candidates", "Which model was chosen")
def show_candidates(results: dict[str, Any]) -> str:
    """Return the choice, the candidates side by side forward, on the test and on a random split."""
    metrics, confidence = results["metrics"], say_share(results["confidence"], 0)
    notes = (
        "Each candidate learned from leads up to a date and predicted those that came in after it, at several dates. "
        "The simplest one that is within a standard error of the lowest log loss is chosen; the test leads had no part "
        "in it. The dates are measured together, so that even one rate for everybody, learned anew at each, orders the "
        "leads a little.",
        f"In brackets the {confidence} interval, over other leads. The difference is the candidate's log loss less "
        "that of the chosen one on the same leads: above 0 it is worse. A random split teaches with leads of the same "
        "weeks as those it measures, which nobody has when a lead must be scored.",
    )
    return (
        write_paragraph(f"{say_choice(metrics)} {say_test(metrics)}")
        + write_forward(metrics)
        + write_paragraph(notes[0], "note")
        + write_test(metrics)
        + write_paragraph(notes[1], "note")
        + write_list([say_random(metrics), say_power(metrics), *list_rules(metrics), say_search(metrics)])
    )


def say_choice(metrics: dict[str, Any]) -> str:
    """Return which candidate was chosen and why."""
    candidates, champion = metrics["candidates"], metrics["champion"]
    forward, power, name = candidates["forward"], candidates["can_tell"], name_candidate(champion)
    if not power["is_enough"]:
        start = (
            f"{name} was chosen: with {say_count(power['forward']['conversions'])} leads that convert, where "
            f"{say_count(power['needed'])} are needed to tell candidates apart, "
        )
        reason = "it is the simplest that measured better than the same rate for everybody."
        return start + ("nothing measured better." if champion == "base_rate" else reason)
    best = min(forward, key=lambda family: forward[family]["log_loss"])
    if best == champion:
        reason = "it has the lowest log loss, and nothing simpler is within a standard error of it."
        return f"{name} was chosen: forward in time {reason}"
    return (
        f"{name} was chosen: forward in time {name_candidate(best).lower()} has a log loss lower by "
        f"{say_decimal(-forward[best]['loss_difference'], 4)} only, less than its standard error."
    )


def say_test(metrics: dict[str, Any]) -> str:
    """Return how the choice stood on the leads that had no part in it."""
    candidates = metrics["candidates"]
    best, difference = candidates["best_on_test"], candidates["champion_difference"]
    if best == metrics["champion"]:
        return "On the test leads it is the best of them too."
    start = (
        f"On the test leads {name_candidate(best).lower()} did better: its log loss is lower by "
        f"{say_figure(difference, 'loss_difference', 4)}"
    )
    low = difference["loss_difference_low"]
    if low is None or low <= 0:
        return f"{start}, which may be chance."
    return f"{start}, more than chance between two would give; but it is the best of all, picked afterwards."


def say_random(metrics: dict[str, Any]) -> str:
    """Return what a random split would have promised, and whom it would have chosen.

    Rates differ between any two sets of leads, so what is compared is the share of the log loss of one
    rate for everybody that the chosen one saves.
    """
    champion, split, test = metrics["champion"], metrics["candidates"]["random"], metrics["candidates"]["test"]
    shown, honest = (1 - rows[champion]["log_loss"] / rows["base_rate"]["log_loss"] for rows in (split, test))
    chosen = split["chosen"]
    low, high = (test[champion][f"roc_auc_{end}"] for end in ("low", "high"))
    auc = split[champion]["roc_auc"]
    judged = "it flatters" if auc > high else "here one split cannot be told from the other"
    judged = "here it promises less" if auc < low else judged
    other = "the same candidate" if chosen == champion else f"{name_candidate(chosen).lower()} instead"
    return (
        "A random split of the same leads would have shown ROC-AUC "
        f"{say_decimal(split[champion]['roc_auc'], 3)} for the chosen one instead of "
        f"{say_decimal(test[champion]['roc_auc'], 3)}, and {say_share(shown)} of the log loss of one rate for "
        f"everybody saved instead of {say_share(honest)}: {judged}. It would have chosen "
        f"{other}."
    )


def say_power(metrics: dict[str, Any]) -> str:
    """Return what so many conversions can tell and what they cannot."""
    power = metrics["candidates"]["can_tell"]
    forward, test = power["forward"], power["test"]
    return (
        f"{say_count(forward['conversions'])} leads convert among those that chose and "
        f"{say_count(test['conversions'])} in the test: they tell ROC-AUC to ± "
        f"{say_decimal(forward['roc_auc_margin'], 3)} and ± {say_decimal(test['roc_auc_margin'], 3)}. Between the "
        f"chosen one and {name_candidate(power['rival']).lower()} a difference in log loss under "
        f"{say_decimal(power['loss_margin'], 4)} cannot be told from chance."
    )


def list_rules(metrics: dict[str, Any]) -> list[str]:
    """Return what must be known of the rules: when one of them knows nothing here."""
    test = metrics["candidates"]["test"]
    if test["newest"]["log_loss"] != test["base_rate"]["log_loss"]:
        return []
    reason = (
        "all leads are scored at one age, so that at any moment it only says who came last"
        if len(metrics["test"]["by_age"]) == 1
        else "older leads that are still open convert no less"
    )
    return [f"Newest first promises the same rate for everybody here: {reason}."]


def say_search(metrics: dict[str, Any]) -> str:
    """Return which sizes of trees boosting was tried with."""
    search = metrics["candidates"]["search"]
    tried = "; ".join(
        f"{say_count(row['num_leaves'])} leaves, at least {say_count(row['min_data_in_leaf'])} rows each: log loss "
        f"{say_decimal(row['log_loss'], 4)} after {say_count(row['rounds'])} trees"
        for row in search["tried"]
    )
    trees = search["trees"]
    return (
        f"Boosting was tried, forward in time, with trees of {tried}. Kept: {say_count(trees['num_leaves'])} leaves; "
        "the first stays unless another one is better by two standard errors."
    )


def write_forward(metrics: dict[str, Any]) -> str:
    """Return the candidates on the rows that chose among them, and the chosen one recalibrated."""
    forward = metrics["candidates"]["forward"]
    rows = [[name_candidate(family), *say_measures(figures)] for family, figures in forward.items()]
    if metrics["calibration"] != "none":
        champion = metrics["forward"]["champion"]
        measured = [say_decimal(champion["roc_auc"], 3), say_decimal(champion["log_loss"], 4)]
        rows.append(["The chosen one, recalibrated", *measured, MISSING])
    head = ["Candidate", "ROC-AUC", "Log loss", "Difference to the chosen one"]
    caption = "The candidates, forward in time within the history (marked: the chosen one)"
    return write_table(head, rows, caption, [list(forward).index(metrics["champion"])])


def write_test(metrics: dict[str, Any]) -> str:
    """Return the candidates on the test leads and what a random split would have shown."""
    test, split = metrics["candidates"]["test"], metrics["candidates"]["random"]
    rows = [
        [
            name_candidate(family),
            *say_measures(figures),
            say_decimal(split[family]["roc_auc"], 3),
            say_decimal(split[family]["log_loss"], 4),
        ]
        for family, figures in test.items()
    ]
    head = ["Candidate", "ROC-AUC", "Log loss", "Difference to the chosen one"]
    head += ["ROC-AUC, random split", "Log loss, random split"]
    caption = "The candidates on the test leads, learned from the whole history, before calibration"
    return write_table(head, rows, caption, [list(test).index(metrics["champion"])])


def say_measures(figures: dict[str, Any]) -> list[str]:
    is_chosen = figures["loss_difference"] == figures["loss_difference_low"] == figures["loss_difference_high"] == 0
    return [
        say_figure(figures, "roc_auc", 3),
        say_figure(figures, "log_loss", 4),
        MISSING if is_chosen else say_figure(figures, "loss_difference", 4),
    ]
