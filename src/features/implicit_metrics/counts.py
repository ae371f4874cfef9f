"""How often, how lately: counts of each kind of activity and of all."""

import math

import numpy as np
from numba import njit

from src.features.implicit_metrics.base import (
    ALL,
    MICROSECONDS_A_DAY,
    Column,
    Measure,
    Vocabulary,
    days,
    describe,
    is_own,
    say,
    select_kinds,
)
from src.params import Implicit

WEEK = 7 * MICROSECONDS_A_DAY
WEEKS_BEFORE = 3
"""The last week is compared with these: a month holds one of each kind of week."""


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
    # Times in microseconds are whole numbers below 2^53: a float64 holds them exactly.
    out[:] = np.nan
    for i in range(len(lead.at)):
        out[lead.kind[i]] = lead.at[i]
    if len(lead.at):
        out[setup.kinds] = lead.at[-1]
    for column in range(len(out)):
        out[column] = days(snapshot - out[column])


@njit
def measure_first(lead, snapshot, setup, out):
    out[0] = days(snapshot - lead.at[0]) if len(lead.at) else np.nan


@njit
def measure_trend(lead, snapshot, setup, out):
    """Compare the last week's own activities with the weekly mean of the weeks before."""
    last_week, before = 0, 0
    for i in range(len(lead.at) - 1, -1, -1):
        elapsed = snapshot - lead.at[i]
        if elapsed >= (1 + WEEKS_BEFORE) * WEEK:
            break
        if is_own(lead, i, setup):
            if elapsed < WEEK:
                last_week += 1
            else:
                before += 1
    out[0] = last_week - before / WEEKS_BEFORE


def describe_counts(vocabulary: Vocabulary, params: Implicit) -> list[Column]:
    return [
        describe(f"count_{kind}", "counts", "activities", f"How often: {say(kind)}.", kind, select_kinds(kind))
        for kind in (*vocabulary.kinds, ALL)
    ]


def describe_windows(vocabulary: Vocabulary, params: Implicit) -> list[Column]:
    return [
        describe(
            f"count_{kind}_{window}d",
            f"last {window} days",
            "activities",
            f"How often in the {window} days before the snapshot: {say(kind)}.",
            kind,
            select_kinds(kind),
            window,
        )
        for window in params.windows_days
        for kind in (*vocabulary.kinds, ALL)
    ]


def describe_decays(vocabulary: Vocabulary, params: Implicit) -> list[Column]:
    return [
        describe(
            f"decayed_{kind}_{half_life:g}d",
            f"decayed, half-life {half_life:g} days",
            "activities",
            f"How often, each counting half after every {half_life:g} days: {say(kind)}.",
            kind,
            select_kinds(kind),
        )
        for half_life in params.half_lives_days
        for kind in (*vocabulary.kinds, ALL)
    ]


def describe_recency(vocabulary: Vocabulary, params: Implicit) -> list[Column]:
    return [
        describe(
            f"days_since_{kind}", "recency", "days", f"Since the last time: {say(kind)}.", kind, select_kinds(kind)
        )
        for kind in (*vocabulary.kinds, ALL)
    ]


def describe_first(vocabulary: Vocabulary, params: Implicit) -> list[Column]:
    return [describe("days_since_first_activity", "recency", "days", "Since the first activity of any kind.", ALL)]


def describe_trend(vocabulary: Vocabulary, params: Implicit) -> list[Column]:
    meaning = "Own activities of the last 7 days, less the weekly mean of the 21 days before."
    return [describe("weekly_trend", "rhythm", "activities", meaning, ALL, window_days=7 * (1 + WEEKS_BEFORE))]


COUNTS = (
    Measure(count_kinds, describe_counts),
    Measure(count_kinds_in_windows, describe_windows),
    Measure(decay_kinds, describe_decays),
    Measure(measure_recency, describe_recency),
    Measure(measure_first, describe_first),
    Measure(measure_trend, describe_trend),
)
