"""The part of the report on a model that is about waiting: how long conversions take, and what horizons cost."""

from typing import Any

from src.reports.figures import BLUE, GREY, ORANGE, draw
from src.reports.fragments import section, write_list, write_paragraph, write_table
from src.reports.language import mark, say, say_plural, write_digits
from src.reports.text import MISSING, PERCENT, say_count, say_decimal, say_leads, say_share

HORIZONS = {"declared": mark("declared"), "recommended": mark("recommended")}


@section("maturity", "How long conversions take")
def show_maturity(results: dict[str, Any]) -> str:
    """Return the curve of time to conversion, the horizon it recommends, and what is still undecided."""
    maturity = results["metrics"]["maturity"]
    undecided = say_undecided(maturity)
    if not maturity["applicable"]:
        text = say(
            "Not applicable: the conversions of this source have no times, so nobody can say how long they take."
        )
        return write_paragraph(text) + write_list([undecided])
    sentences = [say_delay(maturity), undecided]
    if maturity["horizon_days"] is not None:
        sentences.insert(1, say_censored(maturity))
    return (
        write_paragraph(say_recommendation(maturity))
        + draw_maturity(maturity, results["confidence"])
        + write_list(sentences)
        + write_paragraph(say_order(maturity))
        + write_horizons(maturity, results["confidence"])
        + write_paragraph(say_assumptions(maturity), "note")
    )


def say_recommendation(maturity: dict[str, Any]) -> str:
    """Return whether the declared horizon catches enough, which one would, and what that one costs."""
    share, days = say_share(maturity["caught_share"], 0), maturity["recommended_days"]
    declared, recommended = (find_horizon(maturity, f"is_{name}") for name in ("declared", "recommended"))
    advice = say(
        "{days} (interval {recommended_days})",
        days=say_days(days),
        recommended_days=say_range(maturity, "recommended_days"),
    )
    if maturity["horizon_days"] is None:
        return say(
            "No horizon is declared: a lead counts as converted whenever it does. If one were, {advice} "
            "would be the shortest that catches {share} of the conversions; {censored} would then still have to wait "
            "for their outcome.",
            advice=advice,
            share=share,
            censored=say_moments(recommended["censored"]),
        )
    if declared is None:
        return say(
            "The declared horizon, {horizon_days}, is longer than half of the leads have been watched: what "
            "it catches cannot be told. {advice} would catch {share} of what was seen.",
            horizon_days=say_days(maturity["horizon_days"]),
            advice=advice,
            share=share,
        )
    start = say(
        "The declared horizon, {days}, catches {declared} of the conversions",
        days=say_days(declared["days"]),
        declared=say_caught(declared),
    )
    if declared["is_recommended"] or declared["caught_low"] <= maturity["caught_share"] <= declared["caught_high"]:
        return say("{start}: about the {share} that are wanted. It can stay.", start=start, share=share)
    values = {"start": start, "share": share, "advice": advice}
    change = recommended["censored"] - declared["censored"]
    if declared["caught_high"] < maturity["caught_share"]:
        return say_longer(declared, change, values)
    return say(
        "{start}, more than the {share} that are wanted. {advice} would do, and {change} more of the "
        "newest scored moments could teach already.",
        change=say_count(-change),
        **values,
    )


def say_longer(declared: dict[str, Any], change: int, values: dict[str, str]) -> str:
    """Return that a longer horizon is wanted, and how many moments more that would make wait: `change`."""
    return say(
        "{start}. The shortest that catches {share} is {advice}. It would make {change} more of the "
        "newest scored moments wait for their outcome, {mature_change} of those that teach or test "
        "today. Until then the probabilities promise what comes within {days}, and nothing of what comes "
        "later.",
        change=say_count(change),
        mature_change=say_share(change / declared["mature"]),
        days=say_days(declared["days"]),
        **values,
    )


def say_moments(count: int) -> str:
    return say_plural("{count} scored moment", "{count} scored moments", count, count=say_count(count))


