"""The part of the report on a model about leads that are good for its objective and bad for another."""

from typing import Any

from src.reports.results import name_objective
from src.reports.text import (
    say_count,
    say_figure,
    say_probability,
    say_share,
    section,
    write_list,
    write_paragraph,
    write_table,
)


@section("objectives", "Good for one objective, bad for another")
def show_objectives(results: dict[str, Any]) -> str:
    """Return how far the leads that are good for this objective and for each other one are the same."""
    pairs = [pair for pair in results["objectives"]["pairs"] if results["name"] in pair["objectives"]]
    if not pairs:
        return write_paragraph(
            f"{results['objective'].capitalize()} is the only objective of this source whose leads can be compared: a "
            "lead is good or bad for it alone."
        )
    return "".join(write_pair(pair, results["confidence"]) for pair in pairs)


def write_pair(pair: dict[str, Any], confidence: float) -> str:
    """Return how two objectives agree: the finding, the four groups, and leads that are good for one alone."""
    names = dict(zip(("first", "second"), map(name_objective, pair["objectives"]), strict=True))
    groups = {
        "both": f"Both {names['first']} and {names['second']}",
        "first": f"{names['first'].capitalize()} alone",
        "second": f"{names['second'].capitalize()} alone",
        "neither": "Neither",
    }
    rows = [
        [
            groups[key],
            say_count(group["leads"]),
            say_share(group["share"]),
            say_share(group["converts_first"]),
            say_share(group["converts_second"]),
        ]
        for key, group in pair["table"].items()
    ]
    head = ["Good for", "Leads", "Share", f"Ended in {names['first']}", f"Ended in {names['second']}"]
    top = say_share(pair["top"], 0)
    caption = f"Test leads by whether they are among the {top} most probable for each objective"
    return (
        write_list(list_findings(pair, names, confidence))
        + write_table(head, rows, caption)
        + write_examples(pair, names)
    )


def list_findings(pair: dict[str, Any], names: dict[str, str], confidence: float) -> list[str]:
    """Return how far the two orders agree, and how many leads are good for one alone."""
    table, top = pair["table"], say_share(pair["top"], 0)
    alone, share = (table["first"][what] + table["second"][what] for what in ("leads", "share"))
    return [
        f"Of the {say_count(pair['leads'])} test leads scored for both, {say_count(alone)} "
        f"({say_share(share, 0)}) are among the {top} most probable of one "
        f"objective alone, and {say_count(table['both']['leads'])} of both; were the two unrelated it would be "
        f"{say_count(pair['leads'] * pair['top'] ** 2)} of both.",
        f"The order by the probability of {names['first']} and that by {names['second']} correlate by "
        f"{say_figure(pair, 'correlation', 2)} ({say_share(confidence, 0)} interval): 1 is the same order, 0 none in "
        "common. Which one to sort by depends on what the leads are for.",
    ]


def write_examples(pair: dict[str, Any], names: dict[str, str]) -> str:
    """Return the leads whose places in the two orders are farthest apart."""
    rows = [
        [row["lead_id"], say_probability(row["p_first"]), say_probability(row["p_second"])]
        for side in ("first", "second")
        for row in pair["examples"][side]
    ]
    if not rows:
        return ""
    head = ["Lead", f"Probability of {names['first']}", f"Probability of {names['second']}"]
    caption = f"Test leads that are farthest apart: first good for {names['first']}, then for {names['second']}"
    return write_table(head, rows, caption)
