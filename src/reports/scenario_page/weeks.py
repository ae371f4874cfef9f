"""The weeks of a scenario: calls against capacity, and what is left uncalled."""

from typing import Any

import pandas as pd

from src.reports.charts import BLUE, GREY, ORANGE, Picture, name_some, new_picture, styled, write_ticks
from src.reports.language import gettext as _
from src.reports.results import CHOSEN
from src.reports.scenario_page.base import ScenarioSection, tabulate


class Weeks(ScenarioSection):
    """The calls of each week; without dates, of each hundred leads."""

    size = (6.2, 2.9)

    def applies(self) -> bool:
        return super().applies() and bool(self.weeks()["contacts"].any())

    def frame(self) -> pd.DataFrame:
        """Return one row a week and policy: leads, contacts, conversions, profit and the capacity used."""
        return self.results.weeks

    def weeks(self) -> pd.DataFrame:
        """Return the weeks of the chosen policy, those of a source without dates by the numbers of their leads."""
        weeks = self.frame()
        weeks = weeks[weeks["policy"] == CHOSEN].reset_index(drop=True)
        return weeks.assign(week=weeks["week"].str.removeprefix("leads ").str.replace(" to ", "–"))

    def by_policy(self) -> pd.DataFrame:
        """Return what each policy brings in each week, one column a policy."""
        weeks = self.frame()
        wide = weeks.pivot(index="week", columns="policy", values="profit").loc[weeks["week"].unique()]
        named = self.weeks()["week"].to_numpy()
        return wide[list(self.results.list_policies())].assign(week=named).reset_index(drop=True)

    def by_capacity(self) -> pd.DataFrame:
        return tabulate(self.results.policy.capacity.by_capacity)

    def teams(self) -> pd.DataFrame:
        """Return where the calls of each team end in its usual week."""
        policy, words = self.results.policy, {"all": _("all together"), "other": _("all other leads")}
        found = policy.cuts_by_team
        teams = [words.get(team, team) for team in found]
        return tabulate(list(found.values()), team=teams, calls=[policy.capacity.teams[team] for team in found])

    def draw(self, axes: Any) -> None:
        weeks, capacity = self.weeks(), self.results.calls_per_week
        colours = [BLUE if whole else GREY for whole in weeks["is_whole"]]
        axes.bar(range(len(weeks)), weeks["contacts"], color=colours, width=0.8)
        if capacity:
            axes.axhline(capacity, color=ORANGE, linestyle="--", label=_("calls there are"))
            axes.set_ylim(top=max(capacity, weeks["contacts"].max()) * 1.2)
            axes.legend(loc="upper left")
        self.name(axes)
        axes.set_ylabel(_("calls"))
        axes.set_axisbelow(True)

    @styled
    def plot_backlog(self) -> Picture:
        """Return the leads worth a call that nobody called, summed up."""
        figure = new_picture(*self.size)
        axes, total = figure.subplots(), self.results.policy.capacity.backlog.by_week
        axes.plot(range(len(total)), total, color=BLUE)
        self.name(axes)
        axes.set_ylabel(_("leads worth a call, not called"))
        axes.set_ylim(bottom=0)
        return figure

    def name(self, axes: Any) -> None:
        name_some(axes, self.weeks()["week"].tolist(), 5)
        axes.set_xlabel(_("week") if self.results.is_dated else _("leads, by number"))
        write_ticks(axes.yaxis)

    @property
    def ahead(self) -> int:
        """In how many weeks the chosen policy brings at least as much as the best rule without the model."""
        wide = self.by_policy()
        return int((wide[CHOSEN] >= wide[self.results.best_unaided]).sum())
