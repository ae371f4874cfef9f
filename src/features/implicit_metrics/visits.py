"""How a lead behaves by itself: rhythm, hours, variety, intent, and the channels it came by."""

import math
from dataclasses import replace

import numpy as np
from numba import njit

from src.features.implicit_metrics.base import (
    ALL,
    MICROSECONDS_A_DAY,
    Column,
    Measure,
    Vocabulary,
    count_different,
    days,
    describe,
    is_own,
)
from src.params import Implicit

HOUR = 3_600_000_000
OFFICE_FROM, OFFICE_UNTIL = 8, 18
"""Hours (UTC) from Monday to Friday: wide, for the log does not say in which zone a lead lives."""


@njit
def measure_rhythm(lead, snapshot, setup, out):
    """Count sessions and active days, and measure the longest pause.

    Only what the lead does itself is rhythm: an e-mail sent to it is not.
    """
    sessions, active_days, longest = 0, 0, np.int64(-1)
    last = np.int64(0)
    for i in range(len(lead.at)):
        if not is_own(lead, i, setup):
            continue
        is_first = active_days == 0
        gap = np.int64(-1) if is_first else lead.at[i] - last
        # Sums of flags: guessing these branches wrongly would cost more than all the rest.
        sessions += is_first | (gap > setup.session_gap)
        active_days += is_first | (lead.at[i] // MICROSECONDS_A_DAY != last // MICROSECONDS_A_DAY)
        longest = max(longest, gap)
        last = lead.at[i]
    out[0], out[1], out[2] = sessions, active_days, days(longest) if longest >= 0 else np.nan


@njit
def measure_hours(lead, snapshot, setup, out):
    """Measure which shares of the own activities fall into office hours, evenings and weekends."""
    own, office, evening, weekend = 0, 0, 0, 0
    for i in range(len(lead.at)):
        # 1 January 1970 was a Thursday: with Monday as 0 its day is 3.
        weekday = (lead.at[i] // MICROSECONDS_A_DAY + 3) % 7
        hour = lead.at[i] % MICROSECONDS_A_DAY // HOUR
        # Sums of flags: guessing these branches wrongly would cost more than all the rest.
        counts = is_own(lead, i, setup)
        own += counts
        office += counts & (weekday < 5) & (hour >= OFFICE_FROM) & (hour < OFFICE_UNTIL)
        evening += counts & (weekday < 5) & (hour >= OFFICE_UNTIL)
        weekend += counts & (weekday >= 5)
    out[:] = np.nan
    if own:
        out[0], out[1], out[2] = office / own, evening / own, weekend / own


@njit
def count_distinct(lead, snapshot, setup, out):
    out[0] = count_different(lead.asset)
    out[1] = count_different(lead.campaign)
    out[2] = count_different(lead.channel)


@njit
def measure_high_intent(lead, snapshot, setup, out):
    out[:] = 0.0
    out[1] = np.nan
    for i in range(len(lead.at)):
        if setup.is_high_intent[lead.asset[i]] and is_own(lead, i, setup):
            elapsed = snapshot - lead.at[i]
            out[0] += 1.0
            out[1] = days(elapsed)
            for half_life in range(len(setup.decay_rates)):
                out[2 + half_life] += math.exp(-elapsed * setup.decay_rates[half_life])


@njit
def count_sections(lead, snapshot, setup, out):
    out[:] = 0.0
    for i in range(len(lead.at)):
        section = setup.section[lead.asset[i]]
        if section >= 0 and lead.kind[i] == setup.viewed and is_own(lead, i, setup):
            out[section] += 1.0


@njit
def find_touches(lead, snapshot, setup, out):
    """Find the codes of the channels of the first and the last own activity that has one."""
    out[:] = np.nan
    for i in range(len(lead.at)):
        if lead.channel[i] >= 0 and is_own(lead, i, setup):
            out[0] = lead.channel[i]
            break
    for i in range(len(lead.at) - 1, -1, -1):
        if lead.channel[i] >= 0 and is_own(lead, i, setup):
            out[1] = lead.channel[i]
            break


def describe_rhythm(vocabulary: Vocabulary, params: Implicit) -> list[Column]:
    gap = f"{params.session_gap_minutes:g} minutes"
    return [
        describe("count_sessions", "rhythm", "sessions", f"Visits, a new one after {gap} of pause.", ALL),
        describe("count_active_days", "rhythm", "days", "Days (UTC) with anything done.", ALL),
        describe("longest_gap_days", "rhythm", "days", "The longest pause between two activities.", ALL),
    ]


def describe_hours(vocabulary: Vocabulary, params: Implicit) -> list[Column]:
    office = f"between {OFFICE_FROM} and {OFFICE_UNTIL} hours"
    return [
        describe("share_office_hours", "rhythm", "share", f"Own activities from Monday to Friday {office} (UTC).", ALL),
        describe("share_evenings", "rhythm", "share", f"Those from Monday to Friday after {OFFICE_UNTIL} (UTC).", ALL),
        describe("share_weekends", "rhythm", "share", "Those of Saturday and Sunday (UTC).", ALL),
    ]


def describe_distinct(vocabulary: Vocabulary, params: Implicit) -> list[Column]:
    return [
        describe("count_distinct_assets", "variety", "assets", "Different pages, e-mails, files.", "asset"),
        describe("count_distinct_campaigns", "variety", "campaigns", "Different campaigns.", "campaign"),
        describe("count_distinct_channels", "variety", "channels", "Different channels.", "channel"),
    ]


def describe_high_intent(vocabulary: Vocabulary, params: Implicit) -> list[Column]:
    words = ", ".join(params.high_intent)
    group, origin = "high intent", "asset"
    columns = [
        describe("count_high_intent", group, "activities", f"Assets that name one of: {words}.", origin),
        describe("days_since_high_intent", group, "days", "Since the last of those.", origin),
    ]
    return columns + [
        describe(
            f"decayed_high_intent_{half_life:g}d",
            group,
            "activities",
            f"The same, each counting half after every {half_life:g} days.",
            origin,
        )
        for half_life in params.half_lives_days
    ]


def describe_sections(vocabulary: Vocabulary, params: Implicit) -> list[Column]:
    return [
        describe(
            f"count_pages_{section}",
            "pages",
            "pages",
            f"Pages viewed in the section {section} of the site.",
            "asset",
            ("page_viewed",),
        )
        for section in vocabulary.sections
    ]


def describe_touches(vocabulary: Vocabulary, params: Implicit) -> list[Column]:
    columns = [
        describe("first_touch_channel", "touch", "name", "Channel of the first own activity with one.", "channel"),
        describe("last_touch_channel", "touch", "name", "Channel of the last own activity with one.", "channel"),
    ]
    return [replace(column, metric=replace(column.metric, type="category")) for column in columns]


VISITS = (
    Measure(measure_rhythm, describe_rhythm),
    Measure(measure_hours, describe_hours),
    Measure(count_distinct, describe_distinct),
    Measure(measure_high_intent, describe_high_intent),
    Measure(count_sections, describe_sections),
    Measure(find_touches, describe_touches),
)
