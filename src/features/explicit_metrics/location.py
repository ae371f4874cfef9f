"""Where the lead is, and what that means for the company."""

import numpy as np
import pandas as pd

from src.data.company import Company, Markets, Site
from src.features.explicit_metrics.gazetteer import find_region_code
from src.features.explicit_metrics.places import number_rows
from src.features.explicit_metrics.values import list_metrics

FIELDS = "country, region, city, postal code, phone, e-mail"

METRICS = list_metrics(
    "location",
    [
        ("country", "category", "ISO 3166 code", "Country the lead gave, else the one deduced.", FIELDS),
        (
            "country_from",
            "category",
            "given, city, region, phone, e-mail, postal code",
            "What tells the country.",
            FIELDS,
        ),
        (
            "is_in_market",
            "number",
            "yes/no",
            "The company can sell where the lead is (company.markets).",
            FIELDS,
        ),
        (
            "region",
            "category",
            "ISO 3166-2 code",
            "Region, in Spain the province where it is known: given, else of the city, else of the postal code.",
            "region, city, postal code",
        ),
        ("city", "category", "name", "City the lead gave, without accents and capitals.", "city"),
        (
            "km_to_site",
            "number",
            "km",
            "Distance to the nearest place at which offers happen (company.sites).",
            "city, postal code, region",
        ),
        (
            "place_from",
            "category",
            "city, postal code, region",
            "What the distance is measured from; a postal code or a region counts as its largest city.",
            "city, postal code, region",
        ),
    ],
)

EARTH_RADIUS_KM = 6371.0088


def measure_location(places: pd.DataFrame, company: Company) -> pd.DataFrame:
    """Return the location metrics of the `places` that `find_places` found, one row a lead."""
    return pd.DataFrame(
        {
            "country": places["country"],
            "country_from": places["country_from"],
            "is_in_market": mark_markets(places, company.markets),
            "region": places["region"],
            "city": places["city"],
            "km_to_site": measure_distance(places, company.sites),
            "place_from": places["place_from"],
        }
    )


def mark_markets(places: pd.DataFrame, markets: Markets) -> pd.Series:
    """Return 1 where the company can sell, 0 where it cannot, NaN where the place or the company does not tell."""
    numbers, pairs = number_rows(places[["country", "region"]])
    answers = np.array([is_in_market(*pair, markets) for pair in pairs], dtype=float)
    return pd.Series(answers[numbers], index=places.index)


def is_in_market(country: str | None, region: str | None, markets: Markets) -> float:
    """Return 1 where the company sells, 0 where not, NaN where it depends on what is not known.

    >>> spain_in_part = Markets(countries=["ES", "PT"], regions=["ES-AN"])
    >>> [is_in_market("ES", region, spain_in_part) for region in ("ES-SE", "ES-M", None)]
    [1.0, 0.0, nan]
    """
    if country is None or not (markets.countries or markets.regions):
        return np.nan
    wanted = {code for code in markets.regions if code.startswith(f"{country}-")}
    if not wanted:
        return float(country in markets.countries)
    found = find_region_code(region)
    if found is None:
        return np.nan
    if not wanted.isdisjoint({found.code, *found.parents}):
        return 1.0
    # Of a whole of which the company sells in a part nobody knows which part the lead is in.
    parts = filter(None, map(find_region_code, wanted))
    return np.nan if any(found.code in part.parents for part in parts) else 0.0


def measure_distance(places: pd.DataFrame, sites: list[Site]) -> pd.Series:
    """Return the great-circle distance in km to the nearest site (haversine), NaN where none is known."""
    nearest = np.full(len(places), np.inf)
    latitude, longitude = np.radians(places["latitude"].to_numpy()), np.radians(places["longitude"].to_numpy())
    for site in sites:
        site_latitude, site_longitude = np.radians(site.latitude), np.radians(site.longitude)
        chord = (
            np.sin((latitude - site_latitude) / 2) ** 2
            + np.cos(latitude) * np.cos(site_latitude) * np.sin((longitude - site_longitude) / 2) ** 2
        )
        nearest = np.minimum(nearest, 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(chord.clip(0, 1))))
    return pd.Series(nearest, index=places.index).replace(np.inf, np.nan)
