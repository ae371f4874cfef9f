import contextlib
import functools
import math
import os
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from unittest import mock

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from src.data.log import code_log, write_buckets
from src.data.tables import ACTIVITY_COLUMNS
from src.features import implicit, implicit_plan
from src.features.compiled import compile_loop
from src.features.implicit import build_implicit, read_buckets
from src.features.implicit_metrics import METRICS
from tests.features.implicit_oracle import DAY, KINDS, PARAMS, SCANNERS, SECTIONS, Activity, Snapshot, expect

START = datetime(2026, 3, 2)
CREATED = datetime(2026, 3, 1)
EVERYTHING = pd.DataFrame({"kind": [], "covered_from": pd.Series(dtype="datetime64[us]")})
"""The coverage of a log without limits."""


@functools.cache
def load_loop():
    return compile_loop(METRICS)


def measure(log, snapshots, keep_constant=True, ingest_leads=None, coverage=EVERYTHING):
    """Return the features of the snapshots, and their catalogue, by way of the log's files."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as patches:
        patches.enter_context(mock.patch.object(implicit_plan, "compile_loop", return_value=load_loop()))
        if keep_constant:
            patches.enter_context(mock.patch.object(implicit, "list_constant", return_value=[]))
        folder, count_leads = Path(name) / "activities", 1 + max(row.lead for row in [*log, *snapshots])
        codes = ingest_log(log, folder, count_leads, ingest_leads) if ingest_leads else write_log(log, folder)
        buckets = read_buckets(folder, ingest_leads or 100)
        return build_implicit(make_spine(snapshots), codes, coverage, buckets, PARAMS)


def write_log(log, folder):
    """Write the activities in one bucket, in total order, as integers; return the codes."""
    values = {"kind": sorted({row.kind for row in log}, key=KINDS.index)}
    for column in ("asset", "campaign", "channel"):
        values[column] = sorted({getattr(row, column) for row in log} - {None})
    code = {column: {None: -1} | {text: number for number, text in enumerate(values[column])} for column in values}
    rows = sorted([row.lead, count_microseconds(row.at), *(code[c][getattr(row, c)] for c in code)] for row in log)
    types = ["int32", "int64", "int32", "int32", "int32", "int32"]
    folder.mkdir()
    frame = pd.DataFrame(rows, columns=list(ACTIVITY_COLUMNS)).astype(dict(zip(ACTIVITY_COLUMNS, types, strict=True)))
    frame.to_parquet(folder / "00000.parquet")
    table = [(column, number, text) for column in values for number, text in enumerate(values[column])]
    return pd.DataFrame(table, columns=["column", "code", "value"])


def count_microseconds(at):
    return (at - datetime(1970, 1, 1)) // timedelta(microseconds=1)


def ingest_log(log, folder, count_leads, bucket_leads):
    """Write the activities as ingest does, in buckets, in the order given; return the codes."""
    with duckdb.connect(config={"threads": 1}) as db:
        texts = "raw_kind VARCHAR, kind VARCHAR, asset VARCHAR, campaign VARCHAR, channel VARCHAR"
        db.execute(f"CREATE TABLE log (lead_key INTEGER, occurred_at TIMESTAMP, {texts})")
        for row in log:
            values = [row.lead, row.at, row.kind, row.kind, row.asset, row.campaign, row.channel]
            db.execute("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        codes = code_log(db, [])
        write_buckets(db, folder, count_leads, bucket_leads)
    return codes


def make_spine(snapshots):
    rows = sorted(set(snapshots))
    spine = pd.DataFrame({"lead_key": [row.lead for row in rows], "lead_id": [f"lead{row.lead}" for row in rows]})
    spine["snapshot_at"] = pd.Series([row.at for row in rows], dtype="datetime64[us]")
    spine["created_at"] = pd.Series(CREATED, index=spine.index, dtype="datetime64[us]")
    return spine.assign(age="1d", age_days=1.0)


# Few different times, so that ties, the ends of windows and midnights are met often.
AT = st.builds(
    lambda days, seconds: START + days * DAY + timedelta(seconds=seconds),
    st.sampled_from([0, 1, 2, 7, 8, 30, 37]),
    st.sampled_from([0, 1, 5, 10, 11, 30, 31, 1800, 1831, 28800, 43200, 64800, 86395, 86399]),
)


def draw_activities(leads, **size):
    activity = st.builds(
        Activity,
        lead=st.integers(0, leads - 1),
        at=AT,
        kind=st.sampled_from([*KINDS, *4 * ["email_clicked"]]),
        asset=st.sampled_from([None, *SECTIONS]),
        campaign=st.sampled_from([None, "spring", "autumn"]),
        channel=st.sampled_from([None, "web", "ads", SCANNERS[1]]),
    )
    return st.lists(activity, **size)


def draw_snapshots(leads, **size):
    return st.lists(st.builds(Snapshot, lead=st.integers(0, leads - 1), at=AT), **size)


LOG = draw_activities(4, min_size=1, max_size=25)
SNAPSHOTS = draw_snapshots(4, min_size=1, max_size=6)
# A call costs a tenth of a second whatever the log's size: much is drawn at once, and some logs are small.
LOGS = st.one_of(LOG, draw_activities(6, min_size=20, max_size=80))
MANY_SNAPSHOTS = draw_snapshots(6, min_size=10, max_size=40)


@given(LOGS, MANY_SNAPSHOTS)
@settings(max_examples=80)
def test_every_metric_is_what_the_catalogue_says(log, snapshots):
    """Check all values against a second implementation, in plain Python."""
    features, catalogue = measure(log, snapshots)
    rows = sorted(set(snapshots))
    expected = pd.DataFrame([expect(log, row) for row in rows])
    assert {metric.name for metric in catalogue} == set(expected)
    texts = [metric.name for metric in catalogue if metric.type == "category"]
    assert_frame_equal(features[texts], expected[texts].astype("str"))
    expected = expected.drop(columns=texts).astype(float)
    found = features[list(expected)]
    assert np.allclose(found, expected, rtol=1e-12, atol=1e-12, equal_nan=True), found.compare(expected)


def assert_same_values(first, second):
    """Check that the columns that both have are bit-equal, and that others say "nothing yet"."""
    common = first.columns.intersection(second.columns)
    assert_frame_equal(first[common], second[common], check_exact=True)
    for features in (first, second):
        rest = features[features.columns.difference(common)]
        assert rest.loc[:, rest.columns.str.startswith(("count_", "decayed_"))].eq(0).all(axis=None)
        assert rest.loc[:, rest.columns.str.contains("^days_since_|^share_|_rate$|_touch_")].isna().all(axis=None)


@given(LOG, LOG, LOG, AT)
@settings(max_examples=40)
def test_what_comes_after_a_snapshot_never_matters(before, after, other_after, at):
    """Check that features stay when anything later is added, changed or deleted.

    Which kinds a source knows at all is the same in both: another lead did each of them long ago.
    """
    long_ago = [Activity(3, START - DAY, kind) for kind in KINDS]
    known = [*long_ago, *(row for row in before if row.at <= at)]
    first, second = ([*known, *(row for row in log if row.at > at)] for log in (after, other_after))
    if first and second:
        assert_same_values(measure(first, [Snapshot(0, at)])[0], measure(second, [Snapshot(0, at)])[0])


@given(LOG, LOG, AT)
@settings(max_examples=40)
def test_rates_see_other_leads_only_on_the_days_before(before, after, at):
    """Check that what other leads do on the snapshot's own day, or later, moves no rate."""
    midnight = datetime.combine(at.date(), datetime.min.time())
    sent = [Activity(lead, START - DAY, "email_sent", "a") for lead in (0, 1)]
    own = [row for row in before if row.lead == 0]
    known = [row for row in before if row.lead != 0 and row.at < midnight]
    later = [row for row in after if row.lead != 0 and row.at >= midnight]
    without, _ = measure([*sent, *own, *known], [Snapshot(0, at)])
    with_later, _ = measure([*sent, *own, *known, *later], [Snapshot(0, at)])
    rates = ["open_rate", "click_rate", "click_to_open_rate"]
    assert_frame_equal(with_later[rates], without[rates], check_exact=True)
    assert without[rates[:2]].notna().all(axis=None)


