"""The part of the report on a model that is about whom the company contacted, and what nobody could see."""

from typing import Any

from src.reports.fragments import section, write_list, write_paragraph, write_table
from src.reports.language import mark, say
from src.reports.text import (
    MISSING,
    PERCENT,
    say_age,
    say_count,
    say_figure,
    say_leads,
    say_quoted,
    say_share,
    say_value,
    upper_first,
)

GROUPS = {"contacted": mark("Contacted"), "others": mark("Not contacted")}

ASSUMPTIONS = {
    "if_none": mark("None of them would have converted: the least there could have been"),
    "as_seen": mark("They would have done what they did: contact changes nothing"),
    "like_contacted": mark("They would have done as contacted leads of the same probability when new"),
    "if_all": mark("All of them would have converted: the most there could have been"),
}


@section("selection", "Whom the company contacted")
def show_selection(results: dict[str, Any]) -> str:
    """Return how the probabilities hold for contacted leads and for others, and what was never seen."""
    selection = results["metrics"]["selection"]
    if not selection["is_declared"]:
        return write_paragraph(
            say(
                "The source does not say which leads were contacted: these probabilities are of leads treated as "
                "they were, and what contact changes cannot be told from this data."
            )
        )
    if not 0 < selection["share_contacted"] < 1:
        return write_paragraph(say_no_comparison(selection))
    return (
        write_paragraph(say_overlap(selection))
        + write_list([say_groups(selection), say_calibration(selection["groups"])])
        + write_groups(selection, results["confidence"])
        + write_paragraph(say_bounds(selection))
        + write_bounds(selection, results["confidence"])
        + write_paragraph(say_definition(selection), "note")
    )


def name_contact(selection: dict[str, Any]) -> str:
    return ", ".join(say_quoted(say_value(name)) for name in selection["by"])


def say_no_comparison(selection: dict[str, Any]) -> str:
    """Return why contacted leads and others cannot be compared."""
    values = {"moment": say_moment(selection), "contact": name_contact(selection)}
    if selection["share_contacted"]:
        return say(
            "Every test lead had been contacted {moment}, going by {contact}: what becomes of leads that nobody "
            "contacts cannot be told from this data.",
            **values,
        )
    return say(
        "No test lead had been contacted {moment}, going by {contact}: nobody is contacted so soon, or the "
        "declaration names what is not in the data.",
        **values,
    )


def say_moment(selection: dict[str, Any]) -> str:
    """Return when the groups are compared: ``at once``, ``after 7 days``, ``at the extraction``."""
    age, is_dated = selection["age"], selection["is_dated"]
    moment = say_age(age, is_dated)
    return say("after {moment}", moment=moment) if is_dated and int(age[:-1]) else moment


def say_groups(selection: dict[str, Any]) -> str:
    groups = selection["groups"]
    rates = {name: groups[name].get("base_rate") for name in GROUPS}
    start = say(
        "Of {leads} test leads {share_contacted} had been contacted",
        leads=say_count(selection["leads"]),
        share_contacted=say_share(selection["share_contacted"]),
    )
    if None in rates.values():
        return say("{start}; in one of the two groups too little happened to compare them.", start=start)
    return say(
        "{start}; {contacted} of these converted afterwards and {others} of the others. The difference "
        "is not what contact does: who is contacted may be another kind of lead.",
        start=start,
        contacted=say_share(rates["contacted"]),
        others=say_share(rates["others"]),
    )


def say_calibration(groups: dict[str, dict[str, Any]]) -> str:
    """Return for which of the groups the probabilities are too low or too high beyond chance."""
    contacted = {
        "unknown": say("for contacted leads this cannot be judged, too few of them converted"),
        "low": say("for contacted leads they are too low on the whole"),
        "high": say("for contacted leads they are too high on the whole"),
        "hold": say("for contacted leads they hold on the whole"),
    }
    others = {
        "unknown": say("for the others this cannot be judged, too few of them converted"),
        "low": say("for the others they are too low on the whole"),
        "high": say("for the others they are too high on the whole"),
        "hold": say("for the others they hold on the whole"),
    }
    return say(
        "Do the probabilities hold in each group? {contacted}; {others}.",
        contacted=upper_first(contacted[judge_intercept(groups["contacted"])]),
        others=others[judge_intercept(groups["others"])],
    )


def judge_intercept(figures: dict[str, Any]) -> str:
    """Return on which side of what happened the probabilities of a group are beyond chance, if on any."""
    low, high = (figures.get(f"calibration_intercept_{end}") for end in ("low", "high"))
    if low is None or high is None or not figures["is_assessable"]:
        return "unknown"
    return "low" if low > 0 else "high" if high < 0 else "hold"


