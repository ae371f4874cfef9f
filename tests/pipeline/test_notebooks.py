"""Every committed notebook runs, opened from where JupyterLab opens it, and has no outputs in git."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.pipeline.conftest import Project

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("folder", [".", "notebooks"])
@pytest.mark.parametrize("name", [path.name for path in NOTEBOOKS])
def test_a_notebook_runs_on_what_the_pipeline_made(sample_run: Project, name: str, folder: str):
    """Check that each cell runs, from the root and from the notebooks' own folder."""
    notebook = nbformat.read(sample_run.folder / "notebooks" / name, as_version=4)
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(sample_run.folder / folder)}})
    client.execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert any(output.output_type in ("display_data", "execute_result") for output in outputs)
    assert not any(output.output_type == "error" for output in outputs)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.name for path in NOTEBOOKS])
def test_a_notebook_is_committed_without_outputs(path: Path):
    """Check that no run, and so no lead, is left in a notebook."""
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert cells
    assert [cell for cell in cells if cell.outputs or cell.execution_count] == []
