import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf

from src.data.sources import Source
from src.evaluation.maturity import (
    ConversionCurve,
    bound_undecided,
    estimate_conversion_curve,
    measure_maturity,
    measure_order,
)
from src.models.dataset import decide_moments
from src.params import load_params

START = pd.Timestamp("2026-01-01")
LEADS = st.lists(st.tuples(st.integers(1, 6), st.booleans()), min_size=1, max_size=25).filter(
    lambda leads: any(has_converted for _, has_converted in leads)
)


def make_source(horizon_days: float | None = 30, ages: tuple[str, ...] = ("0h",), is_dated: bool = True) -> Source:
    order = {"created_at": "Created"} if is_dated else {"sequence": "Number"}
    return Source.model_validate(
        {
            "description": "Made by hand.",
            "as_of": "2026-04-11T00:00:00" if is_dated else None,
            "ages": list(ages),
            "leads": {"file": "leads.csv", "columns": {"lead_id": "ID", **order}},
            "outcomes": [{"column_of_leads": "Won", "kinds": {"yes": "won", "no": "lost"}}],
            "objectives": {"sale": {"converted": ["won"], "closed": ["lost"], "horizon_days": horizon_days}},
        }
    )


def make_rows() -> pd.DataFrame:
    """Return a (sold on day 10), b (lost on day 5), c (sold on day 40) and d (open), created on days 0, 0, 10, 80."""
    rows = pd.DataFrame({"lead_id": list("abcd"), "person": list("abcd"), "age": "0h", "is_quarantined": False})
    rows["snapshot_at"] = START + pd.to_timedelta([0, 0, 10, 80], unit="D")
    rows["label_known_at"] = rows["snapshot_at"] + pd.Timedelta(days=30)
    rows["label"], rows["is_mature"] = [1.0, 0.0, 0.0, np.nan], [True, True, True, False]
    return rows


def make_outcomes() -> pd.DataFrame:
    occurred_at = START + pd.to_timedelta([10, 5, 50], unit="D")
    return pd.DataFrame({"lead_id": list("abc"), "kind": ["won", "lost", "won"], "occurred_at": occurred_at})


def measure(rows=None, outcomes=None, source=None, predictions=None, horizons_days=(20.0,)):
    source = source or make_source()
    if predictions is None:
        predictions = pd.DataFrame({"lead_id": ["a", "c"], "snapshot_at": START, "probability": [0.2, 0.6]})
    params = load_params().evaluation
    params = params.model_copy(update={"horizons_days": list(horizons_days), "caught_share": 0.9, "bootstrap": 20})
    rows = make_rows() if rows is None else rows
    outcomes = make_outcomes() if outcomes is None else outcomes
    return measure_maturity(rows, predictions, outcomes, source, source.objectives["sale"], params, seed=1)


def test_curve_by_hand():
    """Check two steps: of 5 one converts on day 2, of the 3 still watched on day 4 two do: 1/5, 1 - 4/5 x 1/3."""
    curve = estimate_conversion_curve(np.array([2.0, 3, 4, 4, 5]), np.array([True, False, True, True, False]))
    assert curve.days.tolist() == [2, 4]
    assert curve.converted == pytest.approx([1 / 5, 11 / 15])
    assert curve.read(np.array([0, 1.9, 2, 3.9, 4, 99])) == pytest.approx([0, 0, 0.2, 0.2, 11 / 15, 11 / 15])


def test_who_leaves_as_another_converts_was_watched():
    """Check a tie: of two leads one converts on day 3, the other is watched until then: one half."""
    curve = estimate_conversion_curve(np.array([3.0, 3.0]), np.array([True, False]))
    assert curve.converted.tolist() == [0.5]


@given(LEADS)
@settings(max_examples=100)
def test_curve_agrees_with_scipy(leads):
    """Check against SciPy's estimate for censored data, with many ties."""
    days, has_converted = (np.array(column) for column in zip(*leads, strict=True))
    curve = estimate_conversion_curve(days.astype(float), has_converted)
    expected = ecdf(CensoredData(uncensored=days[has_converted], right=days[~has_converted])).cdf
    at = np.arange(0, 8)
    assert curve.read(at) == pytest.approx(expected.evaluate(at), abs=1e-12)


