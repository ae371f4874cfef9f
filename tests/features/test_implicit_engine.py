import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from src.features import implicit
from src.features.implicit import (
    Bucket,
    build_implicit,
    build_tables,
    count_views,
    measure_group,
    take_leads,
    write_tables,
)
from src.features.implicit_metrics.base import Log
from src.features.implicit_plan import plan_metrics
from src.files import read_table
from src.stage import InputError
from tests.features.implicit_oracle import DAY, KINDS, PARAMS, Activity, Snapshot
from tests.features.test_implicit import EVERYTHING, START, ingest_log, make_spine, measure, write_log

SECOND = 1_000_000


def make_codes(kinds=KINDS, assets=("a",)):
    rows = [("kind", code, kind) for code, kind in enumerate(kinds)]
    rows += [("asset", code, asset) for code, asset in enumerate(assets)]
    return pd.DataFrame(rows, columns=["column", "code", "value"])


def make_coverage(kind, covered_from):
    return pd.DataFrame({"kind": [kind], "covered_from": pd.Series([covered_from], dtype="datetime64[us]")})


def test_what_began_before_the_log_did_is_missing_not_zero():
    """Check windows and counts over all time of leads created before, and after, the log of opens began."""
    log = [Activity(0, START, "email_opened", "a"), Activity(0, START, "page_viewed")]
    # The leads were created on the day before the first of these snapshots.
    snapshots = [Snapshot(0, START), Snapshot(0, START + 8 * DAY), Snapshot(0, START + 40 * DAY)]
    features, _ = measure(log, snapshots, coverage=make_coverage("email_opened", START + DAY))
    assert features["count_email_opened_7d"].isna().tolist() == [True, False, False]
    assert features["count_activity_7d"].isna().tolist() == [True, False, False]
    assert features["count_email_opened_30d"].isna().tolist() == [True, True, False]
    assert features["weekly_trend"].isna().tolist() == [True, True, False]
    for name in ("count_email_opened", "decayed_activity_2d", "days_since_email_opened", "count_emails_read"):
        assert features[name].isna().all(), name
    for name in ("count_page_viewed", "count_page_viewed_7d", "days_since_page_viewed", "count_emails_received"):
        assert features[name].notna().all(), name


def test_leads_of_the_covered_time_have_all_their_counts():
    """Check that a log which begins before the lead did says everything, but for windows that are longer."""
    log = [Activity(0, START, "page_viewed")]
    covered, _ = measure(log, [Snapshot(0, START + DAY)], coverage=make_coverage("page_viewed", START - DAY))
    complete, _ = measure(log, [Snapshot(0, START + DAY)])
    missing = [name for name in covered if covered[name].isna()[0] and complete[name].notna()[0]]
    looks_back = [f"count_{kind}_{days}d" for days in (7, 30) for kind in ("page_viewed", "activity")]
    assert sorted(missing) == sorted([*looks_back, "weekly_trend"])


def test_without_a_beginning_the_log_covers_all_time():
    """Check that NaT limits nothing."""
    log, snapshots = [Activity(0, START, "page_viewed")], [Snapshot(0, START)]
    unlimited, _ = measure(log, snapshots, coverage=make_coverage("page_viewed", pd.NaT))
    assert_frame_equal(unlimited, measure(log, snapshots)[0])


def test_categories_are_text():
    """Check first and last touch by hand: neither an e-mail sent nor a robot's visit is one."""
    log = [
        Activity(0, START, "email_sent", "a", None, "mail"),
        Activity(0, START + DAY, "page_viewed", None, None, "search"),
        Activity(0, START + 2 * DAY, "page_viewed"),
        Activity(0, START + 3 * DAY, "page_viewed", None, None, "ads"),
        Activity(0, START + 4 * DAY, "page_viewed", None, None, "Web bot"),
    ]
    features, catalogue = measure(log, [Snapshot(0, START + days * DAY) for days in (0, 1, 4)])
    assert {metric.name for metric in catalogue if metric.type == "category"} == {
        "first_touch_channel",
        "last_touch_channel",
    }
    assert features["first_touch_channel"].isna().tolist() == [True, False, False]
    assert features["first_touch_channel"][1:].tolist() == ["search", "search"]
    assert features["last_touch_channel"][1:].tolist() == ["search", "ads"]
    assert features["count_scanner_visits"].tolist() == [0, 0, 1]


