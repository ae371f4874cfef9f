from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from src.data.sources import Objective, Source
from src.features.snapshots import CURRENT, build_spine
from src.models.dataset import (
    check_horizon,
    count_quarantine,
    decide_moments,
    drop_unknown,
    fold_rows,
    join_features,
    label_rows,
)
from src.params import Folds
from src.stage import InputError

START = pd.Timestamp("2026-01-01")
DAY, MOMENT = pd.Timedelta(days=1), pd.Timedelta(microseconds=1)
NO_QUARANTINE = pd.DataFrame({"lead_id": [], "reasons": []}, dtype="str")
SALE = Objective(converted=["won"], closed=["lost"], horizon_days=10)
EVENTUAL = Objective(converted=["won"], closed=["lost"], horizon_days=None)


def make_source(as_of_day: float | None = 60, ages: tuple[str, ...] = ("0h", "5d")) -> Source:
    is_dated = as_of_day is not None
    order = {"created_at": "Created"} if is_dated else {"sequence": "Number"}
    return Source.model_validate(
        {
            "description": "Made by hand.",
            "as_of": str(START + as_of_day * DAY) if is_dated else None,
            "ages": list(ages) if is_dated else ["0h"],
            "leads": {"file": "leads.csv", "columns": {"lead_id": "Id", **order}},
            "outcomes": [{"column_of_leads": "Won", "kinds": {"1": "won"}}],
            "objectives": {"sale": {"converted": ["won"], "horizon_days": None}},
        }
    )


def make_leads(created: list[pd.Timestamp]) -> pd.DataFrame:
    leads = pd.DataFrame({"lead_key": range(len(created)), "sequence": range(len(created))})
    leads["lead_id"] = leads["person"] = [f"lead{key}" for key in leads["lead_key"]]
    return leads.assign(created_at=pd.Series(created, dtype="datetime64[us]"))


def make_outcomes(rows: list[tuple[int, str, pd.Timestamp | None]]) -> pd.DataFrame:
    frame = pd.DataFrame({"lead_id": [f"lead{lead}" for lead, _, _ in rows], "kind": [kind for _, kind, _ in rows]})
    return frame.assign(occurred_at=pd.Series([at for *_, at in rows], dtype="datetime64[us]"))


def label(created, outcomes, objective=SALE, source=None) -> pd.DataFrame:
    """Return the labelled rows of these leads, with their number as index."""
    source, leads = source or make_source(), make_leads(created)
    spine = build_spine(leads, source)[["lead_id", "snapshot_at", "age", "age_days"]]
    leads = drop_unknown(leads, make_outcomes(outcomes), source.find_recorded_from(objective))
    moments = decide_moments(leads["lead_id"], make_outcomes(outcomes), objective, source.ages)
    rows = label_rows(spine, leads.drop(columns="lead_key"), moments, objective, source)
    return rows.set_index(rows["lead_id"].str.removeprefix("lead").astype(int).rename("lead"))


def test_a_conversion_counts_until_the_very_end_of_the_horizon():
    """Check the labels at once and at five days, of sales at and a moment after the two ends."""
    won = {0: 10 * DAY, 1: 10 * DAY + MOMENT, 2: 15 * DAY, 3: 15 * DAY + MOMENT, 4: 5 * DAY + MOMENT}
    rows = label([START] * 5, [(lead, "won", START + wait) for lead, wait in won.items()])
    by_age = {age: rows.loc[rows["age"] == age, "label"].to_dict() for age in ("0h", "5d")}
    assert by_age["0h"] == {0: 1, 1: 0, 2: 0, 3: 0, 4: 1}
    assert by_age["5d"] == {0: 1, 1: 1, 2: 1, 3: 0, 4: 1}


@pytest.mark.parametrize("kind", ["won", "lost"])
def test_a_lead_decided_by_the_snapshot_is_not_scored_any_more(kind):
    """Check that an outcome at the very moment of a snapshot drops it, a moment later does not."""
    rows = label([START] * 3, [(0, kind, START + 5 * DAY), (1, kind, START + 5 * DAY + MOMENT)])
    assert rows.loc[[0], "age"].tolist() == ["0h"]
    assert rows.loc[[1], "age"].tolist() == ["0h", "5d"]
    assert rows.loc[[2], "age"].tolist() == ["0h", "5d", CURRENT]


