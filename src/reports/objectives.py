"""The part of the report on a model about leads that are good for its objective and bad for another."""

from typing import Any

from src.reports.fragments import section, write_list, write_paragraph, write_table
from src.reports.language import say
from src.reports.results import name_objective
from src.reports.text import say_count, say_figure, say_probability, say_share


@section("objectives", "Good for one objective, bad for another")
def show_objectives(results: dict[str, Any]) -> str:
    """Return how far the leads that are good for this objective and for each other one are the same."""
    pairs = [pair for pair in results["objectives"]["pairs"] if results["name"] in pair["objectives"]]
    if not pairs:
        return write_paragraph(
            say(
                "{objective} is the only objective of this source whose leads can be compared: a lead is good or "
                "bad for it alone.",
                objective=results["objective"].capitalize(),
            )
        )
    return "".join(write_pair(pair, results["confidence"]) for pair in pairs)


def write_pair(pair: dict[str, Any], confidence: float) -> str:
    """Return how two objectives agree: the finding, the four groups, and leads that are good for one alone."""
    names = dict(zip(("first", "second"), map(name_objective, pair["objectives"]), strict=True))
    groups = {
        "both": say("Both {first} and {second}", first=names["first"], second=names["second"]),
        "first": say("{first} alone", first=names["first"].capitalize()),
        "second": say("{second} alone", second=names["second"].capitalize()),
        "neither": say("Neither"),
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
    head = [
        say("Good for"),
        say("Leads"),
        say("Share"),
        say("Ended in {first}", first=names["first"]),
        say("Ended in {second}", second=names["second"]),
    ]
    top = say_share(pair["top"], 0)
    caption = say("Test leads by whether they are among the {top} most probable for each objective", top=top)
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
        say(
            "Of the {leads} test leads scored for both, {alone} ({share}) are among the {top} most probable "
            "of one objective alone, and {both_leads} of both; were the two unrelated it would be "
            "{pair_leads} of both.",
            leads=say_count(pair["leads"]),
            alone=say_count(alone),
            share=say_share(share, 0),
            top=top,
            both_leads=say_count(table["both"]["leads"]),
            pair_leads=say_count(pair["leads"] * pair["top"] ** 2),
        ),
        say(
            "The order by the probability of {first} and that by {second} correlate by {correlation} "
            "({confidence} interval): 1 is the same order, 0 none in common. Which one to sort by depends on "
            "what the leads are for.",
            first=names["first"],
            second=names["second"],
            correlation=say_figure(pair, "correlation", 2),
            confidence=say_share(confidence, 0),
        ),
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
    head = [
        say("Lead"),
        say("Probability of {first}", first=names["first"]),
        say("Probability of {second}", second=names["second"]),
    ]
    caption = say(
        "Test leads that are farthest apart: first good for {first}, then for {second}",
        first=names["first"],
        second=names["second"],
    )
    return write_table(head, rows, caption)
