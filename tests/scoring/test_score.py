import csv
import shutil

import numpy as np
import pandas as pd
import pytest
import yaml

from src import paths
from src.files import read_table, write_table
from src.models.calibration import Calibrator
from src.models.forward import fit_family
from src.models.reasons import learn_usual
from src.models.resampling import Refits, predict_interval, save_refits
from src.models.saved import SavedModel, save_model, save_not_applicable
from src.params import Scenario
from src.policies.review import measure_reach
from src.scoring import score
from src.scoring.lists import COLUMNS, find_standing, neutralise, route_scores, score_leads, set_apart
from src.scoring.score import describe
from src.strict import read_yaml


def make_scenario(capacity: int | None = None, looks: int = 0) -> Scenario:
    """Return a scenario whose cuts are 4 / (100 x 0.2) = 0.2 and (36 - 4) / (100 x 0.8) = 0.4."""
    return Scenario.model_validate(
        {
            "objective": "sale",
            "title": "Made by hand",
            "value": 100.0,
            "cost": {"sales": 36.0, "nurture": 4.0, "discard": 0.0},
            "factor": {"sales": 1.0, "nurture": 0.2, "discard": 0.0, "why": "Because."},
            "capacity_per_week": capacity,
            "decide_at": "1d",
            "eligibility": [],
            "review": {"leads_per_week": looks, "cost": 0.0},
            "required_precision": None,
            "required_recall": None,
            "sources": [],
        }
    )


@pytest.fixture(scope="module", params=["base_rate", "logistic", "boosting"])
def model(request, make_history, catalogue, model_params):
    family, history = request.param, make_history(200, seed=12)
    fitted = fit_family(family, history, catalogue, model_params, 15)
    return learn_usual(SavedModel(family, fitted, Calibrator("temperature", 0.2, 0.9), catalogue, 7.0, 15), history, 5)


@pytest.fixture(scope="module")
def refits(model, make_history, catalogue, model_params):
    """Return two refits, each of half of the history."""
    history = make_history(200, seed=12)
    halves = (history[history["sequence"] % 2 == half] for half in (0, 1))
    fitted = [fit_family(model.family, half, catalogue, model_params, 15) for half in halves]
    return Refits(fitted, [model.calibrator] * 2, 1, {"any": 0.1})


@pytest.fixture
def score_all(model, refits):
    """Return a function that scores and routes leads with the model, without or with a capacity and looks."""

    def score(current, capacity=None, looks=0):
        scores = score_leads(model, refits, current, 0.9)
        return route_scores(scores, current, make_scenario(capacity, looks), measure_reach(0.9, 2))

    return score


@pytest.fixture
def current(make_history):
    """Return sixty open leads, three of them at and beyond the last age that was trained."""
    rows = make_history(60, seed=13).query("age == '0h'").reset_index(drop=True)
    rows["age_days"] = 1.0
    rows.loc[:2, "age_days"] = [7.0, 7.000001, 400.0]
    return rows.assign(is_current=True)


def test_base_fit_and_engagement_are_the_log_odds_of_the_probability(score_all, current):
    """Check the sum of each row."""
    scores = score_all(current)
    log_odds = np.log(scores["probability"] / (1 - scores["probability"]))
    assert scores[["base", "fit", "engagement"]].sum(axis=1).to_numpy() == pytest.approx(log_odds, abs=1e-9)


def test_every_open_lead_has_its_own_score_and_the_most_probable_is_first(score_all, model, current):
    """Check columns, order and that a lead's probability is the one the model gives it."""
    scores = score_all(current)
    assert list(scores) == list(COLUMNS)
    expected = pd.Series(model.predict(current), index=current["lead_id"])
    assert scores["probability"].tolist() == expected[scores["lead_id"]].tolist()
    assert scores["probability"].is_monotonic_decreasing
    assert sorted(scores["lead_id"]) == sorted(current["lead_id"])


