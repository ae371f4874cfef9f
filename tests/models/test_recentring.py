import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.models.measures import to_probability
from src.models.recentring import (
    PACES,
    Recentring,
    filter_level,
    follow_level,
    judge_levels,
    settle_level,
    weigh_paces,
)

START = pd.Timestamp("2026-01-01")
DAY = pd.Timedelta(days=1)


def make_rows(p, wait_days: float | None = 10, seed: int = 0, dated: bool = True) -> pd.DataFrame:
    """Return a lead an hour, each converting with its probability, known after so many days."""
    label = (np.random.default_rng(seed).random(len(p)) < p).astype(float)
    rows = pd.DataFrame({"lead_id": np.arange(len(p)), "sequence": np.arange(len(p)), "label": label})
    at = pd.Series(START + np.arange(len(p)) * DAY / 24)
    rows["created_at"] = rows["snapshot_at"] = at if dated else pd.Series(pd.NaT, rows.index)
    known_at = at + wait_days * DAY if wait_days is not None and dated else pd.Series(pd.NaT, rows.index)
    return rows.assign(label_known_at=known_at)


def test_a_rate_that_stays_moves_nothing():
    """Check that the level of three thousand leads of one rate is left where it is."""
    rows = make_rows(np.full(3000, 0.2))
    calibrator, drift = settle_level(rows, np.zeros(3000), 1.0)
    assert to_probability(calibrator.intercept) == pytest.approx(rows["label"].mean())
    assert abs(drift.amount) < 0.1


def test_a_rate_that_triples_is_followed():
    """Check that the last fifth at .3 after .1 moves the level most of the way from the rate of all to .3."""
    p = np.where(np.arange(4000) < 3200, 0.1, 0.3)
    calibrator, drift = settle_level(make_rows(p), np.zeros(4000), 1.0)
    assert to_probability(calibrator.intercept + drift.amount) == pytest.approx(0.3, abs=0.04)
    assert drift.is_used
    assert drift.gain > 0


def test_a_model_that_sees_the_drift_is_not_moved_twice():
    """Check that log-odds which hold the change leave nothing to follow."""
    p = np.where(np.arange(4000) < 3200, 0.1, 0.3)
    _, drift = settle_level(make_rows(p), np.log(p / (1 - p)), 1.0)
    assert abs(drift.amount) < 0.1


def test_without_dates_the_sequence_is_followed():
    """Check that rows without any time are taken in their order, and dated ones without a horizon are not."""
    p = np.where(np.arange(4000) < 3200, 0.1, 0.3)
    rows = make_rows(p, dated=False)
    found = follow_level(rows, np.full(4000, np.log(rows["label"].mean() / (1 - rows["label"].mean()))))
    assert found.amount > 0.4
    assert follow_level(make_rows(p, wait_days=None), np.zeros(4000)) == Recentring()


def test_few_conversions_follow_nothing():
    """Check that fifteen conversions make fewer than four parts, and that nothing is said then."""
    rows = make_rows(np.zeros(500)).assign(label=lambda rows: (rows["sequence"] % 34 == 0).astype(float))
    assert rows["label"].sum() == 15
    assert follow_level(rows, np.full(500, -3.5)) == Recentring()


def test_the_newest_are_told():
    """Check rows, conversions, rate and what was promised of the newest tenth of the parts, by hand."""
    rows = make_rows(np.zeros(400)).assign(label=lambda rows: (rows["sequence"] % 2 == 0).astype(float))
    found = follow_level(rows, np.zeros(400))
    assert (found.rows, found.conversions, found.rate, found.promised) == (40, 20, 0.5, 0.5)
    assert (found.since, found.until) == (rows["snapshot_at"][360], rows["snapshot_at"][399])
    assert found.shift == pytest.approx(0)


def test_a_level_that_cannot_move_stays():
    """Check the path at pace 0."""
    assert filter_level([(np.ones(5), np.zeros(5))] * 3, 1.0, 0.0).tolist() == [0, 0, 0]


def test_a_level_moves_by_the_posterior_mode():
    """Check one part by hand: four of four convert at log-odds 0, the prior has variance 11 paces squared.

    The mode solves 4 (1 - p(x)) = x / (11 * 0.25).
    """
    level = filter_level([(np.ones(4), np.zeros(4))], 1.0, 0.5)[0]
    assert 4 * (1 - to_probability(level)) == pytest.approx(level / 2.75, abs=0.02)


def test_a_level_is_judged_on_what_came_next():
    """Check losses by hand: the first part is judged at level 0, the second at the first's."""
    outcomes = [(np.array([1.0]), np.zeros(1)), (np.array([1.0]), np.zeros(1))]
    losses = judge_levels(outcomes, np.array([np.log(3), 9.0]))
    assert losses == pytest.approx([np.log(2), -np.log(0.75)])


@given(st.lists(st.floats(0, 50), min_size=len(PACES), max_size=len(PACES)))
def test_chances_of_the_paces_add_up(losses):
    """Check that they are shares, and that half of them is for no pace where all did equally well."""
    chances = weigh_paces(np.array(losses))
    assert chances.sum() == pytest.approx(1)
    assert (chances >= 0).all()
    assert weigh_paces(np.zeros(len(PACES)))[0] == pytest.approx(0.5)


def test_the_order_of_rows_does_not_matter():
    """Check that shuffled rows are followed to the same level."""
    p = np.where(np.arange(2000) < 1500, 0.1, 0.3)
    rows = make_rows(p)
    order = np.random.default_rng(1).permutation(2000)
    z = np.full(2000, -1.8)
    assert follow_level(rows.iloc[order], z).amount == pytest.approx(follow_level(rows, z).amount, abs=1e-12)
