import copy

import pytest

from src.reports.model import behaviour
from src.reports.model import page as model
from src.reports.model.results import collect_model_results
from tests.reports.project import change, remove_dates, write

MARKUP = "<script>alert(1)</script>"
SECTIONS = [name for name in dir(model) if name.startswith("show_") and name != "show_verdict"]
BEHAVIOUR = [name for name in dir(behaviour) if name.startswith("show_")]


def read(html):
    """Return the text of a fragment with plain spaces and without places to break."""
    return html.data.replace("\u00a0", " ").replace("<wbr>", "")


@pytest.fixture
def results(project):
    return collect_model_results("sale")


def test_verdict_says_what_was_promised_known_and_ordered(results):
    """Check that belief, promise, knowledge and order stand in one paragraph with their intervals.

    The intercept's interval, -0.05 to -0.03, lies below 0. One rate of 9.5 % for everybody costs
    -0.1 ln 0.095 - 0.9 ln 0.905 = 0.3252; of its distance to the truth's 0.24 the model's 0.25 has
    gone 0.0752 / 0.0852 = 88 %.
    """
    assert read(model.show_verdict(results)) == (
        '<h1>How good are the probabilities of a sale?</h1><p class="verdict"><strong>Read the probabilities of a sale '
        "with care: on the whole they are too high.</strong> On the 1,000 newest leads (2 March 2025 to 16 November "
        "2025), each scored at up to 2 ages, from which nothing was learned, they promised 11.0 % on average, and "
        "10.0 % of these moments led to it (95 % interval 9.0 % to 11.0 %). The model knows about 88 % of what can be "
        "known: log loss "
        "0.250 (0.240 to 0.260), against 0.325 if every lead is given the history&#x27;s rate and 0.240 with the true "
        "probabilities, which only made-up data can know. Of one lead that converts and one that does not, it gives "
        "the first the higher probability 80 times in 100: ROC-AUC 0.800 (0.790 to 0.810); the true probabilities "
        'reach 0.820.</p><p class="note">What to do with them, and what that earns: <a href="../index.html">the '
        "reports of the scenarios</a>.</p>"
    )


@pytest.mark.parametrize(
    ("faults", "text"),
    [
        ([], "The probabilities of a sale can be believed."),
        (["too_low", "uneven"], "with care: on the whole they are too low, and the gaps between what they promise"),
        (
            ["too_bold"],
            "everywhere (the mean gap is 0.6 percentage points): the high ones are too high and the low ones too low.",
        ),
        (
            ["too_timid"],
            "everywhere (the mean gap is 0.6 percentage points): the high ones are too low and the low ones too high.",
        ),
    ],
)
def test_belief_follows_the_faults(results, faults, text):
    """Check that each fault is said, and that without one the probabilities can be believed."""
    results["faults"] = faults
    assert text in model.say_belief(results)


def test_belief_needs_enough_conversions(results):
    """Check that too few conversions neither praise nor blame the probabilities."""
    results["metrics"]["test"]["is_calibration_assessable"] = False
    for faults in ([], ["too_low"]):
        assert "is not known: too few leads of the test convert" in model.say_belief(results | {"faults": faults})


def test_knowledge_without_truth_is_measured_from_the_rate_alone(project):
    """Check that where the truth is unknown the model is compared with one rate, 1 - 0.25 / 0.3252 = 23 %."""
    remove_dates(project)
    results = collect_model_results("sale")
    verdict = read(model.show_verdict(results))
    assert "On the 1,000 newest leads, from which nothing was learned" in verdict
    assert "The model takes away 23 % of the uncertainty: log loss 0.250" in verdict
    assert "true probabilities" not in verdict
    assert "At the extraction" in read(model.show_ages(results))
    assert "The source has no dates" in read(model.show_data(results))
    assert "No column of this source is declared as filled in after the outcome." in read(model.show_leakage(results))


def test_model_that_knows_nothing_is_not_praised(project):
    """Check that a model no better than one rate for everybody is said to know no more than it."""
    change(project / "metrics/sale.json", test__log_loss=0.33)
    assert "The model knows no more than the history's rate" in model.say_knowledge(collect_model_results("sale"))


def test_objective_that_is_not_applicable_says_so_and_no_more(project):
    """Check that only the verdict speaks where the source does not know the objective."""
    results = collect_model_results("accepted")
    assert "Not applicable." in model.show_verdict(results).data
    assert "which leads end in acceptance by the client" in model.show_verdict(results).data
    assert len(SECTIONS) == 9
    assert {getattr(model, name)(results).data for name in SECTIONS} == {""}
    assert {getattr(behaviour, name)(results).data for name in BEHAVIOUR} == {""}


def test_groups_say_what_helps_and_what_cannot_be_told(results):
    """Check that sentences and table agree: only an interval beside zero is a difference."""
    text = read(model.show_groups(results))
    assert "On these test leads the model is better, by more than their chance, with job title." in text
    assert "the others being there, with form." in text
    assert "On these test leads the model is worse, by more than their chance, with contact." in text
    assert (
        '<tr class="marked"><th scope="row">None</th><td>0</td><td>0.750</td><td>0.2700</td><td>–</td><td>–</td>'
        in text
    )
    assert (
        '<th scope="row">Job title</th><td>5</td><td>0.745</td><td>0.2721</td><td>0.0021</td>'
        "<td>0.0015 to 0.0027</td>" in text
    )
    assert "<td>−0.0015</td><td>−0.0021 to −0.0009</td>" in text
    assert text.index("Job title") < text.index("Form") < text.index("Contact")


