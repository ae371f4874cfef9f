"""Stage `implicit`: what each lead had done by each snapshot."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from src import paths
from src.data.sources import load_source
from src.data.tables import ACTIVITY_COLUMNS, IMPLICIT, check_key
from src.features.catalogue import Metric, check_features, write_catalogue
from src.features.compiled import compile_loop
from src.features.implicit_metrics import METRICS, MICROSECONDS_A_DAY, Lead, Setup, count_email_days
from src.features.snapshots import build_spine
from src.files import read_table, write_table
from src.params import Implicit, load_params
from src.stage import run_stage

EMAIL_KINDS = {name: f"email_{name}" for name in ("sent", "delivered", "opened", "clicked")}
ABSENT = -2
"""The code of an e-mail kind that the source does not have; no activity has it."""


def main() -> str:
    params = load_params()
    source = load_source(params.source)
    leads = read_table(paths.LEADS, ["lead_key", "lead_id", "created_at"])
    codes = read_table(paths.CODES)
    buckets = read_buckets(paths.ACTIVITIES, params.intake.bucket_leads)

    spine = build_spine(leads, source)
    features, catalogue = build_implicit(spine, codes, buckets, params.implicit)

    write_table(check_key(features, IMPLICIT), paths.IMPLICIT)
    write_catalogue(catalogue, paths.IMPLICIT_CATALOGUE)
    return f"{len(catalogue)} metrics of {len(features)} snapshots of {len(leads)} leads"


@dataclass(frozen=True)
class Bucket:
    """The activities of the leads from `first_key` to `last_key`, ordered by lead and time."""

    first_key: int
    last_key: int
    path: Path

    def read(self) -> tuple[np.ndarray, Lead]:
        """Return the key of each activity's lead, and the activities."""
        log = read_table(self.path)
        columns = [log[name].to_numpy() for name in ACTIVITY_COLUMNS]
        return columns[0], Lead(*columns[1:])


def read_buckets(folder: Path, bucket_leads: int) -> list[Bucket]:
    """Return the buckets that ingest wrote, `bucket_leads` leads each."""
    paths_ = sorted(folder.glob("*.parquet"))
    starts = [int(path.stem) * bucket_leads for path in paths_]
    return [Bucket(start, start + bucket_leads - 1, path) for start, path in zip(starts, paths_, strict=True)]


def build_implicit(
    spine: pd.DataFrame, codes: pd.DataFrame, buckets: list[Bucket], params: Implicit
) -> tuple[pd.DataFrame, list[Metric]]:
    """Return the implicit features of every snapshot of the `spine`, and their catalogue.

    Parameters
    ----------
    spine : DataFrame
        ``lead_key, lead_id, snapshot_at, age, age_days``, ordered by lead.
    codes : DataFrame
        ``column, code, value`` of the integers in the log.
    buckets : list of Bucket
    params : Implicit

    Returns
    -------
    features : DataFrame
        ``lead_id, snapshot_at, age, age_days`` and one column a metric; one row a snapshot.
    catalogue : list of Metric
    """
    kinds = tuple(codes.loc[codes["column"] == "kind", "value"])
    keys = spine[["lead_id", "snapshot_at", "age", "age_days"]]
    if not kinds:
        return keys, []
    setup = build_setup(codes, kinds, params)
    features, catalogue = measure_leads(spine, buckets, kinds, setup, params)
    if setup.sent != ABSENT:
        email_days = count_emails_by_day(buckets, setup)
        rates, rates_catalogue = smooth_rates(spine["snapshot_at"], features, email_days, params)
        features, catalogue = pd.concat([features, rates], axis=1), catalogue + rates_catalogue
    features, catalogue = drop_constant(features, catalogue)
    return pd.concat([keys, check_features(features, catalogue)], axis=1), catalogue


def build_setup(codes: pd.DataFrame, kinds: tuple[str, ...], params: Implicit) -> Setup:
    """Return what is the same for all leads, in the units of the log."""
    assets = codes.loc[codes["column"] == "asset", "value"].str.casefold()
    is_high_intent = np.zeros(len(assets), bool)
    for word in params.high_intent:
        is_high_intent |= assets.str.contains(word, regex=False).to_numpy(bool)
    code = {name: kinds.index(kind) if kind in kinds else ABSENT for name, kind in EMAIL_KINDS.items()}
    return Setup(
        kinds=len(kinds),
        windows=np.array([days * MICROSECONDS_A_DAY for days in params.windows_days], np.int64),
        decay_rates=np.log(2) / (np.array(params.half_lives_days) * MICROSECONDS_A_DAY),
        session_gap=int(params.session_gap_minutes * 60_000_000),
        machine=int(params.machine_seconds * 1_000_000),
        is_high_intent=is_high_intent,
        **code,
    )


