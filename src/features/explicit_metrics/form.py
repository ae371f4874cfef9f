"""How the request came in: form, channel, what was filled in, what it says, and when."""

import re

import pandas as pd

from src.features.explicit_metrics.rules import find_rule, load_rules, load_terms
from src.features.explicit_metrics.text import fold_text
from src.features.explicit_metrics.values import (
    LONGEST_CATEGORY,
    clean_categories,
    clean_category,
    list_metrics,
    map_distinct,
)

METRICS = list_metrics(
    "form",
    [
        ("form", "category", "name", "Form the lead came in by.", "form"),
        ("channel", "category", "name", "Channel the lead came in by.", "channel"),
        ("source", "category", "name", "Source within the channel.", "source"),
        ("campaign", "category", "name", "Campaign the lead answered.", "campaign"),
        (
            "landing_page",
            "category",
            "address",
            "Page the lead came in on, without what follows ? and #.",
            "landing_page",
        ),
        (
            "count_fields_given",
            "number",
            "fields",
            "Fields the lead filled in.",
            "every column a lead fills in",
        ),
        (
            "share_fields_given",
            "number",
            "share",
            "The same among the fields that earlier leads of the form ever filled in.",
            "every column a lead fills in, form",
        ),
        ("message_length", "number", "characters", "Length of the message; 0 without one.", "message"),
        (
            "stated_intent",
            "category",
            "name",
            "What the lead says it wants, in the message or else in the form's name (rules/intent.yaml).",
            "message, form",
        ),
        ("hour_of_day", "number", "hours", "Local hour of the creation.", "created_at"),
        ("weekday", "category", "name", "Local day of the week of the creation.", "created_at"),
        (
            "is_office_hours",
            "number",
            "yes/no",
            "Created from Monday to Friday between 9:00 and 18:00, local time.",
            "created_at",
        ),
        ("consent", "category", "yes, no or as given", "What the lead consented to.", "consent"),
    ],
)

FILLED_IN = (
    "email",
    "phone",
    "first_name",
    "last_name",
    "country",
    "region",
    "city",
    "postal_code",
    "job_title",
    "company",
    "company_size",
    "sector",
    "message",
)
"""Canonical columns that a lead fills in; the others of a form are filled in by the website."""

OFFICE_OPENS, OFFICE_CLOSES = 9, 18
SATURDAY = 5
LONGEST_MESSAGE = 4000  # characters searched for an intent


def measure_form(leads: pd.DataFrame, own_fields: list[str], zone: str) -> pd.DataFrame:
    """Return the form metrics of `leads`, which are in order of creation.

    `own_fields` are further columns that leads fill in, `zone` is the leads' local time.
    """
    categories = {name: clean_categories(leads[name]) for name in ("form", "channel", "source", "campaign")}
    given = leads[[*FILLED_IN, *own_fields]].notna()
    return pd.DataFrame(
        {
            **categories,
            "landing_page": map_distinct(leads["landing_page"], clean_address),
            "count_fields_given": given.sum(axis=1).astype(float),
            "share_fields_given": share_asked(given, categories["form"]),
            "message_length": leads["message"].str.len().fillna(0).astype(float),
            "stated_intent": find_intents(leads["message"], leads["form"]),
            **measure_moment(leads["created_at"], zone),
            "consent": map_distinct(leads["consent"], read_consent),
        }
    )


def clean_address(text: str) -> str | None:
    """Return a page's address without scheme, ``www``, query and fragment, which may name people.

    >>> clean_address("https://www.Acme.com/Cursos/?email=ana@x.com")
    'acme.com/cursos'
    """
    page = re.split(r"[?#;]", fold_text(text, longest=4 * LONGEST_CATEGORY), maxsplit=1)[0]
    page = re.sub(r"^\w+://", "", page).removeprefix("www.").rstrip("/")
    return clean_category(page or "/")


def share_asked(given: pd.DataFrame, form: pd.Series) -> pd.Series:
    """Return the share of fields given among those the form's earlier leads ever gave.

    Missing for a form's first lead: nothing is known yet about what the form asks.
    """
    counts = given.astype(int)
    earlier = counts.groupby(form.fillna("").to_numpy()).cumsum() - counts
    asked = earlier > 0
    return (given & asked).sum(axis=1) / asked.sum(axis=1).where(lambda count: count > 0)


def find_intents(message: pd.Series, form: pd.Series) -> pd.Series:
    """Return what each message says that its lead wants, or else what the form's name says."""
    said = map_distinct(message, find_intent)
    return said.where(said.notna(), map_distinct(form, find_intent))


def find_intent(text: str) -> str | None:
    """Return what a text asks for, missing where no rule knows it.

    >>> find_intent("Llamadme por la tarde"), find_intent("Adjunto mi CV"), find_intent("Hola")
    ('call', 'job', None)
    """
    return find_rule(load_rules("intent"), fold_text(text, LONGEST_MESSAGE).replace("_", " "))


def measure_moment(created_at: pd.Series, zone: str) -> dict[str, pd.Series]:
    """Return hour, weekday and office hours of naive UTC times in the time zone `zone`."""
    local = created_at.dt.tz_localize("UTC").dt.tz_convert(zone)
    hour = local.dt.hour
    is_office = (local.dt.day_of_week < SATURDAY) & (hour >= OFFICE_OPENS) & (hour < OFFICE_CLOSES)
    return {
        "hour_of_day": hour.astype(float),
        "weekday": local.dt.day_name().str.casefold(),
        "is_office_hours": is_office.astype(float).where(local.notna()),
    }


def read_consent(text: str) -> str | None:
    """Return yes, no, or what else was written, in comparable form."""
    name = clean_category(text)
    words = load_terms("yes_no")
    return next((answer for answer in ("yes", "no") if name in words[answer]), name)
