"""The programs that make several pages in one process: each page is as if made alone, and all are made or none."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from src import paths
from src.reports import card, index, model_pages, overview, render
from src.stage import InputError
from tests.reports.project import change


@pytest.fixture
def described(project, monkeypatch):
    """The tiny project, whose source is described; the item asked for is its sale."""
    monkeypatch.setattr(card, "load_source", lambda name: SimpleNamespace(description="Made by hand."))
    monkeypatch.setattr(sys, "argv", ["program", "sale"])
    return project


def take_files() -> dict[Path, bytes]:
    """Remove what was written, and return it."""
    written = [*Path("reports").rglob("*.html"), *Path("reports").rglob("*.md"), *Path("metrics").glob("headline.json")]
    files = {path: path.read_bytes() for path in written}
    for path in written:
        path.unlink()
    return files


def test_model_page_and_card_are_as_made_alone(described):
    """Check that neither of the two moves a byte of the other."""
    render.main()
    card.main()
    alone = take_files()
    said = model_pages.main()
    assert take_files() == alone
    assert set(alone) == {paths.report("sale", "model"), paths.card("sale"), paths.card("sale").with_suffix(".html")}
    assert all(str(path) in said for path in alone)


def test_comparison_and_landing_page_are_as_made_alone(described, monkeypatch):
    """Check that neither of the two moves a byte of the other."""
    monkeypatch.setattr(sys, "argv", ["program", render.COMPARED])
    render.main()
    index.main()
    alone = take_files()
    overview.main()
    assert take_files() == alone
    assert set(alone) == {Path("reports/comparison.html"), paths.INDEX, paths.HEADLINE}


@pytest.mark.parametrize(
    ("program", "needed"), [(model_pages, "metrics/newsletters.json"), (overview, "metrics/audit/sale.json")]
)
def test_no_page_is_left_where_one_fails(described, program, needed):
    """Check that figures of another source leave neither page."""
    change(described / needed, source="other")
    with pytest.raises(InputError, match="stale_figures"):
        program.main()
    assert take_files() == {}


def test_scenario_has_no_model_page(described, monkeypatch):
    """Check that the program of the objectives refuses the name of a scenario."""
    monkeypatch.setattr(sys, "argv", ["program", "open"])
    with pytest.raises(InputError, match="open"):
        model_pages.main()
