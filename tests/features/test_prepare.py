import dataclasses
import threading

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from src.data.tables import ACTIVITY_COLUMNS
from src.features.compiled import compile_loop, compiling
from src.features.implicit import build_tables, read_buckets
from src.features.implicit_plan import plan_metrics
from src.features.prepare import KINDS, run_loop
from src.params import load_params


def write_log(folder):
    """Write what ingest leaves of one lead that got an e-mail and saw a page an hour later."""
    at = [0, 3_600_000_000]
    columns = {"lead_key": pa.int32(), "occurred_at": pa.int64()} | dict.fromkeys(ACTIVITY_COLUMNS[2:], pa.int32())
    values = [[0, 0], at, [0, 1], [-1, 0], [-1, -1], [-1, -1]]
    schema = pa.schema(list(columns.items()))
    pq.write_table(pa.table(values, schema=schema), folder / "0.parquet")
    rows = [("kind", 0, "email_sent"), ("kind", 1, "page_viewed"), ("asset", 0, "/prices")]
    return pd.DataFrame(rows, columns=["column", "code", "value"])


def test_a_log_finds_compiled_what_was_prepared(tmp_path):
    """Check that the stage calls the loop with the very types that it was prepared for."""
    params = load_params().implicit
    coverage = pd.DataFrame({"kind": ["email_sent"], "covered_from": pd.to_datetime([None])})
    prepared = plan_metrics(KINDS, coverage, np.zeros(0, np.int64), [], params)
    run_loop(prepared)
    codes = write_log(tmp_path)
    plan = dataclasses.replace(plan_metrics(codes, coverage, np.ones(1, np.int64), [], params), loop=prepared.loop)
    spine = pd.DataFrame({"lead_key": np.zeros(1, np.int32), "lead_id": ["a"], "age": ["1d"], "age_days": [1.0]})
    spine["created_at"], spine["snapshot_at"] = pd.Timestamp("1970-01-01"), pd.Timestamp("1970-01-02")
    [table] = build_tables(lambda first, last: spine, read_buckets(tmp_path, 1000), plan)
    assert table["count_email_sent"].to_pylist() == [1]
    assert [len(prepared.loop.measure.signatures), len(prepared.loop.count_emails.signatures)] == [1, 1]


def test_who_comes_while_it_is_compiled_waits(tmp_path):
    """Check that the loop is handed out only after it has been compiled."""
    loop = compile_loop((), tmp_path)
    waiting = threading.Thread(target=compile_loop, args=((), tmp_path))
    with compiling(loop):
        waiting.start()
        waiting.join(timeout=1)
        assert waiting.is_alive()
    waiting.join(timeout=60)
    assert not waiting.is_alive()
