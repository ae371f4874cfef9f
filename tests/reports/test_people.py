import pytest

from src.reports.scenario import people
from src.reports.scenario.results import collect_results
from tests.reports.project import change
from tests.reports.test_thresholds import read


@pytest.fixture
def results(project):
    return collect_results("open")


def make_cell(name, discard, nurture, sales, converted):
    routes = {"discard": discard, "nurture": nurture, "sales": sales}
    return {
        "fit": name[0],
        "engagement": name[1],
        "leads": sum(routes.values()),
        "routes": routes,
        "converted": converted,
    }


def test_grid_shows_each_cell_and_what_parts_alone_decide(results):
    """Check that cells stand in the table and that the finding compares the two corners."""
    results["grid"] = [make_cell("A4", 0, 30, 10, 0.1), make_cell("D1", 10, 0, 0, 0.0)]
    text = read(people.show_grid(results))
    assert "1 of 2 cells holds leads of several routes" in text
    assert "of the leads that fit best and did least 25 % are called, of those that fit least and did most 0 %." in text
    assert '<th scope="row">A4</th><td>40</td><td>25 %</td><td>75 %</td><td>0 %</td><td>10.0 %</td>' in text
    assert "A4 mostly nurtured; D1 mostly discarded." in text


def test_grid_without_grades_is_said(results):
    """Check that a model of one part alone has no grid."""
    results["grid"] = []
    assert "There is no grid" in people.show_grid(results).data


def test_profile_escapes_what_leads_wrote(results):
    """Check that a value of the data is shown, not run, and a route with too few leads has none."""
    entry = {"metric": "job_title", "value": "<b>boss</b>", "all": 0.3, "sales": 0.6, "nurture": 0.1, "discard": None}
    results["profile"] = {"leads": {"sales": 60, "nurture": 70, "discard": 5}, "values": [entry]}
    text = read(people.show_profile(results))
    assert "<b>" not in text
    assert "job title: \u2068&lt;b&gt;boss&lt;/b&gt;\u2069" in text
    assert "it holds for 60 % of the called and 10 % of the nurtured." in text
    assert "<td>30 %</td><td>60 %</td><td>10 %</td><td>–</td>" in text
    results["profile"] = {"leads": {}, "values": []}
    assert "Nothing to compare" in people.show_profile(results).data


def test_exclusions_are_counted(results):
    """Check that what was not read, not known, not learned from and set apart is listed."""
    text = read(people.show_excluded(results))
    assert "No condition keeps a lead of the test from a route." in text
    assert "3,000 leads of 2,900 persons and 9,000 activities. 15 rows could not be used" in text
    assert "tested on the 1,010 newest, of which 1,000 were still open 1 day after coming in." in text
    assert "Of 300 leads an outcome is not known yet" in text
    assert "Of 200 earlier leads an outcome came after the test began" in text
    assert "40 leads. Of the 31 whose outcome is known 2 ended in a sale" in text


def test_conditions_say_whom_they_keep_out_and_what_the_source_lacks(project):
    """Check that each condition has its leads, and one that does not apply says so."""
    applied = {
        "when": "km_to_site at most 60",
        "metric": "km_to_site",
        "why": "Too far.",
        "routes": ["sales", "nurture"],
    }
    figures = {"applies": True, "leads": 50, "conversions": 6, "missing": 20, "only": 45, "forgone": 800.0}
    figures["met_by"] = {"history": 900, "test": 950}
    lacking = {
        "when": "consent equals yes",
        "metric": "consent",
        "why": "Law.",
        "routes": ["nurture"],
        "applies": False,
    }
    eligibility = {"conditions": [applied | figures, lacking], "leads": 50, "conversions": 6, "forgone": 800.0}
    change(project / "metrics/policies/sale-open.json", eligibility=eligibility | {"without_metric": ["consent"]})
    text = read(people.show_excluded(collect_results("open")))
    assert "keep 50 of the 1,000 test leads, of which 6 converted, from a route" in text
    assert '<td class="text">calls and nurture</td><td>50</td><td>20</td><td>45</td><td>6</td><td>€800</td>' in text
    assert "<td>–</td><td>–</td><td>–</td><td>–</td><td>–</td>" in text
    assert "The source does not know consent" in text


def test_missing_fields_say_what_asking_is_worth(project):
    """Check that the field worth most stands in the first sentence."""
    field = {"when": "is_phone_valid equals 1", "metric": "is_phone_valid", "leads": 40, "share_that_meets": 0.5}
    assert "No lead would become worth a call" in people.show_missing(collect_results("open")).data
    change(project / "metrics/policies/sale-open.json", missing_fields=[field | {"expected": 600.0}])
    text = read(people.show_missing(collect_results("open")))
    assert "40 leads would be worth a call if they gave is phone valid and met the condition, as 50 % of those" in text
    assert "if all gave it, that would be expected to be worth €600, less what asking costs." in text
    nobody, over = field | {"share_that_meets": 0.0, "expected": 0.0}, field | {"expected": -1.0}
    assert "none meets the condition" in people.say_missing(nobody, None)
    assert "would be expected to add nothing within the calls" in people.say_missing(over, 40)
    assert "€600 within the calls that can be made, less" in people.say_missing(field | {"expected": 600.0}, 40)


def test_review_says_doubt_budget_and_what_a_look_could_save(results):
    """Check the three cases: with a budget, without one, and without intervals."""
    review = results["policy"]["review"]
    text = read(people.show_review(results))
    assert "For 90 of the 1,000 leads" in text
    assert (
        "10 looks a week, at €4 each, 30 leads would be reviewed, for whom a look may be worth its cost: that costs "
        "€120 and is expected to save at most €200." in text
    )
    assert "has a cut inside" in text
    assert "No look pays at its cost: of the budget of 10 looks" in people.say_review(review | {"leads": 0}, 1000)
    assert "no budget" in people.say_review(review | {"leads_per_week": 0}, 1000)
    assert "have no intervals" in people.say_review(review | {"has_intervals": False}, 1000)
