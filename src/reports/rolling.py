"""The parts of the report on a model that are about time: refits as they would have been run, and drift."""

import math
from typing import Any

from src.reports.figures import BLUE, GREY, ORANGE, draw
from src.reports.fragments import section, write_list, write_paragraph, write_table, write_verdict
from src.reports.language import mark, say, say_plural
from src.reports.measures import name_calibrator
from src.reports.text import MISSING, say_count, say_date, say_decimal, say_figure, say_share

STRONG = 2.0
"""From so many times the former base rate, or its inverse, the warning is a strong one."""

LABELS = 6
"""So many months are named below the figure: more would run into each other."""

FAMILIES = {
    "base_rate": mark("base rate"),
    "newest": mark("newest"),
    "points": mark("points"),
    "naive_bayes": mark("naive bayes"),
    "logistic": mark("logistic"),
    "boosting": mark("boosting"),
    "average": mark("average"),
}
"""The kinds of model in a cell of a table."""

PERIODS = {"last_third": mark("the last third of the leads"), "newest_step": mark("the newest step")}


@section("rolling", "As it would have been run")
def show_rolling(results: dict[str, Any]) -> str:
    """Return the procedure refitted step by step over the last third, beside the model that was not."""
    rolling = results["metrics"]["rolling"]
    head = [
        say("Leads from"),
        say("Leads"),
        say("Learned from"),
        say("Model"),
        say("Recalibrated"),
        say("Log-odds shifted by"),
    ]
    head += [say("Promised"), say("Converted"), say("Log loss"), say("Not refitted")]
    rows = [list_step(step) for step in rolling["steps"]]
    caption = say(
        "The {count} steps over the test leads; learned from: rows whose label was known by then",
        count=say_count(len(rows)),
    )
    note = say(
        "At each step everything whose outcome was known by then is learned from again; model, number of "
        "trees, recalibration and shift are chosen by earlier predictions whose outcomes were known, and "
        "the leads until the next step are predicted. “Not refitted” is the log loss of the model of the "
        "history alone, on the same leads."
    )
    return (
        write_paragraph(say_refits(rolling))
        + write_list(list_pooled(results))
        + write_table(head, rows, caption, texts=(3, 4), is_ordered=True)
        + write_paragraph(note, "note")
    )


def list_step(step: dict[str, Any]) -> list[str]:
    rounds = say(", {rounds} trees", rounds=say_count(step["rounds"])) if step["rounds"] else ""
    return [
        say_date(step["from"]) if step["from"] else say("Step {number}", number=say_count(step["step"])),
        say_count(step["leads"]),
        say_count(step["learned_rows"]),
        say_family(step["family"]) + rounds,
        say("no") if step["calibrator"] == "none" else name_calibrator(step["calibrator"]),
        say_decimal(step["recentring"], 2) if step["recentring"] else MISSING,
        say_share(step["mean_probability"]),
        say_share(step["base_rate"]),
        say_decimal(step["log_loss"], 4),
        say_decimal(step["frozen_log_loss"], 4),
    ]


def say_refits(rolling: dict[str, Any]) -> str:
    """Return whether refitting is worth anything, as far as it can be told."""
    # The difference is what the refits lose: what they save is its opposite.
    saved, least, most = (-rolling["difference"][f"loss_difference{end}"] for end in ("", "_high", "_low"))
    size = say(
        "{saved} of log loss a row (interval of what it saves {least} to {most})",
        saved=say_decimal(abs(saved), 4),
        least=say_decimal(least, 4),
        most=say_decimal(most, 4),
    )
    values = {"times": say_times(rolling), "size": size}
    if least > 0:
        return say("Refit the model as outcomes come in: refitted {times} it saves {size}.", **values)
    if most < 0:
        return say("Refitting harmed: refitted {times} the model loses {size}.", **values)
    if saved >= 0:
        return say(
            "The model ages slowly: refitted {times} it saves {size}, which cannot be told from nothing.", **values
        )
    return say("The model ages slowly: refitted {times} it loses {size}, which cannot be told from nothing.", **values)


def say_times(rolling: dict[str, Any]) -> str:
    count = len(rolling["steps"])
    return say_plural("once", "{count} times", count, count=say_count(count))


