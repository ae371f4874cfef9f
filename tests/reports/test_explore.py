import pandas as pd

from src.features.catalogue import Metric
from src.reports import explore
from src.reports.model.results import take_newsletters
from tests.reports.project import make_newsletters

RATES = pd.DataFrame(
    {
        "group": ["web", "<b>$fair$</b>"],
        "leads": [1000, 10],
        "conversions": [100, 3],
        "rate": [0.1, 0.3],
        "rate_low": [0.08, 0.1],
        "rate_high": [0.12, 0.6],
    }
)


def test_rates_are_a_figure_and_a_table():
    """Check that the finding is in the alternative text, every row in the table, and markup inert."""
    html = explore.show_rates(RATES, "channel", "a sale").data.replace("\u00a0", " ")
    assert (
        "highest for &lt;b&gt;$fair$&lt;/b&gt;, 30.0 % of 10 leads, lowest for web, 10.0 % of 1,000; 10.2 % of all"
        in html
    )
    assert '<th scope="row">web</th><td>1,000</td><td>100</td><td>10.0 %</td><td>8.0 % to 12.0 %</td>' in html
    assert "<caption><span>Rate of a sale by channel</span></caption>" in html
    assert "<b>" not in html


def test_table_shows_each_kind_of_cell():
    """Check that counts have separators, times are whole and what is missing is a dash."""
    table = pd.DataFrame(
        {"kind_of": ["a"], "at": [pd.Timestamp("2025-01-02 03:04:05")], "count": [1234], "gone": [None]}
    )
    html = explore.show_table(table, "Cells").data
    assert '<th scope="col">Kind of</th>' in html
    assert "<td>2025-01-02 03:04:05</td><td>1,234</td><td>–</td>" in html


def test_activity_counts_say_their_distribution():
    """Check that the alternative text holds the median and the share of leads without any."""
    html = explore.show_activity_counts(pd.Series([0, 0, 1, 2, 400])).data.replace("\u00a0", " ")
    assert "half of 5 leads have at most 1" in html
    assert "40.0 % have none" in html


def test_sentence_is_escaped():
    """Check that a sentence cannot bring markup."""
    assert explore.show_sentence("<i>").data == "<p>&lt;i&gt;</p>"


def test_values_of_a_lead_are_as_exact_as_they_need_to_be():
    """Check whole numbers without decimals, others with two, and what is missing as a dash."""
    table = pd.DataFrame({"metric": ["a (days)"], "0h": [1200.0], "1d": [0.987], "7d": [float("nan")]})
    html = explore.show_values(table, "Lead").data
    assert '<th scope="col">7d</th>' in html
    assert "<td>1,200</td><td>0.99</td><td>–</td>" in html


def test_ranking_says_what_each_metric_is():
    """Check that only so many are shown, with group, figure and meaning."""
    metrics = [Metric(name, "implicit", "counts", "number", "pages", "Pages <seen>.", "x") for name in ("a", "b")]
    html = explore.show_ranking(pd.DataFrame({"metric": metrics, "roc_auc": [0.91234, 0.6]}), 1, "a sale").data
    assert '<th scope="row">a</th><td class="text">counts</td><td>0.912</td>' in html
    assert "Pages &lt;seen&gt;." in html
    assert ">b<" not in html


def test_decays_say_what_a_week_old_activity_counts():
    """Check 0.5 at seven days, and 2 to the power of -3.5 = 0.09 at two."""
    assert "0.09 at 2 days, 0.50 at 7 days." in explore.show_decays([2.0, 7.0], until=30).data


def test_emails_are_shown_by_month_and_by_newsletter():
    """Check that both tables and the sentence on all are there."""
    html = explore.show_emails(take_newsletters(make_newsletters(), "sale"), "a sale").data
    assert "Of 12,000 e-mails" in html
    assert html.count("<table>") == 2
