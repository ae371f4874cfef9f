"""Every rate and effect of the sample, as tables to read.

A lead's latent intent follows from what it gave (`intent`, `bargain`, `reader`: log-odds towards
those classes); whether it buys follows from its intent class and `sale`; the client's verdict
follows from `accepted` alone. ``MISSING`` is a level like any other, so nothing is ever
integrated over what a form did not ask.
"""

from typing import NamedTuple

MISSING = ""
DAY = 86_400.0
AS_OF = "2026-07-31 23:59:59"
ZONE = "Europe/Madrid"
AGES_DAYS = (0, 1, 7, 30, 90)
HORIZON_DAYS = {"sale": 45, "accepted": 14}
SPAM_SHARE = 0.04
REPEAT_SHARE = 0.09  # some find no earlier person, which leaves about 8 % of the leads
CHUNK_LEADS = 25_000  # bounds memory; results do not depend on it


class Level(NamedTuple):
    """One level of one thing observed, how common it is, and its effects in log-odds."""

    name: str
    share: float
    intent: float = 0.0  # towards being ready to buy
    sale: float = 0.0
    accepted: float = 0.0
    bargain: float = 0.0  # towards hunting bargains
    reader: float = 0.0  # towards reading much and buying nothing


class Intent(NamedTuple):
    """One latent class of intent."""

    name: str
    base: float  # log-odds before anything is observed
    loading: float  # how strongly `intent` effects pull towards it
    sale: float  # log-odds that it ends in a sale
    delay_days: float  # median days from creation to the sale
    opens: float  # probability that a person of this class opens a delivered e-mail
    clicks: float  # ... clicks in an e-mail it opened
    unsubscribes: float  # ... unsubscribes after a delivered e-mail
    answers: float  # ... answers a call to a number that exists
    attends: float  # ... comes to a webinar it registered for


#                 base  load  sale  delay open  click unsub  answer attend
INTENTS = (
    Intent("curious", 0.85, 0.00, -4.3, 30, 0.14, 0.05, 0.012, 0.25, 0.30),
    Intent("reader", -0.10, 0.10, -4.6, 30, 0.46, 0.14, 0.003, 0.20, 0.60),
    Intent("comparing", 0.05, 0.60, -1.35, 18, 0.36, 0.22, 0.004, 0.42, 0.55),
    Intent("bargain", -0.55, 0.35, -2.2, 24, 0.28, 0.30, 0.008, 0.32, 0.30),
    Intent("ready", -1.15, 1.15, 1.35, 9, 0.54, 0.38, 0.003, 0.62, 0.60),
)

# --- What a lead gave -------------------------------------------------------------------------

FORMS = (
    Level("newsletter", 0.17, intent=-0.9, accepted=-1.2, reader=0.8),
    Level("descarga", 0.20, intent=-0.5, accepted=-0.5, reader=0.5),
    Level("informacion", 0.33, intent=0.1),
    Level("inscripcion", 0.11, intent=1.3, accepted=-0.3),
    Level("presupuesto", 0.09, intent=0.6, accepted=0.7),
    Level("llamada", 0.10, intent=0.7, accepted=0.3),
)

CHANNELS = (  # share: at the start of the period
    Level("organico", 0.28, intent=0.2),
    Level("sem", 0.22, intent=0.5, accepted=0.1),
    Level("social", 0.16, intent=-0.5, accepted=-0.3),
    Level("email", 0.09, intent=0.0),
    Level("directo", 0.08, intent=0.3),
    Level("recomendacion", 0.06, intent=0.9, accepted=0.3),
    Level("ferias", 0.04, intent=-0.2, accepted=0.4),
    Level("portales", 0.07, intent=-0.1, accepted=-0.7, bargain=0.9),
)
CHANNEL_SHARES_AT_END = (0.21, 0.21, 0.30, 0.08, 0.06, 0.05, 0.02, 0.07)

OFFERS = (  # shares: see OFFER_SHARES
    Level(MISSING, 0, intent=-0.2),
    Level("online", 0, sale=0.25),
    Level("presencial", 0, sale=0.0, accepted=0.2),
    Level("empresas", 0, sale=-0.35, accepted=0.4),
)
OFFER_SHARES = {  # online, presencial, empresas among those who name an offer
    "near": (0.45, 0.47, 0.08),
    "elsewhere": (0.66, 0.22, 0.12),
    "business form": (0.05, 0.05, 0.90),
}

BANDS = (  # kilometres to the nearer of the two cities with rooms
    Level(MISSING, 0, sale=-0.1, accepted=-0.3),
    Level("near", 0, sale=0.1, accepted=0.5),  # at most 45 km
    Level("reach", 0),  # 45 to 150 km
    Level("far", 0, sale=-0.05, accepted=-0.3),  # beyond
    Level("abroad", 0, sale=-0.8, accepted=-1.4),
)
ROOM_SALE = (-0.1, 0.9, 0.0, -1.5, -2.5)  # the interaction: added by band for a course in a room

