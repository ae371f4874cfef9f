"""Make a large canonical log for the benches: leads, codes, coverage and buckets of activities.

The leads behave roughly as people do: half of their sessions are newsletters that some open and few
click, the others are visits of several pages and calls; a few leads do most of it. Everything is
drawn bucket by bucket from a seed, so memory does not grow with the log.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from src import paths
from src.data.tables import ACTIVITY_COLUMNS, ACTIVITY_KINDS, NO_CODE
from src.files import replacing, write_table

QUIET = "SET enable_progress_bar = false"
SEED = 7
AS_OF = datetime(2026, 7, 31, 23, 59, 59)
END = int((AS_OF - datetime(1970, 1, 1)).total_seconds())
"""The end of the log in seconds since 1970."""

DAY = 86_400
YOUNGEST_DAYS, OLDEST_DAYS = 91, 821
"""Ages of the leads at the end: two years of them, each old enough for a snapshot after 90 days."""

SESSIONS_A_LEAD = 16.6
"""Gives 50 activities a lead on average, with the shares below."""

SILENT_SHARE = 0.05
"""Leads without any activity."""

MAILS = [f"newsletter-{number:03d}" for number in range(480)]
PAGES = [f"/curso/{number:03d}" for number in range(280)]
BUYING_PAGES = [f"/{word}/{number}" for word in ("precios", "contacto", "demo", "matricula") for number in range(10)]
ASSETS = sorted(MAILS + PAGES + BUYING_PAGES)
CAMPAIGNS = sorted(f"campaign-{number:02d}" for number in range(60))
CHANNELS = sorted(["ads", "email", "organic", "phone", "referral", "social", "mimecast"])

KIND = {name: code for code, name in enumerate(ACTIVITY_KINDS)}
CHANNEL = {name: code for code, name in enumerate(CHANNELS)}


def make_log(leads: int, bucket_leads: int, seed: int = SEED) -> int:
    """Write the canonical tables of so many leads and return the number of their activities."""
    parts, total = [], 0
    paths.ACTIVITIES.mkdir(parents=True, exist_ok=True)
    for number, first in enumerate(range(0, leads, bucket_leads)):
        rng = np.random.default_rng([seed, number])
        created = draw_creation(rng, first, min(bucket_leads, leads - first), leads)
        parts.append(created)
        activities = draw_activities(rng, first, created)
        write_bucket(activities, number)
        total += len(activities["lead_key"])
    write_leads(np.concatenate(parts))
    write_table(list_codes(), paths.CODES)
    covered = pd.DataFrame({"kind": list(ACTIVITY_KINDS), "covered_from": pd.NaT})
    write_table(covered.astype({"kind": "str", "covered_from": "datetime64[us]"}), paths.INTERIM / "coverage.parquet")
    return total


def write_leads(created: np.ndarray) -> None:
    keys = np.arange(len(created), dtype=np.int32)
    leads = pd.DataFrame(
        {
            "lead_key": keys,
            "lead_id": "lead-" + pd.Series(keys).astype("str").str.zfill(7),
            "created_at": (created * 1_000_000).astype("datetime64[us]"),
        }
    )
    write_table(leads, paths.LEADS)


def write_bucket(activities: dict[str, np.ndarray], number: int) -> None:
    """Write one bucket as ingest does, in total order."""
    order = ", ".join(ACTIVITY_COLUMNS)
    with duckdb.connect() as db, replacing(paths.ACTIVITIES / f"{number:05d}.parquet") as temporary:
        db.execute(QUIET)
        db.register("activities", pa.table(activities))
        db.execute(f"COPY (SELECT {order} FROM activities ORDER BY {order}) TO '{temporary}' (FORMAT parquet)")


def write_raw(folder: Path) -> None:
    """Write the canonical log and leads as a tool would export them, for ingest to read."""
    folder.mkdir(parents=True, exist_ok=True)
    joins = [
        f"LEFT JOIN (SELECT code AS {name}, value AS {name}_text FROM '{paths.CODES}' WHERE \"column\" = '{name}') "
        f"USING ({name})"
        for name in ("kind", "asset", "campaign", "channel")
    ]
    texts = ", ".join(f"{name}_text AS {name}" for name in ("kind", "asset", "campaign", "channel"))
    with duckdb.connect() as db:
        db.execute(QUIET)
        db.execute(f"COPY (SELECT lead_id, created_at FROM '{paths.LEADS}') TO '{folder}/leads.parquet'")
        db.execute(f"COPY (SELECT lead_id, 'won' AS kind FROM '{paths.LEADS}' LIMIT 1) TO '{folder}/outcomes.csv'")
        db.execute(
            f"COPY (SELECT lead_id, make_timestamp(occurred_at) AS occurred_at, {texts} "
            f"FROM '{paths.ACTIVITIES}/*.parquet' JOIN '{paths.LEADS}' USING (lead_key) {' '.join(joins)} "
            f"ORDER BY occurred_at) TO '{folder}/activities.parquet'"
        )


def list_codes() -> pd.DataFrame:
    """Return ``column, code, value`` of every integer in the log."""
    values = {"kind": ACTIVITY_KINDS, "asset": ASSETS, "campaign": CAMPAIGNS, "channel": CHANNELS}
    rows = [(column, code, value) for column, texts in values.items() for code, value in enumerate(texts)]
    codes = pd.DataFrame(rows, columns=["column", "code", "value"])
    return codes.astype({"column": "str", "code": "int32", "value": "str"})


def draw_creation(rng: np.random.Generator, first: int, count: int, leads: int) -> np.ndarray:
    """Return when each of `count` leads from the `first` on was created, in seconds; keys are in that order."""
    share = (first + np.sort(rng.random(count)) * count) / leads
    return END - (OLDEST_DAYS * DAY - share * (OLDEST_DAYS - YOUNGEST_DAYS) * DAY).astype(np.int64)


@dataclass(frozen=True)
class Sessions:
    """Sittings of leads: whose, when they begin (seconds), the campaign and channel behind each."""

    lead: np.ndarray
    start: np.ndarray
    campaign: np.ndarray
    channel: np.ndarray
    form: np.ndarray


@dataclass(frozen=True)
class Steps:
    """Activities within sessions: which session, how many seconds after its start, of which kind, on what."""

    session: np.ndarray
    after: np.ndarray
    kind: int
    asset: np.ndarray

    def take(self, chosen: np.ndarray, seconds: np.ndarray, kind: str) -> "Steps":
        """Return what follows the `chosen` of these steps, some seconds later, on the same asset."""
        return Steps(self.session[chosen], self.after[chosen] + seconds, KIND[kind], self.asset[chosen])


def draw_activities(rng: np.random.Generator, first_key: int, created: np.ndarray) -> dict[str, np.ndarray]:
    """Return the canonical columns of the activities of one bucket's leads, in no order."""
    sessions = draw_sessions(rng, created)
    steps = [*draw_newsletters(rng, sessions), *draw_visits(rng, sessions), *draw_calls(rng, sessions)]
    session = np.concatenate([step.session for step in steps])
    at = sessions.start[session] + np.concatenate([step.after for step in steps])
    kept = at <= END
    session = session[kept]
    kind = np.concatenate([np.full(len(step.session), step.kind, np.int32) for step in steps])
    asset = np.concatenate([step.asset for step in steps])
    return {
        "lead_key": (first_key + sessions.lead[session]).astype(np.int32),
        "occurred_at": at[kept] * 1_000_000,
        "kind": kind[kept],
        "asset": asset[kept].astype(np.int32),
        "campaign": sessions.campaign[session].astype(np.int32),
        "channel": sessions.channel[session].astype(np.int32),
    }


