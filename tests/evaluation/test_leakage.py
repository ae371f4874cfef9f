import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.evaluation.leakage import (
    BINS,
    Cell,
    compare_twins,
    count_persons,
    encode_values,
    find_certain,
    find_rates,
    list_cells,
    list_frequent,
    measure_alone,
    measure_certain,
    measure_filled,
    measure_future,
    measure_growth,
    measure_order,
    measure_unexplained,
    measure_within,
    number_parts,
    take_order_away,
)
from src.models.champion import measure_auc_error
from src.models.folds import ForwardFold, list_forward_folds


def test_codes_of_few_numbers_and_of_categories():
    """Check that each value has a code in order, and that missing has the last."""
    assert encode_values(pd.Series([3.0, np.nan, 1.0, 3.0])).tolist() == [1, 2, 0, 1]
    assert encode_values(pd.Series(["b", None, "a"], dtype="str")).tolist() == [1, 2, 0]
    assert encode_values(pd.Series([np.nan, np.nan])).tolist() == [0, 0]


def test_codes_of_many_numbers_are_twentieths():
    """Check that of 0 to 199 each ten in a row share a code."""
    assert encode_values(pd.Series(np.arange(200.0))).tolist() == np.repeat(np.arange(BINS), 10).tolist()


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40))
def test_order_is_the_share_of_pairs(rows):
    """Check the ROC-AUC against counting the pairs, ties half."""
    score, label = (np.array(part, float) for part in zip(*rows, strict=True))
    pairs = [(a > b) + (a == b) / 2 for a in score[label == 1] for b in score[label == 0]]
    assert measure_order(score, label) == pytest.approx(np.mean(pairs) if pairs else float("nan"), nan_ok=True)


def test_error_of_a_coin_by_hand():
    """Check that with one lead of each class the error of 0.5 is that of a coin."""
    assert measure_auc_error(0.5, 1, 1) == pytest.approx(0.5)


def test_rates_lean_to_everybodys():
    """Check that 2 of 2 and 0 of 2 lean to 0.5 by ten leads, and that an unseen value has just that."""
    rates = find_rates(np.array([0, 0, 1, 1]), np.array([1.0, 1, 0, 0]), 3)
    assert rates == pytest.approx([7 / 12, 5 / 12, 0.5])


def test_persons_are_counted_once():
    """Check that three conversions of two persons count as two."""
    label, person = np.array([1, 1, 1, 0, 0]), np.array([1, 1, 2, 2, 2])
    assert count_persons(label, person) == (2, 1)


def make_cell(label, cut):
    """Return a cell of leads of as many persons, learned from before the `cut` and measured from it."""
    rows = np.arange(len(label))
    fold = ForwardFold(rows < cut, rows >= cut)
    return Cell(rows, np.array(label, float), rows, [fold], count_persons(np.array(label)[cut:], rows[cut:]))


def test_what_is_learned_earlier_is_measured_later():
    """Check that a value that turned its meaning is worse than a coin, and one that kept it perfect."""
    label = [1, 0] * 20 + [1, 0] * 20
    cell = make_cell(label, 40)
    kept, turned = np.array([1, 0] * 40), np.array([1, 0] * 20 + [0, 1] * 20)
    assert measure_alone([kept], [cell])[0] == 1
    assert measure_alone([turned], [cell])[0] == 0
    low = measure_alone([np.zeros(80, int)], [cell])
    assert low == pytest.approx((0.5, 0.5 - 1.96 * measure_auc_error(0.5, 20, 20)), abs=1e-4)


def test_missing_is_judged_within_each_form():
    """Check that a form that asks and converts more says nothing, and a blank for the losers of each form all."""
    forms = np.repeat([0, 1], 40)
    label = np.array([1, 0, 0, 0] * 10 + [1, 1, 1, 0] * 10)
    person = np.arange(80)
    assert measure_within((forms == 0).astype(int), label, forms, person)[0] == 0.5
    assert measure_within((forms == 0).astype(int), label, np.zeros(80, int), person)[0] == pytest.approx(0.75)
    assert measure_within(1 - label, label, forms, person)[0] == 1


def test_certain_values_are_beyond_chance():
    """Check that 30 of 30 at a rate of 0.1 are no chance, that 10 of 10 may be, and that 27 of 30 are too few."""
    codes = np.repeat([0, 1, 2, 3], [30, 10, 30, 600])
    label = np.concatenate([np.ones(30), np.ones(10), np.ones(27), np.zeros(3), np.zeros(600)])
    assert find_certain(codes, label, 0.8).tolist() == [True, False, False, False]
    assert measure_certain(codes, label, 0.8) == pytest.approx(30 / 67)


def test_where_most_convert_certainty_needs_more():
    """Check that 96 % are certain where a tenth converts, and not where two thirds do."""
    codes = np.repeat([0, 1], 1000)
    most = np.concatenate([np.repeat([1.0, 0.0], [960, 40]), np.repeat([1.0, 0.0], [380, 620])])
    few = np.concatenate([np.repeat([1.0, 0.0], [960, 40]), np.zeros(1000)])
    assert not find_certain(codes, most, 0.9).any()
    assert find_certain(codes, few, 0.9).tolist() == [True, False]


