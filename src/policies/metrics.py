"""Which metrics a scenario names, whether they are there, and what the source lacks of them."""

from src import paths
from src.features.catalogue import Metric
from src.features.conditions import describe_condition
from src.params import Capacities, Condition, Scenario, Values
from src.stage import InputError


def list_conditions(scenario: Scenario) -> list[Condition]:
    """Return every condition of the scenario, those of its values first."""
    rules = scenario.value.by if isinstance(scenario.value, Values) else []
    return [*rules, *scenario.eligibility]


def list_metrics(scenario: Scenario) -> list[str]:
    """Return the metrics that the scenario names, each once, in its order."""
    capacity = scenario.capacity_per_week
    teams = [capacity.by] if isinstance(capacity, Capacities) else []
    return list(dict.fromkeys([*(condition.metric for condition in list_conditions(scenario)), *teams]))


def find_lacking(scenario: Scenario, catalogue: list[Metric]) -> list[str]:
    """Return the metrics that the scenario names and the source lacks.

    Parameters
    ----------
    scenario : Scenario
    catalogue : list of Metric
        The explicit metrics that the source has.

    Raises
    ------
    InputError
        ``unknown_metric`` where no source could have the metric; ``wrong_type`` where a condition
        compares a text with a number.
    """
    types = {metric.name: metric.type for metric in catalogue}
    lacking = [name for name in list_metrics(scenario) if name not in types]
    unknown = sorted(set(lacking) - list_known()) if lacking else []
    if unknown:
        message = f"no explicit metric is called {unknown[0]!r}; data/features/explicit_catalogue.json has them all"
        raise InputError("unknown_metric", f"{scenario.title}: {message}", paths.PARAMS)
    for condition in list_conditions(scenario):
        wanted = "category" if isinstance(condition.list_named()[0], str) else "number"
        if types.get(condition.metric, wanted) != wanted:
            message = (
                f"{condition.metric} is a {types[condition.metric]}: {describe_condition(condition)!r} never holds"
            )
            raise InputError("wrong_type", f"{scenario.title}: {message}", paths.PARAMS)
    capacity = scenario.capacity_per_week
    if isinstance(capacity, Capacities) and types.get(capacity.by) == "number":
        message = f"teams need a category, and {capacity.by} is a number"
        raise InputError("wrong_type", f"{scenario.title}: {message}", paths.PARAMS)
    return lacking


def list_known() -> set[str]:
    """Return the explicit metrics that the project can compute, whatever the source."""
    # Needed only where the source lacks a metric, and slow to import.
    from src.features.explicit_metrics import company, contact, form, job_title, location, offer, person, spam

    rooms = (company, contact, form, job_title, location, offer, person, spam)
    return {metric.name for room in rooms for metric in room.METRICS}
