"""What the probabilities rest on, and how sure each of them is."""

from typing import Any

import pandas as pd

from src.reports.charts import BLUE, GREY, ORANGE, Picture, draw_ranges, new_picture, styled, write_ticks
from src.reports.formats import write_number, write_range, write_share
from src.reports.language import gettext as _
from src.reports.language import word
from src.reports.model_page.base import ModelSection, tabulate
from src.reports.names import write_category, write_group, write_metric

PANELS, LONGEST_LABEL, MOST_GROUPS = 2, 14, 12
"""Small pictures side by side, letters of a value at an axis, and groups that are drawn."""


class Features(ModelSection):
    """By how much the log loss grows when a group of features, or one, is permuted."""

    size = (6.2, 3.6)

    def frame(self) -> pd.DataFrame:
        """Return one row a group of features: what the log loss loses when it is permuted."""
        frame = tabulate(self.metrics.reasons.importances.groups)
        if frame.empty:
            return frame
        kinds = [word(kind, "kind") for kind in frame["kind"]]
        return frame.assign(what=[write_group(name) for name in frame["name"]], part=kinds)

    def single(self) -> pd.DataFrame:
        """Return one row a feature: what the log loss loses when it is permuted."""
        frame = tabulate(self.metrics.reasons.importances.metrics)
        return frame.assign(what=[write_metric(name) for name in frame["name"]]) if len(frame) else frame

    def ablation(self) -> pd.DataFrame:
        """Return one row a group of explicit features: the champion's family refitted without it."""
        frame = tabulate(self.metrics.groups, "group")
        if frame.empty:
            return frame
        frame = frame.sort_values("loss_difference", ascending=False, ignore_index=True, na_position="last")
        return frame.assign(what=[write_group(name) for name in frame["group"]])

    def draw(self, axes: Any) -> None:
        frame = self.frame().head(MOST_GROUPS)
        rows = [
            (row.what, row.loss_difference, row.loss_difference_low, row.loss_difference_high)
            for row in frame.itertuples()
        ]
        draw_ranges(axes, rows, [ORANGE if kind == "explicit" else BLUE for kind in frame["kind"]])
        axes.set_xlabel(_("log loss lost when permuted"))
        write_ticks(axes.xaxis)

    @property
    def dependence(self) -> list[Any]:
        """The main features whose values can be changed, with the mean probability at each value."""
        return [row for row in self.metrics.reasons.dependence if len(row["values"]) > 1]

    @styled
    def plot_dependence(self) -> Picture:
        """Return the mean probability against the values of the main features."""
        rows = self.dependence
        count = -(-len(rows) // PANELS)
        figure = new_picture(6.2, 1.8 * count)
        panels = figure.subplots(count, PANELS, sharey=True, squeeze=False).ravel()
        for panel, row in zip(panels, rows, strict=False):
            percent = [p * 100 for p in row.probabilities]
            panel.set_title(write_metric(row.name), fontsize=9, parse_math=False)
            panel.tick_params(labelsize=8)
            if row.type == "number":
                panel.plot(row["values"], percent, "o-", color=BLUE, markersize=3)
                write_ticks(panel.xaxis)
            else:
                panel.plot(range(len(percent)), percent, "o", color=BLUE, markersize=4)
                labels = [write_label(value, row.name) for value in row["values"]]
                style = {"rotation": 40, "ha": "right", "fontsize": 7, "parse_math": False}
                panel.set_xticks(range(len(percent)), labels, **style)
        for panel in panels[len(rows) :]:
            panel.set_visible(False)
        figure.supylabel(_("mean probability (%%)") % (), fontsize=10)
        return figure


def write_label(value: Any, metric: str) -> str:
    """Return a value of a feature for an axis: of a category as much as has room."""
    if not isinstance(value, str):
        return write_number(value, 0 if value == round(value) else 1)
    said = write_category(value, metric).strip("\u2068\u2069")
    return f"{said[:LONGEST_LABEL]}…" if len(said) > LONGEST_LABEL else said


class Trust(ModelSection):
    """The intervals of single probabilities, and how stable the reasons told for them are."""

    size = (6.0, 3.0)

    def frame(self) -> pd.DataFrame:
        """Return one row a band of the probability: width of the intervals, and what they hold where it is known."""
        figures = self.metrics.intervals
        rows = [{**figures, "from": 0.0, "to": 1.0, "what": _("All")}]
        for band in figures.bands:
            rows.append({**band, "what": write_range(write_share(band["from"]), write_share(band.to))})
        frame = pd.DataFrame(rows)
        return frame.assign(width=frame["median_width"] * 100)

    def grid(self) -> pd.DataFrame:
        """Return the rate of conversion by fit and engagement, A1 to D4."""
        frame = tabulate(self.metrics.reasons.grid)
        return frame.assign(cell=frame["fit"] + frame["engagement"]) if len(frame) else frame

    def stability(self) -> pd.DataFrame:
        """Return how often a lead would be told other reasons, had the model learned from other persons."""
        stability = self.metrics.reasons.stability
        sides = {"for": _("Reasons for"), "against": _("Reasons against")}
        rows = [{"what": said, **stability[side]} for side, said in sides.items() if stability[side].kept is not None]
        return pd.DataFrame(rows)

    @property
    def is_known(self) -> bool:
        """Whether the true probabilities are known, so that the coverage of the intervals is."""
        return "coverage" in self.metrics.intervals

    def draw(self, axes: Any) -> None:
        frame = self.frame()
        colours = [GREY, *[BLUE] * (len(frame) - 1)]
        if self.is_known:
            axes.bar(frame["what"], frame["coverage"] * 100, color=colours)
            axes.axhline(self.metrics.intervals.confidence * 100, color=ORANGE, linestyle="--")
            axes.set(ylabel=_("intervals that hold the truth (%%)") % (), ylim=(0, 100))
        else:
            axes.bar(frame["what"], frame["width"], color=colours)
            axes.set(ylabel=_("median width (percentage points)"))
        axes.set_xlabel(_("probability"))
        axes.grid(visible=False, axis="x")
        axes.tick_params(axis="x", labelsize=9)