def test_pages_are_counted_by_section():
    """Check by hand that a view counts in its section from its moment on, and a form or a robot's visit never."""
    log = [
        Activity(0, START, "page_viewed", "/cursos/excel"),
        Activity(0, START + DAY, "page_viewed", "https://www.example.com/es/Cursos/ingl%C3%A9s?from=ad"),
        Activity(0, START + DAY, "form_submitted", "/cursos"),
        Activity(0, START + 2 * DAY, "page_viewed", "/cursos/excel", None, "Web bot"),
        Activity(0, START + 2 * DAY, "page_viewed", "/"),
        Activity(1, START, "page_viewed", "/empresas"),
        Activity(1, START, "page_viewed"),
        Activity(1, START, "email_clicked", "/blog/trucos"),
    ]
    features, catalogue = measure(log, [Snapshot(0, START + days * DAY) for days in (0, 1, 2)] + [Snapshot(1, START)])
    pages = {metric.name: features[metric.name].tolist() for metric in catalogue if metric.group == "pages"}
    assert pages == {
        "count_pages_cursos": [1, 2, 2, 0],
        "count_pages_empresas": [0, 0, 0, 1],
        "count_pages_home": [0, 0, 1, 0],
    }


def test_a_burst_is_one_from_its_last_click_on():
    """Check that two clicks are a person's until the third comes in time, and that it takes all of them."""
    clicks = [0, 4, 10, 21]
    log = [Activity(0, START + timedelta(seconds=second), "email_clicked", str(second)) for second in clicks]
    features, _ = measure(log, [Snapshot(0, row.at) for row in log])
    assert features["count_burst_clicks"].tolist() == [0, 0, 3, 3]
    assert features["count_emails_followed"].tolist() == [1, 2, 0, 1]


def test_outreach_is_answered_once_and_in_time():
    """Check replies and silence by hand: a click after nine days answers the call of two days before only."""
    log = [
        Activity(0, START, "email_sent", "a"),
        Activity(0, START + 7 * DAY, "call_made"),
        Activity(0, START + 9 * DAY, "email_clicked", "a"),
        Activity(0, START + 10 * DAY, "email_sent", "b"),
        Activity(0, START + 11 * DAY, "email_sent", "c"),
    ]
    features, _ = measure(log, [Snapshot(0, START + days * DAY) for days in (8, 9, 12)])
    assert features["count_outreach_answered"].tolist() == [0, 1, 1]
    assert features["share_outreach_answered"].tolist() == [0, 0.5, 0.25]
    assert features["count_outreach_unanswered"].tolist() == [2, 0, 2]
    assert features["days_since_outreach_unanswered"].fillna(-1).tolist() == [8, -1, 2]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 30)), max_size=20), st.integers(1, 12))
@settings(max_examples=30)
def test_a_bucket_in_parts_is_the_bucket(rows, part_rows):
    """Check that no lead is in two parts, that the parts follow one another, and that none is lost."""
    with tempfile.TemporaryDirectory() as name:
        log = [Activity(lead, START + minutes * DAY / 1440, "page_viewed") for lead, minutes in rows]
        write_log(log, Path(name) / "log")
        bucket = Bucket(0, 9, Path(name) / "log" / "00000.parquet")
        parts, whole = list(bucket.read_parts(part_rows)), read_table(bucket.path)
    assert np.concatenate([part.log_key for part in parts]).tolist() == whole["lead_key"].tolist()
    assert np.concatenate([part.log.at for part in parts]).tolist() == whole["occurred_at"].tolist()
    assert [part.first_key for part in parts] == [0, *(part.last_key + 1 for part in parts[:-1])]
    assert parts[-1].last_key == 9
    for part in parts:
        assert ((part.log_key >= part.first_key) & (part.log_key <= part.last_key)).all()


def test_a_log_out_of_order_is_refused():
    """Check a log in reverse order, leads in reverse order, and a snapshot that stands twice."""
    plan = plan_metrics(make_codes(), EVERYTHING, np.array([1]), [], PARAMS)
    at, none = np.array([5, 9], np.int64), np.full(2, -1, np.int32)
    log = Log(at, np.zeros(2, np.int32), none, none, none)
    backward = log._replace(at=at[::-1])
    one, both, end = np.zeros(1, np.int32), np.zeros(2, np.int32), np.full(1, 9, np.int64)
    rest = plan.setup, plan.edges, plan.loop
    assert len(measure_group(one, end, both, log, *rest)) == 1
    with pytest.raises(InputError, match="the log must be ordered by lead and time, but row 1"):
        measure_group(one, end, both, backward, *rest)
    with pytest.raises(InputError, match="the log must be ordered"):
        measure_group(one, end, np.array([1, 0], np.int32), log, *rest)
    with pytest.raises(InputError, match="the spine must be ordered"):
        measure_group(both, np.array([9, 9], np.int64), both, log, *rest)