def find_horizon(maturity: dict[str, Any], what: str) -> dict[str, Any] | None:
    return next((horizon for horizon in maturity["horizons"].values() if horizon[what]), None)


def say_days(days: float) -> str:
    """Return a number of days in words.

    >>> say_days(45.0)
    '45 days'
    """
    return say_plural("{number} day", "{number} days", days, number=write_digits(format(days, "g")))


def say_range(figures: dict[str, Any], name: str) -> str:
    return say(
        "{low} to {high}",
        low=say_decimal(figures[f"{name}_low"], 0),
        high=say_decimal(figures[f"{name}_high"], 0),
    )


def say_caught(horizon: dict[str, Any], name: str = "caught") -> str:
    """Return a share with its interval, e.g. ``84.7 % (83.5 to 86.2)``."""
    low, high = (say_share(horizon[f"{name}_{end}"]).removesuffix(PERCENT) for end in ("low", "high"))
    return say("{value} ({low} to {high})", value=say_share(horizon[name]), low=low, high=high)


def say_delay(maturity: dict[str, Any]) -> str:
    return say_plural(
        "Of {leads} leads {conversions} has converted so far. Half of the leads have been watched for "
        "{followed_days} days or more; “the conversions” are here those that come within that time. What "
        "comes later still nobody knows well.",
        "Of {leads} leads {conversions} have converted so far. Half of the leads have been watched for "
        "{followed_days} days or more; “the conversions” are here those that come within that time. What "
        "comes later still nobody knows well.",
        maturity["conversions"],
        leads=say_count(maturity["leads"]),
        conversions=say_count(maturity["conversions"]),
        followed_days=say_count(maturity["followed_days"]),
    )


def say_censored(maturity: dict[str, Any]) -> str:
    censored = maturity["censored"]
    if not censored["snapshots"]:
        return say("Every scored moment has had its horizon: none waits for its outcome.")
    return say_plural(
        "{snapshots} scored moment of {leads} is too new: its horizon has not passed. It neither teaches nor tests, "
        "and is not counted as lost. Moments whose leads have converted already: {converted}, are closed: {closed}, "
        "are open: {open}.",
        "{snapshots} scored moments of {leads} are too new: their horizon has not passed. They "
        "neither teach nor test, and are not counted as lost. The leads of {converted} of these moments "
        "have converted already, those of {closed} are closed, those of {open} are open.",
        censored["snapshots"],
        snapshots=say_count(censored["snapshots"]),
        leads=say_leads(censored["leads"]),
        converted=say_count(censored["converted"]),
        closed=say_count(censored["closed"]),
        open=say_count(censored["open"]),
    )


def say_undecided(maturity: dict[str, Any]) -> str:
    """Return between which rates the base rate lies, whatever becomes of the undecided."""
    bounds = maturity["bounds"]
    if not bounds["undecided"]:
        return say(
            "No lead is undecided: the base rate, {rate_if_none}, is not a matter of waiting.",
            rate_if_none=say_share(bounds["rate_if_none"]),
        )
    return say_plural(
        "{undecided} of {leads} leads is undecided. If it did not convert, {rate_if_none} of all leads would have; if "
        "it did, {rate_if_all}.",
        "{undecided} of {leads} leads are undecided. If none of them converted, {rate_if_none} of all "
        "leads would have; if all did, {rate_if_all}.",
        bounds["undecided"],
        undecided=say_count(bounds["undecided"]),
        leads=say_count(bounds["leads"]),
        rate_if_none=say_share(bounds["rate_if_none"]),
        rate_if_all=say_share(bounds["rate_if_all"]),
    )


def say_order(maturity: dict[str, Any]) -> str:
    """Return whether another horizon would put other leads first."""
    areas = [row["roc_auc"] for row in maturity["horizons"].values() if row["roc_auc"] is not None]
    if not areas:
        return say(
            "Too few test leads have been watched long enough to say how well this order would serve other horizons."
        )
    return say(
        "Would another horizon put other leads first? The order of this model, as it is, has a ROC-AUC "
        "between {areas} and {max_areas} for conversion within each of these horizons.",
        areas=say_decimal(min(areas), 3),
        max_areas=say_decimal(max(areas), 3),
    )


