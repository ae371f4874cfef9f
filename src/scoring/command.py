"""What ``python -m src.scoring.score`` does with files: scores them, or whatever arrives in a folder."""

import argparse
from pathlib import Path

from src.scoring.new import FOLDER, score_files, write_open_lists
from src.scoring.watch import watch


def run_command(arguments: list[str]) -> str:
    given = read_arguments(arguments)
    if given.watch:
        return watch(given.watch, given.to, given.as_of, given.once)
    if given.open:
        return write_open_lists(given.with_contact)
    return score_files(given.leads, given.activities, given.as_of, given.to, given.with_contact)


def read_arguments(arguments: list[str]) -> argparse.Namespace:
    about = "Score the leads of files, by the models in force and without training."
    parser = argparse.ArgumentParser(prog="python -m src.scoring.score", description=about)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--leads", type=Path, nargs="+", metavar="FILE", help="of the form of the declared leads")
    what.add_argument("--watch", type=Path, metavar="FOLDER", help="whatever arrives in its leads/ and activities/")
    what.add_argument("--open", action="store_true", help="today's list as the chain made it, as workbooks")
    parser.add_argument(
        "--activities", type=Path, nargs="+", default=[], metavar="FILE", help="of the form of the declared logs"
    )
    parser.add_argument(
        "--as-of",
        metavar="TIME",
        help='until when the files go, such as "2026-08-01T09:00"; with --watch now by default',
    )
    parser.add_argument("--once", action="store_true", help="with --watch: score what is there and stop")
    parser.add_argument(
        "--with-contact", action="store_true", help="workbooks with names, phones and e-mails, in data/contact/"
    )
    parser.add_argument("--to", type=Path, default=FOLDER, metavar="FOLDER", help=f"for the lists, {FOLDER} by default")
    return parser.parse_args(arguments)
