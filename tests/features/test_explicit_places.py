import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from src.features.explicit_metrics.gazetteer import (
    CITIES,
    REGIONS,
    find_misspelt,
    find_region_code,
    load_cities,
    load_main_zones,
    load_regions,
    read_lines,
    simplify_place,
)
from src.features.explicit_metrics.places import (
    POSTAL_PROVINCES,
    choose_country,
    find_places,
    find_postal_prefix,
)
from src.features.explicit_metrics.rules import load_terms

FIELDS = ("country", "region", "city", "postal_code")


def find_one(default_country="ES", *, phone=None, has_prefix=True, domain=None, kind="corporate", **fields):
    """Return the row of `find_places` for one lead with these fields."""
    leads = pd.DataFrame({name: pd.Series([fields.get(name)], dtype="str") for name in FIELDS})
    emails = pd.DataFrame({"kind": [kind if domain else None], "domain": [domain]})
    phones = pd.DataFrame({"kind": [None], "country": [phone], "has_prefix": [has_prefix and phone is not None]})
    return find_places(leads, emails, phones, default_country).iloc[0]


@pytest.mark.parametrize(
    ("text", "name", "region"),
    [
        ("Seville", "sevilla", "ES-SE"),
        ("SEVILLA ", "sevilla", "ES-SE"),
        ("Sevilla (Sevilla)", "sevilla", "ES-SE"),
        ("28013 Madrid", "madrid", "ES-M"),
        ("Calle Mayor 5, Madrid", "madrid", "ES-M"),
        ("BCN", "barcelona", "ES-B"),
        ("València", "valencia", "ES-V"),
        ("Palma de Mallorca", "palma", "ES-PM"),
        ("La Coruña", "a coruna", "ES-C"),
        ("Coruña, A", "a coruna", "ES-C"),
        ("Bilbo", "bilbao", "ES-BI"),
        ("L'Hospitalet", "lhospitalet de llobregat", "ES-B"),
        ("Sta. Cruz de Tenerife", "santa cruz de tenerife", "ES-TF"),
        ("Salamanca", "salamanca", "ES-SA"),
        ("Alcala de Hnares", "alcala de henares", "ES-M"),
        ("Ciudad de México", "mexico city", "MX-CMX"),
        ("CDMX", "mexico city", "MX-CMX"),
        ("Bogota", "bogota", "CO-DC"),
        ("Lisboa", "lisbon", "PT-11"),
        ("Londres", "london", "GB-ENG"),
        ("Москва", "moscow", "RU-MOW"),
        ("Thane & Outskirts", "thane", "IN-MH"),
        ("Alcalá", "alcala de henares", "ES-M"),
        ("Torrejón", "torrejon de ardoz", "ES-M"),
        ("Colmenar", "colmenar viejo", "ES-M"),
        ("Boadilla", "boadilla del monte", "ES-M"),
        ("Tarrasa", "terrassa", "ES-B"),
        ("Cornella", "cornella de llobregat", "ES-B"),
        ("Mahón", "mao", "ES-PM"),
        ("Villarreal", "vila real", "ES-CS"),
        ("Guecho", "getxo", "ES-BI"),
        ("Triana", "sevilla", "ES-SE"),
        ("Porto", "porto", "PT-13"),
        ("Manchester", "manchester", "GB-ENG"),
        ("Leon, Guanajuato", "leon de los aldama", "MX-GUA"),
        ("Toledo, Ohio", "toledo", "US-OH"),
        ("Getafe, Madrid", "getafe", "ES-M"),
    ],
)
def test_a_city_is_known_by_what_people_type(text, name, region):
    """Check languages, abbreviations, inverted articles, misspellings and what surrounds a name."""
    place = find_one(city=text)
    assert (place["city"], place["region"], place["country_from"]) == (name, region, "city")


