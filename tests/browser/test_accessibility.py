"""What axe-core finds on the pages; the program comes with the Python package."""

from importlib import resources

import axe_playwright_python
import pytest

from tests.browser.test_explorer import CASES, write_page
from tests.browser.test_reports import open_page

GRAVE = ("serious", "critical")


@pytest.mark.parametrize(("size", "scheme"), [("desktop", "light"), ("phone", "dark")])
def test_axe_finds_nothing_grave(browser, pages, tmp_path, size, scheme):
    """Check contrast, names, roles and what else axe-core knows, in light and dark."""
    axe = (resources.files(axe_playwright_python) / "axe.min.js").read_text(encoding="utf-8")
    found, explorers = {}, {name: write_page(name, tmp_path) for name in CASES}
    for name, path in (pages | explorers).items():
        with open_page(browser, path, size, scheme) as (page, _):
            page.evaluate(axe)
            violations = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
            grave = [fault for fault in violations if fault["impact"] in GRAVE]
            found |= {f"{name}: {fault['id']}": [node["target"] for node in fault["nodes"]][:5] for fault in grave}
    assert found == {}
