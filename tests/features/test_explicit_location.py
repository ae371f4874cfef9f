import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.features.explicit_metrics.countries import find_country
from src.features.explicit_metrics.location import METRICS, measure_location


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


@pytest.mark.parametrize("text", ["", "unknown", "Madrid", "Asia/Pacific Region", "EU", "12", "?"])
def test_what_is_no_country_is_missing(text):
    """Check that regions, cities and words that name no country give none."""
    assert find_country(text) is None


def test_places_are_comparable():
    """Check that accents, capitals and blanks do not matter, and that contact data is no city."""
    leads = pd.DataFrame(
        {
            "region": ["Comunidad de  Madrid", None, "ANDALUCÍA"],
            "city": [" Alcalá de Henares", "ana@acme.com", "tel. 612 345 678"],
        }
    )
    country = pd.Series(["ES", None, "FR"])
    measured = measure_location(leads, country, "ES")
    assert list(measured) == [metric.name for metric in METRICS]
    assert measured["region"].tolist() == ["comunidad de madrid", None, "andalucia"]
    assert measured["city"].tolist() == ["alcala de henares", None, None]
    assert measured["is_default_country"].fillna(-1).tolist() == [1, -1, 0]


@given(st.text(max_size=60))
def test_any_text_may_stand_for_a_country(text):
    """Check that a country is a code or missing, whatever was typed."""
    code = find_country(text)
    assert code is None or (len(code) == 2 and code.isupper())
