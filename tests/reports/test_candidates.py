import copy

import pytest

from src.reports.model.candidates import say_choice, say_random, say_test, show_candidates
from tests.reports.made_candidates import make_candidates, make_difference


@pytest.fixture
def results():
    metrics = {
        "champion": "logistic",
        "calibration": "sigmoid",
        "candidates": make_candidates(),
        "forward": {"champion": {"roc_auc": 0.79, "log_loss": 0.2591}},
        "test": {"by_age": {"0h": {}, "1d": {}}},
    }
    return {"is_applicable": True, "confidence": 0.95, "metrics": metrics}


def read(results):
    return show_candidates(results).data.replace("\u00a0", " ").replace("<wbr>", "")


def test_the_finding_stands_before_the_tables(results):
    """Check the first paragraph: what was chosen, why, and how it stood on the test."""
    text = read(results)
    assert text.startswith(
        '<h2 id="candidates">Which model was chosen</h2>\n<p>Logistic regression is the model: forward in time '
        "gradient boosting has a log loss lower by 0.0006, which is not enough to leave the other family out. On the "
        "test leads gradient "
        "boosting did better: its log loss is lower by 0.0006 (−0.0004 to 0.0016), which may be chance.</p>"
    )


def test_candidates_stand_side_by_side(results):
    """Check rows, intervals, the mark, the recalibrated figures and the column of the random split."""
    forward, test = read(results).split("</table>")[:2]
    for table in (forward, test):
        assert table.count('<tr class="marked"><th scope="row">Logistic regression</th>') == 1
        assert table.count('class="marked"') == 1
    assert (
        '<tr><th scope="row">Naive Bayes</th><td>0.750 (0.740 to 0.760)</td><td>0.2800 (0.2700 to 0.2900)</td>'
        "<td>0.0200 (0.0190 to 0.0210)</td></tr>" in forward
    )
    assert '<th scope="row">The chosen one, recalibrated</th><td>0.790</td><td>0.2591</td><td>–</td>' in forward
    assert "<td>–</td><td>0.810</td><td>0.2400</td></tr>" in test


def test_no_recalibration_no_row_for_it(results):
    """Check that without a calibrator the chosen one stands once."""
    results["metrics"]["calibration"] = "none"
    assert "recalibrated" not in read(results)


def test_the_best_forward_needs_no_excuse(results):
    """Check the sentences where the chosen one is the best, forward and on the test."""
    metrics = results["metrics"] | {"champion": "boosting", "candidates": make_candidates("boosting")}
    assert say_choice(metrics) == "Gradient boosting is the model: forward in time it has the lowest log loss."
    assert say_test(metrics) == "On the test leads it is the best of them too."


def test_a_choice_that_was_wrong_on_the_test_is_said(results):
    """Check that an interval above 0 is called more than chance."""
    metrics = results["metrics"]
    metrics["candidates"]["champion_difference"] = make_difference(0.004, 0.001)
    assert "lower by 0.0040 (0.0030 to 0.0050), more than chance between two would give" in say_test(metrics)
    assert say_test(metrics).endswith("the best of all, picked afterwards.")


def test_few_conversions_are_the_reason(results):
    """Check that equal weights for want of conversions name both numbers."""
    metrics = results["metrics"] | {"champion": "average"}
    power = metrics["candidates"]["can_tell"]
    power |= {"is_enough": False, "forward": power["forward"] | {"conversions": 41}}
    assert say_choice(metrics) == (
        "The average of regression and boosting is the model: with 41 leads that convert, where 100 are needed to "
        "learn weights, regression and boosting count the same."
    )


def test_a_random_split_is_a_warning(results):
    """Check what it would have shown and chosen, and that it is not blamed where it does not flatter.

    Of the base rate's 0.33 the chosen one's 0.26 saves 0.07 / 0.33 = 21.2 %; on the random split, of 0.31
    its 0.24 saves 22.6 %, and 0.25 would save 19.4 %.
    """
    metrics = results["metrics"]
    assert say_random(metrics).replace("\u00a0", " ") == (
        "A random split of the same leads would have shown ROC-AUC 0.810 for the chosen one instead of 0.790, and "
        "22.6 % of the log loss of one rate for everybody saved instead of 21.2 %: it flatters. It would have chosen "
        "gradient boosting instead."
    )
    metrics["candidates"]["random"] |= {"logistic": {"roc_auc": 0.77, "log_loss": 0.25}, "chosen": "logistic"}
    said = say_random(metrics).replace("\u00a0", " ")
    assert "19.4 % of the log loss of one rate for everybody saved instead of 21.2 %: here it promises less." in said
    assert said.endswith("It would have chosen the same candidate.")


def test_what_so_many_conversions_can_tell_is_said(results):
    """Check margins, the difference that cannot be told, and the search."""
    text = read(results)
    assert (
        "120 leads convert among those that chose and 101 in the test: they tell ROC-AUC to ± 0.049 and ± 0.051. "
        "Between the chosen one and gradient boosting a difference in log loss under 0.0018 cannot be told from chance."
        in text
    )
    assert (
        "with trees of 8 leaves, at least 30 rows each: log loss 0.2594 after 211 trees; 4 leaves, at least 30 rows "
        "each: log loss 0.2597 after 336 trees. Kept: 8 leaves" in text
    )


@pytest.mark.parametrize(
    ("ages", "reason"), [(1, "all leads are scored at one age"), (2, "older leads that are still open convert no less")]
)
def test_newest_first_that_says_nothing_is_explained(results, ages, reason):
    """Check the sentence where newest first is the base rate, and that there is none where it is not."""
    assert "Newest first promises" not in read(results)
    test = copy.deepcopy(results["metrics"]["candidates"]["test"])
    results["metrics"]["candidates"]["test"] = test | {"newest": test["base_rate"]}
    results["metrics"]["test"] = {"by_age": dict.fromkeys("ab"[:ages])}
    assert f"Newest first promises the same rate for everybody here: {reason}" in read(results)


def test_nothing_is_shown_where_the_objective_is_not_applicable():
    """Check that the section is empty."""
    assert show_candidates({"is_applicable": False}).data == ""
