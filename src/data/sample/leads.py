"""Clean values of every lead: what it gave, as levels of the design, and when."""

import numpy as np
import pandas as pd

from src.data.sample import design
from src.data.sample.draws import draw_uniform, pick_index
from src.data.sample.vocabulary import PLACES

BAND_OF_PLACE = np.array([place.band for place in PLACES])
PLACE_SHARES = np.array([place.share for place in PLACES])
LINKED_BY_PHONE_SHARE = 0.15
NO_COUNTRY_ASKED_SHARE = 0.15
NEAR, ABROAD = 1, 4  # positions in design.BANDS
LATER_BY_AT_MOST = 40  # leads are numbered nearly in the order they came


def level_index(factor: str, name: str) -> int:
    return [level.name for level in design.FACTORS[factor]].index(name)


def level_shares(factor: str) -> np.ndarray:
    return np.array([level.share for level in design.FACTORS[factor]])


def draw_leads(n_leads: int, seed: int, months: int) -> pd.DataFrame:
    """Return one row a lead in order of creation; a column a factor, holding level positions.

    Beside the factors: ``created`` (UTC seconds), ``local`` (the same on the wall clock),
    ``month`` (from the first), ``person`` (the lead in which the person first appeared), ``place``,
    ``linked_by_phone`` and ``is_spam``, ``has_…`` for fields whose level does not say whether they
    were filled, and ``number`` (of the lead in the CRM).
    """
    lead = np.arange(n_leads)
    leads = draw_creation(n_leads, seed, months)
    leads["is_spam"] = draw_uniform(seed, "spam", lead) < design.SPAM_SHARE
    leads["person"] = draw_persons(leads["is_spam"].to_numpy(), seed)
    leads["earlier"] = leads.groupby("person").cumcount().clip(upper=2)
    leads["number"] = number_leads(n_leads, seed)
    leads = leads.assign(**draw_requests(leads, seed, months))
    leads = leads.assign(**draw_person_values(leads, seed))
    return leads.assign(**fill_forms(leads, seed))


def draw_creation(n_leads: int, seed: int, months: int) -> pd.DataFrame:
    """Return when leads are created: seasons, weekdays and hours have their weights."""
    end = pd.Timestamp(design.AS_OF)
    start = end + pd.Timedelta(seconds=1) - pd.DateOffset(months=months)
    hours = pd.date_range(start, end, freq="h")
    utc = hours.tz_localize(design.ZONE, ambiguous="NaT", nonexistent="NaT")
    month = (hours.year - start.year) * 12 + hours.month - start.month
    weight = (
        (1 + design.GROWTH_A_MONTH * month)
        * np.take(design.MONTH_WEIGHTS, hours.month - 1)
        * np.take(design.WEEKDAY_WEIGHTS, hours.day_of_week)
        * np.take(design.HOUR_WEIGHTS, hours.hour)
        * ~utc.isna()  # no lead comes in the hour a clock change repeats or skips
    ).to_numpy(dtype=np.float64)
    edges = np.append(0.0, np.cumsum(weight) / weight.sum())
    uniform = np.sort(draw_uniform(seed, "created", np.arange(n_leads)))
    at = (np.searchsorted(edges, uniform) - 1).clip(0, len(hours) - 1)
    second = np.floor((uniform - edges[at]) / (edges[at + 1] - edges[at]) * 3600).clip(0, 3599)
    return pd.DataFrame(
        {
            "created": to_seconds(utc.tz_convert("UTC").tz_localize(None))[at] + second.astype(np.int64),
            "local": to_seconds(hours)[at] + second.astype(np.int64),
            "month": np.asarray(month, dtype=np.int64)[at],
            "hours": sort_hours(hours)[at],
        }
    )


def to_seconds(times: pd.DatetimeIndex) -> np.ndarray:
    return times.as_unit("s").asi8


def sort_hours(hours: pd.DatetimeIndex) -> np.ndarray:
    """Return the level of ``hours`` of each local hour."""
    is_office = (hours.day_of_week < 5) & (hours.hour >= 9) & (hours.hour < 18)
    return np.select([is_office, hours.hour < 7], [0, 2], 1)


def draw_persons(is_spam: np.ndarray, seed: int) -> np.ndarray:
    """Return for each lead the lead in which its person first appeared."""
    lead = np.arange(len(is_spam))
    uniform = draw_uniform(seed, "gap to the person's last request", lead)
    last = lead - np.ceil(-np.log(uniform) * 0.08 * len(lead)).astype(np.int64)
    is_repeat = draw_uniform(seed, "repeats", lead) < design.REPEAT_SHARE
    is_repeat &= (last >= 0) & ~is_spam & ~is_spam[last.clip(0)]
    person = np.where(is_repeat, last, lead)
    while (person[person] != person).any():
        person = person[person]
    return person


