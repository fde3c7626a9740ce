"""Every run leaves a record, however it ends."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from jobs.runs.logs import run_in_logs
from storage.errors import DiskFull, TaskWanted, WarehouseLocked, YebanError
from storage.processes import host_name, process_start
from storage.records import Slot
from storage.runs.log import RunLog, RunRecord, RunState
from storage.warehouse.connection import Warehouse
from storage.warehouse.runs import load_runs


def _nothing() -> None:
    """Nobody wants to know."""


_after_run: Final[ContextVar[Callable[[], None]]] = ContextVar("after_run", default=_nothing)


@dataclass(slots=True)
class Tally:
    """What a run has done so far; the job fills it in as it goes.

    Attributes:
        run_id: The run's id.
        rows: Rows done.
        units: Units done.
        figures: Speed and circumstances.
        failures: What could not be used; the run goes on without it.
        staged: Scored, but not loaded because the warehouse was locked.
        checkpoint: Writes the record as it stands, still running: what a killed run leaves.
    """

    run_id: str
    rows: int = 0
    units: int = 0
    figures: dict[str, Any] = field(default_factory=dict)
    failures: list[YebanError] = field(default_factory=list)
    staged: bool = False
    checkpoint: Callable[[], None] = lambda: None

    @property
    def state(self) -> RunState:
        """How the run stands when it ends by itself."""
        return "failed" if self.failures else "staged" if self.staged else "done"


def after_each_run(work: Callable[[], None]) -> None:
    """Do something whenever a run of this context has ended, however it ended; it must not raise."""
    _after_run.set(work)


@contextmanager
def recorded_run(runs: RunLog, job: str, slot: Slot) -> Iterator[Tally]:
    """Write a run's record when it starts and when it ends.

    A run that is killed keeps its `running` record, which reads as `interrupted` once its process is gone.
    """
    started = datetime.now(UTC)
    run_id = f"{started:%Y%m%dT%H%M%S}-{slot.task}-{secrets.token_hex(3)}"
    record = RunRecord(
        run_id=run_id,
        job=job,
        task=slot.task,
        logical_date=slot.logical_date,
        bundle=slot.bundle,
        started_at=started,
        finished_at=None,
        state="running",
        rows=0,
        units=0,
        failures=[],
        figures={},
        host=host_name(),
        pid=os.getpid(),
        process_start=process_start(os.getpid()),
    )
    runs.write(record)
    tally = Tally(run_id)
    tally.checkpoint = lambda: runs.write(replace(record, rows=tally.rows, units=tally.units, figures=tally.figures))
    try:
        with run_in_logs(run_id):
            yield tally
    except BaseException as error:
        stopped = isinstance(error, KeyboardInterrupt | SystemExit | TaskWanted)
        with suppress(DiskFull):  # what went wrong matters more; without this record the run reads `interrupted`
            runs.write(_closed(record, tally, "interrupted" if stopped else "failed", error))
        raise
    else:
        runs.write(_closed(record, tally, tally.state, None))
    finally:
        _after_run.get()()


def _closed(record: RunRecord, tally: Tally, state: RunState, error: BaseException | None) -> RunRecord:
    failures = [str(each) for each in tally.failures] + ([str(error) or type(error).__name__] if error else [])
    return replace(
        record,
        finished_at=datetime.now(UTC),
        state=state,
        rows=tally.rows,
        units=tally.units,
        figures=tally.figures,
        failures=failures,
    )


def copy_records(warehouse: Warehouse, runs: RunLog) -> None:
    """Copy the run records into the warehouse; when it is locked, the next run does it."""
    try:
        with warehouse.writing() as connection:
            load_runs(connection, runs)
    except WarehouseLocked:
        return
