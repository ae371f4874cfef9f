import pytest

from src.reports.model import selection
from tests.reports.test_model import read


def make_group(leads: int, rate: float, intercept: float, is_assessable: bool = True) -> dict:
    figures = {"leads": leads, "conversions": round(leads * rate), "is_assessable": is_assessable}
    values = {"base_rate": rate, "mean_probability": rate, "roc_auc": 0.8, "log_loss": 0.3}
    values |= {"calibration_slope": 1.0, "calibration_intercept": intercept}
    for name, value in values.items():
        figures |= {name: value, f"{name}_low": value - 0.02, f"{name}_high": value + 0.02}
    return figures


def make_results(**more) -> dict:
    rates = {"if_none": 0.075, "as_seen": 0.09, "like_contacted": 0.1, "if_all": 0.49}
    bounds = {f"{n}{end}": v + d for n, v in rates.items() for end, d in {"": 0, "_low": -0.01, "_high": 0.01}.items()}
    propensity = {"roc_auc": 0.9, "roc_auc_low": 0.88, "roc_auc_high": 0.92, "rare": 0.05}
    propensity |= {"share_below": 0.4, "share_above": 0.2, "rate_below": 0.05, "rate_above": 0.2}
    figures = {
        "is_declared": True,
        "by": ["call_made"],
        "is_timed": True,
        "is_dated": True,
        "age": "7d",
        "leads": 1000,
        "share_contacted": 0.6,
        "groups": {"contacted": make_group(600, 0.125, 0.0), "others": make_group(400, 0.04, -0.1)},
        "propensity": propensity,
        "bounds": bounds,
    }
    return {"metrics": {"selection": figures | more}, "confidence": 0.95, "is_applicable": True}


def show(**more) -> str:
    return read(selection.show_selection(make_results(**more)))


def test_overlap_bound_and_groups_are_said():
    """Check the sentences that decide: whom there is to compare with, and what was never seen."""
    text = show()
    assert "For 60 % of the leads it is all but certain: 40 % are practically never contacted (under 5 %)" in text
    assert "The two groups hardly overlap" in text
    assert "Of 1,000 test leads 60.0 % had been contacted; 12.5 % of these converted afterwards and 4.0 % of" in text
    assert "Had all of these leads been contacted, between 7.5 % and 49.0 % of them would have converted" in text
    assert "For contacted leads they hold on the whole; for the others they are too high on the whole." in text
    assert "Test leads still open after 7 days" in text


def test_every_group_and_assumption_has_a_row():
    """Check the cells of a group and of a bound."""
    text = show()
    cells = '<td>400</td><td>4.0 % <span class="interval">(2.0 to 6.0)</span></td><td>4.0 %</td>'
    assert f'<th scope="row">Not contacted</th>{cells}' in text
    assert text.count("<tr>") == 2 + 2 + 4
    assert "<td>10.0 % (9.0 to 11.0)</td>" in text


def test_groups_that_overlap_can_be_compared():
    """Check that not every source is told that nothing can be said."""
    propensity = make_results()["metrics"]["selection"]["propensity"] | {"share_below": 0.1}
    assert "the two groups overlap, and can be compared with care" in show(propensity=propensity)


def test_few_conversions_are_not_judged():
    """Check that calibration of a group without enough conversions is left open."""
    groups = {"contacted": make_group(600, 0.125, 0.1), "others": make_group(40, 0.04, -0.1, is_assessable=False)}
    text = show(groups=groups)
    assert "For contacted leads they are too low on the whole; for the others this cannot be judged" in text


def test_group_of_one_class_has_counts_only():
    """Check that dashes stand for what could not be measured."""
    groups = {"contacted": make_group(600, 0.125, 0.0), "others": {"leads": 40, "conversions": 0}}
    text = show(groups=groups | {"others": groups["others"] | {"is_assessable": False}})
    assert "in one of the two groups too little happened" in text
    assert f'<th scope="row">Not contacted</th><td>40</td><td>0 leads</td>{"<td>–</td>" * 5}' in text


@pytest.mark.parametrize(("share", "said"), [(0.0, "No test lead had been"), (1.0, "Every test lead had been")])
def test_one_group_alone_is_not_compared(share, said):
    """Check that no table is shown where all leads are of one group."""
    text = show(share_contacted=share)
    assert said in text
    assert "<table>" not in text


def test_undeclared_contact_is_one_sentence():
    """Check what is said where the source is silent."""
    results = {"metrics": {"selection": {"is_declared": False}}, "confidence": 0.95, "is_applicable": True}
    text = read(selection.show_selection(results))
    assert "The source does not say which leads were contacted" in text
    assert text.count("<p>") == 1


def test_contact_without_a_time_is_doubted():
    """Check that the note says so, and that a source without dates compares at the extraction."""
    text = show(by=["called"], is_timed=False, is_dated=False, age="0h")
    assert "It has no time: where leads are contacted after they converted the groups cannot be compared" in text
    assert "Test leads still open at the extraction" in text


def test_names_from_the_source_are_inert():
    """Check that a kind of activity is escaped."""
    assert "<script>" not in show(by=["<script>alert(1)</script>"])
