import re

import pytest

from src.params import Condition, Scenario
from src.paths import PARAMS
from src.stage import InputError
from src.strict import validate
from tests.policies.make import describe_scenario, make_scenario

FAR = {"metric": "km_to_site", "at_most": 100, "routes": ["sales"], "why": "Too far."}
RULE = {"metric": "has_phone", "equals": 1, "value": 30.0}
TEAMS = {"by": "region", "values": {"ES-M": 10}, "other": 3}


def test_a_number_or_a_table_says_what_a_conversion_is_worth():
    """Check both shapes, and the value of whom no rule is about."""
    assert make_scenario().default_value == 100
    assert make_scenario(value={"default": 12.0, "by": [RULE]}).default_value == 12


def test_the_calls_of_all_teams_are_summed():
    """Check a number, a table and no limit."""
    assert make_scenario(capacity_per_week=TEAMS).calls_per_week == 13
    assert make_scenario(capacity_per_week=40).calls_per_week == 40
    assert make_scenario().calls_per_week is None


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ({"value": 0}, "value: Input should be greater than 0"),
        ({"value": -3}, "value: "),
        ({"value": "much"}, "value: "),
        ({"value": {"default": 12.0}}, "value.by: missing key"),
        ({"value": {"default": 12.0, "by": []}}, "value.by: "),
        ({"value": {"default": -1, "by": [RULE]}}, "value.default: "),
        ({"value": {"default": 12.0, "by": [RULE | {"value": 0}]}}, "value.by.0.value: "),
        ({"value": {"default": 12.0, "by": [RULE, RULE | {"value": 5.0}]}}, "value: Value error, by.1 never counts"),
        ({"value": {"default": 12.0, "by": [RULE | {"at_least": 1}]}}, "value.by.0: Value error, say exactly one of"),
        ({"value": {"default": 12.0, "by": [{"metric": "has_phone", "value": 3}]}}, "say exactly one of"),
        ({"value": {"default": 12.0, "by": [RULE | {"equals": True}]}}, "write 1 or 0 for a metric of yes/no"),
        ({"value": {"default": 12.0, "by": [RULE | {"metric": "x; touch PWNED"}]}}, "value.by.0.metric: "),
        ({"capacity_per_week": 0}, "capacity_per_week: "),
        ({"capacity_per_week": -4}, "capacity_per_week: "),
        ({"capacity_per_week": {"by": "region", "values": {"ES-M": 10}}}, "capacity_per_week.other: missing key"),
        ({"capacity_per_week": TEAMS | {"values": {"ES-M": -1}}}, "capacity_per_week.values.ES-M: "),
        ({"capacity_per_week": TEAMS | {"values": {"ES-M": 0}, "other": 0}}, "no team can call anybody"),
        ({"capacity_per_week": TEAMS | {"values": {"other": 2}}}, "other stands beside the values"),
        ({"eligibility": [FAR | {"why": ""}]}, "eligibility.0.why: "),
        ({"eligibility": [FAR | {"routes": []}]}, "eligibility.0.routes: "),
        ({"eligibility": [FAR | {"routes": ["discard"]}]}, "eligibility.0.routes.0: "),
        ({"eligibility": [FAR | {"weight": 1}]}, "eligibility.0.weight: unknown key"),
        ({"eligibility": [FAR, FAR | {"why": "Again."}]}, "eligibility.1 says again what an earlier condition says"),
        ({"cost": (5.0, 5.5, 0.0)}, "cost.nurture must not be above cost.sales"),
        ({"review": {"leads_per_week": -1, "cost": 1.0}}, "review.leads_per_week: "),
        ({"review": {"leads_per_week": 1, "cost": -1.0}}, "review.cost: "),
        ({"required_precision": 1.2}, "required_precision: "),
        ({"required_recall": 0}, "required_recall: "),
    ],
)
def test_what_is_negative_missing_or_impossible_is_refused_by_name(keys, fault):
    """Check that the refusal names the key, without the shapes that a union has inside."""
    with pytest.raises(InputError, match=re.escape(fault)) as caught:
        validate(Scenario, describe_scenario(**keys), PARAMS)
    assert "(number)" not in str(caught.value)
    assert "(table)" not in str(caught.value)


