import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.features.explicit_metrics.completeness import (
    FEWEST_LEADS,
    LEFT_OUT,
    RECENT,
    count_recent,
    find_asked,
    measure_completeness,
)
from src.features.explicit_metrics.form import FILLED_IN


def give(rows: list[str], columns: str = "email phone") -> pd.DataFrame:
    """Return what leads gave: one text a lead, one letter a column, a dash where it is empty."""
    return pd.DataFrame([[letter != "-" for letter in row] for row in rows], columns=columns.split())


def list_forms(*counts: tuple[str | None, int]) -> pd.Series:
    return pd.Series([form for form, count in counts for _ in range(count)], dtype=object)


def test_a_form_asks_what_its_earlier_leads_gave():
    """Check, by hand, that a form known by ten leads is judged by its own and not by other forms."""
    filled = give(["ep"] * 10 + ["e-"] * 11)
    asked = find_asked(filled, list_forms(("quote", 10), ("newsletter", 11)))
    # The newsletter's first lead is seen with what quotes asked; its eleventh knows better.
    assert asked.iloc[10].tolist() == [True, True]
    assert asked.iloc[20].tolist() == [True, False]


def test_nothing_is_known_before_two_leads_gave_a_field():
    """Check that one lead alone does not show that a field is asked."""
    filled = pd.DataFrame(False, index=range(3), columns=list(FILLED_IN))
    filled["email"] = True
    filled.loc[0, "phone"] = True
    metrics = measure_completeness(filled, list_forms(("a", 3)))
    assert np.isnan(metrics["share_fields_given"].tolist()[:2]).all()
    assert metrics["share_fields_given"].iloc[2] == 1
    assert metrics["leaves_out_phone"].isna().all()


@pytest.mark.parametrize(("mistakes", "is_asked"), [(0, False), (1, False), (4, False), (5, True), (40, True)])
def test_a_field_filled_in_by_mistake_is_not_asked(mistakes, is_asked):
    """Check that one lead in twenty is the least that shows that a form asks a field."""
    filled = give(["ep"] * mistakes + ["e-"] * (100 - mistakes) + ["e-"])
    asked = find_asked(filled, list_forms(("a", 101)))
    assert asked["phone"].iloc[100] == is_asked


def test_a_form_that_changes_is_learned_anew():
    """Check that a field the form dropped is not asked any more once enough leads came without it."""
    filled = give(["ep"] * 1000 + ["e-"] * (RECENT + 1))
    asked = find_asked(filled, list_forms(("a", 1000 + RECENT + 1)))["phone"]
    assert asked.iloc[1000]
    assert asked.iloc[1000 + RECENT - 25]  # 25 of the latest 500 gave it: one in twenty
    assert not asked.iloc[1000 + RECENT - 24]


def test_what_is_left_out_is_counted_among_what_is_asked():
    """Check shares, counts and flags of a form that asks for e-mail, phone, city and region."""
    columns = list(FILLED_IN)
    filled = pd.DataFrame(False, index=range(12), columns=columns)
    filled.loc[:10, ["email", "phone", "city", "region"]] = True
    filled.loc[11, ["email", "city", "company"]] = True  # nobody was asked for the company
    last = measure_completeness(filled, list_forms(("a", 12))).iloc[11]
    assert last["count_fields_given"] == 3
    assert last["share_fields_given"] == 0.5
    assert last["count_fields_left_out"] == 2
    assert (last["leaves_out_email"], last["leaves_out_phone"], last["leaves_out_place"]) == (0, 1, 0)
    assert last[["leaves_out_company", "leaves_out_message", "leaves_out_sector"]].isna().all()


def test_leads_without_a_form_are_of_one_form():
    """Check that leads that came in by no form are judged by each other."""
    filled = give(["ep"] * 20 + ["e-"] * (FEWEST_LEADS + 1))
    asked = find_asked(filled, list_forms(("a", 20), (None, FEWEST_LEADS + 1)))
    assert asked["phone"].iloc[20]
    assert not asked["phone"].iloc[20 + FEWEST_LEADS]


def test_rows_are_counted_within_their_group():
    """Check the counts of two groups that alternate, by hand."""
    count, rows = count_recent(np.array([[1], [0], [1], [1], [0]], dtype=bool), np.array([7, 3, 7, 3, 7]))
    assert count.ravel().tolist() == [0, 0, 1, 0, 2]
    assert rows.tolist() == [0, 0, 1, 1, 2]


@settings(max_examples=50)
@given(
    leads=st.lists(st.tuples(st.sampled_from("abc"), st.tuples(*[st.booleans() for _ in FILLED_IN])), max_size=40),
    cut=st.integers(0, 40),
)
def test_later_leads_change_nothing(leads, cut):
    """Check that a lead's answers are the same whether or not others follow it."""
    forms = pd.Series([form for form, _ in leads], dtype=object)
    filled = pd.DataFrame([given_fields for _, given_fields in leads], columns=list(FILLED_IN), dtype=bool)
    whole = measure_completeness(filled, forms)
    pd.testing.assert_frame_equal(whole.iloc[:cut], measure_completeness(filled.iloc[:cut], forms.iloc[:cut]))
    assert whole["share_fields_given"].dropna().between(0, 1).all()
    assert set(LEFT_OUT) == {name.removeprefix("leaves_out_") for name in whole if name.startswith("leaves_out_")}