def list_pooled(results: dict[str, Any]) -> list[str]:
    """Return the pooled figures of the refits, those of the frozen model, and what labels they rest on."""
    rolling, test = results["metrics"]["rolling"], results["metrics"]["rolling"]["frozen"]
    names = {
        "roc_auc": ("ROC-AUC", 3),
        "log_loss": (say("log loss"), 4),
        "calibration_slope": (say("calibration slope"), 2),
    }
    sentences = [
        f"{who}: "
        + ", ".join(f"{what} {say_figure(figures, name, digits)}" for name, (what, digits) in names.items())
        + say(
            "; promised {mean_probability}, converted {base_rate}.",
            mean_probability=say_share(figures["mean_probability"]),
            base_rate=say_share(figures["base_rate"]),
        )
        for who, figures in ((say("Refitted at each step"), rolling), (say("Not refitted, on the same leads"), test))
    ]
    if not rolling["recentring"]["has_times"]:
        sentences.append(
            say(
                "Labels are those of the extraction, since this objective has no horizon: a step learns from all "
                "earlier leads, also from outcomes that came after it. True refits would have known less."
            )
        )
    current = rolling["current"]
    rounds = say(" of {rounds} trees", rounds=say_count(current["rounds"])) if current["rounds"] else ""
    return [
        *sentences,
        say(
            "Today's leads are scored by the same procedure, run once more on all {leads} leads whose "
            "outcome is known: {family}{rounds}.",
            leads=say_count(current["leads"]),
            family=say_family(current["family"]),
            rounds=rounds,
        ),
    ]


@section("drift", "Does the base rate move?")
def show_drift(results: dict[str, Any]) -> str:
    """Return how far the base rate has moved, whether the promises followed, and what re-centring does."""
    rolling = results["metrics"]["rolling"]
    first, rest = say_drift(rolling)
    finding = write_verdict(first, rest) if is_strong(rolling["drift"]) else write_paragraph(f"{first} {rest}")
    figure = draw_drift(rolling["drift"]["periods"], has_dates=bool(rolling["steps"][0]["from"]))
    return finding + figure + write_list(list_recentring(rolling))


def list_drift_alerts(rolling: dict[str, Any]) -> list[str]:
    """Return the warning that the base rate has changed by more than chance, if it has."""
    return [" ".join(say_drift(rolling))] if list_moves(rolling["drift"]) else []


def say_drift(rolling: dict[str, Any]) -> tuple[str, str]:
    """Return whether the base rate has moved, and the figures: how far, and what was promised meanwhile."""
    drift, last = rolling["drift"], rolling["steps"][-1]
    before, third = say_share(drift["before"]), drift["last_third"]
    if third["ratio"] is None or third["ratio_low"] is None:
        return say("Whether the base rate has moved cannot be told."), say("Too few leads convert.")
    changes = " ".join(
        say(
            "In {what} {rate} converted, {ratio} times the {before} of before.",
            what=say(what),
            rate=say_share(drift[name]["rate"]),
            ratio=say_figure(drift[name], "ratio", 2),
            before=before,
        )
        for name, what in PERIODS.items()
        if name == "last_third" or name in list_moves(drift)
    )
    followed = say(
        "At the newest step, a lead counting at each of its ages, the refitted model promised "
        "{mean_probability}, the model that was not refitted {frozen_mean_probability}, and {base_rate} "
        "converted.",
        mean_probability=say_share(last["mean_probability"]),
        frozen_mean_probability=say_share(last["frozen_mean_probability"]),
        base_rate=say_share(last["base_rate"]),
    )
    if not list_moves(drift):
        return say("The base rate has not moved by more than chance."), changes
    if is_strong(drift):
        learned = say(
            "What was learned of how many convert does not hold any more; what was learned of who converts may."
        )
        return say("The base rate is another one than the history's."), f"{changes} {followed} {learned}"
    return say("The base rate has moved by more than chance."), f"{changes} {followed}"


def list_moves(drift: dict[str, Any]) -> list[str]:
    """Return the periods whose base rate differs from that of before by more than chance."""
    ends = {name: (drift[name]["ratio_low"], drift[name]["ratio_high"]) for name in PERIODS}
    return [name for name, (low, high) in ends.items() if None not in (low, high) and not low <= 1 <= high]


def is_strong(drift: dict[str, Any]) -> bool:
    """Return whether a base rate that has moved has doubled or halved."""
    return any(not 1 / STRONG < drift[name]["ratio"] < STRONG for name in list_moves(drift))


