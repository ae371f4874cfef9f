"""Tables, lists and paragraphs of a page as HTML; whatever comes from data or parameters is escaped here."""

from collections.abc import Callable, Sequence
from functools import wraps
from html import escape
from typing import Any

from src.reports.language import say


def write_table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    caption: str,
    marked: Sequence[int] = (),
    texts: Sequence[int] = (),
    folded: Sequence[int] = (),
    is_ordered: bool = False,
) -> str:
    """Return a table whose first column names the rows and whose others hold numbers.

    Cells are escaped here. `marked` rows stand out; `texts` are the columns that hold words
    instead, which start at the left and may take several lines. In the `folded` ones the interval
    in brackets stands beneath its figure. Where `is_ordered` the rows stand in the order of the first
    column, which its words do not tell: ages, months. On a narrow page the table scrolls beneath its first column.
    """
    kinds = [' class="text"' if number in texts else "" for number in range(len(head))]
    head_cells = "".join(f'<th scope="col"{kind}>{escape(cell)}</th>' for kind, cell in zip(kinds, head, strict=True))
    if is_ordered:
        # Read by `tables.js`.
        head_cells = head_cells.replace("<th ", "<th data-ordered ", 1)
    body = []
    for number, row in enumerate(rows):
        texts_of_row = [fold_interval(cell) if place in folded else escape(cell) for place, cell in enumerate(row)]
        cells = "".join(f"<td{kind}>{text}</td>" for kind, text in zip(kinds[1:], texts_of_row[1:], strict=True))
        mark = ' class="marked"' if number in marked else ""
        # A long name of a column may break after its underscores.
        name = escape(row[0]).replace("_", "_<wbr>")
        body.append(f'<tr{mark}><th scope="row">{name}</th>{cells}</tr>')
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption, quote=True)}"><table>'
        f"<caption><span>{escape(caption)}</span></caption><thead><tr>{head_cells}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def fold_interval(cell: str) -> str:
    """Return a figure with the interval that follows it in brackets on a line of its own, escaped."""
    figure, bracket, interval = escape(cell).partition(" (")
    return f'{figure} <span class="interval">({interval}</span>' if bracket else figure


def write_details(summary: str, html: str) -> str:
    """Return a part of a page that unfolds at a press on its `summary`, which is escaped."""
    return f"<details><summary>{escape(summary)}</summary>{html}</details>"


def write_list(items: Sequence[str]) -> str:
    """Return a list of sentences, escaped."""
    return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"


def write_paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph; `text` is escaped, `kind` is a class of the style sheet."""
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def write_reproduction(source: str, change: str) -> str:
    """Return how to make a report again: from which source, and what one may `change` before."""
    text = say(
        "Source “{source}”, {change} and run “dvc repro”: what depends on it is made again.",
        source=source,
        change=change,
    )
    return write_paragraph(text)


def write_verdict(first: str, rest: str) -> str:
    """Return the paragraph that is enough for who must decide: what to do, then what it earns."""
    return f'<p class="verdict"><strong>{escape(first)}</strong> {escape(rest)}</p>'


def write_not_applicable(results: dict[str, Any], consequence: str) -> str:
    """Return the verdict where the source knows nothing of the objective, and what follows from that."""
    reason = say(
        "The source “{source}” does not say which leads end in {objective}, so {consequence}.",
        source=results["source"],
        objective=results["objective"],
        consequence=consequence,
    )
    return write_verdict(say("Not applicable."), reason)


def section(name: str, title: str) -> Callable:
    """Make a function that returns HTML text show it under `title`, or nothing if not applicable."""

    def decorate(write: Callable[[dict[str, Any]], str]) -> Callable[[dict[str, Any]], Any]:
        @wraps(write)
        def show(results: dict[str, Any]) -> Any:
            from IPython.display import HTML

            return HTML(f'<h2 id="{name}">{say(title)}</h2>\n{write(results)}' if results["is_applicable"] else "")

        return show

    return decorate
