import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.reports.fragments import write_list, write_paragraph, write_table, write_verdict
from src.reports.measures import say_quarantine
from src.reports.text import (
    find_step,
    say_age,
    say_amount,
    say_count,
    say_date,
    say_decimal,
    say_difference,
    say_figure,
    say_price,
    say_probability,
    say_profit,
    say_share,
    say_value,
)

MARKUP = '<script>alert("1")</script>'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "€0"),
        (0.5, "€0.50"),
        (9.996, "€10.00"),
        (12.4, "€12"),
        (999.6, "€1,000"),
        (146858.4, "€147,000"),
        (-1234, "−€1,230"),
        (-0.001, "€0.00"),
    ],
)
def test_amount_keeps_three_figures(value, text):
    """Check that amounts are rounded to three figures and carry their sign before the euro."""
    assert say_amount(value) == text


@pytest.mark.parametrize(("value", "text"), [(18.0, "€18"), (12.5, "€12.50"), (1.5, "€1.50"), (1250.0, "€1,250")])
def test_price_is_not_rounded(value, text):
    """Check that an amount somebody set is shown to the cent, whatever its size."""
    assert say_price(value) == text


@given(st.floats(-1e9, 1e9))
def test_amount_reads_back_close_to_the_value(value):
    """Check that what is shown differs from the value by less than one in a hundred or a cent."""
    shown = float(say_amount(value).replace("€", "").replace(",", "").replace("−", "-"))
    assert abs(shown - value) <= max(abs(value) / 100, 0.51 if abs(value) >= 10 else 0.0051)


@pytest.mark.parametrize(("low", "high", "step"), [(128000, 154000, 1000), (18150, 24489, 100), (0.1, 0.2, 0.01)])
def test_step_leaves_two_figures_of_the_interval(low, high, step):
    """Check that the interval's width decides how exact an amount is."""
    assert find_step(low, high) == step


def test_profit_is_as_exact_as_its_interval():
    """Check that value and ends of the interval are rounded alike, also below zero."""
    figures = {"profit": 33084.0, "profit_low": -4504.0, "profit_high": 41450.1}
    assert say_profit(figures) == ("€33,000", "−€5,000 to €41,000")


def test_profit_without_spread_is_exact():
    """Check that doing nothing earns nothing, for certain."""
    figures = {"profit": 0.0, "profit_low": 0.0, "profit_high": 0.0}
    assert say_profit(figures) == ("€0", "€0 to €0")


@pytest.mark.parametrize(
    ("profit", "low", "high", "text"),
    [
        (4000, 3100, 4900, "earned €4,000 less (interval €3,100 to €4,900)."),
        (-4000, -4900, -3100, "earned €4,000 more (interval €3,100 to €4,900): use it instead."),
        (
            500,
            -1000,
            2000,
            "earned €500 less (interval: from €2,000 less to €1,000 more): the two cannot be told apart.",
        ),
        (0, 0, 0, "earned the same."),
    ],
)
def test_difference_is_said_from_the_rules_side(profit, low, high, text):
    """Check that less and more, not signs, say how the best simple rule compares."""
    difference = {"profit": profit, "profit_low": low, "profit_high": high}
    assert (
        say_difference(difference, "The best simple rule", "A rule")
        == f"The best simple rule, “A rule”, would have {text}"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0\u00a0%"),
        (0.00001, "under 0.01\u00a0%"),
        (0.0038, "0.38\u00a0%"),
        (0.05, "5.0\u00a0%"),
        (0.0999, "10\u00a0%"),
        (0.3143, "31\u00a0%"),
        (1.0, "100\u00a0%"),
    ],
)
def test_probability_keeps_two_figures(value, text):
    """Check that probabilities are percentages with two figures, never in powers of ten."""
    assert say_probability(value) == text


def test_share_that_is_unknown_is_a_dash():
    """Check that a share of nothing is shown as missing."""
    assert say_share(None) == "–"
    assert say_share(0.125) == "12.5\u00a0%"


