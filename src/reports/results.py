"""Everything a page shows, read once and typed: what the stages computed, in one place; nothing is computed here."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from src import paths
from src.evaluation.trust import find_faults, find_share_known, measure_baseline
from src.features.catalogue import Metric, read_catalogue
from src.features.conditions import describe_condition
from src.files import read_json
from src.params import Condition, Params, Scenario, Values, load_params
from src.policies.results import Figures, PolicyResults, read_policy
from src.reports.alerts import list_data_alerts, list_unmet
from src.reports.language import gettext, use_language
from src.reports.names import write_condition, write_objective, write_policy
from src.stage import InputError

CHOSEN = "two_cuts"
"""The name of the chosen policy in the results."""

UNAIDED = ("call_everyone", "call_no_one", "nurture_everyone", "newest_first", "points")
"""The baselines that ask no model."""

CATALOGUES = (paths.EXPLICIT_CATALOGUE, paths.IMPLICIT_CATALOGUE, paths.TOTALS_CATALOGUE)


class Facts(dict):
    """Figures of an evaluation, whose keys are attributes too: ``metrics.test.roc_auc``."""

    def __init__(self, values: dict[str, Any]):
        super().__init__({key: freeze(value) for key, value in values.items()})

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(name) from error


def freeze(value: Any) -> Any:
    if isinstance(value, dict):
        return Facts(value)
    return [freeze(each) for each in value] if isinstance(value, list) else value


def read_facts(path: Path, source: str) -> Facts:
    """Return the figures in `path`, which must be of the `source` that is reported.

    Raises
    ------
    InputError
        ``stale_figures`` where they are of another source: a page would mix the two.
    """
    figures = Facts(read_json(path))
    if figures["source"] != source:
        raise InputError("stale_figures", f"these are of {figures['source']}, not of {source}; run dvc repro", path)
    return figures


@dataclass(frozen=True)
class ScenarioResults:
    """What is known of a scenario; without a `policy` its objective does not apply to the source.

    Attributes
    ----------
    name, source : str
    confidence : float
    scenario : Scenario
        Of ``params.yaml``.
    policy : PolicyResults or None
    metrics : Facts
        Of the objective's probabilities, ``metrics/<objective>.json``.
    intake : Facts
    thresholds, weeks, calls, calibration, gains : DataFrame
    explorer : dict or None
        `build_explorer`.
    """

    name: str
    source: str
    confidence: float
    scenario: Scenario
    policy: PolicyResults | None
    metrics: Facts
    intake: Facts
    thresholds: pd.DataFrame = field(repr=False)
    weeks: pd.DataFrame = field(repr=False)
    calls: pd.DataFrame = field(repr=False)
    calibration: pd.DataFrame = field(repr=False)
    explorer: dict[str, Any] | None = field(repr=False)

    @property
    def is_applicable(self) -> bool:
        return self.policy is not None

    @property
    def objective(self) -> str:
        return write_objective(self.scenario.objective)

    @property
    def other_sources(self) -> list[str]:
        """The sources that the scenario is for, where this one is not among them."""
        return [] if self.scenario.is_for(self.source) else self.scenario.sources

    @property
    def link(self) -> str:
        return f"{self.scenario.objective}/{self.name}.html"

    @property
    def calls_per_week(self) -> int | None:
        return self.scenario.calls_per_week

    @property
    def is_dated(self) -> bool:
        return bool(self.metrics.data.is_dated)

    @cached_property
    def conditions(self) -> dict[str, Condition]:
        """The conditions and value rules of the scenario by the words in which the results name them."""
        rules = self.scenario.value.by if isinstance(self.scenario.value, Values) else []
        known = [*self.scenario.eligibility, *rules]
        return {describe_condition(condition): condition for condition in known}

    def say_when(self, when: str) -> str:
        """Return a condition of the results as a person would say it."""
        return write_condition(self.conditions[when]) if when in self.conditions else when

    def say_policy(self, policy: str) -> str:
        return write_policy(policy, self.calls_per_week)

    @property
    def best_unaided(self) -> str:
        """The best rule that asks no model."""
        return self.policy.difference_unaided.baseline

    @property
    def whole_weeks(self) -> pd.DataFrame:
        """The weeks of the chosen policy that no end of the test cuts off; all where there is no other."""
        weeks = self.weeks[self.weeks["policy"] == CHOSEN]
        return weeks[weeks["is_whole"]] if weeks["is_whole"].any() else weeks

    def list_policies(self) -> dict[str, Figures]:
        """Return the chosen policy, then the baselines by what they bring."""
        ordered = sorted(self.policy.baselines.items(), key=lambda item: -item[1].profit)
        return {CHOSEN: self.policy.test, **dict(ordered)}

    @property
    def alerts(self) -> list[str]:
        return [*list_data_alerts(self.objective, self.metrics), *list_unmet(self)]


def speak(params: Params) -> None:
    """Write whatever follows in the language of the reports, amounts in the currency of the source."""
    use_language(params.report.language, read_json(paths.INTAKE)["currency"])


def load_scenario(name: str) -> ScenarioResults:
    """Return the results of a scenario of ``params.yaml``, and write whatever follows in its language."""
    params = load_params()
    speak(params)
    return read_scenario(name, params)


def read_scenario(name: str, params: Params) -> ScenarioResults:
    scenario = params.get_scenario(name)
    objective = scenario.objective
    policy = read_policy(paths.policy(objective, name), params.source)
    frames = {
        "thresholds": paths.thresholds(objective, name),
        "weeks": paths.weeks(objective, name),
        "calls": paths.calls(objective, name),
        "calibration": paths.plots(objective) / "calibration.csv",
    }
    return ScenarioResults(
        name=name,
        source=params.source,
        confidence=params.evaluation.confidence,
        scenario=scenario,
        policy=policy,
        metrics=read_facts(paths.metrics(objective), params.source),
        intake=Facts(read_json(paths.INTAKE)),
        **{key: pd.read_csv(path) if policy else pd.DataFrame() for key, path in frames.items()},
        explorer=read_json(paths.explorer(objective, name))["explorer"] if policy else None,
    )


@dataclass(frozen=True)
class ModelResults:
    """What is known of an objective's model, as its stages wrote it.

    Attributes
    ----------
    name, source : str
    confidence : float
    metrics, audit, objectives, newsletters, understood, intake : Facts
    catalogue : list of Metric
        Every feature of the source, explicit ones first.
    """

    name: str
    source: str
    confidence: float
    metrics: Facts
    intake: Facts
    audit: Facts = field(default_factory=lambda: Facts({}), repr=False)
    objectives: Facts = field(default_factory=lambda: Facts({}), repr=False)
    newsletters: Facts = field(default_factory=lambda: Facts({}), repr=False)
    understood: Facts = field(default_factory=lambda: Facts({}), repr=False)
    catalogue: list[Metric] = field(default_factory=list, repr=False)

    @property
    def is_applicable(self) -> bool:
        return bool(self.metrics["applicable"])

    @property
    def objective(self) -> str:
        return write_objective(self.name)

    @property
    def other_sources(self) -> list[str]:
        """None: a model is of the source it was learned from."""
        return []

    @property
    def is_dated(self) -> bool:
        return bool(self.metrics.data.is_dated)

    @property
    def alerts(self) -> list[str]:
        return list_data_alerts(self.objective, self.metrics)

    @property
    def baseline_loss(self) -> float:
        """The log loss of giving every lead the rate of the training period."""
        return measure_baseline(self.metrics.data.base_rate_history, self.metrics.test.base_rate)

    @property
    def share_known(self) -> float | None:
        """Which share of what can be known the model knows; None where the truth is unknown."""
        return find_share_known(self.metrics, self.baseline_loss)

    @property
    def faults(self) -> list[str]:
        """In which ways the probabilities fail beyond chance."""
        return find_faults(self.metrics.test)


def load_model(name: str) -> ModelResults:
    """Return the results of an objective's model, and write whatever follows in its language."""
    params = load_params()
    speak(params)
    return read_model(params.check_objective(name), params)


