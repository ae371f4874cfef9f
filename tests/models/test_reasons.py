import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.features.catalogue import Metric
from src.models.calibration import Calibrator
from src.models.candidates import FAMILIES
from src.models.forward import fit_family
from src.models.reasons import (
    WEAKEST,
    choose_strongest,
    explain_leads,
    grade_leads,
    learn_usual,
    list_reasons,
    name_family,
    say_value,
    take_evenly,
)
from src.models.saved import SavedModel, Usual, load_model, save_model


class Additive:
    """A fitted candidate whose contributions are the values of the features themselves, on a base of -2."""

    def predict(self, features):
        base, parts = self.contribute(features)
        return base + parts.sum(axis=1).to_numpy()

    def contribute(self, features):
        parts = features.drop(columns=["lead_id", "colour"], errors="ignore").reset_index(drop=True)
        return np.full(len(features), -2.0), parts


def make_metric(name: str, kind: str, group: str, type_: str = "number", unit: str = "points") -> Metric:
    return Metric(name, kind, group, type_, unit, "One.", "made up")


CATALOGUE = [
    make_metric("age_days", "implicit", "age"),
    make_metric("has_phone", "explicit", "contact", unit="yes/no"),
    make_metric("has_email", "explicit", "contact", unit="yes/no"),
    make_metric("km_to_site", "explicit", "location"),
    make_metric("visits_7d", "implicit", "last 7 days"),
    make_metric("visits_30d", "implicit", "last 30 days"),
]
ROWS = pd.DataFrame(
    {
        "lead_id": ["a", "b"],
        "age_days": [0.0, 0.0],
        "has_phone": [1.0, 0.0],
        "has_email": [0.0, 0.0],
        "km_to_site": [-3.0, 5.0],
        "visits_7d": [2.0, 0.0],
        "visits_30d": [-1.0, 0.0],
    },
    index=[4, 9],
)


@pytest.fixture
def model():
    """Return a model with slope 2 and level 0.5, whose usual lead is the mean of the rows."""
    saved = SavedModel("logistic", Additive(), Calibrator("temperature", 0.5, 2.0), CATALOGUE, 7.0, 0, recentring=0.25)
    return learn_usual(saved, ROWS, min_leads=1)


def test_groups_are_told_beyond_the_usual_lead(model):
    """Check each contribution: twice the distance to the mean, windows of one kind of count being one group.

    The base is 0.5 + 0.25 + 2 (-2 + 0.5 + 0 + 1 + 1 - 0.5).
    """
    found = explain_leads(model, ROWS)
    assert found.columns.tolist() == [
        ("base", "base"),
        ("fit", "contact"),
        ("fit", "location"),
        ("engagement", "how often"),
    ]
    assert found.to_numpy().tolist() == [[0.75, 1.0, -8.0, 1.0], [0.75, -1.0, 8.0, -1.0]]
    assert found.index.tolist() == [4, 9]


def test_reasons_name_the_metric_that_moved_the_group_most(model):
    """Check texts, their order and signs; of the counts the week's moved it, and not the month's."""
    found = list_reasons(model, ROWS)
    assert found.loc[4, "reasons_for"] == "contact: has phone = yes (+1.00); how often: visits 7d = 2 (+1.00)"
    assert found.loc[4, "reasons_against"] == "location: km to site = -3 (-8.00)"
    assert found.loc[9, "reasons_for"] == "location: km to site = 5 (+8.00)"
    assert found.loc[9, "reasons_against"] == "contact: has phone = no (-1.00); how often: visits 7d = 0 (-1.00)"


def test_usual_lead_has_no_reasons(model):
    """Check a lead that has the mean of everything."""
    usual = ROWS.assign(has_phone=0.5, km_to_site=1.0, visits_7d=1.0, visits_30d=-0.5)
    assert list_reasons(model, usual).isna().all(axis=None)


def test_three_groups_at_most_and_only_strong_ones():
    """Check order, ties in the order of the groups, and that what is weaker than 0.05 is left out."""
    strengths = np.array([[0.1, 0.4, 0.1, 0.2], [0.04, -1.0, 0.05, 0.0]])
    assert choose_strongest(strengths) == [(0, 1), (0, 3), (0, 0), (1, 2)]


@given(st.lists(st.lists(st.floats(-3, 3), min_size=5, max_size=5), min_size=1, max_size=5))
def test_nothing_that_is_left_out_is_stronger(strengths):
    """Check that every group that is not told is weak or no stronger than the told ones."""
    values = np.array(strengths)
    told = choose_strongest(values)
    for row in range(len(values)):
        groups = [group for number, group in told if number == row]
        left = [values[row, group] for group in range(5) if group not in groups]
        assert all(value < WEAKEST or (len(groups) == 3 and value <= min(values[row, groups])) for value in left)