def test_spam_is_listed_last_with_its_reasons_and_without_a_score(current):
    """Check what stands in the row of a lead in quarantine, and that other leads of the list are left out."""
    quarantine = pd.DataFrame({"lead_id": ["gone", *current["lead_id"][:2]], "spam_score": [1.0, 1.0, 2.0]})
    quarantine["reasons"] = ["x", "link in the message", "gibberish name; link in the message"]
    apart = set_apart(current.head(2), quarantine)
    assert list(apart) == list(COLUMNS)
    assert apart["lead_id"].tolist() == sorted(current["lead_id"][:2])
    assert apart["route"].tolist() == apart["route_without_review"].tolist() == ["quarantine"] * 2
    assert apart["reasons"].tolist() == ["link in the message", "gibberish name; link in the message"]
    assert apart[["probability", "fit", "engagement"]].isna().all(axis=None)


def test_each_lead_has_its_own_interval(score_all, model, refits, current):
    """Check that an interval goes with its lead when leads are put in order, and holds the probability."""
    scores = score_all(current).set_index("lead_id")
    expected = predict_interval(model, refits, current, 0.9).set_index(current["lead_id"])
    for end in ("probability_low", "probability_high"):
        assert scores[end].to_dict() == expected[end].to_dict()
    assert (scores["probability_low"] < scores["probability"]).all()
    assert (scores["probability"] < scores["probability_high"]).all()


def test_each_lead_has_its_reasons_and_grades(score_all, model, current):
    """Check that what speaks for the most probable lead speaks for it, and that a rate for all has no reasons."""
    scores = score_all(current)
    if model.family == "base_rate":
        assert scores[["reasons_for", "reasons_against", "fit_grade", "engagement_grade"]].isna().all(axis=None)
        return
    assert " (+" in scores["reasons_for"].iloc[0]
    assert " (-" in scores["reasons_against"].iloc[-1]
    assert not scores["reasons_for"].str.contains(r"\(-", regex=True).any()
    graded = scores.sort_values("fit")
    assert graded["fit_grade"].iloc[0] == "D"
    assert graded["fit_grade"].is_monotonic_decreasing
    assert set(scores["engagement_grade"]) <= set("1234")


def test_leads_older_than_the_trained_ages_are_flagged(score_all, current):
    """Check that the last trained age itself is not beyond it."""
    scores = score_all(current).set_index("lead_id")
    assert scores.loc[current["lead_id"], "beyond_trained_age"].tolist() == [False, True, True] + [False] * 57


def test_an_unknown_age_is_not_flagged(score_all, current):
    """Check a source without dates."""
    scores = score_all(current.assign(age_days=np.nan))
    assert not scores["beyond_trained_age"].any()


def test_routes_follow_the_cuts(score_all, current):
    """Check each lead's route against its probability."""
    scores = score_all(current)
    for row in scores.itertuples():
        expected = "sales" if row.probability >= 0.4 else "nurture" if row.probability >= 0.2 else "discard"
        assert row.route == expected


def test_under_capacity_the_first_of_the_list_are_called(score_all, current):
    """Check that seven calls go to the seven most probable, and the others are nurtured."""
    wanted = (score_all(current)["route"] == "sales").sum()
    scores = score_all(current, capacity=7)
    called = scores["route"] == "sales"
    assert called.sum() == min(wanted, 7)
    assert not called.any() or scores.loc[called, "probability"].min() >= scores.loc[~called, "probability"].max()
    assert set(scores.loc[~called & (scores["probability"] >= 0.2), "route"]) <= {"nurture"}


def test_a_lead_that_is_looked_at_keeps_the_route_it_has_without(score_all, model, current):
    """Check that a budget for all takes no lead's own route away."""
    without = score_all(current)
    assert without["route_without_review"].tolist() == without["route"].tolist()
    scores = score_all(current, looks=60)
    assert scores["route_without_review"].tolist() == without["route"].tolist()
    is_reviewed = scores["route"] == "review"
    assert is_reviewed.any() or model.family == "base_rate"
    assert (scores["route"] == scores["route_without_review"])[~is_reviewed].all()


