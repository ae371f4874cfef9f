"""Where the lead says it is."""

import pandas as pd

from src.features.explicit_metrics.values import clean_place, list_metrics, map_distinct, mark_equal

METRICS = list_metrics(
    "location",
    [
        ("country", "category", "ISO 3166 code", "Country the lead gave.", "country"),
        (
            "is_default_country",
            "number",
            "yes/no",
            "The country is the one most leads are expected from (explicit.default_country).",
            "country",
        ),
        ("region", "category", "name", "Region the lead gave, without accents and capitals.", "region"),
        ("city", "category", "name", "City the lead gave, without accents and capitals.", "city"),
    ],
)


def measure_location(leads: pd.DataFrame, country: pd.Series, default_country: str) -> pd.DataFrame:
    """Return the location of `leads`; `country` holds their ISO 3166 codes."""
    return pd.DataFrame(
        {
            "country": country,
            "is_default_country": mark_equal(country, default_country),
            "region": map_distinct(leads["region"], clean_place),
            "city": map_distinct(leads["city"], clean_place),
        }
    )
