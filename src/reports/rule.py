"""What to do under a scenario: its thresholds as a sentence needs them, on every page that says it."""

from dataclasses import dataclass
from typing import Any

from src.reports.formats import write_number, write_probability
from src.reports.language import gettext as _
from src.reports.language import ngettext
from src.reports.results import ScenarioResults


@dataclass(frozen=True)
class Rule:
    """The two thresholds of a scenario in words; the sentence itself is the macro ``decision``."""

    results: ScenarioResults

    @property
    def outcome(self) -> str:
        """Of what there is a probability: ``a sale within 45 days``."""
        horizon = self.results.metrics.data.horizon_days
        if not horizon:
            return self.results.objective
        said = {"objective": self.results.objective, "days": write_number(horizon)}
        return ngettext("%(objective)s within %(days)s day", "%(objective)s within %(days)s days", horizon) % said

    @property
    def classes(self) -> list[Any]:
        """The thresholds without limit at the default value, and those of other values."""
        policy = self.results.policy
        return [policy.cuts_without_limit, *policy.cuts_by_value[1:]]

    def threshold(self, route: str) -> str:
        """Return a threshold at the default value, and in brackets those of other values."""
        default, *others = self.classes
        said = [
            _("%(level)s with %(when)s")
            % {"level": write_probability(getattr(each, route)), "when": self.results.say_when(each.when)}
            for each in others
        ]
        level = write_probability(getattr(default, route))
        return f"{level} ({'; '.join(said)})" if said else level

    @property
    def pays(self) -> dict[str, bool]:
        """Whether a call and whether nurturing pays at any probability, and whether nurturing always does."""
        sales, discard = (min(getattr(cuts, name) for cuts in self.classes) for name in ("sales", "discard"))
        return {"sales": sales < 1, "nurture": discard < min(sales, 1), "always": discard <= 0}

    @property
    def unknown(self) -> list[str]:
        """The features without which none of the scenario's conditions can be checked, where that is so."""
        eligibility = self.results.policy.eligibility
        none_applies = eligibility.conditions and not any(entry.applies for entry in eligibility.conditions)
        return eligibility.without_metric if none_applies else []

    @property
    def standing(self) -> int:
        """1 if the thresholds bring significantly more than the best rule without the model, -1 if less, else 0."""
        difference = self.results.policy.difference_unaided
        return int(difference.profit_low > 0) - int(difference.profit_high < 0)