def measure_leads(
    spine: pd.DataFrame,
    buckets: list[Bucket],
    kinds: tuple[str, ...],
    setup: Setup,
    params: Implicit,
) -> tuple[pd.DataFrame, list[Metric]]:
    """Return the metrics of each snapshot, a bucket of leads at a time, and their catalogue."""
    described = [measure.describe(kinds, params) for measure in METRICS]
    edges = np.cumsum([0, *map(len, described)])
    loop = compile_loop(METRICS)
    lead_key, snapshot = spine["lead_key"].to_numpy(), count_microseconds(spine["snapshot_at"])
    out = np.empty((len(spine), edges[-1]))
    for bucket in buckets:
        first, last = np.searchsorted(lead_key, [bucket.first_key, bucket.last_key + 1])
        keys, log = bucket.read()
        start = np.searchsorted(keys, lead_key[first:last], side="left")
        stop = np.searchsorted(keys, lead_key[first:last], side="right")
        loop(start, stop, snapshot[first:last], log, setup, edges, out[first:last])
    catalogue = [metric for metrics in described for metric in metrics]
    return pd.DataFrame(out, columns=[metric.name for metric in catalogue]), catalogue


def count_microseconds(times: pd.Series) -> np.ndarray:
    return times.to_numpy().astype("datetime64[us]").astype(np.int64)


def count_emails_by_day(buckets: list[Bucket], setup: Setup) -> pd.DataFrame:
    """Return e-mails ``sent``, ``read`` and ``followed`` by people, by day since 1970 (UTC)."""
    parts = []
    for bucket in buckets:
        keys, log = bucket.read()
        if not len(keys):
            continue
        first, last = (int(at) // MICROSECONDS_A_DAY for at in (log.at.min(), log.at.max()))
        counts = np.zeros((last - first + 1, 3))
        count_email_days(keys, log, setup, first, counts)
        parts.append(pd.DataFrame(counts, range(first, last + 1), ["sent", "read", "followed"]))
    return pd.concat(parts).groupby(level=0).sum() if parts else pd.DataFrame()


def smooth_rates(
    snapshot_at: pd.Series, features: pd.DataFrame, email_days: pd.DataFrame, params: Implicit
) -> tuple[pd.DataFrame, list[Metric]]:
    """Return each lead's open and click rate, leaning to everybody's on the days before.

    A lead that got n e-mails and read r of them has the rate (r + k q) / (n + k), where q is
    the share that all leads had read by the end of the day before the snapshot and k is
    ``rate_prior_emails``. Before anybody was sent an e-mail the rate is missing.
    """
    before = email_days.cumsum().reindex(range(email_days.index[0] - 1, email_days.index[-1] + 2)).ffill()
    day = count_microseconds(snapshot_at) // MICROSECONDS_A_DAY - 1
    known = before.reindex(np.clip(day, before.index[0], before.index[-1])).reset_index(drop=True)
    weight = params.rate_prior_emails
    rates, catalogue = {}, []
    for name, total, own, what in (
        ("open_rate", "read", "count_emails_read", "opened"),
        ("click_rate", "followed", "count_emails_followed", "clicked"),
    ):
        prior = known[total] / known["sent"].where(known["sent"] > 0)
        rates[name] = (features[own] + weight * prior) / (features["count_emails_received"] + weight)
        meaning = f"E-mails {what} by a person per e-mail sent, smoothed toward everybody's rate."
        catalogue.append(Metric(name, "implicit", "e-mail", "number", "share", meaning, f"email_{what}"))
    return pd.DataFrame(rates), catalogue


def drop_constant(features: pd.DataFrame, catalogue: list[Metric]) -> tuple[pd.DataFrame, list[Metric]]:
    """Return the features that are not the same for every snapshot: the others say nothing."""
    varies = [metric for metric in catalogue if features[metric.name].nunique(dropna=False) > 1]
    return features[[metric.name for metric in varies]], varies


if __name__ == "__main__":
    run_stage(main)
