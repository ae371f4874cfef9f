"""The first screen of a model's page, how the model was chosen, and how it does over time."""

from typing import Any

import pandas as pd

from src.reports.charts import BLUE, GREY, ORANGE, draw_ranges, name_some, write_ticks
from src.reports.formats import write_range, write_share
from src.reports.language import gettext as _
from src.reports.language import word, write_date, write_month
from src.reports.model_page.base import ModelSection, tabulate
from src.reports.names import write_age, write_value


class Verdict(ModelSection):
    """Whether the probabilities hold, in a sentence, in numbers and as predicted against observed."""

    size = (5.6, 3.6)

    def applies(self) -> bool:
        return True

    def frame(self) -> pd.DataFrame:
        """Return predicted and observed conversions of ten equal groups, with intervals and a verdict."""
        return tabulate(self.metrics.calibration_checks.curve)

    def draw(self, axes: Any) -> None:
        frame = self.frame()
        is_judged = frame["verdict"] != "not_assessable"
        largest = float(frame[["mean_probability", "base_rate_high"]].max().max()) * 105
        axes.plot([0, largest], [0, largest], color=GREY, linewidth=1, linestyle="--", label=_("as predicted"))
        for rows, fill, label in (
            (frame[is_judged], BLUE, _("test leads")),
            (frame[~is_judged], "white", _("too few convert to judge")),
        ):
            if len(rows):
                rate = rows["base_rate"] * 100
                ends = [rate - rows["base_rate_low"] * 100, rows["base_rate_high"] * 100 - rate]
                style = {"fmt": "o", "color": BLUE, "markerfacecolor": fill, "linewidth": 1, "label": label}
                axes.errorbar(rows["mean_probability"] * 100, rate, yerr=[end.clip(lower=0) for end in ends], **style)
        axes.set(xlabel=_("predicted (%%)") % (), ylabel=_("observed (%%)") % (), xlim=(0, largest), ylim=(0, largest))
        axes.legend(loc="upper left")
        write_ticks(axes.xaxis)
        write_ticks(axes.yaxis)

    @property
    def inside(self) -> int:
        """In how many of the groups the interval of what was observed holds what was predicted."""
        frame = self.frame()
        return int(frame["mean_probability"].between(frame["base_rate_low"], frame["base_rate_high"]).sum())

    @property
    def hopeless(self) -> bool:
        """Whether far fewer convert than predicted, where too few convert for more to be said."""
        test = self.metrics.test
        return test.base_rate_high is not None and test.base_rate_high < test.mean_probability

    def parts(self) -> dict[str, pd.DataFrame]:
        """Return predicted and observed conversions part by part: by month, channel, age, band of the probability."""
        return {part: self.tabulate_cells(part, cells) for part, cells in self.metrics.calibration_checks.cells.items()}

    def tabulate_cells(self, part: str, cells: list[Any]) -> pd.DataFrame:
        names = [write_cell(part, cell.name, self.results.is_dated) for cell in cells]
        verdicts = [word(cell.verdict, "verdict") + ("*" if cell.stands_out else "") for cell in cells]
        return tabulate(cells).assign(cell=names, said=verdicts)

    def ages(self) -> pd.DataFrame:
        """Return how good the probabilities are at each age of a lead, and the log loss of the truth if known."""
        frame, truth = tabulate(self.metrics.test.by_age, "age"), self.metrics.get("truth")
        said = [write_age(age, self.results.is_dated).capitalize() for age in frame["age"]]
        losses = [truth.by_age[age].log_loss if truth else None for age in frame["age"]]
        return frame.assign(age=said, truth=losses)

    def calibrators(self) -> pd.DataFrame:
        """Return what other ways to recalibrate would have given, forward in time."""
        comparison = self.metrics.calibration_checks.comparison
        frame = tabulate(comparison.calibrators if comparison else [])
        return frame.assign(what=[word(name, "calibrator") for name in frame["name"]]) if len(frame) else frame


def write_cell(part: str, name: str, is_dated: bool) -> str:
    """Return the name of a part of the leads in words.

    >>> write_cell("band", "0.01-0.02", True), write_cell("age", "1d", True)
    ('1% to 2%', '1 day')
    """
    if part == "month":
        return write_month(name)
    if part == "age":
        return write_age(name, is_dated)
    if part == "band":
        return write_range(*(write_share(float(end)) for end in name.split("-")))
    return name if part == "quarter" else write_group_name(name)


