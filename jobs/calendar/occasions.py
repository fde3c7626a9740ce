"""Which nights are due: follows from what is configured, the moment, and what the records say."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import Final
from zoneinfo import ZoneInfo

from jobs.calendar.crontab import Crontab

CATCH_UP_NIGHTS: Final = 7
"""Missed nights that are run unless yeban.toml says otherwise."""


@dataclass(frozen=True, slots=True)
class Job:
    """The nights of a task.

    Attributes:
        task: The task.
        cron: When they run.
        zone: Whose wall clock that is.
        days_back: How far a night's date lies before the date of its hour: 1 for `yesterday`, 0 for `today`.
        jitter_s: Up to so many seconds later; which of them, the night decides, so restarts agree.
        catch_up_nights: Missed nights that are still run, beside the newest.
    """

    task: str
    cron: Crontab
    zone: ZoneInfo
    days_back: int = 1
    jitter_s: float = 0.0
    catch_up_nights: int = CATCH_UP_NIGHTS

    def fires_for(self, night: date) -> list[datetime]:
        """The moments at which a night is run, UTC, ascending."""
        fires = self.cron.fires_on(night + timedelta(days=self.days_back), self.zone)
        if not fires or not self.jitter_s:
            return fires
        delay = timedelta(seconds=round(self.jitter_s * _share(self.task, night), 3))
        return [each + delay for each in fires]

    def next_after(self, moment: datetime) -> Occasion:
        """The first occasion after a moment.

        Raises:
            ValueError: There is none in the calendar that is left.
        """
        at = self.cron.next_after(moment - timedelta(seconds=self.jitter_s), self.zone)
        while True:  # one whose delay is over already is passed over
            around = at.astimezone(self.zone).date() - timedelta(days=self.days_back)
            days = (around + timedelta(days=days) for days in (-1, 0, 1))
            later = [Occasion(night, each) for night in days for each in self.fires_for(night) if each > moment]
            if later:
                return min(later, key=lambda each: (each.at, each.night))
            at = self.cron.next_after(at, self.zone)


@dataclass(frozen=True, slots=True)
class Occasion:
    """A night, and the moment at which it is to be run.

    Attributes:
        night: The logical date.
        at: When, UTC; the newest hour that has come, where it has several.
    """

    night: date
    at: datetime


Settled = Callable[[Occasion], bool]
"""Whether the records say that a night was done at its hour or later."""


def due(job: Job, now: datetime, since: datetime, settled: Settled) -> list[Occasion]:
    """The nights that are due, the oldest first.

    Args:
        job: The job.
        now: The present moment.
        since: Nights whose hours came before are not this scheduler's.
        settled: See `Settled`.
    """
    nights = [each for _, each in zip(range(job.catch_up_nights + 1), past(job, now, since), strict=False)]
    return [each for each in reversed(nights) if not settled(each)]


def past(job: Job, now: datetime, since: datetime) -> Iterator[Occasion]:
    """Nights whose hour has come, the newest first.

    Args:
        job: The job.
        now: The present moment.
        since: Nights whose hours came before are left out.
    """
    newest = now.astimezone(job.zone).date() - timedelta(days=job.days_back - 1)  # its hour may be skipped at midnight
    oldest = since.astimezone(job.zone).date() - timedelta(days=job.days_back + 1)
    span = range((newest - oldest).days + 1)
    for night in (newest - timedelta(days=days) for days in span):
        come = list(takewhile(lambda each: each <= now, job.fires_for(night)))
        if come and come[-1] > since:
            yield Occasion(night, come[-1])


def _share(task: str, night: date) -> float:
    """A number of its own for each night, 0 to 1."""
    digest = hashlib.sha256(f"{task}|{night.isoformat()}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