@pytest.mark.parametrize("capacity", [None, 7])
def test_no_open_lead_is_a_list_of_none(score_all, current, capacity):
    """Check that a day without open leads is no error, and is said."""
    scores = score_all(current.head(0), capacity=capacity)
    assert (list(scores), len(scores)) == (list(COLUMNS), 0)
    assert describe(scores).startswith("no lead is open")


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", " =", "\u3000+", "\uff1d", "\uff20", "\n"])
def test_text_that_a_spreadsheet_would_run_is_neutralised(first):
    """Check that the sign of a formula is quoted where it leads, and left alone elsewhere."""
    texts = pd.Series([f"{first}1+1", f"a{first}1", first])
    assert neutralise(texts).tolist() == [f"'{first}1+1", f"a{first}1", f"'{first}"]


def test_plain_text_is_left_alone():
    """Check keys that begin with a letter, a digit or a quote, and a column without rows."""
    texts = pd.Series(["lead1", "00123", "12E5", "'x", "ñ"])
    assert neutralise(texts).tolist() == texts.tolist()
    assert neutralise(pd.Series([], dtype="object")).tolist() == []


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Go to an empty project with this one's parameters and one of its scenarios."""
    params = read_yaml(paths.PARAMS)
    params["scenarios"] = {"call_centre": params["scenarios"]["call_centre"]}
    shutil.copy(paths.POINTS, tmp_path)
    monkeypatch.chdir(tmp_path)
    paths.PARAMS.write_text(yaml.safe_dump(params), encoding="utf-8")


def read_export() -> list[dict[str, str]]:
    with open(paths.scored("sale", "call_centre").with_suffix(".csv"), newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.usefixtures("project")
def test_the_export_is_safe_to_open_and_numbers_stay_numbers(model, refits, current):
    """Check the files of the stage: odd keys as they are in the table, quoted in the CSV."""
    odd = ["=1+1", "+34", "-7", "@x", "\tx", "\rx", "x\r=1", 'a,"b"', "<script>"]
    current.loc[: len(odd) - 1, "lead_id"] = odd
    closed = current.assign(is_current=False, lead_id="closed" + current["lead_id"])
    save_model(model, current[["lead_id"]], "sample", paths.current_model_folder("sale"))
    save_refits(refits, paths.current_model_folder("sale"))
    spam = current["lead_id"].iloc[-1]
    current.loc[current.index[-1], "is_quarantined"] = True
    write_table(pd.concat([closed, current]), paths.processed("sale"))
    write_table(pd.DataFrame({"lead_id": [spam], "spam_score": [1.0], "reasons": ["gibberish"]}), paths.QUARANTINE)
    sentence = score.main()

    table, export = read_table(paths.scored("sale", "call_centre")), read_export()
    assert sorted(table["lead_id"]) == sorted(current["lead_id"])
    exported = {row["lead_id"] for row in export}
    assert {"'=1+1", "'+34", "'-7", "'@x", "'\tx", "'\rx", "x\r=1", 'a,"b"', "<script>"} < exported
    assert len(export) == 60
    assert (export[-1]["route"], export[-1]["probability"], export[-1]["reasons"]) == ("quarantine", "", "gibberish")
    assert not any(cell.startswith(("=", "+", "@", "\t", "\r")) for row in export for cell in row.values())
    assert [float(row["fit"]) for row in export[:-1]] == pytest.approx(table["fit"].tolist()[:-1])
    assert [row["route"] for row in export] == table["route"].tolist()
    assert "60 open leads" in sentence


@pytest.mark.usefixtures("project")
def test_an_objective_that_is_not_applicable_has_an_empty_list():
    """Check that both files are written, with their columns and no rows."""
    save_not_applicable("sample", paths.current_model_folder("sale"))
    score.main()
    assert list(read_table(paths.scored("sale", "call_centre"))) == list(COLUMNS)
    assert read_export() == []


def test_whom_nobody_should_or_can_call_is_said():
    """Check fresh and old conversations, an appointment, no number, both, and a source that tells neither."""
    current = pd.DataFrame(
        {
            "days_since_call_answered": [3.0, 15.0, np.nan, np.nan, 2.0],
            "days_since_meeting_booked": [np.nan, np.nan, 14.0, np.nan, np.nan],
            "is_phone_valid": [1.0, 1.0, 1.0, np.nan, 0.0],
        }
    )
    standing = find_standing(current)
    assert standing.fillna("").tolist() == ["in hand", "", "in hand", "no number", "in hand"]
    assert find_standing(current[[]]).isna().all()
