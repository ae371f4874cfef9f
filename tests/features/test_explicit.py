import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from src.data.persons import derive_persons
from src.data.sources import Source
from src.data.tables import LEAD_COLUMNS, PERSONAL_COLUMNS
from src.features.catalogue import Metric
from src.features.explicit import build_after_outcome, build_explicit, build_totals, sort_leads
from src.params import load_params

PARAMS = load_params().explicit
NO_OUTCOMES = pd.DataFrame({"lead_id": [], "kind": [], "occurred_at": []}).astype(
    {"lead_id": "str", "kind": "str", "occurred_at": "datetime64[us]"}
)


COMPANY = {
    "country": "ES",
    "markets": {"countries": ["ES"]},
    "sites": [{"name": "Madrid", "latitude": 40.4168, "longitude": -3.7038}],
    "target_functions": ["IT"],
    "target_sectors": ["J"],
}


def make_source(is_dated: bool = True, company: dict = COMPANY) -> Source:
    order = {"created_at": "Created"} if is_dated else {"sequence": "Number"}
    own = {
        "budget": {"column": "Budget", "type": "number", "known": "creation"},
        "colour": {"column": "Colour", "type": "category", "known": "creation"},
        "visits": {"column": "Visits", "type": "number", "known": "later"},
        "stage": {"column": "Stage", "type": "category", "known": "after_outcome"},
    }
    return Source.model_validate(
        {
            "description": "Made by hand.",
            "company": company,
            "timezone": "Europe/Madrid",
            "as_of": "2026-12-31T00:00:00" if is_dated else None,
            "leads": {"file": "leads.csv", "columns": {"lead_id": "Id", **order}, "own": own},
            "outcomes": [{"column_of_leads": "Won", "kinds": {"1": "won"}}],
            "objectives": {"sale": {"converted": ["won"], "horizon_days": None}},
        }
    )


def make_leads(rows: list[dict[str, str]], is_dated: bool = True) -> pd.DataFrame:
    """Return canonical leads, an hour apart, with what `rows` say; the rest is missing."""
    leads = pd.DataFrame(rows, index=range(len(rows)))
    leads = leads.reindex(columns=[*LEAD_COLUMNS, "budget", "colour", "visits", "stage"])
    leads[[*LEAD_COLUMNS, "colour", "stage"]] = leads[[*LEAD_COLUMNS, "colour", "stage"]].astype("str")
    leads[["budget", "visits"]] = leads[["budget", "visits"]].astype(float)
    leads["lead_id"] = [f"lead{number}" for number in range(len(leads))]
    leads["lead_key"] = leads["sequence"] = range(len(leads))
    start = pd.Timestamp("2026-03-27 08:00")
    created = [start + pd.Timedelta(hours=7 * number) if is_dated else pd.NaT for number in range(len(leads))]
    leads["created_at"] = pd.Series(created, index=leads.index, dtype="datetime64[us]")
    return leads.assign(person=derive_persons(leads).astype("str"))


def build(leads: pd.DataFrame, is_dated: bool = True) -> tuple[pd.DataFrame, list[Metric]]:
    """Return the features of the leads and their catalogue."""
    built = build_explicit(leads, NO_OUTCOMES, make_source(is_dated), PARAMS)
    return built.features, built.catalogue


ROWS = [
    {
        "email": "ana.perez@gmail.com",
        "phone": "612345678",
        "first_name": "Ana",
        "last_name": "Perez",
        "country": "España",
        "postal_code": "28013",
        "job_title": "Directora de ventas",
        "company": "Acme Secreta",
        "company_size": "10-40",
        "form": "Contacto",
        "message": "Quiero comprar de parte de Zutano",
        "budget": 10,
        "colour": "rojo",
        "visits": 3,
        "stage": "ganado",
    },
    {
        "email": "eva@empresa.example",
        "country": "France",
        "company": "-",
        "form": "CONTACTO ",
        "visits": 4,
        "colour": "azul",
    },
    {"email": "ANA.PEREZ@gmail.com", "form": "otro", "company_size": "autónomo"},
]


def test_a_lead_is_described_by_what_it_told():
    """Check a few features of three leads that can be worked out by hand."""
    features, catalogue = build(make_leads(ROWS))
    features = features.set_index("lead_id")
    assert list(features) == [metric.name for metric in catalogue]
    first, second, third = (features.loc[f"lead{number}"] for number in range(3))
    assert (first["country"], first["job_seniority"], first["job_function"]) == ("ES", "director", "sales")
    assert (first["count_employees"], first["company_size_band"]) == (20, "small")
    assert (first["stated_intent"], first["phone_kind"], first["email_kind"]) == (
        "purchase",
        "mobile",
        "free",
    )
    assert (first["count_fields_given"], first["budget"]) == (12, 10)
    assert (second["country"], second["email_kind"], second["has_company"]) == ("FR", "corporate", 0)
    assert (second["form"], second["is_in_market"]) == ("contacto", 0)
    assert (first["region"], first["place_from"]) == ("ES-M", "postal code")
    assert first["km_to_site"] < 20
    assert (third["count_earlier_requests"], third["company_size_band"]) == (1, "self-employed")
    assert third["days_since_earlier_request"] == pytest.approx(14 / 24)