@pytest.mark.parametrize(
    ("first", "second", "is_refused"),
    [
        ({"at_most": 100}, {"at_least": 101}, True),
        ({"at_most": 100}, {"at_least": 100}, False),
        ({"at_least": 3}, {"at_least": 7}, False),
        ({"equals": 1}, {"equals": 0}, True),
        ({"equals": 1}, {"at_least": 0.5}, False),
        ({"equals": "yes"}, {"among": ["no"]}, True),
        ({"among": ["a", "b"]}, {"among": ["b", "c"]}, False),
        ({"equals": "yes"}, {"at_least": 1}, True),
    ],
)
def test_conditions_that_exclude_each_other_are_refused(first, second, is_refused):
    """Check pairs on one metric and route; on different routes they are allowed."""
    joint = [{"metric": "x", "routes": ["sales"], "why": "Because."} | condition for condition in (first, second)]
    apart = [joint[0], joint[1] | {"routes": ["nurture"]}]
    make_scenario(eligibility=apart)
    if is_refused:
        with pytest.raises(InputError, match="no lead can meet all conditions on x"):
            validate(Scenario, describe_scenario(eligibility=joint), PARAMS)
    else:
        make_scenario(eligibility=joint)


def test_conditions_that_agree_in_pairs_only_are_refused():
    """Check three lists of which any two share a region, and all three none."""
    lists = [["a", "b"], ["b", "c"], ["a", "c"]]
    joint = [{"metric": "x", "among": among, "routes": ["nurture"], "why": "Because."} for among in lists]
    with pytest.raises(InputError, match="no lead can meet all conditions on x"):
        validate(Scenario, describe_scenario(eligibility=joint), PARAMS)
    make_scenario(eligibility=joint[:2])


@pytest.mark.parametrize(
    ("first", "second", "is_refused"),
    [
        ({"at_most": 30}, {"at_most": 20}, True),
        ({"at_most": 20}, {"at_most": 30}, False),
        ({"at_least": 1}, {"at_least": 2}, True),
        ({"at_least": 1}, {"equals": 1}, True),
        ({"equals": 1}, {"at_least": 1}, False),
        ({"at_most": 1}, {"at_least": 1}, False),
        ({"among": ["a", "b"]}, {"equals": "b"}, True),
        ({"equals": "a"}, {"among": ["a", "b"]}, False),
    ],
)
def test_a_rule_of_values_that_never_counts_is_refused(first, second, is_refused):
    """Check rules that hold only where an earlier one does; of another metric they are allowed."""
    rules = [{"metric": "x", "value": 30.0} | first, {"metric": "x", "value": 20.0} | second]
    make_scenario(value={"default": 12.0, "by": [rules[0], rules[1] | {"metric": "y"}]})
    if is_refused:
        with pytest.raises(InputError, match=r"by\.1 never counts"):
            validate(Scenario, describe_scenario(value={"default": 12.0, "by": rules}), PARAMS)
    else:
        make_scenario(value={"default": 12.0, "by": rules})


def test_what_is_not_twice_the_same_is_no_error():
    """Check one condition for each route with its own reason, two bounds on one metric, and costs that are equal."""
    make_scenario((5.0, 5.0, 0.0), eligibility=[FAR, FAR | {"routes": ["nurture"], "why": "Nor by e-mail."}])
    make_scenario(eligibility=[FAR, {"metric": "km_to_site", "at_least": 1, "routes": ["sales"], "why": "Odd."}])


def test_a_dominated_nurture_is_no_error():
    """Check that a route which never pays may stand in a scenario."""
    make_scenario((10, 5, 0), (0.1, 0.0))


@pytest.mark.parametrize(
    ("says", "accepted", "refused"),
    [
        ({"equals": 1}, 1.0, 0.0),
        ({"equals": "yes"}, "yes", "no"),
        ({"at_least": 2}, 2.0, 1.9),
        ({"at_most": 2}, 2.0, 2.1),
        ({"among": ["a", "b"]}, "b", "c"),
        ({"among": ["1"]}, "1", 1.0),
    ],
)
def test_a_condition_accepts_what_it_says(says, accepted, refused):
    """Check one value within and one without."""
    condition = Condition.model_validate({"metric": "x"} | says)
    assert condition.accepts(accepted)
    assert not condition.accepts(refused)
