"""The activity log, as the company's tools export it."""

import numpy as np
import pandas as pd

from src.data.sample import design
from src.data.sample.draws import draw_uniform, pick_index, spread_counts
from src.data.sample.histories import NEVER, Histories
from src.data.sample.vocabulary import ASSETS, CHANNEL_TEXTS, EVENT_NAMES, FORM_TEXTS, KINDS, PROCESS_ASSETS

PAGE_ASSETS = [ASSETS["intent"], ASSETS["look"], ASSETS["read"]]
MAIL_NAMES = ("bienvenida", "guia-inicio")
NEWSLETTERS = tuple(f"boletin-{month}" for month in np.arange("2010-01", "2031-01", dtype="datetime64[M]"))
FIRST_NEWSLETTER = np.datetime64("2010-01").astype(int)
VOCABULARY = tuple(
    dict.fromkeys(
        [asset for group in PAGE_ASSETS for asset in group]
        + [asset for group in PROCESS_ASSETS.values() for asset in group]
        + [page for _, page in FORM_TEXTS.values()]
        + ["(registro)", "llamada-comercial", *MAIL_NAMES, *NEWSLETTERS]
    )
)
POSITION = {asset: position for position, asset in enumerate(VOCABULARY)}
CHANNELS = tuple(CHANNEL_TEXTS.values())
CAMPAIGNS = ("nurturing", "boletin")
SESSIONS_A_LEAD = 100_000
IDS_A_LEAD = 4_096
EARLIER_SHARE = 0.012  # leads whose address was on a mailing list before the request
LATER_SHARE = 0.001  # leads with an event that a wrong clock puts after the end of the data
UNKNOWN_SHARE = 0.01  # events of leads that the CRM has deleted, per lead


def list_activities(
    leads: pd.DataFrame, histories: Histories, sales_at: np.ndarray, as_of: int, seed: int
) -> pd.DataFrame:
    """Return the log of these leads in order of time; nothing genuine lies after `as_of`.

    Sales stops calling once a lead is won or lost; all else goes on as before.
    """
    parts = [
        list_requests(leads),
        list_events(leads, histories, seed),
        list_pages(leads, histories, seed),
        *list_mails(histories),
        *list_calls(histories, sales_at),
    ]
    log = pd.concat(parts, ignore_index=True)
    log = log[log["at"] <= as_of]
    log = pd.concat([log, *list_untidy(leads, as_of, seed)], ignore_index=True)
    log["id"] = leads.index.to_numpy()[log["row"]] * IDS_A_LEAD + log.groupby("row").cumcount()
    order = np.lexsort([log["id"].to_numpy(), log["at"].to_numpy()])
    return write_log(log.take(order), leads["id"].to_numpy())


def build_part(row, at, kind: str, asset, **codes) -> pd.DataFrame:
    """Return events of one kind; `asset`, ``campaign``, ``channel`` are positions, -1 for none."""
    columns = {"campaign": -1, "channel": -1, "session": -1, "is_unknown": False} | codes
    part = {"row": row, "at": at, "kind": KINDS.index(kind), "asset": asset} | columns
    return pd.DataFrame(part, index=np.arange(len(row)))


def list_requests(leads: pd.DataFrame) -> pd.DataFrame:
    """Return the form by which each lead came."""
    pages = np.array([POSITION[page] for _, page in FORM_TEXTS.values()])
    at = leads["created"].to_numpy()
    channel = leads["channel"].to_numpy()
    return build_part(np.arange(len(at)), at, "form_submitted", pages[leads["form"]], channel=channel)


def list_events(leads: pd.DataFrame, histories: Histories, seed: int) -> pd.DataFrame:
    events = histories.events
    parts = []
    for position, process in enumerate(design.PROCESSES):
        if process.kind == "visit":
            continue
        chosen = events.process == position
        row, number = events.row[chosen], events.number[chosen]
        assets = np.array([POSITION[asset] for asset in PROCESS_ASSETS[process.kind]])
        uniform = draw_uniform(seed, "asset", leads.index.to_numpy()[row], number)
        asset = assets[pick_index(uniform, np.ones(len(assets)))]
        parts.append(build_part(row, events.at[chosen], process.kind, asset))
        if position == design.WEBINAR:
            came = events.attends[chosen]
            attended_at = events.attended_at[chosen][came]
            parts.append(build_part(row[came], attended_at, "event_attended", asset[came]))
    return pd.concat(parts, ignore_index=True)


