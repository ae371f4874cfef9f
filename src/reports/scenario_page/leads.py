"""Which leads take which route, who is left out, and which field or look would change that."""

from typing import Any

import pandas as pd

from src.reports.charts import ROUTE_COLOURS
from src.reports.formats import write_count, write_share
from src.reports.language import gettext as _
from src.reports.language import word, write_list
from src.reports.names import write_held
from src.reports.scenario_page.base import ScenarioSection, tabulate

FITS, ENGAGEMENTS = "ABCD", "1234"


class Leads(ScenarioSection):
    """The routes by fit and engagement, by what leads told, and by the scenario's conditions."""

    size = (5.6, 3.6)

    def frame(self) -> pd.DataFrame:
        """Return one row a cell of fit and engagement: its leads, the share on each route, and how many convert."""
        frame = tabulate(self.results.policy.grid)
        if frame.empty:
            return frame
        shares = {route: frame[f"routes_{route}"] / frame["leads"] for route in ROUTE_COLOURS}
        return frame.assign(cell=frame["fit"] + frame["engagement"], **shares)

    def draw(self, axes: Any) -> None:
        from matplotlib.patches import Rectangle

        for row in self.frame().to_dict("records"):
            x, y = ENGAGEMENTS.index(row["engagement"]), FITS.index(row["fit"])
            paper, ink = ROUTE_COLOURS[max(ROUTE_COLOURS, key=lambda route: row[route])]
            axes.add_patch(Rectangle((x - 0.48, y - 0.48), 0.96, 0.96, facecolor=paper))
            said = {"share": write_share(row["sales"]), "leads": write_count(row["leads"])}
            axes.text(x, y, _("%(share)s called\nof %(leads)s") % said, ha="center", va="center", color=ink, fontsize=9)
        axes.set(xlim=(-0.5, 3.5), ylim=(3.5, -0.5), xlabel=_("engagement (1: did most)"), ylabel=_("fit (A: best)"))
        axes.set_xticks(range(4), ENGAGEMENTS)
        axes.set_yticks(range(4), FITS)
        axes.grid(visible=False)

    def profile(self) -> pd.DataFrame:
        """Return the values whose shares differ most between the routes."""
        values = self.results.policy.profile.values
        return tabulate(values, what=[write_held(each.metric, each.way, each.value) for each in values])

    def conditions(self) -> pd.DataFrame:
        """Return each condition of the scenario, whom it keeps from a route, and the profit lost to it."""
        found = self.results.policy.eligibility.conditions
        said = [self.results.say_when(each.when) for each in found]
        needed = [write_list(word(route, "action") for route in each.routes) for each in found]
        return tabulate(found, what=said, needed=needed)

    def missing(self) -> pd.DataFrame:
        """Return the fields that would make a lead worth a call, if it gave them."""
        found = self.results.policy.missing_fields
        return tabulate(found, what=[self.results.say_when(each.when) for each in found])

    @property
    def corners(self) -> dict[str, float]:
        """The share called of those that fit best and did least (A4), and of those that fit least and did most (D1)."""
        frame = self.frame()
        return dict(zip(frame["cell"], frame["sales"], strict=True)) if len(frame) else {}
