"""The typed parameters of ``params.yaml``; why each has its value is said there.

Nothing has a default here: a key that is missing, unknown or out of range is refused by
name when the file is loaded.
"""

import math
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from src import paths
from src.stage import InputError
from src.strict import (
    Age,
    Auc,
    Count,
    MetricName,
    Name,
    NotNegative,
    NotNegativeCount,
    Positive,
    Sentence,
    Share,
    Strict,
    read_yaml,
    validate,
)


class Intake(Strict):
    max_rejected_share: Annotated[float, Field(ge=0, le=1)]
    bucket_leads: Count


class Explicit(Strict):
    quarantine_from: Positive


class Implicit(Strict):
    windows_days: Annotated[list[Count], Field(min_length=1)]
    half_lives_days: Annotated[list[Positive], Field(min_length=1)]
    session_gap_minutes: Positive
    machine_seconds: NotNegative
    burst_clicks: Annotated[int, Field(ge=2)]
    burst_seconds: NotNegative
    scanner_words: list[str]
    rate_prior_emails: Positive
    high_intent: list[str]
    page_sections: NotNegativeCount
    engine: Literal["local", "spark"]
    spark_master: Annotated[str, Field(min_length=1)]


class Folds(Strict):
    test_share: Share
    cuts: Annotated[list[Share], Field(min_length=3)]
    min_conversions: Count

    @model_validator(mode="after")
    def check_cuts_increase(self) -> "Folds":
        if sorted(set(self.cuts)) != self.cuts:
            raise ValueError("cuts must increase")
        return self


class Logistic(Strict):
    prior_variance: Positive


WAYS = ("equals", "at_least", "at_most", "among")