@pytest.mark.parametrize(
    ("text", "country", "code"),
    [
        ("Comunidad de Madrid", None, "ES-M"),
        ("Madrid, Comunidad de", None, "ES-M"),
        ("provincia de Sevilla", None, "ES-SE"),
        ("Vizcaya", None, "ES-BI"),
        ("BIZKAIA", None, "ES-BI"),
        ("País Vasco", None, "ES-PV"),
        ("Euskadi", None, "ES-PV"),
        ("Cataluña", None, "ES-CT"),
        ("Catalunya", None, "ES-CT"),
        ("Baleares", None, "ES-PM"),
        ("Comunitat Valenciana", None, "ES-VC"),
        ("C. Valenciana", None, "ES-VC"),
        ("Com. Valenciana", None, "ES-VC"),
        ("S.C. Tenerife", None, "ES-TF"),
        ("Andaluciá", None, "ES-AN"),
        ("Cataluny", None, "ES-CT"),
        ("ES-GR", None, "ES-GR"),
        ("CA", "USA", "US-CA"),
        ("CA", "España", "ES-CA"),
        ("Maharashtra", None, "IN-MH"),
        ("Baviera", None, "DE-BY"),
        ("Córdoba", None, "ES-CO"),
        ("Córdoba", "Argentina", "AR-X"),
        ("Getafe", "España", "ES-M"),
        ("Narnia del Norte", "España", None),
    ],
)
def test_a_region_is_an_iso_code(text, country, code):
    """Check names of communities and provinces, abbreviations within a country and misspellings."""
    assert find_one(region=text, country=country)["region"] == code


@pytest.mark.parametrize(
    ("fields", "country", "source"),
    [
        ({"country": "Perú", "city": "Madrid"}, "PE", "given"),
        ({"country": "Colmbia", "city": "Cartagena"}, "CO", "given"),
        ({"country": "Mexcio", "city": "Guadalajara"}, "MX", "given"),
        ({"country": "Cataluña"}, "ES", "given"),
        ({"country": "Narnia", "city": "Cartagena"}, None, None),  # Colombia's or Spain's
        ({"country": "Narnia", "city": "Granada"}, None, None),
        ({"country": "Narnia", "city": "Madrid"}, "ES", "city"),
        ({"country": "Narnia", "postal_code": "28013"}, None, None),
        ({"city": "Guadalajara"}, "ES", "city"),
        ({"city": "Guadalajara", "phone": "MX"}, "MX", "city"),
        ({"city": "Guadalajara", "domain": "acme.com.mx"}, "MX", "city"),
        ({"city": "Guadalajara", "region": "Jalisco"}, "MX", "city"),
        ({"city": "Guadalajara, México"}, "MX", "city"),
        ({"city": "Madrid", "phone": "CO"}, "ES", "city"),  # of the two towns, Colombia's is a thirtieth
        ({"city": "Valencia, Venezuela"}, "VE", "city"),
        ({"city": "Atlanta, Georgia"}, "US", "city"),
        ({"city": "Francia"}, "FR", "city"),
        ({"city": "Granada"}, "ES", "city"),  # also Spanish for Grenada
        ({"city": "San José"}, None, None),  # Costa Rica's or California's
        ({"city": "San José", "phone": "CR"}, "CR", "city"),
        ({"city": "Barcelna"}, "ES", "city"),
        ({"city": "Guadalajarra", "phone": "MX"}, "MX", "city"),
        ({"region": "Antioquia"}, "CO", "region"),
        ({"phone": "FR", "domain": "acme.es", "postal_code": "28013"}, "FR", "phone"),
        ({"phone": "FR", "has_prefix": False}, None, None),
        ({"domain": "acme.es"}, "ES", "e-mail"),
        ({"domain": "acme.co.uk"}, "GB", "e-mail"),
        ({"domain": "hotmail.fr", "kind": "free"}, "FR", "e-mail"),
        ({"domain": "mailinator.es", "kind": "disposable"}, None, None),
        ({"domain": "acme.co"}, None, None),
        ({"domain": "acme.com.co"}, "CO", "e-mail"),
        ({"domain": "acme.eu"}, None, None),
        ({"postal_code": "28013"}, "ES", "postal code"),
        ({"postal_code": "8001"}, None, None),
        ({"postal_code": "75001"}, None, None),
        ({"postal_code": "28013", "default_country": "FR"}, None, None),
        ({}, None, None),
    ],
)
def test_a_country_is_deduced_by_what_tells_it_best(fields, country, source):
    """Check the order of trust, and that what tells no country leaves it unknown."""
    place = find_one(**fields)
    assert (place["country"], place["country_from"]) == (country, source)


def test_among_places_of_equal_size_none_is_chosen():
    """Check that neither of two places is a guess, be their inhabitants known or not."""
    assert choose_country({"CL": 0, "PE": 0}, "ES", []) is None
    assert choose_country({"CL": 9, "PE": 9}, "ES", []) is None


