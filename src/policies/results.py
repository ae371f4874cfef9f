"""What ``metrics/policies/<objective>-<scenario>.json`` holds: every key, its type and what it means.

The stage `scenario` writes the file through `PolicyResults`; its page, the comparison and the landing page read
it through `read_policy`. Amounts are in the currency of the source; shares and probabilities are from 0 to 1.
Keys that end in ``_low`` and ``_high`` are the ends of an interval over resampled persons.
"""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from src.files import read_json
from src.stage import InputError

Route = Literal["discard", "nurture", "sales"]


class Result(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Pair(Result):
    """Two thresholds on the probability: from `discard` on a lead is nurtured, from `sales` on it is called."""

    discard: float
    sales: float


class Routes(Result):
    """How many leads take each route."""

    discard: int
    nurture: int
    sales: int


class Figures(Result):
    """What a policy does on the test leads: `contacts` are its calls, `profit` is what all routes bring less their
    cost. Of the others than the chosen policy `chosen_more` is what the chosen one brings on top, paired."""

    leads: int
    conversions: int
    routes: Routes
    contacts: int
    conversions_reached: int
    conversions_lost: int
    precision: float | None
    recall: float | None
    profit: float
    profit_low: float
    profit_high: float
    chosen_more: float = 0.0
    chosen_more_low: float = 0.0
    chosen_more_high: float = 0.0


class LessThanTruth(Result):
    profit: float
    profit_low: float
    profit_high: float


class Expected(Result):
    """What each would bring if every lead converted with its true probability: known of made-up data only."""

    chosen: float
    truth: float
    of_best_cuts: float


class Chosen(Figures):
    """The chosen policy, with the best pair of thresholds known in hindsight (`regret`: what that pair brings more)
    and, where the truth is known, the same rule on the true probabilities. `share_above_cut`: of the leads that may
    be called, those at or above the threshold."""

    profit_in_hindsight: float
    cuts_in_hindsight: Pair
    regret: float
    profit_of_truth: float | None = None
    less_than_truth: LessThanTruth | None = None
    expected: Expected | None = None
    share_above_cut: float


class Difference(Result):
    """What the chosen policy brings more than the baseline that brought most on the same leads."""

    baseline: str
    profit: float
    profit_low: float
    profit_high: float


class MetBy(Result):
    history: int
    test: int


class ValueClass(Result):
    """Thresholds of the leads that meet `when` (none: the default value)."""

    when: str | None
    value: float
    discard: float
    sales: float
    leads: int
    met_by: MetBy


class TeamThresholds(Result):
    """Where a team's calls end in a usual week, and the best threshold if it calls leads as they come."""

    sales: float
    sales_low: float
    sales_high: float
    sales_as_they_come: float


class AlternativeThreshold(Result):
    """A threshold chosen on the history for precision, recall or F1; None where it cannot be reached."""

    cut: float | None
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    cut_low: float | None = None
    cut_high: float | None = None


class Check(Result):
    """The thresholds on the history, and the pair that brought most there: `best_more` is what pairs chosen like
    that on a part of the persons bring more on the others."""

    leads: int
    profit: float
    best_cuts: Pair
    best_profit: float
    best_more: float
    best_more_low: float
    best_more_high: float
    best_cuts_low: Pair
    best_cuts_high: Pair


class OneMore(Result):
    """What one more call a week of each team brings, a call."""

    calls: int
    expected: float | None
    profit: float | None
    profit_low: float | None
    profit_high: float | None


class Backlog(Result):
    """Leads worth a call that were not called; `by_week` is cumulated."""

    leads: int
    conversions: int
    expected_gain: float
    by_week: list[int]


class ByCapacity(Result):
    share: float
    contacts: int
    profit: float


class Capacity(Result):
    """`teams`: calls a week; `used`: share of the calls of whole weeks; `full_weeks`: those that left a lead out."""

    teams: dict[str, float]
    met_by: dict[str, MetBy]
    used: float | None
    weeks: int
    full_weeks: int
    one_more: OneMore
    backlog: Backlog
    by_capacity: list[ByCapacity]


class Review(Result):
    """Leads whose interval has a threshold inside (`in_doubt`), those a look at pays for, and what that could save."""

    leads_per_week: int
    cost: float
    has_intervals: bool
    in_doubt: int | None
    leads: int
    total_cost: float
    could_save: float
    could_save_all: float | None = None


class ConditionResult(Result):
    """Whom a condition keeps from its routes: `missing` of these gave no value, `only` fail nothing else; `forgone`
    is the profit lost to the condition."""

    when: str
    metric: str
    why: str
    routes: list[Route]
    applies: bool
    met_by: MetBy | None = None
    leads: int | None = None
    conversions: int | None = None
    missing: int | None = None
    only: int | None = None
    forgone: float | None = None


class Eligibility(Result):
    conditions: list[ConditionResult]
    leads: int
    conversions: int
    forgone: float
    without_metric: list[str]


class MissingField(Result):
    """Leads that one more field would make worth a call, if it met the condition as it does for those who give it."""

    when: str
    metric: str
    leads: int
    share_that_meets: float
    expected: float


class HoldOut(Result):
    """A random hold-out that would measure what is assumed of a route; None where no size would do."""

    route: Route
    factor: float
    alternative: float
    base_rate: float | None = None
    leads: int | None
    weeks: float | None = None
    cost: float | None = None


class Case(Result):
    """An assumption a fifth off: the profit with thresholds moved, and `profit_if_kept`."""

    value: float
    cuts: Pair
    profit: float
    profit_if_kept: float
    routes_changed: int
    calls_changed: int


class Assumption(Result):
    name: str
    value: float
    low: Case
    high: Case


class Sensitivity(Result):
    assumptions: list[Assumption]
    most_for_discard: list[str]
    most_for_sales: list[str]


class Move(Result):
    from_: str = Field(alias="from")
    to: str
    leads: int


class Step(Result):
    from_age: str
    to_age: str
    moves: list[Move]


class Transitions(Result):
    """How leads move between routes as they grow older; `nurtured`: what calling those that cross over is worth."""

    steps: list[Step]
    nurtured: dict[str, Any]


class Benefit(Result):
    """Net benefit a lead at one threshold; `more` than the `other` of calling everyone and no one."""

    name: Literal["alone", "sales"]
    threshold: float
    model: float
    everyone: float
    other: Literal["everyone", "nobody"]
    more: float
    more_low: float
    more_high: float
    calls_saved: float


class BenefitPoint(Result):
    threshold: float
    model: float
    everyone: float


class NetBenefit(Result):
    curve: list[BenefitPoint]
    at: list[Benefit]


class Near(Result):
    """Predicted and observed conversions of the leads nearest to a threshold."""

    route: Route
    threshold: float
    leads: int
    lowest: float
    highest: float
    predicted: float
    observed: float
    observed_low: float
    observed_high: float


class Cell(Result):
    """A cell of fit (A best) and engagement (1 best)."""

    fit: str
    engagement: str
    leads: int
    routes: Routes
    converted: float


class ProfileValue(Result):
    metric: str
    way: Literal["equals", "at_least", "missing"]
    value: str | float | None
    all: float
    discard: float | None
    nurture: float | None
    sales: float | None
    spread: float


class Profile(Result):
    """The values of explicit metrics whose shares differ most between the routes."""

    leads: Routes
    values: list[ProfileValue]


class PolicyResults(Result):
    """Everything about one scenario on the test leads.

    `cuts` are the thresholds in effect in a usual week, `cuts_without_limit` those that follow from the amounts.
    """

    source: str
    applicable: bool
    objective: str
    scenario: str
    decide_at: str
    cuts: Pair
    cuts_without_limit: Pair
    cuts_by_value: list[ValueClass]
    values_without_leads: list[ValueClass]
    cuts_by_team: dict[str, TeamThresholds]
    alternative_cuts: dict[str, AlternativeThreshold]
    forward: Check
    test: Chosen
    baselines: dict[str, Figures]
    alternatives: dict[str, Figures]
    difference: Difference
    difference_unaided: Difference
    capacity: Capacity | None
    review: Review
    eligibility: Eligibility
    missing_fields: list[MissingField]
    hold_outs: list[HoldOut]
    sensitivity: Sensitivity
    transitions: Transitions
    grid: list[Cell]
    profile: Profile
    net_benefit: NetBenefit
    near: list[Near]

    @property
    def can_call(self) -> bool:
        """Whether any lead of the test may be called: else even who calls everyone makes no call."""
        return self.baselines["call_everyone"].contacts > 0

    @property
    def has_varying_values(self) -> bool:
        """Whether conversions of different leads are worth different amounts."""
        return len(self.cuts_by_value) > 1


def read_policy(path: Path, source: str) -> PolicyResults | None:
    """Return the results of a scenario, which must be of the `source`; None where its objective does not apply.

    Raises
    ------
    InputError
        ``stale_figures`` where they are of another source: a page would mix the two.
    """
    figures = read_json(path)
    if figures["source"] != source:
        raise InputError("stale_figures", f"these are of {figures['source']}, not of {source}; run dvc repro", path)
    return PolicyResults.model_validate(figures) if figures["applicable"] else None
