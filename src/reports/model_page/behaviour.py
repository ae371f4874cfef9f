"""What leads tell and what they do: what each contributes, how fast behaviour fades, e-mails."""

from typing import Any

import pandas as pd

from src.reports.charts import BLUE, GREY, ORANGE, write_ticks
from src.reports.formats import write_number
from src.reports.language import gettext as _
from src.reports.language import word
from src.reports.model_page.base import ModelSection, tabulate
from src.reports.model_page.choice import write_group_name
from src.reports.names import write_age

MONTHS = 12
"""So many of the last months are shown."""


class Kinds(ModelSection):
    """What explicit and implicit features contribute at each age of a lead."""

    size = (6.0, 3.2)

    def frame(self) -> pd.DataFrame:
        """Return one row an age: ROC-AUC and log loss of what was told, of what was done and of both."""
        rows = []
        for age, figures in self.metrics.features_by_age.items():
            row = {"age": write_age(age, self.results.is_dated).capitalize(), **figures.gain}
            for part in ("explicit", "implicit", "both"):
                row |= {f"{part}_auc": figures[part].roc_auc, f"{part}_loss": figures[part].log_loss}
            rows.append(row)
        return pd.DataFrame(rows)

    def draw(self, axes: Any) -> None:
        frame = self.frame()
        for part, colour, style in (("explicit", ORANGE, "s--"), ("implicit", GREY, "D:"), ("both", BLUE, "o-")):
            axes.plot(frame["age"], frame[f"{part}_auc"], style, color=colour, label=word(part, "kind"))
        axes.set(ylabel="ROC-AUC", xlabel=_("age when scored"))
        axes.legend(loc="best")
        write_ticks(axes.yaxis)

    def half_lives(self) -> pd.DataFrame:
        """Return the half-lives of the decayed counts, the shortest first."""
        decay = self.metrics.decay
        frame = tabulate(decay.half_lives if decay else {}, "days")
        if frame.empty:
            return frame
        days = frame["days"].astype(float)
        frame = frame.assign(days=days, is_preferred=frame["log_loss"] == frame["log_loss"].min())
        frame = frame.assign(what=[_("%(days)s days") % {"days": write_number(each)} for each in days])
        return frame.sort_values("days", ignore_index=True)

    def opens(self) -> pd.DataFrame:
        """Return what e-mail opens are worth: with all features, and without those of opens."""
        rows = {"all": self.metrics.features.both, **self.metrics.opens} if self.metrics.opens else {}
        frame = tabulate(rows)
        return frame.assign(what=[word(name, "opens") for name in frame["name"]]) if len(frame) else frame

    def emails(self, kind: str) -> pd.DataFrame:
        """Return e-mails sent by month or newsletter, and conversions after a click and without one."""
        rows = self.results.newsletters[kind]
        found = []
        for row in rows[-MONTHS:] if kind == "months" else rows:
            converted = row.conversions[self.results.name]
            said = {"what": write_group_name(row.name), **row}
            for part in ("clicked", "others"):
                said |= {f"after_{part}{end}": converted[part].get(f"rate{end}") for end in ("", "_low", "_high")}
            found.append(said)
        return pd.DataFrame(found)
