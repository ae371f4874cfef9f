from src.reports.scenario import weeks
from src.reports.scenario.results import collect_results
from tests.reports.project import remove_dates
from tests.reports.test_thresholds import read


def test_weeks_without_limit_say_who_must_be_there(project):
    """Check that the calls of the median and of the busy weeks are said, and no capacity."""
    text = read(weeks.show_weeks(collect_results("open")))
    assert "The cuts ask for 30 calls in the median week, from 20 to 40; who can make 38 has enough" in text
    assert "All 3 weeks" in text
    assert "<td>500</td><td>20</td><td>40</td><td>60</td><td>€9,000</td></tr>" in text
    assert "between 20 and 40, without limit." in text


def test_policies_are_compared_in_each_week(project):
    """Check that the weeks in which the cuts earn as much as the best simple rule are counted, and all are shown."""
    text = read(weeks.show_weeks(collect_results("open")))
    assert (
        "In 2 of 3 weeks the two cuts would have earned at least as much as the best of the simple rules, “Call" in text
    )
    assert '<th scope="row">2025-W10</th><td>€9,000</td><td>€9,500</td><td>€0</td><td>−€500</td>' in text


def test_weeks_under_a_capacity_say_what_is_left_out(project):
    """Check that full weeks, backlog and the worth of one more call are said."""
    text = read(weeks.show_weeks(collect_results("limited")))
    assert (
        "In 2 of 3 weeks more leads were worth a call than could be called: 75 % of all calls of whole weeks were "
        "used, and 25 leads worth one, of which 3 converted, got none." in text
    )
    assert "One more call a week was expected to add €11 for each" in text
    assert "it would have added €8 (−€12 to €32)" in text
    assert '<tr class="marked"><th scope="row">100 %</th><td>90</td><td>€16,000</td></tr>' in text
    assert "against a capacity of 40 a week." in text
    assert "<td>€9,000</td><td>50 %</td></tr>" in text


def test_cut_off_weeks_are_in_no_range(project):
    """Check that the first week, of 20 calls, is left out of median and range where it is not whole."""
    path = project / "metrics/plots/policies/sale-open-weeks.csv"
    text = path.read_text(encoding="utf-8").replace("2025-W10,two_cuts,True", "2025-W10,two_cuts,False")
    path.write_text(text, encoding="utf-8")
    text = read(weeks.show_weeks(collect_results("open")))
    assert "The cuts ask for 35 calls in the median week, from 30 to 40" in text
    assert "Calls in each of 3 weeks of the test; in whole weeks between 30 and 40, without limit." in text


def test_weeks_without_calls_are_said(project):
    """Check that nothing is drawn where nobody is called."""
    results = collect_results("open")
    results["weeks"]["contacts"] = 0
    text = read(weeks.show_weeks(results))
    assert "Nobody is called in any week." in text
    assert "<img" not in text


def test_capacity_that_suffices_is_said(project):
    """Check that nothing is left out where every lead worth a call gets one."""
    results = collect_results("limited")
    results["policy"]["capacity"]["backlog"] |= {"leads": 0, "conversions": 0}
    results["policy"]["capacity"]["one_more"] = {"calls": 0, "expected": None}
    text = read(weeks.show_weeks(results))
    assert "The capacity suffices" in text
    assert weeks.say_used({"used": None}) == "no week of the test is whole"
    assert "would have found nobody worth it" in text


def test_weeks_of_a_source_without_dates_are_leads(project):
    """Check that the hundreds of leads that stand in for weeks keep their name."""
    remove_dates(project)
    path = project / "metrics/plots/policies/sale-limited-weeks.csv"
    text = path.read_text(encoding="utf-8").replace("2025-W1", "leads 1")
    path.write_text(text, encoding="utf-8")
    assert '<th scope="row">leads 10</th>' in weeks.show_weeks(collect_results("limited")).data
