"""A warehouse that another process has open: the loader names it, or waits for it."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import duckdb
import pytest

from storage.errors import WarehouseLocked
from storage.warehouse.connection import Warehouse
from storage.warehouse.loader import load
from tests.support.fake_clock import FakeClock
from tests.support.lake import rows_of
from tests.support.predictions import plan_of
from tests.support.staged_lake import PLAN, SLOT, UNITS, child, home_with_staged_parts, ready
from tests.support.warehouse_holder import held_open

MODULE = "tests.faults.test_warehouse_lock"


@pytest.mark.parametrize("read_only", [False, True], ids=["writer", "reader"])
def test_a_held_lock_names_its_holder_and_costs_nothing(
    tmp_path: Path, read_only: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = home_with_staged_parts(tmp_path)
    lake.load(plan_of(SLOT, UNITS[:1]))
    with held_open(lake.warehouse.path, read_only=read_only) as holder, monkeypatch.context() as patch:
        clock = FakeClock()
        patch.setattr("storage.warehouse.connection.time", clock)
        patch.setattr("storage.warehouse.opening.time", clock)
        impatient = Warehouse(lake.warehouse.path, patience_s=0.5)
        with pytest.raises(WarehouseLocked) as caught:
            load(lake.store, impatient, PLAN, bundle_record=None, now=lake.clock)
    assert sum(clock.waits) == pytest.approx(0.5)
    assert len(clock.waits) > 1, "it was tried again and again"
    assert caught.value.facts["pid"] == holder
    assert f"process {holder} has it open: {sys.executable}" in caught.value.got
    assert "yeban load" in caught.value.action
    lake.load(PLAN)
    assert lake.rows(SLOT) == rows_of(*UNITS)


def test_a_lock_that_is_let_go_in_time_is_waited_for(tmp_path: Path) -> None:
    lake = home_with_staged_parts(tmp_path)
    lake.load(plan_of(SLOT, UNITS[:1]))
    with child(MODULE, "hold_for", lake.warehouse.path, 0.7):
        patient = Warehouse(lake.warehouse.path, patience_s=60)
        load(lake.store, patient, PLAN, bundle_record=None, now=lake.clock)
    assert lake.rows(SLOT) == rows_of(*UNITS)


def hold_for(path: str, seconds: str) -> None:
    with duckdb.connect(path):
        ready()
        time.sleep(float(seconds))
