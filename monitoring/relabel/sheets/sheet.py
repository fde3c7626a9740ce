"""What goes to an annotator: rows to label, and what to know for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Lang = Literal["zh", "en"]

COLUMNS: Final[dict[str, tuple[str, str]]] = {
    "row_id": ("编号", "row_id"),
    "text": ("文本", "text"),
    "label": ("标签", "label"),
    "note": ("备注", "note"),
    "suggestion": ("模型建议", "suggestion"),
    "confidence": ("置信度", "confidence"),
    "windows": ("重点片段", "windows"),
    "annotator": ("标注人", "annotator"),
    "problem": ("问题", "problem"),
}
"""Columns in the order of a sheet, with their headers in Chinese and English.

`label` stands between a text and an empty note, so that a cell that was deleted "to the left" brings no label along.
"""


@dataclass(frozen=True, slots=True)
class SheetItem:
    """A row to label.

    Attributes:
        item: Its row id, of `ids.row_id`.
        text: The raw text.
        suggestion: The model's label; None where there is none, or it is hidden.
        confidence: Calibrated probability of the suggestion, 0 to 1.
        windows: The passages with the highest probability of it, best first.
        note: A remark for the annotator.
    """

    item: str
    text: str
    suggestion: str | None = None
    confidence: float | None = None
    windows: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one annotator.

    Attributes:
        batch: The batch of the queue.
        task: The task.
        labels: Label names, in the order of the model; people may write the name or its place, counted from 0.
        guide: What the owner of the task wants people to know; may be empty.
        annotator: Who labels; empty where that is not known yet.
        items: The rows, in order.
        suggestions: Whether to show what the model thinks. Hidden, it can't sway people.
    """

    batch: str
    task: str
    labels: tuple[str, ...]
    guide: str
    annotator: str
    items: tuple[SheetItem, ...]
    suggestions: bool = True

    def __post_init__(self) -> None:
        if len({each.item for each in self.items}) != len(self.items):
            raise ValueError(f"sheet of batch {self.batch!r}: an item is in it twice")


def header_of(column: str, lang: Lang) -> str:
    """The header of a column."""
    return COLUMNS[column][0 if lang == "zh" else 1]
