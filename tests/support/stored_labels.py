"""Labels in a warehouse, as an import leaves them there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from storage.warehouse.connection import Warehouse
from tests.support.predictions import NIGHT


def add_labels(
    warehouse: Warehouse,
    given: Mapping[str, str],
    *,
    task: str = "comment",
    source: str = "batch",
    annotator: str = "李",
    minutes: int = 0,
) -> None:
    """Labels by document, given so many minutes after the night."""
    at = NIGHT + timedelta(minutes=minutes)
    with warehouse.writing() as con:
        for doc_id, label in given.items():
            con.execute(
                "INSERT INTO labels (task, doc_id, label, annotator, source, labelled_at, imported_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                [task, doc_id, label, annotator, source, at, at],
            )
