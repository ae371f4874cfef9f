"""What the lead asks about, and how far it would have to come for it."""

import pandas as pd

from src.features.explicit_metrics.rules import find_rule, load_rules
from src.features.explicit_metrics.values import clean_labels, list_metrics, map_distinct
from src.features.text import fold_text

IN_A_ROOM = "in a room"

METRICS = list_metrics(
    "offer",
    [
        ("offer", "category", "name", "What the lead asks about.", "offer"),
        (
            "offer_place",
            "category",
            "online or in a room, online, at the company, in a room",
            "Where it happens, by its name (rules/offer_place.yaml).",
            "offer",
        ),
        (
            "km_to_offer",
            "number",
            "km",
            "Distance to the nearest site (company.sites) of a lead that asks for something in a room.",
            "offer, city, postal_code, region",
        ),
    ],
)


def measure_offer(leads: pd.DataFrame, km_to_site: pd.Series) -> pd.DataFrame:
    """Return what each lead asks about; `km_to_site` is its distance to the nearest site.

    Only who has to come somewhere minds the distance, so it stands by itself for those leads: a
    model of sums of effects could not find that out. Who may choose ("online or in a room") need not come.
    """
    place = map_distinct(leads["offer"], find_offer_place)
    return pd.DataFrame(
        {
            "offer": clean_labels(leads["offer"]),
            "offer_place": place,
            "km_to_offer": km_to_site.where(place == IN_A_ROOM),
        }
    )


def find_offer_place(text: str) -> str | None:
    """Return where an offer happens, missing where no rule knows it.

    >>> find_offer_place("Excel Avanzado (presencial)"), find_offer_place("Curso online"), find_offer_place("Excel")
    ('in a room', 'online', None)
    """
    return find_rule(load_rules("offer_place"), fold_text(text).replace("_", " "))
