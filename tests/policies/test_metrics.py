import pytest

from src.features.catalogue import Metric
from src.policies.metrics import find_lacking, list_metrics
from src.stage import InputError
from tests.policies.make import make_scenario

CATALOGUE = [
    Metric(name, "explicit", "made", kind, "unit", "Made.", "made")
    for name, kind in (("km_to_site", "number"), ("consent", "category"), ("has_phone", "number"))
]


def make_asking(**condition):
    """Return a scenario with one condition of eligibility."""
    return make_scenario(eligibility=[{"routes": ["sales"], "why": "Because."} | condition])


def test_a_metric_that_the_source_lacks_is_told_from_one_that_nobody_knows():
    """Check that a metric of the project is listed as lacking, and a misspelt one refused by name."""
    assert find_lacking(make_asking(metric="km_to_site", at_most=9), CATALOGUE) == []
    assert find_lacking(make_asking(metric="is_in_market", equals=1), CATALOGUE) == ["is_in_market"]
    with pytest.raises(InputError, match=r"unknown_metric.*'km_to_sight'"):
        find_lacking(make_asking(metric="km_to_sight", at_most=9), CATALOGUE)


@pytest.mark.parametrize(
    "condition",
    [
        {"metric": "km_to_site", "equals": "near"},
        {"metric": "km_to_site", "among": ["5"]},
        {"metric": "consent", "at_least": 1},
        {"metric": "consent", "equals": 1},
    ],
)
def test_a_text_is_not_compared_with_a_number(condition):
    """Check that a condition which could never hold is refused."""
    with pytest.raises(InputError, match=f"wrong_type.*{condition['metric']} is a"):
        find_lacking(make_asking(**condition), CATALOGUE)


def test_teams_are_told_by_a_category():
    """Check that a number is refused, and that the metric counts among those the scenario names."""
    teams = {"values": {"yes": 3}, "other": 1}
    with pytest.raises(InputError, match="teams need a category"):
        find_lacking(make_scenario(capacity_per_week={"by": "km_to_site"} | teams), CATALOGUE)
    by = {"default": 1.0, "by": [{"metric": "has_phone", "equals": 1, "value": 2.0}]}
    scenario = make_scenario(capacity_per_week={"by": "consent"} | teams, value=by)
    assert list_metrics(scenario) == ["has_phone", "consent"]
    assert find_lacking(scenario, CATALOGUE) == []
