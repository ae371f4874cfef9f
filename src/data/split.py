"""Bytes of a CSV to records and fields, exactly: where each begins, on which physical line, and what is wrong with it.

The functions are plain loops over bytes. `load_compiled` gives them as machine code, for files that are long
enough to pay for compiling; both are the same source.

A quote counts where it begins a field and where it ends one, blanks around it aside. Anywhere else it is a fault
of the row, which costs the lines that belong to it and none of the rows behind it, as far as that can be told.
"""

import importlib.util
import sys
from types import ModuleType

if __name__.endswith("_compiled"):
    from numba import njit

    compiled = njit(cache=True, nogil=True)
else:

    def compiled(function):
        return function


LF, CR, BLANK, QUOTE, BACKSLASH = 10, 13, 32, 34, 92

WHOLE, STRAY_QUOTE, BROKEN_QUOTE, UNCLOSED_QUOTE = 0, 1, 2, 3
"""What can be wrong with the quotes of a record."""

LINE, BEGIN, END, FIRST, COUNT, FAULT = 0, 1, 2, 3, 4, 5
"""Columns of a record: its physical line, its bytes, its first field, how many it has, and its fault."""

MAX_RECORD = 10_000_000
"""Bytes of the longest record: a quote that is never closed ends here."""

MAX_TAIL = 100
"""Lines behind a stray quote in which the text that it began may end."""

MORE = -1
"""In place of a position: the bytes end before it can be told."""


@compiled
def skip_line(data, i, end):
    """Return where the line after the one of position `i` begins."""
    while i < end:
        if data[i] == LF:
            return i + 1
        if data[i] == CR:
            return i + 2 if i + 1 < end and data[i + 1] == LF else i + 1
        i += 1
    return end


@compiled
def is_line_end(data, i, end):
    return i >= end or data[i] == LF or data[i] == CR


@compiled
def count_ends(data, i, end):
    """Return how many physical lines end in a stretch of bytes."""
    lines = 0
    while i < end:
        if data[i] == LF or (data[i] == CR and not (i + 1 < end and data[i + 1] == LF)):
            lines += 1
        i += 1
    return lines


@compiled
def close_quote(data, i, end, escape):
    """Return the position of the quote that ends the text begun before `i` and whether quotes are escaped in it."""
    has_escapes = False
    while i < end:
        if data[i] == escape and i + 1 < end and (data[i + 1] == QUOTE or data[i + 1] == escape):
            has_escapes = True
            i += 2
        elif data[i] == QUOTE:
            if i + 1 < end and data[i + 1] == QUOTE:
                has_escapes = True
                i += 2
            else:
                return i, has_escapes
        else:
            i += 1
    return MORE, has_escapes


@compiled
def find_quote(data, i, end, escape):
    """Return the first quote of a stretch of bytes that is neither escaped nor doubled, or its end."""
    while i < end:
        if data[i] == QUOTE:
            if i + 1 < end and data[i + 1] == QUOTE:
                i += 1
            else:
                return i
        elif data[i] == escape:
            i += 1
        i += 1
    return end


@compiled
def has_odd_quotes(data, i, end, escape):
    odd, i = False, find_quote(data, i, end, escape)
    while i < end:
        odd, i = not odd, find_quote(data, i + 1, end, escape)
    return odd


@compiled
def has_whole_line(data, i, end, delimiter, width):
    """Return whether one of the lines of a stretch of bytes is by itself a row, without any quotes."""
    while i < end:
        after, fields, quotes = skip_line(data, i, end), 1, 0
        while i < after:
            fields += data[i] == delimiter
            quotes += data[i] == QUOTE
            i += 1
        if fields == width and quotes == 0:
            return True
    return False


@compiled
def find_tail(data, line_end, end, is_last, delimiter, escape, width):
    """Return where a record ends that a quote broke on the line that ends at `line_end`.

    The quote may have begun a text of several lines, whose last one holds the quote that ends it.
    """
    i = line_end
    for _ in range(MAX_TAIL):
        if i >= end:
            return line_end if is_last or end - line_end > MAX_RECORD else MORE
        after = skip_line(data, i, end)
        quote = find_quote(data, i, after, escape)
        if quote < after:
            begins = quote == i or data[quote - 1] == delimiter
            ends = is_line_end(data, quote + 1, end) or data[quote + 1] == delimiter
            is_tail = ends and not begins and has_odd_quotes(data, i, after, escape)
            return after if is_tail and not has_whole_line(data, line_end, i, delimiter, width) else line_end
        i = after
    return line_end


@compiled
def end_broken(data, begin, opened, broken, end, is_last, delimiter, escape, width):
    """Return where a record that begins at `begin` ends, whose quote of `opened` turns out wrong at `broken`.

    `broken` is `MORE` for a quote that nothing closes. Where the lines behind the one of `opened` were only swallowed
    by its text, the record ends before them.
    """
    opened_end = skip_line(data, opened, end)
    if broken == MORE:
        return opened_end
    broken_end = skip_line(data, broken, end)
    if opened_end < broken_end:
        line = broken
        while data[line - 1] != LF and data[line - 1] != CR:
            line -= 1
        begins = broken == line or data[broken - 1] == delimiter
        is_text = not begins and has_odd_quotes(data, line, broken_end, escape)
        return broken_end if is_text and not has_whole_line(data, opened_end, line, delimiter, width) else opened_end
    line = begin
    while skip_line(data, line, end) <= broken:
        line = skip_line(data, line, end)
    if line == begin and has_odd_quotes(data, line, broken_end, escape):
        return find_tail(data, broken_end, end, is_last, delimiter, escape, width)
    return broken_end