def list_recentring(rolling: dict[str, Any]) -> list[str]:
    """Return whether log-odds are shifted to the newest outcomes, what that gained, and what it assumes."""
    recentring, newest = rolling["recentring"], rolling["current"]["newest"]
    if newest is None and not recentring["has_times"]:
        return [
            say(
                "Probabilities are not re-centred on the newest outcomes: without a horizon the outcomes known "
                "first are not like those known last, and their rate says nothing of the base rate."
            )
        ]
    if newest is None:
        return [say("Probabilities are not re-centred: too few conversions are known to tell a base rate by.")]
    now = (
        say("used, by {shift} log-odds", shift=say_decimal(newest["shift"], 2))
        if newest["is_used"]
        else say("not used")
    )
    always = recentring["always"]
    sentences = [
        say(
            "Re-centring moves all probabilities so that the newest known outcomes are promised as they "
            "came. Today it is {now}; over the last third it was used at {steps_used} of {count_steps} steps.",
            now=now,
            steps_used=say_count(recentring["steps_used"]),
            count_steps=say_count(len(rolling["steps"])),
        ),
        (
            say("Used at every step it would have saved {size}.", size=say_size(always))
            if always["loss_difference"] > 0
            else say("Used at every step it would have cost {size}.", size=say_size(always))
        )
        + " "
        + say(
            "How far log-odds are moved is learned from how well the level known so far told the outcomes that came "
            "next."
        ),
        say_newest(newest),
        say(
            "It assumes that how often leads convert may change, and the mix of leads too, but not what they "
            "are worth relative to each other."
        ),
    ]
    if recentring["steps_used"]:
        used = recentring["used"]
        said = (
            say("As it was used it saved {size}.", size=say_size(used))
            if used["loss_difference"] > 0
            else say("As it was used it cost {size}.", size=say_size(used))
        )
        sentences.insert(2, said)
    return sentences


def say_newest(newest: dict[str, Any]) -> str:
    """Return which outcomes are the newest, what they promised and what came; without dates what that assumes."""
    figures = {
        "rows": say_count(newest["rows"]),
        "promised": say_share(newest["promised"]),
        "rate": say_share(newest["rate"]),
    }
    if newest["since"] is None:
        return say(
            "Leads have no dates: the newest are the last {rows} by the source's order, as if their outcomes had been "
            "known before the next ones came, which is an assumption. They promised {promised} before any shift, and "
            "{rate} converted.",
            **figures,
        )
    return say(
        "The newest known outcomes are those of {rows} predictions, made {since} to {until}: what came "
        "of later ones is not known yet. They promised {promised} before any shift, and {rate} converted.",
        since=say_date(newest["since"]),
        until=say_date(newest["until"]),
        **figures,
    )


def say_size(figures: dict[str, Any]) -> str:
    """Return how much log loss something saved or cost, with the interval of what it saved."""
    value, low, high = (figures[f"loss_difference{end}"] for end in ("", "_low", "_high"))
    return say(
        "{value} of log loss (interval of what it saved {low} to {high})",
        value=say_decimal(abs(value), 4),
        low=say_decimal(low, 4),
        high=say_decimal(high, 4),
    )


def say_family(family: str) -> str:
    return say(FAMILIES[family]) if family in FAMILIES else family.replace("_", " ")


def draw_drift(periods: list[dict[str, Any]], has_dates: bool) -> str:
    """Draw by month, or by step, what happened with its interval and what was promised."""
    positions = range(len(periods))
    rate = [period["rate"] * 100 for period in periods]
    errors = [
        [max(abs(period[f"rate_{end}"] - period["rate"]), 0) * 100 for period in periods] for end in ("low", "high")
    ]
    later = [number for number in positions if periods[number]["is_test"]]

    def plot(axes: Any) -> None:
        axes.errorbar(positions, rate, yerr=errors, fmt="o", color=BLUE, label=say("converted"), linewidth=1)
        for key, color, style, label in (
            ("promised", ORANGE, "-", say("promised, refitted")),
            ("frozen_promised", GREY, "--", say("promised, not refitted")),
        ):
            axes.plot(later, [periods[n][key] * 100 for n in later], color=color, linestyle=style, label=label)
        shown = [number for number in positions if number % math.ceil(len(periods) / LABELS) == 0]
        axes.set_xticks(shown, [periods[number]["period"] for number in shown])
        axes.set(
            ylim=(0, None),
            ylabel=say("leads (%)"),
            xlabel=say("month of the first score") if has_dates else say("step"),
        )
        axes.legend(loc="lower left")

    last = periods[-1]
    first = periods[later[0]]
    values = {
        "period": first["period"],
        "promised": say_share(first["promised"]),
        "rate": say_share(first["rate"]),
        "last_period": last["period"],
        "last_promised": say_share(last["promised"]),
        "last_rate": say_share(last["rate"]),
    }
    alternative = (
        say(
            "Share of leads that converted by month, with intervals, and over the last third what was promised. In "
            "its first month ({period}) {promised} were promised and {rate} converted; in its last ({last_period}) "
            "{last_promised} and {last_rate}.",
            **values,
        )
        if has_dates
        else say(
            "Share of leads that converted by step, with intervals, and over the last third what was promised. In "
            "its first step ({period}) {promised} were promised and {rate} converted; in its last ({last_period}) "
            "{last_promised} and {last_rate}.",
            **values,
        )
    )
    caption = say(
        "Do the promises follow the base rate? Each lead counts once, at the first age at which it was scored."
    )
    return draw(alternative, plot, caption)
