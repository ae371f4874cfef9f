"""Numbers, names and tables as each language writes them."""

from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.params import Condition
from src.reports import formats, language, names
from src.reports.language import use_language
from src.reports.tables import table


@pytest.fixture
def spanish():
    use_language("es")
    yield
    use_language("en")


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(0.5, 0, "1"), (2.5, 0, "3"), (-0.4, 0, "0"), (-1234.5, 0, "−1,235"), (6.25, 1, "6.3"), (1.005, 2, "1.00")],
)
def test_halves_are_rounded_away_from_nought(value, digits, text):
    """Check the one rule of rounding that Python and the browser can share: exact, halves away from zero."""
    assert formats.write_number(value, digits) == text


@given(st.floats(-1e9, 1e9), st.integers(0, 4))
def test_numbers_are_as_near_as_their_decimals(value, digits):
    """Check that what is read back is within half a unit of the last decimal."""
    read = Decimal(formats.write_number(value, digits).replace(",", "").replace("−", "-"))
    assert abs(read - Decimal(value)) <= Decimal(10) ** -digits / 2


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0%"), (0.00001, "under 0.01%"), (0.0123, "1.2%"), (0.00123, "0.12%"), (0.31, "31%"), (None, "–")],
)
def test_probabilities_have_two_figures(share, text):
    assert formats.write_probability(share) == text


def test_amounts_are_as_exact_as_their_interval():
    """Check that the width of an interval sets the digits, and that amounts without one have three figures."""
    figures = {"profit": 140350.5, "profit_low": 127944.6, "profit_high": 153645.5}
    assert formats.write_money_between(figures) == "€140,000 (€128,000 to €154,000)"
    assert formats.write_money_between({"profit": -12.0, "profit_low": -12.0, "profit_high": -12.0}) == "−€12"
    assert formats.write_money(146858.4) == "€147,000"
    assert formats.write_price(12.5) == "€12.50"


def test_the_currency_is_that_of_the_source():
    use_language("en", "USD")
    assert formats.write_money(1500.0) == "US$1,500"
    use_language("en")


def test_spanish_writes_its_own(spanish):
    """Check separators, the place of the euro, a percent sign that stays with its number, dates and lists."""
    assert formats.write_number(1234.5, 1) == "1.234,5"
    assert formats.write_money(-146858.4) == "−147.000\u00a0€"
    assert formats.write_probability(0.014) == "1,4\u00a0%"
    assert language.write_date("2025-03-02 10:00:00") == "2 de marzo de 2025"
    assert language.write_month("2025-08") == "agosto de 2025"
    assert language.write_list(["valor", "coste", "factor"]) == "valor, coste y factor"
    assert names.write_age("1d") == "1 día"
    assert names.write_age("7d") == "7 días"
    assert names.write_metric("decayed_meeting_booked_2d") == "reuniones reservadas recientes (vida media de 2 días)"


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ({"metric": "is_phone_valid", "equals": 1.0}, "valid phone number"),
        ({"metric": "is_phone_valid", "equals": 0.0}, "no valid phone number"),
        ({"metric": "km_to_site", "at_most": 30.0}, "at most 30 km to the nearest site"),
        ({"metric": "count_employees", "at_least": 10.0}, "at least 10 employees"),
        ({"metric": "consent", "equals": "yes"}, "consent: yes"),
        ({"metric": "colour", "among": ["red", "blue"]}, "colour: \u2068red\u2069 and \u2068blue\u2069"),
    ],
)
def test_conditions_are_what_a_person_would_say(condition, text):
    assert names.write_condition(Condition(**condition)) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("count_email_sent", "e-mails sent"),
        ("count_email_sent_30d", "e-mails sent in the last 30 days"),
        ("days_since_activity", "days since the last of activities"),
        ("count_pages_blog", "pages viewed of the section “blog”"),
        ("km_to_site", "km to the nearest site"),
        ("total_visits", "total visits"),
    ],
)
def test_features_are_what_a_person_would_say(name, text):
    assert names.write_metric(name) == text


def test_capacity_stands_in_the_names_of_the_rules_it_cuts_short():
    assert names.write_policy("call_everyone", 40) == "Call everyone, the first 40 of each week"
    assert names.write_policy("top_20_percent", 40) == "The model’s top 20%, up to 40 a week"
    assert names.write_policy("nurture_everyone", 40) == "Nurture everyone"


def test_values_of_leads_cannot_turn_the_words_around_them():
    """Check that what is invisible is a blank, that long values are cut, and that a script keeps to itself."""
    assert names.write_value("a\u202eb\nc") == "\u2068a b c\u2069"
    assert names.write_value("x" * 60) == f"\u2068{'x' * 40}…\u2069"


def test_words_of_codes_have_every_language():
    """Check that each code has as many words as there are languages, with the same places."""
    for kind, codes in language.read_words().items():
        for code, said in codes.items():
            assert len(said) == len(language.LOCALES), (kind, code)
            assert all(said), (kind, code)
            places = [sorted(part.split(")")[0] for part in each.split("%(")[1:]) for each in said]
            assert places[0] == places[1], (kind, code)


def test_table_escapes_cells_and_names_its_rows():
    """Check head, caption, escaped cells, an interval beneath its figure, and the marked row."""
    frame = pd.DataFrame(
        {"name": ["<b>", "a_b"], "x": [1234.0, None], "x_low": [1000.0, None], "x_high": [1500.0, None]}
    )
    html = table(frame, [("name", "Name", "text"), ("x", "Figure", "between1")], "Cap & tion", [1], ordered=True)
    assert '<th scope="row">&lt;b&gt;</th>' in html
    assert '<td>1,234.0 <span class="interval">(1,000.0 to 1,500.0)</span></td>' in html
    assert '<tr class=marked><th scope="row">a_<wbr>b</th><td>–</td>' in html
    assert "<caption><span>Cap &amp; tion</span></caption>" in html
    assert '<th scope="col" data-ordered class=text>Name</th>' in html