def test_a_lead_lost_and_then_won_converts_but_is_open_only_until_it_was_lost():
    """Check that the sale labels the snapshot before the loss, and none follows."""
    rows = label([START], [(0, "lost", START + 3 * DAY), (0, "won", START + 8 * DAY)])
    assert rows[["age", "label"]].to_numpy().tolist() == [["0h", 1]]


def test_outcomes_of_other_objectives_do_not_matter():
    """Check that a verdict of a client neither converts nor ends the wait for a sale."""
    rows = label([START], [(0, "accepted", START), (0, "returned", START + DAY)])
    assert rows["label"].tolist()[:2] == [0, 0]
    assert len(rows) == 3


def test_a_row_is_mature_once_its_horizon_has_passed():
    """Check that a label is missing until then, though the sale is already known."""
    created = [START + 50 * DAY, START + 50 * DAY + MOMENT]
    rows = label(created, [(0, "won", START + 56 * DAY), (1, "won", START + 56 * DAY)])
    first = rows[rows["age"] == "0h"]
    assert first["is_mature"].tolist() == [True, False]
    assert first["label"].fillna(-1).tolist() == [1, -1]
    assert first["label_known_at"].tolist() == [at + 10 * DAY for at in created]
    assert rows.loc[rows["age"] == "5d", "label"].isna().all()


def test_open_leads_are_current_at_the_end_of_the_data():
    """Check that each lead not decided by the end has one current row, whatever its age's name."""
    created = [START, START + DAY, START + 55 * DAY, START + 60 * DAY]
    rows = label(created, [(1, "lost", START + 20 * DAY)])
    current = rows[rows["is_current"]]
    assert current["age"].to_dict() == {0: CURRENT, 2: "5d", 3: "0h"}
    assert (current["snapshot_at"] == START + 60 * DAY).all()


def test_without_a_horizon_the_eventual_outcome_counts_once_decided():
    """Check labels, maturity and open leads of a source without dates."""
    source = make_source(as_of_day=None)
    rows = label([pd.NaT] * 3, [(0, "won", None), (1, "lost", None)], EVENTUAL, source)
    assert rows["label"].fillna(-1).tolist() == [1, 0, -1]
    assert rows["is_mature"].tolist() == [True, True, False]
    assert rows["is_current"].tolist() == [False, False, True]
    assert rows["label_known_at"].isna().all()


def test_a_lead_decided_at_an_unknown_time_is_not_open():
    """Check that in a source with dates a flag without a time closes the lead by the end."""
    rows = label([START] * 3, [(0, "won", None), (1, "lost", None)], EVENTUAL, make_source(ages=["0h"]))
    assert rows[rows["is_current"]].index.tolist() == [2]


def test_a_lost_lead_whose_time_is_unknown_is_not_open_with_a_horizon_either():
    """Check the same where conversions have times and losses have none."""
    rows = label([START] * 2, [(0, "lost", None)])
    assert rows[rows["is_current"]].index.tolist() == [1]


def test_without_a_horizon_but_with_times_decided_rows_are_dropped():
    """Check that a snapshot after the outcome is none, and the earlier ones have its label."""
    rows = label([START] * 2, [(0, "won", START + 3 * DAY)], EVENTUAL)
    assert rows.loc[[0], ["age", "label"]].to_numpy().tolist() == [["0h", 1]]
    assert rows.loc[[1], "label"].isna().all()


def test_conversions_with_times_need_a_horizon():
    """Check the refusal and its proposal: of ten leads nine convert within four days and one in six.

    The ninth decile of 1, 1, 2, 2, 3, 3, 4, 4, 4 and 6 days is 4.2: five whole days.
    """
    source, days = make_source(as_of_day=20), [1, 1, 2, 2, 3, 3, 4, 4, 4, 6]
    leads = pd.DataFrame({"lead_id": [f"lead{n}" for n in range(20)], "created_at": START})
    leads.loc[10:, "created_at"] = START + 10 * DAY
    won = [(n, "won", START + wait * DAY) for n, wait in enumerate(days)]
    outcomes = make_outcomes(won)
    with pytest.raises(InputError, match=r"\[no_horizon\] mycrm.yaml.*Declare horizon_days: 5 days"):
        check_horizon(source, EVENTUAL, leads, outcomes, Path("mycrm.yaml"))
    check_horizon(source, SALE, leads, outcomes, Path("mycrm.yaml"))
    check_horizon(make_source(as_of_day=None), EVENTUAL, leads, outcomes, Path("mycrm.yaml"))
    check_horizon(source, EVENTUAL, leads, outcomes.assign(occurred_at=pd.NaT), Path("mycrm.yaml"))


