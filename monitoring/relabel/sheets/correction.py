"""The file that an annotator gets back: their rows, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from monitoring.relabel.sheets.annotations import Annotation, Fault, ReadSheet, RowError
from monitoring.relabel.sheets.cells import cell_of
from monitoring.relabel.sheets.grid import Grid, cells_of, columns_of
from monitoring.relabel.sheets.sheet import Lang, Sheet, SheetItem, header_of

_AGAIN: Final = frozenset({Fault.OTHER_TEXT, Fault.DUPLICATE, Fault.RUN_TOGETHER, Fault.CHANGED_SUGGESTION})
"""Where the label may have been meant for another row: it has to be written again."""


def correction_grid(read: ReadSheet, sheet: Sheet, lang: Lang, *, only_errors: bool = False) -> Grid:
    """The cells of a file to correct and send again: rows with an error first, each with its text as it was sent.

    Args:
        read: What was read.
        sheet: All items of the batch; its annotator is whose file it is.
        lang: Language of the header.
        only_errors: Leave out the rows that were right, where these were taken already.
    """
    columns = columns_of(sheet, problems=True)
    items = {each.item: each for each in sheet.items}
    shown: set[str] = set()
    rows: list[Mapping[str, str]] = []
    for error in read.errors:
        if error.item is None:
            rows.append(_as_it_came(error))
        elif error.item not in shown:
            shown.add(error.item)
            rows.append(_to_mend(error, sheet, items[error.item]))
    if not only_errors:
        rows += [
            _right(annotation, sheet, items[annotation.item])
            for annotation in read.annotations
            if annotation.item not in shown
        ]
    header = tuple(header_of(column, lang) for column in columns)
    return Grid((header, *(tuple(row.get(column, "") for column in columns) for row in rows)))


def problem_of(error: RowError) -> str:
    """An error in one line."""
    place = f"row {error.row}: " if error.row else ""
    return f"{place}{error.kind}: {error.got}; expected {error.expected}; to do: {error.action}"


def _right(annotation: Annotation, sheet: Sheet, item: SheetItem) -> Mapping[str, str]:
    return {**cells_of(sheet, item), "label": cell_of(annotation.label), "annotator": cell_of(annotation.annotator)}


def _to_mend(error: RowError, sheet: Sheet, item: SheetItem) -> Mapping[str, str]:
    again = error.kind in _AGAIN
    problem = problem_of(error) + (f"; the label was {error.label!r}" if again and error.label else "")
    label = "" if again else cell_of(error.label)
    came = {"annotator": cell_of(error.cells["annotator"])} if error.cells.get("annotator") else {}
    return {**cells_of(sheet, item), **came, "label": label, "problem": cell_of(problem)}


def _as_it_came(error: RowError) -> Mapping[str, str]:
    return {**{name: cell_of(cell) for name, cell in error.cells.items()}, "problem": cell_of(problem_of(error))}
