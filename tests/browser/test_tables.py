"""Sorting the tables of a page by their columns."""

from tests.browser.test_reports import open_page

CELLS = "table => [...table.tBodies[0].rows].map(row => row.cells[{}].textContent)"


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
        table = page.locator("table").first
        first = table.evaluate(CELLS.format(1))
        profits = ["€16,000", "€12,000", "€0", "−€500"]
        assert sort(table, "Profit (95\u00a0% interval)") == "descending"
        assert read_profits(table) == profits
        assert sort(table, "Profit (95\u00a0% interval)") == "ascending"
        assert read_profits(table) == profits[::-1]
        assert sort(table, "Profit (95\u00a0% interval)") is None
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
        table = page.locator("table").first
        marked = table.locator("tr.marked th").text_content()
        table.get_by_role("button", name="Policy").focus()
        page.keyboard.press("Enter")
        names = table.evaluate(CELLS.format(0))
        assert names == sorted(names)
        assert table.locator("tr.marked th").text_content() == marked
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Profit (95\u00a0% interval)"


def test_months_are_in_order_of_time(browser, pages):
    """Check that a month is no number."""
    with open_page(browser, pages["dated_model"], "desktop") as (page, _):
        table = page.locator("table", has=page.get_by_role("columnheader", name="Month", exact=True))
        assert sort(table, "Month") == "ascending"
        months = table.evaluate(CELLS.format(0))
        assert months == sorted(months)
        sort(table, "Month")
        assert table.evaluate(CELLS.format(0)) == months[::-1]
