"""Numbers and words as HTML fragments; whatever comes from data or parameters is escaped."""

import math
from collections.abc import Sequence
from html import escape
from typing import Any

import pandas as pd

MISSING = "–"
PERCENT = "\u00a0%"
"""The sign with a space that does not break."""


def say_number(value: float, step: float) -> str:
    """Return a number rounded to a multiple of `step`, a power of ten.

    >>> say_number(-146858.4, 1000)
    '−147,000'
    """
    text = f"{abs(round(value / step) * step):,.{max(0, -round(math.log10(step)))}f}"
    is_negative = value < 0 and any(digit in "123456789" for digit in text)
    return ("−" if is_negative else "") + text


def find_step(low: float, high: float) -> float:
    """Return the power of ten that leaves two figures of the width of an interval, at least a cent.

    >>> find_step(128000, 154000)
    1000
    """
    return 10 ** max(math.floor(math.log10(high - low)) - 1, -2) if high > low else 0.01


def say_amount(value: float) -> str:
    """Return an amount in euros with the three figures that mean something.

    >>> say_amount(146858.4)
    '€147,000'
    """
    size = abs(value)
    return say_euros(value, 10 ** max(math.floor(math.log10(size)) - 2, 0 if size >= 10 else -2) if size else 1)


def say_euros(value: float, step: float) -> str:
    """Return an amount in euros rounded to `step`: ``−€1,200``."""
    text = say_number(value, step)
    return text.replace("−", "−€") if text.startswith("−") else f"€{text}"


def say_price(value: float) -> str:
    """Return an amount that somebody set, as it was set, to the cent.

    >>> say_price(12.5)
    '€12.50'
    """
    return say_euros(value, 1 if value == round(value) else 0.01)


def say_profit(figures: dict[str, Any]) -> tuple[str, str]:
    """Return a profit in euros and its interval, both as exact as the interval allows.

    >>> say_profit({"profit": 140350.5, "profit_low": 127944.6, "profit_high": 153645.5})
    ('€140,000', '€128,000 to €154,000')
    """
    value, low, high = (figures[name] for name in ("profit", "profit_low", "profit_high"))
    if low == high:
        return say_amount(value), f"{say_amount(low)} to {say_amount(high)}"
    step = find_step(low, high)
    return say_euros(value, step), f"{say_euros(low, step)} to {say_euros(high, step)}"


def say_difference(difference: dict[str, Any], what: str, name: str) -> str:
    """Return how `what`, the rule called `name`, compares; `difference` is ours less its profit."""
    step = find_step(difference["profit_low"], difference["profit_high"])

    def say(value: float) -> str:
        return f"{say_euros(abs(value), step)} {'less' if value >= 0 else 'more'}"

    profit, low, high = (difference[key] for key in ("profit", "profit_low", "profit_high"))
    start = f"{what}, “{name}”, would have earned {say(profit)}"
    if low > 0:
        return f"{start} (interval {say_euros(low, step)} to {say_euros(high, step)})."
    if high < 0:
        return f"{start} (interval {say_euros(-high, step)} to {say_euros(-low, step)}): use it instead."
    return f"{start} (interval: from {say(high)} to {say(low)}): the two cannot be told apart."


def say_share(value: float | None, digits: int = 1) -> str:
    return MISSING if value is None else f"{value * 100:.{digits}f}{PERCENT}"


def say_probability(value: float) -> str:
    """Return a probability in percent with two figures that mean something.

    >>> say_probability(0.05)
    '5.0\\xa0%'
    """
    percent = value * 100
    if 0 < percent < 0.01:
        return f"under 0.01{PERCENT}"
    return f"{percent:.{0 if percent >= 9.95 or percent == 0 else 1 if percent >= 0.995 else 2}f}{PERCENT}"


def say_count(value: float) -> str:
    return f"{value:,.0f}"


def say_decimal(value: float | None, digits: int) -> str:
    return MISSING if value is None else say_number(value, 10**-digits)


def say_figure(figures: dict[str, Any], name: str, digits: int) -> str:
    """Return a figure with its interval, e.g. ``0.808 (0.794 to 0.820)``."""
    value, low, high = (figures.get(f"{name}{end}") for end in ("", "_low", "_high"))
    if value is None or low is None or high is None:
        return say_decimal(value, digits)
    return f"{say_decimal(value, digits)} ({say_decimal(low, digits)} to {say_decimal(high, digits)})"


def say_age(age: str, is_dated: bool = True) -> str:
    """Return an age in words; a source without dates knows its leads at the extraction only.

    >>> say_age("1d")
    '1 day'
    """
    if not is_dated:
        return "at the extraction"
    number, unit = int(age[:-1]), {"h": "hour", "d": "day"}[age[-1]]
    return "at once" if number == 0 else f"{number} {unit}{'s' if number > 1 else ''}"


def say_date(text: str) -> str:
    date = pd.Timestamp(text)
    return f"{date.day} {date:%B %Y}"


def write_table(head: Sequence[str], rows: Sequence[Sequence[str]], caption: str, marked: Sequence[int] = ()) -> str:
    """Return a table whose first column names the rows and whose others hold numbers.

    Cells are escaped here. `marked` rows stand out. On a narrow page the table scrolls beneath
    its first column.
    """
    head_cells = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = []
    for number, row in enumerate(rows):
        cells = "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        mark = ' class="marked"' if number in marked else ""
        body.append(f'<tr{mark}><th scope="row">{escape(row[0])}</th>{cells}</tr>')
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption, quote=True)}"><table>'
        f"<caption><span>{escape(caption)}</span></caption><thead><tr>{head_cells}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def write_list(items: Sequence[str]) -> str:
    """Return a list of sentences, escaped."""
    return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"


def write_paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph; `text` is escaped, `kind` is a class of the style sheet."""
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def write_verdict(first: str, rest: str) -> str:
    """Return the paragraph that is enough for who must decide: what to do, then what it earns."""
    return f'<p class="verdict"><strong>{escape(first)}</strong> {escape(rest)}</p>'
