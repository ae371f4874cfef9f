"""The implicit metrics of one snapshot a lead as an analyst would write them in pandas.

``python -m benchmarks.implicit_pandas SNAPSHOT OUT`` does what ``benchmarks.implicit_sql`` does,
with one group-by after the other.
"""

import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from benchmarks.implicit_sql import DAY, MAIL, OUTREACH, PASSIVE, REPLIES, ZERO_WHERE_ABSENT, Sections, list_sections
from src import paths
from src.data.tables import NO_CODE
from src.params import Implicit, load_params

WEEK = 7 * DAY
NO_DOUBT, BY_DELIVERY, BY_SCANNER, BY_BURST = range(4)
"""Why an activity is a machine's."""


def main() -> None:
    snapshot, params = int(sys.argv[1]) * 1_000_000, load_params().implicit
    leads = pd.read_parquet(paths.LEADS, columns=["lead_key"])["lead_key"]
    codes = pd.read_parquet(paths.CODES)
    log = read_seen(leads, snapshot)
    with duckdb.connect() as db:
        sections = list_sections(db, params)
    measure_all(log, leads, codes, sections, snapshot, params).to_parquet(Path(sys.argv[2]), index=False)


def read_seen(leads: pd.Series, snapshot: int) -> pd.DataFrame:
    """Return the activities up to the snapshot, ordered by lead and time."""
    log = pd.read_parquet(paths.ACTIVITIES)
    spine = pd.Series(snapshot, index=leads)
    log["elapsed"] = log["lead_key"].map(spine) - log["occurred_at"]
    return log[log["elapsed"] >= 0]


def measure_all(
    log: pd.DataFrame, leads: pd.Series, codes: pd.DataFrame, sections: Sections, snapshot: int, params: Implicit
) -> pd.DataFrame:
    """Return ``lead_key`` and one column a metric, one row a lead."""
    kinds = list_values(codes, "kind")
    code = {name: number for number, name in enumerate(kinds)}
    doubt, burst_at = judge_seen(log, code, codes, params)
    own = log[(doubt == NO_DOUBT) & ~is_any(log, code, PASSIVE)]
    parts = [
        measure_kinds(log, kinds, params),
        measure_own(own, list_values(codes, "channel")),
        measure_rhythm(own, params),
        count_distinct(log),
        measure_high_intent(own, codes, params),
        count_sections(own, sections, code),
        measure_emails(log, doubt, code),
        measure_unsubscribed(log, code),
        measure_replies(log, doubt, code),
        measure_silence(log, own, code),
    ]
    metrics = pd.concat(parts, axis=1).reindex(leads)
    metrics = metrics.fillna({name: 0 for name in metrics if name.startswith(ZERO_WHERE_ABSENT)})
    rates = smooth_rates(metrics, sum_everybody(log, doubt, burst_at, code), snapshot, params)
    return pd.concat([metrics.index.to_series(name="lead_key"), metrics, rates], axis=1)


def list_values(codes: pd.DataFrame, column: str) -> list[str]:
    return codes.loc[codes["column"] == column, "value"].tolist()


def find_codes(codes: pd.DataFrame, column: str, pattern: str) -> pd.Series:
    """Return the codes whose texts match a pattern."""
    rows = codes[codes["column"] == column]
    return rows.loc[rows["value"].str.casefold().str.contains(pattern), "code"]


def is_any(log: pd.DataFrame, code: dict[str, int], names: tuple[str, ...]) -> pd.Series:
    return log["kind"].isin([code[name] for name in names])