@given(LOG, SNAPSHOTS, st.randoms(use_true_random=False), st.integers(1, 4))
@settings(max_examples=20)
def test_neither_the_order_of_the_log_nor_its_buckets_matter(log, snapshots, random, bucket_leads):
    """Check that a shuffled log, in one bucket or in several, gives the same features."""
    shuffled = random.sample(log, len(log))
    expected, catalogue = measure(log, snapshots)
    features, again = measure(shuffled, snapshots, ingest_leads=bucket_leads)
    assert_frame_equal(features, expected, check_exact=True)
    assert again == catalogue


@given(LOG, SNAPSHOTS)
@settings(max_examples=20)
def test_a_week_later_everything_is_the_same(log, snapshots):
    """Check that moving all times by seven days moves no feature."""
    week = timedelta(days=7)
    moved, _ = measure([row._replace(at=row.at + week) for row in log], [Snapshot(s, at + week) for s, at in snapshots])
    features, _ = measure(log, snapshots)
    assert_frame_equal(moved.drop(columns="snapshot_at"), features.drop(columns="snapshot_at"), check_exact=True)


@given(LOG, AT)
@settings(max_examples=20)
def test_windows_need_no_older_log(log, at):
    """Check that counts in windows stay when all that is older than the longest is dropped."""
    recent = [row for row in log if row.at > at - 30 * DAY]
    if recent:
        complete, without = measure(log, [Snapshot(0, at)])[0], measure(recent, [Snapshot(0, at)])[0]
        windowed = [name for name in without if name.startswith("count_") and name.endswith(("_7d", "_30d"))]
        assert_frame_equal(complete[windowed], without[windowed], check_exact=True)