def test_source_without_groups_says_so(results):
    """Check that there is no empty table where there is no group."""
    text = read(model.show_groups(results | {"groups": []}))
    assert "no explicit metrics" in text
    assert "<table" not in text


def test_data_says_where_leads_went_and_how_many_persons_there_are(results):
    """Check that reading, persons and folds are counted, and what is unknown is a dash."""
    text = read(model.show_data(results))
    assert "Read: 3,000 leads and 9,000 activities; 15 rows could not be used" in text
    assert "The 2,960 leads that were looked at are of 2,870 persons; 90 came from somebody who had asked" in text
    assert "Kept out of learning because the same person is in the test: 7 leads." in text
    assert '<th scope="row">Learned from</th><td>2,000</td><td>3,900</td><td>190</td>' in text
    assert '<th scope="row">Not decided yet</th><td>300</td><td>500</td><td>–</td>' in text
    results["metrics"]["data"]["persons"]["kept_out_of_history"] = 0
    assert "Kept out of learning" not in read(model.show_data(results))


def test_alerts_stand_first_among_the_data(project):
    """Check that what must be known about the data comes before the counts."""
    change(project / "metrics/sale.json", data__base_rate_history=0.5)
    text = read(model.show_data(collect_model_results("sale")))
    assert text.index("moved from 50.0 %") < text.index("Read:")


def test_quarantine_says_its_cost_and_its_reasons(results):
    """Check that leads, later conversions and the reasons, the most frequent first, are counted."""
    text = read(model.show_quarantine(results))
    assert "40 leads. Of the 31 whose outcome is known 2 ended in a sale" in text
    assert text.index("Link in the message</th><td>30</td>") < text.index("Disposable address</th><td>12</td>")
    results["metrics"]["data"]["quarantine"] = {"leads": 0, "decided": 0, "conversions": 0, "reasons": {}}
    assert "No lead is set apart as spam." in read(model.show_quarantine(results))
    assert "<table" not in read(model.show_quarantine(results))


def test_understood_fields_are_counted_with_what_was_not(results):
    """Check that shares and frequent values are listed, and a personal field lists no value."""
    text = read(model.show_understood(results))
    assert '<th scope="row">Job title: job_seniority</th><td>800</td><td>200</td><td>75.0 %</td>' in text
    assert '<th scope="row">Email: is_email_valid</th><td>3,000</td><td>10</td><td>99.7 %</td>' in text
    assert (
        "<li>Job title, not understood as job_seniority: “\u2068wizard\u2069” (12), “\u2068ninja\u2069” (3)</li>"
        in text
    )
    assert text.count("<li>") == 1
    assert "<table" not in read(model.show_understood(results | {"understood": []}))


def test_field_that_nobody_gave_has_no_share(results):
    """Check that nothing is divided by nothing."""
    field = {"field": "sector", "metric": "sector", "given": 0, "understood": 0, "unknown": []}
    assert "<td>0</td><td>0</td><td>–</td>" in read(model.show_understood(results | {"understood": [field]}))


def test_catalogue_is_folded_and_whole(results):
    """Check that every metric has name, group, unit, meaning and source in its kind's table."""
    text = read(model.show_catalogue(results))
    assert "<details><summary>2 metrics: name, group, unit, meaning and source</summary>" in text
    assert text.count("<table>") == 2
    assert (
        '<th scope="row">count_pages</th><td class="text">counts</td><td class="text">pages</td>'
        '<td class="text">Pages looked at before the snapshot.</td><td class="text">page_viewed</td>' in text
    )
    explicit = [metric for metric in results["catalogue"] if metric.kind == "explicit"]
    assert read(model.show_catalogue(results | {"catalogue": explicit})).count("<table>") == 1


def test_hostile_values_are_inert_and_short(results):
    """Check that markup, long text and marks that turn the reading direction do no harm."""
    values = [MARKUP, "x" * 10_000, "\u202egnp.exe", "a\nb\x00c", "\ud800"]
    unknown = [{"value": value, "leads": 1} for value in values]
    results["understood"][0]["unknown"] = unknown
    results["metrics"]["data"]["quarantine"]["reasons"] = {MARKUP: 1}
    text = "".join(getattr(model, name)(results).data for name in SECTIONS)
    assert "<script" not in text
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 2
    assert "x" * 40 + "…" in text
    assert "x" * 41 not in text
    assert "\u202e" not in text
    assert "a b c" in text
    text.encode("utf-8")


def test_figures_that_could_not_be_computed_are_dashes(project):
    """Check that a group and an age without figures are shown as missing."""
    lost = {"metrics": 2, **dict.fromkeys(("roc_auc", "log_loss", "loss_difference"))}
    lost |= dict.fromkeys(("loss_difference_low", "loss_difference_high"))
    change(project / "metrics/sale.json", groups={"form": lost})
    text = read(model.show_groups(collect_model_results("sale")))
    assert '<th scope="row">Form</th><td>2</td><td>–</td><td>–</td><td>–</td><td>– to –</td>' in text


def test_changed_figures_reach_the_report(project):
    """Check that nothing is remembered from one call to the next."""
    before = read(model.show_understood(collect_model_results("sale")))
    write(project / "data/interim/understood.json", {"source": "tiny", "fields": []})
    assert read(model.show_understood(collect_model_results("sale"))) != before


def test_showing_changes_nothing(results):
    """Check that rendering leaves the results as they were."""
    before = copy.deepcopy({key: value for key, value in results.items() if isinstance(value, dict | list | str)})
    for name in (*SECTIONS, "show_verdict"):
        getattr(model, name)(results)
    for name in BEHAVIOUR:
        getattr(behaviour, name)(results)
    assert {key: results[key] for key in before} == before
