"""Labels into the warehouse: the files of imports are the truth, and it has a copy."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import pyarrow as pa

from monitoring.relabel.annotation.queue import Queue
from monitoring.relabel.annotation.resolve import resolve
from storage.relabel.annotations import AnnotationLog
from storage.warehouse.connection import Warehouse
from storage.warehouse.labels import LABELS_SCHEMA, add_labels, known_sources
from storage.warehouse.mirror import copy_missing

MAJORITY: Final = "majority"
"""Annotator of the labels that settle a conflict."""


def copy_labels(warehouse: Warehouse, queue: Queue, task: str) -> int:
    """Copy imports into the table `labels` that are not there yet; when it is locked, the next run does it.

    Golden rows stay out: their label is known, and nothing is to be trained or measured on them. Where most people gave
    another label than the last one, a row of `majority` follows.

    Returns:
        The number of imports copied.

    Raises:
        DiskFull: No space left; what was copied until then stays.
        TerminalError: The warehouse or an import can't be used.
    """
    batches = queue.batches(task)
    if not batches:
        return 0

    def copy(known: set[str]) -> int:
        pending = [each for name in batches for each in _label_rows(queue, task, name) if each[0] not in known]
        return sum(_add(warehouse, source, rows) for source, rows in pending)

    return copy_missing(warehouse, "labels", lambda con: known_sources(con, task), copy)


def _add(warehouse: Warehouse, source: str, rows: pa.Table) -> bool:
    with warehouse.writing() as con:
        return add_labels(con, source, rows)


def _label_rows(queue: Queue, task: str, batch: str) -> list[tuple[str, pa.Table]]:
    """The rows for the warehouse of each import of a batch, with their source."""
    items = queue.batch(task, batch).by_row_id()
    given: dict[str, dict[str, str]] = {}
    tables = []
    for each in AnnotationLog(queue.folder(task, batch)).imports():
        source = f"relabel {batch} {each.name}"
        rows, last = [], {}
        for annotation in each.annotations:
            given.setdefault(annotation.item, {})[annotation.annotator] = annotation.label
            item = items.get(annotation.item)
            if item is None or item.golden is not None:
                continue
            row = {
                "task": task,
                "doc_id": item.doc_id,
                "label": annotation.label,
                "annotator": annotation.annotator,
                "source": source,
                "labelled_at": annotation.labelled_at,
                "imported_at": each.imported_at,
                "arm": item.arm,
            }
            rows.append(row)
            last[annotation.item] = row
        for name, row in last.items():
            outcome = resolve(given[name])
            if outcome and outcome.label and outcome.label != row["label"]:
                rows.append({**row, "label": outcome.label, "annotator": MAJORITY, "labelled_at": _after(row)})
        tables.append((source, pa.Table.from_pylist(rows, LABELS_SCHEMA)))
    return tables


def _after(row: dict[str, Any]) -> datetime:
    """Just after a label was given and imported, so that what follows it is the newest."""
    moment: datetime = max(row["labelled_at"], row["imported_at"])
    return moment + timedelta(microseconds=1)
