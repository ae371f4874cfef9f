"""The parts of a scenario's report about whether the probabilities serve its cuts."""

from typing import Any

import pandas as pd

from src.reports.figures import BLUE, GREY, ORANGE, draw
from src.reports.text import (
    has_varying_values,
    say_count,
    say_decimal,
    say_probability,
    say_scaled,
    say_share,
    section,
    write_paragraph,
    write_table,
)

CUTS = {"nurture": "nurturing pays", "sales": "calls pay"}

THRESHOLDS = {"alone": "A call pays against doing nothing", "sales": "A call pays against nurturing"}

PLACES = {
    "alone": "At the probability from which a call pays against doing nothing",
    "sales": "At the probability from which calls pay",
}


@section("benefit", "Better than calling everybody or nobody?")
def show_net_benefit(results: dict[str, Any]) -> str:
    """Return the decision curve: the net benefit of calling by probability, everybody and nobody."""
    benefit = results["net_benefit"]
    if not benefit["at"]:
        return write_paragraph("Nothing to compare: a call pays always or never here, or nobody may be called.")
    rows = [
        [
            THRESHOLDS[entry["name"]],
            say_probability(entry["threshold"]),
            say_decimal(entry["model"] * 100, 2),
            say_decimal(entry["everyone"] * 100, 2),
            say_scaled(entry, "more", 100),
            say_decimal(entry["calls_saved"], 1),
        ]
        for entry in benefit["at"]
    ]
    deciding = take_deciding(benefit["at"])
    head = ["Threshold", "Probability", "By probability", "Everybody", "More than the better of everybody and nobody"]
    head.append("Calls saved in 100 leads, against everybody")
    of_default = " of the default value" if has_varying_values(results["policy"]) else ""
    caption = f"Net benefit of calling, in conversions{of_default} of 100 leads that may be called"
    note = (
        "Net benefit: conversions reached, less the useless calls at the price that the threshold implies (at "
        "10\u00a0% a conversion makes up for nine of them). Nobody: 0. Calls saved: how many fewer calls reach as "
        "much. Only calling is judged here, not nurturing, and no capacity."
    )
    return (
        write_paragraph(say_net_benefit(deciding, f"conversions{of_default}", results["confidence"]))
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
    other = "everybody" if entry["other"] == "everyone" else "nobody"
    if entry["more_low"] > 0:
        verdict = f"calling by probability beats calling {other}"
    elif entry["more_high"] < 0:
        verdict = f"calling {other} beats calling by probability"
    else:
        verdict = f"calling by probability cannot be told from calling {other}"
    return (
        f"{PLACES[entry['name']]}, {verdict}: a net benefit of {say_scaled(entry, 'more', 100)} {unit} in 100 "
        f"leads more ({say_share(confidence, 0)} interval)."
    )


def draw_net_benefit(curve: pd.DataFrame, at: list[dict[str, Any]]) -> str:
    """Draw the net benefit of calling by probability, everybody and nobody against the threshold."""
    threshold, entry = curve["threshold"] * 100, take_deciding(at)
    place = f"{PLACES[entry['name']]}, {say_probability(entry['threshold'])},"
    floor = -0.15 * max(curve["model"].max(), curve["everyone"].max()) * 100

    def plot(axes: Any) -> None:
        axes.plot(threshold, curve["model"] * 100, color=BLUE, label="by probability")
        axes.plot(threshold, curve["everyone"] * 100, color=ORANGE, linestyle="--", label="everybody")
        axes.axhline(0, color=GREY, linewidth=1, linestyle=":", label="nobody")
        axes.axvline(entry["threshold"] * 100, color=GREY, linewidth=1)
        # Above the axes, where no line runs.
        style = {"ha": "center", "textcoords": "offset points", "color": GREY}
        text = f"calls pay from {say_probability(entry['threshold'])}"
        axes.annotate(text, (entry["threshold"] * 100, 1), (0, 3), axes.get_xaxis_transform(), **style)
        axes.set(xlabel="threshold (%)", ylabel="net benefit (in 100 leads)", xlim=(0, threshold.max()))
        axes.set_ylim(bottom=floor)
        axes.legend(loc="best")

    alternative = (
        f"Decision curve. {place} calling by probability has a net benefit of "
        f"{say_decimal(entry['model'] * 100, 2)} conversions in 100 leads, calling everybody "
        f"{say_decimal(entry['everyone'] * 100, 2)}, calling nobody 0."
    )
    caption = "Net benefit by the probability from which a call is taken to pay; calling nobody has none."
    return draw(alternative, plot, caption)


@section("near", "Do the probabilities hold at the cuts?")
def show_at_cuts(results: dict[str, Any]) -> str:
    """Return what the leads near each cut promised and did."""
    near = results["at_cuts"]
    if not near:
        return write_paragraph("Not to be judged: there is no cut, or too few leads are near one.")
    rows = [
        [
            f"{CUTS[entry['route']].capitalize()} from {say_probability(entry['cut'])}",
            say_count(entry["leads"]),
            f"{say_probability(entry['lowest'])} to {say_probability(entry['highest'])}",
            say_share(entry["promised"]),
            say_share(entry["converted"]),
            f"{say_share(entry['converted_low'])} to {say_share(entry['converted_high'])}",
        ]
        for entry in near
    ]
    head = ["Cut", "Leads near it", "Their probabilities", "Promised", "Converted"]
    head.append(f"{say_share(results['confidence'], 0)} interval")
    note = (
        "Near: the tenth of the leads that may take the route whose probability, times their value over the default, "
        "is nearest to the cut as a ratio. Only here does it matter whether a probability is a little too high or low."
    )
    findings = " ".join(say_near(entry) for entry in near)
    table = write_table(head, rows, "What the test leads near each cut promised and did")
    return write_paragraph(findings) + table + write_paragraph(note, "note")


def say_near(entry: dict[str, Any]) -> str:
    promised, low, high = entry["promised"], entry["converted_low"], entry["converted_high"]
    cut = f"probability from which {CUTS[entry['route']]}"
    if low <= promised <= high:
        return f"Near the {cut} the probabilities hold, as far as {say_count(entry['leads'])} leads can tell."
    way, moved = ("more", "too high") if promised < low else ("fewer", "too low")
    return (
        f"Near the {cut} {way} leads convert than promised ({say_share(entry['converted'])} against "
        f"{say_share(promised)}): the cut is {moved} there."
    )
