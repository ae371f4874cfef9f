"""Numbers and words as HTML fragments; whatever comes from data or parameters is escaped."""

from collections.abc import Sequence
from html import escape
from typing import Any

import pandas as pd

MISSING = "–"


def say_amount(value: float) -> str:
    """Return an amount in euros with three figures that mean something.

    >>> say_amount(146858.4)
    '€147,000'
    """
    return ("−" if value < 0 else "") + "€" + say_rounded(abs(value))


def say_rounded(value: float) -> str:
    digits = len(str(int(value)))
    return f"{round(value, min(0, 3 - digits)):,.0f}" if value >= 10 else f"{value:,.2f}"


def say_share(value: float | None, digits: int = 1) -> str:
    return MISSING if value is None else f"{value * 100:.{digits}f} %"


def say_probability(value: float) -> str:
    """Return a probability in percent with two figures that mean something."""
    return f"{value * 100:.2g} %" if value < 0.1 else f"{value * 100:.0f} %"


def say_count(value: float) -> str:
    return f"{value:,.0f}"


def say_figure(figures: dict[str, Any], name: str, digits: int) -> str:
    """Return a figure with its interval, e.g. ``0.808 (0.794–0.820)``."""
    value, low, high = (figures.get(f"{name}{end}") for end in ("", "_low", "_high"))
    if value is None:
        return MISSING
    interval = "" if low is None or high is None else f" ({low:.{digits}f}–{high:.{digits}f})"
    return f"{value:.{digits}f}{interval}"


def say_age(age: str) -> str:
    """Return an age in words.

    >>> say_age("1d")
    '1 day'
    """
    number, unit = int(age[:-1]), {"h": "hour", "d": "day"}[age[-1]]
    return "at once" if number == 0 else f"{number} {unit}{'s' if number > 1 else ''}"


def say_date(text: str) -> str:
    date = pd.Timestamp(text)
    return f"{date.day} {date:%B %Y}"


def write_table(
    head: Sequence[str], rows: Sequence[Sequence[str]], caption: str, marked: Sequence[int] = (), texts: int = 1
) -> str:
    """Return a table; the first `texts` columns are words, the others numbers.

    Cells are escaped here. `marked` rows stand out.
    """
    head_cells = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = []
    for number, row in enumerate(rows):
        first = f'<th scope="row">{escape(row[0])}</th>'
        cells = [
            f"<td{' class=text' if column < texts else ''}>{escape(cell)}</td>"
            for column, cell in enumerate(row[1:], start=1)
        ]
        mark = ' class="marked"' if number in marked else ""
        body.append(f"<tr{mark}>{first}{''.join(cells)}</tr>")
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{head_cells}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def write_list(items: Sequence[str]) -> str:
    """Return a list of sentences, escaped."""
    return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"


def write_paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph; `text` is escaped, `kind` is a class of the style sheet."""
    return f"<p{f' class={kind}' if kind else ''}>{escape(text)}</p>"
