"""The parts of the report on a model that are about time: refits as they would have been run, and drift."""

import math
from typing import Any

from src.reports.figures import BLUE, GREY, ORANGE, draw
from src.reports.text import (
    MISSING,
    say_count,
    say_date,
    say_decimal,
    say_figure,
    say_share,
    section,
    write_list,
    write_paragraph,
    write_table,
    write_verdict,
)

STRONG = 2.0
"""From so many times the former base rate, or its inverse, the warning is a strong one."""

LABELS = 6
"""So many months are named below the figure: more would run into each other."""

PERIODS = {"last_third": "the last third of the leads", "newest_step": "the newest step"}


@section("rolling", "As it would have been run")
def show_rolling(results: dict[str, Any]) -> str:
    """Return the procedure refitted step by step over the last third, beside the model that was not."""
    rolling = results["metrics"]["rolling"]
    head = ["Step", "Leads from", "Leads", "Learned from", "Model", "Recalibrated", "Log-odds shifted by"]
    head += ["Promised", "Converted", "Log loss", "Not refitted"]
    rows = [list_step(step) for step in rolling["steps"]]
    count = len(rows)
    caption = f"The {count} steps over the test leads; learned from: rows whose label was known by then"
    note = (
        "At each step everything whose outcome was known by then is learned from again; model, number of trees, "
        "recalibration and shift are chosen by earlier predictions whose outcomes were known, and the leads until the "
        "next step are predicted. “Not refitted” is the log loss of the model of the history alone, on the same leads."
    )
    return (
        write_paragraph(say_refits(rolling))
        + write_list(list_pooled(results))
        + write_table(head, rows, caption, texts=(1, 4, 5))
        + write_paragraph(note, "note")
    )


