"""The implicit metrics: small functions of one lead's activities up to the snapshot.

A metric gets the slice of one lead's activities with ``at <= snapshot``, oldest first, and
nothing else, so it cannot see the future. It writes its values into `out`, one per column that
its entry in `METRICS` describes. To add a metric, write one function and one entry.

The functions are compiled by numba; set ``NUMBA_DISABLE_JIT=1`` to step through them.
"""

import math
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit

from src.features.catalogue import Metric
from src.params import Implicit

MICROSECONDS_A_DAY = 86_400_000_000
ALL = "activity"
"""What the columns over all kinds together are called."""

Lead = namedtuple("Lead", "at kind asset campaign channel")
"""One lead's activities up to the snapshot: int64 microseconds, int32 codes (-1: none)."""

Setup = namedtuple(
    "Setup",
    "kinds windows decay_rates session_gap machine is_high_intent sent delivered opened clicked",
)
"""What is the same for all leads: number of kinds, times in microseconds, decay rates per
microsecond, codes of e-mail kinds."""


@njit
def days(microseconds):
    return microseconds / MICROSECONDS_A_DAY


@njit
def count_kinds(lead, snapshot, setup, out):
    out[:] = 0.0
    for kind in lead.kind:
        out[kind] += 1.0
    out[setup.kinds] = len(lead.kind)


@njit
def count_kinds_in_windows(lead, snapshot, setup, out):
    width = setup.kinds + 1
    out[:] = 0.0
    for window in range(len(setup.windows)):
        for i in range(len(lead.at) - 1, -1, -1):
            if snapshot - lead.at[i] >= setup.windows[window]:
                break
            out[window * width + lead.kind[i]] += 1.0
            out[window * width + setup.kinds] += 1.0


@njit
def decay_kinds(lead, snapshot, setup, out):
    width = setup.kinds + 1
    out[:] = 0.0
    for i in range(len(lead.at)):
        elapsed = snapshot - lead.at[i]
        for half_life in range(len(setup.decay_rates)):
            weight = math.exp(-elapsed * setup.decay_rates[half_life])
            out[half_life * width + lead.kind[i]] += weight
            out[half_life * width + setup.kinds] += weight


@njit
def measure_recency(lead, snapshot, setup, out):
    out[:] = np.nan
    for i in range(len(lead.at)):
        out[lead.kind[i]] = days(snapshot - lead.at[i])
        out[setup.kinds] = days(snapshot - lead.at[i])


@njit
def measure_first(lead, snapshot, setup, out):
    out[0] = days(snapshot - lead.at[0]) if len(lead.at) else np.nan


@njit
def measure_rhythm(lead, snapshot, setup, out):
    """Count sessions and active days, and measure the longest pause.

    Only what the lead does itself is rhythm: an e-mail sent to it is not.
    """
    sessions, active_days, longest = 0, 0, np.nan
    last, last_day = np.int64(0), np.int64(-1)
    for i in range(len(lead.at)):
        if lead.kind[i] == setup.sent or lead.kind[i] == setup.delivered:
            continue
        if sessions == 0 or lead.at[i] - last > setup.session_gap:
            sessions += 1
        if sessions > 1 or active_days > 0:
            gap = days(lead.at[i] - last)
            if not longest >= gap:
                longest = gap
        day = lead.at[i] // MICROSECONDS_A_DAY
        if day != last_day:
            active_days += 1
        last, last_day = lead.at[i], day
    out[0], out[1], out[2] = sessions, active_days, longest


@njit
def count_distinct(lead, snapshot, setup, out):
    out[0] = count_different(lead.asset)
    out[1] = count_different(lead.campaign)
    out[2] = count_different(lead.channel)


@njit
def count_different(codes):
    """Count the different codes but -1, keeping those found in order: each is looked up by halving."""
    found = np.empty(len(codes), np.int32)
    count = 0
    for code in codes:
        low, high = 0, count
        while low < high:
            middle = (low + high) // 2
            if found[middle] < code:
                low = middle + 1
            else:
                high = middle
        if code >= 0 and (low == count or found[low] != code):
            for i in range(count, low, -1):
                found[i] = found[i - 1]
            found[low] = code
            count += 1
    return count