def test_filling_of_older_and_newest():
    """Check the best of the older fifths and the newest."""
    is_missing = np.array([True] * 2 + [False] * 6 + [True, False])
    assert measure_filled(is_missing) == (1.0, 0.5)


def test_growth_compares_oldest_and_newest():
    """Check that visits that older leads had longer to make show, and that missing ones are passed over."""
    assert measure_growth(np.array([9.0, 8, 5, 5, 5, 5, 5, 5, 1, np.nan])) == 1
    assert measure_growth(np.ones(10)) == 0.5
    assert number_parts(7).tolist() == [0, 0, 1, 1, 2, 3, 4]


def test_numbers_in_order_are_freed_of_it():
    """Check that a running number says nothing, that one out of turn stays, and that no other number is touched."""
    numbers = np.arange(100.0) * 3
    assert take_order_away(numbers).tolist() == [0.0] * 100
    numbers[10] = 1000
    assert np.argmax(take_order_away(numbers)) == 10
    assert take_order_away(np.tile([1.0, 2.0], 50)) is None
    assert take_order_away(np.random.default_rng(1).normal(size=100)) is None


@pytest.fixture
def decided_and_open():
    """Decided leads of which a third won, each third one open, in turn."""
    label = np.tile([1.0, 0.0, 0.0, np.nan], 200)
    return label, np.isnan(label)


def test_open_leads_are_a_mixture_of_winners_and_losers(decided_and_open):
    """Check that any mixture is explained and that a value of their own is not."""
    label, is_open = decided_and_open
    mixture = np.where(is_open, np.arange(800) // 4 % 2, label == 1).astype(int)
    assert measure_unexplained(mixture, label, is_open) == 0
    assert measure_unexplained(np.where(is_open, 2, mixture), label, is_open) == 1


def test_open_leads_are_compared_with_their_own_time(decided_and_open):
    """Check that a campaign of the newest half, which all leads of that time have, is explained."""
    label, is_open = decided_and_open
    campaign = (np.arange(800) >= 400).astype(int)
    is_new_open = is_open & (np.arange(800) >= 300)
    kept = ~is_open | is_new_open
    assert measure_unexplained(campaign[kept], label[kept], is_open[kept]) == 0


def test_few_open_leads_say_nothing():
    """Check that 4 open leads of 16 are not judged."""
    label = np.tile([1.0, 0.0, 0.0, np.nan], 4)
    assert measure_unexplained(np.isnan(label).astype(int), label, np.isnan(label)) == 0


def make_twins(count_different):
    """Return two columns of five kinds on 1,000 leads; where they differ, in the second, nobody converts."""
    first = pd.Series(np.tile(list("abcde"), 200), dtype="str")
    second = first.where(np.arange(1000) >= count_different, first.map(dict(zip("abcde", "bcdea", strict=True))))
    label = ((np.arange(1000) >= count_different) & (np.arange(1000) % 2 == 0)).astype(float)
    return first, second, label


def test_twins_differ_where_the_outcome_does():
    """Check 200 different of 1,000, of whom none converts, where half of the others do."""
    first, second, label = make_twins(200)
    shared = list_frequent(first) & list_frequent(second)
    assert shared == set("abcde")
    assert compare_twins(first, second, shared, label) == pytest.approx((0.2, 0.0, 0.5))
    assert compare_twins(first, second, shared, np.tile([1.0, 0.0], 500)) is None
    assert compare_twins(first, first, shared, label) is None
    assert compare_twins(first, second, {"a", "b", "c", "d"}, label) is None


def test_dates_after_creation_but_no_plans():
    """Check one date of two after the lead came in, and that dates beyond the end of the data are plans."""
    created_at = pd.Series(pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-03"]))
    as_of = pd.Timestamp("2026-02-01")
    assert measure_future(created_at, pd.Series([-10.0, 5.0, np.nan]), as_of) == 0.5
    assert measure_future(created_at, pd.Series([-10.0, 5.0, -90.0]), as_of) == 0
    assert measure_future(created_at, pd.Series([np.nan] * 3), as_of) == 0


def test_cells_are_ages_with_enough_persons(make_history):
    """Check that both ages have their rows, their persons and their folds, and that few leads have none."""
    rows = make_history(300, seed=1)
    cells = list_cells(rows, list_forward_folds(rows, [0.4, 0.6, 0.8]))
    assert [rows["age_days"].iloc[cell.rows].unique().tolist() for cell in cells] == [[0.0], [7.0]]
    assert all(len(cell.label) == 300 and len(cell.folds) == 3 for cell in cells)
    few = make_history(60, seed=1)
    assert list_cells(few, list_forward_folds(few, [0.4, 0.6, 0.8])) == []


@settings(max_examples=30)
@given(st.lists(st.integers(0, 4), min_size=60, max_size=60), st.permutations(range(5)))
def test_names_of_values_do_not_matter(values, renamed):
    """Check that calling the values otherwise changes nothing of what they tell."""
    cell = make_cell([1, 0, 0] * 20, 30)
    codes = np.array([*values[:-1], 4])
    other = np.array(renamed)[codes]
    assert measure_alone([other], [cell]) == pytest.approx(measure_alone([codes], [cell]))
    assert measure_certain(other, cell.label, 0.5) == pytest.approx(measure_certain(codes, cell.label, 0.5))
