import pandas as pd
import pytest
from babel import localedata
from hypothesis import given
from hypothesis import strategies as st

from src.data.company import Company, Markets, Site
from src.features.explicit_metrics.countries import find_country, list_common_names, list_names
from src.features.explicit_metrics.location import METRICS, measure_location
from src.features.explicit_metrics.places import find_given_country


def test_names_of_countries_leave_the_language_whole(monkeypatch):
    """Check that what Babel keeps of a language for the process still lists things with its commas."""
    monkeypatch.setattr(localedata, "_cache", {})
    assert list_names("es", frozenset({"ES"})) == {"espana": "ES"}
    assert {"start", "middle", "end"} <= set(localedata.load("es")["list_patterns"]["standard"])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("España", "ES"),
        ("ESPAÑA ", "ES"),
        ("espana", "ES"),
        ("Spain", "ES"),
        ("Espanya", "ES"),
        ("es", "ES"),
        ("ESP", "ES"),
        ("España (ES)", "ES"),
        ("es-ES", "ES"),
        ("Spain / España", "ES"),
        ("Islas Canarias", "ES"),
        ("México", "MX"),
        ("Mejico", "MX"),
        ("EE.UU.", "US"),
        ("U.S.A.", "US"),
        ("Estados Unidos", "US"),
        ("UK", "GB"),
        ("Inglaterra", "GB"),
        ("The Netherlands", "NL"),
        ("Holanda", "NL"),
        ("Deutschland", "DE"),
        ("Alemania", "DE"),
        ("Россия", "RU"),
        ("中国", "CN"),
        ("NA", "NA"),
        ("Côte d\u2019Ivoire", "CI"),
        ("Guinea-Bissau", "GW"),
        ("Trinidad & Tobago", "TT"),
    ],
)
def test_a_country_is_known_by_its_names_and_codes(text, code):
    """Check that names in Spanish, English and the country's own language give one code."""
    assert find_country(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Germnay", "DE"),
        ("Argentna", "AR"),
        ("Colmbia", "CO"),
        ("Columbia", "CO"),
        ("Itlaia", "IT"),
        ("Españ", "ES"),
        ("Mexcio", "MX"),
        ("Niger", "NE"),
        ("Nigeria", "NG"),
        ("Nigera", None),  # either of them
        ("Austria", "AT"),
        ("Australia", "AU"),
        ("Iram", None),  # too short to tell
        ("Cataluña", "ES"),
        ("Madrid", "ES"),
        ("ESPAÑA-MADRID", "ES"),
        ("Soria", "ES"),  # not Siria
        ("Asia/Pacific Region", None),
        ("Narnia", None),
        ("nombre-de-pila", None),  # no code of Germany
    ],
)
def test_a_country_may_be_misspelt_or_a_place(text, code):
    """Check one wrong letter, and regions and cities in the field of the country."""
    assert find_given_country(text, "ES") == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Republic of Iceland", "IS"),
        ("Republic of Mali", "ML"),
        ("Republic of Niger", "NE"),
        ("República de Níger", "NE"),
        ("Kingdom of Spain", "ES"),
        ("Hellenic Republic", "GR"),
        ("Bundesrepublik Deutschland", "DE"),
        ("Repubblica Italiana", "IT"),
        ("Congo, Democratic Republic of the", "CD"),
        ("Demokratische Republik Kongo", "CD"),
        ("Democratic People's Republic of Korea", "KP"),
        ("Republic of Korea", "KR"),
        ("Popular Republic of Korea", None),  # the kind of state tells the two apart
        ("Serbie-et-Monténégro", None),  # two countries
        ("St. Kitts & Nevis", "KN"),
        ("Portugiesische Republik", None),
    ],
)
def test_official_names_are_of_the_country_they_name(text, code):
    """Check names with the kind of state, also of countries whose names differ by a letter or by the kind alone."""
    assert find_given_country(text, "ES") == code


