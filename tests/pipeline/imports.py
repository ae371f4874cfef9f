"""Which local files a stage program reads as code: DVC does not see Python's imports."""

import ast
from pathlib import Path

import nbformat


def list_local_imports(code: str) -> set[str]:
    """Return the dotted names under ``src`` that `code` imports, also inside functions."""
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in names if name.partition(".")[0] == "src"}


def find_file(root: Path, name: str) -> Path | None:
    """Return the file of a module, or of a package whose ``__init__`` holds code."""
    path = root / name.replace(".", "/")
    if path.with_suffix(".py").is_file():
        return path.with_suffix(".py")
    init = path / "__init__.py"
    return init if init.is_file() and init.stat().st_size else None


def read_code(path: Path) -> str:
    if path.suffix != ".ipynb":
        return path.read_text(encoding="utf-8")
    cells = nbformat.read(path, as_version=4).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "code")


def close_imports(root: Path, *starts: Path) -> set[str]:
    """Return the paths, relative to `root`, of all local files reached from `starts`."""
    found, waiting = set(), list(starts)
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        files = (find_file(root, name) for name in list_local_imports(read_code(path)))
        waiting += [file for file in files if file is not None]
    return {path.relative_to(root).as_posix() for path in found}
