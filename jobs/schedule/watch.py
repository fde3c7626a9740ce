"""The watch: looks which nights are due and runs them, the oldest first. It knows no clock of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from jobs.calendar.occasions import Job, Occasion, Settled, due
from storage.errors import RunLocked

log = logging.getLogger("yeban.schedule")

LONGEST_WAIT: Final = timedelta(hours=6)
"""Between two tries of a night; before, each wait is twice the one before."""
_COMPLETE: Final = (0, 3)
"""Exit codes of a night that is done; 3 says that somebody should look at it."""
Clock = Callable[[], datetime]


def wait_after(tries: int, retry: timedelta) -> timedelta:
    """How long a night waits after so many tries; `retry` after the first."""
    return min(retry * (1 << min(tries - 1, 16)), LONGEST_WAIT)


class Records(Protocol):
    """What is on record."""

    def settled(self, task: str) -> Settled:
        """Which nights of a task are done."""

    def since(self, tasks: Sequence[str], now: datetime) -> Mapping[str, datetime]:
        """Since when each task's nights count."""


@dataclass(frozen=True, slots=True)
class _Tries:
    count: int
    last: datetime


class Watch:
    """Looks after the nights of some tasks.

    A round of a task may run beside one of another task, but not twice at once.

    Args:
        jobs: What is to run, when.
        records: What is on record.
        run: Runs a night; its exit code.
        succeeded: Called after a night that is done.
        now: The clock, with a time zone.
        retry: How long a night that failed waits for its second try.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        records: Records,
        run: Callable[[Job, Occasion], int],
        succeeded: Callable[[Job, Occasion], None],
        now: Clock,
        retry: timedelta,
    ) -> None:
        self._jobs = {job.task: job for job in jobs}
        self._records, self._run, self._succeeded = records, run, succeeded
        self._now, self._retry = now, retry
        self._tries: dict[tuple[str, Occasion], _Tries] = {}
        self._settled: set[tuple[str, Occasion]] = set()
        self._at_work: set[tuple[str, Occasion]] = set()
        self._stopping = threading.Event()

    def next_due(self, task: str) -> Occasion | None:
        """The oldest night that is to be run now.

        Raises:
            TerminalError: The records can't be read.
        """
        now = self._now()
        waiting = [each for each in self._due(task, now) if not self._waits(task, each, now)]
        return waiting[0] if waiting else None

    def newest_done(self, task: str) -> date | None:
        """The newest night that a look has found to be done, whoever did it; one that we are at is not among them."""
        done = self._settled.copy() - self._at_work.copy()
        return max((occasion.night for name, occasion in done if name == task), default=None)

    def round(self, task: str) -> None:
        """Run what is due of a task, the oldest first, until nothing is or the watch is stopped."""
        while not self._stopping.is_set():
            occasion = self.next_due(task)
            if occasion is None:
                return
            self._run_night(self._jobs[task], occasion)

    def stop(self) -> None:
        """Begin no other night."""
        self._stopping.set()

    def _due(self, task: str, now: datetime) -> list[Occasion]:
        """Nights that are due; the records are read only where one is not known to be settled."""
        job, since = self._jobs[task], self._records.since([*self._jobs], now)[task]
        open_nights = due(job, now, since, lambda occasion: (task, occasion) in self._settled)
        if not open_nights:
            return []
        settled = self._records.settled(task)
        self._settled |= {(task, each) for each in open_nights if settled(each)}
        return [each for each in open_nights if (task, each) not in self._settled]

    def _run_night(self, job: Job, occasion: Occasion) -> None:
        key = (job.task, occasion)
        count = self._tries[key].count + 1 if key in self._tries else 1
        log.info("%s %s: begins%s", job.task, occasion.night, f", try {count}" if count > 1 else "")
        self._at_work.add(key)
        try:
            code = self._run(job, occasion)
            self._ended(job, occasion, code, count)
        finally:
            self._at_work.discard(key)

    def _ended(self, job: Job, occasion: Occasion, code: int, count: int) -> None:
        key, now = (job.task, occasion), self._now()
        self._tries[key] = _Tries(count, now)
        if code in _COMPLETE and occasion not in self._due(job.task, now):
            log.info("%s %s: done%s", job.task, occasion.night, ", and there is an alert" if code else "")
            del self._tries[key]
            self._succeeded(job, occasion)
            return
        if self._stopping.is_set():
            return
        wait = wait_after(count, self._retry)
        if code == RunLocked.exit_code:
            log.info("%s %s: another run is at it; looked at again in %s", job.task, occasion.night, wait)
        else:
            log.error("%s %s: ended with %d; tried again in %s", job.task, occasion.night, code, wait)

    def _waits(self, task: str, occasion: Occasion, now: datetime) -> bool:
        tries = self._tries.get((task, occasion))
        if tries is None or now < tries.last:  # the clock was set back: how long it has waited is unknown
            return False
        return now < tries.last + wait_after(tries.count, self._retry)
