"""A second implementation of the implicit metrics: plain Python, straight from what the catalogue says."""

import itertools
import math
from collections import namedtuple
from datetime import datetime, timedelta

from src.params import Implicit

PARAMS = Implicit(
    windows_days=[7, 30],
    half_lives_days=[2, 7.5],
    session_gap_minutes=30,
    machine_seconds=30,
    burst_clicks=3,
    burst_seconds=10,
    scanner_words=["bot", "Spider"],
    rate_prior_emails=5,
    high_intent=["precio", "demo"],
    page_sections=20,
    engine="local",
    spark_master="local[1]",
)
DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
KINDS = (
    "email_sent",
    "email_delivered",
    "email_opened",
    "email_clicked",
    "email_bounced",
    "unsubscribed",
    "page_viewed",
    "form_submitted",
    "call_made",
    "call_answered",
    "quiz_done",
)
PASSIVE = ("email_sent", "email_delivered", "email_bounced", "call_made")
REPLIES = ("email_clicked", "form_submitted", "call_answered")
SCANNERS = ("Spider", "Web bot")
SECTIONS = {
    "a": "a",
    "b": "b",
    "/Curso-PRECIO?x=1": "curso_precio",
    "/en/demo/": "demo",
    "/": "home",
    "botany": "botany",
}
SECTIONS |= {SCANNERS[0]: "spider"}
"""The assets of the drawn logs, and the section of the site that each is in."""

Activity = namedtuple("Activity", "lead at kind asset campaign channel", defaults=(None, None, None))
Snapshot = namedtuple("Snapshot", "lead at")


def order(row):
    texts = ((text is not None, text or "") for text in row[3:])
    return (row.at, KINDS.index(row.kind), *texts)


def see(log, lead, until):
    """Return what a lead had done by then, in order."""
    return sorted((row for row in log if row.lead == lead and row.at <= until), key=order)


def judge(row, seen):
    """Tell why `row` is known to be a machine's, given all that was `seen`; a person's is None."""
    if row.kind in PASSIVE:
        return None
    if row.kind in ("email_opened", "email_clicked"):
        sent = [other.at for other in seen if other.kind in PASSIVE[:2] and other.asset == row.asset]
        if any(timedelta(0) <= row.at - at <= timedelta(seconds=30) for at in sent):
            return "delivery"
    if row.asset in SCANNERS or row.channel in SCANNERS:
        return "scanner"
    clicks = [other.at for other in seen if other.kind == "email_clicked"]
    bursts = (sum(start <= at <= start + timedelta(seconds=10) for at in clicks) >= 3 for start in clicks)
    within = (start <= row.at <= start + timedelta(seconds=10) for start in clicks)
    is_burst = row.kind == "email_clicked" and any(
        burst and inside for burst, inside in zip(bursts, within, strict=True)
    )
    return "burst" if is_burst else None


def expect(log, snapshot):
    """Return every feature of one snapshot."""
    kinds = [kind for kind in KINDS if kind in {row.kind for row in log}]
    seen = see(log, *snapshot)
    doubts = [judge(row, seen) for row in seen]
    own = [row for row, doubt in zip(seen, doubts, strict=True) if doubt is None and row.kind not in PASSIVE]
    values = {}
    for kind in (*kinds, "activity"):
        values |= expect_counts(kind, [age(row, snapshot) for row in seen if kind in (row.kind, "activity")])
    values["days_since_first_activity"] = max((age(row, snapshot) for row in seen), default=math.nan)
    values |= expect_rhythm(own, snapshot) | expect_high_intent(own, snapshot)
    values |= expect_sections(log, own)
    for column in ("asset", "campaign", "channel"):
        values[f"count_distinct_{column}s"] = len({getattr(row, column) for row in seen} - {None})
    channels = [row.channel for row in own if row.channel is not None]
    values |= {"first_touch_channel": channels[0] if channels else None}
    values |= {"last_touch_channel": channels[-1] if channels else None}
    values |= {
        "count_machine_opens": doubts.count("delivery"),
        "count_scanner_visits": doubts.count("scanner"),
        "count_burst_clicks": doubts.count("burst"),
    }
    emails = find_emails(log, *snapshot)
    values |= expect_emails(emails, seen) | expect_outreach(seen, own, snapshot, "email_sent" in kinds)
    return values | (expect_rates(log, snapshot, emails) if "email_sent" in kinds else {})


def age(row, snapshot):
    return (snapshot.at - row.at) / DAY


def expect_counts(kind, ages):
    values = {f"count_{kind}": len(ages), f"days_since_{kind}": min(ages, default=math.nan)}
    values |= {f"count_{kind}_{days}d": sum(age < days for age in ages) for days in (7, 30)}
    return values | {f"decayed_{kind}_{half:g}d": sum(0.5 ** (age / half) for age in ages) for half in (2, 7.5)}


