"""Made lead histories with five kinds of planted leaks among honest columns, some of them strong."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from src.evaluation.columns import Declared
from src.features.catalogue import Metric

AS_OF = pd.Timestamp("2026-01-01")
HORIZON_DAYS = 30
LEAKS = ("status", "filled_for_winners", "total", "updated", "renumbered")


@dataclass(frozen=True)
class MadeHistory:
    """Rows to audit; the columns named in `LEAKS` know the outcome, all others do not."""

    history: pd.DataFrame
    open_leads: pd.DataFrame
    catalogue: list[Metric]
    declared: Declared


def make_leads(seed: int, leaks: tuple[str, ...] = LEAKS) -> MadeHistory:
    """Return a history of one snapshot a lead over a year; base rate, size and strengths are drawn.

    Two honest columns have ROC-AUC of .75 to .85 alone. One lead in ten of those that do not convert is never
    closed; half of the histories have no dates.
    """
    generator = np.random.default_rng(seed)
    leads, is_dated = int(generator.integers(1000, 6000)), seed % 2 == 0
    rate = generator.choice([0.05, 0.15, 0.35, 0.5])
    ago = np.sort(generator.uniform(HORIZON_DAYS, 365, leads))[::-1]
    won = (generator.random(leads) < rate).astype(float)
    columns = make_honest(generator, won, ago)
    makers = {
        "status": make_status,
        "filled_for_winners": make_filled,
        "total": make_total,
        "updated": make_updated,
        "renumbered": make_renumbered,
    }
    is_open = (won == 0) & (generator.random(leads) < 0.1)
    columns |= {name: makers[name](generator, won, ago, is_open) for name in leaks}
    created_at = pd.Series(AS_OF - pd.to_timedelta(ago, unit="D")).astype("datetime64[us]")
    rows = pd.DataFrame(columns).assign(
        lead_id=[f"lead{n:05d}" for n in range(leads)],
        person=[f"person{n:05d}" for n in range(leads)],
        sequence=range(leads),
        created_at=created_at if is_dated else pd.NaT,
        age_days=0.0 if is_dated else np.nan,
        label=won,
    )
    rows["label_known_at"] = rows["created_at"] + pd.Timedelta(days=HORIZON_DAYS)
    catalogue = [
        Metric(name, "explicit", "own", "category" if rows[name].dtype == "str" else "number", "", "", name)
        for name in columns
    ]
    declared = Declared({name: "creation" for name in columns}, as_of=AS_OF if is_dated else None)
    # Without times an undecided lead has no label; with a horizon it has not converted in time.
    history = rows if is_dated else rows[~is_open].reset_index(drop=True)
    return MadeHistory(history, rows[is_open].assign(label=np.nan), catalogue, declared)


def pick(generator: np.random.Generator, values: list[str], p: list[float], size: int) -> pd.Series:
    return pd.Series(generator.choice(values, size, p=p), dtype="str")


def make_honest(generator: np.random.Generator, won: np.ndarray, ago: np.ndarray) -> dict[str, pd.Series]:
    """Return columns known at creation: strong and weak ones, half-empty ones, and an honest number in order."""
    leads = len(won)
    form = pick(generator, ["demo", "ebook", "contact"], [0.2, 0.5, 0.3], leads)
    asked = form.map({"demo": 0.9, "ebook": 0.3, "contact": 0.6}).to_numpy()
    # A distance of 0.95 to 1.45 standard deviations between the classes is a ROC-AUC of .75 to .85.
    columns = {"form": form, "budget": pd.Series(generator.normal(won * generator.uniform(0.95, 1.45)))}
    steps = pd.Series(generator.normal(won * generator.uniform(1.05, 1.5)))
    columns["intent"] = pd.cut(steps, [-9, -1, 0, 0.7, 1.4, 2.1, 9], labels=list("abcdef")).astype("str")
    for number in range(4):
        columns[f"weak_{number}"] = pd.Series(generator.normal(won * generator.uniform(0.0, 0.5)))
    for number in range(3):
        shift = generator.uniform(0, 0.4)
        columns[f"category_{number}"] = pd.Series(generator.normal(won * shift)).round().clip(-2, 2).map("v{:g}".format)
    for number in range(3):
        is_given = generator.random(leads) < np.clip(asked + generator.uniform(-0.03, 0.03) * won, 0, 1)
        columns[f"answer_{number}"] = pd.Series(generator.normal(won * 0.2)).where(is_given)
    # Campaigns come and go; one field is asked since half a year; numbers are given in order.
    columns["campaign"] = pd.Series(np.floor(ago / 40 + generator.random(leads))).map("campaign{:g}".format)
    columns["new_field"] = pick(generator, ["x", "y"], [0.5, 0.5], leads).where(pd.Series(ago) < 180)
    columns["number"] = pd.Series(np.cumsum(generator.integers(1, 5, leads)).astype(float))
    for number in range(6):
        columns[f"flag_{number}"] = pd.Series((generator.random(leads) < generator.uniform(0.02, 0.5)).astype(float))
    return {name: column.astype("str") if column.dtype == object else column for name, column in columns.items()}


def make_status(generator: np.random.Generator, won: np.ndarray, ago: np.ndarray, is_open: np.ndarray) -> pd.Series:
    """Return what sales wrote after the outcome, wrong on 2 to 15 % of the leads."""
    said = np.where(generator.random(len(won)) < generator.uniform(0.02, 0.15), 1 - won, won)
    status = np.where(
        said == 1, generator.choice(["customer", "signed"], len(won)), generator.choice(["lost", "no reply"], len(won))
    )
    return pd.Series(np.where(is_open, "working", status), dtype="str")


def make_filled(generator: np.random.Generator, won: np.ndarray, ago: np.ndarray, is_open: np.ndarray) -> pd.Series:
    """Return an answer that 60 to 100 % of the winners and at most 2 % of the others have."""
    share = np.where(won == 1, generator.uniform(0.6, 1), generator.uniform(0, 0.02))
    return pick(generator, ["card", "transfer"], [0.5, 0.5], len(won)).where(generator.random(len(won)) < share)


def make_total(generator: np.random.Generator, won: np.ndarray, ago: np.ndarray, is_open: np.ndarray) -> pd.Series:
    """Return visits until the extraction: older leads had longer to come, and customers two to four times as often."""
    return pd.Series(generator.poisson(ago / 30 * np.where(won == 1, generator.uniform(2, 4), 1)).astype(float))


def make_updated(generator: np.random.Generator, won: np.ndarray, ago: np.ndarray, is_open: np.ndarray) -> pd.Series:
    """Return the owner, honest at first, whom the team for customers replaces for 30 to 90 % of the winners."""
    owner = pick(generator, ["ana", "ben", "eva", "leo"], [0.25] * 4, len(won))
    is_moved = (won == 1) & (generator.random(len(won)) < generator.uniform(0.3, 0.9))
    return owner.mask(pd.Series(is_moved), "customer care")


def make_renumbered(generator: np.random.Generator, won: np.ndarray, ago: np.ndarray, is_open: np.ndarray) -> pd.Series:
    """Return an identifier in order of creation; 50 to 100 % of the winners get a new one 10 to 60 days later."""
    is_moved = (won == 1) & (generator.random(len(won)) < generator.uniform(0.5, 1))
    moment = ago - np.where(is_moved, generator.uniform(10, 60, len(won)), 0)
    return pd.Series(moment).rank(ascending=False, method="first")
