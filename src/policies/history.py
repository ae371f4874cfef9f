"""What the history's forward rows say about the cuts: where they lie under limits, and how surely.

Nothing here sees the test fold. The rows are those of `assess_leads` with ``label`` and
``probability``, one a lead, each predicted by a model that was fitted before it.
"""

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from src.models.measures import TINY, Ranking, find_interval
from src.params import Scenario
from src.policies.economics import (
    SALES,
    Cuts,
    find_cuts,
    find_levels,
)
from src.policies.routing import (
    cap_profits,
    find_cuts_that_earn,
    measure_worth,
    route_as_they_come,
    route_leads,
    route_unlimited,
    take_best_cuts,
    take_routes,
)

STEPS = 40
"""Cuts that are tried between the lowest and the highest."""

PARTS = 10
"""Of the persons of the history: for each the pair of cuts that earned most is chosen on the others."""


def find_week_ends(forward: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Return ``team`` and ``end`` of each team's week: the worth at which its calls end.

    A week with no more leads worth calling than the capacity ends where calling begins to pay. A team
    without calls has no such weeks.
    """
    forward = forward[forward["capacity"] > 0]
    wanted, route = route_unlimited(forward, scenario) == SALES, route_leads(forward, scenario)
    weeks = pd.DataFrame(
        {
            "team": forward["team"].astype(str),
            "last": pd.Series(measure_worth(forward), index=forward.index).where(route == SALES),
            "is_left_out": wanted & (route != SALES),
        }
    ).groupby(forward["group"].to_numpy())
    begins = min(find_levels(scenario).sales, 1.0)
    # Whom nobody may nurture is called from less; the end is never below where others begin.
    ends = weeks["last"].min().where(weeks["is_left_out"].any(), begins).clip(lower=begins)
    return pd.DataFrame({"team": weeks["team"].first(), "end": ends})


def find_team_cuts(forward: pd.DataFrame, scenario: Scenario) -> dict[str, float]:
    """Return the worth at which the calls of each team end in its median week.

    Calling from this worth on fills the capacity in a median week.
    """
    return find_week_ends(forward, scenario).groupby("team")["end"].median().to_dict()


def describe_team_cuts(
    forward: pd.DataFrame, scenario: Scenario, count: int, seed: int, confidence: float
) -> dict[str, dict[str, float]]:
    """Return `find_team_cuts` with their intervals over resampled weeks, and `find_team_cuts_that_earn`.

    Returns
    -------
    dict
        For each team that has calls its ``sales``, ``sales_low``, ``sales_high`` and
        ``sales_as_they_come``; no team without a capacity.
    """
    if not np.isfinite(forward["capacity"]).any():
        return {}
    generator, cuts = np.random.default_rng(seed), {}
    best = find_team_cuts_that_earn(forward, scenario)
    for team, ends in find_week_ends(forward, scenario).groupby("team")["end"]:
        drawn = generator.choice(ends.to_numpy(), size=(count, len(ends)))
        low, high = find_interval(np.median(drawn, axis=1), confidence)
        cuts[str(team)] = {
            "sales": float(ends.median()),
            "sales_low": low,
            "sales_high": high,
            "sales_as_they_come": best[str(team)],
        }
    return cuts


def find_team_cuts_that_earn(forward: pd.DataFrame, scenario: Scenario) -> dict[str, float]:
    """Return the worth from which each team, calling leads as they come, earned most on the history.

    It is searched upwards from `find_team_cuts`: in weeks with many leads a higher cut keeps calls
    for better leads that come later.
    """
    found = find_team_cuts(forward, scenario)
    for team in found:
        rows = forward[forward["team"] == team]
        above = pd.Series(measure_worth(rows))
        above = above[above >= found[team]]
        levels = [found[team], *(above.quantile(step / STEPS) for step in range(1, STEPS) if len(above))]
        earned = [take_routes(rows, route_as_they_come(rows, {team: cut}, scenario), scenario).sum() for cut in levels]
        found[team] = float(levels[int(np.argmax(earned))])
    return found


def find_effective_cuts(forward: pd.DataFrame, scenario: Scenario) -> Cuts:
    """Return the cuts as they are felt at the default value: where calling ends in a median week.

    With several teams each has its own (`find_team_cuts`); then these are the cuts without limits.
    """
    cuts, teams = find_cuts(scenario), find_team_cuts(forward, scenario)
    if forward["team"].nunique() != 1 or not teams:
        return cuts
    return Cuts(cuts.discard, max(cuts.sales, min(next(iter(teams.values())), 1.0)))


def check_cuts(forward: pd.DataFrame, scenario: Scenario, weights: np.ndarray, confidence: float) -> dict[str, Any]:
    """Return what the cuts earn on the history, and the pair that earned most there.

    The closed form does not move with the rows. Whether the history speaks against it says ``best_more``:
    what such pairs earned more on persons that they were not chosen on, with its interval over persons.
    How much the pair itself moves (``best_cuts_low``, ``best_cuts_high``) is no test: the profit is flat
    around its top.

    Parameters
    ----------
    forward : DataFrame
    scenario : Scenario
    weights : ndarray, shape (resamples, leads)
    confidence : float
    """
    earned, profits = take_routes(forward, route_leads(forward, scenario), scenario), cap_profits(forward, scenario)
    best, best_profit = find_cuts_that_earn(forward, profits)
    more = take_best_cuts_of_others(forward, profits) - earned
    more_low, more_high = find_interval(weights @ more, confidence)
    resampled = [find_cuts_that_earn(forward, profits * weight[:, None])[0] for weight in weights]
    interval = {
        name: find_interval(np.array([getattr(cuts, name) for cuts in resampled]), confidence)
        for name in ("discard", "sales")
    }
    return {
        "leads": len(forward),
        "profit": float(earned.sum()),
        "best_cuts": asdict(best),
        "best_profit": best_profit,
        "best_more": float(more.sum()),
        "best_more_low": more_low,
        "best_more_high": more_high,
        "best_cuts_low": {name: ends[0] for name, ends in interval.items()},
        "best_cuts_high": {name: ends[1] for name, ends in interval.items()},
    }


def take_best_cuts_of_others(forward: pd.DataFrame, profits: np.ndarray) -> np.ndarray:
    """Return what each lead earns with the pair of cuts that earned most on the leads of other persons.

    On the rows it was chosen on a pair is ahead in any case, and its interval too often above 0: made-up
    histories of 4,000 leads whose probabilities held gave that alarm in 33 % of cases, and 3 % like this.
    """
    part, earned = pd.factorize(forward["person"])[0] % PARTS, np.zeros(len(forward))
    for number in range(PARTS):
        is_apart = part == number
        earned[is_apart] = take_best_cuts(forward, profits, ~is_apart)[is_apart]
    return earned


class CutFinder:
    """The leads that may be called, ranked once, and the cuts among them that reach what is asked."""

    def __init__(self, forward: pd.DataFrame, scenario: Scenario):
        self.is_open = forward["may_sales"].to_numpy(bool)
        self.label = forward["label"].to_numpy()
        p = forward["probability"].to_numpy()[self.is_open]
        self.ranking = Ranking(self.label[self.is_open], p)
        self.levels = p[self.ranking.order][self.ranking.ends]
        self.required = {"precision": scenario.required_precision, "recall": scenario.required_recall}

    def find(self, weights: np.ndarray) -> dict[str, dict[str, float | None]]:
        """Return each cut with the ``precision``, ``recall`` and ``f1`` it has under these row weights."""
        converted, other = self.ranking.cumulate(weights[self.is_open])
        # A resample may leave out the leads at the very top.
        precision = converted / np.maximum(converted + other, TINY)
        recall = converted / max(float(weights @ self.label), TINY)
        f1 = 2 * precision * recall / np.maximum(precision + recall, TINY)
        found = {"highest_f1": int(np.argmax(f1))}
        for name, place in (("precision", -1), ("recall", 0)):
            if self.required[name] is not None:
                enough = np.flatnonzero({"precision": precision, "recall": recall}[name] >= self.required[name])
                found[f"required_{name}"] = int(enough[place]) if len(enough) else None
        figures = {"cut": self.levels, "precision": precision, "recall": recall, "f1": f1}
        return {
            name: {"cut": None} if at is None else {key: float(values[at]) for key, values in figures.items()}
            for name, at in found.items()
        }


def choose_alternative_cuts(
    forward: pd.DataFrame, scenario: Scenario, weights: np.ndarray, confidence: float
) -> dict[str, dict[str, float | None]]:
    """Return the cuts on the probability that aim at precision, recall or F1, not at profit.

    Parameters
    ----------
    forward : DataFrame
    scenario : Scenario
    weights : ndarray, shape (resamples, leads)
    confidence : float

    Returns
    -------
    dict
        ``required_precision`` and ``required_recall``, where the scenario has them, and
        ``highest_f1``: each with its ``cut`` (None where no cut on the history reaches what is
        required), its interval (``cut_low``, ``cut_high``) over resampled persons, and the
        ``precision``, ``recall`` and ``f1`` it had there. Empty where nobody may be called.

    Notes
    -----
    Only leads that may be called count as called; recall is of all conversions. Of the cuts with
    enough precision the lowest is taken (it calls most), of those with enough recall the highest.
    """
    if not forward["may_sales"].any():
        return {}
    finder = CutFinder(forward, scenario)
    found, resampled = finder.find(np.ones(len(forward))), [finder.find(weight) for weight in weights]
    for name, figures in found.items():
        cuts = [case[name]["cut"] for case in resampled if case[name]["cut"] is not None]
        if figures["cut"] is not None and cuts:
            figures["cut_low"], figures["cut_high"] = find_interval(np.array(cuts), confidence)
    return found
