"""Batches with their rows, as export and import need them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitoring.relabel.sheets.ids import row_id
from monitoring.relabel.sheets.sheet import Sheet, SheetItem
from storage.errors import InputError
from storage.relabel.batches import BatchStore


@dataclass(frozen=True, slots=True)
class QueuedItem:
    """A row that waits for a label.

    Attributes:
        key: Its id in the queue.
        doc_id: The document.
        text: The raw text.
        suggestion: The model's label.
        confidence: Its calibrated probability.
        windows: Passages with the highest probability of the suggestion.
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


class Queue:
    """The batches of a home, as `yeban relabel pick` leaves them.

    Args:
        store: The folder of batches.
    """

    def __init__(self, store: BatchStore) -> None:
        self._store = store

    def batches(self, task: str) -> Sequence[str]:
        """Names of a task's batches, the oldest first."""
        return [head.batch for head in self._store.heads(task)]

    def batch(self, task: str, batch: str) -> QueuedBatch:
        """A batch.

        Raises:
            TerminalError: There is none, or it can't be read.
        """
        head = self._store.head(task, batch)
        rows = self._store.items(task, batch).to_pylist()
        return QueuedBatch(batch, task, head.labels, tuple(_queued(row) for row in rows))

    def folder(self, task: str, batch: str) -> Path:
        """Where a batch lies."""
        return self._store.folder(task, batch)


def newest_batch(queue: Queue, task: str) -> str:
    """The name of a task's newest batch.

    Raises:
        InputError: There is none.
    """
    names = queue.batches(task)
    if not names:
        raise InputError(
            f"no batch of {task} waits for labels", expected="a batch in the queue", action=f"yeban relabel pick {task}"
        )
    return names[-1]


def _queued(row: dict[str, Any]) -> QueuedItem:
    return QueuedItem(
        key=row["item"],
        doc_id=row["doc_id"],
        text=row["text"],
        suggestion=row["label"],
        confidence=row["confidence"],
        windows=tuple(row["excerpts"]),
        arm=row["arm"],
        golden=row["given_label"] if row["golden"] else None,
        copies=row["copies"],
        probs=tuple(row["probs"] or ()),
    )