def judge_seen(
    log: pd.DataFrame, code: dict[str, int], codes: pd.DataFrame, params: Implicit
) -> tuple[pd.Series, pd.Series]:
    """Return why each activity is a machine's, and when the burst it belongs to was complete."""
    words = "|".join(params.scanner_words)
    scanner = rf"(?:^|[\W_])(?:{words})(?:$|[\W_])"
    is_scanner = log["asset"].isin(find_codes(codes, "asset", scanner))
    is_scanner |= log["channel"].isin(find_codes(codes, "channel", scanner))
    mail = log[is_any(log, code, MAIL)]
    delivery = mail["occurred_at"].where(is_any(mail, code, MAIL[:2]))
    delivered_at = delivery.groupby([mail["lead_key"], mail["asset"]]).ffill()
    reacted = is_any(mail, code, MAIL[2:])
    is_prompt = reacted & (mail["occurred_at"] - delivered_at <= params.machine_seconds * 1_000_000)
    burst_at = find_bursts(log[log["kind"] == code["email_clicked"]], params)
    doubt = pd.Series(NO_DOUBT, log.index, "int8")
    doubt[burst_at.index[burst_at.notna()]] = BY_BURST
    doubt[is_scanner & ~is_any(log, code, PASSIVE)] = BY_SCANNER
    doubt[mail.index[is_prompt]] = BY_DELIVERY
    return doubt, burst_at


def find_bursts(clicks: pd.DataFrame, params: Implicit) -> pd.Series:
    """Return when the first burst that each click belongs to was complete."""
    others = params.burst_clicks - 1
    at, lead = clicks["occurred_at"], clicks["lead_key"]
    completes = at - at.groupby(lead).shift(others) <= params.burst_seconds * 1_000_000
    completed_at = at.where(completes)
    following = [completed_at.groupby(lead).shift(-step) for step in range(others + 1)]
    return pd.concat(following, axis=1).min(axis=1)


def measure_kinds(log: pd.DataFrame, kinds: list[str], params: Implicit) -> pd.DataFrame:
    """Count each kind ever, in windows and decayed, and say when it was last."""
    values = pd.DataFrame({"lead_key": log["lead_key"], "kind": log["kind"], "count_{}": 1})
    for window in params.windows_days:
        values[f"count_{{}}_{window}d"] = log["elapsed"] < window * DAY
    for half_life in params.half_lives_days:
        values[f"decayed_{{}}_{half_life:g}d"] = decay(log["elapsed"], half_life)
    by_kind = values.groupby(["lead_key", "kind"]).sum()
    all_kinds = by_kind.groupby("lead_key").sum()
    elapsed = log.groupby(["lead_key", "kind"])["elapsed"].agg(["min", "max"]) / DAY
    all_elapsed = elapsed.groupby("lead_key").agg({"min": "min", "max": "max"})
    by_kind["days_since_{}"], all_kinds["days_since_{}"] = elapsed["min"], all_elapsed["min"]
    wide = by_kind.unstack("kind")
    wide.columns = [name.format(kinds[kind]) for name, kind in wide.columns]
    all_kinds.columns = [name.format("activity") for name in all_kinds]
    return pd.concat([wide, all_kinds, all_elapsed["max"].rename("days_since_first_activity")], axis=1)


def decay(elapsed: pd.Series, half_life: float) -> pd.Series:
    return np.exp(elapsed * (-np.log(2) / (half_life * DAY)))


