"""Program: look at raw files, or at tables of a database, and write a first declaration of a source.

The declaration, data/sources/<name>.yaml, has a comment on each guess. Printed are what was matched, ignored and
missed, the columns that look as if sales had filled them in, and at most five questions with their defaults.
"""

import argparse
import re
import shutil
import sys
from pathlib import Path

from src import paths
from src.data.database import Table, connect, list_tables, save_table
from src.data.declarations import ENDINGS
from src.data.guess import Guess
from src.data.guess_source import guess_source
from src.data.profile import profile_path
from src.data.propose_text import write_declaration, write_summary
from src.data.read import make_workshop, open_database
from src.data.sources import SOURCE_NAME, load_source
from src.files import write_text
from src.stage import InputError, run_stage

PREFIX = "postgresql:"


def main() -> str:
    parser = argparse.ArgumentParser(prog="python -m src.data.propose", description=__doc__)
    parser.add_argument("name", metavar="NAME", help="of the new source: a-z, 0-9 and _, a letter first")
    parser.add_argument("files", metavar="FILE", nargs="+", help=f"files, a folder, or {PREFIX}VARIABLE and tables")
    parser.add_argument("--force", action="store_true", help="write over a declaration that is there")
    arguments = parser.parse_args()
    target = check_target(arguments.name, arguments.force)
    folder = paths.raw_folder(arguments.name)
    folder.mkdir(parents=True, exist_ok=True)
    database = None
    if arguments.files[0].startswith(PREFIX):
        database = arguments.files[0].removeprefix(PREFIX), pull(arguments, folder)
        found = [folder / file for file in database[1]]
    else:
        found = [bring(path, folder) for path in list_files(arguments.files)]
    guess = propose(found)
    write_text(write_declaration(arguments.name, guess, database), target)
    sys.stdout.write(write_summary(guess))
    if not guess.outcomes:
        return f"wrote {target}; complete its outcomes, then: python -m src.data.check {arguments.name}"
    load_source(arguments.name)
    return f"wrote {target}; next: python -m src.data.check {arguments.name}"


def propose(files: list[Path]) -> Guess:
    """Return what the files of a source seem to be."""
    db = open_database()
    with make_workshop(db):
        profiles = [profile for number, path in enumerate(files) for profile in profile_path(db, path, number)]
        return guess_source(db, profiles)


def check_target(name: str, force: bool) -> Path:
    """Return where the declaration goes, unless one is there that somebody may have worked on."""
    if not re.fullmatch(SOURCE_NAME, name):
        message = f"{name!r} cannot be the name of a source: take a-z, 0-9 and _, a letter first"
        raise InputError("invalid_name", message)
    target = paths.source_file(name)
    if target.exists() and not force:
        raise InputError("declared_already", "it is there: take another name, or --force to write over it", target)
    return target


def list_files(given: list[str]) -> list[Path]:
    """Return the files that are meant; of a folder those that can be read."""
    files = []
    for path in map(Path, given):
        inside = sorted(other for other in path.iterdir() if other.name.endswith(ENDINGS)) if path.is_dir() else [path]
        files += inside
    missing = next((path for path in files if not path.is_file()), None)
    if missing is not None:
        raise InputError("missing_file", "there is no such file", missing)
    if not files:
        raise InputError("missing_file", f"the folder has no file that ends in {', '.join(ENDINGS)}", given[0])
    files = list(dict.fromkeys(files))
    twice = next((path for path in files if [other.name for other in files].count(path.name) > 1), None)
    if twice is not None:
        raise InputError("repeated_file", "two files have this name and would lie in one folder: rename one", twice)
    return files


def bring(path: Path, folder: Path) -> Path:
    """Return a file in the raw folder, copied there if it lies elsewhere."""
    target = folder / path.name
    if target.exists() and target.resolve() == path.resolve():
        return target
    shutil.copyfile(path, target)
    return target


def pull(arguments: argparse.Namespace, folder: Path) -> dict[str, Table]:
    """Save the named tables of a database, or all that can be read, and return them by their file."""
    variable, names = arguments.files[0].removeprefix(PREFIX), arguments.files[1:]
    with connect(variable) as cursor:
        tables = {f"{name.replace('.', '_')}.parquet": Table(table=name) for name in names or list_tables(cursor)}
        for file, table in tables.items():
            save_table(cursor, file, table, folder / file)
    return tables


if __name__ == "__main__":
    run_stage(main)