def test_conversions_without_times_allow_no_later_age():
    """Check that nobody is taken for open at an age by which they may have converted."""
    with pytest.raises(InputError, match=r"\[no_times\].*ages: \[0h\]"):
        label([START], [(0, "won", None)], EVENTUAL)


def test_a_lead_whose_outcome_cannot_be_read_is_neither_won_nor_lost():
    """Check that it has no row, not even one to be scored."""
    rows = label([START] * 2, [(0, "unreadable", None)])
    assert set(rows.index) == {1}


def test_of_leads_from_before_the_records_of_an_objective_nothing_is_learned():
    """Check that another objective, whose outcomes were always recorded, keeps them."""
    declared = make_source().model_dump(exclude_unset=True, warnings=False)
    verdicts = {"column_of_leads": "Verdict", "kinds": {"a": "accepted"}, "recorded_from": str(START + 3 * DAY)}
    source = Source.model_validate(declared | {"outcomes": [*declared["outcomes"], verdicts]})
    created = [START, START + 3 * DAY - MOMENT, START + 3 * DAY]
    accepted = Objective(converted=["accepted"], horizon_days=10)
    assert set(label(created, [], accepted, source).index) == {2}
    assert set(label(created, [], SALE, source).index) == {0, 1, 2}


def test_a_horizon_needs_times():
    """Check that a conversion without a time is refused where its time decides."""
    with pytest.raises(InputError, match=r"\[no_times\].*occurred_at"):
        label([START], [(0, "won", None)])


def make_folds(min_conversions: int) -> Folds:
    return Folds(test_share=1 / 3, cuts=[0.4, 0.6, 0.8], min_conversions=min_conversions)


def make_rows(won: set[int], count: int = 30) -> pd.DataFrame:
    """Return rows of leads one a day, those in `won` bought after half a day; scored only at once."""
    created = [START + day * DAY for day in range(count)]
    outcomes = [(lead, "won", created[lead] + DAY / 2) for lead in won] or [(0, "accepted", START)]
    return label(created, outcomes, source=make_source(as_of_day=60, ages=("0h",))).reset_index(drop=True)


def test_what_the_folds_hold_is_summed_up():
    """Check the counts of thirty leads: ten in the test, and ten days of embargo before it."""
    rows, summary = fold_rows(make_rows({1, 2, 25}), NO_QUARANTINE, SALE, make_folds(2))
    assert summary["rows"] == summary["leads"] == {"embargoed": 9, "history": 11, "test": 10}
    assert summary["conversions"] == {"history": 2, "test": 1}
    assert (summary["base_rate_history"], summary["base_rate_test"]) == (pytest.approx(2 / 11), 0.1)
    assert summary["open_leads"] == 27
    assert (summary["test_from"], summary["test_until"]) == (str(START + 20 * DAY), str(START + 29 * DAY))
    assert rows["sequence"].is_monotonic_increasing


def test_what_is_set_apart_as_spam_is_counted_with_what_it_would_have_cost():
    """Check leads, reasons and conversions of five leads in quarantine.

    Lead 2 buys in time, 3 never, 4 long after its horizon, 58 before its time was up, 59 not yet.
    """
    apart = [2, 3, 4, 58, 59]
    reasons = ["b; a", "a", "a", "c", "c"]
    quarantine = pd.DataFrame({"lead_id": [f"lead{number}" for number in apart], "reasons": reasons})
    created = [START + day * DAY for day in range(60)]
    won = {1: DAY, 2: DAY, 4: 40 * DAY, 45: DAY, 58: DAY}
    rows = label(created, [(lead, "won", created[lead] + wait) for lead, wait in won.items()]).reset_index(drop=True)
    rows, summary = fold_rows(rows, quarantine, SALE, make_folds(1))
    has_converted = pd.Series({f"lead{number}": number in won for number in range(60)})
    found = count_quarantine(rows, quarantine, has_converted)
    assert found == {"leads": 5, "decided": 4, "conversions": 3, "reasons": {"a": 3, "b": 1, "c": 2}}
    assert summary["conversions"]["history"] == 1
    nobody = {"leads": 0, "decided": 0, "conversions": 0, "reasons": {}}
    assert count_quarantine(rows, NO_QUARANTINE, has_converted) == nobody
    assert set(rows.loc[rows["lead_id"] == "lead3", "fold"]) == {"quarantined", "current"}
    assert set(rows.loc[~rows["is_quarantined"], "fold"]) >= {"history", "test"}


