"""The part of the report on a model that is about whom the company contacted, and what nobody could see."""

from typing import Any

from src.reports.text import (
    MISSING,
    PERCENT,
    say_age,
    say_count,
    say_figure,
    say_share,
    say_value,
    section,
    write_list,
    write_paragraph,
    write_table,
)

GROUPS = {"contacted": "Contacted", "others": "Not contacted"}

ASSUMPTIONS = {
    "if_none": "None of them would have converted: the least there could have been",
    "as_seen": "They would have done what they did: contact changes nothing",
    "like_contacted": "They would have done as contacted leads of the same probability when new",
    "if_all": "All of them would have converted: the most there could have been",
}


@section("selection", "Whom the company contacted")
def show_selection(results: dict[str, Any]) -> str:
    """Return how the probabilities hold for contacted leads and for others, and what was never seen."""
    selection = results["metrics"]["selection"]
    if not selection["is_declared"]:
        return write_paragraph(
            "The source does not say which leads were contacted: these probabilities are of leads treated as they "
            "were, and what contact changes cannot be told from this data."
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
    return ", ".join(f"“{say_value(name)}”" for name in selection["by"])


def say_no_comparison(selection: dict[str, Any]) -> str:
    """Return why contacted leads and others cannot be compared."""
    start = f"test lead had been contacted {say_moment(selection)}, going by {name_contact(selection)}:"
    if selection["share_contacted"]:
        return f"Every {start} what becomes of leads that nobody contacts cannot be told from this data."
    return f"No {start} nobody is contacted so soon, or the declaration names what is not in the data."


def say_moment(selection: dict[str, Any]) -> str:
    """Return when the groups are compared: ``at once``, ``after 7 days``, ``at the extraction``."""
    moment = say_age(selection["age"], selection["is_dated"])
    return moment if moment.startswith("at ") else f"after {moment}"


def say_groups(selection: dict[str, Any]) -> str:
    groups = selection["groups"]
    rates = {name: groups[name].get("base_rate") for name in GROUPS}
    start = (
        f"Of {say_count(selection['leads'])} test leads {say_share(selection['share_contacted'])} had been contacted"
    )
    if None in rates.values():
        return f"{start}; in one of the two groups too little happened to compare them."
    return (
        f"{start}; {say_share(rates['contacted'])} of these converted afterwards and {say_share(rates['others'])} of "
        "the others. The difference is not what contact does: who is contacted may be another kind of lead."
    )


def say_calibration(groups: dict[str, dict[str, Any]]) -> str:
    """Return for which of the groups the probabilities are too low or too high beyond chance."""
    said = []
    for name, text in {"contacted": "contacted leads", "others": "the others"}.items():
        low, high = (groups[name].get(f"calibration_intercept_{end}") for end in ("low", "high"))
        if low is None or high is None or not groups[name]["is_assessable"]:
            said.append(f"for {text} this cannot be judged, too few of them converted")
        elif low > 0 or high < 0:
            said.append(f"for {text} they are too {'low' if low > 0 else 'high'} on the whole")
        else:
            said.append(f"for {text} they hold on the whole")
    return f"Do the probabilities hold in each group? {said[0][0].upper()}{said[0][1:]}; {said[1]}."


def write_groups(selection: dict[str, Any], confidence: float) -> str:
    head = ["Group", "Leads", "Converted", "Mean probability", "ROC-AUC", "Log loss", "Slope", "Intercept"]
    rows = [[title, *list_cells(selection["groups"][name])] for name, title in GROUPS.items()]
    caption = f"Test leads still open {say_moment(selection)}, scored then, with {say_share(confidence, 0)} intervals"
    return write_table(head, rows, caption)


def list_cells(figures: dict[str, Any]) -> list[str]:
    if "base_rate" not in figures:
        return [say_count(figures["leads"]), f"{say_count(figures['conversions'])} leads", *[MISSING] * 5]
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
    return f"{say_share(figures[name])} ({low} to {high})"


def say_overlap(selection: dict[str, Any]) -> str:
    """Return how many leads have nobody to be compared with."""
    propensity = selection["propensity"]
    if not propensity:
        return "Whether the two groups are alike cannot be told: all leads of the history are of one of them."
    alone = propensity["share_below"] + propensity["share_above"]
    return (
        "What a lead tells us when it comes in says who will be contacted with ROC-AUC "
        f"{say_figure(propensity, 'roc_auc', 3)}. For {say_share(alone, 0)} of the leads it is all but certain: "
        f"{say_share(propensity['share_below'], 0)} are practically never contacted (under "
        f"{say_share(propensity['rare'], 0)}) and {say_share(propensity['share_above'], 0)} practically always (over "
        f"{say_share(1 - propensity['rare'], 0)}). {judge_overlap(alone)}"
    )


def judge_overlap(alone: float) -> str:
    """Return what the share of leads without anybody to compare them with means."""
    if alone >= 0.5:
        return (
            "The two groups hardly overlap: this data cannot say what a call would have done for those who got none, "
            "whatever the model."
        )
    return "For the others the two groups overlap, and can be compared with care."


def say_bounds(selection: dict[str, Any]) -> str:
    """Return between which rates the base rate would have lain, had everybody been contacted."""
    bounds = selection["bounds"]
    if not bounds:
        return "Without contacted leads there is nothing to bound."
    return (
        f"Had all of these leads been contacted, between {say_share(bounds['if_none'])} and "
        f"{say_share(bounds['if_all'])} of them would have converted: no data of this kind can say more without an "
        "assumption. Only a random hold-out, leads contacted or not by lot, can."
    )


def write_bounds(selection: dict[str, Any], confidence: float) -> str:
    bounds = selection["bounds"]
    rows = [[text, say_rate(bounds, name)] for name, text in ASSUMPTIONS.items() if name in bounds]
    caption = f"Had all been contacted: the base rate under four assumptions, with {say_share(confidence, 0)} intervals"
    head = ["Of the leads that nobody contacted", "Base rate"]
    return write_table(head, rows, caption) if rows else ""


def say_definition(selection: dict[str, Any]) -> str:
    """Return what counts as contact, and when."""
    if not selection["is_timed"]:
        return (
            f"Contacted: {name_contact(selection)} says so. It has no time: where leads are contacted after they "
            "converted the groups cannot be compared."
        )
    return (
        f"Contacted: {name_contact(selection)} in the log after the lead came in and before it was scored. "
        f"Groups are formed {say_moment(selection)}, by when half of those that are ever contacted have been, among "
        "leads still open then: counted until the end, leads that convert before anybody can call would stand with "
        "those that nobody called."
    )
