"""The explorer counted by the browser, against the same counted here with the functions of the policies."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from playwright.sync_api import expect

from src.params import Scenario
from src.policies.economics import DISCARD, NURTURE, SALES, Cuts, keep_capacity, measure_profits, route_by_cuts
from src.policies.explorer import build_explorer, list_steps, move_places
from src.policies.routing import measure_gain, measure_worth, route_leads
from src.reports.language import use_language
from src.reports.pages import write_page as write_whole_page
from src.reports.scenario_page import Explorer
from tests.browser.test_reports import OVERFLOW, SCREENSHOTS, open_page, wait_until
from tests.reports.leads import draw_leads, make_scenario

SCENARIO = make_scenario()
ALIKE = {"relative_value": 1.0, "may_sales": True, "may_nurture": True}
CASES = {
    # Leads of two values, in two teams, of whom some may not take a route.
    "teams": draw_leads(900, capacities={"north": 12, "south": 20}),
    "free": draw_leads(900).assign(**ALIKE),
    "none_converts": draw_leads(60).assign(label=0),
}
READ = "[...document.querySelectorAll('#explorer-routes tr')].map(row => [...row.cells].map(cell => cell.textContent))"
LISTEN = "document.forms[0].addEventListener('counted', event => { window.counted = event.detail })"
SAID = "document.getElementById('explorer-said').textContent"


def write_page(name: str, folder: Path) -> Path:
    policy = SimpleNamespace(can_call=True)
    results = SimpleNamespace(is_applicable=True, policy=policy, explorer=build_explorer(CASES[name], SCENARIO))
    path = folder / f"{name}.html"
    path.write_text(write_whole_page("Try it", ["<h1>Try it</h1>", str(Explorer(results).show())]), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def explorers(tmp_path_factory):
    return {name: write_page(name, tmp_path_factory.mktemp("explorer")) for name in CASES}


def count_here(name: str, places: list[int], capacity: dict[str, float], changed: Scenario) -> dict[str, list[float]]:
    """Return leads, conversions and profit by route with the cuts at these places."""
    leads = CASES[name]
    steps, worth = list_steps(leads, SCENARIO)[0], measure_worth(leads)
    discard, sales, rest_from, alone = (steps[place] for place in places)
    rest = np.where(leads["may_nurture"] & (worth >= rest_from), NURTURE, DISCARD)
    route = np.where(
        leads["may_nurture"], route_by_cuts(worth, Cuts(discard, sales)), np.where(worth >= alone, SALES, DISCARD)
    )
    route = np.where(leads["may_sales"], route, rest)
    limits = leads["team"].map(capacity).to_numpy(float)
    route = keep_capacity(route, measure_gain(leads, SCENARIO), leads["group"].to_numpy(), rest, limits)
    profits = measure_profits((leads["label"] * leads["relative_value"]).to_numpy(), changed)
    return {
        "leads": [int((route == kind).sum()) for kind in range(3)],
        "conversions": [int(leads["label"][route == kind].sum()) for kind in range(3)],
        "profit": [float(profits[route == kind, kind].sum()) for kind in range(3)],
    }


def read_counted(page) -> dict:
    """Return the figures once the page has counted."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page.evaluate("window.counted")


def press(page, name: str, *keys: str) -> None:
    page.locator(f"#cut-{name}").focus()
    for key in keys:
        page.keyboard.press(key)


@pytest.mark.parametrize("name", CASES)
def test_page_counts_what_python_wrote(browser, explorers, name):
    """Check that the first count of the browser changes no figure, and that they are the policy's."""
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(explorers[name].as_uri())
        assert not page.locator("#explorer-form").is_visible()
        assert page.locator("noscript table").is_visible()
        rows = page.locator("#explorer-routes tr").all()
        written = [row.locator("th, td").all_text_contents() for row in rows]
        finding = page.locator("#explorer-finding").text_content()
    with open_page(browser, explorers[name], "desktop") as (page, faults):
        assert page.locator("#explorer-form").is_visible()
        assert page.evaluate(READ) == written
        assert page.locator("#explorer-finding").text_content() == finding
        assert faults == []
    calls = int((route_leads(CASES[name], SCENARIO) == SALES).sum())
    assert finding.startswith(f"{calls:,} calls, of which ")


def test_spanish_page_counts_what_python_wrote(browser, tmp_path, monkeypatch):
    """Check that the browser writes amounts and shares character by character as Python does."""
    # Of 20,000 leads calls are thousands, and the profit has four digits or more on either side of zero.
    monkeypatch.setitem(CASES, "many", draw_leads(20_000).assign(**ALIKE))
    use_language("es")
    try:
        path = write_page("many", tmp_path)
    finally:
        use_language("en")
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(path.as_uri())
        rows = page.locator("#explorer-routes tr").all()
        written = [row.locator("th, td").all_text_contents() for row in rows]
        finding = page.locator("#explorer-finding").text_content()
    assert re.fullmatch(r"\d+\.\d{3}\u00a0€", written[-1][-1])
    with open_page(browser, path, "desktop") as (page, faults):
        assert page.evaluate(READ) == written
        assert page.locator("#explorer-finding").text_content() == finding
        page.locator("#assumed-cost-2").fill("1000")
        wait_until(page, f"JSON.stringify({READ}) !== JSON.stringify({json.dumps(written)})")
        assert re.fullmatch(r"−[\d.]+\.\d{3}\u00a0€", page.evaluate(READ)[1][-1])
        assert faults == []


