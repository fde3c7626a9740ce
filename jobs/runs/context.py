"""What a job is given beside its home and its request: where to report to, and the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from jobs.runs.progress import LogLines, Progress

Clock = Callable[[], datetime]
"""Gives the present moment, with a time zone."""


def system_clock() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class JobContext:
    """The surroundings of a job.

    Attributes:
        progress: Where long work reports to.
        now: The clock.
        interactive: A person watches on a terminal: training shows bars.
    """

    progress: Progress
    now: Clock = system_clock
    interactive: bool = False

    def today(self, time_zone: str) -> date:
        """The date of now in a time zone."""
        return self.now().astimezone(ZoneInfo(time_zone)).date()


def quiet_context(now: Clock = system_clock) -> JobContext:
    """A context without a terminal: progress goes to the log."""
    return JobContext(LogLines(), now)
