"""Leads that are the company itself: its own addresses, and those with which it tests its forms."""

import duckdb
import pandas as pd

from src.data.canonical import reject_where
from src.data.quoting import quote_text
from src.data.sources import Source

SET_APART = ("own_domain", "test_address")


def set_apart(db: duckdb.DuckDBPyConnection, source: Source) -> list[pd.DataFrame]:
    """Take the leads of the company's own domains and test addresses out of table ``leads``, as rejected rows.

    A domain means its sub-domains, too; capitals do not matter.
    """
    if "email" not in source.leads.columns:
        return []
    email = "lower(trim(email))"
    domain = f"regexp_extract({email}, '@(.*)$', 1)"
    own = [
        f"({domain} = {name} OR ends_with({domain}, '.' || {name}))" for name in list_folded(source.company.own_domains)
    ]
    tests = [f"{email} = {address}" for address in list_folded(source.company.test_addresses)]
    return [
        reject_where(db, "leads", "email", " OR ".join(conditions), reason)
        for reason, conditions in zip(SET_APART, (own, tests), strict=True)
        if conditions
    ]


def list_folded(texts: list[str]) -> list[str]:
    return [quote_text(text.strip().lower().removeprefix("@")) for text in texts]
