import shutil
from collections import namedtuple
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from benchmarks import implicit_pandas, implicit_sql
from benchmarks.implicit import (
    Cost,
    check_names,
    compare_growth,
    compare_values,
    find_differences,
    join_costs,
    summarise,
    write_source,
)
from benchmarks.logs import ASSETS, CHANNELS, END, list_codes, make_log, write_bucket, write_leads, write_raw
from benchmarks.pipeline import ROOT
from src import paths
from src.data import ingest
from src.data.tables import ACTIVITY_COLUMNS, ACTIVITY_KINDS
from src.files import write_table

HOUR, DAY = 3600, 86_400
Activity = namedtuple("Activity", "lead before_end kind asset channel", defaults=(None, "email"))


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """Make an empty project of the parameters and the bench's source, and go there."""
    monkeypatch.chdir(tmp_path)
    for name in (paths.PARAMS, paths.POINTS):
        shutil.copy(ROOT / name, name)
    write_source(["1d"])


def write_log(activities, leads):
    """Write the canonical tables of such activities, `before_end` seconds before the snapshot."""
    rows = {
        "lead_key": np.array([row.lead for row in activities], np.int32),
        "occurred_at": np.array([END - row.before_end for row in activities], np.int64) * 1_000_000,
        "kind": np.array([ACTIVITY_KINDS.index(row.kind) for row in activities], np.int32),
        "asset": np.array([-1 if row.asset is None else ASSETS.index(row.asset) for row in activities], np.int32),
        "campaign": np.full(len(activities), -1, np.int32),
        "channel": np.array([CHANNELS.index(row.channel) for row in activities], np.int32),
    }
    write_bucket(rows, 0)
    write_leads(np.full(leads, END - 50 * DAY))
    write_table(list_codes(), paths.CODES)


def run(module, monkeypatch):
    monkeypatch.setattr("sys.argv", ["", str(END), f"{module.__name__}.parquet"])
    module.main()
    return pd.read_parquet(f"{module.__name__}.parquet")


MAIL, OTHER_MAIL, PRICES = "newsletter-001", "newsletter-002", "/precios/1"

LITERAL = [
    Activity(0, 20 * DAY, "email_sent", MAIL),
    Activity(0, 20 * DAY - 5, "email_delivered", MAIL),
    # Six seconds after the delivery: a machine. Two hours later: a person.
    Activity(0, 20 * DAY - 11, "email_opened", MAIL),
    Activity(0, 20 * DAY - 2 * HOUR, "email_opened", MAIL),
    Activity(0, 20 * DAY - 2 * HOUR - 60, "email_clicked", MAIL),
    Activity(0, 20 * DAY - 2 * HOUR - 120, "page_viewed", PRICES, "organic"),
    Activity(0, 2 * DAY, "email_sent", OTHER_MAIL),
    # A burst of three clicks in two seconds, over midnight, and a scanner's visit.
    Activity(0, 1 * DAY, "email_clicked", OTHER_MAIL),
    Activity(0, 1 * DAY - 1, "email_clicked", OTHER_MAIL),
    Activity(0, 1 * DAY - 2, "email_clicked", OTHER_MAIL),
    Activity(0, 1 * DAY - HOUR, "page_viewed", PRICES, "mimecast"),
    Activity(1, 0, "page_viewed", "/curso/001", "ads"),
    Activity(1, -1, "page_viewed", "/curso/001", "ads"),
]

EXPECTED = {
    "count_activity": [11, 1, 0],
    "count_email_clicked_7d": [3, 0, 0],
    "days_since_email_sent": [2, None, None],
    "days_since_first_activity": [20, 0, None],
    "count_machine_opens": [1, 0, 0],
    "count_burst_clicks": [3, 0, 0],
    "count_scanner_visits": [1, 0, 0],
    "count_emails_received": [2, 0, 0],
    "count_emails_read": [1, 0, 0],
    "count_emails_followed": [1, 0, 0],
    # The person's open, click and view are one visit, and the last thing this lead did.
    "count_sessions": [1, 1, 0],
    "longest_gap_days": [60 / DAY, None, None],
    "weekly_trend": [-1, 1, 0],
    "count_high_intent": [1, 0, 0],
    "count_pages_precios": [1, 0, 0],
    "count_pages_curso": [0, 1, 0],
    "first_touch_channel": ["email", "ads", None],
    "last_touch_channel": ["organic", "ads", None],
    "count_outreach_answered": [1, 0, 0],
    "share_outreach_answered": [0.5, None, None],
    "count_outreach_unanswered": [1, 0, 0],
    "days_since_outreach_unanswered": [2, None, None],
    "has_unsubscribed": [0, 0, 0],
    # Before the last day two e-mails were sent and one was read; five more e-mails count so.
    "open_rate": [(1 + 5 / 2) / 7, 1 / 2, 1 / 2],
    # The first click of the burst was before midnight, when it was none yet: two were followed.
    "click_to_open_rate": [(1 + 5 * 2) / 6, 2, 2],
}


