from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from src.data.tables import ACTIVITY_COLUMNS
from src.features.implicit import build_implicit, read_buckets
from src.features.implicit_values import measure_values
from src.params import load_params

PARAMS = load_params().implicit
NOTHING = float("nan")
DAY = 86_400_000_000


def measure(snapshots, log, windows=()):
    """Return sums and maxima for (lead, time) snapshots and a log of (lead, time, value)."""
    lead_key, at = np.array([*zip(*snapshots, strict=True)], np.int64).reshape(2, -1)
    log_key, log_at, value = [*zip(*log, strict=True)] or ([], [], [])
    columns = np.array(log_key, np.int64), np.array(log_at, np.int64), (np.array(value, float),)
    return measure_values(lead_key, at, *columns, np.array(windows, np.int64))


def test_sums_and_maxima_are_of_what_was_known_at_the_snapshot():
    """Check by hand: an activity at the snapshot counts, a later one and another lead's do not.

    The activity at the window's beginning is outside of it, as in counts.
    """
    log = [(1, 10, 5.0), (1, 20, -2.0), (1, 20, NOTHING), (1, 30, 7.0), (2, 20, 100.0)]
    found = measure([(0, 20), (1, 5), (1, 20), (1, 29), (1, 30), (2, 99)], log, windows=[10])
    expected = [
        [0, NOTHING, 0],
        [0, NOTHING, 0],
        [3, 5, -2],
        [3, 5, -2],
        [10, 7, 7],
        [100, 100, 0],
    ]
    np.testing.assert_array_equal(found, expected)


def test_a_value_that_is_never_known_sums_to_nothing_and_has_no_largest():
    np.testing.assert_array_equal(measure([(1, 9)], [(1, 3, NOTHING)], windows=[99]), [[0, NOTHING, 0]])
    np.testing.assert_array_equal(measure([(1, 9)], []), [[0, NOTHING]])


MOMENTS = st.tuples(st.integers(0, 3), st.integers(0, 6))


@given(
    st.lists(MOMENTS, min_size=1, unique=True).map(sorted),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6), st.sampled_from([1.0, 2.0, -4.0, 0.5]))).map(sorted),
)
def test_every_sum_and_maximum_is_that_of_a_loop(snapshots, log):
    """Check against one snapshot at a time, in plain Python."""
    for (key, until), row in zip(snapshots, measure(snapshots, log, windows=[2]), strict=True):
        own = [(at, value) for lead, at, value in log if lead == key and at <= until]
        late = [value for at, value in own if at > until - 2]
        assert row[0] == sum(value for _, value in own)
        assert row[2] == sum(late)
        assert np.array_equal(row[1], max((value for _, value in own), default=NOTHING), equal_nan=True)


def test_values_of_a_log_become_features(tmp_path: Path):
    """Check names, meanings and values of a log of two leads from its file, read in small parts."""
    rows = [[0, DAY, 0, -1, -1, -1, 40.0], [0, 9 * DAY, 0, -1, -1, -1, 2.0], [1, DAY, 0, -1, -1, -1, NOTHING]]
    frame = pd.DataFrame(rows, columns=[*ACTIVITY_COLUMNS, "value_seconds"])
    types = {name: "int64" if name == "occurred_at" else "int32" for name in ACTIVITY_COLUMNS}
    frame.astype(types).to_parquet(tmp_path / "00000.parquet")
    assert pq.read_schema(tmp_path / "00000.parquet").names[-1] == "value_seconds"
    at = pd.to_datetime(np.array([10 * DAY, 10 * DAY]), unit="us").astype("datetime64[us]")
    created = pd.to_datetime(np.array([0, 0]), unit="us").astype("datetime64[us]")
    spine = pd.DataFrame({"lead_key": np.array([0, 1], np.int32), "lead_id": ["a", "b"], "created_at": created})
    spine = spine.assign(snapshot_at=at, age="10d", age_days=10.0)
    codes = pd.DataFrame({"column": ["kind"], "code": [0], "value": ["page_viewed"]})
    coverage = pd.DataFrame({"kind": [], "covered_from": pd.Series(dtype="datetime64[us]")})
    features, catalogue = build_implicit(spine, codes, coverage, read_buckets(tmp_path, 9), PARAMS)
    values = features[["sum_seconds", "max_seconds", "sum_seconds_7d"]]
    np.testing.assert_array_equal(values, [[42, 40, 2], [0, NOTHING, 0]])
    entry = next(metric for metric in catalogue if metric.name == "sum_seconds_7d")
    assert (entry.meaning, entry.origin) == ("Sum of seconds in the last 7 days.", "seconds")