@njit
def measure_high_intent(lead, snapshot, setup, out):
    out[:] = 0.0
    out[1] = np.nan
    for i in range(len(lead.at)):
        if lead.asset[i] >= 0 and setup.is_high_intent[lead.asset[i]]:
            if lead.kind[i] == setup.sent or lead.kind[i] == setup.delivered:
                continue
            elapsed = snapshot - lead.at[i]
            out[0] += 1.0
            out[1] = days(elapsed)
            for half_life in range(len(setup.decay_rates)):
                out[2 + half_life] += math.exp(-elapsed * setup.decay_rates[half_life])


@njit
def is_by_machine(lead, i, setup):
    """Tell whether activity `i` came within seconds of the e-mail's delivery."""
    for j in range(i - 1, -1, -1):
        if lead.at[i] - lead.at[j] > setup.machine:
            return False
        is_delivery = lead.kind[j] == setup.delivered or lead.kind[j] == setup.sent
        if is_delivery and lead.asset[j] == lead.asset[i]:
            return True
    return False


@njit
def measure_emails(lead, snapshot, setup, out):
    """Count e-mails sent, and those opened and clicked by a person, each e-mail once."""
    sent, by_machine, opens, clicks = 0, 0, 0, 0
    opened = np.empty(len(lead.at), np.int32)
    clicked = np.empty(len(lead.at), np.int32)
    for i in range(len(lead.at)):
        if lead.kind[i] == setup.sent:
            sent += 1
        elif lead.kind[i] == setup.opened or lead.kind[i] == setup.clicked:
            if is_by_machine(lead, i, setup):
                by_machine += 1
            elif lead.kind[i] == setup.opened:
                opened[opens] = lead.asset[i]
                opens += 1
            else:
                clicked[clicks] = lead.asset[i]
                clicks += 1
    out[0] = sent
    out[1] = count_different(opened[:opens])
    out[2] = count_different(clicked[:clicks])
    out[3] = by_machine


# What it calls stands in this file, so that numba notices every change of it.
@njit(cache=True)
def count_email_days(lead_key, log, setup, first_day, out):
    """Add to `out`, one row a day, the e-mails sent, and those read and followed by a person.

    An e-mail that a lead opens twice is read once, on the day of the first time.
    """
    count_assets = len(setup.is_high_intent)
    read_by = np.full(count_assets, -1, np.int64)
    followed_by = np.full(count_assets, -1, np.int64)
    start = 0
    for i in range(len(lead_key)):
        if lead_key[i] != lead_key[start]:
            start = i
        kind, asset = log.kind[i], log.asset[i]
        day = log.at[i] // MICROSECONDS_A_DAY - first_day
        if kind == setup.sent:
            out[day, 0] += 1.0
        elif asset >= 0 and kind in (setup.opened, setup.clicked):
            taken = read_by if kind == setup.opened else followed_by
            if taken[asset] != lead_key[i]:
                own = Lead(log.at[start:], log.kind[start:], log.asset[start:], log.campaign, log.channel)
                if not is_by_machine(own, i - start, setup):
                    taken[asset] = lead_key[i]
                    out[day, 1 if kind == setup.opened else 2] += 1.0


Names = tuple[str, ...]


def describe_counts(kinds: Names, params: Implicit) -> list[Metric]:
    return [
        describe(f"count_{kind}", "counts", "activities", f"How often: {say(kind)}.", kind) for kind in (*kinds, ALL)
    ]


def describe_windows(kinds: Names, params: Implicit) -> list[Metric]:
    return [
        describe(
            f"count_{kind}_{window}d",
            f"last {window} days",
            "activities",
            f"How often in the {window} days before the snapshot: {say(kind)}.",
            kind,
        )
        for window in params.windows_days
        for kind in (*kinds, ALL)
    ]


