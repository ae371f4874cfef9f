"""Raw files to blocks of UTF-8: what a file is, unpacked, decoded, and where a byte is wrong."""

import codecs
import contextlib
import gzip
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from src.data.declarations import File
from src.stage import InputError

BLOCK = 8 << 20
"""Bytes that are read at a time."""

START = 1 << 16
"""Bytes that tell how a file is encoded."""

GIGABYTE = 1 << 30
GZIP, PARQUET, ZIP, UTF_8_MARK = b"\x1f\x8b", b"PAR1", b"PK\x03\x04", codecs.BOM_UTF8

ZIPPED = (".zip", ".xlsx", ".ods")
"""Endings of files that are zip archives: with one CSV in it, or workbooks."""

OTHER_KINDS = {
    ZIP: "a zip archive, or a workbook: name it .zip, .xlsx or .ods, as it is",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (xls): save the sheet as CSV UTF-8",
    PARQUET: "a Parquet file: name it .parquet",
    b"%PDF": "a PDF: export the table as CSV",
    b"BZh": "packed with bzip2: unpack it",
    b"\xfd7zXZ": "packed with xz: unpack it",
    b"\x28\xb5\x2f\xfd": "packed with zstd: unpack it",
    b"7z\xbc\xaf": "a 7z archive: unpack it",
}
WEB_PAGE = (b"<!doctype html", b"<html", b"<table", b"<?xml")

WINDOWS = "".join(bytes([byte]).decode("cp1252", "replace") for byte in range(256))
LATIN = "".join(chr(byte) if letter == "\ufffd" else letter for byte, letter in enumerate(WINDOWS))
"""Windows-1252, which is what files called Latin-1 hold; its five unused bytes are control characters there."""


def check_file(path: Path) -> None:
    """Stop where there is no file at `path`, or nothing in it."""
    if path.is_dir():
        raise InputError("not_a_file", "it is a folder; name a file in it", path)
    if not path.is_file():
        raise InputError("missing_file", "there is no such file; put it there (see make data)", path)
    if path.stat().st_size == 0:
        raise InputError("empty_file", "the file has no bytes; export it again", path)


def check_kind(path: Path) -> None:
    """Stop where a file is not what its name says, as its first bytes tell."""
    with path.open("rb") as stream:
        start = stream.read(512)
    if path.suffix == ".parquet":
        if not start.startswith(PARQUET):
            raise InputError("not_parquet", "its first bytes are not those of a Parquet file", path)
        return
    if path.suffix in ZIPPED:
        if not start.startswith(ZIP):
            message = "its first bytes are not those of a zip archive or a workbook; save it, or name it, as it is"
            raise InputError("damaged_zip", message, path)
        return
    if path.suffix == ".gz" and not start.startswith(GZIP):
        message = "it is not packed with gzip; name it .csv, or fetch the file again"
        raise InputError("damaged_gzip", message, path)
    for mark, what in OTHER_KINDS.items():
        if start.startswith(mark):
            raise InputError("not_csv", f"it is {what}", path)
    if start.removeprefix(UTF_8_MARK).lstrip().lower().startswith(WEB_PAGE):
        raise InputError("not_csv", "it is a web page or XML, as some tools name xls: export it as CSV", path)


def is_packed(path: Path) -> bool:
    """Return whether a file is packed with gzip, whatever its name, or a zip archive."""
    with path.open("rb") as stream:
        return path.suffix == ".zip" or stream.read(2) == GZIP


def open_bytes(path: Path) -> contextlib.AbstractContextManager:
    """Open a file for reading, unpacked."""
    if path.suffix == ".zip":
        return open_member(path)
    return gzip.open(path) if is_packed(path) else path.open("rb")


@contextlib.contextmanager
def open_member(path: Path) -> Iterator[Any]:
    """Open the one CSV in a zip archive; what macOS adds is none."""
    with zipfile.ZipFile(path) as archive:
        names = [member.filename for member in archive.infolist() if not member.is_dir()]
        names = [name for name in names if not name.startswith("__MACOSX/") and not name.endswith(".DS_Store")]
        if len(names) != 1 or ".." in names[0].split("/") or not names[0].casefold().endswith((".csv", ".txt", ".tsv")):
            message = f"it must hold one CSV and holds {len(names)} files, or one of another kind: unpack it"
            raise InputError("several_in_zip", message, path)
        with archive.open(names[0]) as stream:
            yield stream


def read_bytes(path: Path, max_gigabytes: float) -> Iterator[bytes]:
    """Yield the bytes of a file in blocks, unpacked; the checksum of a packed one is checked at its end."""
    size = 0
    try:
        with open_bytes(path) as stream:
            while block := stream.read(BLOCK):
                size += len(block)
                if size > max_gigabytes * GIGABYTE:
                    message = f"it has more than {max_gigabytes:g} GB unpacked; declare max_gigabytes if that is right"
                    raise InputError("file_too_large", message, path)
                yield block
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError):
        message = "it is damaged, or has a password: fetch the file again, or unpack it"
        raise InputError("damaged_zip", message, path) from None
    except EOFError:
        raise InputError("damaged_gzip", "it ends in the middle; fetch the file again", path) from None
    except gzip.BadGzipFile as error:
        # The message may repeat bytes of the file.
        what = "its checksum is wrong" if "CRC" in str(error) else "something else follows what is packed"
        raise InputError("damaged_gzip", f"{what}; fetch the file again", path) from None
    except zlib.error:
        raise InputError("damaged_gzip", "its packed data are damaged; fetch the file again", path) from None


