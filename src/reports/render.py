"""Stage `report`: one scenario's report, from a papermill notebook to a page that stands alone."""

import logging
import sys
import tempfile
from pathlib import Path
from typing import Any

from src import paths
from src.files import write_text
from src.params import load_params
from src.reports.results import read_figures
from src.stage import InputError, read_item, run_stage

TEMPLATES = Path(__file__).with_name("template")
NOTEBOOK = paths.NOTEBOOKS / "report_thresholds.ipynb"


def main() -> str:
    name = read_item()
    params = load_params()
    scenario = params.get_scenario(name)
    read_figures(paths.policy(scenario.objective, name), params.source)
    page = render_notebook(NOTEBOOK, {"scenario": name}, scenario.title)
    path = paths.report(scenario.objective, name)
    write_text(page, path)
    return f"{path} ({len(page.encode()) / 1000:.0f} kB)"


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