@pytest.mark.parametrize("module", [implicit_sql, implicit_pandas])
def test_metrics_of_a_few_activities(module, monkeypatch):
    """Check the analysts' ways on activities whose metrics are worked out by hand."""
    write_log(LITERAL, leads=3)
    found = run(module, monkeypatch)
    assert found["lead_key"].tolist() == [0, 1, 2]
    for name, values in EXPECTED.items():
        expected = pd.Series(values, dtype="str" if isinstance(values[0], str) else "float64")
        assert not find_differences(found[name], expected).any(), name


def test_sql_and_pandas_agree(monkeypatch):
    """Check that both have the same metrics with the same values of a made log."""
    make_log(300, bucket_leads=100)
    sql, by_pandas = run(implicit_sql, monkeypatch), run(implicit_pandas, monkeypatch)
    assert sorted(sql) == sorted(by_pandas)
    assert [name for name in sql if find_differences(sql[name], by_pandas[name]).any()] == []
    assert sql["count_burst_clicks"].sum() > 0


def read_log():
    return pd.concat([pd.read_parquet(path) for path in sorted(paths.ACTIVITIES.glob("*"))], ignore_index=True)


def test_the_same_seed_makes_the_same_log():
    """Check that a log depends on its seed, and is in the order that ingest promises."""
    total = make_log(400, bucket_leads=150)
    first = read_log()
    assert len(first) == total
    assert sorted(path.name for path in paths.ACTIVITIES.glob("*")) == [
        "00000.parquet",
        "00001.parquet",
        "00002.parquet",
    ]
    assert_frame_equal(first, first.sort_values(list(ACTIVITY_COLUMNS), ignore_index=True))
    make_log(400, bucket_leads=150)
    assert_frame_equal(read_log(), first)
    make_log(400, bucket_leads=150, seed=8)
    assert not read_log().equals(first)


def test_the_log_has_fifty_activities_a_lead():
    """Check the size that the bench claims, that it is skewed, and that every kind occurs."""
    total = make_log(5000, bucket_leads=5000)
    log = read_log()
    assert 45 < total / 5000 < 55
    counts = log.groupby("lead_key").size()
    assert counts.median() < 35
    assert counts.max() > 1000
    assert sorted(log["kind"].unique()) == list(range(len(ACTIVITY_KINDS)))
    assert log["occurred_at"].max() <= END * 1_000_000


def test_ingest_makes_the_log_of_its_export():
    """Check that the raw files are the canonical ones written out: ingest returns them."""
    make_log(2000, bucket_leads=2000)
    before = name_codes(read_log())
    write_raw(paths.raw_folder("bench"))
    ingest.main()
    assert_frame_equal(name_codes(read_log()), before)


def name_codes(log):
    """Return the log with its texts: ingest gives codes only to those that occur."""
    codes = pd.read_parquet(paths.CODES)
    texts = {name: rows.set_index("code")["value"] for name, rows in codes.groupby("column")}
    return log.assign(**{name: log[name].map(values) for name, values in texts.items()})


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ([1.0, None, 0.0], [1.0 + 1e-12, None, 0.0], [False, False, False]),
        ([1.0, None, 0.0], [1.001, 0.0, 1e-300], [True, True, True]),
        ([1.0, 2.0], [1, 2], [False, False]),
        (["web", None, "web"], ["web", None, None], [False, False, True]),
    ],
)
def test_differences(mine, theirs, expected):
    """Check that missing equals missing only, and that numbers may differ in their last digits only."""
    assert find_differences(pd.Series(mine), pd.Series(theirs)).tolist() == expected


def test_a_difference_stops_the_bench():
    """Check that the message names the metric, the lead and both values."""
    write_leads(np.full(2, END))
    stage, other = Path("stage.parquet"), Path("other.parquet")
    pd.DataFrame({"lead_id": ["lead-0000000", "lead-0000001"], "visits": [1.0, 2.0]}).to_parquet(stage)
    pd.DataFrame({"lead_key": np.array([0, 1], np.int32), "visits": [1.0, 3.0]}).to_parquet(other)
    with pytest.raises(SystemExit, match=r"visits differs from other for 1 leads: lead-0000001 has .*2\.0.*3\.0"):
        compare_values(stage, other, ["visits"])
    compare_values(stage, other, [])


def test_ratios():
    """Check that the least time and the highest peak count, and what is divided by what."""
    stage = join_costs([Cost(4.0, 3.0, 100.0), Cost(2.0, 5.0, 90.0)])
    assert stage == Cost(2.0, 3.0, 100.0)
    slow = Cost(8.0, 8.0, 50.0)
    costs = {"stage": stage, "reading": Cost(0.5, 1.0, 1.0), "duckdb_sql": slow, "four_snapshots": slow}
    figures = summarise(10, 5000, costs)
    assert (figures["cpu_vs_reading"], figures["cpu_vs_duckdb_sql"]) == (4.0, 0.25)
    assert "cpu_vs_pandas" not in figures
    assert figures["four_snapshots_cpu_vs_one"] == 4.0
    assert compare_growth("100k", {"10k": {"cpu_s": 2.0}, "100k": {"cpu_s": 9.0}}) == {"cpu_vs_tenth": 4.5}
    assert compare_growth("1m", {"1m": {"cpu_s": 9.0}}) == {}


def test_an_unknown_size_is_refused():
    """Check that a slip does not start a run of all sizes."""
    with pytest.raises(SystemExit, match="no size '1M'; known are 10k, 100k, 1m"):
        check_names(["10k", "1M"])
