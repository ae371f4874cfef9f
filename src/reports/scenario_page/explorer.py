"""The explorer of a scenario's page: two handles that count the test leads again under other assumptions."""

import json
from typing import Any

import pandas as pd
from markupsafe import Markup

from src.policies.economics import DISCARD, NURTURE, ROUTES, SALES
from src.reports.formats import NO_BREAK, write_amount, write_number, write_probability, write_share
from src.reports.language import HERE, get_language
from src.reports.language import gettext as _
from src.reports.scenario_page.base import ScenarioSection

SCRIPT = "explorer.js"
OTHER = "other"
"""The team of whoever has none of their own."""

TICKS = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


class Explorer(ScenarioSection):
    """The handles, the assumptions, and the chosen thresholds' figures by route."""

    def applies(self) -> bool:
        return super().applies() and self.results.policy.can_call

    def frame(self) -> pd.DataFrame:
        """Return one row a route at the chosen thresholds, the dearest first, and one of all."""
        chosen = self.results.explorer["chosen"]
        rows = [
            {"route": ROUTES[route], **{key: chosen[key][route] for key in chosen}}
            for route in (SALES, NURTURE, DISCARD)
        ]
        rows.append({"route": "all", **{key: sum(chosen[key]) for key in chosen}})
        frame = pd.DataFrame(rows)
        frame["share"] = frame["leads"] / frame["leads"].iloc[-1]
        frame["rate"] = frame["conversions"] / frame["leads"].where(frame["leads"] > 0)
        frame["reached"] = frame["conversions"] / (frame["conversions"].iloc[-1] or float("nan"))
        return frame

    def choices(self) -> pd.DataFrame:
        """Return other thresholds for calls and the chosen one: what a reader without JavaScript gets."""
        rows = [
            {
                "threshold": row["threshold"],
                "calls": row["leads"][SALES],
                "precision": row["conversions"][SALES] / row["leads"][SALES] if row["leads"][SALES] else None,
                "conversions": row["conversions"][SALES],
                "nurtured": row["leads"][NURTURE],
                "value": sum(row["profit"]),
                "is_chosen": row["is_chosen"],
            }
            for row in self.results.explorer["choices"]
        ]
        return pd.DataFrame(rows)

    @property
    def table(self) -> dict[str, Any]:
        return self.results.explorer["table"]

    @property
    def names(self) -> list[str]:
        """The steps in words: round ones as they are, the chosen ones as in the rest of the page."""
        own = set(self.table["places"])
        names = [
            write_probability(step) if place in own else write_step(step)
            for place, step in enumerate(self.table["steps"])
        ]
        return [*names[:-1], _("call nobody")]

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Where on the track, in percent of its width, a probability is written; it ends at 100 %."""
        places, last = {step: place for place, step in enumerate(self.table["steps"])}, len(self.table["steps"]) - 1
        return [(100 * places[tick] / last, write_step(tick)) for tick in TICKS if places.get(tick, 0) > 0]

    @property
    def fields(self) -> list[dict[str, str]]:
        """One field for each assumption: its id, label, value, and the highest value where there is one."""
        table, value = self.table, self.table["value"]
        label = _("Value of a conversion, by default") if self.has_values else _("Value of a conversion")
        fields = [("value", label, value, "")]
        fields += [
            ("cost-2", _("Cost of a call"), table["cost"][SALES], ""),
            ("cost-1", _("Cost of nurturing a lead"), table["cost"][NURTURE], ""),
            ("cost-0", _("Cost of leaving a lead alone"), table["cost"][DISCARD], ""),
            ("factor-1", _("Nurturing keeps of the probability (%%)") % (), table["factor"][NURTURE] * 100, "100"),
            ("factor-0", _("Leaving alone keeps of it (%%)") % (), table["factor"][DISCARD] * 100, "100"),
        ]
        written = [
            {"name": n, "label": lab, "value": f"{v:.10g}", "most": most, "step": "any"} for n, lab, v, most in fields
        ]
        most = "" if table["most_calls"] is None else str(table["most_calls"])
        for place, (team, calls) in enumerate(zip(self.results.explorer["teams"], table["capacity"], strict=True)):
            label = _("Calls a week (empty: no limit)")
            if len(table["capacity"]) > 1:
                label = _("Calls a week, %(team)s (empty: no limit)") % {"team": _("others") if team == OTHER else team}
            value = "" if calls is None else str(calls)
            written.append({"name": f"capacity-{place}", "label": label, "value": value, "most": most, "step": "1"})
        return written

    @property
    def has_values(self) -> bool:
        return len({relative_value for relative_value, *_rest in self.table["kinds"]}) > 1

    def pack(self, words: dict[str, str]) -> Markup:
        """Return the table and the sentences of the program as JSON, which can end no element of a page."""
        forms = {
            "money": write_amount(1, 1).replace("1", "{number}"),
            "percent": write_share(0.01).replace("1", "{number}"),
            "digits": write_number(1234.5, 1),
        }
        value = self.table | {"names": self.names, "words": words | forms}
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return Markup(text.replace("<", "\\u003c"))

    @property
    def script(self) -> Markup:
        return Markup((HERE / self.folder / SCRIPT).read_text(encoding="utf-8"))


def write_step(step: float) -> str:
    """Return a probability in percent with three figures at most.

    >>> write_step(0.125), write_step(0.2)
    ('12.5%', '20%')
    """
    text = f"{step * 100:.3g}"
    number = write_number(float(text), len(text.partition(".")[2]))
    return f"{number}%" if get_language() == "en" else f"{number}{NO_BREAK}%"
