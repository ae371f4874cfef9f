import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from src.features.snapshots import CURRENT
from src.models.folds import assign_folds, list_forward_folds

START = pd.Timestamp("2026-01-01")
DAY = pd.Timedelta(days=1)


def make_rows(days: list[float], ages: list[float], horizon: float, as_of: float) -> pd.DataFrame:
    """Return the snapshots of leads created on these days, each at these ages and at the end."""
    rows = []
    for sequence, day in enumerate(sorted(days)):
        for age, at in [*((f"{age:g}d", day + age) for age in ages), (CURRENT, as_of)]:
            if at <= as_of:
                known_at = START + (at + horizon) * DAY
                row = {"lead_id": f"lead{sequence}", "sequence": sequence, "created_at": START + day * DAY, "age": age}
                rows.append(row | {"label_known_at": known_at, "is_mature": at + horizon <= as_of})
    rows = pd.DataFrame(rows).assign(is_quarantined=False)
    return rows.assign(label=(rows["sequence"] % 2).astype(float), person=rows["lead_id"])


def test_the_newest_third_is_the_test_and_what_was_not_known_before_it_is_embargoed():
    """Check every row of ten leads, one a day, scored at once and a day later, waiting two days.

    The data ends on day 10, so that lead 9 is not mature at all and lead 8 only at once: of nine
    leads the last three are the test, which begins on day 6.
    """
    rows = make_rows(list(range(10)), ages=[0, 1], horizon=2, as_of=10)
    fold = assign_folds(rows, 1 / 3)
    found = {age: fold[rows["age"] == age].tolist() for age in ("0d", "1d", CURRENT)}
    assert found == {
        "0d": ["history"] * 5 + ["embargoed"] + ["test"] * 3 + ["censored"],
        "1d": ["history"] * 4 + ["embargoed"] * 2 + ["test"] * 2 + ["censored"] * 2,
        CURRENT: ["current"] * 10,
    }


def test_leads_whose_first_snapshot_is_not_mature_do_not_move_the_test():
    """Check that young leads, however many, leave the others in their folds."""
    few, many = (make_rows([*range(6), *[9.5] * count], [0], horizon=2, as_of=10) for count in (1, 30))
    for rows in (few, many):
        fold = assign_folds(rows, 1 / 3)
        assert fold[rows["age"] == "0d"].tolist()[:6] == ["history", "history", "history", "embargoed", "test", "test"]
        assert set(fold[rows["created_at"] > START + 9 * DAY]) == {"censored", "current"}


def test_without_times_the_order_alone_decides():
    """Check that a source without dates has no embargo, and undecided leads are censored."""
    rows = make_rows(list(range(6)), [0], horizon=1, as_of=10).query("age != 'now'").reset_index(drop=True)
    rows[["created_at", "label_known_at"]] = pd.NaT
    rows["is_mature"] = [True, False, True, True, True, False]
    fold = assign_folds(rows, 0.5)
    assert fold.tolist() == ["history", "censored", "history", "test", "test", "censored"]


def test_leads_in_quarantine_neither_teach_nor_test():
    """Check that of ten leads the newest third of the other eight is the test."""
    rows = make_rows(list(range(10)), [0], horizon=0.5, as_of=20)
    rows["is_quarantined"] = rows["sequence"].isin([1, 9])
    fold = assign_folds(rows, 0.25)[rows["age"] == "0d"].tolist()
    assert fold == ["history", "quarantined", *["history"] * 5, *["test"] * 2, "quarantined"]


def test_a_person_is_on_one_side_where_there_are_no_dates():
    """Check that an earlier lead of a person of the test does not teach without dates, and does with them."""
    rows = make_rows(list(range(6)), [0], horizon=0.5, as_of=10).query("age != 'now'").reset_index(drop=True)
    rows["person"] = ["a", "b", "c", "d", "b", "e"]
    assert assign_folds(rows, 0.5).tolist() == ["history"] * 3 + ["test"] * 3
    rows[["created_at", "label_known_at"]] = pd.NaT
    assert assign_folds(rows, 0.5).tolist() == ["history", "embargoed", "history"] + ["test"] * 3
    # A later lead that does not test entangles nobody: nothing of it is asked.
    apart = rows.assign(is_mature=rows["sequence"] != 4)
    assert assign_folds(apart, 0.4).tolist() == ["history"] * 3 + ["test", "censored", "test"]
    apart = rows.assign(is_quarantined=rows["sequence"] == 4)
    assert assign_folds(apart, 0.4).tolist() == ["history"] * 3 + ["test", "quarantined", "test"]
    (fold,) = list_forward_folds(rows.assign(label=[0, 1, 1, 0, 1, 0]), [0.5])
    assert fold.fit.tolist() == [True, False, True, False, False, False]