@given(LEADS, st.data())
@settings(max_examples=60)
def test_weight_of_two_is_a_lead_twice(leads, data):
    """Check that a resample's curve is that of the repeated leads, whoever was left out."""
    counts = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(leads), max_size=len(leads))))
    days, has_converted = (np.array(column) for column in zip(*leads, strict=True))
    if not (counts * has_converted).any():
        return
    weighted = estimate_conversion_curve(days.astype(float), has_converted, counts.astype(float))
    repeated = estimate_conversion_curve(np.repeat(days, counts).astype(float), np.repeat(has_converted, counts))
    at = np.arange(0, 8)
    assert weighted.read(at) == pytest.approx(repeated.read(at))


@given(LEADS)
@settings(max_examples=60)
def test_order_of_the_leads_never_matters(leads):
    """Check that reversed leads give the same curve, which never falls and stays between 0 and 1."""
    days, has_converted = (np.array(column) for column in zip(*leads, strict=True))
    curve = estimate_conversion_curve(days.astype(float), has_converted)
    reversed_ = estimate_conversion_curve(days[::-1].astype(float), has_converted[::-1])
    assert curve.converted.tolist() == reversed_.converted.tolist()
    assert (np.diff(curve.converted, prepend=0) >= 0).all()
    assert curve.converted[-1] <= 1 + 1e-12


def test_day_of_a_share_is_the_first_that_reaches_it():
    """Check a share that is reached exactly, and one between two steps."""
    curve = ConversionCurve(np.array([2.0, 4.0]), np.array([0.25, 0.5]))
    assert [curve.find_day(share) for share in (0.25, 0.26, 0.5)] == [2.0, 4.0, 4.0]


def test_maturity_by_hand():
    """Check curve and horizons of four leads, of which the lost one stays among all leads.

    Followed 100, 100, 90 and 20 days, median 95. On day 10 one of 4 converts: 1/4. On day 40 one of the 2
    still watched, the other being lost: 1 - 3/4 x 1/2 = 5/8. So day 30 catches 2/5, and 90 % need day 40.
    """
    found = measure()
    assert found["applicable"]
    assert (found["leads"], found["conversions"], found["followed_days"]) == (4, 2, 95)
    assert found["recommended_days"] == 40
    horizons = found["horizons"]
    assert list(horizons) == ["20", "30", "40"]
    assert [row["converted"] for row in horizons.values()] == pytest.approx([0.25, 0.25, 0.625])
    assert [row["caught"] for row in horizons.values()] == pytest.approx([0.4, 0.4, 1.0])
    # On the day of the end of the data day 20 of the newest lead is over; days 30 and 40 are not.
    assert [(row["mature"], row["censored"]) for row in horizons.values()] == [(4, 0), (3, 1), (3, 1)]
    assert [row["base_rate"] for row in horizons.values()] == pytest.approx([1 / 4, 1 / 3, 2 / 3])
    assert [row["conversions"] for row in horizons.values()] == [1, 1, 2]
    assert [row["is_declared"] for row in horizons.values()] == [False, True, False]
    assert [row["is_recommended"] for row in horizons.values()] == [False, False, True]
    assert found["censored"] == {"snapshots": 1, "leads": 1, "converted": 0, "closed": 0, "open": 1}
    assert found["bounds"] == {"leads": 4, "undecided": 1, "rate_if_none": 0.25, "rate_if_all": 0.5}


def test_curve_is_drawn_with_its_interval():
    """Check that the drawn curve begins at 0, ends where the table does, and lies within its interval."""
    curve = measure()["curve"]
    assert curve["days"][0] == 0
    assert curve["converted"][0] == 0
    assert curve["converted"][-1] == pytest.approx(0.625)
    assert all(low <= high for low, high in zip(curve["low"], curve["high"], strict=True))


def test_conversions_later_than_most_were_watched_for():
    """Check that two leads watched for 20 days and one sale after 40 of 100 days are still described."""
    rows = make_rows().iloc[[2, 3, 3]].assign(lead_id=list("cde"), person=list("cde"))
    found = measure(rows, make_outcomes().iloc[2:])
    assert (found["followed_days"], found["recommended_days"]) == (40, 40)
    assert found["horizons"]["40"]["converted"] == 1


