from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from monitoring.relabel.annotation.labels import MAJORITY, copy_labels
from monitoring.relabel.annotation.queue import Queue
from storage.relabel.batches import BatchStore
from storage.warehouse.connection import Warehouse
from tests.support.predictions import LABELS
from tests.support.sample_batches import head_of, store_answers, write_batch
from tests.support.warehouse_holder import held_open

HEAD = head_of()
BAD, GOOD, _ = LABELS


@pytest.fixture
def store(tmp_path: Path) -> BatchStore:
    store = BatchStore(tmp_path / "relabel")
    write_batch(store, HEAD, arm=["random", "margin", "suspected_errors", "golden"])
    return store


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "yeban.duckdb", patience_s=0.1)


def labels(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    with warehouse.reading() as con:
        return con.execute("SELECT doc_id, label, annotator, arm FROM labels ORDER BY ALL").fetchall()


def test_each_label_has_the_arm_of_its_item_and_golden_rows_stay_out(store: BatchStore, warehouse: Warehouse) -> None:
    store_answers(store, HEAD, "李", {0: GOOD, 1: BAD, 2: GOOD, 3: BAD})
    queue = Queue(store)
    assert [copy_labels(warehouse, queue, "comment") for _ in range(2)] == [1, 0]
    assert labels(warehouse) == [
        ("doc-0", GOOD, "李", "random"),
        ("doc-1", BAD, "李", "margin"),
        ("doc-2", GOOD, "李", "suspected_errors"),
    ]
    assert copy_labels(warehouse, queue, "weibo") == 0


def test_the_majority_has_the_last_word(store: BatchStore, warehouse: Warehouse) -> None:
    for who, label in (("李", GOOD), ("王", GOOD), ("陈", BAD)):
        store_answers(store, HEAD, who, {0: label})
    assert copy_labels(warehouse, Queue(store), "comment") == 3
    with warehouse.reading() as con:
        newest = con.execute("SELECT label, annotator, arm FROM labels ORDER BY labelled_at DESC LIMIT 1").fetchall()
    assert newest == [(GOOD, MAJORITY, "random")]
    assert len(labels(warehouse)) == 4


def test_a_locked_warehouse_is_left_to_the_next_run(
    store: BatchStore, warehouse: Warehouse, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store_answers(store, HEAD, "李", {0: GOOD})
    with held_open(tmp_path / "yeban.duckdb"), caplog.at_level(logging.WARNING):
        assert copy_labels(warehouse, Queue(store), "comment") == 0
    assert "the labels stay in their files" in caplog.text
    assert copy_labels(warehouse, Queue(store), "comment") == 1
