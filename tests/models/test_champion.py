import numpy as np
import pandas as pd
import pytest

from src.models.candidates import FAMILIES
from src.models.champion import choose_champion, count_conversions, measure_auc_error, measure_power

LABEL = np.tile([1.0, 0.0, 0.0, 0.0], 25)


def make_forward(**knowledge):
    """Return a hundred leads, every fourth converts, and families whose log-odds are 3 times what they know.

    A family knows 1 where it is right about a lead and -1 where it is wrong; by default nothing.
    """
    rows = pd.DataFrame({"lead_id": [f"lead{n}" for n in range(100)], "label": LABEL})
    rows["person"] = rows["lead_id"]
    for family in FAMILIES:
        rows[family] = 3.0 * (2 * LABEL - 1) * np.asarray(knowledge.get(family, 0.0))
    return rows


def choose(model_params, needed, **knowledge):
    params = model_params.model_copy(update={"min_forward_conversions": needed})
    return choose_champion(make_forward(**knowledge), params)


SOMETIMES = np.where(np.arange(100) % 10 == 0, -1.0, 1.0)


def test_the_simplest_within_a_standard_error_of_the_best_is_chosen(model_params):
    """Check that a family as good as the best but simpler is taken, and one clearly worse is not."""
    assert choose(model_params, 25, logistic=1.0, boosting=1.0) == "logistic"
    assert choose(model_params, 25, naive_bayes=SOMETIMES, boosting=1.0) == "boosting"
    assert choose(model_params, 25) == "base_rate"


def test_with_few_conversions_the_simplest_that_knows_anything_is_chosen(model_params):
    """Check that 25 conversions where 26 are needed fall back, and that without any gain nothing is taken."""
    assert choose(model_params, 26, naive_bayes=SOMETIMES, boosting=1.0) == "naive_bayes"
    assert choose(model_params, 26, points=-1.0, boosting=1.0) == "boosting"
    assert choose(model_params, 26) == "base_rate"


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
    rows = make_forward(boosting=SOMETIMES)
    rows["probability"] = 1 / (1 + np.exp(-rows["boosting"]))
    found = measure_power(rows.assign(person=rows["lead_id"]), 0.95)
    rows = rows.assign(person=rows["lead_id"])
    assert (found["leads"], found["conversions"]) == (100, 25)
    assert found["roc_auc_margin"] == pytest.approx(1.96 * measure_auc_error(found["roc_auc"], 25, 75), rel=1e-3)
    again = pd.concat([rows, rows.assign(lead_id="x" + rows["lead_id"])])
    assert measure_power(again, 0.95)["roc_auc_margin"] == found["roc_auc_margin"]
    others = pd.concat([rows, rows.assign(lead_id="x" + rows["lead_id"], person="x" + rows["person"])])
    assert measure_power(others, 0.95)["roc_auc_margin"] < found["roc_auc_margin"]