def write_horizons(maturity: dict[str, Any], confidence: float) -> str:
    """Return the table of horizons: what each catches and how many scored moments it makes wait."""
    head = [
        say("Horizon"),
        say("Leads that convert within it"),
        say("Conversions caught"),
        say("Moments that can teach or test"),
    ]
    head += [say("Of these convert"), say("Moments that wait"), "ROC-AUC"]
    rows = [
        [
            say_days(row["days"]).capitalize() + name_horizon(row),
            say_caught(row, "converted"),
            say_caught(row),
            say_count(row["mature"]),
            say_share(row["base_rate"]),
            say_count(row["censored"]),
            MISSING if row["roc_auc"] is None else say_decimal(row["roc_auc"], 3),
        ]
        for row in maturity["horizons"].values()
    ]
    marked = [number for number, row in enumerate(maturity["horizons"].values()) if row["is_declared"]]
    caption = say(
        "Horizons from the first scoring of a lead, with {confidence} intervals", confidence=say_share(confidence, 0)
    )
    return write_table(head, rows, caption, marked)


def name_horizon(row: dict[str, Any]) -> str:
    names = [say(words) for name, words in HORIZONS.items() if row[f"is_{name}"]]
    return f" ({', '.join(names)})" if names else ""


def say_assumptions(maturity: dict[str, Any]) -> str:
    text = say(
        "The curve is the Kaplan–Meier estimate of the share of all leads that have converted; leads "
        "that are closed as lost count as leads that do not convert, open leads count until the end of "
        "the data. It assumes that new leads take as long as older ones did. Intervals are from "
        "resampled persons. ROC-AUC: this model, not learned again, on the test moments that have been "
        "watched for the longest of the horizons."
    )
    return text + (
        say(
            " A moment that does not convert within the horizon counts as one that does not convert, also if "
            "it does later."
        )
        if maturity["horizon_days"] is not None
        else ""
    )


def draw_maturity(maturity: dict[str, Any], confidence: float) -> str:
    """Draw the share of leads that have converted against the days since they were first scored."""
    curve = {name: [100 * value for value in maturity["curve"][name]] for name in ("converted", "low", "high")}
    days = maturity["curve"]["days"]
    horizon, recommended = maturity["horizon_days"], maturity["recommended_days"]

    def plot(axes: Any) -> None:
        axes.fill_between(days, curve["low"], curve["high"], step="post", color=BLUE, alpha=0.2, linewidth=0)
        axes.step(days, curve["converted"], where="post", color=BLUE, label=say("converted"))
        if horizon is not None and horizon <= days[-1]:
            axes.axvline(
                horizon, color=GREY, linewidth=1, label=say("declared horizon, {horizon}", horizon=say_days(horizon))
            )
        axes.axvline(
            recommended,
            color=ORANGE,
            linestyle="--",
            linewidth=1,
            label=say("recommended, {recommended}", recommended=say_days(recommended)),
        )
        axes.set(xlabel=say("days since the first scoring"), ylabel=say("leads that have converted (%)"))
        axes.set(xlim=(0, days[-1]), ylim=(0, 1.1 * max(curve["high"])))
        axes.legend(loc="lower right")

    shown = "; ".join(
        say(
            "after {days} {converted}{row}",
            days=say_days(row["days"]),
            converted=say_share(row["converted"]),
            row=name_horizon(row),
        )
        for row in maturity["horizons"].values()
    )
    alternative = say(
        "Share of all leads that have converted against days since the first scoring: {shown}.", shown=shown
    )
    caption = say(
        "How soon do they convert? The share of all leads that have converted, with its {confidence} "
        "interval, and the horizons.",
        confidence=say_share(confidence, 0),
    )
    return draw(alternative, plot, caption)
