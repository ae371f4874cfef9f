"""The part of the report on a model that is about waiting: how long conversions take, and what horizons cost."""

from typing import Any

from src.reports.figures import BLUE, GREY, ORANGE, draw
from src.reports.text import (
    MISSING,
    PERCENT,
    say_count,
    say_decimal,
    say_share,
    section,
    write_list,
    write_paragraph,
    write_table,
)


@section("maturity", "How long conversions take")
def show_maturity(results: dict[str, Any]) -> str:
    """Return the curve of time to conversion, the horizon it recommends, and what is still undecided."""
    maturity = results["metrics"]["maturity"]
    undecided = say_undecided(maturity)
    if not maturity["applicable"]:
        text = "Not applicable: the conversions of this source have no times, so nobody can say how long they take."
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
    advice = f"{say_days(days)} (interval {say_range(maturity, 'recommended_days')})"
    if maturity["horizon_days"] is None:
        return (
            f"No horizon is declared: a lead counts as converted whenever it does. If one were, {advice} would be the "
            f"shortest that catches {share} of the conversions; {say_count(recommended['censored'])} scored moments "
            "would then still have to wait for their outcome."
        )
    if declared is None:
        return (
            f"The declared horizon, {say_days(maturity['horizon_days'])}, is longer than half of the leads have been "
            f"watched: what it catches cannot be told. {advice} would catch {share} of what was seen."
        )
    start = f"The declared horizon, {say_days(declared['days'])}, catches {say_caught(declared)} of the conversions"
    if declared["is_recommended"] or declared["caught_low"] <= maturity["caught_share"] <= declared["caught_high"]:
        return f"{start}: about the {share} that are wanted. It can stay."
    change = recommended["censored"] - declared["censored"]
    if declared["caught_high"] < maturity["caught_share"]:
        return (
            f"{start}. The shortest that catches {share} is {advice}. It would make "
            f"{say_count(change)} more of the newest scored moments wait for their outcome, "
            f"{say_share(change / declared['mature'])} of those that teach or test today. Until then the probabilities "
            f"promise what comes within {say_days(declared['days'])}, and nothing of what comes later."
        )
    return (
        f"{start}, more than the {share} that are wanted. {advice} would do, and {say_count(-change)} more of the "
        "newest scored moments could teach already."
    )


def find_horizon(maturity: dict[str, Any], what: str) -> dict[str, Any] | None:
    return next((horizon for horizon in maturity["horizons"].values() if horizon[what]), None)


def say_days(days: float) -> str:
    """Return a number of days in words.

    >>> say_days(45.0)
    '45 days'
    """
    return f"{days:g} day{'' if days == 1 else 's'}"


def say_range(figures: dict[str, Any], name: str) -> str:
    return f"{say_decimal(figures[f'{name}_low'], 0)} to {say_decimal(figures[f'{name}_high'], 0)}"


def say_caught(horizon: dict[str, Any], name: str = "caught") -> str:
    """Return a share with its interval, e.g. ``84.7 % (83.5 to 86.2)``."""
    low, high = (say_share(horizon[f"{name}_{end}"]).removesuffix(PERCENT) for end in ("low", "high"))
    return f"{say_share(horizon[name])} ({low} to {high})"


def say_delay(maturity: dict[str, Any]) -> str:
    return (
        f"Of {say_count(maturity['leads'])} leads {say_count(maturity['conversions'])} have converted so far. Half of "
        f"the leads have been watched for {say_count(maturity['followed_days'])} days or more; “the conversions” are "
        "here those that come within that time. What comes later still nobody knows well."
    )


def say_censored(maturity: dict[str, Any]) -> str:
    censored = maturity["censored"]
    if not censored["snapshots"]:
        return "Every scored moment has had its horizon: none waits for its outcome."
    return (
        f"{say_count(censored['snapshots'])} scored moments of {say_count(censored['leads'])} leads are too new: their "
        "horizon has not passed. They neither teach nor test, and are not counted as lost. The leads of "
        f"{say_count(censored['converted'])} of these moments have converted already, those of "
        f"{say_count(censored['closed'])} are closed, those of {say_count(censored['open'])} are open."
    )


def say_undecided(maturity: dict[str, Any]) -> str:
    """Return between which rates the base rate lies, whatever becomes of the undecided."""
    bounds = maturity["bounds"]
    if not bounds["undecided"]:
        return f"No lead is undecided: the base rate, {say_share(bounds['rate_if_none'])}, is not a matter of waiting."
    return (
        f"{say_count(bounds['undecided'])} of {say_count(bounds['leads'])} leads are undecided. If none of them "
        f"converted, {say_share(bounds['rate_if_none'])} of all leads would have; if all did, "
        f"{say_share(bounds['rate_if_all'])}."
    )


def say_order(maturity: dict[str, Any]) -> str:
    """Return whether another horizon would put other leads first."""
    areas = [row["roc_auc"] for row in maturity["horizons"].values() if row["roc_auc"] is not None]
    if not areas:
        return "Too few test leads have been watched long enough to say how well this order would serve other horizons."
    return (
        "Would another horizon put other leads first? The order of this model, as it is, has a ROC-AUC between "
        f"{say_decimal(min(areas), 3)} and {say_decimal(max(areas), 3)} for conversion within each of these horizons."
    )


def write_horizons(maturity: dict[str, Any], confidence: float) -> str:
    """Return the table of horizons: what each catches and how many scored moments it makes wait."""
    head = ["Horizon", "Leads that convert within it", "Conversions caught", "Moments that can teach or test"]
    head += ["Of these convert", "Moments that wait", "ROC-AUC"]
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
    caption = f"Horizons from the first scoring of a lead, with {say_share(confidence, 0)} intervals"
    return write_table(head, rows, caption, marked)


def name_horizon(row: dict[str, Any]) -> str:
    names = [name for name in ("declared", "recommended") if row[f"is_{name}"]]
    return f" ({', '.join(names)})" if names else ""


def say_assumptions(maturity: dict[str, Any]) -> str:
    text = (
        "The curve is the Kaplan–Meier estimate of the share of all leads that have converted; leads that are closed "
        "as lost count as leads that do not convert, open leads count until the end of the data. It assumes that new "
        "leads take as long as older ones did. Intervals are from resampled persons. ROC-AUC: this model, not learned "
        "again, on the test moments that have been watched for the longest of the horizons."
    )
    return text + (
        " A moment that does not convert within the horizon counts as one that does not convert, also if it does later."
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
        axes.step(days, curve["converted"], where="post", color=BLUE, label="converted")
        if horizon is not None and horizon <= days[-1]:
            axes.axvline(horizon, color=GREY, linewidth=1, label=f"declared horizon, {say_days(horizon)}")
        axes.axvline(
            recommended, color=ORANGE, linestyle="--", linewidth=1, label=f"recommended, {say_days(recommended)}"
        )
        axes.set(xlabel="days since the first scoring", ylabel="leads that have converted (%)")
        axes.set(xlim=(0, days[-1]), ylim=(0, 1.1 * max(curve["high"])))
        axes.legend(loc="lower right")

    shown = "; ".join(
        f"after {say_days(row['days'])} {say_share(row['converted'])}{name_horizon(row)}"
        for row in maturity["horizons"].values()
    )
    alternative = f"Share of all leads that have converted against days since the first scoring: {shown}."
    caption = (
        "How soon do they convert? The share of all leads that have converted, with its "
        f"{say_share(confidence, 0)} interval, and the horizons."
    )
    return draw(alternative, plot, caption)
