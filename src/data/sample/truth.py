"""The exact probability of each snapshot, given everything the raw files show by then.

Sale: posterior of the class of intent (prior from what the lead gave, times the likelihood of
what it did by the snapshot, times the chance to be still open), times the chance of a sale within
the horizon. Accepted: depends on what the lead gave alone. The formulas are in docs/sample.md.
"""

import numpy as np
import pandas as pd

from src.data.sample import clock, design
from src.data.sample.histories import BURST, NEVER, TAIL, Calls, Events, Histories, Mails, Pages
from src.data.sample.leads import level_index

N_CLASSES = len(design.INTENTS)
AGES = np.array(design.AGES_DAYS) * 86_400  # seconds
CLASS = {name: np.array([getattr(intent, name) for intent in design.INTENTS]) for name in design.Intent._fields}


def add_effects(leads: pd.DataFrame, effect: str) -> np.ndarray:
    """Return the sum of one kind of effect over all factors, shape (leads,)."""
    total = np.zeros(len(leads))
    for factor, levels in design.FACTORS.items():
        total += np.array([getattr(level, effect) for level in levels])[leads[factor]]
    return total


def class_prior(leads: pd.DataFrame) -> np.ndarray:
    """Return P(class | what the lead gave), shape (leads, classes)."""
    logit = CLASS["base"] + add_effects(leads, "intent")[:, None] * CLASS["loading"]
    names = list(CLASS["name"])
    for name in ("bargain", "reader"):
        logit[:, names.index(name)] += add_effects(leads, name)
    weight = np.exp(logit - logit.max(axis=1, keepdims=True))
    return weight / weight.sum(axis=1, keepdims=True)


def sale_probability(leads: pd.DataFrame) -> np.ndarray:
    """Return P(ever buys | class, what the lead gave, month), shape (leads, classes)."""
    in_room = (leads["offer"] == level_index("offer", "presencial")).to_numpy()
    calendar_month = (leads["local"].to_numpy().astype("datetime64[s]").astype("datetime64[M]").astype(int)) % 12
    score = (
        add_effects(leads, "sale")
        + np.array(design.ROOM_SALE)[leads["band"]] * in_room
        + design.SALE_DRIFT_A_MONTH * leads["month"].to_numpy()
        + np.array(design.SALE_BY_MONTH)[calendar_month]
    )
    chance = 1 / (1 + np.exp(-(score[:, None] + CLASS["sale"])))
    return chance * ~leads["is_spam"].to_numpy()[:, None]


def accepted_probability(leads: pd.DataFrame) -> np.ndarray:
    """Return P(the verdict is an acceptance | what the lead gave, month), shape (leads,)."""
    score = design.ACCEPTED_BASE + add_effects(leads, "accepted")
    score = score + design.ACCEPTED_DRIFT_A_MONTH * leads["month"].to_numpy()
    return 1 / (1 + np.exp(-score)) * ~leads["is_spam"].to_numpy()


def sold_by(seconds: np.ndarray | float) -> np.ndarray:
    """Return F: the share of each class's sales made within `seconds`, shape (classes,)."""
    return clock.share_by(seconds, CLASS["delay_days"] * design.DAY, design.SALE_SHAPE)


def lost_by(seconds: np.ndarray | float) -> np.ndarray:
    """Return q·G: the share of those who never buy that is noted as lost within `seconds`."""
    return design.LOST_SHARE * clock.share_by(seconds, design.LOST_DAYS * design.DAY, design.LOST_SHAPE)


def verdict_by(seconds: np.ndarray | float) -> np.ndarray:
    """Return the share of leads whose verdict has come within `seconds`."""
    return design.ANSWERED_SHARE * clock.share_by(seconds, design.VERDICT_DAYS * design.DAY, design.VERDICT_SHAPE)


def sale_truth(prior: np.ndarray, likelihood: np.ndarray, sale: np.ndarray) -> np.ndarray:
    """Return P(sale within the horizon | open, known by the snapshot), shape (leads, ages).

    Parameters
    ----------
    prior, sale : array, shape (leads, classes)
        P(class) and P(ever buys | class).
    likelihood : array, shape (leads, ages, classes)
        Log-likelihood of what the lead did by the snapshot.
    """
    horizon = design.HORIZON_DAYS["sale"] * design.DAY
    by_now = np.stack([sold_by(age) for age in AGES])
    by_then = np.stack([sold_by(age + horizon) for age in AGES])
    sale = sale[:, None, :]
    weight = prior[:, None, :] * np.exp(likelihood - likelihood.max(axis=2, keepdims=True))
    is_open = sale * (1 - by_now) + (1 - sale) * (1 - lost_by(AGES)[:, None])
    return (weight * sale * (by_then - by_now)).sum(axis=2) / (weight * is_open).sum(axis=2)


def accepted_truth(accepted: np.ndarray) -> np.ndarray:
    """Return P(accepted within the horizon | no verdict yet), shape (leads, ages)."""
    horizon = design.HORIZON_DAYS["accepted"] * design.DAY
    comes = (verdict_by(AGES + horizon) - verdict_by(AGES)) / (1 - verdict_by(AGES))
    return accepted[:, None] * comes