def read_start(path: Path, declared: File) -> bytes:
    return next(read_bytes(path, declared.max_gigabytes), b"")[:START]


def find_encoding(path: Path, declared: File) -> str:
    """Return how a file is encoded: as declared, with the byte order of UTF-16, unless its first bytes deny it."""
    start, encoding = read_start(path, declared), declared.encoding
    if start.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise InputError("wrong_encoding", "the file is UTF-32, which is not read: save it as UTF-8", path)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        found = "utf-16-le" if start.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
    elif start.startswith(UTF_8_MARK):
        found = "utf-8"
    else:
        found = guess_utf_16(start) or encoding
    if not found.startswith(encoding):
        name = found[:6].rstrip("-")
        raise InputError("wrong_encoding", f"the file is {name.upper()}: declare encoding: {name}", path)
    if found == "utf-16":
        raise InputError("wrong_encoding", "the file is not UTF-16: declare its encoding, utf-8 perhaps", path)
    return found


def guess_utf_16(start: bytes) -> str | None:
    """Return the byte order of UTF-16 without a mark: where most letters are plain, every second byte is zero."""
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) * 4 < len(start) or min(even, odd) * 2 > max(even, odd):
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


def read_text(path: Path, declared: File, encoding: str) -> Iterator[bytes]:
    """Yield the text of a file as UTF-8 without a byte order mark, in blocks that may part a letter."""
    blocks = read_bytes(path, declared.max_gigabytes)
    if encoding.startswith("utf-16"):
        texts = decode_blocks(path, declared, encoding, blocks)
    elif encoding == "utf-8":
        texts = check_blocks(path, declared, blocks)
    else:
        texts = map_blocks(path, declared, encoding, blocks)
    return drop_marks(texts)


def drop_marks(texts: Iterator[bytes]) -> Iterator[bytes]:
    """Yield `texts` without the byte order marks at their beginning: some tools write two."""
    is_start = True
    for text in texts:
        rest = text
        while is_start and rest.startswith(UTF_8_MARK):
            rest = rest[len(UTF_8_MARK) :]
        is_start = False
        yield rest


def decode_blocks(path: Path, declared: File, encoding: str, blocks: Iterator[bytes]) -> Iterator[bytes]:
    decoder, offset = codecs.getincrementaldecoder(encoding)(), 0
    try:
        for block in blocks:
            held = len(decoder.getstate()[0])
            yield decoder.decode(block).encode("utf-8")
            offset += len(block)
        held = len(decoder.getstate()[0])
        yield decoder.decode(b"", final=True).encode("utf-8")
    except UnicodeDecodeError as error:
        raise describe_bad_byte(path, declared, encoding, offset - held + error.start) from None


def check_blocks(path: Path, declared: File, blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield blocks of UTF-8 as they are, once they are that."""
    decoder, offset = codecs.getincrementaldecoder("utf-8")(), 0
    try:
        for block in blocks:
            held = len(decoder.getstate()[0])
            # To look for letters beyond ASCII takes a tenth of the time of decoding.
            if held or not block.isascii():
                decoder.decode(block)
            yield block
            offset += len(block)
        held = len(decoder.getstate()[0])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise describe_bad_byte(path, declared, "utf-8", offset - held + error.start) from None


def map_blocks(path: Path, declared: File, encoding: str, blocks: Iterator[bytes]) -> Iterator[bytes]:
    table, offset = LATIN if encoding == "latin-1" else WINDOWS, 0
    for block in blocks:
        text, _ = codecs.charmap_decode(block, "strict", table)
        if "\ufffd" in text:
            raise describe_bad_byte(path, declared, encoding, offset + text.index("\ufffd"))
        yield text.encode("utf-8")
        offset += len(block)


def describe_bad_byte(path: Path, declared: File, encoding: str, offset: int) -> InputError:
    """Return the fault of the byte at `offset`, from 0, which the encoding does not have."""
    line, byte = locate_byte(path, declared, encoding, offset)
    name = declared.encoding
    remedy = "declare its encoding, windows-1252 if Excel wrote it" if name == "utf-8" else "declare another encoding"
    message = f"byte {offset} (0x{byte:02X}) is not {name.upper()}; {remedy}, or mend the file"
    return InputError("invalid_byte", message, path, line)


def locate_byte(path: Path, declared: File, encoding: str, offset: int) -> tuple[int, int]:
    """Return the physical line of the byte at `offset` and the byte itself."""
    text, rest = codecs.getincrementaldecoder(encoding)(errors="replace"), offset
    lines, was_cr = 1, False
    for block in read_bytes(path, declared.max_gigabytes):
        part = text.decode(block[:rest])
        lines += part.count("\n") + part.count("\r") - part.count("\r\n") - (was_cr and part.startswith("\n"))
        was_cr = part.endswith("\r")
        if rest < len(block):
            return lines, block[rest]
        rest -= len(block)
    raise AssertionError(f"{path} has no byte {offset}")


def drop_last_lines(blocks: Iterator[bytes], count: int) -> Iterator[bytes]:
    """Yield blocks of text without the last `count` lines; line ends behind them are no lines."""
    held = b""
    for block in blocks:
        held += block
        lines = held.splitlines(keepends=True)
        # A line that may go on is held back with the last ones, however many blank ones follow.
        kept = b"".join(lines[: max(0, len(lines) - 2 * count - 2)])
        yield kept
        held = held[len(kept) :]
    lines = held.splitlines(keepends=True)
    while lines and not lines[-1].strip():
        lines.pop()
    yield b"".join(lines[: max(0, len(lines) - count)])
