"""The parts of a scenario's report about whether the probabilities serve its cuts."""

from typing import Any

import pandas as pd

from src.reports.figures import BLUE, GREY, ORANGE, draw
from src.reports.fragments import section, write_paragraph, write_table
from src.reports.language import mark, say
from src.reports.text import has_varying_values, say_count, say_decimal, say_probability, say_scaled, say_share

CUTS = {"nurture": mark("nurturing pays"), "sales": mark("calls pay")}

THRESHOLDS = {"alone": mark("A call pays against doing nothing"), "sales": mark("A call pays against nurturing")}

PLACES = {
    "alone": mark("At the probability from which a call pays against doing nothing"),
    "sales": mark("At the probability from which calls pay"),
}


@section("benefit", "Better than calling everybody or nobody?")
def show_net_benefit(results: dict[str, Any]) -> str:
    """Return the decision curve: the net benefit of calling by probability, everybody and nobody."""
    benefit = results["net_benefit"]
    if not benefit["at"]:
        return write_paragraph(say("Nothing to compare: a call pays always or never here, or nobody may be called."))
    rows = [
        [
            say(THRESHOLDS[entry["name"]]),
            say_probability(entry["threshold"]),
            say_decimal(entry["model"] * 100, 2),
            say_decimal(entry["everyone"] * 100, 2),
            say_scaled(entry, "more", 100),
            say_decimal(entry["calls_saved"], 1),
        ]
        for entry in benefit["at"]
    ]
    deciding = take_deciding(benefit["at"])
    head = [
        say("Threshold"),
        say("Probability"),
        say("By probability"),
        say("Everybody"),
        say("More than the better of everybody and nobody"),
    ]
    head.append(say("Calls saved in 100 leads, against everybody"))
    is_varying = has_varying_values(results["policy"])
    unit = say("conversions of the default value") if is_varying else say("conversions")
    caption = say("Net benefit of calling, in {unit} of 100 leads that may be called", unit=unit)
    note = say(
        "Net benefit: conversions reached, less the useless calls at the price that the threshold "
        "implies (at 10\xa0% a conversion makes up for nine of them). Nobody: 0. Calls saved: how many "
        "fewer calls reach as much. Only calling is judged here, not nurturing, and no capacity."
    )
    return (
        write_paragraph(say_net_benefit(deciding, unit, results["confidence"]))
        + draw_net_benefit(benefit["curve"], benefit["at"])
        + write_table(head, rows, caption)
        + write_paragraph(note, "note")
    )