NEWSLETTER, VISIT, CALL = range(3)


def draw_sessions(rng: np.random.Generator, created: np.ndarray) -> Sessions:
    """Return the sessions of the leads: some before they are created, most in the weeks after it."""
    spread = 1.2
    mean = SESSIONS_A_LEAD / (1 - SILENT_SHARE)
    count = np.round(rng.lognormal(np.log(mean) - spread**2 / 2, spread, len(created)))
    count = np.where(rng.random(len(created)) < SILENT_SHARE, 0, count).astype(np.int64)
    lead = np.repeat(np.arange(len(created)), count)
    is_before = rng.random(len(lead)) < 0.1
    days = np.where(is_before, -rng.exponential(5, len(lead)), rng.exponential(75, len(lead)))
    hour = np.clip(rng.normal(14, 4, len(lead)), 0, 23.99)
    day = (created[lead] + days * DAY) // DAY
    start = (day * DAY + hour * 3600).astype(np.int64)
    form = rng.choice(3, len(lead), p=[0.48, 0.44, 0.08])
    campaign = np.where(rng.random(len(lead)) < 0.2, NO_CODE, rng.integers(0, len(CAMPAIGNS), len(lead)))
    visits = [CHANNEL[name] for name in ("ads", "organic", "referral", "social")]
    channel = np.choose(form, [CHANNEL["email"], rng.choice(visits, len(lead)), CHANNEL["phone"]])
    channel[(form == NEWSLETTER) & (rng.random(len(lead)) < 0.01)] = CHANNEL["mimecast"]
    return Sessions(lead, start, campaign, channel, form)