def test_persons_are_counted():
    """Check leads, persons, returns and those of the test whom the history knows."""
    rows = make_rows({1, 2, 25})
    rows["person"] = rows["person"].replace({"lead5": "lead0", "lead25": "lead0", "lead26": "lead29"})
    _, summary = fold_rows(rows, NO_QUARANTINE, SALE, make_folds(2))
    assert summary["persons"] == {
        "leads": 30,
        "persons": 27,
        "leads_of_returning_persons": 3,
        "test_leads_of_persons_in_history": 1,
        "kept_out_of_history": 0,
    }


def test_the_order_of_rows_does_not_matter():
    """Check that shuffled rows give the same folds in the same order."""
    rows = make_rows({1, 2, 25})
    expected, summary = fold_rows(rows, NO_QUARANTINE, SALE, make_folds(2))
    shuffled, again = fold_rows(rows.sample(frac=1, random_state=3), NO_QUARANTINE, SALE, make_folds(2))
    assert_frame_equal(shuffled, expected)
    assert again == summary


def test_too_few_conversions_are_refused_with_the_number_needed():
    """Check that leads count, only those of the history, and that the message says how many."""
    with pytest.raises(InputError, match=r"\[too_few_conversions\].* 2 leads that convert; 3 are needed"):
        fold_rows(make_rows({1, 2, 15, 25}), NO_QUARANTINE, SALE, make_folds(3))


def test_two_snapshots_of_one_lead_that_converts_are_one_conversion():
    """Check that leads are counted, not their rows."""
    created = [START + day * DAY for day in range(30)]
    rows = label(created, [(lead, "won", created[lead] + 6 * DAY) for lead in (1, 25)]).reset_index(drop=True)
    assert (rows["label"] == 1).sum() == 4
    with pytest.raises(InputError, match=r"1 leads that convert; 2 are needed"):
        fold_rows(rows, NO_QUARANTINE, SALE, make_folds(2))


@pytest.mark.parametrize("won", [{1, 2}, set(range(30)), {1, 2, *range(20, 30)}], ids=["none", "all", "all of test"])
def test_one_class_is_refused(won):
    """Check that history and test each need leads that convert and leads that do not."""
    with pytest.raises(InputError, match=r"\[one_class\]"):
        fold_rows(make_rows(won), NO_QUARANTINE, SALE, make_folds(1))


def test_features_join_by_lead_and_snapshot():
    """Check that implicit features follow the snapshot, and explicit ones the lead."""
    rows = label([START] * 2, []).reset_index(drop=True)
    implicit = rows[["lead_id", "snapshot_at", "age", "age_days"]].assign(visits=range(6)).iloc[::-1]
    explicit = pd.DataFrame({"lead_id": ["lead1", "lead0"], "colour": ["red", "blue"]})
    dataset = join_features(rows, implicit, [explicit])
    assert dataset["visits"].tolist() == [0, 1, 2, 3, 4, 5]
    assert dataset["colour"].tolist() == ["blue"] * 3 + ["red"] * 3
    assert list(dataset) == [*rows, "visits", "colour"]


def test_features_of_a_source_without_dates_join_by_lead():
    """Check that an unknown time is no key."""
    rows = label([pd.NaT] * 2, [], EVENTUAL, make_source(as_of_day=None)).reset_index(drop=True)
    implicit = rows[["lead_id", "snapshot_at", "age", "age_days"]]
    totals = pd.DataFrame({"lead_id": ["lead1", "lead0"], "visits": [1.0, 2.0]})
    dataset = join_features(rows, implicit, [totals])
    assert dataset["visits"].tolist() == [2, 1]
    assert dataset["snapshot_at"].isna().all()
