"""Program of the stages `scenario`, `model` and `comparison`: from a papermill notebook to a page that stands alone."""

import ast
import base64
import logging
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from src import paths
from src.files import write_text
from src.params import Params, load_params
from src.reports.language import gettext
from src.reports.names import write_objective
from src.reports.pages import write_page
from src.reports.results import speak
from src.stage import InputError, read_item, run_stage

SCENARIO = paths.NOTEBOOKS / "report_scenario.ipynb"
MODEL = paths.NOTEBOOKS / "report_model.ipynb"
COMPARISON = paths.NOTEBOOKS / "report_comparison.ipynb"

COMPARED = paths.COMPARISON.stem
"""What the page across all is asked for by; no scenario and no objective is called so."""

NOTEBOOK_ONLY = "notebook"
"""The tag of a cell that is for those who work in the notebook: its page shows nothing of it."""

PICTURES = ("image/png", "image/jpeg", "image/svg+xml")


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
    page : Path
        Where it is written.
    """

    notebook: Path
    parameters: dict[str, Any]
    title: str
    page: Path


def main() -> str:
    params = load_params()
    speak(params)
    report = choose_report(read_item(), params)
    page = render_notebook(report.notebook, report.parameters, report.title)
    write_text(page, report.page)
    return f"{report.page} ({len(page.encode()) / 1000:.0f} kB)"


def choose_report(item: str, params: Params) -> Report:
    """Return the page of an objective's model, of a scenario or of all: whichever `item` names.

    Raises
    ------
    InputError
        ``unknown_scenario`` where it names neither.
    """
    if item == COMPARED:
        return Report(COMPARISON, {}, gettext("The scenarios side by side"), paths.INDEX.with_name(f"{COMPARED}.html"))
    if item in params.objectives:
        title = gettext("How good are the probabilities of %(objective)s?") % {"objective": write_objective(item)}
        return Report(MODEL, dict(objective=item), title, paths.report(item, MODEL.stem.removeprefix("report_")))
    scenario = params.get_scenario(item)
    return Report(SCENARIO, dict(scenario=item), scenario.title, paths.report(scenario.objective, item))


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
    """Return what the cells of an executed notebook show, in order, as a page; none of their code."""
    parts = []
    for cell in notebook.cells:
        if NOTEBOOK_ONLY in cell.metadata.get("tags", []):
            continue
        if cell.cell_type == "markdown":
            parts.append(write_markdown(cell.source))
        elif cell.cell_type == "code":
            parts += [show_output(output) for output in cell.outputs]
    return write_page(title, parts)


def show_output(output: Any) -> Markup:
    """Return whatever a cell shows or prints: HTML as it is, a picture, Markdown, or else its text."""
    if output.output_type == "stream":
        return Markup("<pre>{}</pre>").format(output.text)
    data = output.data
    if "text/html" in data:
        return Markup(data["text/html"])
    alternative = data.get("text/plain", "")
    for kind in PICTURES:
        if kind in data:
            content = data[kind]
            if kind == "image/svg+xml":
                content = base64.b64encode(content.encode()).decode()
            source = f"data:{kind};base64,{''.join(content.split())}"
            return Markup('<figure><img alt="{}" src="{}"></figure>').format(alternative, source)
    if "text/markdown" in data:
        return write_markdown(data["text/markdown"])
    return Markup("<pre>{}</pre>").format(alternative)


def write_markdown(source: str) -> Markup:
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    renderer = IPythonRenderer(escape=False, exclude_anchor_links=True)
    return Markup(MarkdownWithMath(renderer=renderer).render(source))


if __name__ == "__main__":
    run_stage(main)
