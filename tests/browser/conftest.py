"""The pages in a real browser: those of a tiny project and, where there is one, of the last run."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from src.reports import index, render
from tests.reports.project import ROOT, make_project, remove_dates

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium: the system's, or the one that playwright has installed."""
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
        found = next(filter(None, map(shutil.which, NAMES)), own if Path(own).is_file() else None)
        if found is None:
            pytest.skip(f"no Chromium: neither {', '.join(NAMES)} nor `playwright install chromium`")
        browser = playwright.chromium.launch(executable_path=found, args=list(OPTIONS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pages by name: of a tiny project with dates, of one without, and of the last run."""
    pages = {}
    for name in ("dated", "undated"):
        folder = make_project(tmp_path_factory.mktemp(name))
        if name == "undated":
            remove_dates(folder)
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.chdir(folder)
            for item in ("limited", "sale", "comparison"):
                monkeypatch.setattr(sys, "argv", ["render", item])
                render.main()
            index.main()
        pages |= {f"{name}_{path.stem}": path for path in sorted((folder / "reports").rglob("*.html"))}
    # Each objective has a page named model.
    last = ROOT / "reports"
    return pages | {
        "_".join(path.relative_to(last).with_suffix("").parts): path for path in sorted(last.rglob("*.html"))
    }
