"""How good a model's probabilities are, in words: what its page, its card and the landing page say alike."""

from typing import Any

from src.reports.fragments import write_table
from src.reports.language import mark, say
from src.reports.text import say_age, say_count, say_decimal, say_figure, say_leads, say_share

CALIBRATORS = {"temperature": mark("temperature"), "sigmoid": mark("sigmoid")}


def list_measures(metrics: dict[str, Any]) -> list[str]:
    """Return each measure of the probabilities with its interval and what it means."""
    test = metrics["test"]
    tenth = say_share(0.1, 0)
    counting = say(" Each lead counts once for each age at which it was scored.") if len(test["by_age"]) > 1 else ""
    doubt = "" if test["is_calibration_assessable"] else say(" Too few convert to judge this.")
    return [
        say(
            "Order: ROC-AUC {roc_auc}, the chance that a lead that converts has a higher probability than "
            "one that does not; 0.5 is a coin, 1 is perfect. The most probable tenth converts {lift_at_10} "
            "times as often as the average.",
            roc_auc=say_figure(test, "roc_auc", 3),
            lift_at_10=say_figure(test, "lift_at_10", 1),
        ),
        say(
            "Size: log loss {log_loss}, the mean penalty for a probability far from what happened; lower is better.",
            log_loss=say_figure(test, "log_loss", 3),
        ),
        say(
            "Calibration: of the leads given {tenth}, {tenth} should convert. The mean gap is {ece} "
            "percentage points; perfect probabilities would show up to {ece_if_calibrated_95} by chance. "
            "Slope {calibration_slope}, below 1 when high probabilities are too high and low ones too low; "
            "intercept {calibration_intercept}, above 0 when all are too low.{doubt}",
            tenth=tenth,
            ece=say_decimal(test["ece"] * 100, 1),
            ece_if_calibrated_95=say_decimal(test["ece_if_calibrated_95"] * 100, 1),
            calibration_slope=say_figure(test, "calibration_slope", 2),
            calibration_intercept=say_figure(test, "calibration_intercept", 2),
            doubt=doubt,
        ),
        say("The model is {family}.{counting}", family=say_family(metrics), counting=counting),
    ]


def say_family(metrics: dict[str, Any]) -> str:
    names = {
        "base_rate": say("the base rate alone: nothing measured better"),
        "newest": say("the lead's age alone, newest first"),
        "points": say("points set by hand, read as probabilities"),
        "naive_bayes": say("naive Bayes on frequencies"),
        "logistic": say("a regularised logistic regression"),
        "boosting": say("gradient boosting with small trees"),
        "average": say("the average of a logistic regression and gradient boosting"),
    }
    calibration = metrics["calibration"]
    family = names[metrics["champion"]]
    if calibration == "none":
        return say("{family}, not recalibrated", family=family)
    return say("{family}, recalibrated by {calibrator}", family=family, calibrator=name_calibrator(calibration))


def name_calibrator(calibrator: str) -> str:
    return say(CALIBRATORS[calibrator]) if calibrator in CALIBRATORS else calibrator.replace("_", " ")


def write_ages(metrics: dict[str, Any]) -> str:
    """Return how good the probabilities are at each age of a lead."""
    by_age, truth = metrics["test"]["by_age"], metrics.get("truth", {})
    head = [say("Age when scored"), say("Leads"), say("Converted"), say("Mean probability"), "ROC-AUC", say("Log loss")]
    head += [say("Log loss of the true probabilities")] if truth else []
    rows = []
    for age, figures in by_age.items():
        row = [
            say_age(age, metrics["data"]["is_dated"]).capitalize(),
            say_count(figures["leads"]),
            say_share(figures["base_rate"]),
            say_share(figures["mean_probability"]),
            say_figure(figures, "roc_auc", 3),
            say_figure(figures, "log_loss", 3),
        ]
        rows.append(row + ([say_decimal(truth["by_age"][age]["log_loss"], 3)] if truth else []))
    return write_table(head, rows, say("The probabilities at each age of a lead, on the test leads"), is_ordered=True)


def write_parts(metrics: dict[str, Any]) -> str:
    """Return what each kind of metric contributes."""
    names = {"explicit": say("Only what the leads told us"), "implicit": say("Only what they did"), "both": say("Both")}
    rows = [
        [name, say_decimal(figures["roc_auc"], 3), say_decimal(figures["log_loss"], 3)]
        for part, name in names.items()
        for figures in [metrics["features"][part]]
    ]
    caption = say("What explicit and implicit metrics contribute, each with the lead's age, before calibration")
    return write_table([say("Learned from"), "ROC-AUC", say("Log loss")], rows, caption)


def say_leakage(metrics: dict[str, Any]) -> str:
    leakage = metrics["leakage"]
    columns = ", ".join(name.replace("_", " ") for name in leakage["columns"])
    honest = leakage["without"]
    return say(
        "Never used: columns filled in after the outcome ({columns}). With them a model for leads scored "
        "{age} would show ROC-AUC {roc_auc} and log loss {log_loss} instead of {honest_roc_auc} and "
        "{honest_log_loss}. Nobody knows them when a lead must be scored.",
        columns=columns,
        age=say_age(leakage["age"], metrics["data"]["is_dated"]),
        roc_auc=say_decimal(leakage["roc_auc"], 3),
        log_loss=say_decimal(leakage["log_loss"], 3),
        honest_roc_auc=say_decimal(honest["roc_auc"], 3),
        honest_log_loss=say_decimal(honest["log_loss"], 3),
    )


def say_quarantine(quarantine: dict[str, Any], objective: str) -> str:
    """Return how many leads are set apart as spam, and how many later conversions that would have cost."""
    leads, decided, conversions = (quarantine[key] for key in ("leads", "decided", "conversions"))
    if not leads:
        return say("No lead is set apart as spam.")
    return say(
        "Set apart as spam, neither learned from nor tested on: {leads}. Of the {decided} whose outcome "
        "is known {conversions} ended in {objective}: so many conversions their quarantine would have "
        "cost.",
        leads=say_leads(leads),
        decided=say_count(decided),
        conversions=say_count(conversions),
        objective=objective,
    )
