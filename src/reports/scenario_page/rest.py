"""What a scenario's page rests on: its assumptions, the probabilities where it matters, and the data."""

from typing import Any

import pandas as pd

from src.reports.charts import BLUE, GREY, ORANGE, Picture, new_picture, styled, write_ticks
from src.reports.formats import write_count, write_price, write_probability, write_share
from src.reports.language import gettext as _
from src.reports.language import word
from src.reports.names import write_age
from src.reports.scenario_page.base import ScenarioSection, tabulate

SIDES = (("low", BLUE, ""), ("high", ORANGE, "//"))
"""How the bar of an assumption looks that is a fifth lower or higher than assumed."""


class Assumptions(ScenarioSection):
    """What each assumption moves, what would measure it, and what time does to the routes."""

    size = (6.2, 3.2)

    def frame(self) -> pd.DataFrame:
        """Return two rows an assumption, a fifth lower and higher: thresholds, calls that change, profit lost."""
        rows = [
            {"name": entry.name, "side": side, "value": case.value, **case.cuts.model_dump()}
            | {"calls_changed": case.calls_changed, "kept": case.profit_if_kept, "profit": case.profit}
            for entry in self.results.policy.sensitivity.assumptions
            for side in ("low", "high")
            for case in [getattr(entry, side)]
        ]
        frame = pd.DataFrame(rows)
        said = [
            f"{word(row.name_, 'assumption')}: {write_assumption(row.name_, row.value)}".capitalize()
            for row in frame.rename(columns={"name": "name_"}).itertuples()
        ]
        return frame.assign(what=said, lost=frame["profit"] - frame["kept"])

    @property
    def moves_threshold(self) -> bool:
        """Whether the picture is of the threshold of calls; with a limit, of the calls that change instead."""
        return not self.results.calls_per_week

    def draw(self, axes: Any) -> None:
        if self.moves_threshold:
            draw_swings(axes, self.frame(), "sales", self.results.policy.cuts_without_limit.sales)
            axes.set_xlabel(_("threshold for calls (%%)") % ())
        else:
            frame = self.frame()
            signed = frame["calls_changed"].where(frame["side"] == "high", -frame["calls_changed"])
            draw_swings(axes, frame.assign(changed=signed / 100), "changed", 0)
            axes.set_xlabel(_("calls that change"))
            axes.xaxis.set_major_formatter(lambda value, _place: write_count(abs(value)))

    @styled
    def plot_nurturing(self) -> Picture:
        """Return how far each assumption moves the threshold from which leads are nurtured."""
        figure = new_picture(*self.size)
        axes = figure.subplots()
        draw_swings(axes, self.frame(), "discard", self.results.policy.cuts_without_limit.discard)
        axes.set_xlabel(_("threshold for nurturing (%%)") % ())
        return figure

    @property
    def worst(self) -> dict[str, Any]:
        """The assumption a fifth off that loses most if the routes are kept."""
        frame = self.frame()
        return frame.loc[frame["lost"].idxmax()].to_dict()

    @property
    def widest(self) -> dict[str, Any]:
        """The assumption that moves the threshold of calls most, and between which ends."""
        names = self.results.policy.sensitivity.most_for_sales
        if not names:
            return {}
        frame = self.frame()
        ends = frame.loc[frame["name"] == names[0], "sales"]
        return {"names": names, "low": ends.min(), "high": ends.max()}

    def hold_outs(self) -> pd.DataFrame:
        """Return how large a random hold-out would have to be to measure what is assumed of each route."""
        plans = sorted(self.results.policy.hold_outs, key=lambda plan: plan.route != "nurture")
        return tabulate(plans, what=[word(plan.route, "route").capitalize() for plan in plans])

    def transitions(self) -> pd.DataFrame:
        """Return one row an age and route: how many leads move to which route by the next age."""
        rows = []
        for step in self.results.policy.transitions.steps:
            for origin in ("sales", "nurture", "discard"):
                moves = {move.to: move.leads for move in step.moves if move.from_ == origin}
                if moves:
                    ages = f"{write_age(step.from_age)} – {write_age(step.to_age)}"
                    targets = {target: moves.get(target, 0) for target in ("sales", "nurture", "discard", "gone")}
                    rows.append({"ages": ages, "from": word(origin, "route"), "leads": sum(moves.values()), **targets})
        return pd.DataFrame(rows)


def write_assumption(name: str, value: float) -> str:
    if name == "capacity":
        return write_count(value)
    return write_share(value) if name.startswith("factor") else write_price(round(value, 2))


def draw_swings(axes: Any, frame: pd.DataFrame, column: str, now: float) -> None:
    """Draw between which values each assumption moves a column, the widest at the top."""
    wide = frame.pivot(index="name", columns="side", values=column)
    swing = (wide["high"] - wide["low"]).abs()
    ordered = swing[swing > 0].sort_values().index
    for side, colour, hatch in SIDES:
        label = _("a fifth lower") if side == "low" else _("a fifth higher")
        widths = (wide.loc[ordered, side] - now) * 100
        axes.barh(
            range(len(ordered)), widths, left=now * 100, color=colour, hatch=hatch, edgecolor="white", label=label
        )
    axes.axvline(now * 100, color=GREY, linewidth=1)
    axes.set_yticks(range(len(ordered)), [word(name, "assumption") for name in ordered])
    axes.grid(visible=False, axis="y")
    axes.set_axisbelow(True)
    write_ticks(axes.xaxis)
    if len(ordered):
        axes.figure.legend(loc="outside upper center", ncols=2)