def test_interval_with_negative_ends_has_no_dash():
    """Check that ends are joined by a word, so that a minus is not taken for a dash."""
    figures = {"slope": 0.02, "slope_low": -0.05, "slope_high": 0.11}
    assert say_figure(figures, "slope", 2) == "0.02 (−0.05 to 0.11)"


def test_figure_without_interval_or_value():
    """Check that what could not be computed is left out or shown as missing."""
    assert say_figure({"auc": 0.5}, "auc", 2) == "0.50"
    assert say_figure({"auc": None, "auc_low": None, "auc_high": None}, "auc", 2) == "–"
    assert say_figure({}, "auc", 2) == "–"
    assert say_decimal(-0.0001, 2) == "0.00"


@pytest.mark.parametrize(
    ("age", "text"), [("0h", "at once"), ("0d", "at once"), ("1h", "1 hour"), ("1d", "1 day"), ("30d", "30 days")]
)
def test_age_in_words(age, text):
    """Check that ages are said in words, and that without dates there is only the extraction."""
    assert say_age(age) == text
    assert say_age(age, is_dated=False) == "at the extraction"


def test_counts_and_dates():
    """Check that counts have separators and dates no leading zero."""
    assert say_count(23579) == "23,579"
    assert say_date("2025-08-05 16:11:22") == "5 August 2025"


def test_markup_is_escaped_everywhere():
    """Check that no fragment lets markup through."""
    fragments = [
        write_table([MARKUP, "n"], [[MARKUP, MARKUP]], MARKUP),
        write_list([MARKUP]),
        write_paragraph(MARKUP, "note"),
        write_verdict(MARKUP, MARKUP),
    ]
    for fragment in fragments:
        assert "<script" not in fragment
        assert "&lt;script&gt;alert(&quot;1&quot;)" in fragment


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ((0, 0, 0), "No lead is set apart as spam."),
        ((1, 1, 0), "tested on: 1 lead. Of the 1 whose outcome is known 0 ended in a sale: so many conversions"),
        ((1200, 900, 4), "tested on: 1,200 leads. Of the 900 whose outcome is known 4 ended in a sale: so many"),
    ],
)
def test_quarantine_says_how_many_conversions_it_would_have_cost(counts, text):
    """Check that leads, known outcomes and conversions are said, and none where there are none."""
    quarantine = dict(zip(("leads", "decided", "conversions"), counts, strict=True))
    assert text in say_quarantine(quarantine, "a sale")


@given(st.text(max_size=200))
def test_value_is_one_short_line_kept_to_itself(text):
    """Check that any text stands between the marks of an isolate, short, printable and encodable."""
    shown = say_value(text)
    assert (shown[0], shown[-1]) == ("\u2068", "\u2069")
    assert shown[1:-1].isprintable()
    assert len(shown) <= 43
    shown.encode("utf-8")


def test_value_says_that_it_was_cut():
    """Check that a text of 40 characters is whole and of 41 is not."""
    assert say_value("a" * 40) == f"\u2068{'a' * 40}\u2069"
    assert say_value("a" * 41) == f"\u2068{'a' * 40}…\u2069"


def test_columns_of_words_are_told_from_numbers():
    """Check that head and cells of a column of words have its class, and names can break."""
    table = write_table(["Name", "n", "Meaning"], [["has_email", "1", "One."]], "Metrics", texts=[2])
    assert '<th scope="col">n</th><th scope="col" class="text">Meaning</th>' in table
    assert '<th scope="row">has_<wbr>email</th><td>1</td><td class="text">One.</td>' in table


def test_table_has_caption_scopes_and_marks():
    """Check that a table names its rows and columns and marks the rows asked for."""
    table = write_table(["Name", "n"], [["a", "1"], ["b", "2"]], "Counts", marked=[1])
    assert "<caption><span>Counts</span></caption>" in table
    assert table.count('<th scope="col">') == 2
    assert '<tr><th scope="row">a</th><td>1</td></tr>' in table
    assert '<tr class="marked"><th scope="row">b</th><td>2</td></tr>' in table
