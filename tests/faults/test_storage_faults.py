"""Real faults: a held lock, SIGKILL, a full disk, a damaged part, the leftovers of a killed run.

What happens in another process is a function of this file, called by name from a fresh interpreter.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

import storage
from storage.errors import DiskFull, PartCorrupt, WarehouseLocked
from storage.files.atomic import atomic_output, sweep_temporaries
from storage.lake.plan import Plan
from storage.warehouse.connection import Warehouse
from storage.warehouse.loader import load
from tests.support.lake import Lake, rows_of
from tests.support.predictions import plan_of, slot_of, stage, units_of

ROOT = Path(storage.__file__).parents[1]
SLOT = slot_of()
UNITS = units_of(SLOT, 600, 20)
PLAN = plan_of(SLOT, UNITS)


def command(function: str, *args: object) -> list[str]:
    """Command line of a fresh interpreter that calls a function of this file."""
    module = "tests.faults.test_storage_faults"
    code = f"import sys; from {module} import {function}; {function}(*sys.argv[1:])"
    return [sys.executable, "-c", code, *map(str, args)]


@contextmanager
def child(function: str, *args: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run a function of this file in another process; the block starts when it says that it is ready."""
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command(function, *args), cwd=ROOT, **pipes) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield process
        finally:
            process.kill()


def ready() -> None:
    print("ready", flush=True)


def home_with_staged_parts(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    stage(lake.store, *UNITS)
    return lake


# --- a held lock -----------------------------------------------------------------------------------------------


def hold(path: str, read_only: str) -> None:
    with duckdb.connect(path, read_only=read_only == "True"):
        ready()
        sys.stdin.read()


@pytest.mark.parametrize("read_only", [False, True], ids=["writer", "reader"])
def test_a_held_lock_names_its_holder_and_costs_nothing(tmp_path: Path, read_only: bool) -> None:
    lake = home_with_staged_parts(tmp_path)
    lake.load(plan_of(SLOT, UNITS[:1]))
    with child("hold", lake.warehouse.path, read_only) as holder:
        impatient = Warehouse(lake.warehouse.path, patience_s=0.5)
        started = time.monotonic()
        with pytest.raises(WarehouseLocked) as caught:
            load(lake.store, impatient, PLAN, bundle_record=None, now=lake.clock)
        waited_s = time.monotonic() - started
    assert waited_s >= 0.5
    assert caught.value.facts["pid"] == holder.pid
    assert f"process {holder.pid} has it open: {sys.executable}" in caught.value.got
    assert "yeban load" in caught.value.action
    lake.load(PLAN)
    assert lake.rows(SLOT) == rows_of(*UNITS)


def test_a_lock_that_is_let_go_in_time_is_waited_for(tmp_path: Path) -> None:
    lake = home_with_staged_parts(tmp_path)
    lake.load(plan_of(SLOT, UNITS[:1]))
    with child("hold_for", lake.warehouse.path, 0.7):
        patient = Warehouse(lake.warehouse.path, patience_s=60)
        load(lake.store, patient, PLAN, bundle_record=None, now=lake.clock)
    assert lake.rows(SLOT) == rows_of(*UNITS)


def hold_for(path: str, seconds: str) -> None:
    with duckdb.connect(path):
        ready()
        time.sleep(float(seconds))


# --- SIGKILL ---------------------------------------------------------------------------------------------------


def load_slowly(home: str) -> None:
    lake = Lake(Path(home))
    lake.warehouse = Warehouse(lake.warehouse.path, patience_s=30)
    ready()
    lake.load(PLAN, rows_per_transaction=40)


def kill_while_loading(home: Path, delay_s: float) -> bool:
    """Start a load in another process, kill it after a while; True if it was still at work."""
    with child("load_slowly", home) as loader:
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
        with child("load_at_once", tmp_path) as loader:
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
    with child("stage_and_die", tmp_path, rename) as scorer:
        assert scorer.wait(60) == -signal.SIGKILL
    assert UNITS[0].unit_id not in lake.store.staged_units(SLOT)
    assert lake.load(PLAN).waiting_units == len(UNITS)
    stage(lake.store, UNITS[0])
    assert lake.load(PLAN).failures == ()
    assert lake.rows(SLOT) == rows_of(UNITS[0])


# --- leftovers -------------------------------------------------------------------------------------------------


def write_half(path: str) -> None:
    with atomic_output(Path(path)) as temporary:
        temporary.write_bytes(b"half")
        ready()
        sys.stdin.read()


def test_a_run_killed_while_it_writes_leaves_a_temporary_that_the_next_sweeps(tmp_path: Path) -> None:
    store = Lake(tmp_path).store
    part = store.path(UNITS[0])
    with child("write_half", part) as writer:
        assert sweep_temporaries(tmp_path) == 0  # it is still at work
        assert len(list(part.parent.iterdir())) == 1
        writer.kill()
        writer.wait()
    assert store.staged_units(SLOT) == set()
    assert sweep_temporaries(tmp_path) == 1
    assert list(part.parent.iterdir()) == []
    assert sweep_temporaries(tmp_path) == 0


# --- a damaged part --------------------------------------------------------------------------------------------


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


# --- a full disk -----------------------------------------------------------------------------------------------

MOUNT = 'mount -t tmpfs -o size=16m none "$0" && exec "$@"'


def on_a_small_disk(disk: Path, function: str, *args: object) -> Any:
    """Call a function of this file where `disk` is a file system of 16 MiB; return what it printed, as JSON."""
    disk.mkdir()
    private = ["unshare", "--map-root-user", "--mount", "sh", "-c", MOUNT, str(disk)]
    if shutil.which("unshare") is None or subprocess.run([*private, "true"], capture_output=True).returncode:
        pytest.skip("needs a private mount: `unshare --map-root-user --mount` is not allowed here")
    done = subprocess.run([*private, *command(function, disk, *args)], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def fill(disk: Path, leave_bytes: int) -> Path:
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        file.write(bytes(shutil.disk_usage(disk).free - leave_bytes))
    return ballast


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
    found = on_a_small_disk(tmp_path / "disk", "stage_on_full_disk")
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
    found = on_a_small_disk(tmp_path / "disk", "load_on_full_disk", tmp_path, leave_bytes)
    assert "no space left for" in found["got"]
    assert "goes on where it stopped" in found["got"]
    assert sorted(found["rows"]) == sorted([unit, 20_000] for (unit,) in found["units"])
    assert found["temporaries"] == []
    assert found["whole"]
