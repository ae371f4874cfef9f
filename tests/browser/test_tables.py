"""Sorting the tables of a page by their columns."""

from pathlib import Path

import pandas as pd
import pytest

from src.reports.language import use_language
from src.reports.pages import write_page
from src.reports.tables import table
from tests.browser.test_reports import open_page

CELLS = "table => [...table.tBodies[0].rows].map(row => row.cells[{}].textContent)"


def open_policies(page):
    """Return the table of the policies, unfolded."""
    page.locator("summary").first.click()
    return page.locator("section:has(#policies) table").first


def sort(table, name: str) -> str | None:
    head = table.get_by_role("columnheader", name=name, exact=True)
    head.get_by_role("button").click()
    return head.get_attribute("aria-sort")


def read_profits(table) -> list[str]:
    """Return the figures of the first column without their intervals."""
    return [text.partition(" (")[0] for text in table.evaluate(CELLS.format(1))]


def test_figures_sort_down_then_up_then_as_they_were(browser, pages):
    """Check the three presses, that what is missing stays last, and that assistive programs are told."""
    with open_page(browser, pages["dated_limited"], "desktop") as (page, faults):
        table = open_policies(page)
        first = table.evaluate(CELLS.format(1))
        profits = ["€16,000", "€12,000", "€0", "−€500"]
        assert sort(table, "Value") == "descending"
        assert read_profits(table) == profits
        assert sort(table, "Value") == "ascending"
        assert read_profits(table) == profits[::-1]
        assert sort(table, "Value") is None
        assert table.evaluate(CELLS.format(1)) == first
        sort(table, "Precision")
        assert table.evaluate(CELLS.format(5))[-1] == "–"
        sort(table, "Precision")
        assert table.evaluate(CELLS.format(5))[-1] == "–"
        assert table.locator("[aria-sort]").count() == 1
        assert faults == []


def test_names_sort_with_the_keyboard(browser, pages):
    """Check that a head is reached by Tab, pressed by a key, and that the mark goes with its row."""
    with open_page(browser, pages["dated_limited"], "desktop") as (page, _):
        table = open_policies(page)
        marked = table.locator("tr.marked th").text_content()
        table.get_by_role("button", name="Policy").focus()
        page.keyboard.press("Enter")
        names = table.evaluate(CELLS.format(0))
        assert names == sorted(names)
        assert table.locator("tr.marked th").text_content() == marked
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Value"


def test_months_are_in_order_of_time(browser, pages):
    """Check that a month is no number."""
    with open_page(browser, pages["dated_model"], "desktop") as (page, _):
        page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
        table = page.locator("table", has=page.get_by_role("columnheader", name="Month", exact=True))
        assert sort(table, "Month") == "ascending"
        months = table.evaluate(CELLS.format(0))
        assert months == sorted(months)
        sort(table, "Month")
        assert table.evaluate(CELLS.format(0)) == months[::-1]


def write_cells(path: Path, language: str, cells: list[str], is_ordered: bool = False) -> Path:
    """Write a page in a language with one table of one column."""
    html = table(pd.DataFrame({"cell": cells}), [("cell", "Cell", "text")], "Cells", ordered=is_ordered)
    use_language(language)
    try:
        path.write_text(write_page("Cells", ["<h1>Cells</h1>", html]), encoding="utf-8")
    finally:
        use_language("en")
    return path


@pytest.mark.parametrize(
    ("language", "ascending"),
    [
        ("en", ["−€1,200", "−€20", "€0", "€900", "€1,100", "€12,000"]),
        ("es", ["−1.200\xa0€", "−20\xa0€", "0\xa0€", "900\xa0€", "1.100\xa0€", "12.000\xa0€"]),
        ("en", ["under 0.01\xa0%", "0.01\xa0%", "0.43\xa0%", "5.0\xa0%", "12\xa0%", "–"]),
        ("es", ["menos del 0,01\xa0%", "0,01\xa0%", "0,43\xa0%", "5,0\xa0%", "12\xa0%", "–"]),
        ("en", ["below 1\xa0%", "1\xa0% to 2\xa0%", "2\xa0% to 5\xa0%", "10\xa0% and more"]),
        ("en", ["−0.04 (−0.05 to 9.00)", "0.02 (−0.05 to 0.09)", "1.00 (0.93 to 1.06)"]),
        ("en", ["1 day", "7 days", "30 days"]),
        ("es", ["1 día", "7 días", "30 días"]),
        # Names, although there are digits in them.
        ("en", ["2025-W09", "2025-W12", "2026-W01"]),
        ("en", ["leads 100 to 199", "leads 900 to 999", "leads 1000 to 1099"]),
        ("en", ["A1", "A2", "B1"]),
        ("en", ["Call the top 50\xa0%, up to 40 a week", "Do nothing", "Nurture everyone"]),
    ],
)
def test_cells_are_sorted_by_what_they_say(browser, tmp_path, language, ascending):
    """Check amounts, shares, bounds and names in either language, from the reverse order; what is missing is last."""
    path = write_cells(tmp_path / "cells.html", language, ascending[::-1])
    with open_page(browser, path, "desktop") as (page, faults):
        cells = page.locator("table")
        sort(cells, "Cell")
        assert cells.evaluate(CELLS.format(0)) == ascending
        assert faults == []


def test_ages_and_months_keep_their_order(browser, tmp_path):
    """Check that a column whose words do not tell its order is sorted as its rows stand."""
    months = ["agosto de 2025", "septiembre de 2025", "abril de 2026"]
    with open_page(browser, write_cells(tmp_path / "cells.html", "es", months, True), "desktop") as (page, _):
        table = page.locator("table")
        assert sort(table, "Cell") == "ascending"
        assert table.evaluate(CELLS.format(0)) == months
        assert sort(table, "Cell") == "descending"
        assert table.evaluate(CELLS.format(0)) == months[::-1]


@pytest.mark.parametrize("name", ["dated_limited", "dated_model", "dated_comparison"])
def test_tables_fit_a_desktop(browser, pages, name):
    """Check that no table scrolls sideways at 1280 pixels: its intervals are folded, its heads short."""
    wide = "[...document.querySelectorAll('.scroll')].filter(box => box.scrollWidth > box.clientWidth)"
    with open_page(browser, pages[name], "desktop") as (page, _):
        page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
        assert page.evaluate(f"{wide}.map(box => box.ariaLabel)") == []
