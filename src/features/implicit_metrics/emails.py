"""What e-mails and calls led to: read, followed, answered, or nothing; without what machines did."""

import numpy as np
from numba import njit

from src.features.implicit_metrics.base import (
    BY_BURST,
    BY_DELIVERY,
    BY_SCANNER,
    MICROSECONDS_A_DAY,
    NO_DOUBT,
    Column,
    Measure,
    Vocabulary,
    count_different,
    days,
    describe,
    is_own,
)
from src.params import Implicit

REPLY_DAYS = 7
"""What the lead does within so many days of an e-mail or a call is an answer to it: the next one comes weekly."""


@njit
def measure_emails(lead, snapshot, setup, out):
    """Count e-mails sent, and those opened and clicked by a person, each e-mail once."""
    sent, bounced, opens, clicks = 0, 0, 0, 0
    opened = np.empty(len(lead.at), np.int32)
    clicked = np.empty(len(lead.at), np.int32)
    for i in range(len(lead.at)):
        if lead.kind[i] == setup.sent:
            sent += 1
        elif lead.kind[i] == setup.bounced:
            bounced += 1
        elif lead.doubt[i] == NO_DOUBT:
            if lead.kind[i] == setup.opened:
                opened[opens] = lead.asset[i]
                opens += 1
            elif lead.kind[i] == setup.clicked:
                clicked[clicks] = lead.asset[i]
                clicks += 1
    out[0] = sent
    out[1] = count_different(opened[:opens])
    out[2] = count_different(clicked[:clicks])
    out[3] = bounced / sent if sent else np.nan


@njit
def count_doubts(lead, snapshot, setup, out):
    """Count what is no person's, by reason; opens and clicks of e-mails, and what scanners did anywhere."""
    out[:] = 0.0
    for doubt in lead.doubt:
        if doubt != NO_DOUBT:
            out[doubt - 1] += 1.0


@njit
def measure_subscription(lead, snapshot, setup, out):
    """Tell whether the lead has unsubscribed, and count the e-mails that were sent to it all the same."""
    has_unsubscribed, sent_after = 0.0, 0
    for i in range(len(lead.at)):
        if lead.kind[i] == setup.unsubscribed:
            has_unsubscribed = 1.0
        elif has_unsubscribed and lead.kind[i] == setup.sent:
            sent_after += 1
    out[0], out[1] = has_unsubscribed, sent_after


@njit
def measure_replies(lead, snapshot, setup, out):
    """Measure how much of the outreach was answered in time: each once, one answer serves all before it."""
    outreach, answered, waiting = 0, 0, 0
    for i in range(len(lead.at)):
        if setup.is_outreach[lead.kind[i]]:
            outreach += 1
        elif setup.is_reply[lead.kind[i]] and lead.doubt[i] == NO_DOUBT:
            for j in range(waiting, i):
                if setup.is_outreach[lead.kind[j]] and lead.at[i] - lead.at[j] <= REPLY_DAYS * MICROSECONDS_A_DAY:
                    answered += 1
            waiting = i
    out[0] = answered
    out[1] = answered / outreach if outreach else np.nan


@njit
def measure_silence(lead, snapshot, setup, out):
    """Count the outreach since the lead last did anything, and the days since the first of it."""
    unanswered, first = 0, np.nan
    for i in range(len(lead.at) - 1, -1, -1):
        if is_own(lead, i, setup):
            break
        if setup.is_outreach[lead.kind[i]]:
            unanswered += 1
            first = days(snapshot - lead.at[i])
    out[0], out[1] = unanswered, first


@njit
def judge_log(lead_key, log, setup):
    """Judge every activity: why it is a machine's, and since when that is known.

    An open or click within seconds of its e-mail's delivery and anything under a scanner's name are
    known when they happen; clicks of a burst when it is complete, so an early click of it is a person's
    until then. A snapshot may use a verdict only if ``known_from <= snapshot``.

    Parameters
    ----------
    lead_key : ndarray of int32, ordered
    log : Log
        Ordered by lead and time.
    setup : Setup

    Returns
    -------
    reason : ndarray of int8
        ``NO_DOUBT`` or why.
    known_from : ndarray of int64
        Microseconds; as late as can be where there is no doubt.
    """
    reason = np.zeros(len(lead_key), np.int8)
    known_from = np.full(len(lead_key), np.iinfo(np.int64).max)
    # The last delivery of each asset, and to whom; that of no asset has the last place.
    delivered_at = np.zeros(len(setup.is_scanner_asset), np.int64)
    delivered_to = np.full(len(delivered_at), -1, np.int64)
    recent = np.empty(setup.burst_clicks, np.int64)
    clicks, judged = 0, 0
    for i in range(len(lead_key)):
        if i == 0 or lead_key[i] != lead_key[i - 1]:
            clicks, judged = 0, 0
        kind, asset = log.kind[i], log.asset[i]
        if kind in (setup.sent, setup.delivered):
            delivered_at[asset], delivered_to[asset] = log.at[i], lead_key[i]
        if setup.is_passive[kind]:
            continue
        is_reaction = kind in (setup.opened, setup.clicked) and delivered_to[asset] == lead_key[i]
        if is_reaction and log.at[i] - delivered_at[asset] <= setup.machine:
            reason[i], known_from[i] = BY_DELIVERY, log.at[i]
        elif setup.is_scanner_asset[asset] | setup.is_scanner_channel[log.channel[i]]:
            reason[i], known_from[i] = BY_SCANNER, log.at[i]
        if kind == setup.clicked:
            recent[clicks % setup.burst_clicks] = i
            clicks += 1
            judged = judge_burst(log.at, recent, clicks, judged, setup.burst, reason, known_from)
    return reason, known_from


