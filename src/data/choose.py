"""Program: choose the source that the pipeline works on, the line ``source:`` of ``params.yaml``."""

import argparse
import re

from src import paths
from src.data.sources import check_source
from src.files import replacing
from src.stage import InputError, run_stage

SOURCE_LINE = re.compile(rb"^(source:[ \t]*)([^\s#]*)", re.MULTILINE)


def main() -> str:
    parser = argparse.ArgumentParser(prog="python -m src.data.choose", description=__doc__)
    parser.add_argument("name", metavar="SOURCE", help="a name in data/sources/")
    name = check_source(parser.parse_args().name)
    if not paths.PARAMS.is_file():
        raise InputError("missing_file", "there is no such file", paths.PARAMS)
    before = paths.PARAMS.read_bytes()
    after = replace_source(before, name)
    if after != before:
        # Bytes, so that comments, line ends and everything else stay as they are.
        with replacing(paths.PARAMS) as temporary:
            temporary.write_bytes(after)
    return f"the source is {name}"


def replace_source(text: bytes, name: str) -> bytes:
    """Return the bytes of ``params.yaml`` with another source.

    >>> replace_source(b"source: sample  # made here\\nobjectives:\\n", "mine")
    b'source: mine  # made here\\nobjectives:\\n'
    """
    lines = SOURCE_LINE.findall(text)
    if len(lines) != 1:
        raise InputError("no_source_line", f"needs one line that begins with source:, has {len(lines)}", paths.PARAMS)
    return SOURCE_LINE.sub(lambda line: line[1].rstrip() + b" " + name.encode(), text)


if __name__ == "__main__":
    run_stage(main)
