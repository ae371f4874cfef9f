import pytest

from src.reports.model import behaviour
from src.reports.model.results import collect_model_results, list_half_lives, list_opens, take_newsletters
from tests.reports.project import change, make_group, make_metrics, make_newsletters, remove_dates
from tests.reports.test_model import read


@pytest.fixture
def results(project):
    return collect_model_results("sale")


def test_each_age_says_what_behaviour_saves(results):
    """Check that each age has told, did and both, and the loss that behaviour saves with its interval."""
    text = behaviour.write_parts_by_age(results)
    cells = "<td>0.750</td><td>0.2700</td>" * 3
    assert f'<th scope="row">At once</th>{cells}<td>−0.0002</td><td>−0.0012 to 0.0008</td>' in text
    assert f'<th scope="row">1 day</th>{cells}<td>0.0359</td><td>0.0349 to 0.0369</td>' in text


def test_preferred_half_life_is_marked_and_said(results):
    """Check that 30 days, whose difference of -0.00025 lies within -0.00045 and -0.00005, beat the guess surely."""
    text = read(behaviour.show_half_lives(results))
    assert "The data prefer a half-life of 30 days to 7, the guess: it saves 0.00025 of log loss, more than" in text
    assert (
        '<tr class="marked"><th scope="row">30 days</th><td>0.745</td><td>0.26975</td><td>−0.00025</td>'
        "<td>−0.00045 to −0.00005</td></tr>" in text
    )
    assert '<th scope="row">7 days</th><td>0.745</td><td>0.27000</td><td>–</td><td>–</td>' in text
    assert text.index(">2 days<") < text.index(">7 days<") < text.index(">30 days<")


@pytest.mark.parametrize(
    ("two", "thirty", "said"),
    [
        ((0.002, 0.001), (0.001, 0.0005), "7 days, as people guess: the others are measurably worse"),
        ((0.002, 0.003), (0.001, 0.0005), "7 days, as people guess, but not every other half-life can be told"),
        ((-0.002, 0.003), (0.001, 0.0005), "2 days to 7, the guess, but the 0.00200 of log loss that it saves may be"),
    ],
)
def test_preference_is_no_surer_than_its_intervals(two, thirty, said):
    """Check what is said when the guess wins, surely and not, and when the winner may be chance."""
    half_lives = {"2": make_group(1, *two), "7": make_group(1, 0.0, 0.0), "30": make_group(1, *thirty)}
    rows = list_half_lives({"guessed": 7.0, "rows": 9, "half_lives": half_lives})
    assert said in behaviour.say_preference(rows)


def test_half_lives_are_in_order_with_their_sides():
    """Check that 2 comes before 10, and that only an interval beside zero takes a side."""
    half_lives = {"10": make_group(1, 0.002, 0.001), "2": make_group(1, 0.001, 0.002), "7": make_group(1, 0.0, 0.0)}
    rows = list_half_lives({"guessed": 7.0, "rows": 9, "half_lives": half_lives})
    assert [(row["half_life"], row["side"]) for row in rows] == [(2, 0), (7, 0), (10, 1)]
    assert [row["is_guessed"] for row in rows] == [False, True, False]
    assert [row["is_preferred"] for row in rows] == [False, True, False]
    assert list_half_lives({}) == []


def test_opens_are_left_out_in_two_steps(results):
    """Check that all metrics come first, and that the verdict is that of the row without any opens."""
    text = read(behaviour.show_opens(results))
    assert "E-mail opens help: without them the model is measurably worse." in text
    assert '<tr class="marked"><th scope="row">All metrics</th><td>0.750</td><td>0.2700</td><td>–</td>' in text
    assert "<td>0.2724</td><td>0.0024</td><td>0.0018 to 0.0030</td>" in text


@pytest.mark.parametrize(("difference", "said"), [(0.0, "cannot be told from chance"), (-0.01, "E-mail opens harm")])
def test_opens_need_not_help(difference, said):
    """Check that noise and harm are called so."""
    metrics = make_metrics()
    metrics["opens"]["without_any"] = make_group(10, difference, 0.001)
    assert said in behaviour.say_opens(list_opens(metrics))


def test_list_is_shown_by_month_and_by_newsletter(results):
    """Check shares and rates of a row, the last twelve months alone, and names for what has none."""
    text = read(behaviour.show_newsletters(results))
    assert "Of 12,000 e-mails 50.0 % were opened, 30.0 % by people; 10.0 % were clicked, 6.0 % by people." in text
    assert (
        "<td>9,000</td><td>50.0 %</td><td>30.0 %</td><td>10.0 %</td><td>6.0 %</td><td>20.0 % (13.0 to 29.0)</td>"
        "<td>–</td>" in text
    )
    assert '<th scope="row">All others</th>' in text
    assert "2025-12" in text
    assert "2024-12" not in text
    assert "(few)" not in text


def test_sentence_on_conversions_needs_both_rates(results):
    """Check that clickers and others are compared where both are known, and not where one is not."""
    row = results["newsletters"]["all"]
    assert len(behaviour.list_whole(row, "a sale")) == 1
    row["converted"]["others"] = {"rate": 0.07, "rate_low": 0.06, "rate_high": 0.08}
    assert "After 20.0 % (13.0 to 29.0) of the e-mails" in behaviour.list_whole(row, "a sale")[1].replace("\u00a0", " ")


def test_months_with_few_emails_are_marked():
    """Check that a share of twelve e-mails does not stand there like any other."""
    figures = make_newsletters()
    figures["months"] = figures["months"][:2]
    rows = take_newsletters(figures, "sale")["months"]
    assert [behaviour.name_row(row).replace("\u2068", "").replace("\u2069", "") for row in rows] == [
        "2024-11 (few)",
        "2024-12",
    ]


def test_newsletter_names_are_inert(results):
    """Check that a name from the data brings no markup and is cut short."""
    results["newsletters"]["newsletters"][0]["name"] = "<script>alert(1)</script>" + "x" * 100
    text = behaviour.show_newsletters(results).data
    assert "<script" not in text
    assert "x" * 41 not in text


def test_source_without_emails_and_decay_says_so(project):
    """Check that each section has a sentence and no table where there is nothing to show."""
    remove_dates(project)
    results = collect_model_results("sale")
    for show in (behaviour.show_half_lives, behaviour.show_opens, behaviour.show_newsletters):
        text = read(show(results))
        assert "<p>" in text
        assert "<table" not in text


def test_figures_that_could_not_be_computed_are_dashes(project):
    """Check that a missing difference is shown as missing."""
    lost = dict.fromkeys(("loss_difference", "loss_difference_low", "loss_difference_high"))
    change(project / "metrics/sale.json", features_by_age__1d__gain=lost)
    text = behaviour.write_parts_by_age(collect_model_results("sale"))
    assert "<td>–</td><td>– to –</td>" in text