@pytest.mark.parametrize(
    ("fields", "region", "source", "latitude"),
    [
        ({"city": "Getafe", "postal_code": "41001"}, "ES-M", "city", 40.31),
        ({"city": "Nowhere", "postal_code": "41001"}, "ES-SE", "postal code", 37.38),
        ({"city": "Nowhere", "postal_code": "8001"}, "ES-B", "postal code", 41.39),
        ({"region": "Andalucía", "postal_code": "18001"}, "ES-GR", "postal code", 37.19),
        ({"region": "Andalucía", "city": "Granada"}, "ES-GR", "city", 37.19),
        ({"region": "Andalucía", "city": "Getafe"}, "ES-AN", "city", 40.31),
        ({"region": "Andalucía"}, "ES-AN", "region", 37.38),
        ({}, None, None, None),
    ],
)
def test_a_point_is_of_the_most_exact_place(fields, region, source, latitude):
    """Check city, postal code, region in this order, and that a country has no point."""
    place = find_one(country="España", **fields)
    assert (place["region"], place["place_from"]) == (region, source)
    assert place["latitude"] == latitude if latitude else pd.isna(place["latitude"])


def test_a_postal_code_is_read_in_its_own_country_only():
    """Check that five digits of another country are no Spanish province."""
    assert find_one(country="Francia", postal_code="33000")["region"] is None


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("28013", "28"),
        ("8001", "8"),
        ("28013.0", "28"),
        ("28.013", "28"),
        ("28 013", "28"),
        ("E-28013", "28"),
        ("CP 28013", "28"),
        ("C.P.: 28013", "28"),
        ("Madrid 28013", "28"),
        ("28013 - Madrid (España)", "28"),
        ("280 13", None),
        ("114 55", None),  # Swedish
        ("110 00", None),  # Czech
        ("D-10115", None),
        ("Berlin 10115", None),
        ("75001", None),
    ],
)
def test_a_postal_code_is_known_by_what_people_type(text, prefix):
    """Check blanks, points, what stands beside a code, and that codes of other forms are not Spain's."""
    assert find_postal_prefix(text) == prefix


def test_a_city_is_a_name_of_the_gazetteer():
    """Check that a given country is never overruled, and that neither contact data nor a person is a city."""
    place = find_one(country="US", city="Mumbai")
    assert (place["country"], place["city"], place["place_from"]) == ("US", "mumbai", None)
    assert find_one(country="US", city="ana@acme.com")["city"] is None
    assert find_one(country="ES", city="Juan Plantado Pérez")["city"] is None
    assert find_one(city="Juan Plantado Pérez")["city"] is None


@pytest.mark.parametrize(
    ("fields", "zone"),
    [
        ({"city": "Las Palmas"}, "Atlantic/Canary"),
        ({"region": "Canarias"}, "Atlantic/Canary"),
        ({"country": "España", "postal_code": "38001"}, "Atlantic/Canary"),
        ({"country": "España"}, "Europe/Madrid"),
        ({"country": "EEUU", "region": "CA"}, "America/Los_Angeles"),
        ({"country": "EEUU"}, "America/New_York"),
        ({"phone": "MX"}, "America/Mexico_City"),
        ({}, None),
    ],
)
def test_a_zone_is_of_the_city_else_region_else_country(fields, zone):
    """Check that Canarians live an hour earlier, and that a country's zone is its largest city's."""
    assert find_one(**fields)["zone"] == zone


@pytest.mark.parametrize(
    "name", ["palencia", "plasencia", "valencia", "alanis", "alcaniz", "algora", "algorta", "valverdejo"]
)
def test_similar_towns_are_not_confused(name):
    """Check that places that differ by a letter or two are each their own, or unknown where they are villages."""
    assert find_one(country="ES", city=name)["city"] in (name, None)


@pytest.mark.parametrize("name", ["orange", "corona", "lima", "toledo ohio", "paris", "12345678", "xx"])
def test_other_words_are_no_misspelt_town(name):
    """Check that short words and other places' names are not bent to a Spanish town."""
    assert find_misspelt(name, "ES", "city") == []