def number_leads(n_leads: int, seed: int) -> np.ndarray:
    """Return CRM numbers: almost, not exactly, in order of creation."""
    lead = np.arange(n_leads)
    order = np.argsort(lead + LATER_BY_AT_MOST * draw_uniform(seed, "number", lead), kind="stable")
    number = np.empty(n_leads, dtype=np.int64)
    number[order] = lead + 1
    return number


def draw_requests(leads: pd.DataFrame, seed: int, months: int) -> dict[str, np.ndarray]:
    """Return what belongs to the request: channel (whose mix drifts), form, consent."""
    lead = np.arange(len(leads))
    progress = (leads["month"] / max(months - 1, 1)).to_numpy()[:, None]
    shares = level_shares("channel") * (1 - progress)
    shares = shares + np.array(design.CHANNEL_SHARES_AT_END) * progress
    is_shared = leads.groupby("person")["person"].transform("size").gt(1).to_numpy()
    by_phone = draw_uniform(seed, "link", leads["person"]) < LINKED_BY_PHONE_SHARE
    form = pick_index(draw_uniform(seed, "form", lead), level_shares("form"))
    newsletter = level_index("form", "newsletter")
    asks_phone = np.where(form == newsletter, level_index("form", "informacion"), form)
    form = np.where(is_shared & by_phone, asks_phone, form)
    consent = draw_uniform(seed, "consent", lead) < design.CONSENT_SHARE
    return {
        "channel": pick_index(draw_uniform(seed, "channel", lead), shares),
        "form": form,
        "has_consent": consent | (form == newsletter),
        "is_shared": is_shared,
        "linked_by_phone": is_shared & by_phone,
    }


def draw_person_values(leads: pd.DataFrame, seed: int) -> dict[str, np.ndarray]:
    """Return what stays with a person over its requests, given or not."""
    person = leads["person"].to_numpy()

    def pick(factor: str) -> np.ndarray:
        return pick_index(draw_uniform(seed, factor, person), level_shares(factor))

    seniority, email = pick("seniority"), pick("email")
    free, corporate = level_index("email", "free"), level_index("email", "corporate")
    usable = np.where(email == corporate, corporate, free)
    email = np.where(leads["is_shared"], usable, email)
    is_student = seniority == level_index("seniority", "student")
    return {
        "place": pick_index(draw_uniform(seed, "place", person), PLACE_SHARES),
        "seniority": seniority,
        "size": pick("size"),
        "sector": pick("sector"),
        "email": np.where(is_student & (email == corporate), free, email),
        "is_student": is_student,
    }


def fill_forms(leads: pd.DataFrame, seed: int) -> dict[str, np.ndarray]:
    """Return the factors as given: a field the form did not ask, or left blank, is missing."""
    lead = np.arange(len(leads))
    asked = np.array([design.ASKED[form.name] for form in design.FORMS])[leads["form"]]
    filled = {
        field: draw_uniform(seed, f"fills {field}", lead) < asked[:, position]
        for position, field in enumerate(design.ASKED_FIELDS)
    }
    works = ~leads["is_student"].to_numpy()
    by_phone = leads["linked_by_phone"].to_numpy()
    phone = pick_index(draw_uniform(seed, "phone", lead), level_shares("phone"))
    phone = np.where(filled["phone"], phone, 0)
    message = pick_index(draw_uniform(seed, "message", lead), level_shares("message"))
    return {
        # A person with several requests is known by one e-mail or one phone, always given.
        "email": leads["email"] * (filled["email"] | (leads["is_shared"] & ~by_phone)),
        "phone": np.where(by_phone, level_index("phone", "valid"), phone),
        "seniority": leads["seniority"] * filled["job"],
        "size": leads["size"] * (filled["size"] & works),
        "sector": leads["sector"] * (filled["sector"] & works),
        "message": message * filled["message"],
        "has_name": filled["name"],
        "has_company": filled["company"] & works,
        **fill_place(leads, filled["place"], seed),
        "offer": draw_offer(leads, seed) * filled["offer"],
    }


def fill_place(leads: pd.DataFrame, asked: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Return the band that the given place and country tell, and which of them are given."""
    lead = np.arange(len(leads))
    band = BAND_OF_PLACE[leads["place"]]
    uniform = draw_uniform(seed, "fills country", lead)
    alone = ~asked & (uniform < NO_COUNTRY_ASKED_SHARE) & (leads["form"] != 0)
    has_country = alone | (asked & ((uniform < 0.75) | (band == ABROAD)))
    is_known = asked | (has_country & (band == ABROAD))
    return {"band": band * is_known, "has_place": asked, "has_country": has_country}


def draw_offer(leads: pd.DataFrame, seed: int) -> np.ndarray:
    is_near = BAND_OF_PLACE[leads["place"]] == NEAR
    is_business = (leads["form"] == level_index("form", "presupuesto")).to_numpy()
    kinds = np.select([is_business, is_near], [2, 0], 1)
    return 1 + pick_index(
        draw_uniform(seed, "offer", np.arange(len(leads))),
        np.array([design.OFFER_SHARES[kind] for kind in ("near", "elsewhere", "business form")])[kinds],
    )
