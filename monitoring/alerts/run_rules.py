"""When a run is worth an alert, and which runs were to be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class RunRules:
    """When a run is worth an alert.

    Attributes:
        start_within_s: After so long a run that was due and has not started is missed, seconds.
        retry_within_s: After so long a run that was due and failed is worth an alert, seconds: another try may help.
        finish_within_s: After so long a run that was due and is not done is late, seconds.
        slow_times: A run is slow when it took more than so many times what the runs before let one expect ...
        slow_margin_s: ... and so many seconds longer, so that small nights don't count.
        past_runs: So many runs before it are compared with.
        least_past: With fewer of them no run is slow.
    """

    start_within_s: float = 3600.0
    retry_within_s: float = 3600.0
    finish_within_s: float = 6 * 3600.0
    slow_times: float = 2.0
    slow_margin_s: float = 600.0
    past_runs: int = 14
    least_past: int = 5


@dataclass(frozen=True, slots=True)
class ExpectedRun:
    """A run that was to be.

    Attributes:
        job: Which job, as its record says: `nightly`, `score`, ...
        task: The task.
        logical_date: The date of the dump.
        due_at: When it was to start, with a time zone.
    """

    job: str
    task: str
    logical_date: date
    due_at: datetime
