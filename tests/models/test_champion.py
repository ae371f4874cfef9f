import numpy as np
import pandas as pd
import pytest

from src.models.candidates import FAMILIES
from src.models.champion import (
    Champion,
    choose_champion,
    count_conversions,
    expect_slope,
    measure_auc_error,
    measure_covariance,
    measure_power,
)

LABEL = np.tile([1.0, 0.0, 0.0, 0.0], 100)


def make_forward(**knowledge):
    """Return four hundred leads in two folds, every fourth converts, and families with log-odds of 1.5 or -1.5.

    A family knows the share of the leads that it is right about, evenly over the leads, in a way of its own.
    """
    rows = pd.DataFrame({"lead_id": [f"lead{n}" for n in range(400)], "label": LABEL})
    rows = rows.assign(person=rows["lead_id"], fold=np.arange(400) // 200, learned=400)
    for place, family in enumerate(FAMILIES):
        luck = np.random.default_rng(place).random(400)
        right = np.where(luck < knowledge.get(family, 0.5), 1.0, -1.0)
        rows[family] = 1.5 * (2 * LABEL - 1) * right
    return rows


def choose(model_params, needed=20, **knowledge):
    params = model_params.model_copy(update={"min_forward_conversions": needed})
    return choose_champion(make_forward(**knowledge), 400, params)


def test_two_families_that_know_as_much_are_averaged(model_params):
    """Check that weights are about equal where both are right about three leads of four."""
    found = choose(model_params, logistic=0.75, boosting=0.75)
    assert 0.3 <= found.weight <= 0.7
    assert found.family == "average"


def test_a_family_that_knows_nothing_has_next_to_no_weight(model_params):
    """Check both sides: with clear evidence one family is nearly alone or alone."""
    assert choose(model_params, logistic=0.5, boosting=0.9).weight >= 0.8
    assert choose(model_params, logistic=0.9, boosting=0.5).weight <= 0.2


def test_rules_are_never_the_model(model_params):
    """Check that points and naive Bayes that know everything change nothing."""
    plain = choose(model_params, logistic=0.75, boosting=0.75)
    assert choose(model_params, logistic=0.75, boosting=0.75, points=1.0, naive_bayes=1.0) == plain


def test_with_few_conversions_nothing_is_learned(model_params):
    """Check that of 100 conversions where 101 are needed both families count the same, at the expected slope."""
    forward = make_forward(logistic=0.5, boosting=0.9)
    found = choose(model_params, 101, logistic=0.5, boosting=0.9)
    assert found == Champion(0.5, expect_slope(measure_covariance(forward), 0.5))


def test_nothing_known_is_promised_as_nothing(model_params):
    """Check that families which are as often wrong as right get a slope near nothing, never below."""
    assert 0 < choose(model_params).slope < 0.3


def test_an_average_needs_more_slope_than_its_parts():
    """Check by hand: log-odds (1, -1, 1, -1) and (1, 1, -1, -1) have variance 1 each, their average a half."""
    rows = pd.DataFrame({"fold": 0, "logistic": [1.0, -1, 1, -1], "boosting": [1.0, 1, -1, -1]})
    covariance = measure_covariance(rows)
    assert covariance.tolist() == [[1, 0], [0, 1]]
    assert expect_slope(covariance, 0.5) == pytest.approx(2.0)
    assert expect_slope(covariance, 0.0) == expect_slope(covariance, 1.0) == pytest.approx(1.0)
    assert expect_slope(np.ones((2, 2)), 0.5) == pytest.approx(1.0)


def test_a_lead_that_converts_counts_once():
    """Check that its moments are one conversion, and that another lead's is another."""
    rows = pd.DataFrame({"lead_id": ["a", "a", "b", "c"], "label": [1.0, 1.0, 1.0, 0.0]})
    assert count_conversions(rows) == 2


def test_the_error_of_an_area_by_hand():
    """Check Hanley and McNeil's formula: area 0.8, two conversions, two others.

    Q1 = 0.8 / 1.2 = 2/3, Q2 = 1.28 / 1.8 = 0.7111; (0.16 + 0.0267 + 0.0711) / 4 = 0.06444.
    """
    assert measure_auc_error(0.8, 2, 2) == pytest.approx(np.sqrt(0.06444), abs=1e-4)
    assert measure_auc_error(0.8, 120, 1080) == pytest.approx(0.0249, abs=1e-4)


def test_power_counts_leads_and_its_margin_persons():
    """Check leads, conversions, the area of a perfect order, and that more leads say it more exactly."""
    rows = make_forward(boosting=0.9)
    rows["probability"] = 1 / (1 + np.exp(-rows["boosting"]))
    found = measure_power(rows.assign(person=rows["lead_id"]), 0.95)
    rows = rows.assign(person=rows["lead_id"])
    assert (found["leads"], found["conversions"]) == (400, 100)
    assert found["roc_auc_margin"] == pytest.approx(1.96 * measure_auc_error(found["roc_auc"], 100, 300), rel=1e-3)
    again = pd.concat([rows, rows.assign(lead_id="x" + rows["lead_id"])])
    assert measure_power(again, 0.95)["roc_auc_margin"] == found["roc_auc_margin"]
    others = pd.concat([rows, rows.assign(lead_id="x" + rows["lead_id"], person="x" + rows["person"])])
    assert measure_power(others, 0.95)["roc_auc_margin"] < found["roc_auc_margin"]
