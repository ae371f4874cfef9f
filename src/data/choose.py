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
    name = parser.parse_args().name
    choose_source(name)
    return f"the source is {name}"


def choose_source(name: str) -> None:
    """Write the name of a declared source into ``params.yaml``."""
    check_source(name)
    before = read_params()
    after = replace_source(before, name)
    if after != before:
        # Bytes, so that comments, line ends and everything else stay as they are.
        with replacing(paths.PARAMS) as temporary:
            temporary.write_bytes(after)


def read_source() -> str:
    """Return the source that ``params.yaml`` names, if it is a declared one."""
    return check_source(find_source(read_params()))


def read_params() -> bytes:
    if not paths.PARAMS.is_file():
        raise InputError("missing_file", "there is no such file", paths.PARAMS)
    return paths.PARAMS.read_bytes()


def find_source(text: bytes) -> str:
    """Return the source that the bytes of ``params.yaml`` name.

    >>> find_source(b'source: "mine"  # ours\\nobjectives:\\n')
    'mine'
    """
    return find_line(text)[2].decode(errors="replace").strip("\"'")


def replace_source(text: bytes, name: str) -> bytes:
    """Return the bytes of ``params.yaml`` with another source.

    >>> replace_source(b"source: sample  # made here\\nobjectives:\\n", "mine")
    b'source: mine  # made here\\nobjectives:\\n'
    """
    line = find_line(text)
    return text[: line.start()] + line[1].rstrip() + b" " + name.encode() + text[line.end() :]


def find_line(text: bytes) -> re.Match[bytes]:
    lines = list(SOURCE_LINE.finditer(text))
    if len(lines) != 1:
        raise InputError("no_source_line", f"needs one line that begins with source:, has {len(lines)}", paths.PARAMS)
    return lines[0]


if __name__ == "__main__":
    run_stage(main)