def list_pages(leads: pd.DataFrame, histories: Histories, seed: int) -> pd.DataFrame:
    pages = histories.pages
    lead = leads.index.to_numpy()[pages.row]
    uniform = draw_uniform(seed, "page", lead, pages.visit, pages.number)
    sizes = np.array([len(group) for group in PAGE_ASSETS])
    names = np.array([[POSITION[group[i % len(group)]] for i in range(sizes.max())] for group in PAGE_ASSETS])
    asset = names[pages.group, (uniform * sizes[pages.group]).astype(np.int64)]
    session = lead * SESSIONS_A_LEAD + pages.visit
    return build_part(pages.row, pages.at, "page_viewed", asset, session=session)


def list_mails(histories: Histories) -> list[pd.DataFrame]:
    mails = histories.mails
    month = np.where(mails.sent == NEVER, 0, mails.sent).astype("datetime64[s]").astype("datetime64[M]").astype(int)
    asset = POSITION[NEWSLETTERS[0]] + (month - FIRST_NEWSLETTER).clip(0)
    asset[:, 0], asset[:, 1] = POSITION[MAIL_NAMES[0]], POSITION[MAIL_NAMES[1]]
    times = {
        "email_sent": mails.sent,
        "email_delivered": mails.delivered,
        "email_bounced": mails.bounced,
        "email_opened": mails.opened,
        "email_clicked": mails.clicked,
        "unsubscribed": mails.unsubscribed,
    }
    machines = [("email_opened", mails.proxy_opened), ("email_clicked", mails.scanner_clicked)]
    channel = list(CHANNEL_TEXTS).index("email")
    parts = []
    for kind, at in [*times.items(), *machines]:
        row, mail = np.nonzero(at != NEVER)
        campaign = (mail >= len(MAIL_NAMES)).astype(np.int64)
        parts.append(build_part(row, at[row, mail], kind, asset[row, mail], campaign=campaign, channel=channel))
    return parts


def list_calls(histories: Histories, sales_at: np.ndarray) -> list[pd.DataFrame]:
    calls = histories.calls
    is_made = (calls.made != NEVER) & (calls.made < sales_at[:, None])
    parts = []
    for kind, happens in (("call_made", is_made), ("call_answered", is_made & calls.is_answered)):
        row, number = np.nonzero(happens)
        parts.append(build_part(row, calls.made[row, number], kind, POSITION["llamada-comercial"]))
    return parts


def list_untidy(leads: pd.DataFrame, as_of: int, seed: int) -> list[pd.DataFrame]:
    """Return events before the lead was created, after `as_of`, and of leads nobody knows."""
    lead, created = leads.index.to_numpy(), leads["created"].to_numpy()

    def choose(name: str, share: float) -> np.ndarray:
        return np.flatnonzero((draw_uniform(seed, name, lead) < share) & ~leads["is_spam"].to_numpy())

    early = choose("early", EARLIER_SHARE)
    row, number = spread_counts(1 + (3 * draw_uniform(seed, "early count", lead[early])).astype(np.int64))
    row = early[row]
    early_at = created[row] - np.ceil(draw_uniform(seed, "early at", lead[row], number) * 5e6).astype(np.int64)
    late = choose("late", LATER_SHARE)
    late_at = as_of + np.ceil(draw_uniform(seed, "late at", lead[late]) * 3e6).astype(np.int64)
    unknown = choose("unknown", UNKNOWN_SHARE)
    unknown_at = np.minimum(created[unknown] + 3600, as_of)
    return [
        build_part(row, early_at, "email_delivered", POSITION[MAIL_NAMES[0]], campaign=1),
        build_part(late, late_at, "page_viewed", POSITION["/"]),
        build_part(unknown, unknown_at, "page_viewed", POSITION["/"], is_unknown=True),
    ]


def write_log(log: pd.DataFrame, lead_id: np.ndarray) -> pd.DataFrame:
    """Return the log under the tool's own column names."""
    ids = lead_id[log["row"]]
    ids = np.where(log["is_unknown"], np.strings.replace(ids.astype(str), "L-0", "L-9"), ids)
    fecha = np.datetime_as_string(log["at"].to_numpy().astype("datetime64[s]"), timezone="UTC")
    return pd.DataFrame(
        {
            "id_actividad": log["id"].to_numpy(),
            "id_lead": ids,
            "fecha": fecha,
            "evento": decode(log["kind"], tuple(EVENT_NAMES.values())),
            "recurso": decode(log["asset"], VOCABULARY),
            "campana": decode(log["campaign"], CAMPAIGNS),
            "canal": decode(log["channel"], CHANNELS),
            "sesion": log["session"].where(log["session"] >= 0).astype("Int64").array,
        }
    )


def decode(codes: pd.Series, names: tuple[str, ...]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, categories=list(names))
