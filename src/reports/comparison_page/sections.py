"""The sections of the comparison, each of the `Overview` of all scenarios and objectives."""

from typing import Any

import pandas as pd

from src.policies.results import PolicyResults
from src.reports.charts import BLUE, ORANGE, SAND, Picture, new_picture, styled, write_ticks
from src.reports.formats import write_probability, write_range
from src.reports.language import get_currency
from src.reports.language import gettext as _
from src.reports.names import write_objective, write_scenario
from src.reports.pairs import tabulate_groups
from src.reports.results import Facts, Overview
from src.reports.section import Section

PANELS = 3
"""Pictures side by side."""


class ComparisonSection(Section):
    folder = "comparison_page"
    results: Overview


class Side(ComparisonSection):
    """The value of more and more calls in each scenario, and where its thresholds lie on it."""

    def applies(self) -> bool:
        return True

    def frame(self) -> pd.DataFrame:
        """Return the value by number of calls of every scenario: ``scenario, calls, value, expected, worth``."""
        parts = [results.calls.assign(scenario=name) for name, results in self.results.applicable.items()]
        return pd.concat(parts, ignore_index=True)

    @styled
    def plot(self) -> Picture:
        applicable = self.results.applicable
        columns = min(PANELS, len(applicable))
        figure = new_picture(3.1 * columns, 2.3 * -(-len(applicable) // columns))
        panels = figure.subplots(-(-len(applicable) // columns), columns, squeeze=False).ravel()
        for panel, (name, results) in zip(panels, applicable.items(), strict=False):
            test = results.policy.test
            panel.plot(results.calls["calls"], results.calls["value"], color=BLUE)
            panel.plot([test.contacts], [test.profit], "o", color=ORANGE, markersize=8)
            panel.set_title(write_scenario(name), fontsize=10, parse_math=False)
            panel.set_ylim(bottom=min(0, panel.get_ylim()[0]))
            panel.tick_params(labelsize=8)
            write_ticks(panel.xaxis)
            write_ticks(panel.yaxis)
        for panel in panels[len(applicable) :]:
            panel.set_visible(False)
        figure.supxlabel(_("calls on the test leads"), fontsize=10)
        figure.supylabel(_("value (%(currency)s)") % {"currency": get_currency()}, fontsize=10)
        return figure

    @property
    def most(self) -> Facts | None:
        """The pair of scenarios in which most of the same leads take another route."""
        moves = self.results.moves
        return moves[0] if moves and moves[0].changed else None


class Thresholds(ComparisonSection):
    """The thresholds of each scenario, whom they send where, and what that brings."""

    size = (6.2, 2.8)

    def frame(self) -> pd.DataFrame:
        """Return one row a scenario: thresholds, volumes, value and the best rule without the model."""
        rows = []
        for name, results in self.results.applicable.items():
            policy, test = results.policy, results.policy.test
            row = {"scenario": write_scenario(name), "objective": results.objective, **test.model_dump()}
            row |= {"pays": write_levels(policy, [policy.cuts_without_limit.sales])}
            ends = [each.sales for each in policy.cuts_by_team.values() if each.sales > policy.cuts_without_limit.sales]
            row |= {"ends": write_levels(policy, ends) if ends else None}
            row |= {"nurture_from": write_levels(policy, [policy.cuts_without_limit.discard])}
            row |= {route: getattr(test.routes, route) for route in ("sales", "nurture", "discard")}
            more = policy.difference_unaided
            row |= {"more": more.profit, "more_low": more.profit_low, "more_high": more.profit_high}
            row |= {"rule": results.say_policy(more.baseline)}
            row |= {"of_truth": test.expected.chosen / test.expected.truth if test.expected else None}
            rows.append(row | {"barred": policy.eligibility.leads, "nurtured": test.routes.nurture})
        return pd.DataFrame(rows)

    def draw(self, axes: Any) -> None:
        frame, left = self.frame(), 0
        for route, colour, label in (
            ("sales", BLUE, _("called")),
            ("nurture", SAND, _("nurtured")),
            ("discard", "#d5d8dd", _("left alone")),
        ):
            share = frame[route] / frame["leads"] * 100
            axes.barh(frame["scenario"], share, left=left, color=colour, label=label)
            left = left + share
        axes.invert_yaxis()
        axes.set(xlim=(0, 100), xlabel=_("test leads (%%)") % ())
        axes.grid(visible=False)
        axes.figure.legend(loc="outside upper center", ncols=3)


def write_levels(policy: PolicyResults, levels: list[float]) -> str:
    """Return the lowest and the highest of some thresholds of the default value, for leads of all values."""
    values = [each.value for each in policy.cuts_by_value]
    ends = min(levels) * values[0] / max(values), max(levels) * values[0] / min(values)
    if ends[0] >= 1:
        return _("never")
    return write_range(*(write_probability(min(end, 1.0)) for end in ends))


class Routes(ComparisonSection):
    """How many of the same leads take another route in another scenario."""

    size = (6.2, 2.6)

    def applies(self) -> bool:
        return bool(self.results.moves)

    def frame(self) -> pd.DataFrame:
        """Return one row a pair of scenarios that decide on the same leads, most changes first."""
        frame = pd.DataFrame([dict(move) for move in self.results.moves])
        pairs = [f"{write_scenario(move.first)} – {write_scenario(move.second)}" for move in self.results.moves]
        return frame.assign(pair=pairs, share=frame["changed"] / frame["leads"])

    def draw(self, axes: Any) -> None:
        frame = self.frame()
        closed, rest = (
            frame["closed"] / frame["leads"] * 100,
            (frame["changed"] - frame["closed"]) / frame["leads"] * 100,
        )
        axes.barh(frame["pair"], closed, color="#d5d8dd", label=_("one of the two closes a route"))
        axes.barh(frame["pair"], rest, left=closed, color=BLUE, label=_("thresholds, values, calls"))
        axes.invert_yaxis()
        axes.set_xlabel(_("leads with another route (%%)") % ())
        axes.grid(visible=False, axis="y")
        axes.figure.legend(loc="outside upper center", ncols=2)


class Objectives(ComparisonSection):
    """How far the leads that are good for one objective are good for another."""

    size = (5.6, 2.6)

    def applies(self) -> bool:
        return bool(self.results.pairs)

    def frame(self) -> pd.DataFrame:
        """Return the four groups of leads by whether they are among the most probable of each objective."""
        return tabulate_groups(self.results.pairs[0])

    def draw(self, axes: Any) -> None:
        draw_groups(axes, self.results.pairs[0])


def draw_groups(axes: Any, pair: Facts) -> None:
    """Draw how many of each group end in the one and in the other objective."""
    frame = tabulate_groups(pair)
    for place, (column, colour, objective) in enumerate(
        (("converts_first", BLUE, pair.objectives[0]), ("converts_second", SAND, pair.objectives[1]))
    ):
        label = write_objective(objective)
        axes.barh([n + 0.2 * (2 * place - 1) for n in range(4)], frame[column] * 100, 0.38, color=colour, label=label)
    axes.set_yticks(range(4), frame["group"])
    axes.invert_yaxis()
    axes.set_xlabel(_("leads that end in it (%%)") % ())
    axes.grid(visible=False, axis="y")
    axes.figure.legend(loc="outside upper center", ncols=2)


class Basis(ComparisonSection):
    """What to be wary of when scenarios are compared."""