def test_columns_that_tell_nothing_apart_are_no_features():
    """Check that what is missing or the same for all leads is left out."""
    features, _ = build(make_leads(ROWS))
    assert "campaign" not in features
    assert "has_email" not in features
    assert (features.drop(columns="lead_id").nunique(dropna=False) > 1).all()


def test_columns_known_after_the_creation_are_kept_apart():
    """Check that totals and what followed the outcome are no explicit features."""
    leads, source = make_leads(ROWS, is_dated=False), make_source(is_dated=False)
    explicit, _ = build(leads, is_dated=False)
    totals, totals_catalogue = build_totals(leads, source)
    after, after_catalogue = build_after_outcome(leads, source)
    assert not {"visits", "stage"} & set(explicit)
    assert list(totals) == ["lead_id", "visits"]
    assert list(after) == ["lead_id", "stage"]
    assert [metric.kind for metric in totals_catalogue] == ["implicit"]
    assert [metric.group for metric in after_catalogue] == ["after the outcome"]


def test_a_source_with_dates_has_no_totals():
    """Check that columns filled in at some time after the creation are not used at all."""
    totals, catalogue = build_totals(make_leads(ROWS), make_source())
    assert (list(totals), catalogue) == (["lead_id"], [])


def test_nothing_personal_leaves_the_stage():
    """Check that no personal value, nor a word of it, stands in the features."""
    features, _ = build(make_leads(ROWS))
    written = features.to_csv().casefold()
    for row in ROWS:
        for column in set(PERSONAL_COLUMNS) & set(row):
            assert row[column] == "-" or row[column].casefold() not in written
    for word in ("ana", "zutano", "acme", "28013", "empresa.example"):
        assert f",{word}" not in written


def test_no_leads_are_no_features():
    """Check that an empty table gives an empty table."""
    features, catalogue = build(make_leads([]))
    assert (len(features), catalogue) == (0, [])


ANY_TEXT = st.none() | st.text(max_size=15) | st.sampled_from(["x" * 10_000, "España", "info@acme.com", "-"])
CHOSEN = st.sampled_from(["a", "b", "c", "d", "e", None, "612345678", "ana@x.com", "10-49", "Jefe", "MX"])
MANY_ROWS = st.lists(
    st.fixed_dictionaries({column: CHOSEN for column in (*LEAD_COLUMNS, "colour")}), min_size=4, max_size=20
)


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(LEAD_COLUMNS, ANY_TEXT)), min_size=1, max_size=8))
@settings(max_examples=8)
def test_no_text_is_too_odd(rows):
    """Check that whatever leads typed, every one of them gets its row."""
    features, catalogue = build(make_leads(rows))
    assert len(features) == len(rows)
    for metric in catalogue:
        assert pd.api.types.is_float_dtype(features[metric.name]) == (metric.type == "number")


@given(MANY_ROWS, st.randoms(use_true_random=False))
@settings(max_examples=6)
def test_the_order_of_rows_never_matters(rows, random):
    """Check that shuffled leads give the same features, and are not changed."""
    leads = make_leads(rows)
    order = list(leads.index)
    random.shuffle(order)
    shuffled = leads.loc[order]
    before = shuffled.copy(deep=True)
    assert_frame_equal(build(sort_leads(shuffled))[0], build(leads)[0])
    assert_frame_equal(shuffled, before)


@given(MANY_ROWS, st.integers(1, 11))
@settings(max_examples=8)
def test_a_later_lead_never_changes_an_earlier_ones_features(rows, length):
    """Check that the first leads have the same values with and without those that follow.

    Later leads may only make a column appear that told nothing apart before.
    """
    all_features, _ = build(make_leads(rows))
    first, catalogue = build(make_leads(rows[:length]))
    common = ["lead_id", *(metric.name for metric in catalogue)]
    assert_frame_equal(all_features[common].head(len(first)), first)


def test_of_a_company_that_says_nothing_nothing_is_assumed():
    """Check that no phone, place, market, site or target of somebody else's company is taken for ours."""
    rows = [
        {"phone": "612 34 56 78", "city": "Valencia", "country": "Spain", "job_title": "CTO", "sector": "software"},
        {"phone": "612 34 56 78", "city": "Guadalajara", "job_title": "nurse", "sector": "hospital"},
        {"city": "Lyon", "country": "France", "job_title": "developer"},
    ]
    at_home = build_explicit(make_leads(rows), NO_OUTCOMES, make_source(), PARAMS).features
    nowhere = build_explicit(make_leads(rows), NO_OUTCOMES, make_source(company={}), PARAMS).features
    ours = {"km_to_site", "is_in_market", "is_target_function", "is_target_sector"}
    assert ours <= set(at_home)
    assert not ours & set(nowhere)
    assert nowhere["country"].tolist()[::2] == ["ES", "FR"]
    assert at_home["phone_kind"].tolist()[:2] == ["mobile", "mobile"]
    # The country that was given dials; without one the number cannot be read.
    assert nowhere["phone_kind"].tolist()[:2] == ["mobile", "invalid"]
