"""The sections of the landing page, each of the `Overview` of all scenarios and objectives."""

from typing import Any

import pandas as pd

from src import paths
from src.reports.charts import BLUE, GREY, ORANGE, draw_ranges, write_ticks
from src.reports.language import get_currency
from src.reports.language import gettext as _
from src.reports.names import write_objective, write_scenario
from src.reports.results import Overview
from src.reports.rule import Rule
from src.reports.section import Section


class LandingSection(Section):
    folder = "landing_page"
    results: Overview


class Summary(LandingSection):
    """What the thresholds bring on top of the best rule without the model, scenario by scenario."""

    size = (6.2, 3.0)

    def applies(self) -> bool:
        return True

    def frame(self) -> pd.DataFrame:
        """Return one row a scenario that applies: its value, and the difference to the best rule without the model."""
        rows = []
        for name, results in self.results.applicable.items():
            test, more = results.policy.test, results.policy.difference_unaided
            row = {"name": name, "scenario": write_scenario(name), "leads": test.leads, "profit": test.profit}
            row |= {"profit_low": test.profit_low, "profit_high": test.profit_high, "contacts": test.contacts}
            row |= {"more": more.profit, "more_low": more.profit_low, "more_high": more.profit_high}
            rows.append(row | {"rule": results.say_policy(more.baseline), "standing": Rule(results).standing})
        return pd.DataFrame(rows)

    def draw(self, axes: Any) -> None:
        frame = self.frame()
        colours = [{1: BLUE, 0: GREY, -1: ORANGE}[standing] for standing in frame["standing"]]
        rows = [(row.scenario, row.more, row.more_low, row.more_high) for row in frame.itertuples()]
        draw_ranges(axes, rows, colours)
        axes.set_xlabel(
            _("value on top of the best rule without the model (%(currency)s)") % {"currency": get_currency()}
        )
        write_ticks(axes.xaxis)


class Scenarios(LandingSection):
    """What to do under each scenario, with its page."""

    def applies(self) -> bool:
        return True

    def frame(self) -> pd.DataFrame:
        return Summary(self.results).frame()


class Probabilities(LandingSection):
    """How good the probabilities of each objective are, and the pages that say more."""

    def applies(self) -> bool:
        return bool(self.results.known)

    def frame(self) -> pd.DataFrame:
        """Return one row an objective: predicted and observed, ROC-AUC and log loss, those of the truth if known."""
        rows = []
        for name, figures in self.results.known.items():
            ends = ("", "_low", "_high")
            row = {f"{key}{end}": figures.test.get(f"{key}{end}") for key in ("roc_auc", "log_loss") for end in ends}
            truth = figures.get("truth", {})
            row |= {"predicted": figures.test.mean_probability, "observed": figures.test.base_rate}
            row |= {"best_auc": truth.get("roc_auc"), "best_loss": truth.get("log_loss")}
            rows.append({"objective": write_objective(name).capitalize(), "name": name, **row})
        return pd.DataFrame(rows)

    @property
    def has_truth(self) -> bool:
        return any("truth" in figures for figures in self.results.known.values())

    def link(self, objective: str, page: str) -> str:
        return paths.report(objective, page).relative_to(paths.INDEX.parent).as_posix()


class Basis(LandingSection):
    """What to know about the data before believing a number."""

    def applies(self) -> bool:
        return True