@njit
def judge_burst(at, recent, clicks, judged, burst, reason, known_from):
    """Mark the `recent` clicks of a lead if they came within a burst; return how many were judged so far."""
    first, last = clicks - len(recent), recent[(clicks - 1) % len(recent)]
    if first < 0 or at[last] - at[recent[first % len(recent)]] > burst:
        return judged
    # Each click is judged once, however long the burst goes on.
    for click in range(max(first, judged), clicks):
        i = recent[click % len(recent)]
        if reason[i] == NO_DOUBT:
            reason[i], known_from[i] = BY_BURST, at[last]
    return clicks


@njit
def count_email_days(lead_key, log, setup, first_day, out):
    """Add to `out`, one row a day, the e-mails sent, and those read and followed by a person.

    An e-mail that a lead opens twice is read once, on the day of the first time. A day is judged by
    what was known at its end: a burst that midnight cuts in two does not change the day before.
    """
    reason, known_from = judge_log(lead_key, log, setup)
    count_assets = len(setup.is_high_intent)
    read_by = np.full(count_assets, -1, np.int64)
    followed_by = np.full(count_assets, -1, np.int64)
    for i in range(len(lead_key)):
        kind, asset, day = log.kind[i], log.asset[i], log.at[i] // MICROSECONDS_A_DAY
        if kind == setup.sent:
            out[day - first_day, 0] += 1.0
        elif asset >= 0 and kind in (setup.opened, setup.clicked):
            is_open = kind == setup.opened
            taken = read_by if is_open else followed_by
            is_doubted = reason[i] != NO_DOUBT and known_from[i] // MICROSECONDS_A_DAY == day
            if taken[asset] != lead_key[i] and not is_doubted:
                taken[asset] = lead_key[i]
                out[day - first_day, 1 if is_open else 2] += 1.0


def describe_emails(vocabulary: Vocabulary, params: Implicit) -> list[Column]:
    group = "e-mail"
    columns = [
        ("count_emails_received", "e-mails", "E-mails sent to the lead.", "email_sent"),
        ("count_emails_read", "e-mails", "E-mails a person opened.", "email_opened"),
        ("count_emails_followed", "e-mails", "E-mails a person clicked.", "email_clicked"),
        ("share_emails_bounced", "share", "E-mails that bounced per e-mail sent.", "email_bounced"),
    ]
    made_of = {
        "email_sent": ("email_sent",),
        "email_opened": ("email_sent", "email_delivered", "email_opened"),
        "email_clicked": ("email_sent", "email_delivered", "email_clicked"),
        "email_bounced": ("email_sent", "email_bounced"),
    }
    return [describe(name, group, unit, meaning, kind, made_of[kind]) for name, unit, meaning, kind in columns]


def describe_doubts(vocabulary: Vocabulary, params: Implicit) -> list[Column]:
    group, unit = "false engagement", "activities"
    seconds = f"within {params.machine_seconds:g} seconds of the delivery"
    burst = f"at least {params.burst_clicks} within {params.burst_seconds:g} seconds"
    words = ", ".join(params.scanner_words)
    emails = ("email_sent", "email_delivered", "email_opened", "email_clicked")
    return [
        describe("count_machine_opens", group, unit, f"Opens and clicks {seconds}.", "email_opened", emails),
        describe("count_scanner_visits", group, unit, f"Others whose asset or channel names one of: {words}.", "asset"),
        describe("count_burst_clicks", group, unit, f"Other clicks that came in bursts: {burst}.", emails[-1], emails),
    ]


def describe_subscription(vocabulary: Vocabulary, params: Implicit) -> list[Column]:
    group, made_of = "e-mail", ("email_sent", "unsubscribed")
    return [
        describe("has_unsubscribed", group, "yes/no", "Whether the lead has unsubscribed.", made_of[1], made_of[1:]),
        describe("count_emails_unwanted", group, "e-mails", "E-mails sent to it after that.", made_of[0], made_of),
    ]


def describe_replies(vocabulary: Vocabulary, params: Implicit) -> list[Column]:
    within = f"followed within {REPLY_DAYS} days by a click, a form, an answered call or a meeting"
    return [
        describe("count_outreach_answered", "outreach", "activities", f"E-mails and calls {within}.", "email_sent"),
        describe("share_outreach_answered", "outreach", "share", f"Share of e-mails and calls {within}.", "email_sent"),
    ]


def describe_silence(vocabulary: Vocabulary, params: Implicit) -> list[Column]:
    meaning = "E-mails and calls since the lead last did anything itself."
    first = "Since the first of those: how long the lead has been silent."
    return [
        describe("count_outreach_unanswered", "outreach", "activities", meaning, "email_sent"),
        describe("days_since_outreach_unanswered", "outreach", "days", first, "email_sent"),
    ]


EMAILS = (
    Measure(measure_emails, describe_emails),
    Measure(count_doubts, describe_doubts),
    Measure(measure_subscription, describe_subscription),
    Measure(measure_replies, describe_replies),
    Measure(measure_silence, describe_silence),
)
