import numpy as np
import pandas as pd
import pytest

from src.policies.decisions import assess_leads
from src.policies.eligibility import describe_eligibility, list_missing_fields
from tests.policies.make import make_rows, make_scenario

NEAR = {"metric": "km_to_site", "at_most": 100, "routes": ["sales", "nurture"], "why": "Too far."}
AGREED = {"metric": "consent", "equals": "yes", "routes": ["nurture"], "why": "Not asked."}
PHONE = {"metric": "has_phone", "equals": 1, "value": 400.0}


def make_case(probability, label, scenario, **features):
    features = pd.DataFrame(features)
    return assess_leads(make_rows(probability, label), features, scenario), features


def test_whom_the_conditions_keep_from_a_route():
    """Check four leads: near, far, of unknown place, near without consent; 0.5 is called and 0.1 nurtured."""
    scenario = make_scenario(eligibility=[NEAR, AGREED])
    consent = pd.array(["yes", "yes", "no", "no"], dtype="str")
    rows, features = make_case(
        [0.5] * 3 + [0.1], [1, 1, 0, 1], scenario, km_to_site=[1, 200, np.nan, 1], consent=consent
    )
    known = pd.DataFrame({"km_to_site": [5.0, 500.0], "consent": pd.array(["no", "Yes"], dtype="str")})
    found = describe_eligibility(rows, features, known, scenario, [])
    near, agreed = found["conditions"]
    assert (near["leads"], near["conversions"], near["missing"], near["only"]) == (2, 1, 1, 1)
    assert near["met_by"] == {"history": 1, "test": 2}
    # Nobody of the history says "yes": a value that is misspelt would be met by nobody.
    assert agreed["met_by"] == {"history": 0, "test": 2}
    # A call of the second would have brought 90, of the third -10.
    assert near["forgone"] == 80
    assert (agreed["leads"], agreed["only"], agreed["why"]) == (2, 1, "Not asked.")
    # Nurturing the fourth would have brought 39; at 0.1 it is called at 100 x 0.1 - 10 >= 0 instead, for 90.
    assert agreed["forgone"] == pytest.approx(39 - 90)
    assert (found["leads"], found["conversions"]) == (3, 2)
    assert found["forgone"] == pytest.approx(80 + 39 - 90)


def test_a_condition_on_what_the_source_lacks_is_said_not_to_apply():
    """Check that it keeps nobody from anything."""
    scenario = make_scenario(eligibility=[NEAR])
    rows = make_rows([0.5])
    found = describe_eligibility(rows, pd.DataFrame(index=[0]), pd.DataFrame(), scenario, ["km_to_site"])
    assert found["conditions"] == [
        {
            "when": "km_to_site at most 100",
            "metric": "km_to_site",
            "why": "Too far.",
            "routes": ["sales", "nurture"],
            "applies": False,
        }
    ]
    assert (found["leads"], found["forgone"], found["without_metric"]) == (0, 0, ["km_to_site"])


def test_leads_worth_a_call_if_only_their_place_were_known():
    """Check that far leads and those not worth a call are not listed, and that half of the known are near."""
    scenario = make_scenario(eligibility=[NEAR])
    rows, features = make_case([0.5, 0.5, 0.1], [0, 0, 0], scenario, km_to_site=[np.nan, 200, np.nan])
    known = pd.DataFrame({"km_to_site": [1, 200, np.nan]})
    assert list_missing_fields(rows, features, known, scenario, seed=1) == [
        {
            "when": "km_to_site at most 100",
            "metric": "km_to_site",
            "leads": 1,
            "share_that_meets": 0.5,
            "expected": pytest.approx(40 / 2),
        }
    ]


def test_a_field_that_two_conditions_bar_is_not_the_only_one():
    """Check a lead that would still lack consent to be called."""
    agreed = AGREED | {"routes": ["sales"]}
    scenario = make_scenario(eligibility=[NEAR, agreed])
    consent = pd.array(["no"], dtype="str")
    rows, features = make_case([0.5], [0], scenario, km_to_site=[np.nan], consent=consent)
    assert list_missing_fields(rows, features, features.assign(km_to_site=1.0), scenario, seed=1) == []


def test_leads_worth_a_call_if_they_gave_what_makes_them_worth_more():
    """Check the cut 0.0375 of leads with a phone: 0.05 would be called, 0.03 not, and whoever has one is."""
    scenario = make_scenario(value={"default": 100.0, "by": [PHONE]})
    rows, features = make_case([0.05, 0.03, 0.05], [0, 0, 0], scenario, has_phone=[0.0, 0.0, 1.0])
    (found,) = list_missing_fields(rows, features, features, scenario, seed=1)
    assert (found["when"], found["leads"], found["share_that_meets"]) == ("has_phone equals 1", 1, 1)
    # 400 x 0.05 - 10 if called, 40 x 0.05 - 1 now.
    assert found["expected"] == pytest.approx(10 - 1)


def test_what_a_field_adds_is_counted_within_the_capacity():
    """Check one call a week: of two leads of 0.6 whose place is missing one takes it from the lead of 0.5.

    Now that is called: 40. Then one is called and two are nurtured: 50 + 23 + 19. Without limit it would be 2 x 50.
    """
    scenario = make_scenario(eligibility=[NEAR], capacity_per_week=1)
    rows, features = make_case([0.6, 0.6, 0.5], [0, 0, 0], scenario, km_to_site=[np.nan, np.nan, 1])
    (found,) = list_missing_fields(rows, features, features.assign(km_to_site=1.0), scenario, seed=1)
    assert (found["leads"], found["share_that_meets"]) == (2, 1)
    assert found["expected"] == pytest.approx(50 + 23 + 19 - 40)
    (unlimited,) = list_missing_fields(
        rows.assign(capacity=np.inf), features, features.assign(km_to_site=1.0), scenario, seed=1
    )
    assert unlimited["expected"] == pytest.approx(100)


def test_under_capacity_chance_decides_who_meets_the_condition():
    """Check a lead of 0.6 beside nobody else, which meets it in half of the draws: about half of 50."""
    scenario = make_scenario(eligibility=[NEAR], capacity_per_week=1)
    rows, features = make_case([0.6], [0], scenario, km_to_site=[np.nan])
    known = pd.DataFrame({"km_to_site": [1.0, 200.0]})
    (found,) = list_missing_fields(rows, features, known, scenario, seed=1)
    assert found["expected"] == pytest.approx(25, abs=12)
    assert found["expected"] % 1 == pytest.approx(0)
