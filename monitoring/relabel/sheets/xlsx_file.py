"""Excel files, with a list of labels to choose from and the instructions on a second sheet."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from monitoring.relabel.sheets.cells import cell_of
from monitoring.relabel.sheets.grid import Grid, grid_of
from monitoring.relabel.sheets.instructions import instruction_lines
from monitoring.relabel.sheets.sheet import COLUMNS, Lang, Sheet, header_of
from storage.errors import ExtraMissing, UnreadableFile

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

MAX_UNPACKED: Final = 512 * 1024**2
"""Bytes; a file that unpacks to more is no sheet of ours."""

_MAX_ROWS, _MAX_COLUMNS = 200_000, 64
_WIDTHS: Final = {"row_id": 20, "text": 80, "label": 14, "note": 20, "windows": 50, "problem": 50}
_TITLES: Final = {"zh": ("标注", "说明", "标签"), "en": ("rows", "instructions", "labels")}
# What openpyxl raises on bytes that are no sound workbook, found by feeding it damaged ones.
_BROKEN: Final = (
    zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, TypeError, LookupError, AttributeError,
    SyntaxError, RuntimeError, ArithmeticError, AssertionError,
)  # fmt: skip


def write_xlsx(sheet: Sheet, lang: Lang = "zh") -> bytes:
    """A sheet as xlsx: header frozen, labels chosen from a list, instructions and label names on sheets of their own.

    Raises:
        ExtraMissing: openpyxl is not installed.
    """
    return xlsx_bytes(grid_of(sheet, lang), sheet, lang)


def xlsx_bytes(grid: Grid, sheet: Sheet, lang: Lang) -> bytes:
    """Cells as xlsx; the sheet gives labels and instructions.

    Raises:
        ExtraMissing: openpyxl is not installed.
    """
    with _openpyxl_imports():
        from openpyxl import Workbook
    book = Workbook(write_only=True)
    rows, words, names = (book.create_sheet(title) for title in _TITLES[lang])
    _lay_out(rows, grid.rows[0])
    _offer_labels(rows, grid, sheet, lang)
    for row in grid.rows:
        rows.append([_text_cell(rows, cell) for cell in row])
    words.column_dimensions["A"].width = 120
    for line in instruction_lines(sheet, lang):
        words.append([_text_cell(words, cell_of(line))])
    for label in sheet.labels:
        names.append([_text_cell(names, cell_of(label))])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def read_xlsx(data: bytes) -> Iterator[Grid]:
    """The sheets of a workbook; of a formula, what it came to when the file was saved.

    Raises:
        ExtraMissing: openpyxl is not installed.
        UnreadableFile: The file is damaged, protected by a password, or far too large.
    """
    with _openpyxl_imports():
        from openpyxl import load_workbook
    try:
        _check_size(data)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # some programs write wrong ones
            rows = islice(sheet.iter_rows(max_col=_MAX_COLUMNS, values_only=True), _MAX_ROWS)
            yield Grid(tuple(tuple(_text(value) for value in row) for row in rows), f"xlsx, sheet {sheet.title!r}")
    except _BROKEN as error:
        raise UnreadableFile(
            f"it can't be read as xlsx: {str(error) or type(error).__name__}",
            expected="a workbook of Excel or WPS without a password",
            action="open it, save it anew as .xlsx or CSV, and import that",
        ) from error


@contextmanager
def _openpyxl_imports() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise ExtraMissing(
            f"xlsx files need openpyxl: {error}",
            expected="openpyxl beside yeban; CSV works without it",
            action='pip install "yeban[relabel]", or use CSV',
            module=error.name,
        ) from error


def _check_size(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > MAX_UNPACKED:
        raise ValueError(f"it unpacks to {unpacked:,} bytes, more than {MAX_UNPACKED:,}")


def _lay_out(rows: Worksheet, header: tuple[str, ...]) -> None:
    from openpyxl.utils import get_column_letter

    rows.freeze_panes = "A2"
    columns = {name: column for column, names in COLUMNS.items() for name in names}
    for place, name in enumerate(header, start=1):
        rows.column_dimensions[get_column_letter(place)].width = _WIDTHS.get(columns[name], 12)


def _offer_labels(rows: Worksheet, grid: Grid, sheet: Sheet, lang: Lang) -> None:
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    column = get_column_letter(grid.rows[0].index(header_of("label", lang)) + 1)
    offer = DataValidation(
        type="list",
        # A list that is written out ends at 255 characters.
        formula1=f"'{_TITLES[lang][2]}'!$A$1:$A${len(sheet.labels)}",
        allow_blank=True,
        showErrorMessage=True,
        errorTitle=header_of("label", lang),
        error=("请从列表中选择" if lang == "zh" else "Please choose from the list"),
    )
    offer.add(f"{column}2:{column}{max(2, len(grid.rows))}")
    rows.data_validations.append(offer)


def _text_cell(sheet: Worksheet, value: str) -> Any:
    """A cell that is text, whatever it looks like, and stays so when it is edited."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment

    cell = WriteOnlyCell(sheet, value or None)
    cell.number_format = "@"
    cell.alignment = Alignment(vertical="top", wrap_text=True)
    if value:
        cell.data_type = "s"
    return cell


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, date | datetime | time) else str(value)