def expect_rhythm(own, snapshot):
    """Return what the activities of the lead itself, not those it received, give."""
    pauses = [later.at - earlier.at for earlier, later in itertools.pairwise(own)]
    weekdays = [row.at for row in own if row.at.isoweekday() <= 5]
    ages = [age(row, snapshot) for row in own]
    share = len(own) or math.nan
    return {
        "count_sessions": sum(pause > timedelta(minutes=30) for pause in pauses) + (1 if own else 0),
        "count_active_days": len({row.at.date() for row in own}),
        "longest_gap_days": max(pauses) / DAY if pauses else math.nan,
        "share_office_hours": sum(8 <= at.hour < 18 for at in weekdays) / share,
        "share_evenings": sum(at.hour >= 18 for at in weekdays) / share,
        "share_weekends": (len(own) - len(weekdays)) / share,
        "weekly_trend": sum(age < 7 for age in ages) - sum(7 <= age < 28 for age in ages) / 3,
    }


def expect_high_intent(own, snapshot):
    wanted = [row for row in own if row.asset and ("precio" in row.asset.lower() or "demo" in row.asset.lower())]
    ages = [age(row, snapshot) for row in wanted]
    values = {"count_high_intent": len(ages), "days_since_high_intent": min(ages, default=math.nan)}
    return values | {f"decayed_high_intent_{half:g}d": sum(0.5 ** (age / half) for age in ages) for half in (2, 7.5)}


def expect_sections(log, own):
    """Return how many pages the lead viewed in each section that any lead views."""
    viewed, own_views = (
        [SECTIONS[row.asset] for row in rows if row.kind == "page_viewed" and row.asset] for rows in (log, own)
    )
    return {f"count_pages_{section}": own_views.count(section) for section in viewed}


def find_emails(log, lead, until):
    """Return what a lead's e-mails had led to by then: names of those read, followed."""
    seen = see(log, lead, until)
    person = [row for row in seen if row.asset is not None and judge(row, seen) is None]
    return {
        "received": sum(row.kind == "email_sent" for row in seen),
        "read": {row.asset for row in person if row.kind == "email_opened"},
        "followed": {row.asset for row in person if row.kind == "email_clicked"},
    }


def expect_emails(emails, seen):
    kinds = [row.kind for row in seen]
    ended = kinds.index("unsubscribed") if "unsubscribed" in kinds else len(kinds)
    return {
        "count_emails_received": emails["received"],
        "count_emails_read": len(emails["read"]),
        "count_emails_followed": len(emails["followed"]),
        "share_emails_bounced": kinds.count("email_bounced") / emails["received"] if emails["received"] else math.nan,
        "has_unsubscribed": "unsubscribed" in kinds,
        "count_emails_unwanted": kinds[ended:].count("email_sent"),
    }


def expect_outreach(seen, own, snapshot, is_sent_known):
    """Return how e-mails and calls were answered; where the log has none sent, the delivered ones count."""
    outreach = ("email_sent" if is_sent_known else "email_delivered", "call_made")
    tried = [(number, row) for number, row in enumerate(seen) if row.kind in outreach]
    answered = 0
    for number, row in tried:
        later = [other for other in seen[number:] if other.kind in REPLIES and other in own]
        answered += any(other.at - row.at <= 7 * DAY for other in later)
    last = max((number for number, row in enumerate(seen) if row in own), default=-1)
    waiting = [age(row, snapshot) for number, row in tried if number > last]
    return {
        "count_outreach_answered": answered,
        "share_outreach_answered": answered / len(tried) if tried else math.nan,
        "count_outreach_unanswered": len(waiting),
        "days_since_outreach_unanswered": max(waiting, default=math.nan),
    }


def expect_rates(log, snapshot, own):
    """Return the lead's rates, leaning to what was known of all leads at the end of each day before."""
    midnight = datetime.combine(snapshot.at.date(), datetime.min.time())
    ends = {datetime.combine(row.at.date(), datetime.min.time()) + DAY for row in log}
    everybody = {"received": 0, "read": 0, "followed": 0}
    for lead in {row.lead for row in log}:
        by_day = [find_emails(log, lead, end - MOMENT) for end in sorted(ends) if end <= midnight]
        everybody["received"] += by_day[-1]["received"] if by_day else 0
        for what in ("read", "followed"):
            everybody[what] += len(set().union(*(emails[what] for emails in by_day)))
    counts = {"received": own["received"], "read": len(own["read"]), "followed": len(own["followed"])}
    rates = {}
    for name, happened, tried in (
        ("open_rate", "read", "received"),
        ("click_rate", "followed", "received"),
        ("click_to_open_rate", "followed", "read"),
    ):
        share = everybody[happened] / everybody[tried] if everybody[tried] else math.nan
        rates[name] = (counts[happened] + 5 * share) / (counts[tried] + 5)
    return rates
