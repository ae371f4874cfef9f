"""What the sections of each page say and give: frames, and the sentences that decide."""

import dataclasses
import html
import json
import re

import pytest

from src.policies.explorer import build_explorer
from src.reports import comparison_page as comparison
from src.reports import landing_page as landing
from src.reports import model_page as model
from src.reports import scenario_page as scenario
from src.reports.results import load_model, load_overview, load_scenario
from src.reports.rule import Rule
from src.stage import InputError
from tests.reports.leads import draw_leads, make_leads, make_scenario
from tests.reports.made import make_pair
from tests.reports.project import change, remove_dates


def read(section) -> str:
    """Return the words that a section shows, without its pictures and programs."""
    text = re.sub(r"<(script|style)\b.*?</\1>|<img[^>]*>", "", str(section.show()), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def decide(**changes) -> str:
    from pathlib import Path

    change(Path("metrics/policies/sale-open.json"), **changes)
    return read(scenario.Decision(load_scenario("open")))


def test_decision_without_limits(project):
    """Check the sentence, the large numbers and what the picture shows."""
    text = decide()
    assert "Call the leads with a probability of a sale within 45 days of 10% or more." in text
    assert "Nurture the others from 1.4%; spend nothing on the rest." in text
    assert "on top of the best rule without the model +€4,000 €3,100 to €4,900" in text
    points = scenario.Decision(load_scenario("open")).points().set_index("policy")
    assert points.loc["two_cuts", ["calls", "value"]].tolist() == [400, 16000.0]
    assert points["is_unaided"].to_dict() == {
        "two_cuts": False,
        "call_everyone": True,
        "call_no_one": True,
        "top_20_percent": False,
    }


def test_decision_under_a_limit(project):
    text = read(scenario.Decision(load_scenario("limited")))
    assert "Of the leads with a probability of a sale within 45 days of 10% or more, call the 40 that add most" in text


@pytest.mark.parametrize(
    ("cuts", "words"),
    [
        ({"discard": 0.3, "sales": 0.3}, ["or more.", "Spend nothing on the others: nurturing never pays here."]),
        ({"discard": 0.0, "sales": 0.3}, ["Nurture all the others."]),
        ({"discard": 0.2, "sales": 1.0}, ["Call nobody: a call never pays here.", "Nurture the others from 20%"]),
        ({"discard": 1.0, "sales": 1.0}, ["Spend nothing: no route pays, whatever the probability"]),
    ],
)
def test_decision_where_a_route_never_or_always_pays(project, cuts, words):
    text = decide(cuts_without_limit=cuts)
    assert all(each in text for each in words)


def test_decision_where_nobody_may_be_called(project):
    figures = json.loads((project / "metrics/policies/sale-open.json").read_text())["baselines"]["call_everyone"]
    text = decide(baselines={"call_everyone": figures | {"contacts": 0}})
    assert "Call nobody: no lead of the test period may be called." in text


def test_decision_says_first_that_no_condition_is_known(project):
    """Check that a scenario whose conditions the source cannot check does not open with a number of calls."""
    condition = {"when": "km_to_site at most 30", "metric": "km_to_site", "why": "Far.", "routes": ["sales"]}
    change(
        project / "params.yaml",
        scenarios__open__eligibility=[{"metric": "km_to_site", "at_most": 30, "routes": ["sales"], "why": "Far."}],
    )
    text = decide(eligibility__conditions=[condition | {"applies": False}], eligibility__without_metric=["km_to_site"])
    start = "This source cannot tell whom the scenario is for: it does not know km to the nearest site."
    assert text.index(start) < text.index("Call the leads")


def test_thresholds_of_other_values_stand_in_brackets(project):
    """Check that a threshold is said for each class of values, in a person's words."""
    rule = {"metric": "is_phone_valid", "equals": 1, "value": 600.0}
    change(project / "params.yaml", scenarios__open__value={"default": 300.0, "by": [rule]})
    results = load_scenario("open")
    first = results.policy.cuts_by_value[0]
    other = first.model_copy(update={"when": "is_phone_valid equals 1", "value": 600.0, "sales": 0.05})
    policy = results.policy.model_copy(update={"cuts_by_value": [first, other]})
    assert Rule(dataclasses.replace(results, policy=policy)).threshold("sales") == "10% (5.0% with valid phone number)"


def test_rules_without_the_model_are_told_from_the_models_own(project):
    """Check that a tie with the model's own order is not said as a tie with a simple rule."""
    change(
        project / "metrics/policies/sale-open.json",
        difference={"baseline": "top_20_percent", "profit": 10.0, "profit_low": -90.0, "profit_high": 100.0},
    )
    text = read(scenario.Policies(load_scenario("open")))
    assert "Every rule without the model brings less: the best of them, “Call everyone”, by €4,000" in text
    assert "“The model’s top 20%”, which is the model’s own order, does as well" in text
    assert "No threshold" not in text


def test_policies_stand_in_order_of_their_value(project):
    frame = scenario.Policies(load_scenario("open")).frame()
    assert frame["key"].tolist() == ["two_cuts", "call_everyone", "call_no_one", "top_20_percent"]
    assert frame["profit"].tolist() == [16000.0, 12000.0, 0.0, -500.0]
    alternatives = scenario.Policies(load_scenario("open")).alternatives().set_index("key")
    assert alternatives["cut"].dropna().to_dict() == {"highest_f1": 0.25}


def test_weeks_say_how_many_calls_suffice(project):
    """Check the median and the ninth tenth of 20, 40 and 30 calls."""
    section = scenario.Weeks(load_scenario("open"))
    assert "30 calls in the median week, from 20 to 40; 38 calls a week suffice in nine weeks out of ten" in read(
        section
    )
    assert section.by_policy()["two_cuts"].tolist() == [9000.0, 6000.0, 1000.0]
    assert section.ahead == 2


def test_weeks_under_a_limit_say_what_is_left_out(project):
    text = read(scenario.Weeks(load_scenario("limited")))
    assert "25 leads worth a call got none; 3 of them converted. Calls ran out in 2 of 3 whole weeks." in text
    assert "One more call was expected to add €11" in text


def test_leads_by_fit_and_engagement(project):
    section = scenario.Leads(load_scenario("open"))
    assert section.frame()[["cell", "sales"]].to_numpy().tolist() == [["A4", 0.5], ["D1", 0.25]]
    text = read(section)
    assert "Of those that fit best and did least 50% are called, of those that fit least and did most 25%." in text
    assert "seniority: manager" in text


def test_assumptions_say_what_is_lost(project):
    """Check the dearest error, 400 if a call costs more, and which assumption moves the threshold."""
    section = scenario.Assumptions(load_scenario("open"))
    assert section.frame()["lost"].tolist() == [100.0, 400.0, -100.0, 0.0]
    text = read(section)
    assert "loses at most €400 (cost of a call: €21.60)" in text
    assert "depends most on cost of a call: it moves between 8.0% and 12%" in text


def test_probabilities_are_judged_near_the_thresholds(project):
    """Check that a threshold at which more convert than predicted is too high."""
    text = read(scenario.Probabilities(load_scenario("open")))
    assert "Where calls pay from 10%, they hold, as far as 100 leads can tell." in text
    assert "Where nurturing pays from 1.4%, more convert than predicted (2.0% instead of 1.5%)" in text


def test_the_last_row_above_the_threshold_is_marked(project):
    assert scenario.Probabilities(load_scenario("open")).marked == [1]
    assert scenario.Probabilities(load_scenario("limited")).marked == [0]


def show_explorer(project, leads) -> str:
    results = load_scenario("open")
    return str(scenario.Explorer(dataclasses.replace(results, explorer=build_explorer(leads, make_scenario()))).show())


def test_explorer_says_the_chosen_thresholds_before_any_script_runs(project):
    """Check finding, table and other thresholds: 300 - 2 x 18 by calls, 0.35 x 300 - 1.5 by nurturing."""
    page = show_explorer(project, make_leads([0.005, 0.5, 0.04, 0.2], [0, 1, 1, 0]))
    assert "2 calls, of which 50.0% convert, reach 1 of 2 conversions. Value: €368." in page
    row = "<td class=text>from 8.5%</td><td>2</td><td>50.0%</td><td>50.0%</td><td>1</td><td>50.0%</td><td>€264</td>"
    assert f'<th scope="row">Called</th>{row}' in page
    without = page[page.index("<noscript>") : page.index("</noscript>")]
    # From 30 % on only the first lead is called: 300 - 18, and 105 - 2 x 1.5 for those nurtured.
    assert '<th scope="row">30%</th><td>1</td><td>100.0%</td><td>1</td><td>2</td><td>€384</td>' in without
    assert '<tr class=marked><th scope="row">8.5%</th>' in without
    assert ">100%</span>" in page


def test_explorer_of_no_lead_and_of_too_many(project):
    assert "0 calls, of which – convert" in show_explorer(project, make_leads([], []))
    results = dataclasses.replace(load_scenario("open"), explorer=None)
    assert "too many leads" in str(scenario.Explorer(results).show())


def test_words_from_the_data_end_no_script(project):
    """Check that a team's name is shown, not run, and that the embedded table ends no script."""
    leads = make_leads([0.5, 0.1], [1, 0], team=["</script><b>", "x"])
    page = show_explorer(project, leads)
    assert "Calls a week, &lt;/script&gt;&lt;b&gt; (empty: no limit)" in page
    assert page.count("</script>") == 2
    assert "<" not in re.search(r'id="explorer-table">(.*?)</script>', page)[1]


def test_alerts_name_what_no_lead_meets(project):
    """Check that a condition, perhaps misspelt, that no lead meets is said on the page and on the landing page."""
    condition = {"metric": "consent", "equals": "Yes", "routes": ["nurture"], "why": "Law."}
    change(project / "params.yaml", scenarios__open__eligibility=[condition])
    entry = {"when": "consent equals Yes", "metric": "consent", "why": "Law.", "routes": ["nurture"], "applies": True}
    entry |= {
        "met_by": {"history": 0, "test": 0},
        "leads": 1,
        "conversions": 0,
        "missing": 0,
        "only": 1,
        "forgone": 0.0,
    }
    change(project / "metrics/policies/sale-open.json", eligibility__conditions=[entry])
    alert = "No lead meets “consent: \u2068Yes\u2069”: is it written as in the data?"
    assert load_scenario("open").alerts == [alert]
    assert alert in load_overview().alerts


def test_alerts_of_the_data(project):
    """Check that no dates, no horizon, few conversions and a moved rate are each said once for the source."""
    remove_dates(project)
    change(project / "metrics/sale.json", test__is_calibration_assessable=False, data__base_rate_history=0.3)
    for name in ("metrics/{}.json", "metrics/audit/{}.json"):
        (project / name.format("accepted")).write_bytes((project / name.format("sale")).read_bytes())
    text = " ".join(load_overview().alerts)
    assert text.count("The source has no dates") == 1
    assert "is known as of the end of the data only" in text
    assert "too few to judge" in text
    assert "moved from 30.0% in the training period to 10.0% in the test period" in text


def test_figures_of_another_source_are_refused(project):
    change(project / "metrics/sale.json", source="elsewhere")
    with pytest.raises(InputError, match=r"\[stale_figures\] metrics/sale.json: these are of elsewhere, not of tiny"):
        load_scenario("open")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "The probabilities of a sale can be believed."),
        (
            {"calibration_intercept": 0.4, "calibration_intercept_low": 0.3, "calibration_intercept_high": 0.5},
            "too low",
        ),
        ({"ece": 0.02}, "hold on the whole, but not everywhere"),
        ({"is_calibration_assessable": False}, "is not known: too few leads of the test period convert"),
        ({"is_calibration_assessable": False, "base_rate_high": 0.05}, "far fewer leads convert than predicted"),
    ],
)
def test_verdict_on_the_probabilities(project, changes, words):
    clear = {"calibration_intercept": 0.0, "calibration_intercept_low": -0.1, "calibration_intercept_high": 0.1}
    change(project / "metrics/sale.json", **{f"test__{key}": value for key, value in (clear | changes).items()})
    text = read(model.Verdict(load_model("sale")))
    assert words in text
    assert "predicted 11.0%" in text


