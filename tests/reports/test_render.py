"""The whole way from files to a page."""

import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from src import paths
from src.reports import render
from src.stage import InputError
from tests.reports.project import change, make_project, remove_dates

MARKUP = "<script>alert(1)</script>"


class Page(HTMLParser):
    """The tags of a page with their attributes, in order."""

    def __init__(self, text: str):
        super().__init__()
        self.text = text
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def find(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def render_item(name: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "argv", ["render", name])
    return Path(render.main().partition(" ")[0])


def render_twice(folder: Path, name: str) -> Page:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.chdir(folder)
        first = render_item(name, monkeypatch).read_bytes()
        second = render_item(name, monkeypatch).read_bytes()
    assert first == second, "a second run must write the same bytes"
    return Page(first.decode())


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page of a scenario whose title, columns and name of a source's column hold markup."""
    folder = make_project(tmp_path_factory.mktemp("project"))
    change(folder / "params.yaml", scenarios__open__title=f"Call & {MARKUP}")
    change(folder / "metrics/sale.json", leakage__columns=[MARKUP], champion="boosting")
    return render_twice(folder, "open")


@pytest.fixture(scope="module")
def model_page(tmp_path_factory):
    """The page of an objective's model, with markup in a column's name and in what leads wrote."""
    folder = make_project(tmp_path_factory.mktemp("project"))
    change(folder / "metrics/sale.json", leakage__columns=[MARKUP])
    unknown = [{"value": MARKUP, "leads": 2}]
    field = {"field": "job_title", "metric": "job_seniority", "given": 9, "understood": 7, "unknown": unknown}
    change(folder / "data/interim/understood.json", fields=[field])
    return render_twice(folder, "sale")


@pytest.mark.parametrize("name", ["page", "model_page"])
def test_page_stands_alone(name, request):
    """Check that nothing is loaded from elsewhere and that the page is small."""
    page = request.getfixturevalue(name)
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert "//cdn" not in page.text
    assert all("src" not in script for script in page.find("script"))
    assert not page.find("link")
    assert all(image["src"].startswith("data:image/svg+xml;base64,") for image in page.find("img"))
    assert len(page.text.encode()) < 1_000_000


@pytest.mark.parametrize("name", ["page", "model_page"])
def test_page_shows_no_code_and_no_path(name, request):
    """Check that neither code nor anything of the run reaches the reader."""
    page = request.getfixturevalue(name)
    # The figures' letters could spell anything.
    text = re.sub(r"base64,[^\"]*", "", page.text)
    for trace in (
        "collect_results",
        "collect_model_results",
        "import ",
        "In [",
        "Out[",
        "papermill",
        str(Path.home()),
        "/tmp",
    ):
        assert trace not in text
    assert not page.find("pre")


def test_page_can_be_read_by_everybody(page):
    """Check that language, title, alternative texts, captions and the order of headings are there."""
    assert page.find("html") == [{"lang": "en"}]
    assert "<title>Call &amp; &lt;script&gt;" in page.text
    images = page.find("img")
    assert len(images) == 10
    assert all(len(image["alt"]) > 60 for image in images)
    assert "No description has been provided for this image" not in page.text
    assert len(page.find("table")) == len(page.find("caption")) == 16
    headings = [tag for tag, _ in page.tags if tag in ("h1", "h2", "h3")]
    # One section a cell of the notebook but the parameters and the verdict.
    cells = json.loads(render.THRESHOLDS.read_text(encoding="utf-8"))["cells"]
    assert headings == ["h1"] + ["h2"] * (len(cells) - 2)


def test_markup_from_data_is_inert(page):
    """Check that markup in a title or in a column's name is shown, not run."""
    assert MARKUP not in page.text
    assert page.text.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 3


def test_model_page_can_be_read_by_everybody(model_page):
    """Check that language, title, alternative text, captions and the order of headings are there."""
    assert model_page.find("html") == [{"lang": "en"}]
    assert "<title>How good are the probabilities of a sale?</title>" in model_page.text
    assert [len(image["alt"]) > 60 for image in model_page.find("img")] == [True] * 3
    assert len(model_page.find("table")) == len(model_page.find("caption")) > 20
    headings = [tag for tag, _ in model_page.tags if tag in ("h1", "h2", "h3")]
    assert headings[:2] == ["h1", "h2"]
    # One section a cell of the notebook but the parameters and the verdict.
    assert headings.count("h2") == len(json.loads(render.MODEL.read_text(encoding="utf-8"))["cells"]) - 2


def test_markup_from_leads_is_inert(model_page):
    """Check that what a lead wrote is shown, not run."""
    assert MARKUP not in model_page.text
    assert model_page.text.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 2


def test_pages_of_a_source_without_dates(tmp_path, monkeypatch):
    """Check that a source without dates has its page, and one without the objective too."""
    monkeypatch.chdir(tmp_path)
    remove_dates(make_project(tmp_path))
    assert "decided at the extraction" in render_item("limited", monkeypatch).read_text(encoding="utf-8")
    for name in ("client", "accepted"):
        page = Page(render_item(name, monkeypatch).read_text(encoding="utf-8"))
        assert "Not applicable." in page.text
        assert not page.find("h2")
        assert not page.find("img")


def test_unknown_parameter_is_refused(project):
    """Check that a parameter that the notebook does not declare is an error, not a warning."""
    with pytest.raises(InputError, match=r"declares no \['colour'\]"):
        render.render_notebook(render.THRESHOLDS, {"scenario": "open", "colour": "red"}, "Title")


def test_unknown_scenario_leaves_no_page(project, monkeypatch):
    """Check that nothing is written for a scenario that params.yaml lacks."""
    with pytest.raises(InputError, match="no scenario"):
        render_item("nobody", monkeypatch)
    assert not paths.report("sale", "nobody").exists()
