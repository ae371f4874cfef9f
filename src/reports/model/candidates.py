"""The part of the report on a model that says how it was chosen, and what the others would have given."""

from typing import Any

from src.reports.fragments import section, write_list, write_paragraph, write_table
from src.reports.language import mark, say, say_plural
from src.reports.text import MISSING, say_count, say_decimal, say_figure, say_share

CANDIDATES = {
    "base_rate": mark("The same rate for everybody"),
    "newest": mark("Newest first"),
    "points": mark("Points by hand"),
    "naive_bayes": mark("Naive Bayes"),
    "logistic": mark("Logistic regression"),
    "boosting": mark("Gradient boosting"),
    "average": mark("The average of regression and boosting"),
}


def name_candidate(family: str) -> str:
    return say(CANDIDATES[family]) if family in CANDIDATES else family.replace("_", " ").capitalize()


@section("candidates", "Which model was chosen")
def show_candidates(results: dict[str, Any]) -> str:
    """Return the choice, the candidates side by side forward, on the test and on a random split."""
    metrics, confidence = results["metrics"], say_share(results["confidence"], 0)
    notes = (
        say(
            "Each candidate learned from leads up to a date and predicted those that came in after it, at "
            "several dates. The model averages regression and boosting with weights learned from that; rules "
            "and naive Bayes are baselines. The test leads had no part in it. The dates are measured "
            "together, so that even one rate for everybody, learned anew at each, orders the leads a little."
        ),
        say(
            "In brackets the {confidence} interval, over other leads. The difference is the candidate's log "
            "loss less that of the chosen one on the same leads: above 0 it is worse. A random split teaches "
            "with leads of the same weeks as those it measures, which nobody has when a lead must be scored.",
            confidence=confidence,
        ),
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
        values = {
            "name": name,
            "conversions": say_count(power["forward"]["conversions"]),
            "needed": say_count(power["needed"]),
        }
        return say(
            "{name} is the model: with {conversions} leads that convert, where {needed} are needed to learn weights, "
            "regression and boosting count the same.",
            **values,
        )
    best = min(forward, key=lambda family: forward[family]["log_loss"])
    if best == champion:
        return say(
            "{name} is the model: forward in time it has the lowest log loss.",
            name=name,
        )
    return say(
        "{name} is the model: forward in time {best} has a log loss lower by {loss_difference}, which is not "
        "enough to leave the other family out.",
        name=name,
        best=name_candidate(best).lower(),
        loss_difference=say_decimal(-forward[best]["loss_difference"], 4),
    )


def say_test(metrics: dict[str, Any]) -> str:
    """Return how the choice stood on the leads that had no part in it."""
    candidates = metrics["candidates"]
    best, difference = candidates["best_on_test"], candidates["champion_difference"]
    if best == metrics["champion"]:
        return say("On the test leads it is the best of them too.")
    start = say(
        "On the test leads {best} did better: its log loss is lower by {loss_difference}",
        best=name_candidate(best).lower(),
        loss_difference=say_figure(difference, "loss_difference", 4),
    )
    low = difference["loss_difference_low"]
    if low is None or low <= 0:
        return say("{start}, which may be chance.", start=start)
    return say(
        "{start}, more than chance between two would give; but it is the best of all, picked afterwards.", start=start
    )


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
    judged = say("it flatters") if auc > high else say("here one split cannot be told from the other")
    judged = say("here it promises less") if auc < low else judged
    other = (
        say("the same candidate")
        if chosen == champion
        else say("{chosen} instead", chosen=name_candidate(chosen).lower())
    )
    return say(
        "A random split of the same leads would have shown ROC-AUC {roc_auc} for the chosen one instead "
        "of {test_roc_auc}, and {shown} of the log loss of one rate for everybody saved instead of "
        "{honest}: {judged}. It would have chosen {other}.",
        roc_auc=say_decimal(split[champion]["roc_auc"], 3),
        test_roc_auc=say_decimal(test[champion]["roc_auc"], 3),
        shown=say_share(shown),
        honest=say_share(honest),
        judged=judged,
        other=other,
    )


def say_power(metrics: dict[str, Any]) -> str:
    """Return what so many conversions can tell and what they cannot."""
    power = metrics["candidates"]["can_tell"]
    forward, test = power["forward"], power["test"]
    return say(
        "{conversions} leads convert among those that chose and {test_conversions} in the test: they "
        "tell ROC-AUC to ± {roc_auc_margin} and ± {test_roc_auc_margin}. Between the chosen one and "
        "{rival} a difference in log loss under {loss_margin} cannot be told from chance.",
        conversions=say_count(forward["conversions"]),
        test_conversions=say_count(test["conversions"]),
        roc_auc_margin=say_decimal(forward["roc_auc_margin"], 3),
        test_roc_auc_margin=say_decimal(test["roc_auc_margin"], 3),
        rival=name_candidate(power["rival"]).lower(),
        loss_margin=say_decimal(power["loss_margin"], 4),
    )


def list_rules(metrics: dict[str, Any]) -> list[str]:
    """Return what must be known of the rules: when one of them knows nothing here."""
    test = metrics["candidates"]["test"]
    if test["newest"]["log_loss"] != test["base_rate"]["log_loss"]:
        return []
    reason = (
        say("all leads are scored at one age, so that at any moment it only says who came last")
        if len(metrics["test"]["by_age"]) == 1
        else say("older leads that are still open convert no less")
    )
    return [say("Newest first promises the same rate for everybody here: {reason}.", reason=reason)]


def say_search(metrics: dict[str, Any]) -> str:
    """Return which sizes of trees boosting was tried with."""
    search = metrics["candidates"]["search"]
    tried = "; ".join(
        say_plural(
            "{num_leaves} leaves, at least {min_data_in_leaf} rows each: log loss {log_loss} after {rounds} tree",
            "{num_leaves} leaves, at least {min_data_in_leaf} rows each: log loss {log_loss} after {rounds} trees",
            row["rounds"],
            num_leaves=say_count(row["num_leaves"]),
            min_data_in_leaf=say_count(row["min_data_in_leaf"]),
            log_loss=say_decimal(row["log_loss"], 4),
            rounds=say_count(row["rounds"]),
        )
        for row in search["tried"]
    )
    trees = search["trees"]
    return say(
        "Boosting was tried, forward in time, with trees of {tried}. Kept: {num_leaves} leaves; the "
        "first stays unless another one is better by two standard errors.",
        tried=tried,
        num_leaves=say_count(trees["num_leaves"]),
    )


def write_forward(metrics: dict[str, Any]) -> str:
    """Return the candidates on the rows that chose among them, and the chosen one recalibrated."""
    forward = metrics["candidates"]["forward"]
    rows = [[name_candidate(family), *say_measures(figures)] for family, figures in forward.items()]
    if metrics["calibration"] != "none":
        champion = metrics["forward"]["champion"]
        measured = [say_decimal(champion["roc_auc"], 3), say_decimal(champion["log_loss"], 4)]
        rows.append([say("The chosen one, recalibrated"), *measured, MISSING])
    head = [say("Candidate"), "ROC-AUC", say("Log loss"), say("Difference to the chosen one")]
    caption = say("The candidates, forward in time within the history (marked: the chosen one)")
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
    head = [say("Candidate"), "ROC-AUC", say("Log loss"), say("Difference to the chosen one")]
    head += [say("ROC-AUC, random split"), say("Log loss, random split")]
    caption = say("The candidates on the test leads, learned from the whole history, before calibration")
    return write_table(head, rows, caption, [list(test).index(metrics["champion"])])


def say_measures(figures: dict[str, Any]) -> list[str]:
    is_chosen = figures["loss_difference"] == figures["loss_difference_low"] == figures["loss_difference_high"] == 0
    return [
        say_figure(figures, "roc_auc", 3),
        say_figure(figures, "log_loss", 4),
        MISSING if is_chosen else say_figure(figures, "loss_difference", 4),
    ]