def write_group_name(name: str) -> str:
    return word(name, "group_name") if name.startswith("(") else write_value(name)


class Candidates(ModelSection):
    """The candidates beside the chosen one, in the training period and on the test."""

    size = (6.0, 2.8)

    def frame(self) -> pd.DataFrame:
        """Return one row a candidate: ROC-AUC, log loss and its difference to the chosen one, in three splits."""
        found = self.metrics.candidates
        frame = tabulate(found.test, "family").add_suffix("_test").rename(columns={"family_test": "family"})
        forward = tabulate(found.forward, "family").drop(columns="family").add_suffix("_forward")
        random = tabulate([{"family": name, **found.random[name]} for name in found.test], "family")
        random = random.drop(columns="family").add_suffix("_random")
        names = [word(family, "family").capitalize() for family in frame["family"]]
        frame = pd.concat([frame, forward, random], axis=1).assign(name=names)
        # The ends of an interval are found by their column's name.
        swaps = {f"{end}_{split}": f"_{split}{end}" for split in ("test", "forward") for end in ("_low", "_high")}
        return frame.rename(columns=lambda column: rename_end(column, swaps))

    @property
    def chosen(self) -> int:
        return list(self.metrics.candidates.test).index(self.metrics.champion)

    def draw(self, axes: Any) -> None:
        frame = self.frame()
        frame = frame[frame["family"] != self.metrics.champion]
        rows = [
            (row["name"], *(row[f"loss_difference_test{end}"] for end in ("", "_low", "_high")))
            for row in frame.to_dict("records")
        ]
        draw_ranges(axes, rows)
        axes.set_xlabel(_("log loss above that of the chosen one, test leads"))
        write_ticks(axes.xaxis)

    @property
    def best_forward(self) -> str:
        """The candidate of the lowest log loss in the training period."""
        forward = self.metrics.candidates.forward
        return min(forward, key=lambda family: forward[family].log_loss)


def rename_end(column: str, swaps: dict[str, str]) -> str:
    """Return ``log_loss_test_low`` for ``log_loss_low_test``."""
    for old, new in swaps.items():
        if column.endswith(old):
            return column.removesuffix(old) + new
    return column


class Time(ModelSection):
    """The procedure refitted step by step over the test period, and how the base rate moves."""

    size = (6.0, 3.2)

    def frame(self) -> pd.DataFrame:
        """Return one row a step of the rolling-origin backtest."""
        steps = self.metrics.rolling.steps
        said = [write_date(step["from"]) if step["from"] else str(step.step) for step in steps]
        families = [word(step.family, "family") for step in steps]
        calibrators = [word(step.calibrator, "calibrator") for step in steps]
        return tabulate(steps).assign(begins=said, model=families, recalibrated=calibrators)

    def periods(self) -> pd.DataFrame:
        """Return what was observed by month, or by step, and what was predicted over the test period."""
        return tabulate(self.metrics.rolling.drift.periods)

    def draw(self, axes: Any) -> None:
        frame = self.periods()
        rate = frame["rate"] * 100
        ends = [(rate - frame["rate_low"] * 100).clip(lower=0), (frame["rate_high"] * 100 - rate).clip(lower=0)]
        axes.errorbar(range(len(frame)), rate, yerr=ends, fmt="o", color=BLUE, label=_("observed"), linewidth=1)
        later = frame[frame["is_test"]]
        axes.plot(later.index, later["promised"] * 100, color=ORANGE, label=_("predicted, refitted"))
        axes.plot(later.index, later["frozen_promised"] * 100, "--", color=GREY, label=_("predicted, not refitted"))
        name_some(axes, frame["period"].tolist(), 5)
        axes.set(ylim=(0, None), ylabel=_("leads (%%)") % ())
        axes.set_xlabel(_("month of the first score") if self.results.is_dated else _("step"))
        axes.legend(loc="lower left")
        write_ticks(axes.yaxis)

    @property
    def saved(self) -> dict[str, float]:
        """What refitting saves of log loss, with its interval."""
        difference = self.metrics.rolling.difference
        names = {"saved": "", "saved_low": "_high", "saved_high": "_low"}
        return {name: -difference[f"loss_difference{end}"] for name, end in names.items()}
