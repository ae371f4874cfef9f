"""Program of the stage `comparison`, last: the landing page, and the headline figures that DVC compares."""

from typing import Any

from src import paths
from src.files import write_metrics, write_text
from src.reports.landing_page import Basis, Probabilities, Scenarios, Summary
from src.reports.language import gettext
from src.reports.pages import write_page
from src.reports.results import Overview, load_overview
from src.stage import run_stage

SECTIONS = (Summary, Scenarios, Probabilities, Basis)


def main() -> str:
    overview = load_overview()
    title = gettext("Lead scoring: %(name)s") % {"name": overview.source}
    write_text(write_page(title, [section(overview).show() for section in SECTIONS]), paths.INDEX)
    write_metrics(collect_headline(overview), paths.HEADLINE)
    return "\n".join(map(str, list_pages(overview)))


def list_pages(overview: Overview) -> list[Any]:
    """Return the path of every page, the landing page first."""
    folder, objectives = paths.INDEX.parent, overview.objectives
    pages = [folder / results.link for results in overview.scenarios.values()]
    pages += [folder / f"{paths.COMPARISON.stem}.html", *(paths.report(name, "model") for name in objectives)]
    return [paths.INDEX, *pages, *(paths.card(name).with_suffix(".html") for name in objectives)]


def collect_headline(overview: Overview) -> dict[str, Any]:
    """Return the few figures to compare between runs: discrimination, loss and profit."""
    headline: dict[str, Any] = {
        name: {key: figures.test[key] for key in ("roc_auc", "log_loss")} for name, figures in overview.known.items()
    }
    profits = {name: results.policy.test.profit for name, results in overview.applicable.items()}
    return headline | {"profit": profits}


if __name__ == "__main__":
    run_stage(main)
