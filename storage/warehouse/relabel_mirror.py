"""Batches to label into the warehouse: their files are the truth, and it has a copy."""

from __future__ import annotations

import logging

from storage.errors import TerminalError
from storage.relabel.batches import BatchHead, BatchStore
from storage.warehouse.connection import Warehouse
from storage.warehouse.mirror import copy_missing
from storage.warehouse.relabel_batches import record_batch, recorded_batches

log = logging.getLogger("yeban.relabel")


def copy_batches(warehouse: Warehouse, store: BatchStore, task: str) -> int:
    """Copy the batches that the warehouse lacks, one transaction each; when it is locked, the next run does it.

    A batch that can't be read is logged and passed over.

    Returns:
        The number of batches copied.

    Raises:
        DiskFull: No space left; what was copied until then stays.
        TerminalError: The warehouse can't be used, or the head of a batch can't be read.
    """
    heads = store.heads(task)
    if not heads:
        return 0

    def copy(known: set[str]) -> int:
        return sum(_copy(warehouse, store, head) for head in heads if head.batch not in known)

    return copy_missing(warehouse, "batches", lambda con: recorded_batches(con, task), copy)


def _copy(warehouse: Warehouse, store: BatchStore, head: BatchHead) -> bool:
    try:
        items = store.items(head.task, head.batch)
    except TerminalError as error:
        log.warning("%s", error)
        return False
    with warehouse.writing() as con:
        record_batch(con, head, items)
    return True
