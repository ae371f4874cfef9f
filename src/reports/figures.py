"""The figures of the reports: matplotlib drawn to SVG that is the same at every run."""

import base64
import io
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

STYLE = Path(__file__).with_name("report.mplstyle")
DARK, BLUE, ORANGE, GREY = "#1b1b1b", "#0b5fa5", "#c2570c", "#8a8a8a"
"""Two hues that stay apart for colour-blind readers and in print."""


def draw(alternative: str, plot: Callable[[Any], None], caption: str) -> str:
    """Return a figure as HTML: what `plot` draws on its axes, with its `alternative` text."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    # The salt makes the ids inside the SVG the same at every run.
    with pyplot.style.context(STYLE), matplotlib.rc_context({"svg.hashsalt": "report"}):
        figure, axes = pyplot.subplots()
        plot(axes)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        pyplot.close(figure)
    data = base64.b64encode(buffer.getvalue()).decode()
    return (
        f'<figure><img alt="{escape(alternative, quote=True)}" src="data:image/svg+xml;base64,{data}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def draw_profit(thresholds: pd.DataFrame, sales_cut: float) -> str:
    """Draw what calling all leads above each threshold would have earned."""
    share, expected, realised = (thresholds[name] for name in ("share", "expected_profit_sales", "profit_sales"))
    best = thresholds.loc[realised.idxmax()]
    called = thresholds.loc[thresholds["threshold"] >= sales_cut, "share"].max()

    def plot(axes: Any) -> None:
        axes.plot(share * 100, realised, color=BLUE, label="earned on the test fold")
        axes.plot(share * 100, expected, color=ORANGE, linestyle="--", label="expected by the probabilities")
        if pd.notna(called):
            axes.axvline(called * 100, color=GREY, linewidth=1)
            axes.annotate("sales cut", (called * 100, 0), (4, 4), textcoords="offset points", color=GREY)
        axes.set(xlabel="share of leads called, the most probable first (%)", ylabel="profit of calling (€)")
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.legend()

    alternative = (
        f"Profit against the share of leads called. It is highest, {best['profit_sales']:,.0f} euros, "
        f"when the top {best['share']:.0%} are called, those above a probability of {best['threshold']:.1%}."
    )
    return draw(alternative, plot, "Profit if all leads above a threshold are called, without capacity or nurturing.")


def draw_calibration(calibration: pd.DataFrame) -> str:
    """Draw the rate of conversion against the mean probability of ten equal groups of rows."""
    largest = float(calibration[["probability", "rate"]].max().max()) * 1.05

    def plot(axes: Any) -> None:
        axes.plot([0, largest * 100], [0, largest * 100], color=GREY, linewidth=1, label="perfect")
        axes.plot(calibration["probability"] * 100, calibration["rate"] * 100, "o-", color=BLUE, label="test fold")
        axes.set(xlabel="mean probability (%)", ylabel="converted (%)")
        axes.legend()

    top = calibration.iloc[-1]
    alternative = (
        f"Conversion rate against probability in ten groups of rows. In the highest group the model said "
        f"{top['probability']:.1%} and {top['rate']:.1%} converted."
    )
    return draw(alternative, plot, "Do the probabilities hold? Ten equal groups of the test fold's snapshots.")


def draw_gains(gains: pd.DataFrame) -> str:
    """Draw the share of conversions reached against the share of leads called."""

    share, reached = gains["share_of_leads"], gains["share_of_conversions"]

    def plot(axes: Any) -> None:
        axes.plot([0, 100], [0, 100], color=GREY, linewidth=1, label="in any order")
        axes.plot(share * 100, reached * 100, color=BLUE, label="by probability")
        axes.set(xlabel="share of snapshots, the most probable first (%)", ylabel="conversions reached (%)")
        axes.legend()

    at_20 = reached[(share - 0.2).abs().idxmin()]
    alternative = f"Cumulated gains. The most probable fifth of the snapshots holds {at_20:.0%} of the conversions."
    return draw(alternative, plot, "How many conversions lie in the most probable part.")