def test_a_lead_without_activities_has_counts_of_zero_and_unknown_times():
    """Check the features of a lead of whom nothing is known, before and beside the others."""
    log = [Activity(1, START, "page_viewed", "demo"), Activity(1, START + DAY, "page_viewed", "a")]
    features, _ = measure(log, [Snapshot(0, START + DAY), Snapshot(1, START + DAY), Snapshot(1, START - DAY)])
    silent, before, active = (features.iloc[row] for row in range(3))
    for name in ("count_page_viewed", "count_page_viewed_7d", "decayed_activity_2d", "count_sessions"):
        assert (silent[name], before[name]) == (0, 0)
    for name in ("days_since_page_viewed", "days_since_first_activity", "longest_gap_days"):
        assert math.isnan(silent[name])
        assert math.isnan(before[name])
    assert (active["count_page_viewed"], active["longest_gap_days"], active["days_since_high_intent"]) == (2, 1, 1)
    assert active["decayed_page_viewed_2d"] == pytest.approx(1 + math.sqrt(0.5))


def test_rates_lean_to_everybodys_rate_of_the_days_before():
    """Check the open rate of three leads by hand: one e-mail in two was read on the first day."""
    log = [
        Activity(0, START, "email_sent", "a"),
        Activity(0, START + DAY / 2, "email_opened", "a"),
        Activity(0, START + DAY / 2, "email_opened", "a"),
        Activity(1, START, "email_sent", "a"),
        Activity(1, START + timedelta(seconds=30), "email_opened", "a"),
    ]
    features, _ = measure(log, [Snapshot(lead, START + DAY) for lead in range(3)] + [Snapshot(0, START + DAY / 2)])
    # Before the first day has ended nobody's rate is known.
    assert math.isnan(features["open_rate"][0])
    assert features["open_rate"][1:].tolist() == pytest.approx([3.5 / 6, 2.5 / 6, 0.5])
    assert features["count_machine_opens"].tolist() == [0, 0, 1, 0]


def test_metrics_that_tell_nothing_apart_are_left_out():
    """Check that a column with one value, or none, goes, with its entry in the catalogue."""
    log = [Activity(0, START, "page_viewed"), Activity(1, START, "page_viewed"), Activity(1, START, "page_viewed")]
    features, catalogue = measure(log, [Snapshot(0, START), Snapshot(1, START)], keep_constant=False)
    names = [metric.name for metric in catalogue]
    assert list(features) == ["lead_id", "snapshot_at", "age", "age_days", *names]
    assert "count_page_viewed" in names
    assert "count_sessions" not in names
    assert "days_since_high_intent" not in names


def test_a_source_without_a_log_has_no_metrics():
    """Check that the snapshots come back alone where there are no activities."""
    codes = pd.DataFrame({"column": [], "code": [], "value": []}, dtype="str")
    spine = make_spine([Snapshot(0, START)])
    features, catalogue = build_implicit(spine, codes, EVERYTHING, [], PARAMS)
    assert catalogue == []
    assert features.columns.tolist() == ["lead_id", "snapshot_at", "age", "age_days"]


UNCOMPILED = """
import sys
from pathlib import Path
import numba
import pandas as pd
from src.features.implicit import build_implicit, read_buckets
from src.params import Implicit
assert numba.config.DISABLE_JIT
folder = Path(sys.argv[1])
params = Implicit.model_validate_json(sys.argv[2])
spine, codes = pd.read_parquet(folder / "spine.parquet"), pd.read_parquet(folder / "codes.parquet")
coverage = pd.DataFrame({"kind": [], "covered_from": pd.Series(dtype="datetime64[us]")})
features, _ = build_implicit(spine, codes, coverage, read_buckets(folder / "activities", 2), params)
features.to_parquet(folder / "features.parquet")
"""


def test_the_numbers_are_the_same_without_compilation(tmp_path):
    """Check that plain Python runs the same metrics and finds the same values."""
    log = [
        Activity(0, START, "email_sent", "a", "spring", "web"),
        Activity(0, START + timedelta(seconds=20), "email_opened", "a", "spring", "web"),
        Activity(0, START + DAY / 2, "email_opened", "a", "spring", "web"),
        Activity(0, START + DAY, "email_clicked", "a"),
        Activity(2, START + DAY, "page_viewed", "Precio"),
        Activity(2, START + 2 * DAY, "page_viewed", "b"),
        Activity(3, START + 2 * DAY, "quiz_done"),
    ]
    snapshots = [Snapshot(lead, START + days * DAY) for lead in range(4) for days in (0.5, 1, 9)]
    codes = ingest_log(log, tmp_path / "activities", count_leads=4, bucket_leads=2)
    buckets = read_buckets(tmp_path / "activities", 2)
    spine = make_spine(snapshots)
    spine.to_parquet(tmp_path / "spine.parquet")
    codes.to_parquet(tmp_path / "codes.parquet")
    command = [sys.executable, "-c", UNCOMPILED, str(tmp_path), PARAMS.model_dump_json()]
    subprocess.run(command, check=True, env=os.environ | {"NUMBA_DISABLE_JIT": "1"})
    features, catalogue = build_implicit(spine, codes, EVERYTHING, buckets, PARAMS)
    assert len(catalogue) > 20
    assert_frame_equal(pd.read_parquet(tmp_path / "features.parquet"), features, rtol=1e-14, atol=0)
