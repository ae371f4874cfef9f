from src import paths
from src.files import read_json
from src.params import load_params
from src.reports import index
from tests.reports.project import change, remove_dates

MARKUP = "<script>alert(1)</script>"


def read_plain() -> str:
    return paths.INDEX.read_text(encoding="utf-8").replace("\u00a0", " ")


def test_index_names_every_report_and_what_it_finds(project):
    """Check that each scenario has its link, its cuts, its profit and the best simple rule."""
    said = index.main()
    page = read_plain()
    assert said.splitlines()[1:] == [
        "reports/sale/open.html",
        "reports/sale/limited.html",
        "reports/accepted/client.html",
        "reports/comparison.html",
        "reports/sale/model.html",
        "reports/accepted/model.html",
        "reports/sale/card.html",
        "reports/accepted/card.html",
    ]
    entry = '<strong>Open</strong>: <a href="sale/open.html">Call all</a>.<br>Call from a probability of 10 %, nurture'
    assert f"{entry} from 1.4 %" in page
    assert "<td>1,000</td><td>€16,000</td><td>€13,700 to €18,300</td>" in page
    assert "Call up to 40 a week; in a usual week calls end at a probability of 20 %" in page
    assert '<a href="accepted/client.html">A client</a>.<br>Not applicable to this source.' in page
    # A scenario that is not applicable has no row.
    assert '<th scope="row">Limited</th>' in page
    assert '<th scope="row">Client</th>' not in page
    assert (
        "<td>101</td><td>0.800 (0.790 to 0.810)</td><td>0.820</td><td>0.250 (0.240 to 0.260)</td><td>0.240</td>" in page
    )
    assert "the first has the higher probability in 80 % of the pairs for a sale." in page
    assert "from 1 January 2024 to 31 December 2025" in page


def test_index_begins_with_whether_the_cuts_hold(project):
    """Check that the first words follow the paired difference to the best simple rule."""
    index.main()
    said = (
        "<strong>Use the two cuts: they earn more, beyond chance, than the best simple rule tried in all 2 scenarios."
    )
    assert said in read_plain()
    for name in ("open", "limited"):
        worse = {"difference__profit": -500.0, "difference__profit_low": -900.0, "difference__profit_high": -100.0}
        change(project / f"metrics/policies/sale-{name}.json", **worse)
    index.main()
    assert "<strong>Do not use the two cuts everywhere" in read_plain()


def test_index_says_what_to_read_first(project):
    """Check the order: scenarios, comparison, models, cards, and that each is a link."""
    index.main()
    page = read_plain()
    links = ("#scenarios", "comparison.html", "sale/model.html", "accepted/model.html", "sale/card.html")
    places = [page.index(f'<a href="{link}">') for link in links]
    assert places == sorted(places)
    assert places[-1] < page.index('<h2 id="scenarios">') < page.index('<a href="sale/open.html">')
    assert '<a href="accepted/card.html">for acceptance by the client</a>' in page


def test_a_capacity_and_a_value_by_table_are_said_in_words(project):
    """Check that calls of all teams are summed up, and that a table is never printed."""
    capacity = {"by": "region", "values": {"ES-M": 10, "ES-SE": 5}, "other": 3}
    value = {"default": 200.0, "by": [{"metric": "km_to_site", "at_most": 30, "value": 300.0}]}
    scenario = {"scenarios__limited__capacity_per_week": capacity, "scenarios__limited__value": value}
    change(project / "params.yaml", **scenario)
    classes = [{"when": None, "value": 200.0}, {"when": "km_to_site at most 30", "value": 300.0}]
    change(project / "metrics/policies/sale-limited.json", cuts_by_value=classes)
    index.main()
    page = read_plain()
    # 20 % at the default value is 13.3 % where a conversion is worth half as much again.
    assert "Call up to 18 a week; in a usual week calls end at a probability of 13 % to 20 % (by value)" in page
    assert "the first 18 of each week</td>" in page
    assert "ES-M" not in page
    assert "km_to_site" not in page


