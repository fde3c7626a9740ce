from __future__ import annotations

from pathlib import Path

import pytest

from storage.errors import DiskFull
from storage.warehouse.connection import Warehouse
from storage.warehouse.mirror import copy_missing
from storage.warehouse.relabel_batches import recorded_batches
from tests.support.warehouse_holder import held_open


def test_only_what_is_not_known_is_copied(tmp_path: Path) -> None:
    seen: list[set[str]] = []

    def copy(known: set[str]) -> int:
        seen.append(known)
        return 5

    warehouse = Warehouse(tmp_path / "w.duckdb")
    assert copy_missing(warehouse, "batches", lambda con: recorded_batches(con, "comment"), copy) == 5
    assert seen == [set()]


def test_a_copy_may_write_in_transactions_of_its_own(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "w.duckdb", patience_s=0)

    def copy(_: object) -> int:
        with warehouse.writing() as con:  # patience is 0: raises if it were still open
            con.execute("CREATE TABLE mine AS SELECT 1 AS x")
        return 1

    assert copy_missing(warehouse, "batches", lambda _: None, copy) == 1


def test_a_locked_warehouse_is_left_to_the_next_run(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    warehouse = Warehouse(tmp_path / "w.duckdb", patience_s=0)
    with warehouse.writing():
        pass
    with held_open(warehouse.path):
        assert copy_missing(warehouse, "batches", lambda _: None, lambda _: 1) == 0
    assert "the batches stay in their files until the next run" in caplog.text


def test_other_errors_are_the_callers(tmp_path: Path) -> None:
    def copy(_: object) -> int:
        raise DiskFull("no space left")

    with pytest.raises(DiskFull):
        copy_missing(Warehouse(tmp_path / "w.duckdb"), "batches", lambda _: None, copy)