def draw_newsletters(rng: np.random.Generator, sessions: Sessions) -> list[Steps]:
    """Return e-mails, what became of them, and the visits of those who clicked."""
    session = np.flatnonzero(sessions.form == NEWSLETTER)
    week = sessions.start[session] // (7 * DAY)
    mail = find_codes(MAILS)[(week * 4 + rng.integers(0, 4, len(session))) % len(MAILS)]
    sent = Steps(session, np.zeros(len(session), np.int64), KIND["email_sent"], mail)
    chance = rng.random(len(session))
    bounced = sent.take(chance < 0.02, 5, "email_bounced")
    delivered = sent.take(chance >= 0.02, rng.integers(1, 20, int((chance >= 0.02).sum())), "email_delivered")
    opened = follow(rng, delivered, 0.4, "email_opened", 6 * 3600)
    # A mail client that loads every picture at once, and a scanner that follows every link.
    by_machine = follow(rng, delivered, 0.08, "email_opened", 4)
    clicked = follow(rng, opened, 0.2, "email_clicked", 90)
    bursts = [clicked.take(rng.random(len(clicked.session)) < 0.04, second, "email_clicked") for second in (1, 2, 3)]
    gone = follow(rng, opened, 0.01, "unsubscribed", 60)
    again = follow(rng, opened, 0.15, "email_opened", 20 * 3600)
    return [sent, bounced, delivered, opened, by_machine, clicked, *bursts, gone, again, view_pages(rng, clicked, 0.5)]


def follow(rng: np.random.Generator, steps: Steps, share: float, kind: str, mean_seconds: float) -> Steps:
    """Return what follows a share of the steps after an exponential time."""
    chosen = rng.random(len(steps.session)) < share
    seconds = 1 + rng.exponential(mean_seconds, int(chosen.sum())).astype(np.int64)
    return steps.take(chosen, seconds, kind)


def view_pages(rng: np.random.Generator, steps: Steps, stop: float) -> Steps:
    """Return the pages viewed from each step on, less than a minute apart, ending each time with chance `stop`."""
    count = rng.geometric(stop, len(steps.session))
    origin = np.repeat(np.arange(len(count)), count)
    position = np.arange(len(origin)) - np.repeat(np.cumsum(count) - count, count)
    after = steps.after[origin] + position * 50 + rng.integers(0, 50, len(origin))
    # Everybody looks at the same few pages most of the time.
    pages = find_codes(PAGES + BUYING_PAGES)
    page = pages[(len(pages) * rng.random(len(origin)) ** 2).astype(np.int64)]
    return Steps(steps.session[origin], after, KIND["page_viewed"], page)


def draw_visits(rng: np.random.Generator, sessions: Sessions) -> list[Steps]:
    """Return visits of the site: how they begin, the pages, and what some of them lead to."""
    session = np.flatnonzero(sessions.form == VISIT)
    nothing = np.full(len(session), NO_CODE)
    begun = Steps(session, np.zeros(len(session), np.int64), KIND["ad_clicked"], nothing)
    starts = [follow(rng, begun, share, kind, 2) for kind, share in (("ad_clicked", 0.15), ("social_engaged", 0.05))]
    pages = view_pages(rng, begun, 0.3)
    shares = {"form_submitted": 0.015, "content_downloaded": 0.02, "event_registered": 0.008, "chat_started": 0.01}
    return [*starts, pages, *(follow(rng, pages, share, kind, 120) for kind, share in shares.items())]


def draw_calls(rng: np.random.Generator, sessions: Sessions) -> list[Steps]:
    """Return calls, those answered, meetings and attended events."""
    session = np.flatnonzero(sessions.form == CALL)
    made = Steps(session, np.zeros(len(session), np.int64), KIND["call_made"], np.full(len(session), NO_CODE))
    answered = follow(rng, made, 0.45, "call_answered", 20)
    later = [("meeting_booked", 300), ("event_attended", 2 * DAY)]
    return [made, answered, *(follow(rng, answered, 0.15, kind, seconds) for kind, seconds in later)]


def find_codes(names: list[str]) -> np.ndarray:
    code = {name: number for number, name in enumerate(ASSETS)}
    return np.array([code[name] for name in names])
