"""Stages `report` and `model_report`: from a papermill notebook to a page that stands alone.

A scenario's report is about thresholds, an objective's about the model behind them.
"""

import logging
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from src import paths
from src.files import write_text
from src.params import Params, load_params
from src.reports.results import name_objective, read_figures
from src.stage import InputError, read_item, run_stage

TEMPLATES = Path(__file__).with_name("template")
THRESHOLDS = paths.NOTEBOOKS / "report_thresholds.ipynb"
MODEL = paths.NOTEBOOKS / "report_model.ipynb"


@dataclass(frozen=True)
class Report:
    """One page to make.

    Attributes
    ----------
    notebook : Path
        A papermill template.
    parameters : dict
        Of the notebook.
    title : str
        The page's title.
    figures : Path
        The file of figures without which there is nothing to report.
    page : Path
        Where it is written.
    """

    notebook: Path
    parameters: dict[str, Any]
    title: str
    figures: Path
    page: Path


def main() -> str:
    item = read_item()
    params = load_params()
    report = choose_report(item, params)
    read_figures(report.figures, params.source)
    page = render_notebook(report.notebook, report.parameters, report.title)
    write_text(page, report.page)
    return f"{report.page} ({len(page.encode()) / 1000:.0f} kB)"


def choose_report(item: str, params: Params) -> Report:
    """Return the report of an objective or of a scenario: whichever `item` names.

    Raises
    ------
    InputError
        ``unknown_scenario`` where it names neither.
    """
    if item not in params.objectives:
        scenario = params.get_scenario(item)
        figures, page = paths.policy(scenario.objective, item), paths.report(scenario.objective, item)
        return Report(THRESHOLDS, {"scenario": item}, scenario.title, figures, page)
    title = f"How good are the probabilities of {name_objective(item)}?"
    return Report(MODEL, {"objective": item}, title, paths.metrics(item), paths.report(item, "model"))


def render_notebook(notebook: Path, parameters: dict[str, Any], title: str) -> str:
    """Return the page of an executed notebook: what its cells show, and nothing of the run.

    Parameters
    ----------
    notebook : Path
        A papermill template.
    parameters : dict
        Each must be declared by the notebook: papermill itself only warns.
    title : str
        The page's title.
    """
    # jsonschema would read this grammar, for a second, to check addresses that no notebook has.
    sys.modules.setdefault("rfc3987_syntax", None)
    import papermill

    logging.getLogger("papermill").setLevel(logging.WARNING)
    declared = papermill.inspect_notebook(str(notebook))
    unknown = set(parameters) - set(declared)
    if unknown:
        raise InputError("unknown_parameter", f"the notebook declares no {sorted(unknown)}", notebook)
    with tempfile.TemporaryDirectory() as folder:
        executed = papermill.execute_notebook(
            str(notebook),
            str(Path(folder) / "executed.ipynb"),
            parameters=parameters,
            progress_bar=False,
            # The kernel logs its local port and its end at every run; a cell's error is raised here.
            extra_arguments=["--log-level=CRITICAL"],
        )
    return export_page(executed, title)


def export_page(notebook: Any, title: str) -> str:
    """Return an executed notebook as HTML through the project's own template."""
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(template_name="report", extra_template_basedirs=[str(TEMPLATES)], exclude_anchor_links=True)
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    resources = {"page_title": title, "style_sheet": style}
    return exporter.from_notebook_node(notebook, resources=resources)[0]


if __name__ == "__main__":
    run_stage(main)
