"""Which files a model consists of, with their checksums: what was changed, lost or half written is not used."""

import hashlib
from pathlib import Path

from src.files import write_json
from src.models.checks import DAMAGED, read_object
from src.stage import InputError

MANIFEST = "manifest.json"


def write_manifest(folder: Path) -> None:
    """Write down every file of the model in `folder` as it is now."""
    files = {path.name: compute_checksum(path) for path in list_files(folder)}
    write_json({"files": files}, folder / MANIFEST)


def list_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name != MANIFEST)


def compute_checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_manifest(folder: Path) -> None:
    """Raise an error unless the folder holds the files that were written down, and no others.

    Raises
    ------
    InputError
        Names the first file that is missing, differs, or was not written down.
    """
    files = read_object(folder / MANIFEST).get("files")
    if not isinstance(files, dict):
        raise InputError("damaged_model", f"it lists no files; {DAMAGED}", folder / MANIFEST)
    present = {path.name: path for path in list_files(folder)}
    for name in sorted({*files, *present}):
        if name not in present:
            raise InputError("damaged_model", f"the model's file is missing; {DAMAGED}", folder / name)
        if name not in files:
            raise InputError("damaged_model", f"{MANIFEST} does not list it; {DAMAGED}", folder / name)
        if compute_checksum(present[name]) != files[name]:
            raise InputError("damaged_model", f"it is not as it was when the model was saved; {DAMAGED}", folder / name)
