"""What leads do after they are created: processes, visits, e-mails and calls.

Given the class of intent and what the lead gave, all of it is independent of whether the lead
buys. Times are UTC seconds; ``NEVER`` stands for what does not happen. Rows are those of `leads`.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from src.data.sample import clock, design
from src.data.sample.draws import count_poisson, draw_uniform, pick_index, spread_counts
from src.data.sample.leads import level_index

NEVER = np.int64(2**62)
BURST = np.array([process.burst for process in design.PROCESSES]).T  # class, process
TAIL = np.array([process.tail for process in design.PROCESSES]).T
TUESDAY_8 = 5 * 86_400 + 8 * 3600  # the first Tuesday of 1970-01-01's week, 8:00 UTC
SPREAD_SECONDS = 40 * 60  # a newsletter takes this long to go out


@dataclass(frozen=True)
class Events:
    """Points of the Poisson processes: one row an event."""

    row: np.ndarray  # of the lead
    process: np.ndarray
    number: np.ndarray  # of the lead's event, for further draws
    days: np.ndarray  # activity days since creation
    at: np.ndarray
    attended_at: np.ndarray  # registrations: the webinar's end
    attends: np.ndarray


@dataclass(frozen=True)
class Pages:
    """Pages of visits: one row a page."""

    row: np.ndarray
    visit: np.ndarray  # the lead's event
    number: np.ndarray  # within the visit
    group: np.ndarray  # position in design.PAGE_SHARES
    at: np.ndarray


@dataclass(frozen=True)
class Mails:
    """E-mails, shape (leads, design.MAILS)."""

    sent: np.ndarray
    delivered: np.ndarray
    bounced: np.ndarray
    opened: np.ndarray  # by a person
    clicked: np.ndarray
    unsubscribed: np.ndarray  # the one unsubscription stands in the column of its e-mail
    proxy_opened: np.ndarray  # by machines
    scanner_clicked: np.ndarray

    @property
    def left_at(self) -> np.ndarray:
        return self.unsubscribed.min(axis=1)


@dataclass(frozen=True)
class Calls:
    """Calls, shape (leads, len(design.CALL_BUSINESS_DAYS))."""

    made: np.ndarray
    is_answered: np.ndarray


@dataclass(frozen=True)
class Histories:
    events: Events
    pages: Pages
    mails: Mails
    calls: Calls


def draw_histories(leads: pd.DataFrame, intent: np.ndarray, seed: int) -> Histories:
    """Return everything the leads do; `intent` is the class of each. Spam does nothing."""
    events = draw_events(leads, intent, seed)
    return Histories(
        events=events,
        pages=draw_pages(events, leads, intent, seed),
        mails=draw_mails(leads, intent, seed),
        calls=draw_calls(leads, intent, seed),
    )


def draw_events(leads: pd.DataFrame, intent: np.ndarray, seed: int) -> Events:
    """Return the points of all processes: two exponential decays each, burst and tail."""
    lead = leads.index.to_numpy()
    rates = np.stack([BURST[intent], TAIL[intent]], axis=2) * ~leads["is_spam"].to_numpy()[:, None, None]
    n_cells = rates[0].size
    cell = np.arange(n_cells)
    count = count_poisson(draw_uniform(seed, "events", lead[:, None], cell).ravel(), rates.ravel())
    flat, number = spread_counts(count)
    row, cell = np.divmod(flat, n_cells)
    process, is_tail = np.divmod(cell, 2)
    mean = np.where(is_tail, design.TAIL_DAYS, design.BURST_DAYS)
    days = -np.log(draw_uniform(seed, "event day", lead[row], cell, number)) * mean
    at = clock.to_seconds(clock.to_activity_days(leads["created"].to_numpy()[row]) + days)
    number = number * n_cells + cell
    attends = draw_uniform(seed, "attends", lead[row], number) < attend_probability()[intent[row]]
    attended_at = np.where(process == design.WEBINAR, find_webinar(at), NEVER)
    return Events(row, process, number, days, at, attended_at, attends & (process == design.WEBINAR))


def attend_probability() -> np.ndarray:
    return np.array([intent.attends for intent in design.INTENTS])


def find_webinar(registered: np.ndarray) -> np.ndarray:
    """Return the end of the first webinar (Thursdays, 17:00 UTC) a day or more later."""
    thursday = 17 * 3600  # 1970-01-01 was one
    weeks = -(-(registered + 86_400 - thursday) // (7 * 86_400))
    return weeks * 7 * 86_400 + thursday


def draw_pages(events: Events, leads: pd.DataFrame, intent: np.ndarray, seed: int) -> Pages:
    """Return the pages of each visit; how many and how fast do not depend on the class."""
    lead = leads.index.to_numpy()
    visits = np.flatnonzero(events.process == design.VISIT)
    uniform = draw_uniform(seed, "pages", lead[events.row[visits]], events.number[visits])
    count = 1 + np.floor(np.log(uniform) / np.log(design.PAGES_ADDED)).astype(np.int64)
    flat, number = spread_counts(count.clip(max=design.PAGES_MOST))
    row, visit = events.row[visits][flat], events.number[visits][flat]
    keys = (lead[row], visit, number)
    seconds = 3 - np.log(draw_uniform(seed, "page gap", *keys)) * design.PAGE_GAP_SECONDS
    elapsed = np.cumsum(np.ceil(seconds)) if len(row) else seconds
    elapsed = elapsed - elapsed[np.arange(len(row)) - number]  # since the visit's first page
    group = pick_index(draw_uniform(seed, "page group", *keys), np.array(design.PAGE_SHARES)[intent[row]])
    at = events.at[visits][flat] + elapsed.astype(np.int64)
    return Pages(row, visit, number, group, at)


def draw_mails(leads: pd.DataFrame, intent: np.ndarray, seed: int) -> Mails:
    """Return e-mails and what people and machines did with them.

    A welcome goes to every address, the rest to those who consented, until they unsubscribe or
    the address turns out not to exist.
    """
    lead = leads.index.to_numpy()[:, None]
    mail = np.arange(design.MAILS)
    kinds = np.array(design.INTENTS)[intent]  # a column a field of design.Intent
    fields = {name: kinds[:, i, None].astype(float) for i, name in enumerate(design.Intent._fields) if i}

    def uniform(name: str) -> np.ndarray:
        return draw_uniform(seed, name, lead, mail)

    def happens(name: str, probability) -> np.ndarray:
        return uniform(name) < probability

    planned = plan_mails(leads, uniform("mail sent"))
    exists = is_deliverable(leads)[:, None]
    arrives = exists & happens("mail delivered", design.DELIVERED_SHARE)
    arrival = planned + np.ceil(1 + 29 * uniform("mail delivery")).astype(np.int64)
    wants_out = arrives & (planned != NEVER) & happens("unsubscribes", fields["unsubscribes"])
    delay = design.HUMAN_SECONDS + clock.draw_delay(
        uniform("unsubscribe delay"), design.UNSUBSCRIBE_HOURS * 3600, design.UNSUBSCRIBE_SHAPE
    )
    unsubscribed = keep_first(np.where(wants_out, arrival + to_whole(delay), NEVER), planned)
    is_sent = (planned < unsubscribed.min(axis=1)[:, None]) & (exists | (mail == 0))
    sent = np.where(is_sent, planned, NEVER)
    delivered = np.where(is_sent & arrives, arrival, NEVER)
    return Mails(
        sent=sent,
        delivered=delivered,
        bounced=np.where(is_sent & ~arrives, arrival, NEVER),
        unsubscribed=unsubscribed,
        **draw_reactions(leads, delivered, fields, uniform, seed),
    )


def draw_reactions(leads, delivered, fields, uniform, seed: int) -> dict[str, np.ndarray]:
    """Return when people open and click delivered e-mails, and when machines do."""
    lead = leads.index.to_numpy()[:, None]
    is_delivered = delivered != NEVER
    opens = is_delivered & (uniform("opens") < fields["opens"])
    delay = clock.draw_delay(uniform("open delay"), design.OPEN_HOURS * 3600, design.OPEN_SHAPE)
    opened = np.where(opens, delivered + to_whole(design.HUMAN_SECONDS + delay), NEVER)
    clicks = opens & (uniform("clicks") < fields["clicks"])
    delay = clock.draw_delay(uniform("click delay"), design.CLICK_SECONDS, design.CLICK_SHAPE)
    clicked = np.where(clicks, opened + to_whole(delay), NEVER)
    has_proxy = is_delivered & (draw_uniform(seed, "proxy", lead) < design.PROXY_SHARE)
    has_proxy &= uniform("proxy opens") < design.PROXY_OPENS
    is_corporate = (leads["email"] == level_index("email", "corporate")).to_numpy()[:, None]
    has_scanner = is_delivered & is_corporate & (draw_uniform(seed, "scanner", lead) < design.SCANNER_SHARE)
    has_scanner &= uniform("scanner clicks") < design.SCANNER_CLICKS
    return {
        "opened": opened,
        "clicked": clicked,
        "proxy_opened": np.where(has_proxy, delivered + to_whole(20 * uniform("proxy delay")), NEVER),
        "scanner_clicked": np.where(has_scanner, delivered + to_whole(25 * uniform("scanner delay")), NEVER),
    }


def to_whole(seconds: np.ndarray) -> np.ndarray:
    """Return whole seconds rounded up (so that `seconds <= s` stays so), at most a century."""
    return np.ceil(np.minimum(seconds, 3e9)).astype(np.int64)


def is_deliverable(leads: pd.DataFrame) -> np.ndarray:
    exists = leads["email"] > level_index("email", "invalid")
    return (exists & ~leads["is_spam"]).to_numpy()


def plan_mails(leads: pd.DataFrame, uniform: np.ndarray) -> np.ndarray:
    """Return when each e-mail would go out, ``NEVER`` without address or consent."""
    created = leads["created"].to_numpy()[:, None]
    week = 7 * 86_400
    tuesday = (created - TUESDAY_8) // week * week + TUESDAY_8  # the last one before creation
    weeks = np.array(design.NEWSLETTER_WEEKS) * week
    planned = np.concatenate(
        [
            created + np.ceil(120 + 480 * uniform[:, :1]).astype(np.int64),
            created + np.ceil((design.ONBOARDING_DAYS + uniform[:, 1:2] / 8) * design.DAY).astype(np.int64),
            tuesday + weeks + np.ceil(uniform[:, 2:] * SPREAD_SECONDS).astype(np.int64),
        ],
        axis=1,
    )
    has_address = (leads["email"] > 0).to_numpy()[:, None]
    may_send = leads["has_consent"].to_numpy()[:, None] | (np.arange(design.MAILS) == 0)
    planned = np.maximum.accumulate(planned, axis=1)  # the onboarding mail may meet a newsletter
    return np.where(has_address & may_send, planned, NEVER)


def keep_first(unsubscribed: np.ndarray, planned: np.ndarray) -> np.ndarray:
    """Return `unsubscribed` with only the one that comes first, of e-mails sent before it."""
    first = np.full(len(unsubscribed), NEVER)
    column = np.zeros(len(unsubscribed), dtype=np.int64)
    for mail in range(unsubscribed.shape[1]):
        is_first = (planned[:, mail] < first) & (unsubscribed[:, mail] < first)
        first = np.where(is_first, unsubscribed[:, mail], first)
        column = np.where(is_first, mail, column)
    kept = np.full_like(unsubscribed, NEVER)
    kept[np.arange(len(kept)), column] = first
    return kept


def draw_calls(leads: pd.DataFrame, intent: np.ndarray, seed: int) -> Calls:
    """Return calls in office hours, on later and later days, until one is answered."""
    lead = leads.index.to_numpy()[:, None]
    number = np.arange(len(design.CALL_BUSINESS_DAYS))
    day = (leads["created"].to_numpy() // 86_400).astype("datetime64[D]")
    days = np.busday_offset(day[:, None], np.array(design.CALL_BUSINESS_DAYS), roll="backward").astype(np.int64)
    at = days * 86_400 + to_whole((7.5 + 8.5 * draw_uniform(seed, "call", lead, number)) * 3600)
    answers = np.array([kind.answers for kind in design.INTENTS])[intent][:, None]
    phone = leads["phone"].to_numpy()[:, None]
    is_valid = phone == level_index("phone", "valid")
    is_answered = is_valid & (draw_uniform(seed, "answers", lead, number) < answers)
    before = np.cumsum(is_answered, axis=1) - is_answered
    is_made = (phone > 0) & ~leads["is_spam"].to_numpy()[:, None] & (before == 0)
    return Calls(np.where(is_made, at, NEVER), is_answered & is_made)
