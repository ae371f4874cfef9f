import math

import pytest

from src.reports.model.results import (
    collect_model_results,
    find_faults,
    find_share_known,
    list_folds,
    list_groups,
    measure_baseline,
)
from src.stage import InputError
from tests.reports.project import change, make_group, make_metrics, write


def test_results_hold_all_that_the_report_shows(project):
    """Check that figures, counts, fields and metrics come from their files."""
    results = collect_model_results("sale")
    assert results["is_applicable"]
    assert results["objective"] == "a sale"
    assert results["rows_rejected"] == 15
    assert [field["field"] for field in results["understood"]] == ["job_title", "email"]
    assert [metric.name for metric in results["catalogue"]] == ["job_seniority", "count_pages"]
    assert results["alerts"] == []


def test_objective_that_the_source_lacks_reads_nothing_else(project):
    """Check that a source that does not know the objective needs no further file."""
    (project / "data/interim/understood.json").unlink()
    results = collect_model_results("accepted")
    assert not results["is_applicable"]
    assert "metrics" not in results


def test_unknown_objective_is_refused(project):
    """Check that an objective that params.yaml lacks is named in the error."""
    with pytest.raises(InputError, match="no objective 'marriage'"):
        collect_model_results("marriage")


@pytest.mark.parametrize("file", ["metrics/sale.json", "data/interim/understood.json"])
def test_figures_of_another_source_are_refused(project, file):
    """Check that a report never mixes two sources."""
    change(project / file, source="elsewhere")
    with pytest.raises(InputError, match=rf"\[stale_figures\] {file}: these are of elsewhere, not of tiny"):
        collect_model_results("sale")


def test_baseline_is_the_loss_of_one_rate_for_everybody():
    """Check that half for everybody costs a bit, and that a wrong rate costs more than the right one."""
    assert measure_baseline(0.5, 0.1) == pytest.approx(math.log(2))
    assert measure_baseline(0.1, 0.1) == pytest.approx(0.32508, abs=1e-5)
    assert measure_baseline(0.2, 0.1) > measure_baseline(0.1, 0.1)


@pytest.mark.parametrize(("loss", "known"), [(0.30, 0.75), (0.28, 1.0), (0.27, 1.0), (0.36, 0.0), (0.40, 0.0)])
def test_share_known_lies_between_the_rate_and_the_truth(loss, known):
    """Check that the rate alone knows nothing, the truth all, and chance leads beyond neither."""
    metrics = {"test": {"log_loss": loss}, "truth": {"log_loss": 0.28}}
    assert find_share_known(metrics, 0.36) == pytest.approx(known)


def test_share_known_is_unknown_without_a_truth_to_reach():
    """Check that nothing is claimed where the truth is not known or says no more than the rate."""
    assert find_share_known({"test": {"log_loss": 0.3}}, 0.36) is None
    assert find_share_known({"test": {"log_loss": 0.3}, "truth": {"log_loss": 0.36}}, 0.36) is None


def make_test(intercept: tuple, slope: tuple, ece: float = 0.006) -> dict:
    figures = {"ece": ece, "ece_if_calibrated_98": 0.007}
    for name, (low, high) in {"intercept": intercept, "slope": slope}.items():
        middle = None if low is None else (low + high) / 2
        figures |= dict(
            zip((f"calibration_{name}{end}" for end in ("", "_low", "_high")), (middle, low, high), strict=True)
        )
    return figures


@pytest.mark.parametrize(
    ("test", "faults"),
    [
        (make_test((-0.1, 0.1), (0.9, 1.1)), []),
        (make_test((0.1, 0.2), (0.9, 1.1)), ["too_low"]),
        (make_test((-0.2, -0.1), (0.9, 1.1)), ["too_high"]),
        (make_test((-0.1, 0.1), (0.7, 0.9)), ["too_bold"]),
        (make_test((-0.1, 0.1), (1.1, 1.2)), ["too_timid"]),
        (make_test((-0.1, 0.1), (0.9, 1.1), ece=0.008), ["uneven"]),
        (make_test((0.1, 0.2), (0.7, 0.9), ece=0.008), ["too_low", "too_bold", "uneven"]),
        (make_test((None, None), (None, None)), []),
        # Half as wide as far from the aim as its end: of three looks one may be so by chance.
        (make_test((0.01, 0.21), (0.9, 1.1)), []),
    ],
)
def test_faults_are_what_chance_does_not_explain(test, faults):
    """Check that each interval beside its aim is a fault, and one that is unknown is none."""
    assert find_faults(test) == faults


def test_groups_are_ordered_by_what_they_save():
    """Check that the most helpful group is first, the unknown last, and that only sure ones take sides."""
    unknown = {key: None for key in make_group(1, 0.0, 0.0)} | {"metrics": 1}
    groups = {"lost": unknown, "b": make_group(1, 0.001, 0.002), "a": make_group(1, 0.003, 0.001)}
    groups["harm"] = make_group(1, -0.003, 0.001)
    rows = list_groups(groups)
    assert [(row["group"], row["side"]) for row in rows] == [("a", 1), ("b", 0), ("harm", -1), ("lost", 0)]


def test_folds_without_leads_are_left_out():
    """Check that a fold that nobody is in has no row, and that the undecided have no conversions."""
    data = {"rows": {"history": 5, "censored": 2}, "leads": {"history": 3, "censored": 1}, "conversions": {}}
    assert list_folds(data) == [
        {"fold": "history", "leads": 3, "rows": 5, "conversions": 0},
        {"fold": "censored", "leads": 1, "rows": 2, "conversions": None},
    ]


def test_quarantined_leads_are_a_fold(project):
    """Check that leads set apart are counted among where the leads went."""
    metrics = make_metrics()
    metrics["data"]["leads"]["quarantined"], metrics["data"]["rows"]["quarantined"] = 40, 70
    write(project / "metrics/sale.json", metrics)
    assert collect_model_results("sale")["folds"][-1] == {
        "fold": "quarantined",
        "leads": 40,
        "rows": 70,
        "conversions": 0,
    }
