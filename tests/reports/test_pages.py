"""The whole way from files to a page that stands alone."""

import base64
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

from src import paths
from src.reports import card, index, render
from src.reports.pages import hash_text, write_page
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


def make_page(program, item: str, path: Path) -> str:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(sys, "argv", ["program", item])
        # The tiny source has no declaration.
        monkeypatch.setattr(card, "load_source", lambda _: SimpleNamespace(description="A tiny source."))
        program.main()
    return path.read_text(encoding="utf-8")


def make_pages(folder: Path) -> dict[str, str]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.chdir(folder)
        return {
            "scenario": make_page(render, "open", paths.report("sale", "open")),
            "limited": make_page(render, "limited", paths.report("sale", "limited")),
            "model": make_page(render, "sale", paths.report("sale", "model")),
            "comparison": make_page(render, "comparison", Path("reports/comparison.html")),
            "landing": make_page(index, "comparison", paths.INDEX),
            "card": make_page(card, "sale", paths.card("sale").with_suffix(".html")),
        }


NAMES = ("scenario", "limited", "model", "comparison", "landing", "card")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The pages of a project whose title, columns and leads hold markup, made twice."""
    folder = make_project(tmp_path_factory.mktemp("project"))
    change(folder / "params.yaml", scenarios__open__title=f"Call & {MARKUP}")
    change(folder / "metrics/sale.json", leakage__columns=[MARKUP])
    unknown = [{"value": MARKUP, "leads": 2}]
    field = {"field": "job_title", "metric": "job_seniority", "given": 9, "understood": 7, "unknown": unknown}
    change(folder / "data/interim/understood.json", fields=[field])
    first = make_pages(folder)
    assert first == make_pages(folder), "a second run must write the same bytes"
    return {name: Page(text) for name, text in first.items()}


@pytest.mark.parametrize("name", NAMES)
def test_page_stands_alone(pages, name):
    """Check that nothing is loaded from elsewhere and that the page is small."""
    page = pages[name]
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert all("src" not in script for script in page.find("script"))
    assert not page.find("link")
    assert all(image["src"].startswith("data:image/svg+xml;base64,") for image in page.find("img"))
    assert len(page.text.encode()) < 1_000_000


@pytest.mark.parametrize("name", NAMES)
def test_page_shows_no_code_and_no_path(pages, name):
    """Check that neither code nor anything of the run reaches the reader."""
    # The figures' letters could spell anything.
    text = re.sub(r"base64,[^\"]*", "", pages[name].text)
    for trace in ("load_scenario", "load_model", "import ", "In [", "papermill", str(Path.home()), "/tmp", "object at"):
        assert trace not in text
    assert not pages[name].find("pre")


@pytest.mark.parametrize("name", NAMES)
def test_page_can_be_read_by_everybody(pages, name):
    """Check that language, one heading, alternative texts and captions are there."""
    page = pages[name]
    assert page.find("html") == [{"lang": "en"}]
    assert len(page.find("h1")) == 1
    assert all(len(image["alt"]) > 40 for image in page.find("img"))
    assert len(page.find("table")) == len(page.find("caption"))


@pytest.mark.parametrize("name", NAMES)
def test_markup_from_data_is_inert(pages, name):
    """Check that markup in a title, a column's name or a lead's words is shown, not run."""
    assert MARKUP not in pages[name].text


def test_markup_is_shown(pages):
    assert "Call &amp; &lt;script&gt;alert(1)&lt;/script&gt;" in pages["landing"].text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in pages["model"].text


@pytest.mark.parametrize("name", NAMES)
def test_only_the_pages_own_style_and_scripts_may_run(pages, name):
    """Check that the policy names the hashes of what stands in the page, and nothing else."""
    page = pages[name]
    policy = page.find("meta")[2]["content"]
    assert "unsafe-inline" not in policy
    style = re.search(r"<style>(.*?)</style>", page.text, re.DOTALL)[1]
    scripts = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    assert f"style-src '{hash_text(style)}'" in policy
    assert set(re.findall(r"script-src ([^;]*)", policy)[0].split()) == {f"'{hash_text(text)}'" for text in scripts}
    assert " style=" not in re.sub(r"base64,[^\"]*", "", page.text)


def test_a_script_of_a_notebook_is_not_allowed():
    """Check that a script that is no file of this folder has no place in the policy."""
    page = write_page("Title", [f"<h1>x</h1>{MARKUP}"])
    assert hash_text("alert(1)") not in page


def test_pages_of_a_source_without_dates(tmp_path, monkeypatch):
    """Check that no week is spoken of where a hundred leads are meant."""
    monkeypatch.chdir(tmp_path)
    remove_dates(make_project(tmp_path))
    page = make_page(render, "limited", paths.report("sale", "limited"))
    shown = re.sub(r"<script.*?</script>|base64,[^\"]*", "", page, flags=re.DOTALL)
    assert "A hundred leads at a time" in shown
    assert "Week by week" not in shown
    assert "The source has no dates" in shown


def test_what_does_not_apply_is_one_sentence(project):
    """Check that a source without the objective has its pages, and nothing on them that could be wrong."""
    for item, path in (("client", paths.report("accepted", "client")), ("accepted", paths.report("accepted", "model"))):
        page = Page(make_page(render, item, path))
        assert "Not applicable." in page.text
        assert not page.find("h2")
        assert not page.find("img")
    assert "does not say which leads end in" in make_page(card, "accepted", paths.card("accepted"))


def test_unknown_scenario_leaves_no_page(project, monkeypatch):
    """Check that nothing is written for a scenario that params.yaml lacks."""
    monkeypatch.setattr(sys, "argv", ["render", "nobody"])
    with pytest.raises(InputError, match="no scenario"):
        render.main()
    assert not paths.report("sale", "nobody").exists()


def test_unknown_parameter_is_refused(project):
    """Check that a parameter that the notebook does not declare is an error, not a warning."""
    with pytest.raises(InputError, match=r"declares no \['colour'\]"):
        render.render_notebook(render.SCENARIO, {"scenario": "open", "colour": "red"}, "Title")


def run_cells(folder: Path, *cells: nbformat.NotebookNode) -> str:
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=list(cells), metadata=kernel), folder / "own.ipynb")
    return render.render_notebook(folder / "own.ipynb", {}, "Own")


def test_every_output_of_a_notebook_reaches_its_page(tmp_path):
    """Check that text, a frame, a plot, Markdown and a picture are on the page, and hidden cells are not."""
    cell = nbformat.v4.new_code_cell
    page = run_cells(
        tmp_path,
        cell("from IPython.display import HTML\nHTML('<h1>Own</h1>')"),
        nbformat.v4.new_markdown_cell("A *word*."),
        nbformat.v4.new_markdown_cell("Hidden words.", metadata={"tags": ["notebook"]}),
        cell("print('printed <b>')"),
        cell("import pandas as pd\npd.DataFrame({'column': [41]})"),
        cell("{'plain': 42}"),
        cell("from src.reports.charts import new_picture\nfigure = new_picture()\nfigure.subplots()\nfigure"),
        cell("from IPython.display import Image\nImage(b'\\x89PNG-bytes', format='png')"),
        cell("print('hidden number')", metadata={"tags": ["notebook"]}),
    )
    assert "<em>word</em>" in page
    assert "<pre>printed &lt;b&gt;\n</pre>" in page
    assert "<th>column</th>" in page
    assert "{&#39;plain&#39;: 42}" in page
    assert 'src="data:image/svg+xml;base64,' in page
    assert base64.b64encode(b"\x89PNG-bytes").decode() in page
    assert "Hidden" not in page
    assert "hidden number" not in page


def test_what_cannot_show_itself_is_an_error(tmp_path):
    """Check that an object whose display fails stops the page instead of leaving its name there."""
    code = "class Broken:\n    def _repr_html_(self):\n        raise ValueError('cannot show')\nBroken()"
    with pytest.raises(ValueError, match="cannot show"):
        run_cells(tmp_path, nbformat.v4.new_code_cell(code))


def test_a_card_says_the_same_in_both_forms(project):
    """Check that the Markdown has the page's numbers, and that nothing of the data is read as markup."""
    change(project / "metrics/sale.json", leakage__columns=["a|b*c"])
    page = make_page(card, "sale", paths.card("sale").with_suffix(".html"))
    text = paths.card("sale").read_text(encoding="utf-8")
    assert "| ROC-AUC | 0.800 (0.790 to 0.810) |" in text
    assert "0.800 (0.790 to 0.810)" in page
    assert "a\\|b\\*c" in text
    assert "a|b*c" in page