def test_model_page_gives_its_frames(project):
    """Check each frame of the page by a number of the made figures."""
    results = load_model("sale")
    assert model.Verdict(results).parts()["band"]["cell"].tolist() == ["0% to 1%", "50% to 100%"]
    candidates = model.Candidates(results).frame().set_index("family")
    assert {"log_loss_test", "log_loss_test_low", "log_loss_forward", "log_loss_random"} < set(candidates)
    assert model.Time(results).frame()["model"].tolist()[1] == "gradient boosting"
    assert model.Features(results).frame()["what"].tolist() == ["high intent", "form and channel", "rhythm"]
    assert model.Features(results).ablation()["what"].tolist() == ["job title", "form and channel", "contact data"]
    assert model.Kinds(results).half_lives()["is_preferred"].tolist() == [False, False, True]
    assert model.Trust(results).frame()["what"].tolist() == ["All", "0% to 5%", "5% to 10%", "40% to 100%"]
    assert len(model.Kinds(results).emails("months")) == 12
    assert model.Leads(results).frame()["leads"].tolist() == [2000, 200, 1010, 300]
    assert model.Leads(results).catalogue("explicit")["what"].tolist() == ["seniority"]


def test_model_page_says_what_the_figures_say(project):
    results = load_model("sale")
    assert "The probabilities rest most on high intent and form and channel. Of 3 groups 2 matter" in read(
        model.Features(results)
    )
    assert "they are too narrow" in read(model.Trust(results))
    assert "a half-life of 30 days rather than the guessed one, by more than chance" in read(model.Kinds(results))
    assert "E-mail opens help" in read(model.Kinds(results))
    assert "Protected, so that no model has seen them: age group." in read(model.Leaks(results))


