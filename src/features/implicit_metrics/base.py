"""What every implicit metric is made of: a lead's activities, what all leads share, and a column's description."""

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

Log = namedtuple("Log", "at kind asset campaign channel")
"""Activities of several leads: int64 microseconds, int32 codes (-1: none)."""

Lead = namedtuple("Lead", "at kind asset campaign channel doubt")
"""One lead's activities up to the snapshot, and why each is known by then to be a machine's (int8)."""

NO_DOUBT, BY_DELIVERY, BY_SCANNER, BY_BURST = range(4)
"""Why an activity is no person's: within seconds of the delivery, a scanner's name, one of a burst of clicks."""

Setup = namedtuple(
    "Setup",
    "kinds windows decay_rates session_gap machine burst burst_clicks is_high_intent is_scanner_asset "
    "is_scanner_channel is_passive is_outreach is_reply section sent delivered opened clicked bounced unsubscribed "
    "viewed",
)
"""What is the same for all leads: number of kinds, times in microseconds, decay rates per microsecond,
what each code of an asset, a channel or a kind is, the section of the site of each asset (-1: of none that
is counted), and the codes of kinds (-2: the source has none). Arrays by code have one place more, at the
end, where -1 finds what holds for no asset and no channel."""


@njit
def days(microseconds):
    return microseconds / MICROSECONDS_A_DAY


@njit
def is_own(lead, i, setup):
    """Tell whether the lead itself did activity `i`: it did not receive it, nor did a machine do it."""
    # Without a branch numba inlines it; else each call would count references to all arrays.
    return (lead.doubt[i] == NO_DOUBT) & ~setup.is_passive[lead.kind[i]]


@njit
def count_different(codes):
    """Count the different codes but -1, each kept at the first free place from its own in a table twice as long."""
    size = 4
    while size < 2 * len(codes):
        size *= 2
    found = np.full(size, -1, np.int32)
    count, last = 0, -1
    for code in codes:
        if code < 0 or code == last:
            continue
        last = code
        # Codes are dense, but a lead may have every 1024th: the factor spreads them.
        place = (np.int64(code) * 40503 + (code >> 10)) & (size - 1)
        while found[place] >= 0 and found[place] != code:
            place = (place + 1) & (size - 1)
        if found[place] < 0:
            found[place] = code
            count += 1
    return count


Names = tuple[str, ...]


@dataclass(frozen=True)
class Vocabulary:
    """What the log names: kinds of activity and sections of the site, in the order of their codes."""

    kinds: Names = ()
    sections: Names = ()


@dataclass(frozen=True)
class Column:
    """One column of a metric.

    Attributes
    ----------
    metric : Metric
        Its entry in the catalogue. The values of a category are codes of the log's column `metric.origin`.
    kinds : tuple of str
        The kinds of activity that it is made of; without them it is made of all.
    window_days : float or None
        How far back it looks; None is to the lead's first activity.
    """

    metric: Metric
    kinds: Names = ()
    window_days: float | None = None


@dataclass(frozen=True)
class Measure:
    """A compiled function and the description of the columns it fills, in order."""

    function: Callable
    describe: Callable[[Vocabulary, Implicit], list[Column]]


def describe(
    name: str, group: str, unit: str, meaning: str, origin: str, kinds: Names = (), window_days: float | None = None
) -> Column:
    return Column(Metric(name, "implicit", group, "number", unit, meaning, origin), kinds, window_days)


def select_kinds(kind: str) -> Names:
    """Return the kinds that the columns of `kind`, or of all together, are made of."""
    return () if kind == ALL else (kind,)


def say(kind: str) -> str:
    return "any activity" if kind == ALL else kind.replace("_", " ")
