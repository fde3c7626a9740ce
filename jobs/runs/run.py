"""One block for every long job: its lock, leftovers of killed runs, its record, and the copy in the warehouse."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from jobs.config.home import Home
from jobs.runs.context import JobContext
from jobs.runs.job import Job
from jobs.runs.leftovers import sweep
from jobs.runs.locks import task_lock
from jobs.runs.record import Tally, recorded_run
from storage.errors import WarehouseLocked, YebanError
from storage.records import Slot
from storage.warehouse.runs import load_runs

log = logging.getLogger("yeban.runs")


@dataclass(frozen=True, slots=True)
class TaskRun:
    """What a run is about that has no logical date.

    Attributes:
        task: The task's name.
        bundle: The bundle's version, where it is known when the run begins.
    """

    task: str
    bundle: str | None = None

    @property
    def logical_date(self) -> None:
        """There is none."""
        return None


@contextmanager
def hold(home: Home, job: Job, task: str, context: JobContext) -> Iterator[None]:
    """Hold the lock of a job and remove what killed runs left behind, without a record yet.

    For jobs that look under their lock whether there is anything to do; they begin their record with `record_held`.

    Raises:
        RunLocked: Another run holds the lock.
        DiskFull: No space left.
    """
    with nullcontext() if job.lock is None else task_lock(home.locks, task, job.lock, now=context.now):
        sweep(home)
        yield


@contextmanager
def record_held(home: Home, job: Job, slot: Slot | TaskRun, context: JobContext) -> Iterator[Tally]:
    """Record a run whose caller holds the lock already, and copy the records into the warehouse when it has ended.

    Raises:
        DiskFull: Not even the record can be written.
    """
    with recorded_run(home.run_log, job.name, slot, context.now) as tally:
        yield tally
    if job.mirrored:
        mirror_records(home)


@contextmanager
def run(home: Home, job: Job, slot: Slot | TaskRun, context: JobContext) -> Iterator[Tally]:
    """Run a job under its lock, with a record of how it ended, whatever ends it.

    Args:
        home: The home.
        job: Which job.
        slot: What the run is about.
        context: Where to report to, and the clock.

    Yields:
        What the job fills in as it goes.

    Raises:
        RunLocked: Another run holds the lock.
        DiskFull: Not even the record can be written.
    """
    with hold(home, job, slot.task, context), record_held(home, job, slot, context) as tally:
        yield tally


def mirror_records(home: Home) -> None:
    """Copy the run records into the warehouse; where that fails, the next run does it."""
    if not home.warehouse.exists():
        return
    try:
        with home.open_warehouse().writing() as connection:
            load_runs(connection, home.run_log)
    except WarehouseLocked:
        return
    except (YebanError, OSError) as error:
        log.warning("the record of the run is not in the warehouse yet: %s", error)
