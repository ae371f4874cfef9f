"""Program: copy the files that sources declare into ``data/raw``, checking their checksums."""

import argparse
import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from src import paths
from src.data.declarations import find_files
from src.data.sources import Source, check_source, list_sources, load_source
from src.files import replacing
from src.stage import InputError, run_stage


@dataclass(frozen=True)
class Copy:
    """A file to copy and the SHA-256 it must have, if one is declared."""

    origin: Path
    target: Path
    checksum: str | None


def main() -> str:
    arguments = parse_arguments()
    names = arguments.sources or list_available(arguments.folder)
    if not names:
        raise InputError("nothing_to_fetch", "it has no folder named like a declared source", arguments.folder)
    copies = {name: plan_copies(name, arguments.folder) for name in names}
    for files in copies.values():
        for copy in files:
            copy_file(copy)
    return ", ".join(f"{name}: {len(files)} files" for name, files in copies.items())


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m src.data.fetch", description=__doc__)
    parser.add_argument("sources", nargs="*", metavar="SOURCE", help="default: every source that DIR has a folder of")
    parser.add_argument("--from", dest="folder", type=Path, required=True, metavar="DIR")
    return parser.parse_args()


def list_available(folder: Path) -> list[str]:
    """Return the declared sources that `folder` has a folder of; a generated source is made, not copied."""
    if not folder.is_dir():
        raise InputError("missing_folder", "there is no such folder", folder)
    names = [name for name in list_sources() if (folder / name).is_dir()]
    return [name for name in names if load_source(name).generate is None]


def plan_copies(name: str, folder: Path) -> list[Copy]:
    """Return a copy for each declared file of a source, once all are there and as published."""
    source = load_source(check_source(name))
    if source.generate is not None:
        raise InputError("generated_source", "its files are made by the pipeline", paths.source_file(name))
    copies = []
    for origin in list_declared_files(source, folder / name):
        if not origin.is_file():
            raise InputError("missing_file", f"{paths.source_file(name)} declares it, and it is not there", origin)
        inside = origin.relative_to(folder / name)
        copies.append(Copy(origin, paths.raw_folder(name) / inside, source.checksums.get(inside.as_posix())))
        check_checksum(origin, hash_file(origin), copies[-1].checksum)
    check_no_leftovers(source, paths.raw_folder(name), [copy.target for copy in copies])
    return copies


def list_declared_files(source: Source, folder: Path) -> list[Path]:
    """Return the files in `folder` that a source declares, its patterns expanded."""
    files = [path for name in source.get_files() for path in find_files(folder, name)]
    return list(dict.fromkeys(files))


def check_no_leftovers(source: Source, raw: Path, targets: list[Path]) -> None:
    """Stop where an older part of a log would be read together with the new ones."""
    leftovers = [path for path in list_declared_files(source, raw) if path.is_file() and path not in targets]
    if leftovers:
        raise InputError(
            "leftover_file", "it would be read too, and is not among the new files: remove it", leftovers[0]
        )


def hash_file(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def check_checksum(path: Path, found: str, declared: str | None) -> None:
    if declared is not None and found != declared:
        raise InputError("wrong_checksum", f"its SHA-256 is {found}, declared is {declared}", path)


def copy_file(copy: Copy) -> None:
    """Copy a file in one step; the copy is what is checked, and an equal file is left alone."""
    if copy.target.is_file() and hash_file(copy.target) == hash_file(copy.origin):
        return
    with replacing(copy.target) as temporary:
        shutil.copyfile(copy.origin, temporary)
        check_checksum(copy.origin, hash_file(temporary), copy.checksum)


if __name__ == "__main__":
    run_stage(main)
