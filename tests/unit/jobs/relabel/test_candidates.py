from __future__ import annotations

from pathlib import Path

import numpy as np

from jobs.relabel.candidates import _distinct, queued_rows
from storage.relabel.batches import BatchStore
from storage.warehouse.relabel_texts import QUEUED_SCHEMA
from tests.support.sample_batches import head_of, write_batch


def test_items_of_all_batches(tmp_path: Path) -> None:
    store = BatchStore(tmp_path)
    for name in ("2026-11-22-aaaaaaaa", "2026-11-23-bbbbbbbb"):
        write_batch(store, head_of(name), rows=3)
    write_batch(store, head_of(task="other"), rows=3)
    queued, everything = queued_rows(store, "comment")
    assert queued.schema.equals(QUEUED_SCHEMA)
    assert queued["doc_id"].to_pylist() == ["doc-0", "doc-1", "doc-2"] * 2
    assert everything["cleaned"].to_pylist() == ["原文0", "原文1", "原文2"] * 2
    assert everything["arm"].to_pylist() == ["margin", "margin", "golden"] * 2


def test_without_batches_the_columns_are_the_same(tmp_path: Path) -> None:
    queued, everything = queued_rows(BatchStore(tmp_path), "comment")
    assert (queued.num_rows, queued.schema.equals(QUEUED_SCHEMA)) == (0, True)
    assert everything.column_names == [*QUEUED_SCHEMA.names, "cleaned"]


def test_each_once_in_order_of_first_appearance() -> None:
    assert _distinct(np.array([5, 3, 5, 9, 3], np.uint64)).tolist() == [5, 3, 9]