def test_horizon_nobody_was_followed_for_is_not_shown():
    """Check that half of the leads must have been watched for as long."""
    assert list(measure(horizons_days=(20.0, 96.0))["horizons"]) == ["20", "30", "40"]


def test_snapshots_apart_do_not_count():
    """Check that quarantined leads and the snapshots at the end of the data change nothing."""
    extra = make_rows().assign(lead_id=list("wxyz"), person=list("wxyz"), is_quarantined=True)
    current = make_rows().assign(age="now", is_mature=False, label=np.nan)
    rows = pd.concat([make_rows(), extra, current], ignore_index=True)
    assert measure(rows) == measure()


def test_early_conversion_of_a_new_lead_is_censored_and_counted():
    """Check that d, sold 5 days after it came, waits for its horizon and is no longer undecided."""
    sold = pd.DataFrame({"lead_id": ["d"], "kind": ["won"], "occurred_at": [START + pd.Timedelta(days=85)]})
    found = measure(outcomes=pd.concat([make_outcomes(), sold]))
    assert found["censored"] == {"snapshots": 1, "leads": 1, "converted": 1, "closed": 0, "open": 0}
    assert found["bounds"] == {"leads": 4, "undecided": 0, "rate_if_none": 0.5, "rate_if_all": 0.5}


def test_lost_lead_whose_horizon_is_not_over_is_decided():
    """Check that d, lost on day 85, counts as one that does not convert."""
    lost = pd.DataFrame({"lead_id": ["d"], "kind": ["lost"], "occurred_at": [START + pd.Timedelta(days=85)]})
    found = measure(outcomes=pd.concat([make_outcomes(), lost]))
    assert found["censored"]["closed"] == 1
    assert found["bounds"] == {"leads": 4, "undecided": 0, "rate_if_none": 0.25, "rate_if_all": 0.25}


def test_without_a_horizon_the_curve_still_recommends_one():
    """Check that nothing is declared, and that the eventual outcomes bound the base rate: c counts now."""
    rows = make_rows().assign(label=[1.0, 0.0, 1.0, np.nan], label_known_at=pd.NaT)
    found = measure(rows, source=make_source(horizon_days=None))
    assert found["horizon_days"] is None
    assert found["recommended_days"] == 40
    assert not any(row["is_declared"] for row in found["horizons"].values())
    assert found["bounds"] == {"leads": 4, "undecided": 1, "rate_if_none": 0.5, "rate_if_all": 0.75}


@pytest.mark.parametrize("is_dated", [True, False])
def test_without_times_it_is_not_applicable(is_dated):
    """Check that no curve is made up, and that the undecided are bounded all the same."""
    rows = make_rows().assign(label=[1.0, 0.0, 1.0, np.nan], label_known_at=pd.NaT)
    outcomes = make_outcomes().assign(occurred_at=pd.NaT)
    if not is_dated:
        rows["snapshot_at"] = pd.NaT
    found = measure(rows, outcomes, make_source(horizon_days=None, is_dated=is_dated))
    assert found == {
        "applicable": False,
        "horizon_days": None,
        "bounds": {"leads": 4, "undecided": 1, "rate_if_none": 0.5, "rate_if_all": 0.75},
    }


def test_order_is_judged_on_the_same_rows_for_every_horizon():
    """Check by hand: of a (0.2) and c (0.6) a converts in 30 days, so the order is wrong; in 60 days both do.

    The newest row, with the highest probability, has not been watched for 60 days and counts for neither.
    """
    predictions = pd.DataFrame({"lead_id": ["a", "c", "d"], "probability": [0.2, 0.6, 0.9]})
    predictions["snapshot_at"] = START + pd.to_timedelta([0, 10, 80], unit="D")
    converted_at = make_outcomes().query("kind == 'won'").set_index("lead_id")["occurred_at"]
    assert measure_order(predictions, converted_at, make_source().get_as_of(), [30.0, 60.0]) == [0.0, None]


def test_bounds_count_leads_at_the_first_age_alone():
    """Check that the later snapshots of a lead add nothing."""
    source = make_source(ages=("0h", "1d"))
    rows = pd.concat([make_rows(), make_rows().assign(age="1d")], ignore_index=True)
    moments = decide_moments(pd.Series(list("abcd")), make_outcomes(), source.objectives["sale"], ["0h"])
    assert bound_undecided(rows, moments, source)["leads"] == 4
