"""The first screen of a scenario's page, and its policies side by side."""

from typing import Any

import pandas as pd

from src.reports.charts import BLUE, GREY, ORANGE, draw_ranges, write_ticks
from src.reports.language import get_currency
from src.reports.language import gettext as _
from src.reports.names import write_policy
from src.reports.results import CHOSEN, UNAIDED
from src.reports.scenario_page.base import ScenarioSection, tabulate


class Decision(ScenarioSection):
    """What to do in a sentence, what it brings in numbers, and the value of more and more calls in a picture."""

    size = (6.0, 3.5)

    def applies(self) -> bool:
        return True

    def frame(self) -> pd.DataFrame:
        """Return the value of more and more calls, in order of preference: ``calls, value, expected, worth``."""
        return self.results.calls

    def points(self) -> pd.DataFrame:
        """Return each policy as a point: ``policy, calls, value`` and whether it ``is_unaided`` by the model."""
        policies = self.results.list_policies()
        return pd.DataFrame(
            {
                "policy": list(policies),
                "calls": [figures.contacts for figures in policies.values()],
                "value": [figures.profit for figures in policies.values()],
                "is_unaided": [name in UNAIDED for name in policies],
            }
        )

    def draw(self, axes: Any) -> None:
        curve, points = self.frame(), self.points()
        axes.plot(curve["calls"], curve["value"], color=BLUE, label=_("the model’s order"))
        chosen = points[points["policy"] == CHOSEN].iloc[0]
        for is_unaided, marker, colour, label in (
            (False, "D", GREY, _("the model’s top shares")),
            (True, "s", ORANGE, _("rules without the model")),
        ):
            some = points[(points["is_unaided"] == is_unaided) & (points["policy"] != CHOSEN)]
            axes.plot(some["calls"], some["value"], marker, color=colour, label=label, markersize=6)
        axes.plot([chosen["calls"]], [chosen["value"]], "o", color=BLUE, markersize=11, label=_("the two thresholds"))
        self.name_points(axes, points[points["is_unaided"]], curve)
        axes.set_xlim(-0.02 * curve["calls"].max(), None)
        axes.set(xlabel=_("calls on the test leads"), ylabel=_("value (%(currency)s)") % {"currency": get_currency()})
        write_ticks(axes.xaxis)
        write_ticks(axes.yaxis)
        axes.legend(loc="lower center", fontsize=9)

    def name_points(self, axes: Any, points: pd.DataFrame, curve: pd.DataFrame) -> None:
        """Write the names of the rules beside their points; of two that lie close the higher one above its point."""
        right, tall = curve["calls"].max(), curve["value"].max() - min(curve["value"].min(), 0)
        low = None
        for row in points.sort_values("value").itertuples():
            is_close = (
                low is not None and abs(row.calls - low.calls) < 0.2 * right and row.value - low.value < 0.08 * tall
            )
            is_right = row.calls > 0.6 * right
            text = _("The newest") if row.policy == "newest_first" else write_policy(row.policy)
            style = {
                "textcoords": "offset points",
                "fontsize": 8.5,
                "color": ORANGE,
                "ha": "right" if is_right else "left",
            }
            axes.annotate(text, (row.calls, row.value), (-7 if is_right else 7, 4 if is_close else -12), **style)
            low = row


class Policies(ScenarioSection):
    """The chosen policy beside the rules that need no threshold."""

    def frame(self) -> pd.DataFrame:
        """Return one row a policy, the chosen one first: what it does, what it brings and its distance."""
        return self.tabulate(self.results.list_policies())

    def alternatives(self) -> pd.DataFrame:
        """Return the policies that aim at precision, recall or F1, or decide each lead as it comes."""
        policy = self.results.policy
        frame = self.tabulate({CHOSEN: policy.test, **policy.alternatives})
        cuts = [policy.alternative_cuts.get(name) for name in frame["key"]]
        for end in ("cut", "cut_low", "cut_high"):
            frame[end] = [getattr(found, end) if found else None for found in cuts]
        return frame

    def tabulate(self, policies: dict[str, Any]) -> pd.DataFrame:
        names = [self.results.say_policy(name) for name in policies]
        return tabulate(list(policies.values()), key=list(policies), policy=names)

    def draw(self, axes: Any) -> None:
        others = self.frame().iloc[1:]
        rows = [
            (write_policy(row.key), row.chosen_more, row.chosen_more_low, row.chosen_more_high)
            for row in others.itertuples()
        ]
        draw_ranges(axes, rows, [ORANGE if key in UNAIDED else GREY for key in others["key"]])
        axes.set_xlabel(_("more by the two thresholds (%(currency)s)") % {"currency": get_currency()})
        write_ticks(axes.xaxis)
