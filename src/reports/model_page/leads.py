"""The leads behind a model: how long conversions take, who was contacted, what was left out, and what may leak."""

from typing import Any

import pandas as pd

from src.reports.charts import BLUE, GREY, ORANGE, write_ticks
from src.reports.formats import write_number, write_share
from src.reports.language import gettext as _
from src.reports.language import ngettext, word
from src.reports.model_page.base import ModelSection, tabulate
from src.reports.model_page.choice import write_group_name
from src.reports.names import write_age, write_group, write_metric, write_quoted, write_value
from src.reports.pairs import tabulate_groups

FOLDS = ("history", "embargoed", "test", "censored", "quarantined")
MOST_SUSPICIOUS = 20
"""Features of the audit that are shown, the most suspicious first."""


class Leads(ModelSection):
    """How soon leads convert, and where the leads of the source went."""

    size = (6.0, 3.2)

    def frame(self) -> pd.DataFrame:
        """Return leads, snapshots and conversions of each fold that holds any."""
        data = self.metrics.data
        rows = [
            {
                "fold": word(fold, "fold"),
                "leads": data.leads[fold],
                "rows": data.rows[fold],
                # Nobody knows what becomes of a censored lead; elsewhere what is not counted is none.
                "conversions": None if fold == "censored" else data.conversions.get(fold, 0),
            }
            for fold in FOLDS
            if fold in data.leads
        ]
        return pd.DataFrame(rows)

    def horizons(self) -> pd.DataFrame:
        """Return what each horizon catches of the conversions, and how many snapshots it makes wait."""
        marks = {"is_declared": _("declared"), "is_recommended": _("recommended")}
        rows = []
        for row in self.metrics.maturity.horizons.values():
            names = [said for key, said in marks.items() if row[key]]
            rows.append({**row, "what": write_days(row.days) + (f" ({', '.join(names)})" if names else "")})
        return pd.DataFrame(rows)

    def draw(self, axes: Any) -> None:
        maturity = self.metrics.maturity
        curve, days = maturity.curve, maturity.curve.days
        low, high = ([100 * value for value in curve[end]] for end in ("low", "high"))
        axes.fill_between(days, low, high, step="post", color=BLUE, alpha=0.2, linewidth=0)
        axes.step(days, [100 * value for value in curve.converted], where="post", color=BLUE, label=_("converted"))
        if maturity.horizon_days is not None and maturity.horizon_days <= days[-1]:
            label = _("declared horizon, %(days)s") % {"days": write_days(maturity.horizon_days)}
            axes.axvline(maturity.horizon_days, color=GREY, linewidth=1, label=label)
        label = _("recommended, %(days)s") % {"days": write_days(maturity.recommended_days)}
        axes.axvline(maturity.recommended_days, color=ORANGE, linestyle="--", linewidth=1, label=label)
        axes.set(xlabel=_("days since the first scoring"), ylabel=_("leads that have converted (%%)") % ())
        axes.set(xlim=(0, days[-1]), ylim=(0, 1.1 * max(high)))
        axes.legend(loc="lower right")
        write_ticks(axes.xaxis)
        write_ticks(axes.yaxis)

    def declared(self) -> Any:
        """Return the declared horizon, if enough leads have been watched for it."""
        horizons = self.metrics.maturity.horizons.values()
        return next((row for row in horizons if row.is_declared), None)

    def contact(self) -> pd.DataFrame:
        """Return how the probabilities hold for contacted leads and for others."""
        frame = tabulate(self.metrics.selection.groups)
        return frame.assign(what=[word(name, "contact") for name in frame["name"]])

    def bounds(self) -> pd.DataFrame:
        """Return between which rates the base rate would have lain, had everybody been contacted."""
        found = self.metrics.selection.bounds
        names = [name for name in ("if_none", "as_seen", "like_contacted", "if_all") if name in found]
        rows = [
            {"what": word(name, "bound"), **{f"rate{end}": found.get(f"{name}{end}") for end in ("", "_low", "_high")}}
            for name in names
        ]
        return pd.DataFrame(rows)

    def pairs(self) -> list[tuple[Any, pd.DataFrame]]:
        """Return this objective with each other one: the pair, and its four groups of leads."""
        pairs = [pair for pair in self.results.objectives.pairs if self.results.name in pair.objectives]
        return [(pair, tabulate_groups(pair)) for pair in pairs]

    def understood(self) -> pd.DataFrame:
        """Return of how many leads each field was understood, and the most frequent values that were not."""
        rows = []
        for field in self.results.understood.fields:
            values = ", ".join(
                f"{write_quoted(write_value(each.value))} ({write_number(each.leads)})" for each in field.unknown
            )
            row = {
                "what": write_metric(field.metric),
                "column": field.field,
                "given": field.given,
                "unknown": values or None,
            }
            rows.append(row | {"share": field.understood / field.given if field.given else None})
        return pd.DataFrame(rows)

    def spam(self) -> pd.DataFrame:
        """Return why leads are set apart, the most frequent reason first."""
        reasons = self.metrics.data.quarantine.reasons
        rows = [{"what": word(reason, "value"), "leads": leads} for reason, leads in reasons.items()]
        return pd.DataFrame(sorted(rows, key=lambda row: (-row["leads"], row["what"])))

    def catalogue(self, kind: str) -> pd.DataFrame:
        """Return every feature of a kind: column, what it is, group and unit."""
        rows = [
            {"column": each.name, "what": write_metric(each.name), "group": write_group(each.group)}
            | {"unit": word(each.unit, "unit"), "meaning": each.meaning, "origin": each.origin}
            for each in self.results.catalogue
            if each.kind == kind
        ]
        return pd.DataFrame(rows)


