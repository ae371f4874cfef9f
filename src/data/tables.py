"""The canonical tables: their grain, key, columns and invariants.

Times are UTC without a zone (``datetime64[us]``). Identifiers, codes and categories are text.
"""

from dataclasses import dataclass

import pandas as pd

from src.stage import InputError

LEAD_COLUMNS = (
    "email",
    "phone",
    "first_name",
    "last_name",
    "country",
    "region",
    "city",
    "postal_code",
    "job_title",
    "company",
    "company_size",
    "sector",
    "channel",
    "source",
    "campaign",
    "form",
    "landing_page",
    "offer",
    "message",
    "consent",
    "honeypot",
)
"""What a lead may have told us, under the field's standard names; all text."""

PERSONAL_COLUMNS = ("email", "phone", "first_name", "last_name", "message", "company", "postal_code", "honeypot")
"""Columns whose values never leave ``data/interim``."""

ACTIVITY_KINDS = (
    "email_sent",
    "email_delivered",
    "email_opened",
    "email_clicked",
    "email_bounced",
    "unsubscribed",
    "page_viewed",
    "form_submitted",
    "content_downloaded",
    "event_registered",
    "event_attended",
    "ad_clicked",
    "social_engaged",
    "chat_started",
    "call_made",
    "call_answered",
    "meeting_booked",
)
"""Canonical kinds of activity, in the order of their codes. A source's own kinds follow by name."""

ACTIVITY_COLUMNS = ("lead_key", "occurred_at", "kind", "asset", "campaign", "channel")
"""One row an activity, ordered by all columns: int32 key, int64 microseconds, int32 codes."""

VALUE_PREFIX = "value_"
"""Further columns of the activities, after this prefix named as declared: numbers they have (float64)."""

OTHER_KINDS = "other_kinds"
"""All kinds of activity of a source's own that are too rare to be kept apart."""

OUTCOME_COLUMNS = ("lead_id", "kind", "occurred_at", "amount", "client", "reason")
"""One row a lead and kind of outcome; the first where there were several."""

OUTCOME_KINDS = ("won", "lost", "accepted", "rejected", "returned")

UNREADABLE = "unreadable"
"""The kind of an outcome that was there and could not be read: the lead's fate is unknown."""

NO_CODE = -1
"""The code of an absent asset, campaign or channel."""


@dataclass(frozen=True)
class Table:
    """What a table promises: one row per `key`."""

    name: str
    grain: str
    key: tuple[str, ...]


LEADS = Table("leads", "one row a lead", ("lead_id",))
OUTCOMES = Table("outcomes", "one row a lead and kind of outcome", ("lead_id", "kind"))
SNAPSHOTS = Table("snapshots", "one row a lead and moment of scoring", ("lead_id", "snapshot_at"))
EXPLICIT = Table("explicit", "one row a lead", ("lead_id",))
IMPLICIT = Table("implicit", "one row a lead and moment of scoring", ("lead_id", "snapshot_at"))


def check_key(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Return `frame` if it has one row per key of `table`, else say which key repeats."""
    repeated = frame.duplicated(list(table.key))
    if repeated.any():
        message = f"{table.name} must have {table.grain}, but {int(repeated.sum())} rows repeat one"
        raise InputError("repeated_key", message)
    return frame
