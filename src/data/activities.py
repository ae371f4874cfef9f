"""Raw activity logs to one canonical log of integers, in buckets of leads."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from src.data.canonical import (
    Value,
    canonicalise,
    check_rejected,
    clean_text,
    count_rows,
    describe_file,
    drop_repeats,
    parse_time,
    reject_where,
)
from src.data.read import REJECTED_COLUMNS, RawTable, place_rejects, quote, quote_text, read_raw
from src.data.sources import Activities, OutcomesFromActivities, Source, name_kind
from src.data.tables import ACTIVITY_COLUMNS, ACTIVITY_KINDS, NO_CODE
from src.params import Intake
from src.stage import InputError

CODED = ("asset", "campaign", "channel")


@dataclass
class Log:
    """The codes of the log's text values (column, code, value) and the intake of its files."""

    codes: pd.DataFrame
    intake: list[dict[str, Any]]


def ingest_activities(
    db: duckdb.DuckDBPyConnection, source: Source, folder: Path, intake: Intake
) -> tuple[Log, pd.DataFrame]:
    """Create table ``activities`` of integers; return its codes and intake, and what was rejected."""
    db.execute(
        "CREATE OR REPLACE TABLE log (lead_key INTEGER, occurred_at TIMESTAMP, raw_kind VARCHAR, "
        "kind VARCHAR, asset VARCHAR, campaign VARCHAR, channel VARCHAR)"
    )
    described, rejected = [], [pd.DataFrame(columns=list(REJECTED_COLUMNS))]
    for declared in source.activities:
        for path in declared.find_files(folder):
            raw = read_log(db, "raw_log", path, declared)
            description, lost = append_log(db, raw, declared, source, intake)
            described.append(description)
            rejected.append(lost)
            db.execute(f"DROP TABLE {raw.name}")
    codes = code_log(db)
    return Log(codes, described), pd.concat(rejected, ignore_index=True)


def read_log(db: duckdb.DuckDBPyConnection, name: str, path: Path, declared: Activities) -> RawTable:
    raw = read_raw(db, name, path, declared, declared.list_columns())
    if raw.rows_read == 0 and not declared.may_be_empty:
        raise InputError("no_rows", "the activity log is empty; if it may be, declare may_be_empty: true", path)
    return raw


