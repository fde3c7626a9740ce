"""Processes that are killed while they stage or load; what is called by name runs in another process."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from random import Random

import pytest

from storage.files.atomic import atomic_output, sweep_temporaries
from storage.lake.plan import Plan
from storage.warehouse.connection import Warehouse
from tests.support.lake import Lake, rows_of
from tests.support.predictions import plan_of, stage, units_of
from tests.support.staged_lake import PLAN, SLOT, UNITS, child, home_with_staged_parts, ready

MODULE = "tests.faults.test_storage_sigkill"


def load_slowly(home: str) -> None:
    lake = Lake(Path(home))
    lake.warehouse = Warehouse(lake.warehouse.path, patience_s=30)
    ready()
    lake.load(PLAN, rows_per_transaction=40)


def kill_while_loading(home: Path, delay_s: float) -> bool:
    """Start a load in another process, kill it after a while; True if it was still at work."""
    with child(MODULE, "load_slowly", home) as loader:
        time.sleep(delay_s)
        at_work = loader.poll() is None
        loader.kill()
    return at_work


def test_loads_killed_at_any_moment_lose_and_double_nothing(tmp_path: Path) -> None:
    lake = home_with_staged_parts(tmp_path)
    random = Random(20261123)
    hits = sum(kill_while_loading(tmp_path, random.uniform(0.0, 0.4)) for _ in range(8))
    assert hits, "no kill came before the load was done"
    lake.load(PLAN)
    assert lake.rows(SLOT) == rows_of(*UNITS)
    assert lake.query("SELECT count(*), count(DISTINCT unit) FROM profiles") == [(len(UNITS), len(UNITS))]


LARGE = units_of(SLOT, 300_000, 20_000)


def load_at_once(home: str) -> None:
    lake = Lake(Path(home))
    lake.warehouse = Warehouse(lake.warehouse.path, patience_s=30)
    ready()
    lake.load(plan_of(SLOT, LARGE))


def test_a_large_load_killed_while_its_rows_are_written_leaves_nothing_of_them(tmp_path: Path) -> None:
    """Whole row groups go straight into the file, long before the commit."""
    lake = Lake(tmp_path)
    stage(lake.store, *LARGE)
    lake.load(Plan(SLOT, {}))
    blank = lake.warehouse.path.stat().st_size
    hits = 0
    for more_bytes in (1, 2_000_000, 6_000_000):
        with child(MODULE, "load_at_once", tmp_path) as loader:
            while loader.poll() is None and lake.warehouse.path.stat().st_size < blank + more_bytes:
                time.sleep(0.002)
            loader.kill()
        units = lake.query("SELECT unit, row_stop - row_start FROM units ORDER BY ALL")
        hits += not units
        assert lake.query("SELECT unit, count(*) FROM predictions GROUP BY ALL ORDER BY ALL") == units
    assert hits, "no kill came before the commit"
    lake.load(plan_of(SLOT, LARGE))
    found = lake.query("SELECT count(*), count(DISTINCT source_row), count(DISTINCT unit) FROM predictions")
    assert found == [(300_000, 300_000, len(LARGE))]


def test_a_load_killed_while_it_makes_the_warehouse_leaves_none_or_a_whole_one(tmp_path: Path) -> None:
    for attempt in range(8):
        home = tmp_path / str(attempt)
        assert kill_while_loading(home, 0.015 * attempt)
        lake = Lake(home)
        stage(lake.store, *UNITS[:2])
        lake.load(PLAN)
        assert lake.rows(SLOT) == rows_of(*UNITS[:2])


def stage_and_die(home: str, rename: str) -> None:
    """Stage a unit, killed just before one of its files gets its name."""
    lake, left, real = Lake(Path(home)), [int(rename)], Path.replace

    def replace(path: Path, target: Path) -> Path:
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1
        return real(path, target)

    ready()
    Path.replace = replace  # type: ignore[assignment,method-assign]
    stage(lake.store, UNITS[0])


@pytest.mark.parametrize("rename", [0, 1, 2, 3], ids=["profile", "sample", "seal", "part"])
@pytest.mark.parametrize("again", [False, True], ids=["the first time", "again"])
def test_staging_killed_before_each_file_gets_its_name(tmp_path: Path, rename: int, again: bool) -> None:
    lake = Lake(tmp_path)
    if again:
        stage(lake.store, UNITS[0])
    with child(MODULE, "stage_and_die", tmp_path, rename) as scorer:
        assert scorer.wait(60) == -signal.SIGKILL
    assert UNITS[0].unit_id not in lake.store.staged_units(SLOT)
    assert lake.load(PLAN).waiting_units == len(UNITS)
    stage(lake.store, UNITS[0])
    assert lake.load(PLAN).failures == ()
    assert lake.rows(SLOT) == rows_of(UNITS[0])


def write_half(path: str) -> None:
    with atomic_output(Path(path)) as temporary:
        temporary.write_bytes(b"half")
        ready()
        sys.stdin.read()


def test_a_run_killed_while_it_writes_leaves_a_temporary_that_the_next_sweeps(tmp_path: Path) -> None:
    store = Lake(tmp_path).store
    part = store.path(UNITS[0])
    with child(MODULE, "write_half", part) as writer:
        assert sweep_temporaries(tmp_path) == 0  # it is still at work
        assert len(list(part.parent.iterdir())) == 1
        writer.kill()
        writer.wait()
    assert store.staged_units(SLOT) == set()
    assert sweep_temporaries(tmp_path) == 1
    assert list(part.parent.iterdir()) == []
    assert sweep_temporaries(tmp_path) == 0
