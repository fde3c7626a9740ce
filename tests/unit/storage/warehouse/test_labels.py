from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from storage.warehouse.connection import Warehouse
from storage.warehouse.labels import LABELS_SCHEMA, add_labels, known_sources
from tests.support.predictions import NIGHT


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "yeban.duckdb", patience_s=0)


def rows(source: str, *doc_ids: str, task: str = "comment", arm: str | None = "random") -> pa.Table:
    flat = {"task": task, "label": "正面", "annotator": "李", "source": source, "labelled_at": NIGHT}
    return pa.Table.from_pylist(
        [{**flat, "doc_id": each, "imported_at": NIGHT, "arm": arm} for each in doc_ids], LABELS_SCHEMA
    )


def test_a_source_is_added_once(warehouse: Warehouse) -> None:
    for expected in (True, False):
        with warehouse.writing() as con:
            assert add_labels(con, "one", rows("one", "a", "b")) is expected
    with warehouse.reading() as con:
        found = con.sql("FROM labels ORDER BY doc_id").to_arrow_table().select(LABELS_SCHEMA.names)
        assert found.to_pylist() == rows("one", "a", "b").to_pylist()
        assert known_sources(con, "comment") == {"one"}


def test_sources_are_known_by_task(warehouse: Warehouse) -> None:
    with warehouse.writing() as con:
        add_labels(con, "one", rows("one", "a"))
        add_labels(con, "two", rows("two", "a", task="weibo", arm=None))
        assert not add_labels(con, "three", rows("three"))  # nothing in it
    with warehouse.reading() as con:
        assert (known_sources(con, "comment"), known_sources(con, "weibo")) == ({"one"}, {"two"})
        assert known_sources(con, "news") == set()


def test_a_transaction_that_fails_adds_nothing(warehouse: Warehouse) -> None:
    def cut_off() -> None:
        with warehouse.writing() as con:
            add_labels(con, "one", rows("one", "a"))
            raise RuntimeError("cut off")

    with pytest.raises(RuntimeError, match="cut off"):
        cut_off()
    with warehouse.reading() as con:
        assert known_sources(con, "comment") == set()


def test_other_columns_are_refused(warehouse: Warehouse) -> None:
    with pytest.raises(ValueError, match="other columns"), warehouse.writing() as con:
        add_labels(con, "one", rows("one", "a").drop_columns(["arm"]))
