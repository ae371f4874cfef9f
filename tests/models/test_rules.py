import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.features.catalogue import Metric
from src.models.candidates import fit_base_rate, fit_newest, fit_points
from src.models.candidates.rules import FittedPoints, fit_rising_line, give_points
from src.params import Point

# One of four converts where the rank is 0, three of four where it is 1.
LABEL = np.array([1.0, 0, 0, 0, 1, 1, 1, 0])
RANK = np.array([0.0, 0, 0, 0, 1, 1, 1, 1])
VISITS = Metric("visits", "implicit", "counts", "number", "visits", "How often the lead came.", "page_viewed")
COLOUR = Metric("colour", "explicit", "form", "category", "name", "What the lead likes.", "colour")


def test_the_base_rate_is_the_same_for_all():
    """Check that one conversion in four is odds of one to three."""
    fitted = fit_base_rate(np.array([1.0, 0, 0, 0]))
    assert fitted.predict(pd.DataFrame(index=range(2))).tolist() == pytest.approx([-np.log(3)] * 2)


def test_a_line_goes_through_both_rates():
    """Check odds of 1 to 3 at rank 0 and of 3 to 1 at rank 1, in whatever unit the rank is."""
    for unit in (1.0, 250.0):
        assert fit_rising_line(LABEL, unit * RANK) == pytest.approx((-np.log(3), 2 * np.log(3) / unit), abs=1e-6)


@pytest.mark.parametrize("rank", [-RANK, np.zeros(8)])
def test_a_rule_that_is_contradicted_or_says_nothing_promises_the_base_rate(rank):
    """Check that no line falls: one half converts, whatever the rank."""
    assert fit_rising_line(LABEL, rank) == (0.0, 0.0)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(-50, 50)), min_size=2, max_size=40))
def test_a_line_never_falls_and_is_always_a_number(rows):
    """Check slope and intercept for any labels of two classes and any points."""
    label, rank = (np.array(values, float) for values in zip(*rows, strict=True))
    if 0 < label.mean() < 1:
        intercept, slope = fit_rising_line(label, rank)
        assert slope >= 0
        assert np.isfinite(intercept)


def test_newest_first_falls_with_the_logarithm_of_the_age():
    """Check odds of 3 to 1 at once and of 1 to 3 after e - 1 days; an unknown age is the usual one."""
    age = pd.DataFrame({"age_days": (1 - RANK) * (np.e - 1)})
    fitted = fit_newest(age, LABEL)
    found = fitted.predict(pd.DataFrame({"age_days": [0.0, np.e - 1, np.nan]}))
    assert found.tolist() == pytest.approx([np.log(3), -np.log(3), 0.0], abs=1e-6)


@pytest.mark.parametrize("age_days", [0.0, np.nan])
def test_newest_first_of_one_age_is_the_base_rate(age_days):
    """Check that where all leads are of one age, or of none, one half converts whoever it is."""
    rows = pd.DataFrame({"age_days": np.full(8, age_days)})
    assert fit_newest(rows, LABEL).predict(rows).tolist() == pytest.approx([0.0] * 8)


def test_points_are_given_by_hand():
    """Check each condition at, below and above its bound, and that a missing value gives none."""
    features = pd.DataFrame(
        {"visits": [2.0, 3.0, 9.0, np.nan], "colour": pd.Series(["red", "blue", None, "red"], dtype="str")}
    )
    points = [
        Point(metric="visits", at_least=3, points=5),
        Point(metric="visits", at_least=9, points=2),
        Point(metric="colour", equals="red", points=-1),
        Point(metric="visits", equals=2, points=10),
    ]
    given_points = give_points(features, points)
    assert given_points["visits"].tolist() == [10, 5, 7, 0]
    assert given_points["colour"].tolist() == [-1, 0, 0, -1]


def test_points_of_metrics_that_a_source_lacks_are_left_out():
    """Check that the line is through the points of known metrics alone, and saved with them alone."""
    features = pd.DataFrame({"visits": RANK * 3, "colour": pd.Series(["red"] * 8, dtype="str")})
    points = [Point(metric="visits", at_least=3, points=10), Point(metric="unheard_of", at_least=1, points=99)]
    fitted = fit_points(features, LABEL, [VISITS, COLOUR], points)
    assert fitted.points == points[:1]
    assert fitted.log_odds == pytest.approx(-np.log(3), abs=1e-6)
    assert fitted.slope == pytest.approx(2 * np.log(3) / 10, abs=1e-6)
    base, parts = fitted.contribute(features)
    assert list(parts) == ["visits"]
    assert (base + parts["visits"]).tolist() == pytest.approx((np.log(3) * (2 * RANK - 1)).tolist(), abs=1e-6)


def test_without_points_all_leads_are_equal():
    """Check the base rate where none of the points is of a metric of the source."""
    features = pd.DataFrame({"visits": RANK})
    fitted = fit_points(features, LABEL, [VISITS], [Point(metric="unheard_of", at_least=1, points=9)])
    assert fitted.predict(features).tolist() == [0.0] * 8


def test_leads_with_as_many_points_have_one_probability():
    """Check that points which add up to the same in other parts leave no last digit to rank leads by."""
    points = [
        Point(metric="visits", at_least=1, points=10),
        Point(metric="colour", equals="red", points=25),
        Point(metric="colour", equals="blue", points=35),
    ]
    rows = pd.DataFrame({"visits": [1.0, 0.0], "colour": ["red", "blue"]})
    for slope in np.linspace(0.01, 0.09, 50):
        first, second = FittedPoints(-1.7, float(slope), points).predict(rows)
        assert first == second
