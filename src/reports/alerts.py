"""What a reader must know about the data before believing a number: sentences that several pages say."""

from typing import TYPE_CHECKING, Any

from src.reports.formats import write_count, write_number, write_share
from src.reports.language import gettext, ngettext
from src.reports.names import write_quoted, write_value

if TYPE_CHECKING:
    from src.reports.results import ScenarioResults

MOVED = 1.5
"""From so many times the former base rate, or its inverse, a change is said."""


def list_data_alerts(objective: str, metrics: Any) -> list[str]:
    """Return what to be wary of in the data of one objective."""
    data, test, found = metrics.data, metrics.test, []
    if not data.is_dated:
        found.append(
            gettext(
                "The source has no dates: leads are ordered by number, and totals of what they did may include what "
                "happened after the decision."
            )
        )
    if data.horizon_days is None:
        found.append(say_hindsight(objective, data))
    if not test.is_calibration_assessable:
        values = {"conversions": write_count(test.conversions), "objective": objective}
        found.append(
            ngettext(
                "Only %(conversions)s snapshot of the test ends in %(objective)s: too few to judge the probabilities.",
                "Only %(conversions)s snapshots of the test end in %(objective)s: too few to judge the probabilities.",
                test.conversions,
            )
            % values
        )
    before, after = data.base_rate_history, data.base_rate_test
    if before and not 1 / MOVED < after / before < MOVED:
        values = {"objective": objective, "before": write_share(before, 1), "after": write_share(after, 1)}
        found.append(
            gettext(
                "The rate of %(objective)s moved from %(before)s in the training period to %(after)s in the test "
                "period."
            )
            % values
        )
    return found + list_drift(objective, metrics.rolling)


def say_hindsight(objective: str, data: Any) -> str:
    """Return that outcomes are known from the end of the data alone, and what the undecided leads could change."""
    text = gettext("Whether a lead ends in %(objective)s is known as of the end of the data only.")
    undecided = data.leads.get("censored", 0)
    if undecided:
        text += " " + gettext(
            "%(undecided)s leads undecided by then are left out: the rate of all would be %(if_lost)s if they were "
            "lost and %(if_won)s if they were won."
        )
    return text % {
        "objective": objective,
        "undecided": write_count(undecided),
        "if_lost": write_share(data.get("base_rate_if_lost"), 1),
        "if_won": write_share(data.get("base_rate_if_won"), 1),
    }


def list_drift(objective: str, rolling: Any) -> list[str]:
    """Return that the base rate has changed by more than chance, if it has."""
    third = rolling.drift.last_third
    ends = (third.ratio_low, third.ratio_high)
    if None in ends or ends[0] <= 1 <= ends[1]:
        return []
    values = {
        "objective": objective,
        "rate": write_share(third.rate, 1),
        "ratio": write_number(third.ratio, 2),
        "before": write_share(rolling.drift.before, 1),
    }
    return [
        gettext(
            "The base rate of %(objective)s has moved by more than chance: %(rate)s in the test period, %(ratio)s "
            "times the %(before)s before it."
        )
        % values
    ]


def list_unmet(results: "ScenarioResults") -> list[str]:
    """Return the conditions, values and teams of a scenario that no lead has: perhaps they are misspelt."""
    policy = results.policy
    named = [(results.say_when(entry.when), entry.met_by) for entry in policy.eligibility.conditions if entry.applies]
    named += [(results.say_when(entry.when), entry.met_by) for entry in policy.values_without_leads]
    teams = policy.capacity.met_by if policy.capacity else {}
    named += [(team, met_by) for team, met_by in teams.items() if team != "other"]
    found = []
    for what, met_by in named:
        said = {"what": write_quoted(what)}
        if not met_by.history and not met_by.test:
            found.append(gettext("No lead meets %(what)s: is it written as in the data?") % said)
        elif not met_by.test:
            found.append(gettext("No lead of the test period meets %(what)s.") % said)
    return found


def list_doubted(audit: Any, verdict: str) -> list[str]:
    """Return the used columns of a verdict, and the features that are made of several columns and have it."""
    columns = {column.name for column in audit.columns}
    doubted = [column.name for column in audit.columns if column.is_used and column.verdict == verdict]
    several = [metric for metric in audit.metrics if metric.column not in columns and metric.verdict == verdict]
    return [write_value(name.replace("_", " ")) for name in [*doubted, *(metric.name for metric in several)]]
