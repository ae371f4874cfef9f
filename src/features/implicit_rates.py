"""Open and click rates of each lead, leaning to everybody's on the days before."""

from dataclasses import dataclass

import numpy as np

from src.features.implicit_metrics.base import MICROSECONDS_A_DAY, Column, Names, describe

TOTALS = ("count_emails_received", "count_emails_read", "count_emails_followed")
"""The metrics that are counted for everybody, day by day."""


@dataclass(frozen=True)
class Rate:
    """How often a lead did one thing per time it did, or got, another: two metrics of `TOTALS`."""

    column: Column
    happened: str
    tried: str


def describe_rate(name: str, meaning: str, origin: str, kinds: Names) -> Column:
    smoothed = f"{meaning}, smoothed toward everybody's rate."
    return describe(name, "e-mail", "share", smoothed, origin, ("email_sent", "email_delivered", *kinds))


RATES = (
    Rate(
        describe_rate("open_rate", "E-mails opened by a person per e-mail sent", "email_opened", ("email_opened",)),
        "count_emails_read",
        "count_emails_received",
    ),
    Rate(
        describe_rate("click_rate", "E-mails clicked by a person per e-mail sent", "email_clicked", ("email_clicked",)),
        "count_emails_followed",
        "count_emails_received",
    ),
    Rate(
        describe_rate(
            "click_to_open_rate",
            "E-mails clicked by a person per e-mail opened by one",
            "email_clicked",
            ("email_opened", "email_clicked"),
        ),
        "count_emails_followed",
        "count_emails_read",
    ),
)


@dataclass(frozen=True)
class Everybody:
    """What all leads together had come to by the end of each day.

    Attributes
    ----------
    first_day : int
        The first of the days, counted from 1970 (UTC).
    totals : ndarray of float64, shape (1 + days, 3)
        `TOTALS` before the first day, and by the end of each.
    """

    first_day: int
    totals: np.ndarray

    def smooth(
        self, rate: Rate, snapshot: np.ndarray, happened: np.ndarray, tried: np.ndarray, weight: float
    ) -> np.ndarray:
        """Return the `rate` of each snapshot, leaning to everybody's by the end of the day before.

        A lead that got n e-mails and read r of them has the rate (r + k q) / (n + k), where q is
        the share that all leads had read by then and k is the `weight`. Before anybody was sent
        an e-mail the rate is missing.
        """
        day = snapshot // MICROSECONDS_A_DAY
        known = self.totals[np.clip(day - self.first_day, 0, len(self.totals) - 1)]
        all_happened, all_tried = (known[:, TOTALS.index(name)] for name in (rate.happened, rate.tried))
        prior = np.full(len(snapshot), np.nan)
        np.divide(all_happened, all_tried, out=prior, where=all_tried > 0)
        return (happened + weight * prior) / (tried + weight)


def sum_days(counts: list[tuple[int, np.ndarray]]) -> Everybody:
    """Return the running totals of several counts by day, each with its first day."""
    if not counts:
        return Everybody(0, np.zeros((1, len(TOTALS))))
    first = min(day for day, _ in counts)
    last = max(day + len(part) for day, part in counts)
    # The place before the first day stays zero.
    days = np.zeros((1 + last - first, len(TOTALS)))
    for day, part in counts:
        start = 1 + day - first
        days[start : start + len(part)] += part
    return Everybody(first, days.cumsum(axis=0))
