from __future__ import annotations

from pathlib import Path

import pytest

from storage.errors import PartCorrupt
from storage.lake.journal.replace_orders import ReplaceOrders
from storage.warehouse.ledger import bundles_of_date, loaded_rows, loaded_slots
from tests.support.lake import Lake, rows_of
from tests.support.predictions import plan_of, slot_of, stage, units_of

OLD, NEW = slot_of("b1"), slot_of("b2")


def test_an_order_stands_until_it_is_done(tmp_path: Path) -> None:
    orders = ReplaceOrders(tmp_path)
    assert orders.of(NEW) == ()
    orders.add(NEW, ["b1", "b2"])
    orders.add(NEW, ["b0"])
    assert orders.of(NEW) == ("b0", "b1")
    assert orders.of(OLD) == ()
    orders.remove(NEW)
    assert orders.of(NEW) == ()
    orders.add(NEW, ["b2"])
    assert list(tmp_path.rglob("*.json")) == []


def test_an_order_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    orders = ReplaceOrders(tmp_path)
    orders.add(NEW, ["b1"])
    next(tmp_path.rglob("_replaces.json")).write_text("[]")
    with pytest.raises(PartCorrupt, match="no order"):
        orders.of(NEW)


def test_old_rows_of_a_file_leave_with_the_last_of_its_new_units(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    old = [units_of(OLD, 40, 20, name) for name in ("a.parquet", "b.parquet", "c.parquet")]
    stage(lake.store, *(unit for units in old for unit in units))
    lake.load(plan_of(OLD, *old))
    new = [units_of(NEW, 40, 10, name) for name in ("a.parquet", "b.parquet")]
    stage(lake.store, *new[0], *new[1][:-1])
    report = lake.load(plan_of(NEW, *new), in_place_of=["b1"], rows_per_transaction=20)
    assert (report.superseded_units, report.waiting_units) == (2, 1)
    assert lake.rows(OLD) == rows_of(*old[1], *old[2])  # b.parquet still waits for a unit; c.parquet is not planned
    stage(lake.store, new[1][-1])
    assert lake.load(plan_of(NEW, *new), in_place_of=["b1"]).superseded_units == 2
    assert lake.rows(OLD) == rows_of(*old[2])
    assert lake.rows(NEW) == rows_of(*new[0], *new[1])
    with lake.warehouse.reading() as con:
        assert bundles_of_date(con, "comment", OLD.logical_date) == {"b1", "b2"}
        assert loaded_slots(con) == {OLD: 40, NEW: 80}
        assert loaded_rows(con) == 120


def test_without_an_order_bundles_stand_beside_each_other(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    for slot in (OLD, NEW):
        units = units_of(slot, 40, 20)
        stage(lake.store, *units)
        lake.load(plan_of(slot, units))
    assert (len(lake.rows(OLD)), len(lake.rows(NEW))) == (40, 40)


def test_files_that_are_complete_already_give_way_at_the_start(tmp_path: Path) -> None:
    """The order came after the rows: nothing is loaded, and the old ones leave all the same."""
    lake = Lake(tmp_path)
    for slot in (OLD, NEW):
        units = units_of(slot, 40, 20)
        stage(lake.store, *units)
        lake.load(plan_of(slot, units))
    report = lake.load(plan_of(NEW, units_of(NEW, 40, 20)), in_place_of=["b1"])
    assert (report.units, report.superseded_units) == (0, 2)
    assert lake.rows(OLD) == []