class Condition(Strict):
    """What a metric of a lead must be; exactly one of the four ways to say it."""

    metric: MetricName
    equals: float | str | None = None
    at_least: float | None = None
    at_most: float | None = None
    among: Annotated[list[str], Field(min_length=1)] | None = None

    @field_validator("equals", mode="before")
    @classmethod
    def check_is_no_truth_value(cls, value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError('write 1 or 0 for a metric of yes/no, and texts in quotes: "yes"')
        return value

    @model_validator(mode="after")
    def check_says_one_thing(self) -> "Condition":
        if sum(getattr(self, way) is not None for way in WAYS) != 1:
            raise ValueError(f"say exactly one of {', '.join(WAYS)}")
        return self

    def list_named(self) -> list[float | str]:
        """Return the values that the condition names."""
        named = [self.equals, self.at_least, self.at_most, *(self.among or [])]
        return [value for value in named if value is not None]

    def accepts(self, value: float | str) -> bool:
        if isinstance(value, str):
            return value in self.list_named()
        floor, roof = (-math.inf if self.at_least is None else self.at_least), self.at_most
        is_within = floor <= value and (roof is None or value <= roof)
        return is_within and self.among is None and self.equals in (None, value)

    def covers(self, other: "Condition") -> bool:
        """Return whether everybody who meets the other condition meets this one too."""
        bounds = [way for way in ("at_least", "at_most") if getattr(other, way) is not None]
        is_as_open = all(getattr(self, way) is not None for way in bounds)
        return self.metric == other.metric and is_as_open and all(map(self.accepts, other.list_named()))


class Point(Condition):
    """Points for leads that meet the condition."""

    points: float


class Trees(Strict):
    """The size of the trees of boosting."""

    num_leaves: Annotated[int, Field(ge=2)]
    min_data_in_leaf: Count


class Boosting(Strict):
    search: Annotated[list[Trees], Field(min_length=1)]
    learning_rate: Positive
    lambda_l2: NotNegative
    feature_fraction: Annotated[float, Field(gt=0, le=1)]
    max_rounds: Count


class Model(Strict):
    seed: Annotated[int, Field(ge=0)]
    threads: Count
    min_category_leads: Count
    min_forward_conversions: Count
    points: list[Point]
    refits: Annotated[int, Field(ge=5)]
    logistic: Logistic
    boosting: Boosting


class Audit(Strict):
    """Which columns are accepted whatever the audit finds, and from where on a sign is one."""

    accept: list[Annotated[str, Field(min_length=1)]]
    told_auc: Auc
    suspect_auc: Auc
    refuse_auc: Auc
    outlier: Positive
    missing_auc: Auc
    emptier: Share
    certain_rate: Share
    suspect_certain: Share
    refuse_certain: Share
    future: Share
    unexplained: Share
    growth_auc: Auc

    @model_validator(mode="after")
    def check_refusal_is_graver(self) -> "Audit":
        if self.refuse_auc < self.suspect_auc or self.refuse_certain < self.suspect_certain:
            raise ValueError("refuse_auc and refuse_certain must not be below suspect_auc and suspect_certain")
        return self


class Evaluation(Strict):
    bootstrap: Annotated[int, Field(ge=20)]
    confidence: Share
    assessable_conversions: Count
    refit_every: Share
    horizons_days: Annotated[list[Positive], Field(min_length=1)]
    caught_share: Share


class Report(Strict):
    language: Literal["en", "es"]


class Routes(Strict):
    """One number for each route a lead can take."""

    sales: NotNegative
    nurture: NotNegative
    discard: NotNegative


class Factors(Routes):
    """What each route does to the probability of converting, and why that is assumed."""

    why: Sentence


class ValueRule(Condition):
    """What a conversion is worth of a lead that meets the condition."""

    value: Positive


class Values(Strict):
    """The value of a conversion by explicit metrics: of the rules the first that holds counts."""

    default: Positive
    by: Annotated[list[ValueRule], Field(min_length=1)]

    @model_validator(mode="after")
    def check_every_rule_counts(self) -> "Values":
        for position, rule in enumerate(self.by):
            if any(earlier.covers(rule) for earlier in self.by[:position]):
                raise ValueError(f"by.{position} never counts: whoever meets it meets an earlier rule")
        return self


class Capacities(Strict):
    """Sales contacts a week by the value of a category: a team for each, and one for all others."""

    by: MetricName
    values: Annotated[dict[str, NotNegativeCount], Field(min_length=1)]
    other: NotNegativeCount

    @model_validator(mode="after")
    def check_somebody_can_call(self) -> "Capacities":
        if "other" in self.values:
            raise ValueError("other stands beside the values, not among them")
        if not self.other + sum(self.values.values()):
            raise ValueError("no team can call anybody")
        return self


class Eligibility(Condition):
    """A condition without which a lead cannot take some routes."""

    routes: Annotated[list[Literal["sales", "nurture"]], Field(min_length=1)]
    why: Sentence


class Review(Strict):
    """Leads a week that somebody looks at before they are routed, and what one look costs."""

    leads_per_week: NotNegativeCount
    cost: NotNegative


def tell_shape(value: Any) -> str:
    return "(table)" if isinstance(value, dict | Strict) else "(number)"


# A tag in brackets is no key: `validate` leaves it out of the name of the key at fault.
Value = Annotated[Annotated[Positive, Tag("(number)")] | Annotated[Values, Tag("(table)")], Discriminator(tell_shape)]
Capacity = Annotated[
    Annotated[Count, Tag("(number)")] | Annotated[Capacities, Tag("(table)")], Discriminator(tell_shape)
]


class Scenario(Strict):
    objective: Name
    title: Annotated[str, Field(min_length=1, max_length=120)]
    sources: list[Name]
    value: Value
    cost: Routes
    factor: Factors
    capacity_per_week: Capacity | None
    decide_at: Age
    eligibility: list[Eligibility]
    review: Review
    required_precision: Share | None
    required_recall: Share | None

    def is_for(self, source: str) -> bool:
        """Return whether the scenario is for a source: for each where it names none."""
        return not self.sources or source in self.sources

    @property
    def default_value(self) -> float:
        """The value of a conversion of a lead that no rule is about."""
        return self.value.default if isinstance(self.value, Values) else self.value

    @property
    def calls_per_week(self) -> int | None:
        """Sales contacts a week of all teams together; none is without limit."""
        capacity = self.capacity_per_week
        return sum(capacity.values.values()) + capacity.other if isinstance(capacity, Capacities) else capacity

    @model_validator(mode="after")
    def check_sales_is_the_full_route(self) -> "Scenario":
        if self.factor.sales != 1:
            raise ValueError("factor.sales must be 1: the history is of leads sales worked on")
        if self.factor.nurture > 1 or self.factor.discard > self.factor.nurture:
            raise ValueError("factors must not increase from sales to nurture to discard")
        if self.cost.nurture > self.cost.sales:
            raise ValueError("cost.nurture must not be above cost.sales: who is called is not nurtured as well")
        return self

    @model_validator(mode="after")
    def check_no_condition_stands_twice(self) -> "Scenario":
        for position, condition in enumerate(self.eligibility):
            said = condition.model_dump(exclude={"why", "routes"})
            for earlier in self.eligibility[:position]:
                if said == earlier.model_dump(exclude={"why", "routes"}) and {*condition.routes} & {*earlier.routes}:
                    raise ValueError(f"eligibility.{position} says again what an earlier condition says")
        return self

    @model_validator(mode="after")
    def check_some_lead_can_be_eligible(self) -> "Scenario":
        metrics = sorted({condition.metric for condition in self.eligibility})
        for route, metric in product(("sales", "nurture"), metrics):
            joint = [each for each in self.eligibility if each.metric == metric and route in each.routes]
            named = [value for condition in joint for value in condition.list_named()]
            # What closed intervals and lists have in common, one of the values they name is part of.
            if joint and not any(all(condition.accepts(value) for condition in joint) for value in named):
                raise ValueError(f"eligibility: no lead can meet all conditions on {metric}")
        return self


class Params(Strict):
    source: Name
    objectives: Annotated[list[Name], Field(min_length=1)]
    intake: Intake
    explicit: Explicit
    implicit: Implicit
    folds: Folds
    model: Model
    audit: Audit
    evaluation: Evaluation
    report: Report
    scenarios: Annotated[dict[Name, Scenario], Field(min_length=1)]

    @model_validator(mode="after")
    def check_scenarios_have_an_objective(self) -> "Params":
        for name, scenario in self.scenarios.items():
            if scenario.objective not in self.objectives:
                raise ValueError(f"scenarios.{name}.objective is none of the objectives")
            # Reports are named after both, and each objective has one named model and one named card.
            if name in self.objectives or name in ("model", "card", "comparison"):
                raise ValueError(
                    f"scenarios.{name}: a scenario cannot be named like an objective, model, card or comparison"
                )
        return self

    def get_scenario(self, name: str) -> Scenario:
        if name not in self.scenarios:
            raise InputError("unknown_scenario", f"no scenario {name!r}", paths.PARAMS)
        return self.scenarios[name]

    def check_objective(self, name: str) -> str:
        if name not in self.objectives:
            raise InputError("unknown_objective", f"no objective {name!r}", paths.PARAMS)
        return name


class Points(Strict):
    points: list[Point]


def load_params(path: Path = paths.PARAMS) -> Params:
    """Return the parameters of a file, with the points of ``points.yaml`` beside it."""
    values, beside = read_yaml(path), path.with_name(paths.POINTS.name)
    points = validate(Points, read_yaml(beside), beside).points
    if isinstance(values, dict) and isinstance(values.get("model"), dict):
        if "points" in values["model"]:
            raise InputError("invalid_value", f"model.points: unknown key; points stand in {beside.name}", path)
        values["model"]["points"] = points
    return validate(Params, values, path)