def take_deciding(at: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the threshold that decides: against nurturing, or where that is never or always against doing nothing."""
    by_name = {entry["name"]: entry for entry in at}
    return by_name.get("sales") or by_name["alone"]


def say_net_benefit(entry: dict[str, Any], unit: str, confidence: float) -> str:
    """Return the finding at a threshold, in a unit such as ``conversions``."""
    against_all = entry["other"] == "everyone"
    if entry["more_low"] > 0:
        verdict = (
            say("calling by probability beats calling everybody")
            if against_all
            else say("calling by probability beats calling nobody")
        )
    elif entry["more_high"] < 0:
        verdict = (
            say("calling everybody beats calling by probability")
            if against_all
            else say("calling nobody beats calling by probability")
        )
    else:
        verdict = (
            say("calling by probability cannot be told from calling everybody")
            if against_all
            else say("calling by probability cannot be told from calling nobody")
        )
    return say(
        "{place}, {verdict}: a net benefit of {more} {unit} in 100 leads more ({confidence} interval).",
        place=say(PLACES[entry["name"]]),
        verdict=verdict,
        more=say_scaled(entry, "more", 100),
        unit=unit,
        confidence=say_share(confidence, 0),
    )


def draw_net_benefit(curve: pd.DataFrame, at: list[dict[str, Any]]) -> str:
    """Draw the net benefit of calling by probability, everybody and nobody against the threshold."""
    threshold, entry = curve["threshold"] * 100, take_deciding(at)
    place = f"{say(PLACES[entry['name']])}, {say_probability(entry['threshold'])},"
    floor = -0.15 * max(curve["model"].max(), curve["everyone"].max()) * 100

    def plot(axes: Any) -> None:
        axes.plot(threshold, curve["model"] * 100, color=BLUE, label=say("by probability"))
        axes.plot(threshold, curve["everyone"] * 100, color=ORANGE, linestyle="--", label=say("everybody"))
        axes.axhline(0, color=GREY, linewidth=1, linestyle=":", label=say("nobody"))
        axes.axvline(entry["threshold"] * 100, color=GREY, linewidth=1)
        # Above the axes, where no line runs.
        style = {"ha": "center", "textcoords": "offset points", "color": GREY}
        text = say("calls pay from {threshold}", threshold=say_probability(entry["threshold"]))
        axes.annotate(text, (entry["threshold"] * 100, 1), (0, 3), axes.get_xaxis_transform(), **style)
        axes.set(xlabel=say("threshold (%)"), ylabel=say("net benefit (in 100 leads)"), xlim=(0, threshold.max()))
        axes.set_ylim(bottom=floor)
        axes.legend(loc="best")

    alternative = say(
        "Decision curve. {place} calling by probability has a net benefit of {model} conversions in 100 "
        "leads, calling everybody {everyone}, calling nobody 0.",
        place=place,
        model=say_decimal(entry["model"] * 100, 2),
        everyone=say_decimal(entry["everyone"] * 100, 2),
    )
    caption = say("Net benefit by the probability from which a call is taken to pay; calling nobody has none.")
    return draw(alternative, plot, caption)


@section("near", "Do the probabilities hold at the cuts?")
def show_at_cuts(results: dict[str, Any]) -> str:
    """Return what the leads near each cut promised and did."""
    near = results["at_cuts"]
    if not near:
        return write_paragraph(say("Not to be judged: there is no cut, or too few leads are near one."))
    rows = [
        [
            say("{cuts} from {cut}", cuts=say(CUTS[entry["route"]]).capitalize(), cut=say_probability(entry["cut"])),
            say_count(entry["leads"]),
            say(
                "{low} to {high}",
                low=say_probability(entry["lowest"]),
                high=say_probability(entry["highest"]),
            ),
            say_share(entry["promised"]),
            say_share(entry["converted"]),
            say(
                "{low} to {high}",
                low=say_share(entry["converted_low"]),
                high=say_share(entry["converted_high"]),
            ),
        ]
        for entry in near
    ]
    head = [say("Cut"), say("Leads near it"), say("Their probabilities"), say("Promised"), say("Converted")]
    head.append(say("{confidence} interval", confidence=say_share(results["confidence"], 0)))
    note = say(
        "Near: the tenth of the leads that may take the route whose probability, times their value over "
        "the default, is nearest to the cut as a ratio. Only here does it matter whether a probability "
        "is a little too high or low."
    )
    findings = " ".join(say_near(entry) for entry in near)
    table = write_table(head, rows, say("What the test leads near each cut promised and did"))
    return write_paragraph(findings) + table + write_paragraph(note, "note")


def say_near(entry: dict[str, Any]) -> str:
    promised, low, high = entry["promised"], entry["converted_low"], entry["converted_high"]
    cut = say("probability from which {cuts}", cuts=say(CUTS[entry["route"]]))
    if low <= promised <= high:
        return say(
            "Near the {cut} the probabilities hold, as far as {leads} leads can tell.",
            cut=cut,
            leads=say_count(entry["leads"]),
        )
    values = {"cut": cut, "converted": say_share(entry["converted"]), "promised": say_share(promised)}
    if promised < low:
        return say(
            "Near the {cut} more leads convert than promised ({converted} against {promised}): the cut is too high "
            "there.",
            **values,
        )
    return say(
        "Near the {cut} fewer leads convert than promised ({converted} against {promised}): the cut is too low there.",
        **values,
    )
