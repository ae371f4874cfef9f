"""The implicit metrics of one snapshot a lead as an analyst would write them in DuckDB SQL.

``python -m benchmarks.implicit_sql SNAPSHOT OUT`` writes one row a lead to a Parquet file: what the
leads had done by one moment (seconds since 1970), under the names of the stage's metrics.
"""

import math
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from src import paths
from src.features.sections import choose_sections
from src.params import Implicit, load_params

DAY = 86_400_000_000
"""A day in the log's microseconds."""

MEMORY = "12GB"
"""Beyond it DuckDB goes to disk: a million leads take more than a machine of 16 GB has."""

ZERO_WHERE_ABSENT = ("count_", "decayed_", "has_", "weekly_")
"""A lead without such activities has none of them; other metrics are missing for it."""

MAIL = ("email_sent", "email_delivered", "email_opened", "email_clicked")
PASSIVE = ("email_sent", "email_delivered", "email_bounced", "call_made")
OUTREACH = ("email_sent", "call_made")
REPLIES = ("email_clicked", "form_submitted", "call_answered", "meeting_booked")

Kinds = dict[str, int]
"""The code of each kind of activity in the log."""

Sections = dict[str, list[int]]
"""The codes of the assets in each section of the site."""


def main() -> None:
    with duckdb.connect(config={"memory_limit": MEMORY}) as db:
        db.execute("SET enable_progress_bar = false")
        kinds = read_kinds(db)
        params = load_params().implicit
        query = build_query(int(sys.argv[1]) * 1_000_000, kinds, list_sections(db, params), params)
        db.execute(f"COPY ({query}) TO '{Path(sys.argv[2])}' (FORMAT parquet)")


def read_kinds(db: duckdb.DuckDBPyConnection) -> Kinds:
    rows = db.execute(f"SELECT value, code FROM '{paths.CODES}' WHERE \"column\" = 'kind' ORDER BY code").fetchall()
    return dict(rows)


def list_sections(db: duckdb.DuckDBPyConnection, params: Implicit) -> Sections:
    pages = db.execute(f"""
        SELECT value, count(viewed.asset) AS views
        FROM (SELECT code, value FROM '{paths.CODES}' WHERE "column" = 'asset')
        LEFT JOIN (
            SELECT asset FROM '{paths.ACTIVITIES}/*.parquet'
            WHERE kind = (SELECT code FROM '{paths.CODES}' WHERE "column" = 'kind' AND value = 'page_viewed')
        ) AS viewed ON viewed.asset = code
        GROUP BY code, value ORDER BY code""").df()
    names, section = choose_sections(pages["value"], pages["views"].to_numpy(), params.page_sections)
    return {name: np.flatnonzero(section == number).tolist() for number, name in enumerate(names)}


@dataclass(frozen=True)
class Part:
    """Metrics that one grouping by lead gives: the rows they are made from, and each one's aggregate."""

    rows: str
    columns: dict[str, str]


def build_query(snapshot: int, kinds: Kinds, sections: Sections, params: Implicit) -> str:
    """Return the query of all metrics: the parts, grouped by lead and joined to the leads."""
    parts = [
        measure_kinds(kinds, params),
        measure_own(params),
        measure_rhythm(params),
        count_distinct(),
        measure_high_intent(params),
        count_sections(kinds, sections),
        measure_emails(kinds),
        count_unwanted(kinds),
        measure_replies(kinds),
        measure_silence(kinds),
    ]
    columns = [
        f"coalesce({name}, 0) AS {name}" if name.startswith(ZERO_WHERE_ABSENT) else name
        for part in parts
        for name in part.columns
    ]
    grouped = [f"LEFT JOIN ({group_by_lead(part)}) USING (lead_key)" for part in parts]
    return f"""
        WITH seen AS ({select_seen(snapshot, params)}),
        judged AS ({judge_seen(kinds, params)}),
        own AS (FROM judged WHERE doubt = 0 AND kind NOT IN {list_codes(kinds, PASSIVE)}),
        everybody AS ({sum_everybody(kinds)}),
        metrics AS (
            SELECT lead_key, {", ".join(columns)} FROM '{paths.LEADS}' {" ".join(grouped)}
        )
        SELECT * REPLACE ({name_channels()}), {smooth_rates(snapshot, params)} FROM metrics ORDER BY lead_key"""


