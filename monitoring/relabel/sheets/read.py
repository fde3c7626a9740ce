"""Read a file that came back, of whatever kind."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from monitoring.relabel.sheets.annotations import Fault, ReadSheet, RowError, SentSheet
from monitoring.relabel.sheets.csv_file import read_csv
from monitoring.relabel.sheets.grid import Grid
from monitoring.relabel.sheets.label_studio import read_tasks
from monitoring.relabel.sheets.rows import ReturnedRow, RowChecker
from monitoring.relabel.sheets.sheet import COLUMNS
from monitoring.relabel.sheets.xlsx_file import read_xlsx
from storage.errors import UnreadableFile

_ZIP: Final = b"PK\x03\x04"
_OLD_EXCEL: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_JSON: Final = re.compile(rb"\s*(\[\s*(\{|\])|\{)")
_NEEDED: Final = ("row_id", "text", "label")
_HEADER_WITHIN: Final = 20
"""Rows in which the header is looked for: people write titles above tables."""


def read_sheet(data: bytes, sent: SentSheet) -> ReadSheet:
    """Read a CSV, xlsx or Label Studio file; what is wrong with it is in the result, never an exception.

    Kind, encoding and separator are found from the content. Columns may stand in any order, under Chinese or English
    headers; other columns are left out.

    Args:
        data: The file.
        sent: What it should hold.

    Raises:
        ExtraMissing: It is an xlsx file, and openpyxl is not installed.
    """
    checker = RowChecker(sent)
    if data.startswith(_OLD_EXCEL):
        return _refused("an old .xls file, or one with a password", "save it as .xlsx or CSV without a password")
    if data.startswith(_ZIP):
        return _best_of_workbook(data, checker)
    bare = data.removeprefix(b"\xef\xbb\xbf")
    if _JSON.match(bare):
        return _from_json(bare, checker)
    return _best(read_csv(data), checker)


def _from_json(data: bytes, checker: RowChecker) -> ReadSheet:
    try:
        content = json.loads(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        return _refused(f"JSON that can't be read: {error}", "export it from Label Studio once more, as JSON")
    return checker.check_all(read_tasks(content), "Label Studio JSON")


def _best_of_workbook(data: bytes, checker: RowChecker) -> ReadSheet:
    try:
        return _best(list(read_xlsx(data)), checker)
    except UnreadableFile as error:
        return _refused(error.got, error.action)


def _best(grids: Iterable[Grid], checker: RowChecker) -> ReadSheet:
    """The reading in which most rows make sense; of equals the first."""
    best: ReadSheet | None = None
    seen = ""
    for grid in grids:
        found = _header(grid)
        if isinstance(found, str):
            seen = seen or found
            continue
        read = checker.check_all(_rows(grid, *found), grid.how)
        if grid.broken:
            read = _with_break(read, grid)
        if best is None or _sense(read) > _sense(best):
            best = read
        if not read.errors and _sense(read):
            break
    return best or _refused(seen or "nothing that is a table", "send the file that was exported, with its header")


def _sense(read: ReadSheet) -> int:
    return len(read.annotations) + len(read.blank)


def _header(grid: Grid) -> tuple[int, Mapping[str, int]] | str:
    """The row of the header, from 0, and the place of each column in it; else what is wrong."""
    nearest: list[str] = []
    for number, row in enumerate(grid.rows[:_HEADER_WITHIN]):
        names = [_BY_HEADER.get(_shape(cell), "") for cell in row]
        known = Counter(name for name in names if name)
        if set(_NEEDED) <= set(known):
            twice = [row[names.index(name)] for name, times in known.items() if times > 1]
            if twice:
                return f"the column {', '.join(twice)} twice"
            return number, {name: names.index(name) for name in known}
        nearest = max(nearest, list(known), key=len)
    missing = [name for name in _NEEDED if name not in nearest]
    return f"no header with the columns {', '.join('/'.join(COLUMNS[name]) for name in missing)}"


def _rows(grid: Grid, header: int, places: Mapping[str, int]) -> Iterator[ReturnedRow]:
    for number, row in enumerate(grid.rows[header + 1 :], start=header + 2):
        cells = {name: row[place] if place < len(row) else "" for name, place in places.items()}
        yield ReturnedRow(number, cells)


def _with_break(read: ReadSheet, grid: Grid) -> ReadSheet:
    error = RowError(
        len(grid.rows) + 1, Fault.RUN_TOGETHER, f"from here on it can't be read: {grid.broken}",
        "a quotation mark at both ends of each cell", "label the rows from here on in a sheet exported anew",
        None, "", {},
    )  # fmt: skip
    return ReadSheet(read.annotations, (*read.errors, error), read.blank, read.how)


def _refused(got: str, action: str) -> ReadSheet:
    expected = "CSV, xlsx or Label Studio JSON with the columns " + ", ".join(_NEEDED)
    return ReadSheet((), (RowError(0, Fault.NOT_A_SHEET, got, expected, action, None, "", {}),))


def _shape(header: str) -> str:
    text = unicodedata.normalize("NFKC", header).casefold()
    return re.sub(r"[\s_'\"\ufeff]+", "", text)


_BY_HEADER: Final = {_shape(name): column for column, names in COLUMNS.items() for name in names}
