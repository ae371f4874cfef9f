"""Program of the stages `scenario`, `model` and `comparison`: from a papermill notebook to a page that stands alone.

A scenario's report is about thresholds, an objective's about the model behind them, and one
compares all scenarios and objectives.
"""

import ast
import logging
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from src import paths
from src.files import write_text
from src.params import Params, load_params
from src.reports.language import get_language, mark, say, use_language
from src.reports.results import name_objective, read_figures
from src.stage import InputError, read_item, run_stage

TEMPLATES = Path(__file__).with_name("template")
THRESHOLDS = paths.NOTEBOOKS / "report_thresholds.ipynb"
MODEL = paths.NOTEBOOKS / "report_model.ipynb"
COMPARISON = paths.NOTEBOOKS / "report_comparison.ipynb"

COMPARED = "comparison"
"""What the report across all is asked for by; no scenario and no objective is called so."""
COMPARED_TITLE = mark("The scenarios side by side")


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
    use_language(params.report.language)
    report = choose_report(item, params)
    read_figures(report.figures, params.source)
    page = render_notebook(report.notebook, report.parameters, report.title)
    write_text(page, report.page)
    return f"{report.page} ({len(page.encode()) / 1000:.0f} kB)"


def choose_report(item: str, params: Params) -> Report:
    """Return the report of an objective, of a scenario or of all: whichever `item` names.

    Raises
    ------
    InputError
        ``unknown_scenario`` where it names neither.
    """
    if item == COMPARED:
        page = paths.INDEX.with_name(f"{COMPARED}.html")
        return Report(COMPARISON, {}, say(COMPARED_TITLE), paths.OBJECTIVES, page)
    if item not in params.objectives:
        scenario = params.get_scenario(item)
        figures, page = paths.policy(scenario.objective, item), paths.report(scenario.objective, item)
        return Report(THRESHOLDS, {"scenario": item}, scenario.title, figures, page)
    title = say("How good are the probabilities of {item}?", item=name_objective(item))
    return Report(MODEL, {"objective": item}, title, paths.metrics(item), paths.report(item, "model"))


def render_notebook(notebook: Path, parameters: dict[str, Any], title: str) -> str:
    """Return the page of an executed notebook: what its cells show, and nothing of the run.

    Parameters
    ----------
    notebook : Path
        A papermill template.
    parameters : dict
        Each must be declared by the notebook, with its type (`check_parameters`).
    title : str
        The page's title.
    """
    return export_page(execute_notebook(notebook, parameters), title)


def execute_notebook(notebook: Path, parameters: dict[str, Any]) -> Any:
    """Return a notebook with the outputs of its cells, run by papermill in this process."""
    # jsonschema would read these grammars, for a second, to check addresses and times that no notebook has.
    for unneeded in ("rfc3987_syntax", "isoduration"):
        sys.modules.setdefault(unneeded, None)
    import papermill
    from papermill.engines import papermill_engines

    from src.reports.engine import InProcessEngine

    papermill_engines.register(InProcessEngine.name, InProcessEngine)
    for talkative in ("papermill", "matplotlib"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    check_parameters(parameters, papermill.inspect_notebook(str(notebook)), notebook)
    return papermill.execute_notebook(
        str(notebook), None, parameters, engine_name=InProcessEngine.name, progress_bar=False
    )


def check_parameters(parameters: dict[str, Any], declared: dict[str, Any], notebook: Path) -> None:
    """Check that a notebook declares each parameter, and with the type of its value: papermill itself only warns.

    Parameters
    ----------
    parameters : dict
    declared : dict
        By name what `papermill.inspect_notebook` found.
    notebook : Path
        For the message.

    Raises
    ------
    InputError
        ``unknown_parameter`` or ``wrong_type``.
    """
    unknown = set(parameters) - set(declared)
    if unknown:
        raise InputError("unknown_parameter", f"the notebook declares no {sorted(unknown)}", notebook)
    for name, value in parameters.items():
        wanted, given = find_type(declared[name]), type(value).__name__
        # As in Python itself, whole numbers will do where decimals are asked for.
        if given != wanted and (wanted, given) != ("float", "int"):
            message = f"the notebook declares {name} as {wanted}, and {value!r} is {given}"
            raise InputError("wrong_type", message, notebook)


def find_type(declared: dict[str, Any]) -> str:
    """Return the name of a declared parameter's type: the one it is annotated with, else that of its default."""
    annotated = declared["inferred_type_name"]
    return type(ast.literal_eval(declared["default"])).__name__ if annotated == "None" else annotated


def export_page(notebook: Any, title: str) -> str:
    """Return an executed notebook as HTML through the project's own template."""
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(template_name="report", extra_template_basedirs=[str(TEMPLATES)], exclude_anchor_links=True)
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    resources = {
        "page_title": title,
        "style_sheet": style,
        "language": get_language(),
        "sections": say("Sections"),
    }
    return exporter.from_notebook_node(notebook, resources=resources)[0]


if __name__ == "__main__":
    run_stage(main)
