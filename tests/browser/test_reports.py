from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
SCREENSHOTS = Path(__file__).parents[1] / "screenshots"

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
UNLOADED = "[...document.images].filter(image => !image.complete || image.naturalWidth === 0).length"
HEADINGS = "[...document.querySelectorAll('h1, h2, h3, h4')].map(heading => Number(heading.tagName[1]))"
UNNAMED = "[...document.querySelectorAll('table')].filter(table => !table.caption?.textContent.trim()).length"
DEAD = "[...document.querySelectorAll('a[href^=\"#\"]')].filter(a => !document.querySelector(a.hash)).length"
NARROW = "Math.min(...[...document.images].map(image => image.clientWidth / image.parentElement.clientWidth))"


@contextmanager
def open_page(browser: Browser, path: Path, size: str, scheme: str = "light") -> Iterator[tuple[Page, list[str]]]:
    """Yield the page and a list of what goes wrong: errors, messages and requests that leave it."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
    )
    page, faults, home = context.new_page(), [], path.resolve().as_uri()
    page.on("console", lambda message: faults.append(f"console {message.type}: {message.text}"))
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on("request", lambda request: None if request.url.startswith((home, "data:")) else faults.append(request.url))
    page.goto(home)
    yield page, faults
    context.close()


def wait_until(page: Page, condition: str) -> None:
    """Wait until an expression is true; playwright's own way needs `eval`, which the pages forbid."""
    page.evaluate(
        f"new Promise(done => {{ const look = () => ({condition}) ? done() : setTimeout(look, 20); look() }})"
    )


@pytest.mark.parametrize("size", SIZES)
def test_every_page_opens_whole_and_alone(browser, pages, size):
    """Check that pages load without errors or requests, in good order and no wider than the screen."""
    assert {f"{kind}_{name}" for kind in ("dated", "undated") for name in ("limited", "model", "index")} <= set(pages)
    for name, path in pages.items():
        with open_page(browser, path, size) as (page, faults):
            page.screenshot(path=SCREENSHOTS / f"{name}_{size}.png")
            assert faults == [], name
            assert page.evaluate(OVERFLOW) <= 0, name
            assert page.evaluate(UNLOADED) == 0, name
            assert page.evaluate(UNNAMED) == 0, name
            assert page.evaluate(DEAD) == 0, name
            levels = page.evaluate(HEADINGS)
            assert levels[0] == 1, name
            assert levels.count(1) == 1, name
            assert all(after - before <= 1 for before, after in pairwise(levels)), name


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")


def test_first_column_stays_while_a_table_scrolls(browser, pages):
    """Check that on a phone the names of the rows remain in sight at the end of a wide table."""
    with open_page(browser, pages["dated_limited"], "phone") as (page, _):
        unfold(page)
        table = page.locator(".scroll").first
        table.evaluate("region => region.scrollLeft = region.scrollWidth")
        assert table.evaluate("region => region.scrollLeft") > 0
        name = table.locator("tbody th").first.bounding_box()
        last = table.locator("tbody tr").first.locator("td").last.bounding_box()
        assert 0 <= name["x"] < name["x"] + name["width"] <= last["x"]
        assert last["x"] + last["width"] <= SIZES["phone"][0]
        assert page.evaluate(OVERFLOW) <= 0


def test_wide_table_scrolls_with_the_keyboard(browser, pages):
    """Check that a table that is wider than the screen can be reached and moved without a mouse."""
    with open_page(browser, pages["dated_limited"], "phone") as (page, _):
        unfold(page)
        page.locator(".scroll").first.focus()
        page.keyboard.press("ArrowRight")
        wait_until(page, "document.querySelector('.scroll').scrollLeft > 0")


@pytest.mark.parametrize("size", SIZES)
def test_one_screen_decides(browser, pages, size):
    """Check that the decision, the large numbers and the picture are there without scrolling, and no page is long."""
    longest = {"model": (1500, 6000)}
    for name, path in pages.items():
        kind = name.rpartition("_")[2]
        if kind == "card":
            continue
        with open_page(browser, path, size) as (page, _):
            height = SIZES[size][1]
            assert page.locator(".decision").first.bounding_box()["y"] < height / 3, name
            picture = page.locator("header img")
            if picture.count():
                box = picture.bounding_box()
                assert box["y"] + box["height"] <= height + 120 * (size == "phone"), name
            if size == "desktop":
                words, pixels = longest.get(kind, (1200, 5000))
                assert page.evaluate("document.body.innerText.trim().split(/\\s+/).length") <= words, name
                assert page.evaluate("document.documentElement.scrollHeight") <= pixels, name


def test_a_script_that_slips_in_does_not_run(browser, pages):
    """Check that an inline script, an event attribute and a style that are not the page's own are blocked."""
    with open_page(browser, pages["dated_limited"], "desktop") as (page, _):
        page.evaluate(
            "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = 1\">');"
            "const own = document.createElement('script'); own.textContent = 'window.ran = 1';"
            "document.body.append(own)"
        )
        page.wait_for_timeout(100)
        assert page.evaluate("window.ran ?? null") is None


def test_figures_fill_a_phone(browser, pages):
    """Check that figures take the width there is, so that their letters can be read."""
    with open_page(browser, pages["dated_limited"], "phone") as (page, _):
        assert page.evaluate(NARROW) > 0.95


def test_dark_page_has_dark_figures(browser, pages):
    """Check that in the dark scheme page and figures are dark, and light in print."""
    with open_page(browser, pages["dated_limited"], "desktop", "dark") as (page, _):
        page.screenshot(path=SCREENSHOTS / "dated_limited_dark_whole.png", full_page=True)
        background = "getComputedStyle(document.body).backgroundColor"
        image = "getComputedStyle(document.images[0]).filter"
        assert page.evaluate(background) == "rgb(23, 25, 28)"
        assert page.evaluate(image).startswith("invert")
        page.emulate_media(media="print", color_scheme="dark")
        assert page.evaluate(background) == "rgb(255, 255, 255)"
        assert page.evaluate(image) == "none"


def test_what_is_folded_opens_within_the_page(browser, pages):
    """Check that features are folded away, open on a press of a key, and never widen a phone's page."""
    with open_page(browser, pages["dated_model"], "phone") as (page, _):
        name = page.get_by_role("rowheader", name="count_pages").first
        assert not name.is_visible()
        page.locator("summary").last.focus()
        page.keyboard.press("Enter")
        assert name.is_visible()
        assert page.evaluate(OVERFLOW) <= 0


def test_what_is_folded_is_printed(browser, pages):
    """Check that what is folded away on the screen stands on paper, and the explorer does not."""
    with open_page(browser, pages["dated_limited"], "desktop") as (page, _):
        assert not page.locator("details tbody th").first.is_visible()
        page.emulate_media(media="print")
        assert page.locator("details tbody th").first.is_visible()
        assert not page.locator("#explorer-form").is_visible()


def test_reports_lead_to_each_other(browser, pages):
    """Check that the links between landing page, scenario and model arrive."""
    with open_page(browser, pages["dated_index"], "desktop") as (page, _):
        page.get_by_role("link", name="the model of a sale").click()
        assert page.locator("h1").inner_text() == "How good are the probabilities of a sale?"
        page.get_by_role("link", name="All pages").click()
        page.get_by_role("link", name="Few calls").click()
        page.get_by_role("link", name="The page on the model").click()
        assert page.url.endswith("/reports/sale/model.html")
