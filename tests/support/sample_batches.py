"""Batches to label, made up for tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from monitoring.relabel.sheets.ids import row_id
from storage.relabel.annotations import AnnotationLog, StoredAnnotation
from storage.relabel.batches import FILE_SCHEMA, BatchHead, BatchStore
from tests.support.predictions import LABELS, NIGHT


def head_of(batch: str = "2026-11-22-0a1b2c3d", task: str = "comment", **changed: Any) -> BatchHead:
    known: dict[str, Any] = {
        "created_at": NIGHT,
        "bundle": "b1",
        "first_date": date(2026, 11, 20),
        "last_date": date(2026, 11, 22),
        "budget": 3,
        "mix": {"margin": 0.75, "random": 0.25},
        "seed": 7,
        "labels": LABELS,
        "population": 1000,
        "notes": ("早上的文件不见了",),
    }
    return BatchHead(batch=batch, task=task, **{**known, **changed})


def items_of(head: BatchHead, rows: int = 3) -> pa.Table:
    """Items with Chinese texts, the last of them golden and from a file."""
    golden = [row == rows - 1 for row in range(rows)]
    columns = {
        "item": [f"{head.batch}-{row}" for row in range(rows)],
        "batch": [head.batch] * rows,
        "task": [head.task] * rows,
        "place": list(range(rows)),
        "doc_id": [f"doc-{row}" for row in range(rows)],
        "logical_date": [None if each else head.last_date for each in golden],
        "bundle": [head.bundle] * rows,
        "unit": [None if each else "u1" for each in golden],
        "source_path": ["a.parquet"] * rows,
        "source_row": list(range(rows)),
        "text_hash": [2**63 + row for row in range(rows)],
        "text_rows": [1] * rows,
        "slices": [None if each else [("city", "上海")] for each in golden],
        "status": [None if each else "scored" for each in golden],
        "label": [None if each else head.labels[0] for each in golden],
        "confidence": [None if each else 0.5 for each in golden],
        "margin": [None if each else 0.25 for each in golden],
        "entropy": [None if each else 1.0 for each in golden],
        "probs": [None if each else [0.5, 0.25, 0.25] for each in golden],
        "n_windows": [None if each else 1 for each in golden],
        "top_windows": [None if each else [0] for each in golden],
        "arm": ["golden" if each else "margin" for each in golden],
        "strategy": ["golden" if each else "margin" for each in golden],
        "score": [None if each else 0.75 for each in golden],
        "probability": [1.0] * rows,
        "golden": golden,
        "given_label": [head.labels[0] if each else None for each in golden],
        "copies": [1] * rows,
        "text": [f"原文 {row}" for row in range(rows)],
        "cleaned": [f"原文{row}" for row in range(rows)],
        "excerpts": [[] for _ in range(rows)],
    }
    return pa.table({field.name: pa.array(columns[field.name], field.type) for field in FILE_SCHEMA}, FILE_SCHEMA)


def write_batch(store: BatchStore, head: BatchHead, rows: int = 4, **columns: list[Any]) -> None:
    """A batch on disk, the last of its items golden; some columns are others than those of `items_of`."""
    items = items_of(head, rows)
    for name, values in columns.items():
        place = items.schema.get_field_index(name)
        items = items.set_column(place, items.schema.field(place), pa.array(values, items.schema.field(place).type))
    store.write(head, items)


def store_answers(store: BatchStore, head: BatchHead, who: str, labels: Mapping[int, str], minutes: int = 0) -> None:
    """What a person says of the rows of a batch, so many minutes after the night."""
    at = NIGHT + timedelta(minutes=minutes)
    answers = [
        StoredAnnotation(row_id(head.batch, f"{head.batch}-{row}"), label, who, at) for row, label in labels.items()
    ]
    AnnotationLog(store.folder(head.task, head.batch)).add(answers, at)