@pytest.mark.parametrize("family", FAMILIES)
def test_reasons_add_up_exactly_and_centring_moves_no_probability(
    family, make_history, catalogue, model_params, tmp_path
):
    """Check every family, also after it was saved: contributions of groups, and of parts, are the log-odds."""
    history = make_history(200, seed=31)
    fitted = fit_family(family, history, catalogue, model_params, 10)
    plain = SavedModel(family, fitted, Calibrator("temperature", -0.3, 0.8), catalogue, 7.0, 10)
    model = learn_usual(plain, history, min_leads=5)
    save_model(model, history[["lead_id"]], "made_up", tmp_path / "model")
    assert load_model(tmp_path / "model") == model
    assert (model.predict(history) == plain.predict(history)).all()
    explained = explain_leads(model, history)
    assert np.abs(explained.sum(axis=1) - model.predict_log_odds(history)).max() < 1e-9
    parts = explained.T.groupby(level="part").sum().T
    expected = model.explain(history)
    for part in parts:
        np.testing.assert_allclose(parts[part], expected[part], rtol=0, atol=1e-9)
    # Beyond the usual lead, the history's leads have nothing on average.
    np.testing.assert_allclose(expected[["fit", "engagement"]].mean(), 0, atol=1e-9)


def test_no_leads_have_no_reasons(model):
    """Check that an empty day keeps its columns."""
    assert explain_leads(model, ROWS.head(0)).shape == (0, 4)
    assert list_reasons(model, ROWS.head(0)).columns.tolist() == ["reasons_for", "reasons_against"]


def test_grades_are_quarters_of_the_history(model):
    """Check values at and beside each cut: A and 1 are above the highest quartile, a cut belongs below.

    At an age between two the cuts are those of the one before.
    """
    cuts = {"fit": [-1.0, 0.0, 1.0], "engagement": [-1.0, 0.0, 1.0]}
    usual = Usual(cuts={"0": cuts, "7": cuts | {"engagement": [-3.0, -2.5, -2.2]}})
    graded = grade_leads(
        SavedModel("logistic", Additive(), Calibrator("none"), CATALOGUE, 7.0, 0, usual=usual),
        pd.DataFrame({"fit": [1.1, 1.0, 0.0, -1.0], "engagement": [-2.0, -0.5, 0.5, 9.0]}, index=[3, 2, 1, 0]),
        pd.Series([0.0, 1.0, 6.9, np.nan], index=[3, 2, 1, 0]),
    )
    older = grade_leads(
        SavedModel("logistic", Additive(), Calibrator("none"), CATALOGUE, 7.0, 0, usual=usual),
        pd.DataFrame({"fit": [0.5, 0.5], "engagement": [-2.0, -2.4]}),
        pd.Series([7.0, 400.0]),
    )
    assert (older["fit_grade"] + older["engagement_grade"]).tolist() == ["B1", "B2"]
    assert graded["fit_grade"].tolist() == ["A", "B", "C", "D"]
    assert graded["engagement_grade"].tolist() == ["4", "3", "2", "1"]
    assert graded.index.tolist() == [3, 2, 1, 0]


def test_one_rate_for_everybody_has_no_grades(make_history, catalogue, model_params):
    """Check that leads which are all alike are not said to be good or bad."""
    history = make_history(100, seed=32)
    fitted = fit_family("base_rate", history, catalogue, model_params)
    model = learn_usual(SavedModel("base_rate", fitted, Calibrator("none"), catalogue, 7.0, 0), history, min_leads=5)
    assert grade_leads(model, model.explain(history), history["age_days"]).isna().all(axis=None)
    assert list_reasons(model, history).isna().all(axis=None)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("spring-91", "spring-"),
        ("manager", "manager"),
        ("Ada Lovelace", "a rare one"),
        (None, "unknown"),
        ("two;\nlines", "two lines"),
    ],
)
def test_of_a_category_only_what_many_share_is_named(value, said):
    """Check that what one lead alone gave, which may be about a person, is never shown."""
    levels = ["manager", "spring-", "two;\nlines"]
    assert say_value(make_metric("title", "explicit", "job", "category"), value, levels) == said


@pytest.mark.parametrize(("value", "said"), [(0.0, "0"), (12345.6, "12,346"), (3.14159, "3.1"), (np.nan, "unknown")])
def test_numbers_are_short(value, said):
    """Check whole, large, small and unknown numbers."""
    assert say_value(make_metric("km", "explicit", "location"), value, []) == said


def test_rows_are_taken_evenly():
    """Check that ten rows give the first, fourth, seventh and tenth where four are wanted at most."""
    assert take_evenly(pd.DataFrame({"n": range(10)}), 4)["n"].tolist() == [0, 3, 6, 9]
    assert len(take_evenly(pd.DataFrame({"n": range(4)}), 4)) == 4


@pytest.mark.parametrize(
    ("group", "family"),
    [
        ("counts", "how often"),
        ("last 30 days", "how often"),
        ("decayed, half-life 0.5 days", "how often"),
        ("false engagement", "e-mail"),
        ("high intent", "high intent"),
    ],
)
def test_groups_that_stand_in_for_each_other_are_a_family(group, family):
    """Check that no length stands in for another."""
    assert name_family(group) == family
