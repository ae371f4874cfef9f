"""Made worlds: lead histories whose true probabilities are known exactly, each a few lines.

A world draws its leads in order of creation, says for each the probability that it ever converts given its
features, and after how many days. What the world does not say is the same for all: one moment a lead (its
creation), a year of leads, a horizon of 30 days within which every winner converts.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from src.models.measures import to_probability

DAYS, HORIZON = 365, 30
BEGIN = pd.Timestamp("2025-01-01").as_unit("us")


@dataclass(frozen=True)
class World:
    """The leads of one world and what will become of them.

    Attributes
    ----------
    features : DataFrame
        One row a lead, in order of creation.
    ever : ndarray
        The true probability that a lead ever converts, given its features.
    drawn : ndarray or None
        That by which the outcome is drawn, where it differs from lead to lead in what no feature says.
    win_after, lose_after : ndarray or None
        Days from the creation until a winner's, or a loser's, outcome; a loser's is missing where it is never
        closed. Without, winners convert within 25 days and losers are closed by day 30.
    win_by : callable
        The share of the winners that have converted by so many days.
    person : ndarray or None
        Whose lead each is; without, each is somebody else's.
    is_dated : bool
    horizon : float or None
        Declared, in days.
    changes_at : float
        Share of the leads after which the world is another one; 0: it never changes.
    """

    features: pd.DataFrame
    ever: np.ndarray
    drawn: np.ndarray | None = None
    win_after: np.ndarray | None = None
    lose_after: np.ndarray | None = None
    win_by: Callable[[float], float] = field(default=lambda days: min(days / 25, 1.0))
    person: np.ndarray | None = None
    is_dated: bool = True
    horizon: float | None = HORIZON
    changes_at: float = 0.0


def draw_numbers(rng: np.random.Generator, leads: int, count: int) -> pd.DataFrame:
    return pd.DataFrame(rng.normal(size=(leads, count)), columns=[f"x{number}" for number in range(count)])


def draw_usual(rng: np.random.Generator, leads: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Return what most worlds have, and its log-odds: eight numbers, two categories, a column seldom filled in."""
    features = draw_numbers(rng, leads, 8)
    features["channel"] = rng.choice(["ads", "fair", "search", "mail", "other"], leads, p=[0.3, 0.1, 0.3, 0.2, 0.1])
    features["sector"] = rng.choice(list("ABCDEFGHIJ"), leads)
    features["pages"] = np.where(rng.random(leads) < 0.4, np.nan, rng.poisson(3, leads).astype(float))
    z = 0.7 * features["x0"] - 0.5 * features["x1"] + 0.3 * features["x2"]
    z += features["channel"].map({"ads": -0.6, "fair": 0.8, "search": 0.2, "mail": 0.4, "other": 0.0}).astype(float)
    z += 0.25 * np.log1p(features["pages"].fillna(0)) - 0.4 * features["pages"].isna()
    return features, z.to_numpy(float)


def make_steady(rng: np.random.Generator) -> World:
    """Nothing changes and the truth is a line."""
    features, z = draw_usual(rng, 6_000)
    return World(features, to_probability(z - 2.0))


def make_rate_unseen(rng: np.random.Generator) -> World:
    """The base rate goes up two and a half times at 60 % of the leads; no feature says so."""
    features, z = draw_usual(rng, 8_000)
    after = np.arange(8_000) >= 4_800
    return World(features, to_probability(z - 3.2 + np.log(2.9) * after), changes_at=0.6)


def make_rate_seen(rng: np.random.Generator) -> World:
    """The base rate goes up five times with the mix of channels, which says so."""
    features, z = draw_usual(rng, 8_000)
    after = np.arange(8_000) >= 4_800
    rises = rng.random(8_000) < np.where(after, 0.75, 0.05)
    features["channel"] = np.where(rises, "campaign", features["channel"])
    return World(features, to_probability(z - 3.3 + 2.4 * rises), changes_at=0.6)