def test_index_says_when_the_test_was_and_what_the_audit_found(project):
    """Check one line an objective: those that are not applicable have none."""
    metric = {"name": "visits", "column": "visits", "verdict": "suspect", "is_used": True}
    column = {"name": "visits", "verdict": "suspect", "is_used": True}
    change(project / "metrics/audit/sale.json", metrics=[metric], columns=[column])
    index.main()
    said = (
        "A sale: tested on the 1,010 newest leads, of 2 March 2025 to 16 November 2025. Audit: These columns may know"
    )
    assert said in read_plain()
    assert "Acceptance by the client: tested" not in read_plain()
    change(project / "metrics/audit/sale.json", metrics=[])
    index.main()
    assert "Audit: the history is too short for one." in read_plain()


def test_index_counts_what_to_be_wary_of(project):
    """Check that the alerts stand under their heading and are announced at the top."""
    change(project / "metrics/sale.json", data__base_rate_history=0.04)
    page = index.write_body(index.collect_landing()).replace("\u00a0", " ")
    count = len(index.collect_landing()["alerts"])
    assert count > 1
    assert f'<a href="#alerts">{count} things about the data</a>' in page
    assert page.index('<h2 id="alerts">') < page.index("The rate of a sale moved from 4.0 % in the history to 10.0 %")


def test_index_says_so_where_nothing_is_to_be_wary_of(project):
    """Check that the section stays without alerts, and that no link announces any."""
    body = index.write_body(index.collect_landing() | {"alerts": []})
    assert '<h2 id="alerts">Before you believe it</h2><p>Nothing in the data calls for a warning.</p>' in body
    assert 'href="#alerts"' not in body


def test_index_says_once_what_quarantine_would_have_cost(project):
    """Check that each objective counts its conversions, and that without spam it is said once."""
    for folder in ("metrics", "metrics/audit"):
        (project / folder / "accepted.json").write_bytes((project / folder / "sale.json").read_bytes())
    page = index.write_body(index.collect_landing())
    assert "40 leads. Of the 31 whose outcome is known 2 ended in a sale:" in page
    assert "40 leads. Of the 31 whose outcome is known 2 ended in acceptance by the client:" in page
    for name in ("sale", "accepted"):
        change(project / f"metrics/{name}.json", data__quarantine__leads=0)
    assert index.write_body(index.collect_landing()).count("No lead is set apart as spam.") == 1


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
    page = index.write_body(index.collect_landing())
    assert "which came in from" not in page
    assert "Best possible" not in page
    assert "The source has no dates" in page


def test_index_where_nothing_is_applicable(project):
    """Check that a source that knows none of the objectives still has its page."""
    nothing = {"source": "tiny", "applicable": False}
    client = load_params().scenarios["client"].model_dump()
    change(project / "params.yaml", objectives=["accepted"], scenarios={"client": client})
    landing = index.collect_landing()
    assert index.collect_headline(landing) == {"profit": {}}
    assert landing["objectives"] == {"accepted": nothing}
    body = index.write_body(landing)
    assert "<strong>No scenario is applicable to this source.</strong>" in body
    assert "<h2>Probabilities</h2>" not in body
    assert "<table>" not in body


def test_markup_in_the_index_is_inert(project):
    """Check that a title or a source's name cannot bring markup into the page."""
    change(project / "params.yaml", scenarios__open__title=MARKUP)
    landing = index.collect_landing()
    landing["source"] = MARKUP
    body = index.write_body(landing)
    assert "<script" not in body
    assert body.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 3


def test_index_is_the_same_at_every_run(project):
    """Check that a second run writes the same bytes."""
    index.main()
    first = paths.INDEX.read_bytes(), paths.HEADLINE.read_bytes()
    index.main()
    assert (paths.INDEX.read_bytes(), paths.HEADLINE.read_bytes()) == first
