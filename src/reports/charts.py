"""Figures of the pages: matplotlib drawn to SVG that is the same at every run."""

import base64
import io
from collections.abc import Callable
from functools import wraps
from typing import Any

from markupsafe import Markup, escape
from matplotlib import rc_context
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.style import context

from src.reports.formats import write_amount, write_number
from src.reports.language import HERE

STYLE = HERE / "report.mplstyle"
BLUE, ORANGE, GREY, SAND = "#0b5fa5", "#c2570c", "#6f6f6f", "#f0b27a"
"""Hues that stay apart for colour-blind readers and, one line being dashed, in print."""
ROUTE_COLOURS = {"sales": (BLUE, "#ffffff"), "nurture": (SAND, "#1b1b1b"), "discard": ("#d5d8dd", "#1b1b1b")}
"""Of each route, as everywhere on the pages, and of what is written on it."""


class Picture(Figure):
    """A figure that shows itself in a notebook."""

    def _repr_svg_(self) -> str:
        return draw_svg(self)


def styled(plot: Callable[..., Any]) -> Callable[..., Any]:
    """Draw in the style of the pages."""

    @wraps(plot)
    def draw(*args: Any, **kwargs: Any) -> Any:
        with context(STYLE):
            return plot(*args, **kwargs)

    return draw


def new_picture(width: float = 6.2, height: float = 3.4) -> Picture:
    figure = Picture(figsize=(width, height))
    FigureCanvasSVG(figure)
    return figure


def draw_svg(figure: Figure) -> str:
    """Return a figure as SVG; its ids are the same at every run."""
    with context(STYLE), rc_context({"svg.hashsalt": "report"}):
        engine = figure.get_layout_engine()
        if engine is not None:
            # `savefig` would draw all of it an additional time for that; the points of an SVG are pixels.
            figure.dpi = 72
            engine.execute(figure)
            figure.set_layout_engine("none")
        buffer = io.BytesIO()
        FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None, "Creator": None})
    return buffer.getvalue().decode()


def embed(figure: Figure, alternative: str, caption: str = "") -> Markup:
    """Return a figure as HTML, with its `alternative` text for those who cannot see it."""
    data = base64.b64encode(draw_svg(figure).encode()).decode()
    beneath = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return Markup(f'<figure><img alt="{escape(alternative)}" src="data:image/svg+xml;base64,{data}">{beneath}</figure>')


def write_ticks(axis: Any, kind: str = "number") -> None:
    """Write the ticks of an axis as the language does: numbers, or whole amounts of money."""
    from matplotlib.ticker import MaxNLocator

    # Long numbers would run into each other.
    axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))

    def write(value: float, _: Any) -> str:
        if kind == "money":
            return write_amount(value, 1 if abs(value) >= 10 or value == round(value) else 0.01)
        decimals = f"{value:.4f}".rstrip("0").partition(".")[2]
        return write_number(value, len(decimals))

    axis.set_major_formatter(write)


def draw_ranges(axes: Any, rows: list[tuple[str, float, float, float]], colours: list[str] | None = None) -> None:
    """Draw a point with its interval a row, the first at the top, and a line at zero."""
    places = range(len(rows))
    for place, (_, value, low, high) in zip(places, rows, strict=True):
        colour = colours[place] if colours else BLUE
        ends = [[max(value - low, 0)], [max(high - value, 0)]]
        axes.errorbar([value], [place], xerr=ends, fmt="o", color=colour, linewidth=1.5)
    axes.axvline(0, color=GREY, linewidth=1)
    axes.set_yticks(places, [name[:44] for name, *_ in rows], parse_math=False)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")


def name_some(axes: Any, names: list[str], most: int = 6) -> None:
    """Name a few of the places below an axis: more would run into each other."""
    step = max(-(-len(names) // most), 1)
    axes.set_xticks(range(0, len(names), step), names[::step])
    axes.grid(visible=False, axis="x")
