"""How the request came in: form, channel, what was filled in, what it says, and when."""

import re

import pandas as pd

from src.data.flags import read_flag
from src.features.explicit_metrics import completeness, message, moment
from src.features.explicit_metrics.rules import find_rule, load_rules
from src.features.explicit_metrics.values import (
    LONGEST_CATEGORY,
    clean_category,
    clean_label,
    clean_labels,
    decode_text,
    list_metrics,
    map_distinct,
)
from src.features.text import fold_text

METRICS = [
    *list_metrics(
        "form",
        [
            ("form", "category", "name", "Form the lead came in by.", "form"),
            (
                "form_kind",
                "category",
                "name",
                "What the form is for, by its name or else its landing page (rules/form_kind.yaml).",
                "form, landing_page",
            ),
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
        ],
    ),
    *completeness.METRICS,
    *message.METRICS,
    *moment.METRICS,
    *list_metrics("form", [("consent", "category", "yes, no or as given", "What the lead consented to.", "consent")]),
]

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
    "offer",
    "message",
)
"""Canonical columns that a lead fills in; the others of a form are filled in by the website."""

CAMEL = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")  # DownloadGuide
HOST = re.compile(r"^[\w-]+(?:\.[\w-]+)+(?=/|$)")  # cursos-online.example.com tells nothing about the form


def measure_answers(leads: pd.DataFrame, own_fields: list[str]) -> pd.DataFrame:
    """Return what leads gave and left out of what their forms ask, `completeness.METRICS`.

    Parameters
    ----------
    leads : DataFrame
        In order of creation, with all leads before those in question.
    own_fields : list of str
        Further columns that leads fill in.
    """
    given = leads[[*FILLED_IN, *own_fields]].notna()
    return completeness.measure_completeness(given, clean_labels(leads["form"]))


def measure_form(leads: pd.DataFrame, answers: pd.DataFrame, zones: pd.Series) -> pd.DataFrame:
    """Return the form metrics of `leads`.

    Parameters
    ----------
    leads : DataFrame
        The canonical leads.
    answers : DataFrame
        What `measure_answers` says of them.
    zones : Series of str
        The IANA name of the time zone of each lead.
    """
    categories = {name: map_distinct(leads[name], clean_label) for name in ("form", "channel", "source", "campaign")}
    page = map_distinct(leads["landing_page"], clean_address)
    parts = [
        pd.DataFrame({**categories, "form_kind": find_kinds(leads["form"], page), "landing_page": page}),
        answers,
        message.measure_message(leads["message"], leads["form"]),
        moment.measure_moment(leads["created_at"], zones),
        map_distinct(leads["consent"], read_consent).rename("consent"),
    ]
    return pd.concat(parts, axis=1)[[metric.name for metric in METRICS]]


def clean_address(text: str) -> str | None:
    """Return a page's address without scheme, ``www``, query and fragment, which may name people.

    >>> clean_address("https://www.Acme.com/Cursos/?email=ana@x.com")
    'acme.com/cursos'
    """
    page = re.split(r"[?#;&]", decode_text(text, longest=4 * LONGEST_CATEGORY), maxsplit=1)[0]
    page = re.sub(r"^\w+://", "", page).removeprefix("www.").rstrip("/")
    # What names a person in an address begins with @.
    return None if "@" in page else clean_label(page or "/")


def find_kinds(form: pd.Series, page: pd.Series) -> pd.Series:
    """Return what each form is for by its name, or else by the path of its cleaned landing page."""
    named = map_distinct(form, find_kind)
    return named.where(named.notna(), map_distinct(page, lambda address: find_kind(HOST.sub("", address))))


def find_kind(name: str) -> str | None:
    """Return what a form is for, missing where no rule knows its name.

    >>> find_kind("ebook_lp_form_v2"), find_kind("RequestQuote"), find_kind("Form 12")
    ('download', 'quote', None)
    """
    words = CAMEL.sub(" ", name[:LONGEST_CATEGORY])
    return find_rule(load_rules("form_kind"), fold_text(words).replace("_", " "))


def read_consent(text: str) -> str | None:
    """Return yes, no, or what else was written, in comparable form."""
    name = clean_category(text)
    answer = None if name is None else read_flag(name)
    return name if answer is None else ("yes" if answer else "no")
