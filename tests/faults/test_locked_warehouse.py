"""Somebody has the DuckDB file open: scoring goes on, and nothing is lost or doubled."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

import pytest

from tests.support.command import yeban, yeban_process
from tests.support.homes import DAY, NEXT_DAY, Home, comments, covered_once
from tests.support.warehouse_holder import held_open

TEXTS = comments(150)[0]


@pytest.fixture
def home(new_home: Callable[..., Home]) -> Home:
    """A night is in; the next is to be scored while an analyst has the file open."""
    home = new_home(rows=40)
    home.dump("a.parquet", TEXTS)
    home.dump("a.parquet", TEXTS[:100], day=NEXT_DAY)
    home.score().succeeded()
    return home


def test_scoring_goes_on_and_load_brings_it_in_once(home: Home) -> None:
    with held_open(home.warehouse) as pid:
        locked = yeban_process("score", "comment", "--date", NEXT_DAY, cwd=home.root)
        locked.failed_with(1, "staged, not loaded", f"process {pid} has it open", "yeban load")
        assert "100 rows in the dump: 100 scored now" in locked.out
        again = home.score(day=NEXT_DAY)
        again.failed_with(1, f"process {pid} has it open")
        assert "0 scored now, 100 done before" in again.out
        home.load().failed_with(1, f"process {pid} has it open", "yeban load")
    assert home.count() == 150
    assert "100 rows loaded" in home.load().succeeded().out
    assert covered_once(home, {"a.parquet": 100}, NEXT_DAY)
    assert "nothing to load" in home.load().succeeded().out
    home.score(day=NEXT_DAY).succeeded()
    assert home.count() == 250
    assert home.query("SELECT count(*), count(DISTINCT unit) FROM units") == [(7, 7)]


def test_the_runs_say_what_happened(home: Home) -> None:
    with held_open(home.warehouse):
        home.score(day=NEXT_DAY)
    home.load().succeeded()
    states = home.query("SELECT job, state, rows FROM runs ORDER BY started_at")
    assert states == [("score", "done", 150), ("score", "staged", 100), ("load", "done", 100)]


def test_a_rerun_of_the_same_command_loads_too(home: Home) -> None:
    with held_open(home.warehouse):
        home.score(day=NEXT_DAY)
    home.score(day=NEXT_DAY).succeeded()
    assert covered_once(home, {"a.parquet": 100}, NEXT_DAY)


def test_a_lock_that_is_let_go_in_time_is_waited_for(home: Home) -> None:
    home.change("patience_s = 0.3", "patience_s = 60")
    with held_open(home.warehouse) as pid:
        letting_go = threading.Timer(1.0, os.kill, (pid, signal.SIGKILL))
        letting_go.start()
        home.score(day=NEXT_DAY).succeeded()
        letting_go.join()
    assert covered_once(home, {"a.parquet": 100}, NEXT_DAY)


def test_backfill_goes_on_through_a_locked_warehouse(home: Home) -> None:
    home.dump("a.parquet", TEXTS[:30], day="2026-01-07")
    with held_open(home.warehouse):
        ran = yeban("backfill", "comment", "--from", DAY, "--to", "2026-01-07", "--home", home.root)
        ran.failed_with(1, f"not complete: {DAY}, {NEXT_DAY}, 2026-01-07")
    assert "done" not in ran.err.replace("not complete", "")
    home.load().succeeded()
    assert home.count() == 280


def test_a_reader_locks_too_and_is_named(home: Home) -> None:
    with held_open(home.warehouse, read_only=True) as pid:
        home.score(day=NEXT_DAY).failed_with(1, f"process {pid} has it open")
    home.load().succeeded()
    assert covered_once(home, {"a.parquet": 100}, NEXT_DAY)