def test_handles_recount_exactly(browser, explorers):
    """Check leads, conversions and profit of each route, to the last bit, wherever the handles go."""
    steps, chosen = list_steps(CASES["teams"], SCENARIO)
    with open_page(browser, explorers["teams"], "desktop") as (page, faults):
        page.evaluate(LISTEN)
        moves = [("sales", "ArrowRight"), ("sales", "PageUp"), ("discard", "ArrowLeft"), ("discard", "PageDown")]
        moves += [("discard", "End"), ("sales", "Home"), ("sales", "PageUp"), ("discard", "ArrowUp"), ("sales", "End")]
        for name, key in moves:
            press(page, name, key)
            counted = read_counted(page)
            discard, sales = (int(page.locator(f"#cut-{cut}").input_value()) for cut in ("discard", "sales"))
            places = move_places(chosen, discard, sales, len(steps) - 1)
            assert counted["places"] == [places.discard, places.sales, places.rest, places.alone]
            assert discard <= sales
            expected = count_here("teams", counted["places"], {"north": 12, "south": 20}, SCENARIO)
            assert {key: counted[key] for key in expected} == expected
        assert counted["leads"][SALES] == 0
        assert faults == []


def test_changed_assumptions_recount_exactly(browser, explorers):
    """Check the same with other amounts and other capacities, also where none is left."""
    changed = make_scenario(
        value=500.0,
        cost={"sales": 20.0, "nurture": 2.0, "discard": 0.25},
        factor={"sales": 1.0, "nurture": 0.5, "discard": 0.125, "why": "A guess."},
    )
    fields = {"value": 500, "cost-2": 20, "cost-1": 2, "cost-0": 0.25, "factor-1": 50, "factor-0": 12.5}
    with open_page(browser, explorers["teams"], "desktop") as (page, _):
        page.evaluate(LISTEN)
        for field, value in fields.items():
            page.locator(f"#assumed-{field}").fill(str(value))
        for north, south in (("12", "20"), ("0", "3"), ("", "1"), ("", "")):
            page.locator("#assumed-capacity-0").fill(north)
            page.locator("#assumed-capacity-1").fill(south)
            counted = read_counted(page)
            capacity = {"north": float(north or "inf"), "south": float(south or "inf")}
            expected = count_here("teams", counted["places"], capacity, changed)
            assert {key: counted[key] for key in expected} == expected


def test_cuts_follow_the_amounts_on_demand(browser, explorers):
    """Check that the button puts the cuts where the closed form of the changed amounts does."""
    with open_page(browser, explorers["free"], "desktop") as (page, _):
        page.evaluate(LISTEN)
        page.locator("#assumed-cost-2").fill("60")
        before = read_counted(page)["places"]
        page.get_by_role("button", name="Thresholds that follow from these amounts").click()
        places = read_counted(page)["places"]
        # Calls pay over nurturing from (60 - 1.5) / (300 x 0.65) = 30 %, alone from 60 / 300 = 20 %.
        steps = list_steps(CASES["free"], SCENARIO)[0]
        assert [steps[place] for place in places] == [1.5 / 105, 0.3, 1.5 / 105, 0.2]
        assert places != before


def test_reset_returns_to_the_chosen_cuts(browser, explorers):
    """Check that handles, amounts and figures are again those of the report."""
    with open_page(browser, explorers["teams"], "desktop") as (page, _):
        first = page.evaluate(READ)
        press(page, "sales", "End")
        page.locator("#assumed-value").fill("10")
        wait_until(page, f"JSON.stringify({READ}) !== JSON.stringify({json.dumps(first)})")
        page.get_by_role("button", name="Back to the chosen ones").click()
        wait_until(page, f"JSON.stringify({READ}) === JSON.stringify({json.dumps(first)})")
        assert page.locator("#assumed-value").input_value() == "300"


def test_impossible_amounts_are_marked_and_change_nothing(browser, explorers):
    """Check that an empty or negative amount keeps the figures and is told to be wrong."""
    with open_page(browser, explorers["free"], "desktop") as (page, faults):
        first = page.evaluate(READ)
        for text in ("", "-5"):
            page.locator("#assumed-value").fill(text)
            page.wait_for_selector("#assumed-value[aria-invalid=true]")
            assert page.evaluate(READ) == first
        assert faults == []


