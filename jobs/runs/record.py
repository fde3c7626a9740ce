"""Every run leaves a record, however it ends."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Final, Protocol

from jobs.runs.logs import run_in_logs
from storage.errors import DiskFull, TaskWanted, YebanError
from storage.processes import host_name, process_start
from storage.runs.log import RunLog, RunRecord, RunState


def _nothing() -> None:
    """The default: nothing is done after a run."""


_after_run: Final[ContextVar[Callable[[], None]]] = ContextVar("after_run", default=_nothing)


@dataclass(slots=True)
class Tally:
    """What a run has done so far; the job fills it in as it goes.

    Attributes:
        run_id: The run's id.
        rows: Rows done.
        units: Units done.
        metrics: Speed and circumstances.
        failures: What could not be used; the run goes on without it.
        staged: Scored, but not loaded because the warehouse was locked.
        bundle: The bundle's version, where it is known only when the run has made it.
        checkpoint: Writes the record as it stands, still running: what a killed run leaves.
    """

    run_id: str
    rows: int = 0
    units: int = 0
    metrics: dict[str, Any] = field(default_factory=dict)
    failures: list[YebanError] = field(default_factory=list)
    staged: bool = False
    bundle: str | None = None
    checkpoint: Callable[[], None] = lambda: None

    @property
    def state(self) -> RunState:
        """How the run stands when it ends by itself."""
        return "failed" if self.failures else "staged" if self.staged else "done"


class Subject(Protocol):
    """What a run is about."""

    @property
    def task(self) -> str:
        """The task's name."""

    @property
    def logical_date(self) -> date | None:
        """The dump's date, where the job has one."""

    @property
    def bundle(self) -> str | None:
        """The bundle's version, where it is known."""


def after_each_run(work: Callable[[], None]) -> None:
    """Do something whenever a run of this context has ended, however it ended; it must not raise."""
    _after_run.set(work)


@contextmanager
def recorded_run(runs: RunLog, job: str, subject: Subject, now: Callable[[], datetime]) -> Iterator[Tally]:
    """Write a run's record when it starts and when it ends.

    A run that is killed keeps its `running` record, which reads as `interrupted` once its process is gone.

    Args:
        runs: Where the record goes.
        job: The job's name.
        subject: What the run is about.
        now: The clock.
    """
    started = now().astimezone(UTC)
    run_id = f"{started:%Y%m%dT%H%M%S}-{subject.task}-{secrets.token_hex(3)}"
    record = RunRecord(
        run_id=run_id,
        job=job,
        task=subject.task,
        logical_date=subject.logical_date,
        bundle=subject.bundle,
        started_at=started,
        finished_at=None,
        state="running",
        rows=0,
        units=0,
        failures=[],
        metrics={},
        host=host_name(),
        pid=os.getpid(),
        process_start=process_start(os.getpid()),
    )
    runs.write(record)
    tally = Tally(run_id)
    tally.checkpoint = lambda: runs.write(replace(record, rows=tally.rows, units=tally.units, metrics=tally.metrics))
    try:
        with run_in_logs(run_id):
            yield tally
    except BaseException as error:
        stopped = isinstance(error, KeyboardInterrupt | SystemExit | TaskWanted)
        with suppress(DiskFull):  # what went wrong matters more; without this record the run reads `interrupted`
            runs.write(_closed(record, tally, "interrupted" if stopped else "failed", error, now()))
        raise
    else:
        runs.write(_closed(record, tally, tally.state, None, now()))
    finally:
        _after_run.get()()


def _closed(
    record: RunRecord, tally: Tally, state: RunState, error: BaseException | None, moment: datetime
) -> RunRecord:
    failures = [str(each) for each in tally.failures] + ([str(error) or type(error).__name__] if error else [])
    return replace(
        record,
        bundle=tally.bundle or record.bundle,
        finished_at=moment.astimezone(UTC),
        state=state,
        rows=tally.rows,
        units=tally.units,
        metrics=tally.metrics,
        failures=failures,
    )