SENIORITIES = (
    Level(MISSING, 0),
    Level("student", 0.20, intent=-0.3, sale=0.2, accepted=-0.9),
    Level("staff", 0.27, accepted=-0.1),
    Level("specialist", 0.25, sale=0.1, accepted=0.1),
    Level("manager", 0.17, sale=0.3, accepted=0.5),
    Level("director", 0.11, sale=0.45, accepted=0.8),
)

SIZES = (
    Level(MISSING, 0),
    Level("self", 0.20, sale=-0.35, accepted=-0.7),
    Level("micro", 0.22, sale=-0.1, accepted=-0.2),  # 2 to 10
    Level("sme", 0.36, sale=0.25, accepted=0.3),  # 11 to 250
    Level("large", 0.22, sale=-0.1, accepted=0.7),  # above
)

SECTORS = (
    Level(MISSING, 0),
    Level("technology", 0.18, sale=0.35, accepted=0.2),
    Level("health", 0.14),
    Level("education", 0.14, sale=0.0, accepted=-0.2),
    Level("trade", 0.20, sale=-0.3),  # shops, hotels and restaurants
    Level("industry", 0.14, sale=0.2, accepted=0.3),
    Level("public", 0.08, sale=-0.5, accepted=-0.3),
    Level("services", 0.12, sale=0.1, accepted=0.1),
)

PHONES = (
    Level(MISSING, 0, intent=-0.3, accepted=-1.3),
    Level("invalid", 0.06, intent=-0.9, accepted=-1.8),
    Level("valid", 0.94, intent=0.2, accepted=0.6),
)

EMAILS = (
    Level(MISSING, 0, accepted=-0.8),
    Level("invalid", 0.025, intent=-0.6, sale=-0.3, accepted=-1.2),
    Level("disposable", 0.015, intent=-0.9, sale=-0.5, accepted=-1.0, bargain=0.3),
    Level("free", 0.68),
    Level("corporate", 0.28, sale=0.3, accepted=0.6),
)

MESSAGES = (
    Level(MISSING, 0),
    Level("information", 0.50, intent=0.1),
    Level("price", 0.20, intent=0.5, bargain=0.3),
    Level("ready", 0.16, intent=1.5, accepted=0.3),
    Level("discount", 0.10, intent=0.2, bargain=1.6, accepted=-0.3),
    Level("job", 0.04, intent=-1.5, sale=-1.0, accepted=-1.5),  # sends a CV
)

EARLIER = (  # requests of the same e-mail or phone before this one
    Level("0", 0),
    Level("1", 0, intent=0.7, accepted=-0.8),  # the client says it is a duplicate
    Level("2+", 0, intent=1.0, accepted=-1.2),
)

HOURS = (  # local time of the request
    Level("office", 0, intent=0.25),  # Monday to Friday, 9 to 18
    Level("free", 0),
    Level("night", 0, intent=-0.5),  # 0 to 7
)

FACTORS = {
    "form": FORMS,
    "channel": CHANNELS,
    "offer": OFFERS,
    "band": BANDS,
    "seniority": SENIORITIES,
    "size": SIZES,
    "sector": SECTORS,
    "phone": PHONES,
    "email": EMAILS,
    "message": MESSAGES,
    "earlier": EARLIER,
    "hours": HOURS,
}

ACCEPTED_BASE = 0.35
SALE_DRIFT_A_MONTH = -0.006  # a market that slowly tires
ACCEPTED_DRIFT_A_MONTH = 0.004
SALE_BY_MONTH = (0.05, 0.0, 0.0, 0.0, 0.0, 0.05, 0.0, -0.15, 0.15, 0.1, 0.0, -0.1)  # January first

#                  email name  phone job   comp. size  sector place offer message
ASKED = {  # share of people who fill each field, by form
    "newsletter": (0.995, 0.30, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00),
    "descarga": (0.99, 0.92, 0.25, 0.70, 0.60, 0.50, 0.45, 0.40, 0.40, 0.00),
    "informacion": (0.97, 0.97, 0.75, 0.50, 0.45, 0.35, 0.35, 0.85, 0.93, 0.65),
    "inscripcion": (0.99, 1.00, 0.95, 0.70, 0.50, 0.40, 0.40, 0.97, 1.00, 0.25),
    "presupuesto": (0.98, 0.98, 0.90, 0.85, 0.97, 0.85, 0.80, 0.85, 0.97, 0.80),
    "llamada": (0.45, 0.85, 1.00, 0.10, 0.15, 0.05, 0.05, 0.30, 0.60, 0.20),
}
ASKED_FIELDS = (
    "email", "name", "phone", "job", "company", "size", "sector", "place", "offer", "message"
)  # fmt: skip
CONSENT_SHARE = 0.76  # newsletter: everyone

# --- When leads come (local time) -------------------------------------------------------------

