from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from storage.records import Unit
from storage.warehouse.connection import Warehouse
from storage.warehouse.ledger import last_loaded_date, loaded_units, record_units, remove_units, supersede
from tests.support.predictions import NIGHT, slot_of, units_of

SLOT, OTHER_SLOT = slot_of("b1"), slot_of("b2")
A, B = units_of(SLOT, 30, 10, "a.parquet"), units_of(SLOT, 20, 10, "b.parquet")
ELSEWHERE = units_of(OTHER_SLOT, 20, 10, "a.parquet")


def ids(*units: Unit) -> set[str]:
    return {unit.unit_id for unit in units}


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with Warehouse(tmp_path / "w.duckdb").writing() as connection:
        record_units(connection, [*A, *B, *ELSEWHERE], NIGHT)
        for unit in (*A, *B, *ELSEWHERE):
            slot = unit.slot
            key = [unit.unit_id, slot.task, slot.logical_date, slot.bundle]
            connection.execute("INSERT INTO profiles VALUES (?, ?, ?, ?, '{}')", key)
        yield connection


def test_loaded_units_are_those_of_the_slot(con: duckdb.DuckDBPyConnection) -> None:
    assert loaded_units(con, SLOT) == ids(*A, *B)
    assert loaded_units(con, OTHER_SLOT) == ids(*ELSEWHERE)
    assert loaded_units(con, slot_of("b3")) == set()


def test_a_ledger_row_holds_the_unit(con: duckdb.DuckDBPyConnection) -> None:
    row = con.execute("SELECT * EXCLUDE loaded_at FROM units WHERE unit = ?", [A[1].unit_id]).fetchone()
    assert row == (A[1].unit_id, "comment", SLOT.logical_date, "b1", "a.parquet", "f1", 10, 20)
    stamp = con.execute("SELECT DISTINCT epoch(loaded_at) FROM units").fetchall()
    assert stamp == [(NIGHT.timestamp(),)]


def test_a_unit_can_t_be_recorded_twice(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(duckdb.ConstraintException):
        record_units(con, [A[0]], NIGHT)


def test_supersede_touches_the_named_files_of_the_slot_only(con: duckdb.DuckDBPyConnection) -> None:
    assert supersede(con, SLOT, {"a.parquet": ids(A[0]) | {"not-loaded-yet"}}) == 2
    assert loaded_units(con, SLOT) == ids(A[0], *B)
    assert loaded_units(con, OTHER_SLOT) == ids(*ELSEWHERE)
    assert con.execute("SELECT count(*) FROM profiles").fetchone() == (1 + 2 + 2,)
    assert supersede(con, SLOT, {"a.parquet": ids(A[0])}) == 0


def test_remove_units_takes_all_three_tables(con: duckdb.DuckDBPyConnection) -> None:
    remove_units(con, SLOT, ids(*A))
    assert loaded_units(con, SLOT) == ids(*B)
    assert con.execute("SELECT count(*) FROM profiles").fetchone() == (4,)
    remove_units(con, SLOT, [])
    assert loaded_units(con, SLOT) == ids(*B)


def test_the_last_loaded_date(con: duckdb.DuckDBPyConnection) -> None:
    record_units(con, units_of(slot_of("b1", day=21), 10, 10), NIGHT)
    assert last_loaded_date(con, "comment", "b1") == date(2026, 11, 22)
    assert last_loaded_date(con, "comment", "b3") is None
    assert last_loaded_date(con, "weibo", "b1") is None