def group_by_lead(part: Part) -> str:
    columns = ", ".join(f"{aggregate} AS {name}" for name, aggregate in part.columns.items())
    return f"SELECT lead_key, {columns} FROM ({part.rows}) GROUP BY lead_key"


def list_codes(kinds: Kinds, names: tuple[str, ...]) -> str:
    return f"({', '.join(str(kinds[name]) for name in names)})"


def select_codes(column: str, pattern: str) -> str:
    """Return the query of the codes whose texts match a pattern."""
    return (
        f"SELECT code FROM '{paths.CODES}' WHERE \"column\" = '{column}' AND regexp_matches(lower(value), '{pattern}')"
    )


def select_seen(snapshot: int, params: Implicit) -> str:
    """Return the query of each lead's activities up to its snapshot.

    The log is ordered: a row's number in its file says which of two activities at one time is the first.
    """
    scanner = rf"(^|[\W_])({'|'.join(params.scanner_words)})($|[\W_])"
    return f"""
        SELECT lead_key, occurred_at AS moment, snapshot - occurred_at AS elapsed, kind, asset, campaign, channel,
            file_row_number AS place,
            asset IN ({select_codes("asset", scanner)}) OR channel IN ({select_codes("channel", scanner)}) AS is_scanner
        FROM read_parquet('{paths.ACTIVITIES}/*.parquet', file_row_number = true)
        JOIN (SELECT lead_key, {snapshot} AS snapshot FROM '{paths.LEADS}') USING (lead_key)
        WHERE occurred_at <= snapshot"""


def judge_seen(kinds: Kinds, params: Implicit) -> str:
    """Return the query that adds why an activity is a machine's: 1 delivery, 2 scanner, 3 burst, 0 it is none.

    Only e-mails need the windows: of each e-mail the last delivery, of the clicks those around.
    """
    sent, delivered, opened, clicked = (kinds[name] for name in MAIL)
    others = params.burst_clicks - 1
    is_scanner = f"is_scanner AND kind NOT IN {list_codes(kinds, PASSIVE)}"
    return f"""
        WITH mail AS (
            SELECT *,
                kind IN ({opened}, {clicked}) AND moment - max(moment) FILTER (kind IN ({sent}, {delivered})) OVER (
                    PARTITION BY lead_key, asset ORDER BY place
                ) <= {round(params.machine_seconds * 1e6)} AS is_by_delivery
            FROM seen WHERE kind IN {list_codes(kinds, MAIL)}
        ),
        pauses AS (
            SELECT lead_key, place, moment,
                moment - lag(moment, {others}) OVER (PARTITION BY lead_key ORDER BY place)
                    <= {round(params.burst_seconds * 1e6)} AS completes_burst
            FROM mail WHERE kind = {clicked}
        ),
        bursts AS (
            SELECT lead_key, place, min(moment) FILTER (completes_burst) OVER (
                PARTITION BY lead_key ORDER BY place ROWS BETWEEN CURRENT ROW AND {others} FOLLOWING
            ) AS burst_at
            FROM pauses
        )
        SELECT * EXCLUDE (is_scanner, is_by_delivery), CASE
            WHEN is_by_delivery THEN 1 WHEN {is_scanner} THEN 2 WHEN burst_at IS NOT NULL THEN 3 ELSE 0 END AS doubt
        FROM mail LEFT JOIN bursts USING (lead_key, place)
        UNION ALL BY NAME
        SELECT * EXCLUDE is_scanner, CASE WHEN {is_scanner} THEN 2 ELSE 0 END AS doubt
        FROM seen WHERE kind NOT IN {list_codes(kinds, MAIL)}"""