def test_leads_good_for_one_objective_alone(project):
    """Check that four groups of leads are named on the model's page and on the comparison."""
    change(project / "metrics/objectives.json", pairs=[make_pair()])
    section = comparison.Objectives(load_overview())
    assert section.frame()["group"].tolist() == ["both", "a sale alone", "acceptance by the client alone", "neither"]
    assert "Of 1,000 leads scored for both, 400 are among the most probable 30% for one objective alone" in read(
        section
    )
    assert "L<1>" in read(model.Leads(load_model("sale")))


def test_landing_page_says_where_the_thresholds_are_ahead(project):
    """Check the sentence for all scenarios, for some and for one in which a rule without the model is better."""
    assert "in all 2 scenarios they bring significantly more" in read(landing.Summary(load_overview()))
    worse = {"baseline": "call_everyone", "profit": -500.0, "profit_low": -900.0, "profit_high": -100.0}
    tie = worse | {"profit_high": 100.0}
    change(project / "metrics/policies/sale-open.json", difference_unaided=tie)
    assert "Use the thresholds in Limited: there they bring" in read(landing.Summary(load_overview()))
    change(project / "metrics/policies/sale-open.json", difference_unaided=worse)
    assert "a rule without the model brings significantly more in Open." in read(landing.Summary(load_overview()))