def test_no_kind_of_state_turns_one_country_into_another():
    """Check every known name behind "Republic of": the country itself or none."""
    names = {name: code for name, code in list_common_names().items() if len(name) > 3 and "republic" not in name}
    found = {name: find_given_country(f"Republic of {name}", "ES") for name in names}
    # The Republic of China is Taiwan.
    assert {name: code for name, code in found.items() if code not in (names[name], None)} == {"china": "TW"}


@pytest.mark.parametrize("text", ["", "unknown", "Madrid", "Asia/Pacific Region", "EU", "12", "?"])
def test_what_is_no_country_is_missing(text):
    """Check that regions, cities and words that name no country give none."""
    assert find_country(text) is None


def make_places(rows):
    """Return places with the columns the metrics need, from (country, region, latitude, longitude)."""
    places = pd.DataFrame(rows, columns=["country", "region", "latitude", "longitude"])
    return places.assign(country_from="given", city=None, place_from=None).astype(
        {"latitude": float, "longitude": float}
    )


def declare_company(countries=(), regions=(), sites=()):
    return Company(
        markets=Markets(countries=list(countries), regions=list(regions)),
        sites=[Site(name="x", latitude=latitude, longitude=longitude) for latitude, longitude in sites],
    )


@pytest.mark.parametrize(
    ("country", "region", "countries", "regions", "answer"),
    [
        ("ES", None, ["ES"], [], 1),
        ("FR", None, ["ES"], [], 0),
        (None, None, ["ES"], [], None),
        ("FR", None, [], [], None),  # no market is declared
        ("ES", "ES-SE", ["ES", "PT"], ["ES-AN"], 1),  # Sevilla lies in Andalucía
        ("ES", "ES-AN", ["ES"], ["ES-AN"], 1),
        ("ES", "ES-M", ["ES"], ["ES-MD"], 1),  # the community that is one province
        ("ES", "ES-M", ["ES"], ["ES-AN"], 0),
        ("ES", "ES-AN", ["ES"], ["ES-SE"], None),  # in Sevilla, or elsewhere in Andalucía
        ("ES", None, ["ES"], ["ES-SE"], None),
        ("PT", None, ["ES", "PT"], ["ES-AN"], 1),  # only Spain is sold to in part
        ("ES", "ES-SE", ["PT"], ["ES-SE"], 1),
        ("FR", None, [], ["ES-SE"], 0),
    ],
)
def test_a_market_is_countries_and_parts_of_them(country, region, countries, regions, answer):
    """Check containment, and that where the lead's place does not tell, nothing is said."""
    places = make_places([(country, region, None, None)])
    measured = measure_location(places, declare_company(countries, regions))["is_in_market"]
    assert measured.fillna(-1).tolist() == [-1 if answer is None else answer]


def test_the_distance_is_to_the_nearest_site():
    """Check a degree of the meridian (111.2 km), the nearest of two sites, and an unknown place."""
    places = make_places([("ES", None, 41.0, 0.0), ("ES", None, 49.0, 0.0), ("ES", None, None, None)])
    measured = measure_location(places, declare_company(sites=[(40, 0), (50, 0)]))["km_to_site"]
    assert measured.round(1).fillna(-1).tolist() == [111.2, 111.2, -1]


def test_madrid_is_390_km_from_sevilla():
    """Check a distance known from the map, along the great circle."""
    places = make_places([("ES", "ES-SE", 37.38, -5.97)])
    measured = measure_location(places, declare_company(sites=[(40.42, -3.70)]))["km_to_site"]
    assert measured[0] == pytest.approx(390, abs=2)


def test_without_sites_there_is_no_distance():
    """Check that the column stays, with nothing in it, and the columns are those of the table."""
    measured = measure_location(make_places([("ES", "ES-M", 40.42, -3.70)]), declare_company())
    assert list(measured) == [metric.name for metric in METRICS]
    assert measured["km_to_site"].isna().all()


@given(st.text(max_size=60))
def test_any_text_may_stand_for_a_country(text):
    """Check that a country is a code or missing, whatever was typed."""
    for code in (find_country(text), find_given_country(text, "ES")):
        assert code is None or (len(code) == 2 and code.isupper())