def measure_kinds(kinds: Kinds, params: Implicit) -> Part:
    """Count each kind ever, in windows and decayed, and say when it was last.

    Grouped by lead and kind first: an aggregate for each metric over the whole log, with a filter
    for its kind, takes several times as long.
    """
    values = {"count_{}": "count(*)"}
    values |= {f"count_{{}}_{w}d": f"count(*) FILTER (elapsed < {w * DAY})" for w in params.windows_days}
    values |= decay("decayed_{{}}_{}d", params)
    inner = ", ".join(f"{value} AS v{number}" for number, value in enumerate(values.values()))
    columns = {}
    choices = [(kind, f"FILTER (kind = {code})") for kind, code in kinds.items()] + [("activity", "")]
    for kind, chosen in choices:
        for number, name in enumerate(values):
            columns[name.format(kind)] = f"sum(v{number}) {chosen}"
        columns[f"days_since_{kind}"] = f"min(last) {chosen} / {DAY}"
    columns["days_since_first_activity"] = f"max(first) / {DAY}"
    rows = f"""
        SELECT lead_key, kind, min(elapsed) AS last, max(elapsed) AS first, {inner}
        FROM seen GROUP BY lead_key, kind"""
    return Part(rows, columns)


def decay(name: str, params: Implicit) -> dict[str, str]:
    """Return a decayed count for each half-life, named with it."""
    rates = {half_life: -math.log(2) / (half_life * DAY) for half_life in params.half_lives_days}
    return {name.format(f"{half_life:g}"): f"sum(exp(elapsed * {rate!r}))" for half_life, rate in rates.items()}


def measure_own(params: Implicit) -> Part:
    """Measure trend, hours and channels of what the lead did itself."""
    week = 7 * DAY
    weekday, hour = f"(moment // {DAY} + 3) % 7", f"moment % {DAY} // 3600000000"
    columns = {
        "weekly_trend": f"count(*) FILTER (elapsed < {week})"
        f" - count(*) FILTER (elapsed >= {week} AND elapsed < {4 * week}) / 3",
        "share_office_hours": f"count(*) FILTER ({weekday} < 5 AND {hour} BETWEEN 8 AND 17) / count(*)",
        "share_evenings": f"count(*) FILTER ({weekday} < 5 AND {hour} >= 18) / count(*)",
        "share_weekends": f"count(*) FILTER ({weekday} >= 5) / count(*)",
        "first_touch_channel": "arg_min(channel, place) FILTER (channel >= 0)",
        "last_touch_channel": "arg_max(channel, place) FILTER (channel >= 0)",
    }
    return Part("FROM own", columns)


def name_channels() -> str:
    """Return the texts of the channels, whose codes the parts give."""
    return ", ".join(
        f"(SELECT value FROM '{paths.CODES}' WHERE \"column\" = 'channel' AND code = {name}) AS {name}"
        for name in ("first_touch_channel", "last_touch_channel")
    )


def measure_rhythm(params: Implicit) -> Part:
    rows = """
        SELECT lead_key, moment, moment - lag(moment) OVER (PARTITION BY lead_key ORDER BY place) AS pause FROM own"""
    gap = round(params.session_gap_minutes * 60_000_000)
    columns = {
        "count_sessions": f"count(*) FILTER (pause IS NULL OR pause > {gap})",
        "count_active_days": f"count(DISTINCT moment // {DAY})",
        "longest_gap_days": f"max(pause) / {DAY}",
    }
    return Part(rows, columns)


def count_distinct() -> Part:
    columns = {
        f"count_distinct_{name}s": f"count(DISTINCT {name}) FILTER ({name} >= 0)"
        for name in ("asset", "campaign", "channel")
    }
    return Part("FROM seen", columns)


def measure_high_intent(params: Implicit) -> Part:
    rows = f"FROM own WHERE asset IN ({select_codes('asset', '|'.join(params.high_intent))})"
    columns = {"count_high_intent": "count(*)", "days_since_high_intent": f"min(elapsed) / {DAY}"}
    return Part(rows, columns | decay("decayed_high_intent_{}d", params))


def count_sections(kinds: Kinds, sections: Sections) -> Part:
    columns = {f"count_pages_{name}": f"count(*) FILTER (asset IN {assets})" for name, assets in sections.items()}
    return Part(f"FROM own WHERE kind = {kinds['page_viewed']}", columns)


