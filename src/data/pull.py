"""Program: read the tables that a source declares from its database into data/raw/<source>/, as Parquet files.

What was read stays there, so that a run and its repetition read the same; the program is run for newer data.
"""

import argparse

from src import paths
from src.data.database import Database, connect, save_table
from src.data.sources import check_source, load_source
from src.stage import InputError, run_stage


def main() -> str:
    parser = argparse.ArgumentParser(prog="python -m src.data.pull", description=__doc__)
    parser.add_argument("name", metavar="SOURCE", help="a name in data/sources/")
    name = check_source(parser.parse_args().name)
    database = load_source(name).database
    if database is None:
        raise InputError("no_database", "the source declares no database", paths.source_file(name))
    counts = pull_tables(name, database)
    return ", ".join(f"{rows} rows in {file}" for file, rows in counts.items())


def pull_tables(name: str, database: Database) -> dict[str, int]:
    """Write the declared tables of a source to its raw folder and return how many rows each has."""
    folder = paths.raw_folder(name)
    folder.mkdir(parents=True, exist_ok=True)
    with connect(database.dsn) as cursor:
        return {file: save_table(cursor, file, table, folder / file) for file, table in database.tables.items()}


if __name__ == "__main__":
    run_stage(main)
