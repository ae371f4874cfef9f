from src import paths
from src.files import read_json
from src.params import load_params
from src.reports import index
from src.reports.results import collect_overview
from tests.reports.project import change, remove_dates

MARKUP = "<script>alert(1)</script>"


def test_index_names_every_report_and_what_it_finds(project):
    """Check that each scenario has its link, its cuts, its profit and the best simple rule."""
    said = index.main()
    page = paths.INDEX.read_text(encoding="utf-8").replace("\u00a0", " ")
    assert said.splitlines()[1:] == [
        "reports/sale/open.html",
        "reports/sale/limited.html",
        "reports/accepted/client.html",
        "reports/sale/model.html",
        "reports/accepted/model.html",
    ]
    assert (
        '<a href="sale/open.html">Call all</a></strong><br>Call from a probability of 10 %, nurture from 1.4 %' in page
    )
    assert "€16,000 on the 1,000 newest leads (95 % interval €13,700 to €18,300). The best simple rule" in page
    assert "Call up to 40 a week, usually from a probability of 20 %" in page
    assert '<a href="accepted/client.html">A client</a></strong><br>Not applicable to this source.' in page
    assert (
        "<td>101</td><td>0.800 (0.790 to 0.810)</td><td>0.820</td><td>0.250 (0.240 to 0.260)</td><td>0.240</td>" in page
    )
    assert "from 1 January 2024 to 31 December 2025" in page
    assert 'for <a href="sale/model.html">a sale</a>, for <a href="accepted/model.html">acceptance by' in page
    assert page.index("<h2>Scenarios</h2>") < page.index("sale/model.html")


def test_index_says_once_what_quarantine_would_have_cost(project):
    """Check that each objective counts its conversions, and that without spam it is said once."""
    (project / "metrics/accepted.json").write_bytes((project / "metrics/sale.json").read_bytes())
    page = index.write_body(collect_overview())
    assert "40 leads. Of the 31 whose outcome is known 2 ended in a sale:" in page
    assert "40 leads. Of the 31 whose outcome is known 2 ended in acceptance by the client:" in page
    for name in ("sale", "accepted"):
        change(project / f"metrics/{name}.json", data__quarantine__leads=0)
    assert index.write_body(collect_overview()).count("No lead is set apart as spam.") == 1


def test_headline_holds_only_what_is_applicable(project):
    """Check that the figures DVC compares are few and finite."""
    index.main()
    assert read_json(paths.HEADLINE) == {
        "sale": {"roc_auc": 0.8, "log_loss": 0.25},
        "profit": {"open": 16000.0, "limited": 16000.0},
    }


def test_index_of_a_source_without_dates(project):
    """Check that no period and no truth are claimed, and the missing dates are said."""
    remove_dates(project)
    page = index.write_body(collect_overview())
    assert "which came in from" not in page
    assert "Best possible" not in page
    assert "The source has no dates" in page


def test_index_where_nothing_is_applicable(project):
    """Check that a source that knows none of the objectives still has its page."""
    nothing = {"source": "tiny", "applicable": False}
    client = load_params().scenarios["client"].model_dump()
    change(project / "params.yaml", objectives=["accepted"], scenarios={"client": client})
    overview = collect_overview()
    assert index.collect_headline(overview) == {"profit": {}}
    assert overview["objectives"] == {"accepted": nothing}
    assert "<h2>Probabilities</h2>" not in index.write_body(overview)


def test_markup_in_the_index_is_inert(project):
    """Check that a title or a source's name cannot bring markup into the page."""
    change(project / "params.yaml", scenarios__open__title=MARKUP)
    overview = collect_overview()
    overview["source"] = MARKUP
    body = index.write_body(overview)
    assert "<script" not in body
    assert body.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 2


def test_index_is_the_same_at_every_run(project):
    """Check that a second run writes the same bytes."""
    index.main()
    first = paths.INDEX.read_bytes(), paths.HEADLINE.read_bytes()
    index.main()
    assert (paths.INDEX.read_bytes(), paths.HEADLINE.read_bytes()) == first