def log_likelihood(leads: pd.DataFrame, histories: Histories) -> np.ndarray:
    """Return log P(activities by the snapshot | class) up to a constant, (leads, ages, classes)."""
    created = leads["created"].to_numpy()
    return (
        add_processes(created, histories.events)
        + add_webinars(created, histories.events)
        + add_pages(created, histories.pages)
        + add_calls(created, histories.calls, leads)
        + add_mails(created, histories.mails)
    ) * ~leads["is_spam"].to_numpy()[:, None, None]


def sum_seen(created, row, at, terms: np.ndarray) -> np.ndarray:
    """Return the sum of `terms` (events, classes) over the events seen by each age."""
    age = np.searchsorted(AGES, at - created[row])  # the first age that sees the event
    cell = row * (len(AGES) + 1) + age
    shape = (len(created), len(AGES) + 1)
    sums = [np.bincount(cell, terms[:, kind], minlength=shape[0] * shape[1]) for kind in range(N_CLASSES)]
    total = np.stack(sums, axis=1).reshape(*shape, N_CLASSES)
    return np.cumsum(total[:, :-1], axis=1)


def add_processes(created: np.ndarray, events: Events) -> np.ndarray:
    """Poisson: the log of the intensity at each event, less the intensity's integral."""
    burst = np.exp(-events.days / design.BURST_DAYS) / design.BURST_DAYS
    tail = np.exp(-events.days / design.TAIL_DAYS) / design.TAIL_DAYS
    rate = BURST.T[events.process] * burst[:, None] + TAIL.T[events.process] * tail[:, None]
    since = clock.to_activity_days(created[:, None] + AGES) - clock.to_activity_days(created)[:, None]
    passed = [1 - np.exp(-since / days)[:, :, None] for days in (design.BURST_DAYS, design.TAIL_DAYS)]
    expected = BURST.sum(axis=1) * passed[0] + TAIL.sum(axis=1) * passed[1]
    return sum_seen(created, events.row, events.at, np.log(rate)) - expected


def add_webinars(created: np.ndarray, events: Events) -> np.ndarray:
    is_webinar = events.process == design.WEBINAR
    attends = events.attends[is_webinar][:, None]
    terms = np.log(np.where(attends, CLASS["attends"], 1 - CLASS["attends"]))
    return sum_seen(created, events.row[is_webinar], events.attended_at[is_webinar], terms)


def add_pages(created: np.ndarray, pages: Pages) -> np.ndarray:
    terms = np.log(np.array(design.PAGE_SHARES)).T[pages.group]
    return sum_seen(created, pages.row, pages.at, terms)


def add_calls(created: np.ndarray, calls: Calls, leads: pd.DataFrame) -> np.ndarray:
    """Bernoulli: each call to a number that exists is answered or not."""
    is_valid = (leads["phone"] == level_index("phone", "valid")).to_numpy()
    row, number = np.nonzero((calls.made != NEVER) & is_valid[:, None])
    answered = calls.is_answered[row, number][:, None]
    terms = np.log(np.where(answered, CLASS["answers"], 1 - CLASS["answers"]))
    return sum_seen(created, row, calls.made[row, number], terms)


def add_mails(created: np.ndarray, mails: Mails) -> np.ndarray:
    """Bernoulli with delays: what has not happened yet contributes 1 - p·F(elapsed)."""
    total = np.zeros((len(created), len(AGES), N_CLASSES))
    for position, age in enumerate(AGES):
        now = (created + age)[:, None]
        hours = design.OPEN_HOURS * 3600
        open_share = share_seen(now, mails.delivered, design.HUMAN_SECONDS, hours, design.OPEN_SHAPE)
        click_share = share_seen(now, mails.opened, 0.0, design.CLICK_SECONDS, design.CLICK_SHAPE)
        until = np.minimum(now, mails.left_at[:, None])
        hours = design.UNSUBSCRIBE_HOURS * 3600
        leave_share = share_seen(until, mails.delivered, design.HUMAN_SECONDS, hours, design.UNSUBSCRIBE_SHAPE)
        for kind in range(N_CLASSES):
            total[:, position, kind] = (
                bernoulli(mails.opened <= now, open_share, CLASS["opens"][kind])
                + bernoulli(mails.clicked <= now, click_share, CLASS["clicks"][kind])
                + bernoulli(mails.unsubscribed <= now, leave_share, CLASS["unsubscribes"][kind])
            ).sum(axis=1)
    return total


def share_seen(now, since, at_least: float, median: float, shape: float) -> np.ndarray:
    """Return F(now - since): 0 for what has not begun."""
    return clock.share_by(np.where(since < now, now - since - at_least, 0.0), median, shape)


def bernoulli(is_seen: np.ndarray, share: np.ndarray, probability: float) -> np.ndarray:
    return np.where(is_seen, np.log(probability), np.log1p(-probability * share))