def measure_emails(kinds: Kinds) -> Part:
    """Count e-mails and what became of them, each e-mail once, and what machines did."""
    sent, _, opened, clicked = (kinds[name] for name in MAIL)
    columns = {
        "count_emails_received": f"count(*) FILTER (kind = {sent})",
        "count_emails_read": f"count(DISTINCT asset) FILTER (kind = {opened} AND doubt = 0 AND asset >= 0)",
        "count_emails_followed": f"count(DISTINCT asset) FILTER (kind = {clicked} AND doubt = 0 AND asset >= 0)",
        "share_emails_bounced": f"count(*) FILTER (kind = {kinds['email_bounced']})"
        f" / nullif(count(*) FILTER (kind = {sent}), 0)",
        "count_machine_opens": "count(*) FILTER (doubt = 1)",
        "count_scanner_visits": "count(*) FILTER (doubt = 2)",
        "count_burst_clicks": "count(*) FILTER (doubt = 3)",
        "has_unsubscribed": f"max(kind = {kinds['unsubscribed']})::INTEGER",
    }
    return Part("FROM judged", columns)


def count_unwanted(kinds: Kinds) -> Part:
    gone = f"SELECT lead_key, min(place) AS gone FROM seen WHERE kind = {kinds['unsubscribed']} GROUP BY lead_key"
    rows = f"SELECT * FROM seen JOIN ({gone}) USING (lead_key) WHERE kind = {kinds['email_sent']} AND place > gone"
    return Part(rows, {"count_emails_unwanted": "count(*)"})


def measure_replies(kinds: Kinds) -> Part:
    """Count e-mails and calls that an answer followed within a week, one answer for all before it."""
    is_reply = f"kind IN {list_codes(kinds, REPLIES)} AND doubt = 0"
    rows = f"""
        SELECT lead_key, kind, moment, min(moment) FILTER ({is_reply}) OVER (
            PARTITION BY lead_key ORDER BY place DESC
        ) AS replied_at
        FROM judged WHERE kind IN {list_codes(kinds, OUTREACH + REPLIES)}"""
    answered = f"count(*) FILTER (replied_at - moment <= 7 * {DAY})"
    columns = {"count_outreach_answered": answered, "share_outreach_answered": f"{answered} / count(*)"}
    return Part(f"FROM ({rows}) WHERE kind IN {list_codes(kinds, OUTREACH)}", columns)


def measure_silence(kinds: Kinds) -> Part:
    """Count e-mails and calls since the lead last did anything, and the days since the first of them."""
    rows = f"""
        SELECT lead_key, elapsed FROM seen
        LEFT JOIN (SELECT lead_key, max(place) AS last FROM own GROUP BY lead_key) USING (lead_key)
        WHERE kind IN {list_codes(kinds, OUTREACH)} AND (last IS NULL OR place > last)"""
    columns = {"count_outreach_unanswered": "count(*)", "days_since_outreach_unanswered": f"max(elapsed) / {DAY}"}
    return Part(rows, columns)


def sum_everybody(kinds: Kinds) -> str:
    """Return the query of the e-mails of all leads by day: sent, read and followed, each e-mail once.

    A day is judged by what was known at its end, so that a burst over midnight does not change it.
    """
    sent, _, opened, clicked = (kinds[name] for name in MAIL)
    return f"""
        SELECT moment // {DAY} AS day, count(*) FILTER (kind = {sent}) AS sent,
            count(*) FILTER (kind = {opened}) AS read, count(*) FILTER (kind = {clicked}) AS followed
        FROM (
            SELECT kind, moment FROM seen WHERE kind = {sent}
            UNION ALL
            SELECT kind, min(moment) FROM judged
            WHERE kind IN ({opened}, {clicked}) AND asset >= 0
                AND (doubt = 0 OR (doubt = 3 AND burst_at // {DAY} > moment // {DAY}))
            GROUP BY lead_key, kind, asset
        )
        GROUP BY day"""


def smooth_rates(snapshot: int, params: Implicit) -> str:
    """Return the rates of e-mails read and followed, leaning to everybody's of the days before."""
    weight, today = params.rate_prior_emails, snapshot // DAY
    rates = {
        "open_rate": ("count_emails_read", "read", "count_emails_received", "sent"),
        "click_rate": ("count_emails_followed", "followed", "count_emails_received", "sent"),
        "click_to_open_rate": ("count_emails_followed", "followed", "count_emails_read", "read"),
    }
    return ", ".join(
        f"({happened} + {weight} * (SELECT sum({total}) / sum({of_all}) FROM everybody WHERE day < {today}))"
        f" / ({tried} + {weight}) AS {name}"
        for name, (happened, total, tried, of_all) in rates.items()
    )


if __name__ == "__main__":
    main()