def measure_own(own: pd.DataFrame, channels: list[str]) -> pd.DataFrame:
    """Measure trend, hours and channels of what the lead did itself."""
    lead, elapsed, at = own["lead_key"], own["elapsed"], own["occurred_at"]
    is_weekend = (at // DAY + 3) % 7 >= 5
    hour = at % DAY // 3_600_000_000
    flags = {
        "last_week": elapsed < WEEK,
        "before": (elapsed >= WEEK) & (elapsed < 4 * WEEK),
        "share_office_hours": ~is_weekend & hour.between(8, 17),
        "share_evenings": ~is_weekend & (hour >= 18),
        "share_weekends": is_weekend,
    }
    counts = pd.DataFrame(flags).groupby(lead).sum()
    known = own.loc[own["channel"] != NO_CODE, ["lead_key", "channel"]]
    touches = known.groupby("lead_key")["channel"].agg(["first", "last"])
    touches = touches.apply(lambda codes: pd.Series(channels).reindex(codes).to_numpy())
    shares = counts.drop(columns=["last_week", "before"]).div(own.groupby("lead_key").size(), axis=0)
    trend = (counts["last_week"] - counts["before"] / 3).rename("weekly_trend")
    names = {"first": "first_touch_channel", "last": "last_touch_channel"}
    return pd.concat([trend, shares, touches.rename(columns=names)], axis=1)


def measure_rhythm(own: pd.DataFrame, params: Implicit) -> pd.DataFrame:
    lead = own["lead_key"]
    pause = own["occurred_at"].groupby(lead).diff()
    is_new = pause.isna() | (pause > params.session_gap_minutes * 60_000_000)
    days = pd.DataFrame({"lead_key": lead, "day": own["occurred_at"] // DAY})
    return pd.DataFrame(
        {
            "count_sessions": is_new.groupby(lead).sum(),
            "count_active_days": count_different(days, "day"),
            "longest_gap_days": pause.groupby(lead).max() / DAY,
        }
    )


def count_distinct(log: pd.DataFrame) -> pd.DataFrame:
    names = ["asset", "campaign", "channel"]
    return pd.DataFrame({f"count_distinct_{name}s": count_different(log, name) for name in names})


def count_different(rows: pd.DataFrame, name: str) -> pd.Series:
    """Return how many values of a column each lead has; much faster than ``nunique``."""
    known = rows.loc[rows[name] != NO_CODE, ["lead_key", name]]
    return known.drop_duplicates().groupby("lead_key").size()


def measure_high_intent(own: pd.DataFrame, codes: pd.DataFrame, params: Implicit) -> pd.DataFrame:
    rows = own[own["asset"].isin(find_codes(codes, "asset", "|".join(params.high_intent)))]
    by_lead = rows["elapsed"].groupby(rows["lead_key"])
    metrics = {"count_high_intent": by_lead.size(), "days_since_high_intent": by_lead.min() / DAY}
    for half_life in params.half_lives_days:
        decayed = decay(rows["elapsed"], half_life)
        metrics[f"decayed_high_intent_{half_life:g}d"] = decayed.groupby(rows["lead_key"]).sum()
    return pd.DataFrame(metrics)


def count_sections(own: pd.DataFrame, sections: Sections, code: dict[str, int]) -> pd.DataFrame:
    pages = own[own["kind"] == code["page_viewed"]]
    return pd.DataFrame(
        {f"count_pages_{name}": count_leads(pages[pages["asset"].isin(assets)]) for name, assets in sections.items()}
    )


def measure_emails(log: pd.DataFrame, doubt: pd.Series, code: dict[str, int]) -> pd.DataFrame:
    """Count e-mails and what became of them, each e-mail once, and what machines did."""
    rows = {name: log[log["kind"] == code[name]] for name in (*MAIL, "email_bounced")}
    sent = count_leads(rows["email_sent"])
    by_person = {name: rows[name][doubt[rows[name].index] == NO_DOUBT] for name in MAIL[2:]}
    return pd.DataFrame(
        {
            "count_emails_received": sent,
            "count_emails_read": count_different(by_person["email_opened"], "asset"),
            "count_emails_followed": count_different(by_person["email_clicked"], "asset"),
            "share_emails_bounced": count_leads(rows["email_bounced"]).reindex(sent.index, fill_value=0) / sent,
            "count_machine_opens": count_leads(log[doubt == BY_DELIVERY]),
            "count_scanner_visits": count_leads(log[doubt == BY_SCANNER]),
            "count_burst_clicks": count_leads(log[doubt == BY_BURST]),
        }
    )


def count_leads(rows: pd.DataFrame) -> pd.Series:
    return rows.groupby("lead_key").size()


def measure_unsubscribed(log: pd.DataFrame, code: dict[str, int]) -> pd.DataFrame:
    first = log[log["kind"] == code["unsubscribed"]].drop_duplicates("lead_key")
    gone = pd.Series(first.index, index=first["lead_key"])
    sent = log[log["kind"] == code["email_sent"]]
    unwanted = sent[sent.index > sent["lead_key"].map(gone)]
    return pd.DataFrame({"has_unsubscribed": gone.notna().astype(int), "count_emails_unwanted": count_leads(unwanted)})


def measure_replies(log: pd.DataFrame, doubt: pd.Series, code: dict[str, int]) -> pd.DataFrame:
    """Count e-mails and calls that an answer followed within a week, one answer for all before it."""
    rows = log[is_any(log, code, OUTREACH + REPLIES)]
    is_reply = is_any(rows, code, REPLIES) & (doubt[rows.index] == NO_DOUBT)
    replied_at = rows["occurred_at"].where(is_reply).groupby(rows["lead_key"]).bfill()
    outreach = rows[is_any(rows, code, OUTREACH)]
    is_answered = replied_at[outreach.index] - outreach["occurred_at"] <= WEEK
    answered = is_answered.groupby(outreach["lead_key"])
    return pd.DataFrame({"count_outreach_answered": answered.sum(), "share_outreach_answered": answered.mean()})


def measure_silence(log: pd.DataFrame, own: pd.DataFrame, code: dict[str, int]) -> pd.DataFrame:
    """Count e-mails and calls since the lead last did anything, and the days since the first of them."""
    last = own.drop_duplicates("lead_key", keep="last")
    outreach = log[is_any(log, code, OUTREACH)]
    last_own = outreach["lead_key"].map(pd.Series(last.index, index=last["lead_key"])).fillna(-1)
    silent = outreach[outreach.index > last_own].groupby("lead_key")["elapsed"]
    return pd.DataFrame(
        {"count_outreach_unanswered": silent.size(), "days_since_outreach_unanswered": silent.max() / DAY}
    )


def sum_everybody(log: pd.DataFrame, doubt: pd.Series, burst_at: pd.Series, code: dict[str, int]) -> pd.DataFrame:
    """Return by day how many e-mails of all leads were sent, read and followed, each e-mail once."""
    days = {"sent": log.loc[log["kind"] == code["email_sent"], "occurred_at"] // DAY}
    for name, kind in (("read", "email_opened"), ("followed", "email_clicked")):
        rows = log[(log["kind"] == code[kind]) & (log["asset"] != NO_CODE)]
        reason = doubt[rows.index]
        # A burst over midnight was none yet when its first day ended.
        is_early = (reason == BY_BURST) & (burst_at.reindex(rows.index) // DAY > rows["occurred_at"] // DAY)
        first = rows[(reason == NO_DOUBT) | is_early].drop_duplicates(["lead_key", "asset"])
        days[name] = first["occurred_at"] // DAY
    return pd.DataFrame({name: values.value_counts() for name, values in days.items()}).fillna(0)


def smooth_rates(metrics: pd.DataFrame, everybody: pd.DataFrame, snapshot: int, params: Implicit) -> pd.DataFrame:
    """Return the rates of e-mails read and followed, leaning to everybody's of the days before."""
    before = everybody[everybody.index < snapshot // DAY].sum()
    weight = params.rate_prior_emails
    rates = {
        "open_rate": ("count_emails_read", "read", "count_emails_received", "sent"),
        "click_rate": ("count_emails_followed", "followed", "count_emails_received", "sent"),
        "click_to_open_rate": ("count_emails_followed", "followed", "count_emails_read", "read"),
    }
    return pd.DataFrame(
        {
            name: (metrics[happened] + weight * before[total] / before[of_all]) / (metrics[tried] + weight)
            for name, (happened, total, tried, of_all) in rates.items()
        }
    )


if __name__ == "__main__":
    main()
