"""CSV that Excel and WPS open as it is meant: UTF-8 with a byte order mark, CRLF, every cell quoted."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from typing import Final

from monitoring.relabel.sheets.grid import Grid, grid_of
from monitoring.relabel.sheets.instructions import instruction_lines
from monitoring.relabel.sheets.sheet import Lang, Sheet

DELIMITERS: Final = (",", "\t", ";")
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_STRICT_FIRST: Final = (("utf-8", "strict"), ("gb18030", "strict"), ("utf-8", "replace"), ("gb18030", "replace"))
_WITHOUT_MARK: Final = (("utf-16-le", "replace"), ("utf-16-be", "replace"))
_LOOK: Final = 2000


def write_csv(sheet: Sheet, lang: Lang = "zh") -> bytes:
    """A sheet as CSV."""
    return csv_bytes(grid_of(sheet, lang))


def write_instructions(sheet: Sheet, lang: Lang = "zh") -> bytes:
    """The text file that goes with a CSV: how to label, and the labels."""
    return codecs.BOM_UTF8 + "".join(f"{line}\r\n" for line in instruction_lines(sheet, lang)).encode()


def csv_bytes(grid: Grid) -> bytes:
    """Cells as CSV; they must be neutralised already."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(grid.rows)
    return codecs.BOM_UTF8 + buffer.getvalue().encode()


def read_csv(data: bytes) -> Iterator[Grid]:
    """Every way in which bytes can be read as CSV, the likeliest first.

    A file says nothing of its encoding or separator, so the caller takes the reading whose rows make sense. What can't
    be decoded becomes U+FFFD: the row that has it will not match, the others may.

    Args:
        data: UTF-8 with or without a mark, GB18030 (so GBK too), or UTF-16, as "Unicode text" of Excel and WPS.
    """
    for text, encoding in _decoded(data):
        for delimiter in DELIMITERS:
            if delimiter in text[:_LOOK]:
                name = "tab" if delimiter == "\t" else delimiter
                yield _parsed(text, delimiter, f"CSV in {encoding}, separated by {name}")


def _decoded(data: bytes) -> Iterator[tuple[str, str]]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            yield data[len(mark) :].decode(encoding, "replace"), encoding
            if encoding != "utf-8":
                return
            data = data[len(mark) :]  # the mark may be all that is left of UTF-8
    encodings = _WITHOUT_MARK if data[:_LOOK].count(0) > len(data[:_LOOK]) // 8 else _STRICT_FIRST
    for encoding, errors in encodings:
        try:
            yield data.decode(encoding, errors), encoding
        except UnicodeDecodeError:
            continue


def _parsed(text: str, delimiter: str, how: str) -> Grid:
    rows: list[tuple[str, ...]] = []
    try:
        rows.extend(map(tuple, csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)))
    except csv.Error as error:
        return Grid(tuple(rows), how, f"{error}")
    return Grid(tuple(rows), how)
