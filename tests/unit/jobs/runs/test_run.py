"""The block of every long job: lock, leftovers, record, copy in the warehouse."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from jobs.config.home import Home
from jobs.config.model import Config
from jobs.runs.context import quiet_context
from jobs.runs.job import EVALUATE, MONITOR, SHADOW, TRAIN
from jobs.runs.run import TaskRun, hold, mirror_records, run
from storage.errors import NoInput, RunLocked
from storage.files.atomic import TEMPORARY_PREFIX
from storage.processes import host_name
from storage.records import Slot
from tests.support.clock import clock_from

SLOT = Slot("comment", date(2026, 1, 5), "abc")
NOW = datetime(2026, 1, 6, 2, 30, tzinfo=UTC)
CONTEXT = quiet_context(clock_from(NOW))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, Config())


def make_warehouse(home: Home) -> None:
    with home.open_warehouse().writing():
        pass


def recorded(home: Home) -> list[tuple[str, str]]:
    with home.open_warehouse().reading() as con:
        return con.execute("SELECT job, state FROM runs ORDER BY started_at").fetchall()


def test_a_run_is_on_record_by_the_clock_that_it_was_given(home: Home) -> None:
    with run(home, MONITOR, SLOT, CONTEXT) as tally:
        assert home.run_log.get(tally.run_id).state == "running"
    record = home.run_log.get(tally.run_id)
    assert (record.job, record.state, record.logical_date, record.bundle) == (
        "monitor",
        "done",
        date(2026, 1, 5),
        "abc",
    )
    assert record.started_at.replace(microsecond=0) == NOW
    assert record.finished_at is not None
    assert record.finished_at.replace(microsecond=0) == NOW


def test_the_lock_is_held_and_another_is_turned_away(home: Home) -> None:
    with run(home, MONITOR, SLOT, CONTEXT), pytest.raises(RunLocked), run(home, MONITOR, SLOT, CONTEXT):
        pass
    assert [each.state for each in home.run_log.list()] == ["done"], "one that is turned away leaves no record"
    with run(home, MONITOR, SLOT, CONTEXT):
        pass


def test_jobs_without_a_lock_run_at_once(home: Home) -> None:
    with run(home, EVALUATE, TaskRun("comment"), CONTEXT), run(home, EVALUATE, TaskRun("comment"), CONTEXT):
        pass
    assert len(home.run_log.list("comment")) == 2


def test_what_a_killed_run_left_is_removed(home: Home) -> None:
    home.parts.mkdir()
    left = home.parts / f"{TEMPORARY_PREFIX}{host_name()}-{os.getpid()}-0123456789abcdef"
    left.write_text("half")
    os.utime(left, (1e9, 1e9))  # of an earlier process with our number
    with hold(home, SHADOW, "comment", CONTEXT):
        pass
    assert not left.exists()


def test_the_record_goes_into_the_warehouse_of_jobs_that_use_it(home: Home) -> None:
    make_warehouse(home)
    with run(home, MONITOR, SLOT, CONTEXT):
        pass
    assert recorded(home) == [("monitor", "done")]
    with run(home, TRAIN, TaskRun("comment"), CONTEXT):
        pass
    assert recorded(home) == [("monitor", "done")]
    mirror_records(home)
    mirror_records(home)
    assert recorded(home) == [("monitor", "done"), ("train", "done")]


def test_no_warehouse_is_made_for_a_record(home: Home) -> None:
    with run(home, MONITOR, SLOT, CONTEXT):
        pass
    assert not home.warehouse.exists()


def test_a_damaged_warehouse_does_not_spoil_a_run_that_ended_well(home: Home) -> None:
    home.warehouse.write_bytes(b"no DuckDB file" * 100)
    with run(home, MONITOR, SLOT, CONTEXT) as tally:
        pass
    assert home.run_log.get(tally.run_id).state == "done"


def test_a_job_without_a_date_names_the_bundle_that_it_made(home: Home) -> None:
    with run(home, TRAIN, TaskRun("comment"), CONTEXT) as tally:
        tally.bundle = "3f2a91c04b7d"
    record = home.run_log.get(tally.run_id)
    assert (record.logical_date, record.bundle) == (None, "3f2a91c04b7d")
    with pytest.raises(NoInput), run(home, TRAIN, TaskRun("comment"), CONTEXT):
        raise NoInput("no file")
    assert [each.state for each in home.run_log.list()] == ["failed", "done"]
