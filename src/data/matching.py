"""Which leads a row of another file means: by their id in whatever form, by another column, or several at once."""

from typing import Any

import duckdb

from src.data.declarations import FORMS, Linked
from src.data.quoting import quote, quote_text
from src.data.read import RawTable, number_file
from src.stage import InputError

SEPARATORS = (";", ",", "|", "/", " ")
"""What people write between several ids in one cell."""

WRITTEN = {
    "case": "capitals",
    "decimals": "a .0 behind them",
    "zeros": "zeros before them",
    "salesforce": "15 and 18 letters",
    "punctuation": "signs between their letters",
}
"""In what ids differ, in words, for each of `FORMS`."""

LONGEST_ID = 400

OF_KEYS = ("lead_id", "id", "lead_key", "created_at", "is_merged")
"""Columns of table ``lead_keys``; its others name leads, too."""


def normalise_id(text: str, forms: list[str], by: str = "lead_id") -> str:
    """Return SQL for the form of an id in which those that mean one lead are equal.

    Columns that people type are compared without regard to capitals and outer blanks.
    """
    if by == "phone":
        return f"regexp_replace(lower(trim({text})), '[^0-9]|^\\+?00', '', 'g')"
    if by != "lead_id":
        # Of other columns capitals mean nothing, except in the short ids of Salesforce.
        text = f"trim({text})" if "salesforce" in forms else f"lower(trim({text}))"
    if "salesforce" in forms:
        # The last three letters of 18 only say which of the first 15 are capitals.
        text = f"CASE WHEN regexp_full_match({text}, '[A-Za-z0-9]{{18}}') THEN {text}[:15] ELSE {text} END"
    if "decimals" in forms:
        text = f"regexp_replace({text}, '^([0-9]+)[.,]0+$', '\\1')"
    if "punctuation" in forms:
        text = f"regexp_replace({text}, '[^\\p{{L}}\\p{{N}}]', '', 'g')"
    if "case" in forms:
        text = f"lower({text})"
    if "zeros" in forms:
        text = f"regexp_replace({text}, '^0+([^0])', '\\1')"
    return text


def make_keys(db: duckdb.DuckDBPyConnection, name: str, declared: Linked) -> bool:
    """Create table `name` of (text, lead_key, created_at); return whether a row may mean several leads.

    Needs table ``lead_keys``: ``lead_id, lead_key, created_at, is_merged`` and the columns that `by` names.
    """
    by = declared.columns["lead_id"].by
    form = normalise_id(quote(by), declared.match, by)
    keys = f"SELECT {form} AS text, lead_key, created_at FROM lead_keys WHERE {quote(by)} IS NOT NULL"
    keys += "" if by == "lead_id" else " AND NOT is_merged"
    db.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT DISTINCT * FROM ({keys}) WHERE text <> ''")
    shared = db.sql(f"SELECT count(*) FROM (SELECT text FROM {name} GROUP BY text HAVING count(*) > 1)").fetchall()[0][
        0
    ]
    if shared and by == "lead_id":
        raise InputError(
            "ambiguous_ids",
            f"under match: [{', '.join(declared.match)}] {shared} ids mean more than one lead each: leave out a form",
            ", ".join(declared.list_names()),
            column=declared.columns["lead_id"].get_name(),
        )
    return bool(shared) or declared.split is not None


def link_rows(query: str, keys: str, declared: Linked, may_be_several: bool) -> str:
    """Return SQL that adds ``lead_key``, ``created_at`` and ``matches`` (how many leads it means) to rows.

    A row stands once for each of its leads, or once without any.

    Parameters
    ----------
    query : str
        Gives ``row``, ``lead_id`` and ``occurred_at`` (NULL where there is none).
    keys : str
        The table that `make_keys` made.
    """
    form = normalise_id("part", declared.match, declared.columns["lead_id"].by)
    if not may_be_several:
        return (
            f"SELECT linked.* EXCLUDE part, lead_key, created_at, (lead_key IS NOT NULL)::INTEGER AS matches "
            f"FROM (SELECT *, lead_id AS part FROM ({query})) AS linked LEFT JOIN {keys} ON {form} = {keys}.text"
        )
    separator = quote_text(declared.split or "\0")
    parts = f"SELECT *, unnest(coalesce(string_split(lead_id, {separator}), [NULL])) AS part FROM ({query})"
    parts = f"SELECT * REPLACE (trim(part) AS part) FROM ({parts})"
    found = f"SELECT parts.*, lead_key, created_at FROM ({parts}) AS parts LEFT JOIN {keys} ON {form} = {keys}.text"
    # The lead that was there last when it happened, or else the first that came afterwards.
    nearest = "created_at > occurred_at, if(created_at > occurred_at, NULL, created_at) DESC NULLS LAST, created_at"
    ranked = (
        "SELECT * EXCLUDE part, count(DISTINCT lead_key) OVER (PARTITION BY row) AS matches, "
        f"row_number() OVER (PARTITION BY row ORDER BY lead_key IS NULL, {nearest}, lead_key) AS place, "
        f"row_number() OVER (PARTITION BY row, lead_key) AS repeat FROM ({found})"
    )
    kept = "(lead_key IS NOT NULL AND repeat = 1) OR place = 1" if declared.several in ("all", None) else "place = 1"
    return f"SELECT * EXCLUDE (place, repeat) FROM ({ranked}) WHERE {kept}"