def write_days(days: float) -> str:
    """Return a number of days in words.

    >>> write_days(45.0), write_days(1.0)
    ('45 days', '1 day')
    """
    number = write_number(days, 0 if days == round(days) else 1)
    return ngettext("%(number)s day", "%(number)s days", days) % {"number": number}


class Leaks(ModelSection):
    """Signs that a column leaks the outcome, and who is chosen by protected columns."""

    size = (6.0, 3.2)

    def frame(self) -> pd.DataFrame:
        """Return the most suspicious features: verdict, ROC-AUC alone, and the signs."""
        audit = self.results.audit
        accepted = {column.name for column in audit.columns if column.is_accepted}
        gains = audit.figures.get("gains", {})
        rows = []
        for metric in audit.metrics[:MOST_SUSPICIOUS]:
            verdict = word(metric.verdict, "verdict")
            if not metric.is_used:
                verdict = _("%(verdict)s (not used)") % {"verdict": verdict}
            elif metric.verdict != "keep" and metric.column in accepted:
                verdict = _("%(verdict)s (accepted)") % {"verdict": verdict}
            rows.append(
                {
                    "name": metric.name,
                    "known": word(metric.known, "known"),
                    "auc": metric.auc,
                    "missing_auc": metric.missing_auc if metric.get("share_missing") else None,
                    "gain": gains.get(metric.name),
                    "verdict": verdict,
                    "is_refused": metric.verdict == "refuse",
                    "is_used": metric.is_used,
                    "why": "; ".join(write_sign(sign, metric) for sign in metric.signs) or None,
                }
            )
        return pd.DataFrame(rows)

    def draw(self, axes: Any) -> None:
        frame = self.frame().head(10).iloc[::-1]
        colours = [BLUE if used else GREY for used in frame["is_used"]]
        axes.barh([write_metric(name)[:40] for name in frame["name"]], frame["auc"] - 0.5, left=0.5, color=colours)
        axes.axvline(0.5, color=GREY, linewidth=1)
        axes.set(xlabel=_("ROC-AUC of the feature alone"), xlim=(min(0.5, frame["auc"].min()), 1))
        axes.grid(visible=False, axis="y")
        write_ticks(axes.xaxis)

    def kept_out(self) -> list[str]:
        """Return the columns that are declared as known only after the outcome."""
        return [
            write_value(column.name.replace("_", " ")) for column in self.results.audit.columns if not column.is_used
        ]

    def chosen(self) -> dict[str, pd.DataFrame]:
        """Return by each protected column who is among the most probable, and predicted and observed conversions."""
        found = {}
        for name, cells in self.metrics.fairness.items():
            rows = []
            for cell in cells:
                row = {**cell, "what": write_group_name(cell.name), "said": word(cell.verdict, "verdict")}
                for percent, selected in cell.selected.items():
                    row |= {f"top{percent}{end}": selected.get(f"share{end}") for end in ("", "_low", "_high")}
                rows.append(row)
            found[name] = pd.DataFrame(rows)
        return found

    def percents(self, name: str) -> list[tuple[str, str]]:
        """Return the shares of the most probable leads that are looked at, and their columns."""
        return [
            (f"top{percent}", write_share(float(percent) / 100)) for percent in self.metrics.fairness[name][0].selected
        ]

    def say_age(self) -> str:
        return write_age(self.metrics.leakage.age, self.results.is_dated)


def write_sign(sign: str, figures: Any) -> str:
    """Return a sign that a feature knows the outcome, with its numbers."""
    shares = {key: write_share(value) for key, value in figures.items() if isinstance(value, float)}
    aucs = {key: write_number(value, 2) for key, value in figures.items() if key in ("auc", "missing_auc")}
    return word(sign, "sign") % (shares | aucs)