def list_step(step: dict[str, Any]) -> list[str]:
    rounds = f", {say_count(step['rounds'])} trees" if step["rounds"] else ""
    return [
        str(step["step"]),
        say_date(step["from"]) if step["from"] else MISSING,
        say_count(step["leads"]),
        say_count(step["learned_rows"]),
        step["family"].replace("_", " ") + rounds,
        "no" if step["calibrator"] == "none" else step["calibrator"],
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
    size = f"{say_decimal(abs(saved), 4)} of log loss a row (interval of what it saves {say_decimal(least, 4)} to "
    size += f"{say_decimal(most, 4)})"
    if least > 0:
        return f"Refit the model as outcomes come in: refitted {say_times(rolling)} it saves {size}."
    if most < 0:
        return f"Refitting harmed: refitted {say_times(rolling)} the model loses {size}."
    word = "saves" if saved >= 0 else "loses"
    return f"The model ages slowly: refitted {say_times(rolling)} it {word} {size}, which cannot be told from nothing."


def say_times(rolling: dict[str, Any]) -> str:
    count = len(rolling["steps"])
    return "once" if count == 1 else f"{count} times"


def list_pooled(results: dict[str, Any]) -> list[str]:
    """Return the pooled figures of the refits, those of the frozen model, and what labels they rest on."""
    rolling, test = results["metrics"]["rolling"], results["metrics"]["rolling"]["frozen"]
    names = {"roc_auc": ("ROC-AUC", 3), "log_loss": ("log loss", 4), "calibration_slope": ("calibration slope", 2)}
    sentences = [
        f"{who}: "
        + ", ".join(f"{what} {say_figure(figures, name, digits)}" for name, (what, digits) in names.items())
        + f"; promised {say_share(figures['mean_probability'])}, converted {say_share(figures['base_rate'])}."
        for who, figures in (("Refitted at each step", rolling), ("Not refitted, on the same leads", test))
    ]
    if not rolling["recentring"]["has_times"]:
        sentences.append(
            "Labels are those of the extraction, since this objective has no horizon: a step learns from all earlier "
            "leads, also from outcomes that came after it. True refits would have known less."
        )
    current = rolling["current"]
    rounds = f" of {say_count(current['rounds'])} trees" if current["rounds"] else ""
    return [
        *sentences,
        f"Today's leads are scored by the same procedure, run once more on all {say_count(current['leads'])} leads "
        f"whose outcome is known: {current['family'].replace('_', ' ')}{rounds}.",
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
        return "Whether the base rate has moved cannot be told.", "Too few leads convert."
    changes = " ".join(
        f"In {what} {say_share(drift[name]['rate'])} converted, {say_figure(drift[name], 'ratio', 2)} times the "
        f"{before} of before."
        for name, what in PERIODS.items()
        if name == "last_third" or name in list_moves(drift)
    )
    followed = (
        f"At the newest step, a lead counting at each of its ages, the refitted model promised "
        f"{say_share(last['mean_probability'])}, the model that was not refitted "
        f"{say_share(last['frozen_mean_probability'])}, and {say_share(last['base_rate'])} converted."
    )
    if not list_moves(drift):
        return "The base rate has not moved by more than chance.", changes
    if is_strong(drift):
        learned = "What was learned of how many convert does not hold any more; what was learned of who converts may."
        return "The base rate is another one than the history's.", f"{changes} {followed} {learned}"
    return "The base rate has moved by more than chance.", f"{changes} {followed}"


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
    if not recentring["has_times"]:
        return [
            "Probabilities are not re-centred on the newest outcomes: without a horizon the outcomes known first are "
            "not like those known last, and their rate says nothing of the base rate."
        ]
    if newest is None:
        return ["Probabilities are not re-centred: too few conversions are known to tell a base rate by."]
    now = f"used, by {say_decimal(newest['shift'], 2)} log-odds" if newest["is_used"] else "not used"
    always = recentring["always"]
    sentences = [
        "Re-centring moves all probabilities so that the newest known outcomes are promised as they came. Today it is "
        f"{now}; over the last third it was used at {say_count(recentring['steps_used'])} of {len(rolling['steps'])} "
        "steps.",
        f"Used at every step it would have {say_gain(always)}. It is used only where, judged on predictions whose "
        "outcomes are known, it saved at least one standard error.",
        f"The newest known outcomes are those of {say_count(newest['rows'])} predictions, made "
        f"{say_date(newest['since'])} to {say_date(newest['until'])}: what came of later ones is not known yet. They "
        f"promised {say_share(newest['promised'])} before any shift, and {say_share(newest['rate'])} converted.",
        "It assumes that how often leads convert may change, and the mix of leads too, but not what they are worth "
        "relative to each other.",
    ]
    if recentring["steps_used"]:
        sentences.insert(2, f"As it was used it {say_gain(recentring['used'])}.")
    return sentences


def say_gain(figures: dict[str, Any]) -> str:
    value, low, high = (figures[f"loss_difference{end}"] for end in ("", "_low", "_high"))
    word = "saved" if value > 0 else "cost"
    return (
        f"{word} {say_decimal(abs(value), 4)} of log loss (interval of what it saved {say_decimal(low, 4)} to "
        f"{say_decimal(high, 4)})"
    )


def draw_drift(periods: list[dict[str, Any]], has_dates: bool) -> str:
    """Draw by month, or by step, what happened with its interval and what was promised."""
    positions = range(len(periods))
    rate = [period["rate"] * 100 for period in periods]
    errors = [
        [max(abs(period[f"rate_{end}"] - period["rate"]), 0) * 100 for period in periods] for end in ("low", "high")
    ]
    later = [number for number in positions if periods[number]["is_test"]]

    def plot(axes: Any) -> None:
        axes.errorbar(positions, rate, yerr=errors, fmt="o", color=BLUE, label="converted", linewidth=1)
        for key, color, style, label in (
            ("promised", ORANGE, "-", "promised, refitted"),
            ("frozen_promised", GREY, "--", "promised, not refitted"),
        ):
            axes.plot(later, [periods[n][key] * 100 for n in later], color=color, linestyle=style, label=label)
        shown = [number for number in positions if number % math.ceil(len(periods) / LABELS) == 0]
        axes.set_xticks(shown, [periods[number]["period"] for number in shown])
        axes.set(ylim=(0, None), ylabel="leads (%)", xlabel="month of the first score" if has_dates else "step")
        axes.legend(loc="lower left")

    last = periods[-1]
    first = periods[later[0]]
    unit = "month" if has_dates else "step"
    alternative = (
        f"Share of leads that converted by {unit}, with intervals, and over the last third what was promised. In its "
        f"first {unit} ({first['period']}) {say_share(first['promised'])} were promised and {say_share(first['rate'])} "
        f"converted; in its last ({last['period']}) {say_share(last['promised'])} and {say_share(last['rate'])}."
    )
    caption = "Do the promises follow the base rate? Each lead counts once, at the first age at which it was scored."
    return draw(alternative, plot, caption)
