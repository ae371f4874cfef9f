"""The typed parameters of ``params.yaml``; why each has its value is said there.

Nothing has a default here: a key that is missing, unknown or out of range is refused by
name when the file is loaded.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from src import paths
from src.stage import InputError

# A name ends up in paths and in DVC's stage names: letters, digits and underscores only.
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Age = Annotated[str, Field(pattern=r"^\d{1,4}[hd]$")]
Share = Annotated[float, Field(gt=0, lt=1)]
Auc = Annotated[float, Field(ge=0.5, lt=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Intake(Strict):
    max_rejected_share: Annotated[float, Field(ge=0, le=1)]
    bucket_leads: Count


class Markets(Strict):
    """Where the company can sell: in these countries, and in some only in these regions."""

    countries: list[Country]
    regions: list[Annotated[str, Field(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$")]]


class Site(Strict):
    """A place at which an offer happens."""

    name: Annotated[str, Field(min_length=1)]
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]


class Explicit(Strict):
    default_country: Country
    markets: Markets
    sites: list[Site]
    target_functions: list[str]
    target_sectors: list[Annotated[str, Field(pattern=r"^[A-U]$")]]
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


class Point(Strict):
    """Points for a metric that is at least a number, or that equals a value."""

    metric: Annotated[str, Field(min_length=1)]
    at_least: float | None = None
    equals: str | float | None = None
    points: float

    @model_validator(mode="after")
    def check_one_condition(self) -> "Point":
        if (self.at_least is None) == (self.equals is None):
            raise ValueError("say either at_least or equals")
        return self


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


class Routes(Strict):
    """One number for each route a lead can take."""

    sales: NotNegative
    nurture: NotNegative
    discard: NotNegative


class Scenario(Strict):
    objective: Name
    title: Annotated[str, Field(min_length=1, max_length=120)]
    value: Positive
    cost: Routes
    factor: Routes
    capacity_per_week: Count | None
    decide_at: Age

    @model_validator(mode="after")
    def check_sales_is_the_full_route(self) -> "Scenario":
        if self.factor.sales != 1:
            raise ValueError("factor.sales must be 1: the history is of leads sales worked on")
        if self.factor.nurture > 1 or self.factor.discard > self.factor.nurture:
            raise ValueError("factors must not increase from sales to nurture to discard")
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
    scenarios: Annotated[dict[Name, Scenario], Field(min_length=1)]

    @model_validator(mode="after")
    def check_scenarios_have_an_objective(self) -> "Params":
        for name, scenario in self.scenarios.items():
            if scenario.objective not in self.objectives:
                raise ValueError(f"scenarios.{name}.objective is none of the objectives")
            # Reports are named after both, and each objective has one named model and one named card.
            if name in self.objectives or name in ("model", "card"):
                raise ValueError(f"scenarios.{name}: a scenario cannot be named like an objective, model or card")
        return self

    def get_scenario(self, name: str) -> Scenario:
        if name not in self.scenarios:
            raise InputError("unknown_scenario", f"no scenario {name!r}", paths.PARAMS)
        return self.scenarios[name]

    def check_objective(self, name: str) -> str:
        if name not in self.objectives:
            raise InputError("unknown_objective", f"no objective {name!r}", paths.PARAMS)
        return name


class UniqueKeyLoader(yaml.SafeLoader):
    """PyYAML's safe loader, which also refuses repeated keys and aliases (alias bombs)."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError(f"aliases are not allowed (line {self.peek_event().start_mark.line + 1})")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        repeated = [key for key in keys if keys.count(key) > 1]
        if repeated:
            raise yaml.YAMLError(f"key {repeated[0]!r} stands twice (line {node.start_mark.line + 1})")
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> Any:
    """Read a YAML file with plain values only."""
    if not path.is_file():
        raise InputError("missing_file", "there is no such file", path)
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=UniqueKeyLoader)
    except RecursionError:
        raise InputError("unreadable_yaml", "it is nested too deeply", path) from None
    # ValueError: text that is not UTF-8, or a date or number that cannot be, such as 2026-13-45.
    except (yaml.YAMLError, ValueError) as error:
        raise InputError("unreadable_yaml", str(error), path) from None


def validate(model: type[BaseModel], value: Any, path: Path) -> Any:
    """Return `value` as a `model`, or one error that names the first key at fault."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        faults = error.errors()
        key = ".".join(str(part) for part in faults[0]["loc"]) or "(the whole file)"
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        what = {"extra_forbidden": "unknown key", "missing": "missing key"}.get(faults[0]["type"], faults[0]["msg"])
        raise InputError("invalid_value", f"{key}: {what}{more}", path) from None


def load_params(path: Path = paths.PARAMS) -> Params:
    return validate(Params, read_yaml(path), path)