@pytest.mark.parametrize("kind", ["email_clicked", "email_opened", "page_viewed"])
def test_two_million_activities_within_seconds_take_seconds(kind):
    """Check that nothing grows faster than the log of one lead, and the counts of it."""
    count = 2_000_000
    assets = tuple(f"asset {number}" for number in range(20_000))
    plan = plan_metrics(make_codes(assets=assets), EVERYTHING, np.ones(len(assets), int), [], PARAMS)
    measure_two = [np.zeros(2, np.int32), np.array([5 * SECOND, DAY // timedelta(microseconds=1)])]
    at = np.arange(count, dtype=np.int64) * 10 * SECOND // count
    asset = (np.arange(count) * 7919 % len(assets)).astype(np.int32)
    none = np.full(count, -1, np.int32)
    log = Log(at, np.full(count, KINDS.index(kind), np.int32), asset, none, none)
    measure_group(*measure_two, none[:0], Log(*(column[:0] for column in log)), plan.setup, plan.edges, plan.loop)
    begun = time.process_time()
    values = measure_group(*measure_two, np.zeros(count, np.int32), log, plan.setup, plan.edges, plan.loop)
    assert time.process_time() - begun < 5
    found = {column.metric.name: values[:, number] for number, column in enumerate(plan.columns[: plan.edges[-1]])}
    assert found["count_activity"].tolist() == [count / 2 + 1, count]
    assert found["count_distinct_assets"].tolist() == [20_000, 20_000]
    bursts = [count / 2 + 1, count] if kind == "email_clicked" else [0, 0]
    assert found["count_burst_clicks"].tolist() == bursts
    assert found["count_emails_read"].tolist() == ([20_000] * 2 if kind == "email_opened" else [0, 0])


def test_the_stage_writes_what_the_notebook_sees(tmp_path):
    """Check the file, bucket by bucket and without constant columns, against the frame in memory."""
    log = [
        Activity(lead, START + hours * DAY / 24, kind, "a", None, "web")
        for lead in range(0, 9, 2)
        for hours, kind in enumerate(KINDS[: 3 + lead])
    ]
    spine = make_spine([Snapshot(lead, START + days * DAY) for lead in range(9) for days in (0.1, 1)])
    codes = ingest_log(log, tmp_path / "activities", count_leads=9, bucket_leads=4)
    buckets = implicit.read_buckets(tmp_path / "activities", 4)
    expected, catalogue = build_implicit(spine, codes, EVERYTHING, buckets, PARAMS)
    plan = plan_metrics(codes, EVERYTHING, count_views(buckets, codes), [], PARAMS)
    tables = build_tables(lambda first, last: take_leads(spine, first, last), buckets, plan)
    assert write_tables(tables, plan, tmp_path / "features.parquet") == catalogue
    assert 20 < len(catalogue) < len(plan.columns)
    assert_frame_equal(read_table(tmp_path / "features.parquet"), expected)


ADDED = """

@njit
def count_at_night(lead, snapshot, setup, out):
    out[0] = 0.0
    for at in lead.at:
        out[0] += at % MICROSECONDS_A_DAY < 6 * HOUR


def describe_night(vocabulary: Vocabulary, params: Implicit) -> list[Column]:
    return [describe("count_at_night", "rhythm", "activities", "Activities before six (UTC).", ALL)]


VISITS = (*VISITS, Measure(count_at_night, describe_night))
"""
RUN = """
import sys
from pathlib import Path
import pandas as pd
from src.features import implicit
from src.params import Implicit
assert implicit.__file__.startswith(sys.argv[1])
project, folder = Path(sys.argv[1]), Path(sys.argv[2])
spine, codes = pd.read_parquet(folder / "spine.parquet"), pd.read_parquet(folder / "codes.parquet")
coverage = pd.DataFrame({"kind": [], "covered_from": pd.Series(dtype="datetime64[us]")})
buckets, params = implicit.read_buckets(folder / "activities", 100), Implicit.model_validate_json(sys.argv[3])
features, catalogue = implicit.build_implicit(spine, codes, coverage, buckets, params)
print(features["count_at_night"].tolist(), [metric.meaning for metric in catalogue if metric.name == "count_at_night"])
"""


def test_a_metric_is_added_by_one_function_and_one_entry(tmp_path):
    """Check, in a copy of the project, that it is among the features, with its values and its description."""
    project = tmp_path / "project"
    source = Path(implicit.__file__).parents[1]
    shutil.copytree(source, project / "src", ignore=shutil.ignore_patterns("__pycache__"))
    with (project / "src/features/implicit_metrics/visits.py").open("a", encoding="utf-8") as file:
        file.write(ADDED)
    log = [Activity(0, START + hours * DAY / 24, "page_viewed") for hours in (1, 5, 6, 23, 27)]
    codes, spine = (
        write_log(log, tmp_path / "activities"),
        make_spine([Snapshot(0, START + days * DAY) for days in (1, 2)]),
    )
    codes.to_parquet(tmp_path / "codes.parquet")
    spine.to_parquet(tmp_path / "spine.parquet")
    command = [sys.executable, "-c", RUN, str(project), str(tmp_path), PARAMS.model_dump_json()]
    # Compiling all metrics again takes half a minute and would find the same.
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run(command, check=True, cwd=project, capture_output=True, text=True, env=environment)
    assert done.stdout.strip() == "[2.0, 3.0] ['Activities before six (UTC).']"
