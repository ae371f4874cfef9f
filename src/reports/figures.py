"""The figures of the reports: matplotlib drawn to SVG that is the same at every run."""

import base64
import io
import re
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from src.reports.language import get_language, say, write_digits
from src.reports.text import say_amount, say_count, say_decimal, say_number, say_probability, say_share

STYLE = Path(__file__).with_name("report.mplstyle")
BLUE, ORANGE, GREY = "#0b5fa5", "#c2570c", "#6f6f6f"
"""Two hues that stay apart for colour-blind readers and, one line being dashed, in print."""


def draw(alternative: str, plot: Callable[[Any], None], caption: str) -> str:
    """Return a figure as HTML: what `plot` draws on its axes, with its `alternative` text."""
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.style import context

    # The salt makes the ids inside the SVG the same at every run.
    with context(STYLE), matplotlib.rc_context({"svg.hashsalt": "report"}):
        figure = Figure()
        canvas = FigureCanvasSVG(figure)
        plot(figure.subplots())
        # What is drawn may be in several panels instead.
        for panel in figure.axes:
            write_ticks(panel)
        lay_out(figure)
        buffer = io.BytesIO()
        canvas.print_svg(buffer, metadata={"Date": None, "Creator": None})
    data = base64.b64encode(buffer.getvalue()).decode()
    return (
        f'<figure><img alt="{escape(alternative, quote=True)}" src="data:image/svg+xml;base64,{data}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def lay_out(figure: Any) -> None:
    """Place the panels of a figure; `savefig` would draw all of it an additional time for that."""
    # Of an SVG, whose points are pixels.
    figure.dpi = 72
    figure.get_layout_engine().execute(figure)
    figure.set_layout_engine("none")


def write_ticks(axes: Any) -> None:
    """Write the ticks that matplotlib names itself as the language writes numbers."""
    from matplotlib.ticker import ScalarFormatter

    class LocalFormatter(ScalarFormatter):
        def __call__(self, value: float, place: int | None = None) -> str:
            return write_tick(super().__call__(value, place))

    for axis in (axes.xaxis, axes.yaxis):
        if type(axis.get_major_formatter()) is ScalarFormatter and get_language() != "en":
            # A factor would stand apart, at the end of the axis.
            local = LocalFormatter(useOffset=False)
            local.set_scientific(False)
            axis.set_major_formatter(local)


def write_tick(text: str) -> str:
    """Return a number that is written ``1234.5`` with the separators of the language, its thousands parted."""
    whole, point, part = text.partition(".")
    return write_digits(re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", whole) + point + part)


def write_whole_ticks(axis: Any) -> None:
    """Write the ticks of an axis of large amounts as whole numbers, parted in thousands."""
    axis.set_major_formatter(lambda value, _: say_number(value, 1))


def draw_profit(thresholds: pd.DataFrame, curve: dict[str, Any]) -> str:
    """Draw what calling all leads above each threshold would have earned.

    `curve` holds the highest point, ``best``, what the line at the cut says, ``mark``, and the share of
    leads above it, ``share_called``; neither where no cut on the probability parts the called from the others.
    """
    share, best, called = thresholds["share"] * 100, curve["best"], curve["share_called"]

    def plot(axes: Any) -> None:
        axes.plot(share, thresholds["profit_sales"], color=BLUE, label=say("earned"))
        axes.plot(share, thresholds["expected_profit_sales"], color=ORANGE, linestyle="--", label=say("expected"))
        axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
        axes.set_xlim(0, 100)
        if called is not None:
            axes.axvline(called * 100, color=GREY, linewidth=1)
            is_left = called < 0.75
            place = {"ha": "left" if is_left else "right", "textcoords": "offset points"}
            at = (called * 100, 0.26)
            # In two lines: what it is, and the probability.
            text = "\n".join(curve["mark"].rsplit(" ", 1))
            axes.annotate(text, at, (5 if is_left else -5, 0), axes.get_xaxis_transform(), color=GREY, **place)
        axes.set(xlabel=say("leads called, the most probable first (%)"), ylabel=say("profit of calling (€)"))
        write_whole_ticks(axes.yaxis)
        axes.legend(loc="lower right")

    alternative = say(
        "Profit against the share of leads called, the most probable first. It is highest, "
        "{profit_sales}, when {share} of the leads are called, those with a probability of {threshold} "
        "or more.",
        profit_sales=say_amount(best["profit_sales"]),
        share=say_share(best["share"], 0),
        threshold=say_probability(best["threshold"]),
    )
    if called is not None:
        alternative += say(
            " {mark}: {called} of the leads lie above.", mark=curve["mark"].capitalize(), called=say_share(called, 0)
        )
    caption = say(
        "If every lead above a threshold were called, without limit and the others left alone: what the "
        "test leads earned (solid) and what their probabilities had promised (dashed)."
    )
    return draw(alternative, plot, caption)


def draw_volumes(thresholds: pd.DataFrame, curve: dict[str, Any]) -> str:
    """Draw precision and recall against the share of leads called; the line of recall is that of the gains."""
    share = thresholds["share"] * 100

    def plot(axes: Any) -> None:
        axes.plot(share, thresholds["recall"] * 100, color=BLUE, label=say("recall"))
        axes.plot(share, thresholds["precision"] * 100, color=ORANGE, linestyle="--", label=say("precision"))
        axes.plot([0, 100], [0, 100], color=GREY, linewidth=1, linestyle=":", label=say("recall in any order"))
        axes.set(xlabel=say("leads called, the most probable first (%)"), ylabel="%", xlim=(0, 100), ylim=(0, 102))
        mark_cut(axes, curve)
        axes.legend(loc="best")

    fifth = thresholds.loc[(thresholds["share"] - 0.2).abs().idxmin()]
    alternative = say(
        "Precision and recall by volume. The most probable {share} of the leads hold {recall} of the "
        "conversions, and {precision} of them convert; of all leads {of_all} do.",
        share=say_share(fifth["share"], 0),
        recall=say_share(fifth["recall"], 0),
        precision=say_share(fifth["precision"], 0),
        of_all=say_share(thresholds["precision"].iloc[-1], 0),
    )
    caption = say("Precision and recall by volume{mark}.", mark=say_mark(curve))
    return draw(alternative, plot, caption)


def draw_lift(thresholds: pd.DataFrame, curve: dict[str, Any]) -> str:
    """Draw how many times as often the called convert as all do, against the share of leads called."""

    def plot(axes: Any) -> None:
        axes.plot(thresholds["share"] * 100, thresholds["lift"], color=BLUE)
        axes.axhline(1, color=GREY, linewidth=1, linestyle=":")
        axes.set(xlabel=say("leads called, the most probable first (%)"), ylabel=say("lift"), xlim=(0, 100))
        axes.set_ylim(bottom=0)
        mark_cut(axes, curve)

    first = thresholds.iloc[0]
    alternative = say(
        "Lift by volume: the most probable {share} of the leads convert {lift} times as often as all.",
        share=say_share(first["share"], 0),
        lift=say_decimal(first["lift"], 1),
    )
    caption = say("Lift by volume{mark}.", mark=say_mark(curve))
    return draw(alternative, plot, caption)


def say_mark(curve: dict[str, Any]) -> str:
    return "" if curve["share_called"] is None else say(" (vertical: {mark})", mark=curve["mark"])


def mark_cut(axes: Any, curve: dict[str, Any]) -> None:
    if curve["share_called"] is not None:
        axes.axvline(curve["share_called"] * 100, color=GREY, linewidth=1)


def draw_calibration(calibration: pd.DataFrame) -> str:
    """Draw the rate of conversion against the mean probability of ten equal groups of rows."""
    largest = float(calibration[["probability", "rate"]].max().max()) * 105

    def plot(axes: Any) -> None:
        axes.plot([0, largest], [0, largest], color=GREY, linewidth=1, linestyle="--", label=say("as promised"))
        axes.plot(
            calibration["probability"] * 100, calibration["rate"] * 100, "o-", color=BLUE, label=say("test leads")
        )
        axes.set(xlabel=say("mean probability (%)"), ylabel=say("converted (%)"), xlim=(0, largest), ylim=(0, largest))
        axes.legend(loc="upper left")

    top = calibration.iloc[-1]
    alternative = say(
        "Conversion rate against probability in {count_calibration} equal groups. In the highest group "
        "the model said {probability} and {rate} converted; in the lowest it said {lowest} and {lowest_rate} "
        "converted.",
        count_calibration=say_count(len(calibration)),
        probability=say_share(top["probability"]),
        rate=say_share(top["rate"]),
        lowest=say_share(calibration["probability"].iloc[0]),
        lowest_rate=say_share(calibration["rate"].iloc[0]),
    )
    return draw(alternative, plot, say("Do the probabilities hold? On the dashed line they hold exactly."))


def draw_gains(gains: pd.DataFrame, reached_at_fifth: float) -> str:
    """Draw the share of conversions reached against the share of scored moments, a lead at each of its ages."""

    def plot(axes: Any) -> None:
        axes.plot([0, 100], [0, 100], color=GREY, linewidth=1, linestyle="--", label=say("in any order"))
        share, reached = gains["share_of_leads"] * 100, gains["share_of_conversions"] * 100
        axes.plot(share, reached, color=BLUE, label=say("by probability"))
        axes.set(xlabel=say("scored moments, the most probable first (%)"), ylabel=say("conversions among them (%)"))
        axes.set(xlim=(0, 100), ylim=(0, 102))
        axes.legend(loc="lower right")

    alternative = say(
        "Cumulated gains. The most probable fifth of the scored moments holds {reached_at_fifth} of the conversions.",
        reached_at_fifth=say_share(reached_at_fifth, 0),
    )
    caption = say(
        "Is the order right? The most probable fifth of all moments at which a lead was scored holds "
        "{reached_at_fifth} of the conversions.",
        reached_at_fifth=say_share(reached_at_fifth, 0),
    )
    return draw(alternative, plot, caption)