def append_log(
    db: duckdb.DuckDBPyConnection, raw: RawTable, declared: Activities, source: Source, intake: Intake
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Append one raw log to table ``log``."""
    values = list_activity_values(declared, source.timezone)
    rejected = [raw.rejected, canonicalise(db, raw, "part", values)]
    duplicates = drop_repeats(db, "part", ["activity_id"]) if "activity_id" in declared.columns else 0
    late = f"occurred_at > TIMESTAMP '{source.get_as_of()}'"
    rejected.append(reject_where(db, "part", "occurred_at", late, "after_as_of"))
    rejected.append(reject_early_outcomes(db, source))
    check_rejected(raw, rejected, intake.max_rejected_share)
    unknown = "lead_id NOT IN (SELECT lead_id FROM lead_keys)"
    rejected.append(reject_where(db, "part", "lead_id", unknown, "unknown_lead"))
    before = db.sql(
        "SELECT count(*) FROM part JOIN lead_keys USING (lead_id) WHERE occurred_at < created_at"
    ).fetchall()[0][0]
    columns = [value.name for value in values]
    selected = ", ".join(quote(c) if c in columns else f"NULL AS {c}" for c in CODED)
    db.execute(
        f"INSERT INTO log SELECT lead_key, occurred_at, kind, {rename_kinds(declared)}, {selected} "
        "FROM part JOIN lead_keys USING (lead_id)"
    )
    kept = count_rows(db, "part")
    rejected = place_rejects(raw, rejected)
    repeated = 0 if "activity_id" in declared.columns else count_repeats(db, columns)
    description = describe_file(raw, kept, rejected, duplicates, before_creation=before, look_repeated=repeated)
    return description, rejected


def reject_early_outcomes(db: duckdb.DuckDBPyConnection, source: Source) -> pd.DataFrame:
    """Take the activities that are outcomes of a lead before it was created out of ``part``."""
    declared = [outcome for outcome in source.outcomes if isinstance(outcome, OutcomesFromActivities)]
    kinds = ", ".join(quote_text(kind) for outcome in declared for kind in outcome.kinds_of_activity)
    if not kinds:
        return pd.DataFrame(columns=["row", "column", "value", "reason"])
    early = (
        f"kind IN ({kinds}) AND row IN "
        "(SELECT row FROM part JOIN lead_keys USING (lead_id) WHERE occurred_at < created_at)"
    )
    return reject_where(db, "part", "occurred_at", early, "before_creation")


def list_activity_values(declared: Activities, zone: str) -> list[Value]:
    values = []
    for name, column in declared.columns.items():
        if name == "kind":
            texts = [clean_text(c, declared.missing) for c in declared.get_kind_columns()]
            sql = f"nullif(concat_ws('/', {', '.join(texts)}), '')"
            values.append(Value(name, sql, declared.get_kind_columns()[0], required=True))
        elif name == "occurred_at":
            sql = parse_time(clean_text(column.column, declared.missing), column.format, zone)
            values.append(Value(name, sql, column.column, required=True, parsed=True))
        else:
            text = clean_text(column.column, declared.missing)
            values.append(Value(name, text, column.column, required=name == "lead_id"))
    return values


def rename_kinds(declared: Activities) -> str:
    """Return SQL for the canonical kind; a kind that is not mapped keeps its own raw name."""
    if not declared.kinds:
        return "kind"
    cases = " ".join(f"WHEN {quote_text(raw)} THEN '{kind}'" for raw, kind in declared.kinds.items())
    return f"CASE kind {cases} ELSE kind END"


def count_repeats(db: duckdb.DuckDBPyConnection, columns: list[str]) -> int:
    """Return how many activities agree with an earlier one in every column."""
    keys = ", ".join(quote(column) for column in columns)
    return count_rows(db, "part") - count_rows(db, f"(SELECT DISTINCT {keys} FROM part)")


def code_log(db: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Create table ``activities`` with integer codes for text; return (column, code, value)."""
    kinds = [row[0] for row in db.sql("SELECT DISTINCT kind FROM log ORDER BY kind").fetchall()]
    named = {raw: raw if raw in ACTIVITY_KINDS else name_kind(raw) for raw in kinds}
    present = [kind for kind in ACTIVITY_KINDS if kind in named.values()]
    present += sorted(set(named.values()) - set(ACTIVITY_KINDS))
    code = {kind: number for number, kind in enumerate(present)}
    kind_codes = pd.DataFrame({"raw": kinds, "code": [code[named[raw]] for raw in kinds]})
    kind_codes = kind_codes.astype({"raw": "str", "code": "int32"})
    db.register("kind_codes", kind_codes)
    parts = [pd.DataFrame({"column": "kind", "code": list(code.values()), "value": list(code)})]
    joins = ["JOIN kind_codes ON log.kind = kind_codes.raw"]
    for column in CODED:
        db.execute(
            f"CREATE OR REPLACE TABLE codes_{column} AS SELECT {column} AS value, "
            f"(row_number() OVER (ORDER BY {column}) - 1)::INTEGER AS code "
            f"FROM (SELECT DISTINCT {column} FROM log WHERE {column} IS NOT NULL)"
        )
        table = db.sql(f"SELECT '{column}' AS column, code, value FROM codes_{column} ORDER BY code")
        parts.append(table.df())
        joins.append(f"LEFT JOIN codes_{column} ON log.{column} = codes_{column}.value")
    texts = ", ".join(f"coalesce(codes_{column}.code, {NO_CODE})::INTEGER AS {column}" for column in CODED)
    db.execute(
        "CREATE OR REPLACE TABLE activities AS SELECT lead_key, epoch_us(occurred_at) AS occurred_at, "
        f"kind_codes.code AS kind, {texts} FROM log {' '.join(joins)}"
    )
    return pd.concat(parts, ignore_index=True).astype({"column": "str", "code": "int32", "value": "str"})


def write_buckets(db: duckdb.DuckDBPyConnection, folder: Path, count_leads: int, bucket_leads: int) -> None:
    """Write the activities in Parquet files of `bucket_leads` leads each, in total order."""
    folder.mkdir(parents=True)
    order = ", ".join(ACTIVITY_COLUMNS)
    for start in range(0, max(count_leads, 1), bucket_leads):
        path = folder / f"{start // bucket_leads:05d}.parquet"
        db.execute(
            f"COPY (SELECT {order} FROM activities WHERE lead_key BETWEEN {start} AND "
            f"{start + bucket_leads - 1} ORDER BY {order}) TO '{path}' (FORMAT parquet)"
        )