def check_several(db: duckdb.DuckDBPyConnection, name: str, declared: Linked, raw: RawTable) -> None:
    """Stop where rows of table `name` mean several leads and nobody said what becomes of them."""
    if declared.several is not None:
        return
    count, first = db.sql(f"SELECT count(DISTINCT row), min(row) FROM {name} WHERE matches > 1").fetchall()[0]
    if count:
        path, line = raw.find_place(first)
        raise InputError(
            "several_leads",
            f"{count} rows mean several leads each: declare several: all, newest or none",
            path,
            line,
            declared.columns["lead_id"].get_name(),
        )


def find_near_matches(db: duckdb.DuckDBPyConnection, unknown: str, declared: Linked) -> list[dict[str, Any]]:
    """Return in which other form ids of no lead would be known, with how many ``rows`` by the place of the file.

    Parameters
    ----------
    unknown : str
        A query for the ``row`` and ``lead_id`` of each row whose lead is unknown.
    """
    db.execute(
        f"CREATE OR REPLACE TABLE unknown_ids AS SELECT {number_file()} AS file, lead_id, count(*) AS rows "
        f"FROM ({unknown}) WHERE length(lead_id) <= {LONGEST_ID} GROUP BY ALL"
    )
    if not db.sql("SELECT count(*) FROM unknown_ids").fetchall()[0][0]:
        return []
    forms = [form for form in FORMS if form not in declared.match]
    near = [(f"match: [{form}]", WRITTEN[form], count_near(db, [form])) for form in forms]
    if declared.split is None:
        near += [(f"split: {sign!r}", f"{sign!r} between several", count_split(db, sign)) for sign in SEPARATORS]
    columns = [row[0] for row in db.sql("DESCRIBE lead_keys").fetchall()]
    named = [name for name in columns if name not in (*OF_KEYS, declared.columns["lead_id"].by)]
    near += [(f"by: {name}", f"they are its {name}", count_by(db, name)) for name in named]
    return [{"declare": key, "form": form, "rows": rows} for key, form, rows in near if rows]


def count_near(db: duckdb.DuckDBPyConnection, forms: list[str]) -> dict[int, int]:
    known = f"SELECT {normalise_id('lead_id', forms)} FROM lead_keys"
    where = f"{normalise_id('lead_id', forms)} IN ({known})"
    return sum_rows(db, where)


def count_split(db: duckdb.DuckDBPyConnection, sign: str) -> dict[int, int]:
    parts = f"SELECT lead_id, trim(unnest(string_split(lead_id, {quote_text(sign)}))) AS part FROM unknown_ids"
    several = f"SELECT lead_id FROM ({parts}) WHERE part IN (SELECT lead_id FROM lead_keys)"
    return sum_rows(db, f"contains(lead_id, {quote_text(sign)}) AND lead_id IN ({several})")


def count_by(db: duckdb.DuckDBPyConnection, name: str) -> dict[int, int]:
    known = f"SELECT {normalise_id(quote(name), [], name)} FROM lead_keys WHERE {quote(name)} IS NOT NULL"
    form = normalise_id("lead_id", [], name)
    return sum_rows(db, f"length({form}) > 2 AND {form} IN ({known})")


def sum_rows(db: duckdb.DuckDBPyConnection, where: str) -> dict[int, int]:
    """Return by the place of the file how many rows have an unknown id that meets a condition."""
    query = f"SELECT file, sum(rows)::BIGINT FROM unknown_ids WHERE {where} GROUP BY file ORDER BY file"
    return dict(db.sql(query).fetchall())
