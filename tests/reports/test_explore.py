import pandas as pd

from src.reports import explore

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
    assert explore.say("<i>").data == "<p>&lt;i&gt;</p>"
