"""The part of the report on a model about columns that are protected: who is chosen, and is it told the truth of."""

from typing import Any

from src.reports.fragments import section, write_list, write_paragraph, write_table
from src.reports.language import mark, say
from src.reports.model.calibration import say_group, say_part, say_rate, write_cells
from src.reports.text import MISSING, say_count, say_share

SIDES = {1: mark("{names} more often than the average"), -1: mark("{names} less often than the average")}


@section("fairness", "Who is chosen, by what no model may know")
def show_fairness(results: dict[str, Any]) -> str:
    """Return selection rates and calibration by each protected column, or that there is none."""
    fairness = results["metrics"]["fairness"]
    if not fairness:
        return write_paragraph(
            say(
                "No column of this source is declared protected, so whether leads are treated alike whatever "
                "their sex, age or origin was not looked at."
            )
        )
    note = say(
        "No model has seen these columns, nor anything made of them; other columns may still tell them "
        "in part. That groups are chosen more or less often is no proof of harm where they also convert "
        "more or less often, and no excuse either: what is allowed is a question of law and of policy."
    )
    parts = [write_column(results, name, cells) for name, cells in fairness.items()]
    return "".join(parts) + write_paragraph(note, "note")


def write_column(results: dict[str, Any], name: str, cells: list[dict[str, Any]]) -> str:
    """Return the findings on one protected column, and both its tables."""
    head, confidence = name.replace("_", " ").capitalize(), results["confidence"]
    percents = list(cells[0]["selected"])
    interval = say("({confidence} interval)", confidence=say_share(confidence, 0))
    rows = [
        [
            say_group(cell["name"]),
            say_count(cell["leads_at_first"]),
            *(say_selected(cell["selected"][percent]) for percent in percents),
        ]
        for cell in cells
    ]
    columns = [
        head,
        say("Leads"),
        *(
            say("In the top {percent} {interval}", percent=say_percent(percent), interval=interval)
            for percent in percents
        ),
    ]
    caption = say("By {name}: who is among the most probable test leads, as they came in", name=name.replace("_", " "))
    calibration = say("By {name}: what was promised and what happened, on the test leads", name=name.replace("_", " "))
    return (
        write_list([f"{head}: {say_selection(cells, percents)}", f"{head}: {say_part(cells, say_group)}"])
        + write_table(columns, rows, caption)
        + write_cells(cells, head, say_group, calibration, confidence)
    )


def say_selected(selected: dict[str, Any]) -> str:
    return MISSING if selected["share"] is None else say_rate(selected, "share")


def say_percent(percent: str) -> str:
    return say_share(float(percent) / 100, 0)


def say_selection(cells: list[dict[str, Any]], percents: list[str]) -> str:
    """Return which groups are surely more or less often among the top, in the middle one of the shares."""
    percent = percents[len(percents) // 2]
    top = say("the {percent} most probable leads", percent=say_percent(percent))
    found = [
        say(
            words,
            names=", ".join(say_group(cell["name"]) for cell in cells if cell["selected"][percent]["side"] == side),
        )
        for side, words in SIDES.items()
        if any(cell["selected"][percent]["side"] == side for cell in cells)
    ]
    if not found:
        return say("no group is surely more or less often than the average among {top}.", top=top)
    return say("among {top}: {found}.", top=top, found="; ".join(found))
