"""A full disk while parts are staged or loaded, and a damaged part; what is called by name runs in another process."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import duckdb
import pytest

from storage.errors import DiskFull, PartCorrupt
from storage.warehouse.connection import Warehouse
from tests.support.lake import Lake, rows_of
from tests.support.predictions import plan_of, stage, units_of
from tests.support.small_disk_mount import fill, run_on_small_disk
from tests.support.staged_lake import PLAN, SLOT, UNITS, home_with_staged_parts

MODULE = "tests.faults.test_storage_full_disk"


def test_a_truncated_part_is_named_scored_again_and_loaded(tmp_path: Path) -> None:
    lake = home_with_staged_parts(tmp_path)
    victim = UNITS[3]
    os.truncate(lake.store.path(victim), 1000)
    report = lake.load(PLAN)
    (failure,) = report.failures
    assert isinstance(failure, PartCorrupt)
    assert victim.unit_id in failure.got
    assert lake.rows(SLOT) == rows_of(*UNITS[:3], *UNITS[4:])
    lake.store.discard(SLOT, [failure.facts["unit"]])
    assert lake.load(PLAN).waiting_units == 1
    stage(lake.store, victim)
    lake.load(PLAN)
    assert lake.rows(SLOT) == rows_of(*UNITS)


def stage_on_full_disk(disk: str) -> None:
    lake = Lake(Path(disk) / "home")
    unit = units_of(SLOT, 20_000, 20_000)[0]
    ballast = fill(Path(disk), 100_000)
    try:
        stage(lake.store, unit)
        got = "no error"
    except DiskFull as error:
        got = str(error)
    staged = bool(lake.store.staged_units(SLOT))
    temporaries = [path.name for path in Path(disk).rglob(".tmp-*")]
    ballast.unlink()
    stage(lake.store, unit)
    read_back = lake.store.read(unit).num_rows
    print(json.dumps({"got": got, "staged": staged, "temporaries": temporaries, "read_back": read_back}))


def test_staging_on_a_full_disk(tmp_path: Path) -> None:
    found = run_on_small_disk(tmp_path / "disk", MODULE, "stage_on_full_disk")
    assert "no space left for" in found["got"]
    assert "bytes free" in found["got"]
    assert found["staged"] is False
    assert found["temporaries"] == []
    assert found["read_back"] == 20_000


BIG = units_of(SLOT, 60_000, 20_000)


def load_on_full_disk(disk: str, parts: str, leave_bytes: str) -> None:
    """Load with the warehouse on the small disk, first full, then with space again."""
    lake = Lake(Path(parts))
    lake.warehouse = Warehouse(Path(disk) / "yeban.duckdb", patience_s=0)
    plan = plan_of(SLOT, BIG)
    stage(lake.store, *BIG)
    ballast = fill(Path(disk), int(leave_bytes))
    try:
        lake.load(plan, rows_per_transaction=20_000)
        got = "no error"
    except DiskFull as error:
        got = str(error)
    there = lake.warehouse.path.exists()
    units, rows = what_is_in(lake.warehouse.path) if there else ([], [])
    temporaries = [path.name for path in Path(disk).rglob(".tmp-*")]
    ballast.unlink()
    lake.load(plan, rows_per_transaction=20_000)
    whole = lake.rows(SLOT) == rows_of(*BIG)
    print(json.dumps({"got": got, "units": units, "rows": rows, "temporaries": temporaries, "whole": whole}))


def what_is_in(path: Path) -> tuple[list[Any], list[Any]]:
    """Ledger units and rows per unit, by plain DuckDB: our own reader would first mend a half-made file."""
    with duckdb.connect(str(path), read_only=True) as con:
        units = con.execute("SELECT unit FROM units").fetchall()
        return units, con.execute("SELECT unit, count(*) FROM predictions GROUP BY unit").fetchall()


@pytest.mark.parametrize("leave_bytes", [20_000, 300_000, 1_200_000, 2_000_000, 3_000_000, 4_000_000])
def test_loading_on_a_full_disk(tmp_path: Path, leave_bytes: int) -> None:
    found = run_on_small_disk(tmp_path / "disk", MODULE, "load_on_full_disk", tmp_path, leave_bytes)
    assert "no space left for" in found["got"]
    assert "goes on where it stopped" in found["got"]
    assert sorted(found["rows"]) == sorted([unit, 20_000] for (unit,) in found["units"])
    assert found["temporaries"] == []
    assert found["whole"]