class Probabilities(ScenarioSection):
    """Predicted and observed conversions, on the whole and near the thresholds."""

    size = (5.4, 3.6)

    def frame(self) -> pd.DataFrame:
        """Return predicted and observed conversions of ten equal groups: ``probability, rate, rows``."""
        return self.results.calibration

    def near(self) -> pd.DataFrame:
        """Return predicted and observed conversions of the leads near each threshold."""
        found = self.results.policy.near
        said = [
            (_("calls pay from %(level)s") if each.route == "sales" else _("nurturing pays from %(level)s"))
            % {"level": write_probability(each.threshold)}
            for each in found
        ]
        return tabulate(found, what=said)

    def thresholds(self) -> pd.DataFrame:
        """Return one row a threshold: the leads above it, how many convert, and what they bring."""
        return self.results.thresholds

    def benefit(self) -> pd.DataFrame:
        """Return the net benefit at the thresholds of the scenario, in conversions of a hundred leads."""
        found = self.results.policy.net_benefit.at
        said = [
            _("A call pays against doing nothing") if each.name == "alone" else _("A call pays against nurturing")
            for each in found
        ]
        frame = tabulate(found, what=said)
        names = ["model", "everyone", "more", "more_low", "more_high"]
        return frame.assign(**{name: frame[name] * 100 for name in names}) if found else frame

    @property
    def marked(self) -> list[int]:
        """The last row of the thresholds above the one for calls, where one threshold parts the called from others."""
        above = self.results.thresholds.index[self.results.thresholds["threshold"] >= self.results.policy.cuts.sales]
        return [] if self.results.policy.has_varying_values else [int(place) for place in above[-1:]]

    def draw(self, axes: Any) -> None:
        table = self.frame()
        largest = float(table[["probability", "rate"]].max().max()) * 105
        axes.plot([0, largest], [0, largest], color=GREY, linewidth=1, linestyle="--", label=_("as predicted"))
        axes.plot(table["probability"] * 100, table["rate"] * 100, "o-", color=BLUE, label=_("test leads"))
        for place, each in enumerate(self.results.policy.near):
            ends = [[(each.observed - each.observed_low) * 100], [(each.observed_high - each.observed) * 100]]
            label = _("near the thresholds") if not place else None
            axes.errorbar([each.predicted * 100], [each.observed * 100], yerr=ends, fmt="s", color=ORANGE, label=label)
        axes.set(xlabel=_("predicted (%%)") % (), ylabel=_("observed (%%)") % (), xlim=(0, largest), ylim=(0, largest))
        axes.legend(loc="upper left")
        write_ticks(axes.xaxis)
        write_ticks(axes.yaxis)

    @styled
    def plot_volumes(self) -> Picture:
        """Return precision and recall against the share of leads called."""
        figure, table = new_picture(*self.size), self.thresholds()
        axes, share = figure.subplots(), table["share"] * 100
        axes.plot(share, table["recall"] * 100, color=BLUE, label=_("recall"))
        axes.plot(share, table["precision"] * 100, color=ORANGE, linestyle="--", label=_("precision"))
        axes.plot([0, 100], [0, 100], color=GREY, linewidth=1, linestyle=":", label=_("recall in any order"))
        axes.set(xlabel=_("leads called, the most probable first (%%)") % (), ylabel="%", xlim=(0, 100), ylim=(0, 102))
        axes.legend(loc="best")
        return figure

    @styled
    def plot_benefit(self) -> Picture:
        """Return the decision curve: net benefit of calling by the probability, everyone and no one."""
        figure = new_picture(*self.size)
        curve, axes = tabulate(self.results.policy.net_benefit.curve), figure.subplots()
        x = curve["threshold"] * 100
        axes.plot(x, curve["model"] * 100, color=BLUE, label=_("by probability"))
        axes.plot(x, curve["everyone"] * 100, color=ORANGE, linestyle="--", label=_("everyone"))
        axes.axhline(0, color=GREY, linewidth=1, linestyle=":", label=_("no one"))
        for each in self.results.policy.net_benefit.at:
            axes.axvline(each.threshold * 100, color=GREY, linewidth=1)
        floor = -0.15 * max(curve["model"].max(), curve["everyone"].max()) * 100
        axes.set(xlabel=_("threshold (%%)") % (), ylabel=_("net benefit in 100 leads"), xlim=(0, x.max()))
        axes.set_ylim(bottom=floor)
        axes.legend(loc="best")
        return figure


class Basis(ScenarioSection):
    """What the numbers rest on: the data, the assumptions, and how to make the page again."""

    def frame(self) -> pd.DataFrame:
        """Return the value of a conversion and the thresholds of each class of leads."""
        classes = self.results.policy.cuts_by_value
        said = [_("all others") if each.when is None else self.results.say_when(each.when) for each in classes]
        return tabulate(classes, what=said)