anything = st.one_of(
    st.none(),
    st.text(max_size=40),
    st.sampled_from(["Madrid", "España", "28013", "Andalucía", "x" * 10_000, "-", "&", " y ", ",(", "٢٨٠١٣"]),
)


@given(anything, anything, anything, anything)
@example(",", "(", "&", "-")
@settings(max_examples=150)
def test_nothing_that_is_typed_raises(country, region, city, postal_code):
    """Check the shape of the answers for any text: codes or nothing, a point or nothing."""
    place = find_one(country=country, region=region, city=city, postal_code=postal_code)
    assert (place["country"] is None) == (place["country_from"] is None)
    assert (place["place_from"] is None) == pd.isna(place["latitude"]) == pd.isna(place["longitude"])
    if place["region"] is not None:
        assert find_region_code(place["region"]).country == place["country"]
    assert place["city"] is None or place["city"] in load_cities()


leads = st.lists(
    st.fixed_dictionaries(
        {
            "country": st.sampled_from([None, "España", "MX"]),
            "region": st.sampled_from([None, "Madrid", "Jalisco"]),
            "city": st.sampled_from([None, "Guadalajara", "Getafe", "nowhere"]),
            "postal_code": st.sampled_from([None, "28013", "8001"]),
        }
    ),
    min_size=1,
    max_size=8,
)


@given(leads)
@settings(max_examples=20)
def test_a_place_depends_on_the_lead_alone(rows):
    """Check that each lead has the place it has on its own, at its own index."""
    frame = pd.DataFrame(rows, columns=list(FIELDS), index=range(10, 10 + len(rows))).astype("str")
    nothing = pd.DataFrame({"kind": None, "domain": None}, index=frame.index)
    phones = pd.DataFrame({"kind": None, "country": None, "has_prefix": False}, index=frame.index)
    together = find_places(frame, nothing, phones, "ES")
    alone = [find_places(frame.loc[[i]], nothing.loc[[i]], phones.loc[[i]], "ES") for i in frame.index]
    pd.testing.assert_frame_equal(together, pd.concat(alone))


def test_no_leads_have_no_places():
    """Check that an empty table passes through."""
    leads = pd.DataFrame({name: pd.Series([], dtype="str") for name in FIELDS})
    emails = pd.DataFrame({"kind": [], "domain": []}, dtype="object")
    phones = pd.DataFrame({"kind": [], "country": [], "has_prefix": pd.Series([], dtype=bool)})
    assert find_places(leads, emails, phones, "ES").empty


def test_the_gazetteer_is_whole():
    """Check the committed files: comparable names, codes that exist, points on the globe, a zone each."""
    cities = {city for places in load_cities().values() for city in places}
    assert len(cities) > 35_000
    assert CITIES.stat().st_size + REGIONS.stat().st_size < 1_000_000
    assert all(simplify_place(city.name) == city.name and "/" in city.zone for city in cities)
    assert all(-90 <= city.latitude <= 90 and -180 <= city.longitude <= 180 for city in cities)
    assert all(find_region_code(city.region) for city in cities if city.region)
    assert len(load_main_zones()) > 240
    assert {len(line) for line in read_lines(CITIES)} == {8}
    assert {len(line) for line in read_lines(REGIONS)} == {7}


def test_every_synonym_is_of_a_place_that_exists():
    """Check that no line of rules/cities.yaml or rules/regions.yaml is a dead letter."""
    for place, names in load_terms("cities").items():
        code, name = place.split(" ", 1)
        for synonym in names:
            first = next(city for city in load_cities()[simplify_place(synonym)] if city.country == code[:2])
            assert (first.region, first.name) == (code, name)
    for code, names in load_terms("regions").items():
        for synonym in names:
            assert code in [region.code for region in load_regions()[simplify_place(synonym)]]


def test_each_province_has_one_prefix_and_a_point():
    """Check that the 52 prefixes are 52 provinces of Spain, with the order's landmarks."""
    assert len(set(POSTAL_PROVINCES)) == 52
    assert all(find_region_code(f"ES-{letters}").zone for letters in POSTAL_PROVINCES)
    landmarks = {"08": "B", "15": "C", "28": "M", "35": "GC", "41": "SE", "46": "V", "48": "BI", "52": "ML"}
    assert {prefix: POSTAL_PROVINCES[int(prefix) - 1] for prefix in landmarks} == landmarks
