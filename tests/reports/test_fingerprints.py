"""What makes a page again: its own templates and those that all pages share, and no other page's."""

import pytest

from src import paths
from src.data.inputs import list_run, read_needs
from src.reports.render import COMPARISON, MODEL, SCENARIO


@pytest.mark.parametrize("notebook", [SCENARIO, MODEL, COMPARISON], ids=lambda path: path.stem)
def test_a_changed_word_reruns_its_own_page_only(notebook):
    """Check that a page's fingerprint holds its folder's templates and translations, and no other folder's."""
    own = notebook.stem.removeprefix("report_") + "_page"
    run = [path for path in list_run(notebook, read_needs([notebook])) if path.suffix in (".html", ".po", ".js", ".md")]
    folders = {path.parent.name for path in run}
    assert folders == {"reports", "languages", own}
    assert {path.name for path in run if path.parent.name == own} >= {"es.po", "basis.html"} or own == "model_page"
    assert paths.NOTEBOOKS / "macros.html" not in run


def test_the_landing_page_and_the_card_have_their_own():
    from pathlib import Path

    for program, expected in (("index", "landing_page"), ("card", "reports")):
        start = Path("src/reports") / f"{program}.py"
        run = [path for path in list_run(start, read_needs([start])) if path.suffix in (".html", ".md")]
        assert {path.parent.name for path in run} == {"reports", expected}