def make_noise_then_signal(rng: np.random.Generator) -> World:
    """For the first half next to nothing can be told, then much."""
    features, z = draw_usual(rng, 6_000)
    after = np.arange(6_000) >= 3_000
    return World(features, to_probability(np.where(after, z, 0.1 * z) - 2.0), changes_at=0.5)


def make_turn(rng: np.random.Generator) -> World:
    """A strong feature turns round at 55 % of the leads."""
    features, z = draw_usual(rng, 6_000)
    after = np.arange(6_000) >= 3_300
    return World(
        features, to_probability(z - 2.0 + features["x3"].to_numpy() * np.where(after, -1.0, 1.0)), changes_at=0.55
    )


def make_wide(rng: np.random.Generator) -> World:
    """About 250 conversions and forty features, of which ten say a little."""
    features = draw_numbers(rng, 3_000, 40)
    z = features.to_numpy()[:, :10] @ np.array([0.5, 0.4, 0.3, 0.3, 0.2, 0.2, 0.2, 0.1, 0.1, 0.1])
    return World(features, to_probability(z - 2.75))


def make_few(rng: np.random.Generator) -> World:
    """About 110 conversions."""
    features, z = draw_usual(rng, 3_000)
    return World(features, to_probability(z - 4.0))


def make_few_bent(rng: np.random.Generator) -> World:
    """About 110 conversions, and thresholds in place of lines."""
    features, _ = draw_usual(rng, 3_000)
    z = 2.0 * (features["x0"] > 0.8) + 1.5 * ((features["x1"] > 0) & (features["x2"] > 0))
    return World(features, to_probability(z.to_numpy(float) - 4.3))


def make_bent(rng: np.random.Generator) -> World:
    """Thresholds, a hump and interactions that no line follows."""
    features, z = draw_usual(rng, 9_000)
    x = features.to_numpy()[:, :8].astype(float)
    bent = 1.2 * (x[:, 3] * x[:, 4] > 0) + 1.0 * (np.abs(x[:, 5]) < 0.5) + 1.3 * (x[:, 6] > 1) * (x[:, 0] > 0)
    return World(features, to_probability(0.5 * z + bent - 2.8))


def make_codes(rng: np.random.Generator) -> World:
    """Long-tailed categories, one of them of codes that look like numbers."""
    features, z = draw_usual(rng, 8_000)
    share = 1 / np.arange(1, 301) ** 1.1
    code, worth = rng.choice(300, 8_000, p=share / share.sum()), rng.normal(0, 0.7, 300)
    page, draw = rng.choice(300, 8_000, p=share / share.sum()), rng.normal(0, 0.5, 300)
    features["postcode"] = pd.Series(code * 37 + 10_000).astype(str)
    features["page"] = ["page-" + str(number) for number in page]
    return World(features, to_probability(z - 2.2 + worth[code] + draw[page]))


def draw_late(rng: np.random.Generator, closed: float) -> World:
    """Winners convert within weeks or months; of the losers a share is closed, and late. No horizon is declared."""
    features, z = draw_usual(rng, 6_000)
    win_after = rng.exponential(20, 6_000)
    lose_after = np.where(rng.random(6_000) < closed, 60 + rng.exponential(60, 6_000), np.nan)

    def win_by(days: float) -> float:
        return float(1 - np.exp(-days / 20))

    return World(features, to_probability(z - 2.0), None, win_after, lose_after, win_by, horizon=None)


def make_losers_late(rng: np.random.Generator) -> World:
    """Losers are closed after two to six months."""
    return draw_late(rng, 1.0)


def make_losers_quarter(rng: np.random.Generator) -> World:
    """A quarter of the losers is ever closed."""
    return draw_late(rng, 0.25)


def make_losers_never(rng: np.random.Generator) -> World:
    """No loser is ever closed."""
    return draw_late(rng, 0.0)