def write_groups(selection: dict[str, Any], confidence: float) -> str:
    head = [
        say("Group"),
        say("Leads"),
        say("Converted"),
        say("Mean probability"),
        "ROC-AUC",
        say("Log loss"),
        say("Slope"),
        say("Intercept"),
    ]
    rows = [[say(title), *list_cells(selection["groups"][name])] for name, title in GROUPS.items()]
    caption = say(
        "Test leads still open {selection}, scored then, with {confidence} intervals",
        selection=say_moment(selection),
        confidence=say_share(confidence, 0),
    )
    return write_table(head, rows, caption, folded=(2, 4, 5, 6, 7))


def list_cells(figures: dict[str, Any]) -> list[str]:
    if "base_rate" not in figures:
        return [
            say_count(figures["leads"]),
            say_leads(figures["conversions"]),
            *[MISSING] * 5,
        ]
    return [
        say_count(figures["leads"]),
        say_rate(figures, "base_rate"),
        say_share(figures["mean_probability"]),
        say_figure(figures, "roc_auc", 3),
        say_figure(figures, "log_loss", 3),
        say_figure(figures, "calibration_slope", 2),
        say_figure(figures, "calibration_intercept", 2),
    ]


def say_rate(figures: dict[str, Any], name: str) -> str:
    """Return a rate with its interval, e.g. ``12.8 % (11.8 to 14.0)``."""
    low, high = (say_share(figures.get(f"{name}_{end}")).removesuffix(PERCENT) for end in ("low", "high"))
    return say("{value} ({low} to {high})", value=say_share(figures[name]), low=low, high=high)


def say_overlap(selection: dict[str, Any]) -> str:
    """Return how many leads have nobody to be compared with."""
    propensity = selection["propensity"]
    if not propensity:
        return say("Whether the two groups are alike cannot be told: all leads of the history are of one of them.")
    alone = propensity["share_below"] + propensity["share_above"]
    return say(
        "What a lead tells us when it comes in says who will be contacted with ROC-AUC {roc_auc}. For "
        "{alone} of the leads it is all but certain: {share_below} are practically never contacted "
        "(under {rare}) and {share_above} practically always (over {propensity_rare}). "
        "{judge_overlap_alone}",
        roc_auc=say_figure(propensity, "roc_auc", 3),
        alone=say_share(alone, 0),
        share_below=say_share(propensity["share_below"], 0),
        rare=say_share(propensity["rare"], 0),
        share_above=say_share(propensity["share_above"], 0),
        propensity_rare=say_share(1 - propensity["rare"], 0),
        judge_overlap_alone=judge_overlap(alone),
    )


def judge_overlap(alone: float) -> str:
    """Return what the share of leads without anybody to compare them with means."""
    if alone >= 0.5:
        return say(
            "The two groups hardly overlap: this data cannot say what a call would have done for those who "
            "got none, whatever the model."
        )
    return say("For the others the two groups overlap, and can be compared with care.")


def say_bounds(selection: dict[str, Any]) -> str:
    """Return between which rates the base rate would have lain, had everybody been contacted."""
    bounds = selection["bounds"]
    if not bounds:
        return say("Without contacted leads there is nothing to bound.")
    return say(
        "Had all of these leads been contacted, between {if_none} and {if_all} of them would have "
        "converted: no data of this kind can say more without an assumption. Only a random hold-out, "
        "leads contacted or not by lot, can.",
        if_none=say_share(bounds["if_none"]),
        if_all=say_share(bounds["if_all"]),
    )


def write_bounds(selection: dict[str, Any], confidence: float) -> str:
    bounds = selection["bounds"]
    rows = [[say(text), say_rate(bounds, name)] for name, text in ASSUMPTIONS.items() if name in bounds]
    caption = say(
        "Had all been contacted: the base rate under four assumptions, with {confidence} intervals",
        confidence=say_share(confidence, 0),
    )
    head = [say("Of the leads that nobody contacted"), say("Base rate")]
    return write_table(head, rows, caption) if rows else ""


def say_definition(selection: dict[str, Any]) -> str:
    """Return what counts as contact, and when."""
    if not selection["is_timed"]:
        return say(
            "Contacted: {selection} says so. It has no time: where leads are contacted after they converted "
            "the groups cannot be compared.",
            selection=name_contact(selection),
        )
    return say(
        "Contacted: {selection} in the log after the lead came in and before it was scored. Groups are "
        "formed {moment}, by when half of those that are ever contacted have been, among leads "
        "still open then: counted until the end, leads that convert before anybody can call would stand "
        "with those that nobody called.",
        selection=name_contact(selection),
        moment=say_moment(selection),
    )
