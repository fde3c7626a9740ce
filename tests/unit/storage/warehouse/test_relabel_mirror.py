from __future__ import annotations

from pathlib import Path

import pytest

from storage.relabel.batches import BatchStore
from storage.warehouse.connection import Warehouse
from storage.warehouse.relabel_batches import recorded_batches
from storage.warehouse.relabel_mirror import copy_batches
from tests.support.sample_batches import head_of, items_of


@pytest.fixture
def store(tmp_path: Path) -> BatchStore:
    return BatchStore(tmp_path / "relabel")


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "w.duckdb", patience_s=0)


def known(warehouse: Warehouse, task: str = "comment") -> set[str]:
    with warehouse.reading() as con:
        return recorded_batches(con, task)


def test_without_batches_no_warehouse_is_made(store: BatchStore, warehouse: Warehouse) -> None:
    assert copy_batches(warehouse, store, "comment") == 0
    assert not warehouse.path.exists()


def test_batches_are_copied_once(store: BatchStore, warehouse: Warehouse) -> None:
    heads = [head_of("one"), head_of("two"), head_of("other", task="weibo")]
    for head in heads[:1] + heads[2:]:
        store.write(head, items_of(head))
    assert copy_batches(warehouse, store, "comment") == 1
    store.write(heads[1], items_of(heads[1]))
    assert copy_batches(warehouse, store, "comment") == 1
    assert copy_batches(warehouse, store, "comment") == 0
    assert known(warehouse) == {"one", "two"}
    assert known(warehouse, "weibo") == set()


def test_a_batch_that_cannot_be_read_stops_no_other(
    store: BatchStore, warehouse: Warehouse, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("bad", "good"):
        head = head_of(name)
        store.write(head, items_of(head))
    for file in store.folder("comment", "bad").glob("*.parquet"):
        file.write_bytes(b"PAR1")
    assert copy_batches(warehouse, store, "comment") == 1
    assert known(warehouse) == {"good"}
    assert "bad" in caplog.text
