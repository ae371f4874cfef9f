import re
from types import SimpleNamespace

import pytest

from src import paths
from src.params import load_params
from src.reports import card
from src.reports.card import escape_markdown, list_parts, write_markdown
from src.reports.model.results import collect_model_results
from tests.reports.made import make_checks, make_fairness, make_rolling
from tests.reports.project import change, remove_dates

MARKUP = "<script>alert(1)</script> | **x** [y](z)"


@pytest.fixture
def made(project):
    change(project / "metrics/sale.json", calibration_checks=make_checks(), fairness=make_fairness())
    return project


def collect(description: str = "Made by hand.") -> dict:
    return collect_model_results("sale") | {"description": description}


def write(results: dict) -> str:
    return write_markdown("Model card", list_parts(results, load_params())).replace("\u00a0", " ")


def test_the_card_has_every_part(made):
    """Check purpose, data, features, figures with intervals, verdict, uses, limits and how it was made."""
    text = write(collect())
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == [
        "What it is",
        "What it is for",
        "What it is not for",
        "Data",
        "Features",
        "Figures",
        "Can the probabilities be believed?",
        "Known limits",
        "How it was made",
    ]
    assert "ends in a sale within 45 days" in text
    assert "from 1 January 2024 to 31 December 2025" in text
    assert "- Learned from 2,000 leads at 3,900 scored moments; 190 of these leads convert." in text
    assert "- Protected and so never used: age group." in text
    assert "- Filled in after the outcome and so never used: status, last owner." in text
    assert "| ROC-AUC | 0.800 (0.790 to 0.810) | 0.820 |" in text
    assert "| What leads tell us: job title | 1 |" in text
    assert "6 have the 200 leads that convert which it takes to judge one: 2 are off" in text
    assert "objective “sale” and seed" in text


def test_rolling_figures_stand_beside(made):
    """Check the column of the figures that were refitted step by step."""
    change(made / "metrics/sale.json", rolling=make_rolling() | {"roc_auc": 0.79, "roc_auc_low": None})
    text = write(collect())
    assert "| Measure | Test | With the true probabilities | Refitted step by step |" in text
    assert "| ROC-AUC | 0.800 (0.790 to 0.810) | 0.820 | 0.790 |" in text


def test_a_source_without_dates_claims_no_moment(made):
    """Check that of totals at the extraction nobody says that they were known before, and the alert says so."""
    remove_dates(made)
    change(made / "metrics/sale.json", calibration_checks=make_checks(), fairness={})
    text = write(collect())
    assert "Only what was known at the moment" not in text
    assert "ends in a sale in the end, however long that takes" in text
    assert "- The source has no dates" in text
    assert "- No column of the source is declared protected." in text


def test_both_files_say_the_same_and_nothing_of_the_data_is_markup(made, monkeypatch):
    """Check the written HTML and Markdown: the same sentences, markup inert in both, and no clock: twice the same."""
    monkeypatch.setattr(card, "read_item", lambda: "sale")
    monkeypatch.setattr(card, "load_source", lambda name: SimpleNamespace(description=MARKUP))
    card.main()
    path = paths.card("sale")
    first = path.read_text(encoding="utf-8"), path.with_suffix(".html").read_text(encoding="utf-8")
    assert "<script" not in "".join(first)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; \\| \\*\\*x\\*\\* \\[y\\](z)" in first[0]
    for text in (part.title for part in list_parts(collect(), load_params())):
        assert f"## {text}\n" in first[0]
        assert f"<h2>{text}</h2>" in first[1]
    card.main()
    assert first == (path.read_text(encoding="utf-8"), path.with_suffix(".html").read_text(encoding="utf-8"))


def test_an_objective_that_does_not_apply_has_a_card_that_says_so(made, monkeypatch):
    """Check that both files are there and promise nothing."""
    monkeypatch.setattr(card, "read_item", lambda: "accepted")
    monkeypatch.setattr(card, "load_source", lambda name: SimpleNamespace(description="Made."))
    card.main()
    text = paths.card("accepted").read_text(encoding="utf-8")
    assert "## Not applicable" in text
    assert "does not say which leads end in acceptance by the client" in text
    assert paths.card("accepted").with_suffix(".html").is_file()


def test_markdown_is_escaped_on_one_line():
    """Check signs that mean something to Markdown or HTML, and line breaks."""
    assert escape_markdown("a_b\n`c` & <d> ~e~ \\") == "a\\_b \\`c\\` &amp; &lt;d&gt; \\~e\\~ \\\\"