def read_model(name: str, params: Params) -> ModelResults:
    source = params.source
    metrics, intake = read_facts(paths.metrics(name), source), Facts(read_json(paths.INTAKE))
    first: dict[str, Any] = {"name": name, "source": source, "confidence": params.evaluation.confidence}
    if not metrics["applicable"]:
        return ModelResults(**first, metrics=metrics, intake=intake)
    return ModelResults(
        **first,
        metrics=metrics,
        intake=intake,
        audit=read_facts(paths.audit(name), source),
        objectives=read_facts(paths.OBJECTIVES, source),
        newsletters=read_facts(paths.NEWSLETTERS, source),
        understood=read_facts(paths.UNDERSTOOD, source),
        catalogue=[metric for path in CATALOGUES for metric in read_catalogue(path)],
    )


@dataclass(frozen=True)
class Overview:
    """Every scenario and objective of the source, for the pages that show several."""

    source: str
    confidence: float
    intake: Facts
    scenarios: dict[str, ScenarioResults]
    objectives: dict[str, Facts]
    audits: dict[str, Facts]
    moves: list[Facts]
    pairs: list[Facts]

    @property
    def applicable(self) -> dict[str, ScenarioResults]:
        return {name: results for name, results in self.scenarios.items() if results.is_applicable}

    @property
    def is_applicable(self) -> bool:
        return bool(self.applicable)

    @property
    def known(self) -> dict[str, Facts]:
        """The figures of the objectives that apply to the source."""
        return {name: figures for name, figures in self.objectives.items() if figures["applicable"]}

    @property
    def alerts(self) -> list[str]:
        """What a reader must know of the data: what holds for the whole source is said once."""
        found = []
        for name, figures in self.objectives.items():
            objective = write_objective(name)
            if figures["applicable"]:
                found += list_data_alerts(objective, figures)
            else:
                said = {"source": self.source, "objective": objective}
                found.append(
                    gettext("%(source)s does not say which leads end in %(objective)s: not applicable.") % said
                )
        unmet = [alert for results in self.applicable.values() for alert in list_unmet(results)]
        return list(dict.fromkeys([*found, *unmet]))


def load_overview() -> Overview:
    """Return every scenario and objective, and write whatever follows in their language."""
    params = load_params()
    speak(params)
    objectives = {name: read_facts(paths.metrics(name), params.source) for name in params.objectives}
    known = [name for name, figures in objectives.items() if figures["applicable"]]
    return Overview(
        source=params.source,
        confidence=params.evaluation.confidence,
        intake=Facts(read_json(paths.INTAKE)),
        scenarios={name: read_scenario(name, params) for name in params.scenarios},
        objectives=objectives,
        audits={name: read_facts(paths.audit(name), params.source) for name in known},
        moves=read_facts(paths.COMPARISON, params.source).moves,
        pairs=read_facts(paths.OBJECTIVES, params.source).pairs,
    )
