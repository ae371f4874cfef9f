"""Stage `inputs`: what later stages depend on beside their data, checked once and written out.

DVC sees neither Python's imports nor what a line of a declaration is for. So the fingerprint of the code that
a program or a report's notebook runs is written to ``data/inputs/code/<name>.txt``, and the checked declaration
of the source to ``data/inputs/source.json``. Stages depend on these small files: exactly those whose code or
declaration has changed run again.
"""

import ast
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from src import paths
from src.data.sources import check_source, load_source
from src.files import replacing, write_json, write_text
from src.params import load_params
from src.stage import run_stage

PACKAGE = "src"


def main() -> str:
    params = load_params()
    source = load_source(check_source(params.source))
    fingerprints = {name_code(start): fingerprint_code(start) for start in list_starts()}

    with replacing(paths.INPUTS) as folder:
        for name, text in fingerprints.items():
            write_text(text, folder / "code" / f"{name}.txt")
        write_json(source.model_dump(mode="json", warnings=False), folder / paths.DECLARED.name)
    return f"{params.source}; the code of {len(fingerprints)} programs and notebooks"


def list_starts() -> list[Path]:
    """Return what a stage can run: the modules that end as a program, and the notebooks of reports."""
    modules = sorted(Path(PACKAGE).rglob("*.py"))
    programs = [path for path in modules if "\n    run_stage(main)" in path.read_text(encoding="utf-8")]
    return programs + sorted(paths.NOTEBOOKS.glob("report_*.ipynb"))


def name_code(start: Path) -> str:
    """Return the name of a program's or notebook's fingerprint.

    >>> name_code(Path("src/models/train.py")), name_code(Path("notebooks/report_model.ipynb"))
    ('models.train', 'notebooks.report_model')
    """
    return ".".join(start.with_suffix("").parts).removeprefix(f"{PACKAGE}.")


def fingerprint_code(start: Path) -> str:
    """Return a line for each file that is run: its hash and its path, in order of the path."""
    files = sorted(path.as_posix() for path in close_imports(start))
    return "".join(f"{hashlib.md5(Path(file).read_bytes()).hexdigest()}  {file}\n" for file in files)


def close_imports(start: Path) -> set[Path]:
    """Return all local files that `start` reaches: modules, and the data that lie beside them."""
    found, waiting = set(), [start]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        if path.suffix in (".py", ".ipynb"):
            tree = ast.parse(read_code(path))
            waiting += [*list_imports(tree), *list_named_data(tree, path)]
    return found


def read_code(path: Path) -> str:
    """Return the code of a module, or of the cells of a notebook."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = json.loads(text)["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def list_imports(tree: ast.Module) -> Iterator[Path]:
    """Yield the files of the local modules that a module imports, also inside functions."""
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            if name.partition(".")[0] == PACKAGE:
                yield from find_module(name)


def find_module(name: str) -> Iterator[Path]:
    """Yield the file of a module, or of a package whose ``__init__`` holds code."""
    path = Path(name.replace(".", "/"))
    if path.with_suffix(".py").is_file():
        yield path.with_suffix(".py")
    elif (path / "__init__.py").is_file() and (path / "__init__.py").stat().st_size:
        yield path / "__init__.py"


def list_named_data(tree: ast.Module, module: Path) -> Iterator[Path]:
    """Yield the files that are no code and that a module names: a folder or a file in its room, ``src/<room>/``."""
    room = Path(*module.parts[:2])
    if module.suffix != ".py" or not room.is_dir():
        return
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    for path in (room / name for name in texts & {path.name for path in room.iterdir()}):
        files = path.rglob("*") if path.is_dir() else [path]
        yield from (file for file in files if file.is_file() and file.suffix not in (".py", ".pyc"))


if __name__ == "__main__":
    run_stage(main)
