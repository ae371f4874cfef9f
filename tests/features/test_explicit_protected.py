import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from src import paths
from src.data.persons import derive_persons
from src.data.sources import Source
from src.data.tables import LEAD_COLUMNS
from src.features import explicit
from src.features.catalogue import read_catalogue
from src.features.explicit_metrics.protected import group_protected, hide_protected
from src.files import read_table, write_table
from src.params import load_params

OWN = {
    "sex": {"column": "Sex", "type": "category", "known": "creation", "protected": True},
    "years_old": {"column": "Age", "type": "number", "known": "creation", "protected": True},
    "is_citizen": {"column": "Citizen", "type": "flag", "known": "creation", "protected": True},
    "born": {"column": "Born", "type": "date", "known": "creation", "protected": True},
    "notes": {"column": "Notes", "type": "text", "known": "after_outcome", "protected": True},
    "budget": {"column": "Budget", "type": "number", "known": "creation"},
}
PROTECTED = ["country", "first_name", "sector", "sex", "years_old", "is_citizen", "born", "notes"]


def make_source() -> Source:
    columns = {name: name for name in ("lead_id", "created_at", *LEAD_COLUMNS)}
    return Source.model_validate(
        {
            "description": "Made by hand.",
            "as_of": "2026-12-31T00:00:00",
            "leads": {
                "file": "leads.csv",
                "columns": columns,
                "own": OWN,
                "protected": ["country", "first_name", "sector"],
            },
            "outcomes": [{"column_of_leads": "Won", "kinds": {"1": "won"}}],
            "objectives": {"sale": {"converted": ["won"], "horizon_days": None}},
        }
    )


def make_leads(**protected: list) -> pd.DataFrame:
    """Return four leads that differ in what may be used, and in the protected columns as told."""
    leads = pd.DataFrame(index=range(4), columns=[*LEAD_COLUMNS, *OWN])
    leads["country"] = ["ES", "FR", "ES", None]
    leads["first_name"] = ["Ana", "asdfgh", "Luis", None]
    leads["sector"] = ["IT", "Banca", "IT", None]
    leads["sex"], leads["is_citizen"] = ["f", "m", "f", None], ["yes", "no", "perhaps", None]
    leads["years_old"], leads["born"] = (
        [20.0, 30.0, 40.0, None],
        pd.to_datetime(["1990-05-01", "1985-01-01", None, None]),
    )
    leads["notes"], leads["budget"] = ["called", None, None, None], [1.0, 2.0, 3.0, 4.0]
    leads["job_title"] = ["CEO", "Intern", None, "Head of IT"]
    leads["phone"] = ["+34612345678", "+33612345678", None, "612345679"]
    leads["email"] = ["a@acme.com", "b@gmail.com", "c@acme.com", None]
    for name, values in protected.items():
        leads[name] = values
    texts = [*LEAD_COLUMNS, "sex", "is_citizen", "notes"]
    leads[texts] = leads[texts].astype("str")
    leads["years_old"], leads["born"] = leads["years_old"].astype(float), pd.to_datetime(leads["born"])
    leads["lead_id"] = [f"L{number}" for number in range(4)]
    leads["lead_key"] = leads["sequence"] = range(4)
    leads["created_at"] = pd.Series(pd.Timestamp("2026-03-02 09:00") + pd.to_timedelta(leads.index * 5, unit="h"))
    return leads.assign(person=derive_persons(leads).astype("str"))


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the stage on leads in a folder of its own; return the features and their catalogue."""
    params = load_params()
    monkeypatch.setattr(explicit, "load_params", lambda: params)
    monkeypatch.setattr(explicit, "load_source", lambda name: make_source())
    monkeypatch.setattr(explicit.job_title, "check_target_functions", lambda company, path: None)
    monkeypatch.chdir(tmp_path)

    def run_stage(leads: pd.DataFrame):
        write_table(leads, paths.LEADS)
        nothing = pd.DataFrame({"lead_id": [], "kind": [], "occurred_at": []})
        types = {"lead_id": "str", "kind": "str", "occurred_at": "datetime64[us]"}
        write_table(nothing.astype(types), paths.OUTCOMES)
        explicit.main()
        return read_table(paths.EXPLICIT), read_catalogue(paths.EXPLICIT_CATALOGUE)

    return run_stage


def test_what_is_protected_is_no_feature_nor_anything_made_of_it(run):
    """Check names and origins of all metrics, and that the others are still there.

    The country is told by the phones too: no metric may be called so then.
    """
    features, catalogue = run(make_leads())
    assert not set(features) & {*PROTECTED, "days_since_born", "notes_length", "is_target_sector", "sector_words"}
    assert all(metric.origin not in ("sector", "first_name", *PROTECTED) for metric in catalogue)
    assert {"budget", "decision_power", "has_phone"} <= set(features)
    after = read_table(paths.AFTER_OUTCOME)
    assert list(after) == ["lead_id"]


@pytest.mark.parametrize(
    "changes",
    [
        {"sex": ["m", "m", None, "f"], "years_old": [1.0, 99.0, None, 3.0]},
        {"born": ["2000-01-01"] * 4, "is_citizen": [None] * 4, "notes": ["x"] * 4},
        {"country": ["DE", None, "IT", "PT"]},
        {"sector": [None, "Educación", "Agricultura", "IT"]},
        # Gibberish is a sign of spam, but not in a field that nobody may look at.
        {"first_name": ["qwrtpsdf", "asdfasdf", "http://spam.example.com", "Ana"]},
    ],
)
def test_other_protected_values_change_no_feature(run, changes):
    """Check that features, catalogue and quarantine are the same whatever stands in the protected columns."""
    features, catalogue = run(make_leads())
    quarantine = read_table(paths.QUARANTINE)
    changed, changed_catalogue = run(make_leads(**changes))
    assert_frame_equal(features, changed)
    assert catalogue == changed_catalogue
    assert_frame_equal(quarantine, read_table(paths.QUARANTINE))


def test_groups_hold_no_personal_value(run):
    """Check names, quarters, years and yes or no; of a name only that it was given."""
    run(make_leads())
    groups = read_table(paths.PROTECTED)
    assert list(groups) == ["lead_id", *PROTECTED]
    assert groups.astype(object).where(groups.notna(), None).drop(columns="lead_id").to_dict("list") == {
        "country": ["es", "fr", "es", None],
        "first_name": ["given", "given", "given", None],
        "sector": ["it", "banca", "it", None],
        "sex": ["f", "m", "f", None],
        "years_old": ["up to 25", "over 25 to 30", "over 35", None],
        "is_citizen": ["yes", "no", None, None],
        "born": ["1990", "1985", None, None],
        "notes": ["given", None, None, None],
    }


def test_nothing_protected_leaves_the_leads_as_they_are():
    """Check that a source without protected columns has no group, and loses nothing."""
    source = make_source()
    free = source.model_copy(update={"leads": source.leads.model_copy(update={"protected": [], "own": {}})})
    leads = make_leads()
    assert_frame_equal(hide_protected(leads, free), leads)
    assert list(group_protected(leads, free)) == ["lead_id"]


@settings(max_examples=25)
@given(values=st.lists(st.one_of(st.none(), st.text(max_size=60)), min_size=4, max_size=4))
def test_a_protected_text_never_shows_itself(values):
    """Check that whatever is written in a name or a note, only that it is there is kept."""
    leads = make_leads(first_name=values, notes=values)
    groups = group_protected(leads, make_source())
    for name in ("first_name", "notes"):
        assert groups[name].isna().tolist() == leads[name].isna().tolist()
        assert set(groups[name].dropna()) <= {"given"}
