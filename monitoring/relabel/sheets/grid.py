"""A sheet as rows of cells, whatever file they go to or come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from monitoring.relabel.sheets.cells import cell_of
from monitoring.relabel.sheets.sheet import COLUMNS, Lang, Sheet, SheetItem, header_of

_BETWEEN_WINDOWS: Final = "\n……\n"


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells as they stand in a file.

    Attributes:
        rows: Rows of cells, the header among them; rows may differ in length.
        how: How the file was read, such as its encoding.
        broken: Why reading stopped after the last row; empty where the file was read to its end.
    """

    rows: tuple[tuple[str, ...], ...]
    how: str = ""
    broken: str = ""


def columns_of(sheet: Sheet, *, problems: bool = False) -> tuple[str, ...]:
    """The columns of a sheet: those that would be empty throughout are left out."""
    shown = {"row_id", "text", "label", "note"}
    if sheet.suggestions:
        shown |= {"suggestion"} if any(each.suggestion is not None for each in sheet.items) else set()
        shown |= {"confidence"} if any(each.confidence is not None for each in sheet.items) else set()
        shown |= {"windows"} if any(each.windows for each in sheet.items) else set()
    shown |= {"annotator"} if sheet.annotator else set()
    shown |= {"problem"} if problems else set()
    return tuple(column for column in COLUMNS if column in shown)


def grid_of(sheet: Sheet, lang: Lang) -> Grid:
    """The cells of a sheet, neutralised, labels empty."""
    columns = columns_of(sheet)
    body = (tuple(cells_of(sheet, item)[column] for column in columns) for item in sheet.items)
    return Grid((tuple(header_of(column, lang) for column in columns), *body))


def cells_of(sheet: Sheet, item: SheetItem) -> Mapping[str, str]:
    """The cells of a row by column."""
    return {
        "row_id": item.item,
        "text": cell_of(item.text),
        "label": "",
        "note": cell_of(item.note),
        "suggestion": cell_of(item.suggestion or ""),
        "confidence": "" if item.confidence is None else f"{item.confidence:.3f}",
        "windows": cell_of(_BETWEEN_WINDOWS.join(item.windows)),
        "annotator": cell_of(sheet.annotator),
        "problem": "",
    }
