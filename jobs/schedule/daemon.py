"""APScheduler: wakes at the hours of the jobs, and runs a round of each in a pool of threads.

It decides nothing: a round looks at the records. Nothing else imports it, and `[nights]` of the package brings it.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType
from typing import Any, Final

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.base import BaseTrigger

from jobs.calendar.occasions import Job
from jobs.schedule.children import Children
from jobs.schedule.watch import Clock, Watch
from storage.errors import YebanError

log = logging.getLogger("yeban.schedule")

PULSE_S: Final = 60.0
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class NightTrigger(BaseTrigger):  # type: ignore[misc]
    """The hours of a job, in its own time zone whatever the machine's is.

    Args:
        job: The job.
    """

    def __init__(self, job: Job) -> None:
        self._job = job

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The next hour. It never lies in the past: what was missed, the records know."""
        return self._job.next_after(max(previous_fire_time, now) if previous_fire_time else now).at


def keep_watch(
    watch: Watch, jobs: Sequence[Job], children: Children, at_once: int, now: Clock, tell: Callable[[], None]
) -> None:
    """Run what is due now, and then at each hour, until SIGTERM or Ctrl-C.

    Args:
        watch: Looks and runs.
        jobs: Its jobs.
        children: Stopped when the watch ends.
        at_once: Nights of different tasks that may run side by side.
        now: The clock.
        tell: Called every minute, sends alerts about nights that went wrong.
    """
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it logs each round; the watch logs nights
    scheduler = BlockingScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(at_once)},
        job_defaults={
            "misfire_grace_time": None,  # its default drops a round that is a second late
            "coalesce": True,  # one round after a sleep: it runs all nights that are due
            "max_instances": 1,  # a round that is still at work finds the new night by itself
        },
    )
    for job in jobs:
        scheduler.add_job(_round, NightTrigger(job), args=[watch, job.task], id=job.task, next_run_time=now())
        log.info("%s: next at %s", job.task, job.next_after(now()).at.astimezone(job.zone).isoformat())
    stopping = threading.Event()
    threads = [
        threading.Thread(target=_pulse, args=(watch, jobs, scheduler, stopping, now, tell), daemon=True),
        threading.Thread(target=_stop, args=(watch, children, scheduler, stopping), daemon=True),
    ]
    with _signals_set(stopping):
        for thread in threads:
            thread.start()
        scheduler.start()
        for thread in threads:
            thread.join()


def _pulse(
    watch: Watch,
    jobs: Sequence[Job],
    scheduler: Any,
    stopping: threading.Event,
    now: Clock,
    tell: Callable[[], None],
) -> None:
    """Look every minute, counted by the monotonic clock, which can't be set.

    APScheduler waits for hours on the wall clock. Set back by a day, it would wait for a day; and a machine that slept
    goes on waiting for what was left when it fell asleep.
    """
    while not stopping.wait(PULSE_S):
        for job in jobs:
            with goes_on(f"{job.task}: what is due can't be told now"):
                if watch.next_due(job.task) is not None:
                    scheduler.modify_job(job.task, next_run_time=now())
        with goes_on("nobody could be told now how the nights went"):
            tell()


def _round(watch: Watch, task: str) -> None:
    with goes_on(f"{task}: no night can be run now"):
        watch.round(task)


@contextmanager
def goes_on(what: str) -> Iterator[None]:
    """Whatever goes wrong in the block is logged, and the next minute tries again.

    An expected error (unreadable records, a full disk, another process that sends the alerts) takes a line;
    only an unexpected error has a traceback.

    Args:
        what: What did not work.
    """
    try:
        yield
    except YebanError as error:
        log.warning("%s", "; ".join(each for each in (f"{what}: {error.got}", error.action) if each))
    except Exception:  # the nights matter more
        log.exception("%s", what)


def _stop(watch: Watch, children: Children, scheduler: Any, stopping: threading.Event) -> None:
    """Wait for a signal, then end: no other night, the one under way closes its unit and its record."""
    stopping.wait()
    log.info("stopping: a night under way closes its unit first")
    watch.stop()
    children.stop()
    while not scheduler.running:  # the signal came before it had started
        time.sleep(0.05)
    scheduler.shutdown(wait=True)


@contextmanager
def _signals_set(stopping: threading.Event) -> Iterator[None]:
    """SIGTERM and Ctrl-C set the event; an exception raised anywhere in APScheduler would be taken for a job's."""

    def note(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    before = {number: signal.signal(number, note) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