GROWTH_A_MONTH = 0.010
MONTH_WEIGHTS = (1.25, 1.10, 1.0, 0.95, 0.95, 0.85, 0.70, 0.50, 1.45, 1.25, 1.10, 0.75)
WEEKDAY_WEIGHTS = (1.2, 1.2, 1.15, 1.1, 0.95, 0.6, 0.7)
HOUR_WEIGHTS = (
    0.25, 0.12, 0.08, 0.05, 0.05, 0.08, 0.2, 0.5, 0.9, 1.3, 1.5, 1.5,
    1.4, 1.2, 0.9, 1.0, 1.2, 1.3, 1.3, 1.3, 1.2, 1.2, 1.0, 0.6,
)  # fmt: skip

# --- What a lead does afterwards --------------------------------------------------------------


class Process(NamedTuple):
    """A Poisson process: expected events of each class soon after creation, and in the long run."""

    kind: str
    burst: tuple[float, ...]
    tail: tuple[float, ...]


BURST_DAYS, TAIL_DAYS = 2.5, 50.0  # means of the exponential decays
PROCESSES = (  # classes in the order of INTENTS
    Process("visit", (0.35, 0.75, 1.5, 1.1, 2.6), (0.6, 3.2, 2.4, 1.6, 2.6)),
    Process("content_downloaded", (0.04, 0.35, 0.20, 0.05, 0.10), (0.10, 0.70, 0.25, 0.10, 0.10)),
    Process("event_registered", (0.02, 0.10, 0.10, 0.03, 0.10), (0.06, 0.45, 0.20, 0.08, 0.10)),
    Process("ad_clicked", (0.03, 0.02, 0.12, 0.25, 0.12), (0.08, 0.06, 0.20, 0.50, 0.12)),
    Process("social_engaged", (0.03, 0.10, 0.04, 0.05, 0.03), (0.10, 0.35, 0.10, 0.12, 0.06)),
    Process("chat_started", (0.01, 0.01, 0.10, 0.15, 0.28), (0.02, 0.02, 0.10, 0.14, 0.14)),
    Process("meeting_booked", (0.004, 0.004, 0.06, 0.03, 0.35), (0.006, 0.006, 0.06, 0.03, 0.15)),
    Process("form_submitted", (0.01, 0.02, 0.08, 0.08, 0.22), (0.03, 0.05, 0.10, 0.10, 0.12)),
)
VISIT = 0  # a visit is made of pages
WEBINAR = 2  # a registration may be followed by attendance

PAGES_ADDED = 0.52  # each page of a visit is followed by another one with this probability
PAGES_MOST = 12
PAGE_GAP_SECONDS = 45.0
PAGE_SHARES = (  # of a class's pages: those that show an intention to buy, that look, that read
    (0.08, 0.52, 0.40),
    (0.04, 0.26, 0.70),
    (0.31, 0.57, 0.12),
    (0.38, 0.50, 0.12),
    (0.54, 0.39, 0.07),
)

# People visit by day: the share of a day's activity in each of its 24 hours (UTC).
HOUR_ACTIVITY = (
    0.3, 0.2, 0.2, 0.2, 0.3, 0.6, 1.0, 1.6, 2.0, 2.0, 2.0, 1.9,
    1.6, 1.5, 1.6, 1.8, 1.9, 2.0, 2.0, 2.1, 2.0, 1.5, 0.9, 0.5,
)  # fmt: skip
WEEKDAY_ACTIVITY = (1.15, 1.15, 1.1, 1.1, 1.0, 0.7, 0.8)

ONBOARDING_DAYS = 2.0
NEWSLETTER_WEEKS = (1, 2, 3, 4, 6, 8, 10, 12, 14, 16)  # Tuesdays after creation
MAILS = 2 + len(NEWSLETTER_WEEKS)  # a welcome, an onboarding mail, then newsletters
DELIVERED_SHARE = 0.985
HUMAN_SECONDS = 60.0  # nobody opens sooner; machines always do
OPEN_HOURS, OPEN_SHAPE = 4.0, 1.1
CLICK_SECONDS, CLICK_SHAPE = 40.0, 1.5  # after the opening
UNSUBSCRIBE_HOURS, UNSUBSCRIBE_SHAPE = 3.0, 1.2
PROXY_SHARE, PROXY_OPENS = 0.30, 0.9  # leads whose mail program fetches images by itself
SCANNER_SHARE, SCANNER_CLICKS = 0.25, 0.6  # corporate addresses whose links are tested

CALL_BUSINESS_DAYS = (1, 2, 4, 8)  # until someone answers

# --- What becomes of it -----------------------------------------------------------------------

SALE_SHAPE = 1.5  # log-logistic delays
LOST_SHARE, LOST_DAYS, LOST_SHAPE = 0.75, 32.0, 1.8  # of those who never buy: noted as lost, when
ANSWERED_SHARE = 0.90  # leads on which the client gives a verdict
VERDICT_DAYS, VERDICT_SHAPE = 2.5, 1.3  # nineteen in twenty answers come within three weeks
RETURNED_SHARE = 0.25  # of the verdicts that are not an acceptance