def make_persons(rng: np.random.Generator) -> World:
    """Persons with one to six leads, who convert more or less readily: more than their features say."""
    persons = rng.integers(0, 2_500, 7_000)
    features, z = draw_usual(rng, 7_000)
    own = rng.normal(0, 1.0, 2_500)
    nodes, weights = np.polynomial.hermite_e.hermegauss(15)
    known = to_probability((z - 2.0)[:, None] + nodes) @ (weights / weights.sum())
    return World(features, known, to_probability(z - 2.0 + own[persons]), person=persons)


def make_column_dies(rng: np.random.Generator) -> World:
    """A strong column is no longer filled in after 60 % of the leads, and a channel is born that converts more."""
    features, z = draw_usual(rng, 7_000)
    after = np.arange(7_000) >= 4_200
    is_new = after & (rng.random(7_000) < 0.3)
    features["channel"] = np.where(is_new, "app", features["channel"])
    hidden = features["x3"].to_numpy().copy()
    features["x3"] = np.where(after, np.nan, hidden)
    nodes, weights = np.polynomial.hermite_e.hermegauss(15)
    base = z - 2.2 + 1.0 * is_new
    unseen = to_probability(base[:, None] + 0.9 * nodes) @ (weights / weights.sum())
    exact = to_probability(base + 0.9 * hidden)
    return World(features, np.where(after, unseen, exact), exact, changes_at=0.6)


def make_undated(rng: np.random.Generator) -> World:
    """No dates, a sequence; the base rate drifts up along it, tripling in the second half."""
    features, z = draw_usual(rng, 8_000)
    place = np.arange(8_000) / 8_000
    rise = np.log(3.5) * np.clip((place - 0.5) / 0.3, 0, 1)
    return World(features, to_probability(z - 2.8 + rise), is_dated=False, horizon=None, changes_at=0.5)


def make_price_change(rng: np.random.Generator) -> World:
    """In the middle the price goes up: fewer convert, and those who come by advertisement hardly."""
    features, z = draw_usual(rng, 8_000)
    after = np.arange(8_000) >= 4_000
    ads = (features["channel"] == "ads").to_numpy()
    return World(features, to_probability(z - 1.6 - after * (0.7 + 0.8 * ads)), changes_at=0.5)


def make_seasons(rng: np.random.Generator) -> World:
    """The rate follows the day of the week, which no feature says, and the year."""
    features, z = draw_usual(rng, 8_000)
    day = np.arange(8_000) / 8_000 * DAYS
    wave = 0.5 * np.sin(2 * np.pi * day / 7) + 0.15 * np.sin(2 * np.pi * day / 365)
    return World(features, to_probability(z - 2.0 + wave))


def make_winners_late(rng: np.random.Generator) -> World:
    """Winners take 10 to 75 days under a horizon of 75; from 55 % of the leads on there are half as many more."""
    features, z = draw_usual(rng, 6_000)
    after = np.arange(6_000) >= 3_300
    win_after = rng.uniform(10, 75, 6_000)

    def win_by(days: float) -> float:
        return float(np.clip((days - 10) / 65, 0, 1))

    return World(
        features,
        to_probability(z - 2.2 + 0.5 * after),
        win_after=win_after,
        win_by=win_by,
        horizon=75,
        changes_at=0.55,
    )


WORLDS: dict[str, Callable[[np.random.Generator], World]] = {
    "steady": make_steady,
    "rate_unseen": make_rate_unseen,
    "rate_seen": make_rate_seen,
    "noise_then_signal": make_noise_then_signal,
    "turn": make_turn,
    "wide": make_wide,
    "few": make_few,
    "few_bent": make_few_bent,
    "bent": make_bent,
    "codes": make_codes,
    "losers_late": make_losers_late,
    "losers_quarter": make_losers_quarter,
    "losers_never": make_losers_never,
    "persons": make_persons,
    "column_dies": make_column_dies,
    "undated": make_undated,
    "price_change": make_price_change,
    "seasons": make_seasons,
    "winners_late": make_winners_late,
}
