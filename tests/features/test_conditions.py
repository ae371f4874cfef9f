import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.features.conditions import (
    describe_condition,
    find_matches,
    find_missing,
)
from src.params import Condition

FEATURES = pd.DataFrame(
    {
        "km_to_site": [5.0, 100.0, 101.0, np.nan],
        "consent": pd.array(["yes", "no", None, "yes"], dtype="str"),
        "has_phone": [1.0, 0.0, 1.0, np.nan],
    }
)


def make_condition(metric: str, **says) -> Condition:
    return Condition(metric=metric, **says)


@pytest.mark.parametrize(
    ("condition", "expected", "words"),
    [
        (make_condition("km_to_site", at_most=100), [1, 1, 0, 0], "km_to_site at most 100"),
        (make_condition("km_to_site", at_least=100), [0, 1, 1, 0], "km_to_site at least 100"),
        (make_condition("has_phone", equals=1), [1, 0, 1, 0], "has_phone equals 1"),
        (make_condition("consent", equals="yes"), [1, 0, 0, 1], "consent equals yes"),
        (make_condition("consent", among=["no", "perhaps"]), [0, 1, 0, 0], "consent among no, perhaps"),
    ],
)
def test_who_meets_a_condition(condition, expected, words):
    """Check each way to say it; whoever's metric is missing meets none."""
    assert find_matches(FEATURES, condition).tolist() == [bool(value) for value in expected]
    assert describe_condition(condition) == words


def test_a_field_is_missing_where_its_metric_is_or_says_so():
    """Check a metric without a value, and one whose 0 says that the field was not given."""
    assert find_missing(FEATURES, make_condition("km_to_site", at_most=1)).tolist() == [False, False, False, True]
    assert find_missing(FEATURES, make_condition("has_phone", equals=1)).tolist() == [False, True, False, True]


NUMBERS, TEXTS = st.sampled_from([-1.0, 0.0, 1.0, 2.5]), st.sampled_from(["a", "b", "1"])
CONDITIONS = st.one_of(
    st.tuples(st.sampled_from(["equals", "at_least", "at_most"]), NUMBERS, st.lists(NUMBERS)),
    st.tuples(st.just("equals"), TEXTS, st.lists(TEXTS)),
    st.tuples(st.just("among"), st.lists(TEXTS, min_size=1), st.lists(TEXTS)),
)


@given(CONDITIONS)
def test_a_table_is_judged_as_its_values_are_one_by_one(case):
    """Check that params.yaml is refused for no other meaning of a condition than leads are judged by."""
    way, named, values = case
    condition = make_condition("x", **{way: named})
    table = pd.DataFrame({"x": pd.Series(values, dtype=float if way != "among" and named != str(named) else "str")})
    assert find_matches(table, condition).tolist() == [condition.accepts(value) for value in values]
