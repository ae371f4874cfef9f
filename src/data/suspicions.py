"""What looks odd in the cells of the canonical tables: lists, JSON, and columns of one value."""

import re
from collections import Counter
from typing import Any

import duckdb

from src.data.canonical import count_rows
from src.data.quoting import quote
from src.data.sources import Source
from src.data.tables import OTHER_KINDS

SIGNS = (";", "|", ",", "/", "\n")
"""What may stand between the values of a list."""

LABELS = ("form", "channel", "source", "campaign", "offer", "consent", "sector")
"""Canonical columns of the leads that hold one word each."""

MOST_VALUES = 5000
FEWEST_LISTS = 3
JSON = re.compile(r"\s*[\[{].*[\]}]\s*", re.DOTALL)
KEY = re.compile(r'"key": ?"([A-Za-z_]\w{0,40})"|"([A-Za-z_]\w{0,40})": ?')
MOST_KEYS = 6


def examine_cells(db: duckdb.DuckDBPyConnection, source: Source) -> list[dict[str, Any]]:
    """Return for each column that looks odd its name and what it `is`: list, json, constant or without_prefix."""
    own = source.leads.own
    texts = [name for name in source.leads.columns if name in LABELS]
    texts += [name for name, column in own.items() if column.type == "category"]
    found = [examine_texts(name, count_values(db, "leads", name)) for name in texts]
    logged = [
        name for name in ("asset", "campaign", "channel") if any(name in log.columns for log in source.activities)
    ]
    found += [examine_texts(name_logged(name, source), count_values(db, "log", name)) for name in logged]
    constant = [name for name in own if count_distinct(db, name) <= 1]
    found += [examine_phones(db)] if source.company.country is None and "phone" in source.leads.columns else []
    return [entry for entry in found if entry] + [{"column": name, "is": "constant"} for name in constant]


def name_logged(name: str, source: Source) -> str:
    """Return the raw columns behind a column of the log."""
    return " / ".join(dict.fromkeys(log.columns[name].get_name() for log in source.activities if name in log.columns))


def count_values(db: duckdb.DuckDBPyConnection, table: str, name: str) -> dict[str, int]:
    """Return the most frequent values of a column with their rows."""
    column = quote(name)
    query = f"SELECT {column}, count(*) FROM {table} WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"
    return dict(db.sql(f"{query} LIMIT {MOST_VALUES}").fetchall())


def count_distinct(db: duckdb.DuckDBPyConnection, name: str) -> int:
    column = quote(name)
    query = f"SELECT count(DISTINCT {column}) + if(count({column}) < count(*), 1, 0) FROM leads"
    return db.sql(query).fetchall()[0][0]


def examine_phones(db: duckdb.DuckDBPyConnection) -> dict[str, Any] | None:
    """Return how many phones have no international prefix, where most have none: nobody can dial them."""
    bare = r"count(*) FILTER (NOT regexp_matches(phone, '^\W*(00\d|\+)'))"
    rows, bare = db.sql(f"SELECT count(*), {bare} FROM leads WHERE phone IS NOT NULL").fetchall()[0]
    return {"column": "phone", "is": "without_prefix", "rows": bare} if bare > rows / 2 else None


def examine_texts(name: str, values: dict[str, int]) -> dict[str, Any] | None:
    rows = sum(values.values())
    in_json = sum(count for text, count in values.items() if JSON.fullmatch(text))
    if in_json > rows / 2:
        keys = dict.fromkeys(a or b for text in list(values)[:20] for a, b in KEY.findall(text))
        named = [key for key in keys if key not in ("key", "value") and not key.endswith("_value")]
        return {"column": name, "is": "json", "rows": in_json, "keys": named[:MOST_KEYS]}
    sign = next((sign for sign in SIGNS if are_lists(values, sign)), None)
    if sign is None:
        return None
    return {"column": name, "is": "list", "rows": sum(n for text, n in values.items() if sign in text), "sign": sign}


def are_lists(values: dict[str, int], sign: str) -> bool:
    """Say whether texts look like lists of fewer values than there are lists, or like the same in another order.

    >>> are_lists({"a;b": 9, "b;a": 2, "a": 5}, ";"), are_lists({"Madrid, Spain": 5, "Lugo, Spain": 4}, ",")
    (True, False)
    """
    lists = [tuple(part.strip() for part in text.split(sign) if part.strip()) for text in values if sign in text]
    lists = [parts for parts in lists if len(parts) > 1]
    orders = Counter(tuple(sorted(parts)) for parts in lists)
    if any(count > 1 for count in orders.values()):
        return True
    parts = {part for found in lists for part in found}
    return len(lists) >= FEWEST_LISTS and len(parts) < len(lists)


def count_rare_kinds(db: duckdb.DuckDBPyConnection) -> int:
    """Return how many kinds of activity are too rare to be kept apart."""
    rare = f"SELECT code FROM codes_named WHERE name = '{OTHER_KINDS}'"
    return count_rows(db, f"codes_kind WHERE code IN ({rare})")