def describe_decays(kinds: Names, params: Implicit) -> list[Metric]:
    return [
        describe(
            f"decayed_{kind}_{half_life:g}d",
            f"decayed, half-life {half_life:g} days",
            "activities",
            f"How often, each counting half after every {half_life:g} days: {say(kind)}.",
            kind,
        )
        for half_life in params.half_lives_days
        for kind in (*kinds, ALL)
    ]


def describe_recency(kinds: Names, params: Implicit) -> list[Metric]:
    return [
        describe(f"days_since_{kind}", "recency", "days", f"Since the last time: {say(kind)}.", kind)
        for kind in (*kinds, ALL)
    ]


def describe_first(kinds: Names, params: Implicit) -> list[Metric]:
    meaning = "Since the first activity of any kind."
    return [describe("days_since_first_activity", "recency", "days", meaning, ALL)]


def describe_rhythm(kinds: Names, params: Implicit) -> list[Metric]:
    gap = f"{params.session_gap_minutes:g} minutes"
    return [
        describe("count_sessions", "rhythm", "sessions", f"Visits, a new one after {gap} of pause.", ALL),
        describe("count_active_days", "rhythm", "days", "Days (UTC) with anything done.", ALL),
        describe("longest_gap_days", "rhythm", "days", "The longest pause between two activities.", ALL),
    ]


def describe_distinct(kinds: Names, params: Implicit) -> list[Metric]:
    return [
        describe("count_distinct_assets", "variety", "assets", "Different pages, e-mails, files.", "asset"),
        describe("count_distinct_campaigns", "variety", "campaigns", "Different campaigns.", "campaign"),
        describe("count_distinct_channels", "variety", "channels", "Different channels.", "channel"),
    ]


def describe_high_intent(kinds: Names, params: Implicit) -> list[Metric]:
    words = ", ".join(params.high_intent)
    group, origin = "high intent", "asset"
    metrics = [
        describe("count_high_intent", group, "activities", f"Assets that name one of: {words}.", origin),
        describe("days_since_high_intent", group, "days", "Since the last of those.", origin),
    ]
    return metrics + [
        describe(
            f"decayed_high_intent_{half_life:g}d",
            group,
            "activities",
            f"The same, each counting half after every {half_life:g} days.",
            origin,
        )
        for half_life in params.half_lives_days
    ]


def describe_emails(kinds: Names, params: Implicit) -> list[Metric]:
    seconds = f"within {params.machine_seconds:g} seconds of the delivery"
    return [
        describe("count_emails_received", "e-mail", "e-mails", "E-mails sent to the lead.", "email_sent"),
        describe("count_emails_read", "e-mail", "e-mails", "E-mails a person opened.", "email_opened"),
        describe("count_emails_followed", "e-mail", "e-mails", "E-mails a person clicked.", "email_clicked"),
        describe("count_machine_opens", "e-mail", "activities", f"Opens and clicks {seconds}.", "email_opened"),
    ]


def describe(name: str, group: str, unit: str, meaning: str, origin: str) -> Metric:
    return Metric(name, "implicit", group, "number", unit, meaning, origin)


def say(kind: str) -> str:
    return "any activity" if kind == ALL else kind.replace("_", " ")


@dataclass(frozen=True)
class Measure:
    """A compiled function and the description of the columns it fills, in order."""

    function: Callable
    describe: Callable[[Names, Implicit], list[Metric]]


METRICS = (
    Measure(count_kinds, describe_counts),
    Measure(count_kinds_in_windows, describe_windows),
    Measure(decay_kinds, describe_decays),
    Measure(measure_recency, describe_recency),
    Measure(measure_first, describe_first),
    Measure(measure_rhythm, describe_rhythm),
    Measure(count_distinct, describe_distinct),
    Measure(measure_high_intent, describe_high_intent),
    Measure(measure_emails, describe_emails),
)