SHARES = st.lists(st.sampled_from([0.2, 0.4, 0.5, 0.6, 0.8, 0.9]), min_size=3, max_size=4, unique=True).map(sorted)
HALF_DAYS = st.lists(st.integers(0, 80).map(lambda half: half / 2), min_size=3, max_size=40)


@given(HALF_DAYS, st.sampled_from([[0], [0, 1], [0, 0.5, 7]]), st.sampled_from([0.5, 3, 14]), st.floats(0.1, 0.9))
@settings(max_examples=60)
def test_the_history_was_known_before_the_test_began(days, ages, horizon, share):
    """Check that no label of the history is younger than the test and no lead is in both."""
    rows = make_rows(days, ages, horizon, as_of=45)
    fold = assign_folds(rows, share)
    history, test = rows[fold == "history"], rows[fold == "test"]
    if len(test) and len(history):
        assert history["label_known_at"].max() <= test["created_at"].min()
        assert history["sequence"].max() < test["sequence"].min()
    assert rows[fold.isin(["history", "test"])]["is_mature"].all()
    assert (fold[rows["age"] == CURRENT] == "current").all()
    mature = rows[(rows["age"] == "0d") & rows["is_mature"]]
    largest_moment = mature["created_at"].value_counts().max() if len(mature) else 0
    assert abs(test["lead_id"].nunique() - round(len(mature) * share)) < max(largest_moment, 1)


@given(HALF_DAYS, st.sampled_from([[0], [0, 1], [0, 0.5, 7]]), st.sampled_from([0.5, 3, 14]), SHARES)
@settings(max_examples=60)
def test_a_forward_fold_fits_on_labels_known_when_it_began(days, ages, horizon, cuts):
    """Check that fits see neither later labels nor a predicted lead, and rows are predicted once."""
    rows = make_rows(days, ages, horizon, as_of=60)
    history = rows[rows["age"] != CURRENT].reset_index(drop=True)
    predicted = np.zeros(len(history), int)
    for fold in list_forward_folds(history, cuts):
        fit, predict = history[fold.fit], history[fold.predict]
        assert fit["label_known_at"].max() <= predict["created_at"].min()
        assert fit["sequence"].max() < predict["sequence"].min()
        assert fit["label"].nunique() == 2
        predicted += fold.predict
    assert predicted.max(initial=0) <= 1


def test_leads_of_one_moment_stay_on_one_side():
    """Check that a campaign, whose leads all come in at once, is not cut through."""
    rows = make_rows([0, 0, 1, 1, 1, 2], [0], horizon=0.5, as_of=60).query("age != 'now'").reset_index(drop=True)
    # A half of six leads would begin with the second of the three leads of day 1, a third with the
    # fifth of all: the nearest moments are the beginnings of day 1 and of day 2.
    assert assign_folds(rows, 0.5).tolist() == ["history"] * 2 + ["test"] * 4
    assert assign_folds(rows, 1 / 3).tolist() == ["history"] * 5 + ["test"]
    (fold,) = list_forward_folds(rows, [0.5])
    assert fold.fit.tolist() == [True, True, False, False, False, False]
    assert fold.predict.tolist() == [False, False, True, True, True, True]


def test_forward_folds_begin_at_the_cuts():
    """Check three folds of ten leads, one a day, whose label is known two days later."""
    history = make_rows(list(range(10)), [0], horizon=2, as_of=60).query("age == '0d'").reset_index(drop=True)
    folds = list_forward_folds(history, [0.2, 0.5, 0.8])
    # Before day 2 only lead 0 was known, of one class: that cut is left out.
    assert [np.flatnonzero(fold.fit).tolist() for fold in folds] == [[0, 1, 2, 3], [0, 1, 2, 3, 4, 5, 6]]
    assert [np.flatnonzero(fold.predict).tolist() for fold in folds] == [[5, 6, 7], [8, 9]]


def test_forward_folds_without_times_follow_the_order():
    """Check that all earlier leads teach where nobody knows when a label was known."""
    history = make_rows(list(range(4)), [0], horizon=9, as_of=60).query("age == '0d'").reset_index(drop=True)
    history[["created_at", "label_known_at"]] = pd.NaT
    (fold,) = list_forward_folds(history, [0.5])
    assert fold.fit.tolist() == [True, True, False, False]
    assert fold.predict.tolist() == [False, False, True, True]
