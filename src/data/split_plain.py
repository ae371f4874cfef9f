"""Text without any quote to records and fields, as `split.split_records` does, all of it at once."""

import numpy as np

from src.data.split import BEGIN, COUNT, CR, END, FIRST, LF, LINE


def split_plain(
    data: bytes, begin: int, is_last: bool, delimiter: int, line: int, ends: np.ndarray
) -> tuple[int, int, np.ndarray, np.ndarray]:
    """Return the position and line behind the last whole record of ``data[begin:]``, the records and their fields.

    Parameters and results are those of `split.split_records`.
    """
    stop = len(data) if is_last else find_last_end(data, begin)
    text = np.frombuffer(data, np.uint8)[begin:stop]
    has_cr = data.find(b"\r", begin, stop) >= 0
    marks, signs = find_marks(text, delimiter, has_cr)
    starts = np.concatenate([[0], marks[:-1] + 1])
    if has_cr:
        marks, signs, starts = join_ends(text, marks, signs)
    last = np.flatnonzero(signs != delimiter)
    first = np.concatenate([[0], last[:-1] + 1])[: len(last)]
    records = np.zeros((len(last), 6), np.int64)
    records[:, LINE] = line + np.arange(len(last))
    records[:, BEGIN], records[:, END] = starts[first] + begin, marks[last] + begin
    records[:, FIRST], records[:, COUNT] = first, last - first + 1
    is_row = records[:, BEGIN] < records[:, END]
    count_kinds(text, marks[last[is_row]], signs[last[is_row]], ends)
    fields = np.empty((len(marks), 2), np.int32)
    fields[:, 0], fields[:, 1] = starts + begin, marks + begin
    return stop, line + len(last), records[is_row], fields


def find_last_end(data: bytes, begin: int) -> int:
    """Return the position behind the last line end; a CR that ends the data may be half of one."""
    return max(data.rfind(b"\n", begin), data.rfind(b"\r", begin, len(data) - 1), begin - 1) + 1


def find_marks(text: np.ndarray, delimiter: int, has_cr: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return where the delimiters and line ends stand and which they are; the end of the text is a line's end."""
    is_mark = (text == delimiter) | (text == LF)
    if has_cr:
        is_mark |= text == CR
    marks = np.flatnonzero(is_mark)
    signs = text[marks]
    if len(text) and text[-1] not in (LF, CR):
        marks, signs = np.append(marks, len(text)), np.append(signs, np.uint8(LF))
    return marks, signs


def join_ends(text: np.ndarray, marks: np.ndarray, signs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return marks and signs with each CR LF as one, the CR, and where the fields start."""
    is_second = (signs == LF) & (marks > 0) & (text[np.maximum(marks, 1) - 1] == CR)
    # What ends the text is no sign of it.
    is_second &= marks < len(text)
    behind = marks + 1
    behind[:-1] += is_second[1:]
    kept = ~is_second
    return marks[kept], signs[kept], np.concatenate([[0], behind[kept][:-1]])


def count_kinds(text: np.ndarray, marks: np.ndarray, signs: np.ndarray, ends: np.ndarray) -> None:
    """Add to `ends` how many lines end in LF, CR LF and CR; the end of the text is none of them."""
    if len(marks) and marks[-1] == len(text):
        marks, signs = marks[:-1], signs[:-1]
    if not (signs == CR).any():
        ends[0] += len(signs)
        return
    is_pair = (signs == CR) & (text[np.minimum(marks + 1, len(text) - 1)] == LF)
    ends += [int((signs == LF).sum()), int(is_pair.sum()), int((signs == CR).sum() - is_pair.sum())]