def test_landing_page_lists_every_scenario(project):
    text = read(landing.Scenarios(load_overview()))
    assert "Call all" in text
    assert "Few calls" in text
    assert "A client Not applicable to this source." in text


def test_comparison_names_the_pair_that_differs_most(project):
    overview = load_overview()
    assert "13% of the same leads take another route in “Limited” than in “Open”" in read(comparison.Side(overview))
    frame = comparison.Thresholds(overview).frame().set_index("scenario")
    assert frame.loc["Limited", ["pays", "ends", "nurture_from", "contacts"]].tolist() == ["10%", "20%", "1.4%", 400]


def test_pictures_show_themselves(project):
    """Check that every picture of every section is drawn, and the same twice."""
    results = load_scenario("limited")
    for section in (scenario.Decision, scenario.Policies, scenario.Weeks, scenario.Leads, scenario.Assumptions):
        first = section(results).plot()._repr_svg_()
        assert first.startswith("<?xml")
        assert first == section(results).plot()._repr_svg_()


def test_explorer_counts_what_was_drawn(project):
    """Check that the frame of the explorer adds up to its last row."""
    results = dataclasses.replace(load_scenario("open"), explorer=build_explorer(draw_leads(200), make_scenario()))
    frame = scenario.Explorer(results).frame()
    assert frame["leads"].iloc[-1] == frame["leads"].iloc[:-1].sum() == 200