@compiled
def read_quoted(data, start, end, delimiter, escape):
    """Return where a field ends whose text begins at `start`, where the text does, if it has escapes, its fault."""
    finish, has_escapes = close_quote(data, start, end, escape)
    if finish == MORE:
        return end, end, has_escapes, UNCLOSED_QUOTE
    i = finish + 1
    while i < end and data[i] == BLANK:
        i += 1
    is_whole = is_line_end(data, i, end) or data[i] == delimiter
    return i, finish, has_escapes, WHOLE if is_whole else BROKEN_QUOTE


@compiled
def read_plain(data, i, end, delimiter):
    """Return where a field without quotes ends, which begins at `i`, and its fault."""
    while i < end and data[i] != delimiter and data[i] != LF and data[i] != CR and data[i] != QUOTE:
        i += 1
    return i, STRAY_QUOTE if i < end and data[i] == QUOTE else WHOLE


@compiled
def read_record(data, begin, end, is_last, delimiter, escape, width, fields, filled):
    """Read the record at `begin` into `fields`.

    Returns
    -------
    after : int
        Where the next record begins; `MORE` if the bytes end before this one does.
    finish : int
        Where its text ends, without the line's end.
    filled : int
        How many `fields` there are now.
    fault : int
    has_quotes : bool
        Only then it may take more than one line.
    """
    may_go_on = not is_last and end - begin <= MAX_RECORD
    i, has_quotes, is_open, first, doubtful = begin, False, True, filled, MORE
    while is_open:
        start, has_escapes = i, False
        while i < end and data[i] == BLANK:
            i += 1
        opened = i
        if i < end and data[i] == QUOTE:
            start, has_quotes = i + 1, True
            i, finish, has_escapes, fault = read_quoted(data, start, end, delimiter, escape)
            # Such a quote may as well begin a field, of a row that a quote never closed has swallowed.
            begins = fault == WHOLE and finish > start and data[finish - 1] == delimiter
            if begins and doubtful == MORE and skip_line(data, opened, end) <= finish:
                doubtful = opened
        else:
            i, fault = read_plain(data, i, end, delimiter)
            finish = i
            opened = i if fault == STRAY_QUOTE else opened
        if i >= end and (may_go_on or (not is_last and fault == WHOLE)):
            return MORE, begin, filled, WHOLE, has_quotes
        if fault != WHOLE and doubtful != MORE:
            break
        if fault != WHOLE:
            broken = MORE if fault == UNCLOSED_QUOTE else finish
            after = end_broken(data, begin, opened, broken, end, is_last, delimiter, escape, width)
            return MORE if after == end and may_go_on else after, after, filled, fault, True
        fields[filled, 0], fields[filled, 1] = start, -finish if has_escapes else finish
        filled += 1
        is_open = i < end and data[i] == delimiter
        i += is_open
    if doubtful != MORE and (is_open or (width > 0 and filled - first != width)):
        after = skip_line(data, doubtful, end)
        return after, after, filled, UNCLOSED_QUOTE, True
    after = skip_line(data, i, end)
    if after == end and may_go_on and data[end - 1] == CR:
        after = MORE
    return after, i, filled, WHOLE, has_quotes


@compiled
def split_records(data, begin, end, is_last, delimiter, escape, width, line, records, fields, ends):
    """Fill `records` and `fields` with what stands in ``data[begin:end]``, as many as there are `records`.

    Blank lines are no records. `ends` counts the records that end in LF, CR LF and CR.

    Parameters
    ----------
    data : bytes or array of uint8
        Text in which the delimiter, quotes and line ends are single bytes.
    is_last : bool
        Whether nothing follows; else a record that may go on behind `end` is left for the next call.
    escape : int
        A byte that escapes quotes beside the quote itself, or -1.
    width : int
        The fields of a whole row, by which a row is known again behind broken quotes.
    line : int
        The physical line at `begin`, from 1.
    records : array of int64, shape (bytes / 2 + 1, 6)
    fields : array of int32, shape (bytes + 1, 2)
        Begin and end of each field's text; the end is negative where quotes are escaped in it.

    Returns
    -------
    position, line, count_records, count_fields : int
    """
    count, filled, position = 0, 0, begin
    while position < end and count < len(records):
        if data[position] == LF:
            position, line = position + 1, line + 1
            continue
        if data[position] == CR:
            if position + 1 >= end and not is_last:
                break
            position, line = skip_line(data, position, end), line + 1
            continue
        after, finish, now_filled, fault, has_quotes = read_record(
            data, position, end, is_last, delimiter, escape, width, fields, filled
        )
        if after == MORE:
            break
        if fault != WHOLE:
            now_filled = filled
        record = records[count]
        record[LINE], record[BEGIN], record[END] = line, position, finish
        record[FIRST], record[COUNT], record[FAULT] = filled, now_filled - filled, fault
        line += count_ends(data, position, after) if has_quotes else 1
        if finish < after and fault == WHOLE:
            ends[0 if data[finish] == LF else 1 if after - finish == 2 else 2] += 1
        count, filled, position = count + 1, now_filled, after
    return position, line, count, filled


def load_compiled() -> ModuleType:
    """Return this module with its functions compiled; numba keeps the machine code beside the source."""
    name = f"{__name__}_compiled"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, __file__)
        module = importlib.util.module_from_spec(spec)
        # numba finds cached machine code by the module's name.
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]
