"""What the implicit stage computes: its columns, what is the same for all leads, and since when the log tells."""

import re
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pandas as pd

from src.data.tables import ACTIVITY_COLUMNS
from src.features.compiled import compile_loop
from src.features.implicit_metrics import METRICS
from src.features.implicit_metrics.base import MICROSECONDS_A_DAY, Column, Setup, Vocabulary
from src.features.implicit_rates import RATES
from src.features.implicit_values import describe_values
from src.features.sections import NO_SECTION, choose_sections
from src.params import Implicit

ABSENT = -2
"""The code of an e-mail kind that the source does not have; no activity has it."""

PASSIVE = ("email_sent", "email_delivered", "email_bounced", "call_made")
"""Kinds that happen to a lead; all others it does itself."""

REPLIES = ("email_clicked", "form_submitted", "call_answered", "meeting_booked")

VIEW = "page_viewed"

NAMED_KINDS = {
    "sent": "email_sent",
    "delivered": "email_delivered",
    "opened": "email_opened",
    "clicked": "email_clicked",
    "bounced": "email_bounced",
    "unsubscribed": "unsubscribed",
    "viewed": VIEW,
}
"""Kinds that metrics know by name."""

ALWAYS = np.iinfo(np.int64).min
"""When the log of a kind begins that covers all time."""

# Between other signs than letters and digits: "bot" is a robot's name, "botany" is none.
WHOLE_WORD = r"(?<![^\W_]){}(?![^\W_])"


@dataclass(frozen=True)
class Plan:
    """What is computed, and from when on it is known.

    Attributes
    ----------
    columns : list of Column
        Those of the compiled metrics, of the activities' values and, where e-mails are sent, of `RATES`.
    known_from : ndarray of int64
        Since when the log covers each of the `columns`, in microseconds.
    codes : dict of str to list of str
        The texts behind the codes of each column of the log.
    edges : ndarray of int
        Where the columns of each of the compiled metrics begin and end.
    """

    columns: list[Column]
    known_from: np.ndarray
    codes: dict[str, list[str]]
    edges: np.ndarray
    setup: Setup
    loop: ModuleType
    rate_prior_emails: float


def plan_metrics(
    codes: pd.DataFrame, coverage: pd.DataFrame, views: np.ndarray, values: list[str], params: Implicit
) -> Plan:
    """Return the plan for a log with these `codes` and `values`, and so many `views` of each asset."""
    texts = {name: codes.loc[codes["column"] == name, "value"] for name in ACTIVITY_COLUMNS[2:]}
    kinds = tuple(texts["kind"])
    sections, section = choose_sections(texts["asset"], views, params.page_sections)
    # Without a log there is nothing to measure, not even a zero.
    measures = METRICS if kinds else ()
    described = [measure.describe(Vocabulary(kinds, sections), params) for measure in measures]
    columns = [column for columns in described for column in columns]
    columns += describe_values(values, params)
    columns += [rate.column for rate in RATES] if "email_sent" in kinds else []
    return Plan(
        columns=columns,
        known_from=find_known_from(columns, kinds, coverage),
        codes={name: list(values) for name, values in texts.items()},
        edges=np.cumsum([0, *map(len, described)]),
        setup=build_setup(texts, params)._replace(section=section),
        loop=compile_loop(measures),
        rate_prior_emails=params.rate_prior_emails,
    )


def find_known_from(columns: list[Column], kinds: tuple[str, ...], coverage: pd.DataFrame) -> np.ndarray:
    """Return since when all kinds that each column is made of are covered, in microseconds."""
    limited = coverage.dropna(subset="covered_from")
    begins = dict(zip(limited["kind"], count_microseconds(limited["covered_from"]), strict=True))
    made_of = [column.kinds or kinds for column in columns]
    return np.array([max((begins.get(kind, ALWAYS) for kind in names), default=ALWAYS) for names in made_of])


def build_setup(texts: dict[str, pd.Series], params: Implicit) -> Setup:
    """Return what is the same for all leads, in the units of the log; no asset is of a section yet."""
    kinds = list(texts["kind"])
    outreach = ("email_sent" if "email_sent" in kinds else "email_delivered", "call_made")
    return Setup(
        kinds=len(kinds),
        windows=np.array([days * MICROSECONDS_A_DAY for days in params.windows_days], np.int64),
        decay_rates=np.log(2) / (np.array(params.half_lives_days) * MICROSECONDS_A_DAY),
        session_gap=int(params.session_gap_minutes * 60_000_000),
        machine=int(params.machine_seconds * 1_000_000),
        burst=int(params.burst_seconds * 1_000_000),
        burst_clicks=params.burst_clicks,
        is_high_intent=find_any(texts["asset"], params.high_intent, "{}"),
        is_scanner_asset=find_any(texts["asset"], params.scanner_words, WHOLE_WORD),
        is_scanner_channel=find_any(texts["channel"], params.scanner_words, WHOLE_WORD),
        is_passive=np.isin(kinds, PASSIVE),
        is_outreach=np.isin(kinds, outreach),
        is_reply=np.isin(kinds, REPLIES),
        section=np.full(len(texts["asset"]) + 1, NO_SECTION),
        **{name: kinds.index(kind) if kind in kinds else ABSENT for name, kind in NAMED_KINDS.items()},
    )


def find_any(texts: pd.Series, words: list[str], form: str) -> np.ndarray:
    """Tell which texts contain one of the words in that form, in whatever case; the last place is no text's."""
    if not words:
        return np.zeros(len(texts) + 1, bool)
    patterns = [form.format(re.escape(word.casefold())) for word in words]
    is_found = texts.str.casefold().str.contains("|".join(patterns))
    return np.array([*is_found, False], dtype=bool)


def count_microseconds(times: pd.Series) -> np.ndarray:
    return times.to_numpy().astype("datetime64[us]").astype(np.int64)
