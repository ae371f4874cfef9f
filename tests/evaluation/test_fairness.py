import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.evaluation.fairness import find_first, measure_fairness, measure_selection
from src.evaluation.top import select_top
from src.params import Evaluation

PARAMS = Evaluation.model_construct(bootstrap=40, confidence=0.95, assessable_conversions=2)


def make_predictions(p: list[float], label: list[int] | None = None) -> pd.DataFrame:
    """Return two rows a lead, the later one first and improbable: only the first scored moment may choose."""
    names = [f"L{number}" for number in range(len(p))]
    first = pd.DataFrame({"lead_id": names, "person": names, "age_days": 0.0, "probability": p})
    first["label"] = label or [0] * len(p)
    later = first.assign(age_days=7.0, probability=0.001)
    return pd.concat([later, first], ignore_index=True)


def protect(values: list[str | None]) -> pd.DataFrame:
    frame = pd.DataFrame({"lead_id": [f"L{number}" for number in range(len(values))]})
    return frame.assign(sex=pd.Series(values, dtype="str"))


def test_nothing_protected_says_nothing():
    """Check that a source that protects no column has no figures."""
    assert measure_fairness(make_predictions([0.1, 0.2]), protect(["f", "m"])[["lead_id"]], PARAMS, 1) == {}


def test_selection_rates_are_of_leads_as_they_came_in():
    """Check 50 leads of each value: of f 30 are among the top half and all of the top 20 %, of m 20 and none."""
    p = np.r_[np.linspace(0.9, 0.8, 30), np.linspace(0.3, 0.2, 20), np.linspace(0.7, 0.6, 20), np.linspace(0.1, 0, 30)]
    predictions = make_predictions(p.tolist(), [1] * 10 + [0] * 90)
    found = measure_fairness(predictions, protect(["f"] * 50 + ["m"] * 50), PARAMS, 1)["sex"]
    assert [cell["name"] for cell in found] == ["f", "m"]
    assert [cell["leads_at_first"] for cell in found] == [50, 50]
    assert [[cell["selected"][top]["share"] for top in ("20", "30", "50")] for cell in found] == [
        pytest.approx([0.4, 0.6, 0.6]),
        pytest.approx([0.0, 0.0, 0.4]),
    ]
    assert [cell["selected"]["30"]["side"] for cell in found] == [1, -1]
    # Of the 50 leads of f, 10 convert at both their moments.
    assert (found[0]["n"], found[0]["converted_leads"], found[0]["base_rate"]) == (100, 10, 0.2)


def test_rare_and_missing_values_are_joined():
    """Check that five leads of rare values are not shown by themselves: the 25 without any stand with them."""
    found = measure_fairness(
        make_predictions([0.5] * 70), protect(["f"] * 40 + ["x"] * 3 + ["y"] * 2 + [None] * 25), PARAMS, 1
    )["sex"]
    assert [(cell["name"], cell["leads"]) for cell in found] == [("f", 40), ("(other)", 30)]


def test_the_first_scored_moment_counts():
    """Check that the youngest age of each lead is taken, and the only row of a source without ages."""
    rows = make_predictions([0.1, 0.2])
    assert rows.loc[find_first(rows), "age_days"].tolist() == [0.0, 0.0]
    undated = rows.iloc[:2].assign(age_days=np.nan)
    assert find_first(undated).tolist() == [0, 1]


@given(
    p=st.lists(st.sampled_from([0.1, 0.2, 0.5, 0.9]), min_size=1, max_size=30), share=st.sampled_from([0.2, 0.3, 0.5])
)
def test_so_many_are_selected_as_asked_and_equal_ones_alike(p, share):
    """Check that the parts add up to the share, and that a higher probability is never chosen less."""
    chosen = select_top(np.array(p), share)
    assert chosen.sum() == pytest.approx(share * len(p))
    order = np.argsort(p)
    assert (np.diff(chosen[order]) >= -1e-12).all()
    assert all(len(set(chosen[np.array(p) == value].tolist())) == 1 for value in set(p))


def test_a_share_is_sure_by_its_interval():
    """Check that 0 of 10 against 30 % is just not sure (Wilson reaches 28 %: it is), and 5 of 10 is not."""
    none, half = (
        measure_selection(np.zeros(10), 10, 0.3, 0.95, 0.95),
        measure_selection(np.repeat([0.0, 1.0], 5), 10, 0.3, 0.95, 0.95),
    )
    assert (none["share_low"], none["share_high"]) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert (none["side"], half["side"], half["share"]) == (-1, 0, 0.5)
    # Looked at among ten values (0.95 to the tenth root) it is no longer sure.
    assert measure_selection(np.zeros(10), 10, 0.3, 0.95, 0.9949)["side"] == 0
