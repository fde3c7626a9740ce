"""What is scheduled, what comes next, and how the last nights ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from jobs.config import Home
from jobs.night_reports import steps_of
from jobs.scheduling.occasions import Job, due
from jobs.scheduling.records import SinceStore, nights_of, settled_by
from storage.retired import RetiredStore
from storage.runs import RunLog, RunRecord

_NEXT_TIMES: Final = 3


@dataclass(frozen=True, slots=True)
class JobStatus:
    """How a job stands.

    Attributes:
        job: The job.
        next_times: When it runs next, in its own zone.
        missed: Nights that are due and not done, the oldest first.
        last: The newest record of a night; None where there is none.
    """

    job: Job
    next_times: tuple[datetime, ...]
    missed: tuple[date, ...]
    last: RunRecord | None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        last = self.last
        return {
            "task": self.job.task,
            "cron": self.job.cron.text,
            "time_zone": self.job.zone.key,
            "next": [each.isoformat() for each in self.next_times],
            "missed": [each.isoformat() for each in self.missed],
            "last": None
            if last is None
            else {
                "logical_date": last.logical_date.isoformat() if last.logical_date else None,
                "run_id": last.run_id,
                "state": last.state,
                "alert": any(step.alerted for step in steps_of(last).values()),
                "finished_at": last.finished_at.isoformat() if last.finished_at else None,
            },
        }


def schedule_status(home: Home, now: datetime) -> list[JobStatus]:
    """How the jobs of a home stand.

    Raises:
        TerminalError: A record can't be read.
    """
    runs, retired = RunLog(home.run_records), RetiredStore(home.retired)
    since = SinceStore(home.schedule).read()
    return [
        _status(each.job(home.config.time_zone), runs, retired, since.get(each.task, now), now)
        for each in home.config.schedule.jobs
    ]


def _status(job: Job, runs: RunLog, retired: RetiredStore, since: datetime, now: datetime) -> JobStatus:
    records = nights_of(runs, job.task)
    missed = due(job, now, min(since, now), settled_by(records, retired.slots(job.task)))
    times, moment = [], now
    for _ in range(_NEXT_TIMES):
        moment = job.next_after(moment).at
        times.append(moment.astimezone(job.zone))
    return JobStatus(job, tuple(times), tuple(each.night for each in missed), records[0] if records else None)
