"""What export and import need of the queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from monitoring.relabel.sheets.ids import row_id
from monitoring.relabel.sheets.sheet import Sheet, SheetItem


@dataclass(frozen=True, slots=True)
class QueuedItem:
    """A row that waits for a label.

    Attributes:
        key: Its id in the queue.
        doc_id: The document.
        text: The raw text.
        suggestion: The model's label.
        confidence: Its calibrated probability.
        windows: Passages that spoke loudest.
        arm: How the row was chosen, see `labels.arm`.
        golden: The label, where it is known and the row only tests the annotator.
        copies: People who are to label it.
        probs: Probability of every class, in the order of the labels; empty where not known.
    """

    key: str
    doc_id: str
    text: str
    suggestion: str | None
    confidence: float | None
    windows: tuple[str, ...]
    arm: str
    golden: str | None
    copies: int
    probs: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class QueuedBatch:
    """A batch of the queue.

    Attributes:
        batch: Its name.
        task: The task.
        labels: The classes, in the order of the model.
        items: The rows, in the order in which people get them.
    """

    batch: str
    task: str
    labels: tuple[str, ...]
    items: tuple[QueuedItem, ...]

    def by_row_id(self) -> dict[str, QueuedItem]:
        """The items by the id that they have in sheets."""
        return {row_id(self.batch, item.key): item for item in self.items}

    def sheet(self, annotator: str = "", rows: frozenset[str] | None = None, *, guide: str = "",
              suggestions: bool = True) -> Sheet:  # fmt: skip
        """The sheet of some rows, or of all."""
        items = tuple(
            SheetItem(row, item.text, item.suggestion, item.confidence, item.windows)
            for row, item in self.by_row_id().items()
            if rows is None or row in rows
        )
        return Sheet(self.batch, self.task, self.labels, guide, annotator, items, suggestions)


class Queue(Protocol):
    """Where batches wait."""

    def batches(self, task: str) -> Sequence[str]:
        """Names of a task's batches, the oldest first."""

    def batch(self, task: str, batch: str) -> QueuedBatch:
        """A batch."""

    def folder(self, task: str, batch: str) -> Path:
        """Where its files lie; ours go to folders of their own below it."""
