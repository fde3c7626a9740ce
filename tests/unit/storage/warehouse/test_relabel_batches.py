from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from storage.relabel.batches import ITEMS_SCHEMA
from storage.warehouse.connection import Warehouse
from storage.warehouse.relabel_batches import record_batch, recorded_batches
from tests.support.sample_batches import head_of, items_of


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "yeban.duckdb", patience_s=0)


def test_items_come_back_as_they_went_in_without_their_texts(warehouse: Warehouse) -> None:
    head = head_of()
    with warehouse.writing() as con:
        record_batch(con, head, items_of(head))
    with warehouse.reading() as con:
        found = con.sql("SELECT * FROM relabel_items ORDER BY place").to_arrow_table()
        mix, notes = con.execute("SELECT mix::VARCHAR, notes FROM relabel_batches").fetchall()[0]
    assert found.column_names == ITEMS_SCHEMA.names
    assert found.to_pylist() == items_of(head).select(ITEMS_SCHEMA.names).to_pylist()
    assert (json.loads(mix), tuple(notes)) == (head.mix, head.notes)


def test_recording_twice_leaves_one(warehouse: Warehouse) -> None:
    head = head_of()
    for _ in range(2):
        with warehouse.writing() as con:
            record_batch(con, head, items_of(head))
    with warehouse.reading() as con:
        assert con.execute("SELECT count(*) FROM relabel_items").fetchall() == [(3,)]
        assert recorded_batches(con, "comment") == {head.batch}
        assert recorded_batches(con, "weibo") == set()


def test_items_of_another_batch_are_refused(warehouse: Warehouse) -> None:
    mixed = pa.concat_tables([items_of(head_of()), items_of(head_of("other"))])
    with pytest.raises(ValueError, match="other"), warehouse.writing() as con:
        record_batch(con, head_of(), mixed)
    with warehouse.reading() as con:
        assert recorded_batches(con, "comment") == set()
