"""A frame as a table of a page: its columns are named and formatted by the template, its cells escaped here."""

import re
from collections.abc import Callable, Sequence

import pandas as pd
from markupsafe import Markup, escape

from src.reports import formats

FORMATS: dict[str, Callable[..., str]] = {
    "text": lambda row, name: formats.MISSING if formats.is_missing(row[name]) else str(row[name]),
    "count": lambda row, name: formats.write_count(row[name]),
    "share": lambda row, name: formats.write_share(row[name], 0),
    "share1": lambda row, name: formats.write_share(row[name], 1),
    "probability": lambda row, name: formats.write_probability(row[name]),
    "money": lambda row, name: formats.write_money(row[name]),
    "money_exact": lambda row, name: formats.write_amount(row[name], 1),
    "price": lambda row, name: formats.write_price(row[name]),
    **{f"number{n}": lambda row, name, n=n: formats.write_number(row[name], n) for n in range(6)},
    "money_between": formats.write_money_between,
    "share_between": formats.write_share_between,
    **{f"between{n}": lambda row, name, n=n: formats.write_between(row, name, n) for n in range(1, 6)},
}
"""How the cells of a column are written; those ``between`` read the ends of the interval from ``…_low, …_high``."""


def table(
    frame: pd.DataFrame,
    columns: Sequence[tuple[str, str, str]],
    caption: str,
    marked: Sequence[int] = (),
    ordered: bool = False,
    fixed: str = "",
) -> Markup:
    """Return a table whose first column names the rows.

    Parameters
    ----------
    frame : DataFrame
    columns : sequence of tuples
        Column of the frame, heading, and one of `FORMATS`.
    caption : str
    marked : sequence of int
        Positions of the rows that stand out.
    ordered : bool
        The rows stand in the order of the first column, which its words do not tell: ages, months.
    fixed : str
        The id of a table that a program fills again: it is not sorted.
    """
    texts = [kind == "text" for _, _, kind in columns]
    heads = "".join(
        f'<th scope="col"{" data-ordered" if ordered and not place else ""}'
        f"{' class=text' if texts[place] else ''}>{escape(heading)}</th>"
        for place, (_, heading, _) in enumerate(columns)
    )
    rows = []
    for number, row in enumerate(frame.to_dict("records")):
        cells = [write_cell(FORMATS[kind](row, name), kind) for name, _, kind in columns]
        first = str(cells[0]).replace("_", "_<wbr>")
        rest = "".join(
            f"<td{' class=text' if is_text else ''}>{cell}</td>"
            for cell, is_text in zip(cells[1:], texts[1:], strict=True)
        )
        mark = " class=marked" if number in marked else ""
        rows.append(f'<tr{mark}><th scope="row">{first}</th>{rest}</tr>')
    attribute = f' id="{fixed}" data-fixed' if fixed else ""
    return Markup(
        f'<div class="scroll"{attribute} tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption><span>{escape(caption)}</span></caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def write_cell(text: str, kind: str) -> Markup:
    """Return a cell; an interval in brackets stands beneath its figure."""
    found = re.fullmatch(r"(.+?) (\(.+\))", text) if "between" in kind else None
    if found is None:
        return escape(text)
    return Markup(f'{escape(found[1])} <span class="interval">{escape(found[2])}</span>')
