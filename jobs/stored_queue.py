"""The queue as `yeban relabel pick` leaves it, for export and import."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jobs.relabel_queue import QueuedBatch, QueuedItem
from storage.relabel_batches import BatchStore


class StoredQueue:
    """Batches of a `BatchStore`.

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