def test_handles_speak(browser, explorers):
    """Check names, values in words and what is read aloud once a handle rests."""
    with open_page(browser, explorers["free"], "desktop") as (page, _):
        handle = page.get_by_role("slider", name="Call from")
        assert handle.get_attribute("aria-valuetext") == "8.5%"
        press(page, "sales", "ArrowRight")
        wait_until(page, f"{SAID}.includes('against the chosen thresholds under the same assumptions')")
        assert handle.get_attribute("aria-valuetext") == "8.6%"
        press(page, "sales", "End")
        expect(handle).to_have_attribute("aria-valuetext", "call nobody")


def test_focus_is_seen_on_the_handle(browser, explorers):
    """Check that the handle that the keys would move looks different."""
    with open_page(browser, explorers["free"], "desktop") as (page, _):
        before = page.locator(".dials").screenshot()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "cut-discard"
        after = page.locator(".dials").screenshot()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "cut-sales"
        assert len({before, after, page.locator(".dials").screenshot()}) == 3


def test_press_on_the_track_takes_the_nearer_handle(browser, explorers):
    """Check that a mouse moves the handle it is nearer to, and drags it."""
    with open_page(browser, explorers["free"], "desktop") as (page, _):
        bands = page.locator(".bands").bounding_box()
        middle = bands["y"] + bands["height"] / 2
        page.mouse.click(bands["x"] + bands["width"] * 0.95, middle)
        last = int(page.locator("#cut-sales").get_attribute("max"))
        assert int(page.locator("#cut-sales").input_value()) == pytest.approx(0.95 * last, abs=1)
        page.mouse.move(bands["x"] + bands["width"] * int(page.locator("#cut-sales").input_value()) / last, middle)
        page.mouse.down()
        page.mouse.move(bands["x"] + bands["width"] * 0.6, middle, steps=4)
        page.mouse.up()
        assert int(page.locator("#cut-sales").input_value()) == pytest.approx(0.6 * last, abs=2)


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_explorer_fits_the_screen(browser, explorers, size):
    """Check that nothing of it is wider than the screen, and take its picture."""
    for name in CASES:
        with open_page(browser, explorers[name], size) as (page, faults):
            page.screenshot(path=SCREENSHOTS / f"explorer_{name}_{size}.png", full_page=True)
            assert page.evaluate(OVERFLOW) <= 0
            assert faults == []


def test_places_of_a_scenario_are_written_once(explorers, tmp_path):
    """Check that a second run writes the same bytes."""
    assert write_page("teams", tmp_path).read_bytes() == explorers["teams"].read_bytes()


def test_leads_that_are_all_at_the_end_have_no_bars(browser, tmp_path, monkeypatch):
    """Check that the area behind the line is flat, not broken, where no lead lies between the ends."""
    monkeypatch.setitem(CASES, "ends", draw_leads(60).assign(probability=0.0, label=0))
    with open_page(browser, write_page("ends", tmp_path), "desktop", "light") as (page, _):
        page.wait_for_function("document.querySelector('#explorer-curve .leads').getAttribute('d')")
        drawn = page.locator("#explorer-curve .leads").get_attribute("d")
    assert "V100.0H" in drawn
    assert "NaN" not in drawn


def test_difference_is_between_thresholds_and_not_between_assumptions(browser, explorers):
    """Check that another value changes the value and claims no difference while the thresholds stay."""
    with open_page(browser, explorers["free"], "desktop") as (page, _):
        page.evaluate(LISTEN)
        page.locator("#assumed-value").fill("600")
        doubled = read_counted(page)
        assert "against the chosen" not in page.locator("#explorer-finding").text_content()
        chosen = count_here("free", doubled["places"], {"all": float("inf")}, make_scenario(value=600.0))
        assert doubled["profit"] == chosen["profit"]
        page.get_by_role("button", name="Thresholds that follow from these amounts").click()
        moved = read_counted(page)
        more = sum(moved["profit"]) - sum(doubled["profit"])
        text = page.locator("#explorer-finding").text_content()
        said = int(re.search(r"€([\d,]+) against", text)[1].replace(",", ""))
        assert said == pytest.approx(abs(more), abs=0.51)


def test_what_is_tried_stands_in_the_address(browser, explorers):
    """Check that an address with a threshold and an amount shows the same when it is opened again."""
    with open_page(browser, explorers["free"], "desktop") as (page, faults):
        press(page, "sales", "PageUp")
        page.locator("#assumed-value").fill("450")
        wait_until(page, "location.hash.includes('value=450')")
        shown, address = page.evaluate(READ), page.url
        again = page.context.new_page()
        again.goto(address)
        assert again.locator("#assumed-value").input_value() == "450"
        assert again.evaluate(READ) == shown
        assert faults == []


def test_axes_have_numbers_and_end_at_all(browser, explorers):
    """Check that the scale of the probability ends at 100 % and that the value has its numbers."""
    with open_page(browser, explorers["free"], "desktop") as (page, _):
        assert page.locator(".ticks span").all_text_contents()[-1] == "100%"
        levels = page.locator("#explorer-levels span").all_text_contents()
        assert "€0" in levels
        assert len(levels) >= 2
